// Package phys is the physical plan: which algorithm runs where, over the bound
// expressions of package plan. The optimizer makes it, the executor compiles and
// runs it, EXPLAIN prints it. It holds data only; it must not know how plans are
// chosen nor how operators work.
//
// Invariants:
//
//	I1  A plan is immutable once made; any number of executions may share it.
//	I2  Props.Cols are the columns a node produces, in the order of its rows. An
//	    expression of a node sees the columns of its inputs by ColID (left before
//	    right); any other ColRef is correlated, to a row of an enclosing query or
//	    to the left side of a NestLoop.
//	I3  Every plan.Subquery in an expression of the plan is a key of
//	    Plan.Subplans, and every CTE of a CTEScan an element of Plan.CTEs.
package phys
