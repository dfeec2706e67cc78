// Package exec compiles physical plans (package phys) and runs them: vectorised
// operators over vec.Batch, row locks and writes, and a short path for point work
// that builds neither batch nor operator.
//
// It must not know SQL text, names or how a plan was chosen; tables are reached
// through the Tables interface.
//
// Main types: Program (a compiled plan: immutable, shared by any number of
// executions), Env (what one execution runs in), Cursor (one execution).
//
// Invariants:
//
//	I1  A Program holds no state of an execution.
//	I2  A batch belongs to the operator that returned it until that operator is
//	    asked for the next; an operator never changes a batch it was given.
//	I3  Every operator that keeps rows tells the statement's mem.Account.
//	I4  Every loop that can be long checks for cancellation at least once per batch.
//	I5  After close an operator holds no scanner, no accounted memory and no
//	    temporary file.
//	I6  An operator that spills gives the rows it would have given in memory; in
//	    the same order where opt relies on one.
package exec
