package session

import (
	"context"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/txn"
)

// inserter inserts many rows into a table, one by one, through one plan: an
// INSERT whose values are parameters, so that defaults, identity and constraints
// are those of INSERT.
type inserter struct {
	s    *Session
	plan *planned
	stmt *txn.Statement
	env  exec.Env
	rows int64
	done bool
}

// openInsert prepares to insert into the named columns of a table.
func (s *Session) openInsert(ctx context.Context, st statement, t *ast.RangeVar, columns []string) (*inserter, error) {
	if err := s.applyFirst(); err != nil {
		return nil, err
	}
	raw := &ast.RawStmt{Stmt: insertParams(t, columns), Start: st.raw.Start, Len: st.raw.Len}
	for {
		stmt, err := s.tx.Statement(ctx)
		if err != nil {
			return nil, err
		}
		c, err := s.catalogFor(stmt.Reader())
		if err != nil {
			stmt.Close()
			return nil, err
		}
		pl, err := s.bindIn(ctx, c, statement{text: st.text, raw: raw}, true)
		if err == nil {
			err = s.compile(ctx, pl)
		}
		if err != nil {
			stmt.Close()
			return nil, err
		}
		again, err := s.lockRelations(ctx, pl, c)
		if err != nil || again {
			stmt.Close()
			if err != nil {
				return nil, err
			}
			continue
		}
		env := exec.Env{
			Ctx: ctx, B: s.context(ctx), Stmt: stmt, Tables: pl.tables, TableOf: pl.tableOf, Virtual: virtual{s, c.snapshot}, Moments: execMoments{s},
		}
		s.limits(&env)
		return &inserter{s: s, plan: pl, stmt: stmt, env: env}, nil
	}
}

// insertParams is INSERT INTO t (columns) OVERRIDING SYSTEM VALUE VALUES ($1, ...).
func insertParams(t *ast.RangeVar, columns []string) *ast.InsertStmt {
	ins := &ast.InsertStmt{Pos: t.Pos, Table: t, Overriding: ast.OverridingSystem}
	var row []ast.Expr
	for i, name := range columns {
		ins.Columns = append(ins.Columns, &ast.Target{Pos: t.Pos, Name: name})
		row = append(row, &ast.Param{Pos: t.Pos, Number: i + 1})
	}
	if len(columns) > 0 {
		ins.Query = &ast.SelectStmt{Pos: t.Pos, Values: [][]ast.Expr{row}}
	}
	return ins
}

// add inserts one row; the slice may be reused.
func (i *inserter) add(row []datum.Datum) error {
	i.env.Params = row
	c, err := i.plan.program.Run(i.env)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.NextRow(); err != nil {
		return err
	}
	i.rows += c.RowsAffected()
	return nil
}

// finish ends the insertion and returns the number of rows.
func (i *inserter) finish() (int64, error) {
	i.close()
	return i.rows, nil
}

func (i *inserter) close() {
	if !i.done {
		i.done = true
		i.stmt.Close()
	}
}
