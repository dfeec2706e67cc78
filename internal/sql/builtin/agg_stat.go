package builtin

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	for name, v := range map[string]struct{ sample, deviation bool }{
		"variance": {true, false}, "var_samp": {true, false}, "var_pop": {false, false},
		"stddev": {true, true}, "stddev_samp": {true, true}, "stddev_pop": {false, true},
	} {
		RegisterAggregate(name, func(_ *Proc, args []types.OID) AggState {
			switch args[0] {
			case types.Float4, types.Float8:
				return &floatMoments{result: func(n, _, sxx float64) datum.Datum { return spread(n, sxx, v.sample, v.deviation) }}
			case types.Numeric:
				return &numericMoments{sample: v.sample, deviation: v.deviation}
			}
			return &intMoments{sample: v.sample, deviation: v.deviation}
		})
	}
	RegisterAggregate("regr_count", func(*Proc, []types.OID) AggState { return &pairCount{} })
	for name, final := range map[string]func(s *regression) datum.Datum{
		"regr_sxx":       func(s *regression) datum.Datum { return s.value(s.sxx) },
		"regr_syy":       func(s *regression) datum.Datum { return s.value(s.syy) },
		"regr_sxy":       func(s *regression) datum.Datum { return s.value(s.sxy) },
		"regr_avgx":      func(s *regression) datum.Datum { return s.value(s.sx / s.n) },
		"regr_avgy":      func(s *regression) datum.Datum { return s.value(s.sy / s.n) },
		"regr_r2":        (*regression).r2,
		"regr_slope":     func(s *regression) datum.Datum { return s.overSxx(s.sxy / s.sxx) },
		"regr_intercept": func(s *regression) datum.Datum { return s.overSxx((s.sy - s.sx*s.sxy/s.sxx) / s.n) },
		"covar_pop":      func(s *regression) datum.Datum { return s.value(s.sxy / s.n) },
		"covar_samp": func(s *regression) datum.Datum {
			if s.n < 2 {
				return null
			}
			return datum.NewFloat(s.sxy / (s.n - 1))
		},
		"corr": (*regression).corr,
	} {
		RegisterAggregate(name, func(*Proc, []types.OID) AggState { return &regression{final: final} })
	}
}

// floatMoments keeps count, sum and sum of squared deviations by Youngs and
// Cramer's method, as float8_accum does.
type floatMoments struct {
	fixedSize
	n, sx, sxx float64
	result     func(n, sx, sxx float64) datum.Datum
}

func meanOf(n, sx, _ float64) datum.Datum { return datum.NewFloat(sx / n) }

func spread(n, sxx float64, sample, deviation bool) datum.Datum {
	if sample {
		if n <= 1 {
			return null
		}
		n--
	}
	v := sxx / n
	if deviation {
		v = math.Sqrt(v)
	}
	return datum.NewFloat(v)
}

func (s *floatMoments) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return nil
	}
	f := args[0].Float()
	before, beforeSx := s.n, s.sx
	s.n++
	s.sx += f
	if before == 0 {
		if math.IsNaN(f) || isInf(f) {
			s.sxx = math.NaN()
		}
		return nil
	}
	d := f*s.n - s.sx
	s.sxx += d * d / (s.n * before)
	if isInf(s.sx) || isInf(s.sxx) {
		if !isInf(beforeSx) && !isInf(f) {
			return errFloatOverflow()
		}
		s.sxx = math.NaN()
	}
	return nil
}

func (s *floatMoments) Result(*Context) (datum.Datum, error) {
	if s.n == 0 {
		return null, nil
	}
	return s.result(s.n, s.sx, s.sxx), nil
}

// intMoments keeps exact sums of integers and their squares.
type intMoments struct {
	fixedSize
	n                 int64
	sum               numeric.IntSum
	squares           apd.BigInt
	sample, deviation bool
}

