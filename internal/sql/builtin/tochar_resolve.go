package builtin

import (
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// The second half of to_date and to_timestamp: one moment from fields that may
// say the same thing in several ways.

func (r *dateReader) outOfRange() error {
	return pgerr.New(pgcode.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", r.text)
}

// finish works out the result from the fields and checks it.
func (r *dateReader) finish() error {
	f := &r.f
	f.Month, f.Day = 1, 1
	if err := r.finishClock(); err != nil {
		return err
	}
	given := r.finishYear()
	if r.julian != 0 {
		f.SetDate(r.julian)
		given = true
	}
	if r.week != 0 {
		if r.convention == 'i' {
			r.isoWeekDate()
			given = true
		} else {
			r.yearDay = (r.week-1)*7 + 1
		}
	}
	if r.monthWeek != 0 {
		r.day = (r.monthWeek-1)*7 + 1
	}
	if r.day != 0 {
		f.Day, given = r.day, true
	}
	if r.month != 0 {
		f.Month, given = r.month, true
	}
	if r.yearDay != 0 && (f.Month <= 1 || f.Day <= 1) {
		if err := r.fromYearDay(); err != nil {
			return err
		}
		given = true
	}
	if given && (f.Month < 1 || f.Month > 12 || f.Day < 1 || f.Day > 31) {
		return r.outOfRange()
	}
	if given && r.wholeDate() && f.Day > pgtime.DaysIn(f.Year, f.Month) {
		return r.outOfRange()
	}
	if f.Hour < 0 || f.Hour >= 24 || f.Min < 0 || f.Min >= 60 || f.Sec < 0 || f.Sec >= 60 || f.Micros < 0 || f.Micros >= 1e6 {
		return r.outOfRange()
	}
	if r.zoneSign != 0 && (r.zoneHour < 0 || r.zoneHour > 15 || r.zoneMinute < 0 || r.zoneMinute >= 60) {
		return pgerr.New(pgcode.InvalidTimeZoneDisplacementValue, "time zone displacement out of range: \"%s\"", r.text)
	}
	return nil
}

// wholeDate reports whether year, month and day are all known.
func (r *dateReader) wholeDate() bool {
	if r.julian != 0 || r.week != 0 && r.convention == 'i' || r.yearDay != 0 && r.convention == 'i' {
		return true
	}
	month := r.month != 0 || r.yearDay != 0
	day := r.day != 0 || r.yearDay != 0
	return (r.year != 0 || r.century != 0) && month && day
}

func (r *dateReader) finishClock() error {
	f := &r.f
	if r.seconds != 0 {
		f.Hour, f.Min, f.Sec = r.seconds/3600, r.seconds%3600/60, r.seconds%60
	}
	if r.second != 0 {
		f.Sec = r.second
	}
	if r.minute != 0 {
		f.Min = r.minute
	}
	if r.hour != 0 {
		f.Hour = r.hour
	}
	f.Micros = r.millis*1000 + r.micros
	if r.twelve == 0 {
		return nil
	}
	switch {
	case f.Hour < 1 || f.Hour > 12:
		return errTemplate("hour \"%d\" is invalid for the 12-hour clock", f.Hour).
			WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
	case r.pm != 0 && f.Hour < 12:
		f.Hour += 12
	case r.pm == 0 && f.Hour == 12:
		f.Hour = 0
	}
	return nil
}

// finishYear combines year, century and era; given is false when there is neither
// year nor century.
func (r *dateReader) finishYear() (given bool) {
	f := &r.f
	switch {
	case r.year != 0 && r.century != 0 && r.yearDigits <= 2:
		// The year is the last two digits of one in the century, which begins
		// with year 1 and ends with a round one.
		if r.bc != 0 {
			r.century = -r.century
		}
		switch f.Year = r.year % 100; {
		case f.Year != 0 && r.century >= 0:
			f.Year += (r.century - 1) * 100
		case f.Year != 0:
			f.Year = (r.century+1)*100 - f.Year + 1
		case r.century >= 0:
			f.Year = r.century * 100
		default:
			f.Year = r.century*100 + 1
		}
	case r.year != 0:
		f.Year = r.year
		if r.bc != 0 {
			f.Year = -f.Year
		}
		if f.Year < 0 {
			f.Year++
		}
	case r.century != 0:
		if r.bc != 0 {
			r.century = -r.century
		}
		f.Year = r.century*100 + 1
		if r.century >= 0 {
			f.Year -= 100
		}
	default:
		return false
	}
	return true
}

// isoWeekDate takes the date from ISO year, week and weekday.
func (r *dateReader) isoWeekDate() {
	start := pgtime.ISOWeekStart(r.f.Year, r.week)
	switch {
	case r.weekday > 1: // weekdays count from Sunday, weeks begin on Monday
		start += r.weekday - 2
	case r.weekday == 1:
		start += 6
	}
	r.f.SetDate(start)
}

// fromYearDay takes month and day from the day of the year, in the convention of
// the other fields.
func (r *dateReader) fromYearDay() error {
	f := &r.f
	if f.Year == 0 && r.bc == 0 {
		return errTemplate("cannot calculate day of year without year information")
	}
	if r.convention == 'i' {
		f.SetDate(pgtime.ISOWeekStart(f.Year, 1) - 1 + r.yearDay)
		return nil
	}
	month, before := 1, 0
	for ; month <= 12; month++ {
		days := pgtime.DaysIn(f.Year, month)
		if r.yearDay <= before+days {
			break
		}
		before += days
	}
	if f.Month <= 1 {
		f.Month = month
	}
	if f.Day <= 1 {
		f.Day = r.yearDay - before
	}
	return nil
}
