package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// date_trunc and date_bin.

func init() {
	Register("timestamp_trunc", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if infiniteTimestamp(a[1].Int()) {
			return a[1], nil
		}
		unit, err := truncUnit(a[0].Str(), "timestamp without time zone")
		if err != nil {
			return datum.Datum{}, err
		}
		f := pgtime.FromTimestamp(a[1].Int())
		truncate(&f, unit)
		ts, ok := f.Timestamp()
		if !ok {
			return datum.Datum{}, errTimestampRange()
		}
		return datum.NewTimestamp(ts), nil
	})
	Register("timestamptz_trunc", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		return truncInstant(a[0].Str(), a[1].Int(), pgtime.LocationZone(c.settings().Location))
	})
	Register("timestamptz_trunc_zone", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if infiniteTimestamp(a[1].Int()) {
			return a[1], nil
		}
		zone, err := pgtime.ResolveZone(a[2].Str())
		if err != nil {
			return datum.Datum{}, err
		}
		return truncInstant(a[0].Str(), a[1].Int(), zone)
	})
	Register("interval_trunc", truncInterval)
	Register("timestamp_bin", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		ts, err := bin(a[0].Interval(), a[1].Int(), a[2].Int())
		return datum.NewTimestamp(ts), err
	})
	Register("timestamptz_bin", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		ts, err := bin(a[0].Interval(), a[1].Int(), a[2].Int())
		return datum.NewTimestampTZ(ts), err
	})
}

// truncUnit finds a unit that timestamps can be truncated to.
func truncUnit(text, typeName string) (pgtime.Unit, error) {
	name := unitName(text)
	switch unit := pgtime.FindIntervalUnit(name); unit {
	case pgtime.UnitUnknown:
		return 0, errUnitUnknown(name, typeName)
	case pgtime.UnitZone, pgtime.UnitZoneHour, pgtime.UnitZoneMinute:
		return 0, errUnitNotSupported(name, typeName)
	default:
		return unit, nil
	}
}

func truncInstant(text string, ts int64, zone pgtime.Zone) (datum.Datum, error) {
	if infiniteTimestamp(ts) {
		return datum.NewTimestampTZ(ts), nil
	}
	unit, err := truncUnit(text, "timestamp with time zone")
	if err != nil {
		return datum.Datum{}, err
	}
	west := zone.OffsetAt(ts)
	f := pgtime.FromTimestamp(ts - int64(west)*pgtime.MicrosPerSecond)
	truncate(&f, unit)
	f.Zone = west
	if unit >= pgtime.UnitDay {
		// Midnight may have another offset than the moment itself.
		f.Zone = zone.OffsetLocal(&f)
	}
	ts, ok := f.TimestampTZ()
	if !ok {
		return datum.Datum{}, errTimestampRange()
	}
	return datum.NewTimestampTZ(ts), nil
}

// truncate sets all fields below a unit to their first value.
func truncate(f *pgtime.Fields, unit pgtime.Unit) {
	if unit < pgtime.UnitDay {
		truncClock(f, unit)
		return
	}
	f.SetClock(0)
	switch unit {
	case pgtime.UnitDay:
		return
	case pgtime.UnitWeek:
		year, week := pgtime.ISOWeek(f)
		f.SetDate(pgtime.ISOWeekStart(year, week))
		return
	case pgtime.UnitMillennium:
		f.Year = periodStart(f.Year, 1000)
	case pgtime.UnitCentury:
		f.Year = periodStart(f.Year, 100)
	case pgtime.UnitDecade:
		if f.Year > 0 {
			f.Year = f.Year / 10 * 10
		} else {
			f.Year = -((8 - (f.Year - 1)) / 10) * 10
		}
	}
	f.Day = 1
	switch unit {
	case pgtime.UnitMonth:
	case pgtime.UnitQuarter:
		f.Month = 3*((f.Month-1)/3) + 1
	default:
		f.Month = 1
	}
}

func truncClock(f *pgtime.Fields, unit pgtime.Unit) {
	switch unit {
	case pgtime.UnitMilliseconds:
		f.Micros = f.Micros / 1000 * 1000
	case pgtime.UnitSecond:
		f.Micros = 0
	case pgtime.UnitMinute:
		f.Sec, f.Micros = 0, 0
	case pgtime.UnitHour:
		f.Min, f.Sec, f.Micros = 0, 0, 0
	}
}

// periodStart is the first year of the century or millennium.
func periodStart(year, size int) int {
	if year > 0 {
		return (year+size-1)/size*size - size + 1
	}
	return -((size-1-(year-1))/size)*size + 1
}

func truncInterval(_ *Context, a []datum.Datum) (datum.Datum, error) {
	name := unitName(a[0].Str())
	v := a[1].Interval()
	years := v.Months / 12
	switch unit := pgtime.FindIntervalUnit(name); unit {
	case pgtime.UnitUnknown:
		return datum.Datum{}, errUnitUnknown(name, "interval")
	case pgtime.UnitMillennium:
		v = datum.IntervalValue{Months: years / 1000 * 1000 * 12}
	case pgtime.UnitCentury:
		v = datum.IntervalValue{Months: years / 100 * 100 * 12}
	case pgtime.UnitDecade:
		v = datum.IntervalValue{Months: years / 10 * 10 * 12}
	case pgtime.UnitYear:
		v = datum.IntervalValue{Months: years * 12}
	case pgtime.UnitQuarter:
		v = datum.IntervalValue{Months: years*12 + v.Months%12/3*3}
	case pgtime.UnitMonth:
		v.Days, v.Micros = 0, 0
	case pgtime.UnitDay:
		v.Micros = 0
	case pgtime.UnitHour:
		v.Micros -= v.Micros % pgtime.MicrosPerHour
	case pgtime.UnitMinute:
		v.Micros -= v.Micros % pgtime.MicrosPerMinute
	case pgtime.UnitSecond:
		v.Micros -= v.Micros % pgtime.MicrosPerSecond
	case pgtime.UnitMilliseconds:
		v.Micros -= v.Micros % 1000
	case pgtime.UnitMicroseconds:
	default:
		err := errUnitNotSupported(name, "interval")
		if unit == pgtime.UnitWeek {
			err = err.WithDetail("Months usually have fractional weeks.")
		}
		return datum.Datum{}, err
	}
	return datum.NewInterval(v), nil
}

// bin returns the start of the bin of that width, counted from origin, that holds ts.
func bin(stride datum.IntervalValue, ts, origin int64) (int64, error) {
	if infiniteTimestamp(ts) {
		return ts, nil
	}
	if infiniteTimestamp(origin) {
		return 0, pgerr.New(pgcode.DatetimeValueOutOfRange, "origin out of range")
	}
	if stride.Months != 0 {
		return 0, pgerr.New(pgcode.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	width, ok := addInt(int64(stride.Days)*pgtime.MicrosPerDay, stride.Micros)
	if !ok || int64(stride.Days) > (1<<63-1)/pgtime.MicrosPerDay || int64(stride.Days) < -(1<<63-1)/pgtime.MicrosPerDay {
		return 0, errIntervalRange()
	}
	if width <= 0 {
		return 0, pgerr.New(pgcode.DatetimeValueOutOfRange, "stride must be greater than zero")
	}
	diff, ok := subInt(ts, origin)
	if !ok {
		return 0, errIntervalRange()
	}
	rest := diff % width
	start := origin + diff - rest
	if rest < 0 {
		if start, ok = subInt(start, width); !ok || !pgtime.ValidTimestamp(start) {
			return 0, errTimestampRange()
		}
	}
	return start, nil
}
