package badinput

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestLongNames(t *testing.T) {
	servers(t, func(t *testing.T, connect connector) {
		var last *pgconn.Notice
		c := connect(func(n *pgconn.Notice) { last = n })
		long := strings.Repeat("n", 100)
		short := long[:63]
		if _, code := run(c, "CREATE TABLE "+long+" ("+long+" int)"); code != "" {
			t.Fatal(code)
		}
		if v, code := run(c, "SELECT relname FROM pg_class WHERE relname = '"+short+"'"); v != short {
			t.Errorf("%q %s", v, code)
		}
		if v, code := run(c, "SELECT "+short+" FROM "+long); code != "" {
			t.Errorf("%q %s", v, code)
		}
		// A name is cut between characters, and the client is told.
		wide := strings.Repeat("é", 40)
		results, err := c.Exec(context.Background(), `SELECT 1 AS "`+wide+`"`).ReadAll()
		if err != nil || results[0].FieldDescriptions[0].Name != strings.Repeat("é", 31) {
			t.Errorf("%v", err)
		}
		if last == nil || last.Code != "42622" || last.Severity != "NOTICE" {
			t.Errorf("notice: %+v", last)
		}
	})
}

func TestManyColumns(t *testing.T) {
	columns := func(n int) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf("c%d int", i)
		}
		return strings.Join(parts, ", ")
	}
	list := func(n int, s string) string { return strings.Repeat(s+", ", n-1) + s }
	servers(t, func(t *testing.T, connect connector) {
		c := connect()
		for _, s := range []struct{ sql, code string }{
			{"CREATE TABLE wide (" + columns(1600) + ")", ""},
			{"CREATE TABLE wider (" + columns(1601) + ")", "54011"},
			{"ALTER TABLE wide ADD one_more int", "54011"},
			{"INSERT INTO wide VALUES (" + list(1600, "1") + ")", ""},
			{"INSERT INTO wide VALUES (" + list(1601, "1") + ")", "42601"},
			{"SELECT * FROM wide", ""},
			{"SELECT " + list(1664, "1"), ""},
			{"SELECT " + list(1665, "1"), "54011"},
			{"SELECT w.*, x.* FROM wide w, wide x", "54011"},
			{"CREATE TABLE t AS SELECT " + list(1601, "1 AS a"), "42701|54011"},
			{"SELECT num_nulls(" + list(101, "1") + ")", "54023"},
			{"SELECT concat(" + list(100, "1") + ")", ""},
			{"CREATE INDEX ON wide (" + list(33, "c1") + ")", "54011"},
			{"CREATE INDEX ON wide (" + list(32, "c1") + ")", ""},
			{"SELECT 1 FROM wide GROUP BY " + list(1600, "c1"), ""},
			{"SELECT 1 FROM wide ORDER BY " + list(1600, "c1"), ""},
			{"PREPARE p AS SELECT $65536", "54000|42P02|42P18|42601"},
			{"SELECT 1 AS " + strings.Repeat("x", 1<<20), ""},
		} {
			v, code := run(c, s.sql)
			judge(t, s.sql, v, code, s.code)
		}
	})
}

func TestOverflow(t *testing.T) {
	servers(t, func(t *testing.T, connect connector) {
		c := connect()
		for sql, want := range map[string]string{
			"SELECT 2147483647 + 1":                                            "22003",
			"SELECT '99999999999999999999'::int8":                              "22003",
			"SELECT 1e400::float8":                                             "22003",
			"SELECT '1e400'::float8":                                           "22003",
			"SELECT 1e131072":                                                  "22003",
			"SELECT '1e131072'::numeric":                                       "22003",
			"SELECT sum(x) FROM (VALUES (9223372036854775807)) v(x)":           "",
			"SELECT '300000-01-01'::timestamp":                                 "22008",
			"SELECT '9999999 years'::interval * 1000000":                       "22008",
			"SELECT '2147483648 years'::interval":                              "22015",
			"SELECT now() + '300000 years'::interval":                          "22008",
			"SELECT 9223372036854775807::int8 * 2":                             "22003",
			"SELECT (-9223372036854775808)::int8 / -1":                         "22003",
			"SELECT 100000 * 100000":                                           "22003",
			"SELECT factorial(100000)":                                         "22003",
			"SELECT generate_series(9223372036854775806, 9223372036854775807)": "",
			"SELECT 1 LIMIT 99999999999999999999":                              "22003",
			"SELECT chr(1114112)":                                              "54000",
			"SELECT 1 FROM generate_series(1, 3) LIMIT 9223372036854775807 OFFSET 9223372036854775807": "",
		} {
			v, code := run(c, sql)
			judge(t, sql, v, code, want)
		}
	})
}
