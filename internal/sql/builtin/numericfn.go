package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	for source, f := range map[string]func(a, b datum.Datum) (datum.Datum, error){
		"numeric_add": numeric.Add, "numeric_sub": numeric.Sub, "numeric_mul": numeric.Mul, "numeric_div": numeric.Div,
		"numeric_mod": numeric.Mod, "numeric_div_trunc": numeric.DivTrunc, "numeric_power": numeric.Power,
		"numeric_log": numeric.Log, "numeric_gcd": numeric.GCD, "numeric_lcm": numeric.LCM,
	} {
		fn2(source, f)
	}
	for source, f := range map[string]func(a datum.Datum) (datum.Datum, error){
		"numeric_sqrt": numeric.Sqrt, "numeric_exp": numeric.Exp, "numeric_ln": numeric.Ln, "numeric_ceil": numeric.Ceil,
		"numeric_floor": numeric.Floor, "numeric_trim_scale": numeric.TrimScale,
		"numeric_inc": func(a datum.Datum) (datum.Datum, error) { return numeric.Add(a, numeric.One) },
		"numeric_fac": func(a datum.Datum) (datum.Datum, error) { return numeric.Factorial(a.Int()) },
	} {
		fn1(source, f)
	}
	pure1("numeric_uminus", numeric.Neg)
	pure1("numeric_uplus", func(a datum.Datum) datum.Datum { return a })
	pure1("numeric_abs", numeric.Abs)
	pure1("numeric_sign", func(a datum.Datum) datum.Datum {
		if numeric.IsNaN(a) {
			return a
		}
		return datum.NewNumeric(int64(numeric.Sign(a)), 0)
	})
	fn2("numeric_round", func(a, b datum.Datum) (datum.Datum, error) { return numeric.Round(a, int32(b.Int())) })
	fn2("numeric_trunc", func(a, b datum.Datum) (datum.Datum, error) { return numeric.Trunc(a, int32(b.Int())) })
	fn2("numeric", func(a, b datum.Datum) (datum.Datum, error) { return numeric.Fit(a, int32(b.Int())) })
	one := []types.OID{types.Numeric}
	sqlBody("round", one, func(_ *Context, args []datum.Datum) (datum.Datum, error) { return numeric.Round(args[0], 0) })
	sqlBody("trunc", one, func(_ *Context, args []datum.Datum) (datum.Datum, error) { return numeric.Trunc(args[0], 0) })
	for _, name := range []string{"log", "log10"} {
		sqlBody(name, one, func(_ *Context, args []datum.Datum) (datum.Datum, error) {
			return numeric.Log(datum.NewNumeric(10, 0), args[0])
		})
	}
	scaleOf := func(f func(datum.Datum) int32) func(datum.Datum) datum.Datum {
		return func(a datum.Datum) datum.Datum {
			if !numeric.IsFinite(a) {
				return null
			}
			return datum.NewInt(int64(f(a)))
		}
	}
	pure1("numeric_scale", scaleOf(numeric.Scale))
	pure1("numeric_min_scale", scaleOf(numeric.MinScale))
	Register("width_bucket_numeric", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return numeric.WidthBucket(args[0], args[1], args[2], args[3].Int())
	})
	for _, source := range []string{"int2_numeric", "int4_numeric", "int8_numeric"} {
		pure1(source, func(a datum.Datum) datum.Datum { return numeric.FromInt(a.Int()) })
	}
	for source, w := range map[string]width{"numeric_int2": smallint, "numeric_int4": integer, "numeric_int8": bigint} {
		fn1(source, func(a datum.Datum) (datum.Datum, error) { return numericToInt(a, w) })
	}
	fn1("float4_numeric", func(a datum.Datum) (datum.Datum, error) { return numeric.FromFloat(a.Float(), 32) })
	fn1("float8_numeric", func(a datum.Datum) (datum.Datum, error) { return numeric.FromFloat(a.Float(), 64) })
	fn1("numeric_float8", numericToFloat8)
	fn1("numeric_float4", numericToFloat4)
}

func numericToInt(a datum.Datum, w width) (datum.Datum, error) {
	switch {
	case numeric.IsNaN(a):
		return null, pgerr.New(pgcode.FeatureNotSupported, "cannot convert NaN to %s", w.name)
	case numeric.IsInf(a):
		return null, pgerr.New(pgcode.FeatureNotSupported, "cannot convert infinity to %s", w.name)
	}
	return w.check(numeric.ToInt(a))
}

func numericToFloat8(a datum.Datum) (datum.Datum, error) {
	f, ok := numeric.ToFloat(a)
	if !ok || f == 0 && numeric.Sign(a) != 0 {
		return null, pgerr.New(pgcode.NumericValueOutOfRange, "\"%s\" is out of range for type double precision", numeric.String(a))
	}
	return datum.NewFloat(f), nil
}

func numericToFloat4(a datum.Datum) (datum.Datum, error) {
	f, ok := numeric.ToFloat(a)
	r := toFloat32(f)
	if !ok || isInf(r) && !isInf(f) || r == 0 && numeric.Sign(a) != 0 {
		return null, pgerr.New(pgcode.NumericValueOutOfRange, "\"%s\" is out of range for type real", numeric.String(a))
	}
	return datum.NewFloat(r), nil
}
