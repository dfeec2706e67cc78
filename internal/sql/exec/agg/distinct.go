package agg

import (
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// distinct passes on each combination of group and arguments once, in no
// particular order. When memory is full, combinations not known by then go to
// disk, partitioned, and are looked at when the input has ended.
type distinct struct {
	Accumulator
	types  []types.T // group, arguments
	space  *spill.Space
	seen   *Grouper
	later  *rows.Partitions // nil while memory suffices
	level  int              // of later
	ids    []int32
	group  *vec.Vec
	cols   []*vec.Vec // group, then arguments
	sel    []int32
	groups []int32
	hashes []uint64
}

func newDistinct(call Call, inner Accumulator, space *spill.Space) *distinct {
	keys := append([]types.T{types.Of(types.Int8)}, call.Args...)
	return &distinct{
		Accumulator: inner, types: keys, space: space, seen: NewGrouper(keys, space.Memory()), group: vec.New(keys[0], vec.MaxRows),
		ids: make([]int32, vec.MaxRows), sel: make([]int32, vec.MaxRows), groups: make([]int32, vec.MaxRows),
		cols: make([]*vec.Vec, len(keys)),
	}
}

// Add implements Accumulator.
func (a *distinct) Add(c *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error {
	for i, n := 0, b.Len(); i < n; i++ {
		a.group.Ints[b.Index(i)] = int64(groupOf(groups, i))
	}
	a.cols[0] = a.group
	copy(a.cols[1:], args)
	return a.add(c, b)
}

// add takes the combinations of a batch in cols.
func (a *distinct) add(c *builtin.Context, b *vec.Batch) error {
	if a.later != nil {
		return a.postpone(b)
	}
	next := int32(a.seen.Len())
	if err := a.seen.Assign(a.cols, b, a.ids); err != nil {
		return err
	}
	sel, fresh := a.sel[:0], a.groups[:0]
	for i, n := 0, b.Len(); i < n; i++ {
		// A combination is new when its number is the next.
		if a.ids[i] == next {
			r := b.Index(i)
			sel, fresh = append(sel, int32(r)), append(fresh, int32(a.cols[0].Ints[r]))
			next++
		}
	}
	if len(sel) > 0 {
		if err := a.Accumulator.Add(c, a.cols[1:], &vec.Batch{Cols: b.Cols, Sel: sel, Rows: b.Rows}, fresh); err != nil {
			return err
		}
	}
	if a.level >= rows.PartitionLevels || !a.space.HashFull(a.seen.Held()) {
		return nil
	}
	var err error
	a.later, err = rows.NewPartitions(a.types, a.level, a.space)
	return err
}

// postpone writes the combinations that are not known to be repeats.
func (a *distinct) postpone(b *vec.Batch) error {
	a.seen.Lookup(a.cols, b, a.ids)
	sel, hashes := a.sel[:0], a.hashes[:0]
	for i, n := 0, b.Len(); i < n; i++ {
		if a.ids[i] < 0 {
			sel, hashes = append(sel, int32(b.Index(i))), append(hashes, a.seen.Hashes()[i])
		}
	}
	a.hashes = hashes
	if len(sel) == 0 {
		return nil
	}
	return a.later.Add(a.cols, sel, hashes)
}

// Finish implements Accumulator.
func (a *distinct) Finish(c *builtin.Context) error {
	if err := a.finish(c); err != nil {
		return err
	}
	return a.Accumulator.Finish(c)
}

// finish goes through what was postponed, partition by partition; what does not
// fit even then is partitioned again.
func (a *distinct) finish(c *builtin.Context) error {
	later := a.later
	if later == nil {
		return nil
	}
	defer later.Close()
	if err := later.Done(); err != nil {
		return err
	}
	a.later = nil
	a.level++
	for i := range later.Len() {
		a.seen.Reset()
		in := rows.NewRunReader(a.types, later.Run(i))
		for {
			b, err := in.Next()
			if err != nil {
				return err
			}
			if b == nil {
				break
			}
			copy(a.cols, b.Cols)
			if err := a.add(c, b); err != nil {
				return err
			}
			if err := a.space.Interrupted(); err != nil {
				return err
			}
		}
		if err := a.finish(c); err != nil {
			return err
		}
	}
	a.level--
	return nil
}

// Reset implements Accumulator.
func (a *distinct) Reset() {
	a.seen.Reset()
	a.later.Close()
	a.later, a.level = nil, 0
	a.Accumulator.Reset()
}
