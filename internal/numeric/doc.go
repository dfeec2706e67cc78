// Package numeric does the arithmetic of PostgreSQL's numeric type: parsing and
// printing, the four operations, rounding, roots, exponentials and logarithms,
// with PostgreSQL's result scales and errors. It knows values (package datum)
// and nothing of functions, formats of other types or statements.
//
// Values whose coefficient fits an int64 stay inline in the Datum and take paths
// without an allocation; larger ones use apd's integers.
//
// Invariants:
//
//	I1. A finite value is coefficient * 10^-scale with 0 <= scale <= 16383; the
//	    scale is the display scale and is kept exactly as PostgreSQL does.
//	I2. There is no negative zero.
//	I3. Every result with at most 18 digits is inline.
package numeric
