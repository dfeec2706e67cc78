package txn

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/txn/ssi"
)

// Owner is a session as far as locks go: whoever holds or awaits a lock does it
// for one. It outlives transactions and holds what is to outlive them, advisory
// locks of the session. It is used by the session's goroutine; other goroutines
// reach it through the Manager.
type Owner struct {
	m       *Manager
	pid     int32
	begun   uint64 // transactions so far
	tx      atomic.Pointer[Tx]
	waiting atomic.Pointer[waiter]   // changed under the lock of the waiter's shard
	safety  atomic.Pointer[ssi.Xact] // whose safety is waited for, nil for none

	keeper *Tx             // holds the session's own locks; made with the first
	counts map[lockTag]int // how often each was taken, by tag with the mode in space
}

// NewOwner makes the owner of a session. Close it when the session ends.
func (m *Manager) NewOwner(pid int32) *Owner {
	o := &Owner{m: m, pid: pid}
	m.ownersMu.Lock()
	defer m.ownersMu.Unlock()
	if m.owners == nil {
		m.owners = make(map[int32]*Owner)
	}
	m.owners[pid] = o
	return o
}

// Close gives back the session's locks. Its transaction has ended before.
func (o *Owner) Close() {
	o.UnlockAll()
	o.m.ownersMu.Lock()
	defer o.m.ownersMu.Unlock()
	if o.m.owners[o.pid] == o {
		delete(o.m.owners, o.pid)
	}
}

func (o *Owner) begin(tx *Tx) {
	o.begun++
	tx.local = o.begun
	o.tx.Store(tx)
}

func (o *Owner) end(tx *Tx) { o.tx.CompareAndSwap(tx, nil) }

// AdvisoryKey names an advisory lock: one 64-bit number, or two of 32 bits.
type AdvisoryKey struct {
	Key uint64 // of two numbers the first is the upper half
	Two bool
}

func (k AdvisoryKey) tag() lockTag {
	t := lockTag{obj: k.Key, hash: 1, space: spaceAdvisory}
	if k.Two {
		t.hash = 2
	}
	return t
}

func advisoryMode(shared bool) Mode {
	if shared {
		return Share
	}
	return Exclusive
}

// LockAdvisory takes an advisory lock until the transaction ends. ok is false
// when the policy is not Wait and the lock is not free.
func (tx *Tx) LockAdvisory(ctx context.Context, k AdvisoryKey, shared bool, p Policy) (ok bool, err error) {
	_, err = tx.m.locks.acquire(ctx, tx, k.tag(), advisoryMode(shared), p)
	if errors.Is(err, errNotFree) {
		return false, nil
	}
	return err == nil, err
}

// LockAdvisory takes an advisory lock until the session gives it back, as often as
// it took it. tx is the transaction that runs; its time-outs count.
func (o *Owner) LockAdvisory(ctx context.Context, tx *Tx, k AdvisoryKey, shared bool, p Policy) (ok bool, err error) {
	if o.keeper == nil {
		o.keeper, o.counts = &Tx{m: o.m, owner: o}, make(map[lockTag]int)
	}
	o.keeper.SetTimeouts(tx.opts.LockTimeout, tx.opts.DeadlockTimeout)
	tag, mode := k.tag(), advisoryMode(shared)
	_, err = o.m.locks.acquire(ctx, o.keeper, tag, mode, p)
	switch {
	case errors.Is(err, errNotFree):
		return false, nil
	case err != nil:
		return false, err
	}
	o.counts[countTag(tag, mode)]++
	return true, nil
}

// UnlockAdvisory gives an advisory lock of the session back once; ok is false when
// the session does not hold it.
func (o *Owner) UnlockAdvisory(k AdvisoryKey, shared bool) (ok bool) {
	tag, mode := k.tag(), advisoryMode(shared)
	id := countTag(tag, mode)
	switch o.counts[id] {
	case 0:
		return false
	case 1:
	default:
		o.counts[id]--
		return true
	}
	delete(o.counts, id)
	for i, g := range o.keeper.grants {
		if g.h.l.tag == tag && g.mode == mode {
			o.m.locks.release(g)
			o.keeper.grants = append(o.keeper.grants[:i], o.keeper.grants[i+1:]...)
			break
		}
	}
	return true
}

// UnlockAll gives back all advisory locks of the session.
func (o *Owner) UnlockAll() {
	if o.keeper != nil {
		o.keeper.releaseLocks(0)
		clear(o.counts)
	}
}

// countTag is tag with the mode in it.
func countTag(tag lockTag, mode Mode) lockTag {
	tag.space += lockSpace(mode) << 4
	return tag
}
