package keyword

import (
	"sort"
	"testing"
)

func TestLookup(t *testing.T) {
	if !sort.SliceIsSorted(All[:], func(i, j int) bool { return All[i].Word < All[j].Word }) {
		t.Error("the table is not sorted")
	}
	for i, k := range All {
		if len(k.Word) > lenMax {
			t.Errorf("%s is longer than lenMax", k.Word)
		}
		if Lookup(k.Word) != i {
			t.Errorf("%s is not found", k.Word)
		}
	}
	for _, w := range []string{"", "a", "selec", "selects", "SELECT", "system_time", "current_timestamps", "éa"} {
		if Lookup(w) >= 0 {
			t.Errorf("%q is found", w)
		}
	}
}

// TestQuoteIdent has the answers of PostgreSQL's quote_ident.
func TestQuoteIdent(t *testing.T) {
	for in, want := range map[string]string{
		"abc": "abc", "a_1": "a_1", "_a": "_a", "1a": `"1a"`, "A": `"A"`, "a b": `"a b"`, `a"b`: `"a""b"`, "": `""`,
		"a$b": `"a$b"`, "select": `"select"`, "left": `"left"`, "int": `"int"`, "name": "name", "of": "of", "é": `"é"`,
	} {
		if got := QuoteIdent(in); got != want {
			t.Errorf("QuoteIdent(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestQuoteLiteral has the answers of PostgreSQL's quote_literal.
func TestQuoteLiteral(t *testing.T) {
	for in, want := range map[string]string{"": "''", "a": "'a'", "it's": "'it''s'", `a\b`: `E'a\\b'`, `'\`: `E'''\\'`} {
		if got := QuoteLiteral(in); got != want {
			t.Errorf("QuoteLiteral(%q) = %s, want %s", in, got, want)
		}
	}
}
