package driftdb

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/types"
)

const (
	fetchRows     = 256 // rows taken from a portal at once
	statementsMax = 128 // prepared statements kept in a session
)

// session is one SQL session with the statements prepared in it.
type session struct {
	db      *DB
	closing atomic.Bool // nothing new may start

	mu       sync.Mutex // held while the SQL session runs something; protects all below
	sql      client.Session
	closed   bool
	epoch    uint64 // counts the transactions and users; old Rows see it change
	out      answer
	cached   map[string]*prepared // by moment and text
	names    int                  // of statements and portals, to make them unique
	open     *Rows                // rows of an implicit transaction still to be read
	asOf     string               // value of drift.as_of given by DB.AsOf
	dirty    bool                 // settings or statements may have been left behind
	discards uint64               // counts the resets that forgot all statements
	edited   bool                 // the open transaction may have changed the catalog
	params   [][]byte             // scratch for Bind
	bytes    []byte
	format   []int16
}

// prepared is a statement that the session has parsed.
type prepared struct {
	name    string
	params  []types.OID
	columns []client.Column
	rows    int    // to fetch at once, 0 for all
	version uint64 // of the catalog it was parsed in
	dirties bool
}

// lock starts a use of the SQL session.
func (s *session) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed || s.closing.Load() {
		s.mu.Unlock()
		return ErrClosed
	}
	return nil
}

// close ends the session and the statement that runs in it.
func (s *session) close() {
	s.closing.Store(true)
	for !s.mu.TryLock() {
		// A statement may just have begun, so one Cancel is not enough.
		s.sql.Cancel()
		time.Sleep(100 * time.Microsecond)
	}
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.sql.Close()
	}
}

// inTx reports whether a transaction block is open. s.mu is held.
func (s *session) inTx() bool { return s.sql.TxStatus() != 'I' }

// ready makes the session free for another statement: rows still to be read
// outside a transaction block are read into memory. s.mu is held.
func (s *session) ready(ctx context.Context) {
	if s.open != nil {
		s.open.drain(ctx)
	}
}

// simple runs a string of any number of statements. s.mu is held.
func (s *session) simple(ctx context.Context, text string) (Result, error) {
	s.ready(ctx)
	s.out.reset(false)
	if err := s.sql.Simple(ctx, text, &s.out); err != nil {
		s.settle(ctx)
		return Result{}, outcome(ctx, err)
	}
	return Result{s.out.tag}, nil
}

// settle ends a sequence of calls that failed.
func (s *session) settle(ctx context.Context) {
	out := answer{notice: s.out.notice}
	_ = s.sql.Sync(context.WithoutCancel(ctx), true, &out)
}

// fails settles the session after an error and returns it for the caller.
func (s *session) fails(ctx context.Context, err error) error {
	s.settle(ctx)
	return outcome(ctx, err)
}

// prepare returns the session's prepared statement for a text. s.mu is held; the
// caller must Sync.
func (s *session) prepare(ctx context.Context, text string) (*prepared, error) {
	key := s.asOf + "\x00" + text
	old := s.cached[key]
	if old != nil && old.version == s.db.engine.CatalogVersion() && !s.edited {
		return old, nil
	}
	p, err := s.parse(ctx, text)
	if err != nil {
		return nil, err
	}
	switch {
	case old != nil:
		s.sql.CloseStatement(old.name)
	case s.cached == nil:
		s.cached = make(map[string]*prepared)
	case len(s.cached) >= statementsMax:
		// Texts that never repeat would fill memory; those that do come back.
		s.forgetAll()
	}
	s.cached[key] = p
	return p, nil
}

// forgetAll drops all cached statements.
func (s *session) forgetAll() {
	for key, p := range s.cached {
		s.sql.CloseStatement(p.name)
		delete(s.cached, key)
	}
}

// leaveTx follows the end of a transaction block.
func (s *session) leaveTx() {
	s.epoch++
	if s.edited {
		s.edited = false
		s.forgetAll() // statements may have been parsed in a catalog that is gone
	}
}

func (s *session) parse(ctx context.Context, text string) (*prepared, error) {
	p := &prepared{name: s.name(), dirties: mayDirty(text), version: s.db.engine.CatalogVersion()}
	if err := s.sql.Parse(ctx, p.name, text, nil, &s.out); err != nil {
		return nil, err
	}
	d, err := s.sql.DescribeStatement(ctx, p.name)
	if err != nil {
		s.sql.CloseStatement(p.name)
		return nil, err
	}
	p.params, p.columns = d.Params, d.Columns
	if readsOnly(text) {
		p.rows = fetchRows
	}
	return p, nil
}

// name makes a name for a statement or portal that no SQL text uses.
func (s *session) name() string {
	s.names++
	return "driftdb embedded " + strconv.Itoa(s.names)
}

