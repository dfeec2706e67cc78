package bind

import (
	"context"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// Tree is a bound query in the form that deparse prints: clauses as written, every
// name resolved to a column of a range-table entry. Read only.
type Tree struct {
	With      []*TreeCTE
	Recursive bool

	Targets    []*TreeTarget
	Distinct   bool
	DistinctOn []*TreeTarget
	From       []*TreeFrom
	Entries    []*TreeEntry // all range-table entries of this level
	Where      plan.Expr
	Group      []TreeGroup
	GroupAll   bool // GROUP BY DISTINCT
	Having     plan.Expr
	Windows    []*TreeWindow
	Sort       []TreeSort
	Limit      plan.Expr
	Offset     plan.Expr
	WithTies   bool
	Locks      []TreeLock
	Values     *TreeEntry // a VALUES list

	// A set operation has Set instead of From and the clauses up to Windows.
	Set *TreeSet
}

// TreeCTE is a common table expression.
type TreeCTE struct {
	Name        string
	Columns     []string // as written after the name
	Materialize ast.Materialize
	Query       *Tree
}

// TreeTarget is an item of the select list. Position counts from 1.
type TreeTarget struct {
	Name     string
	Expr     plan.Expr
	Junk     bool
	Position int
}

// TreeFrom is an item of FROM: an entry or a join.
type TreeFrom struct {
	Entry *TreeEntry
	Join  *TreeJoin
}

// TreeJoin is a join.
type TreeJoin struct {
	Kind       ast.JoinKind
	Left       *TreeFrom
	Right      *TreeFrom
	On         plan.Expr
	Using      []string
	UsingAlias string
	Alias      *ast.Alias
}

// TreeEntry is a range-table entry.
type TreeEntry struct {
	Name    string // the alias or the relation's name
	Alias   *ast.Alias
	Columns []TreeColumn
	// WholeRow is the column that stands for the row, 0 when none does.
	WholeRow plan.ColID
	Lateral  bool
	IsJoin   bool

	Relation *Relation // tables and views
	Moment   plan.Moment
	Pseudo   []plan.ScanColumn
	CTE      string
	Query    *Tree
	Rows     [][]plan.Expr // VALUES
	Function *TreeFunction
}

// TreeColumn is a column of an entry; ID is 0 for columns of joins.
type TreeColumn struct {
	Name   string
	ID     plan.ColID
	AttNum int16 // of tables and views
	Expr   plan.Expr
}

// TreeFunction is the function part of an entry.
type TreeFunction struct {
	Items      []TreeFunctionItem
	RowsFrom   bool
	Ordinality bool
}

// TreeFunctionItem is one function; ColDefs is its column definition list.
type TreeFunctionItem struct {
	Call    plan.Expr
	ColDefs []TreeColumnDef
}

// TreeColumnDef is a name and type of a column definition list.
type TreeColumnDef struct {
	Name string
	Type types.T
}

// TreeGroup is an item of GROUP BY.
type TreeGroup struct {
	Target *TreeTarget // nil for a list
	Row    bool        // a parenthesized list
	Kind   ast.GroupingSetKind
	List   []TreeGroup
}

// TreeSort is an item of ORDER BY.
type TreeSort struct {
	Target     *TreeTarget
	Desc       bool
	NullsFirst bool
}

// TreeWindow is a window; Name is set when it stands in the WINDOW clause.
type TreeWindow struct {
	Name      string
	Ref       string
	Partition []*TreeTarget
	Order     []TreeSort
	Frame     *plan.Frame // nil when not written
	Between   bool
}

// TreeLock is a FOR UPDATE clause.
type TreeLock struct {
	Strength ast.LockStrength
	Wait     ast.LockWait
	Of       []string
}

// TreeSet is a set operation, or with Query a branch.
type TreeSet struct {
	Query *Tree
	Kind  plan.SetOpKind
	All   bool
	Left  *TreeSet
	Right *TreeSet
}

// BindQuery binds a query and returns it as a tree for printing.
func BindQuery(ctx context.Context, cat Catalog, stmt *ast.SelectStmt, opts Options) (t *Tree, err error) {
	b := newBinder(ctx, cat, opts)
	defer b.recover(&err)
	return b.topQuery(stmt).Tree(), nil
}

// TreeOf returns the tree of a Subquery that binding made, nil for another.
func TreeOf(s *plan.Subquery) *Tree {
	if q, isQuery := s.Source.(*Query); isQuery {
		return q.Tree()
	}
	return nil
}

// treeMaker turns a Query into a Tree, keeping entries and targets one to one.
type treeMaker struct {
	entries map[*rte]*TreeEntry
	targets map[*Target]*TreeTarget
}

// Tree returns the query in the form that deparse prints.
func (q *Query) Tree() *Tree {
	m := &treeMaker{map[*rte]*TreeEntry{}, map[*Target]*TreeTarget{}}
	t := &Tree{Where: q.where, Having: q.having, Limit: q.limit, Offset: q.offset, WithTies: q.withTies}
	for _, c := range q.ctes {
		item := &TreeCTE{Name: c.node.Name, Columns: c.node.Columns, Materialize: c.node.Materialize}
		if c.query != nil {
			item.Query = c.query.Tree()
		}
		t.With = append(t.With, item)
		t.Recursive = t.Recursive || c.recursive
	}
	position := 0
	for _, x := range q.Targets {
		out := &TreeTarget{Name: x.Name, Expr: x.Expr, Junk: x.Junk}
		if !x.Junk {
			position++
			out.Position = position
		}
		m.targets[x] = out
		t.Targets = append(t.Targets, out)
	}
	if q.set != nil {
		t.Set = m.set(q.set)
	} else {
		for _, r := range q.blk.rtes {
			t.Entries = append(t.Entries, m.entry(r))
		}
		for _, f := range q.from {
			t.From = append(t.From, m.from(f))
		}
	}
	if q.values != nil {
		t.Values = m.entry(q.values)
	}
	m.clauses(q, t)
	return t
}

func (m *treeMaker) clauses(q *Query, t *Tree) {
	for _, d := range q.distinct {
		t.Distinct = true
		if q.distinctOn {
			t.DistinctOn = append(t.DistinctOn, m.targets[d])
		}
	}
	if q.group != nil {
		t.GroupAll = q.group.distinct
		for _, g := range q.group.items {
			t.Group = append(t.Group, m.group(q.group, g))
		}
	}
	t.Sort = m.sort(q.sort)
	for _, w := range q.blk.windows {
		out := &TreeWindow{Name: w.name, Ref: w.def.Ref}
		if len(w.def.OrderBy) > 0 { // else it may be that of the window named by Ref
			out.Order = m.sort(w.order)
		}
		if out.Ref == "" {
			for _, p := range w.partition {
				out.Partition = append(out.Partition, m.targets[p])
			}
		}
		if w.def.Frame != nil {
			frame := w.frame
			out.Frame, out.Between = &frame, w.def.Frame.Between
		}
		t.Windows = append(t.Windows, out)
	}
	for _, l := range q.locks {
		t.Locks = append(t.Locks, TreeLock{l.strength, l.wait, l.names})
	}
}

func (m *treeMaker) sort(list []sortItem) []TreeSort {
	var out []TreeSort
	for _, s := range list {
		out = append(out, TreeSort{m.targets[s.target], s.desc, s.nullsFirst})
	}
	return out
}

func (m *treeMaker) group(g *groupClause, item groupItem) TreeGroup {
	if item.key >= 0 {
		return TreeGroup{Target: m.targets[g.keys[item.key]]}
	}
	out := TreeGroup{Row: item.isRow, Kind: item.kind}
	for _, x := range item.list {
		out.List = append(out.List, m.group(g, x))
	}
	return out
}

func (m *treeMaker) set(n *setNode) *TreeSet {
	if n.query != nil {
		return &TreeSet{Query: n.query.Tree()}
	}
	return &TreeSet{Kind: n.kind, All: n.all, Left: m.set(n.left), Right: m.set(n.right)}
}

func (m *treeMaker) from(n *fromNode) *TreeFrom {
	if n.rte != nil {
		return &TreeFrom{Entry: m.entry(n.rte)}
	}
	j := n.join
	return &TreeFrom{Join: &TreeJoin{
		Kind: j.kind, Left: m.from(j.left), Right: m.from(j.right), On: j.on, Using: j.using, UsingAlias: j.usingAlias, Alias: j.alias,
	}}
}

func (m *treeMaker) entry(r *rte) *TreeEntry {
	if e := m.entries[r]; e != nil {
		return e
	}
	e := &TreeEntry{
		Name: r.name, Alias: r.alias, WholeRow: r.wholeRow, Lateral: r.lateral, IsJoin: r.kind == rteJoin,
		Relation: r.rel, Pseudo: r.extra, Rows: r.values,
	}
	m.entries[r] = e
	if r.moment != nil && r.source != nil && r.source.Temporal != nil {
		e.Moment = r.moment.plan
	}
	for i, c := range r.cols {
		col := TreeColumn{Name: c.name, Expr: c.expr}
		if i < len(r.ids) {
			col.ID = r.ids[i]
		}
		switch {
		case i < len(r.scan):
			col.AttNum = r.scan[i].AttNum
		case r.view != nil:
			col.AttNum = int16(i + 1)
		}
		e.Columns = append(e.Columns, col)
	}
	switch {
	case r.cte != nil:
		e.CTE = r.cte.node.Name
	case r.kind == rteSubquery && r.view == nil && r.query != nil:
		e.Query = r.query.Tree()
	case r.function != nil:
		e.Function = &TreeFunction{RowsFrom: r.function.rowsFrom, Ordinality: r.function.ordinality}
		for _, f := range r.function.items {
			item := TreeFunctionItem{Call: f.expr}
			if f.colDefs {
				for _, c := range f.cols {
					item.ColDefs = append(item.ColDefs, TreeColumnDef{c.name, c.typ})
				}
			}
			e.Function.Items = append(e.Function.Items, item)
		}
	}
	return e
}
