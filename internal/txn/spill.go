package txn

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/driftdb/driftdb/internal/store"
)

const (
	// runsMax bounds the parts of one transaction's write buffer; at the default
	// size of a part that is more than 60 GB of changes.
	runsMax = 1024
	// rowMovesMax bounds the rows that one transaction gives another key: finding
	// their net effect takes memory for each.
	rowMovesMax = 2_000_000
	// layerPart is the part of the limit that a savepoint must hold by itself to get
	// a run of its own.
	layerPart = 1024
)

// spill moves the write buffer out of memory. Savepoints keep what they need of
// it: each state that one of them may return to becomes a layer of what changed
// since the state before, in a run unless it is small.
func (tx *Tx) spill() error {
	tx.snap = nil
	runs := tx.live.runs
	base, layer := new(entries), new(entries) // runs and layer together hold the state base
	write := func() error {
		r, err := tx.writeRun(layer)
		if r != nil {
			runs = append(slices.Clip(runs), r)
		}
		layer = new(entries)
		return err
	}
	for i := range tx.saves {
		s := &tx.saves[i]
		if len(s.live.runs) != len(tx.live.runs) || s.live.mem.Len() == 0 {
			continue // of an earlier time: it holds little
		}
		changes(base, &s.live.mem, layer)
		base = s.live.mem.Copy()
		s.bytes = 0
		layer.Scan(func(k string, e entry) bool { s.bytes += entryBytes(k, &e); return true })
		if s.bytes >= tx.m.settings.SpillBytes/layerPart {
			if err := write(); err != nil {
				return err
			}
			s.bytes = 0
		}
		s.live = &buffer{mem: *layer.Copy(), runs: runs, dropped: s.live.dropped, shared: s.live.shared}
	}
	changes(base, &tx.live.mem, layer)
	if err := write(); err != nil {
		return err
	}
	if len(runs) > runsMax {
		return errTooLarge()
	}
	tx.live.mem, tx.live.runs = entries{}, runs
	tx.bytes, tx.arena = 0, arena{}
	return nil
}

// changes adds to layer what turns the state was into is.
func changes(was, is, layer *entries) {
	a, b := was.Iter(), is.Iter()
	okA, okB := a.First(), b.First()
	for okA || okB {
		order := 0
		switch {
		case !okB:
			order = -1
		case !okA:
			order = 1
		default:
			order = cmp.Compare(a.Key(), b.Key())
		}
		if order < 0 {
			layer.Set(a.Key(), entry{flags: entryGone})
		} else {
			e := b.Value()
			if order > 0 {
				layer.Set(b.Key(), e)
			} else if old := a.Value(); !old.same(&e) {
				layer.Set(b.Key(), e)
			}
			okB = b.Next()
		}
		if order <= 0 {
			okA = a.Next()
		}
	}
}

// writeRun makes a run of entries in memory; nil if there are none.
func (tx *Tx) writeRun(m *entries) (*run, error) {
	if m.Len() == 0 {
		return nil, nil
	}
	w, err := tx.newRun(m.Len(), tx.m.settings.SpillBytes)
	if err != nil {
		return nil, err
	}
	m.Scan(func(k string, e entry) bool {
		err = w.add(k, &e)
		return err == nil
	})
	if err == nil {
		err = w.finish()
	}
	return w.r, wrapStore(err)
}

// newRun starts a run; its file goes with the transaction.
func (tx *Tx) newRun(keys int, size int64) (*runWriter, error) {
	w, err := newRunWriter(tx.m.db, keys, size)
	if err != nil {
		return nil, wrapStore(err)
	}
	tx.OnEnd(func(bool) { _ = w.r.file.Close() })
	return w, nil
}

// Loader fills a storage that the transaction made, with entries in any order.
// The transaction's next statement sees them after Finish. A Loader belongs to
// the transaction's goroutine.
type Loader struct {
	tx        *Tx
	id        store.StorageID
	limit     int64
	duplicate func(tuple []byte) error

	data []byte // keys and tuples of the entries at hand
	list []loaderEntry
	runs []*run
}

