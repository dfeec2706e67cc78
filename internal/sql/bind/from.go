package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// fromNode is a node of the join tree: a range-table entry, or a join.
type fromNode struct {
	rte  *rte
	join *joinNode
}

// joinNode is a join in FROM.
type joinNode struct {
	kind        ast.JoinKind
	natural     bool
	left, right *fromNode
	on          plan.Expr
	using       []string
	usingAlias  string
	rte         *rte
	alias       *ast.Alias
}

// fromClause binds FROM; the items are cross-joined.
func (b *binder) fromClause(blk *block, list []ast.TableExpr) []*fromNode {
	var nodes []*fromNode
	for _, t := range list {
		node, items := b.fromItem(blk, t)
		b.checkNames(blk.ns, items)
		for _, i := range items { // what follows may see these only if it is LATERAL
			i.lateralOnly, i.lateralOK = true, true
		}
		blk.ns = append(blk.ns, items...)
		nodes = append(nodes, node)
	}
	for _, i := range blk.ns {
		i.lateralOnly, i.lateralOK = false, true
	}
	return nodes
}

// checkNames refuses two entries of one name at one level.
func (b *binder) checkNames(have, more []*nsItem) {
	for _, x := range have {
		if !x.relVisible {
			continue
		}
		for _, y := range more {
			if !y.relVisible || x.name != y.name {
				continue
			}
			if x.rte.rel != nil && y.rte.rel != nil && x.rte.alias == nil && y.rte.alias == nil &&
				x.rte.rel.Desc.Head().OID != y.rte.rel.Desc.Head().OID {
				continue // s1.t and s2.t can be told apart
			}
			b.failf(-1, pgcode.DuplicateAlias, "table name %q specified more than once", y.name)
		}
	}
}

// fromItem binds one item of FROM and returns its namespace.
func (b *binder) fromItem(blk *block, t ast.TableExpr) (*fromNode, []*nsItem) {
	switch t := t.(type) {
	case *ast.RangeVar:
		r := b.rangeVar(blk, t)
		return &fromNode{rte: r}, []*nsItem{r.item()}
	case *ast.RangeSubselect:
		r := b.subselect(blk, t)
		item := r.item()
		if t.Alias == nil {
			item.relVisible = false
		}
		return &fromNode{rte: r}, []*nsItem{item}
	case *ast.RangeFunction:
		r := b.rangeFunction(blk, t)
		return &fromNode{rte: r}, []*nsItem{r.item()}
	case *ast.JoinExpr:
		return b.joinExpr(blk, t)
	case *ast.RangeSample:
		b.unsupported(t.Pos, "Use WHERE random() < fraction.", "TABLESAMPLE is not supported")
	case *ast.RangeXMLTable:
		b.unsupported(t.Pos, "The XML type is not supported.", "XMLTABLE is not supported")
	}
	b.unsupported(t.Position(), "Use a table, a subquery or a function.", "this FROM item is not supported")
	return nil, nil
}

// rangeVar binds a name in FROM: a common table expression, a table or a view.
func (b *binder) rangeVar(blk *block, v *ast.RangeVar) *rte {
	if v.Catalog != "" && v.Catalog != b.cat.Database() {
		b.failf(v.Pos, pgcode.FeatureNotSupported, "cross-database references are not implemented: \"%s.%s.%s\"", v.Catalog, v.Schema, v.Name)
	}
	if v.Schema == "" {
		if c := b.findCTE(blk, v.Name); c != nil {
			return b.cteRef(blk, c, v)
		}
	}
	m := b.momentFor(blk, v.Temporal)
	cat := b.cat
	if m != nil && m.cat != nil {
		cat = m.cat
	}
	rel := cat.Relation(v.Schema, v.Name)
	if rel == nil {
		b.failNoRelation(blk, v)
	}
	b.dependOn(rel.Desc)
	switch d := rel.Desc.(type) {
	case *catalog.Table:
		return b.tableRTE(blk, v, rel, d, m)
	case *catalog.View:
		return b.viewRTE(blk, v, rel, d, m, cat)
	case *catalog.Sequence:
		return b.sequenceRTE(blk, v, rel, d)
	}
	b.fail(newError(pgcode.WrongObjectType, "cannot open relation %q", v.Name).
		WithDetail("This operation is not supported for indexes.").At(bytePos(v.Pos)))
	return nil
}

