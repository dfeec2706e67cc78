package main

import (
	"os"
	"testing"
)

// Every fault must fit the code as it is; one that does not proves nothing and is
// to be brought up to date in faults.txt, or dropped with what it was about.
func TestFaultsFit(t *testing.T) {
	text, err := os.ReadFile("faults.txt")
	if err != nil {
		t.Fatal(err)
	}
	faults, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) < 12 {
		t.Errorf("only %d faults", len(faults))
	}
	t.Chdir("../..")
	for _, f := range faults {
		if _, err := f.overlay(t.TempDir()); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		if len(f.tests) == 0 || len(f.edits) == 0 {
			t.Errorf("%s: no test or no change", f.name)
		}
	}
}

func TestParse(t *testing.T) {
	list, err := parse("# comment\n== a b\ntest: ./x ./y\nfile: f.go\n<<<\n\tone\n===\n>>>\n<<<\ntwo\n===\n# three\n\n>>>\n")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	f := list[0]
	if f.name != "a b" || len(f.tests) != 2 || len(f.edits) != 2 ||
		f.edits[0] != (edit{"f.go", "\tone\n", ""}) || f.edits[1] != (edit{"f.go", "two\n", "# three\n\n"}) {
		t.Errorf("%+v", *f)
	}
	for _, bad := range []string{"test: x\n", "== a\n<<<\nx\n===\n>>>\n", "== a\nfile: f\nnonsense\n"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestFailures(t *testing.T) {
	for out, want := range map[string]string{
		"--- FAIL: TestA (1s)\n    --- FAIL: TestA/sub (0s)\nFAIL": "p TestA",
		"panic: no\n\ngoroutine 1":                                 "p (panic)",
		"exit status 70":                                           "p (the run ended early)",
	} {
		if got := failures("./p", out); len(got) != 1 || got[0] != want {
			t.Errorf("%q: %v", out, got)
		}
	}
}
