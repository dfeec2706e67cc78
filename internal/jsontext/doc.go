// Package jsontext reads JSON as PostgreSQL does: it validates json text,
// brings jsonb to its canonical text, and walks, compares and searches such
// texts. It knows nothing of values, types or functions.
//
// A jsonb value is held as the text PostgreSQL prints for it. Two properties
// make that a good form to compute on:
//
//	I1. Canonical text is unique up to the scale of numbers: object keys are
//	    sorted by length, then bytewise, without duplicates; separators are ", "
//	    and ": "; strings are escaped in one way; numbers have no exponent.
//	I2. Every part of a canonical text that is a value is itself canonical, so
//	    extracting a field is cutting a substring.
package jsontext
