package pgwire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/obs"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// conn is one client's connection. Everything but the atomics belongs to its
// goroutine.
type conn struct {
	server *Server
	base   net.Conn // as accepted; other goroutines use only this one
	net    net.Conn // base, or TLS over it
	tls    *tls.Conn
	in     input
	out    sender

	pid      int32
	key      uint32
	user     string
	database string
	log      *slog.Logger
	session  client.Session
	ctx      context.Context
	stop     context.CancelFunc

	slot      bool // counted in Server.used
	starting  bool
	waiting   bool      // for the first byte of a message
	idleEnd   time.Time // when waiting must end, by Session.Idle
	idleError *pgerr.Error
	ready     bool // ReadyForQuery was the last thing sent
	skipping  bool // up to Sync, after an error (I6)
	failed    bool // an error was answered since the last Sync
	copyLeft  int  // bytes of the present CopyData not yet read
	outOfStep bool // the client's bytes can no longer be told apart

	bind       bindMessage
	names      names
	generation uint64 // of the settings when statements was read
	statements obs.StatementLog

	// since is when the present work began (unix nanoseconds), or minus when the
	// client was last heard of while it waits.
	since   atomic.Int64
	park    atomic.Bool                 // move to a fresh goroutine, to give the stack back
	parked  atomic.Bool                 // moved since the last work
	copying atomic.Bool                 // reading COPY data: an end of file is seen by reading
	end     atomic.Pointer[pgerr.Error] // why the connection must end
}

// run serves a started connection until it ends, parks it on a fresh goroutine
// when asked.
func (c *conn) run() {
	for {
		c.waiting = c.in.w == c.in.r
		if c.waiting {
			if e := c.beginWait(); e != nil {
				c.finish(e)
				return
			}
		}
		t, body, err := c.message()
		if err == nil {
			c.beginWork()
			err = c.step(t, body)
		}
		switch {
		case err == nil:
		case errors.Is(err, errWoken) && c.end.Load() == nil && c.park.Load():
			c.park.Store(false)
			c.parked.Store(true)
			go c.run() // keeps I1: the old stack is freed with this goroutine
			return
		case errors.Is(err, errWoken) && c.end.Load() == nil && !c.server.stopping.Load() && !c.idleOver():
		default:
			c.finish(err)
			return
		}
	}
}

// beginWait prepares to wait for the client's next message and reports why it
// must not.
func (c *conn) beginWait() error {
	c.in.release()
	c.out.release()
	now := time.Now()
	c.since.Store(-now.UnixNano())
	if c.ready {
		if micros, e := c.session.Idle(); micros > 0 && e != nil {
			if c.idleEnd.IsZero() || c.idleError == nil {
				c.idleEnd, c.idleError = now.Add(time.Duration(micros)*time.Microsecond), e
			}
			_ = c.net.SetReadDeadline(c.idleEnd)
		}
	}
	if e := c.end.Load(); e != nil {
		return e
	}
	if c.server.stopping.Load() {
		return errShutdown
	}
	return nil
}

// beginWork notes that a message arrived.
func (c *conn) beginWork() {
	c.waiting, c.ready = false, false
	if !c.idleEnd.IsZero() {
		c.idleEnd, c.idleError = time.Time{}, nil
		_ = c.net.SetReadDeadline(time.Time{})
	}
	if c.since.Load() <= 0 {
		c.since.Store(time.Now().UnixNano())
		c.parked.Store(false)
	}
}

func (c *conn) idleOver() bool {
	return !c.idleEnd.IsZero() && !time.Now().Before(c.idleEnd)
}

// finish ends the connection: tells the client why, when there is something to
// tell, and frees everything.
func (c *conn) finish(err error) {
	var e *pgerr.Error
	switch {
	case errors.Is(err, errTerminated):
	case c.end.Load() != nil:
		e = c.end.Load()
	case errors.Is(err, errWoken) && c.idleOver():
		e = c.idleError
	case errors.Is(err, errWoken):
		e = errShutdown
	default:
		errors.As(err, &e)
	}
	if e != nil && c.out.broken == nil {
		e = fatal(e)
		c.logError(e, "")
		// A client that does not read must not hold up the end.
		_ = c.net.SetWriteDeadline(time.Now().Add(time.Second))
		_ = c.out.report('E', e)
		_ = c.out.flush()
	}
	c.close()
}

func (c *conn) close() {
	if c.session != nil {
		c.guard(func() error { c.session.Close(); return nil })
	}
	c.stop()
	_ = c.net.Close()
	c.server.remove(c)
}

// errTerminated ends a connection without a word: the client asked for it.
var errTerminated = errors.New("terminated by the client")

// errShutdown is what clients get when the server stops.
var errShutdown = &pgerr.Error{Severity: "FATAL", Code: pgcode.AdminShutdown,
	Message: "terminating connection due to administrator command"}

// step handles one message; an error ends the connection.
func (c *conn) step(t byte, body []byte) error {
	return c.guard(func() error { return c.dispatch(t, body) })
}

// guard turns a panic into the end of this connection only (I5).
func (c *conn) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.LogAttrs(context.Background(), obs.LevelPanic, fmt.Sprintf("panic in a session: %v", p),
				slog.String(obs.KeyDetail, string(debug.Stack())))
			err = fatal(pgerr.Internal("internal error: %v", p))
		}
	}()
	return f()
}

