package deparse

import (
	"slices"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// labels says how a query's output columns are named: names are those they must
// have (a view's), nil for the query's own; visible tells that the names matter
// to what is around the query.
type labels struct {
	names   []string
	visible bool
}

var (
	named   = labels{visible: true}
	unnamed = labels{}
)

// query prints a query, as get_query_def and get_select_query_def.
func (p *printer) query(t *bind.Tree, l labels) {
	p.pushScope(t)
	start := p.indent
	windows := p.windows
	p.windows = t.Windows
	p.with(t)
	numbers := false
	if t.Set != nil {
		p.set(t.Set, l)
		numbers = true
	} else {
		p.selectClauses(t, l)
	}
	if len(t.Sort) > 0 {
		p.keyword(" ORDER BY ", -indentStd, indentStd, 1)
		p.sort(t.Sort, numbers)
	}
	if t.Offset != nil {
		p.keyword(" OFFSET ", -indentStd, indentStd, 0)
		p.expr(t.Offset, false)
	}
	p.limit(t)
	for _, l := range t.Locks {
		p.lock(l)
	}
	p.indent, p.windows = start, windows
	p.scopes = p.scopes[1:]
}

func (p *printer) limit(t *bind.Tree) {
	if t.Limit == nil {
		return
	}
	if t.WithTies {
		p.keyword(" FETCH FIRST ", -indentStd, indentStd, 0)
		p.expr(t.Limit, false)
		p.write(" ROWS WITH TIES")
		return
	}
	p.keyword(" LIMIT ", -indentStd, indentStd, 0)
	if c, isConst := t.Limit.(*plan.Const); isConst && c.Value.IsNull() {
		p.write("ALL")
		return
	}
	p.expr(t.Limit, false)
}

func (p *printer) lock(l bind.TreeLock) {
	words := map[ast.LockStrength]string{
		ast.LockForKeyShare: " FOR KEY SHARE", ast.LockForShare: " FOR SHARE",
		ast.LockForNoKeyUpdate: " FOR NO KEY UPDATE", ast.LockForUpdate: " FOR UPDATE",
	}
	p.keyword(words[l.Strength], -indentStd, indentStd, 0)
	for i, name := range l.Of {
		p.write([]string{" OF ", ", "}[min(i, 1)], keyword.QuoteIdent(name))
	}
	p.write([]string{"", " SKIP LOCKED", " NOWAIT"}[l.Wait])
}

// with prints the WITH clause.
func (p *printer) with(t *bind.Tree) {
	if len(t.With) == 0 {
		return
	}
	p.indent += indentStd
	p.write(" ")
	sep := "WITH "
	if t.Recursive {
		sep = "WITH RECURSIVE "
	}
	for _, c := range t.With {
		p.write(sep, keyword.QuoteIdent(c.Name))
		p.names(c.Columns)
		p.write(" AS ", []string{"", "MATERIALIZED ", "NOT MATERIALIZED "}[c.Materialize], "(")
		p.keyword("", 0, 0, 0)
		if c.Query != nil {
			p.query(c.Query, named)
		}
		p.keyword("", 0, 0, 0)
		p.write(")")
		sep = ", "
	}
	p.indent -= indentStd
	p.keyword("", 0, 0, 0)
}

// names prints a column list in parentheses, nothing when it is empty.
func (p *printer) names(list []string) {
	for i, n := range list {
		p.write([]string{"(", ", "}[min(i, 1)], keyword.QuoteIdent(n))
	}
	if len(list) > 0 {
		p.write(")")
	}
}

// selectClauses prints SELECT to WINDOW, as get_basic_select_query.
func (p *printer) selectClauses(t *bind.Tree, l labels) {
	p.indent += indentStd
	p.write(" ")
	if t.Values != nil {
		p.values(t.Values.Rows)
		return
	}
	p.write("SELECT")
	if t.DistinctOn != nil {
		p.write(" DISTINCT ON (")
		for i, d := range t.DistinctOn {
			if i > 0 {
				p.write(", ")
			}
			p.target(d, false)
		}
		p.write(")")
	} else if t.Distinct {
		p.write(" DISTINCT")
	}
	p.targets(t, l)
	p.from(t)
	if t.Where != nil {
		p.keyword(" WHERE ", -indentStd, indentStd, 1)
		p.expr(t.Where, false)
	}
	if len(t.Group) > 0 {
		p.keyword(" GROUP BY ", -indentStd, indentStd, 1)
		if t.GroupAll {
			p.write("DISTINCT ")
		}
		p.groups(t.Group)
	}
	if t.Having != nil {
		p.keyword(" HAVING ", -indentStd, indentStd, 0)
		p.expr(t.Having, false)
	}
	p.windowClause(t)
}

// targets prints the select list, one item a line.
func (p *printer) targets(t *bind.Tree, l labels) {
	sep, count := " ", 0
	for _, x := range t.Targets {
		if x.Junk {
			continue
		}
		p.write(sep)
		sep = ", "
		name := x.Name
		if count < len(l.names) {
			name = l.names[count]
		}
		count++
		own := ""
		if !l.visible && !p.stored {
			own = "?column?"
		}
		text := p.aside(func() {
			switch e := x.Expr.(type) {
			case *plan.ColRef:
				own = p.columnTarget(e)
			case *plan.Coalesce:
				if e.Merged != "" {
					own = e.Merged
				}
				p.expr(e, true)
			default:
				p.expr(e, true)
			}
			if own != name {
				p.write(" AS ", keyword.QuoteIdent(name))
			}
		})
		newline := strings.HasPrefix(text, "\n")
		if newline {
			p.trimSpaces()
		} else if count > 1 {
			p.keyword("", -indentStd, indentStd, indentVar)
		}
		p.write(text)
	}
}

// columnTarget prints a column as a select-list item and returns its name.
func (p *printer) columnTarget(c *plan.ColRef) string {
	_, name := p.find(c.ID)
	p.column(c)
	return name
}

// target prints a select-list item where another clause refers to it, as
// get_rule_sortgroupclause.
func (p *printer) target(t *bind.TreeTarget, number bool) {
	if number {
		p.write(strconv.Itoa(t.Position))
		return
	}
	switch e := t.Expr.(type) {
	case *plan.Const:
		p.constant(e, showAlways)
	case *plan.ColRef:
		p.expr(e, true)
	default:
		if c, isCoalesce := e.(*plan.Coalesce); isCoalesce && c.Merged != "" {
			p.expr(e, true)
			return
		}
		need := p.pretty
		switch x := e.(type) {
		case *plan.FuncCall:
			need = need || x.Op == nil
		case *plan.AggCall, *plan.WindowCall:
			need = true
		}
		if need {
			p.write("(")
		}
		p.expr(e, true)
		if need {
			p.write(")")
		}
	}
}

func (p *printer) sort(list []bind.TreeSort, number bool) {
	for i, s := range list {
		if i > 0 {
			p.write(", ")
		}
		p.target(s.Target, number)
		switch {
		case s.Desc && s.NullsFirst:
			p.write(" DESC")
		case s.Desc:
			p.write(" DESC NULLS LAST")
		case s.NullsFirst:
			p.write(" NULLS FIRST")
		}
	}
}

func (p *printer) groups(list []bind.TreeGroup) {
	for i, g := range once(list) {
		if i > 0 {
			p.write(", ")
		}
		p.group(g)
	}
}

// once leaves out expressions that a list has named before, as PostgreSQL's parser
// does.
func once(list []bind.TreeGroup) []bind.TreeGroup {
	kept := make([]bind.TreeGroup, 0, len(list))
	for _, g := range list {
		same := func(k bind.TreeGroup) bool {
			return g.Target != nil && k.Target != nil && (k.Target == g.Target || plan.Equal(k.Target.Expr, g.Target.Expr))
		}
		if !slices.ContainsFunc(kept, same) {
			kept = append(kept, g)
		}
	}
	return kept
}

func (p *printer) group(g bind.TreeGroup) {
	if g.Target != nil {
		p.target(g.Target, false)
		return
	}
	if g.Row {
		p.write("(")
	} else {
		p.write([]string{"(", "ROLLUP(", "CUBE(", "GROUPING SETS ("}[g.Kind])
	}
	list := g.List
	if g.Row {
		list = once(list)
	}
	for i, x := range list {
		if i > 0 {
			p.write(", ")
		}
		if !g.Row && g.Kind == ast.GroupingSets && x.Target != nil {
			p.write("(")
			p.group(x)
			p.write(")")
			continue
		}
		p.group(x)
	}
	p.write(")")
}

// set prints a tree of set operations, as get_setop_query.
func (p *printer) set(s *bind.TreeSet, l labels) {
	if s.Query != nil {
		q := s.Query
		need := len(q.With) > 0 || len(q.Sort) > 0 || q.Limit != nil || q.Offset != nil || len(q.Locks) > 0
		if need {
			p.write("(")
		}
		p.query(q, l)
		if need {
			p.write(")")
		}
		return
	}
	sub := 0
	if left := s.Left; left.Query == nil && (left.Kind != s.Kind || left.All != s.All) {
		p.write("(")
		sub = indentStd
		p.keyword("", sub, 0, 0)
		p.set(s.Left, l)
		p.keyword(") ", -sub, 0, 0)
	} else {
		p.set(s.Left, l)
		p.keyword("", 0, 0, 0)
	}
	p.write([]string{"UNION ", "INTERSECT ", "EXCEPT "}[s.Kind])
	if s.All {
		p.write("ALL ")
	}
	need := s.Right.Query == nil
	sub = 0
	if need {
		p.write("(")
		sub = indentStd
	}
	p.keyword("", sub, 0, 0)
	p.set(s.Right, labels{names: l.names})
	p.indent -= sub
	if need {
		p.keyword(")", 0, 0, 0)
	}
}

// values prints VALUES lists.
func (p *printer) values(rows [][]plan.Expr) {
	p.write("VALUES ")
	for i, row := range rows {
		if i > 0 {
			p.write(", ")
		}
		p.write("(")
		for j, e := range row {
			if j > 0 {
				p.write(",")
			}
			p.expr(e, false)
		}
		p.write(")")
	}
}

// windowClause prints the WINDOW clause.
func (p *printer) windowClause(t *bind.Tree) {
	sep := ""
	for _, w := range t.Windows {
		if w.Name == "" {
			continue
		}
		if sep == "" {
			p.keyword(" WINDOW ", -indentStd, indentStd, 1)
		} else {
			p.write(sep)
		}
		p.write(keyword.QuoteIdent(w.Name), " AS ")
		p.windowSpec(w)
		sep = ", "
	}
}

// windowSpec prints a window definition.
func (p *printer) windowSpec(w *bind.TreeWindow) {
	p.write("(")
	space := ""
	if w.Ref != "" {
		p.write(keyword.QuoteIdent(w.Ref))
		space = " "
	}
	for i, t := range w.Partition {
		if i == 0 {
			p.write(space, "PARTITION BY ")
			space = " "
		} else {
			p.write(", ")
		}
		p.target(t, false)
	}
	if len(w.Order) > 0 {
		p.write(space, "ORDER BY ")
		space = " "
		p.sort(w.Order, false)
	}
	if w.Frame != nil {
		p.write(space)
		p.frame(w)
	}
	p.write(")")
}

func (p *printer) frame(w *bind.TreeWindow) {
	f := w.Frame
	p.write(map[ast.FrameMode]string{ast.FrameRange: "RANGE ", ast.FrameRows: "ROWS ", ast.FrameGroups: "GROUPS "}[f.Mode])
	bound := func(kind ast.FrameBoundKind, by plan.Expr) {
		switch kind {
		case ast.UnboundedPreceding:
			p.write("UNBOUNDED PRECEDING")
		case ast.CurrentRow:
			p.write("CURRENT ROW")
		case ast.UnboundedFollowing:
			p.write("UNBOUNDED FOLLOWING")
		case ast.OffsetPreceding:
			p.expr(by, false)
			p.write(" PRECEDING")
		case ast.OffsetFollowing:
			p.expr(by, false)
			p.write(" FOLLOWING")
		}
	}
	if w.Between {
		p.write("BETWEEN ")
	}
	bound(f.Start, f.StartBy)
	if w.Between {
		p.write(" AND ")
		bound(f.End, f.EndBy)
	}
	p.write([]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
}

// pushScope gives the entries of a query level their names in this text: unique
// among all levels, as set_rtable_names.
func (p *printer) pushScope(t *bind.Tree) {
	used := map[string]bool{}
	for _, s := range p.scopes {
		for _, e := range s.entries {
			used[e.name] = true
		}
	}
	s := &scope{}
	for _, e := range t.Entries {
		n := &entryNames{entry: e, name: e.Name}
		if r := p.relation(e); r != nil && e.Alias == nil {
			n.name = r.Desc.Head().Name
		}
		if !e.IsJoin {
			base := n.name
			for i := 1; used[n.name]; i++ {
				n.name = base + "_" + strconv.Itoa(i)
			}
			used[n.name] = true
		}
		n.cols = p.columnNames(e)
		s.entries = append(s.entries, n)
	}
	p.scopes = append([]*scope{s}, p.scopes...)
}

// relation is an entry's relation with the names it has now.
func (p *printer) relation(e *bind.TreeEntry) *bind.Relation {
	if e.Relation == nil {
		return nil
	}
	if p.renamed {
		if now := p.cat.RelationByOID(e.Relation.Desc.Head().OID); now != nil {
			return now
		}
	}
	return e.Relation
}

// columnNames are the names of an entry's columns in this text.
func (p *printer) columnNames(e *bind.TreeEntry) []string {
	out := make([]string, len(e.Columns))
	for i, c := range e.Columns {
		out[i] = c.Name
		if e.Alias != nil && i < len(e.Alias.Columns) {
			continue
		}
		if name := p.realName(e, c); name != "" {
			out[i] = name
		}
	}
	return out
}

// realName is the name of a table's or view's column now, "" for other columns.
func (p *printer) realName(e *bind.TreeEntry, c bind.TreeColumn) string {
	r := p.relation(e)
	if r == nil || c.AttNum <= 0 {
		return ""
	}
	switch d := r.Desc.(type) {
	case *catalog.Table:
		if int(c.AttNum) <= len(d.Columns) {
			return d.Columns[c.AttNum-1].Name
		}
	case *catalog.View:
		if int(c.AttNum) <= len(d.Columns) {
			return d.Columns[c.AttNum-1].Name
		}
	}
	return ""
}

// find returns the entry and column name of a column, searching outwards.
func (p *printer) find(id plan.ColID) (*entryNames, string) {
	for _, s := range p.scopes {
		if name, ok := s.bare[id]; ok {
			return nil, name
		}
		for _, e := range s.entries {
			if e.entry.IsJoin {
				continue
			}
			if id == e.entry.WholeRow {
				return e, "*"
			}
			for i, c := range e.entry.Columns {
				if c.ID == id {
					return e, e.cols[i]
				}
			}
			for _, x := range e.entry.Pseudo {
				if x.ID == id {
					return e, pseudoName(x.AttNum)
				}
			}
		}
	}
	return nil, "?column?"
}

func pseudoName(att int16) string {
	for _, c := range plan.PseudoColumns {
		if c.AttNum == att {
			return c.Name
		}
	}
	return "*"
}

// column prints a reference to a column.
func (p *printer) column(c *plan.ColRef) {
	e, name := p.find(c.ID)
	if e != nil {
		p.write(keyword.QuoteIdent(e.name), ".")
	}
	if name == "*" {
		p.write("*")
		return
	}
	p.write(keyword.QuoteIdent(name))
}
