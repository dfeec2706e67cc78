package pgtime

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// decoder finds out what the fields of a date or time string mean. The order of
// its decisions is PostgreSQL's, whose manual describes it in appendix B.1.
type decoder struct {
	o           *Opts
	zoneAllowed bool
	timeOnly    bool

	f       Fields
	meaning special // spNone for a value in f
	seen    mask

	label      kind // previous word said what the next number is; 0 for none
	labelTime  bool // previous word was "t": a time must follow
	textMonth  bool
	twoDigits  bool // the year had one or two digits
	julian     bool
	bc         bool
	meridian   int
	zone       *time.Location
	zoneAbbrev *abbrev
}

// noLabel is the zero label: kReserved is never a label.
const noLabel = kReserved

// decode reads a date with an optional time.
func (d *decoder) decode(s string, space int) error {
	fields, ok := split(s, space)
	if !ok {
		return errBadFormat
	}
	for i := range fields {
		got, err := d.field(fields, i)
		if err != nil {
			return err
		}
		if got&d.seen != 0 {
			return errBadFormat
		}
		d.seen |= got
	}
	if err := d.finishDate(); err != nil {
		return err
	}
	if d.meaning != spNone {
		return nil
	}
	if d.seen&maskDate != maskDate {
		return errBadFormat
	}
	return d.finishZone()
}

func (d *decoder) field(fields []field, i int) (mask, error) {
	text := fields[i].text
	switch fields[i].typ {
	case fDate:
		return d.dateField(text)
	case fTime:
		// A "t" may have announced it; no other label fits.
		if d.label != noLabel {
			return 0, errBadFormat
		}
		d.labelTime = false
		if err := d.clock(text); err != nil {
			return 0, err
		}
		if d.overflows() {
			return 0, errOverflow
		}
		return maskTime, nil
	case fTZ:
		return d.offsetField(text)
	case fNumber:
		if d.labelTime || d.label != noLabel {
			return d.labelled(text)
		}
		return d.numberField(text)
	}
	return d.wordField(fields, i)
}

func (d *decoder) offsetField(text string) (mask, error) {
	if !d.zoneAllowed {
		return 0, errBadFormat
	}
	west, err := parseOffset(text)
	if err != nil {
		return 0, err
	}
	d.f.Zone = west
	return bit(kTZ), nil
}

// dateField handles text with date separators: a date, but also a Julian day or
// time with a zone attached, or a zone's name.
func (d *decoder) dateField(text string) (mask, error) {
	switch {
	case d.label == kJulian:
		day, rest, over := scanInt32(text)
		if over || day < 0 {
			return 0, errOverflow
		}
		d.f.SetDate(day)
		d.julian, d.label = true, noLabel
		west, err := parseOffset(rest)
		if err != nil {
			return 0, err
		}
		d.f.Zone = west
		return maskDate | maskTime | bit(kTZ), nil
	case d.labelTime || d.label != noLabel || d.seen&(bit(kMonth)|bit(kDay)) == bit(kMonth)|bit(kDay):
		if d.label != noLabel {
			return 0, errBadFormat
		}
		if isDigit(text[0]) || d.labelTime {
			d.labelTime = false
			if d.seen&maskTime == maskTime {
				return 0, errBadFormat
			}
			return d.timeWithOffset(text, d.seen)
		}
		return d.zoneName(text)
	}
	got, err := d.date(text)
	return got, err
}

// timeWithOffset reads a run-together time with an offset: 040506-08.
func (d *decoder) timeWithOffset(text string, seen mask) (mask, error) {
	dash := strings.IndexByte(text, '-')
	if dash < 0 {
		return 0, errBadFormat
	}
	west, err := parseOffset(text[dash:])
	if err != nil {
		return 0, err
	}
	d.f.Zone = west
	got, err := d.runTogether(text[:dash], seen)
	return got | bit(kTZ), err
}

func (d *decoder) zoneName(text string) (mask, error) {
	loc, _, ok := LoadLocation(text)
	if !ok {
		return 0, errZone(text)
	}
	d.zone = loc
	return bit(kTZ), nil
}

