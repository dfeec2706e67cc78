package ddl

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/types"
)

// AlterTable carries out ALTER TABLE, and ALTER INDEX, VIEW and SEQUENCE for the
// commands they share.
func AlterTable(e *Env, s *ast.AlterTableStmt) error {
	d, err := e.find(s.Table.Schema, s.Table.Name, s.Table.Pos)
	if err != nil {
		return err
	}
	if d == nil {
		if s.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "relation %q does not exist, skipping", s.Table.Name)
			return nil
		}
		_, err := e.relation(s.Table)
		return err
	}
	if err := e.owns(d); err != nil {
		return err
	}
	if err := e.Lock(d.Head().OID, alterLock(s.Cmds)); err != nil {
		return err
	}
	if err := e.notInUse(d, "ALTER TABLE"); err != nil {
		return err
	}
	e.altering = true
	cmds := slices.Clone(s.Cmds)
	slices.SortStableFunc(cmds, func(a, b *ast.AlterTableCmd) int { return alterPass(a) - alterPass(b) })
	for _, cmd := range cmds {
		d := e.cat().Get(d.Head().OID)
		if t, ok := d.(*catalog.Table); ok {
			err = e.alterTable(t, cmd)
		} else {
			err = e.alterOther(d, cmd)
		}
		if err != nil {
			return err
		}
	}
	return e.validatePending()
}

// alterLock is the strongest lock that one of the commands needs.
func alterLock(cmds []*ast.AlterTableCmd) ast.LockMode {
	mode := ast.LockShareUpdateExclusive
	for _, c := range cmds {
		need := ast.LockAccessExclusive
		switch {
		case c.Kind == ast.AlterValidateConstraint:
			need = ast.LockShareUpdateExclusive
		case c.Kind == ast.AlterAddConstraint && c.Constraint.Kind == ast.ConstraintForeignKey:
			need = ast.LockShareRowExclusive
		}
		mode = max(mode, need)
	}
	return mode
}

// alterPass orders commands as PostgreSQL's passes do.
func alterPass(c *ast.AlterTableCmd) int {
	switch c.Kind {
	case ast.AlterDropColumn, ast.AlterDropConstraint, ast.AlterDropNotNull, ast.AlterDropIdentity:
		return 0
	case ast.AlterColumnType:
		return 1
	case ast.AlterAddColumn:
		return 2
	case ast.AlterSetNotNull, ast.AlterSetIdentity:
		return 3
	case ast.AlterColumnDefault:
		if c.Expr == nil {
			return 0
		}
		return 5
	case ast.AlterAddConstraint:
		switch c.Constraint.Kind {
		case ast.ConstraintPrimaryKey, ast.ConstraintUnique, ast.ConstraintExclude:
			return 4
		}
		return 5
	case ast.AlterAddIdentity:
		return 5
	}
	return 6
}

// pendingCheck is a look at the rows that waits for the commands of an ALTER TABLE
// to be done.
type pendingCheck struct {
	table      uint32
	constraint *catalog.Constraint // nil for NOT NULL
	notNull    int16
}

// rank orders the looks: NOT NULL first, foreign keys last.
func (c *pendingCheck) rank() int {
	switch {
	case c.constraint == nil:
		return 0
	case c.constraint.Type == 'f':
		return 2
	}
	return 1
}

// validate checks a constraint, or a column that may hold no NULL (constraint
// nil), over the rows of a table; inside ALTER TABLE when all commands are done.
func (e *Env) validate(t *catalog.Table, c *catalog.Constraint, notNull int16) error {
	if e.altering {
		e.pending = append(e.pending, pendingCheck{t.OID, c, notNull})
		return nil
	}
	return e.Data.Validate(t, c, notNull)
}

