package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// alterStmt parses ALTER by the kind of object.
func (p *parser) alterStmt() ast.Stmt {
	pos := p.tok.pos
	switch p.peek(1) {
	case kwTable, kwIndex, kwView, kwSequence:
		p.advance()
		kind := ast.ObjectKind(upper(p.tok.text))
		p.advance()
		return p.alterRelation(pos, kind)
	case kwMaterialized:
		p.advance()
		p.expect2(kwMaterialized, kwView)
		return p.alterRelation(pos, ast.KindMatView)
	case kwForeign:
		p.advance()
		p.advance()
		if p.accept(kwTable) {
			return p.alterRelation(pos, ast.KindForeignTable)
		}
		p.expect2(kwData, kwWrapper)
		return p.alterObject(pos, ast.KindFDW)
	case kwRole, kwUser, kwGroup:
		if p.peek(2) != kwMapping {
			p.advance()
			return p.alterRole(pos)
		}
		p.advance()
		p.advance()
		p.advance()
		return p.otherFrom(pos, "ALTER USER MAPPING")
	case kwDatabase:
		p.advance()
		return p.alterDatabase(pos)
	case kwSystem:
		p.advance()
		return p.alterSystem(pos)
	case kwDefault:
		p.advance()
		return p.alterDefaultPrivileges(pos)
	}
	p.advance()
	kind := p.objectKind(alterKinds)
	return p.alterObject(pos, kind)
}

// alterRelation parses ALTER TABLE|INDEX|VIEW|... behind the kind.
func (p *parser) alterRelation(pos int, kind ast.ObjectKind) ast.Stmt {
	if p.tok.cls == kwAll && (kind == ast.KindTable || kind == ast.KindIndex || kind == ast.KindMatView) {
		return p.otherFrom(pos, "ALTER ALL IN TABLESPACE")
	}
	ifExists := p.ifExists()
	var rel *ast.RangeVar
	if kind == ast.KindTable || kind == ast.KindForeignTable {
		rel = p.relationExpr()
	} else {
		rel = p.qualifiedName()
	}
	switch {
	case p.tok.cls == kwRename:
		return p.renameRelation(pos, kind, ifExists, rel)
	case p.tok.cls == kwSet && p.peek(1) == kwSchema && kind != ast.KindIndex:
		p.advance()
		p.advance()
		return &ast.AlterSchemaStmt{Pos: pos, Kind: kind, IfExists: ifExists, Table: rel, NewSchema: p.colID()}
	case (kind == ast.KindIndex || kind == ast.KindMatView) && !ifExists &&
		(p.tok.cls == kwDepends || p.tok.cls == kwNo && p.peek(1) == kwDepends):
		p.accept(kwNo)
		p.dependsOnExtension()
		return &ast.OtherStmt{Pos: pos, Kind: "ALTER " + string(kind), Text: p.text(pos)}
	case kind == ast.KindSequence && (p.startsSeqOption()):
		return &ast.AlterSequenceStmt{Pos: pos, IfExists: ifExists, Sequence: rel, Options: p.seqOptions()}
	}
	n := &ast.AlterTableStmt{Pos: pos, Kind: kind, IfExists: ifExists, Table: rel}
	if p.partitionCommand(n) {
		return n
	}
	n.Cmds = list(p, p.alterTableCmd)
	return n
}

func (p *parser) dependsOnExtension() {
	p.expect2(kwDepends, kwOn)
	p.expect(kwExtension)
	p.colID()
}

// partitionCommand parses ATTACH and DETACH PARTITION, which stand alone.
func (p *parser) partitionCommand(n *ast.AlterTableStmt) bool {
	c := &ast.AlterTableCmd{Pos: p.tok.pos}
	switch {
	case p.tok.cls == kwAttach && (n.Kind == ast.KindTable || n.Kind == ast.KindIndex && !n.IfExists):
		p.advance()
		p.expect(kwPartition)
		c.Kind = ast.AlterAttachPartition
		c.Table = p.qualifiedName()
		if n.Kind == ast.KindTable {
			c.Bound = p.partitionBound()
		}
	case p.tok.cls == kwDetach && n.Kind == ast.KindTable:
		p.advance()
		p.expect(kwPartition)
		c.Kind = ast.AlterDetachPartition
		c.Table = p.qualifiedName()
		switch {
		case p.accept(kwConcurrently):
			c.Mode = "CONCURRENTLY"
		case p.accept(kwFinalize):
			c.Mode = "FINALIZE"
		}
	default:
		return false
	}
	n.Cmds = []*ast.AlterTableCmd{c}
	return true
}

