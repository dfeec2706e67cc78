package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

func (p *planner) result(conds []plan.Expr) (phys.Node, error) {
	if err := p.subqueries(conds...); err != nil {
		return nil, err
	}
	n := &phys.Result{Cond: and(conds)}
	n.Rows, n.Total = 1, tupleCost
	return n, nil
}

func (p *planner) values(r *plan.Values, conds []plan.Expr) (phys.Node, error) {
	for _, row := range r.Rows {
		if err := p.subqueries(row...); err != nil {
			return nil, err
		}
	}
	n := &phys.Values{Props: p.props(r.Cols), Rows: r.Rows}
	n.Props.Rows, n.Total = float64(len(r.Rows)), float64(len(r.Rows))*tupleCost
	return p.filtered(n, conds)
}

// filter hands its conditions to its input, but for volatile ones, which must see
// the rows they were written for.
func (p *planner) filter(r *plan.Filter, need colSet, conds []plan.Expr) (phys.Node, error) {
	var below, here []plan.Expr
	for _, e := range conjuncts(r.Cond, nil) {
		if isVolatile(e) {
			here = append(here, e)
		} else {
			below = append(below, e)
		}
	}
	if len(here) > 0 {
		// A condition from above must not run before these: it might fail on
		// rows they would have removed, but neither may it be lost.
		here = append(here, conds...)
		conds = nil
	}
	n, err := p.rel(r.Input, need.withExprs(here...), append(below, conds...))
	if err != nil {
		return nil, err
	}
	return p.filtered(n, here)
}

// project computes the items somebody needs. Conditions go below it with items
// replaced by their expressions.
func (p *planner) project(r *plan.Project, need colSet, conds []plan.Expr) (phys.Node, error) {
	items := map[plan.ColID]plan.Expr{}
	fixed := colSet{} // items whose expressions must not be evaluated twice
	for _, it := range r.Items {
		if c, ok := it.Expr.(*plan.ColRef); ok && c.ID == it.ID {
			continue
		}
		items[it.ID] = it.Expr
		if isVolatile(it.Expr) || hasSubquery(it.Expr) {
			fixed.add(it.ID)
		}
	}
	var below, here []plan.Expr
	for _, e := range conds {
		if exprCols(e).meets(fixed) || hasSubquery(e) && exprCols(e).meets(setOf(itemIDs(r.Items))) {
			here = append(here, e)
		} else {
			below = append(below, substitute(e, items))
		}
	}
	want := need.withExprs(here...)
	inner := colSet{}
	var kept []plan.ProjectItem
	done := colSet{}
	for _, it := range r.Items {
		if (want[it.ID] || isVolatile(it.Expr)) && !done[it.ID] {
			done.add(it.ID)
			kept = append(kept, it)
			inner.addExpr(it.Expr)
		}
	}
	if r.Extend {
		for _, id := range r.Input.Columns() {
			if want[id] && !done[id] {
				done.add(id)
				inner.add(id)
				kept = append(kept, plan.ProjectItem{ID: id, Expr: p.colRef(id)})
			}
		}
	}
	in, err := p.rel(r.Input, inner, below)
	if err != nil {
		return nil, err
	}
	n, err := p.projected(in, kept)
	if err != nil {
		return nil, err
	}
	return p.filtered(n, here)
}

func itemIDs(items []plan.ProjectItem) []plan.ColID {
	list := make([]plan.ColID, len(items))
	for i, it := range items {
		list[i] = it.ID
	}
	return list
}

func (p *planner) colRef(id plan.ColID) *plan.ColRef {
	return &plan.ColRef{Loc: -1, Typ: plan.Typ(p.meta.Column(id).Type), ID: id}
}

// projected puts a projection over a node, unless it would only pass columns on.
func (p *planner) projected(in phys.Node, items []plan.ProjectItem) (phys.Node, error) {
	plain := true
	for _, it := range items {
		if err := p.subqueries(it.Expr); err != nil {
			return nil, err
		}
		c, ok := it.Expr.(*plan.ColRef)
		plain = plain && ok && c.ID == it.ID && slices.Contains(in.Properties().Cols, it.ID)
	}
	if plain {
		return in, nil
	}
	n := &phys.Project{Props: p.props(itemIDs(items)), Unary: phys.Unary{Input: in}, Items: items}
	below := in.Properties()
	n.Rows, n.Startup = below.Rows, below.Startup
	n.Total = below.Total + below.Rows*operatorCost*float64(len(items))
	return n, nil
}

func (p *planner) projectSet(r *plan.ProjectSet, need colSet, conds []plan.Expr) (phys.Node, error) {
	ids := setOf(itemIDs(r.Items))
	var below, here []plan.Expr
	for _, e := range conds {
		if exprCols(e).meets(ids) {
			here = append(here, e)
		} else {
			below = append(below, e)
		}
	}
	inner := need.withExprs(here...)
	for _, it := range r.Items {
		inner.addExpr(it.Expr)
		if err := p.subqueries(it.Expr); err != nil {
			return nil, err
		}
	}
	in, err := p.rel(r.Input, inner, below)
	if err != nil {
		return nil, err
	}
	n := &phys.ProjectSet{Unary: phys.Unary{Input: in}, Items: r.Items}
	n.Props = p.props(append(slices.Clone(in.Properties().Cols), itemIDs(r.Items)...))
	n.Props.Types = append(slices.Clone(in.Properties().Types), n.Props.Types[len(in.Properties().Cols):]...)
	n.Rows, n.Total = in.Properties().Rows*defaultRows, in.Properties().Total+in.Properties().Rows*defaultRows*tupleCost
	return p.filtered(n, here)
}

