package ddl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxName is PostgreSQL's NAMEDATALEN - 1.
const maxName = 63

// objectName builds a name as PostgreSQL's makeObjectName does: the parts and a
// label joined by underscores, the longer of the first two parts shortened
// until it fits; n > 0 is appended to the label.
func objectName(parts []string, label string, n int) string {
	if n > 0 {
		label += strconv.Itoa(n)
	}
	first := parts[0]
	second := strings.Join(parts[1:], "_")
	overhead := len(label) + 1
	if second != "" {
		overhead++
	}
	for len(first)+len(second)+overhead > maxName {
		if len(first) > len(second) {
			first = clip(first, len(first)-1)
		} else {
			second = clip(second, len(second)-1)
		}
	}
	name := first
	if second != "" {
		name += "_" + second
	}
	return name + "_" + label
}

// clip cuts s to at most n bytes without splitting a character.
func clip(s string, n int) string {
	for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
