package opt_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// algorithms are the settings whose combinations must not change any answer.
var algorithms = []string{"enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_indexscan", "enable_seqscan"}

// Goal: the choice of algorithms never changes the rows. Method: random queries
// with joins and subqueries over small tables with NULLs and repeats, each run
// under every combination of the enable_* settings, before and after ANALYZE; a
// failure prints the query and the two plans' settings.
func TestSameRows(t *testing.T) {
	d := open(t)
	d.must(`CREATE TABLE a (id int PRIMARY KEY, x int, y int, s text);
		CREATE TABLE b (id int PRIMARY KEY, x int, y int, s text); CREATE INDEX b_x ON b (x); CREATE INDEX b_part ON b (y) WHERE x > 3;
		CREATE TABLE c (id int PRIMARY KEY, x int, y int, s text); CREATE INDEX c_xy ON c (x DESC, y); CREATE INDEX c_s ON c (lower(s));
		CREATE TABLE d (x int, y int, s text, id int);
		INSERT INTO a SELECT g, nullif(g % 7, 0), g % 5, chr(65 + g % 4) FROM generate_series(1, 30) g;
		INSERT INTO b SELECT g, nullif(g % 11, 3), nullif(g % 3, 1), chr(97 + g % 6) FROM generate_series(1, 60) g;
		INSERT INTO c SELECT g * 2, nullif(g % 13, 5), g % 4, chr(65 + g % 9) FROM generate_series(1, 200) g;
		INSERT INTO d SELECT g % 6, nullif(g % 4, 2), chr(65 + g % 3), g FROM generate_series(1, 20) g`)
	g := generator{rand.New(rand.NewPCG(1, 2))}
	queries := 150
	if testing.Short() {
		queries = 40
	}
	for i := 0; i < queries; i++ {
		if i == queries/2 {
			d.must("ANALYZE")
		}
		q := g.query()
		var first []string
		for mask := 0; mask < 1<<len(algorithms); mask++ {
			var set strings.Builder
			for k, name := range algorithms {
				fmt.Fprintf(&set, "SET %s = %v;", name, mask>>k&1 == 0)
			}
			rows, err := d.rows(set.String() + q)
			if err != nil {
				t.Fatalf("%s\n%s\n%v", q, set.String(), err)
			}
			slices.Sort(rows)
			if mask == 0 {
				first = rows
			} else if !slices.Equal(rows, first) {
				t.Fatalf("%s\n%s\n%d rows instead of %d\nfirst: %.300v\nnow:   %.300v\n%s", q, set.String(), len(rows), len(first), first, rows,
					strings.Join(d.must("EXPLAIN (COSTS OFF) "+q), "\n"))
			}
		}
	}
}

// generator makes random queries.
type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) query() string {
	aliases := []string{"t0"}
	from := g.pick("a", "b", "c", "d") + " t0"
	for i := 1; i <= g.IntN(3); i++ {
		name := fmt.Sprintf("t%d", i)
		kind := g.pick("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
		on := fmt.Sprintf("%s.%s = %s.%s", g.pick(aliases...), g.pick("id", "x", "y"), name, g.pick("id", "x", "y"))
		if kind != "FULL JOIN" && g.IntN(3) == 0 {
			on += " AND " + g.condition(append(aliases, name))
		}
		from += fmt.Sprintf(" %s %s %s ON %s", kind, g.pick("a", "b", "c", "d"), name, on)
		aliases = append(aliases, name)
	}
	var where []string
	for range g.IntN(4) {
		where = append(where, g.where(aliases))
	}
	q := "SELECT "
	for i, name := range aliases {
		if i > 0 {
			q += ", "
		}
		q += name + ".id, " + name + "." + g.pick("x", "y", "s")
	}
	q += " FROM " + from
	if where != nil {
		q += " WHERE " + strings.Join(where, " AND ")
	}
	if g.IntN(3) == 0 {
		q += " ORDER BY " + g.pick(aliases...) + ".id"
	}
	return q
}

func (g generator) where(aliases []string) string {
	outer := g.pick(aliases...)
	inner := g.pick("a", "b", "c", "d")
	switch g.IntN(9) {
	case 0:
		return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s q WHERE q.%s = %s.%s)", g.pick("", "NOT "), inner, g.pick("id", "x"), outer, g.pick("x", "y"))
	case 1:
		return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s q JOIN a r ON r.id = q.id WHERE q.x = %s.x AND %s)", g.pick("", "NOT "), inner, outer, g.condition([]string{"q", "r", outer}))
	case 2:
		return fmt.Sprintf("%s.%s %sIN (SELECT q.%s FROM %s q WHERE %s)", outer, g.pick("id", "x", "y"), g.pick("", "NOT "), g.pick("x", "y", "id"), inner, g.condition([]string{"q"}))
	case 3:
		return fmt.Sprintf("%s.x IN (SELECT q.y + 1 FROM %s q WHERE q.x = %s.y)", outer, inner, outer)
	case 4:
		return fmt.Sprintf("%s.%s IS %sNULL", outer, g.pick("id", "x", "y"), g.pick("", "NOT "))
	case 5:
		return fmt.Sprintf("%s.y < (SELECT max(q.y) FROM %s q WHERE q.x = %s.x)", outer, inner, outer)
	}
	return g.condition(aliases)
}

func (g generator) condition(aliases []string) string {
	a, b := g.pick(aliases...), g.pick(aliases...)
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf("%s.%s = %d", a, g.pick("id", "x", "y"), g.IntN(8))
	case 1:
		return fmt.Sprintf("%s.%s > %d", a, g.pick("id", "x", "y"), g.IntN(8))
	case 2:
		return fmt.Sprintf("%s.x = %s.y", a, b)
	case 3:
		return fmt.Sprintf("(%s.x = %d OR %s.y = %d)", a, g.IntN(8), b, g.IntN(4))
	case 4:
		return fmt.Sprintf("%s.x IN (1, 2, %d)", a, g.IntN(8))
	case 5:
		return fmt.Sprintf("lower(%s.s) = '%s'", a, g.pick("a", "b", "c"))
	}
	return fmt.Sprintf("%s.x > 4 AND %s.y = %d", a, a, g.IntN(4))
}
