package rowenc

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

var testTypes = []types.OID{
	types.Bool, types.Int2, types.Int4, types.Int8, types.Oid, types.Float4, types.Float8, types.Numeric, types.Text,
	types.BPChar, types.Bytea, types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval,
	types.UUID, types.JSONB, types.Int4Array, types.NumericArray, types.TextArray, types.RegClass,
}

// randomValue returns a value of the type, NULL now and then.
func randomValue(r *rand.Rand, oid types.OID) datum.Datum {
	if r.UintN(6) == 0 {
		return datum.Datum{}
	}
	kind := datum.KindOf(oid)
	text := func() string {
		n := r.UintN(20)
		if r.UintN(40) == 0 {
			n = r.UintN(90000)
		}
		return strings.Repeat(string(rune('a'+r.UintN(20))), int(n))
	}
	switch kind {
	case datum.Bool:
		return datum.NewBool(r.UintN(2) == 0)
	case datum.Int, datum.Date, datum.Time, datum.Timestamp, datum.TimestampTZ:
		switch oid {
		case types.Int2:
			return datum.NewInt(int64(int16(r.Uint64())))
		case types.Int4, types.Date:
			return datum.NewIntOfKind(int64(int32(r.Uint64())), kind)
		case types.Oid, types.RegClass:
			return datum.NewInt(int64(r.Uint32()))
		}
		return datum.NewIntOfKind(int64(r.Uint64()), kind)
	case datum.Float:
		if oid == types.Float4 {
			return datum.NewFloat(float64(r.Float32()))
		}
		return datum.NewFloat(r.NormFloat64())
	case datum.Numeric:
		switch r.UintN(8) {
		case 0:
			d, _, _ := apd.NewFromString("-123456789012345678901234567890.0001")
			return datum.NewDecimal(d)
		case 1:
			return datum.NewDecimal(&apd.Decimal{Form: apd.NaN})
		case 2:
			return datum.NewDecimal(&apd.Decimal{Form: apd.Infinite, Negative: r.UintN(2) == 0})
		}
		return datum.NewNumeric(int64(r.Uint64()), int16(r.UintN(30)))
	case datum.TimeTZ:
		return datum.NewTimeTZ(datum.TimeTZValue{Micros: int64(r.Uint64N(86400e6)), Zone: int32(r.IntN(86400) - 43200)})
	case datum.Interval:
		return datum.NewInterval(datum.IntervalValue{Months: int32(r.Uint32()), Days: int32(r.Uint32()), Micros: int64(r.Uint64())})
	case datum.UUID:
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return datum.NewUUID(string(b))
	case datum.Array:
		elem := types.ElemOf(oid)
		a := &datum.ArrayValue{Elem: uint32(elem)}
		if n := int(r.UintN(4)); n > 0 {
			a.Dims = []datum.Dim{{Len: int32(n), Lower: int32(r.IntN(9) - 4)}}
			for range n {
				a.Elems = append(a.Elems, randomValue(r, elem))
			}
		}
		return datum.NewArray(a)
	}
	return datum.NewOfKind(text(), kind)
}

func randomLayout(r *rand.Rand) *Layout {
	cols := make([]types.T, r.UintN(20))
	for i := range cols {
		cols[i] = types.Of(testTypes[r.UintN(uint(len(testTypes)))])
	}
	return NewLayout(uint16(r.Uint32()), cols)
}

// TestRoundTrip encodes random rows of random layouts and reads them back as
// datums and through vectors (I1), after scribbling over the tuple (I2).
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var arena Arena
	for range 2000 {
		l := randomLayout(r)
		row := make([]datum.Datum, l.Len())
		for i := range row {
			row[i] = randomValue(r, l.cols[i].typ.OID)
		}
		b, err := l.Encode([]byte("before"), row)
		if err != nil {
			t.Fatal(err)
		}
		b = b[len("before"):]
		if v, err := VersionOf(b); err != nil || v != l.Version() {
			t.Fatalf("version %d, %v", v, err)
		}
		var tup Tuple
		if err := l.Open(&tup, b); err != nil {
			t.Fatal(err)
		}
		got := make([]datum.Datum, len(row))
		vecs := make([]*vec.Vec, len(row))
		for i := range row {
			if got[i], err = tup.Column(i, &arena); err != nil {
				t.Fatal(err)
			}
			vecs[i] = vec.New(l.cols[i].typ, 2)
			col := l.Column(i)
			if err := col.Read(&tup, vecs[i], 1, &arena); err != nil {
				t.Fatal(err)
			}
		}
		for i := range b {
			b[i] = 0xee
		}
		for i := range row {
			if !same(got[i], row[i]) || !same(vecs[i].Get(1), row[i]) {
				t.Fatalf("column %d of type %d: %v and %v, want %v", i, l.cols[i].typ.OID, got[i], vecs[i].Get(1), row[i])
			}
		}
	}
}

