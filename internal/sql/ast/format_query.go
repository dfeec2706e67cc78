package ast

// with prints a WITH clause and a space behind it.
func (p *printer) with(w *With) {
	if w == nil {
		return
	}
	p.w("WITH ")
	p.on(w.Recursive, "RECURSIVE ")
	comma(p, w.CTEs, p.cte)
	p.w(" ")
}

func (p *printer) cte(c *CTE) {
	p.name(c.Name)
	if c.Columns != nil {
		p.w(" ")
		p.nameList(c.Columns)
	}
	p.w(" AS ", [...]string{"", "MATERIALIZED ", "NOT MATERIALIZED "}[c.Materialize], "(")
	p.stmt(c.Query)
	p.w(")")
	if s := c.Search; s != nil {
		p.w(" SEARCH ")
		if s.BreadthFirst {
			p.w("BREADTH")
		} else {
			p.w("DEPTH")
		}
		p.w(" FIRST BY ")
		p.commaNames(s.Columns)
		p.w(" SET ")
		p.name(s.SetColumn)
	}
	if y := c.Cycle; y != nil {
		p.w(" CYCLE ")
		p.commaNames(y.Columns)
		p.w(" SET ")
		p.name(y.MarkColumn)
		if y.MarkValue != nil {
			p.w(" TO ")
			p.expr(y.MarkValue)
			p.w(" DEFAULT ")
			p.expr(y.MarkDefault)
		}
		p.w(" USING ")
		p.name(y.PathColumn)
	}
}

// hints prints a hint comment behind a keyword.
func (p *printer) hints(h string) {
	if h != "" {
		p.w("/*+ ", h, " */ ")
	}
}

func (p *printer) query(q *SelectStmt) {
	p.with(q.With)
	switch {
	case q.SetOp != SetNone:
		p.setOperand(q.Left)
		p.w([...]string{"", " UNION ", " INTERSECT ", " EXCEPT "}[q.SetOp])
		p.on(q.All, "ALL ")
		p.setOperand(q.Right)
	case q.Values != nil:
		p.w("VALUES ")
		comma(p, q.Values, p.parenExprs)
	default:
		p.simpleSelect(q)
	}
	if q.OrderBy != nil {
		p.w(" ")
		p.orderBy(q.OrderBy)
	}
	p.limit(q)
	for _, l := range q.Locking {
		p.locking(l)
	}
}

// setOperand prints a side of a set operation, in parentheses unless it is a
// plain SELECT or VALUES.
func (p *printer) setOperand(q *SelectStmt) {
	if q.SetOp == SetNone && q.With == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil && q.Locking == nil {
		p.query(q)
		return
	}
	p.parenQuery(q)
}

func (p *printer) simpleSelect(q *SelectStmt) {
	p.w("SELECT ")
	p.hints(q.Hints)
	p.on(q.Distinct, "DISTINCT ")
	if q.DistinctOn != nil {
		p.w("ON ")
		p.parenExprs(q.DistinctOn)
		p.w(" ")
	}
	p.targets(q.Targets)
	if q.Into != nil {
		p.w(" INTO ", persistenceWord(q.Into.Table.Persistence), "TABLE ")
		p.rangeVar(q.Into.Table)
	}
	p.from(" FROM ", q.From)
	p.where(q.Where)
	if q.GroupBy != nil {
		p.w(" GROUP BY ")
		p.on(q.GroupDistinct, "DISTINCT ")
		comma(p, q.GroupBy, func(e Expr) {
			if r, ok := e.(*Row); ok && len(r.Args) == 0 && !r.Explicit {
				p.w("()")
				return
			}
			p.expr(e)
		})
	}
	if q.Having != nil {
		p.w(" HAVING ")
		p.expr(q.Having)
	}
	if q.Windows != nil {
		p.w(" WINDOW ")
		comma(p, q.Windows, func(w *WindowDef) {
			p.name(w.Name)
			p.w(" AS ")
			p.window(w)
		})
	}
}

