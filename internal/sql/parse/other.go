package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// form is the syntax of one kind of statement that is kept as text.
type form struct {
	kind    string
	pattern string
	replace bool // CREATE OR REPLACE is allowed
}

const triggerCall = "EXECUTE { FUNCTION | PROCEDURE } funcname ( [ trigarg ] { , trigarg }* )"

// createForms are the kinds of CREATE by the word behind it.
var createForms = map[class]form{
	kwAccess:    {"CREATE ACCESS METHOD", "ACCESS METHOD name TYPE { INDEX | TABLE } HANDLER anyname", false},
	kwAggregate: {"CREATE AGGREGATE", "AGGREGATE funcname aggrdef", true},
	kwAssertion: {"CREATE ASSERTION", "ASSERTION anyname CHECK ( expr ) constraintattrs assertion", false},
	kwCast: {"CREATE CAST", "CAST ( type AS type ) { WITH { FUNCTION function | INOUT } | WITHOUT FUNCTION } " +
		"[ AS { IMPLICIT | ASSIGNMENT } ]", false},
	kwCollation:  {"CREATE COLLATION", "COLLATION [ ifnotexists ] anyname { definition | FROM anyname }", false},
	kwConstraint: {"CREATE TRIGGER", "constrainttrigger", true},
	kwConversion: {"CREATE CONVERSION", "CONVERSION anyname FOR sconst TO sconst FROM anyname", false},
	kwDefault:    {"CREATE CONVERSION", "DEFAULT CONVERSION anyname FOR sconst TO sconst FROM anyname", false},
	kwDomain:     {"CREATE DOMAIN", "DOMAIN anyname [ AS ] type colquals", false},
	kwEvent: {"CREATE EVENT TRIGGER", "EVENT TRIGGER name ON label [ WHEN eventfilter { AND eventfilter }* ] " +
		"EXECUTE { FUNCTION | PROCEDURE } funcname ( )", false},
	kwExtension: {"CREATE EXTENSION", "EXTENSION [ ifnotexists ] name optwith " +
		"{ SCHEMA name | VERSION wordorstring | extensionfrom | CASCADE }*", false},
	kwForeign: {"CREATE FOREIGN TABLE", "FOREIGN { DATA WRAPPER name { fdwoption }* [ createoptions ] | " +
		"TABLE [ ifnotexists ] qualname { tableelements [ INHERITS ( { qualname },+ ) ] | " +
		"PARTITION OF qualname typedelements partitionbound } SERVER name [ createoptions ] }", false},
	kwFunction:   {"CREATE FUNCTION", "FUNCTION funcname argsdefault [ funcreturns ] { createfuncopt }* [ routinebody ]", true},
	kwProcedure:  {"CREATE PROCEDURE", "PROCEDURE funcname argsdefault { createfuncopt }* [ routinebody ]", true},
	kwLanguage:   {"CREATE LANGUAGE", "language", true},
	kwTrusted:    {"CREATE LANGUAGE", "TRUSTED [ PROCEDURAL ] language", true},
	kwProcedural: {"CREATE LANGUAGE", "PROCEDURAL language", true},
	kwOperator:   {"CREATE OPERATOR", "createoperator", false},
	kwPolicy: {"CREATE POLICY", "POLICY name ON qualname [ AS permissive ] " +
		"[ FOR { ALL | SELECT | INSERT | UPDATE | DELETE } ] [ TO { role },+ ] [ USING ( expr ) ] [ WITH CHECK ( expr ) ]", false},
	kwPublication: {"CREATE PUBLICATION", "PUBLICATION name [ FOR { ALL TABLES | pubobjects } ] [ WITH definition ]", false},
	kwRule: {"CREATE RULE", "RULE name AS ON { SELECT | UPDATE | DELETE | INSERT } TO qualname [ WHERE expr ] " +
		"DO [ INSTEAD | ALSO ] ruleactions", true},
	kwServer: {"CREATE SERVER", "SERVER [ ifnotexists ] name [ TYPE sconst ] [ VERSION { sconst | NULL } ] " +
		"FOREIGN DATA WRAPPER name [ createoptions ]", false},
	kwStatistics: {"CREATE STATISTICS", "STATISTICS [ ifnotexists ] anyname [ ( { name },+ ) ] " +
		"ON { columnorexpr },+ FROM { tableref },+", false},
	kwSubscription: {"CREATE SUBSCRIPTION", "SUBSCRIPTION name CONNECTION sconst PUBLICATION { name },+ [ WITH definition ]", false},
	kwTablespace:   {"CREATE TABLESPACE", "TABLESPACE name [ OWNER role ] LOCATION sconst [ WITH reloptions ]", false},
	kwText:         {"CREATE TEXT SEARCH", "TEXT SEARCH { PARSER | DICTIONARY | TEMPLATE | CONFIGURATION } anyname definition", false},
	kwTransform: {"CREATE TRANSFORM", "TRANSFORM FOR type LANGUAGE name ( " +
		"{ FROM SQL WITH FUNCTION function [ , TO SQL WITH FUNCTION function ] | " +
		"TO SQL WITH FUNCTION function [ , FROM SQL WITH FUNCTION function ] } )", true},
	kwTrigger: {"CREATE TRIGGER", "TRIGGER name { BEFORE | AFTER | INSTEAD OF } triggerevents ON qualname " +
		"[ REFERENCING { { NEW | OLD } { TABLE | ROW } [ AS ] name }+ ] [ FOR [ EACH ] { ROW | STATEMENT } ] " +
		"[ WHEN ( expr ) ] " + triggerCall, true},
	kwType: {"CREATE TYPE", "TYPE anyname [ definition | AS { ( [ { attribute },+ ] ) | " +
		"ENUM ( [ { sconst },+ ] ) | RANGE definition } ]", false},
	kwUser: {"CREATE USER MAPPING", "USER MAPPING [ IF NOT EXISTS ] FOR mappeduser SERVER name [ createoptions ]", false},
}

