package bind

import (
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

func typeWithMod(t types.T) string { return pgfmt.FormatType(t) }

// refersTo reports whether a query names a relation without a schema anywhere.
func refersTo(q *ast.SelectStmt, name string) bool {
	found := false
	ast.Walk(q, func(n ast.Node) bool {
		if v, isVar := n.(*ast.RangeVar); isVar && v.Schema == "" && v.Name == name {
			found = true
		}
		return !found
	})
	return found
}

func refersInWith(w *ast.With, name string) bool {
	for _, c := range w.CTEs {
		if q, isQuery := c.Query.(*ast.SelectStmt); isQuery && refersTo(q, name) {
			return true
		}
	}
	return false
}

// checkRecursion refuses self-references in places where they have no meaning:
// the first term, subqueries of expressions, the null-extended side of an outer
// join, EXCEPT's right side and INTERSECT. As checkWellFormedRecursion.
func (b *binder) checkRecursion(q *ast.SelectStmt, name string, term recursionTerm) {
	if !refersTo(q, name) {
		return
	}
	if term == termFirst {
		b.failRecursion(q, name, "its non-recursive term")
	}
	b.checkTerm(q, name)
}

func (b *binder) failRecursion(n ast.Node, name, where string) {
	pos := -1
	ast.Walk(n, func(x ast.Node) bool {
		if v, isVar := x.(*ast.RangeVar); isVar && v.Schema == "" && v.Name == name && pos < 0 {
			pos = v.Pos
		}
		return pos < 0
	})
	b.failf(pos, pgcode.InvalidRecursion, "recursive reference to query %q must not appear within %s", name, where)
}

func (b *binder) checkTerm(q *ast.SelectStmt, name string) {
	switch q.SetOp {
	case ast.Intersect:
		b.failRecursion(q, name, "INTERSECT")
	case ast.Except:
		if refersTo(q.Right, name) {
			b.failRecursion(q.Right, name, "EXCEPT")
		}
		b.checkTerm(q.Left, name)
		return
	case ast.Union:
		b.checkTerm(q.Left, name)
		b.checkTerm(q.Right, name)
		return
	}
	for _, t := range q.Targets {
		b.checkExprRecursion(t.Value, name)
	}
	b.checkExprRecursion(q.Where, name)
	b.checkExprRecursion(q.Having, name)
	for _, f := range q.From {
		b.checkFromRecursion(f, name)
	}
}

func (b *binder) checkExprRecursion(e ast.Expr, name string) {
	if e == nil {
		return
	}
	ast.Walk(e, func(n ast.Node) bool {
		if s, isSub := n.(*ast.SubLink); isSub && refersTo(s.Query, name) {
			b.failRecursion(s.Query, name, "a subquery")
		}
		return true
	})
}

func (b *binder) checkFromRecursion(t ast.TableExpr, name string) {
	switch t := t.(type) {
	case *ast.RangeSubselect:
		b.checkTerm(t.Query, name)
	case *ast.JoinExpr:
		outer := func(side ast.TableExpr) {
			found := false
			ast.Walk(side, func(n ast.Node) bool {
				if v, isVar := n.(*ast.RangeVar); isVar && v.Schema == "" && v.Name == name {
					found = true
				}
				return !found
			})
			if found {
				b.failRecursion(side, name, "an outer join")
			}
		}
		if t.Kind == ast.JoinLeft || t.Kind == ast.JoinFull {
			outer(t.Right)
		}
		if t.Kind == ast.JoinRight || t.Kind == ast.JoinFull {
			outer(t.Left)
		}
		b.checkFromRecursion(t.Left, name)
		b.checkFromRecursion(t.Right, name)
		b.checkExprRecursion(t.On, name)
	}
}

func sortPos(list []*ast.SortBy) int { return ast.Leftmost(list[0].Expr) }

// setPos is where an error about a branch of a set operation points: its first
// select-list item.
func setPos(q *ast.SelectStmt) int {
	for q.SetOp != ast.SetNone {
		q = q.Left
	}
	switch {
	case len(q.Targets) > 0:
		if q.Targets[0].Value != nil {
			return ast.Leftmost(q.Targets[0].Value)
		}
		return q.Targets[0].Pos
	case len(q.Values) > 0 && len(q.Values[0]) > 0:
		return ast.Leftmost(q.Values[0][0])
	}
	return -1
}
