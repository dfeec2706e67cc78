// Package keyenc writes SQL values as bytes that compare, with bytes.Compare, as
// the values do, so that the store's ordered keys are in the order of an index.
// It knows values (datum) and nothing of tables, indexes or the store.
//
// A key is the concatenation of one encoding per column. Each begins with a tag
// byte that tells NULL from values and kinds apart, so any encoding can be
// skipped, and decoded where that loses nothing, without knowing what wrote it.
//
// Invariants:
//
//	I1. Order: for values a, b of one kind, Append(a) < Append(b) exactly when
//	    datum.Compare(a, b) < 0, and equal bytes mean equal values; inverted
//	    for descending columns.
//	I2. Self-delimiting: no encoding is a proper prefix of another, so the
//	    concatenation compares column by column.
//	I3. No encoding depends on the process, its settings or its clock.
//
// Equal values may differ in what they print (1.5 and 1.50, 'a' and 'a ' of
// char(2)); Lossless tells for which kinds Decode gives back the same value. The
// others need it from the tuple. docs/formats/row-keys.md has the bytes.
package keyenc
