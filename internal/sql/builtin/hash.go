package builtin

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/types"
)

// The hash functions a user can call give PostgreSQL's values: Bob Jenkins'
// lookup3 over the value's bytes as PostgreSQL stores them. The executor's hash
// tables do not use them (see datum.Hash).

// hashBytes returns lookup3's words c and b of k under a seed.
func hashBytes(k string, seed uint64) (c, b uint32) {
	a := uint32(0x9e3779b9) + uint32(len(k)) + 3923095
	b, c = a, a
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = mix3(a, b, c)
	}
	word := func(s string) uint32 {
		var buf [4]byte
		copy(buf[:], s)
		return binary.LittleEndian.Uint32(buf[:])
	}
	for len(k) >= 12 {
		a += word(k)
		b += word(k[4:])
		c += word(k[8:])
		a, b, c = mix3(a, b, c)
		k = k[12:]
	}
	// The lowest byte of c is reserved for the length.
	switch n := len(k); {
	case n > 8:
		c += word(k[8:]) << 8
		fallthrough
	case n > 4:
		b += word(k[4:min(n, 8)])
		fallthrough
	default:
		a += word(k[:min(n, 4)])
	}
	_, b, c = final3(a, b, c)
	return c, b
}

func hashWord(k uint32, seed uint64) (c, b uint32) {
	a := uint32(0x9e3779b9) + 4 + 3923095
	b, c = a, a
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = mix3(a, b, c)
	}
	a += k
	_, b, c = final3(a, b, c)
	return c, b
}

func mix3(a, b, c uint32) (uint32, uint32, uint32) {
	a = (a - c) ^ bits.RotateLeft32(c, 4)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 6)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 8)
	b += a
	a = (a - c) ^ bits.RotateLeft32(c, 16)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 19)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 4)
	b += a
	return a, b, c
}

func final3(a, b, c uint32) (uint32, uint32, uint32) {
	c = (c ^ b) - bits.RotateLeft32(b, 14)
	a = (a ^ c) - bits.RotateLeft32(c, 11)
	b = (b ^ a) - bits.RotateLeft32(a, 25)
	c = (c ^ b) - bits.RotateLeft32(b, 16)
	a = (a ^ c) - bits.RotateLeft32(c, 4)
	b = (b ^ a) - bits.RotateLeft32(a, 14)
	c = (c ^ b) - bits.RotateLeft32(b, 24)
	return a, b, c
}

// hasher returns lookup3's two words for a value under a seed.
type hasher func(d datum.Datum, seed uint64) (c, b uint32)

func hashInt32(d datum.Datum, seed uint64) (uint32, uint32) { return hashWord(uint32(d.Int()), seed) }

// hashInt64 makes equal values of all integer widths collide.
func hashInt64(d datum.Datum, seed uint64) (uint32, uint32) {
	low, high := uint32(d.Int()), uint32(uint64(d.Int())>>32)
	if d.Int() < 0 {
		high = ^high
	}
	return hashWord(low^high, seed)
}

func hashFloat(d datum.Datum, seed uint64) (uint32, uint32) {
	f := d.Float()
	if f == 0 {
		return uint32(seed), uint32(seed >> 32)
	}
	b := math.Float64bits(f)
	if math.IsNaN(f) {
		b = 0x7ff8 << 48
	}
	var buf [8]byte
	binary.LittleEndian.PutUint64(buf[:], b)
	return hashBytes(string(buf[:]), seed)
}

func hashString(d datum.Datum, seed uint64) (uint32, uint32) { return hashBytes(d.Str(), seed) }

func hashPadded(d datum.Datum, seed uint64) (uint32, uint32) {
	return hashBytes(strings.TrimRight(d.Str(), " "), seed)
}

func hashCharByte(d datum.Datum, seed uint64) (uint32, uint32) {
	if d.Str() == "" {
		return hashWord(0, seed)
	}
	return hashWord(uint32(int32(int8(d.Str()[0]))), seed)
}

func hashOIDs(d datum.Datum, seed uint64) (uint32, uint32) {
	var buf []byte
	for _, e := range d.Array().Elems {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(e.Int()))
	}
	return hashBytes(string(buf), seed)
}

// hasherOf returns the hash of an array's elements.
func hasherOf(elem types.OID) hasher {
	switch elem {
	case types.Int2, types.Int4, types.Oid, types.Date, types.Bool:
		return hashInt32
	case types.Int8, types.Time, types.Timestamp, types.TimestampTZ:
		return hashInt64
	case types.Float4, types.Float8:
		return hashFloat
	case types.Text, types.VarChar, types.Name, types.Bytea, types.UUID:
		return hashString
	case types.BPChar:
		return hashPadded
	case types.Char:
		return hashCharByte
	}
	return nil
}

