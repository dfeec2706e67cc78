// Package agg accumulates aggregates for groups of rows. An Accumulator holds
// one aggregate call's state for all groups at once, in typed arrays for the hot
// aggregates (count, sum, avg, min, max) and in builtin's state objects for the
// rest. A Grouper numbers the groups.
//
// It knows nothing of plans or operators: arguments arrive as vectors, groups as
// numbers.
//
// Invariants:
//
//	I1  Groups are numbered from 0; Grow is called before a number is used.
//	I2  NULL arguments are passed over here, but for aggregates that keep them
//	    (array_agg and its like); builtin's states never see other NULLs.
//	I3  DISTINCT and ORDER BY are applied before an aggregate's state is touched.
package agg
