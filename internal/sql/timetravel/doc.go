// Package timetravel holds the functions of schema drift: what a row was, what
// changed between two moments, and the mapping of moments to commits. It reads
// through package table and the commit log; it must not know sessions or plans.
// What it needs of the running session comes through its Session interface,
// which the value in builtin.Context.Session implements.
//
// Importing the package registers the functions.
package timetravel
