package session

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/ddl"
	"github.com/driftdb/driftdb/internal/sql/deparse"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// ddlBinder implements ddl.Binder in the session's present catalog.
type ddlBinder struct {
	s   *Session
	ctx context.Context
	st  statement
}

// catalog is the transaction's catalog as DDL has changed it so far.
func (b *ddlBinder) catalog() *bind.SnapshotCatalog { return b.s.names(b.s.edit.Snapshot()) }

func (b *ddlBinder) options() bind.Options { return b.s.bindOptions(b.ctx, statement{}) }

// Type implements ddl.Binder.
func (b *ddlBinder) Type(t *ast.TypeName) (types.T, error) { return bind.ResolveType(b.catalog(), t) }

// bindExpr binds a syntax tree, or the stored text that DDL passes on.
func (b *ddlBinder) bindExpr(t *catalog.Table, e ast.Expr, use bind.ExprUse, want types.T, column string) (*bind.BoundExpr, error) {
	if text, ok := ddl.StoredText(e); ok {
		tree, err := parse.Expr(text)
		if err != nil {
			return nil, err
		}
		e = tree
	}
	return bind.BindExpr(b.ctx, b.catalog(), t, e, use, want, column, b.options())
}

// print is the stored form of an expression: that of pg_get_expr, with every
// name qualified so that it means the same under any search path.
func (b *ddlBinder) print(t *catalog.Table, e *bind.BoundExpr) string {
	return deparse.Expr(deparse.Qualified(b.catalog()), t, e, nil, false)
}

// Default implements ddl.Binder.
func (b *ddlBinder) Default(e ast.Expr, column string, t types.T) (string, error) {
	bound, err := b.bindExpr(nil, e, bind.UseDefault, t, column)
	if err != nil {
		return "", err
	}
	return b.print(nil, bound), nil
}

// Check implements ddl.Binder.
func (b *ddlBinder) Check(t *catalog.Table, e ast.Expr, what string) (string, []int16, error) {
	use := bind.UseCheck
	if what == "index predicate" {
		use = bind.UsePredicate
	}
	bound, err := b.bindExpr(t, e, use, types.T{}, "")
	if err != nil {
		return "", nil, err
	}
	return b.print(t, bound), bound.Attnums(), nil
}

// Generated implements ddl.Binder.
func (b *ddlBinder) Generated(t *catalog.Table, e ast.Expr, column string, want types.T) (string, []int16, error) {
	bound, err := b.bindExpr(t, e, bind.UseGenerated, want, column)
	if err != nil {
		return "", nil, err
	}
	return b.print(t, bound), bound.Attnums(), nil
}

// Using implements ddl.Binder.
func (b *ddlBinder) Using(t *catalog.Table, e ast.Expr, column string, want types.T) (string, error) {
	bound, err := b.bindExpr(t, e, bind.UseTransform, want, column)
	if err != nil {
		return "", err
	}
	// Compiled only for the errors that its constants have.
	var ids []plan.ColID
	var kinds []types.T
	for _, c := range bound.Cols {
		ids, kinds = append(ids, c.ID), append(kinds, bound.Meta.Column(c.ID).Type)
	}
	if _, err := exec.RowFunc(b.s.context(b.ctx), bound.Expr, ids, kinds); err != nil {
		return "", err
	}
	return b.print(t, bound), nil
}

// Key implements ddl.Binder.
func (b *ddlBinder) Key(t *catalog.Table, e ast.Expr) (string, types.T, []int16, error) {
	bound, err := b.bindExpr(t, e, bind.UseIndex, types.T{}, "")
	if err != nil {
		return "", types.T{}, nil, err
	}
	return b.print(t, bound), bound.Expr.Type(), bound.Attnums(), nil
}

