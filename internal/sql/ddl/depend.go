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

// maxReportedDependents is how many dependents a message lists, as in PostgreSQL.
const maxReportedDependents = 100

// dropping is one DROP: what is named, and what depends on it. Dependents are
// found and reported in PostgreSQL's order: a walk that visits what depends on an
// object newest first and notes it after its own dependents; the report reads the
// list from the end.
type dropping struct {
	*Env
	behavior ast.Behavior
	targets  []uint32
	seen     map[string]bool
	found    []dependent
}

// dependent is an object that goes with another: a relation, a foreign key of a
// table, or the default of a column.
type dependent struct {
	oid        uint32 // of the relation, or of what it belongs to; orders the walk
	table      uint32
	constraint *catalog.Constraint
	column     int16
	name       string // "view v"
	on         string // what it depends on
}

func newDrop(e *Env, b ast.Behavior) *dropping {
	return &dropping{Env: e, behavior: b, seen: map[string]bool{}}
}

// target adds an object that is named itself.
func (d *dropping) target(obj catalog.Desc) {
	if oid := obj.Head().OID; !slices.Contains(d.targets, oid) {
		d.targets = append(d.targets, oid)
	}
}

// finish finds the dependents of the targets and drops all.
func (d *dropping) finish() error {
	if len(d.targets) == 0 {
		return nil
	}
	for _, oid := range d.targets {
		obj := d.cat().Get(oid)
		list, err := d.dependents(obj)
		if err != nil {
			return err
		}
		if err := d.walk(list, d.describe(obj)); err != nil {
			return err
		}
	}
	what := d.describe(d.cat().Get(d.targets[0]))
	if len(d.targets) > 1 {
		what = ""
	}
	if err := d.report(what); err != nil {
		return err
	}
	return d.execute()
}

// walk notes dependents of the object named on, after their own.
func (d *dropping) walk(list []dependent, on string) error {
	slices.SortStableFunc(list, func(a, b dependent) int { return int(b.oid) - int(a.oid) })
	for _, x := range list {
		if d.seen[x.name] || x.constraint == nil && x.column == 0 && slices.Contains(d.targets, x.oid) {
			continue
		}
		d.seen[x.name] = true
		if x.constraint == nil && x.column == 0 {
			more, err := d.dependents(d.cat().Get(x.oid))
			if err != nil {
				return err
			}
			if err := d.walk(more, x.name); err != nil {
				return err
			}
		}
		x.on = on
		d.found = append(d.found, x)
	}
	return nil
}

// describe names an object as messages do: with its schema when the search path
// does not find it.
func (e *Env) describe(d catalog.Desc) string {
	return kindName(d) + " " + e.displayName(d)
}

func (e *Env) displayName(d catalog.Desc) string {
	h := d.Head()
	if h.Schema == 0 {
		return h.Name
	}
	if found, err := e.find("", h.Name, -1); err == nil && found != nil && found.Head().OID == h.OID {
		return keyword.QuoteIdent(h.Name)
	}
	return keyword.QuoteIdent(e.cat().Schema(h.Schema).Name) + "." + keyword.QuoteIdent(h.Name)
}

func (d *dropping) relationDependent(o catalog.Desc) dependent {
	return dependent{oid: o.Head().OID, name: d.describe(o)}
}

// dependents lists what depends directly on an object as a whole.
func (d *dropping) dependents(obj catalog.Desc) (list []dependent, err error) {
	switch obj := obj.(type) {
	case *catalog.Schema:
		d.cat().InSchema(obj.OID, func(o catalog.Desc) bool {
			q, isSequence := o.(*catalog.Sequence)
			// Indexes go with their table and owned sequences with their column.
			if o.Kind() != catalog.KindIndex && !(isSequence && q.OwnerTable != 0) {
				list = append(list, d.relationDependent(o))
			}
			return true
		})
	case *catalog.Table:
		list = append(d.referencesTo(obj, func(catalog.Constraint) bool { return true }), d.views(obj.OID)...)
		for _, c := range obj.Live() {
			if q := d.cat().Sequence(c.Sequence); q != nil {
				list = append(list, d.defaultsOf(q)...)
			}
		}
	case *catalog.View:
		list = d.views(obj.OID)
	case *catalog.Sequence:
		list = d.defaultsOf(obj)
	}
	return list, nil
}

// views lists the views that read a relation.
func (d *dropping) views(oid uint32) (list []dependent) {
	d.cat().All(func(o catalog.Desc) bool {
		if v, ok := o.(*catalog.View); ok && slices.Contains(v.DependsOn, oid) {
			list = append(list, d.relationDependent(v))
		}
		return true
	})
	return list
}

