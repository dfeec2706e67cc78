package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// createStmt parses CREATE. The words before the kind of object (OR REPLACE,
// TEMP, UNIQUE...) decide which kinds may follow.
func (p *parser) createStmt() ast.Stmt {
	pos := p.tok.pos
	switch p.peek(1) {
	case kwTable, kwTemp, kwTemporary, kwLocal, kwGlobal, kwUnlogged, kwView, kwRecursive, kwSequence, kwMaterialized:
		p.advance()
		return p.createRelation(pos, false)
	case kwUnique, kwIndex:
		p.advance()
		return p.createIndex(pos)
	case kwSchema:
		p.advance()
		return p.createSchema(pos)
	case kwRole, kwGroup:
		p.advance()
		return p.createRole(pos)
	case kwUser:
		if p.peek(2) == kwMapping {
			return p.otherStmt()
		}
		p.advance()
		return p.createRole(pos)
	case kwDatabase:
		p.advance()
		return p.createDatabase(pos)
	case kwOr:
		switch p.peek(3) {
		case kwTemp, kwTemporary, kwLocal, kwGlobal, kwUnlogged, kwView, kwRecursive:
			p.advance()
			p.expect2(kwOr, kwReplace)
			return p.createRelation(pos, true)
		}
	}
	return p.otherStmt()
}

// createRelation parses CREATE [OR REPLACE] [TEMP] TABLE, VIEW or SEQUENCE from
// the persistence on.
func (p *parser) createRelation(pos int, replace bool) ast.Stmt {
	persistence := p.persistence()
	switch p.tok.cls {
	case kwView, kwRecursive:
		return p.createView(pos, persistence, replace)
	case kwTable:
		if !replace {
			return p.createTable(pos, persistence)
		}
	case kwSequence:
		if !replace {
			return p.createSequence(pos, persistence)
		}
	case kwMaterialized:
		if !replace && persistence != ast.Temporary {
			return p.createMatView(pos, persistence)
		}
	}
	p.syntaxError()
	return nil
}

// createAsStmt parses CREATE TABLE AS and CREATE MATERIALIZED VIEW, where
// nothing else may be created.
func (p *parser) createAsStmt() ast.Stmt {
	pos := p.tok.pos
	p.expect(kwCreate)
	persistence := p.persistence()
	if p.tok.cls == kwMaterialized && persistence != ast.Temporary {
		return p.createMatView(pos, persistence)
	}
	p.expect(kwTable)
	n := &ast.CreateTableStmt{Pos: pos, IfNotExists: p.ifNotExists()}
	n.Table = p.qualifiedName()
	n.Table.Persistence = persistence
	return p.createTableAs(n, p.optParenNames())
}

func (p *parser) createTable(pos int, persistence ast.Persistence) ast.Stmt {
	p.expect(kwTable)
	n := &ast.CreateTableStmt{Pos: pos, IfNotExists: p.ifNotExists()}
	n.Table = p.qualifiedName()
	n.Table.Persistence = persistence
	switch p.tok.cls {
	case '(':
		if p.peek(1).isColID() && (p.peek(2) == ',' || p.peek(2) == ')') {
			return p.createTableAs(n, p.parenNames())
		}
		n.Elements = p.tableElements()
		if p.accept(kwInherits) {
			n.Inherits = parenList(p, p.qualifiedName)
		}
	case kwOf:
		p.advance()
		n.OfType = p.anyName()
		n.Elements = p.typedElements()
	case kwPartition:
		p.advance()
		p.expect(kwOf)
		n.PartitionOf = p.qualifiedName()
		n.Elements = p.typedElements()
		n.Bound = p.partitionBound()
	default:
		return p.createTableAs(n, nil)
	}
	if p.tok.cls == kwPartition {
		n.PartitionBy = p.partitionSpec()
	}
	n.AccessMethod = p.optUsingName()
	n.Options, n.WithoutOids = p.withOptions()
	n.OnCommit = p.onCommit()
	n.Tablespace = p.optTablespace()
	return n
}

// createTableAs parses the rest of CREATE TABLE AS after the column names.
func (p *parser) createTableAs(t *ast.CreateTableStmt, columns []string) ast.Stmt {
	in := &ast.Into{Pos: t.Table.Pos, Table: t.Table, Columns: columns}
	n := &ast.CreateTableAsStmt{Pos: t.Pos, IfNotExists: t.IfNotExists, Into: in}
	in.AccessMethod = p.optUsingName()
	in.Options, _ = p.withOptions()
	in.OnCommit = p.onCommit()
	in.Tablespace = p.optTablespace()
	p.expect(kwAs)
	if p.tok.cls == kwExecute {
		n.Query = p.executeStmt()
	} else {
		n.Query = p.query()
	}
	in.WithNoData = p.withNoData()
	return n
}

