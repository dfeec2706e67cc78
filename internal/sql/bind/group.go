package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// groupClause is a bound GROUP BY. Sets is nil without grouping sets.
type groupClause struct {
	keys     []*Target
	sets     [][]int
	items    []groupItem // as written, for printing
	distinct bool
}

// groupItem is an element of GROUP BY as written: a key, or a grouping set.
type groupItem struct {
	key   int // index of keys; -1 for a list
	kind  ast.GroupingSetKind
	list  []groupItem
	isRow bool
}

const (
	maxGroupingSets = 4096
	maxCube         = 12
)

// groupClause binds GROUP BY; nil when there is none.
func (b *binder) groupClause(blk *block, q *Query) *groupClause {
	if len(q.stmt.GroupBy) == 0 {
		return nil
	}
	g := &groupClause{distinct: q.stmt.GroupDistinct}
	grouping := false
	sets := [][]int{nil}
	for _, e := range q.stmt.GroupBy {
		item := b.groupItem(blk, q, g, e)
		g.items = append(g.items, item)
		if item.key < 0 && !item.isRow {
			grouping = true
		}
		sets = b.crossSets(sets, b.expandSets(item), e)
	}
	if !grouping {
		return g
	}
	for i := range sets { // a key listed twice in one set counts once
		slices.Sort(sets[i])
		sets[i] = slices.Compact(sets[i])
	}
	if g.distinct {
		var unique [][]int
		for _, s := range sets {
			if !slices.ContainsFunc(unique, func(u []int) bool { return slices.Equal(u, s) }) {
				unique = append(unique, s)
			}
		}
		sets = unique
	}
	g.sets = sets
	return g
}

// groupItem binds one element of GROUP BY.
func (b *binder) groupItem(blk *block, q *Query, g *groupClause, e ast.Expr) groupItem {
	switch n := e.(type) {
	case *ast.Row:
		if n.Explicit {
			break
		}
		item := groupItem{key: -1, isRow: true}
		for _, a := range n.Args {
			item.list = append(item.list, b.groupItem(blk, q, g, a))
		}
		return item
	case *ast.GroupingSet:
		item := groupItem{key: -1, kind: n.Kind}
		for _, a := range n.Args {
			item.list = append(item.list, b.groupItem(blk, q, g, a))
		}
		if n.Kind == ast.GroupingCube && len(item.list) > maxCube {
			b.failf(n.Pos, pgcode.TooManyColumns, "CUBE is limited to %d elements", maxCube)
		}
		return item
	}
	t := b.outputTarget(blk, q, e, kindGroupBy)
	b.checkGroupExpr(blk, t.Expr)
	t.Expr = b.textIfUnknown(t.Expr)
	b.needEquality(t.Expr.Type().OID, exprPos(t.Expr))
	t.ref = true
	if i := slices.Index(g.keys, t); i >= 0 {
		return groupItem{key: i}
	}
	g.keys = append(g.keys, t)
	return groupItem{key: len(g.keys) - 1}
}

// checkGroupExpr refuses select-list items that cannot be grouped by.
func (b *binder) checkGroupExpr(blk *block, e plan.Expr) {
	plan.Walk(e, func(x plan.Expr) bool {
		switch x := x.(type) {
		case *plan.AggCall:
			if x.Block == blk.number {
				b.failf(x.Position(), pgcode.GroupingError, "aggregate functions are not allowed in GROUP BY")
			}
		case *plan.WindowCall:
			b.failf(x.Position(), pgcode.WindowingError, "window functions are not allowed in GROUP BY")
		case *plan.Subquery:
			return false
		}
		return true
	})
}

// expandSets lists the grouping sets an element stands for.
func (b *binder) expandSets(item groupItem) [][]int {
	if item.key >= 0 {
		return [][]int{{item.key}}
	}
	if item.isRow {
		return [][]int{item.flat()}
	}
	switch item.kind {
	case ast.GroupingRollup:
		sets := [][]int{}
		for n := len(item.list); n >= 0; n-- {
			var set []int
			for _, x := range item.list[:n] {
				set = append(set, x.flat()...)
			}
			sets = append(sets, set)
		}
		return sets
	case ast.GroupingCube:
		sets := [][]int{}
		for mask := 1<<len(item.list) - 1; mask >= 0; mask-- {
			var set []int
			for i, x := range item.list {
				if mask&(1<<i) != 0 {
					set = append(set, x.flat()...)
				}
			}
			sets = append(sets, set)
		}
		return sets
	case ast.GroupingSets:
		var sets [][]int
		for _, x := range item.list {
			sets = append(sets, b.expandSets(x)...)
		}
		return sets
	}
	return [][]int{nil}
}

// flat lists the keys of an element of ROLLUP, CUBE or a row.
func (i groupItem) flat() []int {
	if i.key >= 0 {
		return []int{i.key}
	}
	var out []int
	for _, x := range i.list {
		out = append(out, x.flat()...)
	}
	return out
}

func (b *binder) crossSets(a, c [][]int, at ast.Expr) [][]int {
	if len(a)*len(c) > maxGroupingSets {
		b.failf(at.Position(), pgcode.StatementTooComplex, "too many grouping sets present (maximum %d)", maxGroupingSets)
	}
	var out [][]int
	for _, x := range a {
		for _, y := range c {
			out = append(out, append(append([]int(nil), x...), y...))
		}
	}
	return out
}

// grouper rewrites what stands above a GroupBy: grouping expressions and
// aggregates become its columns, other columns are errors.
type grouper struct {
	b     *binder
	blk   *block
	keys  []plan.Expr
	node  *plan.GroupBy
	carry map[plan.ColID]bool
	// dependent are tables whose primary key is among the keys.
	dependent map[*rte]bool
}

