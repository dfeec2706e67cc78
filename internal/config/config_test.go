package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
)

// TestValues runs testdata/values.txt: "name=value" per line, "-> shown" or
// "!! SQLSTATE message | detail | hint" expected. The expectations were printed by
// PostgreSQL 15 for SET followed by SHOW, except for the lines that DriftDB decides.
func TestValues(t *testing.T) {
	file, err := os.ReadFile("testdata/values.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSession(nil)
	s.Superuser = true
	for i, line := range strings.Split(strings.TrimSpace(string(file)), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, "=")
		text, want, ok := strings.Cut(rest, " -> ")
		if !ok {
			text, want, _ = strings.Cut(rest, " !! ")
			want = "!! " + want
		}
		got := describe(s.Set(name, text, false))
		if got == "" {
			got, _ = s.Show(name)
		}
		if got != strings.TrimSpace(want) {
			t.Errorf("line %d: %s=%s\n got %s\nwant %s", i+1, name, text, got, want)
		}
	}
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	out := fmt.Sprintf("!! %s %s", e.Code, e.Message)
	if e.Detail != "" {
		out += " | " + e.Detail
	}
	if e.Hint != "" {
		out += " | " + e.Hint
	}
	return out
}

// Every default shows, and what it shows is accepted and shows the same (I1).
func TestDefaultsRoundTrip(t *testing.T) {
	s := NewSession(nil)
	s.Superuser = true
	count := 0
	for _, row := range s.All() {
		count++
		v, err := row.Setting.parse(row.Shown)
		if err != nil {
			// Values outside their own range or shown by a word, as in PostgreSQL.
			if !strings.Contains("shared_memory_size shared_memory_size_in_huge_pages data_directory_mode log_directory", row.Setting.Name) &&
				row.Setting.Context == "user" {
				t.Errorf("%s: %v", row.Setting.Name, err)
			}
			continue
		}
		if again := row.Setting.show(v); again != row.Shown {
			t.Errorf("%s: shows %q, then %q", row.Setting.Name, row.Shown, again)
		}
	}
	// PostgreSQL's settings and the nine of DriftDB; role, seed and the like are hidden.
	if count != 354+9 {
		t.Errorf("%d rows", count)
	}
	for _, name := range Reported {
		if _, ok := s.Get(name); !ok {
			t.Errorf("reported setting %s is unknown", name)
		}
	}
	if v, _ := s.Show("server_version"); v != "15.18" {
		t.Errorf("server_version %q", v)
	}
}

// TestTransactions drives one session through a script; each step is an
// operation and the value of work_mem and of a custom setting after it.
func TestTransactions(t *testing.T) {
	s := NewSession(nil)
	var marks []Mark
	for i, step := range []struct{ op, workMem, custom string }{
		{"set work_mem 1MB", "1MB", "?"},
		{"begin", "1MB", "?"},
		{"set work_mem 2MB", "2MB", "?"},
		{"local work_mem 3MB", "3MB", "?"},
		{"commit", "2MB", "?"},
		{"begin", "2MB", "?"},
		{"local work_mem 3MB", "3MB", "?"},
		{"set work_mem 4MB", "4MB", "?"}, // SET after SET LOCAL wins for good
		{"commit", "4MB", "?"},
		{"begin", "4MB", "?"},
		{"set a.b x", "4MB", "x"},
		{"savepoint", "4MB", "x"},
		{"set work_mem 5MB", "5MB", "x"},
		{"local a.b y", "5MB", "y"},
		{"savepoint", "5MB", "y"},
		{"reset work_mem", "4MB", "y"},
		{"rollback to 1", "5MB", "y"},
		{"rollback to 0", "4MB", "x"},
		{"local work_mem 6MB", "6MB", "x"}, // a released savepoint keeps it until the end
		{"rollback", "4MB", ""},            // the custom setting stays known
		{"local work_mem 7MB", "4MB", ""},  // outside a transaction: nothing
		{"set a.b z", "4MB", "z"},
		{"begin", "4MB", "z"},
		{"reset all", "4MB", ""},
		{"rollback", "4MB", "z"},
		{"reset all", "4MB", ""},
	} {
		f := strings.Fields(step.op)
		var err error
		switch {
		case step.op == "begin":
			s.Begin()
		case step.op == "commit":
			s.Commit()
		case step.op == "rollback":
			s.Rollback()
		case step.op == "savepoint":
			marks = append(marks, s.Savepoint())
		case step.op == "reset all":
			s.ResetAll()
		case f[0] == "rollback":
			s.RollbackTo(marks[f[2][0]-'0'])
		case f[0] == "reset":
			err = s.Reset(f[1], false)
		default:
			err = s.Set(f[1], f[2], f[0] == "local")
		}
		if err != nil {
			t.Fatalf("step %d %s: %v", i, step.op, err)
		}
		if got, _ := s.Show("work_mem"); got != step.workMem {
			t.Errorf("step %d %s: work_mem %s, want %s", i, step.op, got, step.workMem)
		}
		got, ok := s.Get("a.b")
		if !ok {
			got = "?"
		}
		if got != step.custom {
			t.Errorf("step %d %s: a.b %q, want %q", i, step.op, got, step.custom)
		}
	}
	if !s.inTxn && len(s.undo) != 0 {
		t.Error("undo kept outside a transaction (I3)")
	}
}

