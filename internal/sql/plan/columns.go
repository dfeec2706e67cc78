package plan

func (*Result) relNode()         {}
func (*Values) relNode()         {}
func (*Scan) relNode()           {}
func (*VirtualScan) relNode()    {}
func (*Filter) relNode()         {}
func (*Project) relNode()        {}
func (*ProjectSet) relNode()     {}
func (*Join) relNode()           {}
func (*GroupBy) relNode()        {}
func (*Window) relNode()         {}
func (*Sort) relNode()           {}
func (*Limit) relNode()          {}
func (*Distinct) relNode()       {}
func (*SetOp) relNode()          {}
func (*With) relNode()           {}
func (*CTERef) relNode()         {}
func (*RecursiveUnion) relNode() {}
func (*WorkTable) relNode()      {}
func (*FunctionScan) relNode()   {}
func (*LockRows) relNode()       {}
func (*Insert) relNode()         {}
func (*Update) relNode()         {}
func (*Delete) relNode()         {}

// Columns implements Rel.
func (*Result) Columns() []ColID { return nil }

// Columns implements Rel.
func (n *Values) Columns() []ColID { return n.Cols }

// Columns implements Rel.
func (n *Scan) Columns() []ColID { return scanColumns(n.Cols) }

// Columns implements Rel.
func (n *VirtualScan) Columns() []ColID { return scanColumns(n.Cols) }

// Columns implements Rel.
func (n *Filter) Columns() []ColID { return n.Input.Columns() }

// Columns implements Rel.
func (n *Project) Columns() []ColID {
	var in []ColID
	if n.Extend {
		in = n.Input.Columns()
	}
	return withItems(in, n.Items)
}

// Columns implements Rel.
func (n *ProjectSet) Columns() []ColID { return withItems(n.Input.Columns(), n.Items) }

// Columns implements Rel.
func (n *Join) Columns() []ColID {
	if n.Kind == JoinSemi || n.Kind == JoinAnti {
		return n.Left.Columns()
	}
	return concat(n.Left.Columns(), n.Right.Columns())
}

// Columns implements Rel.
func (n *GroupBy) Columns() []ColID {
	cols := concat(n.KeyCols, n.Carry)
	for _, a := range n.Aggs {
		cols = append(cols, a.ID)
	}
	for _, g := range n.Groupings {
		cols = append(cols, g.ID)
	}
	return cols
}

// Columns implements Rel.
func (n *Window) Columns() []ColID {
	cols := concat(n.Input.Columns(), nil)
	for _, c := range n.Calls {
		cols = append(cols, c.ID)
	}
	return cols
}

// Columns implements Rel.
func (n *Sort) Columns() []ColID { return n.Input.Columns() }

// Columns implements Rel.
func (n *Limit) Columns() []ColID { return n.Input.Columns() }

// Columns implements Rel.
func (n *Distinct) Columns() []ColID { return n.Input.Columns() }

// Columns implements Rel.
func (n *SetOp) Columns() []ColID { return n.Cols }

// Columns implements Rel.
func (n *With) Columns() []ColID { return n.Body.Columns() }

// Columns implements Rel.
func (n *CTERef) Columns() []ColID { return n.Cols }

// Columns implements Rel.
func (n *RecursiveUnion) Columns() []ColID { return n.Cols }

// Columns implements Rel.
func (n *WorkTable) Columns() []ColID { return n.Cols }

// Columns implements Rel.
func (n *FunctionScan) Columns() []ColID {
	var cols []ColID
	for _, f := range n.Funcs {
		cols = append(cols, f.Cols...)
	}
	if n.Ordinality != 0 {
		cols = append(cols, n.Ordinality)
	}
	return cols
}

// Columns implements Rel.
func (n *LockRows) Columns() []ColID { return n.Input.Columns() }

// Columns implements Rel.
func (n *Insert) Columns() []ColID { return withItems(nil, n.Returning) }

// Columns implements Rel.
func (n *Update) Columns() []ColID { return withItems(nil, n.Returning) }

// Columns implements Rel.
func (n *Delete) Columns() []ColID { return withItems(nil, n.Returning) }

func scanColumns(cols []ScanColumn) []ColID {
	ids := make([]ColID, len(cols))
	for i, c := range cols {
		ids[i] = c.ID
	}
	return ids
}

func concat(a, b []ColID) []ColID {
	return append(append(make([]ColID, 0, len(a)+len(b)), a...), b...)
}

func withItems(in []ColID, items []ProjectItem) []ColID {
	cols := make([]ColID, 0, len(in)+len(items))
	cols = append(cols, in...)
	for _, it := range items {
		cols = append(cols, it.ID)
	}
	return cols
}
