package expr

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// Compiler turns bound expressions into nodes and hands out their slots. One
// compiler serves a whole statement, so that one Ctx fits all of its nodes. It
// belongs to one goroutine; the nodes it makes do not refer to it.
type Compiler struct {
	// Subquery compiles a subquery of an expression over scope; nil refuses them.
	Subquery func(q *plan.Subquery, scope *Scope) (Node, error)

	sizes   Sizes
	outers  map[plan.ColID]int
	holders []holder // of the enclosing CASE arguments and array elements, innermost last
	fold    *Ctx
	early   []Node
	unsure  int // enclosing branches that the parameters may make unreachable
}

// holder is where the placeholders for a value find it: in a slot, or here when
// it is a constant.
type holder struct {
	slot  int
	known *constant
}

// NewCompiler returns a compiler that folds constants with b's settings.
func NewCompiler(b *builtin.Context) *Compiler {
	return &Compiler{outers: map[plan.ColID]int{}, fold: NewCtx(b, Sizes{}, nil)}
}

// Sizes returns what a Ctx for the nodes made so far needs.
func (comp *Compiler) Sizes() Sizes { return comp.sizes }

// NewSlot returns a new slot of scratch space.
func (comp *Compiler) NewSlot() int {
	comp.sizes.slots++
	return comp.sizes.slots - 1
}

// DeclareOuter gives a column of an enclosing row its place in Ctx.Outer.
// Expressions may refer only to columns of their scope and declared ones.
func (comp *Compiler) DeclareOuter(id plan.ColID) int {
	if slot, ok := comp.outers[id]; ok {
		return slot
	}
	comp.outers[id] = comp.sizes.outer
	comp.sizes.outer++
	return comp.sizes.outer - 1
}

// level says how often an expression's value can change.
type level uint8

const (
	fixed   level = iota // known when compiled
	perBind              // known from the parameters
	perRun               // the same within one execution
	perRow               // depends on the row, or volatile
)

// Early returns the nodes that depend on nothing but parameters and are reached
// whatever the rows are. Their errors belong to the start of an execution, as
// PostgreSQL plans with the parameters' values and computes what it can.
func (comp *Compiler) Early() []Node { return comp.early }

// branch compiles an expression that others before it may make unreachable. When
// one of these is known from the parameters alone, that may happen before anything
// is computed; for all others it is computed early as if it were reached.
func (comp *Compiler) branch(e plan.Expr, scope *Scope, before levels) (Node, level, error) {
	if before.has(perBind) {
		comp.unsure++
		defer func() { comp.unsure-- }()
	}
	return comp.expr(e, scope)
}

// levels is a set of levels.
type levels uint8

func (s *levels) add(l level)     { *s |= 1 << l }
func (s levels) has(l level) bool { return s&(1<<l) != 0 }

// Compile compiles e for rows of scope.
func (comp *Compiler) Compile(e plan.Expr, scope *Scope) (Node, error) {
	n, _, err := comp.expr(e, scope)
	return n, err
}

