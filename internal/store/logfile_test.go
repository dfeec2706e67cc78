package store

import (
	"bytes"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A log that is written in pieces holds them in order, with zeros after them, and
// does not grow with each piece.
func TestZeroedLog(t *testing.T) {
	mem := vfs.NewMem()
	fs := zeroedLogs{mem}
	f, err := fs.Create("000002.log", vfs.WriteCategoryUnspecified)
	must(t, err)
	var want []byte
	sizes := map[int64]bool{}
	for i := range 200 {
		p := bytes.Repeat([]byte{byte(i + 1)}, 1+i*197%40_000)
		want = append(want, p...)
		n, err := f.Write(p)
		must(t, err)
		if n != len(p) {
			t.Fatalf("wrote %d of %d", n, len(p))
		}
		st, err := f.Stat()
		must(t, err)
		sizes[st.Size()] = true
	}
	must(t, f.Close())
	r, err := mem.Open("000002.log")
	must(t, err)
	got, err := io.ReadAll(r)
	must(t, err)
	must(t, r.Close())
	if !bytes.HasPrefix(got, want) || len(bytes.Trim(got[len(want):], "\x00")) != 0 {
		t.Fatal("the log does not hold what was written, then zeros")
	}
	if len(sizes) > len(want)/logAhead+1 {
		t.Fatalf("%d sizes for %d bytes", len(sizes), len(want))
	}
}

// Where there is no room for zeros the log is written without.
func TestZeroedLogWithoutRoom(t *testing.T) {
	f := &zeroedLog{File: noRoom{}}
	for range 3 {
		if n, err := f.Write([]byte("abc")); n != 3 || err != nil {
			t.Fatal(n, err)
		}
	}
	if f.size != 9 {
		t.Fatal(f.size)
	}
}

type noRoom struct{ vfs.File }

func (noRoom) Write(p []byte) (int, error)        { return len(p), nil }
func (noRoom) WriteAt([]byte, int64) (int, error) { return 0, io.ErrShortWrite }
