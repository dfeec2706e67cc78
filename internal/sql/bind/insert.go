package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// insertColumn is a column that an INSERT gives a value, or a part of one.
type insertColumn struct {
	column *catalog.Column
	steps  []ast.Step
	pos    int
}

// insertState is an INSERT being bound.
type insertState struct {
	stmt   *ast.InsertStmt
	target target
	blk    *block
	cols   []insertColumn
	listed bool // the statement has a column list
}

// insert binds INSERT.
func (b *binder) insert(n *ast.InsertStmt) (plan.Rel, []plan.OutputColumn) {
	blk := b.newBlock(nil)
	wrap := b.withFor(blk, n.With)
	s := &insertState{stmt: n, blk: blk, target: b.writeTarget(blk, n.Table, "insert")}
	s.cols, s.listed = b.insertColumns(s), len(n.Columns) > 0
	row := b.writtenRow(blk, s.target)
	input, values := b.insertSource(s)
	p := b.parts(s.target.table, row)
	node := &plan.Insert{
		Table: s.target.table, Attnums: p.attnums, Row: p.row, Generated: p.generated, GenCols: p.genCols, Checks: p.checks,
	}
	node.ViewChecks = s.target.viewChecks(b, row)
	node.Input, node.Values = b.fillRow(s, input, values, p.attnums)
	if n.OnConflict != nil {
		node.OnConflict = b.onConflict(s, p.attnums)
	}
	blk.ns = []*nsItem{s.target.item(b, row)}
	var out []plan.OutputColumn
	node.Returning, out = b.returning(blk, n.Returning)
	node.Extra = row.extra
	return wrap(node), out
}

// insertColumns resolves the column list; all columns without one.
func (b *binder) insertColumns(s *insertState) []insertColumn {
	var out []insertColumn
	if v := s.target.view; len(s.stmt.Columns) == 0 && v != nil {
		for i := range v.names {
			out = append(out, insertColumn{column: b.viewColumn(s.target, i, "insert"), pos: -1})
		}
		return out
	}
	if len(s.stmt.Columns) == 0 {
		for _, c := range liveColumns(s.target.table) {
			out = append(out, insertColumn{column: c, pos: -1})
		}
		return out
	}
	for _, t := range s.stmt.Columns {
		c := b.targetColumn(s.target, t.Name, "insert", t.Pos)
		for _, prev := range out {
			if prev.column == c && (len(prev.steps) == 0 || len(t.Steps) == 0) {
				b.failf(t.Pos, pgcode.DuplicateColumn, "column %q specified more than once", t.Name)
			}
		}
		out = append(out, insertColumn{c, t.Steps, t.Pos})
	}
	return out
}

// insertSource binds what is inserted: a relation, and for each column given a
// value the relation's column that holds it.
func (b *binder) insertSource(s *insertState) (plan.Rel, map[int16]plan.Expr) {
	q := s.stmt.Query
	switch {
	case q == nil:
		return b.insertRows(s, [][]plan.Expr{nil}, 0)
	case q.Values != nil && q.With == nil && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && len(q.Locking) == 0:
		return b.insertValues(s, q)
	}
	return b.insertQuery(s, q)
}

// insertValues binds VALUES lists; DEFAULT stands for a column's default.
func (b *binder) insertValues(s *insertState, q *ast.SelectStmt) (plan.Rel, map[int16]plan.Expr) {
	kind := kindValues
	if len(q.Values) == 1 {
		kind = kindValuesSingle
	}
	rows := make([][]plan.Expr, len(q.Values))
	for i, list := range q.Values {
		for _, e := range list {
			if d, isDefault := e.(*ast.Default); isDefault {
				rows[i] = append(rows[i], &plan.SetToDefault{Loc: plan.Loc(d.Pos)})
				continue
			}
			if ref, isRef := e.(*ast.ColumnRef); isRef && ref.Star {
				for _, t := range b.expandStar(s.blk, ref) {
					rows[i] = append(rows[i], t.Expr)
				}
				continue
			}
			rows[i] = append(rows[i], b.exprIn(s.blk, e, kind))
		}
		if len(rows[i]) != len(rows[0]) {
			b.failf(ast.Leftmost(list[0]), pgcode.SyntaxError, "VALUES lists must all be the same length")
		}
	}
	for i := range rows {
		rows[i] = b.insertRow(s, rows[i])
	}
	return b.insertRows(s, rows, len(rows[0]))
}

