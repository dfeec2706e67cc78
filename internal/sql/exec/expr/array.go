package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

const maxArrayElems = 1 << 27

// makeArray builds ARRAY[...] of scalars.
func makeArray(elem types.OID) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		v := &datum.ArrayValue{Elem: uint32(elem)}
		if len(args) > 0 {
			v.Dims = []datum.Dim{{Len: int32(len(args)), Lower: 1}}
			v.Elems = append([]datum.Datum(nil), args...)
		}
		return datum.NewArray(v), nil
	}
}

// makeNestedArray builds ARRAY[...] of arrays: one dimension more than theirs.
// NULL and empty members leave the result empty, as PostgreSQL has it.
func makeNestedArray(elem types.OID) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		v := &datum.ArrayValue{Elem: uint32(elem)}
		var inner []datum.Dim
		empty := 0
		for _, a := range args {
			if a.IsNull() || len(a.Array().Dims) == 0 {
				empty++
				continue
			}
			sub := a.Array()
			if inner == nil {
				inner = sub.Dims
			}
			if !equalDims(inner, sub.Dims) {
				return datum.Datum{}, dimensionMismatch()
			}
			v.Elems = append(v.Elems, sub.Elems...)
		}
		if inner == nil {
			return datum.NewArray(v), nil
		}
		if empty > 0 {
			return datum.Datum{}, dimensionMismatch()
		}
		if len(inner) >= 6 {
			return datum.Datum{}, pgerr.New(pgcode.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(inner)+1, 6)
		}
		v.Dims = append([]datum.Dim{{Len: int32(len(args)), Lower: 1}}, inner...)
		return datum.NewArray(v), nil
	}
}

