package config

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// stringChecks are the check hooks of string settings, by name.
var stringChecks map[string]func(*Setting, string) (*value, error)

// numberChecks are the check hooks of numeric settings, by name.
var numberChecks = map[string]func(*Setting, float64) error{
	"max_stack_depth": func(s *Setting, n float64) error {
		if n > 7680 {
			return pgerr.New(pgcode.InvalidParameterValue, "invalid value for parameter \"%s\": %d", s.Name, int(n)).
				WithDetail("\"max_stack_depth\" must not exceed 7680kB.").
				WithHint("Increase the platform's stack depth limit via \"ulimit -s\" or local equivalent.")
		}
		return nil
	},
}

func init() { // a literal would be an initialisation cycle through parse
	stringChecks = map[string]func(*Setting, string) (*value, error){
		"DateStyle": checkDateStyle, "TimeZone": checkTimeZone, "log_timezone": checkTimeZone,
		"client_encoding": checkClientEncoding, "search_path": checkIdentifierList, "temp_tablespaces": checkIdentifierList,
		"application_name": checkApplicationName, "cluster_name": checkApplicationName, "drift.meta": checkMeta,
		"default_table_access_method": checkAccessMethod, "default_tablespace": checkTablespace,
	}
}

// dateStyle is the derived value of DateStyle.
type dateStyle struct {
	style pgfmt.DateStyle
	order pgfmt.DateOrder
}

func (d dateStyle) String() string {
	return [...]string{"ISO", "SQL", "Postgres", "German"}[d.style] + ", " + [...]string{"MDY", "DMY", "YMD"}[d.order]
}

func checkDateStyle(s *Setting, text string) (*value, error) {
	return parseDateStyle(s, text, dateStyle{}, dateStyle{})
}

// parseDateStyle reads the key words. What they leave open comes from base, the
// value in force; the word "default" stands for reset.
func parseDateStyle(s *Setting, text string, base, reset dateStyle) (*value, error) {
	words, ok := SplitIdentifiers(text)
	if !ok {
		return nil, invalidValue(s.Name, text).WithDetail("List syntax is invalid.")
	}
	d, haveStyle, haveOrder, conflict := base, false, false, false
	style := func(v pgfmt.DateStyle) {
		conflict = conflict || haveStyle && d.style != v
		d.style, haveStyle = v, true
	}
	order := func(v pgfmt.DateOrder) {
		conflict = conflict || haveOrder && d.order != v
		d.order, haveOrder = v, true
	}
	for _, word := range words {
		w := strings.ToLower(word)
		switch {
		case w == "iso":
			style(pgfmt.StyleISO)
		case w == "sql":
			style(pgfmt.StyleSQL)
		case strings.HasPrefix(w, "postgres"):
			style(pgfmt.StylePostgres)
		case w == "german":
			style(pgfmt.StyleGerman)
			if !haveOrder { // German implies DMY unless an order was named
				d.order = pgfmt.OrderDMY
			}
		case w == "ymd":
			order(pgfmt.OrderYMD)
		case w == "dmy", strings.HasPrefix(w, "euro"):
			order(pgfmt.OrderDMY)
		case w == "mdy", w == "us", strings.HasPrefix(w, "noneuro"):
			order(pgfmt.OrderMDY)
		case w == "default":
			if !haveStyle {
				d.style = reset.style
			}
			if !haveOrder {
				d.order = reset.order
			}
		default:
			return nil, invalidValue(s.Name, text).WithDetail("Unrecognized key word: \"%s\".", word)
		}
	}
	if conflict {
		return nil, invalidValue(s.Name, text).WithDetail("Conflicting \"datestyle\" specifications.")
	}
	return &value{text: d.String(), derived: d}, nil
}

