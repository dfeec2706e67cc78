package agg

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Grouper numbers the distinct combinations of key columns in the order they
// first appear. NULLs are equal to each other. It belongs to one goroutine.
type Grouper struct {
	Keys   *rows.Buffer // row g holds the keys of group g
	table  *rows.Table
	cols   []int
	hashes []uint64
	one    vec.Batch
}

// NewGrouper returns an empty grouper for keys of these types.
func NewGrouper(keys []types.T, account *mem.Account) *Grouper {
	g := &Grouper{
		Keys: rows.NewBuffer(keys, account), table: rows.NewTable(account),
		cols: make([]int, len(keys)),
	}
	for i := range g.cols {
		g.cols[i] = i
	}
	return g
}

// Len returns the number of groups.
func (g *Grouper) Len() int { return g.Keys.Len() }

// Assign stores the group of the i-th row that exists in b in out[i], making new
// groups as needed.
func (g *Grouper) Assign(keys []*vec.Vec, b *vec.Batch, out []int32) error {
	n := b.Len()
	g.hashes = slices.Grow(g.hashes[:0], n)[:n]
	rows.HashVecs(keys, b, g.hashes)
	for i := 0; i < n; i++ {
		r, h := b.Index(i), g.hashes[i]
		group := g.find(keys, r, h)
		if group < 0 {
			var err error
			if group, err = g.add(keys, r, h); err != nil {
				return err
			}
		}
		out[i] = group
	}
	return nil
}

// find returns the group of row r, whose keys have the hash h; -1 if there is none.
func (g *Grouper) find(keys []*vec.Vec, r int, h uint64) int32 {
	group := g.table.First(h)
	for group >= 0 && !g.Keys.EqualVec(g.cols, int(group), keys, r, true) {
		group = g.table.Next(group)
	}
	return group
}

// Lookup is Assign without new groups: a row without a group gets -1.
func (g *Grouper) Lookup(keys []*vec.Vec, b *vec.Batch, out []int32) {
	n := b.Len()
	g.hashes = slices.Grow(g.hashes[:0], n)[:n]
	rows.HashVecs(keys, b, g.hashes)
	for i := 0; i < n; i++ {
		r, h := b.Index(i), g.hashes[i]
		group := g.find(keys, r, h)
		out[i] = group
	}
}

// Hashes returns the hashes of the rows last given to Assign or Lookup.
func (g *Grouper) Hashes() []uint64 { return g.hashes }

// Held returns the bytes accounted.
func (g *Grouper) Held() int64 { return g.Keys.Held() + g.table.Held() }

func (g *Grouper) add(keys []*vec.Vec, r int, hash uint64) (int32, error) {
	sel := [1]int32{int32(r)}
	g.one.Sel = sel[:]
	if err := g.Keys.AppendCols(keys, &g.one); err != nil {
		return 0, err
	}
	return int32(g.Keys.Len() - 1), g.table.Insert(hash)
}

// Find returns the group of a row of keys, or -1.
func (g *Grouper) Find(keys []datum.Datum) int32 {
	group := g.table.First(rows.HashRow(keys))
	for group >= 0 && !g.Keys.EqualRow(g.cols, int(group), keys, true) {
		group = g.table.Next(group)
	}
	return group
}

// Reset forgets all groups.
func (g *Grouper) Reset() {
	g.Keys.Reset()
	g.table.Release()
}
