package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// null is SQL's NULL.
var null datum.Datum

// fn1 registers a function of one argument that needs no context.
func fn1(source string, f func(a datum.Datum) (datum.Datum, error)) {
	Register(source, func(_ *Context, args []datum.Datum) (datum.Datum, error) { return f(args[0]) })
}

// fn2 registers a function of two arguments that needs no context.
func fn2(source string, f func(a, b datum.Datum) (datum.Datum, error)) {
	Register(source, func(_ *Context, args []datum.Datum) (datum.Datum, error) { return f(args[0], args[1]) })
}

// pure1 and pure2 register functions that cannot fail.
func pure1(source string, f func(a datum.Datum) datum.Datum) {
	Register(source, func(_ *Context, args []datum.Datum) (datum.Datum, error) { return f(args[0]), nil })
}

func pure2(source string, f func(a, b datum.Datum) datum.Datum) {
	Register(source, func(_ *Context, args []datum.Datum) (datum.Datum, error) { return f(args[0], args[1]), nil })
}

// sqlBody registers the body of a function that PostgreSQL writes in SQL, whose
// prosrc is empty or SQL text: it is found by name and argument types.
func sqlBody(name string, args []types.OID, f Func) {
	procOf(name, args).Eval = f
}

// procOf returns the function of that name and argument types; it panics when
// there is none, because that is a misspelling.
func procOf(name string, args []types.OID) *Proc {
	for _, p := range procsByName[name] {
		if p.Kind == 'f' && sameTypes(p.Args, args) {
			return p
		}
	}
	panic("builtin: no function " + name + " with these arguments")
}

func sameTypes(a, b []types.OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// errOutOfRange builds the usual "out of range" error.
func errOutOfRange(what string) error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "%s out of range", what)
}

func errDivisionByZero() error {
	return pgerr.New(pgcode.DivisionByZero, "division by zero")
}

func invalidParameter(text string, args ...any) error {
	return pgerr.New(pgcode.InvalidParameterValue, text, args...)
}

// textOf returns a value's text form as its output function prints it.
func (c *Context) textOf(oid types.OID, d datum.Datum) string {
	switch {
	case oid == types.Char: // its text form is not its bytes
	case d.Kind() == datum.Text, d.Kind() == datum.BPChar:
		return d.Str()
	}
	return pgfmt.Text(types.Of(oid), d, c.settings())
}

// settings returns the session's settings, or the defaults without a session.
func (c *Context) settings() *pgfmt.Settings {
	if c == nil || c.Settings == nil {
		return defaultSettings
	}
	return c.Settings
}

var defaultSettings = pgfmt.Default()
