package stdlib

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/driftdb/driftdb"
)

// conn is one session as database/sql wants it.
type conn struct{ *driftdb.Conn }

var (
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
)

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	st, err := c.Conn.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return &stmt{st}, nil
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	o := driftdb.TxOptions{ReadOnly: opts.ReadOnly}
	switch sql.IsolationLevel(opts.Isolation) {
	case sql.LevelDefault:
	case sql.LevelReadUncommitted, sql.LevelReadCommitted:
		o.Isolation = driftdb.ReadCommitted
	case sql.LevelRepeatableRead, sql.LevelSnapshot:
		o.Isolation = driftdb.RepeatableRead
	case sql.LevelSerializable:
		o.Isolation = driftdb.Serializable
	default:
		return nil, fmt.Errorf("driftdb: no isolation level %s", sql.IsolationLevel(opts.Isolation))
	}
	t, err := c.Conn.Begin(ctx, o)
	if err != nil {
		return nil, err
	}
	return tx{t}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.Conn.Exec(ctx, query, values(args)...)
	if err != nil {
		return nil, err
	}
	return result{r}, nil
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.Conn.Query(ctx, query, values(args)...)
	if err != nil {
		return nil, err
	}
	return newRows(r), nil
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !c.Valid() {
		return driver.ErrBadConn
	}
	return nil
}

// ResetSession implements driver.SessionResetter.
func (c *conn) ResetSession(ctx context.Context) error {
	if err := c.Conn.Reset(ctx); err != nil {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return c.Valid() }

// CheckNamedValue implements driver.NamedValueChecker: package driftdb converts
// values itself.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if v.Name != "" {
		return errors.New("driftdb: parameters have numbers ($1), not names")
	}
	return nil
}

func values(args []driver.NamedValue) []any {
	if len(args) == 0 {
		return nil
	}
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a.Value
	}
	return list
}

type tx struct{ *driftdb.Tx }

// Commit implements driver.Tx.
func (t tx) Commit() error { return t.Tx.Commit(context.Background()) }

type result struct{ driftdb.Result }

// RowsAffected implements driver.Result.
func (r result) RowsAffected() (int64, error) { return r.Result.RowsAffected(), nil }

// LastInsertId implements driver.Result.
func (result) LastInsertId() (int64, error) {
	return 0, errors.New("driftdb: LastInsertId does not exist; use RETURNING")
}

// stmt is a prepared statement.
type stmt struct{ *driftdb.Stmt }

// NumInput implements driver.Stmt.
func (s *stmt) NumInput() int { return len(s.Params()) }

// Exec implements driver.Stmt.
func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }

// Query implements driver.Stmt.
func (s *stmt) Query([]driver.Value) (driver.Rows, error) { return nil, driver.ErrSkip }

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	r, err := s.Stmt.Exec(ctx, values(args)...)
	if err != nil {
		return nil, err
	}
	return result{r}, nil
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	r, err := s.Stmt.Query(ctx, values(args)...)
	if err != nil {
		return nil, err
	}
	return newRows(r), nil
}
