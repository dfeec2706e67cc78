package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// healthy makes a closed database with rows, an index, history, a frozen storage,
// a rewrite, more than one stored chain hash and data in tables and in the log.
func healthy(t *testing.T) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewMem()
	db := openSmall(t, fs, nil)
	const rows, index, rebuilt = 100, 101, 102
	entry := func(i, gen int) []byte { return fmt.Appendf(nil, "value%d-%d/row%d", i, gen, i) }
	row := func(i int) []byte { return fmt.Appendf(nil, "row%d", i) }
	starts := map[int]Seq{}
	for i := range 40 {
		starts[i] = commit(t, db, func(b *Batch) {
			b.SetMeta(Meta{TxID: uint64(i), User: "ada", Application: "test"})
			b.Put(rows, row(i), []byte("tuple"))
			b.Put(index, entry(i, 0), nil)
			b.Change(1, rows, OpInsert, row(i), nil, nil, []byte("tuple"))
		})
	}
	for n := range 1100 {
		i := n % 30
		gen := n / 30
		starts[i] = commit(t, db, func(b *Batch) {
			b.Replace(rows, row(i), starts[i], []byte("tuple"), []byte("tuple"))
			b.Delete(index, entry(i, gen), starts[i], nil)
			b.Put(index, entry(i, gen+1), nil)
			b.Change(1, rows, OpUpdate, row(i), nil, []byte{2}, []byte("tuple"))
		})
		if n == 900 {
			if err := db.eng.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	commit(t, db, func(b *Batch) {
		b.Delete(rows, row(35), starts[35], []byte("tuple"))
		b.Delete(index, entry(35, 0), starts[35], nil)
		b.Change(1, rows, OpDelete, row(35), nil, nil, nil)
	})
	commit(t, db, func(b *Batch) {
		b.Freeze(rows)
		for _, i := range []int{3, 1, 2} { // not in key order
			b.Put(rebuilt, row(i), []byte("wider tuple"))
		}
		b.Rewrite(1, rebuilt)
	})
	commit(t, db, func(b *Batch) {
		b.Put(rebuilt, row(50), []byte("tuple"))
		b.Change(1, rebuilt, OpInsert, row(50), nil, nil, []byte("tuple"))
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return fs
}

// edit changes entries behind the store's back, as a fault above the checksums
// would.
func edit(t *testing.T, fs vfs.FS, f func(*pebble.DB)) {
	t.Helper()
	o := smallOptions
	o.FS = fs
	o = o.withDefaults()
	eo := o.engineOptions(fs, &engineLogger{log: o.Logger, fatal: func(err error) { t.Error(err) }})
	defer eo.Cache.Unref()
	eng, err := pebble.Open("db", eo)
	if err != nil {
		t.Fatal(err)
	}
	f(eng)
	if err := eng.Close(); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// flip changes one byte of a file. at < 0 counts from the end.
func flip(t *testing.T, fs vfs.FS, name string, at int) {
	t.Helper()
	f, err := fs.Open("db/" + name)
	must(t, err)
	b, err := io.ReadAll(f)
	must(t, err)
	must(t, f.Close())
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 0x40
	w, err := fs.Create("db/"+name, vfs.WriteCategoryUnspecified)
	must(t, err)
	_, err = w.Write(b)
	must(t, err)
	must(t, w.Close())
}

// fileOf returns the largest file with a prefix and a suffix in its name.
func fileOf(t *testing.T, fs vfs.FS, prefix, suffix string) string {
	t.Helper()
	names, err := fs.List("db")
	must(t, err)
	best, size := "", int64(-1)
	for _, name := range names {
		if strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			if st, err := fs.Stat("db/" + name); err == nil && st.Size() > size {
				best, size = name, st.Size()
			}
		}
	}
	if best == "" {
		t.Fatalf("no file %s*%s among %v", prefix, suffix, names)
	}
	return best
}

// newestLog returns the log in use; older ones may wait to be deleted.
func newestLog(t *testing.T, fs vfs.FS) string {
	t.Helper()
	names, err := fs.List("db")
	must(t, err)
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".log") })
	return slices.Max(names)
}

// indexHook is a table layer in small: each row of storage 100 had an entry in
// 101. It stands for the check of rows against index entries.
func indexHook(_ context.Context, db *DB, report func(Finding)) error {
	v := db.View()
	defer v.Release()
	r := v.At(1140)
	count := map[string]int{}
	it := r.Scan(101, nil, nil, ScanOptions{})
	for it.Next() {
		_, row, _ := bytes.Cut(it.Key(), []byte("/"))
		count[string(row)]++
	}
	if err := it.Close(); err != nil {
		return err
	}
	it = r.Scan(100, nil, nil, ScanOptions{})
	for it.Next() {
		if n := count[string(it.Key())]; n != 1 {
			report(Finding{"index entry", fmt.Sprintf("storage 101, row %s", it.Key()), fmt.Sprintf("%d entries", n)})
		}
	}
	return it.Close()
}

