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

// moments asks a question as of n random moments between a commit and now; every
// answer must be want; %d in it is how many commits after the first the moment is.
func (w *world) moments(c *client, from int64, n int, query, want string) {
	last := c.number("SELECT drift.current_seq()")
	for range n {
		at := from + rand.Int64N(last-from+1)
		want := strings.ReplaceAll(want, "%d", strconv.FormatInt(at-from, 10))
		if got := c.must(fmt.Sprintf("SET drift.as_of = 'seq:%d'; %s", at, query)).String(); got != want {
			w.fail("as of commit %d: %s, want %s (%s)", at, got, want, query)
		}
		c.must("RESET drift.as_of")
	}
}

// runBank moves money by statements that re-check and by locked reads, and adds it
// all up: in one statement, in two of a REPEATABLE READ transaction, and as of past
// moments.
func runBank(t testing.TB, planted engine.Planted) []string {
	const accounts, each = 8, 100
	w := newWorld(t, planted)
	c := w.client()
	c.must("CREATE TABLE account (id int PRIMARY KEY, balance int)")
	c.must("CREATE TABLE booked (amount int)")
	c.must("CREATE INDEX ON account (balance)")
	c.must(fmt.Sprintf("INSERT INTO account SELECT i, %d FROM generate_series(1, %d) AS g(i)", each, accounts))
	from := c.number("SELECT drift.current_seq()")
	c.close()
	want := strconv.Itoa(accounts * each)
	w.run(10, 2, func(c *client, id int, rng *rand.Rand) {
		a, b, amount := 1+rng.IntN(accounts), 1+rng.IntN(accounts), 1+rng.IntN(9)
		switch id % 4 {
		case 0, 1:
			c.do(fmt.Sprintf("BEGIN; UPDATE account SET balance = balance - %[3]d WHERE id = %[1]d; UPDATE account SET balance = balance + %[3]d WHERE id = %[2]d; INSERT INTO booked VALUES (%[3]d); COMMIT", a, b, amount))
		case 2:
			c.transferLocked(a, b, amount)
		default:
			if r, how := c.do("SELECT sum(balance) FROM account"); how == done && r.String() != want {
				w.fail("the sum is %s", r)
			}
			if rng.IntN(20) == 0 {
				c.do("ALTER TABLE account ADD COLUMN IF NOT EXISTS note text DEFAULT 'none'")
				c.do("ALTER TABLE account DROP COLUMN IF EXISTS note")
			}
			c.halves(accounts, want)
		}
	})
	if got := c.must("SELECT sum(balance) FROM account").String(); got != want {
		w.fail("the sum is %s in the end", got)
	}
	w.moments(c, from, 40, "SELECT sum(balance) FROM account", want)
	w.moments(c, from, 10, "SELECT count(*) FROM account", strconv.Itoa(accounts))
	c.close()
	w.finish()
	return w.fails
}

// transferLocked reads two balances under locks and writes what it computed.
func (c *client) transferLocked(a, b, amount int) {
	if a == b {
		return
	}
	if _, how := c.do("BEGIN"); how != done {
		return
	}
	r, how := c.do(fmt.Sprintf("SELECT id, balance FROM account WHERE id IN (%d, %d) ORDER BY id FOR UPDATE", a, b))
	if how != done {
		return
	}
	for _, row := range r.Rows {
		balance := atoi(row[1]) + amount
		if row[0] == strconv.Itoa(a) {
			balance = atoi(row[1]) - amount
		}
		if _, how := c.do(fmt.Sprintf("UPDATE account SET balance = %d WHERE id = %s", balance, row[0])); how != done {
			return
		}
	}
	c.do("COMMIT")
}

// halves reads the accounts in two statements of one snapshot, and the same
// snapshot again as a moment of the past.
func (c *client) halves(accounts int, want string) {
	if _, how := c.do("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); how != done {
		return
	}
	sum := 0
	for _, where := range []string{"<=", ">"} {
		r, how := c.do(fmt.Sprintf("SELECT sum(balance) FROM account WHERE id %s %d", where, accounts/2))
		if how != done {
			return
		}
		sum += atoi(r.String())
	}
	if strconv.Itoa(sum) != want {
		c.w.fail("two halves of a snapshot have the sum %d", sum)
	}
	rows, how := c.do("SELECT id, balance FROM account ORDER BY id")
	if how != done {
		return
	}
	seq, how := c.do("SELECT drift.current_seq()")
	if how != done {
		return
	}
	past, how := c.do("SELECT id, balance FROM account FOR SYSTEM_TIME AS OF @SEQ:" + seq.String() + " ORDER BY id")
	if how == done && rows.String() != past.String() {
		c.w.fail("a snapshot and the past at its moment differ:\n%s\n%s", rows, past)
	}
	c.do("COMMIT")
}

