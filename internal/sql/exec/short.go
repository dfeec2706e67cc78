package exec

import (
	"sync"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/vec"
)

// shortPlan is the short path of a plan that touches one row: found by all
// columns of a unique key, or given by VALUES. Row by row it does what the
// operators would, with the same expression nodes and the same writers.
//
// A plan has one by its shape alone: any number of filters, projections and limits over
// such a scan or VALUES, and above them nothing, an Insert, an Update or a Delete.
type shortPlan struct {
	prog   *Program
	scan   *scanSpec   // nil: values
	values *valuesSpec // nil: scan, or a row without columns
	stages []shortStage
	insert *insertSpec
	update *updateSpec
	delete *deleteSpec
	pool   sync.Pool // of *shortRun
}

// shortStage is a filter, a projection or a limit.
type shortStage struct {
	cond  expr.Node
	items []expr.Node
	limit *limitSpec
}

// shortRowsMax bounds the rows of VALUES that are inserted without operators.
const shortRowsMax = 16

// shortPath returns the plan's short path, or nil.
func (c *compiler) shortPath() *shortPlan {
	p := c.prog
	if len(p.subs) > 0 || len(p.ctes) > 0 {
		return nil
	}
	s := &shortPlan{prog: p}
	in := p.root
	switch n := in.(type) {
	case *insertSpec:
		s.insert, in = n, n.input
	case *updateSpec:
		s.update, in = n, n.input
	case *deleteSpec:
		s.delete, in = n, n.input
	}
	if !s.chain(in) || (s.scan == nil) != (s.insert != nil) {
		return nil
	}
	return s
}

// chain takes in the nodes under the root, innermost stage first.
func (s *shortPlan) chain(in spec) bool {
	switch n := in.(type) {
	case *filterSpec:
		ok := s.chain(n.input)
		s.stages = append(s.stages, shortStage{cond: n.cond})
		return ok
	case *projectSpec:
		ok := s.chain(n.input)
		s.stages = append(s.stages, shortStage{items: n.items})
		return ok
	case *limitSpec:
		ok := s.chain(n.input)
		s.stages = append(s.stages, shortStage{limit: n})
		return ok && s.scan != nil
	case *sortSpec:
		return n.top == nil && n.skip == nil && s.chain(n.input) && s.scan != nil // one row is sorted
	case *scanSpec:
		s.scan = n
		return n.singleRow()
	case *valuesSpec:
		s.values = n
		return len(n.rows) <= shortRowsMax
	case *resultSpec:
		return n.cond == nil && s.insert != nil
	}
	return false
}

// singleRow reports whether the scan reads at most one row, of the present or as
// of one moment.
func (s *scanSpec) singleRow() bool {
	if !s.scan.Unique || s.moment.kind != plan.Present && s.moment.kind != plan.AsOf || s.whole != nil {
		return false
	}
	for _, k := range s.keys {
		if k.op != phys.KeyEQ {
			return false
		}
	}
	return true
}

// shortRun is one execution of a short path. It is used again after Close.
type shortRun struct {
	plan  *shortPlan
	env   Env
	ctx   *expr.Ctx
	state shortState
	next  int // next row of VALUES
	count int64

	target *scanTarget
	stmt   *txn.Statement // what the row is read through
	key    []byte
	eq     []datum.Datum
	row    []datum.Datum   // as scanned
	bufs   [][]datum.Datum // results of the projections
	out    []datum.Datum
	ins    *inserter
	up     updater
	one    *vec.Batch // for unique indexes that are not the clustering key
}

type shortState uint8

const (
	shortNew shortState = iota
	shortDone
	shortClosed
)

