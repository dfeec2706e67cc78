package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/driftdb/driftdb/internal/clock"
	"github.com/driftdb/driftdb/internal/testkit/badfs"
)

var smallOptions = Options{BallastBytes: -1, MemTableBytes: 256 << 10, CacheBytes: 4 << 20}

func openSmall(t testing.TB, fs FS, change func(*Options)) *DB {
	t.Helper()
	o := smallOptions
	o.FS = fs
	o.OnFatal = func(err error) { t.Errorf("fatal: %v", err) }
	if change != nil {
		change(&o)
	}
	db, err := Open("db", o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// Writers commit while the power fails at a random moment. Every commit that was
// answered must be there, whole, and no part of any other.
func TestPowerCut(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for run := range 8 {
		rng := rand.New(rand.NewPCG(seed, uint64(run)))
		fs := vfs.NewCrashableMem()
		db := openSmall(t, fs, nil)
		var acked [8]atomic.Uint64 // per writer, the last number answered
		var stop atomic.Bool
		var wg sync.WaitGroup
		for w := range acked {
			wg.Go(func() {
				for n := uint64(1); !stop.Load(); n++ {
					// One commit writes the number under two keys in two
					// storages; both must agree afterwards.
					b := db.NewBatch()
					val := []byte(fmt.Sprint(n))
					for id := StorageID(100); id < 102; id++ {
						b.Put(id, append([]byte{byte(w)}, val...), val)
						b.Change(uint32(id), id, OpInsert, append([]byte{byte(w)}, val...), nil, nil, val)
					}
					if _, _, err := db.Commit(context.Background(), b); err != nil {
						t.Error(err)
						return
					}
					acked[w].Store(n)
				}
			})
		}
		time.Sleep(time.Duration(5+rng.IntN(40)) * time.Millisecond)
		var want [8]uint64
		for w := range acked {
			want[w] = acked[w].Load()
		}
		clone := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		stop.Store(true)
		wg.Wait()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = openSmall(t, clone, nil)
		v := db.View()
		for w, n := range want {
			for i := uint64(1); ; i++ {
				key := append([]byte{byte(w)}, fmt.Sprint(i)...)
				a, okA, errA := v.Get(100, key)
				b, okB, errB := v.Get(101, key)
				if errA != nil || errB != nil || okA != okB || a.Start != b.Start {
					t.Fatalf("seed %d run %d: writer %d commit %d is half there: %v %v (%v %v)", seed, run, w, i, okA, okB, errA, errB)
				}
				if !okA {
					if i <= n {
						t.Fatalf("seed %d run %d: writer %d commit %d of %d was answered and is lost", seed, run, w, i, n)
					}
					break
				}
			}
		}
		v.Release()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if run < 2 {
			if got := doctorFindings(t, clone); got != "" {
				t.Fatalf("seed %d run %d: the doctor finds:\n%s", seed, run, got)
			}
		}
	}
}

func doctorFindings(t testing.TB, fs FS) string {
	t.Helper()
	o := smallOptions
	o.FS = fs
	var out strings.Builder
	if err := Doctor(context.Background(), "db", o, func(f Finding) { fmt.Fprintln(&out, f) }, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// While a sync stalls, readers go on reading what was published before and see
// nothing of the commit; AS OF a moment the commit may belong to waits for it.
func TestStalledSync(t *testing.T) {
	g := badfs.NewGate()
	db := openSmall(t, errorfs.Wrap(vfs.NewMem(), g), nil)
	defer db.Close()
	commit(t, db, func(b *Batch) {
		b.Put(100, []byte("updated"), []byte("old"))
		b.Put(100, []byte("deleted"), []byte("old"))
	})
	// Resolve a moment first: the next one then needs no write of its own.
	if _, err := db.SeqAt(context.Background(), db.Now()); err != nil {
		t.Fatal(err)
	}
	g.Set(true, nil)
	done := make(chan Seq)
	go func() {
		done <- commit(t, db, func(b *Batch) {
			b.Replace(100, []byte("updated"), 1, []byte("old"), []byte("new"))
			b.Delete(100, []byte("deleted"), 1, []byte("old"))
			b.Put(100, []byte("inserted"), []byte("new"))
		})
	}()
	for db.seqr.stamped.Load() < 2 || db.TableLastChange(100) < 2 {
		time.Sleep(time.Millisecond)
	}
	const before = "deleted=old[1,inf) updated=old[1,inf) "
	for range 3 {
		v := db.View()
		if got := dump(t, v.Scan(100, nil, nil, ScanOptions{})); got != before {
			t.Errorf("during the stall: %q, want %q", got, before)
		}
		if _, ok, err := v.Get(100, []byte("inserted")); ok || err != nil {
			t.Errorf("the inserted row shows: %v %v", ok, err)
		}
		v.Release()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if seq, err := db.SeqAt(ctx, db.Now()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("AS OF now() was answered with %d, %v while a commit of that time was not published", seq, err)
	}
	g.Set(false, nil)
	if seq := <-done; seq != 2 {
		t.Errorf("the commit got %d", seq)
	}
	v := db.View()
	defer v.Release()
	if got, want := dump(t, v.Scan(100, nil, nil, ScanOptions{})), "inserted=new[2,inf) updated=new[2,inf) "; got != want {
		t.Errorf("after the stall: %q, want %q", got, want)
	}
}

// An error from a sync of the log stops the store for good, and the commit is
// not answered.
func TestSyncError(t *testing.T) {
	g := badfs.NewGate()
	var fatal atomic.Int32
	fs := vfs.NewCrashableMem()
	db := openSmall(t, errorfs.Wrap(fs, g), func(o *Options) {
		o.OnFatal = func(error) { fatal.Add(1) }
	})
	commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), nil) })
	g.Set(false, errors.New("input/output error"))
	for i := range 3 {
		b := db.NewBatch()
		b.Put(100, []byte{byte(i)}, nil)
		if seq, _, err := db.Commit(context.Background(), b); !errors.Is(err, ErrFailed) {
			t.Fatalf("commit %d: seq %d, error %v", i, seq, err)
		}
	}
	if fatal.Load() != 1 {
		t.Errorf("the process was told %d times", fatal.Load())
	}
	if got := db.LastSeq(); got != 1 {
		t.Errorf("commit %d is published", got)
	}
}

// Two commits in one microsecond, with an AS OF of that microsecond between
// them: the answer must never change.
func TestTwoCommitsInOneMicrosecond(t *testing.T) {
	ck := clock.NewManual(5_000_000)
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.Clock = ck })
	defer db.Close()
	first := commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), nil) })
	at := db.Now()
	before, err := db.SeqAt(context.Background(), at)
	if err != nil || before != first {
		t.Fatalf("%d %v", before, err)
	}
	second := commit(t, db, func(b *Batch) { b.Put(100, []byte("b"), nil) })
	after, err := db.SeqAt(context.Background(), at)
	if err != nil || after != before {
		t.Errorf("AS OF %d was %d and is now %d (%v)", at, before, after, err)
	}
	if tm, _ := db.TimeOf(second); tm <= at {
		t.Errorf("the second commit got the closed time %d", tm)
	}
}

