package crash

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/driftdb/driftdb/internal/clock"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/badfs"
)

// A transaction that starts early and commits late belongs to its commit: no
// moment before shows anything of it, though it wrote before them.
func TestEarlyStartLateCommit(t *testing.T) {
	ck := clock.NewManual(1_000_000_000)
	e := openEngine(t, "", engine.Options{InMemory: true, Clock: ck})
	defer e.Close()
	early, other := connect(t, e), connect(t, e)
	must(t, other, "CREATE TABLE t (k int PRIMARY KEY, s text); INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	must(t, early, "BEGIN; INSERT INTO t VALUES (3, 'early'); UPDATE t SET s = 'early' WHERE k = 1; DELETE FROM t WHERE k = 2")
	ck.Advance(time.Second)
	must(t, other, "INSERT INTO t VALUES (4, 'between')")
	between := must(t, other, "SELECT drift.current_seq()")
	ck.Advance(time.Second)
	at := must(t, other, "SELECT now()")
	const want = "1|one\n2|two\n4|between"
	read := func(when string) {
		t.Helper()
		expect(t, other, "SELECT * FROM t AS OF @SEQ:"+between+" ORDER BY k", want)
		expect(t, other, fmt.Sprintf("SELECT * FROM t AS OF timestamptz '%s' ORDER BY k", at), want)
		for k, row := range []string{"1|one", "2|two", "", "4|between"} {
			expect(t, other, fmt.Sprintf("SELECT * FROM t AS OF @SEQ:%s WHERE k = %d", between, k+1), row)
		}
		if t.Failed() {
			t.Fatal(when)
		}
	}
	read("while it is open")
	must(t, early, "COMMIT")
	read("after it committed")
	expect(t, other, "SELECT * FROM t ORDER BY k", "1|early\n3|early\n4|between")
	expect(t, other, "SELECT system_seq_start FROM t WHERE k = 3", fmt.Sprint(number(t, between)+1))
	expect(t, other, fmt.Sprintf("SELECT system_time_start > timestamptz '%s' FROM t WHERE k = 1", at), "t")
	ck.Advance(time.Hour)
	must(t, other, "UPDATE t SET s = 'later'; VACUUM")
	read("after more changes and compaction")
}

// Two commits in one microsecond with a read AS OF that microsecond between them:
// the second gets a later time, and the answer stays.
func TestTwoCommitsInOneMicrosecond(t *testing.T) {
	ck := clock.NewManual(1_000_000_000)
	e := openEngine(t, "", engine.Options{InMemory: true, Clock: ck})
	defer e.Close()
	c := connect(t, e)
	must(t, c, "CREATE TABLE t (k int)")
	must(t, c, "INSERT INTO t VALUES (1)")
	ck.Advance(time.Second) // the next commit would get exactly this time
	at := must(t, c, "SELECT now()")
	sql := fmt.Sprintf("SELECT count(*), drift.seq_at('%[1]s') FROM t FOR SYSTEM_TIME AS OF timestamptz '%[1]s'", at)
	before := must(t, c, sql)
	must(t, c, "INSERT INTO t VALUES (2)")
	must(t, c, "INSERT INTO t VALUES (3)")
	expect(t, c, sql, before)
	expect(t, c, "SELECT count(*), count(DISTINCT system_time_start) FROM t", "3|3")
	expect(t, c, fmt.Sprintf("SELECT count(*) FROM t WHERE system_time_start > timestamptz '%s'", at), "2")
}

// The clock is set back across a power cut: what was read stays, new commits come
// after it, and now() does not go back before them.
func TestClockSetBackAcrossCrash(t *testing.T) {
	ck := clock.NewManual(1_000_000_000)
	fs := store.CrashableFS()
	e := openEngine(t, "db", engine.Options{FS: fs, Clock: ck})
	c := connect(t, e)
	must(t, c, "CREATE TABLE t (k int); INSERT INTO t VALUES (1)")
	ck.Advance(30 * time.Second)
	at := must(t, c, "SELECT now()")
	sql := fmt.Sprintf("SELECT count(*), drift.seq_at('%[1]s') FROM t AS OF timestamptz '%[1]s'", at)
	before := must(t, c, sql)
	clone := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	ck.Advance(-time.Minute)
	e = openEngine(t, "db", engine.Options{FS: clone, Clock: ck})
	defer func() { _ = e.Close() }()
	c = connect(t, e)
	must(t, c, "INSERT INTO t VALUES (2)")
	expect(t, c, sql, before)
	expect(t, c, fmt.Sprintf("SELECT k FROM t WHERE system_time_start > timestamptz '%s'", at), "2")
	expect(t, c, "SELECT count(*) FROM t AS OF now()", "2")
	expect(t, c, "SELECT bool_and(now() >= system_time_start) FROM t", "t")
}

// While an fsync stalls, readers see the rows that it would insert, update and
// delete as they were, by key, by index and by scan; a moment that the commit may
// belong to waits for it.
func TestStalledSync(t *testing.T) {
	gate := badfs.NewGate()
	e := openEngine(t, "db", engine.Options{FS: errorfs.Wrap(vfs.NewMem(), gate)})
	defer func() { _ = e.Close() }()
	w, r := connect(t, e), connect(t, e)
	must(t, w, "CREATE TABLE t (k int PRIMARY KEY, s text); CREATE INDEX t_s ON t (s)")
	must(t, w, "INSERT INTO t VALUES (1, 'keep'), (2, 'update'), (3, 'delete')")
	must(t, r, "SELECT * FROM t AS OF now()") // the next moment needs no write of its own
	gate.Set(true, nil)
	release := func() { gate.Set(false, nil) }
	done := make(chan error, 1)
	go func() {
		_, err := w.query("BEGIN; INSERT INTO t VALUES (4, 'new'); UPDATE t SET s = 'updated' WHERE k = 2; DELETE FROM t WHERE k = 3; COMMIT")
		done <- err
	}()
	for deadline := time.Now().Add(5 * time.Second); e.Store().Stats().UnpublishedLast == e.Store().Stats().LastSeq; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			release()
			t.Fatal("no commit waits for its sync")
		}
	}
	for range 3 {
		expect(t, r, "SELECT * FROM t ORDER BY k", "1|keep\n2|update\n3|delete")
		expect(t, r, "SELECT k FROM t WHERE k = 4", "")
		expect(t, r, "SELECT s FROM t WHERE k = 2", "update")
		expect(t, r, "SELECT k FROM t WHERE k = 3", "3")
		must(t, r, "SET enable_seqscan = off")
		expect(t, r, "SELECT k FROM t WHERE s IN ('delete', 'new', 'update', 'updated') ORDER BY k", "2\n3")
		expect(t, r, "SELECT count(*) FROM t FOR SYSTEM_TIME ALL", "3")
		must(t, r, "RESET enable_seqscan")
	}
	must(t, r, "SET statement_timeout = '50ms'")
	refused(t, r, "SELECT count(*) FROM t AS OF now()", "57014")
	must(t, r, "RESET statement_timeout")
	select {
	case err := <-done:
		t.Fatalf("the commit was answered before its sync: %v", err)
	default:
	}
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	expect(t, r, "SELECT * FROM t AS OF now() ORDER BY k", "1|keep\n2|updated\n4|new")
}

