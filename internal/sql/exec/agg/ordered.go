package agg

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// ordered sorts its input and hands it on in order when it has ended.
type ordered struct {
	inner    Accumulator
	space    *spill.Space
	sorter   *rows.Sorter // group, arguments, order columns
	keys     []rows.Key
	args     int
	distinct bool
	group    *vec.Vec
	types    []types.T
	last     []datum.Datum // group and arguments passed on last
	some     bool
}

func newOrdered(call Call, space *spill.Space) (*ordered, error) {
	inner, err := plain(Call{Proc: call.Proc, Args: call.Args, Star: call.Star}, space.Memory())
	if err != nil {
		return nil, err
	}
	cols := append([]types.T{types.Of(types.Int8)}, call.Args...)
	cols = append(cols, call.OrderTypes...)
	a := &ordered{inner: inner, space: space, args: len(call.Args), distinct: call.Distinct, types: cols}
	a.keys = []rows.Key{{Col: 0}}
	for _, k := range call.Order {
		k.Col++
		a.keys = append(a.keys, k)
	}
	if call.Distinct {
		for i := range call.Args {
			a.keys = append(a.keys, rows.Key{Col: i + 1})
		}
	}
	a.group = vec.New(cols[0], vec.MaxRows)
	a.last = make([]datum.Datum, len(call.Args)+1)
	a.sorter = rows.NewSorter(cols, a.keys, -1, space)
	return a, nil
}

// Grow implements Accumulator.
func (a *ordered) Grow(n int) error { return a.inner.Grow(n) }

// Add implements Accumulator.
func (a *ordered) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	for i, n := 0, b.Len(); i < n; i++ {
		a.group.Ints[b.Index(i)] = int64(groupOf(groups, i))
	}
	return a.sorter.AddCols(append([]*vec.Vec{a.group}, args...), b)
}

// Finish implements Accumulator.
func (a *ordered) Finish(c *builtin.Context) error {
	if err := a.sorter.Finish(); err != nil {
		return err
	}
	all := rows.NewBatch(a.types, vec.MaxRows)
	groups := make([]int32, 0, vec.MaxRows)
	sel := make([]int32, 0, vec.MaxRows)
	for {
		n, err := a.sorter.Next(all)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		groups, sel = groups[:0], sel[:0]
		for i := range n {
			if !a.distinct || a.fresh(all, i) {
				groups, sel = append(groups, int32(all.Cols[0].Ints[i])), append(sel, int32(i))
			}
		}
		b := vec.Batch{Cols: all.Cols[1 : a.args+1], Sel: sel, Rows: n}
		if len(sel) == n {
			b.Sel = nil
		}
		if err := a.inner.Add(c, b.Cols, &b, groups); err != nil {
			return err
		}
		if err := a.space.Interrupted(); err != nil {
			return err
		}
	}
	a.sorter.Close()
	return a.inner.Finish(c)
}

// fresh reports whether a row's group and arguments differ from the last one's.
func (a *ordered) fresh(b *vec.Batch, i int) bool {
	same := a.some
	for k := range a.last {
		d := b.Cols[k].Get(i)
		same = same && datum.Equal(d, a.last[k])
		a.last[k] = d
	}
	a.some = true
	return !same
}

// Result implements Accumulator.
func (a *ordered) Result(c *builtin.Context, g int) (datum.Datum, error) {
	return a.inner.Result(c, g)
}

// Reset implements Accumulator.
func (a *ordered) Reset() {
	a.sorter.Close()
	a.sorter, a.some = rows.NewSorter(a.types, a.keys, -1, a.space), false
	a.inner.Reset()
}
