package store

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Sentinels of the store. Upper floors test with errors.Is and choose the
// SQLSTATE named beside each.
var (
	// ErrInUse: another process or handle holds the directory.
	ErrInUse = errors.New("data directory is in use")
	// ErrNewerFormat: the directory was written by a newer version.
	ErrNewerFormat = errors.New("data directory has a newer format")
	// ErrNotADirectory: the path holds no database of ours.
	ErrNotADatabase = errors.New("not a DriftDB data directory")
	// ErrDiskFull: writes are refused until space is back (53100).
	ErrDiskFull = errors.New("disk is full")
	// ErrCorrupt: stored bytes are damaged (XX001).
	ErrCorrupt = errors.New("stored data is damaged")
	// ErrTooLarge: the transaction exceeds Options.MaxBatchBytes (54000).
	ErrTooLarge = errors.New("transaction is too large")
	// ErrFuture: a moment more than one second ahead of the clock (22023).
	ErrFuture = errors.New("moment is in the future")
	// ErrClockBehind: at open, the clock is far behind the last commit.
	ErrClockBehind = errors.New("clock is behind the last commit")
	// ErrReadOnly: the store was opened read-only.
	ErrReadOnly = errors.New("store is read-only")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrFailed: a write to the log failed, nothing more is accepted.
	ErrFailed = errors.New("store has failed")
	// ErrSequenceExhausted: nextval passed the bound of a sequence (2200H).
	ErrSequenceExhausted = errors.New("sequence is exhausted")
)

// corruptf reports damage found by the store's own decoding.
func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// wrapErr marks an error of the engine: damage it detected becomes ErrCorrupt
// with the file named in the engine's text.
func wrapErr(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrCorrupt) {
		return err
	}
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}
