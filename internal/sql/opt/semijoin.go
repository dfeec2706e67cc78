package opt

import (
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// semi is a condition with a subquery that a join can answer: EXISTS and IN are
// semi joins, NOT EXISTS is an anti join. NOT IN is neither, because of NULLs.
type semi struct {
	kind  plan.JoinKind
	right plan.Rel
	cols  colSet // right's columns
	on    []plan.Expr
}

// split separates the conditions that joins can answer for rows with these
// columns from the others.
func (p *planner) split(conds []plan.Expr, left colSet) (rest []plan.Expr, joins []semi) {
	if p.rerun > 0 {
		// A join would read its right side at each run; a subquery remembers.
		return conds, nil
	}
	for i, e := range conds {
		s, ok := semiJoin(e, left)
		if !ok {
			if joins != nil {
				rest = append(rest, e)
			}
			continue
		}
		if joins == nil {
			rest = append(rest, conds[:i]...)
		}
		joins = append(joins, s)
	}
	if joins == nil {
		return conds, nil
	}
	return rest, joins
}

func semiJoin(e plan.Expr, left colSet) (semi, bool) {
	s := semi{kind: plan.JoinSemi}
	if b, ok := e.(*plan.BoolExpr); ok && b.Op == ast.Not {
		s.kind, e = plan.JoinAnti, b.Args[0]
	}
	q, ok := e.(*plan.Subquery)
	if !ok || isVolatile(q) || hasModifying(q.Plan) {
		return s, false
	}
	switch {
	case q.Kind == plan.SubqueryExists:
		s.right, s.on = decorrelate(existsBody(q.Plan), s.on)
	case q.Kind == plan.SubqueryAny && s.kind == plan.JoinSemi:
		s.right, s.on = anyBody(q)
	default:
		return s, false
	}
	s.cols = setOf(s.right.Columns())
	return s, s.sound(left)
}

// sound reports whether the right side stands on its own and an equality ties it
// to the left: without one, running the subquery for each row is as good.
func (s *semi) sound(left colSet) bool {
	if colSet(plan.FreeColumns(s.right)).meets(left) {
		return false
	}
	found := false
	for _, e := range s.on {
		if hasSubquery(e) {
			return false
		}
		if _, ok := equiBetween(e, left, s.cols); ok {
			found = true
		}
	}
	return found
}

// existsBody takes off what does not change whether there are rows.
func existsBody(r plan.Rel) plan.Rel {
	for {
		switch n := r.(type) {
		case *plan.Project:
			r = n.Input
		case *plan.Sort:
			r = n.Input
		case *plan.Distinct:
			r = n.Input
		case *plan.Limit:
			c, isConst := n.Count.(*plan.Const)
			if n.Offset != nil || n.Count != nil && (!isConst || !c.Value.IsNull() && c.Value.Int() <= 0) {
				return r
			}
			r = n.Input
		default:
			return r
		}
	}
}

// anyBody returns the right side and the conditions of x IN (SELECT ...).
func anyBody(q *plan.Subquery) (plan.Rel, []plan.Expr) {
	on := conjuncts(q.Test, nil)
	if len(plan.FreeColumns(q.Plan)) == 0 {
		return q.Plan, on
	}
	r := q.Plan
	for {
		n, ok := r.(*plan.Project)
		if !ok {
			break
		}
		items := map[plan.ColID]plan.Expr{}
		for _, it := range n.Items {
			items[it.ID] = it.Expr
		}
		for i, e := range on {
			on[i] = substitute(e, items)
		}
		r = n.Input
	}
	return decorrelate(r, on)
}

// decorrelate takes the conditions that refer to outer columns out of filters and
// inner joins at the top of a plan.
func decorrelate(r plan.Rel, conds []plan.Expr) (plan.Rel, []plan.Expr) {
	free := colSet(plan.FreeColumns(r))
	if len(free) == 0 {
		return r, conds
	}
	take := func(cond plan.Expr) (kept []plan.Expr) {
		for _, e := range conjuncts(cond, nil) {
			if exprCols(e).meets(free) {
				conds = append(conds, e)
			} else {
				kept = append(kept, e)
			}
		}
		return kept
	}
	switch n := r.(type) {
	case *plan.Filter:
		kept := take(n.Cond)
		in, all := decorrelate(n.Input, conds)
		if len(kept) == 0 {
			return in, all
		}
		return &plan.Filter{Input: in, Cond: and(kept)}, all
	case *plan.Join:
		if n.Kind != plan.JoinInner || n.Lateral {
			return r, conds
		}
		c := *n
		c.On = and(take(n.On))
		c.Left, conds = decorrelate(n.Left, conds)
		c.Right, conds = decorrelate(n.Right, conds)
		return &c, conds
	}
	return r, conds
}

// semiJoined joins a node with the right sides of conditions taken by split.
func (p *planner) semiJoined(n phys.Node, joins []semi) (phys.Node, error) {
	for _, s := range joins {
		var toRight, on []plan.Expr
		left := setOf(n.Properties().Cols)
		for _, e := range s.on {
			if exprCols(e).within(s.cols) {
				toRight = append(toRight, e)
			} else {
				on = append(on, e)
			}
		}
		need := left.withExprs(on...)
		var err error
		if n, err = p.joinWith(s.kind, n, s.right, need, on, toRight, s.cols, false); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// semiScan joins a table with a single semi join's right side the other way
// round, when that has few rows to look up in an index of the table. It returns
// nil when it does not pay.
func (p *planner) semiScan(r *plan.Scan, need colSet, conds []plan.Expr, s semi) (phys.Node, error) {
	if s.kind != plan.JoinSemi {
		return nil, nil
	}
	own := setOf(r.Columns())
	var keys []plan.ColID
	for _, e := range s.on {
		eq, ok := equiBetween(e, own, s.cols)
		if !ok {
			return nil, nil
		}
		col, ok := eq.right.(*plan.ColRef)
		if !ok {
			return nil, nil
		}
		keys = append(keys, col.ID)
	}
	if !p.indexed(r, s.on, s.cols) {
		return nil, nil
	}
	right, err := p.rel(s.right, setOf(keys), nil)
	if err != nil {
		return nil, err
	}
	return p.indexLoop(plan.JoinInner, p.distinctOn(right, keys), r, need.withExprs(s.on...), s.on, conds)
}

// indexed reports whether an index of the table begins with a column that a
// condition equates with one of other.
func (p *planner) indexed(r *plan.Scan, conds []plan.Expr, other colSet) bool {
	n := &phys.Scan{Table: r.Table, Moment: r.Moment}
	c := p.bestIndex(n, r, conds, other, p.tableRows(r.Table))
	return c != nil
}

// distinctOn keeps one row for each combination of keys.
func (p *planner) distinctOn(in phys.Node, keys []plan.ColID) phys.Node {
	below := in.Properties()
	n := &phys.Distinct{Props: p.props(below.Cols), Unary: phys.Unary{Input: in}, Keys: keys}
	n.Props.Types = below.Types
	n.Rows = p.groups(keys, below.Rows)
	n.Startup, n.Total = below.Startup, below.Total+below.Rows*operatorCost*float64(len(keys))
	return n
}

// semiLeaf plans a relation without inputs under conditions that joins answer.
func (p *planner) semiLeaf(r plan.Rel, need colSet, conds []plan.Expr, joins []semi) (phys.Node, error) {
	if scan, ok := r.(*plan.Scan); ok && len(joins) == 1 {
		if n, err := p.semiScan(scan, need, conds, joins[0]); n != nil || err != nil {
			return n, err
		}
	}
	n, err := p.rel(r, need, conds)
	if err != nil {
		return nil, err
	}
	return p.semiJoined(n, joins)
}
