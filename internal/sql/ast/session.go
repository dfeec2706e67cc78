package ast

// RoleSpecKind tells a role's name from the words that stand for one.
type RoleSpecKind uint8

// The forms of a role specification.
const (
	RoleNamed RoleSpecKind = iota
	RoleCurrentRole
	RoleCurrentUser
	RoleSessionUser
	RolePublic
)

// RoleSpec names a role.
type RoleSpec struct {
	Pos  int
	Kind RoleSpecKind
	Name string
}

// RoleStmt is CREATE or ALTER ROLE|USER|GROUP with options. They are named as
// PostgreSQL's DefElems: password (a null Const for PASSWORD NULL), superuser,
// createrole, createdb, canlogin, isreplication, bypassrls, inherit (boolean
// Consts), connectionlimit, validUntil, sysid, rolemembers, adminmembers,
// addroleto.
type RoleStmt struct {
	Pos     int
	Create  bool
	Word    string // ROLE, USER or GROUP
	Role    *RoleSpec
	Options []*Option
	// DropMembers is set by ALTER GROUP g DROP USER; adding has it false.
	DropMembers bool
}

// AlterRoleSetStmt is ALTER ROLE role|ALL [IN DATABASE d] SET|RESET. Role is nil
// for ALL.
type AlterRoleSetStmt struct {
	Pos      int
	Role     *RoleSpec
	Database string
	Set      *SetStmt
}

// AlterDatabaseSetStmt is ALTER DATABASE name SET|RESET.
type AlterDatabaseSetStmt struct {
	Pos      int
	Database string
	Set      *SetStmt
}

// DropRoleStmt is DROP ROLE|USER|GROUP.
type DropRoleStmt struct {
	Pos      int
	IfExists bool
	Roles    []*RoleSpec
}

// Privilege is one privilege of a GRANT, with its column list. ALL PRIVILEGES
// with columns has an empty Name.
type Privilege struct {
	Pos     int
	Name    string
	Columns []string
}

// GrantStmt is GRANT or REVOKE of privileges on objects. Privileges is empty for
// ALL. Kind is TABLE also when no kind was written; InSchemas is set for ALL
// ... IN SCHEMA, Objects then being schemas.
type GrantStmt struct {
	Pos         int
	Revoke      bool
	Privileges  []*Privilege
	Kind        ObjectKind
	AllInSchema bool
	Tables      []*RangeVar  // TABLE and SEQUENCE
	Objects     []*ObjectRef // everything else
	Grantees    []*RoleSpec
	GrantOption bool // WITH GRANT OPTION, or REVOKE GRANT OPTION FOR
	GrantedBy   *RoleSpec
	Behavior    Behavior
}

// GrantRoleStmt is GRANT role TO role, or REVOKE.
type GrantRoleStmt struct {
	Pos         int
	Revoke      bool
	Roles       []*Privilege
	Grantees    []*RoleSpec
	AdminOption bool
	GrantedBy   *RoleSpec
	Behavior    Behavior
}

// DefaultPrivilegesStmt is ALTER DEFAULT PRIVILEGES; Action.Objects is empty.
type DefaultPrivilegesStmt struct {
	Pos     int
	Roles   []*RoleSpec
	Schemas []string
	Action  *GrantStmt
}

// OwnedStmt is DROP OWNED, or with To REASSIGN OWNED.
type OwnedStmt struct {
	Pos      int
	Roles    []*RoleSpec
	To       *RoleSpec
	Behavior Behavior
}

// TransactionKind is the kind of a TransactionStmt.
type TransactionKind uint8

// The transaction statements.
const (
	TxBegin TransactionKind = iota // BEGIN
	TxStart                        // START TRANSACTION
	TxCommit
	TxRollback
	TxSavepoint
	TxRelease
	TxRollbackTo
	TxPrepare
	TxCommitPrepared
	TxRollbackPrepared
)

// Isolation is an isolation level.
type Isolation uint8

// The isolation levels.
const (
	IsolationDefault Isolation = iota
	ReadUncommitted
	ReadCommitted
	RepeatableRead
	Serializable
)

// TxModes is a list of transaction modes, each absent unless written.
type TxModes struct {
	Isolation     Isolation
	ReadOnly      bool
	ReadWrite     bool
	Deferrable    bool
	NotDeferrable bool
	AsOf          *Moment // AS OF m
}

// TransactionStmt is BEGIN, COMMIT, SAVEPOINT and so on.
type TransactionStmt struct {
	Pos     int
	Kind    TransactionKind
	Modes   TxModes // TxBegin and TxStart
	Name    string  // savepoint, or the id of a prepared transaction
	Chain   bool    // AND CHAIN
	NoChain bool    // AND NO CHAIN, written explicitly
}

// SetKind is the kind of a SetStmt.
type SetKind uint8

// The forms of SET and RESET.
const (
	SetValue           SetKind = iota // SET name TO values
	SetDefault                        // SET name TO DEFAULT
	SetFromCurrent                    // SET name FROM CURRENT
	SetReset                          // RESET name
	SetResetAll                       // RESET ALL
	SetTransaction                    // SET TRANSACTION modes
	SetCharacteristics                // SET SESSION CHARACTERISTICS AS TRANSACTION modes
	SetSnapshot                       // SET TRANSACTION SNAPSHOT 'id'
)

