package explain

import (
	"fmt"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// deparser prints bound expressions the way EXPLAIN does: fully parenthesised,
// implicit casts left out, columns with their table's name when there are several.
type deparser struct {
	plan    *phys.Plan
	qualify bool
	defs    map[plan.ColID]plan.Expr // what computed columns stand for
	printed map[*plan.Subquery]bool
	depth   int
}

func newDeparser(p *phys.Plan) *deparser {
	d := &deparser{plan: p, defs: map[plan.ColID]plan.Expr{}, printed: map[*plan.Subquery]bool{}}
	relations := 0
	visit := func(n phys.Node) {
		switch n := n.(type) {
		case *phys.Scan, *phys.VirtualScan, *phys.FunctionScan, *phys.CTEScan, *phys.WorkTableScan, *phys.Values:
			relations++
		case *phys.Project:
			for _, it := range n.Items {
				if c, ok := it.Expr.(*plan.ColRef); !ok || c.ID != it.ID {
					d.defs[it.ID] = it.Expr
				}
			}
		case *phys.Agg:
			for _, a := range n.Aggs {
				d.defs[a.ID] = a.Call
			}
		}
	}
	phys.Walk(p.Root, visit)
	for _, s := range p.Subplans {
		phys.Walk(s.Root, visit)
	}
	for _, c := range p.CTEs {
		phys.Walk(c.Root, visit)
	}
	d.qualify = relations > 1
	return d
}

// all prints conditions joined by AND.
func (d *deparser) all(list []plan.Expr) string {
	parts := d.list(list)
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

func (d *deparser) list(list []plan.Expr) []string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = d.expr(e)
	}
	return parts
}

func (d *deparser) cols(ids []plan.ColID) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = d.column(id)
	}
	return strings.Join(parts, ", ")
}

func (d *deparser) sortKeys(keys []plan.SortKey) []string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = d.column(k.ID)
		if k.Desc {
			parts[i] += " DESC"
		}
		if k.NullsFirst != k.Desc {
			parts[i] += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[k.NullsFirst]
		}
	}
	return parts
}

// maxDepth bounds how far computed columns are followed.
const maxDepth = 20

func (d *deparser) column(id plan.ColID) string {
	if e, ok := d.defs[id]; ok && d.depth < maxDepth {
		d.depth++
		defer func() { d.depth-- }()
		return d.expr(e)
	}
	m := d.plan.Stmt.Meta.Column(id)
	name := ident(m.Name)
	if d.qualify && m.Alias != "" {
		return ident(m.Alias) + "." + name
	}
	return name
}

