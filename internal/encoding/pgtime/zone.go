package pgtime

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

//go:embed zones.txt
var zoneList string

//go:embed abbrevs.txt
var abbrevList string

// abbrev is one entry of PostgreSQL's "Default" set of abbreviations: a fixed
// offset, or the zone whose history tells the offset at a date.
type abbrev struct {
	name string
	east int
	dst  bool
	zone string // "" for a fixed offset
}

// zoneNames maps lower-case zone names to their spelling; abbrevs maps
// lower-case abbreviations, cut to ten bytes as PostgreSQL does.
var (
	zoneNames = map[string]string{}
	abbrevs   = map[string]abbrev{}
)

const maxToken = 10 // bytes of a word that count when date words are compared

func init() {
	for _, name := range strings.Fields(zoneList) {
		zoneNames[strings.ToLower(name)] = name
	}
	// What a machine has before its zone is set; Go's data leaves it out.
	loaded.Store("Factory", time.FixedZone("-00", 0))
	for line := range strings.Lines(abbrevList) {
		f := strings.Fields(line)
		a := abbrev{name: f[0], dst: len(f) > 2}
		if n, err := strconv.Atoi(f[1]); err == nil {
			a.east = n
		} else {
			a.zone = f[1]
		}
		abbrevs[cutToken(strings.ToLower(f[0]))] = a
	}
}

func cutToken(s string) string {
	if len(s) > maxToken {
		return s[:maxToken]
	}
	return s
}

// ZoneNames returns the names of all time zones, in byte order.
func ZoneNames() []string { return strings.Fields(zoneList) }

// Abbrevs calls f for each known abbreviation, in byte order, with its offset
// (east of Greenwich, at the instant now) and whether it means daylight saving.
func Abbrevs(now int64, f func(name string, east int, dst bool)) {
	for line := range strings.Lines(abbrevList) {
		a := abbrevs[cutToken(strings.ToLower(strings.Fields(line)[0]))]
		z := Zone{abbrev: &a}
		east, dst := z.abbrevAt(now)
		f(a.name, east, dst)
	}
}

// loaded caches the zones of the list. POSIX specifications are read anew each
// time: there is no end to them.
var loaded sync.Map // canonical name -> *time.Location

// LoadLocation returns the time zone of that name, in any case, and the name as
// PostgreSQL prints it. POSIX specifications such as EST5EDT,M3.2.0,M11.1.0 are
// zones too. ok is false when the name means nothing.
func LoadLocation(name string) (loc *time.Location, canonical string, ok bool) {
	if len(name) > 255 {
		return nil, "", false
	}
	lower := strings.ToLower(name)
	listed, prefix := strings.TrimPrefix(lower, posixTree), ""
	if listed != lower {
		prefix = posixTree
	}
	if canonical, ok = zoneNames[listed]; !ok {
		upper := strings.ToUpper(name)
		loc, ok = posixLocation(upper)
		return loc, upper, ok
	}
	if l, hit := loaded.Load(canonical); hit {
		return l.(*time.Location), prefix + canonical, true
	}
	loc, err := time.LoadLocation(canonical)
	if err != nil {
		return nil, "", false
	}
	loaded.Store(canonical, loc)
	return loc, prefix + canonical, true
}

// posixTree is the folder in which systems keep the same zones once more.
const posixTree = "posix/"

// fixedMax is the widest offset PostgreSQL takes: a week less one hour.
const fixedMax = 167 * 3600

// FixedZone returns the zone of a constant offset east of Greenwich in seconds,
// named as PostgreSQL names it: <+02>-02. ok is false when that is out of range.
func FixedZone(east int) (loc *time.Location, canonical string, ok bool) {
	abs := max(east, -east)
	if abs > fixedMax {
		return nil, "", false
	}
	text := fmt.Sprintf("%02d", abs/3600)
	if abs %= 3600; abs != 0 {
		text += fmt.Sprintf(":%02d", abs/60)
		if abs %= 60; abs != 0 {
			text += fmt.Sprintf(":%02d", abs)
		}
	}
	if east < 0 {
		canonical = "<-" + text + ">+" + text
		return time.FixedZone("-"+text, east), canonical, true
	}
	canonical = "<+" + text + ">-" + text
	return time.FixedZone("+"+text, east), canonical, true
}

// zoneAt returns the abbreviation and the offset east of Greenwich in effect at a
// Unix time.
func zoneAt(unix int64, loc *time.Location) (name string, east int) {
	if loc == time.UTC {
		return "UTC", 0
	}
	return time.Unix(unix, 0).In(loc).Zone()
}

