package ddl

import (
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
)

// Rename carries out ALTER ... RENAME.
func Rename(e *Env, s *ast.RenameStmt) error {
	switch s.Kind {
	case ast.KindSchema:
		return e.renameSchema(s)
	case ast.KindRole:
		return e.renameRole(s)
	case ast.KindTable, ast.KindIndex, ast.KindView, ast.KindSequence, ast.KindColumn, ast.KindConstraint:
	default:
		return pgerr.NotSupported("See COMPAT.md for the kinds of objects that exist.", "ALTER %s ... RENAME is not supported", s.Kind)
	}
	d, err := e.find(s.Table.Schema, s.Table.Name, s.Table.Pos)
	if err != nil {
		return err
	}
	if d == nil {
		if s.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "relation %q does not exist, skipping", s.Table.Name)
			return nil
		}
		_, err := e.relation(s.Table)
		return err
	}
	if err := e.owns(d); err != nil {
		return err
	}
	if err := e.Lock(lockTarget(d), ast.LockAccessExclusive); err != nil {
		return err
	}
	switch s.Kind {
	case ast.KindColumn:
		return e.renameColumn(d, s)
	case ast.KindConstraint:
		return e.renameConstraint(d, s)
	}
	return e.renameRelation(d, s)
}

func (e *Env) renameRelation(d catalog.Desc, s *ast.RenameStmt) error {
	want := dropKinds[s.Kind]
	if want != d.Kind() && s.Kind != ast.KindTable {
		return pgerr.New(pgcode.WrongObjectType, "%q is not %s", d.Head().Name, article(strings.ToLower(string(s.Kind))))
	}
	h := d.Head()
	if err := e.LockName(h.Schema, s.NewName); err != nil {
		return err
	}
	if err := e.freeName(h.Schema, s.NewName); err != nil {
		return err
	}
	before := e.cat()
	n := catalog.Clone(d)
	n.Head().Name = s.NewName
	e.Edit.Put(n)
	if x, ok := n.(*catalog.Index); ok {
		e.renameIndexConstraint(x)
	}
	return e.reprintDependents(h.OID, before)
}

// renameIndexConstraint keeps a constraint's name equal to its index's.
func (e *Env) renameIndexConstraint(x *catalog.Index) {
	t := e.cat().Table(x.Table).Clone()
	for i := range t.Constraints {
		if k := &t.Constraints[i]; k.Type != 'f' && k.Index == x.OID {
			k.Name = x.Name
		}
	}
	e.Edit.Put(t)
}

// reprintDependents rewrites what names a relation: the views over it and, for a
// sequence, the defaults that call it. before is the catalog before the change.
func (e *Env) reprintDependents(oid uint32, before *catalog.Snapshot) error {
	after := e.cat()
	var views []*catalog.View
	var tables []*catalog.Table
	before.All(func(d catalog.Desc) bool {
		switch d := d.(type) {
		case *catalog.View:
			if slices.Contains(d.DependsOn, oid) {
				views = append(views, d)
			}
		case *catalog.Table:
			if before.Sequence(oid) != nil && slices.ContainsFunc(d.Columns, func(c catalog.Column) bool { return strings.Contains(c.Default, "nextval(") }) {
				tables = append(tables, d)
			}
		}
		return true
	})
	for _, v := range views {
		text, err := e.Bind.ReprintView(v, before, after)
		if err != nil {
			return err
		}
		v = e.cat().View(v.OID).Clone()
		v.Query = text
		e.Edit.Put(v)
	}
	return e.renameInDefaults(oid, before, tables)
}

// renameInDefaults replaces a sequence's name in nextval('name'::regclass).
func (e *Env) renameInDefaults(oid uint32, before *catalog.Snapshot, tables []*catalog.Table) error {
	was := before.Sequence(oid)
	if was == nil {
		return nil
	}
	after := e.cat()
	now := after.Sequence(oid)
	name := func(cat *catalog.Snapshot, q *catalog.Sequence, full bool) string {
		if full {
			return "'" + keyword.QuoteIdent(cat.Schema(q.Schema).Name) + "." + keyword.QuoteIdent(q.Name) + "'::regclass"
		}
		return "'" + keyword.QuoteIdent(q.Name) + "'::regclass"
	}
	for _, t := range tables {
		t = after.Table(t.OID).Clone()
		for i := range t.Columns {
			for _, full := range []bool{true, false} {
				t.Columns[i].Default = strings.ReplaceAll(t.Columns[i].Default, name(before, was, full), name(after, now, full || was.Schema != now.Schema))
			}
		}
		e.Edit.Put(t)
	}
	return nil
}

func (e *Env) renameColumn(d catalog.Desc, s *ast.RenameStmt) error {
	if v, ok := d.(*catalog.View); ok {
		return e.renameViewColumn(v, s)
	}
	t, ok := d.(*catalog.Table)
	if !ok {
		return pgerr.New(pgcode.WrongObjectType, "cannot rename columns of relation %q", d.Head().Name).
			WithDetail("This operation is not supported for %ss.", kindName(d))
	}
	col := t.Column(s.SubName)
	if col == nil {
		if systemColumns[s.SubName] {
			return pgerr.New(pgcode.FeatureNotSupported, "cannot rename system column %q", s.SubName)
		}
		return pgerr.New(pgcode.UndefinedColumn, "column %q does not exist", s.SubName)
	}
	if t.Column(s.NewName) != nil {
		return pgerr.New(pgcode.DuplicateColumn, "column %q of relation %q already exists", s.NewName, t.Name)
	}
	if systemColumns[s.NewName] {
		return pgerr.New(pgcode.DuplicateColumn, "column name %q conflicts with a system column name", s.NewName)
	}
	before := e.cat()
	n := t.Clone()
	n.Columns[col.Attnum-1].Name = s.NewName
	if err := e.reprintExpressions(t, n); err != nil {
		return err
	}
	e.Edit.Put(n)
	return e.reprintDependents(t.OID, before)
}

