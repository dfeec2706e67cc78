package parse

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// nameBytesMax is the longest name; longer ones are cut with a notice.
const nameBytesMax = 63

// lexer splits a string into tokens by the rules of PostgreSQL 15's scan.l. It
// never fails itself: a lexical error is a token of class tError, so that a
// syntax error before it is reported first, as PostgreSQL does.
type lexer struct {
	sql string
	pos int
	err *pgerr.Error // of the last tError

	backslashes bool // standard_conforming_strings = off
	notices     *[]*pgerr.Error

	hint    string // text of the last /*+ ... */ seen
	hintPos int
}

// errorAt makes a tError with PostgreSQL's "... at or near" text, which shows
// the string from the token's start to end.
func (l *lexer) errorAt(pos, end int, msg string) token {
	if pos >= len(l.sql) {
		msg += " at end of input"
	} else {
		msg = fmt.Sprintf("%s at or near \"%s\"", msg, l.sql[pos:end])
	}
	return l.fail(pos, end, pgerr.New(pgcode.SyntaxError, "%s", msg))
}

func (l *lexer) fail(pos, end int, err *pgerr.Error) token {
	if l.err == nil { // the first one counts, the rest is lookahead
		l.err = err.At(pos + 1)
	}
	return token{cls: tError, pos: pos, end: end}
}

// next returns the next token.
func (l *lexer) next() token {
	if t, ok := l.skipSpace(); !ok {
		return t
	}
	s, start := l.sql, l.pos
	if start >= len(s) {
		return token{cls: tEOF, pos: len(s), end: len(s)}
	}
	c := s[start]
	switch k := charClass[c]; {
	case k&chIdentStart != 0:
		return l.word(c)
	case k&chDigit != 0, c == '.' && start+1 < len(s) && isDigit(s[start+1]):
		return l.number()
	case c == '\'':
		if l.backslashes {
			return l.escapeString(start, start+1)
		}
		return l.plainString(start, start+1)
	case c == '"':
		return l.quotedIdent(start, start+1)
	case k&chOp != 0:
		return l.operator()
	case c == '$':
		return l.dollar()
	case c == ':':
		return l.colon()
	case c == '.' && start+1 < len(s) && s[start+1] == '.':
		return l.token(tDotDot, start, start+2, "")
	case c == '.':
		return l.token('.', start, start+1, "")
	}
	return l.token(class(c), start, start+1, "")
}

func (l *lexer) token(c class, pos, end int, text string) token {
	l.pos = end
	return token{cls: c, pos: pos, end: end, text: text}
}

// skipSpace advances over white space and comments; ok is false when a comment
// has no end.
func (l *lexer) skipSpace() (token, bool) {
	s := l.sql
	for l.pos < len(s) {
		c := s[l.pos]
		switch {
		case isSpace(c):
			l.pos++
		case c == '-' && strings.HasPrefix(s[l.pos:], "--"):
			l.pos += lineLen(s[l.pos:])
		case c == '/' && strings.HasPrefix(s[l.pos:], "/*"):
			n := commentLen(s[l.pos:])
			if n < 0 {
				start := l.pos
				l.pos = len(s)
				return l.errorAt(start, len(s), "unterminated /* comment"), false
			}
			if n >= 5 && s[l.pos+2] == '+' {
				l.hint, l.hintPos = s[l.pos+3:l.pos+n-2], l.pos
			}
			l.pos += n
		default:
			return token{}, true
		}
	}
	return token{}, true
}

// lineLen returns the length of s up to, not including, the end of the line.
func lineLen(s string) int {
	if i := strings.IndexAny(s, "\n\r"); i >= 0 {
		return i
	}
	return len(s)
}

// commentLen returns the length of the comment that s begins with; comments
// nest. It is -1 when the comment does not end.
func commentLen(s string) int {
	depth, i := 1, 2
	for i+1 < len(s) {
		switch {
		case s[i] == '*' && s[i+1] == '/':
			i += 2
			if depth--; depth == 0 {
				return i
			}
		case s[i] == '/' && s[i+1] == '*':
			depth++
			i += 2
		default:
			i++
		}
	}
	return -1
}

// word scans an identifier or keyword, or a string with a letter in front.
func (l *lexer) word(c byte) token {
	s, start := l.sql, l.pos
	if start+1 < len(s) && (s[start+1] == '\'' || s[start+1] == '&') {
		if t, ok := l.prefixedString(c); ok {
			return t
		}
	}
	i, special := start, byte(0)
	for i < len(s) && isIdentCont(s[i]) {
		special |= charClass[s[i]] & chUpper
		i++
	}
	name := s[start:i]
	if special != 0 {
		name = foldASCII(name)
	}
	cls := lookupKeyword(name)
	if cls == tIdent && len(name) > nameBytesMax {
		name = l.truncate(name)
	}
	return l.token(cls, start, i, name)
}

