package parse

import (
	"strings"
	"testing"
)

// What Lift takes out, and what it leaves: the key is shown with the marks as
// <i> and so on, an empty one stands for a statement that it leaves alone.
func TestLift(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT abalance FROM a WHERE aid = 17;":                               "SELECT abalance FROM a WHERE aid = <i>;",
		" select 1 , 'x''y'":                                                   " select <i> , <s>",
		"select a-1, a -1, -1":                                                 "select a-<i>, a -<i>, -<i>",
		"select 2147483647, 2147483648, 2147483649":                            "select <i>, 2147483648, <l>",
		"select 9223372036854775807, 9223372036854775808, 9223372036854775809": "select <l>, 9223372036854775808, <n>",
		"select 1.5, .5, 1e5, 1., 00017":                                       "select <n>, <n>, <n>, <n>, <i>",
		"select t1.a2, \"x'1\".b from t1 where a[1:2] = 3":                     "select t1.a2, \"x'1\".b from t1 where a[<i>:<i>] = <i>",
		"insert into t values (1, 'a\n', now())":                               "insert into t values (<i>, <s>, now())",
		"select 'a'\n 'b', 'c' 'd'":                                            "select <s>, <s> <s>",
		"update t set a = date '2020-01-01'":                                   "update t set a = date <s>",

		"select a from t":              "",
		"select a from t where b = $1": "",
		"select E'a', 1":               "",
		"select U&'a', 1":              "",
		"select u&\"a\", 1":            "",
		"select b'1', 1":               "",
		"select $$a$$, 1":              "",
		"select 1 -- x":                "",
		"select 1 /* x */":             "",
		"select 1 */* x */ 2":          "",
		"select 1; select 2":           "",
		"select 1;;":                   "",
		"select 1a":                    "",
		"select 'a":                    "",
		"select \x001":                 "",
		"values (1)":                   "",
		"create table t (a char(3))":   "",
		"explain select 1":             "",
		"with x as (select 1) select":  "",
		"selects 1":                    "",
	} {
		var s Shape
		got := ""
		if s.Lift(sql) {
			got = string(s.Key)
			for _, kind := range "ilns" {
				got = strings.ReplaceAll(got, "\x00"+string(kind), "<"+string(kind)+">")
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", sql, got, want)
		}
	}
}

// Every literal that Lift takes out is one the lexer sees, with its class and
// value, and everything else of the key are the statement's other tokens.
func FuzzLift(f *testing.F) {
	for _, sql := range []string{
		"select 1", "select a from t where b = 'x''y' and c > -1.5e3", "insert into t values (1,2147483648,.5)",
		"select 1--2", "select 'a'\n'b'", "update t set a=a+-3 where b<@5;",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		var s Shape
		if !s.Lift(sql) {
			return
		}
		l, at := lexer{sql: sql}, 0
		for {
			tok := l.next()
			if tok.cls == tEOF {
				break
			}
			if tok.cls == tError || tok.cls == tParam || tok.cls == tBconst {
				t.Fatalf("%q: token %v at %d was not seen", sql, tok.cls, tok.pos)
			}
			number := tok.cls == tIconst || tok.cls == tFconst
			if !number && tok.cls != tSconst {
				continue
			}
			if at == len(s.Literals) || s.Literals[at].Pos != tok.pos {
				if number && (strings.TrimLeft(tok.text, "0") == "2147483648" || strings.TrimLeft(tok.text, "0") == "9223372036854775808") {
					continue
				}
				t.Fatalf("%q: the literal at %d was not taken", sql, tok.pos)
			}
			if lit := s.Literals[at]; lit.Text != tok.text || (lit.Kind == LiteralString) != (tok.cls == tSconst) || (lit.Kind == LiteralInt4) != (tok.cls == tIconst) {
				t.Fatalf("%q: literal %+v of token %+v", sql, lit, tok)
			}
			at++
		}
		if at != len(s.Literals) {
			t.Fatalf("%q: %d literals, %d tokens", sql, len(s.Literals), at)
		}
	})
}

func BenchmarkLift(b *testing.B) {
	var s Shape
	b.ReportAllocs()
	for b.Loop() {
		if !s.Lift("SELECT abalance FROM pgbench_accounts WHERE aid = 4711;") {
			b.Fatal("not lifted")
		}
	}
}
