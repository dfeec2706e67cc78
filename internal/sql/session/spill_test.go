package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/session"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

// TestTemporaryFiles: a session's statements spill as its settings say, cursors
// keep their rows on disk until they are closed, and nothing else stays.
func TestTemporaryFiles(t *testing.T) {
	fs := store.MemFS()
	db, err := store.Open("db", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var log strings.Builder
	srv := &session.Server{
		DB: db, Txns: txn.NewManager(db, txn.Settings{}), Catalog: catalog.NewHistory(db), Defaults: config.NewDefaults(),
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	if err := srv.OpenTemp(); err != nil {
		t.Fatal(err)
	}
	s, err := srv.New(client.Info{User: "driftdb", Database: "driftdb", PID: 77})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run := func(sql string) string {
		w := &writer{formats: s}
		if err := s.Simple(context.Background(), sql, w); err != nil {
			w.error(err)
		}
		return strings.TrimSpace(w.b.String())
	}
	files := func() int {
		names, _ := fs.List("db/tmp")
		return len(names)
	}
	last := func(answer string) string { return answer[strings.LastIndexByte(answer, '\n')+1:] }

	run("SET work_mem = '64kB'; SET log_temp_files = 0")
	if got := run("SELECT g FROM generate_series(1, 50000) g ORDER BY g DESC"); last(got) != "SELECT 50000" || !strings.HasPrefix(got, "[g]\n50000\n49999\n") {
		t.Errorf("sorted: %.60s", got)
	}
	if files() != 0 {
		t.Errorf("%d files are left", files())
	}
	if !strings.Contains(log.String(), `temporary file: path \"tmp/pgsql_tmp77.0\", size `) {
		t.Errorf("log: %s", log.String())
	}

	run("BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT g, 'text ' || g FROM generate_series(1, 20000) g; COMMIT")
	if files() != 1 {
		t.Errorf("a held cursor has %d files", files())
	}
	for _, at := range []int{19999, 1, 777, 20000, 10000} {
		if got, want := run(fmt.Sprintf("FETCH ABSOLUTE %d FROM c", at)), fmt.Sprintf("[g ?column?]\n%d|text %d\nFETCH 1", at, at); got != want {
			t.Errorf("row %d of the cursor: %s", at, got)
		}
	}
	run("CLOSE c")
	if files() != 0 || srv.Memory.Used() != 0 {
		t.Errorf("after CLOSE %d files and %d bytes are left", files(), srv.Memory.Used())
	}

	run("SET temp_file_limit = '100kB'")
	if got := run("SELECT g FROM generate_series(1, 100000) g ORDER BY g DESC"); last(got) != "ERROR 53400: temporary file size exceeds temp_file_limit (100kB)" {
		t.Errorf("over the limit: %.100s", got)
	}
	sorted := "SELECT g FROM generate_series(1, 15000) g ORDER BY g DESC"
	if got := run(sorted); last(got) != "SELECT 15000" {
		t.Errorf("under the limit: %.100s", got)
	}
	run("BEGIN; DECLARE d CURSOR FOR " + sorted + "; FETCH 1 FROM d; DECLARE e CURSOR FOR " + sorted + "; FETCH 1 FROM e; DECLARE f CURSOR FOR " + sorted + "; FETCH 1 FROM f")
	if got := run(sorted); !strings.HasPrefix(last(got), "ERROR 53400") {
		t.Errorf("over the limit with the cursor's file: %.100s", got)
	}
	run("ROLLBACK")
	if files() != 0 || srv.Memory.Used() != 0 {
		t.Errorf("after ROLLBACK %d files and %d bytes are left", files(), srv.Memory.Used())
	}
}
