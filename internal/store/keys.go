package store

import (
	"encoding/binary"
)

// Seq numbers the commits of a database: the first commit is 1, 0 is the empty
// database. See I1 in doc.go.
type Seq uint64

// MaxSeq is the end of a version that is still current.
const MaxSeq Seq = 1<<63 - 1

// loadIDBit marks a stored start or end that names a load, which space 28 resolves
// to a commit.
const loadIDBit = 1 << 63

// Time is a moment in microseconds since the Unix epoch.
type Time int64

// StorageID names one ordered map of keys to tuples: the rows of a table or the
// entries of one index. Ids are never reused.
type StorageID uint64

// FirstStorageID is the first id AllocStorageID gives out; those below it are
// fixed numbers for the catalog's own tables.
const FirstStorageID StorageID = 100

// databaseID is the number of the only database of format 1. Every key begins
// with it.
const databaseID = 1

// Key spaces, the byte after the database id.
const (
	spaceMeta      = 0x01 // name -> bytes; unversioned state of the store
	spaceSequence  = 0x02 // sequence id -> unversioned sequence state
	spaceState     = 0x03 // storage id -> last change, freeze; as of a checkpoint
	spaceChain     = 0x04 // seq -> chain hash
	spacePresent   = 0x10 // storage id, key -> start, tuple
	spacePast      = 0x18 // storage id, key | ^start end -> tuple
	spaceCommit    = 0x20 // seq -> commit record
	spaceChanges   = 0x21 // table, seq, chunk -> change list
	spaceTime      = 0x22 // time, seq -> nothing; sparse
	spaceLoad      = 0x28 // load id -> seq
	spaceLoadList  = 0x29 // load id, table, chunk -> change list of a load
	keyTerminator  = 0x00 // last byte of a key without suffix
	suffixLenShort = 0x09 // last byte of a key with an 8-byte suffix
	suffixLenLong  = 0x11 // last byte of a key with a 16-byte suffix
)

