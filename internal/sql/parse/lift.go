package parse

import (
	"math"
	"strconv"
	"strings"
)

// LiteralKind is the lexical class of a literal, which decides its type.
type LiteralKind uint8

// The classes of literals.
const (
	LiteralInt4    LiteralKind = 'i' // fits int4, with either sign
	LiteralInt8    LiteralKind = 'l' // fits int8 but not int4, with either sign
	LiteralNumeric LiteralKind = 'n' // any other number
	LiteralString  LiteralKind = 's' // '...'
)

// Literal is a number or string that Lift took out of a statement.
type Literal struct {
	Kind LiteralKind
	Pos  int    // byte offset in the statement
	Int  int64  // value of the integer kinds
	Text string // digits of a number, contents of a string
}

// Shape is a statement with its literals taken out. It may be used again for
// another statement; its parts are valid until then.
type Shape struct {
	// Key is the statement's text with a mark of its kind for each literal: two
	// statements with equal keys have the same tokens but for the values of these.
	Key      []byte
	Literals []Literal
}

// The longest statement and the most literals that Lift takes.
const (
	liftBytesMax    = 8 << 10
	liftLiteralsMax = 256
)

// Lift takes the literals out of a single SELECT, INSERT, UPDATE or DELETE and
// reports whether it could. It does not parse: the result may be no valid
// statement. Statements with parameters, comments, or strings in other forms than
// '...' are left alone; numbers whose sign decides their type stay in the key.
func (s *Shape) Lift(sql string) bool {
	s.Key, s.Literals = s.Key[:0], s.Literals[:0]
	if len(sql) > liftBytesMax || !liftable(sql) || strings.IndexByte(sql, 0) >= 0 {
		return false
	}
	l, done, ended := lexer{sql: sql}, 0, false
	for {
		for l.pos < len(sql) && isSpace(sql[l.pos]) {
			l.pos++
		}
		if l.pos >= len(sql) {
			break
		}
		c := sql[l.pos]
		if ended || c == '$' {
			return false
		}
		switch k := charClass[c]; {
		case k&chIdentStart != 0:
			if !l.skipWord() {
				return false
			}
		case k&chDigit != 0, c == '\'', c == '.':
			lit, ok := l.literal()
			if !ok || len(s.Literals) == liftLiteralsMax {
				return false
			}
			if lit.Kind != 0 {
				s.Key = append(append(s.Key, sql[done:lit.Pos]...), 0, byte(lit.Kind))
				s.Literals = append(s.Literals, lit)
				done = l.pos
			}
		default:
			if strings.HasPrefix(sql[l.pos:], "--") || strings.HasPrefix(sql[l.pos:], "/*") {
				return false
			}
			t := l.next()
			if t.cls == tError {
				return false
			}
			ended = t.cls == ';'
		}
	}
	s.Key = append(s.Key, sql[done:]...)
	return len(s.Literals) > 0
}

// liftable reports whether a text begins with one of the verbs that Lift takes.
func liftable(sql string) bool {
	sql = strings.TrimLeft(sql, " \t\n\r\f")
	for _, verb := range []string{"select", "insert", "update", "delete"} {
		if len(sql) > len(verb) && isSpace(sql[len(verb)]) && strings.EqualFold(sql[:len(verb)], verb) {
			return true
		}
	}
	return false
}

// skipWord passes an identifier or keyword; false when it may begin a string.
func (l *lexer) skipWord() bool {
	s, i := l.sql, l.pos
	for i < len(s) && isIdentCont(s[i]) {
		i++
	}
	l.pos = i
	return i >= len(s) || s[i] != '\'' && (s[i] != '&' || i+1 >= len(s) || s[i+1] != '\'' && s[i+1] != '"')
}

// literal passes a token that begins with a digit, a quote or a dot. Its Kind is
// 0 when it has to stay in the text.
func (l *lexer) literal() (Literal, bool) {
	t := l.next()
	lit := Literal{Pos: t.pos, Text: t.text}
	switch t.cls {
	case tSconst:
		lit.Kind = LiteralString
	case tIconst:
		lit.Kind = LiteralInt4
		lit.Int, _ = strconv.ParseInt(t.text, 10, 64)
	case tFconst:
		lit.Kind = LiteralNumeric
		n, err := strconv.ParseUint(t.text, 10, 64)
		switch {
		case err != nil:
		case n == 1<<31, n == 1<<63:
			lit.Kind = 0
		case n <= math.MaxInt64:
			lit.Kind, lit.Int = LiteralInt8, int64(n)
		}
	case tError:
		return lit, false
	}
	return lit, true
}
