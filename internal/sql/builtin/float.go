package builtin

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

func errFloatOverflow() error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "value out of range: overflow")
}

func errFloatUnderflow() error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "value out of range: underflow")
}

// checkFloat refuses an infinite or zero result where the operands do not
// explain it, as float.c's checks do.
func checkFloat(r float64, infOK, zeroOK bool) (datum.Datum, error) {
	switch {
	case math.IsInf(r, 0) && !infOK:
		return null, errFloatOverflow()
	case r == 0 && !zeroOK:
		return null, errFloatUnderflow()
	}
	return datum.NewFloat(r), nil
}

func isInf(f float64) bool { return math.IsInf(f, 0) }

// floatOp is an arithmetic operation in one width; round brings the result to it.
func addFloat(a, b float64, round func(float64) float64) (datum.Datum, error) {
	return checkFloat(round(a+b), isInf(a) || isInf(b), true)
}

func subFloat(a, b float64, round func(float64) float64) (datum.Datum, error) {
	return checkFloat(round(a-b), isInf(a) || isInf(b), true)
}

func mulFloat(a, b float64, round func(float64) float64) (datum.Datum, error) {
	return checkFloat(round(a*b), isInf(a) || isInf(b), a == 0 || b == 0)
}

func divFloat(a, b float64, round func(float64) float64) (datum.Datum, error) {
	if b == 0 && !math.IsNaN(a) {
		return null, errDivisionByZero()
	}
	return checkFloat(round(a/b), isInf(a), a == 0 || isInf(b))
}

func toFloat32(f float64) float64 { return float64(float32(f)) }
func keepFloat(f float64) float64 { return f }

