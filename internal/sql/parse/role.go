package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

func (p *parser) createRole(pos int) ast.Stmt {
	n := &ast.RoleStmt{Pos: pos, Create: true, Word: upper(p.tok.text)}
	p.advance()
	n.Role = p.roleID()
	p.optWith()
	n.Options = p.roleOptions(true)
	return n
}

// roleOptions parses role options while there are any.
func (p *parser) roleOptions(create bool) []*ast.Option {
	var out []*ast.Option
	for {
		o := p.roleOption(create)
		if o == nil {
			return out
		}
		out = append(out, o)
	}
}

// roleFlags are the options that are plain words, with the names PostgreSQL has
// for them inside.
var roleFlags = map[string]struct {
	name  string
	value bool
}{
	"superuser": {"superuser", true}, "nosuperuser": {"superuser", false},
	"createrole": {"createrole", true}, "nocreaterole": {"createrole", false},
	"replication": {"isreplication", true}, "noreplication": {"isreplication", false},
	"createdb": {"createdb", true}, "nocreatedb": {"createdb", false},
	"login": {"canlogin", true}, "nologin": {"canlogin", false},
	"bypassrls": {"bypassrls", true}, "nobypassrls": {"bypassrls", false},
	"noinherit": {"inherit", false},
}

func (p *parser) roleOption(create bool) *ast.Option {
	t := p.tok
	o := &ast.Option{Pos: t.pos}
	switch t.cls {
	case kwPassword, kwEncrypted:
		p.accept(kwEncrypted)
		p.expect(kwPassword)
		o.Name = "password"
		if t.cls == kwPassword && p.tok.cls == kwNull {
			o.Value = &ast.Const{Pos: p.tok.pos, Kind: ast.ConstNull}
			p.advance()
		} else {
			o.Value = p.stringConst()
		}
		return o
	case kwUnencrypted:
		p.advance()
		p.expect(kwPassword)
		p.sconst()
		panic(pgerr.New(pgcode.FeatureNotSupported, "UNENCRYPTED PASSWORD is no longer supported").
			WithHint("Remove UNENCRYPTED to store the password in encrypted form instead.").At(t.pos + 1))
	case kwInherit:
		p.advance()
		o.Name, o.Value = "inherit", boolConst(t.pos, true)
		return o
	case kwConnection:
		p.advance()
		p.expect(kwLimit)
		at := p.tok.pos
		o.Name = "connectionlimit"
		o.Value = &ast.Const{Pos: at, Kind: ast.ConstInt, Int: int32(p.signedIconst())}
		return o
	case kwValid:
		p.advance()
		p.expect(kwUntil)
		o.Name, o.Value = "validUntil", p.stringConst()
		return o
	case kwUser:
		return p.roleListOption(o, "rolemembers")
	case tIdent:
		f, ok := roleFlags[t.text]
		if !ok {
			p.fail(pgcode.SyntaxError, t.pos, "unrecognized role option \"%s\"", t.text)
		}
		p.advance()
		o.Name, o.Value = f.name, boolConst(t.pos, f.value)
		return o
	}
	if !create {
		return nil
	}
	switch t.cls {
	case kwSysid:
		p.advance()
		o.Name, o.Value = "sysid", p.intConst()
		return o
	case kwAdmin:
		return p.roleListOption(o, "adminmembers")
	case kwRole:
		return p.roleListOption(o, "rolemembers")
	case kwIn:
		p.advance()
		if p.tok.cls != kwRole && p.tok.cls != kwGroup {
			p.syntaxError()
		}
		return p.roleListOption(o, "addroleto")
	}
	return nil
}

func (p *parser) roleListOption(o *ast.Option, name string) *ast.Option {
	p.advance()
	o.Name = name
	o.Value = &ast.OptionRoles{Pos: p.here(), Roles: p.roleList()}
	return o
}

// alterRole parses ALTER ROLE|USER|GROUP from that word on.
func (p *parser) alterRole(pos int) ast.Stmt {
	n := &ast.RoleStmt{Pos: pos, Word: upper(p.tok.text)}
	group := p.tok.cls == kwGroup
	p.advance()
	if !group && p.tok.cls == kwAll {
		p.advance()
		return p.alterRoleSet(pos, nil)
	}
	n.Role = p.roleSpec()
	if p.tok.cls == kwRename {
		return p.renameRole(n)
	}
	if group {
		n.DropMembers = p.tok.cls == kwDrop
		if !p.accept(kwDrop) {
			p.expect(kwAdd)
		}
		o := &ast.Option{Pos: p.tok.pos}
		if p.tok.cls != kwUser {
			p.syntaxError()
		}
		n.Options = []*ast.Option{p.roleListOption(o, "rolemembers")}
		return n
	}
	switch p.tok.cls {
	case kwIn, kwSet, kwReset:
		return p.alterRoleSet(pos, n.Role)
	}
	p.optWith()
	n.Options = p.roleOptions(false)
	return n
}

