package builtin

import (
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/types"
)

// TestRegistry checks that what other packages rely on is there: bodies of every
// operator and cast between the everyday types.
func TestRegistry(t *testing.T) {
	everyday := []types.OID{types.Bool, types.Int2, types.Int4, types.Int8, types.Float4, types.Float8, types.Numeric, types.Text,
		types.BPChar, types.VarChar, types.Name, types.Char, types.Bytea, types.UUID, types.JSONB, types.Oid}
	isEveryday := map[types.OID]bool{0: true}
	for _, oid := range everyday {
		isEveryday[oid] = true
	}
	for _, o := range opsByOID {
		if isEveryday[o.Left] && isEveryday[o.Right] && isEveryday[o.Result] && o.Proc.Eval == nil && !lateOperators[o.Name] {
			t.Errorf("operator %s(%d, %d) has no body: %s", o.Name, o.Left, o.Right, o.Proc.Source)
		}
	}
	for k, c := range casts {
		if isEveryday[k.source] && isEveryday[k.target] && c.Method == 'f' && c.Proc.Eval == nil {
			t.Errorf("cast %d to %d has no body: %s", k.source, k.target, c.Proc.Source)
		}
	}
}

// lateOperators belong to later issues: full text search over plain text.
var lateOperators = map[string]bool{"@@": true, "@@@": true}

// TestAggregatesDoNotAllocate keeps the per-row cost of the common aggregates
// free of allocations.
func TestAggregatesDoNotAllocate(t *testing.T) {
	c := &Context{Settings: pgfmt.Default()}
	for _, a := range []struct {
		name string
		oid  types.OID
		d    datum.Datum
	}{
		{"sum", types.Int4, datum.NewInt(5)}, {"sum", types.Int8, datum.NewInt(1 << 60)}, {"avg", types.Int4, datum.NewInt(5)},
		{"sum", types.Numeric, datum.NewNumeric(1050, 2)}, {"avg", types.Float8, datum.NewFloat(1.5)}, {"sum", types.Float8, datum.NewFloat(1.5)},
		{"count", types.Any, datum.NewInt(5)}, {"max", types.Int8, datum.NewInt(5)}, {"min", types.Text, datum.NewText("x")},
		{"bool_and", types.Bool, datum.NewBool(true)}, {"stddev", types.Int4, datum.NewInt(7)},
	} {
		p := aggregateOf(a.name, a.oid)
		state := p.Agg(p, []types.OID{a.oid})
		args := []datum.Datum{a.d}
		if n := testing.AllocsPerRun(1000, func() {
			if err := state.Add(c, args); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s over %d: %v allocations a row", a.name, a.oid, n)
		}
	}
}

func aggregateOf(name string, oid types.OID) *Proc {
	for _, p := range procsByName[name] {
		if p.Kind == 'a' && len(p.Args) == 1 && p.Args[0] == oid {
			return p
		}
	}
	panic("no aggregate " + name)
}

// TestTypedBodies checks what Proc.For adds: functions that see the types.
func TestTypedBodies(t *testing.T) {
	c := &Context{Settings: pgfmt.Default()}
	for _, tc := range []struct {
		name string
		oids []types.OID
		args []datum.Datum
		want string
	}{
		{"to_json", []types.OID{types.JSON}, []datum.Datum{datum.NewText(`{"a":1}`)}, `{"a":1}`},
		{"to_json", []types.OID{types.Text}, []datum.Datum{datum.NewText(`{"a":1}`)}, `"{\"a\":1}"`},
		{"to_json", []types.OID{types.Oid}, []datum.Datum{datum.NewInt(5)}, `"5"`},
		{"to_json", []types.OID{types.TimestampTZ}, []datum.Datum{datum.NewTimestampTZ(0)}, `"2000-01-01T00:00:00+00:00"`},
		{"to_jsonb", []types.OID{types.Float8}, []datum.Datum{datum.NewFloat(1e20)}, `100000000000000000000`},
		{"json_build_object", []types.OID{types.Text, types.JSON, types.Int4, types.Bool}, []datum.Datum{datum.NewText("a"), datum.NewText("[1]"), datum.NewInt(2), null}, `{"a" : [1], "2" : null}`},
		{"json_build_array", []types.OID{types.Int4, types.Text}, []datum.Datum{datum.NewInt(1), datum.NewText("x")}, `[1, "x"]`},
	} {
		var p *Proc
		for _, q := range procsByName[tc.name] {
			if len(q.Args) > 0 {
				p = q
			}
		}
		got, err := p.For(tc.oids, p.Ret)(c, tc.args)
		if err != nil || got.Str() != tc.want {
			t.Errorf("%s: %s (%v), want %s", tc.name, got.Str(), err, tc.want)
		}
	}
	p := procsByName["pg_typeof"][0]
	if got, err := p.For([]types.OID{types.Char}, types.RegType)(c, []datum.Datum{datum.NewText("a")}); err != nil || got.Int() != int64(types.Char) {
		t.Errorf("pg_typeof: %v %v", got.Int(), err)
	}
}

func BenchmarkInt4Add(b *testing.B) {
	p := procsBySrc["int4pl"][0]
	args := []datum.Datum{datum.NewInt(5), datum.NewInt(7)}
	for b.Loop() {
		if _, err := p.Eval(nil, args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSumInt4(b *testing.B) {
	p := aggregateOf("sum", types.Int4)
	state, args := p.Agg(p, p.Args), []datum.Datum{datum.NewInt(5)}
	for b.Loop() {
		if err := state.Add(nil, args); err != nil {
			b.Fatal(err)
		}
	}
}
