package exec

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/vec"
)

// partition is the part of a table that one worker of a parallel aggregation
// scans.
type partition struct {
	scan int // spec id
	span table.Span
}

// splitBytes is Env.SplitBytes when it is not given.
const splitBytes = 4 << 20

// splittable reports whether the aggregation gives the same answer when its input
// is read in parts by several goroutines: a chain of filters and projections over
// one table scan, aggregates that merge exactly, no subqueries and no functions
// that belong to the session.
func (s *aggSpec) splittable() bool {
	if len(s.sets) != 1 || len(s.carry) > 0 || len(s.calls) == 0 {
		return false
	}
	for i := range s.calls {
		acc, err := agg.New(s.calls[i].call, nil)
		if err != nil {
			return false
		}
		if _, ok := acc.(agg.Merger); !ok {
			return false
		}
	}
	scan := s.chain()
	return scan != nil && scan.scan.Index == nil && !scan.scan.Ordered && s.pure()
}

// chain returns the scan under a chain of filters and projections.
func (s *aggSpec) chain() *scanSpec {
	for in := s.input; ; {
		switch n := in.(type) {
		case *filterSpec:
			in = n.input
		case *projectSpec:
			in = n.input
		case *scanSpec:
			return n
		default:
			return nil
		}
	}
}

// pure reports whether every expression of the chain may run on any goroutine.
func (s *aggSpec) pure() bool {
	ok := true
	check := func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.FuncCall:
			ok = ok && parallelSafe(e.Proc)
		case *plan.Subquery, *plan.NextVal, *plan.SQLValueFunc:
			ok = false
		}
		return ok
	}
	for in := s.input; ok; {
		switch n := in.(type) {
		case *filterSpec:
			plan.Walk(n.node.(*phys.Filter).Cond, check)
			in = n.input
		case *projectSpec:
			for _, it := range n.node.(*phys.Project).Items {
				plan.Walk(it.Expr, check)
			}
			in = n.input
		case *scanSpec:
			plan.Walk(n.scan.Filter, check)
			return ok && s.pureCalls(check)
		}
	}
	return false
}

func (s *aggSpec) pureCalls(check func(plan.Expr) bool) bool {
	ok := true
	for _, it := range s.node.(*phys.Agg).Aggs {
		plan.Walk(it.Call, func(e plan.Expr) bool {
			ok = ok && check(e)
			return ok
		})
	}
	return ok
}

func parallelSafe(p *builtin.Proc) bool { return p.Volatility == 'i' }

// runParallel aggregates parts of the table in goroutines and merges what they
// found. It returns nil when the table is not worth splitting.
func (s *aggSpec) runParallel(r *run) (*aggState, error) {
	scan := s.chain()
	if r.env.Workers < 2 || r.stats != nil || r.instead != nil || r.env.Stmt == nil || scan.moment.kind != plan.Present {
		return nil, nil
	}
	target, err := scan.target(r.env)
	if err != nil {
		return nil, err
	}
	bytes, err := r.env.Stmt.Tx().Manager().Store().EstimateBytes(target.table.Storage(), nil, nil)
	if err != nil || bytes < cmp.Or(r.env.SplitBytes, splitBytes) {
		return nil, err
	}
	spans, err := target.table.Split(r.env.Stmt, nil, table.Span{}, r.env.Workers)
	if err != nil || len(spans) < 2 {
		return nil, err
	}
	parts, err := s.runParts(r, scan.id, spans)
	if err == nil {
		if err = mergeParts(r, parts); err == nil {
			return parts[0], nil
		}
	}
	for _, part := range parts {
		if part != nil {
			part.free()
		}
	}
	if errors.Is(err, errGroupsFull) {
		// One goroutine then does it all again, with the disk.
		return nil, nil
	}
	return nil, err
}

// runParts runs one worker per span and waits for all of them.
func (s *aggSpec) runParts(r *run, scan int, spans []table.Span) ([]*aggState, error) {
	ctx, cancel := context.WithCancelCause(r.env.Ctx)
	defer cancel(nil)
	parts, errs := make([]*aggState, len(spans)), make([]error, len(spans))
	var wait sync.WaitGroup
	for i := range spans {
		w := r.fork(ctx)
		w.part = &partition{scan: scan, span: spans[i]}
		wait.Add(1)
		go func() {
			defer wait.Done()
			if parts[i], errs[i] = s.runPart(w); errs[i] != nil {
				cancel(errs[i]) // the others then end with the same error
			}
		}()
	}
	wait.Wait()
	if err := r.interrupted(); err != nil {
		return parts, err
	}
	if slices.Contains(errs, errGroupsFull) {
		return parts, errGroupsFull // whatever the others, who were stopped, say
	}
	return parts, cmp.Or(errs...)
}

func (s *aggSpec) runPart(w *run) (*aggState, error) {
	op := w.build(s.input)
	defer op.close()
	st, err := newAggState(s, w, -1)
	if err != nil {
		return nil, err
	}
	st.part = true
	return st, drainInto(w, op, st)
}

// fork returns the state of a worker: the same statement, expressions' scratch
// space of its own.
func (r *run) fork(ctx context.Context) *run {
	env, b := *r.env, *r.env.B
	env.Ctx, b.Ctx, env.B = ctx, ctx, &b
	w := &run{env: &env, prog: r.prog, account: r.account, works: r.works}
	w.spaces()
	w.ctes, w.subs = make([]*cteState, len(r.ctes)), make([]*subState, len(r.subs))
	w.ctx = r.ctx.Fork(&b)
	w.ctx.Exec = w
	return w
}

// mergeParts adds the groups of the later parts to the first one's.
func mergeParts(r *run, parts []*aggState) error {
	into := parts[0]
	into.r = r
	set := into.sets[0]
	for _, part := range parts[1:] {
		from := part.sets[0]
		ids := make([]int32, from.n)
		if set.groups != nil {
			if err := mergeGroups(set, from, ids); err != nil {
				return err
			}
		}
		n := set.n
		if set.groups != nil {
			n = set.groups.Len()
		} else if from.n > 0 {
			n = 1
		}
		if err := set.grow(n, into.spec, nil); err != nil {
			return err
		}
		for i, acc := range set.accs {
			if err := acc.(agg.Merger).Merge(r.env.B, from.accs[i], ids); err != nil {
				return err
			}
		}
		part.free()
	}
	return nil
}

// mergeGroups finds or makes the group of each of from's.
func mergeGroups(set, from *groupSet, ids []int32) error {
	keys := make([]*vec.Vec, len(from.keys))
	var b vec.Batch
	for at := 0; at < from.n; at += vec.MaxRows {
		n := min(from.n-at, vec.MaxRows)
		for i := range keys {
			keys[i] = from.groups.Keys.Vec(i, at, n)
		}
		b.Rows = n
		if err := set.groups.Assign(keys, &b, ids[at:at+n]); err != nil {
			return err
		}
	}
	return nil
}
