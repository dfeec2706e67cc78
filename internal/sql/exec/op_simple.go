package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/vec"
)

// resultSpec is phys.Result.
type resultSpec struct {
	nodeInfo
	cond expr.Node // nil: true
}

func (s *resultSpec) make(r *run) operator { return &resultOp{spec: s, r: r} }

type resultOp struct {
	spec *resultSpec
	r    *run
	done bool
}

func (o *resultOp) next() (*vec.Batch, error) {
	if o.done {
		return nil, nil
	}
	o.done = true
	if o.spec.cond != nil {
		if ok, err := expr.True(o.r.ctx, o.spec.cond, nil); !ok || err != nil {
			return nil, err
		}
	}
	return &vec.Batch{Rows: 1}, nil
}

func (o *resultOp) rewind() error { o.done = false; return nil }
func (o *resultOp) close()        {}

// valuesSpec is phys.Values.
type valuesSpec struct {
	nodeInfo
	rows [][]expr.Node
}

func (s *valuesSpec) make(r *run) operator { return &valuesOp{spec: s, r: r} }

type valuesOp struct {
	spec *valuesSpec
	r    *run
	at   int
	out  *vec.Batch
}

func (o *valuesOp) next() (*vec.Batch, error) {
	n := min(len(o.spec.rows)-o.at, vec.MaxRows)
	if n <= 0 {
		return nil, nil
	}
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, n)
	}
	clearBatch(o.out, n)
	for i := 0; i < n; i++ {
		for c, node := range o.spec.rows[o.at+i] {
			d, err := node.Row(o.r.ctx, nil)
			if err != nil {
				return nil, err
			}
			o.out.Cols[c].Set(i, d)
		}
	}
	o.at += n
	o.out.Rows = n
	return o.out, nil
}

func (o *valuesOp) rewind() error { o.at = 0; return nil }
func (o *valuesOp) close()        {}

// clearBatch makes a batch of the operator's own ready for n rows.
func clearBatch(b *vec.Batch, n int) {
	for _, v := range b.Cols {
		v.Grow(n)
		v.Nulls.Clear()
	}
	b.Sel, b.Rows = nil, 0
}

// filterSpec is phys.Filter.
type filterSpec struct {
	nodeInfo
	input spec
	cond  expr.Node
	slot  int
}

func (s *filterSpec) make(r *run) operator {
	return &filterOp{spec: s, r: r, input: r.build(s.input)}
}

type filterOp struct {
	spec  *filterSpec
	r     *run
	input operator
	out   vec.Batch
}

