package ast

func (p *printer) insert(n *InsertStmt) {
	p.with(n.With)
	p.w("INSERT ")
	p.hints(n.Hints)
	p.w("INTO ")
	p.rangeVar(n.Table)
	if n.Columns != nil {
		p.w(" ")
		parens(p, n.Columns, p.assignee)
	}
	p.overriding(n.Overriding)
	if n.Query == nil {
		p.w(" DEFAULT VALUES")
	} else {
		p.w(" ")
		p.query(n.Query)
	}
	if c := n.OnConflict; c != nil {
		p.onConflict(c)
	}
	p.returning(n.Returning)
}

func (p *printer) overriding(o Overriding) {
	p.w([...]string{"", " OVERRIDING USER VALUE", " OVERRIDING SYSTEM VALUE"}[o])
}

func (p *printer) onConflict(c *OnConflict) {
	p.w(" ON CONFLICT")
	if c.Columns != nil {
		p.w(" ")
		parens(p, c.Columns, p.indexElem)
		p.where(c.TargetWhere)
	}
	if c.Constraint != "" {
		p.w(" ON CONSTRAINT ")
		p.name(c.Constraint)
	}
	if !c.DoUpdate {
		p.w(" DO NOTHING")
		return
	}
	p.w(" DO UPDATE SET ")
	p.assignments(c.Set)
	p.where(c.Where)
}

// assignee prints a column with its subscripts.
func (p *printer) assignee(t *Target) {
	p.name(t.Name)
	p.steps(t.Steps)
}

// assignments prints SET items; the targets of a multi-column one follow one
// another.
func (p *printer) assignments(ts []*Target) {
	for i := 0; i < len(ts); {
		p.on(i > 0, ", ")
		m, ok := ts[i].Value.(*MultiAssign)
		if !ok {
			p.assignee(ts[i])
			p.w(" = ")
			p.expr(ts[i].Value)
			i++
			continue
		}
		parens(p, ts[i:i+m.Columns], p.assignee)
		p.w(" = ")
		p.expr(m.Source)
		i += m.Columns
	}
}

func (p *printer) update(n *UpdateStmt) {
	p.with(n.With)
	p.w("UPDATE ")
	p.hints(n.Hints)
	p.rangeVar(n.Table)
	p.w(" SET ")
	p.assignments(n.Set)
	p.from(" FROM ", n.From)
	p.where(n.Where)
	p.returning(n.Returning)
}

func (p *printer) delete(n *DeleteStmt) {
	p.with(n.With)
	p.w("DELETE ")
	p.hints(n.Hints)
	p.w("FROM ")
	p.rangeVar(n.Table)
	p.from(" USING ", n.Using)
	p.where(n.Where)
	p.returning(n.Returning)
}

func (p *printer) merge(n *MergeStmt) {
	p.with(n.With)
	p.w("MERGE ")
	p.hints(n.Hints)
	p.w("INTO ")
	p.rangeVar(n.Table)
	p.w(" USING ")
	p.table(n.Source)
	p.w(" ON ")
	p.expr(n.On)
	for _, w := range n.Whens {
		p.mergeWhen(w)
	}
}

func (p *printer) mergeWhen(w *MergeWhen) {
	p.w(" WHEN ", not(!w.Matched), "MATCHED")
	if w.Cond != nil {
		p.w(" AND ")
		p.expr(w.Cond)
	}
	p.w(" THEN ")
	switch w.Action {
	case MergeNothing:
		p.w("DO NOTHING")
	case MergeUpdate:
		p.w("UPDATE SET ")
		p.assignments(w.Set)
	case MergeDelete:
		p.w("DELETE")
	case MergeInsert:
		p.w("INSERT")
		if w.Values == nil {
			p.w(" DEFAULT VALUES")
			return
		}
		if w.Columns != nil {
			p.w(" ")
			parens(p, w.Columns, p.assignee)
		}
		p.overriding(w.Overriding)
		p.w(" VALUES ")
		p.parenExprs(w.Values)
	}
}

func (p *printer) truncate(n *TruncateStmt) {
	p.w("TRUNCATE TABLE ")
	comma(p, n.Tables, p.rangeVar)
	p.on(n.RestartIdentity, " RESTART IDENTITY")
	p.on(n.Cascade, " CASCADE")
}
