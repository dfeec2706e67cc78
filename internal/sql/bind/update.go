package bind

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// setItem is the new value of a column.
type setItem struct {
	column *catalog.Column
	expr   plan.Expr
}

// setClause is a bound SET list: new values, and sub-selects that give several.
type setClause struct {
	items []setItem
	// multi are sub-selects of (a, b) = (SELECT ...), each evaluated once; ids are
	// the columns their rows are computed in.
	multi []plan.ProjectItem
}

// setList binds SET; as transformUpdateTargetList and the rewriter's checks.
func (b *binder) setList(blk *block, t target, r *rte, list []*ast.Target) *setClause {
	out := &setClause{}
	rows := map[ast.Expr][]plan.Expr{}
	for _, s := range list {
		e := b.setValue(blk, out, rows, s)
		c := b.targetColumn(t, s.Name, "update", s.Pos)
		var old plan.Expr
		if len(s.Steps) > 0 {
			old = &plan.ColRef{Loc: plan.Loc(s.Pos), Typ: plan.Typ(c.Type), ID: r.columnOf(c.Attnum)}
		}
		e = b.assigned(blk, c, e, s.Steps, old, s.Pos)
		out.add(b, c, e)
	}
	for i, item := range out.items {
		_, isDefault := item.expr.(*plan.SetToDefault)
		b.checkUpdatable(item.column, isDefault)
		if isDefault {
			out.items[i].expr = b.defaultFor(b.newBlock(nil), item.column)
		}
	}
	return out
}

// add takes one assignment; several to parts of one array are chained.
func (s *setClause) add(b *binder, c *catalog.Column, e plan.Expr) {
	for i, have := range s.items {
		if have.column != c {
			continue
		}
		sub, isSub := e.(*plan.Subscript)
		_, wasSub := have.expr.(*plan.Subscript)
		if !isSub || sub.Assign == nil || !wasSub {
			b.failf(-1, pgcode.SyntaxError, "multiple assignments to same column %q", c.Name)
		}
		chained := *sub
		chained.Arg = have.expr
		s.items[i].expr = &chained
		return
	}
	s.items = append(s.items, setItem{c, e})
}