func (p *parser) renameRole(n *ast.RoleStmt) ast.Stmt {
	if n.Role.Kind != ast.RoleNamed {
		p.checkRoleID(n.Role)
	}
	p.expect2(kwRename, kwTo)
	object := &ast.ObjectRef{Pos: n.Role.Pos, Names: []string{n.Role.Name}}
	return &ast.RenameStmt{Pos: n.Pos, Kind: ast.KindRole, Object: object, NewName: p.roleID().Name}
}

func (p *parser) alterRoleSet(pos int, role *ast.RoleSpec) ast.Stmt {
	n := &ast.AlterRoleSetStmt{Pos: pos, Role: role}
	if p.accept(kwIn) {
		p.expect(kwDatabase)
		n.Database = p.colID()
	}
	n.Set = p.setOrReset()
	return n
}

// setOrReset parses SET ... or RESET ... as a clause.
func (p *parser) setOrReset() *ast.SetStmt {
	if p.tok.cls == kwReset {
		return p.resetStmt()
	}
	pos := p.tok.pos
	p.expect(kwSet)
	return p.setRest(pos, false)
}

func (p *parser) reassignStmt() ast.Stmt {
	n := &ast.OwnedStmt{Pos: p.tok.pos}
	p.expect2(kwReassign, kwOwned)
	p.expect(kwBy)
	n.Roles = p.roleList()
	p.expect(kwTo)
	n.To = p.roleSpec()
	return n
}

// grantStmt parses GRANT and REVOKE of privileges and of roles.
func (p *parser) grantStmt() ast.Stmt {
	pos, revoke := p.tok.pos, p.tok.cls == kwRevoke
	p.advance()
	grantOption, adminOption := false, false
	if revoke && p.peek(1) == kwOption {
		switch p.tok.cls {
		case kwGrant, kwAdmin:
			grantOption, adminOption = p.tok.cls == kwGrant, p.tok.cls == kwAdmin
			p.advance()
			p.advance()
			p.expect(kwFor)
		}
	}
	all := p.tok.cls == kwAll
	privileges := p.privileges()
	if !all && !grantOption && p.tok.cls != kwOn || adminOption {
		return p.grantRole(&ast.GrantRoleStmt{Pos: pos, Revoke: revoke, Roles: privileges, AdminOption: adminOption})
	}
	n := &ast.GrantStmt{Pos: pos, Revoke: revoke, Privileges: privileges, GrantOption: grantOption}
	p.expect(kwOn)
	p.privilegeTarget(n)
	p.toOrFrom(revoke)
	n.Grantees = list(p, p.grantee)
	if !revoke && p.accept(kwWith) {
		p.expect2(kwGrant, kwOption)
		n.GrantOption = true
	}
	n.GrantedBy = p.grantedBy()
	if revoke {
		n.Behavior = p.behavior()
	}
	return n
}

func (p *parser) toOrFrom(revoke bool) {
	if revoke {
		p.expect(kwFrom)
	} else {
		p.expect(kwTo)
	}
}

func (p *parser) grantRole(n *ast.GrantRoleStmt) ast.Stmt {
	p.toOrFrom(n.Revoke)
	n.Grantees = p.roleList()
	if !n.Revoke && p.accept(kwWith) {
		p.expect2(kwAdmin, kwOption)
		n.AdminOption = true
	}
	n.GrantedBy = p.grantedBy()
	if n.Revoke {
		n.Behavior = p.behavior()
	}
	return n
}

func (p *parser) grantee() *ast.RoleSpec {
	if p.tok.cls == kwGroup {
		p.advance()
	}
	return p.roleSpec()
}

func (p *parser) grantedBy() *ast.RoleSpec {
	if !p.accept(kwGranted) {
		return nil
	}
	p.expect(kwBy)
	return p.roleSpec()
}

// privileges parses ALL [PRIVILEGES] [(columns)] or a list of privileges.
func (p *parser) privileges() []*ast.Privilege {
	if pos := p.tok.pos; p.accept(kwAll) {
		p.accept(kwPrivileges)
		if p.tok.cls != '(' {
			return nil
		}
		return []*ast.Privilege{{Pos: pos, Columns: p.parenNames()}}
	}
	return list(p, func() *ast.Privilege {
		v := &ast.Privilege{Pos: p.tok.pos}
		if p.accept2(kwAlter, kwSystem) {
			v.Name = "alter system"
			return v
		}
		switch p.tok.cls {
		case kwSelect, kwReferences, kwCreate:
			v.Name = p.tok.text
			p.advance()
		default:
			v.Name = p.colID()
		}
		v.Columns = p.optParenNames()
		return v
	})
}

