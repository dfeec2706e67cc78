package driftdb

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Isolation is a transaction's isolation level.
type Isolation int

// The levels that exist; the zero value is the session's default, which is READ
// COMMITTED unless set otherwise.
const (
	DefaultIsolation Isolation = iota
	ReadCommitted
	RepeatableRead
	Serializable
)

// TxOptions say how a transaction begins. The zero value is PostgreSQL's BEGIN.
type TxOptions struct {
	Isolation Isolation
	ReadOnly  bool
	// AsOf makes the whole transaction read as of a moment; it is then read-only.
	AsOf Moment
}

func (o TxOptions) text() string {
	text := "begin"
	switch o.Isolation {
	case ReadCommitted:
		text += " isolation level read committed"
	case RepeatableRead:
		text += " isolation level repeatable read"
	case Serializable:
		text += " isolation level serializable"
	}
	if o.ReadOnly || o.AsOf.set() {
		text += " read only"
	}
	if o.AsOf.set() {
		text += " as of " + o.AsOf.expr()
	}
	return text
}

// Tx is a transaction. End it with Commit or Rollback; Rollback after Commit does
// nothing, so it may be deferred. A Tx belongs to one goroutine. Several Rows of
// one Tx may be open at a time.
type Tx struct {
	s     *session
	owned bool // the session goes back to the pool at the end
	ended bool
}

// Begin starts a transaction.
func (db *DB) Begin(ctx context.Context, opts TxOptions) (*Tx, error) {
	s, err := db.session(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := s.begin(ctx, opts)
	if err != nil {
		db.put(s)
		return nil, err
	}
	tx.owned = true
	return tx, nil
}

func (s *session) begin(ctx context.Context, opts TxOptions) (*Tx, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if s.inTx() {
		return nil, pgerr.New(pgcode.ActiveSqlTransaction, "there is already a transaction in progress")
	}
	if err := s.move(ctx, ""); err != nil {
		return nil, err
	}
	if _, err := s.simple(ctx, opts.text()); err != nil {
		return nil, err
	}
	return &Tx{s: s}, nil
}

// lock starts a use of the transaction's session.
func (tx *Tx) lock(ctx context.Context) error {
	if tx.ended {
		return ErrClosed
	}
	return tx.s.lock(ctx)
}

// Exec is DB.Exec in the transaction.
func (tx *Tx) Exec(ctx context.Context, sql string, args ...any) (Result, error) {
	if err := tx.lock(ctx); err != nil {
		return Result{}, err
	}
	defer tx.s.mu.Unlock()
	return tx.s.exec(ctx, sql, args)
}

// Query is DB.Query in the transaction.
func (tx *Tx) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	if err := tx.lock(ctx); err != nil {
		return nil, err
	}
	defer tx.s.mu.Unlock()
	return tx.s.query(ctx, sql, args, nil)
}

// QueryRow is DB.QueryRow in the transaction.
func (tx *Tx) QueryRow(ctx context.Context, sql string, args ...any) *Row {
	rows, err := tx.Query(ctx, sql, args...)
	return &Row{rows, err}
}

// Commit commits. After an error the transaction is rolled back. Committing a
// transaction in which a statement failed rolls it back and returns 25P02.
func (tx *Tx) Commit(ctx context.Context) error {
	if tx.ended {
		return ErrClosed
	}
	if err := tx.s.lock(ctx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	result, err := tx.s.simple(ctx, "commit")
	tx.s.leaveTx()
	tx.s.mu.Unlock()
	tx.end()
	if err == nil && result.Tag() == "ROLLBACK" {
		err = pgerr.New(pgcode.InFailedSqlTransaction, "a statement of the transaction failed, so it was rolled back")
	}
	return err
}

// Rollback undoes the transaction; it does nothing when it has ended.
func (tx *Tx) Rollback() error {
	if tx.ended {
		return nil
	}
	ctx := context.Background()
	err := tx.s.lock(ctx)
	if err == nil {
		_, err = tx.s.simple(ctx, "rollback")
		tx.s.leaveTx()
		tx.s.mu.Unlock()
	}
	tx.end()
	if errors.Is(err, ErrClosed) {
		return nil // closing the DB rolled it back
	}
	return err
}

func (tx *Tx) end() {
	tx.ended = true
	if tx.owned {
		tx.s.db.put(tx.s)
	}
}

// attemptsMax bounds how often Update runs its function.
const attemptsMax = 20

// Update runs f in a transaction and commits it when f returns nil; otherwise,
// and when f panics, it is rolled back. A transaction that another one kept from
// succeeding (40001, 40P01) is run again, so f must have no other effects. f must
// neither commit nor keep tx.
func (db *DB) Update(ctx context.Context, f func(tx *Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := db.run(ctx, TxOptions{}, f)
		if err == nil || !retryable(err) || attempt == attemptsMax {
			return err
		}
		wait := time.NewTimer(rand.N(time.Millisecond << min(attempt, 7)))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return outcome(ctx, err)
		}
	}
}

// View runs f in a read-only transaction in which every statement sees the same
// state, that of its first statement.
func (db *DB) View(ctx context.Context, f func(tx *Tx) error) error {
	return db.run(ctx, TxOptions{Isolation: RepeatableRead, ReadOnly: true}, f)
}

func (db *DB) run(ctx context.Context, opts TxOptions, f func(tx *Tx) error) error {
	tx, err := db.Begin(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
