package builtin

import (
	"cmp"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Dates and times: what the datetime files share. Conversions between the types
// and the errors when a value does not fit.

func errTimestampRange() error {
	return pgerr.New(pgcode.DatetimeValueOutOfRange, "timestamp out of range")
}

func errDateRange() error {
	return pgerr.New(pgcode.DatetimeValueOutOfRange, "date out of range")
}

func errDateForTimestamp() error {
	return pgerr.New(pgcode.DatetimeValueOutOfRange, "date out of range for timestamp")
}

func errIntervalRange() error {
	return pgerr.New(pgcode.DatetimeValueOutOfRange, "interval out of range")
}

func infiniteTimestamp(ts int64) bool {
	return ts == pgtime.TimestampInfinity || ts == pgtime.TimestampNegInfinity
}

func infiniteDate(days int64) bool {
	return days == pgtime.DateInfinity || days == pgtime.DateNegInfinity
}

// infinityOf turns an infinite date into the same infinity of timestamps.
func infinityOf(days int64) int64 {
	if days == pgtime.DateInfinity {
		return pgtime.TimestampInfinity
	}
	return pgtime.TimestampNegInfinity
}

// dateToTimestamp returns midnight of a date; over is set when the date lies
// beyond the last timestamp.
func dateToTimestamp(days int64) (ts int64, over bool) {
	if infiniteDate(days) {
		return infinityOf(days), false
	}
	if days >= pgtime.EndDateStamp {
		return 0, true
	}
	return days * pgtime.MicrosPerDay, false
}

// localToInstant reads a timestamp as a local time of the session's zone. side is
// not 0 when the instant lies before (-1) or after (1) all timestamps.
func localToInstant(c *Context, ts int64) (instant int64, side int) {
	if infiniteTimestamp(ts) {
		return ts, 0
	}
	f := pgtime.FromTimestamp(ts)
	instant = ts + int64(pgtime.ZoneOffset(&f, c.settings().Location))*pgtime.MicrosPerSecond
	switch {
	case pgtime.ValidTimestamp(instant):
		return instant, 0
	case instant < pgtime.MinTimestamp:
		return instant, -1
	}
	return instant, 1
}

// instantToLocal returns what clocks of the session's zone show at an instant.
func instantToLocal(c *Context, ts int64) int64 {
	if infiniteTimestamp(ts) {
		return ts
	}
	west := pgtime.LocationZone(c.settings().Location).OffsetAt(ts)
	return ts - int64(west)*pgtime.MicrosPerSecond
}

// dateToInstant returns local midnight of a date.
func dateToInstant(c *Context, days int64) (instant int64, side int) {
	ts, over := dateToTimestamp(days)
	if over {
		return 0, 1
	}
	return localToInstant(c, ts)
}

// clockOf returns the time of day of a finite timestamp.
func clockOf(ts int64) int64 {
	micros := ts % pgtime.MicrosPerDay
	if micros < 0 {
		micros += pgtime.MicrosPerDay
	}
	return micros
}

// dayOf returns the date of a finite timestamp.
func dayOf(ts int64) int64 { return (ts - clockOf(ts)) / pgtime.MicrosPerDay }

// compareFunc orders two values of possibly different types.
type compareFunc func(c *Context, a, b datum.Datum) int

// registerComparison gives bodies to the six comparisons and the btree support
// function of a family; @ in pattern stands for eq, ne, lt, le, gt, ge and cmp.
func registerDatetimeComparison(pattern string, compare compareFunc) {
	for name, ok := range map[string]func(int) bool{
		"eq": func(c int) bool { return c == 0 },
		"ne": func(c int) bool { return c != 0 },
		"lt": func(c int) bool { return c < 0 },
		"le": func(c int) bool { return c <= 0 },
		"gt": func(c int) bool { return c > 0 },
		"ge": func(c int) bool { return c >= 0 },
	} {
		Register(strings.ReplaceAll(pattern, "@", name), func(c *Context, a []datum.Datum) (datum.Datum, error) {
			return datum.NewBool(ok(compare(c, a[0], a[1]))), nil
		})
	}
	Register(strings.ReplaceAll(pattern, "@", "cmp"), func(c *Context, a []datum.Datum) (datum.Datum, error) {
		return datum.NewInt(int64(compare(c, a[0], a[1]))), nil
	})
}

func sameType(_ *Context, a, b datum.Datum) int { return datum.Compare(a, b) }

// swapped compares the other way round.
func swapped(compare compareFunc) compareFunc {
	return func(c *Context, a, b datum.Datum) int { return -compare(c, b, a) }
}

// compareDateTimestamp orders a date against a timestamp. A date beyond all
// timestamps is still less than infinity.
func compareDateTimestamp(_ *Context, a, b datum.Datum) int {
	ts, over := dateToTimestamp(a.Int())
	if over {
		return beyond(1, b.Int())
	}
	return cmp.Compare(ts, b.Int())
}

func compareDateInstant(c *Context, a, b datum.Datum) int {
	ts, side := dateToInstant(c, a.Int())
	if side != 0 {
		return beyond(side, b.Int())
	}
	return cmp.Compare(ts, b.Int())
}

func compareTimestampInstant(c *Context, a, b datum.Datum) int {
	ts, side := localToInstant(c, a.Int())
	if side != 0 {
		return beyond(side, b.Int())
	}
	return cmp.Compare(ts, b.Int())
}

// beyond orders a finite moment outside the range of timestamps against one.
func beyond(side int, ts int64) int {
	switch {
	case side > 0 && ts == pgtime.TimestampInfinity:
		return -1
	case side < 0 && ts == pgtime.TimestampNegInfinity:
		return 1
	}
	return side
}

func registerExtremes(prefix string) {
	Register(prefix+"_larger", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if datum.Compare(a[0], a[1]) > 0 {
			return a[0], nil
		}
		return a[1], nil
	})
	Register(prefix+"_smaller", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if datum.Compare(a[0], a[1]) < 0 {
			return a[0], nil
		}
		return a[1], nil
	})
}

func init() {
	for _, t := range []string{"date", "time", "timetz", "timestamp", "interval"} {
		registerDatetimeComparison(t+"_@", sameType)
		registerExtremes(t)
	}
	registerDatetimeComparison("date_@_timestamp", compareDateTimestamp)
	registerDatetimeComparison("timestamp_@_date", swapped(compareDateTimestamp))
	registerDatetimeComparison("date_@_timestamptz", compareDateInstant)
	registerDatetimeComparison("timestamptz_@_date", swapped(compareDateInstant))
	registerDatetimeComparison("timestamp_@_timestamptz", compareTimestampInstant)
	registerDatetimeComparison("timestamptz_@_timestamp", swapped(compareTimestampInstant))
}
