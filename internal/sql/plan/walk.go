package plan

// children calls f for each direct subexpression of e, in evaluation order. The
// plan of a Subquery is not an expression; its Test is not visited either,
// because its columns belong to that plan: see RelExprs and Subqueries.
func children(e Expr, f func(Expr)) {
	switch e := e.(type) {
	case *FuncCall:
		each(e.Args, f)
	case *BoolExpr:
		each(e.Args, f)
	case *NullTest:
		f(e.Arg)
	case *BoolTest:
		f(e.Arg)
	case *DistinctFrom:
		f(e.Left)
		f(e.Right)
	case *Case:
		opt(e.Arg, f)
		for _, w := range e.Whens {
			f(w.Cond)
			f(w.Result)
		}
		opt(e.Else, f)
	case *Coalesce:
		each(e.Args, f)
	case *NullIf:
		f(e.Left)
		f(e.Right)
	case *MinMax:
		each(e.Args, f)
	case *ArrayExpr:
		each(e.Elems, f)
	case *RowExpr:
		each(e.Fields, f)
	case *RowCompare:
		each(e.Left, f)
		each(e.Right, f)
	case *FieldSelect:
		f(e.Arg)
	case *Subscript:
		f(e.Arg)
		each(e.Low, f)
		each(e.High, f)
		opt(e.Assign, f)
	case *ScalarArrayOp:
		f(e.Left)
		f(e.Right)
	case *Relabel:
		f(e.Arg)
	case *CoerceViaIO:
		f(e.Arg)
	case *ArrayCoerce:
		f(e.Arg)
		f(e.Elem)
	case *AggCall:
		each(e.Args, f)
		for _, o := range e.OrderBy {
			f(o.Expr)
		}
		opt(e.Filter, f)
	case *GroupingCall:
		each(e.Args, f)
	case *WindowCall:
		each(e.Args, f)
		opt(e.Filter, f)
	case *Subquery:
		opt(e.Test, f)
	}
}

func each(list []Expr, f func(Expr)) {
	for _, e := range list {
		opt(e, f)
	}
}

func opt(e Expr, f func(Expr)) {
	if e != nil {
		f(e)
	}
}

// Walk calls f for e and, where f returns true, for what is below it, the plans
// of subqueries included. e may be nil.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	if s, ok := e.(*Subquery); ok {
		WalkRel(s.Plan, f)
	}
	children(e, func(c Expr) { Walk(c, f) })
}

// WalkRel calls Walk for every expression of a plan, inputs first.
func WalkRel(r Rel, f func(Expr) bool) {
	for _, in := range Inputs(r) {
		WalkRel(in, f)
	}
	rewriteRelExprs(r, func(e Expr) Expr {
		Walk(e, f)
		return e
	})
}

// Inputs returns the relations a node reads, the plans of its CTEs included,
// those of subqueries in its expressions not.
func Inputs(r Rel) []Rel {
	switch r := r.(type) {
	case *Filter:
		return []Rel{r.Input}
	case *Project:
		return []Rel{r.Input}
	case *ProjectSet:
		return []Rel{r.Input}
	case *Join:
		return []Rel{r.Left, r.Right}
	case *GroupBy:
		return []Rel{r.Input}
	case *Window:
		return []Rel{r.Input}
	case *Sort:
		return []Rel{r.Input}
	case *Limit:
		return []Rel{r.Input}
	case *Distinct:
		return []Rel{r.Input}
	case *SetOp:
		return []Rel{r.Left, r.Right}
	case *With:
		var list []Rel
		for _, c := range r.CTEs {
			list = append(list, c.Plan)
		}
		return append(list, r.Body)
	case *RecursiveUnion:
		return []Rel{r.Left, r.Right}
	case *LockRows:
		return []Rel{r.Input}
	case *Insert:
		return []Rel{r.Input}
	case *Update:
		return []Rel{r.Input}
	case *Delete:
		return []Rel{r.Input}
	}
	return nil
}

// WalkRels calls f for r and every relation below it, the plans of subqueries
// included, from the top.
func WalkRels(r Rel, f func(Rel)) {
	f(r)
	rewriteRelExprs(r, func(e Expr) Expr {
		Walk(e, func(x Expr) bool {
			if s, ok := x.(*Subquery); ok {
				WalkRels(s.Plan, f)
			}
			return true
		})
		return e
	})
	for _, in := range Inputs(r) {
		WalkRels(in, f)
	}
}

// FreeColumns returns the columns that r refers to and does not produce itself:
// those it is correlated by.
func FreeColumns(r Rel) map[ColID]bool {
	free := map[ColID]bool{}
	made := map[ColID]bool{}
	WalkRels(r, func(x Rel) {
		for _, c := range x.Columns() {
			made[c] = true
		}
	})
	WalkRel(r, func(e Expr) bool {
		if c, ok := e.(*ColRef); ok && !made[c.ID] {
			free[c.ID] = true
		}
		return true
	})
	return free
}
