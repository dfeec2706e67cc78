package plan

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

// Rel is a node of the logical plan: it produces rows. Nodes are immutable once
// bound.
type Rel interface {
	// Columns returns the columns of the rows it produces. The order means
	// nothing; consumers find columns by ColID. The slice is read only.
	Columns() []ColID
	relNode()
}

// Result produces one row without columns: the input of SELECT 1.
type Result struct{}

// Values produces one row per element of Rows.
type Values struct {
	Rows [][]Expr
	Cols []ColID
}

// ScanColumn is a column a scan produces.
type ScanColumn struct {
	ID     ColID
	AttNum int16
}

// Scan reads a table's rows, now or at Moment.
type Scan struct {
	Table  *catalog.Table
	Alias  string
	Cols   []ScanColumn // every column of the table in order, then what else was named
	Moment Moment
}

// VirtualScan reads a relation whose rows are computed from the catalog; the
// descriptor has no storage.
type VirtualScan struct {
	Table  *catalog.Table
	Schema string
	Alias  string
	Cols   []ScanColumn
	Moment Moment
}

// MomentKind is the kind of a Moment.
type MomentKind uint8

// The kinds of moments.
const (
	Present     MomentKind = iota // as the transaction sees it
	AsOf                          // From
	FromTo                        // versions with start < To and end > From
	BetweenAnd                    // versions with start <= To and end > From
	AllVersions                   // every version
)

// Moment is when a table is read.
type Moment struct {
	Kind MomentKind
	From Instant
	To   Instant
}

// Instant is a point of the history. Expr is of type timestamptz, or bigint when
// Seq is set; it has no columns and no volatile functions. When Resolved, At is
// the commit it stood for when it was bound; when Fixed too, it always will and
// Expr need not be evaluated again.
type Instant struct {
	Expr     Expr
	Seq      bool
	Resolved bool
	Fixed    bool
	Null     bool   // it is NULL: no rows
	At       uint64 // greatest seq at or before it
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Input Rel
	Cond  Expr
}

// ProjectItem computes one column.
type ProjectItem struct {
	ID   ColID
	Expr Expr // a ColRef of the same ID passes the column through
}

// Project computes columns. With Extend the input's columns are produced too.
type Project struct {
	Input  Rel
	Items  []ProjectItem
	Extend bool
}

