package store

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// ScanOptions chooses how Scan walks.
type ScanOptions struct {
	Reverse bool
}

// Iter walks versions in key order. It starts before the first; Key and Tuple
// are valid until the next call of Next or Close and must not be changed. An
// Iter belongs to one goroutine. Close must be called once.
type Iter struct {
	key   []byte
	tuple []byte
	start Seq
	end   Seq

	v         *View
	id        StorageID
	present   *pebble.Iterator
	prefix    int
	mode      iterMode
	reverse   bool
	started   bool
	done      bool
	liveUntil Seq // end of the storage's live versions: MaxSeq or its freeze
	err       error

	img     imageCursor // modeImage
	rows    int         // rows returned by modePresent
	counted bool        // rows are not to be reported as demand
	past    *pastMerge  // reads below the View's seq
	history *historyMerge
	buf     []byte // bounds; the engine keeps its own copy
}

type iterMode uint8

const (
	modePresent iterMode = iota
	modeImage
	modePast
	modeHistory
)

var iters = sync.Pool{New: func() any { return new(Iter) }}

// Scan walks the versions alive at the Reader's moment with lower <= key <
// upper. A nil bound is open.
func (r Reader) Scan(id StorageID, lower, upper []byte, opts ScanOptions) *Iter {
	it := iters.Get().(*Iter)
	buf := it.buf
	*it = Iter{v: r.v, id: id, reverse: opts.Reverse, buf: buf, prefix: storagePrefixLen(id)}
	it.liveUntil = r.frozen(id)
	if it.liveUntil <= r.at || emptySpan(lower, upper) {
		it.done = true
		return it
	}
	if st := r.v.db.states.get(id); st != nil {
		if img := st.imageFor(r.at); img != nil {
			it.mode = modeImage
			it.img.open(img, lower, upper, opts.Reverse)
			return it
		}
	}
	var lo, hi []byte
	it.buf, lo, hi = storageBounds(it.buf, spacePresent, id, lower, upper)
	it.present, it.err = r.v.scanIter(lo, hi)
	if it.err != nil {
		it.done = true
		return it
	}
	if r.at < r.v.seq && r.changedSince(id) {
		it.mode = modePast
		it.past, it.err = r.newPastMerge(it, lower, upper)
		it.done = it.err != nil
	}
	return it
}

// emptySpan reports whether no key can be between two bounds. The engine must not
// be given such bounds: its iterator would remember them wrongly when used again.
func emptySpan(lower, upper []byte) bool {
	return lower != nil && upper != nil && bytes.Compare(lower, upper) >= 0
}

// Next moves to the next version. It returns false at the end and on an error,
// which Err then gives.
func (it *Iter) Next() bool {
	if it.mode != modePresent || it.done {
		if it.mode == modeImage && !it.done {
			return it.nextImage()
		}
		return it.nextSlow()
	}
	p := it.present
	var ok bool
	switch {
	case !it.started:
		it.started = true
		if it.reverse {
			ok = p.Last()
		} else {
			ok = p.First()
		}
	case it.reverse:
		ok = p.Prev()
	default:
		ok = p.Next()
	}
	if !ok {
		return it.stop(p.Error())
	}
	val, err := p.ValueAndErr()
	if err != nil || len(val) < 8 {
		_, _, err = presentValue(p, nil)
		return it.stop(err)
	}
	start := Seq(binary.BigEndian.Uint64(val))
	if start&loadIDBit != 0 {
		if start, _, err = presentValue(p, &it.v.db.loads); err != nil {
			return it.stop(err)
		}
	}
	k := p.Key()
	it.key = k[it.prefix : len(k)-1]
	it.start = start
	it.end = it.liveUntil
	it.tuple = val[8:]
	it.rows++
	return true
}

func (it *Iter) nextSlow() bool {
	switch {
	case it.done:
		return false
	case it.mode == modePast:
		return it.past.next(it)
	default:
		return it.history.next(it)
	}
}

// stop ends the walk.
func (it *Iter) stop(err error) bool {
	it.done = true
	it.key, it.tuple = nil, nil
	if err != nil && it.err == nil {
		it.err = wrapErr(err)
	}
	return false
}

// Key returns the key of the version.
func (it *Iter) Key() []byte { return it.key }

// Tuple returns the version's bytes.
func (it *Iter) Tuple() []byte { return it.tuple }

// Start returns the commit that made the version.
func (it *Iter) Start() Seq { return it.start }

// End returns the commit that ended the version, MaxSeq while it is current.
func (it *Iter) End() Seq { return it.end }

// Err returns the error that ended the walk, if one did.
func (it *Iter) Err() error { return it.err }

// Close gives the iterator back and returns Err.
func (it *Iter) Close() error {
	err := it.err
	if it.v == nil {
		return err
	}
	if !it.counted && int64(it.rows) >= min(imageCountRows, it.v.db.images.after) {
		it.v.db.scanned(it.id, it.v, it.rows)
	}
	if it.present != nil {
		it.v.giveBack(poolScan, it.present)
	}
	if it.past != nil {
		it.past.close(it.v)
	}
	if it.history != nil {
		it.history.close(it.v)
	}
	buf := it.buf
	*it = Iter{buf: buf, err: err, done: true}
	iters.Put(it)
	return err
}
