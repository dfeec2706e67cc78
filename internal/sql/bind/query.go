package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// Query is a bound query, before it becomes a plan: what PostgreSQL calls a
// Query tree. Package deparse prints it.
type Query struct {
	blk  *block
	stmt *ast.SelectStmt

	Targets []*Target
	from    []*fromNode
	where   plan.Expr
	having  plan.Expr
	group   *groupClause
	sort    []sortItem

	distinct   []*Target // nil without DISTINCT
	distinctOn bool

	limit, offset plan.Expr
	withTies      bool
	locks         []lockClause
	set           *setNode // set operations
	values        *rte     // VALUES
	ctes          []*cteItem

	// Plan is the query's plan; its output columns are the IDs of the Targets
	// that are not Junk.
	Plan plan.Rel
}

// Target is an item of a select list, or, when Junk, a hidden column that
// ORDER BY, GROUP BY, DISTINCT ON or a window needs.
type Target struct {
	Name string
	Expr plan.Expr
	ID   plan.ColID // set when the query is lowered
	Junk bool
	pos  int
	// grouped and sorted tell that a clause refers to it by its place.
	ref bool
}

// sortItem is an item of ORDER BY.
type sortItem struct {
	target     *Target
	desc       bool
	nullsFirst bool
}

// topQuery binds a whole SELECT statement.
func (b *binder) topQuery(stmt *ast.SelectStmt) *Query {
	q := b.analyze(nil, stmt, false)
	b.lower(q)
	return q
}

// analyze binds a query without making its plan yet. keepUnknown leaves untyped
// literals in the select list to the caller.
func (b *binder) analyze(parent *block, stmt *ast.SelectStmt, keepUnknown bool) *Query {
	blk := b.newBlock(parent)
	blk.keepUnknown = keepUnknown
	q := &Query{blk: blk, stmt: stmt}
	if stmt.Into != nil {
		b.failf(stmt.Into.Pos, pgcode.SyntaxError, "SELECT ... INTO is not allowed here")
	}
	if stmt.With != nil {
		q.ctes = b.withClause(blk, stmt.With)
	}
	switch {
	case stmt.SetOp != ast.SetNone:
		b.setOperation(q)
	case stmt.Values != nil:
		b.valuesQuery(q)
	default:
		b.selectQuery(q)
	}
	return q
}

