package ast

import (
	"fmt"
	"strconv"
	"strings"
)

func (p *printer) role(r *RoleSpec) {
	switch r.Kind {
	case RoleCurrentRole:
		p.w("CURRENT_ROLE")
	case RoleCurrentUser:
		p.w("CURRENT_USER")
	case RoleSessionUser:
		p.w("SESSION_USER")
	case RolePublic:
		p.w("public")
	default:
		p.strict(r.Name)
	}
}

func (p *printer) roles(list []*RoleSpec) { comma(p, list, p.role) }

// stmt prints any statement.
func (p *printer) stmt(s Stmt) {
	switch n := s.(type) {
	case *SelectStmt:
		p.query(n)
	case *InsertStmt:
		p.insert(n)
	case *UpdateStmt:
		p.update(n)
	case *DeleteStmt:
		p.delete(n)
	case *MergeStmt:
		p.merge(n)
	case *TruncateStmt:
		p.truncate(n)
	case *CreateTableStmt:
		p.createTable(n)
	case *CreateTableAsStmt:
		p.createTableAs(n)
	case *CreateIndexStmt:
		p.createIndex(n)
	case *CreateViewStmt:
		p.createView(n)
	case *CreateSchemaStmt:
		p.createSchema(n)
	case *CreateSequenceStmt:
		p.w("CREATE ", persistenceWord(n.Sequence.Persistence), "SEQUENCE ")
		p.on(n.IfNotExists, "IF NOT EXISTS ")
		p.rangeVar(n.Sequence)
		p.seqOptions(n.Options)
	case *AlterSequenceStmt:
		p.subject(KindSequence, n.IfExists, n.Sequence, nil)
		p.seqOptions(n.Options)
	case *AlterTableStmt:
		p.alterTable(n)
	case *DropStmt:
		p.drop(n)
	case *RenameStmt:
		p.rename(n)
	case *AlterSchemaStmt:
		p.subject(n.Kind, n.IfExists, n.Table, n.Object)
		p.w(" SET SCHEMA ")
		p.strict(n.NewSchema)
	case *AlterOwnerStmt:
		p.subject(n.Kind, false, nil, n.Object)
		p.w(" OWNER TO ")
		p.role(n.Owner)
	case *CommentStmt:
		p.w("COMMENT ON ", kindWords(n.Kind), " ")
		p.object(n.Kind, n.Object)
		p.w(" IS ")
		if n.Null {
			p.w("NULL")
		} else {
			p.str(n.Comment)
		}
	case *RefreshMatViewStmt:
		p.w("REFRESH MATERIALIZED VIEW ")
		p.on(n.Concurrently, "CONCURRENTLY ")
		p.rangeVar(n.View)
		p.on(n.WithNoData, " WITH NO DATA")
	case *OtherStmt:
		p.w(n.Text)
	default:
		p.utility(s)
	}
}

