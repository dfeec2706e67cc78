package agg

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/vec"
)

// count is count(*) and count(x).
type count struct {
	n    []int64
	held mem.Holder
}

func (a *count) Grow(n int) (err error) {
	a.n, err = grown(a.n, n, 8, &a.held)
	return err
}

func (a *count) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	rows := b.Len()
	counted := len(args) > 0 && args[0].Nulls.Any()
	if groups == nil && !counted {
		a.n[0] += int64(rows)
		return nil
	}
	for i := 0; i < rows; i++ {
		if counted && args[0].Nulls.Get(b.Index(i)) {
			continue
		}
		a.n[groupOf(groups, i)]++
	}
	return nil
}

func (a *count) Finish(*builtin.Context) error { return nil }
func (a *count) Result(_ *builtin.Context, g int) (datum.Datum, error) {
	return datum.NewInt(a.n[g]), nil
}
func (a *count) Reset() { clear(a.n); a.n = a.n[:0] }

// Merge implements Merger.
func (a *count) Merge(_ *builtin.Context, other Accumulator, into []int32) error {
	for g, n := range other.(*count).n {
		a.n[into[g]] += n
	}
	return nil
}

// intSum is sum and avg of int2, int4 and int8. Sums are 128 bits wide.
type intSum struct {
	avg, wide bool
	groups    []intTotal
	held      mem.Holder
}

type intTotal struct {
	lo uint64
	hi int64
	n  int64
}

func (t *intTotal) add(x int64) {
	var carry uint64
	t.lo, carry = bits.Add64(t.lo, uint64(x), 0)
	t.hi += x>>63 + int64(carry)
	t.n++
}

func (a *intSum) Grow(n int) (err error) {
	a.groups, err = grown(a.groups, n, 24, &a.held)
	return err
}

func (a *intSum) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	v := args[0]
	if groups == nil && !v.Nulls.Any() {
		a.addAll(v.Ints, b)
		return nil
	}
	for i, n := 0, b.Len(); i < n; i++ {
		r := b.Index(i)
		if !v.Nulls.Get(r) {
			a.groups[groupOf(groups, i)].add(v.Ints[r])
		}
	}
	return nil
}

// addAll adds a batch to group 0. Narrow integers cannot overflow 64 bits within
// a batch; wide ones go through 128.
func (a *intSum) addAll(values []int64, b *vec.Batch) {
	t := &a.groups[0]
	if a.wide {
		for i, n := 0, b.Len(); i < n; i++ {
			t.add(values[b.Index(i)])
		}
		return
	}
	sum := int64(0)
	if b.Sel == nil {
		for _, x := range values[:b.Rows] {
			sum += x
		}
	} else {
		for _, r := range b.Sel {
			sum += values[r]
		}
	}
	n := t.n
	t.add(sum)
	t.n = n + int64(b.Len())
}

func (a *intSum) Finish(*builtin.Context) error { return nil }

func (a *intSum) Result(_ *builtin.Context, g int) (datum.Datum, error) {
	t := &a.groups[g]
	switch {
	case t.n == 0:
		return datum.Datum{}, nil
	case a.avg:
		return numeric.Div(t.total(), datum.NewNumeric(t.n, 0))
	case a.wide:
		return t.total(), nil
	}
	return datum.NewInt(int64(t.lo)), nil
}

// total returns the sum as a numeric.
func (t *intTotal) total() datum.Datum {
	if t.hi == int64(t.lo)>>63 {
		return datum.NewNumeric(int64(t.lo), 0)
	}
	n := new(big.Int).Lsh(big.NewInt(t.hi), 64)
	n.Add(n, new(big.Int).SetUint64(t.lo))
	d := new(apd.Decimal)
	d.Negative = n.Sign() < 0
	d.Coeff.SetMathBigInt(n.Abs(n))
	return datum.NewDecimal(d)
}

func (a *intSum) Reset() { clear(a.groups); a.groups = a.groups[:0] }

