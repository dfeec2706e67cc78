package exec

import (
	"sync"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Program is a compiled plan. It is immutable and may be run any number of
// times, also at the same time.
type Program struct {
	plan   *phys.Plan
	root   spec
	specs  []spec // by nodeInfo.id
	subs   []*subSpec
	ctes   []spec
	writes []int // CTEs that modify data
	sizes  expr.Sizes
	out    []int // the output columns' ordinals in root's rows; nil without rows
	types  []types.T
	short  *shortPlan  // nil when the plan has no short path
	early  []expr.Node // evaluated before anything else, see expr.Compiler.Early
}

// Plan returns the plan the program was compiled from.
func (p *Program) Plan() *phys.Plan { return p.plan }

// Short reports whether the plan has a short path: it touches one row, found by a
// unique key, or rows that are given.
func (p *Program) Short() bool { return p.short != nil }

// Run starts an execution. The Cursor must be closed, whatever it returned.
func (p *Program) Run(env Env) (Cursor, error) {
	if p.short != nil && env.Path != PathBatch && !env.Analyze {
		return p.short.run(&env)
	}
	kept := env // so that the argument need not be on the heap for the short path
	return p.start(&kept)
}

// Run compiles and runs a plan that is used once.
func Run(p *phys.Plan, env Env) (Cursor, error) {
	program, err := Compile(p, env.B)
	if err != nil {
		return nil, err
	}
	return program.Run(env)
}

// compute evaluates what depends on nothing but the parameters.
func (p *Program) compute(c *expr.Ctx) error {
	for _, n := range p.early {
		if _, err := n.Row(c, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) start(env *Env) (Cursor, error) {
	r := &run{env: env, prog: p, account: mem.NewAccount(env.MemLimit, env.Pool)}
	r.spaces()
	r.ctx = expr.NewCtx(env.B, p.sizes, env.Params)
	r.ctx.Exec = r
	r.ctes = make([]*cteState, len(p.ctes))
	r.subs = make([]*subState, len(p.subs))
	r.works = map[int]*workTable{}
	if env.Analyze {
		r.stats = make([]nodeStats, len(p.specs))
	}
	c := &cursor{r: r, row: make([]datum.Datum, len(p.out))}
	if err := p.compute(r.ctx); err != nil {
		return nil, err
	}
	c.op = r.build(p.root)
	return c, nil
}

// Cursor is one execution of a statement. It belongs to one goroutine.
type Cursor interface {
	// NextRow returns the next row of the result, nil at the end. It is valid
	// until the next call. A statement without RETURNING does all its work in the
	// first call.
	NextRow() ([]datum.Datum, error)
	// RowsAffected is the number for the command tag: rows written so far, or for
	// a query rows returned so far.
	RowsAffected() int64
	// PeakMemory returns the most bytes the operators held at one time.
	PeakMemory() int64
	// Close frees everything; it may be called twice.
	Close()
}

// cursor runs operators.
type cursor struct {
	r      *run
	op     operator
	batch  *vec.Batch
	pos    int
	row    []datum.Datum
	sent   int64
	ended  bool
	closed bool
}

// NextRow implements Cursor.
func (c *cursor) NextRow() ([]datum.Datum, error) {
	for c.batch == nil || c.pos >= c.batch.Len() {
		if c.ended || c.closed {
			return nil, nil
		}
		b, err := c.op.next()
		if err == nil && b == nil {
			err = c.r.finishWrites()
			c.ended = true
		}
		if err != nil {
			c.ended = true
			return nil, err
		}
		if b == nil {
			return nil, nil
		}
		c.batch, c.pos = b, 0
	}
	i := c.batch.Index(c.pos)
	for k, ord := range c.r.prog.out {
		c.row[k] = c.batch.Cols[ord].Get(i)
	}
	c.pos++
	c.sent++
	return c.row, nil
}

// NextBatch returns the next batch of the result and the ordinals of its output
// columns, or nil at the end. It must not be mixed with NextRow.
func (c *cursor) NextBatch() (*vec.Batch, []int, error) {
	if c.ended || c.closed {
		return nil, nil, nil
	}
	b, err := c.op.next()
	if b == nil {
		c.ended = true
		if err == nil {
			err = c.r.finishWrites()
		}
		return nil, nil, err
	}
	c.sent += int64(b.Len())
	return b, c.r.prog.out, err
}

// RowsAffected implements Cursor.
func (c *cursor) RowsAffected() int64 {
	switch c.r.prog.root.(type) {
	case *insertSpec, *updateSpec, *deleteSpec:
		return c.r.touched
	}
	return c.sent
}

// PeakMemory implements Cursor.
func (c *cursor) PeakMemory() int64 { return c.r.account.Peak() }

// Close implements Cursor.
func (c *cursor) Close() {
	if c.closed {
		return
	}
	c.closed = true
	c.op.close()
	c.r.closeShared()
}

// finishWrites runs data-modifying CTEs that nobody has read to their end.
func (r *run) finishWrites() error {
	for _, i := range r.prog.writes {
		st, err := r.cte(i)
		if err != nil {
			return err
		}
		if err := st.fill.all(); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) closeShared() {
	for _, st := range r.ctes {
		if st != nil {
			st.fill.close()
		}
	}
	for _, st := range r.subs {
		if st != nil && st.op != nil {
			st.op.close()
		}
	}
}

// BatchCursor is a Cursor that can hand out whole batches.
type BatchCursor interface {
	Cursor
	NextBatch() (b *vec.Batch, out []int, err error)
}

// Compile compiles a plan. b supplies the settings for folding constants; it is
// not kept.
func Compile(p *phys.Plan, b *builtin.Context) (*Program, error) {
	c := &compiler{
		prog: &Program{plan: p}, exprs: expr.NewCompiler(b),
		ctes: map[*phys.CTE]int{}, unions: map[any]int{}, cteInfo: map[*phys.CTE]*nodeInfo{},
	}
	c.exprs.Subquery = c.subquery
	return c.compile()
}

// Evaluate computes an expression that has no columns and no subqueries.
func Evaluate(b *builtin.Context, e plan.Expr, params []datum.Datum) (datum.Datum, error) {
	comp := expr.NewCompiler(b)
	n, err := comp.Compile(e, nil)
	if err != nil {
		return datum.Datum{}, err
	}
	return n.Row(expr.NewCtx(b, comp.Sizes(), params), nil)
}

// RowFunc compiles an expression over rows of the given columns for use outside
// of statements: index expressions, predicates of partial indexes, defaults. The
// function may be called from several goroutines.
func RowFunc(b *builtin.Context, e plan.Expr, cols []plan.ColID, ts []types.T) (func(row []datum.Datum) (datum.Datum, error), error) {
	comp := expr.NewCompiler(b)
	n, err := comp.Compile(e, expr.NewScope(cols, ts))
	if err != nil {
		return nil, err
	}
	sizes := comp.Sizes()
	pool := sync.Pool{New: func() any { return expr.NewCtx(b, sizes, nil) }}
	return func(row []datum.Datum) (datum.Datum, error) {
		c := pool.Get().(*expr.Ctx)
		defer pool.Put(c)
		c.Reset(sizes)
		return n.Row(c, row)
	}, nil
}
