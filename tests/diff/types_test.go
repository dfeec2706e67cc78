package diff

import (
	"fmt"
	"strings"
)

// kind is one SQL type as the generator knows it.
type kind struct {
	name string // in casts and templates
	ddl  []string
	// exact: equal values have equal texts, so that sorting by them decides all.
	exact bool
	// sortable: has a default ordering.
	sortable bool
	// values are texts of the type's input function: ordinary ones first.
	values []string
	// bare: a value may stand without quotes.
	bare bool
}

// ordinary is how many of a kind's values are ordinary; the rest are edges.
const ordinary = 8

var kinds = []*kind{
	{name: "int4", ddl: []string{"int", "integer", "int4"}, exact: true, sortable: true, bare: true,
		values: []string{"0", "1", "2", "3", "7", "-1", "-5", "42", "100", "2147483647", "-2147483648"}},
	{name: "int8", ddl: []string{"bigint", "int8"}, exact: true, sortable: true,
		values: []string{"0", "1", "2", "5", "9", "-3", "1000", "77", "9223372036854775807", "-9223372036854775808", "4294967296"}},
	{name: "int2", ddl: []string{"smallint", "int2"}, exact: true, sortable: true,
		values: []string{"0", "1", "2", "3", "-4", "8", "20", "99", "32767", "-32768"}},
	{name: "numeric", ddl: []string{"numeric(10,2)", "numeric(12,4)", "decimal(8,1)", "numeric", "numeric(5)"}, sortable: true,
		values: []string{"0", "1", "1.5", "-2.25", "10", "3.14", "0.01", "99.99", "123456.789", "NaN", "1e20", "-0.0001", "0.000"}},
	{name: "float8", ddl: []string{"double precision", "float8", "float"}, sortable: true,
		values: []string{"0", "1", "1.5", "-2.25", "10", "0.5", "4", "-8", "1e100", "NaN", "Infinity", "-Infinity", "-0", "1e-200"}},
	{name: "float4", ddl: []string{"real", "float4"}, sortable: true,
		values: []string{"0", "1", "1.5", "-2.25", "10", "0.5", "4", "-8", "1e30", "NaN", "Infinity", "3.1415927"}},
	{name: "bool", ddl: []string{"boolean", "bool"}, exact: true, sortable: true, bare: true,
		values: []string{"true", "false", "true", "false", "true", "false", "true", "false"}},
	{name: "text", ddl: []string{"text"}, exact: true, sortable: true,
		values: []string{"a", "b", "abc", "Hello", "hello world", "x", "ab", "zz", "", " a ", "ÄÖü", "日本", "a%b_c", "it's", `back\slash`, "NULL", "1,2", "42"}},
	{name: "varchar", ddl: []string{"varchar(10)", "varchar", "character varying(20)"}, exact: true, sortable: true,
		values: []string{"a", "b", "abc", "Hello", "hi there", "x", "ab", "zz", "", "é", "0123456789"}},
	{name: "bpchar", ddl: []string{"char(5)", "character(8)", "char"}, sortable: true,
		values: []string{"a", "b", "abc", "Hello", "hi", "x", "ab", "zz", "", "  a"}},
	{name: "bytea", ddl: []string{"bytea"}, exact: true, sortable: true,
		values: []string{`\x`, `\x00`, `\x0102`, `\xff`, `abc`, `\x616263`, `\xdeadbeef`, `x`, `\x7f80`, `a\\b`, `\001`}},
	{name: "date", ddl: []string{"date"}, exact: true, sortable: true,
		values: []string{"2000-01-01", "2020-02-29", "2021-12-31", "1999-06-15", "2024-03-10", "2001-02-03", "1970-01-01", "2010-10-10", "infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "1582-10-15"}},
	{name: "time", ddl: []string{"time", "time(3)"}, exact: true, sortable: true,
		values: []string{"00:00:00", "12:34:56", "23:59:59", "01:02:03.5", "10:00:00", "06:30:00", "18:45:00", "03:03:03.123456", "24:00:00", "23:59:59.999999"}},
	{name: "timestamp", ddl: []string{"timestamp", "timestamp(0)", "timestamp without time zone"}, exact: true, sortable: true,
		values: []string{"2000-01-01 00:00:00", "2020-02-29 12:00:00", "2021-12-31 23:59:59.999999", "1999-06-15 06:07:08", "2024-03-10 02:30:00", "2001-02-03 04:05:06.7", "1970-01-01 00:00:00", "2010-10-10 10:10:10", "infinity", "-infinity", "0044-03-15 01:02:03 BC", "294276-12-31 23:59:59.999999"}},
	{name: "timestamptz", ddl: []string{"timestamptz", "timestamp with time zone", "timestamptz(3)"}, exact: true, sortable: true,
		values: []string{"2000-01-01 00:00:00+00", "2020-02-29 12:00:00+02", "2021-12-31 23:59:59.999999-08", "1999-06-15 06:07:08Z", "2024-03-10 02:30:00 America/New_York", "2001-02-03 04:05:06.7+05:30", "1970-01-01 00:00:00+00", "2010-10-10 10:10:10+00", "infinity", "-infinity", "0044-03-15 01:02:03+00 BC"}},
	{name: "interval", ddl: []string{"interval"}, sortable: true,
		values: []string{"1 day", "2 hours", "1 mon", "1 year 2 mons 3 days 04:05:06", "-1 day", "00:00:01.5", "30 days", "P1Y2M", "0", "-1 mon 1 day", "100 years", "1 day -1 hour", "24 hours", "@ 1 day 2 hours ago"}},
	{name: "uuid", ddl: []string{"uuid"}, exact: true, sortable: true,
		values: []string{"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A12", "{a0eebc999c0b4ef8bb6d6bb9bd380a13}", "ffffffff-ffff-ffff-ffff-ffffffffffff", "12345678-1234-1234-1234-123456789abc", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "11111111-2222-3333-4444-555555555555"}},
	{name: "jsonb", ddl: []string{"jsonb"}, exact: false, sortable: true,
		values: []string{`{}`, `[]`, `{"a": 1}`, `{"a": {"b": [1, 2, 3]}}`, `[1, "two", null, true]`, `"str"`, `12.50`, `null`, `{"b":1,"a":2,"a":3}`, `{"a":"x y","c":[{"d":null}]}`, `[[1,2],[3]]`, `1e3`, `"\u00e9"`}},
	{name: "json", ddl: []string{"json"},
		values: []string{`{}`, `[]`, `{"a": 1}`, `{"a": {"b": [1, 2, 3]}}`, `[1, "two", null, true]`, `"str"`, `12.50`, `null`, `{"b":1, "a":2,"a":3}`, ` [ 1 ,2 ] `}},
	{name: "int4[]", ddl: []string{"int[]", "integer[]", "int4[]"}, exact: true, sortable: true,
		values: []string{"{}", "{1}", "{1,2,3}", "{3,2,1}", "{NULL}", "{1,NULL,3}", "{5,5}", "{-1,0}", "[0:2]={7,8,9}"}},
	{name: "text[]", ddl: []string{"text[]", "varchar(10)[]"}, exact: true, sortable: true,
		values: []string{"{}", "{a}", "{a,b,c}", `{"x y","q\"r"}`, "{NULL}", `{"NULL",b}`, `{""}`, "{zz,a}", `{"a,b","{}"}`}},
	{name: "numeric[]", ddl: []string{"numeric[]"}, sortable: true,
		values: []string{"{}", "{1}", "{1.5,2.25}", "{-1,NULL}", "{0.10}", "{3}", "{1,2,3,4}", "{NaN}"}},
	{name: "oid", ddl: []string{"oid"}, exact: true, sortable: true,
		values: []string{"0", "1", "23", "25", "1184", "100000", "2", "3", "4294967295"}},
	{name: "name", ddl: []string{"name"}, exact: true, sortable: true,
		values: []string{"a", "b", "abc", "pg_class", "X", "long_name", "zz", "q"}},
	{name: `"char"`, ddl: []string{`"char"`}, exact: true, sortable: true,
		values: []string{"a", "b", "c", "x", "y", "z", "A", "1", ""}},
}

var kindByName = func() map[string]*kind {
	m := map[string]*kind{}
	for _, k := range kinds {
		m[k.name] = k
	}
	return m
}()

// weights prefer the types that programs use.
var kindWeights = map[string]int{"int4": 10, "text": 8, "int8": 5, "numeric": 5, "bool": 4, "timestamp": 3, "timestamptz": 3, "date": 4, "varchar": 3, "jsonb": 3, "float8": 3}

func (g *gen) kind() *kind {
	total := 0
	for _, k := range kinds {
		total += max(1, kindWeights[k.name])
	}
	n := g.Intn(total)
	for _, k := range kinds {
		if n -= max(1, kindWeights[k.name]); n < 0 {
			return k
		}
	}
	panic("unreachable")
}

func (g *gen) sortableKind() *kind {
	for {
		if k := g.kind(); k.sortable {
			return k
		}
	}
}

// value is the text of a value, mostly an ordinary one.
func (g *gen) value(k *kind) string {
	switch {
	case (k.name == "int4" || k.name == "int8" || k.name == "int2") && g.chance(60):
		return fmt.Sprint(g.Intn(30) - 3)
	case k.name == "numeric" && g.chance(40):
		return fmt.Sprintf("%d.%02d", g.Intn(60)-10, g.Intn(100))
	case k.name == "text" && g.chance(40):
		return g.word()
	}
	if g.chance(93) {
		return k.values[g.Intn(ordinary)]
	}
	return k.values[g.Intn(len(k.values))]
}

func (g *gen) word() string {
	var b strings.Builder
	for range 1 + g.Intn(5) {
		b.WriteByte("abcdeABx 1"[g.Intn(10)])
	}
	return b.String()
}

func quote(s string) string {
	if strings.Contains(s, `\`) && len(s)%2 == 0 {
		return "E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// literal writes a constant of a type so that its type is known.
func (g *gen) literal(k *kind) string {
	if g.chance(4) {
		return "NULL::" + k.name
	}
	v := g.value(k)
	if g.params && len(g.args) < 8 && g.chance(30) {
		g.args = append(g.args, v)
		return fmt.Sprintf("$%d::%s", len(g.args), k.name)
	}
	if k.bare && g.chance(75) {
		if strings.HasPrefix(v, "-") {
			return "(" + v + ")"
		}
		return v
	}
	switch {
	case k.name == "text" && g.chance(70):
		return quote(v)
	case k.name == "numeric" && !strings.ContainsAny(v, "-eN") && strings.Contains(v, ".") && g.chance(80):
		return v
	case k.name == "text[]" && !strings.ContainsAny(v, `"\N{}`) || k.name == "int4[]" && g.chance(20):
		return g.arrayLiteral(k)
	}
	switch g.Intn(4) {
	case 0:
		return fmt.Sprintf("CAST(%s AS %s)", quote(v), k.name)
	case 1:
		if !strings.HasSuffix(k.name, "]") && k.name != `"char"` {
			return fmt.Sprintf("%s %s", k.name, quote(v))
		}
	}
	return quote(v) + "::" + k.name
}

func (g *gen) arrayLiteral(k *kind) string {
	elem := kindByName[strings.TrimSuffix(k.name, "[]")]
	parts := make([]string, 1+g.Intn(3))
	for i := range parts {
		parts[i] = g.literal(elem)
	}
	return "ARRAY[" + strings.Join(parts, ", ") + "]"
}

// cell is a value for a column in INSERT or UPDATE: often an untyped literal, as
// programs write it.
func (g *gen) cell(k *kind) string {
	if g.chance(70) {
		v := g.value(k)
		if k.bare || (k.name == "int8" || k.name == "int2" || k.name == "numeric" || k.name == "float8") && !strings.ContainsAny(v, "NIe") {
			return v
		}
		return quote(v)
	}
	return g.literal(k)
}
