package copyfmt

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

func readAll(t *testing.T, src io.Reader, o Options) ([][]Field, error) {
	t.Helper()
	r := NewReader(src, o)
	var rows [][]Field
	for {
		fields, err := r.Next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, append([]Field(nil), fields...))
	}
}

func show(rows [][]Field) string {
	var b strings.Builder
	for _, row := range rows {
		for i, f := range row {
			if i > 0 {
				b.WriteByte('|')
			}
			if f.Null {
				b.WriteString("NULL")
			} else {
				b.WriteString(strings.ReplaceAll(f.Text, "\n", "<nl>"))
			}
		}
		b.WriteByte(';')
	}
	return b.String()
}

func TestReader(t *testing.T) {
	semicolon := CSV()
	semicolon.Delimiter = ';'
	forceNull := CSV()
	forceNull.ForceNull = []bool{true}
	header := CSV()
	header.Header = true
	for _, c := range []struct {
		in   string
		opts Options
		want string
	}{
		{"1\ta\n2\t\\N\n", Text(), "1|a;2|NULL;"},
		{"1\ta\r\n2\tb\r\n", Text(), "1|a;2|b;"},
		{"a\\tb\tc\\\\\n", Text(), "a\tb|c\\;"},
		{"\\101\\x42\n", Text(), "AB;"},
		{"a\\\nb\n", Text(), "a<nl>b;"},
		{"x\n\\.\nafter\n", Text(), "x;"},
		{"no newline", Text(), "no newline;"},
		{"\n", Text(), ";"},
		{"a,\"b,\"\"c\"\"\",\n", CSV(), "a|b,\"c\"|NULL;"},
		{"\"\",x\n", CSV(), "|x;"},
		{"\"\",x\n", forceNull, "NULL|x;"},
		{"\"two\nlines\",1\n", CSV(), "two<nl>lines|1;"},
		{"a;b\n", semicolon, "a|b;"},
		{"h1,h2\n1,2\n", header, "1|2;"},
	} {
		for _, src := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			rows, err := readAll(t, src, c.opts)
			if err != nil {
				t.Errorf("%q: %v", c.in, err)
			} else if got := show(rows); got != c.want {
				t.Errorf("%q: got %q, want %q", c.in, got, c.want)
			}
		}
	}
}

func TestReaderErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a\nb\rc\n", "literal carriage return found in data"},
		{"a\xff\n", `invalid byte sequence for encoding "UTF8": 0xff`},
		{"a\x00\n", `invalid byte sequence for encoding "UTF8": 0x00`},
	} {
		if _, err := readAll(t, strings.NewReader(c.in), Text()); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.in, err, c.want)
		}
	}
	if _, err := readAll(t, strings.NewReader("\"open"), CSV()); err == nil || err.Error() != "unterminated CSV quoted field" {
		t.Errorf("open quote: %v", err)
	}
}

// What is written reads back the same, in both formats and however the input
// is cut.
func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "\\", "\n", "\r", "\t", ",", "\"", "N", ".", "", "ü", "\\N"}
	for _, o := range []Options{Text(), CSV()} {
		for range 2000 {
			fields := make([][]byte, 1+rng.IntN(4))
			nulls := make([]bool, len(fields))
			for i := range fields {
				nulls[i] = rng.IntN(5) == 0
				for range rng.IntN(5) {
					fields[i] = append(fields[i], alphabet[rng.IntN(len(alphabet))]...)
				}
			}
			line := string(AppendRow(nil, &o, fields, nulls))
			rows, err := readAll(t, iotest.HalfReader(strings.NewReader(line)), o)
			if err != nil || len(rows) != 1 || len(rows[0]) != len(fields) {
				t.Fatalf("%q: %v, %v", line, rows, err)
			}
			for i, f := range rows[0] {
				if f.Null != nulls[i] || !f.Null && f.Text != string(fields[i]) {
					t.Fatalf("%q: field %d is %+v, want %q null %v", line, i, f, fields[i], nulls[i])
				}
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add("1\t2\n\\N\t\\x41\n", false)
	f.Add("a,\"b\"\"\n\",c\r\n", true)
	f.Fuzz(func(t *testing.T, in string, csv bool) {
		o := Text()
		if csv {
			o = CSV()
		}
		whole, err1 := readAll(t, strings.NewReader(in), o)
		cut, err2 := readAll(t, iotest.OneByteReader(strings.NewReader(in)), o)
		if (err1 == nil) != (err2 == nil) || err1 == nil && show(whole) != show(cut) {
			t.Fatalf("%q read whole: %q %v, byte by byte: %q %v", in, show(whole), err1, show(cut), err2)
		}
	})
}
