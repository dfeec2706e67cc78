package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// block is the state of one query level while it is bound: what PostgreSQL
// calls a ParseState.
type block struct {
	b      *binder
	parent *block
	depth  int
	number int
	kind   exprKind // where the expression being bound stands

	ns   []*nsItem // what names mean here, in order of FROM
	rtes []*rte    // every range-table entry, for hints and printing
	ctes []*cteItem
	// future are common table expressions declared here that are not in scope yet.
	future []string

	hasAggs         bool
	aggPos          int // of the first aggregate
	sets            int // set-returning calls met so far
	lastSet         int // position of the last of them
	depthInFunction int
	windows         []*window
	// hasWindows reports that a window function was met.
	hasWindows bool
	// lateral is true while a FROM item that may refer to its left is bound.
	lateral bool
	// keepUnknown leaves string literals in the select list untyped (INSERT ... SELECT).
	keepUnknown bool
	locking     bool
}

func (b *binder) newBlock(parent *block) *block {
	b.blocks++
	blk := &block{b: b, parent: parent, number: b.blocks}
	if parent != nil {
		blk.depth = parent.depth + 1
	}
	return blk
}

// nsItem is an entry of a query level's namespace.
type nsItem struct {
	rte  *rte
	name string
	cols []nsCol
	// relVisible: t.x finds it; colsVisible: x finds its columns.
	relVisible  bool
	colsVisible bool
	// lateralOnly: visible to LATERAL items alone; lateralOK: and these may use it.
	lateralOnly bool
	lateralOK   bool
}

// nsCol is a column that can be named. The value's position is that of no text.
type nsCol struct {
	name string
	expr plan.Expr
	typ  types.T
}

// rteKind is the kind of a range-table entry.
type rteKind uint8

const (
	rteTable rteKind = iota
	rteSubquery
	rteFunction
	rteValues
	rteCTE
	rteWorkTable
	rteJoin
	rteExcluded
)

// rte is a range-table entry: an item of FROM, or the target of a write.
type rte struct {
	kind  rteKind
	name  string     // the alias, or the relation's name
	alias *ast.Alias // as written, nil without
	cols  []nsCol
	ids   []plan.ColID // of cols, 0 for merged join columns
	owner *block

	rel    *Relation
	table  *catalog.Table
	moment *momentClause
	scan   []plan.ScanColumn
	extra  []plan.ScanColumn // pseudo-columns and whole row, as they are named
	node   *plan.Scan        // of a stored table, once it is made
	target bool              // target of UPDATE or DELETE

	query    *Query          // subqueries and views
	view     *catalog.View   // set when the query is a view's
	inner    plan.Rel        // everything but tables and joins
	wholeRow plan.ColID      // 0 until asked for
	source   *ast.RangeVar   // tables, CTEs: as written
	function *boundFunctions // functions
	values   [][]plan.Expr
	cte      *cteItem
	lateral  bool
}

// items returns the columns as they stand in an expression at pos.
func at(e plan.Expr, pos int) plan.Expr {
	switch e := e.(type) {
	case *plan.ColRef:
		c := *e
		c.Loc = plan.Loc(pos)
		return &c
	case *plan.Coalesce:
		c := *e
		c.Loc = plan.Loc(pos)
		return &c
	}
	return e
}

// newRTE registers a range-table entry.
func (blk *block) newRTE(r *rte) *rte {
	r.owner = blk
	blk.rtes = append(blk.rtes, r)
	return r
}

// addColumn gives a range-table entry a new column.
func (r *rte) addColumn(b *binder, c plan.ColumnMeta) plan.ColID {
	c.Alias = r.name
	id := b.column(r.owner, c)
	b.origin[id] = r
	r.ids = append(r.ids, id)
	r.cols = append(r.cols, nsCol{c.Name, &plan.ColRef{Loc: -1, Typ: plan.Typ(c.Type), ID: id}, c.Type})
	return id
}

// item makes the namespace entry of a range-table entry, everything visible.
func (r *rte) item() *nsItem {
	return &nsItem{rte: r, name: r.name, cols: r.cols, relVisible: true, colsVisible: true, lateralOK: true}
}

// applyAlias renames columns as AS t(a, b) does.
func (b *binder) applyAlias(r *rte, alias *ast.Alias, what string) {
	r.alias = alias
	if alias == nil {
		return
	}
	if len(alias.Columns) > len(r.cols) {
		b.failTooManyAliases(r, alias, what)
	}
	for i, name := range alias.Columns {
		r.cols[i].name = name
	}
}

