package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// maxParams is the largest parameter number the protocol can carry.
const maxParams = 65535

// paramState holds the types of the parameters as they become known.
type paramState struct {
	types []types.OID
	infer bool
}

func (p *paramState) init(o Options) {
	p.types = append([]types.OID(nil), o.Params...)
	p.infer = o.InferParams
}

// reference binds $n. Its type is unknown until a context asks for one.
func (p *paramState) reference(b *binder, n *ast.Param) plan.Expr {
	if n.Number <= 0 || n.Number > maxParams || !p.infer && (n.Number > len(p.types) || p.types[n.Number-1] == 0) {
		b.failf(n.Pos, pgcode.UndefinedParameter, "there is no parameter $%d", n.Number)
	}
	for len(p.types) < n.Number {
		p.types = append(p.types, 0)
	}
	t := p.types[n.Number-1]
	if t == 0 {
		t = types.Unknown
	}
	return &plan.Param{Loc: plan.Loc(n.Pos), Typ: plan.Typ(types.Of(t)), Number: n.Number}
}

// coerce gives a parameter of unknown type the type its context asks for, or
// returns nil when its type is fixed. A parameter has one type in all places.
func (p *paramState) coerce(b *binder, n *plan.Param, target types.OID) plan.Expr {
	slot := &p.types[n.Number-1]
	switch *slot {
	case 0, types.Unknown:
		if !p.infer {
			return nil
		}
		*slot = target
	case target:
	default:
		b.fail(newError(pgcode.AmbiguousParameter, "inconsistent types deduced for parameter $%d", n.Number).
			WithDetail("%s versus %s", typeText(*slot), typeText(target)).At(bytePos(n.Position())))
	}
	c := *n
	c.Typ = plan.Typ(types.Of(target))
	return &c
}

// finish returns the types of all parameters; one that nothing fixed is 42P18.
func (p *paramState) finish(b *binder) []types.OID {
	for i, t := range p.types {
		if p.infer && (t == 0 || t == types.Unknown) {
			b.failf(-1, pgcode.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
	}
	return p.types
}
