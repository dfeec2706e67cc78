package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// maxColumns is PostgreSQL's MaxTupleAttributeNumber.
const maxColumns = 1664

func (b *binder) row(blk *block, n *ast.Row) plan.Expr {
	row := &plan.RowExpr{Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.Of(types.Record)), Explicit: n.Explicit}
	for _, a := range n.Args {
		if ref, isRef := a.(*ast.ColumnRef); isRef && ref.Star {
			for _, t := range b.expandStar(blk, ref) {
				row.Fields = append(row.Fields, t.Expr)
			}
			continue
		}
		row.Fields = append(row.Fields, b.expr(blk, a))
	}
	if len(row.Fields) > maxColumns {
		b.failf(n.Pos, pgcode.TooManyColumns, "ROW expressions can have at most %d entries", maxColumns)
	}
	for i := range row.Fields {
		row.Names = append(row.Names, "f"+itoa(i+1))
	}
	return row
}

// rowFields tells the fields of a value of type record; nil when they are not known.
func (b *binder) rowFields(e plan.Expr) []field {
	switch e := e.(type) {
	case *plan.RowExpr:
		out := make([]field, len(e.Fields))
		for i, f := range e.Fields {
			out[i] = field{e.Names[i], f.Type()}
		}
		return out
	case *plan.ColRef:
		return b.shape[e.ID]
	case *plan.FuncCall:
		return outFields(e.Proc)
	case *plan.Subquery:
		if e.Kind == plan.SubqueryScalar {
			return b.shape[e.Columns[0]]
		}
	}
	return nil
}

// outFields are the columns of a function's result by its OUT parameters, nil
// when it has fewer than two.
func outFields(p *builtin.Proc) []field {
	if p.ArgModes == "" {
		return nil
	}
	var out []field
	for i, mode := range p.ArgModes {
		if mode != 'o' && mode != 't' && mode != 'b' {
			continue
		}
		name := ""
		if i < len(p.ArgNames) {
			name = p.ArgNames[i]
		}
		if name == "" {
			name = "column" + itoa(len(out)+1)
		}
		out = append(out, field{name, types.Of(p.AllArgs[i])})
	}
	if p.Ret != types.Record {
		return nil
	}
	return out
}

