package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/vec"
)

// updateSpec is phys.Update.
type updateSpec struct {
	nodeInfo
	input  spec
	op     *plan.Update
	rowID  int
	set    []int   // ordinals of the new values in the input
	atts   []int16 // the columns they are for
	target int     // spec id of the target's scan, -1 when it is not a plain one
	marks  []lockTable
	row    rowSpec
}

func (c *compiler) update(n *phys.Update) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	op := n.Op
	s := &updateSpec{nodeInfo: c.base(n), input: in, op: op, target: -1}
	ids := []plan.ColID{op.RowID}
	for _, a := range op.Set {
		ids = append(ids, a.ID)
		s.atts = append(s.atts, a.AttNum)
	}
	list, err := ords(in.info().scope, ids)
	if err != nil {
		return nil, err
	}
	s.rowID, s.set = list[0], list[1:]
	if scan := c.prog.scanOf(op.RowID); scan != nil {
		s.target = scan.id
	}
	if s.marks, err = c.lockTables(in, op.Marks); err != nil {
		return nil, err
	}
	s.row, err = c.rowSpec(op.Table, in.info().scope, rowParts{
		op.Attnums, op.Row, op.Generated, op.GenCols, op.Extra, op.Checks, op.ViewChecks, op.Returning})
	return c.finish(s, err)
}

func (s *updateSpec) make(r *run) operator {
	return &updateOp{spec: s, r: r, input: r.build(s.input), out: returned{items: s.row.returning, types: s.types}}
}

type updateOp struct {
	spec  *updateSpec
	r     *run
	input operator
	up    *updater
	out   returned
}

// updater updates rows of one table, one at a time; the short path uses it too.
type updater struct {
	spec *updateSpec
	env  *Env
	t    *table.Table
	w    *table.Writer
	keys bool // the statement names key columns
	rows rowWriter
	// again computes the base columns anew for a row that others have changed; ok
	// is false when the row does not qualify any more.
	again func(row *table.Row) (ok bool, err error)
}

// start makes the updater ready for a statement; its memory may be of an earlier one.
func (u *updater) start(s *updateSpec, env *Env, ctx *expr.Ctx) error {
	if err := env.Stmt.Tx().Writable("UPDATE"); err != nil {
		return err
	}
	t, err := env.table(s.op.Table)
	if err != nil {
		return err
	}
	work := u.rows.work
	if len(work) != s.row.width {
		work = make([]datum.Datum, s.row.width)
	}
	*u = updater{spec: s, env: env, t: t, w: t.Set().Writer(env.Stmt), keys: t.UpdateMode(s.atts) == txn.RowUpdate, again: u.again}
	u.rows = rowWriter{spec: &s.row, r: ctx, t: t, work: work}
	return nil
}

// end lets go of what belonged to the statement.
func (u *updater) end() {
	u.t, u.w, u.rows.t = nil, nil, nil
	clear(u.rows.work)
}

func (o *updateOp) next() (*vec.Batch, error) {
	if o.up == nil {
		up := new(updater)
		if err := up.start(o.spec, o.r.env, o.r.ctx); err != nil {
			return nil, err
		}
		up.again = func(row *table.Row) (bool, error) {
			return o.r.again(o.spec.input, o.spec.target, o.spec.marks, row, up.rows.work[:o.spec.row.base])
		}
		o.up = up
	}
	for {
		b, err := o.input.next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, o.up.w.Finish()
		}
		o.out.reset()
		for i := 0; i < b.Len(); i++ {
			b.Row(i, o.up.rows.work[:o.spec.row.base])
			done, err := o.up.one()
			if err == nil && done {
				o.r.touched++
				err = o.out.add(o.r.ctx, o.up.rows.work)
			}
			if err != nil {
				return nil, err
			}
		}
		if out := o.out.batch(); out != nil {
			return out, nil
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
	}
}

// one updates the row that work's base columns are about; done is false when it
// has gone or does not qualify any more.
func (u *updater) one() (done bool, err error) {
	s, work := u.spec, u.rows.work
	key, mode := []byte(work[s.rowID].Str()), txn.RowNoKeyUpdate
	if u.keys {
		mode, err = u.t.NewMode(u.env.Stmt, key, s.atts, func(i int) datum.Datum { return work[s.set[i]] })
		if err != nil {
			return false, err
		}
	}
	row, state, err := u.t.LockRow(u.env.Stmt, key, mode, txn.Wait)
	if err != nil || row == nil {
		return false, err
	}
	if state == txn.RowChanged {
		if ok, err := u.again(row); !ok || err != nil {
			return false, err
		}
	}
	values := append([]datum.Datum(nil), row.Values...)
	for i, ord := range s.set {
		values[s.atts[i]-1] = work[ord]
	}
	if err := u.rows.fill(values); err != nil {
		return false, err
	}
	if err := u.w.Update(u.t, row, values); err != nil {
		return false, err
	}
	if len(s.row.extra) > 0 || len(s.row.views) > 0 {
		at := row.Key
		if u.t.Clustered() {
			at = u.t.KeyOf(nil, values)
		}
		u.rows.extras(values, at)
	}
	return true, u.rows.viewChecks(values)
}

