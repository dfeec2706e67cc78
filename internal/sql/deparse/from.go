package deparse

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// from prints the FROM clause, one item a line after the first.
func (p *printer) from(t *bind.Tree) {
	for i, f := range t.From {
		if i == 0 {
			p.keyword(" FROM ", -indentStd, indentStd, 2)
			p.fromItem(f)
			continue
		}
		p.write(", ")
		text := p.aside(func() { p.fromItem(f) })
		if strings.HasPrefix(text, "\n") {
			p.trimSpaces()
		} else {
			p.keyword("", -indentStd, indentStd, indentVar)
		}
		p.write(text)
	}
}

func (p *printer) fromItem(f *bind.TreeFrom) {
	if f.Join != nil {
		p.join(f.Join)
		return
	}
	p.entry(p.entryOf(f.Entry))
}

// entryOf finds an entry with its names.
func (p *printer) entryOf(e *bind.TreeEntry) *entryNames {
	for _, s := range p.scopes {
		for _, n := range s.entries {
			if n.entry == e {
				return n
			}
		}
	}
	return &entryNames{entry: e, name: e.Name, cols: p.columnNames(e)}
}

// entry prints a range-table entry with its alias.
func (p *printer) entry(n *entryNames) {
	e := n.entry
	if e.Lateral {
		p.write("LATERAL ")
	}
	alias := e.Alias != nil
	columns := e.Alias != nil && len(e.Alias.Columns) > 0
	switch {
	case p.relation(e) != nil:
		r := p.relation(e)
		p.write(p.relationName(r))
		p.moment(e.Moment)
		alias = alias || n.name != r.Desc.Head().Name
		columns = columns && p.aliasesDiffer(n)
	case e.CTE != "":
		p.write(keyword.QuoteIdent(e.CTE))
		alias = alias || n.name != e.CTE
	case e.Rows != nil:
		p.write("(")
		p.values(e.Rows)
		p.write(")")
		alias = true
	case e.Function != nil:
		p.functions(e.Function)
		alias, columns = true, true
	case e.Query != nil:
		p.write("(")
		p.query(e.Query, named)
		p.write(")")
		alias = true
	}
	if alias {
		p.write(" ", keyword.QuoteIdent(n.name))
	}
	if e.Function != nil && len(e.Function.Items) == 1 && e.Function.Items[0].ColDefs != nil {
		p.colDefs(e.Function.Items[0].ColDefs)
		return
	}
	if columns {
		p.names(n.cols)
	}
}

// aliasesDiffer reports whether column aliases of a table are not just its
// columns' own names.
func (p *printer) aliasesDiffer(n *entryNames) bool {
	for i, c := range n.entry.Columns {
		if n.cols[i] != p.realName(n.entry, c) {
			return true
		}
	}
	return false
}

// moment prints a temporal clause.
func (p *printer) moment(m plan.Moment) {
	instant := func(i plan.Instant) {
		if i.Seq {
			p.write("@SEQ:")
			if c, isCall := i.Expr.(*plan.FuncCall); isCall && c.Cast == plan.ImplicitCast {
				p.expr(c.Args[0], false)
				return
			}
			if c, isConst := i.Expr.(*plan.Const); isConst {
				p.write(strconv.FormatInt(c.Value.Int(), 10))
				return
			}
		}
		p.expr(i.Expr, true)
	}
	switch m.Kind {
	case plan.AsOf:
		p.write(" FOR SYSTEM_TIME AS OF ")
		instant(m.From)
	case plan.FromTo:
		p.write(" FOR SYSTEM_TIME FROM ")
		instant(m.From)
		p.write(" TO ")
		instant(m.To)
	case plan.BetweenAnd:
		p.write(" FOR SYSTEM_TIME BETWEEN ")
		instant(m.From)
		p.write(" AND ")
		instant(m.To)
	case plan.AllVersions:
		p.write(" FOR SYSTEM_TIME ALL")
	}
}

func (p *printer) functions(f *bind.TreeFunction) {
	if len(f.Items) == 1 && (f.Items[0].ColDefs == nil || !f.Ordinality) {
		p.functionCall(f.Items[0].Call)
	} else {
		p.write("ROWS FROM(")
		for i, item := range f.Items {
			if i > 0 {
				p.write(", ")
			}
			p.functionCall(item.Call)
			if item.ColDefs != nil {
				p.write(" AS ")
				p.colDefs(item.ColDefs)
			}
		}
		p.write(")")
	}
	if f.Ordinality {
		p.write(" WITH ORDINALITY")
	}
}

// functionCall prints a call where the grammar wants a function: anything else
// is wrapped in a cast.
func (p *printer) functionCall(e plan.Expr) {
	if call, isCall := e.(*plan.FuncCall); isCall && call.Op == nil && call.Cast == plan.NoCast {
		p.expr(e, true)
		return
	}
	switch e.(type) {
	case *plan.Coalesce, *plan.MinMax, *plan.NullIf, *plan.SQLValueFunc:
		p.expr(e, true)
		return
	}
	p.write("CAST(")
	p.expr(e, false)
	p.write(" AS ", typeName(e.Type()), ")")
}

func (p *printer) colDefs(defs []bind.TreeColumnDef) {
	for i, d := range defs {
		p.write([]string{"(", ", "}[min(i, 1)], keyword.QuoteIdent(d.Name), " ", typeName(d.Type))
	}
	p.write(")")
}

