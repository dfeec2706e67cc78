package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driftdb/driftdb"
)

// drift runs a command line in this process.
func drift(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

// expect runs a command line that must end with a code and print something.
func expect(t *testing.T, want int, text string, args ...string) string {
	t.Helper()
	code, out, errs := drift(t, "", args...)
	if code != want || !strings.Contains(out+errs, text) {
		t.Errorf("driftdb %s: exit code %d, want %d with %q\n%s%s", strings.Join(args, " "), code, want, text, out, errs)
	}
	return out
}

func TestVerbsOnADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	data := "--data=" + dir
	for _, verb := range []string{"sql", "doctor", "compact"} {
		expect(t, 1, "there is no database in", verb, data)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a verb made the directory")
	}
	expect(t, 0, "made "+dir, "init", data)
	expect(t, 1, "already", "init", data)
	expect(t, 0, "INSERT 0 2", "sql", data, "-c", "create table t (a int primary key, b text); insert into t values (1,'x'),(2,'y')")
	if out := expect(t, 0, "", "sql", data, "--json", "-c", "select * from t order by a"); out != "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n" {
		t.Error(out)
	}
	script := filepath.Join(t.TempDir(), "s.sql")
	if err := os.WriteFile(script, []byte("update t set b = 'z' where a = 1;\nselect b from t for system_time as of @SEQ:1 where a = 1;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, 0, "UPDATE 1\n b \n---\n x\n(1 row)", "sql", data, "-f", script)
	expect(t, 1, "division by zero", "sql", data, "-c", "select 1/0")
	if code, out, _ := drift(t, "copy t from stdin;\n3\tstdin\n\\.\nselect count(*) from t", "sql", data, "-q"); code != 0 || !strings.Contains(out, "3\n(1 row)") {
		t.Error(code, out)
	}
	expect(t, 0, "no damage found", "doctor", data)
	var r report
	if err := json.Unmarshal([]byte(expect(t, 0, "", "doctor", data, "--json")), &r); err != nil || !r.OK || r.Data != dir {
		t.Error(r, err)
	}
	expect(t, 0, "compacted "+dir, "compact", data)
	expect(t, 0, `"bytes_after"`, "compact", data, "--json")
	expect(t, 0, "no damage found", "doctor", data)

	db, err := driftdb.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"sql", "doctor", "compact", "serve"} {
		expect(t, exitInUse, "is in use by another process", verb, data)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// A damaged file and a newer format have exit codes of their own.
func TestDamageAndFormat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	data := "--data=" + dir
	expect(t, 0, "", "init", data)
	expect(t, 0, "", "sql", data, "-c", "create table t (a int); insert into t select generate_series(1, 50000)")
	expect(t, 0, "", "compact", data)
	name := damage(t, dir)
	expect(t, exitDamage, "table file: "+name, "doctor", data)
	var r report
	if err := json.Unmarshal([]byte(expect(t, exitDamage, "", "doctor", data, "--json")), &r); err != nil || r.OK || len(r.Findings) == 0 {
		t.Error(r, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "DRIFTDB"), []byte("driftdb data directory, format 99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"doctor", "sql", "compact", "serve"} {
		expect(t, exitFormat, "format 99", verb, data)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{"nothing"}, {"--nothing"}, {"sql", "--nothing"}, {"sql", "extra"}, {"doctor", "extra"}, {"serve", "--log-level", "loud"},
		{"sql", "--url", ""}, {"sql", "--url", "x", "--data", "y"},
	} {
		if code, _, errs := drift(t, "", args...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
	expect(t, 0, "Exit codes", "--help")
	expect(t, 0, "--data", "sql", "--help")
	expect(t, 0, "PostgreSQL 15.18", "version")
	var v map[string]string
	if err := json.Unmarshal([]byte(expect(t, 0, "", "version", "--json")), &v); err != nil || v["version"] == "" {
		t.Error(v, err)
	}
	expect(t, 1, "is empty", "init", "--data", filepath.Join(t.TempDir(), "d"), "--password-file", os.DevNull)
}

// watched is a buffer that may be read while it is written.
type watched struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(b)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

var listening = regexp.MustCompile(`listening for PostgreSQL clients on (\S+)`)

func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("it's secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, 0, "made", "init", "--data", dir, "--password-file", secret)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var log watched
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--http", "", "--require-password"}, nil, io.Discard, &log)
	}()
	address := ""
	for deadline := time.Now().Add(20 * time.Second); address == ""; time.Sleep(5 * time.Millisecond) {
		if m := listening.FindStringSubmatch(log.String()); m != nil {
			address = m[1]
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not listen: " + log.String())
		}
	}
	url := "postgres://driftdb:it%27s%20secret@" + address + "/driftdb"
	expect(t, 0, "SELECT 1", "sql", "--url", url, "-c", "create table t as select 1 as a")
	expect(t, 1, "password authentication failed", "sql", "--url", strings.Replace(url, "secret", "wrong", 1), "-c", "select 1")
	expect(t, 0, "compacted", "compact", "--url", url)
	expect(t, 0, `{"a":1}`, "sql", "--url", url, "--json", "-c", "table t")
	stop()
	select {
	case code := <-ended:
		if code != 0 {
			t.Error(code, log.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("serve does not end")
	}
	expect(t, 0, "no damage found", "doctor", "--data", dir)
}