func (e *Env) validatePending() error {
	slices.SortStableFunc(e.pending, func(a, b pendingCheck) int { return a.rank() - b.rank() })
	for _, c := range e.pending {
		if err := e.Data.Validate(e.cat().Table(c.table), c.constraint, c.notNull); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) alterTable(t *catalog.Table, c *ast.AlterTableCmd) error {
	switch c.Kind {
	case ast.AlterAddColumn:
		return e.addColumn(t, c)
	case ast.AlterDropColumn:
		return e.dropColumn(t, c)
	case ast.AlterColumnType:
		return e.alterType(t, c)
	case ast.AlterColumnDefault:
		return e.alterDefault(t, c)
	case ast.AlterSetNotNull, ast.AlterDropNotNull:
		return e.alterNotNull(t, c)
	case ast.AlterAddIdentity, ast.AlterSetIdentity, ast.AlterDropIdentity:
		return e.alterIdentity(t, c)
	case ast.AlterAddConstraint:
		return e.addConstraint(t, c.Constraint)
	case ast.AlterDropConstraint:
		return e.dropConstraint(t, c)
	case ast.AlterValidateConstraint:
		return e.validateConstraint(t, c)
	case ast.AlterConstraint:
		return e.alterConstraint(t, c)
	case ast.AlterOwner:
		return e.setOwner(t, c.Owner)
	case ast.AlterSetOptions, ast.AlterResetOptions:
		return e.alterOptions(t, c)
	case ast.AlterSetStatistics, ast.AlterSetStorage, ast.AlterSetCompression:
		// They tune PostgreSQL's own statistics and heap; nothing here has them to tune.
		return pgerr.NotSupported("Leave the statement out; statistics and storage need no tuning.", "ALTER TABLE ... ALTER COLUMN ... SET is not supported for this property")
	case ast.AlterSetWithoutOids, ast.AlterSetWithoutCluster:
		return nil // no table has them
	}
	return pgerr.NotSupported("See COMPAT.md for the forms of ALTER TABLE that exist.", "this form of ALTER TABLE is not supported")
}

// alterOther serves ALTER INDEX, VIEW and SEQUENCE.
func (e *Env) alterOther(d catalog.Desc, c *ast.AlterTableCmd) error {
	switch c.Kind {
	case ast.AlterOwner:
		return e.setOwner(d, c.Owner)
	case ast.AlterSetOptions, ast.AlterResetOptions:
		if x, ok := d.(*catalog.Index); ok {
			x = x.Clone()
			for _, o := range c.Options {
				if !indexParameters[o.Name] {
					return pgerr.New(pgcode.InvalidParameterValue, "unrecognized parameter %q", o.Name)
				}
				if err := checkParameter(o, 10, 100); err != nil {
					return err
				}
				x.Options = dropOption(x.Options, o.Name)
				if c.Kind == ast.AlterSetOptions {
					x.Options = append(x.Options, o.Name+"="+optionText(o))
				}
			}
			e.Edit.Put(x)
			return nil
		}
	}
	h := d.Head()
	return pgerr.New(pgcode.WrongObjectType, "ALTER action is not supported for relation %q", h.Name).
		WithDetail("This operation is not supported for %ss.", kindName(d))
}

func (e *Env) alterOptions(t *catalog.Table, c *ast.AlterTableCmd) error {
	t = t.Clone()
	if c.Kind == ast.AlterResetOptions {
		for _, o := range c.Options {
			t.Options = dropOption(t.Options, o.Name)
		}
		e.Edit.Put(t)
		return nil
	}
	for _, o := range c.Options {
		if o.Name == "system_versioning" {
			return pgerr.NotSupported("Create the table with the option and copy the rows.", "changing system_versioning of a table is not supported")
		}
	}
	if err := e.tableOptions(t, c.Options); err != nil {
		return err
	}
	e.Edit.Put(t)
	return nil
}

// liveColumn finds a column that ALTER names; system columns are 0A000.
func liveColumn(t *catalog.Table, name string) (*catalog.Column, error) {
	if c := t.Column(name); c != nil {
		return c, nil
	}
	if systemColumns[name] {
		return nil, pgerr.New(pgcode.FeatureNotSupported, "cannot alter system column %q", name)
	}
	return nil, pgerr.New(pgcode.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
}

// addColumn adds a column at once; rows written before it show its default as of
// now, or NULL. Only a volatile default rewrites the table.
func (e *Env) addColumn(t *catalog.Table, c *ast.AlterTableCmd) error {
	if t.Column(c.Column.Name) != nil {
		if c.IfNotExists {
			e.notice(pgcode.DuplicateColumn, "column %q of relation %q already exists, skipping", c.Column.Name, t.Name)
			return nil
		}
		return pgerr.New(pgcode.DuplicateColumn, "column %q of relation %q already exists", c.Column.Name, t.Name)
	}
	old := t
	t = t.Clone()
	col, err := e.columnDef(t, c.Column)
	if err != nil {
		return withoutPosition(err)
	}
	rewrite := map[int16]string{}
	null := true
	if col.Default != "" {
		value, isNull, volatile, err := e.Bind.Constant(col.Default, col.Type)
		if err != nil {
			return err
		}
		null = isNull
		if volatile {
			rewrite[col.Attnum] = col.Default
		} else if !isNull {
			col.Missing, col.HasMissing = value, true
		}
	} else if col.Identity != 0 {
		text, err := e.Bind.Default(nextvalCall(e.cat(), e.cat().Sequence(col.Sequence)), col.Name, col.Type)
		if err != nil {
			return err
		}
		rewrite[col.Attnum] = text
	}
	t.Columns = append(t.Columns, *col)
	relayout(t)
	if len(rewrite) > 0 {
		if err := e.rewrite(old, t, rewrite); err != nil {
			return err
		}
	} else {
		e.Edit.Put(t)
		if col.NotNull && null {
			if err := e.validate(t, nil, col.Attnum); err != nil {
				return err
			}
		}
	}
	for _, k := range c.Column.Constraints {
		if err := e.constraintOf(t.OID, k, col.Name); err != nil {
			return err
		}
	}
	return nil
}

// constraintOf adds one constraint to a table that has rows.
func (e *Env) constraintOf(table uint32, k *ast.Constraint, column string) error {
	switch k.Kind {
	case ast.ConstraintCheck:
		return withoutPosition(e.addCheck(table, k, column, false))
	case ast.ConstraintPrimaryKey, ast.ConstraintUnique, ast.ConstraintExclude:
		return withoutPosition(e.addIndexConstraint(table, k, column, false))
	case ast.ConstraintForeignKey:
		return e.addForeignKey(table, k, column, false)
	}
	return nil // attributes of the column itself are in its descriptor
}

func (e *Env) addConstraint(t *catalog.Table, k *ast.Constraint) error {
	return e.constraintOf(t.OID, k, "")
}

// rewrite gives the table a new storage with every row copied; the old one
// freezes and stays readable as the past. using holds the expression text of
// columns that are computed anew.
func (e *Env) rewrite(old, t *catalog.Table, using map[int16]string) (err error) {
	t.Past = append(t.Past, catalog.PastShape{Storage: old.Storage, PrimaryKey: old.PrimaryKey, Layouts: old.Layouts})
	if t.Storage, err = e.Data.NewStorage(); err != nil {
		return err
	}
	t.Layouts = nil
	relayout(t)
	for i := range t.Columns {
		// Copied rows hold the value themselves.
		c := &t.Columns[i]
		if c.HasMissing {
			c.Earlier = &catalog.Earlier{Missing: c.Missing, Type: old.Columns[i].Type}
		}
		c.Missing, c.HasMissing = "", false
	}
	var indexes []*catalog.Index
	for _, oid := range t.Indexes {
		x := e.cat().Index(oid)
		if x == nil || x.Storage == 0 {
			continue
		}
		x = x.Clone()
		if err := e.Data.Freeze(x.Storage, 0, EndRewrite); err != nil {
			return err
		}
		if x.Storage, err = e.Data.NewStorage(); err != nil {
			return err
		}
		e.Edit.Put(x)
		indexes = append(indexes, x)
	}
	e.Edit.Put(t)
	if err := e.Data.Rewrite(old, t, using, indexes); err != nil {
		return err
	}
	return e.Data.Freeze(old.Storage, t.OID, EndRewrite)
}

func (e *Env) alterDefault(t *catalog.Table, c *ast.AlterTableCmd) error {
	col, err := liveColumn(t, c.Name)
	if err != nil {
		return err
	}
	if col.Identity != 0 {
		n := pgerr.New(pgcode.SyntaxError, "column %q of relation %q is an identity column", c.Name, t.Name)
		if c.Expr == nil {
			n = n.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
		}
		return n
	}
	t = t.Clone()
	col = &t.Columns[col.Attnum-1]
	col.Default = ""
	if c.Expr != nil {
		if col.Default, err = e.defaultText(c.Expr, col); err != nil {
			return withoutPosition(err)
		}
	}
	e.Edit.Put(t)
	return nil
}

func (e *Env) alterNotNull(t *catalog.Table, c *ast.AlterTableCmd) error {
	col, err := liveColumn(t, c.Name)
	if err != nil {
		return err
	}
	t = t.Clone()
	col = &t.Columns[col.Attnum-1]
	if c.Kind == ast.AlterDropNotNull {
		if col.Identity != 0 {
			return pgerr.New(pgcode.SyntaxError, "column %q of relation %q is an identity column", c.Name, t.Name)
		}
		if t.PKIndex != 0 {
			for _, k := range e.cat().Index(t.PKIndex).Keys {
				if k.Attnum == col.Attnum {
					return pgerr.New(pgcode.InvalidTableDefinition, "column %q is in a primary key", c.Name)
				}
			}
		}
		col.NotNull = false
		e.Edit.Put(t)
		return nil
	}
	if col.NotNull {
		return nil
	}
	col.NotNull = true
	e.Edit.Put(t)
	return e.validate(t, nil, col.Attnum)
}

func (e *Env) alterIdentity(t *catalog.Table, c *ast.AlterTableCmd) error {
	col, err := liveColumn(t, c.Name)
	if err != nil {
		return err
	}
	t = t.Clone()
	col = &t.Columns[col.Attnum-1]
	if c.Kind == ast.AlterAddIdentity {
		if err := identityType(col.Type.OID); err != nil {
			return err
		}
		switch {
		case !col.NotNull:
			return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "column %q of relation %q must be declared NOT NULL before identity can be added", c.Name, t.Name)
		case col.Identity != 0:
			return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "column %q of relation %q is already an identity column", c.Name, t.Name)
		case col.Default != "":
			return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "column %q of relation %q already has a default value", c.Name, t.Name)
		}
		if err := e.identity(t, col, c.Constraint); err != nil {
			return err
		}
		e.Edit.Put(t)
		return nil
	}
	if col.Identity == 0 {
		if c.Kind == ast.AlterDropIdentity && c.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "column %q of relation %q is not an identity column, skipping", c.Name, t.Name)
			return nil
		}
		return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "column %q of relation %q is not an identity column", c.Name, t.Name)
	}
	if c.Kind == ast.AlterDropIdentity {
		e.Edit.Remove(col.Sequence)
		col.Identity, col.Sequence = 0, 0
		e.Edit.Put(t)
		return nil
	}
	return e.setIdentity(t, col, c.Options)
}