// utility prints the statements about sessions, roles and maintenance.
func (p *printer) utility(s Stmt) {
	switch n := s.(type) {
	case *DatabaseStmt:
		p.database(n)
	case *RoleStmt:
		p.roleStmt(n)
	case *AlterRoleSetStmt:
		p.w("ALTER ROLE ")
		if n.Role == nil {
			p.w("ALL")
		} else {
			p.role(n.Role)
		}
		p.optName(" IN DATABASE ", n.Database)
		p.w(" ")
		p.set(n.Set)
	case *AlterDatabaseSetStmt:
		p.w("ALTER DATABASE ")
		p.strict(n.Database)
		p.w(" ")
		p.set(n.Set)
	case *AlterSystemStmt:
		p.w("ALTER SYSTEM ")
		p.set(n.Set)
	case *DropRoleStmt:
		p.w("DROP ROLE ")
		p.on(n.IfExists, "IF EXISTS ")
		p.roles(n.Roles)
	case *GrantStmt:
		p.grant(n)
	case *GrantRoleStmt:
		p.grantRole(n)
	case *DefaultPrivilegesStmt:
		p.defaultPrivileges(n)
	case *OwnedStmt:
		if n.To != nil {
			p.w("REASSIGN OWNED BY ")
			p.roles(n.Roles)
			p.w(" TO ")
			p.role(n.To)
			return
		}
		p.w("DROP OWNED BY ")
		p.roles(n.Roles)
		p.w(behaviorWord(n.Behavior))
	case *TransactionStmt:
		p.transaction(n)
	case *SetStmt:
		p.set(n)
	case *ShowStmt:
		p.w("SHOW ")
		p.varName(n.Name)
	case *SetConstraintsStmt:
		p.w("SET CONSTRAINTS ")
		if n.Constraints == nil {
			p.w("ALL")
		}
		comma(p, n.Constraints, p.rangeVar)
		if n.Deferred {
			p.w(" DEFERRED")
		} else {
			p.w(" IMMEDIATE")
		}
	case *DiscardStmt:
		p.w("DISCARD ", n.What)
	case *CopyStmt:
		p.copy(n)
	case *LockStmt:
		p.w("LOCK TABLE ")
		comma(p, n.Tables, p.rangeVar)
		p.w(" IN ", lockModes[n.Mode], " MODE")
		p.on(n.Nowait, " NOWAIT")
	default:
		p.command(s)
	}
}

var lockModes = [...]string{LockAccessShare: "ACCESS SHARE", LockRowShare: "ROW SHARE",
	LockRowExclusive: "ROW EXCLUSIVE", LockShareUpdateExclusive: "SHARE UPDATE EXCLUSIVE", LockShare: "SHARE",
	LockShareRowExclusive: "SHARE ROW EXCLUSIVE", LockExclusive: "EXCLUSIVE", LockAccessExclusive: "ACCESS EXCLUSIVE"}

// command prints prepared statements, cursors and maintenance.
func (p *printer) command(s Stmt) {
	switch n := s.(type) {
	case *PrepareStmt:
		p.w("PREPARE ")
		p.strict(n.Name)
		if n.Types != nil {
			p.w(" ")
			parens(p, n.Types, p.typeName)
		}
		p.w(" AS ")
		p.stmt(n.Query)
	case *ExecuteStmt:
		p.w("EXECUTE ")
		p.strict(n.Name)
		if n.Args != nil {
			p.parenExprs(n.Args)
		}
	case *DeallocateStmt:
		p.w("DEALLOCATE ")
		if n.All {
			p.w("ALL")
		} else {
			p.strict(n.Name)
		}
	case *DeclareCursorStmt:
		p.declare(n)
	case *FetchStmt:
		p.fetch(n)
	case *CloseStmt:
		p.w("CLOSE ")
		if n.All {
			p.w("ALL")
		} else {
			p.strict(n.Cursor)
		}
	case *ExplainStmt:
		p.w("EXPLAIN ")
		p.utilityOptions(n.Options)
		p.stmt(n.Query)
	case *VacuumStmt:
		if n.Analyze {
			p.w("ANALYZE ")
		} else {
			p.w("VACUUM ")
		}
		p.utilityOptions(n.Options)
		comma(p, n.Tables, func(r *VacuumRelation) {
			p.rangeVar(r.Table)
			if r.Columns != nil {
				p.w(" ")
				p.nameList(r.Columns)
			}
		})
	case *CheckpointStmt:
		p.w("CHECKPOINT")
	case *NotifyStmt:
		p.w(n.Verb, " ")
		if n.All {
			p.w("*")
			return
		}
		p.name(n.Channel)
		if n.HasPayload {
			p.w(", ")
			p.str(n.Payload)
		}
	case *DoStmt:
		p.w("DO")
		for _, o := range n.Options {
			p.on(o.Name == "language", " LANGUAGE")
			p.w(" ")
			p.constant(o.Value.(*Const))
		}
	case *CallStmt:
		p.w("CALL ")
		p.funcCall(n.Call)
	case *ClusterStmt:
		p.cluster(n)
	case *ReindexStmt:
		p.w("REINDEX ")
		p.utilityOptions(n.Options)
		p.w(n.Kind, " ")
		if n.Table != nil {
			p.rangeVar(n.Table)
		} else {
			p.strict(n.Name)
		}
	default:
		panic(fmt.Sprintf("ast: no format for %T", s))
	}
}

