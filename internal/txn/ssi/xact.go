package ssi

import (
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

// Xact is a serializable transaction. The Manager's mutex protects all but free.
type Xact struct {
	m        *Manager
	label    any         // for List
	free     atomic.Bool // nothing is tracked any more: safe, or over
	readOnly bool

	prev, next *Xact // in the list of the active

	snap        store.Seq // the last commit it sees
	begun       uint64    // places in the order of begins and ends
	ended       uint64
	seenCommits uint64 // m.commits when the snapshot was taken
	prepared    uint64 // places among the commits; 0: not yet
	committed   uint64
	made        store.Seq // the commit it became; 0 when it changed nothing
	doomed      bool      // must fail: somebody chose it as the victim

	in  map[*Xact]struct{} // they read what it overwrites
	out map[*Xact]struct{} // they overwrite what it reads
	// earliestOut is the first commit among out when it committed itself, 0 for
	// none: all that is needed of out after that.
	earliestOut uint64

	reads  map[store.StorageID]*reads
	writes map[store.StorageID]*writes

	// Of a read-only one: the transactions that decide whether it is safe. Of the
	// others: whose safety they decide.
	unsettled map[*Xact]struct{}
	watchers  map[*Xact]struct{}
	settled   chan struct{} // closed when it is decided
	unsafe    bool
}

// failure is 40001 as PostgreSQL words it.
func failure(reason string) error {
	return pgerr.New(pgcode.TRSerializationFailure, "could not serialize access due to read/write dependencies among transactions").
		WithDetail("Reason code: Canceled on %s.", reason).WithHint("The transaction might succeed if retried.")
}

func (x *Xact) active() bool { return x.committed == 0 }

// conflict notes that w overwrites what r read, unless the two are not concurrent
// or the edge can do no harm. One of them is x, which acts; its error is returned.
func (x *Xact) conflict(r, w *Xact) error {
	if r == w || r.doomed || w.doomed {
		return nil
	}
	if old := x.m.old; r != old && w != old { // an edge of the old one may mean another one than before
		if _, known := r.out[w]; known {
			return nil
		}
		if _, known := w.in[r]; known {
			return nil
		}
	}
	if r.readOnly && !w.active() && (w.earliestOut == 0 || r.seenCommits < w.earliestOut) {
		return nil // keeps I3: w is no pivot of a structure that r would close
	}
	if dangerous(r, w) {
		// Whoever fails stays doomed, also when a savepoint saves its transaction:
		// what it asked for is registered, and will not be looked at again.
		switch {
		case x == w:
			x.doomed = true
			return failure("identification as a pivot, during write")
		case w.prepared != 0:
			x.doomed = true
			return failure("conflict out to pivot, during read")
		}
		w.doomed = true
	}
	if r.active() {
		if r.out == nil {
			r.out = make(map[*Xact]struct{})
		}
		r.out[w] = struct{}{}
	}
	if w.active() {
		if w.in == nil {
			w.in = make(map[*Xact]struct{})
		}
		w.in[r] = struct{}{}
	}
	return nil
}

// dangerous reports whether the edge from r to w completes a dangerous structure
// that nobody else will see: where T3 has committed, or can no longer fail.
func dangerous(r, w *Xact) bool {
	// r -> w -> T3, and w has committed after T3.
	if !w.active() && w.earliestOut != 0 {
		return true
	}
	// r -> w -> T3, T3 before both.
	for t3 := range w.out {
		if t3.prepared != 0 && (r.active() || t3.prepared <= r.committed) && (w.active() || t3.prepared <= w.committed) &&
			(!r.readOnly || t3.prepared <= r.seenCommits) {
			return true
		}
	}
	// T1 -> r -> w, w before T1 and, when that is read-only, before its snapshot.
	if w.prepared == 0 || r.readOnly {
		return false
	}
	for t1 := range r.in {
		if !t1.doomed && (t1.active() || t1.committed >= w.prepared) && (!t1.readOnly || t1.seenCommits >= w.prepared) {
			return true
		}
	}
	return false
}

// Prepare checks that x may commit, as T3 of every structure it is the end of. From
// then on it cannot be chosen as a victim, so it must go on to Commit or Abort.
func (x *Xact) Prepare() error {
	if x.free.Load() {
		return nil
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if x.doomed {
		return failure("identification as a pivot, during commit attempt")
	}
	for pivot := range x.in {
		if !pivot.active() || pivot.doomed {
			continue
		}
		for t1 := range pivot.in {
			if t1 != x && (!t1.active() || t1.readOnly || t1.doomed) {
				continue
			}
			if pivot.prepared != 0 {
				return failure("commit attempt with conflict in from prepared pivot")
			}
			pivot.doomed = true
			break
		}
	}
	x.m.commits++
	x.prepared = x.m.commits
	return nil
}

// Commit ends x. Its commit, seq, is visible to every snapshot taken from now on; 0
// says that it changed nothing.
func (x *Xact) Commit(seq store.Seq) {
	if x.free.Load() {
		return
	}
	m := x.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	x.committed, x.made = m.commits, seq
	if seq == 0 {
		x.forgetWrites()
	}
	if x.writes == nil {
		x.readOnly = true
	}
	for t3 := range x.out {
		if t3.prepared != 0 && (x.earliestOut == 0 || t3.prepared < x.earliestOut) {
			x.earliestOut = t3.prepared
		}
	}
	x.in, x.out = nil, nil // those who need the edges keep their end of them
	x.finish()
	x.free.Store(true)
	m.keep(x)
	m.sweep()
}

// Abort ends x without a trace. It does nothing after Commit.
func (x *Xact) Abort() {
	if x.free.Load() {
		return
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	x.forget()
	x.doomed = true
	x.finish()
	x.m.sweep()
}

// forget removes x from everything but the list of the active.
func (x *Xact) forget() {
	for r := range x.in {
		delete(r.out, x)
	}
	for w := range x.out {
		delete(w.in, x)
	}
	x.in, x.out = nil, nil
	x.forgetReads()
	x.forgetWrites()
	x.free.Store(true)
}

// finish takes x out of the list of the active and settles who waited for its end.
func (x *Xact) finish() {
	m := x.m
	m.order++
	x.ended = m.order
	m.unlink(x)
	for ro := range x.watchers {
		delete(ro.unsettled, x)
		switch {
		case !x.doomed && x.earliestOut != 0 && x.earliestOut <= ro.seenCommits:
			ro.settle(false)
		case len(ro.unsettled) == 0:
			ro.settle(true)
		}
	}
	x.watchers = nil
	for w := range x.unsettled {
		delete(w.watchers, x)
	}
	x.unsettled = nil
}

// settle decides whether a read-only transaction is safe; see I3.
func (x *Xact) settle(safe bool) {
	for w := range x.unsettled {
		delete(w.watchers, x)
	}
	x.unsettled = nil
	x.unsafe = !safe
	if safe {
		x.forget()
		x.m.unlink(x)
	}
	close(x.settled)
}

// Settled returns a channel that is closed once it is known whether a read-only
// transaction is safe; Safe tells.
func (x *Xact) Settled() <-chan struct{} { return x.settled }

// Safe reports whether x needs no tracking any more.
func (x *Xact) Safe() bool { return x.free.Load() }

// Blockers calls yield with the labels of the transactions that must end before it
// is known whether x is safe.
func (x *Xact) Blockers(yield func(label any)) {
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	for w := range x.unsettled {
		yield(w.label)
	}
}
