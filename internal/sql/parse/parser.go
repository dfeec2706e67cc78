package parse

import (
	"strconv"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
)

// Limits of nesting. They lie a little above what PostgreSQL 15 takes with its
// default max_stack_depth of 2 MB, measured: 9,800 parentheses, 7,800 NOTs, 7,400
// UNIONs in a row, 4,100 additions or nested calls, 2,100 nested sub-selects.
const (
	// depthMax bounds the recursion of the parser: parentheses, sub-selects,
	// prefix operators.
	depthMax = 10000
	// heightMax bounds the height of a tree, which left-deep chains (1+1+1...,
	// joins, UNIONs) increase without recursion here but not in later walks.
	heightMax = 10000
)

// parser is a recursive descent parser with precedence climbing for expressions
// and set operations. It reads tokens as it needs them, so an error is reported
// at the first token that cannot continue the statement, as an LALR parser does.
//
// A method parses the grammar symbol it is named after, beginning at tok, and
// leaves tok on the first token behind it. Errors leave by panic(*pgerr.Error),
// which guard turns into a return value.
type parser struct {
	lexer
	tok      token
	ahead    [4]token
	aheadLen int

	pending    token // read by fetch as lookahead
	hasPending bool

	prevEnd int // end of the token before tok
	depth   int
	height  int // of the tallest tree parsed since the last enter

	stmtStart int    // first token of the statement
	stmtHint  string // hints before it

	// similarDepth is the depth at which SIMILAR without TO ends an expression,
	// for SUBSTRING(a SIMILAR b ESCAPE c).
	similarDepth int
	// labelDepth is the depth of a select list's expressions, which a label
	// may follow.
	labelDepth int

	// literalCall tells that the call parsed last could be a type with
	// modifiers, as in numeric(3, 1) '1.5'.
	literalCall  bool
	literalOrder int // position of its ORDER BY
}