// SetStmt is SET or RESET. The special forms are turned into plain ones as
// PostgreSQL does: SET TIME ZONE is name timezone, SET ROLE name role, SET
// SESSION AUTHORIZATION name session_authorization, SET NAMES client_encoding,
// SET SCHEMA search_path, SET XML OPTION xmloption. Values are Consts; words are
// string Consts, and SET TIME ZONE INTERVAL '...' is a TypeCast.
type SetStmt struct {
	Pos    int
	Kind   SetKind
	Local  bool
	Name   string
	Values []Expr
	Modes  TxModes // SetTransaction and SetCharacteristics
}

// ShowStmt is SHOW; Name is "all" for SHOW ALL.
type ShowStmt struct {
	Pos  int
	Name string
}

// AlterSystemStmt is ALTER SYSTEM SET|RESET.
type AlterSystemStmt struct {
	Pos int
	Set *SetStmt
}

// SetConstraintsStmt is SET CONSTRAINTS. Constraints is nil for ALL.
type SetConstraintsStmt struct {
	Pos         int
	Constraints []*RangeVar
	Deferred    bool
}

// DiscardStmt is DISCARD; What is ALL, TEMP, PLANS or SEQUENCES.
type DiscardStmt struct {
	Pos  int
	What string
}

// PrepareStmt is PREPARE name [(types)] AS query.
type PrepareStmt struct {
	Pos   int
	Name  string
	Types []*TypeName
	Query Stmt
}

// ExecuteStmt is EXECUTE name [(args)].
type ExecuteStmt struct {
	Pos  int
	Name string
	Args []Expr
}

// DeallocateStmt is DEALLOCATE; Name is empty for ALL.
type DeallocateStmt struct {
	Pos  int
	Name string
	All  bool
}

// DeclareCursorStmt is DECLARE name CURSOR FOR query.
type DeclareCursorStmt struct {
	Pos         int
	Name        string
	Binary      bool
	Scroll      bool
	NoScroll    bool
	Asensitive  bool
	Insensitive bool
	Hold        bool
	Query       *SelectStmt
}

// FetchDirection is the direction of FETCH and MOVE.
type FetchDirection uint8

// The directions.
const (
	FetchForward FetchDirection = iota
	FetchBackward
	FetchAbsolute
	FetchRelative
)

// FetchAll is the Count of FETCH ALL.
const FetchAll = int64(1<<63 - 1)

// FetchStmt is FETCH or MOVE.
type FetchStmt struct {
	Pos       int
	Move      bool
	Direction FetchDirection
	Count     int64
	Cursor    string
}

// CloseStmt is CLOSE; All for CLOSE ALL.
type CloseStmt struct {
	Pos    int
	Cursor string
	All    bool
}

// ExplainStmt is EXPLAIN. The old style options become Options too.
type ExplainStmt struct {
	Pos     int
	Options []*Option
	Query   Stmt
}

// VacuumRelation is a table of VACUUM or ANALYZE with its columns.
type VacuumRelation struct {
	Pos     int
	Table   *RangeVar
	Columns []string
}

// VacuumStmt is VACUUM, or ANALYZE alone. The old style words become Options.
type VacuumStmt struct {
	Pos     int
	Analyze bool // the statement is ANALYZE
	Options []*Option
	Tables  []*VacuumRelation
}

// CopyStmt is COPY. Exactly one of Table and Query is set. FileName is empty for
// STDIN and STDOUT. Legacy options are turned into the new ones: format, freeze,
// delimiter, null, header, quote, escape, force_quote, force_not_null,
// force_null, encoding.
type CopyStmt struct {
	Pos      int
	Table    *RangeVar
	Columns  []string
	Query    Stmt
	From     bool
	Program  bool
	FileName string
	Stdio    bool
	Options  []*Option
	Where    Expr
}

// LockMode is a table lock mode, weakest first.
type LockMode uint8

// The table lock modes.
const (
	LockAccessShare LockMode = iota + 1
	LockRowShare
	LockRowExclusive
	LockShareUpdateExclusive
	LockShare
	LockShareRowExclusive
	LockExclusive
	LockAccessExclusive
)

// LockStmt is LOCK TABLE.
type LockStmt struct {
	Pos    int
	Tables []*RangeVar
	Mode   LockMode
	Nowait bool
}

// CheckpointStmt is CHECKPOINT.
type CheckpointStmt struct {
	Pos int
}

// NotifyStmt is NOTIFY, LISTEN and UNLISTEN by Verb. Channel is "*" for UNLISTEN *.
type NotifyStmt struct {
	Pos     int
	Verb    string
	Channel string
	All     bool // UNLISTEN *
	Payload string
	// HasPayload tells NOTIFY c, '' from NOTIFY c.
	HasPayload bool
}

// DoStmt is DO [LANGUAGE l] 'code'.
type DoStmt struct {
	Pos     int
	Options []*Option // as (code) and language
}

// CallStmt is CALL procedure(args).
type CallStmt struct {
	Pos  int
	Call *FuncCall
}

// ClusterStmt is CLUSTER.
type ClusterStmt struct {
	Pos     int
	Options []*Option
	Table   *RangeVar
	Index   string
}

// ReindexStmt is REINDEX. Kind is INDEX, TABLE, SCHEMA, SYSTEM or DATABASE; the
// last three use Name.
type ReindexStmt struct {
	Pos     int
	Kind    string
	Table   *RangeVar
	Name    string
	Options []*Option
}
