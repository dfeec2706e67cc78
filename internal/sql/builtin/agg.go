package builtin

import (
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/types"
)

const stateBytes = 64 // a fair guess of a small state's memory

// fixedSize is embedded by states whose memory does not grow.
type fixedSize struct{}

func (fixedSize) Size() int64 { return stateBytes }

func init() {
	RegisterAggregate("count", func(p *Proc, _ []types.OID) AggState {
		if len(p.Args) == 0 {
			return &countRows{}
		}
		return &countValues{}
	})
	RegisterAggregate("sum", func(_ *Proc, args []types.OID) AggState { return newSum(args[0], false) })
	RegisterAggregate("avg", func(_ *Proc, args []types.OID) AggState { return newSum(args[0], true) })
	RegisterAggregate("max", func(p *Proc, args []types.OID) AggState { return newExtreme(p, args[0], 1) })
	RegisterAggregate("min", func(p *Proc, args []types.OID) AggState { return newExtreme(p, args[0], -1) })
	for _, name := range []string{"bool_and", "every"} {
		RegisterAggregate(name, func(*Proc, []types.OID) AggState {
			return &fold{op: func(a, b datum.Datum) datum.Datum { return datum.NewBool(a.Bool() && b.Bool()) }}
		})
	}
	RegisterAggregate("bool_or", func(*Proc, []types.OID) AggState {
		return &fold{op: func(a, b datum.Datum) datum.Datum { return datum.NewBool(a.Bool() || b.Bool()) }}
	})
	for name, op := range map[string]func(a, b int64) int64{
		"bit_and": func(a, b int64) int64 { return a & b },
		"bit_or":  func(a, b int64) int64 { return a | b },
		"bit_xor": func(a, b int64) int64 { return a ^ b },
	} {
		RegisterAggregate(name, func(p *Proc, args []types.OID) AggState {
			if !isIntType(args[0]) {
				return unsupportedState(p, args)
			}
			return &fold{op: func(a, b datum.Datum) datum.Datum { return datum.NewInt(op(a.Int(), b.Int())) }}
		})
	}
	RegisterAggregate("string_agg", func(_ *Proc, args []types.OID) AggState {
		return &stringAgg{kind: datum.KindOf(args[0])}
	})
}

type failingState struct {
	fixedSize
	err error
}

func (s *failingState) Add(*Context, []datum.Datum) error    { return s.err }
func (s *failingState) Result(*Context) (datum.Datum, error) { return null, s.err }

// unsupportedState answers 0A000 for an overload over a type that is not built.
func unsupportedState(p *Proc, args []types.OID) AggState {
	name := "?"
	if len(args) > 0 {
		name = pgfmt.TypeName(args[0])
	}
	return &failingState{err: pgerr.NotSupported("Cast the argument to a supported type.", "aggregate %s over type %s is not supported", p.Name, name)}
}

type countRows struct {
	fixedSize
	n int64
}

func (s *countRows) Add(*Context, []datum.Datum) error    { s.n++; return nil }
func (s *countRows) Result(*Context) (datum.Datum, error) { return datum.NewInt(s.n), nil }

type countValues struct {
	fixedSize
	n int64
}

func (s *countValues) Add(_ *Context, args []datum.Datum) error {
	if !args[0].IsNull() {
		s.n++
	}
	return nil
}
func (s *countValues) Result(*Context) (datum.Datum, error) { return datum.NewInt(s.n), nil }

// newSum returns the state of sum or avg over a type.
func newSum(oid types.OID, average bool) AggState {
	switch oid {
	case types.Int2, types.Int4:
		return &sumInt{average: average}
	case types.Int8:
		return &sumInt{average: average, wide: true}
	case types.Numeric:
		return &sumNumeric{average: average}
	case types.Float4, types.Float8:
		if average {
			return &floatMoments{result: meanOf}
		}
		return &sumFloat{single: oid == types.Float4}
	case types.Interval:
		return newSumInterval(average)
	}
	return &failingState{err: pgerr.NotSupported("Cast the argument to a supported type.", "sum and avg over type %s are not supported", pgfmt.TypeName(oid))}
}

// sumInt sums integers exactly: int2 and int4 give bigint, int8 numeric; all
// averages are numeric.
type sumInt struct {
	fixedSize
	sum     numeric.IntSum
	n       int64
	average bool
	wide    bool
}

func (s *sumInt) Add(_ *Context, args []datum.Datum) error {
	if !args[0].IsNull() {
		s.sum.Add(args[0].Int())
		s.n++
	}
	return nil
}

func (s *sumInt) Result(*Context) (datum.Datum, error) {
	switch {
	case s.n == 0:
		return null, nil
	case s.average:
		return numeric.Div(s.sum.Value(), numeric.FromInt(s.n))
	case s.wide:
		return s.sum.Value(), nil
	}
	n, ok := numeric.ToInt(s.sum.Value())
	return bigint.check(n, ok)
}

