package rowenc

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// TestGolden holds the bytes of docs/formats/tuples.md: they are on disk and can
// never change.
func TestGolden(t *testing.T) {
	l := NewLayout(0x0102, []types.T{types.Of(types.Text), types.Of(types.Int4), types.Of(types.Bool), types.Of(types.Numeric),
		types.Of(types.Int4Array), types.Of(types.Int8)})
	arr := datum.NewArray(&datum.ArrayValue{Elem: uint32(types.Int4), Dims: []datum.Dim{{Len: 2, Lower: 1}}, Elems: []datum.Datum{datum.NewInt(7), {}}})
	for _, c := range []struct {
		row  []datum.Datum
		want string
	}{
		{[]datum.Datum{datum.NewText("ab"), datum.NewInt(-2), datum.NewBool(true), datum.NewNumeric(-150, 2), arr, datum.NewInt(1)},
			"01 0201 feffffff 01 0100000000000000 02 06 14 6162 00ab0202 17 01 04 02 09 0700000000000000 00"},
		{[]datum.Datum{{}, datum.NewInt(5), {}, {}, {}, {}},
			"11 0201 3d 05000000 00 0000000000000000 00 00 00"},
		{[]datum.Datum{datum.NewText(strings.Repeat("x", 300)), {}, {}, {}, {}, {}},
			"31 0201 3e 00000000 00 0000000000000000 2c01 2c01 2c01 " + strings.Repeat("78", 300)},
	} {
		b, err := l.Encode(nil, c.row)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(b); got != strings.ReplaceAll(c.want, " ", "") {
			t.Errorf("%s\nwant %s", got, strings.ReplaceAll(c.want, " ", ""))
		}
	}
}
