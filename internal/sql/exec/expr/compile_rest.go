package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// combined compiles the expressions whose arguments are all evaluated and then
// combined.
func (comp *Compiler) combined(e plan.Expr, scope *Scope) (Node, level, error) {
	switch e := e.(type) {
	case *plan.DistinctFrom:
		return comp.pair(e.Type(), e.Op, e.Left, e.Right, scope, func(p *builtin.Proc) applyFunc { return distinctFrom(p, e.Not) })
	case *plan.NullIf:
		return comp.pair(e.Type(), e.Op, e.Left, e.Right, scope, nullIf)
	case *plan.MinMax:
		args, lv, err := comp.list(e.Args, scope)
		return comp.apply(e.Type(), false, minMax(e.Least), args...), lv, err
	case *plan.ArrayExpr:
		args, lv, err := comp.list(e.Elems, scope)
		fn := makeArray(types.ElemOf(e.Type().OID))
		if e.Multi {
			fn = makeNestedArray(types.ElemOf(e.Type().OID))
		}
		return comp.apply(e.Type(), false, fn, args...), lv, err
	case *plan.RowExpr:
		args, lv, err := comp.list(e.Fields, scope)
		if err != nil {
			return nil, lv, err
		}
		fieldTypes := make([]uint32, len(args))
		for i, a := range args {
			fieldTypes[i] = uint32(a.Type().OID)
		}
		return comp.apply(e.Type(), false, makeRow(e.Names, fieldTypes), args...), lv, nil
	case *plan.RowCompare:
		return comp.rowCompare(e, scope)
	case *plan.FieldSelect:
		n, lv, err := comp.expr(e.Arg, scope)
		return comp.apply(e.Type(), true, field(e.Index), n), lv, err
	case *plan.Subscript:
		return comp.subscript(e, scope)
	case *plan.ScalarArrayOp:
		return comp.arrayOp(e, scope)
	case *plan.CoerceViaIO:
		n, lv, err := comp.expr(e.Arg, scope)
		if err != nil {
			return nil, lv, err
		}
		if !e.Immutable() {
			lv = max(lv, perRun)
		}
		return comp.apply(e.Type(), true, viaText(n.Type(), e.Type()), n), lv, nil
	case *plan.ArrayCoerce:
		return comp.arrayCoerce(e, scope)
	}
	return nil, perRow, pgerr.NotSupported("Rewrite the statement without it.", "expression %T is not supported here", e)
}

func (comp *Compiler) pair(t types.T, op *builtin.Operator, left, right plan.Expr, scope *Scope, fn func(*builtin.Proc) applyFunc) (Node, level, error) {
	args, lv, err := comp.list([]plan.Expr{left, right}, scope)
	if err != nil {
		return nil, lv, err
	}
	if err := hasBody(op.Proc); err != nil {
		return nil, lv, err
	}
	return comp.apply(t, false, fn(op.Proc), args...), max(lv, volatility(op.Proc)), nil
}

func hasBody(p *builtin.Proc) error {
	if p == nil || p.Eval == nil {
		name := "unknown"
		if p != nil {
			name = Signature(p)
		}
		return pgerr.NotSupported("This PostgreSQL function is not built yet.", "function %s is not supported", name)
	}
	return nil
}

// equality returns the = operator over an operator's argument types.
func equality(op *builtin.Operator) *builtin.Proc {
	for _, o := range builtin.OperatorsByName("=") {
		if o.Left == op.Left && o.Right == op.Right {
			return o.Proc
		}
	}
	return nil
}

func (comp *Compiler) rowCompare(e *plan.RowCompare, scope *Scope) (Node, level, error) {
	left, l1, err := comp.list(e.Left, scope)
	if err != nil {
		return nil, perRow, err
	}
	right, l2, err := comp.list(e.Right, scope)
	if err != nil {
		return nil, perRow, err
	}
	pairs := make([]rowPair, len(left))
	for i, op := range e.Ops {
		pairs[i] = rowPair{eq: equality(op), op: op.Proc, left: left[i], right: right[i]}
		for _, p := range []*builtin.Proc{pairs[i].eq, pairs[i].op} {
			if err := hasBody(p); err != nil {
				return nil, perRow, err
			}
		}
	}
	return &lazy{boolType, rowCompare(e.Kind, pairs), comp.NewSlot()}, max(l1, l2), nil
}

func (comp *Compiler) arrayOp(e *plan.ScalarArrayOp, scope *Scope) (Node, level, error) {
	left, l1, err := comp.expr(e.Left, scope)
	if err != nil {
		return nil, perRow, err
	}
	right, l2, err := comp.expr(e.Right, scope)
	if err != nil {
		return nil, perRow, err
	}
	if err := hasBody(e.Proc); err != nil {
		return nil, perRow, err
	}
	lv := max(l1, l2, volatility(e.Proc))
	if set := comp.constantSet(e, left, right); set != nil {
		return comp.apply(boolType, false, inSet(set, e.All), left), lv, nil
	}
	return comp.apply(boolType, false, anyAll(e.Proc, e.All), left, right), lv, nil
}

