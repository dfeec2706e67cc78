package bind

import (
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// targetList binds a select list or RETURNING, expanding stars.
func (b *binder) targetList(blk *block, list []*ast.Target, kind exprKind) []*Target {
	var out []*Target
	old := blk.kind
	blk.kind = kind
	for _, t := range list {
		switch e := t.Value.(type) {
		case *ast.ColumnRef:
			if e.Star {
				out = append(out, b.expandStar(blk, e)...)
				continue
			}
		case *ast.Indirection:
			if last := e.Steps[len(e.Steps)-1]; last.Kind == ast.StepStar {
				out = append(out, b.expandRow(blk, e)...)
				continue
			}
		}
		x := b.expr(blk, t.Value)
		name := t.Name
		if name == "" {
			name = figureName(t.Value)
		}
		out = append(out, &Target{Name: name, Expr: x, pos: t.Pos})
	}
	blk.kind = old
	return out
}

// expandStar expands * and t.*.
func (b *binder) expandStar(blk *block, ref *ast.ColumnRef) []*Target {
	var out []*Target
	if len(ref.Fields) > 0 {
		item := b.tableForStar(blk, ref)
		for _, c := range item.cols {
			out = append(out, &Target{Name: c.name, Expr: at(c.expr, ref.Pos), pos: ref.Pos})
		}
		return out
	}
	found := false
	for _, item := range blk.ns {
		if !item.colsVisible || item.rte.kind == rteExcluded {
			continue
		}
		found = true
		for _, c := range item.cols {
			out = append(out, &Target{Name: c.name, Expr: at(c.expr, ref.Pos), pos: ref.Pos})
		}
	}
	if !found {
		b.failf(ref.Pos, pgcode.SyntaxError, "SELECT * with no tables specified is not valid")
	}
	return out
}

// tableForStar finds the entry that t.* means.
func (b *binder) tableForStar(blk *block, ref *ast.ColumnRef) *nsItem {
	schema, table := "", ref.Fields[len(ref.Fields)-1]
	switch len(ref.Fields) {
	case 1:
	case 2:
		schema = ref.Fields[0]
	case 3:
		if ref.Fields[0] != b.cat.Database() {
			b.failf(ref.Pos, pgcode.FeatureNotSupported, "cross-database references are not implemented: %s", strings.Join(ref.Fields, "."))
		}
		schema = ref.Fields[1]
	default:
		b.failf(ref.Pos, pgcode.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(ref.Fields, "."))
	}
	item := b.findItem(blk, schema, table, ref.Pos)
	if item == nil {
		b.failMissingItem(blk, schema, table, ref.Pos)
	}
	return item
}

// expandRow expands (row expression).*.
func (b *binder) expandRow(blk *block, n *ast.Indirection) []*Target {
	inner := &ast.Indirection{Pos: n.Pos, Arg: n.Arg, Steps: n.Steps[:len(n.Steps)-1]}
	var e plan.Expr
	if len(inner.Steps) == 0 {
		e = b.expr(blk, n.Arg)
	} else {
		e = b.expr(blk, inner)
	}
	fields := b.rowFields(e)
	if fields == nil {
		b.failf(exprPos(e), pgcode.WrongObjectType, "type %s is not composite", typeText(e.Type().OID))
	}
	var out []*Target
	for i, f := range fields {
		out = append(out, &Target{
			Name: f.name, pos: n.Pos,
			Expr: &plan.FieldSelect{Loc: plan.Loc(n.Pos), Typ: plan.Typ(f.typ), Arg: e, Index: i, Name: f.name},
		})
	}
	return out
}

// figureName chooses the name of an output column without an alias, as
// FigureColname.
func figureName(e ast.Expr) string {
	name, _ := columnName(e)
	if name == "" {
		return "?column?"
	}
	return name
}

// columnName returns a name for an expression and how good it is: 2 for a name
// of its own, 1 for one that a cast around it may replace, 0 for none.
func columnName(e ast.Expr) (string, int) {
	switch e := e.(type) {
	case *ast.ColumnRef:
		if len(e.Fields) > 0 {
			return e.Fields[len(e.Fields)-1], 2
		}
	case *ast.Indirection:
		for i := len(e.Steps) - 1; i >= 0; i-- {
			if e.Steps[i].Kind == ast.StepField {
				return e.Steps[i].Field, 2
			}
		}
		return columnName(e.Arg)
	case *ast.FuncCall:
		return e.Name[len(e.Name)-1], 2
	case *ast.NullIf:
		return "nullif", 2
	case *ast.TypeCast:
		name, strength := columnName(e.Arg)
		if strength <= 1 {
			return e.Type.Names[len(e.Type.Names)-1], 1
		}
		return name, strength
	case *ast.Collate:
		return columnName(e.Arg)
	case *ast.GroupingFunc:
		return "grouping", 2
	case *ast.SubLink:
		return subLinkName(e)
	case *ast.Case:
		if e.Else != nil {
			if name, strength := columnName(e.Else); strength > 1 {
				return name, strength
			}
		}
		return "case", 1
	case *ast.Array:
		return "array", 2
	case *ast.Row:
		return "row", 2
	case *ast.Coalesce:
		return "coalesce", 2
	case *ast.MinMax:
		if e.Least {
			return "least", 2
		}
		return "greatest", 2
	case *ast.SQLValueFunc:
		return sqlValueNames[e.Value], 2
	case *ast.XMLExpr:
		return e.Name, 2
	}
	return "", 0
}

var sqlValueNames = map[ast.SQLValue]string{
	ast.CurrentDate: "current_date", ast.CurrentTime: "current_time", ast.CurrentTimestamp: "current_timestamp",
	ast.LocalTime: "localtime", ast.LocalTimestamp: "localtimestamp", ast.CurrentRole: "current_role",
	ast.CurrentUser: "current_user", ast.User: "user", ast.SessionUser: "session_user",
	ast.CurrentCatalog: "current_catalog", ast.CurrentSchema: "current_schema",
}

func subLinkName(e *ast.SubLink) (string, int) {
	switch e.Kind {
	case ast.SubExists:
		return "exists", 2
	case ast.SubArray:
		return "array", 2
	case ast.SubScalar:
		q := e.Query
		for q.SetOp != ast.SetNone {
			q = q.Left
		}
		if q.Values != nil {
			return "column1", 2
		}
		if len(q.Targets) == 0 {
			return "", 0
		}
		if t := q.Targets[0]; t.Name != "" {
			return t.Name, 2
		} else if ref, isRef := t.Value.(*ast.ColumnRef); !isRef || !ref.Star {
			return figureName(t.Value), 2
		}
	}
	return "", 0
}
