package ddl

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

// CreateView carries out CREATE [OR REPLACE] VIEW.
func CreateView(e *Env, s *ast.CreateViewStmt) error {
	if s.View.Persistence == ast.Temporary {
		return temporaryNotBuilt("views")
	}
	if s.Recursive {
		return pgerr.NotSupported("Write the WITH RECURSIVE query in an ordinary view.", "CREATE RECURSIVE VIEW is not supported")
	}
	if s.Check != ast.CheckNone || len(s.Options) > 0 {
		return pgerr.NotSupported("Views are read only.", "view options are not supported")
	}
	schema, err := e.schemaFor(s.View.Schema, s.View.Name, s.View.Pos)
	if err != nil {
		return err
	}
	if err := e.LockName(schema.OID, s.View.Name); err != nil {
		return err
	}
	text, columns, deps, err := e.Bind.View(s.Query, s.Columns)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range columns {
		c := &columns[i]
		if seen[c.Name] {
			return pgerr.New(pgcode.DuplicateColumn, "column %q specified more than once", c.Name)
		}
		seen[c.Name] = true
		if c.Type.OID == types.Unknown {
			c.Type = types.Of(types.Text)
		}
		if err := checkPseudo(c.Name, c.Type); err != nil {
			return err
		}
	}
	v := &catalog.View{
		Object: catalog.Object{Name: s.View.Name, Schema: schema.OID, Owner: e.User},
		Query:  text, Columns: columns, DependsOn: deps,
	}
	if old := e.cat().Relation(schema.OID, s.View.Name); old != nil {
		return e.replaceView(old, v, s)
	}
	if v.OID, err = e.Data.NewOID(); err != nil {
		return err
	}
	e.Edit.Put(v)
	return nil
}

// replaceView checks that OR REPLACE keeps the columns, adding only at the end.
func (e *Env) replaceView(old catalog.Desc, v *catalog.View, s *ast.CreateViewStmt) error {
	if !s.Replace {
		return e.freeName(v.Schema, v.Name)
	}
	was, ok := old.(*catalog.View)
	if !ok {
		return pgerr.New(pgcode.WrongObjectType, "%q is not a view", v.Name)
	}
	if err := e.owns(was); err != nil {
		return err
	}
	if len(v.Columns) < len(was.Columns) {
		return pgerr.New(pgcode.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range was.Columns {
		n := v.Columns[i]
		if n.Name != c.Name {
			return pgerr.New(pgcode.InvalidTableDefinition, "cannot change name of view column %q to %q", c.Name, n.Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		}
		if n.Type != c.Type {
			return pgerr.New(pgcode.InvalidTableDefinition, "cannot change data type of view column %q from %s to %s", c.Name, pgfmt.FormatType(c.Type), pgfmt.FormatType(n.Type))
		}
	}
	v.Object = was.Object
	e.Edit.Put(v)
	return nil
}