// build makes the plan node of a range-table entry, once all that is named of it
// is known.
func (r *rte) build(b *binder) plan.Rel {
	if r.kind == rteTable {
		cols := append(append([]plan.ScanColumn(nil), r.scan...), r.extra...)
		moment := plan.Moment{}
		if r.moment != nil {
			moment = r.moment.plan
		}
		if r.rel != nil && r.rel.Virtual {
			return &plan.VirtualScan{Table: r.table, Schema: r.rel.Schema, Alias: r.name, Cols: cols, Moment: moment}
		}
		r.node = &plan.Scan{Table: r.table, Alias: r.name, Cols: cols, Moment: moment}
		return r.node
	}
	if r.wholeRow == 0 {
		return r.inner
	}
	return &plan.Project{Input: r.inner, Extend: true, Items: []plan.ProjectItem{{ID: r.wholeRow, Expr: r.rowExpr()}}}
}

// rowExpr makes a row of an entry's columns.
func (r *rte) rowExpr() *plan.RowExpr {
	row := &plan.RowExpr{Loc: -1, Typ: plan.Typ(types.Of(types.Record)), WholeRow: r.name}
	for _, c := range r.cols {
		row.Fields = append(row.Fields, c.expr)
		row.Names = append(row.Names, c.name)
	}
	return row
}

// wholeRow is a reference to a whole row of item.
func (b *binder) wholeRow(blk *block, item *nsItem, pos int) plan.Expr {
	r := item.rte
	b.checkLateral(blk, item, pos)
	if r.kind == rteFunction && len(r.cols) == 1 && !r.function.composite {
		return at(r.cols[0].expr, pos)
	}
	if r.kind == rteJoin || r.kind == rteExcluded {
		row := r.rowExpr()
		row.Loc = plan.Loc(pos)
		return row
	}
	if r.wholeRow == 0 {
		t := types.Of(types.Record)
		r.wholeRow = b.column(r.owner, plan.ColumnMeta{Name: r.name, Type: t, Table: r.table, Alias: r.name})
		b.origin[r.wholeRow] = r
		var shape []field
		for _, c := range r.cols {
			shape = append(shape, field{c.name, c.typ})
		}
		b.shape[r.wholeRow] = shape
		if r.kind == rteTable {
			r.extra = append(r.extra, plan.ScanColumn{ID: r.wholeRow, AttNum: plan.AttWholeRow})
		}
	}
	return &plan.ColRef{Loc: plan.Loc(pos), Typ: plan.Typ(types.Of(types.Record)), ID: r.wholeRow}
}

// pseudoColumn is a reference to system_time_start and its like, nil when name
// is none or the entry is no table.
func (r *rte) pseudoColumn(b *binder, name string, pos int) plan.Expr {
	if r.kind != rteTable && r.kind != rteExcluded {
		return nil
	}
	for _, p := range plan.PseudoColumns {
		if p.Name != name {
			continue
		}
		return &plan.ColRef{Loc: plan.Loc(pos), Typ: plan.Typ(p.Type), ID: r.extraColumn(b, p)}
	}
	return nil
}

// extraColumn returns the column of an entry for a pseudo-column.
func (r *rte) extraColumn(b *binder, p plan.PseudoColumn) plan.ColID {
	for _, e := range r.extra {
		if e.AttNum == p.AttNum {
			return e.ID
		}
	}
	id := b.column(r.owner, plan.ColumnMeta{Name: p.Name, Type: p.Type, Table: r.table, AttNum: p.AttNum, Alias: r.name})
	b.origin[id] = r
	r.extra = append(r.extra, plan.ScanColumn{ID: id, AttNum: p.AttNum})
	return id
}

// rowID returns the column that tells which row of a table this is, also when the
// scan is made already.
func (r *rte) rowID(b *binder) plan.ColID {
	for _, p := range plan.PseudoColumns {
		if p.AttNum != plan.AttRowID {
			continue
		}
		id := r.extraColumn(b, p)
		if r.node != nil && !slices.Contains(r.node.Columns(), id) {
			r.node.Cols = append(r.node.Cols, plan.ScanColumn{ID: id, AttNum: p.AttNum})
		}
		return id
	}
	return 0
}
