package builtin

// Goal: date and time functions answer as PostgreSQL's do, in a zone without and
// in one with changes of clocks. Method: every registered function over these
// types is called with combinations of interesting values on both sides.

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

var datetimeValues = map[types.OID][]string{
	types.Date: {"2000-01-01", "1999-12-31", "2024-02-29", "2023-03-31", "0001-01-01", "0044-03-15 BC", "4714-11-24 BC", "5874897-12-31",
		"294276-12-31", "294277-01-01", "infinity", "-infinity", "1970-01-01", "2007-03-11", "1883-11-18"},
	types.Time:   {"00:00:00", "24:00:00", "23:59:59.999999", "12:34:56.789", "01:30:00", "00:00:00.000001"},
	types.TimeTZ: {"00:00:00+00", "24:00:00-05", "23:59:59.999999+15:59:59", "12:34:56.789-03:30", "01:30:00+02", "23:30:00+00", "00:00:00-15:59:59"},
	types.Timestamp: {"2000-01-01 00:00:00", "1999-12-31 23:59:59.999999", "2024-02-29 12:34:56.789", "2023-03-31 08:00:00", "0001-01-01 00:00:00",
		"0044-03-15 11:30:00 BC", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999", "infinity", "-infinity", "1970-01-01 00:00:00",
		"2007-03-11 02:30:00", "2007-11-04 01:30:00", "1883-11-18 12:01:00", "2100-07-04 05:06:07.000008", "2005-01-01 10:00:00", "2008-12-31 10:00:00"},
	types.TimestampTZ: {"2000-01-01 00:00:00+00", "1999-12-31 23:59:59.999999+00", "2024-02-29 12:34:56.789+00", "2023-03-31 08:00:00+00",
		"0044-03-15 11:30:00+00 BC", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "infinity", "-infinity", "1970-01-01 00:00:00+00",
		"2007-03-11 06:30:00+00", "2007-03-11 07:30:00+00", "2007-11-04 05:30:00+00", "2007-11-04 06:30:00+00", "1883-11-18 12:01:00+00", "2100-07-04 05:06:07.000008+00"},
	types.Interval: {"0", "1 day", "-1 day", "1 mon", "-1 mon", "1 year 2 mons 3 days 04:05:06.789", "-1 year -2 mons +3 days -04:05:06.789", "24:00:00", "-30 days",
		"1 mon -30 days", "35 days 100:00:00", "178956970 years", "2147483647 days", "9223372036854775807 us", "-9223372036854775808 us", "-2147483648 days", "0.000001 sec", "13 mons 31 days 25:00:00"},
	types.Int4:   {"0", "1", "-1", "7", "30", "2147483647", "-2147483648", "3", "2"},
	types.Float8: {"0", "1", "-1", "0.5", "1.5", "-2.75", "1e10", "NaN", "Infinity", "-Infinity", "0.1", "1700000000.123456", "1e18", "-1e300", "59.9999999", "60", "61"},
	types.Bool:   {"t", "f"},
	types.Text: strings.Fields("microseconds msec second minutes hour day week month qtr year decade century millennium julian isoyear dow isodow doy epoch " +
		"timezone timezone_hour timezone_minute YEAR foo now january millisecondsx j m y c"),
}

// datetimeArguments replace the values above where a function needs others.
var datetimeArguments = map[string]map[int][]string{
	"make_date":      {0: {"2024", "0", "-44", "1", "5874898", "-4714", "-2147483648"}, 1: {"1", "12", "2", "0", "13", "11"}, 2: {"1", "29", "30", "31", "0", "24"}},
	"make_time":      {0: {"0", "23", "24", "25", "-1"}, 1: {"0", "59", "60"}},
	"make_timestamp": {0: {"2024", "0", "-44", "294277", "294276"}, 1: {"1", "12", "13"}, 2: {"1", "31", "32"}, 3: {"0", "23", "24"}, 4: {"0", "59", "60"}},
	"make_timestamptz_at_timezone": {0: {"2024", "-44"}, 1: {"1", "7"}, 2: {"1", "31"}, 3: {"0", "23"}, 4: {"0", "59"}, 5: {"1.5", "59.9999999"},
		6: {"UTC", "Europe/Paris", "EST", "MSK", "+2", "-03:30", "+16", "5", "nowhere", "EST5EDT", "", "+x"}},
	"timestamptz_trunc_zone": {2: {"UTC", "Australia/Sydney", "EST", "nowhere", "Asia/Kolkata"}},
	"timestamp_zone":         {0: zoneValues}, "timestamptz_zone": {0: zoneValues}, "timetz_zone": {0: {"UTC", "EST", "+3", "foo5", "Asia/Kolkata", "nowhere"}},
	"timestamp_scale":   {1: {"-1", "0", "1", "3", "6"}},
	"timestamptz_scale": {1: {"-1", "0", "1", "3", "6"}},
	"time_scale":        {1: {"-1", "0", "1", "3", "6"}},
	"timetz_scale":      {1: {"-1", "0", "1", "3", "6"}},
	"interval_scale":    {1: {"-1", "327679", "196607", "458751", "589823", "67174399", "134283263", "201916415", "268435459", "2147418112", "2147418115"}},
	"interval_time":     {0: {"0", "1 mon -30 days 25:00:00", "-00:00:01", "100:00:00"}},
	"timestamp_bin":     {0: {"15 min", "1 day", "1 mon", "0", "-1 day", "00:00:00.000007", "2147483647 days", "36500 days 5:00"}},
	"timestamptz_bin":   {0: {"15 min", "1 day", "1 mon", "0", "-1 day", "00:00:00.000007", "2147483647 days", "36500 days 5:00"}},
}

