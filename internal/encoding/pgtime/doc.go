// Package pgtime reads and prints dates, times, timestamps and intervals as
// PostgreSQL does, and holds the calendar and time zone rules behind them. It is
// pure: the session's settings and the current time come in through Opts.
//
// It must not know SQL functions, statements or the other types' formats
// (package pgfmt builds on this one; sql/builtin does arithmetic with it).
//
// The Parse functions are the input functions, the Append functions the output
// functions, Adjust functions apply type modifiers. Fields is a broken-down
// moment; Zone a time zone as SQL names it: a zone with rules, a fixed offset or
// an abbreviation whose meaning depends on the date.
//
// Invariants:
//
//	I1. A timestamp counts microseconds since 2000-01-01 00:00:00 (UTC when with
//	    time zone), a date counts days since 2000-01-01; the extreme integers are
//	    the infinities.
//	I2. Zone displacements inside Fields are seconds WEST of Greenwich, as
//	    PostgreSQL stores them in timetz; text shows them east-positive.
//	I3. Text printed in any style is read back to the same value under the
//	    settings it was printed with, where DateOrder is one the style prints
//	    (German prints day first, SQL and Postgres never print the year first).
package pgtime
