package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

func (p *parser) missingArgument() {
	panic(pgerr.New(pgcode.SyntaxError, "missing argument").
		WithHint("Use NONE to denote the missing argument of a unary operator.").At(p.tok.pos + 1))
}

// dropStmt parses DROP of every kind.
func (p *parser) dropStmt() ast.Stmt {
	pos := p.tok.pos
	switch p.peek(1) {
	case kwRole, kwGroup, kwUser:
		if p.peek(2) == kwMapping {
			return p.otherStmt()
		}
		p.advance()
		p.advance()
		return &ast.DropRoleStmt{Pos: pos, IfExists: p.ifExists(), Roles: p.roleList()}
	case kwDatabase:
		p.advance()
		return p.dropDatabase(pos)
	case kwOwned:
		p.advance()
		p.advance()
		p.expect(kwBy)
		return &ast.OwnedStmt{Pos: pos, Roles: p.roleList(), Behavior: p.behavior()}
	case kwTablespace, kwSubscription, kwCast, kwTransform, kwOperator:
		return p.dropSingle(pos)
	}
	p.advance()
	n := &ast.DropStmt{Pos: pos, Kind: p.objectKind(dropKinds)}
	if n.Kind == ast.KindIndex && p.accept(kwConcurrently) {
		n.Concurrently = true
	}
	n.IfExists = p.ifExists()
	switch {
	case kindIn(onTableKinds, n.Kind):
		n.Objects = []*ast.ObjectRef{p.object(n.Kind)}
	case kindIn(typeKinds, n.Kind):
		n.Objects = list(p, p.typeRef)
	default:
		n.Objects = list(p, func() *ast.ObjectRef { return p.object(n.Kind) })
	}
	n.Behavior = p.behavior()
	return n
}

// typeRef parses a type as an object.
func (p *parser) typeRef() *ast.ObjectRef {
	o := &ast.ObjectRef{Pos: p.tok.pos}
	o.Type = p.typename()
	return o
}

// dropSingle parses the kinds of DROP that take one object.
func (p *parser) dropSingle(pos int) ast.Stmt {
	p.advance()
	n := &ast.DropStmt{Pos: pos, Kind: p.objectKind(mergeKinds(sharedNameKinds, commentKinds))}
	if n.Kind == ast.KindCast || n.Kind == ast.KindTransform { // a name cannot follow
		if p.accept(kwIf) {
			p.expect(kwExists)
			n.IfExists = true
		}
	} else {
		n.IfExists = p.ifExists()
	}
	if n.Kind == ast.KindOperator {
		n.Objects = list(p, func() *ast.ObjectRef { return p.object(n.Kind) })
	} else {
		n.Objects = []*ast.ObjectRef{p.object(n.Kind)}
	}
	if n.Kind != ast.KindTablespace {
		n.Behavior = p.behavior()
	}
	return n
}

func (p *parser) dropDatabase(pos int) ast.Stmt {
	p.expect(kwDatabase)
	n := &ast.DatabaseStmt{Pos: pos, Verb: "DROP", IfExists: p.ifExists(), Name: p.colID()}
	if p.tok.cls == kwWith || p.tok.cls == '(' {
		p.optWith()
		n.Options = parenList(p, func() *ast.Option {
			o := word(p.tok.pos, "force")
			p.expect(kwForce)
			return o
		})
	}
	return n
}

// commentStmt parses COMMENT ON object IS 'text'|NULL.
func (p *parser) commentStmt() ast.Stmt {
	n := &ast.CommentStmt{Pos: p.tok.pos}
	p.expect2(kwComment, kwOn)
	n.Kind, n.Object = p.namedObject()
	p.expect(kwIs)
	n.Comment, n.Null = p.stringOrNull()
	return n
}

func (p *parser) stringOrNull() (string, bool) {
	if p.accept(kwNull) {
		return "", true
	}
	return p.sconst(), false
}

// namedObject parses a kind of object and the object, as COMMENT ON has it.
func (p *parser) namedObject() (ast.ObjectKind, *ast.ObjectRef) {
	kind := p.objectKind(commentKinds)
	if kindIn(typeKinds, kind) {
		return kind, p.typeRef()
	}
	if kind != ast.KindConstraint {
		return kind, p.object(kind)
	}
	o := &ast.ObjectRef{Pos: p.tok.pos, On: true}
	name := p.colID()
	p.expect(kwOn)
	// a table may be named domain
	if p.tok.cls == kwDomain && p.peek(1).isColID() {
		p.advance()
		kind = ast.KindDomConstraint
	}
	o.Names = append(p.anyName(), name)
	return kind, o
}

