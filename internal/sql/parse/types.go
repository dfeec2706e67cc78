package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// Bits of an interval's field mask, PostgreSQL's INTERVAL_MASK of datetime.h.
const (
	intervalMonth  = 1 << 1
	intervalYear   = 1 << 2
	intervalDay    = 1 << 3
	intervalHour   = 1 << 10
	intervalMinute = 1 << 11
	intervalSecond = 1 << 12
	intervalAll    = 0x7FFF
)

// typename parses a type with its array bounds.
func (p *parser) typename() *ast.TypeName {
	setof := p.accept(kwSetof)
	t := p.simpleTypename()
	t.Setof = setof
	p.arrayBounds(t)
	return t
}

func (p *parser) arrayBounds(t *ast.TypeName) {
	if p.accept(kwArray) {
		bound := -1
		if p.accept('[') {
			bound = p.iconst()
			p.expect(']')
		}
		t.ArrayBounds = []int{bound}
		return
	}
	for p.accept('[') {
		bound := -1
		if p.tok.cls == tIconst {
			bound = p.iconst()
		}
		p.expect(']')
		t.ArrayBounds = append(t.ArrayBounds, bound)
	}
}

// funcType parses a type, or name%TYPE.
func (p *parser) funcType() *ast.TypeName {
	setof := p.accept(kwSetof)
	t := p.simpleType(true)
	t.Setof = setof
	if !t.PctType {
		p.arrayBounds(t)
	}
	return t
}

func (p *parser) simpleTypename() *ast.TypeName { return p.simpleType(false) }

func (p *parser) simpleType(pctType bool) *ast.TypeName {
	switch p.tok.cls {
	case kwInterval:
		t := &ast.TypeName{Pos: p.tok.pos, Names: systemName("interval")}
		p.advance()
		if p.accept('(') {
			t.Typmods = []ast.Expr{intervalFull(), p.intConst()}
			p.expect(')')
		} else {
			t.Typmods = p.intervalFields()
		}
		return t
	case kwDouble:
		if p.peek(1) == kwPrecision {
			return p.constType()
		}
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwFloat, kwDecimal, kwDec, kwNumeric, kwBoolean,
		kwBit, kwCharacter, kwChar, kwVarchar, kwNational, kwNchar, kwTime, kwTimestamp:
		return p.constType()
	}
	t := &ast.TypeName{Pos: p.tok.pos}
	t.Names = p.attrs([]string{p.typeFuncName()})
	if pctType && len(t.Names) > 1 && p.tok.cls == '%' && p.peek(1) == kwType {
		p.advance()
		p.advance()
		t.PctType = true
		return t
	}
	if p.accept('(') {
		t.Typmods = p.exprList()
		p.expect(')')
	}
	return t
}

// constType parses SQL's own types but interval: those that may stand before a
// string.
func (p *parser) constType() *ast.TypeName {
	t := &ast.TypeName{Pos: p.tok.pos}
	cls := p.tok.cls
	p.advance()
	switch cls {
	case kwInt, kwInteger:
		t.Names = systemName("int4")
	case kwSmallint:
		t.Names = systemName("int2")
	case kwBigint:
		t.Names = systemName("int8")
	case kwReal:
		t.Names = systemName("float4")
	case kwBoolean:
		t.Names = systemName("bool")
	case kwDouble:
		p.expect(kwPrecision)
		t.Names = systemName("float8")
	case kwFloat:
		t.Names = systemName(p.floatName())
	case kwDecimal, kwDec, kwNumeric:
		t.Names = systemName("numeric")
		if p.accept('(') {
			t.Typmods = p.exprList()
			p.expect(')')
		}
	case kwBit:
		p.bitType(t)
	case kwTime, kwTimestamp:
		p.timeType(t, cls)
	default:
		p.charType(t, cls)
	}
	return t
}

func (p *parser) floatName() string {
	if !p.accept('(') {
		return "float8"
	}
	pos := p.tok.pos
	bits := p.iconst()
	p.expect(')')
	switch {
	case bits < 1:
		p.fail(pgcode.InvalidParameterValue, pos, "precision for type float must be at least 1 bit")
	case bits > 53:
		p.fail(pgcode.InvalidParameterValue, pos, "precision for type float must be less than 54 bits")
	case bits <= 24:
		return "float4"
	}
	return "float8"
}

func (p *parser) bitType(t *ast.TypeName) {
	varying := p.accept(kwVarying)
	t.Names = systemName("bit")
	if varying {
		t.Names = systemName("varbit")
	}
	if p.accept('(') {
		t.Typmods = p.exprList()
		p.expect(')')
	} else if !varying { // BIT is BIT(1)
		t.Typmods = oneTypmod()
	}
}

func (p *parser) charType(t *ast.TypeName, cls class) {
	if cls == kwNational && !p.accept(kwCharacter) {
		p.expect(kwChar)
	}
	name := "bpchar"
	if cls == kwVarchar || p.accept(kwVarying) {
		name = "varchar"
	}
	t.Names = systemName(name)
	if p.accept('(') {
		t.Typmods = []ast.Expr{p.intConst()}
		p.expect(')')
	} else if name == "bpchar" { // CHAR is CHAR(1)
		t.Typmods = oneTypmod()
	}
}

func oneTypmod() []ast.Expr {
	return []ast.Expr{&ast.Const{Pos: -1, Kind: ast.ConstInt, Int: 1}}
}

func (p *parser) timeType(t *ast.TypeName, cls class) {
	name := "time"
	if cls == kwTimestamp {
		name = "timestamp"
	}
	if p.accept('(') {
		t.Typmods = []ast.Expr{p.intConst()}
		p.expect(')')
	}
	switch {
	case p.tok.cls == tWithLA:
		p.advance()
		p.expect2(kwTime, kwZone)
		name += "tz"
	case p.tok.cls == kwWithout:
		p.advance()
		p.expect2(kwTime, kwZone)
	}
	t.Names = systemName(name)
}

func intervalFull() ast.Expr {
	return &ast.Const{Pos: -1, Kind: ast.ConstInt, Int: intervalAll}
}

// intervalFields parses the fields of an interval into its type modifiers.
func (p *parser) intervalFields() []ast.Expr {
	pos := p.tok.pos
	from, ok := intervalField[p.tok.cls]
	if !ok {
		return nil
	}
	mods := func(mask int) []ast.Expr {
		return []ast.Expr{&ast.Const{Pos: pos, Kind: ast.ConstInt, Int: int32(mask)}}
	}
	p.advance()
	if from == intervalSecond {
		return p.secondPrecision(mods(from))
	}
	if from == intervalMonth || p.tok.cls != kwTo {
		return mods(from)
	}
	p.advance()
	to, ok := intervalField[p.tok.cls]
	if !ok || (from == intervalYear) != (to == intervalMonth) || to <= from && from != intervalYear {
		p.syntaxError()
	}
	p.advance()
	mask := from | to
	for f := from << 1; f < to && from != intervalYear; f <<= 1 {
		mask |= f & (intervalHour | intervalMinute)
	}
	if to == intervalSecond {
		return p.secondPrecision(mods(mask))
	}
	return mods(mask)
}

var intervalField = map[class]int{
	kwYear: intervalYear, kwMonth: intervalMonth, kwDay: intervalDay,
	kwHour: intervalHour, kwMinute: intervalMinute, kwSecond: intervalSecond,
}

func (p *parser) secondPrecision(mods []ast.Expr) []ast.Expr {
	if p.accept('(') {
		mods = append(mods, p.intConst())
		p.expect(')')
	}
	return mods
}
