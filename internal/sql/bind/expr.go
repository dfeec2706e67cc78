package bind

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// exprIn binds an expression that stands in a given kind of place.
func (b *binder) exprIn(blk *block, e ast.Expr, kind exprKind) plan.Expr {
	old := blk.kind
	blk.kind = kind
	out := b.expr(blk, e)
	blk.kind = old
	return out
}

// condition binds a boolean expression; what is the clause's name in messages.
func (b *binder) condition(blk *block, e ast.Expr, kind exprKind, what string) plan.Expr {
	return b.toBoolean(b.exprIn(blk, e, kind), what)
}

// expr binds an expression.
func (b *binder) expr(blk *block, e ast.Expr) plan.Expr {
	switch e := e.(type) {
	case *ast.Const:
		return b.constant(e)
	case *ast.ColumnRef:
		return b.columnRef(blk, e)
	case *ast.Param:
		return b.params.reference(b, e)
	case *ast.Indirection:
		return b.indirection(blk, e)
	case *ast.OpExpr:
		return b.opExpr(blk, e)
	case *ast.BoolExpr:
		return b.boolExpr(blk, e)
	case *ast.AnyAll:
		left, right := b.expr(blk, e.Left), b.expr(blk, e.Right)
		return b.arrayOp(e.Op, e.All, left, right, e.Pos)
	case *ast.DistinctFrom:
		return b.distinctFrom(blk, e)
	case *ast.NullIf:
		return b.nullIf(blk, e)
	case *ast.InList:
		return b.inList(blk, e)
	case *ast.LikeExpr:
		return b.like(blk, e)
	case *ast.Between:
		return b.between(blk, e)
	case *ast.NullTest:
		return b.nullTest(blk, e)
	case *ast.BooleanTest:
		return b.booleanTest(blk, e)
	case *ast.SubLink:
		return b.subLink(blk, e)
	case *ast.FuncCall:
		return b.funcCall(blk, e)
	case *ast.SQLValueFunc:
		return b.sqlValue(e)
	case *ast.Coalesce:
		return b.coalesce(blk, e)
	case *ast.MinMax:
		return b.minMax(blk, e)
	case *ast.Case:
		return b.caseExpr(blk, e)
	}
	return b.exprRest(blk, e)
}

func (b *binder) exprRest(blk *block, e ast.Expr) plan.Expr {
	switch e := e.(type) {
	case *ast.Row:
		return b.row(blk, e)
	case *ast.Array:
		return b.array(blk, e, types.T{}, false)
	case *ast.TypeCast:
		return b.typeCast(blk, e)
	case *ast.Collate:
		return b.collate(blk, e)
	case *ast.GroupingFunc:
		return b.grouping(blk, e)
	case *ast.Default:
		b.failf(e.Pos, pgcode.SyntaxError, "DEFAULT is not allowed in this context")
	case *ast.NamedArg:
		b.failf(e.Pos, pgcode.SyntaxError, "named argument is not allowed in this context")
	case *ast.CurrentOf:
		b.unsupported(e.Pos, "Address the row by its key.", "WHERE CURRENT OF is not supported")
	case *ast.XMLExpr:
		b.unsupported(e.Pos, "The XML type is not supported.", "unsupported XML feature")
	case *ast.GroupingSet:
		b.failf(e.Pos, pgcode.SyntaxError, "grouping sets are not allowed in this context")
	case *ast.MultiAssign:
		b.failf(e.Pos, pgcode.SyntaxError, "multiple assignment is not allowed in this context")
	}
	b.fail(pgerr.Internal("unrecognized expression node %T", e))
	return nil
}

