package bind

import (
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// viewTarget is a view that a write goes through to its only table.
type viewTarget struct {
	view *catalog.View
	// base is the entry of the table in the view's own query; exprs and where are
	// over its columns.
	base  *rte
	names []string
	exprs []plan.Expr
	where plan.Expr
	check bool // WITH CHECK OPTION
}

// throughView finds the table under a view that is simple enough to be written
// through: one table, no grouping, no sets. As view_query_is_auto_updatable.
func (b *binder) throughView(rel *Relation, view *catalog.View, verb string) target {
	stmt, err := parseQuery(view.Query)
	if err != nil {
		b.fail(err)
	}
	q := b.analyzeView(stmt)
	if why := notUpdatable(q); why != "" {
		b.failNotUpdatable(view.Name, verb, why)
	}
	base := q.from[0].rte
	if base.view != nil {
		b.unsupported(-1, "Write to the table or to the inner view.", "cannot %s view %q: it selects from another view", verbs[verb].words, view.Name)
	}
	if base.rel.Virtual || base.moment != nil {
		b.failNotUpdatable(view.Name, verb, "Views that do not select from a single table or view are not automatically updatable.")
	}
	v := &viewTarget{view: view, base: base, where: q.where}
	updatable := false
	for i, t := range q.visible() {
		name := t.Name
		if i < len(view.Columns) {
			name = view.Columns[i].Name
		}
		v.names, v.exprs = append(v.names, name), append(v.exprs, t.Expr)
		updatable = updatable || v.attnum(b, i) != 0
	}
	if !updatable && verb != "delete" {
		b.failNotUpdatable(view.Name, verb, "Views that have no updatable columns are not automatically updatable.")
	}
	for _, o := range view.Options {
		v.check = v.check || strings.HasPrefix(o, "check_option=")
	}
	b.dependOn(base.table)
	return target{table: base.table, rel: base.rel, view: v}
}

// notUpdatable says why a view's query cannot be written through, "" if it can.
func notUpdatable(q *Query) string {
	what := ""
	switch {
	case len(q.distinct) > 0:
		what = "containing DISTINCT"
	case q.group != nil:
		what = "containing GROUP BY"
	case q.having != nil:
		what = "containing HAVING"
	case q.set != nil:
		what = "containing UNION, INTERSECT, or EXCEPT"
	case len(q.ctes) > 0:
		what = "containing WITH"
	case q.limit != nil || q.offset != nil:
		what = "containing LIMIT or OFFSET"
	case q.blk.hasAggs:
		what = "that return aggregate functions"
	case q.blk.hasWindows:
		what = "that return window functions"
	case q.blk.sets > 0:
		what = "that return set-returning functions"
	case len(q.from) != 1 || q.from[0].rte == nil || q.from[0].rte.rel == nil:
		what = "that do not select from a single table or view"
	default:
		return ""
	}
	return "Views " + what + " are not automatically updatable."
}

// verbs are the words of errors about writes through views.
var verbs = map[string]struct{ words, gerund, event string }{
	"insert": {"insert into", "inserting into", "INSERT"},
	"update": {"update", "updating", "UPDATE"},
	"delete": {"delete from", "deleting from", "DELETE"},
}

func (b *binder) failNotUpdatable(name, verb, why string) {
	w := verbs[verb]
	b.fail(newError(pgcode.ObjectNotInPrerequisiteState, "cannot %s view %q", w.words, name).WithDetail("%s", why).
		WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or an unconditional ON %s DO INSTEAD rule.", w.gerund, w.event, w.event))
}

// attnum returns the table's column that the view's column i is, 0 for an
// expression.
func (v *viewTarget) attnum(b *binder, i int) int16 {
	if c, isCol := v.exprs[i].(*plan.ColRef); isCol {
		if m := b.meta.Column(c.ID); m.Table == v.base.table && m.AttNum > 0 {
			return m.AttNum
		}
	}
	return 0
}

// over rewrites an expression over the view's own scan to another entry of the
// same table.
func (v *viewTarget) over(b *binder, e plan.Expr, r *rte) plan.Expr {
	return plan.Rewrite(e, func(x plan.Expr) plan.Expr {
		c, isCol := x.(*plan.ColRef)
		if !isCol {
			return x
		}
		att := b.meta.Column(c.ID).AttNum
		if id := v.base.columnOf(att); id != c.ID {
			return x
		}
		out := *c
		out.ID = r.columnOf(att)
		return &out
	})
}

// name is what the target is called in the statement and in errors.
func (t target) name() string {
	if t.view != nil {
		return t.view.view.Name
	}
	return t.table.Name
}

// item is the namespace entry of the target's rows in r.
func (t target) item(b *binder, r *rte) *nsItem {
	item := r.item()
	if t.view == nil {
		return item
	}
	item.name = t.view.view.Name
	if t.alias != "" {
		item.name = t.alias
	}
	item.cols = nil
	for i, name := range t.view.names {
		e := t.view.over(b, t.view.exprs[i], r)
		item.cols = append(item.cols, nsCol{name, e, e.Type()})
	}
	return item
}

// targetColumn finds a target's column by its name there. writing through a view's
// expression is an error.
func (b *binder) targetColumn(t target, name, verb string, pos int) *catalog.Column {
	if t.view != nil {
		for i, n := range t.view.names {
			if n == name {
				return b.viewColumn(t, i, verb)
			}
		}
	} else {
		for _, c := range liveColumns(t.table) {
			if c.Name == name {
				return c
			}
		}
		for _, p := range plan.PseudoColumns {
			if p.Name == name {
				b.failf(pos, pgcode.FeatureNotSupported, "cannot assign to system column %q", name)
			}
		}
	}
	b.failf(pos, pgcode.UndefinedColumn, "column %q of relation %q does not exist", name, t.name())
	return nil
}

// viewColumn is the table's column under column i of a view.
func (b *binder) viewColumn(t target, i int, verb string) *catalog.Column {
	att := t.view.attnum(b, i)
	if att == 0 {
		words := map[string]string{"insert": "insert into", "update": "update"}[verb]
		b.fail(newError(pgcode.FeatureNotSupported, "cannot %s column %q of view %q", words, t.view.names[i], t.name()).
			WithDetail("View columns that are not columns of their base relation are not updatable."))
	}
	return &t.table.Columns[att-1]
}

// filter adds a view's condition to that of an UPDATE or DELETE.
func (t target) filter(b *binder, r *rte, cond plan.Expr) plan.Expr {
	if t.view == nil || t.view.where == nil {
		return cond
	}
	where := t.view.over(b, t.view.where, r)
	if cond == nil {
		return where
	}
	return &plan.BoolExpr{Loc: -1, Op: ast.And, Args: []plan.Expr{where, cond}}
}

// viewChecks are the conditions of WITH CHECK OPTION over the written row.
func (t target) viewChecks(b *binder, r *rte) []plan.Check {
	if t.view == nil || !t.view.check || t.view.where == nil {
		return nil
	}
	return []plan.Check{{Name: t.view.view.Name, Expr: t.view.over(b, t.view.where, r)}}
}
