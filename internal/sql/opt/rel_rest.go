package opt

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"slices"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// inlinable reports whether a common table expression is put where it is read, by
// PostgreSQL's rule: read once (or NOT MATERIALIZED), without side effects.
func (p *planner) inlinable(c *plan.CTE) bool {
	if c.Recursive || hasModifying(c.Plan) || c.Materialize == ast.MaterializeAlways {
		return false
	}
	if c.Refs != 1 {
		return false
	}
	volatile := false
	plan.WalkRel(c.Plan, func(e plan.Expr) bool {
		volatile = volatile || isVolatile(e)
		return !volatile
	})
	return !volatile
}

func (p *planner) cteRef(r *plan.CTERef, need colSet, conds []plan.Expr) (phys.Node, error) {
	if p.inline[r.CTE] {
		items := make([]plan.ProjectItem, len(r.Cols))
		for i, id := range r.Cols {
			items[i] = plan.ProjectItem{ID: id, Expr: p.colRef(r.From[i])}
		}
		return p.project(&plan.Project{Input: r.CTE.Plan, Items: items}, need, conds)
	}
	cte := p.ctes[r.CTE]
	if cte == nil {
		return nil, pgerr.Internal("common table expression %q was not planned", r.CTE.Name)
	}
	if err := p.subqueries(conds...); err != nil {
		return nil, err
	}
	n := &phys.CTEScan{Props: p.props(r.Cols), CTE: cte, Alias: r.Alias, From: r.From, Filter: and(conds)}
	rows := cte.Root.Properties().Rows
	n.Rows, n.Total = clampRows(rows*p.selectivity(conds)), rows*tupleCost*2
	return n, nil
}

func (p *planner) recursiveUnion(r *plan.RecursiveUnion, conds []plan.Expr) (phys.Node, error) {
	left, err := p.rel(r.Left, setOf(r.LeftCols), nil)
	if err != nil {
		return nil, err
	}
	right, err := p.relAgain(r.Right, setOf(r.RightCols), nil)
	if err != nil {
		return nil, err
	}
	n := &phys.RecursiveUnion{
		Props: p.props(r.Cols), Binary: phys.Binary{Left: left, Right: right},
		CTE: r.CTE, All: r.All, LeftCols: r.LeftCols, RightCols: r.RightCols,
	}
	l, q := left.Properties(), right.Properties()
	n.Rows, n.Total = l.Rows+10*q.Rows, l.Total+10*q.Total
	return p.filtered(n, conds)
}

func (p *planner) workTable(r *plan.WorkTable, conds []plan.Expr) (phys.Node, error) {
	if err := p.subqueries(conds...); err != nil {
		return nil, err
	}
	n := &phys.WorkTableScan{Props: p.props(r.Cols), CTE: r.CTE, Alias: r.Alias, From: r.From, Filter: and(conds)}
	n.Rows, n.Total = clampRows(100*p.selectivity(conds)), 100*tupleCost
	return n, nil
}

func (p *planner) sort(r *plan.Sort, need colSet, conds []plan.Expr) (phys.Node, error) {
	in, err := p.rel(r.Input, withKeys(need, r.Keys), conds)
	if err != nil {
		return nil, err
	}
	return p.sorted(in, r.Keys), nil
}

func withKeys(need colSet, keys []plan.SortKey) colSet {
	out := need.with()
	for _, k := range keys {
		out.add(k.ID)
	}
	return out
}

// sorted returns the node in the order of the keys, sorting only if it must.
func (p *planner) sorted(in phys.Node, keys []plan.SortKey) phys.Node {
	keys = withoutRepeats(keys)
	if len(keys) == 0 || ordered(in, keys) {
		return in
	}
	below := in.Properties()
	n := &phys.Sort{Props: p.props(below.Cols), Unary: phys.Unary{Input: in}, Keys: keys}
	n.Props.Types = below.Types
	n.Rows = below.Rows
	n.Startup = below.Total + below.Rows*operatorCost*4
	n.Total = n.Startup + below.Rows*operatorCost
	return n
}

func withoutRepeats(keys []plan.SortKey) []plan.SortKey {
	seen := colSet{}
	var out []plan.SortKey
	for _, k := range keys {
		if !seen[k.ID] {
			seen.add(k.ID)
			out = append(out, k)
		}
	}
	return out
}

// ordered reports whether a node's rows come in the order of the keys. A scan in
// key order is told to keep to it, backwards if that is what is asked for.
func ordered(n phys.Node, keys []plan.SortKey) bool {
	return inOrder(n, keys, once, false) && inOrder(n, keys, once, true)
}

