package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// scan plans a table scan. params are columns of the left side of a nested loop
// that index conditions may use; nil outside of one.
func (p *planner) scan(r *plan.Scan, need colSet, conds []plan.Expr, params colSet) (phys.Node, error) {
	if err := p.subqueries(conds...); err != nil {
		return nil, err
	}
	n := &phys.Scan{Table: r.Table, Alias: r.Alias, Schema: p.schemaName(r.Table), Moment: r.Moment}
	if err := p.subqueries(r.Moment.From.Expr, r.Moment.To.Expr); err != nil {
		return nil, err
	}
	want := need.withExprs(conds...)
	var cols []plan.ColID
	for _, c := range r.Cols {
		if want[c.ID] {
			n.Columns, cols = append(n.Columns, c), append(cols, c.ID)
		}
	}
	n.Props = p.props(cols)
	p.accessPath(n, r, conds, params)
	return n, nil
}

func (p *planner) schemaName(t *catalog.Table) string {
	if s, ok := p.cat.(interface{ SchemaName(uint32) string }); ok {
		return s.SchemaName(t.Schema)
	}
	return ""
}

// clustering returns the index of a table's clustering key, made up from the
// table itself so that tables of past moments have one too.
func clustering(t *catalog.Table) *catalog.Index {
	if len(t.PrimaryKey) == 0 {
		return nil
	}
	x := &catalog.Index{Object: catalog.Object{OID: t.PKIndex}, Table: t.OID, Unique: true, Primary: true}
	for _, att := range t.PrimaryKey {
		x.Keys = append(x.Keys, catalog.IndexKey{Attnum: att, Type: t.ByAttnum(att).Type})
	}
	return x
}

// candidate is a way to read a table: an index and the conditions it serves.
type candidate struct {
	index  *catalog.Index
	keys   []phys.KeyCond
	used   []plan.Expr
	eq     int
	unique bool
	rows   float64
	cost   float64
}

// accessPath chooses the cheapest way to read the table.
func (p *planner) accessPath(n *phys.Scan, r *plan.Scan, conds []plan.Expr, params colSet) {
	rows := p.tableRows(r.Table)
	width := float64(n.Width)
	pages := max(rows*width/pageBytes, 1)
	out := clampRows(rows * p.selectivity(conds))
	n.Rows, n.Total = out, pages*pageCost+rows*(tupleCost+operatorCost*float64(len(conds)))
	n.Filter = and(conds)
	best := p.bestIndex(n, r, conds, params, rows)
	if best == nil || best.cost >= n.Total && !best.unique && !p.set.NoSeqScan {
		return
	}
	n.Index, n.Keys, n.Unique = best.index, best.keys, best.unique
	n.Total, n.Rows = best.cost, min(out, best.rows)
	n.IndexOnly = covers(best.index, n.Columns)
	if r.Moment.Kind == plan.Present || r.Moment.Kind == plan.AsOf {
		n.Filter = and(slices.DeleteFunc(slices.Clone(conds), func(e plan.Expr) bool { return slices.Contains(best.used, e) }))
	}
}

func (p *planner) tableRows(t *catalog.Table) float64 {
	rows, ok := p.sizes[t.OID]
	if ok {
		return rows
	}
	if rows = p.cat.TableRows(t.OID); rows < 0 {
		rows = defaultRows
	}
	rows = max(rows, 1)
	p.sizes[t.OID] = rows
	return rows
}

func (p *planner) bestIndex(n *phys.Scan, r *plan.Scan, conds []plan.Expr, params colSet, rows float64) *candidate {
	if p.set.NoIndexScan || len(conds) == 0 {
		return nil
	}
	own := setOf(r.Columns())
	var best *candidate
	try := func(x *catalog.Index, clustered bool) {
		c := p.matchIndex(x, r, conds, own)
		if c == nil {
			return
		}
		p.estimate(c, rows, clustered || covers(x, n.Columns))
		if best == nil || c.cost < best.cost {
			best = c
		}
	}
	if x := clustering(r.Table); x != nil {
		if have := p.cat.Index(r.Table, x.OID); have != nil && r.Moment.Kind == plan.Present {
			x = have
		}
		try(x, true)
	}
	if r.Moment.Kind != plan.Present && r.Moment.Kind != plan.AsOf {
		return best // of versions an index has no single one
	}
	for _, oid := range r.Table.Indexes {
		x := p.cat.Index(r.Table, oid)
		if x != nil && oid != r.Table.PKIndex && p.applies(x, r, conds) {
			try(x, false)
		}
	}
	return best
}

// estimate computes the rows and the cost of an index scan; direct tells that no
// row needs to be fetched by its key.
func (p *planner) estimate(c *candidate, rows float64, direct bool) {
	c.rows = clampRows(rows * p.selectivity(c.used))
	if c.unique {
		c.rows = 1
		for _, k := range c.keys {
			if k.Op == phys.KeyAny {
				c.rows = 10
			}
		}
	}
	each := indexCost + tupleCost
	if !direct {
		each += fetchCost
	}
	c.cost = fetchCost + c.rows*each
}

// matchIndex finds the conditions an index can serve; nil when there are none.
func (p *planner) matchIndex(x *catalog.Index, r *plan.Scan, conds []plan.Expr, own colSet) *candidate {
	c := &candidate{index: x}
	for i, key := range x.Keys {
		match := p.keyMatch(r, key)
		if match == nil {
			break
		}
		found := false
		for _, e := range conds {
			if k, ok := keyCond(e, match, own); ok && (k.Op == phys.KeyEQ || k.Op == phys.KeyAny || k.Op == phys.KeyIsNull) {
				k.Key, found = i, true
				c.keys, c.used = append(c.keys, k), append(c.used, e)
				break
			}
		}
		if found {
			c.eq++
			continue
		}
		c.addBounds(i, match, conds, own)
		break
	}
	c.unique = x.Unique && !x.Deferrable && c.eq == len(x.Keys) && !slices.ContainsFunc(c.keys, func(k phys.KeyCond) bool { return k.Op == phys.KeyIsNull })
	if len(c.keys) == 0 {
		return nil
	}
	return c
}

