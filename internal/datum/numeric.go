package datum

import "github.com/cockroachdb/apd/v3"

// compareDecimals orders numerics: -Infinity, finite values, Infinity, NaN.
func compareDecimals(a, b *apd.Decimal) int {
	ar, br := decimalRank(a), decimalRank(b)
	if ar != br {
		return ar - br
	}
	if ar != 0 {
		return 0
	}
	return a.Cmp(b)
}

func decimalRank(d *apd.Decimal) int {
	switch d.Form {
	case apd.Finite:
		return 0
	case apd.Infinite:
		if d.Negative {
			return -1
		}
		return 1
	}
	return 2
}

// hashNumeric makes 1.5 and 1.50 collide by dropping trailing zeros first.
func hashNumeric(d Datum) uint64 {
	if coef, scale, ok := d.InlineNumeric(); ok {
		for scale > 0 && coef%10 == 0 {
			coef, scale = coef/10, scale-1
		}
		return mix(uint64(coef) ^ uint64(scale)<<56)
	}
	dec := d.Decimal()
	if dec.Form != apd.Finite {
		return mix(uint64(decimalRank(dec)) + 7)
	}
	var reduced apd.Decimal
	reduced.Reduce(dec)
	for reduced.Exponent > 0 && reduced.Coeff.IsInt64() && reduced.Exponent < 18 {
		reduced.Coeff.Mul(&reduced.Coeff, apd.NewBigInt(10))
		reduced.Exponent--
	}
	if coef, ok := signedCoef(&reduced); ok && reduced.Exponent <= 0 {
		return mix(uint64(coef) ^ uint64(-reduced.Exponent)<<56)
	}
	h := mix(uint64(reduced.Exponent))
	for _, w := range reduced.Coeff.Bytes() {
		h = mix(h ^ uint64(w))
	}
	return h
}
