package txn

import (
	"bytes"

	"github.com/driftdb/driftdb/internal/store"
)

// gap is a range of keys of a storage that holds nothing committed. A load in key
// order looks once what comes next in the storage, not at every key. It counts on
// the caller's lock of the key: who changes the storage has raised its last change
// before giving up the lock.
type gap struct {
	id    store.StorageID
	last  []byte // the key that was looked for last
	run   int    // how many keys were looked for in ascending order
	known bool   // the rest is set
	upper []byte // the range is from last on up to here; nil: no end
	seq   store.Seq
}

const (
	// gapRun is how many ascending keys in a row make a load.
	gapRun = 16
	// gapsMax bounds how many storages a transaction keeps a gap of.
	gapsMax = 8
)

// gapOf returns the gap of a storage, nil when there are too many.
func (tx *Tx) gapOf(id store.StorageID) *gap {
	for i := range tx.gaps {
		if tx.gaps[i].id == id {
			return &tx.gaps[i]
		}
	}
	if len(tx.gaps) == gapsMax {
		return nil
	}
	tx.gaps = append(tx.gaps, gap{id: id})
	return &tx.gaps[len(tx.gaps)-1]
}

// holds reports whether nothing is committed under a key, as far as the gap knows.
func (g *gap) holds(db *store.DB, key []byte) bool {
	if !g.known || db.TableLastChange(g.id) > g.seq || bytes.Compare(key, g.last) < 0 ||
		g.upper != nil && bytes.Compare(key, g.upper) >= 0 {
		return false
	}
	g.last = append(g.last[:0], key...)
	return true
}

// missed notes that a View has nothing under a key, and looks for what comes next
// when that pays.
func (g *gap) missed(v *store.View, key []byte) error {
	g.known = false
	if bytes.Compare(key, g.last) <= 0 {
		g.run = 0
	}
	g.run++
	g.last = append(g.last[:0], key...)
	if g.run < gapRun {
		return nil
	}
	g.run = 0
	it := v.Scan(g.id, key, nil, store.ScanOptions{})
	g.upper = nil
	if it.Next() {
		g.upper = bytes.Clone(it.Key())
	}
	err := it.Err()
	if cerr := it.Close(); err == nil {
		err = cerr
	}
	g.known, g.seq = err == nil, v.Seq()
	return err
}
