package session_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/session"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

var rewrite = flag.Bool("rewrite", false, "write the answers into the scripts instead of comparing")

// Goal: what a session answers, statement by statement, for what is its own work
// (blocks, settings, cursors, prepared statements, COPY, DDL in transactions).
// Method: scripts of "name: statement", "----" and the answer, blank line; each
// name is a session of one database in memory. Lines after a COPY statement that
// begin with "<" are its data. All but drift.* was checked against PostgreSQL 15.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScript(t, file) })
	}
}

// step is one statement of a script.
type step struct {
	head   []string // comments and blank lines before it, kept by -rewrite
	name   string
	sql    string
	data   string
	answer string
}

func runScript(t *testing.T, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	steps := readSteps(t, string(raw))
	srv := newServer(t)
	sessions := map[string]*session.Session{}
	var out strings.Builder
	for _, s := range steps {
		ses := sessions[s.name]
		if ses == nil {
			if ses, err = srv.New(client.Info{User: "driftdb", Database: "driftdb", ApplicationName: "script"}); err != nil {
				t.Fatal(err)
			}
			sessions[s.name] = ses
			defer ses.Close()
		}
		w := &writer{formats: ses, data: s.data}
		if err := ses.Simple(context.Background(), s.sql, w); err != nil {
			w.error(err)
		}
		got := w.b.String()
		if !*rewrite && got != s.answer {
			t.Errorf("%s: %s: %s\ngot:\n%swant:\n%s", file, s.name, s.sql, got, s.answer)
		}
		fmt.Fprintf(&out, "%s%s: %s\n%s----\n%s\n", strings.Join(s.head, ""), s.name, s.sql, quoteData(s.data), got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func quoteData(data string) string {
	if data == "" {
		return ""
	}
	return "<" + strings.ReplaceAll(strings.TrimSuffix(data, "\n"), "\n", "\n<") + "\n"
}

func readSteps(t *testing.T, text string) []step {
	t.Helper()
	var steps []step
	var s step
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if line == "\n" || line == "" || line[0] == '#' {
			s.head = append(s.head, line)
			continue
		}
		name, sql, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("line %d: no session name", i+1)
		}
		s.name, s.sql = name, sql
		for i++; i < len(lines) && lines[i] != "----\n"; i++ {
			if strings.HasPrefix(lines[i], "<") {
				s.data += lines[i][1:]
			} else {
				s.sql += lines[i]
			}
		}
		s.sql = strings.TrimSuffix(s.sql, "\n")
		for i++; i < len(lines) && lines[i] != "\n" && lines[i] != ""; i++ {
			s.answer += lines[i]
		}
		steps = append(steps, s)
		s = step{}
	}
	return steps
}

func newServer(t *testing.T) *session.Server {
	t.Helper()
	db, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &session.Server{
		DB: db, Txns: txn.NewManager(db, txn.Settings{}), Catalog: catalog.NewHistory(db), Defaults: config.NewDefaults(),
		Verifier: func(string) (string, error) { return "SCRAM-SHA-256$verifier", nil },
	}
}

// writer prints what a session answers.
type writer struct {
	b       strings.Builder
	formats client.Formatter
	cols    []client.Column
	data    string
}

func (w *writer) Columns(cols []client.Column, _ bool) error {
	w.cols = cols
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	fmt.Fprintf(&w.b, "[%s]\n", strings.Join(names, " "))
	return nil
}

func (w *writer) Row(row []datum.Datum) error {
	parts := make([]string, len(row))
	for i, d := range row {
		if d.IsNull() {
			parts[i] = "NULL"
			continue
		}
		parts[i] = string(pgfmt.AppendText(nil, w.cols[i].Type, d, w.formats.Formats()))
	}
	fmt.Fprintln(&w.b, strings.Join(parts, "|"))
	return nil
}

func (w *writer) Complete(tag string) error { fmt.Fprintln(&w.b, tag); return nil }
func (w *writer) Empty() error              { fmt.Fprintln(&w.b, "EMPTY"); return nil }
func (w *writer) Suspended() error          { fmt.Fprintln(&w.b, "SUSPENDED"); return nil }
func (w *writer) Status(name, value string) error {
	fmt.Fprintf(&w.b, "status %s = %s\n", name, value)
	return nil
}

func (w *writer) Notice(n *pgerr.Error) error {
	fmt.Fprintf(&w.b, "%s %s: %s\n", n.Severity, n.Code, n.Message)
	return nil
}

var moment = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*\+00`)

func (w *writer) error(err error) {
	e := pgerr.From(err)
	fmt.Fprintf(&w.b, "ERROR %s: %s\n", e.Code, moment.ReplaceAllString(e.Message, "<time>"))
	if e.Detail != "" {
		fmt.Fprintf(&w.b, "DETAIL: %s\n", e.Detail)
	}
	if e.Position > 0 {
		fmt.Fprintf(&w.b, "at %d\n", e.Position)
	}
	if e.Where != "" {
		fmt.Fprintf(&w.b, "CONTEXT: %s\n", e.Where)
	}
}

func (w *writer) CopyOut(bool, int) error { fmt.Fprintln(&w.b, "COPY OUT"); return nil }
func (w *writer) CopyData(b []byte) error { fmt.Fprintf(&w.b, "> %s", b); return nil }
func (w *writer) CopyDone() error         { return nil }
func (w *writer) CopyIn(bool, int) (io.Reader, error) {
	return strings.NewReader(w.data), nil
}
