package datum

// Goal: comparing and hashing keep their laws for every kind: an order is total
// and transitive, and values that compare equal hash alike. Method: all pairs
// and triples of a table of values per kind.

import (
	"math"
	"testing"
	"unsafe"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/types"
)

func decimal(text string) Datum {
	d, _, err := apd.NewFromString(text)
	if err != nil {
		panic(err)
	}
	return NewDecimal(d)
}

func list(elem types.OID, elems ...Datum) Datum {
	v := &ArrayValue{Elem: uint32(elem), Elems: elems}
	if len(elems) > 0 {
		v.Dims = []Dim{{int32(len(elems)), 1}}
	}
	return NewArray(v)
}

func record(fields ...Datum) Datum {
	return NewRecord(&RecordValue{TypeOID: 2249, Types: make([]uint32, len(fields)), Fields: fields})
}

// ascending lists values per kind in their order; those inside one group are equal.
var ascending = map[string][][]Datum{
	"bool":  {{NewBool(false)}, {NewBool(true)}},
	"int":   {{NewInt(math.MinInt64)}, {NewInt(-1)}, {NewInt(0)}, {NewInt(math.MaxInt64)}},
	"float": {{NewFloat(math.Inf(-1))}, {NewFloat(-1)}, {NewFloat(0), NewFloat(math.Copysign(0, -1))}, {NewFloat(5e-324)}, {NewFloat(math.Inf(1))}, {NewFloat(math.NaN()), NewFloat(math.Float64frombits(0x7ff8000000000000))}},
	"numeric": {
		{NewDecimal(&apd.Decimal{Form: apd.Infinite, Negative: true})}, {decimal("-1e30"), decimal("-1000000000000000000000000000000.00")},
		{NewNumeric(math.MinInt64, 0), decimal("-9223372036854775808.0")}, {NewNumeric(-15, 1), NewNumeric(-150, 2)}, {NewNumeric(0, 0), NewNumeric(0, 5)}, {decimal("1e-40")}, {NewNumeric(1, 0), NewNumeric(100, 2), decimal("1.00000000000000000000000000")},
		{NewNumeric(math.MaxInt64, 0), decimal("9223372036854775807.000")}, {decimal("9223372036854775808"), decimal("9223372036854775808.0")}, {decimal("1e30")},
		{NewDecimal(&apd.Decimal{Form: apd.Infinite})}, {NewDecimal(&apd.Decimal{Form: apd.NaN})},
	},
	"text":      {{NewText("")}, {NewText("A")}, {NewText("a")}, {NewText("a ")}, {NewText("ab")}, {NewText("é")}},
	"bpchar":    {{NewBPChar(""), NewBPChar("  ")}, {NewBPChar("a"), NewBPChar("a   ")}, {NewBPChar("b")}},
	"bytea":     {{NewBytea("")}, {NewBytea("\x00")}, {NewBytea("\xff")}},
	"date":      {{NewDate(math.MinInt32)}, {NewDate(-1)}, {NewDate(0)}, {NewDate(math.MaxInt32)}},
	"timestamp": {{NewTimestamp(math.MinInt64)}, {NewTimestamp(0)}, {NewTimestamp(math.MaxInt64)}},
	"interval": {
		{NewInterval(IntervalValue{Months: -1})},
		{NewInterval(IntervalValue{Days: 30}), NewInterval(IntervalValue{Months: 1}), NewInterval(IntervalValue{Days: 29, Micros: 86400e6})},
		{NewInterval(IntervalValue{Months: 1, Micros: 1})},
		{NewInterval(IntervalValue{Months: math.MaxInt32, Days: math.MaxInt32, Micros: math.MaxInt64})},
	},
	"timetz": {{NewTimeTZ(TimeTZValue{0, -3600})}, {NewTimeTZ(TimeTZValue{3600e6, -3600})}, {NewTimeTZ(TimeTZValue{0, 0})}},
	"uuid":   {{NewUUID("0000000000000000")}, {NewUUID("0000000000000001")}},
	"jsonb": {
		{NewJSONB(`[]`)}, {NewJSONB(`null`)}, {NewJSONB(`"a"`)}, {NewJSONB(`"b"`)}, {NewJSONB(`-2`)}, {NewJSONB(`1`), NewJSONB(`1.0`), NewJSONB(`1.00`)}, {NewJSONB(`10`)},
		{NewJSONB(`false`)}, {NewJSONB(`true`)}, {NewJSONB(`[1]`), NewJSONB(`[1.0]`)}, {NewJSONB(`[1, 2]`)}, {NewJSONB(`{}`)}, {NewJSONB(`{"a": 0.0}`), NewJSONB(`{"a": 0}`)}, {NewJSONB(`{"b": 0}`)},
	},
	"array": {
		{list(types.Int4)}, {list(types.Int4, NewInt(1))}, {list(types.Int4, NewInt(1), NewInt(2))},
		{NewArray(&ArrayValue{Elem: 23, Dims: []Dim{{2, 2}}, Elems: []Datum{NewInt(1), NewInt(2)}})},
		{NewArray(&ArrayValue{Elem: 23, Dims: []Dim{{1, 1}, {2, 1}}, Elems: []Datum{NewInt(1), NewInt(2)}})},
		{list(types.Int4, NewInt(1), Datum{})}, {list(types.Int4, NewInt(2))}, {list(types.Int4, Datum{})},
	},
	"record": {{record(NewInt(1))}, {record(NewInt(1), NewText("a"))}, {record(NewInt(1), Datum{})}, {record(NewInt(2))}},
}

