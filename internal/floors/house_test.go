package floors

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// linesMax is how long a file written by hand may be.
const linesMax = 900

// printers write to standard output, which belongs to the user's results.
var printers = map[string]bool{"Print": true, "Printf": true, "Println": true}

// TestHouse checks each package for its comment, and each file for its length
// and for prints left behind.
func TestHouse(t *testing.T) {
	for _, p := range list(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment", p.name())
		}
		for _, files := range [][]string{p.GoFiles, p.TestGoFiles, p.XTestGoFiles} {
			for _, f := range files {
				checkLength(t, filepath.Join(p.Dir, f))
			}
		}
		if strings.HasPrefix(p.name(), "internal/") {
			for _, f := range p.GoFiles {
				for _, where := range prints(t, filepath.Join(p.Dir, f), nil) {
					t.Errorf("%s prints to standard output", where)
				}
			}
		}
	}
}

func checkLength(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bufio.NewReader(bytes.NewReader(b)).ReadLine()
	if n := bytes.Count(b, []byte("\n")); n > linesMax && !bytes.HasPrefix(first, []byte("// Code generated")) {
		t.Errorf("%s has %d lines, more than %d: where is the seam?", name, n, linesMax)
	}
}

// prints lists the calls of fmt.Print and its sisters in a file.
func prints(t *testing.T, name string, src any) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if s, ok := call.Fun.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "fmt" && printers[s.Sel.Name] {
					list = append(list, set.Position(call.Pos()).String())
				}
			}
		}
		return true
	})
	return list
}

func TestPrintsAreSeen(t *testing.T) {
	if got := prints(t, "x.go", "package x\nfunc f() { fmt.Println(1); fmt.Fprintln(w) }"); len(got) != 1 {
		t.Error(got)
	}
}