// join prints a join, as get_from_clause_item.
func (p *printer) join(j *bind.TreeJoin) {
	parens := !p.pretty || j.Alias != nil
	if parens {
		p.write("(")
	}
	p.fromItem(j.Left)
	word := map[ast.JoinKind]string{
		ast.JoinInner: " JOIN ", ast.JoinCross: " CROSS JOIN ", ast.JoinLeft: " LEFT JOIN ",
		ast.JoinRight: " RIGHT JOIN ", ast.JoinFull: " FULL JOIN ",
	}[j.Kind]
	if j.Kind == ast.JoinInner && j.On == nil {
		word = " CROSS JOIN "
	}
	p.keyword(word, -indentStd, indentStd, indentJoin)
	right := p.pretty && j.Right.Join != nil && j.Right.Join.Alias == nil
	if right {
		p.write("(")
	}
	p.fromItem(j.Right)
	if right {
		p.write(")")
	}
	p.joinCondition(j)
	if parens {
		p.write(")")
	}
	if j.Alias != nil {
		p.write(" ", keyword.QuoteIdent(j.Alias.Name))
		p.names(j.Alias.Columns)
	}
}

func (p *printer) joinCondition(j *bind.TreeJoin) {
	switch {
	case len(j.Using) > 0:
		p.write(" USING ")
		p.names(j.Using)
		if j.UsingAlias != "" {
			p.write(" AS ", keyword.QuoteIdent(j.UsingAlias))
		}
	case j.On != nil:
		p.write(" ON ")
		p.open()
		p.expr(j.On, false)
		p.close()
	case j.Kind != ast.JoinInner && j.Kind != ast.JoinCross:
		p.write(" ON TRUE")
	}
}

// subquery prints a query in an expression, as get_sublink_expr.
func (p *printer) subquery(e *plan.Subquery) {
	tree := bind.TreeOf(e)
	if tree == nil {
		p.write("(SELECT)")
		return
	}
	if e.Kind == plan.SubqueryArray {
		p.write("ARRAY(")
	} else {
		p.write("(")
	}
	tested := true
	switch e.Kind {
	case plan.SubqueryExists:
		p.write("EXISTS ")
	case plan.SubqueryAny, plan.SubqueryAll, plan.SubqueryRow:
		p.testedRow(e)
		switch {
		case e.Kind == plan.SubqueryAny && (e.Op == "" || e.Op == "="):
			p.write(" IN ")
		case e.Kind == plan.SubqueryAny:
			p.write(" ", e.Op, " ANY ")
		case e.Kind == plan.SubqueryAll:
			p.write(" ", e.Op, " ALL ")
		default:
			p.write(" ", e.Op, " ")
		}
	default:
		tested = false
	}
	if tested {
		p.write("(")
	}
	p.query(tree, unnamed)
	if tested {
		p.write("))")
	} else {
		p.write(")")
	}
}

// testedRow prints the left side of a test, with the casts that the operators
// asked for.
func (p *printer) testedRow(e *plan.Subquery) {
	left := e.Left
	switch t := e.Test.(type) {
	case *plan.FuncCall:
		left = t.Args[:1]
	case *plan.BoolExpr:
		left = nil
		for _, a := range t.Args {
			if call, isCall := a.(*plan.FuncCall); isCall {
				left = append(left, call.Args[0])
			}
		}
	case *plan.RowCompare:
		left = t.Left
	}
	if len(left) == 1 {
		p.expr(left[0], true)
		return
	}
	p.list("(", left, ")")
}

// aggregate prints an aggregate call.
func (p *printer) aggregate(e *plan.AggCall) {
	p.write(p.functionName(e.Proc.Schema, e.Proc.Name), "(")
	if e.Distinct {
		p.write("DISTINCT ")
	}
	args := e.Args
	if e.WithinGroup {
		args = args[:len(args)-len(e.OrderBy)]
	}
	if e.Star {
		p.write("*")
	}
	for i, a := range args {
		if i > 0 {
			p.write(", ")
		}
		if i == len(args)-1 && e.Variadic {
			p.write("VARIADIC ")
		}
		p.expr(a, true)
	}
	if e.WithinGroup {
		p.write(") WITHIN GROUP (ORDER BY ")
		p.aggOrder(e.OrderBy)
	} else if len(e.OrderBy) > 0 {
		p.write(" ORDER BY ")
		p.aggOrder(e.OrderBy)
	}
	p.write(")")
	p.filter(e.Filter)
}

func (p *printer) aggOrder(list []plan.AggOrder) {
	sorts := make([]bind.TreeSort, len(list))
	for i, o := range list {
		sorts[i] = bind.TreeSort{Target: &bind.TreeTarget{Expr: o.Expr}, Desc: o.Desc, NullsFirst: o.NullsFirst}
	}
	p.sort(sorts, false)
}

func (p *printer) filter(e plan.Expr) {
	if e != nil {
		p.write(" FILTER (WHERE ")
		p.expr(e, false)
		p.write(")")
	}
}

func (p *printer) windowCall(e *plan.WindowCall) {
	p.write(p.functionName(e.Proc.Schema, e.Proc.Name))
	if e.Star {
		p.write("(*)")
	} else {
		p.list("(", e.Args, ")")
	}
	p.filter(e.Filter)
	p.write(" OVER ")
	w := p.windows[e.Window]
	if w.Name != "" {
		p.write(keyword.QuoteIdent(w.Name))
		return
	}
	p.windowSpec(w)
}
