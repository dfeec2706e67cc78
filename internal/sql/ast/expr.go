package ast

// ConstKind is the lexical class of a literal.
type ConstKind uint8

// The classes of literals.
const (
	ConstNull   ConstKind = iota
	ConstBool             // Bool holds the value
	ConstInt              // fits in int4: Int holds the value
	ConstFloat            // any other number: Text as written
	ConstString           // Text holds the value
	ConstBit              // B'..' or X'..': Text begins with b or x, then the digits
)

// Const is a literal. A cast literal (date '2020-01-01') is a TypeCast of one.
type Const struct {
	Pos  int
	Kind ConstKind
	Bool bool
	Int  int32
	Text string
}

// ColumnRef is a possibly qualified name in an expression; with Star it ends in
// ".*" or is "*" alone (Fields empty). A name followed by subscripts is an
// Indirection over a ColumnRef.
type ColumnRef struct {
	Pos    int
	Fields []string
	Star   bool
}

// Param is $n.
type Param struct {
	Pos    int
	Number int
}

// Indirection applies field selections and subscripts to Arg: (x).f, a[1:2].
type Indirection struct {
	Pos   int
	Arg   Expr
	Steps []Step
}

// StepKind says what one step of an indirection does.
type StepKind uint8

// The kinds of indirection steps.
const (
	StepField StepKind = iota // .Field
	StepStar                  // .*
	StepIndex                 // [Low]
	StepSlice                 // [Low:High], either bound may be nil
)

// Step is one step of an Indirection or of an assignment target.
type Step struct {
	Kind  StepKind
	Field string
	Low   Expr
	High  Expr
}

// Op names an operator; Qual is the schema path of OPERATOR(schema.op).
type Op struct {
	Qual []string
	Name string
}

// OpExpr is a binary operator, or a prefix one when Left is nil.
type OpExpr struct {
	Pos   int
	Op    Op
	Left  Expr
	Right Expr
}

// BoolOp is AND, OR or NOT.
type BoolOp uint8

// The boolean connectives.
const (
	And BoolOp = iota
	Or
	Not
)

// BoolExpr is a connective; NOT has one argument, the others two or more (I3).
type BoolExpr struct {
	Pos  int
	Op   BoolOp
	Args []Expr
}

// AnyAll is Left op ANY|ALL (Right) where Right is an array expression; over a
// sub-select it is a SubLink.
type AnyAll struct {
	Pos   int
	Op    Op
	All   bool
	Left  Expr
	Right Expr
}

// DistinctFrom is Left IS [NOT] DISTINCT FROM Right.
type DistinctFrom struct {
	Pos   int
	Not   bool
	Left  Expr
	Right Expr
}

// NullIf is NULLIF(Left, Right).
type NullIf struct {
	Pos   int
	Left  Expr
	Right Expr
}

// InList is Left [NOT] IN (list); over a sub-select it is a SubLink.
type InList struct {
	Pos  int
	Not  bool
	Left Expr
	List []Expr
}

// LikeKind is the operator of a pattern match.
type LikeKind uint8

// The pattern match operators.
const (
	Like LikeKind = iota
	ILike
	SimilarTo
)

// LikeExpr is Left [NOT] LIKE|ILIKE|SIMILAR TO Pattern [ESCAPE Escape].
type LikeExpr struct {
	Pos     int
	Kind    LikeKind
	Not     bool
	Left    Expr
	Pattern Expr
	Escape  Expr // nil without ESCAPE
}

// Between is Arg [NOT] BETWEEN [SYMMETRIC] Low AND High.
type Between struct {
	Pos       int
	Not       bool
	Symmetric bool
	Arg       Expr
	Low       Expr
	High      Expr
}

// NullTest is Arg IS [NOT] NULL.
type NullTest struct {
	Pos int
	Not bool
	Arg Expr
}

// TruthValue is the right side of a BooleanTest.
type TruthValue uint8

// The truth values of SQL.
const (
	TruthTrue TruthValue = iota
	TruthFalse
	TruthUnknown
)

// BooleanTest is Arg IS [NOT] TRUE|FALSE|UNKNOWN.
type BooleanTest struct {
	Pos  int
	Not  bool
	Test TruthValue
	Arg  Expr
}

// SubLinkKind is the way a sub-select is used in an expression.
type SubLinkKind uint8

// The uses of a sub-select.
const (
	SubExists SubLinkKind = iota // EXISTS (q)
	SubScalar                    // (q)
	SubArray                     // ARRAY (q)
	SubIn                        // Test [NOT] IN (q)
	SubAny                       // Test op ANY (q)
	SubAll                       // Test op ALL (q)
)

// SubLink is a sub-select in an expression. Not is used with SubIn only.
type SubLink struct {
	Pos   int
	Kind  SubLinkKind
	Not   bool
	Test  Expr
	Op    Op
	Query *SelectStmt
}

// FuncSyntax tells a plain call from SQL's special forms, which PostgreSQL turns
// into calls of pg_catalog functions as well; printing uses it.
type FuncSyntax uint8

