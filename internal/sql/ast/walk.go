package ast

// Walk calls visit for n and for the nodes under it, parents first; where visit
// returns false the parts of a node are left out. It covers expressions,
// queries, table references and the statements that hold them; clauses without
// expressions (options, names, types without modifiers) are not visited.
func Walk(n Node, visit func(Node) bool) {
	w := walker{visit}
	w.node(n)
}

type walker struct {
	visit func(Node) bool
}

func (w walker) node(n Node) {
	if n == nil || !w.visit(n) {
		return
	}
	switch n := n.(type) {
	case Stmt:
		w.stmt(n)
	case TableExpr:
		w.table(n)
	case Expr:
		w.exprParts(n)
	case *ColumnDef:
		for _, c := range n.Constraints {
			w.node(c)
		}
	case *Constraint:
		w.expr(n.Expr)
		w.expr(n.Where)
	}
}

func (w walker) expr(e Expr) {
	if e != nil {
		w.node(e)
	}
}

func (w walker) exprs(lists ...[]Expr) {
	for _, l := range lists {
		for _, e := range l {
			w.expr(e)
		}
	}
}

func (w walker) exprParts(e Expr) {
	for _, c := range parts(e) {
		w.expr(c)
	}
	switch e := e.(type) {
	case *SubLink:
		w.node(e.Query)
	case *FuncCall:
		w.sorts(e.OrderBy)
		w.expr(e.Filter)
		w.window(e.Over)
	}
}

func (w walker) sorts(list []*SortBy) {
	for _, s := range list {
		w.expr(s.Expr)
	}
}

func (w walker) window(d *WindowDef) {
	if d == nil {
		return
	}
	w.exprs(d.PartitionBy)
	w.sorts(d.OrderBy)
	if d.Frame != nil {
		w.expr(d.Frame.Start.Offset)
		w.expr(d.Frame.End.Offset)
	}
}

func (w walker) targets(lists ...[]*Target) {
	for _, l := range lists {
		for _, t := range l {
			for _, s := range t.Steps {
				w.expr(s.Low)
				w.expr(s.High)
			}
			w.expr(t.Value)
		}
	}
}

func (w walker) tables(list []TableExpr) {
	for _, t := range list {
		w.node(t)
	}
}

func (w walker) with(c *With) {
	if c == nil {
		return
	}
	for _, e := range c.CTEs {
		w.node(e.Query)
	}
}

func (w walker) stmt(s Stmt) {
	switch n := s.(type) {
	case *SelectStmt:
		w.query(n)
	case *InsertStmt:
		w.with(n.With)
		w.node(n.Table)
		w.targets(n.Columns)
		if n.Query != nil {
			w.node(n.Query)
		}
		if c := n.OnConflict; c != nil {
			w.indexElems(c.Columns)
			w.expr(c.TargetWhere)
			w.targets(c.Set)
			w.expr(c.Where)
		}
		w.targets(n.Returning)
	case *UpdateStmt:
		w.with(n.With)
		w.node(n.Table)
		w.targets(n.Set)
		w.tables(n.From)
		w.expr(n.Where)
		w.targets(n.Returning)
	case *DeleteStmt:
		w.with(n.With)
		w.node(n.Table)
		w.tables(n.Using)
		w.expr(n.Where)
		w.targets(n.Returning)
	case *MergeStmt:
		w.with(n.With)
		w.node(n.Table)
		w.node(n.Source)
		w.expr(n.On)
		for _, m := range n.Whens {
			w.expr(m.Cond)
			w.targets(m.Set)
			w.exprs(m.Values)
		}
	case *CreateTableStmt:
		for _, e := range n.Elements {
			w.node(e)
		}
	case *AlterTableStmt:
		for _, c := range n.Cmds {
			if c.Column != nil {
				w.node(c.Column)
			}
			if c.Constraint != nil {
				w.node(c.Constraint)
			}
			w.expr(c.Expr)
		}
	case *CreateIndexStmt:
		w.indexElems(n.Elems)
		w.expr(n.Where)
	case *CreateTableAsStmt:
		w.node(n.Query)
	case *CreateViewStmt:
		w.node(n.Query)
	case *PrepareStmt:
		w.node(n.Query)
	case *ExecuteStmt:
		w.exprs(n.Args)
	case *ExplainStmt:
		w.node(n.Query)
	case *DeclareCursorStmt:
		w.node(n.Query)
	case *CallStmt:
		w.node(n.Call)
	case *CopyStmt:
		if n.Query != nil {
			w.node(n.Query)
		}
		w.expr(n.Where)
	case *CreateSchemaStmt:
		for _, e := range n.Elements {
			w.node(e)
		}
	}
}

