package parse

import (
	"strings"

	"github.com/driftdb/driftdb/internal/sql/ast"
)

func upper(s string) string { return strings.ToUpper(s) }

// kindWords maps the words of a kind of object to it; several words are looked
// up one after the other.
type kindWords map[class]any // ast.ObjectKind or kindWords

var textSearchKinds = kindWords{kwSearch: kindWords{
	kwParser: ast.KindTSParser, kwDictionary: ast.KindTSDictionary,
	kwTemplate: ast.KindTSTemplate, kwConfiguration: ast.KindTSConfig,
}}

// anyNameKinds are gram.y's object_type_any_name.
var anyNameKinds = kindWords{
	kwTable: ast.KindTable, kwSequence: ast.KindSequence, kwView: ast.KindView, kwIndex: ast.KindIndex,
	kwMaterialized: kindWords{kwView: ast.KindMatView}, kwForeign: kindWords{kwTable: ast.KindForeignTable},
	kwCollation: ast.KindCollation, kwConversion: ast.KindConversion, kwStatistics: ast.KindStatistics,
	kwText: textSearchKinds,
}

// dropNameKinds are drop_type_name; FOREIGN is shared with the ones above.
var dropNameKinds = kindWords{
	kwAccess: kindWords{kwMethod: ast.KindAccessMethod}, kwEvent: kindWords{kwTrigger: ast.KindEventTrigger},
	kwExtension: ast.KindExtension, kwForeign: kindWords{kwData: kindWords{kwWrapper: ast.KindFDW}},
	kwProcedural: kindWords{kwLanguage: ast.KindLanguage}, kwLanguage: ast.KindLanguage,
	kwPublication: ast.KindPublication, kwSchema: ast.KindSchema, kwServer: ast.KindServer,
}

// sharedNameKinds are the further kinds of object_type_name.
var sharedNameKinds = kindWords{
	kwDatabase: ast.KindDatabase, kwRole: ast.KindRole, kwSubscription: ast.KindSubscription,
	kwTablespace: ast.KindTablespace,
}

// onTableKinds are object_type_name_on_any_name.
var onTableKinds = kindWords{kwPolicy: ast.KindPolicy, kwRule: ast.KindRule, kwTrigger: ast.KindTrigger}

var functionKinds = kindWords{
	kwFunction: ast.KindFunction, kwProcedure: ast.KindProcedure, kwRoutine: ast.KindRoutine,
	kwAggregate: ast.KindAggregate,
}

var typeKinds = kindWords{kwType: ast.KindType, kwDomain: ast.KindDomain}

var (
	dropKinds    = mergeKinds(anyNameKinds, dropNameKinds, onTableKinds, functionKinds, typeKinds)
	commentKinds = mergeKinds(dropKinds, sharedNameKinds, kindWords{
		kwColumn: ast.KindColumn, kwConstraint: ast.KindConstraint, kwCast: ast.KindCast,
		kwTransform: ast.KindTransform, kwLarge: kindWords{kwObject: ast.KindLargeObject},
		kwOperator: ast.KindOperator,
	})
	alterKinds = mergeKinds(
		kindWords{
			kwCollation: ast.KindCollation, kwConversion: ast.KindConversion, kwStatistics: ast.KindStatistics,
			kwText: textSearchKinds, kwEvent: kindWords{kwTrigger: ast.KindEventTrigger},
			kwExtension: ast.KindExtension, kwProcedural: kindWords{kwLanguage: ast.KindLanguage},
			kwLanguage: ast.KindLanguage, kwPublication: ast.KindPublication, kwSchema: ast.KindSchema,
			kwServer: ast.KindServer, kwSubscription: ast.KindSubscription, kwTablespace: ast.KindTablespace,
			kwOperator: ast.KindOperator, kwLarge: kindWords{kwObject: ast.KindLargeObject},
		},
		onTableKinds, functionKinds, typeKinds)
)

func mergeKinds(maps ...kindWords) kindWords {
	out := kindWords{}
	for _, m := range maps {
		for c, v := range m {
			sub, ok := v.(kindWords)
			if old, had := out[c].(kindWords); ok && had {
				v = mergeKinds(old, sub)
			}
			out[c] = v
		}
	}
	return out
}

// objectKind parses the words of one of the kinds given.
func (p *parser) objectKind(kinds kindWords) ast.ObjectKind {
	for {
		v, ok := kinds[p.tok.cls]
		if !ok {
			p.syntaxError()
		}
		p.advance()
		switch v := v.(type) {
		case ast.ObjectKind:
			if v == ast.KindOperator && p.peek(1) != '.' {
				if p.accept(kwClass) {
					return ast.KindOpClass
				}
				if p.accept(kwFamily) {
					return ast.KindOpFamily
				}
			}
			return v
		case kindWords:
			kinds = v
		}
	}
}

// kindIn tells whether a kind is one of those a table of words leads to.
func kindIn(kinds kindWords, kind ast.ObjectKind) bool {
	for _, v := range kinds {
		switch v := v.(type) {
		case ast.ObjectKind:
			if v == kind {
				return true
			}
		case kindWords:
			if kindIn(v, kind) {
				return true
			}
		}
	}
	return false
}

