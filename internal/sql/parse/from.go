package parse

import (
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// tableRef parses an item of FROM with the joins that follow it.
func (p *parser) tableRef() ast.TableExpr {
	outer := p.enter()
	t := p.joins(p.tablePrimary())
	p.leave(outer)
	return t
}

// joins extends left with joins. CROSS and NATURAL joins take the next table
// only; a join with a condition takes everything up to its condition.
func (p *parser) joins(left ast.TableExpr) ast.TableExpr {
	for {
		j := &ast.JoinExpr{Pos: left.Position(), Left: left}
		switch p.tok.cls {
		case kwCross:
			p.advance()
			p.expect(kwJoin)
			j.Kind = ast.JoinCross
			j.Right = p.tablePrimary()
		case kwNatural:
			p.advance()
			j.Natural = true
			j.Kind = p.joinKind()
			j.Right = p.tablePrimary()
		case kwJoin, kwInner, kwLeft, kwRight, kwFull:
			j.Kind = p.joinKind()
			j.Right = p.tableRef()
			p.joinQual(j)
		default:
			return left
		}
		left = j
		p.grow()
	}
}

// joinKind parses [INNER | LEFT|RIGHT|FULL [OUTER]] JOIN.
func (p *parser) joinKind() ast.JoinKind {
	kind := ast.JoinInner
	switch p.tok.cls {
	case kwLeft:
		kind = ast.JoinLeft
	case kwRight:
		kind = ast.JoinRight
	case kwFull:
		kind = ast.JoinFull
	case kwInner:
		p.advance()
	}
	if kind != ast.JoinInner {
		p.advance()
		p.accept(kwOuter)
	}
	p.expect(kwJoin)
	return kind
}

func (p *parser) joinQual(j *ast.JoinExpr) {
	if p.accept(kwUsing) {
		j.Using = p.parenNames()
		if p.accept(kwAs) {
			j.UsingAlias = p.colID()
		}
		return
	}
	p.expect(kwOn)
	j.On = p.aExpr()
}

// tablePrimary parses one table reference without joins.
func (p *parser) tablePrimary() ast.TableExpr {
	pos := p.tok.pos
	switch p.tok.cls {
	case kwLateral:
		return p.lateral(pos)
	case '(':
		q, t := p.tableInParens()
		if q != nil {
			return p.subselect(q, pos)
		}
		return t
	case kwOnly:
		return p.relationSuffix(p.relationExpr())
	case kwXmltable:
		if p.startsXMLTable() {
			t := p.xmlTable()
			t.Alias = p.optAlias()
			return t
		}
	case kwRows:
		f := &ast.RangeFunction{Pos: pos}
		if p.rowsFrom(f) {
			p.funcSuffix(f)
			return f
		}
	}
	e, names := p.funcOrNames()
	if e != nil {
		f := &ast.RangeFunction{Pos: pos, Funcs: []*ast.RangeFuncItem{{Func: e}}}
		p.funcSuffix(f)
		return f
	}
	r := &ast.RangeVar{Pos: pos}
	p.setRelation(r, names)
	p.accept('*')
	return p.relationSuffix(r)
}

// relationSuffix parses the temporal clause, alias and sample of a relation.
func (p *parser) relationSuffix(r *ast.RangeVar) ast.TableExpr {
	r.Temporal = p.temporal()
	r.Alias = p.optAlias()
	if p.tok.cls == kwTablesample {
		return p.tableSample(r)
	}
	return r
}

// tableInParens parses what a parenthesis opens in FROM: a sub-select, returned
// as q, or a join with its alias.
func (p *parser) tableInParens() (q *ast.SelectStmt, _ ast.TableExpr) {
	outer := p.enter()
	defer p.leave(outer)
	p.expect('(')
	if p.startsSelect() {
		q = p.query()
		p.expect(')')
		return q, nil
	}
	var t ast.TableExpr
	if p.tok.cls == '(' {
		pos := p.tok.pos
		q, t = p.tableInParens()
		switch {
		case q != nil && p.tok.cls == ')':
			p.advance()
			return q, nil
		case q != nil && p.continuesSelect():
			q = p.queryFrom(q, nil)
			p.expect(')')
			return q, nil
		case q != nil:
			t = p.subselect(q, pos)
		}
		t = p.joins(t)
	} else {
		t = p.tableRef()
	}
	j, ok := t.(*ast.JoinExpr)
	if !ok || j.Alias != nil {
		p.syntaxError() // only a join may stand in parentheses
	}
	p.expect(')')
	j.Alias = p.optAlias()
	return nil, j
}

// subselect makes a table reference of a sub-select whose parenthesis is at pos.
func (p *parser) subselect(q *ast.SelectStmt, pos int) *ast.RangeSubselect {
	r := &ast.RangeSubselect{Pos: pos, Query: q}
	r.Temporal = p.temporal()
	r.Alias = p.optAlias()
	if r.Alias == nil {
		if p.tok.cls == tError {
			p.syntaxError()
		}
		what, example := "subquery", "SELECT"
		if q.Values != nil {
			what, example = "VALUES", "VALUES"
		}
		panic(pgerr.New(pgcode.SyntaxError, "%s in FROM must have an alias", what).
			WithHint("For example, FROM (%s ...) [AS] foo.", example).At(pos + 1))
	}
	return r
}

// optAlias parses [[AS] name [(columns)]].
func (p *parser) optAlias() *ast.Alias {
	a := &ast.Alias{Pos: p.tok.pos}
	switch {
	case p.accept(kwAs):
		a.Name = p.colID()
	case p.tok.cls.isColID():
		a.Name = p.colID()
	default:
		return nil
	}
	a.Columns = p.optParenNames()
	return a
}

// qualifiedName parses a relation's name.
func (p *parser) qualifiedName() *ast.RangeVar {
	r := &ast.RangeVar{Pos: p.here(), Name: p.colID()}
	if p.tok.cls != '.' && p.tok.cls != '[' {
		return r
	}
	p.setRelation(r, p.fieldNames([]string{r.Name}))
	return r
}

// setRelation splits a qualified name.
func (p *parser) setRelation(r *ast.RangeVar, names []string) {
	switch n := len(names); n {
	case 1:
		r.Name = names[0]
	case 2:
		r.Schema, r.Name = names[0], names[1]
	case 3:
		r.Catalog, r.Schema, r.Name = names[0], names[1], names[2]
	default:
		p.fail(pgcode.SyntaxError, r.Pos, "improper qualified name (too many dotted names): %s", strings.Join(names, "."))
	}
}

// relationExpr parses [ONLY] name [*], with parentheses after ONLY if wanted.
func (p *parser) relationExpr() *ast.RangeVar {
	if p.accept(kwOnly) {
		var r *ast.RangeVar
		if p.accept('(') {
			r = p.qualifiedName()
			p.expect(')')
		} else {
			r = p.qualifiedName()
		}
		r.Only = true
		return r
	}
	r := p.qualifiedName()
	p.accept('*')
	return r
}

func (p *parser) tableSample(r *ast.RangeVar) ast.TableExpr {
	s := &ast.RangeSample{Table: r}
	p.advance()
	s.Pos = p.tok.pos
	s.Method = p.funcName()
	p.expect('(')
	s.Args = p.exprList()
	p.expect(')')
	if p.accept(kwRepeatable) {
		p.expect('(')
		s.Repeatable = p.aExpr()
		p.expect(')')
	}
	return s
}

// funcName parses a possibly qualified function name.
func (p *parser) funcName() []string {
	if p.tok.cls.isColID() {
		c := p.peek(1)
		if c == '.' || c == '[' {
			return p.fieldNames([]string{p.colID()})
		}
		if !p.tok.cls.isTypeFuncName() {
			p.advance()
			p.syntaxError()
		}
	}
	return []string{p.typeFuncName()}
}

// lateral parses what may follow LATERAL.
func (p *parser) lateral(pos int) ast.TableExpr {
	p.expect(kwLateral)
	if at := p.tok.pos; p.tok.cls == '(' {
		r := p.subselect(p.selectWithParens(), at)
		r.Lateral, r.Pos = true, pos
		return r
	}
	if p.startsXMLTable() {
		t := p.xmlTable()
		t.Lateral = true
		t.Alias = p.optAlias()
		return t
	}
	f := &ast.RangeFunction{Pos: pos, Lateral: true}
	if !p.rowsFrom(f) {
		f.Funcs = []*ast.RangeFuncItem{{Func: p.windowlessFunc()}}
	}
	p.funcSuffix(f)
	return f
}

func (p *parser) startsXMLTable() bool {
	return p.tok.cls == kwXmltable && p.peek(1) == '('
}

// rowsFrom parses ROWS FROM (...) if tok begins it.
func (p *parser) rowsFrom(f *ast.RangeFunction) bool {
	if !p.accept2(kwRows, kwFrom) {
		return false
	}
	f.RowsFrom = true
	f.Funcs = parenList(p, p.rowsFromItem)
	return true
}

// funcSuffix parses [WITH ORDINALITY] and the alias of a function.
func (p *parser) funcSuffix(f *ast.RangeFunction) {
	f.Ordinality = p.accept2(tWithLA, kwOrdinality)
	p.funcAlias(f)
}

// windowlessFunc parses gram.y's func_expr_windowless.
func (p *parser) windowlessFunc() ast.Expr {
	e, _ := p.funcOrNames()
	if e == nil {
		p.syntaxError()
	}
	return e
}

// funcOrNames parses a function call, or the dotted name before a token that is
// no parenthesis.
func (p *parser) funcOrNames() (ast.Expr, []string) {
	if e := p.commonFunc(); e != nil {
		return e, nil
	}
	pos, c := p.tok.pos, p.tok.cls
	if !c.isColID() && !c.isTypeFuncName() {
		p.syntaxError()
	}
	names := []string{p.tok.text}
	p.advance()
	if c.isColID() && (p.tok.cls == '.' || p.tok.cls == '[') {
		names = p.fieldNames(names)
	}
	if p.tok.cls == '(' && (len(names) > 1 || c.isTypeFuncName()) {
		return p.funcApplication(names, pos), nil
	}
	if !c.isColID() {
		p.syntaxError()
	}
	return nil, names
}

// fieldNames parses the indirection of a name, of which only fields are taken.
func (p *parser) fieldNames(names []string) []string {
	steps, _ := p.indirectionSteps()
	for _, s := range steps {
		if s.Kind != ast.StepField {
			p.syntaxError()
		}
		names = append(names, s.Field)
	}
	return names
}

func (p *parser) rowsFromItem() *ast.RangeFuncItem {
	i := &ast.RangeFuncItem{Func: p.windowlessFunc()}
	if p.accept(kwAs) {
		i.ColDefs = parenList(p, p.tableFuncElement)
	}
	return i
}

// funcAlias parses a function's alias with names or column definitions.
func (p *parser) funcAlias(f *ast.RangeFunction) {
	pos := p.tok.pos
	as := p.accept(kwAs)
	if as && p.tok.cls == '(' {
		f.ColDefs = parenList(p, p.tableFuncElement)
		return
	}
	if !as && !p.tok.cls.isColID() {
		return
	}
	f.Alias = &ast.Alias{Pos: pos, Name: p.colID()}
	if p.tok.cls != '(' {
		return
	}
	// (a, b) are names, (a int, b text) definitions: the token behind the
	// first name tells.
	if c := p.peek(2); p.peek(1).isColID() && c != ',' && c != ')' {
		f.ColDefs = parenList(p, p.tableFuncElement)
		return
	}
	f.Alias.Columns = p.parenNames()
}

// tableFuncElement parses name type [COLLATE c].
func (p *parser) tableFuncElement() *ast.ColumnDef {
	d := &ast.ColumnDef{Pos: p.here(), Name: p.colID(), Type: p.typename()}
	d.Collate = p.collateClause()
	return d
}

// collateClause parses [COLLATE name] of a column.
func (p *parser) collateClause() *ast.Collate {
	if p.tok.cls != kwCollate {
		return nil
	}
	c := &ast.Collate{Pos: p.tok.pos}
	p.advance()
	c.Name = p.anyName()
	return c
}
