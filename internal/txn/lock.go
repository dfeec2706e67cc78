package txn

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errNotFree is what acquire returns under NoWait and SkipLocked.
var errNotFree = errors.New("lock is not free")

const lockShards = 64

// lockTable holds every lock of the process. A lock is granted when it conflicts
// with no other holder and with nobody who waits in front; a holder that wants
// more does not queue behind those who wait for it. Rows are as in PostgreSQL:
// who conflicts with no holder need not wait, whoever else does.
type lockTable struct {
	shards [lockShards]lockShard
}

// lockShard protects the locks whose tags fall into it: their holders, queues,
// and what the owners in those queues wait for. The deadlock search locks all
// shards, in order.
type lockShard struct {
	mu    sync.Mutex
	locks map[lockTag]*lock
	bulk  []*bulkLocks
	peak  int   // most locks since the map was made
	free  *lock // reusable, linked by nextFree
}

type lock struct {
	tag      lockTag
	counts   [8]int32 // holders by mode
	holders  *held
	queue    []*waiter
	nextFree *lock
}

// held is what one transaction holds of one lock.
type held struct {
	tx         *Tx
	l          *lock
	modes      uint8
	prev, next *held
}

// grant is an entry of a transaction's list of locks, in the order they were
// taken, so that a savepoint can give back those taken since.
type grant struct {
	h    *held
	mode Mode
}

type waiter struct {
	tx      *Tx
	l       *lock
	tag     lockTag // l's, for those who look without the shard's lock
	mode    Mode
	passive bool          // wants to know when mode would be free, not to hold it
	since   time.Time     // when it began to wait
	granted chan struct{} // receives once, when granted
}

func newWaiter(tx *Tx, l *lock, mode Mode) *waiter {
	return &waiter{tx: tx, l: l, tag: l.tag, mode: mode, since: time.Now(), granted: make(chan struct{}, 1)}
}

func (t *lockTable) shard(tag lockTag) *lockShard {
	h := tag.hash ^ tag.obj*0x9E3779B97F4A7C15
	return &t.shards[(h>>32^h)&(lockShards-1)]
}

// acquire takes a lock for tx. It returns whether it had to wait. Errors are
// errNotFree, a deadlock, a time-out or the context's.
func (t *lockTable) acquire(ctx context.Context, tx *Tx, tag lockTag, mode Mode, p Policy) (waited bool, err error) {
	s := t.shard(tag)
	s.mu.Lock()
	if len(s.bulk) > 0 {
		s.unbulk(tx, tag)
	}
	if s.takeBulk(tx, tag, mode) {
		s.mu.Unlock()
		return false, nil
	}
	l := s.find(tag)
	h := tx.holds(l)
	if h != nil && covers(tag, h.modes, mode) {
		s.mu.Unlock()
		return false, nil
	}
	if l.free(tx, h, mode) && (h != nil || tag.space == spaceRow || !l.queueBlocks(mode, len(l.queue)) || l.ownedBy(tx.owner)) {
		l.grant(tx, h, mode)
		s.mu.Unlock()
		return false, nil
	}
	if p != Wait {
		s.drop(l)
		s.mu.Unlock()
		return false, errNotFree
	}
	w := newWaiter(tx, l, mode)
	l.enqueue(w, h)
	tx.owner.waiting.Store(w)
	s.mu.Unlock()
	return true, t.wait(ctx, s, w)
}

// await waits until no other holder excludes mode, without taking the lock. It
// does not queue behind those who want the lock: they have done nothing yet.
func (t *lockTable) await(ctx context.Context, tx *Tx, tag lockTag, mode Mode) (waited bool, err error) {
	s := t.shard(tag)
	s.mu.Lock()
	if len(s.bulk) > 0 {
		s.unbulk(tx, tag)
	}
	l := s.locks[tag]
	if l == nil || l.free(tx, tx.holds(l), mode) {
		s.mu.Unlock()
		return false, nil
	}
	w := newWaiter(tx, l, mode)
	w.passive = true
	l.queue = append(l.queue, w)
	tx.owner.waiting.Store(w)
	s.mu.Unlock()
	return true, t.wait(ctx, s, w)
}

// wait sleeps until w is granted or must give up.
func (t *lockTable) wait(ctx context.Context, s *lockShard, w *waiter) error {
	deadlock := time.NewTimer(w.tx.m.deadlockTimeout(w.tx))
	defer deadlock.Stop()
	var timeout <-chan time.Time
	if d := w.tx.opts.LockTimeout; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		timeout = timer.C
	}
	for {
		select {
		case <-w.granted:
			return nil
		case <-deadlock.C:
			if err := t.checkDeadlock(w); err != nil {
				return err
			}
		case <-timeout:
			if t.abandon(s, w) {
				return errLockTimeout()
			}
			return nil
		case <-ctx.Done():
			t.abandon(s, w)
			return ContextError(ctx)
		}
	}
}

// abandon takes w out of its queue; it reports false when the lock had been
// granted meanwhile (it is then held like any other).
func (t *lockTable) abandon(s *lockShard, w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !w.l.remove(w) {
		return false
	}
	w.l.wake()
	s.drop(w.l)
	return true
}

// release gives back one granted mode.
func (t *lockTable) release(g grant) {
	l := g.h.l
	s := t.shard(l.tag)
	s.mu.Lock()
	g.h.modes &^= 1 << g.mode
	l.counts[g.mode]--
	if g.h.modes == 0 {
		l.unlink(g.h)
	}
	l.wake()
	s.drop(l)
	s.mu.Unlock()
}

