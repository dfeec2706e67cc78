package table_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// addTo adds n to column 2 of a row found by key, re-reading it when others were
// first: what UPDATE t SET v = v + n WHERE id = ... does under READ COMMITTED.
func (s *session) addTo(t *table.Table, id, n int64) error {
	return s.do(func(st *txn.Statement, w *table.Writer) error {
		row, _, err := t.LockRow(st, t.Key(nil, []datum.Datum{datum.NewInt(id)}), txn.RowNoKeyUpdate, txn.Wait)
		if err != nil || row == nil {
			return err
		}
		values := append([]datum.Datum(nil), row.Values...)
		values[1] = datum.NewInt(values[1].Int() + n)
		return w.Update(t, row, values)
	})
}

// TestTransfers moves amounts between rows in many goroutines, in random order
// so that deadlocks happen, at both isolation levels. Money is neither made nor
// lost, at the end and at every commit on the way, and no lock remains.
func TestTransfers(t *testing.T) {
	for _, level := range []txn.Isolation{txn.ReadCommitted, txn.RepeatableRead} {
		t.Run(fmt.Sprint(level), func(t *testing.T) { transfers(t, level) })
	}
}

func transfers(t *testing.T, level txn.Isolation) {
	const rows, workers, rounds = 5, 8, 60
	w := newWorld(t)
	tab := w.open(w.table("t", "id int8, v int8", 1))
	s := w.begin()
	for i := range rows {
		w.must(s.insert(tab, strconv.Itoa(i), "1000"))
	}
	first := s.commit()
	var wg sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[pgcode.Code]int{}
	for worker := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), uint64(level)))
			for range rounds {
				a, b, n := r.Int64N(rows), r.Int64N(rows), r.Int64N(10)
				s := w.begin(txn.Options{Isolation: level})
				err := s.addTo(tab, a, -n)
				if err == nil {
					err = s.addTo(tab, b, n)
				}
				if err == nil {
					_, _, err = s.tx.Commit(s.ctx)
				}
				s.tx.Rollback()
				mu.Lock()
				outcomes[pgerr.CodeOf(err)]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for code := range outcomes {
		switch {
		case code == "" || code == pgcode.TRDeadlockDetected:
		case code == pgcode.TRSerializationFailure && level == txn.RepeatableRead:
		default:
			t.Errorf("outcome %s: %v", code, outcomes)
		}
	}
	if outcomes[""] < rounds {
		t.Errorf("outcomes %v", outcomes)
	}
	v := w.db.View()
	defer v.Release()
	p, err := tab.Project([]int16{2})
	w.must(err)
	for seq := first; seq <= v.Seq(); seq++ {
		s := w.begin(txn.Options{AsOf: &seq})
		st, _ := s.tx.Statement(s.ctx)
		sc := tab.Scan(st, p, table.ScanSpec{})
		b := p.NewBatch(16)
		n, err := sc.Next(b, 16)
		w.must(err)
		sum := int64(0)
		for i := range n {
			sum += b.Cols[0].Ints[i]
		}
		w.must(sc.Close())
		st.Close()
		s.tx.Rollback()
		if n != rows || sum != rows*1000 {
			t.Fatalf("at seq %d: %d rows, sum %d", seq, n, sum)
		}
	}
	w.verify(tab)
}

// TestLostUpdate: two READ COMMITTED increments of one row both count; under
// REPEATABLE READ the second fails.
func TestLostUpdate(t *testing.T) {
	w := newWorld(t)
	tab := w.open(w.table("t", "id int8, v int8", 1))
	s := w.begin()
	w.must(s.insert(tab, "1", "0"))
	s.commit()
	for _, level := range []txn.Isolation{txn.ReadCommitted, txn.RepeatableRead} {
		a, b := w.begin(txn.Options{Isolation: level}), w.begin(txn.Options{Isolation: level})
		before := b.rows(tab) // takes REPEATABLE READ's snapshot
		w.must(a.addTo(tab, 1, 1))
		done := make(chan error)
		go func() { done <- b.addTo(tab, 1, 1) }()
		a.commit()
		err := <-done
		if level == txn.RepeatableRead {
			w.fails(err, pgcode.TRSerializationFailure, "could not serialize access due to concurrent update")
			if got := b.rows(tab); got != before {
				t.Errorf("snapshot moved: %s, then %s", before, got)
			}
			b.tx.Rollback()
			continue
		}
		w.must(err)
		b.commit()
	}
	if got := w.begin().rows(tab); got != "1|3" {
		t.Errorf("after three increments: %s", got)
	}
}

