package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

func (p *parser) beginStmt() ast.Stmt {
	n := &ast.TransactionStmt{Pos: p.tok.pos}
	if p.accept(kwStart) {
		n.Kind = ast.TxStart
		p.expect(kwTransaction)
	} else {
		p.advance()
		p.optTransaction()
	}
	n.Modes = p.transactionModes(false)
	return n
}

// optTransaction skips [WORK | TRANSACTION].
func (p *parser) optTransaction() {
	if !p.accept(kwWork) {
		p.accept(kwTransaction)
	}
}

// transactionModes parses a list of transaction modes; commas are optional.
func (p *parser) transactionModes(must bool) ast.TxModes {
	var m ast.TxModes
	for first := true; ; first = false {
		comma := !first && p.accept(',')
		switch p.tok.cls {
		case kwIsolation:
			p.advance()
			p.expect(kwLevel)
			m.Isolation = p.isolationLevel()
		case kwRead:
			p.advance()
			m.ReadOnly, m.ReadWrite = false, false
			if p.accept(kwOnly) {
				m.ReadOnly = true
			} else {
				p.expect(kwWrite)
				m.ReadWrite = true
			}
		case kwDeferrable:
			p.advance()
			m.Deferrable, m.NotDeferrable = true, false
		case kwNot:
			p.advance()
			p.expect(kwDeferrable)
			m.Deferrable, m.NotDeferrable = false, true
		case kwAs:
			p.advance()
			p.expect(kwOf)
			m.AsOf = p.moment()
		default:
			if comma || first && must {
				p.syntaxError()
			}
			return m
		}
	}
}

func (p *parser) isolationLevel() ast.Isolation {
	switch {
	case p.accept(kwSerializable):
		return ast.Serializable
	case p.accept(kwRepeatable):
		p.expect(kwRead)
		return ast.RepeatableRead
	}
	p.expect(kwRead)
	if p.accept(kwUncommitted) {
		return ast.ReadUncommitted
	}
	p.expect(kwCommitted)
	return ast.ReadCommitted
}

// endTransaction parses COMMIT, END, ROLLBACK and ABORT with their variants.
func (p *parser) endTransaction() ast.Stmt {
	n := &ast.TransactionStmt{Pos: p.tok.pos, Kind: ast.TxRollback}
	cls := p.tok.cls
	p.advance()
	if cls == kwCommit || cls == kwEnd {
		n.Kind = ast.TxCommit
	}
	if (cls == kwCommit || cls == kwRollback) && p.accept(kwPrepared) {
		n.Kind = ast.TxRollbackPrepared
		if cls == kwCommit {
			n.Kind = ast.TxCommitPrepared
		}
		n.Name = p.sconst()
		return n
	}
	p.optTransaction()
	if cls == kwRollback && p.accept(kwTo) {
		n.Kind = ast.TxRollbackTo
		n.Name = p.savepointName()
		return n
	}
	if p.accept(kwAnd) {
		n.NoChain = p.accept(kwNo)
		n.Chain = !n.NoChain
		p.expect(kwChain)
	}
	return n
}

// savepointName parses [SAVEPOINT] name; a savepoint may be named savepoint.
func (p *parser) savepointName() string {
	if p.tok.cls == kwSavepoint && p.peek(1).isColID() {
		p.advance()
	}
	return p.colID()
}

func (p *parser) savepointStmt() ast.Stmt {
	n := &ast.TransactionStmt{Pos: p.tok.pos, Kind: ast.TxSavepoint}
	if p.accept(kwRelease) {
		n.Kind = ast.TxRelease
		n.Name = p.savepointName()
		return n
	}
	p.advance()
	n.Name = p.colID()
	return n
}

// setStmt parses SET in all its forms.
func (p *parser) setStmt() ast.Stmt {
	pos := p.tok.pos
	p.expect(kwSet)
	switch p.tok.cls {
	case kwConstraints:
		if c := p.peek(1); c == kwAll || c.isColID() && c != kwTo {
			return p.setConstraints(pos)
		}
	case kwLocal:
		if p.startsSetName(1) {
			p.advance()
			return p.setRest(pos, true)
		}
	case kwSession:
		// SESSION AUTHORIZATION and SESSION CHARACTERISTICS are read by setRest
		if c := p.peek(1); c != kwAuthorization && c != kwCharacteristics && p.startsSetName(1) {
			p.advance()
			return p.setRest(pos, false)
		}
	}
	return p.setRest(pos, false)
}

// startsSetName tells whether the nth token ahead continues SET LOCAL or SET
// SESSION rather than assigning to a variable of that name.
func (p *parser) startsSetName(n int) bool {
	switch c := p.peek(n); c {
	case kwTo, '=', '.', kwFrom:
		return false
	default:
		return true
	}
}

