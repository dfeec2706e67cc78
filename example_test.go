package driftdb_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/driftdb/driftdb"
)

func openExample() *driftdb.DB {
	db, err := driftdb.Open("", &driftdb.Options{InMemory: true})
	if err != nil {
		log.Fatal(err)
	}
	return db
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func Example() {
	db, err := driftdb.Open("", &driftdb.Options{InMemory: true}) // or a directory: Open("app.drift", nil)
	check(err)
	defer db.Close()

	ctx := context.Background()
	_, err = db.Exec(ctx, `create table account (id bigint primary key, balance numeric)`)
	check(err)
	err = db.Update(ctx, func(tx *driftdb.Tx) error { // commits on nil; runs again after 40001
		_, err := tx.Exec(ctx, `insert into account values ($1, $2)`, 1, "100.00")
		return err
	})
	check(err)
	before := db.CurrentSeq()
	_, err = db.Exec(ctx, `update account set balance = 70`)
	check(err)
	var balance string
	err = db.AsOf(driftdb.AtSeq(before)).QueryRow(ctx, `select balance from account`).Scan(&balance) // 100.00
	check(err)
	fmt.Println(balance)
	// Output: 100.00
}

func ExampleDB_Query() {
	db := openExample()
	defer db.Close()
	ctx := context.Background()

	rows, err := db.Query(ctx, `select n, n * n as square from generate_series(1, $1::int) n`, 3)
	check(err)
	defer rows.Close()
	for rows.Next() {
		var n, square int
		check(rows.Scan(&n, &square))
		fmt.Println(n, square)
	}
	check(rows.Err())
	// Output:
	// 1 1
	// 2 4
	// 3 9
}

func ExampleDB_Update() {
	db := openExample()
	defer db.Close()
	ctx := context.Background()
	_, err := db.Exec(ctx, `create table account (id int primary key, balance int check (balance >= 0))`)
	check(err)

	err = db.Update(ctx, func(tx *driftdb.Tx) error {
		if _, err := tx.Exec(ctx, `insert into account values ($1, $2)`, 1, 100); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update account set balance = balance - 200 where id = 1`)
		return err // rolls back
	})
	var e *driftdb.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Constraint)
	}
	var n int
	check(db.QueryRow(ctx, `select count(*) from account`).Scan(&n))
	fmt.Println(n, "rows")
	// Output:
	// 23514 account_balance_check
	// 0 rows
}

func ExampleDB_View() {
	db := openExample()
	defer db.Close()
	ctx := context.Background()

	check(db.View(ctx, func(tx *driftdb.Tx) error {
		var readOnly string
		if err := tx.QueryRow(ctx, `show transaction_read_only`).Scan(&readOnly); err != nil {
			return err
		}
		fmt.Println("read only:", readOnly)
		return nil
	}))
	// Output: read only: on
}

func ExampleDB_AsOf() {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	db, err := driftdb.Open("", &driftdb.Options{InMemory: true, Clock: func() time.Time { return now }})
	check(err)
	defer db.Close()
	ctx := context.Background()
	_, err = db.Exec(ctx, `create table price (item text primary key, cents int); insert into price values ('tea', 250)`)
	check(err)
	yesterday := now
	now = now.Add(24 * time.Hour)
	_, err = db.Exec(ctx, `update price set cents = 300`)
	check(err)

	var cents int
	check(db.AsOf(driftdb.AtTime(yesterday.Add(time.Minute))).QueryRow(ctx, `select cents from price`).Scan(&cents))
	fmt.Println(cents)
	// Output: 250
}

func ExampleDB_Conn() {
	db := openExample()
	defer db.Close()
	ctx := context.Background()

	c, err := db.Conn(ctx)
	check(err)
	defer c.Close()
	_, err = c.Exec(ctx, `set time zone 'Asia/Tokyo'`)
	check(err)
	var text string
	check(c.QueryRow(ctx, `select '2024-01-01 00:00:00+00'::timestamptz::text`).Scan(&text))
	fmt.Println(text)
	// Output: 2024-01-01 09:00:00+09
}

func ExampleConn_Prepare() {
	db := openExample()
	defer db.Close()
	ctx := context.Background()
	c, err := db.Conn(ctx)
	check(err)
	defer c.Close()

	st, err := c.Prepare(ctx, `select $1::int + $2::numeric as sum`)
	check(err)
	defer st.Close()
	fmt.Println(st.Params(), st.Columns()[0].Name, st.Columns()[0].Type)
	// Output: [integer numeric] sum numeric
}
