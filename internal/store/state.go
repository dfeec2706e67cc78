package store

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// storageState is what is known of one storage without reading it. Its first fields
// are seqs of applied commits; they may be newer than the View at hand.
type storageState struct {
	lastChange atomic.Uint64
	frozenAt   atomic.Uint64 // 0: not frozen
	replacedAt atomic.Uint64 // last commit that the row cache did not follow key by key

	image        atomic.Pointer[scanImage]
	scannedRows  atomic.Int64  // rows scanned since the change below
	scannedSince atomic.Uint64 // the lastChange that scannedRows counts from
	imageRows    atomic.Int64  // rows read for the last image
	imageChanges atomic.Int64  // entries that commits changed since, here or beside

	size    atomic.Uint64 // the last answer of StorageBytes
	sizedAt atomic.Int64  // and when that was, in nanoseconds of the wall clock
}

const stateChunk = 1024

// stateTable finds the state of a storage by id without a lock: ids are dense.
type stateTable struct {
	mu     sync.Mutex // serialises growth
	chunks atomic.Pointer[[]*[stateChunk]storageState]
}

// get returns the state of a storage, or nil when nothing was ever recorded.
func (t *stateTable) get(id StorageID) *storageState {
	p := t.chunks.Load()
	if p == nil || uint64(id)/stateChunk >= uint64(len(*p)) {
		return nil
	}
	return &(*p)[id/stateChunk][id%stateChunk]
}

// ensure returns the state of a storage, making room for it.
func (t *stateTable) ensure(id StorageID) *storageState {
	if s := t.get(id); s != nil {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var chunks []*[stateChunk]storageState
	if p := t.chunks.Load(); p != nil {
		chunks = append(chunks, *p...)
	}
	for uint64(len(chunks)) <= uint64(id)/stateChunk {
		chunks = append(chunks, new([stateChunk]storageState))
	}
	t.chunks.Store(&chunks)
	return &chunks[id/stateChunk][id%stateChunk]
}

// frozen returns the seq at which a storage ended as of seq s, or MaxSeq.
func (t *stateTable) frozen(id StorageID, s Seq) Seq {
	if st := t.get(id); st != nil {
		if f := Seq(st.frozenAt.Load()); f != 0 && f <= s {
			return f
		}
	}
	return MaxSeq
}

// replacedAt returns the last commit that changed a storage without the row cache
// following it, 0 if none did.
func (t *stateTable) replacedAt(id StorageID) Seq {
	if st := t.get(id); st != nil {
		return Seq(st.replacedAt.Load())
	}
	return 0
}

// imageForKey is storageState.imageForKey of a storage.
func (t *stateTable) imageForKey(id StorageID, at, newest Seq) *scanImage {
	if st := t.get(id); st != nil {
		return st.imageForKey(at, newest)
	}
	return nil
}

// changed notes a commit of so many entries that changed a storage, among others.
func (s *storageState) changed(seq Seq, entries int) {
	s.lastChange.Store(uint64(seq))
	if s.image.Load() != nil {
		s.imageChanges.Add(int64(entries))
	}
}

// appendState encodes a state for the checkpoint written with the chain hash.
func appendState(dst []byte, s *storageState) []byte {
	dst = binary.BigEndian.AppendUint64(dst, s.lastChange.Load())
	return binary.BigEndian.AppendUint64(dst, s.frozenAt.Load())
}

// newestArray remembers, by hash, the newest commit that changed a key. A slot
// is shared by many keys, so it can only prove that a key did not change.
type newestArray struct {
	slots []atomic.Uint64
}

const newestSlots = 1 << 18

func newNewestArray(n int) newestArray { return newestArray{make([]atomic.Uint64, n)} }

func (a *newestArray) raise(hash uint32, seq Seq) {
	slot := &a.slots[hash&uint32(len(a.slots)-1)]
	for {
		old := slot.Load()
		if old >= uint64(seq) || slot.CompareAndSwap(old, uint64(seq)) {
			return
		}
	}
}

func (a *newestArray) newest(hash uint32) Seq {
	return Seq(a.slots[hash&uint32(len(a.slots)-1)].Load())
}

// hashKey mixes a storage id and a key into 32 bits (FNV-1a, eight bytes at a
// time, with a final mix). It lives in memory only and may change.
func hashKey(id StorageID, key []byte) uint32 {
	const prime = 0x9E3779B97F4A7C15
	h := (uint64(id) + uint64(len(key))<<32) * prime
	for len(key) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(key)) * prime
		h ^= h >> 29
		key = key[8:]
	}
	for _, c := range key {
		h = (h ^ uint64(c)) * prime
	}
	h ^= h >> 32
	h *= prime
	return uint32(h >> 32)
}
