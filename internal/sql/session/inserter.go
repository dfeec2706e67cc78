package session

import (
	"context"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/txn"
)

// inserter inserts many rows into a table through one plan: an INSERT whose values
// are parameters, so that defaults, identity and constraints are those of INSERT.
//
// As in PostgreSQL's COPY rows are made, with their defaults and checks, some time
// before they are stored, where unique keys are checked: a failing COPY has drawn
// from its sequences for the rows that it had read.
type inserter struct {
	rows   *exec.Appender
	stmt   *txn.Statement
	made   []madeRow
	values []datum.Datum // of the rows in made
	bytes  int           // of their lines
	stored int64
	done   bool
}

// madeRow is a row that is not stored yet, and the line it came from.
type madeRow struct {
	values []datum.Datum
	line   int
}

// Bounds of the rows that are made before they are stored, PostgreSQL's.
const (
	madeRowsMax  = 1000
	madeBytesMax = 65535
)

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
			Ctx: ctx, B: s.context(ctx), Stmt: stmt, Tables: pl.tables, TableOf: pl.tableOf, Virtual: s.virtual(c.snapshot), Moments: execMoments{s},
		}
		s.limits(&env)
		rows, err := pl.program.NewAppender(env)
		if err != nil {
			stmt.Close()
			return nil, err
		}
		return &inserter{rows: rows, stmt: stmt}, nil
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

// make computes a row of the columns' values and checks it alone; the slice may be
// reused. line is the number and bytes the length of the line it came from. The
// caller calls store next.
func (i *inserter) make(row []datum.Datum, line, bytes int) error {
	from := len(i.values)
	values, err := i.rows.Make(i.values, row)
	if err != nil {
		return err
	}
	i.values = values
	i.made = append(i.made, madeRow{values[from:], line})
	i.bytes += bytes
	return nil
}

// full reports whether enough rows are made to be stored.
func (i *inserter) full() bool {
	return len(i.made) >= madeRowsMax || i.bytes >= madeBytesMax || i.rows.Volatile() && len(i.made) > 0
}

// store stores the rows that are made. An error comes with the line of its row.
func (i *inserter) store() (line int, err error) {
	for _, r := range i.made {
		if err := i.rows.Store(r.values); err != nil {
			return r.line, err
		}
	}
	i.stored += int64(len(i.made))
	clear(i.made)
	i.made, i.values, i.bytes = i.made[:0], i.values[:0], 0
	return 0, nil
}

// finish ends the insertion, with all rows stored, and returns their number.
func (i *inserter) finish() (int64, error) {
	err := i.rows.Finish()
	i.close()
	return i.stored, err
}

func (i *inserter) close() {
	if !i.done {
		i.done = true
		i.rows.Close()
		i.stmt.Close()
	}
}
