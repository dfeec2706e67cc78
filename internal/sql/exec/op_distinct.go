package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/explain"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// distinctSpec is phys.Distinct: the first row of each combination of keys.
type distinctSpec struct {
	nodeInfo
	input    spec
	keys     []int
	keyTypes []types.T
	sorted   bool // equal rows are neighbours
}

func (s *distinctSpec) make(r *run) operator {
	in := r.build(s.input)
	if s.sorted {
		return &uniqueOp{spec: s, r: r, input: in, last: rows.NewBatch(s.keyTypes, 1)}
	}
	return &distinctOp{spec: s, r: r, input: in}
}

// uniqueOp drops rows that are like the one before.
type uniqueOp struct {
	spec  *distinctSpec
	r     *run
	input operator
	last  *vec.Batch // one row: the keys of the last one
	some  bool
	sel   []int32
	out   vec.Batch
}

func (o *uniqueOp) next() (*vec.Batch, error) {
	for {
		b, err := o.input.next()
		if b == nil || err != nil {
			return nil, err
		}
		o.sel = o.sel[:0]
		for i, n := 0, b.Len(); i < n; i++ {
			r := b.Index(i)
			if o.some && o.like(b, r) {
				continue
			}
			for k, ord := range o.spec.keys {
				o.last.Cols[k].Nulls.Clear()
				o.last.Cols[k].Set(0, b.Cols[ord].Get(r))
			}
			o.some = true
			o.sel = append(o.sel, int32(r))
		}
		if len(o.sel) > 0 {
			o.out = vec.Batch{Cols: b.Cols, Sel: o.sel, Rows: b.Rows}
			return &o.out, nil
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
	}
}

// like reports whether a row has the keys of the last one.
func (o *uniqueOp) like(b *vec.Batch, r int) bool {
	for k, ord := range o.spec.keys {
		if !rows.EqualVecs(b.Cols[ord], r, o.last.Cols[k], 0) {
			return false
		}
	}
	return true
}

func (o *uniqueOp) rewind() error { o.some = false; return o.input.rewind() }
func (o *uniqueOp) close()        { o.input.close() }

// distinctOp passes on rows with combinations it has not seen. When it cannot
// remember more of them, rows with others go to disk, partitioned, and each
// partition is gone through when the input has ended (see op_agg_spill.go).
type distinctOp struct {
	spec  *distinctSpec
	r     *run
	input operator
	space *spill.Space
	seen  *agg.Grouper
	later *rows.Partitions
	level int
	queue rows.Queue
	part  *rows.RunReader // the partition being read, nil for the input
	ended bool
	used  explain.Space

	ids    []int32
	vecs   []*vec.Vec
	sel    []int32
	away   []int32
	hashes []uint64
	out    vec.Batch
}

func (o *distinctOp) next() (*vec.Batch, error) {
	if o.seen == nil {
		o.space = o.r.space.Child()
		o.seen = agg.NewGrouper(o.spec.keyTypes, o.space.Memory())
		o.ids, o.vecs = make([]int32, vec.MaxRows), make([]*vec.Vec, len(o.spec.keys))
	}
	for !o.ended {
		b, err := o.read()
		if err != nil {
			return nil, err
		}
		if b == nil {
			if err := o.advance(); err != nil {
				return nil, err
			}
			continue
		}
		for i, ord := range o.spec.keys {
			o.vecs[i] = b.Cols[ord]
		}
		if err := o.pick(b); err != nil {
			return nil, err
		}
		if len(o.sel) > 0 {
			o.out = vec.Batch{Cols: b.Cols, Sel: o.sel, Rows: b.Rows}
			return &o.out, nil
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (o *distinctOp) read() (*vec.Batch, error) {
	if o.part != nil {
		return o.part.Next()
	}
	return o.input.next()
}

// pick sets sel to the rows that are new.
func (o *distinctOp) pick(b *vec.Batch) error {
	o.sel = o.sel[:0]
	if o.later != nil {
		return o.postpone(b)
	}
	fresh := int32(o.seen.Len())
	if err := o.seen.Assign(o.vecs, b, o.ids); err != nil {
		return err
	}
	for i, n := 0, b.Len(); i < n; i++ {
		if o.ids[i] == fresh {
			o.sel = append(o.sel, int32(b.Index(i)))
			fresh++
		}
	}
	if o.level >= rows.PartitionLevels || !o.space.HashFull(o.seen.Held()) {
		return nil
	}
	var err error
	o.later, err = rows.NewPartitions(o.spec.types, o.level, o.space)
	return err
}

// postpone writes the rows that may be new to disk.
func (o *distinctOp) postpone(b *vec.Batch) error {
	o.seen.Lookup(o.vecs, b, o.ids)
	o.away, o.hashes = o.away[:0], o.hashes[:0]
	for i, n := 0, b.Len(); i < n; i++ {
		if o.ids[i] < 0 {
			o.away, o.hashes = append(o.away, int32(b.Index(i))), append(o.hashes, o.seen.Hashes()[i])
		}
	}
	return o.later.Add(b.Cols, o.away, o.hashes)
}

// advance goes on to the next partition, or notes that there is none.
func (o *distinctOp) advance() error {
	if p := o.later; p != nil {
		o.later = nil
		if err := o.queue.Push(0, o.level+1, p, nil); err != nil {
			return err
		}
	}
	o.measure()
	o.seen.Reset()
	w, ok := o.queue.Pop()
	if !ok {
		o.ended = true
		return nil
	}
	o.part, o.level = rows.NewRunReader(o.spec.types, w.Left), w.Level
	return nil
}

// measure notes what was used, for EXPLAIN ANALYZE.
func (o *distinctOp) measure() {
	if o.r.stats == nil {
		return
	}
	o.used.Batches++
	o.used.Disk, o.used.Memory = o.queue.Disk(), max(o.used.Memory, o.space.Memory().Peak())
	o.r.stats[o.spec.id].space = o.used
}

func (o *distinctOp) rewind() error {
	o.free()
	return o.input.rewind()
}

func (o *distinctOp) free() {
	if o.seen == nil {
		return
	}
	o.seen.Reset()
	o.later.Close()
	o.queue.Close()
	o.space.Memory().Close()
	o.seen, o.later, o.part, o.level, o.ended, o.used = nil, nil, nil, 0, false, explain.Space{}
}

func (o *distinctOp) close() {
	o.free()
	o.input.close()
}