// constant binds a literal: integers take the smallest type that holds them,
// strings stay of unknown type.
func (b *binder) constant(n *ast.Const) plan.Expr {
	c := &plan.Const{Loc: plan.Loc(n.Pos)}
	switch n.Kind {
	case ast.ConstNull:
		c.Typ = plan.Typ(types.Of(types.Unknown))
	case ast.ConstBool:
		c.Typ, c.Value = plan.Typ(types.Of(types.Bool)), datum.NewBool(n.Bool)
	case ast.ConstInt:
		c.Typ, c.Value = plan.Typ(types.Of(types.Int4)), datum.NewInt(int64(n.Int))
	case ast.ConstFloat:
		if v, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			c.Typ, c.Value = plan.Typ(types.Of(types.Int8)), datum.NewInt(v)
			if v == int64(int32(v)) {
				c.Typ = plan.Typ(types.Of(types.Int4))
			}
			break
		}
		c.Typ, c.Value = plan.Typ(types.Of(types.Numeric)), b.inputAt(types.Of(types.Numeric), n.Text, n.Pos)
	case ast.ConstString:
		c.Typ, c.Value = plan.Typ(types.Of(types.Unknown)), datum.NewText(n.Text)
	case ast.ConstBit:
		b.unsupported(n.Pos, "Use bytea or text.", "bit string literals are not supported")
	}
	return c
}

func (b *binder) inputAt(t types.T, text string, pos int) datum.Datum {
	v, err := b.input(t, text)
	if err != nil {
		b.fail(pgerr.From(err).At(bytePos(pos)))
	}
	return v
}

func (b *binder) boolExpr(blk *block, n *ast.BoolExpr) plan.Expr {
	out := &plan.BoolExpr{Loc: plan.Loc(n.Pos), Op: n.Op}
	name := []string{"AND", "OR", "NOT"}[n.Op]
	for _, a := range n.Args {
		out.Args = append(out.Args, b.toBoolean(b.expr(blk, a), name))
	}
	return out
}

// opExpr binds an operator, rows on both sides being compared field by field.
func (b *binder) opExpr(blk *block, n *ast.OpExpr) plan.Expr {
	if n.Left == nil {
		return b.makeOp(blk, n.Op, nil, b.expr(blk, n.Right), n.Pos)
	}
	if _, rowLeft := n.Left.(*ast.Row); rowLeft {
		if sub, isSub := n.Right.(*ast.SubLink); isSub && sub.Kind == ast.SubScalar {
			c := *sub
			c.Test, c.Op, c.Pos = n.Left, n.Op, n.Pos
			return b.rowSubLink(blk, &c)
		}
		if _, rowRight := n.Right.(*ast.Row); rowRight {
			left, right := b.expr(blk, n.Left), b.expr(blk, n.Right)
			return b.rowOp(blk, n.Op, rowFieldsOf(left), rowFieldsOf(right), n.Pos)
		}
	}
	left := b.expr(blk, n.Left)
	right := b.expr(blk, n.Right)
	return b.makeOp(blk, n.Op, left, right, n.Pos)
}

func rowFieldsOf(e plan.Expr) []plan.Expr { return e.(*plan.RowExpr).Fields }

// distinctFrom binds IS DISTINCT FROM; with the word NULL on a side it is a test
// of the other for NULL.
func (b *binder) distinctFrom(blk *block, n *ast.DistinctFrom) plan.Expr {
	if isNullLiteral(n.Right) || isNullLiteral(n.Left) {
		other := n.Left
		if !isNullLiteral(n.Right) {
			other = n.Right
		}
		return b.nullTest(blk, &ast.NullTest{Pos: n.Pos, Arg: other, Not: !n.Not})
	}
	left, right := b.expr(blk, n.Left), b.expr(blk, n.Right)
	lrow, lok := left.(*plan.RowExpr)
	rrow, rok := right.(*plan.RowExpr)
	_, astLeft := n.Left.(*ast.Row)
	_, astRight := n.Right.(*ast.Row)
	if lok && rok && astLeft && astRight {
		return b.rowDistinct(blk, n, lrow.Fields, rrow.Fields)
	}
	return b.makeDistinct(blk, left, right, n.Not, n.Pos)
}

func isNullLiteral(e ast.Expr) bool {
	c, isConst := e.(*ast.Const)
	return isConst && c.Kind == ast.ConstNull
}

