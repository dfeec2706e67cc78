package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// constant is a value known when the expression was compiled.
type constant struct {
	typ   types.T
	value datum.Datum
	slot  int
}

func (n *constant) rowless()      {}
func (n *constant) Type() types.T { return n.typ }
func (n *constant) Row(*Ctx, []datum.Datum) (datum.Datum, error) {
	return n.value, nil
}
func (n *constant) Vec(c *Ctx, b *vec.Batch, _ []int32) (*vec.Vec, error) {
	return c.constVec(n.slot, n.typ, n.value, b.Rows), nil
}

// param is $number.
type param struct {
	typ    types.T
	number int
	slot   int
}

func (n *param) rowless()      {}
func (n *param) Type() types.T { return n.typ }
func (n *param) Row(c *Ctx, _ []datum.Datum) (datum.Datum, error) {
	if n.number > len(c.Params) {
		return datum.Datum{}, pgerr.New(pgcode.UndefinedParameter, "there is no parameter $%d", n.number)
	}
	return c.Params[n.number-1], nil
}
func (n *param) Vec(c *Ctx, b *vec.Batch, _ []int32) (*vec.Vec, error) {
	return rowlessVec(c, n, n.slot, b)
}

func rowlessVec(c *Ctx, n rowless, slot int, b *vec.Batch) (*vec.Vec, error) {
	d, err := n.Row(c, nil)
	if err != nil {
		return nil, err
	}
	return c.constVec(slot, n.Type(), d, b.Rows), nil
}

// outer is a column of an enclosing row.
type outer struct {
	typ  types.T
	id   int // in Ctx.Outer
	slot int
}

func (n *outer) rowless()                                         {}
func (n *outer) Type() types.T                                    { return n.typ }
func (n *outer) Row(c *Ctx, _ []datum.Datum) (datum.Datum, error) { return c.Outer[n.id], nil }
func (n *outer) Vec(c *Ctx, b *vec.Batch, _ []int32) (*vec.Vec, error) {
	return rowlessVec(c, n, n.slot, b)
}

// once evaluates a stable expression without columns the first time it is
// needed and keeps its value for the execution.
type once struct {
	arg  Node
	id   int // in Ctx.once
	slot int
}

func (n *once) rowless()      {}
func (n *once) Type() types.T { return n.arg.Type() }
func (n *once) Row(c *Ctx, _ []datum.Datum) (datum.Datum, error) {
	if o := &c.once[n.id]; o.done {
		return o.value, nil
	}
	d, err := n.arg.Row(c, nil)
	if err == nil {
		c.once[n.id] = onceValue{true, d}
	}
	return d, err
}
func (n *once) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	if sel != nil && len(sel) == 0 {
		return c.out(n.slot, n.Type(), b.Rows), nil
	}
	return rowlessVec(c, n, n.slot, b)
}

// FittedParam reports whether a node is a parameter, as it is or fitted to a
// modifier of its own type, and returns its number.
func FittedParam(n Node) (number int, ok bool) {
	if o, isOnce := n.(*once); isOnce {
		c, isCall := o.arg.(*call)
		if !isCall || len(c.args) < 2 || c.typ.Typmod < 0 || len(c.proc.Args) != len(c.args) || c.proc.Args[0] != c.proc.Ret || c.proc.Args[1] != types.Int4 {
			return 0, false
		}
		for _, a := range c.args[1:] {
			if _, known := a.(*constant); !known {
				return 0, false
			}
		}
		n = c.args[0]
		if n.Type().OID != c.typ.OID {
			return 0, false
		}
	}
	p, ok := n.(*param)
	if !ok {
		return 0, false
	}
	return p.number, true
}

// failing is an expression that has an error, if it is ever evaluated.
type failing struct {
	typ types.T
	err error
}

func (n *failing) Type() types.T { return n.typ }
func (n *failing) Row(*Ctx, []datum.Datum) (datum.Datum, error) {
	return datum.Datum{}, n.err
}
func (n *failing) Vec(*Ctx, *vec.Batch, []int32) (*vec.Vec, error) { return nil, n.err }

// column is a column of the current row.
type column struct {
	typ types.T
	ord int
}

func (n *column) Type() types.T { return n.typ }
func (n *column) Row(_ *Ctx, row []datum.Datum) (datum.Datum, error) {
	return row[n.ord], nil
}
func (n *column) Vec(_ *Ctx, b *vec.Batch, _ []int32) (*vec.Vec, error) {
	return b.Cols[n.ord], nil
}

// placeholder is CaseArg or ElemValue: a value its enclosing node has put in the
// slot.
type placeholder struct {
	typ  types.T
	slot int
}

func (n *placeholder) Type() types.T { return n.typ }
func (n *placeholder) Row(c *Ctx, _ []datum.Datum) (datum.Datum, error) {
	return c.slot(n.slot).value, nil
}
func (n *placeholder) Vec(c *Ctx, _ *vec.Batch, _ []int32) (*vec.Vec, error) {
	return c.slot(n.slot).ref, nil
}
