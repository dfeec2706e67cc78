package diff

import (
	"fmt"
	"strings"
)

// source is something an expression may use: a column, or an aggregate's call.
type source struct {
	sql string
	k   *kind
}

type scope []source

func (g *gen) tableScope(t *table, alias string) scope {
	var s scope
	for _, c := range t.cols {
		s = append(s, source{alias + "." + c.name, c.k})
	}
	return s
}

func (s scope) of(k *kind) scope {
	var out scope
	for _, x := range s {
		if x.k == k {
			out = append(out, x)
		}
	}
	return out
}

// template is one line of templates.
type template struct {
	text  string
	risky bool
}

var byResult = func() map[string][]template {
	m := map[string][]template{}
	for line := range strings.Lines(templates) {
		result, text, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		rest, risky := strings.CutPrefix(text, "!")
		m[result] = append(m[result], template{rest, risky})
	}
	return m
}()

// expr makes an expression of a type.
func (g *gen) expr(k *kind, s scope, depth int) string {
	mine := s.of(k)
	switch {
	case len(mine) > 0 && (depth == 0 || g.chance(40)):
		return pick(g, mine).sql
	case depth == 0 || g.chance(15):
		return g.literal(k)
	}
	for range 20 {
		options := byResult[k.name]
		if g.chance(15) {
			options = byResult["A"]
			if k.sortable && g.chance(50) {
				options = byResult["S"]
			}
		}
		t := pick(g, options)
		if t.risky {
			if g.risk == 0 {
				continue
			}
			g.risk--
		}
		return g.fill(t.text, k, s, depth-1)
	}
	return g.literal(k)
}

// fill writes a template with its holes filled.
func (g *gen) fill(text string, result *kind, s scope, depth int) string {
	bound := map[string]*kind{"A": result, "S": result}
	if !strings.Contains(text, "{S}") || result.name == "bool" || result.name == "text" || strings.HasPrefix(result.name, "json") {
		bound["S"] = g.sortableKind()
		if len(s) > 0 && g.chance(70) {
			if k := pick(g, s).k; k.sortable {
				bound["S"] = k
			}
		}
	}
	polymorphic := strings.HasPrefix(text, "coalesce({A}") || strings.HasPrefix(text, "CASE WHEN {bool} THEN {A}") ||
		strings.HasPrefix(text, "nullif({S}") || strings.HasPrefix(text, "greatest({S}") || strings.HasPrefix(text, "least({S}") || strings.HasPrefix(text, "CASE {S}")
	if polymorphic {
		bound["S"] = result
	} else {
		bound["A"] = g.kind()
		if len(s) > 0 && g.chance(60) {
			bound["A"] = pick(g, s).k
		}
	}
	var b strings.Builder
	first := ""
	b.WriteByte('(')
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			break
		}
		start := b.Len()
		hole, after, found := strings.Cut(rest, "}")
		switch constants := holes[hole]; {
		case !found || strings.ContainsAny(hole, `",:0123`) && holes[hole] == nil && kindByName[strings.TrimSuffix(hole, "#")] == nil, hole == "a":
			// A brace of the SQL itself, as in '{1,2}'.
			b.WriteString("{")
			text = rest
			continue
		case hole == "same": // the first hole's expression again
			b.WriteString(first)
		case constants != nil:
			b.WriteString(pick(g, constants))
		case bound[hole] != nil:
			b.WriteString(g.expr(bound[hole], s, depth))
		case strings.HasSuffix(hole, "#"):
			k := bound[strings.TrimSuffix(hole, "#")]
			if k == nil {
				k = kindByName[strings.TrimSuffix(hole, "#")]
			}
			b.WriteString(g.literal(k))
		default:
			k := kindByName[hole]
			if k == nil {
				panic("template names no type: " + hole)
			}
			b.WriteString(g.expr(k, s, depth))
		}
		if first == "" {
			first = b.String()[start:]
		}
		text = after
	}
	b.WriteByte(')')
	return b.String()
}

