package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

func (p *parser) prepareStmt() ast.Stmt {
	pos := p.tok.pos
	p.expect(kwPrepare)
	if p.tok.cls == kwTransaction && p.peek(1) == tSconst {
		p.advance()
		return &ast.TransactionStmt{Pos: pos, Kind: ast.TxPrepare, Name: p.sconst()}
	}
	n := &ast.PrepareStmt{Pos: pos, Name: p.colID()}
	if p.tok.cls == '(' {
		n.Types = parenList(p, p.typename)
	}
	p.expect(kwAs)
	n.Query = p.preparable()
	return n
}

func (p *parser) executeStmt() *ast.ExecuteStmt {
	n := &ast.ExecuteStmt{Pos: p.tok.pos}
	p.expect(kwExecute)
	n.Name = p.colID()
	if p.tok.cls == '(' {
		n.Args = parenList(p, p.aExpr)
	}
	return n
}

func (p *parser) deallocateStmt() ast.Stmt {
	n := &ast.DeallocateStmt{Pos: p.tok.pos}
	p.expect(kwDeallocate)
	// a statement may be named prepare
	if c := p.peek(1); p.tok.cls == kwPrepare && (c == kwAll || c.isColID()) {
		p.advance()
	}
	if p.accept(kwAll) {
		n.All = true
	} else {
		n.Name = p.colID()
	}
	return n
}

func (p *parser) declareStmt() ast.Stmt {
	n := &ast.DeclareCursorStmt{Pos: p.tok.pos}
	p.expect(kwDeclare)
	n.Name = p.colID()
options:
	for {
		switch p.tok.cls {
		case kwNo:
			p.advance()
			if p.tok.cls != kwScroll {
				p.syntaxError()
			}
			n.NoScroll = true
		case kwScroll:
			n.Scroll = true
		case kwBinary:
			n.Binary = true
		case kwAsensitive:
			n.Asensitive = true
		case kwInsensitive:
			n.Insensitive = true
		default:
			break options
		}
		p.advance()
	}
	p.expect(kwCursor)
	if p.accept(kwWith) {
		p.expect(kwHold)
		n.Hold = true
	} else if p.accept(kwWithout) {
		p.expect(kwHold)
	}
	p.expect(kwFor)
	n.Query = p.query()
	return n
}

// fetchStmt parses FETCH and MOVE. The words of directions may also be a
// cursor's name, which the next token tells.
func (p *parser) fetchStmt() ast.Stmt {
	n := &ast.FetchStmt{Pos: p.tok.pos, Move: p.tok.cls == kwMove, Count: 1}
	p.advance()
	next := p.peek(1)
	named := next == kwFrom || next == kwIn || next.isColID()
	switch cls := p.tok.cls; {
	case named && (cls == kwNext || cls == kwPrior || cls == kwFirst || cls == kwLast):
		switch cls {
		case kwPrior:
			n.Direction = ast.FetchBackward
		case kwFirst:
			n.Direction = ast.FetchAbsolute
		case kwLast:
			n.Direction, n.Count = ast.FetchAbsolute, -1
		}
		p.advance()
	case (cls == kwAbsolute || cls == kwRelative) && (next == tIconst || next == '+' || next == '-'):
		n.Direction = ast.FetchAbsolute
		if cls == kwRelative {
			n.Direction = ast.FetchRelative
		}
		p.advance()
		n.Count = int64(p.signedIconst())
	case cls == tIconst || cls == '+' || cls == '-':
		n.Count = int64(p.signedIconst())
	case cls == kwAll:
		p.advance()
		n.Count = ast.FetchAll
	case (cls == kwForward || cls == kwBackward) && (named || next == kwAll || next == tIconst || next == '+' || next == '-'):
		if cls == kwBackward {
			n.Direction = ast.FetchBackward
		}
		p.advance()
		switch p.tok.cls {
		case kwAll:
			p.advance()
			n.Count = ast.FetchAll
		case tIconst, '+', '-':
			n.Count = int64(p.signedIconst())
		}
	}
	if !p.accept(kwFrom) {
		p.accept(kwIn)
	}
	n.Cursor = p.colID()
	return n
}

