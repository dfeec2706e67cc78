package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	magic       = "DRIFTSEG"
	formatOne   = 1
	footerBytes = 8 + 4 + 4 + len(magic) // offset, length and checksum of the directory
)

// Chunks of a block that come before its columns. The one for each part of the
// range follows them, then the columns.
const (
	chunkKeys = iota
	chunkLayouts
	chunkStarts
	chunkEnds
	chunkAlive
)

// directory is what a segment says of itself and where its chunks are. It is
// immutable once made.
type directory struct {
	id       store.StorageID
	from, to store.Seq // the range, to excluded
	changes  uint64    // about how many changes of the storage lie in the range
	anchor   anchor
	cuts     []store.Seq // where the parts of the range begin; the first is from
	columns  []Column
	layouts  []layoutInfo
	versions uint64
	blocks   []blockInfo
}

// anchor identifies the last commit of the range.
type anchor struct {
	time store.Time
	root store.Hash
}

// layoutInfo is a tuple layout that versions of the segment were written with.
type layoutInfo struct {
	version uint16
	columns []int // of each column of the layout, its place among the columns
}

// blockInfo is one block. Chunk i has lens[i] bytes and the checksum sums[i]; a
// column that no row has takes none.
type blockInfo struct {
	rows   int
	first  []byte // the first key
	offset int64
	layout int // of all rows; -1: it differs
	lens   []uint32
	sums   []uint32
	zones  []zone // by column; nil: none is known
}

// zone is the least and the greatest value of an integer column in a block; of one
// without any value lo is above hi.
type zone struct{ lo, hi int64 }

var noZone = zone{math.MinInt64, math.MaxInt64}

// part returns which part of the range a commit is in.
func (d *directory) part(seq store.Seq) int {
	i := len(d.cuts) - 1
	for i > 0 && d.cuts[i] > seq {
		i--
	}
	return i
}

// end returns the end of a part.
func (d *directory) end(part int) store.Seq {
	if part+1 < len(d.cuts) {
		return d.cuts[part+1]
	}
	return d.to
}

func (d *directory) chunkCount() int { return chunkAlive + len(d.cuts) + len(d.columns) }

// column returns the chunk of a column.
func (d *directory) column(i int) int { return chunkAlive + len(d.cuts) + i }

func (d *directory) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, formatOne)
	dst = binary.AppendUvarint(dst, uint64(d.id))
	dst = binary.AppendUvarint(dst, uint64(d.from))
	dst = binary.AppendUvarint(dst, uint64(d.to))
	dst = binary.AppendUvarint(dst, d.changes)
	dst = binary.AppendVarint(dst, int64(d.anchor.time))
	dst = append(dst, d.anchor.root[:]...)
	dst = binary.AppendUvarint(dst, d.versions)
	dst = binary.AppendUvarint(dst, uint64(len(d.cuts)))
	for _, c := range d.cuts {
		dst = binary.AppendUvarint(dst, uint64(c-d.from))
	}
	dst = binary.AppendUvarint(dst, uint64(len(d.columns)))
	for _, c := range d.columns {
		dst = binary.AppendUvarint(dst, uint64(c.Attnum))
		dst = binary.AppendUvarint(dst, uint64(c.Type))
	}
	dst = binary.AppendUvarint(dst, uint64(len(d.layouts)))
	for _, l := range d.layouts {
		dst = binary.AppendUvarint(dst, uint64(l.version))
		dst = binary.AppendUvarint(dst, uint64(len(l.columns)))
		for _, c := range l.columns {
			dst = binary.AppendUvarint(dst, uint64(c))
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(d.blocks)))
	for i := range d.blocks {
		dst = d.blocks[i].append(dst, d)
	}
	return dst
}

func (b *blockInfo) append(dst []byte, d *directory) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.rows))
	dst = binary.AppendUvarint(dst, uint64(b.layout+1))
	dst = binary.AppendUvarint(dst, uint64(len(b.first)))
	dst = append(dst, b.first...)
	for i := range b.lens {
		dst = binary.AppendUvarint(dst, uint64(b.lens[i]))
		dst = binary.LittleEndian.AppendUint32(dst, b.sums[i])
	}
	for i, c := range d.columns {
		if zoned(c) {
			dst = binary.AppendVarint(dst, b.zones[i].lo)
			dst = binary.AppendVarint(dst, b.zones[i].hi)
		}
	}
	return dst
}

func zoned(c Column) bool { return vec.LayoutOf(datum.KindOf(c.Type)) == vec.I64 }

