package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/vec"
)

// cteState is a common table expression in one execution: its rows as far as
// some reader has asked for them.
type cteState struct{ fill *filler }

// cteScanSpec is phys.CTEScan.
type cteScanSpec struct {
	nodeInfo
	cte    int // index in Program.ctes
	ords   []int
	filter expr.Node
	slot   int
}

func (s *cteScanSpec) make(r *run) operator {
	return &cteScanOp{spec: s, r: r, out: vec.Batch{Cols: make([]*vec.Vec, len(s.ords))}}
}

type cteScanOp struct {
	spec   *cteScanSpec
	r      *run
	reader storeReader
	out    vec.Batch
	final  vec.Batch
}

func (o *cteScanOp) next() (*vec.Batch, error) {
	st, err := o.r.cte(o.spec.cte)
	if err != nil {
		return nil, err
	}
	o.reader.types = st.fill.types
	for {
		b, err := o.reader.next(st.fill)
		if b == nil || err != nil {
			return nil, err
		}
		for i, ord := range o.spec.ords {
			o.out.Cols[i] = b.Cols[ord]
		}
		o.out.Rows = b.Rows
		ok, err := keep(o.r.ctx, o.spec.filter, o.spec.slot, &o.out, &o.final)
		if err != nil {
			return nil, err
		}
		if ok {
			return &o.final, nil
		}
	}
}

func (o *cteScanOp) rewind() error { o.reader.at = 0; return nil }
func (o *cteScanOp) close()        {}

// cte returns the state of a common table expression, making it at first use.
func (r *run) cte(i int) (*cteState, error) {
	if r.ctes[i] == nil {
		s := r.prog.ctes[i]
		r.ctes[i] = &cteState{fill: &filler{input: r.build(s), r: r, types: s.info().types}}
	}
	return r.ctes[i], nil
}

// recursiveSpec is phys.RecursiveUnion.
type recursiveSpec struct {
	nodeInfo
	all          bool
	left, right  spec
	lords, rords []int
}

func (s *recursiveSpec) make(r *run) operator {
	o := &recursiveOp{spec: s, r: r, left: r.build(s.left)}
	r.works[s.id] = &workTable{}
	o.right = r.build(s.right)
	return o
}

// workTable holds the rows of a recursive union's last round.
type workTable struct{ rows *rows.Store }

type recursiveOp struct {
	spec        *recursiveSpec
	r           *run
	left, right operator
	seen        *agg.Grouper // without ALL
	ids         []int32
	made        *rows.Store // rows of the round under way
	recursing   bool
	sel         []int32
	vecs        []*vec.Vec
	out         vec.Batch
}

func (o *recursiveOp) next() (*vec.Batch, error) {
	if o.made == nil {
		o.made = rows.NewStore(o.spec.types, o.r.space)
		if !o.spec.all {
			o.seen = agg.NewGrouper(o.spec.types, o.r.account)
			o.ids = make([]int32, vec.MaxRows)
		}
		o.vecs = make([]*vec.Vec, len(o.spec.types))
	}
	for {
		in, ords := o.left, o.spec.lords
		if o.recursing {
			in, ords = o.right, o.spec.rords
		}
		b, err := in.next()
		if err != nil {
			return nil, err
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
		if b == nil {
			if more, err := o.nextRound(); !more || err != nil {
				return nil, err
			}
			continue
		}
		for i, ord := range ords {
			o.vecs[i] = b.Cols[ord]
		}
		o.out = vec.Batch{Cols: o.vecs, Sel: b.Sel, Rows: b.Rows}
		if o.seen != nil {
			if err := o.fresh(b); err != nil {
				return nil, err
			}
		}
		if o.out.Len() == 0 {
			continue
		}
		if err := o.made.Append(&o.out); err != nil {
			return nil, err
		}
		return &o.out, nil
	}
}

// fresh narrows the batch to rows not seen before.
func (o *recursiveOp) fresh(b *vec.Batch) error {
	first := int32(o.seen.Len())
	if err := o.seen.Assign(o.vecs, b, o.ids); err != nil {
		return err
	}
	o.sel = o.sel[:0]
	for i := 0; i < b.Len(); i++ {
		if o.ids[i] == first {
			o.sel = append(o.sel, int32(b.Index(i)))
			first++
		}
	}
	o.out.Sel = o.sel
	if len(o.sel) == 0 {
		o.out.Sel = []int32{}
	}
	return nil
}

// nextRound makes the rows of the round that ended the work table.
func (o *recursiveOp) nextRound() (bool, error) {
	work := o.r.works[o.spec.id]
	if work.rows != nil {
		work.rows.Reset()
	}
	if o.made.Len() == 0 {
		return false, nil
	}
	work.rows = o.made
	o.made = rows.NewStore(o.spec.types, o.r.space)
	o.recursing = true
	return true, o.right.rewind()
}

func (o *recursiveOp) rewind() error {
	o.free()
	if err := o.left.rewind(); err != nil {
		return err
	}
	return o.right.rewind()
}

func (o *recursiveOp) free() {
	if o.made != nil {
		o.made.Reset()
	}
	if o.seen != nil {
		o.seen.Reset()
	}
	if work := o.r.works[o.spec.id]; work.rows != nil {
		work.rows.Reset()
	}
	o.made, o.seen, o.recursing = nil, nil, false
}

func (o *recursiveOp) close() {
	o.free()
	o.left.close()
	o.right.close()
}

// workScanSpec is phys.WorkTableScan.
type workScanSpec struct {
	nodeInfo
	union  int // spec id of the recursive union
	ords   []int
	filter expr.Node
	slot   int
}

func (s *workScanSpec) make(r *run) operator { return &workScanOp{spec: s, r: r} }

type workScanOp struct {
	spec  *workScanSpec
	r     *run
	at    int
	read  *vec.Batch // all columns of the work table
	out   vec.Batch
	final vec.Batch
}

func (o *workScanOp) next() (*vec.Batch, error) {
	work := o.r.works[o.spec.union]
	for {
		if work.rows == nil || o.at >= work.rows.Len() {
			return nil, nil
		}
		if o.read == nil {
			o.read = rows.NewBatch(work.rows.Types(), 0)
			o.out.Cols = make([]*vec.Vec, len(o.spec.ords))
		}
		n, err := work.rows.Read(o.at, o.read)
		if err != nil {
			return nil, err
		}
		for i, ord := range o.spec.ords {
			o.out.Cols[i] = o.read.Cols[ord]
		}
		o.out.Sel, o.out.Rows = nil, n
		o.at += n
		ok, err := keep(o.r.ctx, o.spec.filter, o.spec.slot, &o.out, &o.final)
		if err != nil {
			return nil, err
		}
		if ok {
			return &o.final, nil
		}
	}
}

func (o *workScanOp) rewind() error { o.at = 0; return nil }
func (o *workScanOp) close()        {}
