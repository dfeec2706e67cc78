package ssi

import (
	"sync"

	"github.com/driftdb/driftdb/internal/store"
)

// Limits bound what is kept; zeros are the defaults.
type Limits struct {
	Points int // keys one transaction has read of one storage
	Ranges int // ranges, likewise
	Done   int // committed transactions kept one by one
}

func (l *Limits) points() int { return or(l.Points, 512) }
func (l *Limits) ranges() int { return or(l.Ranges, 32) }
func (l *Limits) done() int   { return or(l.Done, 1<<13) }

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// Manager holds the serializable transactions of one store. The zero value is
// ready.
type Manager struct {
	Limits Limits // set before the first use

	mu sync.Mutex // protects everything below and in every Xact

	order   uint64 // begins and ends so far
	commits uint64 // steps of commits so far: each takes one when prepared, one when done

	first, last *Xact   // the active, in the order they began
	done        []*Xact // committed, but still needed, in the order they ended
	old         *Xact   // stands for the ones before those, nil for none

	spaces map[store.StorageID]*space
}

// Begin starts a transaction. take takes its snapshot and returns the last commit
// that it sees. label is kept for List and Blockers.
func (m *Manager) Begin(readOnly bool, label any, take func() store.Seq) *Xact {
	x := &Xact{m: m, readOnly: readOnly, label: label}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.order++
	x.begun, x.seenCommits = m.order, m.commits
	x.snap = take()
	if readOnly {
		x.settled = make(chan struct{})
		for w := m.first; w != nil; w = w.next {
			if w.readOnly {
				continue
			}
			if x.unsettled == nil {
				x.unsettled = make(map[*Xact]struct{})
			}
			if w.watchers == nil {
				w.watchers = make(map[*Xact]struct{})
			}
			x.unsettled[w], w.watchers[x] = struct{}{}, struct{}{}
		}
		if x.unsettled == nil {
			x.free.Store(true)
			close(x.settled)
			return x
		}
	}
	if x.prev = m.last; x.prev != nil {
		x.prev.next = x
	} else {
		m.first = x
	}
	m.last = x
	return x
}

// unlink takes x out of the list of the active, if it is there.
func (m *Manager) unlink(x *Xact) {
	switch {
	case x.prev != nil:
		x.prev.next = x.next
	case m.first == x:
		m.first = x.next
	default:
		return
	}
	if x.next != nil {
		x.next.prev = x.prev
	} else {
		m.last = x.prev
	}
	x.prev, x.next = nil, nil
}

// keep holds a committed transaction for those that overlap with it.
func (m *Manager) keep(x *Xact) {
	m.done = append(m.done, x)
	if len(m.done) > m.Limits.done() {
		m.merge(m.done[0])
		m.done[0] = nil
		m.done = m.done[1:]
	}
}

// sweep forgets the committed transactions that nobody active overlaps with.
func (m *Manager) sweep() {
	needed := func(x *Xact) bool { return m.first != nil && x.ended > m.first.begun }
	n := 0
	for n < len(m.done) && !needed(m.done[n]) {
		m.done[n].forgetReads()
		m.done[n].forgetWrites()
		m.done[n] = nil
		n++
	}
	if m.done = m.done[n:]; len(m.done) == 0 {
		m.done = nil
	}
	if m.old != nil && !needed(m.old) {
		m.old.forgetReads()
		m.old = nil
		for id, s := range m.spaces {
			s.oldMade = 0
			m.drop(id, s)
		}
	}
}

// merge makes old stand for one more committed transaction: what it read and wrote
// counts as whole storages.
func (m *Manager) merge(x *Xact) {
	if m.old == nil {
		m.old = &Xact{m: m}
	}
	o := m.old
	// As a reader it stands for the one that committed last, as a writer for the one
	// that did first: whatever could be dangerous must look so.
	o.ended, o.committed = x.ended, x.committed
	if o.prepared == 0 {
		o.prepared = x.prepared
	}
	if x.earliestOut != 0 && (o.earliestOut == 0 || x.earliestOut < o.earliestOut) {
		o.earliestOut = x.earliestOut
	}
	for id := range x.reads {
		o.readWhole(id, m.space(id))
	}
	for id := range x.writes {
		s := m.space(id)
		s.oldMade = max(s.oldMade, x.made)
	}
	x.forgetReads()
	x.forgetWrites()
}

// Stats returns how many transactions are active and how many committed ones are
// kept.
func (m *Manager) Stats() (active, kept int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for x := m.first; x != nil; x = x.next {
		active++
	}
	return active, len(m.done)
}