// foldASCII lower-cases A-Z; other characters stay, as in PostgreSQL for
// multi-byte encodings.
func foldASCII(name string) string {
	b := []byte(name)
	for i, c := range b {
		if charClass[c]&chUpper != 0 {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// truncate cuts a name at a character's end and leaves a notice.
func (l *lexer) truncate(name string) string {
	n := nameBytesMax
	for n > nameBytesMax-utf8.UTFMax && !utf8.RuneStart(name[n]) {
		n--
	}
	if !utf8.RuneStart(name[n]) { // not UTF-8, which the doors let in nowhere
		n = nameBytesMax
	}
	if l.notices != nil {
		e := pgerr.New(pgcode.NameTooLong, "identifier \"%s\" will be truncated to \"%s\"", name, name[:n])
		e.Severity = "NOTICE"
		*l.notices = append(*l.notices, e)
	}
	return name[:n]
}

// prefixedString scans E”, B”, X”, N” and U&” and U&"".
func (l *lexer) prefixedString(c byte) (token, bool) {
	s, start := l.sql, l.pos
	if s[start+1] == '\'' {
		switch c {
		case 'e', 'E':
			return l.escapeString(start, start+2), true
		case 'b', 'B':
			return l.bitString(start, "unterminated bit string literal", "b"), true
		case 'x', 'X':
			return l.bitString(start, "unterminated hexadecimal string literal", "x"), true
		case 'n', 'N': // NCHAR followed by a plain string
			return l.token(lookupKeyword("nchar"), start, start+1, "nchar"), true
		}
		return token{}, false
	}
	if (c == 'u' || c == 'U') && start+2 < len(s) {
		switch s[start+2] {
		case '\'':
			if l.backslashes {
				return l.fail(start, start+3, pgerr.New(pgcode.FeatureNotSupported,
					"unsafe use of string constant with Unicode escapes").
					WithDetail("String constants with Unicode escapes cannot be used when standard_conforming_strings is off.")), true
			}
			return l.unicode(l.plainString(start, start+3)), true
		case '"':
			return l.unicode(l.quotedIdent(start, start+3)), true
		}
	}
	return token{}, false
}

// continued returns the offset after the opening quote of a string's next piece
// when only white space with a newline lies between, else -1.
func (l *lexer) continued(i int) int {
	s, newline := l.sql, false
	for i < len(s) {
		switch c := s[i]; {
		case c == '\n' || c == '\r':
			newline = true
			i++
		case isSpace(c):
			i++
		case strings.HasPrefix(s[i:], "--"):
			i += lineLen(s[i:])
			if newline && i >= len(s) {
				return -1
			}
		case c == '\'' && newline:
			return i + 1
		default:
			return -1
		}
	}
	return -1
}

// plainString scans a plain string whose contents begin at i; only a doubled quote
// is special.
func (l *lexer) plainString(start, i int) token {
	s := l.sql
	text, shared := "", true
	var buf []byte
	for {
		j := strings.IndexByte(s[i:], '\'')
		if j < 0 {
			l.pos = len(s)
			return l.errorAt(start, len(s), "unterminated quoted string")
		}
		piece := s[i : i+j]
		i += j + 1
		if shared && len(text) == 0 {
			text = piece
		} else {
			if shared {
				buf, shared = append(buf, text...), false
			}
			buf = append(buf, piece...)
		}
		if i < len(s) && s[i] == '\'' {
			if shared {
				buf, shared = append(buf, text...), false
			}
			buf = append(buf, '\'')
			i++
		} else if k := l.continued(i); k >= 0 {
			i = k
		} else {
			break
		}
	}
	if !shared {
		text = string(buf)
	}
	return l.token(tSconst, start, i, text)
}

// bitString scans B'...' and X'...'; the digits are checked by the types' input.
func (l *lexer) bitString(start int, unterminated, prefix string) token {
	s, i := l.sql, start+2
	text := prefix
	for {
		j := strings.IndexByte(s[i:], '\'')
		if j < 0 {
			l.pos = len(s)
			return l.errorAt(start, len(s), unterminated)
		}
		text += s[i : i+j]
		i += j + 1
		k := l.continued(i)
		if k < 0 {
			return l.token(tBconst, start, i, text)
		}
		i = k
	}
}

// quotedIdent scans "..." whose contents begin at i. The name is truncated here,
// except for U&"" names, which are cut after their escapes are resolved.
func (l *lexer) quotedIdent(start, i int) token {
	s := l.sql
	name := ""
	for {
		j := strings.IndexByte(s[i:], '"')
		if j < 0 {
			l.pos = len(s)
			return l.errorAt(start, len(s), "unterminated quoted identifier")
		}
		name += s[i : i+j]
		i += j + 1
		if i >= len(s) || s[i] != '"' {
			break
		}
		name += "\""
		i++
	}
	if name == "" {
		l.pos = i
		return l.errorAt(start, i, "zero-length delimited identifier")
	}
	if len(name) > nameBytesMax && s[start] == '"' {
		name = l.truncate(name)
	}
	return l.token(tIdent, start, i, name)
}

// number scans a numeric literal. A digit string that fits int4 is tIconst.
func (l *lexer) number() token {
	s, start := l.sql, l.pos
	i := start
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	integer := true
	if i < len(s) && s[i] == '.' && !(i+1 < len(s) && s[i+1] == '.') {
		integer = false
		i++
		for i < len(s) && isDigit(s[i]) {
			i++
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for j < len(s) && isDigit(s[j]) {
				j++
			}
			i, integer = j, false
		} else if j > i+1 { // 1e+
			l.pos = j
			return l.errorAt(start, j, "trailing junk after numeric literal")
		}
	}
	if i < len(s) && isIdentStart(s[i]) {
		for i < len(s) && isIdentCont(s[i]) {
			i++
		}
		l.pos = i
		return l.errorAt(start, i, "trailing junk after numeric literal")
	}
	cls := tFconst
	if integer && fitsInt4(s[start:i]) {
		cls = tIconst
	}
	return l.token(cls, start, i, s[start:i])
}

func fitsInt4(digits string) bool {
	digits = strings.TrimLeft(digits, "0")
	return len(digits) < 10 || len(digits) == 10 && digits <= "2147483647"
}

// dollar scans $n, $tag$...$tag$ or a lone dollar sign.
func (l *lexer) dollar() token {
	s, start := l.sql, l.pos
	i := start + 1
	if i < len(s) && isDigit(s[i]) {
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if i < len(s) && isIdentStart(s[i]) {
			for i < len(s) && isIdentCont(s[i]) {
				i++
			}
			l.pos = i
			return l.errorAt(start, i, "trailing junk after parameter")
		}
		return l.token(tParam, start, i, s[start+1:i])
	}
	if i < len(s) && isIdentStart(s[i]) {
		for i < len(s) && (isIdentStart(s[i]) || isDigit(s[i])) {
			i++
		}
	}
	if i >= len(s) || s[i] != '$' {
		return l.token('$', start, start+1, "")
	}
	delimiter := s[start : i+1]
	n := strings.Index(s[i+1:], delimiter)
	if n < 0 {
		l.pos = len(s)
		return l.errorAt(start, len(s), "unterminated dollar-quoted string")
	}
	text := s[i+1 : i+1+n]
	return l.token(tSconst, start, i+1+n+len(delimiter), text)
}

func (l *lexer) colon() token {
	start := l.pos
	rest := l.sql[start+1:]
	switch {
	case strings.HasPrefix(rest, ":"):
		return l.token(tTypecast, start, start+2, "")
	case strings.HasPrefix(rest, "="):
		return l.token(tColonEquals, start, start+2, "")
	}
	return l.token(':', start, start+1, "")
}

// operator scans the longest operator, ended by a comment; a multi-character one
// may end in + or - only when it holds a character SQL's operators do not have,
// so that a=-1 needs no space.
func (l *lexer) operator() token {
	s, start := l.sql, l.pos
	n, special := 0, false
	for start+n < len(s) && isOpChar(s[start+n]) {
		c := s[start+n]
		if start+n+1 < len(s) && n > 0 && (c == '/' && s[start+n+1] == '*' || c == '-' && s[start+n+1] == '-') {
			break
		}
		special = special || strings.IndexByte("~!@#^&|`?%", c) >= 0
		n++
	}
	for n > 1 && !special && (s[start+n-1] == '+' || s[start+n-1] == '-') {
		n--
	}
	end := start + n
	op := s[start:end]
	if n == 1 && charClass[op[0]]&chSelf != 0 {
		return l.token(class(op[0]), start, end, op)
	}
	if n == 2 {
		switch op {
		case "=>":
			return l.token(tEqualsGreater, start, end, op)
		case ">=":
			return l.token(tGreaterEquals, start, end, op)
		case "<=":
			return l.token(tLessEquals, start, end, op)
		case "<>", "!=":
			return l.token(tNotEquals, start, end, "<>")
		}
	}
	if n > nameBytesMax {
		l.pos = end
		return l.errorAt(start, end, "operator too long")
	}
	return l.token(tOp, start, end, op)
}
