package model

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// open is the end of a version that has not ended.
const open = int64(math.MaxInt64)

// column is a column of a table; its id is never used again in the table. Values
// are text: what psql would print, or sqlconn.Null.
type column struct {
	id      int
	name    string
	typ     string
	notNull bool
	missing string // what rows show that were stored before the column existed
}

type index struct {
	name   string
	column int
	unique bool
}

// row holds the values by column id.
type row map[int]string

// table is one table at one moment. Column 0 is k, which every table has and by
// which statements address rows; it is the primary key where there is one.
type table struct {
	id      int
	name    string
	gen     int // another number after TRUNCATE and rewriting ALTERs: all rows start anew
	columns []column
	pk      bool
	indexes []index
	rows    map[string]row // by key: k with a primary key, a hidden row number otherwise
}

type view struct {
	name    string
	table   int
	columns []int
	names   []string // of the view's columns; renaming the table's does not change them
	modulus int      // WHERE k % modulus = 0
}

// state is the whole database at one moment.
type state struct {
	tables map[int]*table
	views  map[string]*view
}

func newState() *state { return &state{tables: map[int]*table{}, views: map[string]*view{}} }

func (s *state) clone() *state {
	c := &state{tables: map[int]*table{}, views: maps.Clone(s.views)}
	for id, t := range s.tables {
		n := *t
		n.columns, n.indexes, n.rows = slices.Clone(t.columns), slices.Clone(t.indexes), maps.Clone(t.rows)
		c.tables[id] = &n
	}
	return c
}

// list returns the tables in the order of their ids.
func (s *state) list() []*table {
	var out []*table
	for _, id := range slices.Sorted(maps.Keys(s.tables)) {
		out = append(out, s.tables[id])
	}
	return out
}

func (s *state) viewList() []*view {
	var out []*view
	for _, name := range slices.Sorted(maps.Keys(s.views)) {
		out = append(out, s.views[name])
	}
	return out
}

func (s *state) nameTaken(name string) bool {
	for _, t := range s.tables {
		if t.name == name {
			return true
		}
		for _, x := range t.indexes {
			if x.name == name {
				return true
			}
		}
	}
	return s.views[name] != nil
}

// usedByView reports whether a view depends on a column of a table; column -1
// stands for the table itself.
func (s *state) usedByView(t *table, col int) bool {
	for _, v := range s.views {
		if v.table == t.id && (col <= 0 || slices.Contains(v.columns, col)) {
			return true
		}
	}
	return false
}

func (t *table) column(id int) *column {
	for i := range t.columns {
		if t.columns[i].id == id {
			return &t.columns[i]
		}
	}
	return nil
}

// value is what a row shows in a column, also when it was stored before.
func (c *column) value(r row) string {
	if v, ok := r[c.id]; ok {
		return v
	}
	return c.missing
}

// byK finds a row by its value of k.
func (t *table) byK(k int) (key string, r row) {
	want := strconv.Itoa(k)
	if t.pk {
		return want, t.rows[want]
	}
	for key, r := range t.rows {
		if r[0] == want {
			return key, r
		}
	}
	return "", nil
}

func kOf(r row) int {
	k, _ := strconv.Atoi(r[0])
	return k
}

