package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/opt"
)

// queries makes random SELECTs over tables r0..r2 (id, a, b, s), which hold few
// different values and NULLs, so that joins and groups meet.
type queries struct{ rng *rand.Rand }

func (q *queries) pick(list ...string) string { return list[q.rng.IntN(len(list))] }
func (q *queries) chance(n int) bool          { return q.rng.IntN(n) == 0 }

func (q *queries) column(tables []string) string {
	return q.pick(tables...) + "." + q.pick("id", "a", "b", "s")
}

func (q *queries) number(tables []string) string {
	return q.pick(tables...) + "." + q.pick("id", "a", "b")
}

func (q *queries) condition(tables []string, depth int) string {
	switch q.rng.IntN(12) {
	case 0, 1:
		return fmt.Sprintf("%s %s %d", q.number(tables), q.pick("=", "<", ">", "<=", ">=", "<>"), q.rng.IntN(8))
	case 2, 3:
		return fmt.Sprintf("%s %s %s", q.number(tables), q.pick("=", "=", "<", ">="), q.number(tables))
	case 4:
		return fmt.Sprintf("%s IS %sNULL", q.column(tables), q.pick("", "NOT "))
	case 5:
		return fmt.Sprintf("%s %sIN (%d, %d)", q.number(tables), q.pick("", "NOT "), q.rng.IntN(8), q.rng.IntN(8))
	case 6:
		return fmt.Sprintf("%s.s %s '%s'", q.pick(tables...), q.pick("=", "<", ">"), q.pick("x", "y", "z"))
	case 7:
		if depth > 0 {
			return fmt.Sprintf("(%s %s %s)", q.condition(tables, depth-1), q.pick("AND", "OR"), q.condition(tables, depth-1))
		}
	case 8:
		if depth > 0 {
			return fmt.Sprintf("NOT (%s)", q.condition(tables, depth-1))
		}
	case 9:
		if depth > 0 {
			return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s WHERE %s)", q.pick("", "NOT "), "r1 AS q", q.condition(append(slices.Clone(tables), "q"), depth-1))
		}
	case 10:
		if depth > 0 {
			return fmt.Sprintf("%s %sIN (SELECT %s FROM r2 AS p WHERE %s)", q.number(tables), q.pick("", "NOT "), q.number([]string{"p"}), q.condition([]string{"p"}, depth-1))
		}
	case 11:
		if depth > 0 {
			return fmt.Sprintf("%s %s (SELECT %s(w.a) FROM r0 AS w WHERE w.b = %s)", q.number(tables), q.pick("=", "<", ">"), q.pick("min", "max", "sum", "count"), q.number(tables))
		}
	}
	return fmt.Sprintf("%s = %d", q.number(tables), q.rng.IntN(8))
}

