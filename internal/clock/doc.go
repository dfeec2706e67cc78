// Package clock gives DriftDB its readings of time.
//
// The store stamps commits and answers now() from one Clock, so that a session
// always finds its own commit in "AS OF now()". A Clock never steps back while
// the process lives: System follows the machine's monotonic clock and moves
// towards the wall clock without ever going back. Manual is for tests.
//
// The package knows nothing about commits; the store adds the rules that make
// times unique and keeps them across restarts.
package clock
