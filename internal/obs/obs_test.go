package obs

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTextLog(t *testing.T) {
	var b bytes.Buffer
	level := &slog.LevelVar{}
	level.Set(LevelWarning)
	log := slog.New(NewHandler(&b, level, false)).With(KeyPID, 42, KeyUser, "ada", KeyDatabase, "shop")
	r := func(l slog.Level, msg string, args ...any) { log.Log(context.Background(), l, msg, args...) }
	r(LevelNotice, "not written")
	r(LevelError, "division by zero", KeyState, "22012", KeyStatement, "select 1\n/0")
	r(LevelLog, "listening", "address", "127.0.0.1:5433")
	var got []string
	for _, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if i := strings.Index(line, " UTC "); i > 0 {
			line = line[i+5:]
		}
		got = append(got, line)
	}
	want := []string{"[42] ada@shop ERROR:  22012: division by zero", "[42] ada@shop STATEMENT:  select 1", "\t/0",
		"[42] ada@shop LOG:  listening address=127.0.0.1:5433"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	b.Reset()
	slog.New(NewHandler(&b, level, true)).Error("x", KeyPID, 1)
	if s := b.String(); !strings.Contains(s, `"level":"ERROR"`) || !strings.Contains(s, `"pid":"1"`) {
		t.Error(s)
	}
}

func TestStatementLog(t *testing.T) {
	settings := map[string]string{"log_statement": "mod", "log_min_duration_statement": "250ms"}
	l := ParseStatementLog(func(n string) (string, bool) { v, ok := settings[n]; return v, ok })
	var b bytes.Buffer
	log := slog.New(NewHandler(&b, &slog.LevelVar{}, false))
	for sql, want := range map[string]bool{
		"select 1": false, "/* x */ -- y\n InSert into t values (1)": true, "select 1; drop table t": true, "": false,
	} {
		if got := l.Before(log, "statement", sql); got != want {
			t.Errorf("%q logged: %v", sql, got)
		}
	}
	b.Reset()
	l.After(log, "statement", "select 1", time.Second, false)
	l.After(log, "statement", "select 2", time.Millisecond, false)
	if s := b.String(); !strings.Contains(s, "LOG:  duration: 1000.000 ms  statement: select 1") || strings.Contains(s, "select 2") {
		t.Error(s)
	}
	if (&StatementLog{MinDuration: -1}).Active() || !l.Active() {
		t.Error("Active")
	}
}

func TestMetrics(t *testing.T) {
	m := NewMetrics()
	m.Connected()
	m.Completed("SELECT 3")
	m.Completed("NOTHING KNOWN")
	m.Failed("22012")
	m.Rejected("28P01")
	m.Took(time.Millisecond)
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		"driftdb_connections 1", `driftdb_statements_total{kind="select"} 1`, `driftdb_statements_total{kind="other"} 1`,
		`driftdb_errors_total{sqlstate="22012"} 1`, "driftdb_statement_seconds_count 1", `driftdb_connections_rejected_total{sqlstate="28P01"} 1`,
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("missing %s", want)
		}
	}
}
