package exec_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/store"
)

// spillArea gives a world a place to spill to and returns it with its files.
func spillArea(t testing.TB, w *world) (*spill.Area, store.FS) {
	fs := store.MemFS()
	a, err := spill.NewArea(fs, "db", 0)
	if err != nil {
		t.Fatal(err)
	}
	w.temp = a.Session(7)
	return a, fs
}

// gone fails when a temporary file is left.
func gone(t *testing.T, a *spill.Area, fs store.FS, after string) {
	t.Helper()
	names, err := fs.List("db/tmp")
	if len(names) > 0 || a.Bytes() != 0 {
		t.Fatalf("after %s: %d bytes of temporary files, %v (%v)", after, a.Bytes(), names, err)
	}
}

// loadSpill makes tables of every layout with NULLs and skew.
func loadSpill(w *world, rng *rand.Rand) {
	w.must("CREATE TABLE s0 (id int PRIMARY KEY, a int, b bigint, f float8, n numeric, s text, u text, i interval)")
	w.must("CREATE TABLE s1 (id int PRIMARY KEY, a int, b bigint, f float8, n numeric, s text, u text, i interval)")
	for i, n := range []int{5000, 2000} {
		// v is a number below max, often 3 and sometimes NULL.
		v := func(max int) string {
			a, b := 2*rng.IntN(max)+1, rng.IntN(max)
			return fmt.Sprintf("CASE WHEN g %% %d = 0 THEN NULL WHEN g %% %d = 1 THEN 3 ELSE (g::bigint * %d + %d) %% %d END", 10+rng.IntN(8), 3+rng.IntN(3), a, b, max)
		}
		w.must(fmt.Sprintf("INSERT INTO s%d SELECT g, %s, (%s) * 1000000000::bigint, (%s) + 0.25, (%s) / 2.0, 'text ' || (%s), repeat('long ', (%s)::int), make_interval(hours => (%s)::int) FROM generate_series(1, %d) g",
			i, v(3000), v(700), v(900), v(5000), v(4000), v(60), v(300), n))
	}
	w.rows[w.find("s0").OID], w.rows[w.find("s1").OID] = 5000, 2000
}

// TestSpillEqual runs queries with hardly any memory for each operator and
// compares the answers with those given in memory. Queries marked = have one
// order of rows only, or keep the order they have in memory.
func TestSpillEqual(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newWorld(t)
	loadSpill(w, rand.New(rand.NewPCG(seed, 1)))
	area, fs := spillArea(t, w)
	w.path = exec.PathBatch
	kept := 0
	for _, sql := range spillQueries {
		exact := strings.HasPrefix(sql, "=")
		sql = strings.TrimPrefix(sql, "=")
		w.workMem, w.hashMem, w.work = 0, 0, 1
		want := w.must(sql).rows
		for _, mem := range []int64{64 << 10, 160 << 10} {
			files := area.Files()
			w.workMem, w.hashMem, w.work = mem, 2*mem, 1+int(rng2(seed, mem))
			got := w.must(sql).rows
			if area.Files() == files && mem == 64<<10 {
				kept++ // the tables have too few different values for it
			}
			gone(t, area, fs, sql)
			if !exact {
				slices.Sort(want)
				slices.Sort(got)
			}
			if !slices.Equal(got, want) {
				t.Errorf("seed %d, %s with %d bytes: %d rows, want %d%s", seed, sql, mem, len(got), len(want), firstDifference(got, want))
			}
		}
	}
	if kept > len(spillQueries)/4 {
		t.Errorf("%d of %d queries spilled nothing", kept, len(spillQueries))
	}
}

func rng2(seed uint64, mem int64) uint64 { return (seed ^ uint64(mem>>14)) & 1 }

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("\nrow %d:\n%s\nwant:\n%s", i, got[i], want[i])
		}
	}
	return ""
}

