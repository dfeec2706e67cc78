package catalog

import (
	"slices"
	"sort"
	"sync"

	"github.com/driftdb/driftdb/internal/store"
)

// keepSnapshots bounds how many catalogs of past moments are kept in memory.
const keepSnapshots = 64

// History gives the catalog of any moment. It keeps the present one and some of
// the past. It may be shared between goroutines.
type History struct {
	db *store.DB

	mu      sync.Mutex
	entries []*period // least recently used first
	// changes are the commits up to known that changed the catalog, in order.
	changes []store.Seq
	known   store.Seq
}

// period is a Snapshot with the commits [from, to] over which it is known to hold.
type period struct {
	from, to store.Seq
	snapshot *Snapshot
	version  store.Seq
}

// NewHistory returns the catalog history of a store.
func NewHistory(db *store.DB) *History { return &History{db: db} }

// At returns the catalog as of a reader's moment, and its version: the commit
// that last changed it as far as that is known, so that equal versions mean
// equal catalogs. Moments between the same two changes have the same Snapshot.
func (h *History) At(r store.Reader) (*Snapshot, store.Seq, error) {
	at := r.Seq()
	h.mu.Lock()
	if p := h.find(at); p != nil {
		h.mu.Unlock()
		return p.snapshot, p.version, nil
	}
	// The newest entry holds up to the next change; that is learnt here, where
	// the reader's moment lies beyond what was checked before.
	last := h.db.TableLastChange(store.StorageID(StorageObjects))
	h.mu.Unlock()
	p := &period{from: at, to: at, version: at}
	if at >= last {
		p.from, p.version = last, last
	} else if err := h.bounds(r, p); err != nil {
		return nil, 0, err
	}
	h.mu.Lock()
	have := h.sameVersion(p)
	h.mu.Unlock()
	if have != nil {
		return have.snapshot, have.version, nil
	}
	snapshot, err := load(r)
	if err != nil {
		return nil, 0, err
	}
	p.snapshot = snapshot
	h.mu.Lock()
	defer h.mu.Unlock()
	if have := h.sameVersion(p); have != nil {
		return have.snapshot, have.version, nil // another goroutine was faster
	}
	h.entries = append(h.entries, p)
	if len(h.entries) > keepSnapshots {
		h.entries = h.entries[1:]
	}
	return p.snapshot, p.version, nil
}

// find returns the entry that holds at a moment.
func (h *History) find(at store.Seq) *period {
	for i := len(h.entries) - 1; i >= 0; i-- {
		if p := h.entries[i]; p.from <= at && at <= p.to {
			h.touch(i)
			return p
		}
	}
	return nil
}

// sameVersion returns the entry that p is a longer piece of.
func (h *History) sameVersion(p *period) *period {
	for i, have := range h.entries {
		if have.version == p.version {
			have.from, have.to = min(have.from, p.from), max(have.to, p.to)
			h.touch(i)
			return have
		}
	}
	return nil
}

// bounds gives p, the period of a moment before the last change, the changes
// around it.
func (h *History) bounds(r store.Reader, p *period) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.from > h.known {
		if err := h.learn(r.View()); err != nil {
			return err
		}
	}
	next := sort.Search(len(h.changes), func(i int) bool { return h.changes[i] > p.from })
	if next < len(h.changes) {
		p.to = h.changes[next] - 1
	} else {
		p.to = max(p.to, h.known)
	}
	p.from = 0
	if next > 0 {
		p.from = h.changes[next-1]
	}
	p.version = p.from
	return nil
}

// learn reads which commits changed the catalog, up to the View's.
func (h *History) learn(v *store.View) error {
	changes := slices.Clone(h.changes)
	it := v.History(store.StorageID(StorageObjects), nil, nil, h.known, v.Seq()+1)
	for it.Next() {
		for _, seq := range []store.Seq{it.Start(), it.End()} {
			if seq > h.known && seq <= v.Seq() {
				changes = append(changes, seq)
			}
		}
	}
	err := it.Err()
	if cerr := it.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	slices.Sort(changes)
	h.changes, h.known = slices.Compact(changes), v.Seq()
	return nil
}

// touch moves an entry to the end of the list.
func (h *History) touch(i int) {
	p := h.entries[i]
	copy(h.entries[i:], h.entries[i+1:])
	h.entries[len(h.entries)-1] = p
}

// Changed reports whether a commit changed the catalog after that version.
func (h *History) Changed(version store.Seq) bool {
	return h.db.TableLastChange(store.StorageID(StorageObjects)) > version
}

func load(r store.Reader) (*Snapshot, error) {
	it := r.Scan(store.StorageID(StorageObjects), nil, nil, store.ScanOptions{})
	s, err := Load(func(yield func(key, tuple []byte) bool) error {
		for it.Next() {
			if !yield(it.Key(), it.Tuple()) {
				break
			}
		}
		return it.Err()
	})
	if cerr := it.Close(); err == nil {
		err = cerr
	}
	return s, err
}
