package exec

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

func (c *compiler) join(n phys.Node) (spec, error) {
	s := &joinSpec{nodeInfo: c.base(n), onSlot: c.exprs.NewSlot()}
	var on plan.Expr
	var err error
	in := n.Inputs()
	if s.left, err = c.node(in[0]); err != nil {
		return nil, err
	}
	left := s.left.info().scope
	if n, ok := n.(*phys.NestLoop); ok && len(n.Params) > 0 {
		s.method = joinLateral
		if s.params, err = c.declare(n.Params, left); err != nil {
			return nil, err
		}
	}
	if s.right, err = c.node(in[1]); err != nil {
		return nil, err
	}
	right := s.right.info().scope
	s.rightTypes = s.right.info().types
	switch n := n.(type) {
	case *phys.NestLoop:
		s.kind, on = n.Kind, n.On
	case *phys.HashJoin:
		s.kind, on, s.method, s.ordered = n.Kind, n.On, joinHash, n.Ordered
		err = c.hashKeys(s, n, left, right)
	case *phys.MergeJoin:
		s.kind, on, s.method = n.Kind, n.On, joinMerge
		if s.leftSort, err = sortKeys(left, n.LeftKeys); err == nil {
			s.rightSort, err = sortKeys(right, n.RightKeys)
		}
	}
	if err != nil {
		return nil, err
	}
	both := expr.NewScope(in[0].Properties().Cols, s.left.info().types)
	both.Add(in[1].Properties().Cols, s.rightTypes)
	return c.finish(s, c.optional(on, both, &s.on))
}

func (c *compiler) hashKeys(s *joinSpec, n *phys.HashJoin, left, right *expr.Scope) (err error) {
	if s.leftKeys, err = c.exprs.CompileAll(n.LeftKeys, left); err != nil {
		return err
	}
	if s.rightKeys, err = c.exprs.CompileAll(n.RightKeys, right); err != nil {
		return err
	}
	for i, k := range s.rightKeys {
		if !expr.HashAlike(s.leftKeys[i].Type().OID, k.Type().OID) {
			return pgerr.Internal("hash join over types %d and %d", s.leftKeys[i].Type().OID, k.Type().OID)
		}
		s.rightKeyTypes = append(s.rightKeyTypes, k.Type())
	}
	return nil
}

// declare makes columns of a row known to plans below that refer to them.
func (c *compiler) declare(ids []plan.ColID, scope *expr.Scope) ([]outerParam, error) {
	var list []outerParam
	for _, id := range ids {
		slot := c.exprs.DeclareOuter(id)
		if ord, ok := scope.Ord(id); ok {
			list = append(list, outerParam{ord: ord, slot: slot})
		}
	}
	return list, nil
}

func (c *compiler) agg(n *phys.Agg) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	scope := in.info().scope
	s := &aggSpec{nodeInfo: c.base(n), input: in, sets: n.Sets, havingSlot: c.exprs.NewSlot()}
	if s.keys, err = ords(scope, n.Keys); err != nil {
		return nil, err
	}
	if s.carry, err = ords(scope, n.Carry); err != nil {
		return nil, err
	}
	s.keyTypes, s.carryTypes = pick(in.info().types, s.keys), pick(in.info().types, s.carry)
	if s.sets == nil {
		set := make([]int, len(s.keys))
		for i := range set {
			set[i] = i
		}
		s.sets = [][]int{set}
	}
	for _, it := range n.Aggs {
		call, err := c.aggCall(it.Call, scope)
		if err != nil {
			return nil, err
		}
		s.calls = append(s.calls, call)
	}
	for _, g := range n.Groupings {
		s.groupings = append(s.groupings, g.Keys)
	}
	if err := c.optional(n.Having, s.scope, &s.having); err != nil {
		return nil, err
	}
	s.parallel = s.splittable()
	return c.done(s)
}

func (c *compiler) aggCall(e *plan.AggCall, scope *expr.Scope) (aggCall, error) {
	out := aggCall{slot: c.exprs.NewSlot()}
	args, err := c.exprs.CompileAll(e.Args, scope)
	if err != nil {
		return out, err
	}
	out.call = agg.Call{Proc: e.Proc, Star: e.Star, Distinct: e.Distinct}
	if e.WithinGroup {
		// The ordered values are arguments too, behind the direct ones.
		for _, o := range e.OrderBy {
			n, err := c.exprs.Compile(o.Expr, scope)
			if err != nil {
				return out, err
			}
			out.call.Order = append(out.call.Order, rows.Key{Col: len(args), Desc: o.Desc, NullsFirst: o.NullsFirst})
			args = append(args, n)
		}
	}
	for _, a := range args {
		out.call.Args = append(out.call.Args, a.Type())
	}
	out.args = args
	if !e.WithinGroup {
		if err := c.aggOrder(&out, e, scope); err != nil {
			return out, err
		}
	}
	if err := c.optional(e.Filter, scope, &out.filter); err != nil {
		return out, err
	}
	// A state is made here once, so that a missing one is known before any row.
	_, err = agg.New(out.call, nil)
	return out, err
}

