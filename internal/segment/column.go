package segment

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Column identifies a column of a storage's tuples: the same attribute stored with
// two types is two columns.
type Column struct {
	Attnum int16
	Type   types.OID
}

// Layout is a tuple layout and which columns it has.
type Layout struct {
	*rowenc.Layout
	Columns []Column
}

// Forms of a column's chunk, and a flag.
const (
	formInts    = 1 // distances from the least
	formFloats  = 2
	formItems   = 3 // starts, then items
	formDict    = 4 // codes, then starts and items of the dictionary
	formNumeric = 5 // a scale, then coefficients as integers
	flagNulls   = 0x80
)

// columnBuilder collects the values of one column of a block.
type columnBuilder struct {
	col    Column
	kind   datum.Kind
	layout vec.Layout
	rows   int // rows of the block, whether they have the column or not
	some   bool
	nulls  []uint64
	any    bool // a row is NULL, or of a layout without the column

	ints    []int64
	floats  []float64
	starts  []int64 // of items
	items   []byte
	scale   int16
	numeric bool // ints hold the coefficients of all values so far

	v   *vec.Vec // one value on its way
	buf []byte
}

func newColumnBuilder(col Column) *columnBuilder {
	v := vec.New(types.Of(col.Type), 1)
	return &columnBuilder{col: col, kind: v.Kind, layout: v.Layout, v: v}
}

func (c *columnBuilder) reset() {
	c.rows, c.some, c.any, c.numeric = 0, false, false, false
	c.nulls, c.ints, c.floats = c.nulls[:0], c.ints[:0], c.floats[:0]
	c.starts, c.items = c.starts[:0], c.items[:0]
}

// add appends a value of a tuple.
func (c *columnBuilder) add(col *rowenc.Column, t *rowenc.Tuple, arena *rowenc.Arena) error {
	c.v.Nulls.Clear()
	if err := col.Read(t, c.v, 0, arena); err != nil {
		return err
	}
	if c.v.Nulls.Get(0) {
		c.absent()
		c.some = true
		return nil
	}
	c.some = true
	c.grow()
	switch c.layout {
	case vec.I64:
		c.ints = append(c.ints, c.v.Ints[0])
	case vec.F64:
		c.floats = append(c.floats, c.v.Floats[0])
	default:
		c.addItem(c.v.Data[0])
	}
	c.rows++
	return nil
}

func (c *columnBuilder) addItem(d datum.Datum) {
	if c.kind == datum.Numeric {
		coef, scale, ok := d.InlineNumeric()
		switch {
		case len(c.items) == 0:
			c.scale, c.numeric = scale, ok
		case scale != c.scale || !ok:
			c.numeric = false
		}
		c.ints = append(c.ints, coef)
	}
	c.starts = append(c.starts, int64(len(c.items)))
	c.items = rowenc.AppendItem(c.items, d)
}

// grow makes room for the bit of the next row.
func (c *columnBuilder) grow() {
	if c.rows>>6 == len(c.nulls) {
		c.nulls = append(c.nulls, 0)
	}
}

// absent appends a row without a value: NULL, or of a layout without the column.
// Its place in the values is taken by the value before, which costs least.
func (c *columnBuilder) absent() {
	c.grow()
	c.nulls[c.rows>>6] |= 1 << (c.rows & 63)
	c.any = true
	c.rows++
	switch c.layout {
	case vec.I64:
		c.ints = append(c.ints, last(c.ints))
	case vec.F64:
		c.floats = append(c.floats, last(c.floats))
	default:
		if c.kind == datum.Numeric {
			c.ints = append(c.ints, last(c.ints))
		}
		c.starts = append(c.starts, last(c.starts))
	}
}

func last[T int64 | float64](list []T) T {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1]
}

