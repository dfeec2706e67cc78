package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

const (
	noTable  = "42P01"
	badValue = "22023"
	readOnly = "25006"
)

// read asks one random question.
func (r *run) read() {
	s := r.pick()
	if s.failed {
		return
	}
	r.settings(s)
	switch r.rng.IntN(12) {
	case 0, 1:
		r.checkPresent(s)
	case 2, 3, 4:
		r.checkAsOf(s)
	case 5, 6:
		r.checkVersions(s)
	case 7:
		r.checkHistory(s)
	case 8:
		r.checkReplay(s)
	case 9:
		r.checkView(s)
	case 10:
		r.checkJoin(s)
	case 11:
		if !s.inTx {
			r.checkPinned(s)
		}
	}
}

// settings chooses how rows are reached: law 4 says that it must not matter.
func (r *run) settings(s *session) {
	for _, name := range []string{"enable_seqscan", "enable_indexscan"} {
		if r.rng.IntN(6) == 0 {
			r.query(s.conn, fmt.Sprintf("SET %s = %s", name, []string{"on", "off"}[r.rng.IntN(2)]))
		}
	}
}

// condition is a random WHERE clause, and the same in Go over rows of the table.
func (r *run) condition(t *table) (string, func(row) bool) {
	switch c := &t.columns[r.rng.IntN(len(t.columns))]; r.rng.IntN(6) {
	case 0:
		k := r.rng.IntN(kMax)
		return fmt.Sprintf(" WHERE k = %d", k), func(v row) bool { return kOf(v) == k }
	case 1:
		lo := r.rng.IntN(kMax)
		hi := lo + r.rng.IntN(kMax/2)
		return fmt.Sprintf(" WHERE k BETWEEN %d AND %d", lo, hi), func(v row) bool { return kOf(v) >= lo && kOf(v) <= hi }
	case 2, 3:
		want := r.someValue(t, c)
		if want == sqlconn.Null {
			return fmt.Sprintf(" WHERE %s IS NULL", c.name), func(v row) bool { return c.value(v) == want }
		}
		return fmt.Sprintf(" WHERE %s = %s", c.name, literal(c, want)), func(v row) bool { return c.value(v) == want }
	}
	return "", func(row) bool { return true }
}

// someValue is a value that the column has somewhere in history.
func (r *run) someValue(t *table, c *column) string {
	for range 4 {
		if len(r.past.versions) > 0 {
			v := r.past.versions[r.rng.IntN(len(r.past.versions))]
			if text := c.value(v.row); v.table == t.id && (c.typ == "text" || !strings.Contains(text, "x")) {
				return text
			}
		}
	}
	return c.missing
}

// sorted are a result's rows as lines.
func sorted(res *sqlconn.Result) []string {
	out := []string{}
	for _, row := range res.Rows {
		out = append(out, strings.Join(row, "|"))
	}
	slices.Sort(out)
	return out
}

func (r *run) checkPresent(s *session) {
	if t := r.anyTable(r.sees(s)); t != nil {
		r.present(s.conn, t)
	}
}

func (r *run) present(c *sqlconn.Conn, t *table) {
	cond, holds := r.condition(t)
	sql := fmt.Sprintf("SELECT * FROM %s%s", t.name, cond)
	res := r.query(c, sql)
	r.same(sql+": columns", res.Columns, t.names())
	want := []string{}
	for _, v := range t.rows {
		if holds(v) {
			want = append(want, t.print(v))
		}
	}
	slices.Sort(want)
	r.same(sql, sorted(res), want)
}

// moment is a random point of the past: a commit, or a time that means it.
func (r *run) moment() (sql string, seq int64) {
	seq = r.past.seq() - int64(float64(r.past.seq()+1)*r.rng.Float64()*r.rng.Float64())
	if r.rng.IntN(2) == 0 || seq == 0 {
		return fmt.Sprintf("@SEQ:%d", seq), seq
	}
	at := r.past.times[seq]
	switch r.rng.IntN(4) {
	case 0:
		at -= int64(r.rng.IntN(3))
	case 1:
		at += int64(r.rng.IntN(2_000_000))
	case 2:
		at = max(at, r.clock.Now()+int64(r.rng.IntN(900_000)))
	}
	if at > r.clock.Now()+900_000 {
		at = r.past.times[seq]
	}
	r.named = max(r.named, at)
	return timeLiteral(at), r.past.seqAt(at)
}

