// Package keyword holds PostgreSQL 15's key words: what pg_get_keywords() lists,
// and the quoting of names that follows from it. It knows nothing of syntax.
package keyword