func checkTimeZone(s *Setting, text string) (*value, error) {
	if len(text) >= 8 && strings.EqualFold(text[:8], "interval") {
		return checkZoneInterval(s, text)
	}
	if hours, rest, ok := scanNumber(strings.TrimLeft(text, " \t\n"), false); ok && rest == "" {
		return fixedZone(s, text, hours*3600)
	}
	loc, name, ok := pgtime.LoadLocation(text)
	if !ok {
		return nil, invalidValue(s.Name, text)
	}
	return &value{text: name, derived: loc}, nil
}

func fixedZone(s *Setting, text string, seconds float64) (*value, error) {
	if seconds > 1e6 || seconds < -1e6 {
		seconds = 1e6 // out of range whatever it was
	}
	loc, name, ok := pgtime.FixedZone(int(seconds))
	if !ok {
		return nil, invalidValue(s.Name, text).WithDetail("UTC timezone offset is out of range.")
	}
	return &value{text: name, derived: loc}, nil
}

// checkZoneInterval reads interval '[+-]hh[:mm[:ss]]', the form that SET TIME
// ZONE INTERVAL is turned into.
func checkZoneInterval(s *Setting, text string) (*value, error) {
	quoted := strings.TrimSpace(text[8:])
	if len(quoted) < 2 || quoted[0] != '\'' || quoted[len(quoted)-1] != '\'' {
		return nil, invalidValue(s.Name, text)
	}
	t := strings.TrimSpace(quoted[1 : len(quoted)-1])
	switch lower := strings.ToLower(t); {
	case strings.Contains(lower, "mon"), strings.Contains(lower, "year"):
		return nil, invalidValue(s.Name, text).WithDetail("Cannot specify months in time zone interval.")
	case strings.Contains(lower, "day"):
		return nil, invalidValue(s.Name, text).WithDetail("Cannot specify days in time zone interval.")
	}
	sign := 1.0
	if t != "" && (t[0] == '+' || t[0] == '-') {
		if t[0] == '-' {
			sign = -1
		}
		t = t[1:]
	}
	seconds, factor := 0.0, 3600.0
	for _, part := range strings.Split(t, ":") {
		n, rest, ok := scanNumber(part, false)
		if !ok || rest != "" || factor < 1 {
			return nil, pgerr.New(pgcode.InvalidDatetimeFormat, "invalid input syntax for type interval: \"%s\"", quoted[1:len(quoted)-1])
		}
		seconds += n * factor
		factor /= 60
	}
	return fixedZone(s, text, sign*seconds)
}

// foreignEncodings are the names, reduced to letters and digits, of encodings
// that PostgreSQL converts to and from and DriftDB does not.
const foreignEncodings = ` big5 eucjp euccn euckr euctw eucjis2004 gb18030 gbk iso88591 iso88592 iso88593 iso88594 iso88595 iso88596 iso88597 ` +
	`iso88598 iso88599 iso885910 iso885913 iso885914 iso885915 iso885916 johab koi8 koi8r koi8u latin1 latin2 latin3 latin4 latin5 latin6 latin7 ` +
	`latin8 latin9 latin10 muleinternal sjis shiftjis shiftjis2004 mskanji uhc win win866 win874 win949 win932 win936 win950 win1250 win1251 ` +
	`win1252 win1253 win1254 win1255 win1256 win1257 win1258 windows1250 windows1251 windows1252 windows1253 windows1254 windows1255 windows1256 ` +
	`windows1257 windows1258 tcvn tcvn5712 vscii abc alt ibm866 `

func checkClientEncoding(s *Setting, text string) (*value, error) {
	reduced := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		}
		return -1
	}, text)
	switch {
	case text == "UNICODE": // PostgreSQL keeps this old name as it is, for old JDBC drivers
		return &value{text: text}, nil
	case reduced == "utf8", reduced == "unicode":
		return &value{text: "UTF8"}, nil
	case reduced == "sqlascii":
		return &value{text: "SQL_ASCII"}, nil
	case reduced != "" && strings.Contains(foreignEncodings, " "+reduced+" "):
		return nil, pgerr.NotSupported("Use UTF8: DriftDB speaks UTF-8 only.", "client encoding \"%s\" is not supported", text)
	}
	return nil, invalidValue(s.Name, text)
}

