package store

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driftdb/driftdb/internal/clock"
)

// hybridClock gives commits their times. One word, last, is the newest time that
// is taken: stamped on a commit or closed by a reader. Every commit's time is
// greater than last was, so a closed time gets no further commit (I5).
//
// The ceiling on disk is never below a closed time, so closed times stay closed
// after a restart, whatever the wall clock says then.
type hybridClock struct {
	clock   clock.Clock
	last    atomic.Int64
	ceiling atomic.Int64
	used    atomic.Bool // a reader closed a time since the last extension

	mu sync.Mutex // serialises writes of the ceiling
}

// ceilingAhead is how far the stored ceiling runs ahead of the clock. After a
// crash, commit times begin at the ceiling.
const ceilingAhead = int64(2 * time.Second / time.Microsecond)

// now returns the present time, never below a time already taken.
func (h *hybridClock) now() Time { return Time(max(h.clock.Now(), h.last.Load())) }

// stamp takes the next commit time.
func (h *hybridClock) stamp() Time {
	for {
		old := h.last.Load()
		t := max(h.clock.Now(), old+1)
		if h.last.CompareAndSwap(old, t) {
			return Time(t)
		}
	}
}

// close takes every time up to t.
func (h *hybridClock) closeTime(t Time) {
	for {
		old := h.last.Load()
		if old >= int64(t) || h.last.CompareAndSwap(old, int64(t)) {
			return
		}
	}
}

var ceilingKey = metaKey("ceiling")

// cover makes the stored ceiling at least t.
func (h *hybridClock) cover(db *DB, t Time) error {
	if int64(t) <= h.ceiling.Load() || db.opts.ReadOnly {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if int64(t) <= h.ceiling.Load() {
		return nil
	}
	return h.write(db, max(int64(t), h.clock.Now())+ceilingAhead)
}

// write stores a ceiling. h.mu is held.
func (h *hybridClock) write(db *DB, ceiling int64) error {
	if err := db.usableForMeta(); err != nil {
		return err
	}
	if err := db.putMeta(ceilingKey, uint64(ceiling)); err != nil {
		return err
	}
	h.ceiling.Store(ceiling)
	return nil
}

// extend moves the ceiling on ahead of need while readers close times.
func (h *hybridClock) extend(db *DB) {
	if h.ceiling.Load()-h.clock.Now() > ceilingAhead/2 || !h.used.Swap(false) || db.ballast.full.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.write(db, h.clock.Now()+ceilingAhead); err != nil {
		db.opts.Logger.Warn("the clock's ceiling could not be written", "error", err)
	}
}

// close stores the exact last time, so that a clean restart goes on from there.
func (h *hybridClock) close(db *DB) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ceiling.Load() == h.last.Load() {
		return nil
	}
	return db.putMeta(ceilingKey, uint64(h.last.Load()))
}

// usableForMeta is usable, for the writes that Close itself still makes.
func (db *DB) usableForMeta() error {
	if f := db.failed.Load(); f != nil {
		return ErrFailed
	}
	if db.opts.ReadOnly {
		return ErrReadOnly
	}
	return nil
}

// writeOptions returns whether unversioned writes sync.
func (db *DB) writeOptions() *pebble.WriteOptions {
	if db.opts.NoSync {
		return pebble.NoSync
	}
	return pebble.Sync
}

// putMeta stores a number under a meta key, durably.
func (db *DB) putMeta(key []byte, v uint64) error {
	return wrapErr(db.eng.Set(key, binary.BigEndian.AppendUint64(nil, v), db.writeOptions()))
}

// getMeta reads a number stored by putMeta.
func (db *DB) getMeta(key []byte) (v uint64, ok bool, err error) {
	val, closer, err := db.eng.Get(key)
	if err == pebble.ErrNotFound {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, wrapErr(err)
	}
	defer closer.Close()
	if len(val) != 8 {
		return 0, false, corruptf("%s: %d bytes", describeKey(key), len(val))
	}
	return binary.BigEndian.Uint64(val), true, nil
}
