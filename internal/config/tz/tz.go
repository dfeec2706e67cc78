// Package tz finds time zones as PostgreSQL does: by name without regard to
// case, by POSIX specification ("EST5EDT", "<+03>-03") and by a fixed offset. It
// knows nothing of sessions or settings. The zone data is the machine's when it
// has any, else the copy inside the program.
package tz

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the copy used where the machine has no zone data
)

// ErrUnknown is returned for a name that is neither a zone nor a POSIX specification.
var ErrUnknown = errors.New("unknown time zone")

//go:embed names.txt
var namesFile string

var names = sync.OnceValue(func() []string { return strings.Fields(namesFile) })

var byLower = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, len(names()))
	for _, n := range names() {
		m[strings.ToLower(n)] = n
	}
	return m
})

// Names returns the names of pg_timezone_names in order. Read only.
func Names() []string { return names() }

// loaded caches *time.Location by the name Load returned. It is bounded: only
// zones of the list are kept, POSIX specifications are parsed anew.
var loaded sync.Map

// Load returns the zone of that name and the name as PostgreSQL shows it. It is
// safe for concurrent use.
func Load(name string) (*time.Location, string, error) {
	lower := strings.ToLower(name)
	listed, prefix := strings.TrimPrefix(lower, "posix/"), ""
	if listed != lower {
		prefix = "posix/"
	}
	if canonical, ok := byLower()[listed]; ok {
		if loc, ok := loaded.Load(canonical); ok {
			return loc.(*time.Location), prefix + canonical, nil
		}
		loc, err := time.LoadLocation(canonical)
		if err == nil {
			loaded.Store(canonical, loc)
			return loc, prefix + canonical, nil
		}
		// A zone the machine's data does not have (Factory, posixrules): not fatal.
	}
	if loc := posix(strings.ToUpper(name)); loc != nil {
		return loc, strings.ToUpper(name), nil
	}
	return nil, "", ErrUnknown
}

// maxOffset is the widest offset PostgreSQL takes: a week less one hour.
const maxOffset = 167 * 3600

// Fixed returns the zone that lies seconds east of UTC; ok is false when that is
// out of range. Its name is the POSIX one PostgreSQL shows, as "<-07>+07".
func Fixed(seconds int) (loc *time.Location, name string, ok bool) {
	abs, east, west := seconds, "+", "-"
	if seconds < 0 {
		abs, east, west = -seconds, "-", "+"
	}
	if abs > maxOffset {
		return nil, "", false
	}
	digits := fmt.Sprintf("%02d", abs/3600)
	if abs%3600 != 0 {
		digits += fmt.Sprintf(":%02d", abs/60%60)
	}
	if abs%60 != 0 {
		digits += fmt.Sprintf(":%02d", abs%60)
	}
	abbreviation := east + digits
	return time.FixedZone(abbreviation, seconds), "<" + abbreviation + ">" + west + digits, true
}

// posix parses a POSIX TZ value; nil when it is none. A name without an offset
// is not accepted, as in PostgreSQL.
func posix(spec string) *time.Location {
	std, rest := posixName(spec)
	west, rest, ok := posixOffset(rest)
	if !ok {
		return nil
	}
	if rest == "" {
		return time.FixedZone(std, -west)
	}
	dst, rules := posixName(rest)
	dstWest := west - 3600
	if rules != "" && rules[0] != ',' {
		if dstWest, rules, ok = posixOffset(rules); !ok {
			return nil
		}
	}
	if rules == "" {
		rules = ",M3.2.0,M11.1.0" // the rule PostgreSQL takes when none is given
	}
	footer := fmt.Sprintf("<%s>%s<%s>%s%s", pad(std), hms(west), pad(dst), hms(dstWest), rules)
	loc, err := time.LoadLocationFromTZData(spec, zoneFile(std, -west, footer))
	if err != nil || !ruleWorks(rules) {
		return nil
	}
	return loc
}

// posixName reads an abbreviation, which PostgreSQL lets be of any characters
// and any length, even none.
func posixName(s string) (name, rest string) {
	if strings.HasPrefix(s, "<") {
		if end := strings.IndexByte(s, '>'); end > 0 {
			return s[1:end], s[end+1:]
		}
		return "", s
	}
	n := strings.IndexAny(s, "0123456789,+-")
	if n < 0 {
		n = len(s)
	}
	return s[:n], s[n:]
}

// posixOffset reads [+-]hh[:mm[:ss]], in seconds west of UTC.
func posixOffset(s string) (seconds int, rest string, ok bool) {
	sign := 1
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	for unit, limit := 3600, 167; unit > 0; unit, limit = unit/60, 59 {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		v, err := strconv.Atoi(s[:n])
		if err != nil || v > limit {
			return 0, "", false
		}
		seconds += v * unit
		s = s[n:]
		if s == "" || s[0] != ':' {
			break
		}
		s = s[1:]
	}
	return sign * seconds, s, true
}

// pad lengthens an abbreviation to the three characters a footer asks for.
func pad(name string) string {
	if len(name) < 3 {
		return (name + "   ")[:3]
	}
	return name
}

func hms(seconds int) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	return fmt.Sprintf("%s%d:%02d:%02d", sign, seconds/3600, seconds/60%60, seconds%60)
}

// ruleWorks reports whether the standard library accepts the rule: it ignores a
// footer that it cannot read, so a probe zone whose two halves differ by a day
// must show both of them within a year.
func ruleWorks(rules string) bool {
	loc, err := time.LoadLocationFromTZData("probe", zoneFile("AAA", 0, "AAA0BBB-24"+rules))
	if err != nil {
		return false
	}
	for day := range 366 {
		if _, offset := time.Date(2023, 1, 1+day, 12, 0, 0, 0, time.UTC).In(loc).Zone(); offset != 0 {
			return true
		}
	}
	return false
}

// zoneFile builds the smallest TZif file (RFC 8536) whose only rule is the
// footer: the standard library reads POSIX rules from such a file only. One
// transition in the far past makes it look at the footer.
func zoneFile(std string, east int, footer string) []byte {
	header := func(transitions, zones, chars uint32) []byte {
		b := append([]byte("TZif2"), make([]byte, 15)...)
		for _, n := range []uint32{0, 0, 0, transitions, zones, chars} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	zone := binary.BigEndian.AppendUint32(nil, uint32(int32(east)))
	zone = append(zone, 0, 0)
	abbreviation := append([]byte(std), 0)
	b := header(0, 1, uint32(len(abbreviation)))
	b = append(append(b, zone...), abbreviation...)
	b = append(b, header(1, 1, uint32(len(abbreviation)))...)
	b = binary.BigEndian.AppendUint64(b, 1<<63|1<<62) // -2^62 seconds
	b = append(b, 0)
	b = append(append(b, zone...), abbreviation...)
	return append(b, "\n"+footer+"\n"...)
}
