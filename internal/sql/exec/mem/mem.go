// Package mem accounts the memory that statements hold in their operators. An
// operator that can spill asks whether it should; one that cannot gets 53200
// instead of ending the process. It measures nothing itself: operators tell it
// what they keep.
package mem

import (
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Pool is the memory of all statements of a server. Its methods may be called
// from several goroutines; a nil Pool counts nothing, the zero Pool has no limit.
type Pool struct {
	limit atomic.Int64
	used  atomic.Int64
}

// SetLimit sets the limit in bytes; 0 means none.
func (p *Pool) SetLimit(bytes int64) { p.limit.Store(bytes) }

// Used returns the bytes held by all statements.
func (p *Pool) Used() int64 {
	if p == nil {
		return 0
	}
	return p.used.Load()
}

func (p *Pool) grow(n int64) error {
	if p == nil {
		return nil
	}
	used, limit := p.used.Add(n), p.limit.Load()
	if limit > 0 && used > limit {
		p.used.Add(-n)
		return outOfMemory("Failed on request of size %d: all statements together hold %d of at most %d bytes.", n, used-n, limit).
			WithHint("Raise drift.server_memory, lower work_mem or run fewer statements at once.")
	}
	return nil
}

func (p *Pool) shrink(n int64) {
	if p != nil {
		p.used.Add(-n)
	}
}

// Account is the memory of one statement, or within it that of one operator. Its
// methods may be called from several goroutines. A nil Account counts nothing.
type Account struct {
	parent *Account // of an operator's account
	pool   *Pool
	limit  int64
	used   atomic.Int64
	peak   atomic.Int64
}

// NewAccount returns a statement's account with a limit in bytes; 0 means none.
// What it holds counts in the pool too, which may be nil.
func NewAccount(limit int64, pool *Pool) *Account { return &Account{limit: limit, pool: pool} }

// Child returns an account for a part of the statement, whose bytes count in the
// statement's too.
func (a *Account) Child() *Account { return &Account{parent: a} }

// Grow adds n bytes, or fails with 53200 and adds nothing.
func (a *Account) Grow(n int64) error {
	if a == nil || n == 0 {
		return nil
	}
	if err := a.parent.Grow(n); err != nil {
		return err
	}
	used := a.used.Add(n)
	if a.limit > 0 && used > a.limit {
		a.used.Add(-n)
		return outOfMemory("Failed on request of size %d: the statement holds %d of at most %d bytes.", n, used-n, a.limit).
			WithHint("Raise drift.statement_memory or make the statement keep fewer rows.")
	}
	if err := a.pool.grow(n); err != nil {
		a.used.Add(-n)
		return err
	}
	for {
		peak := a.peak.Load()
		if used <= peak || a.peak.CompareAndSwap(peak, used) {
			return nil
		}
	}
}

func outOfMemory(detail string, args ...any) *pgerr.Error {
	return pgerr.New(pgcode.OutOfMemory, "out of memory").WithDetail(detail, args...)
}

// Shrink gives n bytes back.
func (a *Account) Shrink(n int64) {
	for ; a != nil; a = a.parent {
		a.used.Add(-n)
		a.pool.shrink(n)
	}
}

// Close gives back all that is still held.
func (a *Account) Close() {
	if a != nil {
		a.Shrink(a.used.Load())
	}
}

// Used returns the bytes held.
func (a *Account) Used() int64 {
	if a == nil {
		return 0
	}
	return a.used.Load()
}

// Peak returns the most bytes held at one time.
func (a *Account) Peak() int64 {
	if a == nil {
		return 0
	}
	return a.peak.Load()
}

// Tight reports whether the statement or the server is near its limit, so that
// who can spill should, whatever it was allowed.
func (a *Account) Tight() bool {
	for ; a != nil; a = a.parent {
		if a.limit > 0 && a.used.Load() > a.limit-a.limit/4 {
			return true
		}
		if p := a.pool; p != nil {
			if limit := p.limit.Load(); limit > 0 && p.used.Load() > limit-limit/4 {
				return true
			}
		}
	}
	return false
}

// Holder is one structure's share of an Account. It belongs to one goroutine;
// Release may be called twice. A share that has become large asks for more than
// it needs, so that many small steps cost the shared counters little.
type Holder struct {
	Account *Account
	held    int64
	spare   int64 // taken from the account beyond held
}

// maxSpare bounds what a Holder takes in advance.
const maxSpare = 64 << 10

// Grow adds n bytes to the share.
func (h *Holder) Grow(n int64) error {
	if n > h.spare {
		ahead := min(h.held/16, maxSpare)
		if ahead == 0 || h.Account.Grow(n-h.spare+ahead) != nil {
			ahead = 0
			if err := h.Account.Grow(n - h.spare); err != nil {
				return err
			}
		}
		h.spare = n + ahead
	}
	h.spare -= n
	h.held += n
	return nil
}

// Set makes the share hold exactly n bytes.
func (h *Holder) Set(n int64) error {
	if n >= h.held {
		return h.Grow(n - h.held)
	}
	h.Account.Shrink(h.held - n + h.spare)
	h.held, h.spare = n, 0
	return nil
}

// Held returns the bytes of the share.
func (h *Holder) Held() int64 { return h.held }

// Release gives the whole share back.
func (h *Holder) Release() {
	h.Account.Shrink(h.held + h.spare)
	h.held, h.spare = 0, 0
}
