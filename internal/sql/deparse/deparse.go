package deparse

import (
	"context"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// Expr prints an expression over one table's columns, as pg_get_expr does. t may
// be nil for expressions without columns. Constants are written with formats, or
// in the fixed form that the catalog keeps when it is nil.
func Expr(cat bind.Catalog, t *catalog.Table, e *bind.BoundExpr, formats *pgfmt.Settings, pretty bool) string {
	p := newPrinter(cat, formats, pretty)
	names := map[plan.ColID]string{}
	for _, c := range e.Cols {
		names[c.ID] = e.Meta.Column(c.ID).Name
	}
	p.scopes = []*scope{{bare: names}}
	p.expr(e.Expr, false)
	return p.b.String()
}

// Query prints a query as pg_get_viewdef does, with names qualified as cat's
// search path asks for and without a semicolon; formats as in Expr.
func Query(ctx context.Context, cat bind.Catalog, q *ast.SelectStmt, opts bind.Options, formats *pgfmt.Settings, pretty bool) (string, error) {
	tree, err := bind.BindQuery(ctx, cat, q, opts)
	if err != nil {
		return "", err
	}
	p := newPrinter(cat, formats, pretty)
	p.query(tree, topLabels(tree))
	return p.b.String(), nil
}

// Stored prints a query in the qualified form that the catalog keeps.
func Stored(ctx context.Context, cat bind.Catalog, q *ast.SelectStmt, opts bind.Options) (string, error) {
	tree, err := bind.BindQuery(ctx, cat, q, opts)
	if err != nil {
		return "", err
	}
	return Tree(Qualified(cat), tree), nil
}

// Renamed prints in the qualified form a query that was bound in the catalog
// before, with the names that its relations and columns have in the one after.
func Renamed(ctx context.Context, before, after bind.Catalog, q *ast.SelectStmt, opts bind.Options) (string, error) {
	tree, err := bind.BindQuery(ctx, before, q, opts)
	if err != nil {
		return "", err
	}
	p := newPrinter(Qualified(after), nil, false)
	p.stored = true
	p.renamed = true
	p.query(tree, topLabels(tree))
	return p.b.String(), nil
}

// Tree prints a bound query for the catalog.
func Tree(cat bind.Catalog, t *bind.Tree) string {
	p := newPrinter(cat, nil, false)
	p.stored = true
	p.query(t, topLabels(t))
	return p.b.String()
}

// topLabels are the labels of a whole view: the first branch names the columns of
// all.
func topLabels(t *bind.Tree) labels {
	l := labels{visible: true}
	for _, x := range t.Targets {
		if !x.Junk {
			l.names = append(l.names, x.Name)
		}
	}
	return l
}

// Qualified is a view of a catalog in which nothing but pg_catalog is in the
// search path, so that what is printed for it has every name qualified.
func Qualified(cat bind.Catalog) bind.Catalog { return qualified{cat} }

type qualified struct{ bind.Catalog }

// Relation implements bind.Catalog.
func (q qualified) Relation(schema, name string) *bind.Relation {
	if schema == "" {
		schema = "pg_catalog"
	}
	return q.Catalog.Relation(schema, name)
}

// InPath implements bind.Catalog.
func (q qualified) InPath(schema string) bool { return schema == "pg_catalog" }

// scope is one query level's names.
type scope struct {
	bare    map[plan.ColID]string // columns of a single table, printed without a prefix
	entries []*entryNames
}

// entryNames is a range-table entry with the names it has in this text.
type entryNames struct {
	entry *bind.TreeEntry
	name  string
	cols  []string
}

// printer writes one text. Indentation follows ruleutils.c: lines are broken in
// queries and CASE, by clause.
type printer struct {
	b       *strings.Builder
	cat     bind.Catalog
	pretty  bool // leave out needless parentheses
	stored  bool // the text will be bound again: names must come out the same
	indent  int
	scopes  []*scope
	fmt     *pgfmt.Settings
	renamed bool
	windows []*bind.TreeWindow
}

func newPrinter(cat bind.Catalog, formats *pgfmt.Settings, pretty bool) *printer {
	if formats == nil {
		formats = pgfmt.Default()
	}
	settings := *formats
	settings.Names = regNames{cat}
	return &printer{b: &strings.Builder{}, cat: cat, pretty: pretty, fmt: &settings}
}

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

// Steps of indentation, as in ruleutils.c.
const (
	indentStd   = 8
	indentJoin  = 4
	indentVar   = 4
	indentLimit = 40
)

// keyword starts a new line with a keyword, as appendContextKeyword.
func (p *printer) keyword(s string, before, after, plus int) {
	p.indent += before
	p.trimSpaces()
	n := max(p.indent, 0)
	if p.indent >= indentLimit {
		n = (indentLimit + (p.indent-indentLimit)/(indentStd/2)) % indentLimit
	}
	p.write("\n", strings.Repeat(" ", n+plus), s)
	p.indent = max(p.indent+after, 0)
}

// trimSpaces removes the blanks at the end of what was written.
func (p *printer) trimSpaces() {
	s := p.b.String()
	t := strings.TrimRight(s, " ")
	if len(t) != len(s) {
		p.b.Reset()
		p.b.WriteString(t)
	}
}

// aside writes with f into a text of its own and returns it.
func (p *printer) aside(f func()) string {
	saved := p.b
	p.b = &strings.Builder{}
	f()
	s := p.b.String()
	p.b = saved
	return s
}

// relationName prints a relation's name, with its schema when the search path
// does not find it.
func (p *printer) relationName(r *bind.Relation) string {
	name := keyword.QuoteIdent(r.Desc.Head().Name)
	if found := p.cat.Relation("", r.Desc.Head().Name); found != nil && found.Desc.Head().OID == r.Desc.Head().OID {
		return name
	}
	return keyword.QuoteIdent(r.Schema) + "." + name
}

// regNames prints oids of the reg* types by name.
type regNames struct{ cat bind.Catalog }

// RegOut implements pgfmt.Names.
func (n regNames) RegOut(regtype, oid uint32) string {
	switch types.OID(regtype) {
	case types.RegClass:
		if r := n.cat.RelationByOID(oid); r != nil {
			p := printer{cat: n.cat}
			return p.relationName(r)
		}
	case types.RegType:
		if types.Lookup(types.OID(oid)) != nil {
			return pgfmt.FormatType(types.Of(types.OID(oid)))
		}
	}
	return formatOID(oid)
}

// RegIn implements pgfmt.Names; nothing is read here.
func (n regNames) RegIn(regtype uint32, name string) (uint32, error) { return 0, nil }
