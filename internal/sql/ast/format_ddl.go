package ast

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/sql/keyword"
)

func persistenceWord(k Persistence) string { return [...]string{"", "TEMPORARY ", "UNLOGGED "}[k] }

func behaviorWord(b Behavior) string {
	if b == Cascade {
		return " CASCADE"
	}
	return ""
}

func (p *printer) createTable(n *CreateTableStmt) {
	p.w("CREATE ", persistenceWord(n.Table.Persistence), "TABLE ")
	p.on(n.IfNotExists, "IF NOT EXISTS ")
	p.rangeVar(n.Table)
	switch {
	case n.OfType != nil:
		p.w(" OF ")
		p.names(n.OfType)
	case n.PartitionOf != nil:
		p.w(" PARTITION OF ")
		p.rangeVar(n.PartitionOf)
	}
	if n.Elements != nil || n.OfType == nil && n.PartitionOf == nil {
		p.w(" ")
		parens(p, n.Elements, p.tableElement)
	}
	if n.Bound != nil {
		p.bound(n.Bound)
	}
	if n.Inherits != nil {
		p.w(" INHERITS ")
		parens(p, n.Inherits, p.rangeVar)
	}
	if n.PartitionBy != nil {
		p.partitionSpec(n.PartitionBy)
	}
	p.storage(n.AccessMethod, n.Options, n.OnCommit)
	p.on(n.WithoutOids, " WITHOUT OIDS")
	p.optName(" TABLESPACE ", n.Tablespace)
}

// optName prints a word and a name if there is one.
func (p *printer) optName(word, name string) {
	if name != "" {
		p.w(word)
		p.name(name)
	}
}

func (p *printer) storage(method string, options []*Option, c OnCommit) {
	p.optName(" USING ", method)
	p.withOptions(options)
	p.w([...]string{"", " ON COMMIT PRESERVE ROWS", " ON COMMIT DELETE ROWS", " ON COMMIT DROP"}[c])
}

func (p *printer) withOptions(options []*Option) {
	if options != nil {
		p.w(" WITH ")
		p.relOptions(options)
	}
}

func (p *printer) relOptions(options []*Option) {
	parens(p, options, func(o *Option) {
		if o.Namespace != "" {
			p.label(o.Namespace)
			p.w(".")
		}
		p.label(o.Name)
		if o.Value != nil {
			p.w(" = ")
			p.optionValue(o)
		}
	})
}

// label prints a name where any word may stand.
func (p *printer) label(s string) {
	if keyword.Lookup(s) >= 0 {
		p.w(s)
		return
	}
	p.name(s)
}

func (p *printer) optionValue(o *Option) {
	switch v := o.Value.(type) {
	case *Const:
		if o.Word {
			p.label(v.Text)
		} else {
			p.constant(v)
		}
	case *OptionType:
		p.typeName(v.Type)
	case *OptionList:
		parens(p, v.Items, p.str)
	case *OptionOp:
		p.op(v.Op)
	case *OptionName:
		p.names(v.Names)
	case *OptionStar:
		p.w("*")
	case *OptionRoles:
		p.roles(v.Roles)
	}
}

func (p *printer) tableElement(e TableElement) {
	switch e := e.(type) {
	case *ColumnDef:
		p.columnDef(e)
	case *Constraint:
		p.constraint(e, true)
	case *LikeClause:
		p.w("LIKE ")
		p.rangeVar(e.Table)
		for i, word := range likeOptionWords {
			p.on(e.Options&(1<<i) != 0, " INCLUDING "+word)
		}
	}
}

var likeOptionWords = []string{"COMMENTS", "COMPRESSION", "CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY",
	"INDEXES", "STATISTICS", "STORAGE"}

func (p *printer) columnDef(d *ColumnDef) {
	p.name(d.Name)
	if d.Type != nil {
		p.w(" ")
		p.typeName(d.Type)
	} else if d.Constraints != nil {
		p.w(" WITH OPTIONS")
	}
	p.optName(" COMPRESSION ", d.Compression)
	p.fdwOptions(d.FdwOptions)
	p.collate(d.Collate)
	for _, c := range d.Constraints {
		p.w(" ")
		p.constraint(c, false)
	}
}

