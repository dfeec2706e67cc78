package diff

import (
	"fmt"
	"strings"
)

// query is a SELECT with its output columns, usable as a subquery.
type query struct {
	sql  string
	cols []output
	kind string
}

type output struct {
	name string
	k    *kind
}

// orderText sorts rows of a query under an alias so that only equal rows tie:
// a text follows each column whose equal values may differ.
func (q *query) orderText(alias string) string {
	var parts []string
	for _, o := range q.cols {
		name := alias + "." + o.name
		if o.k.sortable {
			parts = append(parts, name)
		}
		if !o.k.exact {
			parts = append(parts, name+"::text")
		}
	}
	return strings.Join(parts, ", ")
}

func (q *query) exact() bool {
	for _, o := range q.cols {
		if !o.k.exact {
			return false
		}
	}
	return true
}

func (g *gen) selectStatement() *statement {
	q := g.query(2, nil)
	s := &statement{kind: "select/" + q.kind, sql: q.sql}
	switch {
	case q.exact() && g.chance(35):
		// Sorted by every column: the order is total, so LIMIT has one answer.
		var keys []string
		for _, i := range g.Perm(len(q.cols)) {
			keys = append(keys, fmt.Sprintf("%d%s", i+1, pick(g, []string{"", "", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST"})))
		}
		s.sql += " ORDER BY " + strings.Join(keys, ", ") + pick(g, []string{"", "", " LIMIT 3", " LIMIT 2 OFFSET 1", " OFFSET 2", " FETCH FIRST 2 ROWS ONLY", " OFFSET 1 ROWS FETCH NEXT ROW ONLY", " LIMIT ALL", " LIMIT NULL", " LIMIT 0", " LIMIT 1 + 1"})
		s.ordered = true
	case g.chance(30):
		s.sql = fmt.Sprintf("SELECT * FROM (%s) q ORDER BY %s", q.sql, q.orderText("q"))
		s.ordered = true
	case q.cols[0].k.exact && q.cols[0].k.sortable && g.chance(40):
		s.sql += " ORDER BY 1"
		s.keys = 1
	}
	return s
}

func (g *gen) valuesStatement() *statement {
	k := []*kind{g.kind(), g.kind()}
	rows := make([]string, 1+g.Intn(3))
	for i := range rows {
		rows[i] = fmt.Sprintf("(%s, %s)", g.expr(k[0], nil, 1), g.cell(k[1]))
	}
	return &statement{kind: "values", sql: "VALUES " + strings.Join(rows, ", "), ordered: true}
}

// query makes a query; want gives the output types, nil lets it choose.
func (g *gen) query(depth int, want []*kind) query {
	if want == nil {
		want = make([]*kind, 1+g.Intn(4))
		for i := range want {
			want[i] = g.kind()
		}
	}
	sortable := true
	for _, k := range want {
		sortable = sortable && k.exact
	}
	var q query
	switch n := g.Intn(100); {
	case n < 12 && depth > 0 && sortable:
		q = g.setOperation(depth, want)
	case n < 34:
		q = g.grouped(depth, want)
	case n < 42:
		q = g.windowed(depth, want)
	case n < 49 && depth > 0:
		q = g.with(depth, want)
	case n < 54 && sortable:
		q = g.plain(depth, want)
		q.sql, q.kind = "SELECT DISTINCT"+strings.TrimPrefix(q.sql, "SELECT"), "distinct"
	case n < 57 && sortable:
		q = g.distinctOn(depth, want)
	default:
		q = g.plain(depth, want)
	}
	return q
}

func outputs(want []*kind) []output {
	cols := make([]output, len(want))
	for i, k := range want {
		cols[i] = output{fmt.Sprintf("o%d", i+1), k}
	}
	return cols
}

// targets writes a select list.
func (g *gen) targets(want []*kind, s scope) string {
	parts := make([]string, len(want))
	for i, k := range want {
		e := ""
		if g.chance(6) {
			e = g.scalar(k, s)
		}
		if e == "" {
			e = g.expr(k, s, g.Intn(3))
		}
		// A cast makes the output's type the wanted one where an expression's is
		// only convertible to it.
		if strings.HasPrefix(e, "$") || k.name == "text" && strings.HasPrefix(e, "'") {
			e += "::" + k.name
		}
		parts[i] = fmt.Sprintf("%s AS o%d", e, i+1)
	}
	return strings.Join(parts, ", ")
}

func (g *gen) plain(depth int, want []*kind) query {
	s, from := g.from(depth)
	sql := "SELECT " + g.targets(want, s) + " FROM " + from
	kind := "plain"
	if strings.Contains(from, "JOIN") || strings.Contains(from, ", ") {
		kind = "join"
	}
	if g.chance(60) {
		sql += " WHERE " + g.condition(s, 2)
		if g.chance(25) {
			sql += pick(g, []string{" AND ", " OR "}) + g.condition(s, 1)
		}
		if strings.Contains(sql, "(SELECT") && kind == "plain" {
			kind = "subquery"
		}
	}
	return query{sql, outputs(want), kind}
}

// from makes a FROM clause and what can be named in it.
func (g *gen) from(depth int) (scope, string) {
	s, sql := g.fromItem(depth)
	n := g.Intn(10)
	if n < 5 {
		return s, sql
	}
	s2, sql2 := g.fromItem(depth - 1)
	both := append(append(scope{}, s...), s2...)
	equal := g.equality(s, s2)
	switch g.Intn(9) {
	case 0:
		return both, sql + ", " + sql2
	case 1:
		return both, sql + " CROSS JOIN " + sql2
	case 2, 3:
		if equal == "" {
			equal = "true"
		}
		on := equal
		if g.chance(20) {
			on += " AND " + g.condition(both, 1)
		}
		sql = sql + pick(g, []string{" JOIN ", " INNER JOIN "}) + sql2 + " ON " + on
	case 4, 5:
		if equal == "" {
			equal = g.condition(both, 1)
		}
		if g.chance(20) {
			equal += " AND " + g.condition(both, 1)
		}
		sql = sql + pick(g, []string{" LEFT JOIN ", " LEFT OUTER JOIN ", " RIGHT JOIN "}) + sql2 + " ON " + equal
	case 6:
		if equal == "" {
			return both, sql + ", " + sql2
		}
		sql = sql + pick(g, []string{" FULL JOIN ", " FULL OUTER JOIN "}) + sql2 + " ON " + equal
	case 7:
		sql = sql + " LEFT JOIN LATERAL " + g.lateral(s) + " ON true"
		alias := fmt.Sprintf("l%d", g.names)
		return append(append(scope{}, s...), source{alias + ".v", kindByName["int8"]}), sql
	case 8:
		sql = sql + " JOIN " + sql2 + " ON " + g.condition(both, 1)
	}
	if n == 9 && depth > 0 {
		s3, sql3 := g.fromItem(0)
		if on := g.equality(both, s3); on != "" {
			return append(both, s3...), sql + pick(g, []string{" JOIN ", " LEFT JOIN "}) + sql3 + " ON " + on
		}
	}
	return both, sql
}

func (g *gen) lateral(s scope) string {
	t := pick(g, g.w.tables)
	x := g.name("x")
	where := g.correlation(g.tableScope(t, x), s)
	return fmt.Sprintf("(SELECT count(*) AS v FROM %s AS %s WHERE %s) AS %s", t.name, x, where, g.name("l"))
}

func (g *gen) equality(a, b scope) string {
	for range 10 {
		x := pick(g, a)
		if same := b.of(x.k); len(same) > 0 && x.k.sortable {
			return x.sql + " = " + pick(g, same).sql
		}
	}
	return ""
}

func (g *gen) fromItem(depth int) (scope, string) {
	alias := g.name("f")
	switch n := g.Intn(100); {
	case n < 12 && depth > 0:
		q := g.query(depth-1, nil)
		return outputScope(q.cols, alias), fmt.Sprintf("(%s) AS %s", q.sql, alias)
	case n < 15:
		i4 := kindByName["int4"]
		return scope{{alias + ".v", i4}}, fmt.Sprintf("generate_series(%d, %d%s) AS %s(v)", g.Intn(3), g.Intn(6), pick(g, []string{"", ", 2"}), alias)
	case n < 17:
		return scope{{alias + ".v", kindByName["int4"]}, {alias + ".n", kindByName["int8"]}}, fmt.Sprintf("unnest(%s) WITH ORDINALITY AS %s(v, n)", g.literal(kindByName["int4[]"]), alias)
	case n < 20:
		k := []*kind{g.kind(), g.kind()}
		rows := make([]string, 1+g.Intn(3))
		for i := range rows {
			rows[i] = fmt.Sprintf("(%s, %s)", g.literal(k[0]), g.literal(k[1]))
		}
		return scope{{alias + ".a", k[0]}, {alias + ".b", k[1]}}, fmt.Sprintf("(VALUES %s) AS %s(a, b)", strings.Join(rows, ", "), alias)
	}
	t := pick(g, g.w.tables)
	return g.tableScope(t, alias), t.name + pick(g, []string{" AS ", " "}) + alias
}

func outputScope(cols []output, alias string) scope {
	var s scope
	for _, o := range cols {
		s = append(s, source{alias + "." + o.name, o.k})
	}
	return s
}

// aggregates are calls by result type.
var aggregates = map[string][]string{
	"int8":    {"count(*)", "count({A})", "count(DISTINCT {S})", "sum({int4})", "sum({int2})", "max({int8})", "bit_and({int8})", "min({int8})"},
	"int4":    {"max({int4})", "min({int4})", "bit_or({int4})", "bit_and({int4})", "max({date} - {date#})"},
	"int2":    {"max({int2})", "min({int2})"},
	"numeric": {"sum({int8})", "sum({numeric})", "avg({int4})", "avg({numeric})", "max({numeric})", "min({numeric})", "avg(DISTINCT {int4})", "variance({int4})", "stddev({int4})", "var_pop({int8})", "sum(DISTINCT {numeric})"},
	"float8":  {"max({float8})", "min({float8})", "sum({n}::float8)", "avg({n}::float8)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY {n}::float8)", "corr({n}::float8, 2)", "regr_count(1, {float8})::float8"},
	"float4":  {"max({float4})", "min({float4})"},
	"bool":    {"bool_and({bool})", "bool_or({bool})", "every({bool})", "count(*) > {n}"},
	"text": {
		"string_agg({text}, ',' ORDER BY {same})", "max({text})", "min({text})", "string_agg(DISTINCT {text}, '-')", "array_agg({text} ORDER BY {same} DESC NULLS LAST)::text", "array_agg({int4} ORDER BY {same})::text",
		"mode() WITHIN GROUP (ORDER BY {int4})::text",
	},
	"date":        {"max({date})", "min({date})"},
	"time":        {"max({time})", "min({time})"},
	"timestamp":   {"max({timestamp})", "min({timestamp})"},
	"timestamptz": {"max({timestamptz})", "min({timestamptz})"},
	"interval":    {"max({interval} * 0)"},
	"int4[]":      {"array_agg(DISTINCT {int4})", "max({int4[]})"},
	"text[]":      {"array_agg(DISTINCT {text})"},
	"jsonb":       {"jsonb_agg(DISTINCT {int4})"},
	"oid":         {"max({oid})"},
}

// grouped makes a query with GROUP BY: its expressions are over grouping columns
// and aggregates.
func (g *gen) grouped(depth int, want []*kind) query {
	s, from := g.from(depth)
	var keys []string
	var over scope
	for range g.Intn(3) {
		c := pick(g, s)
		if !c.k.exact || !c.k.sortable {
			continue
		}
		if g.chance(25) {
			c.sql = g.expr(c.k, s, 1)
			if !strings.Contains(c.sql, ".") || strings.Contains(c.sql, "$") {
				continue
			}
		}
		keys, over = append(keys, c.sql), append(over, c)
	}
	for _, k := range want {
		if calls := aggregates[k.name]; calls != nil {
			call := strings.TrimSuffix(strings.TrimPrefix(g.fill(pick(g, calls), k, s, 1), "("), ")")
			if strings.Contains(call, "$") {
				continue
			}
			if g.chance(15) && !strings.Contains(call, "> ") && !strings.HasSuffix(call, "::text") && !strings.HasSuffix(call, "::float8") {
				call += " FILTER (WHERE " + g.condition(s, 1) + ")"
			}
			over = append(over, source{call, k})
		}
	}
	list := make([]string, len(want))
	for i, k := range want {
		e := g.expr(k, over, g.Intn(3))
		if mine := over.of(k); len(mine) > 0 && g.chance(70) {
			e = pick(g, mine).sql
		}
		list[i] = fmt.Sprintf("%s AS o%d", e, i+1)
	}
	sql := "SELECT " + strings.Join(list, ", ") + " FROM " + from
	if g.chance(30) {
		sql += " WHERE " + g.condition(s, 1)
	}
	kind := "aggregate"
	if len(keys) > 0 {
		kind = "group by"
		by := strings.Join(keys, ", ")
		if g.chance(12) {
			kind = "grouping sets"
			by = pick(g, []string{"ROLLUP (" + by + ")", "CUBE (" + by + ")", "GROUPING SETS ((" + by + "), ())"})
		}
		sql += " GROUP BY " + by
	}
	if g.chance(20) {
		sql += " HAVING " + g.expr(kindByName["bool"], over, 1)
	}
	return query{sql, outputs(want), kind}
}

// windowed makes a query with window functions over a table, sorted by every
// column so that they have one answer.
func (g *gen) windowed(depth int, want []*kind) query {
	t := pick(g, g.w.tables)
	alias := g.name("f")
	s := g.tableScope(t, alias)
	var order []string
	for _, c := range s {
		if c.k.sortable && c.k.exact {
			order = append(order, c.sql)
		} else {
			order = append(order, c.sql+"::text")
		}
	}
	over := "(ORDER BY " + strings.Join(order, ", ")
	if p := pick(g, s); p.k.sortable && g.chance(50) {
		over = "(PARTITION BY " + p.sql + " ORDER BY " + strings.Join(order, ", ")
	}
	frame := pick(g, []string{"", "", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING", " RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", " GROUPS 1 PRECEDING"})
	list := make([]string, len(want))
	for i, k := range want {
		var options []string
		switch k.name {
		case "int8":
			options = []string{"row_number()", "rank()", "dense_rank()", "count(*)", "sum({int4})", "count({A})"}
		case "numeric":
			options = []string{"sum({int8})", "avg({int4})"}
		case "float8":
			options = []string{"percent_rank()", "cume_dist()"}
		case "int4":
			options = []string{"ntile(3)", "max({int4})", "lag({int4}, 1, 0)"}
		}
		if k.exact {
			options = append(options, "first_value({self})", "last_value({self})", "lag({self})", "lead({self}, 2)", "nth_value({self}, 2)")
		}
		if len(options) == 0 {
			list[i] = g.expr(k, s, 1)
		} else {
			f := pick(g, options)
			if strings.Contains(f, "{self}") {
				f = strings.Replace(f, "{self}", g.expr(k, s, 1), 1)
			} else {
				f = strings.TrimSuffix(strings.TrimPrefix(g.fill(f, k, s, 1), "("), ")")
			}
			list[i] = f + " OVER " + over + frame + ")"
		}
		list[i] += fmt.Sprintf(" AS o%d", i+1)
	}
	return query{"SELECT " + strings.Join(list, ", ") + " FROM " + t.name + " " + alias, outputs(want), "window"}
}

func (g *gen) setOperation(depth int, want []*kind) query {
	left, right := g.plain(depth-1, want), g.plain(depth-1, want)
	op := pick(g, []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL", "UNION DISTINCT"})
	sql := left.sql + " " + op + " " + right.sql
	if g.chance(20) {
		sql = fmt.Sprintf("(%s) %s (%s)", sql, pick(g, []string{"UNION", "EXCEPT", "INTERSECT"}), g.plain(0, want).sql)
	}
	return query{sql, outputs(want), "set operation"}
}

func (g *gen) with(depth int, want []*kind) query {
	inner := g.query(depth-1, nil)
	name := g.name("w")
	materialized := pick(g, []string{"", "", "MATERIALIZED ", "NOT MATERIALIZED "})
	s := outputScope(inner.cols, "a")
	from := name + " AS a"
	if g.chance(40) {
		if on := g.equality(s, outputScope(inner.cols, "b")); on != "" {
			from += " JOIN " + name + " AS b ON " + on
			s = append(s, outputScope(inner.cols, "b")...)
		}
	}
	sql := fmt.Sprintf("WITH %s AS %s(%s) SELECT %s FROM %s", name, materialized, inner.sql, g.targets(want, s), from)
	if g.chance(40) {
		sql += " WHERE " + g.condition(s, 1)
	}
	if g.chance(10) {
		sql = fmt.Sprintf("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < %d) SELECT %s FROM r", 1+g.Intn(5), g.targets(want, scope{{"r.n", kindByName["int4"]}}))
	}
	return query{sql, outputs(want), "with"}
}

func (g *gen) distinctOn(depth int, want []*kind) query {
	q := g.plain(depth-1, want)
	keys := make([]string, len(q.cols))
	for i, o := range q.cols {
		keys[i] = "q." + o.name
	}
	return query{
		fmt.Sprintf("(SELECT DISTINCT ON (%s) * FROM (%s) q ORDER BY %s)", keys[0], q.sql, strings.Join(keys, ", ")), q.cols, "distinct on",
	}
}