// Rows that trade places within one transaction: the history shows what each key
// was, without versions in between.
func TestSwapsInOneTransaction(t *testing.T) {
	fs := store.CrashableFS()
	e := openEngine(t, "db", engine.Options{FS: fs})
	c := connect(t, e)
	must(t, c, "CREATE TABLE t (k int PRIMARY KEY, u text UNIQUE, s text)") // 1
	must(t, c, "CREATE TABLE d (k int PRIMARY KEY, u int UNIQUE, s text)")  // 2
	must(t, c, "INSERT INTO t VALUES (1, 'a', 'one'), (2, 'b', 'two'), (3, 'c', 'three')")
	must(t, c, "INSERT INTO d VALUES (1, 10, 'one'), (2, 20, 'two'), (3, NULL, 'same'), (4, NULL, 'same')") // 4

	// 5: deleted and inserted again, with other and with the same values.
	must(t, c, "BEGIN; DELETE FROM t WHERE k = 3; INSERT INTO t VALUES (3, 'c', 'drei'); DELETE FROM d WHERE k = 1; INSERT INTO d VALUES (1, 10, 'one'); COMMIT")
	// 6: two keys change places; two equal rows do too, which changes nothing.
	must(t, c, "BEGIN; UPDATE d SET k = 9 WHERE k = 3; UPDATE d SET k = 3 WHERE k = 4; UPDATE d SET k = 4 WHERE k = 9; UPDATE t SET k = 9 WHERE k = 1; UPDATE t SET k = 1 WHERE k = 2; UPDATE t SET k = 2 WHERE k = 9; COMMIT")
	// 7: two unique values change places.
	must(t, c, "BEGIN; UPDATE t SET u = NULL WHERE k = 1; UPDATE t SET u = 'b' WHERE k = 2; UPDATE t SET u = 'a' WHERE k = 1; "+
		"UPDATE d SET u = -1 WHERE k = 1; UPDATE d SET u = 10 WHERE k = 2; UPDATE d SET u = 20 WHERE k = 1; COMMIT")
	expect(t, c, "SELECT drift.current_seq()", "7")

	check := func(c querier) {
		t.Helper()
		expect(t, c, "SELECT * FROM t ORDER BY k", "1|a|two\n2|b|one\n3|c|drei")
		expect(t, c, "SELECT * FROM t AS OF @SEQ:6 ORDER BY k", "1|b|two\n2|a|one\n3|c|drei")
		expect(t, c, "SELECT * FROM t AS OF @SEQ:4 ORDER BY k", "1|a|one\n2|b|two\n3|c|three")
		expect(t, c, "SELECT *, system_seq_start, system_seq_end FROM t FOR SYSTEM_TIME ALL WHERE k < 3 ORDER BY k, system_seq_start",
			"1|a|one|3|6\n1|b|two|6|7\n1|a|two|7|9223372036854775807\n2|b|two|3|6\n2|a|one|6|7\n2|b|one|7|9223372036854775807")
		expect(t, c, `SELECT op, seq, "row"->>'s' FROM drift.history('t', 3)`, "insert|3|three\nupdate|5|drei")
		expect(t, c, `SELECT op, seq, "row"->>'u' FROM drift.history('d', 1)`, "insert|4|10\nupdate|7|20")
		expect(t, c, "SELECT seq, op, key->>'k', new->>'k', old->>'s', new->>'s' FROM drift.changes('t', 4, 6) ORDER BY seq, key->>'k'",
			"5|update|3|3|three|drei\n6|update|1|2|one|one\n6|update|2|1|two|two")
		expect(t, c, "SELECT k, system_seq_start FROM d FOR SYSTEM_TIME ALL WHERE s = 'same' ORDER BY k", "3|4\n4|4")
		expect(t, c, "SELECT count(*) FROM drift.changes('d', 4, 6)", "0")
		expect(t, c, "SELECT k, u FROM d WHERE u = 10", "2|10")
		expect(t, c, "SELECT k, u FROM d AS OF @SEQ:6 WHERE u = 10", "1|10")
		refused(t, c, "INSERT INTO d VALUES (5, 20, '')", "23505")
	}
	check(c)
	must(t, c, "VACUUM")
	check(c)
	clone := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	doctor(t, "db", store.Options{FS: clone})
	e = openEngine(t, "db", engine.Options{FS: clone})
	defer func() { _ = e.Close() }()
	check(connect(t, e))
}
