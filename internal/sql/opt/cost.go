package opt

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/stats"
)

// Costs in PostgreSQL's unit: reading a page of 8 KiB in sequence.
const (
	pageCost     = 1.0
	fetchCost    = 0.5 // a row found by its key: blocks are mostly cached
	tupleCost    = 0.01
	indexCost    = 0.005
	operatorCost = 0.0025

	pageBytes   = 8192
	defaultRows = 1000 // of a table nothing is known of
)

// Selectivities of conditions without statistics, as PostgreSQL's defaults.
const (
	selEQ    = 0.005
	selRange = 1.0 / 3
	selBoth  = 0.005 // of a lower and an upper bound together
	selLike  = 0.01
	selNull  = 0.005
	selOther = 0.5

	defaultDistinct = 200 // different values of a column nothing is known of
)

func clampRows(rows float64) float64 { return max(rows, 1) }

// selectivity is the share of rows for which all conditions are thought to hold.
// Bounds on one column are taken together.
func (p *planner) selectivity(conds []plan.Expr) float64 {
	s := 1.0
	var bounds map[plan.ColID][2]float64 // shares left by upper and by lower bounds
	for _, e := range conds {
		id, upper, ok := boundOn(e)
		if !ok {
			s *= p.selectivityOf(e)
			continue
		}
		if bounds == nil {
			bounds = map[plan.ColID][2]float64{}
		}
		b, seen := bounds[id]
		if !seen {
			b = [2]float64{1, 1}
		}
		side := 1
		if upper {
			side = 0
		}
		b[side] = min(b[side], p.selectivityOf(e))
		bounds[id] = b
	}
	for id, b := range bounds {
		switch {
		case b[0] == 1 || b[1] == 1:
			s *= b[0] * b[1]
		case p.columnStats(id) == nil:
			s *= selBoth
		default:
			s *= max(b[0]+b[1]-1, 1e-6)
		}
	}
	return s
}

// boundOn takes apart a condition that bounds a column by a value.
func boundOn(e plan.Expr) (id plan.ColID, upper, ok bool) {
	col, op, _, ok := comparison(e)
	if !ok || op == "=" || op == "<>" {
		return 0, false, false
	}
	return col, op[0] == '<', true
}

var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// comparison takes apart column op value, or value op column, where the value has
// no columns.
func comparison(e plan.Expr) (id plan.ColID, op string, value plan.Expr, ok bool) {
	c, isCall := e.(*plan.FuncCall)
	if !isCall || c.Op == nil || len(c.Args) != 2 || mirrored[c.Op.Name] == "" {
		return 0, "", nil, false
	}
	if col, isCol := strip(c.Args[0]).(*plan.ColRef); isCol && len(exprCols(c.Args[1])) == 0 {
		return col.ID, c.Op.Name, c.Args[1], true
	}
	if col, isCol := strip(c.Args[1]).(*plan.ColRef); isCol && len(exprCols(c.Args[0])) == 0 {
		return col.ID, mirrored[c.Op.Name], c.Args[0], true
	}
	return 0, "", nil, false
}

// columnStats returns what is known of a column, or nil.
func (p *planner) columnStats(id plan.ColID) *stats.Column {
	m := p.meta.Column(id)
	if m.Table == nil || m.AttNum <= 0 {
		return nil
	}
	c := p.cat.ColumnStats(m.Table.OID, m.AttNum)
	if c == nil || !c.Of(datum.KindOf(m.Type.OID)) {
		return nil
	}
	return c
}

// ndistinct estimates how many different values a column has among all rows of
// its table.
func (p *planner) ndistinct(id plan.ColID) float64 {
	m := p.meta.Column(id)
	if m.Table == nil || m.AttNum <= 0 {
		return defaultDistinct
	}
	rows := p.tableRows(m.Table)
	if p.uniqueColumn(m) {
		return rows
	}
	if c := p.columnStats(id); c != nil {
		return max(min(c.Distinct, rows), 1)
	}
	return min(defaultDistinct, rows)
}

// uniqueColumn reports whether a column alone is a key of its table.
func (p *planner) uniqueColumn(m *plan.ColumnMeta) bool {
	t := m.Table
	if len(t.PrimaryKey) == 1 && t.PrimaryKey[0] == m.AttNum {
		return true
	}
	for _, oid := range t.Indexes {
		if x := p.cat.Index(t, oid); x != nil && x.Unique && !x.Deferrable && x.Where == "" && len(x.Keys) == 1 && x.Keys[0].Attnum == m.AttNum {
			return true
		}
	}
	return false
}

// distinctOf estimates how many different values an expression has.
func (p *planner) distinctOf(e plan.Expr) float64 {
	if c, ok := strip(e).(*plan.ColRef); ok {
		return p.ndistinct(c.ID)
	}
	return defaultDistinct
}

