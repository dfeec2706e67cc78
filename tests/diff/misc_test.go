package diff

import (
	"fmt"
	"strings"
)

// wholeTable reads a table in full and in order: what the two hold must be equal
// whatever wrote it.
func (g *gen) wholeTable() *statement {
	t := pick(g, g.w.tables)
	if t.view {
		return nil
	}
	return &statement{kind: "select/whole table", sql: "SELECT * FROM " + t.name}
}

// describe reads the catalogs about a table.
func (g *gen) describe() *statement {
	t := pick(g, g.w.tables)
	q := pick(g, []string{
		"SELECT column_name, data_type, is_nullable, column_default, character_maximum_length, numeric_precision, numeric_scale, is_identity, identity_generation FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '%s' ORDER BY ordinal_position",
		"SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = '%s'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
		"SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '%s'::regclass ORDER BY conname",
		"SELECT c.relname, i.indisunique, i.indisprimary, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = '%s'::regclass ORDER BY 1",
		// relhasindex is a hint: it stays true when the last index goes, until VACUUM.
		"SELECT relname, relkind, relnatts, relhasindex AND EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid) AS indexed FROM pg_class WHERE oid = '%s'::regclass",
		"SELECT indexname, indexdef FROM pg_indexes WHERE tablename = '%s' AND schemaname = current_schema() ORDER BY 1",
		"SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = '%s'",
		"SELECT obj_description('%s'::regclass, 'pg_class')",
	})
	if t.view {
		q = pick(g, []string{"SELECT pg_get_viewdef('%s'::regclass)", "SELECT pg_get_viewdef('%s'::regclass, true)", "SELECT relname, relkind FROM pg_class WHERE oid = '%s'::regclass"})
	}
	return &statement{kind: "catalog", sql: fmt.Sprintf(q, t.name), ordered: true}
}

func (g *gen) session() *statement {
	return &statement{kind: "session", sql: pick(g, []string{
		"SET TimeZone = 'UTC'", "SET TimeZone = 'America/New_York'", "SET TIME ZONE 'Europe/Berlin'", "SET TIME ZONE INTERVAL '-03:00' HOUR TO MINUTE", "SET TimeZone TO 'Asia/Kolkata'",
		"SET DateStyle = 'ISO, MDY'", "SET DateStyle = 'SQL, DMY'", "SET DateStyle TO 'German'", "SET DateStyle = 'Postgres'", "RESET DateStyle", "SET DateStyle = 'ISO, DMY'",
		"SET IntervalStyle = 'iso_8601'", "SET IntervalStyle = 'postgres_verbose'", "SET IntervalStyle = 'sql_standard'", "RESET IntervalStyle",
		"SET bytea_output = 'escape'", "RESET bytea_output", "SET extra_float_digits = 0", "SET extra_float_digits = 3", "RESET extra_float_digits",
		"SHOW TimeZone", "SHOW DateStyle", "SHOW search_path", "SHOW transaction_isolation", "SET LOCAL TimeZone = 'Asia/Tokyo'", "SET nonsense = 1", "SHOW nonsense",
		"SET my.setting = 'x'", "SELECT current_setting('my.setting', true)", "SELECT set_config('my.setting', 'y', false)", "SET extra_float_digits = 99",
		"RESET ALL", "SELECT current_schema(), current_user, session_user, current_database() IS NOT NULL", "SET standard_conforming_strings = on", "DISCARD PLANS",
	}), ordered: true, writes: true}
}

func (g *gen) prepareExecute() *statement {
	if len(g.prep) == 0 || g.chance(35) {
		n := g.name("p")
		k := g.sortableKind()
		s, from := g.from(1)
		sql := fmt.Sprintf("PREPARE %s (%s, int4) AS SELECT %s, $2 + 1 FROM %s WHERE %s = $1", n, k.name, g.expr(g.kind(), s, 2), from, g.expr(k, s, 1))
		return &statement{kind: "prepared/prepare", sql: sql, effect: func() { g.prep = append(g.prep, prepared{n, []*kind{k}}) }}
	}
	p := pick(g, g.prep)
	if g.chance(10) {
		return &statement{kind: "prepared/deallocate", sql: "DEALLOCATE " + p.name}
	}
	return &statement{kind: "prepared/execute", sql: fmt.Sprintf("EXECUTE %s (%s, %d)", p.name, g.cell(p.kinds[0]), g.Intn(5))}
}

var vocabulary = strings.Fields(`select from where and or not null is in ( ) , . + - * / % = <> < > <= >= :: ' " 1 0 2.5 'x' true false case when then else end
	as on join left group by having order limit distinct all any exists between like cast int text interval date array [ ] nosuch $1 ; || -> t1 c1 count ( * ) row values union`)

// mutated damages a query at one token, as a typing mistake would.
func (g *gen) mutated() *statement {
	q := g.query(1, nil)
	tokens := tokenize(q.sql)
	if len(tokens) < 4 {
		return nil
	}
	for range 1 + g.Intn(2) {
		i := g.Intn(len(tokens))
		switch g.Intn(5) {
		case 0:
			tokens = append(tokens[:i:i], tokens[i+1:]...)
		case 1:
			tokens = append(tokens[:i:i], append([]string{pick(g, vocabulary)}, tokens[i:]...)...)
		case 2:
			tokens[i] = pick(g, vocabulary)
		case 3:
			j := g.Intn(len(tokens))
			tokens[i], tokens[j] = tokens[j], tokens[i]
		case 4:
			j := g.Intn(len(tokens))
			tokens[i] = tokens[j]
		}
		if len(tokens) == 0 {
			return nil
		}
	}
	// A parameter that the damage made a gap of must not be a difference of drivers.
	sql := strings.Join(tokens, " ")
	if strings.Contains(sql, "$") || strings.Contains(sql, ";") || strings.Contains(strings.ToLower(sql), " into ") {
		return nil
	}
	return &statement{kind: "mutated", sql: sql, loose: true}
}

// tokenize cuts SQL into tokens, strings kept whole. It is used to damage and to
// shrink statements, so it need not be exact.
func tokenize(sql string) []string {
	var out []string
	for i := 0; i < len(sql); {
		c := sql[i]
		j := i + 1
		switch {
		case c == ' ' || c == '\n':
			i++
			continue
		case c == '\'' || c == '"' || (c == 'E' || c == 'e') && j < len(sql) && sql[j] == '\'':
			q := c
			if c != '\'' && c != '"' {
				q = '\''
				j++
			}
			for j < len(sql) {
				if sql[j] == '\\' && q == '\'' && sql[i] != '\'' {
					j += 2
					continue
				}
				j++
				if sql[j-1] == q {
					if j < len(sql) && sql[j] == q {
						j++
						continue
					}
					break
				}
			}
			j = min(j, len(sql))
		case isWord(c):
			for j < len(sql) && (isWord(sql[j]) || sql[j] == '.' && c >= '0' && c <= '9') {
				j++
			}
		case strings.IndexByte("<>=!~|&@#-+:*/^?%", c) >= 0:
			for j < len(sql) && strings.IndexByte("<>=!~|&@#:?*>", sql[j]) >= 0 {
				j++
			}
		}
		out = append(out, sql[i:j])
		i = j
	}
	return out
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
