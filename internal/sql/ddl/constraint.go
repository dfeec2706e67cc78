package ddl

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/types"
)

// addCheck adds a CHECK constraint; fresh is true for a table just created,
// which has no rows to validate.
func (e *Env) addCheck(table uint32, k *ast.Constraint, column string, fresh bool) error {
	t := e.cat().Table(table).Clone()
	text, columns, err := e.Bind.Check(t, k.Expr, "check constraint")
	if err != nil {
		return err
	}
	name := k.Name
	if name == "" {
		name = e.checkName(t, columns, column)
	} else if err := freeConstraint(t, name); err != nil {
		if fresh {
			err = pgerr.New(pgcode.DuplicateObject, "check constraint %q already exists", name)
		}
		return err
	}
	oid, err := e.Data.NewOID()
	if err != nil {
		return err
	}
	c := catalog.Constraint{
		OID: oid, Name: name, Type: 'c', Columns: columns, Expr: text, NoInherit: k.NoInherit,
		NotValid: k.NotValid && !fresh,
	}
	t.Constraints = append(t.Constraints, c)
	e.Edit.Put(t)
	if fresh || c.NotValid {
		return nil
	}
	return e.validate(t, &c, 0)
}

// checkName chooses PostgreSQL's name for an unnamed CHECK: with the column's
// name when exactly one is used.
func (e *Env) checkName(t *catalog.Table, columns []int16, column string) string {
	parts := []string{t.Name}
	if len(columns) == 1 {
		parts = append(parts, t.ByAttnum(columns[0]).Name)
	} else if column != "" && len(columns) == 0 {
		parts = append(parts, column)
	}
	for n := 0; ; n++ {
		if name := objectName(parts, "check", n); t.Constraint(name) == nil {
			return name
		}
	}
}

func freeConstraint(t *catalog.Table, name string) error {
	if t.Constraint(name) == nil {
		return nil
	}
	return pgerr.New(pgcode.DuplicateObject, "constraint %q for relation %q already exists", name, t.Name)
}

// constraintColumns are the column names a key constraint lists, or its own column.
func constraintColumns(k *ast.Constraint, column string) []string {
	if k.Columns == nil && column != "" {
		return []string{column}
	}
	return k.Columns
}

// addIndexConstraint adds a PRIMARY KEY or UNIQUE constraint with its index.
func (e *Env) addIndexConstraint(table uint32, k *ast.Constraint, column string, fresh bool) error {
	if k.Kind == ast.ConstraintExclude {
		return pgerr.NotSupported("Use a unique constraint where equality is enough.", "exclusion constraints are not supported")
	}
	t := e.cat().Table(table).Clone()
	primary := k.Kind == ast.ConstraintPrimaryKey
	if k.UsingIndex != "" {
		return e.constraintUsingIndex(t, k, primary)
	}
	if primary && t.PKIndex != 0 {
		return pgerr.New(pgcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name).At(bytePos(k.Pos))
	}
	columns, err := keyColumns(t, constraintColumns(k, column), primary, k.Pos)
	if err != nil {
		return err
	}
	options, err := indexOptions(k.Options)
	if err != nil {
		return err
	}
	include, err := includeColumns(t, k.Including)
	if err != nil {
		return err
	}
	x := &catalog.Index{
		Object: catalog.Object{Schema: t.Schema, Owner: t.Owner}, Table: t.OID, Unique: true, Primary: primary,
		NullsNotDistinct: k.NullsNotDistinct, Deferrable: k.Deferrable, Include: include, Method: "btree", Options: options,
	}
	for _, n := range columns {
		key, err := columnKey(t, n)
		if err != nil {
			return err
		}
		x.Keys = append(x.Keys, key)
	}
	x.Names = columnNames(t, x, nil)
	if x.Name, err = e.constraintIndexName(t, k, columns, include); err != nil {
		return err
	}
	if x.OID, err = e.Data.NewOID(); err != nil {
		return err
	}
	return e.attachIndexConstraint(t, x, k, fresh)
}

