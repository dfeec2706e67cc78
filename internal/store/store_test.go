package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/driftdb/driftdb/internal/clock"
)

func mem(t testing.TB) *DB {
	t.Helper()
	db, err := Open("", Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func commit(t testing.TB, db *DB, fill func(*Batch)) Seq {
	t.Helper()
	b := db.NewBatch()
	fill(b)
	seq, _, err := db.Commit(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func dump(t testing.TB, it *Iter) string {
	t.Helper()
	out := ""
	for it.Next() {
		end := "inf"
		if it.End() != MaxSeq {
			end = fmt.Sprint(it.End())
		}
		out += fmt.Sprintf("%s=%s[%d,%s) ", it.Key(), it.Tuple(), it.Start(), end)
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

func conformVersions(t *testing.T, db *DB) {
	const id = 100
	commit(t, db, func(b *Batch) {
		b.Put(id, []byte("a"), []byte("a1"))
		b.Put(id, []byte("b"), []byte("b1"))
	})
	commit(t, db, func(b *Batch) {
		b.Replace(id, []byte("a"), 1, []byte("a1"), []byte("a2"))
		b.Put(id, []byte("c"), []byte("c2"))
	})
	commit(t, db, func(b *Batch) { b.Delete(id, []byte("b"), 1, []byte("b1")) })
	commit(t, db, func(b *Batch) { b.Freeze(id) })
	v := db.View()
	defer v.Release()
	for seq, want := range []string{
		"",
		"a=a1[1,2) b=b1[1,3) ",
		"a=a2[2,4) b=b1[1,3) c=c2[2,4) ",
		"a=a2[2,4) c=c2[2,4) ",
		"",
	} {
		if got := dump(t, v.At(Seq(seq)).Scan(id, nil, nil, ScanOptions{})); got != want {
			t.Errorf("scan at %d: %q, want %q", seq, got, want)
		}
	}
	if got, want := dump(t, v.At(2).Scan(id, nil, nil, ScanOptions{Reverse: true})), "c=c2[2,4) b=b1[1,3) a=a2[2,4) "; got != want {
		t.Errorf("reverse: %q, want %q", got, want)
	}
	if got, want := dump(t, v.Snapshot(2).Scan(id, nil, nil, ScanOptions{})), "a=a2[2,inf) b=b1[1,inf) c=c2[2,inf) "; got != want {
		t.Errorf("snapshot: %q, want %q", got, want)
	}
	if got, want := dump(t, v.History(id, nil, nil, 0, MaxSeq)), "a=a1[1,2) a=a2[2,4) b=b1[1,3) c=c2[2,4) "; got != want {
		t.Errorf("history: %q, want %q", got, want)
	}
	ver, ok, err := v.At(1).Get(id, []byte("a"))
	if err != nil || !ok || string(ver.Tuple) != "a1" || ver.End != 2 {
		t.Errorf("get: %+v %v %v", ver, ok, err)
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir() + "/db"
	ck := clock.NewManual(1_000_000)
	opts := Options{Clock: ck, MemTableBytes: 1 << 20, CacheBytes: 8 << 20, BallastBytes: -1}
	for i := range 3 {
		db, err := Open(dir, opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, opts); err == nil {
			t.Fatal("opened twice")
		}
		if got := db.LastSeq(); got != Seq(i) {
			t.Fatalf("last seq %d, want %d", got, i)
		}
		ck.Advance(1e6)
		seq := commit(t, db, func(b *Batch) { b.Put(100, []byte{byte(i)}, []byte("x")) })
		at, err := db.TimeOf(seq)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := db.SeqAt(context.Background(), at); err != nil || got != seq {
			t.Fatalf("SeqAt: %d %v, want %d", got, err, seq)
		}
		if got, err := db.SeqAt(context.Background(), at-1); err != nil || got != seq-1 {
			t.Fatalf("SeqAt before: %d %v", got, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
