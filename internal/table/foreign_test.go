package table_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// family is a parent and a child whose foreign key has the given actions, with
// or without an index on the child's column.
func family(t *testing.T, onDelete, onUpdate byte, indexed bool, f func(*catalog.Constraint)) (w *world, parent, child *table.Table) {
	w = newWorld(t)
	p := w.table("p", "id int8, name text", 1)
	c := w.table("c", "id int4, pid int4, v text", 1)
	c.Columns[1].Default = "9"
	if indexed {
		w.index(c, "c_pid", false, nil, 2)
	}
	w.foreign(c, p, "c_pid_fkey", func(k *catalog.Constraint) {
		k.OnDelete, k.OnUpdate = onDelete, onUpdate
		if f != nil {
			f(k)
		}
	}, 2)
	parent, child = w.open(p), w.open(c)
	s := w.begin()
	for _, id := range []string{"1", "2", "9"} {
		w.must(s.insert(parent, id, "x"))
	}
	w.must(s.insert(child, "10", "1", "a"))
	w.must(s.insert(child, "11", "1", "b"))
	w.must(s.insert(child, "12", "2", "c"))
	w.must(s.insert(child, "13", "null", "d"))
	s.commit()
	return w, parent, child
}

func TestForeignKeyInsert(t *testing.T) {
	w, _, child := family(t, 'a', 'a', true, nil)
	s := w.begin()
	w.fails(s.insert(child, "14", "7", "e"), pgcode.ForeignKeyViolation,
		`insert or update on table "c" violates foreign key constraint "c_pid_fkey"`, `Key (pid)=(7) is not present in table "p".`)
	s.tx.Rollback()
	s = w.begin()
	_, err := s.update(child, "10", map[int]string{2: "7"})
	w.fails(err, pgcode.ForeignKeyViolation, `Key (pid)=(7) is not present in table "p".`)
}

func TestForeignKeyActions(t *testing.T) {
	const message = `update or delete on table "p" violates foreign key constraint "c_pid_fkey" on table "c"`
	const detail = `Key (id)=(1) is still referenced from table "c".`
	for _, c := range []struct {
		action byte
		fails  bool
		delete string // children afterwards
		update string
	}{
		{'a', true, "", ""},
		{'r', true, "", ""},
		{'c', false, "12|2|c; 13|null|d", "10|5|a; 11|5|b; 12|2|c; 13|null|d"},
		{'n', false, "10|null|a; 11|null|b; 12|2|c; 13|null|d", "10|null|a; 11|null|b; 12|2|c; 13|null|d"},
		{'d', false, "10|9|a; 11|9|b; 12|2|c; 13|null|d", "10|9|a; 11|9|b; 12|2|c; 13|null|d"},
	} {
		for _, indexed := range []bool{true, false} {
			w, parent, child := family(t, c.action, c.action, indexed, nil)
			before := w.begin().rows(child)
			for _, op := range []string{"delete", "update"} {
				s := w.begin()
				var err error
				want := c.delete
				if op == "delete" {
					err = s.delete(parent, "1")
				} else {
					_, err = s.update(parent, "1", map[int]string{1: "5"})
					want = c.update
				}
				if c.fails {
					w.fails(err, pgcode.ForeignKeyViolation, message, detail)
					s.tx.Rollback()
					continue
				}
				w.must(err)
				if got := s.rows(child); got != want {
					t.Errorf("%c %s: %s, want %s", c.action, op, got, want)
				}
				if op == "delete" {
					s.tx.Rollback()
					continue
				}
				seq := s.commit()
				past := seq - 1
				if got := w.begin(txn.Options{AsOf: &past}).rows(child); got != before {
					t.Errorf("%c %s: the past became %s", c.action, op, got)
				}
			}
			w.verify(parent, child)
		}
	}
}

// TestForeignKeyReplacedParent: NO ACTION accepts a parent that another row of
// the same statement or transaction replaced; RESTRICT does not look.
func TestForeignKeyReplacedParent(t *testing.T) {
	for _, action := range []byte{'a', 'r'} {
		w, parent, _ := family(t, action, action, true, nil)
		s := w.begin()
		err := s.do(func(st *txn.Statement, wr *table.Writer) error {
			row, _, err := parent.LockRow(st, s.key(st, parent, 1, "1"), txn.RowUpdate, txn.Wait)
			w.must(err)
			w.must(wr.Delete(parent, row))
			_, err = wr.Insert(parent, vals(parent, "1", "again"))
			return err
		})
		if action == 'r' {
			w.fails(err, pgcode.ForeignKeyViolation)
			continue
		}
		w.must(err)
		s.commit()
	}
}