func (p *printer) fdwOptions(options []*Option) {
	if options == nil {
		return
	}
	p.w(" OPTIONS ")
	parens(p, options, func(o *Option) {
		if o.Namespace != "" {
			p.w(strings.ToUpper(o.Namespace), " ")
		}
		p.label(o.Name)
		if o.Value != nil {
			p.w(" ")
			p.optionValue(o)
		}
	})
}

// constraint prints a constraint of a table, or of a column.
func (p *printer) constraint(c *Constraint, table bool) {
	if c.Name != "" {
		p.w("CONSTRAINT ")
		p.name(c.Name)
		p.w(" ")
	}
	switch c.Kind {
	case ConstraintNull:
		p.w("NULL")
	case ConstraintNotNull:
		p.w("NOT NULL")
	case ConstraintDefault:
		p.w("DEFAULT ")
		p.operand(c.Expr)
	case ConstraintIdentity:
		p.w("GENERATED ", generatedWhen(c.Always), " AS IDENTITY")
		if c.Options != nil {
			p.w(" (")
			p.seqOptions(c.Options)
			p.w(" )")
		}
	case ConstraintGenerated:
		p.w("GENERATED ALWAYS AS (")
		p.expr(c.Expr)
		p.w(") STORED")
	case ConstraintCheck:
		p.w("CHECK (")
		p.expr(c.Expr)
		p.w(")")
	case ConstraintPrimaryKey:
		p.w("PRIMARY KEY")
		p.indexConstraint(c)
	case ConstraintUnique:
		p.w("UNIQUE")
		p.on(c.NullsNotDistinct, " NULLS NOT DISTINCT")
		p.indexConstraint(c)
	case ConstraintExclude:
		p.exclude(c)
	case ConstraintForeignKey:
		if table {
			p.w("FOREIGN KEY ")
			p.nameList(c.Columns)
			p.w(" ")
		}
		p.references(c)
	}
	p.attributes(c)
}

func generatedWhen(always bool) string {
	if always {
		return "ALWAYS"
	}
	return "BY DEFAULT"
}

func (p *printer) attributes(c *Constraint) {
	p.on(c.NoInherit, " NO INHERIT")
	p.on(c.NotDeferrable, " NOT DEFERRABLE")
	p.on(c.Deferrable, " DEFERRABLE")
	p.on(c.InitDeferred, " INITIALLY DEFERRED")
	p.on(c.InitImmediate, " INITIALLY IMMEDIATE")
	p.on(c.NotValid, " NOT VALID")
}

func (p *printer) indexConstraint(c *Constraint) {
	if c.UsingIndex != "" {
		p.optName(" USING INDEX ", c.UsingIndex)
		return
	}
	if c.Columns != nil {
		p.w(" ")
		p.nameList(c.Columns)
	}
	p.including(c)
}

// including prints INCLUDE, WITH and the tablespace of an index constraint.
func (p *printer) including(c *Constraint) {
	if c.Including != nil {
		p.w(" INCLUDE ")
		p.nameList(c.Including)
	}
	p.withOptions(c.Options)
	p.optName(" USING INDEX TABLESPACE ", c.Tablespace)
}

func (p *printer) exclude(c *Constraint) {
	p.w("EXCLUDE")
	p.optName(" USING ", c.AccessMethod)
	p.w(" ")
	parens(p, c.Exclusions, func(e ExcludeElem) {
		p.indexElem(e.Elem)
		p.w(" WITH ")
		p.op(e.Op)
	})
	p.including(c)
	if c.Where != nil {
		p.w(" WHERE (")
		p.expr(c.Where)
		p.w(")")
	}
}

func (p *printer) references(c *Constraint) {
	p.w("REFERENCES ")
	p.rangeVar(c.RefTable)
	if c.RefColumns != nil {
		p.nameList(c.RefColumns)
	}
	p.on(c.Match == MatchFull, " MATCH FULL")
	p.fkAction(" ON UPDATE ", c.OnUpdate, nil)
	p.fkAction(" ON DELETE ", c.OnDelete, c.OnDeleteCols)
}