// guard runs f and returns the error it panicked with.
func (p *parser) guard(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *pgerr.Error:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

func (p *parser) init(sql string, o *Options) {
	p.sql = sql
	if o != nil {
		p.backslashes = o.BackslashStrings
		p.notices = o.Notices
	}
	p.tok = p.fetch()
}

// fetch takes the next token from the lexer and marks the keywords whose meaning
// the word behind them decides.
func (p *parser) fetch() token {
	var t token
	if p.hasPending {
		t, p.hasPending = p.pending, false
	} else {
		t = p.lexer.next()
	}
	switch t.cls {
	case kwNot, kwNulls, kwWith:
		p.pending, p.hasPending = p.lexer.next(), true
		if p.pending.cls == tError {
			return p.pending
		}
		t.cls = withLookahead(t.cls, p.pending.cls)
	}
	return t
}

func withLookahead(c, next class) class {
	switch c {
	case kwNot:
		switch next {
		case kwBetween, kwIn, kwLike, kwIlike, kwSimilar:
			return tNotLA
		}
	case kwNulls:
		if next == kwFirst || next == kwLast {
			return tNullsLA
		}
	case kwWith:
		if next == kwTime || next == kwOrdinality {
			return tWithLA
		}
	}
	return c
}

func (p *parser) advance() {
	p.prevEnd = p.tok.end
	if p.aheadLen > 0 {
		p.tok = p.ahead[0]
		p.aheadLen--
		copy(p.ahead[:], p.ahead[1:1+p.aheadLen])
		return
	}
	p.tok = p.fetch()
}

// peek returns the class of the nth token after tok, n from 1 to 4.
func (p *parser) peek(n int) class { return p.peekToken(n).cls }

func (p *parser) peekToken(n int) *token {
	for p.aheadLen < n {
		p.ahead[p.aheadLen] = p.fetch()
		p.aheadLen++
	}
	return &p.ahead[n-1]
}

// enter begins a nested construct; leave ends it with enter's result.
func (p *parser) enter() int {
	if p.depth++; p.depth > depthMax {
		p.tooDeep()
	}
	h := p.height
	p.height = 0
	return h
}

func (p *parser) leave(outer int) {
	p.depth--
	p.grow()
	if outer > p.height {
		p.height = outer
	}
}

// grow notes that a node was put over what was parsed since enter.
func (p *parser) grow() {
	if p.height++; p.height > heightMax {
		p.tooDeep()
	}
}

func (p *parser) tooDeep() {
	panic(pgerr.New(pgcode.StatementTooComplex, "stack depth limit exceeded").
		WithHint("The statement nests expressions, sub-selects or chains of operators too deeply; simplify it."))
}

// syntaxError reports tok as unexpected.
func (p *parser) syntaxError() {
	if p.tok.cls == tError {
		panic(p.err)
	}
	p.failAt(p.tok, "syntax error")
}

// failAt reports msg at a token in PostgreSQL's "... at or near" form.
func (p *parser) failAt(t token, msg string) {
	p.err = nil
	p.errorAt(t.pos, t.end, msg)
	panic(p.err)
}

// fail reports an error of the given code at a byte offset; a negative one means
// no position.
func (p *parser) fail(code pgcode.Code, pos int, format string, args ...any) {
	if p.tok.cls == tError { // PostgreSQL has read that token before it complains
		p.syntaxError()
	}
	e := pgerr.New(code, format, args...)
	if pos >= 0 {
		e = e.At(pos + 1)
	}
	panic(e)
}

// accept takes tok if it is of class c.
func (p *parser) accept(c class) bool {
	if p.tok.cls != c {
		return false
	}
	p.advance()
	return true
}

// accept2 takes two tokens if they are of these classes.
func (p *parser) accept2(a, b class) bool {
	if p.tok.cls != a || p.peek(1) != b {
		return false
	}
	p.advance()
	p.advance()
	return true
}

func (p *parser) expect(c class) {
	if p.tok.cls != c {
		p.syntaxError()
	}
	p.advance()
}

func (p *parser) expect2(a, b class) {
	p.expect(a)
	p.expect(b)
}

// ifNotExists parses [IF NOT EXISTS]; the object may be named if.
func (p *parser) ifNotExists() bool {
	if p.tok.cls != kwIf || p.peek(1) != kwNot {
		return false
	}
	p.advance()
	p.expect2(kwNot, kwExists)
	return true
}

func (p *parser) ifExists() bool {
	return p.accept2(kwIf, kwExists)
}

// Classes of names.

func (c class) isColID() bool {
	if c == tIdent {
		return true
	}
	return c.isKeyword() && c.keyword().Category <= keyword.ColName
}

func (c class) isTypeFuncName() bool {
	if c == tIdent {
		return true
	}
	if !c.isKeyword() {
		return false
	}
	cat := c.keyword().Category
	return cat == keyword.Unreserved || cat == keyword.TypeFunc
}

func (c class) isNonReserved() bool {
	return c == tIdent || c.isKeyword() && c.keyword().Category != keyword.Reserved
}

func (c class) isColLabel() bool { return c == tIdent || c.isKeyword() }

func (c class) isBareLabel() bool {
	return c == tIdent || c.isKeyword() && c.keyword().BareLabel
}

// take returns the text of tok and advances, if ok.
func (p *parser) take(ok bool) string {
	if !ok {
		p.syntaxError()
	}
	s := p.tok.text
	p.advance()
	return s
}

func (p *parser) colID() string        { return p.take(p.tok.cls.isColID()) }
func (p *parser) typeFuncName() string { return p.take(p.tok.cls.isTypeFuncName()) }
func (p *parser) nonReserved() string  { return p.take(p.tok.cls.isNonReserved()) }
func (p *parser) colLabel() string     { return p.take(p.tok.cls.isColLabel()) }
func (p *parser) sconst() string       { return p.take(p.tok.cls == tSconst) }

func (p *parser) iconst() int {
	return atoi(p.take(p.tok.cls == tIconst))
}

// signedIconst parses [+|-] Iconst.
func (p *parser) signedIconst() int {
	if p.accept('-') {
		return -p.iconst()
	}
	p.accept('+')
	return p.iconst()
}

// atoi converts digits that the lexer found to fit an int4.
func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// isWord tells whether t is the identifier w, for DriftDB's own words.
func (t *token) isWord(w string) bool { return t.cls == tIdent && t.text == w }

// list parses item {, item}.
func list[T any](p *parser, item func() T) []T {
	out := []T{item()}
	for p.accept(',') {
		out = append(out, item())
	}
	return out
}

// parenList parses ( item {, item} ).
func parenList[T any](p *parser, item func() T) []T {
	p.expect('(')
	out := list(p, item)
	p.expect(')')
	return out
}

func (p *parser) nameList() []string { return list(p, p.colID) }

func (p *parser) parenNames() []string { return parenList(p, p.colID) }

// optParenNames parses an optional column list.
func (p *parser) optParenNames() []string {
	if p.tok.cls != '(' {
		return nil
	}
	return p.parenNames()
}

// anyName parses ColId {. ColLabel}.
func (p *parser) anyName() []string {
	names := []string{p.colID()}
	return p.attrs(names)
}

func (p *parser) attrs(names []string) []string {
	for p.accept('.') {
		names = append(names, p.colLabel())
	}
	return names
}

// text returns the source from an offset to the end of the last token taken.
func (p *parser) text(start int) string { return p.sql[start:p.prevEnd] }

// behavior parses [CASCADE|RESTRICT].
func (p *parser) behavior() ast.Behavior {
	if p.accept(kwCascade) {
		return ast.Cascade
	}
	p.accept(kwRestrict)
	return ast.Restrict
}

// here returns the offset of the present token. In a composite literal it is
// evaluated before the calls that follow it, which a plain field is not.
func (p *parser) here() int { return p.tok.pos }