func (s *shortPlan) run(env *Env) (Cursor, error) {
	r := s.open(env)
	if err := s.prog.compute(r.ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// open prepares an execution.
func (s *shortPlan) open(env *Env) *shortRun {
	r, _ := s.pool.Get().(*shortRun)
	if r == nil {
		r = &shortRun{plan: s, ctx: expr.NewCtx(nil, s.prog.sizes, nil)}
		for _, st := range s.stages {
			r.bufs = append(r.bufs, make([]datum.Datum, len(st.items)))
		}
		r.out = make([]datum.Datum, len(s.prog.out))
	}
	r.env, r.state, r.next, r.count = *env, shortNew, 0, 0
	r.ctx.Reset(s.prog.sizes)
	r.ctx.B, r.ctx.Params = env.B, env.Params
	return r
}

// NextRow implements Cursor.
func (r *shortRun) NextRow() ([]datum.Datum, error) {
	if r.state != shortNew {
		return nil, nil
	}
	if r.plan.insert != nil {
		return r.insert()
	}
	r.state = shortDone
	found, err := r.fetch()
	if !found || err != nil {
		return nil, err
	}
	row, ok, err := r.apply(r.row)
	if !ok || err != nil {
		return nil, err
	}
	switch {
	case r.plan.update != nil:
		return r.update(row)
	case r.plan.delete != nil:
		return r.delete(row)
	}
	r.count = 1
	return r.result(row), nil
}

func (r *shortRun) result(row []datum.Datum) []datum.Datum {
	for k, ord := range r.plan.prog.out {
		r.out[k] = row[ord]
	}
	return r.out
}

// fetch reads the row of the scan's key into r.row.
func (r *shortRun) fetch() (bool, error) {
	s := r.plan.scan
	target, err := s.target(&r.env)
	if err != nil {
		return false, err
	}
	if r.target = target; len(r.row) != len(s.cols) {
		r.row = make([]datum.Datum, len(s.cols))
	}
	extent, err := s.moment.resolve(&r.env, r.ctx, target.table)
	if err != nil || extent.empty {
		return false, err
	}
	r.stmt = extent.statement(r.env.Stmt)
	r.eq = r.eq[:0]
	for i := range s.keys {
		d, err := s.keys[i].value.Row(r.ctx, nil)
		if err != nil || d.IsNull() {
			return false, err
		}
		r.eq = append(r.eq, d)
	}
	if target.index.Clustering() {
		r.key = target.table.Key(r.key[:0], r.eq)
		found, err := target.proj.Get(r.stmt, r.key, r.row)
		if !found || err != nil {
			return false, err
		}
	} else if found, err := r.fetchIndexed(); !found || err != nil {
		return false, err
	}
	if s.filter == nil {
		return true, nil
	}
	return expr.True(r.ctx, s.filter, r.row)
}

// fetchIndexed looks the row up in a unique index.
func (r *shortRun) fetchIndexed() (bool, error) {
	t := r.target
	if r.one == nil {
		r.one = t.proj.NewBatch(1)
	}
	sc := t.table.Scan(r.stmt, t.proj, table.ScanSpec{Index: t.index, Span: t.index.Span(r.eq, nil, nil)})
	n, err := sc.Next(r.one, 1)
	if closed := sc.Close(); err == nil {
		err = closed
	}
	if n == 0 || err != nil {
		return false, err
	}
	r.one.Row(0, r.row)
	return true, nil
}

// apply runs the filters and projections; ok is false when a filter drops the row.
func (r *shortRun) apply(row []datum.Datum) (out []datum.Datum, ok bool, err error) {
	for i := range r.plan.stages {
		st := &r.plan.stages[i]
		if st.cond != nil {
			if ok, err := expr.True(r.ctx, st.cond, row); !ok || err != nil {
				return nil, false, err
			}
			continue
		}
		if st.limit != nil {
			if ok, err := r.within(st.limit); !ok || err != nil {
				return nil, false, err
			}
			continue
		}
		buf := r.bufs[i]
		for k, n := range st.items {
			if buf[k], err = n.Row(r.ctx, row); err != nil {
				return nil, false, err
			}
		}
		row = buf
	}
	return row, true, nil
}

// within reports whether a LIMIT lets the only row through.
func (r *shortRun) within(l *limitSpec) (bool, error) {
	skip, err := rowCount(r.ctx, l.offset, "OFFSET")
	if err != nil {
		return false, err
	}
	count, err := rowCount(r.ctx, l.count, "LIMIT")
	return count != 0 && skip <= 0, err
}

// insert inserts the rows of VALUES, up to the next one that RETURNING gives.
func (r *shortRun) insert() ([]datum.Datum, error) {
	s := r.plan
	if r.next == 0 {
		ins, err := newInserter(s.insert, &r.env, r.ctx)
		if err != nil {
			r.state = shortDone
			return nil, err
		}
		r.ins = ins
	}
	rows := 1
	if s.values != nil {
		rows = len(s.values.rows)
	}
	for r.next < rows {
		out, err := r.insertOne()
		if err != nil {
			r.state = shortDone
			return nil, err
		}
		if out != nil {
			return out, nil
		}
	}
	r.state = shortDone
	return nil, r.ins.w.Finish()
}

func (r *shortRun) insertOne() ([]datum.Datum, error) {
	s := r.plan
	row, err := r.proposed()
	if err != nil {
		return nil, err
	}
	for k, att := range s.insert.op.Attnums {
		r.ins.values[att-1] = row[s.insert.values[k]]
	}
	work, err := r.ins.insert()
	if work == nil || err != nil {
		return nil, err
	}
	r.count++
	return r.returned(r.ins.returning(work), work)
}

// returned computes RETURNING; nil without.
func (r *shortRun) returned(items []expr.Node, work []datum.Datum) ([]datum.Datum, error) {
	if items == nil {
		return nil, nil
	}
	for k, ord := range r.plan.prog.out {
		d, err := items[ord].Row(r.ctx, work)
		if err != nil {
			return nil, err
		}
		r.out[k] = d
	}
	return r.out, nil
}

// again evaluates the chain for the newest version of the row.
func (r *shortRun) again(row *table.Row) (out []datum.Datum, ok bool, err error) {
	s := r.plan.scan
	for i, att := range s.cols {
		r.row[i] = systemValue(att, s.scan.Table.OID, row)
	}
	for _, cond := range s.conds {
		if ok, err := expr.True(r.ctx, cond, r.row); !ok || err != nil {
			return nil, false, err
		}
	}
	if s.filter != nil {
		if ok, err := expr.True(r.ctx, s.filter, r.row); !ok || err != nil {
			return nil, false, err
		}
	}
	return r.apply(r.row)
}

func (r *shortRun) update(row []datum.Datum) ([]datum.Datum, error) {
	s := r.plan.update
	u := &r.up
	if err := u.start(s, &r.env, r.ctx); err != nil {
		return nil, err
	}
	if u.again == nil {
		u.again = func(changed *table.Row) (bool, error) {
			out, ok, err := r.again(changed)
			if ok {
				copy(r.up.rows.work, out)
			}
			return ok, err
		}
	}
	copy(u.rows.work, row)
	done, err := u.one()
	if err != nil {
		return nil, err
	}
	var out []datum.Datum
	if done {
		r.count = 1
		if out, err = r.returned(s.row.returning, u.rows.work); err != nil {
			return nil, err
		}
	}
	return out, u.w.Finish()
}

func (r *shortRun) delete(row []datum.Datum) ([]datum.Datum, error) {
	s := r.plan.delete
	d, err := newDeleter(s, &r.env)
	if err != nil {
		return nil, err
	}
	d.work = append(d.work[:0], row...)
	d.again = func(changed *table.Row) (bool, error) {
		out, ok, err := r.again(changed)
		if ok {
			copy(d.work, out)
		}
		return ok, err
	}
	done, err := d.one()
	if err != nil {
		return nil, err
	}
	var out []datum.Datum
	if done {
		r.count = 1
		if out, err = r.returned(s.returning, d.work); err != nil {
			return nil, err
		}
	}
	return out, d.w.Finish()
}

// RowsAffected implements Cursor.
func (r *shortRun) RowsAffected() int64 { return r.count }

// PeakMemory implements Cursor.
func (r *shortRun) PeakMemory() int64 { return 0 }

// Close implements Cursor.
func (r *shortRun) Close() {
	if r.state == shortClosed {
		return
	}
	r.state = shortClosed
	r.env, r.stmt, r.ins, r.ctx.B, r.ctx.Params = Env{}, nil, nil, nil, nil
	r.up.end()
	r.plan.pool.Put(r)
}
