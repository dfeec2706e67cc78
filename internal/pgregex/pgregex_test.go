package pgregex

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
)

// TestFind states the rules by which one of several matches wins; sql/builtin
// compares thousands of patterns with PostgreSQL.
func TestFind(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          string
	}{
		{"a*", "aab", "[0 2]"},                             // longest
		{"a*?", "aab", "[0 0]"},                            // shortest
		{"(?:a|ab)(?:c|bcd)(d*)", "abcd", "[0 4 4 4]"},     // what stands first is longest as a whole
		{"(a|ab)(c|bcd)(d*)", "abcd", "[0 4 0 2 2 3 3 4]"}, // single groups are longest one by one
		{"(.*?)(b+)", "abbb", "[0 2 0 1 1 2]"},             // the first preference rules the whole
		{"(a|b)*", "abab", "[0 4 3 4]"},                    // the last round is kept
		{"(x)?y", "y", "[0 1 -1 -1]"},                      // a group without part
		{`(\w+) \1`, "see the the end", "[4 11 4 7]"},      // back reference
		{`(?i)(ab)\1`, "xABaby", "[1 5 1 3]"},              // the same, ignoring case
		{"(?<=b)c(?!d)", "cd bcd bce", "[8 9]"},            // looking around
		{`\mfoo\M`, "food foo", "[5 8]"},                   // words
		{"(?n)^b$", "a\nb\nc", "[2 3]"},                    // lines
		{"***=a.b", "axb a.b", "[4 7]"},                    // literally
		{"(?x) a  b # comment", "ab", "[0 2]"},             // expanded
		{"[[:alpha:]é]+", "1né2", "[1 4]"},                 // classes are ASCII
		{"b", "aaa", "[]"},                                 // none
		{"(((((a)))))", "a", "[0 1 0 1 0 1 0 1 0 1 0 1]"},  // nesting
		{`(a*)*\1`, "aa", "[0 2 0 1]"},                     // the longest whole needs a shorter group
		{"(a{0,2}?){3}", "aaaa", "[0 0 0 0]"},              // fixed counts pass on the preference
		{"^(?:(a)|(b)|c)+$", "abc", "[0 3 -1 -1 -1 -1]"},   // only the last round counts
	} {
		re, err := Compile(c.pattern, 0)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		caps, err := re.Find(context.Background(), c.text, 0, true)
		if got := fmt.Sprint(caps); err != nil || got != c.want {
			t.Errorf("%s on %q: %s %v, want %s", c.pattern, c.text, got, err, c.want)
		}
		ok, err := re.Match(context.Background(), c.text)
		if err != nil || ok != (c.want != "[]") {
			t.Errorf("%s on %q: Match %v %v", c.pattern, c.text, ok, err)
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"(": badParens, "a)": badParens, "[a": badBrackets, "a{1": badBraces, "a{2,1}": badCount, "a{256}": badCount, "[b-a]": badRange,
		"[[:x:]]": badClass, "[[.xx.]]": badCollate, "*": badOperand, "a**": badOperand, `\q`: badEscape, `\`: badEscape, `\1`: badBackref, "(?z)": badOption,
		strings.Repeat("(", 20000): tooComplex, "(((a{255}){255}){255}){255}": tooComplex,
	} {
		_, err := Compile(pattern, 0)
		if pgerr.CodeOf(err) != "2201B" || err.Error() != "invalid regular expression: "+want {
			t.Errorf("%.20s: %v, want %s", pattern, err, want)
		}
	}
	if _, err := ParseFlags("iz"); pgerr.CodeOf(err) != "22023" {
		t.Errorf("flags iz: %v", err)
	}
}

// TestLongText checks that time and stack stay bounded on megabytes (I1).
func TestLongText(t *testing.T) {
	text := strings.Repeat("ab", 1<<17) + "c"
	for _, pattern := range []string{"(a|b)*c", "(?:a|ab|b)*c$", "x(?=y)", "(?<=b)c", "^(.*)(b)(.*)c$", "((a)|(b))+"} {
		re, err := Compile(pattern, 0)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := re.Find(context.Background(), text, 0, true); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s took %v", pattern, took)
		}
	}
}

// TestCancel checks that a back reference that takes forever stops with its context.
func TestCancel(t *testing.T) {
	re, err := Compile(`(a*)(a*)(a*)(a*)(a*)\1\2\3\4\5b$`, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := re.Find(ctx, strings.Repeat("a", 400)+"b", 0, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// FuzzCompile checks that no pattern or text makes a panic or a match that is not one.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{"a*", `(\w+) \1`, "[[:alpha:]-]", "(?=a)b|c{1,2}?", `\u00e4[\d.]`, "***=x", "(?xn)a #", "a{,", "(()|a)*", `(a)\1*`} {
		f.Add(s, "aab 1äc", uint8(0))
	}
	f.Fuzz(func(t *testing.T, pattern, text string, flags uint8) {
		if len(pattern) > 200 || len(text) > 200 {
			return
		}
		re, err := Compile(pattern, Flags(flags)&^Basic)
		if err != nil {
			if code := pgerr.CodeOf(err); code != "2201B" && code != "0A000" {
				t.Fatalf("%q: %v", pattern, err)
			}
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		caps, err := re.Find(ctx, text, 0, true)
		if err != nil || caps == nil {
			return
		}
		for i := 0; i < len(caps); i += 2 {
			if caps[i] > caps[i+1] || caps[i+1] > len(text) || caps[i] >= 0 && (caps[i] < caps[0] || caps[i+1] > caps[1]) && !re.backrefs {
				t.Fatalf("%q on %q: %v", pattern, text, caps)
			}
		}
		if ok, err := re.Match(ctx, text); err == nil && !ok {
			t.Fatalf("%q on %q: Find found %v, Match nothing", pattern, text, caps)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, pattern := range []string{"brown", "^The .* dog$", `(\w+) fox`, `\mfox\M`} {
		re, err := Compile(pattern, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ok, _ := re.Match(context.Background(), "The quick brown fox jumps over the lazy dog"); !ok {
					b.Fatal("no match")
				}
			}
		})
	}
}
