package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// subQuery binds a query within an expression.
func (b *binder) subQuery(blk *block, stmt *ast.SelectStmt, pos int) *Query {
	if what := rules[blk.kind].subplan; what != "" {
		b.failf(pos, pgcode.FeatureNotSupported, "cannot use subquery in %s", what)
	}
	lateral := blk.lateral
	blk.lateral = false
	q := b.analyze(blk, stmt, false)
	b.lower(q)
	blk.lateral = lateral
	return q
}

// subquery makes the expression node of a bound query.
func newSubquery(kind plan.SubqueryKind, q *Query, t types.T, pos int) *plan.Subquery {
	s := &plan.Subquery{Loc: plan.Loc(pos), Typ: plan.Typ(t), Kind: kind, Plan: q.Plan, Source: q}
	for _, t := range q.visible() {
		s.Columns = append(s.Columns, t.ID)
		s.Names = append(s.Names, t.Name)
	}
	return s
}

// subLink binds a sub-select in an expression.
func (b *binder) subLink(blk *block, n *ast.SubLink) plan.Expr {
	switch n.Kind {
	case ast.SubExists:
		return newSubquery(plan.SubqueryExists, b.subQuery(blk, n.Query, n.Pos), types.Of(types.Bool), n.Pos)
	case ast.SubScalar, ast.SubArray:
		return b.scalarSubLink(blk, n)
	}
	return b.testedSubLink(blk, n)
}

func (b *binder) scalarSubLink(blk *block, n *ast.SubLink) plan.Expr {
	q := b.subQuery(blk, n.Query, n.Pos)
	out := q.visible()
	if len(out) != 1 {
		b.failf(n.Pos, pgcode.SyntaxError, "subquery must return only one column")
	}
	t := b.meta.Column(out[0].ID).Type
	if n.Kind == ast.SubScalar {
		if t.OID == types.Record {
			b.shape[out[0].ID] = b.rowFields(out[0].Expr)
		}
		return newSubquery(plan.SubqueryScalar, q, t, n.Pos)
	}
	array := t.OID
	if !isArray(array) {
		if array = types.ArrayOf(t.OID); array == 0 {
			b.failf(n.Pos, pgcode.UndefinedObject, "could not find array type for data type %s", typeText(t.OID))
		}
	}
	return newSubquery(plan.SubqueryArray, q, types.T{OID: array, Typmod: t.Typmod}, n.Pos)
}

// testedSubLink binds x IN (q) and x op ANY|ALL (q). A row on the left is
// compared with the query's columns.
func (b *binder) testedSubLink(blk *block, n *ast.SubLink) plan.Expr {
	q := b.subQuery(blk, n.Query, n.Pos) // before the left side, as PostgreSQL
	var left []plan.Expr
	if row, isRow := n.Test.(*ast.Row); isRow {
		left = rowFieldsOf(b.row(blk, row))
	} else {
		left = []plan.Expr{b.expr(blk, n.Test)}
	}
	kind, op := plan.SubqueryAny, n.Op
	if n.Kind == ast.SubAll {
		kind = plan.SubqueryAll
	}
	if n.Kind == ast.SubIn {
		op = ast.Op{Name: "="}
	}
	sub := b.compareRows(blk, kind, q, left, op, n.Pos)
	if n.Kind == ast.SubIn {
		sub.Op = ""
	}
	if n.Not {
		return &plan.BoolExpr{Loc: plan.Loc(n.Pos), Op: ast.Not, Args: []plan.Expr{sub}}
	}
	return sub
}

// rowSubLink binds (a, b) op (SELECT ...).
func (b *binder) rowSubLink(blk *block, n *ast.SubLink) plan.Expr {
	q := b.subQuery(blk, n.Query, n.Pos)
	left := rowFieldsOf(b.expr(blk, n.Test))
	return b.compareRows(blk, plan.SubqueryRow, q, left, n.Op, n.Pos)
}

// compareRows builds the test of a row against a query's columns.
func (b *binder) compareRows(blk *block, kind plan.SubqueryKind, q *Query, left []plan.Expr, op ast.Op, pos int) *plan.Subquery {
	out := q.visible()
	if len(left) < len(out) {
		b.failf(pos, pgcode.SyntaxError, "subquery has too many columns")
	}
	if len(left) > len(out) {
		b.failf(pos, pgcode.SyntaxError, "subquery has too few columns")
	}
	right := make([]plan.Expr, len(out))
	for i, t := range out {
		right[i] = &plan.ColRef{Loc: -1, Typ: plan.Typ(b.meta.Column(t.ID).Type), ID: t.ID}
	}
	sub := newSubquery(kind, q, types.Of(types.Bool), pos)
	sub.Test = b.rowOp(blk, op, left, right, pos)
	sub.Left, sub.Op = left, op.Name
	return sub
}
