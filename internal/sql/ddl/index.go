package ddl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/types"
)

// maxIndexKeys is PostgreSQL's INDEX_MAX_KEYS.
const maxIndexKeys = 32

// CreateIndex carries out CREATE INDEX.
func CreateIndex(e *Env, s *ast.CreateIndexStmt) error {
	t, err := e.indexable(s)
	if t == nil || err != nil {
		return err
	}
	x := &catalog.Index{
		Object: catalog.Object{Name: s.Name, Schema: t.Schema, Owner: t.Owner}, Table: t.OID, Unique: s.Unique,
		NullsNotDistinct: s.NullsNotDistinct, Method: "btree",
	}
	if err := e.indexKeys(t, x, s); err != nil {
		return err
	}
	x.Names = columnNames(t, x, s.Elems)
	if x.Options, err = indexOptions(s.Options); err != nil {
		return err
	}
	if s.Where != nil {
		if x.Where, _, err = e.Bind.Check(t, s.Where, "index predicate"); err != nil {
			return err
		}
	}
	if x.Name == "" {
		x.Name = e.indexName(t, x)
	}
	return e.putIndex(t, x)
}

// putIndex gives an index its identity and storage, and fills it.
func (e *Env) putIndex(t *catalog.Table, x *catalog.Index) (err error) {
	if x.OID, err = e.Data.NewOID(); err != nil {
		return err
	}
	if x.Storage, err = e.Data.NewStorage(); err != nil {
		return err
	}
	t = t.Clone()
	t.Indexes = append(t.Indexes, x.OID)
	e.Edit.Put(t)
	e.Edit.Put(x)
	return e.Data.BuildIndex(t, x)
}

// cloneIndex creates a copy of another table's index (LIKE INCLUDING INDEXES).
func (c *creation) cloneIndex(table uint32, x *catalog.Index) error {
	t := c.cat().Table(table)
	x.Table, x.Schema, x.Owner, x.Comment, x.FromSeq = t.OID, t.Schema, t.Owner, "", 0
	x.Name = c.indexName(t, x)
	return c.putIndex(t, x)
}

// indexable resolves the table of CREATE INDEX and checks the name; nil when IF
// NOT EXISTS applies.
func (e *Env) indexable(s *ast.CreateIndexStmt) (*catalog.Table, error) {
	d, err := e.relation(s.Table)
	if err != nil {
		return nil, err
	}
	t, ok := d.(*catalog.Table)
	if !ok {
		return nil, pgerr.New(pgcode.WrongObjectType, "cannot create index on relation %q", s.Table.Name).
			WithDetail("This operation is not supported for %ss.", kindName(d))
	}
	if err := e.owns(t); err != nil {
		return nil, err
	}
	if err := e.Lock(t.OID, ast.LockShare); err != nil {
		return nil, err
	}
	if err := e.notInUse(t, "CREATE INDEX"); err != nil {
		return nil, err
	}
	switch s.AccessMethod {
	case "", "btree":
	case "hash", "gist", "gin", "spgist", "brin":
		return nil, pgerr.NotSupported("Create a btree index.", "access method %q is not supported", s.AccessMethod)
	default:
		return nil, pgerr.New(pgcode.UndefinedObject, "access method %q does not exist", s.AccessMethod)
	}
	if s.Tablespace != "" && s.Tablespace != "pg_default" {
		return nil, pgerr.New(pgcode.UndefinedObject, "tablespace %q does not exist", s.Tablespace)
	}
	if s.Name == "" {
		return t, nil
	}
	if err := e.LockName(t.Schema, s.Name); err != nil {
		return nil, err
	}
	if s.IfNotExists && e.cat().Relation(t.Schema, s.Name) != nil {
		e.notice(pgcode.DuplicateTable, "relation %q already exists, skipping", s.Name)
		return nil, nil
	}
	return t, e.freeName(t.Schema, s.Name)
}

// indexKeys fills in the key and INCLUDE columns.
func (e *Env) indexKeys(t *catalog.Table, x *catalog.Index, s *ast.CreateIndexStmt) error {
	if len(s.Elems)+len(s.Including) > maxIndexKeys {
		return pgerr.New(pgcode.TooManyColumns, "cannot use more than %d columns in an index", maxIndexKeys)
	}
	for _, el := range s.Elems {
		key, err := e.indexKey(t, el)
		if err != nil {
			return err
		}
		x.Keys = append(x.Keys, key)
	}
	for _, el := range s.Including {
		if el.Expr != nil {
			return pgerr.New(pgcode.FeatureNotSupported, "expressions are not supported in included columns")
		}
		col, err := indexColumn(t, el)
		if err != nil {
			return err
		}
		x.Include = append(x.Include, col.Attnum)
	}
	return nil
}

func indexColumn(t *catalog.Table, el *ast.IndexElem) (*catalog.Column, error) {
	if c := t.Column(el.Name); c != nil {
		return c, nil
	}
	return nil, pgerr.New(pgcode.UndefinedColumn, "column %q does not exist", el.Name)
}

