package exec

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/vec"
)

// zoneCond is a part of a scan's filter that compares a column, of a type that is
// kept as an integer, with a value that is the same for all rows.
type zoneCond struct {
	ord   int // of the scan's columns
	op    string
	value expr.Node
}

// mirrored are the comparisons with their sides exchanged.
var mirrored = map[string]string{"=": "=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

// zoneConds finds the comparisons among the conditions that a filter joins by AND.
func (c *compiler) zoneConds(s *scanSpec, e plan.Expr) ([]zoneCond, error) {
	switch e := e.(type) {
	case *plan.BoolExpr:
		if e.Op != ast.And {
			return nil, nil
		}
		var list []zoneCond
		for _, arg := range e.Args {
			some, err := c.zoneConds(s, arg)
			if err != nil {
				return nil, err
			}
			list = append(list, some...)
		}
		return list, nil
	case *plan.FuncCall:
		if e.Op == nil || len(e.Args) != 2 || mirrored[e.Op.Name] == "" {
			return nil, nil
		}
		if ord := s.zoneColumn(e.Args[0], e.Args[1]); ord >= 0 {
			return c.zoneCond(ord, e.Op.Name, e.Args[1])
		}
		if ord := s.zoneColumn(e.Args[1], e.Args[0]); ord >= 0 {
			return c.zoneCond(ord, mirrored[e.Op.Name], e.Args[0])
		}
	}
	return nil, nil
}

func (c *compiler) zoneCond(ord int, op string, value plan.Expr) ([]zoneCond, error) {
	n, err := c.exprs.Compile(value, nil)
	return []zoneCond{{ord, op, n}}, err
}

// zoneColumn returns the ordinal of the column that e is, if its values compare as
// integers with the constant or parameter value; else -1.
func (s *scanSpec) zoneColumn(e, value plan.Expr) int {
	col, ok := e.(*plan.ColRef)
	if !ok {
		return -1
	}
	switch value.(type) {
	case *plan.Const, *plan.Param:
	default:
		return -1
	}
	kind := datum.KindOf(col.Type().OID)
	if vec.LayoutOf(kind) != vec.I64 || kind == datum.Bool || datum.KindOf(value.Type().OID) != kind {
		return -1
	}
	for i, c := range s.scan.Columns {
		if c.ID == col.ID && c.AttNum > 0 {
			return i
		}
	}
	return -1
}

// zoneValues evaluates the comparisons for one execution.
func (s *scanSpec) zoneValues(c *expr.Ctx, p *table.Projection) func() ([]segment.Zone, error) {
	if len(s.zones) == 0 {
		return nil
	}
	return func() ([]segment.Zone, error) {
		var list []segment.Zone
		for _, z := range s.zones {
			d, err := z.value.Row(c, nil)
			if err != nil {
				return nil, err
			}
			out := segment.Zone{
				Column: segment.Column{Attnum: s.cols[z.ord], Type: p.Types()[z.ord].OID}, Lo: math.MinInt64, Hi: math.MaxInt64,
			}
			switch x := d.Int(); {
			case d.IsNull() || z.op == "<" && x == math.MinInt64 || z.op == ">" && x == math.MaxInt64:
				out.Lo, out.Hi = math.MaxInt64, math.MinInt64 // no row can meet it
			case z.op == "=":
				out.Lo, out.Hi = x, x
			case z.op == "<":
				out.Hi = x - 1
			case z.op == "<=":
				out.Hi = x
			case z.op == ">":
				out.Lo = x + 1
			default:
				out.Lo = x
			}
			list = append(list, out)
		}
		return list, nil
	}
}
