package plan

import (
	"math"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
)

// Equal reports whether two expressions are the same in everything but
// positions and ways of writing. Expressions with subqueries are equal only
// when they are the same node.
func Equal(a, b Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if a == b {
		return true
	}
	if a.Type() != b.Type() || !sameNode(a, b) {
		return false
	}
	var left, right []Expr
	children(a, func(e Expr) { left = append(left, e) })
	children(b, func(e Expr) { right = append(right, e) })
	return slices.EqualFunc(left, right, Equal)
}

// sameNode compares two nodes without their children.
func sameNode(a, b Expr) bool {
	switch a := a.(type) {
	case *Const:
		b, ok := b.(*Const)
		return ok && sameValue(a.Value, b.Value)
	case *ColRef:
		b, ok := b.(*ColRef)
		return ok && a.ID == b.ID
	case *Param:
		b, ok := b.(*Param)
		return ok && a.Number == b.Number
	case *FuncCall:
		b, ok := b.(*FuncCall)
		return ok && a.Proc == b.Proc && a.Variadic == b.Variadic
	case *BoolExpr:
		b, ok := b.(*BoolExpr)
		return ok && a.Op == b.Op
	case *NullTest:
		b, ok := b.(*NullTest)
		return ok && a.Not == b.Not
	case *BoolTest:
		b, ok := b.(*BoolTest)
		return ok && a.Not == b.Not && a.Test == b.Test
	case *DistinctFrom:
		b, ok := b.(*DistinctFrom)
		return ok && a.Not == b.Not && a.Op == b.Op
	case *Case:
		b, ok := b.(*Case)
		return ok && (a.Arg == nil) == (b.Arg == nil) && len(a.Whens) == len(b.Whens)
	case *CaseArg:
		_, ok := b.(*CaseArg)
		return ok
	case *Coalesce:
		_, ok := b.(*Coalesce)
		return ok
	case *NullIf:
		b, ok := b.(*NullIf)
		return ok && a.Op == b.Op
	case *MinMax:
		b, ok := b.(*MinMax)
		return ok && a.Least == b.Least
	case *ArrayExpr:
		_, ok := b.(*ArrayExpr)
		return ok
	case *RowExpr:
		_, ok := b.(*RowExpr)
		return ok
	}
	return sameOther(a, b)
}

func sameOther(a, b Expr) bool {
	switch a := a.(type) {
	case *RowCompare:
		b, ok := b.(*RowCompare)
		return ok && a.Kind == b.Kind && slices.Equal(a.Ops, b.Ops)
	case *FieldSelect:
		b, ok := b.(*FieldSelect)
		return ok && a.Index == b.Index
	case *Subscript:
		b, ok := b.(*Subscript)
		return ok && a.Slice == b.Slice && len(a.Low) == len(b.Low) && slices.EqualFunc(a.Low, b.Low, samePresence)
	case *ScalarArrayOp:
		b, ok := b.(*ScalarArrayOp)
		return ok && a.Op == b.Op && a.All == b.All
	case *Relabel:
		_, ok := b.(*Relabel)
		return ok
	case *CoerceViaIO:
		_, ok := b.(*CoerceViaIO)
		return ok
	case *ArrayCoerce:
		_, ok := b.(*ArrayCoerce)
		return ok
	case *ElemValue:
		_, ok := b.(*ElemValue)
		return ok
	case *SQLValueFunc:
		b, ok := b.(*SQLValueFunc)
		return ok && a.Func == b.Func
	case *AggCall:
		b, ok := b.(*AggCall)
		return ok && a.Proc == b.Proc && a.Star == b.Star && a.Distinct == b.Distinct && a.Block == b.Block &&
			a.Variadic == b.Variadic && len(a.Args) == len(b.Args) && (a.Filter == nil) == (b.Filter == nil) &&
			slices.EqualFunc(a.OrderBy, b.OrderBy, func(x, y AggOrder) bool { return x.Desc == y.Desc && x.NullsFirst == y.NullsFirst })
	case *GroupingCall:
		b, ok := b.(*GroupingCall)
		return ok && a.Block == b.Block
	case *WindowCall:
		b, ok := b.(*WindowCall)
		return ok && a.Proc == b.Proc && a.Star == b.Star && a.Window == b.Window && (a.Filter == nil) == (b.Filter == nil)
	}
	return false
}

func samePresence(a, b Expr) bool { return (a == nil) == (b == nil) }

// sameValue reports equality of representation: 1.0 and 1.00 differ, as in
// PostgreSQL's comparison of constants.
func sameValue(a, b datum.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	if a.Kind() != b.Kind() {
		return false
	}
	// Values that compare equal may still be told apart: 1.0 and 1.00, 0 and -0.
	switch a.Kind() {
	case datum.Numeric:
		return a.Decimal().Exponent == b.Decimal().Exponent && datum.Compare(a, b) == 0
	case datum.Float:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case datum.BPChar, datum.JSONB:
		return a.Str() == b.Str()
	case datum.Interval:
		return a.Interval() == b.Interval()
	case datum.TimeTZ:
		return a.TimeTZ() == b.TimeTZ()
	case datum.Array:
		x, y := a.Array(), b.Array()
		return x.Elem == y.Elem && slices.Equal(x.Dims, y.Dims) && slices.EqualFunc(x.Elems, y.Elems, sameValue)
	case datum.Record:
		return a == b
	}
	return datum.Compare(a, b) == 0
}
