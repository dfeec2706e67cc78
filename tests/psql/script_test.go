package psql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScripts plays testdata/*.sql on both servers, line by line: each line is a
// statement or a command of psql, and prints the same on both.
func TestScripts(t *testing.T) {
	names, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".sql"), func(t *testing.T) {
			p := open(t)
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for line := range strings.Lines(string(text)) {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
					steps = append(steps, line)
				}
			}
			if n := p.compare(t, steps); n > 0 {
				t.Errorf("%d of %d lines differ", n, len(steps))
			}
		})
	}
}