func (p *printer) fkAction(word string, a FKAction, columns []string) {
	if a == FKNoAction {
		return
	}
	p.w(word, [...]string{"NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"}[a])
	if columns != nil {
		p.w(" ")
		p.nameList(columns)
	}
}

func (p *printer) partitionSpec(s *PartitionSpec) {
	p.w(" PARTITION BY ")
	p.name(s.Strategy)
	p.w(" ")
	parens(p, s.Elems, func(e *PartitionElem) {
		p.keyItem(e.Name, e.Expr)
		if e.Collate != nil {
			p.w(" COLLATE ")
			p.names(e.Collate)
		}
		if e.OpClass != nil {
			p.w(" ")
			p.names(e.OpClass)
		}
	})
}

// keyItem prints a column, or an expression in parentheses.
func (p *printer) keyItem(name string, e Expr) {
	if e == nil {
		p.name(name)
		return
	}
	p.w("(")
	p.expr(e)
	p.w(")")
}

func (p *printer) bound(b *PartitionBy) {
	switch {
	case b.Default:
		p.w(" DEFAULT")
	case b.Hash:
		p.w(" FOR VALUES WITH (MODULUS ", strconv.Itoa(b.Modulus), ", REMAINDER ", strconv.Itoa(b.Remainder), ")")
	case b.In != nil:
		p.w(" FOR VALUES IN ")
		p.parenExprs(b.In)
	default:
		p.w(" FOR VALUES FROM ")
		p.parenExprs(b.From)
		p.w(" TO ")
		p.parenExprs(b.To)
	}
}

func (p *printer) createTableAs(n *CreateTableAsStmt) {
	in := n.Into
	p.w("CREATE ", persistenceWord(in.Table.Persistence))
	if n.Materialized {
		p.w("MATERIALIZED VIEW ")
	} else {
		p.w("TABLE ")
	}
	p.on(n.IfNotExists, "IF NOT EXISTS ")
	p.rangeVar(in.Table)
	if in.Columns != nil {
		p.w(" ")
		p.nameList(in.Columns)
	}
	p.storage(in.AccessMethod, in.Options, in.OnCommit)
	p.optName(" TABLESPACE ", in.Tablespace)
	p.w(" AS ")
	p.stmt(n.Query)
	p.on(in.WithNoData, " WITH NO DATA")
}

func (p *printer) indexElem(e *IndexElem) {
	p.keyItem(e.Name, e.Expr)
	if e.Collate != nil {
		p.w(" COLLATE ")
		p.names(e.Collate)
	}
	if e.OpClass != nil {
		p.w(" ")
		p.names(e.OpClass)
		if e.OpClassOptions != nil {
			p.w(" ")
			p.relOptions(e.OpClassOptions)
		}
	}
	p.w(directionWord(e.Direction), nullsWord(e.Nulls))
}

func (p *printer) createIndex(n *CreateIndexStmt) {
	p.w("CREATE ")
	p.on(n.Unique, "UNIQUE ")
	p.w("INDEX ")
	p.on(n.Concurrently, "CONCURRENTLY ")
	p.on(n.IfNotExists, "IF NOT EXISTS ")
	if n.Name != "" {
		p.name(n.Name)
		p.w(" ")
	}
	p.w("ON ")
	p.rangeVar(n.Table)
	p.optName(" USING ", n.AccessMethod)
	p.w(" ")
	parens(p, n.Elems, p.indexElem)
	if n.Including != nil {
		p.w(" INCLUDE ")
		parens(p, n.Including, p.indexElem)
	}
	p.on(n.NullsNotDistinct, " NULLS NOT DISTINCT")
	p.withOptions(n.Options)
	p.optName(" TABLESPACE ", n.Tablespace)
	p.where(n.Where)
}

func (p *printer) createView(n *CreateViewStmt) {
	p.w("CREATE ")
	p.on(n.Replace, "OR REPLACE ")
	p.w(persistenceWord(n.View.Persistence))
	p.on(n.Recursive, "RECURSIVE ")
	p.w("VIEW ")
	p.rangeVar(n.View)
	if n.Columns != nil {
		p.w(" ")
		p.nameList(n.Columns)
	}
	p.withOptions(n.Options)
	p.w(" AS ")
	p.query(n.Query)
	p.w([...]string{"", " WITH LOCAL CHECK OPTION", " WITH CASCADED CHECK OPTION"}[n.Check])
}