func (p *parser) createMatView(pos int, persistence ast.Persistence) ast.Stmt {
	p.expect2(kwMaterialized, kwView)
	n := &ast.CreateTableAsStmt{Pos: pos, Materialized: true, IfNotExists: p.ifNotExists()}
	in := &ast.Into{Pos: p.here(), Table: p.qualifiedName()}
	in.Table.Persistence = persistence
	in.Columns = p.optParenNames()
	in.AccessMethod = p.optUsingName()
	in.Options = p.optRelOptions()
	in.Tablespace = p.optTablespace()
	p.expect(kwAs)
	n.Query = p.query()
	in.WithNoData = p.withNoData()
	n.Into = in
	return n
}

// withNoData parses [WITH [NO] DATA].
func (p *parser) withNoData() bool {
	if !p.accept(kwWith) {
		return false
	}
	no := p.accept(kwNo)
	p.expect(kwData)
	return no
}

func (p *parser) optUsingName() string {
	if !p.accept(kwUsing) {
		return ""
	}
	return p.colID()
}

func (p *parser) optTablespace() string {
	if !p.accept(kwTablespace) {
		return ""
	}
	return p.colID()
}

// withOptions parses [WITH (...) | WITHOUT OIDS].
func (p *parser) withOptions() (options []*ast.Option, withoutOids bool) {
	if p.accept(kwWithout) {
		p.expect(kwOids)
		return nil, true
	}
	if p.accept(kwWith) {
		return p.relOptions(), false
	}
	return nil, false
}

func (p *parser) onCommit() ast.OnCommit {
	if !p.accept(kwOn) {
		return ast.OnCommitNone
	}
	p.expect(kwCommit)
	switch {
	case p.accept(kwDrop):
		return ast.OnCommitDrop
	case p.accept(kwDelete):
		p.expect(kwRows)
		return ast.OnCommitDeleteRows
	}
	p.expect2(kwPreserve, kwRows)
	return ast.OnCommitPreserveRows
}

// tableElements parses ( [element, ...] ).
func (p *parser) tableElements() []ast.TableElement {
	p.expect('(')
	if p.accept(')') {
		return nil
	}
	out := list(p, p.tableElement)
	p.expect(')')
	return out
}

func (p *parser) tableElement() ast.TableElement {
	switch {
	case p.tok.cls == kwLike:
		return p.likeClause()
	case p.startsTableConstraint():
		return p.tableConstraint()
	}
	return p.columnDef()
}

// typedElements parses the optional columns of a typed table or partition.
func (p *parser) typedElements() []ast.TableElement {
	if p.tok.cls != '(' {
		return nil
	}
	return parenList(p, func() ast.TableElement {
		if p.startsTableConstraint() {
			return p.tableConstraint()
		}
		d := &ast.ColumnDef{Pos: p.here(), Name: p.colID()}
		if p.accept(kwWith) {
			p.expect(kwOptions)
		}
		p.columnConstraints(d)
		return d
	})
}

func (p *parser) likeClause() *ast.LikeClause {
	p.expect(kwLike)
	l := &ast.LikeClause{Pos: p.here(), Table: p.qualifiedName()}
	for p.tok.cls == kwIncluding || p.tok.cls == kwExcluding {
		including := p.tok.cls == kwIncluding
		p.advance()
		bit, ok := likeOptions[p.tok.cls]
		if !ok {
			p.syntaxError()
		}
		p.advance()
		if including {
			l.Options |= bit
		} else {
			l.Options &^= bit
		}
	}
	return l
}

var likeOptions = map[class]ast.LikeOption{
	kwComments: ast.LikeComments, kwCompression: ast.LikeCompression, kwConstraints: ast.LikeConstraints,
	kwDefaults: ast.LikeDefaults, kwGenerated: ast.LikeGenerated, kwIdentity: ast.LikeIdentity,
	kwIndexes: ast.LikeIndexes, kwStatistics: ast.LikeStatistics, kwStorage: ast.LikeStorage, kwAll: ast.LikeAll,
}

func (p *parser) columnDef() *ast.ColumnDef {
	d := &ast.ColumnDef{Pos: p.here(), Name: p.colID(), Type: p.typename()}
	if p.tok.cls == kwCompression {
		d.Compression = p.compression()
	}
	d.FdwOptions = p.optGenericOptions()
	p.columnConstraints(d)
	return d
}

func (p *parser) compression() string {
	p.expect(kwCompression)
	if p.accept(kwDefault) {
		return "default"
	}
	return p.colID()
}

func (p *parser) partitionSpec() *ast.PartitionSpec {
	s := &ast.PartitionSpec{Pos: p.tok.pos}
	p.expect2(kwPartition, kwBy)
	s.Strategy = p.colID()
	s.Elems = parenList(p, func() *ast.PartitionElem {
		e := &ast.PartitionElem{Pos: p.tok.pos}
		e.Name, e.Expr = p.columnOrExpr()
		if p.accept(kwCollate) {
			e.Collate = p.anyName()
		}
		if p.tok.cls.isColID() {
			e.OpClass = p.anyName()
		}
		return e
	})
	return s
}

