package store

import (
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// View is the database as the commits 1..Seq() left it, nothing more and
// nothing less (I2). All statements that start between two publications share
// one View. It is safe for concurrent use; every View obtained must be released
// once, after the iterators made from it are closed.
type View struct {
	Reader // reads at the View's own seq

	db   *DB
	seq  Seq
	time Time
	snap *pebble.Snapshot
	refs atomic.Int32

	mu   sync.Mutex // protects idle
	idle [poolKinds][]*pebble.Iterator
}

// viewPool is how many idle iterators of each kind a View keeps.
const viewPool = 16

func (db *DB) newView(seq Seq, t Time, snap *pebble.Snapshot) *View {
	v := &View{db: db, seq: seq, time: t, snap: snap}
	v.Reader = Reader{v: v, at: seq, known: seq}
	v.refs.Store(1)
	return v
}

// View returns the newest published state. It costs an atomic load and a
// reference count, and never waits.
func (db *DB) View() *View {
	for {
		v := db.published.Load()
		if v.tryRef() {
			return v
		}
	}
}

// tryRef takes a reference unless the View is already gone.
func (v *View) tryRef() bool {
	for {
		n := v.refs.Load()
		if n <= 0 {
			return false
		}
		if v.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Ref takes one more reference to a View the caller already holds.
func (v *View) Ref() *View {
	v.refs.Add(1)
	return v
}

// Release gives the View back.
func (v *View) Release() {
	if v.refs.Add(-1) == 0 {
		v.closeIdle()
		_ = v.snap.Close()
	}
}

// closeIdle closes the pooled iterators. They pin memory and files, so a View
// that lives long is asked to drop them.
func (v *View) closeIdle() {
	v.mu.Lock()
	idle := v.idle
	v.idle = [poolKinds][]*pebble.Iterator{}
	v.mu.Unlock()
	for _, its := range idle {
		for _, it := range its {
			_ = it.Close()
		}
	}
}

// Seq returns the last commit the View contains.
func (v *View) Seq() Seq { return v.seq }

// Time returns the time of the last commit the View contains.
func (v *View) Time() Time { return v.time }

// At returns a Reader of the database as it was at an earlier seq, through this
// View. A seq the View does not reach reads at the View's own. The Reader is
// valid as long as the View. (Embedded Reader.At; named here for its contract.)
func (v *View) At(seq Seq) Reader { return v.Reader.At(seq) }

// Snapshot returns a Reader that answers exactly as the View at seq did, also
// about the ends of versions: a transaction that must keep its snapshot after
// giving its View back reads through newer Views this way.
func (v *View) Snapshot(seq Seq) Reader {
	seq = min(seq, v.seq)
	return Reader{v: v, at: seq, known: seq}
}

// poolKind tells the uses of pooled iterators apart. An iterator that stays in
// one space keeps its place in that space's files, which halves the cost of the
// next seek.
type poolKind uint8

const (
	poolPoint     poolKind = iota // exact keys of the present
	poolPastPoint                 // exact keys of the past
	poolScan                      // spans; bounds are set on every use
	poolKinds
)

// pooled takes an idle iterator, or nil.
func (v *View) pooled(kind poolKind) *pebble.Iterator {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := len(v.idle[kind])
	if n == 0 {
		return nil
	}
	it := v.idle[kind][n-1]
	v.idle[kind] = v.idle[kind][:n-1]
	return it
}

// giveBack pools an iterator that met no error.
func (v *View) giveBack(kind poolKind, it *pebble.Iterator) {
	if it.Error() == nil {
		v.mu.Lock()
		if len(v.idle[kind]) < viewPool {
			v.idle[kind] = append(v.idle[kind], it)
			it = nil
		}
		v.mu.Unlock()
	}
	if it != nil {
		_ = it.Close()
	}
}

// pointIter takes an iterator for seeks to exact keys of one space.
func (v *View) pointIter(kind poolKind) (*pebble.Iterator, error) {
	if it := v.pooled(kind); it != nil {
		return it, nil
	}
	it, err := v.snap.NewIter(&pebble.IterOptions{UseL6Filters: true})
	return it, wrapErr(err)
}

// scanIter takes an iterator bounded to a span of keys.
func (v *View) scanIter(lo, hi []byte) (*pebble.Iterator, error) {
	if it := v.pooled(poolScan); it != nil {
		it.SetBounds(lo, hi)
		return it, nil
	}
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	return it, wrapErr(err)
}
