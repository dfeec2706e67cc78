package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// distinctSpec is phys.Distinct: the first row of each combination of keys.
type distinctSpec struct {
	nodeInfo
	input    spec
	keys     []int
	keyTypes []types.T
}

func (s *distinctSpec) make(r *run) operator {
	return &distinctOp{spec: s, r: r, input: r.build(s.input)}
}

type distinctOp struct {
	spec  *distinctSpec
	r     *run
	input operator
	seen  *agg.Grouper
	ids   []int32
	vecs  []*vec.Vec
	sel   []int32
	out   vec.Batch
}

func (o *distinctOp) next() (*vec.Batch, error) {
	if o.seen == nil {
		o.seen = agg.NewGrouper(o.spec.keyTypes, o.r.account)
		o.ids, o.vecs = make([]int32, vec.MaxRows), make([]*vec.Vec, len(o.spec.keys))
	}
	for {
		b, err := o.input.next()
		if b == nil || err != nil {
			return nil, err
		}
		for i, ord := range o.spec.keys {
			o.vecs[i] = b.Cols[ord]
		}
		fresh := int32(o.seen.Len())
		if err := o.seen.Assign(o.vecs, b, o.ids); err != nil {
			return nil, err
		}
		o.sel = o.sel[:0]
		for i := 0; i < b.Len(); i++ {
			if o.ids[i] == fresh {
				o.sel = append(o.sel, int32(b.Index(i)))
				fresh++
			}
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

func (o *distinctOp) rewind() error {
	if o.seen != nil {
		o.seen.Reset()
	}
	return o.input.rewind()
}

func (o *distinctOp) close() {
	if o.seen != nil {
		o.seen.Reset()
	}
	o.input.close()
}

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
// the operation says, in the order of first appearance.
type setOp struct {
	spec        *setOpSpec
	r           *run
	left, right operator
	seen        *agg.Grouper
	counts      [2][]int64
	filled      bool
	group       int
	repeat      int64
	list        []int32
	out         *vec.Batch
}

func (o *setOp) fill() error {
	o.filled = true
	o.seen = agg.NewGrouper(o.spec.types, o.r.account)
	if err := o.count(0, o.left, o.spec.lords); err != nil {
		return err
	}
	return o.count(1, o.right, o.spec.rords)
}

func (o *setOp) count(side int, in operator, ords []int) error {
	ids, vecs := make([]int32, vec.MaxRows), make([]*vec.Vec, len(ords))
	for {
		b, err := in.next()
		if b == nil || err != nil {
			return err
		}
		for i, ord := range ords {
			vecs[i] = b.Cols[ord]
		}
		if err := o.seen.Assign(vecs, b, ids); err != nil {
			return err
		}
		for s := range o.counts {
			for len(o.counts[s]) < o.seen.Len() {
				o.counts[s] = append(o.counts[s], 0)
			}
		}
		for _, id := range ids[:b.Len()] {
			o.counts[side][id]++
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
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
	for o.group < o.seen.Len() && len(o.list) < vec.MaxRows {
		if o.repeat >= o.times(o.group) {
			o.group, o.repeat = o.group+1, 0
			continue
		}
		o.list = append(o.list, int32(o.group))
		o.repeat++
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
	}
	o.filled, o.group, o.repeat = false, 0, 0
	o.counts = [2][]int64{}
}

func (o *setOp) close() {
	o.free()
	o.left.close()
	o.right.close()
}