// securityLabelStmt parses SECURITY LABEL.
func (p *parser) securityLabelStmt() ast.Stmt {
	pos := p.tok.pos
	p.expect2(kwSecurity, kwLabel)
	if p.accept(kwFor) {
		p.nonReservedOrString()
	}
	p.expect(kwOn)
	start := p.tok
	switch kind, _ := p.namedObject(); kind {
	case ast.KindConstraint, ast.KindDomConstraint, ast.KindOperator, ast.KindOpClass, ast.KindOpFamily,
		ast.KindCast, ast.KindTransform, ast.KindPolicy, ast.KindRule, ast.KindTrigger:
		p.failAt(start, "syntax error")
	}
	p.expect(kwIs)
	p.stringOrNull()
	return &ast.OtherStmt{Pos: pos, Kind: "SECURITY LABEL", Text: p.text(pos)}
}

// alterObject parses ALTER of an object that is no relation, behind the kind:
// RENAME, SET SCHEMA and OWNER TO where the kind has them, else its own forms.
func (p *parser) alterObject(pos int, kind ast.ObjectKind) ast.Stmt {
	ifExists := kind == ast.KindPolicy && p.ifExists()
	if kind == ast.KindStatistics && p.ifExists() {
		p.anyName()
		p.statisticsTarget()
		return &ast.OtherStmt{Pos: pos, Kind: "ALTER STATISTICS", Text: p.text(pos)}
	}
	object := p.object(kind)
	switch {
	case p.tok.cls == kwRename && canRename(kind):
		if s := p.renameObject(pos, kind, ifExists, object); s != nil {
			return s
		}
	case p.tok.cls == kwSet && p.peek(1) == kwSchema && canSetSchema(kind):
		p.advance()
		p.advance()
		return &ast.AlterSchemaStmt{Pos: pos, Kind: kind, Object: object, NewSchema: p.colID()}
	case p.tok.cls == kwOwner && canOwn(kind):
		p.advance()
		p.expect(kwTo)
		return &ast.AlterOwnerStmt{Pos: pos, Kind: kind, Object: object, Owner: p.roleSpec()}
	}
	return p.otherFrom(pos, "ALTER "+string(kind))
}

func (p *parser) statisticsTarget() {
	p.expect2(kwSet, kwStatistics)
	p.signedIconst()
}

func canRename(k ast.ObjectKind) bool {
	switch k {
	case ast.KindExtension, ast.KindOperator, ast.KindLargeObject:
		return false
	}
	return true
}

func canSetSchema(k ast.ObjectKind) bool {
	switch k {
	case ast.KindAggregate, ast.KindCollation, ast.KindConversion, ast.KindDomain, ast.KindExtension,
		ast.KindFunction, ast.KindOperator, ast.KindOpClass, ast.KindOpFamily, ast.KindProcedure,
		ast.KindRoutine, ast.KindStatistics, ast.KindTSParser, ast.KindTSDictionary, ast.KindTSTemplate,
		ast.KindTSConfig, ast.KindType:
		return true
	}
	return false
}

func canOwn(k ast.ObjectKind) bool {
	switch k {
	case ast.KindExtension, ast.KindPolicy, ast.KindRule, ast.KindTrigger, ast.KindTSParser, ast.KindTSTemplate:
		return false
	}
	return true
}

// renameObject parses RENAME TO and the renaming of parts; nil for a form that
// is not about names (ALTER TYPE ... RENAME VALUE).
func (p *parser) renameObject(pos int, kind ast.ObjectKind, ifExists bool, object *ast.ObjectRef) ast.Stmt {
	n := &ast.RenameStmt{Pos: pos, Kind: kind, IfExists: ifExists, Object: object}
	if kind == ast.KindType && p.peek(1) == kwValue {
		return nil
	}
	p.expect(kwRename)
	switch {
	case kind == ast.KindType && p.accept(kwAttribute):
		n.Kind = ast.KindAttribute
	case kind == ast.KindDomain && p.accept(kwConstraint):
		n.Kind = ast.KindConstraint
	}
	if n.Kind != kind {
		n.Parent = kind
		n.SubName = p.colID()
	}
	p.expect(kwTo)
	n.NewName = p.colID()
	if n.Kind == ast.KindAttribute {
		n.Behavior = p.behavior()
	}
	return n
}