func (p *parser) renameRelation(pos int, kind ast.ObjectKind, ifExists bool, rel *ast.RangeVar) ast.Stmt {
	n := &ast.RenameStmt{Pos: pos, Kind: kind, IfExists: ifExists, Table: rel}
	p.expect(kwRename)
	columns := kind != ast.KindIndex && kind != ast.KindSequence
	switch {
	case p.accept(kwTo):
		n.NewName = p.colID()
		return n
	case kind == ast.KindTable && p.accept(kwConstraint):
		n.Kind = ast.KindConstraint
	case columns:
		p.accept(kwColumn)
		n.Kind = ast.KindColumn
	default:
		p.syntaxError()
	}
	n.Parent = kind
	n.SubName = p.colID()
	p.expect(kwTo)
	n.NewName = p.colID()
	return n
}

// alterTableCmd parses one command of ALTER TABLE.
func (p *parser) alterTableCmd() *ast.AlterTableCmd {
	c := &ast.AlterTableCmd{Pos: p.tok.pos}
	first := p.tok.cls
	switch first {
	case kwOptions:
		c.Kind, c.Options = ast.AlterFdwOptions, p.genericOptions(true)
		return c
	case kwAdd, kwAlter, kwDrop, kwSet, kwEnable, kwDisable, kwNo, kwNot, kwForce, kwInherit, kwOf,
		kwOwner, kwReset, kwReplica, kwValidate, kwCluster:
		p.advance()
	default:
		p.syntaxError()
	}
	switch first {
	case kwAdd:
		p.alterAdd(c)
	case kwAlter:
		p.alterColumnOrConstraint(c)
	case kwDrop:
		p.alterDrop(c)
	case kwSet:
		p.alterSet(c)
	case kwEnable, kwDisable:
		p.alterEnable(c, first == kwEnable)
	case kwNo:
		if p.accept(kwForce) {
			p.rowLevelSecurity(c, ast.AlterNoForceRLS)
			break
		}
		p.expect(kwInherit)
		c.Kind, c.Table = ast.AlterNoInherit, p.qualifiedName()
	case kwNot:
		p.expect(kwOf)
		c.Kind = ast.AlterNotOf
	case kwForce:
		p.rowLevelSecurity(c, ast.AlterForceRLS)
	case kwInherit:
		c.Kind, c.Table = ast.AlterInherit, p.qualifiedName()
	case kwOf:
		c.Kind, c.TypeNames = ast.AlterOfType, p.anyName()
	case kwOwner:
		p.expect(kwTo)
		c.Kind, c.Owner = ast.AlterOwner, p.roleSpec()
	case kwReset:
		c.Kind, c.Options = ast.AlterResetOptions, p.relOptions()
	case kwReplica:
		p.replicaIdentity(c)
	case kwValidate:
		p.expect(kwConstraint)
		c.Kind, c.Name = ast.AlterValidateConstraint, p.colID()
	case kwCluster:
		p.expect(kwOn)
		c.Kind, c.Name = ast.AlterClusterOn, p.colID()
	}
	return c
}

func (p *parser) alterAdd(c *ast.AlterTableCmd) {
	if p.startsTableConstraint() {
		c.Kind, c.Constraint = ast.AlterAddConstraint, p.tableConstraint()
		return
	}
	p.accept(kwColumn)
	c.Kind = ast.AlterAddColumn
	c.IfNotExists = p.ifNotExists()
	c.Column = p.columnDef()
}

func (p *parser) alterDrop(c *ast.AlterTableCmd) {
	c.Kind = ast.AlterDropColumn
	if p.accept(kwConstraint) {
		c.Kind = ast.AlterDropConstraint
	} else {
		p.accept(kwColumn)
	}
	c.IfExists = p.ifExists()
	c.Name = p.colID()
	c.Behavior = p.behavior()
}

