package spill

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/vec"
)

// headerBytes is the size of a block's header: the checksum of what follows, the
// length of what follows the header, the number of rows.
const headerBytes = 12

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Flags of a column in a block.
const (
	flagNulls = 0x80 // a bitmap of NULLs follows
	flagMixed = 0x40 // each value has its kind in front
	maskWidth = 0x0f // of integers: bytes for the distance from the least
)

// appendBlock appends a block of the rows in sel (nil: the first n).
func appendBlock(dst []byte, cols []*vec.Vec, sel []int32, n int) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, headerBytes)...)
	for _, v := range cols {
		dst = appendColumn(dst, v, sel, n)
	}
	block := dst[start:]
	binary.LittleEndian.PutUint32(block[4:], uint32(len(block)-headerBytes))
	binary.LittleEndian.PutUint32(block[8:], uint32(n))
	binary.LittleEndian.PutUint32(block, crc32.Checksum(block[4:], castagnoli))
	return dst
}

func physical(sel []int32, i int) int {
	if sel == nil {
		return i
	}
	return int(sel[i])
}

func appendColumn(dst []byte, v *vec.Vec, sel []int32, n int) []byte {
	flags := len(dst)
	dst = append(dst, 0)
	if v.Nulls.Any() {
		before := len(dst)
		dst = append(dst, make([]byte, (n+7)/8)...)
		any := false
		for i := range n {
			if v.Nulls.Get(physical(sel, i)) {
				dst[before+i>>3] |= 1 << (i & 7)
				any = true
			}
		}
		if any {
			dst[flags] |= flagNulls
		} else {
			dst = dst[:before]
		}
	}
	nulls := dst[flags]&flagNulls != 0
	switch v.Layout {
	case vec.I64:
		return appendInts(dst, flags, v, sel, n, nulls)
	case vec.F64:
		for i := range n {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Floats[physical(sel, i)]))
		}
		return dst
	}
	return appendData(dst, flags, v, sel, n, nulls)
}

// appendInts writes integers as their distance from the least, in as few bytes as
// the greatest distance needs. NULLs count as the least.
func appendInts(dst []byte, flags int, v *vec.Vec, sel []int32, n int, nulls bool) []byte {
	least, greatest, some := int64(0), int64(0), false
	for i := range n {
		r := physical(sel, i)
		if nulls && v.Nulls.Get(r) {
			continue
		}
		x := v.Ints[r]
		if !some {
			least, greatest, some = x, x, true
		}
		least, greatest = min(least, x), max(greatest, x)
	}
	width := intWidth(uint64(greatest) - uint64(least))
	dst[flags] |= byte(width)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(least))
	at := len(dst)
	dst = append(dst, make([]byte, n*width)...)
	out := dst[at:]
	for i := range n {
		r := physical(sel, i)
		d := uint64(v.Ints[r]) - uint64(least)
		if nulls && v.Nulls.Get(r) {
			d = 0
		}
		putInt(out, i, width, d)
	}
	return dst
}

func intWidth(span uint64) int {
	switch w := (bits.Len64(span) + 7) / 8; {
	case w <= 2:
		return w
	case w <= 4:
		return 4
	}
	return 8
}

func putInt(out []byte, i, width int, d uint64) {
	switch width {
	case 1:
		out[i] = byte(d)
	case 2:
		binary.LittleEndian.PutUint16(out[2*i:], uint16(d))
	case 4:
		binary.LittleEndian.PutUint32(out[4*i:], uint32(d))
	case 8:
		binary.LittleEndian.PutUint64(out[8*i:], d)
	}
}

func appendData(dst []byte, flags int, v *vec.Vec, sel []int32, n int, nulls bool) []byte {
	mixed := false
	for i := range n {
		r := physical(sel, i)
		if (!nulls || !v.Nulls.Get(r)) && v.Data[r].Kind() != v.Kind {
			mixed = true
			break
		}
	}
	if mixed {
		dst[flags] |= flagMixed
	}
	for i := range n {
		r := physical(sel, i)
		if nulls && v.Nulls.Get(r) {
			continue
		}
		if mixed {
			dst = append(dst, byte(v.Data[r].Kind()))
		}
		dst = rowenc.AppendItem(dst, v.Data[r])
	}
	return dst
}

// decoder reads blocks into batches.
type decoder struct {
	buf   []byte
	arena rowenc.Arena
}

// read decodes a checked block of n rows behind its header; ok is false for bytes
// that are no block.
func (d *decoder) read(b []byte, n int, out *vec.Batch) (ok bool) {
	for _, v := range out.Cols {
		if b, ok = d.column(b, v, n); !ok {
			return false
		}
	}
	out.Sel, out.Rows = nil, n
	return len(b) == 0
}

func (d *decoder) column(b []byte, v *vec.Vec, n int) (rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	flags := b[0]
	b = b[1:]
	v.Grow(n)
	v.Nulls.Clear()
	if flags&flagNulls != 0 {
		size := (n + 7) / 8
		if len(b) < size {
			return nil, false
		}
		for i := range size {
			if b[i] != 0 {
				v.Nulls.SetWord(i>>3, v.Nulls.Word(i>>3)|uint64(b[i])<<(8*(i&7)))
			}
		}
		b = b[size:]
	}
	switch v.Layout {
	case vec.I64:
		return readInts(b, v.Ints[:n], int(flags&maskWidth))
	case vec.F64:
		if len(b) < 8*n {
			return nil, false
		}
		for i := range v.Floats[:n] {
			v.Floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		return b[8*n:], true
	}
	return d.data(b, v, n, flags&flagMixed != 0)
}

func readInts(b []byte, out []int64, width int) (rest []byte, ok bool) {
	n := len(out)
	if len(b) < 8+n*width {
		return nil, false
	}
	least := int64(binary.LittleEndian.Uint64(b))
	b = b[8:]
	switch width {
	case 0:
		for i := range out {
			out[i] = least
		}
	case 1:
		for i := range out {
			out[i] = least + int64(b[i])
		}
	case 2:
		for i := range out {
			out[i] = least + int64(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case 4:
		for i := range out {
			out[i] = least + int64(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case 8:
		for i := range out {
			out[i] = least + int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
	default:
		return nil, false
	}
	return b[n*width:], true
}

func (d *decoder) data(b []byte, v *vec.Vec, n int, mixed bool) (rest []byte, ok bool) {
	var err error
	for i := range n {
		if v.Nulls.Get(i) {
			continue
		}
		kind := v.Kind
		if mixed {
			if len(b) == 0 {
				return nil, false
			}
			kind, b = datum.Kind(b[0]), b[1:]
		}
		if v.Data[i], b, err = rowenc.ReadItem(b, kind, &d.arena); err != nil {
			return nil, false
		}
	}
	return b, true
}
