package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// lockClause is a bound FOR UPDATE clause.
type lockClause struct {
	strength ast.LockStrength
	wait     ast.LockWait
	tables   []*rte
	names    []string // of the entries at this level, for printing
}

// lockEntry adds an entry of FROM to a clause: a table, or the tables of a
// sub-select or view.
func (b *binder) lockEntry(c *lockClause, l *ast.Locking, r *rte) {
	c.names = append(c.names, r.name)
	if r.kind == rteSubquery {
		b.lockInside(c, l, r)
		return
	}
	b.checkLockable(r)
	c.tables = append(c.tables, r)
}

func (b *binder) checkLockable(r *rte) {
	if r.rel.Virtual {
		b.failf(-1, pgcode.WrongObjectType, "cannot lock rows in view %q", r.table.Name)
	}
	if r.moment != nil {
		b.failf(r.moment.pos, pgcode.ReadOnlySqlTransaction, "cannot lock rows of the past: %q is read with FOR SYSTEM_TIME", r.name)
	}
}

// lockInside locks the tables of a sub-select or view, which is lowered already.
// Their row ids are passed up to where the outer query locks, so that only rows
// it returns are; a LIMIT inside has its own locks below, as in PostgreSQL.
func (b *binder) lockInside(c *lockClause, l *ast.Locking, r *rte) {
	q := r.query
	if q == nil || q.values != nil {
		return // VALUES
	}
	if q.set != nil {
		b.failf(-1, pgcode.FeatureNotSupported, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(l.Strength))
	}
	b.checkLocking(q, l)
	inner := &lockClause{strength: l.Strength, wait: l.Wait}
	for _, e := range q.blk.rtes {
		if e.kind == rteTable || e.kind == rteSubquery {
			b.lockEntry(inner, l, e)
		}
	}
	if limit := limitOf(r.inner); limit != nil {
		locks := b.lockTables(&Query{blk: q.blk, locks: []lockClause{*inner}})
		for _, t := range locks {
			expose(limit.Input, t.RowID)
		}
		limit.Input = &plan.LockRows{Input: limit.Input, Tables: locks}
		return
	}
	for _, t := range inner.tables {
		expose(r.inner, t.rowID(b))
	}
	c.tables = append(c.tables, inner.tables...)
}

// limitOf finds the LIMIT at the top of a sub-select's plan.
func limitOf(rel plan.Rel) *plan.Limit {
	for {
		switch n := rel.(type) {
		case *plan.Limit:
			return n
		case *plan.Project:
			rel = n.Input
		case *plan.ProjectSet:
			rel = n.Input
		case *plan.With:
			rel = n.Body
		default:
			return nil
		}
	}
}

// expose passes a column of a scan through the projections above it.
func expose(rel plan.Rel, id plan.ColID) {
	if slices.Contains(rel.Columns(), id) {
		return
	}
	switch n := rel.(type) {
	case *plan.Project:
		expose(n.Input, id)
		n.Items = append(n.Items, plan.ProjectItem{ID: id, Expr: &plan.ColRef{Loc: -1, Typ: plan.Typ(types.Of(types.Tid)), ID: id}})
	case *plan.ProjectSet:
		expose(n.Input, id)
	case *plan.Filter:
		expose(n.Input, id)
	case *plan.Sort:
		expose(n.Input, id)
	case *plan.LockRows:
		expose(n.Input, id)
	case *plan.With:
		expose(n.Body, id)
	case *plan.Join:
		if holdsScan(n.Left, id) {
			expose(n.Left, id)
		} else {
			expose(n.Right, id)
		}
	}
}

// holdsScan reports whether the scan of a column is under rel.
func holdsScan(rel plan.Rel, id plan.ColID) bool { return findScan(rel, id) != nil }

