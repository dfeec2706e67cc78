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

// readBack are calls that read what the same template wrote, so that most succeed.
func readBack(r *rand.Rand) []call {
	var calls []call
	for range 3000 {
		template := randomTemplate(r)
		ts := r.Int64N(4e17) - 2e17
		written, err := momentToChar(pgtime.FromTimestamp(ts), template)
		if err != nil {
			continue
		}
		p := bySource([]string{"to_timestamp", "to_date"}[r.IntN(2)])[0]
		calls = append(calls, call{p, p.Args, []string{written.Str(), template}})
	}
	return calls
}

func dateTemplateTable(rng *rand.Rand) *callTable {
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
	return &callTable{func(p *Proc) bool { return arguments[p.Source] != nil }, byType, arguments}
}

func TestToCharAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	rng := rand.New(rand.NewPCG(8, 15))
	table := dateTemplateTable(rng)
	for _, zone := range []string{"UTC", "America/New_York"} {
		ref.Query("SET timezone = '" + zone + "'")
		set := pgfmt.Default()
		set.Location, set.ZoneName, _ = pgtime.LoadLocation(zone)
		compareCalls(t, ref, set, table.calls(rng, 2000))
		compareCalls(t, ref, set, readBack(rng))
	}
}

var numberTemplates = []string{
	"", "9", "99", "999", "9999", "0", "00", "0999", "9990", "9.9", "99.99", "0.0", "000.000", "999.", ".99", "9,999", "9G999", "9,999,999.99", "999D99", "FM999", "FM999.99", "FM0.00", "FM999.990", "FM9.9", "FM.99", "S999", "999S", "S99.9", "99.9S", "FMS999",
	"MI999", "999MI", "FM999MI", "PL999", "999PL", "SG999", "999SG", "999PR", "FM999PR", "99.9PR", "999TH", "999th", "FM999th", "9.9TH", "RN", "FMRN", "rn", "FMrn", "999RN", "L999", "999L", "FML999", "B999", "B9.9", "99V99", "9V9", "FM9V99", "9.99EEEE", "9EEEE", "999.999EEEE", "0.0eeee",
	"C99", "SP99", "\"x\"99\"y\"", "9 9 9", "9-9-9", "99 \"EUR\"", "9é9", "\\\"9", "99.99.9", "9.9V9", "99S99", "SS", "S9MI", "S9PR", "9PR9", "9PR0", "MI9S", "9EEEE9", "9EEEEEEEE", "FM9EEEE", "0G000", "0,000", "9,9,9,9", "S0999.90", "FM0999.90", "FM9,999.099", "099S", "S.9", "9.S", "MI.9", "SG.9PL", "PL9MI", "999999999999999999.999999999999", "FM999999999999999999.999999999999", "00000000000000000000",
	"SG RN", "RN PL", "RN MI", "9.0", "FM9.0", "FM9.09", "0.9", "FM0.9", "D9", "9D", "FM9D", "G999", "FMG999", ",9", "99.0099", "FM90.0099", "9999999", "FM9999.9999S", "PR", "S", "MI", "D", ".", "x", "V9", "9V", "B0", "0B", "9TH9", "L", "FM,9", "B9,999.9",
}

func randomNumberTemplate(r *rand.Rand) string {
	var b strings.Builder
	pieces := []string{"9", "9", "9", "0", "9", ".", "D", ",", "G", "S", "MI", "PL", "SG", "PR", "FM", "TH", "L", " ", "V", "B", "x", "99", "00"}
	for range 1 + r.IntN(8) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func TestNumberTemplatesAgainstPostgreSQL(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 15))
	compareCalls(t, pgref.Connect(t), pgfmt.Default(), numberTemplateTable(rng).calls(rng, 3000))
}

func numberTemplateTable(rng *rand.Rand) *callTable {
	templates := append([]string(nil), numberTemplates...)
	for range 400 {
		templates = append(templates, randomNumberTemplate(rng))
	}
	texts := []string{"", " ", "1", "12", "123", "-1", "-12.5", "+7", "1.5", "12.34", ".5", "5.", "1,234", "1,234,567.89", "<12>", "12-", "12+", "1234-", "$12", "EUR 12", " 12", "12 ", "1 2 3", "1-2-3", "12th", "abc", "1e5", "é1", "--1", "0", "-0.00", "999999", "12345.678", "- 12", "-.5", "1.2.3", "XIV"}
	arguments := map[string]map[int][]string{"numeric_to_number": {0: texts, 1: templates}}
	byType := map[types.OID][]string{
		types.Int4:    {"0", "1", "-1", "12", "-123", "1234567", "2147483647", "-2147483648", "9", "99", "3999", "4000", "1001", "11", "112", "21", "22", "23"},
		types.Int8:    {"0", "1", "-12", "123", "9223372036854775807", "-9223372036854775808", "3888", "12345678901"},
		types.Float8:  {"0", "-0", "1", "-1.5", "0.5", "-0.05", "0.001", "12.345", "-1234.5678", "123456789.123", "1e15", "1e16", "1.5e300", "1e-10", "NaN", "Infinity", "-Infinity", "0.999", "9.999", "99.95", "3999.4", "0.125"},
		types.Float4:  {"0", "1.5", "-0.1", "123.456", "1e10", "1e-5", "NaN", "Infinity", "99999.5", "1e30"},
		types.Numeric: {"0", "0.00", "1", "-1.5", "0.5", "-0.05", "0.001", "12.345", "-1234.5678", "123456789.123", "1e20", "1e-10", "NaN", "Infinity", "-Infinity", "0.999", "9.999", "99.95", "-0.001", "1000000", "3999.4", "12345678901234567890.12345", "0.1", "100", "5", "12.3400", "14"},
	}
	for _, p := range Procs() {
		if p.Name == "to_char" && len(p.Args) == 2 && byType[p.Args[0]] != nil {
			arguments[p.Source] = map[int][]string{1: templates}
		}
	}
	return &callTable{func(p *Proc) bool { return arguments[p.Source] != nil }, byType, arguments}
}
