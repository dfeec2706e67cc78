package ddl

import (
	"errors"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

// Env is what a statement runs in. It belongs to one statement of one session.
type Env struct {
	Edit       *catalog.Edit
	Data       Data
	Bind       Binder
	User       uint32   // oid of the current role
	SearchPath []string // schemas searched for names and, the first, created in
	Notice     func(*pgerr.Error)
	// Lock takes a table lock of that mode until the transaction ends.
	Lock func(oid uint32, mode ast.LockMode) error
	// LockName keeps other transactions from creating an object of that name.
	LockName func(schema uint32, name string) error
	// InUse reports whether an open cursor of the session reads a relation.
	InUse func(oid uint32) bool
	// Verifier turns a plain password into a SCRAM verifier; a text that is a
	// verifier already is returned as it is.
	Verifier func(password string) (string, error)

	altering bool // checks of rows wait in pending
	pending  []pendingCheck
}

// Binder resolves names and expressions for DDL. Texts it returns are as
// PostgreSQL's pg_get_expr and pg_get_viewdef print them.
type Binder interface {
	// Type resolves a type name with its modifiers and array bounds.
	Type(t *ast.TypeName) (types.T, error)
	// Default binds a column default (no column references) and coerces it to
	// the type by assignment.
	Default(e ast.Expr, column string, t types.T) (string, error)
	// Check binds a boolean expression over a table's columns (CHECK, WHERE of an
	// index); columns lists the attnums it uses.
	Check(t *catalog.Table, e ast.Expr, what string) (text string, columns []int16, err error)
	// Generated binds a stored generated column's expression.
	Generated(t *catalog.Table, e ast.Expr, column string, want types.T) (text string, columns []int16, err error)
	// Using binds the USING expression of ALTER COLUMN TYPE over a table's columns
	// and coerces it to the type by assignment.
	Using(t *catalog.Table, e ast.Expr, column string, want types.T) (string, error)
	// Key binds an index expression.
	Key(t *catalog.Table, e ast.Expr) (text string, typ types.T, columns []int16, err error)
	// View binds a view's query; names are those its first columns get instead of
	// their own. More names than columns are 42601.
	View(q *ast.SelectStmt, names []string) (text string, columns []catalog.ViewColumn, dependsOn []uint32, err error)
	// RenameOutput returns a view's query with other names of its columns.
	RenameOutput(v *catalog.View, names []string) (string, error)
	// Uses reports which attnums of t an expression's stored text refers to.
	Uses(t *catalog.Table, text string) ([]int16, error)
	// Reprint rewrites a stored expression of t after a rename: from and to are
	// the table before and after.
	Reprint(text string, from, to *catalog.Table) (string, error)
	// ReprintView rewrites a view's query after the relation oid changed from the
	// catalog before to the one after.
	ReprintView(v *catalog.View, before, after *catalog.Snapshot) (string, error)
	// ViewUses reports which attnums of the relation oid a view reads.
	ViewUses(v *catalog.View, oid uint32) ([]int16, error)
	// Constant evaluates a default for rows that exist already: its text value,
	// null, or volatile when it must be computed per row.
	Constant(text string, t types.T) (value string, null, volatile bool, err error)
}

// Ending says why a storage ends.
type Ending uint8

// The reasons.
const (
	EndDrop Ending = iota
	EndTruncate
	EndRewrite
)

// Data does the work of DDL on rows. All of it happens in the running
// transaction.
type Data interface {
	NewOID() (uint32, error)
	NewStorage() (uint64, error)
	// BuildIndex fills an index from the table's rows; a duplicate is 23505.
	BuildIndex(t *catalog.Table, x *catalog.Index) error
	// Rewrite copies every row of old into the new table's storage, computing the
	// columns in using by expression text over old's columns; it rebuilds the
	// indexes listed in indexes and checks NOT NULL.
	Rewrite(old, new *catalog.Table, using map[int16]string, indexes []*catalog.Index) error
	// Freeze ends a storage at this commit; table is the one whose change list
	// says so, 0 for an index.
	Freeze(storage uint64, table uint32, why Ending) error
	// Validate checks a constraint over all rows: 23514, 23503 or, for a NOT NULL
	// column (constraint nil), 23502.
	Validate(t *catalog.Table, c *catalog.Constraint, notNull int16) error
	// Empty reports whether the table has no rows.
	Empty(t *catalog.Table) (bool, error)
	// RestartSequence sets a sequence's state to a value that nextval returns next.
	RestartSequence(s *catalog.Sequence, value int64) error
	// CreateSequence makes the state of a new sequence.
	CreateSequence(s *catalog.Sequence) error
}

// notInUse refuses a command on a relation that an open cursor reads.
func (e *Env) notInUse(d catalog.Desc, command string) error {
	switch d.(type) {
	case *catalog.Table, *catalog.Sequence:
		if e.InUse != nil && e.InUse(d.Head().OID) {
			return pgerr.New(pgcode.ObjectInUse, "cannot %s %q because it is being used by active queries in this session", command, d.Head().Name)
		}
	}
	return nil
}

func (e *Env) cat() *catalog.Snapshot { return e.Edit.Snapshot() }

func (e *Env) notice(code pgcode.Code, format string, args ...any) {
	n := pgerr.New(code, format, args...)
	n.Severity = "NOTICE"
	e.Notice(n)
}

// bytePos turns a node's offset into an error position (see pgerr).
func bytePos(offset int) int {
	if offset < 0 {
		return 0
	}
	return offset + 1
}

// withoutPosition removes the position of an error, which PostgreSQL does not know
// in the later phases of ALTER TABLE.
func withoutPosition(err error) error {
	var e *pgerr.Error
	if errors.As(err, &e) && e.Position != 0 {
		bare := *e
		bare.Position = 0
		return &bare
	}
	return err
}

// schemaFor returns the schema that a new object of that name is created in.
func (e *Env) schemaFor(name, object string, pos int) (*catalog.Schema, error) {
	cat := e.cat()
	if name == "" {
		for _, s := range e.SearchPath {
			if d := cat.SchemaByName(s); d != nil && d.OID != catalog.SchemaPgCatalog {
				return d, nil
			}
		}
		return nil, pgerr.New(pgcode.InvalidSchemaName, "no schema has been selected to create in").At(bytePos(pos))
	}
	d := cat.SchemaByName(name)
	if d == nil {
		return nil, pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", name).At(bytePos(pos))
	}
	if d.OID == catalog.SchemaPgCatalog || d.OID == catalog.SchemaInfo || d.OID == catalog.SchemaDrift {
		return nil, pgerr.New(pgcode.InsufficientPrivilege, "permission denied to create \"%s.%s\"", name, object).
			WithDetail("System catalog modifications are currently disallowed.")
	}
	return d, nil
}

// find resolves a relation name in the search path; nil when there is none. A
// schema that is named and missing is an error.
func (e *Env) find(schema, name string, pos int) (catalog.Desc, error) {
	cat := e.cat()
	if schema != "" {
		s := cat.SchemaByName(schema)
		if s == nil {
			return nil, pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", schema).At(bytePos(pos))
		}
		return cat.Relation(s.OID, name), nil
	}
	for _, path := range e.SearchPath {
		if s := cat.SchemaByName(path); s != nil {
			if d := cat.Relation(s.OID, name); d != nil {
				return d, nil
			}
		}
	}
	return nil, nil
}

// relation is find with 42P01 for a missing name.
func (e *Env) relation(r *ast.RangeVar) (catalog.Desc, error) {
	d, err := e.find(r.Schema, r.Name, r.Pos)
	if err == nil && d == nil {
		err = pgerr.New(pgcode.UndefinedTable, "relation %q does not exist", qualified(r.Schema, r.Name))
	}
	return d, err
}

// table resolves a name that must be a table.
func (e *Env) table(r *ast.RangeVar) (*catalog.Table, error) {
	d, err := e.relation(r)
	if err != nil {
		return nil, err
	}
	t, ok := d.(*catalog.Table)
	if !ok {
		return nil, pgerr.New(pgcode.WrongObjectType, "%q is not a table", r.Name)
	}
	return t, nil
}

// qualified prints a name as error messages do.
func qualified(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}

// kindName is the word for a relation in messages ("table", "index").
func kindName(d catalog.Desc) string {
	switch d.Kind() {
	case catalog.KindTable:
		return "table"
	case catalog.KindView:
		return "view"
	case catalog.KindIndex:
		return "index"
	case catalog.KindSequence:
		return "sequence"
	case catalog.KindSchema:
		return "schema"
	case catalog.KindRole:
		return "role"
	}
	return "object"
}

// article is kindName with its article, for "x is not a table".
func article(kind string) string {
	if kind == "index" {
		return "an index"
	}
	return "a " + kind
}

// owns checks that the current role may change the object.
func (e *Env) owns(d catalog.Desc) error {
	if e.privileged(d.Head().Owner) {
		return nil
	}
	return pgerr.New(pgcode.InsufficientPrivilege, "must be owner of %s %s", kindName(d), d.Head().Name)
}

// privileged reports whether the current role is the owner, a member of it or a superuser.
func (e *Env) privileged(owner uint32) bool {
	if e.User == owner {
		return true
	}
	seen := map[uint32]bool{}
	cat := e.cat()
	var member func(role uint32) bool
	member = func(oid uint32) bool {
		if seen[oid] {
			return false
		}
		seen[oid] = true
		r := cat.Role(oid)
		if r == nil {
			return false
		}
		if oid == e.User && r.Super {
			return true
		}
		for _, up := range r.MemberOf {
			if up == owner || member(up) {
				return true
			}
		}
		return false
	}
	return member(e.User)
}

// role resolves a role specification to an oid.
func (e *Env) role(r *ast.RoleSpec) (*catalog.Role, error) {
	cat := e.cat()
	switch r.Kind {
	case ast.RoleCurrentRole, ast.RoleCurrentUser, ast.RoleSessionUser:
		return cat.Role(e.User), nil
	case ast.RolePublic:
		return nil, pgerr.New(pgcode.UndefinedObject, "role %q does not exist", "public")
	}
	if d := cat.RoleByName(r.Name); d != nil {
		return d, nil
	}
	return nil, pgerr.New(pgcode.UndefinedObject, "role %q does not exist", r.Name)
}

// freeName checks that no relation of that name exists in the schema (42P07).
func (e *Env) freeName(schema uint32, name string) error {
	if e.cat().Relation(schema, name) != nil {
		return pgerr.New(pgcode.DuplicateTable, "relation %q already exists", name)
	}
	return nil
}

// chooseName returns the first free name of PostgreSQL's pattern
// table_column_label, numbered when taken, within 63 bytes.
func (e *Env) chooseName(schema uint32, parts []string, label string, taken func(string) bool) string {
	cat := e.cat()
	for n := 0; ; n++ {
		name := objectName(parts, label, n)
		if cat.Relation(schema, name) == nil && (taken == nil || !taken(name)) {
			return name
		}
	}
}
