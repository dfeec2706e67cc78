package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
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
	var names []string
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
		drop.targets[d.Head().OID] = true
		names = append(names, kindName(d)+" "+d.Head().Name)
	}
	for oid := range drop.targets {
		if err := drop.dependents(e.cat().Get(oid)); err != nil {
			return err
		}
	}
	if len(names) > 0 {
		what := names[0]
		if len(names) > 1 {
			what = "desired object(s)"
		}
		if err := drop.report(what); err != nil {
			return err
		}
	}
	return drop.execute()
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
			e.notice(pgcode.SuccessfulCompletion, "%s %q does not exist, skipping", word, qualified(schema, name))
			return nil, nil
		}
		code := pgcode.UndefinedTable
		if kind == catalog.KindIndex {
			code = pgcode.UndefinedObject
		}
		return nil, pgerr.New(code, "%s %q does not exist", word, qualified(schema, name))
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
	var names []string
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
		drop.targets[d.OID] = true
		names = append(names, "schema "+name)
	}
	for oid := range drop.targets {
		if err := drop.dependents(e.cat().Get(oid)); err != nil {
			return err
		}
	}
	if len(names) > 0 {
		if err := drop.report(names[0]); err != nil {
			return err
		}
	}
	return drop.execute()
}

// dropping is one DROP: what is named, and what depends on it.
type dropping struct {
	*Env
	behavior ast.Behavior
	targets  map[uint32]bool
	order    []uint32      // dependent objects in the order they were found
	reasons  []string      // "view v depends on table t", for the DETAIL
	what     []string      // "view v", for the notice
	foreign  []foreignDrop // foreign keys of other tables that go too
	defaults []columnRef   // columns whose default needs a dropped sequence
}

type foreignDrop struct {
	table uint32
	c     catalog.Constraint
}

type columnRef struct {
	table  uint32
	attnum int16
}

func newDrop(e *Env, b ast.Behavior) *dropping {
	return &dropping{Env: e, behavior: b, targets: map[uint32]bool{}}
}

// add notes a dependent object; false when it goes anyway.
func (d *dropping) add(dep catalog.Desc, on string) bool {
	oid := dep.Head().OID
	if d.targets[oid] || slices.Contains(d.order, oid) {
		return false
	}
	name := kindName(dep) + " " + dep.Head().Name
	d.order = append(d.order, oid)
	d.what = append(d.what, name)
	d.reasons = append(d.reasons, name+" depends on "+on)
	return true
}

// dependents finds what depends on an object, and on that, and so on.
func (d *dropping) dependents(obj catalog.Desc) error {
	if obj == nil {
		return nil
	}
	on := kindName(obj) + " " + obj.Head().Name
	switch obj := obj.(type) {
	case *catalog.Schema:
		return d.contents(obj, on)
	case *catalog.Table:
		d.referencesTo(obj, 0)
		return d.views(obj.OID, on)
	case *catalog.View:
		return d.views(obj.OID, on)
	case *catalog.Sequence:
		d.defaultsOf(obj, on)
	}
	return nil
}

// contents adds every relation of a schema.
func (d *dropping) contents(s *catalog.Schema, on string) error {
	var err error
	cat := d.cat()
	cat.InSchema(s.OID, func(o catalog.Desc) bool {
		if o.Kind() == catalog.KindIndex {
			return true // goes with its table
		}
		if q, ok := o.(*catalog.Sequence); ok && q.OwnerTable != 0 {
			return true // goes with its column
		}
		if d.add(o, on) {
			err = d.dependents(o)
		}
		return err == nil
	})
	return err
}

// views adds the views that read a relation.
func (d *dropping) views(oid uint32, on string) error {
	var err error
	d.cat().All(func(o catalog.Desc) bool {
		if v, ok := o.(*catalog.View); ok && slices.Contains(v.DependsOn, oid) && d.add(v, on) {
			err = d.dependents(v)
		}
		return err == nil
	})
	return err
}

