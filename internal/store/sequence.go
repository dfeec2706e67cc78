package store

import (
	"encoding/binary"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// SequenceSpec is the definition of a sequence as of now.
type SequenceSpec struct {
	Start     int64
	Increment int64 // not 0
	Min, Max  int64
	Cycle     bool
}

// sequenceAhead is how many values are made durable at once. A crash skips
// those not used.
const sequenceAhead = 32

// sequences holds the unversioned state of all sequences (I8).
type sequences struct {
	mu   sync.Mutex // protects open and the entries' creation
	open map[uint64]*sequence
}

// seqState is where a sequence stands. What is on disk is never behind what was
// handed out.
type seqState struct {
	last   int64
	called bool // last was handed out
	known  bool // it was used or set before
}

type sequence struct {
	mu sync.Mutex
	seqState
	ahead int // values after last that the stored state covers
}

// loadSequence finds a sequence in memory or on disk.
func (db *DB) loadSequence(id uint64) (*sequence, error) {
	s := &db.seqs
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.open[id]; q != nil {
		return q, nil
	}
	q := &sequence{}
	val, closer, err := db.eng.Get(sequenceKey(nil, id))
	switch {
	case err == nil:
		defer closer.Close()
		if len(val) != 9 {
			return nil, corruptf("%s: %d bytes", describeKey(sequenceKey(nil, id)), len(val))
		}
		q.last, q.called, q.known = int64(binary.BigEndian.Uint64(val)), val[8] == 1, true
	case err != pebble.ErrNotFound:
		return nil, wrapErr(err)
	}
	if s.open == nil {
		s.open = make(map[uint64]*sequence)
	}
	s.open[id] = q
	return q, nil
}

// SequenceNext returns the sequence's next value. A value once returned never
// comes again unless the sequence cycles or is set back, whatever happens to the
// transaction or the process; a crash may leave a gap. It fails with
// ErrSequenceExhausted at the bound.
func (db *DB) SequenceNext(id uint64, spec SequenceSpec) (int64, error) {
	q, err := db.loadSequence(id)
	if err != nil {
		return 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	next, ok := q.after(spec)
	if !ok {
		return 0, ErrSequenceExhausted
	}
	if q.ahead == 0 {
		if err := db.storeSequence(id, q.reserve(spec)); err != nil {
			return 0, err
		}
		q.ahead = sequenceAhead
	}
	q.ahead--
	q.seqState = seqState{last: next, called: true, known: true}
	return next, nil
}

// SequenceAfter returns the value that nextval gives after a state; ok is false at
// the bound of a sequence that does not cycle.
func SequenceAfter(last int64, called bool, spec SequenceSpec) (n int64, ok bool) {
	return (&seqState{last: last, called: called, known: true}).after(spec)
}

// after returns the value that follows.
func (q *seqState) after(spec SequenceSpec) (int64, bool) {
	switch {
	case !q.known:
		return spec.Start, true
	case !q.called:
		return q.last, true
	case spec.Increment > 0:
		if q.last > spec.Max-spec.Increment || spec.Max-spec.Increment > spec.Max {
			return spec.Min, spec.Cycle
		}
	default:
		if q.last < spec.Min-spec.Increment || spec.Min-spec.Increment < spec.Min {
			return spec.Max, spec.Cycle
		}
	}
	return q.last + spec.Increment, true
}

// reserve returns the state to store so that the next sequenceAhead values are
// covered. Beyond the bound it stops at the last value that exists.
func (q *seqState) reserve(spec SequenceSpec) seqState {
	r := *q
	for range sequenceAhead {
		v, ok := r.after(spec)
		if !ok {
			break
		}
		r = seqState{last: v, called: true, known: true}
	}
	return r
}

func (db *DB) storeSequence(id uint64, q seqState) error {
	release, err := db.beginWrite()
	if err != nil {
		return err
	}
	defer release()
	var val [9]byte
	binary.BigEndian.PutUint64(val[:], uint64(q.last))
	if q.called {
		val[8] = 1
	}
	return wrapErr(db.eng.Set(sequenceKey(nil, id), val[:], db.writeOptions()))
}

// SequenceSet moves a sequence: with called, the next value follows last; else
// it is last.
func (db *DB) SequenceSet(id uint64, last int64, called bool) error {
	q, err := db.loadSequence(id)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := seqState{last: last, called: called, known: true}
	if err := db.storeSequence(id, n); err != nil {
		return err
	}
	q.seqState, q.ahead = n, 0
	return nil
}

// SequenceState returns where a sequence stands; known is false when it was
// never used or set.
func (db *DB) SequenceState(id uint64) (last int64, called, known bool, err error) {
	q, err := db.loadSequence(id)
	if err != nil {
		return 0, false, false, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last, q.called, q.known, nil
}

// idAllocator gives out storage ids, in durable blocks.
type idAllocator struct {
	mu          sync.Mutex
	next, limit uint64
}

const idBlock = 64

// AllocStorageID returns a storage id never given out before.
func (db *DB) AllocStorageID() (StorageID, error) {
	a := &db.ids
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next == a.limit {
		release, err := db.beginWrite()
		if err != nil {
			return 0, err
		}
		defer release()
		if err := db.putMeta(nextIDKey, a.limit+idBlock); err != nil {
			return 0, err
		}
		a.limit += idBlock
	}
	id := StorageID(a.next)
	a.next++
	return id, nil
}
