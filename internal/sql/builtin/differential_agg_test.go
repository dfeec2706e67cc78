package builtin

// Goal: aggregates and set-returning functions answer as PostgreSQL's do.
// Method: run each over lists of values (empty, one, NULLs, random choices of
// the table in differential_test.go) on both sides.

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	values[types.Interval] = []string{"1 day", "01:30:00", "-2 mons", "1 year 2 mons 3 days 04:05:06.789"}
	values[types.Date] = []string{"2020-01-01", "1999-12-31", "infinity", "2020-02-29"}
	values[types.Timestamp] = []string{"2020-01-01 12:34:56.789", "infinity", "2020-01-02 00:00:00"}
	values[types.TimestampTZ] = []string{"2020-01-01 12:34:56.789+00", "-infinity", "2020-07-02 00:00:00+00"}
	values[types.Time] = []string{"12:34:56", "00:00:00"}
	values[types.TimeTZ] = []string{"12:34:56+02", "12:34:56-02"}
}

// aggInputs are the types tried for polymorphic and "any" arguments.
var aggInputs = []types.OID{types.Int4, types.Text, types.Numeric, types.Timestamp, types.Bool, types.JSONB, types.Int4Array, types.Float8}

func TestAggregatesAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	rng := rand.New(rand.NewPCG(3, 4))
	total, failed := 0, 0
	for _, p := range Procs() {
		if p.Kind != 'a' || p.Agg == nil || isOrderedSet(p.Name) {
			continue
		}
		for _, args := range argumentTypes(p) {
			n, bad := compareAggregate(t, ref, rng, p, args)
			total, failed = total+n, failed+bad
		}
	}
	t.Logf("%d aggregate calls, %d differ", total, failed)
}

func isOrderedSet(name string) bool {
	return strings.HasPrefix(name, "percentile") || name == "mode"
}

// argumentTypes lists the concrete argument types an aggregate is tried with.
func argumentTypes(p *Proc) [][]types.OID {
	lists := [][]types.OID{{}}
	for _, a := range p.Args {
		choices := []types.OID{a}
		switch a {
		case types.AnyElement, types.Any, types.AnyNonArray:
			choices = aggInputs
		case types.AnyArray:
			choices = []types.OID{types.Int4Array, types.TextArray}
		}
		var next [][]types.OID
		for _, l := range lists {
			for _, c := range choices {
				if len(values[c]) > 0 && !(a == types.AnyNonArray && types.IsArray(c)) {
					next = append(next, append(append([]types.OID{}, l...), c))
				}
			}
		}
		lists = next
	}
	return lists
}

func compareAggregate(t *testing.T, ref *pgref.Conn, rng *rand.Rand, p *Proc, args []types.OID) (total, bad int) {
	t.Helper()
	var statements []string
	var inputs [][][]string
	for _, size := range []int{0, 1, 2, 3, 5, 9, 20} {
		rows := make([][]string, size)
		for i := range rows {
			rows[i] = make([]string, len(args))
			for k, oid := range args {
				list := values[oid]
				rows[i][k] = list[rng.IntN(len(list))]
				if rng.IntN(8) == 0 {
					rows[i][k] = "\x00" // NULL
				}
			}
		}
		inputs = append(inputs, rows)
		statements = append(statements, aggregateSQL(p, args, rows))
	}
	set := pgfmt.Default()
	for i, want := range ref.Batch(statements) {
		total++
		got, err := runAggregate(p, args, inputs[i], set)
		if diff := difference(p, got, err, want); diff != "" && !nearFloat(p, got, want) {
			if bad++; bad <= 2 {
				t.Errorf("%s: %s", statements[i], diff)
			}
		}
	}
	return total, bad
}

// nearFloat forgives the last digit of floating-point statistics.
func nearFloat(p *Proc, got string, want pgref.Result) bool {
	return p.Ret == types.Float8 && want.Err == nil && want.Rows[0][0] != nil && near(got, string(want.Rows[0][0]))
}

