package ast

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/sql/keyword"
)

// operand prints an expression as part of a larger one, in parentheses unless it
// binds tighter than any operator.
func (p *printer) operand(e Expr) {
	switch x := e.(type) {
	case *Const:
		if x.Kind == ConstInt && x.Int < 0 || x.Kind == ConstFloat && strings.HasPrefix(x.Text, "-") {
			break
		}
		p.expr(e)
		return
	case *ColumnRef, *Param, *FuncCall, *SQLValueFunc, *Coalesce, *MinMax, *NullIf, *Array, *GroupingFunc, *Row, *Case, *Default:
		if f, ok := e.(*FuncCall); ok && (f.Syntax == CallAtTimeZone || f.Syntax == CallOverlaps || f.Syntax == CallIsNormalized) {
			break
		}
		p.expr(e)
		return
	case *SubLink:
		if x.Kind == SubScalar || x.Kind == SubExists || x.Kind == SubArray {
			p.expr(e)
			return
		}
	case *TypeCast:
		if x.Form != CastColons {
			p.expr(e)
			return
		}
	case *Indirection:
		p.expr(e)
		return
	}
	p.w("(")
	p.expr(e)
	p.w(")")
}

func (p *printer) op(o Op) {
	if o.Qual == nil {
		p.w(o.Name)
		return
	}
	p.w("OPERATOR(")
	for _, q := range o.Qual {
		p.name(q)
		p.w(".")
	}
	p.w(o.Name, ")")
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Const:
		p.constant(e)
	case *ColumnRef:
		p.columnRef(e)
	case *Param:
		p.w("$", strconv.Itoa(e.Number))
	case *Indirection:
		p.indirection(e)
	case *OpExpr:
		if e.Left != nil {
			p.operand(e.Left)
			p.w(" ")
		}
		p.op(e.Op)
		p.w(" ")
		p.operand(e.Right)
	case *BoolExpr:
		p.boolExpr(e)
	case *AnyAll:
		p.anyAll(e.Left, e.Op, e.All)
		p.w("(")
		p.expr(e.Right)
		p.w(")")
	case *DistinctFrom:
		p.operand(e.Left)
		p.w(" IS ", not(e.Not), "DISTINCT FROM ")
		p.operand(e.Right)
	case *NullIf:
		p.w("NULLIF(")
		p.exprs([]Expr{e.Left, e.Right})
		p.w(")")
	case *InList:
		p.operand(e.Left)
		p.w(" ", not(e.Not), "IN ")
		p.parenExprs(e.List)
	case *LikeExpr:
		p.like(e)
	case *Between:
		p.operand(e.Arg)
		p.w(" ", not(e.Not), "BETWEEN ")
		p.on(e.Symmetric, "SYMMETRIC ")
		p.operand(e.Low)
		p.w(" AND ")
		p.operand(e.High)
	case *NullTest:
		p.operand(e.Arg)
		p.w(" IS ", not(e.Not), "NULL")
	case *BooleanTest:
		p.operand(e.Arg)
		p.w(" IS ", not(e.Not), [...]string{"TRUE", "FALSE", "UNKNOWN"}[e.Test])
	case *SubLink:
		p.subLink(e)
	case *FuncCall:
		p.funcCall(e)
	case *NamedArg:
		p.name(e.Name)
		p.w(" => ")
		p.expr(e.Arg)
	case *SQLValueFunc:
		p.w(sqlValueNames[e.Value])
		if e.Precision >= 0 {
			p.w("(", strconv.Itoa(e.Precision), ")")
		}
	case *Coalesce:
		p.w("COALESCE")
		p.parenExprs(e.Args)
	case *MinMax:
		if e.Least {
			p.w("LEAST")
		} else {
			p.w("GREATEST")
		}
		p.parenExprs(e.Args)
	case *Case:
		p.caseExpr(e)
	case *Row:
		p.on(e.Explicit, "ROW")
		p.parenExprs(e.Args)
	case *Array:
		p.w("ARRAY")
		p.arrayBody(e)
	case *TypeCast:
		p.typeCast(e)
	case *Collate:
		p.operand(e.Arg)
		p.w(" COLLATE ")
		p.names(e.Name)
	case *GroupingFunc:
		p.w("GROUPING")
		p.parenExprs(e.Args)
	case *Default:
		p.w("DEFAULT")
	case *CurrentOf:
		p.w("CURRENT OF ")
		p.name(e.Cursor)
	case *GroupingSet:
		p.w([...]string{"", "ROLLUP", "CUBE", "GROUPING SETS"}[e.Kind])
		p.parenExprs(e.Args)
	case *XMLExpr:
		if e.Arg == nil {
			p.w(e.Text)
			break
		}
		p.operand(e.Arg)
		p.w(" IS ", not(e.Not), "DOCUMENT")
	case *MultiAssign:
		p.expr(e.Source)
	}
}