// plainForms are the statements with a first word of their own.
var plainForms = map[class]form{
	kwDrop: {"DROP USER MAPPING", "DROP USER MAPPING [ IF EXISTS ] FOR mappeduser SERVER name", false},
	kwImport: {"IMPORT FOREIGN SCHEMA", "IMPORT FOREIGN SCHEMA name [ { LIMIT TO | EXCEPT } ( { relation },+ ) ] " +
		"FROM SERVER name INTO name [ createoptions ]", false},
	kwLoad: {"LOAD", "LOAD sconst", false},
}

const (
	dependsOn    = "[ NO ] DEPENDS ON EXTENSION name"
	alterRoutine = "{ " + dependsOn + " | { commonfuncopt }+ [ RESTRICT ] }"
)

// alterForms are the forms of ALTER behind the object's name, besides RENAME,
// SET SCHEMA and OWNER TO.
var alterForms = map[string]string{
	"ALTER ALL IN TABLESPACE": "ALL IN TABLESPACE name [ OWNED BY { role },+ ] SET TABLESPACE name [ NOWAIT ]",
	"ALTER COLLATION":         "REFRESH VERSION",
	"ALTER DOMAIN": "{ SET { DEFAULT expr | NOT NULL } | ADD tableconstraint | VALIDATE CONSTRAINT name | " +
		"DROP { DEFAULT | NOT NULL | CONSTRAINT [ ifexists ] name behavior } }",
	"ALTER EVENT TRIGGER":        "{ ENABLE [ REPLICA | ALWAYS ] | DISABLE }",
	"ALTER EXTENSION":            "{ UPDATE { TO wordorstring }* | { ADD | DROP } extensionmember }",
	"ALTER FOREIGN DATA WRAPPER": "{ { fdwoption }+ [ alteroptions ] | alteroptions }",
	"ALTER FUNCTION":             alterRoutine,
	"ALTER PROCEDURE":            alterRoutine,
	"ALTER ROUTINE":              alterRoutine,
	"ALTER OPERATOR":             "SET ( { operatordef },+ )",
	"ALTER OPERATOR FAMILY":      "{ ADD { opclassitem },+ | DROP { { OPERATOR | FUNCTION } iconst ( { type },+ ) },+ }",
	"ALTER POLICY":               "[ TO { role },+ ] [ USING ( expr ) ] [ WITH CHECK ( expr ) ]",
	"ALTER PUBLICATION":          "{ SET { definition | pubobjects } | ADD pubobjects | DROP pubobjects }",
	"ALTER SERVER":               "{ VERSION { sconst | NULL } [ alteroptions ] | alteroptions }",
	"ALTER STATISTICS":           "SET STATISTICS signed",
	"ALTER SUBSCRIPTION": "{ SET { definition | PUBLICATION { name },+ [ WITH definition ] } | CONNECTION sconst | " +
		"REFRESH PUBLICATION [ WITH definition ] | ADD PUBLICATION { name },+ [ WITH definition ] | " +
		"DROP PUBLICATION { name },+ [ WITH definition ] | ENABLE | DISABLE | SKIP definition }",
	"ALTER TABLESPACE": "{ SET | RESET } reloptions",
	"ALTER TEXT SEARCH CONFIGURATION": "{ ADD MAPPING FOR { name },+ anywith { anyname },+ | " +
		"DROP MAPPING [ IF EXISTS ] FOR { name },+ | ALTER MAPPING { REPLACE anyname anywith anyname | " +
		"FOR { name },+ { anywith { anyname },+ | REPLACE anyname anywith anyname } } }",
	"ALTER TEXT SEARCH DICTIONARY": "definition",
	"ALTER TRIGGER":                dependsOn,
	"ALTER TYPE":                   "altertype",
	"ALTER USER MAPPING":           "FOR mappeduser SERVER name alteroptions",
}

