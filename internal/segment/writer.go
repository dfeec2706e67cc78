package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
)

// blockRows is from how many versions on a block ends with its last key.
const blockRows = 4096

// unknownLayout is the error for a version whose layout the writer was not given:
// the table was altered after the moment its layouts were taken at.
type unknownLayout struct{ start store.Seq }

func (e *unknownLayout) Error() string {
	return fmt.Sprintf("a version that began with commit %d has a layout of later", e.start)
}

// writer writes a segment. Versions come by key, then start.
type writer struct {
	f       store.TempFile
	dir     directory
	known   []Layout
	layouts map[uint16]*writerLayout
	columns []*columnBuilder
	limit   int // blockRows, less in tests

	// Of the block under way.
	rows     int
	keys     keyBuilder
	starts   []int64
	ends     []int64
	layoutOf []int64

	tup   rowenc.Tuple
	arena rowenc.Arena
	buf   []byte // the block's bytes
	words []uint64
}

type writerLayout struct {
	*rowenc.Layout
	index   int
	cols    []rowenc.Column
	columns []int
}

func newWriter(f store.TempFile, dir directory, known []Layout, limit int) *writer {
	return &writer{f: f, dir: dir, known: known, layouts: map[uint16]*writerLayout{}, limit: limit}
}

// add appends a version.
func (w *writer) add(key, tuple []byte, start, end store.Seq) error {
	if w.rows >= w.limit && !bytes.Equal(key, w.keys.last) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	v, err := rowenc.VersionOf(tuple)
	if err != nil {
		return err
	}
	l := w.layouts[v]
	if l == nil {
		if l = w.layout(v); l == nil {
			return &unknownLayout{start}
		}
	}
	if err := l.Open(&w.tup, tuple); err != nil {
		return err
	}
	for i, c := range l.columns {
		if err := w.columns[c].add(&l.cols[i], &w.tup, &w.arena); err != nil {
			return err
		}
	}
	w.keys.add(key)
	w.starts = append(w.starts, int64(start))
	w.ends = append(w.ends, int64(min(end, w.dir.to)))
	w.layoutOf = append(w.layoutOf, int64(l.index))
	w.rows++
	if len(l.columns) < len(w.columns) {
		for _, c := range w.columns {
			for c.rows < w.rows {
				c.absent()
			}
		}
	}
	return nil
}

// layout prepares a layout when its first version comes, nil for one not known.
func (w *writer) layout(version uint16) *writerLayout {
	for i := range w.known {
		k := &w.known[i]
		if k.Version() != version {
			continue
		}
		l := &writerLayout{Layout: k.Layout, index: len(w.dir.layouts)}
		for at, col := range k.Columns {
			l.cols = append(l.cols, k.Layout.Column(at))
			l.columns = append(l.columns, w.column(col))
		}
		w.layouts[version] = l
		w.dir.layouts = append(w.dir.layouts, layoutInfo{version, l.columns})
		return l
	}
	return nil
}

func (w *writer) column(col Column) int {
	for i, c := range w.dir.columns {
		if c == col {
			return i
		}
	}
	b := newColumnBuilder(col)
	for b.rows < w.rows {
		b.absent()
	}
	w.dir.columns, w.columns = append(w.dir.columns, col), append(w.columns, b)
	return len(w.columns) - 1
}

// flush writes the block under way.
func (w *writer) flush() error {
	if w.rows == 0 {
		return nil
	}
	b := blockInfo{rows: w.rows, first: bytes.Clone(w.keys.first), layout: int(w.layoutOf[0])}
	for _, l := range w.layoutOf {
		if int(l) != b.layout {
			b.layout = -1
			break
		}
	}
	if n := len(w.dir.blocks); n > 0 {
		before := &w.dir.blocks[n-1]
		b.offset = before.offset + before.size()
	}
	w.buf = w.buf[:0]
	w.chunk(&b, w.keys.appendTo)
	w.chunk(&b, func(dst []byte) []byte { return appendInts(dst, w.layoutOf) })
	w.chunk(&b, func(dst []byte) []byte { return appendInts(dst, w.starts) })
	w.chunk(&b, func(dst []byte) []byte { return appendInts(dst, w.ends) })
	for part := range w.dir.cuts {
		w.chunk(&b, func(dst []byte) []byte { return w.alive(dst, part) })
	}
	for _, c := range w.columns {
		w.chunk(&b, func(dst []byte) []byte {
			if !c.some {
				return dst
			}
			return c.appendTo(dst)
		})
		z := zone{1, 0}
		if lo, hi, ok := c.zone(); ok {
			z = zone{lo, hi}
		}
		b.zones = append(b.zones, z)
		c.reset()
	}
	w.dir.versions += uint64(w.rows)
	w.dir.blocks = append(w.dir.blocks, b)
	w.rows = 0
	w.keys.reset()
	w.starts, w.ends, w.layoutOf = w.starts[:0], w.ends[:0], w.layoutOf[:0]
	_, err := w.f.Write(w.buf)
	return err
}

