// Package bindtest holds a toy catalog for tests of binding, printing and
// planning: relations made from a few DDL statements, without storage.
package bindtest

import (
	_ "embed" // the schema of the tests
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/parse"
)

// Catalog is a bind.Catalog made from CREATE TABLE and CREATE VIEW texts.
type Catalog struct {
	relations map[string]*bind.Relation // by schema.name
	nextOID   uint32
}

// Schema is the DDL of the tables and views that tests use. PostgreSQL takes it
// too.
//
//go:embed schema.sql
var Schema string

// Default returns a catalog with Schema in it.
func Default() (*Catalog, error) {
	c := New()
	return c, c.Run(Schema)
}

// New returns an empty catalog.
func New() *Catalog {
	return &Catalog{relations: map[string]*bind.Relation{}, nextOID: 20000}
}

// Relation implements bind.Catalog.
func (c *Catalog) Relation(schema, name string) *bind.Relation {
	if schema != "" {
		return c.relations[schema+"."+name]
	}
	for _, s := range []string{"pg_catalog", "bindtest"} {
		if r := c.relations[s+"."+name]; r != nil {
			return r
		}
	}
	return nil
}

// RelationByOID implements bind.Catalog.
func (c *Catalog) RelationByOID(oid uint32) *bind.Relation {
	for _, r := range c.relations {
		if r.Desc.Head().OID == oid {
			return r
		}
	}
	return nil
}

// HasSchema implements bind.Catalog.
func (c *Catalog) HasSchema(name string) bool {
	switch name {
	case "bindtest", "pg_catalog", "drift", "s2", "information_schema":
		return true
	}
	return false
}

// InPath implements bind.Catalog.
func (c *Catalog) InPath(schema string) bool {
	return schema == "bindtest" || schema == "pg_catalog"
}

// Database implements bind.Catalog.
func (c *Catalog) Database() string { return "driftdb" }

// Run executes CREATE TABLE, CREATE VIEW and CREATE UNIQUE INDEX, as far as
// tests need them.
func (c *Catalog) Run(sql string) error {
	list, err := parse.Statements(sql)
	if err != nil {
		return err
	}
	for _, raw := range list {
		switch s := raw.Stmt.(type) {
		case *ast.CreateTableStmt:
			err = c.createTable(s)
		case *ast.CreateViewStmt:
			text := sql[raw.Start : raw.Start+raw.Len]
			err = c.createView(s, text[strings.Index(strings.ToLower(text), " as ")+4:])
		case *ast.CreateIndexStmt:
			err = c.createIndex(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Catalog) add(schema string, d catalog.Desc) {
	if schema == "" {
		schema = "bindtest"
	}
	d.Head().OID = c.nextOID
	c.nextOID++
	c.relations[schema+"."+d.Head().Name] = &bind.Relation{Desc: d, Schema: schema}
}

func (c *Catalog) createTable(s *ast.CreateTableStmt) error {
	t := &catalog.Table{}
	t.Name, t.Persistence = s.Table.Name, 'p'
	for _, e := range s.Elements {
		switch e := e.(type) {
		case *ast.ColumnDef:
			typ, err := bind.ResolveType(c, e.Type)
			if err != nil {
				return err
			}
			col := catalog.Column{Attnum: int16(len(t.Columns) + 1), Name: e.Name, Type: typ}
			for _, con := range e.Constraints {
				c.constraint(t, &col, con)
			}
			t.Columns = append(t.Columns, col)
		case *ast.Constraint:
			c.constraint(t, nil, e)
		}
	}
	for _, o := range s.Options {
		t.NoHistory = t.NoHistory || o.Name == "system_versioning"
	}
	c.add(s.Table.Schema, t)
	return nil
}

func (c *Catalog) constraint(t *catalog.Table, col *catalog.Column, con *ast.Constraint) {
	var cols []int16
	if col != nil {
		cols = []int16{col.Attnum}
	}
	for _, name := range con.Columns {
		for i := range t.Columns {
			if t.Columns[i].Name == name {
				cols = append(cols, t.Columns[i].Attnum)
			}
		}
	}
	switch con.Kind {
	case ast.ConstraintNotNull:
		col.NotNull = true
	case ast.ConstraintDefault:
		col.Default = exprText(con.Expr)
	case ast.ConstraintIdentity:
		col.Identity = 'd'
		if con.Always {
			col.Identity = 'a'
		}
		col.Sequence = 777
	case ast.ConstraintGenerated:
		col.Generated = exprText(con.Expr)
	case ast.ConstraintCheck:
		t.Constraints = append(t.Constraints, catalog.Constraint{Name: t.Name + "_check", Type: 'c', Expr: exprText(con.Expr)})
	case ast.ConstraintPrimaryKey, ast.ConstraintUnique:
		kind := map[ast.ConstraintKind]byte{ast.ConstraintPrimaryKey: 'p', ast.ConstraintUnique: 'u'}[con.Kind]
		x := &catalog.Index{Unique: true, Primary: kind == 'p'}
		x.Name = t.Name + map[byte]string{'p': "_pkey", 'u': "_key"}[kind]
		for _, a := range cols {
			x.Keys = append(x.Keys, catalog.IndexKey{Attnum: a})
		}
		c.add("bindtest", x)
		t.Indexes = append(t.Indexes, x.OID)
		t.Constraints = append(t.Constraints, catalog.Constraint{Name: x.Name, Type: kind, Columns: cols, Index: x.OID})
		if kind == 'p' {
			t.PrimaryKey, t.PKIndex = cols, x.OID
		}
	}
}

// exprText prints the few kinds of expressions that test tables use.
func exprText(e ast.Expr) string { return ast.Format(e) }

func (c *Catalog) createView(s *ast.CreateViewStmt, text string) error {
	v := &catalog.View{Query: text}
	v.Name = s.View.Name
	for _, name := range s.Columns {
		v.Columns = append(v.Columns, catalog.ViewColumn{Name: name})
	}
	c.add(s.View.Schema, v)
	return nil
}

func (c *Catalog) createIndex(s *ast.CreateIndexStmt) error {
	t := c.Relation(s.Table.Schema, s.Table.Name).Desc.(*catalog.Table)
	x := &catalog.Index{Table: t.OID, Unique: s.Unique}
	x.Name = s.Name
	for _, e := range s.Elems {
		k := catalog.IndexKey{}
		if e.Expr != nil {
			k.Expr = exprText(e.Expr)
		}
		for _, col := range t.Columns {
			if col.Name == e.Name {
				k.Attnum = col.Attnum
			}
		}
		x.Keys = append(x.Keys, k)
	}
	if s.Where != nil {
		x.Where = exprText(s.Where)
	}
	c.add("bindtest", x)
	t.Indexes = append(t.Indexes, x.OID)
	return nil
}
