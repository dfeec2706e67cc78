package table

import (
	"slices"
	"sync"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// foreignKey is a FOREIGN KEY constraint; child and parent may be one table.
type foreignKey struct {
	c      *catalog.Constraint
	child  uint32
	parent uint32
	casts  func() (*keyCasts, error)
}

func (s *Set) foreignKey(c *catalog.Constraint, child *catalog.Table) *foreignKey {
	f := &foreignKey{c: c, child: child.OID, parent: c.RefTable}
	f.casts = sync.OnceValues(func() (*keyCasts, error) { return s.keyCasts(c, child) })
	return f
}

func (t *Table) openForeignKeys() {
	for i := range t.Desc.Constraints {
		if c := &t.Desc.Constraints[i]; c.Type == 'f' {
			t.foreign = append(t.foreign, t.set.foreignKey(c, t.Desc))
		}
	}
	seen := map[uint32]bool{}
	for _, oid := range append(slices.Clone(t.Desc.ReferencedBy), t.Desc.OID) {
		child := t.set.cat.Table(oid)
		if child == nil || seen[oid] {
			continue
		}
		seen[oid] = true
		for i := range child.Constraints {
			if c := &child.Constraints[i]; c.Type == 'f' && c.RefTable == t.Desc.OID {
				t.referenced = append(t.referenced, t.set.foreignKey(c, child))
			}
		}
	}
}

// pick returns the values of columns.
func pick(values []datum.Datum, cols []int16) []datum.Datum {
	list := make([]datum.Datum, len(cols))
	for i, att := range cols {
		list[i] = values[att-1]
	}
	return list
}

func anyNull(list []datum.Datum) bool {
	return slices.ContainsFunc(list, datum.Datum.IsNull)
}

func overlap(a, b []int16) bool {
	return slices.ContainsFunc(a, func(x int16) bool { return slices.Contains(b, x) })
}

// describe prints key columns of a table with their values.
func (t *Table) describe(cols []int16, values []datum.Datum) string {
	names := make([]string, len(cols))
	list := make([]types.T, len(cols))
	for i, att := range cols {
		names[i], list[i] = t.Desc.Columns[att-1].Name, t.Desc.Columns[att-1].Type
	}
	return describeKey(names, list, values)
}

// missingParent is the error of a child whose key has no parent. values are of
// the child's types.
func (f *foreignKey) missingParent(child, parent *Table, values []datum.Datum) error {
	return f.insertError(child).WithDetail("Key %s is not present in table %q.", child.describe(f.c.Columns, values), parent.Desc.Name)
}

func (f *foreignKey) mixedNulls(child *Table) error {
	return f.insertError(child).WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.")
}

func (f *foreignKey) insertError(child *Table) *pgerr.Error {
	return pgerr.New(pgcode.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", child.Desc.Name, f.c.Name).
		WithTable(child.schema, child.Desc.Name).WithConstraint(f.c.Name)
}

// stillReferenced is the error of a parent that children still point to.
func (f *foreignKey) stillReferenced(child, parent *Table, values []datum.Datum) error {
	return pgerr.New(pgcode.ForeignKeyViolation, "update or delete on table %q violates foreign key constraint %q on table %q",
		parent.Desc.Name, f.c.Name, child.Desc.Name).
		WithDetail("Key %s is still referenced from table %q.", parent.describe(f.c.RefColumns, values), child.Desc.Name).
		WithTable(child.schema, child.Desc.Name).WithConstraint(f.c.Name)
}

// parentKey returns the key of the parent row with these values in the
// referenced columns, as of now; nil if there is none.
func (w *Writer) parentKey(f *foreignKey, parent *Table, values []datum.Datum) ([]byte, error) {
	x := parent.Index(f.c.Index)
	if x == nil {
		if x = parent.uniqueOn(f.c.RefColumns); x == nil {
			return nil, pgerr.Internal("foreign key %q has no unique index to check with", f.c.Name)
		}
	}
	byAtt := make([]datum.Datum, len(parent.Desc.Columns))
	for i, att := range f.c.RefColumns {
		byAtt[att-1] = values[i]
	}
	if x.Clustering() {
		key := parent.KeyOf(nil, byAtt)
		_, found, err := w.tx.Newest(parent.shape.id, key)
		if !found {
			key = nil
		}
		return key, err
	}
	ok, err := x.makeKey(&w.new, byAtt)
	if err != nil || !ok {
		return nil, err
	}
	img, found, err := w.tx.Newest(x.storage, w.new.key)
	if err != nil || !found {
		return nil, err
	}
	key, _, err := x.splitTuple(img.Tuple)
	return slices.Clone(key), err
}

// uniqueOn returns a unique index over exactly these columns.
func (t *Table) uniqueOn(cols []int16) *Index {
	for _, x := range t.Indexes {
		if x.Desc.Unique && !x.Desc.Deferrable && x.where == nil && len(x.keys) == len(cols) &&
			!slices.ContainsFunc(x.keys, func(k indexKey) bool { return !slices.Contains(cols, k.attnum) }) {
			return x
		}
	}
	return nil
}

// leading returns an index whose first key columns are exactly these columns, in
// any order; it serves to find children.
func (t *Table) leading(cols []int16) *Index {
	for _, x := range t.Indexes {
		if x.where != nil || len(x.keys) < len(cols) {
			continue
		}
		n := 0
		for n < len(cols) && x.keys[n].attnum != 0 && slices.Contains(cols, x.keys[n].attnum) {
			n++
		}
		if n == len(cols) {
			return x
		}
	}
	return nil
}