func TestForeignKeySelfReference(t *testing.T) {
	w := newWorld(t)
	d := w.table("tree", "id int8, up int8", 1)
	w.foreign(d, d, "tree_up_fkey", func(k *catalog.Constraint) { k.OnDelete = 'c' }, 2)
	tree := w.open(d)
	s := w.begin()
	// A row may be its own parent, and a statement may insert the parent last.
	w.must(s.insert(tree, "1", "1"))
	w.must(s.do(func(_ *txn.Statement, wr *table.Writer) error {
		for _, r := range [][2]string{{"4", "3"}, {"3", "2"}, {"2", "1"}} {
			if _, err := wr.Insert(tree, vals(tree, r[0], r[1])); err != nil {
				return err
			}
		}
		return nil
	}))
	s.commit()
	s = w.begin()
	w.must(s.delete(tree, "2"))
	if got := s.rows(tree); got != "1|1" {
		t.Errorf("after the cascade: %s", got)
	}
	s.commit()
	w.verify(tree)
}

func TestForeignKeyDeferred(t *testing.T) {
	deferrable := func(k *catalog.Constraint) { k.Deferrable, k.Deferred = true, true }
	w, parent, child := family(t, 'a', 'a', true, deferrable)
	s := w.begin()
	w.must(s.insert(child, "20", "7", "x"))
	w.must(s.insert(parent, "7", "late"))
	w.must(s.delete(parent, "2"))
	w.must(s.delete(child, "12"))
	s.commit()

	s = w.begin()
	w.must(s.insert(child, "21", "8", "x"))
	_, _, err := s.tx.Commit(s.ctx)
	w.fails(err, pgcode.ForeignKeyViolation, `Key (pid)=(8) is not present in table "p".`)

	s = w.begin()
	w.must(s.insert(child, "21", "8", "x"))
	w.fails(table.SetConstraints(s.ctx, s.tx, nil, false), pgcode.ForeignKeyViolation)
	s.tx.Rollback()

	s = w.begin()
	sp := s.tx.Savepoint()
	w.must(s.insert(child, "21", "8", "x"))
	s.tx.RollbackTo(sp)
	s.commit() // the check went with the row
	w.verify(parent, child)
}

func TestForeignKeyMatchFull(t *testing.T) {
	w := newWorld(t)
	p := w.table("p", "a int8, b int8", 1, 2)
	c := w.table("c", "id int8, a int8, b int8", 1)
	w.foreign(c, p, "c_fk", func(k *catalog.Constraint) { k.MatchFull = true }, 2, 3)
	child := w.open(c)
	s := w.begin()
	w.must(s.insert(child, "1", "null", "null"))
	w.fails(s.insert(child, "2", "1", "null"), pgcode.ForeignKeyViolation, "MATCH FULL does not allow mixing of null and nonnull key values.")
}

// TestForeignKeyRace: a parent's deletion and a child's insertion meet; one of
// them fails whichever comes first, and no orphan remains.
func TestForeignKeyRace(t *testing.T) {
	w, parent, child := family(t, 'a', 'a', true, nil)
	// The child first: the deletion waits for it, then fails.
	a, b := w.begin(), w.begin()
	w.must(a.insert(child, "30", "9", "x"))
	done := make(chan error)
	go func() { done <- b.delete(parent, "9") }()
	stillWaiting(t, done)
	a.commit()
	w.fails(<-done, pgcode.ForeignKeyViolation)
	b.tx.Rollback()
	// The deletion first: the child waits, then fails.
	s := w.begin()
	w.must(s.delete(child, "30"))
	s.commit()
	a, b = w.begin(), w.begin()
	w.must(b.delete(parent, "9"))
	go func() { done <- a.insert(child, "31", "9", "x") }()
	stillWaiting(t, done)
	b.commit()
	w.fails(<-done, pgcode.ForeignKeyViolation, `Key (pid)=(9) is not present in table "p".`)
	a.tx.Rollback()
	// A parent whose other columns change does not make the child wait.
	a, b = w.begin(), w.begin()
	if _, err := b.update(parent, "1", map[int]string{2: "renamed"}); err != nil {
		t.Fatal(err)
	}
	w.must(a.insert(child, "32", "1", "x"))
	a.commit()
	b.commit()
	w.verify(parent, child)
}

// stillWaiting gives a blocked call the time to come back if it is not blocked.
func stillWaiting[T any](t *testing.T, done <-chan T) {
	t.Helper()
	select {
	case v := <-done:
		t.Fatalf("did not wait: %v", v)
	case <-time.After(20 * time.Millisecond):
	}
}

