package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Node is a compiled expression.
type Node interface {
	// Type returns the type of the value.
	Type() types.T
	// Row evaluates for one row, whose values stand at the ordinals of the scope
	// the node was compiled for.
	Row(c *Ctx, row []datum.Datum) (datum.Datum, error)
	// Vec evaluates for the rows in sel, nil meaning all of b. The result's
	// entries stand at the rows' physical places; others are undefined (I3).
	Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error)
}

// rowless is a node whose value is the same for every row of a batch. Its Row
// needs no row.
type rowless interface {
	Node
	rowless()
}

// Ctx is what one goroutine needs to run nodes. It belongs to one execution of a
// statement (or one worker of it).
type Ctx struct {
	B      *builtin.Context
	Params []datum.Datum // $1 ...
	Outer  []datum.Datum // values of correlated columns, by Compiler.Outer's slot
	Exec   any           // the executor's own state, for its nodes

	stack []datum.Datum // arguments of the calls under way
	once  []onceValue
	slots []*slot // nil until it is used: most nodes that only Row is called of never do
}

type onceValue struct {
	done  bool
	value datum.Datum
}

// slot is one node's scratch space.
type slot struct {
	vec    *vec.Vec
	filled int         // rows of vec that hold value, for constants
	value  datum.Datum // of constants; of CASE's and array elements' placeholders
	ref    *vec.Vec    // of CASE's placeholder in a batch
	sel    []int32
	row    []datum.Datum
}

// Sizes are the numbers of slots that a Ctx must have for a set of nodes.
type Sizes struct{ slots, once, outer int }

// NewCtx returns a context for nodes compiled by comp, or by one with these sizes.
func NewCtx(b *builtin.Context, s Sizes, params []datum.Datum) *Ctx {
	c := &Ctx{B: b, Params: params}
	c.Reset(s)
	return c
}

// Reset makes the context ready for another execution of the same program,
// keeping its scratch space.
func (c *Ctx) Reset(s Sizes) {
	c.stack = c.stack[:0]
	c.once = resized(c.once, s.once)
	c.Outer = resized(c.Outer, s.outer)
	if len(c.slots) != s.slots {
		c.slots = make([]*slot, s.slots)
	}
}

func (c *Ctx) slot(id int) *slot {
	s := c.slots[id]
	if s == nil {
		s = new(slot)
		c.slots[id] = s
	}
	return s
}

// grow makes room for nodes compiled since. Ids are not given twice, so what the
// context has stays true.
func (c *Ctx) grow(s Sizes) {
	c.stack = c.stack[:0]
	c.once = append(c.once, make([]onceValue, max(0, s.once-len(c.once)))...)
	c.Outer = append(c.Outer, make([]datum.Datum, max(0, s.outer-len(c.Outer)))...)
	c.slots = append(c.slots, make([]*slot, max(0, s.slots-len(c.slots)))...)
}

func resized[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	list = list[:n]
	clear(list)
	return list
}

// Fork returns a context for another goroutine of the same execution: the same
// parameters and outer values, scratch space of its own.
func (c *Ctx) Fork(b *builtin.Context) *Ctx {
	f := &Ctx{B: b, Params: c.Params, Exec: c.Exec, Outer: append([]datum.Datum(nil), c.Outer...)}
	f.once = append([]onceValue(nil), c.once...)
	f.slots = make([]*slot, len(c.slots))
	return f
}

// out returns the slot's vector, without NULLs, with room for the batch.
func (c *Ctx) out(id int, t types.T, rows int) *vec.Vec {
	s := c.slot(id)
	if s.vec == nil {
		s.vec = vec.New(t, rows)
		return s.vec
	}
	s.vec.Grow(rows)
	s.vec.Nulls.Clear()
	return s.vec
}

// sel returns the slot's selection buffer with room for a batch of so many rows.
func (c *Ctx) sel(id, rows int) []int32 {
	s := c.slot(id)
	if len(s.sel) < rows {
		s.sel = make([]int32, max(rows, min(2*len(s.sel), vec.MaxRows)))
	}
	return s.sel
}

// all returns sel, or the selection of all rows of b.
func all(b *vec.Batch, sel []int32) []int32 {
	if sel == nil {
		return identity[:b.Rows]
	}
	return sel
}

// constVec returns a vector that holds d in every row of b.
func (c *Ctx) constVec(id int, t types.T, d datum.Datum, rows int) *vec.Vec {
	s := c.slot(id)
	if s.vec == nil {
		s.vec = vec.New(t, rows)
	}
	if s.filled >= rows && same(s.value, d) {
		return s.vec
	}
	s.vec.Grow(rows)
	s.vec.Nulls.Clear()
	for i := 0; i < rows; i++ {
		s.vec.Set(i, d)
	}
	s.value, s.filled = d, rows
	return s.vec
}

// same reports whether two datums are the same words, so that what was filled
// with one need not be filled with the other.
func same(a, b datum.Datum) bool { return a == b }

// Rowwise evaluates a node row by row over a batch, for nodes that have no better
// way. id is a slot of the node's own.
func Rowwise(c *Ctx, n Node, id int, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	s := c.slot(id)
	if cap(s.row) < len(b.Cols) {
		s.row = make([]datum.Datum, len(b.Cols))
	}
	row := s.row[:len(b.Cols)]
	out := c.out(id, n.Type(), b.Rows)
	for _, i := range all(b, sel) {
		for k, v := range b.Cols {
			row[k] = v.Get(int(i))
		}
		d, err := n.Row(c, row)
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
	}
	return out, nil
}

// Filter returns the rows of sel (nil: all of b) for which n is true, in the
// buffer of slot id. sel may be that same buffer.
func Filter(c *Ctx, n Node, id int, b *vec.Batch, sel []int32) ([]int32, error) {
	if and, ok := n.(*andOr); ok && !and.or {
		for _, arg := range and.args {
			var err error
			if sel, err = Filter(c, arg, id, b, sel); err != nil || len(sel) == 0 && sel != nil {
				return sel, err
			}
		}
		return sel, nil
	}
	if call, ok := n.(*call); ok && call.filter != nil {
		if out, ok, err := call.filter(c, call, b, sel, c.sel(id, b.Rows)); ok || err != nil {
			return out, err
		}
	}
	v, err := n.Vec(c, b, sel)
	if err != nil {
		return nil, err
	}
	return filterTrue(v, sel, b.Rows, c.sel(id, b.Rows)), nil
}

// True reports whether the node is true for a row; NULL is not.
func True(c *Ctx, n Node, row []datum.Datum) (bool, error) {
	d, err := n.Row(c, row)
	return err == nil && !d.IsNull() && d.Bool(), err
}