// labelled handles a number that a word before it explained.
func (d *decoder) labelled(text string) (mask, error) {
	label, isTime := d.label, d.labelTime
	value, rest, over := scanInt32(text)
	if over {
		return 0, errOverflow
	}
	if rest != "" && rest[0] != '.' {
		return 0, errBadFormat
	}
	if rest != "" && label != kJulian && label != kSecond && !isTime {
		return 0, errBadFormat
	}
	d.label, d.labelTime = noLabel, false
	if !d.timeOnly {
		d.meaning = spNone
	}
	if isTime {
		got, err := d.runTogether(text, d.seen|maskDate)
		if err == nil && got != maskTime {
			err = errBadFormat
		}
		return got, err
	}
	switch label {
	case kYear:
		d.f.Year = value
	case kMonth:
		// After a month and an hour it means minutes.
		if d.seen&bit(kMonth) != 0 && d.seen&bit(kHour) != 0 {
			d.f.Min, label = value, kMinute
		} else {
			d.f.Month = value
		}
	case kDay:
		d.f.Day = value
	case kHour:
		d.f.Hour = value
	case kMinute:
		d.f.Min = value
	case kSecond:
		d.f.Sec = value
		if rest != "" {
			return maskSecs, d.fraction(rest)
		}
	case kJulian:
		return d.julianNumber(value, rest)
	default:
		return 0, errBadFormat
	}
	return bit(label), nil
}

func (d *decoder) julianNumber(day int, fraction string) (mask, error) {
	if day < 0 {
		return 0, errOverflow
	}
	d.f.SetDate(day)
	d.julian = true
	if fraction == "" {
		return maskDate, nil
	}
	if fraction == "." {
		return 0, errBadFormat
	}
	v, err := strconv.ParseFloat(fraction, 64)
	if err != nil {
		return 0, errBadFormat
	}
	d.f.SetClock(int64(v * float64(MicrosPerDay)))
	return maskDate | maskTime, nil
}

func (d *decoder) numberField(text string) (mask, error) {
	dot := strings.IndexByte(text, '.')
	switch {
	case dot >= 0 && d.seen&maskDate == 0:
		return d.date(text)
	case dot > 2:
		return d.runTogether(text, d.seen)
	case len(text) >= 6 && (d.seen&maskDate == 0 || d.seen&maskTime == 0):
		// Six or more digits are YMD or HMS, unless date and time are known:
		// then they can only be a long year.
		return d.runTogether(text, d.seen)
	}
	return d.number(text, d.textMonth, d.seen)
}

// wordField handles letters: months, zones, and words that change the meaning of others.
func (d *decoder) wordField(fields []field, i int) (mask, error) {
	text := fields[i].text
	if a, ok := abbrevs[cutToken(text)]; ok {
		return d.zoneAbbrevField(&a)
	}
	w := lookupDate(text)
	switch w.kind {
	case kIgnore:
		return 0, nil
	case kReserved:
		return d.reserved(special(w.value))
	case kMonth:
		if d.timeOnly {
			return 0, errBadFormat
		}
		got := bit(kMonth)
		// A number taken for the month before must have been the day.
		if d.seen&bit(kMonth) != 0 && !d.textMonth && d.seen&bit(kDay) == 0 && d.f.Month >= 1 && d.f.Month <= 31 {
			d.f.Day, got = d.f.Month, bit(kDay)
		}
		d.textMonth = true
		d.f.Month = w.value
		return got, nil
	case kDTZMod:
		if !d.zoneAllowed {
			return 0, errBadFormat
		}
		d.f.Zone -= w.value
		return bit(kDTZMod) | bit(kDTZ), nil
	case kAMPM:
		d.meridian = w.value
		return bit(kAMPM), nil
	case kADBC:
		d.bc = w.value == wordBC
		return bit(kADBC), nil
	case kDOW:
		if d.timeOnly {
			return 0, errBadFormat
		}
		return bit(kDOW), nil
	case kUnits:
		d.label, d.labelTime = kind(w.value), false
		return 0, nil
	case kISOTime:
		if !d.timeOnly && d.seen&maskDate != maskDate {
			return 0, errBadFormat
		}
		if i+1 >= len(fields) {
			return 0, errBadFormat
		}
		if t := fields[i+1].typ; t != fNumber && t != fTime && t != fDate {
			return 0, errBadFormat
		}
		d.label, d.labelTime = noLabel, true
		return 0, nil
	}
	loc, _, ok := LoadLocation(text)
	if !ok {
		return 0, errBadFormat
	}
	d.zone = loc
	return bit(kTZ), nil
}

func (d *decoder) zoneAbbrevField(a *abbrev) (mask, error) {
	if !d.zoneAllowed {
		return 0, errBadFormat
	}
	switch {
	case a.zone != "":
		d.zoneAbbrev = a
		return bit(kTZ) | bit(kDynTZ), nil
	case a.dst:
		d.f.Zone = -a.east
		return bit(kTZ) | bit(kDTZ), nil
	}
	d.f.Zone = -a.east
	return bit(kTZ), nil
}

