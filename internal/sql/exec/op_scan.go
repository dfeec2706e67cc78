package exec

import (
	"slices"
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// scanSpec is phys.Scan.
type scanSpec struct {
	nodeInfo
	scan   *phys.Scan
	cols   []int16 // what is read: the plan's columns, then what whole rows need
	whole  []int   // ordinals of whole-row columns, computed from the rest
	keys   []scanKey
	conds  []expr.Node // the conditions the keys were made of
	filter expr.Node
	slot   int
	moment momentSpec
	zones  []zoneCond
	cache  atomic.Pointer[scanTarget]
}

type scanKey struct {
	op    phys.KeyOp
	key   int
	value expr.Node
}

// scanTarget is a scan's table as it was prepared last. Executions with the same
// catalog share it.
type scanTarget struct {
	table *table.Table
	proj  *table.Projection
	index *table.Index
}

func (c *compiler) scan(n *phys.Scan) (spec, error) {
	s := &scanSpec{nodeInfo: c.base(n), scan: n, slot: c.exprs.NewSlot()}
	for i, col := range n.Columns {
		if col.AttNum == plan.AttWholeRow {
			s.whole = append(s.whole, i)
			s.cols = append(s.cols, table.AttTableOID) // its place, overwritten
			continue
		}
		s.cols = append(s.cols, col.AttNum)
	}
	if s.whole != nil {
		for _, col := range n.Table.Live() {
			s.cols = append(s.cols, col.Attnum)
		}
	}
	for _, k := range n.Keys {
		key := scanKey{op: k.Op, key: k.Key}
		if err := c.optional(k.Value, nil, &key.value); err != nil {
			return nil, err
		}
		s.keys = append(s.keys, key)
		if k.Cond != nil {
			cond, err := c.exprs.Compile(k.Cond, s.scope)
			if err != nil {
				return nil, err
			}
			s.conds = append(s.conds, cond)
		}
	}
	var err error
	if s.moment, err = c.moment(n.Moment); err != nil {
		return nil, err
	}
	if s.zones, err = c.zoneConds(s, n.Filter); err != nil {
		return nil, err
	}
	return c.finish(s, c.optional(n.Filter, s.scope, &s.filter))
}

func (s *scanSpec) make(r *run) operator {
	if row := r.instead[s.id]; row != nil {
		return &insteadOp{spec: s, r: r, row: row}
	}
	return &scanOp{spec: s, r: r}
}

// target returns the table to read in this execution.
func (s *scanSpec) target(env *Env) (*scanTarget, error) {
	t, err := env.table(s.scan.Table)
	if err != nil {
		return nil, err
	}
	if have := s.cache.Load(); have != nil && have.table == t {
		return have, nil
	}
	out := &scanTarget{table: t}
	if out.proj, err = t.Project(s.cols); err != nil {
		return nil, err
	}
	if s.scan.Index != nil {
		if out.index = t.Index(s.scan.Index.OID); out.index == nil {
			return nil, pgerr.Internal("index %q is not part of table %q", s.scan.Index.Name, s.scan.Table.Name)
		}
	}
	s.cache.Store(out)
	return out, nil
}

// table returns the table of a descriptor.
func (e *Env) table(desc *catalog.Table) (*table.Table, error) {
	if e.TableOf != nil {
		return e.TableOf(desc)
	}
	if e.Tables == nil {
		return nil, pgerr.Internal("no tables to read %q from", desc.Name)
	}
	return e.Tables.Table(desc.OID)
}

type scanOp struct {
	spec   *scanSpec
	r      *run
	target *scanTarget
	st     *txn.Statement
	spans  []table.Span
	lookup [][]byte // keys of single rows, instead of spans
	from   table.ScanSpec
	ready  bool
	sc     *table.Scanner
	size   ramp
	out    *vec.Batch
	row    []datum.Datum
	final  vec.Batch
	extent momentExtent
}

// start evaluates the moment and the keys.
func (o *scanOp) start() error {
	o.ready = true
	s := o.spec
	var err error
	if o.target == nil {
		if o.target, err = s.target(o.r.env); err != nil {
			return err
		}
	}
	if o.extent, err = s.moment.resolve(o.r.env, o.r.ctx, o.target.table); err != nil {
		return err
	}
	o.spans, o.lookup = nil, nil
	if o.extent.empty {
		return nil
	}
	o.st = o.extent.statement(o.r.env.Stmt)
	o.from = table.ScanSpec{
		Reverse: s.scan.Backward, History: o.extent.history, From: o.extent.from, To: o.extent.to,
		Segments: o.r.env.Segments, Zones: s.zoneValues(o.r.ctx, o.target.proj),
	}
	if o.target.index == nil {
		o.spans = []table.Span{{}}
		if p := o.r.part; p != nil && p.scan == s.id {
			o.spans = []table.Span{p.span}
		}
		return nil
	}
	o.from.Index = o.target.index
	if s.scan.Unique && o.target.index.Clustering() && !o.extent.history {
		o.lookup, err = s.rowKeys(o.r.ctx, o.target)
		return err
	}
	o.spans, err = s.ranges(o.r.ctx, o.target.index)
	if s.scan.Backward {
		slices.Reverse(o.spans)
	}
	return err
}

// rowKeys evaluates the keys of the single rows a unique scan reads.
func (s *scanSpec) rowKeys(c *expr.Ctx, t *scanTarget) ([][]byte, error) {
	eq, ok, err := s.prefixes(c)
	if err != nil || !ok {
		return nil, err
	}
	keys := make([][]byte, len(eq))
	for i, values := range eq {
		keys[i] = t.table.Key(nil, values)
	}
	slices.SortFunc(keys, func(a, b []byte) int { return slices.Compare(a, b) })
	return slices.CompactFunc(keys, slices.Equal[[]byte]), nil
}

// prefixes evaluates the conditions on leading key columns: one list of values
// for each combination, several when there is an = ANY. ok is false when a NULL
// rules out every row.
func (s *scanSpec) prefixes(c *expr.Ctx) (eq [][]datum.Datum, ok bool, err error) {
	eq = [][]datum.Datum{nil}
	for _, k := range s.keys {
		switch k.op {
		case phys.KeyIsNull:
			for i := range eq {
				eq[i] = append(eq[i], datum.Datum{})
			}
		case phys.KeyEQ, phys.KeyAny:
			d, err := k.value.Row(c, nil)
			if err != nil || d.IsNull() {
				return nil, false, err
			}
			values := []datum.Datum{d}
			if k.op == phys.KeyAny {
				values = d.Array().Elems
			}
			if eq = combine(eq, values); len(eq) == 0 {
				return nil, false, nil
			}
		}
	}
	return eq, true, nil
}

// combine appends each value to each prefix, NULLs left out.
func combine(eq [][]datum.Datum, values []datum.Datum) [][]datum.Datum {
	if len(values) == 1 && !values[0].IsNull() {
		for i := range eq {
			eq[i] = append(eq[i], values[0])
		}
		return eq
	}
	var out [][]datum.Datum
	for _, prefix := range eq {
		for _, v := range values {
			if !v.IsNull() {
				out = append(out, append(slices.Clone(prefix), v))
			}
		}
	}
	return out
}

// ranges evaluates the keys to spans of the index, in its order and without
// repeats.
func (s *scanSpec) ranges(c *expr.Ctx, x *table.Index) ([]table.Span, error) {
	eq, ok, err := s.prefixes(c)
	if err != nil || !ok {
		return nil, err
	}
	var lower, upper *table.Bound
	for _, k := range s.keys {
		switch k.op {
		case phys.KeyLT, phys.KeyLE, phys.KeyGT, phys.KeyGE:
		default:
			continue
		}
		d, err := k.value.Row(c, nil)
		if err != nil || d.IsNull() {
			return nil, err
		}
		b := &table.Bound{Value: d, Inclusive: k.op == phys.KeyLE || k.op == phys.KeyGE}
		if k.op == phys.KeyGT || k.op == phys.KeyGE {
			lower = tighter(lower, b, 1)
		} else {
			upper = tighter(upper, b, -1)
		}
	}
	spans := make([]table.Span, len(eq))
	for i, values := range eq {
		spans[i] = x.Span(values, lower, upper)
	}
	if len(spans) > 1 {
		slices.SortFunc(spans, func(a, b table.Span) int { return slices.Compare(a.Lower, b.Lower) })
		spans = slices.CompactFunc(spans, func(a, b table.Span) bool { return slices.Equal(a.Lower, b.Lower) })
	}
	return spans, nil
}

// tighter returns the bound that leaves fewer rows; sign is 1 for lower bounds.
func tighter(a, b *table.Bound, sign int) *table.Bound {
	if a == nil {
		return b
	}
	if c := datum.Compare(b.Value, a.Value) * sign; c > 0 || c == 0 && !b.Inclusive {
		return b
	}
	return a
}

func (o *scanOp) next() (*vec.Batch, error) {
	if !o.ready {
		if err := o.start(); err != nil {
			return nil, err
		}
	}
	for {
		n, err := o.read()
		if err != nil || n == 0 {
			return nil, err
		}
		if o.spec.whole != nil {
			o.wholeRows(n)
		}
		ok, err := keep(o.r.ctx, o.spec.filter, o.spec.slot, o.out, &o.final)
		if err != nil {
			return nil, err
		}
		if o.r.stats != nil {
			o.r.stats[o.spec.id].removed += int64(n - o.final.Len())
		}
		if ok {
			return &o.final, nil
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
	}
}

// read fills the batch with the next rows.
func (o *scanOp) read() (int, error) {
	for {
		if len(o.lookup) > 0 {
			return o.readKeys()
		}
		if o.sc == nil {
			if len(o.spans) == 0 {
				return 0, nil
			}
			spec := o.from
			spec.Span = o.spans[0]
			o.spans = o.spans[1:]
			o.sc = o.target.table.Scan(o.st, o.target.proj, spec)
		}
		limit := o.size.next()
		if o.out == nil {
			o.out = o.target.proj.NewBatch(limit)
		}
		n, err := o.sc.Next(o.out, limit)
		if n > 0 || err != nil {
			return n, err
		}
		if err := o.endScan(); err != nil {
			return 0, err
		}
	}
}

// endScan closes the scanner.
func (o *scanOp) endScan() error {
	if st, ok := o.sc.SegmentStats(); ok && o.r.stats != nil {
		s := &o.r.stats[o.spec.id].segments
		s.Used++
		s.Skipped += st.Skipped
		s.Read += st.Blocks
		s.Left += st.Left
	}
	err := o.sc.Close()
	o.sc = nil
	return err
}

// readKeys reads the rows of the keys that are left, a batch at a time.
func (o *scanOp) readKeys() (int, error) {
	if o.out == nil {
		o.out = o.target.proj.NewBatch(min(len(o.lookup), vec.MaxRows))
		o.row = make([]datum.Datum, len(o.spec.cols))
	}
	clearBatch(o.out, min(len(o.lookup), vec.MaxRows))
	n := 0
	for len(o.lookup) > 0 && n < vec.MaxRows {
		found, err := o.target.proj.Get(o.st, o.lookup[0], o.row)
		if err != nil {
			return 0, err
		}
		o.lookup = o.lookup[1:]
		if !found {
			continue
		}
		for i, d := range o.row {
			o.out.Cols[i].Set(n, d)
		}
		n++
	}
	o.out.Rows = n
	return n, nil
}

// wholeRows computes the columns that are the row as one value.
func (o *scanOp) wholeRows(n int) {
	width := len(o.spec.scan.Columns)
	live := o.spec.scan.Table.Live()
	names, kinds := make([]string, len(live)), make([]uint32, len(live))
	for i, col := range live {
		names[i], kinds[i] = col.Name, uint32(col.Type.OID)
	}
	for _, ord := range o.spec.whole {
		v := vec.New(types.Of(types.Record), n)
		for i := 0; i < n; i++ {
			fields := make([]datum.Datum, len(live))
			for k := range fields {
				fields[k] = o.out.Cols[width+k].Get(i)
			}
			v.Data[i] = datum.NewRecord(&datum.RecordValue{TypeOID: uint32(types.Record), Types: kinds, Names: names, Fields: fields})
		}
		o.out.Cols[ord] = v
	}
}

func (o *scanOp) rewind() error {
	o.closeScanner()
	o.ready, o.size = false, ramp{}
	return nil
}

func (o *scanOp) closeScanner() {
	if o.sc != nil {
		// An error of a scan that nobody reads to its end is of no interest.
		_ = o.endScan()
	}
}

func (o *scanOp) close() { o.closeScanner() }
