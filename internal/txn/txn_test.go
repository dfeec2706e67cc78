package txn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

const data store.StorageID = 100

// contents prints what a statement sees of a span.
func contents(t *testing.T, st *Statement, lower, upper []byte, reverse bool) []string {
	t.Helper()
	var list []string
	it := st.Scan(data, lower, upper, reverse)
	for it.Next() {
		list = append(list, string(it.Key())+"="+string(it.Image().Tuple))
		img, found, err := st.Get(data, it.Key())
		if err != nil || !found || !bytes.Equal(img.Tuple, it.Image().Tuple) || img.Own != it.Image().Own || img.Start != it.Image().Start {
			t.Fatalf("get of %s: %v %v %v", it.Key(), img, found, err)
		}
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return list
}

// expectScan compares a statement with a model through random spans, both ways.
func expectScan(t *testing.T, r *rand.Rand, st *Statement, model map[string]string) {
	t.Helper()
	for range 6 {
		var lower, upper []byte
		if r.IntN(2) == 0 {
			lower = []byte(fmt.Sprintf("k%02d", r.IntN(24)))
		}
		if r.IntN(2) == 0 {
			upper = []byte(fmt.Sprintf("k%02d", r.IntN(24)))
		}
		var want []string
		for k, v := range model {
			if (lower == nil || k >= string(lower)) && (upper == nil || k < string(upper)) {
				want = append(want, k+"="+v)
			}
		}
		slices.Sort(want)
		reverse := r.IntN(2) == 0
		if reverse {
			slices.Reverse(want)
		}
		if got := contents(t, st, lower, upper, reverse); !slices.Equal(got, want) {
			t.Fatalf("[%s, %s) reverse %v: %v, want %v", lower, upper, reverse, got, want)
		}
	}
}

// TestModel runs random transactions with savepoints beside a map. At every step
// a statement must see the map as it was at the statement's start, whatever is
// written while it is open; at the end every commit reads back, and the change
// list of each is the difference between the maps.
func TestModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	m := newManager(t)
	committed := map[string]string{}
	copyOf := func(in map[string]string) map[string]string {
		out := make(map[string]string, len(in))
		for k, v := range in {
			out[k] = v
		}
		return out
	}
	history := map[store.Seq]map[string]string{}
	for range 150 {
		m.settings.SpillBytes = []int64{1, 200, 1000, 64 << 20}[r.IntN(4)]
		tx := m.Begin(Options{})
		tx.SetSpace(data, &Space{Table: 1})
		model := copyOf(committed)
		var saves []map[string]string
		for range r.IntN(12) {
			st, err := tx.Statement(bg)
			if err != nil {
				t.Fatal(err)
			}
			before := copyOf(model)
			for range r.IntN(4) {
				key := fmt.Sprintf("k%02d", r.IntN(24))
				img, found, err := tx.Newest(data, []byte(key))
				if err != nil || found != (model[key] != "") {
					t.Fatal(found, err)
				}
				base := None()
				if found {
					base = Known(img)
				}
				if r.IntN(5) == 0 {
					base = Unknown()
				}
				if r.IntN(3) == 0 {
					if found {
						err = tx.Delete(data, []byte(key), base)
						delete(model, key)
					}
				} else {
					model[key] = string(rune('a' + r.IntN(5)))
					err = tx.Put(data, []byte(key), []byte(model[key]), base)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			expectScan(t, r, st, before)
			st.Close()
			late := tx.Latest(bg)
			expectScan(t, r, late, model)
			late.Close()
			switch r.IntN(5) {
			case 0:
				tx.Savepoint()
				saves = append(saves, copyOf(model))
			case 1:
				if n := len(saves); n > 0 {
					n = r.IntN(n)
					tx.RollbackTo(n)
					model = copyOf(saves[n])
					saves = saves[:n+1]
				}
			}
		}
		if r.IntN(5) == 0 {
			tx.Rollback()
			continue
		}
		seq, _, err := tx.Commit(bg)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range 24 {
			key := fmt.Sprintf("k%02d", i)
			switch a, b := committed[key], model[key]; {
			case a == b:
			case a == "":
				want = append(want, "insert "+key)
			case b == "":
				want = append(want, "delete "+key)
			default:
				want = append(want, "update "+key)
			}
		}
		if (seq != 0) != (len(want) > 0) {
			t.Fatalf("commit %d, changes %v", seq, want)
		}
		if seq == 0 {
			continue
		}
		var got []string
		ch := m.db.Changes(1, seq, seq)
		for ch.Next() {
			got = append(got, ch.Change().Op.String()+" "+string(ch.Change().Key))
		}
		if err := ch.Close(); err != nil || !slices.Equal(got, want) {
			t.Fatalf("changes %v, want %v (%v)", got, want, err)
		}
		committed = model
		history[seq] = copyOf(model)
	}
	for seq, want := range history {
		tx := m.Begin(Options{AsOf: &seq})
		st, err := tx.Statement(bg)
		if err != nil {
			t.Fatal(err)
		}
		expectScan(t, r, st, want)
		st.Close()
		tx.Rollback()
	}
}

// TestRepeatableReadKeepsItsSnapshot beyond the time it holds a View.
func TestRepeatableReadKeepsItsSnapshot(t *testing.T) {
	m := newManager(t)
	put := func(v string) {
		tx := m.Begin(Options{})
		if err := tx.Put(data, []byte("k"), []byte(v), Unknown()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := tx.Commit(bg); err != nil {
			t.Fatal(err)
		}
	}
	put("old")
	tx := m.Begin(Options{Isolation: RepeatableRead})
	for range 3 {
		st, err := tx.Statement(bg)
		if err != nil {
			t.Fatal(err)
		}
		if got := contents(t, st, nil, nil, false); !slices.Equal(got, []string{"k=old"}) {
			t.Fatal(got)
		}
		st.Close()
		put(fmt.Sprint("new", time.Now().UnixNano()))
		time.Sleep(3 * time.Millisecond) // longer than SnapshotHold
	}
	st, _ := tx.Statement(bg)
	if _, err := st.LockRow(data, []byte("k"), RowUpdate, Wait, nil); pgerr.CodeOf(err) != pgcode.TRSerializationFailure {
		t.Errorf("lock of a changed row: %v", err)
	}
	st.Close()
	tx.Rollback()
}

func TestTooLarge(t *testing.T) {
	m := newManager(t)
	m.settings.SpillBytes = 1000
	tx := m.Begin(Options{})
	defer tx.Rollback()
	var err error
	for i := 0; err == nil && i < 50*runsMax; i++ {
		err = tx.Put(data, []byte(fmt.Sprint(i)), make([]byte, 50), None())
	}
	if pgerr.CodeOf(err) != pgcode.ProgramLimitExceeded {
		t.Errorf("got %v", err)
	}
}

func TestRowIDsAreNeverReused(t *testing.T) {
	m := newManager(t)
	seen := map[uint64]bool{}
	for range 3 {
		for range 5000 {
			id, err := m.NextRowID(data)
			if err != nil || seen[id] {
				t.Fatal(id, err)
			}
			seen[id] = true
		}
		m = NewManager(m.db, Settings{}) // as a restart would
	}
}

// TestFreshStorage: rows of a storage made in the transaction need no locks, and
// nothing of it exists after a rollback or when it is frozen again.
func TestFreshStorage(t *testing.T) {
	m := newManager(t)
	tx := m.Begin(Options{})
	id, err := tx.NewStorage()
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.LockNewRow(bg, id, []byte("k")); err != nil || m.Locks() != 0 {
		t.Fatal(err, m.Locks())
	}
	if err := tx.Put(id, []byte("k"), []byte("v"), None()); err != nil {
		t.Fatal(err)
	}
	tx.Freeze(Frozen{ID: id})
	if seq, _, err := tx.Commit(bg); seq != 0 || err != nil {
		t.Fatalf("commit %d, %v", seq, err)
	}
}
