// Package server opens doors on a database: the PostgreSQL protocol for clients
// and drivers, and HTTP for health checks and metrics. It is thin: what a door
// does is in internal/pgwire and internal/httpapi, what a statement does in the
// engine.
package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/driftdb/driftdb"
	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/httpapi"
	"github.com/driftdb/driftdb/internal/obs"
	"github.com/driftdb/driftdb/internal/pgwire"
	"github.com/driftdb/driftdb/internal/private"
)

// Backend is what the doors need of an open database; the engine implements it.
// It must be safe for concurrent use.
type Backend interface {
	pgwire.Engine
	// Ready tells why statements cannot run now, nil when they can.
	Ready() error
	// SuperuserHasPassword reports whether a role that may log in as superuser has
	// a password, the condition for listening away from this machine.
	SuperuserHasPassword(ctx context.Context) (bool, error)
	// Defaults are the server's settings; the doors read theirs from it and store
	// where they listen.
	Defaults() *config.Defaults
}

// Options say where and how to listen. The zero value listens for PostgreSQL
// clients on 127.0.0.1:5433 and not for HTTP.
type Options struct {
	// Listen is the address for PostgreSQL clients; "" is 127.0.0.1:5433. Port 0
	// takes a free one, see Addr.
	Listen string
	// HTTP is the address for health checks and metrics; "" is none.
	HTTP string
	// RequirePassword asks clients on this machine for a password too.
	RequirePassword bool
	// RequireTLS refuses clients from other machines without TLS.
	RequireTLS bool
	// AllowMD5 lets roles with an md5 password log in.
	AllowMD5 bool
	// CertFile and KeyFile are the TLS certificate and key (PEM).
	CertFile, KeyFile string
	// SelfSignedDir is where a self-signed certificate is kept and, when there is
	// none, made. It is used when no CertFile is given and either TLS is set or
	// Listen is not a loopback address.
	SelfSignedDir string
	// TLS offers TLS on a loopback address too.
	TLS bool
	// Grace is how long running statements may go on after the server is told to
	// stop; 0 is 10 seconds, negative none.
	Grace time.Duration
	// Log is the server log; nil discards.
	Log *slog.Logger
	// Version is what health checks tell.
	Version string
	// Collector adds metrics; nil is the store's for New, none for NewOn.
	Collector prometheus.Collector
}

// Server holds the doors on one database. All methods are safe for concurrent use.
type Server struct {
	backend Backend
	opts    Options
	log     *slog.Logger
	metrics *obs.Metrics
	pg      *pgwire.Server
	http    *http.Server

	pgListener, httpListener net.Listener
}

// New opens the doors on an open database: the server listens when New returns,
// and serves when Run is called. The caller ends Run before it closes db. The
// store's metrics are added to those of opts.
func New(ctx context.Context, db *driftdb.DB, opts Options) (*Server, error) {
	e := private.Engine(db)
	if opts.Collector == nil {
		opts.Collector = newCollector(e)
	}
	return NewOn(ctx, For(e), opts)
}

// NewOn opens the doors on a backend: the server listens when NewOn returns, and
// serves when Run is called. Close gives the addresses back without serving. The
// error says what to do when the rule on addresses forbids one.
func NewOn(ctx context.Context, backend Backend, opts Options) (*Server, error) {
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:5433"
	}
	if opts.Grace == 0 {
		opts.Grace = 10 * time.Second
	}
	s := &Server{backend: backend, opts: opts, log: opts.Log, metrics: obs.NewMetrics()}
	if s.log == nil {
		s.log = obs.Discard()
	}
	if opts.Collector != nil {
		if err := s.metrics.Register(opts.Collector); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	tlsConfig, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	if err := s.mayListen(ctx, tlsConfig != nil); err != nil {
		return nil, err
	}
	if s.pgListener, err = net.Listen("tcp", opts.Listen); err != nil {
		return nil, fmt.Errorf("listen for PostgreSQL clients: %w", err)
	}
	if opts.HTTP != "" {
		if s.httpListener, err = net.Listen("tcp", opts.HTTP); err != nil {
			return nil, errors.Join(fmt.Errorf("listen for HTTP: %w", err), s.pgListener.Close())
		}
	}
	if err := s.keepSettings(tlsConfig != nil); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.openPG(tlsConfig)
	s.http = httpapi.NewServer(httpapi.Handler(httpapi.Options{Ready: backend.Ready, Metrics: s.metrics.Handler(), Version: opts.Version}))
	return s, nil
}

