// Package driftproc runs the real driftdb program as a process of its own, for
// tests that kill it, restart it, or watch its exit code. Only tests import it.
package driftproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Variable names a program to use instead of building one.
const Variable = "DRIFTDB_BINARY"

// built is the directory of the program, "" before it is built.
var built string

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(Variable); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "driftproc")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "driftdb")
	c := exec.Command("go", "build", "-o", path, "github.com/driftdb/driftdb/cmd/driftdb")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// Binary returns the program, built once for all tests of a package. Remove
// deletes it.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Remove deletes the program that Binary built, if it did. TestMain calls it at the
// end.
func Remove() {
	if built != "" {
		_ = os.RemoveAll(built)
	}
}

// Server is a running driftdb serve. Its methods are safe for concurrent use.
type Server struct {
	Dir  string
	Port int

	cmd    *exec.Cmd
	log    logBuffer
	exited chan struct{} // closed when the process has ended
}

// Start serves a data directory on a free port and waits until clients can
// connect. The process is killed when the test ends, if it still lives.
func Start(t testing.TB, dir string, flags ...string) *Server {
	t.Helper()
	var last error
	// Between choosing a port and listening on it another process may take it.
	for range 3 {
		s, err := start(Binary(t), dir, flags)
		if err == nil {
			t.Cleanup(s.Kill)
			return s
		}
		last = err
	}
	t.Fatal(last)
	return nil
}

func start(binary, dir string, flags []string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, Port: port, exited: make(chan struct{})}
	args := append([]string{"serve", "--data", dir, "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--http", ""}, flags...)
	s.cmd = exec.Command(binary, args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.SysProcAttr = dieWithParent()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		c, err := pgconn.Connect(ctx, s.DSN())
		cancel()
		if err == nil {
			_ = c.Close(context.Background())
			return s, nil
		}
		select {
		case <-s.exited:
			return nil, fmt.Errorf("driftdb serve ended with status %d:\n%s", s.cmd.ProcessState.ExitCode(), s.Log())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.Kill()
			return nil, fmt.Errorf("driftdb serve does not answer: %w\n%s", err, s.Log())
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// DSN is the connection string of the superuser.
func (s *Server) DSN() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=driftdb dbname=driftdb sslmode=disable", s.Port)
}

// Env is the environment in which PostgreSQL's programs reach the server.
func (s *Server) Env() []string {
	return append(os.Environ(), "PGHOST=127.0.0.1", fmt.Sprintf("PGPORT=%d", s.Port), "PGUSER=driftdb", "PGDATABASE=driftdb", "PGSSLMODE=disable")
}

// Connect opens a connection that is closed when the test ends.
func (s *Server) Connect(t testing.TB) *pgconn.PgConn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgconn.Connect(ctx, s.DSN())
	if err != nil {
		t.Fatalf("connect: %v\n%s", err, s.Log())
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(ctx)
	})
	return c
}

// Kill ends the process with SIGKILL and waits for it. It may be called twice.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// Stop ends the process gracefully and returns its exit code.
func (s *Server) Stop(t testing.TB) int {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	return s.Wait(t)
}

// Wait waits for the process to end and returns its exit code.
func (s *Server) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-s.exited:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(30 * time.Second):
		t.Fatalf("driftdb serve does not end:\n%s", s.Log())
		return 0
	}
}

// Log returns what the process has written.
func (s *Server) Log() string { return s.log.String() }

// Run runs a verb of the program to its end and returns its output and exit code.
func Run(t testing.TB, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, Binary(t), args...)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("driftdb %s: %v", strings.Join(args, " "), err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// logBuffer collects a process's output.
type logBuffer struct {
	mu sync.Mutex // protects b
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
