package rowenc

import "unsafe"

const (
	arenaFirst = 1 << 10
	arenaMax   = 64 << 10
)

// Arena copies strings into large chunks, so that a batch of rows costs a few
// allocations. What String returned stays valid for ever: a chunk is freed when
// the last value in it is. The zero Arena is ready; a nil one allocates each
// string by itself. An Arena belongs to one goroutine.
type Arena struct {
	free []byte
	next int // size of the next chunk
}

// String returns a copy of b.
func (a *Arena) String(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if a == nil || len(b) > arenaMax/4 {
		return string(b)
	}
	if len(b) > len(a.free) {
		a.grow(len(b))
	}
	n := copy(a.free, b)
	s := unsafe.String(&a.free[0], n)
	a.free = a.free[n:]
	return s
}

// grow starts another chunk, twice as large as the one before.
func (a *Arena) grow(n int) {
	a.next = min(max(2*a.next, arenaFirst), arenaMax)
	a.free = make([]byte, max(a.next, n))
}
