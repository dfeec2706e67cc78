package exec_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/txn"
)

// TestRecheck lets a statement wait for a row that another transaction changes:
// READ COMMITTED goes on with the row as it is then, if it still qualifies.
func TestRecheck(t *testing.T) {
	for _, c := range []struct {
		name, first, second, want string
		affected                  int64
		path                      exec.Path
	}{
		{"still qualifies", "UPDATE t SET a = a + 10 WHERE id = 1", "UPDATE t SET a = a + 1 WHERE id = 1 AND a > 0", "1|21|x\n2|20|y", 1, exec.PathAuto},
		{"still qualifies", "UPDATE t SET a = a + 10 WHERE id = 1", "UPDATE t SET a = a + 1 WHERE id = 1 AND a > 0", "1|21|x\n2|20|y", 1, exec.PathBatch},
		{"no longer qualifies", "UPDATE t SET a = -5 WHERE id = 1", "UPDATE t SET a = a + 1 WHERE id = 1 AND a > 0", "1|-5|x\n2|20|y", 0, exec.PathAuto},
		{"no longer qualifies", "UPDATE t SET a = -5 WHERE id = 1", "UPDATE t SET a = a + 1 WHERE id = 1 AND a > 0", "1|-5|x\n2|20|y", 0, exec.PathBatch},
		{"deleted", "DELETE FROM t WHERE id = 1", "UPDATE t SET a = 0 WHERE id = 1", "2|20|y", 0, exec.PathAuto},
		{"delete after change", "UPDATE t SET b = 'z' WHERE id = 1", "DELETE FROM t WHERE id = 1 AND b = 'x'", "1|10|z\n2|20|y", 0, exec.PathAuto},
		{"delete after change", "UPDATE t SET b = 'z' WHERE id = 1", "DELETE FROM t WHERE a = 10", "2|20|y", 1, exec.PathBatch},
		{"join", "UPDATE t SET a = 50 WHERE id = 1", "UPDATE t SET b = s.v FROM s WHERE s.id = t.id AND t.a < 100", "1|50|one\n2|20|two", 2, exec.PathAuto},
	} {
		t.Run(fmt.Sprintf("%s/%d", c.name, c.path), func(t *testing.T) {
			w := newWorld(t)
			w.must("CREATE TABLE t (id int PRIMARY KEY, a int, b text)")
			w.must("CREATE TABLE s (id int PRIMARY KEY, v text)")
			w.must("INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y')")
			w.must("INSERT INTO s VALUES (1, 'one'), (2, 'two')")
			w.path = c.path
			first, err := w.compile(c.first)
			if err != nil {
				t.Fatal(err)
			}
			second, err := w.compile(c.second)
			if err != nil {
				t.Fatal(err)
			}
			one := w.m.Begin(txn.Options{})
			if a := w.runIn(one, first); a.err != nil {
				t.Fatal(a.text())
			}
			done := make(chan answer)
			go func() {
				two := w.m.Begin(txn.Options{})
				defer two.Rollback()
				a := w.runIn(two, second)
				if a.err == nil {
					_, _, a.err = two.Commit(context.Background())
				}
				done <- a
			}()
			time.Sleep(20 * time.Millisecond) // until it waits for the row; if it does not yet, the test is weaker, not wrong
			if _, _, err := one.Commit(context.Background()); err != nil {
				t.Fatal(err)
			}
			a := <-done
			if a.err != nil || a.n != c.affected {
				t.Fatalf("second statement: %s, want %d rows", a.text(), c.affected)
			}
			if got := w.must("SELECT * FROM t ORDER BY id").text(); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// TestMemoryLimit runs operators that keep rows under a limit they exceed, and
// checks that nothing stays accounted afterwards.
func TestMemoryLimit(t *testing.T) {
	w := newWorld(t)
	for _, sql := range []string{
		"SELECT g FROM generate_series(1, 200000) g ORDER BY g DESC",
		"SELECT g, count(*) FROM generate_series(1, 200000) g GROUP BY g",
		"SELECT count(*) FROM generate_series(1, 200000) a JOIN generate_series(1, 200000) b ON a = b",
		"SELECT DISTINCT g FROM generate_series(1, 200000) g",
		"SELECT array_agg(g) FROM generate_series(1, 200000) g",
		"SELECT sum(g) OVER (ORDER BY g) FROM generate_series(1, 200000) g",
	} {
		w.mem = 1 << 20
		if a := w.exec(sql); pgerr.CodeOf(a.err) != pgcode.OutOfMemory {
			t.Errorf("%s: %s, want 53200", sql, a.text()[:min(len(a.text()), 100)])
		}
		w.mem = 256 << 20
		if a := w.exec(sql); a.err != nil {
			t.Errorf("%s: %s", sql, a.text())
		}
	}
}

// TestCancel stops statements that would run for very long.
func TestCancel(t *testing.T) {
	w := newWorld(t)
	for _, sql := range []string{
		"SELECT count(*) FROM generate_series(1, 10000000000::bigint)",
		"SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
		"SELECT count(*) FROM generate_series(1, 100000) a JOIN generate_series(1, 100000) b ON a < b",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
		"SELECT (SELECT count(*) FROM generate_series(1, 10000000) g WHERE g <> x) FROM generate_series(1, 10000) x",
	} {
		p, err := w.compile(sql)
		if err != nil {
			t.Fatal(sql, err)
		}
		cause := pgerr.New(pgcode.QueryCanceled, "canceling statement due to statement timeout")
		ctx, cancel := context.WithTimeoutCause(context.Background(), 20*time.Millisecond, cause)
		c, err := p.Run(exec.Env{Ctx: ctx, B: w.context(ctx), MemLimit: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = c.NextRow()
		if took := time.Since(start); took > 3*time.Second || !errors.Is(err, error(cause)) {
			t.Errorf("%s: after %v: %v", sql, took, err)
		}
		c.Close()
		cancel()
	}
}

// TestSharedProgram runs one program from several goroutines with different
// parameters.
func TestSharedProgram(t *testing.T) {
	w := newWorld(t)
	w.must("CREATE TABLE t (id int PRIMARY KEY, a int)")
	w.must("INSERT INTO t SELECT g, g * 2 FROM generate_series(1, 2000) g")
	for _, sql := range []string{
		"SELECT a FROM t WHERE id = $1::int",
		"SELECT sum(a) FROM t WHERE id <= $1::int AND CASE id % 3 WHEN 0 THEN true ELSE id > 0 END",
		"SELECT (SELECT max(x.a) FROM t x WHERE x.id < t.id) FROM t WHERE id = $1::int",
	} {
		p, err := w.compile(sql)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int]string{}
		for i := 1; i < 50; i++ {
			want[i] = w.must(sql, datum.NewInt(int64(i))).text()
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Add(1)
			go func() {
				defer wait.Done()
				tx := w.m.Begin(txn.Options{})
				defer tx.Rollback()
				for i := 1; i < 50; i++ {
					if got := w.runIn(tx, p, datum.NewInt(int64(i))).text(); got != want[i] {
						t.Errorf("%s with %d: %s, want %s", sql, i, got, want[i])
						return
					}
				}
			}()
		}
		wait.Wait()
	}
}

// TestParallel compares an aggregation over parts of a table with the same one in
// one piece.
func TestParallel(t *testing.T) {
	w := newWorld(t)
	w.must("CREATE TABLE t (id int PRIMARY KEY, a int, n numeric, s text)")
	for i := range 4 {
		w.must(fmt.Sprintf("INSERT INTO t SELECT g, g %% 97, g / 7.0, repeat('filler ' || g %% 5, 10) FROM generate_series(%d, %d) g", i*30000+1, (i+1)*30000))
	}
	if err := w.db.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.part = 1
	for _, sql := range []string{
		"SELECT count(*), sum(a), avg(a), min(n), max(s), sum(n) FROM t WHERE a % 5 <> 2",
		"SELECT a, count(*), sum(n), min(s) FROM t GROUP BY a ORDER BY a",
		"SELECT count(*) FROM t WHERE a > 1000",
	} {
		w.work = 1
		want := w.must(sql).text()
		w.work = 4
		if got := w.must(sql).text(); got != want {
			t.Errorf("%s\nin parts:\n%s\nin one:\n%s", sql, got, want)
		}
	}
	w.work = 4
	if a := w.exec("SELECT sum(1 / (a - 50)) FROM t"); pgerr.CodeOf(a.err) != pgcode.DivisionByZero {
		t.Errorf("error in a part: %s", a.text())
	}
}

// TestSuspend reads a result in pieces, as a portal does.
func TestSuspend(t *testing.T) {
	w := newWorld(t)
	p, err := w.compile("SELECT g FROM generate_series(1, 3000) g")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	c, err := p.Run(exec.Env{Ctx: ctx, B: w.context(ctx)})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 3000; i++ {
		row, err := c.NextRow()
		if err != nil || row == nil || row[0].Int() != int64(i) {
			t.Fatal(i, row, err)
		}
		if c.RowsAffected() != int64(i) {
			t.Fatalf("%d rows after %d", c.RowsAffected(), i)
		}
	}
	if row, err := c.NextRow(); row != nil || err != nil {
		t.Fatal(row, err)
	}
	c.Close()
	c.Close()
}
