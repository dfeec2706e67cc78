package syscat

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	for name, f := range map[string]filler{
		"schemata": infoSchemata, "tables": infoTables, "views": infoViews, "sequences": infoSequences,
		"view_table_usage": infoViewTables, "table_privileges": infoTablePrivileges, "role_table_grants": infoTablePrivileges,
		"column_privileges": infoColumnPrivileges, "role_column_grants": infoColumnPrivileges,
		"information_schema_catalog_name": infoCatalogName, "enabled_roles": infoEnabledRoles,
		"applicable_roles": infoApplicableRoles, "character_sets": infoCharacterSets,
	} {
		fillers["information_schema."+name] = f
	}
}

// yesNo is a value of the domain yes_or_no.
func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// name3 sets the catalog, schema and name columns that begin with prefix.
func (r *rows) name3(e *Env, prefix string, o *catalog.Object) {
	r.place(e, prefix, o.Schema)
	r.text(prefix+"_name", o.Name)
}

// place sets the catalog and schema columns that begin with prefix.
func (r *rows) place(e *Env, prefix string, schema uint32) {
	r.text(prefix+"_catalog", e.Catalog.Database().Name)
	r.text(prefix+"_schema", e.schemaName(schema))
}

// mine reports whether the current role may see an object that belongs to owner.
func (e *Env) mine(o *catalog.Object) bool { return e.inherits(e.User, o.Owner) }

func infoCatalogName(e *Env, r *rows) error {
	r.begin()
	r.text("catalog_name", e.Catalog.Database().Name)
	return r.emit()
}

func infoSchemata(e *Env, r *rows) error {
	return each(e.Catalog, func(s *catalog.Schema) error {
		if !e.mine(&s.Object) {
			return nil
		}
		r.begin()
		r.text("catalog_name", e.Catalog.Database().Name)
		r.text("schema_name", s.Name)
		r.text("schema_owner", e.roleName(s.Owner))
		return r.emit()
	})
}

func infoTables(e *Env, r *rows) error {
	row := func(o *catalog.Object, kind string, insertable bool) error {
		r.begin()
		r.name3(e, "table", o)
		r.text("table_type", kind)
		r.text("is_insertable_into", yesNo(insertable))
		r.text("is_typed", "NO")
		return r.emit()
	}
	for _, b := range registry().list {
		var err error
		if kindOf(b.desc.OID) == 'r' {
			err = row(&b.desc.Object, "BASE TABLE", false)
		} else {
			err = row(&b.desc.Object, "VIEW", false)
		}
		if err != nil {
			return err
		}
	}
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		switch d := d.(type) {
		case *catalog.Table:
			if e.mine(&d.Object) {
				err = row(&d.Object, "BASE TABLE", true)
			}
		case *catalog.View:
			if e.mine(&d.Object) {
				err = row(&d.Object, "VIEW", false)
			}
		}
		return err == nil
	})
	return err
}

func infoViews(e *Env, r *rows) error {
	return each(e.Catalog, func(v *catalog.View) error {
		r.begin()
		r.name3(e, "table", &v.Object)
		if e.mine(&v.Object) {
			r.text("view_definition", e.PrintView(v, false))
		}
		r.text("check_option", "NONE")
		for _, column := range []string{"is_updatable", "is_insertable_into", "is_trigger_updatable", "is_trigger_deletable", "is_trigger_insertable_into"} {
			r.text(column, "NO")
		}
		return r.emit()
	})
}

func infoSequences(e *Env, r *rows) error {
	return each(e.Catalog, func(q *catalog.Sequence) error {
		if q.Internal || !e.mine(&q.Object) {
			return nil // those of identity columns are shown with the column
		}
		r.begin()
		r.name3(e, "sequence", &q.Object)
		r.typeColumns(types.Of(q.Type))
		r.text("start_value", itoa(q.Start))
		r.text("minimum_value", itoa(q.Min))
		r.text("maximum_value", itoa(q.Max))
		r.text("increment", itoa(q.Increment))
		r.text("cycle_option", yesNo(q.Cycle))
		return r.emit()
	})
}

func infoViewTables(e *Env, r *rows) error {
	return each(e.Catalog, func(v *catalog.View) error {
		for _, oid := range v.DependsOn {
			d := e.relation(oid)
			if d == nil || !e.mine(d.Head()) {
				continue
			}
			r.begin()
			r.name3(e, "view", &v.Object)
			r.name3(e, "table", d.Head())
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

// infoTablePrivileges shows what owners hold; nothing else can be granted yet.
func infoTablePrivileges(e *Env, r *rows) error {
	return e.ownedRelations(func(o *catalog.Object, _ []string) error {
		for _, p := range []string{"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"} {
			r.begin()
			r.text("grantor", e.roleName(o.Owner))
			r.text("grantee", e.roleName(o.Owner))
			r.name3(e, "table", o)
			r.text("privilege_type", p)
			r.text("is_grantable", "YES")
			r.text("with_hierarchy", yesNo(p == "SELECT"))
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

func infoColumnPrivileges(e *Env, r *rows) error {
	return e.ownedRelations(func(o *catalog.Object, columns []string) error {
		for _, column := range columns {
			for _, p := range []string{"INSERT", "SELECT", "UPDATE", "REFERENCES"} {
				r.begin()
				r.text("grantor", e.roleName(o.Owner))
				r.text("grantee", e.roleName(o.Owner))
				r.name3(e, "table", o)
				r.text("column_name", column)
				r.text("privilege_type", p)
				r.text("is_grantable", "YES")
				if err := r.emit(); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// ownedRelations yields the tables and views of the current role.
func (e *Env) ownedRelations(yield func(o *catalog.Object, columns []string) error) error {
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		var columns []string
		switch d := d.(type) {
		case *catalog.Table:
			for _, c := range d.Live() {
				columns = append(columns, c.Name)
			}
		case *catalog.View:
			for _, c := range d.Columns {
				columns = append(columns, c.Name)
			}
		default:
			return true
		}
		if e.mine(d.Head()) {
			err = yield(d.Head(), columns)
		}
		return err == nil
	})
	return err
}

func infoEnabledRoles(e *Env, r *rows) error {
	return each(e.Catalog, func(role *catalog.Role) error {
		if !e.inherits(e.User, role.OID) {
			return nil
		}
		r.begin()
		r.text("role_name", role.Name)
		return r.emit()
	})
}

func infoApplicableRoles(e *Env, r *rows) error {
	return each(e.Catalog, func(role *catalog.Role) error {
		for _, group := range role.MemberOf {
			if !e.inherits(e.User, role.OID) {
				continue
			}
			r.begin()
			r.text("grantee", role.Name)
			r.text("role_name", e.roleName(group))
			r.text("is_grantable", "NO")
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

func infoCharacterSets(e *Env, r *rows) error {
	r.begin()
	r.text("character_set_name", "UTF8")
	r.text("character_repertoire", "UCS")
	r.text("form_of_use", "UTF8")
	r.text("default_collate_catalog", e.Catalog.Database().Name)
	r.text("default_collate_schema", "pg_catalog")
	r.text("default_collate_name", "C")
	return r.emit()
}
