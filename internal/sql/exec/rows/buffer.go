package rows

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// column is one column of a Buffer, in the layout of its type.
type column struct {
	typ    types.T
	kind   datum.Kind
	layout vec.Layout
	ints   []int64
	floats []float64
	data   []datum.Datum
	nulls  []uint64 // bit i set: row i is NULL; may be shorter than the rows
}

func (c *column) isNull(row int) bool {
	w := row >> 6
	return w < len(c.nulls) && c.nulls[w]&(1<<(row&63)) != 0
}

func (c *column) setNull(row int) {
	for row>>6 >= len(c.nulls) {
		c.nulls = append(c.nulls, 0)
	}
	c.nulls[row>>6] |= 1 << (row & 63)
}

func (c *column) get(row int) datum.Datum {
	if c.isNull(row) {
		return datum.Datum{}
	}
	switch c.layout {
	case vec.I64:
		return datum.NewIntOfKind(c.ints[row], c.kind)
	case vec.F64:
		return datum.NewFloat(c.floats[row])
	}
	return c.data[row]
}

// Buffer is a growing set of rows. It belongs to one goroutine while it grows;
// afterwards several may read it.
type Buffer struct {
	cols []column
	rows int
	held mem.Holder
}

// NewBuffer returns an empty buffer for rows of these types.
func NewBuffer(cols []types.T, account *mem.Account) *Buffer {
	b := &Buffer{cols: make([]column, len(cols)), held: mem.Holder{Account: account}}
	for i, t := range cols {
		k := datum.KindOf(t.OID)
		b.cols[i] = column{typ: t, kind: k, layout: vec.LayoutOf(k)}
	}
	return b
}

// Len returns the number of rows.
func (b *Buffer) Len() int { return b.rows }

// Width returns the number of columns.
func (b *Buffer) Width() int { return len(b.cols) }

// Held returns the bytes accounted.
func (b *Buffer) Held() int64 { return b.held.Held() }

// Reset drops all rows and gives their memory back to the account.
func (b *Buffer) Reset() {
	for i := range b.cols {
		c := &b.cols[i]
		*c = column{typ: c.typ, kind: c.kind, layout: c.layout}
	}
	b.rows = 0
	b.held.Release()
}

// Clear drops all rows but keeps the memory for as many.
func (b *Buffer) Clear() {
	for i := range b.cols {
		c := &b.cols[i]
		clear(c.data) // what the values refer to is free
		c.ints, c.floats, c.data, c.nulls = c.ints[:0], c.floats[:0], c.data[:0], c.nulls[:0]
	}
	b.rows = 0
	b.held.Release()
}

// Append copies the rows of a batch whose columns are those of the buffer.
func (b *Buffer) Append(in *vec.Batch) error { return b.AppendCols(in.Cols, in) }

// AppendCols copies cols for the rows that exist in in.
func (b *Buffer) AppendCols(cols []*vec.Vec, in *vec.Batch) error {
	n := in.Len()
	if n == 0 {
		return nil
	}
	size := int64(0)
	for i := range b.cols {
		size += columnBytes(cols[i], in, n)
	}
	if err := b.held.Grow(size); err != nil {
		return err
	}
	for i := range b.cols {
		b.cols[i].append(cols[i], in, b.rows, n)
	}
	b.rows += n
	return nil
}

func columnBytes(v *vec.Vec, in *vec.Batch, n int) int64 {
	if v.Layout != vec.Dat {
		return int64(n) * 8
	}
	size := int64(0)
	for i := 0; i < n; i++ {
		r := in.Index(i)
		if v.Nulls.Get(r) {
			size += 24
			continue
		}
		size += v.Data[r].Size()
	}
	return size
}

func (c *column) append(v *vec.Vec, in *vec.Batch, base, n int) {
	switch c.layout {
	case vec.I64:
		c.ints = appendSelected(c.ints, v.Ints, in.Sel, n)
	case vec.F64:
		c.floats = appendSelected(c.floats, v.Floats, in.Sel, n)
	default:
		c.data = appendSelected(c.data, v.Data, in.Sel, n)
	}
	if v.Nulls.Any() {
		for i := 0; i < n; i++ {
			if v.Nulls.Get(in.Index(i)) {
				c.setNull(base + i)
			}
		}
	}
}

