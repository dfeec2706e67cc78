// Package pgcode names PostgreSQL's SQLSTATE codes as typed constants, so that
// a stray string does not compile where a code is wanted.
package pgcode

//go:generate sh -c "go run ../../../tools/genpgcode /usr/share/postgresql/15/errcodes.txt > codes.go"

// Code is a five-character SQLSTATE.
type Code string
