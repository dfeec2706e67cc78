package expr_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

var colTypes = []types.OID{types.Int2, types.Int4, types.Int8, types.Float8, types.Numeric, types.Text, types.Bool, types.Date, types.Timestamp, types.Int4}

// generator makes random expressions over columns of colTypes.
type generator struct {
	rng *rand.Rand
	ops map[types.OID][]*builtin.Operator // by result
}

func newGenerator(seed uint64) *generator {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 1)), ops: map[types.OID][]*builtin.Operator{}}
	known := map[types.OID]bool{}
	for _, t := range colTypes {
		known[t] = true
	}
	for _, name := range []string{"=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"} {
		for _, o := range builtin.OperatorsByName(name) {
			if known[o.Left] && known[o.Right] && known[o.Result] && o.Proc != nil && o.Proc.Eval != nil {
				g.ops[o.Result] = append(g.ops[o.Result], o)
			}
		}
	}
	return g
}

func (g *generator) datum(t types.OID) datum.Datum {
	small := int64(g.rng.IntN(7) - 3)
	if g.rng.IntN(6) == 0 {
		return datum.Datum{}
	}
	big := g.rng.IntN(5) == 0
	switch t {
	case types.Int2:
		if big {
			return datum.NewInt(math.MaxInt16 - int64(g.rng.IntN(2)))
		}
		return datum.NewInt(small)
	case types.Int4:
		if big {
			return datum.NewInt(math.MinInt32 + int64(g.rng.IntN(2)))
		}
		return datum.NewInt(small)
	case types.Int8:
		if big {
			return datum.NewInt(math.MinInt64 + int64(g.rng.IntN(2)))
		}
		return datum.NewInt(small)
	case types.Float8:
		list := []float64{0, math.Copysign(0, -1), 1.5, -2, math.NaN(), math.Inf(1), 1e308, 1e-308}
		return datum.NewFloat(list[g.rng.IntN(len(list))])
	case types.Numeric:
		if big {
			return datum.NewNumeric(math.MaxInt64, 3)
		}
		return datum.NewNumeric(small*7, int16(g.rng.IntN(3)))
	case types.Text:
		return datum.NewText([]string{"", "a", "ab", "b"}[g.rng.IntN(4)])
	case types.Bool:
		return datum.NewBool(g.rng.IntN(2) == 0)
	case types.Date:
		return datum.NewDate(int32(small))
	}
	return datum.NewTimestamp(small * 86400e6)
}

func (g *generator) expr(t types.OID, depth int) plan.Expr {
	typ := plan.Typ(types.Of(t))
	if depth <= 0 || g.rng.IntN(8) == 0 {
		if g.rng.IntN(3) > 0 {
			for range 20 {
				if i := g.rng.IntN(len(colTypes)); colTypes[i] == t {
					return &plan.ColRef{Typ: typ, ID: plan.ColID(i + 1)}
				}
			}
		}
		return &plan.Const{Typ: typ, Value: g.datum(t)}
	}
	if t == types.Bool && g.rng.IntN(2) == 0 {
		return g.boolean(depth)
	}
	switch g.rng.IntN(6) {
	case 0:
		c := &plan.Case{Typ: typ, Else: g.expr(t, depth-1)}
		for range 1 + g.rng.IntN(2) {
			c.Whens = append(c.Whens, plan.When{Cond: g.expr(types.Bool, depth-1), Result: g.expr(t, depth-1)})
		}
		return c
	case 1:
		return &plan.Coalesce{Typ: typ, Args: []plan.Expr{g.expr(t, depth-1), g.expr(t, depth-1)}}
	case 2:
		return &plan.MinMax{Typ: typ, Least: g.rng.IntN(2) == 0, Args: []plan.Expr{g.expr(t, depth-1), g.expr(t, depth-1)}}
	}
	if ops := g.ops[t]; len(ops) > 0 {
		o := ops[g.rng.IntN(len(ops))]
		return &plan.FuncCall{Typ: typ, Proc: o.Proc, Op: o, Args: []plan.Expr{g.expr(o.Left, depth-1), g.expr(o.Right, depth-1)}}
	}
	return g.expr(t, 0)
}

func (g *generator) boolean(depth int) plan.Expr {
	any := func() plan.Expr { return g.expr(colTypes[g.rng.IntN(len(colTypes))], depth-1) }
	cond := func() plan.Expr { return g.expr(types.Bool, depth-1) }
	switch g.rng.IntN(6) {
	case 0:
		return &plan.NullTest{Arg: any(), Not: g.rng.IntN(2) == 0}
	case 1:
		return &plan.BoolTest{Arg: cond(), Test: ast.TruthValue(g.rng.IntN(3)), Not: g.rng.IntN(2) == 0}
	case 2:
		return &plan.BoolExpr{Op: ast.Not, Args: []plan.Expr{cond()}}
	case 3:
		return &plan.BoolExpr{Op: ast.Or, Args: []plan.Expr{cond(), cond(), cond()}}
	}
	return &plan.BoolExpr{Op: ast.And, Args: []plan.Expr{cond(), cond()}}
}

