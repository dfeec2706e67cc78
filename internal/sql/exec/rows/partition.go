package rows

import (
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// PartitionBits is how many bits of a hash each level of partitioning looks at:
// 32 partitions a level. PartitionLevels is after how many it is given up; rows
// that are together then have equal hashes, or nearly.
const (
	PartitionBits   = 5
	PartitionLevels = 8
	partitions      = 1 << PartitionBits
)

// leastBlock and mostBlock bound the size of the blocks that a partition writes.
const leastBlock, mostBlock = 4 << 10, 64 << 10

// Partitions spreads rows over runs on disk by the hash of their keys, so that
// equal keys meet in one run; in each the rows keep their order. It belongs to
// one goroutine.
type Partitions struct {
	types []types.T
	file  *spill.File
	space *spill.Space
	level int
	parts [partitions]partition
	out   *vec.Batch
	block int64 // bytes of a block
	view  vec.Batch
}

type partition struct {
	pending *Buffer
	run     *spill.Run
	list    []int32
}

// NewPartitions returns empty partitions of level 0 and up; each level looks at
// other bits of the hash.
func NewPartitions(cols []types.T, level int, space *spill.Space) (*Partitions, error) {
	f, err := space.Files.Create()
	if err != nil {
		return nil, err
	}
	p := &Partitions{types: cols, file: f, space: space, level: level, block: mostBlock}
	if space.Hash > 0 {
		p.block = min(max(space.Hash/(4*partitions), leastBlock), mostBlock)
	}
	return p, nil
}

// Of returns the partition of a hash.
func (p *Partitions) Of(hash uint64) int { return PartitionOf(hash, p.level) }

// PartitionOf returns the partition of a hash at a level.
func PartitionOf(hash uint64, level int) int {
	return int(hash>>(64-PartitionBits*(level+1))) & (partitions - 1)
}

// Len returns the number of partitions.
func (p *Partitions) Len() int { return partitions }

// Add takes row numbers of a batch's vectors with the hashes of their keys.
func (p *Partitions) Add(cols []*vec.Vec, rows []int32, hashes []uint64) error {
	for i, r := range rows {
		part := &p.parts[p.Of(hashes[i])]
		part.list = append(part.list, r)
	}
	for i := range p.parts {
		part := &p.parts[i]
		if len(part.list) == 0 {
			continue
		}
		if part.pending == nil {
			part.pending, part.run = NewBuffer(p.types, p.space.Memory()), spill.NewRun(p.file)
		}
		p.view = vec.Batch{Cols: cols, Sel: part.list}
		if err := part.pending.AppendCols(cols, &p.view); err != nil {
			return err
		}
		part.list = part.list[:0]
		held := part.pending.Held()
		if held >= p.block || part.pending.Len() >= vec.MaxRows || held >= leastBlock && p.space.Memory().Tight() {
			if err := p.flush(part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Partitions) flush(part *partition) error {
	if p.out == nil {
		p.out = NewBatch(p.types, vec.MaxRows)
	}
	for at, all := 0, part.pending.Len(); at < all; at += vec.MaxRows {
		n := min(vec.MaxRows, all-at)
		for c, v := range p.out.Cols {
			part.pending.Copy(v, c, at, n)
		}
		if err := part.run.Append(p.out.Cols, nil, n); err != nil {
			return err
		}
	}
	part.pending.Clear()
	return nil
}

// Done ends the input: everything is written, and memory given back.
func (p *Partitions) Done() error {
	for i := range p.parts {
		part := &p.parts[i]
		if part.run == nil {
			continue
		}
		if err := p.flush(part); err != nil {
			return err
		}
		part.pending.Reset()
		part.run.Done()
		part.pending = nil
	}
	p.out = nil
	return p.file.Done()
}

// Run returns a partition's rows, nil when there are none.
func (p *Partitions) Run(i int) *spill.Run { return p.parts[i].run }

// Rows returns how many rows there are.
func (p *Partitions) Rows() int64 {
	n := int64(0)
	for i := range p.parts {
		if r := p.parts[i].run; r != nil {
			n += r.Rows()
			if b := p.parts[i].pending; b != nil {
				n += int64(b.Len())
			}
		}
	}
	return n
}

// Disk returns the bytes on disk.
func (p *Partitions) Disk() int64 { return p.file.Size() }

// Close removes the rows. It may be called twice, and of nil.
func (p *Partitions) Close() {
	if p == nil {
		return
	}
	for i := range p.parts {
		if b := p.parts[i].pending; b != nil {
			b.Reset()
		}
		p.parts[i] = partition{}
	}
	p.file.Close()
}

// RunReader gives a run's rows batch by batch. It belongs to one goroutine.
type RunReader struct {
	run  *spill.Run
	next int
	read *spill.Reader
	out  *vec.Batch
}

// NewRunReader returns a reader of a run with columns of these types; run may be
// nil, for no rows.
func NewRunReader(cols []types.T, run *spill.Run) *RunReader {
	return &RunReader{run: run, read: spill.NewReader(), out: NewBatch(cols, vec.MaxRows)}
}

// Next returns the next batch, nil at the end. It is valid until the next call.
func (r *RunReader) Next() (*vec.Batch, error) {
	if r.run == nil || r.next == r.run.Blocks() {
		return nil, nil
	}
	err := r.read.Read(r.run, r.next, r.out)
	r.next++
	return r.out, err
}

// Rewind starts again.
func (r *RunReader) Rewind() { r.next = 0 }