// A moment resolved before a crash stays resolved when the clock is set back.
func TestClockSetBackAcrossCrash(t *testing.T) {
	ck := clock.NewManual(1_000_000_000)
	fs := vfs.NewCrashableMem()
	with := func(o *Options) { o.Clock = ck }
	db := openSmall(t, fs, with)
	commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), nil) })
	ck.Advance(50 * time.Second)
	at := db.Now()
	seq, err := db.SeqAt(context.Background(), at)
	if err != nil || seq != 1 {
		t.Fatal(seq, err)
	}
	clone := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ck.Advance(-time.Minute)
	db = openSmall(t, clone, with)
	defer db.Close()
	second := commit(t, db, func(b *Batch) { b.Put(100, []byte("b"), nil) })
	if got, err := db.SeqAt(context.Background(), at); err != nil || got != seq {
		t.Errorf("AS OF %d was %d and is %d after the crash (%v)", at, seq, got, err)
	}
	if tm, _ := db.TimeOf(second); tm <= at || db.Now() < tm {
		t.Errorf("commit time %d, closed was %d, now is %d", tm, at, db.Now())
	}
}

// A moment among commits that did not wait to be durable stays closed when a
// crash takes them.
func TestMomentAmongLostCommitsStaysClosed(t *testing.T) {
	ck := clock.NewManual(1_000_000_000)
	fs := vfs.NewCrashableMem()
	with := func(o *Options) { o.Clock = ck }
	db := openSmall(t, fs, with)
	commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), nil) })
	for _, key := range []string{"b", "c"} {
		commit(t, db, func(b *Batch) { b.SetAsync(true); b.Put(100, []byte(key), nil) })
	}
	at, _ := db.TimeOf(2)
	if seq, err := db.SeqAt(context.Background(), at); err != nil || seq != 2 {
		t.Fatal(seq, err)
	}
	clone := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openSmall(t, clone, with)
	defer db.Close()
	seq := commit(t, db, func(b *Batch) { b.Put(100, []byte("d"), nil) })
	if tm, _ := db.TimeOf(seq); tm <= at {
		t.Errorf("commit %d has the time %d, up to %d was closed", seq, tm, at)
	}
}

