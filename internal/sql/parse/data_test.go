package parse

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of testdata anew")

// TestData runs the files of testdata: blocks of a statement, a line ----, and
// what is expected, separated by empty lines. The file's name says what that is:
//
//	error*   code, byte position, message, detail and hint
//	format*  the statement as ast.Format prints it
//	tree*    the tree with positions
func TestData(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) == 0 {
		t.Fatal("no files in testdata")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { runFile(t, file) })
	}
}

func runFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	show := showError
	switch name := filepath.Base(file); {
	case strings.HasPrefix(name, "format"):
		show = showFormat
	case strings.HasPrefix(name, "tree"):
		show = showTree
	}
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		if strings.HasPrefix(block, "# ") {
			fmt.Fprintf(&out, "%s\n\n", block)
			continue
		}
		sql, want, _ := strings.Cut(block, "\n----\n")
		got := show(sql)
		fmt.Fprintf(&out, "%s\n----\n%s\n\n", sql, got)
		if got != want && !*rewrite {
			t.Errorf("%s\n  want %s\n  got  %s", sql, want, got)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func showError(sql string) string {
	_, err := Statements(sql)
	if err == nil {
		return "accepted"
	}
	e := pgerr.From(err)
	s := fmt.Sprintf("%s at %d: %s", e.Code, e.Position, e.Message)
	if e.Detail != "" {
		s += "\nDETAIL: " + e.Detail
	}
	if e.Hint != "" {
		s += "\nHINT: " + e.Hint
	}
	return s
}

func showFormat(sql string) string {
	return each(sql, func(s ast.Stmt) string { return ast.Format(s) })
}

func showTree(sql string) string {
	return each(sql, func(s ast.Stmt) string { return dumpWith(s, true) })
}

func each(sql string, show func(ast.Stmt) string) string {
	list, err := Statements(sql)
	if err != nil {
		return "ERROR " + err.Error()
	}
	var lines []string
	for _, s := range list {
		lines = append(lines, show(s.Stmt))
	}
	return strings.Join(lines, "\n")
}

// roundTrip checks that a printed statement parses to an equal tree.
func roundTrip(t *testing.T, s ast.Stmt) {
	t.Helper()
	out := ast.Format(s)
	again, err := Statements(out)
	if err != nil {
		t.Fatalf("printed statement does not parse: %v\n  %s\n  %s", err, out, dump(s))
	}
	if len(again) != 1 {
		t.Fatalf("printed statement is %d statements: %s", len(again), out)
	}
	if _, text := s.(*ast.OtherStmt); text {
		return
	}
	if want, got := dump(s), dump(again[0].Stmt); want != got {
		t.Fatalf("printed statement has another tree: %s\n  want %s\n  got  %s", out, want, got)
	}
}

// TestRoundTrip prints every statement of testdata that parses and parses it
// again. The regression files of PostgreSQL go the same way in tests/grammar.
func TestRoundTrip(t *testing.T) {
	n := 0
	for _, sql := range dataStatements(t) {
		list, err := Statements(sql)
		if err != nil {
			continue
		}
		for _, s := range list {
			roundTrip(t, s.Stmt)
			n++
		}
	}
	if n < 100 {
		t.Fatalf("only %d statements", n)
	}
}

// dataStatements returns the statements of testdata.
func dataStatements(t interface{ Fatal(...any) }) []string {
	files, _ := filepath.Glob("testdata/*.txt")
	var out []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			if sql, _, ok := strings.Cut(block, "\n----\n"); ok {
				out = append(out, sql)
			}
		}
	}
	return out
}
