package bind

import (
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// maxArgs is PostgreSQL's FUNC_MAX_ARGS.
const maxArgs = 100

// aggInfo is what pg_aggregate says beyond pg_proc.
type aggInfo struct {
	kind   byte // n normal, o ordered set, h hypothetical set
	direct int
}

var aggInfos = loadAggInfos()

func loadAggInfos() map[uint32]aggInfo {
	m := map[uint32]aggInfo{}
	for _, r := range pgdata.Load("pg_aggregate").Rows {
		m[r.OID("aggfnoid")] = aggInfo{r.Text("aggkind")[0], int(r.Int("aggnumdirectargs"))}
	}
	return m
}

// callee is the outcome of looking a function up.
type callee struct {
	candidate
	castTo    types.OID // not 0: the call is a cast, f(x) for x::f
	ambiguous bool
}

// lookupFunction finds the function that a call means, as func_get_detail. It
// returns nil when there is none.
func (b *binder) lookupFunction(name []string, args []plan.Expr, argNames []string, expandVariadic bool, pos int) *callee {
	actual := exprTypes(args)
	list := b.functionCandidates(name, len(args), argNames, expandVariadic, pos)
	for i := range list {
		if slices.Equal(list[i].args[:len(actual)], actual) {
			return &callee{candidate: list[i]}
		}
	}
	if len(args) == 1 && len(argNames) == 0 {
		if target := castFunctionType(name); target != 0 && isCastCall(actual[0], target) {
			return &callee{castTo: target}
		}
	}
	list = coercible(actual, list)
	switch len(list) {
	case 0:
		return nil
	case 1:
		return &callee{candidate: list[0]}
	}
	if c := selectCandidate(actual, list); c != nil {
		return &callee{candidate: *c}
	}
	return &callee{ambiguous: true}
}

// castFunctionType returns the type that a function name names, or 0.
func castFunctionType(name []string) types.OID {
	if len(name) > 1 && name[len(name)-2] != "pg_catalog" {
		return 0
	}
	if info := types.ByName(name[len(name)-1]); info != nil {
		return info.OID
	}
	return 0
}

// isCastCall reports whether type(x) is taken for a cast of x.
func isCastCall(source, target types.OID) bool {
	if source == types.Unknown {
		return true
	}
	switch p, _ := findPath(target, source, explicit); p {
	case pathRelabel:
		return true
	case pathIO:
		return !(source == types.Record && category(target) == 'S')
	}
	return false
}

// functionCandidates lists the functions of a name that can take the arguments,
// as FuncnameGetCandidates.
func (b *binder) functionCandidates(name []string, nargs int, argNames []string, expandVariadic bool, pos int) []candidate {
	schema := ""
	if len(name) > 1 {
		schema = name[len(name)-2]
		if len(name) > 2 && name[0] != b.cat.Database() {
			b.failf(pos, pgcode.FeatureNotSupported, "cross-database references are not implemented: %s", strings.Join(name, "."))
		}
		if !b.cat.HasSchema(schema) {
			b.failf(pos, pgcode.InvalidSchemaName, "schema %q does not exist", schema)
		}
	}
	var list []candidate
	for _, p := range builtin.ProcsByName(name[len(name)-1]) {
		if schema != "" && p.Schema != schema || schema == "" && p.Schema != "pg_catalog" && !b.cat.InPath(p.Schema) {
			continue
		}
		if c, ok := callable(p, nargs, argNames, expandVariadic); ok {
			list = addCandidate(list, c, nargs)
		}
	}
	return list
}

// callable reports whether p can take so many arguments with such names, and how.
func callable(p *builtin.Proc, nargs int, argNames []string, expandVariadic bool) (candidate, bool) {
	c := candidate{proc: p, args: p.Args}
	if len(argNames) > 0 {
		if p.Variadic != 0 && expandVariadic {
			return c, false
		}
		order, ok := namedOrder(p, nargs, argNames)
		if !ok {
			return c, false
		}
		c.order, c.defaults = order, len(p.Args)-nargs
		c.args = make([]types.OID, len(order))
		for i, place := range order {
			c.args[i] = p.Args[place]
		}
		return c, true
	}
	variadic := len(p.Args) <= nargs && expandVariadic && p.Variadic != 0
	if len(p.Args) > nargs {
		if nargs+p.Defaults < len(p.Args) {
			return c, false
		}
		c.defaults = len(p.Args) - nargs
	}
	if len(p.Args) != nargs && !variadic && c.defaults == 0 {
		return c, false
	}
	if variadic {
		c.variadic = nargs - len(p.Args) + 1
		c.args = append([]types.OID(nil), p.Args[:len(p.Args)-1]...)
		for range c.variadic {
			c.args = append(c.args, p.Variadic)
		}
	}
	return c, true
}

// namedOrder finds the places of a call's arguments, the last of which are named:
// first those of the arguments as written, then those that take defaults.
func namedOrder(p *builtin.Proc, nargs int, argNames []string) ([]int, bool) {
	if len(p.ArgNames) == 0 || nargs > len(p.Args) {
		return nil, false
	}
	var inNames []string
	for i, n := range p.ArgNames {
		if p.ArgModes == "" || strings.IndexByte("ibv", p.ArgModes[i]) >= 0 {
			inNames = append(inNames, n)
		}
	}
	used := make([]bool, len(p.Args))
	var order []int
	for i := range nargs - len(argNames) {
		used[i] = true
		order = append(order, i)
	}
	for _, n := range argNames {
		place := slices.Index(inNames, n)
		if place < 0 || used[place] {
			return nil, false
		}
		used[place] = true
		order = append(order, place)
	}
	for i, u := range used {
		if !u {
			if i < len(p.Args)-p.Defaults {
				return nil, false
			}
			order = append(order, i)
		}
	}
	return order, true
}

// addCandidate adds c, keeping one of two that look the same to the call: the one
// that is not variadic, else the one with more arguments of its own.
func addCandidate(list []candidate, c candidate, nargs int) []candidate {
	if c.variadic == 0 && c.defaults == 0 && c.order == nil {
		for i, o := range list {
			if o.variadic > 0 && slices.Equal(o.args[:nargs], c.args[:nargs]) {
				list[i] = c
				return list
			}
		}
		return append(list, c)
	}
	for i, o := range list {
		if len(o.args) < nargs || !slices.Equal(o.args[:nargs], c.args[:nargs]) {
			continue
		}
		if c.variadic > 0 && (o.variadic == 0 || o.variadic <= c.variadic) {
			return list
		}
		if c.variadic > 0 {
			list[i] = c
			return list
		}
	}
	return append(list, c)
}

// call is a function call being bound.
type call struct {
	node     *ast.FuncCall
	args     []plan.Expr
	argNames []string
}

// funcCall binds a call of a function, aggregate or window function.
func (b *binder) funcCall(blk *block, n *ast.FuncCall) plan.Expr {
	c := &call{node: n}
	b.callArgs(blk, c)
	var filter plan.Expr
	if n.Filter != nil {
		filter = b.condition(blk, n.Filter, kindFilter, "FILTER")
	}
	expandVariadic := !n.Variadic
	f := b.lookupFunction(n.Name, c.args, c.argNames, expandVariadic, n.Pos)
	if f == nil || f.ambiguous {
		b.failFunction(c, f)
	}
	if f.castTo != 0 {
		b.checkPlain(c, filter, "is not an aggregate function")
		e := b.coerce(c.args[0], types.Of(f.castTo), explicit, plan.ExplicitCast, n.Pos)
		return e
	}
	return b.finishCall(blk, c, f, filter)
}

// callArgs binds a call's arguments; those of WITHIN GROUP follow the direct ones.
func (b *binder) callArgs(blk *block, c *call) {
	n := c.node
	blk.depthInFunction++
	for _, a := range n.Args {
		if named, isNamed := a.(*ast.NamedArg); isNamed {
			for _, other := range c.argNames {
				if other == named.Name {
					b.failf(named.Pos, pgcode.SyntaxError, "argument name %q used more than once", named.Name)
				}
			}
			c.argNames = append(c.argNames, named.Name)
			a = named.Arg
		} else if len(c.argNames) > 0 {
			b.failf(ast.Leftmost(a), pgcode.SyntaxError, "positional argument cannot follow named argument")
		}
		if row := b.expandStarArg(blk, a); row != nil {
			c.args = append(c.args, row)
			continue
		}
		c.args = append(c.args, b.expr(blk, a))
	}
	if n.WithinGroup {
		for _, o := range n.OrderBy {
			c.args = append(c.args, b.expr(blk, o.Expr))
		}
	}
	blk.depthInFunction--
	if len(c.args) > maxArgs {
		b.failf(n.Pos, pgcode.TooManyArguments, "cannot pass more than %d arguments to a function", maxArgs)
	}
}

// expandStarArg binds t.* as an argument: the row of t. It returns nil for
// anything else.
func (b *binder) expandStarArg(blk *block, e ast.Expr) plan.Expr {
	ref, isRef := e.(*ast.ColumnRef)
	if !isRef || !ref.Star || len(ref.Fields) == 0 {
		return nil
	}
	return b.wholeRow(blk, b.tableForStar(blk, ref), ref.Pos)
}

func (b *binder) failFunction(c *call, f *callee) {
	sig := funcSignature(c)
	pos := bytePos(c.node.Pos)
	if f != nil {
		b.fail(pgerr.New(pgcode.AmbiguousFunction, "function %s is not unique", sig).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts.").At(pos))
	}
	hint := "No function matches the given name and argument types. You might need to add explicit type casts."
	if len(c.node.OrderBy) > 1 && !c.node.WithinGroup {
		hint = "No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; " +
			"ORDER BY must appear after all regular arguments of the aggregate."
	}
	b.fail(pgerr.New(pgcode.UndefinedFunction, "function %s does not exist", sig).WithHint("%s", hint).At(pos))
}

func funcSignature(c *call) string {
	parts := make([]string, len(c.args))
	for i, a := range c.args {
		if k := i - (len(c.args) - len(c.argNames)); k >= 0 {
			parts[i] = c.argNames[k] + " => "
		}
		parts[i] += typeText(a.Type().OID)
	}
	return strings.Join(c.node.Name, ".") + "(" + strings.Join(parts, ", ") + ")"
}

// checkPlain refuses aggregate syntax in a call of something else.
func (b *binder) checkPlain(c *call, filter plan.Expr, why string) {
	n, name := c.node, strings.Join(c.node.Name, ".")
	wrong := func(what string) { b.failf(n.Pos, pgcode.WrongObjectType, "%s, but %s %s", what, name, why) }
	switch {
	case n.Star:
		wrong(name + "(*) specified")
	case n.Distinct:
		wrong("DISTINCT specified")
	case n.WithinGroup:
		wrong("WITHIN GROUP specified")
	case len(n.OrderBy) > 0:
		wrong("ORDER BY specified")
	case filter != nil:
		wrong("FILTER specified")
	case n.Over != nil:
		b.failf(n.Pos, pgcode.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	}
}

// finishCall builds the call of a function that was found.
func (b *binder) finishCall(blk *block, c *call, f *callee, filter plan.Expr) plan.Expr {
	n, p := c.node, f.proc
	name := strings.Join(n.Name, ".")
	switch p.Kind {
	case 'p':
		b.fail(pgerr.New(pgcode.WrongObjectType, "%s is a procedure", funcSignature(c)).
			WithHint("To call a procedure, use CALL.").At(bytePos(n.Pos)))
	case 'f':
		b.checkPlain(c, filter, "is not an aggregate function")
	case 'w':
		if n.Over == nil {
			b.failf(n.Pos, pgcode.WrongObjectType, "window function %s requires an OVER clause", name)
		}
		if n.WithinGroup {
			b.failf(n.Pos, pgcode.WindowingError, "window function %s cannot have WITHIN GROUP", name)
		}
	case 'a':
		b.checkAggSyntax(c, f, name)
	}
	args, declared := b.completeArgs(c, f)
	result, err := enforceGenerics(exprTypes(args), declared, p.Ret)
	if err != nil {
		b.fail(err)
	}
	args = b.convertArgs(args, declared)
	gathered := false
	if f.variadic > 0 && p.Variadic != types.Any {
		args, gathered = b.gather(args, f.variadic), true
	}
	if n.Variadic && p.Variadic == types.Any {
		if last := args[len(args)-1].Type().OID; !isArray(last) {
			b.failf(exprPos(args[len(args)-1]), pgcode.DatatypeMismatch, "VARIADIC argument must be an array")
		}
	}
	b.requireBody(p, n.Pos)
	switch {
	case n.Over != nil:
		return b.windowCall(blk, c, p, args, result, filter)
	case p.Kind == 'a':
		return b.aggregate(blk, c, p, args, result, filter)
	}
	if p.RetSet {
		b.checkSetPlacement(blk, n.Pos)
	}
	call := &plan.FuncCall{
		Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.Of(result)), Proc: p, Args: args,
		Variadic: n.Variadic && p.Variadic != 0, Gathered: gathered, Syntax: n.Syntax,
	}
	if f.order == nil {
		call.Defaults = f.defaults
	} else {
		call.Written, call.Named = f.order[:len(c.args)], len(c.argNames)
	}
	return call
}

// checkAggSyntax refuses WITHIN GROUP where it does not belong and its absence
// where it does.
func (b *binder) checkAggSyntax(c *call, f *callee, name string) {
	n := c.node
	info := aggInfos[f.proc.OID]
	switch info.kind {
	case 'n', 0:
		if n.WithinGroup {
			b.failf(n.Pos, pgcode.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
		}
		return
	case 'h':
		if !n.WithinGroup {
			break
		}
		b.unsupported(n.Pos, "Use the window function of the same name.", "hypothetical-set aggregate %s is not supported", name)
	}
	switch {
	case !n.WithinGroup:
		b.failf(n.Pos, pgcode.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
	case n.Over != nil:
		b.failf(n.Pos, pgcode.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name)
	case n.Distinct:
		b.failf(n.Pos, pgcode.FeatureNotSupported, "cannot use DISTINCT with WITHIN GROUP")
	case n.Variadic:
		b.failf(n.Pos, pgcode.FeatureNotSupported, "cannot use VARIADIC with WITHIN GROUP")
	}
}

// completeArgs puts named arguments in place and adds defaults. declared are the
// types the arguments must have, which the caller may change.
func (b *binder) completeArgs(c *call, f *callee) (args []plan.Expr, declared []types.OID) {
	args, declared = c.args, append([]types.OID(nil), f.args...)
	if f.defaults == 0 && f.order == nil {
		return args, declared
	}
	p := f.proc
	declared = append([]types.OID(nil), p.Args...)
	full := make([]plan.Expr, len(p.Args))
	for i, a := range c.args {
		place := i
		if f.order != nil {
			place = f.order[i]
		}
		full[place] = a
	}
	for i := range full {
		if full[i] == nil {
			full[i] = b.defaultArg(p, i, c.node.Pos)
		}
	}
	return full, declared
}

// defaultArg binds the default of argument i.
func (b *binder) defaultArg(p *builtin.Proc, i, pos int) plan.Expr {
	k := i - (len(p.Args) - len(p.DefaultArgs))
	if k < 0 || k >= len(p.DefaultArgs) {
		b.unsupported(pos, "Write every argument.", "defaults of function %s are not supported", p.Name)
	}
	e, err := parse.Expr(p.DefaultArgs[k])
	if err != nil {
		b.fail(pgerr.Internal("default of %s: %v", p.Name, err))
	}
	x := b.expr(&block{b: b, kind: kindOther}, e)
	return plan.Rewrite(x, func(e plan.Expr) plan.Expr { // the default's text is not the statement's
		if c, isConst := e.(*plan.Const); isConst {
			out := *c
			out.Loc = -1
			return &out
		}
		return e
	})
}

// gather makes an array of the last n arguments.
func (b *binder) gather(args []plan.Expr, n int) []plan.Expr {
	rest := args[len(args)-n:]
	array, err := arrayOf(rest[0].Type().OID)
	if err != nil {
		b.fail(err.At(bytePos(exprPos(rest[0]))))
	}
	list := append([]plan.Expr(nil), args[:len(args)-n]...)
	return append(list, &plan.ArrayExpr{
		Loc: plan.Loc(exprPos(rest[0])), Typ: plan.Typ(types.Of(array)), Elems: append([]plan.Expr(nil), rest...),
	})
}
