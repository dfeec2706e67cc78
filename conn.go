package driftdb

import (
	"context"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/types"
)

// Conn is a session of one's own: what SET, PREPARE and BEGIN do in it stays until
// it is closed. It belongs to one goroutine.
type Conn struct {
	s      *session
	closed bool
}

// Conn opens a session; Close gives it back.
func (db *DB) Conn(ctx context.Context) (*Conn, error) {
	s, err := db.session(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.lock(ctx); err != nil {
		db.put(s)
		return nil, err
	}
	err = s.move(ctx, "")
	s.mu.Unlock()
	if err != nil {
		db.put(s)
		return nil, err
	}
	return &Conn{s: s}, nil
}

func (c *Conn) lock(ctx context.Context) error {
	if c.closed {
		return ErrClosed
	}
	return c.s.lock(ctx)
}

// Close ends the session: an open transaction is rolled back, settings are
// forgotten.
func (c *Conn) Close() error {
	if !c.closed {
		c.closed = true
		c.s.db.put(c.s)
	}
	return nil
}

// Exec is DB.Exec in the session.
func (c *Conn) Exec(ctx context.Context, sql string, args ...any) (Result, error) {
	if err := c.lock(ctx); err != nil {
		return Result{}, err
	}
	defer c.s.mu.Unlock()
	return c.s.exec(ctx, sql, args)
}

// Query is DB.Query in the session. Rows left open outside a transaction are read
// into memory when the session runs another statement.
func (c *Conn) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	defer c.s.mu.Unlock()
	return c.s.query(ctx, sql, args, nil)
}

// QueryRow is DB.QueryRow in the session.
func (c *Conn) QueryRow(ctx context.Context, sql string, args ...any) *Row {
	rows, err := c.Query(ctx, sql, args...)
	return &Row{rows, err}
}

// Begin starts a transaction; end it before the Conn is used for anything else.
func (c *Conn) Begin(ctx context.Context, opts TxOptions) (*Tx, error) {
	if c.closed {
		return nil, ErrClosed
	}
	return c.s.begin(ctx, opts)
}

// Reset gives the session the state of a new one.
func (c *Conn) Reset(ctx context.Context) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.s.mu.Unlock()
	return c.s.reset(ctx)
}

// Valid reports whether the session can still be used.
func (c *Conn) Valid() bool { return !c.closed && !c.s.closing.Load() }

// Stmt is a prepared statement of a Conn. It belongs to the Conn's goroutine.
type Stmt struct {
	c       *Conn
	text    string
	p       *prepared
	discard uint64 // how often the session had been reset
}

// Prepare parses a statement and finds its parameters and columns.
func (c *Conn) Prepare(ctx context.Context, sql string) (*Stmt, error) {
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	defer c.s.mu.Unlock()
	c.s.ready(ctx)
	c.s.out.reset(false)
	p, err := c.s.parse(ctx, sql)
	if err != nil {
		return nil, c.s.fails(ctx, err)
	}
	if err := c.s.sql.Sync(ctx, false, &c.s.out); err != nil {
		return nil, outcome(ctx, err)
	}
	return &Stmt{c, sql, p, c.s.discards}, nil
}

// refresh makes the session free, and prepares the statement again when the
// catalog has changed since.
func (st *Stmt) refresh(ctx context.Context) error {
	s := st.c.s
	s.ready(ctx)
	s.out.reset(false)
	if st.p.version == s.db.engine.CatalogVersion() && st.discard == s.discards && !s.edited {
		return nil
	}
	p, err := s.parse(ctx, st.text)
	if err != nil {
		return s.fails(ctx, err)
	}
	s.sql.CloseStatement(st.p.name)
	st.p, st.discard = p, s.discards
	return nil
}

// Params are the types of the parameters, as format_type prints them.
func (st *Stmt) Params() []string {
	list := make([]string, len(st.p.params))
	for i, oid := range st.p.params {
		list[i] = pgfmt.FormatType(types.Of(oid))
	}
	return list
}

// Columns describes the result; none for a statement that returns no rows.
func (st *Stmt) Columns() []Column { return describe(st.p.columns) }

// Exec runs the statement without keeping rows.
func (st *Stmt) Exec(ctx context.Context, args ...any) (Result, error) {
	if err := st.c.lock(ctx); err != nil {
		return Result{}, err
	}
	defer st.c.s.mu.Unlock()
	if err := st.refresh(ctx); err != nil {
		return Result{}, err
	}
	return st.c.s.execPrepared(ctx, st.p, args)
}

// Query runs the statement and returns its rows; the caller must close them.
func (st *Stmt) Query(ctx context.Context, args ...any) (*Rows, error) {
	if err := st.c.lock(ctx); err != nil {
		return nil, err
	}
	defer st.c.s.mu.Unlock()
	if err := st.refresh(ctx); err != nil {
		return nil, err
	}
	return st.c.s.queryPrepared(ctx, st.p, args, nil)
}

// Close forgets the statement.
func (st *Stmt) Close() error {
	if st.c.closed {
		return nil
	}
	st.c.s.mu.Lock()
	defer st.c.s.mu.Unlock()
	if !st.c.s.closed {
		st.c.s.sql.CloseStatement(st.p.name)
	}
	return nil
}