func TestResetReturnsToStart(t *testing.T) {
	d := NewDefaults()
	if err := d.Set("work_mem", "8MB", SourceFile); err != nil {
		t.Fatal(err)
	}
	s := NewSession(d)
	for _, v := range []struct {
		text   string
		source Source
	}{{"16MB", SourceUser}, {"9MB", SourceDatabase}, {"32MB", SourceClient}, {"33MB", SourceUser}} {
		if err := s.Start("work_mem", v.text, v.source); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Set("work_mem", "64MB", false); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset("work_mem", false); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Show("work_mem"); got != "32MB" {
		t.Errorf("after RESET: %s, want what the client asked for at start", got)
	}
	if got := s.Int("work_mem"); got != 32<<10 {
		t.Errorf("Int: %d", got)
	}
	for _, row := range s.All() {
		if row.Setting.Name == "work_mem" && (row.Source.String() != "client" || row.Value != "32768" || row.ResetVal != "32768") {
			t.Errorf("row: %+v", row)
		}
	}
}

func TestReports(t *testing.T) {
	s := NewSession(nil)
	collect := func() string {
		var out []string
		if err := s.Reports(func(n, v string) error { out = append(out, n+"="+v); return nil }); err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, ";")
	}
	set := func(name, text string, local bool) {
		t.Helper()
		if err := s.Set(name, text, local); err != nil {
			t.Fatal(err)
		}
	}
	set("timezone", "europe/paris", false)
	set("application_name", "a", false)
	set("work_mem", "1MB", false)
	if got := collect(); got != "application_name=a;TimeZone=Europe/Paris" {
		t.Error(got)
	}
	set("timezone", "UTC", false)
	set("timezone", "Europe/Paris", false)
	if got := collect(); got != "" {
		t.Errorf("reported although equal: %s", got)
	}
	s.Begin()
	set("datestyle", "german", true)
	if got := collect(); got != "DateStyle=German, DMY" {
		t.Error(got)
	}
	s.Commit()
	if got := collect(); got != "DateStyle=ISO, MDY" {
		t.Errorf("end of SET LOCAL not reported: %q", got)
	}
}

func TestPermissions(t *testing.T) {
	s := NewSession(nil)
	for name, want := range map[string]string{
		"log_statement":  "!! 42501 permission denied to set parameter \"log_statement\"",
		"data_directory": "!! 55P02 parameter \"data_directory\" cannot be changed without restarting the server",
	} {
		if got := describe(s.Set(name, "all", false)); got != want {
			t.Error(got)
		}
	}
	_, err := s.Show("data_directory")
	if got := describe(err); got != "!! 42501 must be superuser or have privileges of pg_read_all_settings to examine \"data_directory\"" {
		t.Error(got)
	}
	s.Check = func(name, value string) (string, error) {
		if name == "drift.as_of" {
			return "seq:1", nil
		}
		return value, nil
	}
	if err := s.Set("drift.as_of", "now", false); err != nil || s.Text("drift.as_of") != "seq:1" {
		t.Errorf("check not asked: %v %q", err, s.Text("drift.as_of"))
	}
	if err := s.Override("is_superuser", "on", false); err != nil || !s.Bool("is_superuser") {
		t.Error(err)
	}
}

func TestFormatsKeepCallerFields(t *testing.T) {
	s := NewSession(nil)
	f := s.Formats()
	f.Now = 42
	if err := s.Set("bytea_output", "escape", false); err != nil {
		t.Fatal(err)
	}
	if g := s.Formats(); g == f || g.Now != 42 || !g.ByteaEscape || f.ByteaEscape {
		t.Errorf("old %+v new %+v", f, g)
	}
}

func TestFlatten(t *testing.T) {
	for _, c := range []struct {
		name, want string
		values     []string
	}{
		{"search_path", `a, "b c", "D"`, []string{"a", "b c", "D"}},
		{"search_path", `""`, []string{""}},
		{"datestyle", `sql, dmy`, []string{"sql", "dmy"}},
		{"work_mem", "!! 22023 SET work_mem takes only one argument", []string{"1", "2"}},
		{"foo.bar", "!! 22023 SET foo.bar takes only one argument", []string{"1", "2"}},
	} {
		got, err := Flatten(c.name, c.values)
		if err != nil {
			got = describe(err)
		}
		if got != c.want {
			t.Errorf("%s %q: %s", c.name, c.values, got)
		}
	}
}
