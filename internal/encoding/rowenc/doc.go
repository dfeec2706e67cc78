// Package rowenc writes a row as the bytes of a tuple and reads single columns
// back, into datums or straight into vectors. It knows values and their types,
// nothing of tables, keys or the store.
//
// A tuple begins with a format byte and the number of the Layout it was written
// with; the Layout says which columns follow and where. Columns of fixed width
// come first, each at an offset that is the same in every tuple of a Layout (a
// NULL takes its place too), then the ends of the variable columns, then their
// bytes. So a fixed column is read with one load, and a tuple without NULLs
// carries no null bitmap. docs/formats/tuples.md has the bytes.
//
//	+--------+---------+-------------+-------------+-----------+----------+
//	| format | version | null bitmap | fixed width | var. ends | variable |
//	| 1 byte | 2 bytes | if any NULL | columns     | 1, 2 or 4 | columns  |
//	+--------+---------+-------------+-------------+-----------+----------+
//
// Invariants:
//
//	I1. Encode then Column gives back the value with everything that shows:
//	    display scale, padding, array bounds.
//	I2. Values read from a tuple share no memory with it: strings are copied
//	    into an Arena, whose chunks are never written again where a value lies.
//	I3. Malformed bytes give ErrCorrupt, never a panic or a read beyond the tuple.
package rowenc
