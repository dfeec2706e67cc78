package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// insertSpec is phys.Insert.
type insertSpec struct {
	nodeInfo
	input    spec
	op       *plan.Insert
	values   []int // ordinals of the input's columns, one for each attnum
	row      rowSpec
	conflict *conflictSpec
}

// conflictSpec is ON CONFLICT. Its expressions see the existing row's columns,
// further ones of it, and the proposed row's; set's generated columns and checks
// are after's.
type conflictSpec struct {
	op    *plan.OnConflict
	set   []assign
	where expr.Node
	after rowSpec
}

func (c *compiler) insert(n *phys.Insert) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	op := n.Op
	s := &insertSpec{nodeInfo: c.base(n), input: in, op: op}
	if s.values, err = ords(in.info().scope, op.Values); err != nil {
		return nil, err
	}
	parts := rowParts{op.Attnums, op.Row, op.Generated, op.GenCols, op.Extra, op.Checks, op.ViewChecks, op.Returning}
	if s.row, err = c.rowSpec(op.Table, expr.NewScope(nil, nil), parts); err != nil {
		return nil, err
	}
	if op.OnConflict != nil {
		s.conflict, err = c.onConflict(op, parts)
	}
	return c.finish(s, err)
}

func (c *compiler) onConflict(op *plan.Insert, parts rowParts) (*conflictSpec, error) {
	s := &conflictSpec{op: op.OnConflict}
	scope := expr.NewScope(nil, nil)
	kinds := make([]types.T, len(op.Attnums))
	for i, att := range op.Attnums {
		kinds[i] = op.Table.ByAttnum(att).Type
	}
	scope.Add(s.op.Existing, kinds)
	for _, x := range s.op.ExistingExtra {
		t := extraType(x.AttNum)
		if x.AttNum > 0 {
			t = op.Table.ByAttnum(x.AttNum).Type
		}
		scope.Add([]plan.ColID{x.ID}, []types.T{t})
	}
	scope.Add(s.op.Excluded, kinds[:len(s.op.Excluded)])
	for _, a := range s.op.Set {
		n, err := c.exprs.Compile(a.Expr, scope)
		if err != nil {
			return nil, err
		}
		s.set = append(s.set, assign{a.AttNum, n})
	}
	if err := c.optional(s.op.Where, scope, &s.where); err != nil {
		return nil, err
	}
	var err error
	if s.after, err = c.rowSpec(op.Table, scope, parts); err != nil {
		return nil, err
	}
	if s.op.Unmatched {
		return nil, pgerr.New(pgcode.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return s, nil
}

func (s *insertSpec) make(r *run) operator {
	return &insertOp{spec: s, r: r, input: r.build(s.input), out: returned{items: s.row.returning, types: s.types}}
}

type insertOp struct {
	spec  *insertSpec
	r     *run
	input operator
	ins   *inserter
	out   returned
}

// inserter inserts rows of one table; the short path uses it too.
type inserter struct {
	spec   *insertSpec
	env    *Env
	ctx    *expr.Ctx
	t      *table.Table
	w      *table.Writer
	rows   rowWriter
	values []datum.Datum

	arbiters []*table.Index
	after    rowWriter
	mine     map[string]struct{} // keys this statement wrote, for 21000
	mode     txn.Mode
}

func newInserter(s *insertSpec, env *Env, ctx *expr.Ctx) (*inserter, error) {
	if err := env.Stmt.Tx().Writable("INSERT"); err != nil {
		return nil, err
	}
	t, err := env.table(s.op.Table)
	if err != nil {
		return nil, err
	}
	in := &inserter{spec: s, env: env, ctx: ctx, t: t, w: t.Set().Writer(env.Stmt)}
	in.values = make([]datum.Datum, len(t.Desc.Columns))
	in.rows = rowWriter{spec: &s.row, r: ctx, t: t, work: make([]datum.Datum, s.row.width)}
	if k := s.conflict; k != nil {
		for _, oid := range k.op.Indexes {
			x := t.Index(oid)
			if x == nil {
				return nil, pgerr.Internal("arbiter index %d is not of table %q", oid, t.Desc.Name)
			}
			in.arbiters = append(in.arbiters, x)
		}
		if k.op.DoUpdate {
			in.after = rowWriter{spec: &k.after, r: ctx, t: t, work: make([]datum.Datum, k.after.width)}
			in.mine = map[string]struct{}{}
			in.mode = t.UpdateMode(setAttnums(k.set))
		}
	}
	return in, nil
}

func setAttnums(set []assign) []int16 {
	list := make([]int16, len(set))
	for i, a := range set {
		list[i] = a.att
	}
	return list
}

// insert writes in.values. work is the row RETURNING sees, nil when nothing was
// written.
func (in *inserter) insert() (work []datum.Datum, err error) {
	if err := in.rows.fill(in.values); err != nil {
		return nil, err
	}
	if in.spec.conflict != nil {
		if err := in.t.CheckNotNull(in.values); err != nil {
			return nil, err
		}
		for {
			key, _, err := in.w.Conflict(in.t, in.values, in.arbiters)
			if err != nil {
				return nil, err
			}
			if key == nil {
				break
			}
			if !in.spec.conflict.op.DoUpdate {
				return nil, in.unseen(key)
			}
			work, done, err := in.resolve(key)
			if done || err != nil {
				return work, err
			}
		}
	}
	key, err := in.w.Insert(in.t, in.values)
	if err != nil {
		return nil, err
	}
	if in.mine != nil {
		in.mine[string(key)] = struct{}{}
	}
	in.rows.extras(in.values, key)
	return in.rows.work, in.rows.viewChecks(in.values)
}

// unseen gives REPEATABLE READ's error for DO NOTHING because of a row its
// snapshot does not show.
func (in *inserter) unseen(key []byte) error {
	st := in.env.Stmt
	if st.Tx().Options().Isolation == txn.ReadCommitted {
		return nil
	}
	_, changed, err := in.t.LockNewest(st, key, txn.RowKeyShare)
	if err == nil && changed {
		err = table.ErrChanged()
	}
	return err
}

// resolve is DO UPDATE for the row at key; done is false when that row has gone
// in the meantime.
func (in *inserter) resolve(key []byte) (work []datum.Datum, done bool, err error) {
	if _, again := in.mine[string(key)]; again {
		return nil, true, pgerr.New(pgcode.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
			WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
	}
	st := in.env.Stmt
	row, changed, err := in.t.LockNewest(st, key, in.mode)
	if err != nil || row == nil {
		return nil, false, err
	}
	if changed && st.Tx().Options().Isolation != txn.ReadCommitted {
		return nil, true, table.ErrChanged()
	}
	k := in.spec.conflict
	in.loadConflict(row)
	if k.where != nil {
		if ok, err := expr.True(in.ctx, k.where, in.after.work); !ok || err != nil {
			return nil, true, err
		}
	}
	values := append([]datum.Datum(nil), row.Values...)
	for _, a := range k.set {
		if values[a.att-1], err = a.value.Row(in.ctx, in.after.work); err != nil {
			return nil, true, err
		}
	}
	if err := in.after.fill(values); err != nil {
		return nil, true, err
	}
	if err := in.w.Update(in.t, row, values); err != nil {
		return nil, true, err
	}
	at := row.Key
	if in.t.Clustered() {
		at = in.t.KeyOf(nil, values)
	}
	in.mine[string(at)] = struct{}{}
	in.after.extras(values, at)
	return in.after.work, true, in.after.viewChecks(values)
}

// returning returns RETURNING's expressions over the row that insert gave: a row
// that was updated instead is laid out in another way.
func (in *inserter) returning(work []datum.Datum) []expr.Node {
	if after := in.after.work; len(after) > 0 && &work[0] == &after[0] {
		return in.spec.conflict.after.returning
	}
	return in.spec.row.returning
}

// loadConflict puts the existing and the proposed row where SET and WHERE look.
func (in *inserter) loadConflict(row *table.Row) {
	op, ins := in.spec.conflict.op, in.spec.op
	work := in.after.work
	for i := range op.Existing {
		work[i] = row.Values[ins.Attnums[i]-1]
	}
	at := len(op.Existing)
	for i, x := range op.ExistingExtra {
		work[at+i] = systemValue(x.AttNum, ins.Table.OID, row)
	}
	at += len(op.ExistingExtra)
	for i := range op.Excluded {
		work[at+i] = in.values[ins.Attnums[i]-1]
	}
}

func (o *insertOp) next() (*vec.Batch, error) {
	if o.ins == nil {
		ins, err := newInserter(o.spec, o.r.env, o.r.ctx)
		if err != nil {
			return nil, err
		}
		o.ins = ins
	}
	for {
		b, err := o.input.next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, o.ins.w.Finish()
		}
		o.out.reset()
		for i := 0; i < b.Len(); i++ {
			if err := o.one(b, b.Index(i)); err != nil {
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

func (o *insertOp) one(b *vec.Batch, r int) error {
	for k, att := range o.spec.op.Attnums {
		o.ins.values[att-1] = b.Cols[o.spec.values[k]].Get(r)
	}
	work, err := o.ins.insert()
	if err != nil || work == nil {
		return err
	}
	o.r.touched++
	o.out.items = o.ins.returning(work)
	return o.out.add(o.r.ctx, work)
}

func (o *insertOp) rewind() error { return pgerr.Internal("a data-modifying node was run twice") }
func (o *insertOp) close()        { o.input.close() }
