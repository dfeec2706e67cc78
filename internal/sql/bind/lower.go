package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// lower makes a bound query's plan and gives its targets their columns.
func (b *binder) lower(q *Query) {
	var rel plan.Rel
	exprs := make([]plan.Expr, len(q.Targets))
	for i, t := range q.Targets {
		exprs[i] = t.Expr
	}
	if q.set != nil {
		rel = b.lowerSetQuery(q)
	} else {
		locks := b.lockTables(q)
		rel = b.lowerFrom(q.from)
		if q.where != nil {
			rel = &plan.Filter{Input: rel, Cond: q.where}
		}
		rel, exprs = b.lowerGroup(q, rel, exprs)
		rel, exprs = b.lowerWindows(q, rel, exprs)
		rel = b.lowerOutput(q, rel, exprs, locks)
		q.Plan = b.withCTEs(q, rel)
		return
	}
	rel = b.lowerOutput(q, rel, exprs, nil)
	q.Plan = b.withCTEs(q, rel)
}

func (b *binder) lowerSetQuery(q *Query) plan.Rel {
	want := make([]types.T, len(q.set.cols))
	for i, c := range q.set.cols {
		want[i] = c.typ
	}
	return b.lowerSet(q.set, want, q.set.ids)
}

// withCTEs adds the common table expressions that are used.
func (b *binder) withCTEs(q *Query, rel plan.Rel) plan.Rel {
	w := &plan.With{Body: rel}
	for _, c := range q.ctes {
		if c.plan.Refs > 0 {
			w.CTEs = append(w.CTEs, c.plan)
		}
	}
	if w.CTEs == nil {
		return rel
	}
	return w
}

// lowerGroup adds grouping and HAVING.
func (b *binder) lowerGroup(q *Query, rel plan.Rel, exprs []plan.Expr) (plan.Rel, []plan.Expr) {
	if q.group == nil && q.having == nil && !q.blk.hasAggs {
		return rel, exprs
	}
	g := b.newGrouper(q, rel)
	out := make([]plan.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = g.expr(e, false)
	}
	rel = g.node
	if q.having != nil {
		having := g.expr(q.having, false)
		rel = &plan.Filter{Input: rel, Cond: having}
	}
	return rel, out
}

// checkGrouping reports the errors of lowerGroup for a query that is lowered
// later, so that they come in the order of the text.
func (b *binder) checkGrouping(q *Query) {
	exprs := make([]plan.Expr, len(q.Targets))
	for i, t := range q.Targets {
		exprs[i] = t.Expr
	}
	b.lowerGroup(q, &plan.Result{}, exprs)
}

// lowerWindows adds a Window node for each window that is used and replaces the
// calls by its columns.
func (b *binder) lowerWindows(q *Query, rel plan.Rel, exprs []plan.Expr) (plan.Rel, []plan.Expr) {
	if !q.blk.hasWindows {
		return rel, exprs
	}
	items := make([][]plan.WindowItem, len(q.blk.windows))
	replace := func(e plan.Expr) plan.Expr {
		w, isWindow := e.(*plan.WindowCall)
		if !isWindow {
			return e
		}
		for _, have := range items[w.Window] {
			if plan.Equal(have.Call, w) && !plan.IsVolatile(w) {
				return &plan.ColRef{Loc: w.Loc, Typ: w.Typ, ID: have.ID}
			}
		}
		id := b.column(q.blk, plan.ColumnMeta{Name: w.Proc.Name, Type: w.Type()})
		items[w.Window] = append(items[w.Window], plan.WindowItem{ID: id, Call: w})
		return &plan.ColRef{Loc: w.Loc, Typ: w.Typ, ID: id}
	}
	out := make([]plan.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = e
		if containsWindow(e) {
			out[i] = plan.Rewrite(e, replace)
		}
	}
	for i, w := range q.blk.windows {
		if len(items[i]) == 0 {
			continue
		}
		node := &plan.Window{Frame: w.frame, Calls: items[i]}
		rel, node.PartitionBy = b.columnsFor(q.blk, rel, q.exprsOf(w.partition, exprs))
		var order []*Target
		for _, o := range w.order {
			order = append(order, o.target)
		}
		var ids []plan.ColID
		rel, ids = b.columnsFor(q.blk, rel, q.exprsOf(order, exprs))
		for k, o := range w.order {
			node.OrderBy = append(node.OrderBy, plan.SortKey{ID: ids[k], Desc: o.desc, NullsFirst: o.nullsFirst})
		}
		node.Input = rel
		rel = node
	}
	return rel, out
}

