package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// keyMatch returns what recognises an index's key in a condition: a column, or an
// expression equal to the key's. It is nil for a key that conditions cannot use.
func (p *planner) keyMatch(r *plan.Scan, key catalog.IndexKey) func(plan.Expr) bool {
	if key.OpClass != "" {
		return nil
	}
	if key.Attnum != 0 {
		col := columnOf(r, key.Attnum)
		return func(e plan.Expr) bool { return isColumn(e, col) }
	}
	want := p.tableExpr(r, key.Expr)
	if want == nil {
		return nil
	}
	return func(e plan.Expr) bool { return plan.Equal(e, want) }
}

// tableExpr binds a stored expression over a scan's columns.
func (p *planner) tableExpr(r *plan.Scan, text string) plan.Expr {
	return p.cat.TableExpr(r.Table, text, func(att int16) plan.ColID { return columnOf(r, att) })
}

// applies reports whether an index has an entry for every row that the conditions
// leave: it has no predicate, or they imply it.
func (p *planner) applies(x *catalog.Index, r *plan.Scan, conds []plan.Expr) bool {
	if x.Where == "" {
		return true
	}
	want := p.tableExpr(r, x.Where)
	if want == nil {
		return false
	}
	for _, e := range conjuncts(want, nil) {
		if !slices.ContainsFunc(conds, func(c plan.Expr) bool { return implies(c, e) }) {
			return false
		}
	}
	return true
}

// implies reports whether a condition is seen to hold only where another does:
// the same one, a column compared with a constant that is within the other's
// bound, or any that no NULL meets for IS NOT NULL.
func implies(c, e plan.Expr) bool {
	if plan.Equal(c, e) {
		return true
	}
	if t, ok := e.(*plan.NullTest); ok {
		col, isCol := t.Arg.(*plan.ColRef)
		return t.Not && isCol && rejects(c, colSet{col.ID: true})
	}
	id, op, have, ok := comparison(c)
	other, bound, limit, ok2 := comparison(e)
	a, isConst := have.(*plan.Const)
	b, isConst2 := limit.(*plan.Const)
	if !ok || !ok2 || id != other || !isConst || !isConst2 || a.Value.IsNull() || b.Value.IsNull() || a.Value.Kind() != b.Value.Kind() {
		return false
	}
	o := datum.Compare(a.Value, b.Value)
	switch bound {
	case "=":
		return op == "=" && o == 0
	case "<":
		return (op == "=" || op == "<=") && o < 0 || op == "<" && o <= 0
	case "<=":
		return (op == "=" || op == "<=" || op == "<") && o <= 0
	case ">":
		return (op == "=" || op == ">=") && o > 0 || op == ">" && o >= 0
	case ">=":
		return (op == "=" || op == ">=" || op == ">") && o >= 0
	}
	return op == "=" && o != 0 // <>
}

// firstOnly puts a limit of one row under min or max of a column that never is
// NULL and in whose order a scan can come: the first row has the answer.
func (p *planner) firstOnly(r *plan.GroupBy, in phys.Node) phys.Node {
	scan, ok := in.(*phys.Scan)
	if !ok || len(r.Keys) > 0 || r.Sets != nil || len(r.Aggs) != 1 || len(r.Carry) > 0 {
		return in
	}
	call := r.Aggs[0].Call
	if len(call.Args) != 1 || call.Filter != nil || call.Proc.Name != "min" && call.Proc.Name != "max" {
		return in
	}
	col, ok := call.Args[0].(*plan.ColRef)
	if !ok {
		return in
	}
	m := p.meta.Column(col.ID)
	desc := call.Proc.Name == "max"
	if m.Table == nil || m.AttNum <= 0 || !m.Table.ByAttnum(m.AttNum).NotNull || !ordered(scan, []plan.SortKey{{ID: col.ID, Desc: desc, NullsFirst: desc}}) {
		return in
	}
	one := &plan.Const{Loc: -1, Typ: plan.Typ(types.Of(types.Int8)), Value: datum.NewInt(1)}
	n := &phys.Limit{Props: p.props(scan.Cols), Unary: phys.Unary{Input: in}, Count: one}
	n.Props.Types = scan.Types
	n.Rows, n.Startup, n.Total = 1, scan.Startup, scan.Startup+(scan.Total-scan.Startup)/clampRows(scan.Props.Rows)
	return n
}
