package badinput

import "testing"

// A key that is too long is refused wherever one can come from, and nothing of
// the statement stays.
func TestLongKeys(t *testing.T) {
	// Hashes: PostgreSQL compresses before it measures.
	const long = "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 4000) i)"
	servers(t, func(t *testing.T, connect connector) {
		old, c := connect(), connect()
		for _, s := range []struct{ sql, code string }{
			{"CREATE TABLE k (id int PRIMARY KEY, s text, u text UNIQUE)", ""},
			{"CREATE TABLE p (s text PRIMARY KEY, n int)", ""},
			{"INSERT INTO k VALUES (1, " + long + ", 'a')", ""},
			{"CREATE INDEX k_s ON k (s)", "54000"},
			{"CREATE INDEX k_s ON k (id, (s || s))", "54000"},
			{"CREATE UNIQUE INDEX k_s ON k (s)", "54000"},
			{"ALTER TABLE k ADD UNIQUE (s)", "54000"},
			{"CREATE INDEX k_s ON k (md5(s))", ""},
			{"CREATE INDEX k_part ON k (s) WHERE id > 1", ""},
			{"INSERT INTO k VALUES (2, 'short', 'b')", ""},
			{"UPDATE k SET id = 3 WHERE id = 1", "54000"},
			{"INSERT INTO k VALUES (4, " + long + ", 'c')", "54000"},
			{"INSERT INTO k VALUES (4, 'short', " + long + ")", "54000"},
			{"UPDATE k SET u = " + long + " WHERE id = 2", "54000"},
			{"INSERT INTO k VALUES (2, 'x', 'y') ON CONFLICT (id) DO UPDATE SET u = " + long, "54000"},
			{"INSERT INTO p VALUES (" + long + ", 1)", "54000"},
			{"INSERT INTO p VALUES ('a', 1), (" + long + ", 2)", "54000"},
			{"INSERT INTO p VALUES (" + long + ", 1) ON CONFLICT DO NOTHING", "54000"},
			{"INSERT INTO p VALUES ('a', 1)", ""},
			{"UPDATE p SET s = " + long, "54000"},
			{"ALTER TABLE k DROP CONSTRAINT k_pkey, ADD PRIMARY KEY (s)", "54000"},
			{"DELETE FROM k WHERE s = " + long, ""},
			{"SELECT 1 FROM p WHERE s = " + long, ""},
			{"SELECT 1 FROM p WHERE s > " + long, ""},
			{"DROP INDEX k_part", ""},
			{"CREATE INDEX k_part ON k (s)", ""},
		} {
			v, code := run(c, s.sql)
			judge(t, s.sql, v, code, s.code)
		}
		for sql, want := range map[string]string{
			"SELECT string_agg(id || s || u, ' ') FROM k": "2shortb",
			"SELECT string_agg(s || n, ' ') FROM p":       "a1",
		} {
			if v, code := run(c, sql); v != want {
				t.Errorf("%s: %.100q %s, want %q", sql, v, code, want)
			}
		}
		bystander(t, old, connect)
	})
}
