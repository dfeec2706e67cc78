package pgtime

import (
	"strconv"

	"github.com/driftdb/driftdb/internal/datum"
)

var (
	shortDays   = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	shortMonths = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// AppendDate appends a date in the session's style.
func AppendDate(dst []byte, days int32, o *Opts) []byte {
	switch days {
	case DateInfinity:
		return append(dst, "infinity"...)
	case DateNegInfinity:
		return append(dst, "-infinity"...)
	}
	f := FromDate(days)
	dst = appendDay(dst, &f, o)
	return appendEra(dst, f.Year)
}

// appendDay appends the date in figures; the Postgres style with dashes.
func appendDay(dst []byte, f *Fields, o *Opts) []byte {
	first, second, sep := f.Month, f.Day, byte('/')
	switch o.DateStyle {
	case StyleISO:
		dst = appendPadded(dst, eraYear(f.Year), 4)
		dst = appendPadded(append(dst, '-'), f.Month, 2)
		return appendPadded(append(dst, '-'), f.Day, 2)
	case StyleGerman:
		first, second, sep = f.Day, f.Month, '.'
	case StylePostgres:
		sep = '-'
		fallthrough
	default:
		if o.DateOrder == OrderDMY {
			first, second = second, first
		}
	}
	dst = append(appendPadded(dst, first, 2), sep)
	dst = append(appendPadded(dst, second, 2), sep)
	return appendPadded(dst, eraYear(f.Year), 4)
}

func eraYear(year int) int {
	if year <= 0 {
		return 1 - year
	}
	return year
}

func appendEra(dst []byte, year int) []byte {
	if year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

// AppendTime appends a time of day.
func AppendTime(dst []byte, micros int64, _ *Opts) []byte {
	var f Fields
	f.SetClock(micros)
	return appendClock(dst, &f)
}

// AppendTimeTZ appends a time of day and its offset.
func AppendTimeTZ(dst []byte, v datum.TimeTZValue, o *Opts) []byte {
	return AppendOffset(AppendTime(dst, v.Micros, o), int(v.Zone))
}

func appendClock(dst []byte, f *Fields) []byte {
	dst = appendPadded(dst, f.Hour, 2)
	dst = appendPadded(append(dst, ':'), f.Min, 2)
	dst = appendPadded(append(dst, ':'), f.Sec, 2)
	return appendFraction(dst, int64(f.Micros))
}

// appendFraction appends .ffffff without trailing zeros, nothing for 0.
func appendFraction(dst []byte, micros int64) []byte {
	if micros == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), int(micros), 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendOffset appends a displacement given in seconds west: +02, -03:30, +00:19:32.
func AppendOffset(dst []byte, west int) []byte {
	sign, abs := byte('+'), -west
	if west > 0 {
		sign, abs = '-', west
	}
	dst = appendPadded(append(dst, sign), abs/3600, 2)
	if abs%3600 != 0 {
		dst = appendPadded(append(dst, ':'), abs/60%60, 2)
	}
	if abs%60 != 0 {
		dst = appendPadded(append(dst, ':'), abs%60, 2)
	}
	return dst
}

// AppendTimestamp appends a timestamp without time zone in the session's style.
func AppendTimestamp(dst []byte, ts int64, o *Opts) []byte {
	if dst, ok := appendInfinity(dst, ts); ok {
		return dst
	}
	f := FromTimestamp(ts)
	return appendMoment(dst, &f, false, o)
}

// AppendTimestampTZ appends a timestamp with time zone as the session's clocks
// show it.
func AppendTimestampTZ(dst []byte, ts int64, o *Opts) []byte {
	if dst, ok := appendInfinity(dst, ts); ok {
		return dst
	}
	f := FromTimestampTZ(ts, o.Location)
	return appendMoment(dst, &f, true, o)
}

func appendInfinity(dst []byte, ts int64) ([]byte, bool) {
	switch ts {
	case TimestampInfinity:
		return append(dst, "infinity"...), true
	case TimestampNegInfinity:
		return append(dst, "-infinity"...), true
	}
	return dst, false
}

func appendMoment(dst []byte, f *Fields, zone bool, o *Opts) []byte {
	if o.DateStyle == StylePostgres {
		dst = append(append(dst, shortDays[f.Weekday]...), ' ')
		if o.DateOrder == OrderDMY {
			dst = append(appendPadded(dst, f.Day, 2), ' ')
			dst = append(dst, shortMonths[f.Month-1]...)
		} else {
			dst = append(append(dst, shortMonths[f.Month-1]...), ' ')
			dst = appendPadded(dst, f.Day, 2)
		}
		dst = append(appendClock(append(dst, ' '), f), ' ')
		dst = appendPadded(dst, eraYear(f.Year), 4)
	} else {
		dst = append(appendDay(dst, f, o), ' ')
		dst = appendClock(dst, f)
	}
	if zone {
		dst = appendMomentZone(dst, f, o)
	}
	return appendEra(dst, f.Year)
}

// appendMomentZone appends the offset in ISO style, else the abbreviation.
func appendMomentZone(dst []byte, f *Fields, o *Opts) []byte {
	if o.DateStyle == StyleISO {
		return AppendOffset(dst, f.Zone)
	}
	dst = append(dst, ' ')
	if f.Abbrev == "" {
		return AppendOffset(dst, f.Zone)
	}
	return append(dst, f.Abbrev[:min(len(f.Abbrev), 10)]...)
}

// appendPadded appends n (>= 0) with at least width digits.
func appendPadded(dst []byte, n, width int) []byte {
	if width == 2 && n < 100 {
		return append(dst, byte('0'+n/10), byte('0'+n%10))
	}
	var buf [20]byte
	digits := strconv.AppendInt(buf[:0], int64(n), 10)
	for i := len(digits); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}