// once says that each row of a node comes once to where rows must be in order, not
// several times joined to others.
const once = false

// inOrder is ordered; without tell nothing is changed. Behind a unique key no
// further key matters, unless the rows with it repeat.
func inOrder(n phys.Node, keys []plan.SortKey, repeats, tell bool) bool {
	switch n := n.(type) {
	case *phys.Scan:
		return scanOrdered(n, keys, repeats, tell)
	case *phys.Filter:
		return inOrder(n.Input, keys, repeats, tell)
	case *phys.Sort:
		return n.Top == nil && len(keys) <= len(n.Keys) && slices.Equal(n.Keys[:len(keys)], keys)
	case *phys.NestLoop:
		return keepsOrder(n.Kind) && inOrder(n.Left, keys, repeats || n.Kind == plan.JoinInner, tell)
	case *phys.HashJoin:
		if !keepsOrder(n.Kind) || !inOrder(n.Left, keys, repeats || n.Kind == plan.JoinInner, tell) {
			return false
		}
		n.Ordered = n.Ordered || tell
		return true
	case *phys.MergeJoin:
		return keepsOrder(n.Kind) && inOrder(n.Left, keys, repeats || n.Kind == plan.JoinInner, tell)
	case *phys.Project:
		below := make([]plan.SortKey, len(keys))
		for i, k := range keys {
			at := slices.IndexFunc(n.Items, func(it plan.ProjectItem) bool { return it.ID == k.ID })
			if at < 0 {
				return false
			}
			c, ok := n.Items[at].Expr.(*plan.ColRef)
			if !ok {
				return false
			}
			k.ID = c.ID
			below[i] = k
		}
		return inOrder(n.Input, below, repeats, tell)
	}
	return false // of a Limit too: its rows depend on its input's order
}

// keepsOrder reports whether a join's rows come in the order of its left side's:
// not those that emit rows without a partner after the others.
func keepsOrder(kind plan.JoinKind) bool {
	return kind == plan.JoinInner || kind == plan.JoinSemi || kind == plan.JoinAnti
}

func scanOrdered(n *phys.Scan, keys []plan.SortKey, repeats, tell bool) bool {
	backward, ok := scanDirection(n, keys, repeats)
	if !ok || n.Ordered && backward != n.Backward {
		return false
	}
	if tell {
		n.Ordered, n.Backward = true, backward
	}
	return true
}

// scanDirection returns the direction in which a scan gives its rows in the order
// of the keys; ok is false when there is none.
func scanDirection(n *phys.Scan, keys []plan.SortKey, repeats bool) (backward, ok bool) {
	if n.Moment.Kind != plan.Present && n.Moment.Kind != plan.AsOf {
		return false, false
	}
	index := n.Index
	if index == nil {
		if index = clustering(n.Table); index == nil {
			return false, false
		}
	}
	eq := 0
	for _, k := range n.Keys {
		switch k.Op {
		case phys.KeyEQ:
			eq++
		case phys.KeyAny, phys.KeyIsNull:
			return false, false
		}
	}
	at, set := 0, false
	for i, x := range index.Keys {
		if at == len(keys) {
			break
		}
		id := scanColumnID(n, x.Attnum)
		if id != keys[at].ID || id == 0 {
			if i < eq {
				continue // one value only: any order
			}
			return false, false
		}
		k, nullable := keys[at], !n.Table.ByAttnum(x.Attnum).NotNull
		flip := k.Desc != x.Desc
		if nullable && (k.NullsFirst != x.NullsFirst) != flip {
			return false, false
		}
		if i >= eq { // of a column with one value any direction will do
			if set && flip != backward {
				return false, false
			}
			backward, set = flip, true
		}
		at++
	}
	unique := !repeats && index.Unique && !index.Deferrable && at >= len(index.Keys)-eq && !anyNullable(n, index)
	return backward, at == len(keys) || unique
}

func anyNullable(n *phys.Scan, x *catalog.Index) bool {
	for _, k := range x.Keys {
		if k.Attnum == 0 || !n.Table.ByAttnum(k.Attnum).NotNull {
			return true
		}
	}
	return false
}

func scanColumnID(n *phys.Scan, att int16) plan.ColID {
	for _, c := range n.Columns {
		if c.AttNum == att && att != 0 {
			return c.ID
		}
	}
	return 0
}