func (p *planner) groupBy(r *plan.GroupBy, need colSet, conds []plan.Expr) (phys.Node, error) {
	keys := setOf(r.Keys)
	var below, having []plan.Expr
	for _, e := range conds {
		if r.Sets == nil && len(r.Keys) > 0 && exprCols(e).within(keys) && !hasSubquery(e) {
			below = append(below, e)
		} else {
			having = append(having, e)
		}
	}
	if err := p.subqueries(having...); err != nil {
		return nil, err
	}
	r = neededAggs(r, need.withExprs(having...))
	inner := colSet{}
	inner.add(r.Keys...)
	inner.add(r.Carry...)
	for _, a := range r.Aggs {
		inner.addExpr(a.Call)
		if err := p.subqueries(a.Call); err != nil {
			return nil, err
		}
	}
	in, err := p.rel(r.Input, inner, below)
	if err != nil {
		return nil, err
	}
	in = p.firstOnly(r, in)
	n := &phys.Agg{
		Props: p.props(r.Columns()), Unary: phys.Unary{Input: in}, Keys: r.Keys, Carry: r.Carry,
		Sets: r.Sets, Aggs: r.Aggs, Groupings: r.Groupings, Having: and(having),
	}
	below0 := in.Properties()
	n.Startup = below0.Total + below0.Rows*operatorCost*float64(len(r.Aggs)+len(r.Keys))
	n.Rows = 1
	if len(r.Keys) > 0 {
		n.Strategy = phys.AggHashed
		n.Rows = clampRows(p.groups(r.Keys, below0.Rows) * p.selectivity(having))
	}
	n.Total = n.Startup + n.Rows*tupleCost
	return n, nil
}

// neededAggs leaves out the aggregates that nobody asks for: they are not
// computed, so neither can they fail.
func neededAggs(r *plan.GroupBy, need colSet) *plan.GroupBy {
	unneeded := func(a plan.AggItem) bool { return !need[a.ID] && !isVolatile(a.Call) }
	if !slices.ContainsFunc(r.Aggs, unneeded) {
		return r
	}
	out := *r
	out.Aggs = slices.DeleteFunc(slices.Clone(r.Aggs), unneeded)
	return &out
}

func (p *planner) window(r *plan.Window, need colSet, conds []plan.Expr) (phys.Node, error) {
	part := setOf(r.PartitionBy)
	var below, here []plan.Expr
	for _, e := range conds {
		if len(part) > 0 && exprCols(e).within(part) && !hasSubquery(e) {
			below = append(below, e)
		} else {
			here = append(here, e)
		}
	}
	inner := need.withExprs(here...)
	inner.add(r.PartitionBy...)
	keys := make([]plan.SortKey, 0, len(r.PartitionBy)+len(r.OrderBy))
	for _, id := range r.PartitionBy {
		keys = append(keys, plan.SortKey{ID: id})
	}
	for _, k := range r.OrderBy {
		inner.add(k.ID)
		keys = append(keys, k)
	}
	calls := slices.DeleteFunc(slices.Clone(r.Calls), func(c plan.WindowItem) bool {
		return !inner[c.ID] && !isVolatile(c.Call)
	})
	for _, c := range calls {
		inner.addExpr(c.Call)
		if err := p.subqueries(c.Call); err != nil {
			return nil, err
		}
	}
	if err := p.subqueries(r.Frame.StartBy, r.Frame.EndBy); err != nil {
		return nil, err
	}
	in, err := p.rel(r.Input, inner, below)
	if err != nil {
		return nil, err
	}
	if len(calls) == 0 {
		return p.filtered(in, here)
	}
	if len(keys) > 0 {
		in = p.sorted(in, keys)
	}
	cols := slices.Clone(in.Properties().Cols)
	for _, c := range calls {
		cols = append(cols, c.ID)
	}
	n := &phys.Window{Props: p.props(cols), Unary: phys.Unary{Input: in}, PartitionBy: r.PartitionBy, OrderBy: r.OrderBy, Frame: r.Frame, Calls: calls}
	below0 := in.Properties()
	n.Rows, n.Startup = below0.Rows, below0.Startup
	n.Total = below0.Total + below0.Rows*operatorCost*float64(len(calls)+len(keys))
	return p.filtered(n, here)
}

