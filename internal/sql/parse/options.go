package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
)

// Values of options are Consts; a word is a string Const in an Option with Word
// set.

func boolConst(pos int, v bool) *ast.Const {
	return &ast.Const{Pos: pos, Kind: ast.ConstBool, Bool: v}
}

func wordConst(pos int, s string) *ast.Const {
	return &ast.Const{Pos: pos, Kind: ast.ConstString, Text: s}
}

// numericOnly parses [+|-] number.
func (p *parser) numericOnly() *ast.Const {
	pos, minus := p.tok.pos, p.tok.cls == '-'
	if minus || p.tok.cls == '+' {
		p.advance()
	}
	if p.tok.cls != tIconst && p.tok.cls != tFconst {
		p.syntaxError()
	}
	e := p.literal()
	if minus {
		e = negate(e, pos)
	}
	return e.(*ast.Const)
}

func (p *parser) startsNumeric() bool {
	switch p.tok.cls {
	case '+', '-', tIconst, tFconst:
		return true
	}
	return false
}

// wordOrString parses opt_boolean_or_string: TRUE, FALSE, ON, a word or a string.
func (p *parser) wordOrString(o *ast.Option) {
	pos := p.tok.pos
	switch c := p.tok.cls; {
	case c == tSconst:
		o.Value = p.stringConst()
	case c == kwTrue || c == kwFalse || c == kwOn || c.isNonReserved():
		o.Value, o.Word = wordConst(pos, p.tok.text), true
		p.advance()
	default:
		p.syntaxError()
	}
}

func (p *parser) startsWordOrString() bool {
	c := p.tok.cls
	return c == tSconst || c == kwTrue || c == kwFalse || c == kwOn || c.isNonReserved()
}

// nonReservedOrString parses a word or a string.
func (p *parser) nonReservedOrString() string {
	if p.tok.cls == tSconst {
		return p.sconst()
	}
	return p.nonReserved()
}

// relOptions parses ( name [= value], ... ) of WITH and SET.
func (p *parser) relOptions() []*ast.Option { return parenList(p, p.relOption) }

func (p *parser) relOption() *ast.Option {
	o := &ast.Option{Pos: p.here(), Name: p.colLabel()}
	if p.accept('.') {
		o.Namespace, o.Name = o.Name, p.colLabel()
	}
	if p.accept('=') {
		p.defArg(o)
	}
	return o
}

// optRelOptions parses [WITH (...)].
func (p *parser) optRelOptions() []*ast.Option {
	if !p.accept(kwWith) {
		return nil
	}
	return p.relOptions()
}

// definition parses ( name [= value], ... ).
func (p *parser) definition() []*ast.Option {
	return parenList(p, func() *ast.Option {
		o := &ast.Option{Pos: p.here(), Name: p.colLabel()}
		if p.accept('=') {
			p.defArg(o)
		}
		return o
	})
}

// defArg parses def_arg: a type, a reserved word, an operator, a number, a string
// or NONE.
func (p *parser) defArg(o *ast.Option) {
	pos := p.tok.pos
	switch c := p.tok.cls; {
	case p.startsNumeric() && !(c == '+' || c == '-') || (c == '+' || c == '-') && (p.peek(1) == tIconst || p.peek(1) == tFconst):
		o.Value = p.numericOnly()
	case c == tSconst:
		o.Value = p.stringConst()
	case c == kwNone:
		o.Value, o.Word = wordConst(pos, "none"), true
		p.advance()
	case c.isOperator() || c == kwOperator && p.peek(1) == '(':
		o.Value = &ast.OptionOp{Pos: pos, Op: p.qualAllOp()}
	case c.isKeyword() && c.keyword().Category == keyword.Reserved:
		o.Value, o.Word = wordConst(pos, p.tok.text), true
		p.advance()
	default:
		o.Value = &ast.OptionType{Pos: pos, Type: p.funcType()}
	}
}

// utilityOptions parses ( name [value], ... ) of EXPLAIN, VACUUM and so on.
func (p *parser) utilityOptions() []*ast.Option { return parenList(p, p.utilityOption) }

func (p *parser) utilityOption() *ast.Option {
	o := &ast.Option{Pos: p.tok.pos}
	if p.tok.cls == kwAnalyse || p.tok.cls == kwAnalyze {
		o.Name = "analyze"
		p.advance()
	} else {
		o.Name = p.nonReserved()
	}
	switch {
	case p.startsNumeric():
		o.Value = p.numericOnly()
	case p.startsWordOrString():
		p.wordOrString(o)
	}
	return o
}

// word returns an option that is a name alone, for the old style of writing.
func word(pos int, name string) *ast.Option { return &ast.Option{Pos: pos, Name: name} }

// seqOptions parses sequence options while tok begins one.
func (p *parser) seqOptions() []*ast.Option {
	var out []*ast.Option
	for p.startsSeqOption() {
		out = append(out, p.seqOption())
	}
	return out
}

