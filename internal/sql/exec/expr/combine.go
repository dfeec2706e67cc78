package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// distinctFrom is IS [NOT] DISTINCT FROM by the type's equality.
func distinctFrom(eq *builtin.Proc, not bool) applyFunc {
	return func(c *Ctx, args []datum.Datum) (datum.Datum, error) {
		if args[0].IsNull() || args[1].IsNull() {
			return datum.NewBool((args[0].IsNull() != args[1].IsNull()) != not), nil
		}
		d, err := eq.Eval(c.B, args)
		return datum.NewBool((d.IsNull() || !d.Bool()) != not), err
	}
}

// nullIf is NULLIF.
func nullIf(eq *builtin.Proc) applyFunc {
	return func(c *Ctx, args []datum.Datum) (datum.Datum, error) {
		left := args[0]
		if left.IsNull() || args[1].IsNull() {
			return left, nil
		}
		d, err := eq.Eval(c.B, args)
		if err != nil || !d.IsNull() && d.Bool() {
			return datum.Datum{}, err
		}
		return left, nil
	}
}

// minMax is GREATEST or LEAST: NULLs are passed over.
func minMax(least bool) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		best := datum.Datum{}
		for _, d := range args {
			if d.IsNull() {
				continue
			}
			if best.IsNull() {
				best = d
			} else if order := datum.Compare(d, best); order < 0 && least || order > 0 && !least {
				best = d
			}
		}
		return best, nil
	}
}

// makeRow builds ROW(...).
func makeRow(names []string, fieldTypes []uint32) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		return datum.NewRecord(&datum.RecordValue{
			TypeOID: 2249, Types: fieldTypes, Names: names, Fields: append([]datum.Datum(nil), args...),
		}), nil
	}
}

// field selects a field of a row value.
func field(index int) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		if args[0].Kind() != datum.Record || index >= len(args[0].Record().Fields) {
			return datum.Datum{}, nil
		}
		return args[0].Record().Fields[index], nil
	}
}

// rowCompare compares two lists of expressions pair by pair: the first pair that
// differs decides, and a NULL before that makes the result NULL.
type rowPair struct {
	eq, op      *builtin.Proc
	left, right Node
}

func rowCompare(kind plan.RowCompareKind, pairs []rowPair) func(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	equal := kind == plan.RowLE || kind == plan.RowGE
	return func(c *Ctx, row []datum.Datum) (datum.Datum, error) {
		for i := range pairs {
			p := &pairs[i]
			l, err := p.left.Row(c, row)
			if err != nil {
				return l, err
			}
			r, err := p.right.Row(c, row)
			if err != nil || l.IsNull() || r.IsNull() {
				return datum.Datum{}, err
			}
			args := [2]datum.Datum{l, r}
			same, err := p.eq.Eval(c.B, args[:])
			if err != nil {
				return same, err
			}
			if !same.IsNull() && same.Bool() {
				continue
			}
			return p.op.Eval(c.B, args[:])
		}
		return datum.NewBool(equal), nil
	}
}

// anyAll is left op ANY|ALL (array) with three-valued logic.
func anyAll(proc *builtin.Proc, every bool) applyFunc {
	return func(c *Ctx, args []datum.Datum) (datum.Datum, error) {
		left, list := args[0], args[1]
		if list.IsNull() {
			return datum.Datum{}, nil
		}
		elems := list.Array().Elems
		if len(elems) == 0 {
			return datum.NewBool(every), nil
		}
		if left.IsNull() && proc.Strict {
			return datum.Datum{}, nil
		}
		unknown := false
		var pair [2]datum.Datum
		for _, e := range elems {
			if e.IsNull() && proc.Strict {
				unknown = true
				continue
			}
			pair = [2]datum.Datum{left, e}
			d, err := proc.Eval(c.B, pair[:])
			switch {
			case err != nil:
				return d, err
			case d.IsNull():
				unknown = true
			case d.Bool() != every:
				return d, nil
			}
		}
		if unknown {
			return datum.Datum{}, nil
		}
		return datum.NewBool(every), nil
	}
}

// hashedSet is a constant list of values for IN and NOT IN.
type hashedSet struct {
	members map[uint64][]datum.Datum
	null    bool // the list has a NULL
}

// hashThreshold is the length from which on a constant list is hashed.
const hashThreshold = 9

func newHashedSet(elems []datum.Datum) *hashedSet {
	s := &hashedSet{members: make(map[uint64][]datum.Datum, len(elems))}
	for _, e := range elems {
		if e.IsNull() {
			s.null = true
			continue
		}
		h := datum.Hash(e)
		s.members[h] = append(s.members[h], e)
	}
	return s
}

func (s *hashedSet) has(d datum.Datum) bool {
	for _, e := range s.members[datum.Hash(d)] {
		if datum.Compare(d, e) == 0 {
			return true
		}
	}
	return false
}

// inSet is left = ANY (set), or with not left <> ALL (set).
func inSet(s *hashedSet, not bool) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		switch {
		case args[0].IsNull():
			return datum.Datum{}, nil
		case s.has(args[0]):
			return datum.NewBool(!not), nil
		case s.null:
			return datum.Datum{}, nil
		}
		return datum.NewBool(not), nil
	}
}

// retag gives a value of a string kind another kind: text as char(n).
func retag(kind datum.Kind) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		return datum.NewOfKind(args[0].Str(), kind), nil
	}
}
