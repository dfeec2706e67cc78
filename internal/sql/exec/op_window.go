package exec

import (
	"cmp"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// windowSpec is phys.Window. Its input is sorted by partition and order.
type windowSpec struct {
	nodeInfo
	input     spec
	partition []int
	order     []rows.Key
	frame     frameSpec
	calls     []windowCall
	argTypes  []types.T // of all calls' arguments and filters, kept behind the input's columns
	args      []expr.Node
}

// windowCall is one compiled window function; first and filter are ordinals of
// the kept rows.
type windowCall struct {
	name   string // of a window function, "" for an aggregate
	first  int
	nargs  int
	filter int // -1 without
	call   agg.Call
	typ    types.T
}

type frameSpec struct {
	mode           ast.FrameMode
	start, end     ast.FrameBoundKind
	startBy, endBy expr.Node
	exclude        ast.FrameExclude
	add, sub       *builtin.Proc // of RANGE with offsets, over the order column
	byDate         bool          // the order column is a date, the offset an interval
}

var windowFuncs = map[string]bool{
	"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true, "ntile": true,
	"lag": true, "lead": true, "first_value": true, "last_value": true, "nth_value": true,
}

func (c *compiler) window(n *phys.Window) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	scope := in.info().scope
	s := &windowSpec{nodeInfo: c.base(n), input: in}
	if s.partition, err = ords(scope, n.PartitionBy); err != nil {
		return nil, err
	}
	if s.order, err = sortKeys(scope, n.OrderBy); err != nil {
		return nil, err
	}
	if err := c.frame(s, n.Frame); err != nil {
		return nil, err
	}
	for _, it := range n.Calls {
		if err := c.windowCall(s, it.Call, scope); err != nil {
			return nil, err
		}
	}
	return c.done(s)
}

func (c *compiler) windowCall(s *windowSpec, e *plan.WindowCall, scope *expr.Scope) error {
	out := windowCall{first: scope.Len() + len(s.args), nargs: len(e.Args), filter: -1, typ: e.Type()}
	args, err := c.exprs.CompileAll(e.Args, scope)
	if err != nil {
		return err
	}
	if e.Filter != nil {
		out.filter = out.first + len(args)
		f, err := c.exprs.Compile(e.Filter, scope)
		if err != nil {
			return err
		}
		args = append(args, f)
	}
	for _, a := range args {
		s.args, s.argTypes = append(s.args, a), append(s.argTypes, a.Type())
	}
	switch {
	case e.Proc.Kind == 'w' && windowFuncs[e.Proc.Name]:
		out.name = e.Proc.Name
	case e.Proc.Kind == 'a':
		out.call = agg.Call{Proc: e.Proc, Star: e.Star, Args: nodeTypes(args[:out.nargs])}
		if _, err := agg.New(out.call, nil); err != nil {
			return err
		}
	default:
		return pgerr.NotSupported("This PostgreSQL function is not built yet.", "window function %s is not supported", expr.Signature(e.Proc))
	}
	s.calls = append(s.calls, out)
	return nil
}

func nodeTypes(nodes []expr.Node) []types.T {
	list := make([]types.T, len(nodes))
	for i, n := range nodes {
		list[i] = n.Type()
	}
	return list
}

func (c *compiler) frame(s *windowSpec, f plan.Frame) error {
	s.frame = frameSpec{mode: f.Mode, start: f.Start, end: f.End, exclude: f.Exclude}
	if err := c.optional(f.StartBy, nil, &s.frame.startBy); err != nil {
		return err
	}
	if err := c.optional(f.EndBy, nil, &s.frame.endBy); err != nil {
		return err
	}
	by := s.frame.startBy
	if by == nil {
		by = s.frame.endBy
	}
	if f.Mode != ast.FrameRange || by == nil {
		return nil
	}
	column := s.input.info().types[s.order[0].Col].OID
	s.frame.add, s.frame.sub = arithmetic("+", column, by.Type().OID), arithmetic("-", column, by.Type().OID)
	if s.frame.add == nil || s.frame.sub == nil || s.frame.add.Eval == nil || s.frame.sub.Eval == nil {
		return pgerr.NotSupported("Cast the offset to an appropriate type.",
			"RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s", typeText(column), typeText(by.Type().OID))
	}
	s.frame.byDate = column == types.Date && by.Type().OID == types.Interval
	return nil
}

func typeText(oid types.OID) string {
	if info := types.Lookup(oid); info != nil {
		return info.Name
	}
	return "unknown"
}

func arithmetic(op string, left, right types.OID) *builtin.Proc {
	for _, o := range builtin.OperatorsByName(op) {
		if o.Left == left && o.Right == right {
			return o.Proc
		}
	}
	return nil
}

