package isolation

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
)

// specs are PostgreSQL's isolation specs that need only tables, indexes, views,
// sequences, transactions and locks.
var specs = strings.Fields(`aborted-keyrevoke alter-table-1 alter-table-2 delete-abort-savept delete-abort-savept-2
	lock-committed-keyupdate lock-committed-update lock-update-delete lock-update-traversal multixact-no-deadlock
	multixact-no-forget nowait nowait-2 nowait-3 nowait-4 nowait-5 propagate-lock-delete read-write-unique
	read-write-unique-2 sequence-ddl skip-locked skip-locked-2 skip-locked-3 skip-locked-4 timeouts tuplelock-conflict
	tuplelock-update tuplelock-upgrade-no-deadlock update-locked-tuple`)

// TestPostgresSpecs needs DRIFTDB_ISOLATION_SPECS, the folder src/test/isolation of
// PostgreSQL 15's sources, and its isolationtester, which Debian has in
// postgresql-client-15.
func TestPostgresSpecs(t *testing.T) {
	dir := os.Getenv("DRIFTDB_ISOLATION_SPECS")
	if dir == "" {
		t.Skip("DRIFTDB_ISOLATION_SPECS names no folder of PostgreSQL's isolation specs")
	}
	tester := os.Getenv("DRIFTDB_ISOLATIONTESTER")
	if tester == "" {
		tester = "/usr/lib/postgresql/15/lib/pgxs/src/test/isolation/isolationtester"
	}
	if _, err := os.Stat(tester); err != nil {
		t.Skipf("no isolationtester: %v", err)
	}
	dsn := driftserver.Start(t).DSN()
	for _, name := range specs {
		t.Run(name, func(t *testing.T) {
			spec, err := os.Open(filepath.Join(dir, "specs", name+".spec"))
			if err != nil {
				t.Fatal(err)
			}
			defer spec.Close()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, tester, dsn)
			cmd.Stdin = spec
			cmd.Env = append(os.Environ(), "PGTZ=PST8PDT", "PGDATESTYLE=Postgres, MDY")
			have, err := cmd.CombinedOutput()
			if err != nil {
				t.Logf("isolationtester: %v", err)
			}
			if !expected(t, dir, name, string(have)) {
				t.Errorf("not as PostgreSQL answers:\n%s", have)
			}
		})
	}
}

// header is the only line that differs between versions of the tester.
var header = regexp.MustCompile(`(?m)^Parsed test spec.*\n`)

// expected reports whether an answer is one of those PostgreSQL gives.
func expected(t *testing.T, dir, name, have string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "expected", name+"_[0-9].out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, filepath.Join(dir, "expected", name+".out")) {
		if want, err := os.ReadFile(file); err == nil && header.ReplaceAllString(string(want), "") == header.ReplaceAllString(have, "") {
			return true
		}
	}
	return false
}
