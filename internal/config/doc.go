// Package config is the registry of settings ("GUCs") and one session's values
// of them: parsing, checking and printing exactly as PostgreSQL 15, defaults
// from the server, database, role and start-up packet, SET, SET LOCAL, RESET,
// and what commit, rollback and savepoints do to them. It must not know SQL
// statements, the catalog or the wire; checks that need those are handed in
// (Session.Check).
//
// Main types: Setting (one row of pg_settings), Defaults (the server's values,
// shared), Session (one session's values; holds only what differs).
//
// Invariants:
//
//	I1. A stored value is canonical: SHOW prints it without another check, and
//	    parsing what SHOW prints gives the same value.
//	I2. A Session holds memory only for settings that were given a value of
//	    their own; the others read the shared Defaults.
//	I3. Outside a transaction no undo entry is kept.
package config
