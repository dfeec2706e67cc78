package driftdb

import (
	"io"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// answer is the client.Writer of this door: it keeps rows as values, without a
// byte of the wire in between. One belongs to each conn and is used for one
// statement after the other.
type answer struct {
	notice func(*Error)

	columns   []client.Column
	rows      []datum.Datum // keep: the rows not yet taken, one after the other
	keep      bool
	tag       string
	done      bool // the statement has ended
	suspended bool
}

// reset prepares for a statement.
func (a *answer) reset(keep bool) {
	*a = answer{notice: a.notice, keep: keep, rows: a.rows[:0]}
}

// Columns implements client.Writer.
func (a *answer) Columns(cols []client.Column, _ bool) error {
	a.columns = cols
	return nil
}

// Row implements client.Writer.
func (a *answer) Row(row []datum.Datum) error {
	if !a.keep {
		return nil
	}
	for _, d := range row {
		a.rows = append(a.rows, own(d))
	}
	return nil
}

// own returns a value that does not share memory with the executor's buffers,
// which the next row may overwrite. Other kinds never change once made.
func own(d datum.Datum) datum.Datum {
	switch d.Kind() {
	case datum.Text, datum.BPChar, datum.Bytea, datum.UUID, datum.JSONB:
		return datum.NewOfKind(strings.Clone(d.Str()), d.Kind())
	}
	return d
}

// Complete implements client.Writer.
func (a *answer) Complete(tag string) error {
	a.tag, a.done = tag, true
	return nil
}

// Empty implements client.Writer.
func (a *answer) Empty() error {
	a.done = true
	return nil
}

// Suspended implements client.Writer.
func (a *answer) Suspended() error {
	a.suspended = true
	return nil
}

// Notice implements client.Writer.
func (a *answer) Notice(n *pgerr.Error) error {
	if a.notice != nil {
		a.notice(n)
	}
	return nil
}

// Status implements client.Writer.
func (a *answer) Status(string, string) error { return nil }

const copyHint = "Use INSERT here, or COPY through the PostgreSQL protocol."

// CopyOut implements client.Writer.
func (a *answer) CopyOut(bool, int) error {
	return pgerr.NotSupported(copyHint, "COPY TO STDOUT is not supported by the embedded API")
}

// CopyData implements client.Writer.
func (a *answer) CopyData([]byte) error { return nil }

// CopyDone implements client.Writer.
func (a *answer) CopyDone() error { return nil }

// CopyIn implements client.Writer.
func (a *answer) CopyIn(bool, int) (io.Reader, error) {
	return nil, pgerr.NotSupported(copyHint, "COPY FROM STDIN is not supported by the embedded API")
}

// Result tells what a statement did. It is a value and stays valid.
type Result struct{ tag string }

// Tag is PostgreSQL's command tag, such as "INSERT 0 1" or "CREATE TABLE".
func (r Result) Tag() string { return r.tag }

// RowsAffected is the number of rows that the statement inserted, updated,
// deleted or returned; 0 for other statements.
func (r Result) RowsAffected() int64 {
	n, err := strconv.ParseInt(r.tag[strings.LastIndexByte(r.tag, ' ')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