// referencesTo lists the foreign keys that refer to a table and pass the test.
func (d *dropping) referencesTo(t *catalog.Table, test func(catalog.Constraint) bool) (list []dependent) {
	for _, oid := range t.ReferencedBy {
		child := d.cat().Table(oid)
		if child == nil {
			continue
		}
		for _, k := range child.Constraints {
			if k.Type != 'f' || k.RefTable != t.OID || !test(k) {
				continue
			}
			list = append(list, dependent{
				oid: k.OID, table: child.OID, constraint: &k,
				name: fmt.Sprintf("constraint %s on table %s", k.Name, d.displayName(child)),
			})
		}
	}
	return list
}

// defaultsOf lists the column defaults that name a sequence.
func (d *dropping) defaultsOf(q *catalog.Sequence) (list []dependent) {
	cat := d.cat()
	qualified := keyword.QuoteIdent(cat.Schema(q.Schema).Name) + "." + keyword.QuoteIdent(q.Name)
	call := keyword.QuoteLiteral(qualified) + "::regclass"
	cat.All(func(o catalog.Desc) bool {
		t, ok := o.(*catalog.Table)
		if !ok {
			return true
		}
		for _, c := range t.Live() {
			if strings.Contains(c.Default, call) {
				list = append(list, dependent{
					oid: t.OID, table: t.OID, column: c.Attnum,
					name: fmt.Sprintf("default value for column %s of table %s", c.Name, d.displayName(t)),
				})
			}
		}
		return true
	})
	return list
}

// column finds what depends on one column of a table: views that read it, foreign
// keys that refer to it, defaults that use its sequence.
func (d *dropping) column(t *catalog.Table, attnum int16) error {
	list := d.referencesTo(t, func(k catalog.Constraint) bool { return slices.Contains(k.RefColumns, attnum) })
	var err error
	d.cat().All(func(o catalog.Desc) bool {
		v, ok := o.(*catalog.View)
		if !ok || !slices.Contains(v.DependsOn, t.OID) {
			return true
		}
		var used []int16
		if used, err = d.Bind.ViewUses(v, t.OID); err == nil && slices.Contains(used, attnum) {
			list = append(list, d.relationDependent(v))
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	col := t.ByAttnum(attnum)
	if q := d.cat().Sequence(col.Sequence); q != nil {
		list = append(list, slices.DeleteFunc(d.defaultsOf(q), func(x dependent) bool { return x.table == t.OID && x.column == attnum })...)
	}
	return d.walk(list, d.describeColumn(t, col))
}

func (e *Env) describeColumn(t *catalog.Table, c *catalog.Column) string {
	return fmt.Sprintf("column %s of table %s", c.Name, e.displayName(t))
}

// keyIndex finds the foreign keys that need an index.
func (d *dropping) keyIndex(t *catalog.Table, index uint32) error {
	list := d.referencesTo(t, func(k catalog.Constraint) bool { return k.Index == index })
	return d.walk(list, d.describe(d.cat().Index(index)))
}

// reported are the dependents that are worth a message, oldest first: what belongs
// to a table that goes is not.
func (d *dropping) reported() (list []dependent) {
	goes := func(table uint32) bool {
		return slices.Contains(d.targets, table) ||
			slices.ContainsFunc(d.found, func(x dependent) bool { return x.constraint == nil && x.column == 0 && x.oid == table })
	}
	for _, x := range slices.Backward(d.found) {
		if (x.constraint != nil || x.column != 0) && goes(x.table) {
			continue
		}
		list = append(list, x)
	}
	return list
}

// report refuses a RESTRICT drop with dependents, or tells what CASCADE takes
// along. what is the object that is dropped, "" for several.
func (d *dropping) report(what string) error {
	list := d.reported()
	if len(list) == 0 {
		return nil
	}
	lines := make([]string, 0, len(list))
	for i, x := range list {
		switch {
		case i == maxReportedDependents:
			lines = append(lines, fmt.Sprintf("and %d other objects (see server log for list)", len(list)-i))
		case i > maxReportedDependents:
		case d.behavior == ast.Cascade:
			lines = append(lines, "drop cascades to "+x.name)
		default:
			lines = append(lines, x.name+" depends on "+x.on)
		}
	}
	detail := strings.Join(lines, "\n")
	if d.behavior != ast.Cascade {
		err := pgerr.New(pgcode.DependentObjectsStillExist, "cannot drop %s because other objects depend on it", what)
		if what == "" {
			err = pgerr.New(pgcode.DependentObjectsStillExist, "cannot drop desired object(s) because other objects depend on them")
		}
		return err.WithDetail("%s", detail).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	n := pgerr.New(pgcode.SuccessfulCompletion, "%s", lines[0])
	if len(list) > 1 {
		n = pgerr.New(pgcode.SuccessfulCompletion, "drop cascades to %d other objects", len(list)).WithDetail("%s", detail)
	}
	n.Severity = "NOTICE"
	d.Notice(n)
	return nil
}
