package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// LIKE and its kin, and the translation of SIMILAR TO into regular expressions.

func init() {
	for _, t := range []string{"text", "name", "bytea"} {
		wide := t != "bytea"
		registerLike(t+"like", t+"nlike", func(s, p string) (bool, error) { return like(s, p, wide) })
		if wide {
			registerLike(t+"iclike", t+"icnlike", func(s, p string) (bool, error) { return like(asciiLower(s), asciiLower(p), true) })
		}
	}
	for source, wide := range map[string]bool{"like_escape": true, "like_escape_bytea": false} {
		fn2(source, func(a, b datum.Datum) (datum.Datum, error) {
			s, err := likeEscape(a.Str(), b.Str(), wide)
			return datum.NewOfKind(s, a.Kind()), err
		})
	}
	fn1("similar_to_escape_1", func(a datum.Datum) (datum.Datum, error) { return similarText(a.Str(), `\`) })
	fn2("similar_to_escape_2", func(a, b datum.Datum) (datum.Datum, error) { return similarText(a.Str(), b.Str()) })
	fn2("similar_escape", func(a, b datum.Datum) (datum.Datum, error) { // not strict: no escape given is a backslash
		switch {
		case a.IsNull():
			return null, nil
		case b.IsNull():
			return similarText(a.Str(), `\`)
		}
		return similarText(a.Str(), b.Str())
	})
}

func registerLike(source, negated string, match func(s, pattern string) (bool, error)) {
	fn2(source, func(a, b datum.Datum) (datum.Datum, error) {
		ok, err := match(a.Str(), b.Str())
		return datum.NewBool(ok), err
	})
	fn2(negated, func(a, b datum.Datum) (datum.Datum, error) {
		ok, err := match(a.Str(), b.Str())
		return datum.NewBool(!ok), err
	})
}

// like matches s against a pattern in which % stands for any text, _ for one
// character (one byte unless wide) and a backslash takes the next character
// literally. When a part behind a % fails, only the last % takes more text:
// earlier ones could not help. So time is at most len(s) * len(p).
func like(s, p string, wide bool) (bool, error) {
	var afterPercent, retry string // where to go on when the part fails
	seenPercent := false
	step := func(s string) string {
		if wide && s[0] >= utf8.RuneSelf {
			_, n := utf8.DecodeRuneInString(s)
			return s[n:]
		}
		return s[1:]
	}
	for {
		matched := false
		switch {
		case p == "":
			if s == "" {
				return true, nil
			}
		case p[0] == '%':
			for p != "" && p[0] == '%' {
				p = p[1:]
			}
			if p == "" {
				return true, nil
			}
			if p == `\` && s != "" {
				return false, errLikeEnd()
			}
			afterPercent, retry, seenPercent = p, s, true
			continue
		case s == "":
			return false, nil
		case p[0] == '_':
			s, p, matched = step(s), p[1:], true
		case p[0] == '\\':
			if len(p) < 2 {
				return false, errLikeEnd()
			}
			if matched = p[1] == s[0]; matched {
				s, p = s[1:], p[2:]
			}
		case p[0] == s[0]:
			s, p, matched = s[1:], p[1:], true
		}
		if matched {
			continue
		}
		if !seenPercent || retry == "" {
			return false, nil
		}
		retry = step(retry)
		retry = skipTo(retry, afterPercent)
		s, p = retry, afterPercent
	}
}

// skipTo drops the start of s that cannot match the first character of p, which
// comes after a %.
func skipTo(s, p string) string {
	c := p[0]
	switch {
	case c == '_':
		return s
	case c == '\\' && len(p) > 1:
		c = p[1]
	}
	if at := strings.IndexByte(s, c); at > 0 {
		return s[at:]
	} else if at < 0 {
		return ""
	}
	return s
}

func errLikeEnd() error {
	return pgerr.New(pgcode.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
}

func errEscapeString() error {
	return pgerr.New(pgcode.InvalidEscapeSequence, "invalid escape string").
		WithHint("Escape string must be empty or one character.")
}

// likeEscape rewrites a pattern with another escape character, or with none, to
// one that uses the backslash.
func likeEscape(p, escape string, wide bool) (string, error) {
	switch {
	case escape == "":
		return strings.ReplaceAll(p, `\`, `\\`), nil
	case len(escape) > 1 && (!wide || utf8.RuneCountInString(escape) > 1):
		return "", errEscapeString()
	case escape == `\`:
		return p, nil
	}
	var b strings.Builder
	escaped := false
	for p != "" {
		switch {
		case strings.HasPrefix(p, escape) && !escaped:
			b.WriteByte('\\')
			escaped = true
			p = p[len(escape):]
			continue
		case p[0] == '\\':
			b.WriteByte('\\')
			if !escaped {
				b.WriteByte('\\')
			}
		default:
			b.WriteByte(p[0])
		}
		escaped = false
		p = p[1:]
	}
	return b.String(), nil
}

func similarText(pattern, escape string) (datum.Datum, error) {
	s, err := similarToRegexp(pattern, escape)
	return datum.NewText(s), err
}

// similarToRegexp turns a SIMILAR TO pattern into an advanced regular expression.
// An escape character and a double quote, twice in the pattern, mark the part
// that substring() returns.
func similarToRegexp(pattern, escape string) (string, error) {
	if len(escape) > 1 && utf8.RuneCountInString(escape) > 1 {
		return "", errEscapeString()
	}
	var b strings.Builder
	b.WriteString("^(?:")
	escaped, inClass, quotes := false, false, 0
	for pattern != "" {
		_, n := utf8.DecodeRuneInString(pattern)
		char := pattern[:n]
		pattern = pattern[n:]
		switch {
		case escaped:
			escaped = false
			if char != `"` || inClass {
				b.WriteString(`\` + char)
				continue
			}
			switch quotes {
			case 0:
				b.WriteString("){1,1}?(")
			case 1:
				b.WriteString("){1,1}(?:")
			default:
				return "", pgerr.New(pgcode.InvalidUseOfEscapeCharacter,
					"SQL regular expression may not contain more than two escape-double-quote separators")
			}
			quotes++
		case char == escape:
			escaped = true
		case inClass:
			if char == `\` {
				b.WriteByte('\\')
			}
			b.WriteString(char)
			inClass = char != "]"
		default:
			inClass = char == "["
			b.WriteString(similarChar(char))
		}
	}
	b.WriteString(")$")
	return b.String(), nil
}

func similarChar(char string) string {
	switch char {
	case "%":
		return ".*"
	case "_":
		return "."
	case "(":
		return "(?:"
	case `\`, ".", "^", "$":
		return `\` + char
	}
	return char
}
