package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/vec"
)

// insteadRow is the row that stands in for a scan: the newest version of one that
// others have changed, or the one that the scan gave before. Without a row the
// scan gives none, as on the empty side of an outer join.
type insteadRow struct{ row *table.Row }

// insteadOp gives that row, if the scan's conditions hold for it.
type insteadOp struct {
	spec  *scanSpec
	r     *run
	row   *insteadRow
	done  bool
	out   *vec.Batch
	final vec.Batch
}

func (o *insteadOp) next() (*vec.Batch, error) {
	if o.done || o.row.row == nil {
		return nil, nil
	}
	o.done = true
	s := o.spec
	values := make([]datum.Datum, len(s.cols))
	for i, att := range s.cols {
		values[i] = systemValue(att, s.scan.Table.OID, o.row.row)
	}
	if o.out == nil {
		o.out = rows.NewBatch(s.types, 1)
		for len(o.out.Cols) < len(s.cols) { // what whole rows are made of
			att := s.cols[len(o.out.Cols)]
			o.out.Cols = append(o.out.Cols, vec.New(s.scan.Table.ByAttnum(att).Type, 1))
		}
	}
	clearBatch(o.out, 1)
	o.out.Rows = 1
	for i, d := range values {
		if i >= len(s.types) || s.scan.Columns[i].AttNum != plan.AttWholeRow {
			o.out.Cols[i].Set(0, d)
		}
	}
	if s.whole != nil {
		scan := scanOp{spec: s, r: o.r, out: o.out}
		scan.wholeRows(1)
	}
	for _, cond := range s.conds {
		v, err := cond.Vec(o.r.ctx, o.out, nil)
		if err != nil || v.Nulls.Get(0) || v.Ints[0] == 0 {
			return nil, err
		}
	}
	ok, err := keep(o.r.ctx, s.filter, s.slot, o.out, &o.final)
	if !ok || err != nil {
		return nil, err
	}
	return &o.final, nil
}

func (o *insteadOp) rewind() error { o.done = false; return nil }
func (o *insteadOp) close()        {}

// systemValue returns a column of a locked row; what only a stored version has is
// NULL.
func systemValue(att int16, oid uint32, row *table.Row) datum.Datum {
	switch {
	case att > 0:
		return row.Values[att-1]
	case att == plan.AttRowID:
		return datum.NewText(string(row.Key))
	case att == plan.AttTableOID:
		return datum.NewInt(int64(oid))
	}
	return datum.Datum{}
}

// mark lets a scan give again the row it gave before; id is the row's key.
func (r *run) mark(instead map[int]*insteadRow, t lockTable, id datum.Datum) error {
	if t.target < 0 {
		return nil
	}
	if id.IsNull() {
		instead[t.target] = &insteadRow{}
		return nil
	}
	tab, err := r.env.table(t.Table)
	if err != nil {
		return err
	}
	row, err := tab.Seen(r.env.Stmt, []byte(id.Str()))
	instead[t.target] = &insteadRow{row}
	return err
}

// recheck runs a query again with some scans replaced by the newest versions of
// their rows (EvalPlanQual), and returns its first row: what the statement
// would have seen had it come later. ok is false when there is none.
func (r *run) recheck(input spec, instead map[int]*insteadRow) (row []datum.Datum, ok bool, err error) {
	sub := &run{env: r.env, prog: r.prog, account: r.account, works: map[int]*workTable{}, instead: instead}
	sub.spaces()
	sub.ctes = make([]*cteState, len(r.ctes))
	sub.subs = make([]*subState, len(r.subs))
	sub.ctx = expr.NewCtx(r.env.B, r.prog.sizes, r.env.Params)
	copy(sub.ctx.Outer, r.ctx.Outer)
	sub.ctx.Exec = sub
	op := sub.build(input)
	defer sub.closeShared()
	defer op.close()
	b, err := op.next()
	if b == nil || err != nil {
		return nil, false, err
	}
	row = make([]datum.Datum, len(b.Cols))
	b.Row(0, row)
	return row, true, nil
}

// scanOf finds the scan that produces a column, under a spec.
func (p *Program) scanOf(id plan.ColID) *scanSpec {
	for _, s := range p.specs {
		if scan, ok := s.(*scanSpec); ok {
			if _, has := scan.scope.Ord(id); has {
				return scan
			}
		}
	}
	return nil
}
