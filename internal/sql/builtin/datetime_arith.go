package builtin

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Sums and differences of dates, times, timestamps and intervals.

func init() {
	Register("date_mi", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if infiniteDate(a[0].Int()) || infiniteDate(a[1].Int()) {
			return datum.Datum{}, pgerr.New(pgcode.DatetimeValueOutOfRange, "cannot subtract infinite dates")
		}
		return datum.NewInt(a[0].Int() - a[1].Int()), nil
	})
	Register("date_pli", func(_ *Context, a []datum.Datum) (datum.Datum, error) { return addDays(a[0].Int(), a[1].Int()) })
	Register("date_mii", func(_ *Context, a []datum.Datum) (datum.Datum, error) { return addDays(a[0].Int(), -a[1].Int()) })
	RegisterOID(2550, func(_ *Context, a []datum.Datum) (datum.Datum, error) { return addDays(a[1].Int(), a[0].Int()) })
	registerTimeArithmetic()
	registerTimestampArithmetic()
}

func addDays(days, n int64) (datum.Datum, error) {
	if infiniteDate(days) {
		return datum.NewDate(int32(days)), nil
	}
	if sum := days + n; pgtime.ValidDate(sum) {
		return datum.NewDate(int32(sum)), nil
	}
	return datum.Datum{}, errDateRange()
}

// registerTimeArithmetic covers times of day, which wrap around at midnight and
// take only the time part of an interval.
func registerTimeArithmetic() {
	shift := func(t datum.Datum, by int64) (datum.Datum, error) {
		if t.Kind() == datum.TimeTZ {
			v := t.TimeTZ()
			v.Micros = clockOf(v.Micros + by%pgtime.MicrosPerDay)
			return datum.NewTimeTZ(v), nil
		}
		return datum.NewTime(clockOf(t.Int() + by%pgtime.MicrosPerDay)), nil
	}
	plus := func(_ *Context, a []datum.Datum) (datum.Datum, error) { return shift(a[0], a[1].Interval().Micros) }
	minus := func(_ *Context, a []datum.Datum) (datum.Datum, error) { return shift(a[0], -a[1].Interval().Micros) }
	for _, t := range []string{"time", "timetz"} {
		Register(t+"_pl_interval", plus)
		Register(t+"_mi_interval", minus)
	}
	for _, oid := range []uint32{1848, 2547} { // interval + time, interval + timetz
		RegisterOID(oid, commuted(plus))
	}
	Register("time_mi_time", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return datum.NewInterval(datum.IntervalValue{Micros: a[0].Int() - a[1].Int()}), nil
	})
}

// commuted calls f with its two arguments exchanged.
func commuted(f Func) Func {
	return func(c *Context, a []datum.Datum) (datum.Datum, error) { return f(c, []datum.Datum{a[1], a[0]}) }
}

func registerTimestampArithmetic() {
	Register("timestamp_mi", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if infiniteTimestamp(a[0].Int()) || infiniteTimestamp(a[1].Int()) {
			return datum.Datum{}, pgerr.New(pgcode.DatetimeValueOutOfRange, "cannot subtract infinite timestamps")
		}
		diff, ok := subInt(a[0].Int(), a[1].Int())
		if !ok {
			return datum.Datum{}, errIntervalRange()
		}
		v, err := justifyHours(datum.IntervalValue{Micros: diff})
		return datum.NewInterval(v), err
	})
	plus := func(sign int) Func {
		return func(_ *Context, a []datum.Datum) (datum.Datum, error) {
			v, err := signed(a[1].Interval(), sign)
			if err != nil {
				return datum.Datum{}, err
			}
			ts, err := addToTimestamp(a[0].Int(), v)
			return datum.NewTimestamp(ts), err
		}
	}
	plusTZ := func(sign int) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) {
			v, err := signed(a[1].Interval(), sign)
			if err != nil {
				return datum.Datum{}, err
			}
			ts, err := addToInstant(a[0].Int(), v, pgtime.LocationZone(c.settings().Location))
			return datum.NewTimestampTZ(ts), err
		}
	}
	plusDate := func(sign int) Func {
		f := plus(sign)
		return func(c *Context, a []datum.Datum) (datum.Datum, error) {
			ts, err := castDateTimestamp(a[0])
			if err != nil {
				return ts, err
			}
			return f(c, []datum.Datum{ts, a[1]})
		}
	}
	Register("timestamp_pl_interval", plus(1))
	Register("timestamp_mi_interval", plus(-1))
	Register("timestamptz_pl_interval", plusTZ(1))
	Register("timestamptz_mi_interval", plusTZ(-1))
	Register("date_pl_interval", plusDate(1))
	Register("date_mi_interval", plusDate(-1))
	RegisterOID(2546, commuted(plusDate(1)))
	RegisterOID(2548, commuted(plus(1)))
	RegisterOID(2549, commuted(plusTZ(1)))
}

