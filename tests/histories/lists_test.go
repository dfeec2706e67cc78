package histories

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/driftdb/driftdb/internal/engine"
)

// The checker itself, on histories whose anomalies are known.
func TestAnomalies(t *testing.T) {
	read := func(key int, list ...int) listOp { return listOp{key: key, list: list} }
	add := func(key, value int) listOp { return listOp{key: key, append: true, value: value} }
	tx := func(status outcome, ops ...listOp) transaction { return transaction{ops: ops, status: status} }
	for _, c := range []struct {
		name   string
		level  string
		final  map[int][]int
		txs    []transaction
		expect string // begins what is found; "" is nothing
	}{
		{"one after the other", "SERIALIZABLE", map[int][]int{1: {1, 2}}, []transaction{tx(done, add(1, 1)), tx(done, read(1, 1), add(1, 2))}, ""},
		{"aborted value", "READ COMMITTED", map[int][]int{1: {1}}, []transaction{tx(refused, add(1, 1))}, "G1a"},
		{"intermediate read", "READ COMMITTED", map[int][]int{1: {1, 2}}, []transaction{tx(done, add(1, 1), add(1, 2)), tx(done, read(1, 1))}, "G1b"},
		{"lost append", "READ COMMITTED", map[int][]int{1: {}}, []transaction{tx(done, add(1, 1))}, "transaction 0 (committed)"},
		{"torn", "READ COMMITTED", map[int][]int{1: {1}}, []transaction{tx(unknown, add(1, 1), add(2, 2))}, "transaction 0 (unknown)"},
		{"own value not seen", "READ COMMITTED", map[int][]int{1: {1}}, []transaction{tx(done, add(1, 1), read(1))}, "transaction 0 does not see"},
		{"read of what vanished", "READ COMMITTED", map[int][]int{1: {1}}, []transaction{tx(done, add(1, 1)), tx(unknown, add(1, 2)), tx(done, read(1, 1, 2))}, "transaction 2 read list 1"},
		{"writes in circles", "READ COMMITTED", map[int][]int{1: {1, 2}, 2: {4, 3}}, []transaction{tx(done, add(1, 1), add(2, 3)), tx(done, add(1, 2), add(2, 4))}, "G1c"},
		{"read skew", "READ COMMITTED", map[int][]int{1: {1}, 2: {2}}, []transaction{tx(done, add(1, 1), add(2, 2)), tx(done, read(1), read(2, 2))}, ""},
		{"read skew", "REPEATABLE READ", map[int][]int{1: {1}, 2: {2}}, []transaction{tx(done, add(1, 1), add(2, 2)), tx(done, read(1), read(2, 2))}, "G-single"},
		{"lost update", "REPEATABLE READ", map[int][]int{1: {1, 2}}, []transaction{tx(done, read(1), add(1, 1)), tx(done, read(1), add(1, 2))}, "G-single"},
		{"write skew", "REPEATABLE READ", map[int][]int{1: {1}, 2: {2}}, []transaction{tx(done, read(2), add(1, 1)), tx(done, read(1), add(2, 2))}, ""},
		{"write skew", "SERIALIZABLE", map[int][]int{1: {1}, 2: {2}}, []transaction{tx(done, read(2), add(1, 1)), tx(done, read(1), add(2, 2))}, "G2"},
		{"long fork", "SERIALIZABLE", map[int][]int{1: {1}, 2: {2}}, []transaction{tx(done, add(1, 1)), tx(done, add(2, 2)), tx(done, read(1, 1), read(2)), tx(done, read(1), read(2, 2))}, "G2"},
		{"unknown that happened", "SERIALIZABLE", map[int][]int{1: {1}}, []transaction{tx(unknown, add(1, 1)), tx(done, read(1, 1))}, ""},
	} {
		got := strings.Join(anomalies(c.txs, c.final, c.level), "; ")
		if c.expect == "" && got != "" || !strings.HasPrefix(got, c.expect) {
			t.Errorf("%s at %s: %q, want %q", c.name, c.level, got, c.expect)
		}
	}
}