// The syntactic forms of function calls.
const (
	CallPlain      FuncSyntax = iota
	CallAtTimeZone            // timezone(zone, arg)
	CallExtract               // extract(field, arg); field is a string Const
	CallOverlay               // overlay(a, b, from [, for])
	CallPosition              // position(string, substring)
	CallSubstring             // substring(a, from [, for]) or substring(a, pattern, escape)
	CallSubstringSimilar
	CallTrimBoth  // btrim(string [, characters])
	CallTrimLead  // ltrim
	CallTrimTrail // rtrim
	CallOverlaps  // overlaps(a, b, c, d)
	CallNormalize // normalize(string [, form])
	CallIsNormalized
	CallCollationFor // pg_collation_for(arg)
	CallTreat        // TREAT(arg AS type): the type's own function
)

// FuncCall is a function call, an aggregate or a window function.
type FuncCall struct {
	Pos         int
	Name        []string
	Args        []Expr // may hold NamedArg
	Syntax      FuncSyntax
	Star        bool // f(*)
	Distinct    bool
	Variadic    bool // the last argument was written VARIADIC
	WithinGroup bool // OrderBy came in WITHIN GROUP (...)
	OrderBy     []*SortBy
	Filter      Expr
	Over        *WindowDef
}

// NamedArg is name => value in a call.
type NamedArg struct {
	Pos  int
	Name string
	Arg  Expr
}

// SQLValue is one of the functions written without parentheses.
type SQLValue uint8

// The functions written without parentheses. Those that take a precision hold
// it in SQLValueFunc.Precision, -1 when it was not given.
const (
	CurrentDate SQLValue = iota
	CurrentTime
	CurrentTimestamp
	LocalTime
	LocalTimestamp
	CurrentRole
	CurrentUser
	User
	SessionUser
	CurrentCatalog
	CurrentSchema
)

// SQLValueFunc is CURRENT_DATE, CURRENT_USER and so on.
type SQLValueFunc struct {
	Pos       int
	Value     SQLValue
	Precision int
}

// Coalesce is COALESCE(args).
type Coalesce struct {
	Pos  int
	Args []Expr
}

// MinMax is GREATEST(args), or LEAST(args).
type MinMax struct {
	Pos   int
	Least bool
	Args  []Expr
}

// Case is CASE [Arg] WHEN ... [ELSE Else] END.
type Case struct {
	Pos   int
	Arg   Expr
	Whens []*When
	Else  Expr
}

// When is one WHEN Cond THEN Result of a Case.
type When struct {
	Pos    int
	Cond   Expr
	Result Expr
}

// Row is a row constructor: ROW(...) when Explicit, else (a, b, ...).
type Row struct {
	Pos      int
	Explicit bool
	Args     []Expr
}

// Array is ARRAY[...]; inner dimensions are Arrays too, printed without ARRAY.
type Array struct {
	Pos   int
	Elems []Expr
}

// CastForm is how a cast was written.
type CastForm uint8

// The ways to write a cast.
const (
	CastColons  CastForm = iota // x::t
	CastCall                    // CAST(x AS t)
	CastLiteral                 // t 'x'; Pos is -1 and Arg a string Const, as in PostgreSQL
)

// TypeCast converts Arg to Type.
type TypeCast struct {
	Pos  int
	Form CastForm
	Arg  Expr
	Type *TypeName
}

// Collate is Arg COLLATE Name. Arg is nil in column definitions.
type Collate struct {
	Pos  int
	Arg  Expr
	Name []string
}

// GroupingFunc is GROUPING(args).
type GroupingFunc struct {
	Pos  int
	Args []Expr
}

// Default is the word DEFAULT in VALUES or SET.
type Default struct {
	Pos int
}

// CurrentOf is the condition WHERE CURRENT OF cursor.
type CurrentOf struct {
	Pos    int
	Cursor string
}

// GroupingSetKind is the form of a grouping set.
type GroupingSetKind uint8

// The forms of grouping sets.
const (
	GroupingEmpty GroupingSetKind = iota // ()
	GroupingRollup
	GroupingCube
	GroupingSets
)

// GroupingSet is an item of GROUP BY other than a plain expression. It occurs
// only in SelectStmt.GroupBy and nested in the Args of GROUPING SETS.
type GroupingSet struct {
	Pos  int
	Kind GroupingSetKind
	Args []Expr
}

// XMLExpr is one of the XML functions with a syntax of their own. DriftDB has no
// XML type; the node exists so that the binder can refuse it by name.
type XMLExpr struct {
	Pos  int
	Name string // "xmlelement", "xmlserialize", ...
	Text string // as written, from the name to the closing parenthesis
	Arg  Expr   // of IS [NOT] DOCUMENT, whose Name is "is document"
	Not  bool
}

// MultiAssign is one column's share of a multi-column assignment: field Column
// (from 1) of Columns in (a, b) = Source. Source is the same node for all.
type MultiAssign struct {
	Pos     int
	Source  Expr
	Column  int
	Columns int
}

// TypeName is a type as written. Names are those PostgreSQL resolves: the
// keywords of SQL's own types become pg_catalog names (INTEGER is
// pg_catalog.int4, CHAR(n) pg_catalog.bpchar). Typmods of an interval are the
// field mask and the precision, as PostgreSQL keeps them.
type TypeName struct {
	Pos         int
	Names       []string
	Typmods     []Expr
	ArrayBounds []int // one per dimension, -1 when not given
	Setof       bool
	PctType     bool // name%TYPE
}