// partitionBound parses FOR VALUES ... or DEFAULT.
func (p *parser) partitionBound() *ast.PartitionBy {
	b := &ast.PartitionBy{Pos: p.tok.pos}
	if p.accept(kwDefault) {
		b.Default = true
		return b
	}
	p.expect2(kwFor, kwValues)
	switch {
	case p.accept(kwIn):
		b.In = parenList(p, p.aExpr)
	case p.accept(kwFrom):
		b.From = parenList(p, p.aExpr)
		p.expect(kwTo)
		b.To = parenList(p, p.aExpr)
	default:
		b.Pos = p.tok.pos
		p.expect(kwWith)
		p.hashBound(b)
	}
	return b
}

func (p *parser) hashBound(b *ast.PartitionBy) {
	b.Hash = true
	seen := map[string]bool{}
	parenList(p, func() struct{} {
		pos := p.tok.pos
		name, value := p.nonReserved(), p.iconst()
		switch name {
		case "modulus":
			b.Modulus = value
		case "remainder":
			b.Remainder = value
		default:
			p.fail(pgcode.SyntaxError, pos, "unrecognized hash partition bound specification \"%s\"", name)
		}
		if seen[name] {
			p.fail(pgcode.DuplicateObject, pos, "%s for hash partition provided more than once", name)
		}
		seen[name] = true
		return struct{}{}
	})
	for _, name := range []string{"modulus", "remainder"} {
		if !seen[name] {
			p.fail(pgcode.SyntaxError, -1, "%s for hash partition must be specified", name)
		}
	}
}

func (p *parser) createIndex(pos int) ast.Stmt {
	n := &ast.CreateIndexStmt{Pos: pos, Unique: p.accept(kwUnique)}
	p.expect(kwIndex)
	n.Concurrently = p.accept(kwConcurrently)
	n.IfNotExists = p.ifNotExists()
	if n.IfNotExists || p.tok.cls != kwOn {
		n.Name = p.colID()
	}
	p.expect(kwOn)
	n.Table = p.relationExpr()
	n.AccessMethod = p.optUsingName()
	n.Elems = parenList(p, p.indexElem)
	if p.accept(kwInclude) {
		n.Including = parenList(p, p.indexElem)
	}
	n.NullsNotDistinct = p.nullTreatment()
	n.Options = p.optRelOptions()
	n.Tablespace = p.optTablespace()
	n.Where = p.whereClause()
	return n
}

func (p *parser) createView(pos int, persistence ast.Persistence, replace bool) ast.Stmt {
	n := &ast.CreateViewStmt{Pos: pos, Replace: replace, Recursive: p.accept(kwRecursive)}
	p.expect(kwView)
	n.View = p.qualifiedName()
	n.View.Persistence = persistence
	if n.Recursive {
		n.Columns = p.parenNames()
	} else {
		n.Columns = p.optParenNames()
	}
	n.Options = p.optRelOptions()
	p.expect(kwAs)
	n.Query = p.query()
	if checkPos := p.tok.pos; p.accept(kwWith) {
		n.Check = ast.CheckCascaded
		if p.accept(kwLocal) {
			n.Check = ast.CheckLocal
		} else {
			p.accept(kwCascaded)
		}
		p.expect2(kwCheck, kwOption)
		if n.Recursive {
			p.fail(pgcode.FeatureNotSupported, checkPos, "WITH CHECK OPTION not supported on recursive views")
		}
	}
	return n
}

func (p *parser) createSchema(pos int) ast.Stmt {
	p.expect(kwSchema)
	n := &ast.CreateSchemaStmt{Pos: pos, IfNotExists: p.ifNotExists()}
	if p.tok.cls != kwAuthorization {
		n.Name = p.colID()
	}
	if p.accept(kwAuthorization) {
		n.Owner = p.roleSpec()
	}
	elements := p.tok.pos
	for p.tok.cls == kwCreate || p.tok.cls == kwGrant {
		n.Elements = append(n.Elements, p.schemaElement())
	}
	if n.IfNotExists && n.Elements != nil {
		p.fail(pgcode.FeatureNotSupported, elements, "CREATE SCHEMA IF NOT EXISTS cannot include schema elements")
	}
	return n
}

// schemaElement parses a statement inside CREATE SCHEMA, of which only some kinds
// are allowed.
func (p *parser) schemaElement() ast.Stmt {
	s := p.stmt(false)
	switch s := s.(type) {
	case *ast.CreateTableStmt, *ast.CreateIndexStmt, *ast.CreateSequenceStmt, *ast.CreateViewStmt, *ast.GrantStmt:
	case *ast.OtherStmt:
		if s.Kind != "CREATE TRIGGER" {
			p.syntaxError()
		}
	default:
		p.syntaxError()
	}
	return s
}

func (p *parser) createSequence(pos int, persistence ast.Persistence) ast.Stmt {
	p.expect(kwSequence)
	n := &ast.CreateSequenceStmt{Pos: pos, IfNotExists: p.ifNotExists()}
	n.Sequence = p.qualifiedName()
	n.Sequence.Persistence = persistence
	n.Options = p.seqOptions()
	return n
}
