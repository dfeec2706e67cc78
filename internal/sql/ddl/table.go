package ddl

import (
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/types"
)

// maxColumns is PostgreSQL's MaxHeapAttributeNumber.
const maxColumns = 1600

// serialTypes are the words that stand for an integer column with a sequence.
var serialTypes = map[string]types.OID{
	"serial": types.Int4, "serial4": types.Int4, "bigserial": types.Int8, "serial8": types.Int8,
	"smallserial": types.Int2, "serial2": types.Int2,
}

// systemColumns are the names PostgreSQL keeps for itself, and ours.
var systemColumns = map[string]bool{
	"ctid": true, "xmin": true, "cmin": true, "xmax": true, "cmax": true, "tableoid": true,
	"system_time_start": true, "system_time_end": true, "system_seq_start": true, "system_seq_end": true,
}

// creation gathers what CREATE TABLE builds before it is put in the catalog.
type creation struct {
	*Env
	t *catalog.Table
	// pending constraints in the order PostgreSQL creates them
	checks   []*ast.Constraint
	indexes  []*ast.Constraint
	foreign  []*ast.Constraint
	clones   []*catalog.Index
	cloned   []*ast.Constraint // key constraints that LIKE copies
	columnOf map[*ast.Constraint]string
	byColumn map[string]*ast.ColumnDef
}

// CreateTable carries out CREATE TABLE. created is false when IF NOT EXISTS
// found a relation of that name.
func CreateTable(e *Env, s *ast.CreateTableStmt) (t *catalog.Table, created bool, err error) {
	if err := tableFormNotBuilt(s); err != nil {
		return nil, false, err
	}
	t, err = e.newTable(s.Table, s.IfNotExists)
	if t == nil || err != nil {
		return nil, false, err
	}
	if err := e.tableOptions(t, s.Options); err != nil {
		return nil, false, err
	}
	if s.Table.Persistence == ast.Unlogged {
		t.Persistence, t.NoHistory = 'u', true
	}
	c := &creation{Env: e, t: t, columnOf: map[*ast.Constraint]string{}, byColumn: map[string]*ast.ColumnDef{}}
	if err := c.elements(s.Elements); err != nil {
		return nil, false, err
	}
	if err := c.finish(); err != nil {
		return nil, false, err
	}
	return e.cat().Table(t.OID), true, nil
}

func tableFormNotBuilt(s *ast.CreateTableStmt) error {
	switch {
	case s.Table.Persistence == ast.Temporary:
		return temporaryNotBuilt("tables")
	case len(s.Inherits) > 0:
		return pgerr.NotSupported("Create the tables on their own.", "table inheritance is not supported")
	case s.PartitionBy != nil || s.PartitionOf != nil:
		return pgerr.NotSupported("Create one table.", "partitioned tables are not supported")
	case s.OfType != nil:
		return pgerr.NotSupported("Write the columns out.", "typed tables are not supported")
	case s.AccessMethod != "" && s.AccessMethod != "heap":
		return pgerr.New(pgcode.UndefinedObject, "access method %q does not exist", s.AccessMethod)
	case s.Tablespace != "" && s.Tablespace != "pg_default":
		return pgerr.New(pgcode.UndefinedObject, "tablespace %q does not exist", s.Tablespace)
	}
	return nil
}

func temporaryNotBuilt(what string) error {
	return pgerr.NotSupported("Use an ordinary one and drop it at the end.", "temporary %s are not supported", what)
}

// newTable makes an empty table descriptor with a name that is free; nil when
// IF NOT EXISTS applies.
func (e *Env) newTable(r *ast.RangeVar, ifNotExists bool) (*catalog.Table, error) {
	schema, err := e.schemaFor(r.Schema, r.Name, r.Pos)
	if err != nil {
		return nil, err
	}
	if err := e.LockName(schema.OID, r.Name); err != nil {
		return nil, err
	}
	if e.cat().Relation(schema.OID, r.Name) != nil {
		if ifNotExists {
			e.notice(pgcode.DuplicateTable, "relation %q already exists, skipping", r.Name)
			return nil, nil
		}
		return nil, e.freeName(schema.OID, r.Name)
	}
	oid, err := e.Data.NewOID()
	if err != nil {
		return nil, err
	}
	storage, err := e.Data.NewStorage()
	if err != nil {
		return nil, err
	}
	return &catalog.Table{
		Object:  catalog.Object{OID: oid, Name: r.Name, Schema: schema.OID, Owner: e.User},
		Storage: storage, Persistence: 'p',
	}, nil
}

