package bind_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
)

// queryMaker makes random queries over the tests' schema: often right, often
// wrong in one place.
type queryMaker struct {
	rnd   *rand.Rand
	depth int
}

func (m *queryMaker) pick(list ...string) string { return list[m.rnd.Intn(len(list))] }

func (m *queryMaker) often(percent int) bool { return m.rnd.Intn(100) < percent }

// column names a column, now and then one that does not exist or is ambiguous.
func (m *queryMaker) column() string {
	if m.often(40) {
		return m.pick("a", "b", "x", "c", "q", "nope", "p", "bb")
	}
	return m.pick("t.a", "t.b", "t.c", "t.d", "t.e", "t.f", "t.g", "t.h", "t.i", "t.j", "t.k", "t.l", "t.m", "u.a", "u.b", "u.x", "u.y", "w.p", "s.n")
}

func (m *queryMaker) scalar() string {
	m.depth++
	defer func() { m.depth-- }()
	if m.depth > 3 || m.often(45) {
		if m.often(70) {
			return m.column()
		}
		return m.pick("1", "2.5", "'x'", "'5'", "null", "true", "'2020-01-01'", "'1 day'::interval", "now()", "3000000000")
	}
	switch m.rnd.Intn(14) {
	case 0, 1, 2:
		return m.scalar() + " " + m.pick("+", "-", "*", "/", "||", "%") + " " + m.scalar()
	case 3:
		return m.scalar() + "::" + m.pick("int", "text", "numeric(8,2)", "bigint", "date", "varchar(3)", "float8", "bool")
	case 4:
		return fmt.Sprintf("coalesce(%s, %s)", m.scalar(), m.scalar())
	case 5:
		return fmt.Sprintf("case when %s then %s else %s end", m.condition(), m.scalar(), m.scalar())
	case 6:
		return fmt.Sprintf("%s(%s)", m.pick("upper", "abs", "length", "to_jsonb", "date_trunc", "round", "concat"), m.scalar())
	case 7:
		return fmt.Sprintf("%s(%s)", m.pick("sum", "count", "max", "min", "avg", "array_agg"), m.scalar())
	case 8:
		return fmt.Sprintf("(select %s from %s limit 1)", m.scalar(), m.pick("t", "u", "w"))
	case 9:
		return fmt.Sprintf("%s(%s) over (order by %s)", m.pick("sum", "lag", "first_value", "max"), m.scalar(), m.scalar())
	case 10:
		return fmt.Sprintf("array[%s, %s]", m.scalar(), m.scalar())
	case 11:
		return fmt.Sprintf("nullif(%s, %s)", m.scalar(), m.scalar())
	case 12:
		return fmt.Sprintf("greatest(%s, %s)", m.scalar(), m.scalar())
	}
	return m.pick("count(*)", "row_number() over ()", "generate_series(1, 3)", "$1", "$2", "(t).a", "t.e[1]", "t.f -> 'a'", "current_date")
}

func (m *queryMaker) condition() string {
	switch m.rnd.Intn(9) {
	case 0, 1, 2, 3:
		return m.scalar() + " " + m.pick("=", "<", ">=", "<>", "is distinct from") + " " + m.scalar()
	case 4:
		return m.scalar() + " in (" + m.scalar() + ", " + m.scalar() + ")"
	case 5:
		return m.scalar() + " is null"
	case 6:
		return fmt.Sprintf("exists (select 1 from u where %s)", m.scalar()+" = "+m.scalar())
	case 7:
		return m.scalar() + " between " + m.scalar() + " and " + m.scalar()
	}
	return m.scalar() + " in (select " + m.column() + " from u)"
}

func (m *queryMaker) from() string {
	return m.pick("t", "t", "t", "u", "t, u", "t join u on t.a = u.a", "t join u using (a)", "t left join u using (a, b)", "t natural join u",
		"t cross join w", "t full join u using (a)", "(select a, b, c as n from t) s", "t, lateral (select t.a as n) s", "tv", "t, generate_series(1, t.a) g",
		"(t join u using (a)) s", "t, (values (1, 'x'), (2, null)) s(n, q)")
}

func (m *queryMaker) query() string {
	var b strings.Builder
	b.WriteString("select ")
	if m.often(8) {
		b.WriteString("distinct ")
	}
	for i := range 1 + m.rnd.Intn(3) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(m.scalar())
		if m.often(20) {
			b.WriteString(" as " + m.pick("a", "n", "z"))
		}
	}
	b.WriteString(" from " + m.from())
	if m.often(40) {
		b.WriteString(" where " + m.condition())
	}
	if m.often(25) {
		b.WriteString(" group by " + m.pick("1", "t.a", "t.b", "a", "t.a, t.b", "2", "n", "rollup(t.a)"))
	}
	if m.often(10) {
		b.WriteString(" having " + m.condition())
	}
	if m.often(25) {
		b.WriteString(" order by " + m.pick("1", "2", "a", "n", "z", m.scalar()) + m.pick("", " desc", " nulls first"))
	}
	return b.String()
}

// TestRandomQueries compares whole queries.
func TestRandomQueries(t *testing.T) {
	compareRandom(t, randomRuns(), func(rnd *rand.Rand) string {
		m := queryMaker{rnd: rnd}
		q := m.query()
		if m.often(8) {
			q += " union " + m.query()
		}
		return q
	})
}
