package pgtime

// Goal: input and output agree with PostgreSQL 15, value and error alike.
// Method: every input, handwritten or random, is cast by the server named by
// DRIFTDB_PG_DSN under several DateStyle, IntervalStyle and TimeZone settings and
// by this package; the texts or SQLSTATEs and messages are compared.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/pgerr"
)

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	dsn := os.Getenv("DRIFTDB_PG_DSN")
	if dsn == "" {
		t.Skip("DRIFTDB_PG_DSN does not name a PostgreSQL 15 server to compare with")
	}
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Skipf("no PostgreSQL server to compare with: %v", err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

type refSettings struct {
	style, order, interval, zone string
}

var refCases = []refSettings{
	{"ISO", "MDY", "postgres", "UTC"},
	{"SQL", "DMY", "postgres_verbose", "America/New_York"},
	{"Postgres", "MDY", "sql_standard", "Europe/London"},
	{"German", "YMD", "iso_8601", "Asia/Kolkata"},
	{"Postgres", "DMY", "postgres", "Australia/Lord_Howe"},
	{"ISO", "YMD", "postgres", "EST5EDT4,M3.2.0/3,M11.1.0/1"},
	{"SQL", "MDY", "sql_standard", "<+03:30>-3:30"},
}

func (r refSettings) opts(t *testing.T, now int64) *Opts {
	loc, name, ok := LoadLocation(r.zone)
	if !ok {
		t.Fatalf("zone %s is unknown", r.zone)
	}
	o := &Opts{Location: loc, ZoneName: name, Now: now}
	o.DateStyle = map[string]DateStyle{"ISO": StyleISO, "SQL": StyleSQL, "Postgres": StylePostgres, "German": StyleGerman}[r.style]
	o.DateOrder = map[string]DateOrder{"MDY": OrderMDY, "DMY": OrderDMY, "YMD": OrderYMD}[r.order]
	o.IntervalStyle = map[string]IntervalStyle{"postgres": IntervalPostgres, "postgres_verbose": IntervalPostgresVerbose,
		"sql_standard": IntervalSQLStandard, "iso_8601": IntervalISO8601}[r.interval]
	return o
}

// ours reads s as a type and prints it again.
func ours(typeName, s string, o *Opts) (string, error) {
	switch typeName {
	case "date":
		v, err := ParseDate(s, o)
		return string(AppendDate(nil, v, o)), err
	case "time":
		v, err := ParseTime(s, o)
		return string(AppendTime(nil, v, o)), err
	case "timetz":
		v, err := ParseTimeTZ(s, o)
		return string(AppendTimeTZ(nil, v, o)), err
	case "timestamp":
		v, err := ParseTimestamp(s, o)
		return string(AppendTimestamp(nil, v, o)), err
	case "timestamptz":
		v, err := ParseTimestampTZ(s, o)
		return string(AppendTimestampTZ(nil, v, o)), err
	}
	v, err := ParseInterval(s, -1, o)
	return string(AppendInterval(nil, v, o)), err
}

func describe(text string, err error) string {
	if err == nil {
		return text
	}
	var mine *pgerr.Error
	var theirs *pgconn.PgError
	switch {
	case errors.As(err, &mine):
		return fmt.Sprintf("%s %s [%s]", mine.Code, mine.Message, mine.Hint)
	case errors.As(err, &theirs):
		return fmt.Sprintf("%s %s [%s]", theirs.Code, theirs.Message, theirs.Hint)
	}
	return err.Error()
}

func TestAgainstPostgreSQL(t *testing.T) {
	conn := connect(t)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(15, 4))
	compared, failed, accepted := 0, 0, 0
	for i, r := range refCases {
		set := fmt.Sprintf("SET datestyle='%s,%s'; SET intervalstyle='%s'; SET timezone='%s'", r.style, r.order, r.interval, r.zone)
		if _, err := conn.Exec(ctx, set); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, "BEGIN"); err != nil {
			t.Fatal(err)
		}
		var now float64
		if err := conn.QueryRow(ctx, "SELECT extract(epoch from now())::float8").Scan(&now); err != nil {
			t.Fatal(err)
		}
		o := r.opts(t, int64((now-float64(UnixEpoch))*1e6))
		for _, typeName := range []string{"date", "time", "timetz", "timestamp", "timestamptz", "interval"} {
			inputs := datetimeInputs
			if typeName == "interval" {
				inputs = intervalInputs
			}
			inputs = append([]string(nil), inputs...)
			for range 400 {
				if typeName == "interval" {
					inputs = append(inputs, randomInterval(rng))
				} else {
					inputs = append(inputs, randomDateTime(rng, r.firstYear()))
				}
			}
			theirs := castAll(t, conn, typeName, inputs)
			for j, in := range inputs {
				text, err := ours(typeName, in, o)
				got, want := describe(text, err), theirs[j]
				if strings.Contains(in, "now") && err == nil {
					continue // microseconds of now were rounded above
				}
				compared++
				if err == nil {
					accepted++
				}
				if got != want {
					if failed++; failed < 60 {
						t.Errorf("%v %s %q\n got %s\nwant %s", refCases[i], typeName, in, got, want)
					}
				}
			}
		}
		if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d inputs compared, %d accepted, %d differ", compared, accepted, failed)
}