// utilityOptions prints options in parentheses and a space.
func (p *printer) utilityOptions(options []*Option) {
	if options == nil {
		return
	}
	parens(p, options, p.utilityOption)
	p.w(" ")
}

func (p *printer) utilityOption(o *Option) {
	p.label(o.Name)
	if o.Value != nil {
		p.w(" ")
		p.optionValue(o)
	}
}

func (p *printer) cluster(n *ClusterStmt) {
	p.w("CLUSTER")
	if n.Table == nil {
		p.on(n.Options != nil, " VERBOSE")
		return
	}
	p.w(" ")
	p.utilityOptions(n.Options)
	p.rangeVar(n.Table)
	p.optName(" USING ", n.Index)
}

func (p *printer) declare(n *DeclareCursorStmt) {
	p.w("DECLARE ")
	p.strict(n.Name)
	p.on(n.Binary, " BINARY")
	p.on(n.Asensitive, " ASENSITIVE")
	p.on(n.Insensitive, " INSENSITIVE")
	p.on(n.Scroll, " SCROLL")
	p.on(n.NoScroll, " NO SCROLL")
	p.w(" CURSOR")
	p.on(n.Hold, " WITH HOLD")
	p.w(" FOR ")
	p.query(n.Query)
}

func (p *printer) fetch(n *FetchStmt) {
	if n.Move {
		p.w("MOVE ")
	} else {
		p.w("FETCH ")
	}
	p.w([...]string{"FORWARD ", "BACKWARD ", "ABSOLUTE ", "RELATIVE "}[n.Direction])
	if n.Count == FetchAll {
		p.w("ALL")
	} else {
		p.w(strconv.FormatInt(n.Count, 10))
	}
	p.w(" FROM ")
	p.strict(n.Cursor)
}

func (p *printer) copy(n *CopyStmt) {
	p.w("COPY ")
	if n.Query != nil {
		p.w("(")
		p.stmt(n.Query)
		p.w(")")
	} else {
		p.rangeVar(n.Table)
		if n.Columns != nil {
			p.w(" ")
			p.nameList(n.Columns)
		}
	}
	word, stdio := " TO ", "STDOUT"
	if n.From {
		word, stdio = " FROM ", "STDIN"
	}
	p.w(word)
	p.on(n.Program, "PROGRAM ")
	if n.Stdio {
		p.w(stdio)
	} else {
		p.str(n.FileName)
	}
	if n.Options != nil {
		p.w(" WITH ")
		parens(p, n.Options, p.utilityOption)
	}
	p.where(n.Where)
}

func (p *printer) database(n *DatabaseStmt) {
	p.w(n.Verb, " DATABASE ")
	p.on(n.IfExists, "IF EXISTS ")
	p.strict(n.Name)
	if n.Verb == "DROP" {
		if n.Options != nil {
			p.w(" ")
			parens(p, n.Options, p.utilityOption)
		}
		return
	}
	for _, o := range n.Options {
		p.w(" ")
		if o.Name == "connection_limit" {
			p.w("CONNECTION LIMIT")
		} else {
			p.label(o.Name)
		}
		p.w(" = ")
		if o.Value == nil {
			p.w("DEFAULT")
		} else {
			p.optionValue(o)
		}
	}
}

// roleWords are the flags of roles: the word for true, with NO in front for
// false.
var roleWords = map[string]string{
	"superuser": "SUPERUSER", "createrole": "CREATEROLE", "isreplication": "REPLICATION", "createdb": "CREATEDB",
	"canlogin": "LOGIN", "bypassrls": "BYPASSRLS", "inherit": "INHERIT",
}

