package table_test

import (
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

func TestInsertUpdateDelete(t *testing.T) {
	w := newWorld(t)
	acc := w.open(w.table("account", "id int8, owner text!, balance numeric", 1))
	s := w.begin()
	w.must(s.insert(acc, "1", "ada", "100.00"))
	w.must(s.insert(acc, "2", "bob", "50"))
	if got := s.rows(acc); got != "1|ada|100.00; 2|bob|50" {
		t.Fatalf("own rows: %s", got)
	}
	if got := w.begin().rows(acc); got != "" {
		t.Fatalf("others see %s", got)
	}
	first := s.commit()

	s = w.begin()
	if _, err := s.update(acc, "1", map[int]string{3: "70.00"}); err != nil {
		t.Fatal(err)
	}
	w.must(s.delete(acc, "2"))
	if got := s.rows(acc); got != "1|ada|70.00" {
		t.Fatalf("after update: %s", got)
	}
	second := s.commit()
	if second != first+1 {
		t.Fatalf("seqs %d, %d", first, second)
	}
	s = w.begin(txn.Options{AsOf: &first})
	if got := s.rows(acc); got != "1|ada|100.00; 2|bob|50" {
		t.Fatalf("as of %d: %s", first, got)
	}
	s.tx.Rollback()

	s = w.begin()
	st, _ := s.tx.Statement(s.ctx)
	p, err := acc.Project([]int16{1, 3, table.AttSystemSeqStart, table.AttSystemSeqEnd})
	w.must(err)
	got := s.print(st, acc, p, table.ScanSpec{History: true, To: store.MaxSeq})
	if want := "1|100.00|1|2; 1|70.00|2|9223372036854775807; 2|50|1|2"; got != want {
		t.Fatalf("history: %s, want %s", got, want)
	}
	row := make([]datum.Datum, 4)
	found, err := p.Get(st, acc.Key(nil, []datum.Datum{datum.NewInt(1)}), row)
	if err != nil || !found || row[2].Int() != 2 {
		t.Fatalf("get: %v %v %v", found, err, row)
	}
	st.Close()
	s.tx.Rollback()

	// An update that changes nothing writes no version.
	s = w.begin()
	if _, err := s.update(acc, "1", map[int]string{3: "70.00"}); err != nil {
		t.Fatal(err)
	}
	if seq := s.commit(); seq != 0 {
		t.Fatalf("empty update made commit %d", seq)
	}
	// One that changes only the display scale does.
	s = w.begin()
	if _, err := s.update(acc, "1", map[int]string{3: "70.0"}); err != nil {
		t.Fatal(err)
	}
	if seq := s.commit(); seq != 3 {
		t.Fatalf("scale change made commit %d", seq)
	}
	w.verify(acc)
}

func TestConstraintErrors(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, a int4!, b text", 1)
	w.index(d, "t_a_b_key", true, nil, 2, 3)
	tab := w.open(d)
	s := w.begin()
	w.must(s.insert(tab, "1", "5", "x"))
	w.fails(s.insert(tab, "1", "6", "y"), pgcode.UniqueViolation,
		`duplicate key value violates unique constraint "t_pkey"`, "Key (id)=(1) already exists.")
	w.fails(s.insert(tab, "2", "5", "x"), pgcode.UniqueViolation,
		`duplicate key value violates unique constraint "t_a_b_key"`, "Key (a, b)=(5, x) already exists.")
	w.fails(s.insert(tab, "3", "null", "z"), pgcode.NotNullViolation,
		`null value in column "a" of relation "t" violates not-null constraint`, "Failing row contains (3, null, z).")
}

func TestNullsDistinct(t *testing.T) {
	for _, notDistinct := range []bool{false, true} {
		w := newWorld(t)
		d := w.table("t", "id int8, a int4", 1)
		w.index(d, "t_a_key", true, func(x *catalog.Index) { x.NullsNotDistinct = notDistinct }, 2)
		tab := w.open(d)
		s := w.begin()
		w.must(s.insert(tab, "1", "null"))
		err := s.insert(tab, "2", "null")
		if notDistinct {
			w.fails(err, pgcode.UniqueViolation, "Key (a)=(null) already exists.")
			continue
		}
		w.must(err)
		s.commit()
		w.verify(tab)
	}
}

func TestIndexScans(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "a int8, b text, c numeric", 1)
	w.index(d, "t_b", false, func(x *catalog.Index) { x.Include = []int16{3} }, 2)
	w.index(d, "t_c", false, func(x *catalog.Index) { x.Keys[0].Desc, x.Keys[0].NullsFirst = true, true }, 3)
	w.index(d, "t_low", true, func(x *catalog.Index) {
		x.Keys = []catalog.IndexKey{{Expr: "lower(b)", Type: d.Columns[1].Type}}
		x.Where = "a > 10"
	})
	tab := w.open(d)
	s := w.begin()
	for _, r := range [][]string{{"1", "x", "1.50"}, {"2", "x", "null"}, {"3", "y", "-2"}, {"11", "X", "10"}, {"12", "z", "1.5"}} {
		w.must(s.insert(tab, r...))
	}
	before := s.tx.Savepoint()
	w.fails(s.insert(tab, "13", "Z", "1"), pgcode.UniqueViolation, "Key (lower(b))=(z) already exists.")
	s.tx.RollbackTo(before)
	check := func(when string) {
		t.Helper()
		b, c := tab.Indexes[1], tab.Indexes[2]
		eq := func(x *table.Index, text string, att int) []datum.Datum {
			list := []string{"null", "null", "null"}
			list[att-1] = text
			return vals(tab, list...)[att-1 : att]
		}
		if got := s.rows(tab, table.ScanSpec{Index: b, Span: b.Span(eq(b, "x", 2), nil, nil)}); got != "1|x|1.50; 2|x|null" {
			t.Errorf("%s: b = x: %s", when, got)
		}
		lo := &table.Bound{Value: eq(c, "1.5", 3)[0], Inclusive: true}
		if got := s.rows(tab, table.ScanSpec{Index: c, Span: c.Span(nil, lo, nil)}); got != "11|X|10; 1|x|1.50; 12|z|1.5" {
			t.Errorf("%s: c >= 1.5: %s", when, got)
		}
		lo.Inclusive = false
		if got := s.rows(tab, table.ScanSpec{Index: c, Span: c.Span(nil, lo, nil), Reverse: true}); got != "11|X|10" {
			t.Errorf("%s: c > 1.5: %s", when, got)
		}
		if got := s.rows(tab, table.ScanSpec{Index: c, Span: c.Span(nil, nil, lo)}); got != "3|y|-2" {
			t.Errorf("%s: c < 1.5: %s", when, got)
		}
		if got := s.rows(tab, table.ScanSpec{Index: c, Span: c.Span([]datum.Datum{{}}, nil, nil)}); got != "2|x|null" {
			t.Errorf("%s: c is null: %s", when, got)
		}
		st, _ := s.tx.Statement(s.ctx)
		defer st.Close()
		p, err := tab.Project([]int16{3, 2})
		w.must(err)
		if !b.Covers([]int16{3, 2}) || b.Covers([]int16{1}) {
			t.Error("wrong cover")
		}
		if got := s.print(st, tab, p, table.ScanSpec{Index: b, Span: b.Span(eq(b, "x", 2), nil, nil)}); got != "1.50|x; null|x" {
			t.Errorf("%s: index only: %s", when, got)
		}
	}
	check("own")
	s.commit()
	s = w.begin()
	check("committed")
	w.verify(tab)
}

