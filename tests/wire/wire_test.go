package wire

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
)

var rewrite = flag.Bool("rewrite", false, "write the expectations anew from the server's answers")

// TestScripts plays every script of testdata against a server of its own, or the
// one at DRIFTDB_WIRE_ADDR.
func TestScripts(t *testing.T) {
	address := os.Getenv("DRIFTDB_WIRE_ADDR")
	if address == "" {
		address = driftserver.Start(t).Addr()
	}
	playAll(t, address)
}

// TestReference plays them against the reference server: the expectations are its
// answers.
func TestReference(t *testing.T) {
	dsn := os.Getenv(pgref.Variable)
	if dsn == "" {
		t.Skipf("%s is not set", pgref.Variable)
	}
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if c.User != user || c.Database != user || c.Password != "" {
		t.Skipf("the scripts talk as user and database %s, without a password", user)
	}
	playAll(t, net.JoinHostPort(c.Host, fmt.Sprint(c.Port)))
}

func playAll(t *testing.T, address string) {
	t.Helper()
	scripts, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	if err := prepare(address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cleanup(address); err != nil {
			t.Error(err)
		}
	})
	for _, name := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".jsonl"), func(t *testing.T) { play(t, address, name) })
	}
}

func play(t *testing.T, address, name string) {
	script, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(address, string(script), *rewrite)
	if err != nil {
		t.Errorf("%v\n%s", err, lastLines(got, 6))
		return
	}
	if *rewrite {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, have := strings.Split(string(script), "\n"), strings.Split(got, "\n")
	for i := range want {
		if i >= len(have) || want[i] != have[i] {
			t.Errorf("line %d:\nwant %s\n got %s", i+1, want[i], strings.Join(have[min(i, len(have)):min(i+1, len(have))], ""))
			return
		}
	}
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
