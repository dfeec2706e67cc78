package numeric

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// The result scales below follow numeric.c of PostgreSQL 15: each function aims
// at 16 significant digits, estimates the decimal weight of its result, and
// never goes below the scale of an operand.

// Sqrt returns the square root.
func Sqrt(a datum.Datum) (datum.Datum, error) {
	negative := pgerr.New(pgcode.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
	switch classOf(a) {
	case nan, posInf:
		return a, nil
	case negInf:
		return datum.Datum{}, negative
	}
	var x big
	x.load(a)
	if x.coef.Sign() < 0 {
		return datum.Datum{}, negative
	}
	weight, _ := x.leading()
	sweight := (weight+1)*4/2 - 1
	return sqrtTo(&x, clampScale(minSigDigits-sweight, x.scale))
}

// sqrtTo returns the root of x >= 0 rounded to scale.
func sqrtTo(x *big, scale int32) (datum.Datum, error) {
	// floor(sqrt(x * 10^(2*scale+2))) has one digit more than wanted, and cannot
	// sit exactly on a half unless the root is exact, so rounding it is right.
	shift := 2*int64(scale) + 2 - int64(x.scale)
	if shift >= 0 {
		x.coef.Mul(&x.coef, pow10(shift))
	} else {
		x.coef.Quo(&x.coef, pow10(-shift))
	}
	x.coef.Sqrt(&x.coef)
	x.scale = scale + 1
	x.rescale(scale)
	return x.store()
}

// clampScale raises a chosen scale to those of the operands and bounds it.
func clampScale(scale int64, operands ...int32) int32 {
	scale = max(scale, 0)
	for _, s := range operands {
		scale = max(scale, int64(s))
	}
	return int32(min(scale, maxDisplayScale))
}

// context returns an apd context of so many significant digits.
func context(precision int64) *apd.Context {
	c := apd.BaseContext.WithPrecision(uint32(max(precision, 20)))
	c.Rounding = apd.RoundHalfUp
	return c
}

// decimal returns b as an apd decimal.
func (b *big) decimal() *apd.Decimal {
	d := &apd.Decimal{Exponent: -b.scale, Negative: b.coef.Sign() < 0}
	d.Coeff.Abs(&b.coef)
	return d
}

// fromDecimal rounds an apd result to a scale and stores it.
func fromDecimal(d *apd.Decimal, scale int32) (datum.Datum, error) {
	if d.Form != apd.Finite {
		return datum.Datum{}, errOverflow()
	}
	var b big
	b.coef.Set(&d.Coeff)
	if d.Negative {
		b.coef.Neg(&b.coef)
	}
	b.scale = -d.Exponent
	switch {
	case int64(d.Exponent)+digits(&d.Coeff) > maxWeightDigits:
		return datum.Datum{}, errOverflow()
	case b.scale-scale > 4*maxScale:
		b.coef.SetInt64(0)
		b.scale = scale
	case b.scale < 0:
		b.coef.Mul(&b.coef, pow10(int64(-b.scale)))
		b.scale = 0
	}
	b.rescale(scale)
	return b.store()
}

// Exp returns e^a.
func Exp(a datum.Datum) (datum.Datum, error) {
	switch classOf(a) {
	case nan, posInf:
		return a, nil
	case negInf:
		return Zero, nil
	}
	var x big
	x.load(a)
	val := approx(&x) * 0.434294481903252
	val = min(max(val, -maxResultScale), maxResultScale)
	return expTo(&x, clampScale(minSigDigits-int64(val), x.scale))
}

func expTo(x *big, scale int32) (datum.Datum, error) {
	val := approx(x)
	if math.Abs(val) >= maxResultScale*3 {
		if val > 0 {
			return datum.Datum{}, errOverflow()
		}
		return datum.NewNumeric(0, int16(scale)), nil
	}
	precision := int64(scale) + int64(max(val*0.434294481903252, 0)) + 12
	var r apd.Decimal
	if _, err := context(precision).Exp(&r, x.decimal()); err != nil {
		return datum.Datum{}, errOverflow()
	}
	return fromDecimal(&r, scale)
}

func errLog(what string) error {
	return pgerr.New(pgcode.InvalidArgumentForLog, "cannot take logarithm of %s", what)
}

// checkLog refuses what has no logarithm.
func checkLog(a datum.Datum) error {
	if classOf(a) == nan {
		return nil
	}
	switch s := Sign(a); {
	case s < 0:
		return errLog("a negative number")
	case s == 0:
		return errLog("zero")
	}
	return nil
}

// Ln returns the natural logarithm.
func Ln(a datum.Datum) (datum.Datum, error) {
	if err := checkLog(a); err != nil {
		return datum.Datum{}, err
	}
	if classOf(a) != finite {
		return a, nil
	}
	var x big
	x.load(a)
	weight := lnWeight(&x)
	scale := clampScale(minSigDigits-weight, x.scale)
	r, err := ln(&x, int64(scale)+weight+12)
	if err != nil {
		return datum.Datum{}, err
	}
	return fromDecimal(r, scale)
}

func ln(x *big, precision int64) (*apd.Decimal, error) {
	r := new(apd.Decimal)
	if _, err := context(precision).Ln(r, x.decimal()); err != nil {
		return nil, errOverflow()
	}
	return r, nil
}

// lnWeight estimates the decimal weight of ln(x), as estimate_ln_dweight does.
func lnWeight(x *big) int64 {
	if x.coef.Sign() <= 0 {
		return 0
	}
	if near := approx(x); near >= 0.9 && near <= 1.1 {
		var one, diff big
		one.coef.SetInt64(1)
		diff.coef.Set(&x.coef)
		diff.scale = x.scale
		align(&diff, &one)
		diff.coef.Sub(&diff.coef, &one.coef)
		if diff.coef.Sign() == 0 {
			return 0
		}
		weight, first := diff.leading()
		return weight*4 + int64(math.Log10(float64(first)))
	}
	lead, exponent := x.leadTwo()
	return int64(math.Log10(math.Abs(math.Log(lead) + float64(exponent)*2.302585092994046)))
}

// leadTwo returns the value of the first two base-10000 digits (of one, when
// there is only one) and the decimal exponent that goes with it.
func (b *big) leadTwo() (lead float64, exponent int64) {
	weight, first := b.leading()
	if minScaleOf(b) <= -4*weight {
		return float64(first), weight * 4
	}
	lead = math.Floor(approx(b) * math.Pow(10, float64(-4*(weight-1))))
	return lead, (weight - 1) * 4
}

// Log returns the logarithm of num to a base.
func Log(base, num datum.Datum) (datum.Datum, error) {
	if classOf(base) == nan || classOf(num) == nan {
		return nanValue, nil
	}
	cb, cn := classOf(base), classOf(num)
	if cb != finite || cn != finite {
		// Where an infinity is involved PostgreSQL looks at both signs first.
		if Sign(base) < 0 || Sign(num) < 0 {
			return datum.Datum{}, errLog("a negative number")
		}
	}
	for _, a := range []datum.Datum{base, num} {
		if err := checkLog(a); err != nil {
			return datum.Datum{}, err
		}
	}
	switch {
	case cb == posInf && cn == posInf:
		return nanValue, nil
	case cb == posInf:
		return Zero, nil
	case cn == posInf:
		return posInfValue, nil
	}
	var b, n big
	b.load(base)
	n.load(num)
	wb, wn := lnWeight(&b), lnWeight(&n)
	scale := clampScale(minSigDigits-(wn-wb), b.scale, n.scale)
	precision := int64(scale) + max(wn-wb, 0) + 20
	lb, err := ln(&b, precision)
	if err != nil {
		return datum.Datum{}, err
	}
	lnum, err := ln(&n, precision)
	if err != nil {
		return datum.Datum{}, err
	}
	if lb.IsZero() {
		return datum.Datum{}, errDivisionByZero()
	}
	var q apd.Decimal
	if _, err := context(precision).Quo(&q, lnum, lb); err != nil {
		return datum.Datum{}, errOverflow()
	}
	return fromDecimal(&q, scale)
}

func errComplexPower() error {
	return pgerr.New(pgcode.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
}

func errZeroPower() error {
	return pgerr.New(pgcode.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
}

// Power returns a^b.
func Power(a, b datum.Datum) (datum.Datum, error) {
	if ca, cb := classOf(a), classOf(b); ca != finite || cb != finite {
		return powerSpecial(a, b, ca, cb)
	}
	var x, y big
	x.load(a)
	y.load(b)
	sx, sy := x.coef.Sign(), y.coef.Sign()
	isInt := minScaleOf(&y) <= 0
	switch {
	case sx == 0 && sy < 0:
		return datum.Datum{}, errZeroPower()
	case sx < 0 && !isInt:
		return datum.Datum{}, errComplexPower()
	}
	if isInt {
		if n, ok := ToInt(b); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			return powerInt(a, n)
		}
	}
	if sx == 0 {
		return datum.NewNumeric(0, minSigDigits), nil
	}
	odd := false
	if sx < 0 {
		var n big
		n.load(b)
		n.truncate(0)
		odd = n.coef.Bit(0) == 1
		x.coef.Neg(&x.coef)
	}
	r, err := powerReal(&x, &y)
	if err == nil && odd {
		r = Neg(r)
	}
	return r, err
}

// powerReal returns x^y for positive x by exp(y * ln(x)).
func powerReal(x, y *big) (datum.Datum, error) {
	// The weight of the result is estimated from eight digits of ln(x), rounded as
	// PostgreSQL rounds them, because the result's scale depends on it.
	roughScale := clampScale(8 - lnWeight(x))
	rough, err := ln(x, int64(roughScale)+24)
	if err != nil {
		return datum.Datum{}, err
	}
	var product big
	product.coef.Set(&rough.Coeff)
	if rough.Negative {
		product.coef.Neg(&product.coef)
	}
	product.scale = -rough.Exponent
	product.rescale(roughScale)
	product.coef.Mul(&product.coef, &y.coef)
	product.scale += y.scale
	product.rescale(roughScale)
	val := approx(&product)
	if math.Abs(val) > maxResultScale*3.01 {
		if val > 0 {
			return datum.Datum{}, errOverflow()
		}
		return datum.NewNumeric(0, maxDisplayScale), nil
	}
	weight := int64(val * 0.434294481903252)
	scale := clampScale(minSigDigits-weight, x.scale, y.scale)
	precision := int64(scale) + max(weight, 0) + 20 + int64(math.Log10(math.Abs(val)+1))
	exact, err := ln(x, precision)
	if err != nil {
		return datum.Datum{}, err
	}
	ctx := context(precision)
	var exponent, r apd.Decimal
	if _, err := ctx.Mul(&exponent, exact, y.decimal()); err != nil {
		return datum.Datum{}, errOverflow()
	}
	if _, err := ctx.Exp(&r, &exponent); err != nil {
		return datum.Datum{}, errOverflow()
	}
	return fromDecimal(&r, scale)
}

// powerInt returns a^n with at least 16 digits after the point.
func powerInt(a datum.Datum, n int64) (datum.Datum, error) {
	var x big
	x.load(a)
	weight := 0.0
	if x.coef.Sign() != 0 {
		var mag big
		mag.coef.Abs(&x.coef)
		mag.scale = x.scale
		d := digits(&mag.coef)
		lead := approx(&big{coef: mag.coef, scale: int32(d - 1)}) // in [1, 10)
		weight = float64(n) * (math.Log10(lead) + float64(d-1-int64(mag.scale)))
	}
	if weight > maxWeightDigits {
		return datum.Datum{}, errOverflow()
	}
	scale := clampScale(minSigDigits, x.scale)
	if weight+1 < -float64(scale) {
		return datum.NewNumeric(0, int16(scale)), nil
	}
	switch {
	case n == 0:
		x.coef.SetInt64(1)
		x.scale = 0
		x.rescale(scale)
		return x.store()
	case n == -1:
		return divTo(One, a, scale)
	case x.coef.Sign() == 0:
		return datum.NewNumeric(0, int16(scale)), nil
	}
	precision := int64(scale) + int64(math.Abs(weight)) + 20 + int64(math.Log10(math.Abs(float64(n))))
	ctx := context(precision)
	result, square := apd.New(1, 0), x.decimal()
	for m := magnitude(n); m > 0; m >>= 1 {
		if m&1 == 1 {
			if _, err := ctx.Mul(result, result, square); err != nil {
				return datum.Datum{}, errOverflow()
			}
		}
		if m > 1 {
			if _, err := ctx.Mul(square, square, square); err != nil {
				return datum.Datum{}, errOverflow()
			}
		}
	}
	if n < 0 {
		if _, err := ctx.Quo(result, apd.New(1, 0), result); err != nil {
			return datum.Datum{}, errOverflow()
		}
	}
	return fromDecimal(result, scale)
}

// powerSpecial raises where an operand is NaN or infinite, by the rules of POSIX
// pow() as PostgreSQL applies them.
func powerSpecial(a, b datum.Datum, ca, cb class) (datum.Datum, error) {
	isOne := func(d datum.Datum, c class) bool { return c == finite && datum.Compare(d, One) == 0 }
	switch {
	case ca == nan:
		if cb == finite && Sign(b) == 0 {
			return One, nil
		}
		return nanValue, nil
	case cb == nan:
		if isOne(a, ca) {
			return One, nil
		}
		return nanValue, nil
	case cb != finite && isOne(a, ca), cb == finite && Sign(b) == 0:
		return One, nil
	case ca == finite && Sign(a) == 0 && Sign(b) < 0:
		return datum.Datum{}, errZeroPower()
	case cb != finite:
		if datum.Compare(a, datum.NewNumeric(-1, 0)) == 0 {
			return One, nil
		}
		small := ca == finite && datum.Compare(Abs(a), One) < 0
		if small == (Sign(b) < 0) {
			return posInfValue, nil
		}
		return Zero, nil
	}
	var y big
	y.load(b)
	switch {
	case ca == negInf && minScaleOf(&y) > 0:
		return datum.Datum{}, errComplexPower()
	case Sign(b) < 0:
		return Zero, nil
	case ca == posInf:
		return posInfValue, nil
	}
	y.truncate(0)
	if y.coef.Bit(0) == 1 {
		return negInfValue, nil
	}
	return posInfValue, nil
}

// minScaleOf returns the least scale holding b exactly, negative when trailing
// zeros stand before the point (1200 has -2).
func minScaleOf(b *big) int64 {
	if b.coef.Sign() == 0 {
		return 0
	}
	var c, q, rem apd.BigInt
	c.Set(&b.coef)
	scale := int64(b.scale)
	for {
		q.QuoRem(&c, bigTen, &rem)
		if rem.Sign() != 0 {
			return scale
		}
		c.Set(&q)
		scale--
	}
}

// WidthBucket returns the bucket of operand among count equal ones between two
// bounds: 0 below, count+1 at and above the end.
func WidthBucket(operand, low, high datum.Datum, count int64) (datum.Datum, error) {
	fail := func(text string) (datum.Datum, error) {
		return datum.Datum{}, pgerr.New(pgcode.InvalidArgumentForWidthBucketFunction, "%s", text)
	}
	switch {
	case count <= 0:
		return fail("count must be greater than zero")
	case IsNaN(operand) || IsNaN(low) || IsNaN(high):
		return fail("operand, lower bound, and upper bound cannot be NaN")
	case IsInf(low) || IsInf(high):
		return fail("lower and upper bounds must be finite")
	}
	order := datum.Compare(low, high)
	if order == 0 {
		return fail("lower bound cannot equal upper bound")
	}
	if order > 0 {
		operand, low, high = Neg(operand), Neg(low), Neg(high)
	}
	bucket := int64(0)
	switch {
	case datum.Compare(operand, low) < 0:
	case datum.Compare(operand, high) >= 0:
		bucket = count + 1
	default:
		var x, lo, hi big
		x.load(operand)
		lo.load(low)
		hi.load(high)
		align(&lo, &hi)
		align(&x, &lo)
		hi.rescale(lo.scale)
		x.coef.Sub(&x.coef, &lo.coef)
		hi.coef.Sub(&hi.coef, &lo.coef)
		x.coef.Mul(&x.coef, apd.NewBigInt(count))
		// PostgreSQL rounds the quotient before it cuts the fraction off, which can
		// lift a value next to a bound into the next bucket.
		quotient(&x, &hi, divScaleOf(&x, &hi))
		x.truncate(0)
		bucket = x.coef.Int64() + 1
	}
	if bucket > math.MaxInt32 {
		return datum.Datum{}, pgerr.New(pgcode.NumericValueOutOfRange, "integer out of range")
	}
	return datum.NewInt(bucket), nil
}
