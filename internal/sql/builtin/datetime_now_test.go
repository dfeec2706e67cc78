package builtin

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// fixedContext is a context whose transaction began at a known moment in a zone
// where the local date differs from UTC's.
func fixedContext(t *testing.T) *Context {
	t.Helper()
	set := pgfmt.Default()
	var ok bool
	if set.Location, set.ZoneName, ok = pgtime.LoadLocation("America/New_York"); !ok {
		t.Fatal("no America/New_York")
	}
	ts, err := pgtime.ParseTimestampTZ("2024-07-05 03:04:05.678901+00", &set.Opts)
	if err != nil {
		t.Fatal(err)
	}
	return &Context{Ctx: context.Background(), Settings: set, TxnTime: ts, StmtTime: ts + 1, Clock: func() int64 { return ts + 2 }}
}

func TestCurrentMoment(t *testing.T) {
	c := fixedContext(t)
	for _, v := range []struct {
		oid  types.OID
		d    datum.Datum
		want string
	}{
		{types.Date, CurrentDate(c), "2024-07-04"},
		{types.TimestampTZ, CurrentTimestamp(c, -1), "2024-07-04 23:04:05.678901-04"},
		{types.TimestampTZ, CurrentTimestamp(c, 2), "2024-07-04 23:04:05.68-04"},
		{types.Timestamp, LocalTimestamp(c, 0), "2024-07-04 23:04:06"},
		{types.TimeTZ, CurrentTime(c, 3), "23:04:05.679-04"},
		{types.Time, LocalTime(c, -1), "23:04:05.678901"},
	} {
		if got := pgfmt.Text(types.Of(v.oid), v.d, c.Settings); got != v.want {
			t.Errorf("got %s, want %s", got, v.want)
		}
	}
	for source, want := range map[string]int64{"now": c.TxnTime, "statement_timestamp": c.TxnTime + 1, "clock_timestamp": c.TxnTime + 2} {
		d, err := bySource(source)[0].Eval(c, nil)
		if err != nil || d.Int() != want {
			t.Errorf("%s: %d, %v", source, d.Int(), err)
		}
	}
	d, err := bySource("timeofday")[0].Eval(c, nil)
	if err != nil || d.Str() != "Thu Jul 04 23:04:05.678903 2024 EDT" {
		t.Errorf("timeofday: %s %v", d.Str(), err)
	}
}

func TestSleepStops(t *testing.T) {
	c := fixedContext(t)
	sleep := bySource("pg_sleep")[0].Eval
	if _, err := sleep(c, []datum.Datum{datum.NewFloat(0.001)}); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.Ctx = ctx
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := sleep(c, []datum.Datum{datum.NewFloat(1e300)}); pgerr.CodeOf(err) != pgcode.QueryCanceled {
		t.Errorf("cancelled sleep: %v", err)
	}
	shutdown := pgerr.New(pgcode.AdminShutdown, "terminating connection due to administrator command")
	causes, stop := context.WithCancelCause(context.Background())
	stop(shutdown)
	c.Ctx = causes
	if _, err := sleep(c, []datum.Datum{datum.NewFloat(10)}); !errors.Is(err, shutdown) {
		t.Errorf("sleep did not report the cause: %v", err)
	}
}

// FuzzTemplates checks that no template makes a panic and that errors carry codes.
func FuzzTemplates(f *testing.F) {
	for _, s := range dateTemplates {
		f.Add(s, "2024-02-29 13:14:15", int64(1e15), 1.5)
	}
	for _, s := range numberTemplates {
		f.Add(s, "-1,234.5", int64(-5), -1234.5)
	}
	f.Fuzz(func(t *testing.T, template, text string, n int64, v float64) {
		if len(template) > 1000 {
			return
		}
		c := &Context{Ctx: context.Background(), Settings: pgfmt.Default()}
		try := func(source string, args ...datum.Datum) {
			begin := time.Now()
			_, err := bySource(source)[0].Eval(c, args)
			if took := time.Since(begin); took > time.Second {
				t.Fatalf("%s %q took %v", source, template, took)
			}
			if code := pgerr.CodeOf(err); err != nil && code == pgcode.InternalError {
				t.Fatalf("%s %q: %v", source, template, err)
			}
		}
		ts := n%(pgtime.EndTimestamp/2) + 1
		if pgtime.ValidTimestamp(ts) {
			try("timestamp_to_char", datum.NewTimestamp(ts), datum.NewText(template))
		}
		try("interval_to_char", datum.NewInterval(datum.IntervalValue{Months: int32(n), Days: int32(n >> 32), Micros: n}), datum.NewText(template))
		try("to_timestamp", datum.NewText(text), datum.NewText(template))
		try("to_date", datum.NewText(text), datum.NewText(template))
		try("int8_to_char", datum.NewInt(n), datum.NewText(template))
		try("float8_to_char", datum.NewFloat(v), datum.NewText(template))
		try("numeric_to_char", datum.NewNumeric(n, 3), datum.NewText(template))
		try("numeric_to_number", datum.NewText(text), datum.NewText(template))
	})
}
