package keyenc

import (
	"bytes"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// Decode reads one value of a Lossless type from the front of b and returns the
// rest. The value shares no memory with b. A type that is not lossless, or bytes
// that Append did not write, give ErrCorrupt.
func Decode(b []byte, oid types.OID, dir Dir) (d datum.Datum, rest []byte, err error) {
	n, err := Len(b, dir)
	if err != nil {
		return datum.Datum{}, nil, err
	}
	enc, rest := b[:n], b[n:]
	if isNull(enc[0]) {
		return datum.Datum{}, rest, nil
	}
	if dir&Desc != 0 {
		enc = bytes.Clone(enc)
		invert(enc)
	}
	kind := datum.KindOf(oid)
	switch {
	case datum.InlineInt(kind) && enc[0] >= tagIntNeg8:
		return datum.NewIntOfKind(decodeInt(enc), kind), rest, nil
	case kind == datum.UUID && enc[0] == tagUUID:
		return datum.NewUUID(string(enc[1:])), rest, nil
	case (kind == datum.Text || kind == datum.Bytea) && enc[0] == tagString:
		body := enc[1 : len(enc)-2]
		return datum.NewOfKind(string(bytes.ReplaceAll(body, []byte{0x00, 0xff}, []byte{0x00})), kind), rest, nil
	}
	return datum.Datum{}, nil, ErrCorrupt
}

// Len returns how many bytes the encoding at the front of b takes, whatever its
// kind.
func Len(b []byte, dir Dir) (int, error) {
	var x byte
	if dir&Desc != 0 {
		x = 0xff
	}
	if len(b) > 0 && isNull(b[0]) {
		return 1, nil
	}
	n := valueLen(b, x, 0)
	if n <= 0 || n > len(b) {
		return 0, ErrCorrupt
	}
	return n, nil
}

// SkipRow returns what follows the encodings of n columns.
func SkipRow(b []byte, n int, dirs []Dir) ([]byte, error) {
	for i := range n {
		var dir Dir
		if i < len(dirs) {
			dir = dirs[i]
		}
		l, err := Len(b, dir)
		if err != nil {
			return nil, err
		}
		b = b[l:]
	}
	return b, nil
}

func isNull(tag byte) bool { return tag == tagNullFirst || tag == tagNullLast }

// valueLen returns the length of the value at the front of b, whose bytes are
// read through xor with x; -1 when it is malformed.
func valueLen(b []byte, x byte, depth int) int {
	if len(b) == 0 || depth > depthMax {
		return -1
	}
	switch tag := b[0] ^ x; {
	case tag >= tagIntNeg8 && tag < tagIntPos1+8:
		return intLen(tag)
	case tag == tagFloat:
		return 9
	case tag == tagUUID:
		return 17
	case tag == tagString:
		return 1 + escapedLen(b[1:], x)
	case tag == tagInterval || tag == tagTimeTZ:
		return sequenceLen(b, x, 1, 2)
	case tag == tagNumPos:
		return numericLen(b, x)
	case tag == tagNumNeg:
		return numericLen(b, ^x)
	case tag >= tagNumNegInf && tag <= tagNumNaN:
		return 1
	case tag == tagArray:
		return arrayLen(b, x, depth)
	case tag == tagRecord:
		return listLen(b, x, depth)
	case tag == tagJSON:
		n := jsonLen(b[1:], x, 0)
		if n < 0 {
			return -1
		}
		return 1 + n
	}
	return -1
}

func intLen(tag byte) int {
	switch {
	case tag < tagIntZero:
		return 1 + int(tagIntZero-tag)
	case tag < tagIntPos1:
		return 1
	}
	return 2 + int(tag-tagIntPos1)
}

func decodeInt(b []byte) int64 {
	tag := b[0]
	if tag >= tagIntZero && tag < tagIntPos1 {
		return int64(tag - tagIntZero)
	}
	v := int64(0)
	if tag < tagIntZero {
		v = -1
	}
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return v
}

// escapedLen returns the length up to and including the terminator, or a
// negative number that makes every sum with it malformed.
func escapedLen(b []byte, x byte) int {
	for i := 0; ; i += 2 {
		j := bytes.IndexByte(b[i:], x)
		if j < 0 || i+j+1 >= len(b) {
			return -1 << 30
		}
		i += j
		switch b[i+1] ^ x {
		case 0x01:
			return i + 2
		case 0xff:
		default:
			return -1 << 30
		}
	}
}

// sequenceLen returns where a run of n integers that starts at from ends.
func sequenceLen(b []byte, x byte, from, n int) int {
	for ; n > 0; n-- {
		if from < 0 || from >= len(b) {
			return -1
		}
		tag := b[from] ^ x
		if tag < tagIntNeg8 || tag >= tagIntPos1+8 {
			return -1
		}
		from += intLen(tag)
	}
	return from
}

func numericLen(b []byte, x byte) int {
	n := sequenceLen(b, x, 1, 1)
	if n < 0 || n > len(b) {
		return -1
	}
	end := bytes.IndexByte(b[n:], x)
	if end < 0 {
		return -1
	}
	return n + end + 1
}

func listLen(b []byte, x byte, depth int) int {
	n := 1
	for n < len(b) {
		tag := b[n] ^ x
		switch {
		case tag == tagArrayEnd:
			return n + 1
		case isNull(tag):
			n++
		default:
			l := valueLen(b[n:], x, depth+1)
			if l <= 0 {
				return -1
			}
			n += l
		}
	}
	return -1
}

func arrayLen(b []byte, x byte, depth int) int {
	n := listLen(b, x, depth)
	end := sequenceLen(b, x, n, 1)
	if n < 0 || end < 0 || end > len(b) {
		return -1
	}
	head := bytes.Clone(b[n:end])
	for i := range head {
		head[i] ^= x
	}
	dims := decodeInt(head)
	if dims < 0 || dims > 6 {
		return -1
	}
	return sequenceLen(b, x, end, 2*int(dims))
}

// depthMax bounds the nesting a key is walked to.
const depthMax = 10000

func jsonLen(b []byte, x byte, depth int) int {
	if len(b) == 0 || depth > depthMax {
		return -1
	}
	switch tag := b[0] ^ x; tag {
	case jsonEmptyTop, jsonNull, jsonFalse, jsonTrue:
		return 1
	case jsonString:
		return 1 + escapedLen(b[1:], x)
	case jsonNumber:
		if l := valueLen(b[1:], x, depth); l > 0 {
			return 1 + l
		}
	case jsonArray, jsonObject:
		return jsonContainerLen(b, x, depth, tag == jsonObject)
	}
	return -1
}

func jsonContainerLen(b []byte, x byte, depth int, object bool) int {
	n := sequenceLen(b, x, 1, 1)
	if n < 0 || n > len(b) {
		return -1
	}
	head := bytes.Clone(b[1:n])
	for i := range head {
		head[i] ^= x
	}
	for count := decodeInt(head); count > 0; count-- {
		if object {
			if n > len(b) {
				return -1
			}
			l := escapedLen(b[n:], x)
			if l < 0 {
				return -1
			}
			n += l
		}
		if n > len(b) {
			return -1
		}
		l := jsonLen(b[n:], x, depth+1)
		if l <= 0 {
			return -1
		}
		n += l
	}
	return n
}
