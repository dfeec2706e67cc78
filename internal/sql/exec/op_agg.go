package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/explain"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// aggSpec is phys.Agg. Its rows are the keys, the carried columns, the
// aggregates and the GROUPING calls.
type aggSpec struct {
	nodeInfo
	input      spec
	keys       []int // ordinals of the input
	keyTypes   []types.T
	carry      []int
	carryTypes []types.T
	sets       [][]int // indexes of keys; one set of all keys without GROUPING SETS
	calls      []aggCall
	groupings  [][]int // indexes of keys
	having     expr.Node
	havingSlot int
	parallel   bool // the input may be split in parts (see parallel.go)
}

// aggCall is one compiled aggregate.
type aggCall struct {
	call   agg.Call
	args   []expr.Node // arguments, then ORDER BY's
	filter expr.Node
	slot   int
}

func (s *aggSpec) make(r *run) operator {
	o := &aggOp{spec: s, r: r}
	if !s.parallel || r.part != nil {
		o.input = r.build(s.input)
	}
	return o
}

type aggOp struct {
	spec   *aggSpec
	r      *run
	input  operator
	state  *aggState
	queue  rows.Queue // partitions to aggregate when state has been emitted, by set
	used   explain.Space
	filled bool
	done   bool
	set    int // the grouping set whose groups are being emitted
	group  int
	out    *vec.Batch
	final  vec.Batch
}

// aggState are the groups of all grouping sets.
type aggState struct {
	spec  *aggSpec
	r     *run
	space *spill.Space
	sets  []*groupSet
	level int  // of partitioning, of the rows it is given
	part  bool // of a parallel aggregation, which does not spill

	args    [][]*vec.Vec
	batches []*vec.Batch // the input as each call sees it, after FILTER
	views   []vec.Batch
	picked  []int32
	both    vec.Batch

	pickedSel []int32
}

// groupSet are the groups of one grouping set.
type groupSet struct {
	tag    int   // index in the spec's sets
	keys   []int // indexes of the spec's keys
	groups *agg.Grouper
	carry  *rows.Buffer
	accs   []agg.Accumulator
	ids    []int32
	vecs   []*vec.Vec
	n      int
	later  *rows.Partitions // rows of groups that there was no memory for; nil without
	sel    []int32          // of known groups, when there is later
	away   []int32          // and of others
	hashes []uint64         // of those
	known  vec.Batch
}

// newAggState returns a state without groups of one grouping set, all when tag is
// negative.
func newAggState(s *aggSpec, r *run, tag int) (*aggState, error) {
	space := r.space.Child()
	st := &aggState{
		spec: s, r: r, space: space, args: make([][]*vec.Vec, len(s.calls)),
		batches: make([]*vec.Batch, len(s.calls)), views: make([]vec.Batch, len(s.calls)),
	}
	for i := range s.calls {
		st.args[i] = make([]*vec.Vec, len(s.calls[i].args))
	}
	for i, set := range s.sets {
		if tag >= 0 && i != tag {
			continue
		}
		g := &groupSet{tag: i, keys: set}
		var keyTypes []types.T
		for _, k := range set {
			keyTypes = append(keyTypes, s.keyTypes[k])
		}
		if len(set) > 0 {
			g.groups = agg.NewGrouper(keyTypes, space.Memory())
			g.ids = make([]int32, vec.MaxRows)
			g.vecs = make([]*vec.Vec, len(set))
		}
		if len(s.carry) > 0 {
			g.carry = rows.NewBuffer(s.carryTypes, space.Memory())
		}
		for i := range s.calls {
			acc, err := agg.New(s.calls[i].call, space)
			if err != nil {
				return nil, err
			}
			g.accs = append(g.accs, acc)
		}
		st.sets = append(st.sets, g)
	}
	return st, nil
}

// add takes in a batch of the input.
func (st *aggState) add(b *vec.Batch) error {
	if g := st.sets[0]; len(st.sets) == 1 && g.later != nil {
		// What goes to disk is not evaluated now.
		known, err := st.divert(g, b)
		if err != nil || known.Len() == 0 {
			return err
		}
		b = known
	}
	for i := range st.spec.calls {
		if err := st.evaluate(i, b); err != nil {
			return err
		}
	}
	for _, g := range st.sets {
		if err := st.addSet(g, b); err != nil {
			return err
		}
	}
	return st.settle()
}

