package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/obs"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// Engine is what the door opens sessions on. It must be safe for concurrent use.
type Engine interface {
	authn.Roles
	// NewSession opens a session for an authenticated client. The error (3D000,
	// 42704 of a start-up setting, ...) is sent to the client as FATAL. ctx lives
	// as long as the connection.
	NewSession(ctx context.Context, info client.Info) (client.Session, error)
}

// Options configure a Server. Only Engine must be set.
type Options struct {
	Engine Engine
	// Policy decides how clients prove who they are; nil is authn.NewPolicy.
	Policy *authn.Policy
	// TLS is offered to clients when set.
	TLS *tls.Config
	// Log is the server log; nil discards.
	Log *slog.Logger
	// Metrics are fed when set.
	Metrics *obs.Metrics
	// MaxConnections bounds the sessions, ReservedConnections of them for
	// superusers; 0 means 20000 and 3. A negative ReservedConnections is none.
	MaxConnections      int
	ReservedConnections int
	// AuthTimeout bounds the time from connecting to ReadyForQuery; 0 is a minute.
	AuthTimeout time.Duration
	// LogConnections and LogDisconnections are the settings of these names.
	LogConnections    bool
	LogDisconnections bool
}

// Times of the watch over connections, for servers outside tests.
const (
	// watchEvery is how often busy connections are looked at.
	watchEvery = 200 * time.Millisecond
	// parkAfter is how long a connection waits before its stack is given back.
	parkAfter = 5 * time.Second
)

// Server serves the PostgreSQL protocol. All methods are safe for concurrent use.
type Server struct {
	opts     Options
	metrics  *obs.Metrics
	log      *slog.Logger
	ctx      context.Context
	cancelC  context.CancelFunc
	park     time.Duration // parkAfter
	stopping atomic.Bool

	mu        sync.Mutex // protects what follows
	listeners map[net.Listener]struct{}
	starting  map[*conn]struct{} // not yet ready
	sessions  map[int32]*conn    // by pid
	lastPID   int32
	used      int           // slots taken by conns past their start-up packet
	empty     chan struct{} // closed when stopping and no connection is left
	watching  bool
}

// NewServer returns a server that listens nowhere yet.
func NewServer(opts Options) *Server {
	if opts.Policy == nil {
		opts.Policy = authn.NewPolicy()
	}
	if opts.Log == nil {
		opts.Log = obs.Discard()
	}
	if opts.Metrics == nil {
		opts.Metrics = obs.NewMetrics()
	}
	if opts.MaxConnections == 0 {
		opts.MaxConnections = 20000
	}
	switch {
	case opts.ReservedConnections == 0:
		opts.ReservedConnections = 3
	case opts.ReservedConnections < 0:
		opts.ReservedConnections = 0
	}
	if opts.AuthTimeout == 0 {
		opts.AuthTimeout = time.Minute
	}
	s := &Server{opts: opts, metrics: opts.Metrics, log: opts.Log, listeners: map[net.Listener]struct{}{},
		starting: map[*conn]struct{}{}, sessions: map[int32]*conn{}, empty: make(chan struct{}), park: parkAfter}
	s.ctx, s.cancelC = context.WithCancel(context.Background())
	return s
}

// Serve accepts connections from l until Stop, which closes l; it then returns
// nil. It returns the error that made accepting impossible otherwise.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.stopping.Load() {
		s.mu.Unlock()
		return l.Close()
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			s.ServeConn(nc)
		case s.stopping.Load():
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Out of file descriptors, most likely: others will close theirs.
			s.log.Log(s.ctx, obs.LevelLog, "could not accept new connection: "+err.Error())
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// ServeConn serves one connection, which it closes in the end, on a goroutine of
// its own.
func (s *Server) ServeConn(nc net.Conn) {
	c := &conn{server: s, base: nc, net: nc}
	c.in.sock = newSocket(nc)
	c.out.net, c.out.conn = nc, c
	var key [4]byte
	_, _ = rand.Read(key[:])
	c.key = binary.BigEndian.Uint32(key[:])
	c.ctx, c.stop = context.WithCancel(s.ctx)
	s.mu.Lock()
	if s.stopping.Load() {
		s.mu.Unlock()
		c.stop()
		_ = nc.Close()
		return
	}
	s.lastPID = max(s.lastPID+1, 1)
	for s.sessions[s.lastPID] != nil {
		s.lastPID = max(s.lastPID+1, 1)
	}
	c.pid = s.lastPID
	s.starting[c] = struct{}{}
	if !s.watching {
		s.watching = true
		go s.watch()
	}
	s.mu.Unlock()
	c.log = s.log.With(obs.KeyPID, c.pid)
	if s.opts.LogConnections {
		c.log.Log(s.ctx, obs.LevelLog, "connection received: host="+nc.RemoteAddr().String())
	}
	go c.start()
}

