package builtin

// Goal and method as golden_test.go, for dates, strings, regular expressions and
// templates, whose interesting arguments differ from function to function.

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

const goldenTextFile = "testdata/golden_text.tsv"

// dependOnNow are functions of date types whose answer changes from day to day.
func dependOnNow(p *Proc) bool {
	switch p.Source {
	case "time_timetz", "timetz_zone":
		return true
	}
	return p.OID == 1386 || p.OID == 2059 // age of one argument
}

func goldenTextCalls() []call {
	rng := rand.New(rand.NewPCG(15, 15))
	calls := datetimeTable.calls(rng, 6)
	calls = append(calls, stringTable.calls(rng, 10)...)
	calls = append(calls, regexTable.calls(rng, 10)...)
	calls = append(calls, dateTemplateTable(rng).calls(rng, 150)...)
	calls = append(calls, readBack(rng)[:200]...)
	calls = append(calls, numberTemplateTable(rng).calls(rng, 150)...)
	match := bySource("regexp_match_no_flags")[0]
	patterns := append([]string(nil), regexPatterns...)
	for range 200 {
		patterns = append(patterns, randomPattern(rng, 3))
	}
	for i, p := range patterns {
		calls = append(calls, call{match, match.Args, []string{regexTexts[i%len(regexTexts)], p}})
	}
	return calls
}

func TestGoldenText(t *testing.T) {
	if *rewrite {
		rewriteGoldenText(t)
	}
	f, err := os.Open(goldenTextFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx := &Context{Ctx: context.Background(), Settings: pgfmt.Default()}
	scanner := bufio.NewScanner(f)
	lines := 0
	for scanner.Scan() {
		lines++
		c, want, err := parseGolden(scanner.Text())
		if err != nil {
			t.Fatalf("line %d: %v", lines, err)
		}
		if got := goldenResult(c.runIn(ctx)); got != want {
			t.Errorf("line %d: %s = %s, PostgreSQL %s", lines, c.sql(), got, want)
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	if lines < 3000 {
		t.Errorf("only %d calls in %s", lines, goldenTextFile)
	}
}

func rewriteGoldenText(t *testing.T) {
	ref := pgref.Connect(t)
	var calls []call
	var statements []string
	for _, c := range goldenTextCalls() {
		if len(strings.Join(c.text, "")) < 200 && !dependOnNow(c.p) {
			calls, statements = append(calls, c), append(statements, c.sql())
		}
	}
	var out strings.Builder
	for i, r := range ref.Batch(statements) {
		result := strconv.Quote("NULL")
		switch {
		case strings.HasSuffix(calls[i].p.Source, "cmp"), strings.Contains(calls[i].sql(), "(?b)"): // only a sign; not supported
			continue
		case r.Err != nil && r.Err.Code == "42883", r.Err != nil && strings.Contains(r.Err.Message, "\n"):
			continue
		case r.Err != nil:
			result = "error " + r.Err.Code + " " + r.Err.Message
		case len(r.Rows[0][0]) > 500:
			continue
		case r.Rows[0][0] != nil:
			result = strconv.Quote(string(r.Rows[0][0]))
		}
		fmt.Fprintf(&out, "%d\t%s\t", calls[i].p.OID, strings.Trim(fmt.Sprint(calls[i].args), "[]"))
		for _, text := range calls[i].text {
			out.WriteString(strconv.Quote(text) + "\t")
		}
		out.WriteString(result + "\n")
	}
	if err := os.WriteFile(goldenTextFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSetsOfText covers functions that return sets of texts and moments.
func TestSetsOfText(t *testing.T) {
	ref := pgref.Connect(t)
	set := pgfmt.Default()
	table := map[string]map[int][]string{
		"regexp_split_to_table":     {0: {"a,b,,c", "", "abc", "a1b22c"}, 1: {",", "", `\d+`, "x*", "("}, 2: {"", "i", "g", "z"}},
		"regexp_matches":            {0: {"foobarbaz", "", "abcabc"}, 1: {"b.", "(a)(b)?", "", "x*"}, 2: {"g", "", "gi"}},
		"text_to_table":             {0: {"a,b,,c", "", "abc"}, 1: {",", "", "xx"}},
		"text_to_table_null":        {0: {"a,b,,c", "", "abc"}, 1: {",", ""}, 2: {"", "b", "abc"}},
		"generate_series_timestamp": {0: {"2024-01-31", "2024-03-01"}, 1: {"2024-06-01", "2023-12-01"}, 2: {"1 mon", "-1 mon", "40 days 01:00", "0", "1 mon -1 day"}},
		"generate_series_timestamptz": {0: {"2024-03-08 00:00+00", "2024-03-20 00:00+00"}, 1: {"2024-03-12 12:00+00", "2024-03-01 00:00+00"},
			2: {"1 day", "-1 day", "12:00:00", "0"}},
	}
	rng := rand.New(rand.NewPCG(4, 15))
	n := 0
	for source, lists := range table {
		p := bySource(source)[0]
		args := make([][]string, len(p.Args))
		for i := range args {
			args[i] = lists[i]
		}
		for _, c := range combine(p, args, rng, 200) {
			sql := strings.Replace(c.sql(), "select ", "SELECT coalesce(string_agg(coalesce(v::text, '~'), '|'), 'none') FROM ", 1) + " v"
			want := ref.Query(sql)
			got, err := c.setIn(set)
			n++
			if diff := regexDifference(got, err, want); diff != "" {
				t.Errorf("%s: %s", sql, diff)
			}
		}
	}
	t.Logf("%d calls", n)
}

// setIn runs a set-returning function and joins its rows.
func (c call) setIn(set *pgfmt.Settings) (string, error) {
	ctx := &Context{Ctx: context.Background(), Settings: set}
	args, err := c.arguments(set)
	if err != nil {
		return "", err
	}
	var rows []string
	err = c.p.Set(ctx, args, func(row []datum.Datum) error {
		if row[0].IsNull() {
			rows = append(rows, "~")
		} else {
			rows = append(rows, pgfmt.Text(types.Of(c.p.Ret), row[0], set))
		}
		return nil
	})
	if len(rows) == 0 {
		return "none", err
	}
	return strings.Join(rows, "|"), err
}