// setIdentity is ALTER COLUMN SET GENERATED / SET sequence option / RESTART.
func (e *Env) setIdentity(t *catalog.Table, col *catalog.Column, options []*ast.Option) error {
	var rest []*ast.Option
	for _, o := range options {
		if o.Name == "generated" {
			col.Identity = 'd'
			if text := optionText(o); text == "true" {
				col.Identity = 'a'
			}
			continue
		}
		rest = append(rest, o)
	}
	e.Edit.Put(t)
	seq := e.cat().Sequence(col.Sequence).Clone()
	restart, err := e.sequenceOptions(seq, rest, false)
	if err != nil {
		return err
	}
	e.Edit.Put(seq)
	if restart != nil {
		return e.Data.RestartSequence(seq, *restart)
	}
	return nil
}

// alterType changes a column's type. A change that keeps every stored value
// valid only adds a layout; all others rewrite the table.
func (e *Env) alterType(t *catalog.Table, c *ast.AlterTableCmd) error {
	col, err := liveColumn(t, c.Name)
	if err != nil {
		return err
	}
	typ, err := e.Bind.Type(c.Type)
	if err != nil {
		return err
	}
	if c.Collate != nil {
		if err := checkCollation(c.Collate); err != nil {
			return err
		}
	}
	if col.Identity != 0 {
		if err := identityType(typ.OID); err != nil {
			return err
		}
	}
	using := c
	if c.Expr == nil {
		using = &ast.AlterTableCmd{Name: c.Name, Expr: &ast.ColumnRef{Pos: -1, Fields: []string{c.Name}}}
	}
	text, err := e.usingText(t, using, typ)
	if err != nil {
		return err
	}
	attnum := col.Attnum
	old := t
	t = t.Clone()
	col = &t.Columns[attnum-1]
	from := col.Type
	col.Type = typ
	if col.Default != "" {
		if col.Default, err = e.Bind.Default(&rawText{text: col.Default}, col.Name, typ); err != nil {
			return pgerr.New(pgcode.DatatypeMismatch, "default for column %q cannot be cast automatically to type %s", col.Name, pgfmt.TypeName(typ.OID))
		}
	}
	if err := e.viewsUse(old, old.ByAttnum(attnum), "cannot alter type of a column used by a view or rule"); err != nil {
		return err
	}
	if col.Identity != 0 {
		if err := e.retypeSequence(col.Sequence, c.Type); err != nil {
			return err
		}
	}
	if err := e.retypeIndexes(old, t, attnum); err != nil {
		return err
	}
	for i := range t.Constraints {
		k := &t.Constraints[i]
		if k.Type == 'c' && slices.Contains(k.Columns, attnum) { // it means something else now, or nothing
			if k.Expr, _, err = e.Bind.Check(t, &rawText{text: k.Expr}, "check constraint"); err != nil {
				return withoutPosition(err)
			}
		}
	}
	if err := e.foreignKeysFit(t, attnum); err != nil {
		return err
	}
	relayout(t)
	if c.Expr == nil && compatible(from, typ) && !slices.Contains(t.PrimaryKey, attnum) {
		e.Edit.Put(t)
		return nil
	}
	if err := e.rewrite(old, t, map[int16]string{attnum: text}); err != nil {
		return err
	}
	for i := range t.Constraints {
		k := t.Constraints[i]
		if k.Type == 'c' && slices.Contains(k.Columns, attnum) {
			if err := e.validate(t, &k, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// usingText binds the USING expression over the old columns, coerced by
// assignment to the new type.
func (e *Env) usingText(old *catalog.Table, c *ast.AlterTableCmd, want types.T) (string, error) {
	text, err := e.Bind.Using(old, c.Expr, c.Name, want)
	if err != nil && pgerr.CodeOf(err) == pgcode.DatatypeMismatch {
		if c.Expr != nil {
			if _, plain := c.Expr.(*ast.ColumnRef); plain {
				return "", pgerr.New(pgcode.DatatypeMismatch, "column %q cannot be cast automatically to type %s", c.Name, pgfmt.TypeName(want.OID)).
					WithHint("You might need to specify \"USING %s::%s\".", keyword.QuoteIdent(c.Name), typeText(want))
			}
		}
		return "", pgerr.New(pgcode.DatatypeMismatch, "result of USING clause for column %q cannot be cast automatically to type %s", c.Name, pgfmt.TypeName(want.OID)).
			WithHint("You might need to add an explicit cast.")
	}
	return text, err
}

// compatible reports whether every stored value of one type is a valid value of
// the other as it stands: no length or precision gets smaller.
func compatible(from, to types.T) bool {
	text := func(t types.OID) bool { return t == types.Text || t == types.VarChar }
	switch {
	case from == to:
		return true
	case text(from.OID) && text(to.OID):
		return to.Typmod < 0 || from.OID == types.VarChar && from.Typmod >= 0 && from.Typmod <= to.Typmod
	case from.OID == to.OID && to.Typmod < 0:
		return from.OID != types.BPChar && datum.KindOf(from.OID) != datum.Interval
	}
	return false
}

// retypeIndexes gives the index keys on a column its new type. PostgreSQL makes
// such an index anew, so its columns get the present names.
func (e *Env) retypeIndexes(old, t *catalog.Table, attnum int16) error {
	for _, oid := range t.Indexes {
		x := e.cat().Index(oid)
		uses, err := e.indexUses(old, x, attnum)
		if err != nil {
			return err
		}
		if !uses {
			continue
		}
		x = x.Clone()
		for i := range x.Keys {
			k := &x.Keys[i]
			if k.Attnum == 0 {
				if k.Expr, k.Type, _, err = e.Bind.Key(t, &rawText{text: k.Expr}); err != nil {
					return err
				}
			} else {
				k.Type = t.ByAttnum(k.Attnum).Type
			}
			if err := orderable(k.Type); err != nil {
				return err
			}
		}
		x.Names = currentNames(t, x)
		e.Edit.Put(x)
	}
	return nil
}

// foreignKeysFit checks that the foreign keys on a column, of this table and of
// those that refer to it, can still compare their sides.
func (e *Env) foreignKeysFit(t *catalog.Table, attnum int16) error {
	table := func(oid uint32) *catalog.Table {
		if oid == t.OID {
			return t
		}
		return e.cat().Table(oid)
	}
	for _, oid := range append([]uint32{t.OID}, t.ReferencedBy...) {
		child := table(oid)
		if child == nil {
			continue
		}
		for _, k := range child.Constraints {
			if k.Type != 'f' || !(oid == t.OID && slices.Contains(k.Columns, attnum) || k.RefTable == t.OID && slices.Contains(k.RefColumns, attnum)) {
				continue
			}
			if err := compatibleKeys(k.Name, child, k.Columns, table(k.RefTable), k.RefColumns); err != nil {
				return err
			}
		}
	}
	return nil
}

// retypeSequence gives an identity column's sequence the column's new type.
func (e *Env) retypeSequence(oid uint32, typ *ast.TypeName) error {
	seq := e.cat().Sequence(oid)
	if seq == nil {
		return nil
	}
	seq = seq.Clone()
	option := &ast.Option{Pos: -1, Name: "as", Value: &ast.OptionType{Type: typ}}
	if _, err := e.sequenceOptions(seq, []*ast.Option{option}, false); err != nil {
		return err
	}
	e.Edit.Put(seq)
	return nil
}

// viewsUse refuses a change while a view reads the column.
func (e *Env) viewsUse(t *catalog.Table, col *catalog.Column, message string) error {
	cat := e.cat()
	var found *catalog.View
	var bad error
	cat.All(func(d catalog.Desc) bool {
		v, ok := d.(*catalog.View)
		if !ok || !slices.Contains(v.DependsOn, t.OID) {
			return true
		}
		used, err := e.Bind.ViewUses(v, t.OID)
		if err != nil {
			bad = err
			return false
		}
		if slices.Contains(used, col.Attnum) {
			found = v
		}
		return found == nil
	})
	if bad != nil || found == nil {
		return bad
	}
	return pgerr.New(pgcode.FeatureNotSupported, "%s", message).
		WithDetail("rule _RETURN on view %s depends on column %q", e.displayName(found), col.Name)
}

func (e *Env) validateConstraint(t *catalog.Table, c *ast.AlterTableCmd) error {
	i := slices.IndexFunc(t.Constraints, func(k catalog.Constraint) bool { return k.Name == c.Name })
	if i < 0 {
		return pgerr.New(pgcode.UndefinedObject, "constraint %q of relation %q does not exist", c.Name, t.Name)
	}
	k := t.Constraints[i]
	if k.Type != 'c' && k.Type != 'f' {
		return pgerr.New(pgcode.WrongObjectType, "constraint %q of relation %q is not a foreign key or check constraint", c.Name, t.Name)
	}
	if !k.NotValid {
		return nil
	}
	if err := e.validate(t, &k, 0); err != nil {
		return err
	}
	t = t.Clone()
	t.Constraints[i].NotValid = false
	e.Edit.Put(t)
	return nil
}

// alterConstraint changes the timing of a foreign key.
func (e *Env) alterConstraint(t *catalog.Table, c *ast.AlterTableCmd) error {
	i := slices.IndexFunc(t.Constraints, func(k catalog.Constraint) bool { return k.Name == c.Name })
	if i < 0 {
		return pgerr.New(pgcode.UndefinedObject, "constraint %q of relation %q does not exist", c.Name, t.Name)
	}
	if t.Constraints[i].Type != 'f' {
		return pgerr.New(pgcode.WrongObjectType, "constraint %q of relation %q is not a foreign key constraint", c.Name, t.Name)
	}
	t = t.Clone()
	t.Constraints[i].Deferrable, t.Constraints[i].Deferred = c.Constraint.Deferrable, c.Constraint.InitDeferred
	e.Edit.Put(t)
	return nil
}

// setOwner is OWNER TO for any relation; a table takes its indexes and owned
// sequences with it.
func (e *Env) setOwner(d catalog.Desc, to *ast.RoleSpec) error {
	r, err := e.role(to)
	if err != nil {
		return err
	}
	put := func(d catalog.Desc) {
		d = catalog.Clone(d)
		d.Head().Owner = r.OID
		e.Edit.Put(d)
	}
	put(d)
	if t, ok := d.(*catalog.Table); ok {
		cat := e.cat()
		for _, oid := range t.Indexes {
			put(cat.Index(oid))
		}
		for _, c := range t.Live() {
			if s := cat.Sequence(c.Sequence); s != nil {
				put(s)
			}
		}
	}
	return nil
}
