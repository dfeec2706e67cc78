package ast

// Behavior is CASCADE or RESTRICT, RESTRICT being the default.
type Behavior uint8

// The drop behaviours.
const (
	Restrict Behavior = iota
	Cascade
)

// Option is one name [= value] of an option list: storage parameters, COPY and
// EXPLAIN options, sequence options, role options. Value is nil when only the
// name was given, else a Const (words are string constants with Word set), a
// TypeName wrapped in OptionType, an OptionList, an OptionOp or OptionStar.
type Option struct {
	Pos       int
	Namespace string // toast.x
	Name      string
	Value     Node
	Word      bool // Value was an unquoted word
}

// OptionType is an option value that has the form of a type or function name.
type OptionType struct {
	Pos  int
	Type *TypeName
}

// OptionList is a parenthesized list of words and strings, or of role names.
type OptionList struct {
	Pos   int
	Items []string
}

// OptionOp is an operator as an option value.
type OptionOp struct {
	Pos int
	Op  Op
}

// OptionName is a qualified name as an option value (OWNED BY t.c).
type OptionName struct {
	Pos   int
	Names []string
}

// OptionStar is "*" as an option value.
type OptionStar struct {
	Pos int
}

// OptionRoles is a list of roles as an option value.
type OptionRoles struct {
	Pos   int
	Roles []*RoleSpec
}

// OnCommit is the ON COMMIT option of a temporary table.
type OnCommit uint8

// The ON COMMIT options.
const (
	OnCommitNone OnCommit = iota
	OnCommitPreserveRows
	OnCommitDeleteRows
	OnCommitDrop
)

// CreateTableStmt is CREATE TABLE, CREATE FOREIGN TABLE excepted.
type CreateTableStmt struct {
	Pos          int
	IfNotExists  bool
	Table        *RangeVar
	Elements     []TableElement
	Inherits     []*RangeVar
	OfType       []string     // OF type
	PartitionOf  *RangeVar    // PARTITION OF parent
	Bound        *PartitionBy // bounds of PARTITION OF
	PartitionBy  *PartitionSpec
	AccessMethod string
	Options      []*Option
	WithoutOids  bool
	OnCommit     OnCommit
	Tablespace   string
}

// TableElement is a ColumnDef, a Constraint or a LikeClause.
type TableElement interface {
	Node
	tableElementNode()
}

// ColumnDef is a column of a table. Type is nil in typed tables and partitions.
type ColumnDef struct {
	Pos         int
	Name        string
	Type        *TypeName
	Compression string
	Collate     *Collate
	FdwOptions  []*Option
	Constraints []*Constraint
}

// LikeOption is a bit of LikeClause.Options, as in PostgreSQL.
type LikeOption uint16

// What LIKE copies besides names, types and NOT NULL.
const (
	LikeComments LikeOption = 1 << iota
	LikeCompression
	LikeConstraints
	LikeDefaults
	LikeGenerated
	LikeIdentity
	LikeIndexes
	LikeStatistics
	LikeStorage
	LikeAll LikeOption = 1<<iota - 1
)

// LikeClause is LIKE table [INCLUDING|EXCLUDING ...].
type LikeClause struct {
	Pos     int
	Table   *RangeVar
	Options LikeOption
}

// ConstraintKind is the kind of a Constraint.
type ConstraintKind uint8

// The kinds of constraints and of column attributes written like constraints.
const (
	ConstraintNull ConstraintKind = iota
	ConstraintNotNull
	ConstraintDefault
	ConstraintIdentity
	ConstraintGenerated
	ConstraintCheck
	ConstraintPrimaryKey
	ConstraintUnique
	ConstraintExclude
	ConstraintForeignKey
)

// FKMatch is the MATCH type of a foreign key.
type FKMatch uint8

// The MATCH types.
const (
	MatchSimple FKMatch = iota
	MatchFull
	MatchPartial
)

// FKAction is what a foreign key does on update or delete.
type FKAction uint8

// The referential actions.
const (
	FKNoAction FKAction = iota
	FKRestrict
	FKCascade
	FKSetNull
	FKSetDefault
)

// ExcludeElem is an element of an EXCLUDE constraint with its operator.
type ExcludeElem struct {
	Elem *IndexElem
	Op   Op
}

