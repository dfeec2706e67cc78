package builtin

import (
	"fmt"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// to_char of timestamps and intervals.

func init() {
	Register("timestamp_to_char", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if a[1].Str() == "" || infiniteTimestamp(a[0].Int()) {
			return null, nil
		}
		return momentToChar(pgtime.FromTimestamp(a[0].Int()), a[1].Str())
	})
	Register("timestamptz_to_char", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		if a[1].Str() == "" || infiniteTimestamp(a[0].Int()) {
			return null, nil
		}
		return momentToChar(pgtime.FromTimestampTZ(a[0].Int(), c.settings().Location), a[1].Str())
	})
	Register("interval_to_char", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if a[1].Str() == "" {
			return null, nil
		}
		v := pgtime.BreakInterval(a[0].Interval())
		w := dateWriter{interval: true, hour: v.Hours, minute: v.Min, second: v.Sec, micros: v.Micros}
		w.f = pgtime.Fields{Year: int(v.Years), Month: int(v.Months), Day: int(v.Days)}
		w.f.YearDay = (w.f.Year*12+w.f.Month)*30 + w.f.Day
		return w.format(a[1].Str())
	})
}

func momentToChar(f pgtime.Fields, template string) (datum.Datum, error) {
	w := dateWriter{f: f, hour: int64(f.Hour), minute: int64(f.Min), second: int64(f.Sec), micros: int64(f.Micros)}
	return w.format(template)
}

// dateWriter fills a template with a moment or an interval. An interval's fields
// may be negative and its hours many.
type dateWriter struct {
	f                            pgtime.Fields
	interval                     bool
	hour, minute, second, micros int64
	out                          []byte
}

func (w *dateWriter) format(template string) (datum.Datum, error) {
	for _, n := range parseTemplate(template, datePatterns, true) {
		if n.pattern == "" {
			w.out = append(w.out, n.literal...)
			continue
		}
		if err := w.pattern(&n); err != nil {
			return null, err
		}
	}
	return datum.NewText(string(w.out)), nil
}

// number appends a number of at least width characters, its sign among them, and
// its ordinal suffix.
func (w *dateWriter) number(n *templateNode, v int64, width int) {
	if n.fill {
		width = 0
	}
	start := len(w.out)
	w.out = fmt.Appendf(w.out, "%0*d", width, v)
	if n.ordinal != "" {
		w.out = append(w.out, ordinal(string(w.out[start:]), n.ordinal)...)
	}
}

// signed64 adds a place for the sign of v, which intervals may have.
func signed64(v int64, width int) int {
	if v < 0 {
		return width + 1
	}
	return width
}

// word appends a name in the case of the pattern, padded to width.
func (w *dateWriter) word(n *templateNode, name string, width int) {
	switch {
	case n.pattern == n.key():
		name = asciiUpper(name)
	case n.pattern == asciiLower(n.pattern):
		name = asciiLower(name)
	}
	w.out = append(w.out, name...)
	if !n.fill && !n.translated {
		for range width - len(name) {
			w.out = append(w.out, ' ')
		}
	}
}

// calendarPatterns make no sense of an interval.
var calendarPatterns = map[string]bool{
	"TZ": true, "TZH": true, "TZM": true, "OF": true, "A.D.": true, "B.C.": true, "AD": true, "BC": true, "MONTH": true, "MON": true,
	"DAY": true, "DY": true, "D": true, "ID": true,
}

func (w *dateWriter) pattern(n *templateNode) error {
	key := n.key()
	if w.interval && calendarPatterns[key] {
		return pgerr.New(pgcode.InvalidDatetimeFormat, "invalid format specification for an interval value").
			WithHint("Intervals are not tied to specific calendar dates.")
	}
	if !w.clockPattern(n, key) && !w.zonePattern(n, key) && !w.yearPattern(n, key) {
		w.dayPattern(n, key)
	}
	return nil
}

func (w *dateWriter) clockPattern(n *templateNode, key string) bool {
	switch key {
	case "A.M.", "P.M.", "AM", "PM":
		half := "A"
		if w.hour%24 >= 12 {
			half = "P"
		}
		w.word(n, half+key[1:], 0)
	case "HH", "HH12":
		hour := w.hour % 12
		if hour == 0 {
			hour = 12
		}
		w.number(n, hour, signed64(w.hour, 2))
	case "HH24":
		w.number(n, w.hour, signed64(w.hour, 2))
	case "MI":
		w.number(n, w.minute, signed64(w.minute, 2))
	case "SS":
		w.number(n, w.second, signed64(w.second, 2))
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		w.fraction(n, int(key[2]-'0'))
	case "MS":
		w.fraction(n, 3)
	case "US":
		w.fraction(n, 6)
	case "SSSS", "SSSSS":
		w.number(n, w.hour*3600+w.minute*60+w.second, 0)
	default:
		return false
	}
	return true
}

func (w *dateWriter) fraction(n *templateNode, digits int) {
	v := w.micros
	for range 6 - digits {
		v /= 10
	}
	start := len(w.out)
	w.out = fmt.Appendf(w.out, "%0*d", digits, v)
	if n.ordinal != "" {
		w.out = append(w.out, ordinal(string(w.out[start:]), n.ordinal)...)
	}
}

