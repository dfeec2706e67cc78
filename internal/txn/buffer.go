package txn

import (
	"encoding/binary"
	"unsafe"

	"github.com/tidwall/btree"

	"github.com/driftdb/driftdb/internal/store"
)

// buffer holds a transaction's writes in key order: one entry for every key of
// every storage it touched, with the final image so far and what is committed
// under the key. Copies share memory until one side is written to.
//
// Its keys are the storage id, eight bytes big endian, and the key.
type buffer = btree.Map[string, entry]

// entry is what the transaction made of one key. Its memory counts: a large load
// has one for each row and each index entry.
type entry struct {
	tuple string // final image; meaningless when deleted
	meta  *entryMeta
	flags entryFlags
}

type entryFlags uint8

const (
	entryDeleted entryFlags = 1 << iota
	// entryRebuilt: the row was copied from an earlier storage of its table, so
	// it does not count as a change of data.
	entryRebuilt
	// entryTouched: a rebuilt row that was changed before or afterwards.
	entryTouched
	// entryMoved, of a deleted entry: the row went to another key. Of a live
	// one: the row came when that had happened, so it is not the committed one.
	entryMoved
)

// entryMeta is what most entries of a load do not have. It is immutable.
type entryMeta struct {
	base Base
	// from is the key this row was committed under before its key was changed;
	// "" when it was not, or the row is new.
	from string
}

// Base says what is committed under a key at the time of a write; see Known,
// Unknown and None.
type Base struct {
	state baseState
	start store.Seq
	tuple string
}

type baseState uint8

const (
	baseNone baseState = iota
	baseKnown
	baseUnknown
)

// None says that nothing is committed under the key. The caller has looked, and
// holds a lock that keeps it true.
func None() Base { return Base{} }

// Unknown leaves it to Commit to look. The caller holds a lock that keeps others
// from writing the key.
func Unknown() Base { return Base{state: baseUnknown} }

// Known passes the committed image the caller has read under its lock. An image
// of the transaction's own is no base; Known then says None, which is ignored
// because the buffer has the key.
func Known(img Image) Base {
	if img.Own {
		return Base{}
	}
	return Base{state: baseKnown, start: img.Start, tuple: unsafe.String(unsafe.SliceData(img.Tuple), len(img.Tuple))}
}

func (e *entry) deleted() bool { return e.flags&entryDeleted != 0 }

func (e *entry) base() Base {
	if e.meta == nil {
		return Base{}
	}
	return e.meta.base
}

func (e *entry) from() string {
	if e.meta == nil {
		return ""
	}
	return e.meta.from
}

// same reports whether two entries are the same write.
func (e *entry) same(o *entry) bool {
	return e.flags == o.flags && len(e.tuple) == len(o.tuple) && unsafe.StringData(e.tuple) == unsafe.StringData(o.tuple)
}

// bufferKeyLen is the length of the storage id in front of a buffered key.
const bufferKeyLen = 8

func appendBufferKey(dst []byte, id store.StorageID, key []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(id))
	return append(dst, key...)
}

func splitBufferKey(k string) (store.StorageID, string) {
	b := unsafe.Slice(unsafe.StringData(k), bufferKeyLen)
	return store.StorageID(binary.BigEndian.Uint64(b)), k[bufferKeyLen:]
}

// lookup finds the entry of a key. b may be nil.
func lookup(b *buffer, id store.StorageID, key []byte) (entry, bool) {
	if b == nil || b.Len() == 0 {
		return entry{}, false
	}
	var scratch [128]byte
	return b.Get(view(appendBufferKey(scratch[:0], id, key)))
}

// view returns b as a string without copying; b must not change while it lives.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// arena copies keys and tuples into chunks, to spare the collector one object
// each. A chunk lives as long as something in it is used.
type arena struct {
	free []byte
	next int
}

const (
	arenaChunkMin = 512
	arenaChunkMax = 1 << 20
)

func (a *arena) copy(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > len(a.free) {
		if len(b) > arenaChunkMax/8 {
			return string(b)
		}
		a.next = min(max(2*a.next, arenaChunkMin), arenaChunkMax)
		a.free = make([]byte, max(a.next, len(b)))
	}
	n := copy(a.free, b)
	s := unsafe.String(&a.free[0], n)
	a.free = a.free[n:]
	return s
}

// bufferKey is copy of a storage id and a key in one string.
func (a *arena) bufferKey(id store.StorageID, key []byte) string {
	var scratch [128]byte
	return a.copy(appendBufferKey(scratch[:0], id, key))
}