func checkIdentifierList(s *Setting, text string) (*value, error) {
	if _, ok := SplitIdentifiers(text); !ok {
		return nil, invalidValue(s.Name, text).WithDetail("List syntax is invalid.")
	}
	return &value{text: text}, nil
}

// checkApplicationName keeps printable ASCII only, so that the log stays readable.
func checkApplicationName(_ *Setting, text string) (*value, error) {
	clean := []byte(text)
	for i, c := range clean {
		if c < 32 || c > 126 {
			clean[i] = '?'
		}
	}
	if len(clean) > 63 {
		clean = clean[:63]
	}
	return &value{text: string(clean)}, nil
}

func checkMeta(s *Setting, text string) (*value, error) {
	if text != "" && (!utf8.ValidString(text) || !json.Valid([]byte(text))) {
		return nil, invalidValue(s.Name, text).WithDetail("The value must be a JSON document.")
	}
	return &value{text: text}, nil
}

func checkAccessMethod(s *Setting, text string) (*value, error) {
	switch text {
	case "heap":
		return &value{text: text}, nil
	case "":
		return nil, invalidValue(s.Name, text).WithDetail("%s cannot be empty.", s.Name)
	}
	return nil, invalidValue(s.Name, text).WithDetail("Table access method \"%s\" does not exist.", text)
}

func checkTablespace(s *Setting, text string) (*value, error) {
	if text != "" && text != "pg_default" && text != "pg_global" {
		return nil, invalidValue(s.Name, text).WithDetail("Tablespace \"%s\" does not exist.", text)
	}
	return &value{text: text}, nil
}

// SplitIdentifiers reads a comma-separated list of identifiers as search_path
// has it: unquoted ones are folded to lower case, quoted ones kept. An empty
// text is an empty list.
func SplitIdentifiers(text string) (list []string, ok bool) {
	const space = " \t\n\r\v\f"
	s := strings.Trim(text, space)
	if s == "" {
		return nil, true
	}
	for {
		var word string
		if s != "" && s[0] == '"' {
			var b strings.Builder
			s = s[1:]
			for {
				end := strings.IndexByte(s, '"')
				if end < 0 {
					return nil, false
				}
				b.WriteString(s[:end])
				s = s[end+1:]
				if s == "" || s[0] != '"' {
					break
				}
				b.WriteByte('"') // a doubled quote is one quote
				s = s[1:]
			}
			word = b.String()
		} else {
			end := strings.IndexAny(s, ","+space)
			if end < 0 {
				end = len(s)
			}
			if end == 0 {
				return nil, false
			}
			word, s = strings.ToLower(s[:end]), s[end:]
		}
		if len(word) > 63 {
			word = word[:63]
		}
		list = append(list, word)
		if s = strings.TrimLeft(s, space); s == "" {
			return list, true
		}
		if s[0] != ',' {
			return nil, false
		}
		s = strings.TrimLeft(s[1:], space)
	}
}

// checkCustomName tells why a name that is not in the registry cannot be set, or nil.
func checkCustomName(name string) error {
	if !strings.Contains(name, ".") {
		return unrecognized(name)
	}
	for _, part := range strings.Split(name, ".") {
		for i := range len(part) {
			c := part[i]
			letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
			if !letter && (i == 0 || !isDigit(c, 10) && c != '$') {
				part = ""
				break
			}
		}
		if part == "" {
			return pgerr.New(pgcode.InvalidName, "invalid configuration parameter name \"%s\"", name).
				WithDetail("Custom parameter names must be two or more simple identifiers separated by dots.")
		}
	}
	if prefix, _, _ := strings.Cut(strings.ToLower(name), "."); prefix == "drift" {
		return pgerr.New(pgcode.InvalidName, "invalid configuration parameter name \"%s\"", name).
			WithDetail("\"%s\" is a reserved prefix.", prefix)
	}
	return nil
}

func unrecognized(name string) error {
	return pgerr.New(pgcode.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
}
