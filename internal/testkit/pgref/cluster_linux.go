package pgref

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// binaries is where Debian's package postgresql-15 keeps its programs.
const binaries = "/usr/lib/postgresql/15/bin"

// Server returns the connection string of a reference server: the one that
// Variable names, otherwise of a cluster made and started for this test with
// Debian's PostgreSQL 15. It skips the test when there is neither.
func Server(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv(Variable); dsn != "" {
		return dsn
	}
	if _, err := os.Stat(filepath.Join(binaries, "postgres")); err != nil {
		t.Skipf("no reference server: %s is not set and postgresql-15 is not installed", Variable)
	}
	attr, owner, err := unprivileged()
	if err != nil {
		t.Skipf("no reference server: %s is not set and %v", Variable, err)
	}
	// Not t.TempDir: the server's user could not pass its parent.
	dir, err := os.MkdirTemp("", "pgref")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if owner != nil {
		if err := os.Chown(dir, owner[0], owner[1]); err != nil {
			t.Fatal(err)
		}
	}
	return startCluster(t, filepath.Join(dir, "data"), attr)
}

// unprivileged is how to run programs as the user postgres, because the server
// refuses to run as root; nil when this process is not root.
func unprivileged() (*syscall.SysProcAttr, []int, error) {
	if os.Geteuid() != 0 {
		return nil, nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, nil, fmt.Errorf("root cannot run PostgreSQL: %w", err)
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	if uerr != nil || gerr != nil {
		return nil, nil, fmt.Errorf("the user postgres has the ids %q and %q", u.Uid, u.Gid)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, []int{uid, gid}, nil
}

func startCluster(t testing.TB, data string, attr *syscall.SysProcAttr) string {
	t.Helper()
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(binaries, name), args...)
		c.Dir, c.SysProcAttr = filepath.Dir(data), attr
		c.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
		return c
	}
	if out, err := command("initdb", "-D", data, "-U", "driftdb", "--no-locale", "-E", "UTF8", "-A", "trust", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	log, err := os.Create(filepath.Join(t.TempDir(), "postgres.log"))
	if err != nil {
		t.Fatal(err)
	}
	server := command("postgres", "-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "timezone=UTC")
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
		_ = log.Close()
	})
	dsn := fmt.Sprintf("host=127.0.0.1 port=%d user=driftdb sslmode=disable dbname=", port)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := run(dsn+"postgres", "CREATE DATABASE driftdb")
		if err == nil {
			return dsn + "driftdb"
		}
		if time.Now().After(deadline) {
			out, _ := os.ReadFile(log.Name())
			t.Fatalf("the reference server did not start: %v\n%s", err, out)
		}
	}
}

func run(dsn, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, sql).ReadAll()
	return err
}
