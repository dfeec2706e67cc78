// Package deparse prints bound expressions and queries as SQL, in the form that
// PostgreSQL's pg_get_expr, pg_get_viewdef, pg_get_constraintdef and
// pg_get_indexdef have: every cast explicit, every constant with its type where
// it needs one, names qualified as far as the search path asks for.
//
// It reads bound trees (package bind) and the catalog they were bound in; it must
// not know how text is parsed or plans are run.
//
// Invariants:
//
//	I1. What is printed parses and binds to the same expression in a catalog with
//	    the same names. Catalog rows keep expressions in the qualified form (see
//	    Qualified), which means the same under any search path.
//	I2. Without pretty the text is PostgreSQL's own for the same expression, with
//	    all its parentheses; with pretty those go that nobody needs.
package deparse
