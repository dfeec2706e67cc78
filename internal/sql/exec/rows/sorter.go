package rows

import (
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Sorter sorts any number of rows: in memory while its space allows, otherwise by
// an external merge sort (Knuth, The Art of Computer Programming 3, 5.4): sorted
// runs of what fits in memory, merged as many at a time as have room for a block
// each. Equal rows come out as they went in, either way. It belongs to one
// goroutine.
//
// Rows go in by Add; after Finish they come out by Next.
type Sorter struct {
	types   []types.T
	keys    []Key
	space   *spill.Space
	limit   int64 // how many rows are wanted; -1: all
	kept    *Buffer
	beside  mem.Holder // for order and pairs, and the blocks of a merge
	order   []int32
	pairs   []sortPair
	pruned  bool
	file    *spill.File
	runs    []*spill.Run
	block   int // rows per block
	ways    int // runs merged at a time
	scratch *vec.Batch
	merge   *merger
	stats   SortStats
}

// SortStats says how a Sorter worked.
type SortStats struct {
	TopN   bool  // rows that could not be among the first were dropped
	Runs   int   // sorted runs on disk; 0: in memory
	Disk   int64 // bytes on disk
	Memory int64 // most bytes in memory
}

// NewSorter returns a sorter that gives the first limit rows, all when it is
// negative.
func NewSorter(cols []types.T, keys []Key, limit int64, space *spill.Space) *Sorter {
	return &Sorter{types: cols, keys: keys, space: space, limit: limit, kept: NewBuffer(cols, space.Memory()), beside: mem.Holder{Account: space.Memory()}}
}

// Add takes the rows of a batch.
func (s *Sorter) Add(b *vec.Batch) error { return s.AddCols(b.Cols, b) }

// AddCols takes cols for the rows that exist in in.
func (s *Sorter) AddCols(cols []*vec.Vec, in *vec.Batch) error {
	if err := s.kept.AppendCols(cols, in); err != nil {
		return err
	}
	if s.limit >= 0 && int64(s.kept.Len()) > 2*s.limit+4*vec.MaxRows {
		if err := s.prune(); err != nil {
			return err
		}
	}
	if !s.space.Full(s.held()) {
		return nil
	}
	if s.limit >= 0 && int64(s.kept.Len()) > 2*s.limit {
		if err := s.prune(); err != nil || !s.space.Full(s.held()) {
			return err
		}
	}
	return s.spill()
}

// held is what the rows and sorting them take.
func (s *Sorter) held() int64 { return s.kept.Held() + int64(s.kept.Len())*sortPairBytes }

// sort returns the kept rows' numbers in order.
func (s *Sorter) sort() ([]int32, error) {
	n := s.kept.Len()
	if err := s.beside.Set(int64(n) * sortPairBytes); err != nil {
		return nil, err
	}
	s.stats.Memory = max(s.stats.Memory, s.held())
	if cap(s.order) < n {
		s.order = make([]int32, n)
	}
	s.order = s.order[:n]
	for i := range s.order {
		s.order[i] = int32(i)
	}
	s.pairs = s.kept.sortRows(s.keys, s.order, s.pairs)
	return s.order, nil
}

// prune keeps the first limit rows in key order. A stable sort later leaves equal
// ones as they came.
func (s *Sorter) prune() error {
	s.pruned = true
	order, err := s.sort()
	if err != nil {
		return err
	}
	next := NewBuffer(s.types, s.space.Memory())
	batch := s.batch()
	for order = order[:s.limit]; len(order) > 0; {
		n := min(len(order), vec.MaxRows)
		s.kept.gatherBatch(batch, order[:n])
		if err := next.Append(batch); err != nil {
			next.Reset()
			return err
		}
		order = order[n:]
	}
	s.kept.Reset()
	s.kept = next
	return nil
}

func (s *Sorter) batch() *vec.Batch {
	if s.scratch == nil {
		s.scratch = NewBatch(s.types, vec.MaxRows)
	}
	return s.scratch
}

func (b *Buffer) gatherBatch(to *vec.Batch, list []int32) {
	for c, v := range to.Cols {
		b.Gather(v, c, list)
	}
	to.Sel, to.Rows = nil, len(list)
}

// leastWays and mostWays bound how many runs are merged at a time.
const leastWays, mostWays = 6, 500

// spill writes the kept rows as a sorted run.
func (s *Sorter) spill() error {
	order, err := s.sort()
	if err != nil {
		return err
	}
	if s.file == nil {
		if s.file, err = s.space.Files.Create(); err != nil {
			return err
		}
		row := max(s.kept.Held()/int64(s.kept.Len()), 8)
		s.block = int(min(max(s.space.BlockBytes(2*leastWays)/row, 16), vec.MaxRows))
		s.ways = int(min(max(s.space.Work/(row*int64(s.block)+256), leastWays), mostWays))
	}
	if s.limit >= 0 && int64(len(order)) > s.limit {
		order = order[:s.limit]
	}
	run := spill.NewRun(s.file)
	batch := s.batch()
	for len(order) > 0 {
		n := min(len(order), s.block)
		s.kept.gatherBatch(batch, order[:n])
		if err := run.Append(batch.Cols, nil, n); err != nil {
			return err
		}
		order = order[n:]
	}
	run.Done()
	s.runs = append(s.runs, run)
	s.stats.Runs++
	s.kept.Clear()
	return s.beside.Set(0)
}

// Finish ends the input.
func (s *Sorter) Finish() error {
	if s.file == nil {
		order, err := s.sort()
		if err != nil {
			return err
		}
		if s.limit >= 0 && int64(len(order)) > s.limit {
			order, s.pruned = order[:s.limit], true
		}
		s.order, s.pairs = order, nil
		return nil
	}
	if s.kept.Len() > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.kept.Reset()
	s.order, s.pairs = nil, nil
	s.stats.Disk = s.file.Size()
	for len(s.runs) > s.ways {
		if err := s.pass(); err != nil {
			return err
		}
	}
	if err := s.file.Done(); err != nil {
		return err
	}
	m, err := s.newMerger(s.runs)
	s.merge = m
	return err
}

// pass merges neighbouring runs into longer ones in another file: as many as it
// takes for the rest to be merged at once.
func (s *Sorter) pass() error {
	next, err := s.space.Files.Create()
	if err != nil {
		return err
	}
	if err := s.file.Done(); err != nil {
		next.Close()
		return err
	}
	var runs []*spill.Run
	for from := 0; from < len(s.runs); from += s.ways {
		group := s.runs[from:min(from+s.ways, len(s.runs))]
		run, err := s.mergeInto(next, group)
		if err != nil {
			next.Close()
			return err
		}
		runs = append(runs, run)
	}
	s.stats.Disk = max(s.stats.Disk, s.file.Size()+next.Size())
	s.file.Close()
	s.file, s.runs = next, runs
	return nil
}

func (s *Sorter) mergeInto(f *spill.File, group []*spill.Run) (*spill.Run, error) {
	m, err := s.newMerger(group)
	if err != nil {
		return nil, err
	}
	run := spill.NewRun(f)
	batch := s.batch()
	for s.limit < 0 || run.Rows() < s.limit {
		n, err := m.next(batch, s.block)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		if err := run.Append(batch.Cols, nil, n); err != nil {
			return nil, err
		}
		if err := s.space.Interrupted(); err != nil {
			return nil, err
		}
	}
	run.Done()
	return run, nil
}

// Next fills out with the next rows, at most vec.MaxRows, and returns how many.
func (s *Sorter) Next(out *vec.Batch) (int, error) {
	n := vec.MaxRows
	if s.merge != nil {
		if s.limit >= 0 {
			n = int(min(int64(n), s.limit))
		}
		n, err := s.merge.next(out, n)
		if s.limit >= 0 {
			s.limit -= int64(n)
		}
		return n, err
	}
	n = min(n, len(s.order))
	s.kept.gatherBatch(out, s.order[:n])
	s.order = s.order[n:]
	return n, nil
}

// Stats tells how it went; call it after Finish.
func (s *Sorter) Stats() SortStats {
	s.stats.TopN = s.pruned && s.stats.Runs == 0
	return s.stats
}

// Close frees everything. It may be called twice, and of nil.
func (s *Sorter) Close() {
	if s == nil {
		return
	}
	s.kept.Reset()
	s.beside.Release()
	s.file.Close()
	s.order, s.pairs, s.runs, s.merge, s.file = nil, nil, nil, nil, nil
}
