package bind

import "github.com/driftdb/driftdb/internal/sql/ast"

// ExprName returns the name that an expression gives an index column, "" when it
// suggests none.
func ExprName(e ast.Expr) string {
	name, _ := columnName(e)
	return name
}