// evaluate computes one call's filter and arguments.
func (st *aggState) evaluate(i int, b *vec.Batch) error {
	call := &st.spec.calls[i]
	st.batches[i] = b
	if call.filter != nil {
		sel, err := expr.Filter(st.r.ctx, call.filter, call.slot, b, b.Sel)
		if err != nil {
			return err
		}
		st.views[i] = vec.Batch{Cols: b.Cols, Sel: sel, Rows: b.Rows}
		st.batches[i] = &st.views[i]
		if len(sel) == 0 {
			return nil
		}
	}
	for k, a := range call.args {
		v, err := a.Vec(st.r.ctx, b, st.batches[i].Sel)
		if err != nil {
			return err
		}
		st.args[i][k] = v
	}
	return nil
}

func (st *aggState) addSet(g *groupSet, b *vec.Batch) error {
	ids, known := []int32(nil), b
	switch {
	case g.groups == nil:
		if err := g.grow(1, st.spec, b); err != nil {
			return err
		}
	case g.later == nil:
		if err := g.groups.Assign(st.keys(g, b), b, g.ids); err != nil {
			return err
		}
		ids = g.ids[:b.Len()]
		if err := g.grow(g.groups.Len(), st.spec, b); err != nil {
			return err
		}
	default:
		// With one set the batch has known groups only already.
		if len(st.sets) > 1 {
			var err error
			if known, err = st.divert(g, b); err != nil {
				return err
			}
		}
		ids = g.ids[:known.Len()]
	}
	for i, acc := range g.accs {
		in, of := st.batches[i], ids
		if ids != nil && (in != b || known != b) {
			in, of = st.pick(ids, known, in)
		}
		if in.Len() == 0 {
			continue
		}
		if err := acc.Add(st.r.env.B, st.args[i], in, of); err != nil {
			return err
		}
	}
	return nil
}

// keys returns a set's key columns of a batch.
func (st *aggState) keys(g *groupSet, b *vec.Batch) []*vec.Vec {
	for i, k := range g.keys {
		g.vecs[i] = b.Cols[st.spec.keys[k]]
	}
	return g.vecs
}

// pick returns the rows that are in both batches, and their groups, given those of
// the first one's rows.
func (st *aggState) pick(ids []int32, b, in *vec.Batch) (*vec.Batch, []int32) {
	st.picked, st.pickedSel = st.picked[:0], st.pickedSel[:0]
	n := b.Len()
	for i, k := 0, 0; i < in.Len() && k < n; i++ {
		r := in.Index(i)
		for k < n && b.Index(k) < r {
			k++
		}
		if k < n && b.Index(k) == r {
			st.picked, st.pickedSel = append(st.picked, ids[k]), append(st.pickedSel, int32(r))
		}
	}
	if st.pickedSel == nil {
		st.pickedSel = []int32{} // nil would stand for all rows
	}
	st.both = vec.Batch{Cols: in.Cols, Sel: st.pickedSel, Rows: in.Rows}
	return &st.both, st.picked
}

// grow makes room for groups up to n; the carried columns of new ones come from
// their first row.
func (g *groupSet) grow(n int, s *aggSpec, b *vec.Batch) error {
	if n == g.n {
		return nil
	}
	if g.carry != nil && b != nil {
		if err := g.carryFirst(s, b); err != nil {
			return err
		}
	}
	g.n = n
	for _, acc := range g.accs {
		if err := acc.Grow(n); err != nil {
			return err
		}
	}
	return nil
}

func (g *groupSet) carryFirst(s *aggSpec, b *vec.Batch) error {
	row := make([]datum.Datum, len(s.carry))
	next := int32(g.n)
	for i := 0; i < b.Len(); i++ {
		if g.ids != nil && g.ids[i] != next || g.ids == nil && next > 0 {
			continue
		}
		for k, ord := range s.carry {
			row[k] = b.Cols[ord].Get(b.Index(i))
		}
		if err := g.carry.AppendRow(row); err != nil {
			return err
		}
		next++
	}
	return nil
}