func aggregateSQL(p *Proc, args []types.OID, rows [][]string) string {
	call := "*"
	if len(args) > 0 {
		names := make([]string, len(args))
		for i := range names {
			names[i] = fmt.Sprintf("c%d", i)
		}
		call = strings.Join(names, ", ")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "select pg_catalog.%s(%s) from (", p.Name, call)
	for i := -1; i < len(rows); i++ {
		if i >= 0 {
			b.WriteString(" union all ")
		}
		b.WriteString("select ")
		if len(args) == 0 {
			b.WriteString("1 as c0")
		}
		for k, oid := range args {
			if k > 0 {
				b.WriteString(", ")
			}
			literal := "null"
			if i >= 0 && rows[i][k] != "\x00" {
				literal = "'" + strings.ReplaceAll(rows[i][k], "'", "''") + "'"
			}
			fmt.Fprintf(&b, "%s::%s as c%d", literal, pgfmt.FormatType(types.Of(oid)), k)
		}
		if i < 0 {
			b.WriteString(" where false")
		}
	}
	b.WriteString(") v")
	return b.String()
}

func runAggregate(p *Proc, oids []types.OID, rows [][]string, set *pgfmt.Settings) (string, error) {
	c := &Context{Settings: set}
	state := p.Agg(p, oids)
	args := make([]datum.Datum, len(oids))
	for _, row := range rows {
		for i, text := range row {
			args[i] = null
			if text == "\x00" {
				continue
			}
			var err error
			if args[i], err = pgfmt.ParseText(text, types.Of(oids[i]), set); err != nil {
				return "", err
			}
		}
		if err := state.Add(c, args); err != nil {
			return "", err
		}
	}
	d, err := state.Result(c)
	if err != nil || d.IsNull() {
		return "NULL", err
	}
	ret := p.Ret
	switch ret {
	case types.AnyArray:
		ret = oids[0]
		if !types.IsArray(ret) {
			ret = types.ArrayOf(ret)
		}
	case types.AnyElement:
		ret = oids[len(oids)-1]
	}
	return pgfmt.Text(types.Of(ret), d, set), nil
}

func TestOrderedSetAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	set := pgfmt.Default()
	cases := []struct {
		name     string
		direct   string
		directT  types.OID
		elem     types.OID
		elements []string
	}{
		{"percentile_cont", "0.5", types.Float8, types.Float8, []string{"1", "2", "4", "10"}},
		{"percentile_cont", "0.3", types.Float8, types.Float8, []string{"1"}},
		{"percentile_cont", "0.5", types.Float8, types.Float8, nil},
		{"percentile_cont", "1.5", types.Float8, types.Float8, []string{"1"}},
		{"percentile_cont", "{0,0.25,1,NULL}", types.Float8Array, types.Float8, []string{"1", "2", "4", "10"}},
		{"percentile_cont", "0.4", types.Float8, types.Interval, []string{"1 day", "2 days", "5 days"}},
		{"percentile_disc", "0.5", types.Float8, types.Text, []string{"a", "b", "c", "d"}},
		{"percentile_disc", "0", types.Float8, types.Int4, []string{"3", "4"}},
		{"percentile_disc", "{0.1,0.9}", types.Float8Array, types.Int4, []string{"3", "4", "9"}},
		{"percentile_disc", "NaN", types.Float8, types.Int4, []string{"3", "4", "9"}},
		{"mode", "", 0, types.Text, []string{"a", "b", "b", "c", "c"}},
		{"mode", "", 0, types.Int4, nil},
	}
	for _, tc := range cases {
		direct := ""
		if tc.directT != 0 {
			direct = "'" + tc.direct + "'::" + pgfmt.FormatType(types.Of(tc.directT))
		}
		list := "'{" + strings.Join(tc.elements, ",") + "}'::" + pgfmt.FormatType(types.Of(types.ArrayOf(tc.elem)))
		sql := fmt.Sprintf("select %s(%s) within group (order by x) from unnest(%s) x", tc.name, direct, list)
		want := ref.Query(sql)
		p, oids, rows := orderedSetCall(tc.name, tc.directT, tc.elem, tc.direct, tc.elements)
		got, err := runAggregate(p, oids, rows, set)
		if types.IsArray(tc.directT) && err == nil && got != "NULL" {
			d, parseErr := pgfmt.ParseText(got, types.Of(types.ArrayOf(tc.elem)), set)
			if parseErr != nil {
				t.Fatal(parseErr)
			}
			got = pgfmt.Text(types.Of(types.ArrayOf(tc.elem)), d, set)
		}
		if diff := difference(p, got, err, want); diff != "" {
			t.Errorf("%s: %s", sql, diff)
		}
	}
}

