package parse

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// escapeString scans E'...' whose contents begin at i.
func (l *lexer) escapeString(start, i int) token {
	s := l.sql
	var buf []byte
	check := false // escapes gave bytes that may not be UTF-8
	for {
		if i >= len(s) {
			l.pos = len(s)
			return l.errorAt(start, len(s), "unterminated quoted string")
		}
		switch c := s[i]; {
		case c == '\'' && i+1 < len(s) && s[i+1] == '\'':
			buf = append(buf, '\'')
			i += 2
		case c == '\'':
			if k := l.continued(i + 1); k >= 0 {
				i = k
				continue
			}
			if check {
				if e := invalidUTF8(buf); e != nil {
					l.pos = i + 1
					if l.err == nil {
						l.err = e
					}
					return token{cls: tError, pos: start, end: i + 1}
				}
			}
			return l.token(tSconst, start, i+1, string(buf))
		case c != '\\':
			buf = append(buf, c)
			i++
		case i+1 >= len(s):
			i++
		default:
			var t token
			var raw bool
			if buf, i, raw, t = l.escape(buf, i); t.cls == tError {
				return t
			}
			check = check || raw
		}
	}
}

// escape resolves the backslash escape at i. raw is set when it named a byte
// that may not be valid by itself.
func (l *lexer) escape(buf []byte, i int) (_ []byte, next int, raw bool, _ token) {
	s := l.sql
	switch c := s[i+1]; {
	case c >= '0' && c <= '7':
		v, j := 0, i+1
		for j < len(s) && j < i+4 && s[j] >= '0' && s[j] <= '7' {
			v = v*8 + int(s[j]-'0')
			j++
		}
		return append(buf, byte(v)), j, byte(v) == 0 || v > 127, token{}
	case c == 'x' && i+2 < len(s) && isHex(s[i+2]):
		j := i + 3
		if j < len(s) && isHex(s[j]) {
			j++
		}
		v := hexValue(s[i+2 : j])
		return append(buf, byte(v)), j, v == 0 || v > 127, token{}
	case c == 'u' || c == 'U':
		return l.unicodeEscape(buf, i)
	case c == 'b':
		buf = append(buf, '\b')
	case c == 'f':
		buf = append(buf, '\f')
	case c == 'n':
		buf = append(buf, '\n')
	case c == 'r':
		buf = append(buf, '\r')
	case c == 't':
		buf = append(buf, '\t')
	default:
		buf = append(buf, c)
	}
	return buf, i + 2, false, token{}
}

// unicodeEscape resolves \uXXXX or \UXXXXXXXX at i, two of them for a surrogate
// pair.
func (l *lexer) unicodeEscape(buf []byte, i int) (_ []byte, next int, raw bool, _ token) {
	r, j, ok := l.codePoint(i)
	if !ok {
		return nil, 0, false, l.fail(i, j, pgerr.New(pgcode.InvalidEscapeSequence, "invalid Unicode escape").
			WithHint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX."))
	}
	switch {
	case r >= 0xD800 && r < 0xDC00:
		if j+1 < len(l.sql) && l.sql[j] == '\\' && (l.sql[j+1] == 'u' || l.sql[j+1] == 'U') {
			low, k, ok := l.codePoint(j)
			if !ok {
				return nil, 0, false, l.fail(j, k, pgerr.New(pgcode.InvalidEscapeSequence, "invalid Unicode escape").
					WithHint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX."))
			}
			if low >= 0xDC00 && low < 0xE000 {
				return utf8.AppendRune(buf, utf16.DecodeRune(rune(r), rune(low))), k, false, token{}
			}
			return nil, 0, false, l.errorAt(j, k, "invalid Unicode surrogate pair")
		}
		end := min(j+1, len(l.sql))
		return nil, 0, false, l.errorAt(j, end, "invalid Unicode surrogate pair")
	case r >= 0xDC00 && r < 0xE000:
		return nil, 0, false, l.errorAt(i, j, "invalid Unicode surrogate pair")
	case r == 0 || r > utf8.MaxRune:
		return nil, 0, false, l.errorAt(i, j, "invalid Unicode escape value")
	}
	return utf8.AppendRune(buf, rune(r)), j, false, token{}
}

// codePoint reads the digits of \u or \U at i and returns where they end.
func (l *lexer) codePoint(i int) (r uint32, end int, ok bool) {
	want := 4
	if l.sql[i+1] == 'U' {
		want = 8
	}
	j := i + 2
	for j < len(l.sql) && j < i+2+want && isHex(l.sql[j]) {
		j++
	}
	return hexValue(l.sql[i+2 : j]), j, j == i+2+want
}

func hexValue(digits string) (v uint32) {
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		switch {
		case c <= '9':
			c -= '0'
		case c >= 'a':
			c -= 'a' - 10
		default:
			c -= 'A' - 10
		}
		v = v<<4 | uint32(c)
	}
	return v
}

// invalidUTF8 returns the error for the first invalid sequence of b, or nil. A
// zero byte is invalid in PostgreSQL's text.
func invalidUTF8(b []byte) *pgerr.Error {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if b[i] == 0 || r == utf8.RuneError && n <= 1 {
			want := 1
			switch c := b[i]; {
			case c&0xF8 == 0xF0:
				want = 4
			case c&0xF0 == 0xE0:
				want = 3
			case c&0xE0 == 0xC0:
				want = 2
			}
			var hex strings.Builder
			for _, c := range b[i:min(len(b), i+want)] {
				fmt.Fprintf(&hex, " 0x%02x", c)
			}
			return pgerr.New(pgcode.CharacterNotInRepertoire,
				"invalid byte sequence for encoding \"UTF8\":%s", hex.String())
		}
		i += n
	}
	return nil
}