func (c *candidate) addBounds(i int, match func(plan.Expr) bool, conds []plan.Expr, own colSet) {
	for _, e := range conds {
		k, ok := keyCond(e, match, own)
		if ok && k.Op != phys.KeyEQ && k.Op != phys.KeyAny && k.Op != phys.KeyIsNull {
			k.Key = i
			c.keys, c.used = append(c.keys, k), append(c.used, e)
		}
	}
}

func columnOf(r *plan.Scan, att int16) plan.ColID {
	for _, c := range r.Cols {
		if c.AttNum == att {
			return c.ID
		}
	}
	return 0
}

var keyOps = map[string]phys.KeyOp{"=": phys.KeyEQ, "<": phys.KeyLT, "<=": phys.KeyLE, ">": phys.KeyGT, ">=": phys.KeyGE}

var flipped = map[phys.KeyOp]phys.KeyOp{
	phys.KeyEQ: phys.KeyEQ, phys.KeyLT: phys.KeyGT, phys.KeyLE: phys.KeyGE, phys.KeyGT: phys.KeyLT, phys.KeyGE: phys.KeyLE,
}

// keyCond takes apart a condition on what match knows (a column of a scan or an
// expression over its columns) whose other side does not depend on the scan's row.
func keyCond(e plan.Expr, match func(plan.Expr) bool, own colSet) (phys.KeyCond, bool) {
	switch x := e.(type) {
	case *plan.FuncCall:
		if x.Op == nil || len(x.Args) != 2 || !sameKind(x.Args[0], x.Args[1]) {
			return phys.KeyCond{}, false
		}
		op, ok := keyOps[x.Op.Name]
		if !ok {
			return phys.KeyCond{}, false
		}
		if match(x.Args[0]) && free(x.Args[1], own) {
			return phys.KeyCond{Op: op, Value: x.Args[1], Cond: e}, true
		}
		if match(x.Args[1]) && free(x.Args[0], own) {
			return phys.KeyCond{Op: flipped[op], Value: x.Args[0], Cond: e}, true
		}
	case *plan.ScalarArrayOp:
		if x.All || x.Op == nil || x.Op.Name != "=" || !match(x.Left) || !free(x.Right, own) {
			return phys.KeyCond{}, false
		}
		if datum.KindOf(types.ElemOf(x.Right.Type().OID)) == datum.KindOf(x.Left.Type().OID) {
			return phys.KeyCond{Op: phys.KeyAny, Value: x.Right, Cond: e}, true
		}
	case *plan.NullTest:
		if !x.Not && !x.ArgIsRow && match(x.Arg) {
			return phys.KeyCond{Op: phys.KeyIsNull, Cond: e}, true
		}
	}
	return phys.KeyCond{}, false
}

func isColumn(e plan.Expr, col plan.ColID) bool {
	c, ok := strip(e).(*plan.ColRef)
	return ok && c.ID == col && col != 0
}

func free(e plan.Expr, own colSet) bool {
	return !exprCols(e).meets(own) && !isVolatile(e)
}

// covers reports whether an index holds every column.
func covers(x *catalog.Index, cols []plan.ScanColumn) bool {
	if x.Storage == 0 {
		return false
	}
	for _, c := range cols {
		if slices.Contains(x.Include, c.AttNum) || c.AttNum == plan.AttRowID || c.AttNum == plan.AttTableOID {
			continue
		}
		if !slices.ContainsFunc(x.Keys, func(k catalog.IndexKey) bool { return k.Attnum != 0 && k.Attnum == c.AttNum }) {
			return false
		}
	}
	return true
}

func (p *planner) virtualScan(r *plan.VirtualScan, need colSet, conds []plan.Expr) (phys.Node, error) {
	if err := p.subqueries(conds...); err != nil {
		return nil, err
	}
	want := need.withExprs(conds...)
	n := &phys.VirtualScan{Table: r.Table, Schema: r.Schema, Alias: r.Alias, Moment: r.Moment, Filter: and(conds)}
	var cols []plan.ColID
	for _, c := range r.Cols {
		if want[c.ID] {
			n.Columns, cols = append(n.Columns, c), append(cols, c.ID)
		}
	}
	n.Props = p.props(cols)
	n.Rows, n.Total = clampRows(defaultRows*p.selectivity(conds)), defaultRows*tupleCost
	return n, nil
}

func (p *planner) functionScan(r *plan.FunctionScan, conds []plan.Expr) (phys.Node, error) {
	for _, f := range r.Funcs {
		if err := p.subqueries(f.Call); err != nil {
			return nil, err
		}
	}
	if err := p.subqueries(conds...); err != nil {
		return nil, err
	}
	n := &phys.FunctionScan{Props: p.props(r.Columns()), Alias: r.Alias, Funcs: r.Funcs, Ordinality: r.Ordinality != 0, Filter: and(conds)}
	rows := 1.0
	for _, f := range r.Funcs {
		if returnsSet(f.Call) {
			rows = defaultRows
		}
	}
	n.Rows, n.Total = clampRows(rows*p.selectivity(conds)), rows*tupleCost
	return n, nil
}
