package table_test

import (
	"context"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/vec"
)

// accounts is a world with one table shaped like pgbench_accounts.
func accounts(b *testing.B, rows int) (*world, *table.Table) {
	w := newWorldWith(b, store.Options{InMemory: true, CacheBytes: 1 << 30, MemTableBytes: 64 << 20})
	tab := w.open(w.table("accounts", "aid int4, bid int4, abalance int4, filler bpchar", 1))
	fill(b, w, tab, rows)
	return w, tab
}

func fill(b *testing.B, w *world, tab *table.Table, rows int) {
	b.Helper()
	values := make([]datum.Datum, 4)
	values[3] = datum.NewBPChar(strings.Repeat(" ", 84))
	for at := 0; at < rows; {
		s := w.begin()
		w.must(s.do(func(_ *txn.Statement, wr *table.Writer) error {
			for n := 0; n < 50000 && at < rows; n++ {
				at++
				values[0], values[1], values[2] = datum.NewInt(int64(at)), datum.NewInt(int64(at/1000)), datum.NewInt(int64(at%977))
				if _, err := wr.Insert(tab, values); err != nil {
					return err
				}
			}
			return nil
		}))
		s.commit()
	}
}

// BenchmarkScan sums a column where another one is below a bound, over a million
// rows; ns/row is the figure to read.
func BenchmarkScan(b *testing.B) {
	const rows = 1_000_000
	w, tab := accounts(b, rows)
	p, err := tab.Project([]int16{2, 3})
	w.must(err)
	s := w.begin()
	batch := p.NewBatch(vec.MaxRows)
	b.ResetTimer()
	for range b.N {
		st, _ := s.tx.Statement(s.ctx)
		sc := tab.Scan(st, p, table.ScanSpec{})
		sum, count := int64(0), 0
		for {
			n, err := sc.Next(batch, vec.MaxRows)
			w.must(err)
			if n == 0 {
				break
			}
			bid, bal := batch.Cols[0].Ints[:n], batch.Cols[1].Ints[:n]
			for i := range bid {
				if bid[i] < 500 {
					sum += bal[i]
				}
			}
			count += n
		}
		w.must(sc.Close())
		st.Close()
		if count != rows {
			b.Fatalf("%d rows", count)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// BenchmarkGet reads one row by its key.
func BenchmarkGet(b *testing.B) {
	w, tab := accounts(b, 100_000)
	p, err := tab.Project([]int16{3})
	w.must(err)
	out := make([]datum.Datum, 1)
	key := make([]byte, 0, 16)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		tx := w.m.Begin(txn.Options{})
		st, _ := tx.Statement(context.Background())
		key = tab.Key(key[:0], []datum.Datum{datum.NewInt(int64(i*7919%100_000 + 1))})
		if found, err := p.Get(st, key, out); err != nil || !found {
			b.Fatal(found, err)
		}
		st.Close()
		_, _, _ = tx.Commit(context.Background())
	}
}

// BenchmarkUpdate changes one row in a transaction, in memory.
func BenchmarkUpdate(b *testing.B) {
	w, tab := accounts(b, 100_000)
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		tx := w.m.Begin(txn.Options{})
		st, _ := tx.Statement(ctx)
		wr := w.set.Writer(st)
		key := tab.Key(nil, []datum.Datum{datum.NewInt(int64(i*7919%100_000 + 1))})
		row, _, err := tab.LockRow(st, key, txn.RowNoKeyUpdate, txn.Wait)
		w.must(err)
		values := append([]datum.Datum(nil), row.Values...)
		values[2] = datum.NewInt(values[2].Int() + 1)
		w.must(wr.Update(tab, row, values))
		w.must(wr.Finish())
		st.Close()
		_, _, err = tx.Commit(ctx)
		w.must(err)
	}
}

// BenchmarkInsert adds rows in one large transaction.
func BenchmarkInsert(b *testing.B) {
	w := newWorld(b)
	tab := w.open(w.table("accounts", "aid int4, bid int4, abalance int4, filler bpchar"))
	b.ReportAllocs()
	b.ResetTimer()
	fill(b, w, tab, b.N)
}
