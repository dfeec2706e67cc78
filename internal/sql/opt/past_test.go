package opt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Goal: reading the past through indexes gives what reading the whole table does.
// Method: rows are changed and indexes made, dropped and remade, a commit each;
// then every commit is read both ways. At least one plan must have used an index
// that no longer exists, or nothing was tested.
func TestPastThroughIndexes(t *testing.T) {
	d := open(t)
	d.must("CREATE TABLE t (id int PRIMARY KEY, a int, b int, s text) WITH (system_versioning = on)")
	steps := []string{
		"INSERT INTO t SELECT g, g % 10, g % 7, 'S' || g % 5 FROM generate_series(1, 300) g",
		"CREATE INDEX t_a ON t (a)",
		"UPDATE t SET a = a + 1 WHERE id % 3 = 0",
		"DELETE FROM t WHERE id % 5 = 0",
		"CREATE INDEX t_b ON t (b) WHERE a > 2",
		"CREATE INDEX t_s ON t (lower(s))",
		"UPDATE t SET b = b + 1, s = 'T' || b WHERE id % 4 = 0",
		"DROP INDEX t_a",
		"UPDATE t SET a = 3 WHERE id % 7 = 0",
		"CREATE INDEX t_a ON t (a DESC, b)",
		"ALTER TABLE t ADD COLUMN c int DEFAULT 4",
		"UPDATE t SET a = NULL WHERE id % 11 = 0",
		"DROP INDEX t_b",
		"DELETE FROM t WHERE a = 4",
		"DROP INDEX t_a",
	}
	var moments []string
	for _, sql := range steps {
		d.must(sql)
		moments = append(moments, d.must("SELECT drift.last_commit_seq()")...)
	}
	old := 0
	for _, at := range moments {
		for _, where := range []string{"a = 3", "a > 8", "b = 2 AND a > 2", "b = 2", "lower(s) = 's3'", "a IN (1, 4)", "a IS NULL"} {
			sql := fmt.Sprintf("SELECT id, a, b, s FROM t AS OF @SEQ:%s WHERE %s", at, where)
			want := d.must("SET enable_indexscan = off; SET enable_seqscan = on; " + sql)
			got := d.must("SET enable_indexscan = on; SET enable_seqscan = off; " + sql)
			if strings.Contains(d.must("EXPLAIN " + sql)[0], "using t_a") {
				old++
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %d rows, want %d\n%s", sql, len(got), len(want), strings.Join(d.must("EXPLAIN "+sql), "\n"))
			}
		}
	}
	if old == 0 {
		t.Error("no plan used the index of a past moment")
	}
}
