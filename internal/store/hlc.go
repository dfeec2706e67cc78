package store

import (
	"context"
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
	// lossy is the time of the newest commit that did not wait to be durable. Up to
	// there, a published commit alone does not keep a time closed through a crash.
	lossy atomic.Int64

	mu      sync.Mutex // protects writing
	writing *ceilingWrite
}

// After a crash, commit times begin at the stored ceiling. It runs ahead of the
// clock, so that it is seldom written; of a time that is itself ahead of the clock,
// as after a crash, it is kept close, or every crash would add to the distance.
const (
	ceilingAhead = int64(2 * time.Second / time.Microsecond)
	ceilingClose = int64(time.Millisecond / time.Microsecond)
)

// now returns the present time, never below a time already taken.
func (h *hybridClock) now() Time { return Time(max(h.clock.Now(), h.last.Load())) }

// future reports whether t is too far ahead to be closed. The clock decides, not
// now: each closed time moves now up to itself, and readers could lead commit times
// away from the clock in steps.
func (h *hybridClock) future(t Time) bool {
	return int64(t) > h.last.Load() && t-Time(h.clock.Now()) > maxFuture
}

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

// cover returns once the stored ceiling is at least t.
func (h *hybridClock) cover(ctx context.Context, db *DB, t Time) error {
	for int64(t) > h.ceiling.Load() {
		w := h.startWrite(db, int64(t))
		select {
		case <-w.done:
			if w.err != nil {
				return w.err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ceilingWrite is a write of the ceiling under way. err is set before done is
// closed.
type ceilingWrite struct {
	done chan struct{}
	err  error
}

// startWrite begins to store a ceiling ahead of t and the clock, or joins the
// write that is under way.
func (h *hybridClock) startWrite(db *DB, t int64) *ceilingWrite {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.writing != nil {
		return h.writing
	}
	w := &ceilingWrite{done: make(chan struct{})}
	h.writing = w
	go func() {
		w.err = h.write(db, max(t+ceilingClose, h.clock.Now()+ceilingAhead, h.ceiling.Load()))
		h.mu.Lock()
		h.writing = nil
		h.mu.Unlock()
		close(w.done)
	}()
	return w
}

// write stores a ceiling, unless the store is closing. A full disk does not stop
// it: reads need it, and it takes a few bytes.
func (h *hybridClock) write(db *DB, ceiling int64) error {
	db.life.RLock()
	defer db.life.RUnlock()
	if err := db.usable(); err != nil {
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
	if h.ceiling.Load()-h.clock.Now() < ceilingAhead/2 && h.used.Swap(false) {
		h.startWrite(db, 0)
	}
}

// close stores the exact last time, so that a clean restart goes on from there.
// db.life is held, so no other write is under way.
func (h *hybridClock) close(db *DB) error {
	if h.ceiling.Load() == h.last.Load() {
		return nil
	}
	return db.putMeta(ceilingKey, uint64(h.last.Load()))
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