// condition makes a boolean expression that prefers comparisons of columns.
func (g *gen) condition(s scope, depth int) string {
	if len(s) > 0 && g.chance(55) {
		if c := pick(g, s); c.k.sortable {
			other := g.literal(c.k)
			if same := s.of(c.k); len(same) > 1 && g.chance(30) {
				other = pick(g, same).sql
			}
			return fmt.Sprintf("%s %s %s", c.sql, pick(g, []string{"=", "<", ">", "<=", ">=", "<>"}), other)
		}
	}
	if g.chance(15) && depth > 0 {
		return g.subqueryCondition(s)
	}
	return g.expr(kindByName["bool"], s, depth)
}

// subqueryCondition makes a condition with a subquery, often a correlated one.
func (g *gen) subqueryCondition(s scope) string {
	if len(s) == 0 || len(g.w.tables) == 0 {
		return "EXISTS (SELECT 1)"
	}
	out := pick(g, s)
	t := pick(g, g.w.tables)
	alias := g.name("x")
	inner := g.tableScope(t, alias)
	both := append(append(scope{}, inner...), s...)
	where := ""
	if g.chance(65) {
		where = " WHERE " + g.correlation(inner, s)
	}
	from := t.name + " AS " + alias + where
	not := pick(g, []string{"", "", "NOT "})
	if !out.k.sortable {
		return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s)", not, from)
	}
	value := g.expr(out.k, inner, 1)
	switch g.Intn(6) {
	case 0, 1:
		return fmt.Sprintf("%s %sIN (SELECT %s FROM %s)", out.sql, not, value, from)
	case 2:
		return fmt.Sprintf("%sEXISTS (SELECT * FROM %s)", not, from)
	case 3:
		return fmt.Sprintf("%s %s %s (SELECT %s FROM %s)", out.sql, pick(g, []string{"=", "<", ">=", "<>"}), pick(g, []string{"ANY", "ALL", "SOME"}), value, from)
	case 4:
		return fmt.Sprintf("%s %s (SELECT count(*) FROM %s)", g.expr(kindByName["int8"], both[len(inner):], 0), pick(g, []string{"=", "<", ">"}), from)
	}
	if c := pick(g, inner); c.k.sortable {
		return fmt.Sprintf("(%s, %s) IN (SELECT %s, %s FROM %s)", out.sql, g.literal(c.k), value, c.sql, from)
	}
	return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s)", not, from)
}

// correlation compares a column of the inner query with one of the outer.
func (g *gen) correlation(inner, outer scope) string {
	for range 8 {
		i := pick(g, inner)
		if same := outer.of(i.k); len(same) > 0 && i.k.sortable {
			return fmt.Sprintf("%s %s %s", i.sql, pick(g, []string{"=", "=", "=", "<", ">"}), pick(g, same).sql)
		}
	}
	return g.condition(inner, 1)
}

// scalar makes a scalar subquery of a type, or "".
func (g *gen) scalar(k *kind, s scope) string {
	if len(g.w.tables) == 0 || !k.exact {
		return ""
	}
	t := pick(g, g.w.tables)
	alias := g.name("x")
	inner := g.tableScope(t, alias)
	where := ""
	if len(s) > 0 && g.chance(60) {
		where = " WHERE " + g.correlation(inner, s)
	}
	switch k.name {
	case "int8":
		return fmt.Sprintf("(SELECT count(*) FROM %s AS %s%s)", t.name, alias, where)
	case "int4", "int2", "text", "varchar", "date", "timestamp", "timestamptz":
		return fmt.Sprintf("(SELECT %s(%s) FROM %s AS %s%s)", pick(g, []string{"min", "max"}), g.expr(k, inner, 1), t.name, alias, where)
	}
	return fmt.Sprintf("(SELECT %s FROM %s AS %s%s ORDER BY 1 LIMIT 1)", g.expr(k, inner, 1), t.name, alias, where)
}

// expressions makes a query without tables: types, operators and functions.
func (g *gen) expressions() *statement {
	parts := make([]string, 1+g.Intn(3))
	for i := range parts {
		parts[i] = g.expr(g.kind(), nil, 1+g.Intn(3))
	}
	return &statement{kind: "expression", sql: "SELECT " + strings.Join(parts, ", "), ordered: true}
}
