package grammar

import (
	"errors"
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	pgquery "github.com/pganalyze/pg_query_go/v4"
	pgparser "github.com/pganalyze/pg_query_go/v4/parser"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/parse"
)

// verdict is the outcome of parsing: an empty message is acceptance.
type verdict struct {
	msg string
	pos int
}

func (v verdict) String() string {
	if v.msg == "" {
		return "accepted"
	}
	return fmt.Sprintf("%s (at %d)", v.msg, v.pos)
}

func judge(sql string) verdict {
	_, err := pgquery.Parse(sql)
	if err == nil {
		return verdict{}
	}
	var e *pgparser.Error
	if errors.As(err, &e) {
		return verdict{e.Message, e.Cursorpos}
	}
	return verdict{err.Error(), 0}
}

func ours(sql string) verdict {
	_, err := parse.Statements(sql)
	if err == nil {
		return verdict{}
	}
	e := pgerr.From(err)
	pos := e.Position
	if pos > 0 { // the judge counts characters
		pos = utf8.RuneCountInString(sql[:pos-1]) + 1
	}
	return verdict{e.Message, pos}
}

// excused tells the known differences between the judge and the server.
func excused(sql string, want, got verdict) bool {
	switch {
	case strings.Contains(sql, "?"), strings.Contains(sql, "$1"), strings.Contains(sql, "$2"):
		return true // parameters of the judge's own
	case strings.HasPrefix(got.msg, "trailing junk"):
		return true // the judge reads 1a as 1 a, the server does not
	case strings.Contains(got.msg, "misplaced"), strings.Contains(got.msg, "DEFERRABLE clauses not allowed"),
		strings.Contains(got.msg, "INITIALLY"):
		return true // the server says so when it looks at the table, after the grammar
	case commentInString.MatchString(sql):
		return true // the server continues a string behind a comment
	case strings.HasPrefix(want.msg, "UESCAPE") && strings.HasPrefix(got.msg, "UESCAPE"):
		return true // the place of the end differs behind a comment
	case temporal.MatchString(sql):
		return true
	}
	return false
}

var commentInString = regexp.MustCompile(`'\s*--`)

// temporal matches what may be one of DriftDB's own clauses.
var temporal = regexp.MustCompile(`(?i)\bas\s+of\b|system_time|@\s*seq|\b(transaction|begin|work|only|write|deferrable|committed|read|serializable)[\s,]+as\b`)

type tally struct {
	t                                    *testing.T
	total, accepted, excused, wrong, msg int
}

func (c *tally) check(sql string) {
	want, got := judge(sql), ours(sql)
	c.total++
	if want.msg == "" {
		c.accepted++
	}
	switch {
	case want == got:
	case excused(sql, want, got):
		c.excused++
	case (want.msg == "") != (got.msg == ""):
		c.wrong++
		if c.wrong <= reportMax {
			c.t.Errorf("accept/reject differs\n  sql: %q\n  want %v\n  got  %v", sql, want, got)
		}
	default:
		c.msg++
		if c.msg <= reportMax {
			c.t.Errorf("error differs\n  sql: %q\n  want %v\n  got  %v", sql, want, got)
		}
	}
}

const reportMax = 25

func (c *tally) report() {
	c.t.Logf("%d statements, %d accepted by the judge; verdict differs: %d, error differs: %d, excused: %d",
		c.total, c.accepted, c.wrong, c.msg, c.excused)
}

func TestRegressionFiles(t *testing.T) {
	c := tally{t: t}
	for _, sql := range regressStatements(t) {
		c.check(sql)
	}
	c.report()
}

func TestLogicFiles(t *testing.T) {
	c := tally{t: t}
	for _, sql := range sltStatements(t, 20000) {
		c.check(sql)
	}
	c.report()
}

// TestMutations changes tokens of good statements; most results are wrong in one
// place, which must be the same place for both.
func TestMutations(t *testing.T) {
	rounds := 1
	if os.Getenv("GRAMMAR_ROUNDS") != "" {
		fmt.Sscan(os.Getenv("GRAMMAR_ROUNDS"), &rounds)
	}
	seed := int64(1)
	if os.Getenv("GRAMMAR_SEED") != "" {
		fmt.Sscan(os.Getenv("GRAMMAR_SEED"), &seed)
	}
	t.Logf("seed %d, %d rounds", seed, rounds)
	rnd := rand.New(rand.NewSource(seed))
	c := tally{t: t}
	statements := regressStatements(t)
	for range rounds {
		for _, sql := range statements {
			if len(sql) < 2000 && !strings.ContainsAny(sql, "?$") {
				c.check(mutate(rnd, sql, statements))
			}
		}
	}
	c.report()
}

var tokenPattern = regexp.MustCompile(`'(?:[^']|'')*'|"[^"]*"|\w+|\s+|[-+*/<>=~!@#%^&|` + "`" + `]+|.`)

// mutate deletes, doubles, swaps, inserts or replaces a token.
func mutate(rnd *rand.Rand, sql string, from []string) string {
	tokens := tokenPattern.FindAllString(sql, -1)
	if len(tokens) < 3 {
		return sql
	}
	other := tokenPattern.FindAllString(from[rnd.Intn(len(from))], -1)
	i, j := rnd.Intn(len(tokens)), rnd.Intn(len(tokens))
	foreign := other[rnd.Intn(len(other))]
	switch rnd.Intn(5) {
	case 0:
		tokens[i] = ""
	case 1:
		tokens[i] += " " + tokens[i]
	case 2:
		tokens[i], tokens[j] = tokens[j], tokens[i]
	case 3:
		tokens[i] += " " + foreign + " "
	default:
		tokens[i] = " " + foreign + " "
	}
	return strings.Join(tokens, "")
}