// checkUpdatable refuses values for columns that compute their own.
func (b *binder) checkUpdatable(c *catalog.Column, isDefault bool) {
	if isDefault {
		return
	}
	switch {
	case c.Generated != "":
		b.failLater(newError(pgcode.GeneratedAlways, "column %q can only be updated to DEFAULT", c.Name).
			WithDetail("Column %q is a generated column.", c.Name))
	case c.Identity == 'a':
		b.failLater(newError(pgcode.GeneratedAlways, "column %q can only be updated to DEFAULT", c.Name).
			WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", c.Name))
	}
}

// setValue binds the right side of one assignment.
func (b *binder) setValue(blk *block, out *setClause, rows map[ast.Expr][]plan.Expr, s *ast.Target) plan.Expr {
	switch e := s.Value.(type) {
	case *ast.Default:
		return &plan.SetToDefault{Loc: plan.Loc(e.Pos)}
	case *ast.MultiAssign:
		fields, known := rows[e.Source]
		if !known {
			fields = b.multiSource(blk, out, e)
			rows[e.Source] = fields
		}
		return fields[e.Column-1]
	}
	return b.exprIn(blk, s.Value, kindUpdateSource)
}

// multiSource binds the source of (a, b) = source, one expression a column.
func (b *binder) multiSource(blk *block, out *setClause, e *ast.MultiAssign) []plan.Expr {
	switch src := e.Source.(type) {
	case *ast.SubLink:
		if src.Kind != ast.SubScalar {
			break
		}
		old := blk.kind
		blk.kind = kindUpdateSource
		q := b.subQuery(blk, src.Query, src.Pos)
		blk.kind = old
		cols := q.visible()
		if len(cols) != e.Columns {
			b.failf(src.Pos, pgcode.SyntaxError, "number of columns does not match number of values")
		}
		record := types.Of(types.Record)
		id := b.column(blk, plan.ColumnMeta{Name: "multi", Type: record})
		out.multi = append(out.multi, plan.ProjectItem{ID: id, Expr: newSubquery(plan.SubqueryMulti, q, record, src.Pos)})
		fields := make([]plan.Expr, len(cols))
		for i, t := range cols {
			fields[i] = &plan.FieldSelect{
				Loc: plan.Loc(src.Pos), Typ: plan.Typ(b.meta.Column(t.ID).Type), Index: i, Name: t.Name,
				Arg: &plan.ColRef{Loc: plan.Loc(src.Pos), Typ: plan.Typ(record), ID: id},
			}
		}
		return fields
	case *ast.Row:
		if len(src.Args) != e.Columns {
			b.failf(src.Pos, pgcode.SyntaxError, "number of columns does not match number of values")
		}
		fields := make([]plan.Expr, len(src.Args))
		for i, a := range src.Args {
			if d, isDefault := a.(*ast.Default); isDefault {
				fields[i] = &plan.SetToDefault{Loc: plan.Loc(d.Pos)}
				continue
			}
			fields[i] = b.exprIn(blk, a, kindUpdateSource)
		}
		return fields
	}
	b.failf(ast.Leftmost(e.Source), pgcode.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
	return nil
}

// single returns the assignments with multi-column sources written out, for a
// place where nothing can compute them once beforehand.
func (s *setClause) single(b *binder) []setItem {
	if len(s.multi) == 0 {
		return s.items
	}
	sources := map[plan.ColID]plan.Expr{}
	for _, m := range s.multi {
		sources[m.ID] = m.Expr
	}
	out := make([]setItem, len(s.items))
	for i, item := range s.items {
		out[i] = setItem{item.column, plan.Rewrite(item.expr, func(e plan.Expr) plan.Expr {
			if c, isCol := e.(*plan.ColRef); isCol && sources[c.ID] != nil {
				return sources[c.ID]
			}
			return e
		})}
	}
	return out
}

// update binds UPDATE.
func (b *binder) update(n *ast.UpdateStmt) (plan.Rel, []plan.OutputColumn) {
	blk := b.newBlock(nil)
	wrap := b.withFor(blk, n.With)
	t := b.writeTarget(blk, n.Table, "update")
	scan, from := b.writeScan(blk, t, n.From)
	input := b.writeInput(blk, t, from, n.Where)

	entries := blk.rtes
	row := b.writtenRow(blk, t)
	blk.rtes = entries // one entry of that name is enough for hints
	p := b.parts(t.table, row)
	node := &plan.Update{
		Table: t.table, Attnums: p.attnums, Row: p.row, Generated: p.generated, GenCols: p.genCols, Checks: p.checks,
	}
	node.ViewChecks = t.viewChecks(b, row)
	old := blk.ns[0]
	blk.ns[0] = t.item(b, row)
	var out []plan.OutputColumn
	node.Returning, out = b.returning(blk, n.Returning)
	node.Extra = row.extra
	blk.ns[0] = old
	set := b.setList(blk, t, scan, n.Set)

	node.RowID = scan.rowID(b)
	node.Marks = b.marks(entries, scan)
	rel := input()
	node.Target = findScan(rel, node.RowID)
	node.Old = columnsOf(scan, p.attnums)
	if len(set.multi) > 0 {
		rel = &plan.Project{Input: rel, Extend: true, Items: set.multi}
	}
	items := &plan.Project{Input: rel, Extend: true}
	for _, s := range set.items {
		if s.column.Generated != "" {
			continue
		}
		id := b.column(blk, plan.ColumnMeta{Name: s.column.Name, Type: s.column.Type})
		items.Items = append(items.Items, plan.ProjectItem{ID: id, Expr: s.expr})
		node.Set = append(node.Set, plan.ScanColumn{ID: id, AttNum: s.column.Attnum})
	}
	node.Input = items
	return wrap(node), out
}

// writeScan makes the entries of the table that is written to and of what it is
// joined with.
func (b *binder) writeScan(blk *block, t target, from []ast.TableExpr) (*rte, []*fromNode) {
	scan := b.targetRTE(blk, t.table, t.alias, t.rel)
	scan.target = true
	item := t.item(b, scan)
	blk.ns = []*nsItem{item}
	item.lateralOnly, item.lateralOK = true, false
	nodes := []*fromNode{{rte: scan}}
	if len(from) > 0 {
		nodes = append(nodes, b.fromClause(blk, from)...)
	}
	item.lateralOnly, item.lateralOK = false, true
	return scan, nodes
}

// writeInput binds WHERE and returns what makes the plan of the rows to write,
// to be called when everything that names columns is bound.
func (b *binder) writeInput(blk *block, t target, from []*fromNode, where ast.Expr) func() plan.Rel {
	var cond plan.Expr
	if where != nil {
		cond = b.condition(blk, where, kindWhere, "WHERE")
	}
	cond = t.filter(b, from[0].rte, cond)
	return func() plan.Rel {
		rel := b.lowerFrom(from)
		if cond != nil {
			rel = &plan.Filter{Input: rel, Cond: cond}
		}
		return rel
	}
}

func columnsOf(r *rte, attnums []int16) []plan.ColID {
	out := make([]plan.ColID, len(attnums))
	for i, att := range attnums {
		out[i] = r.columnOf(att)
	}
	return out
}

// findScan finds the scan that produces a column.
func findScan(rel plan.Rel, id plan.ColID) *plan.Scan {
	var found *plan.Scan
	plan.WalkRels(rel, func(r plan.Rel) {
		if s, isScan := r.(*plan.Scan); isScan {
			for _, c := range s.Cols {
				if c.ID == id {
					found = s
				}
			}
		}
	})
	return found
}

// delete binds DELETE.
func (b *binder) delete(n *ast.DeleteStmt) (plan.Rel, []plan.OutputColumn) {
	blk := b.newBlock(nil)
	wrap := b.withFor(blk, n.With)
	t := b.writeTarget(blk, n.Table, "delete")
	scan, from := b.writeScan(blk, t, n.Using)
	input := b.writeInput(blk, t, from, n.Where)
	node := &plan.Delete{Table: t.table}
	var out []plan.OutputColumn
	node.Returning, out = b.returning(blk, n.Returning)
	node.RowID = scan.rowID(b)
	node.Marks = b.marks(blk.rtes, scan)
	node.Input = input()
	node.Target = findScan(node.Input, node.RowID)
	for _, c := range liveColumns(t.table) {
		node.Attnums = append(node.Attnums, c.Attnum)
	}
	node.Old = columnsOf(scan, node.Attnums)
	return wrap(node), out
}
