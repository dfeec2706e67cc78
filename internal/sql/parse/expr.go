package parse

import (
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// Binding powers of operators, as in PostgreSQL's gram.y.
const (
	precNone = iota
	precOr
	precAnd
	precNot
	precIs
	precCmp
	precLike // BETWEEN, IN, LIKE, ILIKE, SIMILAR
	precOp   // any other operator
	precAdd
	precMul
	precPow
	precAt
	precCollate
	precUnary
	precCast
)

// exprMode is the kind of expression wanted.
type exprMode uint8

const (
	// modeA is gram.y's a_expr: everything.
	modeA exprMode = iota
	// modeB is b_expr: without the boolean operators and those that would be
	// ambiguous in BETWEEN and column defaults.
	modeB
	// modeMoment is b_expr with AT TIME ZONE, for temporal clauses.
	modeMoment
)

func (p *parser) aExpr() ast.Expr { return p.expr(precNone, modeA) }

func (p *parser) bExpr() ast.Expr { return p.expr(precNone, modeB) }

func (p *parser) exprList() []ast.Expr { return list(p, p.aExpr) }

// expr parses an expression whose operators bind tighter than minPrec.
func (p *parser) expr(minPrec int, mode exprMode) ast.Expr {
	outer := p.enter()
	e := p.operators(p.prefix(mode), minPrec, mode)
	p.leave(outer)
	return e
}

// prefix parses an operand with its prefix operators.
func (p *parser) prefix(mode exprMode) ast.Expr {
	pos := p.tok.pos
	switch p.tok.cls {
	case '+':
		p.advance()
		return &ast.OpExpr{Pos: pos, Op: ast.Op{Name: "+"}, Right: p.expr(precUnary, mode)}
	case '-':
		p.advance()
		return negate(p.expr(precUnary, mode), pos)
	case tOp, kwOperator:
		if p.tok.cls == tOp || p.peek(1) == '(' {
			op := p.qualOp()
			return &ast.OpExpr{Pos: pos, Op: op, Right: p.expr(precOp, mode)}
		}
	case kwNot, tNotLA:
		if mode == modeA {
			p.advance()
			return &ast.BoolExpr{Pos: pos, Op: ast.Not, Args: []ast.Expr{p.expr(precNot, mode)}}
		}
	case kwDefault:
		if mode == modeA {
			p.advance()
			return &ast.Default{Pos: pos}
		}
	case kwUnique:
		if mode == modeA {
			p.advance()
			p.nullTreatment()
			p.selectWithParens()
			p.fail(pgcode.FeatureNotSupported, pos, "UNIQUE predicate is not yet implemented")
		}
	}
	return p.cExpr(mode)
}

// negate folds the sign into a number, as PostgreSQL's grammar does.
func negate(e ast.Expr, pos int) ast.Expr {
	if c, ok := e.(*ast.Const); ok {
		switch c.Kind {
		case ast.ConstInt:
			c.Pos, c.Int = pos, -c.Int
			return c
		case ast.ConstFloat:
			c.Pos = pos
			if strings.HasPrefix(c.Text, "-") {
				c.Text = c.Text[1:]
			} else {
				c.Text = "-" + c.Text
			}
			return c
		}
	}
	return &ast.OpExpr{Pos: pos, Op: ast.Op{Name: "-"}, Right: e}
}

// qualOp parses Op or OPERATOR(any_operator).
func (p *parser) qualOp() ast.Op {
	if p.tok.cls == tOp {
		op := ast.Op{Name: p.tok.text}
		p.advance()
		return op
	}
	p.expect2(kwOperator, '(')
	op := p.anyOperator()
	p.expect(')')
	return op
}

// anyOperator parses {ColId .} operator.
func (p *parser) anyOperator() ast.Op {
	var op ast.Op
	for p.tok.cls.isColID() {
		op.Qual = append(op.Qual, p.colID())
		p.expect('.')
	}
	op.Name = p.allOp()
	return op
}

// allOp parses any operator token.
func (p *parser) allOp() string {
	if !p.tok.cls.isOperator() {
		p.syntaxError()
	}
	name := p.tok.text
	p.advance()
	return name
}

func (c class) isOperator() bool {
	switch c {
	case tOp, '+', '-', '*', '/', '%', '^', '<', '>', '=', tLessEquals, tGreaterEquals, tNotEquals:
		return true
	}
	return false
}

// qualAllOp parses any operator token or OPERATOR(any_operator).
func (p *parser) qualAllOp() ast.Op {
	if p.tok.cls == kwOperator {
		return p.qualOp()
	}
	return ast.Op{Name: p.allOp()}
}

// binaryPrec returns the binding power of tok as a binary or postfix operator in
// the given mode, precNone when it is none.
func (p *parser) binaryPrec(mode exprMode) int {
	switch p.tok.cls {
	case tTypecast:
		return precCast
	case '+', '-':
		return precAdd
	case '*', '/', '%':
		return precMul
	case '^':
		return precPow
	case '<', '>', '=', tLessEquals, tGreaterEquals, tNotEquals:
		return precCmp
	case tOp:
		return precOp
	case kwOperator:
		return precOp
	case kwIs:
		return precIs
	case kwAt:
		if mode == modeA || mode == modeMoment && p.peek(1) == kwTime {
			return precAt
		}
		return precNone
	}
	if mode != modeA {
		return precNone
	}
	switch p.tok.cls {
	case kwOr:
		return precOr
	case kwAnd:
		return precAnd
	case kwIsnull, kwNotnull:
		return precIs
	case kwBetween, kwIn, kwLike, kwIlike, kwSimilar:
		return precLike
	case tNotLA:
		return precLike
	case kwCollate:
		return precCollate
	}
	return precNone
}

// operators extends left with the binary and postfix operators that bind tighter
// than minPrec.
func (p *parser) operators(left ast.Expr, minPrec int, mode exprMode) ast.Expr {
	for {
		prec := p.binaryPrec(mode)
		if prec <= minPrec || p.tok.cls.isKeyword() && p.endsEarly() {
			return left
		}
		open := false // the construct ends in an operand, so a non-associative operator may not follow
		switch prec {
		case precOr, precAnd:
			left = p.connective(left, prec, mode)
			continue // flattened: no taller
		case precCast:
			pos := p.tok.pos
			p.advance()
			left = &ast.TypeCast{Pos: pos, Form: ast.CastColons, Arg: left, Type: p.typename()}
		case precIs:
			left, open = p.isTest(left, mode)
		case precLike:
			left, open = p.likeTest(left, mode)
		case precAt:
			pos := p.tok.pos
			p.advance()
			p.expect2(kwTime, kwZone)
			left = &ast.FuncCall{Pos: pos, Name: systemName("timezone"), Syntax: ast.CallAtTimeZone,
				Args: []ast.Expr{p.expr(precAt, mode), left}}
		case precCollate:
			pos := p.tok.pos
			p.advance()
			left = &ast.Collate{Pos: pos, Arg: left, Name: p.anyName()}
		default:
			left, open = p.binary(left, prec, mode)
		}
		p.grow()
		if open && (prec == precIs || prec == precCmp || prec == precLike) && p.binaryPrec(mode) == prec {
			p.syntaxError()
		}
	}
}

// endsEarly tells whether the operator at tok is none here: SIMILAR in SUBSTRING,
// or a column label, as in SELECT a like FROM t.
func (p *parser) endsEarly() bool {
	switch p.depth {
	case p.similarDepth:
		return p.tok.cls == kwSimilar && p.peek(1) != kwTo
	case p.labelDepth:
		return p.tok.cls.isBareLabel() && (p.peek(1) == ',' || endsTargets(p.peek(1)))
	}
	return false
}

func (p *parser) connective(left ast.Expr, prec int, mode exprMode) ast.Expr {
	op := ast.And
	if prec == precOr {
		op = ast.Or
	}
	pos := p.tok.pos
	p.advance()
	right := p.expr(prec, mode)
	if b, ok := left.(*ast.BoolExpr); ok && b.Op == op {
		b.Args = append(b.Args, right)
		return b
	}
	p.grow()
	return &ast.BoolExpr{Pos: pos, Op: op, Args: []ast.Expr{left, right}}
}

// binary parses an operator with its right operand, or op ANY|ALL (...). open is
// false for the latter.
func (p *parser) binary(left ast.Expr, prec int, mode exprMode) (_ ast.Expr, open bool) {
	pos := p.tok.pos
	var op ast.Op
	if p.tok.cls == kwOperator {
		op = p.qualOp()
	} else {
		op.Name = p.tok.text
		p.advance()
	}
	if mode == modeA && p.isSubType() {
		return p.anyAll(left, op, pos), false
	}
	return &ast.OpExpr{Pos: pos, Op: op, Left: left, Right: p.expr(prec, mode)}, true
}

func (p *parser) isSubType() bool {
	return p.tok.cls == kwAny || p.tok.cls == kwSome || p.tok.cls == kwAll
}

// anyAll parses ANY|SOME|ALL and the array or sub-select behind it.
func (p *parser) anyAll(left ast.Expr, op ast.Op, pos int) ast.Expr {
	all := p.tok.cls == kwAll
	p.advance()
	if p.tok.cls != '(' {
		p.syntaxError()
	}
	q, args := p.parenthesized(false)
	if q == nil {
		return &ast.AnyAll{Pos: pos, Op: op, All: all, Left: left, Right: args[0]}
	}
	kind := ast.SubAny
	if all {
		kind = ast.SubAll
	}
	return &ast.SubLink{Pos: pos, Kind: kind, Test: left, Op: op, Query: q}
}

// isTest parses IS ..., ISNULL and NOTNULL. open is set for IS DISTINCT FROM.
func (p *parser) isTest(left ast.Expr, mode exprMode) (_ ast.Expr, open bool) {
	pos, cls := p.tok.pos, p.tok.cls
	p.advance()
	if cls != kwIs {
		return &ast.NullTest{Pos: pos, Not: cls == kwNotnull, Arg: left}, false
	}
	not := p.accept(kwNot)
	switch p.tok.cls {
	case kwDistinct:
		p.advance()
		p.expect(kwFrom)
		return &ast.DistinctFrom{Pos: pos, Not: not, Left: left, Right: p.expr(precIs, mode)}, true
	case kwDocument:
		p.advance()
		return &ast.XMLExpr{Pos: pos, Name: "is document", Arg: left, Not: not}, false
	}
	if mode != modeA {
		p.syntaxError()
	}
	test := ast.TruthTrue
	switch p.tok.cls {
	case kwNull:
		p.advance()
		return &ast.NullTest{Pos: pos, Not: not, Arg: left}, false
	case kwNormalized, kwNfc, kwNfd, kwNfkc, kwNfkd:
		return p.isNormalized(left, not, pos), false
	case kwTrue:
	case kwFalse:
		test = ast.TruthFalse
	case kwUnknown:
		test = ast.TruthUnknown
	default:
		p.syntaxError()
	}
	p.advance()
	return &ast.BooleanTest{Pos: pos, Not: not, Test: test, Arg: left}, false
}

func (p *parser) isNormalized(left ast.Expr, not bool, pos int) ast.Expr {
	args := []ast.Expr{left}
	if p.tok.cls != kwNormalized {
		args = append(args, &ast.Const{Pos: p.tok.pos, Kind: ast.ConstString, Text: strings.ToUpper(p.tok.text)})
		p.advance()
	}
	p.expect(kwNormalized)
	var e ast.Expr = &ast.FuncCall{Pos: pos, Name: systemName("is_normalized"), Syntax: ast.CallIsNormalized, Args: args}
	if not {
		e = &ast.BoolExpr{Pos: pos, Op: ast.Not, Args: []ast.Expr{e}}
	}
	return e
}

// likeTest parses [NOT] LIKE|ILIKE|SIMILAR TO|BETWEEN|IN.
func (p *parser) likeTest(left ast.Expr, mode exprMode) (_ ast.Expr, open bool) {
	pos := p.tok.pos
	not := p.accept(tNotLA)
	cls := p.tok.cls
	p.advance()
	switch cls {
	case kwBetween:
		b := &ast.Between{Pos: pos, Not: not, Arg: left}
		if p.accept(kwSymmetric) {
			b.Symmetric = true
		} else {
			p.accept(kwAsymmetric)
		}
		b.Low = p.bExpr()
		p.expect(kwAnd)
		b.High = p.expr(precLike, mode)
		return b, true
	case kwIn:
		return p.inTest(left, not, pos), false
	case kwSimilar:
		p.expect(kwTo)
	default:
		if p.isSubType() {
			return p.anyAll(left, ast.Op{Name: likeOperator(cls, not)}, pos), false
		}
	}
	kind := ast.Like
	switch cls {
	case kwIlike:
		kind = ast.ILike
	case kwSimilar:
		kind = ast.SimilarTo
	}
	l := &ast.LikeExpr{Pos: pos, Kind: kind, Not: not, Left: left, Pattern: p.expr(precLike, mode)}
	if p.accept(kwEscape) {
		l.Escape = p.expr(precLike, mode)
	}
	return l, true
}

func likeOperator(cls class, not bool) string {
	op := "~~"
	if cls == kwIlike {
		op = "~~*"
	}
	if not {
		op = "!" + op
	}
	return op
}

func (p *parser) inTest(left ast.Expr, not bool, pos int) ast.Expr {
	if p.tok.cls != '(' {
		p.syntaxError()
	}
	q, args := p.parenthesized(true)
	if q != nil {
		return &ast.SubLink{Pos: pos, Kind: ast.SubIn, Not: not, Test: left, Query: q}
	}
	return &ast.InList{Pos: pos, Not: not, Left: left, List: args}
}

// startsSelect tells whether tok begins a SELECT after a parenthesis. VALUES may
// also be a column's name.
func (p *parser) startsSelect() bool {
	switch p.tok.cls {
	case kwSelect, kwWith, tWithLA, kwTable:
		return true
	case kwValues:
		return p.peek(1) == '('
	}
	return false
}

// continuesSelect tells whether tok can follow a parenthesized sub-select as
// part of a larger query rather than as an operator or alias.
func (p *parser) continuesSelect() bool {
	switch p.tok.cls {
	case kwUnion, kwIntersect, kwExcept, kwOrder, kwLimit, kwOffset, kwFetch:
		return true
	case kwFor:
		return !p.peekToken(1).isWord(wordSystemTime)
	}
	return false
}

// parenthesized parses what stands in parentheses in an expression: a query, or
// an expression, or with many a list of them. Which one it is shows only behind
// the innermost parentheses, so the decision is taken on the way out.
func (p *parser) parenthesized(many bool) (*ast.SelectStmt, []ast.Expr) {
	outer := p.enter()
	defer p.leave(outer)
	p.expect('(')
	if p.startsSelect() {
		q := p.query()
		p.expect(')')
		return q, nil
	}
	var first ast.Expr
	if p.tok.cls == '(' {
		pos := p.tok.pos
		q, args := p.parenthesized(true)
		switch {
		case q != nil && p.tok.cls == ')':
			p.advance()
			return q, nil
		case q != nil && p.continuesSelect():
			q = p.queryFrom(q, nil)
			p.expect(')')
			return q, nil
		case q != nil:
			first = p.indirection(&ast.SubLink{Pos: pos, Kind: ast.SubScalar, Query: q})
		default:
			first = p.afterParens(args, pos, modeA)
		}
		first = p.operators(first, precNone, modeA)
	} else {
		first = p.aExpr()
	}
	args := []ast.Expr{first}
	for many && p.accept(',') {
		args = append(args, p.aExpr())
	}
	p.expect(')')
	return nil, args
}

// afterParens makes an operand of a parenthesized list: one expression with its
// subscripts, or a row.
func (p *parser) afterParens(args []ast.Expr, pos int, mode exprMode) ast.Expr {
	if len(args) == 1 {
		return p.indirection(args[0])
	}
	return p.overlaps(&ast.Row{Pos: pos, Args: args}, mode)
}

// overlaps parses [OVERLAPS row] after a row.
func (p *parser) overlaps(left *ast.Row, mode exprMode) ast.Expr {
	if mode != modeA || p.tok.cls != kwOverlaps {
		return left
	}
	pos := p.tok.pos
	p.advance()
	rightPos := p.tok.pos
	var right *ast.Row
	if p.tok.cls == kwRow && p.peek(1) == '(' {
		right = p.explicitRow()
	} else {
		p.expect('(')
		right = &ast.Row{Pos: rightPos, Args: []ast.Expr{p.aExpr()}}
		p.expect(',')
		right.Args = append(right.Args, p.exprList()...)
		p.expect(')')
	}
	if len(left.Args) != 2 {
		p.fail(pgcode.SyntaxError, left.Pos, "wrong number of parameters on left side of OVERLAPS expression")
	}
	if len(right.Args) != 2 {
		p.fail(pgcode.SyntaxError, right.Pos, "wrong number of parameters on right side of OVERLAPS expression")
	}
	args := append(append([]ast.Expr{}, left.Args...), right.Args...)
	return &ast.FuncCall{Pos: pos, Name: systemName("overlaps"), Syntax: ast.CallOverlaps, Args: args}
}

func (p *parser) explicitRow() *ast.Row {
	r := &ast.Row{Pos: p.tok.pos, Explicit: true}
	p.expect2(kwRow, '(')
	if p.accept(')') {
		return r
	}
	r.Args = p.exprList()
	p.expect(')')
	return r
}

func systemName(name string) []string { return []string{"pg_catalog", name} }
