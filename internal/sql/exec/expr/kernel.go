package expr

import (
	"cmp"
	"math"
	"math/bits"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/vec"
)

// relation is a set of the outcomes of a comparison: bit 0 less, bit 1 equal,
// bit 2 greater. One loop then serves all six operators without branches.
type relation uint8

const (
	relLT relation = 1
	relEQ relation = 2
	relGT relation = 4
)

var relations = map[string]relation{
	"eq": relEQ, "ne": relLT | relGT, "lt": relLT, "le": relLT | relEQ, "gt": relGT, "ge": relGT | relEQ,
}

// swap is the relation with its sides exchanged: a < b as b > a.
func (r relation) swap() relation {
	return r&relEQ | r&relLT<<2 | r&relGT>>2
}

func (r relation) holds(c int) bool { return r>>uint(c+1)&1 != 0 }

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func orderInt(a, b int64) int64 { return bit(a > b) - bit(a < b) + 1 }

func orderFloat(a, b float64) int64 {
	an, bn := bit(a != a), bit(b != b)
	return bit(a > b) - bit(a < b) + an - bn + 1
}

// compareInts writes 0 or 1 to out for the selected rows.
func compareInts(r relation, a, b []int64, out []int64, sel []int32, n int) {
	m := int64(r)
	if sel == nil {
		a, b, out = a[:n], b[:n], out[:n]
		for i := range out {
			out[i] = m >> uint64(orderInt(a[i], b[i])) & 1
		}
		return
	}
	for _, i := range sel {
		out[i] = m >> uint64(orderInt(a[i], b[i])) & 1
	}
}

func compareIntsConst(r relation, a []int64, b int64, out []int64, sel []int32, n int) {
	m := int64(r)
	if sel == nil {
		a, out = a[:n], out[:n]
		for i := range out {
			out[i] = m >> uint64(orderInt(a[i], b)) & 1
		}
		return
	}
	for _, i := range sel {
		out[i] = m >> uint64(orderInt(a[i], b)) & 1
	}
}

func compareFloats(r relation, a, b []float64, out []int64, sel []int32, n int) {
	m := int64(r)
	if sel == nil {
		sel = identity[:n]
	}
	for _, i := range sel {
		out[i] = m >> uint64(orderFloat(a[i], b[i])) & 1
	}
}

func compareFloatsConst(r relation, a []float64, b float64, out []int64, sel []int32, n int) {
	m := int64(r)
	if sel == nil {
		a, out = a[:n], out[:n]
		for i := range out {
			out[i] = m >> uint64(orderFloat(a[i], b)) & 1
		}
		return
	}
	for _, i := range sel {
		out[i] = m >> uint64(orderFloat(a[i], b)) & 1
	}
}

// compareData compares datums of one kind; NULL rows are skipped.
func compareData(r relation, a, b *vec.Vec, nulls *vec.Nulls, out []int64, sel []int32, n int) {
	if sel == nil {
		sel = identity[:n]
	}
	text := a.Kind == datum.Text && b.Kind == datum.Text
	equality := r == relEQ || r == relLT|relGT
	for _, i := range sel {
		if nulls.Get(int(i)) {
			continue
		}
		x, y := a.Data[i], b.Data[i]
		switch {
		case text && equality:
			out[i] = bit((x.Str() == y.Str()) == (r == relEQ))
		case text:
			out[i] = bit(r.holds(cmp.Compare(x.Str(), y.Str())))
		default:
			out[i] = bit(r.holds(sign(datum.Compare(x, y))))
		}
	}
}

func sign(c int) int { return cmp.Compare(c, 0) }

// filterInts appends to out the selected rows whose comparison holds; NULL rows
// do not.
func filterIntsConst(r relation, a []int64, b int64, nulls *vec.Nulls, sel []int32, n int, out []int32) []int32 {
	m := int64(r)
	k := 0
	if sel == nil {
		out = out[:n]
		for i, x := range a[:n] {
			out[k] = int32(i)
			k += int(m >> uint64(orderInt(x, b)) & 1)
		}
	} else {
		out = out[:len(sel)]
		for _, i := range sel {
			out[k] = i
			k += int(m >> uint64(orderInt(a[i], b)) & 1)
		}
	}
	return dropNulls(out[:k], nulls)
}