// Each fault alone must be found and named.
func TestDoctorNamesDamage(t *testing.T) {
	past := func(t *testing.T, eng *pebble.DB) []byte {
		it, err := eng.NewIter(&pebble.IterOptions{LowerBound: appendStorage(nil, spacePast, 100), UpperBound: appendStorage(nil, spacePast, 101)})
		must(t, err)
		defer it.Close()
		if !it.First() {
			t.Fatal("no past entry")
		}
		return slices.Clone(it.Key())
	}
	list := func(t *testing.T, eng *pebble.DB, seq Seq) []byte {
		val, closer, err := eng.Get(changesKey(nil, 1, seq, 0))
		must(t, err)
		defer closer.Close()
		return slices.Clone(val)
	}
	tests := []struct {
		name   string
		damage func(t *testing.T, fs *vfs.MemFS)
		what   string // the kind that must be among the findings
		where  string
	}{
		{"nothing", func(*testing.T, *vfs.MemFS) {}, "", ""},
		{"table block", func(t *testing.T, fs *vfs.MemFS) { flip(t, fs, fileOf(t, fs, "", ".sst"), 2000) }, "table file", ".sst"},
		{"log", func(t *testing.T, fs *vfs.MemFS) { flip(t, fs, newestLog(t, fs), 3000) }, "log", ".log"},
		{"manifest", func(t *testing.T, fs *vfs.MemFS) { flip(t, fs, fileOf(t, fs, "MANIFEST-", ""), 30) }, "manifest", "MANIFEST-"},
		{"format file", func(t *testing.T, fs *vfs.MemFS) { flip(t, fs, formatFile, 0) }, "format file", formatFile},
		{"past entry lost", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) { must(t, eng.Delete(past(t, eng), pebble.Sync)) })
		}, "past entry", "storage 100"},
		{"past entry changed", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) { must(t, eng.Set(past(t, eng), []byte("other"), pebble.Sync)) })
		}, "chain", "commit "},
		{"past entry added", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) {
				must(t, eng.Set(appendPast(nil, 100, []byte("ghost"), 5, 9), []byte("x"), pebble.Sync))
			})
		}, "past entry", "storage 100"},
		{"change-list entry lost", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) { must(t, eng.Delete(changesKey(nil, 1, 77, 0), pebble.Sync)) })
		}, "change list", "commit 77"},
		{"change-list entry changed", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) {
				val := list(t, eng, 77)
				val[len(val)-1] ^= 1 // the changed columns
				must(t, eng.Set(changesKey(nil, 1, 77, 0), val, pebble.Sync))
			})
		}, "chain", "commit 77"},
		{"chain link", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) {
				must(t, eng.Set(chainKey(nil, 1024), make([]byte, 32), pebble.Sync))
			})
		}, "chain", "commit 1024"},
		{"commit record lost", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) { must(t, eng.Delete(commitKey(nil, 500), pebble.Sync)) })
		}, "commit record", "commit 501"},
		{"commit record changed", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) {
				val, closer, err := eng.Get(commitKey(nil, 20))
				must(t, err)
				val = bytes.Replace(slices.Clone(val), []byte("ada"), []byte("eve"), 1)
				closer.Close()
				must(t, eng.Set(commitKey(nil, 20), val, pebble.Sync))
			})
		}, "chain", "commit 20"},
		{"rewritten row changed", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) {
				key := appendPresent(nil, 102, []byte("row2"))
				val, closer, err := eng.Get(key)
				must(t, err)
				val = append(slices.Clone(val), '!')
				closer.Close()
				must(t, eng.Set(key, val, pebble.Sync))
			})
		}, "chain", "commit 1142"},
		{"index entry lost", func(t *testing.T, fs *vfs.MemFS) {
			edit(t, fs, func(eng *pebble.DB) {
				must(t, eng.Delete(appendPresent(nil, 101, []byte("value36-0/row36")), pebble.Sync))
			})
		}, "index entry", "row36"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			fs := healthy(t)
			tc.damage(t, fs)
			o := smallOptions
			o.FS = fs
			var got []Finding
			err := Doctor(context.Background(), "db", o, func(f Finding) { got = append(got, f) }, indexHook)
			if err != nil {
				t.Fatal(err)
			}
			if tc.what == "" {
				if len(got) > 0 {
					t.Fatalf("findings in a healthy database: %v", got)
				}
				return
			}
			if !slices.ContainsFunc(got, func(f Finding) bool {
				return f.What == tc.what && strings.Contains(f.Where, tc.where)
			}) {
				t.Fatalf("want %s at %s among %v", tc.what, tc.where, got)
			}
		})
	}
}

// A damaged block must be an error that names the file, never a wrong row, and
// the rest stays readable.
func TestReadOfDamagedBlock(t *testing.T) {
	fs := healthy(t)
	db := openSmall(t, fs, nil)
	commit(t, db, func(b *Batch) {
		for i := range uint64(3000) {
			var tuple []byte
			for range 12 {
				tuple = binary.BigEndian.AppendUint64(tuple, rand.Uint64())
			}
			b.Put(200, benchKey(nil, i), tuple)
		}
	})
	must(t, db.Compact(context.Background()))
	must(t, db.Close())
	name := fileOf(t, fs, "", ".sst")
	flip(t, fs, name, 150_000)
	o := smallOptions
	o.FS, o.ReadOnly = fs, true
	db, err := Open("db", o)
	must(t, err)
	defer db.Close()
	v := db.View()
	defer v.Release()
	_, bad := drain(v.Scan(200, nil, nil, ScanOptions{}))
	if _, err := drain(v.Scan(102, nil, nil, ScanOptions{})); err != nil {
		t.Errorf("another storage: %v", err)
	}
	if ver, ok, err := v.Get(200, benchKey(nil, 0)); err != nil || !ok || len(ver.Tuple) != 96 {
		t.Errorf("a row of another block: %v %v", ok, err)
	}
	if bad == nil || !strings.Contains(bad.Error(), "damaged") || !strings.Contains(bad.Error(), strings.TrimSuffix(name, ".sst")) {
		t.Fatalf("reading around a damaged block of %s: %v", name, bad)
	}
}
