package bind

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// target is a table being written to.
type target struct {
	table *catalog.Table
	rel   *Relation
	alias string
	view  *viewTarget // the view that was named, nil for a table
}

// writeTarget resolves the table of an INSERT, UPDATE or DELETE.
func (b *binder) writeTarget(blk *block, v *ast.RangeVar, verb string) target {
	b.refuseMoment(v)
	if v.Catalog != "" && v.Catalog != b.cat.Database() {
		b.failf(v.Pos, pgcode.FeatureNotSupported, "cross-database references are not implemented: \"%s.%s.%s\"", v.Catalog, v.Schema, v.Name)
	}
	rel := b.cat.Relation(v.Schema, v.Name)
	if rel == nil {
		b.failNoRelation(blk, v)
	}
	b.dependOn(rel.Desc)
	name := rel.Desc.Head().Name
	switch d := rel.Desc.(type) {
	case *catalog.Table:
		if rel.Virtual {
			b.fail(newError(pgcode.InsufficientPrivilege, "permission denied: %q is a system catalog", name))
		}
		return target{table: d, rel: rel, alias: aliasOf(v)}
	case *catalog.View:
		t := b.throughView(rel, d, verb)
		t.alias = aliasOf(v)
		return t
	case *catalog.Sequence:
		b.failf(-1, pgcode.WrongObjectType, "cannot change sequence %q", name)
	}
	b.fail(newError(pgcode.WrongObjectType, "cannot open relation %q", name).
		WithDetail("This operation is not supported for indexes.").At(bytePos(v.Pos)))
	return target{}
}

func aliasOf(v *ast.RangeVar) string {
	if v.Alias == nil {
		return ""
	}
	return v.Alias.Name
}

// liveColumns lists a table's columns that are not dropped.
func liveColumns(t *catalog.Table) []*catalog.Column {
	out := make([]*catalog.Column, 0, len(t.Columns))
	for i := range t.Columns {
		if !t.Columns[i].Dropped {
			out = append(out, &t.Columns[i])
		}
	}
	return out
}

// assigned converts a value to its column's type by assignment; steps address a
// part of the column, whose present value is old.
func (b *binder) assigned(blk *block, c *catalog.Column, e plan.Expr, steps []ast.Step, old plan.Expr, pos int) plan.Expr {
	if _, isDefault := e.(*plan.SetToDefault); isDefault {
		if len(steps) > 0 {
			what := "an array element"
			if steps[0].Kind == ast.StepField {
				what = "a subfield"
			}
			b.failf(pos, pgcode.FeatureNotSupported, "cannot set %s to DEFAULT", what)
		}
		return e
	}
	if len(steps) > 0 {
		return b.assignedPart(blk, c, e, steps, old, pos)
	}
	out := b.coerceToTarget(e, c.Type, assignment, plan.ImplicitCast, -1)
	if out == nil {
		b.fail(newError(pgcode.DatatypeMismatch, "column %q is of type %s but expression is of type %s", c.Name, typeText(c.Type.OID), typeText(e.Type().OID)).
			WithHint("You will need to rewrite or cast the expression.").At(bytePos(exprPos(e))))
	}
	return out
}

// assignedPart builds the new value of an array column of which one element or
// slice is set.
func (b *binder) assignedPart(blk *block, c *catalog.Column, e plan.Expr, steps []ast.Step, old plan.Expr, pos int) plan.Expr {
	for _, s := range steps {
		if s.Kind == ast.StepField || s.Kind == ast.StepStar {
			b.failf(pos, pgcode.DatatypeMismatch, "cannot assign to field %q of column %q because its type %s is not a composite type",
				s.Field, c.Name, typeText(c.Type.OID))
		}
	}
	oldKind := blk.kind
	blk.kind = kindUpdateTarget
	sub, isSub := b.subscript(blk, old, steps).(*plan.Subscript)
	blk.kind = oldKind
	if !isSub {
		return nil
	}
	want := sub.Type()
	if c.Type.OID == types.JSONB {
		want = types.Of(types.JSONB)
	}
	value := b.coerceToTarget(e, want, assignment, plan.ImplicitCast, -1)
	if value == nil {
		what := "subscripted assignment to %q requires type %s but expression is of type %s"
		b.fail(newError(pgcode.DatatypeMismatch, what, c.Name, typeText(want.OID), typeText(e.Type().OID)).
			WithHint("You will need to rewrite or cast the expression.").At(bytePos(exprPos(e))))
	}
	out := *sub
	out.Assign, out.Typ = value, plan.Typ(c.Type)
	return &out
}

