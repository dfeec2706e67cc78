package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// funcCall parses a call after its name, with the aggregate and window clauses,
// or a literal type(args) 'x'.
func (p *parser) funcCall(names []string, pos int) ast.Expr {
	f := p.funcApplication(names, pos)
	if p.tok.cls == tSconst && len(f.Args) > 0 && !f.Distinct && !f.Variadic && p.literalCall {
		return p.namedLiteral(names, p.typmodsFromArgs(f), pos)
	}
	p.withinGroup(f)
	if p.accept(kwFilter) {
		p.expect2('(', kwWhere)
		f.Filter = p.aExpr()
		p.expect(')')
	}
	if p.tok.cls == kwOver {
		p.advance()
		if p.tok.cls == '(' {
			f.Over = p.windowSpec("")
		} else {
			f.Over = &ast.WindowDef{Pos: p.tok.pos, Plain: true}
			f.Over.Ref = p.colID()
		}
	}
	return f
}

func (p *parser) withinGroup(f *ast.FuncCall) {
	pos := p.tok.pos
	if !p.accept(kwWithin) {
		return
	}
	p.expect2(kwGroup, '(')
	order := p.sortClause()
	p.expect(')')
	switch {
	case f.OrderBy != nil:
		p.fail(pgcode.SyntaxError, pos, "cannot use multiple ORDER BY clauses with WITHIN GROUP")
	case f.Distinct:
		p.fail(pgcode.SyntaxError, pos, "cannot use DISTINCT with WITHIN GROUP")
	case f.Variadic:
		p.fail(pgcode.SyntaxError, pos, "cannot use VARIADIC with WITHIN GROUP")
	}
	f.OrderBy, f.WithinGroup = order, true
}

// funcApplication parses a call's arguments. It sets literalCall when they have
// the form that type modifiers may have.
func (p *parser) funcApplication(names []string, pos int) *ast.FuncCall {
	outer := p.enter()
	defer p.leave(outer)
	f := &ast.FuncCall{Pos: pos, Name: names}
	literal := true
	p.expect('(')
	switch p.tok.cls {
	case ')':
		p.advance()
		return f
	case '*':
		p.advance()
		p.expect(')')
		f.Star = true
		return f
	case kwAll:
		p.advance()
		literal = false
	case kwDistinct:
		p.advance()
		f.Distinct, literal = true, false
	}
	for {
		f.Variadic = literal && p.accept(kwVariadic) // not after ALL and DISTINCT
		f.Args = append(f.Args, p.funcArg())
		if f.Variadic || !p.accept(',') {
			break
		}
	}
	orderPos := p.tok.pos
	if p.tok.cls == kwOrder {
		f.OrderBy = p.sortClause()
	}
	p.expect(')')
	p.literalOrder = orderPos
	p.literalCall = literal && !f.Variadic
	return f
}

// funcArg parses an argument, which may be named.
func (p *parser) funcArg() ast.Expr {
	if p.tok.cls.isTypeFuncName() {
		if c := p.peek(1); c == tColonEquals || c == tEqualsGreater {
			n := &ast.NamedArg{Pos: p.tok.pos, Name: p.tok.text}
			p.advance()
			p.advance()
			n.Arg = p.aExpr()
			return n
		}
	}
	return p.aExpr()
}

var sqlValues = map[class]ast.SQLValue{
	kwCurrentDate: ast.CurrentDate, kwCurrentTime: ast.CurrentTime, kwCurrentTimestamp: ast.CurrentTimestamp,
	kwLocaltime: ast.LocalTime, kwLocaltimestamp: ast.LocalTimestamp, kwCurrentRole: ast.CurrentRole,
	kwCurrentUser: ast.CurrentUser, kwUser: ast.User, kwSessionUser: ast.SessionUser,
	kwCurrentCatalog: ast.CurrentCatalog, kwCurrentSchema: ast.CurrentSchema,
}