// otherStmt parses a statement of plainForms or createForms from its first word.
func (p *parser) otherStmt() ast.Stmt {
	pos := p.tok.pos
	if f, ok := plainForms[p.tok.cls]; ok {
		p.match(f.pattern)
		return &ast.OtherStmt{Pos: pos, Kind: f.kind, Text: p.text(pos)}
	}
	p.expect(kwCreate)
	replace := p.accept(kwOr)
	if replace {
		p.expect(kwReplace)
	}
	f, ok := createForms[p.tok.cls]
	if !ok || replace && !f.replace {
		p.syntaxError()
	}
	kind := f.kind
	switch p.tok.cls {
	case kwForeign:
		if p.peek(1) == kwData {
			kind = "CREATE FOREIGN DATA WRAPPER"
		}
	case kwOperator:
		if c := p.peek(1); (c == kwClass || c == kwFamily) && p.peek(2) != '.' {
			kind += " " + upper(p.peekToken(1).text)
		}
	case kwText:
		kind += " " + upper(p.peekToken(2).text)
	case kwConstraint:
		if replace {
			p.match(f.pattern)
			p.fail(pgcode.FeatureNotSupported, -1, "CREATE OR REPLACE CONSTRAINT TRIGGER is not supported")
		}
	}
	p.match(f.pattern)
	return &ast.OtherStmt{Pos: pos, Kind: kind, Text: p.text(pos)}
}

// otherFrom parses the rest of an ALTER statement that is kept as text.
func (p *parser) otherFrom(pos int, kind string) ast.Stmt {
	f, ok := alterForms[kind]
	if !ok {
		p.syntaxError()
	}
	p.match(f)
	if kind == "ALTER ALL IN TABLESPACE" {
		kind = "ALTER TABLE"
	}
	return &ast.OtherStmt{Pos: pos, Kind: kind, Text: p.text(pos)}
}

// startsKeyword makes a symbol's match function from keywords.
func startsKeyword(classes ...class) func(*parser) bool {
	return func(p *parser) bool {
		for _, c := range classes {
			if p.tok.cls == c {
				return true
			}
		}
		return false
	}
}

func never(*parser) bool { return false }

func drop[T any](f func(*parser) T) func(*parser) { return func(p *parser) { f(p) } }

// symbols are the grammar symbols of patterns. It is filled by init because some
// of them use patterns themselves.
var symbols map[string]*symbol