func dimensionMismatch() error {
	return pgerr.New(pgcode.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions")
}

func equalDims(a, b []datum.Dim) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// element returns a[index...], NULL when there is no such element.
func element(a *datum.ArrayValue, index []datum.Datum) datum.Datum {
	if len(index) != len(a.Dims) {
		return datum.Datum{}
	}
	at := int64(0)
	for i, dim := range a.Dims {
		k := index[i].Int() - int64(dim.Lower)
		if k < 0 || k >= int64(dim.Len) {
			return datum.Datum{}
		}
		at = at*int64(dim.Len) + k
	}
	return a.Elems[at]
}

// span is the part of one dimension a slice takes, counted from 0.
type span struct{ from, len int }

// slice returns a[low:high...]; a NULL-kind bound whose has flag is false is the
// array's own.
func slice(a *datum.ArrayValue, low, high []bound) *datum.ArrayValue {
	empty := &datum.ArrayValue{Elem: a.Elem}
	if len(low) > len(a.Dims) {
		return empty
	}
	spans := make([]span, len(a.Dims))
	out := &datum.ArrayValue{Elem: a.Elem, Dims: make([]datum.Dim, len(a.Dims))}
	for i, dim := range a.Dims {
		lo, hi := int64(dim.Lower), int64(dim.Lower)+int64(dim.Len)-1
		if i < len(low) {
			if low[i].given {
				lo = max(lo, low[i].at)
			}
			if high[i].given {
				hi = min(hi, high[i].at)
			}
		}
		if lo > hi {
			return empty
		}
		spans[i] = span{int(lo) - int(dim.Lower), int(hi-lo) + 1}
		out.Dims[i] = datum.Dim{Len: int32(hi-lo) + 1, Lower: 1}
	}
	out.Elems = cut(nil, a, spans, 0, 0)
	return out
}

type bound struct {
	at    int64
	given bool
}

func cut(dst []datum.Datum, a *datum.ArrayValue, spans []span, dim, base int) []datum.Datum {
	for i := 0; i < spans[dim].len; i++ {
		at := base*int(a.Dims[dim].Len) + spans[dim].from + i
		if dim == len(spans)-1 {
			dst = append(dst, a.Elems[at])
		} else {
			dst = cut(dst, a, spans, dim+1, at)
		}
	}
	return dst
}

// assignElement returns a copy of a with one element replaced; a one-dimensional
// array grows to reach it.
func assignElement(a *datum.ArrayValue, index []datum.Datum, value datum.Datum) (*datum.ArrayValue, error) {
	if len(a.Dims) == 0 {
		out := &datum.ArrayValue{Elem: a.Elem, Elems: []datum.Datum{value}}
		for _, k := range index {
			out.Dims = append(out.Dims, datum.Dim{Len: 1, Lower: int32(k.Int())})
		}
		return out, nil
	}
	if len(index) != len(a.Dims) {
		return nil, wrongSubscripts()
	}
	if len(a.Dims) > 1 {
		at := int64(0)
		for i, dim := range a.Dims {
			k := index[i].Int() - int64(dim.Lower)
			if k < 0 || k >= int64(dim.Len) {
				return nil, pgerr.New(pgcode.ArraySubscriptError, "array subscript out of range")
			}
			at = at*int64(dim.Len) + k
		}
		out := &datum.ArrayValue{Elem: a.Elem, Dims: a.Dims, Elems: append([]datum.Datum(nil), a.Elems...)}
		out.Elems[at] = value
		return out, nil
	}
	k := index[0].Int()
	return spliced(a, k, k, []datum.Datum{value})
}

// spliced puts values at low..high of a one-dimensional array, NULLs filling a gap.
func spliced(a *datum.ArrayValue, low, high int64, values []datum.Datum) (*datum.ArrayValue, error) {
	first, last := int64(a.Dims[0].Lower), int64(a.Dims[0].Lower)+int64(a.Dims[0].Len)-1
	from, to := min(first, low), max(last, high)
	if to-from >= maxArrayElems {
		return nil, pgerr.New(pgcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayElems)
	}
	out := &datum.ArrayValue{Elem: a.Elem, Dims: []datum.Dim{{Len: int32(to-from) + 1, Lower: int32(from)}}}
	out.Elems = make([]datum.Datum, to-from+1)
	copy(out.Elems[first-from:], a.Elems)
	copy(out.Elems[low-from:high-from+1], values)
	return out, nil
}

func wrongSubscripts() error {
	return pgerr.New(pgcode.ArraySubscriptError, "wrong number of array subscripts")
}

// assignSlice returns a copy of a with a[low:high] replaced.
func assignSlice(a *datum.ArrayValue, low, high []bound, value datum.Datum) (*datum.ArrayValue, error) {
	if len(low) != 1 || len(a.Dims) > 1 {
		return nil, pgerr.NotSupported("Assign the whole array instead.", "assignment to a slice of a multidimensional array is not supported")
	}
	lo, hi := low[0], high[0]
	if len(a.Dims) == 0 {
		if !lo.given || !hi.given {
			return nil, pgerr.New(pgcode.ArraySubscriptError, "array slice subscript must provide both boundaries").
				WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified.")
		}
		a = &datum.ArrayValue{Elem: a.Elem, Dims: []datum.Dim{{Len: int32(hi.at-lo.at) + 1, Lower: int32(lo.at)}}}
		a.Elems = make([]datum.Datum, max(0, hi.at-lo.at+1))
	}
	if !lo.given {
		lo.at = int64(a.Dims[0].Lower)
	}
	if !hi.given {
		hi.at = int64(a.Dims[0].Lower) + int64(a.Dims[0].Len) - 1
	}
	if lo.at > hi.at {
		return nil, pgerr.New(pgcode.ArraySubscriptError, "upper bound cannot be less than lower bound")
	}
	source := value.Array().Elems
	if int64(len(source)) < hi.at-lo.at+1 {
		return nil, pgerr.New(pgcode.ArraySubscriptError, "source array too small")
	}
	return spliced(a, lo.at, hi.at, source[:hi.at-lo.at+1])
}
