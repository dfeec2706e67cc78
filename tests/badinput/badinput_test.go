package badinput

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
)

const timeout = time.Minute

// connector opens a connection that tells of notices.
type connector func(notices ...func(*pgconn.Notice)) *pgconn.PgConn

// servers runs a test against DriftDB and, to keep the expectations honest,
// against the reference server where one is named.
func servers(t *testing.T, f func(t *testing.T, connect connector)) {
	t.Run("driftdb", func(t *testing.T) { f(t, connectTo(t, driftserver.Start(t).DSN())) })
	t.Run("postgres", func(t *testing.T) {
		dsn := os.Getenv(pgref.Variable)
		if dsn == "" {
			t.Skipf("%s is not set", pgref.Variable)
		}
		f(t, connectTo(t, dsn+" search_path=pg_temp"))
	})
}

// reference reports whether the test runs against the reference server.
func reference(t *testing.T) bool { return strings.HasSuffix(t.Name(), "/postgres") }

func connectTo(t *testing.T, dsn string) connector {
	return func(notices ...func(*pgconn.Notice)) *pgconn.PgConn {
		t.Helper()
		config, err := pgconn.ParseConfig(dsn)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range notices {
			config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { f(n) }
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		c, err := pgconn.ConnectConfig(ctx, config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(context.Background()) })
		return c
	}
}

// run runs statements and returns the last value and the SQLSTATE, "broken" when
// the connection did not live through it.
func run(c *pgconn.PgConn, sql string) (value, code string) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	results, err := c.Exec(ctx, sql).ReadAll()
	return outcome(results, err)
}

func outcome(results []*pgconn.Result, err error) (value, code string) {
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return e.Message, e.Code
	case err != nil:
		return err.Error(), "broken"
	}
	for _, r := range results {
		if len(r.Rows) > 0 && len(r.Rows[0]) > 0 {
			value = string(r.Rows[0][0])
		}
	}
	return value, ""
}

// judge compares a SQLSTATE with those allowed, separated by "|"; "" is success.
func judge(t *testing.T, what, value, code, allowed string) {
	t.Helper()
	if !slices.Contains(strings.Split(allowed, "|"), code) {
		t.Errorf("%.100s: %q (%.100s), want %q", what, code, value, allowed)
	}
}

// bystander checks that a session of before and a new one work.
func bystander(t *testing.T, old *pgconn.PgConn, connect connector) {
	t.Helper()
	for _, c := range []*pgconn.PgConn{old, connect()} {
		if v, code := run(c, "SELECT 41 + 1"); v != "42" {
			t.Fatalf("another session: %q %s", v, code)
		}
	}
}
