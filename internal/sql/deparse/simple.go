package deparse

import (
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

func typeName(t types.T) string { return pgfmt.FormatType(t) }

// isSimple reports whether e needs no parentheses within parent in pretty text,
// as isSimpleNode.
func isSimple(e, parent plan.Expr) bool {
	switch x := e.(type) {
	case *plan.ColRef, *plan.Const, *plan.Param, *plan.ArrayExpr, *plan.RowExpr, *plan.Coalesce, *plan.MinMax,
		*plan.SQLValueFunc, *plan.NullIf, *plan.AggCall, *plan.GroupingCall, *plan.WindowCall, *plan.Subscript,
		*plan.CaseArg, *plan.ElemValue, *plan.SetToDefault:
		return true
	case *plan.Case:
		return true
	case *plan.FieldSelect:
		_, nested := parent.(*plan.FieldSelect)
		return !nested
	case *plan.FuncCall:
		return simpleCall(x, parent)
	case *plan.Relabel:
		return simpleCast(x.Arg, x.Form, parent)
	case *plan.CoerceViaIO:
		return simpleCast(x.Arg, x.Form, parent)
	case *plan.ArrayCoerce:
		return simpleCast(x.Arg, x.Form, parent)
	case *plan.BoolExpr:
		return simpleBool(x, parent)
	case *plan.Subquery, *plan.NullTest, *plan.BoolTest, *plan.DistinctFrom:
		switch p := parent.(type) {
		case *plan.BoolExpr:
			return true
		case *plan.FuncCall:
			return p.Op == nil && p.Cast == plan.NoCast
		case *plan.AggCall, *plan.WindowCall, *plan.Coalesce, *plan.MinMax, *plan.NullIf, *plan.RowExpr, *plan.ArrayExpr, *plan.Case:
			return true
		}
	}
	return false
}

// simpleCall decides for function and operator calls.
func simpleCall(x *plan.FuncCall, parent plan.Expr) bool {
	if x.Op == nil {
		if x.Cast == plan.NoCast {
			return true
		}
		return simpleCast(x.Args[0], x.Cast, parent)
	}
	switch p := parent.(type) {
	case *plan.FuncCall:
		if p.Op != nil {
			return simpleOperator(x, p)
		}
		return p.Cast == plan.NoCast
	case *plan.BoolExpr, *plan.Subquery, *plan.Subscript, *plan.AggCall, *plan.WindowCall, *plan.ArrayExpr, *plan.RowExpr,
		*plan.Coalesce, *plan.MinMax, *plan.NullIf, *plan.Case:
		return true
	}
	return false
}

// simpleOperator knows the precedence of the four arithmetic operators, and
// nothing of others.
func simpleOperator(x, parent *plan.FuncCall) bool {
	low := func(op string) bool { return op == "+" || op == "-" }
	high := func(op string) bool { return op == "*" || op == "/" || op == "%" }
	op, outer := x.Op.Name, parent.Op.Name
	if len(x.Op.Name) != 1 || len(parent.Op.Name) != 1 || !low(op) && !high(op) || !low(outer) && !high(outer) {
		return false
	}
	if high(op) && low(outer) {
		return true
	}
	// Of one precedence, only the left operand is simple.
	return low(op) == low(outer) && len(parent.Args) == 2 && parent.Args[0] == plan.Expr(x)
}

func simpleCast(arg plan.Expr, form plan.CastForm, parent plan.Expr) bool {
	return isSimple(arg, parent)
}

func simpleBool(x *plan.BoolExpr, parent plan.Expr) bool {
	switch p := parent.(type) {
	case *plan.BoolExpr:
		switch x.Op {
		case ast.Not, ast.And:
			return p.Op == ast.And || p.Op == ast.Or
		case ast.Or:
			return p.Op == ast.Or
		}
	case *plan.FuncCall:
		return p.Op == nil && p.Cast == plan.NoCast
	case *plan.AggCall, *plan.WindowCall, *plan.Coalesce, *plan.MinMax, *plan.NullIf, *plan.RowExpr, *plan.ArrayExpr, *plan.Case:
		return true
	}
	return false
}