// setRest parses SET behind LOCAL and SESSION.
func (p *parser) setRest(pos int, local bool) *ast.SetStmt {
	n := &ast.SetStmt{Pos: pos, Local: local}
	next := p.peek(1)
	assigns := next == '=' || next == kwTo || next == '.' || next == kwFrom
	if !assigns {
		switch p.tok.cls {
		case kwTransaction:
			p.advance()
			if p.accept(kwSnapshot) {
				n.Kind = ast.SetSnapshot
				n.Values = []ast.Expr{p.stringConst()}
				return n
			}
			n.Kind = ast.SetTransaction
			n.Modes = p.transactionModes(true)
			return n
		case kwSession:
			p.advance()
			if p.accept(kwCharacteristics) {
				p.expect2(kwAs, kwTransaction)
				n.Kind = ast.SetCharacteristics
				n.Modes = p.transactionModes(true)
				return n
			}
			p.expect(kwAuthorization)
			n.Name = "session_authorization"
			if p.accept(kwDefault) {
				n.Kind = ast.SetDefault
				return n
			}
			n.Values = p.wordValue()
			return n
		}
		if p.setSpecial(n) {
			return n
		}
	}
	p.genericSet(n, true)
	return n
}

// setSpecial parses the forms of SET with words of their own.
func (p *parser) setSpecial(n *ast.SetStmt) bool {
	switch p.tok.cls {
	case kwTime:
		p.advance()
		p.expect(kwZone)
		n.Name = "timezone"
		p.zoneValue(n)
	case kwCatalog:
		p.advance()
		pos := p.tok.pos
		p.sconst()
		p.fail(pgcode.FeatureNotSupported, pos, "current database cannot be changed")
	case kwSchema:
		p.advance()
		n.Name, n.Values = "search_path", []ast.Expr{p.stringConst()}
	case kwNames:
		p.advance()
		n.Name = "client_encoding"
		if p.tok.cls == tSconst {
			n.Values = []ast.Expr{p.stringConst()}
		} else {
			p.accept(kwDefault)
			n.Kind = ast.SetDefault
		}
	case kwRole:
		p.advance()
		n.Name, n.Values = "role", p.wordValue()
	case kwXml:
		p.advance()
		p.expect(kwOption)
		n.Name = "xmloption"
		pos, w := p.tok.pos, upper(p.tok.text)
		p.xmlKind()
		n.Values = []ast.Expr{wordConst(pos, w)}
	default:
		return false
	}
	return true
}

func (p *parser) wordValue() []ast.Expr {
	pos := p.tok.pos
	return []ast.Expr{wordConst(pos, p.nonReservedOrString())}
}

// genericSet parses name TO|= values, name FROM CURRENT.
func (p *parser) genericSet(n *ast.SetStmt, fromCurrent bool) {
	n.Name = p.varName()
	if fromCurrent && p.accept(kwFrom) {
		p.expect(kwCurrent)
		n.Kind = ast.SetFromCurrent
		return
	}
	if !p.accept('=') {
		p.expect(kwTo)
	}
	if p.accept(kwDefault) {
		n.Kind = ast.SetDefault
		return
	}
	n.Values = list(p, func() ast.Expr {
		if p.startsNumeric() {
			return p.numericOnly()
		}
		var o ast.Option
		p.wordOrString(&o)
		return o.Value.(*ast.Const)
	})
}

// varName parses ColId {. ColId}.
func (p *parser) varName() string {
	name := p.colID()
	for p.accept('.') {
		name += "." + p.colID()
	}
	return name
}

// zoneValue parses the value of SET TIME ZONE.
func (p *parser) zoneValue(n *ast.SetStmt) {
	pos := p.tok.pos
	switch p.tok.cls {
	case kwDefault, kwLocal:
		p.advance()
		n.Kind = ast.SetDefault
	case tSconst:
		n.Values = []ast.Expr{p.stringConst()}
	case tIdent:
		n.Values = []ast.Expr{wordConst(pos, p.tok.text)}
		p.advance()
	case kwInterval:
		if c := p.peek(1); c != tSconst && c != '(' {
			p.advance()
			p.syntaxError()
		}
		v := p.typedLiteral().(*ast.TypeCast)
		p.checkZoneInterval(v.Type)
		n.Values = []ast.Expr{v}
	default:
		n.Values = []ast.Expr{p.numericOnly()}
	}
}

// checkZoneInterval allows only HOUR and HOUR TO MINUTE.
func (p *parser) checkZoneInterval(t *ast.TypeName) {
	if len(t.Typmods) != 1 {
		return // a precision alone is let through, as in PostgreSQL
	}
	mask := t.Typmods[0].(*ast.Const)
	if mask.Int&^(intervalHour|intervalMinute) != 0 {
		p.fail(pgcode.SyntaxError, mask.Pos, "time zone interval must be HOUR or HOUR TO MINUTE")
	}
}

func (p *parser) setConstraints(pos int) ast.Stmt {
	n := &ast.SetConstraintsStmt{Pos: pos}
	p.expect(kwConstraints)
	if !p.accept(kwAll) {
		n.Constraints = list(p, p.qualifiedName)
	}
	n.Deferred = p.accept(kwDeferred)
	if !n.Deferred {
		p.expect(kwImmediate)
	}
	return n
}

