package txn

import (
	"fmt"
	"testing"
)

// Locks of a transaction with very many exclude others as ordinary ones do, wait,
// find deadlocks, and are gone with it.
func TestBulkLocks(t *testing.T) {
	const rows = 20_000
	m := newManager(t)
	m.settings.bulkAfter = 10
	lock := func(tx *Tx, i int, mode Mode, p Policy) error {
		_, err := tx.lock(bg, rowTag(fmt.Sprint(i)), mode, p)
		return err
	}
	a, b := m.Begin(Options{}), m.Begin(Options{})
	if err := lock(b, 500, RowUpdate, Wait); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if i == 500 {
			continue
		}
		for range 2 {
			if err := lock(a, i, RowNoKeyUpdate, Wait); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := m.Locks(); n > 100 {
		t.Fatalf("%d ordinary locks", n)
	}
	if err := lock(a, 500, RowKeyShare, NoWait); err != errNotFree {
		t.Errorf("the other's row: %v", err)
	}
	for i := range 200 {
		if err := lock(b, i, RowUpdate, NoWait); err != errNotFree {
			t.Fatalf("row %d: %v", i, err)
		}
		if err := lock(b, i, RowKeyShare, NoWait); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	if err := lock(b, rows+1, RowUpdate, NoWait); err != nil {
		t.Errorf("a row nobody locked: %v", err)
	}
	if err := lock(a, 300, RowUpdate, Wait); err != nil { // a stronger mode of a set's row
		t.Fatal(err)
	}
	if err := lock(b, 300, RowKeyShare, NoWait); err != errNotFree {
		t.Errorf("the stronger lock: %v", err)
	}
	waits := waitFor(t, b, rowTag("400"), RowUpdate)
	if waited, err := b.m.locks.await(bg, m.Begin(Options{LockTimeout: 1}), rowTag("401"), RowUpdate); !waited || err == nil {
		t.Errorf("await did not wait: %v", err)
	}
	cycle := waitFor(t, a, rowTag("500"), RowUpdate)
	select { // one of the two is the victim
	case err := <-waits:
		if err == nil {
			t.Error("no deadlock")
		}
		b.Rollback()
		expect(t, cycle, "")
		a.Rollback()
	case err := <-cycle:
		if err == nil {
			t.Error("no deadlock")
		}
		a.Rollback()
		expect(t, waits, "")
		b.Rollback()
	}
	if n := m.Locks(); n != 0 {
		t.Errorf("%d locks left", n)
	}
	for i := range m.locks.shards {
		if n := len(m.locks.shards[i].bulk); n > 0 {
			t.Errorf("%d sets left", n)
		}
	}
}

// A set that is full stands for every row that others have not locked.
func TestBulkLocksAll(t *testing.T) {
	b := &bulkLocks{obj: 100, space: spaceRow}
	for i := range bulkMax + 10 {
		b.add(lockTag{obj: 100, hash: uint64(i) << 16, space: spaceRow})
	}
	if !b.all || b.hashes != nil {
		t.Fatal(b.n)
	}
	if !b.has(lockTag{obj: 100, hash: 1 << 60, space: spaceRow}) || b.has(lockTag{obj: 101, space: spaceRow}) || b.has(lockTag{obj: 100, space: spaceUnique}) {
		t.Error("it stands for the wrong rows")
	}
}