// object parses the name of an object of a kind, in the form that DROP, COMMENT
// and ALTER share.
func (p *parser) object(kind ast.ObjectKind) *ast.ObjectRef {
	o := &ast.ObjectRef{Pos: p.tok.pos}
	switch kind {
	case ast.KindFunction, ast.KindProcedure, ast.KindRoutine:
		p.functionRef(o)
	case ast.KindAggregate:
		o.Names = p.funcName()
		p.argsText(o, p.aggregateArgs)
	case ast.KindOperator:
		op := p.anyOperator()
		o.Names = append(op.Qual, op.Name)
		p.argsText(o, p.operatorArgs)
	case ast.KindOpClass, ast.KindOpFamily:
		o.Names = p.anyName()
		p.expect(kwUsing)
		o.Using = p.colID()
	case ast.KindCast:
		p.argsText(o, p.castTypes)
	case ast.KindTransform:
		p.expect(kwFor)
		o.Type = p.typename()
		p.expect(kwLanguage)
		o.Names = []string{p.colID()}
	case ast.KindLargeObject:
		o.Names = []string{p.sqlText(func() { p.numericOnly() })}
	case ast.KindPolicy, ast.KindRule, ast.KindTrigger:
		name := p.colID()
		p.expect(kwOn)
		o.Names, o.On = append(p.anyName(), name), true
	default:
		if kindIn(anyNameKinds, kind) || kind == ast.KindColumn || kindIn(typeKinds, kind) {
			o.Names = p.anyName()
		} else {
			o.Names = []string{p.colID()}
		}
	}
	return o
}

// sqlText runs f and returns the text it took.
func (p *parser) sqlText(f func()) string {
	start := p.tok.pos
	f()
	return p.text(start)
}

// argsText parses an argument list with its parentheses and keeps what is
// between them.
func (p *parser) argsText(o *ast.ObjectRef, args func()) {
	text := p.sqlText(args)
	o.HasArgs, o.Args = true, strings.TrimSpace(text[1:len(text)-1])
}

// functionRef parses a function's name, with its argument types or without.
func (p *parser) functionRef(o *ast.ObjectRef) {
	if !p.tok.cls.isColID() {
		o.Names = []string{p.typeFuncName()}
		if p.tok.cls == '(' {
			p.argsText(o, p.funcArgs)
		}
		return
	}
	c := p.tok.cls
	o.Names = []string{p.colID()}
	if p.tok.cls == '.' || p.tok.cls == '[' {
		o.Names = p.fieldNames(o.Names)
	} else if !c.isTypeFuncName() {
		return
	}
	if p.tok.cls == '(' {
		p.argsText(o, p.funcArgs)
	}
}

// funcArgs parses ( [argument, ...] ).
func (p *parser) funcArgs() {
	p.expect('(')
	if p.accept(')') {
		return
	}
	list(p, p.funcArgDecl)
	p.expect(')')
}

// funcArgDecl parses [mode] [name] type of a declaration, in any order of mode
// and name.
func (p *parser) funcArgDecl() *ast.TypeName {
	mode := p.argMode()
	if p.tok.cls.isTypeFuncName() && p.namesArgument() {
		p.advance()
		if !mode {
			p.argMode()
		}
	}
	return p.funcType()
}

// argMode parses [IN [OUT] | OUT | INOUT | VARIADIC].
func (p *parser) argMode() bool {
	switch p.tok.cls {
	case kwIn:
		p.advance()
		p.accept(kwOut)
		return true
	case kwOut, kwInout, kwVariadic:
		p.advance()
		return true
	}
	return false
}

// namesArgument tells whether the word at tok is an argument's name and not its
// type, which the next token shows.
func (p *parser) namesArgument() bool {
	next := p.peek(1)
	if p.tok.cls == kwDouble && next == kwPrecision {
		return false
	}
	switch next {
	case kwIn, kwOut, kwInout, kwVariadic, kwSetof:
		return true
	}
	return next.isTypeFuncName() || next.startsSQLType()
}

func (c class) startsSQLType() bool {
	switch c {
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwFloat, kwDecimal, kwDec, kwNumeric, kwBoolean,
		kwBit, kwCharacter, kwChar, kwVarchar, kwNational, kwNchar, kwTime, kwTimestamp, kwInterval:
		return true
	}
	return false
}

// aggregateArgs parses an aggregate's arguments: (*) or lists around ORDER BY.
func (p *parser) aggregateArgs() {
	p.expect('(')
	if p.accept('*') {
		p.expect(')')
		return
	}
	if p.tok.cls != kwOrder {
		list(p, p.funcArgDecl)
	}
	if p.accept(kwOrder) {
		p.expect(kwBy)
		list(p, p.funcArgDecl)
	}
	p.expect(')')
}

// operatorArgs parses (left, right), one of which may be NONE.
func (p *parser) operatorArgs() {
	p.expect('(')
	if p.accept(kwNone) {
		p.expect(',')
		p.typename()
		p.expect(')')
		return
	}
	p.typename()
	if p.tok.cls == ')' { // PostgreSQL's reminder to write NONE
		p.missingArgument()
	}
	p.expect(',')
	if !p.accept(kwNone) {
		p.typename()
	}
	p.expect(')')
}

// castTypes parses (type AS type).
func (p *parser) castTypes() {
	p.expect('(')
	p.typename()
	p.expect(kwAs)
	p.typename()
	p.expect(')')
}