func appendSelected[T any](dst, src []T, sel []int32, n int) []T {
	if sel == nil {
		return append(dst, src[:n]...)
	}
	for _, r := range sel {
		dst = append(dst, src[r])
	}
	return dst
}

// AppendRow adds one row.
func (b *Buffer) AppendRow(row []datum.Datum) error {
	size := int64(0)
	for i := range b.cols {
		if b.cols[i].layout == vec.Dat {
			size += row[i].Size()
		} else {
			size += 8
		}
	}
	if err := b.held.Grow(size); err != nil {
		return err
	}
	for i := range b.cols {
		b.cols[i].push(row[i], b.rows)
	}
	b.rows++
	return nil
}

func (c *column) push(d datum.Datum, row int) {
	switch c.layout {
	case vec.I64:
		c.ints = append(c.ints, d.Int())
	case vec.F64:
		c.floats = append(c.floats, d.Float())
	default:
		c.data = append(c.data, d)
	}
	if d.IsNull() {
		c.setNull(row)
	}
}

// Get returns one value.
func (b *Buffer) Get(row, col int) datum.Datum { return b.cols[col].get(row) }

// Row gathers a row into dst, which has room for all columns.
func (b *Buffer) Row(row int, dst []datum.Datum) {
	for i := range b.cols {
		dst[i] = b.cols[i].get(row)
	}
}

// Gather copies the listed rows of column col into the first len(list) entries
// of v. A negative row number gives NULL.
func (b *Buffer) Gather(v *vec.Vec, col int, list []int32) {
	c := &b.cols[col]
	v.Grow(len(list))
	v.Nulls.Clear()
	switch c.layout {
	case vec.I64:
		gather(v.Ints, c.ints, list, &v.Nulls)
	case vec.F64:
		gather(v.Floats, c.floats, list, &v.Nulls)
	default:
		gather(v.Data, c.data, list, &v.Nulls)
	}
	if len(c.nulls) > 0 {
		for i, r := range list {
			if r >= 0 && c.isNull(int(r)) {
				v.Nulls.Set(i)
			}
		}
	}
}

func gather[T any](dst, src []T, list []int32, nulls *vec.Nulls) {
	for i, r := range list {
		if r < 0 {
			nulls.Set(i)
			continue
		}
		dst[i] = src[r]
	}
}

// Copy fills the first n entries of v from rows start..start+n of column col.
func (b *Buffer) Copy(v *vec.Vec, col, start, n int) {
	c := &b.cols[col]
	v.Grow(n)
	v.Nulls.Clear()
	switch c.layout {
	case vec.I64:
		copy(v.Ints[:n], c.ints[start:])
	case vec.F64:
		copy(v.Floats[:n], c.floats[start:])
	default:
		copy(v.Data[:n], c.data[start:])
	}
	if len(c.nulls) > 0 {
		for i := 0; i < n; i++ {
			if c.isNull(start + i) {
				v.Nulls.Set(i)
			}
		}
	}
}

// Vec returns a new vector holding n rows of a column from start on.
func (b *Buffer) Vec(col, start, n int) *vec.Vec {
	v := vec.New(b.cols[col].typ, n)
	b.Copy(v, col, start, n)
	return v
}

// NewBatch returns a batch with a vector of rows entries for each column.
func NewBatch(cols []types.T, rows int) *vec.Batch {
	b := &vec.Batch{Cols: make([]*vec.Vec, len(cols))}
	for i, t := range cols {
		b.Cols[i] = vec.New(t, rows)
	}
	return b
}

// CopyVec copies the rows in sel (nil: the first n) of src to the front of dst.
func CopyVec(dst, src *vec.Vec, sel []int32, n int) {
	dst.Grow(n)
	dst.Nulls.Clear()
	switch dst.Layout {
	case vec.I64:
		copySelected(dst.Ints, src.Ints, sel, n)
	case vec.F64:
		copySelected(dst.Floats, src.Floats, sel, n)
	default:
		copySelected(dst.Data, src.Data, sel, n)
	}
	if !src.Nulls.Any() {
		return
	}
	if sel == nil {
		dst.Nulls = src.Nulls
		return
	}
	for i, r := range sel {
		if src.Nulls.Get(int(r)) {
			dst.Nulls.Set(i)
		}
	}
}

func copySelected[T any](dst, src []T, sel []int32, n int) {
	if sel == nil {
		copy(dst[:n], src)
		return
	}
	for i, r := range sel {
		dst[i] = src[r]
	}
}