// defaultFor binds a column's default: its expression, the next value of its
// identity sequence, or NULL.
func (b *binder) defaultFor(blk *block, c *catalog.Column) plan.Expr {
	if c.Identity != 0 {
		next := &plan.NextVal{Loc: -1, Typ: plan.Typ(types.Of(types.Int8)), Sequence: c.Sequence}
		return b.coerceToTarget(next, c.Type, assignment, plan.ImplicitCast, -1)
	}
	if c.Default == "" {
		return nullConst(c.Type, -1)
	}
	e := b.storedExpr(blk, c.Default, kindDefault)
	out := b.coerceToTarget(e, c.Type, assignment, plan.ImplicitCast, -1)
	if out == nil {
		b.failf(-1, pgcode.DatatypeMismatch, "column %q is of type %s but default expression is of type %s", c.Name, typeText(c.Type.OID), typeText(e.Type().OID))
	}
	return out
}

// writtenRow makes the entry through which CHECKs, generated columns and
// RETURNING see the row as written.
func (b *binder) writtenRow(blk *block, t target) *rte {
	return b.targetRTE(blk, t.table, t.alias, t.rel)
}

// rowParts are what Insert and Update need of the row as written.
type rowParts struct {
	attnums   []int16
	row       []plan.ColID
	generated []plan.Assign
	genCols   []plan.ColID
	checks    []plan.Check
}

// parts splits the written row into plain and generated columns and binds the
// table's CHECK constraints over it.
func (b *binder) parts(t *catalog.Table, r *rte) rowParts {
	var p rowParts
	blk := b.newBlock(nil)
	blk.ns = []*nsItem{r.item()}
	for _, s := range r.scan {
		c := &t.Columns[s.AttNum-1]
		if c.Generated == "" {
			p.attnums = append(p.attnums, s.AttNum)
			p.row = append(p.row, s.ID)
			continue
		}
		e := b.coerceToTarget(b.storedExpr(blk, c.Generated, kindGenerated), c.Type, assignment, plan.ImplicitCast, -1)
		p.generated = append(p.generated, plan.Assign{AttNum: s.AttNum, Expr: e})
		p.genCols = append(p.genCols, s.ID)
	}
	for _, c := range t.Constraints {
		if c.Type == 'c' {
			e := b.toBoolean(b.storedExpr(blk, c.Expr, kindCheck), "CHECK")
			p.checks = append(p.checks, plan.Check{Name: c.Name, Expr: e})
		}
	}
	return p
}

// returning binds RETURNING; nil without one.
func (b *binder) returning(blk *block, list []*ast.Target) ([]plan.ProjectItem, []plan.OutputColumn) {
	if len(list) == 0 {
		return nil, nil
	}
	targets := b.targetList(blk, list, kindReturning)
	items, outputs := []plan.ProjectItem{}, []plan.OutputColumn{}
	done := map[plan.ColID]bool{}
	for _, t := range targets {
		t.Expr = b.textIfUnknown(t.Expr)
		if c, isCol := t.Expr.(*plan.ColRef); isCol && b.owner[c.ID-1] == blk {
			t.ID = c.ID
		} else {
			t.ID = b.column(blk, plan.ColumnMeta{Name: t.Name, Type: t.Expr.Type()})
		}
		if !done[t.ID] {
			done[t.ID] = true
			items = append(items, plan.ProjectItem{ID: t.ID, Expr: t.Expr})
		}
		outputs = append(outputs, b.output(t.Name, t.ID, t.Expr))
	}
	return items, outputs
}

// withFor binds the WITH clause of a write and returns what wraps its plan.
func (b *binder) withFor(blk *block, w *ast.With) func(plan.Rel) plan.Rel {
	if w == nil {
		return func(r plan.Rel) plan.Rel { return r }
	}
	q := &Query{blk: blk, ctes: b.withClause(blk, w)}
	return func(r plan.Rel) plan.Rel { return b.withCTEs(q, r) }
}
