package catalog

import "github.com/driftdb/driftdb/internal/types"

// OIDs of the objects every database has.
const (
	SchemaPgCatalog   uint32 = 11
	SchemaPublic      uint32 = 2200
	SchemaInfo        uint32 = 13300
	SchemaDrift       uint32 = 13301
	RoleBootstrap     uint32 = 10 // the superuser driftdb
	DatabaseOID       uint32 = 16384
	FirstUserOID      uint32 = 16385
	StorageObjects    uint64 = 1 // storage id of the catalog's own rows
	FirstTableStorage uint64 = 100
)

// Kind tells the kinds of descriptors apart; relations use PostgreSQL's relkind
// letters. It is stored on disk as the first part of a catalog key.
type Kind byte

// The kinds of catalog objects.
const (
	KindTable    Kind = 'r'
	KindView     Kind = 'v'
	KindIndex    Kind = 'i'
	KindSequence Kind = 'S'
	KindSchema   Kind = 'n'
	KindRole     Kind = 'u'
	KindDatabase Kind = 'd'
)

// Desc is any catalog object. Descriptors are immutable once they are part of a
// Snapshot: to change one, Clone it, change the copy and Put it.
type Desc interface {
	Head() *Object
	Kind() Kind
}

// Object is what all descriptors have in common.
type Object struct {
	OID     uint32 `json:"oid"`
	Name    string `json:"name"`
	Schema  uint32 `json:"schema,omitempty"` // oid; 0 for schemas, roles, the database
	Owner   uint32 `json:"owner,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Head returns the object's common part.
func (o *Object) Head() *Object { return o }

// Table describes a table. Columns are in attnum order and keep their place
// when dropped, so Columns[attnum-1] is the column of that number.
type Table struct {
	Object
	Columns      []Column     `json:"columns"`
	PrimaryKey   []int16      `json:"pk,omitempty"` // attnums of the clustering key; none: a hidden 64-bit row id
	PKIndex      uint32       `json:"pk_index,omitempty"`
	Storage      uint64       `json:"storage"`                 // where the rows live now
	Past         []PastShape  `json:"past,omitempty"`          // earlier storages of this table, oldest first
	Layouts      []Layout     `json:"layouts"`                 // every tuple layout in Storage; the last is written
	Indexes      []uint32     `json:"indexes,omitempty"`       // oids, the primary key's included
	Constraints  []Constraint `json:"constraints,omitempty"`   // of this table, in order of creation
	Persistence  byte         `json:"persistence,omitempty"`   // 'p' permanent, 'u' unlogged, 't' temporary
	NoHistory    bool         `json:"no_history,omitempty"`    // WITH (system_versioning = off)
	Options      []string     `json:"options,omitempty"`       // reloptions, "fillfactor=100"
	ReferencedBy []uint32     `json:"referenced_by,omitempty"` // tables with a foreign key to this one
}

// PastShape is a storage the table had before a rewrite, TRUNCATE or key
// change; the store knows the seq at which it froze.
type PastShape struct {
	Storage    uint64   `json:"storage"`
	PrimaryKey []int16  `json:"pk,omitempty"`
	Layouts    []Layout `json:"layouts"`
}

// Layout is the shape of tuples written under one schema version of a storage.
type Layout struct {
	Version uint16         `json:"version"`
	Columns []LayoutColumn `json:"columns"`
}

// LayoutColumn is one stored column: its attnum and the type it was stored with.
type LayoutColumn struct {
	Attnum int16   `json:"attnum"`
	Type   types.T `json:"type"`
}

// Column describes a column. The attnum is its stable identity.
type Column struct {
	Attnum    int16   `json:"attnum"`
	Name      string  `json:"name"`
	Type      types.T `json:"type"`
	NotNull   bool    `json:"not_null,omitempty"`
	Dropped   bool    `json:"dropped,omitempty"`
	Default   string  `json:"default,omitempty"`   // SQL text as pg_get_expr prints it, "" none
	Identity  byte    `json:"identity,omitempty"`  // 'a' always, 'd' by default, 0 none
	Generated string  `json:"generated,omitempty"` // expression of GENERATED ALWAYS AS ... STORED
	Sequence  uint32  `json:"sequence,omitempty"`  // sequence owned by a serial or identity column
	// Missing is the value of rows stored before the column was added, in text
	// format; HasMissing false means NULL.
	Missing    string `json:"missing,omitempty"`
	HasMissing bool   `json:"has_missing,omitempty"`
	// Earlier is Missing as it was before a rewrite stored it in every row: the
	// versions in earlier storages go on to show it.
	Earlier *Earlier `json:"earlier,omitempty"`
	Comment string   `json:"comment,omitempty"`
}

// Earlier is the value of versions from before their column existed, in the
// column's type of then. It is immutable.
type Earlier struct {
	Missing string  `json:"missing"`
	Type    types.T `json:"type"`
}

// Constraint describes a table constraint.
type Constraint struct {
	OID        uint32  `json:"oid"`
	Name       string  `json:"name"`
	Type       byte    `json:"type"`              // pg_constraint.contype: c check, f foreign key, p primary, u unique
	Columns    []int16 `json:"columns,omitempty"` // attnums
	Expr       string  `json:"expr,omitempty"`    // check: SQL text as pg_get_expr prints it
	Index      uint32  `json:"index,omitempty"`   // p, u: its index; f: the referenced index
	RefTable   uint32  `json:"ref_table,omitempty"`
	RefColumns []int16 `json:"ref_columns,omitempty"`
	OnDelete   byte    `json:"on_delete,omitempty"` // a no action, r restrict, c cascade, n set null, d set default
	OnUpdate   byte    `json:"on_update,omitempty"`
	MatchFull  bool    `json:"match_full,omitempty"`
	Deferrable bool    `json:"deferrable,omitempty"`
	Deferred   bool    `json:"deferred,omitempty"` // initially deferred
	NotValid   bool    `json:"not_valid,omitempty"`
	NoInherit  bool    `json:"no_inherit,omitempty"`
	Comment    string  `json:"comment,omitempty"`
}

// Index describes an index. A primary key that is the clustering key has an
// index descriptor with Storage equal to 0: the table's rows are its entries.
type Index struct {
	Object
	Table            uint32     `json:"table"`
	Storage          uint64     `json:"storage,omitempty"`
	Unique           bool       `json:"unique,omitempty"`
	Primary          bool       `json:"primary,omitempty"`
	NullsNotDistinct bool       `json:"nulls_not_distinct,omitempty"`
	Deferrable       bool       `json:"deferrable,omitempty"` // unique at the end of a statement or transaction only
	Keys             []IndexKey `json:"keys"`
	Include          []int16    `json:"include,omitempty"` // attnums
	// Names are those of the index's own columns, keys then INCLUDE: they stay as
	// they were when a column of the table is renamed.
	Names   []string `json:"names,omitempty"`
	Where   string   `json:"where,omitempty"`  // predicate as pg_get_expr prints it
	Method  string   `json:"method,omitempty"` // access method asked for; "btree"
	Options []string `json:"options,omitempty"`
	// FromSeq is the first commit from which on the index covers the past; the
	// commit that built it, 0 while that is not known (see Snapshot).
	FromSeq uint64 `json:"from_seq,omitempty"`
}

// IndexKey is one key column: an attnum, or an expression when Attnum is 0.
type IndexKey struct {
	Attnum     int16   `json:"attnum,omitempty"`
	Expr       string  `json:"expr,omitempty"`
	Type       types.T `json:"type"`
	Desc       bool    `json:"desc,omitempty"`
	NullsFirst bool    `json:"nulls_first,omitempty"`
	OpClass    string  `json:"opclass,omitempty"` // only when not the type's default
}

// View describes a view; its text is re-parsed at each use, with names as of
// the view's own moment (renames rewrite it in the same commit).
type View struct {
	Object
	Query     string       `json:"query"` // SELECT as pg_get_viewdef prints it
	Columns   []ViewColumn `json:"columns"`
	DependsOn []uint32     `json:"depends_on,omitempty"` // relations it reads
	Options   []string     `json:"options,omitempty"`
}

// ViewColumn is one output column of a view.
type ViewColumn struct {
	Name    string  `json:"name"`
	Type    types.T `json:"type"`
	Comment string  `json:"comment,omitempty"`
}

// Sequence describes a sequence; its state (last value) is not in the catalog,
// because sequence values are outside history.
type Sequence struct {
	Object
	Type        types.OID `json:"type"`
	Start       int64     `json:"start"`
	Increment   int64     `json:"increment"`
	Min         int64     `json:"min"`
	Max         int64     `json:"max"`
	Cache       int64     `json:"cache"`
	Cycle       bool      `json:"cycle,omitempty"`
	OwnerTable  uint32    `json:"owner_table,omitempty"`
	OwnerColumn int16     `json:"owner_column,omitempty"`
	Internal    bool      `json:"internal,omitempty"` // of an identity column: dropped only with it
}

// Schema describes a schema (namespace).
type Schema struct {
	Object
}

// Role describes a role; Password holds a SCRAM verifier, never a password.
type Role struct {
	Object
	Super       bool     `json:"super,omitempty"`
	Inherit     bool     `json:"inherit,omitempty"`
	CreateRole  bool     `json:"create_role,omitempty"`
	CreateDB    bool     `json:"create_db,omitempty"`
	Login       bool     `json:"login,omitempty"`
	Replication bool     `json:"replication,omitempty"`
	BypassRLS   bool     `json:"bypass_rls,omitempty"`
	ConnLimit   int32    `json:"conn_limit"`
	Password    string   `json:"password,omitempty"`
	ValidUntil  string   `json:"valid_until,omitempty"`
	MemberOf    []uint32 `json:"member_of,omitempty"`
	Settings    []string `json:"settings,omitempty"` // ALTER ROLE ... SET, "name=value"
}

// Database describes the database itself.
type Database struct {
	Object
	ConnLimit int32    `json:"conn_limit"`
	Settings  []string `json:"settings,omitempty"`
}

// Kind returns the descriptor's kind.
func (*Table) Kind() Kind    { return KindTable }
func (*View) Kind() Kind     { return KindView }
func (*Index) Kind() Kind    { return KindIndex }
func (*Sequence) Kind() Kind { return KindSequence }
func (*Schema) Kind() Kind   { return KindSchema }
func (*Role) Kind() Kind     { return KindRole }
func (*Database) Kind() Kind { return KindDatabase }