// commonFunc parses gram.y's func_expr_common_subexpr, the functions with a
// syntax of their own; nil when tok begins none.
func (p *parser) commonFunc() ast.Expr {
	if !p.tok.cls.isKeyword() {
		return nil
	}
	pos, cls := p.tok.pos, p.tok.cls
	if v, ok := sqlValues[cls]; ok {
		if next := p.peek(1); cls == kwCurrentSchema && (next == '(' || next == tSconst) {
			return nil // a function or type of that name
		}
		return p.sqlValue(v)
	}
	if cls == kwCollation {
		if p.peek(1) != kwFor {
			return nil
		}
		p.advance()
		p.expect2(kwFor, '(')
		f := &ast.FuncCall{Pos: pos, Name: systemName("pg_collation_for"), Syntax: ast.CallCollationFor, Args: []ast.Expr{p.aExpr()}}
		p.expect(')')
		return f
	}
	parse, ok := p.specialForm(cls)
	if !ok || cls != kwCast && p.peek(1) != '(' {
		return nil
	}
	outer := p.enter()
	p.advance()
	p.expect('(')
	e := parse(pos)
	p.expect(')')
	p.leave(outer)
	if x, ok := e.(*ast.XMLExpr); ok {
		x.Text = p.text(pos)
	}
	return e
}

// specialForm returns the parser of what stands between the parentheses of a
// special form.
func (p *parser) specialForm(cls class) (func(pos int) ast.Expr, bool) {
	switch cls {
	case kwCast:
		return p.castForm, true
	case kwTreat:
		return p.treatForm, true
	case kwExtract:
		return p.extractForm, true
	case kwNormalize:
		return p.normalizeForm, true
	case kwOverlay:
		return p.overlayForm, true
	case kwPosition:
		return p.positionForm, true
	case kwSubstring:
		return p.substringForm, true
	case kwTrim:
		return p.trimForm, true
	case kwNullif:
		return p.nullifForm, true
	case kwCoalesce:
		return func(pos int) ast.Expr { return &ast.Coalesce{Pos: pos, Args: p.exprList()} }, true
	case kwGreatest, kwLeast:
		return func(pos int) ast.Expr { return &ast.MinMax{Pos: pos, Least: cls == kwLeast, Args: p.exprList()} }, true
	}
	return p.xmlForm(cls)
}

func (p *parser) sqlValue(v ast.SQLValue) ast.Expr {
	f := &ast.SQLValueFunc{Pos: p.tok.pos, Value: v, Precision: -1}
	p.advance()
	if v >= ast.CurrentTime && v <= ast.LocalTimestamp && p.accept('(') {
		f.Precision = p.iconst()
		p.expect(')')
	}
	return f
}

func (p *parser) castForm(pos int) ast.Expr {
	c := &ast.TypeCast{Pos: pos, Form: ast.CastCall, Arg: p.aExpr()}
	p.expect(kwAs)
	c.Type = p.typename()
	return c
}

// treatForm is a call of the function named like the type, as in PostgreSQL.
func (p *parser) treatForm(pos int) ast.Expr {
	arg := p.aExpr()
	p.expect(kwAs)
	t := p.typename()
	return &ast.FuncCall{Pos: pos, Name: systemName(t.Names[len(t.Names)-1]), Syntax: ast.CallTreat, Args: []ast.Expr{arg}}
}

func (p *parser) extractForm(pos int) ast.Expr {
	field := &ast.Const{Pos: p.tok.pos, Kind: ast.ConstString}
	switch p.tok.cls {
	case tIdent, tSconst, kwYear, kwMonth, kwDay, kwHour, kwMinute, kwSecond:
		field.Text = p.tok.text
		p.advance()
	default:
		p.syntaxError()
	}
	p.expect(kwFrom)
	return &ast.FuncCall{Pos: pos, Name: systemName("extract"), Syntax: ast.CallExtract, Args: []ast.Expr{field, p.aExpr()}}
}

func (p *parser) normalizeForm(pos int) ast.Expr {
	f := &ast.FuncCall{Pos: pos, Name: systemName("normalize"), Syntax: ast.CallNormalize, Args: []ast.Expr{p.aExpr()}}
	if p.accept(',') {
		switch p.tok.cls {
		case kwNfc, kwNfd, kwNfkc, kwNfkd:
			f.Args = append(f.Args, &ast.Const{Pos: p.tok.pos, Kind: ast.ConstString, Text: formName[p.tok.cls]})
			p.advance()
		default:
			p.syntaxError()
		}
	}
	return f
}

var formName = map[class]string{kwNfc: "NFC", kwNfd: "NFD", kwNfkc: "NFKC", kwNfkd: "NFKD"}

