package pgwire

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/types"
)

// testEngine opens testSessions. Roles: driftdb (superuser, password "secret"),
// ada (password "secret"), nologin.
type testEngine struct {
	verifier string
	open     atomic.Int32
	closed   atomic.Int32
	canceled atomic.Int32
}

func newTestEngine() *testEngine {
	v, err := authn.NewVerifier("secret")
	if err != nil {
		panic(err)
	}
	return &testEngine{verifier: v}
}

func (e *testEngine) Role(_ context.Context, name string) (authn.Role, error) {
	switch name {
	case "driftdb":
		return authn.Role{Name: name, CanLogin: true, Superuser: true, Verifier: e.verifier}, nil
	case "ada":
		return authn.Role{Name: name, CanLogin: true, Verifier: e.verifier}, nil
	case "few":
		one := 1
		return authn.Role{Name: name, CanLogin: true, Verifier: e.verifier, ConnLimit: &one}, nil
	case "old":
		return authn.Role{Name: name, CanLogin: true, Verifier: authn.NewMD5Verifier(name, "secret")}, nil
	case "nologin":
		return authn.Role{Name: name, Verifier: e.verifier}, nil
	}
	return authn.Role{}, authn.ErrNoRole
}

func (e *testEngine) NewSession(_ context.Context, info client.Info) (client.Session, error) {
	if info.Database != "driftdb" {
		return nil, pgerr.New(pgcode.InvalidCatalogName, "database \"%s\" does not exist", info.Database)
	}
	s := &testSession{engine: e, info: info, settings: config.NewSession(nil), interrupt: make(chan struct{}, 1)}
	s.settings.Superuser = info.User == "driftdb"
	for name, value := range info.Settings {
		if err := s.settings.Start(name, value, config.SourceClient); err != nil {
			return nil, err
		}
	}
	for name, value := range map[string]string{"is_superuser": "on", "session_authorization": info.User} {
		if err := s.settings.Override(name, value, false); err != nil {
			return nil, err
		}
	}
	_ = s.settings.Reports(func(string, string) error { return nil })
	e.open.Add(1)
	return s, nil
}

// testSession obeys the contract of client.Session with a language of its own:
// each statement is a word and its arguments.
//
//	rows N            N rows (int8, text)
//	param             one row: $1 as text (the only statement with a parameter)
//	sleep MS          waits, until cancelled
//	spin MS           works without looking at its context
//	begin, commit, rollback, error CODE, notice, set NAME VALUE, panic, fatal
//	copyin, copyout N, big BYTES
type testSession struct {
	engine    *testEngine
	info      client.Info
	settings  *config.Session
	interrupt chan struct{}
	stmts     map[string]string
	portals   map[string]*testPortal
	inTxn     bool
	broken    bool
}

type testPortal struct {
	sql     string
	param   []byte
	formats []int16
	pos     int
}

func (s *testSession) Formats() *pgfmt.Settings { return s.settings.Formats() }

func (s *testSession) SettingsGeneration() uint64 { return s.settings.Generation() }

func (s *testSession) columns(sql string, formats []int16) []client.Column {
	var cols []client.Column
	switch word, _, _ := strings.Cut(sql, " "); word {
	case "rows":
		cols = []client.Column{{Name: "n", Type: types.Of(types.Int8)}, {Name: "t", Type: types.Of(types.Text)}}
	case "param", "big":
		cols = []client.Column{{Name: "p", Type: types.Of(types.Text)}}
	default:
		return nil
	}
	for i := range cols {
		switch len(formats) {
		case 0:
		case 1:
			cols[i].Format = formats[0]
		default:
			cols[i].Format = formats[i]
		}
	}
	return cols
}

func (s *testSession) fail(err error) error {
	s.broken = s.inTxn
	return err
}

