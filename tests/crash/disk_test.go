package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/badfs"
	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// childDir names the data directory for a child process that runs runChild.
const childDir = "DRIFTDB_CRASH_CHILD"

// runChild commits rows on a disk whose syncs fail after the 20th, and prints each
// that was acknowledged. The store must end the process.
func runChild(dir string) {
	gate := badfs.NewGate()
	e, err := engine.Open(dir, engine.Options{FS: errorfs.Wrap(vfs.Default, gate)})
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	c, err := sqlconn.Connect(e)
	if err == nil {
		_, err = c.Exec(context.Background(), "CREATE TABLE t (n int PRIMARY KEY)")
	}
	for n := 1; err == nil; n++ {
		if n == 20 {
			gate.Set(false, errors.New("input/output error"))
		}
		if _, err = c.Exec(context.Background(), fmt.Sprintf("INSERT INTO t VALUES (%d)", n)); err == nil {
			fmt.Println("acknowledged", n)
		}
	}
	// The store stops the process; give it time, and another code if it does not.
	time.Sleep(5 * time.Second)
	fmt.Println("still alive:", err)
	os.Exit(1)
}

// A failed fsync stops the process at once, and nothing that it had acknowledged
// is lost.
func TestSyncErrorStopsTheProcess(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childDir+"="+dir)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 70 {
		t.Fatalf("the process ended with %v, want status 70\n%s", err, out)
	}
	acked := strings.Count(string(out), "acknowledged")
	if acked != 19 || !strings.Contains(string(out), "fatal") {
		t.Errorf("%d rows were acknowledged, want 19, and a message\n%s", acked, out)
	}
	doctor(t, dir, store.Options{})
	e := openEngine(t, dir, engine.Options{})
	defer e.Close()
	// The row whose sync failed was not acknowledged: it may be there or not.
	if n := number(t, must(t, connect(t, e), "SELECT count(*) FROM t")); n < 19 || n > 20 {
		t.Errorf("%d rows, 19 were acknowledged", n)
	}
}

// When others fill the disk, writes are refused with 53100, reads of the present
// and the past go on, and service resumes when there is space again.
func TestFullDisk(t *testing.T) {
	q := badfs.NewQuota(1 << 30)
	e := openEngine(t, "db", engine.Options{FS: q})
	defer func() { _ = e.Close() }()
	c, other := connect(t, e), connect(t, e)
	must(t, c, "CREATE TABLE t (n int PRIMARY KEY, s text)")
	must(t, c, "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 1000) AS g(i)")
	must(t, c, "DELETE FROM t WHERE n > 900")
	q.Limit.Store(q.Used() + 10<<20) // less than the reserve is left
	rows := int64(900)
	var err error
	for deadline := time.Now().Add(5 * time.Second); err == nil && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err = c.query(fmt.Sprintf("INSERT INTO t VALUES (%d)", rows+1)); err == nil {
			rows++
		}
	}
	if sqlconn.Code(err) != "53100" {
		t.Fatalf("on a full disk: %s %v", sqlconn.Code(err), err)
	}
	for _, sql := range []string{"UPDATE t SET s = 'y'", "DELETE FROM t WHERE n = 1", "CREATE TABLE u (a int)", "INSERT INTO t VALUES (-1)"} {
		refused(t, other, sql, "53100")
	}
	expect(t, c, "SELECT count(*) FROM t", fmt.Sprint(rows))
	expect(t, other, "SELECT count(*) FROM t AS OF @SEQ:2", "1000")
	expect(t, other, "SELECT n FROM t FOR SYSTEM_TIME AS OF now() WHERE n = 7", "7")
	q.Limit.Store(1 << 30)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err = c.query("INSERT INTO t VALUES (-1)"); err == nil {
			break
		}
		if sqlconn.Code(err) != "53100" || time.Now().After(deadline) {
			t.Fatalf("with space again: %s %v", sqlconn.Code(err), err)
		}
	}
	expect(t, other, "SELECT count(*) FROM t", fmt.Sprint(rows+1))
	must(t, other, "CREATE TABLE u (a int)")
}

// A damaged table file is an error that names it, for those who meet the damage;
// all others go on.
func TestDamagedTable(t *testing.T) {
	dir := t.TempDir()
	e := openEngine(t, dir, engine.Options{})
	c := connect(t, e)
	must(t, c, "CREATE TABLE small (a int PRIMARY KEY); INSERT INTO small VALUES (1)")
	must(t, c, "CREATE TABLE big (a int PRIMARY KEY, s text)")
	must(t, c, "INSERT INTO big SELECT i, md5(i::text) || md5((i + 1)::text) FROM generate_series(1, 40000) AS g(i)")
	must(t, c, "VACUUM")
	c.c.Close()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	name := damage(t, dir)

	e = openEngine(t, dir, engine.Options{})
	defer func() { _ = e.Close() }()
	c, other := connect(t, e), connect(t, e)
	err := refused(t, c, "SELECT count(*), max(s) FROM big", "XX001")
	if err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("the error does not name %s: %v", name, err)
	}
	for _, q := range []querier{c, other} {
		expect(t, q, "SELECT * FROM small", "1")
		expect(t, q, "SELECT a FROM big WHERE a = 1", "1")
	}
	must(t, other, "INSERT INTO small VALUES (2)")
	must(t, other, "INSERT INTO big VALUES (50000, 'late')")
	expect(t, c, "SELECT s FROM big WHERE a = 50000", "late")
	refused(t, other, "SELECT count(*), max(s) FROM big", "XX001")
	expect(t, other, "SELECT count(*) FROM small", "2")
}

// damage changes bytes in the middle of the largest table file and returns its
// number, as file names and messages have it.
func damage(t *testing.T, dir string) string {
	names, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no table files: %v", err)
	}
	largest, size := "", int64(0)
	for _, name := range names {
		if st, err := os.Stat(name); err == nil && st.Size() > size {
			largest, size = name, st.Size()
		}
	}
	f, err := os.OpenFile(largest, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range int64(64) {
		if _, err := f.WriteAt([]byte{0xA5}, size/3+i*7); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimSuffix(filepath.Base(largest), ".sst")
}