// plainArgs parses the rest of an ordinary argument list whose first argument
// was read, when the special form turns out to be a plain call.
func (p *parser) plainArgs(name string, first ast.Expr, pos int) ast.Expr {
	f := &ast.FuncCall{Pos: pos, Name: []string{name}}
	if first == nil {
		return f
	}
	f.Args = []ast.Expr{first}
	for p.accept(',') {
		f.Args = append(f.Args, p.funcArg())
	}
	return f
}

func (p *parser) overlayForm(pos int) ast.Expr {
	if p.tok.cls == ')' {
		return p.plainArgs("overlay", nil, pos)
	}
	first := p.funcArg()
	if _, named := first.(*ast.NamedArg); named || p.tok.cls != kwPlacing {
		return p.plainArgs("overlay", first, pos)
	}
	p.advance()
	args := []ast.Expr{first, p.aExpr()}
	p.expect(kwFrom)
	args = append(args, p.aExpr())
	if p.accept(kwFor) {
		args = append(args, p.aExpr())
	}
	return &ast.FuncCall{Pos: pos, Name: systemName("overlay"), Syntax: ast.CallOverlay, Args: args}
}

// positionForm swaps the arguments: position(b IN a) is position(a, b).
func (p *parser) positionForm(pos int) ast.Expr {
	sub := p.bExpr()
	p.expect(kwIn)
	return &ast.FuncCall{Pos: pos, Name: systemName("position"), Syntax: ast.CallPosition, Args: []ast.Expr{p.bExpr(), sub}}
}

func (p *parser) substringForm(pos int) ast.Expr {
	if p.tok.cls == ')' {
		return p.plainArgs("substring", nil, pos)
	}
	outer := p.similarDepth
	p.similarDepth = p.depth + 1
	first := p.funcArg()
	p.similarDepth = outer
	if _, named := first.(*ast.NamedArg); named {
		return p.plainArgs("substring", first, pos)
	}
	f := &ast.FuncCall{Pos: pos, Name: systemName("substring"), Syntax: ast.CallSubstring, Args: []ast.Expr{first}}
	switch p.tok.cls {
	case kwFrom:
		p.advance()
		f.Args = append(f.Args, p.aExpr())
		if p.accept(kwFor) {
			f.Args = append(f.Args, p.aExpr())
		}
	case kwFor:
		p.advance()
		length := p.aExpr()
		if p.accept(kwFrom) {
			f.Args = append(f.Args, p.aExpr(), length)
			break
		}
		// substring(a FOR n) counts from 1; the cast keeps text, n from
		// matching the variant with a pattern.
		f.Args = append(f.Args, &ast.Const{Pos: -1, Kind: ast.ConstInt, Int: 1},
			&ast.TypeCast{Pos: -1, Form: ast.CastColons, Arg: length, Type: &ast.TypeName{Pos: -1, Names: systemName("int4")}})
	case kwSimilar:
		p.advance()
		f.Syntax = ast.CallSubstringSimilar
		f.Args = append(f.Args, p.aExpr())
		p.expect(kwEscape)
		f.Args = append(f.Args, p.aExpr())
	default:
		return p.plainArgs("substring", first, pos)
	}
	return f
}

// trimForm puts the string first and the characters to cut behind it.
func (p *parser) trimForm(pos int) ast.Expr {
	f := &ast.FuncCall{Pos: pos, Name: systemName("btrim"), Syntax: ast.CallTrimBoth}
	switch p.tok.cls {
	case kwLeading:
		f.Name, f.Syntax = systemName("ltrim"), ast.CallTrimLead
		p.advance()
	case kwTrailing:
		f.Name, f.Syntax = systemName("rtrim"), ast.CallTrimTrail
		p.advance()
	case kwBoth:
		p.advance()
	}
	if p.accept(kwFrom) {
		f.Args = p.exprList()
		return f
	}
	first := p.aExpr()
	if p.accept(kwFrom) {
		f.Args = append(p.exprList(), first)
		return f
	}
	f.Args = []ast.Expr{first}
	for p.accept(',') {
		f.Args = append(f.Args, p.aExpr())
	}
	return f
}

func (p *parser) nullifForm(pos int) ast.Expr {
	n := &ast.NullIf{Pos: pos, Left: p.aExpr()}
	p.expect(',')
	n.Right = p.aExpr()
	return n
}