func (o *filterOp) next() (*vec.Batch, error) {
	for {
		b, err := o.input.next()
		if b == nil || err != nil {
			return nil, err
		}
		ok, err := keep(o.r.ctx, o.spec.cond, o.spec.slot, b, &o.out)
		if err != nil {
			return nil, err
		}
		if ok {
			return &o.out, nil
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
	}
}

func (o *filterOp) rewind() error { return o.input.rewind() }
func (o *filterOp) close()        { o.input.close() }

// keep stores in out the rows of b for which cond is true; ok is false when
// there is none. A nil cond keeps all.
func keep(c *expr.Ctx, cond expr.Node, slot int, b, out *vec.Batch) (ok bool, err error) {
	*out = *b
	if cond == nil {
		return true, nil
	}
	sel, err := expr.Filter(c, cond, slot, b, b.Sel)
	if err != nil {
		return false, err
	}
	out.Sel = sel
	return out.Len() > 0, nil
}

// projectSpec is phys.Project.
type projectSpec struct {
	nodeInfo
	input spec
	items []expr.Node
}

func (s *projectSpec) make(r *run) operator {
	return &projectOp{spec: s, r: r, input: r.build(s.input), out: vec.Batch{Cols: make([]*vec.Vec, len(s.items))}}
}

type projectOp struct {
	spec  *projectSpec
	r     *run
	input operator
	out   vec.Batch
}

func (o *projectOp) next() (*vec.Batch, error) {
	b, err := o.input.next()
	if b == nil || err != nil {
		return nil, err
	}
	for i, n := range o.spec.items {
		if o.out.Cols[i], err = n.Vec(o.r.ctx, b, b.Sel); err != nil {
			return nil, err
		}
	}
	o.out.Sel, o.out.Rows = b.Sel, b.Rows
	return &o.out, nil
}

func (o *projectOp) rewind() error { return o.input.rewind() }
func (o *projectOp) close()        { o.input.close() }

// limitSpec is phys.Limit.
type limitSpec struct {
	nodeInfo
	input         spec
	count, offset expr.Node
	ties          []rows.Key // WITH TIES: the order's keys over the input; nil without
}

func (s *limitSpec) make(r *run) operator {
	return &limitOp{spec: s, r: r, input: r.build(s.input)}
}

type limitOp struct {
	spec    *limitSpec
	r       *run
	input   operator
	started bool
	done    bool
	skip    int64
	left    int64 // rows still wanted; -1: all
	last    []datum.Datum
	row     []datum.Datum
	out     vec.Batch
	sel     []int32
}

// rowCount evaluates a LIMIT or OFFSET; NULL gives -1.
func rowCount(c *expr.Ctx, n expr.Node, word string) (int64, error) {
	if n == nil {
		return -1, nil
	}
	d, err := n.Row(c, nil)
	if err != nil || d.IsNull() {
		return -1, err
	}
	if d.Int() < 0 {
		code := pgcode.InvalidRowCountInLimitClause
		if word == "OFFSET" {
			code = pgcode.InvalidRowCountInResultOffsetClause
		}
		return 0, pgerr.New(code, "%s must not be negative", word)
	}
	return d.Int(), nil
}

func (o *limitOp) start() (err error) {
	o.started = true
	if o.skip, err = rowCount(o.r.ctx, o.spec.offset, "OFFSET"); err != nil {
		return err
	}
	o.skip = max(o.skip, 0)
	o.left, err = rowCount(o.r.ctx, o.spec.count, "LIMIT")
	return err
}

func (o *limitOp) next() (*vec.Batch, error) {
	if !o.started {
		if err := o.start(); err != nil {
			return nil, err
		}
	}
	for !o.done && (o.left != 0 || o.last != nil) {
		b, err := o.input.next()
		if b == nil || err != nil {
			o.done = true
			return nil, err
		}
		n := int64(b.Len())
		if o.skip >= n {
			o.skip -= n
			continue
		}
		from := o.skip
		o.skip = 0
		to := n
		if o.left >= 0 {
			to = min(n, from+o.left)
			o.left -= to - from
		}
		if o.spec.ties != nil && o.left == 0 {
			to = o.withTies(b, from, to)
		}
		if out := o.cut(b, int(from), int(to)); out != nil {
			return out, nil
		}
	}
	return nil, nil
}

// withTies extends the range of taken rows over those equal to the last one.
func (o *limitOp) withTies(b *vec.Batch, from, to int64) int64 {
	width := len(b.Cols)
	if o.last == nil {
		if to == from {
			o.done = true
			return to
		}
		o.last, o.row = make([]datum.Datum, width), make([]datum.Datum, width)
		b.Row(int(to-1), o.last)
	}
	for ; to < int64(b.Len()); to++ {
		b.Row(int(to), o.row)
		if rows.CompareRows(o.spec.ties, o.last, o.row) != 0 {
			o.done = true
			break
		}
	}
	return to
}

func (o *limitOp) cut(b *vec.Batch, from, to int) *vec.Batch {
	if from == to {
		return nil
	}
	if from == 0 && to == b.Len() {
		return b
	}
	o.sel = o.sel[:0]
	for i := from; i < to; i++ {
		o.sel = append(o.sel, int32(b.Index(i)))
	}
	o.out = vec.Batch{Cols: b.Cols, Sel: o.sel, Rows: b.Rows}
	return &o.out
}

func (o *limitOp) rewind() error {
	o.started, o.done, o.last = false, false, nil
	return o.input.rewind()
}
func (o *limitOp) close() { o.input.close() }

// appendSpec is phys.Append: UNION ALL.
type appendSpec struct {
	nodeInfo
	children []spec
	ords     [][]int // column j of the result is column ords[i][j] of child i
}

func (s *appendSpec) make(r *run) operator {
	o := &appendOp{spec: s, out: vec.Batch{Cols: make([]*vec.Vec, len(s.types))}}
	for _, c := range s.children {
		o.inputs = append(o.inputs, r.build(c))
	}
	return o
}

type appendOp struct {
	spec   *appendSpec
	inputs []operator
	at     int
	out    vec.Batch
}

func (o *appendOp) next() (*vec.Batch, error) {
	for ; o.at < len(o.inputs); o.at++ {
		b, err := o.inputs[o.at].next()
		if err != nil {
			return nil, err
		}
		if b != nil {
			for j, ord := range o.spec.ords[o.at] {
				o.out.Cols[j] = b.Cols[ord]
			}
			o.out.Sel, o.out.Rows = b.Sel, b.Rows
			return &o.out, nil
		}
	}
	return nil, nil
}

func (o *appendOp) rewind() error {
	o.at = 0
	for _, in := range o.inputs {
		if err := in.rewind(); err != nil {
			return err
		}
	}
	return nil
}

func (o *appendOp) close() {
	for _, in := range o.inputs {
		in.close()
	}
}
