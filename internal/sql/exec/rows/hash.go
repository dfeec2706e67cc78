package rows

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/vec"
)

// HashVecs stores in out[i] the hash of the i-th existing row over the key
// columns. Equal values of one type have equal hashes whatever the layout they
// come in, and NULLs collide.
func HashVecs(keys []*vec.Vec, in *vec.Batch, out []uint64) {
	n := in.Len()
	for i := range out[:n] {
		out[i] = 0
	}
	for _, v := range keys {
		hashColumn(v, in, out[:n])
	}
}

func hashColumn(v *vec.Vec, in *vec.Batch, out []uint64) {
	nulls := v.Nulls.Any()
	switch v.Layout {
	case vec.I64:
		for i := range out {
			r := in.Index(i)
			h := uint64(v.Ints[r])
			if nulls && v.Nulls.Get(r) {
				h = hashOfNull
			}
			out[i] = mix(out[i] ^ h)
		}
	case vec.F64:
		for i := range out {
			r := in.Index(i)
			h := floatBits(v.Floats[r])
			if nulls && v.Nulls.Get(r) {
				h = hashOfNull
			}
			out[i] = mix(out[i] ^ h)
		}
	default:
		for i := range out {
			r := in.Index(i)
			h := hashOfNull
			if !nulls || !v.Nulls.Get(r) {
				h = datum.Hash(v.Data[r])
			}
			out[i] = mix(out[i] ^ h)
		}
	}
}

// HashRow is HashVecs for one row of datums.
func HashRow(row []datum.Datum) uint64 {
	h := uint64(0)
	for _, d := range row {
		x := hashOfNull
		switch {
		case d.IsNull():
		case datum.InlineInt(d.Kind()):
			x = uint64(d.Int())
		case d.Kind() == datum.Float:
			x = floatBits(d.Float())
		default:
			x = datum.Hash(d)
		}
		h = mix(h ^ x)
	}
	return h
}

const hashOfNull = uint64(0x9e3779b97f4a7c15)

// floatBits maps equal floats (0 and -0, every NaN) to equal bits.
func floatBits(f float64) uint64 {
	if f == 0 {
		return 0
	}
	if math.IsNaN(f) {
		return 0x7ff8000000000001
	}
	return math.Float64bits(f)
}

// mix is the finaliser of splitmix64 over a shifted input, so that 0 does not
// map to 0.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Table finds rows of a buffer by hash: chains of row numbers, newest first
// unless built by Build, which keeps the order of the rows.
type Table struct {
	heads  []int32 // row+1 of the first of each chain
	next   []int32 // row+1 of the next
	hashes []uint64
	mask   uint64
	held   mem.Holder
}

// NewTable returns an empty table.
func NewTable(account *mem.Account) *Table {
	return &Table{heads: make([]int32, 16), mask: 15, held: mem.Holder{Account: account}}
}

// Len returns the number of rows entered.
func (t *Table) Len() int { return len(t.hashes) }

// Held returns the bytes accounted.
func (t *Table) Held() int64 { return t.held.Held() }

// Buckets returns the number of chains.
func (t *Table) Buckets() int { return len(t.heads) }

// Insert enters the next row number, which is Len(), under a hash.
func (t *Table) Insert(hash uint64) error {
	row := int32(len(t.hashes))
	if len(t.hashes) >= len(t.heads) {
		if err := t.resize(len(t.heads) * 2); err != nil {
			return err
		}
	}
	t.hashes = append(t.hashes, hash)
	slot := hash & t.mask
	t.next = append(t.next, t.heads[slot])
	t.heads[slot] = row + 1
	return nil
}

func (t *Table) resize(size int) error {
	if err := t.held.Grow(int64(size-len(t.heads)) * 16); err != nil {
		return err
	}
	t.heads = make([]int32, size)
	t.mask = uint64(size - 1)
	for i, h := range t.hashes {
		slot := h & t.mask
		t.next[i] = t.heads[slot]
		t.heads[slot] = int32(i) + 1
	}
	return nil
}