// aggOrder adds ORDER BY's expressions behind the arguments, or names the
// argument that is the same expression.
func (c *compiler) aggOrder(out *aggCall, e *plan.AggCall, scope *expr.Scope) error {
	n := len(out.args)
order:
	for _, o := range e.OrderBy {
		key := rows.Key{Desc: o.Desc, NullsFirst: o.NullsFirst}
		for i, a := range e.Args {
			if plan.Equal(a, o.Expr) {
				key.Col = i
				out.call.Order = append(out.call.Order, key)
				continue order
			}
		}
		node, err := c.exprs.Compile(o.Expr, scope)
		if err != nil {
			return err
		}
		key.Col = n + len(out.call.OrderTypes)
		out.call.Order = append(out.call.Order, key)
		out.call.OrderTypes = append(out.call.OrderTypes, node.Type())
		out.args = append(out.args, node)
	}
	return nil
}

// subquery compiles a subquery of an expression over scope.
func (c *compiler) subquery(q *plan.Subquery, scope *expr.Scope) (expr.Node, error) {
	sub := c.prog.plan.Subplans[q]
	if sub == nil {
		return nil, pgerr.Internal("a subquery has no plan")
	}
	if scope == nil {
		scope = expr.NewScope(nil, nil)
	}
	s := &subSpec{kind: q.Kind, typ: q.Type(), width: scope.Len(), hashed: sub.Mode == phys.HashedProbe}
	var err error
	if s.params, err = c.declare(sub.Params, scope); err != nil {
		return nil, err
	}
	if s.root, err = c.node(sub.Root); err != nil {
		return nil, err
	}
	inner := s.root.info()
	if q.Kind != plan.SubqueryExists { // which asks for rows, not for columns
		if s.cols, err = ords(inner.scope, q.Columns); err != nil {
			return nil, err
		}
		s.types = pick(inner.types, s.cols)
	}
	if s.hashed {
		err = c.hashedSubquery(s, sub, scope)
	} else if q.Test != nil {
		err = c.testedSubquery(s, q, scope)
	}
	if err != nil {
		return nil, err
	}
	if sub.Mode == phys.Materialized {
		m := &materializeSpec{nodeInfo: nodeInfo{node: sub.Root, id: -1, types: inner.types, scope: inner.scope}, input: s.root}
		if s.root, err = c.done(m); err != nil {
			return nil, err
		}
	}
	s.id = len(c.prog.subs)
	c.prog.subs = append(c.prog.subs, s)
	node := &subNode{spec: s, slot: c.exprs.NewSlot()}
	if sub.Mode == phys.InitPlan {
		return c.exprs.Once(node), nil
	}
	switch q.Kind {
	case plan.SubqueryScalar, plan.SubqueryExists, plan.SubqueryArray:
		s.memo = len(s.params) == len(sub.Params) && len(s.params) > 0 && !volatile(q)
	}
	return node, nil
}

func (c *compiler) hashedSubquery(s *subSpec, sub *phys.Subplan, scope *expr.Scope) (err error) {
	if s.probe, err = c.exprs.CompileAll(sub.ProbeKeys, scope); err != nil {
		return err
	}
	if s.hashCols, err = ords(s.root.info().scope, sub.HashCols); err != nil {
		return err
	}
	s.hashTypes = pick(s.root.info().types, s.hashCols)
	return nil
}

func (c *compiler) testedSubquery(s *subSpec, q *plan.Subquery, scope *expr.Scope) (err error) {
	both := scope.Copy()
	both.Add(q.Columns, s.types)
	s.test, err = c.exprs.Compile(q.Test, both)
	return err
}

// volatile reports whether a subquery calls a volatile function.
func volatile(q *plan.Subquery) bool {
	found := false
	check := func(p *builtin.Proc) {
		if p != nil && p.Volatility == 'v' {
			found = true
		}
	}
	plan.Walk(q, func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.FuncCall:
			check(e.Proc)
		case *plan.ScalarArrayOp:
			check(e.Proc)
		case *plan.NextVal:
			found = true
		}
		return !found
	})
	return found
}
