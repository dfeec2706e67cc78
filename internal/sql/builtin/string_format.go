package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/types"
)

// concat, concat_ws and format, whose arguments may be of any type.

func init() {
	RegisterBinder("text_concat", func(types []types.OID, _ types.OID) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) { return c.join("", types, a) }
	})
	RegisterBinder("text_concat_ws", func(types []types.OID, _ types.OID) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) {
			if a[0].IsNull() {
				return null, nil
			}
			return c.join(a[0].Str(), types[1:], a[1:])
		}
	})
	RegisterBinder("text_format", func(types []types.OID, _ types.OID) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) { return formatText(c, types, a) }
	})
	Register("text_format_nv", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		return formatText(c, []types.OID{types.Text}, a)
	})
}

// join puts the values that are not NULL together.
func (c *Context) join(sep string, types []types.OID, values []datum.Datum) (datum.Datum, error) {
	var b strings.Builder
	first := true
	for i, v := range values {
		if v.IsNull() {
			continue
		}
		if !first {
			b.WriteString(sep)
		}
		first = false
		b.WriteString(c.textOf(types[i], v))
		if b.Len() > maxTextLength {
			return null, errTooLong()
		}
	}
	return datum.NewText(b.String()), nil
}

func errFormatHint(text string, args ...any) error {
	return pgerr.New(pgcode.InvalidParameterValue, text, args...).WithHint("For a single \"%%\" use \"%%%%\".")
}

// formatter carries out format(): a subset of C's, with %s, %I and %L.
type formatter struct {
	c     *Context
	types []types.OID // of all arguments, the format text first
	args  []datum.Datum
	next  int // argument that a specifier without a number takes
	out   strings.Builder
}

// specifier is what stands between % and its letter.
type specifier struct {
	arg     int // number of the argument, 0 for the next
	left    bool
	width   int
	star    bool // the width is an argument, starArg
	starArg int  // its number, 0 for the next
}

func formatText(c *Context, types []types.OID, args []datum.Datum) (datum.Datum, error) {
	if args[0].IsNull() {
		return null, nil
	}
	f := &formatter{c: c, types: types, args: args, next: 1}
	text := args[0].Str()
	for text != "" {
		at := strings.IndexByte(text, '%')
		if at < 0 {
			break
		}
		f.out.WriteString(text[:at])
		text = text[at+1:]
		if strings.HasPrefix(text, "%") {
			f.out.WriteByte('%')
			text = text[1:]
			continue
		}
		rest, err := f.specifier(text)
		if err != nil {
			return null, err
		}
		if text = rest; f.out.Len() > maxTextLength {
			return null, errTooLong()
		}
	}
	f.out.WriteString(text)
	return datum.NewText(f.out.String()), nil
}

func errUnterminated() error { return errFormatHint("unterminated format() type specifier") }

// specifier carries out one specifier and returns the text behind it.
func (f *formatter) specifier(text string) (string, error) {
	s, text, err := parseSpecifier(text)
	if err != nil {
		return "", err
	}
	letter := text[0]
	if letter != 's' && letter != 'I' && letter != 'L' {
		_, n := utf8.DecodeRuneInString(text)
		return "", errFormatHint("unrecognized format() type specifier \"%s\"", text[:n])
	}
	if s.star {
		if err := f.starWidth(&s); err != nil {
			return "", err
		}
	}
	i, err := f.argument(s.arg)
	if err != nil {
		return "", err
	}
	value := ""
	switch {
	case !f.args[i].IsNull():
		value = f.c.textOf(f.types[i], f.args[i])
		if letter == 'I' {
			value = keyword.QuoteIdent(value)
		} else if letter == 'L' {
			value = keyword.QuoteLiteral(value)
		}
	case letter == 'L':
		value = "NULL"
	case letter == 'I':
		return "", pgerr.New(pgcode.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
	}
	padding := s.width - utf8.RuneCountInString(value)
	if padding > maxTextLength {
		return "", errTooLong()
	}
	if s.left {
		f.out.WriteString(value)
	}
	if padding > 0 {
		f.out.WriteString(strings.Repeat(" ", padding))
	}
	if !s.left {
		f.out.WriteString(value)
	}
	return text[1:], nil
}

// starWidth takes the width from an argument; a negative one aligns left.
func (f *formatter) starWidth(s *specifier) error {
	i, err := f.argument(s.starArg)
	if err != nil {
		return err
	}
	d := f.args[i]
	width := int64(0)
	switch {
	case d.IsNull():
	case f.types[i] == types.Int4 || f.types[i] == types.Int2:
		width = d.Int()
	default:
		if d, err = pgfmt.ParseText(f.c.textOf(f.types[i], d), types.Of(types.Int4), f.c.settings()); err != nil {
			return err
		}
		width = d.Int()
	}
	if width < 0 {
		s.left = true
		if width = -width; width > 1<<31-1 {
			return pgerr.New(pgcode.NumericValueOutOfRange, "number is out of range")
		}
	}
	s.width = int(width)
	return nil
}

// argument resolves an argument's number, 0 for the next one.
func (f *formatter) argument(n int) (int, error) {
	if n > 0 {
		f.next = n
	}
	i := f.next
	f.next++
	if i >= len(f.args) {
		return 0, invalidParameter("too few arguments for format()")
	}
	return i, nil
}

// parseSpecifier reads [n$][-][width], a width being digits, * or *n$. The text
// it returns begins with the letter.
func parseSpecifier(text string) (s specifier, rest string, err error) {
	n, digits, rest, err := formatDigits(text)
	if err != nil {
		return s, "", err
	}
	if digits {
		if strings.HasPrefix(rest, "$") {
			if n == 0 {
				return s, "", errArgumentZero()
			}
			s.arg = n
			rest = rest[1:]
		} else {
			// Digits without $ are the width, and nothing more may follow.
			s.width = n
			return s, rest, nil
		}
	}
	for strings.HasPrefix(rest, "-") {
		s.left = true
		rest = rest[1:]
	}
	if strings.HasPrefix(rest, "*") {
		s.star = true
		if n, digits, rest, err = formatDigits(rest[1:]); err != nil {
			return s, "", err
		}
		if digits {
			if !strings.HasPrefix(rest, "$") {
				return s, "", invalidParameter("width argument position must be ended by \"$\"")
			}
			if n == 0 {
				return s, "", errArgumentZero()
			}
			s.starArg = n
			rest = rest[1:]
		}
	} else if n, _, rest, err = formatDigits(rest); err != nil {
		return s, "", err
	} else {
		s.width = n
	}
	if rest == "" {
		return s, "", errUnterminated()
	}
	return s, rest, nil
}

func errArgumentZero() error {
	return invalidParameter("format specifies argument 0, but arguments are numbered from 1")
}

// formatDigits reads a number; there must be text behind it.
func formatDigits(text string) (n int, found bool, rest string, err error) {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		if n = n*10 + int(text[i]-'0'); n > 1<<31-1 {
			return 0, false, "", pgerr.New(pgcode.NumericValueOutOfRange, "number is out of range")
		}
		i++
	}
	if i == len(text) {
		return 0, false, "", errUnterminated()
	}
	return n, i > 0, text[i:], nil
}