func (b *blockInfo) size() (n int64) {
	for _, l := range b.lens {
		n += int64(l)
	}
	return n
}

func (w *writer) chunk(b *blockInfo, write func(dst []byte) []byte) {
	from := len(w.buf)
	w.buf = write(w.buf)
	b.lens = append(b.lens, uint32(len(w.buf)-from))
	b.sums = append(b.sums, crc32.Checksum(w.buf[from:], castagnoli))
}

// alive appends the bitmaps of one part of the range: the versions alive in all of
// it, and, unless they are the same, those alive in some of it.
func (w *writer) alive(dst []byte, part int) []byte {
	from, end := int64(w.dir.cuts[part]), int64(w.dir.end(part))
	n := (w.rows + 63) / 64
	w.words = append(w.words[:0], make([]uint64, 2*n)...)
	all, some := w.words[:n], w.words[n:]
	exact := true
	for i, start := range w.starts {
		bit := uint64(1) << (i & 63)
		if start < end && w.ends[i] > from {
			some[i>>6] |= bit
			if start <= from && w.ends[i] >= end {
				all[i>>6] |= bit
			} else {
				exact = false
			}
		}
	}
	list := w.words
	dst = append(dst, 0)
	if exact {
		dst[len(dst)-1], list = 1, all
	}
	for _, x := range list {
		dst = binary.LittleEndian.AppendUint64(dst, x)
	}
	return dst
}

// finish writes the rest and returns the segment's directory and the file's size.
func (w *writer) finish() (*directory, int64, error) {
	if err := w.flush(); err != nil {
		return nil, 0, err
	}
	at := int64(0)
	for i := range w.dir.blocks {
		b := &w.dir.blocks[i]
		for len(b.lens) < w.dir.chunkCount() { // columns that came later
			b.lens, b.sums = append(b.lens, 0), append(b.sums, 0)
			b.zones = append(b.zones, zone{1, 0})
		}
		at += b.size()
	}
	w.buf = w.dir.append(w.buf[:0])
	n := len(w.buf)
	sum := crc32.Checksum(w.buf, castagnoli)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, uint64(at))
	w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(n))
	w.buf = binary.LittleEndian.AppendUint32(w.buf, sum)
	w.buf = append(w.buf, magic...)
	_, err := w.f.Write(w.buf)
	return &w.dir, at + int64(len(w.buf)), err
}

// keyBuilder collects the keys of a block: a bit for each version that has another
// key than the one before, and the keys, each without what it shares with the one
// before.
type keyBuilder struct {
	rows  int
	some  bool
	first []byte
	last  []byte
	marks []byte
	data  []byte
}

func (k *keyBuilder) reset() {
	k.rows, k.some = 0, false
	k.marks, k.data = k.marks[:0], k.data[:0]
}

func (k *keyBuilder) add(key []byte) {
	if k.rows&7 == 0 {
		k.marks = append(k.marks, 0)
	}
	if !k.some || !bytes.Equal(key, k.last) {
		shared := 0
		if k.some {
			for shared < min(len(key), len(k.last)) && key[shared] == k.last[shared] {
				shared++
			}
		} else {
			k.first = append(k.first[:0], key...)
			k.some = true
		}
		k.marks[k.rows>>3] |= 1 << (k.rows & 7)
		k.data = binary.AppendUvarint(k.data, uint64(shared))
		k.data = binary.AppendUvarint(k.data, uint64(len(key)-shared))
		k.data = append(k.data, key[shared:]...)
		k.last = append(k.last[:0], key...)
	}
	k.rows++
}

func (k *keyBuilder) appendTo(dst []byte) []byte {
	dst = append(dst, k.marks...)
	return append(dst, k.data...)
}

// keyList are the keys of a block, opened for reading: version i has the key
// data[ends[of[i]-1]:ends[of[i]]].
type keyList struct {
	of   []int32
	ends []int32
	data []byte
}

func (k *keyList) open(b []byte, n int) error {
	marks := (n + 7) / 8
	if len(b) < marks {
		return errShort
	}
	in := &input{b: b[marks:]}
	k.of, k.ends, k.data = k.of[:0], k.ends[:0], k.data[:0]
	from := 0 // where the last key begins
	for i := range n {
		if b[i>>3]&(1<<(i&7)) != 0 {
			shared := in.uvarint()
			rest := in.bytes(in.uvarint())
			if in.bad || shared > uint64(len(k.data)-from) {
				return errShort
			}
			begin := len(k.data)
			k.data = append(k.data, k.data[from:from+int(shared)]...)
			k.data = append(k.data, rest...)
			k.ends = append(k.ends, int32(len(k.data)))
			from = begin
		} else if i == 0 {
			return errShort
		}
		k.of = append(k.of, int32(len(k.ends)-1))
	}
	return nil
}

// at returns the key of version i; it is valid until the next open.
func (k *keyList) at(i int32) []byte {
	n := k.of[i]
	from := int32(0)
	if n > 0 {
		from = k.ends[n-1]
	}
	return k.data[from:k.ends[n]]
}
