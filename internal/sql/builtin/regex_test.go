package builtin

// Goal: regular expressions match, capture and fail as PostgreSQL's do. Method:
// handwritten and random patterns, each on several texts, through ~, all captures
// of regexp_matches(.., 'g') and the other functions, on both sides.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

var regexTexts = []string{"", "a", "b", "ab", "abc", "aab", "abab", "xyz", "foo bar baz", "a1b22c333", "The Quick\nBrown Fox", "äöü ABC", "aaa", "abcabc", "a.b", "x=1;y=2", "aXbXc", "line1\nline2\n", "日本語", "(a)", "a\\b", "foobarbaz", "1.5e10", "aa bb cc", "__a__"}

var regexPatterns = []string{
	"", "a", "^a", "a$", "^$", "a*", "a+", "a?", "a*?", "a+?", "a??", "a{2}", "a{1,2}", "a{2,}", "a{1,2}?", "(a)(b)", "(a|ab)(c|bcd)?", "(a*)(b*)", "(a*?)(b*)", "(a+)(a*)", "(a+?)(a*)", "(a|b)*", "(a|b)+?", "((a)|(b))*",
	"(?:a|b)c", "a|b|", "|a", "()", "(a()b)", "[abc]", "[^abc]", "[a-c]+", "[a-c-]", "[-a]", "[]a]", "[^]a]", "[a", "[b-a]", "[a-]", "[[:alpha:]]+", "[[:digit:][:space:]]", "[[:foo:]]", "[[:alpha:]", "[[.a.]]", "[[=a=]]", "[[.-.]]", "[[.space.]]",
	`\d+`, `\D+`, `\s`, `\S+`, `\w+`, `\W`, `[\d]+`, `[\w.]+`, `[\D]`, `[^\s]+`, `\m\w+`, `\w+\M`, `\yb`, `\Yb`, `\Aa`, `c\Z`, `[[:<:]]b`, `o[[:>:]]`, `\bb`, `\B`, `\x61`, `\u0061`, `\U00000061`, `\141`, `\0`, `\q`, `\`, `a\`, `\cA`, `\e`, `\.`, `\\`, `\-`, `\é`,
	`(a)\1`, `(a|b)\1`, `(\w)\1`, `(\w+) \1`, `\1`, `(a)\2`, `(a\1)`, `(a*)\1`, `(a*?)\1b`, `(?:(a)|b)\1`, `(ab)*\1`, `((a)\2)+`, `(.)(.)\2\1`, `\10`, `(a)\1{2}`, `(a)\1*b`, `(a(b))\2\1?`,
	"a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", "(?<=ab)c", "(?=(a))a", "(?<=a|bc)d?", "(?!a)", "(?<!^)a", `(?<=\d)\w`, "a(?=b", "(?<a>b)", "(?a)", "(?i)ABC", "(?i)a(b)", "(?n)^l", "(?x) a b # c", "(?q)a.b", "(?e)a(b)", "(?z)a", "(?i", "***=a.b", "***:a", "***a", "(?b)a", "(?c)A", "(?s).", "(?w)^line2$", "(?p)^line.*",
	"*", "+a", "?", "a**", "a+*", "a*+", "{1}", "a{", "a{x", "a{1", "a{1,", "a{1,x}", "a{2,1}", "a{256}", "a{255}", "a{0}", "(a){0}b", "a{,3}", "^*", "$+", "(*a)", "(|a)", "a||b", "(", ")", "a)", "(a", "((a)", "a(?#comment)b", "(?:)", "(?:a", "^^a", "a$$", "a^", "$a", "(^a)", "(a$)", "(^|b)a", "a(b|$)",
	".", ".*", ".+?", "^.*$", "(.*)(b)(.*)", "(.*?)(b)(.*)", "(.+)X(.+)", "(.+?)X(.+)", "^(.*?)=(.*?);", "(a{1,1}?)(a*)", "(?:a*?)(a*)", "(?:a*?b*)(c*)", "(a*b*?)(b*)", "(a|ab|abc|abcd)(d*)", "(ab|c|abc)*", "(a|ab|bc|c)*", "(a|ab|bc|c)+", "((a|ab)(c|bcd))*", "(a*)*", "(a*)+", "(a+)*b", "(a|b|ab)*c", "(a?)*?b", "((a*)b?)*", "(x*)*", "(a{2})*", "([ab]{1,2}?)*", "(a|(bc)){0,2}", "(foo|foobar)(bar)?", "(\\w+?)(\\d*)", "(\\w+)(\\d+)", "(\\w*?)(\\d+)", "((foo)|bar)+", "[^ ]+$", "\\s+", "[aeiou]", "o{1,2}?", "(o+?)(\\w)", "(?:(a)|(b)|(c))+", "^(?:(\\w)(\\d*))+$", "(?:x|(a))*b?",
	"ä", "[ä-ü]+", "[^a-z]", "(?i)Ä", "日.", ".語", "\\w", "[[:upper:]]", "(?i)[[:upper:]]", "[[:punct:]]", "[[:word:]]", "[\\n]", "\\n", "a\\.b", "[a\\]b]", "[\\\\]", "[a-\\d]", "[\\x61-\\x63]", "[\\w-x]", "[a-c-e]", "[--a]", "[a--]", "[%--]", "(?n)[^a]", "(?n)\\D+", "(?n).+$", "(?n)^.*$", "$", "^", "x$|^a", "\\Z", "\\A", "(?x)a b[ ]c", "(?:a+){2,3}?", "(?:ab){1,}?(ab)", "(?:a|ab)(?:c|bcd)(d*)",
}

func TestRegexAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	rng := rand.New(rand.NewPCG(3, 33))
	all := append([]string(nil), regexPatterns...)
	for range 700 {
		all = append(all, randomPattern(rng, 3))
	}
	var statements []string
	var ours []func() (string, error)
	add := func(sql string, f func() (string, error)) {
		statements, ours = append(statements, sql), append(ours, f)
	}
	c := &Context{Ctx: context.Background(), Settings: pgfmt.Default()}
	for i, p := range all {
		for j := range regexTexts {
			s := regexTexts[j]
			if i >= len(regexPatterns) && j%3 != i%3 {
				continue
			}
			add("SELECT string_agg(m::text, '|') FROM regexp_matches("+keyword.QuoteLiteral(s)+", "+keyword.QuoteLiteral(p)+", 'g') m", func() (string, error) { return allMatches(c, s, p) })
		}
		s := regexTexts[i%len(regexTexts)]
		add("SELECT "+keyword.QuoteLiteral(s)+" ~ "+keyword.QuoteLiteral(p), func() (string, error) { return boolResult(c.matches(s, p, 0)) })
		add("SELECT "+keyword.QuoteLiteral(s)+" ~* "+keyword.QuoteLiteral(p), func() (string, error) { return boolResult(c.matches(s, p, 1)) })
	}
	failed := 0
	for i, want := range ref.Batch(statements) {
		got, err := ours[i]()
		if diff := regexDifference(got, err, want); diff != "" {
			if failed++; failed <= 40 {
				t.Errorf("%s: %s", statements[i], diff)
			}
		}
	}
	t.Logf("%d patterns, %d statements, %d differ", len(all), len(statements), failed)
}

func boolResult(ok bool, err error) (string, error) {
	if ok {
		return "t", err
	}
	return "f", err
}

func allMatches(c *Context, s, p string) (string, error) {
	var list []string
	err := bySource("regexp_matches")[0].Set(c, []datum.Datum{datum.NewText(s), datum.NewText(p), datum.NewText("g")}, func(row []datum.Datum) error {
		list = append(list, pgfmt.Text(types.Of(types.TextArray), row[0], c.Settings))
		return nil
	})
	if len(list) == 0 && err == nil {
		return "NULL", nil
	}
	return strings.Join(list, "|"), err
}

func regexDifference(got string, err error, want pgref.Result) string {
	expected := "NULL"
	switch {
	case want.Err != nil:
		expected = want.Err.Code + " " + want.Err.Message
	case want.Rows[0][0] != nil:
		expected = string(want.Rows[0][0])
	}
	if err != nil {
		got = fmt.Sprintf("%s %v", pgerr.CodeOf(err), err)
		if pgerr.CodeOf(err) == "0A000" {
			return "" // a basic expression
		}
	}
	if got == expected {
		return ""
	}
	return fmt.Sprintf("%q; PostgreSQL %q", got, expected)
}

// randomPattern makes a pattern from few letters, so that it often matches.
func randomPattern(r *rand.Rand, depth int) string {
	if depth == 0 {
		return []string{"a", "b", "c", "a", "b", ".", "[ab]", "[^a]", `\w`, "^", "$", `\y`, `\m`, "x", ""}[r.IntN(15)]
	}
	sub := func() string { return randomPattern(r, depth-1) }
	switch r.IntN(10) {
	case 0, 1:
		return sub() + sub()
	case 2, 3:
		return "(" + sub() + ")"
	case 4:
		return "(" + sub() + "|" + sub() + ")" + sub()
	case 5:
		return "(?:" + sub() + ")" + []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{1,2}?", "{0,1}"}[r.IntN(10)] + sub()
	case 6:
		return "(" + sub() + ")" + []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{1,2}?", "{0,2}"}[r.IntN(10)] + sub()
	case 7:
		return "(" + sub() + ")" + sub() + `\1` + []string{"", "*", "?", "+"}[r.IntN(4)]
	case 8:
		return []string{"(?=", "(?!", "(?<=", "(?<!"}[r.IntN(4)] + sub() + ")" + sub()
	}
	return sub() + []string{"*", "+", "?", "*?"}[r.IntN(4)] + sub()
}

var regexTable = &callTable{func(p *Proc) bool { return regexArguments[p.Source] != nil }, nil, regexArguments}

var regexArguments = map[string]map[int][]string{}

func init() {
	texts := []string{"", "abc", "foo bar baz", "aaa", "äbäc", "a1b22c333", "line1\nline2"}
	simple := []string{"a", "(a)(b)?", "", "b*", "[a-z]+", `\s`, "(ä|b)", "(", "^", "x"}
	replacements := []string{"", "X", `[\1]`, `[\&]`, `\\`, `\x`, `\2`, `a\`, `\é`, `\10`}
	flags := []string{"", "g", "i", "gi", "n", "z", "1", "é", "x", "q"}
	numbers := []string{"1", "2", "0", "-1", "5", "100"}
	for source, kinds := range map[string]string{
		"textregexsubstr": "tp", "textregexreplace_noopt": "tpr", "textregexreplace": "tprf", "textregexreplace_extended": "tprnnf", "textregexreplace_extended_no_flags": "tprnn",
		"textregexreplace_extended_no_n": "tprn", "regexp_match": "tpf", "regexp_match_no_flags": "tp", "regexp_like": "tpf", "regexp_like_no_flags": "tp", "regexp_split_to_array": "tpf",
		"regexp_split_to_array_no_flags": "tp", "regexp_count": "tpnf", "regexp_count_no_flags": "tpn", "regexp_count_no_start": "tp", "regexp_instr": "tpnnefs", "regexp_instr_no_subexpr": "tpnnef",
		"regexp_instr_no_flags": "tpnne", "regexp_instr_no_endoption": "tpnn", "regexp_instr_no_n": "tpn", "regexp_instr_no_start": "tp", "regexp_substr": "tpnnfs", "regexp_substr_no_subexpr": "tpnnf",
		"regexp_substr_no_flags": "tpnn", "regexp_substr_no_n": "tpn", "regexp_substr_no_start": "tp", "nameregexeq": "tp", "nameicregexne": "tp", "texticregexne": "tp",
	} {
		lists := map[int][]string{}
		for i, k := range kinds {
			lists[i] = map[rune][]string{'t': texts, 'p': simple, 'r': replacements, 'f': flags, 'n': numbers, 'e': {"0", "1", "2"}, 's': {"0", "1", "2", "3", "-1"}}[k]
		}
		regexArguments[source] = lists
	}
}

func TestRegexFunctionsAgainstPostgreSQL(t *testing.T) {
	compareCalls(t, pgref.Connect(t), pgfmt.Default(), regexTable.calls(rand.New(rand.NewPCG(2, 15)), 200))
}
