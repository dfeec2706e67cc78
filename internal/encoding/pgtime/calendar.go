package pgtime

import (
	"math"
	"time"
)

// Units of time in microseconds and seconds.
const (
	MicrosPerSecond = int64(1_000_000)
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerHour   = 60 * MicrosPerMinute
	MicrosPerDay    = 24 * MicrosPerHour
	secondsPerDay   = 86400
	daysPerMonth    = 30
)

// The infinities and the bounds of dates and timestamps.
const (
	DateInfinity         = math.MaxInt32
	DateNegInfinity      = math.MinInt32
	TimestampInfinity    = math.MaxInt64
	TimestampNegInfinity = math.MinInt64

	MinTimestamp = int64(-211813488000000000) // 4714-11-24 BC
	EndTimestamp = int64(9223371331200000000) // 294277-01-01, first not allowed
	MinDate      = -EpochJulian               // 4714-11-24 BC
	EndDate      = 2147483494 - EpochJulian   // 5874898-06-03, first not allowed
	EndDateStamp = 109203528 - EpochJulian    // 294277-01-01 as a date
)

// EpochJulian is the Julian day of 2000-01-01; UnixEpoch is 2000-01-01 in Unix seconds.
const (
	EpochJulian = 2451545
	UnixEpoch   = int64(946684800)
)

// Fields is a moment broken down as a calendar and a clock show it. Year 0 is
// 1 BC. Zone is seconds west of Greenwich; Abbrev is the zone's abbreviation when
// it has one.
type Fields struct {
	Year, Month, Day int
	Hour, Min, Sec   int
	Micros           int
	YearDay, Weekday int // 1-366 and 0 (Sunday) to 6
	Zone             int
	Abbrev           string
}

// JulianDay returns the Julian day of a proleptic Gregorian date.
func JulianDay(year, month, day int) int {
	y, m := int64(year), int64(month)
	if m > 2 {
		m++
		y += 4800
	} else {
		m += 13
		y += 4799
	}
	century := floorDiv(y, 100)
	julian := y*365 - 32167
	julian += floorDiv(y, 4) - century + floorDiv(century, 4)
	julian += 7834*m/256 + int64(day)
	return int(julian)
}

// CivilDate returns the date of a Julian day.
func CivilDate(julian int) (year, month, day int) {
	// Days since 0000-03-01, then eras of 400 years of 146097 days each.
	z := int64(julian) - 1721120
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	year = int(yoe + era*400)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// ValidJulian reports whether a date lies in the range that Julian day
// arithmetic supports; dates and timestamps have tighter bounds of their own.
func ValidJulian(year, month int) bool {
	return (year > -4713 || year == -4713 && month >= 11) &&
		(year < 5874898 || year == 5874898 && month < 6)
}

// ValidDate reports whether a finite date is in range.
func ValidDate(days int64) bool { return days >= MinDate && days < EndDate }

// ValidTimestamp reports whether a finite timestamp is in range.
func ValidTimestamp(ts int64) bool { return ts >= MinTimestamp && ts < EndTimestamp }

// IsLeap reports whether a year (0 is 1 BC) has 366 days.
func IsLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

var monthDays = [12]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// DaysIn returns the number of days of a month.
func DaysIn(year, month int) int {
	if month == 2 && IsLeap(year) {
		return 29
	}
	return monthDays[month-1]
}

// Weekday returns the day of the week of a Julian day, 0 for Sunday.
func Weekday(julian int) int {
	d := (julian + 1) % 7
	if d < 0 {
		d += 7
	}
	return d
}

// ClockMicros returns the time of day of the fields in microseconds.
func (f *Fields) ClockMicros() int64 {
	return ((int64(f.Hour)*60+int64(f.Min))*60+int64(f.Sec))*MicrosPerSecond + int64(f.Micros)
}

// SetClock sets the time of day from microseconds since midnight.
func (f *Fields) SetClock(micros int64) {
	f.Hour = int(micros / MicrosPerHour)
	f.Min = int(micros / MicrosPerMinute % 60)
	f.Sec = int(micros / MicrosPerSecond % 60)
	f.Micros = int(micros % MicrosPerSecond)
}

// SetDate sets year, month and day from a Julian day.
func (f *Fields) SetDate(julian int) { f.Year, f.Month, f.Day = CivilDate(julian) }

// FromTimestamp breaks down a finite timestamp without time zone.
func FromTimestamp(ts int64) Fields {
	days := floorDiv(ts, MicrosPerDay)
	var f Fields
	f.SetClock(ts - days*MicrosPerDay)
	julian := int(days) + EpochJulian
	f.SetDate(julian)
	f.YearDay = julian - JulianDay(f.Year, 1, 1) + 1
	f.Weekday = Weekday(julian)
	return f
}

// FromTimestampTZ breaks down a finite timestamp with time zone as clocks in loc
// showed it.
func FromTimestampTZ(ts int64, loc *time.Location) Fields {
	name, east := zoneAt(floorDiv(ts, MicrosPerSecond)+UnixEpoch, loc)
	f := FromTimestamp(ts + int64(east)*MicrosPerSecond)
	f.Zone, f.Abbrev = -east, name
	return f
}

// FromDate breaks down a finite date.
func FromDate(days int32) Fields {
	var f Fields
	julian := int(days) + EpochJulian
	f.SetDate(julian)
	f.YearDay = julian - JulianDay(f.Year, 1, 1) + 1
	f.Weekday = Weekday(julian)
	return f
}

// Date returns the fields' date; ok is false when it is out of range.
func (f *Fields) Date() (days int32, ok bool) {
	if !ValidJulian(f.Year, f.Month) {
		return 0, false
	}
	d := int64(JulianDay(f.Year, f.Month, f.Day)) - EpochJulian
	return int32(d), ValidDate(d)
}

// Timestamp returns the fields as a timestamp, without looking at the zone; ok is
// false when it is out of range.
func (f *Fields) Timestamp() (ts int64, ok bool) {
	ts, ok = f.localMicros()
	return ts, ok && ValidTimestamp(ts)
}

// TimestampTZ returns the fields as an instant, taking f.Zone into account; ok is
// false when it is out of range.
func (f *Fields) TimestampTZ() (ts int64, ok bool) {
	ts, ok = f.localMicros()
	if !ok {
		return 0, false
	}
	ts, ok = addInt64(ts, int64(f.Zone)*MicrosPerSecond)
	return ts, ok && ValidTimestamp(ts)
}

func (f *Fields) localMicros() (int64, bool) {
	if !ValidJulian(f.Year, f.Month) {
		return 0, false
	}
	days := int64(JulianDay(f.Year, f.Month, f.Day)) - EpochJulian
	base, ok := mulInt64(days, MicrosPerDay)
	if !ok {
		return 0, false
	}
	return addInt64(base, f.ClockMicros())
}

func addInt64(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

func mulInt64(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	c := a * b
	if c/b != a || (a == -1 && b == math.MinInt64) || (b == -1 && a == math.MinInt64) {
		return 0, false
	}
	return c, true
}

func fitsInt32(v int64) bool { return v >= math.MinInt32 && v <= math.MaxInt32 }
