package spill_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// kinds has values of every kind that is kept in a way of its own.
var kinds = []struct {
	oid    types.OID
	values []string
}{
	{types.Bool, []string{"t", "f"}},
	{types.Int4, []string{"0", "-5", "2147483647", "-2147483648"}},
	{types.Int8, []string{"9223372036854775807", "-9223372036854775808", "3"}},
	{types.Int2, []string{"7", "8", "7"}},
	{types.Timestamp, []string{"2024-01-01 10:00:00", "infinity", "-infinity", "1900-05-05"}},
	{types.Float8, []string{"1.5", "NaN", "-0", "Infinity", "1e300"}},
	{types.Text, []string{"", "x", "ä long one " + strings.Repeat("long ", 300)}},
	{types.BPChar, []string{"a  ", "a"}},
	{types.Numeric, []string{"1.50", "1.5", "NaN", "Infinity", "-123456789012345678901234567890.12345", "0.000"}},
	{types.Bytea, []string{`\x00ff`, `\x`}},
	{types.UUID, []string{"00112233-4455-6677-8899-aabbccddeeff"}},
	{types.Interval, []string{"1 mon 2 days 03:04:05", "-1 year"}},
	{types.TimeTZ, []string{"10:00:00+02", "23:59:59-05"}},
	{types.JSONB, []string{`{"a": [1, 2.50, null]}`, "1"}},
	{types.ArrayOf(types.Text), []string{`{a,NULL,"b c"}`, "{}", "[2:3]={x,y}"}},
	{types.ArrayOf(types.Numeric), []string{"{{1.10,2},{3,4}}"}},
}

func columns() []types.T {
	var list []types.T
	for _, k := range kinds {
		list = append(list, types.Of(k.oid))
	}
	return list
}

// batch makes n rows; selected leaves some out.
func batch(t *testing.T, rng *rand.Rand, n int, selected bool) *vec.Batch {
	b := &vec.Batch{Rows: n}
	for _, k := range kinds {
		v := vec.New(types.Of(k.oid), n)
		nulls := rng.IntN(3)
		for i := range n {
			if nulls > 0 && rng.IntN(4*nulls) == 0 {
				v.Nulls.Set(i)
				continue
			}
			d, err := pgfmt.ParseText(k.values[rng.IntN(len(k.values))], types.Of(k.oid), pgfmt.Default())
			if err != nil {
				t.Fatal(err)
			}
			v.Set(i, d)
		}
		b.Cols = append(b.Cols, v)
	}
	if selected {
		b.Sel = []int32{}
		for i := range n {
			if rng.IntN(2) == 0 {
				b.Sel = append(b.Sel, int32(i))
			}
		}
	}
	return b
}

func print(b *vec.Batch, i int) string {
	var out []string
	row := make([]datum.Datum, len(b.Cols))
	b.Row(i, row)
	for k, d := range row {
		text := "NULL"
		if !d.IsNull() {
			text = pgfmt.Text(types.Of(kinds[k].oid), d, pgfmt.Default())
		}
		out = append(out, text)
	}
	return strings.Join(out, "|")
}

func empty() *vec.Batch {
	b := &vec.Batch{}
	for _, t := range columns() {
		b.Cols = append(b.Cols, vec.New(t, 0))
	}
	return b
}

func area(t *testing.T, fs store.FS) *spill.Area {
	a, err := spill.NewArea(fs, "db", 0)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestRoundTrip writes blocks of every kind of value to several runs of one file
// and reads them back in any order, into batches used before.
func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	f, err := area(t, vfs.NewMem()).Session(1).Create()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	runs := []*spill.Run{spill.NewRun(f), spill.NewRun(f), spill.NewRun(f)}
	want := make([][][]string, len(runs))
	for n := range 60 {
		r := n % len(runs)
		b := batch(t, rng, []int{1, 63, 64, 65, 200, vec.MaxRows}[rng.IntN(6)], n%2 == 0)
		if err := runs[r].Append(b.Cols, b.Sel, b.Len()); err != nil {
			t.Fatal(err)
		}
		if b.Len() == 0 {
			continue
		}
		var rows []string
		for i := range b.Len() {
			rows = append(rows, print(b, i))
		}
		want[r] = append(want[r], rows)
	}
	out, read := empty(), spill.NewReader()
	for range 300 {
		r := rng.IntN(len(runs))
		i := rng.IntN(runs[r].Blocks())
		if err := read.Read(runs[r], i, out); err != nil {
			t.Fatal(err)
		}
		if out.Len() != len(want[r][i]) {
			t.Fatalf("%d rows, want %d", out.Len(), len(want[r][i]))
		}
		for k, w := range want[r][i] {
			if got := print(out, k); got != w {
				t.Fatalf("run %d, block %d, row %d:\n%s\nwant\n%s", r, i, k, got, w)
			}
		}
	}
	at := int64(0)
	for i := range want[0] {
		for k := range want[0][i] {
			if block, first := runs[0].Find(at); block != i || first != at-int64(k) {
				t.Fatalf("row %d is in block %d from %d, want %d from %d", at, block, first, i, at-int64(k))
			}
			at++
		}
	}
}

