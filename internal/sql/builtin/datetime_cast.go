package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
)

// Casts among dates and times, and the length coercions of their type modifiers.

func init() {
	Register("date_timestamp", func(_ *Context, a []datum.Datum) (datum.Datum, error) { return castDateTimestamp(a[0]) })
	Register("date_timestamptz", castDateInstant)
	Register("timestamp_date", func(_ *Context, a []datum.Datum) (datum.Datum, error) { return castTimestampDate(a[0].Int()), nil })
	Register("timestamptz_date", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		return castTimestampDate(instantToLocal(c, a[0].Int())), nil
	})
	Register("timestamp_time", func(_ *Context, a []datum.Datum) (datum.Datum, error) { return castTimestampTime(a[0].Int()), nil })
	Register("timestamptz_time", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		return castTimestampTime(instantToLocal(c, a[0].Int())), nil
	})
	Register("timestamptz_timetz", castInstantTimeTZ)
	Register("timestamp_timestamptz", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		ts, side := localToInstant(c, a[0].Int())
		if side != 0 {
			return datum.Datum{}, errTimestampRange()
		}
		return datum.NewTimestampTZ(ts), nil
	})
	Register("timestamptz_timestamp", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		ts := instantToLocal(c, a[0].Int())
		if !infiniteTimestamp(ts) && !pgtime.ValidTimestamp(ts) {
			return datum.Datum{}, errTimestampRange()
		}
		return datum.NewTimestamp(ts), nil
	})
	Register("time_timetz", castTimeTimeTZ)
	Register("timetz_time", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return datum.NewTime(a[0].TimeTZ().Micros), nil
	})
	Register("time_interval", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return datum.NewInterval(datum.IntervalValue{Micros: a[0].Int()}), nil
	})
	Register("interval_time", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return datum.NewTime(clockOf(a[0].Interval().Micros)), nil
	})
	Register("datetime_timestamp", castDateAndTime)
	Register("datetimetz_timestamptz", castDateAndTimeTZ)
	RegisterOID(1176, func(c *Context, a []datum.Datum) (datum.Datum, error) { // timestamptz(date, time)
		local, err := castDateAndTime(c, a)
		if err != nil {
			return local, err
		}
		ts, side := localToInstant(c, local.Int())
		if side != 0 {
			return datum.Datum{}, errTimestampRange()
		}
		return datum.NewTimestampTZ(ts), nil
	})
	RegisterOID(1296, func(c *Context, a []datum.Datum) (datum.Datum, error) { // time + date
		return castDateAndTime(c, []datum.Datum{a[1], a[0]})
	})
	RegisterOID(1298, func(c *Context, a []datum.Datum) (datum.Datum, error) { // timetz + date
		return castDateAndTimeTZ(c, []datum.Datum{a[1], a[0]})
	})
	registerScales()
}

func registerScales() {
	for source, kind := range map[string]datum.Kind{"timestamp_scale": datum.Timestamp, "timestamptz_scale": datum.TimestampTZ} {
		Register(source, func(_ *Context, a []datum.Datum) (datum.Datum, error) {
			ts, err := pgtime.AdjustTimestamp(a[0].Int(), int32(a[1].Int()))
			return datum.NewIntOfKind(ts, kind), err
		})
	}
	Register("time_scale", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return datum.NewTime(pgtime.AdjustTime(a[0].Int(), int32(a[1].Int()))), nil
	})
	Register("timetz_scale", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		v := a[0].TimeTZ()
		v.Micros = pgtime.AdjustTime(v.Micros, int32(a[1].Int()))
		return datum.NewTimeTZ(v), nil
	})
	Register("interval_scale", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		v, err := pgtime.AdjustInterval(a[0].Interval(), int32(a[1].Int()))
		return datum.NewInterval(v), err
	})
}

func castDateTimestamp(d datum.Datum) (datum.Datum, error) {
	ts, over := dateToTimestamp(d.Int())
	if over {
		return datum.Datum{}, errDateForTimestamp()
	}
	return datum.NewTimestamp(ts), nil
}

func castDateInstant(c *Context, a []datum.Datum) (datum.Datum, error) {
	ts, side := dateToInstant(c, a[0].Int())
	if side != 0 {
		return datum.Datum{}, errDateForTimestamp()
	}
	return datum.NewTimestampTZ(ts), nil
}

func castTimestampDate(ts int64) datum.Datum {
	switch ts {
	case pgtime.TimestampInfinity:
		return datum.NewDate(pgtime.DateInfinity)
	case pgtime.TimestampNegInfinity:
		return datum.NewDate(pgtime.DateNegInfinity)
	}
	return datum.NewDate(int32(dayOf(ts)))
}

// castTimestampTime returns NULL for the infinities, as PostgreSQL does.
func castTimestampTime(ts int64) datum.Datum {
	if infiniteTimestamp(ts) {
		return datum.Datum{}
	}
	return datum.NewTime(clockOf(ts))
}

func castInstantTimeTZ(c *Context, a []datum.Datum) (datum.Datum, error) {
	ts := a[0].Int()
	if infiniteTimestamp(ts) {
		return datum.Datum{}, nil
	}
	west := pgtime.LocationZone(c.settings().Location).OffsetAt(ts)
	return datum.NewTimeTZ(datum.TimeTZValue{
		Micros: clockOf(ts - int64(west)*pgtime.MicrosPerSecond), Zone: int32(west),
	}), nil
}

// castTimeTimeTZ gives a time the offset that the session's zone has today at that time.
func castTimeTimeTZ(c *Context, a []datum.Datum) (datum.Datum, error) {
	f := pgtime.FromTimestampTZ(c.TxnTime, c.settings().Location)
	f.SetClock(a[0].Int())
	west := pgtime.ZoneOffset(&f, c.settings().Location)
	return datum.NewTimeTZ(datum.TimeTZValue{Micros: a[0].Int(), Zone: int32(west)}), nil
}

func castDateAndTime(_ *Context, a []datum.Datum) (datum.Datum, error) {
	ts, err := castDateTimestamp(a[0])
	if err != nil || infiniteTimestamp(ts.Int()) {
		return ts, err
	}
	sum := ts.Int() + a[1].Int()
	if !pgtime.ValidTimestamp(sum) {
		return datum.Datum{}, errTimestampRange()
	}
	return datum.NewTimestamp(sum), nil
}

func castDateAndTimeTZ(_ *Context, a []datum.Datum) (datum.Datum, error) {
	days, clock := a[0].Int(), a[1].TimeTZ()
	ts, over := dateToTimestamp(days)
	if over {
		return datum.Datum{}, errDateForTimestamp()
	}
	if !infiniteTimestamp(ts) {
		ts += clock.Micros + int64(clock.Zone)*pgtime.MicrosPerSecond
		if !pgtime.ValidTimestamp(ts) {
			return datum.Datum{}, errDateForTimestamp()
		}
	}
	return datum.NewTimestampTZ(ts), nil
}
