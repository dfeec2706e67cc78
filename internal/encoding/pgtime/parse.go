package pgtime

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// ParseDate is the input function of date.
func ParseDate(s string, o *Opts) (int32, error) {
	if f, _, ok := scanISO(s); ok {
		days, _ := f.Date()
		return days, nil
	}
	d := decoder{o: o, zoneAllowed: true}
	if err := d.decode(s, dateSpace); err != nil {
		return 0, inputError(err, s, "date")
	}
	switch d.meaning {
	case spEpoch:
		return int32(JulianDay(1970, 1, 1) - EpochJulian), nil
	case spLate:
		return DateInfinity, nil
	case spEarly:
		return DateNegInfinity, nil
	}
	days, ok := d.f.Date()
	if !ok {
		return 0, errRange("date", s)
	}
	return days, nil
}

// ParseTimestamp is the input function of timestamp; a zone in the input is
// checked and ignored.
func ParseTimestamp(s string, o *Opts) (int64, error) {
	if f, _, ok := scanISO(s); ok {
		ts, _ := f.Timestamp()
		return ts, nil
	}
	d := decoder{o: o, zoneAllowed: true}
	if err := d.decode(s, timestampSpace); err != nil {
		return 0, inputError(err, s, "timestamp")
	}
	if ts, ok := d.specialTimestamp(); ok {
		return ts, nil
	}
	ts, ok := d.f.Timestamp()
	if !ok {
		return 0, errRange("timestamp", s)
	}
	return ts, nil
}

// ParseTimestampTZ is the input function of timestamptz.
func ParseTimestampTZ(s string, o *Opts) (int64, error) {
	if f, zoned, ok := scanISO(s); ok {
		if !zoned {
			f.Zone = ZoneOffset(&f, o.Location)
		}
		ts, _ := f.TimestampTZ()
		return ts, nil
	}
	d := decoder{o: o, zoneAllowed: true}
	if err := d.decode(s, timestampSpace); err != nil {
		return 0, inputError(err, s, "timestamp with time zone")
	}
	if ts, ok := d.specialTimestamp(); ok {
		return ts, nil
	}
	ts, ok := d.f.TimestampTZ()
	if !ok {
		return 0, errRange("timestamp", s)
	}
	return ts, nil
}

func (d *decoder) specialTimestamp() (int64, bool) {
	switch d.meaning {
	case spEpoch:
		return -UnixEpoch * MicrosPerSecond, true
	case spLate:
		return TimestampInfinity, true
	case spEarly:
		return TimestampNegInfinity, true
	}
	return 0, false
}

// ParseTime is the input function of time; a zone in the input is checked and
// ignored. The result is in microseconds since midnight.
func ParseTime(s string, o *Opts) (int64, error) {
	d := decoder{o: o, zoneAllowed: true}
	if err := d.decodeTimeOnly(s, dateSpace); err != nil {
		return 0, inputError(err, s, "time")
	}
	return d.f.ClockMicros(), nil
}

// ParseTimeTZ is the input function of timetz.
func ParseTimeTZ(s string, o *Opts) (datum.TimeTZValue, error) {
	d := decoder{o: o, zoneAllowed: true}
	if err := d.decodeTimeOnly(s, dateSpace); err != nil {
		return datum.TimeTZValue{}, inputError(err, s, "time with time zone")
	}
	return datum.TimeTZValue{Micros: d.f.ClockMicros(), Zone: int32(d.f.Zone)}, nil
}

// maxPrecision is the number of digits of fractional seconds.
const maxPrecision = 6

var roundingUnit = [maxPrecision + 1]int64{1000000, 100000, 10000, 1000, 100, 10, 1}

// roundMicros rounds to a number of fractional digits, halves away from zero.
func roundMicros(v int64, precision int32) int64 {
	unit := roundingUnit[precision]
	if v >= 0 {
		return (v + unit/2) / unit * unit
	}
	return -((-v + unit/2) / unit * unit)
}

// AdjustTimestamp applies a type modifier (digits of fractional seconds, -1 for
// none) to a timestamp or timestamptz.
func AdjustTimestamp(ts int64, typmod int32) (int64, error) {
	if typmod < 0 || typmod >= maxPrecision || ts == TimestampInfinity || ts == TimestampNegInfinity {
		if typmod > maxPrecision {
			return 0, pgerr.New(pgcode.InvalidParameterValue, "timestamp(%d) precision must be between %d and %d", typmod, 0, maxPrecision)
		}
		return ts, nil
	}
	return roundMicros(ts, typmod), nil
}

// AdjustTime applies a type modifier to a time of day in microseconds.
func AdjustTime(micros int64, typmod int32) int64 {
	if typmod < 0 || typmod >= maxPrecision {
		return micros
	}
	return roundMicros(micros, typmod)
}

// Interval type modifiers hold a precision in the low half and a set of fields,
// by PostgreSQL's numbers of them, in the high half.
const (
	fullPrecision = 0xFFFF
	fullRange     = 0x7FFF

	rangeMonth  = 1 << 1
	rangeYear   = 1 << 2
	rangeDay    = 1 << 3
	rangeHour   = 1 << 10
	rangeMinute = 1 << 11
	rangeSecond = 1 << 12
)

func intervalRange(typmod int32) int {
	if typmod < 0 {
		return fullRange
	}
	return int(typmod>>16) & fullRange
}

// AdjustInterval applies an interval type modifier: fields below the range's
// last one are cut off, fractional seconds are rounded.
func AdjustInterval(v datum.IntervalValue, typmod int32) (datum.IntervalValue, error) {
	if typmod < 0 {
		return v, nil
	}
	switch intervalRange(typmod) {
	case rangeYear:
		v.Months, v.Days, v.Micros = v.Months/12*12, 0, 0
	case rangeMonth, rangeYear | rangeMonth:
		v.Days, v.Micros = 0, 0
	case rangeDay:
		v.Micros = 0
	case rangeHour, rangeDay | rangeHour:
		v.Micros = v.Micros / MicrosPerHour * MicrosPerHour
	case rangeMinute, rangeHour | rangeMinute, rangeDay | rangeHour | rangeMinute:
		v.Micros = v.Micros / MicrosPerMinute * MicrosPerMinute
	}
	precision := typmod & 0xFFFF
	if precision == fullPrecision {
		return v, nil
	}
	if precision > maxPrecision {
		return v, pgerr.New(pgcode.InvalidParameterValue, "interval(%d) precision must be between %d and %d", precision, 0, maxPrecision)
	}
	v.Micros = roundInterval(v.Micros, precision)
	return v, nil
}

// roundInterval keeps a value that would overflow when rounded.
func roundInterval(v int64, precision int32) int64 {
	half := roundingUnit[precision] / 2
	if v > math.MaxInt64-half || v < math.MinInt64+half+1 {
		return v
	}
	return roundMicros(v, precision)
}