func (s *windowSpec) make(r *run) operator {
	all := append(append([]types.T(nil), s.input.info().types...), s.argTypes...)
	return &windowOp{spec: s, r: r, input: r.build(s.input), all: all}
}

// windowOp keeps whole partitions, one large one or several small ones, computes
// the functions for them and emits them before it reads on.
type windowOp struct {
	spec   *windowSpec
	r      *run
	input  operator
	all    []types.T
	space  *spill.Space
	frame  *frameOffsets
	kept   *rows.Store
	result []*rows.Store // one column for each call
	groups mem.Holder    // of the partition's peer groups
	at     int           // the next row of kept to emit

	batch *vec.Batch // of the input
	cols  []*vec.Vec // its columns, arguments and filters
	pos   int        // the first of its rows that is not kept
	last  *vec.Batch // one row: the partition columns of the row before pos
	some  bool       // there was such a row
	ended bool
	sel   []int32
	view  vec.Batch
	out   vec.Batch
	read  []*vec.Batch // of kept and of each result

	// failed are the arguments that could not be computed, which matters only if
	// somebody asks for one: lag of the last row is never looked at. bad are those of
	// batch, by its physical rows.
	failed, bad map[argPlace]error
}

// argPlace is argument arg (of all calls') of a row.
type argPlace struct{ row, arg int }

// start makes everything ready for the first row.
func (o *windowOp) start() error {
	s := o.spec
	frame, err := s.frame.offsets(o.r.ctx)
	if err != nil {
		return err
	}
	o.frame, o.space = frame, o.r.space.Child()
	o.groups.Account = o.space.Memory()
	o.kept = rows.NewStore(o.all, o.space)
	o.cols = make([]*vec.Vec, len(o.all))
	o.last = rows.NewBatch(pick(s.input.info().types, s.partition), 1)
	o.read = []*vec.Batch{rows.NewBatch(o.all, 0)}
	for i := range s.calls {
		one := []types.T{s.calls[i].typ}
		o.result = append(o.result, rows.NewStore(one, o.space))
		o.read = append(o.read, rows.NewBatch(one, 0))
	}
	return nil
}

// fill reads and computes the next partitions: one, or as many as make a batch.
func (o *windowOp) fill() error {
	o.kept.Reset()
	for _, r := range o.result {
		r.Reset()
	}
	o.at, o.failed = 0, nil
	for !o.ended && o.kept.Len() < vec.MaxRows {
		from := o.kept.Len()
		if err := o.partition(); err != nil {
			return err
		}
		if o.kept.Len() == from {
			continue
		}
		p, err := newWindowPart(o, from, o.kept.Len())
		if err != nil {
			return err
		}
		for i := range o.spec.calls {
			if err := p.call(i, &o.spec.calls[i]); err != nil {
				return err
			}
			if err := cmp.Or(o.kept.Err(), o.r.interrupted()); err != nil {
				return err
			}
		}
	}
	return nil
}

// partition keeps the rows of the next partition.
func (o *windowOp) partition() error {
	o.some = false
	for {
		if o.batch == nil || o.pos == o.batch.Len() {
			if err := o.fetch(); o.ended || err != nil {
				return err
			}
		}
		o.sel = o.sel[:0]
		for ; o.pos < o.batch.Len(); o.pos++ {
			r := o.batch.Index(o.pos)
			if o.some && !o.like(r) {
				break
			}
			if !o.some {
				o.keepKey(r)
			}
			o.sel = append(o.sel, int32(r))
		}
		o.view = vec.Batch{Cols: o.cols, Sel: o.sel, Rows: o.batch.Rows}
		if len(o.sel) > 0 {
			o.keepFailed()
			if err := o.kept.AppendCols(o.cols, &o.view); err != nil {
				return err
			}
		}
		if o.pos < o.batch.Len() {
			return nil
		}
	}
}

// fetch reads a batch of the input and computes the arguments.
func (o *windowOp) fetch() error {
	b, err := o.input.next()
	if err != nil {
		return err
	}
	if b == nil {
		o.ended = true
		return nil
	}
	o.bad = nil
	n := copy(o.cols, b.Cols)
	for i, a := range o.spec.args {
		if o.cols[n+i], err = a.Vec(o.r.ctx, b, b.Sel); err != nil {
			o.cols[n+i] = o.argument(i, b)
		}
	}
	o.batch, o.pos = b, 0
	return o.r.interrupted()
}

// argument computes argument i row by row, after it failed for some row of b.
func (o *windowOp) argument(i int, b *vec.Batch) *vec.Vec {
	out := vec.New(o.spec.argTypes[i], b.Rows)
	row := make([]datum.Datum, len(b.Cols))
	for k := 0; k < b.Len(); k++ {
		b.Row(k, row)
		d, err := o.spec.args[i].Row(o.r.ctx, row)
		if err != nil {
			if o.bad == nil {
				o.bad = map[argPlace]error{}
			}
			o.bad[argPlace{b.Index(k), i}] = err
			d = datum.Datum{}
		}
		out.Set(b.Index(k), d)
	}
	return out
}