// bind makes a portal of a statement with its arguments. s.mu is held.
func (s *session) bind(ctx context.Context, portal string, p *prepared, args []any) error {
	if len(args) != len(p.params) {
		return pgerr.New(pgcode.ProtocolViolation, "%d arguments given for %d parameters", len(args), len(p.params))
	}
	s.params, s.format, s.bytes = s.params[:0], s.format[:0], s.bytes[:0]
	for i, arg := range args {
		v, format, err := s.encode(arg, p.params[i])
		if err != nil {
			return pgerr.New(pgcode.InvalidParameterValue, "parameter $%d: %w", i+1, err)
		}
		s.params, s.format = append(s.params, v), append(s.format, format)
	}
	s.soil(p.dirties)
	return s.sql.Bind(ctx, portal, p.name, s.params, s.format, nil, &s.out)
}

// exec runs one statement with arguments, without keeping rows. s.mu is held.
func (s *session) exec(ctx context.Context, text string, args []any) (Result, error) {
	if len(args) == 0 {
		s.soil(mayDirty(text))
		return s.simple(ctx, text)
	}
	s.ready(ctx)
	s.out.reset(false)
	p, err := s.prepare(ctx, text)
	if err != nil {
		return Result{}, s.fails(ctx, err)
	}
	return s.execPrepared(ctx, p, args)
}

func (s *session) execPrepared(ctx context.Context, p *prepared, args []any) (Result, error) {
	err := s.bind(ctx, "", p, args)
	if err == nil {
		err = s.sql.Execute(ctx, "", 0, &s.out)
	}
	if err != nil {
		return Result{}, s.fails(ctx, err)
	}
	s.sql.ClosePortal("")
	if err := s.sql.Sync(ctx, false, &s.out); err != nil {
		return Result{}, outcome(ctx, err)
	}
	return Result{s.out.tag}, nil
}

// query runs one statement and returns its rows, of which the first are read.
// s.mu is held. release is called when the rows are closed.
func (s *session) query(ctx context.Context, text string, args []any, release func()) (*Rows, error) {
	s.ready(ctx)
	s.out.reset(false)
	p, err := s.prepare(ctx, text)
	if err != nil {
		return nil, s.fails(ctx, err)
	}
	return s.queryPrepared(ctx, p, args, release)
}

func (s *session) queryPrepared(ctx context.Context, p *prepared, args []any, release func()) (*Rows, error) {
	r := &Rows{s: s, ctx: ctx, portal: s.name(), release: release, implicit: !s.inTx(), epoch: s.epoch}
	r.out.notice = s.out.notice
	if err := s.bind(ctx, r.portal, p, args); err != nil {
		return nil, s.fails(ctx, err)
	}
	r.columns = p.columns
	if r.implicit {
		s.open = r
	}
	if err := r.more(ctx, p.rows); err != nil {
		return nil, err
	}
	return r, nil
}

// soil notes that a statement may leave something behind.
func (s *session) soil(dirty bool) {
	if dirty {
		s.dirty = true
		s.edited = s.edited || s.inTx()
	}
}

// reset gives a pooled session the state of a new one.
func (s *session) reset(ctx context.Context) error {
	s.leaveTx()
	if s.open != nil {
		s.open.abandon(ctx)
	}
	if s.inTx() {
		if _, err := s.simple(ctx, "rollback"); err != nil {
			return err
		}
	}
	if !s.dirty {
		return nil
	}
	_, err := s.simple(ctx, "discard all")
	s.cached, s.asOf, s.dirty = nil, "", false
	s.discards++
	return err
}

// move gives drift.as_of its value for the next statement.
func (s *session) move(ctx context.Context, asOf string) error {
	if s.asOf == asOf {
		return nil
	}
	if _, err := s.simple(ctx, "set drift.as_of = '"+asOf+"'"); err != nil {
		return err
	}
	s.asOf = asOf
	return nil
}

// mayDirty reports whether a text may leave something behind in its session. It
// may be wrong by saying yes.
func mayDirty(text string) bool {
	switch word := firstWord(text); {
	case word == "", strings.Contains(text, "set_config"), strings.Contains(text, "SET_CONFIG"), strings.Contains(text, ";"):
		return true
	case strings.EqualFold(word, "select"), strings.EqualFold(word, "insert"), strings.EqualFold(word, "update"),
		strings.EqualFold(word, "delete"), strings.EqualFold(word, "values"), strings.EqualFold(word, "table"),
		strings.EqualFold(word, "with"):
		return false
	}
	return true
}

// readsOnly reports whether a text surely changes nothing, so that it need not
// run to its end. WITH may hold a statement that writes.
func readsOnly(text string) bool {
	word := firstWord(text)
	return strings.EqualFold(word, "select") || strings.EqualFold(word, "values") || strings.EqualFold(word, "table")
}

func firstWord(text string) string {
	text = strings.TrimLeft(text, " \t\r\n(")
	i := 0
	for i < len(text) && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z') {
		i++
	}
	return text[:i]
}

// settings are the session's output settings. s.mu is held.
func (s *session) settings() *pgfmt.Settings {
	if f, ok := s.sql.(client.Formatter); ok && !s.closed {
		return f.Formats()
	}
	return pgfmt.Default()
}