func (b *binder) makeDistinct(blk *block, left, right plan.Expr, not bool, pos int) plan.Expr {
	call := b.makeOp(blk, ast.Op{Name: "="}, left, right, pos).(*plan.FuncCall)
	if call.Type().OID != types.Bool {
		b.failf(pos, pgcode.DatatypeMismatch, "IS DISTINCT FROM requires = operator to yield boolean")
	}
	return &plan.DistinctFrom{Loc: plan.Loc(pos), Op: call.Op, Left: call.Args[0], Right: call.Args[1], Not: not}
}

func (b *binder) nullIf(blk *block, n *ast.NullIf) plan.Expr {
	left, right := b.expr(blk, n.Left), b.expr(blk, n.Right)
	call := b.makeOp(blk, ast.Op{Name: "="}, left, right, n.Pos).(*plan.FuncCall)
	if call.Type().OID != types.Bool {
		b.failf(n.Pos, pgcode.DatatypeMismatch, "NULLIF requires = operator to yield boolean")
	}
	return &plan.NullIf{Loc: plan.Loc(n.Pos), Typ: plan.Typ(call.Args[0].Type()), Op: call.Op, Left: call.Args[0], Right: call.Args[1]}
}

// inList binds IN (list): over plain values that convert to one type it is one
// test against an array, else a chain of OR; as transformAExprIn.
func (b *binder) inList(blk *block, n *ast.InList) plan.Expr {
	op := ast.Op{Name: "="}
	if n.Not {
		op.Name = "<>"
	}
	left := b.expr(blk, n.Left)
	var all, plain, rest []plan.Expr
	for _, item := range n.List {
		e := b.expr(blk, item)
		all = append(all, e)
		if hasColumns(b, blk, e) {
			rest = append(rest, e)
		} else {
			plain = append(plain, e)
		}
	}
	var parts []plan.Expr
	if _, isRow := left.(*plan.RowExpr); len(plain) > 1 && !isRow {
		common := b.commonType(append([]plan.Expr{left}, plain...), "")
		if array := types.ArrayOf(common); common != 0 && common != types.Record && array != 0 && b.allCoerce(plain, common) {
			elems := make([]plan.Expr, len(plain))
			for i, e := range plain {
				elems[i] = b.toCommon(e, common, "IN")
			}
			list := &plan.ArrayExpr{Loc: -1, Typ: plan.Typ(types.Of(array)), Elems: elems}
			parts = append(parts, b.arrayOp(op, n.Not, left, list, n.Pos))
		} else {
			rest = all
		}
	} else {
		rest = all
	}
	for _, e := range rest {
		lrow, lok := left.(*plan.RowExpr)
		rrow, rok := e.(*plan.RowExpr)
		var cmp plan.Expr
		if lok && rok {
			cmp = b.rowOp(blk, op, lrow.Fields, rrow.Fields, n.Pos)
		} else {
			cmp = b.makeOp(blk, op, left, e, n.Pos)
		}
		parts = append(parts, b.toBoolean(cmp, "IN"))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	kind := ast.Or
	if n.Not {
		kind = ast.And
	}
	return &plan.BoolExpr{Loc: plan.Loc(n.Pos), Op: kind, Args: parts}
}

func (b *binder) allCoerce(list []plan.Expr, target types.OID) bool {
	for _, e := range list {
		if !canCoerce1(e.Type().OID, target, implicit) {
			return false
		}
	}
	return true
}

// hasColumns reports whether e refers to a column of this very query level.
func hasColumns(b *binder, blk *block, e plan.Expr) bool {
	found := false
	plan.Walk(e, func(x plan.Expr) bool {
		if c, isCol := x.(*plan.ColRef); isCol && b.owner[c.ID-1] == blk {
			found = true
		}
		return !found
	})
	return found
}

// like binds a pattern match to PostgreSQL's operators and escape functions.
func (b *binder) like(blk *block, n *ast.LikeExpr) plan.Expr {
	names := [][2]string{{"~~", "!~~"}, {"~~*", "!~~*"}, {"~", "!~"}}
	op := ast.Op{Name: names[n.Kind][0]}
	if n.Not {
		op.Name = names[n.Kind][1]
	}
	pattern := n.Pattern
	if n.Kind == ast.SimilarTo {
		f := &ast.FuncCall{Pos: n.Pos, Name: []string{"pg_catalog", "similar_to_escape"}, Args: []ast.Expr{n.Pattern}}
		if n.Escape != nil {
			f.Args = append(f.Args, n.Escape)
		}
		pattern = f
	} else if n.Escape != nil {
		pattern = &ast.FuncCall{Pos: n.Pos, Name: []string{"pg_catalog", "like_escape"}, Args: []ast.Expr{n.Pattern, n.Escape}}
	}
	left := b.expr(blk, n.Left)
	return b.makeOp(blk, op, left, b.expr(blk, pattern), n.Pos)
}

// between expands BETWEEN as the grammar of PostgreSQL does.
func (b *binder) between(blk *block, n *ast.Between) plan.Expr {
	cmp := func(op string, x ast.Expr) ast.Expr {
		return &ast.OpExpr{Pos: n.Pos, Op: ast.Op{Name: op}, Left: n.Arg, Right: x}
	}
	and := func(x, y ast.Expr) ast.Expr {
		return &ast.BoolExpr{Pos: n.Pos, Op: ast.And, Args: []ast.Expr{x, y}}
	}
	or := func(x, y ast.Expr) ast.Expr {
		return &ast.BoolExpr{Pos: n.Pos, Op: ast.Or, Args: []ast.Expr{x, y}}
	}
	var e ast.Expr
	switch {
	case !n.Not && !n.Symmetric:
		e = and(cmp(">=", n.Low), cmp("<=", n.High))
	case n.Not && !n.Symmetric:
		e = or(cmp("<", n.Low), cmp(">", n.High))
	case !n.Not:
		e = or(and(cmp(">=", n.Low), cmp("<=", n.High)), and(cmp(">=", n.High), cmp("<=", n.Low)))
	default:
		e = and(or(cmp("<", n.Low), cmp(">", n.High)), or(cmp("<", n.High), cmp(">", n.Low)))
	}
	return b.expr(blk, e)
}

func (b *binder) nullTest(blk *block, n *ast.NullTest) plan.Expr {
	arg := b.expr(blk, n.Arg)
	return &plan.NullTest{Loc: plan.Loc(n.Pos), Arg: arg, Not: n.Not, ArgIsRow: arg.Type().OID == types.Record}
}

func (b *binder) booleanTest(blk *block, n *ast.BooleanTest) plan.Expr {
	name := "IS " + map[bool]string{true: "NOT "}[n.Not] + []string{"TRUE", "FALSE", "UNKNOWN"}[n.Test]
	return &plan.BoolTest{Loc: plan.Loc(n.Pos), Arg: b.toBoolean(b.expr(blk, n.Arg), name), Test: n.Test, Not: n.Not}
}

func (b *binder) sqlValue(n *ast.SQLValueFunc) plan.Expr {
	t := map[ast.SQLValue]types.OID{
		ast.CurrentDate: types.Date, ast.CurrentTime: types.TimeTZ, ast.CurrentTimestamp: types.TimestampTZ,
		ast.LocalTime: types.Time, ast.LocalTimestamp: types.Timestamp,
	}[n.Value]
	if t == 0 {
		t = types.Name
	}
	return &plan.SQLValueFunc{Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.T{OID: t, Typmod: int32(min(n.Precision, 6))}), Func: n.Value}
}

