package store

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/clock"
)

var rewrite = flag.Bool("rewrite", false, "write the fixture of the current format anew")

const fixture1 = "testdata/format1"

// Time of the fixture's first commit; the clock moves a second per commit.
const fixtureTime = 1_700_000_000_000_000

func fixtureOptions() Options {
	return Options{Clock: clock.NewManual(fixtureTime), BallastBytes: -1, MemTableBytes: 64 << 10, CacheBytes: 4 << 20}
}

// writeFixture makes the database that testFixture expects.
func writeFixture(t *testing.T, dir string) {
	o := fixtureOptions()
	ck := o.Clock.(*clock.Manual)
	db, err := Open(dir, o)
	must(t, err)
	id, err := db.AllocStorageID()
	must(t, err)
	put := func(f func(*Batch)) {
		ck.Advance(1e9)
		commit(t, db, f)
	}
	put(func(b *Batch) {
		b.SetMeta(Meta{TxID: 7, User: "ada", Application: "fixture", ClientAddr: "127.0.0.1", Reason: "start", JSON: []byte(`{"a":1}`)})
		b.Put(id, []byte("a"), []byte("a1"))
		b.Put(id, []byte("b"), []byte("b1"))
		b.Change(1, id, OpInsert, []byte("a"), nil, nil, []byte("a1"))
		b.Change(1, id, OpInsert, []byte("b"), nil, nil, []byte("b1"))
	})
	put(func(b *Batch) {
		b.Delete(id, []byte("a"), 1, []byte("a1"))
		b.Put(id, []byte("c"), []byte("c2"))
		b.Change(1, id, OpUpdate, []byte("a"), []byte("c"), []byte{1}, []byte("c2"))
	})
	must(t, db.eng.Flush())
	put(func(b *Batch) { b.Freeze(id); b.Change(1, id, OpTruncate, nil, nil, nil, nil) })
	_, err = db.SequenceNext(5, SequenceSpec{Start: 1, Increment: 1, Min: 1, Max: 100})
	must(t, err)
	must(t, db.Close())
}

