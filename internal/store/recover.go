package store

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

var (
	createdKey = metaKey("created")
	nextIDKey  = metaKey("next-storage-id")
	genesisKey = metaKey("genesis")
)

// create writes the first state of a new database and then the format file.
func (db *DB) create() error {
	b := db.eng.NewBatch()
	defer b.Close()
	now := uint64(db.opts.Clock.Now())
	_ = b.Set(createdKey, binary.BigEndian.AppendUint64(nil, now), nil)
	_ = b.Set(nextIDKey, binary.BigEndian.AppendUint64(nil, uint64(FirstStorageID)), nil)
	_ = b.Set(ceilingKey, binary.BigEndian.AppendUint64(nil, now), nil)
	var genesis Hash
	_, _ = rand.Read(genesis[:])
	_ = b.Set(genesisKey, genesis[:], nil)
	if err := b.Commit(db.writeOptions()); err != nil {
		return wrapErr(err)
	}
	return writeFormat(db.opts.FS, db.dir, FormatVersion)
}

// recover rebuilds what lives in memory: the last commit, the chain, the states
// of storages, the clock.
func (db *DB) recover() error {
	db.seqr.dirty = make(map[StorageID]struct{})
	db.pub.synced = 0
	if err := db.recoverMeta(); err != nil {
		return err
	}
	if err := db.recoverLoads(); err != nil {
		return err
	}
	if err := db.recoverStates(); err != nil {
		return err
	}
	from, chain, err := db.lastCheckpoint()
	if err != nil {
		return err
	}
	last, lastTime := from, db.created
	if from > 0 {
		if lastTime, err = db.timeOf(from); err != nil {
			return err
		}
	}
	cs := db.commitsIn(db.eng, from+1, MaxSeq)
	defer cs.Close()
	for cs.Next() {
		c := cs.Commit()
		if c.Seq != last+1 || c.Time <= lastTime && last > 0 {
			return corruptf("commit record %d follows %d", c.Seq, last)
		}
		last, lastTime = c.Seq, c.Time
		chain = chainNext(&chain, c.Seq, c.Time, &c.Root)
		for _, id := range c.Storages {
			db.states.ensure(id).lastChange.Store(uint64(c.Seq))
			db.seqr.dirty[id] = struct{}{}
		}
		for _, id := range c.Frozen {
			db.states.ensure(id).frozenAt.Store(uint64(c.Seq))
		}
	}
	if err := cs.Err(); err != nil {
		return err
	}
	db.seqr.last, db.seqr.chain, db.openedAt = last, chain, last
	db.seqr.stamped.Store(uint64(last))
	db.pub.synced = last
	if err := db.recoverClock(lastTime); err != nil {
		return err
	}
	db.published.Store(db.newView(last, lastTime, db.eng.NewSnapshot()))
	return nil
}

func (db *DB) recoverMeta() error {
	created, ok, err := db.getMeta(createdKey)
	if err != nil {
		return err
	}
	next, ok2, err := db.getMeta(nextIDKey)
	if err != nil {
		return err
	}
	if !ok || !ok2 {
		return corruptf("%s: the store's own state is missing", db.dir)
	}
	db.created = Time(created)
	db.ids.next, db.ids.limit = next, next
	return nil
}

func (db *DB) recoverStates() error {
	lo, hi := spaceBounds(spaceState)
	it, err := db.eng.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return wrapErr(err)
	}
	defer it.Close()
	for it.First(); it.Valid(); it.Next() {
		id, _, ok := decodeOrdered(it.Key()[2:])
		val, err := it.ValueAndErr()
		if err != nil {
			return wrapErr(err)
		}
		if !ok || len(val) != 16 {
			return corruptf("%s: %d bytes", describeKey(it.Key()), len(val))
		}
		st := db.states.ensure(StorageID(id))
		st.lastChange.Store(binary.BigEndian.Uint64(val))
		st.frozenAt.Store(binary.BigEndian.Uint64(val[8:]))
	}
	return wrapErr(it.Error())
}

// lastCheckpoint returns the newest stored chain hash, or the database's genesis
// hash with seq 0.
func (db *DB) lastCheckpoint() (Seq, Hash, error) {
	var h Hash
	lo, hi := spaceBounds(spaceChain)
	it, err := db.eng.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return 0, h, wrapErr(err)
	}
	defer it.Close()
	if it.Last() {
		val, err := it.ValueAndErr()
		if err != nil {
			return 0, h, wrapErr(err)
		}
		if len(val) != len(h) || len(it.Key()) != 11 {
			return 0, h, corruptf("%s: %d bytes", describeKey(it.Key()), len(val))
		}
		copy(h[:], val)
		return seqOf(it.Key()[2:]), h, nil
	}
	if err := it.Error(); err != nil {
		return 0, h, wrapErr(err)
	}
	val, closer, err := db.eng.Get(genesisKey)
	if err != nil {
		return 0, h, corruptf("%s: the genesis hash is missing (%v)", db.dir, err)
	}
	defer closer.Close()
	copy(h[:], val)
	return 0, h, nil
}

// recoverClock starts the hybrid clock at the stored ceiling and compares the
// machine's clock with it.
func (db *DB) recoverClock(lastTime Time) error {
	ceiling, _, err := db.getMeta(ceilingKey)
	if err != nil {
		return err
	}
	floor := max(int64(ceiling), int64(lastTime))
	db.hlc.clock = db.opts.Clock
	db.hlc.last.Store(floor)
	db.hlc.ceiling.Store(int64(ceiling))
	behind := time.Duration(floor-db.opts.Clock.Now()) * time.Microsecond
	if behind > maxClockBehind && !db.opts.AllowClockStep && !db.opts.ReadOnly {
		return fmt.Errorf("%w: the clock reads %s, the database has times up to %s; set the clock, or allow the step",
			ErrClockBehind, time.UnixMicro(db.opts.Clock.Now()).UTC().Format(time.RFC3339),
			time.UnixMicro(floor).UTC().Format(time.RFC3339))
	}
	return nil
}
