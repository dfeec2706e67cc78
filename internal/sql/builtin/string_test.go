package builtin

// Goal: string functions answer as PostgreSQL's do. Method: as datetime_test.go,
// with texts of one to four bytes a character; functions over any type are
// compared as whole expressions.

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

var stringValues = map[types.OID][]string{
	types.Text: {"", "a", "abc", "aBc deF", "  pad  ", "äöü ß", "日本語", "a😀b", "x,y,,z", "%_\\", "it's", "\"q\"", "xxabcxx", "null", "select", "abc123", "ÀÉ", "\t\n", "ab%", "a_c"},
	types.Int4: {"0", "1", "2", "3", "-1", "-2", "-7", "5", "10", "2147483647", "-2147483648"}, types.Int8: {"0", "1", "-1", "255", "-9223372036854775808"},
	types.BPChar: {"", "a  ", "äö ", "abc"}, types.VarChar: {"a", "ä"}, types.Bytea: {`\x`, `\x616263`, `\x00ff`}, types.Bool: {"t", "f"},
	types.Name: {"", "abc", "pg_class"},
}

var patterns = []string{"", "%", "_", "a%", "%c", "a_c", "%b%", "\\%", "a\\", "\\\\", "%\\", "__", "%ä%", "日%", "A%", "%\\_%", "a%b%c", "ABC", "_😀_", "%%", "x%x", "[a-c]+", "(a|b)%", "%(b|d)%"}

var stringArguments = map[string]map[int][]string{
	"textlike": {1: patterns}, "textnlike": {1: patterns}, "texticlike": {1: patterns}, "texticnlike": {1: patterns},
	"namelike": {1: patterns}, "namenlike": {1: patterns}, "nameiclike": {1: patterns}, "nameicnlike": {1: patterns},
	"like_escape": {0: patterns, 1: {"", "\\", "#", "a", "ä", "ab", "%"}}, "similar_to_escape_1": {0: patterns},
	"similar_to_escape_2": {0: append([]string{`a#"b#"c`, `#"a#"#"`, "a.b^c$", "[^]a]", "[a#]", "a##b", "[[:alpha:]]"}, patterns...), 1: {"", "\\", "#", "ä", "ab"}},
	"chr":                 {0: {"0", "-1", "65", "228", "8364", "128512", "1114111", "1114112", "55296", "127"}},
	"repeat":              {0: {"a", "日", "abc"}, 1: {"0", "-1", "1", "3", "2147483647"}}, "lpad": {1: {"0", "-1", "3", "5", "300000000"}}, "rpad": {1: {"0", "-1", "3", "5", "300000000"}},
	"unistr":                 {0: {`\0041`, `\+01F600`, `\u00e4`, `\U0001F600`, `a\\b`, `\d83d\de00`, `\d83d`, `\de00`, `\d83dx`, `\zz`, `\00`, `\0000`, `\U00110000`, `\UFFFFFFFF`, `plain`, `\d83d\\`}},
	"unicode_normalize_func": {0: {"é", "e\u0301", "ﬁ", "Å", "가"}, 1: {"NFC", "nfd", "NFKC", "NFKD", "x"}}, "unicode_is_normalized": {0: {"é", "e\u0301", "ﬁ"}, 1: {"NFC", "NFD", "NFKC", "NFKD", "x"}},
	"quote_ident":    {0: {"a", "A", "a b", "select", "abort", "1a", "a1", "a$", "ä", `a"b`, "", "between", "Über", "_x"}},
	"parse_ident":    {0: {"a", "a.b", ` a . "B""c" `, "A.B.C", "a..b", "a b", `"a`, `""`, "", ".a", "a.", "1a", "a1$", "äÖ.x", `"x"y`, "a.1", "a(b)"}},
	"split_part":     {0: {"", "a,b,c", "a", ",", "aäbäc", "a,,b"}, 1: {",", "", "ä", "xx", "a"}, 2: {"0", "1", "2", "3", "4", "-1", "-2", "-3", "-4"}},
	"text_format_nv": {0: {"", "abc", "100%%", "%", "%s", "a%%%%b", "%z"}},
}

var stringTable = &callTable{isString, stringValues, stringArguments}

