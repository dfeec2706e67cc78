package segment

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// BenchmarkSum adds up one column of 20,000 rows at some depth of a history, by a
// segment and row by row; present is the newest commit row by row.
func BenchmarkSum(b *testing.B) {
	const rows = 20_000
	for _, versions := range []int{1, 11, 100} {
		w := &world{rng: rand.New(rand.NewPCG(1, 1)), fs: store.MemFS(), layouts: testLayouts()}
		var err error
		if w.db, err = store.Open("db", store.Options{FS: w.fs, NoSync: true, BallastBytes: -1, ScanImageBytes: -1}); err != nil {
			b.Fatal(err)
		}
		w.m, _ = NewManager(w.db, Options{FS: w.fs, Dir: "db"})
		old := make([]store.Version, rows)
		for v := range versions + 1 {
			for from := 0; from < rows; from += rows / 10 {
				batch := w.db.NewBatch()
				for i := from; i < from+rows/10; i++ {
					key := fmt.Appendf(nil, "%08d", i)
					tuple, _ := w.layouts[0].Encode(nil, []datum.Datum{datum.NewInt(int64(i + v)), datum.NewText(fmt.Sprint("row ", i)), datum.NewNumeric(int64(i), 2)})
					if v == 0 {
						batch.Put(testStorage, key, tuple)
					} else {
						batch.Replace(testStorage, key, old[i].Start, old[i].Tuple, tuple)
					}
					batch.Change(testTable, testStorage, store.OpUpdate, key, nil, nil, tuple)
					old[i] = store.Version{Start: w.db.LastSeq() + 1, Tuple: tuple}
				}
				if _, _, err := w.db.Commit(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := w.db.Compact(context.Background()); err != nil {
			b.Fatal(err)
		}
		last := w.db.LastSeq()
		b.Run(fmt.Sprintf("versions=%d/present", versions), func(b *testing.B) { w.sumRows(b, last) })
		for _, percent := range []int{10, 50, 90} {
			at := max(1, last*store.Seq(percent)/100)
			name := fmt.Sprintf("versions=%d/at=%d", versions, percent)
			b.Run(name+"/rows", func(b *testing.B) { w.sumRows(b, at) })
			b.Run(name+"/build", func(b *testing.B) {
				for b.Loop() {
					w.m.SetSpace(0)
					w.m.SetSpace(defaultSpace)
					if err := w.m.Build(context.Background(), w.source(), at); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(name+"/segment", func(b *testing.B) { w.sumSegment(b, at) })
		}
		w.m.Close()
		_ = w.db.Close()
	}
}

func (w *world) sumRows(b *testing.B, at store.Seq) {
	col := w.layouts[0].Layout.Column(0)
	v := vec.New(types.Of(types.Int4), 1)
	var tup rowenc.Tuple
	view := w.db.View()
	defer view.Release()
	sum := int64(0)
	for b.Loop() {
		it := view.At(at).Scan(testStorage, nil, nil, store.ScanOptions{})
		for it.Next() {
			if err := w.layouts[0].Open(&tup, it.Tuple()); err != nil {
				b.Fatal(err)
			}
			_ = col.Read(&tup, v, 0, nil)
			sum += v.Ints[0]
		}
		_ = it.Close()
	}
}

func (w *world) sumSegment(b *testing.B, at store.Seq) {
	v := vec.New(types.Of(types.Int4), vec.MaxRows)
	seg := w.m.Acquire(testStorage, at)
	if seg == nil {
		b.Fatal("no segment")
	}
	defer seg.Release()
	sum := int64(0)
	for b.Loop() {
		sc := seg.Scan(ScanSpec{At: at, Columns: []int16{1}})
		for {
			n, err := sc.Next(vec.MaxRows)
			if err != nil {
				b.Fatal(err)
			}
			if n == 0 {
				break
			}
			_ = sc.Read(0, v, 0)
			for _, x := range v.Ints[:n] {
				sum += x
			}
		}
	}
	b.ReportMetric(float64(seg.size)/float64(seg.versions), "B/version")
}