// reprintExpressions rewrites the checks and index expressions of a table whose
// column names changed.
func (e *Env) reprintExpressions(from, to *catalog.Table) (err error) {
	for i := range to.Constraints {
		if k := &to.Constraints[i]; k.Type == 'c' {
			if k.Expr, err = e.Bind.Reprint(k.Expr, from, to); err != nil {
				return err
			}
		}
	}
	for _, oid := range to.Indexes {
		x := e.cat().Index(oid).Clone()
		changed := false
		reprint := func(text *string) error {
			if *text == "" {
				return nil
			}
			changed = true
			*text, err = e.Bind.Reprint(*text, from, to)
			return err
		}
		if err := reprint(&x.Where); err != nil {
			return err
		}
		for i := range x.Keys {
			if err := reprint(&x.Keys[i].Expr); err != nil {
				return err
			}
		}
		if changed {
			e.Edit.Put(x)
		}
	}
	return nil
}

// renameViewColumn gives a view's output column another name, in its query too.
func (e *Env) renameViewColumn(v *catalog.View, s *ast.RenameStmt) error {
	find := func(name string) int {
		return slices.IndexFunc(v.Columns, func(c catalog.ViewColumn) bool { return c.Name == name })
	}
	i := find(s.SubName)
	if i < 0 {
		return pgerr.New(pgcode.UndefinedColumn, "column %q does not exist", s.SubName)
	}
	if find(s.NewName) >= 0 {
		return pgerr.New(pgcode.DuplicateColumn, "column %q of relation %q already exists", s.NewName, v.Name)
	}
	before := e.cat()
	n := v.Clone()
	n.Columns[i].Name = s.NewName
	names := make([]string, len(n.Columns))
	for i, c := range n.Columns {
		names[i] = c.Name
	}
	text, err := e.Bind.RenameOutput(v, names)
	if err != nil {
		return err
	}
	n.Query = text
	e.Edit.Put(n)
	return e.reprintDependents(v.OID, before)
}

func (e *Env) renameConstraint(d catalog.Desc, s *ast.RenameStmt) error {
	t, ok := d.(*catalog.Table)
	if !ok {
		return pgerr.New(pgcode.WrongObjectType, "%q is not a table", d.Head().Name)
	}
	k := t.Constraint(s.SubName)
	if k == nil {
		return pgerr.New(pgcode.UndefinedObject, "constraint %q for table %q does not exist", s.SubName, t.Name)
	}
	if err := freeConstraint(t, s.NewName); err != nil {
		return err
	}
	n := t.Clone()
	n.Constraint(s.SubName).Name = s.NewName
	if k.Type == 'p' || k.Type == 'u' {
		if err := e.freeName(t.Schema, s.NewName); err != nil {
			return err
		}
		x := e.cat().Index(k.Index).Clone()
		x.Name = s.NewName
		e.Edit.Put(x)
	}
	e.Edit.Put(n)
	return nil
}

// AlterSchema carries out ALTER ... SET SCHEMA.
func AlterSchema(e *Env, s *ast.AlterSchemaStmt) error {
	if s.Table == nil {
		return pgerr.NotSupported("See COMPAT.md for the kinds of objects that exist.", "ALTER %s ... SET SCHEMA is not supported", s.Kind)
	}
	d, err := e.find(s.Table.Schema, s.Table.Name, s.Table.Pos)
	if err != nil {
		return err
	}
	if d == nil {
		if s.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "relation %q does not exist, skipping", s.Table.Name)
			return nil
		}
		_, err := e.relation(s.Table)
		return err
	}
	if err := e.owns(d); err != nil {
		return err
	}
	if q, ok := d.(*catalog.Sequence); ok && q.OwnerTable != 0 {
		t := e.cat().Table(q.OwnerTable)
		return pgerr.New(pgcode.FeatureNotSupported, "cannot move an owned sequence into another schema").
			WithDetail("Sequence %q is linked to table %q.", q.Name, t.Name)
	}
	if err := e.Lock(lockTarget(d), ast.LockAccessExclusive); err != nil {
		return err
	}
	schema, err := e.schemaFor(s.NewSchema, d.Head().Name, -1)
	if err != nil {
		return err
	}
	if d.Head().Schema == schema.OID {
		return nil
	}
	before := e.cat()
	if err := e.move(d, schema); err != nil {
		return err
	}
	if t, ok := d.(*catalog.Table); ok {
		for _, oid := range t.Indexes {
			if err := e.move(before.Index(oid), schema); err != nil {
				return err
			}
		}
		for _, c := range t.Live() {
			if q := before.Sequence(c.Sequence); q != nil {
				if err := e.move(q, schema); err != nil {
					return err
				}
				if err := e.reprintDependents(q.OID, before); err != nil {
					return err
				}
			}
		}
	}
	return e.reprintDependents(d.Head().OID, before)
}

// move puts a relation in another schema.
func (e *Env) move(d catalog.Desc, schema *catalog.Schema) error {
	if e.cat().Relation(schema.OID, d.Head().Name) != nil {
		return pgerr.New(pgcode.DuplicateTable, "relation %q already exists in schema %q", d.Head().Name, schema.Name)
	}
	d = catalog.Clone(e.cat().Get(d.Head().OID))
	d.Head().Schema = schema.OID
	e.Edit.Put(d)
	return nil
}