// ZoneOffset returns the displacement west of Greenwich, in seconds, that loc has
// at the local time of f. A local time that a change of clocks skipped is read
// with the offset before the change, one that occurred twice with the offset
// after it; both are PostgreSQL's choices.
func ZoneOffset(f *Fields, loc *time.Location) (west int) {
	if loc == time.UTC {
		return 0
	}
	micros, ok := f.localMicros()
	if !ok {
		return 0
	}
	local := floorDiv(micros, MicrosPerSecond) + UnixEpoch
	// The change that may concern this local time is the first one after a day before it.
	dayBefore := time.Unix(local-secondsPerDay, 0).In(loc)
	_, before := dayBefore.Zone()
	_, boundary := dayBefore.ZoneBounds()
	if boundary.IsZero() {
		return -before
	}
	_, after := boundary.Zone()
	change := boundary.Unix()
	beforeTime, afterTime := local-int64(before), local-int64(after)
	switch {
	case beforeTime < change && afterTime < change:
		return -before
	case beforeTime > change && afterTime >= change:
		return -after
	case beforeTime > afterTime: // skipped
		return -before
	}
	return -after
}

// Zone is a time zone named in a value or after AT TIME ZONE.
type Zone struct {
	loc    *time.Location
	abbrev *abbrev
	west   int // when loc and abbrev are nil
}

// FixedOffset returns the zone with a constant displacement in seconds west.
func FixedOffset(west int) Zone { return Zone{west: west} }

// LocationZone returns the zone of a location.
func LocationZone(loc *time.Location) Zone { return Zone{loc: loc} }

// ResolveZone finds a zone by abbreviation or name; 22023 when there is none.
func ResolveZone(name string) (Zone, error) {
	if a, ok := abbrevs[cutToken(strings.ToLower(name))]; ok {
		if a.zone == "" {
			return Zone{west: -a.east}, nil
		}
		return Zone{abbrev: &a}, nil
	}
	loc, _, ok := LoadLocation(name)
	if !ok {
		return Zone{}, errZone(name)
	}
	return Zone{loc: loc}, nil
}

func errZone(name string) error {
	return pgerr.New(pgcode.InvalidParameterValue, "time zone \"%s\" not recognized", name)
}

// OffsetLocal returns the displacement in seconds west at the local time of f.
func (z Zone) OffsetLocal(f *Fields) (west int) {
	switch {
	case z.abbrev != nil:
		loc, _, ok := LoadLocation(z.abbrev.zone)
		if !ok {
			return 0
		}
		zoneWest := ZoneOffset(f, loc)
		micros, _ := f.localMicros()
		unix := floorDiv(micros, MicrosPerSecond) + UnixEpoch + int64(zoneWest)
		if east, _, ok := meaning(z.abbrev.name, loc, unix); ok {
			return -east
		}
		return zoneWest
	case z.loc != nil:
		return ZoneOffset(f, z.loc)
	}
	return z.west
}

// OffsetAt returns the displacement in seconds west at an instant.
func (z Zone) OffsetAt(ts int64) (west int) {
	switch {
	case z.abbrev != nil:
		east, _ := z.abbrevAt(ts)
		return -east
	case z.loc != nil:
		_, east := zoneAt(floorDiv(ts, MicrosPerSecond)+UnixEpoch, z.loc)
		return -east
	}
	return z.west
}

// Constant returns the zone's displacement when it never changes.
func (z Zone) Constant() (west int, ok bool) {
	if z.abbrev != nil {
		return 0, false
	}
	if z.loc == nil {
		return z.west, true
	}
	t := time.Unix(UnixEpoch, 0).In(z.loc)
	start, end := t.ZoneBounds()
	if !start.IsZero() || !end.IsZero() {
		return 0, false
	}
	_, east := t.Zone()
	return -east, true
}

func (z Zone) abbrevAt(ts int64) (east int, dst bool) {
	if z.abbrev.zone == "" {
		return z.abbrev.east, z.abbrev.dst
	}
	loc, _, ok := LoadLocation(z.abbrev.zone)
	if !ok {
		return 0, false
	}
	unix := floorDiv(ts, MicrosPerSecond) + UnixEpoch
	if east, dst, ok = meaning(z.abbrev.name, loc, unix); ok {
		return east, dst
	}
	t := time.Unix(unix, 0).In(loc)
	_, east = t.Zone()
	return east, t.IsDST()
}

// maxPeriods bounds the search through a zone's past and future for an
// abbreviation; no zone has had more changes of its clocks.
const maxPeriods = 400

// meaning returns what an abbreviation meant in a zone: its use in effect at the
// moment or last before it, or else its first use afterwards.
func meaning(name string, loc *time.Location, unix int64) (east int, dst, ok bool) {
	t := time.Unix(unix, 0).In(loc)
	for i, p := 0, t; i < maxPeriods; i++ {
		if n, off := p.Zone(); n == name {
			return off, p.IsDST(), true
		}
		start, _ := p.ZoneBounds()
		if start.IsZero() {
			break
		}
		p = start.Add(-time.Second)
	}
	for i, p := 0, t; i < maxPeriods; i++ {
		_, end := p.ZoneBounds()
		if end.IsZero() {
			break
		}
		p = end
		if n, off := p.Zone(); n == name {
			return off, p.IsDST(), true
		}
	}
	return 0, false, false
}

