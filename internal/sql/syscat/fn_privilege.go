package syscat

import (
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
)

// target is the object a privilege is asked for: who owns it, and what everybody
// may do with it. Nothing can be granted yet, so that is all there is to know.
type target struct {
	owner  uint32
	public string // privileges of PUBLIC, separated by blanks
}

// grantable is one kind of object of the has_..._privilege functions.
type grantable struct {
	function   string
	columns    int    // further arguments between the object and the privilege
	privileges string // the words allowed
	// byName and byOID find an object; a missing name is an error, a missing oid
	// gives nil and the function NULL.
	byName func(e *Env, name string) (uint32, error)
	byOID  func(e *Env, oid uint32) *target
}

const tablePrivileges = "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER"

var grantables = []grantable{
	{"has_table_privilege", 0, tablePrivileges, regName(types.RegClass), relationTarget},
	{"has_any_column_privilege", 0, "SELECT INSERT UPDATE REFERENCES", regName(types.RegClass), relationTarget},
	{"has_column_privilege", 1, "SELECT INSERT UPDATE REFERENCES", regName(types.RegClass), relationTarget},
	{"has_sequence_privilege", 0, "USAGE SELECT UPDATE", regName(types.RegClass), sequenceTarget},
	{"has_schema_privilege", 0, "CREATE USAGE", regName(types.RegNamespace), schemaTarget},
	{"has_database_privilege", 0, "CREATE TEMPORARY TEMP CONNECT", databaseByName, databaseTarget},
	{"has_function_privilege", 0, "EXECUTE", regName(types.RegProcedure), func(_ *Env, oid uint32) *target {
		if builtin.ProcByOID(oid) == nil {
			return nil
		}
		return &target{catalog.RoleBootstrap, "EXECUTE"}
	}},
	{"has_type_privilege", 0, "USAGE", regName(types.RegType), func(_ *Env, oid uint32) *target {
		if types.Lookup(types.OID(oid)) == nil {
			return nil
		}
		return &target{catalog.RoleBootstrap, "USAGE"}
	}},
	{"has_language_privilege", 0, "USAGE", fixedByName("language", "pg_language", "lanname"), fixedTarget("pg_language", "USAGE")},
	{"has_tablespace_privilege", 0, "CREATE", tablespaceByName, func(_ *Env, oid uint32) *target {
		for _, t := range tablespaces {
			if t.oid == oid {
				return &target{owner: catalog.RoleBootstrap}
			}
		}
		return nil
	}},
	{"has_foreign_data_wrapper_privilege", 0, "USAGE", missing("foreign-data wrapper"), func(*Env, uint32) *target { return nil }},
	{"has_server_privilege", 0, "USAGE", missing("server"), func(*Env, uint32) *target { return nil }},
}

func init() {
	for _, g := range grantables {
		for _, p := range builtin.ProcsByName(g.function) {
			builtin.RegisterOID(p.OID, withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
				return g.has(e, p.Args, args)
			}))
		}
	}
	for _, p := range builtin.ProcsByName("pg_has_role") {
		builtin.RegisterOID(p.OID, withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
			return hasRole(e, p.Args, args)
		}))
	}
	for _, p := range builtin.ProcsByName("has_parameter_privilege") {
		builtin.RegisterOID(p.OID, withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
			role, err := askedRole(e, p.Args, args, len(args) == 3)
			if err != nil {
				return datum.Datum{}, err
			}
			_, err = wantedPrivileges(args[len(args)-1].Str(), "SET ALTER SYSTEM")
			return datum.NewBool(e.inherits(role, catalog.RoleBootstrap)), err
		}))
	}
}

