package crash

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// faultKinds are the operations of a disk that fail together. Slow ones succeed.
var faultKinds = []struct {
	name  string
	ops   []errorfs.OpKind
	files []string // parts of names; one of them is chosen
	slow  bool
}{
	{name: "read", ops: []errorfs.OpKind{errorfs.OpFileRead, errorfs.OpFileReadAt, errorfs.OpOpen, errorfs.OpStat, errorfs.OpList, errorfs.OpFileStat}, files: []string{"", ".sst"}},
	{name: "write", ops: []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpCreate, errorfs.OpReuseForWrite, errorfs.OpFilePreallocate}, files: []string{"", ".sst", ".log", "MANIFEST"}},
	{name: "fsync", ops: []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo, errorfs.OpFileFlush}, files: []string{"", ".sst", ".log", "MANIFEST"}},
	{name: "rename", ops: []errorfs.OpKind{errorfs.OpRename, errorfs.OpLink, errorfs.OpReuseForWrite, errorfs.OpRemove, errorfs.OpOpenDir}, files: []string{"", ".sst", ".log"}},
	{name: "slow", slow: true, files: []string{""}, ops: []errorfs.OpKind{
		errorfs.OpFileRead, errorfs.OpFileReadAt, errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo, errorfs.OpCreate, errorfs.OpRename,
	}},
}

// badDisk is an injector that fails one kind of operations at random. It is safe
// for concurrent use.
type badDisk struct {
	mu    sync.Mutex // protects all
	rng   *rand.Rand
	on    bool
	kind  int
	every int    // one of so many operations fails
	left  int    // so many failures
	only  string // on files with this in their names
	hits  int
}

// breakDown chooses what fails from now on.
func (d *badDisk) breakDown(kind int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	pick := func(list ...int) int { return list[d.rng.IntN(len(list))] }
	d.on, d.kind, d.hits = true, kind, 0
	d.every, d.left = pick(1, 5, 50), pick(1, 3, 1<<30)
	d.only = faultKinds[kind].files[d.rng.IntN(len(faultKinds[kind].files))]
}

func (d *badDisk) repair() (hits int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.on = false
	return d.hits
}

// MaybeError implements errorfs.Injector.
func (d *badDisk) MaybeError(op errorfs.Op) error {
	d.mu.Lock()
	k := &faultKinds[d.kind]
	hit := d.on && d.left > 0 && slices.Contains(k.ops, op.Kind) && strings.Contains(op.Path, d.only) && d.rng.IntN(d.every) == 0
	if !hit {
		d.mu.Unlock()
		return nil
	}
	d.hits++
	pause := time.Duration(d.rng.IntN(5000)) * time.Microsecond
	if !k.slow {
		d.left--
	}
	d.mu.Unlock()
	if k.slow {
		time.Sleep(pause)
		return nil
	}
	return &fs.PathError{Op: k.name, Path: op.Path, Err: syscall.EIO}
}

// String implements errorfs.Injector.
func (d *badDisk) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprintf("%s, 1 of %d, up to %d times, on files %q: %d hits", faultKinds[d.kind].name, d.every, d.left, d.only, d.hits)
}

// life is one life of the process. A fatal error ends it: what the disk holds then,
// after a power cut besides, is what the next one finds.
type life struct {
	b     *bank
	e     *engine.Engine
	fs    *vfs.MemFS
	dead  atomic.Bool
	died  chan struct{} // closed when dead gets true
	mu    sync.Mutex    // protects what follows
	left  *vfs.MemFS    // what a fatal error left
	acked []int64       // what had been promised by then
	seq   int64
}

// begin opens the database on a disk.
func begin(b *bank, disk *vfs.MemFS, bad *badDisk, seed uint64) (*life, error) {
	l := &life{b: b, fs: disk, died: make(chan struct{})}
	o := engine.Options{FS: errorfs.Wrap(disk, bad), CacheBytes: 256 << 10, OnFatal: func(error) {
		l.die(seed)
		select {} // the process is no more
	}}
	opened := make(chan error, 1)
	go func() {
		var err error
		l.e, err = engine.Open("db", o)
		opened <- err
	}()
	select {
	case err := <-opened:
		return l, err
	case <-l.died:
		return l, store.ErrFailed
	}
}

