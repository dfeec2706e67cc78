package builtin

import (
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

const (
	maxArrayDims  = 6
	maxArrayElems = 134217727
)

func errTooManyDims(n int) error {
	return pgerr.New(pgcode.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, maxArrayDims)
}

func errArraySize() error {
	return pgerr.New(pgcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayElems)
}

func init() {
	registerArrayShape()
	registerArrayBuild()
	registerArraySearch()
	registerArrayText()
}

func registerArrayShape() {
	dim := func(source string, f func(d datum.Dim) int64) {
		pure2(source, func(a, b datum.Datum) datum.Datum {
			v, n := a.Array(), b.Int()
			if n < 1 || n > int64(len(v.Dims)) {
				return null
			}
			return datum.NewInt(f(v.Dims[n-1]))
		})
	}
	dim("array_length", func(d datum.Dim) int64 { return int64(d.Len) })
	dim("array_lower", func(d datum.Dim) int64 { return int64(d.Lower) })
	dim("array_upper", func(d datum.Dim) int64 { return int64(d.Lower) + int64(d.Len) - 1 })
	pure1("array_ndims", func(a datum.Datum) datum.Datum {
		if len(a.Array().Dims) == 0 {
			return null
		}
		return datum.NewInt(int64(len(a.Array().Dims)))
	})
	pure1("array_cardinality", func(a datum.Datum) datum.Datum { return datum.NewInt(int64(len(a.Array().Elems))) })
	pure1("array_dims", func(a datum.Datum) datum.Datum {
		if len(a.Array().Dims) == 0 {
			return null
		}
		return datum.NewText(dimsText(a.Array().Dims))
	})
	fn2("trim_array", func(a, b datum.Datum) (datum.Datum, error) {
		v, n := a.Array(), b.Int()
		length := int64(0)
		if len(v.Dims) > 0 {
			length = int64(v.Dims[0].Len)
		}
		if n < 0 || n > length {
			return null, pgerr.New(pgcode.ArraySubscriptError, "number of elements to trim must be between 0 and %d", length)
		}
		return datum.NewArray(sliceRows(v, length-n)), nil
	})
}

func dimsText(dims []datum.Dim) string {
	var b []byte
	for _, d := range dims {
		b = append(b, '[')
		b = pgfmt.AppendText(b, types.Of(types.Int8), datum.NewInt(int64(d.Lower)), nil)
		b = append(b, ':')
		b = pgfmt.AppendText(b, types.Of(types.Int8), datum.NewInt(int64(d.Lower)+int64(d.Len)-1), nil)
		b = append(b, ']')
	}
	return string(b)
}

// sliceRows keeps the first n entries of the first dimension; bounds become 1,
// as those of any slice.
func sliceRows(v *datum.ArrayValue, n int64) *datum.ArrayValue {
	out := &datum.ArrayValue{Elem: v.Elem}
	if n == 0 {
		return out
	}
	each := int64(len(v.Elems)) / int64(v.Dims[0].Len)
	out.Elems = v.Elems[: n*each : n*each]
	for _, d := range v.Dims {
		out.Dims = append(out.Dims, datum.Dim{Len: d.Len, Lower: 1})
	}
	out.Dims[0].Len = int32(n)
	return out
}

func registerArrayBuild() {
	for _, source := range []string{"array_append", "array_prepend"} {
		front := source == "array_prepend"
		RegisterBinder(source, func(oids []types.OID, _ types.OID) Func {
			return func(_ *Context, args []datum.Datum) (datum.Datum, error) {
				if front {
					return extend(args[1], args[0], true, oids[0])
				}
				return extend(args[0], args[1], false, oids[1])
			}
		})
	}
	Register("array_cat", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		switch {
		case args[0].IsNull():
			return args[1], nil
		case args[1].IsNull():
			return args[0], nil
		}
		return catArrays(args[0].Array(), args[1].Array())
	})
	fill := func(oids []types.OID, lower bool) Func {
		return func(_ *Context, args []datum.Datum) (datum.Datum, error) {
			bounds := &datum.ArrayValue{}
			if args[1].IsNull() || lower && args[2].IsNull() {
				return null, pgerr.New(pgcode.NullValueNotAllowed, "dimension array or low bound array cannot be null")
			}
			if lower {
				bounds = args[2].Array()
			}
			return fillArray(oids[0], args[0], args[1].Array(), bounds, lower)
		}
	}
	RegisterBinder("array_fill", func(oids []types.OID, _ types.OID) Func { return fill(oids, false) })
	RegisterBinder("array_fill_with_lower_bounds", func(oids []types.OID, _ types.OID) Func { return fill(oids, true) })
}

