package opt

import (
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
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
	selLike  = 0.01
	selNull  = 0.005
	selOther = 0.5
)

func clampRows(rows float64) float64 { return max(rows, 1) }

// selectivity is the share of rows for which all conditions are thought to hold.
func selectivity(conds []plan.Expr) float64 {
	s := 1.0
	for _, e := range conds {
		s *= selectivityOf(e)
	}
	return s
}

func selectivityOf(e plan.Expr) float64 {
	switch e := e.(type) {
	case *plan.FuncCall:
		if e.Op == nil {
			return selRange
		}
		switch e.Op.Name {
		case "=":
			return selEQ
		case "<>":
			return 1 - selEQ
		case "<", "<=", ">", ">=":
			return selRange
		case "~~", "~", "~*", "~~*":
			return selLike
		}
	case *plan.BoolExpr:
		return boolSelectivity(e)
	case *plan.NullTest:
		if e.Not {
			return 1 - selNull
		}
		return selNull
	case *plan.ScalarArrayOp:
		if c, ok := e.Right.(*plan.Const); ok && !c.Value.IsNull() && !e.All {
			return min(selEQ*float64(len(c.Value.Array().Elems)), selOther)
		}
		return selEQ * 10
	case *plan.Const:
		if !e.Value.IsNull() && e.Value.Bool() {
			return 1
		}
		return 0
	}
	return selOther
}

func boolSelectivity(e *plan.BoolExpr) float64 {
	switch e.Op {
	case ast.And:
		return selectivity(e.Args)
	case ast.Not:
		return 1 - selectivityOf(e.Args[0])
	}
	miss := 1.0
	for _, a := range e.Args {
		miss *= 1 - selectivityOf(a)
	}
	return 1 - miss
}
