// Package obs is how the server is observed: its log, in PostgreSQL's manner and
// levels, over log/slog, and its metrics for Prometheus. It knows nothing of
// sessions, SQL or storage; those call it, or hand it a collector.
//
// Main types: Handler (writes the log), StatementLog (what log_statement and its
// kin ask for), Metrics (counters the doors feed). All are safe for concurrent use.
package obs