// extend adds one element at an end of an empty or one-dimensional array.
func extend(array, elem datum.Datum, front bool, oid types.OID) (datum.Datum, error) {
	if array.IsNull() {
		return newList(oid, []datum.Datum{elem}), nil
	}
	v := array.Array()
	switch {
	case len(v.Dims) == 0:
		return newList(types.OID(v.Elem), []datum.Datum{elem}), nil
	case len(v.Dims) > 1:
		return null, pgerr.New(pgcode.DataException, "argument must be empty or one-dimensional array")
	}
	lower := v.Dims[0].Lower
	if int64(lower)+int64(v.Dims[0].Len) > math.MaxInt32 {
		return null, errOutOfRange("integer")
	}
	out := &datum.ArrayValue{Elem: v.Elem, Dims: []datum.Dim{{Len: v.Dims[0].Len + 1, Lower: lower}}}
	out.Elems = make([]datum.Datum, 0, len(v.Elems)+1)
	if front {
		out.Elems = append(append(out.Elems, elem), v.Elems...)
	} else {
		out.Elems = append(append(out.Elems, v.Elems...), elem)
	}
	return datum.NewArray(out), nil
}

func catArrays(a, b *datum.ArrayValue) (datum.Datum, error) {
	incompatible := func(detail string, args ...any) (datum.Datum, error) {
		return null, pgerr.New(pgcode.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail(detail, args...)
	}
	if a.Elem != b.Elem {
		return null, pgerr.New(pgcode.DatatypeMismatch, "cannot concatenate incompatible arrays").WithDetail(
			"Arrays with element types %s and %s are not compatible for concatenation.",
			pgfmt.TypeName(types.OID(a.Elem)), pgfmt.TypeName(types.OID(b.Elem)))
	}
	na, nb := len(a.Dims), len(b.Dims)
	switch {
	case na == 0:
		return datum.NewArray(b), nil
	case nb == 0:
		return datum.NewArray(a), nil
	}
	var dims []datum.Dim
	inner := func(x, y []datum.Dim) bool {
		for i := range x {
			if x[i] != y[i] {
				return false
			}
		}
		return true
	}
	const differ = "Arrays with differing dimensions are not compatible for concatenation."
	switch na - nb {
	case 0:
		if !inner(a.Dims[1:], b.Dims[1:]) {
			return incompatible("Arrays with differing element dimensions are not compatible for concatenation.")
		}
		dims = append(dims, a.Dims...)
		dims[0].Len += b.Dims[0].Len
	case 1:
		if !inner(a.Dims[1:], b.Dims) {
			return incompatible(differ)
		}
		dims = append(dims, a.Dims...)
		dims[0].Len++
	case -1:
		if !inner(b.Dims[1:], a.Dims) {
			return incompatible(differ)
		}
		dims = append(dims, b.Dims...)
		dims[0].Len++
	default:
		return incompatible("Arrays of %d and %d dimensions are not compatible for concatenation.", na, nb)
	}
	elems := make([]datum.Datum, 0, len(a.Elems)+len(b.Elems))
	return datum.NewArray(&datum.ArrayValue{Elem: a.Elem, Dims: dims, Elems: append(append(elems, a.Elems...), b.Elems...)}), nil
}

func fillArray(elem types.OID, value datum.Datum, lengths, bounds *datum.ArrayValue, lower bool) (datum.Datum, error) {
	subscripts := func(detail string) (datum.Datum, error) {
		return null, pgerr.New(pgcode.ArraySubscriptError, "wrong number of array subscripts").WithDetail("%s", detail)
	}
	if len(lengths.Dims) > 1 {
		return subscripts("Dimension array must be one dimensional.")
	}
	if hasNull(lengths.Elems) || hasNull(bounds.Elems) {
		return null, pgerr.New(pgcode.NullValueNotAllowed, "dimension values cannot be null")
	}
	if len(lengths.Elems) > maxArrayDims {
		return null, errTooManyDims(len(lengths.Elems))
	}
	if lower && len(bounds.Dims) > 1 {
		return subscripts("Dimension array must be one dimensional.")
	}
	if lower && len(bounds.Elems) != len(lengths.Elems) {
		return subscripts("Low bound array has different size than dimensions array.")
	}
	out := &datum.ArrayValue{Elem: uint32(elem)}
	total := int64(1)
	for i, e := range lengths.Elems {
		d := datum.Dim{Len: int32(e.Int()), Lower: 1}
		if lower {
			d.Lower = int32(bounds.Elems[i].Int())
		}
		if total *= e.Int(); e.Int() < 0 || total > maxArrayElems {
			return null, errArraySize()
		}
		if int64(d.Lower)+int64(d.Len) > math.MaxInt32 {
			return null, pgerr.New(pgcode.ProgramLimitExceeded, "array lower bound is too large: %d", d.Lower)
		}
		out.Dims = append(out.Dims, d)
	}
	if len(lengths.Elems) == 0 || total == 0 {
		out.Dims = nil
		return datum.NewArray(out), nil
	}
	out.Elems = make([]datum.Datum, total)
	for i := range out.Elems {
		out.Elems[i] = value
	}
	return datum.NewArray(out), nil
}

func hasNull(elems []datum.Datum) bool {
	for _, e := range elems {
		if e.IsNull() {
			return true
		}
	}
	return false
}

func registerArraySearch() {
	find := func(array, want datum.Datum, from int64) (positions []datum.Datum, err error) {
		if array.IsNull() {
			return nil, nil
		}
		v := array.Array()
		if len(v.Dims) > 1 {
			return nil, pgerr.New(pgcode.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
		}
		if err := checkComparable(types.OID(v.Elem)); err != nil {
			return nil, err
		}
		for i, e := range v.Elems {
			at := int64(v.Dims[0].Lower) + int64(i)
			if at >= from && datum.Equal(e, want) {
				positions = append(positions, datum.NewInt(at))
			}
		}
		return positions, nil
	}
	first := func(array, want datum.Datum, from int64) (datum.Datum, error) {
		list, err := find(array, want, from)
		if len(list) == 0 {
			return null, err
		}
		return list[0], err
	}
	fn2("array_position", func(a, b datum.Datum) (datum.Datum, error) { return first(a, b, math.MinInt64) })
	Register("array_position_start", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		if args[2].IsNull() && !args[0].IsNull() {
			return null, pgerr.New(pgcode.NullValueNotAllowed, "initial position must not be null")
		}
		return first(args[0], args[1], args[2].Int())
	})
	fn2("array_positions", func(a, b datum.Datum) (datum.Datum, error) {
		if a.IsNull() {
			return null, nil
		}
		list, err := find(a, b, math.MinInt64)
		return newList(types.Int4, list), err
	})
	fn2("array_remove", func(a, b datum.Datum) (datum.Datum, error) { return removeElements(a, b) })
	Register("array_replace", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		if args[0].IsNull() {
			return null, nil
		}
		v := args[0].Array()
		out := &datum.ArrayValue{Elem: v.Elem, Dims: v.Dims, Elems: make([]datum.Datum, len(v.Elems))}
		for i, e := range v.Elems {
			if out.Elems[i] = e; datum.Equal(e, args[1]) {
				out.Elems[i] = args[2]
			}
		}
		return datum.NewArray(out), nil
	})
	fn2("arraycontains", func(a, b datum.Datum) (datum.Datum, error) { return contains(a.Array(), b.Array()) })
	fn2("arraycontained", func(a, b datum.Datum) (datum.Datum, error) { return contains(b.Array(), a.Array()) })
	fn2("arrayoverlap", func(a, b datum.Datum) (datum.Datum, error) {
		if err := checkSameElem(a.Array(), b.Array()); err != nil {
			return null, err
		}
		for _, e := range b.Array().Elems {
			if !e.IsNull() && includes(a.Array().Elems, e) {
				return datum.NewBool(true), nil
			}
		}
		return datum.NewBool(false), nil
	})
	Register("width_bucket_array", widthBucketArray)
}

