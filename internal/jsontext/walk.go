package jsontext

import "strings"

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds, in jsonb's sort order of scalars.
const (
	Null Kind = iota
	String
	Number
	False
	True
	Array
	Object
)

// KindOf returns the kind of a valid text.
func KindOf(s string) Kind {
	switch s = s[skipSpace(s, 0):]; s[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't':
		return True
	case 'f':
		return False
	case 'n':
		return Null
	}
	return Number
}

// TypeName returns what json_typeof says of the kind.
func (k Kind) TypeName() string {
	return [...]string{"null", "string", "number", "boolean", "boolean", "array", "object"}[k]
}

// IsScalar reports whether the kind is neither array nor object.
func (k Kind) IsScalar() bool { return k < Array }

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the offset after the string that starts at i.
func skipString(s string, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the offset after the value that starts at i. It does not
// recurse: brackets are counted.
func skipValue(s string, i int) int {
	depth := 0
	for {
		switch s[i] {
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case '"':
			i = skipString(s, i)
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default:
			for i < len(s) && !strings.ContainsRune(",]} \n\t\r", rune(s[i])) {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
}

// Elements calls yield with the text of each element of an array, in order,
// until it returns false. The text must be valid; it may hold blanks (json).
func Elements(s string, yield func(i int, value string) bool) {
	i := skipSpace(s, skipSpace(s, 0)+1)
	for n := 0; s[i] != ']'; n++ {
		end := skipValue(s, i)
		if !yield(n, s[i:end]) {
			return
		}
		i = skipSpace(s, end)
		if s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
}

// Members calls yield with the decoded key and the text of each member of an
// object, in the order they are written, until it returns false.
func Members(s string, yield func(key, value string) bool) {
	i := skipSpace(s, skipSpace(s, 0)+1)
	for s[i] != '}' {
		end := skipString(s, i)
		key := Unquote(s[i:end])
		i = skipSpace(s, skipSpace(s, end)+1)
		end = skipValue(s, i)
		if !yield(key, s[i:end]) {
			return
		}
		i = skipSpace(s, end)
		if s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
}

// Unquote decodes a valid JSON string with its quotes. Escapes without a meaning
// in text (a lone surrogate) decode to U+FFFD; see Decode for the strict form.
func Unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s[1 : len(s)-1]
	}
	l := newLexer(s, true)
	if err := l.next(); err != nil {
		return string([]rune(s[1 : len(s)-1]))
	}
	return l.str
}

// Decode is Unquote with PostgreSQL's errors for escapes that no text can hold.
func Decode(s string) (string, error) {
	l := newLexer(s, true)
	err := l.next()
	return l.str, err
}

// Len returns the number of elements of an array.
func Len(s string) int {
	n := 0
	Elements(s, func(int, string) bool { n++; return true })
	return n
}

// Field returns the text of the last member of that name of an object.
func Field(s, key string) (value string, ok bool) {
	Members(s, func(k, v string) bool {
		if k == key {
			value, ok = v, true
		}
		return true
	})
	return value, ok
}

// Element returns the text of the i-th element of an array, from the end when i
// is negative.
func Element(s string, i int) (value string, ok bool) {
	if i < 0 {
		if i += Len(s); i < 0 {
			return "", false
		}
	}
	Elements(s, func(n int, v string) bool {
		if n == i {
			value, ok = v, true
		}
		return n < i
	})
	return value, ok
}
