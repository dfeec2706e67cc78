package driftdb

import (
	"context"
	"runtime"
	"sync"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/private"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// defaultName is the superuser and the database that every directory begins with.
const defaultName = "driftdb"

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine *engine.Engine
	opts   Options

	mu     sync.Mutex // protects all below
	all    map[*session]struct{}
	idle   []*session
	closed bool
}

func init() { private.Engine = func(db any) *engine.Engine { return db.(*DB).engine } }

// Open opens the database in a directory and makes it if there is none. opts may
// be nil; it is copied. The error is ErrInUse, ErrNewerFormat, ErrNotADatabase,
// ErrCorrupt or ErrClockBehind for errors.Is, or one of the system.
func Open(path string, opts *Options) (*DB, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.User == "" {
		o.User = defaultName
	}
	e, err := engine.Open(path, o.engine())
	if err != nil {
		return nil, err
	}
	return &DB{engine: e, opts: o, all: make(map[*session]struct{})}, nil
}

// Close closes the database. Statements that run are cancelled, transactions
// rolled back; what a server made with server.New has open must be ended before,
// by ending its Run.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed, db.idle = true, nil
	all := db.all
	db.all = nil
	db.mu.Unlock()
	// Statements are stopped before any transaction ends: none may go on with what
	// another's end sets free.
	for s := range all {
		s.closing.Store(true)
		s.sql.Cancel()
	}
	for s := range all {
		s.close()
	}
	return db.engine.Close()
}

// session returns a session for one user, taken from the pool if there is one.
func (db *DB) session(ctx context.Context) (*session, error) {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil, ErrClosed
	}
	if n := len(db.idle); n > 0 {
		s := db.idle[n-1]
		db.idle = db.idle[:n-1]
		db.mu.Unlock()
		return s, nil
	}
	db.mu.Unlock()
	sql, err := db.engine.NewSession(ctx, client.Info{User: db.opts.User, Database: defaultName})
	if err != nil {
		return nil, err
	}
	s := &session{db: db, sql: sql, out: answer{notice: db.opts.OnNotice}}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		sql.Close()
		return nil, ErrClosed
	}
	db.all[s] = struct{}{}
	return s, nil
}

// put gives a session back to the pool, in the state of a new one.
func (db *DB) put(s *session) {
	s.mu.Lock()
	bad := s.closed || s.reset(context.Background()) != nil
	s.mu.Unlock()
	db.mu.Lock()
	keep := !bad && !db.closed && len(db.idle) < 2*runtime.GOMAXPROCS(0)
	if keep {
		db.idle = append(db.idle, s)
	} else {
		delete(db.all, s)
	}
	db.mu.Unlock()
	if !keep {
		s.close()
	}
}

// Exec runs a statement that returns no rows, or whose rows do not matter. A
// text without arguments may hold several statements, which then are one
// transaction.
func (db *DB) Exec(ctx context.Context, sql string, args ...any) (Result, error) {
	return db.exec(ctx, "", sql, args)
}

func (db *DB) exec(ctx context.Context, asOf, sql string, args []any) (Result, error) {
	s, err := db.session(ctx)
	if err != nil {
		return Result{}, err
	}
	defer db.put(s)
	if err := s.lock(ctx); err != nil {
		return Result{}, err
	}
	defer s.mu.Unlock()
	if err := s.move(ctx, asOf); err != nil {
		return Result{}, err
	}
	return s.exec(ctx, sql, args)
}

// Query runs one statement and returns its rows; the caller must close them.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	return db.query(ctx, "", sql, args)
}

func (db *DB) query(ctx context.Context, asOf, sql string, args []any) (*Rows, error) {
	s, err := db.session(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.start(ctx, asOf, sql, args, func() { db.put(s) })
	if err != nil {
		db.put(s)
		return nil, err
	}
	return rows, nil
}

func (s *session) start(ctx context.Context, asOf, sql string, args []any, release func()) (*Rows, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if err := s.move(ctx, asOf); err != nil {
		return nil, err
	}
	return s.query(ctx, sql, args, release)
}

// QueryRow runs one statement for its first row; errors come from Row.Scan.
func (db *DB) QueryRow(ctx context.Context, sql string, args ...any) *Row {
	rows, err := db.Query(ctx, sql, args...)
	return &Row{rows, err}
}

// CurrentSeq returns the number of the newest commit, for AtSeq.
func (db *DB) CurrentSeq() uint64 {
	v := db.engine.Store().View()
	defer v.Release()
	return uint64(v.Seq())
}

// Compact rewrites the whole store in its final order, which takes as long as
// copying it. Reads and writes go on.
func (db *DB) Compact(ctx context.Context) error { return db.engine.Store().Compact(ctx) }
