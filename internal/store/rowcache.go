package store

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
)

// rowCache holds versions that were read by key, so that the next read of the
// same key neither opens an iterator nor descends the write buffer and the
// sorted files. A hit costs about a tenth of that.
//
// An entry is always the newest version of its key among all commits applied so
// far, published or not. It therefore answers every reader whose moment is at or
// after its start, through whatever View; for earlier moments it says nothing.
// That holds because
//
//   - a commit that changes or deletes a cached key changes or drops the entry
//     after it has raised the key's newest commit and before it is published;
//   - what a reader brings in comes from its View, and is refused if the key may
//     have changed after that;
//   - a commit too large to go through key by key, or one that came as files,
//     notes its number in the storages it touched. Entries from before are void.
//
// Beside it an ended version of a key may be there: the one that was read last. Such
// versions never change, and answer for the moments of their period.
//
// Commits change what is there and bring nothing in: most rows are not read soon
// after they were written. Each shard's memory is a ring of chunks, written in
// order, the oldest overwritten first. Rings grow to their bound as they fill.
type rowCache struct {
	shards [rowShards]rowShard
	chunks uint64 // of each shard's ring; 0: nothing is cached
}

const (
	rowShards     = 64
	rowChunkBytes = 64 << 10
	rowWays       = 4 // slots of a bucket
	// rowMeanBytes is the size of an entry that the number of slots is made for.
	rowMeanBytes = 128
	// rowMaxBytes is the largest key and tuple worth their room.
	rowMaxBytes = 4 << 10
	// rowCommitMax is how many entries of a commit are gone through one by one.
	rowCommitMax = 4096
)

// rowShard is one part of the cache, by hash.
type rowShard struct {
	mu     sync.Mutex
	slots  []uint64 // buckets of rowWays; see slotOf
	ring   [][]byte
	head   uint64 // place of the next entry, counted in bytes from the start of time
	hits   uint64
	misses uint64
}

// A slot is the place of an entry in units of 8 bytes, plus one, below a tag of
// the key's hash. Places only grow, so one that was overwritten is told by its age.
const rowTagShift = 48

func slotOf(place uint64, hash uint32) uint64 {
	return uint64(uint16(hash))<<rowTagShift | (place>>3 + 1)
}

func placeOf(slot uint64) uint64 { return (slot&(1<<rowTagShift-1) - 1) << 3 }

// An entry is a header, the key and the tuple with some room to change.
const (
	rowStart  = 0  // the version's start
	rowAsOf   = 8  // a commit at or after the start as of which it is the newest; of an ended one the end
	rowID     = 16 // its storage
	rowKeyLen = 24 // two bytes
	rowLen    = 26 // the tuple's length, two bytes
	rowRoom   = 28 // room for the tuple, two bytes
	rowKey    = 30
)

// An ended version is found under another storage id and hash than the newest.
const (
	rowEndedID   StorageID = 1 << 63
	rowEndedHash           = 0x9E3779B9
)

func newRowCache(budget int64) *rowCache {
	if budget < 0 {
		return &rowCache{}
	}
	return &rowCache{chunks: max(2, uint64(budget)/(rowShards*rowChunkBytes))}
}

// shard returns the shard of a hash, locked.
func (c *rowCache) shard(hash uint32) *rowShard {
	s := &c.shards[hash>>26]
	s.mu.Lock()
	return s
}

// get appends the tuple of the newest version of a key to dst, if it is there, had
// started by a moment, and is not from before a commit of valid.
func (c *rowCache) get(dst []byte, id StorageID, key []byte, hash uint32, at, valid Seq) (Version, bool) {
	if c.chunks == 0 {
		return Version{}, false
	}
	s := c.shard(hash)
	defer s.mu.Unlock()
	e := s.find(c, id, key, hash)
	if e == nil || e.seq(rowAsOf) < valid || e.seq(rowStart) > at {
		s.misses++
		return Version{}, false
	}
	s.hits++
	return Version{Start: e.seq(rowStart), End: MaxSeq, Tuple: append(dst, e.tuple()...)}, true
}

