package diff

import (
	"fmt"
	"strings"
)

// row writes values for columns.
func (g *gen) row(cols []*column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		switch {
		case !c.notNull && g.chance(8), g.chance(1):
			parts[i] = "NULL"
		case (c.hasDef || c.identity != "") && g.chance(30), g.chance(1):
			parts[i] = "DEFAULT"
		case c.identity == "ALWAYS":
			parts[i] = "DEFAULT"
		default:
			parts[i] = g.cell(c.k)
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// sequences names the sequences behind a table's columns.
func (t *table) sequences() []string {
	var out []string
	for _, c := range t.cols {
		if c.name == "id" && (c.identity != "" || c.hasDef) {
			out = append(out, fmt.Sprintf("pg_get_serial_sequence('%s', '%s')", t.name, c.name))
		}
	}
	return out
}

// insertable are the columns an INSERT names, required ones always among them.
func (g *gen) insertable(t *table) []*column {
	var cols []*column
	for _, c := range t.cols {
		required := c.notNull && !c.hasDef && c.identity == ""
		if required && !g.chance(2) || !required && g.chance(85) && (c.identity != "ALWAYS" || g.chance(20)) {
			cols = append(cols, c)
		}
	}
	return cols
}

func (g *gen) insert() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	return &statement{kind: "insert/values", sql: g.insertValues(t) + g.returning(t), writes: true}
}

func (g *gen) insertValues(t *table) string {
	cols := g.insertable(t)
	if len(cols) == 0 || g.chance(2) {
		return "INSERT INTO " + t.name + " DEFAULT VALUES"
	}
	rows := make([]string, 1+g.Intn(4))
	for i := range rows {
		rows[i] = g.row(cols)
	}
	override := ""
	if g.chance(3) {
		override = pick(g, []string{"OVERRIDING SYSTEM VALUE ", "OVERRIDING USER VALUE "})
	}
	return fmt.Sprintf("INSERT INTO %s (%s) %sVALUES %s", t.name, columnList(cols), override, strings.Join(rows, ", "))
}

// returning makes a RETURNING clause over a table, or nothing.
func (g *gen) returning(t *table) string {
	if g.chance(55) {
		return ""
	}
	if g.chance(30) {
		return " RETURNING *"
	}
	s := g.tableScope(t, t.name)
	parts := make([]string, 1+g.Intn(3))
	for i := range parts {
		parts[i] = g.expr(g.kind(), s, 2)
	}
	return " RETURNING " + strings.Join(parts, ", ")
}

func (g *gen) insertSelect() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	cols := g.insertable(t)
	if len(cols) == 0 {
		return nil
	}
	want := make([]*kind, len(cols))
	for i, c := range cols {
		want[i] = c.k
	}
	q := g.query(1, want)
	return &statement{
		kind: "insert/select", writes: true, sequences: t.sequences(),
		sql: fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM (%s) q ORDER BY %s LIMIT %d", t.name, columnList(cols), q.sql, q.orderText("q"), g.Intn(6)) + g.returning(t),
	}
}

func (g *gen) onConflict() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	target := ""
	keys := t.uniques
	if len(t.pk) > 0 {
		keys = append([][]string{t.pk}, keys...)
	}
	if len(keys) > 0 && g.chance(85) {
		target = " (" + strings.Join(pick(g, keys), ", ") + ")"
	}
	sql := g.insertValues(t) + " ON CONFLICT" + target
	if target == "" && !g.chance(5) || g.chance(35) {
		sql += " DO NOTHING"
	} else {
		s := g.tableScope(t, t.name)
		s = append(s, g.tableScope(t, "excluded")...)
		sql += " DO UPDATE SET " + g.assignments(t, s, true)
		if g.chance(25) {
			sql += " WHERE " + g.expr(kindByName["bool"], s, 2)
		}
	}
	return &statement{kind: "insert/on conflict", sql: sql + g.returning(t), writes: true}
}

// assignments makes the SET list of an UPDATE. Which of several rows gets which
// number of a sequence is defined only when they come in order: when inTurn.
func (g *gen) assignments(t *table, s scope, inTurn bool) string {
	cols := g.some(t.cols, 3)
	parts := make([]string, 0, len(cols))
	for _, c := range cols {
		value := g.expr(c.k, s, 2)
		switch {
		case g.chance(35):
			value = g.cell(c.k)
		case (c.hasDef && !c.serial || inTurn && (c.serial || c.identity != "")) && g.chance(10):
			value = "DEFAULT"
		case !c.notNull && g.chance(5):
			value = "NULL"
		}
		parts = append(parts, c.name+" = "+value)
	}
	if len(cols) == 2 && g.chance(20) {
		return fmt.Sprintf("(%s) = (%s, %s)", columnList(cols), g.cell(cols[0].k), g.cell(cols[1].k))
	}
	return strings.Join(parts, ", ")
}

