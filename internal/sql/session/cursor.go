package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/types"
)

// cursor is a SQL cursor. Rows that were read are kept, so that it can go back.
type cursor struct {
	run    *running
	rows   *rows.Store
	row    []datum.Datum // the current one
	at     int           // 0 before the first row, n on row n, rows.Len()+1 after the last when ended
	ended  bool
	scroll bool
	hold   bool // WITH HOLD
	held   bool // its transaction has committed
}

// declare carries out DECLARE CURSOR.
func (s *Session) declare(ctx context.Context, st statement, d *ast.DeclareCursorStmt) error {
	if !d.Hold {
		if err := s.needsBlock("DECLARE CURSOR"); err != nil {
			return err
		}
	}
	if s.portals[d.Name] != nil {
		return pgerr.New(pgcode.DuplicateCursor, "cursor %q already exists", d.Name)
	}
	raw := &ast.RawStmt{Stmt: d.Query, Start: st.raw.Start, Len: st.raw.Len}
	q := &prepared{text: st.text, raw: raw, params: st.types}
	run, err := s.openInPieces(ctx, statement{text: st.text, raw: raw, types: st.types, params: st.params}, q)
	if err != nil {
		return err
	}
	columns := q.plan.columns
	if d.Binary {
		columns = withFormats(columns, []int16{1})
	}
	c := &cursor{run: run, scroll: !d.NoScroll, hold: d.Hold, rows: s.keeper(columns), row: make([]datum.Datum, len(columns))}
	if d.Hold {
		// It outlives the transaction that it read in, so all its rows are read now.
		if err := c.read(ctx, -1); err != nil {
			c.close()
			return err
		}
		c.held = true
	}
	if s.portals == nil {
		s.portals = map[string]*portal{}
	}
	p := &portal{stmt: q, columns: columns, cursor: c}
	s.portals[d.Name] = p
	s.numberPortal(p)
	return nil
}

// read makes sure that row n (from 1) has been read, if there is one; all rows
// when n is negative.
func (c *cursor) read(ctx context.Context, n int) error {
	if !c.ended {
		defer tie(ctx, c.run.stop)()
	}
	for !c.ended && (n < 0 || c.rows.Len() < n) {
		row, err := c.run.next()
		if err != nil {
			return err
		}
		if row == nil {
			c.ended = true
			c.run.close()
			break
		}
		if err := c.rows.AppendRow(row); err != nil {
			return err
		}
	}
	return nil
}

func (c *cursor) close() {
	if c.run != nil {
		c.run.close()
	}
	c.rows.Reset()
	c.ended = true
}

// reads reports whether an open cursor reads a relation.
func (s *Session) reads(oid uint32) bool {
	for _, q := range s.portals {
		if q.cursor != nil && !q.cursor.held && slices.Contains(q.stmt.plan.stmt.Relations, oid) {
			return true
		}
	}
	return false
}

// current returns the row the cursor stands on, nil before and after all rows. It
// is valid until the next call.
func (c *cursor) current() ([]datum.Datum, error) {
	if c.at < 1 || c.at > c.rows.Len() {
		return nil, nil
	}
	c.rows.Row(c.at-1, c.row)
	return c.row, c.rows.Err()
}

// keeper returns a place for the rows of a result, on disk when they are many.
func (s *Session) keeper(columns []client.Column) *rows.Store {
	list := make([]types.T, len(columns))
	for i, c := range columns {
		list[i] = c.Type
	}
	h := s.hot()
	return rows.NewStore(list, &spill.Space{Account: mem.NewAccount(h.memory, &s.srv.Memory), Work: h.workMem, Files: s.temp})
}

// moveTo goes to row n (from 1; 0 before the first; beyond the end after it).
func (c *cursor) moveTo(ctx context.Context, n int) error {
	if n < c.at && !c.scroll {
		return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "cursor can only scan forward").
			WithHint("Declare it with SCROLL option to enable backward scan.")
	}
	if err := c.read(ctx, n); err != nil {
		return err
	}
	c.at = min(max(n, 0), c.rows.Len()+1)
	return nil
}

// fetch carries out FETCH and MOVE.
func (s *Session) fetch(ctx context.Context, f *ast.FetchStmt, w client.Writer) (string, error) {
	q := s.portals[f.Cursor]
	if q == nil || q.cursor == nil {
		return "", pgerr.New(pgcode.InvalidCursorName, "cursor %q does not exist", f.Cursor)
	}
	verb := "FETCH"
	send := func(row []datum.Datum) error { return w.Row(row) }
	if f.Move {
		verb, send = "MOVE", func([]datum.Datum) error { return nil }
	} else if err := w.Columns(q.columns, true); err != nil {
		return "", err
	}
	n, err := q.cursor.fetch(ctx, f.Direction, f.Count, send)
	return fmt.Sprintf("%s %d", verb, n), err
}

// fetch moves the cursor and sends the rows it passes; it returns their number.
func (c *cursor) fetch(ctx context.Context, dir ast.FetchDirection, count int64, send func([]datum.Datum) error) (int64, error) {
	switch dir {
	case ast.FetchBackward:
		return c.step(ctx, -count, count == ast.FetchAll, send)
	case ast.FetchForward:
		return c.step(ctx, count, count == ast.FetchAll, send)
	case ast.FetchAbsolute:
		n := count
		if n < 0 {
			if err := c.read(ctx, -1); err != nil {
				return 0, err
			}
			n = int64(c.rows.Len()) + 1 + n
		}
		return c.land(ctx, n, send)
	}
	return c.land(ctx, int64(c.at)+count, send)
}