// wraps are the functions, by name, in which PostgreSQL 15 lets an overflow wrap
// around where we compute the true result or fail: arguments with these texts
// are not compared.
var wraps = map[string][]string{
	"timestamp_mi": {"294276", "4714"}, "timestamptz_mi": {"294276", "4714"}, "age": {"infinity"}, "overlaps": {"9223372036854775807"},
	"time_pl_interval": {"9223372036854775807"}, "timetz_pl_interval": {"9223372036854775807"}, "interval_pl_time": {"9223372036854775807"},
	"interval_pl_timetz": {"9223372036854775807"}, "interval": {"922337203685477580"},
}

var zoneValues = []string{"UTC", "America/New_York", "europe/berlin", "EST", "EDT", "MSK", "IST", "Australia/Lord_Howe", "+03", "-03:30", "foo-5:30", "EST5EDT", "nowhere", "", "Asia/Kathmandu"}

func TestDatetimeAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	for _, zone := range []string{"UTC", "America/New_York"} {
		ref.Query("SET timezone = '" + zone + "'")
		set := pgfmt.Default()
		set.Location, set.ZoneName, _ = pgtime.LoadLocation(zone)
		compareCalls(t, ref, set, datetimeTable.calls(rand.New(rand.NewPCG(7, 15)), 120))
	}
}

var datetimeTable = &callTable{isDatetime, datetimeValues, datetimeArguments}

func isDatetime(p *Proc) bool {
	for _, oid := range append([]types.OID{p.Ret}, p.Args...) {
		switch oid {
		case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval:
			return len(p.Args) > 0 && !strings.HasSuffix(p.Source, "to_char") && p.Source != "to_date" && p.Source != "to_timestamp" &&
				!strings.Contains(p.Source, "hash")
		}
	}
	return false
}

// callTable says how to call a set of functions: their arguments come from special
// by prosrc and position, else from byType.
type callTable struct {
	choose  func(*Proc) bool
	byType  map[types.OID][]string
	special map[string]map[int][]string
}

// calls returns up to limit calls of each function with a body.
func (ct *callTable) calls(rng *rand.Rand, limit int) []call {
	var calls []call
	for _, p := range Procs() {
		if p.Eval == nil || p.Kind != 'f' || p.RetSet || p.Schema != "pg_catalog" || p.Ret == types.Void || !ct.choose(p) || p.Variadic == types.Any {
			continue
		}
		lists := make([][]string, len(p.Args))
		for i, a := range p.Args {
			if lists[i] = ct.special[p.Source][i]; lists[i] == nil {
				lists[i] = ct.byType[a]
			}
		}
		if !slices.ContainsFunc(lists, func(l []string) bool { return len(l) == 0 }) {
			calls = append(calls, combine(p, lists, rng, limit)...)
		}
	}
	return calls
}

// compareCalls runs calls on both sides and compares values or errors.
func compareCalls(t *testing.T, ref *pgref.Conn, set *pgfmt.Settings, calls []call) {
	t.Helper()
	const shown = 2 // differences printed of one function
	set.Now = time.Now().UnixMicro() - pgtime.UnixEpoch*1e6
	statements := make([]string, len(calls))
	for i, c := range calls {
		statements[i] = c.sql()
	}
	tried, bad, failed, accepted := map[*Proc]int{}, map[*Proc]int{}, 0, 0
	for i, want := range ref.Batch(statements) {
		p := calls[i].p
		tried[p]++
		got, err := calls[i].runIn(&Context{Ctx: context.Background(), Settings: set, TxnTime: set.Now, StmtTime: set.Now,
			Clock: func() int64 { return set.Now }})
		if err == nil {
			accepted++
		}
		if diff := difference(p, got, err, want); diff != "" {
			failed++
			if bad[p]++; bad[p] <= shown {
				t.Errorf("%s [%s, %s]: %s", statements[i], p.Source, set.ZoneName, diff)
			}
		}
	}
	for p, n := range bad {
		t.Logf("%s: %d of %d calls differ", p.Source, n, tried[p])
	}
	t.Logf("%s: %d functions, %d calls (%d without error), %d differ", set.ZoneName, len(tried), len(calls), accepted, failed)
}

func combine(p *Proc, lists [][]string, rng *rand.Rand, limit int) []call {
	total := 1
	for _, l := range lists {
		total *= len(l)
	}
	var calls []call
	for n := range min(total, limit) {
		if total > limit {
			n = rng.IntN(total)
		}
		text := make([]string, len(lists))
		for i, l := range lists {
			text[i], n = l[n%len(l)], n/len(l)
		}
		if slices.ContainsFunc(wraps[p.Name], func(w string) bool { return strings.Contains(strings.Join(text, "|"), w) }) {
			continue
		}
		calls = append(calls, call{p, p.Args, text})
	}
	return calls
}

// arguments reads the argument texts.
func (c call) arguments(set *pgfmt.Settings) ([]datum.Datum, error) {
	args := make([]datum.Datum, len(c.text))
	var err error
	for i, t := range c.text {
		if args[i], err = pgfmt.ParseText(t, types.Of(c.args[i]), set); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// runIn is run with a context of the caller's.
func (c call) runIn(ctx *Context) (string, error) {
	args, err := c.arguments(ctx.Settings)
	if err != nil {
		return "", err
	}
	ret := resultType(c.p, c.args)
	d, err := c.p.For(c.args, ret)(ctx, args)
	if err != nil {
		return "", err
	}
	if d.IsNull() {
		return "NULL", nil
	}
	return pgfmt.Text(types.Of(ret), d, ctx.Settings), nil
}
