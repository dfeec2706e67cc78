package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// kernel is the vectorised form of a function of one or two arguments whose
// vectors are given. It returns nil when it cannot decide (a row that may be an
// error): the loop over the scalar body then does the work.
type kernel func(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec

// filterKernel evaluates a predicate straight into a selection; ok is false when
// it does not apply to these operands.
type filterKernel func(c *Ctx, n *call, b *vec.Batch, sel, out []int32) (hits []int32, ok bool, err error)

// call is a function or operator call.
type call struct {
	typ    types.T
	proc   *builtin.Proc
	eval   builtin.Func // proc's body for these argument types
	args   []Node
	kernel kernel
	filter filterKernel
	info   kernelInfo
	slot   int
}

func (n *call) Type() types.T { return n.typ }

func (n *call) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	base := len(c.stack)
	null := false
	for _, a := range n.args {
		d, err := a.Row(c, row)
		if err != nil {
			c.stack = c.stack[:base]
			return datum.Datum{}, err
		}
		null = null || d.IsNull()
		c.stack = append(c.stack, d)
	}
	if null && n.proc.Strict {
		c.stack = c.stack[:base]
		return datum.Datum{}, nil
	}
	d, err := n.eval(c.B, c.stack[base:])
	c.stack = c.stack[:base]
	return d, err
}

func (n *call) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	var few [3]*vec.Vec
	args := few[:0]
	for _, a := range n.args {
		v, err := a.Vec(c, b, sel)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	if n.kernel != nil {
		if out := n.kernel(c, n, args, b, sel); out != nil {
			return out, nil
		}
	}
	return n.loop(c, args, b, sel)
}

// loop calls the scalar body for each selected row.
func (n *call) loop(c *Ctx, args []*vec.Vec, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	out := c.out(n.slot, n.typ, b.Rows)
	base := len(c.stack)
	for range args {
		c.stack = append(c.stack, datum.Datum{})
	}
	row := c.stack[base:]
	defer func() { c.stack = c.stack[:base] }()
	strict, eval := n.proc.Strict, n.eval
rows:
	for _, i := range all(b, sel) {
		for k, v := range args {
			if v.Nulls.Get(int(i)) {
				if strict {
					out.Nulls.Set(int(i))
					continue rows
				}
				row[k] = datum.Datum{}
				continue
			}
			row[k] = v.Get(int(i))
		}
		d, err := eval(c.B, row)
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
	}
	return out, nil
}

// newCall builds a call; a function without a body is 0A000 when the statement
// is compiled, before any row is touched.
func newCall(comp *Compiler, proc *builtin.Proc, typ types.T, args []Node) (Node, error) {
	oids := make([]types.OID, len(args))
	for i, a := range args {
		oids[i] = a.Type().OID
	}
	eval := proc.For(oids, typ.OID)
	if eval == nil {
		return nil, pgerr.NotSupported("This PostgreSQL function is not built yet.", "function %s is not supported", Signature(proc))
	}
	n := &call{typ: typ, proc: proc, eval: eval, args: args, slot: comp.NewSlot()}
	chooseKernel(n)
	return n, nil
}

// Signature prints a function as PostgreSQL's messages do: name(type, type).
func Signature(p *builtin.Proc) string {
	s := p.Name + "("
	for i, a := range p.Args {
		if i > 0 {
			s += ", "
		}
		s += typeName(a)
	}
	return s + ")"
}

func typeName(oid types.OID) string {
	if info := types.Lookup(oid); info != nil {
		return info.Name
	}
	return "unknown"
}

// applyFunc combines the values of a node's arguments.
type applyFunc func(c *Ctx, args []datum.Datum) (datum.Datum, error)

// apply is a node that evaluates all its arguments and then combines them: array
// and row constructors, comparisons of NULL-able values, conversions.
type apply struct {
	typ    types.T
	args   []Node
	fn     applyFunc
	strict bool // NULL when an argument is
	slot   int
}

func (n *apply) Type() types.T { return n.typ }

func (n *apply) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	base := len(c.stack)
	null := false
	for _, a := range n.args {
		d, err := a.Row(c, row)
		if err != nil {
			c.stack = c.stack[:base]
			return datum.Datum{}, err
		}
		null = null || d.IsNull()
		c.stack = append(c.stack, d)
	}
	if null && n.strict {
		c.stack = c.stack[:base]
		return datum.Datum{}, nil
	}
	top := len(c.stack)
	d, err := n.fn(c, c.stack[base:top:top])
	c.stack = c.stack[:base]
	return d, err
}

func (n *apply) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	args := make([]*vec.Vec, len(n.args))
	for i, a := range n.args {
		v, err := a.Vec(c, b, sel)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	out := c.out(n.slot, n.typ, b.Rows)
	row := make([]datum.Datum, len(args))
	for _, i := range all(b, sel) {
		null := false
		for k, v := range args {
			row[k] = v.Get(int(i))
			null = null || row[k].IsNull()
		}
		if null && n.strict {
			out.Nulls.Set(int(i))
			continue
		}
		d, err := n.fn(c, row)
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
	}
	return out, nil
}
