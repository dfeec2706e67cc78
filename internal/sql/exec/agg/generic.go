package agg

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// generic drives one of builtin's states per group.
type generic struct {
	proc      *builtin.Proc
	args      []types.OID
	keepNulls bool
	collects  bool
	states    []builtin.AggState
	row       []datum.Datum
	held      mem.Holder
}

func (a *generic) Grow(n int) error {
	have := len(a.states)
	var err error
	if a.states, err = grown(a.states, n, 128, &a.held); err != nil {
		return err
	}
	for g := have; g < n; g++ {
		a.states[g] = a.proc.Agg(a.proc, a.args)
	}
	return nil
}

func (a *generic) Add(c *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	if a.row == nil {
		a.row = make([]datum.Datum, len(args))
	}
	row := a.row[:len(args)]
	size := int64(0)
rows:
	for i, n := 0, b.Len(); i < n; i++ {
		r := b.Index(i)
		for k, v := range args {
			row[k] = v.Get(r)
			if row[k].IsNull() && !a.keepNulls {
				continue rows
			}
			if a.collects {
				size += row[k].Size()
			}
		}
		if err := a.states[groupOf(groups, i)].Add(c, row); err != nil {
			return err
		}
	}
	return a.held.Grow(size)
}

func (a *generic) Finish(*builtin.Context) error { return nil }

func (a *generic) Result(c *builtin.Context, g int) (datum.Datum, error) {
	return a.states[g].Result(c)
}

func (a *generic) Reset() {
	clear(a.states)
	a.states = a.states[:0]
}
