package keyenc

import (
	"encoding/hex"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// TestGolden holds the bytes of docs/formats/row-keys.md: they are on disk and
// can never change.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		d    datum.Datum
		dir  Dir
		want string
	}{
		{datum.Datum{}, 0, "fd"},
		{datum.Datum{}, Desc | NullsFirst, "02"},
		{datum.NewBool(true), 0, "21"},
		{datum.NewInt(0), 0, "20"},
		{datum.NewInt(0), Desc, "df"},
		{datum.NewInt(191), 0, "df"},
		{datum.NewInt(192), 0, "e0c0"},
		{datum.NewInt(65536), 0, "e2010000"},
		{datum.NewInt(-1), 0, "1fff"},
		{datum.NewInt(-257), 0, "1efeff"},
		{datum.NewFloat(1), 0, "05bff0000000000000"},
		{datum.NewFloat(-1), 0, "05400fffffffffffff"},
		{datum.NewText("a\x00b"), 0, "066100ff620001"},
		{datum.NewBPChar("a  "), 0, "06610001"},
		{datum.NewText("a"), Desc, "f99efffe"},
		{datum.NewNumeric(0, 2), 0, "0d"},
		{datum.NewNumeric(1250, 2), 0, "0e220d3300"},
		{datum.NewNumeric(-1250, 2), 0, "0cddf2ccff"},
		{datum.NewInterval(datum.IntervalValue{Months: 1, Micros: 5}), 0, "083e25"},
		{datum.NewTimeTZ(datum.TimeTZValue{Micros: 1, Zone: -1}), 0, "091df0bdc11fff"},
		{datum.NewArray(&datum.ArrayValue{Elem: uint32(types.Int4), Dims: []datum.Dim{{Len: 2, Lower: 1}},
			Elems: []datum.Datum{datum.NewInt(7), {}}}), 0, "0a27fd01212221"},
		{datum.NewJSONB(`{"a": [1, null]}`), 0, "1117216100011622130e210b0011"},
	} {
		got := hex.EncodeToString(Append(nil, c.d, c.dir))
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.d, got, c.want)
		}
	}
}
