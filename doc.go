// Package driftdb is the DriftDB database as a library: PostgreSQL's SQL, and
// the whole history of the data, in a directory or in memory.
//
//	db, err := driftdb.Open("app.drift", nil)
//	defer db.Close()
//	_, err = db.Exec(ctx, `create table account (id bigint primary key, balance numeric)`)
//	err = db.Update(ctx, func(tx *driftdb.Tx) error {
//		_, err := tx.Exec(ctx, `insert into account values ($1, $2)`, 1, "100.00")
//		return err
//	})
//	rows, err := db.AsOf(driftdb.AtTime(yesterday)).Query(ctx, `select * from account`)
//
// # Sessions
//
// A DB is safe for concurrent use and runs each statement in a session of a
// pool. What a session keeps (SET, PREPARE, cursors) does not outlive the call;
// use Conn for a session of one's own, or Tx for a transaction. A Conn, Tx, Stmt
// or Rows is used by one goroutine at a time.
//
// # Values
//
// Parameters $1, $2 ... take nil, bool, every integer and float type, string,
// []byte, time.Time, time.Duration (interval), [16]byte (uuid), slices (arrays),
// json.Marshaler and any map, struct or slice for json and jsonb, driver.Valuer,
// and pointers to all of these (nil is NULL). A string is read as PostgreSQL
// reads the text form of the parameter's type, so it goes for every type.
//
// Rows.Values gives bool, int64, float64, string, []byte (bytea), time.Time (date,
// timestamp and timestamptz, in UTC), []any (arrays) and nil; numeric, uuid, json,
// interval and all other types come as the string PostgreSQL prints. Rows.Scan
// converts to the type of its destination and fails where a value would not fit.
// The SQL values infinity and -infinity are Infinity and NegInfinity in Go.
//
// # Errors
//
// Errors of statements are *Error with PostgreSQL's SQLSTATE and fields. When a
// context ended a statement, the error also is ctx.Err() for errors.Is.
package driftdb
