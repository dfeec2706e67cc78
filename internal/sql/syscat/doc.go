// Package syscat computes the rows of pg_catalog, information_schema and the
// views of schema drift from a catalog snapshot and the state of the server.
// Their columns are PostgreSQL 15's, from package pgdata; every catalog exists,
// those that describe things we do not have are empty.
//
// It must not know plans or sessions: what it needs of them comes through Env.
// The functions that go with the catalogs (pg_get_indexdef, format_type ...) are
// here too, because they read the same descriptors.
//
// Invariants:
//
//	I1  A relation's rows depend on Env alone, so at a past moment they show the
//	    catalog of that moment.
//	I2  oids of built-in objects are PostgreSQL's own.
package syscat
