package config

import (
	"regexp"
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Row is one row of pg_settings. Empty Unit, ExtraDesc, MinVal and MaxVal and a
// nil EnumVals are NULL there; sourcefile and sourceline always are.
type Row struct {
	Setting  *Setting
	Value    string // pg_settings.setting: numbers in the base unit
	Shown    string // what SHOW prints
	MinVal   string
	MaxVal   string
	ResetVal string
	BootVal  string
	Source   Source
}

// All returns the rows of pg_settings that the user may see, in order.
func (s *Session) All() []Row {
	rows := make([]Row, 0, len(Settings()))
	for _, def := range Settings() {
		if def.hidden || def.superuserOnly && !s.Superuser {
			continue
		}
		v, _ := s.variable(def.Name, false)
		r := Row{
			Setting: def, Value: raw(def, v.cur), Shown: def.show(v.cur), MinVal: def.minText, MaxVal: def.maxText,
			ResetVal: raw(def, v.reset), BootVal: def.Boot, Source: v.source,
		}
		rows = append(rows, r)
	}
	return rows
}

// raw is a value as pg_settings.setting prints it: file modes in octal and the
// like as SHOW, amounts without their unit.
func raw(def *Setting, v *value) string {
	if def.Unit != "" {
		return v.text
	}
	return def.show(v)
}

// Flatten joins the values of SET name TO a, b, c into the text that Set takes.
// The error is PostgreSQL's for several values where one is meant.
func Flatten(name string, values []string) (string, error) {
	def := Lookup(name)
	if def == nil || !def.list {
		if len(values) != 1 {
			return "", pgerr.New(pgcode.InvalidParameterValue, "SET %s takes only one argument", name)
		}
		return values[0], nil
	}
	if !def.quoted {
		return strings.Join(values, ", "), nil
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quoteIdentifier(v)
	}
	return strings.Join(quoted, ", "), nil
}

var plainIdentifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// quoteIdentifier quotes where needed. It does not know the key words: a list
// element that is one reads the same with and without quotes.
func quoteIdentifier(s string) string {
	if plainIdentifier.MatchString(s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