// groups estimates how many combinations of values some columns of a relation
// with so many rows have.
func (p *planner) groups(keys []plan.ColID, rows float64) float64 {
	n := 1.0
	for _, id := range keys {
		if n *= p.ndistinct(id); n >= rows {
			return clampRows(rows)
		}
	}
	return clampRows(n)
}

func (p *planner) selectivityOf(e plan.Expr) float64 {
	switch e := e.(type) {
	case *plan.FuncCall:
		return p.callSelectivity(e)
	case *plan.BoolExpr:
		return p.boolSelectivity(e)
	case *plan.NullTest:
		share := selNull
		if c, ok := e.Arg.(*plan.ColRef); ok {
			if known := p.columnStats(c.ID); known != nil {
				share = known.NullFraction
			} else if m := p.meta.Column(c.ID); m.Table != nil && m.AttNum > 0 && m.Table.ByAttnum(m.AttNum).NotNull {
				share = 0
			}
		}
		if e.Not {
			return 1 - share
		}
		return share
	case *plan.ScalarArrayOp:
		return p.arraySelectivity(e)
	case *plan.Const:
		if !e.Value.IsNull() && e.Value.Bool() {
			return 1
		}
		return 0
	}
	return selOther
}

func (p *planner) callSelectivity(e *plan.FuncCall) float64 {
	if e.Op == nil {
		return selRange
	}
	id, op, value, ok := comparison(e)
	if !ok {
		op = e.Op.Name
	}
	switch op {
	case "=":
		if ok {
			return p.equalSelectivity(id, value)
		}
		return 1 / max(p.distinctOf(e.Args[0]), p.distinctOf(e.Args[1]), 1)
	case "<>":
		if ok {
			return 1 - p.equalSelectivity(id, value)
		}
		return 1 - selEQ
	case "<", "<=", ">", ">=":
		if ok {
			return p.rangeSelectivity(id, op, value)
		}
		return selRange
	case "~~", "~", "~*", "~~*":
		return selLike
	}
	return selOther
}

// constant returns the value of a constant that compares with a column's values
// as it is.
func (p *planner) constant(id plan.ColID, e plan.Expr) (datum.Datum, bool) {
	c, ok := e.(*plan.Const)
	if !ok || c.Value.IsNull() || c.Value.Kind() != datum.KindOf(p.meta.Column(id).Type.OID) {
		return datum.Datum{}, false
	}
	return c.Value, true
}

func (p *planner) equalSelectivity(id plan.ColID, value plan.Expr) float64 {
	if c := p.columnStats(id); c != nil {
		if v, ok := p.constant(id, value); ok {
			return c.Equal(v)
		}
		return c.EqualAny()
	}
	return 1 / p.ndistinct(id)
}

func (p *planner) rangeSelectivity(id plan.ColID, op string, value plan.Expr) float64 {
	c := p.columnStats(id)
	v, ok := p.constant(id, value)
	if c == nil || !ok {
		return selRange
	}
	switch op {
	case "<":
		return c.Below(v, false)
	case "<=":
		return c.Below(v, true)
	case ">":
		return max(1-c.NullFraction-c.Below(v, true), 0)
	}
	return max(1-c.NullFraction-c.Below(v, false), 0)
}

func (p *planner) arraySelectivity(e *plan.ScalarArrayOp) float64 {
	if e.All || e.Op == nil || e.Op.Name != "=" {
		return selOther
	}
	n := 10.0
	c, isConst := e.Right.(*plan.Const)
	col, isCol := strip(e.Left).(*plan.ColRef)
	if a, ok := e.Right.(*plan.ArrayExpr); ok {
		n = float64(len(a.Elems))
	}
	if isConst {
		if c.Value.IsNull() {
			return 0
		}
		n = float64(len(c.Value.Array().Elems))
	}
	if !isCol {
		return min(selEQ*n, selOther)
	}
	known := p.columnStats(col.ID)
	if known == nil || !isConst {
		return min(n/p.ndistinct(col.ID), 1)
	}
	s := 0.0
	for _, v := range c.Value.Array().Elems {
		if v.Kind() == datum.KindOf(p.meta.Column(col.ID).Type.OID) {
			s += known.Equal(v)
		}
	}
	return min(s, 1)
}

func (p *planner) boolSelectivity(e *plan.BoolExpr) float64 {
	switch e.Op {
	case ast.And:
		return p.selectivity(e.Args)
	case ast.Not:
		return 1 - p.selectivityOf(e.Args[0])
	}
	miss := 1.0
	for _, a := range e.Args {
		miss *= 1 - p.selectivityOf(a)
	}
	return 1 - miss
}