// getEnded appends the tuple of an ended version of a key to dst, if it is there and
// was alive at a moment.
func (c *rowCache) getEnded(dst []byte, id StorageID, key []byte, hash uint32, at Seq) (Version, bool) {
	if c.chunks == 0 {
		return Version{}, false
	}
	hash ^= rowEndedHash
	s := c.shard(hash)
	defer s.mu.Unlock()
	e := s.find(c, id|rowEndedID, key, hash)
	if e == nil || e.seq(rowStart) > at || e.seq(rowAsOf) <= at {
		return Version{}, false
	}
	return Version{Start: e.seq(rowStart), End: e.seq(rowAsOf), Tuple: append(dst, e.tuple()...)}, true
}

// fillEnded brings in an ended version, in place of another of the key.
func (c *rowCache) fillEnded(id StorageID, key []byte, hash uint32, ver Version) {
	if c.chunks == 0 || len(key)+len(ver.Tuple) > rowMaxBytes {
		return
	}
	id, hash = id|rowEndedID, hash^rowEndedHash
	s := c.shard(hash)
	defer s.mu.Unlock()
	if e := s.find(c, id, key, hash); e == nil || !e.set(ver.Start, ver.End, ver.Tuple) {
		s.add(c, id, key, hash, ver.Start, ver.End, ver.Tuple)
	}
}

// fill brings in a version read through a View of seq asOf, unless newest says that
// the key may have changed since.
func (c *rowCache) fill(id StorageID, key []byte, hash uint32, ver Version, asOf Seq, newest *newestArray) {
	if c.chunks == 0 || len(key)+len(ver.Tuple) > rowMaxBytes {
		return
	}
	s := c.shard(hash)
	defer s.mu.Unlock()
	if newest.newest(hash) > asOf {
		return
	}
	if e := s.find(c, id, key, hash); e != nil {
		if e.seq(rowAsOf) >= asOf {
			return
		}
		if e.set(ver.Start, asOf, ver.Tuple) {
			return
		}
	}
	s.add(c, id, key, hash, ver.Start, asOf, ver.Tuple)
}

// commit brings the cache up to date with a batch just applied as seq. The lock of
// the sequencer is held, and the newest commit of each of the keys is raised.
func (c *rowCache) commit(repr []byte, seq Seq) {
	if c.chunks == 0 {
		return
	}
	r := batchrepr.Read(repr)
	for {
		kind, k, v, ok, err := r.Next()
		if !ok || err != nil {
			return // the engine has just read it whole
		}
		id, key, ok := presentKey(k)
		if !ok {
			continue
		}
		hash := hashKey(id, key)
		s := c.shard(hash)
		if e := s.find(c, id, key, hash); e != nil {
			switch {
			case kind == pebble.InternalKeyKindSet && e.set(seq, seq, v[8:]):
			case kind == pebble.InternalKeyKindSet && len(key)+len(v) <= rowMaxBytes:
				s.add(c, id, key, hash, seq, seq, v[8:])
			default:
				s.drop(c, id, key, hash)
			}
		}
		s.mu.Unlock()
	}
}

// voidRows voids what the row cache has of the storages that a commit touched.
func (db *DB) voidRows(touched []StorageID, seq Seq) {
	for _, id := range touched {
		db.states.ensure(id).replacedAt.Store(uint64(seq))
	}
}

// stats counts lookups and memory.
func (c *rowCache) stats() (hits, misses uint64, bytes int64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		hits += s.hits
		misses += s.misses
		bytes += int64(len(s.slots))*8 + int64(len(s.ring))*rowChunkBytes
		s.mu.Unlock()
	}
	return hits, misses, bytes
}

// rowEntry is an entry's bytes in a ring. The shard's lock protects them.
type rowEntry []byte

func (e rowEntry) seq(field int) Seq   { return Seq(binary.LittleEndian.Uint64(e[field:])) }
func (e rowEntry) short(field int) int { return int(binary.LittleEndian.Uint16(e[field:])) }

