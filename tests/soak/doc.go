// Package soak runs PostgreSQL's pgbench against the real program and judges it
// by the sums that TPC-B keeps: at every past moment the balances of accounts,
// tellers and branches and the deltas of the history add up to the same number,
// and the history has one row for each commit since the load. The sums of a
// moment must not change through kill -9, restarts and compaction (laws 1, 3 and 5).
//
// The short form runs with go test. The long one is asked for by
// DRIFTDB_SOAK_SCALE, DRIFTDB_SOAK_SECONDS and DRIFTDB_SOAK_MOMENTS.
package soak
