package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/vec"
)

// lockSpec is phys.LockRows.
type lockSpec struct {
	nodeInfo
	input  spec
	tables []lockTable
}

type lockTable struct {
	plan.LockTable
	rowID  int
	target int
}

func (c *compiler) lockRows(n *phys.LockRows) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &lockSpec{nodeInfo: c.base(n), input: in}
	s.tables, err = c.lockTables(in, n.Tables)
	return c.finish(s, err)
}

// lockTables finds the row ids among the input's columns and the scans they come from.
func (c *compiler) lockTables(in spec, tables []plan.LockTable) ([]lockTable, error) {
	var list []lockTable
	for _, t := range tables {
		at, err := ords(in.info().scope, []plan.ColID{t.RowID})
		if err != nil {
			return nil, err
		}
		lt := lockTable{LockTable: t, rowID: at[0], target: -1}
		if scan := c.prog.scanOf(t.RowID); scan != nil {
			lt.target = scan.id
		}
		list = append(list, lt)
	}
	return list, nil
}

func (s *lockSpec) make(r *run) operator {
	return &lockOp{spec: s, r: r, input: r.build(s.input)}
}

// lockOp gives one row a time, so that no row is locked that nobody asks for.
type lockOp struct {
	spec  *lockSpec
	r     *run
	input operator
	batch *vec.Batch
	pos   int
	sel   [1]int32
	out   vec.Batch
	fresh *vec.Batch // holds a row that was read again
}

func (o *lockOp) next() (*vec.Batch, error) {
	for {
		if o.batch == nil || o.pos >= o.batch.Len() {
			b, err := o.input.next()
			if b == nil || err != nil {
				return nil, err
			}
			o.batch, o.pos = b, 0
		}
		i := o.batch.Index(o.pos)
		o.pos++
		again, ok, err := o.lock(i)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if again != nil {
			return o.row(again), nil
		}
		o.sel[0] = int32(i)
		o.out = vec.Batch{Cols: o.batch.Cols, Sel: o.sel[:], Rows: o.batch.Rows}
		return &o.out, nil
	}
}

// lock locks the rows that row i is made of. When others have changed one of
// them, again is the query's row as it is now.
func (o *lockOp) lock(i int) (again []datum.Datum, ok bool, err error) {
	instead := map[int]*insteadRow{}
	changed := false
	for _, lt := range o.spec.tables {
		id := o.batch.Cols[lt.rowID].Get(i)
		if id.IsNull() || lt.Mark {
			continue // the other side of an outer join, or not to be locked
		}
		t, err := o.r.env.table(lt.Table)
		if err != nil {
			return nil, false, err
		}
		row, state, err := t.LockRow(o.r.env.Stmt, []byte(id.Str()), rowMode(lt.Strength), lockPolicy(lt.Wait))
		if err != nil {
			return nil, false, err
		}
		switch {
		case state == txn.RowBusy:
			return nil, false, t.ErrRowBusy()
		case row == nil:
			return nil, false, nil
		}
		changed = changed || state == txn.RowChanged
		if lt.target >= 0 {
			instead[lt.target] = &insteadRow{row}
		}
	}
	if !changed {
		return nil, true, nil
	}
	for _, lt := range o.spec.tables {
		if instead[lt.target] == nil {
			if err := o.r.mark(instead, lt, o.batch.Cols[lt.rowID].Get(i)); err != nil {
				return nil, false, err
			}
		}
	}
	return o.r.recheck(o.spec.input, instead)
}

func rowMode(s ast.LockStrength) txn.Mode {
	switch s {
	case ast.LockForKeyShare:
		return txn.RowKeyShare
	case ast.LockForShare:
		return txn.RowShare
	case ast.LockForNoKeyUpdate:
		return txn.RowNoKeyUpdate
	}
	return txn.RowUpdate
}

func lockPolicy(w ast.LockWait) txn.Policy {
	switch w {
	case ast.LockSkip:
		return txn.SkipLocked
	case ast.LockNowait:
		return txn.NoWait
	}
	return txn.Wait
}

func (o *lockOp) row(values []datum.Datum) *vec.Batch {
	cols := make([]*vec.Vec, len(values))
	for i, d := range values {
		cols[i] = vec.New(o.spec.types[i], 1)
		cols[i].Set(0, d)
	}
	o.fresh = &vec.Batch{Cols: cols, Rows: 1}
	return o.fresh
}

func (o *lockOp) rewind() error {
	o.batch = nil
	return o.input.rewind()
}

func (o *lockOp) close() { o.input.close() }
