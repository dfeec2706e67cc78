package rows

import (
	"cmp"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/vec"
)

// Key is one sort key: a column and its direction.
type Key struct {
	Col        int
	Desc       bool
	NullsFirst bool
}

// Compare orders rows x and y of the buffer by the keys.
func (b *Buffer) Compare(keys []Key, x, y int) int {
	for i := range keys {
		if c := b.compareKey(&keys[i], x, y); c != 0 {
			return c
		}
	}
	return 0
}

func (b *Buffer) compareKey(k *Key, x, y int) int {
	col := &b.cols[k.Col]
	if len(col.nulls) > 0 {
		xn, yn := col.isNull(x), col.isNull(y)
		if xn || yn {
			return nullOrder(xn, yn, k.NullsFirst)
		}
	}
	c := 0
	switch col.layout {
	case vec.I64:
		c = cmp.Compare(col.ints[x], col.ints[y])
	case vec.F64:
		c = datum.CompareFloat(col.floats[x], col.floats[y])
	default:
		c = datum.Compare(col.data[x], col.data[y])
	}
	if k.Desc {
		return -c
	}
	return c
}

func nullOrder(xNull, yNull, first bool) int {
	switch {
	case xNull && yNull:
		return 0
	case xNull == first:
		return -1
	}
	return 1
}

// CompareRows orders two rows of datums by the keys.
func CompareRows(keys []Key, x, y []datum.Datum) int {
	for i := range keys {
		k := &keys[i]
		if c := CompareKey(k, x[k.Col], y[k.Col]); c != 0 {
			return c
		}
	}
	return 0
}

// CompareKey orders two values by one key's direction and place of NULLs.
func CompareKey(k *Key, a, b datum.Datum) int {
	if a.IsNull() || b.IsNull() {
		return nullOrder(a.IsNull(), b.IsNull(), k.NullsFirst)
	}
	c := datum.Compare(a, b)
	if k.Desc {
		return -c
	}
	return c
}

// Sort returns the row numbers in key order; equal rows keep their order.
func (b *Buffer) Sort(keys []Key) []int32 {
	order := make([]int32, b.rows)
	for i := range order {
		order[i] = int32(i)
	}
	b.SortRows(keys, order)
	return order
}

// SortRows sorts a list of row numbers, ascending before the call, by the keys;
// equal rows keep their order.
func (b *Buffer) SortRows(keys []Key, order []int32) { b.sortRows(keys, order, nil) }

// sortPair is a row with the prefix of its first key: most comparisons look at
// nothing else, and stay inside one array.
type sortPair struct {
	prefix uint64
	row    int32
}

// sortPairBytes is what a row costs beside its values while it is sorted.
const sortPairBytes = 16 + 4

// sortRows is SortRows with pairs to reuse; it returns those to reuse next.
func (b *Buffer) sortRows(keys []Key, order []int32, pairs []sortPair) []sortPair {
	if len(keys) == 0 {
		return pairs
	}
	col := &b.cols[keys[0].Col]
	if !hasPrefix(col.kind, col.layout) {
		slices.SortFunc(order, func(x, y int32) int {
			if c := b.Compare(keys, int(x), int(y)); c != 0 {
				return c
			}
			return cmp.Compare(x, y)
		})
		return pairs
	}
	pairs = slices.Grow(pairs[:0], len(order))[:len(order)]
	for i, r := range order {
		pairs[i] = sortPair{b.prefix(&keys[0], col, int(r)), r}
	}
	rest := keys
	if col.layout == vec.I64 && len(col.nulls) == 0 {
		rest = keys[1:] // equal prefixes are equal keys
	}
	slices.SortFunc(pairs, func(x, y sortPair) int {
		if x.prefix != y.prefix {
			if x.prefix < y.prefix {
				return -1
			}
			return 1
		}
		if c := b.Compare(rest, int(x.row), int(y.row)); c != 0 {
			return c
		}
		return cmp.Compare(x.row, y.row)
	})
	for i := range pairs {
		order[i] = pairs[i].row
	}
	return pairs
}

func (b *Buffer) prefix(k *Key, col *column, row int) uint64 {
	if len(col.nulls) > 0 && col.isNull(row) {
		return nullPrefix(k)
	}
	p := uint64(0)
	switch col.layout {
	case vec.I64:
		p = intPrefix(col.ints[row])
	case vec.F64:
		p = floatPrefix(col.floats[row])
	default:
		p = textPrefix(col.data[row].Str())
	}
	if k.Desc {
		return ^p
	}
	return p
}
