package builtin

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
)

// The trigonometric functions in degrees give exact results where the true one
// is exact: each quadrant is computed from values scaled so that 0, 30, 45, 60
// and 90 degrees come out right, as PostgreSQL's float.c does.

// Typed, so that products with it are rounded the same when compiled and when run.
const radiansPerDegree float64 = math.Pi / 180

var (
	sin30        = exactSin(30 * radiansPerDegree)
	oneMinusCos  = 1 - exactCos(60*radiansPerDegree)
	asinHalf     = exactAsin(0.5)
	acosHalf     = exactAcos(0.5)
	atanOne      = exactAtan(1)
	tan45, cot45 = sindQuadrant(45) / cosdQuadrant(45), cosdQuadrant(45) / sindQuadrant(45)
)

func sind0To30(x float64) float64 { return exactSin(x*radiansPerDegree) / sin30 / 2 }

func cosd0To60(x float64) float64 {
	return 1 - (1-exactCos(x*radiansPerDegree))/oneMinusCos/2
}

func sindQuadrant(x float64) float64 {
	if x <= 30 {
		return sind0To30(x)
	}
	return cosd0To60(90 - x)
}

func cosdQuadrant(x float64) float64 {
	if x <= 60 {
		return cosd0To60(x)
	}
	return sind0To30(90 - x)
}

// foldDegrees brings degrees into the first quadrant; the signs say what that does to
// sine and cosine.
func foldDegrees(x float64) (folded, sinSign, cosSign float64) {
	x = math.Mod(x, 360)
	sinSign, cosSign = 1, 1
	if x < 0 {
		x, sinSign = -x, -1
	}
	if x > 180 {
		x, sinSign = 360-x, -sinSign
	}
	if x > 90 {
		x, cosSign = 180-x, -1
	}
	return x, sinSign, cosSign
}

func asindQuadrant(x float64) float64 {
	if x <= 0.5 {
		return exactAsin(x) / asinHalf * 30
	}
	return 90 - exactAcos(x)/acosHalf*60
}

func acosdQuadrant(x float64) float64 {
	if x <= 0.5 {
		return 90 - exactAsin(x)/asinHalf*30
	}
	return exactAcos(x) / acosHalf * 60
}

func registerDegrees() {
	periodic := func(source string, f func(x, sinSign, cosSign float64) float64) {
		fn1(source, func(a datum.Datum) (datum.Datum, error) {
			switch {
			case math.IsNaN(a.Float()):
				return a, nil
			case isInf(a.Float()):
				return null, errTrigRange()
			}
			return datum.NewFloat(f(foldDegrees(a.Float()))), nil
		})
	}
	periodic("dsind", func(x, s, _ float64) float64 { return s * sindQuadrant(x) })
	periodic("dcosd", func(x, _, c float64) float64 { return c * cosdQuadrant(x) })
	periodic("dtand", func(x, s, c float64) float64 {
		r := s * c * (sindQuadrant(x) / cosdQuadrant(x) / tan45)
		if r == 0 {
			return 0 // not -0
		}
		return r
	})
	periodic("dcotd", func(x, s, c float64) float64 {
		r := s * c * (cosdQuadrant(x) / sindQuadrant(x) / cot45)
		if r == 0 {
			return 0
		}
		return r
	})
	inverse := func(source string, f func(x float64) float64) {
		fn1(source, func(a datum.Datum) (datum.Datum, error) {
			if math.Abs(a.Float()) > 1 {
				return null, errTrigRange()
			}
			return datum.NewFloat(f(a.Float())), nil
		})
	}
	inverse("dasind", func(x float64) float64 {
		if x >= 0 {
			return asindQuadrant(x)
		}
		return -asindQuadrant(-x)
	})
	inverse("dacosd", func(x float64) float64 {
		if x >= 0 {
			return acosdQuadrant(x)
		}
		return 90 + asindQuadrant(-x)
	})
	pure1("datand", func(a datum.Datum) datum.Datum { return datum.NewFloat(exactAtan(a.Float()) / atanOne * 45) })
	pure2("datan2d", func(a, b datum.Datum) datum.Datum {
		return datum.NewFloat(exactAtan2(a.Float(), b.Float()) / atanOne * 45)
	})
}