func (p *planner) distinct(r *plan.Distinct, need colSet, conds []plan.Expr) (phys.Node, error) {
	keys := setOf(r.Keys)
	var below, here []plan.Expr
	for _, e := range conds {
		if exprCols(e).within(keys) && !hasSubquery(e) {
			below = append(below, e)
		} else {
			here = append(here, e)
		}
	}
	inner := need.withExprs(here...)
	inner.add(r.Keys...)
	in, err := p.rel(r.Input, inner, below)
	if err != nil {
		return nil, err
	}
	n := &phys.Distinct{Props: p.props(in.Properties().Cols), Unary: phys.Unary{Input: in}, Keys: r.Keys, On: r.On, Sorted: sortedBy(r.Input, keys)}
	below0 := in.Properties()
	n.Rows = p.groups(r.Keys, below0.Rows)
	n.Startup, n.Total = below0.Startup, below0.Total+below0.Rows*operatorCost*float64(len(r.Keys))
	return p.filtered(n, here)
}

// sortedBy reports whether a relation is sorted so that rows that agree on the
// columns are neighbours.
func sortedBy(r plan.Rel, cols colSet) bool {
	s, ok := r.(*plan.Sort)
	if !ok {
		return false
	}
	first := withoutRepeats(s.Keys)
	for i := range min(len(cols), len(first)) {
		if !cols[first[i].ID] {
			return false
		}
	}
	return len(first) >= len(cols)
}

func (p *planner) setOp(r *plan.SetOp, conds []plan.Expr) (phys.Node, error) {
	if r.Kind == plan.Union && r.All {
		return p.unionAll(r, conds)
	}
	left, err := p.rel(r.Left, setOf(r.LeftCols), nil)
	if err != nil {
		return nil, err
	}
	right, err := p.rel(r.Right, setOf(r.RightCols), nil)
	if err != nil {
		return nil, err
	}
	n := &phys.SetOp{
		Props: p.props(r.Cols), Binary: phys.Binary{Left: left, Right: right},
		Kind: r.Kind, All: r.All, LeftCols: r.LeftCols, RightCols: r.RightCols,
	}
	l, q := left.Properties(), right.Properties()
	n.Rows = clampRows(min(l.Rows+q.Rows, 1000))
	n.Startup = l.Total + q.Total + (l.Rows+q.Rows)*operatorCost
	n.Total = n.Startup + n.Rows*tupleCost
	return p.filtered(n, conds)
}

// unionAll makes one Append of nested UNION ALLs. Conditions go to each branch.
func (p *planner) unionAll(r *plan.SetOp, conds []plan.Expr) (phys.Node, error) {
	n := &phys.Append{Props: p.props(r.Cols)}
	var below, here []plan.Expr
	for _, e := range conds {
		if hasSubquery(e) || isVolatile(e) {
			here = append(here, e)
		} else {
			below = append(below, e)
		}
	}
	if err := p.branch(n, r.Left, r.LeftCols, r.Cols, below); err != nil {
		return nil, err
	}
	if err := p.branch(n, r.Right, r.RightCols, r.Cols, below); err != nil {
		return nil, err
	}
	for _, c := range n.Children {
		n.Rows += c.Properties().Rows
		n.Total += c.Properties().Total
	}
	return p.filtered(n, here)
}

// branch adds a branch; cols are its columns, as names the result's.
func (p *planner) branch(n *phys.Append, r plan.Rel, cols, as []plan.ColID, conds []plan.Expr) error {
	if s, ok := r.(*plan.SetOp); ok && s.Kind == plan.Union && s.All && len(conds) == 0 {
		at := map[plan.ColID]int{}
		for i, id := range s.Cols {
			at[id] = i
		}
		left, right := make([]plan.ColID, len(cols)), make([]plan.ColID, len(cols))
		for i, id := range cols {
			left[i], right[i] = s.LeftCols[at[id]], s.RightCols[at[id]]
		}
		if err := p.branch(n, s.Left, left, as, nil); err != nil {
			return err
		}
		return p.branch(n, s.Right, right, as, nil)
	}
	items := map[plan.ColID]plan.Expr{}
	for i, id := range as {
		items[id] = p.colRef(cols[i])
	}
	var own []plan.Expr
	for _, e := range conds {
		own = append(own, substitute(e, items))
	}
	child, err := p.rel(r, setOf(cols), own)
	if err != nil {
		return err
	}
	n.Children, n.ChildCols = append(n.Children, child), append(n.ChildCols, cols)
	return nil
}

// with plans the common table expressions that are read more than once, change
// data or are marked MATERIALIZED; the others are put where they are read.
func (p *planner) with(r *plan.With, need colSet, conds []plan.Expr) (phys.Node, error) {
	for _, c := range r.CTEs {
		if p.inlinable(c) {
			p.inline[c] = true
			continue
		}
		node, err := p.cteRoot(c)
		if err != nil {
			return nil, err
		}
		cte := &phys.CTE{Logical: c, Name: c.Name, Root: node, Modifies: hasModifying(c.Plan)}
		p.ctes[c] = cte
		p.out.CTEs = append(p.out.CTEs, cte)
	}
	return p.rel(r.Body, need, conds)
}

func (p *planner) cteRoot(c *plan.CTE) (phys.Node, error) {
	return p.rel(c.Plan, setOf(c.Cols), nil)
}