func (c *conn) dispatch(t byte, body []byte) error {
	if c.skipping && t != msgSync && t != msgTerminate {
		return nil
	}
	switch t {
	case msgQuery:
		return c.simple(body)
	case msgParse:
		return c.extended(c.parse(body))
	case msgBind:
		return c.extended(c.bindPortal(body))
	case msgDescribe:
		return c.extended(c.describe(body))
	case msgExecute:
		return c.extended(c.execute(body))
	case msgClose:
		return c.extended(c.closeNamed(body))
	case msgFlush:
		if len(body) != 0 {
			return c.extended(failed(protocolViolation("invalid message format")))
		}
		return c.out.flush()
	case msgSync:
		return c.sync(body)
	case msgTerminate:
		return errTerminated
	case msgFunctionCall:
		if err := c.answer(pgerr.NotSupported("Call the function with SELECT.", "the function call message is not supported"), ""); err != nil {
			return err
		}
		return c.readyForQuery()
	}
	return nil // CopyData, CopyDone, CopyFail after a failed COPY: to be ignored
}

// simple handles Query.
func (c *conn) simple(body []byte) error {
	sql, fault := decodeQuery(body)
	if fault != nil {
		if err := c.answer(fault, ""); err != nil {
			return err
		}
		if err := c.session.Sync(c.ctx, true, &c.out); err != nil {
			if err := c.answer(err, ""); err != nil {
				return err
			}
		}
		return c.readyForQuery()
	}
	c.readSettings()
	began := c.since.Load()
	logged := c.statements.Before(c.log, "statement", sql)
	err := c.session.Simple(c.ctx, sql, &c.out)
	c.took(began, "statement", sql, logged)
	if err != nil {
		if err := c.answer(err, sql); err != nil {
			return err
		}
	}
	return c.readyForQuery()
}

// took counts a statement's duration and starts the next one's.
func (c *conn) took(began int64, phase, sql string, logged bool) {
	now := time.Now().UnixNano()
	c.since.Store(now)
	d := time.Duration(now - began)
	c.server.metrics.Took(d)
	c.statements.After(c.log, phase, sql, d, logged)
}

// answer sends a statement's error. The returned error ends the connection.
func (c *conn) answer(err error, sql string) error {
	if end := c.end.Load(); end != nil {
		return end
	}
	if c.out.broken != nil {
		return c.out.broken
	}
	e := pgerr.From(err)
	if e.Severity == "FATAL" || e.Severity == "PANIC" {
		return e
	}
	c.failed = true
	c.server.metrics.Failed(string(e.Code))
	c.logError(e, sql)
	if err := c.out.report('E', e); err != nil {
		return err
	}
	if c.outOfStep {
		return fatal(protocolViolation("terminating connection because protocol synchronization was lost"))
	}
	return c.out.flush()
}

// readyForQuery ends a batch.
func (c *conn) readyForQuery() error {
	c.failed = false
	at := c.out.begin('Z')
	c.out.buf = append(c.out.buf, c.session.TxStatus())
	if err := c.out.finish(at); err != nil {
		return err
	}
	c.ready = true
	if end := c.end.Load(); end != nil {
		return end
	}
	return c.out.flush()
}

// currentFormats asks the session how values print.
func (c *conn) currentFormats() *pgfmt.Settings {
	if f, ok := c.session.(client.Formatter); ok {
		return f.Formats()
	}
	return pgfmt.Default()
}

// settingsGeneration is implemented by sessions that can tell cheaply whether
// any setting changed.
type settingsGeneration interface {
	SettingsGeneration() uint64
}

// readSettings reads the settings of statement logging again if they may have
// changed. Without settingsGeneration that is once, at start.
func (c *conn) readSettings() {
	now := uint64(1)
	if g, ok := c.session.(settingsGeneration); ok {
		now = g.SettingsGeneration() + 2 // 0 is never read, 1 read for good
	}
	if now != c.generation {
		c.generation = now
		c.statements = obs.ParseStatementLog(c.session.Setting)
	}
}

func (c *conn) completed(tag string) { c.server.metrics.Completed(tag) }

func (c *conn) logError(e *pgerr.Error, sql string) {
	severity := e.Severity
	if severity == "" {
		severity = "ERROR"
	}
	level := obs.SeverityLevel(severity)
	if !c.log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{slog.String(obs.KeyState, string(e.Code))}
	add := func(key, text string) {
		if text != "" {
			attrs = append(attrs, slog.String(key, text))
		}
	}
	add(obs.KeyDetail, e.Detail)
	add(obs.KeyHint, e.Hint)
	if level >= c.statements.MinError {
		add(obs.KeyStatement, sql)
	}
	c.log.LogAttrs(context.Background(), level, e.Message, attrs...)
}

func (c *conn) logNotice(n *pgerr.Error) {
	if level := obs.SeverityLevel(n.Severity); n.Severity != "" && level >= obs.LevelWarning {
		c.log.LogAttrs(context.Background(), level, n.Message, slog.String(obs.KeyState, string(n.Code)))
	}
}

// wake makes a waiting connection look at what was asked of it. Called from
// other goroutines.
func (c *conn) wake() { _ = c.base.SetReadDeadline(time.Unix(1, 0)) }

// terminate ends the connection with e, stopping what it runs. Called from other
// goroutines.
func (c *conn) terminate(e *pgerr.Error) {
	if !c.end.CompareAndSwap(nil, e) {
		return
	}
	c.stop()
	if c.session != nil {
		c.session.Cancel()
	}
	c.wake()
}
