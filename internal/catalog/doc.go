// Package catalog describes tables, indexes, views, sequences, schemas and
// roles, and keeps their history: descriptors are stored as versioned rows, so
// the catalog of any past moment can be read as any table can.
//
// It knows the store's readers and batches, never SQL text's meaning or plans:
// expressions (defaults, checks, view queries) are kept as canonical SQL text
// that the layers above parse.
//
// Invariants:
//
//	I1  A Snapshot and every descriptor in it are immutable and may be shared.
//	I2  An OID is never reused; an attnum is never reused within a table.
//	I3  In one Snapshot at most one relation has a given schema and name, and
//	    at most one schema, role or database a given name.
//	I4  Descriptors reach the store only inside the commit that makes them true.
package catalog