func TestClockFarBehindIsRefused(t *testing.T) {
	ck := clock.NewManual(10_000_000_000)
	fs := vfs.NewMem()
	db := openSmall(t, fs, func(o *Options) { o.Clock = ck })
	commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), nil) })
	db.Close()
	ck.Advance(-time.Hour)
	o := smallOptions
	o.FS, o.Clock = fs, ck
	if _, err := Open("db", o); !errors.Is(err, ErrClockBehind) {
		t.Fatalf("open an hour in the past: %v", err)
	}
	o.AllowClockStep = true
	db, err := Open("db", o)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
}

func TestMomentsOutsideHistory(t *testing.T) {
	ck := clock.NewManual(10_000_000)
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.Clock = ck })
	defer db.Close()
	ck.Advance(time.Second)
	commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), nil) })
	ctx := context.Background()
	if seq, err := db.SeqAt(ctx, 1); seq != 0 || err != nil {
		t.Errorf("before the first commit: %d %v", seq, err)
	}
	if _, err := db.SeqAt(ctx, db.Now()+1_000_001); !errors.Is(err, ErrFuture) {
		t.Errorf("more than a second ahead: %v", err)
	}
	if seq, err := db.SeqAt(ctx, db.Now()+1_000_000); seq != 1 || err != nil {
		t.Errorf("a second ahead: %d %v", seq, err)
	}
}

// On a full disk writes are refused, reads go on, nothing is lost, and service
// resumes when there is space.
func TestFullDisk(t *testing.T) {
	q := badfs.NewQuota(8 << 20)
	change := func(o *Options) { o.BallastBytes = 1 << 20 }
	db := openSmall(t, q, change)
	if _, err := q.Stat("db/" + ballastFile); err != nil {
		t.Fatalf("no reserve was made: %v", err)
	}
	big := db.NewBatch()
	big.Put(100, []byte("big"), make([]byte, 6<<20))
	if _, _, err := db.Commit(context.Background(), big); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a batch that cannot fit: %v", err)
	}
	tuple := make([]byte, 50_000)
	for i := range tuple {
		tuple[i] = byte(rand.Uint32())
	}
	n := 0
	var err error
	for ; n < 1000 && err == nil; n++ {
		b := db.NewBatch()
		b.Put(100, benchKey(nil, uint64(n)), tuple)
		_, _, err = db.Commit(context.Background(), b)
	}
	n-- // the last was refused
	if n == 0 {
		t.Fatal("nothing was accepted")
	}
	if !errors.Is(err, ErrDiskFull) {
		t.Fatalf("after %d rows: %v", n, err)
	}
	if _, err := db.AllocStorageID(); !errors.Is(err, ErrDiskFull) {
		t.Errorf("an id on a full disk: %v", err)
	}
	count := func(db *DB) (got int) {
		v := db.View()
		defer v.Release()
		it := v.Scan(100, nil, nil, ScanOptions{})
		for it.Next() {
			got++
		}
		if err := it.Close(); err != nil {
			t.Error(err)
		}
		return got
	}
	if got := count(db); got != n {
		t.Errorf("%d rows can be read on the full disk, want %d", got, n)
	}
	q.Limit.Store(64 << 20)
	for deadline := time.Now().Add(5 * time.Second); ; {
		b := db.NewBatch()
		b.Put(100, []byte("late"), tuple)
		if _, _, err = db.Commit(context.Background(), b); err == nil {
			break
		}
		if !errors.Is(err, ErrDiskFull) || time.Now().After(deadline) {
			t.Fatalf("with space again: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := q.Stat("db/" + ballastFile); err != nil {
		t.Errorf("the reserve was not made again: %v", err)
	}
	db.Close()
	db = openSmall(t, q, change)
	defer db.Close()
	if got := count(db); got != n+1 {
		t.Errorf("%d rows after reopening, want %d", got, n+1)
	}
}

// Close ends a compaction that runs, and neither disturbs the other.
func TestCloseDuringCompact(t *testing.T) {
	for range 20 {
		db := openSmall(t, vfs.NewMem(), nil)
		commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), make([]byte, 50_000)) })
		done := make(chan error)
		go func() {
			var err error
			for err == nil {
				err = db.Compact(context.Background())
			}
			done <- err
		}()
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
	}
}