func (p *printer) roleStmt(n *RoleStmt) {
	if n.Create {
		p.w("CREATE ")
	} else {
		p.w("ALTER ")
	}
	p.w(n.Word, " ")
	p.role(n.Role)
	if !n.Create && n.Word == "GROUP" {
		if n.DropMembers {
			p.w(" DROP")
		} else {
			p.w(" ADD")
		}
	}
	for _, o := range n.Options {
		p.w(" ")
		p.roleOption(o)
	}
}

func (p *printer) roleOption(o *Option) {
	if w, ok := roleWords[o.Name]; ok {
		p.on(!o.Value.(*Const).Bool, "NO")
		p.w(w)
		return
	}
	p.w(map[string]string{"password": "PASSWORD", "connectionlimit": "CONNECTION LIMIT", "validUntil": "VALID UNTIL",
		"sysid": "SYSID", "rolemembers": "USER", "adminmembers": "ADMIN", "addroleto": "IN ROLE"}[o.Name], " ")
	p.optionValue(o)
}

func (p *printer) privileges(list []*Privilege) {
	if list == nil {
		p.w("ALL")
	}
	comma(p, list, func(v *Privilege) {
		switch v.Name {
		case "":
			p.w("ALL")
		case "select", "references", "create", "alter system":
			p.w(strings.ToUpper(v.Name))
		default:
			p.strict(v.Name)
		}
		if v.Columns != nil {
			p.w(" ")
			p.nameList(v.Columns)
		}
	})
}

func (p *printer) grant(n *GrantStmt) {
	p.grantHead(n)
	if n.AllInSchema {
		p.w("ALL ", string(n.Kind), "S IN SCHEMA ")
		comma(p, n.Objects, func(o *ObjectRef) { p.strictNames(o.Names) })
	} else {
		kind := string(n.Kind)
		if n.Kind == KindServer {
			kind = "FOREIGN SERVER"
		}
		p.w(kind, " ")
		comma(p, n.Tables, p.rangeVar)
		comma(p, n.Objects, func(o *ObjectRef) { p.object(n.Kind, o) })
	}
	p.grantTail(n)
}

func (p *printer) grantHead(n *GrantStmt) {
	if n.Revoke {
		p.w("REVOKE ")
		p.on(n.GrantOption, "GRANT OPTION FOR ")
	} else {
		p.w("GRANT ")
	}
	p.privileges(n.Privileges)
	p.w(" ON ")
}

func (p *printer) grantTail(n *GrantStmt) {
	if n.Revoke {
		p.w(" FROM ")
	} else {
		p.w(" TO ")
	}
	p.roles(n.Grantees)
	p.on(n.GrantOption && !n.Revoke, " WITH GRANT OPTION")
	if n.GrantedBy != nil {
		p.w(" GRANTED BY ")
		p.role(n.GrantedBy)
	}
	p.w(behaviorWord(n.Behavior))
}

func (p *printer) grantRole(n *GrantRoleStmt) {
	if n.Revoke {
		p.w("REVOKE ")
		p.on(n.AdminOption, "ADMIN OPTION FOR ")
	} else {
		p.w("GRANT ")
	}
	p.privileges(n.Roles)
	if n.Revoke {
		p.w(" FROM ")
	} else {
		p.w(" TO ")
	}
	p.roles(n.Grantees)
	p.on(n.AdminOption && !n.Revoke, " WITH ADMIN OPTION")
	if n.GrantedBy != nil {
		p.w(" GRANTED BY ")
		p.role(n.GrantedBy)
	}
	p.w(behaviorWord(n.Behavior))
}

func (p *printer) defaultPrivileges(n *DefaultPrivilegesStmt) {
	p.w("ALTER DEFAULT PRIVILEGES ")
	if n.Roles != nil {
		p.w("FOR ROLE ")
		p.roles(n.Roles)
		p.w(" ")
	}
	if n.Schemas != nil {
		p.w("IN SCHEMA ")
		p.commaNames(n.Schemas)
		p.w(" ")
	}
	p.grantHead(n.Action)
	p.w(string(n.Action.Kind), "S")
	p.grantTail(n.Action)
}