func TestOrderAndHash(t *testing.T) {
	for kind, groups := range ascending {
		for i, group := range groups {
			for j, other := range groups {
				want := 0
				if i < j {
					want = -1
				} else if i > j {
					want = 1
				}
				for _, a := range group {
					for _, b := range other {
						if got := Compare(a, b); sign(got) != want {
							t.Errorf("%s: Compare(%d, %d) = %d, want %d", kind, i, j, got, want)
						}
						if Equal(a, b) != (want == 0) {
							t.Errorf("%s: Equal(%d, %d) = %v", kind, i, j, Equal(a, b))
						}
						if want == 0 && Hash(a) != Hash(b) {
							t.Errorf("%s: group %d has equal values with different hashes", kind, i)
						}
					}
				}
			}
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// TestHashSpreads guards against a hash that ignores its input.
func TestHashSpreads(t *testing.T) {
	seen := map[uint64]bool{}
	n := 0
	for _, groups := range ascending {
		for _, group := range groups {
			seen[Hash(group[0])] = true
			n++
		}
	}
	for i := range 1000 {
		seen[Hash(NewInt(int64(i)))] = true
	}
	if len(seen) < n+1000-40 {
		t.Errorf("%d different hashes of about %d values", len(seen), n+1000)
	}
}

func TestNulls(t *testing.T) {
	var null Datum
	if CompareNulls(null, null) != 0 || CompareNulls(null, NewInt(1)) != 1 || CompareNulls(NewInt(1), null) != -1 {
		t.Error("NULL does not sort last")
	}
	if !Equal(null, null) || Equal(null, NewInt(0)) || !null.IsNull() {
		t.Error("NULL equality")
	}
}

func TestNumericStaysInline(t *testing.T) {
	for text, inline := range map[string]bool{"1.50": true, "-9223372036854775808": true, "9223372036854775808": false, "0.000000000000000001": true} {
		d := decimal(text)
		if _, _, ok := d.InlineNumeric(); ok != inline {
			t.Errorf("%s: inline %v", text, ok)
		}
		if got := d.Decimal().Text('f'); got != text {
			t.Errorf("%s came back as %s", text, got)
		}
	}
}

func TestSize(t *testing.T) {
	if got := unsafe.Sizeof(Datum{}); got != 24 {
		t.Errorf("a Datum has %d bytes", got)
	}
	small, large := NewText("a").Size(), NewText(string(make([]byte, 1000))).Size()
	if large-small != 999 {
		t.Errorf("text sizes %d and %d", small, large)
	}
	if list(types.Text, NewText("abc")).Size() <= NewText("abc").Size() {
		t.Error("an array is not larger than its element")
	}
}

func TestKindsDoNotAllocate(t *testing.T) {
	text := "some text"
	if n := testing.AllocsPerRun(100, func() {
		a, b := NewInt(7), NewText(text)
		if Compare(a, NewInt(8)) >= 0 || Compare(b, b) != 0 || Hash(a) == Hash(b) {
			t.Fatal("wrong")
		}
		if Compare(NewNumeric(150, 2), NewNumeric(15, 1)) != 0 && Hash(NewNumeric(150, 2)) == 0 {
			t.Fatal("wrong")
		}
	}); n > 4 {
		t.Errorf("%v allocations", n)
	}
}