// constantSet returns the hashed form of x = ANY (constant) or x <> ALL
// (constant) when the list is long and both sides hash alike.
func (comp *Compiler) constantSet(e *plan.ScalarArrayOp, left, right Node) *hashedSet {
	k, ok := right.(*constant)
	if !ok || k.value.IsNull() || len(k.value.Array().Elems) < hashThreshold || e.Op == nil {
		return nil
	}
	op := e.Op
	if e.All {
		if op = builtin.OperatorByOID(op.Negator); op == nil {
			return nil
		}
	}
	if !op.CanHash || op.Name != "=" || !HashAlike(left.Type().OID, types.ElemOf(right.Type().OID)) {
		return nil
	}
	return newHashedSet(k.value.Array().Elems)
}

// HashAlike reports whether equal values of two types, as their = operator sees
// them, have equal hashes and compare equal as datums.
func HashAlike(a, b types.OID) bool {
	if datum.KindOf(a) != datum.KindOf(b) {
		return false
	}
	switch datum.KindOf(a) {
	case datum.Float:
		return true
	case datum.Array, datum.Record:
		return a == b
	}
	return true
}

func (comp *Compiler) arrayCoerce(e *plan.ArrayCoerce, scope *Scope) (Node, level, error) {
	arg, lv, err := comp.expr(e.Arg, scope)
	if err != nil {
		return nil, lv, err
	}
	slot := comp.NewSlot()
	comp.holders = append(comp.holders, holder{slot: slot})
	elem, _, err := comp.expr(e.Elem, nil)
	comp.holders = comp.holders[:len(comp.holders)-1]
	if err != nil {
		return nil, lv, err
	}
	elemType := uint32(types.ElemOf(e.Type().OID))
	fn := func(c *Ctx, args []datum.Datum) (datum.Datum, error) {
		in := args[0].Array()
		out := &datum.ArrayValue{Elem: elemType, Dims: in.Dims, Elems: make([]datum.Datum, len(in.Elems))}
		for i, d := range in.Elems {
			c.slot(slot).value = d
			v, err := elem.Row(c, nil)
			if err != nil {
				return v, err
			}
			out.Elems[i] = v
		}
		return datum.NewArray(out), nil
	}
	if !plan.IsImmutable(e.Elem) {
		lv = max(lv, perRun)
	}
	return comp.apply(e.Type(), true, fn, arg), lv, nil
}

// subscript compiles a[i], a[l:h] and assignments to them. Arguments are the
// container, then the given bounds in order, then the assigned value.
func (comp *Compiler) subscript(e *plan.Subscript, scope *Scope) (Node, level, error) {
	parts := []plan.Expr{e.Arg}
	shape := subscriptShape{typ: e.Arg.Type().OID, dims: len(e.High), slice: e.Slice, assign: e.Assign != nil}
	for i := range e.High {
		if e.Slice {
			has := i < len(e.Low) && e.Low[i] != nil
			shape.hasLow = append(shape.hasLow, has)
			if has {
				parts = append(parts, e.Low[i])
			}
		}
		has := e.High[i] != nil
		shape.hasHigh = append(shape.hasHigh, has)
		if has {
			parts = append(parts, e.High[i])
		}
	}
	if e.Assign != nil {
		parts = append(parts, e.Assign)
	}
	args, lv, err := comp.list(parts, scope)
	if err != nil {
		return nil, lv, err
	}
	if shape.typ == types.JSONB {
		fn, err := jsonbSubscript(shape)
		return comp.apply(e.Type(), !shape.assign, fn, args...), lv, err
	}
	return comp.apply(e.Type(), !shape.assign, shape.eval, args...), lv, nil
}

type subscriptShape struct {
	typ             types.OID
	dims            int
	slice, assign   bool
	hasLow, hasHigh []bool
}

func (s *subscriptShape) eval(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
	container, rest := args[0], args[1:]
	if !s.slice && !s.assign {
		return element(container.Array(), rest), nil
	}
	low, high := make([]bound, s.dims), make([]bound, s.dims)
	at := 0
	for i := 0; i < s.dims; i++ {
		if s.slice && s.hasLow[i] {
			low[i] = bound{rest[at].Int(), true}
			at++
		}
		if s.hasHigh[i] {
			high[i] = bound{rest[at].Int(), true}
			at++
		}
	}
	if !s.assign {
		return datum.NewArray(slice(container.Array(), low, high)), nil
	}
	return s.store(container, rest[:at], rest[at], low, high)
}

func (s *subscriptShape) store(container datum.Datum, index []datum.Datum, value datum.Datum, low, high []bound) (datum.Datum, error) {
	for _, k := range index {
		if k.IsNull() {
			return datum.Datum{}, nullSubscript()
		}
	}
	a := &datum.ArrayValue{Elem: uint32(types.ElemOf(s.typ))}
	if !container.IsNull() {
		a = container.Array()
	}
	var err error
	if s.slice {
		if value.IsNull() {
			return container, nil
		}
		a, err = assignSlice(a, low, high, value)
	} else {
		a, err = assignElement(a, index, value)
	}
	if err != nil {
		return datum.Datum{}, err
	}
	return datum.NewArray(a), nil
}