// Constraint is a column or table constraint, or a column attribute.
type Constraint struct {
	Pos  int
	Kind ConstraintKind
	Name string // of CONSTRAINT name

	Expr   Expr // CHECK, DEFAULT, GENERATED
	Always bool // identity: GENERATED ALWAYS

	Columns          []string // table constraints; nil for a column's own
	Including        []string
	NullsNotDistinct bool
	Options          []*Option // WITH of an index constraint, or sequence options
	Tablespace       string
	UsingIndex       string
	AccessMethod     string
	Exclusions       []ExcludeElem
	Where            Expr

	RefTable      *RangeVar
	RefColumns    []string
	Match         FKMatch
	OnUpdate      FKAction
	OnDelete      FKAction
	OnDeleteCols  []string
	NoInherit     bool
	NotValid      bool
	Deferrable    bool
	NotDeferrable bool // written explicitly
	InitDeferred  bool
	InitImmediate bool // written explicitly
}

// PartitionSpec is PARTITION BY strategy (elements).
type PartitionSpec struct {
	Pos      int
	Strategy string // list, range, hash: as written, folded
	Elems    []*PartitionElem
}

// PartitionElem is a partition key column or expression.
type PartitionElem struct {
	Pos     int
	Name    string
	Expr    Expr
	Collate []string
	OpClass []string
}

// PartitionBy is FOR VALUES ... or DEFAULT of a partition.
type PartitionBy struct {
	Pos       int
	Default   bool
	In        []Expr
	From      []Expr
	To        []Expr
	Hash      bool
	Modulus   int
	Remainder int
}

// CreateTableAsStmt is CREATE TABLE AS and CREATE MATERIALIZED VIEW; Query is a
// SelectStmt or an ExecuteStmt.
type CreateTableAsStmt struct {
	Pos          int
	Materialized bool
	IfNotExists  bool
	Into         *Into
	Query        Stmt
}

// IndexElem is a column or expression of an index.
type IndexElem struct {
	Pos            int
	Name           string
	Expr           Expr
	Collate        []string
	OpClass        []string
	OpClassOptions []*Option
	Direction      SortDirection
	Nulls          NullsOrder
}

// CreateIndexStmt is CREATE INDEX.
type CreateIndexStmt struct {
	Pos              int
	Unique           bool
	Concurrently     bool
	IfNotExists      bool
	Name             string
	Table            *RangeVar
	AccessMethod     string // empty: btree
	Elems            []*IndexElem
	Including        []*IndexElem
	NullsNotDistinct bool
	Options          []*Option
	Tablespace       string
	Where            Expr
}

// CheckOption is WITH [LOCAL|CASCADED] CHECK OPTION of a view.
type CheckOption uint8

// The check options.
const (
	CheckNone CheckOption = iota
	CheckLocal
	CheckCascaded
)

// CreateViewStmt is CREATE VIEW. Of a RECURSIVE view Query is what was written.
type CreateViewStmt struct {
	Pos       int
	Replace   bool
	Recursive bool
	View      *RangeVar
	Columns   []string
	Options   []*Option
	Query     *SelectStmt
	Check     CheckOption
}

// CreateSchemaStmt is CREATE SCHEMA. Name is empty with AUTHORIZATION alone.
type CreateSchemaStmt struct {
	Pos         int
	IfNotExists bool
	Name        string
	Owner       *RoleSpec
	Elements    []Stmt
}

// CreateSequenceStmt is CREATE SEQUENCE. Options are named as PostgreSQL's
// DefElems: as, cache, cycle, increment, maxvalue, minvalue, owned_by, start,
// restart, sequence_name. NO MAXVALUE is maxvalue without value; NO CYCLE is
// cycle with a false Const.
type CreateSequenceStmt struct {
	Pos         int
	IfNotExists bool
	Sequence    *RangeVar
	Options     []*Option
}

// AlterSequenceStmt is ALTER SEQUENCE with sequence options.
type AlterSequenceStmt struct {
	Pos      int
	IfExists bool
	Sequence *RangeVar
	Options  []*Option
}

// AlterTableStmt is ALTER TABLE|INDEX|SEQUENCE|VIEW|... with a list of commands.
type AlterTableStmt struct {
	Pos      int
	Kind     ObjectKind
	IfExists bool
	Table    *RangeVar
	Cmds     []*AlterTableCmd
}

// AlterKind is the kind of an AlterTableCmd.
type AlterKind uint8