// Build enters all the hashes of a finished buffer at once, each chain in the
// order of the rows.
func (t *Table) Build(hashes []uint64) error {
	size := 16
	for size < len(hashes) {
		size *= 2
	}
	if err := t.held.Grow(int64(size)*4 + int64(len(hashes))*4); err != nil {
		return err
	}
	t.heads, t.mask = make([]int32, size), uint64(size-1)
	t.hashes, t.next = hashes, make([]int32, len(hashes))
	for i := len(hashes) - 1; i >= 0; i-- {
		slot := hashes[i] & t.mask
		t.next[i] = t.heads[slot]
		t.heads[slot] = int32(i) + 1
	}
	return nil
}

// First returns the first row of that hash, or -1.
func (t *Table) First(hash uint64) int32 {
	return t.follow(t.heads[hash&t.mask], hash)
}

// Next returns the row after row in its chain with the same hash, or -1.
func (t *Table) Next(row int32) int32 {
	return t.follow(t.next[row], t.hashes[row])
}

func (t *Table) follow(entry int32, hash uint64) int32 {
	for entry != 0 {
		if t.hashes[entry-1] == hash {
			return entry - 1
		}
		entry = t.next[entry-1]
	}
	return -1
}

// Release gives the memory back.
func (t *Table) Release() {
	t.held.Release()
	*t = Table{heads: make([]int32, 16), mask: 15, held: mem.Holder{Account: t.held.Account}}
}

// EqualVec reports whether row r of the buffer equals physical row i of the
// vectors on the buffer's columns cols; NULLs are equal when nullsEqual.
func (b *Buffer) EqualVec(cols []int, r int, keys []*vec.Vec, i int, nullsEqual bool) bool {
	for k, ci := range cols {
		c, v := &b.cols[ci], keys[k]
		cn, vn := c.isNull(r), v.Nulls.Get(i)
		if cn || vn {
			if cn && vn && nullsEqual {
				continue
			}
			return false
		}
		switch c.layout {
		case vec.I64:
			if c.ints[r] != v.Ints[i] {
				return false
			}
		case vec.F64:
			if datum.CompareFloat(c.floats[r], v.Floats[i]) != 0 {
				return false
			}
		default:
			if datum.Compare(c.data[r], v.Data[i]) != 0 {
				return false
			}
		}
	}
	return true
}

// EqualVecs reports whether row i of one vector equals row j of another of its
// type, NULLs being equal.
func EqualVecs(a *vec.Vec, i int, b *vec.Vec, j int) bool {
	if an, bn := a.Nulls.Get(i), b.Nulls.Get(j); an || bn {
		return an && bn
	}
	switch a.Layout {
	case vec.I64:
		return a.Ints[i] == b.Ints[j]
	case vec.F64:
		return datum.CompareFloat(a.Floats[i], b.Floats[j]) == 0
	}
	return datum.Compare(a.Data[i], b.Data[j]) == 0
}

// EqualRow is EqualVec for a row of datums.
func (b *Buffer) EqualRow(cols []int, r int, keys []datum.Datum, nullsEqual bool) bool {
	for k, ci := range cols {
		d := b.cols[ci].get(r)
		if d.IsNull() || keys[k].IsNull() {
			if d.IsNull() && keys[k].IsNull() && nullsEqual {
				continue
			}
			return false
		}
		if datum.Compare(d, keys[k]) != 0 {
			return false
		}
	}
	return true
}

// EqualRows reports whether two rows of the buffer agree on the columns, NULLs
// being equal.
func (b *Buffer) EqualRows(cols []int, x, y int) bool {
	for _, ci := range cols {
		if !datum.Equal(b.cols[ci].get(x), b.cols[ci].get(y)) {
			return false
		}
	}
	return true
}