// TestWriteSkew: REPEATABLE READ lets two transactions each check the other's row
// and change its own, as PostgreSQL's does.
func TestWriteSkew(t *testing.T) {
	w := newWorld(t)
	tab := w.open(w.table("t", "id int8, v int8", 1))
	s := w.begin()
	w.must(s.insert(tab, "1", "1"))
	w.must(s.insert(tab, "2", "1"))
	s.commit()
	a, b := w.begin(txn.Options{Isolation: txn.RepeatableRead}), w.begin(txn.Options{Isolation: txn.RepeatableRead})
	a.rows(tab)
	b.rows(tab)
	w.must(a.addTo(tab, 1, -1))
	w.must(b.addTo(tab, 2, -1))
	a.commit()
	b.commit()
	if got := w.begin().rows(tab); got != "1|0; 2|0" {
		t.Error(got)
	}
}

// TestEarlyStartLateCommit: a transaction that began first and commits last shows
// in no AS OF of a moment before its commit.
func TestEarlyStartLateCommit(t *testing.T) {
	w := newWorld(t)
	tab := w.open(w.table("t", "id int8, v int8", 1))
	early := w.begin()
	w.must(early.insert(tab, "1", "1"))
	var seqs []store.Seq
	for i := 2; i < 5; i++ {
		s := w.begin()
		w.must(s.insert(tab, strconv.Itoa(i), "0"))
		seqs = append(seqs, s.commit())
	}
	last := early.commit()
	for i, seq := range append(seqs, last) {
		s := w.begin(txn.Options{AsOf: &seq})
		got := s.rows(tab)
		want := []string{"2|0", "2|0; 3|0", "2|0; 3|0; 4|0", "1|1; 2|0; 3|0; 4|0"}[i]
		if got != want {
			t.Errorf("as of %d: %s, want %s", seq, got, want)
		}
		s.tx.Rollback()
	}
}

// TestModel runs random transactions one after another on a table with unique,
// composite and descending indexes, beside a map that is copied at every commit;
// every moment must read back as the copy, through each index too.
func TestModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t)
	d := w.table("t", "id int8, u int8, n numeric", 1)
	w.index(d, "t_u_key", true, nil, 2)
	w.index(d, "t_n_u", false, nil, 3, 2)
	tab := w.open(d)
	type row struct{ u, n string }
	state := map[string]row{}
	history := map[store.Seq]map[string]row{}
	copyOf := func(m map[string]row) map[string]row {
		c := map[string]row{}
		for k, v := range m {
			c[k] = v
		}
		return c
	}
	for range 120 {
		s := w.begin()
		work := copyOf(state)
		type save struct {
			n    int
			work map[string]row
		}
		var saves []save
		for range 1 + r.IntN(8) {
			id := strconv.Itoa(r.IntN(8))
			now := row{strconv.Itoa(r.IntN(6)), strconv.Itoa(r.IntN(3)) + "." + []string{"0", "00", "5"}[r.IntN(3)]}
			old, exists := work[id]
			var uTaken bool
			for k, v := range work {
				uTaken = uTaken || v.u == now.u && k != id
			}
			sp := s.tx.Savepoint()
			var err error
			switch op := r.IntN(7); {
			case op == 0:
				saves = append(saves, save{sp, copyOf(work)})
				continue
			case op == 1 && len(saves) > 0:
				sv := saves[r.IntN(len(saves))]
				s.tx.RollbackTo(sv.n)
				work = copyOf(sv.work)
				for i := range saves {
					if saves[i].n == sv.n {
						saves = saves[:i+1]
						break
					}
				}
				continue
			case op < 3:
				if err = s.insert(tab, id, now.u, now.n); err == nil {
					work[id] = now
				}
				uTaken = uTaken || exists || old.u == now.u && exists
			case op < 5 && exists:
				if _, err = s.update(tab, id, map[int]string{2: now.u, 3: now.n}); err == nil {
					work[id] = now
				}
			case op == 5 && exists:
				to := strconv.Itoa(r.IntN(8))
				_, taken := work[to]
				uTaken = taken && to != id
				if _, err = s.update(tab, id, map[int]string{1: to}); err == nil {
					delete(work, id)
					work[to] = old
				}
			case exists:
				err, uTaken = s.delete(tab, id), false
				delete(work, id)
			default:
				continue
			}
			if (err != nil) != uTaken || err != nil && pgerr.CodeOf(err) != pgcode.UniqueViolation {
				t.Fatalf("error %v, expected one: %v", err, uTaken)
			}
			if err != nil {
				s.tx.RollbackTo(sp)
			}
		}
		if r.IntN(4) == 0 {
			s.tx.Rollback()
			continue
		}
		changed := fmt.Sprint(work) != fmt.Sprint(state)
		seq := s.commit()
		if (seq != 0) != changed {
			t.Fatalf("commit %d, changed %v", seq, changed)
		}
		state = work
		if seq != 0 {
			history[seq] = copyOf(work)
		}
	}
	for seq, want := range history {
		s := w.begin(txn.Options{AsOf: &seq})
		for _, x := range tab.Indexes {
			st, _ := s.tx.Statement(s.ctx)
			p, _ := tab.Project([]int16{1, 2, 3})
			sc := tab.Scan(st, p, table.ScanSpec{Index: x})
			b := p.NewBatch(64)
			n, err := sc.Next(b, 64)
			w.must(err)
			got := map[string]row{}
			for i := range n {
				coef := b.Cols[2].Get(i).Decimal()
				got[strconv.FormatInt(b.Cols[0].Ints[i], 10)] = row{strconv.FormatInt(b.Cols[1].Ints[i], 10), coef.Text('f')}
			}
			w.must(sc.Close())
			st.Close()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("as of %d through %s: %v, want %v", seq, x.Desc.Name, got, want)
			}
		}
		s.tx.Rollback()
	}
	w.verify(tab)
}

