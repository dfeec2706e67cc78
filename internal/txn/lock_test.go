package txn

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

func newManager(t testing.TB) *Manager {
	db, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return NewManager(db, Settings{DeadlockTimeout: 5 * time.Millisecond, SnapshotHold: time.Millisecond})
}

var bg = context.Background()

func rowTag(key string) lockTag { return keyTag(spaceRow, 100, []byte(key)) }

// TestConflictTables checks the matrices against PostgreSQL's documentation, as
// lists of modes that each mode excludes.
func TestConflictTables(t *testing.T) {
	want := map[int][]string{
		0: {"3", "23", "123", "0123"},
		1: {"7", "67", "4567", "34567", "23567", "234567", "1234567", "01234567"},
	}
	for kind, rows := range want {
		for mode, list := range rows {
			for m := range 8 {
				if got := conflicts[kind][mode]&(1<<m) != 0; got != strings.ContainsRune(list, rune('0'+m)) {
					t.Errorf("kind %d: mode %d and %d: conflict %v", kind, mode, m, got)
				}
			}
		}
	}
}

// TestLockMatrix takes every pair of modes in two transactions, rows and tables.
func TestLockMatrix(t *testing.T) {
	m := newManager(t)
	for kind, modes := range []int{4, 8} {
		tag := rowTag("k")
		if kind == 1 {
			tag = lockTag{obj: 7, space: spaceTable}
		}
		for a := range Mode(modes) {
			for b := range Mode(modes) {
				x, y := m.Begin(Options{}), m.Begin(Options{})
				if _, err := x.lock(bg, tag, a, Wait); err != nil {
					t.Fatal(err)
				}
				_, err := y.lock(bg, tag, b, NoWait)
				if got, want := errors.Is(err, errNotFree), conflicts[kind][a]&(1<<b) != 0; got != want {
					t.Errorf("kind %d: %d then %d: busy %v", kind, a, b, got)
				}
				x.Rollback()
				y.Rollback()
			}
		}
	}
	if n := m.Locks(); n != 0 {
		t.Errorf("%d locks left", n)
	}
}

