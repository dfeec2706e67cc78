package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// Codes that statements fail with.
const (
	duplicateKey = "23505"
	notNull      = "23502"
	dependent    = "2BP01"
	unsupported  = "0A000"
)

const kMax = 60

// literal is a value as SQL.
func literal(c *column, v string) string {
	switch {
	case v == sqlconn.Null:
		return "NULL"
	case c.typ == "text":
		return "'" + v + "'"
	}
	return v
}

// value makes a random value of a column that only session s uses.
func (r *run) value(s *session, c *column) string {
	if r.rng.IntN(8) == 0 && (!c.notNull || r.rng.IntN(4) == 0) {
		return sqlconn.Null
	}
	n := r.rng.IntN(12)*sessions + s.i
	if c.typ == "text" && r.rng.IntN(3) > 0 {
		return strings.Repeat("x", r.rng.IntN(3)) + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func (r *run) anyTable(st *state) *table {
	if list := st.list(); len(list) > 0 {
		return list[r.rng.IntN(len(list))]
	}
	return nil
}

// ownK is a random value of k of the session, among rows there are if there are some.
func (r *run) ownK(s *session, t *table) int {
	if ks := t.ks(func(k int) bool { return k%sessions == s.i }); len(ks) > 0 && r.rng.IntN(4) > 0 {
		return ks[r.rng.IntN(len(ks))]
	}
	return r.rng.IntN(kMax/sessions)*sessions + s.i
}

func (r *run) write() {
	s := r.pick()
	t := r.anyTable(r.sees(s))
	if s.failed || t == nil {
		return
	}
	switch r.rng.IntN(12) {
	case 0, 1, 2:
		r.insert(s, t)
	case 3, 4, 5:
		r.update(s, t)
	case 6:
		r.moveRow(s, t)
	case 7:
		r.swap(s, t)
	case 8:
		r.deleteRows(s, t)
	case 9:
		r.reinsert(s, t)
	case 10:
		r.upsert(s, t)
	case 11:
		r.restore(s, t)
	}
}

// addRow does what the insertion of one row does.
func (r *run) addRow(t *table, values row) string {
	for i := range t.columns {
		if t.columns[i].notNull && values[t.columns[i].id] == sqlconn.Null {
			return notNull
		}
	}
	key := values[0]
	if t.pk {
		if t.rows[key] != nil {
			return duplicateKey
		}
	} else {
		r.number++
		key = fmt.Sprintf("#%d", r.number)
	}
	t.rows[key] = values
	if t.duplicate() {
		return duplicateKey
	}
	return ""
}

func (r *run) randomRow(s *session, t *table, k int) (row, string) {
	values := row{0: strconv.Itoa(k)}
	list := []string{strconv.Itoa(k)}
	for i := range t.columns[1:] {
		c := &t.columns[i+1]
		values[c.id] = r.value(s, c)
		list = append(list, literal(c, values[c.id]))
	}
	return values, "(" + strings.Join(list, ", ") + ")"
}

func (r *run) insert(s *session, t *table) {
	var rows []row
	var texts []string
	used := map[int]bool{}
	for range 1 + r.rng.IntN(3) {
		k := r.ownK(s, t)
		if _, there := t.byK(k); used[k] || there != nil && (!t.pk || r.rng.IntN(3) > 0) {
			continue
		}
		used[k] = true
		values, text := r.randomRow(s, t, k)
		rows, texts = append(rows, values), append(texts, text)
	}
	if rows == nil {
		return
	}
	id := t.id
	r.change(s, fmt.Sprintf("INSERT INTO %s VALUES %s", t.name, strings.Join(texts, ", ")), false, func(st *state) string {
		for _, values := range rows {
			if code := r.addRow(st.tables[id], values); code != "" {
				return code
			}
		}
		return ""
	})
}

// rangeOf is a condition on rows of the session, and the same in Go.
func (r *run) rangeOf(s *session, t *table) (string, func(k int) bool) {
	if r.rng.IntN(2) == 0 {
		k := r.ownK(s, t)
		return fmt.Sprintf("k = %d", k), func(x int) bool { return x == k }
	}
	lo := r.rng.IntN(kMax)
	hi := lo + r.rng.IntN(kMax/2)
	return fmt.Sprintf("k BETWEEN %d AND %d AND k %% %d = %d", lo, hi, sessions, s.i),
		func(k int) bool { return k >= lo && k <= hi && k%sessions == s.i }
}

// update sets one or two columns; sometimes to what they are already.
func (r *run) update(s *session, t *table) {
	if len(t.columns) < 2 {
		return
	}
	cond, holds := r.rangeOf(s, t)
	values := row{}
	var sets []string
	same := r.rng.IntN(8) == 0
	for range 1 + r.rng.IntN(2) {
		c := &t.columns[1+r.rng.IntN(len(t.columns)-1)]
		if _, twice := values[c.id]; twice || same && sets != nil {
			continue
		}
		if same {
			sets = append(sets, c.name+" = "+c.name)
			continue
		}
		values[c.id] = r.value(s, c)
		sets = append(sets, c.name+" = "+literal(c, values[c.id]))
	}
	id := t.id
	r.change(s, fmt.Sprintf("UPDATE %s SET %s WHERE %s", t.name, strings.Join(sets, ", "), cond), false, func(st *state) string {
		t := st.tables[id]
		null := false
		for col, v := range values {
			null = null || v == sqlconn.Null && t.column(col).notNull
		}
		for key, old := range maps.Clone(t.rows) {
			if !holds(kOf(old)) {
				continue
			}
			if null {
				return notNull
			}
			t.set(key, old, values)
		}
		if t.duplicate() {
			return duplicateKey
		}
		return ""
	})
}

// moveRow changes a row's key.
func (r *run) moveRow(s *session, t *table) {
	from, to := r.ownK(s, t), r.ownK(s, t)
	if _, there := t.byK(to); there != nil && !t.pk {
		return
	}
	id := t.id
	r.change(s, fmt.Sprintf("UPDATE %s SET k = %d WHERE k = %d", t.name, to, from), false, func(st *state) string {
		t := st.tables[id]
		key, old := t.byK(from)
		if old == nil || from == to {
			return ""
		}
		if _, there := t.byK(to); there != nil {
			return duplicateKey
		}
		t.set(key, old, row{0: strconv.Itoa(to)})
		return ""
	})
}

// swap exchanges the keys of two rows in one transaction.
func (r *run) swap(s *session, t *table) {
	a, b := r.ownK(s, t), r.ownK(s, t)
	_, ra := t.byK(a)
	_, rb := t.byK(b)
	if a == b || ra == nil || rb == nil {
		return
	}
	const away = 1000
	sql := fmt.Sprintf("UPDATE %[1]s SET k = %[4]d WHERE k = %[2]d; UPDATE %[1]s SET k = %[2]d WHERE k = %[3]d; UPDATE %[1]s SET k = %[3]d WHERE k = %[4]d",
		t.name, a, b, away+s.i)
	id := t.id
	r.change(s, sql, false, func(st *state) string {
		t := st.tables[id]
		ka, ra := t.byK(a)
		kb, rb := t.byK(b)
		na, nb := maps.Clone(ra), maps.Clone(rb)
		na[0], nb[0] = rb[0], ra[0]
		if t.pk {
			ka, kb = kb, ka
		}
		t.rows[ka], t.rows[kb] = na, nb
		return ""
	})
}

func (r *run) deleteRows(s *session, t *table) {
	cond, holds := r.rangeOf(s, t)
	id := t.id
	r.change(s, fmt.Sprintf("DELETE FROM %s WHERE %s", t.name, cond), false, func(st *state) string {
		t := st.tables[id]
		maps.DeleteFunc(t.rows, func(_ string, v row) bool { return holds(kOf(v)) })
		return ""
	})
}

// reinsert deletes a row and puts it, or another one, in its place at once.
func (r *run) reinsert(s *session, t *table) {
	k := r.ownK(s, t)
	_, old := t.byK(k)
	if old == nil {
		return
	}
	values, text := r.randomRow(s, t, k)
	if r.rng.IntN(2) == 0 {
		var list []string
		for i := range t.columns {
			c := &t.columns[i]
			values[c.id] = c.value(old)
			list = append(list, literal(c, values[c.id]))
		}
		text = "(" + strings.Join(list, ", ") + ")"
	}
	id := t.id
	r.change(s, fmt.Sprintf("DELETE FROM %[1]s WHERE k = %[2]d; INSERT INTO %[1]s VALUES %[3]s", t.name, k, text), false, func(st *state) string {
		t := st.tables[id]
		key, _ := t.byK(k)
		delete(t.rows, key)
		return r.addRow(t, values)
	})
}

func (r *run) upsert(s *session, t *table) {
	if !t.pk || len(t.columns) < 2 {
		return
	}
	k := r.ownK(s, t)
	values, text := r.randomRow(s, t, k)
	c := &t.columns[1+r.rng.IntN(len(t.columns)-1)]
	action, update := "DO NOTHING", false
	if r.rng.IntN(3) > 0 {
		action, update = fmt.Sprintf("DO UPDATE SET %[1]s = excluded.%[1]s", c.name), true
	}
	id, col := t.id, c.id
	r.change(s, fmt.Sprintf("INSERT INTO %s VALUES %s ON CONFLICT (k) %s", t.name, text, action), false, func(st *state) string {
		t := st.tables[id]
		key, old := t.byK(k)
		if old == nil {
			return r.addRow(t, values)
		}
		for i := range t.columns {
			if t.columns[i].notNull && values[t.columns[i].id] == sqlconn.Null {
				return notNull
			}
		}
		if update {
			t.set(key, old, row{col: values[col]})
			if t.duplicate() {
				return duplicateKey
			}
		}
		return ""
	})
}

// restore inserts rows again that a past moment had.
func (r *run) restore(s *session, t *table) {
	seq := r.past.seq() - int64(r.rng.IntN(int(min(20, r.past.seq()+1))))
	then := r.past.states[seq].tables[t.id]
	if then == nil || then.name != t.name || !slices.Equal(then.names(), t.names()) {
		return
	}
	for i, c := range t.columns {
		if then.columns[i].id != c.id || then.columns[i].typ != c.typ {
			return
		}
	}
	sql := fmt.Sprintf("INSERT INTO %[1]s SELECT * FROM %[1]s FOR SYSTEM_TIME AS OF @SEQ:%[2]d AS h WHERE k %% %[3]d = %[4]d AND NOT EXISTS (SELECT 1 FROM %[1]s x WHERE x.k = h.k)",
		t.name, seq, sessions, s.i)
	id := t.id
	r.change(s, sql, false, func(st *state) string {
		t := st.tables[id]
		for _, k := range then.ks(func(k int) bool { return k%sessions == s.i }) {
			if _, there := t.byK(k); there != nil {
				continue
			}
			_, old := then.byK(k)
			values := row{}
			for i := range then.columns {
				values[then.columns[i].id] = then.columns[i].value(old)
			}
			if code := r.addRow(t, values); code != "" {
				return code
			}
		}
		return ""
	})
}
