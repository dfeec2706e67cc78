package opt_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the plans into the test data instead of comparing")

// Goal: which plans come out, one file for each rule. Method: blocks of one
// statement, "----" and the answer, separated by blank lines. A block that begins
// with "do" only runs its statements; a SELECT, UPDATE, DELETE or INSERT is
// explained without costs. Lines with # are comments.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runPlans(t, file) })
	}
}

func runPlans(t *testing.T, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t)
	var out strings.Builder
	for i, block := range strings.Split(strings.TrimSpace(string(raw)), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		input, want, _ := strings.Cut(block+"\n", "\n----\n")
		var comments, sql strings.Builder
		for _, line := range strings.Split(strings.TrimSpace(input), "\n") {
			if strings.HasPrefix(line, "#") {
				comments.WriteString(line + "\n")
			} else {
				sql.WriteString(line + "\n")
			}
		}
		text := strings.TrimSpace(sql.String())
		out.WriteString(comments.String())
		if text == "" {
			continue
		}
		out.WriteString(text + "\n")
		if rest, ok := strings.CutPrefix(text, "do "); ok {
			d.must(rest)
			continue
		}
		got := ""
		lines, err := d.rows("EXPLAIN (COSTS OFF) " + text)
		if err != nil {
			got = "ERROR: " + err.Error()
		}
		for _, line := range lines {
			got += strings.TrimRight(line, " ") + "\n"
		}
		if !*rewrite && got != want {
			t.Errorf("%s\ngot:\n%swant:\n%s", text, got, want)
		}
		fmt.Fprintf(&out, "----\n%s", got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