// noSets refuses set-returning functions met since the count was taken.
func (b *binder) noSets(blk *block, before int, what string) {
	if blk.sets != before {
		b.fail(pgerr.NotSupported("You might be able to move the set-returning function into a LATERAL FROM item.",
			"set-returning functions are not allowed in %s", what).At(bytePos(blk.lastSet)))
	}
}

func (b *binder) coalesce(blk *block, n *ast.Coalesce) plan.Expr {
	before := blk.sets
	args := b.exprs(blk, n.Args)
	common, args := b.unify(args, "COALESCE")
	b.noSets(blk, before, "COALESCE")
	return &plan.Coalesce{Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.T{OID: common, Typmod: commonTypmod(args, common)}), Args: args}
}

func (b *binder) exprs(blk *block, list []ast.Expr) []plan.Expr {
	out := make([]plan.Expr, len(list))
	for i, e := range list {
		out[i] = b.expr(blk, e)
	}
	return out
}

func (b *binder) minMax(blk *block, n *ast.MinMax) plan.Expr {
	what := "GREATEST"
	if n.Least {
		what = "LEAST"
	}
	common, args := b.unify(b.exprs(blk, n.Args), what)
	return &plan.MinMax{Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.T{OID: common, Typmod: commonTypmod(args, common)}), Least: n.Least, Args: args}
}

