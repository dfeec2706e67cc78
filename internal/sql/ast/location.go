package ast

// Leftmost returns the offset PostgreSQL reports for an expression in an error
// message: that of its leftmost token as far as the tree knows it, -1 when it
// has none. It follows exprLocation of nodeFuncs.c for raw trees.
func Leftmost(e Expr) int {
	switch e := e.(type) {
	case nil:
		return -1
	case *OpExpr:
		return leftmost(e.Pos, Leftmost(e.Left))
	case *AnyAll:
		return leftmost(e.Pos, Leftmost(e.Left))
	case *DistinctFrom:
		return leftmost(e.Pos, Leftmost(e.Left))
	case *NullIf:
		return e.Pos
	case *InList:
		return leftmost(e.Pos, Leftmost(e.Left))
	case *LikeExpr:
		return leftmost(e.Pos, Leftmost(e.Left))
	case *Between:
		return leftmost(e.Pos, Leftmost(e.Arg))
	case *BoolExpr:
		return leftmost(e.Pos, Leftmost(e.Args[0]))
	case *NullTest:
		return leftmost(e.Pos, Leftmost(e.Arg))
	case *BooleanTest:
		return leftmost(e.Pos, Leftmost(e.Arg))
	case *SubLink:
		return leftmost(e.Pos, Leftmost(e.Test))
	case *FuncCall:
		pos := e.Pos
		for _, a := range e.Args {
			pos = leftmost(pos, Leftmost(a))
		}
		return pos
	case *NamedArg:
		return leftmost(e.Pos, Leftmost(e.Arg))
	case *TypeCast:
		pos := leftmost(e.Pos, Leftmost(e.Arg))
		if e.Type != nil {
			pos = leftmost(pos, e.Type.Pos)
		}
		return pos
	case *Collate:
		return leftmost(e.Pos, Leftmost(e.Arg))
	case *Indirection:
		return Leftmost(e.Arg)
	case *MultiAssign:
		return Leftmost(e.Source)
	case *XMLExpr:
		return leftmost(e.Pos, Leftmost(e.Arg))
	}
	return e.Position()
}

// leftmost is the smaller of two offsets, of which -1 is none.
func leftmost(a, b int) int {
	switch {
	case a < 0:
		return b
	case b < 0 || a < b:
		return a
	}
	return b
}
