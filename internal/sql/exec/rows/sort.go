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
func (b *Buffer) SortRows(keys []Key, order []int32) {
	if len(keys) == 0 {
		return
	}
	if b.sortByInt(keys, order) {
		return
	}
	slices.SortFunc(order, func(x, y int32) int {
		if c := b.Compare(keys, int(x), int(y)); c != 0 {
			return c
		}
		return cmp.Compare(x, y)
	})
}

// sortByInt sorts by a first key that is an integer without NULLs: pairs of key
// and row number keep the comparisons inside one array.
func (b *Buffer) sortByInt(keys []Key, order []int32) bool {
	col := &b.cols[keys[0].Col]
	if col.layout != vec.I64 || len(col.nulls) > 0 {
		return false
	}
	type pair struct {
		key int64
		row int32
	}
	pairs := make([]pair, len(order))
	flip := int64(0)
	if keys[0].Desc {
		flip = -1 // complementing reverses the order without overflow
	}
	for i, r := range order {
		pairs[i] = pair{col.ints[r] ^ flip, r}
	}
	rest := keys[1:]
	slices.SortFunc(pairs, func(x, y pair) int {
		if x.key != y.key {
			if x.key < y.key {
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
	return true
}
