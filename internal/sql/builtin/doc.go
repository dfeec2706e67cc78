// Package builtin implements PostgreSQL's built-in functions, operators, casts
// and aggregates. Which exist, their signatures, volatility and strictness come
// from PostgreSQL's own catalog rows (package pgdata); this package gives them
// bodies, keyed by pg_proc.prosrc. A function without a body is known to name
// resolution and answers 0A000 when called.
//
// It must not know storage, plans or sessions: what a function needs of them
// comes through Context and the Session interface; functions that live on the
// catalogs (pg_get_*, drift.*) are registered by the packages that own them.
package builtin
