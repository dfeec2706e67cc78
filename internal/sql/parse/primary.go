package parse

import (
	"strconv"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// cExpr parses gram.y's c_expr: an operand without operators.
func (p *parser) cExpr(mode exprMode) ast.Expr {
	t := p.tok
	switch t.cls {
	case tIdent:
		return p.nameExpr()
	case tIconst, tFconst, tSconst, tBconst:
		return p.literal()
	case tParam:
		return p.indirection(p.param())
	case '(':
		q, args := p.parenthesized(true)
		if q != nil {
			return p.indirection(&ast.SubLink{Pos: t.pos, Kind: ast.SubScalar, Query: q})
		}
		return p.afterParens(args, t.pos, mode)
	case kwTrue, kwFalse:
		p.advance()
		return &ast.Const{Pos: t.pos, Kind: ast.ConstBool, Bool: t.cls == kwTrue}
	case kwNull:
		p.advance()
		return &ast.Const{Pos: t.pos, Kind: ast.ConstNull}
	case kwCase:
		return p.caseExpr()
	case kwArray:
		p.advance()
		if p.tok.cls == '[' {
			a := p.array()
			a.Pos = t.pos
			return a
		}
		return &ast.SubLink{Pos: t.pos, Kind: ast.SubArray, Query: p.selectWithParens()}
	}
	if e := p.commonFunc(); e != nil {
		return e
	}
	if p.tok.cls.isColID() && p.peek(1) == '(' {
		switch t.cls {
		case kwExists:
			p.advance()
			return &ast.SubLink{Pos: t.pos, Kind: ast.SubExists, Query: p.selectWithParens()}
		case kwRow:
			return p.overlaps(p.explicitRow(), mode)
		case kwGrouping:
			p.advance()
			return &ast.GroupingFunc{Pos: t.pos, Args: parenList(p, p.aExpr)}
		}
	}
	if p.startsConstType() {
		return p.typedLiteral()
	}
	if p.tok.cls.isColID() || p.tok.cls.isTypeFuncName() {
		return p.nameExpr()
	}
	p.syntaxError()
	return nil
}

// literal parses a number, string or bit string.
func (p *parser) literal() ast.Expr {
	t := p.tok
	p.advance()
	c := &ast.Const{Pos: t.pos}
	switch t.cls {
	case tIconst:
		c.Kind, c.Int = ast.ConstInt, int32(atoi(t.text))
	case tFconst:
		c.Kind, c.Text = ast.ConstFloat, t.text
	case tSconst:
		c.Kind, c.Text = ast.ConstString, t.text
	case tBconst:
		c.Kind, c.Text = ast.ConstBit, t.text
	}
	return c
}

func (p *parser) stringConst() *ast.Const {
	pos := p.tok.pos
	return &ast.Const{Pos: pos, Kind: ast.ConstString, Text: p.sconst()}
}

func (p *parser) param() *ast.Param {
	n, err := strconv.ParseInt(p.tok.text, 10, 32)
	if err != nil {
		n = 1<<31 - 1 // refused when parameters are counted
	}
	e := &ast.Param{Pos: p.tok.pos, Number: int(n)}
	p.advance()
	return e
}

// nameExpr parses what begins with a name: a column reference, a function call
// or a literal of a named type.
func (p *parser) nameExpr() ast.Expr {
	t := p.tok
	column, function := t.cls.isColID(), t.cls.isTypeFuncName()
	p.advance()
	names := make([]string, 1, 2)
	names[0] = t.text
	switch p.tok.cls {
	case '(':
		if function {
			return p.funcCall(names, t.pos)
		}
	case tSconst:
		if function {
			return p.namedLiteral(names, nil, t.pos)
		}
	case '.', '[':
		if column {
			return p.columnRef(names, t.pos)
		}
	}
	if !column {
		p.syntaxError()
	}
	return &ast.ColumnRef{Pos: t.pos, Fields: names}
}

// columnRef parses the rest of a qualified name: column, function or literal.
func (p *parser) columnRef(names []string, pos int) ast.Expr {
	for p.tok.cls == '.' && p.peek(1) != '*' {
		p.advance()
		names = append(names, p.colLabel())
	}
	switch p.tok.cls {
	case '(':
		return p.funcCall(names, pos)
	case tSconst:
		return p.namedLiteral(names, nil, pos)
	case '.', '[':
	default:
		return &ast.ColumnRef{Pos: pos, Fields: names}
	}
	ref := &ast.ColumnRef{Pos: pos, Fields: names}
	if p.tok.cls == '.' {
		p.advance()
		p.expect('*')
		if p.tok.cls == '.' || p.tok.cls == '[' {
			p.improperStar()
		}
		ref.Star = true
		return ref
	}
	return p.indirection(ref)
}

// improperStar reports "*" before the end of an indirection, at the token where
// PostgreSQL notices it: the first behind the whole indirection.
func (p *parser) improperStar() {
	p.indirectionSteps()
	if p.tok.cls == tError {
		p.syntaxError()
	}
	p.failAt(p.tok, "improper use of \"*\"")
}

// indirection parses subscripts and field selections after an operand.
func (p *parser) indirection(arg ast.Expr) ast.Expr {
	if p.tok.cls != '[' && p.tok.cls != '.' {
		return arg
	}
	pos := p.tok.pos
	steps, starInside := p.indirectionSteps()
	if starInside {
		p.failAt(p.tok, "improper use of \"*\"")
	}
	return &ast.Indirection{Pos: pos, Arg: arg, Steps: steps}
}

// indirectionSteps parses {.name | .* | [..]}; starInside tells that a star was
// not the last step.
func (p *parser) indirectionSteps() (steps []ast.Step, starInside bool) {
	for {
		if n := len(steps); n > 0 && steps[n-1].Kind == ast.StepStar && (p.tok.cls == '.' || p.tok.cls == '[') {
			starInside = true
		}
		switch p.tok.cls {
		case '.':
			p.advance()
			if p.accept('*') {
				steps = append(steps, ast.Step{Kind: ast.StepStar})
			} else {
				steps = append(steps, ast.Step{Kind: ast.StepField, Field: p.colLabel()})
			}
		case '[':
			p.advance()
			steps = append(steps, p.subscript())
			p.expect(']')
		default:
			return steps, starInside
		}
	}
}

func (p *parser) subscript() ast.Step {
	var s ast.Step
	if p.tok.cls != ':' {
		s.Kind, s.Low = ast.StepIndex, p.aExpr()
		if p.tok.cls != ':' {
			return s
		}
	}
	p.advance()
	s.Kind = ast.StepSlice
	if p.tok.cls != ']' {
		s.High = p.aExpr()
	}
	return s
}

func (p *parser) caseExpr() ast.Expr {
	c := &ast.Case{Pos: p.tok.pos}
	p.advance()
	if p.tok.cls != kwWhen {
		c.Arg = p.aExpr()
	}
	for p.tok.cls == kwWhen || len(c.Whens) == 0 {
		w := &ast.When{Pos: p.tok.pos}
		p.expect(kwWhen)
		w.Cond = p.aExpr()
		p.expect(kwThen)
		w.Result = p.aExpr()
		c.Whens = append(c.Whens, w)
	}
	if p.accept(kwElse) {
		c.Else = p.aExpr()
	}
	p.expect(kwEnd)
	return c
}

// array parses [..] of ARRAY; all elements are arrays or none is.
func (p *parser) array() *ast.Array {
	outer := p.enter()
	defer p.leave(outer)
	a := &ast.Array{Pos: p.tok.pos}
	p.expect('[')
	switch p.tok.cls {
	case ']':
	case '[':
		a.Elems = list(p, func() ast.Expr { return p.array() })
	default:
		a.Elems = p.exprList()
	}
	p.expect(']')
	return a
}

// namedLiteral makes a literal of a type given by name: type 'x'. tok is the
// string.
func (p *parser) namedLiteral(names []string, typmods []ast.Expr, pos int) ast.Expr {
	return p.castLiteral(&ast.TypeName{Pos: pos, Names: names, Typmods: typmods})
}

func (p *parser) castLiteral(t *ast.TypeName) *ast.TypeCast {
	return &ast.TypeCast{Pos: -1, Form: ast.CastLiteral, Type: t, Arg: p.stringConst()}
}

// startsConstType tells whether tok begins a literal of one of SQL's own types
// rather than a column of that name.
func (p *parser) startsConstType() bool {
	switch p.tok.cls {
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwBoolean:
		return p.peek(1) == tSconst
	case kwDouble:
		return p.peek(1) == kwPrecision
	case kwFloat, kwDecimal, kwDec, kwNumeric, kwVarchar, kwInterval:
		return p.peek(1) == tSconst || p.peek(1) == '('
	case kwBit, kwCharacter, kwChar, kwNchar:
		c := p.peek(1)
		return c == tSconst || c == '(' || c == kwVarying
	case kwNational:
		return p.peek(1) == kwCharacter || p.peek(1) == kwChar
	case kwTime, kwTimestamp:
		switch p.peek(1) {
		case tSconst, '(', kwWithout, tWithLA:
			return true
		}
	}
	return false
}

// typedLiteral parses a literal of one of SQL's own types.
func (p *parser) typedLiteral() ast.Expr {
	pos := p.tok.pos
	if p.tok.cls != kwInterval {
		return p.castLiteral(p.constType())
	}
	p.advance()
	t := &ast.TypeName{Pos: pos, Names: systemName("interval")}
	if p.accept('(') {
		precision := p.intConst()
		p.expect(')')
		t.Typmods = []ast.Expr{intervalFull(), precision}
		return p.castLiteral(t)
	}
	e := p.castLiteral(t)
	t.Typmods = p.intervalFields()
	return e
}

func (p *parser) intConst() *ast.Const {
	pos := p.tok.pos
	return &ast.Const{Pos: pos, Kind: ast.ConstInt, Int: int32(p.iconst())}
}

// typmodsFromArgs checks that call arguments can be type modifiers, for
// type(args) 'x'.
func (p *parser) typmodsFromArgs(f *ast.FuncCall) []ast.Expr {
	for _, a := range f.Args {
		if n, ok := a.(*ast.NamedArg); ok {
			p.fail(pgcode.SyntaxError, n.Pos, "type modifier cannot have parameter name")
		}
	}
	if f.OrderBy != nil {
		p.fail(pgcode.SyntaxError, p.literalOrder, "type modifier cannot have ORDER BY")
	}
	return f.Args
}
