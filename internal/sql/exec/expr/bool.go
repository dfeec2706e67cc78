package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

var boolType = types.Of(types.Bool)

// andOr is AND or OR over two or more arguments, evaluated from the left until
// the result is certain.
type andOr struct {
	or   bool
	args []Node
	slot int
}

func (n *andOr) Type() types.T { return boolType }

func (n *andOr) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	unknown := false
	for _, a := range n.args {
		d, err := a.Row(c, row)
		switch {
		case err != nil:
			return d, err
		case d.IsNull():
			unknown = true
		case d.Bool() == n.or:
			return d, nil
		}
	}
	if unknown {
		return datum.Datum{}, nil
	}
	return datum.NewBool(!n.or), nil
}

// Vec keeps a list of the rows not decided yet. Until the end an entry of out
// is 0, 1 or 2 for unknown so far.
func (n *andOr) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	out := c.out(n.slot, boolType, b.Rows)
	sel = all(b, sel)
	decided, open := bit(n.or), bit(!n.or)
	for _, i := range sel {
		out.Ints[i] = open
	}
	cur, unknown := sel, false
	for k, a := range n.args {
		v, err := a.Vec(c, b, cur)
		if err != nil {
			return nil, err
		}
		next := c.sel(n.slot, b.Rows)[:0]
		for _, i := range cur {
			switch {
			case v.Nulls.Get(int(i)):
				out.Ints[i], unknown = 2, true
			case v.Ints[i] == decided:
				out.Ints[i] = decided
				continue
			}
			next = append(next, i)
		}
		cur = next
		if len(cur) == 0 && k < len(n.args)-1 {
			break
		}
	}
	if unknown {
		for _, i := range sel {
			if out.Ints[i] == 2 {
				out.Nulls.Set(int(i))
			}
		}
	}
	return out, nil
}

// not is NOT.
type not struct {
	arg  Node
	slot int
}

func (n *not) Type() types.T { return boolType }

func (n *not) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	d, err := n.arg.Row(c, row)
	if err != nil || d.IsNull() {
		return d, err
	}
	return datum.NewBool(!d.Bool()), nil
}

func (n *not) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	v, err := n.arg.Vec(c, b, sel)
	if err != nil {
		return nil, err
	}
	out := c.out(n.slot, boolType, b.Rows)
	out.Nulls = v.Nulls
	for _, i := range all(b, sel) {
		out.Ints[i] = v.Ints[i] ^ 1
	}
	return out, nil
}

// nullTest is IS [NOT] NULL of anything but a row.
type nullTest struct {
	arg  Node
	not  bool
	slot int
}

func (n *nullTest) Type() types.T { return boolType }

func (n *nullTest) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	d, err := n.arg.Row(c, row)
	return datum.NewBool(d.IsNull() != n.not), err
}

func (n *nullTest) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	v, err := n.arg.Vec(c, b, sel)
	if err != nil {
		return nil, err
	}
	out := c.out(n.slot, boolType, b.Rows)
	for _, i := range all(b, sel) {
		out.Ints[i] = bit(v.Nulls.Get(int(i)) != n.not)
	}
	return out, nil
}

// rowNullTest tests the fields of a row value: IS NULL when all of them are
// NULL, IS NOT NULL when none is.
func rowNullTest(not bool) applyFunc {
	return func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
		d := args[0]
		if d.IsNull() || d.Kind() != datum.Record {
			return datum.NewBool(d.IsNull() != not), nil
		}
		for _, f := range d.Record().Fields {
			if f.IsNull() == not {
				return datum.NewBool(false), nil
			}
		}
		return datum.NewBool(true), nil
	}
}

// boolTest is IS [NOT] TRUE, FALSE or UNKNOWN.
type boolTest struct {
	arg  Node
	test ast.TruthValue
	not  bool
	slot int
}

func (n *boolTest) Type() types.T { return boolType }

func (n *boolTest) holds(null, value bool) bool {
	switch n.test {
	case ast.TruthTrue:
		return (!null && value) != n.not
	case ast.TruthFalse:
		return (!null && !value) != n.not
	}
	return null != n.not
}

func (n *boolTest) Row(c *Ctx, row []datum.Datum) (datum.Datum, error) {
	d, err := n.arg.Row(c, row)
	return datum.NewBool(n.holds(d.IsNull(), d.Bool())), err
}

func (n *boolTest) Vec(c *Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	v, err := n.arg.Vec(c, b, sel)
	if err != nil {
		return nil, err
	}
	out := c.out(n.slot, boolType, b.Rows)
	for _, i := range all(b, sel) {
		out.Ints[i] = bit(n.holds(v.Nulls.Get(int(i)), v.Ints[i] != 0))
	}
	return out, nil
}