func containsWindow(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(x plan.Expr) bool {
		switch x.(type) {
		case *plan.WindowCall:
			found = true
		case *plan.Subquery:
			return false
		}
		return !found
	})
	return found
}

// exprsOf picks the rewritten expressions of some targets.
func (q *Query) exprsOf(list []*Target, exprs []plan.Expr) []plan.Expr {
	out := make([]plan.Expr, len(list))
	for i, t := range list {
		out[i] = exprs[slices.Index(q.Targets, t)]
	}
	return out
}

// columnsFor returns columns that hold the values of expressions, computing those
// that are not columns of this level already.
func (b *binder) columnsFor(blk *block, rel plan.Rel, exprs []plan.Expr) (plan.Rel, []plan.ColID) {
	ids := make([]plan.ColID, len(exprs))
	var items []plan.ProjectItem
	for i, e := range exprs {
		if c, isCol := e.(*plan.ColRef); isCol && b.owner[c.ID-1] == blk {
			ids[i] = c.ID
			continue
		}
		ids[i] = b.column(blk, plan.ColumnMeta{Name: "expr", Type: e.Type()})
		items = append(items, plan.ProjectItem{ID: ids[i], Expr: e})
	}
	if items != nil {
		rel = &plan.Project{Input: rel, Items: items, Extend: true}
	}
	return rel, ids
}

// returnsSet reports whether an expression contains a set-returning call.
func returnsSet(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(x plan.Expr) bool {
		switch x := x.(type) {
		case *plan.FuncCall:
			found = found || x.Proc.RetSet
		case *plan.Subquery:
			return false
		}
		return !found
	})
	return found
}

// splitSets computes the set-returning calls of expressions: the innermost ones
// of all expressions side by side first, then those over them.
func (b *binder) splitSets(blk *block, rel plan.Rel, exprs []plan.Expr) (plan.Rel, []plan.Expr) {
	if !slices.ContainsFunc(exprs, returnsSet) {
		return rel, exprs
	}
	out := slices.Clone(exprs)
	for slices.ContainsFunc(out, returnsSet) {
		node := &plan.ProjectSet{Input: rel}
		for i, e := range out {
			out[i] = b.innermostSets(blk, node, e)
		}
		rel = node
	}
	return rel, out
}

// innermostSets replaces the set-returning calls of e whose arguments have none.
func (b *binder) innermostSets(blk *block, node *plan.ProjectSet, e plan.Expr) plan.Expr {
	if !returnsSet(e) {
		return e
	}
	if f, isCall := e.(*plan.FuncCall); isCall && f.Proc.RetSet && !slices.ContainsFunc(f.Args, returnsSet) {
		id := b.column(blk, plan.ColumnMeta{Name: f.Proc.Name, Type: f.Type()})
		if fields := outFields(f.Proc); fields != nil {
			b.shape[id] = fields
		}
		node.Items = append(node.Items, plan.ProjectItem{ID: id, Expr: f})
		return &plan.ColRef{Loc: f.Loc, Typ: f.Typ, ID: id}
	}
	return plan.RewriteChildren(e, func(c plan.Expr) plan.Expr { return b.innermostSets(blk, node, c) })
}

