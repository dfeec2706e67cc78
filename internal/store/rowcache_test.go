package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A ring that wraps many times answers with what was brought in last for a key, or
// with nothing.
func TestRowCacheRing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := newRowCache(0) // the least there is
	newest := newNewestArray(1 << 10)
	want := map[uint64]Version{}
	hits := 0
	for seq := Seq(1); seq < 200_000; seq++ {
		n := rng.Uint64N(20_000)
		if rng.IntN(4) == 0 {
			n = rng.Uint64N(20)
		}
		id, key := StorageID(100+n%3), benchKey(nil, n/3)
		hash := hashKey(id, key)
		if rng.IntN(3) == 0 {
			ver := Version{Start: seq, End: MaxSeq, Tuple: bytes.Repeat([]byte{byte(seq)}, rng.IntN(1000)*rng.IntN(2)+rng.IntN(8))}
			want[n] = ver
			c.fill(id, key, hash, ver, seq, &newest)
		}
		got, ok := c.get(nil, id, key, hash, seq, 0)
		if !ok {
			continue
		}
		hits++
		if w := want[n]; got.Start != w.Start || !bytes.Equal(got.Tuple, w.Tuple) {
			t.Fatalf("key %d: got the version of %d, want that of %d", n, got.Start, w.Start)
		}
	}
	if hits < 10_000 {
		t.Fatalf("%d hits", hits)
	}
	if _, _, size := c.stats(); size > 2*rowShards*rowChunkBytes*9/8 {
		t.Fatalf("%d bytes", size)
	}
}

// Reads by key, at the newest and at past moments and through old and new Views,
// agree with scans, which do not know the row cache, while commits of every kind go
// on: small ones, ones too large to be followed, loads, and the end of a storage.
func TestRowCacheReaders(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.ScanImageBytes = -1; o.MemTableBytes = 1 << 20 })
	defer db.Close()
	const keys = 40
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := compareReads(db, rng, keys); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	w := rowWriter{db: db, rng: rand.New(rand.NewPCG(seed, 99)), live: map[uint64]Version{}}
	for i := 0; i < 1500 && !t.Failed(); i++ {
		if err := w.step(i, keys); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
	if s := db.Stats(); s.RowHits == 0 || s.RowMisses == 0 {
		t.Errorf("%d hits, %d misses", s.RowHits, s.RowMisses)
	}
}

// compareReads reads some keys of storage 100 through one View at one moment.
func compareReads(db *DB, rng *rand.Rand, keys uint64) error {
	v := db.View()
	defer v.Release()
	for range 4 {
		r := v.Reader
		if rng.IntN(2) == 0 && v.Seq() > 100 {
			r = v.At(v.Seq() - Seq(rng.IntN(10)*rng.IntN(10)))
		}
		for range 8 {
			id, key := StorageID(100+rng.IntN(2)), benchKey(nil, rng.Uint64N(keys))
			got, found, err := r.Get(id, key)
			if err != nil {
				return err
			}
			it := r.Scan(id, key, append(bytes.Clone(key), 0), ScanOptions{})
			exists := it.Next()
			if exists != found || exists && (it.Start() != got.Start || it.End() != got.End || !bytes.Equal(it.Tuple(), got.Tuple)) {
				err = fmt.Errorf("storage %d, key %x at %d in %d: got %v %+v", id, key, r.Seq(), v.Seq(), found, got)
			}
			if closed := it.Close(); err == nil {
				err = closed
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// rowWriter changes storage 100 all the time and ends storage 101 at some point.
type rowWriter struct {
	db   *DB
	rng  *rand.Rand
	live map[uint64]Version // of storage 100
}

func (w *rowWriter) step(i int, keys uint64) error {
	b := w.db.NewBatch()
	changed := 1 + w.rng.IntN(3)
	extra := 0
	switch {
	case i%150 == 149:
		load, err := w.db.NewLoad()
		if err != nil {
			return err
		}
		b.Close()
		b, changed = load, int(keys)
	case i%150 == 99:
		extra = rowCommitMax
	case i == 700:
		b.Freeze(101)
	case i < 700 && i%20 == 0:
		b.Overwrite(101, benchKey(nil, w.rng.Uint64N(keys)), fmt.Appendf(nil, "%d", i))
	}
	next := map[uint64]Version{}
	for n := range keys {
		if w.rng.IntN(int(keys)) >= changed {
			continue
		}
		key, old := benchKey(nil, n), w.live[n]
		tuple := bytes.Repeat(fmt.Appendf(nil, "%d.", i), 1+w.rng.IntN(6))
		switch {
		case old.Start == 0:
			b.Put(100, key, tuple)
		case w.rng.IntN(4) == 0:
			b.Delete(100, key, old.Start, old.Tuple)
			next[n] = Version{}
			continue
		default:
			b.Replace(100, key, old.Start, old.Tuple, tuple)
		}
		next[n] = Version{Tuple: tuple}
	}
	for n := range extra {
		b.Overwrite(102, benchKey(nil, uint64(n)), nil)
	}
	if b.Empty() {
		b.Close()
		return nil
	}
	seq, _, err := w.db.Commit(context.Background(), b)
	for n, ver := range next {
		if ver.Tuple != nil {
			ver.Start = seq
		}
		w.live[n] = ver
	}
	return err
}
