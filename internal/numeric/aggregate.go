package numeric

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
)

// Sum accumulates numerics. Values that fit an int64 at the running scale are
// added there and carried into a larger sum only on overflow, so that the usual
// column costs no allocation per row. The zero Sum is ready.
type Sum struct {
	small int64
	scale int16
	large datum.Datum // NULL until needed
}

// Add adds a value.
func (s *Sum) Add(d datum.Datum) error {
	if coef, scale, ok := d.InlineNumeric(); ok {
		if scale > s.scale {
			if up, fits := scaleUp(s.small, int(scale-s.scale)); fits {
				s.small, s.scale = up, scale
			}
		} else if scale < s.scale {
			if up, fits := scaleUp(coef, int(s.scale-scale)); fits {
				coef, scale = up, s.scale
			}
		}
		if scale == s.scale {
			if sum := s.small + coef; (sum > s.small) == (coef > 0) {
				s.small = sum
				return nil
			}
		}
	}
	return s.carry(d)
}

func (s *Sum) carry(d datum.Datum) error {
	total, err := Add(s.Value(), d)
	if err != nil {
		return err
	}
	s.large, s.small, s.scale = total, 0, int16(min(max(Scale(total), 0), maxScale))
	return nil
}

// Value returns the sum; its scale is the largest of the values'.
func (s *Sum) Value() datum.Datum {
	small := datum.NewNumeric(s.small, s.scale)
	if s.large.IsNull() {
		return small
	}
	total, err := Add(s.large, small)
	if err != nil {
		return s.large
	}
	return total
}

// IntSum accumulates int64 values exactly in 128 bits. The zero IntSum is ready.
type IntSum struct {
	hi int64
	lo uint64
}

// Add adds n.
func (s *IntSum) Add(n int64) {
	lo := s.lo + uint64(n)
	if lo < s.lo {
		s.hi++
	}
	if n < 0 {
		s.hi--
	}
	s.lo = lo
}

// Value returns the sum as a numeric.
func (s *IntSum) Value() datum.Datum {
	if s.hi == 0 && int64(s.lo) >= 0 || s.hi == -1 && int64(s.lo) < 0 {
		return datum.NewNumeric(int64(s.lo), 0)
	}
	var b big
	b.coef.SetInt64(s.hi)
	b.coef.Lsh(&b.coef, 64)
	b.coef.Add(&b.coef, new(apd.BigInt).SetUint64(s.lo))
	d, _ := b.store()
	return d
}

// Variance returns the variance or standard deviation of n values from their
// sum and sum of squares, as numeric_stddev_internal does; NULL when there are
// too few.
func Variance(n int64, sum, squares datum.Datum, sample, deviation bool) (datum.Datum, error) {
	if n == 0 || sample && n == 1 {
		return datum.Datum{}, nil
	}
	if !IsFinite(sum) || !IsFinite(squares) {
		return nanValue, nil
	}
	var x, y, divisor big
	x.load(sum)
	y.load(squares)
	scale := 2 * x.scale
	x.coef.Mul(&x.coef, &x.coef)
	x.scale *= 2
	count := apd.NewBigInt(n)
	y.coef.Mul(&y.coef, count)
	y.rescale(max(scale, y.scale))
	align(&x, &y)
	y.coef.Sub(&y.coef, &x.coef)
	if y.coef.Sign() <= 0 {
		return Zero, nil
	}
	divisor.coef.SetInt64(n)
	if sample {
		divisor.coef.SetInt64(n - 1)
	}
	divisor.coef.Mul(&divisor.coef, count)
	rscale := divScaleOf(&y, &divisor)
	quotient(&y, &divisor, rscale)
	if deviation {
		return sqrtTo(&y, rscale)
	}
	return y.store()
}
