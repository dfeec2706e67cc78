package expr_test

import (
	"runtime"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// TestManyConstants compiles lists of expressions that fold: the memory for one
// must not grow with the number before it, as an INSERT may have thousands.
func TestManyConstants(t *testing.T) {
	var sum *builtin.Operator
	for _, o := range builtin.OperatorsByName("+") {
		if o.Left == types.Int4 && o.Right == types.Int4 {
			sum = o
		}
	}
	one := &plan.Const{Typ: plan.Typ(types.Of(types.Int4)), Value: datum.NewInt(1)}
	call := &plan.FuncCall{Typ: plan.Typ(types.Of(types.Int4)), Proc: sum.Proc, Args: []plan.Expr{one, one}}
	bytes := func(n int) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		comp := expr.NewCompiler(&builtin.Context{})
		for range n {
			node, err := comp.Compile(call, nil)
			if err != nil {
				t.Fatal(err)
			}
			if d, err := node.Row(nil, nil); err != nil || d.Int() != 2 {
				t.Fatal(d, err)
			}
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	}
	few, many := bytes(100), bytes(5000)
	if many > 3*few {
		t.Errorf("%.0f bytes an expression among 100, %.0f among 5000", few, many)
	}
}