func (b *binder) failNoRelation(blk *block, v *ast.RangeVar) {
	if v.Schema != "" {
		b.failf(v.Pos, pgcode.UndefinedTable, "relation \"%s.%s\" does not exist", v.Schema, v.Name)
	}
	err := newError(pgcode.UndefinedTable, "relation %q does not exist", v.Name)
	for level := blk; level != nil; level = level.parent {
		if slices.Contains(level.future, v.Name) {
			err = err.WithDetail("There is a WITH item named %q, but it cannot be referenced from this part of the query.", v.Name).
				WithHint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.")
			break
		}
	}
	b.fail(err.At(bytePos(v.Pos)))
}

// tableRTE makes the entry of a table.
func (b *binder) tableRTE(blk *block, v *ast.RangeVar, rel *Relation, t *catalog.Table, m *momentClause) *rte {
	if m != nil && (t.NoHistory || t.Persistence == 't' || t.Persistence == 'u') {
		b.unsupported(momentPos(v, m), "The table was created WITH (system_versioning = off), UNLOGGED or TEMPORARY.",
			"table %q keeps no history", t.Name)
	}
	r := blk.newRTE(&rte{kind: rteTable, name: t.Name, rel: rel, table: t, moment: m, source: v})
	if v.Alias != nil {
		r.name = v.Alias.Name
	}
	r.addTableColumns(b, t)
	b.applyAlias(r, v.Alias, "table")
	return r
}

// addTableColumns gives an entry the columns of a table.
func (r *rte) addTableColumns(b *binder, t *catalog.Table) {
	n := len(t.Columns)
	b.meta.Grow(n)
	r.cols, r.ids, r.scan = make([]nsCol, 0, n), make([]plan.ColID, 0, n), make([]plan.ScanColumn, 0, n+1)
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped {
			id := r.addColumn(b, plan.ColumnMeta{Name: c.Name, Type: c.Type, Table: t, AttNum: c.Attnum})
			r.scan = append(r.scan, plan.ScanColumn{ID: id, AttNum: c.Attnum})
		}
	}
}

// sequenceRTE lets a sequence be read as a table of one row.
func (b *binder) sequenceRTE(blk *block, v *ast.RangeVar, rel *Relation, s *catalog.Sequence) *rte {
	t := &catalog.Table{Object: s.Object}
	for i, c := range []struct {
		name string
		typ  types.OID
	}{{"last_value", types.Int8}, {"log_cnt", types.Int8}, {"is_called", types.Bool}} {
		t.Columns = append(t.Columns, catalog.Column{Attnum: int16(i + 1), Name: c.name, Type: types.Of(c.typ), NotNull: true})
	}
	r := *rel
	r.Desc, r.Virtual = t, true
	return b.tableRTE(blk, v, &r, t, nil)
}

func (b *binder) failTooManyAliases(r *rte, alias *ast.Alias, what string) {
	if r.kind == rteJoin {
		b.failf(-1, pgcode.InvalidColumnReference, "join expression %q has %d columns available but %d columns specified",
			alias.Name, len(r.cols), len(alias.Columns))
	}
	b.failf(-1, pgcode.InvalidColumnReference, "table %q has %d columns available but %d columns specified",
		alias.Name, len(r.cols), len(alias.Columns))
}