func not(ok bool) string {
	if ok {
		return "NOT "
	}
	return ""
}

var sqlValueNames = [...]string{
	CurrentDate: "CURRENT_DATE", CurrentTime: "CURRENT_TIME", CurrentTimestamp: "CURRENT_TIMESTAMP",
	LocalTime: "LOCALTIME", LocalTimestamp: "LOCALTIMESTAMP", CurrentRole: "CURRENT_ROLE",
	CurrentUser: "CURRENT_USER", User: "USER", SessionUser: "SESSION_USER",
	CurrentCatalog: "CURRENT_CATALOG", CurrentSchema: "CURRENT_SCHEMA",
}

func (p *printer) constant(c *Const) {
	switch c.Kind {
	case ConstNull:
		p.w("NULL")
	case ConstBool:
		if c.Bool {
			p.w("true")
		} else {
			p.w("false")
		}
	case ConstInt:
		p.num(int(c.Int))
	case ConstFloat:
		p.w(c.Text)
	case ConstString:
		p.str(c.Text)
	case ConstBit: // quotes cannot occur in B'' and X''
		p.w(c.Text[:1], "'", c.Text[1:], "'")
	}
}

func (p *printer) columnRef(c *ColumnRef) {
	p.names(c.Fields)
	p.on(c.Star && len(c.Fields) > 0, ".")
	p.on(c.Star, "*")
}

func (p *printer) indirection(e *Indirection) {
	c, ok := e.Arg.(*ColumnRef)
	if ok && !c.Star && (e.Steps[0].Kind == StepIndex || e.Steps[0].Kind == StepSlice) {
		p.columnRef(c)
	} else {
		p.w("(")
		p.expr(e.Arg)
		p.w(")")
	}
	p.steps(e.Steps)
}

func (p *printer) steps(steps []Step) {
	for _, s := range steps {
		switch s.Kind {
		case StepField:
			p.w(".")
			p.name(s.Field)
		case StepStar:
			p.w(".*")
		case StepIndex:
			p.w("[")
			p.expr(s.Low)
			p.w("]")
		case StepSlice:
			p.w("[")
			if s.Low != nil {
				p.expr(s.Low)
				p.w(" ")
			}
			p.w(":")
			if s.High != nil {
				p.w(" ")
				p.expr(s.High)
			}
			p.w("]")
		}
	}
}

func (p *printer) boolExpr(e *BoolExpr) {
	if e.Op == Not {
		p.w("NOT ")
		p.operand(e.Args[0])
		return
	}
	for i, a := range e.Args {
		if i > 0 {
			p.w([...]string{" AND ", " OR "}[e.Op])
		}
		p.operand(a)
	}
}

func (p *printer) anyAll(left Expr, op Op, all bool) {
	p.operand(left)
	p.w(" ")
	p.op(op) // ~~ ANY and LIKE ANY are the same tree
	if all {
		p.w(" ALL ")
	} else {
		p.w(" ANY ")
	}
}

func (p *printer) like(e *LikeExpr) {
	p.operand(e.Left)
	p.w(" ", not(e.Not), [...]string{"LIKE ", "ILIKE ", "SIMILAR TO "}[e.Kind])
	p.operand(e.Pattern)
	if e.Escape != nil {
		p.w(" ESCAPE ")
		p.operand(e.Escape)
	}
}

func (p *printer) subLink(e *SubLink) {
	switch e.Kind {
	case SubExists:
		p.w("EXISTS ")
	case SubArray:
		p.w("ARRAY ")
	case SubIn:
		p.operand(e.Test)
		p.w(" ", not(e.Not), "IN ")
	case SubAny, SubAll:
		p.anyAll(e.Test, e.Op, e.Kind == SubAll)
	}
	p.parenQuery(e.Query)
}

func (p *printer) parenQuery(q *SelectStmt) {
	p.w("(")
	p.query(q)
	p.w(")")
}

func (p *printer) caseExpr(e *Case) {
	p.w("CASE")
	if e.Arg != nil {
		p.w(" ")
		p.operand(e.Arg)
	}
	for _, w := range e.Whens {
		p.w(" WHEN ")
		p.expr(w.Cond)
		p.w(" THEN ")
		p.expr(w.Result)
	}
	if e.Else != nil {
		p.w(" ELSE ")
		p.expr(e.Else)
	}
	p.w(" END")
}

