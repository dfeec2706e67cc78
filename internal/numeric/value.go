package numeric

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// PostgreSQL's limits (numeric.c).
const (
	maxWeightDigits = 131072 // digits before the decimal point
	maxScale        = 16383  // digits after it
	minSigDigits    = 16     // significant digits a quotient has at least
	maxDisplayScale = 1000   // largest scale chosen for a computed result
	maxResultScale  = 2000
)

var (
	nanValue    = datum.NewDecimal(&apd.Decimal{Form: apd.NaN})
	posInfValue = datum.NewDecimal(&apd.Decimal{Form: apd.Infinite})
	negInfValue = datum.NewDecimal(&apd.Decimal{Form: apd.Infinite, Negative: true})

	// Zero and One are the numerics 0 and 1 with scale 0.
	Zero = datum.NewNumeric(0, 0)
	One  = datum.NewNumeric(1, 0)
)

// NaN returns the numeric NaN.
func NaN() datum.Datum { return nanValue }

// Inf returns the infinity with the sign of sign.
func Inf(sign int) datum.Datum {
	if sign < 0 {
		return negInfValue
	}
	return posInfValue
}

// class tells finite values from the special ones.
type class uint8

const (
	finite class = iota
	negInf
	posInf
	nan
)

func classOf(d datum.Datum) class {
	if _, _, ok := d.InlineNumeric(); ok {
		return finite
	}
	dec := d.Decimal()
	switch dec.Form {
	case apd.Finite:
		return finite
	case apd.Infinite:
		if dec.Negative {
			return negInf
		}
		return posInf
	}
	return nan
}

// IsNaN reports whether d is NaN.
func IsNaN(d datum.Datum) bool { return classOf(d) == nan }

// IsInf reports whether d is an infinity.
func IsInf(d datum.Datum) bool { c := classOf(d); return c == posInf || c == negInf }

// IsFinite reports whether d is neither NaN nor an infinity.
func IsFinite(d datum.Datum) bool { return classOf(d) == finite }

// big is a finite value with a signed coefficient of any size.
type big struct {
	coef  apd.BigInt
	scale int32
}

// load fills b from a finite value.
func (b *big) load(d datum.Datum) {
	if coef, scale, ok := d.InlineNumeric(); ok {
		b.coef.SetInt64(coef)
		b.scale = int32(scale)
		return
	}
	dec := d.Decimal()
	b.coef.Set(&dec.Coeff)
	if dec.Negative {
		b.coef.Neg(&b.coef)
	}
	b.scale = -dec.Exponent
	if b.scale < 0 {
		b.coef.Mul(&b.coef, pow10(int64(dec.Exponent)))
		b.scale = 0
	}
}

// store turns b into a Datum, checking PostgreSQL's limits; b must not be used
// any more.
func (b *big) store() (datum.Datum, error) {
	if b.scale >= 0 && b.scale <= maxScale && b.coef.IsInt64() {
		return datum.NewNumeric(b.coef.Int64(), int16(b.scale)), nil
	}
	if b.scale > maxScale || digits(&b.coef)-int64(b.scale) > maxWeightDigits {
		return datum.Datum{}, errOverflow()
	}
	dec := &apd.Decimal{Exponent: -b.scale, Negative: b.coef.Sign() < 0}
	dec.Coeff.Abs(&b.coef)
	return datum.NewDecimal(dec), nil
}

// rescale changes the scale, rounding half away from zero.
func (b *big) rescale(scale int32) {
	switch {
	case scale > b.scale:
		b.coef.Mul(&b.coef, pow10(int64(scale-b.scale)))
	case scale < b.scale:
		divRound(&b.coef, pow10(int64(b.scale-scale)))
	}
	b.scale = scale
}

// truncate drops digits beyond scale (which may be negative for digits before
// the point; the result's scale is then 0).
func (b *big) truncate(scale int32) {
	if scale < b.scale {
		p := pow10(int64(b.scale - scale))
		b.coef.Quo(&b.coef, p)
	}
	b.scale = min(b.scale, scale)
	if b.scale < 0 {
		b.coef.Mul(&b.coef, pow10(int64(-b.scale)))
		b.scale = 0
	}
}

