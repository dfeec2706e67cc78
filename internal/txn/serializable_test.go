package txn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn/ssi"
)

// history is what committed transactions did, for a slow and obvious check: is
// there a serial order that explains it?
type history struct{ list []*done }

// done is one committed transaction: the snapshot it read, the keys it read (of
// ranges every key there could be), the keys it wrote and the commit that became.
type done struct {
	name   int
	snap   store.Seq
	seq    store.Seq
	reads  map[string]bool
	writes map[string]bool
}

// cycle returns the names along a cycle of dependencies, nil when there is none.
func (h *history) cycle() []int {
	writers := map[string][]*done{} // by key, in commit order
	for _, d := range h.list {
		for k := range d.writes {
			writers[k] = append(writers[k], d)
		}
	}
	next := map[*done]map[*done]bool{}
	edge := func(a, b *done) {
		if a != b {
			if next[a] == nil {
				next[a] = map[*done]bool{}
			}
			next[a][b] = true
		}
	}
	for k, list := range writers {
		slices.SortFunc(list, func(a, b *done) int { return int(a.seq) - int(b.seq) })
		for i := range list[1:] {
			edge(list[i], list[i+1])
		}
		for _, d := range h.list {
			if !d.reads[k] {
				continue
			}
			i := 0 // writers whose version the snapshot shows
			for i < len(list) && list[i].seq <= d.snap {
				i++
			}
			if i > 0 {
				edge(list[i-1], d)
			}
			if i < len(list) {
				edge(d, list[i])
			}
		}
	}
	return findCycle(h.list, next)
}

func findCycle(list []*done, next map[*done]map[*done]bool) []int {
	state := map[*done]int{} // 1 on the path, 2 finished
	var path []int
	var visit func(d *done) bool
	visit = func(d *done) bool {
		state[d] = 1
		path = append(path, d.name)
		for e := range next[d] {
			if state[e] == 1 || state[e] == 0 && visit(e) {
				return true
			}
		}
		state[d] = 2
		path = path[:len(path)-1]
		return false
	}
	for _, d := range list {
		if state[d] == 0 && visit(d) {
			return path
		}
	}
	return nil
}

// serialKeys is how many keys the schedules use: few, so that much conflicts.
const serialKeys = 8

func serialKey(i int) []byte { return []byte(fmt.Sprintf("k%d", i)) }

// scheduled is a transaction of a random schedule.
type scheduled struct {
	tx    *Tx
	d     *done
	steps int
}

// randomHistory runs transactions in a random interleaving and returns what those
// that committed did, and how many failed.
func randomHistory(t *testing.T, r *rand.Rand, m *Manager, transactions int) (*history, int) {
	t.Helper()
	h := &history{}
	failed, begun := 0, 0
	var running []*scheduled
	for begun < transactions || len(running) > 0 {
		if begun < transactions && (len(running) == 0 || len(running) < 5 && r.IntN(3) == 0) {
			begun++
			running = append(running, &scheduled{
				tx:    m.Begin(Options{Isolation: Serializable, ReadOnly: r.IntN(4) == 0}),
				d:     &done{name: begun, reads: map[string]bool{}, writes: map[string]bool{}},
				steps: 1 + r.IntN(5),
			})
			continue
		}
		i := r.IntN(len(running))
		s := running[i]
		var err error
		if s.steps--; s.steps >= 0 {
			err = s.step(t, r)
		} else if s.d.seq, _, err = s.tx.Commit(bg); err == nil {
			h.list = append(h.list, s.d)
			if s.d.seq == 0 { // it wrote nothing: its place is its snapshot's
				s.d.writes = nil
			}
		}
		if err != nil {
			if code := pgerr.CodeOf(err); code != pgcode.TRSerializationFailure {
				t.Fatal(err)
			}
			failed++
			s.tx.Rollback()
		}
		if err != nil || s.steps < 0 {
			running = slices.Delete(running, i, i+1)
		}
	}
	return h, failed
}