func (e rowEntry) key() []byte { return e[rowKey : rowKey+e.short(rowKeyLen)] }

func (e rowEntry) tuple() []byte {
	from := rowKey + e.short(rowKeyLen)
	return e[from : from+e.short(rowLen)]
}

// set replaces the version if the tuple finds room.
func (e rowEntry) set(start, asOf Seq, tuple []byte) bool {
	if len(tuple) > e.short(rowRoom) {
		return false
	}
	binary.LittleEndian.PutUint64(e[rowStart:], uint64(start))
	binary.LittleEndian.PutUint64(e[rowAsOf:], uint64(asOf))
	binary.LittleEndian.PutUint16(e[rowLen:], uint16(len(tuple)))
	copy(e[rowKey+e.short(rowKeyLen):], tuple)
	return true
}

// bucket returns the slots where a key may be.
func (s *rowShard) bucket(hash uint32) []uint64 {
	at := int(hash>>8) % (len(s.slots) / rowWays) * rowWays
	return s.slots[at : at+rowWays : at+rowWays]
}

// at returns the entry of a slot, nil when it is empty or overwritten.
func (s *rowShard) at(c *rowCache, slot uint64) rowEntry {
	if slot == 0 {
		return nil
	}
	place := placeOf(slot)
	if s.head/rowChunkBytes-place/rowChunkBytes >= c.chunks {
		return nil
	}
	return s.ring[place/rowChunkBytes%c.chunks][place%rowChunkBytes:]
}

// find returns the entry of a key, nil when there is none.
func (s *rowShard) find(c *rowCache, id StorageID, key []byte, hash uint32) rowEntry {
	if s.slots == nil {
		return nil
	}
	for _, slot := range s.bucket(hash) {
		if uint16(slot>>rowTagShift) != uint16(hash) {
			continue
		}
		e := s.at(c, slot)
		if e != nil && StorageID(e.seq(rowID)) == id && bytes.Equal(e.key(), key) {
			return e
		}
	}
	return nil
}

// drop forgets a key.
func (s *rowShard) drop(c *rowCache, id StorageID, key []byte, hash uint32) {
	bucket := s.bucket(hash)
	for i, slot := range bucket {
		e := s.at(c, slot)
		if e != nil && StorageID(e.seq(rowID)) == id && bytes.Equal(e.key(), key) {
			bucket[i] = 0
		}
	}
}

// add writes an entry at the head of the ring, in the slot that the key has or else
// in one that is free or holds the oldest.
func (s *rowShard) add(c *rowCache, id StorageID, key []byte, hash uint32, start, asOf Seq, tuple []byte) {
	if s.slots == nil {
		s.slots = make([]uint64, max(rowWays, c.chunks*rowChunkBytes/rowMeanBytes/rowWays*rowWays))
	}
	s.drop(c, id, key, hash)
	room := len(tuple) + 8 // numbers grow by a byte or two
	size := uint64(rowKey+len(key)+room+7) &^ 7
	if s.head%rowChunkBytes+size > rowChunkBytes {
		s.head += rowChunkBytes - s.head%rowChunkBytes
	}
	n := s.head / rowChunkBytes
	if n%c.chunks == uint64(len(s.ring)) {
		s.ring = append(s.ring, make([]byte, rowChunkBytes))
	}
	bucket := s.bucket(hash)
	oldest := 0
	for i, slot := range bucket {
		if s.at(c, slot) == nil {
			oldest = i
			break
		}
		if placeOf(slot) < placeOf(bucket[oldest]) {
			oldest = i
		}
	}
	bucket[oldest] = slotOf(s.head, hash)
	e := rowEntry(s.ring[n%c.chunks][s.head%rowChunkBytes:][:size])
	binary.LittleEndian.PutUint64(e[rowID:], uint64(id))
	binary.LittleEndian.PutUint16(e[rowKeyLen:], uint16(len(key)))
	binary.LittleEndian.PutUint16(e[rowRoom:], uint16(int(size)-rowKey-len(key)))
	copy(e[rowKey:], key)
	e.set(start, asOf, tuple)
	s.head += size
}