// land goes to one row and sends it.
func (c *cursor) land(ctx context.Context, n int64, send func([]datum.Datum) error) (int64, error) {
	if err := c.moveTo(ctx, int(min(n, 1<<31))); err != nil {
		return 0, err
	}
	row, err := c.current()
	if row == nil || err != nil {
		return 0, err
	}
	return 1, send(row)
}

// step sends the next count rows, backwards when it is negative; 0 sends the
// current row again.
func (c *cursor) step(ctx context.Context, count int64, all bool, send func([]datum.Datum) error) (sent int64, err error) {
	if count == 0 {
		return c.land(ctx, int64(c.at), send)
	}
	by, left := 1, count
	if count < 0 {
		by, left = -1, -count
	}
	for ; all || left > 0; left-- {
		if err := c.moveTo(ctx, c.at+by); err != nil {
			return sent, err
		}
		row, err := c.current()
		if err != nil {
			return sent, err
		}
		if row == nil {
			break
		}
		if err := send(row); err != nil {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

// executeCursor serves Execute on a SQL cursor's portal.
func (s *Session) executeCursor(ctx context.Context, q *portal, maxRows int, w client.Writer) error {
	if err := w.Columns(q.columns, false); err != nil {
		return err
	}
	count := int64(maxRows)
	n, err := q.cursor.step(ctx, max(count, 1), count == 0, w.Row)
	if err != nil {
		return err
	}
	if count > 0 && n == count {
		return w.Suspended()
	}
	return w.Complete(fmt.Sprintf("SELECT %d", n))
}

// closeCursor carries out CLOSE.
func (s *Session) closeCursor(c *ast.CloseStmt) (string, error) {
	if c.All {
		for name, q := range s.portals {
			if q.cursor != nil {
				s.ClosePortal(name)
			}
		}
		return "CLOSE CURSOR ALL", nil
	}
	if q := s.portals[c.Cursor]; q == nil || q.cursor == nil {
		return "", pgerr.New(pgcode.InvalidCursorName, "cursor %q does not exist", c.Cursor)
	}
	s.ClosePortal(c.Cursor)
	return "CLOSE CURSOR", nil
}

// prepareSQL carries out PREPARE.
func (s *Session) prepareSQL(ctx context.Context, st statement, p *ast.PrepareStmt) error {
	if s.statements[p.Name] != nil {
		return pgerr.New(pgcode.DuplicatePstatement, "prepared statement %q already exists", p.Name)
	}
	if !isQuery(p.Query) {
		return unsupported(p.Query)
	}
	var params []types.OID
	for _, t := range p.Types {
		typ, err := s.typeName(t)
		if err != nil {
			return err
		}
		params = append(params, typ.OID)
	}
	q := &prepared{
		text: st.text, raw: &ast.RawStmt{Stmt: p.Query, Start: st.raw.Start, Len: st.raw.Len}, params: params, fromSQL: true,
		made: s.wallTime(),
	}
	if err := s.analyse(ctx, q); err != nil {
		return err
	}
	if s.statements == nil {
		s.statements = map[string]*prepared{}
	}
	s.statements[p.Name] = q
	return nil
}

// executeSQL carries out EXECUTE.
func (s *Session) executeSQL(ctx context.Context, st statement, e *ast.ExecuteStmt, w client.Writer) (string, error) {
	p, params, err := s.executeArgs(ctx, st, e)
	if err != nil {
		return "", err
	}
	return s.runPrepared(ctx, p, params, w)
}

// executeArgs finds the statement of EXECUTE and evaluates its arguments.
func (s *Session) executeArgs(ctx context.Context, st statement, e *ast.ExecuteStmt) (*prepared, []datum.Datum, error) {
	p := s.statements[e.Name]
	if p == nil || p.raw == nil {
		return nil, nil, unknownStatement(e.Name)
	}
	if len(e.Args) != len(p.params) {
		return nil, nil, pgerr.New(pgcode.SyntaxError, "wrong number of parameters for prepared statement %q", e.Name).
			WithDetail("Expected %d parameters but got %d.", len(p.params), len(e.Args))
	}
	var params []datum.Datum
	for i, arg := range e.Args {
		d, err := s.argument(ctx, st, arg, types.Of(p.params[i]), i+1)
		if err != nil {
			return nil, nil, err
		}
		params = append(params, d)
	}
	return p, params, nil
}

// runPrepared runs a prepared query and sends all its rows.
func (s *Session) runPrepared(ctx context.Context, p *prepared, params []datum.Datum, w client.Writer) (string, error) {
	run, err := s.open(ctx, statement{text: p.text, raw: p.raw, types: p.params, params: params}, p)
	if err != nil {
		return "", err
	}
	return run.drain(w, true)
}

// deallocate carries out DEALLOCATE.
func (s *Session) deallocate(d *ast.DeallocateStmt) (string, error) {
	if d.All {
		s.statements = nil
		return "DEALLOCATE ALL", nil
	}
	if s.statements[d.Name] == nil {
		return "", unknownStatement(d.Name)
	}
	delete(s.statements, d.Name)
	return "DEALLOCATE", nil
}