// attachIndexConstraint puts index and constraint in the catalog and builds what
// must be built. A primary key becomes the clustering key, unless deferrable.
func (e *Env) attachIndexConstraint(t *catalog.Table, x *catalog.Index, k *ast.Constraint, fresh bool) error {
	oid, err := e.Data.NewOID()
	if err != nil {
		return err
	}
	columns := make([]int16, len(x.Keys))
	for i, key := range x.Keys {
		columns[i] = key.Attnum
	}
	kind := byte('u')
	if x.Primary {
		kind = 'p'
	}
	if x.Primary && !fresh {
		for _, n := range columns {
			if !t.Columns[n-1].NotNull {
				if err := e.Data.Validate(t, nil, n); err != nil {
					return err
				}
			}
		}
	}
	old := t.Clone()
	t.Constraints = append(t.Constraints, catalog.Constraint{
		OID: oid, Name: x.Name, Type: kind, Columns: columns, Index: x.OID,
		Deferrable: k.Deferrable, Deferred: k.InitDeferred, NoInherit: true,
	})
	t.Indexes = append(t.Indexes, x.OID)
	cluster := x.Primary && !k.Deferrable
	if !cluster {
		if x.Storage, err = e.Data.NewStorage(); err != nil {
			return err
		}
	}
	if x.Primary {
		t.PKIndex = x.OID
		for _, n := range columns {
			t.Columns[n-1].NotNull = true
		}
	}
	e.Edit.Put(x)
	switch {
	case cluster && !fresh:
		t.PrimaryKey = columns
		return e.rewrite(old, t, nil)
	case cluster:
		t.PrimaryKey = columns
	}
	e.Edit.Put(t)
	if fresh || cluster {
		return nil
	}
	return e.Data.BuildIndex(t, x)
}

// constraintUsingIndex turns a unique index into a constraint.
func (e *Env) constraintUsingIndex(t *catalog.Table, k *ast.Constraint, primary bool) error {
	x, _ := e.cat().Relation(t.Schema, k.UsingIndex).(*catalog.Index)
	if x == nil || x.Table != t.OID {
		return pgerr.New(pgcode.UndefinedObject, "index %q does not exist", k.UsingIndex).At(bytePos(k.Pos))
	}
	if !x.Unique || x.Where != "" || slices.ContainsFunc(x.Keys, func(key catalog.IndexKey) bool { return key.Attnum == 0 }) {
		return pgerr.New(pgcode.WrongObjectType, "%q is not a unique index", x.Name).
			WithDetail("Cannot create a primary key or unique constraint using such an index.").At(bytePos(k.Pos))
	}
	if primary {
		return pgerr.NotSupported("Write ADD PRIMARY KEY (columns).", "ADD PRIMARY KEY USING INDEX is not supported")
	}
	if k.Deferrable {
		return pgerr.NotSupported("Write ADD UNIQUE (columns) DEFERRABLE.", "a deferrable constraint over an index that exists is not supported")
	}
	oid, err := e.Data.NewOID()
	if err != nil {
		return err
	}
	x = x.Clone()
	if k.Name != "" && k.Name != x.Name {
		e.notice(pgcode.SuccessfulCompletion, "ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index %q to %q", x.Name, k.Name)
		if err := e.freeName(t.Schema, k.Name); err != nil {
			return err
		}
		x.Name = k.Name
	}
	columns := make([]int16, len(x.Keys))
	for i, key := range x.Keys {
		columns[i] = key.Attnum
	}
	t.Constraints = append(t.Constraints, catalog.Constraint{
		OID: oid, Name: x.Name, Type: 'u', Columns: columns, Index: x.OID,
		Deferrable: k.Deferrable, Deferred: k.InitDeferred, NoInherit: true,
	})
	e.Edit.Put(x)
	e.Edit.Put(t)
	return nil
}

// constraintIndexName is the given name, checked, or table_pkey, table_cols_key.
func (e *Env) constraintIndexName(t *catalog.Table, k *ast.Constraint, columns, include []int16) (string, error) {
	if k.Name != "" {
		if err := e.freeName(t.Schema, k.Name); err != nil {
			return "", err
		}
		return k.Name, freeConstraint(t, k.Name)
	}
	taken := func(name string) bool { return t.Constraint(name) != nil }
	if k.Kind == ast.ConstraintPrimaryKey {
		return e.chooseName(t.Schema, []string{t.Name}, "pkey", taken), nil
	}
	parts := []string{t.Name}
	for _, n := range slices.Concat(columns, include) {
		parts = append(parts, t.ByAttnum(n).Name)
	}
	return e.chooseName(t.Schema, parts, "key", taken), nil
}

