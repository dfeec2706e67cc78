package syscat

import (
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/keyword"
)

func init() {
	for name, f := range map[string]filler{
		"table_constraints": infoTableConstraints, "key_column_usage": infoKeyColumns,
		"constraint_column_usage": infoConstraintColumns, "constraint_table_usage": infoConstraintTables,
		"referential_constraints": infoReferential, "check_constraints": infoChecks,
	} {
		fillers["information_schema."+name] = f
	}
}

// constraints yields every constraint of the tables the role may see.
func (e *Env) constraints(yield func(t *catalog.Table, c *catalog.Constraint) error) error {
	return e.tables(func(t *catalog.Table) error {
		if !e.mine(&t.Object) {
			return nil
		}
		for i := range t.Constraints {
			if err := yield(t, &t.Constraints[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// notNulls yields every NOT NULL column, which the standard sees as a CHECK with
// a name made of numbers.
func (e *Env) notNulls(yield func(t *catalog.Table, c *catalog.Column, name string) error) error {
	return e.tables(func(t *catalog.Table) error {
		if !e.mine(&t.Object) {
			return nil
		}
		for _, c := range t.Live() {
			if !c.NotNull {
				continue
			}
			name := strings.Join([]string{itoa(int64(t.Schema)), itoa(int64(t.OID)), itoa(int64(c.Attnum)), "not_null"}, "_")
			if err := yield(t, c, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// constraintName sets the columns that name a constraint of a table.
func (r *rows) constraintName(e *Env, t *catalog.Table, name string) {
	r.place(e, "constraint", t.Schema)
	r.text("constraint_name", name)
}

var constraintTypes = map[byte]string{'c': "CHECK", 'f': "FOREIGN KEY", 'p': "PRIMARY KEY", 'u': "UNIQUE"}

func infoTableConstraints(e *Env, r *rows) error {
	row := func(t *catalog.Table, name, kind string, deferrable, deferred bool, nullsDistinct string) error {
		r.begin()
		r.constraintName(e, t, name)
		r.name3(e, "table", &t.Object)
		r.text("constraint_type", kind)
		r.text("is_deferrable", yesNo(deferrable))
		r.text("initially_deferred", yesNo(deferred))
		r.text("enforced", "YES")
		r.opt("nulls_distinct", nullsDistinct)
		return r.emit()
	}
	if err := e.constraints(func(t *catalog.Table, c *catalog.Constraint) error {
		nulls := ""
		if x := e.Catalog.Index(c.Index); c.Type == 'u' && x != nil {
			nulls = yesNo(!x.NullsNotDistinct)
		}
		return row(t, c.Name, constraintTypes[c.Type], c.Deferrable, c.Deferred, nulls)
	}); err != nil {
		return err
	}
	return e.notNulls(func(t *catalog.Table, _ *catalog.Column, name string) error {
		return row(t, name, "CHECK", false, false, "")
	})
}

func infoChecks(e *Env, r *rows) error {
	if err := e.constraints(func(t *catalog.Table, c *catalog.Constraint) error {
		if c.Type != 'c' {
			return nil
		}
		r.begin()
		r.constraintName(e, t, c.Name)
		r.text("check_clause", strings.TrimPrefix(e.ConstraintDef(t, c, false), "CHECK "))
		return r.emit()
	}); err != nil {
		return err
	}
	return e.notNulls(func(t *catalog.Table, c *catalog.Column, name string) error {
		r.begin()
		r.constraintName(e, t, name)
		r.text("check_clause", keyword.QuoteIdent(c.Name)+" IS NOT NULL")
		return r.emit()
	})
}

func infoKeyColumns(e *Env, r *rows) error {
	return e.constraints(func(t *catalog.Table, c *catalog.Constraint) error {
		if c.Type == 'c' {
			return nil
		}
		for i, n := range c.Columns {
			r.begin()
			r.constraintName(e, t, c.Name)
			r.name3(e, "table", &t.Object)
			r.text("column_name", t.ByAttnum(n).Name)
			r.int("ordinal_position", int64(i+1))
			if x := e.Catalog.Index(c.Index); c.Type == 'f' && x != nil {
				at := slices.IndexFunc(x.Keys, func(k catalog.IndexKey) bool { return k.Attnum == c.RefColumns[i] })
				r.int("position_in_unique_constraint", int64(at+1))
			}
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

// infoConstraintColumns lists the columns that constraints need: of a foreign key
// those it refers to.
func infoConstraintColumns(e *Env, r *rows) error {
	return e.constraints(func(t *catalog.Table, c *catalog.Constraint) error {
		of, columns := t, c.Columns
		if c.Type == 'f' {
			of, columns = e.Catalog.Table(c.RefTable), c.RefColumns
		}
		if of == nil || !e.mine(&of.Object) {
			return nil
		}
		for _, n := range columns {
			r.begin()
			r.name3(e, "table", &of.Object)
			r.text("column_name", of.ByAttnum(n).Name)
			r.constraintName(e, t, c.Name)
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

func infoConstraintTables(e *Env, r *rows) error {
	return e.constraints(func(t *catalog.Table, c *catalog.Constraint) error {
		of := t
		switch c.Type {
		case 'c':
			return nil
		case 'f':
			of = e.Catalog.Table(c.RefTable)
		}
		if of == nil || !e.mine(&of.Object) {
			return nil
		}
		r.begin()
		r.name3(e, "table", &of.Object)
		r.constraintName(e, t, c.Name)
		return r.emit()
	})
}

var ruleWords = map[byte]string{'a': "NO ACTION", 'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

func infoReferential(e *Env, r *rows) error {
	return e.constraints(func(t *catalog.Table, c *catalog.Constraint) error {
		if c.Type != 'f' {
			return nil
		}
		r.begin()
		r.constraintName(e, t, c.Name)
		if p := e.Catalog.Table(c.RefTable); p != nil {
			for i := range p.Constraints {
				// A key that is only a unique index has no constraint to name.
				if k := &p.Constraints[i]; k.Type != 'f' && k.Type != 'c' && k.Index == c.Index {
					r.place(e, "unique_constraint", p.Schema)
					r.text("unique_constraint_name", k.Name)
				}
			}
		}
		match := "NONE"
		if c.MatchFull {
			match = "FULL"
		}
		r.text("match_option", match)
		r.text("update_rule", ruleWords[c.OnUpdate])
		r.text("delete_rule", ruleWords[c.OnDelete])
		return r.emit()
	})
}
