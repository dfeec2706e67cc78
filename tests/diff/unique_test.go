package diff

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/testkit/pgref"
)

var brokenKey = regexp.MustCompile(`unique constraint "([^"]+)"`)

// keyOf describes a unique index: the table, its keys and its predicate as SQL.
type keyOf struct {
	table, where string
	keys         []string
}

// uniqueOrder verifies what the rule "order of updated rows" takes for granted, so
// that it hides no check that is missing or should not be: where DriftDB updated and
// PostgreSQL did not, no two rows of DriftDB's table share a key now, found without
// an index; where PostgreSQL updated, some row took a key that another had before. It
// returns what is wrong.
func (r *runner) uniqueOrder(ref, got *outcome) string {
	failed := ref
	if got.code != "" {
		failed = got
	}
	m := brokenKey.FindStringSubmatch(failed.message)
	if m == nil {
		return "no constraint is named: " + failed.message
	}
	keys, err := r.uniqueKeys(m[1])
	if err != "" {
		return err
	}
	for _, k := range keys {
		if got.code == "" {
			if n := r.our.simple(k.duplicates()); n.code != "" || string(n.rows[0][0]) != "0" {
				return fmt.Sprintf("DriftDB's table %s has %v rows with the same key %v: %s", k.table, n.rows, k.keys, n.message)
			}
		}
	}
	if ref.code != "" || got.status == 'E' {
		return ""
	}
	// Of DriftDB's old rows and PostgreSQL's new ones some have the same key.
	old, now := r.our.simple(keys[0].list()), r.ref.simple(keys[0].list())
	seen := map[string]bool{}
	for _, row := range old.rows {
		seen[fmt.Sprintf("%q", row)] = true
	}
	for _, row := range now.rows {
		if seen[fmt.Sprintf("%q", row)] {
			return ""
		}
	}
	return fmt.Sprintf("no row took the key %v of another", keys[0].keys)
}

// uniqueKeys returns the unique indexes of a constraint's table, its own first, or
// an error.
func (r *runner) uniqueKeys(constraint string) ([]keyOf, string) {
	name := strings.ReplaceAll(constraint, "'", "''")
	o := r.our.simple(`SELECT c.relname, x.indrelid::regclass, coalesce(pg_get_expr(x.indpred, x.indrelid), 'true'),
		pg_get_indexdef(x.indexrelid, 1, true), pg_get_indexdef(x.indexrelid, 2, true), pg_get_indexdef(x.indexrelid, 3, true), x.indnkeyatts
		FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
		WHERE x.indisunique AND x.indrelid = (SELECT i.indrelid FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid
			WHERE k.relname = '` + name + `' AND k.relnamespace = '` + r.schema + `'::regnamespace)
		ORDER BY c.relname <> '` + name + `'`)
	if o.code != "" || len(o.rows) == 0 {
		return nil, fmt.Sprintf("no unique index %q: %s", constraint, o.message)
	}
	var list []keyOf
	for _, row := range o.rows {
		k := keyOf{table: string(row[1]), where: string(row[2])}
		for i := range min(3, int(row[6][0]-'0')) {
			k.keys = append(k.keys, string(row[3+i]))
		}
		list = append(list, k)
	}
	return list, ""
}

// list is a query for the keys without NULLs.
func (k *keyOf) list() string {
	var cols, conds []string
	for i, e := range k.keys {
		cols = append(cols, fmt.Sprintf("(%s) AS k%d", e, i))
		conds = append(conds, fmt.Sprintf("(%s) IS NOT NULL", e))
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE (%s) AND %s", strings.Join(cols, ", "), k.table, k.where, strings.Join(conds, " AND "))
}

// duplicates counts pairs of rows with the same key. The rows are numbered, so that
// nothing can be concluded from the index.
func (k *keyOf) duplicates() string {
	var conds []string
	for i := range k.keys {
		conds = append(conds, fmt.Sprintf("a.k%d = b.k%d", i, i))
	}
	return fmt.Sprintf("WITH r AS MATERIALIZED (SELECT *, row_number() OVER () AS n FROM (%s) t) SELECT count(*) FROM r a JOIN r b ON a.n < b.n AND %s",
		k.list(), strings.Join(conds, " AND "))
}

// TestUniqueOrder shows that uniqueOrder accepts an UPDATE that only the order of
// rows decides, and neither rows that share a key nor an error without a reason.
func TestUniqueOrder(t *testing.T) {
	r := newRunner(t, pgref.Server(t), "diff_unique", 1)
	r.fresh()
	for _, sql := range []string{
		"CREATE TABLE t (id int PRIMARY KEY, a int, b text)", "INSERT INTO t VALUES (2, 1, 'x'), (1, 1, 'x'), (7, NULL, 'x'), (8, NULL, 'x')",
	} {
		if ref, got := r.both(&statement{sql: sql}); ref.code+got.code != "" {
			t.Fatal(ref.message, got.message)
		}
	}
	update := &statement{kind: "update/plain", sql: "UPDATE t SET id = id + 1 WHERE id < 5"}
	ref, got := r.both(update)
	if ref.code != "" || got.code != "23505" {
		t.Fatalf("PostgreSQL %q, DriftDB %q: %s", ref.code, got.code, got.message)
	}
	if wrong := r.uniqueOrder(&ref, &got); wrong != "" {
		t.Errorf("the order of rows alone: %s", wrong)
	}
	r.ref.simple("UPDATE t SET id = id + 100")
	if wrong := r.uniqueOrder(&ref, &got); wrong == "" {
		t.Error("an error without a reason was not seen")
	}
	for keys, want := range map[string]string{"a": "1", "b": "6", "a, b": "1", "id": "0"} {
		k := keyOf{table: "t", where: "true", keys: strings.Split(keys, ", ")}
		if o := r.our.simple(k.duplicates()); o.code != "" || string(o.rows[0][0]) != want {
			t.Errorf("rows that share %s: %q %s", keys, o.rows, o.message)
		}
	}
}