// same is equality of everything that shows.
func same(a, b datum.Datum) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case datum.Null:
		return true
	case datum.Float:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case datum.Numeric:
		return datum.Equal(a, b) && a.Decimal().Exponent == b.Decimal().Exponent
	case datum.Interval:
		return a.Interval() == b.Interval()
	case datum.Array:
		x, y := a.Array(), b.Array()
		if x.Elem != y.Elem || len(x.Elems) != len(y.Elems) || len(x.Dims) != len(y.Dims) {
			return false
		}
		for i := range x.Dims {
			if x.Dims[i] != y.Dims[i] {
				return false
			}
		}
		for i := range x.Elems {
			if !same(x.Elems[i], y.Elems[i]) {
				return false
			}
		}
		return true
	case datum.BPChar:
		return a.Str() == b.Str()
	}
	return datum.Equal(a, b)
}

func TestRecord(t *testing.T) {
	l := NewLayout(1, []types.T{types.Of(types.Record)})
	rec := datum.NewRecord(&datum.RecordValue{TypeOID: 2249, Types: []uint32{23, 25}, Names: []string{"a", "b"},
		Fields: []datum.Datum{datum.NewInt(7), datum.NewText("x")}})
	b, err := l.Encode(nil, []datum.Datum{rec})
	if err != nil {
		t.Fatal(err)
	}
	var tup Tuple
	if err := l.Open(&tup, b); err != nil {
		t.Fatal(err)
	}
	got, err := tup.Column(0, nil)
	if err != nil || !datum.Equal(got, rec) || got.Record().Names[1] != "b" {
		t.Fatalf("%v, %v", got, err)
	}
}

func TestWrongVersion(t *testing.T) {
	a, b := NewLayout(1, nil), NewLayout(2, nil)
	tuple, _ := a.Encode(nil, nil)
	var tup Tuple
	if err := b.Open(&tup, tuple); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("got %v", err)
	}
}

// FuzzTuple reads every column of arbitrary bytes: values or ErrCorrupt (I3).
func FuzzTuple(f *testing.F) {
	cols := make([]types.T, len(testTypes))
	for i, oid := range testTypes {
		cols[i] = types.Of(oid)
	}
	cols = append(cols, types.Of(types.Record))
	l := NewLayout(3, cols)
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		row := make([]datum.Datum, len(cols))
		for i := range testTypes {
			row[i] = randomValue(r, testTypes[i])
		}
		b, _ := l.Encode(nil, row)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var tup Tuple
		if err := l.Open(&tup, b); err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		for i := range cols {
			if _, err := tup.Column(i, nil); err != nil && !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
		}
	})
}

// BenchmarkRead decodes two int columns of a row of five into vectors.
func BenchmarkRead(b *testing.B) {
	l := NewLayout(1, []types.T{types.Of(types.Int8), types.Of(types.Text), types.Of(types.Int4), types.Of(types.Int4), types.Of(types.Numeric)})
	tuple, _ := l.Encode(nil, []datum.Datum{datum.NewInt(1), datum.NewText("abcdefgh"), datum.NewInt(5), datum.NewInt(6), datum.NewNumeric(125, 2)})
	v1, v2 := vec.New(types.Of(types.Int4), 1024), vec.New(types.Of(types.Int4), 1024)
	c1, c2 := l.Column(2), l.Column(3)
	var tup Tuple
	b.ReportAllocs()
	for i := range b.N {
		if err := l.Open(&tup, tuple); err != nil {
			b.Fatal(err)
		}
		_ = c1.Read(&tup, v1, i&1023, nil)
		_ = c2.Read(&tup, v2, i&1023, nil)
	}
}

// BenchmarkEncode writes the same row.
func BenchmarkEncode(b *testing.B) {
	l := NewLayout(1, []types.T{types.Of(types.Int8), types.Of(types.Text), types.Of(types.Int4), types.Of(types.Int4), types.Of(types.Numeric)})
	row := []datum.Datum{datum.NewInt(1), datum.NewText("abcdefgh"), datum.NewInt(5), datum.NewInt(6), datum.NewNumeric(125, 2)}
	var buf []byte
	b.ReportAllocs()
	for range b.N {
		buf, _ = l.Encode(buf[:0], row)
	}
}
