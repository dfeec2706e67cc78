package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// boundFunctions are the functions of one FROM item.
type boundFunctions struct {
	items      []boundFunction
	ordinality bool
	rowsFrom   bool
	composite  bool // whole-row references are rows, not single values
}

// boundFunction is one function with the columns it gives.
type boundFunction struct {
	expr    plan.Expr
	cols    []field
	colDefs bool
	fields  bool // the value is a row, split into cols
}

// rangeFunction binds a function in FROM; as transformRangeFunction and
// addRangeTableEntryForFunction.
func (b *binder) rangeFunction(blk *block, n *ast.RangeFunction) *rte {
	oldKind, oldLateral, oldDepth := blk.kind, blk.lateral, blk.depthInFunction
	blk.kind, blk.lateral, blk.depthInFunction = kindFromFunction, true, 0
	f := &boundFunctions{ordinality: n.Ordinality, rowsFrom: n.RowsFrom}
	var names []string
	for _, item := range n.Funcs {
		for _, call := range b.unnestCalls(n, item) {
			e := b.textIfUnknown(b.functionItem(blk, call))
			names = append(names, figureName(call))
			defs := item.ColDefs
			if len(n.Funcs) == 1 && n.ColDefs != nil {
				defs = n.ColDefs
			}
			f.items = append(f.items, b.functionColumns(n, e, figureName(call), defs))
		}
	}
	if n.ColDefs != nil && len(f.items) > 1 {
		b.fail(newError(pgcode.SyntaxError, "%s with multiple functions cannot have a column definition list",
			map[bool]string{true: "ROWS FROM()", false: "UNNEST()"}[n.RowsFrom]).
			WithHint("Put the column definition list inside ROWS FROM().").At(bytePos(n.ColDefs[0].Pos)))
	}
	if n.ColDefs != nil && n.Ordinality {
		b.fail(newError(pgcode.SyntaxError, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Put the column definition list inside ROWS FROM().").At(bytePos(n.ColDefs[0].Pos)))
	}
	blk.kind, blk.lateral, blk.depthInFunction = oldKind, oldLateral, oldDepth
	r := blk.newRTE(&rte{kind: rteFunction, name: names[0], function: f, lateral: n.Lateral})
	if n.Alias != nil {
		r.name = n.Alias.Name
	}
	b.functionRTE(r, f, n)
	b.applyAlias(r, n.Alias, "function")
	return r
}

// functionItem binds a call at the top of a FROM item, where it may return a set.
func (b *binder) functionItem(blk *block, e ast.Expr) plan.Expr {
	blk.depthInFunction = 0
	return b.expr(blk, e)
}

// unnestCalls expands UNNEST with several arguments into several calls.
func (b *binder) unnestCalls(n *ast.RangeFunction, item *ast.RangeFuncItem) []ast.Expr {
	call, isCall := item.Func.(*ast.FuncCall)
	if !isCall || len(call.Name) != 1 || call.Name[0] != "unnest" || len(call.Args) < 2 || len(call.OrderBy) > 0 ||
		call.Filter != nil || call.Over != nil || call.Star || call.Distinct || call.Variadic || item.ColDefs != nil {
		return []ast.Expr{item.Func}
	}
	var out []ast.Expr
	for _, a := range call.Args {
		one := *call
		one.Name, one.Args = []string{"pg_catalog", "unnest"}, []ast.Expr{a}
		out = append(out, &one)
	}
	return out
}

// functionColumns finds the columns that a function gives.
func (b *binder) functionColumns(n *ast.RangeFunction, e plan.Expr, name string, defs []*ast.ColumnDef) boundFunction {
	f := boundFunction{expr: e}
	var out []field
	call, isCall := e.(*plan.FuncCall)
	if isCall {
		out = outFields(call.Proc)
	}
	record := e.Type().OID == types.Record
	if defs != nil {
		if out != nil {
			b.failf(defs[0].Pos, pgcode.SyntaxError, "a column definition list is redundant for a function with OUT parameters")
		}
		if !record {
			b.failf(defs[0].Pos, pgcode.SyntaxError, "a column definition list is only allowed for functions returning \"record\"")
		}
		f.colDefs = true
		for _, d := range defs {
			f.cols = append(f.cols, field{d.Name, b.typeName(d.Type)})
		}
		f.fields = true
		return f
	}
	switch {
	case out != nil:
		f.cols, f.fields = out, true
	case record:
		if shape := b.rowFields(e); shape != nil {
			f.cols, f.fields = shape, true
			break
		}
		b.failf(exprPos(e), pgcode.SyntaxError, "a column definition list is required for functions returning \"record\"")
	default:
		f.cols = []field{{b.scalarColumnName(n, e, name), e.Type()}}
	}
	return f
}

// scalarColumnName is the name of a function's only column: its OUT parameter's,
// else the alias, else the function's.
func (b *binder) scalarColumnName(n *ast.RangeFunction, e plan.Expr, name string) string {
	if call, isCall := e.(*plan.FuncCall); isCall && call.Proc.ArgModes != "" {
		for i, mode := range call.Proc.ArgModes {
			if (mode == 'o' || mode == 't' || mode == 'b') && i < len(call.Proc.ArgNames) && call.Proc.ArgNames[i] != "" {
				return call.Proc.ArgNames[i]
			}
		}
	}
	if n.Alias != nil && len(n.Funcs) == 1 {
		return n.Alias.Name
	}
	return name
}

// functionRTE gives the entry its columns and its plan node.
func (b *binder) functionRTE(r *rte, f *boundFunctions, n *ast.RangeFunction) {
	node := &plan.FunctionScan{Alias: r.name}
	for _, item := range f.items {
		pi := plan.FunctionItem{Call: item.expr, Fields: item.fields}
		for _, c := range item.cols {
			pi.Cols = append(pi.Cols, r.addColumn(b, plan.ColumnMeta{Name: c.name, Type: c.typ}))
			pi.Types = append(pi.Types, c.typ)
		}
		f.composite = f.composite || item.fields
		node.Funcs = append(node.Funcs, pi)
	}
	if len(f.items) > 1 || f.ordinality {
		f.composite = true
	}
	if f.ordinality {
		node.Ordinality = r.addColumn(b, plan.ColumnMeta{Name: "ordinality", Type: types.Of(types.Int8)})
	}
	r.inner = node
}