// insertRow converts the values of one row to their columns' types; as
// transformInsertRow.
func (b *binder) insertRow(s *insertState, row []plan.Expr) []plan.Expr {
	if len(row) > len(s.cols) {
		b.failf(exprPos(row[len(s.cols)]), pgcode.SyntaxError, "INSERT has more expressions than target columns")
	}
	if s.listed && len(row) < len(s.cols) {
		err := newError(pgcode.SyntaxError, "INSERT has more target columns than expressions")
		if len(row) == 1 {
			if r, isRow := row[0].(*plan.RowExpr); isRow && len(r.Fields) == len(s.cols) {
				err = err.WithHint("The insertion source is a row expression containing the same number of columns expected by the INSERT. " +
					"Did you accidentally use extra parentheses?")
			}
		}
		b.fail(err.At(bytePos(s.cols[len(row)].pos)))
	}
	out := make([]plan.Expr, len(row))
	for i, e := range row {
		c := s.cols[i]
		out[i] = b.assigned(s.blk, c.column, e, c.steps, nullConst(c.column.Type, -1), c.pos)
	}
	return out
}

// insertRows makes a Values node whose rows hold every column that gets a value
// from the statement; n is how many values each row has.
func (b *binder) insertRows(s *insertState, rows [][]plan.Expr, n int) (plan.Rel, map[int16]plan.Expr) {
	for i, c := range s.cols[:n] {
		written := false
		for _, row := range rows {
			_, isDefault := row[i].(*plan.SetToDefault)
			written = written || !isDefault
		}
		b.checkGenerated(s, c.column, written)
	}
	node := &plan.Values{Rows: make([][]plan.Expr, len(rows))}
	given := map[int16]int{} // attnum -> place in the node
	for i, c := range s.cols[:n] {
		if c.column.Generated != "" {
			continue
		}
		place, again := given[c.column.Attnum]
		if !again {
			place = len(node.Cols)
			given[c.column.Attnum] = place
			node.Cols = append(node.Cols, b.column(s.blk, plan.ColumnMeta{Name: c.column.Name, Type: c.column.Type}))
		}
		for j, row := range rows {
			e := row[i]
			if _, isDefault := e.(*plan.SetToDefault); isDefault || s.userOverride(c.column) {
				e = b.defaultFor(s.blk, c.column)
			}
			if again { // col[1], col[2]: the second assignment works on the first's result
				if sub, isSub := e.(*plan.Subscript); isSub {
					chained := *sub
					chained.Arg = node.Rows[j][place]
					node.Rows[j][place] = &chained
				}
				continue
			}
			node.Rows[j] = append(node.Rows[j], e)
		}
	}
	for _, c := range liveColumns(s.target.table) {
		if _, done := given[c.Attnum]; done || c.Generated != "" {
			continue
		}
		given[c.Attnum] = len(node.Cols)
		node.Cols = append(node.Cols, b.column(s.blk, plan.ColumnMeta{Name: c.Name, Type: c.Type}))
		for j := range rows {
			node.Rows[j] = append(node.Rows[j], b.defaultFor(s.blk, c))
		}
	}
	values := map[int16]plan.Expr{}
	for att, place := range given {
		values[att] = &plan.ColRef{Loc: -1, Typ: plan.Typ(b.meta.Column(node.Cols[place]).Type), ID: node.Cols[place]}
	}
	if len(node.Rows) == 1 && slices.ContainsFunc(node.Rows[0], returnsSet) {
		return b.insertSets(s, node), values
	}
	return node, values
}

