// Package wire holds conversations in the PostgreSQL protocol as data: each line
// of testdata/*.jsonl is a message of the client (">") or one that the server
// must answer ("<"). The runner knows neither DriftDB nor PostgreSQL and works
// against both: every expectation is PostgreSQL 15's answer.
//
//	DRIFTDB_WIRE_ADDR=127.0.0.1:5433 go test -run Scripts ./tests/wire
//
// runs the scripts against the server at that address as user and database
// driftdb, in a schema of their own; without the address a server is started.
// With -rewrite the expectations are written anew from the answers; read the
// difference before committing it.
package wire
