package txn

import (
	"github.com/tidwall/btree"
)

// bufferIter walks the entries of a buffer's span in either direction, deleted
// ones included: the newest of each key.
type bufferIter struct {
	b       *buffer
	bound   string // upper, exclusive; of a walk back lower, inclusive; "" is open
	reverse bool
	heap    []*bufferSource // the next key on top, of equal ones the newest

	key string
	e   entry
	hid bool // older entries of the key were passed over
	err error
}

// bufferSource is one sorted part of a buffer.
type bufferSource struct {
	age int // of a run its place; of mem more than any run's
	mem btree.MapIter[string, entry]
	run *runCursor // nil: mem

	key string
	e   entry
}

// iter returns an iterator before its first entry. "" is an open bound.
func (b *buffer) iter(lower, upper string, reverse bool) *bufferIter {
	it := &bufferIter{b: b, bound: upper, reverse: reverse}
	start := lower
	if reverse {
		it.bound, start = lower, upper
	}
	for i := range b.runs {
		r := b.runs[i]
		if lower > r.last || upper != "" && upper <= r.blocks[0].first {
			continue
		}
		s := &bufferSource{age: i, run: &runCursor{r: r}}
		ok, err := s.run.seek(start, reverse)
		it.add(s, ok, err)
	}
	if b.mem.Len() > 0 {
		s := &bufferSource{age: len(b.runs), mem: b.mem.Iter()}
		it.add(s, s.seek(start, reverse), nil)
	}
	return it
}

func (s *bufferSource) seek(k string, reverse bool) bool {
	switch {
	case k == "" && reverse:
		return s.mem.Last()
	case k == "":
		return s.mem.First()
	case !reverse:
		return s.mem.Seek(k)
	case s.mem.Seek(k):
		return s.mem.Prev()
	}
	return s.mem.Last()
}

// add puts a source that stands on an entry into the heap.
func (it *bufferIter) add(s *bufferSource, ok bool, err error) {
	if err != nil {
		it.err = err
		return
	}
	if !it.take(s, ok) {
		return
	}
	it.heap = append(it.heap, s)
	for i := len(it.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !it.before(it.heap[i], it.heap[up]) {
			return
		}
		it.heap[i], it.heap[up] = it.heap[up], it.heap[i]
		i = up
	}
}

// take reads the entry that a source stands on; false at the end of the span.
func (it *bufferIter) take(s *bufferSource, ok bool) bool {
	if !ok {
		return false
	}
	if s.run != nil {
		c := &s.run.entries[s.run.at]
		s.key, s.e = c.key, c.e
	} else {
		s.key, s.e = s.mem.Key(), s.mem.Value()
	}
	return it.bound == "" || (s.key < it.bound) != it.reverse
}

func (it *bufferIter) before(a, b *bufferSource) bool {
	if a.key == b.key {
		return a.age > b.age
	}
	return (a.key < b.key) != it.reverse
}

// advance moves the source on top on.
func (it *bufferIter) advance() {
	s := it.heap[0]
	var ok bool
	var err error
	switch {
	case s.run != nil:
		ok, err = s.run.step(it.reverse)
	case it.reverse:
		ok = s.mem.Prev()
	default:
		ok = s.mem.Next()
	}
	if err != nil {
		it.err = err
		it.heap = nil
		return
	}
	if !it.take(s, ok) {
		n := len(it.heap) - 1
		it.heap[0] = it.heap[n]
		it.heap = it.heap[:n]
	}
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(it.heap); c++ {
			if it.before(it.heap[c], it.heap[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		it.heap[i], it.heap[least] = it.heap[least], it.heap[i]
		i = least
	}
}

// next moves to the next entry; false at the end and on an error, which err has.
func (it *bufferIter) next() bool {
	for it.err == nil && len(it.heap) > 0 {
		s := it.heap[0]
		it.key, it.e = s.key, s.e
		hidden := it.e.flags&entryGone != 0 || s.run != nil && it.b.isDropped(it.key, s.age)
		it.advance()
		for it.hid = false; len(it.heap) > 0 && it.heap[0].key == it.key; it.hid = true {
			it.advance()
		}
		if !hidden && it.err == nil {
			return true
		}
	}
	return false
}
