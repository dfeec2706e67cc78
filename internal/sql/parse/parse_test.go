package parse

import (
	"strings"
	"sync"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
)

func TestSplit(t *testing.T) {
	for sql, want := range map[string][]string{
		"":                               nil,
		" ; ;; -- x\n ;":                 nil,
		"select 1":                       {"select 1"},
		" select ';' ; /* ; */ begin ; ": {"select ';'", "begin"},
		"select $$;$$;\"a;b\"":           nil, // an error: see below
		"create rule r as on insert to t do (select 1; select 2); select 3": {
			"create rule r as on insert to t do (select 1; select 2)", "select 3"},
		"select 1 -- end": {"select 1"},
	} {
		list, err := Statements(sql)
		if strings.Contains(sql, "$$") {
			if err == nil {
				t.Errorf("%q is accepted", sql)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", sql, err)
		}
		var got []string
		for _, s := range list {
			got = append(got, sql[s.Start:s.Start+s.Len])
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%q: got %q, want %q", sql, got, want)
		}
	}
}

func TestExprAndTypeName(t *testing.T) {
	if e, err := Expr("a + 1"); err != nil || ast.Format(e) != "a + 1" {
		t.Errorf("%v %v", e, err)
	}
	for _, bad := range []string{"", "1 2", "select 1", "1;"} {
		if _, err := Expr(bad); err == nil {
			t.Errorf("Expr(%q) is accepted", bad)
		}
	}
	if n, err := TypeName("setof numeric(3,1)[]"); err != nil || ast.Format(n) != "SETOF numeric(3, 1)[]" {
		t.Errorf("%v %v", n, err)
	}
	if _, err := TypeName("int int"); err == nil {
		t.Error("TypeName takes two types")
	}
}

// TestTruncation checks the length of names, cut between characters, and the
// notice.
func TestTruncation(t *testing.T) {
	var notices []*pgerr.Error
	long := strings.Repeat("a", 62) + "é" // 64 bytes
	list, err := StatementsWith("select 1 as "+long+", 2 as \""+strings.Repeat("b", 70)+"\"", &Options{Notices: &notices})
	if err != nil {
		t.Fatal(err)
	}
	q := list[0].Stmt.(*ast.SelectStmt)
	if got := q.Targets[0].Name; got != strings.Repeat("a", 62) {
		t.Errorf("got %q", got)
	}
	if got := q.Targets[1].Name; got != strings.Repeat("b", 63) {
		t.Errorf("got %q", got)
	}
	if len(notices) != 2 {
		t.Fatalf("%d notices", len(notices))
	}
	want := "identifier \"" + long + "\" will be truncated to \"" + strings.Repeat("a", 62) + "\""
	if n := notices[0]; n.Message != want || n.Code != "42622" || n.Severity != "NOTICE" {
		t.Errorf("got %+v", n)
	}
}

func TestBackslashStrings(t *testing.T) {
	const sql = `select 'a\'b'`
	if _, err := Statements(sql); err == nil {
		t.Error("backslash escapes a quote in a standard string")
	}
	list, err := StatementsWith(sql, &Options{BackslashStrings: true})
	if err != nil {
		t.Fatal(err)
	}
	if c := list[0].Stmt.(*ast.SelectStmt).Targets[0].Value.(*ast.Const); c.Text != "a'b" {
		t.Errorf("got %q", c.Text)
	}
}

func TestHints(t *testing.T) {
	for sql, want := range map[string]string{
		"select /*+ SeqScan(t) */ 1":           "SeqScan(t)",
		"/*+ SeqScan(t) */ select 1":           "SeqScan(t)",
		"select /* plain */ 1":                 "",
		"select 1 /*+ too late */":             "",
		"/*+ of the first */ begin; select 1":  "",
		"begin; /*+ of the second */ select 1": "of the second",
	} {
		list, err := Statements(sql)
		if err != nil {
			t.Fatal(err)
		}
		if got := list[len(list)-1].Stmt.(*ast.SelectStmt).Hints; got != want {
			t.Errorf("%s: got %q, want %q", sql, got, want)
		}
	}
}

// TestNamesStayNames checks I2: every key word that PostgreSQL lets be a name is
// one, and so are DriftDB's own words.
func TestNamesStayNames(t *testing.T) {
	words := []string{"system_time", "seq", "drift"}
	for _, k := range keyword.All {
		if k.Category <= keyword.ColName {
			words = append(words, k.Word)
		}
	}
	for _, w := range words {
		sql := "select t." + w + " as " + w + " from s." + w + " as " + w + " (" + w + ") where " + w + "." + w + " = 1"
		if _, err := Statements(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestKeywordClasses checks that the classes and the table have the same order.
func TestKeywordClasses(t *testing.T) {
	if n := int(kwZone - keywordBase); n != len(keyword.All)-1 {
		t.Fatalf("the last class is number %d of %d", n, len(keyword.All))
	}
	for c, w := range map[class]string{kwAbort: "abort", kwCurrentTimestamp: "current_timestamp", kwSelect: "select", kwZone: "zone"} {
		if lookupKeyword(w) != c || c.keyword().Word != w {
			t.Errorf("%s has another class", w)
		}
	}
}

// TestPatternsCompile compiles the patterns of all statements kept as text.
func TestPatternsCompile(t *testing.T) {
	compile := func(pattern string) {
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("%q: %v", pattern, r)
			}
		}()
		c := compiler{words: strings.Fields(pattern)}
		if c.choices(); c.at != len(c.words) {
			t.Errorf("%q: stopped at %q", pattern, c.peek())
		}
	}
	for _, forms := range []map[class]form{createForms, plainForms} {
		for _, f := range forms {
			compile(f.pattern)
		}
	}
	for _, f := range alterForms {
		compile(f)
	}
}

// TestConcurrent parses on several goroutines; run with -race.
func TestConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for _, sql := range dataStatements(t) {
				Statements(sql)
			}
		}()
	}
	wg.Wait()
}

// TestPointQueryAllocs keeps the short statement cheap.
func TestPointQueryAllocs(t *testing.T) {
	n := testing.AllocsPerRun(100, func() { Statements(benchQueries["point"]) })
	if n > 22 {
		t.Errorf("%v allocations", n)
	}
}
