package pgfmt

import (
	"math"
	"math/big"
	"strconv"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/types"
)

// AppendText appends the text form of a value that is not NULL, as the type's
// output function prints it. It does not allocate for the common types.
func AppendText(dst []byte, t types.T, d datum.Datum, s *Settings) []byte {
	switch d.Kind() {
	case datum.Null:
		return dst
	case datum.Bool:
		if d.Bool() {
			return append(dst, 't')
		}
		return append(dst, 'f')
	case datum.Int:
		return appendInt(dst, t.OID, d.Int(), s)
	case datum.Float:
		if t.OID == types.Float4 {
			return appendFloat(dst, d.Float(), 32, s.ExtraFloatDigits)
		}
		return appendFloat(dst, d.Float(), 64, s.ExtraFloatDigits)
	case datum.Numeric:
		return numeric.Append(dst, d)
	case datum.Bytea:
		return appendBytea(dst, d.Str(), s.ByteaEscape)
	case datum.UUID:
		return appendUUID(dst, d.Str())
	case datum.Date, datum.Time, datum.TimeTZ, datum.Timestamp, datum.TimestampTZ, datum.Interval:
		return appendTime(dst, d, s)
	case datum.Array:
		if t.OID == types.Int2Vector || t.OID == types.OidVector {
			return appendVector(dst, d.Array())
		}
		return appendArray(dst, d.Array(), s)
	case datum.Record:
		return appendRecord(dst, d.Record(), s)
	}
	if t.OID == types.Char {
		return AppendChar(dst, d.Str())
	}
	return append(dst, d.Str()...)
}

// Text is AppendText into a new string.
func Text(t types.T, d datum.Datum, s *Settings) string {
	var buf [64]byte
	return string(AppendText(buf[:0], t, d, s))
}

func appendInt(dst []byte, oid types.OID, n int64, s *Settings) []byte {
	switch oid {
	case types.Int2, types.Int4, types.Int8, types.Oid:
		return strconv.AppendInt(dst, n, 10)
	case types.Xid8:
		return strconv.AppendUint(dst, uint64(n), 10)
	}
	if types.IsReg(oid) {
		if s.Names != nil {
			return append(dst, s.Names.RegOut(uint32(oid), uint32(n))...)
		}
		if n == 0 {
			return append(dst, '-')
		}
	}
	return strconv.AppendInt(dst, n, 10)
}

// appendFloat prints as float8out: the shortest text that reads back the same
// when extraDigits > 0, else so many significant digits more or less than 15
// (float4: 6).
func appendFloat(dst []byte, f float64, bitSize, extraDigits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	digits, limit := 15, 1e15
	if bitSize == 32 {
		digits, limit = 6, 1e6
	}
	if extraDigits <= 0 {
		return strconv.AppendFloat(dst, f, 'g', max(digits+extraDigits, 1), 64)
	}
	low := 1e-4
	if bitSize == 32 {
		low = float64(float32(1e-4))
	}
	a := math.Abs(f)
	if a == 0 || a >= low && a < limit {
		return strconv.AppendFloat(dst, f, 'f', -1, bitSize)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, bitSize)
	if a > 1<<25 && a < 1e40 && onBoundary(dst[start:], f, bitSize) {
		dst = strconv.AppendFloat(dst[:start], f, 'e', digits+1, 64)
	}
	return dst
}

// onBoundary reports whether a shortest text lies exactly half way to the next
// float. Go takes such a text where reading it rounds back to the same value;
// PostgreSQL's algorithm wants the text strictly inside.
func onBoundary(text []byte, f float64, bitSize int) bool {
	exact, ok := new(big.Rat).SetString(string(text))
	if !ok || !exact.IsInt() {
		return false
	}
	value, _ := new(big.Float).SetFloat64(f).Int(nil)
	distance := new(big.Int).Sub(exact.Num(), value)
	mantissa := 53
	if bitSize == 32 {
		mantissa = 24
	}
	_, exponent := math.Frexp(f)
	half := exponent - mantissa - 1 // log2 of half the distance between neighbours
	if half < 0 {
		return false
	}
	return distance.Abs(distance).Cmp(new(big.Int).Lsh(big.NewInt(1), uint(half))) == 0
}

func appendVector(dst []byte, v *datum.ArrayValue) []byte {
	for i, e := range v.Elems {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, e.Int(), 10)
	}
	return dst
}

const hexDigits = "0123456789abcdef"

func appendHex(dst []byte, b string) []byte {
	for i := 0; i < len(b); i++ {
		dst = append(dst, hexDigits[b[i]>>4], hexDigits[b[i]&15])
	}
	return dst
}

func appendBytea(dst []byte, b string, escape bool) []byte {
	if !escape {
		return appendHex(append(dst, '\\', 'x'), b)
	}
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c < 0x20 || c > 0x7e:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func appendUUID(dst []byte, b string) []byte {
	dst = append(appendHex(dst, b[:4]), '-')
	dst = append(appendHex(dst, b[4:6]), '-')
	dst = append(appendHex(dst, b[6:8]), '-')
	dst = append(appendHex(dst, b[8:10]), '-')
	return appendHex(dst, b[10:])
}