func includeColumns(t *catalog.Table, names []string) ([]int16, error) {
	var list []int16
	for _, name := range names {
		col := t.Column(name)
		if col == nil {
			return nil, pgerr.New(pgcode.UndefinedColumn, "column %q named in key does not exist", name)
		}
		list = append(list, col.Attnum)
	}
	return list, nil
}

// columnKey is a plain ascending key column; types without an order are 42704.
func columnKey(t *catalog.Table, attnum int16) (catalog.IndexKey, error) {
	typ := t.ByAttnum(attnum).Type
	if err := orderable(typ); err != nil {
		return catalog.IndexKey{}, err
	}
	return catalog.IndexKey{Attnum: attnum, Type: typ}, nil
}

// orderable refuses types that have no btree operator class.
func orderable(t types.T) error {
	switch t.OID {
	case types.JSON, types.XML, types.JSONPath, 600, 601, 602, 603, 604, 628, 718:
		name := pgfmt.FormatType(types.Of(t.OID))
		return pgerr.New(pgcode.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", name).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
	}
	return nil
}

// addForeignKey adds a FOREIGN KEY.
func (e *Env) addForeignKey(table uint32, k *ast.Constraint, column string, fresh bool) error {
	t := e.cat().Table(table)
	parent, err := e.referenced(k)
	if err != nil {
		return err
	}
	if k.Match == ast.MatchPartial {
		return pgerr.New(pgcode.FeatureNotSupported, "MATCH PARTIAL not yet implemented").At(bytePos(k.Pos))
	}
	columns, err := foreignColumns(t, constraintColumns(k, column), k.Pos)
	if err != nil {
		return err
	}
	refColumns, index, err := e.referencedKey(parent, k)
	if err != nil {
		return err
	}
	if len(columns) != len(refColumns) {
		return pgerr.New(pgcode.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	name := k.Name
	if name == "" {
		parts := []string{t.Name}
		for _, n := range columns {
			parts = append(parts, t.ByAttnum(n).Name)
		}
		for n := 0; name == "" || t.Constraint(name) != nil; n++ {
			name = objectName(parts, "fkey", n)
		}
	} else if err := freeConstraint(t, name); err != nil {
		return err
	}
	if err := compatibleKeys(name, t, columns, parent, refColumns); err != nil {
		return err
	}
	if len(k.OnDeleteCols) > 0 {
		return pgerr.NotSupported("Leave the column list out.", "ON DELETE SET with a column list is not supported")
	}
	oid, err := e.Data.NewOID()
	if err != nil {
		return err
	}
	c := catalog.Constraint{
		OID: oid, Name: name, Type: 'f', Columns: columns, Index: index, RefTable: parent.OID, RefColumns: refColumns,
		OnDelete: fkAction(k.OnDelete), OnUpdate: fkAction(k.OnUpdate), MatchFull: k.Match == ast.MatchFull,
		Deferrable: k.Deferrable, Deferred: k.InitDeferred, NotValid: k.NotValid && !fresh, NoInherit: true,
	}
	child := t.Clone()
	child.Constraints = append(child.Constraints, c)
	e.Edit.Put(child)
	e.addReference(parent.OID, child.OID)
	if fresh || c.NotValid {
		return nil
	}
	return e.validate(child, &c, 0)
}

// addReference notes in the parent that the child refers to it.
func (e *Env) addReference(parent, child uint32) {
	p := e.cat().Table(parent)
	if slices.Contains(p.ReferencedBy, child) {
		return
	}
	p = p.Clone()
	p.ReferencedBy = append(p.ReferencedBy, child)
	e.Edit.Put(p)
}

// dropReference removes that note when no foreign key is left.
func (e *Env) dropReference(parent, child uint32) {
	cat := e.cat()
	p, c := cat.Table(parent), cat.Table(child)
	if p == nil {
		return
	}
	if c != nil && slices.ContainsFunc(c.Constraints, func(k catalog.Constraint) bool { return k.Type == 'f' && k.RefTable == parent }) {
		return
	}
	p = p.Clone()
	p.ReferencedBy = slices.DeleteFunc(p.ReferencedBy, func(oid uint32) bool { return oid == child })
	e.Edit.Put(p)
}

// referenced resolves the table a foreign key refers to.
func (e *Env) referenced(k *ast.Constraint) (*catalog.Table, error) {
	d, err := e.relation(k.RefTable)
	if err != nil {
		return nil, err
	}
	p, ok := d.(*catalog.Table)
	if !ok {
		return nil, pgerr.New(pgcode.WrongObjectType, "referenced relation %q is not a table", k.RefTable.Name)
	}
	return p, e.Lock(p.OID, ast.LockShareRowExclusive)
}

func foreignColumns(t *catalog.Table, names []string, pos int) ([]int16, error) {
	var list []int16
	for _, name := range names {
		col := t.Column(name)
		if col == nil {
			return nil, pgerr.New(pgcode.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", name)
		}
		list = append(list, col.Attnum)
	}
	return list, nil
}

// referencedKey finds the unique index of the referenced columns: the primary
// key when none are named.
func (e *Env) referencedKey(p *catalog.Table, k *ast.Constraint) (columns []int16, index uint32, err error) {
	cat := e.cat()
	if len(k.RefColumns) == 0 {
		if p.PKIndex == 0 {
			return nil, 0, pgerr.New(pgcode.UndefinedObject, "there is no primary key for referenced table %q", p.Name)
		}
		if cat.Index(p.PKIndex).Deferrable {
			return nil, 0, deferrableReference(p, "primary key")
		}
		for _, key := range cat.Index(p.PKIndex).Keys {
			columns = append(columns, key.Attnum)
		}
		return columns, p.PKIndex, nil
	}
	if columns, err = foreignColumns(p, k.RefColumns, k.Pos); err != nil {
		return nil, 0, err
	}
	deferrable := false
	for _, oid := range p.Indexes {
		x := cat.Index(oid)
		if !x.Unique || x.Where != "" || !sameColumns(x, columns) {
			continue
		}
		if !x.Deferrable {
			return columns, oid, nil
		}
		deferrable = true
	}
	if deferrable {
		return nil, 0, deferrableReference(p, "unique constraint")
	}
	return nil, 0, pgerr.New(pgcode.InvalidForeignKey, "there is no unique constraint matching given keys for referenced table %q", p.Name)
}

func deferrableReference(p *catalog.Table, what string) error {
	return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "cannot use a deferrable %s for referenced table %q", what, p.Name)
}

// sameColumns reports whether the index's keys are these columns in any order.
func sameColumns(x *catalog.Index, columns []int16) bool {
	if len(x.Keys) != len(columns) {
		return false
	}
	for _, key := range x.Keys {
		if key.Attnum == 0 || !slices.Contains(columns, key.Attnum) {
			return false
		}
	}
	return true
}

// compatibleKeys checks that the equality of the referenced key's index can
// compare each pair of columns: by an operator of its own for the pair, or after
// an implicit conversion of the referencing column.
func compatibleKeys(name string, t *catalog.Table, columns []int16, p *catalog.Table, ref []int16) error {
	for i, n := range columns {
		a, b := t.ByAttnum(n), p.ByAttnum(ref[i])
		if !bind.KeyComparable(b.Type.OID, a.Type.OID) {
			return pgerr.New(pgcode.DatatypeMismatch, "foreign key constraint %q cannot be implemented", name).
				WithDetail("Key columns %q and %q are of incompatible types: %s and %s.", a.Name, b.Name, pgfmt.TypeName(a.Type.OID), pgfmt.TypeName(b.Type.OID))
		}
		if from, to := datum.KindOf(a.Type.OID), datum.KindOf(b.Type.OID); from != to && (zoned(from) || zoned(to)) {
			return pgerr.NotSupported("Give both columns the same type.",
				"foreign key constraint %q between types %s and %s, which depends on the time zone, is not supported", name, pgfmt.FormatType(a.Type), pgfmt.FormatType(b.Type))
		}
	}
	return nil
}

// zoned reports whether a conversion to or from a kind looks at the session's time
// zone.
func zoned(k datum.Kind) bool { return k == datum.TimestampTZ || k == datum.TimeTZ }

func fkAction(a ast.FKAction) byte {
	return "arcnd"[a]
}