// TestSwaps exchanges primary and unique keys inside one transaction, which
// leaves one version each and one update each in the change list.
func TestSwaps(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, u int8", 1)
	w.index(d, "t_u_key", true, nil, 2)
	tab := w.open(d)
	s := w.begin()
	w.must(s.insert(tab, "1", "10"))
	w.must(s.insert(tab, "2", "20"))
	s.commit()

	s = w.begin()
	for _, step := range [][2]string{{"1", "3"}, {"2", "1"}, {"3", "2"}} {
		if _, err := s.update(tab, step[0], map[int]string{1: step[1]}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.rows(tab); got != "1|20; 2|10" {
		t.Fatalf("key swap: %s", got)
	}
	seq := s.commit()
	var ops []string
	ch := w.db.Changes(tab.OID(), seq, seq)
	for ch.Next() {
		c := ch.Change()
		ops = append(ops, c.Op.String())
		if len(c.NewKey) == 0 || len(c.Key) == 0 || string(c.Key) == string(c.NewKey) {
			t.Errorf("change %+v", c)
		}
	}
	w.must(ch.Close())
	if len(ops) != 2 || ops[0] != "update" || ops[1] != "update" {
		t.Fatalf("changes of a key swap: %v", ops)
	}

	s = w.begin()
	for _, step := range [][2]string{{"1", "0"}, {"2", "20"}, {"1", "10"}} {
		if _, err := s.update(tab, step[0], map[int]string{2: step[1]}); err != nil {
			t.Fatal(err)
		}
	}
	s.commit()
	s = w.begin()
	if got := s.rows(tab); got != "1|10; 2|20" {
		t.Fatalf("unique swap: %s", got)
	}
	s.tx.Rollback()

	// Delete and insert again: one update of the row; the same again: nothing.
	s = w.begin()
	w.must(s.delete(tab, "1"))
	w.must(s.insert(tab, "1", "11"))
	seq = s.commit()
	ch = w.db.Changes(tab.OID(), seq, seq)
	for ch.Next() {
		if c := ch.Change(); c.Op != store.OpUpdate || len(table.ChangedColumns(c.Columns)) != 1 {
			t.Errorf("delete and insert: %+v", c)
		}
	}
	w.must(ch.Close())
	s = w.begin()
	w.must(s.delete(tab, "1"))
	w.must(s.insert(tab, "1", "11"))
	if seq := s.commit(); seq != 0 {
		t.Errorf("commit %d for no change", seq)
	}
	w.verify(tab)
}

func TestSavepoints(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, u int8", 1)
	w.index(d, "t_u_key", true, nil, 2)
	tab := w.open(d)
	s := w.begin()
	w.must(s.insert(tab, "1", "1"))
	sp := s.tx.Savepoint()
	w.must(s.insert(tab, "2", "2"))
	if _, err := s.update(tab, "1", map[int]string{2: "9"}); err != nil {
		t.Fatal(err)
	}
	inner := s.tx.Savepoint()
	w.must(s.delete(tab, "1"))
	s.tx.RollbackTo(inner)
	if got := s.rows(tab); got != "1|9; 2|2" {
		t.Fatalf("inner: %s", got)
	}
	s.tx.RollbackTo(sp)
	if got := s.rows(tab); got != "1|1" {
		t.Fatalf("outer: %s", got)
	}
	w.must(s.insert(tab, "3", "2"))
	s.tx.Release(sp)
	s.commit()
	if got := w.begin().rows(tab); got != "1|1; 3|2" {
		t.Fatalf("committed: %s", got)
	}
	w.verify(tab)
}

// TestNoHalloween updates every row while scanning: the scan does not meet what
// the statement itself writes.
func TestNoHalloween(t *testing.T) {
	w := newWorld(t)
	tab := w.open(w.table("t", "id int8, v int8", 1))
	s := w.begin()
	w.must(s.insert(tab, "1", "1"))
	w.must(s.insert(tab, "2", "2"))
	n := 0
	w.must(s.do(func(st *txn.Statement, wr *table.Writer) error {
		p, _ := tab.Project([]int16{1, table.AttRowKey})
		sc := tab.Scan(st, p, table.ScanSpec{})
		defer sc.Close()
		b := p.NewBatch(1)
		for {
			k, err := sc.Next(b, 1)
			if err != nil || k == 0 {
				return err
			}
			n++
			row, _, err := tab.LockRow(st, []byte(b.Cols[1].Get(0).Str()), txn.RowUpdate, txn.Wait)
			if err != nil {
				return err
			}
			values := append([]datum.Datum(nil), row.Values...)
			values[0] = datum.NewInt(values[0].Int() + 10)
			if err := wr.Update(tab, row, values); err != nil {
				return err
			}
			// The row is gone for this statement, and its new place is its own.
			if _, state, _ := tab.LockRow(st, row.Key, txn.RowUpdate, txn.Wait); state != txn.RowOwn {
				t.Errorf("state %d", state)
			}
		}
	}))
	if got := s.rows(tab); n != 2 || got != "11|1; 12|2" {
		t.Fatalf("%d rows met; %s", n, got)
	}
}

// TestYoungerIndex: a snapshot older than an index reads through it all the same.
func TestYoungerIndex(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, v int8", 1)
	tab := w.open(d)
	s := w.begin()
	for _, r := range [][2]string{{"1", "30"}, {"2", "10"}, {"3", "20"}} {
		w.must(s.insert(tab, r[0], r[1]))
	}
	s.commit()
	old := w.begin(txn.Options{Isolation: txn.RepeatableRead})
	old.rows(tab)

	s = w.begin()
	w.must(s.delete(tab, "3"))
	id, err := s.tx.NewStorage()
	w.must(err)
	d = d.Clone()
	x := w.index(d, "t_v", false, func(x *catalog.Index) { x.Storage = uint64(id) }, 2)
	tab = w.open(d)
	w.must(s.do(func(st *txn.Statement, _ *table.Writer) error { return table.BuildIndex(st, tab, tab.Index(x.OID)) }))
	s.commit()

	ix := tab.Index(x.OID)
	spec := table.ScanSpec{Index: ix, Span: ix.Span(nil, &table.Bound{Value: datum.NewInt(20), Inclusive: true}, nil)}
	if got := old.rows(tab, spec); got != "3|20; 1|30" {
		t.Errorf("old snapshot: %s", got)
	}
	spec.Reverse = true
	if got := old.rows(tab, spec); got != "1|30; 3|20" {
		t.Errorf("old snapshot, backwards: %s", got)
	}
	if got := w.begin().rows(tab, spec); got != "1|30" {
		t.Errorf("new snapshot: %s", got)
	}
	w.verify(tab)
}
