package syscat

import (
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/keyword"
)

// relationName is a relation's name for a definition: with its schema always,
// or in pretty definitions only where the name alone does not find it.
func (e *Env) relationName(o *catalog.Object, pretty bool) string {
	if pretty && e.Visible(o.OID) {
		return keyword.QuoteIdent(o.Name)
	}
	return keyword.QuoteIdent(e.schemaName(o.Schema)) + "." + keyword.QuoteIdent(o.Name)
}

// IndexDef is pg_get_indexdef: the whole CREATE INDEX, or with column > 0 that
// column alone.
func (e *Env) IndexDef(x *catalog.Index, column int, pretty bool) string {
	t := e.Catalog.Table(x.Table)
	if t == nil {
		return ""
	}
	if column > 0 {
		switch n := column - 1; {
		case n < len(x.Keys):
			return e.keyText(t, x.Keys[n], pretty, false)
		case n-len(x.Keys) < len(x.Include):
			return keyword.QuoteIdent(t.ByAttnum(x.Include[n-len(x.Keys)]).Name)
		}
		return ""
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if x.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX " + keyword.QuoteIdent(x.Name) + " ON " + e.relationName(&t.Object, pretty) + " USING btree (")
	for i, k := range x.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.keyText(t, k, pretty, true))
	}
	b.WriteString(")")
	if len(x.Include) > 0 {
		names := make([]string, len(x.Include))
		for i, n := range x.Include {
			names[i] = keyword.QuoteIdent(t.ByAttnum(n).Name)
		}
		b.WriteString(" INCLUDE (" + strings.Join(names, ", ") + ")")
	}
	if x.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	if len(x.Options) > 0 {
		b.WriteString(" WITH (" + optionList(x.Options) + ")")
	}
	if x.Where != "" {
		text := e.Print(x.Where, t, pretty)
		if !pretty {
			text = parens(text)
		}
		b.WriteString(" WHERE " + text)
	}
	return b.String()
}

// optionList prints reloptions as name='value'.
func optionList(options []string) string {
	list := make([]string, len(options))
	for i, o := range options {
		name, value, _ := strings.Cut(o, "=")
		list[i] = name + "='" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	return strings.Join(list, ", ")
}

// keyText prints one index column; options adds operator class and order.
func (e *Env) keyText(t *catalog.Table, k catalog.IndexKey, pretty, options bool) string {
	text := ""
	if k.Attnum != 0 {
		text = keyword.QuoteIdent(t.ByAttnum(k.Attnum).Name)
	} else {
		text = e.Print(k.Expr, t, pretty)
		// A plain function call stands as it is, everything else in parentheses.
		if !functionCall(text) {
			text = parens(text)
		}
	}
	if !options {
		return text
	}
	if k.OpClass != "" {
		text += " " + k.OpClass
	}
	switch {
	case k.Desc && k.NullsFirst:
		text += " DESC"
	case k.Desc:
		text += " DESC NULLS LAST"
	case k.NullsFirst:
		text += " NULLS FIRST"
	}
	return text
}

// functionCall reports whether text is name(...) as a whole.
func functionCall(text string) bool {
	open := strings.IndexByte(text, '(')
	if open <= 0 || !strings.HasSuffix(text, ")") {
		return false
	}
	if text[:open] == "ROW" {
		return false
	}
	for i := 0; i < open; i++ {
		c := text[i]
		if c != '_' && c != '.' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return closes(text, open) == len(text)-1
}

// closes returns where the parenthesis opened at i is closed.
func closes(text string, i int) int {
	depth := 0
	quote := byte(0)
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// parens puts text in parentheses unless it is in a pair already.
func parens(text string) string {
	if strings.HasPrefix(text, "(") && closes(text, 0) == len(text)-1 {
		return text
	}
	return "(" + text + ")"
}

var actions = map[byte]string{'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

// ConstraintDef is pg_get_constraintdef.
func (e *Env) ConstraintDef(t *catalog.Table, c *catalog.Constraint, pretty bool) string {
	var b strings.Builder
	switch c.Type {
	case 'c':
		text := e.Print(c.Expr, t, pretty)
		if pretty {
			text = "(" + text + ")"
		} else {
			text = "(" + parens(text) + ")"
		}
		b.WriteString("CHECK " + text)
		if c.NoInherit {
			b.WriteString(" NO INHERIT")
		}
	case 'p', 'u':
		word := "PRIMARY KEY "
		if c.Type == 'u' {
			word = "UNIQUE "
		}
		b.WriteString(word)
		x := e.Catalog.Index(c.Index)
		if x != nil && x.NullsNotDistinct {
			b.WriteString("NULLS NOT DISTINCT ")
		}
		b.WriteString("(" + columnNames(t, c.Columns) + ")")
		if x != nil && len(x.Include) > 0 {
			b.WriteString(" INCLUDE (" + columnNames(t, x.Include) + ")")
		}
	case 'f':
		b.WriteString("FOREIGN KEY (" + columnNames(t, c.Columns) + ") REFERENCES ")
		if p := e.Catalog.Table(c.RefTable); p != nil {
			b.WriteString(e.relationName(&p.Object, true) + "(" + columnNames(p, c.RefColumns) + ")")
		}
		if c.MatchFull {
			b.WriteString(" MATCH FULL")
		}
		if a := actions[c.OnUpdate]; a != "" {
			b.WriteString(" ON UPDATE " + a)
		}
		if a := actions[c.OnDelete]; a != "" {
			b.WriteString(" ON DELETE " + a)
		}
	}
	if c.Deferrable {
		b.WriteString(" DEFERRABLE")
	}
	if c.Deferred {
		b.WriteString(" INITIALLY DEFERRED")
	}
	if c.NotValid {
		b.WriteString(" NOT VALID")
	}
	return b.String()
}

func columnNames(t *catalog.Table, list []int16) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = keyword.QuoteIdent(t.ByAttnum(n).Name)
	}
	return strings.Join(names, ", ")
}
