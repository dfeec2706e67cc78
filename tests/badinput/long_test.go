package badinput

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
)

// Strings of a hundred megabytes are values like others, and what would grow
// beyond all limits is 54000.
func TestLongStrings(t *testing.T) {
	servers(t, func(t *testing.T, connect connector) {
		size := 100 << 20
		if testing.Short() || reference(t) { // what is expected does not depend on it
			size = 10 << 20
		}
		old, c := connect(), connect()
		want := fmt.Sprint(size)
		if v, code := run(c, "SELECT length('"+strings.Repeat("x", size)+"')"); v != want {
			t.Errorf("literal: %.100q %s", v, code)
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		big := bytes.Repeat([]byte("y"), size)
		r := c.ExecParams(ctx, "SELECT length($1::text), $1::text || 'z'", [][]byte{big}, nil, nil, nil).Read()
		if r.Err != nil || string(r.Rows[0][0]) != want || len(r.Rows[0][1]) != size+1 {
			t.Errorf("parameter: %v", r.Err)
		}
		if _, code := run(c, "CREATE TABLE big (id int PRIMARY KEY, s text)"); code != "" {
			t.Fatal(code)
		}
		r = c.ExecParams(ctx, "INSERT INTO big VALUES (1, $1)", [][]byte{big}, nil, nil, nil).Read()
		if r.Err != nil {
			t.Errorf("insert: %v", r.Err)
		}
		if v, code := run(c, "SELECT length(s) FROM big WHERE right(s, 1) = 'y'"); v != want {
			t.Errorf("stored: %.100q %s", v, code)
		}
		for sql, want := range map[string]string{
			"SELECT length(repeat('x', 2000000000))":                     "54000",
			"SELECT length(repeat(repeat('x', 100000000), 100))":         "54000",
			"SELECT length(lpad('', 2000000000, 'x'))":                   "54000",
			"CREATE INDEX ON big (s)":                                    "54000",
			"SELECT ''::varchar(10485761)":                               "22023",
			"SELECT array_fill(0, ARRAY[2147483647])":                    "54000",
			"SELECT length(string_agg(s || s || s, '')) > 0 FROM big":    "",
			"SELECT 1::numeric(1001)":                                    "22023",
			"SELECT ('1' || repeat('0', 140000))::numeric":               "22003",
			"SELECT length((repeat('9', 100000)::numeric + 1)::text)":    "",
			"SELECT power(10::numeric, 1000000)":                         "22003",
			"SELECT to_char(1, repeat('9', 1000))":                       "",
			"SELECT regexp_replace(repeat('a', 100000), 'a', 'bb', 'g')": "",
		} {
			v, code := run(c, sql)
			judge(t, sql, v, code, want)
		}
		bystander(t, old, connect)
	})
}
