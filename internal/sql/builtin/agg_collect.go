package builtin

import (
	"math"
	"strconv"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/jsontext"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	RegisterAggregate("array_agg", func(_ *Proc, args []types.OID) AggState {
		if types.IsArray(args[0]) {
			return &arrayOfArrays{}
		}
		return &arrayAgg{elem: args[0]}
	})
	for _, fl := range []flavour{jsonFlavour, jsonbFlavour} {
		RegisterAggregate(fl.name+"_agg", func(_ *Proc, args []types.OID) AggState { return &jsonAgg{fl: fl, oid: args[0]} })
		RegisterAggregate(fl.name+"_object_agg", func(_ *Proc, args []types.OID) AggState {
			return &jsonObjectAgg{fl: fl, key: args[0], value: args[1]}
		})
	}
	RegisterAggregate("percentile_disc", func(_ *Proc, args []types.OID) AggState {
		return &percentile{elem: args[1], pick: discrete}
	})
	RegisterAggregate("percentile_cont", func(p *Proc, args []types.OID) AggState {
		pick := continuous
		if args[1] == types.Interval {
			pick = continuousInterval
		}
		return &percentile{elem: args[1], pick: pick}
	})
	RegisterAggregate("mode", func(*Proc, []types.OID) AggState { return &modeAgg{} })
}

// arrayAgg collects values, NULLs too.
type arrayAgg struct {
	elem  types.OID
	elems []datum.Datum
	bytes int64
}

func (s *arrayAgg) Add(_ *Context, args []datum.Datum) error {
	s.elems = append(s.elems, args[0])
	s.bytes += args[0].Size()
	return nil
}

func (s *arrayAgg) Result(*Context) (datum.Datum, error) {
	if len(s.elems) == 0 {
		return null, nil
	}
	return newList(s.elem, s.elems[:len(s.elems):len(s.elems)]), nil
}

func (s *arrayAgg) Size() int64 { return stateBytes + s.bytes }

// newList returns a one-dimensional array; it keeps elems.
func newList(elem types.OID, elems []datum.Datum) datum.Datum {
	v := &datum.ArrayValue{Elem: uint32(elem), Elems: elems}
	if len(elems) > 0 {
		v.Dims = []datum.Dim{{Len: int32(len(elems)), Lower: 1}}
	}
	return datum.NewArray(v)
}

// arrayOfArrays collects arrays of one shape into an array of one dimension more.
type arrayOfArrays struct {
	first *datum.ArrayValue
	elems []datum.Datum
	n     int32
	bytes int64
}

func (s *arrayOfArrays) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return pgerr.New(pgcode.NullValueNotAllowed, "cannot accumulate null arrays")
	}
	v := args[0].Array()
	switch {
	case s.first == nil && len(v.Dims) == 0:
		return pgerr.New(pgcode.ArraySubscriptError, "cannot accumulate empty arrays")
	case s.first == nil:
		if len(v.Dims) >= maxArrayDims {
			return errTooManyDims(len(v.Dims) + 1)
		}
		s.first = v
	case !sameShape(s.first, v):
		return pgerr.New(pgcode.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
	}
	s.n++
	s.elems = append(s.elems, v.Elems...)
	s.bytes += args[0].Size()
	return nil
}

func sameShape(a, b *datum.ArrayValue) bool {
	if len(a.Dims) != len(b.Dims) {
		return false
	}
	for i := range a.Dims {
		if a.Dims[i] != b.Dims[i] {
			return false
		}
	}
	return true
}

func (s *arrayOfArrays) Result(*Context) (datum.Datum, error) {
	if s.first == nil {
		return null, nil
	}
	dims := append([]datum.Dim{{Len: s.n, Lower: 1}}, s.first.Dims...)
	return datum.NewArray(&datum.ArrayValue{Elem: s.first.Elem, Dims: dims, Elems: s.elems[:len(s.elems):len(s.elems)]}), nil
}

func (s *arrayOfArrays) Size() int64 { return stateBytes + s.bytes }

type jsonAgg struct {
	fl   flavour
	oid  types.OID
	text []byte
}

func (s *jsonAgg) Add(c *Context, args []datum.Datum) (err error) {
	separator := "["
	if s.text != nil {
		separator = ", "
		// json puts containers on lines of their own.
		if k := args[0].Kind(); s.fl.name == "json" && (k == datum.Record || k == datum.Array) {
			separator = ", \n "
		}
	}
	s.text, err = AppendJSON(append(s.text, separator...), c, s.oid, args[0], false)
	return err
}

func (s *jsonAgg) Result(*Context) (datum.Datum, error) {
	if s.text == nil {
		return null, nil
	}
	return s.fl.finish(append(s.text[:len(s.text):len(s.text)], ']'), nil)
}

func (s *jsonAgg) Size() int64 { return stateBytes + int64(cap(s.text)) }