func (p *parser) closeStmt() ast.Stmt {
	n := &ast.CloseStmt{Pos: p.tok.pos}
	p.expect(kwClose)
	if p.accept(kwAll) {
		n.All = true
	} else {
		n.Cursor = p.colID()
	}
	return n
}

func (p *parser) acceptAnalyze() bool { return p.accept(kwAnalyze) || p.accept(kwAnalyse) }

func (p *parser) explainStmt() ast.Stmt {
	n := &ast.ExplainStmt{Pos: p.tok.pos}
	p.expect(kwExplain)
	if p.tok.cls == '(' && p.peek(1) != '(' && !p.selectBehindParen() {
		n.Options = p.utilityOptions()
	} else {
		if pos := p.tok.pos; p.acceptAnalyze() {
			n.Options = append(n.Options, word(pos, "analyze"))
		}
		if pos := p.tok.pos; p.accept(kwVerbose) {
			n.Options = append(n.Options, word(pos, "verbose"))
		}
	}
	n.Query = p.explainable()
	return n
}

// explainable parses the statements EXPLAIN takes.
func (p *parser) explainable() ast.Stmt {
	switch p.tok.cls {
	case kwDeclare:
		return p.declareStmt()
	case kwExecute:
		return p.executeStmt()
	case kwRefresh:
		return p.refreshStmt()
	case kwCreate:
		return p.createAsStmt()
	}
	return p.preparable()
}

func (p *parser) vacuumStmt() ast.Stmt {
	n := &ast.VacuumStmt{Pos: p.tok.pos}
	p.expect(kwVacuum)
	if p.tok.cls == '(' {
		n.Options = p.utilityOptions()
	} else {
		for _, c := range []class{kwFull, kwFreeze, kwVerbose} {
			if pos := p.tok.pos; p.accept(c) {
				n.Options = append(n.Options, word(pos, c.keyword().Word))
			}
		}
		if pos := p.tok.pos; p.acceptAnalyze() {
			n.Options = append(n.Options, word(pos, "analyze"))
		}
	}
	n.Tables = p.vacuumRelations()
	return n
}

func (p *parser) analyzeStmt() ast.Stmt {
	n := &ast.VacuumStmt{Pos: p.tok.pos, Analyze: true}
	p.advance()
	if p.tok.cls == '(' {
		n.Options = p.utilityOptions()
	} else if pos := p.tok.pos; p.accept(kwVerbose) {
		n.Options = append(n.Options, word(pos, "verbose"))
	}
	n.Tables = p.vacuumRelations()
	return n
}

func (p *parser) vacuumRelations() []*ast.VacuumRelation {
	if !p.tok.cls.isColID() {
		return nil
	}
	return list(p, func() *ast.VacuumRelation {
		return &ast.VacuumRelation{Pos: p.here(), Table: p.qualifiedName(), Columns: p.optParenNames()}
	})
}

func (p *parser) lockStmt() ast.Stmt {
	n := &ast.LockStmt{Pos: p.tok.pos, Mode: ast.LockAccessExclusive}
	p.expect(kwLock)
	p.accept(kwTable)
	n.Tables = list(p, p.relationExpr)
	if p.accept(kwIn) {
		n.Mode = p.lockMode()
		p.expect(kwMode)
	}
	n.Nowait = p.accept(kwNowait)
	return n
}

func (p *parser) lockMode() ast.LockMode {
	switch {
	case p.accept(kwAccess):
		if p.accept(kwShare) {
			return ast.LockAccessShare
		}
		p.expect(kwExclusive)
		return ast.LockAccessExclusive
	case p.accept(kwRow):
		if p.accept(kwShare) {
			return ast.LockRowShare
		}
		p.expect(kwExclusive)
		return ast.LockRowExclusive
	case p.accept(kwShare):
		switch {
		case p.accept(kwUpdate):
			p.expect(kwExclusive)
			return ast.LockShareUpdateExclusive
		case p.accept(kwRow):
			p.expect(kwExclusive)
			return ast.LockShareRowExclusive
		}
		return ast.LockShare
	}
	p.expect(kwExclusive)
	return ast.LockExclusive
}

