package exec

import (
	"errors"
	"iter"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// setCall is a compiled function that may return a set: proc is nil for a scalar
// expression, which gives one row.
type setCall struct {
	proc   *builtin.Proc
	args   []expr.Node
	scalar expr.Node
	types  []types.T // of the columns it gives
	fields bool      // the scalar is a record to be split
	record bool      // several columns become one record value
}

// errStopped ends a set function whose rows nobody wants any more.
var errStopped = errors.New("stopped")

// setRows are the rows of one call of a setCall. The function runs as a
// coroutine that hands over chunks of rows, small at first.
type setRows struct {
	width int
	chunk []datum.Datum
	at    int
	pull  func() ([]datum.Datum, error, bool)
	stop  func()
	done  bool
}

// start evaluates the arguments for a row and begins the call.
func (s *setCall) start(r *run, row []datum.Datum) (*setRows, error) {
	out := &setRows{width: len(s.types)}
	if s.record {
		out.width = 1
	}
	if s.proc == nil {
		return out, s.single(r, row, out)
	}
	args := make([]datum.Datum, len(s.args))
	for i, a := range s.args {
		d, err := a.Row(r.ctx, row)
		if err != nil {
			return nil, err
		}
		if d.IsNull() && s.proc.Strict {
			out.done = true
			return out, nil
		}
		args[i] = d
	}
	out.pull, out.stop = iter.Pull2(s.rows(r, args, out.width))
	return out, nil
}

func (s *setCall) single(r *run, row []datum.Datum, out *setRows) error {
	d, err := s.scalar.Row(r.ctx, row)
	if err != nil {
		return err
	}
	out.done = true
	if !s.fields {
		out.chunk = []datum.Datum{d}
		return nil
	}
	out.chunk = make([]datum.Datum, out.width)
	if !d.IsNull() {
		copy(out.chunk, d.Record().Fields)
	}
	return nil
}

func (s *setCall) rows(r *run, args []datum.Datum, width int) iter.Seq2[[]datum.Datum, error] {
	return func(yield func([]datum.Datum, error) bool) {
		var size ramp
		want := size.next() * width
		var chunk []datum.Datum
		err := s.proc.Set(r.env.B, args, func(row []datum.Datum) error {
			if s.record && len(row) > 1 {
				row = []datum.Datum{s.toRecord(row)}
			}
			chunk = append(chunk, row[:width]...)
			if len(chunk) < want {
				return nil
			}
			if err := r.interrupted(); err != nil {
				return err
			}
			if !yield(chunk, nil) {
				return errStopped
			}
			chunk, want = chunk[:0], size.next()*width
			return nil
		})
		switch {
		case err != nil && !errors.Is(err, errStopped):
			yield(nil, err)
		case err == nil && len(chunk) > 0:
			yield(chunk, nil)
		}
	}
}

func (s *setCall) toRecord(row []datum.Datum) datum.Datum {
	v := &datum.RecordValue{TypeOID: uint32(types.Record), Fields: append([]datum.Datum(nil), row...)}
	for _, t := range s.types {
		v.Types = append(v.Types, uint32(t.OID))
	}
	return datum.NewRecord(v)
}

// next returns the next row, nil at the end. It is valid until the next call.
func (s *setRows) next() ([]datum.Datum, error) {
	if s.at >= len(s.chunk) {
		if s.done || s.pull == nil {
			return nil, nil
		}
		chunk, err, ok := s.pull()
		if !ok || err != nil {
			s.done = true
			s.chunk, s.at = nil, 0
			return nil, err
		}
		s.chunk, s.at = chunk, 0
	}
	row := s.chunk[s.at : s.at+s.width]
	s.at += s.width
	return row, nil
}

func (s *setRows) close() {
	if s != nil && s.stop != nil {
		s.stop()
	}
}

// funcScanSpec is phys.FunctionScan.
type funcScanSpec struct {
	nodeInfo
	funcs      []*setCall
	ordinality bool
	filter     expr.Node
	slot       int
}

func (s *funcScanSpec) make(r *run) operator { return &funcScanOp{spec: s, r: r} }

type funcScanOp struct {
	spec  *funcScanSpec
	r     *run
	sets  []*setRows
	count int64
	done  bool
	out   *vec.Batch
	final vec.Batch
}

func (o *funcScanOp) next() (*vec.Batch, error) {
	if o.sets == nil && !o.done {
		for _, f := range o.spec.funcs {
			s, err := f.start(o.r, nil)
			if err != nil {
				return nil, err
			}
			o.sets = append(o.sets, s)
		}
	}
	for !o.done {
		if err := o.fill(); err != nil {
			return nil, err
		}
		if o.out.Rows == 0 {
			return nil, nil
		}
		ok, err := keep(o.r.ctx, o.spec.filter, o.spec.slot, o.out, &o.final)
		if err != nil {
			return nil, err
		}
		if ok {
			return &o.final, nil
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (o *funcScanOp) fill() error {
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, vec.MaxRows)
	}
	clearBatch(o.out, vec.MaxRows)
	n := 0
	// A batch ends where the first function's chunk does, so that a LIMIT above
	// does not make it run on.
	for n < vec.MaxRows && (n == 0 || o.sets[0].at < len(o.sets[0].chunk)) {
		any := false
		col := 0
		for _, s := range o.sets {
			row, err := s.next()
			if err != nil {
				return err
			}
			for k := 0; k < s.width; k++ {
				if row == nil {
					o.out.Cols[col].Nulls.Set(n)
				} else {
					o.out.Cols[col].Set(n, row[k])
				}
				col++
			}
			any = any || row != nil
		}
		if !any {
			o.done = true
			break
		}
		if o.spec.ordinality {
			o.count++
			o.out.Cols[col].Ints[n] = o.count
		}
		n++
	}
	o.out.Rows = n
	return nil
}

func (o *funcScanOp) rewind() error {
	o.close()
	o.sets, o.count, o.done = nil, 0, false
	return nil
}

func (o *funcScanOp) close() {
	for _, s := range o.sets {
		s.close()
	}
}

// projectSetSpec is phys.ProjectSet.
type projectSetSpec struct {
	nodeInfo
	input spec
	items []*setCall
}

func (s *projectSetSpec) make(r *run) operator {
	return &projectSetOp{spec: s, r: r, input: r.build(s.input)}
}

type projectSetOp struct {
	spec   *projectSetSpec
	r      *run
	input  operator
	batch  *vec.Batch
	pos    int
	row    []datum.Datum
	sets   []*setRows // of the row at pos; nil: not started
	values []datum.Datum
	out    *vec.Batch
	size   ramp
}

func (o *projectSetOp) next() (*vec.Batch, error) {
	width := len(o.spec.types) - len(o.spec.items)
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, vec.MaxRows)
		o.row, o.values = make([]datum.Datum, width), make([]datum.Datum, len(o.spec.items))
	}
	clearBatch(o.out, vec.MaxRows)
	want := o.size.next()
	n := 0
	for n < want {
		if o.sets == nil {
			ok, err := o.start()
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
		}
		any, err := o.emit(n, width)
		if err != nil {
			return nil, err
		}
		if any {
			n++
			continue
		}
		o.stop()
		o.pos++
	}
	if n == 0 {
		return nil, o.r.interrupted()
	}
	o.out.Rows = n
	return o.out, nil
}

