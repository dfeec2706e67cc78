package ast

import "strconv"

func (p *printer) alterTable(n *AlterTableStmt) {
	p.subject(n.Kind, n.IfExists, n.Table, nil)
	p.w(" ")
	comma(p, n.Cmds, p.alterCmd)
}

// alterWords are the commands printed as fixed words, with a name behind them if
// the command has one.
var alterWords = map[AlterKind]string{
	AlterValidateConstraint: "VALIDATE CONSTRAINT", AlterSetWithoutOids: "SET WITHOUT OIDS",
	AlterClusterOn: "CLUSTER ON", AlterSetWithoutCluster: "SET WITHOUT CLUSTER", AlterSetLogged: "SET LOGGED",
	AlterSetUnlogged: "SET UNLOGGED", AlterEnableTrigger: "ENABLE TRIGGER",
	AlterEnableAlwaysTrigger: "ENABLE ALWAYS TRIGGER", AlterEnableReplicaTrigger: "ENABLE REPLICA TRIGGER",
	AlterDisableTrigger: "DISABLE TRIGGER", AlterEnableRule: "ENABLE RULE",
	AlterEnableAlwaysRule: "ENABLE ALWAYS RULE", AlterEnableReplicaRule: "ENABLE REPLICA RULE",
	AlterDisableRule: "DISABLE RULE", AlterNotOf: "NOT OF", AlterSetAccessMethod: "SET ACCESS METHOD",
	AlterSetTablespace: "SET TABLESPACE", AlterEnableRLS: "ENABLE ROW LEVEL SECURITY",
	AlterDisableRLS: "DISABLE ROW LEVEL SECURITY", AlterForceRLS: "FORCE ROW LEVEL SECURITY",
	AlterNoForceRLS: "NO FORCE ROW LEVEL SECURITY", AlterReplicaIdentity: "REPLICA IDENTITY",
}

func (p *printer) alterCmd(c *AlterTableCmd) {
	if words, ok := alterWords[c.Kind]; ok {
		p.w(words)
		p.on(c.Mode != "", " "+c.Mode)
		if c.Name != "" {
			p.w(" ")
			p.strict(c.Name)
		}
		return
	}
	switch c.Kind {
	case AlterAddColumn:
		p.w("ADD COLUMN ")
		p.on(c.IfNotExists, "IF NOT EXISTS ")
		p.columnDef(c.Column)
	case AlterDropColumn, AlterDropConstraint:
		p.w("DROP ")
		if c.Kind == AlterDropColumn {
			p.w("COLUMN ")
		} else {
			p.w("CONSTRAINT ")
		}
		p.on(c.IfExists, "IF EXISTS ")
		p.strict(c.Name)
		p.w(behaviorWord(c.Behavior))
	case AlterAddConstraint:
		p.w("ADD ")
		p.constraint(c.Constraint, true)
	case AlterConstraint:
		p.w("ALTER CONSTRAINT ")
		p.name(c.Name)
		p.attributes(c.Constraint)
	case AlterInherit, AlterNoInherit:
		p.on(c.Kind == AlterNoInherit, "NO ")
		p.w("INHERIT ")
		p.rangeVar(c.Table)
	case AlterOfType:
		p.w("OF ")
		p.names(c.TypeNames)
	case AlterOwner:
		p.w("OWNER TO ")
		p.role(c.Owner)
	case AlterSetOptions:
		p.w("SET ")
		p.relOptions(c.Options)
	case AlterResetOptions:
		p.w("RESET ")
		p.relOptions(c.Options)
	case AlterFdwOptions:
		p.fdwOptions(c.Options)
	case AlterAttachPartition, AlterDetachPartition:
		p.partitionCmd(c)
	default:
		p.alterColumn(c)
	}
}

func (p *printer) partitionCmd(c *AlterTableCmd) {
	if c.Kind == AlterDetachPartition {
		p.w("DETACH PARTITION ")
		p.rangeVar(c.Table)
		p.on(c.Mode != "", " "+c.Mode)
		return
	}
	p.w("ATTACH PARTITION ")
	p.rangeVar(c.Table)
	if c.Bound != nil {
		p.bound(c.Bound)
	}
}

// alterColumn prints the commands that begin with ALTER COLUMN.
func (p *printer) alterColumn(c *AlterTableCmd) {
	p.w("ALTER COLUMN ")
	if c.Number > 0 {
		p.num(c.Number)
	} else {
		p.strict(c.Name)
	}
	switch c.Kind {
	case AlterColumnDefault:
		if c.Expr == nil {
			p.w(" DROP DEFAULT")
			break
		}
		p.w(" SET DEFAULT ")
		p.expr(c.Expr)
	case AlterDropNotNull:
		p.w(" DROP NOT NULL")
	case AlterSetNotNull:
		p.w(" SET NOT NULL")
	case AlterDropExpression, AlterDropIdentity:
		if c.Kind == AlterDropExpression {
			p.w(" DROP EXPRESSION")
		} else {
			p.w(" DROP IDENTITY")
		}
		p.on(c.IfExists, " IF EXISTS")
	case AlterSetStatistics:
		p.w(" SET STATISTICS ", strconv.Itoa(c.Value))
	case AlterColumnOptions:
		p.w(" SET ")
		p.relOptions(c.Options)
	case AlterResetColumn:
		p.w(" RESET ")
		p.relOptions(c.Options)
	case AlterSetStorage:
		p.w(" SET STORAGE ")
		p.name(c.NewName)
	case AlterSetCompression:
		p.w(" SET COMPRESSION ")
		p.name(c.NewName)
	case AlterAddIdentity:
		p.w(" ADD ")
		p.constraint(c.Constraint, false)
	case AlterSetIdentity:
		for _, o := range c.Options {
			p.w(" ")
			p.on(o.Name != "restart", "SET ")
			p.seqOption(o)
		}
	case AlterColumnType:
		p.w(" TYPE ")
		p.typeName(c.Type)
		p.collate(c.Collate)
		if c.Expr != nil {
			p.w(" USING ")
			p.expr(c.Expr)
		}
	case AlterColumnFdwOptions:
		p.fdwOptions(c.Options)
	}
}
