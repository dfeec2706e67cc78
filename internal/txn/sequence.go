package txn

import (
	"maps"

	"github.com/driftdb/driftdb/internal/store"
)

// sequence is the state of a sequence that the transaction has restarted. Like
// every sequence it only moves on: going back to a savepoint takes a restart back,
// but not what was drawn after it.
type sequence struct {
	last   int64
	called bool
}

// RestartSequence lets a sequence begin anew with value: at once for the
// transaction, whose caller keeps others from the sequence by a lock, and for
// everybody when it commits.
func (tx *Tx) RestartSequence(id uint64, value int64) {
	tx.sequences = maps.Clone(tx.sequences) // savepoints keep the old one
	if tx.sequences == nil {
		tx.sequences = map[uint64]*sequence{}
	}
	q := &sequence{last: value}
	tx.sequences[id] = q
	// A crash before this leaves the sequence where it was, which repeats no value.
	tx.OnPublish(func(store.Seq, store.Time) { _ = tx.m.db.SequenceSet(id, q.last, q.called) })
}

// SequenceNext is store.DB.SequenceNext, of the transaction's own state where it
// has restarted the sequence.
func (tx *Tx) SequenceNext(id uint64, spec store.SequenceSpec) (int64, error) {
	q := tx.sequences[id]
	if q == nil {
		return tx.m.db.SequenceNext(id, spec)
	}
	n, ok := store.SequenceAfter(q.last, q.called, spec)
	if !ok {
		return 0, store.ErrSequenceExhausted
	}
	q.last, q.called = n, true
	return n, nil
}

// SequenceSet is store.DB.SequenceSet in the same way.
func (tx *Tx) SequenceSet(id uint64, last int64, called bool) error {
	if q := tx.sequences[id]; q != nil {
		q.last, q.called = last, called
		return nil
	}
	return tx.m.db.SequenceSet(id, last, called)
}

// SequenceState is store.DB.SequenceState in the same way.
func (tx *Tx) SequenceState(id uint64) (last int64, called, known bool, err error) {
	if q := tx.sequences[id]; q != nil {
		return q.last, q.called, true, nil
	}
	return tx.m.db.SequenceState(id)
}
