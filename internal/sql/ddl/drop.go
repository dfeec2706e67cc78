package ddl

import (
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// dropKinds are the kinds DROP knows, with the relation kind each needs.
var dropKinds = map[ast.ObjectKind]catalog.Kind{
	ast.KindTable: catalog.KindTable, ast.KindView: catalog.KindView, ast.KindIndex: catalog.KindIndex,
	ast.KindSequence: catalog.KindSequence,
}

// Drop carries out DROP TABLE, VIEW, INDEX, SEQUENCE and SCHEMA.
func Drop(e *Env, s *ast.DropStmt) error {
	if s.Kind == ast.KindSchema {
		return dropSchemas(e, s)
	}
	kind, ok := dropKinds[s.Kind]
	if !ok {
		return dropUnknown(e, s)
	}
	drop := newDrop(e, s.Behavior)
	for _, o := range s.Objects {
		d, err := e.dropTarget(s, o, kind)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if err := e.owns(d); err != nil {
			return err
		}
		if err := e.Lock(lockTarget(d), ast.LockAccessExclusive); err != nil {
			return err
		}
		drop.target(d)
	}
	return drop.finish()
}

// lockTarget is the relation whose lock guards a drop: an index's is its table's.
func lockTarget(d catalog.Desc) uint32 {
	if x, ok := d.(*catalog.Index); ok {
		return x.Table
	}
	return d.Head().OID
}

// dropTarget resolves one name of DROP; nil when IF EXISTS skips it.
func (e *Env) dropTarget(s *ast.DropStmt, o *ast.ObjectRef, kind catalog.Kind) (catalog.Desc, error) {
	name := o.Names[len(o.Names)-1]
	schema := ""
	if len(o.Names) > 1 {
		schema = o.Names[len(o.Names)-2]
	}
	word := strings.ToLower(string(s.Kind))
	if schema != "" && e.cat().SchemaByName(schema) == nil {
		if s.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "schema %q does not exist, skipping", schema)
			return nil, nil
		}
		return nil, pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", schema)
	}
	d, err := e.find(schema, name, o.Pos)
	if err != nil {
		return nil, err
	}
	if d == nil {
		if s.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "%s %q does not exist, skipping", word, name)
			return nil, nil
		}
		code := pgcode.UndefinedTable
		if kind == catalog.KindIndex {
			code = pgcode.UndefinedObject
		}
		return nil, pgerr.New(code, "%s %q does not exist", word, name)
	}
	if d.Kind() != kind {
		return nil, pgerr.New(pgcode.WrongObjectType, "%q is not %s", name, article(word)).
			WithHint("Use DROP %s to remove %s.", strings.ToUpper(kindName(d)), article(kindName(d)))
	}
	if x, ok := d.(*catalog.Index); ok {
		return d, e.indexOfConstraint(x)
	}
	if q, ok := d.(*catalog.Sequence); ok && q.Internal {
		t := e.cat().Table(q.OwnerTable)
		return nil, pgerr.New(pgcode.DependentObjectsStillExist, "cannot drop sequence %s because column %s of table %s requires it", q.Name, t.ByAttnum(q.OwnerColumn).Name, t.Name).
			WithHint("You can drop column %s of table %s instead.", t.ByAttnum(q.OwnerColumn).Name, t.Name)
	}
	return d, nil
}

// indexOfConstraint refuses to drop an index that a constraint lives on.
func (e *Env) indexOfConstraint(x *catalog.Index) error {
	t := e.cat().Table(x.Table)
	for _, k := range t.Constraints {
		if k.Type != 'f' && k.Index == x.OID {
			return pgerr.New(pgcode.DependentObjectsStillExist, "cannot drop index %s because constraint %s on table %s requires it", x.Name, k.Name, t.Name).
				WithHint("You can drop constraint %s on table %s instead.", k.Name, t.Name)
		}
	}
	return nil
}

