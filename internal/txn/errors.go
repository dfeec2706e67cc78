package txn

import (
	"context"
	"errors"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

func errLockTimeout() error {
	return pgerr.New(pgcode.LockNotAvailable, "canceling statement due to lock timeout")
}

// errSerialization is the answer of REPEATABLE READ to a row that somebody else
// changed ("update") or removed ("delete") since the snapshot.
func errSerialization(what string) error {
	return pgerr.New(pgcode.TRSerializationFailure, "could not serialize access due to concurrent %s", what)
}

// ContextError returns the error a cancelled context was given as its cause, or
// 57014.
func ContextError(ctx context.Context) error {
	var e *pgerr.Error
	if errors.As(context.Cause(ctx), &e) {
		return e
	}
	return pgerr.New(pgcode.QueryCanceled, "canceling statement due to user request")
}

// wrapStore gives the store's sentinels their SQLSTATE.
func wrapStore(err error) error {
	var e *pgerr.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case errors.Is(err, store.ErrTooLarge):
		return errTooLarge()
	case errors.Is(err, store.ErrDiskFull):
		return pgerr.New(pgcode.DiskFull, "could not write: %w", err).WithHint("Free disk space; reads go on meanwhile.")
	case errors.Is(err, store.ErrReadOnly):
		return pgerr.New(pgcode.ReadOnlySqlTransaction, "cannot write: %w", err)
	case errors.Is(err, store.ErrCorrupt):
		return pgerr.New(pgcode.DataCorrupted, "%w", err)
	case errors.Is(err, store.ErrClosed):
		return pgerr.New(pgcode.AdminShutdown, "%w", err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return pgerr.New(pgcode.QueryCanceled, "canceling statement due to user request")
	}
	return pgerr.New(pgcode.IoError, "%w", err)
}

func errTooLarge() error {
	return pgerr.New(pgcode.ProgramLimitExceeded, "transaction is too large").
		WithHint("Split the work into several transactions.")
}
