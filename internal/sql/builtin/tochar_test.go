package builtin

// Goal: templates write and read as PostgreSQL's do. Method: every template, each
// single pattern with its prefixes and suffixes, and random ones, on both sides.

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

var dateTemplates = []string{
	"", "YYYY-MM-DD HH24:MI:SS", "YYYY-MM-DD", "DD.MM.YYYY", "Day, DD Month YYYY", "FMDay, FMDD FMMonth YYYY", "HH12:MI:SS.US AM", "HH:MI a.m.", "Dy DD Mon YY", "IYYY-IW-ID", "IYYY-IDDD", "YYYY-DDD", "YYYY-WW", "J",
	"YYYYMMDDHH24MISS", "YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM", "Y,YYY", "CC YY", "CC", "BC YYYY", "YYYY B.C.", "Q YYYY", "RM YYYY", "rm", "SSSS", "MS", "US", "FF1", "FF3", "FF6", "TZ", "tz", "OF", "DDth Mon", "DDTH", "FMDDth FMMonth",
	"FXYYYY/MM/DD", "FX YYYY", "YYYY  MM   DD", "YYYYth", "W", "WW", "D", "ID", "I", "IY", "IYY", "Y", "YY", "YYY", "\"quoted \\\" text\"YYYY", "\\\"YYYY", "abc YYYY xyz", "TMMonth", "HH24SP", "YYYY Month Mon", "MMDD", "MM YYYY MM", "AMHH", "PM", "HH24 PM", "YYYY IW", "éYYYY", "YYYY9MM", "SSSSS.MS", "YYYY-MM-DD HH12 P.M.", "HH24:MI:SS.FF2",
}

func patternsWithAffixes() []string {
	var list []string
	for _, p := range datePatterns {
		list = append(list, p, asciiLower(p), "FM"+p, p+"TH", p+"th", "FM"+p+"th")
		if mixedCase[p] {
			list = append(list, p[:1]+asciiLower(p[1:]), "FM"+p[:1]+asciiLower(p[1:]))
		}
	}
	return list
}

func randomTemplate(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(5) {
		p := datePatterns[r.IntN(len(datePatterns))]
		if r.IntN(4) == 0 {
			p = "FM" + p
		}
		b.WriteString(p)
		b.WriteString([]string{"", " ", "-", "/", ":", "x", "  ", "\"T\""}[r.IntN(8)])
	}
	return b.String()
}

var dateTexts = []string{
	"", " ", "2024-02-29", "2024-02-29 13:14:15", "2024-02-29 13:14:15.678901", "29.02.2024", "Thursday , 29 February  2024", "Thursday, 29 February 2024", "01:02:03.5 PM", "12:00 a.m.", "Thu 29 Feb 24", "2024-09-4", "2024-060", "2024-366", "2460370",
	"20240229131415", "2024-02-29T13:14:15+05:30", "2024-02-29T13:14:15-08", "2,024", "21 24", "21", "BC 44", "44 BC", "44 B.C.", "1 2024", "II 2024", "xii", "47655", "25", "5", "05", "678", "29th Feb", "2024/02/29", " 2024", "2024   2   9", "99", "024", "24", "4",
	"abc 2024 xyz", "February", "Feb", "0229", "02 2024 03", "pm11", "13 pm", "2024-13-01", "2024-02-30", "2023-02-29", "0", "-5", "99999999999", "x", "2024-0x-01", "1 ad", "10000-01-01", "294277-01-01", "5874898-01-01", "2024-2-3 4:5:6", "24:00:00", "23:60", "0000-01-01", "-44-02-01", "12:30", "J2451187", "86400",
}

func TestToCharAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	rng := rand.New(rand.NewPCG(8, 15))
	templates := append(append([]string(nil), dateTemplates...), patternsWithAffixes()...)
	for range 200 {
		templates = append(templates, randomTemplate(rng))
	}
	arguments := map[string]map[int][]string{"to_timestamp": {0: dateTexts, 1: templates}, "to_date": {0: dateTexts, 1: templates}}
	for _, s := range []string{"timestamp_to_char", "timestamptz_to_char", "interval_to_char"} {
		arguments[s] = map[int][]string{1: templates}
	}
	byType := map[types.OID][]string{
		types.Timestamp: datetimeValues[types.Timestamp], types.TimestampTZ: datetimeValues[types.TimestampTZ],
		types.Interval: {"0", "1 day", "-1 day", "1 mon", "-1 mon", "1 year 2 mons 3 days 04:05:06.789", "-1 year -2 mons +3 days -04:05:06.789", "100:00:00", "-13:14:15.5", "12 mons", "-12 mons", "35 days 12:00:00", "100 years", "-00:00:01"},
	}
	for _, zone := range []string{"UTC", "America/New_York"} {
		ref.Query("SET timezone = '" + zone + "'")
		set := pgfmt.Default()
		set.Location, set.ZoneName, _ = pgtime.LoadSessionZone(zone)
		compareFunctions(t, ref, set, func(p *Proc) bool { return arguments[p.Source] != nil }, byType, arguments, 4000)
	}
}
