package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// age, isfinite, OVERLAPS and generate_series over dates and times.

func init() {
	Register("timestamp_age", func(_ *Context, a []datum.Datum) (datum.Datum, error) { return age(a[0].Int(), a[1].Int()) })
	Register("timestamptz_age", ageInstants)
	RegisterOID(1386, func(c *Context, a []datum.Datum) (datum.Datum, error) { // age(timestamptz)
		today, side := localToInstant(c, dayOf(instantToLocal(c, c.TxnTime))*pgtime.MicrosPerDay)
		if side != 0 {
			return datum.Datum{}, errTimestampRange()
		}
		return ageInstants(c, []datum.Datum{datum.NewTimestampTZ(today), a[0]})
	})
	RegisterOID(2059, func(c *Context, a []datum.Datum) (datum.Datum, error) { // age(timestamp)
		return age(dayOf(instantToLocal(c, c.TxnTime))*pgtime.MicrosPerDay, a[0].Int())
	})
	finite := func(infinite func(int64) bool) Func {
		return func(_ *Context, a []datum.Datum) (datum.Datum, error) {
			return datum.NewBool(!infinite(a[0].Int())), nil
		}
	}
	Register("date_finite", finite(infiniteDate))
	Register("timestamp_finite", finite(infiniteTimestamp))
	Register("interval_finite", func(*Context, []datum.Datum) (datum.Datum, error) { return datum.NewBool(true), nil })
	registerOverlaps()
	registerSeries()
}

func ageInstants(c *Context, a []datum.Datum) (datum.Datum, error) {
	if infiniteTimestamp(a[0].Int()) || infiniteTimestamp(a[1].Int()) {
		return datum.Datum{}, errTimestampRange()
	}
	return ageFields(pgtime.FromTimestampTZ(a[0].Int(), c.settings().Location), pgtime.FromTimestampTZ(a[1].Int(), c.settings().Location),
		a[0].Int() < a[1].Int())
}

func age(end, start int64) (datum.Datum, error) {
	if infiniteTimestamp(end) || infiniteTimestamp(start) {
		return datum.Datum{}, errTimestampRange()
	}
	return ageFields(pgtime.FromTimestamp(end), pgtime.FromTimestamp(start), end < start)
}

// ageFields subtracts field by field as people count age. Negative days borrow
// the length of the month that the earlier moment lies in.
func ageFields(end, start pgtime.Fields, negative bool) (datum.Datum, error) {
	if negative {
		end, start = start, end
	}
	micros := end.ClockMicros() - start.ClockMicros()
	days, months, years := end.Day-start.Day, end.Month-start.Month, end.Year-start.Year
	for micros < 0 {
		micros += pgtime.MicrosPerDay
		days--
	}
	for days < 0 {
		days += pgtime.DaysIn(start.Year, start.Month)
		months--
	}
	for months < 0 {
		months += 12
		years--
	}
	v := datum.IntervalValue{Months: int32(years*12 + months), Days: int32(days), Micros: micros}
	if negative {
		v = datum.IntervalValue{Months: -v.Months, Days: -v.Days, Micros: -v.Micros}
	}
	return datum.NewInterval(v), nil
}

