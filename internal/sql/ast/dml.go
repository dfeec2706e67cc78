package ast

// Overriding is INSERT's OVERRIDING clause.
type Overriding uint8

// The OVERRIDING clauses.
const (
	OverridingNone Overriding = iota
	OverridingUser
	OverridingSystem
)

// InsertStmt is INSERT. Query is nil for DEFAULT VALUES.
type InsertStmt struct {
	Pos        int
	With       *With
	Table      *RangeVar // its Alias is INSERT INTO t AS alias
	Columns    []*Target
	Overriding Overriding
	Query      *SelectStmt
	OnConflict *OnConflict
	Returning  []*Target
	Hints      string
}

// OnConflict is ON CONFLICT [target] DO NOTHING|UPDATE. Target columns and
// Constraint exclude one another; both are absent in a bare ON CONFLICT.
type OnConflict struct {
	Pos         int
	TargetPos   int // of the parenthesis or of ON CONSTRAINT
	Columns     []*IndexElem
	TargetWhere Expr
	Constraint  string
	DoUpdate    bool
	Set         []*Target
	Where       Expr
}

// UpdateStmt is UPDATE. A multi-column assignment gives one Target a column,
// with MultiAssign as Value.
type UpdateStmt struct {
	Pos       int
	With      *With
	Table     *RangeVar
	Set       []*Target
	From      []TableExpr
	Where     Expr // may be CurrentOf
	Returning []*Target
	Hints     string
}

// DeleteStmt is DELETE.
type DeleteStmt struct {
	Pos       int
	With      *With
	Table     *RangeVar
	Using     []TableExpr
	Where     Expr // may be CurrentOf
	Returning []*Target
	Hints     string
}

// MergeStmt is MERGE.
type MergeStmt struct {
	Pos    int
	With   *With
	Table  *RangeVar
	Source TableExpr
	On     Expr
	Whens  []*MergeWhen
	Hints  string
}

// MergeAction is what a MergeWhen does.
type MergeAction uint8

// The actions of MERGE.
const (
	MergeNothing MergeAction = iota
	MergeUpdate
	MergeDelete
	MergeInsert
)

// MergeWhen is WHEN [NOT] MATCHED [AND Cond] THEN action. An insert without
// Values is INSERT DEFAULT VALUES.
type MergeWhen struct {
	Pos        int
	Matched    bool
	Cond       Expr
	Action     MergeAction
	Set        []*Target
	Columns    []*Target
	Overriding Overriding
	Values     []Expr
}

// TruncateStmt is TRUNCATE.
type TruncateStmt struct {
	Pos             int
	Tables          []*RangeVar
	RestartIdentity bool
	Cascade         bool
}
