package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/explain"
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
	sorter *rows.Sorter
	out    *vec.Batch
}

// fill reads the whole input.
func (o *sortOp) fill() error {
	limit, err := o.limit()
	if err != nil {
		return err
	}
	o.sorter = rows.NewSorter(o.spec.types, o.spec.keys, limit, o.r.space)
	for {
		b, err := o.input.next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := o.sorter.Add(b); err != nil {
			return err
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
	if err := o.sorter.Finish(); err != nil {
		return err
	}
	if o.r.stats != nil {
		st := o.sorter.Stats()
		o.r.stats[o.spec.id].space = explain.Space{
			Sort: sortMethod(st), Disk: st.Disk, Memory: st.Memory,
		}
	}
	return nil
}

// sortMethod is PostgreSQL's name for the way rows were sorted.
func sortMethod(s rows.SortStats) string {
	switch {
	case s.Runs > 1:
		return "external merge"
	case s.Runs == 1:
		return "external sort"
	case s.TopN:
		return "top-N heapsort"
	}
	return "quicksort"
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

// gatherBatch fills a batch with rows of a buffer.
func gatherBatch(from *rows.Buffer, b *vec.Batch, list []int32) {
	for c, v := range b.Cols {
		from.Gather(v, c, list)
	}
	b.Sel, b.Rows = nil, len(list)
}

func (o *sortOp) next() (*vec.Batch, error) {
	if o.sorter == nil {
		if err := o.fill(); err != nil {
			return nil, err
		}
	}
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, 0)
	}
	if n, err := o.sorter.Next(o.out); n == 0 || err != nil {
		return nil, err
	}
	return o.out, nil
}

func (o *sortOp) rewind() error {
	o.free()
	return o.input.rewind()
}

func (o *sortOp) free() {
	o.sorter.Close()
	o.sorter = nil
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
	return &materializeOp{reader: storeReader{types: s.types}, fill: &filler{input: r.build(s.input), r: r, types: s.types}}
}

type materializeOp struct {
	reader storeReader
	fill   *filler
}

func (o *materializeOp) next() (*vec.Batch, error) { return o.reader.next(o.fill) }
func (o *materializeOp) rewind() error             { o.reader.at = 0; return nil }
func (o *materializeOp) close()                    { o.fill.close() }

// filler reads an operator into a store as far as it is asked to.
type filler struct {
	input operator
	r     *run
	types []types.T
	kept  *rows.Store
	done  bool
}

// more makes at least one more row available, or reports that there is none.
func (f *filler) more() (bool, error) {
	if f.kept == nil {
		f.kept = rows.NewStore(f.types, f.r.space)
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

// storeReader reads what a filler keeps.
type storeReader struct {
	types []types.T
	at    int
	out   *vec.Batch
}

func (b *storeReader) next(f *filler) (*vec.Batch, error) {
	if f.kept == nil || b.at >= f.kept.Len() {
		if ok, err := f.more(); !ok || err != nil {
			return nil, err
		}
	}
	if b.out == nil {
		b.out = rows.NewBatch(b.types, 0)
	}
	n, err := f.kept.Read(b.at, b.out)
	if n == 0 || err != nil {
		return nil, err
	}
	b.at += n
	return b.out, nil
}
