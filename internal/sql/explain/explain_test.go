package explain_test

import (
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/sql/explain"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// semiPlan is a semi join of two rows under a limit.
func semiPlan() *phys.Plan {
	row := func(rows float64) phys.Node {
		n := &phys.Result{}
		n.Rows, n.Total, n.Width = rows, 0.01, 4
		return n
	}
	join := &phys.HashJoin{Kind: plan.JoinSemi, Binary: phys.Binary{Left: row(1), Right: row(2)}}
	join.Rows, join.Startup, join.Total = 1, 0.02, 0.05
	limit := &phys.Limit{Unary: phys.Unary{Input: join}}
	limit.Rows, limit.Total = 1, 0.05
	return &phys.Plan{Stmt: &plan.Statement{Meta: &plan.Metadata{}}, Root: limit}
}

// TestForms compares the forms of one plan; PostgreSQL prints such a tree so.
func TestForms(t *testing.T) {
	for _, c := range []struct {
		name string
		opts explain.Options
		want []string
	}{
		{"text", explain.Options{Costs: true}, []string{
			"Limit  (cost=0.00..0.05 rows=1 width=0)\n  ->  Hash Semi Join  (cost=0.02..0.05 rows=1 width=0)",
			"\n        ->  Result  (cost=0.00..0.01 rows=1 width=4)\n        ->  Hash  (cost=0.00..0.01 rows=2 width=4)\n              ->  Result",
		}},
		{"no costs", explain.Options{}, []string{"Limit\n  ->  Hash Semi Join\n"}},
		{"summary", explain.Options{Summary: true, PlanningMillis: 1.5}, []string{"\nPlanning Time: 1.500 ms"}},
		{"json", explain.Options{Format: explain.JSON, Costs: true}, []string{
			`"Node Type": "Limit"`, `"Parent Relationship": "Outer"`, `"Parent Relationship": "Inner"`, `"Plan Rows": 2`,
		}},
		{"yaml", explain.Options{Format: explain.YAML}, []string{"- Plan: \n    Node Type: \"Limit\"\n", "Node Type: \"Hash\""}},
		{"never run", explain.Options{Analyze: true}, []string{"Limit (never executed)"}},
	} {
		got := strings.Join(explain.Plan(semiPlan(), c.opts, nil), "\n")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, got)
			}
		}
	}
}