func init() {
	colID := func(p *parser) bool { return p.tok.cls.isColID() }
	must := func(f func(*parser)) *symbol { return &symbol{match: never, read: f} }
	symbols = map[string]*symbol{
		"name":            {match: colID, read: drop((*parser).colID)},
		"anyname":         {match: colID, read: drop((*parser).anyName)},
		"qualname":        {match: colID, read: drop((*parser).qualifiedName)},
		"relation":        must(drop((*parser).relationExpr)),
		"label":           must(drop((*parser).colLabel)),
		"sconst":          {match: startsKeyword(tSconst), read: drop((*parser).sconst)},
		"iconst":          must(drop((*parser).iconst)),
		"signed":          must(drop((*parser).signedIconst)),
		"numeric":         must(drop((*parser).numericOnly)),
		"wordorstring":    must(drop((*parser).nonReservedOrString)),
		"type":            must(drop((*parser).typename)),
		"expr":            must(drop((*parser).aExpr)),
		"role":            must(drop((*parser).roleSpec)),
		"funcname":        must(drop((*parser).funcName)),
		"function":        must(func(p *parser) { p.functionRef(new(ast.ObjectRef)) }),
		"tableref":        must(drop((*parser).tableRef)),
		"columnorexpr":    must(func(p *parser) { p.columnOrExpr() }),
		"attribute":       {match: colID, read: drop((*parser).tableFuncElement)},
		"tableconstraint": must(drop((*parser).tableConstraint)),
		"partitionbound":  must(drop((*parser).partitionBound)),
		"definition":      {match: startsKeyword('('), read: drop((*parser).definition)},
		"reloptions":      must(drop((*parser).relOptions)),
		"tableelements":   {match: startsKeyword('('), read: drop((*parser).tableElements)},
		"typedelements":   must(drop((*parser).typedElements)),
		"createoptions":   {match: startsKeyword(kwOptions), read: func(p *parser) { p.genericOptions(false) }},
		"alteroptions":    {match: startsKeyword(kwOptions), read: func(p *parser) { p.genericOptions(true) }},
		"ifnotexists": {match: func(p *parser) bool { return p.tok.cls == kwIf && p.peek(1) == kwNot },
			read: drop((*parser).ifNotExists)},
		"ifexists": {match: func(p *parser) bool { return p.tok.cls == kwIf && p.peek(1) == kwExists },
			read: drop((*parser).ifExists)},
		"behavior": {match: startsKeyword(kwCascade, kwRestrict), read: drop((*parser).behavior), null: true},
		"constraintattrs": {match: startsKeyword(kwNot, kwDeferrable, kwInitially, kwNo), null: true,
			read: func(p *parser) { p.constraintAttributes(&ast.Constraint{Kind: ast.ConstraintForeignKey}, "ASSERTION") }},
		"optwith": {match: (*parser).startsWith, read: (*parser).optWith, null: true},
		"anywith": {match: (*parser).startsWith, read: func(p *parser) {
			if !p.startsWith() {
				p.syntaxError()
			}
			p.advance()
		}},
		"colquals":    must(func(p *parser) { p.columnConstraints(new(ast.ColumnDef)) }),
		"eventfilter": must(func(p *parser) { p.match("name IN ( { sconst },+ )") }),
		"fdwoption": {match: startsKeyword(kwHandler, kwNo, kwValidator),
			read: func(p *parser) { p.match("{ HANDLER anyname | VALIDATOR anyname | NO { HANDLER | VALIDATOR } }") }},
		"language": must(func(p *parser) {
			p.match("LANGUAGE name [ HANDLER anyname [ INLINE anyname ] [ VALIDATOR anyname | NO VALIDATOR ] ]")
		}),
		"opclassitem":       must((*parser).opClassItem),
		"operatordef":       must((*parser).operatorDef),
		"createoperator":    must((*parser).createOperator),
		"aggrdef":           must((*parser).aggregateDefinition),
		"altertype":         must((*parser).alterType),
		"altertypecmd":      must((*parser).alterTypeCmd),
		"assertion":         must(func(p *parser) { p.fail(pgcode.FeatureNotSupported, -1, "CREATE ASSERTION is not yet implemented") }),
		"extensionfrom":     {match: startsKeyword(kwFrom), read: (*parser).extensionFrom},
		"extensionmember":   must((*parser).extensionMember),
		"permissive":        must((*parser).policyPermissive),
		"pubobjects":        {match: func(p *parser) bool { return true }, read: (*parser).publicationObjects},
		"ruleactions":       must((*parser).ruleActions),
		"triggerevents":     must((*parser).triggerEvents),
		"trigarg":           {match: func(p *parser) bool { return p.tok.cls != ')' && p.tok.cls != ',' }, read: (*parser).triggerArg},
		"constrainttrigger": must((*parser).constraintTrigger),
		"mappeduser":        must((*parser).mappedUser),
		"argsdefault":       must((*parser).funcArgsWithDefaults),
		"funcreturns":       {match: func(p *parser) bool { return p.tok.cls == kwReturns && p.peek(1) != kwNull }, read: (*parser).funcReturns},
		"commonfuncopt":     {match: startsFuncOption, read: (*parser).commonFuncOption},
		"createfuncopt": {match: func(p *parser) bool {
			switch p.tok.cls {
			case kwAs, kwLanguage, kwTransform, kwWindow:
				return true
			}
			return startsFuncOption(p)
		}, read: (*parser).createFuncOption},
		"routinebody": {match: startsKeyword(kwReturn, kwBegin), read: (*parser).routineBody},
	}
}

