// Package isolation tests what concurrent sessions see of one another.
//
// Scripts in testdata (*.txt) are scenarios: statements of numbered sessions, run in
// the order they are written. "begin" stands for BEGIN at the level under test. What
// each statement answers, which ones wait, and when they go on is compared with the
// transcript of that name and level (*.out); -rewrite writes it anew. With
// DRIFTDB_PG_DSN the same scripts run on PostgreSQL 15 and are compared with the
// same transcripts.
//
// TestPostgresSpecs runs PostgreSQL's own isolation specs, which are not part of
// this repository, with its isolationtester; it is skipped where they are missing.
package isolation
