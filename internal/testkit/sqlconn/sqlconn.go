// Package sqlconn opens a database inside a test and runs SQL in its sessions,
// without a door in between, on any file system and any clock. Results are text,
// as psql would print them. Only tests import it.
package sqlconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
)

// Null is how a NULL shows in a Result.
const Null = "∅"

// Result is the answer to the last statement of a text.
type Result struct {
	Columns []string
	Rows    [][]string
	Tag     string
}

// String prints the rows, a line each.
func (r *Result) String() string {
	lines := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		lines[i] = strings.Join(row, "|")
	}
	return strings.Join(lines, "\n")
}

// Conn is one session. It belongs to one goroutine.
type Conn struct {
	s      client.Session
	answer answer
}

// Connect opens a session of the superuser.
func Connect(e *engine.Engine) (*Conn, error) {
	s, err := e.NewSession(context.Background(), client.Info{User: "driftdb", Database: "driftdb"})
	if err != nil {
		return nil, err
	}
	return &Conn{s: s}, nil
}

// Exec runs a text of one or several statements. The error is the database's; its
// code is what Code returns.
func (c *Conn) Exec(ctx context.Context, sql string) (*Result, error) {
	c.answer = answer{c: c}
	err := c.s.Simple(ctx, sql, &c.answer)
	return &c.answer.result, err
}

// Status is 'I', 'T' or 'E' as ReadyForQuery tells it.
func (c *Conn) Status() byte { return c.s.TxStatus() }

// Cancel stops the running statement; any goroutine may call it.
func (c *Conn) Cancel() { c.s.Cancel() }

// Close ends the session.
func (c *Conn) Close() { c.s.Close() }

// Code is the SQLSTATE of an error, "" of none.
func Code(err error) string {
	if err == nil {
		return ""
	}
	return string(pgerr.CodeOf(err))
}

// Doctor checks a closed database as the program's doctor does: the store, then
// every table with its indexes. It returns what it finds, a line each.
func Doctor(ctx context.Context, dir string, o store.Options) (string, error) {
	var found strings.Builder
	report := func(f store.Finding) { fmt.Fprintln(&found, f) }
	err := store.Doctor(ctx, dir, o, report, Verify)
	return found.String(), err
}

// Verify is the store.DoctorHook that checks rows and index entries.
func Verify(ctx context.Context, db *store.DB, report func(store.Finding)) error {
	v := db.View()
	defer v.Release()
	snapshot, _, err := catalog.NewHistory(db).At(v.Reader)
	if err != nil {
		return err
	}
	set := table.NewSet(snapshot, nil)
	var failed error
	snapshot.All(func(d catalog.Desc) bool {
		if desc, ok := d.(*catalog.Table); ok {
			t, err := set.Table(desc.OID)
			if err == nil {
				err = t.Verify(ctx, v.Reader, func(p table.Problem) bool {
					report(store.Finding{What: "index entry", Where: p.Table, Detail: p.String()})
					return true
				})
			}
			failed = errors.Join(failed, err)
		}
		return failed == nil
	})
	return failed
}

// answer is the client.Writer that keeps results as text.
type answer struct {
	c       *Conn
	columns []client.Column
	formats *pgfmt.Settings
	result  Result
}

func (a *answer) Columns(cols []client.Column, _ bool) error {
	a.columns, a.result = cols, Result{}
	a.formats = pgfmt.Default()
	if f, ok := a.c.s.(client.Formatter); ok {
		a.formats = f.Formats()
	}
	for _, c := range cols {
		a.result.Columns = append(a.result.Columns, c.Name)
	}
	return nil
}

func (a *answer) Row(row []datum.Datum) error {
	line := make([]string, len(row))
	for i, d := range row {
		if line[i] = Null; !d.IsNull() {
			line[i] = string(pgfmt.AppendText(nil, a.columns[i].Type, d, a.formats))
		}
	}
	a.result.Rows = append(a.result.Rows, line)
	return nil
}

func (a *answer) Complete(tag string) error {
	if !strings.HasPrefix(tag, "SELECT") && a.columns == nil {
		a.result = Result{}
	}
	a.result.Tag, a.columns = tag, nil
	return nil
}

func (a *answer) Empty() error                { return nil }
func (a *answer) Suspended() error            { return nil }
func (a *answer) Notice(*pgerr.Error) error   { return nil }
func (a *answer) Status(string, string) error { return nil }
func (a *answer) CopyOut(bool, int) error     { return nil }
func (a *answer) CopyData([]byte) error       { return nil }
func (a *answer) CopyDone() error             { return nil }

func (a *answer) CopyIn(bool, int) (io.Reader, error) { return strings.NewReader(""), nil }