func signed(v datum.IntervalValue, sign int) (datum.IntervalValue, error) {
	if sign > 0 {
		return v, nil
	}
	// The fields wrap like PostgreSQL's when negated for a subtraction.
	return datum.IntervalValue{Months: -v.Months, Days: -v.Days, Micros: -v.Micros}, nil
}

// addMonths moves fields by months; a day the new month lacks becomes its last.
func addMonths(f *pgtime.Fields, n int32) {
	if n == 0 {
		return
	}
	months := int64(f.Year)*12 + int64(f.Month) - 1 + int64(n)
	f.Month = int(((months%12)+12)%12) + 1
	f.Year = int((months - int64(f.Month-1)) / 12)
	f.Day = min(f.Day, pgtime.DaysIn(f.Year, f.Month))
}

// addToTimestamp adds months, days and time, in this order.
func addToTimestamp(ts int64, v datum.IntervalValue) (int64, error) {
	if infiniteTimestamp(ts) {
		return ts, nil
	}
	if v.Months != 0 || v.Days != 0 {
		f := pgtime.FromTimestamp(ts)
		if v.Months != 0 {
			addMonths(&f, v.Months)
			if _, ok := f.Timestamp(); !ok {
				return 0, errTimestampRange()
			}
		}
		if v.Days != 0 {
			f.SetDate(pgtime.JulianDay(f.Year, f.Month, f.Day) + int(v.Days))
		}
		var ok bool
		if ts, ok = f.Timestamp(); !ok {
			return 0, errTimestampRange()
		}
	}
	sum, ok := addInt(ts, v.Micros)
	if !ok || !pgtime.ValidTimestamp(sum) {
		return 0, errTimestampRange()
	}
	return sum, nil
}

// addToInstant adds months and days as clocks of the zone show them, so that a
// day may have 23 or 25 hours, and then exact time.
func addToInstant(ts int64, v datum.IntervalValue, zone pgtime.Zone) (int64, error) {
	if infiniteTimestamp(ts) {
		return ts, nil
	}
	step := func(change func(f *pgtime.Fields)) error {
		f := pgtime.FromTimestamp(ts - int64(zone.OffsetAt(ts))*pgtime.MicrosPerSecond)
		change(&f)
		f.Zone = zone.OffsetLocal(&f)
		var ok bool
		if ts, ok = f.TimestampTZ(); !ok {
			return errTimestampRange()
		}
		return nil
	}
	if v.Months != 0 {
		if err := step(func(f *pgtime.Fields) { addMonths(f, v.Months) }); err != nil {
			return 0, err
		}
	}
	if v.Days != 0 {
		err := step(func(f *pgtime.Fields) { f.SetDate(pgtime.JulianDay(f.Year, f.Month, f.Day) + int(v.Days)) })
		if err != nil {
			return 0, err
		}
	}
	sum, ok := addInt(ts, v.Micros)
	if !ok || !pgtime.ValidTimestamp(sum) {
		return 0, errTimestampRange()
	}
	return sum, nil
}

func fitsInt32(v int64) bool { return v >= math.MinInt32 && v <= math.MaxInt32 }
