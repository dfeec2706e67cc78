package bind

import (
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

func (b *binder) insert(n *ast.InsertStmt) (plan.Rel, []plan.OutputColumn) { return nil, nil }
func (b *binder) update(n *ast.UpdateStmt) (plan.Rel, []plan.OutputColumn) { return nil, nil }
func (b *binder) delete(n *ast.DeleteStmt) (plan.Rel, []plan.OutputColumn) { return nil, nil }
