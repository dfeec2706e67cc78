// Package backend holds the functions about the session's own backend and others:
// advisory locks, transaction numbers, who keeps whom waiting. It must not know
// plans or SQL text. What it needs of the running session comes through its
// Session interface, which the value in builtin.Context.Session implements.
//
// Importing the package registers the functions.
package backend

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/txn"
)

// Session is what the functions ask of the session they run in.
type Session interface {
	builtin.Session
	// Transaction is the one that runs; a statement always has one.
	Transaction() *txn.Tx
	// Owner holds the session's own locks.
	Owner() *txn.Owner
}

func session(c *builtin.Context) (Session, error) {
	if s, ok := c.Session.(Session); ok && s.Transaction() != nil {
		return s, nil
	}
	return nil, pgerr.NotSupported("Call it in a statement of a session.", "functions about the session need one")
}
