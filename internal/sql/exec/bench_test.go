package exec_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/txn"
)

// bigTable makes t (id int primary key, a int, b int, f float8, n numeric) with rows rows.
func bigTable(b testing.TB, rows int) *world {
	w := newWorld(b)
	w.must("CREATE TABLE t (id int PRIMARY KEY, a int, b int, f float8, n numeric(10,2), s text)")
	for at := 0; at < rows; at += 50000 {
		w.must(fmt.Sprintf("INSERT INTO t SELECT g, g %% 977, g %% 1000, g * 0.5, (g %% 10000) / 100.0, 'row ' || g %% 100 FROM generate_series(%d, %d) g", at+1, min(at+50000, rows)))
	}
	w.rows[w.find("t").OID] = float64(rows)
	return w
}

func benchQuery(b *testing.B, w *world, sql string) {
	p, err := w.compile(sql)
	if err != nil {
		b.Fatal(err)
	}
	tx := w.m.Begin(txn.Options{})
	defer tx.Rollback()
	b.ResetTimer()
	for range b.N {
		if a := w.runIn(tx, p); a.err != nil {
			b.Fatal(a.text())
		}
	}
}

// BenchmarkScan runs queries over a million rows.
func BenchmarkScan(b *testing.B) {
	w := bigTable(b, 1_000_000)
	for _, workers := range []int{1, 2} {
		w.work = workers
		for name, sql := range map[string]string{
			"sum":       "SELECT sum(a) FROM t WHERE b < 500",
			"count":     "SELECT count(*) FROM t",
			"avgfloat":  "SELECT avg(f) FROM t WHERE f > 1000",
			"numeric":   "SELECT sum(n), avg(n), max(n) FROM t",
			"group":     "SELECT a, count(*), sum(b) FROM t GROUP BY a",
			"grouptext": "SELECT s, count(*), sum(n * 2) FROM t GROUP BY s",
			"expr":      "SELECT sum(a * 2 + b) FROM t WHERE b % 3 = 1 AND a > 5",
			"top":       "SELECT id FROM t ORDER BY f DESC LIMIT 10",
			"join":      "SELECT count(*) FROM t x JOIN t y ON x.id = y.a",
		} {
			b.Run(fmt.Sprintf("%s-%d", name, workers), func(b *testing.B) { benchQuery(b, w, sql) })
		}
	}
}

// BenchmarkPoint runs statements about one row, on both paths.
func BenchmarkPoint(b *testing.B) {
	w := bigTable(b, 100_000)
	for name, sql := range map[string]string{
		"select":   "SELECT a, s FROM t WHERE id = $1::int",
		"conjunct": "SELECT a + 1, upper(s) FROM t WHERE id = $1::int AND a >= 0 AND s IS NOT NULL",
		"update":   "UPDATE t SET a = a + 1 WHERE id = $1::int",
		"insert":   "INSERT INTO t VALUES ($1::int + 10000000, 1, 2, 3, 4, 'x')",
		"join":     "SELECT x.a, y.a FROM t x JOIN t y ON y.id = x.b + 1 WHERE x.id = $1::int",
	} {
		p, err := w.compile(sql)
		if err != nil {
			b.Fatal(err)
		}
		for _, path := range []exec.Path{exec.PathAuto, exec.PathBatch} {
			b.Run(fmt.Sprintf("%s-%d", name, path), func(b *testing.B) {
				b.ReportAllocs()
				ctx := context.Background()
				tx := w.m.Begin(txn.Options{})
				defer func() { tx.Rollback() }()
				bc := w.context(ctx)
				params := make([]datum.Datum, 1)
				for i := range b.N {
					if name == "update" && i%1000 == 999 {
						tx.Rollback()
						tx = w.m.Begin(txn.Options{})
					}
					st, _ := tx.Statement(ctx)
					params[0] = datum.NewInt(int64(i%100_000) + 1)
					if name == "insert" {
						params[0] = datum.NewInt(int64(i) + 1)
					}
					c, err := p.Run(exec.Env{Ctx: ctx, B: bc, Params: params, Stmt: st, Tables: w.set, Path: path})
					if err != nil {
						b.Fatal(err)
					}
					for {
						row, err := c.NextRow()
						if err != nil {
							b.Fatal(err)
						}
						if row == nil {
							break
						}
					}
					c.Close()
					st.Close()
				}
			})
		}
	}
}