func (p *printer) targets(ts []*Target) {
	comma(p, ts, func(t *Target) {
		p.expr(t.Value)
		if t.Name != "" {
			p.w(" AS ")
			p.name(t.Name)
		}
	})
}

func (p *printer) from(word string, items []TableExpr) {
	if items != nil {
		p.w(word)
		comma(p, items, p.table)
	}
}

func (p *printer) where(e Expr) {
	if e != nil {
		p.w(" WHERE ")
		p.expr(e)
	}
}

func (p *printer) returning(ts []*Target) {
	if ts != nil {
		p.w(" RETURNING ")
		p.targets(ts)
	}
}

func (p *printer) orderBy(list []*SortBy) {
	p.w("ORDER BY ")
	comma(p, list, func(s *SortBy) {
		p.expr(s.Expr)
		if s.Direction == SortUsing {
			p.w(" USING ")
			p.op(s.Using)
		} else {
			p.w(directionWord(s.Direction))
		}
		p.w(nullsWord(s.Nulls))
	})
}

func directionWord(d SortDirection) string { return [...]string{"", " ASC", " DESC", ""}[d] }

func nullsWord(n NullsOrder) string { return [...]string{"", " NULLS FIRST", " NULLS LAST"}[n] }

func (p *printer) limit(q *SelectStmt) {
	if q.Offset != nil {
		p.w(" OFFSET ")
		p.expr(q.Offset)
	}
	switch {
	case q.Limit == nil:
	case q.WithTies:
		p.w(" FETCH FIRST (")
		p.expr(q.Limit)
		p.w(") ROWS WITH TIES")
	default:
		p.w(" LIMIT ")
		if c, ok := q.Limit.(*Const); ok && c.Kind == ConstNull {
			p.w("ALL")
		} else {
			p.expr(q.Limit)
		}
	}
}

func (p *printer) locking(l *Locking) {
	p.w([...]string{"", " FOR KEY SHARE", " FOR SHARE", " FOR NO KEY UPDATE", " FOR UPDATE"}[l.Strength])
	if l.Of != nil {
		p.w(" OF ")
		comma(p, l.Of, p.rangeVar)
	}
	p.w([...]string{"", " SKIP LOCKED", " NOWAIT"}[l.Wait])
}

func (p *printer) window(w *WindowDef) {
	if w.Plain {
		p.name(w.Ref)
		return
	}
	p.w("(")
	sep := ""
	next := func() {
		p.w(sep)
		sep = " "
	}
	if w.Ref != "" {
		next()
		p.name(w.Ref)
	}
	if w.PartitionBy != nil {
		next()
		p.w("PARTITION BY ")
		p.exprs(w.PartitionBy)
	}
	if w.OrderBy != nil {
		next()
		p.orderBy(w.OrderBy)
	}
	if w.Frame != nil {
		next()
		p.frame(w.Frame)
	}
	p.w(")")
}