// CreateTableFrom makes a table with the given columns, for CREATE TABLE AS;
// nil when IF NOT EXISTS applies.
func CreateTableFrom(e *Env, s *ast.CreateTableAsStmt, columns []catalog.ViewColumn) (*catalog.Table, error) {
	if s.Materialized {
		return nil, pgerr.NotSupported("Create a view or a table.", "materialized views are not supported")
	}
	if s.Into.Table.Persistence == ast.Temporary {
		return nil, temporaryNotBuilt("tables")
	}
	t, err := e.newTable(s.Into.Table, s.IfNotExists)
	if t == nil || err != nil {
		return nil, err
	}
	if err := e.tableOptions(t, s.Into.Options); err != nil {
		return nil, err
	}
	if len(s.Into.Columns) > len(columns) {
		return nil, pgerr.New(pgcode.SyntaxError, "too many column names were specified")
	}
	for i, col := range columns {
		name := col.Name
		if i < len(s.Into.Columns) {
			name = s.Into.Columns[i]
		}
		typ := col.Type
		if typ.OID == types.Unknown {
			typ = types.Of(types.Text)
		}
		if err := e.checkColumn(t, name, typ); err != nil {
			return nil, err
		}
		t.Columns = append(t.Columns, catalog.Column{Attnum: int16(i + 1), Name: name, Type: typ})
	}
	relayout(t)
	e.Edit.Put(t)
	return t, nil
}

// checkColumn refuses names and types a column cannot have.
func (e *Env) checkColumn(t *catalog.Table, name string, typ types.T) error {
	if t.Column(name) != nil {
		return pgerr.New(pgcode.DuplicateColumn, "column %q specified more than once", name)
	}
	if systemColumns[name] {
		return pgerr.New(pgcode.DuplicateColumn, "column name %q conflicts with a system column name", name)
	}
	if len(t.Columns) >= maxColumns {
		return pgerr.New(pgcode.TooManyColumns, "tables can have at most %d columns", maxColumns)
	}
	return checkPseudo(name, typ)
}

// checkPseudo refuses a type of which no values are stored.
func checkPseudo(name string, typ types.T) error {
	if info := types.Lookup(typ.OID); info != nil && info.Type == 'p' {
		return pgerr.New(pgcode.InvalidTableDefinition, "column %q has pseudo-type %s", name, info.Name)
	}
	return nil
}

// relayout appends the tuple layout of the table's live columns.
func relayout(t *catalog.Table) {
	next := uint16(1)
	if n := len(t.Layouts); n > 0 {
		next = t.Layouts[n-1].Version + 1
	}
	l := catalog.Layout{Version: next}
	for _, c := range t.Live() {
		l.Columns = append(l.Columns, catalog.LayoutColumn{Attnum: c.Attnum, Type: c.Type})
	}
	t.Layouts = append(t.Layouts, l)
}