func timeLiteral(micros int64) string {
	return "timestamptz '" + time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.000000+00") + "'"
}

// asOf is how a table reference at a moment is written.
func (r *run) asOf(name, moment string) string {
	if r.rng.IntN(3) == 0 {
		return name + " AS OF " + moment
	}
	return name + " FOR SYSTEM_TIME AS OF " + moment
}

// checkAsOf judges one AS OF read by the copy of that moment (laws 2, 3 and 4).
func (r *run) checkAsOf(s *session) {
	if r.rng.IntN(20) == 0 {
		r.fails(s, fmt.Sprintf("SELECT * FROM t0 AS OF @SEQ:%d", r.past.seq()+1+int64(r.rng.IntN(3))), badValue)
		return
	}
	moment, seq := r.moment()
	st := r.past.states[seq]
	t := r.anyTable(st)
	if t == nil || r.rng.IntN(20) == 0 {
		if name := r.freeName(st); name != "" {
			r.fails(s, "SELECT * FROM "+r.asOf(name, moment), noTable)
		}
		return
	}
	r.asOfTable(s.conn, t, moment, seq, true)
}

func (r *run) asOfTable(c *sqlconn.Conn, t *table, moment string, seq int64, conditions bool) {
	cond, holds := "", func(row) bool { return true }
	if conditions {
		cond, holds = r.condition(t)
	}
	sql := fmt.Sprintf("SELECT *, system_seq_start FROM %s%s", r.asOf(t.name, moment), cond)
	res := r.query(c, sql)
	r.same(sql+": columns", res.Columns, append(t.names(), "system_seq_start"))
	// The rows come from the copy, their starts from the versions.
	starts := map[string]int64{}
	for _, v := range r.past.versions {
		if v.table == t.id && v.start <= seq && v.end > seq {
			starts[v.key] = v.start
		}
	}
	want := []string{}
	for key, v := range t.rows {
		if holds(v) {
			want = append(want, fmt.Sprintf("%s|%d", t.print(v), starts[key]))
		}
	}
	slices.Sort(want)
	r.same(fmt.Sprintf("%s (commit %d)", sql, seq), sorted(res), want)
	if len(r.asked) < 400 {
		r.asked = append(r.asked, answer{sql, strings.Join(want, "\n"), seq})
	}
}

// fails runs a statement that must fail with a code.
func (r *run) fails(s *session, sql, code string) {
	_, err := r.exec(s.conn, sql)
	if got := sqlconn.Code(err); got != code {
		r.failf("%s: SQLSTATE %q (%v), want %q", sql, got, err, code)
	}
	s.failed = s.inTx
}

// checkStable asks earlier questions again (law 1).
func (r *run) checkStable(n int) {
	for range min(n, len(r.asked)) {
		a := r.asked[r.rng.IntN(len(r.asked))]
		r.same("asked again: "+a.sql, []string{strings.Join(sorted(r.query(r.admin, a.sql)), "\n")}, []string{a.result})
	}
}

