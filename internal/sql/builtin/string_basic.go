package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// Strings: lengths, parts, positions, padding, trimming. Positions and lengths
// count characters from 1; texts are valid UTF-8.

// maxTextLength is the longest value PostgreSQL makes, without its header.
const maxTextLength = 0x3fffffff - 4

func errTooLong() error {
	return pgerr.New(pgcode.ProgramLimitExceeded, "requested length too large")
}

func errNegativeSubstring() error {
	return pgerr.New(pgcode.SubstringError, "negative substring length not allowed")
}

func intOf(n int) datum.Datum { return datum.NewInt(int64(n)) }

func init() {
	registerLengths()
	registerSubstrings()
	registerTrims()
	registerPadding()
	pure1("upper", func(a datum.Datum) datum.Datum { return datum.NewText(asciiUpper(a.Str())) })
	pure1("lower", func(a datum.Datum) datum.Datum { return datum.NewText(asciiLower(a.Str())) })
	pure1("initcap", func(a datum.Datum) datum.Datum { return datum.NewText(initcap(a.Str())) })
	fn2("textcat", func(a, b datum.Datum) (datum.Datum, error) {
		if len(a.Str())+len(b.Str()) > maxTextLength {
			return null, errTooLong()
		}
		return datum.NewText(a.Str() + b.Str()), nil
	})
	pure2("text_starts_with", func(a, b datum.Datum) datum.Datum { return datum.NewBool(strings.HasPrefix(a.Str(), b.Str())) })
	pure1("text_reverse", func(a datum.Datum) datum.Datum { return datum.NewText(reverse(a.Str())) })
	fn2("repeat", func(a, b datum.Datum) (datum.Datum, error) {
		n := max(b.Int(), 0)
		if n*int64(len(a.Str())) > maxTextLength {
			return null, errTooLong()
		}
		return datum.NewText(strings.Repeat(a.Str(), int(n))), nil
	})
	Register("replace_text", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		from, to := a[1].Str(), a[2].Str()
		if from == "" {
			return a[0], nil
		}
		if grown := len(to) - len(from); grown > 0 && strings.Count(a[0].Str(), from) > (maxTextLength-len(a[0].Str()))/grown {
			return null, errTooLong()
		}
		return datum.NewText(strings.ReplaceAll(a[0].Str(), from, to)), nil
	})
	Register("translate", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return datum.NewText(translate(a[0].Str(), a[1].Str(), a[2].Str())), nil
	})
	Register("split_part", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return splitPart(a[0].Str(), a[1].Str(), int(a[2].Int()))
	})
}

func registerLengths() {
	pure1("textlen", func(a datum.Datum) datum.Datum { return intOf(utf8.RuneCountInString(a.Str())) })
	pure1("bpcharlen", func(a datum.Datum) datum.Datum {
		return intOf(utf8.RuneCountInString(strings.TrimRight(a.Str(), " ")))
	})
	size := func(a datum.Datum) datum.Datum { return intOf(len(a.Str())) }
	pure1("textoctetlen", size)
	pure1("bpcharoctetlen", size)
	for _, arg := range []types.OID{types.Text, types.Bytea} {
		sqlBody("bit_length", []types.OID{arg}, func(_ *Context, a []datum.Datum) (datum.Datum, error) {
			return intOf(8 * len(a[0].Str())), nil
		})
	}
}

// charOffset returns the byte offset of the n-th character, counting from 0, or
// the length when there are not so many.
func charOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// substring returns length characters from position start, which may lie before
// the text; a negative length means all.
func substring(s string, start, length int) string {
	end := start + length
	if length < 0 {
		end = len(s) + 1
	}
	if end <= 1 || start > len(s) {
		return ""
	}
	start = max(start, 1)
	from := charOffset(s, start-1)
	if end > len(s) {
		return s[from:]
	}
	return s[from : from+charOffset(s[from:], end-start)]
}

