package pgtime

import (
	"math"
	"strconv"
	"strings"
)

// parseISO reads ISO 8601's formats with designators (P1Y2M3DT4H5M6S) and its
// alternative ones (P0001-02-03T04:05:06, P00010203T040506).
func (b *span) parseISO(s string) error {
	if len(s) < 2 || s[0] != 'P' {
		return errBadFormat
	}
	p := isoParser{span: b, rest: s[1:]}
	for p.rest != "" {
		if p.rest[0] == 'T' {
			p.time, p.some, p.rest = true, false, p.rest[1:]
			continue
		}
		step := p.datePart
		if p.time {
			step = p.timePart
		}
		done, err := step()
		if done || err != nil {
			return err
		}
	}
	return nil
}

type isoParser struct {
	*span
	rest string
	time bool // after T
	some bool // a field with a designator was read in this half
}

// isoUnits are the designators of the date and time halves.
var isoUnits = [2]map[byte]kind{
	{'Y': kYear, 'M': kMonth, 'W': kWeek, 'D': kDay},
	{'H': kHour, 'M': kMinute, 'S': kSecond},
}

// number reads what strtod would: a decimal number, also with an exponent.
func (p *isoParser) number() (whole int64, frac float64, err error) {
	if p.rest == "" || !(isDigit(p.rest[0]) || p.rest[0] == '-' || p.rest[0] == '.') {
		return 0, 0, errBadFormat
	}
	v, n := scanFloat(p.rest)
	if n == 0 || math.IsInf(v, 0) {
		return 0, 0, errBadFormat
	}
	p.rest = p.rest[n:]
	if v < -1e15 || v > 1e15 {
		return 0, 0, errOverflow
	}
	whole = int64(v)
	return whole, v - float64(whole), nil
}

// unit takes the character after a number; 0 at the end.
func (p *isoParser) unit() byte {
	if p.rest == "" {
		return 0
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c
}

func check(ok bool) error {
	if !ok {
		return errOverflow
	}
	return nil
}

// add adds one whole field read from rest.
func (p *isoParser) add(unit kind) error {
	v, f, err := p.number()
	if err == nil {
		_, err = p.addUnit(unit, v, f)
	}
	return err
}

func (p *isoParser) datePart() (done bool, err error) {
	start := p.rest
	v, f, err := p.number()
	if err != nil {
		return false, err
	}
	c := p.unit()
	if unit, ok := isoUnits[0][c]; ok {
		p.some = true
		_, err = p.addUnit(unit, v, f)
		return false, err
	}
	if (c == 'T' || c == 0) && wholeWidth(start) == 8 && !p.some {
		err = check(p.addYears(v/10000, 1) && p.addMonths(v/100%100) && p.addDays(v%100, 1) && p.addFraction(f, MicrosPerDay))
		p.time, p.some = true, false
		return c == 0, err
	}
	if (c != 'T' && c != 0 && c != '-') || p.some {
		return false, errBadFormat
	}
	// Year, then perhaps -month and -day.
	if _, err = p.addUnit(kYear, v, f); err != nil {
		return false, err
	}
	for _, unit := range []kind{kMonth, kDay} {
		switch c {
		case 0:
			return true, nil
		case 'T':
			p.time, p.some = true, false
			return false, nil
		case '-':
			if err = p.add(unit); err != nil {
				return false, err
			}
			c = p.unit()
		default:
			return false, errBadFormat
		}
	}
	switch c {
	case 0:
		return true, nil
	case 'T':
		p.time, p.some = true, false
		return false, nil
	}
	return false, errBadFormat
}

func (p *isoParser) timePart() (done bool, err error) {
	start := p.rest
	v, f, err := p.number()
	if err != nil {
		return false, err
	}
	c := p.unit()
	if unit, ok := isoUnits[1][c]; ok {
		p.some = true
		_, err = p.addUnit(unit, v, f)
		return false, err
	}
	if c == 0 && wholeWidth(start) == 6 && !p.some {
		return true, check(p.addMicros(v/10000, 0, MicrosPerHour) && p.addMicros(v/100%100, 0, MicrosPerMinute) &&
			p.addMicros(v%100, 0, MicrosPerSecond) && p.addFraction(f, 1)) // PostgreSQL 15 takes the fraction for microseconds
	}
	if (c != 0 && c != ':') || p.some {
		return false, errBadFormat
	}
	// Hours, then perhaps :minutes and :seconds.
	if _, err = p.addUnit(kHour, v, f); err != nil {
		return false, err
	}
	for _, unit := range []kind{kMinute, kSecond} {
		if c == 0 {
			return true, nil
		}
		if c != ':' {
			return false, errBadFormat
		}
		if err = p.add(unit); err != nil {
			return false, err
		}
		c = p.unit()
	}
	if c != 0 {
		return false, errBadFormat
	}
	return true, nil
}

// wholeWidth counts the digits before the point of a number with optional sign.
func wholeWidth(s string) int {
	s = strings.TrimPrefix(s, "-")
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// scanFloat reads the longest decimal number at the front of s and its length.
func scanFloat(s string) (v float64, n int) {
	digits := 0
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		n++
	}
	for n < len(s) && isDigit(s[n]) {
		n, digits = n+1, digits+1
	}
	if n < len(s) && s[n] == '.' {
		n++
		for n < len(s) && isDigit(s[n]) {
			n, digits = n+1, digits+1
		}
	}
	if digits == 0 {
		return 0, 0
	}
	if n < len(s) && s[n]|0x20 == 'e' {
		e := n + 1
		if e < len(s) && (s[e] == '-' || s[e] == '+') {
			e++
		}
		if e < len(s) && isDigit(s[e]) {
			for e < len(s) && isDigit(s[e]) {
				e++
			}
			n = e
		}
	}
	v, err := strconv.ParseFloat(s[:n], 64)
	if err != nil {
		return math.Inf(1), n
	}
	return v, n
}