func filterFloatsConst(r relation, a []float64, b float64, nulls *vec.Nulls, sel []int32, n int, out []int32) []int32 {
	m := int64(r)
	k := 0
	if sel == nil {
		sel = identity[:n]
	}
	out = out[:len(sel)]
	for _, i := range sel {
		out[k] = i
		k += int(m >> uint64(orderFloat(a[i], b)) & 1)
	}
	return dropNulls(out[:k], nulls)
}

// filterTrue keeps the selected rows that are true.
func filterTrue(v *vec.Vec, sel []int32, n int, out []int32) []int32 {
	k := 0
	if sel == nil {
		sel = identity[:n]
	}
	out = out[:len(sel)]
	for _, i := range sel {
		out[k] = i
		k += int(v.Ints[i] & 1)
	}
	return dropNulls(out[:k], &v.Nulls)
}

func dropNulls(sel []int32, nulls *vec.Nulls) []int32 {
	if !nulls.Any() {
		return sel
	}
	k := 0
	for _, i := range sel {
		if !nulls.Get(int(i)) {
			sel[k] = i
			k++
		}
	}
	return sel[:k]
}

// identity is the selection of all rows.
var identity = func() (list [vec.MaxRows]int32) {
	for i := range list {
		list[i] = int32(i)
	}
	return list
}()

// arith is an arithmetic operator.
type arith uint8

const (
	opAdd arith = iota + 1
	opSub
	opMul
)

// bounds are the least and greatest value of an integer type.
type bounds struct{ min, max int64 }

var (
	bounds2 = bounds{math.MinInt16, math.MaxInt16}
	bounds4 = bounds{math.MinInt32, math.MaxInt32}
	bounds8 = bounds{math.MinInt64, math.MaxInt64}
)

// outside is -1 when s is not within the bounds, else 0.
func (lim bounds) outside(s int64) int64 { return -(bit(s < lim.min) | bit(s > lim.max)) }

// arithInts computes without looking at NULLs and reports whether some row
// overflowed; the caller then finds out whether that row was NULL.
func arithInts(op arith, a, b []int64, out []int64, lim bounds, sel []int32) (overflow bool) {
	bad := int64(0)
	switch op {
	case opAdd:
		for _, i := range sel {
			x, y := a[i], b[i]
			s := x + y
			bad |= (x^s)&(y^s) | lim.outside(s)
			out[i] = s
		}
	case opSub:
		for _, i := range sel {
			x, y := a[i], b[i]
			s := x - y
			bad |= (x^y)&(x^s) | lim.outside(s)
			out[i] = s
		}
	case opMul:
		for _, i := range sel {
			s, ok := mulInt(a[i], b[i])
			bad |= -bit(!ok) | lim.outside(s)
			out[i] = s
		}
	}
	return bad < 0
}

// mulInt multiplies; ok is false on overflow.
func mulInt(a, b int64) (product int64, ok bool) {
	if int64(int32(a)) == a && int64(int32(b)) == b {
		return a * b, true
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// The signed high word is the unsigned one less b if a < 0 and a if b < 0.
	h := int64(hi) - (a >> 63 & b) - (b >> 63 & a)
	return int64(lo), h == int64(lo)>>63
}

// arithFloats computes and reports whether some row needs a second look: an
// infinite result, or a zero product, which PostgreSQL may call an error.
func arithFloats(op arith, a, b []float64, out []float64, sel []int32) (suspect bool) {
	bad := int64(0)
	switch op {
	case opAdd:
		for _, i := range sel {
			s := a[i] + b[i]
			bad |= bit(math.IsInf(s, 0))
			out[i] = s
		}
	case opSub:
		for _, i := range sel {
			s := a[i] - b[i]
			bad |= bit(math.IsInf(s, 0))
			out[i] = s
		}
	case opMul:
		for _, i := range sel {
			s := a[i] * b[i]
			bad |= bit(math.IsInf(s, 0)) | bit(s == 0)
			out[i] = s
		}
	}
	return bad != 0
}