// newGrouper makes the GroupBy of a query over input.
func (b *binder) newGrouper(q *Query, input plan.Rel) *grouper {
	g := &grouper{b: b, blk: q.blk, node: &plan.GroupBy{}, carry: map[plan.ColID]bool{}, dependent: map[*rte]bool{}}
	if q.group != nil {
		exprs := make([]plan.Expr, len(q.group.keys))
		for i, t := range q.group.keys {
			exprs[i] = t.Expr
		}
		g.keys = append([]plan.Expr(nil), exprs...)
		input, exprs = b.splitSets(q.blk, input, exprs)
		input, g.node.Keys = b.columnsFor(q.blk, input, exprs)
		g.node.KeyCols = g.node.Keys
		if q.group.sets != nil {
			g.node.Sets = q.group.sets
			g.node.KeyCols = make([]plan.ColID, len(exprs))
			for i, e := range g.keys {
				g.node.KeyCols[i] = b.column(q.blk, plan.ColumnMeta{Name: b.meta.Column(g.node.Keys[i]).Name, Type: e.Type()})
			}
		}
	}
	g.node.Input = input
	if g.node.Sets == nil {
		g.findDependent()
	}
	return g
}

// findDependent finds the tables whose primary key is grouped by: their other
// columns have one value in each group.
func (g *grouper) findDependent() {
	keys := map[plan.ColID]bool{}
	for _, k := range g.node.Keys {
		keys[k] = true
	}
	for _, r := range g.blk.rtes {
		if r.kind != rteTable || r.table == nil {
			continue
		}
		for _, c := range r.table.Constraints {
			if c.Type != 'p' || c.Deferrable {
				continue
			}
			all := true
			for _, att := range c.Columns {
				all = all && keys[r.columnOf(att)]
			}
			g.dependent[r] = g.dependent[r] || all
		}
	}
}

// columnOf returns the column of an attribute, 0 when the entry has none.
func (r *rte) columnOf(att int16) plan.ColID {
	for _, s := range r.scan {
		if s.AttNum == att {
			return s.ID
		}
	}
	return 0
}

// expr rewrites an expression that is evaluated above the GroupBy. inner is set
// within the plan of a subquery.
func (g *grouper) expr(e plan.Expr, inner bool) plan.Expr {
	for i, k := range g.keys {
		if plan.Equal(e, k) {
			return &plan.ColRef{Loc: plan.Loc(e.Position()), Typ: plan.Typ(e.Type()), ID: g.node.KeyCols[i]}
		}
	}
	switch x := e.(type) {
	case *plan.AggCall:
		if x.Block == g.blk.number {
			return g.aggregate(x)
		}
	case *plan.GroupingCall:
		if x.Block == g.blk.number {
			return g.grouping(x)
		}
	case *plan.ColRef:
		if g.b.owner[x.ID-1] == g.blk {
			return g.column(x, inner)
		}
		return e
	case *plan.Subquery:
		return plan.RewriteChildren(e, func(c plan.Expr) plan.Expr { return g.expr(c, true) })
	}
	return plan.RewriteChildren(e, func(c plan.Expr) plan.Expr { return g.expr(c, inner) })
}

func (g *grouper) aggregate(x *plan.AggCall) plan.Expr {
	ref := func(id plan.ColID) plan.Expr {
		return &plan.ColRef{Loc: x.Loc, Typ: x.Typ, ID: id}
	}
	for _, a := range g.node.Aggs {
		if plan.Equal(a.Call, x) && !plan.IsVolatile(x) {
			return ref(a.ID)
		}
	}
	id := g.b.column(g.blk, plan.ColumnMeta{Name: x.Proc.Name, Type: x.Type()})
	g.node.Aggs = append(g.node.Aggs, plan.AggItem{ID: id, Call: x})
	return ref(id)
}

func (g *grouper) grouping(x *plan.GroupingCall) plan.Expr {
	item := plan.GroupingItem{}
	for _, a := range x.Args {
		i := slices.IndexFunc(g.keys, func(k plan.Expr) bool { return plan.Equal(k, a) })
		if i < 0 {
			g.b.failf(exprPos(a), pgcode.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level")
		}
		item.Keys = append(item.Keys, i)
	}
	item.ID = g.b.column(g.blk, plan.ColumnMeta{Name: "grouping", Type: types.Of(types.Int4)})
	g.node.Groupings = append(g.node.Groupings, item)
	return &plan.ColRef{Loc: x.Loc, Typ: x.Typ, ID: item.ID}
}

// column checks a column that is not a grouping expression.
func (g *grouper) column(x *plan.ColRef, inner bool) plan.Expr {
	r := g.b.origin[x.ID]
	if r == nil || r.owner != g.blk {
		for _, other := range g.blk.rtes {
			if other.kind != rteJoin && slices.Contains(other.ids, x.ID) {
				r = other
			}
		}
	}
	if r != nil && g.dependent[r] {
		if !g.carry[x.ID] {
			g.carry[x.ID] = true
			g.node.Carry = append(g.node.Carry, x.ID)
		}
		return x
	}
	if g.carry[x.ID] || slices.Contains(g.node.Keys, x.ID) && g.node.Sets == nil {
		return x
	}
	name := g.b.meta.Column(x.ID).Name
	if r != nil {
		if i := slices.Index(r.ids, x.ID); i >= 0 {
			name = r.cols[i].name
		}
		if x.ID == r.wholeRow {
			name = "*"
		}
		name = r.name + "." + name
	}
	if inner {
		g.b.failf(x.Position(), pgcode.GroupingError, "subquery uses ungrouped column %q from outer query", name)
	}
	g.b.failf(x.Position(), pgcode.GroupingError, "column %q must appear in the GROUP BY clause or be used in an aggregate function", name)
	return nil
}
