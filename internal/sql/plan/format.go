package plan

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

// Format prints a plan as indented text, one node a line with its inputs below
// it, for tests and debugging. m may be nil.
func Format(m *Metadata, r Rel) string {
	p := printer{meta: m}
	p.rel(r)
	return p.b.String()
}

// FormatStatement prints a statement's plan and output.
func FormatStatement(s *Statement) string {
	p := printer{meta: s.Meta}
	p.rel(s.Root)
	if s.Output != nil {
		p.write("output:")
		for i, o := range s.Output {
			p.write([]string{" ", ", "}[min(i, 1)], o.Name, "=#", strconv.Itoa(int(o.ID)), ":", typeText(o.Type))
		}
		p.write("\n")
	}
	for i, t := range s.Params {
		p.write("param $", strconv.Itoa(i+1), ": ", typeText(types.Of(t)), "\n")
	}
	return p.b.String()
}

// rel prints one node and what is below it.
func (p *printer) rel(r Rel) {
	outer := p.pending
	p.pending = nil
	p.write(strings.Repeat("  ", p.depth))
	p.node(r)
	p.write("\n")
	subqueries := p.pending
	p.pending = outer
	p.depth++
	for i, s := range subqueries {
		p.write(strings.Repeat("  ", p.depth), "subquery ", strconv.Itoa(i+1), " ->")
		p.cols(s.Columns)
		p.write("\n")
		p.depth++
		p.rel(s.Plan)
		p.depth--
	}
	for _, in := range Inputs(r) {
		p.rel(in)
	}
	p.depth--
}

func (p *printer) node(r Rel) {
	switch r := r.(type) {
	case *Result:
		p.write("result")
	case *Values:
		p.write("values")
		p.cols(r.Cols)
		for _, row := range r.Rows {
			p.call(" ", row...)
		}
	case *Scan:
		p.scan("scan "+r.Table.Name, r.Alias, r.Cols, r.Moment)
	case *VirtualScan:
		p.scan("virtual-scan "+r.Schema+"."+r.Table.Name, r.Alias, r.Cols, r.Moment)
	case *Filter:
		p.write("filter ")
		p.expr(r.Cond)
	case *Project:
		p.write(map[bool]string{false: "project", true: "extend"}[r.Extend])
		p.items(r.Items)
	case *ProjectSet:
		p.write("project-set")
		p.items(r.Items)
	case *Join:
		p.join(r)
	case *GroupBy:
		p.groupBy(r)
	case *Window:
		p.window(r)
	case *Sort:
		p.write("sort")
		p.keys(r.Keys)
	case *Limit:
		p.write("limit")
		p.optional(" count ", r.Count)
		p.optional(" offset ", r.Offset)
		if r.WithTies {
			p.write(" with ties")
			p.keys(r.Ties)
		}
	case *Distinct:
		p.write(map[bool]string{false: "distinct", true: "distinct-on"}[r.On])
		p.cols(r.Keys)
	default:
		p.nodeRest(r)
	}
}

func (p *printer) nodeRest(r Rel) {
	switch r := r.(type) {
	case *SetOp:
		p.write([]string{"union", "intersect", "except"}[r.Kind], map[bool]string{true: " all"}[r.All])
		p.merge(r.LeftCols, r.RightCols, r.Cols)
	case *With:
		p.write("with")
		for _, c := range r.CTEs {
			p.write(" ", c.Name, map[bool]string{true: " recursive"}[c.Recursive], " refs ", strconv.Itoa(c.Refs))
			p.cols(c.Cols)
		}
	case *CTERef:
		p.write("cte-ref ", r.CTE.Name, alias(r.CTE.Name, r.Alias))
		p.cols(r.Cols)
		p.write(" from")
		p.cols(r.From)
	case *WorkTable:
		p.write("work-table ", r.CTE.Name)
		p.cols(r.Cols)
		p.write(" from")
		p.cols(r.From)
	case *RecursiveUnion:
		p.write("recursive-union", map[bool]string{true: " all"}[r.All])
		p.merge(r.LeftCols, r.RightCols, r.Cols)
	case *FunctionScan:
		p.write("function-scan ", r.Alias)
		for _, f := range r.Funcs {
			p.write(" ")
			p.expr(f.Call)
			p.cols(f.Cols)
		}
		if r.Ordinality != 0 {
			p.write(" ordinality ")
			p.col(r.Ordinality)
		}
	case *LockRows:
		p.write("lock-rows")
		for _, t := range r.Tables {
			p.write(" ", t.Table.Name, []string{"", " key-share", " share", " no-key-update", " update"}[t.Strength],
				[]string{"", " skip", " nowait"}[t.Wait])
		}
	case *Insert:
		p.insert(r)
	case *Update:
		p.update(r)
	case *Delete:
		p.write("delete ", r.Table.Name, " row ")
		p.col(r.RowID)
		p.returning(r.Returning)
	}
}

func (p *printer) scan(name, as string, cols []ScanColumn, m Moment) {
	p.write(name, alias(name[strings.LastIndexAny(name, " .")+1:], as))
	p.cols(scanColumns(cols))
	switch m.Kind {
	case AsOf:
		p.instant(" as of ", m.From)
	case FromTo:
		p.instant(" from ", m.From)
		p.instant(" to ", m.To)
	case BetweenAnd:
		p.instant(" between ", m.From)
		p.instant(" and ", m.To)
	case AllVersions:
		p.write(" all versions")
	}
}

