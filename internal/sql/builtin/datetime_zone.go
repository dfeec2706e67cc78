package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// timezone(), which AT TIME ZONE calls: zones by name and by interval.

func init() {
	named := func(_ *Context, d datum.Datum) (pgtime.Zone, error) { return pgtime.ResolveZone(d.Str()) }
	for suffix, zoneOf := range map[string]func(*Context, datum.Datum) (pgtime.Zone, error){
		"_zone": named, "_izone": intervalZone,
	} {
		Register("timestamp"+suffix, func(c *Context, a []datum.Datum) (datum.Datum, error) {
			if infiniteTimestamp(a[1].Int()) {
				return datum.NewTimestampTZ(a[1].Int()), nil
			}
			zone, err := zoneOf(c, a[0])
			if err != nil {
				return datum.Datum{}, err
			}
			f := pgtime.FromTimestamp(a[1].Int())
			f.Zone = zone.OffsetLocal(&f)
			ts, ok := f.TimestampTZ()
			if !ok {
				return datum.Datum{}, errTimestampRange()
			}
			return datum.NewTimestampTZ(ts), nil
		})
		Register("timestamptz"+suffix, func(c *Context, a []datum.Datum) (datum.Datum, error) {
			if infiniteTimestamp(a[1].Int()) {
				return datum.NewTimestamp(a[1].Int()), nil
			}
			zone, err := zoneOf(c, a[0])
			if err != nil {
				return datum.Datum{}, err
			}
			ts := a[1].Int() - int64(zone.OffsetAt(a[1].Int()))*pgtime.MicrosPerSecond
			if !pgtime.ValidTimestamp(ts) {
				return datum.Datum{}, errTimestampRange()
			}
			return datum.NewTimestamp(ts), nil
		})
		Register("timetz"+suffix, func(c *Context, a []datum.Datum) (datum.Datum, error) {
			zone, err := zoneOf(c, a[0])
			if err != nil {
				return datum.Datum{}, err
			}
			// A time has no date: the zone's offset of now counts.
			v, west := a[1].TimeTZ(), zone.OffsetAt(c.TxnTime)
			v.Micros = clockOf(v.Micros + (int64(v.Zone)-int64(west))*pgtime.MicrosPerSecond)
			v.Zone = int32(west)
			return datum.NewTimeTZ(v), nil
		})
	}
}

func intervalZone(c *Context, d datum.Datum) (pgtime.Zone, error) {
	v := d.Interval()
	if v.Months != 0 || v.Days != 0 {
		return pgtime.Zone{}, pgerr.New(pgcode.InvalidParameterValue, "interval time zone \"%s\" must not include months or days",
			pgtime.AppendInterval(nil, v, &c.settings().Opts))
	}
	return pgtime.FixedOffset(int(int32(-(v.Micros / pgtime.MicrosPerSecond)))), nil
}