// loaderEntry is an entry in a Loader's data: its key, then its tuple.
type loaderEntry struct {
	prefix     uint64 // the key's first bytes, which decide most comparisons
	off        int
	key, tuple int32
}

// NewLoader returns a Loader for a storage that NewStorage made. share says how
// many Loaders are in use together: they share the memory that a transaction's
// writes may take. Of two entries with the same key, Add or Finish calls duplicate
// with one's tuple and returns its error; nil says that there are none.
func (tx *Tx) NewLoader(id store.StorageID, share int, duplicate func(tuple []byte) error) *Loader {
	return &Loader{tx: tx, id: id, limit: tx.m.settings.SpillBytes / int64(max(1, share)), duplicate: duplicate}
}

// Add adds an entry; key and tuple are copied.
func (l *Loader) Add(key, tuple []byte) error {
	e := loaderEntry{off: len(l.data), key: int32(len(key)), tuple: int32(len(tuple))}
	for i := range 8 {
		e.prefix <<= 8
		if i < len(key) {
			e.prefix |= uint64(key[i])
		}
	}
	l.data = append(append(l.data, key...), tuple...)
	l.list = append(l.list, e)
	if int64(len(l.data)+len(l.list)*24) < l.limit {
		return nil
	}
	return l.spill()
}

func (l *Loader) keyOf(e *loaderEntry) []byte { return l.data[e.off : e.off+int(e.key)] }

func (l *Loader) tupleOf(e *loaderEntry) []byte {
	return l.data[e.off+int(e.key) : e.off+int(e.key)+int(e.tuple)]
}

// each calls f for the entries at hand in key order.
func (l *Loader) each(f func(key, tuple []byte) error) error {
	slices.SortFunc(l.list, func(a, b loaderEntry) int {
		return cmp.Or(cmp.Compare(a.prefix, b.prefix), bytes.Compare(l.keyOf(&a), l.keyOf(&b)))
	})
	for i := range l.list {
		e := &l.list[i]
		if i > 0 && l.duplicate != nil && bytes.Equal(l.keyOf(e), l.keyOf(&l.list[i-1])) {
			return l.duplicate(l.tupleOf(e))
		}
		if err := f(l.keyOf(e), l.tupleOf(e)); err != nil {
			return err
		}
	}
	return nil
}

// spill makes a run of the entries at hand.
func (l *Loader) spill() error {
	if len(l.list) == 0 {
		return nil
	}
	w, err := l.tx.newRun(len(l.list), int64(len(l.data)))
	if err != nil {
		return err
	}
	var k []byte
	err = l.each(func(key, tuple []byte) error {
		k = appendBufferKey(k[:0], l.id, key)
		return w.add(view(k), &entry{tuple: view(tuple)})
	})
	if err == nil {
		err = w.finish()
	}
	if l.runs = append(l.runs, w.r); err == nil && len(l.tx.live.runs)+len(l.runs) > runsMax {
		err = errTooLarge()
	}
	l.data, l.list = l.data[:0], l.list[:0]
	return wrapStore(err)
}

// Finish writes the entries to the transaction.
func (l *Loader) Finish() error {
	if len(l.runs) == 0 {
		return l.each(func(key, tuple []byte) error { return l.tx.Put(l.id, key, tuple, None()) })
	}
	if err := l.spill(); err != nil {
		return err
	}
	l.data, l.list = nil, nil
	if l.duplicate != nil {
		b := buffer{runs: l.runs}
		it := b.iter("", "", false)
		for it.next() {
			if it.hid {
				return l.duplicate(bytesOf(it.e.tuple))
			}
		}
		if it.err != nil {
			return wrapStore(it.err)
		}
	}
	l.tx.snap = nil
	l.tx.live.runs = append(slices.Clip(l.tx.live.runs), l.runs...)
	return nil
}
