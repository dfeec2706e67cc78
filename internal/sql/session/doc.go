// Package session conducts one client's statements: it parses them, keeps the
// transaction block, binds and plans queries against the catalog of the right
// moment, runs them, and carries out everything that is no query (SET, COPY,
// DDL, cursors, EXPLAIN). It implements client.Session.
//
// It must not know the wire protocol or HTTP, nor the bytes of rows: doors call
// it through package client, and rows are reached through exec and table.
//
// Files: session.go (the session and its life), simple.go and extended.go (the
// two protocols' ways in), block.go (transaction blocks), run.go (which
// statement goes where), query.go (plans and portals), text.go (statements that
// come as text), plancache.go and lift.go (their trees and plans, shared by all
// sessions: docs/decisions/0032-plan-cache.md), moments.go (time travel), ddl.go (the catalog), settings.go, copy.go, explain.go, cursor.go, maintain.go.
//
// Invariants:
//
//	I1  Outside a transaction block nothing is held between calls: no View, no lock.
//	I2  An error inside a block leaves it failed until ROLLBACK or ROLLBACK TO.
//	I3  No answer about a commit leaves before the commit is durable.
//	I4  A plan runs only in the catalog version it was bound in, for the role and
//	    with the settings it was bound with.
//	I5  Trees and compiled plans in the plan cache never change.
package session