// die notes what is there when the process stops. What its goroutines still do is
// of no effect.
func (l *life) die(seed uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == nil {
		if l.b != nil {
			l.acked, l.seq = l.b.promised()
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		l.left = l.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		l.dead.Store(true)
		close(l.died)
	}
}

// disk is what the life ended with.
func (l *life) disk() *vfs.MemFS {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left != nil {
		return l.left
	}
	return l.fs
}

// failedCleanly reports whether an error is one that a bad disk may cause.
func failedCleanly(err error) bool {
	switch sqlconn.Code(err) {
	case "58030", "XX001", "53100", "57P02":
		return true
	}
	return false
}

// The disk fails at random, in reads, writes, fsyncs or renames, or gets slow.
// Every statement is answered rightly or with a clean error, and then nothing of it
// is there; or the process stops. When the disk is well again, service goes on,
// without a restart if the process lives; nothing acknowledged is lost either way.
func TestDiskFaults(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	bad := &badDisk{rng: rand.New(rand.NewPCG(seed, 2)), every: 1}
	disk := store.CrashableFS()
	l, err := begin(nil, disk, bad, seed)
	if err != nil {
		t.Fatal(err)
	}
	b := newBank(t, connect(t, l.e), writers)
	b.others, l.b = true, b
	hits := make([]int, len(faultKinds))
	begun := time.Now()
	for round := range setting(t, "DRIFTDB_CRASH_FAULTS", len(faultKinds)) {
		kind := round % len(faultKinds)
		acked, seq := faultyRound(t, rng, l, bad, kind)
		was := bad.String()
		t.Logf("round %d, %v: %s; stopped: %v", round, time.Since(begun).Round(time.Millisecond), was, l.dead.Load())
		hits[kind] += bad.repair()
		stopped := l.dead.Load()
		if !stopped && rng.IntN(2) == 0 {
			l.die(seed + uint64(round)) // the power goes, too
		}
		if !stopped {
			if err := l.e.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		disk = l.disk()
		doctor(t, "db", store.Options{FS: disk})
		if l, err = begin(b, disk, bad, seed+uint64(round)); err != nil {
			t.Fatalf("round %d, after %s: open: %v", round, was, err)
		}
		b.check(t, connect(t, l.e), acked, seq)
		if t.Failed() {
			t.Fatalf("round %d: %s", round, was)
		}
	}
	t.Logf("faults met: %v", hits)
	if err := l.e.Close(); err != nil {
		t.Fatal(err)
	}
}

// faultyRound runs the load while the disk misbehaves, and returns what was
// promised.
func faultyRound(t *testing.T, rng *rand.Rand, l *life, bad *badDisk, kind int) (acked []int64, seq int64) {
	var stop atomic.Bool
	var work sync.WaitGroup
	slow := faultKinds[kind].slow
	judge := func(what string, err error) bool {
		if err != nil && !l.dead.Load() && (slow || !failedCleanly(err)) {
			t.Errorf("%s: %s %v (%v)", what, sqlconn.Code(err), err, bad)
		}
		return err == nil
	}
	for w := range l.b.acked {
		q, r := connect(t, l.e), rand.New(rand.NewPCG(rng.Uint64(), 0))
		work.Go(func() {
			for !stop.Load() && !l.dead.Load() {
				l.transferOn(t, q, r, w, judge)
			}
		})
	}
	reader, ddl := connect(t, l.e), connect(t, l.e)
	r := rand.New(rand.NewPCG(rng.Uint64(), 0))
	work.Go(func() {
		for !stop.Load() && !l.dead.Load() {
			at := l.b.loaded + r.Int64N(l.b.seq.Load()-l.b.loaded+1)
			got, err := reader.query(fmt.Sprintf("SET drift.as_of = 'seq:%d'; %s", at, sums))
			if judge("read", err) && !whole(got) {
				t.Errorf("on a bad disk, at commit %d the sums are %s", at, got)
			}
			_, err = reader.query("RESET drift.as_of; " + sums)
			judge("read", err)
		}
	})
	work.Go(func() {
		for !stop.Load() && !l.dead.Load() {
			_, err := ddl.query("DROP INDEX IF EXISTS log_note")
			judge("drop index", err)
			_, err = ddl.query("CREATE INDEX IF NOT EXISTS log_note ON log (note)")
			judge("create index", err)
			_ = l.e.Store().Compact(context.Background())
		}
	})
	time.Sleep(time.Duration(20+rng.IntN(80)) * time.Millisecond)
	bad.breakDown(kind)
	time.Sleep(time.Duration(50+rng.IntN(150)) * time.Millisecond)
	bad.repair()
	if !l.dead.Load() {
		l.recovers(t)
	}
	acked, seq = l.b.promised()
	stop.Store(true)
	ended := make(chan struct{})
	go func() { work.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-l.died:
	case <-time.After(30 * time.Second):
		t.Fatal("the load does not end")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left != nil {
		return l.acked, l.seq
	}
	return acked, seq
}

// transferOn tries one transaction of a writer. After an error nothing of it may be
// there.
func (l *life) transferOn(t *testing.T, q querier, rng *rand.Rand, w int, judge func(string, error) bool) {
	n := l.b.acked[w].Load() + 1
	_, err := q.query(l.b.transfer(rng, w, n))
	if judge("transfer", err) {
		l.b.acked[w].Store(n)
		l.b.told(q)
		return
	}
	for !l.dead.Load() {
		if _, err = q.query("ROLLBACK"); judge("rollback", err) {
			got, err := q.query(fmt.Sprintf("SELECT n FROM counter WHERE w = %d", w))
			if judge("read", err) {
				if !l.dead.Load() && got != fmt.Sprint(n-1) {
					t.Errorf("writer %d: transaction %d was answered with an error, the counter is %s", w, n, got)
				}
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// recovers waits until every writer has committed once more on the repaired disk.
func (l *life) recovers(t *testing.T) {
	before, _ := l.b.promised()
	for deadline := time.Now().Add(20 * time.Second); !l.dead.Load(); time.Sleep(time.Millisecond) {
		now, _ := l.b.promised()
		behind := 0
		for w := range now {
			if now[w] == before[w] {
				behind++
			}
		}
		if behind == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("the disk is well again, %d writers do not commit", behind)
			return
		}
	}
}