// A directory written by format 1 opens and answers as it did then.
func TestFixtureOfFormat1(t *testing.T) {
	if *rewrite {
		must(t, os.RemoveAll(fixture1))
		writeFixture(t, fixture1)
		must(t, os.Remove(filepath.Join(fixture1, "LOCK")))
	}
	dir := t.TempDir()
	names, err := os.ReadDir(fixture1)
	must(t, err)
	for _, e := range names {
		b, err := os.ReadFile(filepath.Join(fixture1, e.Name()))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, e.Name()), b, 0o600))
	}
	o := fixtureOptions()
	must(t, Doctor(context.Background(), dir, o, func(f Finding) { t.Error(f) }, nil))
	o.AllowClockStep = true
	db, err := Open(dir, o)
	must(t, err)
	defer db.Close()
	v := db.View()
	defer v.Release()
	if got, want := dump(t, v.History(FirstStorageID, nil, nil, 0, MaxSeq)), "a=a1[1,2) b=b1[1,3) c=c2[2,3) "; got != want {
		t.Errorf("history %q, want %q", got, want)
	}
	if got, want := dump(t, v.At(1).Scan(FirstStorageID, nil, nil, ScanOptions{})), "a=a1[1,2) b=b1[1,3) "; got != want {
		t.Errorf("at 1: %q, want %q", got, want)
	}
	c, ok, err := db.GetCommit(1)
	must(t, err)
	if !ok || c.Meta.User != "ada" || c.Meta.TxID != 7 || string(c.Meta.JSON) != `{"a":1}` || c.Time != fixtureTime+1e6 {
		t.Errorf("commit 1: %+v", c)
	}
	cs := db.Changes(1, 2, 2)
	if !cs.Next() || cs.Change().Op != OpUpdate || string(cs.Change().NewKey) != "c" || cs.Next() {
		t.Errorf("changes of commit 2: %+v", cs.Change())
	}
	must(t, cs.Close())
	if n, err := db.SequenceNext(5, SequenceSpec{Start: 1, Increment: 1, Min: 1, Max: 100}); err != nil || n <= 1 {
		t.Errorf("the sequence gives %d (%v)", n, err)
	}
	if id, err := db.AllocStorageID(); err != nil || id <= FirstStorageID {
		t.Errorf("storage id %d (%v) was given before", id, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	write := func(dir, name, text string) {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	dir := t.TempDir()
	write(dir, formatFile, formatMagic+"3\n")
	if _, err := Open(dir, fixtureOptions()); !errors.Is(err, ErrNewerFormat) {
		t.Errorf("a newer format: %v", err)
	}
	dir = t.TempDir()
	write(dir, "letter.txt", "dear ada")
	if _, err := Open(dir, fixtureOptions()); !errors.Is(err, ErrNotADatabase) {
		t.Errorf("a directory of somebody else: %v", err)
	}
	dir = filepath.Join(t.TempDir(), "db")
	db, err := Open(dir, fixtureOptions())
	must(t, err)
	defer db.Close()
	if _, err := Open(dir, fixtureOptions()); !errors.Is(err, ErrInUse) {
		t.Errorf("a directory in use: %v", err)
	}
	if err := Doctor(context.Background(), dir, fixtureOptions(), func(Finding) {}, nil); !errors.Is(err, ErrInUse) {
		t.Errorf("the doctor on a directory in use: %v", err)
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("mode %v (%v)", st.Mode(), err)
	}
}

// The comparer must satisfy the engine's own rules on every kind of key.
func TestComparerLaws(t *testing.T) {
	var prefixes [][]byte
	for _, k := range []string{"", "\x00", "\x09", "\x11", "a", "a\x00", "a\x09", "ab", "\xff", "\xff\xff"} {
		for _, id := range []StorageID{1, 240, 241, 2287, 2288, 67823, 67824, 1 << 40} {
			prefixes = append(prefixes, appendPresent(nil, id, []byte(k)))
		}
	}
	var suffixes [][]byte
	for _, p := range [][2]Seq{{1, 2}, {1, MaxSeq}, {2, 9}, {MaxSeq - 1, MaxSeq}} {
		suffixes = append(suffixes, appendPeriod(nil, p[0], p[1]))
	}
	must(t, checkComparer(prefixes, append([][]byte{nil}, suffixes...)))
	keys := [][]byte{}
	for _, p := range prefixes {
		keys = append(keys, p, append(append([]byte{}, p...), suffixes[0]...))
	}
	for _, a := range keys {
		for _, b := range keys {
			if compareKeys(a, b) >= 0 {
				continue
			}
			if k := separateKeys(nil, a, b); compareKeys(a, k) > 0 || compareKeys(k, b) >= 0 {
				t.Fatalf("separator of %x and %x is %x", a, b, k)
			}
		}
		if k := succeedKey(nil, a); compareKeys(a, k) > 0 {
			t.Fatalf("successor of %x is %x", a, k)
		}
	}
}

func TestOrderedNumbers(t *testing.T) {
	var last []byte
	for _, v := range []uint64{0, 1, 240, 241, 2287, 2288, 67823, 67824, 1<<24 - 1, 1 << 24, 1<<32 - 1, 1 << 32, 1 << 56, 1<<64 - 1} {
		b := appendOrdered(nil, v)
		got, rest, ok := decodeOrdered(append(b, 7))
		if !ok || got != v || len(rest) != 1 {
			t.Errorf("%d reads back as %d", v, got)
		}
		if last != nil && string(last) >= string(b) {
			t.Errorf("%d does not sort after the one before", v)
		}
		if _, _, ok := decodeOrdered(b[:len(b)-1]); ok {
			t.Errorf("%d cut short decodes", v)
		}
		last = b
	}
}

func TestSequence(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db := openSmall(t, fs, nil)
	spec := SequenceSpec{Start: 1, Increment: 3, Min: 1, Max: 200}
	next := func(want int64) {
		t.Helper()
		if got, err := db.SequenceNext(9, spec); err != nil || got != want {
			t.Fatalf("next is %d (%v), want %d", got, err, want)
		}
	}
	next(1)
	next(4)
	clone := fs.CrashClone(vfs.CrashCloneCfg{})
	db.Close()
	db = openSmall(t, clone, nil)
	got, err := db.SequenceNext(9, spec)
	if err != nil || got <= 4 || got%3 != 1 {
		t.Fatalf("after a crash the next is %d (%v)", got, err)
	}
	must(t, db.SequenceSet(9, 199, true))
	if _, err := db.SequenceNext(9, spec); !errors.Is(err, ErrSequenceExhausted) {
		t.Fatalf("at the bound: %v", err)
	}
	spec.Cycle = true
	next(1)
	must(t, db.SequenceSet(9, 50, false))
	next(50)
	db.Close()
	down := SequenceSpec{Start: -1, Increment: -1, Min: -1 << 63, Max: -1}
	db = openSmall(t, clone, nil)
	defer db.Close()
	for want := int64(-1); want > -40; want-- {
		if got, err := db.SequenceNext(10, down); err != nil || got != want {
			t.Fatalf("down: %d (%v), want %d", got, err, want)
		}
	}
	must(t, db.SequenceSet(10, -1<<63, true))
	if _, err := db.SequenceNext(10, down); !errors.Is(err, ErrSequenceExhausted) {
		t.Fatalf("at the lowest number: %v", err)
	}
}

func TestTooLargeBatch(t *testing.T) {
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.MaxBatchBytes = 100_000 })
	defer db.Close()
	b := db.NewBatch()
	for i := range 20_000 {
		b.Put(100, benchKey(nil, uint64(i)), make([]byte, 100))
	}
	if _, _, err := db.Commit(context.Background(), b); !errors.Is(err, ErrTooLarge) {
		t.Fatal(err)
	}
	if db.LastSeq() != 0 {
		t.Error("something was committed")
	}
}

// A batch larger than the memtable goes another way through the engine.
func TestBatchLargerThanMemTable(t *testing.T) {
	fs := vfs.NewMem()
	db := openSmall(t, fs, nil)
	const rows = 20_000
	commit(t, db, func(b *Batch) {
		for i := range rows {
			b.Put(100, benchKey(nil, uint64(i*7919%rows)), make([]byte, 100))
			b.Change(1, 100, OpInsert, benchKey(nil, uint64(i*7919%rows)), nil, nil, make([]byte, 100))
		}
	})
	commit(t, db, func(b *Batch) { b.Put(101, []byte("later"), nil) })
	must(t, db.Close())
	if got := doctorFindings(t, fs); got != "" {
		t.Fatal(got)
	}
	db = openSmall(t, fs, nil)
	defer db.Close()
	v := db.View()
	defer v.Release()
	n := 0
	it := v.At(1).Scan(100, nil, nil, ScanOptions{})
	for it.Next() {
		n++
	}
	must(t, it.Close())
	if n != rows {
		t.Errorf("%d rows, want %d", n, rows)
	}
}