// reserve takes a slot for a connection past its start-up packet.
func (s *Server) reserve(c *conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used >= s.opts.MaxConnections {
		return pgerr.New(pgcode.TooManyConnections, "sorry, too many clients already")
	}
	s.used++
	c.slot = true
	return nil
}

// free gives a connection's slot back.
func (s *Server) free(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.slot {
		c.slot = false
		s.used--
	}
}

// admit keeps the last slots for superusers and holds a role to its own limit.
func (s *Server) admit(role authn.Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case role.Superuser:
		return nil
	case s.used > s.opts.MaxConnections-s.opts.ReservedConnections:
		return pgerr.New(pgcode.TooManyConnections, "remaining connection slots are reserved for non-replication superuser connections")
	case role.ConnLimit == nil:
		return nil
	}
	count := 0
	for _, c := range s.sessions {
		if c.user == role.Name {
			count++
		}
	}
	if count >= *role.ConnLimit {
		return pgerr.New(pgcode.TooManyConnections, "too many connections for role \"%s\"", role.Name)
	}
	return nil
}

// add makes a started connection known: it can be cancelled and terminated.
func (s *Server) add(c *conn) {
	s.mu.Lock()
	delete(s.starting, c)
	s.sessions[c.pid] = c
	s.mu.Unlock()
	s.metrics.Connected()
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	delete(s.starting, c)
	known := s.sessions[c.pid] == c
	if known {
		delete(s.sessions, c.pid)
	}
	if c.slot {
		c.slot = false
		s.used--
	}
	if s.stopping.Load() {
		s.closeIfEmpty()
	}
	s.mu.Unlock()
	if known {
		s.metrics.Disconnected()
		if s.opts.LogDisconnections {
			c.log.Log(context.Background(), obs.LevelLog, "disconnection: user="+c.user+" database="+c.database)
		}
	}
}

// closeIfEmpty tells Stop that nothing is left. The caller holds mu.
func (s *Server) closeIfEmpty() {
	if len(s.starting)+len(s.sessions) > 0 {
		return
	}
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}

// find returns the session of that process id, or nil.
func (s *Server) find(pid int32) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[pid]
}

// cancel serves a CancelRequest: the key must be the session's. Nothing is
// answered either way.
func (s *Server) cancel(pid int32, key uint32) {
	if c := s.find(pid); c != nil && c.key == key {
		c.session.Cancel()
	}
}

// Cancel cancels what the session of that process id runs (pg_cancel_backend);
// false when there is none.
func (s *Server) Cancel(pid int32) bool {
	c := s.find(pid)
	if c != nil {
		c.session.Cancel()
	}
	return c != nil
}

// Terminate ends the session of that process id (pg_terminate_backend); false
// when there is none.
func (s *Server) Terminate(pid int32) bool {
	c := s.find(pid)
	if c != nil {
		c.terminate(errShutdown)
	}
	return c != nil
}

// Connections returns the number of sessions.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Stop ends the service: no new connections, waiting clients are told 57P01 at
// once, running statements may end until grace has passed and are then
// cancelled. It returns when every connection is closed.
func (s *Server) Stop(grace time.Duration) {
	s.mu.Lock()
	if !s.stopping.Swap(true) {
		for l := range s.listeners {
			_ = l.Close()
		}
	}
	s.closeIfEmpty()
	for c := range s.starting {
		_ = c.base.Close()
	}
	for _, c := range s.sessions {
		c.wake()
	}
	s.mu.Unlock()
	if !s.wait(grace) {
		s.each(func(c *conn) { c.terminate(errShutdown) })
		if !s.wait(2 * time.Second) {
			// What still runs does not listen to its context, or its client does not read.
			s.each(func(c *conn) { _ = c.base.Close() })
			<-s.empty
		}
	}
	s.cancelC()
}

func (s *Server) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.empty:
		return true
	case <-timer.C:
		return false
	}
}

func (s *Server) each(f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sessions {
		f(c)
	}
}

// errVanished ends a session whose client closed the connection while a
// statement ran.
var errVanished = &pgerr.Error{Severity: "FATAL", Code: pgcode.ConnectionFailure, Message: "connection to client lost"}

// watch looks at the connections from time to time: a busy one whose client is
// gone stops its statement; a long waiting one is parked.
func (s *Server) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now().UnixNano()
		s.each(func(c *conn) {
			since := c.since.Load()
			switch {
			case since > 0 && now-since >= int64(watchEvery) && !c.copying.Load():
				if c.in.sock.gone() {
					c.terminate(errVanished)
				}
			case since < 0 && now+since >= int64(s.park) && !c.parked.Load():
				c.park.Store(true)
				c.wake()
			}
		})
	}
}