// reserved handles now, today, epoch and their like.
func (d *decoder) reserved(sp special) (mask, error) {
	now := func() Fields { return FromTimestampTZ(d.o.Now, d.o.Location) }
	if d.timeOnly {
		switch sp {
		case spNow:
			n := now()
			d.f.Hour, d.f.Min, d.f.Sec, d.f.Micros = n.Hour, n.Min, n.Sec, n.Micros
			return maskTime, nil
		case spZulu:
			d.f.SetClock(0)
			d.f.Zone = 0
			return maskTime | bit(kTZ), nil
		}
		return 0, errBadFormat
	}
	switch sp {
	case spNow:
		d.meaning = spNone
		d.f = now()
		return maskDate | maskTime | bit(kTZ), nil
	case spToday, spYesterday, spTomorrow:
		d.meaning = spNone
		n := now()
		julian := JulianDay(n.Year, n.Month, n.Day)
		switch sp {
		case spYesterday:
			julian--
		case spTomorrow:
			julian++
		}
		d.f.SetDate(julian)
		return maskDate, nil
	case spZulu:
		d.meaning = spNone
		d.f.SetClock(0)
		d.f.Zone = 0
		return maskTime | bit(kTZ), nil
	}
	// Other fields may stand beside these words; they are checked and ignored.
	d.meaning = sp
	return bit(kReserved), nil
}

// date reads a date with separators: all of year, month and day.
func (d *decoder) date(text string) (mask, error) {
	parts, ok := dateParts(text)
	if !ok {
		return 0, errBadFormat
	}
	seen, got := d.seen, mask(0)
	textMonth := false
	add := func(m mask) error {
		if seen&m != 0 {
			return errBadFormat
		}
		seen |= m
		got |= m
		return nil
	}
	// A name of a month is certain; the numbers' meaning depends on it.
	for i, p := range parts {
		if !isAlpha(p[0]) {
			continue
		}
		w := lookupDate(p)
		if w.kind == kIgnore {
			continue
		}
		if w.kind != kMonth {
			return 0, errBadFormat
		}
		d.f.Month, textMonth = w.value, true
		if err := add(bit(kMonth)); err != nil {
			return 0, err
		}
		parts[i] = ""
	}
	for _, p := range parts {
		if p == "" {
			continue
		}
		m, err := d.number(p, textMonth, seen)
		if err != nil {
			return 0, err
		}
		if err := add(m); err != nil {
			return 0, err
		}
	}
	if seen&^(bit(kDOY)|bit(kTZ)) != maskDate {
		return 0, errBadFormat
	}
	return got, nil
}

// dateParts cuts a date into runs of digits or letters; the character after each
// run is a separator and goes.
func dateParts(text string) ([]string, bool) {
	var parts []string
	for i := 0; i < len(text) && len(parts) < maxFields; {
		for i < len(text) && !isAlnum(text[i]) {
			i++
		}
		if i == len(text) {
			return nil, false
		}
		class := isAlpha
		if isDigit(text[i]) {
			class = isDigit
		}
		start := i
		for i < len(text) && class(text[i]) {
			i++
		}
		parts = append(parts, text[start:i])
		i++
	}
	return parts, true
}

// number reads one number of a date by what is known so far and DateOrder.
func (d *decoder) number(text string, textMonth bool, seen mask) (mask, error) {
	value, rest, over := scanInt32(text)
	switch {
	case over:
		return 0, errOverflow
	case rest == text:
		return 0, errBadFormat
	case rest != "" && rest[0] == '.':
		// More than two digits before the point: a date or time run together.
		if len(text)-len(rest) > 2 {
			return d.runTogether(text, seen|maskDate)
		}
		if err := d.fraction(rest); err != nil {
			return 0, err
		}
	case rest != "":
		return 0, errBadFormat
	}
	if len(text) == 3 && seen&maskDate == bit(kYear) && value >= 1 && value <= 366 {
		d.f.YearDay = value
		return bit(kDOY) | bit(kMonth) | bit(kDay), nil
	}
	yearFirst := len(text) >= 3 || d.o.DateOrder == OrderYMD
	var what kind
	switch seen & maskDate {
	case 0:
		switch {
		case yearFirst:
			what = kYear
		case d.o.DateOrder == OrderDMY:
			what = kDay
		default:
			what = kMonth
		}
	case bit(kYear):
		what = kMonth
	case bit(kMonth):
		what = kDay
		if textMonth && yearFirst {
			what = kYear
		}
	case bit(kYear) | bit(kMonth):
		what = kDay
		if textMonth && len(text) >= 3 && d.twoDigits {
			// The first number was the day after all: DD-MON-YYYY in YMD mode.
			d.f.Day, d.f.Year = d.f.Year, value
			d.twoDigits = false
			return bit(kDay), nil
		}
	case bit(kDay):
		what = kMonth
	case bit(kMonth) | bit(kDay):
		what = kYear
	case maskDate:
		return d.runTogether(text, seen)
	default:
		return 0, errBadFormat
	}
	switch what {
	case kYear:
		d.f.Year = value
		d.twoDigits = len(text) <= 2
	case kMonth:
		d.f.Month = value
	case kDay:
		d.f.Day = value
	}
	return bit(what), nil
}

