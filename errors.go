package driftdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

// Error is an error of a statement with the fields of PostgreSQL's error
// message: Code (the SQLSTATE), Message, Detail, Hint, Position, Constraint and
// so on. Read only; find it in an error with errors.As.
type Error = pgerr.Error

var (
	// ErrNoRows: QueryRow found no row. It is sql.ErrNoRows.
	ErrNoRows = sql.ErrNoRows
	// ErrClosed: the DB, Conn, Tx, Stmt or Rows is closed.
	ErrClosed = errors.New("driftdb: closed")
	// ErrInUse: another process holds the directory.
	ErrInUse = store.ErrInUse
	// ErrNewerFormat: a newer version made the directory.
	ErrNewerFormat = store.ErrNewerFormat
	// ErrNotADatabase: the directory holds something else.
	ErrNotADatabase = store.ErrNotADatabase
	// ErrCorrupt: the directory is damaged; driftdb doctor tells more.
	ErrCorrupt = store.ErrCorrupt
	// ErrClockBehind: the clock is far behind the last commit.
	ErrClockBehind = store.ErrClockBehind
)

// SQLState returns the SQLSTATE of an error of a statement: five characters,
// "XX000" for an error that has none of its own, "" for nil.
func SQLState(err error) string { return string(pgerr.CodeOf(err)) }

// retryable reports whether the same transaction may succeed when run again.
func retryable(err error) bool {
	switch pgerr.CodeOf(err) {
	case pgcode.TRSerializationFailure, pgcode.TRDeadlockDetected:
		return true
	}
	return false
}

// outcome is a session's error as callers get it: one that a context caused is
// also the context's.
func outcome(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}
