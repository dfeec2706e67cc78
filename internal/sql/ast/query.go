package ast

// SetOp is the operator of a compound query.
type SetOp uint8

// The set operators.
const (
	SetNone SetOp = iota
	Union
	Intersect
	Except
)

// SelectStmt is a query: a SELECT, a VALUES list (Values not nil), TABLE t
// (printed as SELECT * FROM t), or a set operation (SetOp not SetNone, with Left
// and Right). OrderBy, Limit, Offset, Locking and With belong to every form.
type SelectStmt struct {
	Pos  int // its first token, after any parentheses
	With *With

	SetOp SetOp
	All   bool
	Left  *SelectStmt
	Right *SelectStmt

	Values [][]Expr

	Distinct      bool
	DistinctOn    []Expr
	Targets       []*Target
	Into          *Into
	From          []TableExpr
	Where         Expr
	GroupDistinct bool
	GroupBy       []Expr
	Having        Expr
	Windows       []*WindowDef

	OrderBy  []*SortBy
	Limit    Expr // nil without LIMIT; a Null Const for LIMIT ALL
	Offset   Expr
	WithTies bool
	Locking  []*Locking

	Hints string // text of a /*+ ... */ comment after the first keyword
}

// Target is an item of a select list, of RETURNING, of an INSERT column list or
// of SET. In the first two Value is set and Name the alias if any; in a column
// list Name is set; in SET both are. Steps are the subscripts and fields after
// Name.
type Target struct {
	Pos   int
	Name  string
	Steps []Step
	Value Expr
}

// With is a WITH clause.
type With struct {
	Pos       int
	Recursive bool
	CTEs      []*CTE
}

// Materialize is the option of a common table expression.
type Materialize uint8

// The options of a common table expression.
const (
	MaterializeDefault Materialize = iota
	MaterializeAlways
	MaterializeNever
)

// CTE is name [(columns)] AS [[NOT] MATERIALIZED] (query).
type CTE struct {
	Pos         int
	Name        string
	Columns     []string
	Materialize Materialize
	Query       Stmt // SelectStmt, InsertStmt, UpdateStmt, DeleteStmt or MergeStmt
	Search      *CTESearch
	Cycle       *CTECycle
}

// CTESearch is SEARCH DEPTH|BREADTH FIRST BY columns SET column.
type CTESearch struct {
	Pos          int
	BreadthFirst bool
	Columns      []string
	SetColumn    string
}

// CTECycle is CYCLE columns SET mark [TO value DEFAULT default] USING path.
type CTECycle struct {
	Pos         int
	Columns     []string
	MarkColumn  string
	MarkValue   Expr // nil for TRUE
	MarkDefault Expr // nil for FALSE
	PathColumn  string
}

// Into is SELECT INTO's or CREATE TABLE AS's target.
type Into struct {
	Pos          int
	Table        *RangeVar
	Columns      []string
	AccessMethod string
	Options      []*Option
	OnCommit     OnCommit
	Tablespace   string
	WithNoData   bool
}

// SortDirection is ASC, DESC, or given by an operator.
type SortDirection uint8

// The directions of a sort.
const (
	SortDefault SortDirection = iota
	SortAsc
	SortDesc
	SortUsing // SortBy.Using
)

// NullsOrder is the NULLS option of a sort.
type NullsOrder uint8

// The places of nulls in a sort.
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// SortBy is an item of ORDER BY. Pos is the operator of USING, else -1.
type SortBy struct {
	Pos       int
	Expr      Expr
	Direction SortDirection
	Nulls     NullsOrder
	Using     Op
}

// LockStrength is the row lock of FOR ....
type LockStrength uint8

// The row locks, weakest first.
const (
	LockForKeyShare LockStrength = iota + 1
	LockForShare
	LockForNoKeyUpdate
	LockForUpdate
)

// LockWait says what to do about a row that is locked.
type LockWait uint8

// The waits.
const (
	LockBlock LockWait = iota
	LockSkip
	LockNowait
)

// Locking is one FOR UPDATE|... [OF tables] [NOWAIT|SKIP LOCKED].
type Locking struct {
	Pos      int
	Strength LockStrength
	Of       []*RangeVar
	Wait     LockWait
}