func (p *printer) arrayBody(a *Array) {
	p.w("[")
	comma(p, a.Elems, func(e Expr) {
		// ARRAY[[1]] and ARRAY[ARRAY[1]] are the same tree
		if inner, ok := e.(*Array); ok && allArrays(a.Elems) {
			p.arrayBody(inner)
			return
		}
		p.expr(e)
	})
	p.w("]")
}

func allArrays(list []Expr) bool {
	for _, e := range list {
		if _, ok := e.(*Array); !ok {
			return false
		}
	}
	return true
}

func (p *printer) typeCast(e *TypeCast) {
	switch e.Form {
	case CastCall:
		p.w("CAST(")
		p.expr(e.Arg)
		p.w(" AS ")
		p.typeName(e.Type)
		p.w(")")
	case CastLiteral:
		p.typeName(e.Type)
		p.w(" ")
		p.expr(e.Arg)
	default:
		p.operand(e.Arg)
		p.w("::")
		p.typeName(e.Type)
	}
}

func (p *printer) funcCall(f *FuncCall) {
	if f.Syntax != CallPlain {
		p.specialCall(f)
		return
	}
	p.names(f.Name)
	p.w("(")
	p.on(f.Star, "*")
	p.on(f.Distinct, "DISTINCT ")
	for i, a := range f.Args {
		p.on(i > 0, ", ")
		p.on(f.Variadic && i == len(f.Args)-1, "VARIADIC ")
		p.expr(a)
	}
	if f.OrderBy != nil && !f.WithinGroup {
		p.w(" ")
		p.orderBy(f.OrderBy)
	}
	p.w(")")
	if f.WithinGroup {
		p.w(" WITHIN GROUP (")
		p.orderBy(f.OrderBy)
		p.w(")")
	}
	if f.Filter != nil {
		p.w(" FILTER (WHERE ")
		p.expr(f.Filter)
		p.w(")")
	}
	if f.Over != nil {
		p.w(" OVER ")
		p.window(f.Over)
	}
}

// specialCall prints the functions that have a syntax of their own.
func (p *printer) specialCall(f *FuncCall) {
	a := f.Args
	text := func(e Expr) string { return e.(*Const).Text }
	call := func(name string, sep ...string) {
		p.w(name, "(")
		for i, e := range a {
			if i > 0 {
				p.w(" ", sep[i-1], " ")
			}
			p.operand(e)
		}
		p.w(")")
	}
	switch f.Syntax {
	case CallAtTimeZone:
		p.operand(a[1])
		p.w(" AT TIME ZONE ")
		p.operand(a[0])
	case CallExtract:
		p.w("EXTRACT(", keyword.QuoteLiteral(text(a[0])), " FROM ")
		p.expr(a[1])
		p.w(")")
	case CallOverlay:
		call("OVERLAY", "PLACING", "FROM", "FOR")
	case CallPosition:
		p.w("POSITION(")
		p.operand(a[1])
		p.w(" IN ")
		p.operand(a[0])
		p.w(")")
	case CallSubstring:
		call("SUBSTRING", "FROM", "FOR")
	case CallSubstringSimilar:
		call("SUBSTRING", "SIMILAR", "ESCAPE")
	case CallTrimBoth, CallTrimLead, CallTrimTrail:
		p.w("TRIM(", [...]string{"BOTH", "LEADING", "TRAILING"}[f.Syntax-CallTrimBoth], " ")
		p.exprs(a)
		p.w(")")
	case CallOverlaps:
		p.parenExprs(a[:2])
		p.w(" OVERLAPS ")
		p.parenExprs(a[2:])
	case CallNormalize:
		p.w("NORMALIZE(")
		p.expr(a[0])
		if len(a) > 1 {
			p.w(", ", text(a[1]))
		}
		p.w(")")
	case CallIsNormalized:
		p.operand(a[0])
		p.w(" IS ")
		if len(a) > 1 {
			p.w(text(a[1]), " ")
		}
		p.w("NORMALIZED")
	case CallCollationFor:
		p.w("COLLATION FOR (")
		p.expr(a[0])
		p.w(")")
	case CallTreat:
		p.w("TREAT(")
		p.expr(a[0])
		p.w(" AS ")
		p.name(f.Name[len(f.Name)-1])
		p.w(")")
	}
}
