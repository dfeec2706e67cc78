package bind

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// ExprUse says what an expression over a table is for: it decides what may occur
// in it and the words of errors.
type ExprUse uint8

// The uses of expressions outside statements.
const (
	UseDefault   ExprUse = iota // no columns
	UseCheck                    // a boolean over the table's columns
	UseIndex                    // an index key
	UsePredicate                // WHERE of a partial index
	UseGenerated                // GENERATED ALWAYS AS
	UseTransform                // USING of ALTER COLUMN TYPE
	UseExecute                  // a parameter of EXECUTE
	UseCopyWhere                // WHERE of COPY FROM
	UseStored                   // any of these, read back from its stored text
)

var useKinds = map[ExprUse]exprKind{
	UseDefault: kindDefault, UseCheck: kindCheck, UseIndex: kindIndexExpr, UsePredicate: kindIndexPredicate,
	UseGenerated: kindGenerated, UseTransform: kindTransform, UseExecute: kindExecute, UseCopyWhere: kindCopyWhere, UseStored: kindOther,
}

// BoundExpr is a bound expression over the columns of one table. Cols gives the
// ColID of each live column of the table.
type BoundExpr struct {
	Expr plan.Expr
	Meta *plan.Metadata
	Cols []plan.ScanColumn
}

// Attnums returns the columns that the expression uses, ascending.
func (e *BoundExpr) Attnums() []int16 {
	used := map[plan.ColID]bool{}
	plan.Walk(e.Expr, func(x plan.Expr) bool {
		if c, isCol := x.(*plan.ColRef); isCol {
			used[c.ID] = true
		}
		return true
	})
	var out []int16
	for _, c := range e.Cols {
		if used[c.ID] {
			out = append(out, c.AttNum)
		}
	}
	return out
}

// BindExpr binds an expression over a table's columns (t may be nil). want is the
// type it is converted to by assignment; its OID is 0 for any. column is the
// column the value is for, named in the error when it does not fit.
func BindExpr(ctx context.Context, cat Catalog, t *catalog.Table, e ast.Expr, use ExprUse, want types.T, column string, opts Options) (out *BoundExpr, err error) {
	b := newBinder(ctx, cat, opts)
	defer b.recover(&err)
	return b.tableExpr(t, e, use, want, column), nil
}

func (b *binder) tableExpr(t *catalog.Table, e ast.Expr, use ExprUse, want types.T, column string) *BoundExpr {
	blk := b.newBlock(nil)
	out := &BoundExpr{Meta: b.meta}
	if t != nil {
		r := b.targetRTE(blk, t, "", nil)
		blk.ns = []*nsItem{r.item()}
		out.Cols = r.scan
	}
	kind := useKinds[use]
	x := b.exprIn(blk, e, kind)
	switch use {
	case UseCheck, UseCopyWhere, UsePredicate:
		x = b.toBoolean(x, map[ExprUse]string{UseCheck: "CHECK", UseCopyWhere: "WHERE", UsePredicate: "WHERE"}[use])
	}
	if want.OID != 0 {
		x = b.fitColumn(x, want, use, column)
	} else {
		x = b.textIfUnknown(x)
	}
	switch use {
	case UseIndex:
		if !plan.IsImmutable(x) {
			b.failf(-1, pgcode.InvalidObjectDefinition, "functions in index expression must be marked IMMUTABLE")
		}
	case UsePredicate:
		if !plan.IsImmutable(x) {
			b.failf(-1, pgcode.InvalidObjectDefinition, "functions in index predicate must be marked IMMUTABLE")
		}
	case UseGenerated:
		if !plan.IsImmutable(x) {
			b.failf(-1, pgcode.InvalidObjectDefinition, "generation expression is not immutable")
		}
	}
	out.Expr = x
	return out
}

// fitColumn converts an expression to a column's type by assignment.
func (b *binder) fitColumn(x plan.Expr, want types.T, use ExprUse, column string) plan.Expr {
	c := b.coerceToTarget(x, want, assignment, plan.ImplicitCast, -1)
	if c != nil {
		return c
	}
	have, target := typeText(x.Type().OID), typeText(want.OID)
	hint := "You will need to rewrite or cast the expression."
	switch use {
	case UseDefault, UseGenerated:
		b.fail(pgerr.New(pgcode.DatatypeMismatch, "column %q is of type %s but default expression is of type %s", column, target, have).WithHint("%s", hint))
	case UseTransform:
		b.fail(pgerr.New(pgcode.DatatypeMismatch, "result of USING clause for column %q cannot be cast automatically to type %s", column, target).
			WithHint("You might need to add an explicit cast."))
	}
	b.fail(pgerr.New(pgcode.DatatypeMismatch, "column %q is of type %s but expression is of type %s", column, target, have).WithHint("%s", hint))
	return nil
}

// targetRTE makes the entry of a table that is written to, or that expressions
// are stored with.
func (b *binder) targetRTE(blk *block, t *catalog.Table, alias string, rel *Relation) *rte {
	r := blk.newRTE(&rte{kind: rteTable, name: t.Name, table: t, rel: rel})
	if alias != "" {
		r.name = alias
	}
	r.addTableColumns(b, t)
	return r
}

// storedExpr binds an expression that is stored as text with a table.
func (b *binder) storedExpr(blk *block, text string, kind exprKind) plan.Expr {
	e, err := parse.Expr(text)
	if err != nil {
		b.fail(withoutPosition(err))
	}
	defer dropPosition()
	return b.exprIn(blk, e, kind)
}

// ResolveType resolves a type as written.
func ResolveType(cat Catalog, n *ast.TypeName) (t types.T, err error) {
	b := newBinder(context.Background(), cat, Options{})
	defer b.recover(&err)
	return b.typeName(n), nil
}

// BindMoment binds the moment of BEGIN AS OF and SET TRANSACTION AS OF.
func BindMoment(ctx context.Context, cat Catalog, n *ast.Moment, opts Options) (i plan.Instant, err error) {
	b := newBinder(ctx, cat, opts)
	defer b.recover(&err)
	return b.instant(b.newBlock(nil), n), nil
}
