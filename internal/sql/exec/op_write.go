package exec

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// rowSpec is what Insert and Update do with a row before and after it is written.
// Their expressions see a row of base columns (an Update's input), then the row
// as written: plan's Row, GenCols and Extra.
type rowSpec struct {
	table     *catalog.Table
	base      int
	attnums   []int16
	generated []assign
	extra     []plan.ScanColumn
	checks    []check
	views     []check
	returning []expr.Node // nil without
	width     int
}

type assign struct {
	att   int16
	value expr.Node
}

type check struct {
	name string
	cond expr.Node
}

// rowParts are the fields Insert and Update have in common.
type rowParts struct {
	attnums    []int16
	row        []plan.ColID
	generated  []plan.Assign
	genCols    []plan.ColID
	extra      []plan.ScanColumn
	checks     []plan.Check
	viewChecks []plan.Check
	returning  []plan.ProjectItem
}

// rowSpec compiles them over base.
func (c *compiler) rowSpec(t *catalog.Table, base *expr.Scope, p rowParts) (s rowSpec, err error) {
	s = rowSpec{table: t, base: base.Len(), attnums: p.attnums, extra: p.extra}
	scope := base.Copy()
	kinds := make([]types.T, len(p.attnums))
	for i, att := range p.attnums {
		kinds[i] = t.ByAttnum(att).Type
	}
	scope.Add(p.row, kinds)
	for _, g := range p.generated {
		n, err := c.exprs.Compile(g.Expr, scope)
		if err != nil {
			return s, err
		}
		s.generated = append(s.generated, assign{g.AttNum, n})
	}
	for i, g := range p.generated {
		scope.Add(p.genCols[i:i+1], []types.T{t.ByAttnum(g.AttNum).Type})
	}
	for _, x := range p.extra {
		scope.Add([]plan.ColID{x.ID}, []types.T{extraType(x.AttNum)})
	}
	s.width = scope.Len()
	if s.checks, err = c.checks(p.checks, scope); err != nil {
		return s, err
	}
	if s.views, err = c.checks(p.viewChecks, scope); err != nil {
		return s, err
	}
	s.returning, err = c.items(p.returning, scope)
	return s, err
}

func (c *compiler) items(items []plan.ProjectItem, scope *expr.Scope) ([]expr.Node, error) {
	var list []expr.Node
	for _, it := range items {
		n, err := c.exprs.Compile(it.Expr, scope)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

func (c *compiler) checks(list []plan.Check, scope *expr.Scope) ([]check, error) {
	var out []check
	for _, k := range list {
		n, err := c.exprs.Compile(k.Expr, scope)
		if err != nil {
			return nil, err
		}
		out = append(out, check{k.Name, n})
	}
	return out, nil
}

func extraType(att int16) types.T {
	for _, p := range plan.PseudoColumns {
		if p.AttNum == att {
			return p.Type
		}
	}
	return types.Of(types.Record)
}

// rowWriter carries a rowSpec out. work is the row its expressions see.
type rowWriter struct {
	spec *rowSpec
	r    *expr.Ctx
	t    *table.Table
	work []datum.Datum
}

// fill puts the row as it will be written behind the base columns, with its
// generated columns computed into values, and checks constraints.
func (w *rowWriter) fill(values []datum.Datum) error {
	s := w.spec
	for i, att := range s.attnums {
		w.work[s.base+i] = values[att-1]
	}
	at := s.base + len(s.attnums)
	for i, g := range s.generated {
		d, err := g.value.Row(w.r, w.work)
		if err != nil {
			return err
		}
		values[g.att-1], w.work[at+i] = d, d
	}
	if len(s.checks) == 0 && len(s.views) == 0 {
		return nil
	}
	w.extras(values, nil)
	if err := w.t.CheckNotNull(values); err != nil {
		return err
	}
	for _, k := range s.checks {
		d, err := k.cond.Row(w.r, w.work)
		if err != nil {
			return err
		}
		if !d.IsNull() && !d.Bool() {
			return pgerr.New(pgcode.CheckViolation, "new row for relation %q violates check constraint %q", s.table.Name, k.name).
				WithDetail("%s", w.t.FailingRow(values)).WithTable(schemaOf(w.t), s.table.Name).WithConstraint(k.name)
		}
	}
	return nil
}

// viewChecks checks WITH CHECK OPTION, after the row was written.
func (w *rowWriter) viewChecks(values []datum.Datum) error {
	for _, k := range w.spec.views {
		ok, err := expr.True(w.r, k.cond, w.work)
		if err != nil {
			return err
		}
		if !ok {
			return pgerr.New(pgcode.WithCheckOptionViolation, "new row violates check option for view %q", k.name).
				WithDetail("%s", w.t.FailingRow(values))
		}
	}
	return nil
}

// extras fills in the pseudo-columns of a written row. It has no start yet.
func (w *rowWriter) extras(values []datum.Datum, key []byte) {
	at := w.spec.base + len(w.spec.attnums) + len(w.spec.generated)
	for i, x := range w.spec.extra {
		w.work[at+i] = extraValue(w.spec.table, x.AttNum, values, key)
	}
}

func extraValue(t *catalog.Table, att int16, values []datum.Datum, key []byte) datum.Datum {
	switch att {
	case plan.AttRowID:
		return datum.NewText(string(key))
	case plan.AttTableOID:
		return datum.NewInt(int64(t.OID))
	case plan.AttSystemTimeEnd:
		return datum.NewTimestampTZ(1<<63 - 1)
	case plan.AttSystemSeqEnd:
		return datum.NewInt(1<<63 - 1)
	case plan.AttWholeRow:
		v := &datum.RecordValue{TypeOID: uint32(types.Record)}
		for _, c := range t.Live() {
			v.Names, v.Types = append(v.Names, c.Name), append(v.Types, uint32(c.Type.OID))
			v.Fields = append(v.Fields, values[c.Attnum-1])
		}
		return datum.NewRecord(v)
	}
	if att > 0 {
		return values[att-1]
	}
	return datum.Datum{}
}

// returned collects RETURNING's rows of one input batch.
type returned struct {
	items []expr.Node
	out   *vec.Batch
	types []types.T
}

func (b *returned) reset() {
	if b.items == nil {
		return
	}
	if b.out == nil {
		b.out = rows.NewBatch(b.types, vec.MaxRows)
	}
	clearBatch(b.out, vec.MaxRows)
}

func (b *returned) add(c *expr.Ctx, row []datum.Datum) error {
	if b.items == nil {
		return nil
	}
	for i, n := range b.items {
		d, err := n.Row(c, row)
		if err != nil {
			return err
		}
		b.out.Cols[i].Set(b.out.Rows, d)
	}
	b.out.Rows++
	return nil
}

func (b *returned) batch() *vec.Batch {
	if b.items == nil || b.out == nil || b.out.Rows == 0 {
		return nil
	}
	return b.out
}

// schemaOf returns the name of a table's schema.
func schemaOf(t *table.Table) string {
	if s := t.Set().Catalog().Schema(t.Desc.Schema); s != nil {
		return s.Name
	}
	return ""
}