// finish ends the input. A set without keys has its one group even if there was
// no row.
func (st *aggState) finish() error {
	for _, g := range st.sets {
		if g.groups == nil && g.n == 0 {
			if err := g.grow(1, st.spec, nil); err != nil {
				return err
			}
			if g.carry != nil {
				if err := g.carry.AppendRow(make([]datum.Datum, g.carry.Width())); err != nil {
					return err
				}
			}
		}
		for _, acc := range g.accs {
			if err := acc.Finish(st.r.env.B); err != nil {
				return err
			}
		}
	}
	return nil
}

// row computes one group's result row.
func (st *aggState) row(g *groupSet, group int, set func(col int, d datum.Datum)) error {
	col := len(st.spec.keys)
	for i, k := range g.keys {
		set(k, g.groups.Keys.Get(group, i))
	}
	for k := range st.spec.keys {
		if !contains(g.keys, k) {
			set(k, datum.Datum{})
		}
	}
	for k := range st.spec.carry {
		set(col+k, g.carry.Get(group, k))
	}
	col += len(st.spec.carry)
	for i, acc := range g.accs {
		d, err := acc.Result(st.r.env.B, group)
		if err != nil {
			return err
		}
		set(col+i, d)
	}
	col += len(g.accs)
	for i, args := range st.spec.groupings {
		mask := int64(0)
		for _, k := range args {
			mask <<= 1
			if !contains(g.keys, k) {
				mask |= 1
			}
		}
		set(col+i, datum.NewInt(mask))
	}
	return nil
}

func contains(list []int, x int) bool {
	for _, v := range list {
		if v == x {
			return true
		}
	}
	return false
}

func (st *aggState) free() {
	for _, g := range st.sets {
		if g.groups != nil {
			g.groups.Reset()
		}
		if g.carry != nil {
			g.carry.Reset()
		}
		for _, acc := range g.accs {
			acc.Reset()
		}
		g.later.Close()
	}
	st.space.Memory().Close()
}

func (o *aggOp) fill() error {
	o.filled = true
	if o.input == nil {
		st, err := o.spec.runParallel(o.r)
		if err != nil {
			return err
		}
		if st != nil {
			o.state = st
			return st.finish()
		}
		o.input = o.r.build(o.spec.input)
	}
	st, err := newAggState(o.spec, o.r, -1)
	if err != nil {
		return err
	}
	o.state = st
	if err := drainInto(o.r, o.input, st); err != nil {
		return err
	}
	return st.finish()
}

func drainInto(r *run, input operator, st *aggState) error {
	for {
		b, err := input.next()
		if b == nil || err != nil {
			return err
		}
		if err := st.add(b); err != nil {
			return err
		}
		if err := r.interrupted(); err != nil {
			return err
		}
	}
}

func (o *aggOp) next() (*vec.Batch, error) {
	if !o.filled {
		if err := o.fill(); err != nil {
			return nil, err
		}
	}
	for {
		b, err := o.emit()
		if b == nil || err != nil {
			return nil, err
		}
		ok, err := keep(o.r.ctx, o.spec.having, o.spec.havingSlot, b, &o.final)
		if err != nil {
			return nil, err
		}
		if ok {
			return &o.final, nil
		}
	}
}

func (o *aggOp) emit() (*vec.Batch, error) {
	for !o.done && (o.set == len(o.state.sets) || o.group >= o.state.sets[o.set].n) {
		if o.set < len(o.state.sets) {
			o.set, o.group = o.set+1, 0
			continue
		}
		if err := o.advance(); err != nil {
			return nil, err
		}
	}
	if o.done {
		return nil, o.r.interrupted()
	}
	g := o.state.sets[o.set]
	n := min(g.n-o.group, vec.MaxRows)
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, n)
	}
	clearBatch(o.out, n)
	for i := 0; i < n; i++ {
		err := o.state.row(g, o.group+i, func(col int, d datum.Datum) { o.out.Cols[col].Set(i, d) })
		if err != nil {
			return nil, err
		}
	}
	o.group += n
	o.out.Rows = n
	return o.out, nil
}

func (o *aggOp) rewind() error {
	o.free()
	o.filled, o.done, o.set, o.group = false, false, 0, 0
	if o.input == nil {
		return nil
	}
	return o.input.rewind()
}

func (o *aggOp) free() {
	if o.state != nil {
		o.state.free()
		o.state = nil
	}
	o.queue.Close()
}

func (o *aggOp) close() {
	o.free()
	if o.input != nil {
		o.input.close()
	}
}