// TestRowAndVecAgree compares the two ways to evaluate, on random expressions,
// batches and selections: the same values, and an error in one exactly when a
// selected row has one in the other.
func TestRowAndVecAgree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	g := newGenerator(seed)
	b := &builtin.Context{Ctx: context.Background(), Settings: pgfmt.Default()}
	ids, ts := make([]plan.ColID, len(colTypes)), make([]types.T, len(colTypes))
	for i, oid := range colTypes {
		ids[i], ts[i] = plan.ColID(i+1), types.Of(oid)
	}
	scope := expr.NewScope(ids, ts)
	failed := 0
	for n := range 6000 {
		e := g.expr(colTypes[g.rng.IntN(len(colTypes))], 1+g.rng.IntN(4))
		comp := expr.NewCompiler(b)
		node, err := comp.Compile(e, scope)
		if err != nil {
			continue // a constant part fails
		}
		filter := comp.NewSlot()
		c := expr.NewCtx(b, comp.Sizes(), nil)
		for range 3 {
			batch, sel := g.batch(ts)
			if !compareWays(t, c, node, batch, sel, filter) {
				t.Fatalf("seed %d, expression %d: %s", seed, n, describe(e))
			}
		}
		failed++
	}
	if failed < 3000 {
		t.Errorf("only %d expressions compiled", failed)
	}
}

func describe(e plan.Expr) string {
	m := &plan.Metadata{}
	for i, oid := range colTypes {
		m.Add(plan.ColumnMeta{Name: fmt.Sprint("c", i), Type: types.Of(oid)})
	}
	return plan.FormatExpr(m, e)
}

func (g *generator) batch(ts []types.T) (*vec.Batch, []int32) {
	rows := 1 + g.rng.IntN(80)
	b := &vec.Batch{Rows: rows}
	for _, t := range ts {
		v := vec.New(t, rows)
		for i := range rows {
			v.Set(i, g.datum(t.OID))
		}
		b.Cols = append(b.Cols, v)
	}
	if g.rng.IntN(2) == 0 {
		return b, nil
	}
	sel := []int32{}
	for i := range rows {
		if g.rng.IntN(2) == 0 {
			sel = append(sel, int32(i))
		}
	}
	if len(sel) == 0 {
		sel = append(sel, 0)
	}
	return b, sel
}

func compareWays(t *testing.T, c *expr.Ctx, node expr.Node, b *vec.Batch, sel []int32, filter int) bool {
	rows := sel
	if sel == nil {
		for i := range b.Rows {
			rows = append(rows, int32(i))
		}
	}
	want := make([]datum.Datum, b.Rows)
	row := make([]datum.Datum, len(b.Cols))
	var rowErr error
	for _, i := range rows {
		for k, v := range b.Cols {
			row[k] = v.Get(int(i))
		}
		d, err := node.Row(c, row)
		if err != nil {
			rowErr = err
			break
		}
		want[i] = d
	}
	v, err := node.Vec(c, b, sel)
	if (err == nil) != (rowErr == nil) {
		t.Errorf("row by row %v, batch %v", rowErr, err)
		return false
	}
	if err != nil {
		return pgerr.CodeOf(err) != "XX000"
	}
	for _, i := range rows {
		if got := v.Get(int(i)); !same(got, want[i]) {
			t.Errorf("row %d: batch %s, row by row %s", i, text(node.Type(), got), text(node.Type(), want[i]))
			return false
		}
	}
	if node.Type().OID != types.Bool {
		return true
	}
	hits, err := expr.Filter(c, node, filter, b, sel)
	if err != nil {
		t.Errorf("filter: %v", err)
		return false
	}
	k := 0
	for _, i := range rows {
		if !want[i].IsNull() && want[i].Bool() {
			if k >= len(hits) || hits[k] != i {
				t.Errorf("filter misses row %d", i)
				return false
			}
			k++
		}
	}
	return k == len(hits)
}

func same(a, b datum.Datum) bool {
	if a.Kind() == datum.Numeric && b.Kind() == datum.Numeric {
		return text(types.Of(types.Numeric), a) == text(types.Of(types.Numeric), b)
	}
	return datum.Equal(a, b)
}

func text(t types.T, d datum.Datum) string {
	if d.IsNull() {
		return "NULL"
	}
	return pgfmt.Text(t, d, pgfmt.Default())
}