func init() {
	for stem, round := range map[string]func(float64) float64{
		"float4": toFloat32, "float8": keepFloat, "float48": keepFloat, "float84": keepFloat,
	} {
		for name, op := range map[string]func(a, b float64, round func(float64) float64) (datum.Datum, error){
			"pl": addFloat, "mi": subFloat, "mul": mulFloat, "div": divFloat,
		} {
			fn2(stem+name, func(a, b datum.Datum) (datum.Datum, error) { return op(a.Float(), b.Float(), round) })
		}
	}
	for _, stem := range []string{"float4", "float8"} {
		pure1(stem+"um", func(a datum.Datum) datum.Datum { return datum.NewFloat(-a.Float()) })
		pure1(stem+"up", func(a datum.Datum) datum.Datum { return a })
		pure1(stem+"abs", func(a datum.Datum) datum.Datum { return datum.NewFloat(math.Abs(a.Float())) })
	}
	for source, f := range map[string]func(float64) float64{
		"dround": math.RoundToEven, "dtrunc": math.Trunc, "dceil": math.Ceil, "dfloor": math.Floor, "dsign": signFloat,
		"dcbrt": math.Cbrt, "datan": exactAtan, "dtanh": math.Tanh, "dasinh": math.Asinh,
	} {
		pure1(source, func(a datum.Datum) datum.Datum { return datum.NewFloat(f(a.Float())) })
	}
	fn1("dsqrt", func(a datum.Datum) (datum.Datum, error) {
		if a.Float() < 0 {
			return null, pgerr.New(pgcode.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
		}
		return datum.NewFloat(math.Sqrt(a.Float())), nil
	})
	fn1("dexp", func(a datum.Datum) (datum.Datum, error) {
		f := a.Float()
		return checkFloat(exactExp(f), isInf(f), isInf(f))
	})
	fn1("dlog1", func(a datum.Datum) (datum.Datum, error) { return logFloat(a.Float(), exactLog) })
	fn1("dlog10", func(a datum.Datum) (datum.Datum, error) { return logFloat(a.Float(), exactLog10) })
	fn2("dpow", func(a, b datum.Datum) (datum.Datum, error) { return powFloat(a.Float(), b.Float()) })
	pure2("datan2", func(a, b datum.Datum) datum.Datum { return datum.NewFloat(exactAtan2(a.Float(), b.Float())) })
	registerTrig()
	registerDegrees()
	Register("dpi", func(*Context, []datum.Datum) (datum.Datum, error) { return datum.NewFloat(math.Pi), nil })
	fn1("degrees", func(a datum.Datum) (datum.Datum, error) { return divFloat(a.Float(), math.Pi/180, keepFloat) })
	fn1("radians", func(a datum.Datum) (datum.Datum, error) { return mulFloat(a.Float(), math.Pi/180, keepFloat) })
	Register("width_bucket_float8", widthBucketFloat)
}

func signFloat(f float64) float64 {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0
}

func logFloat(f float64, log func(float64) float64) (datum.Datum, error) {
	switch {
	case f == 0:
		return null, pgerr.New(pgcode.InvalidArgumentForLog, "cannot take logarithm of zero")
	case f < 0:
		return null, pgerr.New(pgcode.InvalidArgumentForLog, "cannot take logarithm of a negative number")
	}
	return checkFloat(log(f), isInf(f), f == 1)
}

// powFloat follows dpow: POSIX pow with errors for what is undefined.
func powFloat(a, b float64) (datum.Datum, error) {
	switch {
	case math.IsNaN(a) && b != 0, math.IsNaN(b) && a != 1:
		return datum.NewFloat(math.NaN()), nil
	case math.IsNaN(a), math.IsNaN(b):
		return datum.NewFloat(1), nil
	case a == 0 && b < 0:
		return null, pgerr.New(pgcode.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	case a < 0 && math.Floor(b) != b:
		return null, pgerr.New(pgcode.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
	}
	r := exactPow(a, b)
	return checkFloat(r, isInf(a) || isInf(b), a == 0 || isInf(a) || isInf(b))
}

func errTrigRange() error { return pgerr.New(pgcode.NumericValueOutOfRange, "input is out of range") }

func registerTrig() {
	// Periodic functions refuse infinities, inverse ones what lies outside [-1, 1].
	for source, f := range map[string]func(float64) float64{
		"dsin": exactSin, "dcos": exactCos, "dtan": exactTan, "dcot": func(x float64) float64 { return 1 / exactTan(x) },
	} {
		fn1(source, func(a datum.Datum) (datum.Datum, error) {
			if isInf(a.Float()) {
				return null, errTrigRange()
			}
			r := f(a.Float())
			return checkFloat(r, source == "dcot" || source == "dtan", true)
		})
	}
	for source, f := range map[string]func(float64) float64{"dasin": exactAsin, "dacos": exactAcos} {
		fn1(source, func(a datum.Datum) (datum.Datum, error) {
			if math.Abs(a.Float()) > 1 {
				return null, errTrigRange()
			}
			return datum.NewFloat(f(a.Float())), nil
		})
	}
	for source, f := range map[string]func(float64) float64{"dsinh": math.Sinh, "dcosh": math.Cosh} {
		pure1(source, func(a datum.Datum) datum.Datum { return datum.NewFloat(f(a.Float())) })
	}
	fn1("dacosh", func(a datum.Datum) (datum.Datum, error) {
		if a.Float() < 1 {
			return null, errTrigRange()
		}
		return datum.NewFloat(math.Acosh(a.Float())), nil
	})
	fn1("datanh", func(a datum.Datum) (datum.Datum, error) {
		if math.Abs(a.Float()) > 1 {
			return null, errTrigRange()
		}
		return datum.NewFloat(math.Atanh(a.Float())), nil
	})
}

func widthBucketFloat(_ *Context, args []datum.Datum) (datum.Datum, error) {
	x, low, high, count := args[0].Float(), args[1].Float(), args[2].Float(), args[3].Int()
	fail := func(text string) (datum.Datum, error) {
		return null, pgerr.New(pgcode.InvalidArgumentForWidthBucketFunction, "%s", text)
	}
	switch {
	case count <= 0:
		return fail("count must be greater than zero")
	case math.IsNaN(x) || math.IsNaN(low) || math.IsNaN(high):
		return fail("operand, lower bound, and upper bound cannot be NaN")
	case isInf(low) || isInf(high):
		return fail("lower and upper bounds must be finite")
	case low == high:
		return fail("lower bound cannot equal upper bound")
	}
	below, above := x < low, x >= high
	if low > high {
		below, above = x > low, x <= high
	}
	switch {
	case below:
		return datum.NewInt(0), nil
	case above:
		return integer.check(addInt(count, 1))
	}
	var r int64
	if span := high - low; !isInf(span) {
		r = int64(float64(count) * ((x - low) / span))
	} else {
		r = int64(float64(count) * ((x/2 - low/2) / (high/2 - low/2)))
	}
	return datum.NewInt(min(r, count-1) + 1), nil
}
