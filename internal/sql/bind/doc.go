// Package bind turns a syntax tree into a logical plan by PostgreSQL 15's rules:
// it resolves names in scopes, operators and functions among the catalog's, adds
// the casts that the standard leaves out, infers the types of parameters, and
// checks what only a complete query shows (grouping, placement of aggregates,
// set operations' columns). Views are bound in place, tables under a temporal
// clause in the catalog of that moment.
//
// It must not know how a plan is executed, how statements are stored or run, or
// what a setting means beyond the few in Options. It reads the catalog through
// the small interface Catalog.
//
// Main types: [Bind] binds a statement, [BindExpr] an expression over one table;
// [Query] is a bound query before it becomes a plan, in the form that package
// deparse prints.
//
// Invariants:
//
//	I1. Every error is a *pgerr.Error with PostgreSQL's SQLSTATE and text; its
//	    position is a byte offset from 1, which the session turns into characters.
//	I2. A bound expression has no unknown-typed value but in the places where
//	    PostgreSQL leaves one (arguments of type "any" and "unknown").
//	I3. The meaning of a bound plan depends only on the catalogs it was bound in:
//	    no name is looked up later.
//
// Inside the package an error is raised by failing the binder (see fail), which
// unwinds to the exported function that was called; no panic leaves the package.
package bind
