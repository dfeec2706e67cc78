package jsontext

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// maxDepth bounds the nesting of arrays and objects.
const maxDepth = 6000

type token uint8

const (
	tokNone token = iota // before the first token
	tokEnd
	tokString
	tokNumber
	tokTrue
	tokFalse
	tokNull
	tokObjectStart
	tokObjectEnd
	tokArrayStart
	tokArrayEnd
	tokComma
	tokColon
)

// lexer cuts a text into tokens. With decode set, strings are unescaped into str
// and escapes that no text can hold are refused.
type lexer struct {
	s          string
	decode     bool
	tok        token
	start, end int // of the current token
	str        string
	lineStart  int
	line       int
}

func newLexer(s string, decode bool) *lexer { return &lexer{s: s, decode: decode, line: 1} }

func (l *lexer) text() string { return l.s[l.start:l.end] }

// next moves to the next token.
func (l *lexer) next() error {
	i := l.end
	for i < len(l.s) {
		c := l.s[i]
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		if i++; c == '\n' {
			l.line++
			l.lineStart = i
		}
	}
	l.start, l.end = i, i
	if i == len(l.s) {
		l.tok = tokEnd
		return nil
	}
	l.end++
	switch c := l.s[i]; {
	case c == '{':
		l.tok = tokObjectStart
	case c == '}':
		l.tok = tokObjectEnd
	case c == '[':
		l.tok = tokArrayStart
	case c == ']':
		l.tok = tokArrayEnd
	case c == ',':
		l.tok = tokComma
	case c == ':':
		l.tok = tokColon
	case c == '"':
		l.tok = tokString
		return l.lexString()
	case c == '-' || c >= '0' && c <= '9':
		l.tok = tokNumber
		return l.lexNumber()
	default:
		return l.lexWord()
	}
	return nil
}

// wordByte tells bytes that belong to one unquoted word in error reports.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

func (l *lexer) lexWord() error {
	l.end = l.start
	for l.end < len(l.s) && wordByte(l.s[l.end]) {
		l.end++
	}
	if l.end == l.start {
		l.end++
		return l.fail(`Token "%s" is invalid.`, l.text())
	}
	switch l.text() {
	case "true":
		l.tok = tokTrue
	case "false":
		l.tok = tokFalse
	case "null":
		l.tok = tokNull
	default:
		return l.fail(`Token "%s" is invalid.`, l.text())
	}
	return nil
}

