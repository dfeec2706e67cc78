package plan

// Rewrite returns e with f applied from the top: where f returns a different
// expression that replaces the node, its children not being visited; where f
// returns its argument the children are rewritten. Nodes that change are
// copied. The plans of subqueries are rewritten too, through RewriteRel.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	if r := f(e); r != e {
		return r
	}
	return RewriteChildren(e, func(c Expr) Expr { return Rewrite(c, f) })
}

// RewriteChildren returns e with g applied to its direct subexpressions; of a
// Subquery also to every expression of its plan.
func RewriteChildren(e Expr, g func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *FuncCall:
		c := *e
		c.Args = list(e.Args, g)
		return &c
	case *BoolExpr:
		c := *e
		c.Args = list(e.Args, g)
		return &c
	case *NullTest:
		c := *e
		c.Arg = g(e.Arg)
		return &c
	case *BoolTest:
		c := *e
		c.Arg = g(e.Arg)
		return &c
	case *DistinctFrom:
		c := *e
		c.Left, c.Right = g(e.Left), g(e.Right)
		return &c
	case *Case:
		c := *e
		c.Arg = maybe(e.Arg, g)
		c.Whens = make([]When, len(e.Whens))
		for i, w := range e.Whens {
			c.Whens[i] = When{g(w.Cond), g(w.Result)}
		}
		c.Else = maybe(e.Else, g)
		return &c
	case *Coalesce:
		c := *e
		c.Args = list(e.Args, g)
		return &c
	case *NullIf:
		c := *e
		c.Left, c.Right = g(e.Left), g(e.Right)
		return &c
	case *MinMax:
		c := *e
		c.Args = list(e.Args, g)
		return &c
	case *ArrayExpr:
		c := *e
		c.Elems = list(e.Elems, g)
		return &c
	case *RowExpr:
		c := *e
		c.Fields = list(e.Fields, g)
		return &c
	case *RowCompare:
		c := *e
		c.Left, c.Right = list(e.Left, g), list(e.Right, g)
		return &c
	}
	return rewriteRest(e, g)
}

func rewriteRest(e Expr, g func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *FieldSelect:
		c := *e
		c.Arg = g(e.Arg)
		return &c
	case *Subscript:
		c := *e
		c.Arg, c.Low, c.High, c.Assign = g(e.Arg), list(e.Low, g), list(e.High, g), maybe(e.Assign, g)
		return &c
	case *ScalarArrayOp:
		c := *e
		c.Left, c.Right = g(e.Left), g(e.Right)
		return &c
	case *Relabel:
		c := *e
		c.Arg = g(e.Arg)
		return &c
	case *CoerceViaIO:
		c := *e
		c.Arg = g(e.Arg)
		return &c
	case *ArrayCoerce:
		c := *e
		c.Arg, c.Elem = g(e.Arg), g(e.Elem)
		return &c
	case *AggCall:
		c := *e
		c.Args, c.Filter = list(e.Args, g), maybe(e.Filter, g)
		c.OrderBy = make([]AggOrder, len(e.OrderBy))
		for i, o := range e.OrderBy {
			o.Expr = g(o.Expr)
			c.OrderBy[i] = o
		}
		return &c
	case *GroupingCall:
		c := *e
		c.Args = list(e.Args, g)
		return &c
	case *WindowCall:
		c := *e
		c.Args, c.Filter = list(e.Args, g), maybe(e.Filter, g)
		return &c
	case *Subquery:
		c := *e
		c.Test = maybe(e.Test, g)
		c.Left = list(e.Left, g)
		c.Plan = RewriteRel(e.Plan, g)
		return &c
	}
	return e
}

func list(in []Expr, g func(Expr) Expr) []Expr {
	if in == nil {
		return nil
	}
	out := make([]Expr, len(in))
	for i, e := range in {
		out[i] = maybe(e, g)
	}
	return out
}

func maybe(e Expr, g func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	return g(e)
}

// RewriteRel returns r with g applied to every expression of it and of the
// relations below it. It does not follow CTERefs; the CTEs of a With are
// rewritten in place of their Plan field, so that references stay valid.
func RewriteRel(r Rel, g func(Expr) Expr) Rel {
	return rewriteRelExprs(MapInputs(r, func(in Rel) Rel { return RewriteRel(in, g) }), g)
}