func registerSubstrings() {
	Register("text_substr", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		if a[2].Int() < 0 {
			return null, errNegativeSubstring()
		}
		return datum.NewText(substring(a[0].Str(), int(a[1].Int()), int(a[2].Int()))), nil
	})
	pure2("text_substr_no_len", func(a, b datum.Datum) datum.Datum { return datum.NewText(substring(a.Str(), int(b.Int()), -1)) })
	pure2("text_left", func(a, b datum.Datum) datum.Datum {
		s, n := a.Str(), int(b.Int())
		if n < 0 {
			n = max(utf8.RuneCountInString(s)+n, 0)
		}
		return datum.NewText(s[:charOffset(s, n)])
	})
	pure2("text_right", func(a, b datum.Datum) datum.Datum {
		s, n := a.Str(), int(b.Int())
		skip := max(int(int32(-n)), 0) // the smallest integer has no opposite and skips nothing
		if n >= 0 {
			skip = max(utf8.RuneCountInString(s)-n, 0)
		}
		return datum.NewText(s[charOffset(s, skip):])
	})
	pure2("textpos", func(a, b datum.Datum) datum.Datum {
		at := strings.Index(a.Str(), b.Str())
		if at < 0 {
			return intOf(0)
		}
		return intOf(utf8.RuneCountInString(a.Str()[:at]) + 1)
	})
	Register("textoverlay", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return overlay(a[0].Str(), a[1].Str(), a[2].Int(), a[3].Int())
	})
	Register("textoverlay_no_len", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		return overlay(a[0].Str(), a[1].Str(), a[2].Int(), int64(utf8.RuneCountInString(a[1].Str())))
	})
}

// overlay replaces length characters from position start by another text.
func overlay(s, with string, start, length int64) (datum.Datum, error) {
	if start <= 0 {
		return null, errNegativeSubstring()
	}
	after := start + length
	if !fitsInt32(after) {
		return null, errOutOfRange("integer")
	}
	return datum.NewText(substring(s, 1, int(start-1)) + with + substring(s, int(after), -1)), nil
}

func registerTrims() {
	for source, sides := range map[string]string{"btrim": "lr", "ltrim": "l", "rtrim": "r"} {
		trim := func(s, set string) datum.Datum {
			if strings.Contains(sides, "l") {
				s = strings.TrimLeft(s, set)
			}
			if strings.Contains(sides, "r") {
				s = strings.TrimRight(s, set)
			}
			return datum.NewText(s)
		}
		pure1(source+"1", func(a datum.Datum) datum.Datum { return trim(a.Str(), " ") })
		pure2(source, func(a, b datum.Datum) datum.Datum { return trim(a.Str(), b.Str()) })
	}
}

func registerPadding() {
	for name, left := range map[string]bool{"lpad": true, "rpad": false} {
		Register(name, func(_ *Context, a []datum.Datum) (datum.Datum, error) {
			return pad(a[0].Str(), a[2].Str(), a[1].Int(), left)
		})
		sqlBody(name, []types.OID{types.Text, types.Int4}, func(_ *Context, a []datum.Datum) (datum.Datum, error) {
			return pad(a[0].Str(), " ", a[1].Int(), left)
		})
	}
}

// pad fills a text up to a width in characters, or cuts it.
func pad(s, fill string, width int64, left bool) (datum.Datum, error) {
	width = max(width, 0)
	have := int64(utf8.RuneCountInString(s))
	if fill == "" {
		width = min(width, have)
	}
	if 4*width > maxTextLength {
		return null, errTooLong()
	}
	if have >= width {
		return datum.NewText(s[:charOffset(s, int(width))]), nil
	}
	missing := int(width - have)
	whole := utf8.RuneCountInString(fill)
	padding := strings.Repeat(fill, missing/whole) + fill[:charOffset(fill, missing%whole)]
	if left {
		return datum.NewText(padding + s), nil
	}
	return datum.NewText(s + padding), nil
}

func reverse(s string) string {
	out := make([]byte, len(s))
	at := len(s)
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		at -= n
		copy(out[at:], s[i:i+n])
		i += n
	}
	return string(out)
}

// translate replaces each character found in from by the one at the same place
// in to, or removes it when there is none.
func translate(s, from, to string) string {
	if s == "" {
		return s
	}
	table := map[rune]rune{}
	target := []rune(to)
	for i, r := range []rune(from) {
		if _, seen := table[r]; seen {
			continue
		}
		table[r] = -1
		if i < len(target) {
			table[r] = target[i]
		}
	}
	return strings.Map(func(r rune) rune {
		if t, ok := table[r]; ok {
			return t
		}
		return r
	}, s)
}

// splitPart returns the n-th field, from the end when n is negative.
func splitPart(s, sep string, n int) (datum.Datum, error) {
	empty := datum.NewText("")
	if n == 0 {
		return null, invalidParameter("field position must not be zero")
	}
	if s == "" {
		return empty, nil
	}
	if sep == "" {
		if n == 1 || n == -1 {
			return datum.NewText(s), nil
		}
		return empty, nil
	}
	if n < 0 {
		if n += strings.Count(s, sep) + 2; n < 1 {
			return empty, nil
		}
	}
	for ; n > 1; n-- {
		_, rest, found := strings.Cut(s, sep)
		if !found {
			return empty, nil
		}
		s = rest
	}
	field, _, _ := strings.Cut(s, sep)
	return datum.NewText(field), nil
}
