package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// FormatExpr prints an expression in the notation of plan tests: every cast and
// every column's number shows. m may be nil. It is not SQL; see package deparse.
func FormatExpr(m *Metadata, e Expr) string {
	p := printer{meta: m}
	p.expr(e)
	return p.b.String()
}

type printer struct {
	b     strings.Builder
	meta  *Metadata
	depth int
	// subqueries met in the expressions of the current node, printed below it
	pending []*Subquery
}

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) col(id ColID) {
	if p.meta != nil && id > 0 && int(id) <= p.meta.Len() {
		p.write(p.meta.Column(id).Name)
	}
	p.write("#", strconv.Itoa(int(id)))
}

func (p *printer) exprs(sep string, list []Expr) {
	for i, e := range list {
		if i > 0 {
			p.write(sep)
		}
		if e == nil {
			p.write("-")
		} else {
			p.expr(e)
		}
	}
}

func (p *printer) call(name string, list ...Expr) {
	p.write(name, "(")
	p.exprs(", ", list)
	p.write(")")
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Const:
		p.write(constText(e.Value), ":", typeText(e.Type()))
	case *ColRef:
		p.col(e.ID)
	case *Param:
		p.write("$", strconv.Itoa(e.Number), ":", typeText(e.Type()))
	case *FuncCall:
		p.funcCall(e)
	case *BoolExpr:
		p.call([]string{"and", "or", "not"}[e.Op], e.Args...)
	case *NullTest:
		p.call("is-null", e.Arg)
		p.not(e.Not)
	case *BoolTest:
		p.call("is-"+[]string{"true", "false", "unknown"}[e.Test], e.Arg)
		p.not(e.Not)
	case *DistinctFrom:
		p.call("distinct", e.Left, e.Right)
		p.not(e.Not)
	case *Case:
		p.caseExpr(e)
	case *CaseArg:
		p.write("case-arg:", typeText(e.Type()))
	case *Coalesce:
		p.call("coalesce", e.Args...)
	case *NullIf:
		p.call("nullif", e.Left, e.Right)
	case *MinMax:
		p.call(map[bool]string{false: "greatest", true: "least"}[e.Least], e.Args...)
	case *ArrayExpr:
		p.write("array:", typeText(e.Type()))
		p.call("", e.Elems...)
	case *RowExpr:
		p.call("row", e.Fields...)
	case *RowCompare:
		p.write("row-compare ", []string{"<", "<=", ">=", ">"}[e.Kind], " ")
		p.call("", e.Left...)
		p.call("", e.Right...)
	default:
		p.exprRest(e)
	}
}

func (p *printer) exprRest(e Expr) {
	switch e := e.(type) {
	case *FieldSelect:
		p.expr(e.Arg)
		p.write(".", e.Name)
	case *Subscript:
		p.subscript(e)
	case *ScalarArrayOp:
		p.write(map[bool]string{false: "any ", true: "all "}[e.All])
		p.call(e.Op.Name+"["+typeText(types.Of(e.Op.Left))+","+typeText(types.Of(e.Op.Right))+"]", e.Left, e.Right)
	case *Relabel:
		p.castTo("relabel", e.Type(), e.Arg)
	case *CoerceViaIO:
		p.castTo("io", e.Type(), e.Arg)
	case *ArrayCoerce:
		p.castTo("array-coerce", e.Type(), e.Arg)
		p.write(" by ")
		p.expr(e.Elem)
	case *ElemValue:
		p.write("elem:", typeText(e.Type()))
	case *SQLValueFunc:
		p.write("sql-value-", strconv.Itoa(int(e.Func)), ":", typeText(e.Type()))
	case *Subquery:
		p.pending = append(p.pending, e)
		p.write(subqueryNames[e.Kind], "-subquery ", strconv.Itoa(len(p.pending)))
		if e.Test != nil {
			p.write(" test ")
			p.expr(e.Test)
		}
	case *AggCall:
		p.aggCall(e)
	case *GroupingCall:
		p.call("grouping", e.Args...)
	case *WindowCall:
		p.call("window "+e.Proc.Name, e.Args...)
		p.filter(e.Filter)
	case *SetToDefault:
		p.write("default")
	case *NextVal:
		fmt.Fprintf(&p.b, "nextval(%d)", e.Sequence)
	default:
		fmt.Fprintf(&p.b, "?%T", e)
	}
}