// The commands of ALTER TABLE.
const (
	AlterAddColumn          AlterKind = iota // Column, IfNotExists
	AlterColumnDefault                       // Name; Expr nil drops
	AlterDropNotNull                         // Name
	AlterSetNotNull                          // Name
	AlterDropExpression                      // Name, IfExists
	AlterSetStatistics                       // Name or Number; Value
	AlterColumnOptions                       // Name, Options
	AlterResetColumn                         // Name, Options
	AlterSetStorage                          // Name, NewName
	AlterSetCompression                      // Name, NewName
	AlterAddIdentity                         // Name, Constraint
	AlterSetIdentity                         // Name, Options
	AlterDropIdentity                        // Name, IfExists
	AlterDropColumn                          // Name, IfExists, Behavior
	AlterColumnType                          // Name, Type, Collate, Expr (USING)
	AlterColumnFdwOptions                    // Name, Options
	AlterAddConstraint                       // Constraint
	AlterConstraint                          // Name, Constraint (its timing)
	AlterValidateConstraint                  // Name
	AlterDropConstraint                      // Name, IfExists, Behavior
	AlterSetWithoutOids
	AlterClusterOn // Name
	AlterSetWithoutCluster
	AlterSetLogged
	AlterSetUnlogged
	AlterEnableTrigger // Name, or Mode ALL or USER
	AlterEnableAlwaysTrigger
	AlterEnableReplicaTrigger
	AlterDisableTrigger
	AlterEnableRule
	AlterEnableAlwaysRule
	AlterEnableReplicaRule
	AlterDisableRule
	AlterInherit   // Table
	AlterNoInherit // Table
	AlterOfType    // TypeNames
	AlterNotOf
	AlterOwner           // Owner
	AlterSetAccessMethod // Name
	AlterSetTablespace   // Name
	AlterSetOptions      // Options
	AlterResetOptions    // Options
	AlterReplicaIdentity // Mode: NOTHING, FULL, DEFAULT, or USING INDEX with Name
	AlterEnableRLS
	AlterDisableRLS
	AlterForceRLS
	AlterNoForceRLS
	AlterFdwOptions      // Options
	AlterAttachPartition // Table, Bound
	AlterDetachPartition // Table, Mode: empty, CONCURRENTLY or FINALIZE
)

// AlterTableCmd is one command of an AlterTableStmt; the fields a kind uses are
// listed with it.
type AlterTableCmd struct {
	Pos         int
	Kind        AlterKind
	Name        string
	Number      int // column number of ALTER COLUMN n SET STATISTICS
	Value       int
	NewName     string
	Mode        string
	IfExists    bool
	IfNotExists bool
	Column      *ColumnDef
	Expr        Expr
	Type        *TypeName
	Collate     *Collate
	Constraint  *Constraint
	Options     []*Option
	Table       *RangeVar
	TypeNames   []string
	Owner       *RoleSpec
	Bound       *PartitionBy
	Behavior    Behavior
}

// ObjectKind is a kind of database object, as DROP, ALTER and COMMENT name it:
// the words are those of PostgreSQL's syntax.
type ObjectKind string