// input reads a directory; once something is missing it gives zeros.
type input struct {
	b   []byte
	bad bool
}

func (in *input) uvarint() uint64 {
	v, n := binary.Uvarint(in.b)
	if n <= 0 {
		in.b, in.bad = nil, true
		return 0
	}
	in.b = in.b[n:]
	return v
}

func (in *input) varint() int64 {
	v, n := binary.Varint(in.b)
	if n <= 0 {
		in.b, in.bad = nil, true
		return 0
	}
	in.b = in.b[n:]
	return v
}

func (in *input) bytes(n uint64) []byte {
	if n > uint64(len(in.b)) {
		in.b, in.bad = nil, true
		return nil
	}
	out := in.b[:n:n]
	in.b = in.b[n:]
	return out
}

// count reads how many things follow, each of which takes a byte at least.
func (in *input) count() int {
	n := in.uvarint()
	if n > uint64(len(in.b)) {
		in.b, in.bad = nil, true
		return 0
	}
	return int(n)
}

// readDirectory decodes a directory whose checksum was right. size is where the
// chunks end. The directory shares the memory of b.
func readDirectory(b []byte, size int64) (*directory, error) {
	in := &input{b: b}
	if v := in.uvarint(); v != formatOne {
		return nil, fmt.Errorf("%w: format %d", ErrDamaged, v)
	}
	d := &directory{id: store.StorageID(in.uvarint()), from: store.Seq(in.uvarint()), to: store.Seq(in.uvarint()), changes: in.uvarint()}
	d.anchor.time = store.Time(in.varint())
	copy(d.anchor.root[:], in.bytes(uint64(len(d.anchor.root))))
	d.versions = in.uvarint()
	d.cuts = make([]store.Seq, in.count())
	for i := range d.cuts {
		d.cuts[i] = d.from + store.Seq(in.uvarint())
		in.bad = in.bad || i > 0 && d.cuts[i] <= d.cuts[i-1] || d.cuts[i] >= d.to
	}
	d.columns = make([]Column, in.count())
	for i := range d.columns {
		d.columns[i] = Column{int16(in.uvarint()), types.OID(in.uvarint())}
	}
	d.layouts = make([]layoutInfo, in.count())
	for i := range d.layouts {
		l := layoutInfo{version: uint16(in.uvarint()), columns: make([]int, in.count())}
		for k := range l.columns {
			l.columns[k] = int(in.uvarint())
			in.bad = in.bad || l.columns[k] >= len(d.columns)
		}
		d.layouts[i] = l
	}
	if in.bad || len(d.cuts) == 0 || d.cuts[0] != d.from {
		return nil, errShort
	}
	d.blocks = make([]blockInfo, in.count())
	at := int64(0)
	for i := range d.blocks {
		at = d.blocks[i].read(in, d, at)
	}
	if in.bad || len(in.b) > 0 || at != size {
		return nil, errShort
	}
	return d, nil
}

// read decodes a block that begins at an offset and returns where it ends.
func (b *blockInfo) read(in *input, d *directory, at int64) int64 {
	b.offset = at
	b.rows = int(in.uvarint())
	b.layout = int(in.uvarint()) - 1
	b.first = in.bytes(in.uvarint())
	n := d.chunkCount()
	b.lens, b.sums = make([]uint32, n), make([]uint32, n)
	for i := range b.lens {
		b.lens[i] = uint32(in.uvarint())
		at += int64(b.lens[i])
		if sum := in.bytes(4); sum != nil {
			b.sums[i] = binary.LittleEndian.Uint32(sum)
		}
	}
	b.zones = make([]zone, len(d.columns))
	for i, c := range d.columns {
		b.zones[i] = noZone
		if zoned(c) {
			b.zones[i] = zone{in.varint(), in.varint()}
		}
	}
	if b.layout >= len(d.layouts) || b.rows < 0 || b.rows > math.MaxInt32 {
		in.bad = true
	}
	return at
}

// memory is about what a directory takes in memory.
func (d *directory) memory() int64 {
	return int64(len(d.blocks)) * int64(96+8*d.chunkCount()+16*len(d.columns))
}

// rowLayout returns the layout of a version for decoding tuples.
func (d *directory) rowLayout(l *layoutInfo) *rowenc.Layout {
	list := make([]types.T, len(l.columns))
	for i, c := range l.columns {
		list[i] = types.Of(d.columns[c].Type)
	}
	return rowenc.NewLayout(l.version, list)
}