// waitFor starts a lock request and returns once it waits.
func waitFor(t *testing.T, tx *Tx, tag lockTag, mode Mode) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := tx.lock(bg, tag, mode, Wait)
		done <- err
	}()
	s := tx.m.locks.shard(tag)
	for range 1000 {
		s.mu.Lock()
		waits := tx.owner.waiting.Load() != nil
		s.mu.Unlock()
		if waits {
			return done
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("does not wait")
	return nil
}

func expect(t *testing.T, done <-chan error, code pgcode.Code) *pgerr.Error {
	t.Helper()
	select {
	case err := <-done:
		if pgerr.CodeOf(err) != code {
			t.Fatalf("got %v, want %q", err, code)
		}
		if err == nil {
			return nil
		}
		return pgerr.From(err)
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting")
	}
	return nil
}

// TestQueueIsFair: a reader that comes after a waiting writer does not overtake
// it, and a holder that wants more overtakes both.
func TestQueueIsFair(t *testing.T) {
	m := newManager(t)
	holder, writer, reader := m.Begin(Options{}), m.Begin(Options{}), m.Begin(Options{})
	tag := lockTag{obj: 7, space: spaceTable}
	if _, err := holder.lock(bg, tag, Share, Wait); err != nil {
		t.Fatal(err)
	}
	w := waitFor(t, writer, tag, AccessExclusive)
	r := waitFor(t, reader, tag, Share)
	if _, err := holder.lock(bg, tag, AccessExclusive, NoWait); err != nil {
		t.Fatalf("the only holder may upgrade: %v", err)
	}
	holder.Rollback()
	expect(t, w, "")
	select {
	case err := <-r:
		t.Fatalf("the reader passed the writer: %v", err)
	default:
	}
	writer.Rollback()
	expect(t, r, "")
	reader.Rollback()
}

// TestRowQueue: who conflicts with no holder of a row does not wait, as in
// PostgreSQL; one that then wants more goes before those it keeps waiting.
func TestRowQueue(t *testing.T) {
	m := newManager(t)
	holder, writer, reader := m.Begin(Options{}), m.Begin(Options{}), m.Begin(Options{})
	tag := rowTag("k")
	if _, err := holder.lock(bg, tag, RowShare, Wait); err != nil {
		t.Fatal(err)
	}
	w := waitFor(t, writer, tag, RowUpdate)
	if _, err := reader.lock(bg, tag, RowShare, NoWait); err != nil {
		t.Fatalf("a reader beside a reader: %v", err)
	}
	r := waitFor(t, reader, tag, RowUpdate)
	holder.Rollback()
	expect(t, r, "")
	reader.Rollback()
	expect(t, w, "")
	writer.Rollback()
}

// TestAdvisory: a session's lock outlives its transactions, is counted, and is no
// obstacle to the session's own transactions.
func TestAdvisory(t *testing.T) {
	m := newManager(t)
	o, p := m.NewOwner(1), m.NewOwner(2)
	k := AdvisoryKey{Key: 5}
	tx := m.Begin(Options{Owner: o})
	for range 2 {
		if ok, err := o.LockAdvisory(bg, tx, k, false, Wait); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	tx.Rollback()
	other := m.Begin(Options{Owner: p})
	take := func() bool {
		t.Helper()
		ok, err := other.LockAdvisory(bg, k, true, NoWait)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	tx = m.Begin(Options{Owner: o})
	if ok, err := tx.LockAdvisory(bg, k, true, NoWait); !ok || err != nil {
		t.Fatalf("the session stands in its own way: %v %v", ok, err)
	}
	tx.Rollback()
	if take() || o.UnlockAdvisory(k, true) || !o.UnlockAdvisory(k, false) || take() {
		t.Fatal("not counted")
	}
	if !o.UnlockAdvisory(k, false) || o.UnlockAdvisory(k, false) || !take() {
		t.Fatal("not given back")
	}
	tx = m.Begin(Options{Owner: o})
	done := make(chan error, 1)
	go func() {
		_, err := o.LockAdvisory(bg, tx, k, false, Wait)
		done <- err
	}()
	for len(m.Blocking(1)) == 0 {
		time.Sleep(time.Millisecond)
	}
	if list := m.Blocking(1); len(list) != 1 || list[0] != 2 {
		t.Errorf("blocked by %v", list)
	}
	granted, waiting := 0, 0
	for _, l := range m.LockList() {
		if l.Kind == LockAdvisory && l.Granted {
			granted++
		} else if l.Kind == LockAdvisory {
			waiting++
		}
	}
	if granted != 1 || waiting != 1 {
		t.Errorf("listed %d held, %d awaited", granted, waiting)
	}
	other.Rollback()
	expect(t, done, "")
	tx.Rollback()
	o.Close()
	p.Close()
	if n := m.Locks(); n != 0 {
		t.Errorf("%d locks left", n)
	}
}

func TestDeadlock(t *testing.T) {
	m := newManager(t)
	a, b := m.Begin(Options{PID: 11}), m.Begin(Options{PID: 22})
	for i, tx := range []*Tx{a, b} {
		if _, err := tx.ID(); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.lock(bg, rowTag(string(rune('a'+i))), RowUpdate, Wait); err != nil {
			t.Fatal(err)
		}
	}
	wa := waitFor(t, a, rowTag("b"), RowUpdate)
	wb := waitFor(t, b, rowTag("a"), RowUpdate)
	var e *pgerr.Error
	var victim, other *Tx
	var rest <-chan error
	select {
	case err := <-wa:
		e, victim, other, rest = pgerr.From(err), a, b, wb
	case err := <-wb:
		e, victim, other, rest = pgerr.From(err), b, a, wa
	}
	if e.Code != pgcode.TRDeadlockDetected || e.Message != "deadlock detected" || strings.Count(e.Detail, "\n") != 1 ||
		!strings.HasPrefix(e.Detail, "Process ") || !strings.Contains(e.Detail, " waits for ShareLock on transaction ") {
		t.Errorf("%s: %s: %s", e.Code, e.Message, e.Detail)
	}
	victim.Rollback()
	expect(t, rest, "")
	other.Rollback()
	if n := m.Locks(); n != 0 {
		t.Errorf("%d locks left", n)
	}
}

// TestSoftDeadlock: a cycle that goes through the queue only is resolved by
// letting the one pass who conflicts with no holder.
func TestSoftDeadlock(t *testing.T) {
	m := newManager(t)
	a, b, c := m.Begin(Options{}), m.Begin(Options{}), m.Begin(Options{})
	must := func(_ bool, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x := lockTag{obj: 7, space: spaceTable}
	must(a.lock(bg, x, Share, Wait))
	must(c.lock(bg, rowTag("y"), RowUpdate, Wait))
	wb := waitFor(t, b, x, AccessExclusive)     // behind a
	wc := waitFor(t, c, x, Share)               // behind b only
	wa := waitFor(t, a, rowTag("y"), RowUpdate) // behind c: a cycle
	expect(t, wc, "")
	c.Rollback()
	expect(t, wa, "")
	a.Rollback()
	expect(t, wb, "")
	b.Rollback()
}

func TestGivingUp(t *testing.T) {
	m := newManager(t)
	holder := m.Begin(Options{})
	tag := lockTag{obj: 5, space: spaceTable}
	if _, err := holder.lock(bg, tag, AccessExclusive, Wait); err != nil {
		t.Fatal(err)
	}
	tx := m.Begin(Options{LockTimeout: 10 * time.Millisecond})
	if _, err := tx.lock(bg, tag, AccessShare, Wait); pgerr.CodeOf(err) != pgcode.LockNotAvailable ||
		err.Error() != "canceling statement due to lock timeout" {
		t.Errorf("lock_timeout: %v", err)
	}
	tx.SetTimeouts(0, 0)
	ctx, cancel := context.WithTimeout(bg, 10*time.Millisecond)
	defer cancel()
	if _, err := tx.lock(ctx, tag, AccessShare, Wait); pgerr.CodeOf(err) != pgcode.QueryCanceled {
		t.Errorf("cancel: %v", err)
	}
	cause := pgerr.New(pgcode.QueryCanceled, "canceling statement due to statement timeout")
	ctx2, cancel2 := context.WithCancelCause(bg)
	cancel2(cause)
	if _, err := tx.lock(ctx2, tag, AccessShare, Wait); !errors.Is(err, cause) {
		t.Errorf("cause: %v", err)
	}
	if _, busy, err := tx.LockTable(bg, 5, AccessShare, NoWait); !busy || err != nil {
		t.Errorf("nowait: %v %v", busy, err)
	}
	holder.Rollback()
	if _, busy, err := tx.LockTable(bg, 5, AccessShare, NoWait); busy || err != nil || !tx.HoldsTable(5, AccessShare) || tx.HoldsTable(5, Share) {
		t.Errorf("free: %v %v", busy, err)
	}
	tx.Rollback()
	if n := m.Locks(); n != 0 {
		t.Errorf("%d locks left", n)
	}
}

func TestSavepointFreesLocks(t *testing.T) {
	m := newManager(t)
	a, b := m.Begin(Options{}), m.Begin(Options{})
	lock := func(tx *Tx, key string, mode Mode) error {
		_, err := tx.lock(bg, rowTag(key), mode, NoWait)
		return err
	}
	if err := lock(a, "before", RowShare); err != nil {
		t.Fatal(err)
	}
	sp := a.Savepoint()
	for _, key := range []string{"before", "after"} {
		if err := lock(a, key, RowUpdate); err != nil {
			t.Fatal(err)
		}
	}
	if lock(b, "after", RowKeyShare) == nil || lock(b, "before", RowShare) == nil {
		t.Fatal("not locked")
	}
	a.RollbackTo(sp)
	if lock(b, "after", RowUpdate) != nil || lock(b, "before", RowShare) != nil || lock(b, "before", RowUpdate) == nil {
		t.Fatal("savepoint did not free what was taken since, or freed more")
	}
	a.Rollback()
	b.Rollback()
}

// TestLockStress: many transactions take random locks and end in every way. Two
// that exclude each other never hold at once, everybody gets an answer, and
// nothing is left.
func TestLockStress(t *testing.T) {
	m := newManager(t)
	var holders [3][8]int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 7))
			for range 100 {
				tx := m.Begin(Options{})
				if r.IntN(4) == 0 {
					tx.SetTimeouts(time.Duration(r.IntN(3))*time.Millisecond, 0)
				}
				type got struct{ k, mode int }
				var mine []got
				for range 1 + r.IntN(3) {
					k, mode := r.IntN(3), Mode(r.IntN(4))
					if _, err := tx.lock(bg, rowTag(string(rune('a'+k))), mode, Policy(r.IntN(2))); err != nil {
						break
					}
					mu.Lock()
					for o := range Mode(4) {
						n := holders[k][o]
						for _, g := range mine {
							if g.k == k && Mode(g.mode) == o {
								n--
							}
						}
						if n > 0 && conflicts[0][mode]&(1<<o) != 0 {
							t.Errorf("mode %d granted beside %d", mode, o)
						}
					}
					holders[k][mode]++
					mu.Unlock()
					mine = append(mine, got{k, int(mode)})
				}
				mu.Lock()
				for _, g := range mine {
					holders[g.k][g.mode]--
				}
				mu.Unlock()
				tx.Rollback()
			}
		})
	}
	wg.Wait()
	if n := m.Locks(); n != 0 || m.Active() != 0 {
		t.Errorf("%d locks left, %d transactions", n, m.Active())
	}
}

func BenchmarkLock(b *testing.B) {
	m := newManager(b)
	b.ReportAllocs()
	for range b.N {
		tx := m.Begin(Options{})
		if _, err := tx.lock(bg, lockTag{obj: 1, space: spaceTable}, AccessShare, Wait); err != nil {
			b.Fatal(err)
		}
		tx.Rollback()
	}
}
