package session

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/table"
)

// open prepares a table of the transaction's catalog for row work.
func (d *ddlData) open(t *catalog.Table) (*table.Table, *catalog.Snapshot, error) {
	snapshot := d.s.edit.Snapshot()
	set := table.NewSet(snapshot, evaluator{d.s.names(snapshot)})
	opened, err := set.Table(t.OID)
	return opened, snapshot, err
}

// BuildIndex implements ddl.Data.
func (d *ddlData) BuildIndex(t *catalog.Table, x *catalog.Index) error {
	st, err := d.statement()
	if err != nil {
		return err
	}
	opened, _, err := d.open(t)
	if err != nil {
		return err
	}
	return table.BuildIndex(st, opened, opened.Index(x.OID))
}

// Rewrite implements ddl.Data.
func (d *ddlData) Rewrite(old, new *catalog.Table, using map[int16]string, _ []*catalog.Index) error {
	st, err := d.statement()
	if err != nil {
		return err
	}
	target, snapshot, err := d.open(new)
	if err != nil {
		return err
	}
	before := d.s.edit.Clone()
	before.Put(old)
	was := before.Snapshot()
	source, err := table.NewSet(was, evaluator{d.s.names(was)}).Table(old.OID)
	if err != nil {
		return err
	}
	computed := map[int16]table.RowFunc{}
	for attnum, text := range using {
		tree, err := parse.Expr(text)
		if err != nil {
			return err
		}
		f, err := d.s.rowFunc(d.ctx, snapshot, old, tree, bind.UseTransform, new.ByAttnum(attnum).Type)
		if err != nil {
			return err
		}
		computed[attnum] = f
	}
	changed := make(map[int16]datum.Datum, len(computed))
	return table.Rewrite(st, source, target, func(values []datum.Datum) ([]datum.Datum, error) {
		for attnum, f := range computed {
			v, err := f(values)
			if err != nil {
				return nil, err
			}
			changed[attnum] = v
		}
		for attnum, v := range changed {
			values[attnum-1] = v
		}
		return values, nil
	})
}

// Validate implements ddl.Data.
func (d *ddlData) Validate(t *catalog.Table, c *catalog.Constraint, notNull int16) error {
	st, err := d.statement()
	if err != nil {
		return err
	}
	opened, snapshot, err := d.open(t)
	if err != nil {
		return err
	}
	schema := snapshot.Schema(t.Schema).Name
	switch {
	case c == nil:
		col := t.ByAttnum(notNull)
		return opened.EachRow(st, func(values []datum.Datum) error {
			if values[notNull-1].IsNull() {
				return pgerr.New(pgcode.NotNullViolation, "column %q of relation %q contains null values", col.Name, t.Name).
					WithTable(schema, t.Name).WithColumn(col.Name)
			}
			return nil
		})
	case c.Type == 'f':
		return table.ValidateForeignKey(st, opened, c.Name)
	}
	tree, err := parse.Expr(c.Expr)
	if err != nil {
		return err
	}
	holds, err := d.s.rowFunc(d.ctx, snapshot, t, tree, bind.UseCheck, boolType)
	if err != nil {
		return err
	}
	return opened.EachRow(st, func(values []datum.Datum) error {
		v, err := holds(values)
		if err != nil {
			return err
		}
		if !v.IsNull() && !v.Bool() {
			return pgerr.New(pgcode.CheckViolation, "check constraint %q of relation %q is violated by some row", c.Name, t.Name).
				WithTable(schema, t.Name).WithConstraint(c.Name)
		}
		return nil
	})
}

// Empty implements ddl.Data.
func (d *ddlData) Empty(t *catalog.Table) (bool, error) {
	st, err := d.statement()
	if err != nil {
		return false, err
	}
	opened, _, err := d.open(t)
	if err != nil {
		return false, err
	}
	return opened.Empty(st)
}
