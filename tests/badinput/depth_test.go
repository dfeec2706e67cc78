package badinput

import (
	"context"
	"strings"
	"testing"
)

// Statements and values of a hundred thousand levels are 54001; what only is long
// is answered.
func TestDepth(t *testing.T) {
	const comments = 2_000 // PostgreSQL's scanner takes minutes for a hundred thousand
	servers(t, func(t *testing.T, connect connector) {
		n := 100_000
		if reference(t) {
			n = 40_000 // enough for the same answers, in less time
		}
		nest := func(open, core, end string) string {
			return "SELECT " + strings.Repeat(open, n) + core + strings.Repeat(end, n)
		}
		for name, c := range map[string]struct{ sql, code string }{
			"parentheses":    {nest("(", "1", ")"), "54001"},
			"functions":      {nest("abs(", "1", ")"), "54001"},
			"minus":          {nest("- ", "1", ""), "54001"},
			"not":            {nest("NOT ", "true", ""), "54001"},
			"plus":           {nest("1 + ", "1", ""), "54001"},
			"casts":          {nest("", "1", "::int"), "54001"},
			"concatenation":  {nest("'a' || ", "'b'", ""), "54001"},
			"case":           {nest("CASE WHEN true THEN ", "1", " END"), "54001"},
			"arrays":         {nest("ARRAY[", "1", "]"), "54001"},
			"subqueries":     {nest("(SELECT ", "1", ")"), "54001"},
			"from":           {"SELECT * FROM " + strings.Repeat("(SELECT * FROM ", n) + "(VALUES (1)) v" + strings.Repeat(") q", n), "54001"},
			"joins":          {"SELECT 1 FROM " + strings.Repeat("(", n) + "pg_am" + strings.Repeat(" CROSS JOIN pg_am x)", n), "54001"},
			"union":          {"SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", n), "54001"},
			"json":           {"SELECT '" + strings.Repeat("[", n) + strings.Repeat("]", n) + "'::jsonb", "54001"},
			"json text":      {"SELECT '" + strings.Repeat("[", n) + strings.Repeat("]", n) + "'::json", "54001"},
			"and":            {"SELECT true" + strings.Repeat(" AND true", n), ""},
			"or":             {"SELECT false" + strings.Repeat(" OR false", n), ""},
			"long list":      {"SELECT 1 IN (0" + strings.Repeat(", 1", n) + ")", ""},
			"long array":     {"SELECT cardinality(ARRAY[0" + strings.Repeat(", 1", n) + "])", ""},
			"many rows":      {"SELECT count(*) FROM (VALUES (0)" + strings.Repeat(", (1)", n) + ") v", ""},
			"comments":       {"SELECT 1 " + strings.Repeat("/*", comments) + strings.Repeat("*/", comments), ""},
			"open comments":  {"SELECT 1 " + strings.Repeat("/*", comments), "42601"},
			"statements":     {strings.Repeat(";", n) + "SELECT 1", ""},
			"open brackets":  {"SELECT " + strings.Repeat("(", n), "54001|42601"},
			"closed":         {"SELECT 1" + strings.Repeat(")", n), "42601"},
			"regular expr.":  {"SELECT 'a' ~ '" + strings.Repeat("(", n) + strings.Repeat(")", n) + "'", "54001|2201B"},
			"like":           {"SELECT repeat('a', 1000) LIKE '" + strings.Repeat("%a", 1000) + "%b'", ""},
			"array brackets": {"SELECT '" + strings.Repeat("{", n) + strings.Repeat("}", n) + "'::int[]", "54000"},
		} {
			old, victim := connect(), connect()
			allowed := c.code
			if c.code == "54001" && reference(t) {
				allowed += "|42601" // "memory exhausted": the stack of a generated parser, which ours has not
			}
			v, code := run(victim, c.sql)
			judge(t, name, v, code, allowed)
			if v, code := run(victim, "SELECT 7"); v != "7" {
				t.Errorf("%s: the session afterwards: %.100q %s", name, v, code)
			}
			bystander(t, old, connect)
			_ = old.Close(context.Background())
			_ = victim.Close(context.Background())
		}
	})
}
