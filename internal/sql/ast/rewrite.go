package ast

// Rewrite returns e with every expression replaced by what f returns for it,
// parts before the whole. What f leaves alone is shared with e, which is not
// changed (I5). Sub-selects and the clauses of aggregates and windows are not
// entered: f sees the SubLink or FuncCall that holds them.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	old := parts(e)
	var changed []Expr
	for i, c := range old {
		if c == nil {
			continue
		}
		if n := Rewrite(c, f); n != c {
			if changed == nil {
				changed = append([]Expr(nil), old...)
			}
			changed[i] = n
		}
	}
	if changed != nil {
		e = withParts(e, changed)
	}
	return f(e)
}

// withParts returns a copy of e with other parts, in the order of parts.
func withParts(e Expr, c []Expr) Expr {
	switch e := e.(type) {
	case *Indirection:
		n := *e
		n.Arg = c[0]
		n.Steps = append([]Step(nil), e.Steps...)
		for i := range n.Steps {
			n.Steps[i].Low, n.Steps[i].High = c[1+2*i], c[2+2*i]
		}
		return &n
	case *OpExpr:
		n := *e
		n.Left, n.Right = c[0], c[1]
		return &n
	case *BoolExpr:
		n := *e
		n.Args = c
		return &n
	case *AnyAll:
		n := *e
		n.Left, n.Right = c[0], c[1]
		return &n
	case *DistinctFrom:
		n := *e
		n.Left, n.Right = c[0], c[1]
		return &n
	case *NullIf:
		n := *e
		n.Left, n.Right = c[0], c[1]
		return &n
	case *InList:
		n := *e
		n.Left, n.List = c[0], c[1:]
		return &n
	case *LikeExpr:
		n := *e
		n.Left, n.Pattern, n.Escape = c[0], c[1], c[2]
		return &n
	case *Between:
		n := *e
		n.Arg, n.Low, n.High = c[0], c[1], c[2]
		return &n
	case *NullTest:
		n := *e
		n.Arg = c[0]
		return &n
	case *BooleanTest:
		n := *e
		n.Arg = c[0]
		return &n
	case *SubLink:
		n := *e
		n.Test = c[0]
		return &n
	case *FuncCall:
		n := *e
		n.Args = c
		return &n
	case *NamedArg:
		n := *e
		n.Arg = c[0]
		return &n
	case *Coalesce:
		n := *e
		n.Args = c
		return &n
	case *MinMax:
		n := *e
		n.Args = c
		return &n
	case *Case:
		return caseWithParts(e, c)
	case *Row:
		n := *e
		n.Args = c
		return &n
	case *Array:
		n := *e
		n.Elems = c
		return &n
	case *TypeCast:
		n := *e
		n.Arg = c[0]
		return &n
	case *Collate:
		n := *e
		n.Arg = c[0]
		return &n
	case *GroupingFunc:
		n := *e
		n.Args = c
		return &n
	case *GroupingSet:
		n := *e
		n.Args = c
		return &n
	case *XMLExpr:
		n := *e
		n.Arg = c[0]
		return &n
	case *MultiAssign:
		n := *e
		n.Source = c[0]
		return &n
	}
	return e
}

func caseWithParts(e *Case, c []Expr) Expr {
	n := *e
	n.Arg, n.Else = c[0], c[len(c)-1]
	n.Whens = make([]*When, len(e.Whens))
	for i, w := range e.Whens {
		x := *w
		x.Cond, x.Result = c[1+2*i], c[2+2*i]
		n.Whens[i] = &x
	}
	return &n
}
