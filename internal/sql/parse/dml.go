package parse

import "github.com/driftdb/driftdb/internal/sql/ast"

func (p *parser) insertStmt(with *ast.With) *ast.InsertStmt {
	n := &ast.InsertStmt{Pos: p.tok.pos, With: with}
	p.expect(kwInsert)
	n.Hints = p.hintsAfter(n.Pos)
	p.expect(kwInto)
	n.Table = p.qualifiedName()
	if pos := p.tok.pos; p.accept(kwAs) {
		n.Table.Alias = &ast.Alias{Pos: pos, Name: p.colID()}
	}
	p.insertRest(n)
	if p.tok.cls == kwOn {
		n.OnConflict = p.onConflict()
	}
	n.Returning = p.returning()
	return n
}

// insertRest parses the columns and source of an INSERT. A parenthesis begins
// either a column list or a query.
func (p *parser) insertRest(n *ast.InsertStmt) {
	if p.accept(kwDefault) {
		p.expect(kwValues)
		return
	}
	if p.tok.cls == '(' && p.peek(1) != '(' && !p.selectBehindParen() {
		n.Columns = parenList(p, p.insertColumn)
	}
	n.Overriding = p.overriding()
	n.Query = p.query()
}

// selectBehindParen tells whether the token behind the parenthesis at tok begins
// a query.
func (p *parser) selectBehindParen() bool {
	switch p.peek(1) {
	case kwSelect, kwWith, tWithLA, kwTable:
		return true
	case kwValues:
		return p.peek(2) == '('
	}
	return false
}

func (p *parser) insertColumn() *ast.Target {
	t := &ast.Target{Pos: p.here(), Name: p.colID()}
	t.Steps = p.targetSteps()
	return t
}

// targetSteps parses the subscripts and fields of an assignment target.
func (p *parser) targetSteps() []ast.Step {
	steps, starInside := p.indirectionSteps()
	if starInside {
		p.failAt(p.tok, "improper use of \"*\"")
	}
	return steps
}

func (p *parser) overriding() ast.Overriding {
	if !p.accept(kwOverriding) {
		return ast.OverridingNone
	}
	o := ast.OverridingUser
	if !p.accept(kwUser) {
		p.expect(kwSystem)
		o = ast.OverridingSystem
	}
	p.expect(kwValue)
	return o
}

func (p *parser) returning() []*ast.Target {
	if !p.accept(kwReturning) {
		return nil
	}
	return p.targetList()
}

func (p *parser) onConflict() *ast.OnConflict {
	c := &ast.OnConflict{Pos: p.tok.pos}
	p.expect2(kwOn, kwConflict)
	c.TargetPos = p.tok.pos
	switch {
	case p.tok.cls == '(':
		c.Columns = parenList(p, p.indexElem)
		c.TargetWhere = p.whereClause()
	case p.accept(kwOn):
		p.expect(kwConstraint)
		c.Constraint = p.colID()
	}
	p.expect(kwDo)
	if p.accept(kwNothing) {
		return c
	}
	p.expect2(kwUpdate, kwSet)
	c.DoUpdate = true
	c.Set = p.setClauses()
	c.Where = p.whereClause()
	return c
}

// setClauses parses the assignments of UPDATE; a multi-column one gives a target
// per column.
func (p *parser) setClauses() []*ast.Target {
	var out []*ast.Target
	for {
		if p.tok.cls != '(' {
			t := p.insertColumn()
			p.expect('=')
			t.Value = p.aExpr()
			out = append(out, t)
		} else {
			targets := parenList(p, p.insertColumn)
			p.expect('=')
			pos := p.tok.pos
			source := p.aExpr()
			for i, t := range targets {
				t.Value = &ast.MultiAssign{Pos: pos, Source: source, Column: i + 1, Columns: len(targets)}
			}
			out = append(out, targets...)
		}
		if !p.accept(',') {
			return out
		}
	}
}

// relationOptAlias parses the target of UPDATE, DELETE or MERGE. SET is no alias
// without AS.
func (p *parser) relationOptAlias() *ast.RangeVar {
	r := p.temporalRelation(p.relationExpr())
	switch pos := p.tok.pos; {
	case p.accept(kwAs):
		r.Alias = &ast.Alias{Pos: pos, Name: p.colID()}
	case p.tok.cls != kwSet && p.tok.cls.isColID():
		r.Alias = &ast.Alias{Pos: pos, Name: p.colID()}
	}
	return r
}

func (p *parser) updateStmt(with *ast.With) *ast.UpdateStmt {
	n := &ast.UpdateStmt{Pos: p.tok.pos, With: with}
	p.expect(kwUpdate)
	n.Hints = p.hintsAfter(n.Pos)
	n.Table = p.relationOptAlias()
	p.expect(kwSet)
	n.Set = p.setClauses()
	n.From = p.fromClause()
	n.Where = p.whereOrCurrent()
	n.Returning = p.returning()
	return n
}

