package floors

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the repository, seen from this package.
const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReadmeRuns holds the README's program to an example that the tests run.
func TestReadmeRuns(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "README.md"), "```go\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no Go program")
	}
	example := read(t, "example_test.go")
	lines := 0
	for i, line := range strings.Split(strings.TrimSpace(block), "\n") {
		if line = strings.TrimSpace(line); i > 0 && !strings.Contains(example, line) { // the first opens a directory
			t.Errorf("example_test.go does not have README's line %s", line)
		}
		lines++
	}
	if lines < 5 {
		t.Errorf("%d lines only", lines)
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

// TestLinks checks that documents point at files that exist.
func TestLinks(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			checked++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, m[1])
			}
		}
		return nil
	})
	if err != nil || checked < 10 {
		t.Error(checked, err)
	}
}