// find returns the lock of a tag, making it.
func (s *lockShard) find(tag lockTag) *lock {
	if l := s.locks[tag]; l != nil {
		return l
	}
	l := s.free
	if l != nil {
		s.free, l.nextFree = l.nextFree, nil
	} else {
		l = new(lock)
	}
	l.tag = tag
	if s.locks == nil {
		s.locks = make(map[lockTag]*lock)
	}
	s.locks[tag] = l
	s.peak = max(s.peak, len(s.locks))
	return l
}

// shardKeep is how large a shard's map may have been to be kept when empty: a
// map never gives memory back by itself.
const shardKeep = 1024

// drop forgets a lock that nobody holds or wants.
func (s *lockShard) drop(l *lock) {
	if l.holders != nil || len(l.queue) > 0 {
		return
	}
	delete(s.locks, l.tag)
	if len(s.locks) == 0 && s.peak > shardKeep {
		s.locks, s.free, s.peak = nil, nil, 0
		return
	}
	l.queue = nil
	l.nextFree = s.free
	s.free = l
}

// holds returns what tx holds of l. A table may have very many holders, a
// transaction has few table locks; with rows it is the other way round.
func (tx *Tx) holds(l *lock) *held {
	if l.tag.space == spaceTable {
		return tx.tableLock(l.tag.obj)
	}
	for h := l.holders; h != nil; h = h.next {
		if h.tx == tx {
			return h
		}
	}
	return nil
}

// free reports whether mode conflicts with no holder other than tx, whose own
// part is own.
func (l *lock) free(tx *Tx, own *held, mode Mode) bool {
	mask := conflicts[l.tag.kind()][mode]
	if l.tag.space == spaceAdvisory {
		for h := l.holders; h != nil; h = h.next {
			if h.tx.owner != tx.owner && h.modes&mask != 0 {
				return false
			}
		}
		return true
	}
	for m := Mode(0); mask != 0; m, mask = m+1, mask>>1 {
		if mask&1 == 0 || l.counts[m] == 0 {
			continue
		}
		if l.counts[m] > 1 || own == nil || own.modes&(1<<m) == 0 {
			return false
		}
	}
	return true
}

// queueBlocks reports whether mode conflicts with one of the first n waiters.
func (l *lock) queueBlocks(mode Mode, n int) bool {
	mask := conflicts[l.tag.kind()][mode]
	for _, w := range l.queue[:n] {
		if !w.passive && mask&(1<<w.mode) != 0 {
			return true
		}
	}
	return false
}

// ownedBy reports whether the owner holds an advisory lock through another of its
// transactions: its session holds it, and a transaction of it wants it, or the
// other way round.
func (l *lock) ownedBy(o *Owner) bool {
	if l.tag.space != spaceAdvisory {
		return false
	}
	for h := l.holders; h != nil; h = h.next {
		if h.tx.owner == o {
			return true
		}
	}
	return false
}

// covers reports whether one of the held modes excludes all that mode does. Of an
// advisory lock each mode is kept by itself, since each is given back by itself.
func covers(tag lockTag, heldModes uint8, mode Mode) bool {
	if tag.space == spaceAdvisory {
		return heldModes&(1<<mode) != 0
	}
	kind := tag.kind()
	for m := Mode(0); heldModes != 0; m, heldModes = m+1, heldModes>>1 {
		if heldModes&1 != 0 && (m == mode || m > mode && conflicts[kind][mode]&^conflicts[kind][m] == 0) {
			return true
		}
	}
	return false
}

func (l *lock) grant(tx *Tx, h *held, mode Mode) {
	if h == nil {
		h = &held{tx: tx, l: l, next: l.holders}
		if l.holders != nil {
			l.holders.prev = h
		}
		l.holders = h
		if l.tag.space == spaceTable {
			tx.tables = append(tx.tables, h)
		}
	}
	h.modes |= 1 << mode
	l.counts[mode]++
	tx.grants = append(tx.grants, grant{h, mode})
}

func (l *lock) unlink(h *held) {
	if h.prev != nil {
		h.prev.next = h.next
	} else {
		l.holders = h.next
	}
	if h.next != nil {
		h.next.prev = h.prev
	}
}

// enqueue adds w at the end, or, when its transaction holds the lock already, in
// front of the first waiter that it blocks anyway.
func (l *lock) enqueue(w *waiter, own *held) {
	at := len(l.queue)
	if own != nil {
		for i, other := range l.queue {
			if conflicts[l.tag.kind()][other.mode]&own.modes != 0 {
				at = i
				break
			}
		}
	}
	l.queue = append(l.queue, nil)
	copy(l.queue[at+1:], l.queue[at:])
	l.queue[at] = w
}

func (l *lock) remove(w *waiter) bool {
	for i, other := range l.queue {
		if other == w {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			w.tx.owner.waiting.Store(nil)
			return true
		}
	}
	return false
}

// wake grants whatever has become free, first come first served.
func (l *lock) wake() {
	for i := 0; i < len(l.queue); {
		w := l.queue[i]
		if !l.free(w.tx, w.tx.holds(l), w.mode) || !w.passive && l.queueBlocks(w.mode, i) {
			i++
			continue
		}
		l.grantWaiter(w)
	}
}

// grantWaiter gives w its lock. w's goroutine sleeps, so its list of locks may
// be appended to here; the channel orders that before its next step.
func (l *lock) grantWaiter(w *waiter) {
	l.remove(w)
	if !w.passive {
		l.grant(w.tx, w.tx.holds(l), w.mode)
	}
	w.granted <- struct{}{}
}