// Merge implements Merger.
func (a *intSum) Merge(_ *builtin.Context, other Accumulator, into []int32) error {
	for g, o := range other.(*intSum).groups {
		t := &a.groups[into[g]]
		var carry uint64
		t.lo, carry = bits.Add64(t.lo, o.lo, 0)
		t.hi += o.hi + int64(carry)
		t.n += o.n
	}
	return nil
}

// floatSum is sum and avg of float4 and float8; single rounds each step to
// float4 as PostgreSQL's sum(real) does. There is no Merge: the order of
// additions shows in the result.
type floatSum struct {
	avg, single bool
	groups      []floatTotal
	held        mem.Holder
}

type floatTotal struct {
	sum float64
	n   int64
}

func (a *floatSum) Grow(n int) (err error) {
	a.groups, err = grown(a.groups, n, 16, &a.held)
	return err
}

func (a *floatSum) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	v := args[0]
	nulls := v.Nulls.Any()
	for i, n := 0, b.Len(); i < n; i++ {
		r := b.Index(i)
		if nulls && v.Nulls.Get(r) {
			continue
		}
		t, x := &a.groups[groupOf(groups, i)], v.Floats[r]
		sum := t.sum + x
		if a.single {
			sum = float64(float32(sum))
		}
		if math.IsInf(sum, 0) && !math.IsInf(t.sum, 0) && !math.IsInf(x, 0) {
			return pgerr.New(pgcode.NumericValueOutOfRange, "value out of range: overflow")
		}
		t.sum = sum
		t.n++
	}
	return nil
}

func (a *floatSum) Finish(*builtin.Context) error { return nil }

func (a *floatSum) Result(_ *builtin.Context, g int) (datum.Datum, error) {
	t := &a.groups[g]
	switch {
	case t.n == 0:
		return datum.Datum{}, nil
	case a.avg:
		return datum.NewFloat(t.sum / float64(t.n)), nil
	}
	return datum.NewFloat(t.sum), nil
}

func (a *floatSum) Reset() { clear(a.groups); a.groups = a.groups[:0] }

// numericSum is sum and avg of numeric. While values have one scale and the sum
// fits, it is an int64 addition.
type numericSum struct {
	avg    bool
	groups []numericTotal
	held   mem.Holder
}

type numericTotal struct {
	sum datum.Datum // NULL before the first value
	n   int64
}

func (t *numericTotal) add(x datum.Datum, n int64) error {
	t.n += n
	if t.sum.IsNull() {
		t.sum = x
		return nil
	}
	a, as, aok := t.sum.InlineNumeric()
	b, bs, bok := x.InlineNumeric()
	if s := a + b; aok && bok && as == bs && (a^s)&(b^s) >= 0 {
		t.sum = datum.NewNumeric(s, as)
		return nil
	}
	sum, err := numeric.Add(t.sum, x)
	t.sum = sum
	return err
}

func (a *numericSum) Grow(n int) (err error) {
	a.groups, err = grown(a.groups, n, 32, &a.held)
	return err
}

func (a *numericSum) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	v := args[0]
	for i, n := 0, b.Len(); i < n; i++ {
		r := b.Index(i)
		if v.Nulls.Get(r) {
			continue
		}
		if err := a.groups[groupOf(groups, i)].add(v.Data[r], 1); err != nil {
			return err
		}
	}
	return nil
}

func (a *numericSum) Finish(*builtin.Context) error { return nil }

func (a *numericSum) Result(_ *builtin.Context, g int) (datum.Datum, error) {
	t := &a.groups[g]
	if t.n == 0 || !a.avg {
		return t.sum, nil
	}
	return numeric.Div(t.sum, datum.NewNumeric(t.n, 0))
}

func (a *numericSum) Reset() { clear(a.groups); a.groups = a.groups[:0] }

// Merge implements Merger.
func (a *numericSum) Merge(_ *builtin.Context, other Accumulator, into []int32) error {
	for g, o := range other.(*numericSum).groups {
		if o.n == 0 {
			continue
		}
		if err := a.groups[into[g]].add(o.sum, o.n); err != nil {
			return err
		}
	}
	return nil
}
