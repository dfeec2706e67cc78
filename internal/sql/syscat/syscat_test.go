package syscat

import (
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/store"
)

// env is an Env over the catalog of a new database.
func env(t *testing.T) *Env {
	t.Helper()
	db, err := store.Open(t.TempDir(), store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	view := db.View()
	defer view.Release()
	snapshot, _, err := catalog.NewHistory(db).At(view.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Env{
		Catalog: snapshot, DB: db, Settings: config.NewSession(config.NewDefaults()), Formats: pgfmt.Default(),
		Stats:         func(uint32) (float64, int32) { return -1, 0 },
		Print:         func(text string, _ *catalog.Table, _ bool) string { return text },
		PrintView:     func(v *catalog.View, _ bool) string { return v.Query },
		SequenceState: func(q *catalog.Sequence) (int64, bool) { return q.Start, false },
		Activity:      func() []Activity { return []Activity{{PID: 1, User: "driftdb", State: "idle"}} },
		Locks:         func() []Lock { return []Lock{{Kind: "tuple", Relation: 1, Holder: "1/1", Mode: "ExclusiveLock"}} },
		Prepared:      func() []Prepared { return []Prepared{{Name: "p", Statement: "SELECT 1"}} },
		Cursors:       func() []Cursor { return []Cursor{{Name: "c"}} },
		Transactions:  func() (int64, int64) { return 1, 0 },
		Plans: func() ([]CachedPlan, PlanCacheTotals) {
			return []CachedPlan{{Statement: "SELECT 1"}}, PlanCacheTotals{Hits: 1}
		},
		Visible: func(uint32) bool { return true },
		User:    catalog.RoleBootstrap, Superuser: true,
	}
}

// TestEveryRelation computes all rows of every relation: each value must be of the
// kind its column promises, and no column that is NOT NULL may be NULL.
func TestEveryRelation(t *testing.T) {
	e := env(t)
	for _, r := range registry().list {
		rows := 0
		err := Rows(e, r.desc.OID, func(row []datum.Datum) error {
			rows++
			for i, c := range r.desc.Columns {
				switch want := datum.KindOf(c.Type.OID); {
				case row[i].IsNull() && c.NotNull:
					t.Errorf("%s.%s: %s is NULL", r.schema, r.desc.Name, c.Name)
				case !row[i].IsNull() && row[i].Kind() != want:
					t.Errorf("%s.%s: %s has kind %d, want %d", r.schema, r.desc.Name, c.Name, row[i].Kind(), want)
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s.%s: %v", r.schema, r.desc.Name, err)
		}
	}
}

// TestFixedRowsOnce checks that the catalogs that never change are decoded once.
func TestFixedRowsOnce(t *testing.T) {
	for _, name := range fixedCatalogs {
		if a, b := fixedRows(name), fixedRows(name); len(a) == 0 || &a[0] != &b[0] {
			t.Errorf("%s is decoded at each use", name)
		}
	}
}

func TestSplitName(t *testing.T) {
	for text, want := range map[string]string{
		`abc`: `abc`, `A.B`: `a.b`, `"A".b`: `"A".b`, `"a""b"`: `"a""b"`, ` x . y `: `x.y`,
	} {
		names, err := splitName(text)
		if err != nil || joinQuoted(names) != want {
			t.Errorf("%s: got %q, %v; want %s", text, names, err, want)
		}
	}
	for _, text := range []string{"", "a.", `"a`, `"a"b`, ".a"} {
		if _, err := splitName(text); err == nil {
			t.Errorf("%q is taken for a name", text)
		}
	}
}
