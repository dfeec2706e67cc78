package opt

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/stats"
	"github.com/driftdb/driftdb/internal/types"
)

// Catalog is what planning asks about tables.
type Catalog interface {
	// Index returns the table's index of that oid, or nil. The table may be one of
	// a moment of the past, its index then being of that moment too.
	Index(t *catalog.Table, oid uint32) *catalog.Index
	// TableRows returns how many rows a table is believed to have; negative when
	// nothing is known.
	TableRows(oid uint32) float64
	// ColumnStats returns what is known of a column's values, or nil.
	ColumnStats(table uint32, att int16) *stats.Column
	// TableExpr binds an expression that a table's descriptor holds as text; column
	// gives the ColID of a column. It returns nil when it cannot.
	TableExpr(t *catalog.Table, text string, column func(att int16) plan.ColID) plan.Expr
}

// Settings steer the choice of algorithms (enable_hashjoin and its like); the
// zero value allows everything.
type Settings struct {
	NoHashJoin  bool
	NoMergeJoin bool
	NoNestLoop  bool
	NoIndexScan bool
	NoSeqScan   bool
	NoHashAgg   bool
	NoSort      bool
}

// Plan makes the physical plan of a statement. The statement is not changed; the
// plan may share its expressions.
func Plan(ctx context.Context, stmt *plan.Statement, cat Catalog, set Settings) (*phys.Plan, error) {
	p := &planner{
		ctx: ctx, stmt: stmt, meta: stmt.Meta, cat: cat, set: set,
		out: &phys.Plan{Stmt: stmt, Subplans: map[*plan.Subquery]*phys.Subplan{}}, ctes: map[*plan.CTE]*phys.CTE{},
		inline: map[*plan.CTE]bool{}, sizes: map[uint32]float64{},
	}
	need := colSet{}
	for _, c := range stmt.Output {
		need.add(c.ID)
	}
	root, err := p.rel(stmt.Root, need, nil)
	if err != nil {
		return nil, err
	}
	p.out.Root = root
	return p.out, nil
}

// planner plans one statement. It belongs to one goroutine.
type planner struct {
	ctx    context.Context
	stmt   *plan.Statement
	meta   *plan.Metadata
	cat    Catalog
	set    Settings
	out    *phys.Plan
	ctes   map[*plan.CTE]*phys.CTE // the materialised ones
	inline map[*plan.CTE]bool
	count  int                // subplans so far
	rerun  int                // plans around that are run once for each row of another
	sizes  map[uint32]float64 // rows of the tables asked for
}

// colSet is a set of columns.
type colSet map[plan.ColID]bool

func (s colSet) add(ids ...plan.ColID) {
	for _, id := range ids {
		if id != 0 {
			s[id] = true
		}
	}
}

func (s colSet) with(ids ...plan.ColID) colSet {
	out := make(colSet, len(s)+len(ids))
	for id := range s {
		out[id] = true
	}
	out.add(ids...)
	return out
}

func (s colSet) withExprs(list ...plan.Expr) colSet {
	out := s.with()
	for _, e := range list {
		out.addExpr(e)
	}
	return out
}

// addExpr adds the columns an expression refers to, those inside its subqueries
// included.
func (s colSet) addExpr(e plan.Expr) {
	plan.Walk(e, func(x plan.Expr) bool {
		if c, ok := x.(*plan.ColRef); ok {
			s.add(c.ID)
		}
		return true
	})
}

func setOf(ids []plan.ColID) colSet {
	s := make(colSet, len(ids))
	s.add(ids...)
	return s
}

func exprCols(e plan.Expr) colSet {
	s := colSet{}
	s.addExpr(e)
	return s
}

// within reports whether every column of s is in other.
func (s colSet) within(other colSet) bool {
	for id := range s {
		if !other[id] {
			return false
		}
	}
	return true
}

func (s colSet) meets(other colSet) bool {
	for id := range s {
		if other[id] {
			return true
		}
	}
	return false
}