// viewRTE expands a view in place: its text is bound in the catalog the view was
// found in, and at the moment of the reference.
func (b *binder) viewRTE(blk *block, v *ast.RangeVar, rel *Relation, view *catalog.View, m *momentClause, cat Catalog) *rte {
	for _, oid := range b.views {
		if oid == view.OID {
			b.failf(v.Pos, pgcode.InvalidObjectDefinition, "infinite recursion detected in rules for relation %q", view.Name)
		}
	}
	stmt, err := parseQuery(view.Query)
	if err != nil {
		b.fail(err)
	}
	oldCat, oldMoment := b.cat, b.moment
	b.cat, b.views = cat, append(b.views, view.OID)
	if m != nil {
		b.moment = m
	}
	q := b.analyzeView(stmt)
	b.lower(q)
	b.cat, b.moment, b.views = oldCat, oldMoment, b.views[:len(b.views)-1]
	r := blk.newRTE(&rte{kind: rteSubquery, name: view.Name, rel: rel, view: view, source: v, query: q})
	if v.Alias != nil {
		r.name = v.Alias.Name
	}
	rename := &plan.Project{Input: q.Plan}
	for i, t := range q.visible() {
		name := t.Name
		if i < len(view.Columns) {
			name = view.Columns[i].Name
		}
		typ := b.meta.Column(t.ID).Type
		id := r.addColumn(b, plan.ColumnMeta{Name: name, Type: typ})
		b.viewColumns[id] = viewColumn{view.OID, int16(i + 1)}
		rename.Items = append(rename.Items, plan.ProjectItem{ID: id, Expr: &plan.ColRef{Loc: -1, Typ: plan.Typ(typ), ID: t.ID}})
	}
	r.inner = rename
	b.applyAlias(r, v.Alias, "view")
	return r
}

// analyzeView binds a view's query; positions in it are of another text, so
// errors lose them.
func (b *binder) analyzeView(stmt *ast.SelectStmt) *Query {
	defer dropPosition()
	return b.analyze(nil, stmt, false)
}

// subselect binds a sub-select in FROM.
func (b *binder) subselect(blk *block, t *ast.RangeSubselect) *rte {
	old, oldMoment := blk.lateral, b.moment
	oldKind := blk.kind
	blk.kind, blk.lateral = kindFromSubselect, t.Lateral
	if m := b.momentFor(blk, t.Temporal); m != nil {
		b.moment = m
	}
	q := b.analyze(blk, t.Query, false)
	b.lower(q)
	blk.kind, blk.lateral, b.moment = oldKind, old, oldMoment
	return b.subqueryRTE(blk, q, t.Alias, t.Lateral)
}

// subqueryRTE makes the entry of a bound query. Its columns now belong to this
// query level.
func (b *binder) subqueryRTE(blk *block, q *Query, alias *ast.Alias, lateral bool) *rte {
	r := blk.newRTE(&rte{kind: rteSubquery, name: "unnamed_subquery", query: q, inner: q.Plan, lateral: lateral})
	if alias != nil {
		r.name = alias.Name
	}
	for _, t := range q.visible() {
		b.owner[t.ID-1] = blk
		typ := b.meta.Column(t.ID).Type
		if t.Expr.Type().OID == types.Record {
			b.shape[t.ID] = b.rowFields(t.Expr)
		}
		r.ids = append(r.ids, t.ID)
		r.cols = append(r.cols, nsCol{t.Name, &plan.ColRef{Loc: -1, Typ: plan.Typ(typ), ID: t.ID}, typ})
	}
	b.applyAlias(r, alias, "subquery")
	return r
}

