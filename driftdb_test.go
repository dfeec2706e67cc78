package driftdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/store"
)

func openMem(t testing.TB) *DB {
	t.Helper()
	db, err := Open("", &Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustExec(t testing.TB, db *DB, sql string, args ...any) Result {
	t.Helper()
	r, err := db.Exec(context.Background(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return r
}

// Every Go value that goes in comes out as its SQL type says, and scans back into
// a variable of its own type.
func TestValues(t *testing.T) {
	db := openMem(t)
	ctx := context.Background()
	at := time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.FixedZone("", 2*3600))
	n := 7
	type point struct{ X, Y int }
	for _, c := range []struct {
		typ  string
		arg  any
		want any
	}{
		{"bool", true, true},
		{"bigint", int64(math.MinInt64), int64(math.MinInt64)},
		{"int", -5, int64(-5)},
		{"smallint", int16(12), int64(12)},
		{"bigint", uint32(9), int64(9)},
		{"bigint", &n, int64(7)},
		{"bigint", (*int)(nil), nil},
		{"numeric", 3, "3"},
		{"numeric(12,2)", "1.5", "1.50"},
		{"double precision", 0.1, 0.1},
		{"double precision", math.Inf(-1), math.Inf(-1)},
		{"real", float32(0.1), float64(float32(0.1))},
		{"text", "grüß", "grüß"},
		{"text", 42, "42"},
		{"text", nil, nil},
		{"char(5)", "ab", "ab   "},
		{"bytea", []byte{0, 255}, []byte{0, 255}},
		{"bytea", []byte(nil), nil},
		{"timestamptz", at, at.UTC()},
		{"timestamp", at, time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.UTC)},
		{"date", at, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"date", time.Date(1969, 7, 20, 20, 0, 0, 0, time.UTC), time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC)},
		{"time", at, "23:59:59.123456"},
		{"timestamptz", Infinity, Infinity},
		{"timestamptz", NegInfinity, NegInfinity},
		{"date", Infinity, Infinity},
		{"interval", 90 * time.Second, "00:01:30"},
		{"uuid", [16]byte{0x55, 15: 1}, "55000000-0000-0000-0000-000000000001"},
		{"jsonb", map[string]any{"a": 1}, `{"a": 1}`},
		{"json", point{1, 2}, `{"X":1,"Y":2}`},
		{"jsonb", json.RawMessage(`[1]`), `[1]`},
		{"bigint[]", []int64{1, 2}, []any{int64(1), int64(2)}},
		{"text[]", []string{`a"b\`, "NULL", ""}, []any{`a"b\`, "NULL", ""}},
		{"text[]", []*string{nil}, []any{nil}},
		{"bytea[]", [][]byte{{1, 2}}, []any{[]byte{1, 2}}},
		{"timestamptz[]", []time.Time{at, Infinity}, []any{at.UTC(), Infinity}},
		{"bigint", sql.NullInt64{Int64: 3, Valid: true}, int64(3)},
		{"bigint", sql.NullInt64{}, nil},
	} {
		rows, err := db.Query(ctx, "select $1::"+c.typ, c.arg)
		if err != nil {
			t.Errorf("%s %v: %v", c.typ, c.arg, err)
			continue
		}
		rows.Next()
		got, err := rows.Values()
		if err != nil || !reflect.DeepEqual(got[0], c.want) {
			t.Errorf("%s %v: got %#v (%v), want %#v", c.typ, c.arg, got, err, c.want)
		}
		if c.arg != nil && c.want != nil && c.typ != "time" && c.typ != "date" {
			p := reflect.New(reflect.TypeOf(c.arg))
			if err := rows.Scan(p.Interface()); err != nil {
				t.Errorf("%s: scan into %T: %v", c.typ, c.arg, err)
			}
		}
		must(t, rows.Close())
	}
}

func TestScanRefuses(t *testing.T) {
	db := openMem(t)
	ctx := context.Background()
	for _, c := range []struct {
		expr, want string
		dest       any
	}{
		{"null::int", "NULL does not fit", new(int)},
		{"300", "300 does not fit in int8", new(int8)},
		{"-1", "does not fit in uint", new(uint)},
		{"'x'::text", "is no int64", new(int64)},
		{"1.5", "is no int64", new(int)},
		{"true", "a boolean does not go into a int", new(int)},
		{"1", "a integer does not go into a time.Time", new(time.Time)},
		{"1", "not a pointer", 5},
		{"interval '1 month'", "with months", new(time.Duration)},
		{"array[1,null]", "element 2: NULL", new([]int)},
	} {
		err := db.QueryRow(ctx, "select "+c.expr).Scan(c.dest)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s into %T: %v", c.expr, c.dest, err)
		}
	}
	var p *int
	var m map[string]int
	must(t, db.QueryRow(ctx, `select null::int, '{"a":1}'::jsonb`).Scan(&p, &m))
	if p != nil || m["a"] != 1 {
		t.Error(p, m)
	}
	if err := db.QueryRow(ctx, "select 1 where false").Scan(new(int)); !errors.Is(err, ErrNoRows) || !errors.Is(err, sql.ErrNoRows) {
		t.Error(err)
	}
	if _, err := db.Query(ctx, "select $1::int", "x"); SQLState(err) != "22P02" {
		t.Error(err)
	}
	if _, err := db.Query(ctx, "select $1::int", struct{}{}); SQLState(err) != "22023" {
		t.Error(err)
	}
	if _, err := db.Query(ctx, "select $1::int", 1, 2); SQLState(err) != "08P01" {
		t.Error(err)
	}
}

// Rows larger than one fetch arrive whole and in order, also when they are left
// early, read beside other statements, or abandoned.
func TestRows(t *testing.T) {
	db := openMem(t)
	ctx := context.Background()
	mustExec(t, db, "create table n (i bigint primary key)")
	if got := mustExec(t, db, "insert into n select g from generate_series(1, $1::int) g", 5000).RowsAffected(); got != 5000 {
		t.Error(got)
	}
	count := func(rows *Rows, err error, max int) (n int64) {
		t.Helper()
		must(t, err)
		for n < int64(max) && rows.Next() {
			var i int64
			must(t, rows.Scan(&i))
			if n++; i != n {
				t.Fatalf("row %d holds %d", n, i)
			}
		}
		must(t, rows.Err())
		return n
	}
	rows, err := db.Query(ctx, "select i from n order by i")
	if n := count(rows, err, 1<<30); n != 5000 {
		t.Error(n)
	}
	if tag := rows.Result().Tag(); tag != "SELECT 5000" {
		t.Error(tag)
	}
	rows, err = db.Query(ctx, "select i from n order by i")
	count(rows, err, 300)
	must(t, rows.Close())
	must(t, rows.Close())
	if rows.Next() {
		t.Error("a row after Close")
	}

	// In a transaction rows of several queries may be read in turns.
	must(t, db.View(ctx, func(tx *Tx) error {
		a, err := tx.Query(ctx, "select i from n order by i")
		must(t, err)
		b, err := tx.Query(ctx, "select -i from n order by i")
		must(t, err)
		for k := int64(1); k <= 5000; k++ {
			var x, y int64
			if !a.Next() || !b.Next() || a.Scan(&x) != nil || b.Scan(&y) != nil || x != k || y != -k {
				t.Fatal(k, x, y, a.Err(), b.Err())
			}
		}
		return errors.Join(a.Close(), b.Close())
	}))

	// Outside one, the rest is read into memory.
	c, err := db.Conn(ctx)
	must(t, err)
	rows, err = c.Query(ctx, "select i from n order by i")
	must(t, err)
	rows.Next()
	if _, err := c.Exec(ctx, "insert into n values ($1)", 6000); err != nil {
		t.Fatal(err)
	}
	var first int64
	if must(t, rows.Scan(&first)); first != 1 {
		t.Error("the current row changed", first)
	}
	n := 1
	for rows.Next() {
		n++
	}
	if must(t, rows.Err()); n != 5000 {
		t.Error(n)
	}

	// Rows do not outlive their transaction.
	tx, err := c.Begin(ctx, TxOptions{})
	must(t, err)
	rows, err = tx.Query(ctx, "select i from n order by i")
	must(t, err)
	must(t, tx.Commit(ctx))
	for rows.Next() {
	}
	if !errors.Is(rows.Err(), ErrClosed) {
		t.Error(rows.Err())
	}
	must(t, c.Close())
	if _, err := c.Exec(ctx, "select 1"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// A statement that changes data does all of it, however little of its answer is
// read.
func TestReturningIsWhole(t *testing.T) {
	db := openMem(t)
	ctx := context.Background()
	mustExec(t, db, "create table n (i bigint)")
	rows, err := db.Query(ctx, "insert into n select generate_series(1, 1000) returning i")
	must(t, err)
	rows.Next()
	must(t, rows.Close())
	var count int
	must(t, db.QueryRow(ctx, "select count(*) from n").Scan(&count))
	if count != 1000 {
		t.Error(count)
	}
}

// What a statement does to its session is not seen by the next user of it.
func TestPoolIsClean(t *testing.T) {
	db := openMem(t)
	ctx := context.Background()
	before := ""
	must(t, db.QueryRow(ctx, "show work_mem").Scan(&before))
	mustExec(t, db, "set work_mem = '77MB'")
	must(t, db.QueryRow(ctx, "select set_config('work_mem', '78MB', false)").Scan(new(string)))
	mustExec(t, db, "begin")
	c, err := db.Conn(ctx)
	must(t, err)
	_, err = c.Exec(ctx, "set work_mem = '79MB'")
	must(t, err)
	must(t, c.QueryRow(ctx, "show work_mem").Scan(&before))
	if before != "79MB" {
		t.Error(before)
	}
	must(t, c.Close())
	must(t, db.QueryRow(ctx, "show work_mem").Scan(&before))
	if before != "4MB" {
		t.Error(before)
	}
}

// A plan prepared before a table changed its shape serves after it.
func TestPreparedAcrossDDL(t *testing.T) {
	db := openMem(t)
	ctx := context.Background()
	mustExec(t, db, "create table t (a int)")
	mustExec(t, db, "insert into t values ($1)", 1)
	read := func() (n int) {
		t.Helper()
		rows, err := db.Query(ctx, "select * from t where a >= $1", 0)
		must(t, err)
		n = len(rows.Columns())
		must(t, rows.Close())
		return n
	}
	if read() != 1 {
		t.Error("one column expected")
	}
	mustExec(t, db, "alter table t add column b text")
	if n := read(); n != 2 {
		t.Error(n)
	}
	tx, err := db.Begin(ctx, TxOptions{})
	must(t, err)
	for _, step := range []struct {
		ddl  string
		want int
	}{{"select 1", 2}, {"alter table t add column c int", 3}, {"alter table t drop column b", 2}, {"alter table t drop column c", 1}} {
		_, err := tx.Exec(ctx, step.ddl)
		must(t, err)
		rows, err := tx.Query(ctx, "select * from t where a >= $1", 0)
		must(t, err)
		if n := len(rows.Columns()); n != step.want {
			t.Errorf("after %s: %d columns", step.ddl, n)
		}
		must(t, rows.Close())
	}
	must(t, tx.Rollback())
	if n := read(); n != 2 {
		t.Error(n)
	}
}

func TestUpdateRetries(t *testing.T) {
	db := openMem(t)
	ctx := context.Background()
	mustExec(t, db, "create table c (id int primary key, n int)")
	mustExec(t, db, "insert into c values (1, 0)")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				err := db.Update(ctx, func(tx *Tx) error {
					if _, err := tx.Exec(ctx, "set transaction isolation level repeatable read"); err != nil {
						return err
					}
					var n int
					if err := tx.QueryRow(ctx, "select n from c where id = 1").Scan(&n); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, "update c set n = $1 where id = 1", n+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var n int
	must(t, db.QueryRow(ctx, "select n from c").Scan(&n))
	if n != 100 {
		t.Error(n)
	}
	wrong := errors.New("wrong")
	if err := db.Update(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, "delete from c")
		return errors.Join(err, wrong)
	}); !errors.Is(err, wrong) {
		t.Error(err)
	}
	if err := db.Update(ctx, func(tx *Tx) error {
		_, _ = tx.Exec(ctx, "delete from nothing")
		return nil
	}); SQLState(err) != "25P02" {
		t.Error(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Update(ctx, func(tx *Tx) error {
			_, _ = tx.Exec(ctx, "delete from c")
			panic("f")
		})
	}()
	if err := db.View(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, "delete from c")
		return err
	}); SQLState(err) != "25006" {
		t.Error(err)
	}
	must(t, db.QueryRow(ctx, "select n from c").Scan(&n))
}

func TestAsOf(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	db, err := Open("", &Options{InMemory: true, Clock: func() time.Time { return now }})
	must(t, err)
	defer db.Close()
	ctx := context.Background()
	mustExec(t, db, "create table t (a int)")
	now = now.Add(time.Hour)
	mustExec(t, db, "insert into t values (1)")
	seq, at := db.CurrentSeq(), now
	now = now.Add(time.Hour)
	mustExec(t, db, "update t set a = 2")
	mustExec(t, db, "alter table t rename a to b")
	read := func(p *Past, column string) (a int, err error) {
		err = p.QueryRow(ctx, "select "+column+" from t").Scan(&a)
		return a, err
	}
	for _, p := range []*Past{db.AsOf(AtSeq(seq)), db.AsOf(AtTime(at.Add(time.Minute))), db.AsOf(AtSeq(seq))} {
		if a, err := read(p, "a"); err != nil || a != 1 {
			t.Error(p.at, a, err)
		}
		if _, err := p.Query(ctx, "delete from t"); SQLState(err) != "25006" {
			t.Errorf("a write at %v: %v", p.at, err)
		}
	}
	if a, err := read(db.AsOf(Moment{}), "b"); err != nil || a != 2 {
		t.Error(a, err)
	}
	if _, err := read(db.AsOf(AtSeq(seq-1)), "a"); !errors.Is(err, ErrNoRows) {
		t.Error(err)
	}
	if _, err := read(db.AsOf(AtSeq(0)), "a"); SQLState(err) != "42P01" {
		t.Error(err)
	}
	if _, err := read(db.AsOf(AtTime(now.Add(time.Hour))), "b"); SQLState(err) != "22023" {
		t.Error(err)
	}
	if _, err := read(db.AsOf(AtSeq(1000)), "b"); SQLState(err) != "22023" {
		t.Error(err)
	}
	must(t, db.AsOf(AtSeq(seq)).View(ctx, func(tx *Tx) error {
		var a int
		must(t, tx.QueryRow(ctx, "select a from t").Scan(&a))
		if a != 1 {
			t.Error(a)
		}
		return nil
	}))
	err = db.AsOf(AtSeq(seq)).View(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, "insert into t values (3)")
		return err
	})
	if SQLState(err) != "25006" {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	db := openMem(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	_, err := db.Exec(ctx, "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%T", err)
	}
	if _, err := db.Exec(ctx, "select 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	mustExec(t, db, "select 1")
}

// Close ends what is open without waiting for anybody.
func TestCloseEndsEverything(t *testing.T) {
	db, err := Open("", &Options{InMemory: true})
	must(t, err)
	ctx := context.Background()
	mustExec(t, db, "create table t (a int primary key); insert into t values (1)")
	tx, err := db.Begin(ctx, TxOptions{})
	must(t, err)
	_, err = tx.Exec(ctx, "update t set a = 2")
	must(t, err)
	rows, err := db.Query(ctx, "select generate_series(1, 100000)")
	must(t, err)
	rows.Next()
	waiting := make(chan error)
	go func() {
		_, err := db.Exec(ctx, "update t set a = 3") // waits for tx
		waiting <- err
	}()
	time.Sleep(20 * time.Millisecond)
	must(t, db.Close())
	if err := <-waiting; err == nil {
		t.Error("an update of a row locked by others succeeded")
	}
	if _, err := tx.Exec(ctx, "select 1"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	for rows.Next() {
	}
	if !errors.Is(rows.Err(), ErrClosed) {
		t.Error(rows.Err())
	}
	must(t, tx.Rollback())
	if _, err := db.Exec(ctx, "select 1"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	must(t, db.Close())
}

// The directory keeps what was committed, is held by one process, and works on
// the file system that Options give.
func TestDirectory(t *testing.T) {
	fs := store.MemFS()
	opts := &Options{FileSystem: fs}
	ctx := context.Background()
	db, err := Open("dir", opts)
	must(t, err)
	mustExec(t, db, "create role eve login password 'secret'; create table t (a int); insert into t values (1)")
	if _, err := Open("dir", opts); !errors.Is(err, ErrInUse) {
		t.Error(err)
	}
	must(t, db.Close())
	db, err = Open("dir", &Options{FileSystem: fs, ReadOnly: true})
	must(t, err)
	var n int
	must(t, db.QueryRow(ctx, "select a from t").Scan(&n))
	if _, err := db.Exec(ctx, "insert into t values (2)"); err == nil {
		t.Error("a read-only database was written to")
	}
	must(t, db.Close())
	if _, err := fs.Stat("dir"); err != nil {
		t.Error(err)
	}
}

func TestNotices(t *testing.T) {
	var got []string
	db, err := Open("", &Options{InMemory: true, OnNotice: func(n *Error) { got = append(got, fmt.Sprint(n.Severity, " ", n.Message)) }})
	must(t, err)
	defer db.Close()
	mustExec(t, db, "drop table if exists nothing")
	if len(got) != 1 || got[0] != `NOTICE table "nothing" does not exist, skipping` {
		t.Error(got)
	}
	if _, err := db.Exec(context.Background(), "create table t (a int); copy t from stdin"); SQLState(err) != "0A000" {
		t.Error(err)
	}
}

func BenchmarkQueryRow(b *testing.B) {
	db := openMem(b)
	ctx := context.Background()
	mustExec(b, db, "create table t (a bigint primary key, b text)")
	mustExec(b, db, "insert into t select g, 'row ' || g from generate_series(1, 10000) g")
	var text string
	for i := 0; b.Loop(); i++ {
		must(b, db.QueryRow(ctx, "select b from t where a = $1", i%10000+1).Scan(&text))
	}
}
