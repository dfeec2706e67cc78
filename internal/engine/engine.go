package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/clock"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/session"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

// Options configure Open. The zero value is a durable database on disk.
type Options struct {
	FS             store.FS // nil: the operating system's
	InMemory       bool
	ReadOnly       bool
	Clock          clock.Clock // nil: the machine's
	AllowClockStep bool
	CacheBytes     int64
	Logger         *slog.Logger
	OnFatal        func(error)
	// Verifier turns a password into what the catalog keeps; nil refuses passwords.
	Verifier func(password string) (string, error)
	// Planted are faults, for tests of tests.
	Planted Planted
}

// Planted are faults that tests put into an engine to see that a check finds them.
type Planted struct {
	Store store.Planted
	Txn   txn.Planted
}

// Engine is an open database. It is safe for concurrent use.
type Engine struct {
	db       *store.DB
	sessions *session.Server
	defaults *config.Defaults
}

// Open opens a data directory, making it if it does not exist. It returns the
// store's errors: store.ErrInUse when another process has it, store.ErrNewerFormat
// for one a newer version made.
func Open(dir string, o Options) (*Engine, error) {
	db, err := store.Open(dir, o.store())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	sessions := newSessions(db, o)
	if err := sessions.OpenTemp(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), db.Close())
	}
	if err := openSegments(sessions, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), db.Close())
	}
	return &Engine{db: db, defaults: sessions.Defaults, sessions: sessions}, nil
}

func (o Options) store() store.Options {
	return store.Options{
		FS: o.FS, InMemory: o.InMemory, ReadOnly: o.ReadOnly, Clock: o.Clock, AllowClockStep: o.AllowClockStep,
		CacheBytes: o.CacheBytes, Logger: o.Logger, OnFatal: o.OnFatal, Planted: o.Planted.Store,
	}
}

// newSessions makes what all sessions on a store share.
func newSessions(db *store.DB, o Options) *session.Server {
	if o.Verifier == nil {
		o.Verifier = func(string) (string, error) { return "", errors.New("this database takes no passwords") }
	}
	return &session.Server{
		DB: db, Txns: txn.NewManager(db, txn.Settings{Planted: o.Planted.Txn}), Catalog: catalog.NewHistory(db), Defaults: config.NewDefaults(), Verifier: o.Verifier,
		Log: o.Logger,
	}
}

// memorySegments is how much memory segments may take of a database that has no
// other place for them.
const memorySegments = 64 << 20

// openSegments gives sessions the columnar segments of the past; a database opened
// for reading has none.
func openSegments(s *session.Server, o Options) error {
	if s.DB.ReadOnly() {
		return nil
	}
	fs, dir := s.DB.Place()
	so := segment.Options{FS: fs, Dir: dir, Log: o.Logger}
	if o.InMemory {
		so.Limit = memorySegments
	} else {
		_, _, so.Reserve = s.DB.FileSystem()
	}
	m, err := segment.NewManager(s.DB, so)
	s.Segments = m
	return err
}

// Close closes the database; sessions must have been closed.
func (e *Engine) Close() error {
	e.sessions.Segments.Close()
	return e.db.Close()
}

// Store returns the store, for maintenance and metrics.
func (e *Engine) Store() *store.DB { return e.db }

// Sessions returns what all sessions share.
func (e *Engine) Sessions() *session.Server { return e.sessions }

// Defaults returns the server's settings.
func (e *Engine) Defaults() *config.Defaults { return e.defaults }

// CatalogVersion changes with every commit that changes the catalog.
func (e *Engine) CatalogVersion() uint64 {
	return uint64(e.db.TableLastChange(store.StorageID(catalog.StorageObjects)))
}

// NewSession opens a session for an authenticated client.
func (e *Engine) NewSession(_ context.Context, info client.Info) (client.Session, error) {
	s, err := e.sessions.New(info)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Ready tells why statements cannot run now, nil when they can. It does not wait
// for running statements.
func (e *Engine) Ready() error { return e.db.Usable() }

// Role returns a role as of now, nil for an unknown one.
func (e *Engine) Role(name string) (*catalog.Role, error) {
	cat, err := e.present()
	if err != nil {
		return nil, err
	}
	return cat.RoleByName(name), nil
}

// SuperuserHasPassword reports whether a superuser that may log in has a password.
func (e *Engine) SuperuserHasPassword(context.Context) (bool, error) {
	cat, err := e.present()
	if err != nil {
		return false, err
	}
	found := false
	cat.All(func(d catalog.Desc) bool {
		if r, ok := d.(*catalog.Role); ok && r.Super && r.Login && r.Password != "" {
			found = true
		}
		return !found
	})
	return found, nil
}

// present is the newest catalog.
func (e *Engine) present() (*catalog.Snapshot, error) {
	v := e.db.View()
	defer v.Release()
	cat, _, err := e.sessions.Catalog.At(v.Reader)
	return cat, err
}