var subqueryNames = []string{"scalar", "exists", "any", "all", "array", "row", "multi"}

func (p *printer) not(not bool) {
	if not {
		p.write("!")
	}
}

func (p *printer) castTo(how string, t types.T, arg Expr) {
	p.call(how+":"+typeText(t), arg)
}

func (p *printer) funcCall(e *FuncCall) {
	if e.Op != nil {
		p.call(e.Op.Name+":"+typeText(e.Type()), e.Args...)
		return
	}
	name := e.Proc.Name
	if e.Cast != NoCast {
		name = "cast " + name
	}
	if e.Variadic {
		name += " variadic"
	}
	p.call(name+":"+typeText(e.Type()), e.Args...)
}

func (p *printer) caseExpr(e *Case) {
	p.write("case(")
	if e.Arg != nil {
		p.expr(e.Arg)
		p.write(" ")
	}
	for _, w := range e.Whens {
		p.write("when ")
		p.expr(w.Cond)
		p.write(" then ")
		p.expr(w.Result)
		p.write(" ")
	}
	p.write("else ")
	p.expr(e.Else)
	p.write("):", typeText(e.Type()))
}

func (p *printer) subscript(e *Subscript) {
	p.expr(e.Arg)
	for i, high := range e.High {
		p.write("[")
		if e.Slice {
			if e.Low[i] != nil {
				p.expr(e.Low[i])
			}
			p.write(":")
		}
		if high != nil {
			p.expr(high)
		}
		p.write("]")
	}
	if e.Assign != nil {
		p.write(" := ")
		p.expr(e.Assign)
	}
}

func (p *printer) aggCall(e *AggCall) {
	p.write("agg ", e.Proc.Name)
	if e.Distinct {
		p.write(" distinct")
	}
	if e.Star {
		p.write("(*)")
	} else {
		p.call("", e.Args...)
	}
	for i, o := range e.OrderBy {
		p.write([]string{" order ", ", "}[min(i, 1)])
		p.expr(o.Expr)
		p.direction(o.Desc, o.NullsFirst)
	}
	p.filter(e.Filter)
}

func (p *printer) filter(e Expr) {
	if e != nil {
		p.write(" filter ")
		p.expr(e)
	}
}

func (p *printer) direction(desc, nullsFirst bool) {
	if desc {
		p.write(" desc")
	}
	if nullsFirst != desc {
		p.write(map[bool]string{false: " nulls last", true: " nulls first"}[nullsFirst])
	}
}

func typeText(t types.T) string {
	info := types.Lookup(t.OID)
	if info == nil {
		return strconv.Itoa(int(t.OID))
	}
	if t.Typmod >= 0 {
		return info.Name + "[" + strconv.Itoa(int(t.Typmod)) + "]"
	}
	return info.Name
}

func constText(d datum.Datum) string {
	switch d.Kind() {
	case datum.Null:
		return "null"
	case datum.Bool:
		return strconv.FormatBool(d.Bool())
	case datum.Int, datum.Date, datum.Time, datum.Timestamp, datum.TimestampTZ:
		return strconv.FormatInt(d.Int(), 10)
	case datum.Float:
		return strconv.FormatFloat(d.Float(), 'g', -1, 64)
	case datum.Numeric:
		return d.Decimal().Text('f')
	case datum.Text, datum.BPChar, datum.JSONB, datum.Bytea, datum.UUID:
		return strconv.Quote(d.Str())
	case datum.Array:
		parts := make([]string, len(d.Array().Elems))
		for i, e := range d.Array().Elems {
			parts[i] = constText(e)
		}
		return "{" + strings.Join(parts, ",") + "}"
	case datum.Interval:
		v := d.Interval()
		return fmt.Sprintf("%dmon%dd%dus", v.Months, v.Days, v.Micros)
	}
	return "?"
}
