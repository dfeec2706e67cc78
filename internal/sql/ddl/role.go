package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// Role carries out CREATE ROLE and ALTER ROLE with options.
func Role(e *Env, s *ast.RoleStmt) error {
	for i, o := range s.Options {
		if hasOption(s.Options[:i], o.Name) {
			return pgerr.New(pgcode.SyntaxError, "conflicting or redundant options").At(bytePos(o.Pos))
		}
	}
	var r *catalog.Role
	if s.Create {
		var err error
		if r, err = e.newRole(s); err != nil {
			return err
		}
	} else {
		old, err := e.role(s.Role)
		if err != nil {
			return err
		}
		if err := e.mayAlterRole(old, s.Options); err != nil {
			return err
		}
		r = old.Clone()
	}
	for _, o := range s.Options {
		if err := e.roleOption(r, o); err != nil {
			return err
		}
	}
	e.Edit.Put(r)
	for _, o := range s.Options {
		if err := e.membership(r, o, s.DropMembers); err != nil {
			return err
		}
	}
	return nil
}

// membership carries out IN ROLE, ROLE and ADMIN of CREATE ROLE and ADD and DROP
// USER of ALTER GROUP.
func (e *Env) membership(r *catalog.Role, o *ast.Option, drop bool) error {
	switch o.Name {
	case "addroleto", "rolemembers":
	case "adminmembers":
		return pgerr.NotSupported("Use ROLE.", "the admin option of role membership is not supported")
	default:
		return nil
	}
	roles, ok := o.Value.(*ast.OptionRoles)
	if !ok {
		return pgerr.Internal("role option %s has no roles", o.Name)
	}
	for _, spec := range roles.Roles {
		other, err := e.role(spec)
		if err != nil {
			return err
		}
		member, group := other, r
		if o.Name == "addroleto" {
			member, group = r, other
		}
		if err := e.joinRole(member.OID, group.OID, drop); err != nil {
			return err
		}
	}
	return nil
}

// joinRole makes a role a member of another, or takes it out.
func (e *Env) joinRole(member, group uint32, drop bool) error {
	m, g := e.cat().Role(member).Clone(), e.cat().Role(group)
	has := slices.Contains(m.MemberOf, group)
	switch {
	case drop && !has:
		n := pgerr.New(pgcode.SuccessfulCompletion, "role %q is not a member of role %q", m.Name, g.Name)
		n.Severity = "WARNING"
		e.Notice(n)
		return nil
	case drop:
		m.MemberOf = slices.DeleteFunc(m.MemberOf, func(oid uint32) bool { return oid == group })
	case has:
		e.notice(pgcode.SuccessfulCompletion, "role %q is already a member of role %q", m.Name, g.Name)
		return nil
	case member == group || e.isMember(group, member):
		return pgerr.New(pgcode.InvalidGrantOperation, "role %q is a member of role %q", g.Name, m.Name)
	default:
		m.MemberOf = append(m.MemberOf, group)
	}
	e.Edit.Put(m)
	return nil
}

// isMember reports whether a role is a member of another, directly or not.
func (e *Env) isMember(role, of uint32) bool {
	seen := map[uint32]bool{}
	var walk func(oid uint32) bool
	walk = func(oid uint32) bool {
		r := e.cat().Role(oid)
		if r == nil || seen[oid] {
			return false
		}
		seen[oid] = true
		return slices.ContainsFunc(r.MemberOf, func(up uint32) bool { return up == of || walk(up) })
	}
	return walk(role)
}

func hasOption(list []*ast.Option, name string) bool {
	return slices.ContainsFunc(list, func(o *ast.Option) bool { return o.Name == name })
}

func (e *Env) me() *catalog.Role { return e.cat().Role(e.User) }

