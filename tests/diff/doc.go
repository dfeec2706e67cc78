// Package diff compares DriftDB with PostgreSQL 15 statement by statement: a
// generator makes random schemas, data, queries and writes of every kind that
// DriftDB supports, both servers run them, and their answers must be equal: rows (as
// sets where no order is defined), column names, types and modifiers, command
// tags, SQLSTATEs and the transaction's status. Half goes through the simple and
// half through the extended protocol, with text and binary results. What tables
// held at some moments is asked for again AS OF these moments.
//
//	go test ./tests/diff                                    a fixed seed and a random one
//	DRIFTDB_DIFF_STATEMENTS=200000 go test ./tests/diff     a long run
//	DRIFTDB_DIFF_SEED=42 go test ./tests/diff               a seed again
//
// Every difference fails the test, but for the rules in rules_test.go, which say why
// a statement may end either way; how often each was needed is printed. Of the random
// seed, which may meet what no run met before, two differences are printed as things
// to be fixed; a third fails.
//
// The reference is the server that DRIFTDB_PG_DSN names, otherwise a cluster that
// the test starts with Debian's postgresql-15. DRIFTDB_DIFF_SHOWN is how many different
// differences are shown, DRIFTDB_DIFF_MESSAGES=1 shows error messages that are not
// PostgreSQL's (they do not fail the test), DRIFTDB_DIFF_SHRINK=off leaves scripts long.
package diff