// step reads a key or a range, or writes a key: changes, removes or adds it.
func (s *scheduled) step(t *testing.T, r *rand.Rand) error {
	st, err := s.tx.Statement(bg)
	if err != nil {
		return err
	}
	defer st.Close()
	s.d.snap = st.Seq()
	k := r.IntN(serialKeys)
	key := serialKey(k)
	switch kind := r.IntN(4); {
	case kind == 0:
		to := k + 1 + r.IntN(serialKeys-k)
		it := st.Scan(data, key, serialKey(to), r.IntN(2) == 0)
		for it.Next() {
		}
		for ; k < to; k++ {
			s.d.reads[string(serialKey(k))] = true
		}
		return it.Close()
	case kind == 1 || s.tx.Options().ReadOnly:
		s.d.reads[string(key)] = true
		_, _, err := st.Get(data, key)
		return err
	}
	res, err := st.LockRow(data, key, RowUpdate, NoWait, nil)
	if err != nil {
		return err
	}
	s.d.reads[string(key)] = true
	value := []byte(fmt.Sprint(r.IntN(1 << 30)))
	switch res.State {
	case RowBusy:
		return errSerialization("update") // a real one would wait, and then fail
	case RowAbsent:
		if _, err := s.tx.lock(bg, keyTag(spaceRow, uint64(data), key), RowUpdate, NoWait); err != nil {
			return errSerialization("update")
		}
		if _, found, err := s.tx.Newest(data, key); err != nil || found {
			return errSerialization("update")
		}
		err = s.tx.Put(data, key, value, None())
	case RowSame:
		if r.IntN(3) == 0 {
			err = s.tx.Delete(data, key, Known(res.Image))
		} else {
			err = s.tx.Put(data, key, value, Known(res.Image))
		}
	default:
		t.Fatalf("unexpected state %d", res.State)
	}
	s.d.writes[string(key)] = true
	return err
}

// TestSerializable: whatever commits under SERIALIZABLE is explained by a serial
// order. Method: random schedules over few keys, every history checked by looking
// for a cycle of dependencies; with limits so low that reads are promoted and
// committed transactions merged, too. The same with tracking switched off must show
// cycles, or the check would be worth nothing.
func TestSerializable(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rounds := 150
	if testing.Short() {
		rounds = 40
	}
	run := func(name string, untracked bool, limits ssi.Limits) (cycles int) {
		r := rand.New(rand.NewPCG(seed, 0))
		committed, failed := 0, 0
		for round := range rounds {
			m := newManager(t)
			m.settings.Planted.Untracked, m.ssi.Limits = untracked, limits
			h, f := randomHistory(t, r, m, 24)
			committed, failed = committed+len(h.list), failed+f
			if c := h.cycle(); c != nil {
				cycles++
				if !untracked {
					t.Fatalf("%s, round %d: a cycle of %v", name, round, c)
				}
			}
			if active, kept := m.ssi.Stats(); active+kept > 0 || m.Locks() > 0 {
				t.Fatalf("%s: %d active, %d kept, %d locks at the end", name, active, kept, m.Locks())
			}
			_ = m.db.Close()
		}
		t.Logf("%s: %d committed, %d failed, %d cycles", name, committed, failed, cycles)
		return cycles
	}
	run("tracked", false, ssi.Limits{})
	rounds *= 4 // what goes wrong only here is rarer
	run("low limits", false, ssi.Limits{Points: 1, Ranges: 1, Done: 1})
	rounds /= 4
	if run("switched off", true, ssi.Limits{}) == 0 {
		t.Error("the check finds nothing when tracking is off")
	}
}

// TestSafeSnapshots: a read-only transaction beside none that writes is not
// tracked; one beside a writer is, until the writer ends; a DEFERRABLE one waits
// for that, and a cancelled wait leaves nothing.
func TestSafeSnapshots(t *testing.T) {
	m := newManager(t)
	begin := func(o Options) *Tx {
		t.Helper()
		o.Isolation = Serializable
		return m.Begin(o)
	}
	read := func(tx *Tx) {
		t.Helper()
		st, err := tx.Statement(bg)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		if _, _, err := st.Get(data, []byte("a")); err != nil {
			t.Fatal(err)
		}
	}
	alone := begin(Options{ReadOnly: true})
	read(alone)
	if !alone.ssi.Safe() {
		t.Error("alone, yet tracked")
	}
	alone.Rollback()

	writer, reader := begin(Options{}), begin(Options{ReadOnly: true})
	read(writer)
	read(reader)
	if reader.ssi.Safe() {
		t.Error("not tracked beside a writer")
	}
	o, p := m.NewOwner(7), m.NewOwner(8)
	patient := begin(Options{ReadOnly: true, Deferrable: true, Owner: o})
	got := make(chan error, 1)
	go func() {
		st, err := patient.Statement(bg)
		if err == nil {
			st.Close()
		}
		got <- err
	}()
	for len(m.SafetyBlockers(7)) == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, _, err := writer.Commit(bg); err != nil {
		t.Fatal(err)
	}
	expect(t, got, "")
	if !reader.ssi.Safe() || !patient.ssi.Safe() {
		t.Error("still tracked after the writer's end")
	}
	reader.Rollback()
	patient.Rollback()
	o.Close()
	p.Close()
	if active, kept := m.ssi.Stats(); active+kept > 0 {
		t.Errorf("%d active, %d kept", active, kept)
	}
}
