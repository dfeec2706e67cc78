// Package expr turns bound expressions (package plan) into evaluators that work
// both on one row of datums and on a batch with a selection. Each function has
// one body, builtin's; the vectorised form of an expression either loops over
// that body or, for the hot functions, is a kernel that must give the same
// answers (a property test compares the two).
//
// It must not know operators, tables or transactions: subqueries are reached
// through the Subplan interface, which the executor implements.
//
// Main types: Compiler (builds nodes and hands out the slots their scratch space
// lives in), Node (an immutable evaluator), Ctx (what one goroutine needs to run
// nodes: parameters, values of outer rows, scratch space).
//
// Invariants:
//
//	I1  A Node is immutable after compiling; any number of goroutines may run it,
//	    each with a Ctx of its own.
//	I2  A Vec evaluation touches only the rows in the selection: a row that a CASE
//	    branch, AND, OR or COALESCE does not reach raises no error and calls no function.
//	I3  A vector returned by Vec is the node's own slot, the input's column or a
//	    constant; it is valid until the same node runs again and must not be written to.
//	I4  A strict function never sees NULL.
package expr
