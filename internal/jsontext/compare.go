package jsontext

import (
	"cmp"
	"strings"
)

// Compare orders two canonical texts as jsonb's btree operator class does:
// Object > Array > Boolean > Number > String > Null, and among equals of a kind
// the number of members first, then the members in order. A lone scalar is an
// array of one to PostgreSQL and therefore less than objects.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	ka, kb := KindOf(a), KindOf(b)
	if ka != kb {
		return compareKinds(a, b, ka, kb)
	}
	switch ka {
	case String:
		return strings.Compare(Unquote(a), Unquote(b))
	case Number:
		return CompareNumbers(a, b)
	case Array:
		return compareArrays(a, b)
	case Object:
		return compareObjects(a, b)
	}
	return 0
}

// compareKinds orders values of different kinds. PostgreSQL treats a top-level
// scalar as an array and compares lengths first, so an empty array is less than
// any scalar.
func compareKinds(a, b string, ka, kb Kind) int {
	if ka == Array && a == "[]" && kb.IsScalar() {
		return -1
	}
	if kb == Array && b == "[]" && ka.IsScalar() {
		return 1
	}
	return cmp.Compare(ka, kb)
}

func compareArrays(a, b string) int {
	if c := cmp.Compare(Len(a), Len(b)); c != 0 {
		return c
	}
	return comparePairwise(elements(a), elements(b))
}

func comparePairwise(a, b []string) int {
	for i := range a {
		if c := compareInner(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareInner compares members of containers, where the rule about empty
// arrays does not hold.
func compareInner(a, b string) int {
	ka, kb := KindOf(a), KindOf(b)
	if ka != kb {
		return cmp.Compare(ka, kb)
	}
	return Compare(a, b)
}

func compareObjects(a, b string) int {
	ma, mb := members(a), members(b)
	if c := cmp.Compare(len(ma), len(mb)); c != 0 {
		return c
	}
	for i := range ma {
		// Unequal keys compare as strings here, not by length.
		if c := strings.Compare(ma[i].Key, mb[i].Key); c != 0 {
			return c
		}
		if c := compareInner(ma[i].Value, mb[i].Value); c != 0 {
			return c
		}
	}
	return 0
}

// Member is one member of an object: its decoded key and its value's text.
type Member struct{ Key, Value string }

func elements(s string) []string {
	var list []string
	Elements(s, func(_ int, v string) bool { list = append(list, v); return true })
	return list
}

func members(s string) []Member {
	var list []Member
	Members(s, func(k, v string) bool { list = append(list, Member{k, v}); return true })
	return list
}

// ListElements returns the texts of an array's elements.
func ListElements(s string) []string { return elements(s) }

// ListMembers returns an object's members.
func ListMembers(s string) []Member { return members(s) }

// CompareNumbers orders two canonical numbers by value.
func CompareNumbers(a, b string) int {
	na, nb := a[0] == '-', b[0] == '-'
	wa, fa := splitNumber(a)
	wb, fb := splitNumber(b)
	if wa == "0" && fa == "" {
		na = false
	}
	if wb == "0" && fb == "" {
		nb = false
	}
	if na != nb {
		if na {
			return -1
		}
		return 1
	}
	c := cmp.Compare(len(wa), len(wb))
	if c == 0 {
		c = strings.Compare(wa, wb)
	}
	if c == 0 {
		c = strings.Compare(fa, fb)
	}
	if na {
		return -c
	}
	return c
}

// splitNumber returns the digits before the point and those after it without
// trailing zeros.
func splitNumber(s string) (whole, fraction string) {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, _ = strings.Cut(s, ".")
	return whole, strings.TrimRight(fraction, "0")
}

// HashKey returns a text that is the same for equal canonical texts: the text
// itself with the trailing zeros of its numbers dropped.
func HashKey(s string) string {
	if strings.IndexByte(s, '.') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"':
			end := skipString(s, i)
			out = append(out, s[i:end]...)
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := i
			for end < len(s) && (s[end] == '-' || s[end] == '.' || s[end] >= '0' && s[end] <= '9') {
				end++
			}
			n := s[i:end]
			if strings.IndexByte(n, '.') >= 0 {
				n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
			}
			if n == "-0" {
				n = "0"
			}
			out = append(out, n...)
			i = end
		default:
			out = append(out, c)
			i++
		}
	}
	return string(out)
}

// Contains reports whether canonical text a contains b (a @> b).
func Contains(a, b string) bool {
	ka, kb := KindOf(a), KindOf(b)
	switch {
	case ka == Object && kb == Object:
		return objectContains(a, b)
	case ka == Array && kb == Array:
		return arrayContains(elements(a), elements(b))
	case ka == Array && kb.IsScalar():
		// A raw scalar may stand for an array of one, on the right side only.
		return arrayContains(elements(a), []string{b})
	case ka.IsScalar() && kb.IsScalar():
		return Compare(a, b) == 0
	}
	return false
}

func objectContains(a, b string) bool {
	found := true
	Members(b, func(key, want string) bool {
		have, ok := Field(a, key)
		found = ok && innerContains(have, want)
		return found
	})
	return found
}

func innerContains(have, want string) bool {
	kh, kw := KindOf(have), KindOf(want)
	switch {
	case kh.IsScalar() != kw.IsScalar(), !kh.IsScalar() && kh != kw:
		return false
	case kh.IsScalar():
		return Compare(have, want) == 0
	}
	return Contains(have, want)
}

func arrayContains(have, want []string) bool {
	for _, w := range want {
		found := false
		for _, h := range have {
			if innerContains(h, w) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
