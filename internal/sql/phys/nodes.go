package phys

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// leaf is the part of nodes without inputs.
type leaf struct{}

// Inputs implements Node.
func (leaf) Inputs() []Node { return nil }

// Unary is the part of nodes with one input.
type Unary struct{ Input Node }

// Inputs implements Node.
func (u Unary) Inputs() []Node { return []Node{u.Input} }

// Binary is the part of nodes with two inputs.
type Binary struct{ Left, Right Node }

// Inputs implements Node.
func (b Binary) Inputs() []Node { return []Node{b.Left, b.Right} }

// Result produces one row without columns, or none when Cond (over no columns,
// nil for true) is not true.
type Result struct {
	Props
	leaf
	Cond plan.Expr
}

// Values produces one row per element of Rows.
type Values struct {
	Props
	leaf
	Rows [][]plan.Expr
}

// KeyOp is the comparison of an index condition.
type KeyOp uint8

// The comparisons of index conditions.
const (
	KeyEQ KeyOp = iota
	KeyLT
	KeyLE
	KeyGT
	KeyGE
	KeyAny    // column = ANY (array)
	KeyIsNull // column IS NULL; Value is nil
)

// KeyCond restricts key column Key (from 0) of the access path by Value, an
// expression of the column's own type without columns of the scan. Conditions on
// leading columns by KeyEQ, KeyAny and KeyIsNull come first, in key order, then at
// most two bounds on the next column. A NULL Value means that no row qualifies.
type KeyCond struct {
	Key   int
	Op    KeyOp
	Value plan.Expr
	Cond  plan.Expr // the condition as it was in the query, for EXPLAIN and re-checks
}

// Scan reads a table: all of it, by its clustering key or through an index.
// Cols of its Props correspond to Columns one by one. Filter is over them.
type Scan struct {
	Props
	leaf
	Table   *catalog.Table
	Alias   string
	Schema  string
	Columns []plan.ScanColumn
	Moment  plan.Moment

	// Index is the access path: nil for all rows in storage order. An index
	// without storage of its own is the clustering key.
	Index     *catalog.Index
	Keys      []KeyCond
	Backward  bool
	IndexOnly bool // the index holds every column in Columns
	// Unique reports that Keys fix all columns of a unique key by KeyEQ: at most
	// one row.
	Unique  bool
	Ordered bool // someone relies on the order: no parallel scan

	Filter plan.Expr
}

// VirtualScan reads a relation whose rows are computed from the catalog.
type VirtualScan struct {
	Props
	leaf
	Table   *catalog.Table
	Schema  string
	Alias   string
	Columns []plan.ScanColumn
	Moment  plan.Moment
	Filter  plan.Expr
}

// FunctionScan runs functions side by side; see plan.FunctionScan.
type FunctionScan struct {
	Props
	leaf
	Alias      string
	Funcs      []plan.FunctionItem
	Ordinality bool // the last column counts the rows
	Filter     plan.Expr
}

// CTEScan reads a materialised common table expression: column From[i] of it is
// Cols[i] here.
type CTEScan struct {
	Props
	leaf
	CTE    *CTE
	Alias  string
	From   []plan.ColID
	Filter plan.Expr
}

// WorkTableScan reads the last round's rows of Union.
type WorkTableScan struct {
	Props
	leaf
	CTE    *plan.CTE // the recursive one it belongs to
	Alias  string
	From   []plan.ColID // ColIDs of the RecursiveUnion
	Filter plan.Expr
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Props
	Unary
	Cond plan.Expr
}

// Project computes exactly Items, in the order of Cols.
type Project struct {
	Props
	Unary
	Items []plan.ProjectItem
}

// ProjectSet produces the input's columns and then those of Items, which may be
// set-returning calls.
type ProjectSet struct {
	Props
	Unary
	Items []plan.ProjectItem
}

// NestLoop joins by running Right for each row of Left, with the columns of Left
// that Right refers to as parameters. Kind is never right or full.
type NestLoop struct {
	Props
	Binary
	Kind plan.JoinKind
	On   plan.Expr // nil for none
	// Params are the columns of Left that Right refers to. Without any, Right is
	// read once and kept.
	Params []plan.ColID
}

