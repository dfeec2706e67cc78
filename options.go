package driftdb

import (
	"log/slog"
	"sync"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
)

// FileSystem is the file system a database lives on: the interface FS of
// github.com/cockroachdb/pebble/v2/vfs, where tests find file systems in memory,
// with errors, and with power cuts.
type FileSystem = store.FS

// Options configure Open. A nil *Options and the zero value are a durable
// database on the machine's file system and clock.
type Options struct {
	// InMemory keeps everything in memory; the path is ignored. FileSystem must
	// then be nil.
	InMemory bool
	// FileSystem replaces the operating system's.
	FileSystem FileSystem
	// Clock tells the time for commits and now(); nil is the machine's clock. It
	// is called from many goroutines. A reading before an earlier one is taken as
	// that earlier one.
	Clock func() time.Time
	// AllowClockStep opens although the clock is far behind the last commit.
	AllowClockStep bool
	// ReadOnly opens without changing a file: every statement that writes fails.
	ReadOnly bool
	// CacheBytes is the size of the block cache; 0 is a quarter of the memory this
	// process may use.
	CacheBytes int64
	// Logger receives the store's events; nil discards them.
	Logger *slog.Logger
	// OnNotice receives the notices and warnings of statements. It is called on
	// the statement's goroutine, before its result, and must not use the session.
	OnNotice func(*Error)
	// OnFatal is called once when the log cannot be written any more. The process
	// must then stop; nil writes to standard error and exits with status 70.
	OnFatal func(error)
	// User is the role that statements run as; "" is the superuser driftdb.
	User string
}

// engine turns the options into the engine's.
func (o *Options) engine() engine.Options {
	e := engine.Options{
		FS: o.FileSystem, InMemory: o.InMemory, ReadOnly: o.ReadOnly, AllowClockStep: o.AllowClockStep,
		CacheBytes: o.CacheBytes, Logger: o.Logger, OnFatal: o.OnFatal, Verifier: authn.NewVerifier,
	}
	if o.Clock != nil {
		e.Clock = &steady{now: o.Clock}
	}
	return e
}

// steady makes a clock that never goes back of one that may.
type steady struct {
	now func() time.Time

	mu   sync.Mutex // protects last
	last int64
}

// Now implements clock.Clock.
func (s *steady) Now() int64 {
	t := s.now().UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last, t)
	return s.last
}

// Wall implements clock.Waller.
func (s *steady) Wall() int64 { return s.now().UnixMicro() }
