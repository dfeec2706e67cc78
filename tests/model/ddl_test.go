package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// tableNames are few, so that names come back after DROP and RENAME.
var tableNames = []string{"t0", "t1", "t2", "t3"}

func (r *run) freeName(st *state) string {
	for _, i := range r.rng.Perm(len(tableNames)) {
		if !st.nameTaken(tableNames[i]) {
			return tableNames[i]
		}
	}
	return ""
}

func (r *run) unique(prefix string) string {
	r.number++
	return fmt.Sprintf("%s%d", prefix, r.number)
}

func (r *run) createTable(s *session) {
	name := r.freeName(r.sees(s))
	if name == "" {
		return
	}
	r.number++
	t := &table{id: r.number, name: name, pk: r.rng.IntN(3) > 0, rows: map[string]row{}}
	t.columns = []column{{id: 0, name: "k", typ: "integer", notNull: t.pk, missing: sqlconn.Null}}
	defs := []string{"k integer"}
	for range 1 + r.rng.IntN(3) {
		c := r.newColumn()
		def := c.name + " " + c.typ
		if c.notNull = r.rng.IntN(5) == 0; c.notNull {
			def += " NOT NULL"
		}
		t.columns, defs = append(t.columns, c), append(defs, def)
	}
	if t.pk {
		defs = append(defs, fmt.Sprintf("CONSTRAINT %s PRIMARY KEY (k)", pkName(t)))
	}
	r.change(s, fmt.Sprintf("CREATE TABLE %s (%s)", name, strings.Join(defs, ", ")), true, func(st *state) string {
		st.tables[t.id] = t
		return ""
	})
}

func pkName(t *table) string { return fmt.Sprintf("pk%d", t.id) }

func (r *run) newColumn() column {
	r.number++
	return column{id: r.number, name: fmt.Sprintf("c%d", r.number), typ: []string{"integer", "text", "bigint"}[r.rng.IntN(3)], missing: sqlconn.Null}
}

// some returns a table, made if there is none.
func (r *run) some(s *session) *table {
	t := r.anyTable(r.sees(s))
	if t == nil {
		r.createTable(s)
		t = r.anyTable(r.sees(s))
	}
	return t
}

func (r *run) dropTable(s *session) {
	t := r.some(s)
	sql, cascade := "DROP TABLE "+t.name, r.rng.IntN(2) == 0
	if cascade {
		sql += " CASCADE"
	}
	id := t.id
	r.change(s, sql, true, func(st *state) string {
		if st.usedByView(st.tables[id], -1) && !cascade {
			return dependent
		}
		for _, v := range st.viewList() {
			if v.table == id {
				delete(st.views, v.name)
			}
		}
		delete(st.tables, id)
		return ""
	})
}

func (r *run) truncate(s *session) {
	t := r.some(s)
	id := t.id
	r.number++
	gen := r.number
	r.change(s, "TRUNCATE "+t.name, true, func(st *state) string {
		st.tables[id].gen, st.tables[id].rows = gen, map[string]row{}
		return ""
	})
}

// alter runs a random ALTER TABLE.
func (r *run) alter(s *session) {
	t := r.some(s)
	c := &t.columns[r.rng.IntN(len(t.columns))]
	for range 8 { // another one when there is nothing to do
		var sql string
		var apply func(*state, *table) string
		switch r.rng.IntN(9) {
		case 0, 1:
			sql, apply = r.addColumn(s)
		case 2:
			sql, apply = r.dropColumn(c)
		case 3:
			sql, apply = r.renameColumn(c)
		case 4, 5:
			sql, apply = r.retype(c)
		case 6:
			sql, apply = r.nullability(c)
		case 7:
			sql, apply = r.primaryKey(t)
		case 8:
			if name := r.freeName(r.sees(s)); name != "" {
				sql = "RENAME TO " + name
				apply = func(_ *state, t *table) string { t.name = name; return "" }
			}
		}
		if sql == "" {
			continue
		}
		id := t.id
		r.change(s, "ALTER TABLE "+t.name+" "+sql, true, func(st *state) string { return apply(st, st.tables[id]) })
		return
	}
}

func (r *run) addColumn(s *session) (string, func(*state, *table) string) {
	c := r.newColumn()
	sql := "ADD COLUMN " + c.name + " " + c.typ
	if r.rng.IntN(2) == 0 {
		for c.missing == sqlconn.Null {
			c.missing = r.value(s, &c)
		}
		sql += " DEFAULT " + literal(&c, c.missing)
		if c.notNull = r.rng.IntN(3) == 0; c.notNull {
			sql += " NOT NULL"
		}
	}
	return sql, func(_ *state, t *table) string {
		t.columns = append(t.columns, c)
		return ""
	}
}

func (r *run) dropColumn(c *column) (string, func(*state, *table) string) {
	if c.id == 0 {
		return "", nil
	}
	col := c.id
	return "DROP COLUMN " + c.name, func(st *state, t *table) string {
		if st.usedByView(t, col) {
			return dependent
		}
		t.columns = slices.DeleteFunc(t.columns, func(c column) bool { return c.id == col })
		t.indexes = slices.DeleteFunc(t.indexes, func(x index) bool { return x.column == col })
		return ""
	}
}

