package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

const loadRows0 = 3000

func loadKeyOf(i int) []byte { return benchKey(nil, uint64(i)) }

// fillLoad makes the effect of one large transaction on storages 100 (rows) and
// 101 (an index): of the rows 0..999 from before, a third is deleted, a third
// changed; many are new.
func fillLoad(b *Batch) {
	for i := range loadRows0 {
		key, was := loadKeyOf(i), []byte("before")
		switch {
		case i >= 1000:
			tuple := fmt.Appendf(nil, "new %d", i)
			b.Put(100, key, tuple)
			b.Change(1, 100, OpInsert, key, nil, nil, tuple)
		case i%3 == 0:
			b.Delete(100, key, 1, was)
			b.Change(1, 100, OpDelete, key, nil, nil, nil)
		case i%3 == 1:
			tuple := fmt.Appendf(nil, "changed %d", i)
			b.Replace(100, key, 1, was, tuple)
			b.Change(1, 100, OpUpdate, key, nil, []byte{2}, tuple)
		}
	}
	for i := 1000; i < loadRows0; i++ {
		b.Put(101, loadKeyOf(i), nil)
	}
}

func fillBefore(b *Batch) {
	for i := range 1000 {
		b.Put(100, loadKeyOf(i), []byte("before"))
		b.Change(1, 100, OpInsert, loadKeyOf(i), nil, nil, []byte("before"))
	}
}

// commitLoaded commits fillLoad as a load.
func commitLoaded(db *DB) (Seq, error) {
	b, err := db.NewLoad()
	if err != nil {
		return 0, err
	}
	b.SetMeta(Meta{TxID: 5, User: "ada"})
	fillLoad(b)
	seq, _, err := db.Commit(context.Background(), b)
	return seq, err
}

// everything prints all that can be read of the two storages and their log.
func everything(t testing.TB, db *DB) string {
	t.Helper()
	var out strings.Builder
	v := db.View()
	defer v.Release()
	for _, id := range []StorageID{100, 101, 102} {
		for at := range v.Seq() + 1 {
			fmt.Fprintf(&out, "%d at %d: %s\n", id, at, dump(t, v.At(at).Scan(id, nil, nil, ScanOptions{Reverse: at%2 == 1})))
		}
		fmt.Fprintf(&out, "%d: %s\n", id, dump(t, v.History(id, nil, nil, 0, MaxSeq)))
	}
	for _, table := range []uint32{1, 2} {
		cs := db.Changes(table, 0, MaxSeq)
		for cs.Next() {
			fmt.Fprintf(&out, "%+v\n", *cs.Change())
		}
		must(t, cs.Close())
	}
	return out.String()
}

// A load answers every question as the same commit from memory does, before and
// after a restart and a compaction, and for versions that end later.
func TestLoadEqualsBatch(t *testing.T) {
	var want string
	for _, loaded := range []bool{false, true} {
		fs := vfs.NewMem()
		db := openSmall(t, fs, nil)
		db.loadFile = 8 << 10
		commit(t, db, fillBefore)
		if loaded {
			if seq, err := commitLoaded(db); err != nil || seq != 2 {
				t.Fatal(seq, err)
			}
			if db.eng.Metrics().Ingest.Count == 0 {
				t.Error("no table was ingested")
			}
		} else {
			commit(t, db, fillLoad)
		}
		commit(t, db, func(b *Batch) { // ends what the load made
			b.Replace(100, loadKeyOf(1), 2, []byte("changed 1"), []byte("later"))
			b.Change(1, 100, OpUpdate, loadKeyOf(1), nil, []byte{2}, []byte("later"))
			b.Delete(100, loadKeyOf(1000), 2, []byte("new 1000"))
			b.Change(1, 100, OpDelete, loadKeyOf(1000), nil, nil, nil)
		})
		check := func(when string) {
			t.Helper()
			got := everything(t, db)
			if !loaded {
				want = got
			} else if got != want {
				t.Fatalf("%s: the load reads differently (%d bytes, want %d)", when, len(got), len(want))
			}
		}
		check("at once")
		must(t, db.Close())
		if got := doctorFindings(t, fs); got != "" {
			t.Fatal(got)
		}
		db = openSmall(t, fs, nil)
		check("after a restart")
		must(t, db.Compact(context.Background()))
		check("compacted")
		must(t, db.Close())
		if names, _ := fs.List("db/" + loadDir); len(names) > 0 {
			t.Errorf("left over: %v", names)
		}
	}
}

