package copyfmt

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// maxLine bounds one line, as PostgreSQL's limit on a string buffer does.
const maxLine = 1<<30 - 1

// newline is how lines end in the input, decided by its first line.
type newline uint8

const (
	unknownNewline newline = iota
	lf
	crlf
	cr
)

// Reader splits COPY input into lines and fields. It belongs to one goroutine.
type Reader struct {
	src    io.Reader
	opts   Options
	buf    []byte // unread input is buf[start:end]
	start  int
	end    int
	eof    bool
	ending newline
	line   int
	text   string // the present line
	fields []Field
}

// NewReader returns a Reader over src.
func NewReader(src io.Reader, opts Options) *Reader {
	return &Reader{src: src, opts: opts, buf: make([]byte, 64<<10)}
}

// Line returns the number of the line that Next read last, from 1.
func (r *Reader) Line() int { return r.line }

// Text returns that line, for error messages.
func (r *Reader) Text() string { return r.text }

// Next returns the fields of the next line; io.EOF after the last. The fields
// stay valid, the slice only until the next call.
func (r *Reader) Next() ([]Field, error) {
	for {
		line, err := r.next()
		if err != nil {
			return nil, err
		}
		if r.line == 1 && r.opts.Header {
			continue
		}
		r.text = line
		if r.opts.CSV {
			return r.csv(line)
		}
		if line == `\.` {
			return nil, r.drain()
		}
		return r.plain(line)
	}
}

// drain reads the input to its end after the end-of-data marker.
func (r *Reader) drain() error {
	for !r.eof {
		r.start, r.end = 0, 0
		if err := r.fill(); err != nil {
			return err
		}
	}
	r.start, r.end = 0, 0
	return io.EOF
}

// next returns one raw line. In CSV it may hold newlines inside quotes.
func (r *Reader) next() (string, error) {
	inQuote, from := false, 0
	for {
		n, skip, err := r.lineEnd(&inQuote, &from)
		if err != nil {
			return "", err
		}
		if n >= 0 {
			line := r.buf[r.start : r.start+n]
			r.start += n + skip
			r.line++
			return r.decode(line)
		}
		if r.eof {
			if r.start == r.end {
				return "", io.EOF
			}
			if inQuote {
				r.line++
				return "", pgerr.New(pgcode.BadCopyFileFormat, "unterminated CSV quoted field")
			}
			line := r.buf[r.start:r.end]
			r.start = r.end
			r.line++
			return r.decode(line)
		}
		if err := r.fill(); err != nil {
			return "", err
		}
	}
}

