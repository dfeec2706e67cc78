package session

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

func spec(q *catalog.Sequence) store.SequenceSpec {
	return store.SequenceSpec{Start: q.Start, Increment: q.Increment, Min: q.Min, Max: q.Max, Cycle: q.Cycle}
}

// sequenceStates is where the states of sequences are: those that the transaction
// has restarted are its own.
func (s *Session) sequenceStates() interface {
	SequenceNext(id uint64, spec store.SequenceSpec) (int64, error)
	SequenceSet(id uint64, last int64, called bool) error
	SequenceState(id uint64) (last int64, called, known bool, err error)
} {
	if s.tx != nil {
		return s.tx
	}
	return s.srv.DB
}

// NextVal implements builtin.Session. The value is used up whatever becomes of
// the transaction.
func (s *Session) NextVal(oid uint32) (int64, error) {
	q, err := s.lockedSequence(oid)
	if err != nil {
		return 0, err
	}
	if s.tx != nil {
		if err := s.tx.Writable("nextval()"); err != nil {
			return 0, err
		}
	}
	n, err := s.sequenceStates().SequenceNext(uint64(oid), spec(q))
	if errors.Is(err, store.ErrSequenceExhausted) {
		bound, limit := "maximum", q.Max
		if q.Increment < 0 {
			bound, limit = "minimum", q.Min
		}
		return 0, pgerr.New(pgcode.SequenceGeneratorLimitExceeded, "nextval: reached %s value of sequence %q (%d)", bound, q.Name, limit)
	}
	if err != nil {
		return 0, err
	}
	s.used(oid, n)
	s.lastSeqUsed = oid
	return n, nil
}

// lockedSequence returns a sequence as it is now and keeps others from altering it
// until the transaction ends.
func (s *Session) lockedSequence(oid uint32) (*catalog.Sequence, error) {
	q, err := s.sequence(oid)
	if err != nil || s.tx == nil || s.tx.HoldsTable(oid, txn.RowExclusive) {
		return q, err
	}
	if _, _, err := s.tx.LockTable(s.running, oid, txn.RowExclusive, txn.Wait); err != nil {
		return nil, err
	}
	return s.sequence(oid)
}

// used remembers a sequence's value for currval.
func (s *Session) used(oid uint32, n int64) {
	if s.lastValue == nil {
		s.lastValue = map[uint32]int64{}
	}
	s.lastValue[oid] = n
}

// CurrVal implements builtin.Session.
func (s *Session) CurrVal(oid uint32) (int64, error) {
	q, err := s.sequence(oid)
	if err != nil {
		return 0, err
	}
	n, ok := s.lastValue[oid]
	if !ok {
		return 0, pgerr.New(pgcode.ObjectNotInPrerequisiteState, "currval of sequence %q is not yet defined in this session", q.Name)
	}
	return n, nil
}

// LastVal implements builtin.Session.
func (s *Session) LastVal() (int64, error) {
	n, ok := s.lastValue[s.lastSeqUsed]
	if _, err := s.sequence(s.lastSeqUsed); !ok || err != nil { // never used, or gone
		return 0, pgerr.New(pgcode.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
	}
	return n, nil
}

// SetVal implements builtin.Session.
func (s *Session) SetVal(oid uint32, value int64, called bool) error {
	q, err := s.lockedSequence(oid)
	if err != nil {
		return err
	}
	if s.tx != nil {
		if err := s.tx.Writable("setval()"); err != nil {
			return err
		}
	}
	if value < q.Min || value > q.Max {
		return pgerr.New(pgcode.NumericValueOutOfRange, "setval: value %d is out of bounds for sequence %q (%d..%d)", value, q.Name, q.Min, q.Max)
	}
	if err := s.sequenceStates().SequenceSet(uint64(oid), value, called); err != nil {
		return err
	}
	if called {
		s.used(oid, value)
	}
	return nil
}

// Random implements builtin.Session.
func (s *Session) Random() float64 {
	if s.random == nil {
		s.random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return s.random.Float64()
}

// SeedRandom implements builtin.Session.
func (s *Session) SeedRandom(seed float64) {
	s.random = rand.New(rand.NewPCG(uint64(int64(seed*(1<<62))), 0))
}

// wallTime is the present time, for pg_prepared_statements.
func (s *Session) wallTime() time.Time { return time.UnixMicro(int64(s.srv.DB.Now())) }