// start begins the functions of the next input row.
func (o *projectSetOp) start() (bool, error) {
	for o.batch == nil || o.pos >= o.batch.Len() {
		b, err := o.input.next()
		if b == nil || err != nil {
			return false, err
		}
		o.batch, o.pos = b, 0
	}
	o.batch.Row(o.pos, o.row)
	for _, it := range o.spec.items {
		s, err := it.start(o.r, o.row)
		if err != nil {
			return false, err
		}
		o.sets = append(o.sets, s)
	}
	return true, nil
}

// emit stores one row of the present sets at n; any is false when all have ended.
// Sets that end before others are padded with NULL.
func (o *projectSetOp) emit(n, width int) (any bool, err error) {
	for k, s := range o.sets {
		row, err := s.next()
		if err != nil {
			return false, err
		}
		o.values[k] = datum.Datum{}
		if row != nil {
			any = true
			o.values[k] = row[0]
		}
	}
	if !any {
		return false, nil
	}
	for c, d := range o.row {
		o.out.Cols[c].Set(n, d)
	}
	for k, d := range o.values {
		o.out.Cols[width+k].Set(n, d)
	}
	return true, nil
}

func (o *projectSetOp) stop() {
	for _, s := range o.sets {
		s.close()
	}
	o.sets = nil
}

func (o *projectSetOp) rewind() error {
	o.stop()
	o.batch, o.pos, o.size = nil, 0, ramp{}
	return o.input.rewind()
}

func (o *projectSetOp) close() {
	o.stop()
	o.input.close()
}