// Writers at the same time share syncs, and their numbers have no holes.
func TestGroupCommit(t *testing.T) {
	slow := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) && strings.HasSuffix(op.Path, ".log") {
			time.Sleep(time.Millisecond)
		}
		return nil
	}))
	db := openSmall(t, slow, func(o *Options) { o.MemTableBytes = 8 << 20; o.CacheBytes = 64 << 20 })
	defer db.Close()
	before := db.Stats().Syncs
	const writers, each = 64, 20
	var wg sync.WaitGroup
	var seen sync.Map
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				b := db.NewBatch()
				b.Put(100, []byte{byte(w), byte(i)}, nil)
				seq, _, err := db.Commit(context.Background(), b)
				if err != nil {
					t.Error(err)
					return
				}
				if _, dup := seen.LoadOrStore(seq, w); dup {
					t.Errorf("seq %d twice", seq)
				}
				if db.LastSeq() < seq {
					t.Errorf("commit %d was answered before it was published", seq)
				}
			}
		})
	}
	wg.Wait()
	syncs := db.Stats().Syncs - before
	if got := db.LastSeq(); got != writers*each {
		t.Errorf("last seq %d, want %d", got, writers*each)
	}
	if syncs == 0 || syncs > writers*each/8 {
		t.Errorf("%d syncs for %d commits", syncs, writers*each)
	}
}

// A commit that does not ask for durability is still not visible before the
// durable ones under it.
func TestAsyncCommitWaitsForTheOnesBelow(t *testing.T) {
	g := badfs.NewGate()
	db := openSmall(t, errorfs.Wrap(vfs.NewMem(), g), nil)
	defer db.Close()
	g.Set(true, nil)
	done := make(chan Seq, 2)
	go func() { done <- commit(t, db, func(b *Batch) { b.Put(100, []byte("a"), nil) }) }()
	for db.TableLastChange(100) < 1 {
		time.Sleep(time.Millisecond)
	}
	go func() {
		done <- commit(t, db, func(b *Batch) {
			b.SetAsync(true)
			b.Put(101, []byte("b"), nil)
		})
	}()
	for db.TableLastChange(101) < 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(5 * time.Millisecond)
	if got := db.LastSeq(); got != 0 {
		t.Errorf("commit %d is visible while commit 1 is not durable", got)
	}
	g.Set(false, nil)
	<-done
	<-done
	if got := db.LastSeq(); got != 2 {
		t.Errorf("last seq %d", got)
	}
}

// Readers resolve now() while writers commit, all in very few microseconds. Every
// answer must be the same when asked again at the end.
func TestResolvedMomentsStayResolved(t *testing.T) {
	ck := clock.NewManual(1_000_000)
	db := openSmall(t, vfs.NewMem(), func(o *Options) { o.Clock = ck })
	defer db.Close()
	type answer struct {
		t Time
		s Seq
	}
	var stop atomic.Bool
	var writers, readers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 300 {
				commit(t, db, func(b *Batch) { b.Put(100, []byte{byte(w), byte(i), byte(i >> 8)}, nil) })
			}
		})
	}
	answers := make([][]answer, 4)
	for r := range answers {
		readers.Go(func() {
			for !stop.Load() {
				at := db.Now() + Time(r)
				s, err := db.SeqAt(context.Background(), at)
				if errors.Is(err, ErrFuture) { // the readers lead the clock by a second
					ck.Advance(time.Millisecond)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if len(answers[r]) < 20_000 {
					answers[r] = append(answers[r], answer{at, s})
				}
				if r == 0 {
					ck.Advance(time.Microsecond)
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()
	for _, as := range answers {
		for _, a := range as {
			if s, err := db.SeqAt(context.Background(), a.t); err != nil || s != a.s {
				t.Fatalf("AS OF %d was %d and is %d (%v)", a.t, a.s, s, err)
			}
		}
	}
}
