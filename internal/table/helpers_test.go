package table_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

// world is a store with a small catalog of hand-made tables.
type world struct {
	t    testing.TB
	db   *store.DB
	m    *txn.Manager
	edit *catalog.Edit
	set  *table.Set
	oid  uint32
}

func newWorld(t testing.TB) *world { return newWorldWith(t, store.Options{InMemory: true}) }

func newWorldWith(t testing.TB, opts store.Options) *world {
	db, err := store.Open("", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{t: t, db: db, edit: catalog.Bootstrap().Edit(), oid: 20000}
	w.m = txn.NewManager(db, txn.Settings{DeadlockTimeout: 5 * time.Millisecond})
	return w
}

func (w *world) storage() uint64 {
	id, err := w.db.AllocStorageID()
	if err != nil {
		w.t.Fatal(err)
	}
	return uint64(id)
}

func (w *world) newOID() uint32 { w.oid++; return w.oid }

// table makes a table from "a int8, b text!" (! is NOT NULL) with a primary key
// over pk (attnums).
func (w *world) table(name, columns string, pk ...int16) *catalog.Table {
	d := &catalog.Table{Object: catalog.Object{OID: w.newOID(), Name: name, Schema: catalog.SchemaPublic}, Storage: w.storage(), PrimaryKey: pk, Persistence: 'p'}
	layout := catalog.Layout{Version: 1}
	for i, c := range strings.Split(columns, ", ") {
		col, typ, _ := strings.Cut(c, " ")
		notNull := strings.HasSuffix(typ, "!")
		ty := types.ByName(strings.TrimSuffix(typ, "!"))
		att := int16(i + 1)
		d.Columns = append(d.Columns, catalog.Column{Attnum: att, Name: col, Type: types.Of(ty.OID), NotNull: notNull})
		layout.Columns = append(layout.Columns, catalog.LayoutColumn{Attnum: att, Type: types.Of(ty.OID)})
	}
	d.Layouts = []catalog.Layout{layout}
	if len(pk) > 0 {
		x := &catalog.Index{Object: catalog.Object{OID: w.newOID(), Name: name + "_pkey", Schema: catalog.SchemaPublic}, Table: d.OID, Unique: true, Primary: true}
		for _, att := range pk {
			d.Columns[att-1].NotNull = true
			x.Keys = append(x.Keys, catalog.IndexKey{Attnum: att, Type: d.Columns[att-1].Type})
		}
		d.PKIndex, d.Indexes = x.OID, []uint32{x.OID}
		w.edit.Put(x)
	}
	w.put(d)
	return d
}

// index adds an index to a table; f may change it.
func (w *world) index(t *catalog.Table, name string, unique bool, f func(*catalog.Index), cols ...int16) *catalog.Index {
	x := &catalog.Index{Object: catalog.Object{OID: w.newOID(), Name: name, Schema: catalog.SchemaPublic}, Table: t.OID, Unique: unique, Storage: w.storage()}
	for _, att := range cols {
		x.Keys = append(x.Keys, catalog.IndexKey{Attnum: att, Type: t.Columns[att-1].Type})
	}
	if f != nil {
		f(x)
	}
	t.Indexes = append(t.Indexes, x.OID)
	w.edit.Put(x)
	w.put(t)
	return x
}

func (w *world) put(d catalog.Desc) { w.edit.Put(d); w.set = nil }

// foreign adds a foreign key from child columns to the parent's primary key.
func (w *world) foreign(child, parent *catalog.Table, name string, f func(*catalog.Constraint), cols ...int16) {
	c := catalog.Constraint{OID: w.newOID(), Name: name, Type: 'f', Columns: cols, RefTable: parent.OID, RefColumns: parent.PrimaryKey, Index: parent.PKIndex, OnDelete: 'a', OnUpdate: 'a'}
	if f != nil {
		f(&c)
	}
	child.Constraints = append(child.Constraints, c)
	parent.ReferencedBy = append(parent.ReferencedBy, child.OID)
	w.put(child)
	w.put(parent)
}

func (w *world) open(d *catalog.Table) *table.Table {
	if w.set == nil {
		w.set = table.NewSet(w.edit.Snapshot(), evaluator{})
	}
	t, err := w.set.Table(d.OID)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// evaluator knows the few expressions that tests use.
type evaluator struct{}

func (evaluator) Expr(_ *catalog.Table, text string) (table.RowFunc, error) {
	switch text {
	case "lower(b)":
		return func(v []datum.Datum) (datum.Datum, error) {
			if v[1].IsNull() {
				return v[1], nil
			}
			return datum.NewText(strings.ToLower(v[1].Str())), nil
		}, nil
	case "a > 10":
		return func(v []datum.Datum) (datum.Datum, error) {
			if v[0].IsNull() {
				return v[0], nil
			}
			return datum.NewBool(v[0].Int() > 10), nil
		}, nil
	}
	return nil, errors.New("unknown expression " + text)
}

func (evaluator) Default(_ *catalog.Table, c *catalog.Column) (datum.Datum, error) {
	return pgfmt.ParseText(c.Default, c.Type, pgfmt.Default())
}

// Assign goes by way of the value's text.
func (evaluator) Assign(_ *catalog.Table, col *catalog.Column, to types.T) (table.RowFunc, error) {
	from, at := col.Type, col.Attnum-1
	return func(v []datum.Datum) (datum.Datum, error) {
		return pgfmt.ParseText(pgfmt.Text(from, v[at], pgfmt.Default()), to, pgfmt.Default())
	}, nil
}

// vals parses values of a table's columns; "null" is NULL.
func vals(t *table.Table, list ...string) []datum.Datum {
	out := make([]datum.Datum, len(t.Desc.Columns))
	for i, s := range list {
		if s == "null" {
			continue
		}
		v, err := pgfmt.ParseText(s, t.Desc.Columns[i].Type, pgfmt.Default())
		if err != nil {
			panic(err)
		}
		out[i] = v
	}
	return out
}

// session is a transaction with helpers that stop the test on errors.
type session struct {
	w   *world
	tx  *txn.Tx
	ctx context.Context
}

func (w *world) begin(opts ...txn.Options) *session {
	var o txn.Options
	if len(opts) > 0 {
		o = opts[0]
	}
	tx := w.m.Begin(o)
	w.t.Cleanup(tx.Rollback)
	return &session{w, tx, context.Background()}
}

// do runs one statement and finishes it.
func (s *session) do(f func(st *txn.Statement, w *table.Writer) error) error {
	st, err := s.tx.Statement(s.ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	if s.w.set == nil {
		s.w.set = table.NewSet(s.w.edit.Snapshot(), evaluator{})
	}
	w := s.w.set.Writer(st)
	if err := f(st, w); err != nil {
		return err
	}
	return w.Finish()
}

func (s *session) insert(t *table.Table, list ...string) error {
	return s.do(func(_ *txn.Statement, w *table.Writer) error {
		_, err := w.Insert(t, vals(t, list...))
		return err
	})
}

// key finds the first visible row whose column col has that text.
func (s *session) key(st *txn.Statement, t *table.Table, col int, text string) []byte {
	p, err := t.Project([]int16{int16(col), table.AttRowKey})
	if err != nil {
		s.w.t.Fatal(err)
	}
	sc := t.Scan(st, p, table.ScanSpec{})
	defer sc.Close()
	b := p.NewBatch(16)
	for n, err := sc.Next(b, 16); n > 0 || err != nil; n, err = sc.Next(b, 16) {
		if err != nil {
			s.w.t.Fatal(err)
		}
		for i := range n {
			if v := b.Cols[0].Get(i); !v.IsNull() && pgfmt.Text(t.Desc.Columns[col-1].Type, v, pgfmt.Default()) == text {
				return []byte(b.Cols[1].Get(i).Str())
			}
		}
	}
	return nil
}

// update sets columns (attnum, text pairs) of the row whose column 1 is id; state
// tells what the lock found.
func (s *session) update(t *table.Table, id string, set map[int]string) (state txn.RowState, err error) {
	err = s.do(func(st *txn.Statement, w *table.Writer) error {
		key := s.key(st, t, 1, id)
		if key == nil {
			state = txn.RowAbsent
			return nil
		}
		var cols []int16
		for att := range set {
			cols = append(cols, int16(att))
		}
		var row *table.Row
		if row, state, err = t.LockRow(st, key, t.UpdateMode(cols), txn.Wait); row == nil || err != nil {
			return err
		}
		values := append([]datum.Datum(nil), row.Values...)
		for att, text := range set {
			one := make([]string, len(values))
			for i := range one {
				one[i] = "null"
			}
			one[att-1] = text
			values[att-1] = vals(t, one...)[att-1]
		}
		return w.Update(t, row, values)
	})
	return state, err
}

var errMissing = errors.New("no such row")

func (s *session) delete(t *table.Table, id string) error {
	return s.do(func(st *txn.Statement, w *table.Writer) error {
		key := s.key(st, t, 1, id)
		if key == nil {
			return errMissing
		}
		row, _, err := t.LockRow(st, key, txn.RowUpdate, txn.Wait)
		if row == nil || err != nil {
			return err
		}
		return w.Delete(t, row)
	})
}

func (s *session) commit() store.Seq {
	s.w.t.Helper()
	seq, _, err := s.tx.Commit(s.ctx)
	if err != nil {
		s.w.t.Fatal(err)
	}
	return seq
}

// rows prints the visible rows, "1|a; 2|b".
func (s *session) rows(t *table.Table, spec ...table.ScanSpec) string {
	st, err := s.tx.Statement(s.ctx)
	if err != nil {
		s.w.t.Fatal(err)
	}
	defer st.Close()
	return s.scan(st, t, spec...)
}

func (s *session) scan(st *txn.Statement, t *table.Table, spec ...table.ScanSpec) string {
	s.w.t.Helper()
	p, err := t.All()
	if err != nil {
		s.w.t.Fatal(err)
	}
	return s.print(st, t, p, spec...)
}

func (s *session) print(st *txn.Statement, t *table.Table, p *table.Projection, spec ...table.ScanSpec) string {
	s.w.t.Helper()
	var sp table.ScanSpec
	if len(spec) > 0 {
		sp = spec[0]
	}
	sc := t.Scan(st, p, sp)
	var out []string
	b := p.NewBatch(4)
	for {
		n, err := sc.Next(b, 4)
		if err != nil {
			s.w.t.Fatal(err)
		}
		if n == 0 {
			break
		}
		for i := range n {
			var parts []string
			for c, v := range b.Cols {
				text := "null"
				if d := v.Get(i); !d.IsNull() {
					text = pgfmt.Text(p.Types()[c], d, pgfmt.Default())
				}
				parts = append(parts, text)
			}
			out = append(out, strings.Join(parts, "|"))
		}
	}
	if err := sc.Close(); err != nil {
		s.w.t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// fails checks an error's code and, when given, its message and detail.
func (w *world) fails(err error, code pgcode.Code, texts ...string) {
	w.t.Helper()
	if pgerr.CodeOf(err) != code {
		w.t.Fatalf("error %v (%s), want %s", err, pgerr.CodeOf(err), code)
	}
	e := pgerr.From(err)
	for _, text := range texts {
		if e.Message != text && e.Detail != text {
			w.t.Fatalf("error %q, detail %q; want %q", e.Message, e.Detail, text)
		}
	}
}

// verify checks rows and index entries of tables, past and present, and that no
// lock is left when nobody runs.
func (w *world) verify(tables ...*table.Table) {
	w.t.Helper()
	v := w.db.View()
	defer v.Release()
	for _, t := range tables {
		w.must(t.Verify(context.Background(), v.Reader, func(p table.Problem) bool {
			w.t.Error(p)
			return true
		}))
	}
	if n := w.m.Locks(); n != 0 && w.m.Active() == 0 {
		w.t.Errorf("%d locks left", n)
	}
}

// toNumeric is the USING of an ALTER TYPE of column 2 from integer.
func toNumeric(values []datum.Datum) ([]datum.Datum, error) {
	values[1] = datum.NewNumeric(values[1].Int(), 0)
	return values, nil
}