// divRound sets c to c/d rounded half away from zero; d > 0.
func divRound(c, d *apd.BigInt) {
	var rem apd.BigInt
	c.QuoRem(c, d, &rem)
	sign := rem.Sign()
	if sign == 0 {
		return
	}
	rem.Abs(&rem)
	rem.Lsh(&rem, 1)
	if rem.Cmp(d) >= 0 {
		if sign > 0 {
			c.Add(c, bigOne)
		} else {
			c.Sub(c, bigOne)
		}
	}
}

var (
	bigOne = apd.NewBigInt(1)
	bigTen = apd.NewBigInt(10)

	// smallPow holds 10^0 .. 10^18 and bigPow the first hundred powers.
	smallPow [19]int64
	bigPow   [100]apd.BigInt
)

func init() {
	p := int64(1)
	for i := range smallPow {
		smallPow[i] = p
		if i < len(smallPow)-1 {
			p *= 10
		}
	}
	bigPow[0].SetInt64(1)
	for i := 1; i < len(bigPow); i++ {
		bigPow[i].Mul(&bigPow[i-1], bigTen)
	}
}

// pow10 returns 10^n, shared and read only.
func pow10(n int64) *apd.BigInt {
	if n < int64(len(bigPow)) {
		return &bigPow[n]
	}
	return new(apd.BigInt).Exp(bigTen, apd.NewBigInt(n), nil)
}

// digits returns the number of decimal digits of |c|, 0 for zero.
func digits(c *apd.BigInt) int64 {
	if c.Sign() == 0 {
		return 0
	}
	return apd.NumDigits(c)
}

// digits64 is digits for an int64.
func digits64(c int64) int {
	u := magnitude(c)
	n := 0
	for n < len(smallPow) && u >= uint64(smallPow[n]) {
		n++
	}
	return n
}

// magnitude returns |c|, also of the smallest int64.
func magnitude(c int64) uint64 {
	if c < 0 {
		return uint64(-c)
	}
	return uint64(c)
}

// Sign returns -1, 0 or 1; NaN counts as positive.
func Sign(d datum.Datum) int {
	if coef, _, ok := d.InlineNumeric(); ok {
		switch {
		case coef < 0:
			return -1
		case coef > 0:
			return 1
		}
		return 0
	}
	dec := d.Decimal()
	if dec.Form == apd.NaN {
		return 1
	}
	return dec.Sign()
}

// Scale returns the display scale of a finite value.
func Scale(d datum.Datum) int32 {
	if _, scale, ok := d.InlineNumeric(); ok {
		return int32(scale)
	}
	return max(-d.Decimal().Exponent, 0)
}

// FromInt returns n as a numeric of scale 0.
func FromInt(n int64) datum.Datum { return datum.NewNumeric(n, 0) }

// FromBig returns the numeric coef * 10^-scale for a coefficient of any size; it
// keeps neither argument.
func FromBig(coef *apd.BigInt, scale int32) (datum.Datum, error) {
	b := big{scale: scale}
	b.coef.Set(coef)
	return b.store()
}

func errOverflow() error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "value overflows numeric format")
}

func errDivisionByZero() error {
	return pgerr.New(pgcode.DivisionByZero, "division by zero")
}

// approx returns a float64 near a finite value, ±Inf when too large.
func approx(b *big) float64 {
	n := digits(&b.coef)
	if n == 0 {
		return 0
	}
	top := b.coef
	drop := n - 18
	if drop > 0 {
		var q apd.BigInt
		q.Quo(&b.coef, pow10(drop))
		top = q
	} else {
		drop = 0
	}
	e := drop - int64(b.scale)
	f := float64(top.Int64())
	switch {
	case e > 400:
		return math.Inf(top.Sign())
	case e < -400:
		return 0
	}
	return f * math.Pow(10, float64(e))
}
