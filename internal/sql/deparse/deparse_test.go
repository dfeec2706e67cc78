package deparse_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/bind/bindtest"
	"github.com/driftdb/driftdb/internal/sql/deparse"
	"github.com/driftdb/driftdb/internal/sql/parse"
)

var options = bind.Options{AllowMissingBodies: true}

func catalogFor(t *testing.T) *bindtest.Catalog {
	c, err := bindtest.Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parseSelect(t *testing.T, sql string) *ast.SelectStmt {
	list, err := parse.Statements(sql)
	if err != nil {
		t.Fatalf("%s\n%v", sql, err)
	}
	return list[0].Stmt.(*ast.SelectStmt)
}

// queries reads testdata/queries.sql, one query a line.
func queries(t *testing.T) []string {
	raw, err := os.ReadFile("testdata/queries.sql")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, line := range strings.Split(string(raw), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			out = append(out, line)
		}
	}
	return out
}

// TestRoundTrip checks that what is printed binds again and that printing then
// reaches a fixed point (I1). The first text may nest one AND in another, which
// reading it flattens.
func TestRoundTrip(t *testing.T) {
	cat := catalogFor(t)
	ctx := context.Background()
	for _, sql := range queries(t) {
		for _, pretty := range []bool{false, true} {
			text := sql
			var texts []string
			for range 3 {
				list, err := parse.Statements(text)
				if err != nil {
					t.Fatalf("%s\nprints as\n%s\nwhich does not parse: %v", sql, text, err)
				}
				text, err = deparse.Query(ctx, cat, list[0].Stmt.(*ast.SelectStmt), options, nil, pretty)
				if err != nil {
					t.Fatalf("%s\nprints as\n%s\nwhich does not bind: %v", sql, text, err)
				}
				texts = append(texts, text)
			}
			if texts[1] != texts[2] {
				t.Errorf("%s\nprints as\n%s\nand then as\n%s", sql, texts[1], texts[2])
			}
		}
		stored, err := deparse.Stored(ctx, cat, parseSelect(t, sql), options)
		if err != nil {
			t.Error(err)
		} else if strings.Contains(sql, "from t ") && !strings.Contains(stored, "bindtest.t") {
			t.Errorf("the stored form does not qualify its tables: %s", stored)
		}
	}
}

// TestAgainstPostgreSQL compares with pg_get_viewdef of a view of each query.
func TestAgainstPostgreSQL(t *testing.T) {
	dsn := os.Getenv("DRIFTDB_PG_DSN")
	if dsn == "" {
		t.Skip("DRIFTDB_PG_DSN is not set: no PostgreSQL 15 to compare with")
	}
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Skipf("cannot connect to the reference server: %v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // end of test
	run := func(sql string) [][]byte {
		results, err := conn.Exec(ctx, sql).ReadAll()
		if err != nil {
			t.Fatalf("%s\n%v", sql, err)
		}
		last := results[len(results)-1]
		if len(last.Rows) == 0 {
			return nil
		}
		return last.Rows[0]
	}
	run("DROP SCHEMA IF EXISTS deparsetest CASCADE; CREATE SCHEMA deparsetest; SET search_path = deparsetest; SET client_min_messages = error;" + bindtest.Schema)
	defer run("DROP SCHEMA deparsetest CASCADE")
	cat := catalogFor(t)
	total, bad := 0, 0
	for _, sql := range queries(t) {
		if strings.Contains(sql, "SYSTEM_TIME") {
			continue
		}
		total++
		row := run("DROP VIEW IF EXISTS x; CREATE VIEW x AS " + sql + "; SELECT pg_get_viewdef('x'), pg_get_viewdef('x', true)")
		for i, pretty := range []bool{false, true} {
			have, err := deparse.Query(ctx, cat, parseSelect(t, sql), options, nil, pretty)
			if err != nil {
				have = err.Error()
			}
			if want := strings.TrimSuffix(string(row[i]), ";"); want != have {
				bad++
				t.Errorf("%s\nwant (pretty %v)\n%s\nhave\n%s", sql, pretty, want, have)
				break
			}
		}
	}
	t.Logf("%d queries, %d differ", total, bad)
}
