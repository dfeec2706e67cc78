package exec_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/opt"
)

var (
	rewrite = flag.Bool("rewrite", false, "ask PostgreSQL for the answers in testdata and store them")
	server  = flag.String("pg", "host=127.0.0.1 port=54320 user=driftdb dbname=driftdb", "PostgreSQL asked by -rewrite")
)

// TestScripts runs the statements in testdata, whose answers were given by
// PostgreSQL 15. Statements are separated by blank lines; what follows ---- is
// the answer, sorted when the separator is ---- sort. Each file runs with every
// combination of paths and algorithms that must give the same answers.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		cases := readScript(t, f)
		if *rewrite {
			askPostgres(t, f, name, cases)
			continue
		}
		t.Run(name+"/auto", func(t *testing.T) { runScript(t, cases, func(*world) {}) })
		t.Run(name+"/batch", func(t *testing.T) { runScript(t, cases, func(w *world) { w.path = exec.PathBatch }) })
		t.Run(name+"/loops", func(t *testing.T) {
			runScript(t, cases, func(w *world) { w.opts = opt.Settings{NoHashJoin: true, NoIndexScan: true} })
		})
	}
}

type scriptCase struct {
	sql, want string
	sorted    bool
	line      int
}

func readScript(t *testing.T, file string) []*scriptCase {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []*scriptCase
	var cur *scriptCase
	answer := false
	for i, line := range strings.Split(string(raw), "\n") {
		switch {
		case line == "" && !answer && cur == nil || strings.HasPrefix(line, "#"):
		case line == "":
			cur, answer = nil, false
		case strings.HasPrefix(line, "----"):
			answer, cur.sorted = true, strings.HasSuffix(line, "sort")
		case cur == nil:
			cur = &scriptCase{sql: line, line: i + 1}
			cases = append(cases, cur)
		case answer:
			cur.want += line + "\n"
		default:
			cur.sql += "\n" + line
		}
	}
	return cases
}

func runScript(t *testing.T, cases []*scriptCase, set func(*world)) {
	w := newWorld(t)
	set(w)
	for _, c := range cases {
		a := w.exec(c.sql)
		if c.sorted {
			slices.Sort(a.rows)
		}
		got := a.text()
		if strings.HasPrefix(got, "OK") {
			got = "" // only rows and errors are recorded
		}
		if want := strings.TrimSuffix(c.want, "\n"); got != want {
			t.Errorf("line %d: %s\ngot:\n%s\nwant:\n%s", c.line, c.sql, got, want)
		}
	}
}

// askPostgres runs the script in a fresh schema and stores the answers.
func askPostgres(t *testing.T, file, name string, cases []*scriptCase) {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, *server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	schema := "exec_" + name
	if _, err := conn.Exec(ctx, "set client_min_messages=error; drop schema if exists "+schema+" cascade; create schema "+schema+"; set search_path="+schema+"; set timezone='UTC'; set lc_messages='C'").ReadAll(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = conn.Exec(ctx, "drop schema "+schema+" cascade").ReadAll() }()
	answers := map[int]string{}
	for _, c := range cases {
		answers[c.line] = ask(ctx, conn, c)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var cur *scriptCase
	next := 0
	answer := false
	for i, line := range strings.Split(strings.TrimRight(string(raw), "\n"), "\n") {
		switch {
		case next < len(cases) && cases[next].line == i+1:
			cur, answer = cases[next], false
			next++
		case strings.HasPrefix(line, "----"):
			answer = true
			continue
		case line == "" && cur != nil:
			flush(&out, cur, answers)
			cur, answer = nil, false
		}
		if !answer {
			out.WriteString(line + "\n")
		}
	}
	if cur != nil {
		flush(&out, cur, answers)
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func flush(out *strings.Builder, c *scriptCase, answers map[int]string) {
	if answers[c.line] == "" {
		return
	}
	out.WriteString("----")
	if c.sorted {
		out.WriteString(" sort")
	}
	out.WriteString("\n" + answers[c.line] + "\n")
}

func ask(ctx context.Context, conn *pgconn.PgConn, c *scriptCase) string {
	results, err := conn.Exec(ctx, c.sql).ReadAll()
	if err != nil {
		var e *pgconn.PgError
		if pe, ok := err.(*pgconn.PgError); ok {
			e = pe
		}
		if e == nil {
			return "ERROR " + err.Error()
		}
		s := "ERROR " + e.Code + ": " + e.Message
		if e.Detail != "" {
			s += "\nDETAIL: " + e.Detail
		}
		return s
	}
	var rows []string
	for _, row := range results[0].Rows {
		parts := make([]string, len(row))
		for i, v := range row {
			parts[i] = "NULL"
			if v != nil {
				parts[i] = string(v)
			}
		}
		rows = append(rows, strings.Join(parts, "|"))
	}
	if c.sorted {
		slices.Sort(rows)
	}
	return strings.Join(rows, "\n")
}