// elements reads the columns and gathers constraints.
func (c *creation) elements(list []ast.TableElement) error {
	if n := countColumns(list); n > maxColumns {
		return pgerr.New(pgcode.TooManyColumns, "tables can have at most %d columns", maxColumns)
	}
	for _, el := range list {
		var err error
		switch el := el.(type) {
		case *ast.ColumnDef:
			err = c.column(el)
		case *ast.LikeClause:
			err = c.like(el)
		case *ast.Constraint:
			c.gather(el, "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func countColumns(list []ast.TableElement) int {
	n := 0
	for _, el := range list {
		if _, ok := el.(*ast.ColumnDef); ok {
			n++
		}
	}
	return n
}

// gather sorts a constraint into the list of its kind.
func (c *creation) gather(k *ast.Constraint, column string) {
	if column != "" {
		c.columnOf[k] = column
	}
	switch k.Kind {
	case ast.ConstraintCheck:
		c.checks = append(c.checks, k)
	case ast.ConstraintPrimaryKey, ast.ConstraintUnique, ast.ConstraintExclude:
		c.indexes = append(c.indexes, k)
	case ast.ConstraintForeignKey:
		c.foreign = append(c.foreign, k)
	}
}

// column adds one column and its attributes.
func (c *creation) column(def *ast.ColumnDef) error {
	col, err := c.columnDef(c.t, def)
	if err != nil {
		return err
	}
	c.t.Columns = append(c.t.Columns, *col)
	for _, k := range def.Constraints {
		c.gather(k, def.Name)
	}
	c.byColumn[def.Name] = def
	return nil
}

// columnDef makes the descriptor of a column: type, NOT NULL, default, identity.
// The sequences it needs are created; constraints proper are left to the caller.
func (e *Env) columnDef(t *catalog.Table, def *ast.ColumnDef) (*catalog.Column, error) {
	col := &catalog.Column{Attnum: int16(len(t.Columns) + 1), Name: def.Name}
	serial, isSerial := types.OID(0), false
	if def.Type == nil {
		return nil, pgerr.New(pgcode.SyntaxError, "column %q has no type", def.Name)
	}
	if len(def.Type.Names) == 1 && len(def.Type.ArrayBounds) == 0 {
		serial, isSerial = serialTypes[def.Type.Names[0]], serialTypes[def.Type.Names[0]] != 0
	}
	if isSerial {
		col.Type = types.Of(serial)
	} else {
		typ, err := e.Bind.Type(def.Type)
		if err != nil {
			return nil, err
		}
		col.Type = typ
	}
	if err := e.checkColumn(t, def.Name, col.Type); err != nil {
		return nil, err
	}
	if def.Collate != nil {
		if info := types.Lookup(col.Type.OID); info != nil && info.Collation == 0 {
			return nil, pgerr.New(pgcode.DatatypeMismatch, "collations are not supported by type %s", pgfmt.TypeName(col.Type.OID)).At(bytePos(def.Collate.Pos))
		}
		if err := checkCollation(def.Collate); err != nil {
			return nil, err
		}
	}
	if err := e.columnAttributes(t, col, def); err != nil {
		return nil, err
	}
	if isSerial {
		if col.Default != "" || col.Identity != 0 {
			return nil, pgerr.New(pgcode.SyntaxError, "multiple default values specified for column %q of table %q", def.Name, t.Name)
		}
		for _, k := range def.Constraints {
			if k.Kind == ast.ConstraintNull {
				return nil, pgerr.New(pgcode.SyntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", def.Name, t.Name)
			}
		}
		return col, e.serial(t, col, nil)
	}
	return col, nil
}

// columnAttributes applies NOT NULL, NULL, DEFAULT, IDENTITY and GENERATED.
func (e *Env) columnAttributes(t *catalog.Table, col *catalog.Column, def *ast.ColumnDef) error {
	sawNull, sawDefault, identityPos := false, false, -1
	for _, k := range def.Constraints {
		switch k.Kind {
		case ast.ConstraintNull, ast.ConstraintNotNull:
			want := k.Kind == ast.ConstraintNotNull
			if sawNull && want != col.NotNull {
				return pgerr.New(pgcode.SyntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", def.Name, t.Name).At(bytePos(k.Pos))
			}
			col.NotNull, sawNull = want, true
		case ast.ConstraintDefault:
			if sawDefault {
				return pgerr.New(pgcode.SyntaxError, "multiple default values specified for column %q of table %q", def.Name, t.Name).At(bytePos(k.Pos))
			}
			sawDefault = true
			text, err := e.defaultText(k.Expr, col)
			if err != nil {
				return err
			}
			col.Default = text
		case ast.ConstraintIdentity:
			if col.Identity != 0 {
				return pgerr.New(pgcode.SyntaxError, "multiple identity specifications for column %q of table %q", def.Name, t.Name).At(bytePos(k.Pos))
			}
			identityPos = k.Pos
			if err := e.identity(t, col, k); err != nil {
				return err
			}
		case ast.ConstraintGenerated:
			return pgerr.NotSupported("Compute the value in the queries or in a view.", "generated columns are not supported")
		}
	}
	if sawDefault && col.Identity != 0 {
		return pgerr.New(pgcode.SyntaxError, "both default and identity specified for column %q of table %q", def.Name, t.Name).At(bytePos(identityPos))
	}
	return nil
}

// defaultText binds a column's default. A plain NULL is the same as none; with a
// length or precision to apply it is kept, as PostgreSQL does.
func (e *Env) defaultText(x ast.Expr, col *catalog.Column) (string, error) {
	text, err := e.Bind.Default(x, col.Name, col.Type)
	if err != nil || col.Type.Typmod < 0 && text == "NULL::"+pgfmt.FormatType(col.Type) {
		return "", err
	}
	return text, nil
}

// identity makes a column GENERATED ... AS IDENTITY.
func (e *Env) identity(t *catalog.Table, col *catalog.Column, k *ast.Constraint) error {
	if err := identityType(col.Type.OID); err != nil {
		return err
	}
	col.Identity = 'd'
	if k.Always {
		col.Identity = 'a'
	}
	return e.serial(t, col, k)
}

// identityType refuses types that an identity column cannot have.
func identityType(t types.OID) error {
	switch t {
	case types.Int2, types.Int4, types.Int8:
		return nil
	}
	return pgerr.New(pgcode.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
}

// serial creates the sequence of a serial or, with k, identity column.
func (e *Env) serial(t *catalog.Table, col *catalog.Column, k *ast.Constraint) error {
	name := e.chooseName(t.Schema, []string{t.Name, col.Name}, "seq", nil)
	var options []*ast.Option
	if k != nil {
		for _, o := range k.Options {
			if o.Name != "sequence_name" {
				options = append(options, o)
				continue
			}
			names := optionNames(o)
			name = names[len(names)-1]
		}
	}
	if err := e.freeName(t.Schema, name); err != nil {
		return err
	}
	seq, err := e.newSequence(t.Schema, name, col.Type.OID, options)
	if err != nil {
		return err
	}
	seq = seq.Clone()
	seq.Owner, seq.OwnerTable, seq.OwnerColumn, seq.Internal = t.Owner, t.OID, col.Attnum, k != nil
	e.Edit.Put(seq)
	col.NotNull, col.Sequence = true, seq.OID
	if k == nil {
		col.Default, err = e.Bind.Default(nextvalCall(e.cat(), seq), col.Name, col.Type)
	}
	return err
}

// nextvalCall is the expression nextval('schema.name'::regclass).
func nextvalCall(cat *catalog.Snapshot, seq *catalog.Sequence) ast.Expr {
	name := keyword.QuoteIdent(cat.Schema(seq.Schema).Name) + "." + keyword.QuoteIdent(seq.Name)
	return &ast.FuncCall{Pos: -1, Name: []string{"pg_catalog", "nextval"}, Args: []ast.Expr{&ast.TypeCast{
		Pos: -1, Arg: &ast.Const{Pos: -1, Kind: ast.ConstString, Text: name},
		Type: &ast.TypeName{Pos: -1, Names: []string{"pg_catalog", "regclass"}},
	}}}
}

// checkCollation accepts the collations that mean bytewise order.
func checkCollation(c *ast.Collate) error {
	name := c.Name[len(c.Name)-1]
	switch name {
	case "C", "POSIX", "default", "ucs_basic":
		return nil
	}
	return pgerr.New(pgcode.UndefinedObject, "collation %q for encoding \"UTF8\" does not exist", strings.Join(c.Name, ".")).At(bytePos(c.Pos))
}

// like copies another table's columns (LIKE).
func (c *creation) like(l *ast.LikeClause) error {
	d, err := c.find(l.Table.Schema, l.Table.Name, l.Table.Pos)
	if err != nil {
		return err
	}
	if d == nil {
		_, err := c.relation(l.Table)
		return pgerr.New(pgcode.UndefinedTable, "%s", err.Error()).At(bytePos(l.Table.Pos))
	}
	src, ok := d.(*catalog.Table)
	if !ok {
		return pgerr.New(pgcode.WrongObjectType, "relation %q is invalid in LIKE clause", l.Table.Name).
			WithDetail("This operation is not supported for %ss.", kindName(d)).At(bytePos(l.Table.Pos))
	}
	numbers := map[int16]int16{}
	for _, col := range src.Live() {
		if err := c.checkColumn(c.t, col.Name, col.Type); err != nil {
			return err
		}
		n := catalog.Column{Attnum: int16(len(c.t.Columns) + 1), Name: col.Name, Type: col.Type, NotNull: col.NotNull}
		if l.Options&ast.LikeDefaults != 0 && col.Identity == 0 {
			n.Default = col.Default
		}
		if l.Options&ast.LikeComments != 0 {
			n.Comment = col.Comment
		}
		if l.Options&ast.LikeIdentity != 0 && col.Identity != 0 {
			if err := c.copyIdentity(col, &n); err != nil {
				return err
			}
		}
		numbers[col.Attnum] = n.Attnum
		c.t.Columns = append(c.t.Columns, n)
	}
	if l.Options&ast.LikeConstraints != 0 {
		for _, k := range src.Constraints {
			if k.Type == 'c' {
				if err := c.copyCheck(k, numbers); err != nil {
					return err
				}
			}
		}
	}
	if l.Options&ast.LikeIndexes != 0 {
		for _, oid := range src.Indexes {
			if k := keyConstraint(src, oid); k != nil {
				c.cloned = append(c.cloned, c.keyLike(src, k))
				continue
			}
			x := c.cat().Index(oid).Clone()
			renumber(x, numbers)
			c.clones = append(c.clones, x)
		}
	}
	return nil
}

func (c *creation) copyCheck(k catalog.Constraint, numbers map[int16]int16) error {
	oid, err := c.Data.NewOID()
	if err != nil {
		return err
	}
	k.OID = oid
	columns := make([]int16, len(k.Columns))
	for i, n := range k.Columns {
		columns[i] = numbers[n]
	}
	k.Columns = columns
	c.t.Constraints = append(c.t.Constraints, k)
	return nil
}

// renumber maps an index's columns onto another table's. Expressions stay as they
// are: the columns keep their names.
func renumber(x *catalog.Index, numbers map[int16]int16) {
	for i, k := range x.Keys {
		if k.Attnum != 0 {
			x.Keys[i].Attnum = numbers[k.Attnum]
		}
	}
	for i, n := range x.Include {
		x.Include[i] = numbers[n]
	}
}

// keyConstraint returns the primary key or unique constraint of an index, or nil.
func keyConstraint(t *catalog.Table, index uint32) *catalog.Constraint {
	for i := range t.Constraints {
		if k := &t.Constraints[i]; (k.Type == 'p' || k.Type == 'u') && k.Index == index {
			return k
		}
	}
	return nil
}

// keyLike is the declaration of a key constraint of another table.
func (c *creation) keyLike(src *catalog.Table, k *catalog.Constraint) *ast.Constraint {
	n := &ast.Constraint{Pos: -1, Kind: ast.ConstraintUnique, Deferrable: k.Deferrable, InitDeferred: k.Deferred}
	if k.Type == 'p' {
		n.Kind = ast.ConstraintPrimaryKey
	}
	for _, a := range k.Columns {
		n.Columns = append(n.Columns, src.ByAttnum(a).Name)
	}
	x := c.cat().Index(k.Index)
	n.NullsNotDistinct = x.NullsNotDistinct
	for _, a := range x.Include {
		n.Including = append(n.Including, src.ByAttnum(a).Name)
	}
	return n
}

// copyIdentity gives a column an identity like another's, with its own sequence.
func (c *creation) copyIdentity(from, to *catalog.Column) (err error) {
	seq := c.cat().Sequence(from.Sequence).Clone()
	if seq.OID, err = c.Data.NewOID(); err != nil {
		return err
	}
	seq.Name, seq.Comment = c.chooseName(c.t.Schema, []string{c.t.Name, to.Name}, "seq", nil), ""
	seq.Schema, seq.Owner, seq.OwnerTable, seq.OwnerColumn = c.t.Schema, c.t.Owner, c.t.OID, to.Attnum
	c.Edit.Put(seq)
	to.Identity, to.Sequence = from.Identity, seq.OID
	return c.Data.CreateSequence(seq)
}

// finish puts the table and then its constraints, indexes last but foreign keys.
func (c *creation) finish() error {
	t := c.t
	if err := c.primaryKeyColumns(); err != nil {
		return err
	}
	c.mergeKeys()
	relayout(t)
	c.Edit.Put(t)
	for _, k := range c.checks {
		if err := c.addCheck(t.OID, k, c.columnOf[k], true); err != nil {
			return err
		}
	}
	for _, k := range c.indexes {
		if err := c.addIndexConstraint(t.OID, k, c.columnOf[k], true); err != nil {
			return err
		}
	}
	for _, k := range c.cloned {
		if err := c.addIndexConstraint(t.OID, k, "", true); err != nil {
			return err
		}
	}
	for _, x := range c.clones {
		if err := c.cloneIndex(t.OID, x); err != nil {
			return err
		}
	}
	for _, k := range c.foreign {
		if err := c.addForeignKey(t.OID, k, c.columnOf[k], true); err != nil {
			return err
		}
	}
	return nil
}

// primaryKeyColumns marks the primary key's columns NOT NULL and makes them the
// clustering key, unless the key is deferrable and may hold duplicates for a while.
func (c *creation) primaryKeyColumns() error {
	var primary *ast.Constraint
	for _, k := range c.indexes {
		if k.Kind != ast.ConstraintPrimaryKey {
			continue
		}
		if primary != nil {
			return pgerr.New(pgcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", c.t.Name).At(bytePos(k.Pos))
		}
		primary = k
	}
	if primary == nil {
		return nil
	}
	names := primary.Columns
	if names == nil {
		names = []string{c.columnOf[primary]}
	}
	columns, err := keyColumns(c.t, names, true, primary.Pos)
	if err != nil {
		return err
	}
	for _, n := range columns {
		c.t.Columns[n-1].NotNull = true
	}
	if !primary.Deferrable {
		c.t.PrimaryKey = columns
	}
	return nil
}

// mergeKeys puts the primary key first and leaves out the keys that repeat
// another, as PostgreSQL does: UNIQUE on the primary key's columns makes no second
// index, but gives it its name when it has none.
func (c *creation) mergeKeys() {
	slices.SortStableFunc(c.indexes, func(a, b *ast.Constraint) int { return keyRank(a) - keyRank(b) })
	var kept []*ast.Constraint
	for _, k := range c.indexes {
		i := slices.IndexFunc(kept, func(prior *ast.Constraint) bool { return c.sameKey(prior, k) })
		if i < 0 {
			kept = append(kept, k)
			continue
		}
		if kept[i].Name == "" && k.Name != "" {
			named := *kept[i]
			named.Name = k.Name
			c.columnOf[&named] = c.columnOf[kept[i]]
			kept[i] = &named
		}
	}
	c.indexes = kept
}

func keyRank(k *ast.Constraint) int {
	if k.Kind == ast.ConstraintPrimaryKey {
		return 0
	}
	return 1
}

func (c *creation) sameKey(a, b *ast.Constraint) bool {
	return a.Kind != ast.ConstraintExclude && b.Kind != ast.ConstraintExclude &&
		slices.Equal(constraintColumns(a, c.columnOf[a]), constraintColumns(b, c.columnOf[b])) &&
		slices.Equal(a.Including, b.Including) && a.NullsNotDistinct == b.NullsNotDistinct &&
		a.Deferrable == b.Deferrable && a.InitDeferred == b.InitDeferred
}

// keyColumns resolves the names of a key; each may stand only once.
func keyColumns(t *catalog.Table, names []string, primary bool, pos int) ([]int16, error) {
	var list []int16
	for _, name := range names {
		col := t.Column(name)
		if col == nil {
			return nil, pgerr.New(pgcode.UndefinedColumn, "column %q named in key does not exist", name).At(bytePos(pos))
		}
		for _, n := range list {
			if n == col.Attnum {
				kind := "unique"
				if primary {
					kind = "primary key"
				}
				return nil, pgerr.New(pgcode.DuplicateColumn, "column %q appears twice in %s constraint", name, kind).At(bytePos(pos))
			}
		}
		list = append(list, col.Attnum)
	}
	return list, nil
}

// tableOptions reads WITH (...): PostgreSQL's storage parameters are kept and
// shown, system_versioning is ours.
func (e *Env) tableOptions(t *catalog.Table, options []*ast.Option) error {
	for _, o := range options {
		if o.Namespace != "" {
			continue
		}
		if o.Name == "system_versioning" {
			on, ok := pgfmt.ParseBoolWord(optionText(o))
			if !ok {
				return pgerr.New(pgcode.InvalidParameterValue, "invalid value for boolean option %q: %s", o.Name, optionText(o))
			}
			t.NoHistory = !on
			continue
		}
		if !tableParameters[o.Name] {
			return pgerr.New(pgcode.InvalidParameterValue, "unrecognized parameter %q", o.Name)
		}
		if err := checkParameter(o, 10, 100); err != nil {
			return err
		}
		t.Options = append(dropOption(t.Options, o.Name), o.Name+"="+optionText(o))
	}
	return nil
}

// dropOption returns the list without the option of that name.
func dropOption(list []string, name string) []string {
	var kept []string
	for _, s := range list {
		if !strings.HasPrefix(s, name+"=") {
			kept = append(kept, s)
		}
	}
	return kept
}
