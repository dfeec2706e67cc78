package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// reduced returns the kind of an outer join under conditions that hold for every
// row of its result: a condition that is not true for rows padded with NULLs
// makes the padding pointless.
func reduced(kind plan.JoinKind, left, right colSet, conds []plan.Expr) plan.JoinKind {
	if kind != plan.JoinLeft && kind != plan.JoinRight && kind != plan.JoinFull {
		return kind
	}
	keepLeft, keepRight := kind != plan.JoinRight, kind != plan.JoinLeft // sides kept without a partner
	if keepRight && rejectsAny(conds, left) {
		keepRight = false
	}
	if keepLeft && rejectsAny(conds, right) {
		keepLeft = false
	}
	switch {
	case keepLeft && keepRight:
		return plan.JoinFull
	case keepLeft:
		return plan.JoinLeft
	case keepRight:
		return plan.JoinRight
	}
	return plan.JoinInner
}

func rejectsAny(conds []plan.Expr, cols colSet) bool {
	return slices.ContainsFunc(conds, func(e plan.Expr) bool { return rejects(e, cols) })
}

// rejects reports whether a condition cannot be true where all of cols are NULL.
func rejects(e plan.Expr, cols colSet) bool {
	switch e := e.(type) {
	case *plan.BoolExpr:
		switch e.Op {
		case ast.And:
			return rejectsAny(e.Args, cols)
		case ast.Or:
			return !slices.ContainsFunc(e.Args, func(a plan.Expr) bool { return !rejects(a, cols) })
		}
		return isNullWith(e.Args[0], cols)
	case *plan.NullTest:
		return e.Not && !e.ArgIsRow && isNullWith(e.Arg, cols)
	}
	return isNullWith(e, cols)
}

// isNullWith reports whether an expression is NULL where all of cols are.
func isNullWith(e plan.Expr, cols colSet) bool {
	any := func(list []plan.Expr) bool {
		return slices.ContainsFunc(list, func(a plan.Expr) bool { return isNullWith(a, cols) })
	}
	switch e := e.(type) {
	case *plan.ColRef:
		return cols[e.ID]
	case *plan.FuncCall:
		return e.Proc != nil && e.Proc.Strict && !e.Proc.RetSet && any(e.Args)
	case *plan.ScalarArrayOp:
		return !e.All && e.Op != nil && e.Op.Proc.Strict && isNullWith(e.Left, cols) && neverEmpty(e.Right)
	case *plan.Relabel:
		return isNullWith(e.Arg, cols)
	case *plan.CoerceViaIO:
		return isNullWith(e.Arg, cols)
	}
	return false
}

// neverEmpty reports whether an array is known to have elements: NULL = ANY of an
// empty one is false, not NULL.
func neverEmpty(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Const:
		return e.Value.IsNull() || len(e.Value.Array().Elems) > 0
	case *plan.ArrayExpr:
		return len(e.Elems) > 0
	}
	return false
}

// antiTest looks for a condition "right column IS NULL" over a left join whose ON
// condition no NULL in that column meets: only rows without a partner pass, which
// is an anti join.
func antiTest(conds, on []plan.Expr, right colSet) int {
	return slices.IndexFunc(conds, func(e plan.Expr) bool {
		t, ok := e.(*plan.NullTest)
		if !ok || t.Not || t.ArgIsRow {
			return false
		}
		c, ok := t.Arg.(*plan.ColRef)
		return ok && right[c.ID] && rejectsAny(on, colSet{c.ID: true})
	})
}
