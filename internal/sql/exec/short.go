package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
)

type shortPlan struct{}

func (c *compiler) shortPath() *shortPlan { return nil }

func (s *shortPlan) run(env *Env) (Cursor, error) { return nil, nil }

var _ = expr.IsRowless
