package store

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driftdb/driftdb/internal/clock"
)

// commitLoad is Commit for a batch made by NewLoad. The commit record and what
// else belongs to it go into files too, and one ingestion brings all of them: that
// is the moment the commit happens, in memory and on disk. An error before leaves
// nothing behind, not even a number.
func (db *DB) commitLoad(b *Batch) (Seq, Time, error) {
	l := b.load
	root := b.finish()
	if b.err != nil {
		return 0, 0, b.err
	}
	if err := l.finish(); err != nil {
		return 0, 0, err
	}
	v, err := db.sequenceLoad(b, &root)
	if err != nil {
		return 0, 0, err
	}
	l.files = nil // the engine's now
	seq, t := v.seq, v.time
	db.pub.durable(db, seq)
	if db.failed.Load() != nil {
		return 0, 0, ErrFailed
	}
	return seq, t, nil
}

// sequenceLoad gives the load its place among the commits. Other commits wait
// meanwhile: a View of one that follows must hold the load.
func (db *DB) sequenceLoad(b *Batch, root *Hash) (*View, error) {
	s := &db.seqr
	s.mu.Lock()
	defer s.mu.Unlock()
	if db.failed.Load() != nil {
		return nil, ErrFailed
	}
	// The ingestion may become durable by the manifest alone; the commits before
	// it must be on disk by then.
	if !db.opts.InMemory {
		if err := db.eng.LogData(nil, pebble.Sync); err != nil || db.failed.Load() != nil {
			db.fail(err)
			return nil, ErrFailed
		}
	}
	seq := s.last + 1
	s.stamped.Store(uint64(seq))
	t := db.hlc.stamp()
	wall := t
	if w, ok := db.opts.Clock.(clock.Waller); ok {
		wall = Time(w.Wall())
	}
	chain := chainNext(&s.chain, seq, t, root)
	dirty := maps.Clone(s.dirty)
	db.appendCheckpoints(b, seq, t, &chain)
	b.patch(seq)
	repr := b.pb.Repr()
	binary.BigEndian.PutUint64(repr[b.timeOff:], uint64(t))
	binary.BigEndian.PutUint64(repr[b.timeOff+8:], uint64(wall))

	err := b.load.seal(b.pb)
	if err == nil {
		err = db.ingest(b.load)
	}
	if err != nil {
		s.dirty = dirty
		s.stamped.Store(uint64(s.last))
		db.pub.wake()
		return nil, err
	}
	s.last, s.chain = seq, chain
	db.loads.set(b.load.id, seq)
	for _, id := range b.touched {
		db.states.ensure(id).changed(seq, math.MaxInt32)
		s.dirty[id] = struct{}{}
	}
	for _, id := range b.frozen {
		db.states.ensure(id).frozenAt.Store(uint64(seq))
	}
	b.load.raise(&db.newest, seq)
	db.voidRows(b.touched, seq)
	v := db.newView(seq, t, db.eng.NewSnapshot())
	db.pub.enqueue(v, true)
	return v, nil
}

// ingest makes the files part of the database. An error means that nothing
// happened, unless it is ErrFailed.
func (db *DB) ingest(l *load) error {
	err := db.eng.Ingest(context.Background(), l.files)
	if db.failed.Load() != nil {
		return ErrFailed
	}
	if err == nil {
		return nil
	}
	// The engine undoes what it began; look whether it could.
	_, closer, getErr := db.eng.Get(loadKey(nil, l.id))
	if errors.Is(getErr, pebble.ErrNotFound) {
		return diskErr(err)
	}
	if getErr == nil {
		_ = closer.Close()
	}
	db.fail(err)
	return ErrFailed
}

// seal writes the entries of a small batch, the commit record among them, as
// files beside the load's others, which they must not overlap.
func (l *load) seal(pb *pebble.Batch) error {
	type pair struct{ key, value []byte }
	var low, high []pair
	for r := pb.Reader(); ; {
		_, key, value, ok, err := r.Next()
		if err != nil {
			return wrapErr(err)
		}
		if !ok {
			break
		}
		if key[1] < spacePresent {
			low = append(low, pair{key, value})
		} else {
			high = append(high, pair{key, value})
		}
	}
	for _, list := range [][]pair{low, high} {
		if len(list) == 0 {
			continue
		}
		slices.SortFunc(list, func(a, b pair) int { return compareKeys(a.key, b.key) })
		w, err := l.create()
		if err != nil {
			return err
		}
		for _, p := range list {
			if err = w.Set(p.key, p.value); err != nil {
				break
			}
		}
		if err = errors.Join(err, w.Close()); err != nil {
			return diskErr(err)
		}
	}
	return nil
}

// raise notes the commit as the newest of every key that the load changed.
func (l *load) raise(a *newestArray, seq Seq) {
	for i, word := range l.slots {
		for bit := uint32(0); word != 0; bit, word = bit+1, word>>1 {
			if word&1 != 0 {
				a.raise(uint32(i)*64+bit, seq)
			}
		}
	}
}
