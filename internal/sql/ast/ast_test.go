package ast_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/parse"
)

func mustParse(t *testing.T, sql string) ast.Stmt {
	t.Helper()
	list, err := parse.Statements(sql)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: %d statements, %v", sql, len(list), err)
	}
	return list[0].Stmt
}

// TestWalk checks that Walk comes to every column of a statement, wherever it
// stands, in the order of the clauses.
func TestWalk(t *testing.T) {
	for sql, want := range map[string]string{
		`with w as (select a1) select distinct on (a2) a3 + f(a4, x => a5 order by a6) filter (where a7) over (partition by a8 order by a9)
			from t as of a10 b join lateral (select a11) c on a12, g(a13), t tablesample system (a14)
			where a15 in (select a16) and a17 between a18 and a19 group by rollup (a20) having case a21 when a22 then a23 else a24 end
			order by a25 limit a26 offset a27`: "a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 a26 a27",
		"insert into t (c[a1]) values (a2) on conflict ((a3)) where a4 do update set b = a5 where a6 returning a7":              "a1 a2 a3 a4 a5 a6 a7",
		"update t set b = a1 from u where a2 returning a3":                                                                      "a1 a2 a3",
		"delete from t using (select a1) u where a2 returning a3":                                                               "a1 a2 a3",
		"merge into t using u on a1 when matched and a2 then update set b = a3 when not matched then insert values (a4)":        "a1 a2 a3 a4",
		"create table t (b int default f(a1) check (a2), check (a3))":                                                           "a1 a2 a3",
		"create index on t ((a1)) where a2":                                                                                     "a1 a2",
		"select a1 = any (select a2), array[a3], row(a4), (a5).b[a6:a7], a8::t, a9 collate c, not a10, a11 like a12 escape a13": "a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13",
	} {
		var got []string
		ast.Walk(mustParse(t, sql), func(n ast.Node) bool {
			if c, ok := n.(*ast.ColumnRef); ok {
				got = append(got, c.Fields[0])
			}
			return true
		})
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s\n  got  %s\n  want %s", sql, s, want)
		}
	}
}

// TestWalkStops checks that a refused node keeps its parts to itself.
func TestWalkStops(t *testing.T) {
	n := 0
	ast.Walk(mustParse(t, "select (select a), b"), func(x ast.Node) bool {
		if _, ok := x.(*ast.ColumnRef); ok {
			n++
		}
		_, sub := x.(*ast.SubLink)
		return !sub
	})
	if n != 1 {
		t.Errorf("%d columns seen", n)
	}
}

// TestRewrite replaces every column and checks that the old tree stays (I5).
func TestRewrite(t *testing.T) {
	const in = "a + f(a, b) > 1 AND a IN (b, 2) OR a IS NULL AND CASE a WHEN b THEN a ELSE b END = (a)[a] OR a BETWEEN b AND a"
	e, err := parse.Expr(in)
	if err != nil {
		t.Fatal(err)
	}
	before := ast.Format(e)
	out := ast.Rewrite(e, func(x ast.Expr) ast.Expr {
		if c, ok := x.(*ast.ColumnRef); ok && c.Fields[0] == "a" {
			return &ast.ColumnRef{Pos: c.Pos, Fields: []string{"t", "z"}}
		}
		return x
	})
	if ast.Format(e) != before {
		t.Error("the old tree is changed")
	}
	if got := ast.Format(out); strings.Contains(got, "a)") || strings.Count(got, "t.z") != 10 {
		t.Errorf("got %s", got)
	}
	if same := ast.Rewrite(e, func(x ast.Expr) ast.Expr { return x }); same != e {
		t.Error("a rewrite without changes copies")
	}
}

func TestLeftmost(t *testing.T) {
	for sql, want := range map[string]int{
		"a + b": 0, "(a) + b": 1, "- a": 0, "f(a)": 0, "a::int": 0, "cast(a as int)": 0, "date '2020-01-01'": 0,
		"a is null": 0, "not a": 0, "a at time zone b": 0, "a in (1)": 0, "a.b[1]": 0, "(select 1)": 0,
		"a between 1 and 2": 0, "case when a then b end": 0, "(a or b) and c": 1,
	} {
		e, err := parse.Expr(sql)
		if err != nil {
			t.Fatal(err)
		}
		if got := ast.Leftmost(e); got != want {
			t.Errorf("%s: got %d, want %d", sql, got, want)
		}
	}
}

func TestTag(t *testing.T) {
	for sql, want := range map[string]string{
		"select 1": "SELECT", "start transaction": "START TRANSACTION", "end": "COMMIT", "abort": "ROLLBACK",
		"rollback to a": "ROLLBACK", "release a": "RELEASE", "alter table t rename a to b": "ALTER TABLE",
		"alter index i rename to j": "ALTER INDEX", "drop materialized view v": "DROP MATERIALIZED VIEW",
		"create materialized view v as select 1": "CREATE MATERIALIZED VIEW", "create table t as select 1": "CREATE TABLE AS",
		"reset all": "RESET", "analyze": "ANALYZE", "move c": "MOVE", "close all": "CLOSE CURSOR ALL",
		"grant a to b": "GRANT ROLE", "create operator class c for type t using b as storage int": "CREATE OPERATOR CLASS",
		"create text search parser p (a)": "CREATE TEXT SEARCH PARSER", "truncate t": "TRUNCATE TABLE",
	} {
		if got := mustParse(t, sql).Tag(); got != want {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
}

func ExampleFormat() {
	list, _ := parse.Statements("select A.x  from t for system_time as of @seq:5 a where x>1 and not y")
	fmt.Println(ast.Format(list[0].Stmt))
	// Output: SELECT a.x FROM t FOR SYSTEM_TIME AS OF @SEQ:5 AS a WHERE (x > 1) AND (NOT y)
}
