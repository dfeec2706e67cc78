package exec

import (
	"context"
	"errors"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// operator produces rows. It belongs to one goroutine.
type operator interface {
	// next returns the next batch that has rows, nil at the end.
	next() (*vec.Batch, error)
	// rewind makes the operator start again, with the outer values of now.
	rewind() error
	// close frees what it holds; it may be called twice.
	close()
}

// spec is a compiled node of a plan: it makes operators.
type spec interface {
	make(r *run) operator
	info() *nodeInfo
}

// nodeInfo is what every spec has.
type nodeInfo struct {
	node  phys.Node
	id    int // index in Program.specs
	types []types.T
	scope *expr.Scope // of the rows it produces
}

func (n *nodeInfo) info() *nodeInfo { return n }

// run is one execution's state, shared by its operators.
type run struct {
	env     *Env
	prog    *Program
	ctx     *expr.Ctx
	account *mem.Account
	space   *spill.Space
	stats   []nodeStats // by spec id, when the execution is analyzed
	ctes    []*cteState
	works   map[int]*workTable // work tables of recursive unions under way, by spec id
	subs    []*subState
	part    *partition // of a parallel worker: the part of the table it scans
	touched int64      // rows written

	// instead replaces scans, by spec id, by one row: of a run that checks a query
	// again for a row others have changed.
	instead map[int]*insteadRow
}

// build makes the operator of a spec, measured when asked for.
func (r *run) build(s spec) operator {
	op := s.make(r)
	if r.stats != nil {
		return &measured{operator: op, stats: &r.stats[s.info().id], env: r.env}
	}
	return op
}

// spaces sets what the execution's operators may use, from its environment.
func (r *run) spaces() {
	e := r.env
	r.space = &spill.Space{Account: r.account, Work: e.WorkMem, Hash: e.HashMem, Files: e.Temp, Check: r.interrupted}
}

// interrupted returns the error that ends a cancelled statement.
func (r *run) interrupted() error { return interrupted(r.env.Ctx) }

func interrupted(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	var e *pgerr.Error
	if cause := context.Cause(ctx); errors.As(cause, &e) {
		return e
	}
	return pgerr.New(pgcode.QueryCanceled, "canceling statement due to user request")
}

// ramp gives the sizes of a producer's batches: small at first, so that a query
// that wants one row does not pay for a thousand.
type ramp struct{ size int }

func (p *ramp) next() int {
	switch {
	case p.size == 0:
		p.size = 1
	case p.size < vec.MaxRows:
		p.size = min(p.size*16, vec.MaxRows)
	}
	return p.size
}

// empty is an operator without rows.
type empty struct{}

func (empty) next() (*vec.Batch, error) { return nil, nil }
func (empty) rewind() error             { return nil }
func (empty) close()                    {}