// referencesTo adds the foreign keys of other tables that need this table, or
// with index only those that need that index.
func (d *dropping) referencesTo(t *catalog.Table, index uint32) {
	cat := d.cat()
	for _, oid := range t.ReferencedBy {
		child := cat.Table(oid)
		if child == nil || child.OID == t.OID && index == 0 {
			continue
		}
		for _, k := range child.Constraints {
			if k.Type != 'f' || k.RefTable != t.OID || index != 0 && k.Index != index {
				continue
			}
			if d.targets[child.OID] {
				continue
			}
			on := "table " + t.Name
			if index != 0 {
				on = "index " + cat.Index(index).Name
			}
			name := fmt.Sprintf("constraint %s on table %s", k.Name, child.Name)
			d.what = append(d.what, name)
			d.reasons = append(d.reasons, name+" depends on "+on)
			d.foreign = append(d.foreign, foreignDrop{child.OID, k})
		}
	}
}

// defaultsOf adds the column defaults that call nextval on a sequence.
func (d *dropping) defaultsOf(q *catalog.Sequence, on string) {
	cat := d.cat()
	schema := cat.Schema(q.Schema).Name
	calls := []string{"nextval('" + keyword.QuoteIdent(q.Name) + "'::regclass)", "nextval('" + keyword.QuoteIdent(schema) + "." + keyword.QuoteIdent(q.Name) + "'::regclass)"}
	cat.All(func(o catalog.Desc) bool {
		t, ok := o.(*catalog.Table)
		if !ok || d.targets[t.OID] || slices.Contains(d.order, t.OID) {
			return true
		}
		for _, c := range t.Live() {
			if strings.Contains(c.Default, calls[0]) || strings.Contains(c.Default, calls[1]) {
				name := fmt.Sprintf("default value for column %s of table %s", c.Name, t.Name)
				d.what = append(d.what, name)
				d.reasons = append(d.reasons, name+" depends on "+on)
				d.defaults = append(d.defaults, columnRef{t.OID, c.Attnum})
			}
		}
		return true
	})
}

// column finds what depends on one column: views and foreign keys on its keys.
func (d *dropping) column(t *catalog.Table, attnum int16) error {
	on := fmt.Sprintf("column %s of table %s", t.ByAttnum(attnum).Name, t.Name)
	cat := d.cat()
	var err error
	cat.All(func(o catalog.Desc) bool {
		v, ok := o.(*catalog.View)
		if !ok || !slices.Contains(v.DependsOn, t.OID) {
			return true
		}
		var used []int16
		if used, err = d.Bind.ViewUses(v, t.OID); err == nil && slices.Contains(used, attnum) && d.add(v, on) {
			err = d.dependents(v)
		}
		return err == nil
	})
	for _, k := range t.Constraints {
		if (k.Type == 'p' || k.Type == 'u') && slices.Contains(k.Columns, attnum) {
			d.referencesTo(t, k.Index)
		}
	}
	return err
}

// report refuses a RESTRICT drop with dependents, or tells what CASCADE takes along.
func (d *dropping) report(what string) error {
	if len(d.what) == 0 {
		return nil
	}
	if d.behavior != ast.Cascade {
		return pgerr.New(pgcode.DependentObjectsStillExist, "cannot drop %s because other objects depend on it", what).
			WithDetail("%s", strings.Join(d.reasons, "\n")).
			WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	n := pgerr.New(pgcode.SuccessfulCompletion, "drop cascades to %s", d.what[0])
	if len(d.what) > 1 {
		list := make([]string, len(d.what))
		for i, w := range d.what {
			list[i] = "drop cascades to " + w
		}
		n = pgerr.New(pgcode.SuccessfulCompletion, "drop cascades to %d other objects", len(d.what)).WithDetail("%s", strings.Join(list, "\n"))
	}
	n.Severity = "NOTICE"
	d.Notice(n)
	return nil
}

// execute removes everything found.
func (d *dropping) execute() error {
	for _, f := range d.foreign {
		if d.cat().Table(f.table) != nil {
			if err := d.removeConstraint(f.table, f.c); err != nil {
				return err
			}
		}
	}
	for _, c := range d.defaults {
		if t := d.cat().Table(c.table); t != nil {
			t = t.Clone()
			t.Columns[c.attnum-1].Default = ""
			d.Edit.Put(t)
		}
	}
	for _, oid := range slices.Backward(d.order) {
		if err := d.remove(oid); err != nil {
			return err
		}
	}
	for oid := range d.targets {
		if err := d.remove(oid); err != nil {
			return err
		}
	}
	return nil
}

// remove drops one object with what belongs to it.
func (d *dropping) remove(oid uint32) error {
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
