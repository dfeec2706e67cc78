package exec

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// Appender adds many rows to a table through one plan, an INSERT of one row of
// VALUES that are parameters. It does so in two steps, because COPY makes several
// rows before it stores them: Make and Store. It belongs to one goroutine.
type Appender struct {
	run      *shortRun
	volatile bool
	// columns are the sources of the written columns, in the order of the plan's
	// Attnums; nil when a row must go through the plan's expressions one by one.
	columns  []appendColumn
	computed bool // some column has an expression
}

// appendColumn is a parameter's place, or an expression.
type appendColumn struct {
	param int
	value expr.Node // nil: the parameter
}

// NewAppender prepares to add rows. env.Params is not used.
func (p *Program) NewAppender(env Env) (*Appender, error) {
	s := p.short
	if s == nil || s.insert == nil || s.insert.conflict != nil || s.values != nil && len(s.values.rows) != 1 {
		return nil, pgerr.Internal("rows cannot be appended by this plan")
	}
	r := s.open(&env)
	ins, err := newInserter(s.insert, &r.env, r.ctx)
	if err != nil {
		r.Close()
		return nil, err
	}
	r.ins = ins
	a := &Appender{run: r, volatile: volatileValues(p.plan.Root)}
	a.findColumns()
	return a, nil
}

// findColumns finds the columns that get a parameter as it is. A conversion that
// only fits a value to its column's own type modifier is left out: Make's values
// fit already.
func (a *Appender) findColumns() {
	s := a.run.plan
	if s.values == nil || len(s.stages) > 0 {
		return
	}
	a.columns = make([]appendColumn, len(s.insert.op.Attnums))
	for k := range a.columns {
		node := s.values.rows[0][s.insert.values[k]]
		if number, ok := expr.FittedParam(node); ok {
			a.columns[k].param = number - 1
		} else {
			a.columns[k].value, a.computed = node, true
		}
	}
}

// volatileValues reports whether a row's values call volatile functions other than
// nextval.
func volatileValues(n phys.Node) bool {
	found := false
	look := func(e plan.Expr) {
		plan.Walk(e, func(x plan.Expr) bool {
			if f, ok := x.(*plan.FuncCall); ok && f.Proc.Volatility == 'v' && f.Proc.Source != "nextval_oid" {
				found = true
			}
			return !found
		})
	}
	switch n := n.(type) {
	case *phys.Project:
		for _, it := range n.Items {
			look(it.Expr)
		}
	case *phys.Values:
		for _, row := range n.Rows {
			for _, e := range row {
				look(e)
			}
		}
	}
	return found || slices.ContainsFunc(n.Inputs(), volatileValues)
}

// Volatile reports whether the values of a row may depend on the rows before it, so
// that each must be stored before the next is made.
func (a *Appender) Volatile() bool { return a.volatile }

// Make computes a row from the parameters, which are of their columns' types and
// fit their modifiers: its defaults, identity and generated columns. It checks
// NOT NULL and CHECK constraints. The row is appended to dst.
func (a *Appender) Make(dst, params []datum.Datum) ([]datum.Datum, error) {
	r, ins := a.run, a.run.ins
	if r.ctx.Params = params; a.columns == nil || a.computed {
		r.ctx.Reset(r.plan.prog.sizes) // forgets what depended on the parameters
	}
	if a.columns == nil {
		if err := a.propose(); err != nil {
			return dst, err
		}
	}
	for k := range a.columns {
		c, att := &a.columns[k], r.plan.insert.op.Attnums[k]
		if c.value == nil {
			ins.values[att-1] = params[c.param]
			continue
		}
		d, err := c.value.Row(r.ctx, nil)
		if err != nil {
			return dst, err
		}
		ins.values[att-1] = d
	}
	if err := ins.rows.fill(ins.values); err != nil {
		return dst, err
	}
	return append(dst, ins.values...), ins.t.CheckNotNull(ins.values)
}

// propose evaluates the row through all of the plan.
func (a *Appender) propose() error {
	r := a.run
	if err := r.plan.prog.compute(r.ctx); err != nil {
		return err
	}
	r.next = 0
	row, err := r.proposed()
	if err != nil {
		return err
	}
	for k, att := range r.plan.insert.op.Attnums {
		r.ins.values[att-1] = row[r.plan.insert.values[k]]
	}
	return nil
}

// Store writes a row that Make returned.
func (a *Appender) Store(values []datum.Datum) error {
	_, err := a.run.ins.w.Insert(a.run.ins.t, values)
	return err
}

// Relieve carries out checks that are due at the statement's end when they have
// become many and nothing that follows can change what they find.
func (a *Appender) Relieve() error { return a.run.ins.w.Relieve(a.run.ins.t) }

// Finish checks what is due when all rows are stored: foreign keys and deferrable
// unique keys.
func (a *Appender) Finish() error { return a.run.ins.w.Finish() }

// Close frees everything; it may be called twice.
func (a *Appender) Close() { a.run.Close() }

// proposed evaluates the next row of VALUES and what is above it.
func (r *shortRun) proposed() ([]datum.Datum, error) {
	row := r.row[:0]
	if s := r.plan; s.values != nil {
		for _, n := range s.values.rows[r.next] {
			d, err := n.Row(r.ctx, nil)
			if err != nil {
				return nil, err
			}
			row = append(row, d)
		}
	}
	r.row = row
	r.next++
	row, _, err := r.apply(row)
	return row, err
}