// ks are the values of k that satisfy f, in order.
func (t *table) ks(f func(k int) bool) []int {
	var out []int
	for _, r := range t.rows {
		if k := kOf(r); f == nil || f(k) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// set replaces a row by a changed one; values are by column id.
func (t *table) set(key string, r row, values row) {
	n := maps.Clone(r)
	maps.Copy(n, values)
	if k, moved := values[0]; moved && t.pk && k != key {
		delete(t.rows, key)
		key = k
	}
	t.rows[key] = n
}

// duplicate reports whether two rows agree in a unique column.
func (t *table) duplicate() bool {
	for _, x := range t.indexes {
		if x.unique && t.repeats(x.column) {
			return true
		}
	}
	return false
}

func (t *table) repeats(col int) bool {
	c := t.column(col)
	seen := map[string]bool{}
	for _, r := range t.rows {
		v := c.value(r)
		if v != sqlconn.Null && seen[v] {
			return true
		}
		seen[v] = true
	}
	return false
}

// fill stores every row anew with all its columns, as a rewrite does.
func (t *table) fill() {
	for key, r := range t.rows {
		n := row{}
		for i := range t.columns {
			n[t.columns[i].id] = t.columns[i].value(r)
		}
		t.rows[key] = n
	}
}

// rekey gives the rows the keys of a table with or without a primary key.
func (t *table) rekey(next func() string) {
	rows := map[string]row{}
	for _, r := range t.rows {
		if t.pk {
			rows[r[0]] = r
		} else {
			rows[next()] = r
		}
	}
	t.rows = rows
}

func (t *table) names() []string {
	var out []string
	for _, c := range t.columns {
		out = append(out, c.name)
	}
	return out
}

// print is a row as a line of the table's columns.
func (t *table) print(r row) string {
	var out []string
	for i := range t.columns {
		out = append(out, t.columns[i].value(r))
	}
	return strings.Join(out, "|")
}

// lines prints rows that satisfy f, sorted.
func (t *table) lines(f func(k int) bool) []string {
	out := []string{}
	for _, r := range t.rows {
		if f == nil || f(kOf(r)) {
			out = append(out, t.print(r))
		}
	}
	slices.Sort(out)
	return out
}

// version is one version of a row: its period is [start, end).
type version struct {
	table      int
	key        string
	start, end int64
	row        row
}

// past is all that was committed. states and versions are kept apart, so that
// one can judge the other.
type past struct {
	states   []*state // by commit
	times    []int64  // by commit, microseconds since 1970
	durable  int64    // the last commit that a power cut may not take
	versions []*version
	resolved int64 // the latest time that was read AS OF: commits come after it
}

func newPast() *past { return &past{states: []*state{newState()}, times: []int64{math.MinInt64}} }

func (p *past) seq() int64      { return int64(len(p.states) - 1) }
func (p *past) present() *state { return p.states[p.seq()] }

// seqAt is the last commit at or before a time.
func (p *past) seqAt(time int64) int64 {
	n := int64(0)
	for seq, at := range p.times {
		if at <= time {
			n = int64(seq)
		}
	}
	return n
}

// changes reports whether a state differs from the present by more than rows
// stored differently.
func (p *past) changes(s *state) bool { return describe(p.present()) != describe(s) }

func describe(s *state) string {
	var b strings.Builder
	for _, t := range s.list() {
		fmt.Fprintln(&b, t.id, t.name, t.gen, t.columns, t.pk, t.indexes)
		for _, key := range slices.Sorted(maps.Keys(t.rows)) {
			fmt.Fprintln(&b, key, t.print(t.rows[key]))
		}
	}
	for _, v := range s.viewList() {
		fmt.Fprintln(&b, *v)
	}
	return b.String()
}

// commit appends a state.
func (p *past) commit(s *state, time int64, durable bool) {
	seq := p.seq() + 1
	live := map[int]map[string]*version{}
	for _, v := range p.versions {
		if v.end == open {
			if live[v.table] == nil {
				live[v.table] = map[string]*version{}
			}
			live[v.table][v.key] = v
		}
	}
	for id, t := range p.present().tables {
		if n := s.tables[id]; n == nil || n.gen != t.gen {
			for key, v := range live[id] {
				v.end = seq
				delete(live[id], key)
			}
		}
	}
	for id, t := range s.tables {
		for key, r := range t.rows {
			if v := live[id][key]; v == nil || t.print(v.row) != t.print(r) {
				if v != nil {
					v.end = seq
				}
				p.versions = append(p.versions, &version{table: id, key: key, start: seq, end: open, row: r})
			}
			delete(live[id], key)
		}
		for _, v := range live[id] {
			v.end = seq
		}
	}
	p.states, p.times = append(p.states, s), append(p.times, time)
	if durable {
		p.durable = seq
	}
}

// lose takes back the commits after seq, as a power cut does with those that did
// not ask to be durable.
func (p *past) lose(seq int64) {
	p.states, p.times = p.states[:seq+1], p.times[:seq+1]
	p.versions = slices.DeleteFunc(p.versions, func(v *version) bool { return v.start > seq })
	for _, v := range p.versions {
		if v.end > seq {
			v.end = open
		}
	}
}
