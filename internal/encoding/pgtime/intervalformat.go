package pgtime

import (
	"strconv"

	"github.com/driftdb/driftdb/internal/datum"
)

// IntervalFields is an interval broken down for people; all fields of one of its
// three parts have the same sign.
type IntervalFields struct {
	Years, Months, Days int64
	Hours               int64
	Min, Sec, Micros    int64
}

// BreakInterval breaks an interval down.
func BreakInterval(v datum.IntervalValue) IntervalFields {
	return IntervalFields{
		Years: int64(v.Months / 12), Months: int64(v.Months % 12), Days: int64(v.Days),
		Hours: v.Micros / MicrosPerHour, Min: v.Micros / MicrosPerMinute % 60,
		Sec: v.Micros / MicrosPerSecond % 60, Micros: v.Micros % MicrosPerSecond,
	}
}

// AppendInterval appends an interval in the session's style.
func AppendInterval(dst []byte, v datum.IntervalValue, o *Opts) []byte {
	p := BreakInterval(v)
	switch o.IntervalStyle {
	case IntervalPostgresVerbose:
		return appendVerbose(dst, &p, v.Micros)
	case IntervalSQLStandard:
		return appendSQLInterval(dst, &p, v)
	case IntervalISO8601:
		return appendISOInterval(dst, &p, v)
	}
	return appendPostgres(dst, &p, v)
}

func abs64(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// appendSeconds appends seconds without sign, padded to two digits or not.
func appendSeconds(dst []byte, p *IntervalFields, width int) []byte {
	dst = appendPadded(dst, int(abs64(p.Sec)), width)
	return appendFraction(dst, abs64(p.Micros))
}

func appendHMS(dst []byte, p *IntervalFields, width int) []byte {
	dst = appendPadded(dst, int(abs64(p.Hours)), width)
	dst = appendPadded(append(dst, ':'), int(abs64(p.Min)), 2)
	return appendSeconds(append(dst, ':'), p, 2)
}

// appendPostgres prints 1 year -2 mons +3 days -04:05:06: a plus follows a minus.
func appendPostgres(dst []byte, p *IntervalFields, v datum.IntervalValue) []byte {
	empty, wasNegative := true, false
	for _, part := range [...]struct {
		n    int64
		unit string
	}{{p.Years, " year"}, {p.Months, " mon"}, {p.Days, " day"}} {
		if part.n == 0 {
			continue
		}
		if !empty {
			dst = append(dst, ' ')
		}
		if wasNegative && part.n > 0 {
			dst = append(dst, '+')
		}
		dst = append(strconv.AppendInt(dst, part.n, 10), part.unit...)
		if part.n != 1 {
			dst = append(dst, 's')
		}
		empty, wasNegative = false, part.n < 0
	}
	if v.Micros == 0 && !empty {
		return dst
	}
	if !empty {
		dst = append(dst, ' ')
	}
	if v.Micros < 0 {
		dst = append(dst, '-')
	} else if wasNegative {
		dst = append(dst, '+')
	}
	return appendHMS(dst, p, 2)
}

// appendVerbose prints @ 1 year 2 mons ago: the first part's sign decides.
func appendVerbose(dst []byte, p *IntervalFields, micros int64) []byte {
	dst = append(dst, '@')
	empty, ago := true, false
	for _, part := range [...]struct {
		n    int64
		unit string
	}{{p.Years, " year"}, {p.Months, " mon"}, {p.Days, " day"}, {p.Hours, " hour"}, {p.Min, " min"}} {
		if part.n == 0 {
			continue
		}
		n := part.n
		if empty {
			ago = n < 0
		}
		if ago {
			n = -n
		}
		dst = append(strconv.AppendInt(append(dst, ' '), n, 10), part.unit...)
		if n != 1 {
			dst = append(dst, 's')
		}
		empty = false
	}
	if p.Sec != 0 || p.Micros != 0 {
		dst = append(dst, ' ')
		switch {
		case empty:
			ago = micros < 0
		case ago != (micros < 0):
			dst = append(dst, '-')
		}
		dst = append(appendSeconds(dst, p, 1), " sec"...)
		if abs64(p.Sec) != 1 || p.Micros != 0 {
			dst = append(dst, 's')
		}
		empty = false
	}
	if empty {
		dst = append(dst, " 0"...)
	}
	if ago {
		dst = append(dst, " ago"...)
	}
	return dst
}

// appendSQLInterval prints the SQL standard's literals where the value is one,
// else all parts with their signs.
func appendSQLInterval(dst []byte, p *IntervalFields, v datum.IntervalValue) []byte {
	negative := v.Months < 0 || v.Days < 0 || v.Micros < 0
	positive := v.Months > 0 || v.Days > 0 || v.Micros > 0
	yearMonth, dayTime := v.Months != 0, v.Days != 0 || v.Micros != 0
	if !negative && !positive {
		return append(dst, '0')
	}
	if negative && positive || yearMonth && dayTime {
		sign := func(dst []byte, n int64) []byte {
			if n < 0 {
				return append(dst, '-')
			}
			return append(dst, '+')
		}
		dst = appendYearMonth(sign(dst, int64(v.Months)), p)
		dst = strconv.AppendInt(sign(append(dst, ' '), p.Days), abs64(p.Days), 10)
		return appendHMS(sign(append(dst, ' '), v.Micros), p, 1)
	}
	if negative {
		dst = append(dst, '-')
	}
	switch {
	case yearMonth:
		return appendYearMonth(dst, p)
	case v.Days != 0:
		dst = append(strconv.AppendInt(dst, abs64(p.Days), 10), ' ')
	}
	return appendHMS(dst, p, 1)
}

func appendYearMonth(dst []byte, p *IntervalFields) []byte {
	dst = append(strconv.AppendInt(dst, abs64(p.Years), 10), '-')
	return strconv.AppendInt(dst, abs64(p.Months), 10)
}

// appendISOInterval prints P1Y2M3DT4H5M6.7S.
func appendISOInterval(dst []byte, p *IntervalFields, v datum.IntervalValue) []byte {
	if v == (datum.IntervalValue{}) {
		return append(dst, "PT0S"...)
	}
	dst = append(dst, 'P')
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	part(p.Years, 'Y')
	part(p.Months, 'M')
	part(p.Days, 'D')
	if v.Micros == 0 {
		return dst
	}
	dst = append(dst, 'T')
	part(p.Hours, 'H')
	part(p.Min, 'M')
	if p.Sec != 0 || p.Micros != 0 {
		if v.Micros < 0 {
			dst = append(dst, '-')
		}
		dst = append(appendSeconds(dst, p, 1), 'S')
	}
	return dst
}
