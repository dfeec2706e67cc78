package ddl

import (
	"fmt"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

// rawText stands for a stored expression where a syntax tree is expected; the
// Binder parses its text.
type rawText struct {
	ast.Expr
	text string
}

// StoredText returns the text of an expression that DDL passes on from the
// catalog; ok is false for an ordinary syntax tree.
func StoredText(e ast.Expr) (text string, ok bool) {
	r, ok := e.(*rawText)
	if !ok {
		return "", false
	}
	return r.text, true
}

func typeText(t types.T) string { return pgfmt.FormatType(t) }

// dropColumn hides a column: its data stays in old tuples and in history, new
// tuples leave it out.
func (e *Env) dropColumn(t *catalog.Table, c *ast.AlterTableCmd) error {
	col := t.Column(c.Name)
	if col == nil {
		if c.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "column %q of relation %q does not exist, skipping", c.Name, t.Name)
			return nil
		}
		if systemColumns[c.Name] {
			return pgerr.New(pgcode.FeatureNotSupported, "cannot drop system column %q", c.Name)
		}
		_, err := liveColumn(t, c.Name)
		return err
	}
	attnum := col.Attnum
	drop := newDrop(e, c.Behavior)
	if err := drop.column(t, attnum); err != nil {
		return err
	}
	if err := drop.report(e.describeColumn(t, col)); err != nil {
		return err
	}
	if err := drop.execute(); err != nil {
		return err
	}
	// A primary key that loses a column is gone, and with it the clustering key.
	if err := e.dropDependentsOfColumn(t.OID, attnum); err != nil {
		return err
	}
	t = e.cat().Table(t.OID).Clone()
	col = &t.Columns[attnum-1]
	if col.Sequence != 0 {
		e.Edit.Remove(col.Sequence)
	}
	*col = catalog.Column{Attnum: attnum, Name: fmt.Sprintf("........pg.dropped.%d........", attnum), Type: col.Type, Dropped: true}
	relayout(t)
	e.Edit.Put(t)
	return nil
}

// dropDependentsOfColumn removes the constraints and indexes that use a column.
func (e *Env) dropDependentsOfColumn(table uint32, attnum int16) error {
	t := e.cat().Table(table)
	for _, k := range slices.Clone(t.Constraints) {
		if slices.Contains(k.Columns, attnum) {
			if err := e.removeConstraint(table, k); err != nil {
				return err
			}
		}
	}
	t = e.cat().Table(table)
	for _, oid := range slices.Clone(t.Indexes) {
		x := e.cat().Index(oid)
		uses, err := e.indexUses(t, x, attnum)
		if err != nil {
			return err
		}
		if uses {
			if err := e.removeIndex(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexUses reports whether a column is in an index's keys, INCLUDE list,
// expressions or predicate.
func (e *Env) indexUses(t *catalog.Table, x *catalog.Index, attnum int16) (bool, error) {
	if slices.Contains(x.Include, attnum) {
		return true, nil
	}
	texts := []string{x.Where}
	for _, k := range x.Keys {
		if k.Attnum == attnum {
			return true, nil
		}
		texts = append(texts, k.Expr)
	}
	for _, text := range texts {
		if text == "" {
			continue
		}
		used, err := e.Bind.Uses(t, text)
		if err != nil || slices.Contains(used, attnum) {
			return err == nil, err
		}
	}
	return false, nil
}

// dropConstraint is ALTER TABLE DROP CONSTRAINT.
func (e *Env) dropConstraint(t *catalog.Table, c *ast.AlterTableCmd) error {
	k := t.Constraint(c.Name)
	if k == nil {
		if c.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "constraint %q of relation %q does not exist, skipping", c.Name, t.Name)
			return nil
		}
		return pgerr.New(pgcode.UndefinedObject, "constraint %q of relation %q does not exist", c.Name, t.Name)
	}
	drop := newDrop(e, c.Behavior)
	if k.Index != 0 && k.Type != 'f' {
		if err := drop.keyIndex(t, k.Index); err != nil {
			return err
		}
	}
	if err := drop.report(fmt.Sprintf("constraint %s on table %s", k.Name, e.displayName(t))); err != nil {
		return err
	}
	if err := drop.execute(); err != nil {
		return err
	}
	return e.removeConstraint(t.OID, *k)
}

// removeConstraint takes a constraint and its index out of the catalog. Without
// its primary key a table needs row ids, so it is rewritten.
func (e *Env) removeConstraint(table uint32, k catalog.Constraint) error {
	old := e.cat().Table(table)
	t := old.Clone()
	t.Constraints = slices.DeleteFunc(t.Constraints, func(c catalog.Constraint) bool { return c.OID == k.OID })
	if k.Type != 'p' && k.Type != 'u' {
		e.Edit.Put(t)
		if k.Type == 'f' {
			e.dropReference(k.RefTable, table)
		}
		return nil
	}
	x := e.cat().Index(k.Index)
	t.Indexes = slices.DeleteFunc(t.Indexes, func(oid uint32) bool { return oid == k.Index })
	if k.Type == 'p' {
		t.PKIndex = 0
	}
	e.Edit.Remove(k.Index)
	if x.Storage != 0 {
		e.Edit.Put(t)
		return e.Data.Freeze(x.Storage, 0, EndDrop)
	}
	t.PrimaryKey = nil
	return e.rewrite(old, t, nil)
}

// removeIndex takes an index that is no constraint's out of the catalog.
func (e *Env) removeIndex(x *catalog.Index) error {
	t := e.cat().Table(x.Table).Clone()
	t.Indexes = slices.DeleteFunc(t.Indexes, func(oid uint32) bool { return oid == x.OID })
	e.Edit.Put(t)
	e.Edit.Remove(x.OID)
	if x.Storage == 0 {
		return nil
	}
	return e.Data.Freeze(x.Storage, 0, EndDrop)
}