func (p *parser) checkpointStmt() ast.Stmt {
	n := &ast.CheckpointStmt{Pos: p.tok.pos}
	p.advance()
	return n
}

func (p *parser) notifyStmt() ast.Stmt {
	n := &ast.NotifyStmt{Pos: p.tok.pos, Verb: upper(p.tok.text)}
	cls := p.tok.cls
	p.advance()
	if cls == kwUnlisten && p.accept('*') {
		n.All = true
		return n
	}
	n.Channel = p.colID()
	if cls == kwNotify && p.accept(',') {
		n.HasPayload = true
		n.Payload = p.sconst()
	}
	return n
}

func (p *parser) doStmt() ast.Stmt {
	n := &ast.DoStmt{Pos: p.tok.pos}
	p.expect(kwDo)
	for {
		o := &ast.Option{Pos: p.tok.pos}
		switch {
		case p.tok.cls == tSconst:
			o.Name, o.Value = "as", p.stringConst()
		case p.accept(kwLanguage):
			o.Name = "language"
			o.Value = wordConst(p.here(), p.nonReservedOrString())
		case len(n.Options) == 0:
			p.syntaxError()
		default:
			return n
		}
		n.Options = append(n.Options, o)
	}
}

func (p *parser) callStmt() ast.Stmt {
	n := &ast.CallStmt{Pos: p.tok.pos}
	p.expect(kwCall)
	pos := p.tok.pos
	names := p.funcName()
	if p.tok.cls != '(' {
		p.syntaxError()
	}
	n.Call = p.funcApplication(names, pos)
	return n
}

func (p *parser) clusterStmt() ast.Stmt {
	n := &ast.ClusterStmt{Pos: p.tok.pos}
	p.expect(kwCluster)
	paren := p.tok.cls == '('
	if paren {
		n.Options = p.utilityOptions()
	} else if pos := p.tok.pos; p.accept(kwVerbose) {
		n.Options = []*ast.Option{word(pos, "verbose")}
	}
	if !paren && !p.tok.cls.isColID() {
		return n
	}
	n.Table = p.qualifiedName()
	switch {
	case p.accept(kwUsing):
		n.Index = p.colID()
	case !paren && n.Table.Schema == "" && p.accept(kwOn): // CLUSTER index ON table
		n.Index = n.Table.Name
		n.Table = p.qualifiedName()
	}
	return n
}

func (p *parser) reindexStmt() ast.Stmt {
	n := &ast.ReindexStmt{Pos: p.tok.pos}
	p.expect(kwReindex)
	if p.tok.cls == '(' {
		n.Options = p.utilityOptions()
	}
	cls := p.tok.cls
	switch cls {
	case kwIndex, kwTable, kwSchema, kwSystem, kwDatabase:
		n.Kind = upper(p.tok.text)
		p.advance()
	default:
		p.syntaxError()
	}
	if pos := p.tok.pos; p.accept(kwConcurrently) {
		n.Options = append(n.Options, word(pos, "concurrently"))
	}
	if cls == kwIndex || cls == kwTable {
		n.Table = p.qualifiedName()
	} else {
		n.Name = p.colID()
	}
	return n
}

func (p *parser) refreshStmt() ast.Stmt {
	n := &ast.RefreshMatViewStmt{Pos: p.tok.pos}
	p.expect2(kwRefresh, kwMaterialized)
	p.expect(kwView)
	n.Concurrently = p.accept(kwConcurrently)
	n.View = p.qualifiedName()
	n.WithNoData = p.withNoData()
	return n
}

