package exec_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/explain"
	"github.com/driftdb/driftdb/internal/txn"
)

func explainWorld(t *testing.T) *world {
	w := newWorld(t)
	w.must("CREATE TABLE t (id int PRIMARY KEY, a int, b text)")
	w.must("CREATE TABLE u (id int PRIMARY KEY, tid int)")
	w.must("CREATE INDEX u_tid ON u (tid)")
	w.must("INSERT INTO t SELECT g, g % 3, 'x' FROM generate_series(1, 10) g")
	w.must("INSERT INTO u SELECT g, g % 10 FROM generate_series(1, 100) g")
	w.rows[w.find("t").OID], w.rows[w.find("u").OID] = 10, 1e6
	return w
}

// TestExplain compares plans printed without costs; the forms of the lines are
// PostgreSQL's.
func TestExplain(t *testing.T) {
	w := explainWorld(t)
	for _, c := range []struct{ sql, want string }{
		{"SELECT a + 1 FROM t WHERE a > 1 AND b = 'x'", `
Seq Scan on t
  Filter: ((a > 1) AND (b = 'x'::text))`},
		{"SELECT * FROM t WHERE id = 5", `
Index Scan using t_pkey on t
  Index Cond: (id = 5)`},
		{"SELECT * FROM t x ORDER BY id DESC LIMIT 3", `
Limit
  ->  Index Scan Backward using t_pkey on t x`},
		{"SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 2 ORDER BY a", `
Sort
  Sort Key: a
  ->  HashAggregate
        Group Key: a
        Filter: (count(*) > 2)
        ->  Seq Scan on t`},
		{"SELECT count(*) FROM t JOIN u ON u.tid = t.id WHERE t.a = 1", `
Aggregate
  ->  Nested Loop
        ->  Seq Scan on t
              Filter: (t.a = 1)
        ->  Index Only Scan using u_tid on u
              Index Cond: (u.tid = t.id)`},
		{"SELECT count(*) FROM u a LEFT JOIN u b ON a.id = b.tid", `
Aggregate
  ->  Hash Left Join
        Hash Cond: (a.id = b.tid)
        ->  Seq Scan on u a
        ->  Hash
              ->  Seq Scan on u b`},
		{"SELECT * FROM t WHERE a IN (SELECT tid FROM u) AND id < (SELECT max(id) FROM u)", `
Hash Semi Join
  Hash Cond: (t.a = u.tid)
  ->  Index Scan using t_pkey on t
        Index Cond: (t.id < $0)
        InitPlan 1 (returns $0)
          ->  Aggregate
                ->  Limit
                      ->  Index Scan Backward using u_pkey on u
  ->  Hash
        ->  Seq Scan on u`},
		{"SELECT * FROM t WHERE a NOT IN (SELECT tid FROM u)", `
Seq Scan on t
  Filter: (NOT (hashed SubPlan 1))
  SubPlan 1
    ->  Seq Scan on u`},
		{"DELETE FROM t WHERE id = 3", `
Delete on t
  ->  Index Scan using t_pkey on t
        Index Cond: (id = 3)`},
	} {
		p, err := w.compile(c.sql)
		if err != nil {
			t.Fatal(c.sql, err)
		}
		got := strings.Join(explain.Plan(p.Plan(), explain.Options{}, nil), "\n")
		if got != strings.TrimPrefix(c.want, "\n") {
			t.Errorf("%s\ngot:\n%s\nwant:%s", c.sql, got, c.want)
		}
	}
}

// TestExplainAnalyze checks that what is measured is what happened.
func TestExplainAnalyze(t *testing.T) {
	w := explainWorld(t)
	p, err := w.compile("SELECT count(*) FROM t JOIN u ON u.tid = t.id WHERE t.a = 1")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	tx := w.m.Begin(txn.Options{})
	defer tx.Rollback()
	st, err := tx.Statement(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	c, err := p.Run(exec.Env{Ctx: ctx, B: w.context(ctx), Stmt: st, Tables: w.set, Analyze: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for row, err := c.NextRow(); row != nil || err != nil; row, err = c.NextRow() {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(explain.Plan(p.Plan(), explain.Options{Analyze: true}, exec.Measured(c)), "\n")
	want := `Aggregate (actual rows=1 loops=1)
  ->  Nested Loop (actual rows=30 loops=1)
        ->  Seq Scan on t (actual rows=4 loops=1)
              Filter: (t.a = 1)
              Rows Removed by Filter: 6
        ->  Index Only Scan using u_tid on u (actual rows=8 loops=4)
              Index Cond: (u.tid = t.id)`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	js := explain.Plan(p.Plan(), explain.Options{Analyze: true, Costs: true, Timing: true, Format: explain.JSON}, exec.Measured(c))[0]
	if !regexp.MustCompile(`"Node Type": "Nested Loop",\s+"Parent Relationship": "Outer"`).MatchString(js) {
		t.Errorf("JSON:\n%s", js)
	}
}