// rowOp compares two rows with one operator, as make_row_comparison_op.
func (b *binder) rowOp(blk *block, op ast.Op, left, right []plan.Expr, pos int) plan.Expr {
	if len(left) != len(right) {
		b.failf(pos, pgcode.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(left) == 0 {
		b.failf(pos, pgcode.FeatureNotSupported, "cannot compare rows of zero length")
	}
	calls := make([]*plan.FuncCall, len(left))
	for i := range left {
		calls[i] = b.makeOp(blk, op, left[i], right[i], pos).(*plan.FuncCall)
		if calls[i].Type().OID != types.Bool {
			b.failf(pos, pgcode.DatatypeMismatch, "row comparison operator must yield type boolean, not type %s", typeText(calls[i].Type().OID))
		}
		if calls[i].Proc.RetSet {
			b.failf(pos, pgcode.DatatypeMismatch, "row comparison operator must not return a set")
		}
	}
	if len(calls) == 1 {
		return calls[0]
	}
	common := strategies(calls[0].Op)
	for _, c := range calls[1:] {
		next := strategies(c.Op)
		common = slices.DeleteFunc(slices.Clone(common), func(s int) bool { return !slices.Contains(next, s) })
	}
	if len(common) == 0 {
		b.fail(newError(pgcode.FeatureNotSupported, "could not determine interpretation of row comparison operator %s", op.Name).
			WithHint("Row comparison operators must be associated with btree operator families.").At(bytePos(pos)))
	}
	args := make([]plan.Expr, len(calls))
	for i, c := range calls {
		args[i] = c
	}
	switch common[0] {
	case strategyEqual:
		return &plan.BoolExpr{Loc: plan.Loc(pos), Op: ast.And, Args: args}
	case strategyNotEqual:
		return &plan.BoolExpr{Loc: plan.Loc(pos), Op: ast.Or, Args: args}
	}
	cmp := &plan.RowCompare{Loc: plan.Loc(pos), Kind: rowKinds[common[0]]}
	for _, c := range calls {
		cmp.Ops = append(cmp.Ops, c.Op)
		cmp.Left = append(cmp.Left, c.Args[0])
		cmp.Right = append(cmp.Right, c.Args[1])
	}
	return cmp
}

var rowKinds = map[int]plan.RowCompareKind{
	strategyLess: plan.RowLT, strategyLessEqual: plan.RowLE, strategyGreaterEqual: plan.RowGE, strategyGreater: plan.RowGT,
}

// rowDistinct is IS DISTINCT FROM between rows: OR over the fields.
func (b *binder) rowDistinct(blk *block, n *ast.DistinctFrom, left, right []plan.Expr) plan.Expr {
	if len(left) != len(right) {
		b.failf(n.Pos, pgcode.SyntaxError, "unequal number of entries in row expressions")
	}
	var parts []plan.Expr
	for i := range left {
		parts = append(parts, b.makeDistinct(blk, left[i], right[i], false, n.Pos))
	}
	var e plan.Expr
	switch len(parts) {
	case 0:
		e = boolConst(false)
	case 1:
		e = parts[0]
	default:
		e = &plan.BoolExpr{Loc: plan.Loc(n.Pos), Op: ast.Or, Args: parts}
	}
	if n.Not {
		e = &plan.BoolExpr{Loc: plan.Loc(n.Pos), Op: ast.Not, Args: []plan.Expr{e}}
	}
	return e
}

// array binds ARRAY[...]. With a cast to an array type around it the elements are
// converted to that type's elements, which is how ARRAY[] gets one.
func (b *binder) array(blk *block, n *ast.Array, want types.T, cast bool) plan.Expr {
	out := &plan.ArrayExpr{Loc: plan.Loc(n.Pos)}
	var elems []plan.Expr
	for _, e := range n.Elems {
		if inner, nested := e.(*ast.Array); nested {
			elems = append(elems, b.array(blk, inner, want, cast))
			out.Multi = true
			continue
		}
		x := b.expr(blk, e)
		if types.IsArray(x.Type().OID) { // the vector types count as scalars here
			out.Multi = true
		}
		elems = append(elems, x)
	}
	var arrayType, elemType types.OID
	switch {
	case cast:
		arrayType = want.OID
		elemType = types.ElemOf(want.OID)
		if out.Multi {
			elemType = want.OID
		}
	case len(elems) == 0:
		b.fail(newError(pgcode.IndeterminateDatatype, "cannot determine type of empty array").
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[].").At(bytePos(n.Pos)))
	default:
		elemType = b.commonType(elems, "ARRAY")
		if out.Multi || types.IsArray(elemType) {
			arrayType, out.Multi = elemType, true
			if !isArray(elemType) {
				b.failf(n.Pos, pgcode.UndefinedObject, "could not find element type for data type %s", typeText(elemType))
			}
		} else if arrayType = types.ArrayOf(elemType); arrayType == 0 {
			b.failf(n.Pos, pgcode.UndefinedObject, "could not find array type for data type %s", typeText(elemType))
		}
	}
	for i, e := range elems {
		if !cast {
			elems[i] = b.toCommon(e, elemType, "ARRAY")
			continue
		}
		c := b.coerceToTarget(e, types.T{OID: elemType, Typmod: want.Typmod}, explicit, plan.ExplicitCast, exprPos(e))
		if c == nil {
			b.failf(exprPos(e), pgcode.CannotCoerce, "cannot cast type %s to %s", typeText(e.Type().OID), typeText(elemType))
		}
		elems[i] = c
	}
	out.Elems = elems
	out.Typ = plan.Typ(types.T{OID: arrayType, Typmod: arrayTypmod(elems)})
	return out
}

// arrayTypmod is the modifier that all elements share.
func arrayTypmod(elems []plan.Expr) int32 {
	if len(elems) == 0 {
		return -1
	}
	return commonTypmod(elems, elems[0].Type().OID)
}

func (b *binder) typeCast(blk *block, n *ast.TypeCast) plan.Expr {
	target := b.typeName(n.Type)
	var arg plan.Expr
	if a, literal := n.Arg.(*ast.Array); literal && isArray(target.OID) {
		arg = b.array(blk, a, target, true)
	} else {
		arg = b.expr(blk, n.Arg)
	}
	pos := n.Pos
	if pos < 0 {
		pos = n.Type.Pos
	}
	out := b.coerceToTarget(arg, target, explicit, plan.ExplicitCast, pos)
	if out == nil {
		b.failf(arg0(pos, exprPos(arg)), pgcode.CannotCoerce, "cannot cast type %s to %s", typeText(arg.Type().OID), typeText(target.OID))
	}
	return out
}

// arg0 is the position of a failed cast: where the cast was written.
func arg0(pos, arg int) int {
	if pos < 0 {
		return arg
	}
	return pos
}

// indirection binds (x).f, x[i] and their chains.
func (b *binder) indirection(blk *block, n *ast.Indirection) plan.Expr {
	e := b.expr(blk, n.Arg)
	for i := 0; i < len(n.Steps); {
		s := n.Steps[i]
		switch s.Kind {
		case ast.StepField:
			e = b.fieldSelect(blk, e, s.Field, n)
			i++
		case ast.StepStar:
			b.failf(n.Pos, pgcode.FeatureNotSupported, "row expansion via \"*\" is not supported here")
		default:
			j := i
			for j < len(n.Steps) && (n.Steps[j].Kind == ast.StepIndex || n.Steps[j].Kind == ast.StepSlice) {
				j++
			}
			e = b.subscript(blk, e, n.Steps[i:j])
			i = j
		}
	}
	return e
}

// fieldSelect is (x).name: a field of a row, or name(x).
func (b *binder) fieldSelect(blk *block, e plan.Expr, name string, n *ast.Indirection) plan.Expr {
	if c := b.columnOfRow(e, name); c != nil {
		return c
	}
	fields := b.rowFields(e)
	for i, f := range fields {
		if f.name == name {
			return &plan.FieldSelect{Loc: plan.Loc(n.Pos), Typ: plan.Typ(f.typ), Arg: e, Index: i, Name: name}
		}
	}
	if f := b.lookupFunction([]string{name}, []plan.Expr{e}, nil, false, n.Pos); f != nil && !f.ambiguous {
		c := &call{node: &ast.FuncCall{Pos: n.Pos, Name: []string{name}}, args: []plan.Expr{e}}
		if f.castTo == 0 && f.proc.Kind == 'f' {
			return b.finishCall(blk, c, f, nil)
		}
	}
	t := e.Type().OID
	switch {
	case t == types.Record && fields == nil:
		b.failf(exprPos(e), pgcode.UndefinedColumn, "could not identify column %q in record data type", name)
	case t == types.Record:
		if ref, isRef := e.(*plan.ColRef); isRef {
			b.failf(exprPos(e), pgcode.UndefinedColumn, "column %s.%s does not exist", b.meta.Column(ref.ID).Name, name)
		}
		b.failf(exprPos(e), pgcode.UndefinedColumn, "could not identify column %q in record data type", name)
	}
	b.failf(exprPos(e), pgcode.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", name, typeText(t))
	return nil
}

// columnOfRow is (t).name where t is a whole-row reference: the column itself.
func (b *binder) columnOfRow(e plan.Expr, name string) plan.Expr {
	ref, isRef := e.(*plan.ColRef)
	if !isRef {
		return nil
	}
	r := b.origin[ref.ID]
	if r == nil || r.wholeRow != ref.ID {
		return nil
	}
	for _, c := range r.cols {
		if c.name == name {
			return at(c.expr, ref.Position())
		}
	}
	return nil
}

// subscript binds a run of subscripts on an array or a jsonb.
func (b *binder) subscript(blk *block, e plan.Expr, steps []ast.Step) plan.Expr {
	t := e.Type().OID
	out := &plan.Subscript{Loc: plan.Loc(exprPos(e)), Arg: e}
	for _, s := range steps {
		out.Slice = out.Slice || s.Kind == ast.StepSlice
	}
	elem := types.ElemOf(t)
	if t != types.JSONB && elem == 0 {
		b.failf(exprPos(e), pgcode.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", typeText(t))
	}
	for _, s := range steps {
		b.subscriptStep(blk, out, s, t == types.JSONB)
	}
	switch {
	case t == types.JSONB:
		out.Typ = plan.Typ(types.Of(types.JSONB))
	case out.Slice:
		out.Typ = plan.Typ(e.Type())
	default:
		out.Typ = plan.Typ(types.T{OID: elem, Typmod: e.Type().Typmod})
	}
	return out
}

func (b *binder) subscriptStep(blk *block, out *plan.Subscript, s ast.Step, json bool) {
	bound := func(e ast.Expr) plan.Expr {
		if e == nil {
			return nil
		}
		x := b.expr(blk, e)
		if json {
			return b.jsonSubscript(x)
		}
		c := b.coerceToTarget(x, types.Of(types.Int4), assignment, plan.ImplicitCast, -1)
		if c == nil {
			b.failf(exprPos(x), pgcode.DatatypeMismatch, "array subscript must have type integer")
		}
		return c
	}
	if json && s.Kind == ast.StepSlice {
		b.failf(posOf(s.High, s.Low), pgcode.DatatypeMismatch, "jsonb subscript does not support slices")
	}
	if !out.Slice {
		out.High = append(out.High, bound(s.Low))
		return
	}
	if s.Kind == ast.StepIndex { // in a slice, [n] means [1:n]
		out.Low, out.High = append(out.Low, intConst(1, types.Int4)), append(out.High, bound(s.Low))
		return
	}
	out.Low, out.High = append(out.Low, bound(s.Low)), append(out.High, bound(s.High))
}

func posOf(list ...ast.Expr) int {
	for _, e := range list {
		if e != nil {
			return ast.Leftmost(e)
		}
	}
	return -1
}

// jsonSubscript converts a subscript of a jsonb to text or integer.
func (b *binder) jsonSubscript(e plan.Expr) plan.Expr {
	switch e.Type().OID {
	case types.Unknown:
		return b.textIfUnknown(e)
	case types.Int4, types.Text:
		return e
	}
	toInt, toText := canCoerce1(e.Type().OID, types.Int4, implicit), canCoerce1(e.Type().OID, types.Text, implicit)
	if toInt == toText {
		b.fail(newError(pgcode.DatatypeMismatch, "subscript type %s is not supported", typeText(e.Type().OID)).
			WithHint("jsonb subscript must be coercible to either integer or text.").At(bytePos(exprPos(e))))
	}
	target := types.Int4
	if toText {
		target = types.Text
	}
	return b.coerce(e, types.Of(target), implicit, plan.ImplicitCast, -1)
}
