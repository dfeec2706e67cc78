package pgtime

import (
	"math"
	"strconv"
)

// Pieces of a text that dates, times and intervals share: clock times, fractions
// and offsets from Greenwich.

type clock struct {
	hour             int64
	min, sec, micros int
}

// parseClock reads a time of day or of an interval; fields is an interval's
// range of fields, by which two numbers may be minutes and seconds.
func parseClock(text string, fields int) (c clock, err error) {
	var over bool
	rest := text
	if c.hour, rest, over = scanInt(rest); over {
		return c, errOverflow
	}
	if rest == "" || rest[0] != ':' {
		return c, errBadFormat
	}
	if c.min, rest, over = scanInt32(rest[1:]); over {
		return c, errOverflow
	}
	minuteSecond := func() error {
		if !fitsInt32(c.hour) {
			return errOverflow
		}
		c.hour, c.min, c.sec = 0, int(c.hour), c.min
		return nil
	}
	switch {
	case rest == "":
		if fields == rangeMinute|rangeSecond {
			if err := minuteSecond(); err != nil {
				return c, err
			}
		}
	case rest[0] == '.':
		if c.micros, err = fractionMicros(rest); err != nil {
			return c, err
		}
		if err := minuteSecond(); err != nil {
			return c, err
		}
	case rest[0] == ':':
		if c.sec, rest, over = scanInt32(rest[1:]); over {
			return c, errOverflow
		}
		if rest != "" {
			if rest[0] != '.' {
				return c, errBadFormat
			}
			if c.micros, err = fractionMicros(rest); err != nil {
				return c, err
			}
		}
	default:
		return c, errBadFormat
	}
	if c.hour < 0 || c.min < 0 || c.min > 59 || c.sec < 0 || c.sec > 60 || c.micros < 0 || c.micros > 1e6 {
		return c, errOverflow
	}
	return c, nil
}

// fraction reads ".digits" as a number below one.
func fraction(text string) (float64, error) {
	if text == "." {
		return 0, nil
	}
	for i := 1; i < len(text); i++ {
		if !isDigit(text[i]) {
			return 0, errBadFormat
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errBadFormat
	}
	return v, nil
}

func fractionMicros(text string) (int, error) {
	v, err := fraction(text)
	return int(math.RoundToEven(v * 1e6)), err
}

// parseOffset reads +hh, +hhmm, +hh:mm or +hh:mm:ss as seconds west.
func parseOffset(text string) (west int, err error) {
	if text == "" || (text[0] != '+' && text[0] != '-') {
		return 0, errBadFormat
	}
	var hour, minute, second int
	hour, rest, over := scanInt32(text[1:])
	if over {
		return 0, errTZOverflow
	}
	switch {
	case rest != "" && rest[0] == ':':
		if minute, rest, over = scanInt32(rest[1:]); over {
			return 0, errTZOverflow
		}
		if rest != "" && rest[0] == ':' {
			if second, rest, over = scanInt32(rest[1:]); over {
				return 0, errTZOverflow
			}
		}
	case rest == "" && len(text) > 3:
		minute, hour = hour%100, hour/100
	}
	if hour < 0 || hour > 15 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, errTZOverflow
	}
	if rest != "" {
		return 0, errBadFormat
	}
	west = -((hour*60+minute)*60 + second)
	if text[0] == '-' {
		west = -west
	}
	return west, nil
}
