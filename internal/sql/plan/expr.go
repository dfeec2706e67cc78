package plan

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
)

// Expr is a bound scalar expression: its type is known and fixed. Expressions are
// immutable and may be shared.
type Expr interface {
	// Type returns the type of the value.
	Type() types.T
	// Position returns the byte offset in the statement that errors in this
	// expression point at, or -1.
	Position() int
	exprNode()
}

// Loc is the position part of an expression; -1 is unknown.
type Loc int

// Position implements Expr.
func (l Loc) Position() int { return int(l) }

func (Loc) exprNode() {}

// Typ is the type part of an expression that stores its type.
type Typ types.T

// Type implements Expr.
func (t Typ) Type() types.T { return types.T(t) }

// boolean is the type part of expressions that are always boolean.
type boolean struct{}

func (boolean) Type() types.T { return types.Of(types.Bool) }

// Const is a value known when the statement is bound.
type Const struct {
	Loc
	Typ
	Value datum.Datum
}

// ColRef is the value of a column of the current row (I2).
type ColRef struct {
	Loc
	Typ
	ID ColID
}

// Param is $Number.
type Param struct {
	Loc
	Typ
	Number int
}

// FuncCall calls a function; Op is set when it was written as an operator, its
// function then being Proc. When Variadic is false and Proc.Variadic is not 0 the
// surplus arguments were already gathered in an ArrayExpr, so len(Args) is always
// what Proc declares, except for VARIADIC "any" functions.
type FuncCall struct {
	Loc
	Typ
	Proc     *builtin.Proc
	Op       *builtin.Operator
	Args     []Expr
	Variadic bool           // the last argument was written VARIADIC
	Defaults int            // arguments at the end that were not written
	Written  []int          // with named arguments: the places of all that were written, in that order
	Named    int            // how many of Written, the last ones, were named
	Gathered bool           // the last argument is an array the binder gathered
	Cast     CastForm       // the call stands for a cast
	Syntax   ast.FuncSyntax // how it was written, for printing
}

// CastForm says whether an expression stands for a cast, and which.
type CastForm uint8

// The forms of casts.
const (
	NoCast       CastForm = iota
	ExplicitCast          // written as such
	ImplicitCast          // added by the binder
)

// BoolExpr is AND, OR (two or more arguments) or NOT (one).
type BoolExpr struct {
	Loc
	boolean
	Op   ast.BoolOp
	Args []Expr
}

// NullTest is IS [NOT] NULL; of a row it tests the fields unless ArgIsRow is false.
type NullTest struct {
	Loc
	boolean
	Arg      Expr
	Not      bool
	ArgIsRow bool
}

// BoolTest is IS [NOT] TRUE|FALSE|UNKNOWN.
type BoolTest struct {
	Loc
	boolean
	Arg  Expr
	Test ast.TruthValue
	Not  bool
}

// DistinctFrom is Left IS [NOT] DISTINCT FROM Right; Op is the type's equality.
type DistinctFrom struct {
	Loc
	boolean
	Op    *builtin.Operator
	Left  Expr
	Right Expr
	Not   bool
}

// Case is CASE. With Arg, each When.Cond compares CaseArg, whose value is Arg's,
// evaluated once.
type Case struct {
	Loc
	Typ
	Arg   Expr // nil in the searched form
	Whens []When
	Else  Expr // never nil; a NULL constant when not written
	// ElseWritten is false when Else was supplied by the binder.
	ElseWritten bool
}

// When is one branch of a Case.
type When struct {
	Cond   Expr
	Result Expr
}

// CaseArg stands for the value of the innermost enclosing Case's Arg.
type CaseArg struct {
	Loc
	Typ
}

// Coalesce is COALESCE. Merged names the column of a FULL JOIN ... USING whose
// value it is, "" otherwise.
type Coalesce struct {
	Loc
	Typ
	Args   []Expr
	Merged string
}

// NullIf is NULLIF(Left, Right): NULL when Op holds, else the value of Left.
type NullIf struct {
	Loc
	Typ
	Op    *builtin.Operator
	Left  Expr
	Right Expr
}

// MinMax is GREATEST or LEAST.
type MinMax struct {
	Loc
	Typ
	Least bool
	Args  []Expr
}

// ArrayExpr is ARRAY[...]. When Multi the elements are arrays themselves and the
// result has one dimension more.
type ArrayExpr struct {
	Loc
	Typ
	Elems []Expr
	Multi bool
}

// RowExpr is ROW(...), of type record.
type RowExpr struct {
	Loc
	Typ
	Fields   []Expr
	Names    []string
	Explicit bool // written with the word ROW
	// WholeRow names the range-table entry when this is a reference to its row.
	WholeRow string
}

// RowCompareKind is the operator of a RowCompare.
type RowCompareKind uint8