func (s *intMoments) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return nil
	}
	n := args[0].Int()
	s.n++
	s.sum.Add(n)
	var x apd.BigInt
	x.SetInt64(n)
	x.Mul(&x, &x)
	s.squares.Add(&s.squares, &x)
	return nil
}

func (s *intMoments) Result(*Context) (datum.Datum, error) {
	squares, err := numeric.FromBig(&s.squares, 0)
	if err != nil {
		return null, err
	}
	return numeric.Variance(s.n, s.sum.Value(), squares, s.sample, s.deviation)
}

type numericMoments struct {
	fixedSize
	n                 int64
	sum, squares      numeric.Sum
	sample, deviation bool
}

func (s *numericMoments) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() {
		return nil
	}
	square, err := numeric.Mul(args[0], args[0])
	if err != nil {
		return err
	}
	s.n++
	if err := s.sum.Add(args[0]); err != nil {
		return err
	}
	return s.squares.Add(square)
}

func (s *numericMoments) Result(*Context) (datum.Datum, error) {
	return numeric.Variance(s.n, s.sum.Value(), s.squares.Value(), s.sample, s.deviation)
}

// pairCount counts pairs without a NULL.
type pairCount struct {
	fixedSize
	n int64
}

func (s *pairCount) Add(_ *Context, args []datum.Datum) error {
	if !args[0].IsNull() && !args[1].IsNull() {
		s.n++
	}
	return nil
}

func (s *pairCount) Result(*Context) (datum.Datum, error) { return datum.NewInt(s.n), nil }

// regression keeps the moments of pairs (Y, X), as float8_regr_accum does.
type regression struct {
	fixedSize
	n, sx, sxx, sy, syy, sxy float64
	final                    func(*regression) datum.Datum
}

func (s *regression) Add(_ *Context, args []datum.Datum) error {
	if args[0].IsNull() || args[1].IsNull() {
		return nil
	}
	y, x := args[0].Float(), args[1].Float()
	before, beforeSx, beforeSy := s.n, s.sx, s.sy
	s.n++
	s.sx += x
	s.sy += y
	if before == 0 {
		if math.IsNaN(x) || isInf(x) {
			s.sxx, s.sxy = math.NaN(), math.NaN()
		}
		if math.IsNaN(y) || isInf(y) {
			s.syy, s.sxy = math.NaN(), math.NaN()
		}
		return nil
	}
	dx, dy, scale := x*s.n-s.sx, y*s.n-s.sy, 1/(s.n*before)
	s.sxx += dx * dx * scale
	s.syy += dy * dy * scale
	s.sxy += dx * dy * scale
	xInf, yInf := isInf(beforeSx) || isInf(x), isInf(beforeSy) || isInf(y)
	switch {
	case (isInf(s.sx) || isInf(s.sxx)) && !xInf, (isInf(s.sy) || isInf(s.syy)) && !yInf, isInf(s.sxy) && !xInf && !yInf:
		return errFloatOverflow()
	}
	for _, v := range []*float64{&s.sxx, &s.syy, &s.sxy} {
		if isInf(*v) {
			*v = math.NaN()
		}
	}
	return nil
}

func (s *regression) Result(*Context) (datum.Datum, error) { return s.final(s), nil }

func (s *regression) value(f float64) datum.Datum {
	if s.n < 1 {
		return null
	}
	return datum.NewFloat(f)
}

func (s *regression) overSxx(f float64) datum.Datum {
	if s.n < 1 || s.sxx == 0 {
		return null
	}
	return datum.NewFloat(f)
}

func (s *regression) corr() datum.Datum {
	if s.n < 1 || s.sxx == 0 || s.syy == 0 {
		return null
	}
	return datum.NewFloat(s.sxy / math.Sqrt(s.sxx*s.syy))
}

func (s *regression) r2() datum.Datum {
	switch {
	case s.n < 1 || s.sxx == 0:
		return null
	case s.syy == 0:
		return datum.NewFloat(1)
	}
	return datum.NewFloat(s.sxy * s.sxy / (s.sxx * s.syy))
}
