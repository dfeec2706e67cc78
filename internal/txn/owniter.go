package txn

import (
	"github.com/driftdb/driftdb/internal/store"
)

// ownIter walks the buffered entries of a span, deleted ones included.
type ownIter struct {
	it *bufferIter

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
	o := &ownIter{it: b.iter(lo, hi, reverse)}
	o.advance()
	if !o.ok && o.it.err == nil {
		return nil
	}
	return o
}

// advance moves on; at the end, and on an error, which err returns, ok is false.
func (o *ownIter) advance() {
	if o.ok = o.it.next(); o.ok {
		_, o.key = splitBufferKey(o.it.key)
		o.e = o.it.e
	}
}

func (o *ownIter) err() error { return wrapStore(o.it.err) }
