package bind

import (
	"strings"
	"sync"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// operatorFor resolves an operator by its operands' types; left is 0 for a
// prefix operator. It returns nil, and whether there were several, instead of
// failing. As oper() and left_oper().
func operatorFor(name string, left, right types.OID) (op *builtin.Operator, ambiguous bool) {
	exactLeft, exactRight := left, right
	if left != 0 {
		if left == types.Unknown && right != types.Unknown {
			exactLeft = right
		} else if right == types.Unknown && left != types.Unknown {
			exactRight = left
		}
	}
	set := operatorsNamed(name)
	if o := set.exact[operands{exactLeft, exactRight}]; o != nil {
		return o, false
	}
	actual, list := []types.OID{left, right}, set.binary
	if left == 0 {
		actual, list = actual[1:], set.prefix
	}
	list = coercible(actual, list)
	switch len(list) {
	case 0:
		return nil, false
	case 1:
		return list[0].op, false
	}
	if c := selectCandidate(actual, list); c != nil {
		return c.op, false
	}
	return nil, true
}

// operatorSet are the operators of one name, ready for resolution.
type operatorSet struct {
	exact          map[operands]*builtin.Operator
	binary, prefix []candidate
}

type operands struct{ left, right types.OID }

// operatorSets caches operatorSet by name; operators never change.
var operatorSets sync.Map

func operatorsNamed(name string) *operatorSet {
	if set, found := operatorSets.Load(name); found {
		return set.(*operatorSet)
	}
	set := &operatorSet{exact: map[operands]*builtin.Operator{}}
	for _, o := range builtin.OperatorsByName(name) {
		set.exact[operands{o.Left, o.Right}] = o
		if o.Left == 0 {
			set.prefix = append(set.prefix, candidate{op: o, args: []types.OID{o.Right}})
		} else {
			set.binary = append(set.binary, candidate{op: o, args: []types.OID{o.Left, o.Right}})
		}
	}
	if len(set.exact) > 0 { // names that are no operator's are not worth keeping
		operatorSets.Store(name, set)
	}
	return set
}

// findOperator is operatorFor with PostgreSQL's errors.
func (b *binder) findOperator(op ast.Op, left, right types.OID, pos int) *builtin.Operator {
	if n := len(op.Qual); n > 0 && !b.cat.HasSchema(op.Qual[n-1]) {
		b.failf(pos, pgcode.InvalidSchemaName, "schema %q does not exist", op.Qual[n-1])
	}
	if len(op.Qual) == 0 || op.Qual[len(op.Qual)-1] == "pg_catalog" {
		found, ambiguous := operatorFor(op.Name, left, right)
		if found != nil {
			return found
		}
		if ambiguous {
			b.fail(pgerr.New(pgcode.AmbiguousFunction, "operator is not unique: %s", signature(op, left, right)).
				WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.").At(bytePos(pos)))
		}
	}
	b.fail(noOperator(op, left, right).At(bytePos(pos)))
	return nil
}

func noOperator(op ast.Op, left, right types.OID) *pgerr.Error {
	hint := "No operator matches the given name and argument types. You might need to add explicit type casts."
	if left == 0 {
		hint = "No operator matches the given name and argument type. You might need to add an explicit type cast."
	}
	return pgerr.New(pgcode.UndefinedFunction, "operator does not exist: %s", signature(op, left, right)).WithHint("%s", hint)
}

func signature(op ast.Op, left, right types.OID) string {
	s := strings.Join(append(append([]string(nil), op.Qual...), op.Name), ".") + " " + typeText(right)
	if left != 0 {
		s = typeText(left) + " " + s
	}
	return s
}

// makeOp builds an operator call; left is nil for a prefix operator.
func (b *binder) makeOp(blk *block, op ast.Op, left, right plan.Expr, pos int) plan.Expr {
	lt := types.OID(0)
	args := []plan.Expr{right}
	if left != nil {
		lt = left.Type().OID
		args = []plan.Expr{left, right}
	}
	return b.callOperator(blk, b.findOperator(op, lt, right.Type().OID, pos), args, pos)
}

// callOperator builds a call of a known operator, converting its operands.
func (b *binder) callOperator(blk *block, o *builtin.Operator, args []plan.Expr, pos int) plan.Expr {
	declared := []types.OID{o.Left, o.Right}
	if len(args) == 1 {
		declared = declared[1:]
	}
	actual := exprTypes(args)
	result, err := enforceGenerics(actual, declared, o.Result)
	if err != nil {
		b.fail(err)
	}
	if o.Proc == nil {
		b.fail(noOperator(ast.Op{Name: o.Name}, o.Left, o.Right).At(bytePos(pos)))
	}
	b.requireBody(o.Proc, pos)
	call := &plan.FuncCall{
		Loc: plan.Loc(pos), Typ: plan.Typ(types.Of(result)), Proc: o.Proc, Op: o,
		Args: b.convertArgs(args, declared),
	}
	if o.Proc.RetSet {
		b.checkSetPlacement(blk, pos)
	}
	return call
}

// convertArgs converts arguments to the types a call needs, as make_fn_arguments.
func (b *binder) convertArgs(args []plan.Expr, declared []types.OID) []plan.Expr {
	out := make([]plan.Expr, len(args))
	for i, a := range args {
		out[i] = a
		if a.Type().OID != declared[i] {
			out[i] = b.coerce(a, types.Of(declared[i]), implicit, plan.ImplicitCast, -1)
		}
	}
	return out
}

func exprTypes(list []plan.Expr) []types.OID {
	out := make([]types.OID, len(list))
	for i, e := range list {
		out[i] = e.Type().OID
	}
	return out
}

// arrayOp builds left op ANY|ALL (right), as make_scalar_array_op.
func (b *binder) arrayOp(op ast.Op, all bool, left, right plan.Expr, pos int) plan.Expr {
	lt, at := left.Type().OID, right.Type().OID
	elem := types.Unknown
	if at != types.Unknown {
		if elem = types.ElemOf(at); elem == 0 || !isArray(at) {
			b.failf(pos, pgcode.WrongObjectType, "op ANY/ALL (array) requires array on right side")
		}
	}
	o := b.findOperator(op, lt, elem, pos)
	declared := []types.OID{o.Left, o.Right}
	result, err := enforceGenerics([]types.OID{lt, elem}, declared, o.Result)
	if err != nil {
		b.fail(err)
	}
	if result != types.Bool {
		b.failf(pos, pgcode.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	if o.Proc.RetSet {
		b.failf(pos, pgcode.WrongObjectType, "op ANY/ALL (array) requires operator not to return a set")
	}
	array := types.ArrayOf(declared[1])
	if at != types.Unknown && declared[1] == elem {
		array = at
	}
	if array == 0 {
		b.failf(pos, pgcode.UndefinedObject, "could not find array type for data type %s", typeText(declared[1]))
	}
	b.requireBody(o.Proc, pos)
	args := b.convertArgs([]plan.Expr{left, right}, []types.OID{declared[0], array})
	return &plan.ScalarArrayOp{Loc: plan.Loc(pos), Op: o, Proc: o.Proc, All: all, Left: args[0], Right: args[1]}
}

// hasBody reports whether a function can be run. Window functions of their own
// are the executor's.
func hasBody(p *builtin.Proc) bool {
	switch {
	case p.Kind == 'a':
		return p.Agg != nil
	case p.Kind == 'w':
		return true
	case p.RetSet:
		return p.Set != nil
	}
	return p.For(p.Args, p.Ret) != nil
}

// requireBody refuses functions that name resolution knows and nothing implements.
func (b *binder) requireBody(p *builtin.Proc, pos int) {
	if b.opts.AllowMissingBodies || p == nil {
		return
	}
	if hasBody(p) {
		return
	}
	names := make([]string, len(p.Args))
	for i, t := range p.Args {
		names[i] = typeText(t)
	}
	b.unsupported(pos, "This function of PostgreSQL is not built yet.", "function %s(%s) is not supported", p.Name, strings.Join(names, ", "))
}
