package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// window is a window of a query block, as an OVER clause or WINDOW defines it.
// Its expressions are bound when the rest of the block is.
type window struct {
	def       *ast.WindowDef
	name      string // of the WINDOW clause
	partition []*Target
	order     []sortItem
	frame     plan.Frame
	used      bool
}

// windowCall builds a window function call and finds its window.
func (b *binder) windowCall(blk *block, c *call, p *builtin.Proc, args []plan.Expr, result types.OID, filter plan.Expr) plan.Expr {
	n := c.node
	if p.Kind == 'a' {
		if len(n.Args) == 0 && !n.Star {
			b.failf(n.Pos, pgcode.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", p.Name)
		}
	} else if n.Star {
		b.failf(n.Pos, pgcode.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", p.Name, p.Name)
	} else if filter != nil {
		b.failf(n.Pos, pgcode.FeatureNotSupported, "FILTER is not implemented for non-aggregate window functions")
	}
	if n.Distinct {
		b.failf(n.Pos, pgcode.FeatureNotSupported, "DISTINCT is not implemented for window functions")
	}
	if len(n.OrderBy) > 0 {
		b.failf(n.Pos, pgcode.FeatureNotSupported, "aggregate ORDER BY is not implemented for window functions")
	}
	w := &plan.WindowCall{
		Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.Of(result)), Proc: p, Args: args, Star: n.Star, Filter: filter, Variadic: n.Variadic,
	}
	for _, a := range append([]plan.Expr{filter}, args...) {
		plan.Walk(a, func(e plan.Expr) bool {
			switch e := e.(type) {
			case *plan.WindowCall:
				b.failf(e.Position(), pgcode.WindowingError, "window function calls cannot be nested")
			case *plan.FuncCall:
				if e.Proc.RetSet {
					b.fail(newError(pgcode.FeatureNotSupported, "window function calls cannot contain set-returning function calls").
						WithHint("You might be able to move the set-returning function into a LATERAL FROM item.").At(bytePos(e.Position())))
				}
			case *plan.Subquery:
				return false
			}
			return true
		})
	}
	b.checkWindowPlacement(blk, n.Pos)
	blk.hasWindows = true
	w.Window = b.findWindow(blk, n.Over)
	return w
}

// findWindow returns the index of the window that OVER means.
func (b *binder) findWindow(blk *block, over *ast.WindowDef) int {
	if over.Plain {
		for i, w := range blk.windows {
			if w.name == over.Ref {
				w.used = true
				return i
			}
		}
		b.failf(over.Pos, pgcode.UndefinedObject, "window %q does not exist", over.Ref)
	}
	blk.windows = append(blk.windows, &window{def: over, used: true})
	return len(blk.windows) - 1
}

// declareWindows makes the windows of the WINDOW clause known.
func (b *binder) declareWindows(blk *block, defs []*ast.WindowDef) {
	for _, d := range defs {
		for _, w := range blk.windows {
			if w.name == d.Name {
				b.failf(d.Pos, pgcode.WindowingError, "window %q is already defined", d.Name)
			}
		}
		blk.windows = append(blk.windows, &window{def: d, name: d.Name})
	}
}

// bindWindows binds the expressions of all windows of a block; they become
// columns of the select list, hidden where they are not in it already. As
// transformWindowDefinitions.
func (b *binder) bindWindows(blk *block, q *Query) {
	for i, w := range blk.windows {
		var ref *window
		if w.def.Ref != "" && !w.def.Plain {
			for _, other := range blk.windows[:min(i, len(blk.windows))] {
				if other.name == w.def.Ref {
					ref = other
				}
			}
			if ref == nil {
				b.failf(w.def.Pos, pgcode.UndefinedObject, "window %q does not exist", w.def.Ref)
			}
		}
		w.order = b.sortItems(blk, q, w.def.OrderBy, kindWindowOrder)
		for _, e := range w.def.PartitionBy {
			t := b.groupTarget(blk, q, e, kindWindowPartition)
			b.needEquality(t.Expr.Type().OID, ast.Leftmost(e))
			w.partition = append(w.partition, t)
		}
		if ref != nil {
			b.inheritWindow(w, ref)
		}
		b.windowFrame(blk, w)
	}
}

// inheritWindow copies what a window takes over from the one it names.
func (b *binder) inheritWindow(w, ref *window) {
	pos := w.def.Pos
	if len(w.partition) > 0 {
		b.failf(pos, pgcode.WindowingError, "cannot override PARTITION BY clause of window %q", w.def.Ref)
	}
	if len(w.order) > 0 && len(ref.order) > 0 {
		b.failf(pos, pgcode.WindowingError, "cannot override ORDER BY clause of window %q", w.def.Ref)
	}
	if ref.def.Frame != nil {
		err := newError(pgcode.WindowingError, "cannot copy window %q because it has a frame clause", w.def.Ref)
		if w.name == "" && len(w.def.OrderBy) == 0 && w.def.Frame == nil {
			err = err.WithHint("Omit the parentheses in this OVER clause.")
		}
		b.fail(err.At(bytePos(pos)))
	}
	w.partition = ref.partition
	if len(w.order) == 0 {
		w.order = ref.order
	}
}

// windowFrame checks the frame clause and binds its offsets.
func (b *binder) windowFrame(blk *block, w *window) {
	w.frame = plan.Frame{Mode: ast.FrameRange, Start: ast.UnboundedPreceding, End: ast.CurrentRow}
	f := w.def.Frame
	if f == nil {
		return
	}
	w.frame.Mode, w.frame.Exclude = f.Mode, f.Exclude
	w.frame.Start, w.frame.End = f.Start.Kind, f.End.Kind
	offset := f.Start.Offset != nil || f.End.Offset != nil
	if f.Mode == ast.FrameRange && offset {
		if len(w.order) != 1 {
			b.failf(w.def.Pos, pgcode.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
		}
	}
	if f.Mode == ast.FrameGroups && len(w.order) == 0 {
		b.failf(w.def.Pos, pgcode.WindowingError, "GROUPS mode requires an ORDER BY clause")
	}
	w.frame.StartBy = b.frameOffset(blk, w, f.Mode, f.Start.Offset)
	w.frame.EndBy = b.frameOffset(blk, w, f.Mode, f.End.Offset)
}

func (b *binder) frameOffset(blk *block, w *window, mode ast.FrameMode, e ast.Expr) plan.Expr {
	if e == nil {
		return nil
	}
	kind := []exprKind{kindFrameRange, kindFrameRows, kindFrameGroups}[mode]
	x := b.exprIn(blk, e, kind)
	name := []string{"RANGE", "ROWS", "GROUPS"}[mode]
	if mode == ast.FrameRange {
		x = b.rangeOffset(w, x)
	} else {
		x = b.toSpecific(x, types.Int8, name)
	}
	if hasColumns(b, blk, x) {
		b.failf(exprPos(x), pgcode.InvalidColumnReference, "argument of %s must not contain variables", name)
	}
	return x
}

// rangeOffset converts the offset of a RANGE frame to the type that PostgreSQL's
// in_range support functions take for the sort column's type.
func (b *binder) rangeOffset(w *window, x plan.Expr) plan.Expr {
	sort := w.order[0].target.Expr.Type().OID
	var want types.OID
	switch sort {
	case types.Int2, types.Int4, types.Int8:
		want = types.Int8
		if t := x.Type().OID; t == types.Int2 || t == types.Int4 {
			want = t
		}
		if sort == types.Int8 {
			want = types.Int8
		}
	case types.Float4, types.Float8:
		want = types.Float8
	case types.Numeric:
		want = types.Numeric
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval:
		want = types.Interval
	default:
		b.failf(exprPos(x), pgcode.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", typeText(sort))
	}
	if !canCoerce1(x.Type().OID, want, implicit) {
		b.fail(newError(pgcode.FeatureNotSupported,
			"RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s", typeText(sort), typeText(x.Type().OID)).
			WithHint("Cast the offset value to an appropriate type.").At(bytePos(exprPos(x))))
	}
	return b.coerce(x, types.Of(want), implicit, plan.ImplicitCast, -1)
}