// caseExpr binds CASE. In the simple form the tested value is bound once and
// compared through CaseArg.
func (b *binder) caseExpr(blk *block, n *ast.Case) plan.Expr {
	before := blk.sets
	out := &plan.Case{Loc: plan.Loc(n.Pos), ElseWritten: n.Else != nil}
	var arg plan.Expr
	if n.Arg != nil {
		out.Arg = b.textIfUnknown(b.expr(blk, n.Arg))
		arg = &plan.CaseArg{Loc: plan.Loc(exprPos(out.Arg)), Typ: plan.Typ(out.Arg.Type())}
	}
	results := []plan.Expr{nil}
	for _, w := range n.Whens {
		var cond plan.Expr
		if arg != nil {
			cond = b.makeOp(blk, ast.Op{Name: "="}, arg, b.expr(blk, w.Cond), w.Pos)
		} else {
			cond = b.expr(blk, w.Cond)
		}
		out.Whens = append(out.Whens, plan.When{Cond: b.toBoolean(cond, "CASE/WHEN")})
		results = append(results, b.expr(blk, w.Result))
	}
	if n.Else != nil {
		results[0] = b.expr(blk, n.Else)
	} else {
		results[0] = nullConst(types.Of(types.Unknown), -1)
	}
	common := b.commonType(results, "CASE")
	out.Else = b.toCommon(results[0], common, "CASE/ELSE")
	all := []plan.Expr{out.Else}
	for i := range out.Whens {
		out.Whens[i].Result = b.toCommon(results[i+1], common, "CASE/WHEN")
		all = append(all, out.Whens[i].Result)
	}
	b.noSets(blk, before, "CASE")
	if !out.ElseWritten {
		all = all[1:] // the modifier is that of the written results when NULL is supplied
		if commonTypmod(all, common) != -1 {
			all = append(all, out.Else)
		}
	}
	out.Typ = plan.Typ(types.T{OID: common, Typmod: commonTypmod(all, common)})
	return out
}

// textIfUnknown turns a value of unknown type into text.
func (b *binder) textIfUnknown(e plan.Expr) plan.Expr {
	if e.Type().OID != types.Unknown {
		return e
	}
	return b.coerce(e, types.Of(types.Text), implicit, plan.ImplicitCast, -1)
}

// collate accepts the collations that are all we have: bytewise comparison.
func (b *binder) collate(blk *block, n *ast.Collate) plan.Expr {
	arg := b.expr(blk, n.Arg)
	b.checkCollation(n)
	if info := types.Lookup(arg.Type().OID); arg.Type().OID != types.Unknown && (info == nil || info.Collation == 0 && info.Category != 'A') {
		b.failf(n.Pos, pgcode.DatatypeMismatch, "collations are not supported by type %s", typeText(arg.Type().OID))
	}
	return arg
}

// checkCollation refuses collations other than "C", "POSIX" and the default.
func (b *binder) checkCollation(n *ast.Collate) {
	name := n.Name[len(n.Name)-1]
	switch name {
	case "C", "POSIX", "default", "ucs_basic":
		return
	}
	full := strings.Join(n.Name, ".")
	if strings.Contains(name, "_") || strings.Contains(name, "-x-icu") {
		b.unsupported(n.Pos, `Text compares bytewise: use COLLATE "C".`, "collation %q is not supported", full)
	}
	b.failf(n.Pos, pgcode.UndefinedObject, "collation %q for encoding %q does not exist", full, "UTF8")
}