// copyStmt parses COPY, turning the old options into the new ones.
func (p *parser) copyStmt() ast.Stmt {
	n := &ast.CopyStmt{Pos: p.tok.pos}
	p.expect(kwCopy)
	if p.accept('(') {
		n.Query = p.preparable()
		p.expect(')')
		p.expect(kwTo)
	} else {
		if pos := p.tok.pos; p.accept(kwBinary) {
			n.Options = append(n.Options, copyFormat(pos, "binary"))
		}
		n.Table = p.qualifiedName()
		n.Columns = p.optParenNames()
		n.From = p.accept(kwFrom)
		if !n.From {
			p.expect(kwTo)
		}
	}
	n.Program = p.accept(kwProgram)
	switch p.tok.cls {
	case kwStdin, kwStdout:
		n.Stdio = true
		p.advance()
	default:
		n.FileName = p.sconst()
	}
	if n.Table != nil && (p.tok.cls == kwUsing || p.tok.cls == kwDelimiters) {
		o := &ast.Option{Pos: p.tok.pos, Name: "delimiter"}
		p.accept(kwUsing)
		p.expect(kwDelimiters)
		o.Value = p.stringConst()
		n.Options = append(n.Options, o)
	}
	p.optWith()
	if p.tok.cls == '(' {
		n.Options = append(n.Options, parenList(p, p.copyOption)...)
	} else {
		p.legacyCopyOptions(n)
	}
	wherePos := p.tok.pos
	if n.Table != nil {
		n.Where = p.whereClause()
	}
	switch {
	case n.Program && n.Stdio:
		p.fail(pgcode.SyntaxError, -1, "STDIN/STDOUT not allowed with PROGRAM")
	case n.Where != nil && !n.From:
		p.fail(pgcode.SyntaxError, wherePos, "WHERE clause not allowed with COPY TO")
	}
	return n
}

func copyFormat(pos int, name string) *ast.Option {
	return &ast.Option{Pos: pos, Name: "format", Value: wordConst(pos, name), Word: true}
}

// copyOption parses name [value] inside parentheses.
func (p *parser) copyOption() *ast.Option {
	o := &ast.Option{Pos: p.here(), Name: p.colLabel()}
	pos := p.tok.pos
	switch {
	case p.accept('*'):
		o.Value = &ast.OptionStar{Pos: pos}
	case p.tok.cls == '(':
		l := &ast.OptionList{Pos: pos}
		l.Items = parenList(p, func() string {
			var item ast.Option
			p.wordOrString(&item)
			return item.Value.(*ast.Const).Text
		})
		o.Value = l
	case p.startsNumeric():
		o.Value = p.numericOnly()
	case p.startsWordOrString():
		p.wordOrString(o)
	}
	return o
}

// legacyCopyOptions parses the options as they were written before version 9.0.
func (p *parser) legacyCopyOptions(n *ast.CopyStmt) {
	for {
		t := p.tok
		o := &ast.Option{Pos: t.pos, Name: t.text}
		switch t.cls {
		case kwBinary, kwCsv:
			p.advance()
			o = copyFormat(t.pos, t.text)
		case kwFreeze, kwHeader:
			p.advance()
			o.Value, o.Word = wordConst(t.pos, "true"), true // as the new style has it
		case kwDelimiter, kwNull, kwQuote, kwEscape:
			p.advance()
			p.accept(kwAs)
			o.Value = p.stringConst()
		case kwEncoding:
			p.advance()
			o.Value = p.stringConst()
		case kwForce:
			p.advance()
			p.forceOption(o)
		default:
			return
		}
		n.Options = append(n.Options, o)
	}
}

func (p *parser) forceOption(o *ast.Option) {
	pos := p.tok.pos
	switch {
	case p.accept(kwQuote):
		o.Name = "force_quote"
		if at := p.tok.pos; p.accept('*') {
			o.Value = &ast.OptionStar{Pos: at}
			return
		}
	case p.accept(kwNot):
		p.expect(kwNull)
		o.Name = "force_not_null"
	default:
		p.expect(kwNull)
		o.Name = "force_null"
	}
	o.Value = &ast.OptionList{Pos: pos, Items: p.nameList()}
}
