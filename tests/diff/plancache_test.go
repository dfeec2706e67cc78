package diff

import (
	"context"
	"fmt"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
)

// TestPlanCache runs random statements on a DriftDB without and on one with the plan
// cache, each several times with other literals in the places of its own, so that
// later ones find the plans of earlier ones. Rows, types, tags and errors with their
// messages and positions must be the same. DRIFTDB_DIFF_SEED repeats a seed.
func TestPlanCache(t *testing.T) {
	seed := time.Now().UnixNano()
	if v := repeatedSeed(t); v != 0 {
		seed = v
	}
	t.Logf("seed %d", seed)
	var sides [2]*side
	for i, setting := range []string{"off", "first"} {
		sides[i] = connect(t, "DriftDB", driftserver.Start(t).DSN(), "cached")
		if err := sides[i].fresh(); err != nil {
			t.Fatal(err)
		}
		// A setting of the role outlives DISCARD ALL.
		if o := sides[i].simple("ALTER ROLE driftdb SET drift.plan_cache = " + setting); o.code != "" {
			t.Fatal(o.message)
		}
		_ = sides[i].conn.Close(context.Background())
	}
	r := rand.New(rand.NewSource(seed))
	compared, failed := 0, map[string]int{}
	for n := size(t); n > 0; {
		for _, s := range sides {
			if err := s.fresh(); err != nil {
				t.Fatal(err)
			}
		}
		g := &gen{Rand: r, w: &world{}}
		broken := false
		for i := 0; i < episode && !broken; i++ {
			st := g.byKey()
			times := 8
			if st == nil || g.chance(40) || sides[0].conn.TxStatus() == 'E' {
				st, times = g.next(), 3
			}
			effect := st.effect
			for k := range times {
				n--
				if k > 0 {
					st = g.otherLiterals(st)
				}
				inBlock := repeatable(st) && sides[0].conn.TxStatus() == 'T'
				if inBlock {
					simpleBoth(sides, "SAVEPOINT before")
				}
				want, got := sides[0].run(st), sides[1].run(st)
				if inBlock && want.code != "" && got.code != "" {
					simpleBoth(sides, "ROLLBACK TO before")
				}
				if want.code == "broken" || got.code == "broken" {
					broken = true // it took too long; a new connection goes on
					break
				}
				if d := differenceExact(st, &want, &got); d != "" {
					t.Fatalf("with the plan cache: %s\n%s", d, st.sql)
				}
				compared++
				if want.code != "" {
					failed[want.code]++
				}
				if k == 0 && want.code == "" && effect != nil {
					effect()
				}
				if want.code != "" && g.block && !inBlock {
					g.failed = true
				}
				if !repeatable(st) {
					break
				}
			}
		}
		simpleBoth(sides, "ROLLBACK")
	}
	o := sides[1].simple("SELECT sum(hits) FILTER (WHERE lifted > 0), sum(hits) FILTER (WHERE lifted = 0) FROM drift.plan_cache")
	t.Logf("%d statements, failures %v; %q used a kept shape and a kept text", compared, failed, o.rows)
}

func simpleBoth(sides [2]*side, sql string) {
	for _, s := range sides {
		s.simple(sql)
	}
}

