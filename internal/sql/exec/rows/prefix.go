package rows

import (
	"encoding/binary"
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/vec"
)

// A prefix is a number whose order is that of the first sort key as far as it
// tells: a value that sorts before another never has the greater prefix. Equal
// prefixes say nothing. PostgreSQL calls them abbreviated keys.

// hasPrefix reports whether values of a kind have prefixes that tell anything:
// those stored as numbers, and those that compare byte by byte.
func hasPrefix(k datum.Kind, l vec.Layout) bool {
	return l != vec.Dat || k == datum.Text || k == datum.Bytea || k == datum.UUID
}

func intPrefix(x int64) uint64 { return uint64(x) ^ 1<<63 }

// floatPrefix orders as datum.CompareFloat: 0 and -0 are one, NaN is the greatest.
func floatPrefix(f float64) uint64 {
	if math.IsNaN(f) {
		return math.MaxUint64
	}
	if f == 0 {
		return 1 << 63
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

func textPrefix(s string) uint64 {
	if len(s) >= 8 {
		return binary.BigEndian.Uint64([]byte(s[:8]))
	}
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

// nullPrefix is before or after all others, whatever the direction.
func nullPrefix(k *Key) uint64 {
	if k.NullsFirst {
		return 0
	}
	return math.MaxUint64
}

// prefixes computes the prefixes of the first n rows of a vector; all are 0 for
// values without.
func prefixes(k *Key, v *vec.Vec, n int, out []uint64) {
	if !hasPrefix(v.Kind, v.Layout) {
		clear(out[:n])
		return
	}
	flip := uint64(0)
	if k.Desc {
		flip = math.MaxUint64
	}
	nulls := v.Nulls.Any()
	for i := range out[:n] {
		if nulls && v.Nulls.Get(i) {
			out[i] = nullPrefix(k)
			continue
		}
		switch v.Layout {
		case vec.I64:
			out[i] = intPrefix(v.Ints[i]) ^ flip
		case vec.F64:
			out[i] = floatPrefix(v.Floats[i]) ^ flip
		default:
			out[i] = textPrefix(v.Data[i].Str()) ^ flip
		}
	}
}

// CompareVecs orders row i of one batch against row j of another by the keys.
func CompareVecs(keys []Key, a *vec.Batch, i int, b *vec.Batch, j int) int {
	for n := range keys {
		k := &keys[n]
		if c := compareVec(k, a.Cols[k.Col], i, b.Cols[k.Col], j); c != 0 {
			return c
		}
	}
	return 0
}

func compareVec(k *Key, x *vec.Vec, i int, y *vec.Vec, j int) int {
	xn, yn := x.Nulls.Get(i), y.Nulls.Get(j)
	if xn || yn {
		return nullOrder(xn, yn, k.NullsFirst)
	}
	c := 0
	switch x.Layout {
	case vec.I64:
		if x.Ints[i] != y.Ints[j] {
			c = 1
			if x.Ints[i] < y.Ints[j] {
				c = -1
			}
		}
	case vec.F64:
		c = datum.CompareFloat(x.Floats[i], y.Floats[j])
	default:
		c = datum.Compare(x.Data[i], y.Data[j])
	}
	if k.Desc {
		return -c
	}
	return c
}