// marks are the tables among entries that a statement reads besides those it locks.
func (b *binder) marks(entries []*rte, locked ...*rte) []plan.LockTable {
	var out []plan.LockTable
	for _, r := range entries {
		if r.kind == rteTable && r.moment == nil && (r.rel == nil || !r.rel.Virtual) && !slices.Contains(locked, r) {
			out = append(out, plan.LockTable{Table: r.table, RowID: r.rowID(b), Mark: true})
		}
	}
	return out
}

func lockName(s ast.LockStrength) string {
	return map[ast.LockStrength]string{
		ast.LockForKeyShare: "FOR KEY SHARE", ast.LockForShare: "FOR SHARE",
		ast.LockForNoKeyUpdate: "FOR NO KEY UPDATE", ast.LockForUpdate: "FOR UPDATE",
	}[s]
}

// lockingClause binds FOR UPDATE and its like; as transformLockingClause.
func (b *binder) lockingClause(q *Query) {
	for _, l := range q.stmt.Locking {
		b.checkLocking(q, l)
		c := lockClause{strength: l.Strength, wait: l.Wait}
		for _, r := range q.blk.rtes {
			if len(l.Of) == 0 && (r.kind == rteTable || r.kind == rteSubquery) {
				b.lockEntry(&c, l, r)
			}
		}
		for _, v := range l.Of {
			b.lockEntry(&c, l, b.lockedEntry(q, l, v))
		}
		q.locks = append(q.locks, c)
	}
}

// lockedEntry finds the entry that OF names.
func (b *binder) lockedEntry(q *Query, l *ast.Locking, v *ast.RangeVar) *rte {
	if v.Schema != "" || v.Catalog != "" {
		b.failf(v.Pos, pgcode.SyntaxError, "%s must specify unqualified relation names", lockName(l.Strength))
	}
	for _, r := range q.blk.rtes {
		if r.name != v.Name {
			continue
		}
		switch r.kind {
		case rteTable, rteSubquery:
			return r
		}
		what := map[rteKind]string{rteJoin: "a join", rteFunction: "a function", rteValues: "VALUES", rteCTE: "a WITH query", rteWorkTable: "a WITH query"}[r.kind]
		b.failf(v.Pos, pgcode.WrongObjectType, "%s cannot be applied to %s", lockName(l.Strength), what)
	}
	b.failf(v.Pos, pgcode.UndefinedTable, "relation %q in %s clause not found in FROM clause", v.Name, lockName(l.Strength))
	return nil
}

func (b *binder) checkLocking(q *Query, l *ast.Locking) {
	why := ""
	switch {
	case len(q.distinct) > 0:
		why = "DISTINCT clause"
	case q.group != nil:
		why = "GROUP BY clause"
	case q.having != nil:
		why = "HAVING clause"
	case q.blk.hasAggs:
		why = "aggregate functions"
	case q.blk.hasWindows:
		why = "window functions"
	}
	for _, t := range q.visible() {
		if why == "" && returnsSet(t.Expr) {
			why = "set-returning functions in the target list"
		}
	}
	if why != "" {
		b.failf(-1, pgcode.FeatureNotSupported, "%s is not allowed with %s", lockName(l.Strength), why)
	}
}

// lockTables makes the tables of a query's locks, each with its strongest lock.
func (b *binder) lockTables(q *Query) []plan.LockTable {
	var out []plan.LockTable
	for _, c := range q.locks {
		for _, r := range c.tables {
			t := plan.LockTable{Table: r.table, RowID: r.rowID(b), Strength: c.strength, Wait: c.wait}
			i := slices.IndexFunc(out, func(o plan.LockTable) bool { return o.RowID == t.RowID })
			if i < 0 {
				out = append(out, t)
				continue
			}
			out[i].Strength = max(out[i].Strength, t.Strength)
			out[i].Wait = max(out[i].Wait, t.Wait)
		}
	}
	if out == nil {
		return nil
	}
	var locked []*rte
	for _, c := range q.locks {
		locked = append(locked, c.tables...)
	}
	return append(out, b.marks(q.blk.rtes, locked...)...)
}