// TestConcurrentConstraints lets goroutines insert, change, move and delete rows
// of a parent and a child, with unique keys, cascades and savepoints. At every
// commit each child has its parent, unique keys are unique, and rows and index
// entries agree; the store's doctor agrees with the change lists.
func TestConcurrentConstraints(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	opts := store.Options{FS: store.MemFS(), NoSync: true, BallastBytes: -1, CacheBytes: 8 << 20, MemTableBytes: 1 << 20}
	w := newWorldWith(t, opts)
	pd, cd := w.table("p", "id int8, u int8", 1), w.table("c", "id int8, pid int8, v int8", 1)
	w.index(pd, "p_u_key", true, nil, 2)
	w.index(cd, "c_pid", false, nil, 2)
	w.foreign(cd, pd, "c_pid_fkey", func(k *catalog.Constraint) { k.OnDelete, k.OnUpdate = 'c', 'c' }, 2)
	p, c := w.open(pd), w.open(cd)
	codes := map[pgcode.Code]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(worker)))
			num := func(n int) string { return strconv.Itoa(r.IntN(n)) }
			for range 80 {
				s := w.begin(txn.Options{Isolation: txn.Isolation(r.IntN(2))})
				var err error
				for range 1 + r.IntN(4) {
					sp := s.tx.Savepoint()
					switch r.IntN(7) {
					case 0, 1:
						err = s.insert(p, num(6), num(6))
					case 2, 3:
						err = s.insert(c, num(20), num(6), num(9))
					case 4:
						_, err = s.update(p, num(6), map[int]string{1 + r.IntN(2): num(6)})
					case 5:
						_, err = s.update(c, num(20), map[int]string{1 + r.IntN(3): num(6)})
					default:
						if err = s.delete(p, num(6)); errors.Is(err, errMissing) {
							err = nil
						}
					}
					mu.Lock()
					codes[pgerr.CodeOf(err)]++
					mu.Unlock()
					if err == nil {
						continue
					}
					if code := pgerr.CodeOf(err); code == pgcode.TRDeadlockDetected || code == pgcode.TRSerializationFailure {
						break
					}
					s.tx.RollbackTo(sp)
					err = nil
				}
				if err == nil {
					_, _, err = s.tx.Commit(s.ctx)
				}
				if err != nil {
					s.tx.Rollback()
				}
			}
		})
	}
	wg.Wait()
	for code := range codes {
		switch code {
		case "", pgcode.UniqueViolation, pgcode.ForeignKeyViolation, pgcode.TRDeadlockDetected, pgcode.TRSerializationFailure:
		default:
			t.Errorf("outcomes %v", codes)
		}
	}
	t.Log(codes)
	w.verify(p, c)
	v := w.db.View()
	last := v.Seq()
	v.Release()
	pp, _ := p.Project([]int16{1, 2})
	cp, _ := c.Project([]int16{2})
	for seq := range last + 1 {
		s := w.begin(txn.Options{AsOf: &seq})
		st, _ := s.tx.Statement(s.ctx)
		ids, us := map[string]bool{}, map[string]bool{}
		for _, row := range strings.Split(s.print(st, p, pp), "; ") {
			id, u, _ := strings.Cut(row, "|")
			if us[u] {
				t.Fatalf("at %d: u = %s twice", seq, u)
			}
			ids[id], us[u] = true, true
		}
		for _, pid := range strings.Split(s.print(st, c, cp), "; ") {
			if pid != "" && !ids[pid] {
				t.Fatalf("at %d: child without parent %s", seq, pid)
			}
		}
		st.Close()
		s.tx.Rollback()
	}
	w.must(w.db.Close())
	w.must(store.Doctor(context.Background(), "", opts, func(f store.Finding) { t.Error(f) }, nil))
}