func (l *lexer) lexNumber() error {
	i, bad := l.start, false
	if l.s[i] == '-' {
		i++
	}
	run := func() bool {
		from := i
		for i < len(l.s) && l.s[i] >= '0' && l.s[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(l.s) && l.s[i] == '0' {
		i++
	} else if !run() {
		bad = true
	}
	if i < len(l.s) && l.s[i] == '.' {
		if i++; !run() {
			bad = true
		}
	}
	if i < len(l.s) && (l.s[i] == 'e' || l.s[i] == 'E') {
		if i++; i < len(l.s) && (l.s[i] == '+' || l.s[i] == '-') {
			i++
		}
		if !run() {
			bad = true
		}
	}
	for ; i < len(l.s) && wordByte(l.s[i]); i++ {
		bad = true
	}
	l.end = i
	if bad {
		return l.fail(`Token "%s" is invalid.`, l.text())
	}
	return nil
}

func (l *lexer) lexString() error {
	i := l.start + 1
	for i < len(l.s) && l.s[i] != '"' && l.s[i] != '\\' && l.s[i] >= ' ' {
		i++
	}
	if i < len(l.s) && l.s[i] == '"' {
		l.str, l.end = l.s[l.start+1:i], i+1
		return nil
	}
	return l.lexEscaped(i)
}

// lexEscaped goes on with a string from its first unusual byte.
func (l *lexer) lexEscaped(i int) error {
	var b strings.Builder
	b.WriteString(l.s[l.start+1 : i])
	high := rune(0)
	for {
		if i >= len(l.s) {
			l.end = len(l.s)
			return l.fail(`Token "%s" is invalid.`, l.text())
		}
		c := l.s[i]
		switch {
		case c < ' ':
			l.end = i
			return l.fail("Character with value 0x%02x must be escaped.", c)
		case c == '"':
			if high != 0 {
				return l.surrogate(i)
			}
			l.str, l.end = b.String(), i+1
			return nil
		case c != '\\':
			if high != 0 {
				return l.surrogate(i)
			}
			b.WriteByte(c)
			i++
			continue
		}
		next, r, err := l.escape(i)
		if err != nil {
			return err
		}
		i = next
		if !l.decode {
			continue
		}
		l.end = i
		switch {
		case r >= 0xD800 && r < 0xDC00:
			if high != 0 {
				return l.fail("Unicode high surrogate must not follow a high surrogate.")
			}
			high = r
			continue
		case r >= 0xDC00 && r < 0xE000:
			if high == 0 {
				return l.fail("Unicode low surrogate must follow a high surrogate.")
			}
			r, high = 0x10000+(high&0x3ff)<<10+r&0x3ff, 0
		case high != 0:
			return l.surrogate(i - 1)
		case r == 0:
			e := pgerr.New(pgcode.UntranslatableCharacter, "unsupported Unicode escape sequence").WithDetail(`\u0000 cannot be converted to text.`)
			e.Where = l.context()
			return e
		}
		b.WriteRune(r)
	}
}

func (l *lexer) surrogate(i int) error {
	l.end = min(i+1, len(l.s))
	return l.fail("Unicode low surrogate must follow a high surrogate.")
}

// escape reads the escape sequence at i and returns where it ends and its rune.
func (l *lexer) escape(i int) (next int, r rune, err error) {
	if i+1 >= len(l.s) {
		l.end = len(l.s)
		return 0, 0, l.fail(`Token "%s" is invalid.`, l.text())
	}
	switch c := l.s[i+1]; c {
	case '"', '\\', '/':
		return i + 2, rune(c), nil
	case 'b':
		return i + 2, '\b', nil
	case 'f':
		return i + 2, '\f', nil
	case 'n':
		return i + 2, '\n', nil
	case 'r':
		return i + 2, '\r', nil
	case 't':
		return i + 2, '\t', nil
	case 'u':
	default:
		_, size := utf8.DecodeRuneInString(l.s[i+1:])
		l.end = i + 1 + size
		return 0, 0, l.fail(`Escape sequence "\%s" is invalid.`, l.s[i+1:l.end])
	}
	for k := i + 2; k < i+6; k++ {
		if k >= len(l.s) {
			l.end = len(l.s)
			return 0, 0, l.fail(`Token "%s" is invalid.`, l.text())
		}
		v, ok := hexValue(l.s[k])
		if !ok {
			_, size := utf8.DecodeRuneInString(l.s[k:])
			l.end = k + size
			return 0, 0, l.fail(`"\u" must be followed by four hexadecimal digits.`)
		}
		r = r<<4 | rune(v)
	}
	return i + 6, r, nil
}

func hexValue(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// fail makes PostgreSQL's error for bad JSON; the detail says what is wrong.
func (l *lexer) fail(format string, args ...any) error {
	detail := format
	if len(args) > 0 {
		detail = fmt.Sprintf(format, args...)
	}
	e := pgerr.New(pgcode.InvalidTextRepresentation, "invalid input syntax for type json").WithDetail("%s", detail)
	e.Where = l.context()
	return e
}

// expected is fail for a token out of place.
func (l *lexer) expected(what string) error {
	if l.tok == tokEnd {
		return l.fail("The input string ended unexpectedly.")
	}
	return l.fail(`Expected %s, but found "%s".`, what, l.text())
}

// context shows up to 50 bytes of the line that lead to the error.
func (l *lexer) context() string {
	from, end := l.lineStart, l.end
	for end-from >= 50 {
		_, size := utf8.DecodeRuneInString(l.s[from:])
		from += size
	}
	if from-l.lineStart <= 3 {
		from = l.lineStart
	}
	prefix, suffix := "", ""
	if from > l.lineStart {
		prefix = "..."
	}
	if l.tok != tokEnd && end < len(l.s) && l.s[end] != '\n' && l.s[end] != '\r' {
		suffix = "..."
	}
	return fmt.Sprintf("JSON data, line %d: %s%s%s", l.line, prefix, l.s[from:end], suffix)
}
