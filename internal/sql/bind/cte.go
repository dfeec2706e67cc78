package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// cteItem is a common table expression of a query level.
type cteItem struct {
	node      *ast.CTE
	plan      *plan.CTE
	blk       *block // where it was declared
	query     *Query
	state     cteState
	recursive bool // declared under WITH RECURSIVE
	cols      []column
	// cat and moment are those it is bound in.
	// selfRefs counts references to itself while its recursive term is bound.
	selfRefs int
	term     recursionTerm
}

type cteState uint8

const (
	cteWaiting cteState = iota
	cteBinding
	cteReady
)

// recursionTerm says which part of a recursive query is being bound.
type recursionTerm uint8

const (
	termNone recursionTerm = iota
	termFirst
	termRecursive
)

// withClause declares and binds common table expressions.
func (b *binder) withClause(blk *block, w *ast.With) []*cteItem {
	var items []*cteItem
	for i, n := range w.CTEs {
		for _, prev := range w.CTEs[:i] {
			if prev.Name == n.Name {
				b.failf(n.Pos, pgcode.DuplicateAlias, "WITH query name %q specified more than once", n.Name)
			}
		}
		b.checkCTE(n)
		items = append(items, &cteItem{node: n, blk: blk, recursive: w.Recursive})
	}
	if w.Recursive {
		blk.ctes = append(blk.ctes, items...)
		for _, c := range items {
			b.bindCTE(c)
		}
		return items
	}
	for _, c := range items {
		blk.future = append(blk.future, c.node.Name)
	}
	for _, c := range items {
		b.bindCTE(c)
		blk.ctes, blk.future = append(blk.ctes, c), blk.future[1:]
	}
	return items
}

func (b *binder) checkCTE(n *ast.CTE) {
	switch q := n.Query.(type) {
	case *ast.SelectStmt:
		if q.Into != nil {
			b.failf(n.Pos, pgcode.SyntaxError, "SELECT ... INTO is not allowed here")
		}
	default:
		b.unsupported(n.Pos, "Run the INSERT, UPDATE or DELETE as a statement of its own.", "data-modifying statements in WITH are not supported")
	}
	if n.Search != nil || n.Cycle != nil {
		b.unsupported(n.Pos, "Keep the path in an array column of your own.", "SEARCH and CYCLE clauses are not supported")
	}
}

// bindCTE binds a common table expression once.
func (b *binder) bindCTE(c *cteItem) {
	switch c.state {
	case cteReady:
		return
	case cteBinding:
		b.failf(c.node.Pos, pgcode.FeatureNotSupported, "mutual recursion between WITH items is not implemented")
	}
	c.state = cteBinding
	c.plan = &plan.CTE{Name: c.node.Name, Materialize: c.node.Materialize}
	stmt := c.node.Query.(*ast.SelectStmt)
	if c.recursive && refersTo(stmt, c.node.Name) {
		b.bindRecursive(c, stmt)
	} else {
		old := c.blk.kind
		c.query = b.analyze(c.blk, stmt, false)
		b.lower(c.query)
		c.blk.kind = old
		c.plan.Plan = c.query.Plan
		for _, t := range c.query.visible() {
			c.plan.Cols = append(c.plan.Cols, t.ID)
			c.cols = append(c.cols, column{t.Name, b.meta.Column(t.ID).Type})
		}
	}
	b.nameCTE(c)
	c.state = cteReady
}

// nameCTE applies the column list after the name.
func (b *binder) nameCTE(c *cteItem) {
	names := c.node.Columns
	if len(names) > len(c.cols) {
		b.failf(c.node.Pos, pgcode.InvalidColumnReference, "WITH query %q has %d columns available but %d columns specified",
			c.node.Name, len(c.cols), len(names))
	}
	for i, name := range names {
		c.cols[i].name = name
	}
	c.plan.Names = c.plan.Names[:0]
	for _, col := range c.cols {
		c.plan.Names = append(c.plan.Names, col.name)
	}
}

// findCTE finds the common table expression a name means, innermost first.
func (b *binder) findCTE(blk *block, name string) *cteItem {
	for level := blk; level != nil; level = level.parent {
		for _, c := range level.ctes {
			if c.node.Name == name {
				return c
			}
		}
	}
	return nil
}

// cteRef makes the entry of a reference to a common table expression.
func (b *binder) cteRef(blk *block, c *cteItem, v *ast.RangeVar) *rte {
	if v.Temporal != nil {
		b.unsupported(v.Temporal.Pos, "Write the clause on the tables inside the WITH query.", "FOR SYSTEM_TIME on WITH query %q", c.node.Name)
	}
	self := c.state == cteBinding && c.term != termNone
	if self {
		b.checkSelfReference(c, v)
	} else {
		b.bindCTE(c)
	}
	r := blk.newRTE(&rte{kind: rteCTE, name: c.node.Name, cte: c, source: v})
	if v.Alias != nil {
		r.name = v.Alias.Name
	}
	var ids []plan.ColID
	for i, col := range c.cols {
		id := r.addColumn(b, plan.ColumnMeta{Name: col.name, Type: col.typ})
		ids = append(ids, id)
		if col.typ.OID == types.Record && i < len(c.plan.Cols) {
			b.shape[id] = b.shape[c.plan.Cols[i]]
		}
	}
	if self {
		r.kind = rteWorkTable
		r.inner = &plan.WorkTable{CTE: c.plan, Alias: r.name, From: c.plan.Cols, Cols: ids}
	} else {
		c.plan.Refs++
		r.inner = &plan.CTERef{CTE: c.plan, Alias: r.name, From: c.plan.Cols, Cols: ids}
	}
	b.applyAlias(r, v.Alias, "with")
	return r
}

