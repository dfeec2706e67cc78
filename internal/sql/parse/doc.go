// Package parse turns the text of SQL statements into trees of package ast. It is
// a hand-written lexer and recursive descent parser for PostgreSQL 15's grammar
// with DriftDB's temporal clauses; nothing else knows SQL text. It knows nothing
// of catalogs, types' meaning or sessions.
//
// [Statements] splits and parses a query string, [Expr] and [TypeName] parse
// parts that are stored as text.
//
// Invariants:
//
//	I1. What PostgreSQL 15 accepts is accepted, what it refuses is refused with
//	    its code, text and position; the module tests/grammar holds the parser to
//	    it. The exceptions are the temporal clauses, and nesting (I3).
//	I2. DriftDB's own words are no keywords: every name valid in PostgreSQL is
//	    valid here and means the same.
//	I3. Depth of recursion and height of trees are bounded (depthMax, heightMax);
//	    beyond them the answer is 54001 where PostgreSQL says that, or "memory
//	    exhausted".
//	I4. No input makes the exported functions panic.
//	I5. Scanning and parsing use no reflection and no regular expressions.
//
// Statements of kinds that DriftDB has no use for yet are checked against their
// full syntax and kept as text (ast.OtherStmt), so that the session can refuse
// them by name; their syntax is written as patterns, see pattern.go.
package parse