func (p *parser) deleteStmt(with *ast.With) *ast.DeleteStmt {
	n := &ast.DeleteStmt{Pos: p.tok.pos, With: with}
	p.expect(kwDelete)
	n.Hints = p.hintsAfter(n.Pos)
	p.expect(kwFrom)
	n.Table = p.relationOptAlias()
	if p.accept(kwUsing) {
		n.Using = p.fromList()
	}
	n.Where = p.whereOrCurrent()
	n.Returning = p.returning()
	return n
}

func (p *parser) whereOrCurrent() ast.Expr {
	if !p.accept(kwWhere) {
		return nil
	}
	if p.tok.cls == kwCurrent && p.peek(1) == kwOf {
		c := &ast.CurrentOf{Pos: p.tok.pos}
		p.advance()
		p.advance()
		c.Cursor = p.colID()
		return c
	}
	return p.aExpr()
}

func (p *parser) mergeStmt(with *ast.With) *ast.MergeStmt {
	n := &ast.MergeStmt{Pos: p.tok.pos, With: with}
	p.expect(kwMerge)
	n.Hints = p.hintsAfter(n.Pos)
	p.expect(kwInto)
	n.Table = p.relationOptAlias()
	p.expect(kwUsing)
	n.Source = p.tableRef()
	p.expect(kwOn)
	n.On = p.aExpr()
	for p.tok.cls == kwWhen || len(n.Whens) == 0 {
		n.Whens = append(n.Whens, p.mergeWhen())
	}
	return n
}

func (p *parser) mergeWhen() *ast.MergeWhen {
	w := &ast.MergeWhen{Pos: p.tok.pos}
	p.expect(kwWhen)
	w.Matched = !p.accept(kwNot)
	p.expect(kwMatched)
	if p.accept(kwAnd) {
		w.Cond = p.aExpr()
	}
	p.expect(kwThen)
	switch {
	case p.accept(kwDo):
		p.expect(kwNothing)
	case w.Matched && p.accept(kwUpdate):
		w.Action = ast.MergeUpdate
		p.expect(kwSet)
		w.Set = p.setClauses()
	case w.Matched && p.accept(kwDelete):
		w.Action = ast.MergeDelete
	case !w.Matched && p.accept(kwInsert):
		w.Action = ast.MergeInsert
		p.mergeInsert(w)
	default:
		p.syntaxError()
	}
	return w
}

func (p *parser) mergeInsert(w *ast.MergeWhen) {
	if p.accept(kwDefault) {
		p.expect(kwValues)
		return
	}
	if p.tok.cls == '(' {
		w.Columns = parenList(p, p.insertColumn)
	}
	w.Overriding = p.overriding()
	p.expect(kwValues)
	w.Values = parenList(p, p.aExpr)
}

func (p *parser) truncateStmt() ast.Stmt {
	n := &ast.TruncateStmt{Pos: p.tok.pos}
	p.expect(kwTruncate)
	p.accept(kwTable)
	n.Tables = list(p, p.relationExpr)
	if p.accept(kwRestart) {
		p.expect(kwIdentity)
		n.RestartIdentity = true
	} else if p.accept(kwContinue) {
		p.expect(kwIdentity)
	}
	n.Cascade = p.behavior() == ast.Cascade
	return n
}

// nullTreatment parses [NULLS [NOT] DISTINCT]; true means NOT DISTINCT.
func (p *parser) nullTreatment() bool {
	if !p.accept(kwNulls) {
		return false
	}
	not := p.accept(kwNot)
	p.expect(kwDistinct)
	return not
}

// indexElem parses a column or expression of an index.
func (p *parser) indexElem() *ast.IndexElem {
	e := &ast.IndexElem{Pos: p.tok.pos}
	e.Name, e.Expr = p.columnOrExpr()
	if p.accept(kwCollate) {
		e.Collate = p.anyName()
	}
	if p.tok.cls.isColID() {
		e.OpClass = p.anyName()
		if p.tok.cls == '(' {
			e.OpClassOptions = p.relOptions()
		}
	}
	e.Direction = p.direction()
	e.Nulls = p.nullsOrder()
	return e
}

// columnOrExpr parses ColId, a function call or ( expression ).
func (p *parser) columnOrExpr() (string, ast.Expr) {
	if p.accept('(') {
		e := p.aExpr()
		p.expect(')')
		return "", e
	}
	e, names := p.funcOrNames()
	if len(names) > 1 {
		p.syntaxError()
	}
	if e != nil {
		return "", e
	}
	return names[0], nil
}