// decode copies a line out of the buffer and checks its encoding.
func (r *Reader) decode(line []byte) (string, error) {
	if !utf8.Valid(line) {
		for i := 0; i < len(line); {
			c, size := utf8.DecodeRune(line[i:])
			if c == utf8.RuneError && size == 1 {
				return "", pgerr.New(pgcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x%02x", line[i])
			}
			i += size
		}
	}
	if bytes.IndexByte(line, 0) >= 0 {
		return "", pgerr.New(pgcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00")
	}
	return string(line), nil
}

// fill reads more input behind what is there.
func (r *Reader) fill() error {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.start = 0
	}
	if r.end == len(r.buf) {
		if r.end >= maxLine {
			return pgerr.New(pgcode.ProgramLimitExceeded, "COPY line is too long").WithDetail("A line may have up to %d bytes.", maxLine)
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := r.src.Read(r.buf[r.end:])
	r.end += n
	if errors.Is(err, io.EOF) {
		r.eof = true
		return nil
	}
	return err
}

// lineEnd finds the end of the line in the buffer: n bytes of line, skip bytes
// of newline; n is -1 when more input is needed. from is where to go on looking.
func (r *Reader) lineEnd(inQuote *bool, from *int) (n, skip int, err error) {
	b := r.buf[r.start:r.end]
	if !r.opts.CSV && r.ending == lf {
		// The ordinary case: one search, a backslash before the newline excepted.
		for {
			i := bytes.IndexByte(b[*from:], '\n')
			if i < 0 {
				*from = len(b)
				return -1, 0, nil
			}
			i += *from
			if escaped(b, i) {
				*from = i + 1
				continue
			}
			if bytes.IndexByte(b[:i], '\r') >= 0 && hasBareCR(b[:i]) {
				return 0, 0, pgerr.New(pgcode.BadCopyFileFormat, "literal carriage return found in data").
					WithHint("Use \"\\r\" to represent carriage return.")
			}
			return i, 1, nil
		}
	}
	for i := *from; i < len(b); i++ {
		switch c := b[i]; {
		case r.opts.CSV && c == r.opts.Quote:
			*inQuote = !*inQuote
		case r.opts.CSV && *inQuote && c == r.opts.Escape:
			// An escape that is not the quote hides the next character.
			if i+1 == len(b) && !r.eof {
				*from = i
				return -1, 0, nil
			}
			i++
		case !r.opts.CSV && c == '\\':
			if i+1 == len(b) && !r.eof {
				*from = i
				return -1, 0, nil
			}
			i++
		case c == '\n' && !*inQuote:
			if r.ending == cr || r.ending == crlf {
				return 0, 0, r.strayNewline("newline")
			}
			r.ending = lf
			return i, 1, nil
		case c == '\r' && !*inQuote:
			if i+1 == len(b) && !r.eof {
				*from = i
				return -1, 0, nil
			}
			return r.carriageReturn(b, i)
		}
	}
	*from = len(b)
	return -1, 0, nil
}

// carriageReturn decides what a \r at b[i] is.
func (r *Reader) carriageReturn(b []byte, i int) (n, skip int, err error) {
	followed := i+1 < len(b) && b[i+1] == '\n'
	switch {
	case followed && (r.ending == unknownNewline || r.ending == crlf):
		r.ending = crlf
		return i, 2, nil
	case !followed && (r.ending == unknownNewline || r.ending == cr):
		r.ending = cr
		return i, 1, nil
	}
	return 0, 0, r.strayNewline("carriage return")
}

func (r *Reader) strayNewline(what string) error {
	r.line++
	if r.opts.CSV {
		return pgerr.New(pgcode.BadCopyFileFormat, "unquoted %s found in data", what).
			WithHint("Use quoted CSV field to represent %s.", what)
	}
	short := map[string]string{"newline": `\n`, "carriage return": `\r`}[what]
	return pgerr.New(pgcode.BadCopyFileFormat, "literal %s found in data", what).WithHint("Use \"%s\" to represent %s.", short, what)
}

// escaped reports whether an odd number of backslashes stands before b[i].
func escaped(b []byte, i int) bool {
	n := 0
	for i > 0 && b[i-1] == '\\' {
		n, i = n+1, i-1
	}
	return n%2 == 1
}

func hasBareCR(b []byte) bool {
	for i, c := range b {
		if c == '\r' && !escaped(b, i) {
			return true
		}
	}
	return false
}

// plain splits a line of the text format.
func (r *Reader) plain(line string) ([]Field, error) {
	r.fields = r.fields[:0]
	if strings.IndexByte(line, '\\') < 0 {
		for {
			i := strings.IndexByte(line, r.opts.Delimiter)
			text := line
			if i >= 0 {
				text = line[:i]
			}
			r.fields = append(r.fields, Field{Text: text, Null: text == r.opts.Null})
			if i < 0 {
				return r.fields, nil
			}
			line = line[i+1:]
		}
	}
	start := 0
	for i := 0; i <= len(line); i++ {
		if i < len(line) && line[i] == '\\' {
			i++
			continue
		}
		if i >= len(line) || line[i] == r.opts.Delimiter {
			raw := line[start:min(i, len(line))]
			f := Field{Null: raw == r.opts.Null}
			if !f.Null {
				text, err := unescape(raw)
				if err != nil {
					return nil, err
				}
				f.Text = text
			}
			r.fields = append(r.fields, f)
			start = i + 1
		}
	}
	return r.fields, nil
}

var letters = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// unescape resolves the backslash sequences of the text format.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	numeric := false
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		c := s[i]
		switch {
		case letters[c] != 0:
			out = append(out, letters[c])
		case c >= '0' && c <= '7':
			v := 0
			n := 0
			for ; n < 3 && i+n < len(s) && s[i+n] >= '0' && s[i+n] <= '7'; n++ {
				v = v<<3 | int(s[i+n]-'0')
			}
			i += n - 1
			out = append(out, byte(v))
			numeric = true
		case c == 'x' && i+1 < len(s) && hex(s[i+1]) >= 0:
			v := hex(s[i+1])
			i++
			if i+1 < len(s) && hex(s[i+1]) >= 0 {
				v = v<<4 | hex(s[i+1])
				i++
			}
			out = append(out, byte(v))
			numeric = true
		default:
			out = append(out, c)
		}
	}
	if numeric && (!utf8.Valid(out) || bytes.IndexByte(out, 0) >= 0) {
		return "", pgerr.New(pgcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x%02x", firstInvalid(out))
	}
	return string(out), nil
}

func firstInvalid(b []byte) byte {
	for i := 0; i < len(b); {
		c, size := utf8.DecodeRune(b[i:])
		if c == 0 || c == utf8.RuneError && size == 1 {
			return b[i]
		}
		i += size
	}
	return 0
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// csv splits a line of the CSV format.
func (r *Reader) csv(line string) ([]Field, error) {
	r.fields = r.fields[:0]
	if line == `\.` {
		return nil, r.drain()
	}
	for i := 0; ; i++ {
		text, quoted, rest, more := r.csvField(line)
		f := Field{Text: text}
		n := len(r.fields)
		f.Null = text == r.opts.Null && (!quoted && !flag(r.opts.ForceNotNull, n) || quoted && flag(r.opts.ForceNull, n))
		r.fields = append(r.fields, f)
		if !more {
			return r.fields, nil
		}
		line = rest
	}
}

// csvField takes one field from the front of a line; more tells that a
// delimiter follows it.
func (r *Reader) csvField(line string) (text string, quoted bool, rest string, more bool) {
	if i := strings.IndexByte(line, r.opts.Delimiter); strings.IndexByte(line, r.opts.Quote) < 0 {
		if i < 0 {
			return line, false, "", false
		}
		return line[:i], false, line[i+1:], true
	}
	var out []byte
	inside := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		if !inside {
			switch c {
			case r.opts.Delimiter:
				return string(out), quoted, line[i+1:], true
			case r.opts.Quote:
				inside, quoted = true, true
			default:
				out = append(out, c)
			}
			continue
		}
		if c == r.opts.Escape && i+1 < len(line) && (line[i+1] == r.opts.Quote || line[i+1] == r.opts.Escape) {
			i++
			out = append(out, line[i])
			continue
		}
		if c == r.opts.Quote {
			inside = false
			continue
		}
		out = append(out, c)
	}
	return string(out), quoted, "", false
}
