package keyenc

import (
	"bytes"
	"cmp"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

var allDirs = []Dir{0, Desc, NullsFirst, Desc | NullsFirst}

func dec(s string) datum.Datum {
	d, _, err := apd.NewFromString(s)
	if err != nil {
		panic(err)
	}
	return datum.NewDecimal(d)
}

// samples returns values of one kind, edge cases first, then random ones.
func samples(kind string, r *rand.Rand) []datum.Datum {
	var out []datum.Datum
	add := func(list ...datum.Datum) { out = append(out, list...) }
	switch kind {
	case "int":
		for _, v := range []int64{0, 1, -1, 191, 192, 255, 256, -255, -256, -257, 65535, 65536, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64} {
			add(datum.NewInt(v))
		}
		for range 100 {
			add(datum.NewInt(int64(r.Uint64()) >> r.UintN(64)))
		}
	case "float":
		for _, v := range []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64} {
			add(datum.NewFloat(v))
		}
		for range 100 {
			add(datum.NewFloat(math.Float64frombits(r.Uint64())))
		}
	case "numeric":
		for _, s := range []string{"0", "0.00", "1", "1.50", "1.5", "-1.5", "100", "99.999", "-100", "-99", "1e100", "-1e100", "1e-100", "12345678901234567890.123", "Infinity", "-Infinity", "NaN", "10", "0.1", "0.01", "-0.01"} {
			add(dec(s))
		}
		for range 200 {
			add(datum.NewNumeric(int64(r.Uint64())>>r.UintN(64), int16(r.UintN(20))))
		}
	case "text", "bytea", "bpchar":
		k := map[string]datum.Kind{"text": datum.Text, "bytea": datum.Bytea, "bpchar": datum.BPChar}[kind]
		for _, s := range []string{"", " ", "a", "a ", "a\x00", "a\x00\x00", "a\x00\xff", "a\x00\x01", "a\x01", "ab", "\xff", "\xff\xff", "\x00", "\x01"} {
			add(datum.NewOfKind(s, k))
		}
		for range 100 {
			b := make([]byte, r.UintN(6))
			for i := range b {
				b[i] = []byte{0, 1, 2, 'a', 0xfe, 0xff}[r.UintN(6)]
			}
			add(datum.NewOfKind(string(b), k))
		}
	case "uuid":
		for range 50 {
			b := make([]byte, 16)
			for i := range b {
				b[i] = byte(r.UintN(256))
			}
			add(datum.NewUUID(string(b)))
		}
	case "interval":
		for range 100 {
			add(datum.NewInterval(datum.IntervalValue{Months: int32(r.IntN(5)) - 2, Days: int32(r.IntN(90)) - 45, Micros: int64(r.IntN(5)-2) * 86400e6}))
		}
	case "timetz":
		for range 100 {
			add(datum.NewTimeTZ(datum.TimeTZValue{Micros: int64(r.IntN(24)) * 3600e6, Zone: int32(r.IntN(24)-12) * 3600}))
		}
	case "array":
		elems := samples("int", r)
		elems = append(elems, datum.Datum{})
		for range 150 {
			n := int(r.UintN(4))
			v := &datum.ArrayValue{Elem: uint32(types.Int4)}
			for range n {
				v.Elems = append(v.Elems, elems[r.UintN(uint(len(elems)))])
			}
			if n > 0 {
				v.Dims = []datum.Dim{{Len: int32(n), Lower: 1 + int32(r.UintN(2))}}
			}
			add(datum.NewArray(v))
		}
	}
	return out
}

// TestOrder compares the bytes of every pair of values of a kind with
// datum.Compare, in all four directions, NULLs included (I1).
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []string{"int", "float", "numeric", "text", "bytea", "bpchar", "uuid", "interval", "timetz", "array"} {
		values := append(samples(kind, r), datum.Datum{})
		for _, dir := range allDirs {
			for _, a := range values {
				ea := Append(nil, a, dir)
				if n, err := Len(ea, dir); err != nil || n != len(ea) {
					t.Fatalf("%s: Len(%x) = %d, %v", kind, ea, n, err)
				}
				for _, b := range values {
					eb := Append(nil, b, dir)
					if got, want := bytes.Compare(ea, eb), compareDir(a, b, dir); got != want {
						t.Fatalf("%s dir %d: %x ? %x = %d, want %d (%v, %v)", kind, dir, ea, eb, got, want, a, b)
					}
					if len(ea) < len(eb) && bytes.HasPrefix(eb, ea) {
						t.Fatalf("%s: %x is a prefix of %x", kind, ea, eb)
					}
				}
			}
		}
	}
}

