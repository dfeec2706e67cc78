package psql

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/server"
)

// target is a server to talk to with psql.
type target struct {
	host, port, user, database string
}

// pair is a fresh database on both servers.
type pair struct {
	drift, postgres target
}

// open starts DriftDB in memory and makes an empty database on PostgreSQL.
func open(t *testing.T) *pair {
	t.Helper()
	if _, err := exec.LookPath("psql"); err != nil {
		t.Skip("psql is not installed")
	}
	dsn := os.Getenv("DRIFTDB_PG_DSN")
	if dsn == "" {
		t.Skip("no PostgreSQL to compare with: DRIFTDB_PG_DSN is not set")
	}
	return &pair{drift: startDrift(t), postgres: freshDatabase(t, dsn)}
}

func startDrift(t *testing.T) target {
	t.Helper()
	e, err := engine.Open(t.TempDir(), engine.Options{InMemory: true, Verifier: authn.NewVerifier})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := server.NewOn(ctx, server.For(e), server.Options{Listen: "127.0.0.1:0", Grace: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	host, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return target{host, port, "driftdb", "driftdb"}
}

// freshDatabase makes a database on the reference server and drops it at the end.
func freshDatabase(t *testing.T, dsn string) target {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("drift_psql_%d", time.Now().UnixNano())
	if _, err := c.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = c.Close(ctx)
	})
	cfg := c.Config()
	return target{cfg.Host, fmt.Sprint(cfg.Port), cfg.User, name}
}

var (
	location = regexp.MustCompile(`(?m)^LOCATION: .*\n`)
	position = regexp.MustCompile(`(?m)^psql:<stdin>:\d+: `)
)

// run feeds a script to psql and returns what it prints, errors in their place.
func (s target) run(t *testing.T, script string) string {
	t.Helper()
	cmd := exec.Command("psql", "-X", "-q", "-v", "VERBOSITY=verbose", "-h", s.host, "-p", s.port, "-U", s.user, "-d", s.database, "-f", "-")
	cmd.Env = append(os.Environ(), "PGOPTIONS=", "PGTZ=UTC", "PGCLIENTENCODING=UTF8")
	cmd.Stdin = strings.NewReader(script)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out.String())
	}
	text := location.ReplaceAllString(out.String(), "")
	return position.ReplaceAllString(text, "")
}

// mark separates the output of the steps of a script.
const mark = "=== step "

// compare runs the steps on both servers, prints those that differ and returns
// how many they are; the caller decides whether that fails its test.
func (p *pair) compare(t *testing.T, steps []string) (differences int) {
	t.Helper()
	var script strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&script, "\\echo '%s%d'\n%s\n", mark, i, s)
	}
	if name := os.Getenv("DRIFTDB_PSQL_SCRIPT"); name != "" {
		if err := os.WriteFile(name, []byte(script.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := split(p.postgres.run(t, script.String()))
	have := split(p.drift.run(t, script.String()))
	for i, s := range steps {
		if i >= len(want) || i >= len(have) {
			t.Fatalf("step %d of %d has no output: %s", i, len(steps), s)
		}
		if want[i] != have[i] {
			differences++
			if differences <= 40 {
				t.Logf("step %d: %s\n--- PostgreSQL\n%s--- DriftDB\n%s", i, s, want[i], have[i])
			}
		}
	}
	return differences
}

// split cuts the output at the marks and removes the numbers of steps.
func split(out string) []string {
	parts := strings.Split(out, mark)[1:]
	for i, p := range parts {
		_, parts[i], _ = strings.Cut(p, "\n")
	}
	return parts
}
