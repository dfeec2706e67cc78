// Package logic runs the scripts in this directory, sqllogictest files of one
// feature family each (the format is described in internal/testkit/slt), on a
// fresh database in memory: on both execution paths and through both protocols.
// What they expect of plain SQL was given by PostgreSQL 15, and where
// DRIFTDB_PG_DSN names such a server it is asked again. Files in temporal hold
// what only DriftDB has.
//
//	go test ./tests/logic -run TestLogic/joins
//	go test ./tests/logic -run TestLogic/joins -rewrite postgres   take PostgreSQL's answers
//	go test ./tests/logic -run TestLogic/T1 -rewrite driftdb       take ours: read the difference
//
// TestClassic runs SQLite's files from DRIFTDB_TESTDATA, or ../shared/testdata.
package logic
