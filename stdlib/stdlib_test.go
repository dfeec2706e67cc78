package stdlib_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/driftdb/driftdb"
	"github.com/driftdb/driftdb/stdlib"
)

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("driftdb", "memory:")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatements(t *testing.T) {
	db := open(t)
	must(t, db.Ping())
	_, err := db.Exec("create table t (id bigint primary key, name varchar(20), price numeric(10,2), at timestamptz, raw bytea, ok bool, f float8)")
	must(t, err)
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	r, err := db.Exec("insert into t values ($1,$2,$3,$4,$5,$6,$7), (2,null,null,null,null,null,null)", 1, "tea", 2.5, at, []byte{1}, true, 0.5)
	must(t, err)
	if n, err := r.RowsAffected(); n != 2 || err != nil {
		t.Error(n, err)
	}
	if _, err := r.LastInsertId(); err == nil {
		t.Error("LastInsertId")
	}
	rows, err := db.Query("select * from t order by id")
	must(t, err)
	types, err := rows.ColumnTypes()
	must(t, err)
	var names []string
	for _, c := range types {
		names = append(names, c.DatabaseTypeName()+" "+c.ScanType().String())
	}
	want := []string{"BIGINT int64", "CHARACTER VARYING string", "NUMERIC string", "TIMESTAMP WITH TIME ZONE time.Time", "BYTEA []uint8", "BOOLEAN bool", "DOUBLE PRECISION float64"}
	if !reflect.DeepEqual(names, want) {
		t.Error(names)
	}
	if n, ok := types[1].Length(); n != 20 || !ok {
		t.Error(n, ok)
	}
	if p, s, ok := types[2].DecimalSize(); p != 10 || s != 2 || !ok {
		t.Error(p, s, ok)
	}
	var id int64
	var name, price sql.NullString
	var when sql.NullTime
	var raw []byte
	var ok sql.NullBool
	var f sql.NullFloat64
	n := 0
	for rows.Next() {
		must(t, rows.Scan(&id, &name, &price, &when, &raw, &ok, &f))
		if n++; n == 1 && (name.String != "tea" || price.String != "2.50" || !when.Time.Equal(at) || len(raw) != 1 || !ok.Bool || f.Float64 != 0.5) {
			t.Error(name, price, when, raw, ok, f)
		}
	}
	if must(t, rows.Err()); n != 2 || name.Valid || raw != nil {
		t.Error(n, name, raw)
	}
	var array []byte
	must(t, db.QueryRow("select array[1,2]").Scan(&array))
	if string(array) != "{1,2}" {
		t.Errorf("%s", array)
	}
}

func TestTransactions(t *testing.T) {
	db := open(t)
	ctx := context.Background()
	_, err := db.Exec("create table t (a int); insert into t values (1)")
	must(t, err)
	tx, err := db.Begin()
	must(t, err)
	_, err = tx.Exec("delete from t")
	must(t, err)
	must(t, tx.Rollback())
	tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	must(t, err)
	var n int
	must(t, tx.QueryRow("select count(*) from t").Scan(&n))
	_, err = db.Exec("insert into t values (2)") // another session
	must(t, err)
	must(t, tx.QueryRow("select count(*) from t").Scan(&n))
	if n != 1 {
		t.Error(n)
	}
	if _, err = tx.Exec("insert into t values (3)"); driftdb.SQLState(err) != "25006" {
		t.Error(err)
	}
	must(t, tx.Rollback())
	if _, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelLinearizable}); err == nil {
		t.Error("linearizable")
	}
	// Settings do not leak through the pool.
	c, err := db.Conn(ctx)
	must(t, err)
	_, err = c.ExecContext(ctx, "set work_mem = '77MB'")
	must(t, err)
	must(t, c.Close())
	var mem string
	must(t, db.QueryRow("show work_mem").Scan(&mem))
	if mem != "4MB" {
		t.Error(mem)
	}
}

// Prepared statements live on through changes of the catalog and of the pool.
func TestPrepared(t *testing.T) {
	db := open(t)
	db.SetMaxOpenConns(1)
	_, err := db.Exec("create table t (a int)")
	must(t, err)
	in, err := db.Prepare("insert into t (a) values ($1)")
	must(t, err)
	out, err := db.Prepare("select * from t where a = $1")
	must(t, err)
	for i := range 3 {
		_, err = in.Exec(i)
		must(t, err)
		_, err = db.Exec(fmt.Sprintf("alter table t add column c%d int", i))
		must(t, err)
		_, err = db.Exec("set work_mem = '77MB'") // makes the pool reset the session
		must(t, err)
		rows, err := out.Query(i)
		must(t, err)
		columns, err := rows.Columns()
		if must(t, err); len(columns) != i+2 || !rows.Next() {
			t.Error(columns)
		}
		must(t, rows.Close())
	}
	if _, err := in.Exec(1, 2); err == nil {
		t.Error("two arguments for one parameter")
	}
	if _, err := db.Prepare("selec"); driftdb.SQLState(err) != "42601" {
		t.Error(err)
	}
	if _, err := db.Query("select $1::int", sql.Named("a", 1)); err == nil {
		t.Error("named parameter")
	}
}

func TestContext(t *testing.T) {
	db := open(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(ctx, "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	must(t, db.Ping())
}

func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db, err := sql.Open("driftdb", dir)
	must(t, err)
	_, err = db.Exec("create table t (a int); insert into t values (1)")
	must(t, err)
	if _, err := driftdb.Open(dir, nil); !errors.Is(err, driftdb.ErrInUse) {
		t.Error(err)
	}
	must(t, db.Close())
	drift, err := driftdb.Open(dir, nil)
	must(t, err)
	db = stdlib.OpenDB(drift)
	var a int
	must(t, db.QueryRow("select a from t").Scan(&a))
	must(t, db.Close())
	must(t, drift.QueryRow(context.Background(), "select a from t").Scan(&a)) // still open
	must(t, drift.Close())
	db = stdlib.OpenDB(drift)
	if err := db.Ping(); err == nil {
		t.Error("a closed database answers")
	}
}

func Example() {
	db, err := sql.Open("driftdb", "memory:") // or a directory
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`create table note (id int primary key, text text)`); err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec(`insert into note values ($1, $2)`, 1, "hello"); err != nil {
		log.Fatal(err)
	}
	var text string
	if err := db.QueryRow(`select text from note where id = $1`, 1).Scan(&text); err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output: hello
}

func ExampleOpenDB() {
	drift, err := driftdb.Open("", &driftdb.Options{InMemory: true})
	if err != nil {
		log.Fatal(err)
	}
	defer drift.Close()
	db := stdlib.OpenDB(drift)
	defer db.Close()
	var seq int64
	if err := db.QueryRow(`select drift.current_seq()`).Scan(&seq); err != nil {
		log.Fatal(err)
	}
	fmt.Println(uint64(seq) == drift.CurrentSeq())
	// Output: true
}
