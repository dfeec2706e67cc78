package catalog

import (
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
// equal catalogs.
func (h *History) At(r store.Reader) (*Snapshot, store.Seq, error) {
	at := r.Seq()
	h.mu.Lock()
	for i := len(h.entries) - 1; i >= 0; i-- {
		if p := h.entries[i]; p.from <= at && at <= p.to {
			h.touch(i)
			h.mu.Unlock()
			return p.snapshot, p.version, nil
		}
	}
	// The newest entry holds up to the next change; that is learnt here, where
	// the reader's moment lies beyond what was checked before.
	last := h.db.TableLastChange(store.StorageID(StorageObjects))
	if at >= last {
		for i, p := range h.entries {
			if p.version == last {
				p.to = max(p.to, at)
				h.touch(i)
				h.mu.Unlock()
				return p.snapshot, p.version, nil
			}
		}
	}
	h.mu.Unlock()
	snapshot, err := load(r)
	if err != nil {
		return nil, 0, err
	}
	p := &period{from: at, to: at, snapshot: snapshot, version: at}
	if at >= last {
		p.from, p.version = last, last
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries, p)
	if len(h.entries) > keepSnapshots {
		h.entries = h.entries[1:]
	}
	return p.snapshot, p.version, nil
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