// A rewrite's entry covers the rows of a load.
func TestLoadRewrite(t *testing.T) {
	fs := vfs.NewMem()
	db := openSmall(t, fs, nil)
	commit(t, db, fillBefore)
	b, err := db.NewLoad()
	must(t, err)
	b.Freeze(100)
	b.Rewriting(102)
	for i := range 1000 {
		b.Put(102, loadKeyOf(i), []byte("wider"))
	}
	b.Rewrite(1, 102)
	b.Change(1, 102, OpUpdate, loadKeyOf(7), nil, nil, []byte("wider"))
	_, _, err = db.Commit(context.Background(), b)
	must(t, err)
	b, err = db.NewLoad()
	must(t, err)
	b.Rewrite(1, 102)
	if b.Err() == nil {
		t.Error("a rewrite that was not announced")
	}
	b.Close()
	must(t, db.Close())
	if got := doctorFindings(t, fs); got != "" {
		t.Fatal(got)
	}
}

// stepper calls a function before every operation on files that matters.
type stepper struct {
	mu sync.Mutex
	on func(n int, op errorfs.Op) error
	n  int
}

func (s *stepper) MaybeError(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpStat, errorfs.OpFileStat, errorfs.OpFileClose, errorfs.OpGetDiskUsage, errorfs.OpList, errorfs.OpLock:
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on == nil {
		return nil
	}
	s.n++
	return s.on(s.n, op)
}

func (s *stepper) set(on func(int, errorfs.Op) error) {
	s.mu.Lock()
	s.on, s.n = on, 0
	s.mu.Unlock()
}

func (s *stepper) String() string { return "stepper" }

// everyStep returns 1 in the long form of these tests, n otherwise.
func everyStep(n int) int {
	if os.Getenv("DRIFTDB_EVERY_STEP") != "" {
		return 1
	}
	return n
}

// The power fails before every single operation of a load, with and without the
// unsynced data. Afterwards the commits before it are whole, the load is whole or
// absent, and present if it was answered.
func TestLoadPowerCuts(t *testing.T) {
	step := everyStep(6)
	for _, flushed := range []bool{false, true} { // the engine ingests beside a memtable, or onto it
		mem := vfs.NewCrashableMem()
		s := &stepper{}
		db := openSmall(t, errorfs.Wrap(mem, s), nil)
		db.loadFile = 16 << 10
		commit(t, db, fillBefore)
		if flushed {
			must(t, db.eng.Flush())
		}
		before := everything(t, db)
		type cut struct {
			fs    *vfs.MemFS
			op    string
			acked bool
		}
		var cuts []cut
		var acked atomic.Bool
		rng := rand.New(rand.NewPCG(1, 2))
		s.set(func(n int, op errorfs.Op) error {
			if n%step != 0 {
				return nil
			}
			for _, percent := range []int{0, 50} {
				cuts = append(cuts, cut{mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng}), fmt.Sprint(n, op), acked.Load()})
			}
			return nil
		})
		if _, err := commitLoaded(db); err != nil {
			t.Fatal(err)
		}
		acked.Store(true)
		must(t, db.eng.Flush())
		s.set(nil)
		cuts = append(cuts, cut{mem.CrashClone(vfs.CrashCloneCfg{}), "at the end", true})
		after := everything(t, db)
		must(t, db.Close())
		whole, absent := 0, 0
		for i, c := range cuts {
			db := openSmall(t, c.fs, nil)
			switch got := everything(t, db); {
			case got == after:
				whole++
			case got == before && !c.acked:
				absent++
			default:
				t.Fatalf("cut %d of %d before operation %s: the load is torn, or lost (answered: %v, last commit %d)", i, len(cuts), c.op, c.acked, db.LastSeq())
			}
			commit(t, db, func(b *Batch) { b.Put(103, []byte("later"), nil) })
			if names, _ := c.fs.List("db/" + loadDir); len(names) > 0 {
				t.Errorf("left over: %v", names)
			}
			must(t, db.Close())
			if i%16 == 0 && step == 1 || i == len(cuts)/2 {
				if got := doctorFindings(t, c.fs); got != "" {
					t.Fatalf("cut before %s: %s", c.op, got)
				}
			}
		}
		if whole == 0 || absent == 0 {
			t.Errorf("%d cuts left the load whole, %d absent", whole, absent)
		}
	}
}

