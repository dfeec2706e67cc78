package builtin

import (
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// extract (numeric) and date_part (double precision).

// part is one extracted field: an integer, micros / 10^scale, or one of the
// special results.
type part struct {
	kind  partKind
	n     int64
	scale int16
	f     float64 // of a partSum, added up as PostgreSQL does
}

type partKind uint8

const (
	partMissing   partKind = iota // the type does not have the unit
	partExact                     // n / 10^scale
	partNull                      // an infinite value has no such field
	partInfinite                  // n is the sign
	partJulian                    // n is the Julian day, plus the clock given beside
	partWideEpoch                 // epoch of a timestamp too large for exact integers
	partSum                       // n seconds plus the clock
)

func exact(n int64) part               { return part{kind: partExact, n: n} }
func scaled(n int64, scale int16) part { return part{kind: partExact, n: n, scale: scale} }

// unitName is a unit argument as identifiers are folded: lower case, 63 bytes.
func unitName(s string) string {
	s = asciiLower(s)
	if len(s) > 63 {
		s = strings.ToValidUTF8(s[:63], "")
	}
	return s
}

func errUnitUnknown(name, typeName string) error {
	return pgerr.New(pgcode.InvalidParameterValue, "unit \"%s\" not recognized for type %s", name, typeName)
}

func errUnitNotSupported(name, typeName string) *pgerr.Error {
	return pgerr.New(pgcode.FeatureNotSupported, "unit \"%s\" not supported for type %s", name, typeName)
}

// partSource is a type that fields can be extracted from.
type partSource struct {
	typeName string
	moments  bool // words such as now are known, though no units
	// get returns a field; clock is the time of day for the Julian day's fraction.
	get func(c *Context, d datum.Datum, unit pgtime.Unit) (p part, clock int64)
}

func init() {
	timestamp := partSource{"timestamp without time zone", true, timestampPart}
	timestampTZ := partSource{"timestamp with time zone", true, instantPart}
	interval := partSource{"interval", false, intervalPart}
	timeOfDay := partSource{"time without time zone", false, timePart}
	timeTZ := partSource{"time with time zone", false, timeTZPart}
	date := partSource{"date", true, datePart}
	for name, s := range map[string]partSource{
		"timestamp": timestamp, "timestamptz": timestampTZ, "interval": interval, "time": timeOfDay, "timetz": timeTZ,
	} {
		Register("extract_"+name, s.extract)
		Register(name+"_part", s.datePart)
	}
	Register("extract_date", date.extract)
	RegisterOID(1384, func(c *Context, a []datum.Datum) (datum.Datum, error) { // date_part(text, date)
		ts, err := castDateTimestamp(a[1])
		if err != nil {
			return ts, err
		}
		return timestamp.datePart(c, []datum.Datum{a[0], ts})
	})
}

func (s partSource) find(c *Context, a []datum.Datum) (part, int64, error) {
	name := unitName(a[0].Str())
	unit := pgtime.FindUnit(name)
	if unit == pgtime.UnitUnknown || unit == pgtime.UnitOther && !s.moments {
		return part{}, 0, errUnitUnknown(name, s.typeName)
	}
	p, clock := s.get(c, a[1], unit)
	if p.kind == partMissing {
		return part{}, 0, errUnitNotSupported(name, s.typeName)
	}
	return p, clock, nil
}

func (s partSource) extract(c *Context, a []datum.Datum) (datum.Datum, error) {
	p, clock, err := s.find(c, a)
	if err != nil {
		return datum.Datum{}, err
	}
	switch p.kind {
	case partNull:
		return datum.Datum{}, nil
	case partInfinite:
		return numeric.Inf(int(p.n)), nil
	case partJulian:
		return julianNumeric(p.n, clock)
	case partWideEpoch:
		sum, err := numeric.Sub(datum.NewNumeric(p.n, 0), datum.NewNumeric(epochMicros, 0))
		if err != nil {
			return sum, err
		}
		quotient, err := numeric.Div(sum, datum.NewNumeric(pgtime.MicrosPerSecond, 0))
		if err != nil {
			return quotient, err
		}
		return numeric.Round(quotient, 6)
	case partSum:
		return numeric.Add(datum.NewNumeric(p.n, 0), datum.NewNumeric(clock, 6))
	}
	return datum.NewNumeric(p.n, p.scale), nil
}

func (s partSource) datePart(c *Context, a []datum.Datum) (datum.Datum, error) {
	p, clock, err := s.find(c, a)
	if err != nil {
		return datum.Datum{}, err
	}
	switch p.kind {
	case partNull:
		return datum.Datum{}, nil
	case partInfinite:
		return datum.NewFloat(math.Inf(int(p.n))), nil
	case partJulian:
		return datum.NewFloat(float64(p.n) + float64(clock)/1e6/86400), nil
	case partWideEpoch:
		return datum.NewFloat((float64(p.n) - float64(epochMicros)) / 1e6), nil
	case partSum:
		return datum.NewFloat(p.f), nil
	}
	switch p.scale {
	case 6:
		return datum.NewFloat(float64(p.n) / 1e6), nil
	case 3:
		return datum.NewFloat(float64(p.n) / 1e3), nil
	}
	return datum.NewFloat(float64(p.n)), nil
}

func julianNumeric(day, clock int64) (datum.Datum, error) {
	fraction, err := numeric.Div(datum.NewNumeric(clock, 0), datum.NewNumeric(pgtime.MicrosPerDay, 0))
	if err != nil {
		return fraction, err
	}
	return numeric.Add(datum.NewNumeric(day, 0), fraction)
}

// epochMicros is 1970-01-01 as a timestamp.
const epochMicros = -pgtime.UnixEpoch * pgtime.MicrosPerSecond

func timestampPart(_ *Context, d datum.Datum, unit pgtime.Unit) (part, int64) {
	ts := d.Int()
	if infiniteTimestamp(ts) {
		return infinitePart(ts > 0, unit), 0
	}
	if unit == pgtime.UnitEpoch {
		return epochPart(ts), 0
	}
	f := pgtime.FromTimestamp(ts)
	return momentPart(&f, unit), clockOf(ts)
}

func epochPart(ts int64) part {
	if ts < math.MaxInt64+epochMicros {
		return scaled(ts-epochMicros, 6)
	}
	return part{kind: partWideEpoch, n: ts}
}

func instantPart(c *Context, d datum.Datum, unit pgtime.Unit) (part, int64) {
	ts := d.Int()
	if infiniteTimestamp(ts) {
		return infinitePart(ts > 0, unit), 0
	}
	if unit == pgtime.UnitEpoch {
		return epochPart(ts), 0
	}
	f := pgtime.FromTimestampTZ(ts, c.settings().Location)
	if p := zonePart(f.Zone, unit); p.kind != partMissing {
		return p, 0
	}
	return momentPart(&f, unit), f.ClockMicros()
}

func zonePart(west int, unit pgtime.Unit) part {
	switch unit {
	case pgtime.UnitZone:
		return exact(int64(-west))
	case pgtime.UnitZoneHour:
		return exact(int64(-west / 3600))
	case pgtime.UnitZoneMinute:
		return exact(int64(-west / 60 % 60))
	}
	return part{}
}

// infinitePart is the field of an infinite moment: infinite where the field grows
// forever, NULL where it goes round.
func infinitePart(positive bool, unit pgtime.Unit) part {
	switch unit {
	case pgtime.UnitYear, pgtime.UnitDecade, pgtime.UnitCentury, pgtime.UnitMillennium, pgtime.UnitJulian,
		pgtime.UnitISOYear, pgtime.UnitEpoch:
		if positive {
			return part{kind: partInfinite, n: 1}
		}
		return part{kind: partInfinite, n: -1}
	case pgtime.UnitOther:
		return part{}
	}
	return part{kind: partNull}
}

func momentPart(f *pgtime.Fields, unit pgtime.Unit) part {
	if p := dayPart(f, unit); p.kind != partMissing {
		return p
	}
	return clockPart(f.ClockMicros(), unit)
}

// clockPart is a field of a time of day.
func clockPart(micros int64, unit pgtime.Unit) part {
	switch unit {
	case pgtime.UnitMicroseconds:
		return exact(micros % pgtime.MicrosPerMinute)
	case pgtime.UnitMilliseconds:
		return scaled(micros%pgtime.MicrosPerMinute, 3)
	case pgtime.UnitSecond:
		return scaled(micros%pgtime.MicrosPerMinute, 6)
	case pgtime.UnitMinute:
		return exact(micros / pgtime.MicrosPerMinute % 60)
	case pgtime.UnitHour:
		return exact(micros / pgtime.MicrosPerHour)
	}
	return part{}
}

// dayPart is a field of a date. Year 0 of the fields is 1 BC, which counts as -1.
func dayPart(f *pgtime.Fields, unit pgtime.Unit) part {
	year := int64(f.Year)
	switch unit {
	case pgtime.UnitDay:
		return exact(int64(f.Day))
	case pgtime.UnitMonth:
		return exact(int64(f.Month))
	case pgtime.UnitQuarter:
		return exact(int64((f.Month-1)/3 + 1))
	case pgtime.UnitWeek:
		_, week := pgtime.ISOWeek(f)
		return exact(int64(week))
	case pgtime.UnitYear:
		if year <= 0 {
			year--
		}
		return exact(year)
	case pgtime.UnitDecade:
		if year >= 0 {
			return exact(year / 10)
		}
		return exact(-((8 - (year - 1)) / 10))
	case pgtime.UnitCentury:
		return exact(calendarPeriod(year, 100))
	case pgtime.UnitMillennium:
		return exact(calendarPeriod(year, 1000))
	case pgtime.UnitJulian:
		return part{kind: partJulian, n: int64(pgtime.JulianDay(f.Year, f.Month, f.Day))}
	case pgtime.UnitISOYear:
		isoYear, _ := pgtime.ISOWeek(f)
		if isoYear <= 0 {
			isoYear--
		}
		return exact(int64(isoYear))
	case pgtime.UnitDayOfWeek:
		return exact(int64(f.Weekday))
	case pgtime.UnitISODayOfWeek:
		if f.Weekday == 0 {
			return exact(7)
		}
		return exact(int64(f.Weekday))
	case pgtime.UnitDayOfYear:
		return exact(int64(f.YearDay))
	}
	return part{}
}

// calendarPeriod numbers centuries or millennia: the first begins with year 1.
func calendarPeriod(year, size int64) int64 {
	if year > 0 {
		return (year + size - 1) / size
	}
	return -((size - 1 - (year - 1)) / size)
}

func datePart(_ *Context, d datum.Datum, unit pgtime.Unit) (part, int64) {
	if infiniteDate(d.Int()) {
		// The fields that dates do not have are no fields of infinite ones either.
		finite := pgtime.FromDate(0)
		if unit != pgtime.UnitEpoch && dayPart(&finite, unit).kind == partMissing {
			return part{}, 0
		}
		return infinitePart(d.Int() > 0, unit), 0
	}
	if unit == pgtime.UnitEpoch {
		return exact((d.Int() + pgtime.UnixEpoch/86400) * 86400), 0
	}
	f := pgtime.FromDate(int32(d.Int()))
	p := dayPart(&f, unit)
	if p.kind == partJulian {
		p.kind = partExact
	}
	return p, 0
}

func timePart(_ *Context, d datum.Datum, unit pgtime.Unit) (part, int64) {
	if unit == pgtime.UnitEpoch {
		return scaled(d.Int(), 6), 0
	}
	return clockPart(d.Int(), unit), 0
}

func timeTZPart(_ *Context, d datum.Datum, unit pgtime.Unit) (part, int64) {
	v := d.TimeTZ()
	if unit == pgtime.UnitEpoch {
		return part{kind: partSum, n: int64(v.Zone), f: float64(v.Micros)/1e6 + float64(v.Zone)}, v.Micros
	}
	if p := zonePart(int(v.Zone), unit); p.kind != partMissing {
		return p, 0
	}
	return clockPart(v.Micros, unit), 0
}

func intervalPart(_ *Context, d datum.Datum, unit pgtime.Unit) (part, int64) {
	v := d.Interval()
	years := int64(v.Months / 12)
	switch unit {
	case pgtime.UnitDay:
		return exact(int64(v.Days)), 0
	case pgtime.UnitMonth:
		return exact(int64(v.Months % 12)), 0
	case pgtime.UnitQuarter:
		return exact(int64(v.Months%12/3 + 1)), 0
	case pgtime.UnitYear:
		return exact(years), 0
	case pgtime.UnitDecade:
		return exact(years / 10), 0
	case pgtime.UnitCentury:
		return exact(years / 100), 0
	case pgtime.UnitMillennium:
		return exact(years / 1000), 0
	case pgtime.UnitEpoch:
		return intervalEpoch(v), v.Micros
	}
	return clockPart(v.Micros, unit), 0
}

// intervalEpoch is the length in seconds with years of 365.25 days and months of 30.
func intervalEpoch(v datum.IntervalValue) part {
	const day, quarterDay = 86400, 86400 / 4
	years, months := v.Months/12, v.Months%12
	f := float64(v.Micros) / 1e6
	f += 365.25 * day * float64(years)
	f += 30 * day * float64(months)
	f += day * float64(v.Days)
	return part{kind: partSum, n: (1461*int64(years) + 120*int64(months) + 4*int64(v.Days)) * quarterDay, f: f}
}
