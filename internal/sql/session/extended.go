package session

import (
	"context"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// prepared is a prepared statement, of the protocol's Parse or SQL's PREPARE.
type prepared struct {
	text    string
	raw     *ast.RawStmt // nil for an empty statement
	params  []types.OID
	columns []client.Column // nil when it returns no rows
	plan    *planned        // of a query; replaced when the catalog changes
	form    *form           // in the plan cache, under key; nil when it is not there
	key     planKey
	fromSQL bool
	made    time.Time
}

// portal is a bound statement on its way.
type portal struct {
	stmt    *prepared
	params  []datum.Datum
	columns []client.Column
	run     *running // a query that has begun
	done    bool
	cursor  *cursor // a SQL cursor of that name
	number  int     // in the order they were made
}

// Parse implements client.Session.
func (s *Session) Parse(ctx context.Context, name, sql string, params []types.OID, w client.Writer) error {
	ctx, timer := s.begin(ctx, sql)
	defer s.done(timer)
	if name == "" {
		s.dropUnnamed()
	} else if s.statements[name] != nil {
		return s.broken(ctx, pgerr.New(pgcode.DuplicatePstatement, "prepared statement %q already exists", name), sql)
	}
	p, err := s.prepare(ctx, sql, params, w)
	if err != nil {
		return s.broken(ctx, err, sql)
	}
	if s.statements == nil {
		s.statements = map[string]*prepared{}
	}
	s.statements[name] = p
	return nil
}

// prepare parses and analyses one statement.
func (s *Session) prepare(ctx context.Context, sql string, params []types.OID, w client.Writer) (*prepared, error) {
	if p, err := s.prepareCached(ctx, sql, params); p != nil || err != nil {
		return p, err
	}
	list, notices, err := s.parse(sql, w)
	if err != nil {
		return nil, err
	}
	p := &prepared{text: sql, params: params, made: time.Now()}
	switch len(list) {
	case 0:
		return p, nil
	case 1:
	default:
		return nil, pgerr.New(pgcode.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	p.raw = &list[0]
	if err := s.inFailedBlock(p.raw.Stmt); err != nil {
		return nil, err
	}
	if err := s.analyse(ctx, p); err != nil {
		return nil, err
	}
	s.remember(p, params, notices)
	return p, nil
}

// analyse finds a statement's parameters and columns.
func (s *Session) analyse(ctx context.Context, p *prepared) error {
	if isQuery(p.raw.Stmt) {
		// Analysing needs a snapshot of the catalog; Sync ends the transaction.
		if err := s.ensure(); err != nil {
			return err
		}
		if !s.ran {
			// Names and columns are those of drift.as_of, as they will be when it runs.
			if err := s.applyAsOf(); err != nil {
				return err
			}
		}
		plan, err := s.bindNow(ctx, statement{text: p.text, raw: p.raw, types: p.params, form: p.form}, true)
		if err != nil {
			return err
		}
		p.plan, p.params, p.columns = plan, plan.stmt.Params, plan.columns
		return nil
	}
	columns, err := s.utilityColumns(ctx, p)
	p.columns = columns
	return err
}

// utilityColumns tells what a statement that is no query returns.
func (s *Session) utilityColumns(ctx context.Context, p *prepared) ([]client.Column, error) {
	text := types.Of(types.Text)
	switch stmt := p.raw.Stmt.(type) {
	case *ast.ShowStmt:
		if stmt.Name == "all" {
			return []client.Column{{Name: "name", Type: text}, {Name: "setting", Type: text}, {Name: "description", Type: text}}, nil
		}
		return []client.Column{{Name: s.cfg.CanonicalName(stmt.Name), Type: text}}, nil
	case *ast.ExplainStmt:
		return s.explainColumns(stmt), nil
	case *ast.ExecuteStmt:
		q := s.statements[stmt.Name]
		if q == nil {
			return nil, unknownStatement(stmt.Name)
		}
		return q.columns, nil
	case *ast.FetchStmt:
		c := s.portals[stmt.Cursor]
		if stmt.Move || c == nil {
			return nil, nil
		}
		return c.columns, nil
	}
	return nil, nil
}

func unknownStatement(name string) error {
	if name == "" {
		return pgerr.New(pgcode.InvalidSqlStatementName, "unnamed prepared statement does not exist")
	}
	return pgerr.New(pgcode.InvalidSqlStatementName, "prepared statement %q does not exist", name)
}

func unknownPortal(name string) error {
	return pgerr.New(pgcode.InvalidCursorName, "portal %q does not exist", name)
}

// Bind implements client.Session.
func (s *Session) Bind(ctx context.Context, name, stmt string, params [][]byte, paramFormats, resultFormats []int16, w client.Writer) error {
	p := s.statements[stmt]
	if p == nil {
		return s.broken(ctx, unknownStatement(stmt), "")
	}
	if err := s.bind(name, p, params, paramFormats, resultFormats); err != nil {
		return s.broken(ctx, err, p.text)
	}
	return nil
}

func (s *Session) bind(name string, p *prepared, params [][]byte, paramFormats, resultFormats []int16) error {
	if p.raw != nil {
		if err := s.inFailedBlock(p.raw.Stmt); err != nil {
			return err
		}
	}
	if len(params) != len(p.params) {
		return pgerr.New(pgcode.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d", len(params), s.nameOf(p), len(p.params))
	}
	if n := len(paramFormats); n > 1 && n != len(params) {
		return pgerr.New(pgcode.ProtocolViolation, "bind message has %d parameter formats but %d parameters", n, len(params))
	}
	if n := len(resultFormats); n > 1 && n != len(p.columns) {
		return pgerr.New(pgcode.ProtocolViolation, "bind message has %d result formats but query has %d columns", n, len(p.columns))
	}
	q := s.newPortal(name)
	q.stmt, q.columns = p, withFormats(p.columns, resultFormats)
	if q.params == nil && len(params) > 0 {
		q.params = make([]datum.Datum, 0, len(params))
	}
	formats := s.formats()
	for i, b := range params {
		d, err := readParam(b, formatOf(paramFormats, i), types.Of(p.params[i]), formats)
		if err != nil {
			return err
		}
		q.params = append(q.params, d)
	}
	if old := s.portals[name]; old != nil {
		if name != "" {
			return pgerr.New(pgcode.DuplicateCursor, "cursor %q already exists", name)
		}
		old.close()
	}
	if s.portals == nil {
		s.portals = map[string]*portal{}
	}
	s.portals[name] = q
	s.numberPortal(q)
	return nil
}

// newPortal returns an empty portal. The unnamed one, which programs make for each
// execution, uses again the memory of the last.
func (s *Session) newPortal(name string) *portal {
	if q := s.spare; q != nil && name == "" {
		s.spare = nil
		return q
	}
	return &portal{}
}

// drop forgets a portal that was closed.
func (s *Session) drop(name string, q *portal) {
	delete(s.portals, name)
	// Only a query's portal: a cursor it declared would read the parameters later.
	if name == "" && q.cursor == nil && q.run != nil && cap(q.params) <= sparePortalParams {
		clear(q.params)
		*q = portal{params: q.params[:0]}
		s.spare = q
	}
}

// sparePortalParams bounds what an idle session keeps for its next portal.
const sparePortalParams = 8

// nameOf finds the name of a prepared statement, for messages.
func (s *Session) nameOf(p *prepared) string {
	for name, q := range s.statements {
		if q == p {
			return name
		}
	}
	return ""
}

// readParam decodes one parameter; nil is NULL.
func readParam(b []byte, format int16, t types.T, f *pgfmt.Settings) (datum.Datum, error) {
	if b == nil {
		return datum.Datum{}, nil
	}
	switch format {
	case 0:
		if n, ok := plainInt(b, t); ok {
			return datum.NewInt(n), nil
		}
		return pgfmt.ParseText(string(b), t, f)
	case 1:
		return pgfmt.ParseBinary(b, t, f)
	}
	return datum.Datum{}, pgerr.New(pgcode.InvalidParameterValue, "unsupported format code: %d", format)
}

// plainInt reads an integer written as digits that surely are within its type; it
// saves the string that other forms need.
func plainInt(b []byte, t types.T) (int64, bool) {
	digits := 9
	switch t.OID {
	case types.Int4:
	case types.Int8:
		digits = 18
	default:
		return 0, false
	}
	minus := len(b) > 0 && b[0] == '-'
	if minus {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > digits {
		return 0, false
	}
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if minus {
		n = -n
	}
	return n, true
}

// formatOf is the protocol's rule for format lists: none, one for all, one each.
func formatOf(list []int16, i int) int16 {
	switch len(list) {
	case 0:
		return 0
	case 1:
		return list[0]
	}
	return list[i]
}

func withFormats(columns []client.Column, formats []int16) []client.Column {
	if columns == nil || len(formats) == 0 || len(formats) == 1 && formats[0] == 0 {
		return columns
	}
	list := make([]client.Column, len(columns))
	for i, c := range columns {
		c.Format = formatOf(formats, i)
		list[i] = c
	}
	return list
}

// DescribeStatement implements client.Session.
func (s *Session) DescribeStatement(ctx context.Context, name string) (client.Statement, error) {
	p := s.statements[name]
	if p == nil {
		return client.Statement{}, s.broken(ctx, unknownStatement(name), "")
	}
	if s.failed && p.columns != nil {
		return client.Statement{}, s.broken(ctx, s.inFailedBlock(p.raw.Stmt), p.text)
	}
	return client.Statement{Params: p.params, Columns: p.columns}, nil
}

// DescribePortal implements client.Session.
func (s *Session) DescribePortal(ctx context.Context, name string) ([]client.Column, error) {
	q := s.portals[name]
	if q == nil {
		return nil, s.broken(ctx, unknownPortal(name), "")
	}
	if s.failed && q.columns != nil {
		return nil, s.broken(ctx, s.inFailedBlock(q.stmt.raw.Stmt), q.stmt.text)
	}
	return q.columns, nil
}

// Execute implements client.Session.
func (s *Session) Execute(ctx context.Context, name string, maxRows int, w client.Writer) error {
	s.out = w
	defer func() { s.out = nil }()
	q := s.portals[name]
	if q == nil {
		return s.broken(ctx, unknownPortal(name), "")
	}
	if q.cursor != nil {
		return s.broken(ctx, s.executeCursor(ctx, q, maxRows, w), "")
	}
	if q.stmt.raw == nil {
		return w.Empty()
	}
	text := q.stmt.text // COMMIT ends the portal
	ctx, timer := s.begin(ctx, text)
	defer s.done(timer)
	if err := s.execute(ctx, q, maxRows, w); err != nil {
		return s.broken(ctx, err, text)
	}
	return nil
}

func (s *Session) execute(ctx context.Context, q *portal, maxRows int, w client.Writer) error {
	st := statement{text: q.stmt.text, raw: q.stmt.raw, types: q.stmt.params, params: q.params}
	if !isQuery(st.raw.Stmt) {
		if q.done {
			return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "portal %q cannot be run", "")
		}
		q.done = true
		return s.run(ctx, st, &described{Writer: w, columns: q.columns})
	}
	if err := s.inFailedBlock(st.raw.Stmt); err != nil {
		return err
	}
	if q.done {
		// A portal that was read to its end has no more rows to give.
		return w.Complete(tagOf(q.stmt.plan, 0))
	}
	if q.run == nil {
		if err := s.ensure(); err != nil {
			return err
		}
		if err := s.syncRole(); err != nil {
			return err
		}
		s.stmtTime = int64(s.srv.DB.Now()) - pgEpoch
		open := s.open
		if maxRows > 0 {
			open = s.openInPieces
		}
		run, err := open(ctx, st, q.stmt)
		if err != nil {
			return err
		}
		q.run = run
		if maxRows > 0 && run.plan.stmt.Command != plan.CommandSelect {
			if err := run.finish(); err != nil {
				return err
			}
		}
	}
	return s.pull(ctx, q, maxRows, w)
}

// pull sends up to maxRows rows (0: all) of a portal.
func (s *Session) pull(ctx context.Context, q *portal, maxRows int, w client.Writer) error {
	if q.columns != nil {
		if err := w.Columns(q.columns, false); err != nil {
			return err
		}
	}
	if q.run.stop != nil {
		defer tie(ctx, q.run.stop)()
	}
	for sent := 0; maxRows == 0 || sent < maxRows; sent++ {
		row, err := q.run.next()
		if err != nil {
			return err
		}
		if row == nil {
			q.done = true
			tag := q.run.tag()
			if q.run.plan.stmt.Command == plan.CommandSelect {
				tag = tagOf(q.run.plan, int64(sent)) // of this call, not of earlier ones
			}
			q.run.close()
			return w.Complete(tag)
		}
		if err := w.Row(row); err != nil {
			return err
		}
	}
	return w.Suspended()
}

// described gives rows of a utility statement the formats that Bind asked for,
// and does not announce them again.
type described struct {
	client.Writer
	columns []client.Column
}

// Columns implements client.Writer.
func (d *described) Columns(cols []client.Column, _ bool) error {
	if len(d.columns) == len(cols) {
		cols = d.columns
	}
	return d.Writer.Columns(cols, false)
}

// CloseStatement implements client.Session.
func (s *Session) CloseStatement(name string) { delete(s.statements, name) }

// ClosePortal implements client.Session.
func (s *Session) ClosePortal(name string) {
	if q := s.portals[name]; q != nil {
		q.close()
		s.drop(name, q)
	}
}

// Sync implements client.Session.
func (s *Session) Sync(ctx context.Context, failed bool, w client.Writer) error {
	if failed {
		s.fail()
		return s.report(w)
	}
	if s.tx != nil && !s.explicit {
		if err := s.commit(ctx); err != nil {
			return s.broken(ctx, err, "")
		}
	}
	return s.report(w)
}

// dropUnnamed forgets the unnamed statement and portal, as a simple query and a
// new Parse do.
func (s *Session) dropUnnamed() {
	delete(s.statements, "")
	s.ClosePortal("")
}

// closePortals ends all portals; cursors WITH HOLD stay unless all is true.
func (s *Session) closePortals(all bool) {
	for name, q := range s.portals {
		if !all && q.cursor != nil && q.cursor.held {
			continue
		}
		q.close()
		s.drop(name, q)
	}
}

// closePortalsAfter ends the portals made after the first n.
func (s *Session) closePortalsAfter(n int) {
	for name, q := range s.portals {
		if q.number > n {
			q.close()
			delete(s.portals, name)
		}
	}
}

func (s *Session) numberPortal(q *portal) {
	s.portalsMade++
	q.number = s.portalsMade
}

func (q *portal) close() {
	if q.run != nil {
		q.run.close()
	}
	if q.cursor != nil {
		q.cursor.close()
	}
	q.done = true
}