// period is a random FROM..TO, BETWEEN or ALL and the same as a test of versions.
func (r *run) period() (string, func(*version) bool) {
	kind := r.rng.IntN(5)
	if kind == 0 {
		return "ALL", func(*version) bool { return true }
	}
	if r.past.seq() < 2 || kind < 3 {
		a, b := int64(r.rng.IntN(int(r.past.seq()+1))), int64(r.rng.IntN(int(r.past.seq()+1)))
		if a > b && r.rng.IntN(4) > 0 {
			a, b = b, a
		}
		if kind%2 == 0 {
			return fmt.Sprintf("FROM @SEQ:%d TO @SEQ:%d", a, b), func(v *version) bool { return a < b && v.start < b && v.end > a }
		}
		return fmt.Sprintf("BETWEEN @SEQ:%d AND @SEQ:%d", a, b), func(v *version) bool { return a <= b && v.start <= b && v.end > a }
	}
	random := func() int64 {
		at := r.past.times[1+r.rng.IntN(int(r.past.seq()))] + int64(r.rng.IntN(3)) - 1
		return min(at, r.clock.Now()+900_000)
	}
	a, b := random(), random()
	if a > b && r.rng.IntN(4) > 0 {
		a, b = b, a
	}
	from := func(v *version) int64 { return r.past.times[v.start] }
	to := func(v *version) int64 {
		if v.end == open {
			return open
		}
		return r.past.times[v.end]
	}
	if kind == 3 {
		r.named = max(r.named, a, b-1)
		return fmt.Sprintf("FROM %s TO %s", timeLiteral(a), timeLiteral(b)), func(v *version) bool { return a < b && from(v) < b && to(v) > a }
	}
	r.named = max(r.named, a, b)
	return fmt.Sprintf("BETWEEN %s AND %s", timeLiteral(a), timeLiteral(b)), func(v *version) bool { return a <= b && from(v) <= b && to(v) > a }
}

// versions are the versions a session can know, ends after its snapshot hidden.
func (r *run) versions(s *session, t *table) []*version {
	var out []*version
	for _, v := range r.past.versions {
		if v.table != t.id || s != nil && s.inTx && s.rr && v.start > s.known {
			continue
		}
		if s != nil && s.inTx && s.rr && v.end > s.known {
			v = &version{v.table, v.key, v.start, open, v.row}
		}
		out = append(out, v)
	}
	return out
}

// checkVersions judges the history of a table by the model's versions (law 6).
func (r *run) checkVersions(s *session) {
	if t := r.anyTable(r.sees(s)); t != nil {
		clause, meets := r.period()
		r.versionsOf(s.conn, t, r.versions(s, t), clause, meets)
	}
}

func (r *run) versionsOf(c *sqlconn.Conn, t *table, versions []*version, clause string, meets func(*version) bool) {
	cond, holds := r.condition(t)
	sql := fmt.Sprintf("SELECT *, system_seq_start, system_seq_end, (extract(epoch FROM system_time_start) * 1000000)::bigint FROM %s FOR SYSTEM_TIME %s%s", t.name, clause, cond)
	want := []string{}
	for _, v := range versions {
		if meets(v) && holds(v.row) {
			want = append(want, fmt.Sprintf("%s|%d|%d|%d", t.print(v.row), v.start, v.end, r.past.times[v.start]))
		}
	}
	slices.Sort(want)
	r.same(sql, sorted(r.query(c, sql)), want)
}

// checkHistory judges drift.history of one key.
func (r *run) checkHistory(s *session) {
	t := r.anyTable(r.sees(s))
	if t == nil || !t.pk {
		return
	}
	k := r.ownK(r.all[r.rng.IntN(sessions)], t)
	values := []string{}
	for _, c := range t.columns {
		values = append(values, fmt.Sprintf(`"row"->>'%s'`, c.name))
	}
	sql := fmt.Sprintf("SELECT op, seq, end_seq, array_to_string(changed, ','), (extract(epoch FROM at) * 1000000)::bigint, %s FROM drift.history('%s', %d)",
		strings.Join(values, ", "), t.name, k)
	var list []*version
	for _, v := range r.versions(s, t) {
		if kOf(v.row) == k {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *version) int { return int(a.start - b.start) })
	want := []string{}
	line := func(op string, seq int64, end, changed, values string) {
		want = append(want, fmt.Sprintf("%s|%d|%s|%s|%d|%s", op, seq, end, changed, r.past.times[seq], values))
	}
	for i, v := range list {
		op, changed, end := "insert", sqlconn.Null, sqlconn.Null
		if i > 0 && list[i-1].end == v.start {
			op, changed = "update", differing(t, list[i-1].row, v.row)
		}
		if v.end != open {
			end = fmt.Sprint(v.end)
		}
		line(op, v.start, end, changed, t.print(v.row))
		if v.end != open && (i+1 == len(list) || list[i+1].start != v.end) {
			line("delete", v.end, sqlconn.Null, sqlconn.Null, strings.Repeat("|"+sqlconn.Null, len(t.columns))[1:])
		}
	}
	got := []string{}
	for _, row := range r.query(s.conn, sql).Rows {
		got = append(got, strings.Join(row, "|"))
	}
	r.same(sql, got, want)
}

