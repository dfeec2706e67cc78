package numeric

import (
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Round rounds half away from zero to scale digits after the point; a negative
// scale rounds digits before it.
func Round(d datum.Datum, scale int32) (datum.Datum, error) {
	if classOf(d) != finite {
		return d, nil
	}
	scale = min(max(scale, -maxWeightDigits-1), maxScale)
	if q, ok := roundSmall(d, scale); ok {
		return q, nil
	}
	var b big
	b.load(d)
	b.rescale(scale)
	if scale < 0 {
		b.rescale(0)
	}
	return b.store()
}

func roundSmall(d datum.Datum, scale int32) (datum.Datum, bool) {
	coef, from, ok := d.InlineNumeric()
	if !ok || scale < 0 {
		return datum.Datum{}, false
	}
	drop := int32(from) - scale
	switch {
	case drop == 0:
		return d, true
	case drop < 0:
		up, ok := scaleUp(coef, int(-drop))
		return datum.NewNumeric(up, int16(scale)), ok
	case drop >= int32(len(smallPow)):
		return datum.Datum{}, false
	}
	p := smallPow[drop]
	q, rem := coef/p, coef%p
	if rem >= p-rem {
		q++
	} else if -rem >= p+rem {
		q--
	}
	return datum.NewNumeric(q, int16(scale)), true
}

// Trunc drops digits after scale; a negative scale clears digits before the point.
func Trunc(d datum.Datum, scale int32) (datum.Datum, error) {
	if classOf(d) != finite {
		return d, nil
	}
	scale = min(max(scale, -maxWeightDigits-1), maxScale)
	var b big
	b.load(d)
	if scale > b.scale {
		b.rescale(scale)
	} else {
		b.truncate(scale)
	}
	return b.store()
}

// Floor returns the greatest integer not above d.
func Floor(d datum.Datum) (datum.Datum, error) { return toInteger(d, -1) }

// Ceil returns the least integer not below d.
func Ceil(d datum.Datum) (datum.Datum, error) { return toInteger(d, 1) }

// toInteger truncates and then steps in the direction of step if anything was cut.
func toInteger(d datum.Datum, step int) (datum.Datum, error) {
	if classOf(d) != finite {
		return d, nil
	}
	var b big
	b.load(d)
	var rem apd.BigInt
	b.coef.QuoRem(&b.coef, pow10(int64(b.scale)), &rem)
	b.scale = 0
	if rem.Sign() == step {
		b.coef.Add(&b.coef, apd.NewBigInt(int64(step)))
	}
	return b.store()
}

// MinScale returns the least scale that holds a finite value exactly.
func MinScale(d datum.Datum) int32 {
	var b big
	b.load(d)
	if b.coef.Sign() == 0 {
		return 0
	}
	var q, rem apd.BigInt
	for b.scale > 0 {
		q.QuoRem(&b.coef, bigTen, &rem)
		if rem.Sign() != 0 {
			break
		}
		b.coef.Set(&q)
		b.scale--
	}
	return b.scale
}

// TrimScale drops trailing zeros after the point.
func TrimScale(d datum.Datum) (datum.Datum, error) {
	if classOf(d) != finite {
		return d, nil
	}
	return Round(d, MinScale(d))
}

// Typmod holds a numeric's declared precision and scale.
type Typmod struct{ Precision, Scale int32 }

// DecodeTypmod splits a type modifier; ok is false when there is none.
func DecodeTypmod(typmod int32) (t Typmod, ok bool) {
	if typmod < 4 {
		return Typmod{}, false
	}
	packed := typmod - 4
	return Typmod{packed >> 16 & 0xffff, (packed&0x7ff ^ 1024) - 1024}, true
}

// EncodeTypmod packs a declared precision and scale.
func EncodeTypmod(precision, scale int32) int32 { return (precision<<16 | scale&0x7ff) + 4 }

// Fit rounds d to a declared precision and scale; 22003 when it does not fit.
func Fit(d datum.Datum, typmod int32) (datum.Datum, error) {
	t, ok := DecodeTypmod(typmod)
	if !ok {
		return d, nil
	}
	switch classOf(d) {
	case nan:
		return d, nil
	case posInf, negInf:
		return datum.Datum{}, pgerr.New(pgcode.NumericValueOutOfRange, "numeric field overflow").WithDetail(
			"A field with precision %d, scale %d cannot hold an infinite value.", t.Precision, t.Scale)
	}
	r, err := Round(d, t.Scale)
	if err != nil {
		return r, err
	}
	if whole(r) > int64(t.Precision-t.Scale) {
		limit := "1"
		if power := int(t.Precision - t.Scale); power != 0 {
			limit = "10^" + strconv.Itoa(power)
		}
		return datum.Datum{}, fieldOverflow(t, limit)
	}
	return r, nil
}

func fieldOverflow(t Typmod, limit string) error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "numeric field overflow").WithDetail(
		"A field with precision %d, scale %d must round to an absolute value less than %s.", t.Precision, t.Scale, limit)
}

// whole returns the number of digits before the point, negative when the first
// significant digit comes later (0.001 has -2), very negative for zero.
func whole(d datum.Datum) int64 {
	if coef, scale, ok := d.InlineNumeric(); ok {
		if coef == 0 {
			return -1 << 40
		}
		return int64(digits64(coef)) - int64(scale)
	}
	dec := d.Decimal()
	if dec.Coeff.Sign() == 0 {
		return -1 << 40
	}
	return digits(&dec.Coeff) + int64(dec.Exponent)
}
