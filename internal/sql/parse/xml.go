package parse

import "github.com/driftdb/driftdb/internal/sql/ast"

// The XML functions are parsed so that a wrong one is refused where PostgreSQL
// refuses it, and kept as text: DriftDB has no XML.

// xmlForm returns the parser of an XML function's arguments.
func (p *parser) xmlForm(cls class) (func(pos int) ast.Expr, bool) {
	var args func()
	switch cls {
	case kwXmlconcat:
		args = func() { p.exprList() }
	case kwXmlelement:
		args = p.xmlElement
	case kwXmlexists:
		args = func() {
			p.cExpr(modeA)
			p.xmlPassing()
		}
	case kwXmlforest:
		args = p.xmlAttributes
	case kwXmlparse:
		args = func() {
			p.xmlKind()
			p.aExpr()
			if p.tok.cls == kwPreserve || p.tok.cls == kwStrip {
				p.advance()
				p.expect(kwWhitespace)
			}
		}
	case kwXmlpi:
		args = func() {
			p.expect(kwName)
			p.colLabel()
			if p.accept(',') {
				p.aExpr()
			}
		}
	case kwXmlroot:
		args = p.xmlRoot
	case kwXmlserialize:
		args = func() {
			p.xmlKind()
			p.aExpr()
			p.expect(kwAs)
			p.simpleTypename()
		}
	default:
		return nil, false
	}
	return func(pos int) ast.Expr {
		args()
		return &ast.XMLExpr{Pos: pos, Name: cls.keyword().Word}
	}, true
}

func (p *parser) xmlElement() {
	p.expect(kwName)
	p.colLabel()
	if !p.accept(',') {
		return
	}
	if p.tok.cls == kwXmlattributes && p.peek(1) == '(' {
		p.advance()
		p.expect('(')
		p.xmlAttributes()
		p.expect(')')
		if !p.accept(',') {
			return
		}
	}
	p.exprList()
}

func (p *parser) xmlAttributes() {
	list(p, func() ast.Expr {
		e := p.aExpr()
		if p.accept(kwAs) {
			p.colLabel()
		}
		return e
	})
}

func (p *parser) xmlKind() {
	if !p.accept(kwDocument) {
		p.expect(kwContent)
	}
}

func (p *parser) xmlRoot() {
	p.aExpr()
	p.expect2(',', kwVersion)
	if p.tok.cls == kwNo && p.peek(1) == kwValue {
		p.advance()
		p.advance()
	} else {
		p.aExpr()
	}
	if !p.accept(',') {
		return
	}
	p.expect(kwStandalone)
	if !p.accept(kwYes) {
		p.expect(kwNo)
		p.accept(kwValue)
	}
}

func (p *parser) xmlPassing() {
	p.expect(kwPassing)
	p.xmlMechanism()
	p.cExpr(modeA)
	p.xmlMechanism()
}

func (p *parser) xmlMechanism() {
	if p.accept(kwBy) && !p.accept(kwRef) {
		p.expect(kwValue)
	}
}

// xmlTable parses XMLTABLE(...) in FROM.
func (p *parser) xmlTable() *ast.RangeXMLTable {
	t := &ast.RangeXMLTable{Pos: p.tok.pos}
	p.expect2(kwXmltable, '(')
	if p.tok.cls == kwXmlnamespaces && p.peek(1) == '(' {
		p.advance()
		parenList(p, func() struct{} {
			if p.accept(kwDefault) {
				p.bExpr()
			} else {
				p.bExpr()
				p.expect(kwAs)
				p.colLabel()
			}
			return struct{}{}
		})
		p.expect(',')
	}
	p.cExpr(modeA)
	p.xmlPassing()
	p.expect(kwColumns)
	list(p, p.xmlColumn)
	p.expect(')')
	t.Text = p.text(t.Pos)
	return t
}

func (p *parser) xmlColumn() struct{} {
	p.colID()
	if p.accept(kwFor) {
		p.expect(kwOrdinality)
		return struct{}{}
	}
	p.typename()
	for {
		switch p.tok.cls {
		case kwDefault, tIdent:
			p.advance()
			p.bExpr()
		case kwNot:
			p.advance()
			p.expect(kwNull)
		case kwNull:
			p.advance()
		default:
			return struct{}{}
		}
	}
}