type sumNumeric struct {
	fixedSize
	sum     numeric.Sum
	n       int64
	average bool
}

func (s *sumNumeric) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return nil
	}
	s.n++
	return s.sum.Add(args[0])
}

func (s *sumNumeric) Result(*Context) (datum.Datum, error) {
	switch {
	case s.n == 0:
		return null, nil
	case s.average:
		return numeric.Div(s.sum.Value(), numeric.FromInt(s.n))
	}
	return s.sum.Value(), nil
}

type sumFloat struct {
	fixedSize
	sum    float64
	n      int64
	single bool // float4: each step rounds
}

func (s *sumFloat) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return nil
	}
	f := args[0].Float()
	if s.n++; s.n == 1 {
		s.sum = f
		return nil
	}
	sum := s.sum + f
	if s.single {
		sum = toFloat32(sum)
	}
	if isInf(sum) && !isInf(s.sum) && !isInf(f) {
		return errFloatOverflow()
	}
	s.sum = sum
	return nil
}

func (s *sumFloat) Result(*Context) (datum.Datum, error) {
	if s.n == 0 {
		return null, nil
	}
	return datum.NewFloat(s.sum), nil
}

// sumInterval sums through the interval functions of this package.
type sumInterval struct {
	fixedSize
	sum         datum.Datum
	n           int64
	average     bool
	plus, ratio Func
}

func newSumInterval(average bool) AggState {
	return &sumInterval{average: average, plus: bySource("interval_pl")[0].Eval, ratio: bySource("interval_div")[0].Eval}
}

func (s *sumInterval) Add(c *Context, args []datum.Datum) (err error) {
	if args[0].IsNull() {
		return nil
	}
	if s.n++; s.n == 1 {
		s.sum = args[0]
		return nil
	}
	s.sum, err = s.plus(c, []datum.Datum{s.sum, args[0]})
	return err
}

func (s *sumInterval) Result(c *Context) (datum.Datum, error) {
	if s.n == 0 || !s.average {
		return s.sum, nil
	}
	return s.ratio(c, []datum.Datum{s.sum, datum.NewFloat(float64(s.n))})
}

// extreme keeps the largest (sign 1) or smallest (sign -1) value. Of equal ones
// it keeps the last, as PostgreSQL's transition functions do, but for bpchar and tid.
type extreme struct {
	best      datum.Datum
	order     comparator
	sign      int
	keepFirst bool
}

func newExtreme(p *Proc, oid types.OID, sign int) AggState {
	order := comparatorFor(oid, oid)
	if types.IsArray(oid) {
		order = compareArrays
	}
	if order == nil {
		return unsupportedState(p, []types.OID{oid})
	}
	return &extreme{order: order, sign: sign, keepFirst: oid == types.BPChar || oid == types.Tid}
}

func (s *extreme) Add(_ *Context, args []datum.Datum) error {
	a := args[0]
	switch {
	case a.IsNull():
		return nil
	case s.best.IsNull():
		s.best = a
		return nil
	}
	c, err := s.order(s.best, a)
	if err != nil {
		return err
	}
	if c *= s.sign; c < 0 || c == 0 && !s.keepFirst {
		s.best = a
	}
	return nil
}

func (s *extreme) Result(*Context) (datum.Datum, error) { return s.best, nil }
func (s *extreme) Size() int64                          { return stateBytes + s.best.Size() }

// fold combines the values that are not NULL.
type fold struct {
	fixedSize
	value datum.Datum
	op    func(a, b datum.Datum) datum.Datum
}

func (s *fold) Add(_ *Context, args []datum.Datum) error {
	switch {
	case args[0].IsNull():
	case s.value.IsNull():
		s.value = args[0]
	default:
		s.value = s.op(s.value, args[0])
	}
	return nil
}

func (s *fold) Result(*Context) (datum.Datum, error) { return s.value, nil }

// stringAgg joins text or bytea; each value but the first is preceded by the
// delimiter of its own row.
type stringAgg struct {
	kind datum.Kind
	text strings.Builder
	any  bool
}

func (s *stringAgg) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return nil
	}
	if s.any && !args[1].IsNull() {
		s.text.WriteString(args[1].Str())
	}
	s.any = true
	s.text.WriteString(args[0].Str())
	return nil
}

func (s *stringAgg) Result(*Context) (datum.Datum, error) {
	if !s.any {
		return null, nil
	}
	return datum.NewOfKind(s.text.String(), s.kind), nil
}

func (s *stringAgg) Size() int64 { return stateBytes + int64(s.text.Cap()) }
