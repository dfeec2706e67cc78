// Package psql holds black-box tests that drive DriftDB and PostgreSQL 15 with the
// same psql and compare what it prints byte for byte: the \d family after random
// definitions, and scripts of definitions with their errors and notices.
//
// They need psql in the PATH and DRIFTDB_PG_DSN, the address of a PostgreSQL 15
// server whose user may create databases; without them they are skipped. DRIFTDB_SEED
// repeats one run of the random test, DRIFTDB_ROUNDS says how many statements it has.
package psql