func (p *printer) createSchema(n *CreateSchemaStmt) {
	p.w("CREATE SCHEMA")
	p.on(n.IfNotExists, " IF NOT EXISTS")
	if n.Name != "" {
		p.w(" ")
		p.strict(n.Name)
	}
	if n.Owner != nil {
		p.w(" AUTHORIZATION ")
		p.role(n.Owner)
	}
	for _, e := range n.Elements {
		p.w(" ")
		p.stmt(e)
	}
}

// seqOptions prints sequence options, each with a space in front.
func (p *printer) seqOptions(options []*Option) {
	for _, o := range options {
		p.w(" ")
		p.seqOption(o)
	}
}

func (p *printer) seqOption(o *Option) {
	word := strings.ToUpper(o.Name)
	switch o.Name {
	case "owned_by":
		word = "OWNED BY"
	case "sequence_name":
		word = "SEQUENCE NAME"
	case "increment":
		word = "INCREMENT BY"
	case "cycle":
		p.on(!o.Value.(*Const).Bool, "NO ")
		p.w("CYCLE")
		return
	case "maxvalue", "minvalue":
		p.on(o.Value == nil, "NO ")
	case "generated":
		p.w("GENERATED ", generatedWhen(o.Value.(*Const).Bool))
		return
	}
	p.w(word)
	if o.Value != nil {
		p.w(" ")
		p.optionValue(o)
	}
}

func (p *printer) object(kind ObjectKind, o *ObjectRef) {
	switch {
	case kind == KindTransform:
		p.w("FOR ")
		p.typeName(o.Type)
		p.w(" LANGUAGE ")
		p.names(o.Names)
		return
	case o.Type != nil:
		p.typeName(o.Type)
		return
	case kind == KindLargeObject:
		p.w(o.Names...)
	case kind == KindOperator:
		last := len(o.Names) - 1
		for _, q := range o.Names[:last] {
			p.name(q)
			p.w(".")
		}
		p.w(o.Names[last])
	case o.On:
		last := len(o.Names) - 1
		p.name(o.Names[last])
		p.w(" ON ")
		p.on(kind == KindDomConstraint, "DOMAIN ")
		p.strictNames(o.Names[:last])
	case o.Names != nil:
		p.strictNames(o.Names)
	}
	if o.HasArgs {
		p.w("(", o.Args, ")")
	}
	p.optName(" USING ", o.Using)
}

// strictNames prints a qualified name without bare key words.
func (p *printer) strictNames(parts []string) {
	for i, s := range parts {
		p.on(i > 0, ".")
		p.strict(s)
	}
}

func kindWords(k ObjectKind) string {
	if k == KindDomConstraint {
		return string(KindConstraint)
	}
	return string(k)
}

func (p *printer) drop(n *DropStmt) {
	p.w("DROP ", string(n.Kind), " ")
	p.on(n.Concurrently, "CONCURRENTLY ")
	p.on(n.IfExists, "IF EXISTS ")
	comma(p, n.Objects, func(o *ObjectRef) { p.object(n.Kind, o) })
	p.w(behaviorWord(n.Behavior))
}

// subject prints ALTER, the kind and the name.
func (p *printer) subject(kind ObjectKind, ifExists bool, table *RangeVar, o *ObjectRef) {
	p.w("ALTER ", string(kind), " ")
	p.on(ifExists, "IF EXISTS ")
	if table != nil {
		p.rangeVar(table)
	} else {
		p.object(kind, o)
	}
}

func (p *printer) rename(n *RenameStmt) {
	kind := n.Kind
	if n.Parent != "" {
		kind = n.Parent
	}
	p.subject(kind, n.IfExists, n.Table, n.Object)
	p.w(" RENAME ")
	if n.Parent != "" {
		p.w(string(n.Kind), " ")
		p.strict(n.SubName)
		p.w(" ")
	}
	p.w("TO ")
	p.strict(n.NewName)
	p.w(behaviorWord(n.Behavior))
}
