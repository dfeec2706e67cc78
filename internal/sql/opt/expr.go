package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// conjuncts splits a condition at its ANDs, those that all arms of an OR share
// included: (a AND b) OR (a AND c) is a AND (b OR c).
func conjuncts(e plan.Expr, list []plan.Expr) []plan.Expr {
	if e == nil {
		return list
	}
	b, ok := e.(*plan.BoolExpr)
	switch {
	case ok && b.Op == ast.And:
		for _, a := range b.Args {
			list = conjuncts(a, list)
		}
		return list
	case ok && b.Op == ast.Or:
		return append(list, shared(b)...)
	}
	return append(list, e)
}

// shared takes the conditions out of an OR that each of its arms has. As
// process_duplicate_ors of PostgreSQL's prepqual.c.
func shared(or *plan.BoolExpr) []plan.Expr {
	arms := make([][]plan.Expr, len(or.Args))
	for i, a := range or.Args {
		arms[i] = conjuncts(a, nil)
	}
	var common []plan.Expr
	for _, c := range slices.Clone(arms[0]) {
		if isVolatile(c) || slices.ContainsFunc(arms, func(arm []plan.Expr) bool { return indexOf(arm, c) < 0 }) {
			continue
		}
		common = append(common, c)
		for i := range arms {
			at := indexOf(arms[i], c)
			arms[i] = slices.Delete(arms[i], at, at+1)
		}
	}
	if common == nil {
		return []plan.Expr{or}
	}
	rest := &plan.BoolExpr{Loc: or.Loc, Op: ast.Or}
	for _, arm := range arms {
		if len(arm) == 0 {
			return common // that arm is true where the common conditions are
		}
		rest.Args = append(rest.Args, and(arm))
	}
	return append(common, rest)
}

func indexOf(list []plan.Expr, e plan.Expr) int {
	return slices.IndexFunc(list, func(x plan.Expr) bool { return plan.Equal(x, e) })
}

// and is the inverse of conjuncts; nil for none.
func and(list []plan.Expr) plan.Expr {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return &plan.BoolExpr{Loc: -1, Op: ast.And, Args: list}
}

// isVolatile reports whether an expression may give different values for the
// same row.
func isVolatile(e plan.Expr) bool {
	found := false
	check := func(p *builtin.Proc) {
		if p != nil && p.Volatility == 'v' {
			found = true
		}
	}
	plan.Walk(e, func(x plan.Expr) bool {
		switch x := x.(type) {
		case *plan.FuncCall:
			check(x.Proc)
		case *plan.ScalarArrayOp:
			check(x.Proc)
		case *plan.NextVal:
			found = true
		}
		return !found
	})
	return found
}

func hasSubquery(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(x plan.Expr) bool {
		if _, ok := x.(*plan.Subquery); ok {
			found = true
		}
		return !found
	})
	return found
}

func returnsSet(e plan.Expr) bool {
	c, ok := e.(*plan.FuncCall)
	return ok && c.Proc.RetSet
}

// equi is a condition left = right between two sets of columns.
type equi struct {
	left, right plan.Expr
	cond        plan.Expr
}

// equality takes apart a condition that a hash table or an index can serve.
func equality(e plan.Expr) (left, right plan.Expr, ok bool) {
	c, isCall := e.(*plan.FuncCall)
	if !isCall || c.Op == nil || c.Op.Name != "=" || len(c.Args) != 2 || !c.Op.CanHash && !c.Op.CanMerge {
		return nil, nil, false
	}
	if !sameKind(c.Args[0], c.Args[1]) {
		return nil, nil, false
	}
	return c.Args[0], c.Args[1], true
}

// sameKind reports whether two expressions' values compare and hash alike as they
// are.
func sameKind(a, b plan.Expr) bool {
	k := datum.KindOf(a.Type().OID)
	if k != datum.KindOf(b.Type().OID) {
		return false
	}
	return k != datum.Array && k != datum.Record || a.Type().OID == b.Type().OID
}

// equiBetween returns e as an equality of an expression over l with one over r.
func equiBetween(e plan.Expr, l, r colSet) (equi, bool) {
	x, y, ok := equality(e)
	if !ok || hasSubquery(e) || isVolatile(e) {
		return equi{}, false
	}
	cx, cy := exprCols(x), exprCols(y)
	switch {
	case cx.meets(l) && !cx.meets(r) && cy.meets(r) && !cy.meets(l):
		return equi{x, y, e}, true
	case cx.meets(r) && !cx.meets(l) && cy.meets(l) && !cy.meets(r):
		return equi{y, x, e}, true
	}
	return equi{}, false
}