func startsFuncOption(p *parser) bool {
	switch p.tok.cls {
	case kwCalled, kwReturns, kwStrict, kwImmutable, kwStable, kwVolatile, kwExternal, kwSecurity, kwLeakproof,
		kwNot, kwCost, kwRows, kwSupport, kwSet, kwReset, kwParallel:
		return true
	}
	return false
}

func (p *parser) commonFuncOption() {
	switch p.tok.cls {
	case kwReset:
		p.resetStmt()
	case kwSet:
		pos := p.tok.pos
		p.advance()
		t := p.tok
		s := p.setRest(pos, false)
		if s.Kind == ast.SetTransaction || s.Kind == ast.SetCharacteristics {
			p.failAt(t, "syntax error")
		}
	default:
		p.match("{ CALLED ON NULL INPUT | RETURNS NULL ON NULL INPUT | STRICT | IMMUTABLE | STABLE | VOLATILE | " +
			"EXTERNAL SECURITY { DEFINER | INVOKER } | SECURITY { DEFINER | INVOKER } | LEAKPROOF | NOT LEAKPROOF | " +
			"COST numeric | ROWS numeric | SUPPORT anyname | PARALLEL name }")
	}
}

func (p *parser) createFuncOption() {
	switch p.tok.cls {
	case kwAs, kwLanguage, kwTransform, kwWindow:
		p.match("{ AS sconst [ , sconst ] | LANGUAGE wordorstring | TRANSFORM { FOR TYPE type },+ | WINDOW }")
	default:
		p.commonFuncOption()
	}
}

func (p *parser) funcArgsWithDefaults() {
	p.expect('(')
	if p.accept(')') {
		return
	}
	list(p, func() struct{} {
		p.funcArgDecl()
		if p.accept(kwDefault) || p.accept('=') {
			p.aExpr()
		}
		return struct{}{}
	})
	p.expect(')')
}

func (p *parser) funcReturns() {
	p.expect(kwReturns)
	if !p.accept(kwTable) {
		p.funcType()
		return
	}
	parenList(p, func() *ast.TypeName {
		p.typeFuncName()
		return p.funcType()
	})
}

// routineBody parses RETURN expression or BEGIN ATOMIC statements END.
func (p *parser) routineBody() {
	if p.accept(kwReturn) {
		p.aExpr()
		return
	}
	outer := p.enter()
	p.expect2(kwBegin, kwAtomic)
	for !p.accept(kwEnd) {
		switch {
		case p.tok.cls == ';':
		case p.accept(kwReturn):
			p.aExpr()
		default:
			p.stmt(false)
		}
		p.expect(';')
	}
	p.leave(outer)
}