func differing(t *table, a, b row) string {
	var out []string
	for i := range t.columns {
		if c := &t.columns[i]; c.value(a) != c.value(b) {
			out = append(out, c.name)
		}
	}
	return strings.Join(out, ",")
}

// checkReplay applies drift.changes to the copy of one moment and must arrive at
// the next one's, commit by commit (law 6).
func (r *run) checkReplay(s *session) {
	t := r.anyTable(r.sees(s))
	if t == nil || s.rr && s.inTx || r.past.seq() == 0 {
		return
	}
	to := 1 + int64(r.rng.IntN(int(r.past.seq())))
	from := max(0, to-1-int64(r.rng.IntN(15)))
	sql := fmt.Sprintf("SELECT seq, op, old, new FROM drift.changes('%s', %d, %d)", t.name, from, to)
	rows := r.query(s.conn, sql).Rows
	for seq := from + 1; seq <= to; seq++ {
		before, after := r.past.states[seq-1].tables[t.id], r.past.states[seq].tables[t.id]
		var changes [][]string
		for len(rows) > 0 && rows[0][0] == fmt.Sprint(seq) {
			changes, rows = append(changes, rows[0]), rows[1:]
		}
		if before == nil && after != nil {
			before = &table{columns: after.columns, gen: after.gen}
		}
		if after == nil || before.gen != after.gen || !slices.Equal(before.columns, after.columns) {
			continue
		}
		r.replay(fmt.Sprintf("%s: commit %d", sql, seq), before, after, changes)
	}
	if len(rows) > 0 {
		r.failf("%s: change %v is not in order", sql, rows[0])
	}
}

func (r *run) replay(what string, before, after *table, changes [][]string) {
	count := map[string]int{}
	for _, line := range before.lines(nil) {
		count[line]++
	}
	for _, ch := range changes {
		old, new := r.image(before, ch[2]), r.image(after, ch[3])
		if (old == "") != (ch[1] == "insert") || (new == "") != (ch[1] == "delete") || old == new {
			r.failf("%s: a change is %v", what, ch)
		}
		if old != "" {
			count[old]--
		}
		if new != "" {
			count[new]++
		}
	}
	var got []string
	for _, line := range slices.Sorted(maps.Keys(count)) {
		for range count[line] {
			got = append(got, line)
		}
		if count[line] < 0 {
			r.failf("%s: %s was not there", what, line)
		}
	}
	r.same(what, got, append([]string(nil), after.lines(nil)...))
}

// image prints a row in JSON as the table's columns; "" for NULL.
func (r *run) image(t *table, text string) string {
	if text == sqlconn.Null {
		return ""
	}
	var values map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&values); err != nil || len(values) != len(t.columns) {
		r.failf("the image %s has not the columns %v (%v)", text, t.names(), err)
	}
	line := []string{}
	for _, name := range t.names() {
		v, ok := values[name]
		switch {
		case !ok:
			r.failf("the image %s has no column %s", text, name)
		case v == nil:
			line = append(line, sqlconn.Null)
		default:
			line = append(line, fmt.Sprint(v))
		}
	}
	return strings.Join(line, "|")
}

// checkView reads a view now or at a moment, with its definition of then (law 4).
func (r *run) checkView(s *session) {
	st, from := r.sees(s), ""
	var name func(string) string
	if r.rng.IntN(3) == 0 {
		name = func(v string) string { return v }
	} else {
		moment, seq := r.moment()
		st, from = r.past.states[seq], moment
		name = func(v string) string { return r.asOf(v, from) }
	}
	list := st.viewList()
	if len(list) == 0 {
		return
	}
	v := list[r.rng.IntN(len(list))]
	sql := "SELECT * FROM " + name(v.name)
	res := r.query(s.conn, sql)
	r.same(sql+": columns", res.Columns, v.names)
	r.same(sql, sorted(res), v.lines(st))
}