// selectQuery binds a plain SELECT, clause by clause in PostgreSQL's order, which
// decides which of several errors is reported.
func (b *binder) selectQuery(q *Query) {
	blk, stmt := q.blk, q.stmt
	b.declareWindows(blk, stmt.Windows)
	blk.locking = len(stmt.Locking) > 0
	q.from = b.fromClause(blk, stmt.From)
	q.Targets = b.targetList(blk, stmt.Targets, kindSelect)
	if stmt.Where != nil {
		q.where = b.condition(blk, stmt.Where, kindWhere, "WHERE")
	}
	if stmt.Having != nil {
		q.having = b.condition(blk, stmt.Having, kindHaving, "HAVING")
	}
	q.sort = b.sortItems(blk, q, stmt.OrderBy, kindOrderBy)
	q.group = b.groupClause(blk, q)
	b.distinctClause(blk, q)
	b.limitClause(blk, q)
	b.bindWindows(blk, q)
	b.resolveUnknowns(q)
	if blk.hasAggs && slices.ContainsFunc(blk.rtes, func(r *rte) bool { return r.kind == rteWorkTable }) {
		b.failf(blk.aggPos, pgcode.InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term")
	}
	b.lockingClause(q)
	if len(q.Targets) > maxColumns {
		b.failf(stmt.Pos, pgcode.TooManyColumns, "target lists can have at most %d entries", maxColumns)
	}
}

// resolveUnknowns makes untyped literals of the select list text.
func (b *binder) resolveUnknowns(q *Query) {
	if q.blk.keepUnknown {
		return
	}
	for _, t := range q.Targets {
		t.Expr = b.textIfUnknown(t.Expr)
	}
}

// visible returns the targets that are the query's output.
func (q *Query) visible() []*Target {
	out := make([]*Target, 0, len(q.Targets))
	for _, t := range q.Targets {
		if !t.Junk {
			out = append(out, t)
		}
	}
	return out
}

func (b *binder) limitClause(blk *block, q *Query) {
	stmt := q.stmt
	q.offset = b.limitExpr(blk, stmt.Offset, kindOffset, "OFFSET")
	what := "LIMIT"
	if stmt.WithTies {
		what = "FETCH FIRST"
	}
	q.limit = b.limitExpr(blk, stmt.Limit, kindLimit, what)
	if stmt.WithTies {
		q.withTies = true
		if len(stmt.OrderBy) == 0 {
			b.failf(-1, pgcode.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
		}
		for _, l := range stmt.Locking {
			if l.Wait == ast.LockSkip {
				b.failf(-1, pgcode.SyntaxError, "SKIP LOCKED and WITH TIES options cannot be used together")
			}
		}
		if c, isConst := q.limit.(*plan.Const); isConst && c.Value.IsNull() {
			b.failf(-1, pgcode.InvalidRowCountInLimitClause, "row count cannot be null in FETCH FIRST ... WITH TIES clause")
		}
	}
}

func (b *binder) limitExpr(blk *block, e ast.Expr, kind exprKind, what string) plan.Expr {
	if e == nil {
		return nil
	}
	x := b.toSpecific(b.exprIn(blk, e, kind), types.Int8, what)
	if hasColumns(b, blk, x) {
		b.failf(firstColumn(b, blk, x).Position(), pgcode.InvalidColumnReference, "argument of %s must not contain variables", what)
	}
	return x
}

// firstColumn returns the first column of this level in e.
func firstColumn(b *binder, blk *block, e plan.Expr) plan.Expr {
	var found plan.Expr
	plan.Walk(e, func(x plan.Expr) bool {
		if c, isCol := x.(*plan.ColRef); isCol && found == nil && b.owner[c.ID-1] == blk {
			found = x
		}
		return found == nil
	})
	return found
}

// valuesQuery binds a VALUES list: rows of one length, each column of one type.
func (b *binder) valuesQuery(q *Query) {
	blk, stmt := q.blk, q.stmt
	rows := b.valuesRows(blk, stmt.Values, kindValues)
	r := blk.newRTE(&rte{kind: rteValues, name: "*VALUES*", values: rows})
	node := &plan.Values{}
	for i := range rows[0] {
		common, typmod := b.valuesColumn(rows, i, !blk.keepUnknown || len(rows) > 1)
		node.Cols = append(node.Cols, r.addColumn(b, plan.ColumnMeta{Name: "column" + itoa(i+1), Type: types.T{OID: common, Typmod: typmod}}))
	}
	node.Rows, r.inner = rows, node
	blk.ns = append(blk.ns, r.item())
	q.values = r
	q.from = []*fromNode{{rte: r}}
	for _, c := range r.cols {
		q.Targets = append(q.Targets, &Target{Name: c.name, Expr: c.expr, pos: -1})
	}
	q.sort = b.sortItems(blk, q, stmt.OrderBy, kindOrderBy)
	b.limitClause(blk, q)
	if len(stmt.Locking) > 0 {
		b.failf(-1, pgcode.FeatureNotSupported, "%s cannot be applied to VALUES", lockName(stmt.Locking[0].Strength))
	}
}

// valuesRows binds the expressions of VALUES lists.
func (b *binder) valuesRows(blk *block, lists [][]ast.Expr, kind exprKind) [][]plan.Expr {
	rows := make([][]plan.Expr, len(lists))
	for i, list := range lists {
		old := blk.kind
		blk.kind = kind
		for _, e := range list {
			if ref, isRef := e.(*ast.ColumnRef); isRef && ref.Star {
				for _, t := range b.expandStar(blk, ref) {
					rows[i] = append(rows[i], t.Expr)
				}
				continue
			}
			rows[i] = append(rows[i], b.expr(blk, e))
		}
		blk.kind = old
		if len(rows[i]) != len(rows[0]) {
			pos := -1
			if len(list) > 0 {
				pos = ast.Leftmost(list[0])
			}
			b.failf(pos, pgcode.SyntaxError, "VALUES lists must all be the same length")
		}
	}
	return rows
}

// valuesColumn gives one column of VALUES its common type.
func (b *binder) valuesColumn(rows [][]plan.Expr, i int, resolve bool) (types.OID, int32) {
	column := make([]plan.Expr, len(rows))
	for j, row := range rows {
		column[j] = row[i]
	}
	if !resolve && column[0].Type().OID == types.Unknown {
		return types.Unknown, -1
	}
	common, column := b.unify(column, "VALUES")
	for j := range rows {
		rows[j][i] = column[j]
	}
	return common, commonTypmod(column, common)
}