// HashJoin joins on LeftKeys[i] = RightKeys[i], whose types hash alike, and On.
// The right input is hashed.
type HashJoin struct {
	Props
	Binary
	Kind      plan.JoinKind
	LeftKeys  []plan.Expr
	RightKeys []plan.Expr
	On        plan.Expr
	// Conds are the conditions the keys were made of, for EXPLAIN.
	Conds []plan.Expr
	// Ordered: somebody above relies on the rows coming in Left's order.
	Ordered bool
}

// MergeJoin joins two inputs sorted by LeftKeys and RightKeys, columns of theirs,
// in the directions of Keys.
type MergeJoin struct {
	Props
	Binary
	Kind      plan.JoinKind
	LeftKeys  []plan.SortKey
	RightKeys []plan.SortKey
	On        plan.Expr
	Conds     []plan.Expr
}

// Materialize keeps its input's rows so that it can be read again.
type Materialize struct {
	Props
	Unary
}

// Sort sorts its input; Prefix of its Keys are already in order (0: none known).
// With Top, a bigint expression, only that many first rows are wanted.
type Sort struct {
	Props
	Unary
	Keys   []plan.SortKey
	Prefix int
	Top    plan.Expr
	Skip   plan.Expr // rows added to Top: the OFFSET above
}

// Limit skips Offset rows and returns at most Count; see plan.Limit.
type Limit struct {
	Props
	Unary
	Count    plan.Expr
	Offset   plan.Expr
	WithTies bool
	Ties     []plan.SortKey
}

// Distinct keeps the first row of each combination of Keys. When Sorted, equal
// rows are neighbours.
type Distinct struct {
	Props
	Unary
	Keys   []plan.ColID
	On     bool
	Sorted bool
}

// AggStrategy is the way rows are brought together in groups.
type AggStrategy uint8

// The strategies of aggregation.
const (
	AggPlain  AggStrategy = iota // one group, no keys
	AggHashed                    // a hash table of groups
	AggSorted                    // the input is sorted by the keys
)

// Agg groups and aggregates; fields as in plan.GroupBy. Its Props.Cols are the
// key columns, Carry, the aggregates and the GROUPING calls, in this order.
type Agg struct {
	Props
	Unary
	Strategy  AggStrategy
	Keys      []plan.ColID
	Carry     []plan.ColID
	Sets      [][]int
	Aggs      []plan.AggItem
	Groupings []plan.GroupingItem
	Having    plan.Expr // over Props.Cols; nil for none
}

// Window computes window functions over an input sorted by PartitionBy and then
// OrderBy. It produces the input's columns and then those of Calls.
type Window struct {
	Props
	Unary
	PartitionBy []plan.ColID
	OrderBy     []plan.SortKey
	Frame       plan.Frame
	Calls       []plan.WindowItem
}

// Append is UNION ALL of its children: column Cols[i][j] of child i is column j.
type Append struct {
	Props
	Children  []Node
	ChildCols [][]plan.ColID
}

// Inputs implements Node.
func (a *Append) Inputs() []Node { return a.Children }

// SetOp is INTERSECT or EXCEPT, or UNION without ALL; see plan.SetOp.
type SetOp struct {
	Props
	Binary
	Kind      plan.SetOpKind
	All       bool
	LeftCols  []plan.ColID
	RightCols []plan.ColID
}

// RecursiveUnion; see plan.RecursiveUnion.
type RecursiveUnion struct {
	Props
	Binary
	CTE       *plan.CTE
	All       bool
	LeftCols  []plan.ColID
	RightCols []plan.ColID
}

// LockRows locks the rows its input is made of.
type LockRows struct {
	Props
	Unary
	Tables []plan.LockTable
}

// Insert, Update and Delete run the plan node of the same name over Input. Props
// describe the RETURNING columns, none without.
type Insert struct {
	Props
	Unary
	Op *plan.Insert
}

// Update changes rows; see Insert.
type Update struct {
	Props
	Unary
	Op *plan.Update
}

// Delete removes rows; see Insert.
type Delete struct {
	Props
	Unary
	Op *plan.Delete
}
