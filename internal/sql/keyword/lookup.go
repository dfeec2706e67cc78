package keyword

import "strings"

const (
	slotCount = 2048
	lenMax    = 17 // current_timestamp
)

// slots is an open-addressing hash table of indexes into All plus one; zero is
// an empty slot.
var slots = buildSlots()

func buildSlots() (t [slotCount]uint16) {
	for i := range All {
		h := hash(All[i].Word)
		for t[h] != 0 {
			h = (h + 1) % slotCount
		}
		t[h] = uint16(i + 1)
	}
	return t
}

// hash mixes the length with three letters, which keeps probes short for this
// fixed list.
func hash(word string) uint32 {
	n := len(word)
	h := uint32(word[0])*31 + uint32(word[n-1])
	h = h*37 + uint32(word[n/2])
	h = h*41 + uint32(word[(n-1)/3])
	h = h*29 + uint32(n)
	return (h ^ h>>9) % slotCount
}

// Lookup returns the index in All of a word in lower case, or -1.
func Lookup(word string) int {
	if len(word) < 2 || len(word) > lenMax {
		return -1
	}
	for h := hash(word); slots[h] != 0; h = (h + 1) % slotCount {
		if i := int(slots[h]) - 1; All[i].Word == word {
			return i
		}
	}
	return -1
}

// QuoteIdent returns a name as it must be written in SQL: quoted unless it is
// made of lower-case letters, digits and underscores and is no key word other
// than an unreserved one. It is PostgreSQL's quote_ident.
func QuoteIdent(name string) string {
	if plain(name) {
		if i := Lookup(name); i < 0 || All[i].Category == Unreserved {
			return name
		}
	}
	return ForceQuote(name)
}

// ForceQuote returns a name in double quotes.
func ForceQuote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// plain tells whether a name reads the same when it is not quoted.
func plain(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c == '_' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return name != ""
}

// QuoteLiteral returns a string as a literal, PostgreSQL's quote_literal.
func QuoteLiteral(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		q = "E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}
