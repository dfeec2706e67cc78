package numeric

import (
	"math"
	"math/bits"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Add returns a + b; the scale is the larger of the two.
func Add(a, b datum.Datum) (datum.Datum, error) {
	if x, y, scale, ok := alignSmall(a, b); ok {
		if sum := x + y; (sum > x) == (y > 0) {
			return datum.NewNumeric(sum, scale), nil
		}
	}
	if ca, cb := classOf(a), classOf(b); ca != finite || cb != finite {
		return addSpecial(ca, cb), nil
	}
	var x, y big
	x.load(a)
	y.load(b)
	align(&x, &y)
	x.coef.Add(&x.coef, &y.coef)
	return x.store()
}

// Sub returns a - b.
func Sub(a, b datum.Datum) (datum.Datum, error) {
	if x, y, scale, ok := alignSmall(a, b); ok {
		if diff := x - y; (diff < x) == (y > 0) {
			return datum.NewNumeric(diff, scale), nil
		}
	}
	return Add(a, Neg(b))
}

func addSpecial(a, b class) datum.Datum {
	switch {
	case a == nan || b == nan:
		return nanValue
	case a == posInf && b == negInf, a == negInf && b == posInf:
		return nanValue
	case a == posInf || b == posInf:
		return posInfValue
	}
	return negInfValue
}

// alignSmall brings two inline values to one scale when that fits an int64.
func alignSmall(a, b datum.Datum) (x, y int64, scale int16, ok bool) {
	x, sx, okx := a.InlineNumeric()
	y, sy, oky := b.InlineNumeric()
	if !okx || !oky {
		return 0, 0, 0, false
	}
	switch {
	case sx == sy:
		return x, y, sx, true
	case sx < sy:
		x, ok = scaleUp(x, int(sy-sx))
		return x, y, sy, ok
	}
	y, ok = scaleUp(y, int(sx-sy))
	return x, y, sx, ok
}

// scaleUp returns c * 10^n if that fits an int64.
func scaleUp(c int64, n int) (int64, bool) {
	if n >= len(smallPow) {
		return 0, c == 0
	}
	return mul64(c, smallPow[n])
}

// mul64 multiplies with an overflow check.
func mul64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func align(x, y *big) {
	switch {
	case x.scale < y.scale:
		x.rescale(y.scale)
	case y.scale < x.scale:
		y.rescale(x.scale)
	}
}

// Neg returns -a.
func Neg(a datum.Datum) datum.Datum {
	if coef, scale, ok := a.InlineNumeric(); ok {
		if coef != math.MinInt64 {
			return datum.NewNumeric(-coef, scale)
		}
	}
	dec := a.Decimal()
	switch {
	case dec.Form == apd.NaN:
		return a
	case dec.Form == apd.Infinite:
		if dec.Negative {
			return posInfValue
		}
		return negInfValue
	}
	out := &apd.Decimal{Exponent: dec.Exponent, Negative: !dec.Negative && dec.Coeff.Sign() != 0}
	out.Coeff.Set(&dec.Coeff)
	return datum.NewDecimal(out)
}

// Abs returns |a|.
func Abs(a datum.Datum) datum.Datum {
	if Sign(a) < 0 {
		return Neg(a)
	}
	return a
}

// Mul returns a * b; the scale is the sum of the scales.
func Mul(a, b datum.Datum) (datum.Datum, error) {
	if x, sx, ok := a.InlineNumeric(); ok {
		if y, sy, ok := b.InlineNumeric(); ok {
			if p, ok := mul64(x, y); ok && int(sx)+int(sy) <= maxScale {
				return datum.NewNumeric(p, sx+sy), nil
			}
		}
	}
	ca, cb := classOf(a), classOf(b)
	if ca != finite || cb != finite {
		if ca == nan || cb == nan || Sign(a)*Sign(b) == 0 {
			return nanValue, nil
		}
		return Inf(Sign(a) * Sign(b)), nil
	}
	var x, y big
	x.load(a)
	y.load(b)
	x.coef.Mul(&x.coef, &y.coef)
	x.scale += y.scale
	if x.scale > maxScale {
		x.rescale(maxScale)
	}
	return x.store()
}

// Div returns a / b with the scale PostgreSQL's select_div_scale chooses: at
// least 16 significant digits and no less than either operand's scale.
func Div(a, b datum.Datum) (datum.Datum, error) {
	if ca, cb := classOf(a), classOf(b); ca != finite || cb != finite {
		return divSpecial(a, b, ca, cb)
	}
	if Sign(b) == 0 {
		return datum.Datum{}, errDivisionByZero()
	}
	return divTo(a, b, divScale(a, b))
}

// divSpecial divides where an operand is NaN or infinite.
func divSpecial(a, b datum.Datum, ca, cb class) (datum.Datum, error) {
	switch {
	case ca == nan || cb == nan:
		return nanValue, nil
	case ca != finite && cb != finite:
		return nanValue, nil
	case ca != finite:
		if Sign(b) == 0 {
			return datum.Datum{}, errDivisionByZero()
		}
		return Inf(Sign(a) * Sign(b)), nil
	}
	return Zero, nil
}

// divTo returns a / b rounded half away from zero to scale; b is not zero.
func divTo(a, b datum.Datum, scale int32) (datum.Datum, error) {
	if q, ok := divSmall(a, b, scale); ok {
		return q, nil
	}
	var x, y big
	x.load(a)
	y.load(b)
	quotient(&x, &y, scale)
	return x.store()
}

// quotient sets x to x/y rounded half away from zero to scale; y is not zero.
func quotient(x, y *big, scale int32) {
	shift := int64(scale) + int64(y.scale) - int64(x.scale)
	var divisor apd.BigInt
	divisor.Set(&y.coef)
	if shift >= 0 {
		x.coef.Mul(&x.coef, pow10(shift))
	} else {
		divisor.Mul(&divisor, pow10(-shift))
	}
	if divisor.Sign() < 0 {
		divisor.Neg(&divisor)
		x.coef.Neg(&x.coef)
	}
	divRound(&x.coef, &divisor)
	x.scale = scale
}

// divSmall is divTo for inline operands whose widened dividend fits 128 bits and
// whose quotient fits 63.
func divSmall(a, b datum.Datum, scale int32) (datum.Datum, bool) {
	x, sx, okx := a.InlineNumeric()
	y, sy, oky := b.InlineNumeric()
	shift := int(scale) + int(sy) - int(sx)
	if !okx || !oky || shift < 0 || shift >= 2*len(smallPow)-1 {
		return datum.Datum{}, false
	}
	first := min(shift, len(smallPow)-1)
	hi, lo := bits.Mul64(magnitude(x), uint64(smallPow[first]))
	if rest := shift - first; rest > 0 {
		over, top := bits.Mul64(hi, uint64(smallPow[rest]))
		if over != 0 {
			return datum.Datum{}, false
		}
		carry, low := bits.Mul64(lo, uint64(smallPow[rest]))
		var c uint64
		hi, c = bits.Add64(top, carry, 0)
		if c != 0 {
			return datum.Datum{}, false
		}
		lo = low
	}
	d := magnitude(y)
	if hi >= d {
		return datum.Datum{}, false
	}
	q, rem := bits.Div64(hi, lo, d)
	if rem >= d-rem {
		q++
	}
	if q > math.MaxInt64 {
		return datum.Datum{}, false
	}
	n := int64(q)
	if (x < 0) != (y < 0) {
		n = -n
	}
	return datum.NewNumeric(n, int16(scale)), true
}

// divScale is PostgreSQL's select_div_scale.
func divScale(a, b datum.Datum) int32 {
	wa, fa := leading(a)
	wb, fb := leading(b)
	return chooseDivScale(wa, fa, wb, fb, Scale(a), Scale(b))
}

func divScaleOf(a, b *big) int32 {
	wa, fa := a.leading()
	wb, fb := b.leading()
	return chooseDivScale(wa, fa, wb, fb, a.scale, b.scale)
}

// chooseDivScale works on weights and first base-10000 digits.
func chooseDivScale(wa, fa, wb, fb int64, sa, sb int32) int32 {
	qweight := wa - wb
	if fa <= fb {
		qweight--
	}
	scale := minSigDigits - qweight*4
	scale = max(scale, int64(sa), int64(sb), 0)
	return int32(min(scale, maxDisplayScale))
}

// leading returns the weight and value of the first base-10000 digit of a finite
// value, 0 and 0 for zero.
func leading(d datum.Datum) (weight, first int64) {
	if coef, scale, ok := d.InlineNumeric(); ok {
		n := digits64(coef)
		if n == 0 {
			return 0, 0
		}
		weight = floorDiv4(int64(n) - int64(scale) - 1)
		width := int64(n) - int64(scale) - 4*weight // decimal digits of the first group, 1..4
		m := magnitude(coef)
		if drop := int64(n) - width; drop >= 0 {
			if drop < int64(len(smallPow)) {
				return weight, int64(m / uint64(smallPow[drop]))
			}
			return weight, int64(m / 10 / uint64(smallPow[drop-1]))
		}
		return weight, int64(m) * smallPow[width-int64(n)]
	}
	var b big
	b.load(d)
	return b.leading()
}

func (b *big) leading() (weight, first int64) {
	n := digits(&b.coef)
	if n == 0 {
		return 0, 0
	}
	weight = floorDiv4(n - int64(b.scale) - 1)
	width := n - int64(b.scale) - 4*weight
	var q apd.BigInt
	q.Abs(&b.coef)
	if drop := n - width; drop >= 0 {
		q.Quo(&q, pow10(drop))
	} else {
		q.Mul(&q, pow10(-drop))
	}
	return weight, q.Int64()
}

func floorDiv4(n int64) int64 { return n >> 2 }

// DivTrunc returns the integer quotient a / b truncated towards zero (div).
func DivTrunc(a, b datum.Datum) (datum.Datum, error) {
	if ca, cb := classOf(a), classOf(b); ca != finite || cb != finite {
		return divSpecial(a, b, ca, cb)
	}
	if Sign(b) == 0 {
		return datum.Datum{}, errDivisionByZero()
	}
	var x, y big
	x.load(a)
	y.load(b)
	align(&x, &y)
	x.coef.Quo(&x.coef, &y.coef)
	x.scale = 0
	return x.store()
}

// Mod returns the remainder of a / b with the sign of a.
func Mod(a, b datum.Datum) (datum.Datum, error) {
	if x, y, scale, ok := alignSmall(a, b); ok {
		if y == 0 {
			return datum.Datum{}, errDivisionByZero()
		}
		return datum.NewNumeric(x%y, scale), nil
	}
	ca, cb := classOf(a), classOf(b)
	switch {
	case ca == nan || cb == nan:
		return nanValue, nil
	case ca != finite:
		if Sign(b) == 0 {
			return datum.Datum{}, errDivisionByZero()
		}
		return nanValue, nil
	case cb != finite:
		return a, nil
	case Sign(b) == 0:
		return datum.Datum{}, errDivisionByZero()
	}
	var x, y big
	x.load(a)
	y.load(b)
	align(&x, &y)
	x.coef.Rem(&x.coef, &y.coef)
	return x.store()
}

// GCD returns the greatest common divisor, of the larger scale.
func GCD(a, b datum.Datum) (datum.Datum, error) {
	ca, cb := classOf(a), classOf(b)
	if ca != finite || cb != finite {
		return nanValue, nil
	}
	x, _ := gcd(a, b)
	return x.store()
}

func gcd(a, b datum.Datum) (g, y *big) {
	x := new(big)
	y = new(big)
	x.load(a)
	y.load(b)
	align(x, y)
	g = &big{scale: x.scale}
	var rest, rem apd.BigInt
	g.coef.Abs(&x.coef)
	rest.Abs(&y.coef)
	for rest.Sign() != 0 {
		rem.Rem(&g.coef, &rest)
		g.coef.Set(&rest)
		rest.Set(&rem)
	}
	return g, y
}

// LCM returns the least common multiple, of the larger scale.
func LCM(a, b datum.Datum) (datum.Datum, error) {
	ca, cb := classOf(a), classOf(b)
	if ca != finite || cb != finite {
		return nanValue, nil
	}
	if Sign(a) == 0 || Sign(b) == 0 {
		return datum.NewNumeric(0, int16(max(Scale(a), Scale(b)))), nil
	}
	g, y := gcd(a, b)
	var x big
	x.load(a)
	x.rescale(g.scale)
	x.coef.Quo(&x.coef, &g.coef)
	x.coef.Mul(&x.coef, &y.coef)
	x.coef.Abs(&x.coef)
	return x.store()
}

// Factorial returns n!.
func Factorial(n int64) (datum.Datum, error) {
	switch {
	case n < 0:
		return datum.Datum{}, pgerr.New(pgcode.NumericValueOutOfRange, "factorial of a negative number is undefined")
	case n > 32177:
		return datum.Datum{}, errOverflow()
	}
	var b big
	b.coef.MulRange(1, n)
	return b.store()
}
