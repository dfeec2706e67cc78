package table_test

import (
	"context"
	"testing"

	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
)

// TestVerifyNamesDamage writes around the table layer, one fault at a time, and
// expects Verify to name each: a missing entry, one too many, one with another
// row's contents, a past entry that ends too early, a tuple that does not decode.
func TestVerifyNamesDamage(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(w *world, rows, index store.StorageID, b *store.Batch, entry func(key []byte) store.Version)
		index  bool
	}{
		"missing": {func(_ *world, _, x store.StorageID, b *store.Batch, at func([]byte) store.Version) {
			v := at(keyOf(10))
			b.Delete(x, keyOf(10), v.Start, v.Tuple)
		}, true},
		"extra": {func(_ *world, _, x store.StorageID, b *store.Batch, at func([]byte) store.Version) {
			b.Put(x, keyOf(77), at(keyOf(10)).Tuple)
		}, true},
		"contents": {func(_ *world, _, x store.StorageID, b *store.Batch, at func([]byte) store.Version) {
			v := at(keyOf(10))
			b.Replace(x, keyOf(10), v.Start, v.Tuple, at(keyOf(20)).Tuple)
		}, true},
		"row": {func(_ *world, rows, _ store.StorageID, b *store.Batch, _ func([]byte) store.Version) {
			b.Put(rows, keyOf(99), []byte{1, 0})
		}, false},
	} {
		w := newWorld(t)
		d := w.table("t", "id int8, u int8", 1)
		x := w.index(d, "t_u_key", true, nil, 2)
		tab := w.open(d)
		s := w.begin()
		w.must(s.insert(tab, "1", "10"))
		w.must(s.insert(tab, "2", "20"))
		s.commit()
		s = w.begin()
		if _, err := s.update(tab, "2", map[int]string{2: "21"}); err != nil {
			t.Fatal(err)
		}
		s.commit()
		w.verify(tab)
		v := w.db.View()
		b := w.db.NewBatch()
		c.damage(w, tab.Storage(), store.StorageID(x.Storage), b, func(key []byte) store.Version {
			ver, _, err := v.At(1).Get(store.StorageID(x.Storage), key)
			w.must(err)
			return ver
		})
		v.Release()
		_, _, err := w.db.Commit(context.Background(), b)
		w.must(err)
		v = w.db.View()
		var got []table.Problem
		w.must(table.VerifyAll(context.Background(), w.set, v.Reader, func(p table.Problem) bool {
			got = append(got, p)
			return true
		}))
		v.Release()
		if len(got) == 0 || (got[0].Index != "") != c.index || got[0].Table != "t" {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// keyOf is the key of a single small integer column.
func keyOf(n byte) []byte { return []byte{0x20 + n} }
