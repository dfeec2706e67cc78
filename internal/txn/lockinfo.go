package txn

import (
	"fmt"
	"time"

	"github.com/driftdb/driftdb/internal/store"
)

// LockKind says what kind of thing a LockInfo is about, in the words of pg_locks.
type LockKind string

// The kinds of locks.
const (
	LockRelation    LockKind = "relation"
	LockPage        LockKind = "page"
	LockTuple       LockKind = "tuple"
	LockTransaction LockKind = "transactionid"
	LockVirtual     LockKind = "virtualxid"
	LockAdvisory    LockKind = "advisory"
)

// LockInfo is a lock that is held or awaited.
type LockInfo struct {
	Kind     LockKind
	Relation uint32          // of LockRelation
	Storage  store.StorageID // of LockTuple, and of predicate locks
	Row      uint64          // of LockTuple: tells rows of one storage apart
	Advisory AdvisoryKey     // of LockAdvisory
	XID      uint64          // of LockTransaction
	Virtual  VirtualID       // of LockVirtual
	Holder   VirtualID       // the transaction that holds or wants it
	Mode     string
	Granted  bool
	Since    time.Time // when it began to wait; zero when granted
}

// VirtualID names a transaction that may have no number: its session and how many
// that session had before. Local is 0 for what the session holds itself.
type VirtualID struct {
	PID   int32
	Local uint64
}

// String prints it as pg_locks does.
func (v VirtualID) String() string { return fmt.Sprintf("%d/%d", v.PID, v.Local) }

// rowModeNames are the modes in which PostgreSQL locks a row that it waits for.
var rowModeNames = [4]string{"AccessShareLock", "RowShareLock", "ExclusiveLock", "AccessExclusiveLock"}

func (tx *Tx) virtual() VirtualID { return VirtualID{tx.owner.pid, tx.local} }

// LockList lists the locks that are held and awaited. A locked row is not listed,
// since PostgreSQL keeps that in the row; one who waits for it is, as one who waits
// for the transaction that has it, or for his turn.
func (m *Manager) LockList() []LockInfo {
	var list []LockInfo
	for _, o := range m.ownerList() {
		tx := o.tx.Load()
		if tx == nil {
			continue
		}
		v := tx.virtual()
		list = append(list, LockInfo{Kind: LockVirtual, Virtual: v, Holder: v, Mode: "ExclusiveLock", Granted: true})
		if id := tx.id.Load(); id != 0 {
			list = append(list, LockInfo{Kind: LockTransaction, XID: id, Holder: v, Mode: "ExclusiveLock", Granted: true})
		}
	}
	m.locks.freeze()
	defer m.locks.thaw()
	for i := range m.locks.shards {
		for _, l := range m.locks.shards[i].locks {
			list = l.list(list)
		}
	}
	return m.listReads(list)
}

// list appends what is held and awaited of one lock.
func (l *lock) list(list []LockInfo) []LockInfo {
	if l.tag.space < spaceTable {
		return l.listRow(list)
	}
	info := LockInfo{Kind: LockRelation, Relation: uint32(l.tag.obj), Granted: true}
	if l.tag.space == spaceAdvisory {
		info = LockInfo{Kind: LockAdvisory, Advisory: AdvisoryKey{l.tag.obj, l.tag.hash == 2}, Granted: true}
	}
	for h := l.holders; h != nil; h = h.next {
		info.Holder = h.tx.virtual()
		for mode, name := range tableModeNames {
			if h.modes&(1<<mode) != 0 {
				info.Mode = name
				list = append(list, info)
			}
		}
	}
	for _, w := range l.queue {
		info.Holder, info.Mode, info.Granted, info.Since = w.tx.virtual(), tableModeNames[w.mode], false, w.since
		list = append(list, info)
	}
	return list
}

// listRow lists those who wait for a row or a unique key. The first has the right
// to be next and waits for the holder's end, the others wait for that right.
func (l *lock) listRow(list []LockInfo) []LockInfo {
	for i, w := range l.queue {
		turn := LockInfo{
			Kind: LockTuple, Storage: store.StorageID(l.tag.obj), Row: l.tag.hash, Holder: w.tx.virtual(), Mode: rowModeNames[w.mode], Granted: true,
		}
		if i > 0 && !w.passive {
			turn.Granted, turn.Since = false, w.since
			list = append(list, turn)
			continue
		}
		if l.tag.space == spaceRow && !w.passive {
			list = append(list, turn)
		}
		blockers(w, func(tx *Tx) bool {
			list = append(list, LockInfo{Kind: LockTransaction, XID: tx.id.Load(), Holder: w.tx.virtual(), Mode: "ShareLock", Since: w.since})
			return false
		})
	}
	return list
}

// Blocking returns the numbers of the sessions that keep a session waiting for a
// lock, those in front of it in the queue included; none when it does not wait.
func (m *Manager) Blocking(pid int32) []int32 {
	o := m.ownerOf(pid)
	if o == nil || o.waiting.Load() == nil {
		return nil
	}
	m.locks.freeze()
	defer m.locks.thaw()
	w := o.waiting.Load()
	if w == nil {
		return nil
	}
	var list []int32
	blockers(w, func(tx *Tx) bool {
		list = append(list, tx.owner.pid)
		return true
	})
	return list
}

// Waiting says what kind of lock a session waits for, "" for none.
func (o *Owner) Waiting() LockKind {
	w := o.waiting.Load()
	if w == nil {
		return ""
	}
	switch w.tag.space {
	case spaceTable:
		return LockRelation
	case spaceAdvisory:
		return LockAdvisory
	}
	return LockTransaction
}

// WaitsForSafety reports whether a READ ONLY DEFERRABLE transaction of the session
// waits to begin.
func (o *Owner) WaitsForSafety() bool { return o.safety.Load() != nil }

// Running returns what may be told of the session's transaction while it runs:
// its number (0 for none). Any goroutine may ask.
func (o *Owner) Running() (xid uint64, running bool) {
	tx := o.tx.Load()
	if tx == nil {
		return 0, false
	}
	return tx.id.Load(), true
}

func (m *Manager) ownerOf(pid int32) *Owner {
	m.ownersMu.Lock()
	defer m.ownersMu.Unlock()
	return m.owners[pid]
}

func (m *Manager) ownerList() []*Owner {
	m.ownersMu.Lock()
	defer m.ownersMu.Unlock()
	list := make([]*Owner, 0, len(m.owners))
	for _, o := range m.owners {
		list = append(list, o)
	}
	return list
}

// freeze locks all shards, in order; thaw unlocks them.
func (t *lockTable) freeze() {
	for i := range t.shards {
		t.shards[i].mu.Lock()
	}
}

func (t *lockTable) thaw() {
	for i := range t.shards {
		t.shards[i].mu.Unlock()
	}
}