// has answers one call.
func (g *grantable) has(e *Env, oids []types.OID, args []datum.Datum) (datum.Datum, error) {
	named := len(args) == g.columns+3
	role, err := askedRole(e, oids, args, named)
	if err != nil {
		return datum.Datum{}, err
	}
	if named {
		oids, args = oids[1:], args[1:]
	}
	oid := oidArg(args[0])
	if oids[0] == types.Text {
		if oid, err = g.byName(e, args[0].Str()); err != nil {
			return datum.Datum{}, err
		}
	}
	wanted, err := wantedPrivileges(args[len(args)-1].Str(), g.privileges)
	if err != nil {
		return datum.Datum{}, err
	}
	if g.function == "has_sequence_privilege" && e.Catalog.Sequence(oid) == nil && e.Catalog.Get(oid) != nil {
		return datum.Datum{}, pgerr.New(pgcode.WrongObjectType, "%q is not a sequence", e.Catalog.Get(oid).Head().Name)
	}
	t := g.byOID(e, oid)
	if t == nil {
		return datum.Datum{}, nil
	}
	if g.columns > 0 {
		if ok, err := hasColumn(e, oid, oids[1], args[1]); !ok || err != nil {
			return datum.Datum{}, err
		}
	}
	if e.inherits(role, t.owner) {
		return datum.NewBool(true), nil
	}
	for _, w := range wanted {
		if !w.grant && contains(t.public, w.name) {
			return datum.NewBool(true), nil
		}
	}
	return datum.NewBool(false), nil
}

// askedRole is the role a function asks about: its first argument, when named
// says that there is one, or the current role. Zero stands for PUBLIC.
func askedRole(e *Env, oids []types.OID, args []datum.Datum, named bool) (uint32, error) {
	switch {
	case !named:
		return e.User, nil
	case oids[0] == types.Oid:
		return oidArg(args[0]), nil
	case args[0].Str() == "public":
		return 0, nil
	}
	return regName(types.RegRole)(e, joinQuoted([]string{args[0].Str()}))
}

// privilege is one word of a list of privileges.
type privilege struct {
	name  string
	grant bool // WITH GRANT OPTION
}

// wantedPrivileges reads a list like "SELECT, UPDATE WITH GRANT OPTION".
func wantedPrivileges(text, allowed string) ([]privilege, error) {
	var list []privilege
	for _, word := range strings.Split(text, ",") {
		word = strings.TrimSpace(word)
		p := privilege{name: strings.ToUpper(word)}
		for _, suffix := range []string{" WITH GRANT OPTION", " WITH ADMIN OPTION"} {
			if strings.HasSuffix(p.name, suffix) {
				p.name, p.grant = strings.TrimSuffix(p.name, suffix), true
			}
		}
		if p.name != "ALTER SYSTEM" && (strings.Contains(p.name, " ") || !contains(allowed, p.name)) {
			return nil, pgerr.New(pgcode.InvalidParameterValue, "unrecognized privilege type: \"%s\"", word)
		}
		list = append(list, p)
	}
	return list, nil
}

