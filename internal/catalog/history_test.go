package catalog

import (
	"context"
	"testing"

	"github.com/driftdb/driftdb/internal/store"
)

// Goal: moments between two catalog changes share one Snapshot, and each moment
// has the catalog of its own. Method: tables are made with commits to another
// storage between them, and every moment is asked for, newest first, twice: by a
// History that saw the changes and by one that starts afterwards.
func TestHistoryPeriods(t *testing.T) {
	db, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	commit := func(fill func(b *store.Batch)) store.Seq {
		b := db.NewBatch()
		defer b.Close()
		fill(b)
		seq, _, err := db.Commit(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	other, err := db.AllocStorageID()
	if err != nil {
		t.Fatal(err)
	}
	at := func(h *History, seq store.Seq) *Snapshot {
		v := db.View()
		defer v.Release()
		s, _, err := h.At(v.At(seq))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	early := NewHistory(db)
	tables := map[store.Seq]int{} // how many there are at a moment
	var last store.Seq
	for n := 1; n <= 3; n++ {
		d := table(uint32(20000+n), "t")
		tuple, err := Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		last = commit(func(b *store.Batch) { b.Put(store.StorageID(StorageObjects), Key(d.OID), tuple) })
		tables[last] = n
		at(early, last)
		for range 2 {
			last = commit(func(b *store.Batch) { b.Overwrite(other, []byte{1}, []byte{byte(n)}) })
			tables[last] = n
		}
	}
	for _, h := range []*History{early, NewHistory(db)} {
		snapshots := map[int]*Snapshot{}
		for seq := last; seq > 0; seq-- {
			n, known := tables[seq]
			if !known {
				continue
			}
			s := at(h, seq)
			if snapshots[n] == nil {
				snapshots[n] = s
			}
			count := 0
			s.All(func(d Desc) bool {
				if _, ok := d.(*Table); ok {
					count++
				}
				return true
			})
			if count != n || s != snapshots[n] {
				t.Errorf("at %d there are %d tables, want %d; the same snapshot: %v", seq, count, n, s == snapshots[n])
			}
		}
	}
}
