package cli

import "strings"

// statementEnd returns the index after the semicolon that ends the first
// statement of text, or -1 when there is none: semicolons in quotes, comments
// and parentheses do not count.
func statementEnd(text string) int {
	depth := 0
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ';' && depth == 0:
			return i + 1
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		}
		n := skip(text[i:])
		if n < 0 {
			return -1
		}
		i += n
	}
	return -1
}

// blank reports whether a text holds nothing but white space and comments.
func blank(text string) bool {
	for text != "" {
		switch c := text[0]; {
		case strings.IndexByte(" \t\r\n\f;", c) >= 0:
			text = text[1:]
		case strings.HasPrefix(text, "--"), strings.HasPrefix(text, "/*"):
			n := skip(text)
			if n < 0 {
				return c == '-'
			}
			text = text[n:]
		default:
			return false
		}
	}
	return true
}

// skip returns the length of the token at the start of text as far as quoting
// goes: a quoted string, a comment, a word or one other byte. It returns -1 when
// a quote or comment does not end.
func skip(text string) int {
	switch c := text[0]; {
	case c == '\'' || c == '"':
		return quoted(text, 0, false)
	case (c|0x20 == 'e') && len(text) > 1 && text[1] == '\'':
		return quoted(text, 1, true)
	case strings.HasPrefix(text, "--"):
		return through(text, 2, "\n")
	case strings.HasPrefix(text, "/*"):
		return comment(text)
	case c == '$':
		if tag := dollarTag(text); tag != "" {
			return through(text, len(tag), tag)
		}
	case wordByte(c):
		i := 1
		for i < len(text) && (wordByte(text[i]) || text[i] == '$' || text[i] >= '0' && text[i] <= '9') {
			i++
		}
		return i
	}
	return 1
}

func wordByte(c byte) bool { return c == '_' || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z' }

// quoted returns the length up to the quote that ends the one at start. A doubled
// quote reads as an end and a new beginning, which comes to the same.
func quoted(text string, start int, escapes bool) int {
	for i := start + 1; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == text[start]:
			return i + 1
		}
	}
	return -1
}

// through returns the length up to the end of the next closing text.
func through(text string, from int, closing string) int {
	n := strings.Index(text[from:], closing)
	if n < 0 {
		return -1
	}
	return from + n + len(closing)
}

// comment returns the length of a comment, in which others may be nested.
func comment(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// dollarTag returns the $tag$ that text starts with, or "".
func dollarTag(text string) string {
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$':
			return text[:i+1]
		case wordByte(c), i > 1 && c >= '0' && c <= '9':
		default:
			return ""
		}
	}
	return ""
}
