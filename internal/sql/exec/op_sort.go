package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// sortSpec is phys.Sort, with top also LIMIT's.
type sortSpec struct {
	nodeInfo
	input spec
	keys  []rows.Key
	top   expr.Node
	skip  expr.Node
}

func (s *sortSpec) make(r *run) operator {
	return &sortOp{spec: s, r: r, input: r.build(s.input)}
}

type sortOp struct {
	spec   *sortSpec
	r      *run
	input  operator
	kept   *rows.Buffer
	order  []int32
	sorted bool
	out    *vec.Batch
}

// fill reads the whole input; of a top-N sort it drops from time to time what
// cannot be among the first rows.
func (o *sortOp) fill() error {
	limit, err := o.limit()
	if err != nil {
		return err
	}
	o.kept = rows.NewBuffer(o.spec.types, o.r.account)
	for {
		b, err := o.input.next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := o.kept.Append(b); err != nil {
			return err
		}
		if limit >= 0 && int64(o.kept.Len()) > 2*limit+4*vec.MaxRows {
			if err := o.prune(int(limit)); err != nil {
				return err
			}
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
	o.order = o.kept.Sort(o.spec.keys)
	if limit >= 0 && int64(len(o.order)) > limit {
		o.order = o.order[:limit]
	}
	o.sorted = true
	return nil
}

// limit returns how many rows are wanted, -1 for all.
func (o *sortOp) limit() (int64, error) {
	top, err := rowCount(o.r.ctx, o.spec.top, "LIMIT")
	if err != nil || top < 0 {
		return -1, err
	}
	skip, err := rowCount(o.r.ctx, o.spec.skip, "OFFSET")
	if err != nil {
		return -1, err
	}
	const enough = 1 << 40
	return min(top, enough) + min(max(skip, 0), enough), nil
}

// prune keeps the first n rows in key order. The kept rows come in that order,
// and a stable sort later leaves equal ones as they came.
func (o *sortOp) prune(n int) error {
	order := o.kept.Sort(o.spec.keys)[:n]
	next := rows.NewBuffer(o.spec.types, o.r.account)
	batch := rows.NewBatch(o.spec.types, vec.MaxRows)
	for len(order) > 0 {
		k := min(len(order), vec.MaxRows)
		gatherBatch(o.kept, batch, order[:k])
		if err := next.Append(batch); err != nil {
			return err
		}
		order = order[k:]
	}
	o.kept.Reset()
	o.kept = next
	return nil
}

// gatherBatch fills a batch with rows of a buffer.
func gatherBatch(from *rows.Buffer, b *vec.Batch, list []int32) {
	for c, v := range b.Cols {
		from.Gather(v, c, list)
	}
	b.Sel, b.Rows = nil, len(list)
}

func (o *sortOp) next() (*vec.Batch, error) {
	if !o.sorted {
		if err := o.fill(); err != nil {
			return nil, err
		}
	}
	n := min(len(o.order), vec.MaxRows)
	if n == 0 {
		return nil, nil
	}
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, n)
	}
	gatherBatch(o.kept, o.out, o.order[:n])
	o.order = o.order[n:]
	return o.out, nil
}

func (o *sortOp) rewind() error {
	o.free()
	return o.input.rewind()
}

func (o *sortOp) free() {
	if o.kept != nil {
		o.kept.Reset()
	}
	o.kept, o.order, o.sorted = nil, nil, false
}

func (o *sortOp) close() {
	o.free()
	o.input.close()
}

// materializeSpec is phys.Materialize: it keeps its input's rows, which must not
// depend on outer values, for being read again.
type materializeSpec struct {
	nodeInfo
	input spec
}

func (s *materializeSpec) make(r *run) operator {
	return &materializeOp{reader: bufferReader{types: s.types}, fill: &filler{input: r.build(s.input), r: r, types: s.types}}
}

type materializeOp struct {
	reader bufferReader
	fill   *filler
}

func (o *materializeOp) next() (*vec.Batch, error) { return o.reader.next(o.fill) }
func (o *materializeOp) rewind() error             { o.reader.at = 0; return nil }
func (o *materializeOp) close()                    { o.fill.close() }

// filler reads an operator into a buffer as far as it is asked to.
type filler struct {
	input operator
	r     *run
	types []types.T
	kept  *rows.Buffer
	done  bool
}

// more makes at least one more row available, or reports that there is none.
func (f *filler) more() (bool, error) {
	if f.kept == nil {
		f.kept = rows.NewBuffer(f.types, f.r.account)
	}
	if f.done {
		return false, nil
	}
	b, err := f.input.next()
	if err != nil {
		return false, err
	}
	if b == nil {
		f.done = true
		return false, nil
	}
	if err := f.r.interrupted(); err != nil {
		return false, err
	}
	return true, f.kept.Append(b)
}

// all reads the rest.
func (f *filler) all() error {
	for {
		if ok, err := f.more(); !ok || err != nil {
			return err
		}
	}
}

func (f *filler) close() {
	if f.kept != nil {
		f.kept.Reset()
	}
	f.input.close()
}

// bufferReader reads a buffer that a filler fills.
type bufferReader struct {
	types []types.T
	at    int
	out   *vec.Batch
}

func (b *bufferReader) next(f *filler) (*vec.Batch, error) {
	if f.kept == nil || b.at >= f.kept.Len() {
		if ok, err := f.more(); !ok || err != nil {
			return nil, err
		}
	}
	n := min(f.kept.Len()-b.at, vec.MaxRows)
	if b.out == nil {
		b.out = rows.NewBatch(b.types, n)
	}
	for c, v := range b.out.Cols {
		f.kept.Copy(v, c, b.at, n)
	}
	b.out.Sel, b.out.Rows = nil, n
	b.at += n
	return b.out, nil
}
