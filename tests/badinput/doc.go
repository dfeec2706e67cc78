// Package badinput sends a server what no sensible client sends: messages of
// random bytes, expressions a hundred thousand levels deep, strings of a hundred
// megabytes, bytes that are no UTF-8, too long names and keys, too many columns.
// Each must end in the answer or the SQLSTATE that PostgreSQL gives, which is why
// the tests run against the reference server too where there is one, and the
// other sessions must not notice.
//
// Other bad input has its tests elsewhere:
//
//	each broken message by itself        tests/wire, internal/pgwire
//	full disks, damaged files, clocks    tests/crash
//	moments that are not there           tests/logic/temporal
//	directories in use or too new        cmd/driftdb
package badinput