func isString(p *Proc) bool {
	switch p.Source {
	case "text_regclass":
		return false // needs a catalog
	case "bpchar", "textregexsubstr", "textregexeq", "textregexne", "texticregexeq", "texticregexne":
		return false // regex_test.go
	}
	for _, prefix := range []string{"text", "bpchar", "lpad", "rpad", "btrim", "ltrim", "rtrim", "upper", "lower", "initcap", "repeat", "replace_text",
		"translate", "split_part", "ascii", "chr", "md5", "to_hex", "unistr", "unicode_", "quote_", "parse_ident", "like_escape", "similar_", "namelike", "namenlike", "nameic"} {
		if strings.HasPrefix(p.Source, prefix) && !strings.Contains(p.Source, "regex") {
			return true
		}
	}
	return p.Source == "" && len(p.Args) > 0 && p.Args[0] != types.Bit && strings.Contains("lpad rpad bit_length substring", p.Name)
}

func TestStringsAgainstPostgreSQL(t *testing.T) {
	compareCalls(t, pgref.Connect(t), pgfmt.Default(), stringTable.calls(rand.New(rand.NewPCG(1, 15)), 300))
}

// value is a typed literal of a call over any types; a nil text is NULL.
type value struct {
	oid  types.OID
	text *string
}

func val(oid types.OID, text string) value { return value{oid, &text} }

// TestAnyStringsAgainstPostgreSQL compares concat, concat_ws and format.
func TestAnyStringsAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	null := value{oid: types.Text}
	pool := []value{null, val(types.Int4, "42"), val(types.Bool, "t"), val(types.Text, "it's"), val(types.Text, "a b"), val(types.BPChar, "x "),
		val(types.Float8, "1.5"), val(types.Date, "2020-02-03"), val(types.TextArray, "{a,b}"), val(types.Numeric, "1.50"), val(types.Text, `back\slash`), val(types.Int4, "-6")}
	var calls [][]value
	var procs []*Proc
	add := func(source string, args ...value) {
		procs, calls = append(procs, bySource(source)[0]), append(calls, args)
	}
	for i := range pool {
		add("text_concat", pool[i], pool[(i+1)%len(pool)], null)
		add("text_concat_ws", val(types.Text, ", "), pool[i], null, pool[(i+3)%len(pool)])
		add("text_concat_ws", null, pool[i])
		for _, f := range []string{"%s|%I|%L", "%2$s %1$s", "%3$L %s", "[%10s]", "[%-10s]", "[%*s]", "[%-*s]", "[%2$*1$s]", "%s%%", "%z", "%", "%1$", "%s %s %s %s", "%0$s", "%1$*0$s",
			"%*1s", "%5", "%99999999999s", "%--5s|", "%ä", "%1$s %s", "%2$-8L|", "%I", "%$s", "% s", "%1$1$s", "%L", "%1000000000s"[:5] + "s"} {
			add("text_format", val(types.Text, f), pool[i], pool[(i+1)%len(pool)], pool[(i+5)%len(pool)])
		}
	}
	statements := make([]string, len(calls))
	for i, args := range calls {
		parts := make([]string, len(args))
		for j, a := range args {
			parts[j] = "NULL"
			if a.text != nil {
				parts[j] = keyword.QuoteLiteral(*a.text)
			}
			if a.oid == types.BPChar {
				parts[j] += "::bpchar" // without a length; character means one
			} else {
				parts[j] += "::" + pgfmt.TypeName(a.oid)
			}
		}
		statements[i] = "SELECT " + procs[i].Name + "(" + strings.Join(parts, ", ") + ")"
	}
	for i, want := range ref.Batch(statements) {
		got, err := callAny(procs[i], calls[i])
		if diff := difference(procs[i], got, err, want); diff != "" {
			t.Errorf("%s: %s", statements[i], diff)
		}
	}
	t.Logf("%d calls", len(calls))
}

func callAny(p *Proc, values []value) (string, error) {
	c := &Context{Ctx: context.Background(), Settings: pgfmt.Default()}
	oids, args := make([]types.OID, len(values)), make([]datum.Datum, len(values))
	for i, v := range values {
		oids[i] = v.oid
		if v.text == nil {
			continue
		}
		var err error
		if args[i], err = pgfmt.ParseText(*v.text, types.Of(v.oid), c.Settings); err != nil {
			return "", err
		}
	}
	d, err := p.For(oids, types.Text)(c, args)
	if err != nil || d.IsNull() {
		return "NULL", err
	}
	return d.Str(), nil
}
