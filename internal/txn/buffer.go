package txn

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/tidwall/btree"

	"github.com/driftdb/driftdb/internal/store"
)

// buffer holds a transaction's writes in key order: one entry for every key of
// every storage it touched, with the final image so far and what is committed
// under the key. Copies share memory until one side is written to.
//
// Its keys are the storage id, eight bytes big endian, and the key.
//
// The newest entries are in mem. When they pass a limit they become a run in a
// file; an entry hides those of the same key in older runs.
type buffer struct {
	mem     entries
	runs    []*run    // oldest first; the list is never changed in place
	dropped []dropped // storages whose entries in some runs do not count
	shared  *bufferShared
}

type entries = btree.Map[string, entry]

// bufferShared is common to all copies of a transaction's buffer.
type bufferShared struct {
	epoch uint32 // raised with every copy, so that a copy tells later writes apart
	moves int    // rows given another key
}

// dropped is a storage whose entries in the first n runs were forgotten.
type dropped struct {
	id store.StorageID
	n  int
}

// entry is what the transaction made of one key. Its memory counts: a large load
// has one for each row and each index entry.
type entry struct {
	tuple string // final image; meaningless when deleted
	meta  *entryMeta
	flags entryFlags
	epoch uint32 // when it was written, see bufferShared
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
	// entryGone: there is no entry; it hides one in a run.
	entryGone
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

// same reports whether two entries of one key are the same write: e is from a
// copy of the buffer, o from a later state.
func (e *entry) same(o *entry) bool { return e.epoch == o.epoch }

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
func lookup(b *buffer, id store.StorageID, key []byte) (entry, bool, error) {
	if b == nil || b.Len() == 0 {
		return entry{}, false, nil
	}
	var scratch [128]byte
	return b.get(view(appendBufferKey(scratch[:0], id, key)))
}

// Len is zero if the buffer holds nothing.
func (b *buffer) Len() int { return b.mem.Len() + len(b.runs) }

// Copy returns the buffer as it is now.
func (b *buffer) Copy() *buffer {
	b.share().epoch++
	return &buffer{mem: *b.mem.Copy(), runs: b.runs, dropped: b.dropped, shared: b.shared}
}

// restore makes the buffer what a copy was.
func (b *buffer) restore(old *buffer) {
	shared := b.share()
	*b = *old.Copy()
	b.shared = shared
	shared.epoch++
}

func (b *buffer) share() *bufferShared {
	if b.shared == nil {
		b.shared = new(bufferShared)
	}
	return b.shared
}

func (b *buffer) get(k string) (entry, bool, error) {
	if e, ok := b.mem.Get(k); ok || len(b.runs) == 0 {
		return e, ok && e.flags&entryGone == 0, nil
	}
	for i := len(b.runs) - 1; i >= 0; i-- {
		e, ok, err := b.runs[i].get(k)
		if err != nil {
			return entry{}, false, wrapStore(err)
		}
		if ok {
			return e, e.flags&entryGone == 0 && !b.isDropped(k, i), nil
		}
	}
	return entry{}, false, nil
}

func (b *buffer) isDropped(k string, run int) bool {
	for _, d := range b.dropped {
		if id, _ := splitBufferKey(k); id == d.id && run < d.n {
			return true
		}
	}
	return false
}

// set writes an entry and returns the one that was in memory.
func (b *buffer) set(k string, e *entry) (old entry, had bool) {
	e.epoch = b.share().epoch
	return b.mem.Set(k, *e)
}

// remove forgets the entry of a key and returns the one that was in memory.
func (b *buffer) remove(k string) (old entry, had bool) {
	if len(b.runs) > 0 {
		e := entry{flags: entryGone}
		return b.set(string(bytesOf(k)), &e)
	}
	return b.mem.Delete(k)
}

// drop forgets the entries of a storage and returns the memory they took.
func (b *buffer) drop(id store.StorageID) (bytes int64) {
	var keys []string
	b.mem.Ascend(string(appendBufferKey(nil, id, nil)), func(k string, e entry) bool {
		if at, _ := splitBufferKey(k); at != id {
			return false
		}
		keys = append(keys, k)
		bytes += entryBytes(k, &e)
		return true
	})
	for _, k := range keys {
		b.mem.Delete(k)
	}
	if n := len(b.runs); n > 0 {
		b.dropped = append(slices.Clip(b.dropped), dropped{id, n})
	}
	return bytes
}

// scan calls f for every entry in key order until it returns false.
func (b *buffer) scan(f func(k string, e *entry) bool) error { return b.ascend("", "", f) }

// ascend is scan of lower <= key < upper; "" is open.
func (b *buffer) ascend(lower, upper string, f func(k string, e *entry) bool) error {
	it := b.iter(lower, upper, false)
	for it.next() {
		if !f(it.key, &it.e) {
			break
		}
	}
	return wrapStore(it.err)
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
