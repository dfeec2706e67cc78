// Package slt reads and runs sqllogictest files. Only tests import it.
//
// A file is a list of records separated by blank lines; # starts a comment line.
//
//	statement ok                   must succeed
//	statement count 3              must succeed and change three rows
//	statement error 23505 text     must fail with this SQLSTATE, the text in its message
//	query ITR rowsort label-x      must give the rows below ----; rowsort sorts them
//	let $name                      runs a query and keeps its one value for $name
//	onlyif driftdb, skipif driftdb the next record runs on that server only, or not on it
//	halt                           ends the file
//
// The SQL follows on the next lines. COPY FROM STDIN takes what follows its ---- as
// data; of COPY TO STDOUT the lines are the rows. In a query's rows values are
// separated by tabs, NULL is NULL, an empty string is (empty), a line end inside a
// value is \n. In the classic layout, that of SQLite's own files, each value has a
// line, formatted by the type letters, and long results are hashed.
package slt
