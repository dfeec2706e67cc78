package store

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// The comparer decides the order of every key on disk. Its name and its order
// can never change; docs/formats/keys.md describes both.
//
// A key is a prefix, which ends with 0x00, and a suffix of 0, 9 or 17 bytes. The
// last byte tells which: 0x00, 0x09 or 0x11. Prefixes compare bytewise, then
// suffixes bytewise.
var comparer = (&pebble.Comparer{
	Name:                 "driftdb.1",
	Compare:              compareKeys,
	Equal:                bytes.Equal,
	ComparePointSuffixes: bytes.Compare,
	CompareRangeSuffixes: bytes.Compare,
	Split:                splitKey,
	AbbreviatedKey:       abbreviateKey,
	Separator:            separateKeys,
	Successor:            succeedKey,
	ImmediateSuccessor:   func(dst, a []byte) []byte { return append(append(dst, a...), keyTerminator) },
	FormatKey:            func(key []byte) fmt.Formatter { return keyFormatter(key) },
}).EnsureDefaults()

func splitKey(k []byte) int {
	n := len(k)
	if n == 0 {
		return 0
	}
	switch k[n-1] {
	case suffixLenShort, suffixLenLong:
		if s := int(k[n-1]); s <= n {
			return n - s
		}
	}
	return n
}

func compareKeys(a, b []byte) int {
	an, bn := splitKey(a), splitKey(b)
	if c := bytes.Compare(a[:an], b[:bn]); c != 0 {
		return c
	}
	return bytes.Compare(a[an:], b[bn:])
}

func abbreviateKey(k []byte) uint64 {
	k = k[:splitKey(k)]
	if len(k) >= 8 {
		return binary.BigEndian.Uint64(k)
	}
	var b [8]byte
	copy(b[:], k)
	return binary.BigEndian.Uint64(b[:])
}

// separateKeys appends a short key k with a <= k < b. Shortening happens in the
// prefix only, and the result ends with the terminator so that it splits as a
// key does.
func separateKeys(dst, a, b []byte) []byte {
	ap, bp := a[:splitKey(a)], b[:splitKey(b)]
	i, n := 0, min(len(ap), len(bp))
	for i < n && ap[i] == bp[i] {
		i++
	}
	if i < n && ap[i] < bp[i] && i+2 < len(a) {
		at := len(dst)
		dst = append(dst, ap[:i]...)
		dst = append(dst, ap[i]+1, keyTerminator)
		if bytes.Compare(dst[at:], bp) < 0 {
			return dst
		}
		dst = dst[:at]
	}
	return append(dst, a...)
}

func succeedKey(dst, a []byte) []byte {
	if len(a) == 0 {
		return append(dst, keyTerminator)
	}
	p := a[:splitKey(a)]
	for i := 0; i+2 < len(a) && i < len(p); i++ {
		if p[i] != 0xff {
			dst = append(dst, p[:i]...)
			return append(dst, p[i]+1, keyTerminator)
		}
	}
	return append(dst, a...)
}

// keyFormatter prints a key for Pebble's own messages.
type keyFormatter []byte

func (k keyFormatter) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "%s", describeKey(k))
}

// describeKey says in words what a stored key is, for error messages and the
// doctor.
func describeKey(k []byte) string {
	if len(k) < 3 || k[0] != databaseID {
		return fmt.Sprintf("key %x", k)
	}
	body := k[2:]
	switch k[1] {
	case spacePresent:
		if id, rest, ok := decodeOrdered(body); ok && len(rest) > 0 {
			return fmt.Sprintf("present entry of storage %d, key %x", id, rest[:len(rest)-1])
		}
	case spacePast:
		if id, rest, ok := decodeOrdered(body); ok {
			if key, start, end, ok := decodePeriod(rest); ok {
				return fmt.Sprintf("past entry of storage %d, key %x, period [%d, %d)", id, key, start, end)
			}
		}
	case spaceCommit:
		if len(body) == 9 {
			return fmt.Sprintf("commit record %d", binary.BigEndian.Uint64(body))
		}
	case spaceChanges:
		if table, rest, ok := decodeOrdered(body); ok && len(rest) == 13 {
			return fmt.Sprintf("change list of table %d in commit %d, chunk %d",
				table, binary.BigEndian.Uint64(rest), binary.BigEndian.Uint32(rest[8:]))
		}
	case spaceLoad:
		if len(body) == 9 {
			return fmt.Sprintf("commit of load %d", binary.BigEndian.Uint64(body))
		}
	case spaceLoadList:
		if len(body) == 17 {
			return fmt.Sprintf("change list of table %d in load %d, chunk %d",
				binary.BigEndian.Uint32(body[8:]), binary.BigEndian.Uint64(body), binary.BigEndian.Uint32(body[12:]))
		}
	case spaceChain:
		if len(body) == 9 {
			return fmt.Sprintf("chain hash of commit %d", binary.BigEndian.Uint64(body))
		}
	}
	return fmt.Sprintf("key %x of space %#x", body, k[1])
}