// strip removes casts that do not change a value.
func strip(e plan.Expr) plan.Expr {
	for {
		r, ok := e.(*plan.Relabel)
		if !ok || datum.KindOf(r.Type().OID) != datum.KindOf(r.Arg.Type().OID) {
			return e
		}
		e = r.Arg
	}
}

// subqueries plans every subquery in an expression.
func (p *planner) subqueries(list ...plan.Expr) error {
	var failed error
	for _, e := range list {
		plan.Walk(e, func(x plan.Expr) bool {
			q, ok := x.(*plan.Subquery)
			if !ok || failed != nil {
				return failed == nil
			}
			if failed = p.subquery(q); failed == nil && q.Test != nil {
				failed = p.subqueries(q.Test)
			}
			return false // its plan was looked at by subquery
		})
	}
	return failed
}

// rowsOnly reports whether a relation has its rows whatever its columns hold, so
// that EXISTS need not compute them.
func rowsOnly(r plan.Rel) bool {
	switch r.(type) {
	case *plan.Result, *plan.Scan, *plan.VirtualScan, *plan.Filter, *plan.Join:
		return true
	}
	return false
}

func (p *planner) subquery(q *plan.Subquery) error {
	if p.out.Subplans[q] != nil {
		return nil
	}
	p.count++
	sub := &phys.Subplan{Number: p.count}
	p.out.Subplans[q] = sub
	free := colSet(plan.FreeColumns(q.Plan))
	inner := setOf(q.Columns)
	testFree := colSet{}
	for id := range exprCols(q.Test) {
		if !inner[id] {
			testFree.add(id)
		}
	}
	run := p.rel
	if len(free) > 0 {
		run = p.relAgain
	}
	body, need := q.Plan, inner.with()
	if q.Kind == plan.SubqueryExists {
		if b := existsBody(q.Plan); rowsOnly(b) {
			body, need = b, colSet{}
		}
	}
	root, err := run(body, need, nil)
	if err != nil {
		return err
	}
	sub.Root = root
	for id := range free.with() {
		sub.Params = append(sub.Params, id)
	}
	sortCols(sub.Params)
	switch {
	case len(free) > 0:
		sub.Mode = phys.Correlated
	case q.Kind == plan.SubqueryAny && p.hashable(q, sub, inner):
		sub.Mode = phys.HashedProbe
	case q.Test == nil || len(testFree) == 0 && !isVolatile(q.Test):
		sub.Mode = phys.InitPlan
	default:
		sub.Mode = phys.Materialized
	}
	if sub.Mode == phys.InitPlan && hasModifying(q.Plan) {
		sub.Mode = phys.Correlated
	}
	return nil
}

// hashable finds the equality pairs of x IN (SELECT ...).
func (p *planner) hashable(q *plan.Subquery, sub *phys.Subplan, inner colSet) bool {
	var keys []plan.Expr
	var cols []plan.ColID
	for _, e := range conjuncts(q.Test, nil) {
		x, y, ok := equality(e)
		if !ok {
			return false
		}
		col, isCol := strip(y).(*plan.ColRef)
		if !isCol || !inner[col.ID] || exprCols(x).meets(inner) || isVolatile(x) {
			return false
		}
		keys, cols = append(keys, x), append(cols, col.ID)
	}
	sub.ProbeKeys, sub.HashCols = keys, cols
	return len(keys) > 0
}

func hasModifying(r plan.Rel) bool {
	found := false
	plan.WalkRels(r, func(x plan.Rel) {
		switch x.(type) {
		case *plan.Insert, *plan.Update, *plan.Delete, *plan.LockRows:
			found = true
		}
	})
	return found
}

func sortCols(ids []plan.ColID) {
	for i := 1; i < len(ids); i++ {
		for j := i; j > 0 && ids[j] < ids[j-1]; j-- {
			ids[j], ids[j-1] = ids[j-1], ids[j]
		}
	}
}

// substitute replaces references to items by their expressions.
func substitute(e plan.Expr, items map[plan.ColID]plan.Expr) plan.Expr {
	return plan.Rewrite(e, func(x plan.Expr) plan.Expr {
		if c, ok := x.(*plan.ColRef); ok {
			if by, ok := items[c.ID]; ok {
				return by
			}
		}
		return x
	})
}