// registerOverlaps covers OVERLAPS of two pairs of moments, and of a moment and
// a length, which the SQL bodies in PostgreSQL turn into the former.
func registerOverlaps() {
	for _, source := range []string{"overlaps_time", "overlaps_timetz", "overlaps_timestamp"} {
		Register(source, func(_ *Context, a []datum.Datum) (datum.Datum, error) { return overlaps(a[0], a[1], a[2], a[3]), nil })
	}
	plus := map[datum.Kind]*Proc{
		datum.Time: bySource("time_pl_interval")[0], datum.Timestamp: bySource("timestamp_pl_interval")[0],
		datum.TimestampTZ: bySource("timestamptz_pl_interval")[0],
	}
	// The bits of lengths say which of the two ends are given as lengths.
	for oid, form := range map[uint32]struct {
		kind    datum.Kind
		lengths int
	}{
		1305: {datum.TimestampTZ, 3}, 1306: {datum.TimestampTZ, 2}, 1307: {datum.TimestampTZ, 1},
		1309: {datum.Time, 3}, 1310: {datum.Time, 2}, 1311: {datum.Time, 1},
		2042: {datum.Timestamp, 3}, 2043: {datum.Timestamp, 2}, 2044: {datum.Timestamp, 1},
	} {
		plus := plus[form.kind]
		RegisterOID(oid, func(c *Context, a []datum.Datum) (datum.Datum, error) {
			args := [4]datum.Datum(a)
			for i := range 2 {
				if form.lengths&(1<<i) == 0 {
					continue
				}
				start, length := args[2*i], args[2*i+1]
				args[2*i+1] = datum.Datum{}
				if start.IsNull() || length.IsNull() {
					continue
				}
				end, err := plus.Eval(c, []datum.Datum{start, length})
				if err != nil {
					return end, err
				}
				args[2*i+1] = end
			}
			return overlaps(args[0], args[1], args[2], args[3]), nil
		})
	}
}

// overlaps reports whether two periods share a moment; their ends may come in
// any order and be NULL. The rules are those of the SQL standard.
func overlaps(start1, end1, start2, end2 datum.Datum) datum.Datum {
	order := func(start, end datum.Datum) (datum.Datum, datum.Datum) {
		switch {
		case start.IsNull():
			return end, start
		case !end.IsNull() && datum.Compare(start, end) > 0:
			return end, start
		}
		return start, end
	}
	start1, end1 = order(start1, end1)
	start2, end2 = order(start2, end2)
	if start1.IsNull() || start2.IsNull() {
		return datum.Datum{}
	}
	// later begins inside earlier when it begins before earlier's end.
	inside := func(later, earlierEnd, laterEnd datum.Datum) datum.Datum {
		switch {
		case earlierEnd.IsNull():
			return datum.Datum{}
		case datum.Compare(later, earlierEnd) < 0:
			return datum.NewBool(true)
		case laterEnd.IsNull():
			return datum.Datum{}
		}
		return datum.NewBool(false)
	}
	switch c := datum.Compare(start1, start2); {
	case c > 0:
		return inside(start1, end2, end1)
	case c < 0:
		return inside(start2, end1, end2)
	}
	if end1.IsNull() || end2.IsNull() {
		return datum.Datum{}
	}
	return datum.NewBool(true)
}

func registerSeries() {
	RegisterSet("generate_series_timestamp", func(c *Context, a []datum.Datum, yield func([]datum.Datum) error) error {
		return series(c, a, yield, addToTimestamp)
	})
	RegisterSet("generate_series_timestamptz", func(c *Context, a []datum.Datum, yield func([]datum.Datum) error) error {
		zone := pgtime.LocationZone(c.settings().Location)
		return series(c, a, yield, func(ts int64, v datum.IntervalValue) (int64, error) { return addToInstant(ts, v, zone) })
	})
}

func series(c *Context, a []datum.Datum, yield func([]datum.Datum) error, add func(int64, datum.IntervalValue) (int64, error)) error {
	step := a[2]
	sign := datum.Compare(step, datum.NewInterval(datum.IntervalValue{}))
	if sign == 0 {
		return pgerr.New(pgcode.InvalidParameterValue, "step size cannot equal zero")
	}
	kind, end := a[0].Kind(), a[1].Int()
	for ts := a[0].Int(); sign > 0 && ts <= end || sign < 0 && ts >= end; {
		if c.Ctx != nil && c.Ctx.Err() != nil {
			return cancelled(c.Ctx)
		}
		if err := yield([]datum.Datum{datum.NewIntOfKind(ts, kind)}); err != nil {
			return err
		}
		var err error
		if ts, err = add(ts, step.Interval()); err != nil {
			return err
		}
	}
	return nil
}