func removeElements(a, b datum.Datum) (datum.Datum, error) {
	if a.IsNull() {
		return null, nil
	}
	v := a.Array()
	if len(v.Dims) > 1 {
		return null, pgerr.New(pgcode.FeatureNotSupported, "removing elements from multidimensional arrays is not supported")
	}
	out := &datum.ArrayValue{Elem: v.Elem}
	for _, e := range v.Elems {
		if !datum.Equal(e, b) {
			out.Elems = append(out.Elems, e)
		}
	}
	switch len(out.Elems) {
	case len(v.Elems):
		return a, nil
	case 0:
		return datum.NewArray(out), nil
	}
	out.Dims = []datum.Dim{{Len: int32(len(out.Elems)), Lower: v.Dims[0].Lower}}
	return datum.NewArray(out), nil
}

func checkSameElem(a, b *datum.ArrayValue) error {
	if a.Elem != b.Elem {
		return pgerr.New(pgcode.DatatypeMismatch, "cannot compare arrays of different element types")
	}
	return checkComparable(types.OID(a.Elem))
}

// contains reports whether every element of b, none NULL, is in a.
func contains(a, b *datum.ArrayValue) (datum.Datum, error) {
	if err := checkSameElem(a, b); err != nil {
		return null, err
	}
	for _, e := range b.Elems {
		if e.IsNull() || !includes(a.Elems, e) {
			return datum.NewBool(false), nil
		}
	}
	return datum.NewBool(true), nil
}