// again runs the statement's query for a row that others have changed, beside the
// rows of the other tables that work was made of, and stores the result in work; ok
// is false when the row does not qualify any more.
func (r *run) again(input spec, target int, marks []lockTable, row *table.Row, work []datum.Datum) (ok bool, err error) {
	if target < 0 {
		return false, pgerr.Internal("the changed row's scan is not part of the plan")
	}
	instead := map[int]*insteadRow{target: {row}}
	for _, m := range marks {
		if err := r.mark(instead, m, work[m.rowID]); err != nil {
			return false, err
		}
	}
	again, ok, err := r.recheck(input, instead)
	if ok {
		copy(work, again)
	}
	return ok, err
}

func (o *updateOp) rewind() error { return pgerr.Internal("a data-modifying node was run twice") }
func (o *updateOp) close()        { o.input.close() }

// deleteSpec is phys.Delete.
type deleteSpec struct {
	nodeInfo
	input     spec
	op        *plan.Delete
	rowID     int
	target    int
	marks     []lockTable
	returning []expr.Node
}

func (c *compiler) delete(n *phys.Delete) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &deleteSpec{nodeInfo: c.base(n), input: in, op: n.Op, target: -1}
	list, err := ords(in.info().scope, []plan.ColID{n.Op.RowID})
	if err != nil {
		return nil, err
	}
	s.rowID = list[0]
	if scan := c.prog.scanOf(n.Op.RowID); scan != nil {
		s.target = scan.id
	}
	if s.marks, err = c.lockTables(in, n.Op.Marks); err != nil {
		return nil, err
	}
	s.returning, err = c.items(n.Op.Returning, in.info().scope)
	return c.finish(s, err)
}

func (s *deleteSpec) make(r *run) operator {
	return &deleteOp{spec: s, r: r, input: r.build(s.input), out: returned{items: s.returning, types: s.types}}
}

type deleteOp struct {
	spec  *deleteSpec
	r     *run
	input operator
	del   *deleter
	out   returned
}

// deleter deletes rows of one table, one at a time; the short path uses it too.
type deleter struct {
	spec  *deleteSpec
	env   *Env
	t     *table.Table
	w     *table.Writer
	work  []datum.Datum                             // the input's row
	again func(row *table.Row) (ok bool, err error) // as updater's
}

func newDeleter(s *deleteSpec, env *Env) (*deleter, error) {
	if err := env.Stmt.Tx().Writable("DELETE"); err != nil {
		return nil, err
	}
	t, err := env.table(s.op.Table)
	if err != nil {
		return nil, err
	}
	return &deleter{spec: s, env: env, t: t, w: t.Set().Writer(env.Stmt)}, nil
}

func (o *deleteOp) next() (*vec.Batch, error) {
	if o.del == nil {
		del, err := newDeleter(o.spec, o.r.env)
		if err != nil {
			return nil, err
		}
		del.work = make([]datum.Datum, len(o.spec.input.info().types))
		del.again = func(row *table.Row) (bool, error) {
			return o.r.again(o.spec.input, o.spec.target, o.spec.marks, row, del.work)
		}
		o.del = del
	}
	for {
		b, err := o.input.next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, o.del.w.Finish()
		}
		o.out.reset()
		for i := 0; i < b.Len(); i++ {
			b.Row(i, o.del.work)
			done, err := o.del.one()
			if err == nil && done {
				o.r.touched++
				err = o.out.add(o.r.ctx, o.del.work)
			}
			if err != nil {
				return nil, err
			}
		}
		if out := o.out.batch(); out != nil {
			return out, nil
		}
		if err := o.r.interrupted(); err != nil {
			return nil, err
		}
	}
}

// one deletes the row that work is about; done is false when it has gone or does
// not qualify any more.
func (d *deleter) one() (done bool, err error) {
	row, state, err := d.t.LockRow(d.env.Stmt, []byte(d.work[d.spec.rowID].Str()), txn.RowUpdate, txn.Wait)
	if err != nil || row == nil {
		return false, err
	}
	if state == txn.RowChanged {
		if ok, err := d.again(row); !ok || err != nil {
			return false, err
		}
	}
	return true, d.w.Delete(d.t, row)
}

func (o *deleteOp) rewind() error { return pgerr.Internal("a data-modifying node was run twice") }
func (o *deleteOp) close()        { o.input.close() }