// lowerOutput computes the select list, and adds DISTINCT, ORDER BY, row locks
// and LIMIT in the order that PostgreSQL evaluates them: values that are volatile
// or sets, and nothing is sorted by, come after sorting.
func (b *binder) lowerOutput(q *Query, rel plan.Rel, exprs []plan.Expr, locks []plan.LockTable) plan.Rel {
	late, sets := false, false
	for i, t := range q.Targets {
		early := q.sortsBy(t) || len(q.distinct) > 0
		if returnsSet(exprs[i]) {
			sets = true
			late = late || !early
		} else if !early && !t.Junk && plan.IsVolatile(exprs[i]) {
			late = true
		}
	}
	if !late || q.set != nil || len(q.distinct) > 0 {
		rel, exprs = b.splitSets(q.blk, rel, exprs)
		rel = b.projectTargets(q, rel, exprs, locks)
		rel = b.distinctAndSort(q, rel)
		return b.lockAndLimit(q, rel, locks)
	}
	keys := make([]plan.Expr, 0, len(q.sort))
	for _, s := range q.sort {
		keys = append(keys, exprs[slices.Index(q.Targets, s.target)])
	}
	earlySets := slices.ContainsFunc(keys, returnsSet)
	if earlySets { // a set that is sorted by: all sets advance together, before sorting
		rel, exprs = b.splitSets(q.blk, rel, exprs)
		sets = false
		for i, s := range q.sort {
			keys[i] = exprs[slices.Index(q.Targets, s.target)]
		}
	}
	rel, ids := b.columnsFor(q.blk, rel, keys)
	for i, s := range q.sort {
		k := slices.Index(q.Targets, s.target)
		exprs = slices.Clone(exprs)
		exprs[k] = &plan.ColRef{Loc: plan.Loc(exprPos(exprs[k])), Typ: plan.Typ(exprs[k].Type()), ID: ids[i]}
		s.target.ID = ids[i]
	}
	rel = b.distinctAndSort(q, rel)
	if sets {
		rel, exprs = b.splitSets(q.blk, rel, exprs)
		rel = b.projectTargets(q, rel, exprs, locks)
		return b.lockAndLimit(q, rel, locks)
	}
	rel = b.lockAndLimit(q, rel, locks)
	return b.projectTargets(q, rel, exprs, locks)
}

// projectTargets computes the select list's columns.
func (b *binder) projectTargets(q *Query, rel plan.Rel, exprs []plan.Expr, locks []plan.LockTable) plan.Rel {
	node := &plan.Project{Input: rel}
	done := map[plan.ColID]bool{}
	pass := func(id plan.ColID, e plan.Expr) {
		if !done[id] {
			done[id] = true
			node.Items = append(node.Items, plan.ProjectItem{ID: id, Expr: e})
		}
	}
	for i, t := range q.Targets {
		if t.Junk && !t.ref {
			continue
		}
		e := exprs[i]
		if c, isCol := e.(*plan.ColRef); isCol && b.owner[c.ID-1] == q.blk {
			t.ID = c.ID
			pass(c.ID, e)
			continue
		}
		name := t.Name
		if name == "" {
			name = "expr"
		}
		t.ID = b.column(q.blk, plan.ColumnMeta{Name: name, Type: e.Type()})
		if e.Type().OID == types.Record {
			b.shape[t.ID] = b.rowFields(e)
		}
		pass(t.ID, e)
	}
	for _, l := range locks {
		pass(l.RowID, &plan.ColRef{Loc: -1, Typ: plan.Typ(types.Of(types.Tid)), ID: l.RowID})
	}
	return node
}

func (b *binder) distinctAndSort(q *Query, rel plan.Rel) plan.Rel {
	var keys []plan.SortKey
	for _, s := range q.sort {
		keys = append(keys, plan.SortKey{ID: s.target.ID, Desc: s.desc, NullsFirst: s.nullsFirst})
	}
	var distinct []plan.ColID
	for _, t := range q.distinct {
		if !slices.Contains(distinct, t.ID) {
			distinct = append(distinct, t.ID)
		}
	}
	if distinct != nil && !q.distinctOn {
		rel = &plan.Distinct{Input: rel, Keys: distinct}
	}
	if keys != nil {
		rel = &plan.Sort{Input: rel, Keys: keys}
	}
	if q.distinctOn {
		rel = &plan.Distinct{Input: rel, Keys: distinct, On: true}
	}
	return rel
}

func (b *binder) lockAndLimit(q *Query, rel plan.Rel, locks []plan.LockTable) plan.Rel {
	if locks != nil {
		rel = &plan.LockRows{Input: rel, Tables: locks}
	}
	if isNullConst(q.limit) && q.offset == nil || q.limit == nil && q.offset == nil {
		return rel
	}
	l := &plan.Limit{Input: rel, Count: q.limit, Offset: q.offset, WithTies: q.withTies}
	if isNullConst(q.limit) {
		l.Count = nil
	}
	if q.withTies {
		for _, s := range q.sort {
			l.Ties = append(l.Ties, plan.SortKey{ID: s.target.ID, Desc: s.desc, NullsFirst: s.nullsFirst})
		}
	}
	return l
}

func isNullConst(e plan.Expr) bool {
	c, isConst := e.(*plan.Const)
	return isConst && c.Value.IsNull()
}
