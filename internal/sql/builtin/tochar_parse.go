package builtin

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// to_date and to_timestamp: reading a text by a template.

func init() {
	Register("to_timestamp", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		r, err := readByTemplate(a[0].Str(), a[1].Str())
		if err != nil {
			return null, err
		}
		if r.zoneSign == 0 {
			r.f.Zone = pgtime.ZoneOffset(&r.f, c.settings().Location)
		} else {
			r.f.Zone = -r.zoneSign * (r.zoneHour*3600 + r.zoneMinute*60)
		}
		ts, ok := r.f.TimestampTZ()
		if !ok {
			return null, errTimestampRange()
		}
		if r.precision > 0 {
			if ts, err = pgtime.AdjustTimestamp(ts, int32(r.precision)); err != nil {
				return null, err
			}
		}
		return datum.NewTimestampTZ(ts), nil
	})
	Register("to_date", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		r, err := readByTemplate(a[0].Str(), a[1].Str())
		if err != nil {
			return null, err
		}
		days, ok := r.f.Date()
		if !ok {
			return null, pgerr.New(pgcode.DatetimeValueOutOfRange, "date out of range: \"%s\"", a[0].Str())
		}
		return datum.NewDate(days), nil
	})
}

// dateReader collects the fields that a text gives by a template. A field of 0
// counts as not given.
type dateReader struct {
	text string // all of it, for errors
	in   string // what is left
	last byte   // the character before in, where extra spaces were skipped

	exact bool // FX: no liberties with spaces
	extra int  // characters skipped beyond what the template has

	convention byte // g or i: Gregorian or ISO week dates, 0 before either

	hour, minute, second, seconds        int
	millis, micros, precision            int
	pm, twelve                           int
	day, weekday, yearDay, month         int
	year, yearDigits, bc, century        int
	week, monthWeek, julian              int
	zoneSign, zoneHour, zoneMinute, sink int

	f pgtime.Fields // the result
}

func errTemplate(text string, args ...any) *pgerr.Error {
	return pgerr.New(pgcode.InvalidDatetimeFormat, text, args...)
}