func (e *Env) newRole(s *ast.RoleStmt) (*catalog.Role, error) {
	if me := e.me(); !me.Super && !me.CreateRole {
		return nil, pgerr.New(pgcode.InsufficientPrivilege, "permission denied to create role")
	}
	name := s.Role.Name
	if s.Role.Kind != ast.RoleNamed {
		return nil, pgerr.New(pgcode.ReservedName, "role name %q is reserved", name)
	}
	if strings.HasPrefix(name, "pg_") {
		return nil, pgerr.New(pgcode.ReservedName, "role name %q is reserved", name).
			WithDetail("Role names starting with \"pg_\" are reserved.")
	}
	if err := e.LockName(1, name); err != nil {
		return nil, err
	}
	if e.cat().RoleByName(name) != nil {
		return nil, pgerr.New(pgcode.DuplicateObject, "role %q already exists", name)
	}
	oid, err := e.Data.NewOID()
	if err != nil {
		return nil, err
	}
	return &catalog.Role{
		Object: catalog.Object{OID: oid, Name: name}, Inherit: true, Login: s.Word == "USER", ConnLimit: -1,
	}, nil
}

// mayAlterRole checks what a role may change: superusers all, others with
// CREATEROLE all but superusers, everybody the own password.
func (e *Env) mayAlterRole(r *catalog.Role, options []*ast.Option) error {
	me := e.me()
	if me.Super {
		return nil
	}
	ownPassword := r.OID == e.User && !slices.ContainsFunc(options, func(o *ast.Option) bool { return o.Name != "password" })
	switch {
	case r.Super || hasOption(options, "superuser"):
		return pgerr.New(pgcode.InsufficientPrivilege, "must be superuser to alter superuser roles or change superuser attribute")
	case me.CreateRole || ownPassword:
		return nil
	}
	return pgerr.New(pgcode.InsufficientPrivilege, "permission denied")
}

func (e *Env) roleOption(r *catalog.Role, o *ast.Option) error {
	on := optionBool(o)
	switch o.Name {
	case "superuser":
		if on && !e.me().Super {
			return pgerr.New(pgcode.InsufficientPrivilege, "must be superuser to create superusers")
		}
		r.Super = on
	case "createrole":
		r.CreateRole = on
	case "createdb":
		r.CreateDB = on
	case "canlogin":
		r.Login = on
	case "isreplication":
		r.Replication = on
	case "bypassrls":
		r.BypassRLS = on
	case "inherit":
		r.Inherit = on
	case "connectionlimit":
		n, err := optionInt(o)
		if err != nil {
			return err
		}
		if n < -1 {
			return pgerr.New(pgcode.InvalidParameterValue, "invalid connection limit: %d", n)
		}
		r.ConnLimit = int32(n)
	case "validUntil":
		r.ValidUntil = optionText(o)
	case "password":
		return e.password(r, o)
	case "sysid":
		e.notice(pgcode.SuccessfulCompletion, "SYSID can no longer be specified")
	}
	return nil
}

func (e *Env) password(r *catalog.Role, o *ast.Option) error {
	c, ok := o.Value.(*ast.Const)
	if !ok || c.Kind == ast.ConstNull {
		r.Password = ""
		return nil
	}
	if c.Text == "" {
		e.notice(pgcode.SuccessfulCompletion, "empty string is not a valid password, clearing password")
		r.Password = ""
		return nil
	}
	v, err := e.Verifier(c.Text)
	r.Password = v
	return err
}

// DropRole carries out DROP ROLE.
func DropRole(e *Env, s *ast.DropRoleStmt) error {
	if me := e.me(); !me.Super && !me.CreateRole {
		return pgerr.New(pgcode.InsufficientPrivilege, "permission denied to drop role")
	}
	for _, spec := range s.Roles {
		r := e.cat().RoleByName(spec.Name)
		if r == nil {
			if s.IfExists {
				e.notice(pgcode.SuccessfulCompletion, "role %q does not exist, skipping", spec.Name)
				continue
			}
			return pgerr.New(pgcode.UndefinedObject, "role %q does not exist", spec.Name)
		}
		switch {
		case r.OID == e.User:
			return pgerr.New(pgcode.ObjectInUse, "current user cannot be dropped")
		case r.OID == catalog.RoleBootstrap:
			return pgerr.New(pgcode.DependentObjectsStillExist, "cannot drop role %s because it is required by the database system", r.Name)
		case r.Super && !e.me().Super:
			return pgerr.New(pgcode.InsufficientPrivilege, "must be superuser to drop superusers")
		}
		if err := e.ownsNothing(r); err != nil {
			return err
		}
		e.leaveAll(r.OID)
		e.Edit.Remove(r.OID)
	}
	return nil
}

