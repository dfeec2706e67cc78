package pgtime

import (
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
)

// TestInputOutput states the main forms without a server; reference_test.go
// compares many more with PostgreSQL.
func TestInputOutput(t *testing.T) {
	newYork, _, ok := LoadLocation("america/new_york")
	if !ok {
		t.Fatal("no America/New_York")
	}
	iso := &Opts{Location: newYork, Now: 1e15}
	postgres := &Opts{Location: newYork, DateStyle: StylePostgres, DateOrder: OrderDMY, IntervalStyle: IntervalPostgresVerbose}
	for _, c := range []struct {
		typ, in string
		o       *Opts
		want    string
	}{
		{"date", "January 8, 99 BC", iso, "0099-01-08 BC"},
		{"date", "1/8/1999", postgres, "01-08-1999"},
		{"date", "18/1/1999", iso, `22008 date/time field value out of range: "18/1/1999" [Perhaps you need a different "datestyle" setting.]`},
		{"date", "J2451187", iso, "1999-01-08"},
		{"date", "nonsense", iso, `22007 invalid input syntax for type date: "nonsense" []`},
		{"date", "5874898-01-01", iso, `22008 date out of range: "5874898-01-01" []`},
		{"time", "04:05 PM", iso, "16:05:00"},
		{"timetz", "040506.789-0530", iso, "04:05:06.789-05:30"},
		{"timestamp", "19990108T040506", postgres, "Fri 08 Jan 04:05:06 1999"},
		{"timestamp", "294277-01-01", iso, `22008 timestamp out of range: "294277-01-01" []`},
		{"timestamptz", "infinity", iso, "infinity"},
		{"timestamptz", "2007-03-11 02:30", iso, "2007-03-11 03:30:00-04"}, // a gap
		{"timestamptz", "2007-11-04 01:30", iso, "2007-11-04 01:30:00-05"}, // a fold
		{"timestamptz", "2007-11-04 01:30 EDT", postgres, "Sun 04 Nov 01:30:00 2007 EDT"},
		{"timestamptz", "2020-01-01 00:00 nowhere/land", iso, `22023 time zone "nowhere/land" not recognized []`},
		{"interval", "1-2 +3 -4:05:06.7", iso, "1 year 2 mons 3 days -04:05:06.7"},
		{"interval", "P1Y2M-3DT4H", postgres, "@ 1 year 2 mons -3 days 4 hours"},
		{"interval", "178956971 years", iso, "22008 interval out of range []"},
	} {
		text, err := ours(c.typ, c.in, c.o)
		if got := describe(text, err); got != c.want {
			t.Errorf("%s %q: got %s, want %s", c.typ, c.in, got, c.want)
		}
	}
}

func TestTypmods(t *testing.T) {
	o := DefaultOpts()
	for _, c := range []struct {
		in     string
		typmod int32
		want   string
	}{
		{"1 year 2 mons 3 days 04:05:06.789", -1, "1 year 2 mons 3 days 04:05:06.789"},
		{"1 year 2 mons 3 days 04:05:06.789", rangeYear<<16 | fullPrecision, "1 year"},
		{"3", (rangeYear|rangeMonth)<<16 | fullPrecision, "3 mons"},
		{"1 2:03:04", (rangeDay|rangeHour)<<16 | fullPrecision, "1 day 02:00:00"},
		{"4:05", (rangeMinute|rangeSecond)<<16 | fullPrecision, "00:04:05"},
		{"1.23456", rangeSecond<<16 | 2, "00:00:01.23"},
		{"-1.235", fullRange<<16 | 2, "-00:00:01.24"},
	} {
		v, err := ParseInterval(c.in, c.typmod, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(AppendInterval(nil, v, o)); got != c.want {
			t.Errorf("%q with typmod %d: got %s, want %s", c.in, c.typmod, got, c.want)
		}
	}
	if ts, err := AdjustTimestamp(-1_555_555, 1); err != nil || ts != -1_600_000 {
		t.Errorf("AdjustTimestamp: %d, %v", ts, err)
	}
	if got := AdjustTime(86_399_999_999, 3); got != MicrosPerDay {
		t.Errorf("AdjustTime: %d", got)
	}
}

func TestCalendar(t *testing.T) {
	for julian := 0; julian < 6_000_000; julian += 37 {
		y, m, d := CivilDate(julian)
		if JulianDay(y, m, d) != julian || m < 1 || m > 12 || d < 1 || d > DaysIn(y, m) {
			t.Fatalf("day %d became %d-%d-%d", julian, y, m, d)
		}
	}
	f := FromTimestamp(MinTimestamp)
	if f.Year != -4713 || f.Month != 11 || f.Day != 24 || f.Weekday != 1 {
		t.Errorf("first timestamp is %+v", f)
	}
}

// TestEveryZoneLoads guards the list of zones against the compiled-in database.
func TestEveryZoneLoads(t *testing.T) {
	for _, name := range ZoneNames() {
		if _, canonical, ok := LoadLocation(name); !ok || canonical != name {
			t.Errorf("zone %s does not load", name)
		}
	}
	n := 0
	Abbrevs(0, func(string, int, bool) { n++ })
	if n < 150 {
		t.Errorf("only %d abbreviations", n)
	}
	if _, err := ResolveZone("nowhere"); pgerr.CodeOf(err) != "22023" {
		t.Errorf("unknown zone: %v", err)
	}
}

func BenchmarkTimestampTZ(b *testing.B) {
	o := DefaultOpts()
	o.Location, _, _ = LoadLocation("Europe/Berlin")
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		v, err := ParseTimestampTZ("2024-07-01 12:34:56.789012+02", o)
		if err != nil {
			b.Fatal(err)
		}
		buf = AppendTimestampTZ(buf[:0], v, o)
	}
}