// castAll casts each input on the server, in one pipeline with a savepoint each.
func castAll(t *testing.T, conn *pgx.Conn, typeName string, inputs []string) []string {
	t.Helper()
	ctx := context.Background()
	_, err := conn.Exec(ctx, `CREATE OR REPLACE FUNCTION pg_temp.try(t text, v text) RETURNS text LANGUAGE plpgsql AS $$
		DECLARE r text; h text;
		BEGIN EXECUTE format('SELECT CAST(%L AS %s)::text', v, t) INTO r; RETURN r;
		EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS h = PG_EXCEPTION_HINT; RETURN SQLSTATE || ' ' || SQLERRM || ' [' || h || ']'; END $$`)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, "SELECT pg_temp.try($1, v) FROM unnest($2::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n", typeName, inputs)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var datetimePieces = []string{
	"1999", "2001", "01", "1", "2", "8", "12", "13", "28", "29", "30", "31", "32", "99", "0", "00", "366", "060", "20010203", "990203",
	"January", "jan", "Feb", "SEP", "sept", "december", "mon", "Tuesday", "thurs", "AD", "BC", "am", "PM", "-", "/", ".", " ", ",", "  ",
	"04:05:06", "04:05", "4:5:6.789", "24:00:00", "24:00:01", "23:59:60", "23:59:59.9999995", "040506", "0405", "T", "t", "T040506", "040506.789", "12:00",
	"+02", "-08", "+0530", "-03:30", "+15:59:59", "+16", "z", "UTC", "EST", "EDT", "PST8PDT", "america/new_york", "Europe/Paris", "MSK", "zulu", "dst", "MET DST",
	"J2451187", "j 2451187", "J", "y", "d", "m", "h", "mm", "s", "today", "yesterday", "epoch", "infinity", "-infinity", "allballs", "at", "on",
	"1999-01-08", "08-Jan-99", "Jan-08-1999", "1999-Jan-08", "99-1-8", "1/8/1999", "18.1.1999", "1999.008", "12:34:56.7 pm", "00:00", "2024-02-29", "2023-02-29", "294276", "5874897", "4714-11-24",
}

// firstYear is the first year to try changes of clocks in: the time package
// misplaces those of a POSIX rule by a day before 1970.
func (r refSettings) firstYear() int {
	if strings.Contains(r.zone, ",M") {
		return 1970
	}
	return 1850
}

func randomDateTime(r *rand.Rand, firstYear int) string {
	switch r.IntN(5) {
	case 4: // the common form, now and then broken
		s := fmt.Sprintf("%04d-%02d-%02d%c%02d:%02d:%02d.%06d", r.IntN(9999), 1+r.IntN(12), 1+r.IntN(29), "T "[r.IntN(2)], r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e6))
		s = s[:10+r.IntN(len(s)-9)] + []string{"", "+02", "-05:30", "Z", "+14:00", "-15:59", "+16", "z", " BC"}[r.IntN(9)]
		return s
	case 0: // plausible moments
		return fmt.Sprintf("%d-%02d-%02d %02d:%02d:%02d.%d%s", r.IntN(3000), r.IntN(14), r.IntN(33), r.IntN(26), r.IntN(62), r.IntN(62), r.IntN(1e7),
			[]string{"", "", "+01", "-0730", " PST", " Europe/Berlin", " BC", "Z"}[r.IntN(8)])
	case 1: // around changes of clocks
		return fmt.Sprintf("%d-%02d-%02d %02d:%02d:%02d", firstYear+r.IntN(2100-firstYear), []int{3, 4, 10, 11}[r.IntN(4)], 1+r.IntN(31), r.IntN(4), r.IntN(60), r.IntN(60))
	}
	var b strings.Builder
	for range 1 + r.IntN(5) {
		b.WriteString(datetimePieces[r.IntN(len(datetimePieces))])
		if r.IntN(2) == 0 {
			b.WriteString([]string{" ", "-", "T", ""}[r.IntN(4)])
		}
	}
	return b.String()
}

var intervalPieces = []string{
	"1", "-1", "+2", "1.5", "-2.25", ".5", "-.5", "1e3", "0", "10000000000", "2147483647", "-2147483648", "1-2", "-1-2", "1-12",
	"year", "years", "mon", "months", "day", "days", "week", "h", "hours", "min", "m", "s", "secs", "ms", "us", "microseconds", "decade", "century", "mil", "qtr", "y", "d", "w", "c",
	"04:05:06", "-04:05:06", "+1:2", "04:05.6", "1:2:3.456789", "100:00:00", "12:60", "ago", "@", " ", "P", "T", "P1Y", "PT", "1Y", "3DT4H", "P1Y2M3DT4H5M6.7S", "P0001-02-03T04:05:06",
	"99 hours", "1 day", "2 mons", "3 years", "0.1 mon", "1.1 years", "1.01 weeks", "0.7 secs", "4.0005 ms",
}

func randomInterval(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("%d years %d mons %d days %02d:%02d:%02d.%d", r.IntN(400)-200, r.IntN(30)-15, r.IntN(60)-30, r.IntN(30), r.IntN(60), r.IntN(60), r.IntN(1e6))
	case 1:
		return fmt.Sprintf("P%dY%dM%dDT%dH%dM%d.%dS", r.IntN(400)-200, r.IntN(30)-15, r.IntN(60)-30, r.IntN(30), r.IntN(60), r.IntN(60), r.IntN(1e6))
	}
	var b strings.Builder
	for range 1 + r.IntN(5) {
		b.WriteString(intervalPieces[r.IntN(len(intervalPieces))])
		if r.IntN(2) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