// The operators of row comparison that need the order of the fields; = and <>
// become AND and OR.
const (
	RowLT RowCompareKind = iota
	RowLE
	RowGE
	RowGT
)

// RowCompare compares two rows field by field. Ops are the operators as written;
// the first pair that differs decides.
type RowCompare struct {
	Loc
	boolean
	Kind  RowCompareKind
	Ops   []*builtin.Operator
	Left  []Expr
	Right []Expr
}

// FieldSelect is field Index (from 0) of a row value.
type FieldSelect struct {
	Loc
	Typ
	Arg   Expr
	Index int
	Name  string
}

// Subscript is Arg[i]..., or with Slice Arg[l:h].... The bounds are int4, or text
// for jsonb. A missing bound of a slice is nil.
type Subscript struct {
	Loc
	Typ
	Arg   Expr
	Slice bool
	Low   []Expr // the lower bounds of a slice
	High  []Expr // the indexes, or upper bounds
	// Assign is the value put there; nil when reading. The result is then the
	// whole changed container.
	Assign Expr
}

// ScalarArrayOp is Left op ANY|ALL (Right) where Right is an array.
type ScalarArrayOp struct {
	Loc
	boolean
	Op    *builtin.Operator
	Proc  *builtin.Proc
	All   bool
	Left  Expr
	Right Expr
}

// Relabel gives a value another type of the same representation.
type Relabel struct {
	Loc
	Typ
	Arg  Expr
	Form CastForm
}

// CoerceViaIO converts through the text forms of both types.
type CoerceViaIO struct {
	Loc
	Typ
	Arg  Expr
	Form CastForm
}

// ArrayCoerce converts an array element by element: Elem is an expression over
// ElemValue, which stands for the element.
type ArrayCoerce struct {
	Loc
	Typ
	Arg  Expr
	Elem Expr
	Form CastForm
}

// ElemValue stands for the element within ArrayCoerce.Elem.
type ElemValue struct {
	Loc
	Typ
}

// SQLValueFunc is CURRENT_DATE, CURRENT_USER and so on; the type's modifier is
// the precision.
type SQLValueFunc struct {
	Loc
	Typ
	Func ast.SQLValue
}

// SubqueryKind is the way a subquery is used in an expression.
type SubqueryKind uint8

// The uses of a subquery.
const (
	SubqueryScalar SubqueryKind = iota // its only row's column; NULL without rows, 21000 with two
	SubqueryExists
	SubqueryAny   // Test holds for some row
	SubqueryAll   // Test holds for all rows
	SubqueryArray // the array of its only column's values
	SubqueryRow   // its only row's columns, tested by Test: (a, b) = (SELECT ...)
	SubqueryMulti // its only row's columns, read by SubqueryField: SET (a, b) = (SELECT ...)
)

// Subquery is a query in an expression. Columns are those of Plan that are its
// output, in order. Test, for Any, All and Row, is a boolean expression over
// Columns and the columns around it; it may be a RowCompare.
type Subquery struct {
	Loc
	Typ
	Kind    SubqueryKind
	Plan    Rel
	Columns []ColID
	Test    Expr
	// Source is the binder's own form of the query, for printing; nil once the plan
	// was rewritten.
	Source any
	// Names are the output columns' names, for printing.
	Names []string
	// Left and Op are what Test was made of, for printing.
	Left []Expr
	Op   string
}

// AggCall calls an aggregate (I4).
type AggCall struct {
	Loc
	Typ
	Proc     *builtin.Proc
	Args     []Expr // direct arguments come first for ordered-set aggregates
	Star     bool
	Distinct bool
	OrderBy  []AggOrder
	Filter   Expr // nil without FILTER
	Variadic bool
	// WithinGroup tells an ordered-set aggregate; OrderBy holds its arguments.
	WithinGroup bool
	// Block is the number of the query block whose rows it aggregates, used
	// while binding.
	Block int
}

// AggOrder is a sort key within an aggregate's arguments.
type AggOrder struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// GroupingCall is GROUPING(...): a bit for each argument, set when the current
// grouping set leaves it out (I4 holds for it as for AggCall).
type GroupingCall struct {
	Loc
	Typ
	Args  []Expr
	Block int
}

// WindowCall calls a window function or an aggregate over a window (I4).
type WindowCall struct {
	Loc
	Typ
	Proc     *builtin.Proc
	Args     []Expr
	Star     bool
	Filter   Expr
	Variadic bool
	// Window is the index of its window among the query block's, while binding.
	Window int
}

// SetToDefault is the word DEFAULT, before the binder replaces it.
type SetToDefault struct {
	Loc
	Typ
}

// NextVal is the next value of an identity column's sequence. Unlike the
// function nextval it needs no privilege on the sequence.
type NextVal struct {
	Loc
	Typ
	Sequence uint32
}