// posixLocation parses a POSIX TZ specification (already upper case): name,
// offset west, and optionally a daylight saving name, its offset and its rules.
func posixLocation(s string) (*time.Location, bool) {
	p := posix{rest: s}
	std, ok := p.name()
	if !ok {
		return nil, false
	}
	west, ok := p.offset(167)
	if !ok {
		return nil, false
	}
	if p.rest == "" {
		return time.FixedZone(std, -west), true
	}
	dst, ok := p.name()
	if !ok || dst == "" {
		return nil, false
	}
	dstWest := west - 3600
	if p.rest != "" && p.rest[0] != ',' && p.rest[0] != ';' {
		if dstWest, ok = p.offset(167); !ok {
			return nil, false
		}
	}
	rules := ",M3.2.0,M11.1.0"
	if p.rest != "" {
		if rules, ok = p.rules(); !ok {
			return nil, false
		}
	}
	footer := "<" + std + ">" + offsetText(west) + "<" + dst + ">" + offsetText(dstWest) + rules
	loc, err := time.LoadLocationFromTZData(s, tzif(std, -west, footer))
	return loc, err == nil
}

func offsetText(west int) string {
	sign := ""
	if west < 0 {
		sign, west = "-", -west
	}
	return fmt.Sprintf("%s%d:%02d:%02d", sign, west/3600, west/60%60, west%60)
}

// tzif builds zone data without transitions whose footer holds the rules, the
// form the time package reads (RFC 8536).
func tzif(name string, east int, footer string) []byte {
	header := func(types, chars int) []byte {
		b := append([]byte("TZif2"), make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, 0, types, chars} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return b
	}
	b := header(0, 0)
	b = append(b, header(1, len(name)+1)...)
	b = binary.BigEndian.AppendUint32(b, uint32(int32(east)))
	b = append(b, 0, 0)
	b = append(append(b, name...), 0)
	return append(append(append(b, '\n'), footer...), '\n')
}

// posix reads the parts of a POSIX TZ specification from the front of rest.
type posix struct{ rest string }

func (p *posix) name() (string, bool) {
	if strings.HasPrefix(p.rest, "<") {
		end := strings.IndexByte(p.rest, '>')
		if end < 0 {
			return "", false
		}
		name := p.rest[1:end]
		p.rest = p.rest[end+1:]
		return name, true
	}
	n := 0
	for n < len(p.rest) && !strings.ContainsRune("0123456789,-+", rune(p.rest[n])) {
		n++
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	return name, true
}

// offset reads [+-]hh[:mm[:ss]].
func (p *posix) offset(maxHours int) (seconds int, ok bool) {
	sign := 1
	if p.rest != "" && (p.rest[0] == '-' || p.rest[0] == '+') {
		if p.rest[0] == '-' {
			sign = -1
		}
		p.rest = p.rest[1:]
	}
	h, ok := p.number(0, maxHours)
	if !ok {
		return 0, false
	}
	seconds = h * 3600
	for unit, limit := 60, 59; unit > 0 && strings.HasPrefix(p.rest, ":"); unit, limit = unit/60, 60 {
		p.rest = p.rest[1:]
		n, ok := p.number(0, limit)
		if !ok {
			return 0, false
		}
		seconds += n * unit
	}
	return sign * seconds, true
}

func (p *posix) number(low, high int) (n int, ok bool) {
	i := 0
	for i < len(p.rest) && isDigit(p.rest[i]) {
		if n = n*10 + int(p.rest[i]-'0'); n > high {
			return 0, false
		}
		i++
	}
	p.rest = p.rest[i:]
	return n, i > 0 && n >= low
}

func (p *posix) rules() (string, bool) {
	text := strings.ReplaceAll(p.rest, ";", ",")
	for range 2 {
		if p.rest == "" || (p.rest[0] != ',' && p.rest[0] != ';') {
			return "", false
		}
		p.rest = p.rest[1:]
		if !p.rule() {
			return "", false
		}
	}
	return text, p.rest == ""
}

// rule reads Jn, n or Mm.w.d, each with an optional /time.
func (p *posix) rule() bool {
	bounds := [][2]int{{0, 365}}
	switch {
	case strings.HasPrefix(p.rest, "J"):
		p.rest, bounds = p.rest[1:], [][2]int{{1, 365}}
	case strings.HasPrefix(p.rest, "M"):
		p.rest, bounds = p.rest[1:], [][2]int{{1, 12}, {1, 5}, {0, 6}}
	}
	for i, b := range bounds {
		if i > 0 {
			if !strings.HasPrefix(p.rest, ".") {
				return false
			}
			p.rest = p.rest[1:]
		}
		if _, ok := p.number(b[0], b[1]); !ok {
			return false
		}
	}
	if !strings.HasPrefix(p.rest, "/") {
		return true
	}
	p.rest = p.rest[1:]
	_, ok := p.offset(167)
	return ok
}

// ParseOffset reads a numeric zone with its sign, +hh[:mm[:ss]] or +hhmm, as
// seconds west. over is set when it is one but too large.
func ParseOffset(s string) (west int, ok, over bool) {
	west, err := parseOffset(s)
	return west, err == nil, err == errTZOverflow
}
