// Package rows keeps many rows in columns for the operators that must see them
// all: sort, hash join, aggregation, window functions, materialised results. It
// has no limit of 1,024 rows as a vec.Batch has, sorts row numbers by typed
// keys, and finds rows by the hash of key columns. What does not fit in memory it
// keeps on disk (package spill): Sorter sorts, Partitions spread by hash, Store
// keeps in order. It knows nothing of expressions or plans.
//
// Invariants:
//
//	I1  A Buffer owns copies of all values: the batches it was filled from may change.
//	I2  Every byte a Buffer or Table grows by is told to its mem.Account before use.
//	I3  Rows are numbered from 0 in the order they were appended; numbers never change.
package rows
