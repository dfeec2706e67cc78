package table_test

import (
	"context"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// rewrite moves a table to a new storage inside s, as ALTER TABLE does.
func (s *session) rewrite(old *table.Table) *table.Table {
	d := old.Desc.Clone()
	id, err := s.tx.NewStorage()
	s.w.must(err)
	d.Past = append(d.Past, catalog.PastShape{Storage: d.Storage, PrimaryKey: d.PrimaryKey, Layouts: d.Layouts})
	d.Storage = uint64(id)
	s.w.put(d)
	t := s.w.open(d)
	s.w.must(s.do(func(st *txn.Statement, _ *table.Writer) error {
		return table.Rewrite(st, old, t, func(v []datum.Datum) ([]datum.Datum, error) { return v, nil })
	}))
	s.tx.Freeze(txn.Frozen{ID: old.Storage(), Table: d.OID, Op: store.OpRewrite})
	return t
}

// truncate gives a table an empty storage inside s.
func (s *session) truncate(old *table.Table) *table.Table {
	d := old.Desc.Clone()
	id, err := s.tx.NewStorage()
	s.w.must(err)
	d.Past = append(d.Past, catalog.PastShape{Storage: d.Storage, PrimaryKey: d.PrimaryKey, Layouts: d.Layouts})
	d.Storage = uint64(id)
	s.w.put(d)
	table.Truncate(s.tx, old)
	return s.w.open(d)
}

// TestDoctorAgrees lets the store's own doctor judge the commits that every kind
// of change makes: versions, change lists and hashes must agree.
func TestDoctorAgrees(t *testing.T) {
	fs := store.MemFS()
	opts := store.Options{FS: fs, BallastBytes: -1, CacheBytes: 8 << 20, MemTableBytes: 1 << 20}
	w := newWorldWith(t, opts)
	tab := w.open(w.table("t", "id int8, v int8", 1))
	heap := w.open(w.table("h", "a int8, b text"))
	must := func(_ txn.RowState, err error) { t.Helper(); w.must(err) }
	changes := func(seq store.Seq) string {
		var list []string
		ch := w.db.Changes(tab.OID(), seq, seq)
		for ch.Next() {
			list = append(list, ch.Change().Op.String())
		}
		w.must(ch.Close())
		return strings.Join(list, " ")
	}

	s := w.begin()
	for _, id := range []string{"1", "2", "3", "4"} {
		w.must(s.insert(tab, id, "0"))
		w.must(s.insert(heap, id, "x"))
	}
	s.commit()
	s = w.begin() // a key moves, another row takes its place, one is deleted
	must(s.update(tab, "1", map[int]string{1: "9"}))
	w.must(s.insert(tab, "1", "5"))
	w.must(s.delete(tab, "2"))
	must(s.update(heap, "3", map[int]string{2: "y"}))
	if got := changes(s.commit()); got != "insert delete update" {
		t.Errorf("move: %s", got)
	}
	s = w.begin() // a row takes a deleted one's key; a new one where a row was moves on
	w.must(s.delete(tab, "1"))
	must(s.update(tab, "3", map[int]string{1: "1"}))
	w.must(s.insert(tab, "3", "3"))
	must(s.update(tab, "3", map[int]string{1: "20"}))
	if got := changes(s.commit()); got != "delete update insert" {
		t.Errorf("delete, move, insert, move: %s", got)
	}
	s = w.begin() // and all back
	w.must(s.delete(tab, "20"))
	must(s.update(tab, "1", map[int]string{1: "3"}))
	w.must(s.insert(tab, "1", "5"))
	if got := changes(s.commit()); got != "insert update delete" {
		t.Errorf("back: %s", got)
	}
	s = w.begin() // changes on both sides of a rewrite
	w.must(s.insert(tab, "7", "7"))
	must(s.update(tab, "3", map[int]string{2: "33"}))
	tab = s.rewrite(tab)
	must(s.update(tab, "4", map[int]string{2: "44"}))
	w.must(s.insert(tab, "8", "8"))
	w.must(s.delete(tab, "9"))
	if got := changes(s.commit()); got != "insert insert rewrite update update delete" {
		t.Errorf("rewrite: %s", got)
	}
	s = w.begin()
	must(s.update(tab, "4", map[int]string{2: "45"}))
	w.must(s.delete(tab, "3"))
	s.commit()
	s = w.begin()
	tab = s.truncate(tab)
	w.must(s.insert(tab, "1", "1"))
	if got := changes(s.commit()); got != "truncate insert" {
		t.Errorf("truncate: %s", got)
	}
	s = w.begin() // made and rewritten in one transaction: nothing but inserts
	tab = s.truncate(tab)
	w.must(s.insert(tab, "5", "5"))
	tab = s.rewrite(tab)
	if got := changes(s.commit()); got != "truncate insert" {
		t.Errorf("truncate, insert, rewrite: %s", got)
	}
	s = w.begin() // rolled back to before a rewrite
	sp := s.tx.Savepoint()
	before := tab
	s.rewrite(tab)
	s.tx.RollbackTo(sp)
	w.put(before.Desc)
	must(s.update(before, "5", map[int]string{2: "6"}))
	if got := changes(s.commit()); got != "update" {
		t.Errorf("rolled back rewrite: %s", got)
	}
	w.verify(w.open(before.Desc), heap)
	w.must(w.db.Close())
	w.must(store.Doctor(context.Background(), "", opts, func(f store.Finding) { t.Error(f) }, nil))
}
