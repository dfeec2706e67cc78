// Package spill keeps rows that do not fit in memory in temporary files: blocks of
// up to vec.MaxRows rows in columns, each with a checksum, in files that live no
// longer than the operator that made them. docs/formats/temporary.md has the
// bytes.
//
// It knows vectors and files, nothing of operators: sorting, partitioning and
// reading by row number are package rows'.
//
// Main types: Area (a database's directory for such files), Session (one session's
// share of it, with its limit), Space (what memory and disk one execution or
// operator may use), File and Run (blocks in the order they were written).
//
// Invariants:
//
//	I1  A file is removed when it is closed, whatever happened to it; what a
//	    crash left is removed when the area is opened.
//	I2  A block that is not exactly what was written is an error that names the
//	    file (XX001), never a row.
//	I3  The bytes of a session's files never exceed its limit (53400), and the
//	    space the database itself needs on the disk stays free (53100).
//	I4  Values read share no memory with the block they were read from.
package spill