// runTogether reads YYYYMMDD, YYMMDD, HHMMSS or HHMM, the last two with a fraction.
func (d *decoder) runTogether(text string, seen mask) (mask, error) {
	if dot := strings.IndexByte(text, '.'); dot >= 0 {
		frac, err := strconv.ParseFloat("0"+text[dot:], 64)
		if err != nil {
			return 0, errBadFormat
		}
		d.f.Micros = int(math.RoundToEven(frac * 1e6))
		text = text[:dot]
	} else if seen&maskDate != maskDate && len(text) >= 6 {
		n := len(text)
		d.f.Day, d.f.Month, d.f.Year = atoi(text[n-2:]), atoi(text[n-4:n-2]), atoi(text[:n-4])
		if n == 6 {
			d.twoDigits = true
		}
		return maskDate, nil
	}
	if seen&maskTime != maskTime {
		switch len(text) {
		case 6:
			d.f.Hour, d.f.Min, d.f.Sec = atoi(text[:2]), atoi(text[2:4]), atoi(text[4:])
			return maskTime, nil
		case 4:
			d.f.Hour, d.f.Min, d.f.Sec = atoi(text[:2]), atoi(text[2:]), 0
			return maskTime, nil
		}
	}
	return 0, errBadFormat
}

// clock reads hh:mm[:ss[.ffffff]], or mm:ss.ffffff.
func (d *decoder) clock(text string) error {
	c, err := parseClock(text, fullRange)
	if err != nil {
		return err
	}
	d.f.Hour, d.f.Min, d.f.Sec, d.f.Micros = int(c.hour), c.min, c.sec, c.micros
	if c.hour > math.MaxInt32 {
		return errOverflow
	}
	return nil
}

func (d *decoder) fraction(text string) (err error) {
	d.f.Micros, err = fractionMicros(text)
	return err
}

// finishDate checks the date and applies BC, two-digit years and AM/PM.
func (d *decoder) finishDate() error {
	f := &d.f
	if d.seen&bit(kYear) != 0 {
		switch {
		case d.julian:
		case d.bc:
			if f.Year <= 0 {
				return errOverflow
			}
			f.Year = -(f.Year - 1)
		case d.twoDigits:
			switch {
			case f.Year < 0:
				return errOverflow
			case f.Year < 70:
				f.Year += 2000
			case f.Year < 100:
				f.Year += 1900
			}
		default:
			if f.Year <= 0 {
				return errOverflow
			}
		}
	}
	if d.seen&bit(kDOY) != 0 {
		f.SetDate(JulianDay(f.Year, 1, 1) + f.YearDay - 1)
	}
	if d.seen&bit(kMonth) != 0 && (f.Month < 1 || f.Month > 12) {
		return errMDOverflow
	}
	if d.seen&bit(kDay) != 0 && (f.Day < 1 || f.Day > 31) {
		return errMDOverflow
	}
	if d.seen&maskDate == maskDate && f.Day > DaysIn(f.Year, f.Month) {
		return errOverflow
	}
	if d.meridian != 0 && f.Hour > 12 {
		return errOverflow
	}
	switch {
	case d.meridian == wordAM && f.Hour == 12:
		f.Hour = 0
	case d.meridian == wordPM && f.Hour != 12:
		f.Hour += 12
	}
	return nil
}

// finishZone turns a zone that depends on the date, or the session's, into an offset.
func (d *decoder) finishZone() error {
	modifier := d.seen&bit(kDTZMod) != 0
	switch {
	case d.zone != nil || d.zoneAbbrev != nil || d.seen&bit(kTZ) == 0:
		if modifier {
			return errBadFormat
		}
	default:
		return nil
	}
	switch {
	case d.zone != nil:
		d.f.Zone = ZoneOffset(&d.f, d.zone)
	case d.zoneAbbrev != nil:
		d.f.Zone = Zone{abbrev: d.zoneAbbrev}.OffsetLocal(&d.f)
	default:
		d.f.Zone = ZoneOffset(&d.f, d.o.Location)
	}
	return nil
}

// overflows reports whether the time of day is impossible or beyond 24:00.
func (d *decoder) overflows() bool {
	f := &d.f
	return f.Hour < 0 || f.Hour > 24 || f.Min < 0 || f.Min > 59 || f.Sec < 0 || f.Sec > 60 ||
		f.Micros < 0 || f.Micros > 1e6 || f.ClockMicros() > MicrosPerDay
}
