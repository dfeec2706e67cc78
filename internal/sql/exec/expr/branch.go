package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// caseNode is CASE; arg, when not nil, is evaluated once into argSlot, where the
// conditions' placeholders find it.
type caseNode struct {
	typ     types.T
	arg     Node
	argSlot int
	conds   []Node
	results []Node
	orElse  Node
	slot    int // the result, and the rows no branch has taken yet
	hitSlot int // the rows the present branch takes
}

func (n *caseNode) Type() types.T { return n.typ }

func (n *caseNode) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	if n.arg != nil {
		d, err := n.arg.Row(c, row)
		if err != nil {
			return d, err
		}
		c.slot(n.argSlot).value = d
	}
	for i, cond := range n.conds {
		hit, err := True(c, cond, row)
		if err != nil {
			return datum.Datum{}, err
		}
		if hit {
			return n.results[i].Row(c, row)
		}
	}
	return n.orElse.Row(c, row)
}

func (n *caseNode) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	if n.arg != nil {
		v, err := n.arg.Vec(c, b, sel)
		if err != nil {
			return nil, err
		}
		c.slot(n.argSlot).ref = v
	}
	out := c.out(n.slot, n.typ, b.Rows)
	rest := all(b, sel)
	for k, cond := range n.conds {
		v, err := cond.Vec(c, b, rest)
		if err != nil {
			return nil, err
		}
		hits, misses := c.sel(n.hitSlot, b.Rows)[:0], c.sel(n.slot, b.Rows)[:0]
		for _, i := range rest {
			if v.Ints[i] != 0 && !v.Nulls.Get(int(i)) {
				hits = append(hits, i)
			} else {
				misses = append(misses, i)
			}
		}
		rest = misses
		if err := copyInto(c, out, n.results[k], b, hits); err != nil {
			return nil, err
		}
		if len(rest) == 0 {
			return out, nil
		}
	}
	return out, copyInto(c, out, n.orElse, b, rest)
}

// copyInto evaluates n for the rows in sel and stores its values in out.
func copyInto(c *Ctx, out *vec.Vec, n Node, b *vec.Batch, sel []int32) error {
	if len(sel) == 0 {
		return nil
	}
	v, err := n.Vec(c, b, sel)
	if err != nil {
		return err
	}
	switch out.Layout {
	case vec.I64:
		scatter(out.Ints, v.Ints, sel)
	case vec.F64:
		scatter(out.Floats, v.Floats, sel)
	default:
		scatter(out.Data, v.Data, sel)
	}
	if v.Nulls.Any() {
		for _, i := range sel {
			if v.Nulls.Get(int(i)) {
				out.Nulls.Set(int(i))
			}
		}
	}
	return nil
}

func scatter[T any](dst, src []T, sel []int32) {
	for _, i := range sel {
		dst[i] = src[i]
	}
}

// coalesce is COALESCE.
type coalesce struct {
	typ  types.T
	args []Node
	slot int
}

func (n *coalesce) Type() types.T { return n.typ }

func (n *coalesce) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	for _, a := range n.args {
		if d, err := a.Row(c, row); err != nil || !d.IsNull() {
			return d, err
		}
	}
	return datum.Datum{}, nil
}

func (n *coalesce) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	out := c.out(n.slot, n.typ, b.Rows)
	rest := all(b, sel)
	for _, a := range n.args {
		v, err := a.Vec(c, b, rest)
		if err != nil {
			return nil, err
		}
		misses := c.sel(n.slot, b.Rows)[:0]
		for _, i := range rest {
			if v.Nulls.Get(int(i)) {
				misses = append(misses, i)
				continue
			}
			out.Set(int(i), v.Get(int(i)))
		}
		if rest = misses; len(rest) == 0 {
			return out, nil
		}
	}
	for _, i := range rest {
		out.Nulls.Set(int(i))
	}
	return out, nil
}

// lazy is a node that only knows how to evaluate a row.
type lazy struct {
	typ  types.T
	row  func(c *Ctx, row []datum.Datum) (datum.Datum, error)
	slot int
}

func (n *lazy) Type() types.T { return n.typ }
func (n *lazy) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	return n.row(c, row)
}
func (n *lazy) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	return Rowwise(c, n, n.slot, b, sel)
}
