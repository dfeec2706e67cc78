package deparse

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// expr prints an expression, as get_rule_expr. Casts that the binder added are
// printed when implicit is set.
func (p *printer) expr(e plan.Expr, implicit bool) {
	switch e := e.(type) {
	case *plan.Const:
		p.constant(e, showNeeded)
	case *plan.ColRef:
		p.column(e)
	case *plan.Param:
		p.write("$", strconv.Itoa(e.Number))
	case *plan.FuncCall:
		p.call(e, implicit)
	case *plan.BoolExpr:
		p.boolean(e)
	case *plan.NullTest:
		p.test(e, e.Arg, nullTestWords(e))
	case *plan.BoolTest:
		p.test(e, e.Arg, " IS "+map[bool]string{true: "NOT "}[e.Not]+[]string{"TRUE", "FALSE", "UNKNOWN"}[e.Test])
	case *plan.DistinctFrom:
		p.distinct(e)
	case *plan.Case:
		p.caseExpr(e)
	case *plan.Coalesce:
		if e.Merged != "" {
			p.write(keyword.QuoteIdent(e.Merged))
			return
		}
		p.list("COALESCE(", e.Args, ")")
	case *plan.NullIf:
		p.list("NULLIF(", []plan.Expr{e.Left, e.Right}, ")")
	case *plan.MinMax:
		p.list(map[bool]string{true: "LEAST(", false: "GREATEST("}[e.Least], e.Args, ")")
	case *plan.ArrayExpr:
		p.list("ARRAY[", e.Elems, "]")
		if len(e.Elems) == 0 {
			p.write("::", typeName(e.Type()))
		}
	case *plan.RowExpr:
		p.row(e)
	case *plan.RowCompare:
		p.list("(ROW(", e.Left, ") ")
		p.write(e.Ops[0].Name)
		p.list(" ROW(", e.Right, "))")
	default:
		p.exprRest(e, implicit)
	}
}

func (p *printer) exprRest(e plan.Expr, implicit bool) {
	switch e := e.(type) {
	case *plan.ScalarArrayOp:
		p.open()
		p.paren(e.Left, true, e)
		p.write(" ", e.Op.Name, map[bool]string{true: " ALL (", false: " ANY ("}[e.All])
		p.paren(e.Right, true, e)
		if s, isSub := e.Right.(*plan.Subquery); isSub && s.Kind == plan.SubqueryScalar {
			p.write("::", typeName(e.Right.Type()))
		}
		p.write(")")
		p.close()
	case *plan.FieldSelect:
		p.field(e)
	case *plan.Subscript:
		p.subscript(e)
	case *plan.Relabel:
		p.cast(e, e.Arg, e.Form, implicit, e.Type())
	case *plan.CoerceViaIO:
		p.cast(e, e.Arg, e.Form, implicit, types.Of(e.Type().OID))
	case *plan.ArrayCoerce:
		p.cast(e, e.Arg, e.Form, implicit, e.Type())
	case *plan.SQLValueFunc:
		p.write(sqlValueWords[e.Func])
		if e.Type().Typmod >= 0 {
			p.write("(", strconv.Itoa(int(e.Type().Typmod)), ")")
		}
	case *plan.Subquery:
		p.subquery(e)
	case *plan.AggCall:
		p.aggregate(e)
	case *plan.GroupingCall:
		p.list("GROUPING(", e.Args, ")")
	case *plan.WindowCall:
		p.windowCall(e)
	case *plan.SetToDefault:
		p.write("DEFAULT")
	case *plan.CaseArg, *plan.ElemValue:
		p.write("CASE_TEST_EXPR")
	}
}

var sqlValueWords = map[ast.SQLValue]string{
	ast.CurrentDate: "CURRENT_DATE", ast.CurrentTime: "CURRENT_TIME", ast.CurrentTimestamp: "CURRENT_TIMESTAMP",
	ast.LocalTime: "LOCALTIME", ast.LocalTimestamp: "LOCALTIMESTAMP", ast.CurrentRole: "CURRENT_ROLE",
	ast.CurrentUser: "CURRENT_USER", ast.User: "USER", ast.SessionUser: "SESSION_USER",
	ast.CurrentCatalog: "CURRENT_CATALOG", ast.CurrentSchema: "CURRENT_SCHEMA",
}

func nullTestWords(e *plan.NullTest) string {
	if e.Not {
		return " IS NOT NULL"
	}
	return " IS NULL"
}

// open and close write the parentheses that are there unless pretty.
func (p *printer) open() {
	if !p.pretty {
		p.write("(")
	}
}

func (p *printer) close() {
	if !p.pretty {
		p.write(")")
	}
}

// paren prints an operand, in parentheses where pretty text needs them.
func (p *printer) paren(e plan.Expr, implicit bool, parent plan.Expr) {
	if p.pretty && !isSimple(e, parent) {
		p.write("(")
		p.expr(e, implicit)
		p.write(")")
		return
	}
	p.expr(e, implicit)
}