// keepFailed remembers the failures of the rows in sel, which are about to be kept.
func (o *windowOp) keepFailed() {
	if len(o.bad) == 0 {
		return
	}
	if o.failed == nil {
		o.failed = map[argPlace]error{}
	}
	for k, r := range o.sel {
		for i := range o.spec.args {
			if err := o.bad[argPlace{int(r), i}]; err != nil {
				o.failed[argPlace{o.kept.Len() + k, i}] = err
			}
		}
	}
}

// keepKey remembers a row as the one that begins a partition.
func (o *windowOp) keepKey(r int) {
	for k, ord := range o.spec.partition {
		o.last.Cols[k].Nulls.Clear()
		o.last.Cols[k].Set(0, o.batch.Cols[ord].Get(r))
	}
	o.some = true
}

// like reports whether a row is of the partition begun last.
func (o *windowOp) like(r int) bool {
	for k, ord := range o.spec.partition {
		if !rows.EqualVecs(o.batch.Cols[ord], r, o.last.Cols[k], 0) {
			return false
		}
	}
	return true
}

func (o *windowOp) next() (*vec.Batch, error) {
	if o.kept == nil {
		if err := o.start(); err != nil {
			return nil, err
		}
	}
	for o.at == o.kept.Len() {
		if o.ended {
			return nil, nil
		}
		if err := o.fill(); err != nil {
			return nil, err
		}
	}
	n, err := o.kept.Read(o.at, o.read[0])
	if err != nil {
		return nil, err
	}
	width := len(o.spec.types) - len(o.spec.calls)
	o.out.Cols = append(o.out.Cols[:0], o.read[0].Cols[:width]...)
	for i, r := range o.result {
		k, err := r.Read(o.at, o.read[i+1])
		if err != nil {
			return nil, err
		}
		n = min(n, k)
		o.out.Cols = append(o.out.Cols, o.read[i+1].Cols[0])
	}
	o.out.Rows = n
	o.at += n
	return &o.out, nil
}

func (o *windowOp) free() {
	if o.kept == nil {
		return
	}
	o.kept.Reset()
	for _, r := range o.result {
		r.Reset()
	}
	o.groups.Release()
	o.space.Memory().Close()
	o.kept, o.result, o.batch, o.at, o.ended, o.failed, o.bad = nil, nil, nil, 0, false, nil, nil
}

func (o *windowOp) rewind() error {
	o.free()
	return o.input.rewind()
}

func (o *windowOp) close() {
	o.free()
	o.input.close()
}

// windowPart is one partition: rows from..to of the kept ones. Rows, groups and
// frames are counted from the partition's start.
type windowPart struct {
	op      *windowOp
	from, n int
	group   []int32 // the peer group of each row
	groupAt []int32 // the first row of each group, and n at the end
	frame   *frameOffsets
}

func newWindowPart(o *windowOp, from, to int) (*windowPart, error) {
	p := &windowPart{op: o, from: from, n: to - from, frame: o.frame}
	if err := o.groups.Set(8 * int64(p.n)); err != nil {
		return nil, err
	}
	p.group = make([]int32, p.n)
	for i := 0; i < p.n; i++ {
		if i == 0 || o.kept.Compare(o.spec.order, from+i-1, from+i) != 0 {
			p.groupAt = append(p.groupAt, int32(i))
		}
		p.group[i] = int32(len(p.groupAt) - 1)
	}
	p.groupAt = append(p.groupAt, int32(p.n))
	return p, nil
}

func (p *windowPart) get(row, col int) datum.Datum { return p.op.kept.Get(p.from+row, col) }

// arg returns the argument in column col of a row, or the error it has.
func (p *windowPart) arg(row, col int) (datum.Datum, error) {
	if len(p.op.failed) > 0 {
		if err := p.op.failed[argPlace{p.from + row, col - p.op.inputs()}]; err != nil {
			return datum.Datum{}, err
		}
	}
	return p.get(row, col), nil
}

// inputs is how many of the kept columns are the input's.
func (o *windowOp) inputs() int { return len(o.all) - len(o.spec.argTypes) }

// call computes one function for all rows of the partition.
func (p *windowPart) call(i int, w *windowCall) error {
	out := p.op.result[i]
	if w.name == "" {
		return p.aggregate(w, out)
	}
	var one [1]datum.Datum
	for row := 0; row < p.n; row++ {
		d, err := p.function(w, row)
		if err != nil {
			return err
		}
		one[0] = d
		if err := out.AppendRow(one[:]); err != nil {
			return err
		}
	}
	return nil
}