func readByTemplate(text, template string) (*dateReader, error) {
	r := &dateReader{text: text, in: text}
	if err := r.read(parseTemplate(template, datePatterns, true)); err != nil {
		return nil, err
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *dateReader) skip(n int) {
	if n > 0 {
		r.last = r.in[n-1]
	}
	r.in = r.in[n:]
}

func (r *dateReader) skipSpaces() {
	for r.in != "" && isSpaceByte(r.in[0]) {
		r.skip(1)
		r.extra++
	}
}

func (r *dateReader) skipChar() {
	_, n := utf8.DecodeRuneInString(r.in)
	r.skip(n)
}

func (r *dateReader) read(nodes []templateNode) error {
	for i := range nodes {
		if r.in == "" {
			return nil
		}
		n := &nodes[i]
		if !r.exact && n.key() != "FX" && (n.pattern != "" || i == 0) {
			r.skipSpaces()
			if r.in == "" && n.pattern == "" {
				return nil
			}
		}
		if n.pattern == "" {
			r.literal(n)
			continue
		}
		if err := r.convene(n.key()); err != nil {
			return err
		}
		if err := r.pattern(n, digitsMayFollow(nodes, i)); err != nil {
			return err
		}
		if !r.exact {
			r.extra = 0
			r.skipSpaces()
		}
	}
	return nil
}

// literal passes over what stands for text of the template. Which character it
// is does not matter.
func (r *dateReader) literal(n *templateNode) {
	switch {
	case r.exact:
		r.skipChar()
	case n.space || n.separator:
		r.extra--
		if isSpaceByte(r.in[0]) || isSeparator(r.in[0]) {
			r.skip(1)
			r.extra++
		}
	case r.extra > 0:
		r.extra-- // it was skipped as a surplus space before
	default:
		r.skipChar()
	}
}

// conventions tells the patterns that only make sense among their own kind.
var conventions = func() map[string]byte {
	m := map[string]byte{}
	for _, p := range strings.Fields("DDD DD D MM MONTH MON RM WW W Y,YYY YYYY YYY YY Y") {
		m[p] = 'g'
	}
	for _, p := range strings.Fields("IDDD ID IW IYYY IYY IY I") {
		m[p] = 'i'
	}
	return m
}()

func (r *dateReader) convene(key string) error {
	c := conventions[key]
	if c != 0 && r.convention != 0 && c != r.convention {
		return errTemplate("invalid combination of date conventions").
			WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
	}
	if c != 0 {
		r.convention = c
	}
	return nil
}

// wordPatterns are the patterns that do not begin with a digit in the text.
var wordPatterns = func() map[string]bool {
	m := map[string]bool{}
	for _, p := range strings.Fields("A.D. A.M. AD AM B.C. BC DAY DY FX MONTH MON OF P.M. PM RM TZH TZ") {
		m[p] = true
	}
	return m
}()

// digitsMayFollow reports whether a number behind the i-th pattern may stand
// right against it, so that the pattern must not take more than its digits.
func digitsMayFollow(nodes []templateNode, i int) bool {
	if nodes[i].ordinal != "" || i+1 == len(nodes) {
		return false
	}
	next := &nodes[i+1]
	if next.pattern != "" {
		return !wordPatterns[next.key()]
	}
	return len(next.literal) == 1 && next.literal[0] >= '0' && next.literal[0] <= '9'
}

// set stores a field; another value than before is an error.
func (r *dateReader) set(dst *int, v int, n *templateNode) error {
	if *dst != 0 && *dst != v {
		return errTemplate("conflicting values for \"%s\" field in formatting string", n.pattern).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*dst = v
	return nil
}

// number reads an integer of width digits, or as many as there are when none can
// follow. It returns how many characters it took.
func (r *dateReader) number(dst *int, n *templateNode, width int, digitsFollow bool) (int, error) {
	start := r.in
	in := strings.TrimLeft(start, " \t\n\v\f\r")
	piece := in[:min(len(in), width)]
	var value int64
	var used int
	var over bool
	if n.fill || !digitsFollow {
		if value, used, over = leadingInt(start); used > 0 {
			r.skip(used)
		} else {
			r.in = start
		}
	} else {
		if len(in) < width {
			return 0, errTemplate("source string too short for \"%s\" formatting field", n.pattern).
				WithDetail("Field requires %d characters, but only %d remain.", width, len(in)).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		}
		if value, used, over = leadingInt(piece); used > 0 && used < width {
			return 0, errTemplate("invalid value \"%s\" for \"%s\"", piece, n.pattern).
				WithDetail("Field requires %d characters, but only %d could be parsed.", width, used).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		}
		r.in = in
		r.skip(used)
	}
	if len(r.in) == len(start) {
		return 0, errTemplate("invalid value \"%s\" for \"%s\"", piece, n.pattern).WithDetail("Value must be an integer.")
	}
	if over || !fitsInt32(value) {
		return 0, pgerr.New(pgcode.DatetimeFieldOverflow, "value for \"%s\" in source string is out of range", n.pattern).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	return len(start) - len(r.in), r.set(dst, int(value), n)
}

// leadingInt reads as C's strtol: spaces, a sign, digits.
func leadingInt(s string) (v int64, used int, over bool) {
	i := len(s) - len(strings.TrimLeft(s, " \t\n\v\f\r"))
	begin := i
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == digits {
		return 0, 0, false
	}
	v, err := strconv.ParseInt(s[begin:i], 10, 64)
	return v, i, err != nil
}

// oneOf reads one of some words, in any case, and returns its index.
func (r *dateReader) oneOf(n *templateNode, words []string) (int, error) {
	for i, w := range words {
		if len(r.in) >= len(w) && asciiLower(r.in[:len(w)]) == asciiLower(w) {
			r.skip(len(w))
			return i, nil
		}
	}
	shown := r.in
	if at := strings.IndexAny(shown, " \t\n\v\f\r"); at >= 0 {
		shown = shown[:at]
	}
	return 0, errTemplate("invalid value \"%s\" for \"%s\"", shown, n.pattern).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

// skipOrdinal passes over the two characters of st, nd, rd or th.
func (r *dateReader) skipOrdinal(n *templateNode) {
	if n.ordinal == "" {
		return
	}
	for range 2 {
		if r.in != "" {
			r.skipChar()
		}
	}
}

var (
	shortMonths = shorten(monthNames[:])
	shortDays   = shorten(dayNames[:])
)

func shorten(names []string) []string {
	var list []string
	for _, n := range names {
		list = append(list, n[:3])
	}
	return list
}

func (r *dateReader) pattern(n *templateNode, digitsFollow bool) error {
	key := n.key()
	if done, err := r.wordPattern(n, key); done {
		return err
	}
	if done, err := r.yearPattern(n, key, digitsFollow); done {
		return err
	}
	return r.numberPattern(n, key, digitsFollow)
}

func (r *dateReader) wordPattern(n *templateNode, key string) (done bool, err error) {
	var i int
	switch key {
	case "FX":
		r.exact = true
	case "A.M.", "P.M.":
		if i, err = r.oneOf(n, []string{"a.m.", "p.m."}); err == nil {
			r.twelve, err = 1, r.set(&r.pm, i, n)
		}
	case "AM", "PM":
		if i, err = r.oneOf(n, []string{"am", "pm"}); err == nil {
			r.twelve, err = 1, r.set(&r.pm, i, n)
		}
	case "A.D.", "B.C.":
		if i, err = r.oneOf(n, []string{"a.d.", "b.c."}); err == nil {
			err = r.set(&r.bc, i, n)
		}
	case "AD", "BC":
		if i, err = r.oneOf(n, []string{"ad", "bc"}); err == nil {
			err = r.set(&r.bc, i, n)
		}
	case "MONTH":
		if i, err = r.oneOf(n, monthNames[:]); err == nil {
			err = r.set(&r.month, i+1, n)
		}
	case "MON":
		if i, err = r.oneOf(n, shortMonths); err == nil {
			err = r.set(&r.month, i+1, n)
		}
	case "RM":
		if i, err = r.oneOf(n, romanByLength); err == nil {
			err = r.set(&r.month, 12-romanIndex[i], n)
		}
	case "DAY":
		if i, err = r.oneOf(n, dayNames[:]); err == nil {
			err = r.set(&r.weekday, i, n)
			r.weekday++
		}
	case "DY":
		if i, err = r.oneOf(n, shortDays); err == nil {
			err = r.set(&r.weekday, i, n)
			r.weekday++
		}
	case "TZ", "OF":
		err = pgerr.New(pgcode.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.pattern)
	default:
		return false, nil
	}
	return true, err
}

// Roman months in the order they are tried: XII before XI before X.
var romanByLength, romanIndex = func() (words []string, index []int) {
	for i, m := range romanMonths {
		words, index = append(words, m), append(index, i)
	}
	return words, index
}()

func (r *dateReader) yearPattern(n *templateNode, key string, digitsFollow bool) (done bool, err error) {
	switch key {
	case "Y,YYY":
		err = r.commaYear(n)
		r.yearDigits = 4
	case "YYYY", "IYYY":
		_, err = r.number(&r.year, n, 4, digitsFollow)
		r.yearDigits = 4
	case "YYY", "IYY", "YY", "IY", "Y", "I":
		width := len(strings.TrimPrefix(key, "I"))
		if key[0] == 'I' {
			width = len(key)
		}
		var took int
		if took, err = r.number(&r.year, n, width, digitsFollow); err == nil && took < 4 {
			r.year = nearYear(r.year)
		}
		r.yearDigits = width
	default:
		return false, nil
	}
	r.skipOrdinal(n)
	return true, err
}

// nearYear completes a year of up to three digits to the one nearest to 2020.
func nearYear(year int) int {
	switch {
	case year < 70:
		return year + 2000
	case year < 100:
		return year + 1900
	case year < 520:
		return year + 2000
	case year < 1000:
		return year + 1000
	}
	return year
}

// commaYear reads thousands, a comma and up to three digits.
func (r *dateReader) commaYear(n *templateNode) error {
	thousands, used, _ := leadingInt(r.in)
	bad := errTemplate("invalid input string for \"Y,YYY\"")
	if used == 0 || !strings.HasPrefix(r.in[used:], ",") {
		return bad
	}
	rest := r.in[used+1:]
	blank := len(rest) - len(strings.TrimLeft(rest, " \t\n\v\f\r"))
	years, more, _ := leadingInt(rest[:min(len(rest), blank+3)])
	if more == 0 {
		return bad
	}
	r.skip(used + 1 + more)
	return r.set(&r.year, int(int32(years+thousands*1000)), n)
}

// numberFields are the patterns that read one integer into one field.
var numberFields = map[string]func(r *dateReader) *int{
	"HH": func(r *dateReader) *int { return &r.hour }, "HH12": func(r *dateReader) *int { return &r.hour },
	"HH24": func(r *dateReader) *int { return &r.hour }, "MI": func(r *dateReader) *int { return &r.minute },
	"SS": func(r *dateReader) *int { return &r.second }, "SSSS": func(r *dateReader) *int { return &r.seconds },
	"SSSSS": func(r *dateReader) *int { return &r.seconds }, "CC": func(r *dateReader) *int { return &r.century },
	"MM": func(r *dateReader) *int { return &r.month }, "DDD": func(r *dateReader) *int { return &r.yearDay },
	"IDDD": func(r *dateReader) *int { return &r.yearDay }, "DD": func(r *dateReader) *int { return &r.day },
	"D": func(r *dateReader) *int { return &r.weekday }, "WW": func(r *dateReader) *int { return &r.week },
	"IW": func(r *dateReader) *int { return &r.week }, "W": func(r *dateReader) *int { return &r.monthWeek },
	"J": func(r *dateReader) *int { return &r.julian },
}

// fieldWidths are the widths of patterns that differ from their length.
var fieldWidths = map[string]int{"HH12": 2, "HH24": 2, "IDDD": 3}

func (r *dateReader) numberPattern(n *templateNode, key string, digitsFollow bool) error {
	if field := numberFields[key]; field != nil {
		width := fieldWidths[key]
		if width == 0 {
			width = len(key)
		}
		if key == "HH" || key == "HH12" {
			r.twelve = 1
		}
		_, err := r.number(field(r), n, width, digitsFollow)
		r.skipOrdinal(n)
		return err
	}
	switch key {
	case "MS":
		return r.fraction(&r.millis, n, 3, 3, digitsFollow)
	case "US":
		return r.fraction(&r.micros, n, 6, 6, digitsFollow)
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		r.precision = int(key[2] - '0')
		return r.fraction(&r.micros, n, r.precision, 6, digitsFollow)
	case "ID":
		_, err := r.number(&r.weekday, n, 1, digitsFollow)
		// Count from Sunday as D does.
		if r.weekday++; r.weekday > 7 {
			r.weekday = 1
		}
		r.skipOrdinal(n)
		return err
	case "Q":
		// A quarter does not tell the date; it is read and ignored.
		r.sink = 0
		_, err := r.number(&r.sink, n, 1, digitsFollow)
		r.skipOrdinal(n)
		return err
	case "TZH":
		return r.zoneHours(n, digitsFollow)
	case "TZM":
		if r.zoneSign == 0 {
			r.zoneSign = 1
		}
		_, err := r.number(&r.zoneMinute, n, 2, digitsFollow)
		return err
	}
	return nil
}

// fraction reads digits behind a decimal point: 25 of MS are 250.
func (r *dateReader) fraction(dst *int, n *templateNode, width, digits int, digitsFollow bool) error {
	took, err := r.number(dst, n, width, digitsFollow)
	if err != nil {
		return err
	}
	for range digits - took {
		*dst *= 10
	}
	r.skipOrdinal(n)
	return nil
}

// zoneHours reads a sign and hours. The sign may have been skipped as a separator.
func (r *dateReader) zoneHours(n *templateNode, digitsFollow bool) error {
	r.zoneSign = 1
	switch {
	case r.in != "" && strings.IndexByte("+- ", r.in[0]) >= 0:
		if r.in[0] == '-' {
			r.zoneSign = -1
		}
		r.skip(1)
	case r.extra > 0 && r.last == '-':
		r.zoneSign = -1
	}
	_, err := r.number(&r.zoneHour, n, 2, digitsFollow)
	return err
}