func (e *Env) indexKey(t *catalog.Table, el *ast.IndexElem) (catalog.IndexKey, error) {
	var key catalog.IndexKey
	if el.Expr != nil {
		text, typ, _, err := e.Bind.Key(t, el.Expr)
		if err != nil {
			return key, err
		}
		key.Expr, key.Type = text, typ
	} else {
		col, err := indexColumn(t, el)
		if err != nil {
			return key, err
		}
		key.Attnum, key.Type = col.Attnum, col.Type
	}
	if len(el.OpClass) > 0 {
		name := el.OpClass[len(el.OpClass)-1]
		if !operatorClasses[name] {
			return key, pgerr.New(pgcode.UndefinedObject, "operator class %q does not exist for access method \"btree\"", name)
		}
		if err := classTakes(name, key.Type); err != nil {
			return key, err
		}
		if patternClasses[name] {
			key.OpClass = name
		}
	} else if err := orderable(key.Type); err != nil {
		return key, err
	}
	if len(el.Collate) > 0 {
		if err := checkCollation(&ast.Collate{Pos: -1, Name: el.Collate}); err != nil {
			return key, err
		}
	}
	switch el.Direction {
	case ast.SortDesc:
		key.Desc, key.NullsFirst = true, true
	}
	switch el.Nulls {
	case ast.NullsFirst:
		key.NullsFirst = true
	case ast.NullsLast:
		key.NullsFirst = false
	}
	return key, nil
}

// operatorClasses are the btree operator classes an index may name. Order is
// bytewise, so the pattern classes equal the ordinary ones.
var operatorClasses = map[string]bool{
	"int2_ops": true, "int4_ops": true, "int8_ops": true, "float4_ops": true, "float8_ops": true, "numeric_ops": true,
	"text_ops": true, "varchar_ops": true, "bpchar_ops": true, "name_ops": true, "bool_ops": true, "bytea_ops": true,
	"char_ops": true, "date_ops": true, "time_ops": true, "timetz_ops": true, "timestamp_ops": true, "timestamptz_ops": true,
	"interval_ops": true, "uuid_ops": true, "oid_ops": true, "array_ops": true, "jsonb_ops": true,
	"text_pattern_ops": true, "varchar_pattern_ops": true, "bpchar_pattern_ops": true,
}

var patternClasses = map[string]bool{"text_pattern_ops": true, "varchar_pattern_ops": true, "bpchar_pattern_ops": true}

// classTakes checks that a column's type is the one an operator class is for.
func classTakes(class string, t types.T) error {
	input := strings.TrimSuffix(strings.TrimSuffix(class, "_ops"), "_pattern")
	info := types.Lookup(t.OID)
	switch have := info.Name; {
	case have == input, input == "array" && types.IsArray(t.OID), input == "varchar" && have == "text", input == "text" && have == "varchar":
		return nil
	}
	return pgerr.New(pgcode.DatatypeMismatch, "operator class %q does not accept data type %s", class, pgfmt.TypeName(t.OID))
}

// columnNames chooses the names of an index's columns: those of the table's, or
// what an expression suggests, numbered where they repeat.
func columnNames(t *catalog.Table, x *catalog.Index, elems []*ast.IndexElem) []string {
	var names []string
	add := func(name string) {
		unique := name
		for n := 1; slices.Contains(names, unique); n++ {
			digits := strconv.Itoa(n)
			unique = clip(name, min(len(name), maxName-len(digits))) + digits
		}
		names = append(names, unique)
	}
	for i, key := range x.Keys {
		name := "expr"
		if key.Attnum != 0 {
			name = t.ByAttnum(key.Attnum).Name
		} else if s := bind.ExprName(elems[i].Expr); s != "" {
			name = s
		}
		add(name)
	}
	for _, n := range x.Include {
		add(t.ByAttnum(n).Name)
	}
	return names
}

// currentNames are the index's column names after the table's present ones;
// expressions keep theirs.
func currentNames(t *catalog.Table, x *catalog.Index) []string {
	names := slices.Clone(x.Names)
	for i, a := range slices.Concat(keyColumnsOf(x), x.Include) {
		if a != 0 && i < len(names) {
			names[i] = t.ByAttnum(a).Name
		}
	}
	return names
}

// keyColumnsOf are the attnums of an index's keys, 0 for an expression.
func keyColumnsOf(x *catalog.Index) []int16 {
	list := make([]int16, len(x.Keys))
	for i, k := range x.Keys {
		list[i] = k.Attnum
	}
	return list
}

// indexName is table_columns_idx.
func (e *Env) indexName(t *catalog.Table, x *catalog.Index) string {
	return e.chooseName(t.Schema, append([]string{t.Name}, x.Names...), "idx", func(name string) bool {
		return slices.ContainsFunc(t.Constraints, func(c catalog.Constraint) bool { return c.Name == name })
	})
}
