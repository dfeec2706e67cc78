package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// target is one of the two servers. Loads have connections of their own; the
// rest is not for concurrent use.
type target struct {
	name   string
	config *pgconn.Config
	pid    int // of the process whose children are part of the server; 0: not on this machine
	stop   func()
	// control is the connection of with, nil before its first use.
	control *client
}

func (t *target) dial() (*client, error) {
	c, err := dial(context.Background(), t.config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	return c, nil
}

// with runs f on a connection that is kept for such uses.
func (t *target) with(f func(c *client) error) (err error) {
	if t.control == nil {
		if t.control, err = t.dial(); err != nil {
			return err
		}
	}
	if err := f(t.control); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return nil
}

// script runs statements one by one.
func (t *target) script(statements ...string) error {
	return t.with(func(c *client) error {
		for _, s := range statements {
			if err := c.simple(s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
}

// rows runs one query.
func (t *target) rows(sql string) (list []string, err error) {
	err = t.with(func(c *client) error {
		list, err = c.query(sql)
		return err
	})
	return list, err
}

// buildDrift builds the server of this repository: bench/profserve when it is to be
// profiled.
func buildDrift(dir string, o *options) error {
	root, err := repository()
	if err != nil {
		return err
	}
	from := exec.Command("go", "build", "-o", filepath.Join(dir, "driftdb"), "./cmd/driftdb")
	from.Dir = root
	if o.profiling() {
		from.Args[len(from.Args)-1] = "./profserve"
		from.Dir = filepath.Join(root, "bench")
	}
	from.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := from.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// startDrift starts the server that was built on a new directory of that name. The
// one that is measured gives the profiles.
func startDrift(dir, name string, o *options, measured bool) (*target, error) {
	binary := filepath.Join(dir, "driftdb")
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	data := filepath.Join(dir, name)
	server := exec.Command(binary, "serve", "--data", data, "--listen", address, "--http", "")
	if o.profiling() {
		server = exec.Command(binary, "-data", data, "-listen", address)
		if measured {
			server.Args = append(server.Args, "-pprof", o.profile, "-cpuprofile", o.cpuProfile)
		}
	}
	dsn := fmt.Sprintf("host=127.0.0.1 port=%d user=driftdb dbname=driftdb sslmode=disable", port)
	return start(server, "DriftDB", dsn, filepath.Join(dir, name+".log"), syscall.SIGTERM)
}

// repository is the directory of the product's module.
func repository() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/driftdb/driftdb").Output()
	if err != nil {
		return "", fmt.Errorf("run this in the bench module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start starts a server and waits until it answers.
func start(server *exec.Cmd, name, dsn, logFile string, end os.Signal) (*target, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		return nil, err
	}
	t := &target{name: name, config: config, pid: server.Process.Pid, stop: func() {
		_ = server.Process.Signal(end)
		_ = server.Wait()
		_ = log.Close()
	}}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := t.dial()
		if err == nil {
			c.close()
			return t, nil
		}
		if time.Now().After(deadline) {
			t.stop()
			out, _ := os.ReadFile(logFile)
			return nil, fmt.Errorf("%s did not start: %w\n%s", name, err, out)
		}
	}
}

// debian is where Debian keeps the programs of PostgreSQL 15.
const debian = "/usr/lib/postgresql/15/bin"

// startPostgres is the server that a connection string names, or a new cluster of
// the installed PostgreSQL 15 with its default configuration.
func startPostgres(dir, dsn string) (*target, error) {
	if dsn != "" {
		return connectPostgres(dsn)
	}
	if _, err := os.Stat(filepath.Join(debian, "postgres")); err != nil {
		return nil, fmt.Errorf("PostgreSQL 15 is not installed (%w) and no connection string was given", err)
	}
	var attr *syscall.SysProcAttr
	home := filepath.Join(dir, "pg")
	if err := os.Mkdir(home, 0o700); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		// The server refuses to run as root.
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		if err := os.Chown(home, uid, gid); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(home, "data")
	initdb := exec.Command(filepath.Join(debian, "initdb"), "-D", data, "-U", "driftdb", "--no-locale", "-E", "UTF8", "-A", "trust")
	initdb.Dir, initdb.SysProcAttr = home, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	server := exec.Command(filepath.Join(debian, "postgres"), "-D", data, "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
	server.Dir, server.SysProcAttr = home, attr
	dsn = fmt.Sprintf("host=127.0.0.1 port=%d user=driftdb dbname=postgres sslmode=disable", port)
	return start(server, "PostgreSQL", dsn, filepath.Join(dir, "postgres.log"), syscall.SIGINT)
}

// connectPostgres uses a running server; its CPU time is known when it runs here.
func connectPostgres(dsn string) (*target, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	t := &target{name: "PostgreSQL", config: config, stop: func() {}}
	rows, err := t.rows("SELECT pg_backend_pid()")
	if err != nil {
		return nil, err
	}
	if p := stat(rows[0]); p != nil && p.name == "postgres" {
		t.pid = p.parent
	}
	return t, nil
}

// process is what /proc tells of one process.
type process struct {
	name   string
	parent int
	self   int // clock ticks of its own
	waited int // and of children that ended
}

// stat reads /proc/PID/stat, nil when there is no such process.
func stat(pid string) *process {
	b, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return nil
	}
	open, shut := strings.IndexByte(string(b), '('), strings.LastIndexByte(string(b), ')')
	if open < 0 || shut < open {
		return nil
	}
	f := strings.Fields(string(b[shut+1:]))
	number := func(i int) int {
		n, _ := strconv.Atoi(f[i])
		return n
	}
	return &process{name: string(b[open+1 : shut]), parent: number(1), self: number(11) + number(12), waited: number(13) + number(14)}
}

// clockTicks is the kernel's USER_HZ, the same on all Linux machines of today.
const clockTicks = 100

// cpu is the CPU time that a server has used so far; 0 when it cannot be known.
func (t *target) cpu() time.Duration {
	if t.pid == 0 {
		return 0
	}
	p := stat(strconv.Itoa(t.pid))
	if p == nil {
		return 0
	}
	ticks := p.self + p.waited
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if e.Name()[0] < '0' || e.Name()[0] > '9' {
			continue
		}
		if c := stat(e.Name()); c != nil && c.parent == t.pid {
			ticks += c.self + c.waited
		}
	}
	return time.Duration(ticks) * time.Second / clockTicks
}

// rss is the resident memory of a one-process server in bytes.
func (t *target) rss() int64 {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(t.pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
