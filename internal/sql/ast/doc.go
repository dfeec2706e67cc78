// Package ast holds DriftDB's syntax tree: what the parser found in the text of
// a statement, before any name or type is resolved. It knows nothing of
// catalogs, values or storage, and it holds no text positions other than byte
// offsets into the statement string.
//
// Main types: [RawStmt] is one statement of a string with its extent; [Stmt],
// [Expr] and [TableExpr] are the three closed families of nodes. [Format]
// prints a tree as SQL that parses to an equal tree, [Walk] and [Rewrite] visit
// it, [Leftmost] gives the offset PostgreSQL reports for an expression.
//
// Invariants:
//
//	I1. Pos is the byte offset, from 0, of the token at which PostgreSQL's own
//	    parser places the node's location (an operator for a binary expression,
//	    the first token for most others), so that error positions agree.
//	I2. The height of a tree is bounded by the parser (see package parse), so
//	    recursive walks are safe.
//	I3. AND and OR are flattened as PostgreSQL does: a AND b AND c is one BoolExpr.
//	I4. Names are folded and truncated; a name in the tree is the final one.
//	I5. A tree is not changed after parsing: statements are shared by plans and
//	    prepared statements. Rewrite copies what it changes.
package ast