var spillQueries = []string{
	"=SELECT * FROM s0 ORDER BY a, id",
	"=SELECT * FROM s0 ORDER BY f DESC NULLS FIRST, s, id DESC",
	"=SELECT * FROM s0 ORDER BY s DESC, n",
	"=SELECT u, n FROM s0 ORDER BY n DESC NULLS LAST",
	"=SELECT * FROM s0 ORDER BY i, b NULLS FIRST",
	"=SELECT * FROM s0 ORDER BY u LIMIT 4000",
	"=SELECT * FROM s0 ORDER BY a, s LIMIT 1700 OFFSET 900",
	"=SELECT * FROM s0 ORDER BY s, id LIMIT 10",
	"=SELECT DISTINCT ON (s) * FROM s0 ORDER BY s, id",
	"SELECT DISTINCT s, u FROM s0",
	"SELECT DISTINCT n, i FROM s0",
	"SELECT DISTINCT ON (id % 5500) id % 5500 FROM s0",
	"SELECT s, count(*), sum(b), min(u), max(i), avg(f) FROM s0 GROUP BY s",
	"SELECT a, n, count(*) FILTER (WHERE f > 100), sum(f) FROM s0 GROUP BY a, n HAVING count(*) < 3",
	"SELECT a % 1500, count(DISTINCT s), sum(DISTINCT b), count(DISTINCT u) FROM s0 GROUP BY 1",
	"SELECT count(DISTINCT s), count(DISTINCT n), min(DISTINCT u) FROM s0",
	"SELECT string_agg(s, ',' ORDER BY s, id), array_agg(DISTINCT a), sum(DISTINCT f) FROM s0",
	"SELECT a % 7, string_agg(s, ',' ORDER BY n DESC, id), array_agg(DISTINCT b) FROM s0 GROUP BY 1",
	"SELECT a, s, count(*), sum(b), grouping(a, s) FROM s0 GROUP BY GROUPING SETS ((a), (s, id), (s), ())",
	"SELECT a, b, count(*) FILTER (WHERE b > 5) FROM s0 GROUP BY CUBE (a, b)",
	"SELECT id, a, s, count(*) FROM s0 GROUP BY id",
	"SELECT x.id, y.id, x.u FROM s0 x JOIN s0 y ON x.s = y.s AND abs(x.id - y.id) < 50",
	"SELECT x.id, y.id FROM s0 x JOIN s1 y ON x.a = y.a AND x.u > y.u AND abs(x.id - y.id) < 50",
	"SELECT x.*, y.* FROM s0 x LEFT JOIN s1 y ON x.s = y.s AND y.f > 200 AND abs(x.id - y.id) < 50",
	"SELECT x.id, y.* FROM s1 x RIGHT JOIN s0 y ON x.n = y.n AND x.f > 300 AND abs(x.id - y.id) < 50",
	"SELECT x.id, y.s, y.u FROM s0 x FULL JOIN (SELECT *, id % 40 AS m FROM s1) y ON x.s = y.s AND x.id % 40 = y.m",
	"SELECT x.id, y.s, y.u FROM s1 x FULL JOIN s0 y ON x.a = y.a AND x.b = y.b",
	"SELECT * FROM s0 x WHERE EXISTS (SELECT 1 FROM s0 y WHERE y.s = x.s AND y.id <> x.id)",
	"SELECT * FROM s0 x WHERE NOT EXISTS (SELECT 1 FROM s0 y WHERE y.s = x.s AND y.id > x.id)",
	"SELECT id FROM s0 WHERE s IN (SELECT s FROM s1 WHERE id % 3 > 0)",
	"SELECT x.id, y.id FROM s0 x JOIN s1 y ON x.id % 2 = y.id % 2 AND x.id = y.id",
	"SELECT count(*), sum(y.id) FROM s0 x JOIN s0 y ON x.id - x.id = y.id - y.id WHERE x.id < 40",
	"SELECT x.id, count(y.id) FROM s1 x LEFT JOIN s0 y ON x.id / 100000 = y.id / 100000 AND y.id = x.id + 5 WHERE x.id < 200 GROUP BY x.id",
	"SELECT x.id, y.id FROM (SELECT * FROM s1 WHERE id < 100) x FULL JOIN (SELECT *, 0 AS z FROM s0) y ON x.id * 0 = y.z",
	"SELECT id FROM s1 x WHERE NOT EXISTS (SELECT 1 FROM s0 y WHERE y.id * 0 = x.id * 0 AND y.id = x.id + 3000 AND y.u > '')",
	"=SELECT x.id, y.u FROM s0 x JOIN s1 y ON x.a = y.id ORDER BY x.id",
	"=SELECT x.id FROM s0 x WHERE EXISTS (SELECT 1 FROM s1 y WHERE x.s = y.s AND x.id <> y.id) ORDER BY x.id",
	"SELECT x.id, y.id FROM s0 x JOIN s1 y ON x.id + y.id = 2000",
	"SELECT x.id, (SELECT count(*) FROM (SELECT DISTINCT y.s, y.id FROM s0 y WHERE y.id > x.id) z) FROM s1 x WHERE x.id < 4",
	"SELECT x.id, l.n FROM s1 x, LATERAL (SELECT count(*) AS n FROM s0 y JOIN s0 z ON y.id = z.id AND y.id > x.id) l WHERE x.id < 3",
	"=SELECT x.id, (SELECT string_agg(y.s, '' ORDER BY y.s, y.id) FROM s0 y WHERE y.id > x.id) FROM s1 x WHERE x.id < 3",
	"SELECT x.id, (SELECT count(*) FROM (SELECT s, id FROM s0 WHERE id > x.id EXCEPT SELECT s, id FROM s1) z) FROM s1 x WHERE x.id < 4",
	"WITH c AS MATERIALIZED (SELECT * FROM s0) SELECT x.id, y.u FROM c x JOIN c y ON x.id = y.id + 1",
	"=WITH c AS MATERIALIZED (SELECT * FROM s0) SELECT * FROM c UNION ALL SELECT * FROM c",
	"=WITH RECURSIVE r(n, s) AS (SELECT id, u FROM s0 WHERE id < 3000 UNION ALL SELECT n + 3000, s FROM r WHERE n < 9000) SELECT n, s FROM r",
	"=SELECT id, row_number() OVER w, rank() OVER w, lag(u) OVER w, sum(b) OVER w FROM s0 WINDOW w AS (ORDER BY a, id)",
	"=SELECT id, s, count(*) OVER w, first_value(u) OVER w, last_value(i) OVER w, ntile(7) OVER w FROM s0 WINDOW w AS (PARTITION BY s ORDER BY n, id)",
	"=SELECT id, sum(b) OVER w, max(s) OVER w, nth_value(u, 2) OVER w FROM s0 WINDOW w AS (PARTITION BY id % 2 ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW)",
	"=SELECT id, u, count(*) FILTER (WHERE f > 100) OVER w, cume_dist() OVER w FROM s0 WINDOW w AS (ORDER BY id % 900 RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)",
	"SELECT s, u FROM s0 INTERSECT SELECT s, u FROM s1",
	"SELECT s, n FROM s0 INTERSECT ALL SELECT s, n FROM s1",
	"SELECT a, b FROM s0 EXCEPT SELECT a, b FROM s1",
	"SELECT s, u FROM s0 EXCEPT ALL SELECT s, u FROM s1",
	"SELECT id, f, i FROM s0 UNION SELECT id, f, i FROM s1",
}
