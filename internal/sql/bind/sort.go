package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// sortItems binds ORDER BY: output names and positions first (SQL-92), then
// expressions over the input.
func (b *binder) sortItems(blk *block, q *Query, list []*ast.SortBy, kind exprKind) []sortItem {
	var out []sortItem
	for _, o := range list {
		var t *Target
		if kind == kindOrderBy {
			t = b.outputTarget(blk, q, o.Expr, kind)
		} else {
			t = b.exprTarget(blk, q, o.Expr, kind)
		}
		t.Expr = b.textIfUnknown(t.Expr)
		if o.Direction != ast.SortUsing {
			b.needOrder(t.Expr.Type().OID, ast.Leftmost(o.Expr))
		}
		desc, first := b.sortDirection(o, t.Expr)
		duplicate := false
		for _, prev := range out {
			duplicate = duplicate || prev.target == t
		}
		if !duplicate {
			t.ref = true
			out = append(out, sortItem{t, desc, first})
		}
	}
	return out
}

// outputTarget finds the select-list item that an item of ORDER BY, GROUP BY or
// DISTINCT ON means, adding a hidden one for an expression. A plain name is an
// output name first for ORDER BY and DISTINCT ON, and an input column first for
// GROUP BY. As findTargetlistEntrySQL92.
func (b *binder) outputTarget(blk *block, q *Query, e ast.Expr, kind exprKind) *Target {
	clause := rules[kind].name
	if ref, isRef := e.(*ast.ColumnRef); isRef && len(ref.Fields) == 1 && !ref.Star {
		name := ref.Fields[0]
		if kind != kindGroupBy || !b.isColumn(blk, name, ref.Pos) {
			if t := b.namedTarget(q, name, clause, ref.Pos); t != nil {
				return t
			}
		}
	}
	if c, isConst := e.(*ast.Const); isConst {
		if c.Kind != ast.ConstInt {
			b.failf(c.Pos, pgcode.SyntaxError, "non-integer constant in %s", clause)
		}
		visible := q.visible()
		if c.Int < 1 || int(c.Int) > len(visible) {
			b.failf(c.Pos, pgcode.InvalidColumnReference, "%s position %d is not in select list", clause, c.Int)
		}
		return visible[c.Int-1]
	}
	return b.exprTarget(blk, q, e, kind)
}

// isColumn reports whether a bare name is a column of this level's FROM.
func (b *binder) isColumn(blk *block, name string, pos int) bool {
	for _, item := range blk.ns {
		if !item.colsVisible {
			continue
		}
		for _, c := range item.cols {
			if c.name == name {
				return true
			}
		}
	}
	return false
}

// namedTarget finds an output column by name; two different ones are ambiguous.
func (b *binder) namedTarget(q *Query, name, clause string, pos int) *Target {
	var found *Target
	for _, t := range q.Targets {
		if t.Junk || t.Name != name {
			continue
		}
		if found != nil && !plan.Equal(found.Expr, t.Expr) {
			b.failf(pos, pgcode.AmbiguousColumn, "%s %q is ambiguous", clause, name)
		}
		if found == nil {
			found = t
		}
	}
	return found
}

// exprTarget binds an expression and finds it in the select list, or adds it
// hidden. As findTargetlistEntrySQL99.
func (b *binder) exprTarget(blk *block, q *Query, e ast.Expr, kind exprKind) *Target {
	x := b.exprIn(blk, e, kind)
	for _, t := range q.Targets {
		if plan.Equal(stripImplicit(t.Expr), x) {
			return t
		}
	}
	t := &Target{Expr: x, Junk: true, pos: ast.Leftmost(e)}
	q.Targets = append(q.Targets, t)
	return t
}

// groupTarget is exprTarget for PARTITION BY, with untyped literals made text.
func (b *binder) groupTarget(blk *block, q *Query, e ast.Expr, kind exprKind) *Target {
	t := b.exprTarget(blk, q, e, kind)
	t.Expr = b.textIfUnknown(t.Expr)
	return t
}

// distinctClause binds DISTINCT and DISTINCT ON.
func (b *binder) distinctClause(blk *block, q *Query) {
	stmt := q.stmt
	switch {
	case len(stmt.DistinctOn) > 0:
		b.distinctOnClause(blk, q)
	case stmt.Distinct:
		for _, s := range q.sort {
			if s.target.Junk {
				b.failf(exprPos(s.target.Expr), pgcode.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
			}
		}
		for _, t := range q.visible() {
			t.Expr = b.textIfUnknown(t.Expr)
			b.needEquality(t.Expr.Type().OID, exprPos(t.Expr))
			q.distinct = append(q.distinct, t)
		}
		if len(q.distinct) == 0 {
			b.failf(-1, pgcode.SyntaxError, "SELECT DISTINCT must have at least one column")
		}
	}
}

func (b *binder) distinctOnClause(blk *block, q *Query) {
	q.distinctOn = true
	isKey, where := map[*Target]bool{}, map[*Target]int{}
	for _, e := range q.stmt.DistinctOn {
		t := b.outputTarget(blk, q, e, kindDistinctOn)
		t.Expr = b.textIfUnknown(t.Expr)
		b.needEquality(t.Expr.Type().OID, ast.Leftmost(e))
		if !isKey[t] {
			isKey[t], t.ref = true, true
			where[t] = ast.Leftmost(e)
			q.distinct = append(q.distinct, t)
		}
	}
	skipped := false
	matched := 0
	for _, s := range q.sort {
		if isKey[s.target] {
			if skipped {
				b.failf(where[s.target], pgcode.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
			}
			matched++
		} else {
			skipped = true
		}
	}
	if skipped && matched < len(q.distinct) {
		for _, t := range q.distinct {
			if !q.sortsBy(t) {
				b.failf(exprPos(t.Expr), pgcode.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
			}
		}
	}
}

func (q *Query) sortsBy(t *Target) bool {
	for _, s := range q.sort {
		if s.target == t {
			return true
		}
	}
	return false
}
