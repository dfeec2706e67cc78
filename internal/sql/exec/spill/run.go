package spill

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/driftdb/driftdb/internal/vec"
)

// Run is a list of blocks of rows in a file that may hold other runs too. It
// belongs to one goroutine.
type Run struct {
	file   *File
	blocks []blockRef
	rows   int64
	buf    []byte
}

// blockRef says where a block is.
type blockRef struct {
	at    int64
	first int64 // number of its first row
	size  int32
}

// NewRun returns an empty run in a file.
func NewRun(f *File) *Run { return &Run{file: f} }

// Append writes the rows in sel (nil: the first n), at most vec.MaxRows, as one
// block.
func (r *Run) Append(cols []*vec.Vec, sel []int32, n int) error {
	if n == 0 {
		return nil
	}
	r.buf = appendBlock(r.buf[:0], cols, sel, n)
	at, err := r.file.append(r.buf)
	if err != nil {
		return err
	}
	r.blocks = append(r.blocks, blockRef{at: at, first: r.rows, size: int32(len(r.buf))})
	r.rows += int64(n)
	return nil
}

// Done says that the run will not grow, so that it needs no memory for that.
func (r *Run) Done() { r.buf = nil }

// Rows returns the number of rows, Blocks that of blocks.
func (r *Run) Rows() int64 { return r.rows }

// Blocks returns the number of blocks.
func (r *Run) Blocks() int { return len(r.blocks) }

// Bytes returns the size of the blocks on disk.
func (r *Run) Bytes() int64 {
	n := int64(0)
	for i := range r.blocks {
		n += int64(r.blocks[i].size)
	}
	return n
}

// Find returns the block that holds a row and the number of that block's first.
func (r *Run) Find(row int64) (block int, first int64) {
	i, found := slices.BinarySearchFunc(r.blocks, row, func(b blockRef, row int64) int {
		switch {
		case b.first < row:
			return -1
		case b.first > row:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	return i, r.blocks[i].first
}

// Reader reads blocks of runs into batches of the types they were written from. It belongs to one
// goroutine; values it gave stay valid.
type Reader struct{ dec decoder }

// NewReader returns a reader.
func NewReader() *Reader { return &Reader{} }

// Read reads a block of a run into a batch, whose vectors may be reused.
func (d *Reader) Read(r *Run, block int, out *vec.Batch) error {
	ref := &r.blocks[block]
	if cap(d.dec.buf) < int(ref.size) {
		d.dec.buf = make([]byte, int(ref.size)+int(ref.size)/4)
	}
	b := d.dec.buf[:ref.size]
	if err := r.file.readAt(b, ref.at); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(b) != crc32.Checksum(b[4:], castagnoli) {
		return r.file.damaged(ref.at, "the checksum does not match")
	}
	next := r.rows
	if block+1 < len(r.blocks) {
		next = r.blocks[block+1].first
	}
	n := int(binary.LittleEndian.Uint32(b[8:]))
	if int64(n) != next-ref.first || n > vec.MaxRows || int(binary.LittleEndian.Uint32(b[4:])) != len(b)-headerBytes {
		return r.file.damaged(ref.at, "it holds another block")
	}
	if !d.dec.read(b[headerBytes:], n, out) {
		return r.file.damaged(ref.at, "the rows cannot be read")
	}
	return nil
}
