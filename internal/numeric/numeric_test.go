package numeric

// Goal: arithmetic on inline values and on large ones is one arithmetic.
// Method: laws over random values of all sizes (which cross the int64 border
// both ways), a table of results taken from PostgreSQL, and counted allocations
// on the inline paths. builtin's differential test covers the rest.

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
)

func mustParse(t testing.TB, s string) datum.Datum {
	t.Helper()
	d, err := Parse(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return d
}

func random(rng *rand.Rand) string {
	var b strings.Builder
	if rng.IntN(2) == 0 {
		b.WriteByte('-')
	}
	for range 1 + rng.IntN(1+rng.IntN(30)) {
		b.WriteByte(byte('0' + rng.IntN(10)))
	}
	if n := rng.IntN(12); n > 0 {
		b.WriteByte('.')
		for range n {
			b.WriteByte(byte('0' + rng.IntN(10)))
		}
	}
	return b.String()
}

func TestLaws(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	check := func(what string, got, want datum.Datum, err error) {
		t.Helper()
		if err != nil || String(got) != String(want) {
			t.Fatalf("%s: %s, want %s (%v)", what, String(got), String(want), err)
		}
	}
	for range 3000 {
		a, b, c := mustParse(t, random(rng)), mustParse(t, random(rng)), mustParse(t, random(rng))
		what := String(a) + " " + String(b) + " " + String(c)
		ab, err := Add(a, b)
		ba, _ := Add(b, a)
		check("a+b "+what, ab, ba, err)
		left, _ := Add(ab, c)
		bc, _ := Add(b, c)
		right, err := Add(a, bc)
		check("(a+b)+c "+what, left, right, err)
		back, err := Sub(ab, b)
		wide, _ := Round(a, max(Scale(a), Scale(b)))
		check("(a+b)-b "+what, back, wide, err)
		p, err := Mul(a, b)
		q, _ := Mul(b, a)
		check("a*b "+what, p, q, err)
		if Sign(b) != 0 {
			d, err := DivTrunc(a, b)
			if err != nil {
				t.Fatal(err)
			}
			m, _ := Mod(a, b)
			db, _ := Mul(d, b)
			sum, err := Add(db, m)
			if err != nil || datum.Compare(sum, a) != 0 {
				t.Fatalf("div*b+mod %s: %s", what, String(sum))
			}
		}
		again, err := Parse(String(a))
		check("text "+what, again, a, err)
		wire, err := ParseBinary(AppendBinary(nil, a))
		check("binary "+what, wire, a, err)
		if datum.Equal(a, wide) && datum.Hash(a) != datum.Hash(wide) {
			t.Fatalf("%s and %s are equal with different hashes", String(a), String(wide))
		}
	}
}

func TestSumMatchesAdd(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		var s Sum
		var ints IntSum
		want, wantInts := Zero, Zero
		for range 50 {
			d, n := mustParse(t, random(rng)), rng.Int64()-rng.Int64()
			if err := s.Add(d); err != nil {
				t.Fatal(err)
			}
			ints.Add(n)
			want, _ = Add(want, d)
			wantInts, _ = Add(wantInts, FromInt(n))
		}
		if String(s.Value()) != String(want) || String(ints.Value()) != String(wantInts) {
			t.Fatalf("%s, want %s; %s, want %s", String(s.Value()), String(want), String(ints.Value()), String(wantInts))
		}
	}
}

func TestResults(t *testing.T) {
	two := func(f func(a, b datum.Datum) (datum.Datum, error), a, b string) func() (datum.Datum, error) {
		return func() (datum.Datum, error) { return f(mustParse(t, a), mustParse(t, b)) }
	}
	one := func(f func(a datum.Datum) (datum.Datum, error), a string) func() (datum.Datum, error) {
		return func() (datum.Datum, error) { return f(mustParse(t, a)) }
	}
	fit := func(a string, precision, scale int32) func() (datum.Datum, error) {
		return func() (datum.Datum, error) { return Fit(mustParse(t, a), EncodeTypmod(precision, scale)) }
	}
	for _, c := range []struct {
		name string
		f    func() (datum.Datum, error)
		want string
	}{
		{"1/3", two(Div, "1", "3"), "0.33333333333333333333"},
		{"10/3", two(Div, "10", "3"), "3.3333333333333333"},
		{"1/0", two(Div, "1", "0"), "22012"},
		{"100.0/4", two(Div, "100.0", "4"), "25.0000000000000000"},
		{"-7%2.5", two(Mod, "-7", "2.5"), "-2.0"},
		{"sqrt 2", one(Sqrt, "2"), "1.414213562373095"},
		{"sqrt -1", one(Sqrt, "-1"), "2201F"},
		{"exp 1", one(Exp, "1"), "2.7182818284590452"},
		{"ln 10", one(Ln, "10"), "2.3025850929940457"},
		{"ln 0", one(Ln, "0"), "2201E"},
		{"2^0.5", two(Power, "2", "0.5"), "1.4142135623730950"},
		{"2^-2", two(Power, "2", "-2"), "0.2500000000000000"},
		{"0^-1", two(Power, "0", "-1"), "2201F"},
		{"inf-inf", two(Sub, "Infinity", "Infinity"), "NaN"},
		{"0*inf", two(Mul, "0", "Infinity"), "NaN"},
		{"ceil", one(Ceil, "-1.5"), "-1"},
		{"floor", one(Floor, "-1.5"), "-2"},
		{"round half away", fit("2.345", 10, 2), "2.35"},
		{"negative scale", fit("12345", 4, -2), "12300"},
		{"field overflow", fit("999.995", 5, 2), "22003"},
		{"gcd", two(GCD, "330.3", "462"), "0.3"},
		{"huge", two(Mul, "1e100000", "1e100000"), "22003"},
	} {
		d, err := c.f()
		got := String(d)
		if err != nil {
			got = string(pgerr.CodeOf(err))
		}
		if got != c.want {
			t.Errorf("%s = %s, want %s", c.name, got, c.want)
		}
	}
}

func TestInlinePathsDoNotAllocate(t *testing.T) {
	a, b := datum.NewNumeric(12345, 2), datum.NewNumeric(-678, 3)
	buf := make([]byte, 0, 64)
	var sum Sum
	for name, f := range map[string]func(){
		"add":    func() { _, _ = Add(a, b) },
		"sub":    func() { _, _ = Sub(a, b) },
		"mul":    func() { _, _ = Mul(a, b) },
		"div":    func() { _, _ = Div(a, b) },
		"mod":    func() { _, _ = Mod(a, b) },
		"round":  func() { _, _ = Round(a, 1) },
		"append": func() { buf = Append(buf[:0], a) },
		"parse":  func() { _, _ = Parse("-1234.50") },
		"sum":    func() { _ = sum.Add(a) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1.50", "-1e10", "NaN", "inf", ".5", "1e-16383", "0e5", "+1.e-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			return
		}
		text := String(d)
		if len(text) > 10_000 {
			return // reading is quadratic, and instrumented code too slow for the fuzzer's patience
		}
		if again := String(mustParse(t, text)); again != text {
			t.Fatalf("%q printed %q, then %q", s, text, again)
		}
	})
}