// Every operation of a load fails once. The load is then refused without any
// effect, or the store stops and the next start decides; it is never torn.
func TestLoadErrors(t *testing.T) {
	step := everyStep(9)
	for _, full := range []bool{false, true} {
		refused, stopped := 0, 0
		for fault, done := 1+rand.IntN(step), false; !done; fault += step {
			mem := vfs.NewCrashableMem()
			s := &stepper{}
			var fatal atomic.Bool
			db := openSmall(t, errorfs.Wrap(mem, s), func(o *Options) { o.OnFatal = func(error) { fatal.Store(true) } })
			db.loadFile = 16 << 10
			commit(t, db, fillBefore)
			before := everything(t, db)
			inject := errors.New("input/output error")
			if full {
				inject = syscall.ENOSPC
			}
			hit := ""
			s.set(func(n int, op errorfs.Op) error {
				if n == fault && op.Kind != errorfs.OpRemove {
					hit = fmt.Sprint(op)
					return inject
				}
				return nil
			})
			_, err := commitLoaded(db)
			s.mu.Lock()
			done = s.n < fault
			s.mu.Unlock()
			s.set(nil)
			switch {
			case fatal.Load():
				stopped++
				close(db.stop) // as the process ends
				db.stopped.Wait()
				mem = mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
				db = openSmall(t, mem, nil)
				if got := everything(t, db); got != before && db.LastSeq() != 2 {
					t.Fatalf("fault %d (%s): torn after the restart", fault, hit)
				}
			case err != nil:
				refused++
				if full && !errors.Is(err, ErrDiskFull) {
					t.Errorf("fault %d (%s): %v", fault, hit, err)
				}
				if got := everything(t, db); got != before {
					t.Fatalf("fault %d (%s): something of the load shows", fault, hit)
				}
				// A moment after the number was given back is still answered.
				if _, err := db.SeqAt(context.Background(), db.Now()); err != nil {
					t.Fatal(err)
				}
				if seq := commit(t, db, func(b *Batch) { b.Put(103, []byte("later"), nil) }); seq != 2 {
					t.Fatalf("the next commit got %d", seq)
				}
			}
			if names, _ := mem.List("db/" + loadDir); len(names) > 0 && hit != "" && !strings.Contains(hit, "remove") {
				t.Errorf("fault %d (%s): left over %v", fault, hit, names)
			}
			must(t, db.Close())
			if got := doctorFindings(t, mem); got != "" {
				t.Fatalf("fault %d (%s): %s", fault, hit, got)
			}
		}
		if refused == 0 || step == 1 && refused < 20 {
			t.Errorf("%d loads were refused, %d stopped the store", refused, stopped)
		}
		t.Logf("disk full %v: %d refused, %d stopped", full, refused, stopped)
	}
}

// A full reserve refuses a load, and its files do not use it up.
func TestLoadDiskFull(t *testing.T) {
	mem := vfs.NewMem()
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 4 << 30, TotalBytes: 8 << 30})
	db := openSmall(t, mem, func(o *Options) { o.BallastBytes = 1 << 20 })
	defer db.Close()
	commit(t, db, fillBefore)
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 64 << 20, TotalBytes: 8 << 30})
	if _, err := commitLoaded(db); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a load on a small disk: %v", err)
	}
	if _, err := db.NewScratch(1 << 30); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a scratch file on a small disk: %v", err)
	}
	commit(t, db, func(b *Batch) { b.Put(103, []byte("small"), nil) })
}

// Damage in the files of a load, and of what says what it became, is found.
func TestLoadDamage(t *testing.T) {
	build := func() *vfs.MemFS {
		fs := vfs.NewCrashableMem()
		db := openSmall(t, fs, nil)
		commit(t, db, fillBefore)
		must(t, db.eng.Flush())
		if _, err := commitLoaded(db); err != nil {
			t.Fatal(err)
		}
		must(t, db.Close())
		return fs
	}
	for name, damage := range map[string]func(fs *vfs.MemFS){
		"a byte of a file": func(fs *vfs.MemFS) { flip(t, fs, fileOf(t, fs, "", ".sst"), 2000) },
		"no commit": func(fs *vfs.MemFS) {
			edit(t, fs, func(e *pebble.DB) { must(t, e.Delete(loadKey(nil, 1), pebble.Sync)) })
		},
		"another commit": func(fs *vfs.MemFS) {
			edit(t, fs, func(e *pebble.DB) { must(t, e.Set(loadKey(nil, 1), []byte{0, 0, 0, 0, 0, 0, 0, 1}, pebble.Sync)) })
		},
		"a commit to come": func(fs *vfs.MemFS) {
			edit(t, fs, func(e *pebble.DB) { must(t, e.Set(loadKey(nil, 1), []byte{0, 0, 0, 0, 0, 0, 0, 9}, pebble.Sync)) })
		},
		"no list": func(fs *vfs.MemFS) {
			edit(t, fs, func(e *pebble.DB) { must(t, e.Delete(loadChangesKey(nil, 1, 1, 0), pebble.Sync)) })
		},
		"a row": func(fs *vfs.MemFS) {
			edit(t, fs, func(e *pebble.DB) { must(t, e.Delete(appendPresent(nil, 100, loadKeyOf(2000)), pebble.Sync)) })
		},
	} {
		fs := build()
		damage(fs)
		if doctorFindings(t, fs) == "" {
			t.Errorf("%s: the doctor finds nothing", name)
		}
	}
}