// query makes a query whose rows the test compares as a set, or in order when it
// has an ORDER BY over all columns.
func (q *queries) query() string {
	tables := []string{"t0"}
	from := q.pick("r0", "r1", "r2") + " t0"
	for i := range q.rng.IntN(4) {
		t := fmt.Sprintf("t%d", i+1)
		kind := q.pick("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
		from += fmt.Sprintf(" %s %s %s", kind, q.pick("r0", "r1", "r2"), t)
		if kind == "FULL JOIN" {
			from += fmt.Sprintf(" ON %s = %s.%s", q.number(tables), t, q.pick("id", "a", "b"))
		} else if kind != "CROSS JOIN" {
			both := append(slices.Clone(tables), t)
			from += fmt.Sprintf(" ON %s = %s.%s", q.number(tables), t, q.pick("id", "a", "b"))
			if q.chance(2) {
				from += " AND " + q.condition(both, 1)
			}
		}
		tables = append(tables, t)
	}
	where := ""
	if !q.chance(3) {
		where = " WHERE " + q.condition(tables, 2)
		if q.chance(2) {
			where += " AND " + q.condition(tables, 1)
		}
	}
	if q.chance(3) {
		key, key2 := q.column(tables), q.column(tables)
		having := ""
		if q.chance(3) {
			having = " HAVING count(*) > 1"
		}
		return fmt.Sprintf("SELECT %s, count(*), sum(%s), min(%s), max(%s), count(DISTINCT %s), avg(%s) FROM %s%s GROUP BY %s, %s%s",
			key, q.number(tables), q.column(tables), q.column(tables), q.column(tables), q.number(tables), from, where, key, key2, having)
	}
	cols := q.column(tables) + " AS c1, " + q.column(tables) + " AS c2, coalesce(" + q.number(tables) + ", -1) AS c3"
	sel := "SELECT " + q.pick("", "", "DISTINCT ") + cols + " FROM " + from + where
	switch q.rng.IntN(6) {
	case 0:
		return sel + " ORDER BY c1, c2 DESC, c3 NULLS FIRST LIMIT " + fmt.Sprint(1+q.rng.IntN(9))
	case 1:
		set := q.pick("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL")
		return fmt.Sprintf("SELECT %s FROM %s%s %s SELECT a FROM r1", q.number(tables), from, where, set)
	case 2:
		return fmt.Sprintf("SELECT %s, %s(%s) OVER (PARTITION BY %s ORDER BY %s, %s) FROM %s%s", q.column(tables),
			q.pick("sum", "count", "min", "max"), q.number(tables), q.number(tables), q.number(tables), q.column(tables), from, where)
	}
	return sel
}

// load fills the tables, in PostgreSQL too when conn is not nil.
func loadRandom(t *testing.T, w *world, conn *pgconn.PgConn, rng *rand.Rand) {
	run := func(sql string) {
		w.must(sql)
		if conn != nil {
			if _, err := conn.Exec(context.Background(), sql).ReadAll(); err != nil {
				t.Fatal(sql, err)
			}
		}
	}
	run("CREATE TABLE r0 (id int PRIMARY KEY, a int, b bigint, s text)")
	run("CREATE TABLE r1 (id int, a int, b bigint, s text)")
	run("CREATE TABLE r2 (id int PRIMARY KEY, a int UNIQUE, b bigint, s text)")
	run("CREATE INDEX r1_a ON r1 (a, b DESC)")
	for i := range 3 {
		for id := range 12 {
			v := func() string {
				if rng.IntN(5) == 0 {
					return "NULL"
				}
				return fmt.Sprint(rng.IntN(8))
			}
			a := v()
			if i == 2 && a != "NULL" {
				a = fmt.Sprint(id)
			}
			run(fmt.Sprintf("INSERT INTO r%d VALUES (%d, %s, %s, '%s')", i, id, a, v(), string("xyz"[rng.IntN(3)])))
		}
	}
}

// TestRandomQueries compares PostgreSQL's answers, when there is a server, with
// those of several plans of ours; without one it compares the plans.
func TestRandomQueries(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	ctx := context.Background()
	addr := *server
	if env := os.Getenv("DRIFTDB_POSTGRES"); env != "" {
		addr = env
	}
	conn, err := pgconn.Connect(ctx, addr)
	if err != nil {
		t.Log("no PostgreSQL to compare with:", err)
		conn = nil
	} else {
		defer conn.Close(ctx)
		schema := "exec_random"
		if _, err := conn.Exec(ctx, "set client_min_messages=error; drop schema if exists "+schema+" cascade; create schema "+schema+"; set search_path="+schema).ReadAll(); err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = conn.Exec(ctx, "drop schema "+schema+" cascade").ReadAll() }()
	}
	w := newWorld(t)
	loadRandom(t, w, conn, rng)
	q := &queries{rng}
	succeeded := 0
	for n := range 120 {
		sql := q.query()
		ordered := strings.Contains(sql, "ORDER BY c1")
		variants := map[string]string{}
		for name, set := range map[string]func(){
			"auto":  func() { w.path, w.opts = exec.PathAuto, opt.Settings{} },
			"loops": func() { w.path, w.opts = exec.PathBatch, opt.Settings{NoHashJoin: true, NoIndexScan: true} },
			"index": func() { w.path, w.opts = exec.PathBatch, opt.Settings{NoSeqScan: true} },
		} {
			set()
			a := w.exec(sql)
			if !ordered {
				slices.Sort(a.rows)
			}
			variants[name] = a.text()
			if a.err == nil {
				succeeded++
			}
		}
		if conn != nil {
			variants["PostgreSQL"] = ask(ctx, conn, &scriptCase{sql: sql, sorted: !ordered})
		}
		for name, got := range variants {
			if got != variants["auto"] {
				t.Fatalf("seed %d, query %d: %s\nauto:\n%s\n%s:\n%s", seed, n, sql, variants["auto"], name, got)
			}
		}
	}
	if succeeded < 250 {
		t.Errorf("only %d executions succeeded", succeeded)
	}
}