// joinExpr binds a join; as transformFromClauseItem.
func (b *binder) joinExpr(blk *block, j *ast.JoinExpr) (*fromNode, []*nsItem) {
	left, leftItems := b.fromItem(blk, j.Left)
	lateralOK := j.Kind == ast.JoinInner || j.Kind == ast.JoinLeft || j.Kind == ast.JoinCross
	outer := blk.ns
	for _, i := range leftItems {
		i.lateralOnly, i.lateralOK = true, lateralOK
	}
	blk.ns = append(append([]*nsItem(nil), outer...), leftItems...)
	right, rightItems := b.fromItem(blk, j.Right)
	blk.ns = outer
	b.checkNames(leftItems, rightItems)
	items := append(leftItems, rightItems...)

	node := &joinNode{kind: j.Kind, natural: j.Natural, left: left, right: right, alias: j.Alias, usingAlias: j.UsingAlias}
	node.using = j.Using
	if j.Natural {
		node.using = commonNames(visibleColumns(leftItems), visibleColumns(rightItems))
	}
	r := blk.newRTE(&rte{kind: rteJoin, name: "unnamed_join"})
	node.rte = r
	merged := b.mergeColumns(blk, j, node, leftItems, rightItems)
	if j.On != nil {
		for _, i := range items {
			i.lateralOnly, i.lateralOK = false, true
		}
		saved := blk.ns
		blk.ns = items // ON sees the joined tables only
		node.on = b.condition(blk, j.On, kindJoinOn, "JOIN/ON")
		blk.ns = saved
	}
	return &fromNode{join: node}, b.joinNamespace(blk, j, r, items, merged)
}

// joinNamespace makes what names mean above a join.
func (b *binder) joinNamespace(blk *block, j *ast.JoinExpr, r *rte, items []*nsItem, merged int) []*nsItem {
	self := &nsItem{rte: r, name: r.name, cols: r.cols, relVisible: j.Alias != nil, colsVisible: true, lateralOK: true}
	var usingItem *nsItem
	if j.UsingAlias != "" {
		u := blk.newRTE(&rte{kind: rteJoin, name: j.UsingAlias, cols: r.cols[:merged]})
		usingItem = &nsItem{rte: u, name: j.UsingAlias, cols: u.cols, relVisible: true, lateralOK: true}
		b.checkNames(items, []*nsItem{usingItem})
	}
	if j.Alias != nil {
		r.name = j.Alias.Name
		b.applyAlias(r, j.Alias, "join")
		self.name, self.cols = r.name, r.cols
		items = nil
	}
	for _, i := range items {
		i.colsVisible = false
	}
	if usingItem != nil {
		items = append(items, usingItem)
	}
	return append(items, self)
}

// visibleColumns are the columns that a side of a join offers for merging.
func visibleColumns(items []*nsItem) []nsCol {
	var out []nsCol
	for _, i := range items {
		if i.colsVisible {
			out = append(out, i.cols...)
		}
	}
	return out
}

func commonNames(left, right []nsCol) []string {
	var out []string
	for _, l := range left {
		for _, r := range right {
			if l.name == r.name {
				out = append(out, l.name)
				break
			}
		}
	}
	return out
}

// mergeColumns makes a join's columns: the merged ones of USING first, then the
// rest of both sides. It returns how many are merged.
func (b *binder) mergeColumns(blk *block, j *ast.JoinExpr, node *joinNode, leftItems, rightItems []*nsItem) int {
	left, right := visibleColumns(leftItems), visibleColumns(rightItems)
	usedLeft, usedRight := map[int]bool{}, map[int]bool{}
	var on []plan.Expr
	for i, name := range node.using {
		for _, prev := range node.using[:i] {
			if prev == name {
				b.failf(-1, pgcode.DuplicateColumn, "column name %q appears more than once in USING clause", name)
			}
		}
		l := b.usingColumn(left, name, "left")
		r := b.usingColumn(right, name, "right")
		usedLeft[l], usedRight[r] = true, true
		eq := b.usingEquality(blk, left[l].expr, right[r].expr)
		on = append(on, eq)
		merged := b.mergedColumn(j.Kind, name, left[l].expr, right[r].expr)
		node.rte.cols = append(node.rte.cols, nsCol{name, merged, merged.Type()})
	}
	switch len(on) {
	case 0:
	case 1:
		node.on = on[0]
	default:
		node.on = &plan.BoolExpr{Loc: -1, Op: ast.And, Args: on}
	}
	for i, c := range left {
		if !usedLeft[i] {
			node.rte.cols = append(node.rte.cols, c)
		}
	}
	for i, c := range right {
		if !usedRight[i] {
			node.rte.cols = append(node.rte.cols, c)
		}
	}
	return len(node.using)
}

