package store

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// awaitImage scans a storage until an image of it is in use.
func awaitImage(t testing.TB, db *DB, id StorageID) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		v := db.View()
		it := v.Scan(id, nil, nil, ScanOptions{})
		image := it.mode == modeImage
		for it.Next() {
		}
		must(t, it.Close())
		v.Release()
		if image {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no image was made")
		}
		time.Sleep(time.Millisecond)
	}
}

// Scans through an image and through the engine must agree on every span and in
// both directions, and a commit must end the image's use at once.
func TestScanImage(t *testing.T) {
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.ScanImageBytes = 64 << 20 })
	defer db.Close()
	const rows = 9_500
	rng := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < rows; at += 500 {
		commit(t, db, func(b *Batch) {
			for i := at; i < at+500; i++ {
				b.Put(100, benchKey(nil, uint64(i)*3), benchKey(nil, rng.Uint64()))
			}
		})
	}
	awaitImage(t, db, 100)
	v := db.View()
	defer v.Release()
	old := v.Seq()
	compare := func(lo, hi []byte, reverse bool) {
		t.Helper()
		img := v.Scan(100, lo, hi, ScanOptions{Reverse: reverse})
		if img.mode != modeImage {
			t.Fatal("the image is not used")
		}
		st := db.states.get(100)
		saved := st.image.Swap(nil)
		eng := v.Scan(100, lo, hi, ScanOptions{Reverse: reverse})
		st.image.Store(saved)
		n := 0
		for ; eng.Next(); n++ {
			if !img.Next() || string(img.Key()) != string(eng.Key()) || string(img.Tuple()) != string(eng.Tuple()) ||
				img.Start() != eng.Start() || img.End() != eng.End() {
				t.Fatalf("row %d of [%x, %x) reverse %v differs", n, lo, hi, reverse)
			}
		}
		if img.Next() {
			t.Fatalf("[%x, %x) reverse %v: the image has more than %d rows", lo, hi, reverse, n)
		}
		must(t, img.Close())
		must(t, eng.Close())
	}
	edge := uint64(imageChunkRows * 3)
	bounds := []uint64{0, 1, 3, edge - 3, edge - 1, edge, edge + 1, edge + 3, 2*edge - 1, 2 * edge, 2*edge + 1, rows*3 - 3, rows * 3, rows * 4}
	for _, reverse := range []bool{false, true} {
		compare(nil, nil, reverse)
		for _, a := range bounds {
			compare(benchKey(nil, a), nil, reverse)
			compare(nil, benchKey(nil, a), reverse)
			for _, b := range bounds {
				if a < b {
					compare(benchKey(nil, a), benchKey(nil, b), reverse)
				}
			}
		}
	}
	commit(t, db, func(b *Batch) { b.Put(100, benchKey(nil, 1), nil) })
	w := db.View()
	defer w.Release()
	for _, r := range []Reader{w.Reader, v.Reader, w.At(old)} {
		it := r.Scan(100, nil, benchKey(nil, 4), ScanOptions{})
		image := it.mode == modeImage
		n := 0
		for it.Next() {
			n++
		}
		must(t, it.Close())
		want := 2
		if r.Seq() > old {
			want = 3
		}
		if n != want || image {
			t.Errorf("at %d after the change: %d rows, want %d", r.Seq(), n, want)
		}
	}
	db.sweepImages()
	if got := db.images.used.Load(); got != 0 {
		t.Errorf("%d bytes of images after the last became useless", got)
	}
}