func includes(elems []datum.Datum, want datum.Datum) bool {
	for _, e := range elems {
		if !e.IsNull() && datum.Compare(e, want) == 0 {
			return true
		}
	}
	return false
}

func widthBucketArray(_ *Context, args []datum.Datum) (datum.Datum, error) {
	v := args[1].Array()
	switch {
	case len(v.Dims) > 1:
		return null, pgerr.New(pgcode.ArraySubscriptError, "thresholds must be one-dimensional array")
	case hasNull(v.Elems):
		return null, pgerr.New(pgcode.NullValueNotAllowed, "thresholds array must not contain NULLs")
	}
	low, high := 0, len(v.Elems)
	for low < high {
		if mid := (low + high) / 2; datum.Compare(args[0], v.Elems[mid]) < 0 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return datum.NewInt(int64(low)), nil
}

func registerArrayText() {
	join := func(c *Context, args []datum.Datum, nullText datum.Datum) (datum.Datum, error) {
		if args[0].IsNull() || args[1].IsNull() {
			return null, nil
		}
		v := args[0].Array()
		var b strings.Builder
		any := false
		for _, e := range v.Elems {
			if e.IsNull() && nullText.IsNull() {
				continue
			}
			if any {
				b.WriteString(args[1].Str())
			}
			any = true
			if e.IsNull() {
				b.WriteString(nullText.Str())
			} else {
				b.WriteString(c.textOf(types.OID(v.Elem), e))
			}
		}
		return datum.NewText(b.String()), nil
	}
	Register("array_to_text", func(c *Context, args []datum.Datum) (datum.Datum, error) { return join(c, args, null) })
	Register("array_to_text_null", func(c *Context, args []datum.Datum) (datum.Datum, error) { return join(c, args, args[2]) })
	split := func(args []datum.Datum, nullText datum.Datum) (datum.Datum, error) {
		parts, ok := splitText(args[0], args[1], nullText)
		if !ok {
			return null, nil
		}
		return newList(types.Text, parts), nil
	}
	Register("text_to_array", func(_ *Context, args []datum.Datum) (datum.Datum, error) { return split(args, null) })
	Register("text_to_array_null", func(_ *Context, args []datum.Datum) (datum.Datum, error) { return split(args, args[2]) })
	table := func(args []datum.Datum, nullText datum.Datum, yield func([]datum.Datum) error) error {
		parts, _ := splitText(args[0], args[1], nullText)
		for _, p := range parts {
			if err := yield([]datum.Datum{p}); err != nil {
				return err
			}
		}
		return nil
	}
	RegisterSet("text_to_table", func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
		return table(args, null, yield)
	})
	RegisterSet("text_to_table_null", func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
		return table(args, args[2], yield)
	})
}

// splitText splits at a delimiter: NULL splits into characters, "" not at all.
func splitText(text, delimiter, nullText datum.Datum) (parts []datum.Datum, ok bool) {
	if text.IsNull() {
		return nil, false
	}
	s := text.Str()
	if s == "" {
		return nil, true
	}
	var pieces []string
	switch {
	case delimiter.IsNull():
		for i := 0; i < len(s); {
			n := 1
			for i+n < len(s) && s[i+n]&0xc0 == 0x80 {
				n++
			}
			pieces = append(pieces, s[i:i+n])
			i += n
		}
	case delimiter.Str() == "":
		pieces = []string{s}
	default:
		pieces = strings.Split(s, delimiter.Str())
	}
	for _, p := range pieces {
		if !nullText.IsNull() && p == nullText.Str() {
			parts = append(parts, null)
		} else {
			parts = append(parts, datum.NewText(p))
		}
	}
	return parts, true
}
