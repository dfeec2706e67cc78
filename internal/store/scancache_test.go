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

// Reads by key through an image find every row and no other, also at a past moment
// since when nothing changed, and have an image made.
func TestScanImageByKey(t *testing.T) {
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.ScanImageBytes = 64 << 20; o.RowCacheBytes = -1 })
	defer db.Close()
	db.images.after = 1000
	const rows = 2*imageChunkRows + 10
	seq := commit(t, db, func(b *Batch) {
		for i := range uint64(rows) {
			b.Put(100, benchKey(nil, 2*i+1), benchKey(nil, i))
		}
	})
	commit(t, db, func(b *Batch) { b.Put(101, []byte("k"), nil) })
	v := db.View()
	defer v.Release()
	check := func(r Reader) {
		t.Helper()
		for n := range uint64(2*rows + 2) {
			ver, found, err := r.Get(100, benchKey(nil, n))
			must(t, err)
			if want := n%2 == 1 && n < 2*rows; found != want {
				t.Fatalf("key %d found: %v", n, found)
			} else if want && (ver.Start != seq || ver.End < 3 || string(ver.Tuple) != string(benchKey(nil, n/2))) {
				t.Fatalf("key %d: %+v", n, ver)
			}
		}
	}
	for deadline := time.Now().Add(10 * time.Second); db.states.get(100).imageFor(v.Seq()) == nil; {
		check(v.Reader)
		if time.Now().After(deadline) {
			t.Fatal("no image was made")
		}
	}
	check(v.Reader)
	check(v.At(seq))
	if _, found, _ := v.At(seq-1).Get(100, benchKey(nil, 1)); found {
		t.Fatal("a row before its time")
	}

	// Other keys have changed, an old View and a moment before that read on.
	img := db.states.get(100).image.Load()
	old := v.Seq()
	commit(t, db, func(b *Batch) {
		b.Replace(100, benchKey(nil, 1), seq, benchKey(nil, 0), []byte("new"))
		b.Delete(100, benchKey(nil, 3), seq, benchKey(nil, 1))
		b.Put(100, benchKey(nil, 4), []byte("new"))
	})
	check(v.Reader)
	w := db.View()
	defer w.Release()
	check(w.At(old))
	used := 0
	for n := range uint64(2 * rows) {
		if db.states.get(100).imageForKey(w.Seq(), db.newest.newest(hashKey(100, benchKey(nil, n)))) != nil {
			used++
		}
		ver, found, err := w.Get(100, benchKey(nil, n))
		must(t, err)
		if want := n%2 == 1 && n != 3 || n == 4; found != want || (n == 1 || n == 4) && string(ver.Tuple) != "new" {
			t.Fatalf("key %d found: %v %+v", n, found, ver)
		}
	}
	if used < rows || db.states.get(100).image.Load() != img {
		t.Fatalf("the image answered for %d keys", used)
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
	if db.sweepImages(); db.images.used.Load() == 0 {
		t.Error("the image went though most rows have not changed")
	}
	commit(t, db, func(b *Batch) {
		for i := range uint64(rows/4 + 1) {
			b.Replace(100, benchKey(nil, i*3), Seq(i/500+1), nil, nil)
		}
	})
	db.sweepImages()
	if got := db.images.used.Load(); got != 0 {
		t.Errorf("%d bytes of images after the last became useless", got)
	}
}

// The image of a storage that has ended goes.
func TestScanImageOfEndedStorage(t *testing.T) {
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.ScanImageBytes = 64 << 20 })
	defer db.Close()
	db.images.after = 100
	commit(t, db, func(b *Batch) {
		for i := range uint64(1000) {
			b.Put(100, benchKey(nil, i), nil)
		}
	})
	awaitImage(t, db, 100)
	commit(t, db, func(b *Batch) { b.Freeze(100) })
	if db.sweepImages(); db.images.used.Load() != 0 {
		t.Error("the image is still there")
	}
}

// Goal: a load that fills an empty storage leaves an image with exactly its rows,
// and no load does whose storage is not its own alone. Method: loads of two
// storages with small commits around them; of the load that came too late the
// images are asked for directly.
func TestLoadedImage(t *testing.T) {
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.ScanImageBytes = 64 << 20 })
	defer db.Close()
	rows := int(db.images.after) + 3*imageChunkRows/2
	fill := func(b *Batch, id StorageID) {
		for i := range rows {
			b.Put(id, benchKey(nil, uint64(i)), benchKey(nil, uint64(i)*7))
			b.Change(9, id, OpInsert, benchKey(nil, uint64(i)), nil, nil, nil) // its chunks come between the rows
		}
	}
	scan := func(id StorageID) (n int, image bool) {
		v := db.View()
		defer v.Release()
		it := v.Scan(id, nil, nil, ScanOptions{})
		image = it.mode == modeImage
		for ; it.Next(); n++ {
			if string(it.Key()) != string(benchKey(nil, uint64(n))) || string(it.Tuple()) != string(benchKey(nil, uint64(n)*7)) || it.Start() != db.TableLastChange(id) {
				t.Fatalf("row %d of storage %d is wrong", n, id)
			}
		}
		must(t, it.Close())
		return n, image
	}
	commit(t, db, func(b *Batch) { fill(b, 100); fill(b, 101) })
	for _, id := range []StorageID{100, 101} {
		if n, image := scan(id); n != rows || !image {
			t.Errorf("storage %d: %d rows of %d, from an image: %v", id, n, rows, image)
		}
	}
	late := db.NewBatch()
	defer late.Close()
	fill(late, 102)
	images := db.loadedImages(late)
	if len(images) != 1 {
		t.Fatalf("%d images of one load", len(images))
	}
	commit(t, db, func(b *Batch) { b.Put(102, benchKey(nil, 1<<40), nil) })
	if db.keepFirst(images); len(images) != 0 {
		t.Error("an image of a storage that another commit filled first is kept")
	}
	backwards := db.NewBatch()
	defer backwards.Close()
	fill(backwards, 103)
	backwards.Put(103, nil, nil)
	if got := db.loadedImages(backwards); len(got) != 0 {
		t.Error("rows out of order make an image")
	}
}