// TestUniqueRace: an insert waits for another's uncommitted insert, update or
// delete of the same unique key and decides by its outcome.
func TestUniqueRace(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, u int8", 1)
	w.index(d, "t_u_key", true, nil, 2)
	tab := w.open(d)
	s := w.begin()
	w.must(s.insert(tab, "1", "10"))
	s.commit()
	for _, c := range []struct {
		name   string
		first  func(s *session) error
		row    [2]string // what the second inserts
		commit bool
		fails  bool
	}{
		{"insert, commit", func(s *session) error { return s.insert(tab, "5", "50") }, [2]string{"6", "50"}, true, true},
		{"insert, rollback", func(s *session) error { return s.insert(tab, "6", "60") }, [2]string{"7", "60"}, false, false},
		{"same key, rollback", func(s *session) error { return s.insert(tab, "8", "80") }, [2]string{"8", "81"}, false, false},
		{"delete, rollback", func(s *session) error { return s.delete(tab, "1") }, [2]string{"9", "10"}, false, true},
		{"delete, commit", func(s *session) error { return s.delete(tab, "1") }, [2]string{"9", "10"}, true, false},
		{"delete of the key, commit", func(s *session) error { return s.delete(tab, "9") }, [2]string{"9", "90"}, true, false},
	} {
		a, b := w.begin(), w.begin()
		w.must(c.first(a))
		done := make(chan error)
		go func() { done <- b.insert(tab, c.row[0], c.row[1]) }()
		stillWaiting(t, done)
		if c.commit {
			a.commit()
		} else {
			a.tx.Rollback()
		}
		err := <-done
		if (err != nil) != c.fails {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err == nil {
			b.commit()
		} else {
			w.fails(err, pgcode.UniqueViolation)
			b.tx.Rollback()
		}
	}
	w.verify(tab)
}

// TestConflict: the arbiter finds committed and own rows, waits for others', and
// leaves the key to the inserter when there is none.
func TestConflict(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, u int8", 1)
	w.index(d, "t_u_key", true, nil, 2)
	tab := w.open(d)
	s := w.begin()
	w.must(s.insert(tab, "1", "10"))
	s.commit()
	find := func(s *session, row ...string) (found string) {
		w.must(s.do(func(st *txn.Statement, wr *table.Writer) error {
			key, x, err := wr.Conflict(tab, vals(tab, row...), nil)
			if err != nil || key == nil {
				return err
			}
			r, _, err := tab.LockNewest(st, key, txn.RowNoKeyUpdate)
			if r != nil {
				found = x.Desc.Name + " " + vals1(r)
			}
			return err
		}))
		return found
	}
	s = w.begin()
	for _, c := range [][3]string{{"1", "99", "t_pkey 1"}, {"99", "10", "t_u_key 1"}, {"3", "30", ""}} {
		if got := find(s, c[0], c[1]); got != c[2] {
			t.Errorf("conflict of (%s, %s): %q", c[0], c[1], got)
		}
	}
	w.must(s.insert(tab, "3", "30"))
	if got := find(s, "3", "31"); got != "t_pkey 3" {
		t.Errorf("own row: %q", got)
	}
	b := w.begin()
	done := make(chan string)
	go func() { done <- find(b, "4", "30") }()
	stillWaiting(t, done)
	s.commit()
	if got := <-done; got != "t_u_key 3" {
		t.Errorf("after the wait: %q", got)
	}
	b.commit()
	w.verify(tab)
}

func vals1(r *table.Row) string { return string(rune('0' + r.Values[0].Int())) }

// TestFollowMovedRow: a READ COMMITTED statement that waited for a row whose key
// changed meanwhile gets it under its new key.
func TestFollowMovedRow(t *testing.T) {
	w := newWorld(t)
	tab := w.open(w.table("t", "id int8, v int8", 1))
	s := w.begin()
	w.must(s.insert(tab, "1", "0"))
	s.commit()
	a, b := w.begin(), w.begin()
	if _, err := a.update(tab, "1", map[int]string{1: "2"}); err != nil {
		t.Fatal(err)
	}
	type result struct {
		state txn.RowState
		err   error
	}
	done := make(chan result)
	go func() {
		state, err := b.update(tab, "1", map[int]string{2: "7"})
		done <- result{state, err}
	}()
	stillWaiting(t, done)
	a.commit()
	if r := <-done; r.err != nil || r.state != txn.RowChanged {
		t.Fatalf("%+v", r)
	}
	b.commit()
	if got := w.begin().rows(tab); got != "2|7" {
		t.Error(got)
	}
	w.verify(tab)
}

// TestTruncateAndRewrite: the past reads through the storages a table had.
func TestTruncateAndRewrite(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, v int4")
	tab := w.open(d)
	s := w.begin()
	for _, r := range [][2]string{{"2", "20"}, {"1", "10"}} {
		w.must(s.insert(tab, r[0], r[1]))
	}
	seqs := []store.Seq{s.commit()}
	// ADD PRIMARY KEY and v to numeric, with an index, in one rewrite.
	s = w.begin()
	old := tab
	d = d.Clone()
	id, err := s.tx.NewStorage()
	w.must(err)
	xid, err := s.tx.NewStorage()
	w.must(err)
	d.Past = append(d.Past, catalog.PastShape{Storage: d.Storage, PrimaryKey: d.PrimaryKey, Layouts: d.Layouts})
	num := w.table("shape", "id int8!, v numeric", 1)
	d.Storage, d.PrimaryKey, d.Columns, d.Layouts = uint64(id), []int16{1}, num.Columns, num.Layouts
	pk := &catalog.Index{Object: catalog.Object{OID: w.newOID(), Name: "t_pkey"}, Table: d.OID, Unique: true, Keys: []catalog.IndexKey{{Attnum: 1, Type: d.Columns[0].Type}}}
	x := &catalog.Index{Object: catalog.Object{OID: w.newOID(), Name: "t_v"}, Table: d.OID, Storage: uint64(xid), Keys: []catalog.IndexKey{{Attnum: 2, Type: d.Columns[1].Type}}, FromSeq: 2}
	d.PKIndex, d.Indexes = pk.OID, []uint32{pk.OID, x.OID}
	w.put(pk)
	w.put(x)
	w.put(d)
	tab = w.open(d)
	w.must(s.do(func(st *txn.Statement, _ *table.Writer) error { return table.Rewrite(st, old, tab, toNumeric) }))
	s.tx.Freeze(txn.Frozen{ID: old.Storage()})
	if got := s.rows(tab); got != "1|10; 2|20" {
		t.Fatalf("rewritten: %s", got)
	}
	seqs = append(seqs, s.commit())
	if got := w.begin(txn.Options{AsOf: &seqs[0]}).rows(old); got != "2|20; 1|10" {
		t.Errorf("before the rewrite: %s", got)
	}
	s = w.begin()
	st, _ := s.tx.Statement(context.Background())
	p, err := tab.Project([]int16{1, 2, table.AttSystemSeqStart, table.AttSystemSeqEnd})
	w.must(err)
	if got := s.print(st, tab, p, table.ScanSpec{History: true, To: store.MaxSeq}); got != "2|20|1|2; 1|10|1|2; 1|10|2|9223372036854775807; 2|20|2|9223372036854775807" {
		t.Errorf("history: %s", got)
	}
	st.Close()
	s.tx.Rollback()
	w.verify(tab)

	// A unique index over duplicates fails with their values.
	s = w.begin()
	w.must(s.insert(tab, "3", "20.0"))
	bad := x.Clone()
	bad.Unique, bad.Name, bad.OID = true, "t_v_key", w.newOID()
	bid, err := s.tx.NewStorage()
	w.must(err)
	bad.Storage = uint64(bid)
	d2 := d.Clone()
	d2.Indexes = append(d2.Indexes, bad.OID)
	w.put(bad)
	w.put(d2)
	err = s.do(func(st *txn.Statement, _ *table.Writer) error {
		tab := w.open(d2)
		return table.BuildIndex(st, tab, tab.Index(bad.OID))
	})
	w.fails(err, pgcode.UniqueViolation, `could not create unique index "t_v_key"`, "Key (v)=(20.0) is duplicated.")
}

// TestConflictStress inserts the same keys from many goroutines as INSERT ... ON
// CONFLICT DO NOTHING does: nobody gets an error, each key is inserted once.
func TestConflictStress(t *testing.T) {
	w := newWorld(t)
	d := w.table("t", "id int8, u int8", 1)
	w.index(d, "t_u_key", true, nil, 2)
	tab := w.open(d)
	var wg sync.WaitGroup
	var inserted atomic.Int64
	for range 8 {
		wg.Go(func() {
			for k := range 40 {
				s := w.begin()
				n := strconv.Itoa(k)
				err := s.do(func(_ *txn.Statement, wr *table.Writer) error {
					values := vals(tab, n, n)
					key, _, err := wr.Conflict(tab, values, nil)
					if err != nil || key != nil {
						return err
					}
					inserted.Add(1)
					_, err = wr.Insert(tab, values)
					return err
				})
				if err == nil {
					_, _, err = s.tx.Commit(s.ctx)
				}
				if err != nil {
					t.Error(err)
				}
				s.tx.Rollback()
			}
		})
	}
	wg.Wait()
	if inserted.Load() != 40 {
		t.Errorf("%d inserted", inserted.Load())
	}
	w.verify(tab)
}
