package pgtime

import (
	"testing"
	"time"
)

// Expected names and offsets were read from PostgreSQL 15.
func TestLoadLocation(t *testing.T) {
	winter, summer := time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC), time.Date(2024, 7, 15, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, canonical string
		winter, summer  int
	}{
		{"europe/BERLIN", "Europe/Berlin", 3600, 7200},
		{"utc", "UTC", 0, 0},
		{"posix/america/new_york", "posix/America/New_York", -18000, -14400},
		{"est5edt", "EST5EDT", -18000, -14400},
		{"foo+3", "FOO+3", -10800, -10800},
		{"<+03>-03", "<+03>-03", 10800, 10800},
		{"foo3bar", "FOO3BAR", -10800, -7200},
		{"EST5EDT4,M4.2.0,M11.1.0", "EST5EDT4,M4.2.0,M11.1.0", -18000, -14400},
		{"ab3", "AB3", -10800, -10800},
		{"5x", "5X", -18000, -14400},
		{"abc-5:30", "ABC-5:30", 19800, 19800},
	} {
		loc, canonical, ok := LoadLocation(c.name)
		if !ok || canonical != c.canonical {
			t.Errorf("%s: got %q, %t", c.name, canonical, ok)
			continue
		}
		if _, off := winter.In(loc).Zone(); off != c.winter {
			t.Errorf("%s: winter offset %d, want %d", c.name, off, c.winter)
		}
		if _, off := summer.In(loc).Zone(); off != c.summer {
			t.Errorf("%s: summer offset %d, want %d", c.name, off, c.summer)
		}
	}
	for _, bad := range []string{"foo", "", "../etc/passwd", "FOO+", "FOO200", "FOO3BAR,M1"} {
		if _, canonical, ok := LoadLocation(bad); ok {
			t.Errorf("%q: accepted as %q", bad, canonical)
		}
	}
}

func TestFixedZone(t *testing.T) {
	for seconds, want := range map[int]string{
		-7 * 3600: "<-07>+07", 19800: "<+05:30>-05:30", 0: "<+00>-00", 3661: "<+01:01:01>-01:01:01",
	} {
		if _, name, ok := FixedZone(seconds); !ok || name != want {
			t.Errorf("%d: got %q, want %q", seconds, name, want)
		}
	}
	if _, _, ok := FixedZone(168 * 3600); ok {
		t.Error("168 hours accepted")
	}
}