func compareDir(a, b datum.Datum, dir Dir) int {
	if a.IsNull() || b.IsNull() {
		c := datum.CompareNulls(a, b)
		if dir&NullsFirst != 0 {
			c = -c
		}
		return c
	}
	c := cmp.Compare(datum.Compare(a, b), 0)
	if dir&Desc != 0 {
		c = -c
	}
	return c
}

// TestRoundTrip decodes what was encoded, for the lossless types, from the
// middle of a composite key.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for kind, oid := range map[string]types.OID{"int": types.Int8, "text": types.Text, "bytea": types.Bytea, "uuid": types.UUID} {
		if !Lossless(oid) {
			t.Fatalf("%s is not lossless", kind)
		}
		for _, d := range append(samples(kind, r), datum.Datum{}) {
			for _, dir := range allDirs {
				key := Append(Append(nil, d, dir), datum.NewText("tail"), 0)
				got, rest, err := Decode(key, oid, dir)
				if err != nil || !datum.Equal(got, d) || got.Kind() != d.Kind() {
					t.Fatalf("%s: decoded %v, %v from %x", kind, got, err, key)
				}
				if tail, _, err := Decode(rest, types.Text, 0); err != nil || tail.Str() != "tail" {
					t.Fatalf("%s: tail %v, %v", kind, tail, err)
				}
			}
		}
	}
}

// TestJSONOrder walks PostgreSQL's order of jsonb values.
func TestJSONOrder(t *testing.T) {
	sorted := []string{`[]`, `null`, `""`, `"a"`, `"b"`, `-1`, `0`, `1.5`, `10`, `false`, `true`,
		`[1]`, `[2]`, `[[]]`, `[1, 1]`, `[1, 2]`, `{}`, `{"a": 1}`, `{"a": 2}`, `{"b": 0}`, `{"a": 1, "b": 1}`}
	for _, dir := range allDirs {
		for i := 1; i < len(sorted); i++ {
			a := Append(nil, datum.NewJSONB(sorted[i-1]), dir)
			b := Append(nil, datum.NewJSONB(sorted[i]), dir)
			want := -1
			if dir&Desc != 0 {
				want = 1
			}
			if bytes.Compare(a, b) != want {
				t.Errorf("dir %d: %s ? %s: %x %x", dir, sorted[i-1], sorted[i], a, b)
			}
			if n, err := Len(a, dir); err != nil || n != len(a) {
				t.Errorf("Len(%s) = %d, %v; want %d", sorted[i-1], n, err, len(a))
			}
		}
	}
}

func TestPrefixEnd(t *testing.T) {
	for p, want := range map[string]string{"a": "b", "a\xff": "b", "\xff": "", "": "", "a\x00": "a\x01"} {
		if got := PrefixEnd([]byte(p)); string(got) != want {
			t.Errorf("PrefixEnd(%q) = %q, want %q", p, got, want)
		}
	}
}

// FuzzDecode feeds arbitrary bytes to the readers: an error or a value, never a
// panic, never a length beyond the input.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, kind := range []string{"int", "numeric", "text", "array", "interval"} {
		for i, d := range samples(kind, r) {
			if i%20 == 0 {
				f.Add(Append(nil, d, 0), byte(0))
				f.Add(Append(nil, d, Desc), byte(Desc))
			}
		}
	}
	f.Add(Append(nil, datum.NewJSONB(`{"a": [1, null, "x"]}`), 0), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, dir byte) {
		n, err := Len(b, Dir(dir))
		if err == nil && (n < 1 || n > len(b)) {
			t.Fatalf("length %d of %d bytes", n, len(b))
		}
		for _, oid := range []types.OID{types.Int8, types.Text, types.UUID, types.Bytea} {
			if _, rest, err := Decode(b, oid, Dir(dir)); err == nil && len(rest) > len(b) {
				t.Fatal("rest grew")
			}
		}
	})
}

// FuzzStrings checks order and round trip of arbitrary byte strings.
func FuzzStrings(f *testing.F) {
	f.Add("", "a")
	f.Add("a\x00", "a\x00\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, dir := range allDirs {
			ea, eb := Append(nil, datum.NewBytea(a), dir), Append(nil, datum.NewBytea(b), dir)
			want := strings.Compare(a, b)
			if dir&Desc != 0 {
				want = -want
			}
			if bytes.Compare(ea, eb) != want {
				t.Fatalf("order of %q and %q", a, b)
			}
			if d, _, err := Decode(ea, types.Bytea, dir); err != nil || d.Str() != a {
				t.Fatalf("%q came back as %v, %v", a, d, err)
			}
		}
	})
}