// zone returns the least and the greatest value of an integer column; ok is false
// for other columns and when every value is NULL.
func (c *columnBuilder) zone() (lo, hi int64, ok bool) {
	if c.layout != vec.I64 {
		return 0, 0, false
	}
	for i, x := range c.ints {
		if c.nulls[i>>6]&(1<<(i&63)) != 0 {
			continue
		}
		if !ok {
			lo, hi, ok = x, x, true
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi, ok
}

// fillFront gives leading rows without a value the first one there is.
func (c *columnBuilder) fillFront() {
	first := 0
	for first < c.rows && c.nulls[first>>6]&(1<<(first&63)) != 0 {
		first++
	}
	if first < len(c.ints) {
		for i := range first {
			c.ints[i] = c.ints[first]
		}
	}
}

// appendTo appends the block's chunk of the column.
func (c *columnBuilder) appendTo(dst []byte) []byte {
	c.fillFront()
	at := len(dst)
	dst = append(dst, 0)
	if c.any {
		dst[at] = flagNulls
		for i := 0; i < (c.rows+7)/8; i++ {
			dst = append(dst, byte(c.nulls[i>>3]>>(8*(i&7))))
		}
	}
	switch {
	case c.layout == vec.I64:
		dst[at] |= formInts
		return appendInts(dst, c.ints)
	case c.layout == vec.F64:
		dst[at] |= formFloats
		for _, f := range c.floats {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
		}
		return dst
	case c.numeric:
		dst[at] |= formNumeric
		dst = binary.LittleEndian.AppendUint16(dst, uint16(c.scale))
		return appendInts(dst, c.ints)
	}
	if dict, ok := c.appendDict(dst); ok {
		dict[at] |= formDict
		return dict
	}
	dst[at] |= formItems
	return append(appendInts(dst, c.starts), c.items...)
}

// appendDict appends the values as codes of a dictionary; ok is false when that
// is not shorter.
func (c *columnBuilder) appendDict(dst []byte) (out []byte, ok bool) {
	plain := c.rows*intWidth(uint64(len(c.items))) + len(c.items)
	codes := make([]int64, c.rows)
	seen := make(map[string]int64)
	var starts []int64
	c.buf = c.buf[:0]
	for i, from := range c.starts {
		if c.nulls[i>>6]&(1<<(i&63)) != 0 {
			if i > 0 {
				codes[i] = codes[i-1]
			}
			continue
		}
		item := c.item(i, int(from))
		code, known := seen[string(item)]
		if !known {
			code = int64(len(starts))
			seen[string(item)] = code
			starts = append(starts, int64(len(c.buf)))
			c.buf = append(c.buf, item...)
		}
		codes[i] = code
	}
	w := intWidth(uint64(max(len(starts)-1, 0)))
	if len(c.buf)+len(starts)*intWidth(uint64(len(c.buf)))+c.rows*w+24 >= plain {
		return nil, false
	}
	dst = appendInts(dst, codes)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(starts)))
	return append(appendInts(dst, starts), c.buf...), true
}

// item returns the bytes of row i's item: up to the next one's start that differs.
func (c *columnBuilder) item(i, from int) []byte {
	for k := i + 1; k < len(c.starts); k++ {
		if end := int(c.starts[k]); end > from {
			return c.items[from:end]
		}
	}
	return c.items[from:]
}

// appendInts appends integers as the least of them and the distances from it.
func appendInts(dst []byte, list []int64) []byte {
	var least, greatest int64
	for i, x := range list {
		if i == 0 {
			least, greatest = x, x
		}
		least, greatest = min(least, x), max(greatest, x)
	}
	w := intWidth(uint64(greatest) - uint64(least))
	dst = append(dst, byte(w))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(least))
	switch w {
	case 1:
		for _, x := range list {
			dst = append(dst, byte(uint64(x)-uint64(least)))
		}
	case 2:
		for _, x := range list {
			dst = binary.LittleEndian.AppendUint16(dst, uint16(uint64(x)-uint64(least)))
		}
	case 4:
		for _, x := range list {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(uint64(x)-uint64(least)))
		}
	case 8:
		for _, x := range list {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(x)-uint64(least))
		}
	}
	return dst
}

// intWidth returns how many bytes a distance up to span takes.
func intWidth(span uint64) int {
	switch w := (bits.Len64(span) + 7) / 8; {
	case w <= 2:
		return w
	case w <= 4:
		return 4
	}
	return 8
}
