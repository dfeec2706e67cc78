package ddl

import (
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// Comment carries out COMMENT ON for the kinds that exist.
func Comment(e *Env, s *ast.CommentStmt) error {
	text := s.Comment
	if s.Null {
		text = ""
	}
	names := s.Object.Names
	switch s.Kind {
	case ast.KindTable, ast.KindView, ast.KindIndex, ast.KindSequence:
		d, err := e.named(names)
		if err != nil {
			return err
		}
		if d.Kind() != dropKinds[s.Kind] {
			return pgerr.New(pgcode.WrongObjectType, "%q is not %s", d.Head().Name, article(strings.ToLower(string(s.Kind))))
		}
		return e.comment(d, text)
	case ast.KindSchema:
		if d := e.cat().SchemaByName(names[0]); d != nil {
			return e.comment(d, text)
		}
		return pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", names[0])
	case ast.KindRole:
		if d := e.cat().RoleByName(names[0]); d != nil {
			return e.comment(d, text)
		}
		return pgerr.New(pgcode.UndefinedObject, "role %q does not exist", names[0])
	case ast.KindDatabase:
		if d := e.cat().Database(); d.Name == names[0] {
			return e.comment(d, text)
		}
		return pgerr.New(pgcode.UndefinedDatabase, "database %q does not exist", names[0])
	case ast.KindColumn:
		return e.commentColumn(names, text)
	case ast.KindConstraint:
		return e.commentConstraint(names, text)
	}
	return pgerr.NotSupported("See COMPAT.md for the kinds of objects that exist.", "COMMENT ON %s is not supported", s.Kind)
}

func (e *Env) comment(d catalog.Desc, text string) error {
	if err := e.owns(d); err != nil {
		return err
	}
	d = catalog.Clone(d)
	d.Head().Comment = text
	e.Edit.Put(d)
	return nil
}

// named resolves a qualified relation name.
func (e *Env) named(names []string) (catalog.Desc, error) {
	r := &ast.RangeVar{Pos: -1, Name: names[len(names)-1]}
	if len(names) > 1 {
		r.Schema = names[len(names)-2]
	}
	return e.relation(r)
}

func (e *Env) commentColumn(names []string, text string) error {
	if len(names) < 2 {
		return pgerr.New(pgcode.SyntaxError, "column name must be qualified")
	}
	d, err := e.named(names[:len(names)-1])
	if err != nil {
		return err
	}
	if err := e.owns(d); err != nil {
		return err
	}
	column := names[len(names)-1]
	switch d := d.(type) {
	case *catalog.Table:
		if c := d.Column(column); c != nil {
			n := d.Clone()
			n.Columns[c.Attnum-1].Comment = text
			e.Edit.Put(n)
			return nil
		}
	case *catalog.View:
		n := d.Clone()
		for i := range n.Columns {
			if n.Columns[i].Name == column {
				n.Columns[i].Comment = text
				e.Edit.Put(n)
				return nil
			}
		}
	}
	return pgerr.New(pgcode.UndefinedColumn, "column %q of relation %q does not exist", column, d.Head().Name)
}

func (e *Env) commentConstraint(names []string, text string) error {
	d, err := e.named(names[:len(names)-1])
	if err != nil {
		return err
	}
	t, ok := d.(*catalog.Table)
	if !ok {
		return pgerr.New(pgcode.WrongObjectType, "%q is not a table", d.Head().Name)
	}
	if err := e.owns(t); err != nil {
		return err
	}
	n := t.Clone()
	k := n.Constraint(names[len(names)-1])
	if k == nil {
		return pgerr.New(pgcode.UndefinedObject, "constraint %q for table %q does not exist", names[len(names)-1], t.Name)
	}
	k.Comment = text
	e.Edit.Put(n)
	return nil
}
