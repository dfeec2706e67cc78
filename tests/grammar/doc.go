// Package grammar holds DriftDB's parser to PostgreSQL's own grammar, which
// pg_query_go carries as C code: what the judge accepts must be accepted, what it
// refuses must be refused with the same text at the same place. It is a module
// of its own because the judge needs a C compiler; nothing imports it.
//
// Run it with
//
//	cd tests/grammar && CGO_ENABLED=1 go test .
//
// The corpus is the regression suite of PostgreSQL and the files of sqllogictest
// where they are present (DRIFTDB_TESTDATA or ../shared/testdata beside the
// repository), and statements made from both by deleting, doubling, swapping and
// replacing tokens.
//
// The judge differs from the server in a few ways, which the tests let through:
// it takes parameters in places where the server does not, and "?" as one.
package grammar