// TestDamage flips bits and cuts the file: reading gives XX001 with the file's
// name, never rows.
func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	fs := vfs.NewMem()
	for n := range 200 {
		s := area(t, fs).Session(int32(n))
		f, err := s.Create()
		if err != nil {
			t.Fatal(err)
		}
		r := spill.NewRun(f)
		b := batch(t, rng, 20, false)
		if err := errors.Join(r.Append(b.Cols, nil, 20), f.Done()); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("db/tmp/pgsql_tmp%d.0", n)
		raw, err := fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		at := rng.Int64N(r.Bytes())
		one := make([]byte, 1)
		_, err = raw.ReadAt(one, at)
		one[0] ^= 1 << rng.IntN(8)
		_, err2 := raw.WriteAt(one, at)
		if err := errors.Join(err, err2, raw.Close()); err != nil {
			t.Fatal(err)
		}
		err = spill.NewReader().Read(r, 0, empty())
		if pgerr.CodeOf(err) != pgcode.DataCorrupted || !strings.Contains(err.Error(), fmt.Sprintf("pgsql_tmp%d.0", n)) {
			t.Fatalf("bit of byte %d: %v", at, err)
		}
		f.Close()
	}
	if names, _ := fs.List("db/tmp"); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// TestStart removes what a crash left, and only that.
func TestStart(t *testing.T) {
	fs := vfs.NewMem()
	f, err := area(t, fs).Session(9).Create()
	if err != nil {
		t.Fatal(err)
	}
	b := batch(t, rand.New(rand.NewPCG(5, 6)), 100, false)
	if err := errors.Join(spill.NewRun(f).Append(b.Cols, nil, 100), f.Done()); err != nil {
		t.Fatal(err)
	}
	other, err := fs.Create("db/tmp/notes", vfs.WriteCategoryUnspecified)
	if err := errors.Join(err, other.Close()); err != nil {
		t.Fatal(err)
	}
	area(t, fs) // as after a crash: f was not closed
	if names, _ := fs.List("db/tmp"); len(names) != 1 || names[0] != "notes" {
		t.Errorf("left: %v", names)
	}
}

// TestLimits: temp_file_limit, and the space that must stay free.
func TestLimits(t *testing.T) {
	b := batch(t, rand.New(rand.NewPCG(5, 6)), vec.MaxRows, false)
	a := area(t, vfs.NewMem())
	s := a.Session(1)
	var logged []int64
	s.Log = func(_ string, size int64) { logged = append(logged, size) }
	s.SetLimit(1 << 20)
	var files []*spill.File
	var err error
	for range 100 { // the limit is on all files together
		f, e := s.Create()
		if e != nil {
			t.Fatal(e)
		}
		files = append(files, f)
		if err = spill.NewRun(f).Append(b.Cols, nil, vec.MaxRows); err != nil {
			break
		}
	}
	if pgerr.CodeOf(err) != pgcode.ConfigurationLimitExceeded || err.Error() != "temporary file size exceeds temp_file_limit (1024kB)" {
		t.Errorf("over the limit: %v", err)
	}
	if s.Used() > 1<<20 || s.Used() != a.Bytes() {
		t.Errorf("%d bytes used, %d of all", s.Used(), a.Bytes())
	}
	for _, f := range files {
		f.Close()
		f.Close()
	}
	if s.Used() != 0 || a.Bytes() != 0 || len(logged) != len(files) {
		t.Errorf("afterwards %d and %d bytes, %d files logged", s.Used(), a.Bytes(), len(logged))
	}

	full, err := spill.NewArea(nearlyFull{vfs.NewMem()}, "db", 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	f, err := full.Session(1).Create()
	for range 1000 {
		if err != nil {
			break
		}
		err = spill.NewRun(f).Append(b.Cols, nil, vec.MaxRows)
	}
	if pgerr.CodeOf(err) != pgcode.DiskFull || !strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
		t.Errorf("on a disk nearly full: %v", err)
	}
	f.Close()
}

// nearlyFull is a disk with a megabyte left.
type nearlyFull struct{ vfs.FS }

func (nearlyFull) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: 1 << 20}, nil
}