type jsonObjectAgg struct {
	fl         flavour
	key, value types.OID
	text       []byte
}

func (s *jsonObjectAgg) Add(c *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return invalidParameter("field name must not be null")
	}
	key, err := jsonKey(c, s.key, args[0])
	if err != nil {
		return err
	}
	separator := "{ "
	if s.text != nil {
		separator = ", "
	}
	s.text = append(jsontext.AppendQuote(append(s.text, separator...), key), " : "...)
	s.text, err = AppendJSON(s.text, c, s.value, args[1], false)
	return err
}

func (s *jsonObjectAgg) Result(*Context) (datum.Datum, error) {
	if s.text == nil {
		return null, nil
	}
	return s.fl.finish(append(s.text[:len(s.text):len(s.text)], " }"...), nil)
}

func (s *jsonObjectAgg) Size() int64 { return stateBytes + int64(cap(s.text)) }

// percentile collects sorted values and picks by one fraction or an array of them.
type percentile struct {
	fraction datum.Datum
	elem     types.OID
	values   []datum.Datum
	bytes    int64
	pick     func(c *Context, sorted []datum.Datum, fraction float64) (datum.Datum, error)
}

func (s *percentile) Add(_ *Context, args []datum.Datum) error {
	s.fraction = args[0]
	if !args[1].IsNull() {
		s.values = append(s.values, args[1])
		s.bytes += args[1].Size()
	}
	return nil
}

func (s *percentile) Result(c *Context) (datum.Datum, error) {
	if s.fraction.IsNull() {
		return null, nil
	}
	if s.fraction.Kind() != datum.Array {
		return s.at(c, s.fraction)
	}
	if len(s.values) == 0 {
		return null, nil
	}
	list := s.fraction.Array()
	out := &datum.ArrayValue{Elem: uint32(s.elem), Dims: list.Dims, Elems: make([]datum.Datum, len(list.Elems))}
	for i, f := range list.Elems {
		d, err := s.at(c, f)
		if err != nil {
			return null, err
		}
		out.Elems[i] = d
	}
	return datum.NewArray(out), nil
}

func (s *percentile) at(c *Context, fraction datum.Datum) (datum.Datum, error) {
	if fraction.IsNull() {
		return null, nil
	}
	f := fraction.Float()
	if !(f >= 0 && f <= 1) {
		return null, pgerr.New(pgcode.NumericValueOutOfRange, "percentile value %s is not between 0 and 1", strconv.FormatFloat(f, 'g', 6, 64))
	}
	if len(s.values) == 0 {
		return null, nil
	}
	return s.pick(c, s.values, f)
}

func (s *percentile) Size() int64 { return stateBytes + s.bytes }

func discrete(_ *Context, sorted []datum.Datum, fraction float64) (datum.Datum, error) {
	return sorted[max(int(math.Ceil(fraction*float64(len(sorted)))), 1)-1], nil
}

// bracket returns the values around a fraction and how far between them it lies.
func bracket(sorted []datum.Datum, fraction float64) (low, high datum.Datum, share float64) {
	at := fraction * float64(len(sorted)-1)
	first, second := math.Floor(at), math.Ceil(at)
	return sorted[int(first)], sorted[int(second)], at - first
}

func continuous(_ *Context, sorted []datum.Datum, fraction float64) (datum.Datum, error) {
	low, high, share := bracket(sorted, fraction)
	if share == 0 {
		return low, nil
	}
	return datum.NewFloat(low.Float() + share*(high.Float()-low.Float())), nil
}

func continuousInterval(c *Context, sorted []datum.Datum, fraction float64) (datum.Datum, error) {
	low, high, share := bracket(sorted, fraction)
	if share == 0 {
		return low, nil
	}
	d := high
	for _, step := range []struct {
		source string
		other  datum.Datum
	}{{"interval_mi", low}, {"interval_mul", datum.NewFloat(share)}, {"interval_pl", low}} {
		var err error
		if d, err = bySource(step.source)[0].Eval(c, []datum.Datum{d, step.other}); err != nil {
			return null, err
		}
	}
	return d, nil
}

// modeAgg finds the most frequent of sorted values, the first among equals.
type modeAgg struct {
	last, best   datum.Datum
	count, bestN int64
}

func (s *modeAgg) Add(_ *Context, args []datum.Datum) error {
	a := args[0]
	if a.IsNull() {
		return nil
	}
	if s.count > 0 && datum.Equal(s.last, a) {
		s.count++
	} else {
		s.last, s.count = a, 1
	}
	if s.count > s.bestN {
		s.best, s.bestN = s.last, s.count
	}
	return nil
}

func (s *modeAgg) Result(*Context) (datum.Datum, error) { return s.best, nil }
func (s *modeAgg) Size() int64                          { return stateBytes + s.best.Size() + s.last.Size() }
