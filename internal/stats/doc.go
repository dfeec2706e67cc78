// Package stats describes the values of a table's columns: how many differ, which
// are common, how the rest is spread. A Sample gathers rows; Column answers what
// share of rows a comparison leaves.
//
// It knows values only; it must not know tables, plans or how rows are read.
// Statistics are immutable once made and may be shared.
package stats
