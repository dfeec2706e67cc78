package bind

import "github.com/driftdb/driftdb/internal/sql/plan"

// exprPos is the offset that an error about a bound expression points at: the
// leftmost of the node and its arguments where the node's own token is not the
// first, as exprLocation.
func exprPos(e plan.Expr) int {
	switch e := e.(type) {
	case *plan.FuncCall:
		return leftmost(e.Position(), e.Args...)
	case *plan.BoolExpr:
		return leftmost(e.Position(), e.Args...)
	case *plan.NullTest:
		return leftmost(e.Position(), e.Arg)
	case *plan.BoolTest:
		return leftmost(e.Position(), e.Arg)
	case *plan.DistinctFrom:
		return leftmost(e.Position(), e.Left, e.Right)
	case *plan.NullIf:
		return leftmost(e.Position(), e.Left, e.Right)
	case *plan.ScalarArrayOp:
		return leftmost(e.Position(), e.Left, e.Right)
	case *plan.RowCompare:
		return leftmost(-1, e.Left...)
	case *plan.Relabel:
		return leftmost(e.Position(), e.Arg)
	case *plan.CoerceViaIO:
		return leftmost(e.Position(), e.Arg)
	case *plan.ArrayCoerce:
		return leftmost(e.Position(), e.Arg)
	case *plan.FieldSelect:
		return exprPos(e.Arg)
	case *plan.Subscript:
		return exprPos(e.Arg)
	case *plan.Subquery:
		return leftmost(e.Position(), e.Left...)
	case nil:
		return -1
	}
	return e.Position()
}

func leftmost(pos int, args ...plan.Expr) int {
	for _, a := range args {
		if p := exprPos(a); p >= 0 && (pos < 0 || p < pos) {
			pos = p
		}
	}
	return pos
}
