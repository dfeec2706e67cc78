package session

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// Server is what all sessions of one database share. It is made once and safe
// for concurrent use.
type Server struct {
	DB       *store.DB
	Txns     *txn.Manager
	Catalog  *catalog.History
	Defaults *config.Defaults
	// Verifier turns a password into the verifier that the catalog keeps.
	Verifier func(password string) (string, error)
	// Memory is what all statements hold.
	Memory mem.Pool
	// Log receives what settings ask to be logged; nil discards it.
	Log *slog.Logger
	// Segments are the columnar segments of the past; nil: there are none.
	Segments *segment.Manager
	// Counters are the activity figures that metrics show.
	Counters Counters

	temp     *spill.Area // where statements put what does not fit in memory; nil: nowhere
	stats    tableStats
	plans    planCache
	setsMu   sync.Mutex // protects sets
	sets     map[*catalog.Snapshot]*table.Set
	mu       sync.Mutex // protects sessions
	sessions map[int32]*Session
	nextPID  atomic.Int32
}

// OpenTemp gives statements a place for temporary files in the database's
// directory, if it has one, and removes what an earlier process left there. It
// must be called before the first session.
func (srv *Server) OpenTemp() error {
	fs, dir, reserve := srv.DB.FileSystem()
	if fs == nil {
		return nil
	}
	var err error
	srv.temp, err = spill.NewArea(fs, dir, reserve)
	return err
}

// Counters count what sessions do.
type Counters struct {
	Commits   atomic.Int64
	Rollbacks atomic.Int64
}

// Session implements client.Session.
type Session struct {
	srv  *Server
	info client.Info
	pid  int32
	cfg  *config.Session

	login       uint32 // role that logged in
	user        uint32 // current role
	sessionUser uint32
	roleChecked uint64 // generation of the settings that user was taken from
	database    string
	started     time.Time
	out         client.Writer // of the message being answered, for notices of functions

	settings    hotSettings
	temp        *spill.Session // nil: nothing can be spilled
	formatsMade *pgfmt.Settings
	formatsBase *pgfmt.Settings

	owner *txn.Owner // of its locks
	block
	statements  map[string]*prepared
	portals     map[string]*portal
	portalsMade int
	spare       *portal         // an unnamed portal that ended, to be used again
	virtualMade exec.Virtual    // of the catalog that was last read
	clock       func() int64    // readClock, bound once
	base        context.Context // of calls, when stmtCtx was made
	stmtCtx     context.Context // of statements, while none was cancelled
	stmtCancel  context.CancelCauseFunc

	lastSeq     store.Seq // of this session's last commit
	lastValue   map[uint32]int64
	lastSeqUsed uint32 // sequence of the last nextval, for lastval
	random      *rand.Rand

	running  context.Context // of the statement that runs, for functions that wait
	cancelMu sync.Mutex
	cancel   context.CancelCauseFunc // of the statement that runs, nil between statements

	state activity
}

// errCanceled is the cause of a statement stopped by a cancel request.
var errCanceled = pgerr.New(pgcode.QueryCanceled, "canceling statement due to user request")

// New starts a session for a client that has been authenticated. It returns 3D000
// for an unknown database, 28000 for an unknown role, and the errors of bad
// start-up settings.
func (srv *Server) New(info client.Info) (*Session, error) {
	v := srv.DB.View()
	defer v.Release()
	cat, _, err := srv.Catalog.At(v.Reader)
	if err != nil {
		return nil, err
	}
	role := cat.RoleByName(info.User)
	if role == nil {
		return nil, fatal(pgerr.New(pgcode.InvalidAuthorizationSpecification, "role %q does not exist", info.User))
	}
	db := cat.Database()
	if info.Database != db.Name {
		return nil, fatal(pgerr.New(pgcode.InvalidCatalogName, "database %q does not exist", info.Database))
	}
	s := &Session{
		srv: srv, info: info, cfg: config.NewSession(srv.Defaults), login: role.OID, user: role.OID, sessionUser: role.OID,
		database: db.Name, started: time.Now(),
	}
	if s.pid = info.PID; s.pid == 0 {
		s.pid = embeddedPIDs + srv.nextPID.Add(1)
	}
	s.cfg.Superuser = role.Super
	s.cfg.Check = s.checkSetting
	if err := s.startSettings(db, role); err != nil {
		return nil, err
	}
	// The door tells the client all reported settings when it lets it in.
	if err := s.cfg.Reports(func(string, string) error { return nil }); err != nil {
		return nil, err
	}
	s.owner = srv.Txns.NewOwner(s.pid)
	s.clock = s.readClock
	if srv.temp != nil {
		s.temp = srv.temp.Session(s.pid)
		s.temp.Log = s.logTempFile
	}
	srv.register(s)
	return s, nil
}

// embeddedPIDs is where the numbers of sessions begin that came through no door
// which gives them one.
const embeddedPIDs = 1 << 24

func fatal(e *pgerr.Error) *pgerr.Error {
	c := *e
	c.Severity = "FATAL"
	return &c
}

// register makes the session visible to pg_stat_activity and metrics.
func (srv *Server) register(s *Session) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if srv.sessions == nil {
		srv.sessions = map[int32]*Session{}
	}
	srv.sessions[s.pid] = s
}

