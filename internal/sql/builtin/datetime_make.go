package builtin

import (
	"fmt"
	"math"
	"strconv"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// make_date, make_time, make_timestamp[tz], make_interval and to_timestamp(double).

func init() {
	Register("make_date", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		f, ok := makeDay(a)
		if !ok {
			return datum.Datum{}, errMakeDay(f.Year, a)
		}
		days, ok := f.Date()
		if !ok {
			return datum.Datum{}, errMakeRange(f.Year, a)
		}
		return datum.NewDate(days), nil
	})
	Register("make_time", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		micros, err := makeClock(a[0].Int(), a[1].Int(), a[2].Float())
		return datum.NewTime(micros), err
	})
	Register("make_timestamp", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		f, err := makeMoment(a)
		if err != nil {
			return datum.Datum{}, err
		}
		ts, _ := f.Timestamp()
		return datum.NewTimestamp(ts), nil
	})
	Register("make_timestamptz", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		f, err := makeMoment(a)
		if err != nil {
			return datum.Datum{}, err
		}
		ts, _ := f.Timestamp()
		instant, side := localToInstant(c, ts)
		if side != 0 {
			return datum.Datum{}, errTimestampRange()
		}
		return datum.NewTimestampTZ(instant), nil
	})
	Register("make_timestamptz_at_timezone", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		f, err := makeMoment(a)
		if err != nil {
			return datum.Datum{}, err
		}
		zone, err := strictZone(a[6].Str())
		if err != nil {
			return datum.Datum{}, err
		}
		f.Zone = zone.OffsetLocal(&f)
		ts, ok := f.TimestampTZ()
		if !ok {
			return datum.Datum{}, errTimestampRange()
		}
		return datum.NewTimestampTZ(ts), nil
	})
	Register("make_interval", makeInterval)
	Register("float8_timestamptz", unixToInstant)
}

func errMakeRange(year int, a []datum.Datum) error {
	return pgerr.New(pgcode.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", year, a[1].Int(), a[2].Int())
}

// errMakeDay shows the year as make_date has it by then, 0 for 1 BC; the others
// show the argument.
func errMakeDay(year int, a []datum.Datum) error {
	return pgerr.New(pgcode.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", year, a[1].Int(), a[2].Int())
}

// makeDay checks year, month and day; a negative year is BC.
func makeDay(a []datum.Datum) (f pgtime.Fields, ok bool) {
	year, month, day := int(a[0].Int()), int(a[1].Int()), int(a[2].Int())
	bad := year == 0 || year == math.MinInt32
	if year < 0 && !bad {
		year++ // 1 BC is year 0 of the fields
	}
	ok = !bad && month >= 1 && month <= 12 && day >= 1 && day <= pgtime.DaysIn(year, month)
	return pgtime.Fields{Year: year, Month: month, Day: day}, ok
}

// makeClock checks hour, minute and seconds with their fraction.
func makeClock(hour, minute int64, seconds float64) (int64, error) {
	bad := hour < 0 || hour > 24 || minute < 0 || minute > 59 || math.IsNaN(seconds)
	var micros float64
	if !bad {
		micros = math.RoundToEven(seconds * 1e6)
		bad = micros < 0 || micros > 60e6
	}
	if !bad {
		total := hour*pgtime.MicrosPerHour + minute*pgtime.MicrosPerMinute + int64(micros)
		if total <= pgtime.MicrosPerDay {
			return total, nil
		}
	}
	return 0, pgerr.New(pgcode.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%s", hour, minute, seconds02g(seconds))
}

// seconds02g formats as C's %02g does.
func seconds02g(f float64) string { return fmt.Sprintf("%02s", formatG(f)) }

// formatG formats as C's %g does.
func formatG(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}

func makeMoment(a []datum.Datum) (pgtime.Fields, error) {
	f, ok := makeDay(a)
	if !ok {
		return f, errMakeDay(int(a[0].Int()), a)
	}
	if !pgtime.ValidJulian(f.Year, f.Month) {
		return f, errMakeRange(int(a[0].Int()), a)
	}
	clock, err := makeClock(a[3].Int(), a[4].Int(), a[5].Float())
	if err != nil {
		return f, err
	}
	// 24:00 is the next midnight.
	f.SetClock(clock)
	if _, ok := f.Timestamp(); !ok {
		return f, pgerr.New(pgcode.DatetimeFieldOverflow, "timestamp out of range: %d-%02d-%02d %d:%02d:%s",
			a[0].Int(), a[1].Int(), a[2].Int(), a[3].Int(), a[4].Int(), seconds02g(a[5].Float()))
	}
	return f, nil
}

// strictZone resolves a zone name, abbreviation or numeric offset with a sign.
func strictZone(name string) (pgtime.Zone, error) {
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		return pgtime.Zone{}, pgerr.New(pgcode.InvalidParameterValue, "invalid input syntax for type %s: \"%s\"", "numeric time zone", name).
			WithHint("Numeric time zones must have \"-\" or \"+\" as first character.")
	}
	west, ok, over := pgtime.ParseOffset(name)
	switch {
	case over:
		return pgtime.Zone{}, pgerr.New(pgcode.InvalidParameterValue, "numeric time zone \"%s\" out of range", name)
	case ok:
		return pgtime.FixedOffset(west), nil
	}
	return pgtime.ResolveZone(name)
}

func makeInterval(_ *Context, a []datum.Datum) (datum.Datum, error) {
	seconds := a[6].Float()
	if math.IsInf(seconds, 0) || math.IsNaN(seconds) {
		return datum.Datum{}, errIntervalRange()
	}
	// The integer fields wrap around, as they do in PostgreSQL 15.
	micros := math.RoundToEven(seconds * 1e6)
	v := datum.IntervalValue{
		Months: int32(a[0].Int())*12 + int32(a[1].Int()),
		Days:   int32(a[2].Int())*7 + int32(a[3].Int()),
		Micros: a[4].Int()*pgtime.MicrosPerHour + a[5].Int()*pgtime.MicrosPerMinute,
	}
	if micros >= math.MinInt64 && micros < -math.MinInt64 {
		v.Micros += int64(micros)
	} else {
		v.Micros += math.MinInt64
	}
	return datum.NewInterval(v), nil
}

// unixToInstant is to_timestamp(double precision): seconds since 1970.
func unixToInstant(_ *Context, a []datum.Datum) (datum.Datum, error) {
	seconds := a[0].Float()
	switch {
	case math.IsNaN(seconds):
		return datum.Datum{}, pgerr.New(pgcode.DatetimeValueOutOfRange, "timestamp cannot be NaN")
	case math.IsInf(seconds, 1):
		return datum.NewTimestampTZ(pgtime.TimestampInfinity), nil
	case math.IsInf(seconds, -1):
		return datum.NewTimestampTZ(pgtime.TimestampNegInfinity), nil
	}
	const unixJulian = 2440588
	outside := seconds < -86400*unixJulian || seconds >= 86400*(pgtime.EndDateStamp+pgtime.EpochJulian-unixJulian)
	var ts int64
	if !outside {
		ts = int64(math.RoundToEven((seconds - float64(pgtime.UnixEpoch)) * 1e6))
		outside = !pgtime.ValidTimestamp(ts)
	}
	if outside {
		return datum.Datum{}, pgerr.New(pgcode.DatetimeValueOutOfRange, "timestamp out of range: \"%s\"", formatG(seconds))
	}
	return datum.NewTimestampTZ(ts), nil
}
