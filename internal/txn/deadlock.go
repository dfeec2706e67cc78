package txn

import (
	"fmt"
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// checkDeadlock looks for a cycle of transactions through w. A cycle that exists
// only because somebody queues behind another waiter is resolved by letting that
// one pass; otherwise w gives up with 40P01. Nothing is found when w was granted
// meanwhile.
func (t *lockTable) checkDeadlock(w *waiter) error {
	t.freeze()
	defer t.thaw()
	for w.tx.owner.waiting.Load() == w {
		search := cycleSearch{target: w.tx.owner, seen: map[*Owner]bool{}}
		if !search.from(w) {
			return nil
		}
		if search.letPass() {
			continue
		}
		w.l.remove(w)
		w.l.wake()
		t.shard(w.l.tag).drop(w.l)
		return search.error()
	}
	return nil
}

// cycleSearch walks from a waiter to those it waits for until it comes back to
// the target. It goes by owner: what a session holds of its own, one of its
// transactions may be waiting with.
type cycleSearch struct {
	target *Owner
	seen   map[*Owner]bool
	path   []*waiter // waiters of the cycle in order
}

func (c *cycleSearch) from(w *waiter) bool {
	c.path = append(c.path, w)
	found := false
	blockers(w, func(tx *Tx) bool {
		if tx.owner == c.target {
			found = true
			return false
		}
		if next := tx.owner.waiting.Load(); next != nil && !c.seen[tx.owner] {
			c.seen[tx.owner] = true
			if c.from(next) {
				found = true
				return false
			}
		}
		return true
	})
	if !found {
		c.path = c.path[:len(c.path)-1]
	}
	return found
}

// blockers calls yield for every transaction that w waits for.
func blockers(w *waiter, yield func(*Tx) bool) {
	mask := conflicts[w.l.tag.kind()][w.mode]
	for h := w.l.holders; h != nil; h = h.next {
		if h.tx.owner != w.tx.owner && h.modes&mask != 0 && !yield(h.tx) {
			return
		}
	}
	for _, other := range w.l.queue {
		if other == w || w.passive {
			return
		}
		if !other.passive && mask&(1<<other.mode) != 0 && !yield(other.tx) {
			return
		}
	}
}

// letPass grants a waiter of the cycle that only the queue holds back.
func (c *cycleSearch) letPass() bool {
	for _, w := range c.path {
		if w.l.free(w.tx, w.tx.holds(w.l), w.mode) {
			w.l.grantWaiter(w)
			return true
		}
	}
	return false
}

func (c *cycleSearch) error() error {
	var detail strings.Builder
	for i, w := range c.path {
		blocker := c.path[(i+1)%len(c.path)].tx
		if i > 0 {
			detail.WriteByte('\n')
		}
		fmt.Fprintf(&detail, "Process %d waits for %s; blocked by process %d.", w.tx.owner.pid, w.describe(blocker), blocker.owner.pid)
	}
	err := pgerr.New(pgcode.TRDeadlockDetected, "deadlock detected").WithHint("See server log for query details.")
	err.Detail = detail.String()
	return err
}

// describe names what w waits for as PostgreSQL would: a row is waited for by
// waiting for the transaction that locked it.
func (w *waiter) describe(blocker *Tx) string {
	switch w.tag.space {
	case spaceTable:
		return fmt.Sprintf("%s on relation %d of database %d", tableModeNames[w.mode], w.tag.obj, databaseOID)
	case spaceAdvisory:
		return fmt.Sprintf("%s on advisory lock [%d,%d,%d,%d]", tableModeNames[w.mode], databaseOID, w.tag.obj>>32, uint32(w.tag.obj), w.tag.hash)
	}
	return fmt.Sprintf("ShareLock on transaction %d", blocker.id.Load())
}

// databaseOID is the number of the only database, for messages.
const databaseOID = 16384