func (p *parser) alterSet(c *ast.AlterTableCmd) {
	switch p.tok.cls {
	case '(':
		c.Kind, c.Options = ast.AlterSetOptions, p.relOptions()
		return
	case kwWithout:
		p.advance()
		c.Kind = ast.AlterSetWithoutOids
		if p.tok.cls == kwCluster {
			c.Kind = ast.AlterSetWithoutCluster
		} else if p.tok.cls != kwOids {
			p.syntaxError()
		}
	case kwLogged:
		c.Kind = ast.AlterSetLogged
	case kwUnlogged:
		c.Kind = ast.AlterSetUnlogged
	case kwAccess:
		p.advance()
		p.expect(kwMethod)
		c.Kind, c.Name = ast.AlterSetAccessMethod, p.colID()
		return
	case kwTablespace:
		p.advance()
		c.Kind, c.Name = ast.AlterSetTablespace, p.colID()
		return
	default:
		p.syntaxError()
	}
	p.advance()
}

func (p *parser) rowLevelSecurity(c *ast.AlterTableCmd, kind ast.AlterKind) {
	p.expect2(kwRow, kwLevel)
	p.expect(kwSecurity)
	c.Kind = kind
}

// alterEnable parses ENABLE and DISABLE of triggers, rules and row security.
func (p *parser) alterEnable(c *ast.AlterTableCmd, enable bool) {
	trigger, rule := ast.AlterDisableTrigger, ast.AlterDisableRule
	mode := p.tok.cls
	switch {
	case p.tok.cls == kwRow:
		if enable {
			p.rowLevelSecurity(c, ast.AlterEnableRLS)
		} else {
			p.rowLevelSecurity(c, ast.AlterDisableRLS)
		}
		return
	case enable && p.accept(kwAlways):
		trigger, rule = ast.AlterEnableAlwaysTrigger, ast.AlterEnableAlwaysRule
	case enable && p.accept(kwReplica):
		trigger, rule = ast.AlterEnableReplicaTrigger, ast.AlterEnableReplicaRule
	case enable:
		trigger, rule = ast.AlterEnableTrigger, ast.AlterEnableRule
	}
	plain := mode != kwAlways && mode != kwReplica
	switch {
	case p.accept(kwTrigger):
		c.Kind = trigger
		if plain && (p.tok.cls == kwAll || p.tok.cls == kwUser) {
			c.Mode = upper(p.tok.text)
			p.advance()
			return
		}
	case p.accept(kwRule):
		c.Kind = rule
	default:
		p.syntaxError()
	}
	c.Name = p.colID()
}

func (p *parser) replicaIdentity(c *ast.AlterTableCmd) {
	p.expect(kwIdentity)
	c.Kind = ast.AlterReplicaIdentity
	switch p.tok.cls {
	case kwNothing, kwFull, kwDefault:
		c.Mode = upper(p.tok.text)
		p.advance()
	default:
		p.expect2(kwUsing, kwIndex)
		c.Mode, c.Name = "USING INDEX", p.colID()
	}
}

// alterColumnOrConstraint parses ALTER [COLUMN] name ... and ALTER CONSTRAINT.
func (p *parser) alterColumnOrConstraint(c *ast.AlterTableCmd) {
	if p.accept(kwConstraint) {
		c.Kind, c.Name = ast.AlterConstraint, p.colID()
		c.Constraint = &ast.Constraint{Pos: p.tok.pos, Kind: ast.ConstraintForeignKey}
		for p.oneAttribute(c.Constraint) {
		}
		at := c.Constraint.Pos
		switch {
		case c.Constraint.NotValid:
			p.fail(pgcode.FeatureNotSupported, at, "ALTER CONSTRAINT statement constraints cannot be marked NOT VALID")
		case c.Constraint.NoInherit:
			p.fail(pgcode.FeatureNotSupported, at, "ALTER CONSTRAINT statement constraints cannot be marked NO INHERIT")
		case c.Constraint.InitDeferred:
			c.Constraint.Deferrable = true
		}
		return
	}
	p.accept(kwColumn)
	if p.tok.cls == tIconst {
		numberPos := p.tok.pos
		c.Number = p.iconst()
		p.expect2(kwSet, kwStatistics)
		c.Kind, c.Value = ast.AlterSetStatistics, p.signedIconst()
		if c.Number < 1 || c.Number > 32767 {
			p.fail(pgcode.InvalidParameterValue, numberPos, "column number must be in range from 1 to %d", 32767)
		}
		return
	}
	c.Name = p.colID()
	switch p.tok.cls {
	case kwSet:
		p.alterColumnSet(c)
	case kwDrop:
		p.advance()
		p.alterColumnDrop(c)
	case kwReset, kwOptions:
		if p.tok.cls == kwOptions {
			c.Kind, c.Options = ast.AlterColumnFdwOptions, p.genericOptions(true)
		} else {
			p.resetColumn(c)
		}
	case kwAdd:
		p.advance()
		c.Kind = ast.AlterAddIdentity
		c.Constraint = &ast.Constraint{Pos: p.tok.pos, Kind: ast.ConstraintIdentity}
		p.expect(kwGenerated)
		c.Constraint.Always = p.generatedWhen()
		p.expect2(kwAs, kwIdentity)
		c.Constraint.Options = p.optParenSeqOptions()
	case kwRestart:
		p.identityOptions(c)
	case kwType:
		p.alterColumnType(c)
	default:
		p.syntaxError()
	}
}