func (p *planner) limit(r *plan.Limit, need colSet, conds []plan.Expr) (phys.Node, error) {
	if err := p.subqueries(r.Count, r.Offset); err != nil {
		return nil, err
	}
	inner := need
	if r.WithTies {
		inner = withKeys(need, r.Ties)
	}
	inner = inner.withExprs(conds...)
	in, err := p.rel(r.Input, inner, nil)
	if err != nil {
		return nil, err
	}
	n := &phys.Limit{Unary: phys.Unary{Input: in}, Count: r.Count, Offset: r.Offset, WithTies: r.WithTies, Ties: r.Ties}
	n.Props = p.props(in.Properties().Cols)
	n.Props.Types = in.Properties().Types
	if !r.WithTies {
		topN(in, r)
	}
	below := in.Properties()
	n.Rows, n.Startup, n.Total = below.Rows, below.Startup, below.Total
	if c, ok := r.Count.(*plan.Const); ok && !c.Value.IsNull() {
		share := min(float64(c.Value.Int())/below.Rows, 1)
		n.Rows = clampRows(min(below.Rows, float64(c.Value.Int())))
		n.Total = below.Startup + (below.Total-below.Startup)*share
	}
	return p.filtered(n, conds)
}

// topN tells a sort below a limit how many rows are wanted. The counts are
// evaluated by both, so they must not be volatile.
func topN(in phys.Node, r *plan.Limit) {
	if r.Count == nil || isVolatile(r.Count) || r.Offset != nil && isVolatile(r.Offset) {
		return
	}
	if hasSubquery(r.Count) || r.Offset != nil && hasSubquery(r.Offset) {
		return
	}
	for {
		switch n := in.(type) {
		case *phys.Project:
			in = n.Input
		case *phys.Sort:
			n.Top, n.Skip = r.Count, r.Offset
			return
		default:
			return
		}
	}
}

func (p *planner) lockRows(r *plan.LockRows, need colSet, conds []plan.Expr) (phys.Node, error) {
	inner := need.withExprs(conds...)
	for _, t := range r.Tables {
		inner.add(t.RowID)
	}
	in, err := p.rel(r.Input, inner, nil)
	if err != nil {
		return nil, err
	}
	n := &phys.LockRows{Unary: phys.Unary{Input: in}, Tables: r.Tables}
	n.Props = *in.Properties()
	return p.filtered(n, conds)
}

func (p *planner) insert(r *plan.Insert) (phys.Node, error) {
	in, err := p.rel(r.Input, setOf(r.Values), nil)
	if err != nil {
		return nil, err
	}
	n := &phys.Insert{Props: p.props(itemIDs(r.Returning)), Unary: phys.Unary{Input: in}, Op: r}
	n.Rows, n.Total = in.Properties().Rows, in.Properties().Total
	list := written(r.Generated, r.Checks, r.ViewChecks, r.Returning)
	if c := r.OnConflict; c != nil {
		list = append(list, c.Where)
		for _, a := range c.Set {
			list = append(list, a.Expr)
		}
	}
	return n, p.subqueries(list...)
}

// written lists the expressions over rows as written.
func written(generated []plan.Assign, checks, views []plan.Check, returning []plan.ProjectItem) []plan.Expr {
	var list []plan.Expr
	for _, g := range generated {
		list = append(list, g.Expr)
	}
	for _, k := range checks {
		list = append(list, k.Expr)
	}
	for _, k := range views {
		list = append(list, k.Expr)
	}
	for _, it := range returning {
		list = append(list, it.Expr)
	}
	return list
}

func (p *planner) update(r *plan.Update) (phys.Node, error) {
	list := written(r.Generated, r.Checks, r.ViewChecks, r.Returning)
	need := colSet{}.withExprs(list...)
	need.add(r.RowID)
	for _, s := range r.Set {
		need.add(s.ID)
	}
	for _, m := range r.Marks {
		need.add(m.RowID)
	}
	in, err := p.rel(r.Input, need, nil)
	if err != nil {
		return nil, err
	}
	n := &phys.Update{Props: p.props(itemIDs(r.Returning)), Unary: phys.Unary{Input: in}, Op: r}
	n.Rows, n.Total = in.Properties().Rows, in.Properties().Total
	return n, p.subqueries(list...)
}

func (p *planner) delete(r *plan.Delete) (phys.Node, error) {
	list := written(nil, nil, nil, r.Returning)
	need := colSet{}.withExprs(list...)
	need.add(r.RowID)
	for _, m := range r.Marks {
		need.add(m.RowID)
	}
	in, err := p.rel(r.Input, need, nil)
	if err != nil {
		return nil, err
	}
	n := &phys.Delete{Props: p.props(itemIDs(r.Returning)), Unary: phys.Unary{Input: in}, Op: r}
	n.Rows, n.Total = in.Properties().Rows, in.Properties().Total
	return n, p.subqueries(list...)
}