func (s *testSession) Simple(ctx context.Context, sql string, w client.Writer) error {
	if strings.Trim(sql, " ;") == "" {
		return w.Empty()
	}
	for _, stmt := range strings.Split(strings.TrimSuffix(sql, ";"), ";") {
		p := &testPortal{sql: strings.TrimSpace(stmt)}
		if err := s.run(ctx, p, 0, w, true); err != nil {
			return s.fail(err)
		}
	}
	return s.settings.Reports(w.Status)
}

func (s *testSession) run(ctx context.Context, p *testPortal, max int, w client.Writer, announce bool) error {
	word, arg, _ := strings.Cut(p.sql, " ")
	n, _ := strconv.Atoi(arg)
	if s.broken && word != "rollback" && word != "commit" {
		return pgerr.New(pgcode.InFailedSqlTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	switch word {
	case "rows":
		return s.rows(p, n, max, w, announce)
	case "param":
		if err := w.Columns(s.columns(p.sql, p.formats), announce); err != nil {
			return err
		}
		if err := w.Row([]datum.Datum{datum.NewText(string(p.param))}); err != nil {
			return err
		}
		return w.Complete("SELECT 1")
	case "big":
		if err := w.Columns(s.columns(p.sql, p.formats), announce); err != nil {
			return err
		}
		if err := w.Row([]datum.Datum{datum.NewText(strings.Repeat("x", n))}); err != nil {
			return err
		}
		return w.Complete("SELECT 1")
	case "sleep":
		select {
		case <-s.interrupt:
			s.engine.canceled.Add(1)
			return pgerr.New(pgcode.QueryCanceled, "canceling statement due to user request")
		case <-time.After(time.Duration(n) * time.Millisecond):
			return w.Complete("SLEEP")
		}
	case "spin":
		time.Sleep(time.Duration(n) * time.Millisecond)
		return w.Complete("SPIN")
	case "begin":
		s.inTxn = true
		return w.Complete("BEGIN")
	case "commit", "rollback":
		s.inTxn, s.broken = false, false
		return w.Complete(strings.ToUpper(word))
	case "error":
		return pgerr.New(pgcode.Code(arg), "an error").WithDetail("a detail").WithHint("a hint").At(7).WithTable("s", "t").
			WithColumn("c").WithConstraint("k")
	case "notice":
		if err := w.Notice(&pgerr.Error{Severity: "WARNING", Code: "01000", Message: "a warning"}); err != nil {
			return err
		}
		return w.Complete("NOTICE")
	case "set":
		name, value, _ := strings.Cut(arg, " ")
		if err := s.settings.Set(name, value, false); err != nil {
			return err
		}
		return w.Complete("SET")
	case "panic":
		panic("a bug")
	case "fatal":
		return &pgerr.Error{Severity: "FATAL", Code: "57P01", Message: "the end"}
	case "copyin":
		return s.copyIn(w)
	case "copyout":
		if err := w.CopyOut(false, 1); err != nil {
			return err
		}
		for i := range n {
			if err := w.CopyData(fmt.Appendf(nil, "%d\n", i)); err != nil {
				return err
			}
		}
		if err := w.CopyDone(); err != nil {
			return err
		}
		return w.Complete(fmt.Sprintf("COPY %d", n))
	}
	return pgerr.New(pgcode.SyntaxError, "syntax error at or near \"%s\"", word)
}

func (s *testSession) rows(p *testPortal, n, max int, w client.Writer, announce bool) error {
	if err := w.Columns(s.columns(p.sql, p.formats), announce); err != nil {
		return err
	}
	row := make([]datum.Datum, 2)
	for sent := 0; p.pos < n; p.pos, sent = p.pos+1, sent+1 {
		if max > 0 && sent == max {
			return w.Suspended()
		}
		row[0], row[1] = datum.NewInt(int64(p.pos)), datum.NewText("some text of a row")
		if p.pos%7 == 3 {
			row[1] = datum.Datum{}
		}
		if err := w.Row(row); err != nil {
			return err
		}
	}
	return w.Complete(fmt.Sprintf("SELECT %d", n))
}

func (s *testSession) copyIn(w client.Writer) error {
	r, err := w.CopyIn(false, 1)
	if err != nil {
		return err
	}
	lines, buf := 0, make([]byte, 100)
	for {
		n, err := r.Read(buf)
		lines += strings.Count(string(buf[:n]), "\n")
		if strings.Contains(string(buf[:n]), "bad") {
			return pgerr.New(pgcode.BadCopyFileFormat, "bad line")
		}
		if err == io.EOF {
			return w.Complete(fmt.Sprintf("COPY %d", lines))
		}
		if err != nil {
			return err
		}
	}
}

func (s *testSession) Parse(_ context.Context, name, sql string, _ []types.OID, _ client.Writer) error {
	if strings.HasPrefix(sql, "syntax") {
		return s.fail(pgerr.New(pgcode.SyntaxError, "syntax error"))
	}
	if s.stmts == nil {
		s.stmts, s.portals = map[string]string{}, map[string]*testPortal{}
	}
	s.stmts[name] = sql
	return nil
}

func (s *testSession) Bind(_ context.Context, portal, statement string, params [][]byte, _, result []int16, _ client.Writer) error {
	sql, ok := s.stmts[statement]
	if !ok {
		return s.fail(pgerr.New(pgcode.InvalidSqlStatementName, "prepared statement \"%s\" does not exist", statement))
	}
	p := &testPortal{sql: sql, formats: result}
	if len(params) > 0 {
		p.param = append([]byte(nil), params[0]...)
	}
	s.portals[portal] = p
	return nil
}

func (s *testSession) DescribeStatement(_ context.Context, name string) (client.Statement, error) {
	sql, ok := s.stmts[name]
	if !ok {
		return client.Statement{}, s.fail(pgerr.New(pgcode.InvalidSqlStatementName, "prepared statement \"%s\" does not exist", name))
	}
	st := client.Statement{Columns: s.columns(sql, nil)}
	if sql == "param" {
		st.Params = []types.OID{types.Text}
	}
	return st, nil
}

func (s *testSession) DescribePortal(_ context.Context, name string) ([]client.Column, error) {
	p, ok := s.portals[name]
	if !ok {
		return nil, s.fail(pgerr.New(pgcode.InvalidCursorName, "portal \"%s\" does not exist", name))
	}
	return s.columns(p.sql, p.formats), nil
}

func (s *testSession) Execute(ctx context.Context, portal string, max int, w client.Writer) error {
	p, ok := s.portals[portal]
	if !ok {
		return s.fail(pgerr.New(pgcode.InvalidCursorName, "portal \"%s\" does not exist", portal))
	}
	if p.sql == "" {
		return w.Empty()
	}
	if err := s.run(ctx, p, max, w, false); err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *testSession) CloseStatement(name string) { delete(s.stmts, name) }
func (s *testSession) ClosePortal(name string)    { delete(s.portals, name) }

func (s *testSession) Sync(_ context.Context, failed bool, w client.Writer) error {
	s.broken = s.broken || s.inTxn && failed
	if !s.inTxn {
		clear(s.portals)
	}
	return s.settings.Reports(w.Status)
}

func (s *testSession) TxStatus() byte {
	switch {
	case s.broken:
		return 'E'
	case s.inTxn:
		return 'T'
	}
	return 'I'
}

func (s *testSession) Setting(name string) (string, bool) { return s.settings.Get(name) }

func (s *testSession) Cancel() {
	select {
	case s.interrupt <- struct{}{}:
	default:
	}
}

func (s *testSession) Idle() (int64, *pgerr.Error) {
	if s.inTxn {
		return s.settings.Int("idle_in_transaction_session_timeout") * 1000,
			pgerr.New(pgcode.IdleInTransactionSessionTimeout, "terminating connection due to idle-in-transaction timeout")
	}
	return 0, nil
}

func (s *testSession) Close() { s.engine.closed.Add(1) }
