package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/plan"
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
