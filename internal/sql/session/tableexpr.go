package session

import (
	"context"
	"sync"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/types"
)

// evaluator implements table.Evaluator: it compiles the expressions that
// descriptors hold as text.
type evaluator struct{ cat *bind.SnapshotCatalog }

// storedContext is the function context of stored expressions: default settings,
// because an index key must not depend on a session's.
func storedContext() *builtin.Context {
	return &builtin.Context{Ctx: context.Background(), Settings: pgfmt.Default(), Clock: func() int64 { return 0 }}
}

// Expr implements table.Evaluator.
func (e evaluator) Expr(t *catalog.Table, text string) (table.RowFunc, error) {
	tree, err := parse.Expr(text)
	if err != nil {
		return nil, err
	}
	bound, err := bind.BindExpr(context.Background(), e.cat, t, tree, bind.UseStored, types.T{}, "", bind.Options{})
	if err != nil {
		return nil, err
	}
	return compileRow(t, bound, storedContext)
}

// Default implements table.Evaluator.
func (e evaluator) Default(_ *catalog.Table, col *catalog.Column) (datum.Datum, error) {
	if col.Default == "" {
		return datum.Datum{}, nil
	}
	tree, err := parse.Expr(col.Default)
	if err != nil {
		return datum.Datum{}, err
	}
	bound, err := bind.BindExpr(context.Background(), e.cat, nil, tree, bind.UseDefault, col.Type, col.Name, bind.Options{})
	if err != nil {
		return datum.Datum{}, err
	}
	return exec.Evaluate(storedContext(), bound.Expr, nil)
}

// Assign implements table.Evaluator.
func (e evaluator) Assign(t *catalog.Table, col *catalog.Column, to types.T) (table.RowFunc, error) {
	tree := &ast.ColumnRef{Pos: -1, Fields: []string{col.Name}}
	bound, err := bind.BindExpr(context.Background(), e.cat, t, tree, bind.UseStored, to, col.Name, bind.Options{})
	if err != nil {
		return nil, err
	}
	return compileRow(t, bound, storedContext)
}

// compileRow makes a function of a row's values (values[attnum-1]) from an
// expression bound over a table. It is safe for concurrent use.
func compileRow(t *catalog.Table, e *bind.BoundExpr, newContext func() *builtin.Context) (table.RowFunc, error) {
	cols := make([]plan.ColID, len(t.Columns))
	typs := make([]types.T, len(t.Columns))
	for i := range t.Columns {
		typs[i] = t.Columns[i].Type
	}
	for _, c := range e.Cols {
		if c.AttNum > 0 {
			cols[c.AttNum-1] = c.ID
		}
	}
	comp := expr.NewCompiler(newContext())
	node, err := comp.Compile(e.Expr, expr.NewScope(cols, typs))
	if err != nil {
		return nil, err
	}
	sizes := comp.Sizes()
	pool := sync.Pool{New: func() any { return expr.NewCtx(newContext(), sizes, nil) }}
	return func(values []datum.Datum) (datum.Datum, error) {
		c := pool.Get().(*expr.Ctx)
		c.Reset(sizes)
		d, err := node.Row(c, values)
		pool.Put(c)
		return d, err
	}, nil
}

// rowFunc compiles a stored expression over a table with the session's own
// context, for DDL that computes or checks rows.
func (s *Session) rowFunc(ctx context.Context, snapshot *catalog.Snapshot, t *catalog.Table, tree ast.Expr, use bind.ExprUse, want types.T) (table.RowFunc, error) {
	bound, err := bind.BindExpr(ctx, s.names(snapshot), t, tree, use, want, "", s.bindOptions(ctx, statement{}))
	if err != nil {
		return nil, err
	}
	return compileRow(t, bound, func() *builtin.Context { return s.context(ctx) })
}