// contains reports whether a word is in a list separated by blanks.
func contains(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

// inherits reports whether a role has the privileges of another: it is that role
// or a superuser, or a member by inheritance.
func (e *Env) inherits(role, owner uint32) bool {
	if r := e.Catalog.Role(role); r != nil && r.Super {
		return true
	}
	return e.member(role, owner, func(r *catalog.Role) bool { return r.Inherit })
}

// member reports whether a role is another or a member of it, through roles that
// pass the test.
func (e *Env) member(role, of uint32, through func(*catalog.Role) bool) bool {
	seen := map[uint32]bool{}
	var walk func(oid uint32) bool
	walk = func(oid uint32) bool {
		if oid == of && oid != 0 {
			return true
		}
		r := e.Catalog.Role(oid)
		if r == nil || seen[oid] || !through(r) {
			return false
		}
		seen[oid] = true
		for _, up := range r.MemberOf {
			if walk(up) {
				return true
			}
		}
		return false
	}
	return walk(role)
}

// hasRole is pg_has_role([user,] role, privilege).
func hasRole(e *Env, oids []types.OID, args []datum.Datum) (datum.Datum, error) {
	named := len(args) == 3
	role, err := askedRole(e, oids, args, named)
	if err != nil {
		return datum.Datum{}, err
	}
	if named {
		oids, args = oids[1:], args[1:]
	}
	of, err := askedRole(e, oids, args, true)
	if err != nil {
		return datum.Datum{}, err
	}
	wanted, err := wantedPrivileges(args[1].Str(), "USAGE MEMBER")
	if err != nil {
		return datum.Datum{}, err
	}
	if r := e.Catalog.Role(role); r != nil && r.Super {
		return datum.NewBool(true), nil
	}
	for _, w := range wanted {
		switch {
		case w.grant: // nobody but a superuser holds the admin option
		case w.name == "MEMBER" && e.member(role, of, func(*catalog.Role) bool { return true }),
			w.name == "USAGE" && e.inherits(role, of):
			return datum.NewBool(true), nil
		}
	}
	return datum.NewBool(false), nil
}

// hasColumn checks the column argument of has_column_privilege: a missing name is
// an error, a missing number gives NULL.
func hasColumn(e *Env, oid uint32, typ types.OID, arg datum.Datum) (bool, error) {
	find := func(name string, num int64) (found, dropped bool) {
		switch d := e.relation(oid).(type) {
		case *catalog.Table:
			for _, c := range d.Columns {
				if c.Name == name || int64(c.Attnum) == num {
					return true, c.Dropped
				}
			}
		case *catalog.View:
			for i, c := range d.Columns {
				if c.Name == name || int64(i+1) == num {
					return true, false
				}
			}
		}
		return false, false
	}
	if typ == types.Text {
		if found, _ := find(arg.Str(), -1); !found {
			return false, pgerr.New(pgcode.UndefinedColumn, "column %q of relation %q does not exist", arg.Str(), e.relation(oid).Head().Name)
		}
		return true, nil
	}
	found, dropped := find("", arg.Int())
	return found && !dropped, nil
}

// relation is a stored or computed relation by oid, or nil.
func (e *Env) relation(oid uint32) catalog.Desc {
	if d := e.Catalog.Get(oid); d != nil {
		return d
	}
	if d, _, ok := LookupOID(oid); ok {
		return d
	}
	return nil
}

func regName(t types.OID) func(*Env, string) (uint32, error) {
	return func(e *Env, name string) (uint32, error) { return e.Formats.Names.RegIn(uint32(t), name) }
}

func missing(what string) func(*Env, string) (uint32, error) {
	return func(_ *Env, name string) (uint32, error) {
		return 0, pgerr.New(pgcode.UndefinedObject, "%s %q does not exist", what, name)
	}
}

func relationTarget(e *Env, oid uint32) *target {
	d := e.relation(oid)
	if d == nil {
		return nil
	}
	if _, _, ok := LookupOID(oid); ok && d.Head().Name != "pg_authid" {
		return &target{d.Head().Owner, "SELECT"}
	}
	return &target{owner: d.Head().Owner}
}

func sequenceTarget(e *Env, oid uint32) *target {
	if q := e.Catalog.Sequence(oid); q != nil {
		return &target{owner: q.Owner}
	}
	return nil
}

func schemaTarget(e *Env, oid uint32) *target {
	s := e.Catalog.Schema(oid)
	if s == nil {
		return nil
	}
	switch oid {
	case catalog.SchemaPgCatalog, catalog.SchemaInfo, catalog.SchemaDrift, catalog.SchemaPublic:
		return &target{s.Owner, "USAGE"}
	}
	return &target{owner: s.Owner}
}

func databaseByName(e *Env, name string) (uint32, error) {
	if d := e.Catalog.Database(); d.Name == name {
		return d.OID, nil
	}
	return 0, pgerr.New(pgcode.InvalidCatalogName, "database %q does not exist", name)
}

func databaseTarget(e *Env, oid uint32) *target {
	if d := e.Catalog.Database(); d.OID == oid {
		return &target{d.Owner, "CONNECT TEMPORARY TEMP"}
	}
	return nil
}

func tablespaceByName(_ *Env, name string) (uint32, error) {
	for _, t := range tablespaces {
		if t.name == name {
			return t.oid, nil
		}
	}
	return 0, pgerr.New(pgcode.UndefinedObject, "tablespace %q does not exist", name)
}

// fixedByName finds a row of one of PostgreSQL's own catalogs.
func fixedByName(what, relation, column string) func(*Env, string) (uint32, error) {
	return func(_ *Env, name string) (uint32, error) {
		for _, row := range fixedRows(relation) {
			if i := Lookup("pg_catalog", relation).Column(column); row[i.Attnum-1].Str() == name {
				return uint32(row[0].Int()), nil
			}
		}
		return 0, pgerr.New(pgcode.UndefinedObject, "%s %q does not exist", what, name)
	}
}

func fixedTarget(relation, public string) func(*Env, uint32) *target {
	return func(_ *Env, oid uint32) *target {
		for _, row := range fixedRows(relation) {
			if uint32(row[0].Int()) == oid {
				return &target{catalog.RoleBootstrap, public}
			}
		}
		return nil
	}
}