// appendOrdered appends v so that encodings compare as the numbers do. Small
// numbers take one byte, which keeps the common part of keys short.
func appendOrdered(dst []byte, v uint64) []byte {
	switch {
	case v <= 240:
		return append(dst, byte(v))
	case v <= 2287:
		v -= 240
		return append(dst, byte(241+v>>8), byte(v))
	case v <= 67823:
		v -= 2288
		return append(dst, 249, byte(v>>8), byte(v))
	}
	n := 3
	for n < 8 && v>>(8*n) != 0 {
		n++
	}
	dst = append(dst, byte(247+n))
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

// decodeOrdered reads a number written by appendOrdered and returns what
// follows it. ok is false when b is too short.
func decodeOrdered(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	c := b[0]
	switch {
	case c <= 240:
		return uint64(c), b[1:], true
	case c <= 248:
		if len(b) < 2 {
			return 0, nil, false
		}
		return 240 + uint64(c-241)<<8 + uint64(b[1]), b[2:], true
	case c == 249:
		if len(b) < 3 {
			return 0, nil, false
		}
		return 2288 + uint64(b[1])<<8 + uint64(b[2]), b[3:], true
	}
	n := int(c) - 247
	if len(b) < 1+n {
		return 0, nil, false
	}
	for _, x := range b[1 : 1+n] {
		v = v<<8 | uint64(x)
	}
	return v, b[1+n:], true
}

// appendSpace starts a key of a space.
func appendSpace(dst []byte, space byte) []byte {
	return append(dst, databaseID, space)
}

// appendStorage starts a key of a storage in the present or past space.
func appendStorage(dst []byte, space byte, id StorageID) []byte {
	return appendOrdered(appendSpace(dst, space), uint64(id))
}

// appendPresent appends the whole key of a present entry.
func appendPresent(dst []byte, id StorageID, key []byte) []byte {
	dst = appendStorage(dst, spacePresent, id)
	dst = append(dst, key...)
	return append(dst, keyTerminator)
}

// presentKey takes the stored key of a present entry apart; ok is false for other
// keys.
func presentKey(stored []byte) (id StorageID, key []byte, ok bool) {
	if len(stored) < 4 || stored[0] != databaseID || stored[1] != spacePresent {
		return 0, nil, false
	}
	n, rest, ok := decodeOrdered(stored[2:])
	if !ok || len(rest) == 0 {
		return 0, nil, false
	}
	return StorageID(n), rest[:len(rest)-1], true
}

// appendPast appends the whole key of a past entry. Entries of one key sort with
// the newest start first.
func appendPast(dst []byte, id StorageID, key []byte, start, end Seq) []byte {
	dst = appendStorage(dst, spacePast, id)
	dst = append(dst, key...)
	dst = append(dst, keyTerminator)
	return appendPeriod(dst, start, end)
}

// appendPeriod appends the suffix of a past key.
func appendPeriod(dst []byte, start, end Seq) []byte {
	dst = binary.BigEndian.AppendUint64(dst, ^uint64(start))
	dst = binary.BigEndian.AppendUint64(dst, uint64(end))
	return append(dst, suffixLenLong)
}

// decodePeriod splits a past key (without its storage prefix) into the row key
// and the period.
func decodePeriod(b []byte) (key []byte, start, end Seq, ok bool) {
	n := len(b) - 18
	if n < 0 || b[len(b)-1] != suffixLenLong || b[n] != keyTerminator {
		return nil, 0, 0, false
	}
	start = Seq(^binary.BigEndian.Uint64(b[n+1:]))
	end = Seq(binary.BigEndian.Uint64(b[n+9:]))
	return b[:n], start, end, true
}

// storageBounds returns the bounds of a span of keys in one storage. A nil lower
// or upper bound is open. It works for the present and the past space: a bound
// is a key without suffix, so every version of a key lies on the same side.
func storageBounds(dst []byte, space byte, id StorageID, lower, upper []byte) (buf, lo, hi []byte) {
	buf = appendStorage(dst[:0], space, id)
	buf = append(buf, lower...)
	buf = append(buf, keyTerminator)
	n := len(buf)
	if upper != nil {
		buf = appendStorage(buf, space, id)
		buf = append(buf, upper...)
	} else {
		buf = appendStorage(buf, space, id+1)
	}
	buf = append(buf, keyTerminator)
	return buf, buf[:n:n], buf[n:]
}

// spaceBounds returns the bounds of a whole space.
func spaceBounds(space byte) (lo, hi []byte) {
	return []byte{databaseID, space, keyTerminator}, []byte{databaseID, space + 1, keyTerminator}
}

func commitKey(dst []byte, seq Seq) []byte {
	dst = appendSpace(dst, spaceCommit)
	dst = binary.BigEndian.AppendUint64(dst, uint64(seq))
	return append(dst, keyTerminator)
}

func chainKey(dst []byte, seq Seq) []byte {
	dst = appendSpace(dst, spaceChain)
	dst = binary.BigEndian.AppendUint64(dst, uint64(seq))
	return append(dst, keyTerminator)
}

func stateKey(dst []byte, id StorageID) []byte {
	dst = appendSpace(dst, spaceState)
	dst = appendOrdered(dst, uint64(id))
	return append(dst, keyTerminator)
}

func sequenceKey(dst []byte, id uint64) []byte {
	dst = appendSpace(dst, spaceSequence)
	dst = appendOrdered(dst, id)
	return append(dst, keyTerminator)
}

func metaKey(name string) []byte {
	dst := appendSpace(nil, spaceMeta)
	dst = append(dst, name...)
	return append(dst, keyTerminator)
}

// timeKey sorts by time; the time's sign bit is flipped so that moments before
// 1970 sort first.
func timeKey(dst []byte, t Time, seq Seq) []byte {
	dst = appendSpace(dst, spaceTime)
	dst = binary.BigEndian.AppendUint64(dst, uint64(t)^(1<<63))
	dst = binary.BigEndian.AppendUint64(dst, uint64(seq))
	return append(dst, keyTerminator)
}

// changesKey is the key of one chunk of a table's change list in one commit.
func changesKey(dst []byte, table uint32, seq Seq, chunk uint32) []byte {
	dst = appendSpace(dst, spaceChanges)
	dst = appendOrdered(dst, uint64(table))
	dst = binary.BigEndian.AppendUint64(dst, uint64(seq))
	dst = binary.BigEndian.AppendUint32(dst, chunk)
	return append(dst, keyTerminator)
}

func loadKey(dst []byte, id uint64) []byte {
	dst = appendSpace(dst, spaceLoad)
	dst = binary.BigEndian.AppendUint64(dst, id)
	return append(dst, keyTerminator)
}

// loadChangesKey is the key of one chunk of a table's change list in a load.
func loadChangesKey(dst []byte, id uint64, table, chunk uint32) []byte {
	dst = appendSpace(dst, spaceLoadList)
	dst = binary.BigEndian.AppendUint64(dst, id)
	dst = binary.BigEndian.AppendUint32(dst, table)
	dst = binary.BigEndian.AppendUint32(dst, chunk)
	return append(dst, keyTerminator)
}

// seqOf reads a seq at the start of b.
func seqOf(b []byte) Seq { return Seq(binary.BigEndian.Uint64(b)) }