func (b *binder) checkSelfReference(c *cteItem, v *ast.RangeVar) {
	name := c.node.Name
	if c.term == termFirst {
		b.failf(v.Pos, pgcode.InvalidRecursion, "recursive reference to query %q must not appear within its non-recursive term", name)
	}
	c.selfRefs++
	if c.selfRefs > 1 {
		b.failf(v.Pos, pgcode.InvalidRecursion, "recursive reference to query %q must not appear more than once", name)
	}
}

// bindRecursive binds a query that refers to itself: a first term, UNION [ALL],
// and a term that reads the rows of the last round.
func (b *binder) bindRecursive(c *cteItem, stmt *ast.SelectStmt) {
	name := c.node.Name
	if stmt.SetOp != ast.Union {
		b.failf(c.node.Pos, pgcode.InvalidRecursion, "recursive query %q does not have the form non-recursive-term UNION [ALL] recursive-term", name)
	}
	switch {
	case stmt.With != nil && refersInWith(stmt.With, name):
		b.failf(c.node.Pos, pgcode.InvalidRecursion, "recursive query %q does not have the form non-recursive-term UNION [ALL] recursive-term", name)
	case len(stmt.OrderBy) > 0:
		b.failf(sortPos(stmt.OrderBy), pgcode.FeatureNotSupported, "ORDER BY in a recursive query is not implemented")
	case stmt.Offset != nil:
		b.failf(ast.Leftmost(stmt.Offset), pgcode.FeatureNotSupported, "OFFSET in a recursive query is not implemented")
	case stmt.Limit != nil:
		b.failf(ast.Leftmost(stmt.Limit), pgcode.FeatureNotSupported, "LIMIT in a recursive query is not implemented")
	case len(stmt.Locking) > 0:
		b.failf(-1, pgcode.FeatureNotSupported, "FOR UPDATE/SHARE in a recursive query is not implemented")
	}
	b.checkRecursion(stmt.Left, name, termFirst)
	b.checkRecursion(stmt.Right, name, termRecursive)
	outer := b.newBlock(c.blk)
	if stmt.With != nil {
		b.withClause(outer, stmt.With)
	}
	c.term = termFirst
	first := b.analyze(outer, stmt.Left, false)
	b.lower(first)
	c.plan.Recursive = true
	union := &plan.RecursiveUnion{CTE: c.plan, All: stmt.All}
	for _, t := range first.visible() {
		typ := b.meta.Column(t.ID).Type
		id := b.column(c.blk, plan.ColumnMeta{Name: t.Name, Type: typ, Alias: name})
		union.Cols = append(union.Cols, id)
		union.LeftCols = append(union.LeftCols, t.ID)
		c.cols = append(c.cols, column{t.Name, typ})
	}
	c.plan.Cols = union.Cols
	b.nameCTE(c)
	c.term = termRecursive
	second := b.analyze(outer, stmt.Right, true)
	b.matchRecursive(c, union, first, second, stmt)
	c.term = termNone
	union.Left, union.Right = first.Plan, second.Plan
	c.query = &Query{blk: outer, stmt: stmt, set: &setNode{kind: plan.Union, all: stmt.All, left: &setNode{query: first}, right: &setNode{query: second}},
		Targets: first.Targets}
	c.plan.Plan = union
}

// matchRecursive gives the recursive term's columns the types of the first.
func (b *binder) matchRecursive(c *cteItem, union *plan.RecursiveUnion, first, second *Query, stmt *ast.SelectStmt) {
	left, right := first.visible(), second.visible()
	if len(left) != len(right) {
		b.failf(setPos(stmt.Right), pgcode.SyntaxError, "each %s query must have the same number of columns", "UNION")
	}
	for i, t := range right {
		want := c.cols[i].typ
		common := b.commonType([]plan.Expr{left[i].Expr, t.Expr}, "UNION")
		if common != want.OID {
			b.fail(newError(pgcode.DatatypeMismatch,
				"recursive query %q column %d has type %s in non-recursive term but type %s overall",
				c.node.Name, i+1, typeText(want.OID), typeText(common)).
				WithHint("Cast the output of the non-recursive term to the correct type.").At(bytePos(exprPos(left[i].Expr))))
		}
		t.Expr = b.toCommon(t.Expr, common, "UNION")
		if want.Typmod != -1 && t.Expr.Type().Typmod != want.Typmod {
			b.fail(newError(pgcode.DatatypeMismatch,
				"recursive query %q column %d has type %s in non-recursive term but type %s overall",
				c.node.Name, i+1, typeWithMod(want), typeText(common)).
				WithHint("Cast the output of the non-recursive term to the correct type.").At(bytePos(exprPos(left[i].Expr))))
		}
		if !stmt.All {
			b.needEquality(common, exprPos(left[i].Expr))
		}
	}
	b.lower(second)
	for _, t := range right {
		union.RightCols = append(union.RightCols, t.ID)
	}
}