func init() {
	for source, h := range map[string]hasher{
		"hashint2": hashInt32, "hashint4": hashInt32, "hashoid": hashInt32, "hashint8": hashInt64, "hashfloat4": hashFloat,
		"hashfloat8": hashFloat, "hashtext": hashString, "hashname": hashString, "hashbpchar": hashPadded,
		"hashoidvector": hashOIDs,
	} {
		registerHash(source, source+"extended", h)
	}
	registerHash("uuid_hash", "uuid_hash_extended", hashString)
	registerHash("time_hash", "time_hash_extended", hashInt64)
	registerHash("timestamp_hash", "timestamp_hash_extended", hashInt64)
	registerHashArray()
	// hashchar also serves booleans.
	registerHash("hashchar", "hashcharextended", func(d datum.Datum, seed uint64) (uint32, uint32) {
		if d.Kind() == datum.Bool {
			return hashInt32(d, seed)
		}
		return hashCharByte(d, seed)
	})
	fn1("hash_numeric", func(a datum.Datum) (datum.Datum, error) {
		digits, weight, ok := numericDigits(a)
		if !ok {
			return datum.NewInt(0), nil
		}
		if digits == "" {
			return datum.NewInt(-1), nil
		}
		c, _ := hashBytes(digits, 0)
		return datum.NewInt(int64(int32(c ^ uint32(int32(weight))))), nil
	})
	fn2("hash_numeric_extended", func(a, b datum.Datum) (datum.Datum, error) {
		digits, weight, ok := numericDigits(a)
		seed := uint64(b.Int())
		if !ok {
			return b, nil
		}
		if digits == "" {
			return datum.NewInt(int64(seed - 1)), nil
		}
		c, lo := hashBytes(digits, seed)
		return datum.NewInt(int64((uint64(lo)<<32 | uint64(c)) ^ uint64(int64(weight)))), nil
	})
}

func registerHash(source, extended string, h hasher) {
	pure1(source, func(a datum.Datum) datum.Datum {
		c, _ := h(a, 0)
		return datum.NewInt(int64(int32(c)))
	})
	pure2(extended, func(a, b datum.Datum) datum.Datum {
		c, lo := h(a, uint64(b.Int()))
		return datum.NewInt(int64(uint64(lo)<<32 | uint64(c)))
	})
}

// registerHashArray combines the elements' hashes as hash_array does; NULL counts 0.
func registerHashArray() {
	elementHash := func(a datum.Datum) (hasher, error) {
		h := hasherOf(types.OID(a.Array().Elem))
		if h == nil {
			return nil, pgerr.NotSupported("Hash the array's text.", "hashing arrays of type %s is not supported", pgfmt.TypeName(types.OID(a.Array().Elem)))
		}
		return h, nil
	}
	fn1("hash_array", func(a datum.Datum) (datum.Datum, error) {
		h, err := elementHash(a)
		if err != nil {
			return null, err
		}
		sum := uint32(1)
		for _, e := range a.Array().Elems {
			c := uint32(0)
			if !e.IsNull() {
				c, _ = h(e, 0)
			}
			sum = sum<<5 - sum + c
		}
		return datum.NewInt(int64(int32(sum))), nil
	})
	fn2("hash_array_extended", func(a, b datum.Datum) (datum.Datum, error) {
		h, err := elementHash(a)
		if err != nil {
			return null, err
		}
		sum := uint64(1)
		for _, e := range a.Array().Elems {
			word := uint64(0)
			if !e.IsNull() {
				c, lo := h(e, uint64(b.Int()))
				word = uint64(lo)<<32 | uint64(c)
			}
			sum = sum<<5 - sum + word
		}
		return datum.NewInt(int64(sum)), nil
	})
}

// numericDigits returns a finite numeric's base-10000 digits as PostgreSQL keeps
// them in memory.
func numericDigits(d datum.Datum) (digits string, weight int, ok bool) {
	if !numeric.IsFinite(d) {
		return "", 0, false
	}
	wire := numeric.AppendBinary(nil, d)
	weight = int(int16(binary.BigEndian.Uint16(wire[2:])))
	wire = wire[8:]
	for i := 0; i+1 < len(wire); i += 2 {
		wire[i], wire[i+1] = wire[i+1], wire[i]
	}
	return string(wire), weight, true
}
