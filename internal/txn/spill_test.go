package txn

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

// openSpilling opens a database on fs whose transactions keep almost nothing in
// memory.
func openSpilling(t testing.TB, fs store.FS) (*Manager, func()) {
	t.Helper()
	db, err := store.Open("db", store.Options{FS: fs, BallastBytes: -1, MemTableBytes: 256 << 10, CacheBytes: 4 << 20,
		OnFatal: func(err error) { t.Errorf("fatal: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	return NewManager(db, Settings{SpillBytes: 4 << 10}), func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// bulk is what one transaction does to many rows, and what is expected of it.
type bulk struct {
	model   map[string]string
	changes map[string]string // by key, as the change list has it
}

// run does random work on many keys with savepoints; it leaves the transaction
// open.
func (b *bulk) run(t testing.TB, m *Manager, rng *rand.Rand) *Tx {
	t.Helper()
	committed := maps.Clone(b.model)
	tx := m.Begin(Options{})
	tx.SetSpace(data, &Space{Table: 1})
	type save struct {
		n     int
		model map[string]string
	}
	var saves []save
	for range 3000 {
		switch rng.IntN(400) {
		case 0:
			saves = append(saves, save{tx.Savepoint(), maps.Clone(b.model)})
		case 1:
			if n := len(saves); n > 0 {
				n = rng.IntN(n)
				tx.RollbackTo(saves[n].n)
				b.model = maps.Clone(saves[n].model)
				saves = saves[:n+1]
			}
		}
		key := fmt.Sprintf("k%05d", rng.IntN(1500))
		img, found, err := tx.Newest(data, []byte(key))
		if err != nil || found != (b.model[key] != "") || found && string(img.Tuple) != b.model[key] {
			t.Fatalf("%s reads %q %v %v, want %q", key, img.Tuple, found, err, b.model[key])
		}
		base := Unknown()
		if found && !img.Own && rng.IntN(2) == 0 {
			base = Known(img)
		}
		if found && rng.IntN(4) == 0 {
			delete(b.model, key)
			err = tx.Delete(data, []byte(key), base)
		} else {
			b.model[key] = fmt.Sprintf("t%d", rng.IntN(1000))
			err = tx.Put(data, []byte(key), []byte(b.model[key]), base)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.changes = map[string]string{}
	for k, v := range b.model {
		switch was, ok := committed[k]; {
		case !ok:
			b.changes[k] = "insert"
		case was != v:
			b.changes[k] = "update"
		}
	}
	for k := range committed {
		if _, ok := b.model[k]; !ok {
			b.changes[k] = "delete"
		}
	}
	return tx
}

// expect compares the store's newest state, and the last commit's change list,
// with the model.
func (b *bulk) expect(t testing.TB, m *Manager, seq store.Seq) {
	t.Helper()
	v := m.db.View()
	defer v.Release()
	got := map[string]string{}
	it := v.At(seq).Scan(data, nil, nil, store.ScanOptions{})
	for it.Next() {
		got[string(it.Key())] = string(it.Tuple())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, b.model) {
		t.Fatalf("%d rows at %d, want %d", len(got), seq, len(b.model))
	}
	changes := map[string]string{}
	cs := m.db.Changes(1, seq, seq)
	last := ""
	for cs.Next() {
		k := string(cs.Change().Key)
		if k <= last {
			t.Errorf("%s follows %s", k, last)
		}
		changes[k], last = cs.Change().Op.String(), k
	}
	if err := cs.Close(); err != nil || !maps.Equal(changes, b.changes) {
		t.Fatalf("the change list has %d entries, want %d (%v)", len(changes), len(b.changes), err)
	}
}

// seen compares a new statement of a transaction with the model.
func (b *bulk) seen(t testing.TB, tx *Tx, rng *rand.Rand) {
	t.Helper()
	st, err := tx.Statement(bg)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, reverse := range []bool{false, true} {
		n, last := 0, ""
		it := st.Scan(data, nil, nil, reverse)
		for it.Next() {
			k := string(it.Key())
			if n++; string(it.Image().Tuple) != b.model[k] || last != "" && (k > last) == reverse {
				t.Fatalf("%s=%s after %s, want %q", k, it.Image().Tuple, last, b.model[k])
			}
			last = k
		}
		if err := it.Close(); err != nil || n != len(b.model) {
			t.Fatalf("%d rows, want %d (%v)", n, len(b.model), err)
		}
	}
	expectScanOf(t, rng, st, b.model)
}

func expectScanOf(t testing.TB, rng *rand.Rand, st *Statement, model map[string]string) {
	t.Helper()
	for range 20 {
		lo, hi := fmt.Sprintf("k%05d", rng.IntN(1500)), fmt.Sprintf("k%05d", rng.IntN(1500))
		want := 0
		for k := range model {
			if k >= lo && k < hi {
				want++
			}
		}
		n := 0
		it := st.Scan(data, []byte(lo), []byte(hi), rng.IntN(2) == 0)
		for it.Next() {
			n++
		}
		if err := it.Close(); err != nil || n != want {
			t.Fatalf("[%s, %s): %d rows, want %d (%v)", lo, hi, n, want, err)
		}
	}
}

// Transactions far larger than their memory, with savepoints and restarts, beside
// a map.
func TestSpilledTransactions(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	fs := vfs.NewMem()
	m, closeDB := openSpilling(t, fs)
	b := &bulk{model: map[string]string{}}
	past := map[store.Seq]map[string]string{}
	for range 5 {
		before := maps.Clone(b.model)
		tx := b.run(t, m, rng)
		if len(tx.live.runs) == 0 {
			t.Fatal("nothing was spilled")
		}
		b.seen(t, tx, rng)
		if rng.IntN(4) == 0 {
			tx.Rollback()
			b.model = before
			continue
		}
		seq, _, err := tx.Commit(bg)
		if err != nil {
			t.Fatal(err)
		}
		past[seq] = maps.Clone(b.model)
		b.expect(t, m, seq)
		closeDB()
		m, closeDB = openSpilling(t, fs)
		b.expect(t, m, seq)
	}
	for seq, model := range past { // AS OF each of them, at the end
		old := bulk{model: model}
		v := m.db.View()
		n := 0
		it := v.At(seq).Scan(data, nil, nil, store.ScanOptions{})
		for it.Next() {
			if n++; old.model[string(it.Key())] != string(it.Tuple()) {
				t.Fatalf("at %d: %s=%s", seq, it.Key(), it.Tuple())
			}
		}
		if err := it.Close(); err != nil || n != len(model) {
			t.Fatalf("at %d: %d rows, want %d (%v)", seq, n, len(model), err)
		}
		v.Release()
	}
	if names, _ := fs.List("db/load"); len(names) > 0 {
		t.Errorf("left over: %v", names)
	}
	closeDB()
	err := store.Doctor(bg, "db", store.Options{FS: fs, BallastBytes: -1}, func(f store.Finding) { t.Error(f) }, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// faults fails the operations on temporary files that it is told to.
type faults struct {
	after atomic.Int64 // operations that still succeed; negative: no faults
	reads bool
	err   error
}

func (f *faults) MaybeError(op errorfs.Op) error {
	if !strings.HasSuffix(op.Path, ".run") {
		return nil
	}
	switch op.Kind {
	case errorfs.OpFileReadAt:
		if !f.reads {
			return nil
		}
	case errorfs.OpFileWrite, errorfs.OpCreate:
		if f.reads {
			return nil
		}
	default:
		return nil
	}
	if f.after.Load() >= 0 && f.after.Add(-1) < 0 {
		f.after.Store(0)
		return f.err
	}
	return nil
}

func (f *faults) String() string { return "faults" }

// A temporary file that cannot be written or read ends the transaction with an
// error, and nothing of it remains.
func TestSpillErrors(t *testing.T) {
	for _, reads := range []bool{false, true} {
		failed := 0
		for after := int64(0); after < 400; after = after*2 + 1 {
			f := &faults{reads: reads, err: errors.New("input/output error")}
			if !reads {
				f.err = syscall.ENOSPC
			}
			f.after.Store(-1)
			mem := vfs.NewMem()
			m, closeDB := openSpilling(t, errorfs.Wrap(mem, f))
			f.after.Store(after)
			tx := m.Begin(Options{})
			tx.SetSpace(data, &Space{Table: 1})
			err := fill(tx)
			if err == nil {
				_, _, err = tx.Commit(bg)
			}
			f.after.Store(-1)
			tx.Rollback()
			v := m.db.View()
			it := v.Scan(data, nil, nil, store.ScanOptions{})
			some := it.Next()
			if cerr := it.Close(); cerr != nil || some != (err == nil) {
				t.Errorf("after %d: %v, rows there: %v", after, err, some)
			}
			v.Release()
			if err != nil {
				failed++
				if !reads && pgerr.CodeOf(err) != pgcode.DiskFull {
					t.Errorf("a full disk gives %v", err)
				}
			}
			if names, _ := mem.List("db/load"); len(names) > 0 {
				t.Errorf("left over: %v", names)
			}
			closeDB()
		}
		if failed < 3 {
			t.Errorf("reads %v: only %d transactions failed", reads, failed)
		}
	}
}

// fill writes and rewrites keys out of order.
func fill(tx *Tx) error {
	for i := range 2000 {
		key := []byte(fmt.Sprint(i * 7919 % 1000))
		if _, _, err := tx.Newest(data, key); err != nil {
			return err
		}
		if err := tx.Put(data, key, fmt.Appendf(nil, "tuple %d", i), None()); err != nil {
			return err
		}
	}
	return nil
}

// The power fails at random moments of large transactions: every commit that was
// answered is whole afterwards, the one under way is whole or absent.
func TestSpilledPowerCuts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	mem := vfs.NewCrashableMem()
	type cut struct {
		fs    *vfs.MemFS
		acked store.Seq
	}
	var cuts []cut
	var acked atomic.Uint64
	var mu sync.Mutex // protects ops, next and cuts; several goroutines write files
	ops, next := 0, 50
	hook := errorfs.InjectorFunc(func(op errorfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		if ops++; ops == next {
			power := vfs.CrashCloneCfg{UnsyncedDataPercent: ops % 101, RNG: rand.New(rand.NewPCG(seed, uint64(ops)))}
			cuts = append(cuts, cut{mem.CrashClone(power), store.Seq(acked.Load())})
			next += ops%61 + 60
		}
		return nil
	})
	m, closeDB := openSpilling(t, errorfs.Wrap(mem, hook))
	b := &bulk{model: map[string]string{}}
	states := map[store.Seq]bulk{0: {model: map[string]string{}, changes: map[string]string{}}}
	for range 3 {
		tx := b.run(t, m, rng)
		states[store.Seq(acked.Load())+1] = bulk{model: maps.Clone(b.model), changes: maps.Clone(b.changes)}
		seq, _, err := tx.Commit(bg)
		if err != nil {
			t.Fatal(err)
		}
		acked.Store(uint64(seq))
	}
	closeDB()
	if len(cuts) < 10 {
		t.Errorf("only %d cuts", len(cuts))
	}
	for _, c := range cuts {
		m, closeDB := openSpilling(t, c.fs)
		last := m.db.LastSeq()
		if last < c.acked || last > c.acked+1 {
			t.Fatalf("the last commit is %d, %d was answered", last, c.acked)
		}
		for seq := range last + 1 {
			want := states[seq]
			want.expect(t, m, seq)
		}
		if names, _ := c.fs.List("db/load"); len(names) > 0 {
			t.Errorf("left over: %v", names)
		}
		closeDB()
	}
}

// What a transaction had written to files when the process ended is gone at the
// next start.
func TestSpillLeftOver(t *testing.T) {
	mem := vfs.NewCrashableMem()
	m, closeDB := openSpilling(t, mem)
	tx := m.Begin(Options{})
	if err := fill(tx); err != nil {
		t.Fatal(err)
	}
	clone := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	tx.Rollback()
	closeDB()
	if names, _ := clone.List("db/load"); len(names) == 0 {
		t.Fatal("there was no file")
	}
	_, closeDB = openSpilling(t, clone)
	defer closeDB()
	if names, _ := clone.List("db/load"); len(names) > 0 {
		t.Errorf("left over: %v", names)
	}
}

// A Loader sorts what it gets, in memory and beyond it, and finds duplicates.
func TestLoader(t *testing.T) {
	for _, n := range []int{10, 5000} {
		for _, twice := range []int{-1, 0, n - 1} {
			m, closeDB := openSpilling(t, vfs.NewMem())
			tx := m.Begin(Options{})
			id, err := tx.NewStorage()
			if err != nil {
				t.Fatal(err)
			}
			wrong := errors.New("duplicate")
			l := tx.NewLoader(id, 1, func([]byte) error { return wrong })
			for i := range n {
				if err == nil {
					err = l.Add(fmt.Appendf(nil, "%06d", i*7919%n), fmt.Appendf(nil, "%d", i))
				}
			}
			if twice >= 0 && err == nil {
				err = l.Add(fmt.Appendf(nil, "%06d", twice), nil)
			}
			if err == nil {
				err = l.Finish()
			}
			if twice >= 0 {
				if !errors.Is(err, wrong) {
					t.Errorf("%d entries, %d twice: %v", n, twice, err)
				}
				tx.Rollback()
				closeDB()
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			seq, _, err := tx.Commit(bg)
			if err != nil {
				t.Fatal(err)
			}
			v := m.db.View()
			it := v.Scan(id, nil, nil, store.ScanOptions{})
			got := 0
			for it.Next() {
				if string(it.Key()) != fmt.Sprintf("%06d", got) || it.Start() != seq {
					t.Fatalf("entry %d is %s", got, it.Key())
				}
				got++
			}
			if err := it.Close(); err != nil || got != n {
				t.Fatal(got, err)
			}
			v.Release()
			closeDB()
		}
	}
}
