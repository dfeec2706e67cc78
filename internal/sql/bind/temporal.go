package bind

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// momentClause is a bound temporal clause and the catalog that names are looked
// up in under it.
type momentClause struct {
	plan plan.Moment
	cat  Catalog // nil: the present one
	pos  int
}

// momentFor binds a table reference's own temporal clause, or returns what an
// enclosing view or subquery reference is read at; both at once are an error.
func (b *binder) momentFor(blk *block, t *ast.Temporal) *momentClause {
	if t == nil {
		return b.moment
	}
	m := b.temporal(blk, t)
	if b.moment != nil && !sameMoment(b.moment.plan, m.plan) {
		b.unsupported(t.Pos, "Read the view without FOR SYSTEM_TIME, or change the moment inside it.",
			"conflicting FOR SYSTEM_TIME clauses: the surrounding reference is already at another moment")
	}
	return m
}

// sameMoment reports whether two clauses are known to mean the same.
func sameMoment(a, b plan.Moment) bool {
	return a.Kind == b.Kind && sameInstant(a.From, b.From) && sameInstant(a.To, b.To)
}

func sameInstant(a, b plan.Instant) bool {
	if a.Resolved && b.Resolved {
		return a.At == b.At && a.Null == b.Null
	}
	return a.Seq == b.Seq && plan.Equal(a.Expr, b.Expr)
}

// temporal binds a temporal clause.
func (b *binder) temporal(blk *block, t *ast.Temporal) *momentClause {
	b.hasMoments = true
	m := &momentClause{pos: t.Pos}
	switch t.Kind {
	case ast.TemporalAsOf:
		m.plan = plan.Moment{Kind: plan.AsOf, From: b.instant(blk, t.From)}
	case ast.TemporalFromTo:
		m.plan = plan.Moment{Kind: plan.FromTo, From: b.instant(blk, t.From), To: b.instant(blk, t.To)}
	case ast.TemporalBetween:
		m.plan = plan.Moment{Kind: plan.BetweenAnd, From: b.instant(blk, t.From), To: b.instant(blk, t.To)}
	case ast.TemporalAll:
		m.plan = plan.Moment{Kind: plan.AllVersions}
	}
	if from := m.plan.From; t.Kind == ast.TemporalAsOf && from.Resolved && !from.Null {
		if b.opts.Pinned != nil && *b.opts.Pinned != from.At {
			b.unsupported(t.Pos, "End the transaction, or begin it without AS OF.", "inconsistent AS OF: the transaction reads another moment")
		}
		cat, err := b.opts.Moments.CatalogAt(b.ctx, from.At)
		if err != nil {
			b.fail(pgerr.From(err).At(bytePos(t.Pos)))
		}
		m.cat = cat
	}
	return m
}

// instant binds a point of the history: no columns, subqueries, aggregates or
// volatile functions; a timestamptz, or for @SEQ: a bigint.
func (b *binder) instant(blk *block, n *ast.Moment) plan.Instant {
	old := blk.kind
	blk.kind = kindMoment
	e := b.expr(blk, n.Expr)
	blk.kind = old
	e = b.instantType(n, e)
	if plan.IsVolatile(e) {
		b.unsupported(n.Pos, "A moment may use stable functions such as now().", "volatile functions are not allowed in FOR SYSTEM_TIME")
	}
	i := plan.Instant{Expr: e, Seq: n.Seq}
	if b.opts.Moments == nil {
		return i
	}
	resolved, err := b.opts.Moments.Resolve(b.ctx, i)
	if err != nil {
		b.fail(pgerr.From(err).At(bytePos(ast.Leftmost(n.Expr))))
	}
	return resolved
}

func (b *binder) instantType(n *ast.Moment, e plan.Expr) plan.Expr {
	if n.Seq {
		out := b.coerceToTarget(e, types.Of(types.Int8), implicit, plan.ImplicitCast, -1)
		if out == nil {
			b.failf(exprPos(e), pgcode.DatatypeMismatch, "argument of @SEQ: must be type %s, not type %s", "bigint", typeText(e.Type().OID))
		}
		return out
	}
	if e.Type().OID == types.Interval {
		b.fail(newError(pgcode.DatatypeMismatch, "argument of FOR SYSTEM_TIME must be type %s, not type %s", "timestamp with time zone", "interval").
			WithHint("Write now() - interval '...' for a moment relative to now.").At(bytePos(exprPos(e))))
	}
	out := b.coerceToTarget(e, types.Of(types.TimestampTZ), implicit, plan.ImplicitCast, -1)
	if out == nil {
		err := newError(pgcode.DatatypeMismatch, "argument of FOR SYSTEM_TIME must be type %s, not type %s",
			"timestamp with time zone", typeText(e.Type().OID))
		if category(e.Type().OID) == 'N' {
			err = err.WithHint("Write @SEQ:n for a commit sequence number.")
		}
		b.fail(err.At(bytePos(exprPos(e))))
	}
	return out
}

// momentPos is where a temporal clause was written.
func momentPos(v *ast.RangeVar, m *momentClause) int {
	if v.Temporal != nil {
		return v.Temporal.Pos
	}
	return v.Pos
}

// refuseMoment refuses a temporal clause on the target of a write.
func (b *binder) refuseMoment(v *ast.RangeVar) {
	if v.Temporal != nil {
		b.failf(v.Temporal.Pos, pgcode.ReadOnlySqlTransaction, "cannot change the past: %q is addressed with FOR SYSTEM_TIME", v.Name)
	}
}

// parseQuery parses a view's stored text.
func parseQuery(text string) (*ast.SelectStmt, error) {
	list, err := parse.Statements(text)
	if err != nil {
		return nil, withoutPosition(err)
	}
	if len(list) == 1 {
		if q, isQuery := list[0].Stmt.(*ast.SelectStmt); isQuery {
			return q, nil
		}
	}
	return nil, pgerr.Internal("stored view query is not one SELECT")
}

// dropPosition, deferred, takes the position from an error that passes.
func dropPosition() {
	switch r := recover().(type) {
	case nil:
	case failure:
		panic(failure{withoutPosition(r.err)})
	default:
		panic(r)
	}
}

// withoutPosition removes the position of an error in a text that the client
// did not write.
func withoutPosition(err error) error {
	e := *pgerr.From(err)
	e.Position = 0
	return &e
}

// column is a relation's column by name and type.
type column struct {
	name string
	typ  types.T
}

// relationColumns lists the columns of a table or view.
func relationColumns(r *Relation) []column {
	var out []column
	switch d := r.Desc.(type) {
	case *catalog.Table:
		for _, c := range d.Columns {
			if !c.Dropped {
				out = append(out, column{c.Name, c.Type})
			}
		}
	case *catalog.View:
		for _, c := range d.Columns {
			out = append(out, column{c.Name, c.Type})
		}
	}
	return out
}
