package store

import (
	"context"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Parts cut by Split must hold similar numbers of rows and together all of them,
// also when the keys are far from evenly spread.
func TestSplitCutsSkewedKeys(t *testing.T) {
	db, err := Open(t.TempDir()+"/db", Options{NoSync: true, BallastBytes: -1, MemTableBytes: 1 << 20, CacheBytes: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const rows = 40_000
	tuple := make([]byte, 100)
	for at := 0; at < rows; at += 1000 {
		commit(t, db, func(b *Batch) {
			for i := at; i < at+1000; i++ {
				n := uint64(i)
				if i%4 == 0 {
					n += 1 << 40 // a quarter of the rows lies far away
				}
				for j := range tuple {
					tuple[j] = byte(i * j >> 3)
				}
				b.Put(100, benchKey(nil, n), tuple)
			}
		})
	}
	if err := db.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	v := db.View()
	defer v.Release()
	cuts, err := v.Split(100, nil, nil, 4)
	if err != nil || len(cuts) != 3 {
		t.Fatalf("%x %v", cuts, err)
	}
	var lower []byte
	sum := 0
	for i := range 4 {
		var upper []byte
		if i < 3 {
			upper = cuts[i]
		}
		it := v.Scan(100, lower, upper, ScanOptions{})
		n := 0
		for it.Next() {
			n++
		}
		if err := it.Close(); err != nil {
			t.Fatal(err)
		}
		if n < rows/8 || n > rows/2 {
			t.Errorf("part %d has %d rows of %d", i, n, rows)
		}
		sum += n
		lower = upper
	}
	if sum != rows {
		t.Errorf("parts have %d rows together, want %d", sum, rows)
	}
}

// StorageBytes answers from memory for a while, and asks again afterwards.
func TestStorageBytes(t *testing.T) {
	db := openSmall(t, vfs.NewMem(), nil)
	defer db.Close()
	if n, err := db.StorageBytes(100); err != nil || n != 0 {
		t.Fatalf("an empty storage has %d bytes, %v", n, err)
	}
	commit(t, db, func(b *Batch) {
		for i := range 5000 {
			b.Put(100, benchKey(nil, uint64(i)), benchKey(nil, uint64(i)))
		}
	})
	must(t, db.Compact(t.Context()))
	want, err := db.EstimateBytes(100, nil, nil)
	must(t, err)
	if n, _ := db.StorageBytes(100); n != 0 || want == 0 {
		t.Errorf("%d bytes within a second, %d at once", n, want)
	}
	db.states.get(100).sizedAt.Add(-int64(sizeAge))
	if n, _ := db.StorageBytes(100); n != want {
		t.Errorf("%d bytes a second later, want %d", n, want)
	}
}
