package agg

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
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
		cols: make([]int, len(keys)), hashes: make([]uint64, vec.MaxRows),
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
	rows.HashVecs(keys, b, g.hashes)
	for i := 0; i < n; i++ {
		r, h := b.Index(i), g.hashes[i]
		group := g.table.First(h)
		for group >= 0 && !g.Keys.EqualVec(g.cols, int(group), keys, r, true) {
			group = g.table.Next(group)
		}
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

// distinct passes on each combination of group and arguments once.
type distinct struct {
	Accumulator
	seen   *Grouper
	ids    []int32
	group  *vec.Vec
	sel    []int32
	groups []int32
}

func newDistinct(call Call, inner Accumulator, account *mem.Account) *distinct {
	keys := append([]types.T{types.Of(types.Int8)}, call.Args...)
	return &distinct{
		Accumulator: inner, seen: NewGrouper(keys, account), group: vec.New(keys[0], vec.MaxRows),
		ids: make([]int32, vec.MaxRows), sel: make([]int32, vec.MaxRows), groups: make([]int32, vec.MaxRows),
	}
}

// Add implements Accumulator: a combination is new when its number is the next.
func (a *distinct) Add(c *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	n := b.Len()
	for i := 0; i < n; i++ {
		a.group.Ints[b.Index(i)] = int64(groupOf(groups, i))
	}
	next := int32(a.seen.Len())
	if err := a.seen.Assign(append([]*vec.Vec{a.group}, args...), b, a.ids); err != nil {
		return err
	}
	sel, fresh := a.sel[:0], a.groups[:0]
	for i := 0; i < n; i++ {
		if a.ids[i] == next {
			sel, fresh = append(sel, int32(b.Index(i))), append(fresh, groupOf(groups, i))
			next++
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return a.Accumulator.Add(c, args, &vec.Batch{Cols: b.Cols, Sel: sel, Rows: b.Rows}, fresh)
}

// Reset implements Accumulator.
func (a *distinct) Reset() {
	a.seen.Reset()
	a.Accumulator.Reset()
}

// ordered keeps its input and hands it on in order when it has ended.
type ordered struct {
	inner    Accumulator
	kept     *rows.Buffer // group, arguments, order columns
	keys     []rows.Key
	args     int
	distinct bool
	group    *vec.Vec
	types    []types.T
}

func newOrdered(call Call, account *mem.Account) (*ordered, error) {
	inner, err := plain(Call{Proc: call.Proc, Args: call.Args, Star: call.Star}, account)
	if err != nil {
		return nil, err
	}
	cols := append([]types.T{types.Of(types.Int8)}, call.Args...)
	cols = append(cols, call.OrderTypes...)
	a := &ordered{inner: inner, kept: rows.NewBuffer(cols, account), args: len(call.Args), distinct: call.Distinct, types: cols}
	a.keys = []rows.Key{{Col: 0}}
	for _, k := range call.Order {
		k.Col++
		a.keys = append(a.keys, k)
	}
	if call.Distinct {
		for i := range call.Args {
			a.keys = append(a.keys, rows.Key{Col: i + 1})
		}
	}
	a.group = vec.New(cols[0], vec.MaxRows)
	return a, nil
}

func (a *ordered) Grow(n int) error { return a.inner.Grow(n) }

func (a *ordered) Add(_ *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	for i, n := 0, b.Len(); i < n; i++ {
		a.group.Ints[b.Index(i)] = int64(groupOf(groups, i))
	}
	return a.kept.AppendCols(append([]*vec.Vec{a.group}, args...), b)
}

func (a *ordered) Finish(c *builtin.Context) error {
	order := a.kept.Sort(a.keys)
	if a.distinct {
		order = a.dropRepeats(order)
	}
	batch := rows.NewBatch(a.types[:a.args+1], vec.MaxRows)
	groups := make([]int32, vec.MaxRows)
	for len(order) > 0 {
		n := min(len(order), vec.MaxRows)
		for col, v := range batch.Cols {
			a.kept.Gather(v, col, order[:n])
		}
		for i := range groups[:n] {
			groups[i] = int32(batch.Cols[0].Ints[i])
		}
		batch.Rows = n
		if err := a.inner.Add(c, batch.Cols[1:], batch, groups[:n]); err != nil {
			return err
		}
		order = order[n:]
	}
	a.kept.Reset()
	return a.inner.Finish(c)
}

func (a *ordered) dropRepeats(order []int32) []int32 {
	cols := make([]int, a.args+1)
	for i := range cols {
		cols[i] = i
	}
	out := order[:0]
	for i, r := range order {
		if i == 0 || !a.kept.EqualRows(cols, int(out[len(out)-1]), int(r)) {
			out = append(out, r)
		}
	}
	return out
}

func (a *ordered) Result(c *builtin.Context, g int) (datum.Datum, error) {
	return a.inner.Result(c, g)
}

func (a *ordered) Reset() {
	a.kept.Reset()
	a.inner.Reset()
}
