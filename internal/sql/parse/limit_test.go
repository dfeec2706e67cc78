package parse

import (
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// nestings build a statement n levels deep in every way a statement can nest.
// refused is what the reference server refuses; good is what it still accepts.
var nestings = map[string]struct {
	build func(n int) string
	good  int
}{
	"addition":    {func(n int) string { return "select " + strings.Repeat("1+", n) + "1" }, 3900},
	"parentheses": {func(n int) string { return "select " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) }, 9700},
	"not":         {func(n int) string { return "select " + strings.Repeat("not ", n) + "true" }, 7600},
	"minus":       {func(n int) string { return "select " + strings.Repeat("- ", n) + "a" }, 3900},
	"union":       {func(n int) string { return "select 1" + strings.Repeat(" union all select 1", n) }, 7200},
	"sub-select":  {func(n int) string { return "select " + strings.Repeat("(select ", n) + "1" + strings.Repeat(")", n) }, 2050},
	"call":        {func(n int) string { return "select " + strings.Repeat("f(", n) + "1" + strings.Repeat(")", n) }, 3900},
	"case": {func(n int) string {
		return "select " + strings.Repeat("case when true then ", n) + "1" + strings.Repeat(" end", n)
	}, 1900},
	"join": {func(n int) string { return "select * from t" + strings.Repeat(" cross join t", n) }, 3000},
	"nested join": {func(n int) string {
		return "select * from " + strings.Repeat("(t join ", n) + "t" + strings.Repeat(" on true)", n)
	}, 1000},
	"from": {func(n int) string {
		return strings.Repeat("select * from (", n) + "select 1" + strings.Repeat(") x", n)
	}, 1000},
	"cast":      {func(n int) string { return "select 1" + strings.Repeat("::int", n) }, 3900},
	"is null":   {func(n int) string { return "select 1" + strings.Repeat(" is null", n) }, 3900},
	"array":     {func(n int) string { return "select array" + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) }, 1000},
	"subscript": {func(n int) string { return "select " + strings.Repeat("a[", n) + "1" + strings.Repeat("]", n) }, 1000},
	"with": {func(n int) string {
		return strings.Repeat("with a as (", n) + "select 1" + strings.Repeat(") select 1", n)
	}, 1000},
	"explain": {func(n int) string { return "explain " + strings.Repeat("(", n) + "select 1" + strings.Repeat(")", n) }, 1000},
	"grouping set": {func(n int) string {
		return "select 1 group by " + strings.Repeat("grouping sets (", n) + "1" + strings.Repeat(")", n)
	}, 1000},
	"in": {func(n int) string { return "select " + strings.Repeat("a in (", n) + "1" + strings.Repeat(")", n) }, 1000},
	"between": {func(n int) string {
		return "select " + strings.Repeat("(1 between 0 and ", n) + "1" + strings.Repeat(")", n)
	}, 1000},
	"type": {func(n int) string {
		return "select " + strings.Repeat("cast(1 as numeric(", n) + "1" + strings.Repeat("))", n)
	}, 1000},
	"function body": {func(n int) string {
		return strings.Repeat("create function f() returns int begin atomic ", n) + "select 1;" + strings.Repeat(" end;", n)
	}, 1000},
}

// TestNesting checks that what the reference server accepts is accepted, and that
// nesting without bounds is 54001 and nothing worse.
func TestNesting(t *testing.T) {
	for name, c := range nestings {
		t.Run(name, func(t *testing.T) {
			list, err := Statements(c.build(c.good))
			if err != nil && name != "function body" {
				t.Fatalf("%d levels: %v", c.good, err)
			}
			for _, s := range list {
				if _, text := s.Stmt.(*ast.OtherStmt); !text {
					ast.Format(s.Stmt)
				}
			}
			_, err = Statements(c.build(100_000))
			if pgerr.CodeOf(err) != pgcode.StatementTooComplex {
				t.Fatalf("100,000 levels: %v", err)
			}
			if e := pgerr.From(err); e.Message != "stack depth limit exceeded" || e.Hint == "" {
				t.Fatalf("got %+v", e)
			}
		})
	}
}

// TestLongLists checks that what is long but not deep has no limit.
func TestLongLists(t *testing.T) {
	for name, sql := range map[string]string{
		"and":        "select " + strings.Repeat("a and ", 200_000) + "a",
		"in":         "select a in (" + strings.Repeat("1,", 200_000) + "1)",
		"values":     "values " + strings.Repeat("(1),", 100_000) + "(1)",
		"targets":    "select " + strings.Repeat("a,", 200_000) + "a",
		"statements": strings.Repeat("select 1;", 50_000),
		"string":     "select '" + strings.Repeat("x''", 1_000_000) + "'",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Statements(sql); err != nil {
				t.Fatal(err)
			}
		})
	}
}