func (v *view) lines(st *state) []string {
	t := st.tables[v.table]
	out := []string{}
	for _, row := range t.rows {
		if kOf(row)%v.modulus == 0 {
			var line []string
			for _, id := range v.columns {
				line = append(line, t.column(id).value(row))
			}
			out = append(out, strings.Join(line, "|"))
		}
	}
	slices.Sort(out)
	return out
}

// checkJoin reads two tables at two moments in one query.
func (r *run) checkJoin(s *session) {
	ma, sa := r.moment()
	mb, sb := r.moment()
	a, b := r.anyTable(r.past.states[sa]), r.anyTable(r.past.states[sb])
	if a == nil || b == nil {
		return
	}
	sql := fmt.Sprintf("SELECT k, a.%s, b.%s FROM %s FOR SYSTEM_TIME AS OF %s AS a JOIN %s FOR SYSTEM_TIME AS OF %s AS b USING (k)",
		a.columns[len(a.columns)-1].name, b.columns[len(b.columns)-1].name, a.name, ma, b.name, mb)
	if len(a.columns) == 1 || len(b.columns) == 1 {
		return
	}
	want := []string{}
	for _, ra := range a.rows {
		if _, rb := b.byK(kOf(ra)); rb != nil {
			want = append(want, ra[0]+"|"+a.columns[len(a.columns)-1].value(ra)+"|"+b.columns[len(b.columns)-1].value(rb))
		}
	}
	slices.Sort(want)
	r.same(sql, sorted(r.query(s.conn, sql)), want)
}

// checkPinned moves a whole session or transaction to a moment: it reads the copy
// of then under the names of then, and writes are refused.
func (r *run) checkPinned(s *session) {
	moment, seq := r.moment()
	begin, end := "BEGIN READ ONLY AS OF "+moment, "ROLLBACK"
	if r.rng.IntN(2) == 0 {
		text := strings.TrimPrefix(moment, "timestamptz ")
		if seqText, ok := strings.CutPrefix(moment, "@SEQ:"); ok {
			text = "'seq:" + seqText + "'"
		}
		begin, end = "SET drift.as_of = "+text, "RESET drift.as_of"
	}
	st := r.past.states[seq]
	if strings.HasPrefix(begin, "SET") && len(st.tables) == 0 {
		r.named = 0 // the setting alone resolves nothing
	}
	r.query(s.conn, begin)
	for _, t := range st.list() {
		r.present(s.conn, t)
	}
	for _, v := range st.viewList() {
		sql := "SELECT * FROM " + v.name
		r.same(begin+"; "+sql, sorted(r.query(s.conn, sql)), v.lines(st))
	}
	if t := r.anyTable(st); t != nil && r.rng.IntN(3) == 0 {
		sql := fmt.Sprintf("DELETE FROM %s WHERE k = 1", t.name)
		if _, err := r.exec(s.conn, sql); sqlconn.Code(err) != readOnly {
			r.failf("%s; %s: %v, want %s", begin, sql, err, readOnly)
		}
	}
	r.query(s.conn, end)
}

// checkAll asks every kind of question about many moments: what follows a
// restart, a crash or a compaction (law 5).
func (r *run) checkAll() {
	st := r.past.present()
	for _, t := range st.list() {
		r.present(r.admin, t)
		r.versionsOf(r.admin, t, r.versions(nil, t), "ALL", func(*version) bool { return true })
	}
	for range 6 {
		seq := int64(r.rng.IntN(int(r.past.seq() + 1)))
		for _, t := range r.past.states[seq].list() {
			r.asOfTable(r.admin, t, fmt.Sprintf("@SEQ:%d", seq), seq, false)
		}
	}
	r.checkStable(10)
	r.checkLog()
}

// checkLog compares drift.transactions with the commits.
func (r *run) checkLog() {
	sql := "SELECT seq, (extract(epoch FROM at) * 1000000)::bigint FROM drift.transactions ORDER BY seq"
	want := []string{}
	for seq := int64(1); seq <= r.past.seq(); seq++ {
		want = append(want, fmt.Sprintf("%d|%d", seq, r.past.times[seq]))
	}
	got := []string{}
	for _, row := range r.query(r.admin, sql).Rows {
		got = append(got, strings.Join(row, "|"))
	}
	r.same(sql, got, want)
}