// WindowDef is a window: named in a WINDOW clause (Name), or given in OVER. OVER
// name sets Ref with Plain; OVER (name ...) sets Ref alone.
type WindowDef struct {
	Pos         int
	Name        string
	Ref         string
	Plain       bool
	PartitionBy []Expr
	OrderBy     []*SortBy
	Frame       *Frame // nil when not written
}

// FrameMode is the unit of a window frame.
type FrameMode uint8

// The units of a frame.
const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// FrameBoundKind is the form of a frame bound.
type FrameBoundKind uint8

// The forms of frame bounds.
const (
	UnboundedPreceding FrameBoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameExclude is the EXCLUDE option of a frame.
type FrameExclude uint8

// The exclusions. ExcludeNone also stands for EXCLUDE NO OTHERS.
const (
	ExcludeNone FrameExclude = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// FrameBound is one end of a frame; Offset is set for the two offset kinds.
type FrameBound struct {
	Kind   FrameBoundKind
	Offset Expr
}

// Frame is a frame clause. Without BETWEEN, End is CURRENT ROW.
type Frame struct {
	Pos     int
	Mode    FrameMode
	Between bool
	Start   FrameBound
	End     FrameBound
	Exclude FrameExclude
}

// Persistence is the word before TABLE.
type Persistence uint8

// The kinds of persistence.
const (
	Permanent Persistence = iota
	Temporary
	Unlogged
)

// RangeVar names a relation: in FROM, and wherever a statement names a table.
type RangeVar struct {
	Pos         int
	Catalog     string
	Schema      string
	Name        string
	Only        bool // ONLY t: without children
	Persistence Persistence
	Temporal    *Temporal
	Alias       *Alias
}

// Alias is [AS] name [(columns)].
type Alias struct {
	Pos     int
	Name    string
	Columns []string
}

// TemporalKind is the form of a temporal clause.
type TemporalKind uint8

// The forms of SQL:2011's system-time clause.
const (
	TemporalAsOf    TemporalKind = iota // AS OF From
	TemporalFromTo                      // FROM From TO To: To excluded
	TemporalBetween                     // BETWEEN From AND To: To included
	TemporalAll                         // ALL
)

// Temporal is FOR SYSTEM_TIME ... on one table reference, or the short AS OF.
type Temporal struct {
	Pos  int
	Kind TemporalKind
	From *Moment
	To   *Moment
}

// Moment is a point of the history: an expression of type timestamptz, or with
// Seq the commit sequence @SEQ:n, Expr then being a number Const or a Param.
type Moment struct {
	Pos  int
	Seq  bool
	Expr Expr
}

// RangeSubselect is a sub-select in FROM.
type RangeSubselect struct {
	Pos      int
	Lateral  bool
	Query    *SelectStmt
	Temporal *Temporal
	Alias    *Alias
}

// RangeFunction is a function in FROM, or with RowsFrom several of them.
type RangeFunction struct {
	Pos        int
	Lateral    bool
	RowsFrom   bool
	Ordinality bool
	Funcs      []*RangeFuncItem
	Alias      *Alias
	ColDefs    []*ColumnDef // AS [alias] (name type, ...)
}

// RangeFuncItem is one function of a RangeFunction. Func is any expression the
// grammar takes for a function: FuncCall, SQLValueFunc, Coalesce, TypeCast...
type RangeFuncItem struct {
	Func    Expr
	ColDefs []*ColumnDef // only within ROWS FROM
}

// RangeXMLTable is XMLTABLE(...) in FROM, kept as text: DriftDB has no XML.
type RangeXMLTable struct {
	Pos     int
	Lateral bool
	Text    string
	Alias   *Alias
}

// RangeSample is Table TABLESAMPLE method (args) [REPEATABLE (seed)].
type RangeSample struct {
	Pos        int
	Table      *RangeVar
	Method     []string
	Args       []Expr
	Repeatable Expr
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of joins. JoinCross is an inner join without condition.
const (
	JoinInner JoinKind = iota
	JoinLeft
	JoinRight
	JoinFull
	JoinCross
)

// JoinExpr is a join. Pos is that of its leftmost token. Alias is the alias of a
// parenthesized join.
type JoinExpr struct {
	Pos        int
	Kind       JoinKind
	Natural    bool
	Left       TableExpr
	Right      TableExpr
	Using      []string
	UsingAlias string
	On         Expr
	Alias      *Alias
}
