// Package pgerr holds the one error type that carries a SQLSTATE and the other
// fields of PostgreSQL's ErrorResponse. It knows nothing of SQL, storage or the
// wire; every layer above may create and inspect its errors.
package pgerr

import (
	"errors"
	"fmt"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Error is an error as a PostgreSQL client sees it. Fields left empty are not
// sent. Position counts characters (not bytes) from 1; 0 means none.
//
// An Error is immutable once returned: use a copy to change it. It may be
// shared between goroutines.
type Error struct {
	Severity   string // ERROR when empty; FATAL ends the session
	Code       pgcode.Code
	Message    string
	Detail     string
	Hint       string
	Position   int
	Where      string
	Schema     string
	Table      string
	Column     string
	DataType   string
	Constraint string
	Routine    string
	cause      error
}

// Error returns the message alone, as PostgreSQL's M field has it.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the wrapped cause, if any.
func (e *Error) Unwrap() error { return e.cause }

// New returns an error with a code and a message formatted as by fmt.Sprintf.
// An argument that is an error and wrapped with %w stays reachable by errors.Is.
func New(code pgcode.Code, format string, args ...any) *Error {
	if len(args) == 0 {
		return &Error{Code: code, Message: format}
	}
	wrapped := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: wrapped.Error(), cause: errors.Unwrap(wrapped)}
}

// NotSupported returns 0A000 with the hint that goes with it: what the user can
// do instead, or which kind of thing is meant.
func NotSupported(hint, format string, args ...any) *Error {
	return New(pgcode.FeatureNotSupported, format, args...).WithHint(hint)
}

// Internal returns XX000 for a broken invariant: a bug of ours, not of the user.
func Internal(format string, args ...any) *Error {
	return New(pgcode.InternalError, format, args...)
}

// WithDetail returns a copy with the DETAIL field set.
func (e *Error) WithDetail(format string, args ...any) *Error {
	c := *e
	c.Detail = sprintf(format, args)
	return &c
}

// WithHint returns a copy with the HINT field set.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = sprintf(format, args)
	return &c
}

// At returns a copy with the error position, in characters from 1; a position
// that is already set stays, because the innermost one is the best.
func (e *Error) At(position int) *Error {
	if e.Position != 0 {
		return e
	}
	c := *e
	c.Position = position
	return &c
}

// WithTable returns a copy naming a schema and table.
func (e *Error) WithTable(schema, table string) *Error {
	c := *e
	c.Schema, c.Table = schema, table
	return &c
}

// WithColumn returns a copy naming a column.
func (e *Error) WithColumn(column string) *Error {
	c := *e
	c.Column = column
	return &c
}

// WithConstraint returns a copy naming a constraint.
func (e *Error) WithConstraint(name string) *Error {
	c := *e
	c.Constraint = name
	return &c
}

// CodeOf returns the SQLSTATE of err: XX000 when it carries none, "" for nil.
func CodeOf(err error) pgcode.Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return pgcode.InternalError
}

// From returns err as an *Error, wrapping a plain one as XX000.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: pgcode.InternalError, Message: err.Error(), cause: err}
}

func sprintf(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}