func (w walker) indexElems(list []*IndexElem) {
	for _, e := range list {
		w.expr(e.Expr)
	}
}

func (w walker) query(q *SelectStmt) {
	w.with(q.With)
	if q.SetOp != SetNone {
		w.node(q.Left)
		w.node(q.Right)
	}
	w.exprs(q.Values...)
	w.exprs(q.DistinctOn)
	w.targets(q.Targets)
	w.tables(q.From)
	w.expr(q.Where)
	w.exprs(q.GroupBy)
	w.expr(q.Having)
	for _, d := range q.Windows {
		w.window(d)
	}
	w.sorts(q.OrderBy)
	w.expr(q.Limit)
	w.expr(q.Offset)
}

func (w walker) moments(t *Temporal) {
	if t == nil {
		return
	}
	for _, m := range []*Moment{t.From, t.To} {
		if m != nil {
			w.expr(m.Expr)
		}
	}
}

func (w walker) table(t TableExpr) {
	switch t := t.(type) {
	case *RangeVar:
		w.moments(t.Temporal)
	case *RangeSubselect:
		w.node(t.Query)
		w.moments(t.Temporal)
	case *RangeFunction:
		for _, f := range t.Funcs {
			w.expr(f.Func)
		}
	case *RangeSample:
		w.node(t.Table)
		w.exprs(t.Args)
		w.expr(t.Repeatable)
	case *JoinExpr:
		w.node(t.Left)
		w.node(t.Right)
		w.expr(t.On)
	}
}

// parts returns the expressions directly under e, without those of sub-selects
// and of aggregate and window clauses.
func parts(e Expr) []Expr {
	switch e := e.(type) {
	case *Indirection:
		out := []Expr{e.Arg}
		for _, s := range e.Steps {
			out = append(out, s.Low, s.High)
		}
		return out
	case *OpExpr:
		return []Expr{e.Left, e.Right}
	case *BoolExpr:
		return e.Args
	case *AnyAll:
		return []Expr{e.Left, e.Right}
	case *DistinctFrom:
		return []Expr{e.Left, e.Right}
	case *NullIf:
		return []Expr{e.Left, e.Right}
	case *InList:
		return append([]Expr{e.Left}, e.List...)
	case *LikeExpr:
		return []Expr{e.Left, e.Pattern, e.Escape}
	case *Between:
		return []Expr{e.Arg, e.Low, e.High}
	case *NullTest:
		return []Expr{e.Arg}
	case *BooleanTest:
		return []Expr{e.Arg}
	case *SubLink:
		return []Expr{e.Test}
	case *FuncCall:
		return e.Args
	case *NamedArg:
		return []Expr{e.Arg}
	case *Coalesce:
		return e.Args
	case *MinMax:
		return e.Args
	case *Case:
		out := []Expr{e.Arg}
		for _, w := range e.Whens {
			out = append(out, w.Cond, w.Result)
		}
		return append(out, e.Else)
	case *Row:
		return e.Args
	case *Array:
		return e.Elems
	case *TypeCast:
		return append([]Expr{e.Arg}, e.Type.Typmods...)
	case *Collate:
		return []Expr{e.Arg}
	case *GroupingFunc:
		return e.Args
	case *GroupingSet:
		return e.Args
	case *XMLExpr:
		return []Expr{e.Arg}
	case *MultiAssign:
		return []Expr{e.Source}
	}
	return nil
}