func (w *dateWriter) zonePattern(n *templateNode, key string) bool {
	east := -w.f.Zone
	sign, abs := byte('+'), east
	if east < 0 {
		sign, abs = '-', -east
	}
	switch key {
	case "TZ":
		name := w.f.Abbrev
		if n.pattern == "tz" {
			name = asciiLower(name)
		}
		w.out = append(w.out, name...)
	case "TZH":
		w.out = fmt.Appendf(w.out, "%c%02d", sign, abs/3600)
	case "TZM":
		w.out = fmt.Appendf(w.out, "%02d", abs%3600/60)
	case "OF":
		width := 2
		if n.fill {
			width = 0
		}
		w.out = fmt.Appendf(w.out, "%c%0*d", sign, width, abs/3600)
		if abs%3600 != 0 {
			w.out = fmt.Appendf(w.out, ":%02d", abs%3600/60)
		}
	default:
		return false
	}
	return true
}

// year is the year as it is written: 1 for 1 BC.
func (w *dateWriter) year(year int) int64 {
	if !w.interval && year <= 0 {
		return int64(1 - year)
	}
	return int64(year)
}

func (w *dateWriter) isoYear() int {
	year, _ := pgtime.ISOWeek(&w.f)
	return year
}

func (w *dateWriter) yearPattern(n *templateNode, key string) bool {
	year := w.f.Year
	if key[0] == 'I' && strings.Trim(key, "IY") == "" {
		year = w.isoYear()
	}
	// The width goes by the calendar year even where the ISO year is shown.
	shown, counts := w.year(year), w.year(w.f.Year)
	switch key {
	case "Y,YYY":
		thousands := shown / 1000
		start := len(w.out)
		w.out = fmt.Appendf(w.out, "%d,%03d", thousands, shown-thousands*1000)
		if n.ordinal != "" {
			w.out = append(w.out, ordinal(string(w.out[start:]), n.ordinal)...)
		}
	case "YYYY", "IYYY":
		w.number(n, shown, signed64(counts, 4))
	case "YYY", "IYY":
		w.number(n, shown%1000, signed64(counts, 3))
	case "YY", "IY":
		w.number(n, shown%100, signed64(counts, 2))
	case "Y", "I":
		w.number(&templateNode{fill: true, ordinal: n.ordinal}, shown%10, 0)
	case "CC":
		w.number(n, w.century(), signed64(w.century(), 2))
	case "A.D.", "B.C.":
		w.word(n, w.era("A.D.", "B.C."), 0)
	case "AD", "BC":
		w.word(n, w.era("AD", "BC"), 0)
	default:
		return false
	}
	return true
}

func (w *dateWriter) era(ad, bc string) string {
	if w.f.Year <= 0 {
		return bc
	}
	return ad
}

func (w *dateWriter) century() int64 {
	year := int64(w.f.Year)
	switch {
	case w.interval:
		return year / 100
	case year > 0:
		return (year-1)/100 + 1
	}
	return year/100 - 1
}

func (w *dateWriter) dayPattern(n *templateNode, key string) {
	f := &w.f
	switch key {
	case "MONTH":
		w.word(n, monthNames[f.Month-1], 9)
	case "MON":
		w.word(n, monthNames[f.Month-1][:3], 0)
	case "MM":
		w.number(n, int64(f.Month), signed64(int64(f.Month), 2))
	case "DAY":
		w.word(n, dayNames[f.Weekday], 9)
	case "DY":
		w.word(n, dayNames[f.Weekday][:3], 0)
	case "DDD":
		w.number(n, int64(f.YearDay), 3)
	case "IDDD":
		day := pgtime.JulianDay(f.Year, f.Month, f.Day) - pgtime.ISOWeekStart(w.isoYear(), 1) + 1
		w.number(n, int64(day), 3)
	case "DD":
		w.number(n, int64(f.Day), 2)
	case "D":
		w.number(&templateNode{fill: true, ordinal: n.ordinal}, int64(f.Weekday+1), 0)
	case "ID":
		w.number(&templateNode{fill: true, ordinal: n.ordinal}, int64((f.Weekday+6)%7+1), 0)
	case "WW":
		week := int64((f.YearDay-1)/7 + 1)
		w.number(n, week, 2)
	case "IW":
		_, week := pgtime.ISOWeek(f)
		w.number(n, int64(week), 2)
	case "Q":
		if f.Month != 0 {
			w.number(&templateNode{fill: true, ordinal: n.ordinal}, int64((f.Month-1)/3+1), 0)
		}
	case "RM":
		w.roman(n)
	case "W":
		w.number(&templateNode{fill: true, ordinal: n.ordinal}, int64((f.Day-1)/7+1), 0)
	case "J":
		w.number(&templateNode{fill: true, ordinal: n.ordinal}, int64(pgtime.JulianDay(f.Year, f.Month, f.Day)), 0)
	}
}

// roman writes the month in Roman numerals. An interval's zero month after years
// is December; negative months count from December back.
func (w *dateWriter) roman(n *templateNode) {
	month := w.f.Month
	switch {
	case month == 0 && w.f.Year == 0:
		return
	case month == 0 && w.f.Year > 0:
		month = 12
	case month == 0:
		month = 1
	case month < 0:
		month += 13
	}
	w.word(n, romanMonths[12-month], 4)
}
