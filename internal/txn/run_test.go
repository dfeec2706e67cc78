package txn

import (
	"encoding/binary"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/store"
)

// runsOf makes runs of a buffer as an UPDATE in the order of keys does: rows of
// storage 1, ascending from run to run, between entries of storages 0 and 2 that lie
// anywhere.
func runsOf(t testing.TB, runs, rows int) *buffer {
	m, done := openSpilling(t, vfs.NewMem())
	t.Cleanup(done)
	b := &buffer{}
	for n := range runs {
		w, err := newRunWriter(m.db, 3*rows, int64(rows)*100)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.r.file.Close() })
		for id := range store.StorageID(3) {
			for i := range rows {
				at := n*rows + i
				if id != 1 {
					at = i*runs + n
				}
				if err := w.add(rowKey(id, at), &entry{tuple: "x"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.finish(); err != nil {
			t.Fatal(err)
		}
		b.runs = append(b.runs, w.r)
	}
	return b
}

func rowKey(id store.StorageID, n int) string {
	return string(appendBufferKey(nil, id, binary.BigEndian.AppendUint64(nil, uint64(n))))
}

// TestRunRanges looks up every key, and sees that a key beyond a storage's rows is
// ruled out without the filter, which every key of other storages went into.
func TestRunRanges(t *testing.T) {
	const runs, rows = 4, 500
	b := runsOf(t, runs, rows)
	for id := range store.StorageID(3) {
		for n := range runs * rows {
			if _, ok, err := b.get(rowKey(id, n)); !ok || err != nil {
				t.Fatalf("storage %d, row %d: found %v, %v", id, n, ok, err)
			}
		}
	}
	for i, r := range b.runs {
		for j := range r.filter {
			r.filter[j] = ^uint64(0) // the filter says maybe to all
		}
		for _, n := range []int{i*rows - 1, (i + 1) * rows} {
			if n >= 0 && r.maybe(rowKey(1, n)) {
				t.Errorf("run %d may have row %d of %d..%d", i, n, i*rows, (i+1)*rows-1)
			}
		}
		if r.maybe(rowKey(3, 0)) {
			t.Errorf("run %d may have rows of a storage it does not know", i)
		}
	}
}

// BenchmarkRunsMiss looks for new rows behind 50 runs, as each row of a large UPDATE
// or INSERT is looked for.
func BenchmarkRunsMiss(b *testing.B) {
	buf := runsOf(b, 50, 20_000)
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = rowKey(1, 50*20_000+i)
	}
	for i := 0; b.Loop(); i++ {
		if _, ok, err := buf.get(keys[i%len(keys)]); ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
