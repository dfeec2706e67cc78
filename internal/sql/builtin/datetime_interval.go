package builtin

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Interval arithmetic. addIntervals, subIntervals and divInterval also serve the
// interval aggregates.

func init() {
	intervalFunc := func(source string, f func(datum.IntervalValue) (datum.IntervalValue, error)) {
		Register(source, func(_ *Context, a []datum.Datum) (datum.Datum, error) {
			v, err := f(a[0].Interval())
			if err != nil {
				return datum.Datum{}, err
			}
			return datum.NewInterval(v), nil
		})
	}
	intervalFunc("interval_um", negInterval)
	intervalFunc("interval_justify_hours", justifyHours)
	intervalFunc("interval_justify_days", justifyDays)
	intervalFunc("interval_justify_interval", justifyInterval)
	Register("interval_pl", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		v, err := addIntervals(a[0].Interval(), a[1].Interval())
		return datum.NewInterval(v), err
	})
	Register("interval_mi", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		v, err := subIntervals(a[0].Interval(), a[1].Interval())
		return datum.NewInterval(v), err
	})
	mul := func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		v, err := mulInterval(a[0].Interval(), a[1].Float())
		return datum.NewInterval(v), err
	}
	Register("interval_mul", mul)
	Register("mul_d_interval", commuted(mul))
	Register("interval_div", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		v, err := divInterval(a[0].Interval(), a[1].Float())
		return datum.NewInterval(v), err
	})
}

func negInterval(v datum.IntervalValue) (datum.IntervalValue, error) {
	if v.Months == math.MinInt32 || v.Days == math.MinInt32 || v.Micros == math.MinInt64 {
		return v, errIntervalRange()
	}
	return datum.IntervalValue{Months: -v.Months, Days: -v.Days, Micros: -v.Micros}, nil
}

// addIntervals adds field by field; 22008 when a field overflows.
func addIntervals(a, b datum.IntervalValue) (datum.IntervalValue, error) {
	months, days := int64(a.Months)+int64(b.Months), int64(a.Days)+int64(b.Days)
	micros, ok := addInt(a.Micros, b.Micros)
	if !ok || !fitsInt32(months) || !fitsInt32(days) {
		return datum.IntervalValue{}, errIntervalRange()
	}
	return datum.IntervalValue{Months: int32(months), Days: int32(days), Micros: micros}, nil
}

// subIntervals subtracts field by field; 22008 when a field overflows.
func subIntervals(a, b datum.IntervalValue) (datum.IntervalValue, error) {
	months, days := int64(a.Months)-int64(b.Months), int64(a.Days)-int64(b.Days)
	micros, ok := subInt(a.Micros, b.Micros)
	if !ok || !fitsInt32(months) || !fitsInt32(days) {
		return datum.IntervalValue{}, errIntervalRange()
	}
	return datum.IntervalValue{Months: int32(months), Days: int32(days), Micros: micros}, nil
}

// roundMicros removes the dust of float arithmetic below a microsecond.
func roundMicros(seconds float64) float64 { return math.RoundToEven(seconds*1e6) / 1e6 }

// cascade returns what the fractions of scaled months and days amount to: months
// and days are the exact products, whole their integer parts.
func cascade(months, days float64, whole datum.IntervalValue) (outDays int32, seconds float64) {
	const secondsPerDay = 86400
	dayRest := roundMicros((months - float64(whole.Months)) * 30)
	seconds = roundMicros((days - float64(whole.Days) + dayRest - math.Trunc(dayRest)) * secondsPerDay)
	outDays = whole.Days
	if math.Abs(seconds) >= secondsPerDay {
		full := math.Trunc(seconds / secondsPerDay)
		outDays += int32(full)
		seconds -= full * secondsPerDay
	}
	return outDays + int32(dayRest), seconds
}

// mulInterval scales an interval; fractions of months become days of a 30-day
// month, fractions of days become time.
func mulInterval(v datum.IntervalValue, factor float64) (datum.IntervalValue, error) {
	return scaleInterval(float64(v.Months)*factor, float64(v.Days)*factor, float64(v.Micros)*factor)
}

// divInterval divides an interval; 22012 for zero.
func divInterval(v datum.IntervalValue, divisor float64) (datum.IntervalValue, error) {
	if divisor == 0 {
		return datum.IntervalValue{}, pgerr.New(pgcode.DivisionByZero, "division by zero")
	}
	return scaleInterval(float64(v.Months)/divisor, float64(v.Days)/divisor, float64(v.Micros)/divisor)
}

func scaleInterval(months, days, micros float64) (datum.IntervalValue, error) {
	fits := func(f float64) bool { return f >= math.MinInt32 && f <= math.MaxInt32 }
	if !fits(months) || !fits(days) {
		return datum.IntervalValue{}, errIntervalRange()
	}
	out := datum.IntervalValue{Months: int32(months), Days: int32(days)}
	var seconds float64
	out.Days, seconds = cascade(months, days, out)
	micros = math.RoundToEven(micros + seconds*1e6)
	if !(micros >= math.MinInt64 && micros < -math.MinInt64) {
		return datum.IntervalValue{}, errIntervalRange()
	}
	out.Micros = int64(micros)
	return out, nil
}

// justifyHours moves whole days of the time into the days and makes their signs agree.
func justifyHours(v datum.IntervalValue) (datum.IntervalValue, error) {
	days := int64(v.Days) + v.Micros/pgtime.MicrosPerDay
	v.Micros %= pgtime.MicrosPerDay
	switch {
	case days > 0 && v.Micros < 0:
		v.Micros += pgtime.MicrosPerDay
		days--
	case days < 0 && v.Micros > 0:
		v.Micros -= pgtime.MicrosPerDay
		days++
	}
	if !fitsInt32(days) {
		return v, errIntervalRange()
	}
	v.Days = int32(days)
	return v, nil
}

// justifyDays moves whole months of 30 days into the months and makes their signs agree.
func justifyDays(v datum.IntervalValue) (datum.IntervalValue, error) {
	months := int64(v.Months) + int64(v.Days)/30
	v.Days %= 30
	switch {
	case months > 0 && v.Days < 0:
		v.Days += 30
		months--
	case months < 0 && v.Days > 0:
		v.Days -= 30
		months++
	}
	if !fitsInt32(months) {
		return v, errIntervalRange()
	}
	v.Months = int32(months)
	return v, nil
}

// justifyInterval does both and makes all three signs agree.
func justifyInterval(v datum.IntervalValue) (datum.IntervalValue, error) {
	days := int64(v.Days) + v.Micros/pgtime.MicrosPerDay
	micros := v.Micros % pgtime.MicrosPerDay
	months := int64(v.Months) + days/30
	days %= 30
	switch {
	case months > 0 && (days < 0 || days == 0 && micros < 0):
		days, months = days+30, months-1
	case months < 0 && (days > 0 || days == 0 && micros > 0):
		days, months = days-30, months+1
	}
	switch {
	case days > 0 && micros < 0:
		micros, days = micros+pgtime.MicrosPerDay, days-1
	case days < 0 && micros > 0:
		micros, days = micros-pgtime.MicrosPerDay, days+1
	}
	if !fitsInt32(months) {
		return v, errIntervalRange()
	}
	return datum.IntervalValue{Months: int32(months), Days: int32(days), Micros: micros}, nil
}