// unicode resolves the escapes of a U& string or name, after looking for the
// UESCAPE clause behind it.
func (l *lexer) unicode(t token) token {
	if t.cls == tError {
		return t
	}
	escape := byte('\\')
	end, after, err, notices := t.end, l.pos, l.err, l.notices
	l.notices = nil
	u := l.next()
	l.notices = notices
	if u.cls == tError {
		return u // PostgreSQL reads the next token before it looks at the escapes
	}
	if u.cls != kwUescape {
		l.err = err
	} else {
		e := l.next()
		if e.cls == tError {
			return e
		}
		if e.cls != tSconst {
			return l.errorAt(e.pos, e.end, "UESCAPE must be followed by a simple string literal")
		}
		if len(e.text) != 1 || !validEscapeChar(e.text[0]) {
			return l.errorAt(e.pos, e.end, "invalid Unicode escape character")
		}
		escape, end, after = e.text[0], e.end, e.end
	}
	text, bad := l.resolveUnicode(t, escape)
	if bad.cls == tError {
		return bad
	}
	if t.cls == tIdent && len(text) > nameBytesMax {
		text = l.truncate(text)
	}
	l.pos = after
	return token{cls: t.cls, pos: t.pos, end: end, text: text}
}

func validEscapeChar(c byte) bool {
	return !isHex(c) && c != '+' && c != '\'' && c != '"' && !isSpace(c)
}

// resolveUnicode replaces \XXXX and \+XXXXXX in a U& string; error positions
// count from its contents, as PostgreSQL's do.
func (l *lexer) resolveUnicode(t token, escape byte) (string, token) {
	in := t.text
	if strings.IndexByte(in, escape) < 0 {
		return in, token{}
	}
	bad := func(i int, msg string) (string, token) {
		e := pgerr.New(pgcode.SyntaxError, "%s", msg)
		if msg == "invalid Unicode escape" {
			e = e.WithHint("Unicode escapes must be \\XXXX or \\+XXXXXX.")
		}
		return "", l.fail(t.pos+3+i, t.end, e)
	}
	var buf []byte
	high := rune(0) // first half of a surrogate pair
	for i := 0; i < len(in); {
		if in[i] != escape {
			if high != 0 {
				return bad(i, "invalid Unicode surrogate pair")
			}
			buf = append(buf, in[i])
			i++
			continue
		}
		if i+1 < len(in) && in[i+1] == escape {
			if high != 0 {
				return bad(i, "invalid Unicode surrogate pair")
			}
			buf = append(buf, escape)
			i += 2
			continue
		}
		digits, n := 4, 1
		if i+1 < len(in) && in[i+1] == '+' {
			digits, n = 6, 2
		}
		if i+n+digits > len(in) || strings.TrimFunc(in[i+n:i+n+digits], func(r rune) bool { return r < 128 && isHex(byte(r)) }) != "" {
			return bad(i, "invalid Unicode escape")
		}
		r := rune(hexValue(in[i+n : i+n+digits]))
		switch {
		case r == 0 || r > utf8.MaxRune:
			return bad(i, "invalid Unicode escape value")
		case high != 0:
			if r < 0xDC00 || r >= 0xE000 {
				return bad(i, "invalid Unicode surrogate pair")
			}
			buf, high = utf8.AppendRune(buf, utf16.DecodeRune(high, r)), 0
		case r >= 0xDC00 && r < 0xE000:
			return bad(i, "invalid Unicode surrogate pair")
		case r >= 0xD800 && r < 0xDC00:
			high = r
		default:
			buf = utf8.AppendRune(buf, r)
		}
		i += n + digits
	}
	if high != 0 {
		return bad(len(in), "invalid Unicode surrogate pair")
	}
	return string(buf), token{}
}
