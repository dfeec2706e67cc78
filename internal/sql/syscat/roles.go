package syscat

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/types"
)

// encodingUTF8 is PostgreSQL's number of the encoding UTF8.
const encodingUTF8 = 6

func init() {
	fillers["pg_catalog.pg_namespace"] = fillNamespace
	fillers["pg_catalog.pg_database"] = fillDatabase
	fillers["pg_catalog.pg_authid"] = func(e *Env, r *rows) error { return fillRoles(e, r, true) }
	fillers["pg_catalog.pg_roles"] = func(e *Env, r *rows) error { return fillRoles(e, r, false) }
	fillers["pg_catalog.pg_user"] = fillUser
	fillers["pg_catalog.pg_auth_members"] = fillMembers
	fillers["pg_catalog.pg_db_role_setting"] = fillRoleSettings
	fillers["pg_catalog.pg_description"] = fillDescription
	fillers["pg_catalog.pg_shdescription"] = fillSharedDescription
}

func fillNamespace(e *Env, r *rows) error {
	return each(e.Catalog, func(s *catalog.Schema) error {
		r.begin()
		r.oid("oid", s.OID)
		r.text("nspname", s.Name)
		r.oid("nspowner", s.Owner)
		return r.emit()
	})
}

func fillDatabase(e *Env, r *rows) error {
	d := e.Catalog.Database()
	r.begin()
	r.oid("oid", d.OID)
	r.text("datname", d.Name)
	r.oid("datdba", d.Owner)
	r.int("encoding", encodingUTF8)
	r.set("datlocprovider", char('c'))
	r.bool("datallowconn", true)
	r.int("datconnlimit", int64(d.ConnLimit))
	r.oid("dattablespace", 1663)
	r.text("datcollate", "C")
	r.text("datctype", "C")
	return r.emit()
}

func fillRoles(e *Env, r *rows, secrets bool) error {
	return each(e.Catalog, func(role *catalog.Role) error {
		r.begin()
		r.oid("oid", role.OID)
		r.text("rolname", role.Name)
		r.bool("rolsuper", role.Super)
		r.bool("rolinherit", role.Inherit)
		r.bool("rolcreaterole", role.CreateRole)
		r.bool("rolcreatedb", role.CreateDB)
		r.bool("rolcanlogin", role.Login)
		r.bool("rolreplication", role.Replication)
		r.bool("rolbypassrls", role.BypassRLS)
		r.int("rolconnlimit", int64(role.ConnLimit))
		switch {
		case !secrets:
			r.text("rolpassword", "********")
			r.set("rolconfig", textArray(role.Settings))
		case e.Superuser:
			r.opt("rolpassword", role.Password)
		}
		if role.ValidUntil != "" {
			if d, err := pgfmt.ParseText(role.ValidUntil, types.Of(types.TimestampTZ), e.Formats); err == nil {
				r.set("rolvaliduntil", d)
			}
		}
		return r.emit()
	})
}

func fillUser(e *Env, r *rows) error {
	return each(e.Catalog, func(role *catalog.Role) error {
		if !role.Login {
			return nil
		}
		r.begin()
		r.text("usename", role.Name)
		r.oid("usesysid", role.OID)
		r.bool("usecreatedb", role.CreateDB)
		r.bool("usesuper", role.Super)
		r.bool("userepl", role.Replication)
		r.bool("usebypassrls", role.BypassRLS)
		r.text("passwd", "********")
		r.set("useconfig", textArray(role.Settings))
		return r.emit()
	})
}

func fillMembers(e *Env, r *rows) error {
	return each(e.Catalog, func(role *catalog.Role) error {
		for _, group := range role.MemberOf {
			r.begin()
			r.oid("roleid", group)
			r.oid("member", role.OID)
			r.oid("grantor", catalog.RoleBootstrap)
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

func fillRoleSettings(e *Env, r *rows) error {
	add := func(database, role uint32, list []string) error {
		if len(list) == 0 {
			return nil
		}
		r.begin()
		r.oid("setdatabase", database)
		r.oid("setrole", role)
		r.set("setconfig", textArray(list))
		return r.emit()
	}
	d := e.Catalog.Database()
	if err := add(d.OID, 0, d.Settings); err != nil {
		return err
	}
	return each(e.Catalog, func(role *catalog.Role) error { return add(0, role.OID, role.Settings) })
}

// comment is one row of pg_description.
type comment struct {
	class, obj uint32
	sub        int16
	text       string
}

// comments yields the comments on objects of this database.
func comments(e *Env, yield func(comment) error) error {
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		h := d.Head()
		class := uint32(pgClassOID)
		switch d.Kind() {
		case catalog.KindRole, catalog.KindDatabase:
			return true
		case catalog.KindSchema:
			class = pgNamespaceOID
		}
		if h.Comment != "" {
			err = yield(comment{class, h.OID, 0, h.Comment})
		}
		if t, ok := d.(*catalog.Table); ok && err == nil {
			err = tableComments(t, yield)
		}
		if v, ok := d.(*catalog.View); ok && err == nil {
			for i, c := range v.Columns {
				if c.Comment != "" && err == nil {
					err = yield(comment{pgClassOID, v.OID, int16(i + 1), c.Comment})
				}
			}
		}
		return err == nil
	})
	return err
}

func tableComments(t *catalog.Table, yield func(comment) error) error {
	for _, c := range t.Live() {
		if c.Comment != "" {
			if err := yield(comment{pgClassOID, t.OID, c.Attnum, c.Comment}); err != nil {
				return err
			}
		}
	}
	for _, c := range t.Constraints {
		if c.Comment != "" {
			if err := yield(comment{pgConstraintOID, c.OID, 0, c.Comment}); err != nil {
				return err
			}
		}
	}
	return nil
}

func fillDescription(e *Env, r *rows) error {
	return comments(e, func(c comment) error {
		r.begin()
		r.oid("classoid", c.class)
		r.oid("objoid", c.obj)
		r.int("objsubid", int64(c.sub))
		r.text("description", c.text)
		return r.emit()
	})
}

func fillSharedDescription(e *Env, r *rows) error {
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		class := uint32(0)
		switch d.Kind() {
		case catalog.KindRole:
			class = pgAuthidOID
		case catalog.KindDatabase:
			class = pgDatabaseOID
		default:
			return true
		}
		if text := d.Head().Comment; text != "" {
			r.begin()
			r.oid("classoid", class)
			r.oid("objoid", d.Head().OID)
			r.text("description", text)
			err = r.emit()
		}
		return err == nil
	})
	return err
}

// timestamp sets a timestamptz column, NULL for 0.
func (r *rows) timestamp(column string, micros int64) {
	if micros != 0 {
		r.set(column, datum.NewTimestampTZ(micros))
	}
}
