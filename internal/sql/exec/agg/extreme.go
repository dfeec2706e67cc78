package agg

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/vec"
)

// intExtreme is min or max of a kind that lives in an int64.
type intExtreme struct {
	greatest bool
	kind     datum.Kind
	best     []int64
	seen     []bool
	held     mem.Holder
}

func (a *intExtreme) Grow(n int) (err error) {
	if a.best, err = grown(a.best, n, 8, &a.held); err != nil {
		return err
	}
	a.seen, err = grown(a.seen, n, 1, &a.held)
	return err
}

func (a *intExtreme) put(g int32, x int64) {
	if !a.seen[g] || x < a.best[g] != a.greatest && x != a.best[g] {
		a.best[g], a.seen[g] = x, true
	}
}

func (a *intExtreme) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	v := args[0]
	nulls := v.Nulls.Any()
	for i, n := 0, b.Len(); i < n; i++ {
		r := b.Index(i)
		if nulls && v.Nulls.Get(r) {
			continue
		}
		a.put(groupOf(groups, i), v.Ints[r])
	}
	return nil
}

func (a *intExtreme) Finish(*builtin.Context) error { return nil }

func (a *intExtreme) Result(_ *builtin.Context, g int) (datum.Datum, error) {
	if !a.seen[g] {
		return datum.Datum{}, nil
	}
	return datum.NewIntOfKind(a.best[g], a.kind), nil
}

func (a *intExtreme) Reset() {
	clear(a.seen)
	a.best, a.seen = a.best[:0], a.seen[:0]
}

// Merge implements Merger.
func (a *intExtreme) Merge(_ *builtin.Context, other Accumulator, into []int32) error {
	o := other.(*intExtreme)
	for g, x := range o.best {
		if o.seen[g] {
			a.put(into[g], x)
		}
	}
	return nil
}

// floatExtreme is min or max of floats, NaN being the greatest.
type floatExtreme struct {
	greatest bool
	best     []float64
	seen     []bool
	held     mem.Holder
}

func (a *floatExtreme) Grow(n int) (err error) {
	if a.best, err = grown(a.best, n, 8, &a.held); err != nil {
		return err
	}
	a.seen, err = grown(a.seen, n, 1, &a.held)
	return err
}

func (a *floatExtreme) put(g int32, x float64) {
	if a.seen[g] {
		if c := datum.CompareFloat(x, a.best[g]); c == 0 || c > 0 != a.greatest {
			return
		}
	}
	a.best[g], a.seen[g] = x, true
}

func (a *floatExtreme) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	v := args[0]
	for i, n := 0, b.Len(); i < n; i++ {
		if r := b.Index(i); !v.Nulls.Get(r) {
			a.put(groupOf(groups, i), v.Floats[r])
		}
	}
	return nil
}

func (a *floatExtreme) Finish(*builtin.Context) error { return nil }

func (a *floatExtreme) Result(_ *builtin.Context, g int) (datum.Datum, error) {
	if !a.seen[g] {
		return datum.Datum{}, nil
	}
	return datum.NewFloat(a.best[g]), nil
}

func (a *floatExtreme) Reset() {
	clear(a.seen)
	a.best, a.seen = a.best[:0], a.seen[:0]
}

// Merge implements Merger.
func (a *floatExtreme) Merge(_ *builtin.Context, other Accumulator, into []int32) error {
	o := other.(*floatExtreme)
	for g, x := range o.best {
		if o.seen[g] {
			a.put(into[g], x)
		}
	}
	return nil
}

// datumExtreme is min or max of everything else.
type datumExtreme struct {
	greatest bool
	best     []datum.Datum
	held     mem.Holder
}

func (a *datumExtreme) Grow(n int) (err error) {
	a.best, err = grown(a.best, n, 24, &a.held)
	return err
}

func (a *datumExtreme) put(g int32, x datum.Datum) {
	if best := a.best[g]; !best.IsNull() {
		if c := datum.Compare(x, best); c == 0 || c > 0 != a.greatest {
			return
		}
	}
	a.best[g] = x
}

func (a *datumExtreme) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	v := args[0]
	for i, n := 0, b.Len(); i < n; i++ {
		if r := b.Index(i); !v.Nulls.Get(r) {
			a.put(groupOf(groups, i), v.Data[r])
		}
	}
	return nil
}

func (a *datumExtreme) Finish(*builtin.Context) error { return nil }

func (a *datumExtreme) Result(_ *builtin.Context, g int) (datum.Datum, error) { return a.best[g], nil }

func (a *datumExtreme) Reset() { clear(a.best); a.best = a.best[:0] }

// Merge implements Merger.
func (a *datumExtreme) Merge(_ *builtin.Context, other Accumulator, into []int32) error {
	for g, x := range other.(*datumExtreme).best {
		if !x.IsNull() {
			a.put(into[g], x)
		}
	}
	return nil
}