func (p *parser) startsSeqOption() bool {
	switch p.tok.cls {
	case kwAs, kwCache, kwCycle, kwNo, kwIncrement, kwMaxvalue, kwMinvalue, kwOwned, kwSequence, kwStart, kwRestart:
		return true
	}
	return false
}

func (p *parser) seqOption() *ast.Option {
	t := p.tok
	o := &ast.Option{Pos: t.pos, Name: t.text}
	p.advance()
	switch t.cls {
	case kwAs:
		pos := p.tok.pos
		o.Value = &ast.OptionType{Pos: pos, Type: p.simpleTypename()}
	case kwCache, kwMaxvalue, kwMinvalue:
		o.Value = p.numericOnly()
	case kwCycle:
		o.Value = boolConst(t.pos, true)
	case kwNo:
		o.Name = p.tok.text
		switch p.tok.cls {
		case kwCycle:
			o.Value = boolConst(t.pos, false)
		case kwMaxvalue, kwMinvalue:
		default:
			p.syntaxError()
		}
		p.advance()
	case kwIncrement:
		p.accept(kwBy)
		o.Value = p.numericOnly()
	case kwOwned:
		p.expect(kwBy)
		o.Name = "owned_by"
		o.Value = &ast.OptionName{Pos: p.here(), Names: p.anyName()}
	case kwSequence:
		p.expect(kwName)
		o.Name = "sequence_name"
		o.Value = &ast.OptionName{Pos: p.here(), Names: p.anyName()}
	case kwStart:
		p.optWith()
		o.Value = p.numericOnly()
	case kwRestart:
		if p.startsWith() || p.startsNumeric() {
			p.optWith()
			o.Value = p.numericOnly()
		}
	default:
		p.syntaxError()
	}
	return o
}

// optParenSeqOptions parses [( sequence options )].
func (p *parser) optParenSeqOptions() []*ast.Option {
	if !p.accept('(') {
		return nil
	}
	if !p.startsSeqOption() {
		p.syntaxError()
	}
	o := p.seqOptions()
	p.expect(')')
	return o
}

// roleSpec parses a role's name or one of the words for a role.
func (p *parser) roleSpec() *ast.RoleSpec {
	r := &ast.RoleSpec{Pos: p.tok.pos}
	switch p.tok.cls {
	case kwCurrentRole:
		r.Kind = ast.RoleCurrentRole
	case kwCurrentUser:
		r.Kind = ast.RoleCurrentUser
	case kwSessionUser:
		r.Kind = ast.RoleSessionUser
	default:
		r.Name = p.nonReserved()
		switch {
		case r.Name == "public":
			r.Kind, r.Name = ast.RolePublic, ""
		case r.Name == "none":
			p.fail(pgcode.ReservedName, r.Pos, "role name \"%s\" is reserved", "none")
		}
		return r
	}
	p.advance()
	return r
}

func (p *parser) roleList() []*ast.RoleSpec { return list(p, p.roleSpec) }

// roleID parses the name of a role that is created or renamed.
func (p *parser) roleID() *ast.RoleSpec {
	r := p.roleSpec()
	p.checkRoleID(r)
	return r
}

func (p *parser) checkRoleID(r *ast.RoleSpec) {
	switch r.Kind {
	case ast.RolePublic:
		p.fail(pgcode.ReservedName, r.Pos, "role name \"%s\" is reserved", "public")
	case ast.RoleCurrentRole:
		p.fail(pgcode.ReservedName, r.Pos, "CURRENT_ROLE cannot be used as a role name here")
	case ast.RoleCurrentUser:
		p.fail(pgcode.ReservedName, r.Pos, "CURRENT_USER cannot be used as a role name here")
	case ast.RoleSessionUser:
		p.fail(pgcode.ReservedName, r.Pos, "SESSION_USER cannot be used as a role name here")
	}
}

// optWith skips [WITH].
func (p *parser) optWith() {
	if p.startsWith() {
		p.advance()
	}
}

// genericOptions parses OPTIONS ( name 'value', ... ); alter allows ADD, SET and
// DROP before a name, kept as the option's namespace.
func (p *parser) genericOptions(alter bool) []*ast.Option {
	p.expect(kwOptions)
	return parenList(p, func() *ast.Option {
		o := &ast.Option{Pos: p.tok.pos}
		if alter && p.peek(1) != tSconst {
			switch p.tok.cls {
			case kwAdd, kwSet, kwDrop:
				o.Namespace = p.tok.text
				p.advance()
			}
		}
		o.Name = p.colLabel()
		if o.Namespace != "drop" {
			o.Value = p.stringConst()
		}
		return o
	})
}

func (p *parser) optGenericOptions() []*ast.Option {
	if p.tok.cls != kwOptions {
		return nil
	}
	return p.genericOptions(false)
}
