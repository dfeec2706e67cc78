package rows

import "github.com/driftdb/driftdb/internal/sql/exec/spill"

// Queue holds partitions that wait to be gone through, those of the highest level
// first, so that few files exist at one time. It belongs to one goroutine; the
// zero Queue is empty.
type Queue struct {
	list []queued
	busy *shared // of the partition last popped
	disk int64
}

// Work is a partition: the rows of one side, or for joins and set operations of
// two; nil for no rows.
type Work struct {
	Tag         int // what Push was given
	Level       int // of the partitions that it may be split in
	Left, Right *spill.Run
}

type queued struct {
	Work
	of *shared
}

// shared are partitions of which some are still to be gone through.
type shared struct {
	left, right *Partitions
	count       int
}

// Push ends the input of partitions and takes them over, also when it fails. right
// may be nil.
func (q *Queue) Push(tag, level int, left, right *Partitions) error {
	s := &shared{left: left, right: right}
	for _, p := range []*Partitions{left, right} {
		if p == nil {
			continue
		}
		if err := p.Done(); err != nil {
			s.close()
			return err
		}
		q.disk += p.Disk()
	}
	for i := range left.Len() {
		w := Work{Tag: tag, Level: level, Left: left.Run(i)}
		if right != nil {
			w.Right = right.Run(i)
		}
		if w.Left != nil || w.Right != nil {
			q.list = append(q.list, queued{w, s})
			s.count++
		}
	}
	if s.count == 0 {
		s.close()
	}
	return nil
}

// Pop returns the next partition; the one popped before must not be used any more.
func (q *Queue) Pop() (w Work, ok bool) {
	if q.busy != nil {
		if q.busy.count--; q.busy.count == 0 {
			q.busy.close()
		}
		q.busy = nil
	}
	if len(q.list) == 0 {
		return Work{}, false
	}
	next := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	q.busy = next.of
	return next.Work, true
}

// Disk returns how many bytes all partitions pushed had.
func (q *Queue) Disk() int64 { return q.disk }

// Close removes all partitions.
func (q *Queue) Close() {
	for _, w := range q.list {
		w.of.close()
	}
	if q.busy != nil {
		q.busy.close()
	}
	*q = Queue{}
}

func (s *shared) close() {
	s.left.Close()
	s.right.Close()
}