func (p *parser) createOperator() {
	p.expect(kwOperator)
	c := p.tok.cls
	if (c == kwClass || c == kwFamily) && p.peek(1) != '.' {
		p.advance()
		if c == kwFamily {
			p.match("anyname USING name")
			return
		}
		p.match("anyname [ DEFAULT ] FOR TYPE type USING name [ FAMILY anyname ] AS { opclassitem },+")
		return
	}
	p.anyOperator()
	p.definition()
}

func (p *parser) opClassItem() {
	switch p.tok.cls {
	case kwOperator:
		p.advance()
		p.iconst()
		p.anyOperator()
		if p.tok.cls == '(' {
			p.operatorArgs()
		}
		if p.accept(kwFor) {
			p.match("{ SEARCH | ORDER BY anyname }")
		}
		if pos := p.tok.pos; p.accept(kwRecheck) {
			panic(pgerr.New(pgcode.FeatureNotSupported, "RECHECK is no longer required").
				WithHint("Update your data type.").At(pos + 1))
		}
	case kwFunction:
		p.match("FUNCTION iconst [ ( { type },+ ) ] function")
	default:
		p.match("STORAGE type")
	}
}

// operatorDef parses label = value of ALTER OPERATOR and ALTER TYPE.
func (p *parser) operatorDef() {
	p.colLabel()
	p.expect('=')
	p.defArg(new(ast.Option))
}

// aggregateDefinition parses an aggregate's arguments and definition, or the old
// style in which the argument is part of the definition.
func (p *parser) aggregateDefinition() {
	if p.tok.cls == '(' && p.peek(1) == tIdent && p.peek(2) == '=' {
		parenList(p, func() struct{} {
			p.take(p.tok.cls == tIdent)
			p.expect('=')
			p.defArg(new(ast.Option))
			return struct{}{}
		})
		return
	}
	p.aggregateArgs()
	p.definition()
}

// alterType parses the forms of ALTER TYPE behind the name.
func (p *parser) alterType() {
	switch {
	case p.tok.cls == kwSet:
		p.match("SET ( { operatordef },+ )")
	case p.tok.cls == kwRename:
		p.match("RENAME VALUE sconst TO sconst")
	case p.tok.cls == kwAdd && p.peek(1) == kwValue:
		p.match("ADD VALUE [ IF NOT EXISTS ] sconst [ { BEFORE | AFTER } sconst ]")
	default:
		p.match("{ altertypecmd },+")
	}
}

func (p *parser) alterTypeCmd() {
	p.match("{ ADD ATTRIBUTE attribute behavior | DROP ATTRIBUTE [ ifexists ] name behavior | " +
		"ALTER ATTRIBUTE name [ SET DATA ] TYPE type [ COLLATE anyname ] behavior }")
}

func (p *parser) extensionFrom() {
	pos := p.tok.pos
	p.expect(kwFrom)
	p.nonReservedOrString()
	p.fail(pgcode.FeatureNotSupported, pos, "CREATE EXTENSION ... FROM is no longer supported")
}

// extensionMember parses the object ALTER EXTENSION adds or drops.
func (p *parser) extensionMember() {
	start := p.tok
	kind := p.objectKind(commentKinds)
	switch kind {
	case ast.KindColumn, ast.KindConstraint, ast.KindPolicy, ast.KindRule, ast.KindTrigger, ast.KindLargeObject:
		p.failAt(start, "syntax error")
	case ast.KindType, ast.KindDomain:
		p.typeRef()
	default:
		p.object(kind)
	}
}

func (p *parser) policyPermissive() {
	pos := p.tok.pos
	switch w := p.take(p.tok.cls == tIdent); w {
	case "permissive", "restrictive":
	default:
		panic(pgerr.New(pgcode.SyntaxError, "unrecognized row security option \"%s\"", w).
			WithHint("Only PERMISSIVE or RESTRICTIVE policies are supported currently.").At(pos + 1))
	}
}