// Sessions returns how many sessions are open.
func (srv *Server) Sessions() int {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return len(srv.sessions)
}

// Close implements client.Session.
func (s *Session) Close() {
	s.abort()
	if s.stmtCancel != nil {
		s.stmtCancel(nil)
	}
	s.closePortals(true)
	s.statements = nil
	s.owner.Close()
	s.srv.mu.Lock()
	delete(s.srv.sessions, s.pid)
	s.srv.mu.Unlock()
}

// TxStatus implements client.Session.
func (s *Session) TxStatus() byte {
	switch {
	case !s.explicit:
		return 'I'
	case s.failed:
		return 'E'
	}
	return 'T'
}

// Setting implements client.Session.
func (s *Session) Setting(name string) (string, bool) { return s.cfg.Get(name) }

// Formats implements client.Formatter.
func (s *Session) Formats() *pgfmt.Settings { return s.formats() }

// Cancel implements client.Session.
func (s *Session) Cancel() { s.stop(errCanceled) }

// stop ends the running statement with an error.
func (s *Session) stop(cause error) {
	s.cancelMu.Lock()
	defer s.cancelMu.Unlock()
	if s.cancel != nil {
		s.cancel(cause)
	}
}

// begin prepares for a statement: it can be cancelled, also by statement_timeout.
// Its context is the last statement's, unless that was cancelled or may yet be.
// The caller must call done with what it returns.
func (s *Session) begin(ctx context.Context, query string) (context.Context, *time.Timer) {
	limit := s.hot().statementTimeout
	if s.stmtCtx == nil || s.base != ctx || s.stmtCtx.Err() != nil || limit > 0 {
		s.base = ctx
		s.stmtCtx, s.stmtCancel = context.WithCancelCause(ctx)
	}
	ctx, cancel := s.stmtCtx, s.stmtCancel
	s.cancelMu.Lock()
	s.cancel = cancel
	s.cancelMu.Unlock()
	s.running = ctx
	var timer *time.Timer
	if limit > 0 {
		timer = time.AfterFunc(limit, func() {
			cancel(pgerr.New(pgcode.QueryCanceled, "canceling statement due to statement timeout"))
		})
	}
	s.state.begin(s, query)
	return ctx, timer
}

// done ends what begin began.
func (s *Session) done(timer *time.Timer) {
	s.cancelMu.Lock()
	s.cancel = nil
	s.cancelMu.Unlock()
	if timer != nil {
		timer.Stop()
		s.stmtCancel(nil)
	}
	s.state.end(s)
}

// finish turns any error of a statement into what the client gets: the cause of
// a cancelled context instead of "context canceled", positions in characters.
func finish(ctx context.Context, err error, text string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		if errors.Is(err, context.Canceled) {
			err = errCanceled
		}
	}
	e := *fromStore(err)
	if e.Position > 0 {
		e.Position = characters(text, e.Position)
	}
	return &e
}

// characters turns a byte position (from 1) into one in characters.
func characters(text string, position int) int {
	n := 1
	for i := range text {
		if i >= position-1 {
			return n
		}
		n++
	}
	return n
}

// fromStore gives the store's plain errors their SQLSTATEs.
func fromStore(err error) *pgerr.Error {
	var e *pgerr.Error
	if errors.As(err, &e) {
		return e
	}
	switch {
	case errors.Is(err, store.ErrDiskFull):
		return pgerr.New(pgcode.DiskFull, "could not write to the store: %v", err)
	case errors.Is(err, store.ErrCorrupt):
		return pgerr.New(pgcode.DataCorrupted, "%v", err)
	case errors.Is(err, store.ErrTooLarge):
		return pgerr.New(pgcode.ProgramLimitExceeded, "%v", err)
	case errors.Is(err, store.ErrReadOnly):
		return pgerr.New(pgcode.ReadOnlySqlTransaction, "the database is open for reading only")
	case errors.Is(err, store.ErrFailed), errors.Is(err, store.ErrClosed):
		return pgerr.New(pgcode.CrashShutdown, "%v", err)
	case errors.Is(err, store.ErrFuture):
		return pgerr.New(pgcode.InvalidParameterValue, "cannot read the database as of a time in the future")
	case ofFile(err):
		return pgerr.New(pgcode.IoError, "%w", err)
	}
	return pgerr.From(err)
}

// ofFile reports whether the operating system refused an operation on a file.
func ofFile(err error) bool {
	var one *fs.PathError
	var two *os.LinkError
	return errors.As(err, &one) || errors.As(err, &two)
}

// Idle implements client.Session.
func (s *Session) Idle() (microseconds int64, reason *pgerr.Error) {
	name, code, text := "idle_session_timeout", pgcode.IdleSessionTimeout, "terminating connection due to idle-session timeout"
	if s.explicit {
		name, code, text = "idle_in_transaction_session_timeout", pgcode.IdleInTransactionSessionTimeout, "terminating connection due to idle-in-transaction timeout"
	}
	limit := s.cfg.Int(name)
	if limit <= 0 {
		return 0, nil
	}
	return limit * 1000, fatal(pgerr.New(code, "%s", text))
}