// The kinds of objects.
const (
	KindAccessMethod  ObjectKind = "ACCESS METHOD"
	KindAggregate     ObjectKind = "AGGREGATE"
	KindAttribute     ObjectKind = "ATTRIBUTE"
	KindCast          ObjectKind = "CAST"
	KindCollation     ObjectKind = "COLLATION"
	KindColumn        ObjectKind = "COLUMN"
	KindConstraint    ObjectKind = "CONSTRAINT"
	KindConversion    ObjectKind = "CONVERSION"
	KindDatabase      ObjectKind = "DATABASE"
	KindDomain        ObjectKind = "DOMAIN"
	KindEventTrigger  ObjectKind = "EVENT TRIGGER"
	KindExtension     ObjectKind = "EXTENSION"
	KindFDW           ObjectKind = "FOREIGN DATA WRAPPER"
	KindForeignTable  ObjectKind = "FOREIGN TABLE"
	KindFunction      ObjectKind = "FUNCTION"
	KindIndex         ObjectKind = "INDEX"
	KindLanguage      ObjectKind = "LANGUAGE"
	KindLargeObject   ObjectKind = "LARGE OBJECT"
	KindMatView       ObjectKind = "MATERIALIZED VIEW"
	KindOperator      ObjectKind = "OPERATOR"
	KindOpClass       ObjectKind = "OPERATOR CLASS"
	KindOpFamily      ObjectKind = "OPERATOR FAMILY"
	KindParameter     ObjectKind = "PARAMETER"
	KindPolicy        ObjectKind = "POLICY"
	KindProcedure     ObjectKind = "PROCEDURE"
	KindPublication   ObjectKind = "PUBLICATION"
	KindRole          ObjectKind = "ROLE"
	KindRoutine       ObjectKind = "ROUTINE"
	KindRule          ObjectKind = "RULE"
	KindSchema        ObjectKind = "SCHEMA"
	KindSequence      ObjectKind = "SEQUENCE"
	KindServer        ObjectKind = "SERVER"
	KindStatistics    ObjectKind = "STATISTICS"
	KindSubscription  ObjectKind = "SUBSCRIPTION"
	KindTable         ObjectKind = "TABLE"
	KindTablespace    ObjectKind = "TABLESPACE"
	KindTransform     ObjectKind = "TRANSFORM"
	KindTrigger       ObjectKind = "TRIGGER"
	KindTSConfig      ObjectKind = "TEXT SEARCH CONFIGURATION"
	KindTSDictionary  ObjectKind = "TEXT SEARCH DICTIONARY"
	KindTSParser      ObjectKind = "TEXT SEARCH PARSER"
	KindTSTemplate    ObjectKind = "TEXT SEARCH TEMPLATE"
	KindType          ObjectKind = "TYPE"
	KindUserMapping   ObjectKind = "USER MAPPING"
	KindView          ObjectKind = "VIEW"
	KindDomConstraint ObjectKind = "DOMAIN CONSTRAINT"
)

// ObjectRef names an object of any kind. Names is the qualified name; of rules,
// triggers and policies it is the name of the relation followed by their own
// (On is true for these); of functions and operators Args holds what stood in
// parentheses.
type ObjectRef struct {
	Pos     int
	Names   []string
	Type    *TypeName // types and domains
	On      bool      // name ON table: the last name is the object's
	HasArgs bool
	Args    string // argument list as written, without parentheses
	Using   string // access method of an operator class or family
}

// DropStmt is DROP of any kind with a list of names; DROP ROLE and DROP DATABASE
// have statements of their own.
type DropStmt struct {
	Pos          int
	Kind         ObjectKind
	IfExists     bool
	Concurrently bool
	Objects      []*ObjectRef
	Behavior     Behavior
}

// RenameStmt is ALTER ... RENAME TO. Kind is what gets the new name; for a
// column, attribute or constraint SubName is its old name and Parent the kind
// named after ALTER.
type RenameStmt struct {
	Pos      int
	Kind     ObjectKind
	Parent   ObjectKind
	IfExists bool
	Table    *RangeVar  // relations
	Object   *ObjectRef // everything else
	SubName  string
	NewName  string
	Behavior Behavior
}

// AlterSchemaStmt is ALTER ... SET SCHEMA.
type AlterSchemaStmt struct {
	Pos       int
	Kind      ObjectKind
	IfExists  bool
	Table     *RangeVar
	Object    *ObjectRef
	NewSchema string
}

// AlterOwnerStmt is ALTER ... OWNER TO for kinds other than relations, whose
// OWNER TO is an AlterTableCmd.
type AlterOwnerStmt struct {
	Pos    int
	Kind   ObjectKind
	Object *ObjectRef
	Owner  *RoleSpec
}

// CommentStmt is COMMENT ON. Null means IS NULL.
type CommentStmt struct {
	Pos     int
	Kind    ObjectKind
	Object  *ObjectRef
	Comment string
	Null    bool
}

// RefreshMatViewStmt is REFRESH MATERIALIZED VIEW.
type RefreshMatViewStmt struct {
	Pos          int
	Concurrently bool
	View         *RangeVar
	WithNoData   bool
}

// DatabaseStmt is CREATE DATABASE, ALTER DATABASE options and DROP DATABASE.
type DatabaseStmt struct {
	Pos      int
	Verb     string // CREATE, ALTER, DROP
	IfExists bool
	Name     string
	Options  []*Option
}

// OtherStmt is a statement that is parsed completely but kept as text: a kind
// DriftDB has no use for yet. Kind is the tag, such as CREATE OPERATOR CLASS.
type OtherStmt struct {
	Pos  int
	Kind string
	Text string
}
