package pgfmt

// Goal: every type reads and prints as PostgreSQL's does, in text and in binary,
// down to the error's code, message and detail. Method: each input goes to both
// sides as a text parameter of its type and comes back in both formats; the
// binary form is also read back.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

// inputs are texts per type name, good and bad.
var inputs = map[string][]string{
	"bool":   {"t", "TRUE", "tru", "f", "no", "n", "y", "on", "off", "of", "o", "1", "0", "2", "", " true ", "truex", "yess"},
	"int2":   {"0", "-32768", "32767", "32768", "-32769", "x", "", " 12 ", "1x", "+5", "--1", "1 2", "99999999999", "0x1", "1_0", "1e1"},
	"int4":   {"0", "-2147483648", "2147483647", "2147483648", "-2147483649", "99999999999x", "x", "- 1", "\t7\n"},
	"int8":   {"0", "-9223372036854775808", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1.5", ""},
	"float4": {"0", "-0", "1", "1.5", "123456", "1234567", "1e6", "999999", "0.0001", "0.00001", "1e38", "1e39", "1e-45", "1e-46", "NaN", "inf", "-Infinity", "x", "3.4028235e38", "16777217", "0.1"},
	"float8": {"0", "-0", "1", "1.5", "1e15", "999999999999999", "123456789012345678", "0.0001", "0.00001", "1e308", "1e309", "1e-323", "1e-400", "nan", "Inf", "-inf", "+infinity", "infinit", "x", "", "1e", "0x10", "0x1p4", "1_0", "1.7976931348623157e308", "5e-324", "0.1", "0.30000000000000004", ".5", "5.", ".", "1e+5", " 7 ", "1e5 x"},
	"numeric": {"0", "-0", "0.00", "1.50", "-1.50", "1e10", "1e-10", "1.5e3", "123456789012345678901234567890.123456789", "NaN", "nan", "Infinity", "-inf", "+inf", "-NaN", "x", "", ".", ".5", "5.", "1_0", "1e", "1e+5", " 12 ",
		"10000", "9999", "100000000", "0.0001", "0.00001", "12345.6789", "0.00000000000000000000000000001", "1e100", "1e99999999999", "999999999999999999", "9999999999999999999", "-9223372036854775808", "10000.0001", "1e131071", "1e131072", "0e-16384", "00012.3400"},
	"text":        {"", "abc", "ünïcödé ☃ 🎉", "a\nb", `\x41`},
	"varchar":     {"", "abc  "},
	"bpchar":      {"", "abc  "},
	"name":        {"", "abc", strings.Repeat("x", 70), strings.Repeat("é", 40)},
	"char":        {"", "a", "abc"},
	"bytea":       {"", `\x`, `\x1`, `\x1g`, `\x 12 34`, `\x12ab`, `a\000\\b`, `a\`, `a\00`, `a\400`, `\\`, "é", `\x12 3`},
	"uuid":        {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "", "a0eebc99", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999-c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11x"},
	"json":        {`{"a": 1}`, `[1, 2,3]`, `"x"`, `1`, `-1.5e10`, `true`, `nul`, `{`, `[1,`, `{"a"}`, `{"a":}`, `{a:1}`, `[1 2]`, ``, ` `, `01`, `1.`, `-`, `"\u00e9"`, `"\ud800"`, `"\x"`, `"\u12"`, "\"a\nb\"", `{"a":1,}`, `[,]`, `{"a":1}}`, `"\u0000"`, `{"a":1,"a":2}`, `1x`, `tru e`, "[1,\n2,\nx]", `[]x`, `'`, `{1:2}`, `"unterminated`, `"abc\`, `"\ud83d\ude00"`, `[1}`, `{"a" 1}`, "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": x, 1}"},
	"jsonb":       {`{"b": 1, "a": 2, "aa": 3, "a": 4}`, `[1, 2.50,3e5, 1E-3, -0, -0.0, 1.0e2]`, `"x"`, `"\u00e9\n\t\/\b\f\r\u0001"`, `"\ud83d\ude00"`, `"\ud83dx"`, `"\ude00"`, `"\ud83d\ud83d"`, `"\u0000"`, `{}`, `[]`, `[[],{}]`, ` { "x" : [ 1 , { "y" : null } ] } `, `true`, `nul`, `1e400`, `1e200000`, `{"a":1,"a":2,"b":{"d":1,"c":2}}`, `"\u007f\\"`, `0.10`, `100e-2`, `123456789012345678901234567890`, `"\ud83d"`, `"\ud83d\n"`},
	"oid":         {"0", "-1", "4294967295", "4294967296", "x", "", " 12 ", " 12x", "-2147483648", "-2147483649", "99999999999999999999"},
	"xid":         {"0", "5", "0x10", "010", "-1", "x"},
	"cid":         {"0", "7"},
	"xid8":        {"0", "18446744073709551615", "12"},
	"tid":         {"(0,1)", "(4294967295,65535)", "(1)", "x", "(1,70000)", ""},
	"int2vector":  {"1 2 3", "", " 1  2 ", "x"},
	"oidvector":   {"1 2 3", "", "1 x"},
	"unknown":     {"x", ""},
	"_int4":       {"{}", "{1,2,3}", " { 1 , 2 } ", "{NULL,1}", "{{1,2},{3,4}}", "{{1},{2,3}}", "[2:3]={1,2}", "[1:1][-2:-1]={{1,2}}", "{1,2", "{1,}", "{,1}", "x", "", "{1}x", "{{1},2}", "{1,{2}}", "{x}", "{}}", "{{}}", "{{},{}}", "[2:1]={}", "[1:3]={1,2}", "[0:1]={1,2}", "[1]={5}", "[a]={1}", "[1:2]{1,2}", "[1:2]=1", "{{{{{{{1}}}}}}}", "{{{{{{1}}}}}}", "[1:2", "{2147483648}", "[-5:-4]={1,2}", "{{1},{{2}}}"},
	"_text":       {`{}`, `{a,b}`, `{"a b",c}`, `{a b , c}`, `{null,"null",NULL,nUlL}`, `{""}`, `{"a\"b","c\\d"}`, `{a\,b}`, `{"a"b}`, `{a"b"}`, `{"a" "b"}`, `{ \x }`, `{a\ }`, `{"{}"}`, `{a,,b}`, `{"a`, `{a\`},
	"_numeric":    {"{1.50,NaN,Infinity}"},
	"_bool":       {"{t,f,NULL}"},
	"_bytea":      {`{"\\x41","\\x"}`},
	"_float8":     {"{1.5,-0,nan}"},
	"_jsonb":      {`{"{\"a\":1}"}`},
	"_uuid":       {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"},
	"_bpchar":     {`{"a ",b}`},
	"_char":       {`{a,"",b}`},
	"_oid":        {"{1,4294967295}"},
	"_date":       {"{2020-01-01,infinity}"},
	"_timestamp":  {`{"2020-01-01 00:00:00"}`},
	"_interval":   {`{"1 day",NULL}`},
	"date":        {"2020-02-29", "2021-02-29", "infinity", "-infinity", "0044-03-15 BC", "x", "5874897-12-31"},
	"time":        {"12:34:56.789", "24:00:00", "25:00", "x"},
	"timetz":      {"12:34:56+02", "12:34:56-03:30"},
	"timestamp":   {"2020-01-01 12:34:56.789123", "infinity", "-infinity", "294276-12-31 23:59:59", "4714-11-24 00:00:00 BC", "x"},
	"timestamptz": {"2020-01-01 12:34:56.789123+02", "infinity"},
	"interval":    {"1 year 2 mons 3 days 04:05:06.789", "-1 day", "PT1H", "x"},
}

func TestAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	for name, texts := range inputs {
		info := types.ByName(name)
		if info == nil {
			t.Fatalf("no type %s", name)
		}
		typ := types.Of(info.OID)
		for _, text := range texts {
			compareInput(t, ref, name, typ, text)
		}
	}
}

func compareInput(t *testing.T, ref *pgref.Conn, name string, typ types.T, text string) {
	t.Helper()
	set := Default()
	where := fmt.Sprintf("%s %q", name, text)
	oids, values := []uint32{uint32(typ.OID)}, [][]byte{[]byte(text)}
	want := ref.Params("select $1", values, oids, 0)
	d, err := ParseText(text, typ, set)
	if want.Err != nil || err != nil {
		compareErrors(t, where, err, want)
		return
	}
	if got := Text(typ, d, set); got != string(want.Rows[0][0]) {
		t.Errorf("%s: text %q, PostgreSQL %q", where, got, want.Rows[0][0])
	}
	bin := ref.Params("select $1", values, oids, 1)
	got := AppendBinary(nil, typ, d)
	if string(got) != string(bin.Rows[0][0]) {
		t.Errorf("%s: binary %x, PostgreSQL %x", where, got, bin.Rows[0][0])
		return
	}
	if back, err := ParseBinary(got, typ, set); err != nil || Text(typ, back, set) != Text(typ, d, set) {
		t.Errorf("%s: binary read back: %v", where, err)
	}
}

func compareErrors(t *testing.T, where string, err error, want pgref.Result) {
	t.Helper()
	if err == nil || want.Err == nil {
		t.Errorf("%s: error %v, PostgreSQL %+v", where, err, want.Err)
		return
	}
	e := pgerr.From(err)
	if string(e.Code) != want.Err.Code || e.Message != want.Err.Message || e.Detail != want.Err.Detail {
		t.Errorf("%s:\n got %s %s (%s)\nwant %s %s (%s)", where, e.Code, e.Message, e.Detail, want.Err.Code, want.Err.Message, want.Err.Detail)
	}
	// PostgreSQL adds what it was doing with the parameter; JSON errors stand first.
	if first, _, _ := strings.Cut(want.Err.Where, "\nunnamed portal"); e.Where != "" && e.Where != first {
		t.Errorf("%s: context %q, PostgreSQL %q", where, e.Where, want.Err.Where)
	}
}

// TestFormatTypeAgainstPostgreSQL compares type names for every built-in type
// with a choice of modifiers.
func TestFormatTypeAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	// Interval modifiers are field sets in the high half; other types' lie below.
	plain := "-1, 0, 3, 4, 5, 6, 14, 655366, 786438"
	interval := "-1, 2147418115, 2147483647, 327679, 458751, 470351871, 470286339, 268435458"
	r := ref.Query("select oid, m, format_type(oid, m) from pg_type, unnest(case when oid in (1186, 1187) then array[" +
		interval + "] else array[" + plain + "] end) m where oid < 10000 and typrelid = 0")
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for _, row := range r.Rows {
		var oid uint32
		var mod int32
		if _, err := fmt.Sscan(string(row[0]), &oid); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(string(row[1]), &mod); err != nil {
			t.Fatal(err)
		}
		if types.Lookup(types.OID(oid)) == nil {
			continue
		}
		if got := FormatType(types.T{OID: types.OID(oid), Typmod: mod}); got != string(row[2]) && Supported(types.OID(oid)) {
			t.Errorf("format_type(%d, %d) = %q, PostgreSQL %q", oid, mod, got, row[2])
		}
	}
}

// TestTypmodAgainstPostgreSQL compares length coercion, as a cast and as an
// assignment.
func TestTypmodAgainstPostgreSQL(t *testing.T) {
	ref := pgref.Connect(t)
	cases := []struct {
		name   string
		typmod int32
		texts  []string
	}{
		{"varchar", 7, []string{"", "abc", "abcd", "abc  ", "éàü", "éàüx"}},
		{"bpchar", 7, []string{"", "a", "abc", "abcd", "abc  ", "éà"}},
		{"numeric", 4 + 5<<16 + 2, []string{"0", "999.99", "999.994", "999.995", "-1000", "NaN", "Infinity", "1.005"}},
		{"numeric", 4 + 3<<16 + (-2 & 0x7ff), []string{"12345", "99999", "99949", "49", "50"}},
		{"numeric", 4 + 2<<16 + 4, []string{"0.0099", "0.01", "0.00995"}},
		{"timestamp", 2, []string{"2020-01-01 00:00:00.995", "infinity"}},
		{"time", 0, []string{"12:00:00.5", "23:59:59.9"}},
		{"_varchar", 6, []string{"{a,bc,abc}"}},
	}
	for _, c := range cases {
		typ := types.T{OID: types.ByName(c.name).OID, Typmod: c.typmod}
		for _, text := range c.texts {
			sql := "select $1::" + FormatType(typ)
			want := ref.Params(sql, [][]byte{[]byte(text)}, []uint32{uint32(typ.OID)}, 0)
			d, err := ParseText(text, types.Of(typ.OID), Default())
			if err == nil {
				d, err = ApplyTypmod(d, typ, true)
			}
			where := fmt.Sprintf("%q::%s", text, FormatType(typ))
			if err != nil || want.Err != nil {
				compareErrors(t, where, err, want)
				continue
			}
			if got := Text(typ, d, Default()); got != string(want.Rows[0][0]) {
				t.Errorf("%s = %q, PostgreSQL %q", where, got, want.Rows[0][0])
			}
		}
	}
}
