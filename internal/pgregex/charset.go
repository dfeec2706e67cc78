package pgregex

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// span is an inclusive range of characters.
type span struct{ low, high rune }

// charset is a set of characters: sorted spans that do not touch, and a bitmap
// of the ASCII ones.
type charset struct {
	spans []span
	ascii [2]uint64
}

// newCharset normalises spans into a set.
func newCharset(spans []span, negated bool) *charset {
	slices.SortFunc(spans, func(a, b span) int { return int(a.low) - int(b.low) })
	var merged []span
	for _, s := range spans {
		if n := len(merged); n > 0 && s.low <= merged[n-1].high+1 {
			merged[n-1].high = max(merged[n-1].high, s.high)
			continue
		}
		merged = append(merged, s)
	}
	if negated {
		merged = complement(merged)
	}
	c := &charset{spans: merged}
	for _, s := range merged {
		for r := s.low; r <= min(s.high, 127); r++ {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	return c
}

func complement(spans []span) []span {
	var out []span
	next := rune(0)
	for _, s := range spans {
		if s.low > next {
			out = append(out, span{next, s.low - 1})
		}
		next = s.high + 1
	}
	if next <= utf8.MaxRune {
		out = append(out, span{next, utf8.MaxRune})
	}
	return out
}

func (c *charset) has(r rune) bool {
	if r < 128 {
		return c.ascii[r>>6]>>(r&63)&1 != 0
	}
	_, found := slices.BinarySearchFunc(c.spans, r, func(s span, r rune) int {
		switch {
		case s.high < r:
			return -1
		case s.low > r:
			return 1
		}
		return 0
	})
	return found
}

// text is the set as a bracket expression of Go's syntax.
func (c *charset) text() string {
	if len(c.spans) == 0 {
		return `[^\x{0}-\x{10FFFF}]`
	}
	var b strings.Builder
	b.WriteByte('[')
	for _, s := range c.spans {
		fmt.Fprintf(&b, `\x{%X}-\x{%X}`, s.low, s.high)
	}
	b.WriteByte(']')
	return b.String()
}

// foldCase adds the other case of ASCII letters in the spans.
func foldCase(spans []span) []span {
	for _, s := range spans {
		for _, letters := range [2][3]rune{{'a', 'z', 'A' - 'a'}, {'A', 'Z', 'a' - 'A'}} {
			if low, high := max(s.low, letters[0]), min(s.high, letters[1]); low <= high {
				spans = append(spans, span{low + letters[2], high + letters[2]})
			}
		}
	}
	return spans
}

// classes are the named character classes in the C locale.
var classes = map[string][]span{
	"alpha": {{'A', 'Z'}, {'a', 'z'}}, "alnum": {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, "digit": {{'0', '9'}},
	"lower": {{'a', 'z'}}, "upper": {{'A', 'Z'}}, "space": {{'\t', '\r'}, {' ', ' '}}, "blank": {{'\t', '\t'}, {' ', ' '}},
	"punct": {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, "print": {{' ', '~'}}, "graph": {{'!', '~'}},
	"cntrl": {{0, 31}, {127, 127}}, "xdigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, "ascii": {{0, 127}},
	"word": {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}},
}

var wordChars = newCharset(slices.Clone(classes["word"]), false)

// characterNames are POSIX's names of ASCII characters.
var characterNames = func() map[string]rune {
	names := map[string]rune{
		"left-square-bracket": '[', "backslash": '\\', "reverse-solidus": '\\', "right-square-bracket": ']', "circumflex": '^',
		"circumflex-accent": '^', "underscore": '_', "low-line": '_', "grave-accent": '`', "left-brace": '{',
		"left-curly-bracket": '{', "vertical-line": '|', "right-brace": '}', "right-curly-bracket": '}', "tilde": '~', "DEL": 0x7f,
	}
	// The characters from NUL to @ in order; = joins two names of one.
	for i, both := range strings.Fields(`
		NUL SOH STX ETX EOT ENQ ACK BEL=alert BS=backspace HT=tab LF=newline VT=vertical-tab FF=form-feed
		CR=carriage-return SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC IS4=FS IS3=GS IS2=RS IS1=US
		space exclamation-mark quotation-mark number-sign dollar-sign percent-sign ampersand apostrophe
		left-parenthesis right-parenthesis asterisk plus-sign comma hyphen=hyphen-minus period=full-stop
		slash=solidus
		zero one two three four five six seven eight nine colon semicolon less-than-sign equals-sign
		greater-than-sign question-mark commercial-at`) {
		for name := range strings.SplitSeq(both, "=") {
			names[name] = rune(i)
		}
	}
	return names
}()