// props makes the Props of a node that produces these columns.
func (p *planner) props(cols []plan.ColID) phys.Props {
	out := phys.Props{Cols: cols, Types: make([]types.T, len(cols))}
	for i, id := range cols {
		if id != 0 {
			out.Types[i] = p.meta.Column(id).Type
		}
		out.Width += typeWidth(out.Types[i])
	}
	return out
}

// typeWidth is the planner's guess of the bytes of a value, as PostgreSQL's
// get_typavgwidth has it.
func typeWidth(t types.T) int {
	info := types.Lookup(t.OID)
	switch {
	case info == nil:
		return 32
	case info.Len > 0:
		return int(info.Len)
	case t.Typmod > 4 && (t.OID == types.BPChar || t.OID == types.VarChar):
		return min(int(t.Typmod-4), 32) + 1
	}
	return 32
}

// relAgain plans a relation that is read again and again.
func (p *planner) relAgain(r plan.Rel, need colSet, conds []plan.Expr) (phys.Node, error) {
	p.rerun++
	defer func() { p.rerun-- }()
	return p.rel(r, need, conds)
}

func (p *planner) rel(r plan.Rel, need colSet, conds []plan.Expr) (phys.Node, error) {
	if err := p.ctx.Err(); err != nil {
		return nil, err
	}
	switch r.(type) {
	case *plan.Scan, *plan.VirtualScan, *plan.FunctionScan, *plan.CTERef, *plan.WorkTable:
		if rest, joins := p.split(conds, setOf(r.Columns())); joins != nil {
			return p.semiLeaf(r, need.withExprs(conds...), rest, joins)
		}
	}
	switch r := r.(type) {
	case *plan.Result:
		return p.result(conds)
	case *plan.Values:
		return p.values(r, conds)
	case *plan.Scan:
		return p.scan(r, need, conds, nil)
	case *plan.VirtualScan:
		return p.virtualScan(r, need, conds)
	case *plan.Filter:
		return p.filter(r, need, conds)
	case *plan.Project:
		return p.project(r, need, conds)
	case *plan.ProjectSet:
		return p.projectSet(r, need, conds)
	case *plan.Join:
		return p.join(r, need, conds)
	case *plan.GroupBy:
		return p.groupBy(r, need, conds)
	case *plan.Window:
		return p.window(r, need, conds)
	case *plan.Sort:
		return p.sort(r, need, conds)
	case *plan.Limit:
		return p.limit(r, need, conds)
	case *plan.Distinct:
		return p.distinct(r, need, conds)
	case *plan.SetOp:
		return p.setOp(r, conds)
	}
	return p.relRest(r, need, conds)
}

func (p *planner) relRest(r plan.Rel, need colSet, conds []plan.Expr) (phys.Node, error) {
	switch r := r.(type) {
	case *plan.With:
		return p.with(r, need, conds)
	case *plan.CTERef:
		return p.cteRef(r, need, conds)
	case *plan.RecursiveUnion:
		return p.recursiveUnion(r, conds)
	case *plan.WorkTable:
		return p.workTable(r, conds)
	case *plan.FunctionScan:
		return p.functionScan(r, conds)
	case *plan.LockRows:
		return p.lockRows(r, need, conds)
	case *plan.Insert:
		return p.insert(r)
	case *plan.Update:
		return p.update(r)
	case *plan.Delete:
		return p.delete(r)
	}
	return nil, pgerr.Internal("no plan for %T", r)
}

// filtered puts conditions over a node.
func (p *planner) filtered(n phys.Node, conds []plan.Expr) (phys.Node, error) {
	conds, joins := p.split(conds, setOf(n.Properties().Cols))
	if joins != nil {
		n, err := p.filtered(n, conds)
		if err != nil {
			return nil, err
		}
		return p.semiJoined(n, joins)
	}
	if len(conds) == 0 {
		return n, nil
	}
	cond := and(conds)
	if err := p.subqueries(cond); err != nil {
		return nil, err
	}
	in := n.Properties()
	f := &phys.Filter{Props: p.props(in.Cols), Unary: phys.Unary{Input: n}, Cond: cond}
	f.Rows = clampRows(in.Rows * p.selectivity(conds))
	f.Startup, f.Total = in.Startup, in.Total+in.Rows*operatorCost*float64(len(conds))
	return f, nil
}