func orderedSetCall(name string, directT, elem types.OID, direct string, elements []string) (*Proc, []types.OID, [][]string) {
	var found *Proc
	for _, p := range procsByName[name] {
		last := p.Args[len(p.Args)-1]
		if (directT == 0 || p.Args[0] == directT) && (last == elem || last == types.AnyElement) {
			found = p
		}
	}
	oids := []types.OID{elem}
	if directT != 0 {
		oids = []types.OID{directT, elem}
	}
	var rows [][]string
	for _, e := range elements {
		if directT != 0 {
			rows = append(rows, []string{direct, e})
		} else {
			rows = append(rows, []string{e})
		}
	}
	return found, oids, rows
}

func TestSetFunctionsAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	set := pgfmt.Default()
	rng := rand.New(rand.NewPCG(5, 6))
	total := 0
	for _, p := range Procs() {
		if p.Set == nil || p.Schema != "pg_catalog" || p.Variadic != 0 || strings.HasPrefix(p.Name, "pg_") {
			continue
		}
		calls := callsOf(p, rng, 40)
		calls = smallSeries(calls)
		statements := make([]string, len(calls))
		for i, c := range calls {
			statements[i] = strings.Replace(c.sql(), "select ", "select s from ", 1) + " s"
		}
		if len(calls) == 0 {
			continue
		}
		for i, want := range ref.Batch(statements) {
			total++
			rows, err := calls[i].runSet(set)
			expected := make([]string, 0, len(want.Rows))
			for _, r := range want.Rows {
				if r[0] == nil {
					expected = append(expected, "NULL")
				} else {
					expected = append(expected, string(r[0]))
				}
			}
			switch {
			case err != nil || want.Err != nil:
				if diff := difference(p, "", err, want); diff != "" {
					t.Errorf("%s: %s", statements[i], diff)
				}
			case strings.Join(rows, "|") != strings.Join(expected, "|"):
				t.Errorf("%s:\n got %q\nwant %q", statements[i], rows, expected)
			}
		}
	}
	t.Logf("%d calls", total)
}

// smallSeries drops series that would take for ever.
func smallSeries(calls []call) []call {
	var kept []call
	for _, c := range calls {
		if !strings.HasPrefix(c.p.Name, "generate_series") {
			kept = append(kept, c)
			continue
		}
		small := true
		for _, t := range c.text {
			small = small && len(t) < 5
		}
		if small {
			kept = append(kept, c)
		}
	}
	return kept
}

func (c call) runSet(set *pgfmt.Settings) (rows []string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	args := make([]datum.Datum, len(c.text))
	for i, t := range c.text {
		if args[i], err = pgfmt.ParseText(t, types.Of(c.args[i]), set); err != nil {
			return nil, err
		}
	}
	err = c.p.Set(&Context{Settings: set}, args, func(row []datum.Datum) error {
		rows = append(rows, c.rowText(row, set))
		return nil
	})
	return rows, err
}

func (c call) rowText(row []datum.Datum, set *pgfmt.Settings) string {
	if len(row) == 1 {
		if row[0].IsNull() {
			return "NULL"
		}
		return pgfmt.Text(types.Of(resultType(c.p, c.args)), row[0], set)
	}
	record := &datum.RecordValue{Fields: row}
	for i, m := range c.p.ArgModes {
		if m == 'o' {
			record.Types = append(record.Types, uint32(c.p.AllArgs[i]))
		}
	}
	return pgfmt.Text(types.Of(types.Record), datum.NewRecord(record), set)
}