func (g *gen) update() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	alias, target := t.name, t.name
	if g.chance(30) {
		alias = "u"
		target += " AS u"
	}
	s := g.tableScope(t, alias)
	where, one := g.where(s, t, alias), false
	if k := t.key(); k != nil && g.chance(15) {
		where, one = fmt.Sprintf("%s.%s = %s", alias, k.name, g.cell(k.k)), true
	}
	return &statement{
		kind: "update/plain", writes: true,
		sql: "UPDATE " + target + " SET " + g.assignments(t, s, one) + " WHERE " + where + g.returningAs(t, alias),
	}
}

func (g *gen) returningAs(t *table, alias string) string {
	n := *t
	n.name = alias
	return g.returning(&n)
}

// key is the column of a primary key of one column, nil without one.
func (t *table) key() *column {
	if len(t.pk) != 1 {
		return nil
	}
	if k := t.find(t.pk[0]); k != nil && k.k.sortable {
		return k
	}
	return nil
}

// where makes a condition that keeps some of a table's rows.
func (g *gen) where(s scope, t *table, alias string) string {
	if k := t.key(); k != nil && g.chance(35) {
		return fmt.Sprintf("%s.%s %s %s", alias, k.name, pick(g, []string{"=", "=", "<", ">", "<>", ">="}), g.cell(k.k))
	}
	return g.condition(s, 2)
}

func (g *gen) updateFrom() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	from, fs, on := g.uniqueSource(t)
	if from == "" {
		return nil
	}
	s := g.tableScope(t, t.name)
	all := append(append(scope{}, s...), fs...)
	return &statement{
		kind: "update/from", writes: true,
		sql: fmt.Sprintf("UPDATE %s SET %s FROM %s WHERE %s AND %s", t.name, g.assignments(t, all, false), from, on, g.condition(all, 1)) + g.returning(t),
	}
}

// uniqueSource makes a FROM item of which at most one row joins a row of t, and
// the join condition: otherwise which one is used would not be defined.
func (g *gen) uniqueSource(t *table) (string, scope, string) {
	c := pick(g, t.cols)
	if !c.k.exact {
		return "", nil, ""
	}
	other := pick(g, g.w.tables)
	for _, o := range other.cols {
		if o.k == c.k {
			sql := fmt.Sprintf("(SELECT %s AS k, count(*) AS n, min(%s) AS m FROM %s GROUP BY %s) AS f", o.name, o.name, other.name, o.name)
			m := c.k
			if c.k.name == "bool" || c.k.name == "uuid" || c.k.name == "bytea" || c.k.name == "name" || c.k.name == `"char"` {
				sql = fmt.Sprintf("(SELECT DISTINCT %s AS k, 5::int8 AS n, %s AS m FROM %s) AS f", o.name, o.name, other.name)
			}
			return sql, scope{{"f.k", o.k}, {"f.n", kindByName["int8"]}, {"f.m", m}}, fmt.Sprintf("%s.%s = f.k", t.name, c.name)
		}
	}
	return "", nil, ""
}

func (g *gen) delete() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	s := g.tableScope(t, t.name)
	return &statement{kind: "delete/plain", sql: "DELETE FROM " + t.name + " WHERE " + g.where(s, t, t.name) + g.returning(t), writes: true}
}

func (g *gen) deleteUsing() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	from, fs, on := g.uniqueSource(t)
	if from == "" {
		return nil
	}
	all := append(g.tableScope(t, t.name), fs...)
	return &statement{kind: "delete/using", sql: fmt.Sprintf("DELETE FROM %s USING %s WHERE %s AND %s", t.name, from, on, g.condition(all, 1)) + g.returning(t), writes: true}
}

func (g *gen) truncate() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	names := t.name
	if o := g.baseTable(); o != t && g.chance(40) {
		names += ", " + o.name
	}
	return &statement{kind: "truncate", sql: "TRUNCATE " + pick(g, []string{"", "TABLE ", "ONLY "}) + names + pick(g, []string{"", "", " RESTART IDENTITY", " CASCADE", " RESTRICT", " CONTINUE IDENTITY"}), writes: true}
}

// withWrite makes a statement with a CTE in front of a write.
func (g *gen) withWrite() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	c := pick(g, t.cols)
	q := g.query(1, []*kind{c.k})
	s := g.tableScope(t, t.name)
	if !c.k.sortable {
		return nil
	}
	if g.chance(50) {
		return &statement{kind: "delete/with", sql: fmt.Sprintf("WITH c(v) AS (%s) DELETE FROM %s WHERE %s IN (SELECT v FROM c)", q.sql, t.name, c.name) + g.returning(t), writes: true}
	}
	return &statement{kind: "update/with", sql: fmt.Sprintf("WITH c(v) AS (%s) UPDATE %s SET %s WHERE %s IN (SELECT v FROM c)", q.sql, t.name, g.assignments(t, s, false), c.name) + g.returning(t), writes: true}
}
