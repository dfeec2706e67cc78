package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/sql/plan"
)

// equalClass are columns that are equal in every row of a group of inner joins,
// and a value they are equal to, if there is one.
type equalClass struct {
	cols  []*plan.ColRef
	value plan.Expr
	by    *plan.FuncCall // an equality of the class, to make others from
}

// derive completes the conditions of a group of inner joins: where a = b and b = 5
// a is 5 too, and the join condition is no longer needed. Only columns of one
// type take part, so that any operator of the class may be used for all.
func derive(conds []plan.Expr) []plan.Expr {
	var classes []*equalClass
	find := func(id plan.ColID) *equalClass {
		for _, c := range classes {
			if slices.ContainsFunc(c.cols, func(x *plan.ColRef) bool { return x.ID == id }) {
				return c
			}
		}
		return nil
	}
	for _, e := range conds {
		l, r, call := columnPair(e)
		if call == nil {
			continue
		}
		a, b := find(l.ID), find(r.ID)
		switch {
		case a == nil && b == nil:
			classes = append(classes, &equalClass{cols: []*plan.ColRef{l, r}, by: call})
		case a == nil:
			b.cols = append(b.cols, l)
		case b == nil:
			a.cols = append(a.cols, r)
		case a != b:
			a.cols = append(a.cols, b.cols...)
			classes = slices.DeleteFunc(classes, func(c *equalClass) bool { return c == b })
		}
	}
	if classes == nil {
		return conds
	}
	have := map[plan.ColID]bool{}
	for _, e := range conds {
		id, op, value, ok := comparison(e)
		call, _ := e.(*plan.FuncCall)
		if !ok || op != "=" || hasSubquery(value) {
			continue
		}
		c := find(id)
		if c == nil || call.Op != c.by.Op || have[id] {
			continue
		}
		if c.value == nil {
			c.value = value
		}
		if plan.Equal(c.value, value) {
			have[id] = true
		}
	}
	return fixed(conds, classes, have)
}

// fixed adds the equalities with the classes' values and leaves out those between
// their columns. have are the columns with such an equality of their own.
func fixed(conds []plan.Expr, classes []*equalClass, have map[plan.ColID]bool) []plan.Expr {
	known := map[plan.ColID]bool{}
	out := slices.Clone(conds)
	for _, c := range classes {
		if c.value == nil {
			continue
		}
		for _, col := range c.cols {
			known[col.ID] = true
			if !have[col.ID] {
				call := *c.by
				call.Args = []plan.Expr{col, c.value}
				out = append(out, &call)
			}
		}
	}
	if len(known) == 0 {
		return conds
	}
	return slices.DeleteFunc(out, func(e plan.Expr) bool {
		l, r, call := columnPair(e)
		return call != nil && known[l.ID] && known[r.ID]
	})
}

// columnPair takes apart an equality of two columns of one type.
func columnPair(e plan.Expr) (l, r *plan.ColRef, call *plan.FuncCall) {
	call, ok := e.(*plan.FuncCall)
	if !ok || call.Op == nil || call.Op.Name != "=" || !call.Op.CanMerge || len(call.Args) != 2 {
		return nil, nil, nil
	}
	l, okLeft := call.Args[0].(*plan.ColRef)
	r, okRight := call.Args[1].(*plan.ColRef)
	if !okLeft || !okRight || l.ID == r.ID || l.Type().OID != r.Type().OID {
		return nil, nil, nil
	}
	return l, r, call
}
