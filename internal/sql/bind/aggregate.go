package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// aggregate builds an aggregate call: its DISTINCT and ORDER BY, the query level
// it belongs to, and the checks of where it may stand.
func (b *binder) aggregate(blk *block, c *call, p *builtin.Proc, args []plan.Expr, result types.OID, filter plan.Expr) plan.Expr {
	n := c.node
	if len(n.Args) == 0 && !n.Star && !n.WithinGroup {
		b.failf(n.Pos, pgcode.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", p.Name)
	}
	b.checkAggResult(p, n.Pos)
	agg := &plan.AggCall{
		Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.Of(result)), Proc: p, Args: args, Star: n.Star,
		Distinct: n.Distinct, Filter: filter, Variadic: n.Variadic, WithinGroup: n.WithinGroup,
	}
	b.aggOrder(blk, agg, n)
	agg.Block = b.aggOwner(blk, agg).number
	return agg
}

// checkAggResult refuses aggregates without an implementation by name, so that
// they fail before a row is read.
func (b *binder) checkAggResult(p *builtin.Proc, pos int) {
	if p.RetSet {
		b.failf(pos, pgcode.InvalidFunctionDefinition, "aggregates may not return sets")
	}
}

// aggOrder binds DISTINCT and ORDER BY within an aggregate's arguments.
func (b *binder) aggOrder(blk *block, agg *plan.AggCall, n *ast.FuncCall) {
	if n.WithinGroup {
		direct := len(agg.Args) - len(n.OrderBy)
		for i, o := range n.OrderBy {
			arg := b.textIfUnknown(agg.Args[direct+i])
			agg.Args[direct+i] = arg
			b.needOrder(arg.Type().OID, ast.Leftmost(o.Expr))
			desc, first := b.sortDirection(o, arg)
			agg.OrderBy = append(agg.OrderBy, plan.AggOrder{Expr: arg, Desc: desc, NullsFirst: first})
		}
		return
	}
	for _, o := range n.OrderBy {
		e := b.textIfUnknown(b.expr(blk, o.Expr))
		for _, a := range agg.Args { // an argument that is sorted by is the argument as converted
			if plan.Equal(stripImplicit(a), e) {
				e = a
			}
		}
		desc, first := b.sortDirection(o, e)
		if o.Direction != ast.SortUsing {
			b.needOrder(e.Type().OID, ast.Leftmost(o.Expr))
		}
		agg.OrderBy = append(agg.OrderBy, plan.AggOrder{Expr: e, Desc: desc, NullsFirst: first})
	}
	if !n.Distinct {
		return
	}
	for _, a := range agg.Args {
		b.needEquality(a.Type().OID, n.Pos)
		if sortOperator(a.Type().OID, strategyLess) == nil {
			b.fail(newError(pgcode.UndefinedFunction, "could not identify an ordering operator for type %s", typeText(a.Type().OID)).
				WithDetail("Aggregates with DISTINCT must be able to sort their inputs.").At(bytePos(n.Pos)))
		}
	}
	for i, o := range agg.OrderBy {
		found := false
		for _, a := range agg.Args {
			found = found || plan.Equal(a, o.Expr)
		}
		if !found {
			b.failf(ast.Leftmost(n.OrderBy[i].Expr), pgcode.InvalidColumnReference,
				"in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
	}
}

// stripImplicit removes casts that the binder added.
func stripImplicit(e plan.Expr) plan.Expr {
	switch x := e.(type) {
	case *plan.Relabel:
		if x.Form == plan.ImplicitCast {
			return stripImplicit(x.Arg)
		}
	case *plan.FuncCall:
		if x.Cast == plan.ImplicitCast {
			return stripImplicit(x.Args[0])
		}
	case *plan.CoerceViaIO:
		if x.Form == plan.ImplicitCast {
			return stripImplicit(x.Arg)
		}
	}
	return e
}

// aggOwner finds the query level an aggregate or GROUPING belongs to: the
// innermost one whose columns its arguments use, this one if they use none. As
// check_agglevels_and_constraints.
func (b *binder) aggOwner(blk *block, agg plan.Expr) *block {
	varLevel, aggLevel := -1, -1 // depths, -1 for none
	var inside plan.Expr
	what := "aggregate functions"
	grouping := false
	if _, grouping = agg.(*plan.GroupingCall); grouping {
		what = "grouping operations"
	}
	walkArgs(agg, func(e plan.Expr, inner bool) {
		switch e := e.(type) {
		case *plan.ColRef:
			if owner := b.owner[e.ID-1]; owner != nil && owner.isOrAbove(blk) {
				varLevel = max(varLevel, owner.depth)
			}
		case *plan.AggCall:
			if d, found := blk.depthOf(e.Block); found && d > aggLevel {
				aggLevel, inside = d, e
			}
		case *plan.GroupingCall:
			if d, found := blk.depthOf(e.Block); found && d > aggLevel {
				aggLevel, inside = d, e
			}
		case *plan.WindowCall:
			if !inner {
				b.failf(e.Position(), pgcode.GroupingError, "aggregate function calls cannot contain window function calls")
			}
		case *plan.FuncCall:
			if e.Proc.RetSet && !inner {
				b.fail(newError(pgcode.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls").
					WithHint("You might be able to move the set-returning function into a LATERAL FROM item.").At(bytePos(e.Position())))
			}
		}
	})
	level := max(varLevel, aggLevel)
	if level < 0 {
		level = blk.depth
	}
	if level == aggLevel && !grouping {
		b.failf(inside.Position(), pgcode.GroupingError, "aggregate function calls cannot be nested")
	}
	owner := blk
	for owner.depth > level {
		owner = owner.parent
	}
	b.checkAggPlacement(owner, what, agg.Position())
	return owner
}

// walkArgs walks what is below an aggregate; inner is set within subqueries.
func walkArgs(e plan.Expr, f func(e plan.Expr, inner bool)) {
	plan.Walk(e, func(x plan.Expr) bool {
		if x == e {
			return true
		}
		f(x, false)
		if s, isSub := x.(*plan.Subquery); isSub {
			plan.WalkRel(s.Plan, func(y plan.Expr) bool {
				f(y, true)
				return true
			})
			plan.Walk(s.Test, func(y plan.Expr) bool {
				f(y, false)
				return true
			})
			return false
		}
		return true
	})
}

// isOrAbove reports whether blk is other or a query level around it.
func (blk *block) isOrAbove(other *block) bool {
	for ; other != nil; other = other.parent {
		if other == blk {
			return true
		}
	}
	return false
}

// depthOf returns the depth of the level with that number, this one or one
// around it.
func (blk *block) depthOf(number int) (int, bool) {
	for ; blk != nil; blk = blk.parent {
		if blk.number == number {
			return blk.depth, true
		}
	}
	return 0, false
}

// grouping binds GROUPING(...); that its arguments are grouping expressions is
// checked with the grouping.
func (b *binder) grouping(blk *block, n *ast.GroupingFunc) plan.Expr {
	if len(n.Args) > 31 {
		b.failf(n.Pos, pgcode.TooManyArguments, "GROUPING must have fewer than 32 arguments")
	}
	g := &plan.GroupingCall{Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.Of(types.Int4)), Args: b.exprs(blk, n.Args)}
	g.Block = b.aggOwner(blk, g).number
	return g
}

// sortDirection tells how a sort key runs, by its options or its operator.
func (b *binder) sortDirection(o *ast.SortBy, e plan.Expr) (desc, nullsFirst bool) {
	desc = o.Direction == ast.SortDesc
	if o.Direction == ast.SortUsing {
		op := b.findOperator(o.Using, e.Type().OID, e.Type().OID, o.Pos)
		valid := false
		for _, s := range strategies(op) {
			if s == strategyLess || s == strategyGreater {
				valid, desc = true, s == strategyGreater
			}
		}
		if !valid {
			b.fail(newError(pgcode.WrongObjectType, "operator %s is not a valid ordering operator", o.Using.Name).
				WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families.").At(bytePos(o.Pos)))
		}
	}
	switch o.Nulls {
	case ast.NullsFirst:
		return desc, true
	case ast.NullsLast:
		return desc, false
	}
	return desc, desc
}