// runSet inserts elements; each that was acknowledged is there in the end, none
// that was refused is, and the table grows by one element with each commit.
func runSet(t testing.TB, planted engine.Planted) []string {
	w := newWorld(t, planted)
	c := w.client()
	c.must("CREATE TABLE element (id bigint PRIMARY KEY, note text)")
	from := c.number("SELECT drift.current_seq()")
	c.close()
	var mu sync.Mutex
	status := map[int]outcome{}
	w.run(8, 3, func(c *client, id int, rng *rand.Rand) {
		mu.Lock()
		n := len(status) + 1
		status[n] = unknown
		mu.Unlock()
		sql := fmt.Sprintf("INSERT INTO element VALUES (%d, repeat('x', %d))", n, rng.IntN(200))
		roll := rng.IntN(10) == 0
		if roll {
			sql = "BEGIN; " + sql + "; ROLLBACK"
		}
		_, how := c.do(sql)
		if roll && how == done {
			how = refused
		}
		mu.Lock()
		status[n] = how
		mu.Unlock()
	})
	there := map[int]bool{}
	for _, row := range c.must("SELECT id FROM element").Rows {
		there[atoi(row[0])] = true
	}
	acked := 0
	for n, how := range status {
		if how == done {
			acked++
		}
		if how == done && !there[n] || how == refused && there[n] {
			w.fail("element %d was %s and is there: %v", n, statusName(how), there[n])
		}
	}
	t.Logf("%d acknowledged, %d there", acked, len(there))
	if acked < 100 {
		w.tooFew("%d elements judge nothing", acked)
	}
	w.moments(c, from, 40, "SELECT count(*) FROM element", "%d")
	c.close()
	w.finish()
	return w.fails
}

// runLongFork writes single rows that nobody else touches, and reads several of
// them in one snapshot: of two rows, two snapshots must not each have one.
func runLongFork(t testing.TB, planted engine.Planted) []string {
	const width = 4
	w := newWorld(t, planted)
	c := w.client()
	c.must("CREATE TABLE mark (id int PRIMARY KEY)")
	c.close()
	var mu sync.Mutex
	next := 0
	reads := map[int][]string{} // group -> which of its rows were there
	w.run(8, 2, func(c *client, id int, rng *rand.Rand) {
		mu.Lock()
		if id < 4 {
			next++
		}
		n := next
		mu.Unlock()
		if id < 4 {
			c.do(fmt.Sprintf("INSERT INTO mark VALUES (%d)", n))
			return
		}
		group := n / width
		if _, how := c.do("BEGIN ISOLATION LEVEL REPEATABLE READ"); how != done {
			return
		}
		seen := ""
		for _, i := range rng.Perm(width) {
			r, how := c.do(fmt.Sprintf("SELECT count(*) FROM mark WHERE id = %d", group*width+i))
			if how != done {
				return
			}
			for len(seen) <= i {
				seen += "0"
			}
			seen = seen[:i] + r.String() + seen[i+1:]
		}
		if _, how := c.do("COMMIT"); how == done {
			mu.Lock()
			reads[group] = append(reads[group], seen)
			mu.Unlock()
		}
	})
	total := 0
	for group, list := range reads {
		total += len(list)
		for i, a := range list {
			for _, b := range list[:i] {
				if less, more := compareMarks(a, b); less && more {
					w.fail("of the rows from %d on, one snapshot has %s and another %s", group*width, a, b)
				}
			}
		}
	}
	if total < 50 {
		w.tooFew("%d snapshots judge nothing", total)
	}
	w.finish()
	return w.fails
}

func compareMarks(a, b string) (less, more bool) {
	for i := range a {
		less = less || a[i] < b[i]
		more = more || a[i] > b[i]
	}
	return less, more
}

