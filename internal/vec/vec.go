// Package vec holds typed column vectors and batches of rows, the currency of
// the executor. It knows nothing of expressions or operators.
//
// A Vec has one of three layouts by the kind of its type: I64 for everything
// that fits an int64 (bool, integers, oids, dates and times), F64 for floats, D
// for the rest. Values inside are immutable (see package datum); the vectors
// themselves belong to whoever made the batch and may be overwritten by its
// next call of Next.
package vec

import (
	"math/bits"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// MaxRows is the largest number of rows in a batch.
const MaxRows = 1024

// Layout says which slice of a Vec holds the values.
type Layout uint8

// The layouts of vectors.
const (
	I64 Layout = iota
	F64
	Dat
)

// Nulls is a bitmap; bit i set means row i is NULL. The zero value has none.
type Nulls struct {
	words [MaxRows / 64]uint64
	any   bool
}

// Set marks row i NULL.
func (n *Nulls) Set(i int) { n.words[i>>6] |= 1 << (i & 63); n.any = true }

// Get reports whether row i is NULL.
func (n *Nulls) Get(i int) bool { return n.any && n.words[i>>6]&(1<<(i&63)) != 0 }

// Any reports whether a row may be NULL; false is exact.
func (n *Nulls) Any() bool { return n.any }

// Clear marks every row not NULL.
func (n *Nulls) Clear() {
	if n.any {
		*n = Nulls{}
	}
}

// Or marks the rows NULL that are NULL in a or in b.
func (n *Nulls) Or(a, b *Nulls) {
	n.any = a.any || b.any
	for i := range n.words {
		n.words[i] = a.words[i] | b.words[i]
	}
}

// Word returns the bits of rows 64*i to 64*i+63.
func (n *Nulls) Word(i int) uint64 { return n.words[i] }

// SetWord replaces the bits of rows 64*i to 64*i+63.
func (n *Nulls) SetWord(i int, bits uint64) {
	n.words[i] = bits
	n.any = n.any || bits != 0
}

// Count returns how many of the first rows are NULL.
func (n *Nulls) Count(rows int) int {
	if !n.any {
		return 0
	}
	total := 0
	for i := 0; i < rows; i += 64 {
		w := n.words[i>>6]
		if rest := rows - i; rest < 64 {
			w &= 1<<rest - 1
		}
		total += bits.OnesCount64(w)
	}
	return total
}

// Vec is one column of a batch. Only the slice of its Layout is used; it has at
// least as many entries as the batch has rows. Entries of NULL rows are undefined.
type Vec struct {
	Type   types.T
	Kind   datum.Kind // the kind of its non-NULL values
	Layout Layout
	Nulls  Nulls
	Ints   []int64
	Floats []float64
	Data   []datum.Datum
}

// LayoutOf returns the layout for values of a kind.
func LayoutOf(k datum.Kind) Layout {
	switch {
	case datum.InlineInt(k):
		return I64
	case k == datum.Float:
		return F64
	}
	return Dat
}

// New returns a vector for values of a type with room for rows.
func New(t types.T, rows int) *Vec {
	v := &Vec{Type: t, Kind: datum.KindOf(t.OID)}
	v.Layout = LayoutOf(v.Kind)
	v.Grow(rows)
	return v
}

// Grow makes room for at least rows entries, keeping what is there.
func (v *Vec) Grow(rows int) {
	switch v.Layout {
	case I64:
		if len(v.Ints) < rows {
			v.Ints = append(make([]int64, 0, rows), v.Ints...)[:rows]
		}
	case F64:
		if len(v.Floats) < rows {
			v.Floats = append(make([]float64, 0, rows), v.Floats...)[:rows]
		}
	default:
		if len(v.Data) < rows {
			v.Data = append(make([]datum.Datum, 0, rows), v.Data...)[:rows]
		}
	}
}

// Get returns row i as a Datum.
func (v *Vec) Get(i int) datum.Datum {
	if v.Nulls.Get(i) {
		return datum.Datum{}
	}
	switch v.Layout {
	case I64:
		return datum.NewIntOfKind(v.Ints[i], v.Kind)
	case F64:
		return datum.NewFloat(v.Floats[i])
	}
	return v.Data[i]
}

// Set stores d in row i, marking it NULL if it is; a row that was NULL before
// must have been cleared (Nulls.Clear) since.
func (v *Vec) Set(i int, d datum.Datum) {
	if d.IsNull() {
		v.Nulls.Set(i)
		return
	}
	switch v.Layout {
	case I64:
		v.Ints[i] = d.Int()
	case F64:
		v.Floats[i] = d.Float()
	default:
		v.Data[i] = d
	}
}

// Batch is a set of rows in columns. When Sel is not nil only the rows it lists
// (ascending) exist, and Len is len(Sel). A batch is owned by the operator that
// returned it and valid until that operator's next call.
type Batch struct {
	Cols []*Vec
	Sel  []int32
	Rows int // physical rows in the vectors
}

// Len returns the number of rows that exist.
func (b *Batch) Len() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.Rows
}

// Index returns the physical row of the i-th existing row.
func (b *Batch) Index(i int) int {
	if b.Sel != nil {
		return int(b.Sel[i])
	}
	return i
}

// Row gathers the i-th existing row into dst, which has room for all columns.
func (b *Batch) Row(i int, dst []datum.Datum) {
	r := b.Index(i)
	for c, v := range b.Cols {
		dst[c] = v.Get(r)
	}
}
