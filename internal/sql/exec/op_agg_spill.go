package exec

import (
	"errors"

	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/vec"
)

// When the groups no longer fit in memory, those that are known go on as before,
// and the rows of others are written to disk, partitioned by the hash of their
// keys. When the groups in memory have been emitted, each partition is aggregated
// in the same way, with other bits of the hash. PostgreSQL has done it like this
// since version 13.

// errGroupsFull ends a parallel aggregation whose groups do not fit in memory.
var errGroupsFull = errors.New("the groups do not fit in memory")

// settle stops taking new groups when memory is full.
func (st *aggState) settle() error {
	if st.level >= rows.PartitionLevels || !st.space.HashFull(st.space.Memory().Used()) {
		return nil
	}
	for _, g := range st.sets {
		if g.groups == nil || g.later != nil || g.n == 0 {
			continue
		}
		if st.part {
			return errGroupsFull
		}
		var err error
		if g.later, err = rows.NewPartitions(st.spec.input.info().types, st.level, st.space); err != nil {
			return err
		}
	}
	return nil
}

// divert writes the rows of unknown groups to disk. It returns the others, whose
// groups are then in the set's ids.
func (st *aggState) divert(g *groupSet, b *vec.Batch) (*vec.Batch, error) {
	g.groups.Lookup(st.keys(g, b), b, g.ids)
	g.sel, g.away, g.hashes = g.sel[:0], g.away[:0], g.hashes[:0]
	for i, n := 0, b.Len(); i < n; i++ {
		r := int32(b.Index(i))
		if id := g.ids[i]; id >= 0 {
			g.ids[len(g.sel)] = id
			g.sel = append(g.sel, r)
			continue
		}
		g.away, g.hashes = append(g.away, r), append(g.hashes, g.groups.Hashes()[i])
	}
	if len(g.away) == 0 {
		return b, nil
	}
	if g.sel == nil {
		g.sel = []int32{} // nil would stand for all rows
	}
	g.known = vec.Batch{Cols: b.Cols, Sel: g.sel, Rows: b.Rows}
	return &g.known, g.later.Add(b.Cols, g.away, g.hashes)
}

// advance puts what the emitted groups left on disk in the queue and aggregates
// the next partition of it, or notes that there is none.
func (o *aggOp) advance() error {
	st := o.state
	for _, g := range st.sets {
		if p := g.later; p != nil {
			g.later = nil
			if err := o.queue.Push(g.tag, st.level+1, p, nil); err != nil {
				return err
			}
		}
	}
	o.measure(st)
	st.free()
	o.set, o.group = 0, 0
	w, ok := o.queue.Pop()
	if !ok {
		o.done = true
		return nil
	}
	next, err := newAggState(o.spec, o.r, w.Tag)
	if err != nil {
		return err
	}
	o.state, next.level = next, w.Level
	in := rows.NewRunReader(o.spec.input.info().types, w.Left)
	for {
		b, err := in.Next()
		if err != nil {
			return err
		}
		if b == nil {
			return next.finish()
		}
		if err := next.add(b); err != nil {
			return err
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
}

// measure notes what a state used, for EXPLAIN ANALYZE.
func (o *aggOp) measure(st *aggState) {
	if o.r.stats == nil || len(o.spec.keys) == 0 {
		return
	}
	o.used.Batches++
	o.used.Disk = o.queue.Disk()
	o.used.Memory = max(o.used.Memory, st.space.Memory().Peak())
	o.r.stats[o.spec.id].space = o.used
}
