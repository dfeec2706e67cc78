// Package engine opens a data directory and wires everything that runs on it:
// store, transactions, catalog, sessions. It must not know the doors; they reach
// sessions through client.Session.
package engine
