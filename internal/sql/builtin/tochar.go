package builtin

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Templates of to_char, to_date, to_timestamp and to_number: how a template is
// cut into patterns and literal text. The date patterns are in tochar_date.go and
// tochar_parse.go, the number patterns in tochar_number.go.

var (
	dayNames   = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	monthNames = [12]string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
	}
	// romanMonths run from December to January.
	romanMonths = [12]string{"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"}
)

// templateNode is one pattern, or one character of literal text.
type templateNode struct {
	pattern    string // in the spelling of the template, "" for literal text
	literal    string
	space      bool // literal white space outside quotes
	separator  bool // literal punctuation outside quotes
	fill       bool // FM before it: no padding
	translated bool // TM before it: the locale's names, unpadded
	ordinal    string
}

// key is the pattern in upper case, by which it is looked up.
func (n *templateNode) key() string { return asciiUpper(n.pattern) }

// datePatterns are the patterns of dates, in upper case; longer ones come before
// their beginnings.
var datePatterns = sortPatterns(`A.D. A.M. AD AM B.C. BC CC DAY DDD DD DY D FF1 FF2 FF3 FF4 FF5 FF6 FX HH24 HH12 HH IDDD
	ID IW IYYY IYY IY I J MI MM MONTH MON MS OF P.M. PM Q RM SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY YYYY YYY YY Y`)

// numberPatterns are the patterns of numbers.
var numberPatterns = sortPatterns(`, . 0 9 B C D EEEE FM G L MI PL PR RN SG SP S TH V`)

func sortPatterns(list string) []string {
	patterns := strings.Fields(list)
	slices.SortStableFunc(patterns, func(a, b string) int { return len(b) - len(a) })
	return patterns
}

// mixedCase are the patterns that may also be written with only the first letter
// in upper case.
var mixedCase = map[string]bool{"MONTH": true, "MON": true, "DAY": true, "DY": true}

// findPattern returns the pattern at the start of s in its spelling there. A
// pattern is written all in upper or all in lower case.
func findPattern(s string, patterns []string) string {
	for _, p := range patterns {
		if len(s) < len(p) {
			continue
		}
		found := s[:len(p)]
		if found == p || found == asciiLower(p) || mixedCase[p] && found == p[:1]+asciiLower(p[1:]) {
			return found
		}
	}
	return ""
}

// parseTemplate cuts a template. Prefixes and suffixes belong to date templates only.
func parseTemplate(s string, patterns []string, dates bool) []templateNode {
	var nodes []templateNode
	for s != "" {
		var n templateNode
		if dates {
			switch {
			case hasPrefix2(s, "FM"):
				n.fill = true
				s = s[2:]
			case hasPrefix2(s, "TM"): // the names of the locale, which is C's
				n.translated = true
				s = s[2:]
			}
		}
		if n.pattern = findPattern(s, patterns); n.pattern != "" {
			s = s[len(n.pattern):]
			switch {
			case dates && hasPrefix2(s, "TH"):
				n.ordinal = s[:2]
				s = s[2:]
			case dates && strings.HasPrefix(s, "SP"): // spelled out: not implemented in PostgreSQL either
				s = s[2:]
			}
			nodes = append(nodes, n)
			continue
		}
		if s == "" {
			break
		}
		nodes, s = literalText(nodes, s, dates)
	}
	return nodes
}

func hasPrefix2(s, prefix string) bool {
	return strings.HasPrefix(s, prefix) || strings.HasPrefix(s, asciiLower(prefix))
}

// literalText reads a quoted text, or one character.
func literalText(nodes []templateNode, s string, dates bool) ([]templateNode, string) {
	if s[0] != '"' {
		if strings.HasPrefix(s, `\"`) {
			s = s[1:]
		}
		_, n := utf8.DecodeRuneInString(s)
		return append(nodes, templateNode{literal: s[:n], separator: dates && isSeparator(s[0]), space: isSpaceByte(s[0])}), s[n:]
	}
	for s = s[1:]; s != ""; {
		if s[0] == '"' {
			return nodes, s[1:]
		}
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		_, n := utf8.DecodeRuneInString(s)
		nodes = append(nodes, templateNode{literal: s[:n]})
		s = s[n:]
	}
	return nodes, s
}

func isSpaceByte(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isSeparator(c byte) bool {
	return c > ' ' && c < 0x7f && !(c|0x20 >= 'a' && c|0x20 <= 'z') && !(c >= '0' && c <= '9')
}

// ordinal returns the suffix of a number in digits: st, nd, rd or th.
func ordinal(digits string, spelling string) string {
	last := digits[len(digits)-1]
	if len(digits) > 1 && digits[len(digits)-2] == '1' {
		last = '0'
	}
	suffix := map[byte]string{'1': "st", '2': "nd", '3': "rd"}[last]
	if suffix == "" {
		suffix = "th"
	}
	if spelling == "TH" {
		return asciiUpper(suffix)
	}
	return suffix
}