// runMonotonic counts up under READ COMMITTED. Each count is given out once, in
// the order of commits, and commit times increase strictly whatever the clock does.
func runMonotonic(t testing.TB, planted engine.Planted) []string {
	w := newWorld(t, planted)
	c := w.client()
	c.must("CREATE TABLE counter (id int PRIMARY KEY, n int); INSERT INTO counter VALUES (1, 0)")
	c.must("CREATE TABLE given (n int)")
	c.close()
	w.run(8, 2, func(c *client, id int, rng *rand.Rand) {
		if _, how := c.do("BEGIN"); how != done {
			return
		}
		r, how := c.do("UPDATE counter SET n = n + 1 WHERE id = 1 RETURNING n")
		if how != done {
			return
		}
		if _, how := c.do("INSERT INTO given VALUES (" + r.String() + ")"); how == done {
			c.do("COMMIT")
		}
	})
	rows := c.must("SELECT n, system_seq_start, extract(epoch FROM system_time_start) * 1000000 FROM given ORDER BY system_seq_start").Rows
	var seq, at float64
	for i, row := range rows {
		n := atoi(row[0])
		s, _ := strconv.ParseFloat(row[1], 64)
		micros, _ := strconv.ParseFloat(row[2], 64)
		if n != i+1 || s <= seq || micros <= at {
			w.fail("count %d of commit %s at %s comes as number %d after commit %.0f at %.0f", n, row[1], row[2], i+1, seq, at)
		}
		seq, at = s, micros
	}
	t.Logf("counted to %d", len(rows))
	if len(rows) < 50 {
		w.tooFew("%d counts judge nothing", len(rows))
	}
	if got := c.number("SELECT n FROM counter"); got != int64(len(rows)) {
		w.fail("the counter is at %d, %d were given out", got, len(rows))
	}
	c.close()
	w.finish()
	return w.fails
}

// runWriteSkew lets pairs of rows be drawn from while their sum allows it, each
// transaction changing one row only: under SERIALIZABLE no sum may become negative.
func runWriteSkew(t testing.TB, planted engine.Planted) []string {
	const pairs = 4
	w := newWorld(t, planted)
	c := w.client()
	c.must("CREATE TABLE pair (id int, side int, v int, PRIMARY KEY (id, side))")
	c.must(fmt.Sprintf("INSERT INTO pair SELECT i, s, 10 FROM generate_series(1, %d) AS g(i), generate_series(0, 1) AS h(s)", pairs))
	from := c.number("SELECT drift.current_seq()")
	c.close()
	var mu sync.Mutex
	commits := 0
	w.run(10, 2, func(c *client, id int, rng *rand.Rand) {
		pair, side := 1+rng.IntN(pairs), rng.IntN(2)
		if _, how := c.do("BEGIN ISOLATION LEVEL SERIALIZABLE"); how != done {
			return
		}
		r, how := c.do(fmt.Sprintf("SELECT sum(v) FROM pair WHERE id = %d", pair))
		if how != done {
			return
		}
		amount := -10 // draw while the pair has it, fill up again otherwise
		if atoi(r.String()) < 10 {
			amount = 10
		}
		if _, how := c.do(fmt.Sprintf("UPDATE pair SET v = v + %d WHERE id = %d AND side = %d", amount, pair, side)); how != done {
			return
		}
		if _, how := c.do("COMMIT"); how == done {
			mu.Lock()
			commits++
			mu.Unlock()
		}
	})
	t.Logf("%d commits", commits)
	if commits < 30 {
		w.tooFew("%d commits judge nothing", commits)
	}
	w.moments(c, from, 40, "SELECT count(*) FROM (SELECT id FROM pair GROUP BY id HAVING sum(v) < 0) AS negative", "0")
	for _, row := range c.must("SELECT s.seq, p.id, sum(p.v) FROM (SELECT DISTINCT system_seq_start AS seq FROM pair FOR SYSTEM_TIME ALL) AS s " +
		"JOIN pair FOR SYSTEM_TIME ALL AS p ON p.system_seq_start <= s.seq AND p.system_seq_end > s.seq GROUP BY 1, 2 HAVING sum(p.v) < 0").Rows {
		w.fail("at commit %s pair %s has the sum %s", row[0], row[1], row[2])
	}
	c.close()
	w.finish()
	return w.fails
}

func TestBank(t *testing.T)      { expectNone(t, runBank(t, engine.Planted{})) }
func TestSet(t *testing.T)       { expectNone(t, runSet(t, engine.Planted{})) }
func TestLongFork(t *testing.T)  { expectNone(t, runLongFork(t, engine.Planted{})) }
func TestMonotonic(t *testing.T) { expectNone(t, runMonotonic(t, engine.Planted{})) }
func TestWriteSkew(t *testing.T) { expectNone(t, runWriteSkew(t, engine.Planted{})) }