// insertSets makes the source of a single VALUES row with set-returning calls,
// which stands for as many rows as they give.
func (b *binder) insertSets(s *insertState, node *plan.Values) plan.Rel {
	rel, exprs := b.splitSets(s.blk, &plan.Result{}, node.Rows[0])
	out := &plan.Project{Input: rel}
	for i, e := range exprs {
		out.Items = append(out.Items, plan.ProjectItem{ID: node.Cols[i], Expr: e})
	}
	return out
}

// userOverride reports whether a value given for an identity column is ignored.
func (s *insertState) userOverride(c *catalog.Column) bool {
	return c.Identity != 0 && s.stmt.Overriding == ast.OverridingUser
}

// checkGenerated refuses values for columns that compute their own.
func (b *binder) checkGenerated(s *insertState, c *catalog.Column, written bool) {
	if !written {
		return
	}
	switch {
	case c.Generated != "":
		b.failLater(newError(pgcode.GeneratedAlways, "cannot insert a non-DEFAULT value into column %q", c.Name).
			WithDetail("Column %q is a generated column.", c.Name))
	case c.Identity == 'a' && s.stmt.Overriding == ast.OverridingNone:
		b.failLater(newError(pgcode.GeneratedAlways, "cannot insert a non-DEFAULT value into column %q", c.Name).
			WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override."))
	}
}

// insertQuery binds INSERT ... SELECT.
func (b *binder) insertQuery(s *insertState, stmt *ast.SelectStmt) (plan.Rel, map[int16]plan.Expr) {
	q := b.analyze(s.blk, stmt, true)
	var row []plan.Expr
	visible := q.visible()
	for i, t := range visible { // an untyped literal takes its column's type
		if i < len(s.cols) && t.Expr.Type().OID == types.Unknown {
			t.Expr = b.assigned(s.blk, s.cols[i].column, t.Expr, nil, nil, -1)
		} else {
			t.Expr = b.textIfUnknown(t.Expr)
		}
	}
	b.lower(q)
	for _, t := range visible {
		row = append(row, &plan.ColRef{Loc: plan.Loc(exprPos(t.Expr)), Typ: plan.Typ(b.meta.Column(t.ID).Type), ID: t.ID})
	}
	row = b.insertRow(s, row)
	values := map[int16]plan.Expr{}
	for i, e := range row {
		c := s.cols[i]
		b.checkGenerated(s, c.column, true)
		if s.userOverride(c.column) {
			continue
		}
		if sub, isSub := e.(*plan.Subscript); isSub && values[c.column.Attnum] != nil {
			chained := *sub
			chained.Arg = values[c.column.Attnum]
			e = &chained
		}
		values[c.column.Attnum] = e
	}
	return q.Plan, values
}

// fillRow computes the values of all columns over the source: conversions, and
// defaults of columns that the statement does not mention.
func (b *binder) fillRow(s *insertState, input plan.Rel, values map[int16]plan.Expr, attnums []int16) (plan.Rel, []plan.ColID) {
	ids := make([]plan.ColID, len(attnums))
	node := &plan.Project{Input: input, Extend: true}
	for i, att := range attnums {
		c := &s.target.table.Columns[att-1]
		e := values[att]
		if ref, isRef := e.(*plan.ColRef); isRef {
			ids[i] = ref.ID
			continue
		}
		if e == nil {
			e = b.defaultFor(s.blk, c)
		}
		ids[i] = b.column(s.blk, plan.ColumnMeta{Name: c.Name, Type: c.Type})
		node.Items = append(node.Items, plan.ProjectItem{ID: ids[i], Expr: e})
	}
	if node.Items == nil {
		return input, ids
	}
	return node, ids
}
