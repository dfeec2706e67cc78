// Package stdlib is DriftDB's driver for database/sql, under the name "driftdb".
//
//	db, err := sql.Open("driftdb", "app.drift")   // a directory; "memory:" for one in memory
//	db := stdlib.OpenDB(drift)                    // on a *driftdb.DB that is open already
//
// Closing a sql.DB of sql.Open closes the database; one of OpenDB leaves it open.
// Two sql.DB of one process cannot open the same directory: use OpenDB for the
// second.
//
// Parameters are $1, $2 ... and take what package driftdb takes. Arrays come as
// text; scan them with driftdb, or cast them in SQL. LastInsertId does not exist:
// use RETURNING. It must not know more of the database than driftdb exports.
package stdlib
