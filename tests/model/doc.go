// Package model compares the whole engine, through SQL, with a slow and obvious
// model of it, under random schemas, data, sessions, restarts, compactions, power
// cuts and clocks.
//
// The model (state_test.go) keeps two things that do not know of each other: a
// full copy of the database after every commit, and for each row the list of its
// versions. The six laws of time travel are judged with them:
//
//	stable      a moment answers the same whenever it is asked (checkStable)
//	true        AS OF t is the copy taken right after the commit at t (checkAsOf)
//	no future   nothing later or uncommitted shows in AS OF t: part of checkAsOf,
//	            which runs while other sessions have transactions open
//	whole       the columns, names and views of t; index and table scans agree
//	            (checkAsOf, checkView, scan settings)
//	everywhere  flush, compaction, restart and crash change no answer (checkAll
//	            after each of them)
//	adds up     versions (checkVersions, checkHistory) and changes (checkReplay)
//	            give the copies
//
// A run is a list of steps, each with a seed of its own, so that it can be
// repeated with steps left out: a failing run is shortened before it is shown.
// DRIFTDB_MODEL_SEED repeats a run, DRIFTDB_MODEL_RUNS and DRIFTDB_MODEL_STEPS
// make longer ones.
package model
