package pgtime

// fieldType is what a piece of an input string looks like before its meaning is known.
type fieldType uint8

const (
	fNumber fieldType = iota
	fString
	fDate
	fTime
	fTZ
	fSpecial
)

type field struct {
	typ  fieldType
	text string // letters in lower case
}

const maxFields = 25

// Sizes of the working space PostgreSQL's input functions give to all the fields
// together, one byte for the end of each; longer inputs are invalid there.
const (
	dateSpace      = 128 + 1
	timestampSpace = 128 + maxFields
	intervalSpace  = 256
)

// split cuts an input into fields. ok is false when it cannot be a date, time or
// interval at all.
func split(s string, space int) (fields []field, ok bool) {
	l := lexer{in: s, left: space}
	fields = make([]field, 0, 8)
	for {
		for l.pos < len(s) && isSpace(s[l.pos]) {
			l.pos++
		}
		if l.pos == len(s) {
			return fields, l.left >= 0
		}
		if len(fields) >= maxFields {
			return nil, false
		}
		c := s[l.pos]
		l.buf = l.buf[:0]
		var typ fieldType
		switch {
		case isDigit(c):
			typ = l.number()
		case c == '.':
			l.take()
			l.takeWhile(isDigit)
			typ = fNumber
		case isAlpha(c):
			typ = l.word()
		case c == '+' || c == '-':
			l.take()
			for l.pos < len(s) && isSpace(s[l.pos]) {
				l.pos++
			}
			switch n := l.peek(); {
			case isDigit(n):
				l.takeWhile(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' || c == '-' })
				typ = fTZ
			case isAlpha(n):
				l.takeWhile(isAlpha)
				typ = fSpecial
			default:
				return nil, false
			}
		case isPunct(c):
			l.pos++
			continue
		default:
			return nil, false
		}
		l.left -= len(l.buf) + 1
		if l.left < 0 {
			return nil, false
		}
		fields = append(fields, field{typ, string(l.buf)})
	}
}

type lexer struct {
	in   string
	pos  int
	buf  []byte
	left int
}

func (l *lexer) peek() byte {
	if l.pos < len(l.in) {
		return l.in[l.pos]
	}
	return 0
}

func (l *lexer) take() {
	l.buf = append(l.buf, toLower(l.in[l.pos]))
	l.pos++
}

func (l *lexer) takeWhile(f func(byte) bool) {
	for l.pos < len(l.in) && f(l.in[l.pos]) {
		l.take()
	}
}

// number reads a field that starts with a digit: a time has a colon, a date a
// separator with something behind it.
func (l *lexer) number() fieldType {
	l.takeWhile(isDigit)
	switch delim := l.peek(); delim {
	case ':':
		l.takeWhile(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' })
		return fTime
	case '-', '/', '.':
		l.take()
		if !isDigit(l.peek()) {
			l.takeWhile(func(c byte) bool { return isAlnum(c) || c == delim })
			return fDate
		}
		l.takeWhile(isDigit)
		if l.peek() == delim {
			l.takeWhile(func(c byte) bool { return isDigit(c) || c == delim })
			return fDate
		}
		if delim != '.' {
			return fDate
		}
	}
	return fNumber
}

// word reads a field that starts with a letter: a word, or a date with its month
// first, or a zone with digits and punctuation in its name.
func (l *lexer) word() fieldType {
	l.takeWhile(isAlpha)
	isDate := false
	switch c := l.peek(); {
	case c == '-' || c == '/' || c == '.':
		isDate = true
	case c == '+' || isDigit(c):
		// A known word ends here; otherwise it may be a POSIX zone.
		isDate = lookupDate(string(l.buf)).kind == kUnknown
	}
	if !isDate {
		return fString
	}
	l.take()
	l.takeWhile(func(c byte) bool {
		return c == '+' || c == '-' || c == '/' || c == '_' || c == '.' || c == ':' || isAlnum(c)
	})
	return fDate
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isPunct(c byte) bool { return c > ' ' && c < 0x7f && !isAlnum(c) }

func toLower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// scanInt reads a leading decimal integer with an optional sign and returns what
// follows. over is set when it does not fit 64 bits.
func scanInt(s string) (v int64, rest string, over bool) {
	i, neg := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		d := int64(s[i] - '0')
		if neg {
			d = -d
		}
		var ok bool
		if v, ok = mulInt64(v, 10); ok {
			v, ok = addInt64(v, d)
		}
		if !ok {
			for i < len(s) && isDigit(s[i]) {
				i++
			}
			return 0, s[i:], true
		}
		i++
	}
	if i == start {
		return 0, s, false
	}
	return v, s[i:], false
}

// scanInt32 is scanInt for values that must fit 32 bits.
func scanInt32(s string) (v int, rest string, over bool) {
	n, rest, over := scanInt(s)
	return int(n), rest, over || !fitsInt32(n)
}

// atoi reads digits modulo 2^32 as a C int, which is what a run of too many
// digits has always meant here.
func atoi(s string) int {
	v, _, over := scanInt(s)
	if over {
		return -1
	}
	return int(int32(v))
}
