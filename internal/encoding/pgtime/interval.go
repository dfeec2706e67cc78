package pgtime

import (
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// ParseInterval is the input function of interval, with its type modifier (-1
// for none), which also says what a number without a unit means.
func ParseInterval(s string, typmod int32, o *Opts) (datum.IntervalValue, error) {
	var b span
	err := b.parse(s, intervalRange(typmod), o)
	if err == errBadFormat {
		b = span{}
		err = b.parseISO(s)
	}
	if err != nil {
		if err == errOverflow {
			err = errInterval
		}
		return datum.IntervalValue{}, inputError(err, s, "interval")
	}
	v, ok := b.value()
	if !ok {
		return v, pgerr.New(pgcode.DatetimeValueOutOfRange, "interval out of range")
	}
	return AdjustInterval(v, typmod)
}

// span is an interval being put together. Its methods return false on overflow.
type span struct {
	years, months, days int32
	micros              int64
}

func (b *span) value() (datum.IntervalValue, bool) {
	months := int64(b.years)*12 + int64(b.months)
	return datum.IntervalValue{Months: int32(months), Days: b.days, Micros: b.micros}, fitsInt32(months)
}

func addInt32(dst *int32, v int64) bool {
	sum := int64(*dst) + v
	if !fitsInt32(v) || !fitsInt32(sum) {
		return false
	}
	*dst = int32(sum)
	return true
}

// addFraction adds a fraction of a unit of so many microseconds, rounded.
func (b *span) addFraction(f float64, unit int64) bool {
	if f == 0 {
		return true
	}
	f *= float64(unit)
	micros := int64(f)
	switch f -= float64(micros); {
	case f > 0.5:
		micros++
	case f < -0.5:
		micros--
	}
	sum, ok := addInt64(b.micros, micros)
	b.micros = sum
	return ok
}

func (b *span) addMicros(v int64, f float64, unit int64) bool {
	product, ok := mulInt64(v, unit)
	if !ok {
		return false
	}
	sum, ok := addInt64(b.micros, product)
	b.micros = sum
	return ok && b.addFraction(f, unit)
}

func (b *span) addDays(v, scale int64) bool {
	return fitsInt32(v) && addInt32(&b.days, v*scale)
}

// addFractionDays adds a fraction of a unit of so many days; what remains of a
// day becomes time.
func (b *span) addFractionDays(f float64, scale int64) bool {
	if f == 0 {
		return true
	}
	f *= float64(scale)
	whole := int64(f)
	return addInt32(&b.days, whole) && b.addFraction(f-float64(whole), MicrosPerDay)
}

func (b *span) addMonths(v int64) bool { return addInt32(&b.months, v) }

func (b *span) addYears(v, scale int64) bool {
	return fitsInt32(v) && addInt32(&b.years, v*scale)
}

func (b *span) addFractionYears(f float64, scale int64) bool {
	return addInt32(&b.months, int64(math.RoundToEven(f*float64(scale)*12)))
}

// addUnit adds v + f of a unit and returns the field it counts as.
func (b *span) addUnit(unit kind, v int64, f float64) (got mask, err error) {
	ok := true
	got = bit(unit)
	switch unit {
	case kMicros:
		ok = b.addMicros(v, f, 1)
	case kMillis:
		ok = b.addMicros(v, f, 1000)
	case kSecond:
		ok = b.addMicros(v, f, MicrosPerSecond)
		if f != 0 {
			got = maskSecs
		}
	case kMinute:
		ok = b.addMicros(v, f, MicrosPerMinute)
	case kHour:
		ok = b.addMicros(v, f, MicrosPerHour)
	case kDay:
		ok = b.addDays(v, 1) && b.addFraction(f, MicrosPerDay)
	case kWeek:
		ok = b.addDays(v, 7) && b.addFractionDays(f, 7)
	case kMonth:
		ok = b.addMonths(v) && b.addFractionDays(f, daysPerMonth)
	case kYear:
		ok = b.addYears(v, 1) && b.addFractionYears(f, 1)
	case kDecade:
		ok = b.addYears(v, 10) && b.addFractionYears(f, 10)
	case kCentury:
		ok = b.addYears(v, 100) && b.addFractionYears(f, 100)
	case kMillennium:
		ok = b.addYears(v, 1000) && b.addFractionYears(f, 1000)
	default:
		return 0, errBadFormat
	}
	if !ok {
		return 0, errOverflow
	}
	return got, nil
}

// defaultUnit is the unit of a number without one, by the range of fields.
func defaultUnit(fields int) kind {
	switch fields {
	case rangeYear:
		return kYear
	case rangeMonth, rangeYear | rangeMonth:
		return kMonth
	case rangeDay:
		return kDay
	case rangeHour, rangeDay | rangeHour:
		return kHour
	case rangeMinute, rangeHour | rangeMinute, rangeDay | rangeHour | rangeMinute:
		return kMinute
	}
	return kSecond
}

// parse reads the traditional and SQL standard forms, from the end backwards so
// that a unit is known before its number.
func (b *span) parse(s string, fields int, o *Opts) error {
	list, ok := split(s, intervalSpace)
	if !ok {
		return errBadFormat
	}
	negate := allNegative(list, o)
	var seen mask
	unit := kIgnore
	ago := false
	for i := len(list) - 1; i >= 0; i-- {
		text := list[i].text
		var got mask
		var err error
		switch list[i].typ {
		case fTime:
			unit, got = kDay, maskTime
			err = b.clock(text, fields, false, negate)
		case fTZ:
			if strings.IndexByte(text[1:], ':') >= 0 {
				if b.clock(text[1:], fields, text[0] == '-', negate) == nil {
					unit, got = kDay, maskTime
					break
				}
			}
			unit, got, err = b.number(text, unit, fields, negate)
		case fDate, fNumber:
			unit, got, err = b.number(text, unit, fields, negate)
		default:
			w := lookupUnit(text)
			switch w.kind {
			case kIgnore:
				// The word is noise, but the number before it has no unit.
				unit = kIgnore
				continue
			case kUnits:
				unit = kind(w.value)
			case kAgo:
				ago, unit = true, kUnknown // a number right before it lacks its unit
			default:
				return errBadFormat
			}
		}
		if err != nil {
			return err
		}
		if got&seen != 0 {
			return errBadFormat
		}
		seen |= got
	}
	if seen == 0 {
		return errBadFormat
	}
	if ago {
		return b.negate()
	}
	return nil
}

// allNegative reports whether the SQL standard's rule applies that a leading
// minus negates every field: no other field has a sign of its own.
func allNegative(list []field, o *Opts) bool {
	if o.IntervalStyle != IntervalSQLStandard || len(list) == 0 || list[0].text[0] != '-' {
		return false
	}
	for _, f := range list[1:] {
		if f.text[0] == '-' || f.text[0] == '+' {
			return false
		}
	}
	return true
}

func (b *span) negate() error {
	if b.micros == math.MinInt64 || b.days == math.MinInt32 || b.months == math.MinInt32 || b.years == math.MinInt32 {
		return errOverflow
	}
	b.micros, b.days, b.months, b.years = -b.micros, -b.days, -b.months, -b.years
	return nil
}

func (b *span) clock(text string, fields int, minus, negate bool) error {
	c, err := parseClock(text, fields)
	if err != nil {
		return err
	}
	v := span{micros: int64(c.micros)}
	if !v.addMicros(c.hour, 0, MicrosPerHour) || !v.addMicros(int64(c.min), 0, MicrosPerMinute) ||
		!v.addMicros(int64(c.sec), 0, MicrosPerSecond) {
		return errOverflow
	}
	if minus || negate && v.micros > 0 {
		v.micros = -v.micros
	}
	b.micros = v.micros
	return nil
}

// number reads a count of units, or years-months. It returns the unit that a
// number before this one has when it names none.
func (b *span) number(text string, unit kind, fields int, negate bool) (next kind, got mask, err error) {
	if unit == kIgnore {
		unit = defaultUnit(fields)
	}
	v, rest, over := scanInt(text)
	if over {
		return 0, 0, errOverflow
	}
	var f float64
	switch {
	case rest == "":
	case rest[0] == '-':
		unit = kMonth
		if v, err = yearsMonths(v, rest[1:], text[0] == '-'); err != nil {
			return 0, 0, err
		}
	case rest[0] == '.':
		if f, err = fraction(rest); err != nil {
			return 0, 0, err
		}
		if text[0] == '-' {
			f = -f
		}
	default:
		return 0, 0, errBadFormat
	}
	if negate {
		v, f = min(v, -v), min(f, -f)
	}
	got, err = b.addUnit(unit, v, f)
	if unit == kHour {
		unit = kDay
	}
	return unit, got, err
}

func yearsMonths(years int64, rest string, negative bool) (int64, error) {
	months, rest, over := scanInt32(rest)
	if over || months < 0 || months >= 12 {
		return 0, errOverflow
	}
	if rest != "" {
		return 0, errBadFormat
	}
	if negative {
		months = -months
	}
	v, ok := mulInt64(years, 12)
	if ok {
		v, ok = addInt64(v, int64(months))
	}
	if !ok {
		return 0, errOverflow
	}
	return v, nil
}
