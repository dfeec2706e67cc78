package keyenc

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// Dir is how a key column sorts. The zero value is PostgreSQL's default for
// ascending columns (NULLs last).
type Dir uint8

// Directions. PostgreSQL's default for DESC is Desc|NullsFirst.
const (
	Desc       Dir = 1 << iota // values sort descending
	NullsFirst                 // NULLs sort before all values
)

// ErrCorrupt is returned for bytes that Append can not have written.
var ErrCorrupt = errors.New("malformed key")

// Tags. The first byte of every encoding; of a descending one all bits flipped,
// except that the two NULL tags are written as they are.
const (
	tagArrayEnd   = 0x01 // below every element's first byte
	tagNullFirst  = 0x02
	tagFloat      = 0x05
	tagString     = 0x06
	tagUUID       = 0x07
	tagInterval   = 0x08
	tagTimeTZ     = 0x09
	tagArray      = 0x0a
	tagNumNegInf  = 0x0b
	tagNumNeg     = 0x0c
	tagNumZero    = 0x0d
	tagNumPos     = 0x0e
	tagNumPosInf  = 0x0f
	tagNumNaN     = 0x10
	tagJSON       = 0x11
	tagRecord     = 0x12
	tagIntNeg8    = 0x18 // 0x18..0x1f: negative integers of 8..1 bytes
	tagIntZero    = 0x20 // 0x20..0xdf: the integers 0..191
	tagIntPos1    = 0xe0 // 0xe0..0xe7: larger integers of 1..8 bytes
	tagNullLast   = 0xfd
	smallIntCount = tagIntPos1 - tagIntZero
)

// Append appends the encoding of d, whatever its kind, to dst.
func Append(dst []byte, d datum.Datum, dir Dir) []byte {
	if d.IsNull() {
		if dir&NullsFirst != 0 {
			return append(dst, tagNullFirst)
		}
		return append(dst, tagNullLast)
	}
	at := len(dst)
	dst = appendValue(dst, d)
	if dir&Desc != 0 {
		invert(dst[at:])
	}
	return dst
}

// AppendRow appends the encodings of a key's columns in order; dirs may be
// shorter than key, columns without one are ascending with NULLs last.
func AppendRow(dst []byte, key []datum.Datum, dirs []Dir) []byte {
	for i, d := range key {
		var dir Dir
		if i < len(dirs) {
			dir = dirs[i]
		}
		dst = Append(dst, d, dir)
	}
	return dst
}

// AppendInt appends the ascending encoding of an integer; it is what Append
// writes for every kind that lives in an int64.
func AppendInt(dst []byte, v int64) []byte {
	switch {
	case v >= 0 && v < smallIntCount:
		return append(dst, byte(tagIntZero+v))
	case v >= 0:
		n := byteLen(uint64(v))
		dst = append(dst, byte(tagIntPos1+n-1))
		return appendLow(dst, uint64(v), n)
	}
	n := byteLen(uint64(^v))
	dst = append(dst, byte(tagIntNeg8+8-n))
	return appendLow(dst, uint64(v), n)
}

// AppendPrefixEnd appends the smallest byte string above every string that has
// the prefix p; ok is false when there is none.
func AppendPrefixEnd(dst, p []byte) (end []byte, ok bool) {
	for n := len(p); n > 0; n-- {
		if p[n-1] != 0xff {
			dst = append(dst, p[:n]...)
			dst[len(dst)-1]++
			return dst, true
		}
	}
	return dst, false
}

// PrefixEnd is AppendPrefixEnd into a new slice; nil means unbounded.
func PrefixEnd(p []byte) []byte {
	end, ok := AppendPrefixEnd(make([]byte, 0, len(p)), p)
	if !ok {
		return nil
	}
	return end
}

// Lossless reports whether Decode gives back exactly the value that was encoded
// for columns of a type: integers, text, dates, but not numeric (display scale)
// or char(n) (padding).
func Lossless(oid types.OID) bool {
	switch datum.KindOf(oid) {
	case datum.Bool, datum.Int, datum.Date, datum.Time, datum.Timestamp, datum.TimestampTZ,
		datum.Text, datum.Bytea, datum.UUID:
		return true
	}
	return false
}

func appendValue(dst []byte, d datum.Datum) []byte {
	switch d.Kind() {
	case datum.Bool, datum.Int, datum.Date, datum.Time, datum.Timestamp, datum.TimestampTZ:
		return AppendInt(dst, d.Int())
	case datum.Float:
		return appendFloat(dst, d.Float())
	case datum.Numeric:
		return appendNumeric(dst, d)
	case datum.BPChar:
		return appendString(dst, strings.TrimRight(d.Str(), " "))
	case datum.UUID:
		return append(append(dst, tagUUID), d.Str()...)
	case datum.Interval:
		days, micros := d.Interval().Span()
		return AppendInt(AppendInt(append(dst, tagInterval), days), micros)
	case datum.TimeTZ:
		v := d.TimeTZ()
		dst = AppendInt(append(dst, tagTimeTZ), v.Micros+int64(v.Zone)*1e6)
		return AppendInt(dst, int64(v.Zone))
	case datum.Array:
		return appendArray(dst, d.Array())
	case datum.Record:
		return appendList(append(dst, tagRecord), d.Record().Fields)
	case datum.JSONB:
		return appendJSON(append(dst, tagJSON), d.Str())
	}
	return appendString(dst, d.Str())
}

func appendFloat(dst []byte, f float64) []byte {
	if f == 0 {
		f = 0 // drops the sign: -0 equals 0
	}
	bits := math.Float64bits(f)
	if math.IsNaN(f) {
		bits = 0x7ff8000000000001 // one NaN, above +Inf
	}
	if bits>>63 != 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(append(dst, tagFloat), bits)
}

// appendString escapes 0x00 as 0x00 0xff and ends with 0x00 0x01.
func appendString(dst []byte, s string) []byte {
	return appendEscaped(append(dst, tagString), s)
}

func appendEscaped(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			break
		}
		dst = append(append(dst, s[:i]...), 0x00, 0xff)
		s = s[i+1:]
	}
	return append(append(dst, s...), 0x00, 0x01)
}

// appendArray writes the elements first, then the shape: PostgreSQL compares
// two arrays by elements, then by how many there are, then by dimensions.
func appendArray(dst []byte, a *datum.ArrayValue) []byte {
	dst = appendList(append(dst, tagArray), a.Elems)
	dst = AppendInt(dst, int64(len(a.Dims)))
	for _, dim := range a.Dims {
		dst = AppendInt(AppendInt(dst, int64(dim.Len)), int64(dim.Lower))
	}
	return dst
}

func appendList(dst []byte, list []datum.Datum) []byte {
	for _, e := range list {
		dst = Append(dst, e, 0)
	}
	return append(dst, tagArrayEnd)
}

// byteLen is the number of bytes v needs, at least 1.
func byteLen(v uint64) int {
	n := 1
	for v > 0xff {
		v >>= 8
		n++
	}
	return n
}

func appendLow(dst []byte, v uint64, n int) []byte {
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}