// dropUnknown answers DROP of kinds that cannot exist here.
func dropUnknown(e *Env, s *ast.DropStmt) error {
	word := strings.ToLower(string(s.Kind))
	for _, o := range s.Objects {
		name := strings.Join(o.Names, ".")
		if o.Type != nil {
			name = strings.Join(o.Type.Names, ".")
		}
		if !s.IfExists {
			return pgerr.NotSupported("No object of this kind can be created.", "DROP %s is not supported", s.Kind)
		}
		e.notice(pgcode.SuccessfulCompletion, "%s %q does not exist, skipping", word, name)
	}
	return nil
}

func dropSchemas(e *Env, s *ast.DropStmt) error {
	drop := newDrop(e, s.Behavior)
	for _, o := range s.Objects {
		name := o.Names[len(o.Names)-1]
		d := e.cat().SchemaByName(name)
		if d == nil {
			if s.IfExists {
				e.notice(pgcode.SuccessfulCompletion, "schema %q does not exist, skipping", name)
				continue
			}
			return pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", name)
		}
		if d.OID == catalog.SchemaPgCatalog || d.OID == catalog.SchemaInfo || d.OID == catalog.SchemaDrift {
			return pgerr.New(pgcode.DependentObjectsStillExist, "cannot drop schema %s because it is required by the database system", name)
		}
		if err := e.owns(d); err != nil {
			return err
		}
		drop.target(d)
	}
	return drop.finish()
}

// execute removes everything found.
func (d *dropping) execute() error {
	for _, f := range d.found {
		switch {
		case f.constraint != nil:
			if d.cat().Table(f.table) != nil {
				if err := d.removeConstraint(f.table, *f.constraint); err != nil {
					return err
				}
			}
		case f.column != 0:
			if t := d.cat().Table(f.table); t != nil {
				t = t.Clone()
				t.Columns[f.column-1].Default = ""
				d.Edit.Put(t)
			}
		default:
			if err := d.remove(f.oid); err != nil {
				return err
			}
		}
	}
	for _, oid := range d.targets {
		if err := d.remove(oid); err != nil {
			return err
		}
	}
	return nil
}

// remove drops one object with what belongs to it.
func (d *dropping) remove(oid uint32) error {
	if obj := d.cat().Get(oid); obj != nil {
		if err := d.notInUse(obj, "DROP TABLE"); err != nil {
			return err
		}
	}
	switch obj := d.cat().Get(oid).(type) {
	case *catalog.Table:
		return d.removeTable(obj)
	case *catalog.Index:
		return d.removeIndex(obj)
	case *catalog.Sequence:
		if t := d.cat().Table(obj.OwnerTable); t != nil {
			t = t.Clone()
			if c := t.ByAttnum(obj.OwnerColumn); c.Sequence == oid {
				c.Sequence = 0
			}
			d.Edit.Put(t)
		}
	}
	d.Edit.Remove(oid)
	return nil
}

func (d *dropping) removeTable(t *catalog.Table) error {
	if err := d.Lock(t.OID, ast.LockAccessExclusive); err != nil {
		return err
	}
	storages := []uint64{t.Storage}
	cat := d.cat()
	for _, oid := range t.Indexes {
		if x := cat.Index(oid); x.Storage != 0 {
			storages = append(storages, x.Storage)
		}
		d.Edit.Remove(oid)
	}
	for _, c := range t.Live() {
		if c.Sequence != 0 {
			d.Edit.Remove(c.Sequence)
		}
	}
	cat.All(func(o catalog.Desc) bool {
		if q, ok := o.(*catalog.Sequence); ok && q.OwnerTable == t.OID {
			d.Edit.Remove(q.OID)
		}
		return true
	})
	d.Edit.Remove(t.OID)
	for _, k := range t.Constraints {
		if k.Type == 'f' {
			d.dropReference(k.RefTable, t.OID)
		}
	}
	for _, s := range storages {
		if err := d.Data.Freeze(s, 0, EndDrop); err != nil {
			return err
		}
	}
	return nil
}
