package ddl

import (
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// CreateSchema carries out CREATE SCHEMA without its elements, which the session
// runs as statements of their own. created is false when IF NOT EXISTS applied.
func CreateSchema(e *Env, s *ast.CreateSchemaStmt) (name string, created bool, err error) {
	owner := e.User
	if s.Owner != nil {
		r, err := e.role(s.Owner)
		if err != nil {
			return "", false, err
		}
		owner = r.OID
	}
	if name = s.Name; name == "" {
		name = e.cat().Role(owner).Name
	}
	if strings.HasPrefix(name, "pg_") {
		return "", false, pgerr.New(pgcode.ReservedName, "unacceptable schema name %q", name).
			WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	if err := e.LockName(0, name); err != nil {
		return "", false, err
	}
	if e.cat().SchemaByName(name) != nil {
		if s.IfNotExists {
			e.notice(pgcode.DuplicateSchema, "schema %q already exists, skipping", name)
			return name, false, nil
		}
		return "", false, pgerr.New(pgcode.DuplicateSchema, "schema %q already exists", name)
	}
	oid, err := e.Data.NewOID()
	if err != nil {
		return "", false, err
	}
	e.Edit.Put(&catalog.Schema{Object: catalog.Object{OID: oid, Name: name, Owner: owner}})
	return name, true, nil
}

func (e *Env) renameSchema(s *ast.RenameStmt) error {
	name := s.Object.Names[0]
	d := e.cat().SchemaByName(name)
	if d == nil {
		return pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", name)
	}
	if err := e.owns(d); err != nil {
		return err
	}
	if e.cat().SchemaByName(s.NewName) != nil {
		return pgerr.New(pgcode.DuplicateSchema, "schema %q already exists", s.NewName)
	}
	if strings.HasPrefix(s.NewName, "pg_") {
		return pgerr.New(pgcode.ReservedName, "unacceptable schema name %q", s.NewName).
			WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	before := e.cat()
	n := d.Clone()
	n.Name = s.NewName
	e.Edit.Put(n)
	var inside []uint32
	before.InSchema(d.OID, func(o catalog.Desc) bool { inside = append(inside, o.Head().OID); return true })
	for _, oid := range inside {
		if err := e.reprintDependents(oid, before); err != nil {
			return err
		}
	}
	return nil
}

// AlterOwner carries out ALTER SCHEMA ... OWNER TO and its like for kinds that
// are not relations.
func AlterOwner(e *Env, s *ast.AlterOwnerStmt) error {
	var d catalog.Desc
	switch s.Kind {
	case ast.KindSchema:
		if sc := e.cat().SchemaByName(s.Object.Names[0]); sc != nil {
			d = sc
		} else {
			return pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", s.Object.Names[0])
		}
	default:
		return pgerr.NotSupported("See COMPAT.md for the kinds of objects that exist.", "ALTER %s ... OWNER TO is not supported", s.Kind)
	}
	if err := e.owns(d); err != nil {
		return err
	}
	return e.setOwner(d, s.Owner)
}
