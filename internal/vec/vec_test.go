package vec

// Goal: what is stored in a vector comes back, NULLs included, for every layout,
// and the bitmap's operations agree with a slice of booleans.

import (
	"math/rand/v2"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

func TestSetGet(t *testing.T) {
	for _, c := range []struct {
		oid    types.OID
		layout Layout
		value  datum.Datum
	}{
		{types.Bool, I64, datum.NewBool(true)}, {types.Int4, I64, datum.NewInt(-5)}, {types.TimestampTZ, I64, datum.NewTimestampTZ(9)},
		{types.Float8, F64, datum.NewFloat(1.5)}, {types.Text, Dat, datum.NewText("x")}, {types.Numeric, Dat, datum.NewNumeric(150, 2)},
	} {
		v := New(types.Of(c.oid), 4)
		if v.Layout != c.layout {
			t.Errorf("type %d has layout %d", c.oid, v.Layout)
		}
		v.Set(0, c.value)
		v.Set(1, datum.Datum{})
		v.Grow(100)
		v.Set(99, c.value)
		if got := v.Get(0); got.Kind() != c.value.Kind() || !datum.Equal(got, c.value) {
			t.Errorf("type %d: row 0 is %v", c.oid, got)
		}
		if !v.Get(1).IsNull() || v.Get(99).IsNull() {
			t.Errorf("type %d: NULL bitmap", c.oid)
		}
		v.Nulls.Clear()
		if v.Nulls.Any() || v.Nulls.Get(1) {
			t.Errorf("type %d: NULLs after Clear", c.oid)
		}
	}
}

func TestNullsAgainstSlice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		rows := 1 + rng.IntN(MaxRows)
		var a, b, both Nulls
		model := make([]bool, rows)
		want := 0
		for i := range model {
			x, y := rng.IntN(5) == 0, rng.IntN(7) == 0
			if x {
				a.Set(i)
			}
			if y {
				b.Set(i)
			}
			if model[i] = x || y; model[i] {
				want++
			}
		}
		both.Or(&a, &b)
		for i, null := range model {
			if both.Get(i) != null {
				t.Fatalf("row %d of %d: %v", i, rows, both.Get(i))
			}
		}
		if got := both.Count(rows); got != want {
			t.Fatalf("Count(%d) = %d, want %d", rows, got, want)
		}
		if both.Any() != (want > 0) {
			t.Fatalf("Any() = %v with %d NULLs", both.Any(), want)
		}
	}
}

func TestSelection(t *testing.T) {
	v := New(types.Of(types.Int8), 5)
	for i := range 5 {
		v.Set(i, datum.NewInt(int64(i*10)))
	}
	b := Batch{Cols: []*Vec{v}, Rows: 5}
	if b.Len() != 5 || b.Index(3) != 3 {
		t.Errorf("dense batch: %d rows", b.Len())
	}
	b.Sel = []int32{1, 4}
	row := make([]datum.Datum, 1)
	if b.Row(1, row); b.Len() != 2 || row[0].Int() != 40 {
		t.Errorf("selected batch: %d rows, second is %d", b.Len(), row[0].Int())
	}
}
