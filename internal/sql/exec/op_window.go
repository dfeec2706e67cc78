package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
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

type windowOp struct {
	spec   *windowSpec
	r      *run
	input  operator
	all    []types.T
	kept   *rows.Buffer
	result []*rows.Buffer // one column for each call
	at     int
	out    *vec.Batch
}

func (o *windowOp) fill() error {
	s := o.spec
	o.kept = rows.NewBuffer(o.all, o.r.account)
	cols := make([]*vec.Vec, len(o.all))
	for {
		b, err := o.input.next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		n := copy(cols, b.Cols)
		for i, a := range s.args {
			if cols[n+i], err = a.Vec(o.r.ctx, b, b.Sel); err != nil {
				return err
			}
		}
		if err := o.kept.AppendCols(cols, b); err != nil {
			return err
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
	for i := range s.calls {
		o.result = append(o.result, rows.NewBuffer([]types.T{s.calls[i].typ}, o.r.account))
	}
	return o.partitions()
}

// partitions computes the functions for each partition in turn.
func (o *windowOp) partitions() error {
	frame, err := o.spec.frame.offsets(o.r.ctx)
	if err != nil {
		return err
	}
	for from := 0; from < o.kept.Len(); {
		to := from + 1
		for to < o.kept.Len() && o.kept.EqualRows(o.spec.partition, from, to) {
			to++
		}
		p := newWindowPart(o, from, to, frame)
		for i := range o.spec.calls {
			if err := p.call(i, &o.spec.calls[i]); err != nil {
				return err
			}
			if err := o.r.interrupted(); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

func (o *windowOp) next() (*vec.Batch, error) {
	if o.kept == nil {
		if err := o.fill(); err != nil {
			return nil, err
		}
	}
	n := min(o.kept.Len()-o.at, vec.MaxRows)
	if n <= 0 {
		return nil, nil
	}
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, n)
	}
	width := len(o.spec.types) - len(o.spec.calls)
	for c := 0; c < width; c++ {
		o.kept.Copy(o.out.Cols[c], c, o.at, n)
	}
	for i, b := range o.result {
		b.Copy(o.out.Cols[width+i], 0, o.at, n)
	}
	o.out.Sel, o.out.Rows = nil, n
	o.at += n
	return o.out, nil
}

func (o *windowOp) free() {
	if o.kept != nil {
		o.kept.Reset()
	}
	for _, b := range o.result {
		b.Reset()
	}
	o.kept, o.result, o.at = nil, nil, 0
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

func newWindowPart(o *windowOp, from, to int, f *frameOffsets) *windowPart {
	p := &windowPart{op: o, from: from, n: to - from, frame: f}
	p.group = make([]int32, p.n)
	for i := 0; i < p.n; i++ {
		if i == 0 || o.kept.Compare(o.spec.order, from+i-1, from+i) != 0 {
			p.groupAt = append(p.groupAt, int32(i))
		}
		p.group[i] = int32(len(p.groupAt) - 1)
	}
	p.groupAt = append(p.groupAt, int32(p.n))
	return p
}

func (p *windowPart) get(row, col int) datum.Datum { return p.op.kept.Get(p.from+row, col) }

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
