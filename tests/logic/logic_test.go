package logic

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/testkit/slt"
)

var rewrite = flag.String("rewrite", "", "replace what the files expect by the answers of postgres or driftdb")

// recordTimeout is how long one record may take.
const recordTimeout = 30 * time.Second

// configs are the ways every file is run.
var configs = []struct {
	name, path, segments string
	extended             bool
}{
	{"batch-simple", "batch", "force", false}, {"batch-extended", "batch", "off", true}, {"short-simple", "short", "off", false},
	{"short-extended", "short", "force", true},
}

// TestLogic runs every file in every configuration, each with an empty database.
func TestLogic(t *testing.T) {
	files, err := filepath.Glob("*.slt")
	if err != nil {
		t.Fatal(err)
	}
	temporal, err := filepath.Glob("temporal/*.slt")
	if err != nil || len(files) == 0 || len(temporal) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range append(files, temporal...) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".slt"), func(t *testing.T) {
			if *rewrite != "" {
				rewriteFile(t, path)
				return
			}
			for _, c := range configs {
				t.Run(c.name, func(t *testing.T) {
					conn := driftserver.Start(t).Connect(t)
					command(t, conn, "SET drift.force_path = '"+c.path+"'; SET drift.segments = '"+c.segments+"'")
					runFile(t, path, &slt.Runner{Conn: conn, Server: "driftdb", Extended: c.extended})
				})
			}
			if os.Getenv(pgref.Variable) != "" && filepath.Dir(path) == "." {
				t.Run("postgres", func(t *testing.T) { runFile(t, path, &slt.Runner{Conn: reference(t), Server: "postgres"}) })
			}
		})
	}
}

func runFile(t *testing.T, path string, r *slt.Runner) {
	f, err := slt.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, rec := range f.Records {
		if r.Skips(rec) {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
		err := r.Run(ctx, rec)
		cancel()
		if err != nil {
			t.Errorf("%s:%d: %s\n%v", path, rec.Line, rec.SQL, err)
			if failed++; failed > 10 || r.Conn.IsClosed() {
				t.Fatal("too many failures")
			}
		}
	}
}

func rewriteFile(t *testing.T, path string) {
	if filepath.Dir(path) != "." && *rewrite != "driftdb" {
		t.Skip("PostgreSQL knows no time travel")
	}
	f, err := slt.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &slt.Runner{Server: *rewrite}
	if *rewrite == "postgres" {
		r.Conn = reference(t)
	} else {
		r.Conn = driftserver.Start(t).Connect(t)
	}
	if err := r.Rewrite(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// reference opens a connection to a new, empty database of the reference server.
func reference(t *testing.T) *pgconn.PgConn {
	config, err := pgconn.ParseConfig(os.Getenv(pgref.Variable))
	if err != nil || os.Getenv(pgref.Variable) == "" {
		t.Fatalf("%s: %v", pgref.Variable, err)
	}
	open := func() *pgconn.PgConn {
		ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
		defer cancel()
		conn, err := pgconn.ConnectConfig(ctx, config)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	keeper := open()
	name := fmt.Sprintf("logic_%d_%d", os.Getpid(), databases.Add(1))
	command(t, keeper, "CREATE DATABASE "+name)
	config.Database = name
	config.RuntimeParams["timezone"] = "UTC"
	conn := open()
	t.Cleanup(func() {
		_ = conn.Close(context.Background())
		command(t, keeper, "DROP DATABASE "+name+" WITH (FORCE)")
		_ = keeper.Close(context.Background())
	})
	return conn
}

// databases counts the databases made on the reference server.
var databases atomic.Int32

func command(t *testing.T, conn *pgconn.PgConn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
