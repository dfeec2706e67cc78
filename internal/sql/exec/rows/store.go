package rows

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Store keeps rows in the order they came, to be read again by number: in memory
// while its space allows, then on disk. It belongs to one goroutine.
type Store struct {
	types []types.T
	space *spill.Space
	tail  *Buffer // the rows that are not on disk: the last ones
	file  *spill.File
	run   *spill.Run
	read  *spill.Reader
	out   *vec.Batch // to write from
	err   error      // of Get
	cache [2]cached
	last  int // the cached block used last
	peak  int64
}

// cached is a block of the run in memory.
type cached struct {
	block int // -1: none
	first int64
	batch *vec.Batch
}

// NewStore returns an empty store for rows of these types.
func NewStore(cols []types.T, space *spill.Space) *Store {
	return &Store{types: cols, space: space, tail: NewBuffer(cols, space.Memory())}
}

// Types returns the types of the columns.
func (s *Store) Types() []types.T { return s.types }

// Len returns the number of rows.
func (s *Store) Len() int { return s.onDisk() + s.tail.Len() }

func (s *Store) onDisk() int {
	if s.run == nil {
		return 0
	}
	return int(s.run.Rows())
}

// Tail returns the rows that are in memory when all are, nil otherwise.
func (s *Store) Tail() *Buffer {
	if s.run != nil {
		return nil
	}
	return s.tail
}

// Disk returns the bytes on disk, Memory the most there were in memory.
func (s *Store) Disk() int64 {
	if s.file == nil {
		return 0
	}
	return s.file.Size()
}

// Memory returns the most bytes that were in memory.
func (s *Store) Memory() int64 { return max(s.peak, s.tail.Held()) }

// Append takes the rows of a batch.
func (s *Store) Append(b *vec.Batch) error { return s.AppendCols(b.Cols, b) }

// AppendCols takes cols for the rows that exist in in.
func (s *Store) AppendCols(cols []*vec.Vec, in *vec.Batch) error {
	if err := s.tail.AppendCols(cols, in); err != nil {
		return err
	}
	return s.settle()
}

// AppendRow takes one row.
func (s *Store) AppendRow(row []datum.Datum) error {
	if err := s.tail.AppendRow(row); err != nil {
		return err
	}
	if s.tail.Len()%64 != 0 {
		return nil
	}
	return s.settle()
}

// settle writes the tail when memory does not suffice.
func (s *Store) settle() error {
	if !s.space.Full(s.tail.Held()) {
		return nil
	}
	s.peak = max(s.peak, s.tail.Held())
	if s.file == nil {
		f, err := s.space.Files.Create()
		if err != nil {
			return err
		}
		s.file, s.run, s.read = f, spill.NewRun(f), spill.NewReader()
		s.cache = [2]cached{{block: -1}, {block: -1}}
	}
	if s.out == nil {
		s.out = NewBatch(s.types, vec.MaxRows)
	}
	size := s.blockRows()
	for at := 0; at < s.tail.Len(); at += size {
		n := min(size, s.tail.Len()-at)
		for c, v := range s.out.Cols {
			s.tail.Copy(v, c, at, n)
		}
		if err := s.run.Append(s.out.Cols, nil, n); err != nil {
			return err
		}
	}
	s.tail.Clear()
	return nil
}

// blockRows is how many rows of the tail make a block of sensible size.
func (s *Store) blockRows() int {
	row := max(s.tail.Held()/int64(max(s.tail.Len(), 1)), 8)
	return int(min(max(s.space.BlockBytes(4)/row, 16), vec.MaxRows))
}

// Read fills out with rows from number at on, at most vec.MaxRows, and returns how
// many; 0 at the end. Reading one after the other does no work twice.
func (s *Store) Read(at int, out *vec.Batch) (int, error) {
	disk := s.onDisk()
	if at >= disk {
		n := max(min(s.tail.Len()-(at-disk), vec.MaxRows), 0)
		for c, v := range out.Cols {
			s.tail.Copy(v, c, at-disk, n)
		}
		out.Sel, out.Rows = nil, n
		return n, nil
	}
	block, first := s.run.Find(int64(at))
	skip := at - int(first)
	if skip == 0 {
		err := s.read.Read(s.run, block, out)
		return out.Rows, err
	}
	c, err := s.load(block, first)
	if err != nil {
		return 0, err
	}
	n := c.batch.Rows - skip
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(skip + i)
	}
	for i, v := range out.Cols {
		CopyVec(v, c.batch.Cols[i], list, n)
	}
	out.Sel, out.Rows = nil, n
	return n, nil
}

// load returns a block of the run through the cache.
func (s *Store) load(block int, first int64) (*cached, error) {
	for i := range s.cache {
		if s.cache[i].block == block {
			s.last = i
			return &s.cache[i], nil
		}
	}
	s.last = 1 - s.last
	c := &s.cache[s.last]
	if c.batch == nil {
		c.batch = NewBatch(s.types, vec.MaxRows)
	}
	c.block, c.first = -1, first
	if err := s.read.Read(s.run, block, c.batch); err != nil {
		return nil, err
	}
	c.block = block
	return c, nil
}

// find returns where a row is: a batch and its row there, or no batch for a row of
// the tail. An error is kept for Err.
func (s *Store) find(row int) (*vec.Batch, int) {
	disk := s.onDisk()
	if row >= disk {
		return nil, row - disk
	}
	if c := &s.cache[s.last]; c.block >= 0 && int64(row) >= c.first && int64(row) < c.first+int64(c.batch.Rows) {
		return c.batch, row - int(c.first)
	}
	block, first := s.run.Find(int64(row))
	c, err := s.load(block, first)
	if err != nil {
		s.err = err
		return nil, -1
	}
	return c.batch, row - int(first)
}

// Get returns one value. After an error of the disk it returns NULL, and Err the
// error.
func (s *Store) Get(row, col int) datum.Datum {
	if s.run == nil {
		return s.tail.Get(row, col)
	}
	b, r := s.find(row)
	switch {
	case b != nil:
		return b.Cols[col].Get(r)
	case r < 0:
		return datum.Datum{}
	}
	return s.tail.Get(r, col)
}

// Row gathers a row into dst, with Get's way of errors.
func (s *Store) Row(row int, dst []datum.Datum) {
	for col := range dst {
		dst[col] = s.Get(row, col)
	}
}

// Compare orders rows x and y by the keys, with Get's way of errors.
func (s *Store) Compare(keys []Key, x, y int) int {
	if s.run == nil {
		return s.tail.Compare(keys, x, y)
	}
	for i := range keys {
		k := &keys[i]
		if c := CompareKey(k, s.Get(x, k.Col), s.Get(y, k.Col)); c != 0 {
			return c
		}
	}
	return 0
}

// Gather copies the listed rows of column col into the first entries of v, with
// Get's way of errors. A negative row number gives NULL.
func (s *Store) Gather(v *vec.Vec, col int, list []int32) {
	if s.run == nil {
		s.tail.Gather(v, col, list)
		return
	}
	v.Grow(len(list))
	v.Nulls.Clear()
	for i, r := range list {
		if r < 0 {
			v.Nulls.Set(i)
			continue
		}
		v.Set(i, s.Get(int(r), col))
	}
}

// Err returns the first error that Get and its kin have met.
func (s *Store) Err() error { return s.err }

// Reset drops all rows.
func (s *Store) Reset() {
	s.tail.Reset()
	s.file.Close()
	s.file, s.run, s.read, s.out, s.cache, s.err = nil, nil, nil, nil, [2]cached{}, nil
}