// resetColumn parses RESET (options) of a column.
func (p *parser) resetColumn(c *ast.AlterTableCmd) {
	p.advance()
	c.Kind, c.Options = ast.AlterResetColumn, p.relOptions()
}

func (p *parser) alterColumnDrop(c *ast.AlterTableCmd) {
	switch p.tok.cls {
	case kwDefault:
		c.Kind = ast.AlterColumnDefault
	case kwNot:
		p.advance()
		c.Kind = ast.AlterDropNotNull
		if p.tok.cls != kwNull {
			p.syntaxError()
		}
	case kwExpression, kwIdentity:
		c.Kind = ast.AlterDropExpression
		if p.tok.cls == kwIdentity {
			c.Kind = ast.AlterDropIdentity
		}
		p.advance()
		if p.accept(kwIf) {
			p.expect(kwExists)
			c.IfExists = true
		}
		return
	default:
		p.syntaxError()
	}
	p.advance()
}

// alterColumnSet parses ALTER COLUMN name SET ...; tok is SET.
func (p *parser) alterColumnSet(c *ast.AlterTableCmd) {
	switch p.peek(1) {
	case kwGenerated, kwAs, kwCache, kwCycle, kwNo, kwIncrement, kwMaxvalue, kwMinvalue, kwOwned,
		kwSequence, kwStart, kwRestart:
		p.identityOptions(c)
		return
	}
	p.advance()
	switch p.tok.cls {
	case kwDefault:
		p.advance()
		c.Kind, c.Expr = ast.AlterColumnDefault, p.aExpr()
	case kwNot:
		p.advance()
		p.expect(kwNull)
		c.Kind = ast.AlterSetNotNull
	case kwStatistics:
		p.advance()
		c.Kind, c.Value = ast.AlterSetStatistics, p.signedIconst()
	case '(':
		c.Kind, c.Options = ast.AlterColumnOptions, p.relOptions()
	case kwStorage:
		p.advance()
		c.Kind, c.NewName = ast.AlterSetStorage, p.colID()
	case kwCompression:
		c.Kind, c.NewName = ast.AlterSetCompression, p.compression()
	case kwData:
		p.advance()
		if p.tok.cls != kwType {
			p.syntaxError()
		}
		p.alterColumnType(c)
	default:
		p.syntaxError()
	}
}

func (p *parser) alterColumnType(c *ast.AlterTableCmd) {
	p.expect(kwType)
	c.Kind, c.Type = ast.AlterColumnType, p.typename()
	c.Collate = p.collateClause()
	if p.accept(kwUsing) {
		c.Expr = p.aExpr()
	}
}

// identityOptions parses {RESTART [[WITH] n] | SET seqoption | SET GENERATED ...}.
func (p *parser) identityOptions(c *ast.AlterTableCmd) {
	c.Kind = ast.AlterSetIdentity
	for p.tok.cls == kwRestart || p.tok.cls == kwSet {
		pos := p.tok.pos
		if p.tok.cls == kwRestart {
			c.Options = append(c.Options, p.seqOption())
			continue
		}
		p.advance()
		if p.accept(kwGenerated) {
			o := &ast.Option{Pos: pos, Name: "generated"}
			o.Value = boolConst(pos, p.generatedWhen())
			c.Options = append(c.Options, o)
			continue
		}
		if !p.startsSeqOption() {
			p.syntaxError()
		}
		optPos := p.tok.pos
		o := p.seqOption()
		switch o.Name {
		case "as", "restart", "owned_by":
			p.fail(pgcode.SyntaxError, optPos, "sequence option \"%s\" not supported here", o.Name)
		}
		c.Options = append(c.Options, o)
	}
}
