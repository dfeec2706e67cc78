package phys

import (
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// Plan is a statement ready to be compiled by the executor.
type Plan struct {
	Stmt     *plan.Statement
	Root     Node
	Subplans map[*plan.Subquery]*Subplan
	CTEs     []*CTE
}

// Props is what every node has: the columns it produces and the estimates
// EXPLAIN prints.
type Props struct {
	Cols  []plan.ColID
	Types []types.T

	Rows    float64 // estimated rows
	Width   int     // estimated bytes a row
	Startup float64 // estimated cost to the first row
	Total   float64 // estimated cost to the last row
}

// Properties returns the node's own Props, to be read and, by the optimizer, set.
func (p *Props) Properties() *Props { return p }

// Node is a node of the physical plan.
type Node interface {
	Properties() *Props
	// Inputs returns the nodes it reads from, outer (left) first.
	Inputs() []Node
}

// SubplanMode is the way a subquery is run.
type SubplanMode uint8

// The ways to run a subquery.
const (
	InitPlan     SubplanMode = iota // uncorrelated: once per execution, when first needed
	Correlated                      // again for each row, with a memo of the last row's columns
	HashedProbe                     // uncorrelated ANY by equality: its rows hashed once, then probed
	Materialized                    // uncorrelated ANY/ALL: its rows kept once, then the test run over them
)

// Subplan is a subquery's own plan. Its Root produces the subquery's Columns
// (possibly among others).
type Subplan struct {
	Root   Node
	Mode   SubplanMode
	Number int // as EXPLAIN counts them, from 1
	// Params are the columns of enclosing rows its plan or Test refers to.
	Params []plan.ColID
	// ProbeKeys and HashCols are the equality pairs of a HashedProbe: the test is
	// ProbeKeys[i] = HashCols[i] for all i.
	ProbeKeys []plan.Expr
	HashCols  []plan.ColID
}

// CTE is a materialised common table expression; it is evaluated as its readers
// ask for rows. A CTE whose Root modifies data is run to its end in any case.
type CTE struct {
	Logical  *plan.CTE
	Name     string
	Root     Node
	Modifies bool
}

// Walk calls f for every node under n, n first; it does not enter subplans.
func Walk(n Node, f func(Node)) {
	if n == nil {
		return
	}
	f(n)
	for _, in := range n.Inputs() {
		Walk(in, f)
	}
}