func ident(s string) string {
	for i, r := range s {
		if !(r >= 'a' && r <= 'z' || r == '_' || i > 0 && (r >= '0' && r <= '9' || r == '$')) {
			return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
	}
	return s
}

func (d *deparser) expr(e plan.Expr) string {
	switch e := e.(type) {
	case *plan.Const:
		return constant(e)
	case *plan.ColRef:
		return d.column(e.ID)
	case *plan.Param:
		return fmt.Sprintf("$%d", e.Number)
	case *plan.FuncCall:
		return d.call(e)
	case *plan.BoolExpr:
		if e.Op == ast.Not {
			return "(NOT " + d.expr(e.Args[0]) + ")"
		}
		word := " AND "
		if e.Op == ast.Or {
			word = " OR "
		}
		return "(" + strings.Join(d.list(e.Args), word) + ")"
	case *plan.NullTest:
		return "(" + d.expr(e.Arg) + " IS " + not(e.Not) + "NULL)"
	case *plan.BoolTest:
		return "(" + d.expr(e.Arg) + " IS " + not(e.Not) + [...]string{"TRUE", "FALSE", "UNKNOWN"}[e.Test] + ")"
	case *plan.DistinctFrom:
		return "(" + d.expr(e.Left) + " IS " + not(e.Not) + "DISTINCT FROM " + d.expr(e.Right) + ")"
	case *plan.Case:
		return d.caseExpr(e)
	case *plan.Coalesce:
		return "COALESCE(" + strings.Join(d.list(e.Args), ", ") + ")"
	case *plan.NullIf:
		return "NULLIF(" + d.expr(e.Left) + ", " + d.expr(e.Right) + ")"
	case *plan.MinMax:
		return map[bool]string{true: "LEAST(", false: "GREATEST("}[e.Least] + strings.Join(d.list(e.Args), ", ") + ")"
	case *plan.ScalarArrayOp:
		return "(" + d.expr(e.Left) + " " + e.Op.Name + " " + map[bool]string{true: "ALL", false: "ANY"}[e.All] + " (" + d.expr(e.Right) + "))"
	case *plan.Relabel:
		return d.cast(e.Arg, e.Type(), e.Form)
	case *plan.CoerceViaIO:
		return d.cast(e.Arg, e.Type(), e.Form)
	case *plan.ArrayCoerce:
		return d.cast(e.Arg, e.Type(), e.Form)
	}
	return d.exprRest(e)
}

func (d *deparser) exprRest(e plan.Expr) string {
	switch e := e.(type) {
	case *plan.ArrayExpr:
		return "ARRAY[" + strings.Join(d.list(e.Elems), ", ") + "]"
	case *plan.RowExpr:
		return "ROW(" + strings.Join(d.list(e.Fields), ", ") + ")"
	case *plan.RowCompare:
		op := [...]string{"<", "<=", ">=", ">"}[e.Kind]
		return "(ROW(" + strings.Join(d.list(e.Left), ", ") + ") " + op + " ROW(" + strings.Join(d.list(e.Right), ", ") + "))"
	case *plan.FieldSelect:
		return "(" + d.expr(e.Arg) + ")." + ident(e.Name)
	case *plan.Subscript:
		s := d.expr(e.Arg)
		for i, h := range e.High {
			if e.Slice && i < len(e.Low) {
				s += "[" + d.maybe(e.Low[i]) + ":" + d.maybe(h) + "]"
			} else {
				s += "[" + d.maybe(h) + "]"
			}
		}
		return s
	case *plan.Subquery:
		return d.subquery(e)
	case *plan.AggCall:
		return d.aggregate(e)
	case *plan.SQLValueFunc:
		return [...]string{"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_ROLE",
			"CURRENT_USER", "USER", "SESSION_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA"}[e.Func]
	}
	return "?"
}

func (d *deparser) maybe(e plan.Expr) string {
	if e == nil {
		return ""
	}
	return d.expr(e)
}

func not(b bool) string {
	if b {
		return "NOT "
	}
	return ""
}

func (d *deparser) call(e *plan.FuncCall) string {
	if e.Cast != plan.NoCast && len(e.Args) > 0 {
		return d.cast(e.Args[0], e.Type(), e.Cast)
	}
	if e.Op != nil {
		if len(e.Args) == 1 {
			return "(" + e.Op.Name + " " + d.expr(e.Args[0]) + ")"
		}
		return "(" + d.expr(e.Args[0]) + " " + e.Op.Name + " " + d.expr(e.Args[1]) + ")"
	}
	return ident(e.Proc.Name) + "(" + strings.Join(d.list(e.Args), ", ") + ")"
}

func (d *deparser) cast(arg plan.Expr, t types.T, form plan.CastForm) string {
	if form == plan.ImplicitCast {
		return d.expr(arg)
	}
	s := d.expr(arg)
	if !strings.HasPrefix(s, "(") {
		s = "(" + s + ")"
	}
	return s + "::" + pgfmt.FormatType(t)
}

func (d *deparser) caseExpr(e *plan.Case) string {
	s := "CASE"
	if e.Arg != nil {
		s += " " + d.expr(e.Arg)
	}
	for _, w := range e.Whens {
		cond := w.Cond
		if e.Arg != nil {
			if c, ok := cond.(*plan.FuncCall); ok && len(c.Args) == 2 {
				cond = c.Args[1]
			}
		}
		s += " WHEN " + d.expr(cond) + " THEN " + d.expr(w.Result)
	}
	return s + " ELSE " + d.expr(e.Else) + " END"
}

func (d *deparser) subquery(q *plan.Subquery) string {
	sub := d.plan.Subplans[q]
	switch {
	case sub == nil:
		return "(SubPlan)"
	case sub.Mode == phys.InitPlan:
		return fmt.Sprintf("$%d", sub.Number-1)
	case sub.Mode == phys.HashedProbe:
		return fmt.Sprintf("(hashed SubPlan %d)", sub.Number)
	}
	return fmt.Sprintf("(SubPlan %d)", sub.Number)
}

func (d *deparser) aggregate(e *plan.AggCall) string {
	args := strings.Join(d.list(e.Args), ", ")
	if e.Star {
		args = "*"
	}
	if e.Distinct {
		args = "DISTINCT " + args
	}
	s := ident(e.Proc.Name) + "(" + args + ")"
	if e.Filter != nil {
		s += " FILTER (WHERE " + d.expr(e.Filter) + ")"
	}
	return s
}

// constant prints a literal with its type where reading it back needs one.
func constant(e *plan.Const) string {
	t, v := e.Type(), e.Value
	if v.IsNull() {
		return "NULL::" + pgfmt.FormatType(t)
	}
	s := pgfmt.Text(t, v, pgfmt.Default())
	switch {
	case t.OID == types.Bool:
		return map[bool]string{true: "true", false: "false"}[v.Bool()]
	case t.OID == types.Int4 && v.Int() >= 0:
		return s
	case t.OID == types.Numeric && v.Kind() == datum.Numeric && !strings.ContainsAny(s, "-NI") && strings.Contains(s, "."):
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'::" + pgfmt.FormatType(t)
}

// moment prints the moment a table is read at.
func (d *deparser) moment(m plan.Moment) string {
	switch m.Kind {
	case plan.AsOf:
		return "AS OF " + d.instant(m.From)
	case plan.FromTo:
		return "FROM " + d.instant(m.From) + " TO " + d.instant(m.To)
	case plan.BetweenAnd:
		return "BETWEEN " + d.instant(m.From) + " AND " + d.instant(m.To)
	}
	return "ALL"
}

func (d *deparser) instant(i plan.Instant) string {
	if i.Resolved {
		return fmt.Sprintf("@SEQ:%d", i.At)
	}
	if i.Seq {
		return "@SEQ:" + d.maybe(i.Expr)
	}
	return d.maybe(i.Expr)
}