// View implements ddl.Binder.
func (b *ddlBinder) View(q *ast.SelectStmt, names []string) (string, []catalog.ViewColumn, []uint32, error) {
	bound, err := bind.Bind(b.ctx, b.catalog(), q, b.options())
	if err != nil {
		return "", nil, nil, err
	}
	if len(bound.Params) > 0 {
		return "", nil, nil, pgerr.New(pgcode.UndefinedParameter, "there is no parameter $1")
	}
	if len(names) > len(bound.Output) {
		return "", nil, nil, pgerr.New(pgcode.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	text, err := b.named(q, names)
	if err != nil {
		return "", nil, nil, err
	}
	var columns []catalog.ViewColumn
	for i, c := range bound.Output {
		if i < len(names) {
			c.Name = names[i]
		}
		columns = append(columns, catalog.ViewColumn{Name: c.Name, Type: c.Type})
	}
	return text, columns, b.direct(q, bound.Relations), nil
}

// direct keeps of the relations that a query reads those that it names itself,
// not the ones behind its views.
func (b *ddlBinder) direct(q *ast.SelectStmt, all []uint32) []uint32 {
	cat := b.catalog()
	named := map[uint32]bool{}
	ast.Walk(q, func(n ast.Node) bool {
		if v, ok := n.(*ast.RangeVar); ok {
			if r := cat.Relation(v.Schema, v.Name); r != nil {
				named[r.Desc.Head().OID] = true
			}
		}
		return true
	})
	var list []uint32
	for _, oid := range all {
		if named[oid] {
			list = append(list, oid)
		}
	}
	return list
}

// named prints a query in its stored form with other names of its first columns.
func (b *ddlBinder) named(q *ast.SelectStmt, names []string) (string, error) {
	tree, err := bind.BindQuery(b.ctx, b.catalog(), q, b.options())
	if err != nil {
		return "", err
	}
	for _, t := range tree.Targets {
		if t.Junk || len(names) == 0 {
			continue
		}
		t.Name, names = names[0], names[1:]
	}
	return deparse.Tree(deparse.Qualified(b.catalog()), tree), nil
}

// RenameOutput implements ddl.Binder.
func (b *ddlBinder) RenameOutput(v *catalog.View, names []string) (string, error) {
	q, err := parseView(v.Query)
	if err != nil {
		return "", err
	}
	return b.named(q, names)
}

// Uses implements ddl.Binder.
func (b *ddlBinder) Uses(t *catalog.Table, text string) ([]int16, error) {
	bound, err := b.stored(t, text)
	if err != nil {
		return nil, err
	}
	return bound.Attnums(), nil
}

func (b *ddlBinder) stored(t *catalog.Table, text string) (*bind.BoundExpr, error) {
	tree, err := parse.Expr(text)
	if err != nil {
		return nil, err
	}
	return bind.BindExpr(b.ctx, b.catalog(), t, tree, bind.UseStored, types.T{}, "", b.options())
}

// Reprint implements ddl.Binder: the expression is bound with the old names and
// printed with the new ones, which are found by attnum.
func (b *ddlBinder) Reprint(text string, from, to *catalog.Table) (string, error) {
	bound, err := b.stored(from, text)
	if err != nil {
		return "", err
	}
	for _, c := range bound.Cols {
		if col := to.ByAttnum(c.AttNum); col != nil {
			bound.Meta.Column(c.ID).Name = col.Name
		}
	}
	return b.print(to, bound), nil
}

// ReprintView implements ddl.Binder.
func (b *ddlBinder) ReprintView(v *catalog.View, before, after *catalog.Snapshot) (string, error) {
	q, err := parseView(v.Query)
	if err != nil {
		return "", err
	}
	return deparse.Renamed(b.ctx, b.s.names(before), b.s.names(after), q, b.options())
}

// ViewUses implements ddl.Binder.
func (b *ddlBinder) ViewUses(v *catalog.View, oid uint32) ([]int16, error) {
	q, err := parseView(v.Query)
	if err != nil {
		return nil, err
	}
	bound, err := bind.Bind(b.ctx, b.catalog(), q, b.options())
	if err != nil {
		return nil, err
	}
	return columnsUsed(bound, oid), nil
}

// columnsUsed lists the columns of a table that a plan refers to.
func columnsUsed(p *plan.Statement, oid uint32) []int16 {
	used := map[plan.ColID]bool{}
	for _, c := range p.Output {
		used[c.ID] = true
	}
	plan.WalkRels(p.Root, func(r plan.Rel) {
		plan.WalkRel(r, func(e plan.Expr) bool {
			if c, ok := e.(*plan.ColRef); ok {
				used[c.ID] = true
			}
			return true
		})
		for _, id := range keysOf(r) {
			used[id] = true
		}
	})
	var list []int16
	for id := plan.ColID(1); int(id) <= p.Meta.Len(); id++ {
		if m := p.Meta.Column(id); used[id] && m.Table != nil && m.Table.OID == oid && m.AttNum > 0 {
			list = append(list, m.AttNum)
		}
	}
	return list
}

// keysOf lists the columns that a relation itself compares.
func keysOf(r plan.Rel) []plan.ColID {
	switch r := r.(type) {
	case *plan.GroupBy:
		return r.Keys
	case *plan.Distinct:
		return r.Keys
	case *plan.Window:
		return r.PartitionBy
	}
	return nil
}

// Constant implements ddl.Binder.
func (b *ddlBinder) Constant(text string, t types.T) (value string, null, volatile bool, err error) {
	tree, err := parse.Expr(text)
	if err != nil {
		return "", false, false, err
	}
	bound, err := bind.BindExpr(b.ctx, b.catalog(), nil, tree, bind.UseDefault, t, "", b.options())
	if err != nil {
		return "", false, false, err
	}
	if plan.IsVolatile(bound.Expr) {
		return "", false, true, nil
	}
	d, err := b.s.evaluate(b.ctx, bound.Expr, nil)
	if err != nil || d.IsNull() {
		return "", true, false, err
	}
	// Stored in the formats that do not depend on the session.
	return string(pgfmt.AppendText(nil, t, d, pgfmt.Default())), false, false, nil
}