const (
	lists       = 6
	listClients = 10
)

// listRun records transactions on lists.
type listRun struct {
	w     *world
	level string

	mu   sync.Mutex
	txs  []transaction
	next int
}

func (g *listRun) value() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next++
	return g.next
}

func (g *listRun) work(c *client, _ int, rng *rand.Rand) {
	tx := transaction{}
	record := func(status outcome) {
		tx.status = status
		g.mu.Lock()
		g.txs = append(g.txs, tx)
		g.mu.Unlock()
	}
	if _, how := c.do("BEGIN ISOLATION LEVEL " + g.level); how != done {
		return
	}
	for range 1 + rng.IntN(4) {
		op := listOp{key: rng.IntN(lists), append: rng.IntN(2) == 0}
		if op.append {
			op.value = g.value()
			tx.ops = append(tx.ops, op)
			if _, how := c.do(fmt.Sprintf("UPDATE list SET v = v || %d WHERE k = %d", op.value, op.key)); how != done {
				record(refused) // never committed, the power may have gone or not
				return
			}
			continue
		}
		r, how := c.do(fmt.Sprintf("SELECT v FROM list WHERE k = %d", op.key))
		if how != done {
			record(refused)
			return
		}
		op.list = parseList(r.String())
		tx.ops = append(tx.ops, op)
	}
	_, how := c.do("COMMIT")
	record(how)
}

func parseList(text string) []int {
	list := []int{}
	for part := range strings.SplitSeq(strings.Trim(text, "{}"), ",") {
		if n, err := strconv.Atoi(part); err == nil {
			list = append(list, n)
		}
	}
	return list
}

func runLists(t testing.TB, level string, planted engine.Planted) []string {
	w := newWorld(t, planted)
	g := &listRun{w: w, level: level}
	c := w.client()
	c.must("CREATE TABLE list (k int PRIMARY KEY, v int[])")
	c.must(fmt.Sprintf("INSERT INTO list SELECT k, '{}' FROM generate_series(0, %d) AS g(k)", lists-1))
	c.close()
	w.run(listClients, 2, g.work)
	final := map[int][]int{}
	for _, row := range c.must("SELECT k, v FROM list").Rows {
		final[atoi(row[0])] = parseList(row[1])
	}
	w.versionsGrow(c)
	c.close()
	committed := 0
	for _, tx := range g.txs {
		if tx.status == done {
			committed++
		}
	}
	t.Logf("%d transactions, %d committed", len(g.txs), committed)
	if committed < 100 {
		w.tooFew("%d transactions judge nothing", committed)
	}
	for _, a := range anomalies(g.txs, final, level) {
		w.fail("%s", a)
	}
	w.finish()
	return w.fails
}

// versionsGrow checks that each version of a list begins with the one before, and
// where that one ends.
func (w *world) versionsGrow(c *client) {
	var key, end, list string
	for _, row := range c.must("SELECT k, v, system_seq_start, system_seq_end FROM list FOR SYSTEM_TIME ALL ORDER BY k, system_seq_start").Rows {
		v := strings.TrimSuffix(row[1], "}")
		if row[0] == key && (!strings.HasPrefix(v, list) || v == list || row[2] != end) {
			w.fail("list %s was %s up to commit %s and %s from commit %s on", key, list, end, v, row[2])
		}
		key, list, end = row[0], v, row[3]
	}
}

func TestListsReadCommitted(t *testing.T) {
	expectNone(t, runLists(t, "READ COMMITTED", engine.Planted{}))
}

func TestListsRepeatableRead(t *testing.T) {
	expectNone(t, runLists(t, "REPEATABLE READ", engine.Planted{}))
}

func TestListsSerializable(t *testing.T) {
	expectNone(t, runLists(t, "SERIALIZABLE", engine.Planted{}))
}
