package store

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// maxFuture is how far ahead of the clock a moment may lie that is not closed yet.
const maxFuture = Time(time.Second / time.Microsecond)

// Now returns the time of the store's clock, which is also now() in SQL. It is
// never below the time of a commit that was answered.
func (db *DB) Now() Time { return db.hlc.now() }

// SeqAt returns the last commit whose time is at most t, and 0 before the first.
// It closes t: it waits until every commit that may have such a time is visible,
// and no later commit gets one, in this process or after a restart. A moment
// more than a second ahead of the clock fails with ErrFuture, unless it is closed.
func (db *DB) SeqAt(ctx context.Context, t Time) (Seq, error) {
	if v := db.published.Load(); t >= v.time {
		if db.hlc.future(t) {
			return 0, ErrFuture
		}
		if err := db.closeTime(ctx, t); err != nil {
			return 0, err
		}
	} else if int64(t) <= db.hlc.lossy.Load() && !db.opts.ReadOnly {
		if err := db.hlc.cover(ctx, db, t); err != nil {
			return 0, err
		}
	}
	v := db.View()
	defer v.Release()
	if v.time <= t {
		return v.seq, nil
	}
	return v.seqAt(t)
}

// closeTime makes sure that no commit with a time up to t is or will be missing
// from the published View.
func (db *DB) closeTime(ctx context.Context, t Time) error {
	if db.opts.ReadOnly {
		return nil
	}
	if !db.hlc.used.Load() {
		db.hlc.used.Store(true)
	}
	if err := db.hlc.cover(ctx, db, t); err != nil {
		return err
	}
	db.hlc.closeTime(t)
	// A commit that took a time before the line above had raised stamped
	// before that.
	return db.pub.wait(ctx, db, Seq(db.seqr.stamped.Load()))
}

// seqAt finds the last commit with a time up to t through the sparse time map
// and then the commit records.
func (v *View) seqAt(t Time) (Seq, error) {
	lo, hi := spaceBounds(spaceTime)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return 0, wrapErr(err)
	}
	defer it.Close()
	if !it.SeekLT(timeKey(nil, t+1, 0)) {
		return 0, wrapErr(it.Error())
	}
	k := it.Key()
	if len(k) != 19 {
		return 0, corruptf("%s in the time map", describeKey(k))
	}
	found := Seq(binary.BigEndian.Uint64(k[10:]))
	cs, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: commitKey(nil, found), UpperBound: commitKey(nil, v.seq+1)})
	if err != nil {
		return 0, wrapErr(err)
	}
	defer cs.Close()
	for cs.First(); cs.Valid(); cs.Next() {
		rec, err := cs.ValueAndErr()
		if err != nil {
			return 0, wrapErr(err)
		}
		ct, ok := recordTime(rec)
		if !ok || len(cs.Key()) != 11 {
			return 0, corruptf("%s does not decode", describeKey(cs.Key()))
		}
		if ct > t {
			break
		}
		found = seqOf(cs.Key()[2:])
	}
	return found, wrapErr(cs.Error())
}

// TimeOf returns the time of a published commit; that of seq 0 is when the
// database was made. It is cheap enough to call for every row.
func (db *DB) TimeOf(seq Seq) (Time, error) {
	if seq == 0 {
		return db.created, nil
	}
	if t, ok := db.times.get(seq); ok {
		return t, nil
	}
	v := db.View()
	defer v.Release()
	if seq > v.seq {
		return 0, corruptf("commit %d is not published, the last is %d", seq, v.seq)
	}
	if seq == v.seq {
		return v.time, nil
	}
	block, err := v.timeBlock(seq)
	if err != nil {
		return 0, err
	}
	db.times.put(seq, block)
	if t := block[seq%timeBlockLen]; t != 0 {
		return t, nil
	}
	return 0, corruptf("commit record %d is missing", seq)
}

// timeOf reads one commit's time straight from the engine, for recovery.
func (db *DB) timeOf(seq Seq) (Time, error) {
	rec, closer, err := db.eng.Get(commitKey(nil, seq))
	if err != nil {
		return 0, corruptf("commit record %d: %v", seq, err)
	}
	defer closer.Close()
	t, ok := recordTime(rec)
	if !ok {
		return 0, corruptf("commit record %d does not decode", seq)
	}
	return t, nil
}

const (
	timeBlockLen  = 256
	timeBlocksMax = 4096
)

type timeBlock [timeBlockLen]Time

// timeBlock reads the times of the commits around seq that the View has.
func (v *View) timeBlock(seq Seq) (*timeBlock, error) {
	first := seq - seq%timeBlockLen
	it, err := v.snap.NewIter(&pebble.IterOptions{
		LowerBound: commitKey(nil, first),
		UpperBound: commitKey(nil, min(first+timeBlockLen, v.seq+1)),
	})
	if err != nil {
		return nil, wrapErr(err)
	}
	defer it.Close()
	block := new(timeBlock)
	for it.First(); it.Valid(); it.Next() {
		rec, err := it.ValueAndErr()
		if err != nil {
			return nil, wrapErr(err)
		}
		t, ok := recordTime(rec)
		if !ok || len(it.Key()) != 11 {
			return nil, corruptf("%s does not decode", describeKey(it.Key()))
		}
		block[seqOf(it.Key()[2:])%timeBlockLen] = t
	}
	return block, wrapErr(it.Error())
}

// timeCache keeps blocks of commit times. Times never change, so an entry that
// is there is right; a zero was not known when the block was read.
type timeCache struct {
	mu     sync.RWMutex
	blocks map[Seq]*timeBlock
}

func (c *timeCache) get(seq Seq) (Time, bool) {
	c.mu.RLock()
	b := c.blocks[seq/timeBlockLen]
	c.mu.RUnlock()
	if b == nil {
		return 0, false
	}
	t := b[seq%timeBlockLen]
	return t, t != 0
}

func (c *timeCache) put(seq Seq, b *timeBlock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.blocks == nil || len(c.blocks) >= timeBlocksMax {
		c.blocks = make(map[Seq]*timeBlock)
	}
	c.blocks[seq/timeBlockLen] = b
}
