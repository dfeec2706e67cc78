package ast

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/sql/keyword"
)

// Format prints a node as SQL that parses to an equal tree, positions aside. It
// is for stored definitions, messages and tests; views are shown to users by the
// binder's own printer, which knows types.
//
// An OtherStmt is printed as it was written.
func Format(n Node) string {
	var p printer
	p.node(n)
	return p.String()
}

// printer builds SQL text.
type printer struct {
	strings.Builder
}

// w writes its arguments one behind the other.
func (p *printer) w(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// on writes s if ok.
func (p *printer) on(ok bool, s string) {
	if ok {
		p.WriteString(s)
	}
}

func (p *printer) num(n int) { p.WriteString(strconv.Itoa(n)) }

// node prints any node that can stand alone.
func (p *printer) node(n Node) {
	switch n := n.(type) {
	case Stmt:
		p.stmt(n)
	case *RangeVar: // also an element of FROM
		p.rangeVar(n)
	case Expr:
		p.expr(n)
	case TableExpr:
		p.table(n)
	case TableElement:
		p.tableElement(n)
	case *TypeName:
		p.typeName(n)
	default:
		panic(fmt.Sprintf("ast: no format for %T", n))
	}
}

// risky holds unreserved key words that mean something else in some place of an
// expression or FROM clause; quoting them everywhere is simplest.
var risky = map[string]bool{
	"of": true, "operator": true, "unbounded": true, "partition": true, "range": true, "rows": true,
	"groups": true, "recursive": true, "double": true, "nulls": true, "current": true, "cube": true,
	"rollup": true, "escape": true, "filter": true, "over": true, "within": true, "set": true,
}

// quoteIdent is keyword.QuoteIdent, with risky words quoted as well.
func quoteIdent(name string) string {
	if risky[name] {
		return keyword.ForceQuote(name)
	}
	return keyword.QuoteIdent(name)
}

// strict prints a name where an optional word could stand, so that no key word
// goes unquoted.
func (p *printer) strict(name string) {
	if keyword.Lookup(name) >= 0 {
		p.WriteString(keyword.ForceQuote(name))
		return
	}
	p.name(name)
}

func (p *printer) name(s string) { p.WriteString(quoteIdent(s)) }

// names prints a qualified name.
func (p *printer) names(parts []string) { p.WriteString(dotted(parts)) }

func dotted(parts []string) string {
	q := make([]string, len(parts))
	for i, s := range parts {
		q[i] = quoteIdent(s)
	}
	return strings.Join(q, ".")
}

// nameList prints names between commas, in parentheses.
func (p *printer) nameList(names []string) {
	p.w("(")
	p.commaNames(names)
	p.w(")")
}

func (p *printer) commaNames(names []string) {
	for i, s := range names {
		p.on(i > 0, ", ")
		p.name(s)
	}
}

func (p *printer) str(s string) { p.WriteString(keyword.QuoteLiteral(s)) }

// comma prints a list with commas.
func comma[T any](p *printer, items []T, each func(T)) {
	for i, item := range items {
		p.on(i > 0, ", ")
		each(item)
	}
}

// parens prints a list with commas in parentheses.
func parens[T any](p *printer, items []T, each func(T)) {
	p.w("(")
	comma(p, items, each)
	p.w(")")
}

func (p *printer) exprs(list []Expr) { comma(p, list, p.expr) }

func (p *printer) parenExprs(list []Expr) { parens(p, list, p.expr) }

// standardTypes gives the pg_catalog types their SQL names; %m is where the type
// modifiers go. A type whose SQL name implies a modifier is not here.
var standardTypes = map[string]string{
	"int2": "smallint", "int4": "integer", "int8": "bigint", "bool": "boolean", "float4": "real",
	"float8": "double precision", "numeric": "numeric", "varchar": "character varying",
	"timestamp": "timestamp", "timestamptz": "timestamp with time zone", "time": "time",
	"timetz": "time with time zone", "varbit": "bit varying",
}

func (p *printer) typeName(t *TypeName) {
	p.on(t.Setof, "SETOF ")
	p.baseType(t)
	p.on(t.PctType, "%TYPE")
	for _, b := range t.ArrayBounds {
		p.w("[")
		if b >= 0 {
			p.num(b)
		}
		p.w("]")
	}
}

func (p *printer) baseType(t *TypeName) {
	mods := func() {
		if t.Typmods != nil {
			p.parenExprs(t.Typmods)
		}
	}
	if len(t.Names) == 2 && t.Names[0] == "pg_catalog" && !t.PctType {
		name, n := t.Names[1], len(t.Typmods)
		sql, ok := standardTypes[name]
		switch {
		case name == "bpchar" && n == 1:
			sql, ok = "character", true
		case name == "bit" && n > 0:
			sql, ok = "bit", true
		case name == "interval" && n == 0:
			sql, ok = "interval", true
		case n > 0 && (strings.HasPrefix(sql, "timestamp") || strings.HasPrefix(sql, "time")):
			base, zone, _ := strings.Cut(sql, " ")
			ok = n == 1 && plainInts(t.Typmods)
			if ok {
				p.w(base)
				mods()
				p.on(zone != "", " "+zone)
				return
			}
		case n > 0 && !(name == "numeric" || name == "varbit" || name == "varchar"):
			ok = false
		}
		if (name == "varchar" || name == "bpchar") && n > 0 && !plainInts(t.Typmods) {
			ok = false
		}
		if ok {
			p.w(sql)
			mods()
			return
		}
	}
	p.names(t.Names)
	mods()
}

// plainInts tells whether modifiers are one number without a sign, which is all
// the SQL names of character and time types take.
func plainInts(mods []Expr) bool {
	if len(mods) != 1 {
		return false
	}
	c, ok := mods[0].(*Const)
	return ok && c.Kind == ConstInt && c.Int >= 0
}