func (r *run) renameColumn(c *column) (string, func(*state, *table) string) {
	if c.id == 0 {
		return "", nil
	}
	col, name := c.id, r.unique("c")
	return "RENAME COLUMN " + c.name + " TO " + name, func(_ *state, t *table) string {
		t.column(col).name = name
		return ""
	}
}

// retype changes a type so that the values' text stays: every row is rewritten.
func (r *run) retype(c *column) (string, func(*state, *table) string) {
	to := "bigint"
	if c.typ == "bigint" || c.typ == "integer" && r.rng.IntN(2) == 0 {
		to = "text"
	}
	if c.typ == "text" || c.id == 0 && to == "text" {
		return "", nil
	}
	r.number++
	col, gen := c.id, r.number
	return fmt.Sprintf("ALTER COLUMN %s TYPE %s", c.name, to), func(st *state, t *table) string {
		if st.usedByView(t, col) {
			return unsupported
		}
		t.column(col).typ, t.gen = to, gen
		t.fill()
		t.rekey(r.rowNumber)
		return ""
	}
}

func (r *run) rowNumber() string { return r.unique("#") }

func (r *run) nullability(c *column) (string, func(*state, *table) string) {
	if c.id == 0 {
		return "", nil
	}
	col := c.id
	if c.notNull {
		return fmt.Sprintf("ALTER COLUMN %s DROP NOT NULL", c.name), func(_ *state, t *table) string {
			t.column(col).notNull = false
			return ""
		}
	}
	return fmt.Sprintf("ALTER COLUMN %s SET NOT NULL", c.name), func(_ *state, t *table) string {
		c := t.column(col)
		for _, row := range t.rows {
			if c.value(row) == sqlconn.Null {
				return notNull
			}
		}
		c.notNull = true
		return ""
	}
}

func (r *run) primaryKey(t *table) (string, func(*state, *table) string) {
	r.number++
	gen, add := r.number, !t.pk
	sql := "DROP CONSTRAINT " + pkName(t)
	if add {
		sql = fmt.Sprintf("ADD CONSTRAINT %s PRIMARY KEY (k)", pkName(t))
	}
	return sql, func(_ *state, t *table) string {
		t.pk, t.gen, t.column(0).notNull = add, gen, true
		t.fill()
		t.rekey(r.rowNumber)
		return ""
	}
}

// index creates or drops one.
func (r *run) index(s *session) {
	t := r.some(s)
	id := t.id
	if n := len(t.indexes); n > 0 && r.rng.IntN(3) == 0 {
		at := r.rng.IntN(n)
		r.change(s, "DROP INDEX "+t.indexes[at].name, true, func(st *state) string {
			st.tables[id].indexes = slices.Delete(st.tables[id].indexes, at, at+1)
			return ""
		})
		return
	}
	if len(t.columns) < 2 {
		return
	}
	c := &t.columns[1+r.rng.IntN(len(t.columns)-1)]
	x := index{r.unique("ix"), c.id, r.rng.IntN(2) == 0}
	sql := "CREATE INDEX "
	if x.unique {
		sql = "CREATE UNIQUE INDEX "
	}
	sql += fmt.Sprintf("%s ON %s (%s)", x.name, t.name, c.name)
	if r.rng.IntN(3) == 0 {
		sql += " INCLUDE (k)"
	}
	r.change(s, sql, true, func(st *state) string {
		t := st.tables[id]
		if x.unique && t.repeats(x.column) {
			return duplicateKey
		}
		t.indexes = append(t.indexes, x)
		return ""
	})
}

// view creates, replaces or drops one.
func (r *run) view(s *session) {
	if list := r.sees(s).viewList(); len(list) > 0 && r.rng.IntN(3) == 0 {
		v := list[r.rng.IntN(len(list))]
		if r.rng.IntN(2) == 0 {
			r.change(s, "DROP VIEW "+v.name, true, func(st *state) string { delete(st.views, v.name); return "" })
			return
		}
		n := *v
		n.modulus = 1 + r.rng.IntN(4)
		r.defineView(s, &n, "CREATE OR REPLACE VIEW")
		return
	}
	t := r.some(s)
	v := &view{name: []string{"v0", "v1", "v2"}[r.rng.IntN(3)], table: t.id, modulus: 1 + r.rng.IntN(4)}
	if r.sees(s).nameTaken(v.name) {
		return
	}
	for _, c := range t.columns {
		if c.id == 0 || r.rng.IntN(2) == 0 {
			v.columns, v.names = append(v.columns, c.id), append(v.names, c.name)
		}
	}
	r.defineView(s, v, "CREATE VIEW")
}

func (r *run) defineView(s *session, v *view, verb string) {
	t := r.sees(s).tables[v.table]
	var cols []string
	for i, id := range v.columns {
		cols = append(cols, t.column(id).name+" AS "+v.names[i])
	}
	sql := fmt.Sprintf("%s %s AS SELECT %s FROM %s WHERE k %% %d = 0", verb, v.name, strings.Join(cols, ", "), t.name, v.modulus)
	r.change(s, sql, true, func(st *state) string {
		st.views[v.name] = v
		return ""
	})
}