func (s *Server) loopback() bool {
	return authn.MayListen(s.opts.Listen, false, false) == nil
}

func (s *Server) tlsConfig() (*tls.Config, error) {
	switch {
	case s.opts.CertFile != "":
		return authn.TLSFromFiles(s.opts.CertFile, s.opts.KeyFile)
	case s.opts.SelfSignedDir != "" && (s.opts.TLS || !s.loopback()):
		return authn.SelfSigned(s.opts.SelfSignedDir)
	case s.opts.TLS:
		return nil, errors.New("TLS needs a certificate and key, or a directory to keep a self-signed one in")
	}
	return nil, nil
}

func (s *Server) mayListen(ctx context.Context, haveTLS bool) error {
	havePassword, err := s.backend.SuperuserHasPassword(ctx)
	if err != nil {
		return err
	}
	return authn.MayListen(s.opts.Listen, haveTLS, havePassword)
}

// keepSettings stores where the server listens, for SHOW.
func (s *Server) keepSettings(haveTLS bool) error {
	host, port, err := net.SplitHostPort(s.pgListener.Addr().String())
	if err != nil {
		return err
	}
	d := s.backend.Defaults()
	return errors.Join(d.Set("listen_addresses", host, config.SourceCommandLine), d.Set("port", port, config.SourceCommandLine),
		d.Set("ssl", strconv.FormatBool(haveTLS), config.SourceCommandLine))
}

func (s *Server) openPG(tlsConfig *tls.Config) {
	policy := authn.NewPolicy()
	policy.NoTrust, policy.RequireTLS, policy.AllowMD5 = s.opts.RequirePassword, s.opts.RequireTLS, s.opts.AllowMD5
	d := s.backend.Defaults()
	s.pg = pgwire.NewServer(pgwire.Options{
		Engine: s.backend, Policy: policy, TLS: tlsConfig, Log: s.log, Metrics: s.metrics,
		MaxConnections: int(d.Int("max_connections")), ReservedConnections: cmp.Or(int(d.Int("superuser_reserved_connections")), -1),
		AuthTimeout:    time.Duration(d.Int("authentication_timeout")) * time.Second,
		LogConnections: d.Int("log_connections") != 0, LogDisconnections: d.Int("log_disconnections") != 0,
	})
}

// Addr is where PostgreSQL clients connect.
func (s *Server) Addr() net.Addr { return s.pgListener.Addr() }

// HTTPAddr is where the HTTP door listens, nil when it does not.
func (s *Server) HTTPAddr() net.Addr {
	if s.httpListener == nil {
		return nil
	}
	return s.httpListener.Addr()
}

// Wire is the PostgreSQL door, through which sessions can be cancelled and ended
// by process id.
func (s *Server) Wire() *pgwire.Server { return s.pg }

// Run serves until ctx ends, then stops gracefully: nobody new is let in, idle
// clients are told, running statements may end within Options.Grace. It returns
// nil after that, or the error that ended a door before.
func (s *Server) Run(ctx context.Context) error {
	s.announce()
	ended := make(chan error, 2)
	var doors sync.WaitGroup
	doors.Go(func() { ended <- s.pg.Serve(s.pgListener) })
	if s.httpListener != nil {
		doors.Go(func() { ended <- s.http.Serve(s.httpListener) })
	}
	var err error
	select {
	case <-ctx.Done():
		s.log.Log(context.Background(), obs.LevelLog, "received shutdown request")
	case err = <-ended:
	}
	s.pg.Stop(max(s.opts.Grace, 0))
	// The HTTP door goes last: it answers health checks while statements end.
	stopping, done := context.WithTimeout(context.Background(), time.Second)
	defer done()
	_ = s.http.Shutdown(stopping)
	_ = s.http.Close()
	doors.Wait()
	s.log.Log(context.Background(), obs.LevelLog, "doors are closed")
	return err
}

func (s *Server) announce() {
	ctx := context.Background()
	s.log.Log(ctx, obs.LevelLog, "listening for PostgreSQL clients on "+s.Addr().String())
	if s.httpListener != nil {
		s.log.Log(ctx, obs.LevelLog, "listening for HTTP on "+s.HTTPAddr().String())
	}
	if !s.opts.RequirePassword {
		s.log.Log(ctx, obs.LevelLog, "clients on this machine need no password; a flag of serve asks for one")
	}
}

// Close closes the addresses of a server that was not run.
func (s *Server) Close() error {
	err := s.pgListener.Close()
	if s.httpListener != nil {
		err = errors.Join(err, s.httpListener.Close())
	}
	return err
}
