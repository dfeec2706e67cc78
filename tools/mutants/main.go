// Mutants tries whether the tests can fail. It puts one deliberate fault after the
// other (faults.txt) into the code, as an overlay that leaves the working tree
// alone, runs the tests named there, and prints which of them noticed. A fault
// that no test notices, or that no longer fits the code, makes it exit with 1.
//
//	go run ./tools/mutants                 every fault
//	go run ./tools/mutants -run 'sequence' those whose name matches
//	go run ./tools/mutants -list
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	file := flag.String("faults", "tools/mutants/faults.txt", "the `file` of faults")
	run := flag.String("run", "", "only faults whose name matches this `regexp`")
	list := flag.Bool("list", false, "print the names and stop")
	all := flag.Bool("all", false, "run all packages of a fault, also after one has failed")
	verbose := flag.Bool("v", false, "print what the tests print")
	flag.Parse()
	if err := mutate(*file, *run, *list, *all, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func mutate(file, run string, list, all, verbose bool) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	faults, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	pattern, err := regexp.Compile(run)
	if err != nil {
		return err
	}
	unseen := 0
	for _, f := range faults {
		if !pattern.MatchString(f.name) {
			continue
		}
		if list {
			fmt.Println(f.name)
			continue
		}
		start := time.Now()
		caught, err := f.try(all, verbose)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		seen := strings.Join(caught, ", ")
		if len(caught) == 0 {
			unseen++
			seen = "NOBODY NOTICED"
		}
		fmt.Printf("%-52s %s (%.0f s)\n", f.name, seen, time.Since(start).Seconds())
	}
	if unseen > 0 {
		return fmt.Errorf("%d faults were not noticed", unseen)
	}
	return nil
}

// fault is a small wrong change.
type fault struct {
	name  string
	tests []string // packages to test
	edits []edit
}

// edit replaces text that is in a file once.
type edit struct{ file, from, to string }

// parse reads the list of faults:
//
//	== name
//	test: ./package ...
//	file: path
//	<<<
//	text as it is
//	===
//	text as it is wrong
//	>>>
//
// with as many files and replacements as the fault needs; lines with # between
// faults are comments.
func parse(text string) ([]*fault, error) {
	var list []*fault
	var f *fault
	file := ""
	var into *string
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == ">>>":
			into = nil
		case line == "===" && into != nil:
			into = &f.edits[len(f.edits)-1].to
		case into != nil:
			*into += line + "\n"
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "== "):
			f, file = &fault{name: line[3:]}, ""
			list = append(list, f)
		case f == nil:
			return nil, fmt.Errorf("line %d: no fault has begun", i+1)
		case strings.HasPrefix(line, "test: "):
			f.tests = strings.Fields(line[6:])
		case strings.HasPrefix(line, "file: "):
			file = line[6:]
		case line == "<<<" && file != "":
			f.edits = append(f.edits, edit{file: file})
			into = &f.edits[len(f.edits)-1].from
		default:
			return nil, fmt.Errorf("line %d: %q is out of place", i+1, line)
		}
	}
	return list, nil
}

// try runs the tests with the fault and returns the names of those that failed.
func (f *fault) try(all, verbose bool) (caught []string, err error) {
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	overlay, err := f.overlay(dir)
	if err != nil {
		return nil, err
	}
	for _, pkg := range f.tests {
		c := exec.Command("go", "test", "-count=1", "-timeout=5m", "-overlay="+overlay, pkg)
		out, err := c.CombinedOutput()
		if verbose {
			os.Stdout.Write(out)
		}
		if err == nil {
			continue
		}
		if bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")) {
			return nil, fmt.Errorf("the fault does not compile\n%s", out)
		}
		caught = append(caught, failures(pkg, string(out))...)
		if !all {
			break
		}
	}
	return caught, nil
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// failures names the failed tests in a run's output. A run that ended early, by a
// panic or the store's stopping the process, names none.
func failures(pkg, out string) []string {
	short := strings.TrimPrefix(pkg, "./")
	var names []string
	for _, m := range failed.FindAllStringSubmatch(out, -1) {
		names = append(names, short+" "+m[1])
	}
	if len(names) == 0 {
		why := "the run ended early"
		if strings.Contains(out, "panic: ") {
			why = "panic"
		}
		names = append(names, short+" ("+why+")")
	}
	return slices.Compact(names)
}

// overlay writes the changed files and the description that the go command reads.
func (f *fault) overlay(dir string) (string, error) {
	changed := map[string]string{} // by absolute path
	for _, e := range f.edits {
		path, err := filepath.Abs(e.file)
		if err != nil {
			return "", err
		}
		text, ok := changed[path]
		if !ok {
			b, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.from); n != 1 {
			return "", fmt.Errorf("%s has this %d times, bring the fault up to date:\n%s", e.file, n, e.from)
		}
		changed[path] = strings.Replace(text, e.from, e.to, 1)
	}
	replace := map[string]string{}
	for path, text := range changed {
		name := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[path] = name
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(map[string]any{"Replace": replace}); err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, b.Bytes(), 0o600)
}
