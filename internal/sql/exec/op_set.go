package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/vec"
)

// setOpSpec is phys.SetOp: UNION, INTERSECT and EXCEPT.
type setOpSpec struct {
	nodeInfo
	kind        plan.SetOpKind
	all         bool
	left, right spec
	lords       []int
	rords       []int
}

func (s *setOpSpec) make(r *run) operator {
	return &setOp{spec: s, r: r, left: r.build(s.left), right: r.build(s.right)}
}

// setOp counts each distinct row on both sides and then emits each as often as
// the operation says, in the order of first appearance. When it cannot count more
// of them, other rows of both sides go to disk, partitioned, and each partition is
// done when the ones before have been emitted (see op_agg_spill.go).
type setOp struct {
	spec        *setOpSpec
	r           *run
	left, right operator
	space       *spill.Space
	seen        *agg.Grouper
	counts      [2][]int64
	later       [2]*rows.Partitions
	level       int
	queue       rows.Queue
	filled      bool
	ended       bool
	group       int
	repeat      int64
	list        []int32
	ids, away   []int32
	hashes      []uint64
	out         *vec.Batch
}

func (o *setOp) fill() error {
	o.filled = true
	o.space = o.r.space.Child()
	o.seen = agg.NewGrouper(o.spec.types, o.space.Memory())
	o.ids = make([]int32, vec.MaxRows)
	if err := o.count(0, o.left.next, o.spec.lords); err != nil {
		return err
	}
	return o.count(1, o.right.next, o.spec.rords)
}

// count counts the rows of one side; ords are their columns, nil for the columns
// as they are.
func (o *setOp) count(side int, next func() (*vec.Batch, error), ords []int) error {
	vecs := make([]*vec.Vec, len(o.spec.types))
	for {
		b, err := next()
		if b == nil || err != nil {
			return err
		}
		copy(vecs, b.Cols)
		for i, ord := range ords {
			vecs[i] = b.Cols[ord]
		}
		if o.later[0] != nil {
			err = o.countKnown(side, vecs, b)
		} else {
			err = o.countAll(side, vecs, b)
		}
		if err != nil {
			return err
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
}

func (o *setOp) countAll(side int, vecs []*vec.Vec, b *vec.Batch) error {
	if err := o.seen.Assign(vecs, b, o.ids); err != nil {
		return err
	}
	for s := range o.counts {
		for len(o.counts[s]) < o.seen.Len() {
			o.counts[s] = append(o.counts[s], 0)
		}
	}
	for _, id := range o.ids[:b.Len()] {
		o.counts[side][id]++
	}
	if o.level >= rows.PartitionLevels || !o.space.HashFull(o.seen.Held()+16*int64(o.seen.Len())) {
		return nil
	}
	for s := range o.later {
		var err error
		if o.later[s], err = rows.NewPartitions(o.spec.types, o.level, o.space); err != nil {
			return err
		}
	}
	return nil
}

// countKnown counts the rows that are known and writes the others to disk.
func (o *setOp) countKnown(side int, vecs []*vec.Vec, b *vec.Batch) error {
	o.seen.Lookup(vecs, b, o.ids)
	o.away, o.hashes = o.away[:0], o.hashes[:0]
	for i, id := range o.ids[:b.Len()] {
		if id >= 0 {
			o.counts[side][id]++
			continue
		}
		o.away, o.hashes = append(o.away, int32(b.Index(i))), append(o.hashes, o.seen.Hashes()[i])
	}
	return o.later[side].Add(vecs, o.away, o.hashes)
}

// advance counts the next partition, or notes that there is none.
func (o *setOp) advance() error {
	if o.later[0] != nil {
		later := o.later
		o.later = [2]*rows.Partitions{}
		if err := o.queue.Push(0, o.level+1, later[0], later[1]); err != nil {
			return err
		}
	}
	w, ok := o.queue.Pop()
	if !ok {
		o.ended = true
		return nil
	}
	o.seen.Reset()
	o.counts = [2][]int64{}
	o.group, o.repeat, o.level = 0, 0, w.Level
	if err := o.count(0, rows.NewRunReader(o.spec.types, w.Left).Next, nil); err != nil {
		return err
	}
	return o.count(1, rows.NewRunReader(o.spec.types, w.Right).Next, nil)
}

// times returns how often the operation's result has group g.
func (o *setOp) times(g int) int64 {
	l, r := o.counts[0][g], o.counts[1][g]
	n := int64(0)
	switch o.spec.kind {
	case plan.Union:
		n = l + r
	case plan.Intersect:
		n = min(l, r)
	case plan.Except:
		if n = l - r; !o.spec.all && r > 0 {
			n = 0
		}
	}
	if !o.spec.all {
		n = min(n, 1)
	}
	return max(n, 0)
}

func (o *setOp) next() (*vec.Batch, error) {
	if !o.filled {
		if err := o.fill(); err != nil {
			return nil, err
		}
	}
	o.list = o.list[:0]
	for !o.ended {
		for o.group < o.seen.Len() && len(o.list) < vec.MaxRows {
			if o.repeat >= o.times(o.group) {
				o.group, o.repeat = o.group+1, 0
				continue
			}
			o.list = append(o.list, int32(o.group))
			o.repeat++
		}
		if len(o.list) > 0 {
			break
		}
		if err := o.advance(); err != nil {
			return nil, err
		}
	}
	if len(o.list) == 0 {
		return nil, nil
	}
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, len(o.list))
	}
	gatherBatch(o.seen.Keys, o.out, o.list)
	return o.out, nil
}

func (o *setOp) rewind() error {
	o.free()
	if err := o.left.rewind(); err != nil {
		return err
	}
	return o.right.rewind()
}

func (o *setOp) free() {
	if o.seen != nil {
		o.seen.Reset()
		o.later[0].Close()
		o.later[1].Close()
		o.queue.Close()
		o.space.Memory().Close()
	}
	o.seen, o.later = nil, [2]*rows.Partitions{}
	o.filled, o.ended, o.group, o.repeat, o.level = false, false, 0, 0, 0
	o.counts = [2][]int64{}
}

func (o *setOp) close() {
	o.free()
	o.left.close()
	o.right.close()
}