// CompileAll compiles a list.
func (comp *Compiler) CompileAll(list []plan.Expr, scope *Scope) ([]Node, error) {
	nodes := make([]Node, len(list))
	for i, e := range list {
		n, err := comp.Compile(e, scope)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

// expr compiles a node and folds it when nothing in it can change.
func (comp *Compiler) expr(e plan.Expr, scope *Scope) (Node, level, error) {
	n, lv, err := comp.node(e, scope)
	if err != nil {
		return nil, perRow, err
	}
	switch n.(type) {
	case rowless, *column, *placeholder:
		return n, lv, nil
	}
	switch lv {
	case fixed:
		comp.fold.grow(comp.sizes)
		d, err := n.Row(comp.fold, nil)
		switch {
		case err != nil && comp.unsure > 0:
			return &failing{n.Type(), err}, perBind, nil
		case err != nil:
			return nil, perRow, err
		}
		return comp.constant(n.Type(), d), fixed, nil
	case perBind:
		n = comp.Once(n)
		if comp.unsure == 0 {
			comp.early = append(comp.early, n)
		}
		return n, perBind, nil
	case perRun:
		return comp.Once(n), perRun, nil
	}
	return n, lv, nil
}

// Once returns a node with the value n has the first time it is needed in an
// execution. n must not look at its row.
func (comp *Compiler) Once(n Node) Node {
	comp.sizes.once++
	return &once{arg: n, id: comp.sizes.once - 1, slot: comp.NewSlot()}
}

func (comp *Compiler) constant(t types.T, d datum.Datum) Node {
	return &constant{typ: t, value: d, slot: comp.NewSlot()}
}

func (comp *Compiler) list(es []plan.Expr, scope *Scope) ([]Node, level, error) {
	nodes, lv := make([]Node, len(es)), fixed
	for i, e := range es {
		n, l, err := comp.expr(e, scope)
		if err != nil {
			return nil, perRow, err
		}
		nodes[i], lv = n, max(lv, l)
	}
	return nodes, lv, nil
}

func (comp *Compiler) node(e plan.Expr, scope *Scope) (Node, level, error) {
	switch e := e.(type) {
	case *plan.Const:
		return comp.constant(e.Type(), e.Value), fixed, nil
	case *plan.Param:
		return &param{e.Type(), e.Number, comp.NewSlot()}, perBind, nil
	case *plan.ColRef:
		return comp.colRef(e, scope)
	case *plan.FuncCall:
		return comp.call(e, scope)
	case *plan.BoolExpr:
		return comp.boolExpr(e, scope)
	case *plan.NullTest:
		n, lv, err := comp.expr(e.Arg, scope)
		if err != nil {
			return nil, lv, err
		}
		if e.ArgIsRow {
			return comp.apply(e.Type(), false, rowNullTest(e.Not), n), lv, nil
		}
		return &nullTest{n, e.Not, comp.NewSlot()}, lv, nil
	case *plan.BoolTest:
		n, lv, err := comp.expr(e.Arg, scope)
		return &boolTest{n, e.Test, e.Not, comp.NewSlot()}, lv, err
	case *plan.Case:
		return comp.caseExpr(e, scope)
	case *plan.CaseArg, *plan.ElemValue:
		return comp.holder(e)
	case *plan.Coalesce:
		return comp.coalesce(e, scope)
	case *plan.Relabel:
		return comp.relabel(e, scope)
	case *plan.Subquery:
		if comp.Subquery == nil {
			return nil, perRow, pgerr.New(pgcode.FeatureNotSupported, "cannot use subquery here")
		}
		n, err := comp.Subquery(e, scope)
		return n, perRow, err // an uncorrelated one comes wrapped by Once
	case *plan.SQLValueFunc:
		return comp.valueFunc(e)
	case *plan.NextVal:
		return comp.nextVal(e)
	}
	return comp.combined(e, scope)
}

func (comp *Compiler) apply(t types.T, strict bool, fn applyFunc, args ...Node) Node {
	return &apply{typ: t, args: args, fn: fn, strict: strict, slot: comp.NewSlot()}
}

func (comp *Compiler) colRef(e *plan.ColRef, scope *Scope) (Node, level, error) {
	if scope != nil {
		if ord, ok := scope.Ord(e.ID); ok {
			return &column{e.Type(), ord}, perRow, nil
		}
	}
	if id, ok := comp.outers[e.ID]; ok {
		return &outer{e.Type(), id, comp.NewSlot()}, perRow, nil
	}
	return nil, perRow, pgerr.Internal("column %d of the plan is not among its inputs", e.ID)
}

func (comp *Compiler) call(e *plan.FuncCall, scope *Scope) (Node, level, error) {
	args, lv, err := comp.list(e.Args, scope)
	if err != nil {
		return nil, lv, err
	}
	if e.Proc.Strict {
		// A strict call with a constant NULL is NULL: its other arguments are not
		// evaluated, so an error in them does not appear (simplify_function).
		for _, a := range args {
			if k, ok := a.(*constant); ok && k.value.IsNull() {
				return comp.constant(e.Type(), datum.Datum{}), fixed, nil
			}
		}
	}
	if e.Variadic && e.Proc.Variadic == types.Any {
		return comp.spread(e, args), max(lv, volatility(e.Proc)), nil
	}
	n, err := newCall(comp, e.Proc, e.Type(), args)
	if err != nil {
		return nil, lv, err
	}
	return n, max(lv, volatility(e.Proc)), nil
}

// spread calls a function of VARIADIC "any" whose last argument is an array: the
// elements become arguments of their own, as many as each row's array has.
func (comp *Compiler) spread(e *plan.FuncCall, args []Node) Node {
	last := len(args) - 1
	oids := make([]types.OID, last)
	for i := range oids {
		oids[i] = args[i].Type().OID
	}
	elem := types.ElemOf(args[last].Type().OID)
	return comp.apply(e.Type(), false, func(c *Ctx, values []datum.Datum) (datum.Datum, error) {
		if values[last].IsNull() {
			return datum.Datum{}, nil
		}
		list := values[last].Array().Elems
		all := append(append(make([]datum.Datum, 0, last+len(list)), values[:last]...), list...)
		typs := append(make([]types.OID, 0, len(all)), oids...)
		for range list {
			typs = append(typs, elem)
		}
		eval := e.Proc.For(typs, e.Type().OID)
		if eval == nil {
			return datum.Datum{}, pgerr.NotSupported("This PostgreSQL function is not built yet.", "function %s is not supported", Signature(e.Proc))
		}
		return eval(c.B, all)
	}, args...)
}

func volatility(p *builtin.Proc) level {
	switch p.Volatility {
	case 'i':
		return fixed
	case 's':
		return perRun
	}
	return perRow
}

// boolExpr drops arguments that cannot matter before it compiles those behind
// them, as PostgreSQL's simplification does, so that an error in a constant that
// is never reached does not appear.
func (comp *Compiler) boolExpr(e *plan.BoolExpr, scope *Scope) (Node, level, error) {
	if e.Op == ast.Not {
		n, lv, err := comp.expr(e.Args[0], scope)
		return &not{n, comp.NewSlot()}, lv, err
	}
	n, lv := &andOr{or: e.Op == ast.Or, slot: comp.NewSlot()}, fixed
	var before levels
	for _, a := range e.Args {
		arg, l, err := comp.branch(a, scope, before)
		if err != nil {
			return nil, perRow, err
		}
		if k, ok := arg.(*constant); ok && !k.value.IsNull() {
			if k.value.Bool() == n.or {
				return k, fixed, nil
			}
			continue
		}
		before.add(l)
		n.args, lv = append(n.args, arg), max(lv, l)
	}
	switch len(n.args) {
	case 0:
		return comp.constant(boolType, datum.NewBool(!n.or)), fixed, nil
	case 1:
		return n.args[0], lv, nil
	}
	return n, lv, nil
}

func (comp *Compiler) caseExpr(e *plan.Case, scope *Scope) (Node, level, error) {
	n, lv := &caseNode{typ: e.Type(), slot: comp.NewSlot(), hitSlot: comp.NewSlot()}, fixed
	if e.Arg != nil {
		arg, l, err := comp.expr(e.Arg, scope)
		if err != nil {
			return nil, perRow, err
		}
		n.argSlot, lv = comp.NewSlot(), l
		known, isConst := arg.(*constant)
		if !isConst {
			n.arg = arg
		}
		comp.holders = append(comp.holders, holder{n.argSlot, known})
		defer func() { comp.holders = comp.holders[:len(comp.holders)-1] }()
	}
	var before levels // of the conditions
	for _, w := range e.Whens {
		cond, cl, err := comp.branch(w.Cond, scope, before)
		if err != nil {
			return nil, perRow, err
		}
		k, known := cond.(*constant)
		if known && (k.value.IsNull() || !k.value.Bool()) {
			continue
		}
		if !known {
			before.add(cl)
		}
		result, rl, err := comp.branch(w.Result, scope, before)
		if err != nil {
			return nil, perRow, err
		}
		lv = max(lv, rl)
		if known {
			n.orElse = result
			break
		}
		lv = max(lv, cl)
		n.conds, n.results = append(n.conds, cond), append(n.results, result)
	}
	if n.orElse == nil {
		orElse, l, err := comp.branch(e.Else, scope, before)
		if err != nil {
			return nil, perRow, err
		}
		n.orElse, lv = orElse, max(lv, l)
	}
	if len(n.conds) == 0 {
		return n.orElse, lv, nil
	}
	return n, lv, nil
}

// holder compiles a placeholder for the innermost enclosing CASE argument or
// array element.
func (comp *Compiler) holder(e plan.Expr) (Node, level, error) {
	if len(comp.holders) == 0 {
		return nil, perRow, pgerr.Internal("placeholder outside of its expression")
	}
	h := comp.holders[len(comp.holders)-1]
	if h.known != nil {
		return comp.constant(e.Type(), h.known.value), fixed, nil
	}
	return &placeholder{e.Type(), h.slot}, perRow, nil
}

func (comp *Compiler) coalesce(e *plan.Coalesce, scope *Scope) (Node, level, error) {
	n, lv := &coalesce{typ: e.Type(), slot: comp.NewSlot()}, fixed
	var before levels
	for _, a := range e.Args {
		arg, l, err := comp.branch(a, scope, before)
		if err != nil {
			return nil, perRow, err
		}
		k, known := arg.(*constant)
		if known && k.value.IsNull() {
			continue
		}
		before.add(l)
		n.args, lv = append(n.args, arg), max(lv, l)
		if known {
			break
		}
	}
	switch len(n.args) {
	case 0:
		return comp.constant(e.Type(), datum.Datum{}), fixed, nil
	case 1:
		return n.args[0], lv, nil
	}
	return n, lv, nil
}

func (comp *Compiler) relabel(e *plan.Relabel, scope *Scope) (Node, level, error) {
	n, lv, err := comp.expr(e.Arg, scope)
	if err != nil {
		return nil, lv, err
	}
	have, want := n.Type().OID, e.Type().OID
	from, to := datum.KindOf(have), datum.KindOf(want)
	if k, ok := n.(*constant); ok {
		d := resigned(k.value, have, want)
		if from != to && !d.IsNull() && d.Kind() != to && stringKind(d.Kind()) && stringKind(to) {
			d = datum.NewOfKind(d.Str(), to)
		}
		return comp.constant(e.Type(), d), fixed, nil
	}
	if from != to && stringKind(from) && stringKind(to) {
		return comp.apply(e.Type(), true, retag(to), n), lv, nil
	}
	switch col, isColumn := n.(*column); {
	case signed(have) != signed(want) && from == datum.Int && to == datum.Int:
		return comp.apply(e.Type(), true, func(_ *Ctx, args []datum.Datum) (datum.Datum, error) {
			return resigned(args[0], have, want), nil
		}, n), lv, nil
	case have == want:
		return n, lv, nil
	case isColumn:
		return &column{e.Type(), col.ord}, lv, nil
	}
	// The value stays as it is, but functions may ask for its type.
	return retyped{n, e.Type()}, lv, nil
}

// retyped is a node under another type.
type retyped struct {
	Node
	typ types.T
}

func (n retyped) Type() types.T { return n.typ }

// signed tells whether the type of whole numbers has negative ones.
func signed(t types.OID) bool { return t == types.Int2 || t == types.Int4 || t == types.Int8 }

// resigned reads the 32 bits of an integer as an oid, or the other way round.
func resigned(d datum.Datum, from, to types.OID) datum.Datum {
	switch {
	case d.IsNull() || d.Kind() != datum.Int || signed(from) == signed(to):
		return d
	case signed(to):
		return datum.NewInt(int64(int32(d.Int())))
	}
	return datum.NewInt(int64(uint32(d.Int())))
}

func stringKind(k datum.Kind) bool {
	switch k {
	case datum.Text, datum.BPChar, datum.Bytea:
		return true
	}
	return false
}
