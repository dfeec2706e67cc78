package session

import (
	"context"
	"fmt"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/ddl"
	"github.com/driftdb/driftdb/internal/types"
)

var boolType = types.Of(types.Bool)

// createTableAs carries out CREATE TABLE AS and SELECT INTO.
func (s *Session) createTableAs(ctx context.Context, st statement, c *ast.CreateTableAsStmt, w client.Writer) (string, error) {
	tag := "CREATE TABLE AS"
	if c.Materialized {
		return "", unsupported(c)
	}
	if err := s.tx.Writable(tag); err != nil {
		return "", err
	}
	source, p, err := s.source(ctx, st, c.Query)
	if err != nil {
		return "", err
	}
	var r *running
	if c.Into.WithNoData { // a query that is not run need not be planned
		if err := s.applyFirst(); err != nil {
			return "", err
		}
		if p.plan, err = s.bindNow(ctx, source, false); err != nil {
			return "", err
		}
	} else {
		if r, err = s.open(ctx, source, p); err != nil {
			return "", err
		}
		defer r.close()
	}
	var columns []catalog.ViewColumn
	for _, col := range p.plan.columns {
		columns = append(columns, catalog.ViewColumn{Name: col.Name, Type: col.Type})
	}
	var t *catalog.Table
	err = s.defineWith(ctx, st, w, func(e *ddl.Env) (err error) {
		t, err = ddl.CreateTableFrom(e, c, columns)
		return err
	})
	if err != nil || t == nil {
		return tag, err
	}
	if c.Into.WithNoData {
		return tag, nil
	}
	n, err := s.fill(ctx, st, t, r)
	return fmt.Sprintf("SELECT %d", n), err
}

// source is the query of CREATE TABLE AS, which may be an EXECUTE.
func (s *Session) source(ctx context.Context, st statement, query ast.Stmt) (statement, *prepared, error) {
	if e, ok := query.(*ast.ExecuteStmt); ok {
		p, params, err := s.executeArgs(ctx, st, e)
		if err != nil {
			return st, nil, err
		}
		return statement{text: p.text, raw: p.raw, types: p.params, params: params}, p, nil
	}
	raw := &ast.RawStmt{Stmt: query, Start: st.raw.Start, Len: st.raw.Len}
	return statement{text: st.text, raw: raw, types: st.types, params: st.params}, &prepared{text: st.text, raw: raw}, nil
}

// fill inserts a query's rows into a new table.
func (s *Session) fill(ctx context.Context, st statement, t *catalog.Table, r *running) (int64, error) {
	names := make([]string, 0, len(t.Columns))
	for _, c := range t.Live() {
		names = append(names, c.Name)
	}
	snapshot, err := s.presentCatalog()
	if err != nil {
		return 0, err
	}
	target := &ast.RangeVar{Pos: -1, Schema: snapshot.Schema(t.Schema).Name, Name: t.Name}
	ins, err := s.openInsert(ctx, st, target, names)
	if err != nil {
		return 0, err
	}
	defer ins.close()
	for {
		row, err := r.next()
		if err != nil {
			return 0, err
		}
		if row == nil {
			return ins.finish()
		}
		if err := ins.make(row, 0, 0); err != nil {
			return 0, err
		}
		if _, err := ins.store(); err != nil {
			return 0, err
		}
	}
}
