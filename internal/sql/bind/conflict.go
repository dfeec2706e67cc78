package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// onConflict binds ON CONFLICT.
func (b *binder) onConflict(s *insertState, attnums []int16) *plan.OnConflict {
	n := s.stmt.OnConflict
	out := &plan.OnConflict{DoUpdate: n.DoUpdate}
	if n.DoUpdate && len(n.Columns) == 0 && n.Constraint == "" {
		b.fail(newError(pgcode.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").
			WithHint("For example, ON CONFLICT (column_name).").At(bytePos(n.Pos)))
	}
	blk := b.newBlock(s.blk)
	existing := b.targetRTE(blk, s.target.table, s.target.alias, s.target.rel)
	existing.target = true
	blk.ns = []*nsItem{s.target.item(b, existing)}
	var matched bool
	out.Indexes, matched = b.arbiters(blk, s, existing)
	out.Unmatched = !matched
	if !n.DoUpdate {
		return out
	}
	excluded := b.targetRTE(blk, s.target.table, "excluded", nil)
	excluded.kind = rteExcluded
	item := s.target.item(b, excluded)
	item.name = "excluded"
	blk.ns = append(blk.ns, item)
	s.blk.rtes = append(s.blk.rtes, excluded)
	set := b.setList(blk, s.target, existing, n.Set)
	if n.Where != nil {
		out.Where = b.condition(blk, n.Where, kindWhere, "WHERE")
	}
	for _, a := range set.single(b) {
		out.Set = append(out.Set, plan.Assign{AttNum: a.column.Attnum, Expr: a.expr})
	}
	for _, att := range attnums {
		out.Existing = append(out.Existing, existing.columnOf(att))
		out.Excluded = append(out.Excluded, excluded.columnOf(att))
	}
	out.ExistingExtra = existing.extra
	return out
}

// arbiters finds the unique indexes that ON CONFLICT speaks of; nil for any. It
// tells whether there are such.
func (b *binder) arbiters(blk *block, s *insertState, existing *rte) ([]uint32, bool) {
	n, t := s.stmt.OnConflict, s.target.table
	if n.Constraint != "" {
		for _, c := range t.Constraints {
			if c.Name != n.Constraint {
				continue
			}
			if c.Type != 'p' && c.Type != 'u' {
				b.failf(-1, pgcode.WrongObjectType, "constraint in ON CONFLICT clause has no associated index")
			}
			return []uint32{c.Index}, true
		}
		b.failf(-1, pgcode.UndefinedObject, "constraint %q for table %q does not exist", n.Constraint, t.Name)
	}
	if len(n.Columns) == 0 {
		return nil, true
	}
	var cols []int16
	var exprs []plan.Expr
	for _, e := range n.Columns {
		if e.Direction != ast.SortDefault {
			b.failf(n.TargetPos, pgcode.InvalidColumnReference, "ASC/DESC is not allowed in ON CONFLICT clause")
		}
		if e.Nulls != ast.NullsDefault {
			b.failf(n.TargetPos, pgcode.InvalidColumnReference, "NULLS FIRST/LAST is not allowed in ON CONFLICT clause")
		}
		x := b.inferElement(blk, e, n.TargetPos)
		if c, isCol := x.(*plan.ColRef); isCol && b.meta.Column(c.ID).AttNum > 0 {
			if att := b.meta.Column(c.ID).AttNum; !slices.Contains(cols, att) {
				cols = append(cols, att)
			}
			continue
		}
		exprs = append(exprs, x)
	}
	var where plan.Expr
	if n.TargetWhere != nil {
		where = b.condition(blk, n.TargetWhere, kindIndexPredicate, "WHERE")
	}
	var out []uint32
	for _, oid := range t.Indexes {
		rel := b.cat.RelationByOID(oid)
		if rel == nil {
			continue
		}
		if x, isIndex := rel.Desc.(*catalog.Index); isIndex && x.Unique && b.infers(blk, x, cols, exprs, where) {
			out = append(out, oid)
		}
	}
	return out, out != nil
}

func (b *binder) inferElement(blk *block, e *ast.IndexElem, pos int) plan.Expr {
	if e.Expr != nil {
		return b.exprIn(blk, e.Expr, kindIndexExpr)
	}
	return b.exprIn(blk, &ast.ColumnRef{Pos: pos, Fields: []string{e.Name}}, kindIndexExpr)
}

// infers reports whether an index is on exactly these columns and expressions,
// and, when partial, covers the rows that where describes.
func (b *binder) infers(blk *block, x *catalog.Index, cols []int16, exprs []plan.Expr, where plan.Expr) bool {
	var have []int16
	matched := 0
	for _, k := range x.Keys {
		if k.Attnum != 0 {
			have = append(have, k.Attnum)
			continue
		}
		e := b.storedExpr(blk, k.Expr, kindIndexExpr)
		if !slices.ContainsFunc(exprs, func(o plan.Expr) bool { return plan.Equal(o, e) }) {
			return false
		}
		matched++
	}
	if len(have) != len(cols) || matched < len(exprs) {
		return false
	}
	for _, att := range cols {
		if !slices.Contains(have, att) {
			return false
		}
	}
	if x.Where == "" {
		return true
	}
	if _, err := parse.Expr(x.Where); err != nil || where == nil {
		return false
	}
	return implies(where, b.storedExpr(blk, x.Where, kindIndexPredicate))
}

// implies reports whether every conjunct of what is needed is a conjunct of what
// is given.
func implies(given, needed plan.Expr) bool {
	have := conjuncts(given)
	for _, n := range conjuncts(needed) {
		if !slices.ContainsFunc(have, func(h plan.Expr) bool { return plan.Equal(h, n) }) {
			return false
		}
	}
	return true
}

func conjuncts(e plan.Expr) []plan.Expr {
	if x, isBool := e.(*plan.BoolExpr); isBool && x.Op == ast.And {
		var out []plan.Expr
		for _, a := range x.Args {
			out = append(out, conjuncts(a)...)
		}
		return out
	}
	return []plan.Expr{e}
}
