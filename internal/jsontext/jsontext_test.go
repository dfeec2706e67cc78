package jsontext

// Goal: canonical texts are canonical (a fixed point, keys in order, the last
// duplicate kept), walks find what is there, the order is total and containment
// agrees with it; bad texts give PostgreSQL's detail. The whole range of inputs
// is compared with PostgreSQL in package pgfmt.

import (
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
)

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		`{"b":1,"a":2,"aa":3,"a":4}`:              `{"a": 4, "b": 1, "aa": 3}`,
		` [ 1 , 2.50 , 1e3, -0.0, 1E-2 ] `:        `[1, 2.50, 1000, 0.0, 0.01]`,
		`"\u0041\u00e9\/\n\u0001\ud83d\ude00"`:    `"Aé/\n\u0001😀"`,
		`{"x":{"z":1,"y":[{"q":null,"p":true}]}}`: `{"x": {"y": [{"p": true, "q": null}], "z": 1}}`,
		`[]`: `[]`, `{}`: `{}`,
	} {
		got, err := Canonical(in)
		if err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", in, got, err, want)
		}
		if again, err := Canonical(got); err != nil || again != got {
			t.Errorf("%s is not a fixed point: %s", got, again)
		}
	}
}

func TestErrors(t *testing.T) {
	for in, want := range map[string]string{
		`{`: "The input string ended unexpectedly.", `[1,]`: `Expected JSON value, but found "]".`, `{"a" 1}`: `Expected ":", but found "1".`,
		`01`: `Token "01" is invalid.`, `"a`: `Token ""a" is invalid.`, `{1:2}`: `Expected string or "}", but found "1".`, `1 2`: `Expected end of input, but found "2".`,
		`"\q"`: `Escape sequence "\q" is invalid.`, "\"\t\"": "Character with value 0x09 must be escaped.",
	} {
		e := pgerr.From(Check(in))
		if e.Code != "22P02" || e.Detail != want || !strings.HasPrefix(e.Where, "JSON data, line 1: ") {
			t.Errorf("%s: %s %q (%s)", in, e.Code, e.Detail, e.Where)
		}
	}
	if code := pgerr.CodeOf(Check(strings.Repeat("[", 100000))); code != "54001" {
		t.Errorf("deep nesting: %s", code)
	}
	if _, err := Canonical(`"\u0000"`); pgerr.CodeOf(err) != "22P05" {
		t.Errorf("zero character: %v", err)
	}
}

func TestWalk(t *testing.T) {
	doc := ` {"a" : [ 1, {"b\n" : "]}" } , "x\\" ] , "c":null} `
	a, ok := Field(doc, "a")
	if !ok || Len(a) != 3 {
		t.Fatalf("field a: %q", a)
	}
	last, _ := Element(a, -1)
	if s, err := Decode(last); s != `x\` || err != nil {
		t.Errorf("last element %q: %q", last, s)
	}
	second, _ := Element(a, 1)
	if v, ok := Field(second, "b\n"); !ok || Unquote(v) != "]}" {
		t.Errorf("inner field: %q", v)
	}
	if _, ok := Element(a, 3); ok {
		t.Error("element beyond the end")
	}
	if _, ok := Element(a, -4); ok {
		t.Error("element before the start")
	}
}

// TestOrder takes jsonb's order from PostgreSQL's documentation and source.
func TestOrder(t *testing.T) {
	ascending := []string{`[]`, `null`, `"a"`, `"b"`, `-1`, `2`, `10`, `false`, `true`, `["z"]`, `[1, 1]`, `[1, 2]`, `{}`, `{"a": 1}`, `{"b": 0}`, `{"a": 1, "b": 2}`}
	for i, a := range ascending {
		for j, b := range ascending {
			got := Compare(a, b)
			if i < j && got >= 0 || i > j && got <= 0 || i == j && got != 0 {
				t.Errorf("Compare(%s, %s) = %d", a, b, got)
			}
		}
	}
	if Compare("1.0", "1.00") != 0 || HashKey(`{"a.0": [1.50, 2.00]}`) != `{"a.0": [1.5, 2]}` {
		t.Error("numbers compare by value")
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a": {"b": 1, "c": 2}}`, `{"a": {"b": 1.0}}`, true}, {`[1, 2, 3]`, `[3, 1, 1]`, true}, {`[1, [2]]`, `[2]`, false},
		{`["x"]`, `"x"`, true}, {`"x"`, `["x"]`, false}, {`{"a": 1}`, `{"b": 1}`, false}, {`[{"a": 1, "b": 2}]`, `[{"a": 1}]`, true}, {`{}`, `[]`, false},
	} {
		if got := Contains(c.a, c.b); got != c.want {
			t.Errorf("%s @> %s = %v", c.a, c.b, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"\u00e9"],"b":null}`, `"\ud83d\ude00"`, `[[[]]]`, `-0.0e5`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		canonical, err := Canonical(s)
		if err != nil {
			return
		}
		if again, err := Canonical(canonical); err != nil || again != canonical {
			t.Fatalf("%q -> %q -> %q (%v)", s, canonical, again, err)
		}
		if Compare(canonical, canonical) != 0 || !Contains(canonical, canonical) {
			t.Fatalf("%q does not equal or contain itself", canonical)
		}
	})
}