func (b *binder) usingColumn(cols []nsCol, name, side string) int {
	found := -1
	for i, c := range cols {
		if c.name != name {
			continue
		}
		if found >= 0 {
			b.failf(-1, pgcode.AmbiguousColumn, "common column name %q appears more than once in %s table", name, side)
		}
		found = i
	}
	if found < 0 {
		b.failf(-1, pgcode.UndefinedColumn, "column %q specified in USING clause does not exist in %s table", name, side)
	}
	return found
}

func (b *binder) usingEquality(blk *block, left, right plan.Expr) plan.Expr {
	old := blk.kind
	blk.kind = kindJoinOn
	e := b.toBoolean(b.makeOp(blk, ast.Op{Name: "="}, left, right, -1), "JOIN/USING")
	blk.kind = old
	return e
}

// mergedColumn is the value of a USING column: the side that is never
// null-extended, or whichever is not null under a full join. As
// buildMergedJoinVar.
func (b *binder) mergedColumn(kind ast.JoinKind, name string, left, right plan.Expr) plan.Expr {
	common := b.commonType([]plan.Expr{left, right}, "JOIN/USING")
	typmod := commonTypmod([]plan.Expr{left, right}, common)
	convert := func(e plan.Expr) plan.Expr {
		if e.Type().OID != common {
			e = b.coerce(e, types.T{OID: common, Typmod: typmod}, implicit, plan.ImplicitCast, -1)
		}
		if t := e.Type(); t.Typmod != typmod {
			e = &plan.Relabel{Loc: -1, Typ: plan.Typ(types.T{OID: common, Typmod: typmod}), Arg: e, Form: plan.ImplicitCast}
		}
		return e
	}
	l, r := convert(left), convert(right)
	switch kind {
	case ast.JoinRight:
		return r
	case ast.JoinFull:
		return &plan.Coalesce{Loc: -1, Typ: plan.Typ(types.T{OID: common, Typmod: typmod}), Args: []plan.Expr{l, r}, Merged: name}
	case ast.JoinInner:
		// An inner join's merged column prefers the side that needs no conversion.
		if _, plain := l.(*plan.ColRef); !plain {
			if _, plain := r.(*plan.ColRef); plain {
				return r
			}
		}
	}
	return l
}

// lowerFrom makes the plan of a FROM list.
func (b *binder) lowerFrom(nodes []*fromNode) plan.Rel {
	var out plan.Rel
	for _, n := range nodes {
		rel := b.lowerNode(n)
		if out == nil {
			out = rel
			continue
		}
		out = b.join(plan.JoinInner, out, rel, nil)
	}
	if out == nil {
		return &plan.Result{}
	}
	return out
}

func (b *binder) lowerNode(n *fromNode) plan.Rel {
	if n.rte != nil {
		return n.rte.build(b)
	}
	kind := map[ast.JoinKind]plan.JoinKind{
		ast.JoinInner: plan.JoinInner, ast.JoinCross: plan.JoinInner, ast.JoinLeft: plan.JoinLeft,
		ast.JoinRight: plan.JoinRight, ast.JoinFull: plan.JoinFull,
	}[n.join.kind]
	return b.join(kind, b.lowerNode(n.join.left), b.lowerNode(n.join.right), n.join.on)
}

// join joins two relations, finding out whether the right one is lateral.
func (b *binder) join(kind plan.JoinKind, left, right plan.Rel, on plan.Expr) plan.Rel {
	j := &plan.Join{Kind: kind, Left: left, Right: right, On: on}
	switch right.(type) {
	case *plan.Scan, *plan.VirtualScan, *plan.CTERef, *plan.WorkTable:
		return j
	}
	free := plan.FreeColumns(right)
	if len(free) == 0 {
		return j
	}
	for _, c := range left.Columns() {
		if free[c] {
			j.Lateral = true
			break
		}
	}
	return j
}
