// Package pgfmt turns values into PostgreSQL's text and binary formats and
// back: what a type's input, output, receive and send functions do. It knows
// nothing of messages, statements or storage.
//
// AppendText, AppendBinary, ParseText and ParseBinary are the four doors; they
// choose by the type's OID. Errors are *pgerr.Error with PostgreSQL's codes and
// texts (22P02, 22003, 22007, 22008 ...).
package pgfmt