// ProjectSet computes set-returning functions: for each input row as many rows
// as the longest of its sets, the shorter ones padded with NULL. The input's
// columns are produced too.
type ProjectSet struct {
	Input Rel
	Items []ProjectItem
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of joins. Semi and Anti come from rewriting only.
const (
	JoinInner JoinKind = iota
	JoinLeft
	JoinRight
	JoinFull
	JoinSemi
	JoinAnti
)

// Join joins two relations. On is nil for a cross join. With Lateral the right
// side refers to columns of the left.
type Join struct {
	Kind    JoinKind
	Left    Rel
	Right   Rel
	On      Expr
	Lateral bool
}

// AggItem computes one aggregate.
type AggItem struct {
	ID   ColID
	Call *AggCall
}

// GroupingItem computes one GROUPING call; Keys are indexes of GroupBy.Keys.
type GroupingItem struct {
	ID   ColID
	Keys []int
}

// GroupBy groups rows by the values of Keys and computes aggregates. Without
// keys and sets there is exactly one group. Sets, when not nil, are grouping sets
// as indexes of Keys; a key that a set leaves out is NULL in its rows. KeyCols are
// the keys as produced, the same ColIDs as Keys without Sets. Carry are columns
// that depend on the keys (of a table whose primary key is among them): any row's
// value will do.
type GroupBy struct {
	Input     Rel
	Keys      []ColID
	KeyCols   []ColID
	Carry     []ColID
	Sets      [][]int
	Aggs      []AggItem
	Groupings []GroupingItem
}

// Frame is a window frame; its offsets are evaluated once.
type Frame struct {
	Mode    ast.FrameMode
	Start   ast.FrameBoundKind
	StartBy Expr
	End     ast.FrameBoundKind
	EndBy   Expr
	Exclude ast.FrameExclude
}

// WindowItem computes one window function.
type WindowItem struct {
	ID   ColID
	Call *WindowCall
}

// Window computes window functions that share one window. The input's columns
// are produced too.
type Window struct {
	Input       Rel
	PartitionBy []ColID
	OrderBy     []SortKey
	Frame       Frame
	Calls       []WindowItem
}

// SortKey is a column to sort by.
type SortKey struct {
	ID         ColID
	Desc       bool
	NullsFirst bool
}

// Sort sorts its input.
type Sort struct {
	Input Rel
	Keys  []SortKey
}

// Limit skips Offset rows and returns at most Count. Both are bigint expressions
// without columns of the input, or nil. WithTies also returns the rows equal to
// the last one in the order of Ties.
type Limit struct {
	Input    Rel
	Count    Expr
	Offset   Expr
	WithTies bool
	Ties     []SortKey
}

// Distinct keeps one row for each combination of Keys: of DISTINCT ON (On) the
// first in the input's order.
type Distinct struct {
	Input Rel
	Keys  []ColID
	On    bool
}

// SetOpKind is the kind of a set operation.
type SetOpKind uint8

// The kinds of set operations.
const (
	Union SetOpKind = iota
	Intersect
	Except
)

// SetOp combines two inputs column by column: LeftCols[i] and RightCols[i], of one
// type, make Cols[i].
type SetOp struct {
	Kind      SetOpKind
	All       bool
	Left      Rel
	Right     Rel
	LeftCols  []ColID
	RightCols []ColID
	Cols      []ColID
}

// CTE is a common table expression. Plan is evaluated at most once a statement
// execution unless it is inlined; for a recursive one it is a RecursiveUnion.
type CTE struct {
	Name        string
	Plan        Rel
	Cols        []ColID // Plan's columns that are its output
	Names       []string
	Recursive   bool
	Materialize ast.Materialize
	Refs        int // CTERefs to it in the plan
}

// With makes common table expressions known to Body. They may refer to those
// before them, and to nothing that is correlated but outer queries.
type With struct {
	CTEs []*CTE
	Body Rel
}

// CTERef reads a common table expression: From[i] of it is Cols[i] here.
type CTERef struct {
	CTE   *CTE
	Alias string
	From  []ColID
	Cols  []ColID
}

// RecursiveUnion evaluates Left, then Right again and again over the rows the
// last round gave, which a WorkTable in it reads, until there are none. Without
// All, rows seen before are dropped.
type RecursiveUnion struct {
	CTE       *CTE
	All       bool
	Left      Rel
	Right     Rel
	LeftCols  []ColID
	RightCols []ColID
	Cols      []ColID
}

// WorkTable reads the last round's rows of the recursive CTE it is in.
type WorkTable struct {
	CTE   *CTE
	Alias string
	From  []ColID
	Cols  []ColID
}

// FunctionItem is one function of a FunctionScan: Call is a FuncCall that may
// return a set, or any scalar expression. Cols are its columns; of a function
// that returns one composite value they are its fields.
type FunctionItem struct {
	Call  Expr
	Cols  []ColID
	Types []types.T
	// Fields is set when the value is a record to be split into Cols.
	Fields bool
}

// FunctionScan runs functions in FROM side by side, as many rows as the longest.
type FunctionScan struct {
	Alias      string
	Funcs      []FunctionItem
	Ordinality ColID // 0 without WITH ORDINALITY
}

// LockTable is a table whose rows a LockRows locks. One with Mark is not locked:
// when others have changed a locked row, and the query is evaluated again for it,
// that table gives the row it gave before.
type LockTable struct {
	Table    *catalog.Table
	RowID    ColID // AttRowID of its scan
	Strength ast.LockStrength
	Wait     ast.LockWait
	Mark     bool
}

// LockRows locks the rows its input is made of.
type LockRows struct {
	Input  Rel
	Tables []LockTable
}

// Assign gives column AttNum the value of Expr.
type Assign struct {
	AttNum int16
	Expr   Expr
}

// Check is a constraint of the table as a boolean expression over the row as it
// will be written; false is a violation, NULL is not.
type Check struct {
	Name string
	Expr Expr
}

// Insert writes rows. Values[i] is the input's column that becomes the table's
// column Attnums[i]: all live columns but generated ones, in order, defaults
// filled in and of the column's own type. Row are the ColIDs under which
// Generated, Checks and Returning see the row as written: Row[i] is Attnums[i],
// GeneratedCols the generated ones, and Extra what else Returning names of the
// row (pseudo-columns, the whole row).
type Insert struct {
	Table      *catalog.Table
	Input      Rel
	Attnums    []int16
	Values     []ColID
	Row        []ColID
	Generated  []Assign
	GenCols    []ColID
	Extra      []ScanColumn
	Checks     []Check
	OnConflict *OnConflict
	// ViewChecks are WITH CHECK OPTION conditions over Row.
	ViewChecks []Check
	Returning  []ProjectItem // nil without RETURNING
}

// OnConflict says what to do when a row of an Insert meets one in a unique index.
// Indexes are the arbiters, nil for any; Unmatched that the statement named one and
// there is none, which is an error when the rest of it has none. For DO UPDATE, Set and Where see the row
// that exists under Existing (Existing[i] is Insert.Attnums[i]'s column,
// ExistingExtra others) and the proposed one under Excluded.
type OnConflict struct {
	DoUpdate      bool
	Indexes       []uint32
	Unmatched     bool
	Existing      []ColID
	ExistingExtra []ScanColumn
	Excluded      []ColID
	Set           []Assign
	Where         Expr
}

// Update changes rows. Its input produces, for each row to change, the target's
// row id, its old values (through Target, the scan of the table, found in Input)
// and the new values: Set[i].ID is the input's column for Set[i].AttNum. Row are
// the ColIDs of the row as written, one for each of Attnums, as in Insert.
type Update struct {
	Table      *catalog.Table
	Input      Rel
	Target     *Scan
	RowID      ColID
	Attnums    []int16
	Old        []ColID // the old values in Input, as Attnums
	Set        []ScanColumn
	Row        []ColID
	Generated  []Assign
	GenCols    []ColID
	Extra      []ScanColumn
	Checks     []Check
	ViewChecks []Check
	Returning  []ProjectItem
	Marks      []LockTable // the other tables it is joined with
}

// Delete removes the rows whose RowID its input produces. Returning is over the
// input's columns.
type Delete struct {
	Table     *catalog.Table
	Input     Rel
	Target    *Scan
	RowID     ColID
	Attnums   []int16
	Old       []ColID
	Returning []ProjectItem
	Marks     []LockTable // the other tables it is joined with
}
