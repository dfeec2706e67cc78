package txn

import (
	"github.com/tidwall/btree"

	"github.com/driftdb/driftdb/internal/store"
)

// ownIter walks the buffered entries of a span, deleted ones included.
type ownIter struct {
	it      btree.MapIter[string, entry]
	bound   string // buffer key: upper, or lower when reverse; exclusive, inclusive
	reverse bool

	ok  bool
	key string
	e   entry
}

// newOwnIter returns an iterator on its first entry, or nil when the span has
// none.
func newOwnIter(b *buffer, id store.StorageID, lower, upper []byte, reverse bool) *ownIter {
	if b == nil || b.Len() == 0 {
		return nil
	}
	lo := string(appendBufferKey(nil, id, lower))
	hi := string(appendBufferKey(nil, id, upper))
	if upper == nil {
		hi = string(appendBufferKey(nil, id+1, nil))
	}
	if lower != nil && upper != nil && lo >= hi {
		return nil
	}
	o := &ownIter{it: b.Iter(), bound: hi, reverse: reverse}
	if reverse {
		o.bound = lo
		if o.it.Seek(hi) {
			o.take(o.it.Prev())
		} else {
			o.take(o.it.Last())
		}
	} else {
		o.take(o.it.Seek(lo))
	}
	if !o.ok {
		return nil
	}
	return o
}

func (o *ownIter) advance() {
	if o.reverse {
		o.take(o.it.Prev())
	} else {
		o.take(o.it.Next())
	}
}

func (o *ownIter) take(ok bool) {
	o.ok = false
	if !ok {
		return
	}
	k := o.it.Key()
	if o.reverse && k < o.bound || !o.reverse && k >= o.bound {
		return
	}
	_, o.key = splitBufferKey(k)
	o.e = o.it.Value()
	o.ok = true
}