// MapInputs returns a copy of r with its inputs replaced by f of them.
func MapInputs(r Rel, f func(Rel) Rel) Rel {
	switch r := r.(type) {
	case *Filter:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Project:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *ProjectSet:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Join:
		c := *r
		c.Left, c.Right = f(r.Left), f(r.Right)
		return &c
	case *GroupBy:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Window:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Sort:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Limit:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Distinct:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *SetOp:
		c := *r
		c.Left, c.Right = f(r.Left), f(r.Right)
		return &c
	case *With:
		c := *r
		for _, cte := range r.CTEs {
			cte.Plan = f(cte.Plan)
		}
		c.Body = f(r.Body)
		return &c
	case *RecursiveUnion:
		c := *r
		c.Left, c.Right = f(r.Left), f(r.Right)
		return &c
	case *LockRows:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Insert:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Update:
		c := *r
		c.Input = f(r.Input)
		return &c
	case *Delete:
		c := *r
		c.Input = f(r.Input)
		return &c
	}
	return r
}

// rewriteRelExprs returns r with g applied to its own expressions.
func rewriteRelExprs(r Rel, g func(Expr) Expr) Rel {
	switch r := r.(type) {
	case *Values:
		c := *r
		c.Rows = make([][]Expr, len(r.Rows))
		for i, row := range r.Rows {
			c.Rows[i] = list(row, g)
		}
		return &c
	case *Filter:
		c := *r
		c.Cond = g(r.Cond)
		return &c
	case *Project:
		c := *r
		c.Items = items(r.Items, g)
		return &c
	case *ProjectSet:
		c := *r
		c.Items = items(r.Items, g)
		return &c
	case *Join:
		c := *r
		c.On = maybe(r.On, g)
		return &c
	case *GroupBy:
		c := *r
		c.Aggs = make([]AggItem, len(r.Aggs))
		for i, a := range r.Aggs {
			if call, ok := g(a.Call).(*AggCall); ok {
				a.Call = call
			}
			c.Aggs[i] = a
		}
		return &c
	case *Window:
		c := *r
		c.Frame.StartBy, c.Frame.EndBy = maybe(r.Frame.StartBy, g), maybe(r.Frame.EndBy, g)
		c.Calls = make([]WindowItem, len(r.Calls))
		for i, w := range r.Calls {
			if call, ok := g(w.Call).(*WindowCall); ok {
				w.Call = call
			}
			c.Calls[i] = w
		}
		return &c
	case *Limit:
		c := *r
		c.Count, c.Offset = maybe(r.Count, g), maybe(r.Offset, g)
		return &c
	case *FunctionScan:
		c := *r
		c.Funcs = make([]FunctionItem, len(r.Funcs))
		for i, f := range r.Funcs {
			f.Call = g(f.Call)
			c.Funcs[i] = f
		}
		return &c
	}
	return rewriteWriteExprs(r, g)
}

func rewriteWriteExprs(r Rel, g func(Expr) Expr) Rel {
	switch r := r.(type) {
	case *Insert:
		c := *r
		c.Generated, c.Checks, c.ViewChecks = assigns(r.Generated, g), checks(r.Checks, g), checks(r.ViewChecks, g)
		c.Returning = items(r.Returning, g)
		if r.OnConflict != nil {
			oc := *r.OnConflict
			oc.Set, oc.Where = assigns(oc.Set, g), maybe(oc.Where, g)
			c.OnConflict = &oc
		}
		return &c
	case *Update:
		c := *r
		c.Generated, c.Checks, c.ViewChecks = assigns(r.Generated, g), checks(r.Checks, g), checks(r.ViewChecks, g)
		c.Returning = items(r.Returning, g)
		return &c
	case *Delete:
		c := *r
		c.Returning = items(r.Returning, g)
		return &c
	}
	return r
}

func items(in []ProjectItem, g func(Expr) Expr) []ProjectItem {
	if in == nil {
		return nil
	}
	out := make([]ProjectItem, len(in))
	for i, it := range in {
		out[i] = ProjectItem{it.ID, g(it.Expr)}
	}
	return out
}

func assigns(in []Assign, g func(Expr) Expr) []Assign {
	out := make([]Assign, len(in))
	for i, a := range in {
		out[i] = Assign{a.AttNum, g(a.Expr)}
	}
	return out
}

func checks(in []Check, g func(Expr) Expr) []Check {
	out := make([]Check, len(in))
	for i, a := range in {
		out[i] = Check{a.Name, g(a.Expr)}
	}
	return out
}
