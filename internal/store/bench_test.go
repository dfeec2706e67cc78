package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

func benchKey(dst []byte, i uint64) []byte { return binary.BigEndian.AppendUint64(dst[:0], i) }

// loadRows fills storage 100 with n rows of 64 bytes, then rounds of updates of
// all rows, 1,000 rows a commit.
func loadRows(tb testing.TB, db *DB, n, rounds int) {
	tb.Helper()
	tuple := make([]byte, 64)
	var key []byte
	prev := make([]Seq, n)
	for round := range rounds {
		for at := 0; at < n; at += 1000 {
			b := db.NewBatch()
			for i := at; i < min(n, at+1000); i++ {
				key = benchKey(key, uint64(i))
				for j := 0; j < 32; j += 8 {
					binary.LittleEndian.PutUint64(tuple[j:], rand.Uint64()>>20)
				}
				if round == 0 {
					b.Put(100, key, tuple)
				} else {
					b.Replace(100, key, prev[i], tuple, tuple)
				}
				b.Change(1, 100, OpInsert, key, nil, nil, tuple)
			}
			seq, _, err := db.Commit(context.Background(), b)
			if err != nil {
				tb.Fatal(err)
			}
			for i := at; i < min(n, at+1000); i++ {
				prev[i] = seq
			}
		}
	}
}

func benchDB(b *testing.B, n, rounds int, compact bool) *DB {
	db, err := Open(b.TempDir()+"/db", Options{NoSync: true, BallastBytes: -1, CacheBytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	loadRows(b, db, n, rounds)
	if compact {
		if err := db.Compact(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	return db
}

func BenchmarkScan(b *testing.B) {
	for _, c := range []struct{ rows, rounds int }{{1_000_000, 1}, {100_000, 10}} {
		for _, compact := range []bool{false, true} {
			db := benchDB(b, c.rows, c.rounds, compact)
			scan := func(b *testing.B, r Reader) {
				for b.Loop() {
					it := r.Scan(100, nil, nil, ScanOptions{})
					n := 0
					for it.Next() {
						n += len(it.Tuple()) / 64
					}
					if err := it.Close(); err != nil || n != c.rows {
						b.Fatal(n, err)
					}
				}
				b.ReportMetric(float64(b.N)*float64(c.rows)/1e6/b.Elapsed().Seconds(), "Mrows/s")
			}
			v := db.View()
			name := fmt.Sprintf("rows=%d/versions=%d/compacted=%v", c.rows, c.rounds, compact)
			b.Run(name+"/present", func(b *testing.B) { scan(b, v.Reader) })
			if c.rounds > 1 {
				b.Run(name+"/newest-past", func(b *testing.B) { scan(b, v.At(v.Seq()-1)) })
				b.Run(name+"/middle", func(b *testing.B) { scan(b, v.At(v.Seq()/2)) })
				b.Run(name+"/oldest", func(b *testing.B) { scan(b, v.At(v.Seq()/Seq(c.rounds))) })
			}
			v.Release()
		}
	}
}

func BenchmarkGet(b *testing.B) {
	const rows = 100_000
	db := benchDB(b, rows, 10, true)
	v := db.View()
	defer v.Release()
	get := func(b *testing.B, r Reader) {
		var key, dst []byte
		b.ReportAllocs()
		for b.Loop() {
			key = benchKey(key, rand.Uint64N(rows))
			ver, ok, err := r.GetInto(dst[:0], 100, key)
			if !ok || err != nil {
				b.Fatal(ok, err)
			}
			dst = ver.Tuple
		}
	}
	b.Run("present", func(b *testing.B) { get(b, v.Reader) })
	b.Run("past", func(b *testing.B) { get(b, v.At(v.Seq()/2)) })
}

func BenchmarkCommit(b *testing.B) {
	dir := os.Getenv("DRIFTDB_BENCH_DIR")
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			where := b.TempDir()
			if dir != "" {
				where, _ = os.MkdirTemp(dir, "bench")
				defer os.RemoveAll(where)
			}
			db, err := Open(where+"/db", Options{BallastBytes: -1})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			loadRows(b, db, 10_000, 1)
			var left atomic.Int64
			left.Store(int64(b.N))
			tuple := make([]byte, 64)
			b.ResetTimer()
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					var key []byte
					for n := uint64(w); left.Add(-1) >= 0; n += uint64(writers) {
						key = benchKey(key, n%10_000)
						bt := db.NewBatch()
						bt.Replace(100, key, 1, tuple, tuple)
						bt.Change(1, 100, OpUpdate, key, nil, nil, tuple)
						if _, _, err := db.Commit(context.Background(), bt); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	db := benchDB(b, 200_000, 1, true)
	v := db.View()
	defer v.Release()
	for b.Loop() {
		if cuts, err := v.Split(100, nil, nil, 4); err != nil || len(cuts) != 3 {
			b.Fatal(cuts, err)
		}
	}
}
