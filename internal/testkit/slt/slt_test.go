package slt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.slt")
	text := "# note\nstatement error 23505 duplicate key\nINSERT\nx\n\nonlyif driftdb\nquery IT rowsort\nSELECT 1\n----\n1\ta\n2\tb\n\nskipif mysql\nskipif sqlite\nstatement count 2\nCOPY t FROM STDIN\n----\n1\n2\n\nlet $a\nSELECT 5\n\nhalt\nstatement ok\nnever\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Parse(path)
	if err != nil || len(f.Records) != 4 {
		t.Fatal(f, err)
	}
	e, q, c, l := f.Records[0], f.Records[1], f.Records[2], f.Records[3]
	if !e.WantError || e.Code != "23505" || e.Message != "duplicate key" || e.SQL != "INSERT\nx" || e.Line != 2 {
		t.Errorf("%+v", e)
	}
	if q.Types != "IT" || q.Sort != "rowsort" || len(q.Want) != 2 || q.Only != "driftdb" {
		t.Errorf("%+v", q)
	}
	if c.Count != 2 || c.Data != "1\n2\n" || c.Skip != "mysql sqlite " || c.Want != nil {
		t.Errorf("%+v", c)
	}
	if l.Name != "a" || l.Kind != "let" {
		t.Errorf("%+v", l)
	}
	drift, lite := Runner{Server: "driftdb"}, Runner{Server: "sqlite"}
	if drift.Skips(q) || !lite.Skips(q) || drift.Skips(c) || !lite.Skips(c) {
		t.Error("wrong records are skipped")
	}
	for _, bad := range []string{"nonsense\n", "statement maybe\nx\n", "onlyif\n", "statement count x\ny\n"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(path); err == nil || !strings.Contains(err.Error(), ":1: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestClassic(t *testing.T) {
	for _, c := range []struct {
		in     string
		letter byte
		want   string
	}{{"NULL", 'I', "NULL"}, {"t", 'I', "1"}, {"2.9", 'I', "2"}, {"x", 'I', "0"}, {"1.5", 'R', "1.500"}, {"aé", 'T', "a@"}, {"(empty)", 'T', "(empty)"}} {
		if got := classic(c.in, c.letter); got != c.want {
			t.Errorf("%q %c: %q, want %q", c.in, c.letter, got, c.want)
		}
	}
}