func (p *printer) transaction(n *TransactionStmt) {
	switch n.Kind {
	case TxBegin, TxStart:
		p.w([...]string{"BEGIN", "START TRANSACTION"}[n.Kind])
		p.modes(n.Modes)
	case TxCommit, TxRollback:
		p.w([...]string{"COMMIT", "ROLLBACK"}[n.Kind-TxCommit])
		p.on(n.Chain, " AND CHAIN")
		p.on(n.NoChain, " AND NO CHAIN")
	case TxPrepare, TxCommitPrepared, TxRollbackPrepared:
		p.w([...]string{"PREPARE TRANSACTION ", "COMMIT PREPARED ", "ROLLBACK PREPARED "}[n.Kind-TxPrepare])
		p.str(n.Name)
	default:
		p.w([...]string{"SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT "}[n.Kind-TxSavepoint])
		p.strict(n.Name)
	}
}

// modes prints transaction modes, each with a space in front.
func (p *printer) modes(m TxModes) {
	sep := " "
	add := func(ok bool, s string) {
		if ok {
			p.w(sep, s)
			sep = ", "
		}
	}
	add(m.Isolation != IsolationDefault, "ISOLATION LEVEL "+
		[...]string{"", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}[m.Isolation])
	add(m.ReadOnly, "READ ONLY")
	add(m.ReadWrite, "READ WRITE")
	add(m.Deferrable, "DEFERRABLE")
	add(m.NotDeferrable, "NOT DEFERRABLE")
	if m.AsOf != nil {
		add(true, "AS OF ")
		p.moment(m.AsOf)
	}
}

func (p *printer) set(n *SetStmt) {
	switch n.Kind {
	case SetResetAll:
		p.w("RESET ALL")
		return
	case SetReset:
		p.w("RESET ")
		p.varName(n.Name)
		return
	case SetCharacteristics:
		p.w("SET SESSION CHARACTERISTICS AS TRANSACTION")
		p.modes(n.Modes)
		return
	}
	p.w("SET ")
	p.on(n.Local, "LOCAL ")
	switch n.Kind {
	case SetTransaction:
		p.w("TRANSACTION")
		p.modes(n.Modes)
	case SetSnapshot:
		p.w("TRANSACTION SNAPSHOT ")
		p.exprs(n.Values)
	case SetFromCurrent:
		p.varName(n.Name)
		p.w(" FROM CURRENT")
	case SetDefault:
		p.varName(n.Name)
		p.w(" TO DEFAULT")
	default:
		if c, ok := n.Values[0].(*TypeCast); ok { // SET TIME ZONE INTERVAL
			p.w("TIME ZONE ")
			p.zone(c)
			return
		}
		p.varName(n.Name)
		p.w(" TO ")
		p.exprs(n.Values)
	}
}

// zone prints the interval of SET TIME ZONE, which must be written in full.
func (p *printer) zone(c *TypeCast) {
	mods := c.Type.Typmods
	switch len(mods) {
	case 2:
		p.w("INTERVAL(")
		p.expr(mods[1])
		p.w(") ")
		p.expr(c.Arg)
	case 1:
		p.w("INTERVAL ")
		p.expr(c.Arg)
		p.w(map[int32]string{1 << 10: " HOUR", 1 << 11: " MINUTE", 1<<10 | 1<<11: " HOUR TO MINUTE"}[mods[0].(*Const).Int])
	default:
		p.w("INTERVAL ")
		p.expr(c.Arg)
	}
}

// varName prints a setting's name, whose parts are names of their own.
func (p *printer) varName(name string) {
	if name == "all" {
		p.w("ALL")
		return
	}
	p.strictNames(strings.Split(name, "."))
}
