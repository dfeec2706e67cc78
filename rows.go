package driftdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// Column describes a column of a result.
type Column struct {
	Name string
	Type string // as format_type prints it: "bigint", "numeric(12,2)"
	OID  uint32 // of the type
}

// Rows are the rows of a query, read forward once. Always Close them: until then
// they hold a session of the DB, or an open portal of their Tx. Rows belong to
// one goroutine.
type Rows struct {
	s        *session
	ctx      context.Context
	portal   string
	columns  []client.Column
	release  func() // gives the session back; nil when somebody else owns it
	implicit bool   // Close ends the transaction
	out      answer

	ready    []datum.Datum // rows fetched and not yet returned by Next
	row      []datum.Datum // the current one
	settings *pgfmt.Settings
	earlier  int64  // rows of the pieces before the last, which its tag does not count
	late     error  // to report when the rows in ready are taken
	epoch    uint64 // of the session when the rows began
	err      error
	closed   bool
}

// Columns describes the columns; none for a statement that returns no rows.
func (r *Rows) Columns() []Column { return describe(r.columns) }

func describe(columns []client.Column) []Column {
	list := make([]Column, len(columns))
	for i, c := range columns {
		list[i] = Column{Name: c.Name, Type: pgfmt.FormatType(c.Type), OID: uint32(c.Type.OID)}
	}
	return list
}

// more fetches up to maxRows rows when all before are taken, or (0) all that are
// left, behind those not yet taken. s.mu is held.
func (r *Rows) more(ctx context.Context, maxRows int) error {
	r.out.reset(true)
	if len(r.ready) > 0 {
		r.out.rows = append(make([]datum.Datum, 0, 2*len(r.ready)), r.ready...)
	}
	err := r.s.sql.Execute(ctx, r.portal, maxRows, &r.out)
	if err != nil {
		r.out.done = true
		r.s.open = nil
		return r.s.fails(ctx, err)
	}
	if r.columns == nil {
		r.columns = r.out.columns
	}
	r.ready = r.out.rows
	if r.out.done {
		return r.end(ctx)
	}
	r.earlier += int64(maxRows)
	return nil
}

// end closes the portal and, where it is Rows' own, the transaction.
func (r *Rows) end(ctx context.Context) error {
	r.s.sql.ClosePortal(r.portal)
	if !r.implicit {
		return nil
	}
	r.s.open = nil
	return outcome(ctx, r.s.sql.Sync(ctx, false, &r.out))
}

// Next moves to the next row. It returns false at the end and after an error,
// which Err then tells; both close the Rows.
func (r *Rows) Next() bool {
	if r.closed {
		return false
	}
	n := len(r.columns)
	if n == 0 {
		r.close(nil)
		return false
	}
	if len(r.ready) == 0 && !r.out.done {
		if err := r.fetch(); err != nil {
			r.close(err)
			return false
		}
	}
	if len(r.ready) == 0 {
		r.close(r.late)
		return false
	}
	r.row, r.ready = r.ready[:n:n], r.ready[n:]
	return true
}

func (r *Rows) fetch() error {
	if err := r.s.lock(r.ctx); err != nil {
		return err
	}
	defer r.s.mu.Unlock()
	if r.epoch != r.s.epoch {
		return ErrClosed
	}
	return r.more(r.ctx, fetchRows)
}

// drain reads all rows into memory, so that the session is free for another
// statement; an error is kept for Next. s.mu is held.
func (r *Rows) drain(ctx context.Context) {
	r.out.rows = nil // the current row lies there and stays readable
	for !r.out.done && r.late == nil {
		r.late = r.more(ctx, 0)
	}
}

// abandon ends rows that nobody may read any more. s.mu is held.
func (r *Rows) abandon(ctx context.Context) {
	r.out.done, r.late = true, ErrClosed
	_ = r.end(ctx)
}

// Err is the error that ended the rows early, nil at their end.
func (r *Rows) Err() error { return r.err }

// Result tells the command tag once all rows have been read.
func (r *Rows) Result() Result {
	last := Result{r.out.tag}
	if !strings.HasPrefix(last.tag, "SELECT ") {
		return last
	}
	return Result{fmt.Sprintf("SELECT %d", r.earlier+last.RowsAffected())}
}

// Close ends the rows and gives back what they hold. It may be called twice. It
// returns the error of an implicit transaction that could not be committed.
func (r *Rows) Close() error {
	if !r.closed {
		r.close(nil)
	}
	return r.err
}

// close ends the rows with the error to report.
func (r *Rows) close(err error) {
	r.closed, r.row, r.ready, r.err = true, nil, nil, err
	if !r.out.done {
		if lerr := r.s.lock(context.WithoutCancel(r.ctx)); lerr == nil {
			r.leave()
			r.s.mu.Unlock()
		}
	}
	if r.release != nil {
		r.release()
		r.release = nil
	}
}

// leave ends rows that were not read to their end. s.mu is held.
func (r *Rows) leave() {
	if r.out.done || r.epoch != r.s.epoch {
		return
	}
	ctx := context.WithoutCancel(r.ctx)
	r.out.done = true
	if r.err != nil && r.implicit {
		r.s.open = nil
		r.s.settle(ctx)
		return
	}
	if err := r.end(ctx); r.err == nil {
		r.err = err
	}
}

// Values returns the current row's values as package doc says. The slice and its
// contents belong to the caller.
func (r *Rows) Values() ([]any, error) {
	if r.row == nil {
		return nil, errNoRow(r.closed)
	}
	list := make([]any, len(r.row))
	for i, d := range r.row {
		list[i] = r.value(i, d)
	}
	return list, nil
}

// Texts returns the current row as PostgreSQL prints it, nil for NULL.
func (r *Rows) Texts() ([]*string, error) {
	if r.row == nil {
		return nil, errNoRow(r.closed)
	}
	list := make([]*string, len(r.row))
	for i, d := range r.row {
		if !d.IsNull() {
			text := r.text(i, d)
			list[i] = &text
		}
	}
	return list, nil
}

// Scan converts the current row's values into what dest points to, one pointer
// for each column; a nil dest skips its column.
func (r *Rows) Scan(dest ...any) error {
	if r.row == nil {
		return errNoRow(r.closed)
	}
	if len(dest) != len(r.row) {
		return fmt.Errorf("driftdb: %d destinations for %d columns", len(dest), len(r.row))
	}
	for i, p := range dest {
		if p == nil {
			continue
		}
		if err := r.scan(i, p); err != nil {
			return fmt.Errorf("driftdb: column %d (%q): %w", i+1, r.columns[i].Name, err)
		}
	}
	return nil
}

func errNoRow(closed bool) error {
	if closed {
		return fmt.Errorf("%w: there is no current row", ErrClosed)
	}
	return fmt.Errorf("driftdb: call Next before reading a row")
}

// text prints a value with the session's settings.
func (r *Rows) text(i int, d datum.Datum) string {
	if r.settings == nil {
		r.s.mu.Lock()
		r.settings = r.s.settings()
		r.s.mu.Unlock()
	}
	return pgfmt.Text(r.columns[i].Type, d, r.settings)
}

// Row is what QueryRow returns: the first row of a query or its error.
type Row struct {
	rows *Rows
	err  error
}

// Scan reads the row as Rows.Scan does and closes it; ErrNoRows when the query
// returned none. Call it exactly once.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	if !r.rows.Next() {
		if err := r.rows.Close(); err != nil {
			return err
		}
		return ErrNoRows
	}
	err := r.rows.Scan(dest...)
	if cerr := r.rows.Close(); err == nil {
		err = cerr
	}
	return err
}
