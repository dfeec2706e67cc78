// Package mem accounts the memory one statement holds in its operators, so that
// a query over its limit gets 53200 instead of ending the process. It measures
// nothing itself: operators tell it what they keep.
package mem

import (
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Account is the memory of one statement. Its methods may be called from
// several goroutines. A nil Account counts nothing.
type Account struct {
	limit int64
	used  atomic.Int64
	peak  atomic.Int64
}

// NewAccount returns an account with a limit in bytes; 0 means none.
func NewAccount(limit int64) *Account { return &Account{limit: limit} }

// Grow adds n bytes, or fails with 53200 and adds nothing.
func (a *Account) Grow(n int64) error {
	if a == nil || n == 0 {
		return nil
	}
	used := a.used.Add(n)
	if a.limit > 0 && used > a.limit {
		a.used.Add(-n)
		return pgerr.New(pgcode.OutOfMemory, "out of memory").
			WithDetail("Failed on request of size %d: the statement holds %d of at most %d bytes.", n, used-n, a.limit).
			WithHint("Raise drift.statement_memory or make the statement keep fewer rows.")
	}
	for {
		peak := a.peak.Load()
		if used <= peak || a.peak.CompareAndSwap(peak, used) {
			return nil
		}
	}
}

// Shrink gives n bytes back.
func (a *Account) Shrink(n int64) {
	if a != nil {
		a.used.Add(-n)
	}
}

// Peak returns the most bytes held at one time.
func (a *Account) Peak() int64 {
	if a == nil {
		return 0
	}
	return a.peak.Load()
}

// Holder is one operator's share of an Account. It belongs to one goroutine;
// Release may be called twice.
type Holder struct {
	Account *Account
	held    int64
}

// Grow adds n bytes to the share.
func (h *Holder) Grow(n int64) error {
	if err := h.Account.Grow(n); err != nil {
		return err
	}
	h.held += n
	return nil
}

// Set makes the share hold exactly n bytes.
func (h *Holder) Set(n int64) error {
	if n <= h.held {
		h.Account.Shrink(h.held - n)
		h.held = n
		return nil
	}
	return h.Grow(n - h.held)
}

// Held returns the bytes of the share.
func (h *Holder) Held() int64 { return h.held }

// Release gives the whole share back.
func (h *Holder) Release() {
	h.Account.Shrink(h.held)
	h.held = 0
}
