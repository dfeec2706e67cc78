package keyenc

import (
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
)

// A finite numeric other than zero is written as 0.d1d2d3... * 10^e with d1 not
// zero and no zeros at the end: a sign tag, e as an integer, then the digits two
// to a byte (value + 1), then 0x00. Everything after the tag is inverted for
// negative numbers. 1.5 and 1.50 have one encoding.
func appendNumeric(dst []byte, d datum.Datum) []byte {
	if coef, scale, ok := d.InlineNumeric(); ok {
		if coef == 0 {
			return append(dst, tagNumZero)
		}
		var scratch [24]byte
		digits := strconv.AppendInt(scratch[:0], coef, 10)
		neg := digits[0] == '-'
		if neg {
			digits = digits[1:]
		}
		return appendDigits(dst, neg, digits, int64(len(digits))-int64(scale))
	}
	dec := d.Decimal()
	switch {
	case dec.Form == apd.Infinite && dec.Negative:
		return append(dst, tagNumNegInf)
	case dec.Form == apd.Infinite:
		return append(dst, tagNumPosInf)
	case dec.Form != apd.Finite:
		return append(dst, tagNumNaN)
	case dec.Coeff.Sign() == 0:
		return append(dst, tagNumZero)
	}
	digits := dec.Coeff.Append(nil, 10)
	return appendDigits(dst, dec.Negative, digits, int64(len(digits))+int64(dec.Exponent))
}

func appendDigits(dst []byte, neg bool, digits []byte, exponent int64) []byte {
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	tag := byte(tagNumPos)
	if neg {
		tag = tagNumNeg
	}
	dst = append(dst, tag)
	from := len(dst)
	dst = AppendInt(dst, exponent)
	for i := 0; i < len(digits); i += 2 {
		pair := (digits[i] - '0') * 10
		if i+1 < len(digits) {
			pair += digits[i+1] - '0'
		}
		dst = append(dst, pair+1)
	}
	dst = append(dst, 0)
	if neg {
		invert(dst[from:])
	}
	return dst
}