// publicationObjects parses a list of tables and schemas; a name without a kind
// has the kind of the one before it.
func (p *parser) publicationObjects() {
	const none, table, schema = 0, 1, 2
	last := none
	list(p, func() struct{} {
		pos := p.tok.pos
		var columns, where, name bool
		switch {
		case p.accept(kwTable):
			last = table
			p.relationExpr()
			p.publicationColumns()
		case p.tok.cls == kwTables && p.peek(1) == kwIn:
			p.advance()
			p.advance()
			p.expect(kwSchema)
			last = schema
			if !p.accept(kwCurrentSchema) {
				p.colID()
			}
			name = true
		default:
			name = p.peek(1) != '.' && p.peek(1) != '*' && p.tok.cls != kwOnly
			if !p.accept(kwCurrentSchema) {
				p.relationExpr()
				columns, where = p.publicationColumns()
			}
			p.checkPublicationObject(pos, last == none, last == schema, name, columns, where)
		}
		return struct{}{}
	})
}

func (p *parser) publicationColumns() (columns, where bool) {
	columns = p.optParenNames() != nil
	if p.accept(kwWhere) {
		p.expect('(')
		p.aExpr()
		p.expect(')')
		where = true
	}
	return columns, where
}

func (p *parser) checkPublicationObject(pos int, first, schema, name, columns, where bool) {
	switch {
	case first:
		panic(pgerr.New(pgcode.SyntaxError, "invalid publication object list").
			WithDetail("One of TABLE or TABLES IN SCHEMA must be specified before a standalone table or schema name.").At(pos + 1))
	case schema && where:
		p.fail(pgcode.SyntaxError, pos, "WHERE clause not allowed for schema")
	case schema && columns:
		p.fail(pgcode.SyntaxError, pos, "column specification not allowed for schema")
	case schema && !name:
		p.fail(pgcode.SyntaxError, pos, "invalid schema name at or near")
	}
}

// ruleActions parses NOTHING, one statement, or several in parentheses.
func (p *parser) ruleActions() {
	if p.accept(kwNothing) {
		return
	}
	if p.tok.cls != '(' {
		p.ruleAction()
		return
	}
	p.expect('(')
	for {
		for p.accept(';') {
		}
		if p.accept(')') {
			return
		}
		p.ruleAction()
		if p.tok.cls != ';' {
			p.expect(')')
			return
		}
	}
}

func (p *parser) ruleAction() {
	switch p.tok.cls {
	case kwNotify:
		p.notifyStmt()
	default:
		p.preparable()
	}
}

func (p *parser) triggerEvents() {
	seen := map[class]bool{}
	for {
		t := p.tok
		switch t.cls {
		case kwInsert, kwDelete, kwTruncate:
			p.advance()
		case kwUpdate:
			p.advance()
			if p.accept(kwOf) {
				p.nameList()
			}
			if p.tok.cls == tError {
				p.syntaxError()
			}
			t = p.tok // an error is noticed one token later
			t.cls = kwUpdate
		default:
			p.syntaxError()
		}
		if seen[t.cls] {
			p.failAt(t, "duplicate trigger events specified")
		}
		seen[t.cls] = true
		if !p.accept(kwOr) {
			return
		}
	}
}

func (p *parser) triggerArg() {
	switch p.tok.cls {
	case tIconst, tFconst, tSconst:
		p.advance()
	default:
		p.colLabel()
	}
}

func (p *parser) constraintTrigger() {
	p.match("CONSTRAINT TRIGGER name AFTER triggerevents ON qualname [ FROM qualname ]")
	c := &ast.Constraint{}
	for p.oneAttribute(c) {
	}
	p.match("FOR EACH ROW [ WHEN ( expr ) ] " + triggerCall)
	switch {
	case c.NotValid:
		p.fail(pgcode.FeatureNotSupported, -1, "TRIGGER constraints cannot be marked NOT VALID")
	case c.NoInherit:
		p.fail(pgcode.FeatureNotSupported, -1, "TRIGGER constraints cannot be marked NO INHERIT")
	}
}

// mappedUser parses a role or USER.
func (p *parser) mappedUser() {
	if !p.accept(kwUser) {
		p.roleSpec()
	}
}
