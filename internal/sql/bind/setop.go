package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// setNode is a node of a tree of set operations: a query, or two nodes combined.
type setNode struct {
	query       *Query
	stmt        *ast.SelectStmt
	kind        plan.SetOpKind
	all         bool
	left, right *setNode
	cols        []setColumn
	ids         []plan.ColID
}

// setColumn is a column of a set operation's result. expr is the value that
// error positions and further type resolution go by.
type setColumn struct {
	name string
	typ  types.T
	expr plan.Expr
}

var setNames = map[ast.SetOp]string{ast.Union: "UNION", ast.Intersect: "INTERSECT", ast.Except: "EXCEPT"}

// setOperation binds a tree of set operations and what follows it.
func (b *binder) setOperation(q *Query) {
	blk, stmt := q.blk, q.stmt
	tree := b.setTree(blk, stmt, true)
	q.set = tree
	r := blk.newRTE(&rte{kind: rteSubquery, name: "*SET*"})
	for _, c := range tree.cols {
		id := r.addColumn(b, plan.ColumnMeta{Name: c.name, Type: c.typ})
		q.Targets = append(q.Targets, &Target{Name: c.name, pos: -1, Expr: &plan.ColRef{
			Loc: plan.Loc(exprPos(c.expr)), Typ: plan.Typ(c.typ), ID: id,
		}})
	}
	tree.ids = r.ids
	r.inner = nil
	if len(stmt.OrderBy) > 0 {
		blk.ns = []*nsItem{{rte: r, cols: r.cols, colsVisible: true, lateralOK: true}}
		before := len(q.Targets)
		q.sort = b.sortItems(blk, q, stmt.OrderBy, kindOrderBy)
		if len(q.Targets) != before {
			b.fail(newError(pgcode.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
				WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.").
				At(bytePos(exprPos(q.Targets[before].Expr))))
		}
		blk.ns = nil
	}
	b.limitClause(blk, q)
	if len(stmt.Locking) > 0 {
		b.failf(-1, pgcode.FeatureNotSupported, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(stmt.Locking[0].Strength))
	}
}

// setTree binds a branch. A branch with clauses of its own (ORDER BY, LIMIT,
// WITH) is a query, also when it is a set operation itself.
func (b *binder) setTree(blk *block, stmt *ast.SelectStmt, top bool) *setNode {
	own := stmt.With != nil || len(stmt.OrderBy) > 0 || stmt.Limit != nil || stmt.Offset != nil || len(stmt.Locking) > 0
	if stmt.SetOp == ast.SetNone || own && !top {
		return b.setLeaf(blk, stmt)
	}
	n := &setNode{stmt: stmt, all: stmt.All, kind: map[ast.SetOp]plan.SetOpKind{
		ast.Union: plan.Union, ast.Intersect: plan.Intersect, ast.Except: plan.Except,
	}[stmt.SetOp]}
	what := setNames[stmt.SetOp]
	n.left = b.setTree(blk, stmt.Left, false)
	n.right = b.setTree(blk, stmt.Right, false)
	if len(n.left.cols) != len(n.right.cols) {
		b.failf(setPos(stmt.Right), pgcode.SyntaxError, "each %s query must have the same number of columns", what)
	}
	for i := range n.left.cols {
		n.cols = append(n.cols, b.setMerge(n, i, what))
	}
	return n
}

// setLeaf binds a query that is a branch of a set operation.
func (b *binder) setLeaf(blk *block, stmt *ast.SelectStmt) *setNode {
	if stmt.Into != nil {
		b.failf(stmt.Into.Pos, pgcode.SyntaxError, "INTO is only allowed on first SELECT of UNION/INTERSECT/EXCEPT")
	}
	if len(stmt.Locking) > 0 {
		b.failf(-1, pgcode.FeatureNotSupported, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(stmt.Locking[0].Strength))
	}
	q := b.analyze(blk, stmt, true)
	b.checkGrouping(q)
	n := &setNode{query: q, stmt: stmt}
	leaf := blk.newRTE(&rte{kind: rteSubquery, name: "*SELECT* " + itoa(len(blk.rtes)+1)}) // for hints
	for _, t := range q.visible() {
		n.cols = append(n.cols, setColumn{t.Name, t.Expr.Type(), t.Expr})
		leaf.cols = append(leaf.cols, nsCol{name: t.Name})
	}
	return n
}

// setMerge resolves one column of two branches to a common type.
func (b *binder) setMerge(n *setNode, i int, what string) setColumn {
	l, r := &n.left.cols[i], &n.right.cols[i]
	common := b.commonType([]plan.Expr{l.expr, r.expr}, what)
	le, re := b.setConvert(n.left, i, common, what), b.setConvert(n.right, i, common, what)
	typ := types.T{OID: common, Typmod: commonTypmod([]plan.Expr{le, re}, common)}
	best := l.expr
	if l.typ.OID == types.Unknown || exprPos(l.expr) < 0 {
		best = r.expr
	}
	if n.kind != plan.Union || !n.all {
		b.needEquality(common, exprPos(best))
	}
	return setColumn{l.name, typ, &plan.ColRef{Loc: plan.Loc(exprPos(best)), Typ: plan.Typ(typ)}}
}

// setConvert gives a branch's column its final type: an untyped literal in place,
// the rest when the branch is lowered.
func (b *binder) setConvert(n *setNode, i int, common types.OID, what string) plan.Expr {
	c := &n.cols[i]
	e := b.toCommon(c.expr, common, what)
	if n.query != nil && c.typ.OID == types.Unknown {
		n.query.visible()[i].Expr = e
		c.expr, c.typ = e, e.Type()
	}
	return e
}

// lowerSet makes the plan of a set operation whose columns are ids.
func (b *binder) lowerSet(n *setNode, want []types.T, ids []plan.ColID) plan.Rel {
	op := &plan.SetOp{Kind: n.kind, All: n.all, Cols: ids}
	op.Left, op.LeftCols = b.lowerBranch(n.left, n.cols, want)
	op.Right, op.RightCols = b.lowerBranch(n.right, n.cols, want)
	return op
}

// lowerBranch makes the plan of a branch and converts its columns.
func (b *binder) lowerBranch(n *setNode, cols []setColumn, want []types.T) (plan.Rel, []plan.ColID) {
	var rel plan.Rel
	var ids []plan.ColID
	if n.query != nil {
		b.lower(n.query)
		rel = n.query.Plan
		for _, t := range n.query.visible() {
			ids = append(ids, t.ID)
		}
	} else {
		inner := make([]types.T, len(n.cols))
		for i, c := range n.cols {
			inner[i] = c.typ
			ids = append(ids, b.column(nil, plan.ColumnMeta{Name: c.name, Type: c.typ}))
		}
		rel = b.lowerSet(n, inner, slices.Clone(ids)) // ids may change below
	}
	var items []plan.ProjectItem
	for i, id := range ids {
		have := b.meta.Column(id).Type
		if have.OID == want[i].OID && (have.Typmod == want[i].Typmod || want[i].Typmod == -1) {
			continue
		}
		e := b.toCommon(&plan.ColRef{Loc: -1, Typ: plan.Typ(have), ID: id}, want[i].OID, "UNION")
		ids[i] = b.column(nil, plan.ColumnMeta{Name: cols[i].name, Type: e.Type()})
		items = append(items, plan.ProjectItem{ID: ids[i], Expr: e})
	}
	if items != nil {
		rel = &plan.Project{Input: rel, Items: items, Extend: true}
	}
	return rel, ids
}