func alias(name, as string) string {
	if as == "" || as == name {
		return ""
	}
	return " as " + as
}

func (p *printer) instant(word string, i Instant) {
	p.write(word)
	switch {
	case i.Null:
		p.write("null")
	case i.Resolved:
		p.write("seq ", strconv.FormatUint(i.At, 10))
	default:
		p.write(map[bool]string{true: "@seq:"}[i.Seq])
		p.expr(i.Expr)
	}
}

func (p *printer) cols(cols []ColID) {
	p.write(" (")
	for i, c := range cols {
		if i > 0 {
			p.write(", ")
		}
		p.col(c)
	}
	p.write(")")
}

func (p *printer) merge(left, right, out []ColID) {
	p.cols(out)
	p.write(" from")
	p.cols(left)
	p.cols(right)
}

func (p *printer) items(items []ProjectItem) {
	for i, it := range items {
		p.write([]string{" ", ", "}[min(i, 1)])
		p.col(it.ID)
		if c, ok := it.Expr.(*ColRef); !ok || c.ID != it.ID {
			p.write("=")
			p.expr(it.Expr)
		}
	}
}

func (p *printer) keys(keys []SortKey) {
	for i, k := range keys {
		p.write([]string{" ", ", "}[min(i, 1)])
		p.col(k.ID)
		p.direction(k.Desc, k.NullsFirst)
	}
}

func (p *printer) optional(word string, e Expr) {
	if e != nil {
		p.write(word)
		p.expr(e)
	}
}

func (p *printer) join(r *Join) {
	kind := []string{"inner", "left", "right", "full", "semi", "anti"}[r.Kind]
	if r.On == nil && r.Kind == JoinInner {
		kind = "cross"
	}
	p.write(kind, "-join", map[bool]string{true: " lateral"}[r.Lateral])
	p.optional(" on ", r.On)
}

func (p *printer) groupBy(r *GroupBy) {
	p.write("group-by")
	p.cols(r.Keys)
	if r.Sets != nil {
		p.write(" sets")
		for _, set := range r.Sets {
			p.write(" {")
			for i, k := range set {
				p.write([]string{"", " "}[min(i, 1)], strconv.Itoa(k))
			}
			p.write("}")
		}
		p.write(" as")
		p.cols(r.KeyCols)
	}
	if len(r.Carry) > 0 {
		p.write(" carry")
		p.cols(r.Carry)
	}
	for _, a := range r.Aggs {
		p.write(" ")
		p.col(a.ID)
		p.write("=")
		p.expr(a.Call)
	}
	for _, g := range r.Groupings {
		p.write(" ")
		p.col(g.ID)
		p.write("=grouping")
		for _, k := range g.Keys {
			p.write(" ", strconv.Itoa(k))
		}
	}
}

func (p *printer) window(r *Window) {
	p.write("window partition")
	p.cols(r.PartitionBy)
	if len(r.OrderBy) > 0 {
		p.write(" order")
		p.keys(r.OrderBy)
	}
	bound := []string{"unbounded-preceding", "preceding", "current", "following", "unbounded-following"}
	mode := map[ast.FrameMode]string{ast.FrameRange: "range", ast.FrameRows: "rows", ast.FrameGroups: "groups"}
	p.write(" ", mode[r.Frame.Mode], " ", bound[r.Frame.Start])
	p.optional(" ", r.Frame.StartBy)
	p.write(" .. ", bound[r.Frame.End])
	p.optional(" ", r.Frame.EndBy)
	for _, c := range r.Calls {
		p.write(" ")
		p.col(c.ID)
		p.write("=")
		p.expr(c.Call)
	}
}

func (p *printer) insert(r *Insert) {
	p.write("insert ", r.Table.Name)
	p.cols(r.Values)
	p.write(" as")
	p.cols(r.Row)
	p.assigns(" generated", r.Generated)
	p.checks(r.Checks)
	if oc := r.OnConflict; oc != nil {
		p.write(" on-conflict")
		if oc.Unmatched {
			p.write(" unmatched")
		}
		for _, i := range oc.Indexes {
			p.write(" ", strconv.Itoa(int(i)))
		}
		p.assigns(map[bool]string{false: " nothing", true: " update"}[oc.DoUpdate], oc.Set)
		p.optional(" where ", oc.Where)
	}
	p.returning(r.Returning)
}

func (p *printer) update(r *Update) {
	p.write("update ", r.Table.Name, " row ")
	p.col(r.RowID)
	p.write(" set")
	for _, s := range r.Set {
		p.write(" ", r.Table.Columns[s.AttNum-1].Name, "=")
		p.col(s.ID)
	}
	p.write(" as")
	p.cols(r.Row)
	p.assigns(" generated", r.Generated)
	p.checks(r.Checks)
	p.returning(r.Returning)
}

func (p *printer) assigns(word string, list []Assign) {
	if len(list) == 0 && word == " generated" {
		return
	}
	p.write(word)
	for _, a := range list {
		p.write(" ", strconv.Itoa(int(a.AttNum)), "=")
		p.expr(a.Expr)
	}
}

func (p *printer) checks(list []Check) {
	for _, c := range list {
		p.write(" check ", c.Name, " ")
		p.expr(c.Expr)
	}
}

func (p *printer) returning(items []ProjectItem) {
	if items != nil {
		p.write(" returning")
		p.items(items)
	}
}
