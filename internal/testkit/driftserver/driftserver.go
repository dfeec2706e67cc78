// Package driftserver runs a whole DriftDB server inside a test: an engine and
// its PostgreSQL door on a free port. Only tests import it.
package driftserver

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/server"
)

// Server is a running server; its methods are safe for concurrent use.
type Server struct {
	// Engine is the database behind the door.
	Engine *engine.Engine

	address *net.TCPAddr
	stop    func()
}

// Start runs a server on an empty database in memory until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	return Open(t, "", engine.Options{InMemory: true})
}

// Open runs a server on a data directory until the test ends or Stop is called.
func Open(t testing.TB, dir string, o engine.Options) *Server {
	t.Helper()
	if o.Verifier == nil {
		o.Verifier = authn.NewVerifier
	}
	e, err := engine.Open(dir, o)
	if err != nil {
		t.Fatalf("open the engine: %v", err)
	}
	s, err := server.NewOn(context.Background(), server.For(e), server.Options{Listen: "127.0.0.1:0", Grace: -1})
	if err != nil {
		_ = e.Close()
		t.Fatalf("open the door: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	started := &Server{Engine: e, address: s.Addr().(*net.TCPAddr)}
	started.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if err := e.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	}
	t.Cleanup(started.stop)
	return started
}

// Stop ends the server and closes the database, as a graceful stop does.
func (s *Server) Stop() { s.stop() }

// Addr is the address clients connect to.
func (s *Server) Addr() string { return s.address.String() }

// DSN is the connection string of the superuser.
func (s *Server) DSN() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=driftdb dbname=driftdb sslmode=disable", s.address.Port)
}

// Connect opens a connection that is closed when the test ends.
func (s *Server) Connect(t testing.TB) *pgconn.PgConn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgconn.Connect(ctx, s.DSN())
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}
