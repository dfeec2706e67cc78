package config

import (
	"math"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// value is one checked value. Immutable, so sessions share it.
type value struct {
	text string // canonical, as pg_settings.setting has it: numbers in the base unit
	num  float64
	// derived is what the check made of the text: a *time.Location of TimeZone,
	// a dateStyle of DateStyle; nil for others.
	derived any
}

func invalidValue(name, text string) *pgerr.Error {
	return pgerr.New(pgcode.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", name, text)
}

// parse checks a value as the user wrote it.
func (s *Setting) parse(text string) (*value, error) {
	switch s.Kind {
	case Bool:
		b, ok := parseBool(text)
		if !ok {
			return nil, pgerr.New(pgcode.InvalidParameterValue, "parameter \"%s\" requires a Boolean value", s.Name)
		}
		if b {
			return &value{text: "on", num: 1}, nil
		}
		return &value{text: "off"}, nil
	case Integer, Real:
		return s.parseNumber(text)
	case Enum:
		return s.parseEnum(text)
	}
	if check := stringChecks[s.Name]; check != nil {
		return check(s, text)
	}
	return &value{text: text}, nil
}

// parseBool accepts the unique prefixes that PostgreSQL's parse_bool does.
func parseBool(text string) (val, ok bool) {
	t := strings.ToLower(text)
	switch {
	case t == "":
		return false, false
	case strings.HasPrefix("true", t), strings.HasPrefix("yes", t), t == "on", t == "1":
		return true, true
	case strings.HasPrefix("false", t), strings.HasPrefix("no", t), t == "off", t == "of", t == "0":
		return false, true
	}
	return false, false
}

// enumAliases are accepted by PostgreSQL but not offered in hints.
var enumAliases = map[string]map[string]string{
	"client_min_messages":     {"debug": "debug2", "info": "info"},
	"log_min_messages":        {"debug": "debug2"},
	"log_min_error_statement": {"debug": "debug2"},
	"log_error_verbosity":     {},
	"transaction_isolation":   {},
	"password_encryption":     {},
	"wal_level":               {"archive": "replica", "hot_standby": "replica"},
	"syslog_facility":         {},
}

var boolWords = map[string]string{"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}

func (s *Setting) parseEnum(text string) (*value, error) {
	hasOn := false
	for i, v := range s.EnumVals {
		if strings.EqualFold(v, text) {
			return &value{text: v, num: float64(i)}, nil
		}
		hasOn = hasOn || v == "on"
	}
	lower := strings.ToLower(text)
	if v, ok := enumAliases[s.Name][lower]; ok {
		return &value{text: v}, nil
	}
	if v, ok := boolWords[lower]; ok && hasOn {
		return s.parseEnum(v)
	}
	return nil, invalidValue(s.Name, text).WithHint("Available values: %s.", strings.Join(s.EnumVals, ", "))
}

// unit is one way to write an amount: so many base units.
type unit struct {
	name   string
	factor float64
}

const (
	memoryHint = `Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".`
	timeHint   = `Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`
	rangeHint  = "Value exceeds integer range."
)

// unitsOf returns the units a base unit may be written in, largest first; nil
// for settings without a unit.
func unitsOf(base string) (units []unit, hint string) {
	memory := func(bytes float64) []unit {
		return []unit{{"TB", (1 << 40) / bytes}, {"GB", (1 << 30) / bytes}, {"MB", (1 << 20) / bytes}, {"kB", 1024 / bytes}, {"B", 1 / bytes}}
	}
	times := func(us float64) []unit {
		return []unit{{"d", 86400e6 / us}, {"h", 3600e6 / us}, {"min", 60e6 / us}, {"s", 1e6 / us}, {"ms", 1e3 / us}, {"us", 1 / us}}
	}
	switch base {
	case "B":
		return memory(1), memoryHint
	case "kB":
		return memory(1 << 10), memoryHint
	case "8kB":
		return memory(8 << 10), memoryHint
	case "MB":
		return memory(1 << 20), memoryHint
	case "ms":
		return times(1e3), timeHint
	case "s":
		return times(1e6), timeHint
	case "min":
		return times(60e6), timeHint
	}
	return nil, ""
}

// parseNumber reads a number with an optional unit (parse_int, parse_real).
func (s *Setting) parseNumber(text string) (*value, error) {
	n, rest, ok := scanNumber(strings.TrimLeft(text, " \t\n\r\v\f"), s.Kind == Integer)
	if !ok {
		return nil, invalidValue(s.Name, text)
	}
	if rest = strings.Trim(rest, " \t\n\r\v\f"); rest != "" {
		units, hint := unitsOf(s.Unit)
		found := false
		for i, u := range units {
			if u.name == rest {
				n *= u.factor
				if i+1 < len(units) { // a fraction is rounded to the next smaller unit
					n = math.RoundToEven(n/units[i+1].factor) * units[i+1].factor
				}
				found = true
				break
			}
		}
		if !found {
			err := invalidValue(s.Name, text)
			if units != nil {
				err = err.WithHint("%s", hint)
			}
			return nil, err
		}
	}
	if s.Kind == Integer {
		n = math.RoundToEven(n)
		if n > math.MaxInt32 || n < math.MinInt32 {
			return nil, invalidValue(s.Name, text).WithHint(rangeHint)
		}
	}
	if n < s.Min || n > s.Max {
		unitText := ""
		if s.Unit != "" {
			unitText = " " + s.Unit
		}
		return nil, pgerr.New(pgcode.InvalidParameterValue, "%s%s is outside the valid range for parameter \"%s\" (%s .. %s)",
			s.number(n), unitText, s.Name, s.number(s.Min), s.number(s.Max))
	}
	if check := numberChecks[s.Name]; check != nil {
		if err := check(s, n); err != nil {
			return nil, err
		}
	}
	return &value{text: s.number(n), num: n}, nil
}

// number prints as C's %d or %g.
func (s *Setting) number(n float64) string {
	if s.Kind == Integer {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'g', 6, 64)
}

// scanNumber reads a C number from the front: for an integer setting also
// hexadecimal and octal.
func scanNumber(s string, integer bool) (n float64, rest string, ok bool) {
	sign, digits := 0, s
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, digits = 1, s[1:]
	}
	if integer && len(digits) > 1 && digits[0] == '0' {
		base, skip := 8, 1
		if digits[1] == 'x' || digits[1] == 'X' {
			base, skip = 16, 2
		}
		end := skip
		for end < len(digits) && isDigit(digits[end], base) {
			end++
		}
		next := byte(0)
		if end < len(digits) {
			next = digits[end]
		}
		if v, err := strconv.ParseInt(s[:sign]+digits[skip:end], base, 64); err == nil && next != '.' && next != 'e' && next != 'E' {
			return float64(v), digits[end:], true
		}
	}
	end := sign
	mark := func() {
		for end < len(s) && isDigit(s[end], 10) {
			end++
		}
	}
	mark()
	count := end - sign
	if end < len(s) && s[end] == '.' {
		end++
		before := end
		mark()
		count += end - before
	}
	if count == 0 {
		return 0, s, false
	}
	if end < len(s) && (s[end] == 'e' || s[end] == 'E') {
		mantissa := end
		end++
		if end < len(s) && (s[end] == '+' || s[end] == '-') {
			end++
		}
		before := end
		if mark(); end == before {
			end = mantissa
		}
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return 0, s, false
	}
	return n, s[end:], true
}

func isDigit(c byte, base int) bool {
	switch {
	case c >= '0' && c <= '9':
		return int(c-'0') < base
	case base == 16 && (c|0x20) >= 'a' && (c|0x20) <= 'f':
		return true
	}
	return false
}

// show prints a value as SHOW does: numbers in the largest unit that fits.
func (s *Setting) show(v *value) string {
	switch s.Name {
	case "data_directory_mode", "log_file_mode", "unix_socket_permissions":
		return "0" + strconv.FormatInt(int64(v.num), 8)
	case "archive_command":
		return "(disabled)" // shown while archive_mode is off
	case "seed":
		return "unavailable"
	}
	if s.Unit == "" || v.num <= 0 || (s.Kind != Integer && s.Kind != Real) {
		return v.text
	}
	units, _ := unitsOf(s.Unit)
	for _, u := range units {
		amount := v.num / u.factor
		if s.Kind == Integer {
			if u.factor <= 1 || int64(v.num)%int64(u.factor) == 0 {
				return strconv.FormatInt(int64(math.RoundToEven(amount)), 10) + u.name
			}
		} else if u.factor <= 1 && u.name == units[len(units)-1].name || math.Abs(math.RoundToEven(amount)/amount-1) <= 1e-8 {
			return strconv.FormatFloat(amount, 'g', 6, 64) + u.name
		}
	}
	return v.text
}
