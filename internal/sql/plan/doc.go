// Package plan holds the logical plan of a statement: relational nodes (Rel) over
// bound expressions (Expr), in which every name is resolved, every implicit cast
// is a node, and every operator and function is a catalog entry. The binder
// makes plans, the optimizer rewrites them, the executor runs what comes out.
// Format prints any of it as indented text, Walk and Rewrite visit it.
//
// It knows the catalog's descriptors and the registry of functions; it must not
// know SQL text, how a name was resolved, or how anything is executed.
//
// Invariants:
//
//	I1. Every column of a statement has one ColID, given out by its Metadata. A
//	    column keeps its ColID through nodes that do not change its value; two
//	    nodes of a plan never produce the same ColID for different values.
//	I2. A ColRef whose ColID the node's inputs do not produce is correlated: it
//	    refers to a row of an enclosing query or, under a lateral join, to the
//	    join's left side.
//	I3. Sort, GroupBy, Window and Distinct name their keys by ColID; a Project
//	    below them computes the ones that are expressions, once a row.
//	I4. An AggCall stands only in GroupBy.Aggs, a WindowCall only in
//	    Window.Calls, a set-returning FuncCall only at the top of a ProjectSet
//	    item or a FunctionScan item.
//	I5. A plan is not changed once another statement or session can see it:
//	    Rewrite copies what it changes.
//	I6. Argument types of a FuncCall are those its function is declared with,
//	    but for polymorphic ones and binary-coercible casts, which stay visible
//	    as Relabel.
package plan