func (p *printer) list(open string, list []plan.Expr, end string) {
	p.write(open)
	for i, e := range list {
		if i > 0 {
			p.write(", ")
		}
		p.expr(e, true)
	}
	p.write(end)
}

func (p *printer) boolean(e *plan.BoolExpr) {
	p.open()
	if e.Op == ast.Not {
		p.write("NOT ")
		p.paren(e.Args[0], false, e)
	} else {
		word := map[ast.BoolOp]string{ast.And: " AND ", ast.Or: " OR "}[e.Op]
		for i, a := range e.Args {
			if i > 0 {
				p.write(word)
			}
			p.paren(a, false, e)
		}
	}
	p.close()
}

// test prints a postfix test.
func (p *printer) test(e, arg plan.Expr, words string) {
	p.open()
	p.paren(arg, true, e)
	p.write(words)
	p.close()
}

func (p *printer) distinct(e *plan.DistinctFrom) {
	if e.Not {
		p.open()
		p.write("NOT ")
	}
	p.open()
	p.paren(e.Left, true, e)
	p.write(" IS DISTINCT FROM ")
	p.paren(e.Right, true, e)
	p.close()
	if e.Not {
		p.close()
	}
}

func (p *printer) caseExpr(e *plan.Case) {
	p.keyword("CASE", 0, indentVar, 0)
	if e.Arg != nil {
		p.write(" ")
		p.expr(e.Arg, true)
	}
	for _, w := range e.Whens {
		p.keyword("WHEN ", 0, 0, 0)
		cond := w.Cond
		if call, isCall := cond.(*plan.FuncCall); isCall && e.Arg != nil && len(call.Args) == 2 && comparesCaseArg(call.Args[0]) {
			cond = call.Args[1]
		}
		p.expr(cond, false)
		p.write(" THEN ")
		p.expr(w.Result, true)
	}
	p.keyword("ELSE ", 0, 0, 0)
	p.expr(e.Else, true)
	p.keyword("END", -indentVar, 0, 0)
}

// comparesCaseArg reports whether e is the tested value of a CASE, perhaps converted.
func comparesCaseArg(e plan.Expr) bool {
	switch x := e.(type) {
	case *plan.CaseArg:
		return true
	case *plan.Relabel:
		return comparesCaseArg(x.Arg)
	case *plan.CoerceViaIO:
		return comparesCaseArg(x.Arg)
	case *plan.FuncCall:
		return x.Cast == plan.ImplicitCast && comparesCaseArg(x.Args[0])
	}
	return false
}

func (p *printer) row(e *plan.RowExpr) {
	if e.WholeRow != "" {
		p.write(keyword.QuoteIdent(e.WholeRow), ".*")
		return
	}
	p.list("ROW(", e.Fields, ")")
}

func (p *printer) field(e *plan.FieldSelect) {
	switch e.Arg.(type) {
	case *plan.Subscript, *plan.FieldSelect:
		p.expr(e.Arg, true)
	default:
		p.write("(")
		p.expr(e.Arg, true)
		p.write(")")
	}
	p.write(".", keyword.QuoteIdent(e.Name))
}

func (p *printer) subscript(e *plan.Subscript) {
	switch e.Arg.(type) {
	case *plan.ColRef, *plan.FieldSelect:
		p.expr(e.Arg, true)
	default:
		p.write("(")
		p.expr(e.Arg, true)
		p.write(")")
	}
	for i, high := range e.High {
		p.write("[")
		if e.Slice {
			if e.Low[i] != nil {
				p.expr(e.Low[i], false)
			}
			p.write(":")
		}
		if high != nil {
			p.expr(high, false)
		}
		p.write("]")
	}
}

// cast prints a cast node, or only what is under it when the binder added it.
func (p *printer) cast(e, arg plan.Expr, form plan.CastForm, implicit bool, t types.T) {
	if form == plan.ImplicitCast && !implicit {
		p.paren(arg, false, e)
		return
	}
	p.coercion(e, arg, t)
}

// coercion prints (arg)::type, as get_coercion_expr.
func (p *printer) coercion(e, arg plan.Expr, t types.T) {
	if c, isConst := arg.(*plan.Const); isConst && c.Type().OID == t.OID && c.Type().Typmod == -1 {
		p.constant(c, showNever)
	} else {
		p.open()
		p.paren(arg, false, e)
		p.close()
	}
	p.write("::", typeName(t))
}

// call prints a function or operator call.
func (p *printer) call(e *plan.FuncCall, implicit bool) {
	switch {
	case e.Op != nil:
		p.operator(e)
	case e.Cast == plan.ImplicitCast && !implicit:
		p.paren(e.Args[0], false, e)
	case e.Cast != plan.NoCast:
		p.coercion(e, e.Args[0], e.Type())
	case p.special(e):
	case e.Written != nil:
		p.namedCall(e)
	default:
		p.write(p.functionName(e.Proc.Schema, e.Proc.Name), "(")
		for i, a := range e.Args[:len(e.Args)-e.Defaults] {
			if i > 0 {
				p.write(", ")
			}
			if i == len(e.Args)-1 && (e.Variadic || e.Gathered) {
				p.write("VARIADIC ")
			}
			p.expr(a, true)
		}
		p.write(")")
	}
}