// byKey makes a statement that reads or writes one row by its key, or inserts rows
// of literals; nil when no table has a key.
func (g *gen) byKey() *statement {
	t := g.baseTable()
	if t == nil || len(t.pk) == 0 {
		return nil
	}
	var where []string
	for _, name := range t.pk {
		where = append(where, name+" = "+g.valueFor(t.find(name)))
	}
	for g.chance(30) {
		c := pick(g, t.cols)
		where = append(where, c.name+pick(g, []string{" = ", " < ", ">=", "<>"})+g.valueFor(c))
	}
	by := " WHERE " + strings.Join(where, " AND ")
	set := func() string {
		c := pick(g, t.cols)
		if g.chance(30) {
			return c.name + " = " + c.name + pick(g, []string{" + ", " - ", "+-"}) + g.valueFor(c)
		}
		return c.name + " = " + g.valueFor(c)
	}
	st := &statement{kind: "by key", writes: true, sequences: t.sequences()}
	switch g.Intn(8) {
	case 0:
		st.sql = "DELETE FROM " + t.name + by + g.returning(t)
	case 1, 2:
		st.sql = "UPDATE " + t.name + " SET " + set() + by + g.returning(t)
	case 3, 4:
		cols := g.some(t.cols, 4)
		for _, name := range t.pk {
			if c := t.find(name); !slices.Contains(cols, c) {
				cols = append(cols, c)
			}
		}
		rows := make([]string, 1+g.Intn(3))
		for i := range rows {
			parts := make([]string, len(cols))
			for j, c := range cols {
				parts[j] = g.valueFor(c)
			}
			rows[i] = "(" + strings.Join(parts, ", ") + ")"
		}
		st.sql = "INSERT INTO " + t.name + " (" + columnList(cols) + ") VALUES " + strings.Join(rows, ",") + g.returning(t)
	default:
		st.sql = "SELECT *, 'x', " + g.valueFor(pick(g, t.cols)) + " FROM " + t.name + by + pick(g, []string{"", "", " LIMIT 1", " ORDER BY 1", " FOR UPDATE"})
	}
	return st
}

// valueFor is a literal that mostly is one for the column.
func (g *gen) valueFor(c *column) string {
	switch v := g.value(c.k); {
	case g.chance(4):
		return pick(g, []string{"NULL", "1.5", "'x'", "-1", "2147483648", "DEFAULT", "(1)", "1::int8"})
	case looksNumeric(v) && g.chance(70):
		return v
	default:
		return quote(v)
	}
}

var isNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func looksNumeric(v string) bool { return isNumber.MatchString(v) }

// repeatable reports whether running a statement again, with other literals, leaves
// the generator's model of the schema right.
func repeatable(st *statement) bool {
	switch strings.ToUpper(strings.SplitN(st.sql, " ", 2)[0]) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES":
		return st.copyIn == ""
	}
	return false
}

var literal = regexp.MustCompile(`'(?:[^']|'')*'|\b[0-9]+(?:\.[0-9]+)?\b`)

// otherLiterals returns a statement with some literals replaced, mostly by such
// that fit, sometimes by others.
func (g *gen) otherLiterals(st *statement) *statement {
	c := *st
	c.effect, c.failure = nil, nil
	c.sql = literal.ReplaceAllStringFunc(st.sql, func(old string) string {
		switch {
		case g.chance(50):
			return old
		case old[0] == '\'' && g.chance(70):
			return "'" + pick(g, []string{"", "x", "10", "-7", "a''b", "2020-02-30", "now", "today", "2024-02-29 12:00:00", "true", "1e400", "long long long text", "{1,2}", "1 day", " 5 "}) + "'"
		case old[0] == '\'' || g.chance(10):
			return pick(g, []string{"'1'", "'x'", "0", "NULL"})
		case g.chance(70):
			return fmt.Sprint(g.Intn(12))
		}
		return pick(g, []string{"0", "1", "007", "32768", "2147483647", "2147483648", "2147483649", "9223372036854775807", "9223372036854775808", "1.5", ".5", "1e3", "99999999999999999999", "100000"})
	})
	return &c
}

// differenceExact is difference for two servers that must answer alike.
func differenceExact(st *statement, want, got *outcome) string {
	if want.code != got.code || want.message != got.message || want.position != got.position {
		return fmt.Sprintf("error: without %s at %d, with %s at %d", orOK(want), want.position, orOK(got), got.position)
	}
	if tellsClock(st.sql) {
		return ""
	}
	return difference(st, want, got)
}

// tellsClock reports whether a statement's answer may be another on the next call.
func tellsClock(sql string) bool {
	for _, word := range []string{"now", "today", "current_", "localtime", "random", "clock_", "statement_", "transaction_", "pg_", "oid", "txid"} {
		if strings.Contains(strings.ToLower(sql), word) {
			return true
		}
	}
	return false
}
