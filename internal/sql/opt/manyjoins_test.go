package opt_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Goal: planning stays fast for many joins. Method: a chain and a star of 64
// tables; the limit is far above the milliseconds it takes, so that only a
// planner that tries too much is caught.
func TestManyJoins(t *testing.T) {
	d := open(t)
	d.must("CREATE TABLE hub (id int PRIMARY KEY, x int); CREATE TABLE t (id int PRIMARY KEY, x int); CREATE INDEX t_x ON t (x)")
	chain, star := "t t0", "hub"
	for i := 1; i < 64; i++ {
		chain += fmt.Sprintf(" JOIN t t%d ON t%d.id = t%d.x", i, i, i-1)
		star += fmt.Sprintf(" JOIN t t%d ON t%d.x = hub.id", i, i)
	}
	for name, from := range map[string]string{"chain": chain, "star": star} {
		started := time.Now()
		lines := d.must("EXPLAIN (COSTS OFF) SELECT count(*) FROM " + from)
		took := time.Since(started)
		if scans := strings.Count(strings.Join(lines, "\n"), " on t "); scans != 63 && scans != 64 {
			t.Errorf("%s: %d scans", name, scans)
		}
		t.Logf("%s: %v", name, took)
		if took > 2*time.Second {
			t.Errorf("%s: planning took %v", name, took)
		}
	}
}

func BenchmarkPlanTenJoins(b *testing.B) {
	d := open(b)
	d.must("CREATE TABLE t (id int PRIMARY KEY, x int); CREATE INDEX t_x ON t (x)")
	sql := "EXPLAIN SELECT count(*) FROM t t0"
	for i := 1; i < 10; i++ {
		sql += fmt.Sprintf(" JOIN t t%d ON t%d.id = t%d.x", i, i, i-1)
	}
	for b.Loop() {
		d.must(sql)
	}
}
