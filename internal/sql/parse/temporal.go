package parse

import "github.com/driftdb/driftdb/internal/sql/ast"

// DriftDB's own words. They are ordinary identifiers everywhere else.
const (
	wordSystemTime = "system_time"
	wordSeq        = "seq"
)

// temporalRelation parses the temporal clause behind a relation.
func (p *parser) temporalRelation(r *ast.RangeVar) *ast.RangeVar {
	r.Temporal = p.temporal()
	return r
}

// temporal parses [FOR SYSTEM_TIME ... | AS OF m].
func (p *parser) temporal() *ast.Temporal {
	t := &ast.Temporal{Pos: p.tok.pos}
	if p.tok.cls == kwAs {
		if p.peek(1) != kwOf || p.endsOfAlias(p.peek(2)) {
			return nil
		}
		p.advance()
		p.advance()
		t.From = p.moment()
		return t
	}
	if p.tok.cls != kwFor || !p.peekToken(1).isWord(wordSystemTime) {
		return nil
	}
	p.advance()
	p.advance()
	switch {
	case p.accept(kwAs):
		p.expect(kwOf)
		t.From = p.moment()
	case p.accept(kwFrom):
		t.Kind = ast.TemporalFromTo
		t.From = p.moment()
		p.expect(kwTo)
		t.To = p.moment()
	case p.accept(kwBetween):
		t.Kind = ast.TemporalBetween
		t.From = p.moment()
		p.expect(kwAnd)
		t.To = p.moment()
	case p.accept(kwAll):
		t.Kind = ast.TemporalAll
	default:
		p.syntaxError()
	}
	return t
}

// endsOfAlias tells, of the token behind "t AS of", whether "of" is PostgreSQL's
// alias: a column list, the end of the reference, or a keyword that may follow a
// table. Anything else begins a moment.
func (p *parser) endsOfAlias(c class) bool {
	switch c {
	case '(', ',', ')', ';', tEOF, tError, ']',
		kwCross, kwFull, kwInner, kwJoin, kwLeft, kwNatural, kwRight, kwOn, kwUsing, kwTablesample,
		kwWhere, kwGroup, kwHaving, kwWindow, kwOrder, kwLimit, kwOffset, kwFetch, kwFor, kwInto,
		kwUnion, kwIntersect, kwExcept, kwReturning, kwSet, kwWhen, kwWith, kwDefault, kwOverriding,
		kwValues, kwSelect, kwTable, kwDo, kwAs:
		return true
	}
	return false
}

// moment parses a point of the history: an expression or @SEQ:n.
func (p *parser) moment() *ast.Moment {
	m := &ast.Moment{Pos: p.tok.pos}
	if p.tok.cls == tOp && p.tok.text == "@" && p.peekToken(1).isWord(wordSeq) && p.peek(2) == ':' {
		p.advance()
		p.advance()
		p.advance()
		m.Seq = true
		switch p.tok.cls {
		case tIconst, tFconst:
			if !allDigits(p.tok.text) {
				p.syntaxError()
			}
			m.Expr = p.literal()
		case tParam:
			m.Expr = p.param()
		default:
			p.syntaxError()
		}
		return m
	}
	m.Expr = p.expr(precNone, modeMoment)
	return m
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
