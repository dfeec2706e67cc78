// Package client is the contract between a SQL session and the door a client
// came through (the PostgreSQL wire, the embedded API): what a session calls to
// answer, and what a door calls to run statements. It knows neither bytes on
// the wire nor how statements run.
package client

import (
	"context"
	"io"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/types"
)

// Column describes one column of a result. TableOID and AttNum are 0 when the
// column is not simply a table's column.
type Column struct {
	Name     string
	Type     types.T
	TableOID uint32
	AttNum   int16
	Format   int16 // 0 text, 1 binary; set from Bind, 0 in simple queries
}

// Writer is what a session answers through. It is called from one goroutine at
// a time, in the order PostgreSQL sends the messages. An error from any method
// means that the client is gone: the statement stops and the error is returned
// as it is. Rows are buffered; the door flushes when the session returns or its
// buffer is full.
type Writer interface {
	// Columns announces the shape of the rows that follow. announce is true when
	// the client must be told (simple protocol), false for Execute.
	Columns(cols []Column, announce bool) error
	// Row sends one row; the slice may be reused after the call.
	Row(row []datum.Datum) error
	// Complete ends a statement with its command tag ("SELECT 3").
	Complete(tag string) error
	// Empty answers a query string without a statement.
	Empty() error
	// Suspended ends an Execute whose row limit was reached.
	Suspended() error
	// Notice sends a NOTICE, WARNING, ... (Severity says which).
	Notice(n *pgerr.Error) error
	// Status tells a reported setting's new value (ParameterStatus).
	Status(name, value string) error
	// CopyOut starts COPY TO STDOUT; CopyData sends one row's bytes, CopyDone ends it.
	CopyOut(binary bool, columns int) error
	CopyData(b []byte) error
	CopyDone() error
	// CopyIn starts COPY FROM STDIN and returns a reader over the data that ends
	// with io.EOF at CopyDone; CopyFail gives a 57014 error.
	CopyIn(binary bool, columns int) (io.Reader, error)
}

// Statement is what Describe tells of a prepared statement. Columns is nil for
// a statement that returns no rows.
type Statement struct {
	Params  []types.OID
	Columns []Column
}

// Session runs statements for one client. Its methods are called by one
// goroutine at a time; only Cancel may be called from another. Errors are
// *pgerr.Error with Position already in characters; the session has then moved
// to the failed-transaction state as PostgreSQL does.
type Session interface {
	// Simple runs a query string of any number of statements (simple protocol).
	Simple(ctx context.Context, sql string, w Writer) error
	// Parse prepares a statement; name "" is the unnamed one. Unknown parameter
	// types are 0.
	Parse(ctx context.Context, name, sql string, params []types.OID, w Writer) error
	// Bind makes a portal. params holds nil for NULL; formats are as in the
	// protocol (none, one for all, or one each). The parameters and their bytes
	// belong to the door again when Bind returns; resultFormats may be kept.
	Bind(ctx context.Context, portal, statement string, params [][]byte, paramFormats, resultFormats []int16, w Writer) error
	DescribeStatement(ctx context.Context, name string) (Statement, error)
	// DescribePortal returns nil for a portal that returns no rows.
	DescribePortal(ctx context.Context, name string) ([]Column, error)
	// Execute runs a portal for at most maxRows rows (0: all). It may be called
	// again after Suspended.
	Execute(ctx context.Context, portal string, maxRows int, w Writer) error
	CloseStatement(name string)
	ClosePortal(name string)
	// Sync ends an extended-protocol sequence: commits or rolls back the implicit
	// transaction; failed is true when an error was answered since the last one,
	// by the session or by the door itself (a broken message, invalid UTF-8): an
	// open transaction block is then failed. A door also calls it with failed
	// after a broken simple query.
	Sync(ctx context.Context, failed bool, w Writer) error
	// TxStatus is 'I', 'T' or 'E' for ReadyForQuery.
	TxStatus() byte
	// Setting returns a setting's present value as SHOW prints it.
	Setting(name string) (string, bool)
	// Cancel stops the running statement with 57014; it may be called from any
	// goroutine at any time.
	Cancel()
	// Idle reports for how long the session may sit in its present state before
	// the door must end it with the returned error; 0 means for ever.
	Idle() (microseconds int64, fatal *pgerr.Error)
	// Close rolls back and frees everything.
	Close()
}

// Formatter is implemented by sessions whose settings change how values print
// (config.Session.Formats gives it). A door asks when a result starts and keeps
// the answer until the result ends; without it values print as by default.
type Formatter interface {
	Formats() *pgfmt.Settings
}

// Info is what is known of a client when its session starts.
type Info struct {
	User            string
	Database        string
	ApplicationName string
	RemoteAddr      string            // host:port, "" for embedded
	Settings        map[string]string // start-up parameters that are settings, options=-c included
	PID             int32             // the backend's process id as the client sees it
	// Terminate ends the session with 57P01 (pg_terminate_backend); nil when the
	// door cannot. Any goroutine may call it.
	Terminate func()
}
