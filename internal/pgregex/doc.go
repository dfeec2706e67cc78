// Package pgregex matches PostgreSQL's regular expressions: advanced (ARE) and
// extended ones and literal strings, with back references, lookaround and
// PostgreSQL's rules for which of several matches wins. It knows nothing of SQL
// functions. The classes are those of the C locale: ASCII letters and digits.
//
// Unlike Perl's, PostgreSQL's matches are not decided by the order in which
// alternatives are written: an expression as a whole prefers the longest or the
// shortest match, and then its parts do, those further left first. So matching
// has two stages: automata find where a match begins and ends; then, if captures
// are wanted or there are back references, the match is dissected down the tree
// of the expression, each part asking its own automaton for the ends it allows.
//
// Main types: Regexp, compiled and safe for concurrent use; node, the syntax
// tree; part, the tree for dissecting; prog, an automaton; matcher, one search.
//
// Invariants:
//
//	I1. Automata decide in time proportional to text times pattern; only the
//	    dissection of back references can take longer, and it stops when the
//	    context does.
//	I2. A part's automaton accepts every text that the part matches; without back
//	    references in it, exactly those.
package pgregex