// targetKinds are the kinds of objects with privileges that are named by plain
// names; tables, sequences and functions have forms of their own.
var targetKinds = kindWords{
	kwForeign:  kindWords{kwData: kindWords{kwWrapper: ast.KindFDW}, kwServer: ast.KindServer},
	kwDatabase: ast.KindDatabase, kwLanguage: ast.KindLanguage, kwSchema: ast.KindSchema,
	kwTablespace: ast.KindTablespace, kwDomain: ast.KindDomain, kwType: ast.KindType,
	kwFunction: ast.KindFunction, kwProcedure: ast.KindProcedure, kwRoutine: ast.KindRoutine,
	kwLarge: kindWords{kwObject: ast.KindLargeObject}, kwParameter: ast.KindParameter,
}

var allInSchemaKinds = map[class]ast.ObjectKind{
	kwTables: ast.KindTable, kwSequences: ast.KindSequence, kwFunctions: ast.KindFunction,
	kwProcedures: ast.KindProcedure, kwRoutines: ast.KindRoutine,
}

func (p *parser) privilegeTarget(n *ast.GrantStmt) {
	if p.accept(kwAll) {
		kind, ok := allInSchemaKinds[p.tok.cls]
		if !ok {
			p.syntaxError()
		}
		p.advance()
		p.expect2(kwIn, kwSchema)
		n.Kind, n.AllInSchema = kind, true
		n.Objects = list(p, p.nameRef)
		return
	}
	n.Kind = ast.KindTable
	switch next := p.peek(1); {
	case p.accept(kwTable):
	case p.tok.cls == kwSequence && next.isColID():
		p.advance()
		n.Kind = ast.KindSequence
	case targetKinds[p.tok.cls] != nil && (next.isColID() || next.isTypeFuncName() || p.tok.cls == kwForeign ||
		p.tok.cls == kwLarge && next == kwObject):
		n.Kind = p.objectKind(targetKinds)
		n.Objects = list(p, func() *ast.ObjectRef { return p.privilegeObject(n.Kind) })
		return
	}
	n.Tables = list(p, p.qualifiedName)
}

func (p *parser) nameRef() *ast.ObjectRef {
	return &ast.ObjectRef{Pos: p.here(), Names: []string{p.colID()}}
}

func (p *parser) privilegeObject(kind ast.ObjectKind) *ast.ObjectRef {
	if kind != ast.KindParameter {
		return p.object(kind)
	}
	o := p.nameRef()
	for p.accept('.') {
		o.Names = append(o.Names, p.colID())
	}
	return o
}

var defaultPrivilegeKinds = map[class]ast.ObjectKind{
	kwTables: ast.KindTable, kwFunctions: ast.KindFunction, kwRoutines: ast.KindFunction,
	kwSequences: ast.KindSequence, kwTypes: ast.KindType, kwSchemas: ast.KindSchema,
}

// alterDefaultPrivileges parses ALTER DEFAULT PRIVILEGES from DEFAULT on.
func (p *parser) alterDefaultPrivileges(pos int) ast.Stmt {
	n := &ast.DefaultPrivilegesStmt{Pos: pos}
	p.expect2(kwDefault, kwPrivileges)
	for p.tok.cls == kwIn || p.tok.cls == kwFor {
		if p.accept(kwIn) {
			p.expect(kwSchema)
			n.Schemas = append(n.Schemas, p.nameList()...)
			continue
		}
		p.advance()
		if !p.accept(kwRole) {
			p.expect(kwUser)
		}
		n.Roles = append(n.Roles, p.roleList()...)
	}
	a := &ast.GrantStmt{Pos: p.tok.pos, Revoke: p.tok.cls == kwRevoke}
	if !p.accept(kwGrant) {
		p.expect(kwRevoke)
		if p.tok.cls == kwGrant {
			p.advance()
			p.expect2(kwOption, kwFor)
			a.GrantOption = true
		}
	}
	a.Privileges = p.privileges()
	p.expect(kwOn)
	kind, ok := defaultPrivilegeKinds[p.tok.cls]
	if !ok {
		p.syntaxError()
	}
	p.advance()
	a.Kind = kind
	p.toOrFrom(a.Revoke)
	a.Grantees = list(p, p.grantee)
	if a.Revoke {
		a.Behavior = p.behavior()
	} else if p.accept(kwWith) {
		p.expect2(kwGrant, kwOption)
		a.GrantOption = true
	}
	n.Action = a
	return n
}