// ownsNothing refuses to drop a role that owns objects.
func (e *Env) ownsNothing(r *catalog.Role) error {
	var owned []string
	e.cat().All(func(d catalog.Desc) bool {
		if d.Head().Owner == r.OID && d.Kind() != catalog.KindIndex {
			owned = append(owned, fmt.Sprintf("owner of %s %s", kindName(d), d.Head().Name))
		}
		return true
	})
	if len(owned) == 0 {
		return nil
	}
	return pgerr.New(pgcode.DependentObjectsStillExist, "role %q cannot be dropped because some objects depend on it", r.Name).
		WithDetail("%s", strings.Join(owned, "\n"))
}

func (e *Env) renameRole(s *ast.RenameStmt) error {
	name := s.Object.Names[0]
	r := e.cat().RoleByName(name)
	if r == nil {
		return pgerr.New(pgcode.UndefinedObject, "role %q does not exist", name)
	}
	if me := e.me(); !me.Super && !me.CreateRole {
		return pgerr.New(pgcode.InsufficientPrivilege, "permission denied to rename role")
	}
	if e.cat().RoleByName(s.NewName) != nil {
		return pgerr.New(pgcode.DuplicateObject, "role %q already exists", s.NewName)
	}
	if r.OID == e.User {
		return pgerr.New(pgcode.FeatureNotSupported, "session user cannot be renamed")
	}
	n := r.Clone()
	n.Name = s.NewName
	e.Edit.Put(n)
	return nil
}

// RoleSettings changes the settings a role's sessions start with (ALTER ROLE ...
// SET): set is nil to remove name, "" removes all.
func RoleSettings(e *Env, spec *ast.RoleSpec, name string, value *string) error {
	if spec == nil {
		return pgerr.NotSupported("Name one role.", "ALTER ROLE ALL SET is not supported")
	}
	r, err := e.role(spec)
	if err != nil {
		return err
	}
	if err := e.mayAlterRole(r, []*ast.Option{}); err != nil && r.OID != e.User {
		return err
	}
	r = r.Clone()
	r.Settings = changeSetting(r.Settings, name, value)
	e.Edit.Put(r)
	return nil
}

// DatabaseSettings is ALTER DATABASE ... SET.
func DatabaseSettings(e *Env, database, name string, value *string) error {
	d := e.cat().Database()
	if d.Name != database {
		return pgerr.New(pgcode.UndefinedDatabase, "database %q does not exist", database)
	}
	if !e.privileged(d.Owner) {
		return pgerr.New(pgcode.InsufficientPrivilege, "must be owner of database %s", database)
	}
	d = d.Clone()
	d.Settings = changeSetting(d.Settings, name, value)
	e.Edit.Put(d)
	return nil
}

func changeSetting(list []string, name string, value *string) []string {
	if name == "" {
		return nil
	}
	list = dropOption(list, name)
	if value != nil {
		list = append(list, name+"="+*value)
	}
	return list
}

// leaveAll takes every member out of a role that goes.
func (e *Env) leaveAll(group uint32) {
	e.cat().All(func(d catalog.Desc) bool {
		if m, ok := d.(*catalog.Role); ok && slices.Contains(m.MemberOf, group) {
			m = m.Clone()
			m.MemberOf = slices.DeleteFunc(m.MemberOf, func(oid uint32) bool { return oid == group })
			e.Edit.Put(m)
		}
		return true
	})
}