// namedCall prints a call with arguments by name.
func (p *printer) namedCall(e *plan.FuncCall) {
	var names []string // of the arguments that go in
	for i, n := range e.Proc.ArgNames {
		if e.Proc.ArgModes == "" || strings.IndexByte("ibv", e.Proc.ArgModes[i]) >= 0 {
			names = append(names, n)
		}
	}
	p.write(p.functionName(e.Proc.Schema, e.Proc.Name), "(")
	for i, place := range e.Written {
		if i > 0 {
			p.write(", ")
		}
		if i >= len(e.Written)-e.Named {
			p.write(keyword.QuoteIdent(names[place]), " => ")
		}
		p.expr(e.Args[place], true)
	}
	p.write(")")
}

// functionName qualifies a function that is not in pg_catalog, and those whose
// names read as syntax.
func (p *printer) functionName(schema, name string) string {
	q := keyword.QuoteIdent(name)
	if schema != "pg_catalog" && !p.cat.InPath(schema) {
		return keyword.QuoteIdent(schema) + "." + q
	}
	return q
}

func (p *printer) operator(e *plan.FuncCall) {
	p.open()
	if len(e.Args) == 2 {
		p.paren(e.Args[0], true, e)
		p.write(" ", e.Op.Name, " ")
		p.paren(e.Args[1], true, e)
	} else {
		p.write(e.Op.Name, " ")
		p.paren(e.Args[0], true, e)
	}
	p.close()
}

// special prints calls that were written in SQL's own syntax, as
// get_func_sql_syntax; it reports whether it did.
func (p *printer) special(e *plan.FuncCall) bool {
	part := func(parts ...any) {
		for _, x := range parts {
			if s, isText := x.(string); isText {
				p.write(s)
			} else {
				p.expr(x.(plan.Expr), false)
			}
		}
	}
	a := e.Args
	switch e.Syntax {
	case ast.CallAtTimeZone:
		p.write("(")
		p.paren(a[1], false, e)
		p.write(" AT TIME ZONE ")
		p.paren(a[0], false, e)
		p.write(")")
	case ast.CallExtract:
		field, isConst := a[0].(*plan.Const)
		if !isConst {
			return false
		}
		part("EXTRACT(", field.Value.Str(), " FROM ", a[1], ")")
	case ast.CallOverlaps:
		part("((", a[0], ", ", a[1], ") OVERLAPS (", a[2], ", ", a[3], "))")
	case ast.CallPosition:
		part("POSITION((", a[1], ") IN (", a[0], "))")
	case ast.CallOverlay:
		part("OVERLAY(", a[0], " PLACING ", a[1], " FROM ", a[2])
		if len(a) == 4 {
			part(" FOR ", a[3])
		}
		p.write(")")
	case ast.CallSubstring:
		if len(a) == 3 && types.Lookup(a[1].Type().OID).Category == 'S' {
			part("SUBSTRING(", a[0], " SIMILAR ", a[1], " ESCAPE ", a[2], ")")
			break
		}
		part("SUBSTRING(", a[0], " FROM ", a[1])
		if len(a) == 3 {
			part(" FOR ", a[2])
		}
		p.write(")")
	case ast.CallSubstringSimilar:
		part("SUBSTRING(", a[0], " SIMILAR ", a[1], " ESCAPE ", a[2], ")")
	case ast.CallTrimBoth, ast.CallTrimLead, ast.CallTrimTrail:
		part("TRIM(", map[ast.FuncSyntax]string{
			ast.CallTrimBoth: "BOTH", ast.CallTrimLead: "LEADING", ast.CallTrimTrail: "TRAILING",
		}[e.Syntax])
		if len(a) == 2 {
			part(" ", a[1])
		}
		part(" FROM ", a[0], ")")
	default:
		return p.specialRest(e, part)
	}
	return true
}

func (p *printer) specialRest(e *plan.FuncCall, part func(...any)) bool {
	a := e.Args
	form := func(i int) string {
		if c, isConst := a[i].(*plan.Const); isConst {
			return strings.ToUpper(c.Value.Str())
		}
		return ""
	}
	switch e.Syntax {
	case ast.CallNormalize:
		part("NORMALIZE(", a[0])
		if len(a) == 2 {
			part(", ", form(1))
		}
		p.write(")")
	case ast.CallIsNormalized:
		part("((", a[0], ") IS ")
		if len(a) == 2 {
			part(form(1), " ")
		}
		p.write("NORMALIZED)")
	case ast.CallCollationFor:
		part("COLLATION FOR (", a[0], ")")
	default:
		return false
	}
	return true
}