// shownName parses the name of SHOW and RESET: the special forms and, from ALL,
// everything.
func (p *parser) shownName() string {
	switch next := p.peek(1); {
	case p.tok.cls == kwAll:
		p.advance()
		return "all"
	case p.tok.cls == kwTime && next == kwZone:
		p.advance()
		p.advance()
		return "timezone"
	case p.tok.cls == kwTransaction && next == kwIsolation:
		p.advance()
		p.expect2(kwIsolation, kwLevel)
		return "transaction_isolation"
	case p.tok.cls == kwSession && next == kwAuthorization:
		p.advance()
		p.advance()
		return "session_authorization"
	}
	return p.varName()
}

func (p *parser) showStmt() ast.Stmt {
	n := &ast.ShowStmt{Pos: p.tok.pos}
	p.expect(kwShow)
	n.Name = p.shownName()
	return n
}

func (p *parser) resetStmt() *ast.SetStmt {
	n := &ast.SetStmt{Pos: p.tok.pos, Kind: ast.SetReset}
	p.expect(kwReset)
	if p.tok.cls == kwAll {
		n.Kind = ast.SetResetAll
		p.advance()
		return n
	}
	n.Name = p.shownName()
	return n
}

// alterSystem parses ALTER SYSTEM from SYSTEM on.
func (p *parser) alterSystem(pos int) ast.Stmt {
	p.expect(kwSystem)
	n := &ast.SetStmt{Pos: p.tok.pos}
	switch {
	case p.accept(kwSet):
		p.genericSet(n, false)
	default:
		p.expect(kwReset)
		n.Kind = ast.SetReset
		if p.accept(kwAll) {
			n.Kind = ast.SetResetAll
		} else {
			n.Name = p.varName()
		}
	}
	return &ast.AlterSystemStmt{Pos: pos, Set: n}
}

func (p *parser) discardStmt() ast.Stmt {
	n := &ast.DiscardStmt{Pos: p.tok.pos}
	p.expect(kwDiscard)
	switch p.tok.cls {
	case kwAll, kwTemp, kwPlans, kwSequences:
		n.What = upper(p.tok.text)
	case kwTemporary:
		n.What = "TEMP"
	default:
		p.syntaxError()
	}
	p.advance()
	return n
}

func (p *parser) createDatabase(pos int) ast.Stmt {
	p.expect(kwDatabase)
	n := &ast.DatabaseStmt{Pos: pos, Verb: "CREATE", Name: p.colID()}
	p.optWith()
	n.Options = p.databaseOptions()
	return n
}

// databaseOptions parses the options of CREATE and ALTER DATABASE.
func (p *parser) databaseOptions() []*ast.Option {
	var out []*ast.Option
	for {
		o := &ast.Option{Pos: p.tok.pos, Name: p.tok.text}
		switch p.tok.cls {
		case tIdent, kwEncoding, kwLocation, kwOwner, kwTablespace, kwTemplate:
			p.advance()
		case kwConnection:
			p.advance()
			p.expect(kwLimit)
			o.Name = "connection_limit"
		default:
			return out
		}
		p.accept('=')
		switch {
		case p.accept(kwDefault):
		case p.startsNumeric():
			o.Value = p.numericOnly()
		default:
			p.wordOrString(o)
		}
		out = append(out, o)
	}
}

// alterDatabase parses ALTER DATABASE from DATABASE on.
func (p *parser) alterDatabase(pos int) ast.Stmt {
	p.expect(kwDatabase)
	at, name := p.here(), p.colID()
	object := &ast.ObjectRef{Pos: at, Names: []string{name}}
	switch p.tok.cls {
	case kwRename:
		p.advance()
		p.expect(kwTo)
		return &ast.RenameStmt{Pos: pos, Kind: ast.KindDatabase, Object: object, NewName: p.colID()}
	case kwOwner:
		if p.peek(1) == kwTo {
			p.advance()
			p.advance()
			return &ast.AlterOwnerStmt{Pos: pos, Kind: ast.KindDatabase, Object: object, Owner: p.roleSpec()}
		}
	case kwRefresh:
		p.advance()
		p.expect2(kwCollation, kwVersion)
		return &ast.OtherStmt{Pos: pos, Kind: "ALTER DATABASE", Text: p.text(pos)}
	case kwSet:
		if p.peek(1) == kwTablespace && p.startsSetName(2) {
			p.advance()
			p.advance()
			o := &ast.Option{Pos: p.tok.pos, Name: "tablespace", Value: wordConst(p.tok.pos, p.tok.text), Word: true}
			p.colID()
			return &ast.DatabaseStmt{Pos: pos, Verb: "ALTER", Name: name, Options: []*ast.Option{o}}
		}
		return &ast.AlterDatabaseSetStmt{Pos: pos, Database: name, Set: p.setOrReset()}
	case kwReset:
		return &ast.AlterDatabaseSetStmt{Pos: pos, Database: name, Set: p.setOrReset()}
	}
	p.optWith()
	return &ast.DatabaseStmt{Pos: pos, Verb: "ALTER", Name: name, Options: p.databaseOptions()}
}