// Readers, small commits and loads at the same time: everybody sees whole commits
// only, and each moment answers the same for ever.
func TestLoadsBesideCommits(t *testing.T) {
	fs := vfs.NewMem()
	db := openSmall(t, fs, nil)
	var stop atomic.Bool
	var workers, readers sync.WaitGroup
	const rows = 200
	workers.Go(func() { // rewrites all rows of storage 100 with every load
		starts := make([]Seq, rows)
		for round := range 25 {
			b, err := db.NewLoad()
			if err != nil {
				t.Error(err)
				return
			}
			tuple, old := fmt.Appendf(nil, "%d", round), fmt.Appendf(nil, "%d", round-1)
			for i := range rows {
				if round == 0 {
					b.Put(100, loadKeyOf(i), tuple)
				} else {
					b.Replace(100, loadKeyOf(i), starts[i], old, tuple)
				}
				b.Change(1, 100, OpUpdate, loadKeyOf(i), nil, nil, tuple)
			}
			seq, _, err := db.Commit(context.Background(), b)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range starts {
				starts[i] = seq
			}
		}
	})
	for w := range 2 {
		workers.Go(func() {
			for i := range 200 {
				commit(t, db, func(b *Batch) { b.Put(101, []byte{byte(w), byte(i)}, nil) })
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for !stop.Load() {
				v := db.View()
				at := Seq(rand.Uint64N(uint64(v.Seq()) + 1))
				for _, r := range []Reader{v.Reader, v.At(at)} {
					first, n := "", 0
					it := r.Scan(100, nil, nil, ScanOptions{})
					for it.Next() {
						if n++; n == 1 {
							first = string(it.Tuple())
						}
						if string(it.Tuple()) != first || it.Start() > r.Seq() || it.End() <= r.Seq() {
							t.Errorf("at %d: %s beside %s, period [%d, %d)", r.Seq(), it.Tuple(), first, it.Start(), it.End())
						}
					}
					if err := it.Close(); err != nil || n != 0 && n != rows {
						t.Errorf("at %d: %d rows (%v)", r.Seq(), n, err)
					}
				}
				v.Release()
			}
		})
	}
	workers.Wait()
	stop.Store(true)
	readers.Wait()
	must(t, db.Close())
	o := smallOptions
	o.FS = fs
	db, err := Open("db", o)
	must(t, err)
	if got := db.LastSeq(); got != 425 {
		t.Errorf("last commit %d", got)
	}
	must(t, db.Close())
}

// A directory of format 1 keeps it until its first load.
func TestLoadRaisesFormat(t *testing.T) {
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(fixture1)))
	o := fixtureOptions()
	o.AllowClockStep = true
	version := func() string {
		b, err := os.ReadFile(filepath.Join(dir, formatFile))
		must(t, err)
		return strings.TrimPrefix(strings.TrimSpace(string(b)), formatMagic)
	}
	db, err := Open(dir, o)
	must(t, err)
	commit(t, db, func(b *Batch) { b.Put(200, []byte("a"), nil) })
	if got := version(); got != "1" {
		t.Errorf("a small commit made it format %s", got)
	}
	b, err := db.NewLoad()
	must(t, err)
	b.Put(200, []byte("b"), nil)
	_, _, err = db.Commit(context.Background(), b)
	must(t, err)
	if got := version(); got != "2" {
		t.Errorf("a load left it format %s", got)
	}
	must(t, db.Close())
	must(t, Doctor(context.Background(), dir, o, func(f Finding) { t.Error(f) }, nil))
}