func (p *printer) frame(f *Frame) {
	p.w([...]string{"RANGE ", "ROWS ", "GROUPS "}[f.Mode])
	p.on(f.Between, "BETWEEN ")
	p.frameBound(f.Start)
	if f.Between {
		p.w(" AND ")
		p.frameBound(f.End)
	}
	p.w([...]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
}

func (p *printer) frameBound(b FrameBound) {
	if b.Offset != nil {
		p.operand(b.Offset)
	}
	p.w([...]string{"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"}[b.Kind])
}

func (p *printer) table(t TableExpr) {
	switch t := t.(type) {
	case *RangeVar:
		p.rangeVar(t)
	case *RangeSubselect:
		p.on(t.Lateral, "LATERAL ")
		p.parenQuery(t.Query)
		p.temporal(t.Temporal)
		p.alias(t.Alias)
	case *RangeFunction:
		p.rangeFunction(t)
	case *RangeXMLTable:
		p.on(t.Lateral, "LATERAL ")
		p.w(t.Text)
		p.alias(t.Alias)
	case *RangeSample:
		p.rangeVar(t.Table)
		p.w(" TABLESAMPLE ")
		p.names(t.Method)
		p.parenExprs(t.Args)
		if t.Repeatable != nil {
			p.w(" REPEATABLE (")
			p.expr(t.Repeatable)
			p.w(")")
		}
	case *JoinExpr:
		if t.Alias != nil {
			p.w("(")
			p.join(t)
			p.w(")")
			p.alias(t.Alias)
		} else {
			p.join(t)
		}
	}
}

func (p *printer) join(j *JoinExpr) {
	p.table(j.Left)
	p.on(j.Natural, " NATURAL")
	p.w([...]string{" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " CROSS JOIN "}[j.Kind])
	if r, ok := j.Right.(*JoinExpr); ok && r.Alias == nil {
		p.w("(")
		p.join(r)
		p.w(")")
	} else {
		p.table(j.Right)
	}
	if j.Using != nil {
		p.w(" USING ")
		p.nameList(j.Using)
		if j.UsingAlias != "" {
			p.w(" AS ")
			p.name(j.UsingAlias)
		}
	}
	if j.On != nil {
		p.w(" ON ")
		p.expr(j.On)
	}
}

func (p *printer) rangeVar(r *RangeVar) {
	p.on(r.Only, "ONLY ")
	if r.Catalog != "" {
		p.strict(r.Catalog)
		p.w(".")
	}
	if r.Schema != "" {
		p.strict(r.Schema)
		p.w(".")
	}
	p.strict(r.Name)
	p.temporal(r.Temporal)
	p.alias(r.Alias)
}

func (p *printer) temporal(t *Temporal) {
	if t == nil {
		return
	}
	p.w(" FOR SYSTEM_TIME") // the short form would read some moments as an alias
	switch t.Kind {
	case TemporalAsOf:
		p.w(" AS OF ")
		p.moment(t.From)
	case TemporalFromTo:
		p.w(" FROM ")
		p.moment(t.From)
		p.w(" TO ")
		p.moment(t.To)
	case TemporalBetween:
		p.w(" BETWEEN ")
		p.moment(t.From)
		p.w(" AND ")
		p.moment(t.To)
	case TemporalAll:
		p.w(" ALL")
	}
}

func (p *printer) moment(m *Moment) {
	if m.Seq {
		p.w("@SEQ:")
		p.expr(m.Expr)
		return
	}
	switch e := m.Expr.(type) {
	case *OpExpr, *TypeCast:
		p.expr(e)
		return
	case *FuncCall:
		if e.Syntax == CallAtTimeZone {
			p.expr(e)
			return
		}
	}
	p.operand(m.Expr)
}

func (p *printer) alias(a *Alias) {
	if a == nil {
		return
	}
	p.w(" AS ")
	p.name(a.Name)
	if a.Columns != nil {
		p.nameList(a.Columns)
	}
}

func (p *printer) rangeFunction(f *RangeFunction) {
	p.on(f.Lateral, "LATERAL ")
	if f.RowsFrom {
		p.w("ROWS FROM ")
		parens(p, f.Funcs, func(i *RangeFuncItem) {
			p.expr(i.Func)
			if i.ColDefs != nil {
				p.w(" AS ")
				p.colDefs(i.ColDefs)
			}
		})
	} else {
		p.expr(f.Funcs[0].Func)
	}
	p.on(f.Ordinality, " WITH ORDINALITY")
	p.alias(f.Alias)
	if f.ColDefs != nil {
		p.on(f.Alias == nil, " AS")
		p.w(" ")
		p.colDefs(f.ColDefs)
	}
}

func (p *printer) colDefs(defs []*ColumnDef) {
	parens(p, defs, func(d *ColumnDef) {
		p.name(d.Name)
		p.w(" ")
		p.typeName(d.Type)
		p.collate(d.Collate)
	})
}

func (p *printer) collate(c *Collate) {
	if c != nil {
		p.w(" COLLATE ")
		p.names(c.Name)
	}
}
