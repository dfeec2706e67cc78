package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/driftproc"
	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		runChild(dir)
		return
	}
	code := m.Run()
	driftproc.Remove()
	os.Exit(code)
}

func setting(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%q is not a number", name, text)
	}
	return n
}

// querier is a session in this process or through the wire.
type querier interface {
	query(sql string) (string, error)
}

// local is a session in this process.
type local struct{ c *sqlconn.Conn }

func (l local) query(sql string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := l.c.Exec(ctx, sql)
	return r.String(), err
}

func openEngine(t testing.TB, dir string, o engine.Options) *engine.Engine {
	t.Helper()
	if o.CacheBytes == 0 {
		o.CacheBytes = 8 << 20
	}
	if o.OnFatal == nil {
		o.OnFatal = func(err error) { t.Errorf("the store failed: %v", err) }
	}
	e, err := engine.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func connect(t testing.TB, e *engine.Engine) local {
	t.Helper()
	c, err := sqlconn.Connect(e)
	if err != nil {
		t.Fatal(err)
	}
	return local{c}
}

func must(t testing.TB, q querier, sql string) string {
	t.Helper()
	got, err := q.query(sql)
	if err != nil {
		t.Fatalf("%s: %s %v", sql, sqlconn.Code(err), err)
	}
	return got
}

func expect(t testing.TB, q querier, sql, want string) {
	t.Helper()
	if got := must(t, q, sql); got != want {
		t.Errorf("%s\ngot:\n%s\nwant:\n%s", sql, got, want)
	}
}

func refused(t testing.TB, q querier, sql, code string) error {
	t.Helper()
	_, err := q.query(sql)
	if got := sqlconn.Code(err); got != code {
		t.Errorf("%s: SQLSTATE %q (%v), want %q", sql, got, err, code)
	}
	return err
}

func number(t testing.TB, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%q is not a number", text)
	}
	return n
}

// doctor checks a closed database.
func doctor(t testing.TB, dir string, o store.Options) {
	t.Helper()
	o.BallastBytes, o.CacheBytes, o.AllowClockStep = -1, 8<<20, true
	found, err := sqlconn.Doctor(context.Background(), dir, o)
	if err != nil || found != "" {
		t.Errorf("doctor: %v\n%s", err, found)
	}
}

// bank is a workload whose every transaction changes four tables: money moves
// between two accounts, the writer's counter grows, a line is logged, and the
// writer's row in newest makes way for the next. The sum of all accounts stays 0,
// counters, log and newest agree, each transaction is one commit, and no number
// that a sequence gave to a line comes again.
type bank struct {
	accounts int
	loaded   int64 // commit after which only transfers follow
	others   bool  // or other commits too
	acked    []atomic.Int64
	seq      atomic.Int64 // newest commit that a writer was told of
	known    map[int64]string
}

func newBank(t *testing.T, q querier, writers int) *bank {
	b := &bank{accounts: 40, acked: make([]atomic.Int64, writers), known: map[int64]string{}}
	must(t, q, "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL)")
	must(t, q, "CREATE TABLE counter (w int PRIMARY KEY, n int NOT NULL)")
	must(t, q, "CREATE TABLE log (w int, n int, amount int, note text, id bigint GENERATED ALWAYS AS IDENTITY UNIQUE, PRIMARY KEY (w, n))")
	must(t, q, "CREATE INDEX log_amount ON log (amount)")
	must(t, q, "CREATE TABLE newest (w int, n int, PRIMARY KEY (w, n))")
	must(t, q, fmt.Sprintf("INSERT INTO account SELECT i, 0 FROM generate_series(1, %d) AS g(i)", b.accounts))
	must(t, q, fmt.Sprintf("INSERT INTO counter SELECT i, 0 FROM generate_series(0, %d) AS g(i)", writers-1))
	must(t, q, "INSERT INTO newest SELECT w, n FROM counter")
	b.loaded = number(t, must(t, q, "SELECT drift.current_seq()"))
	b.seq.Store(b.loaded)
	return b
}

// write moves money until stop, an error, or the end of the server. broken is an
// error that the writer ends with without complaint.
func (b *bank) write(t *testing.T, q querier, w int, stop *atomic.Bool, broken func(error) bool) {
	rng := rand.New(rand.NewPCG(uint64(w), uint64(time.Now().UnixNano())))
	for n := b.acked[w].Load() + 1; !stop.Load(); {
		_, err := q.query(b.transfer(rng, w, n))
		switch {
		case err == nil:
			b.acked[w].Store(n)
			n++
		case broken(err):
			return
		default:
			t.Errorf("writer %d: %s %v", w, sqlconn.Code(err), err)
			return
		}
		b.told(q)
	}
}

// transfer is the n-th transaction of a writer.
func (b *bank) transfer(rng *rand.Rand, w int, n int64) string {
	from, to := rng.IntN(b.accounts)+1, rng.IntN(b.accounts)+1
	amount := rng.IntN(100)
	if from > to {
		from, to, amount = to, from, -amount
	}
	// The order of the accounts keeps writers out of deadlocks.
	return fmt.Sprintf("BEGIN; UPDATE account SET balance = balance - %[1]d WHERE id = %[2]d; UPDATE account SET balance = balance + %[1]d WHERE id = %[3]d; "+
		"UPDATE counter SET n = n + 1 WHERE w = %[4]d; INSERT INTO log VALUES (%[4]d, %[5]d, %[1]d, repeat('x', %[6]d)); "+
		"DELETE FROM newest WHERE w = %[4]d; INSERT INTO newest VALUES (%[4]d, %[5]d); COMMIT", amount, from, to, w, n, rng.IntN(300))
}

// told notes the number of the session's last commit.
func (b *bank) told(q querier) {
	if seq, err := q.query("SELECT drift.last_commit_seq()"); err == nil {
		s, _ := strconv.ParseInt(seq, 10, 64)
		for old := b.seq.Load(); s > old && !b.seq.CompareAndSwap(old, s); old = b.seq.Load() {
		}
	}
}

// promised is what the writers have been told by now.
func (b *bank) promised() (acked []int64, seq int64) {
	for w := range b.acked {
		acked = append(acked, b.acked[w].Load())
	}
	return acked, b.seq.Load()
}

// check compares the database with what was promised before the disaster: nothing
// acknowledged is lost, nothing is half there, now and at past moments.
func (b *bank) check(t *testing.T, q querier, acked []int64, seq int64) {
	t.Helper()
	last := number(t, must(t, q, "SELECT drift.current_seq()"))
	if last < seq {
		t.Errorf("commit %d was acknowledged, the last is %d", seq, last)
	}
	for w, n := range acked {
		got := number(t, must(t, q, fmt.Sprintf("SELECT n FROM counter WHERE w = %d", w)))
		if got < n {
			t.Errorf("writer %d: transaction %d was acknowledged, the counter says %d", w, n, got)
		}
		b.acked[w].Store(got)
	}
	b.seq.Store(last)
	b.at(t, q, last)
	for range 8 {
		b.at(t, q, b.loaded+rand.Int64N(last-b.loaded+1))
	}
	asked := 0
	for seq := range b.known { // any 20 of them
		if asked++; asked > 20 {
			break
		}
		b.at(t, q, seq)
	}
}

// sums is a query whose answer is 0|0|n|0|0 at every moment, n being the number of
// transfers; whole judges it.
const sums = "SELECT (SELECT sum(balance) FROM account), " +
	"(SELECT sum(n) FROM counter) - (SELECT count(*) FROM log), (SELECT count(*) FROM log), " +
	"(SELECT count(*) FROM counter c WHERE n <> (SELECT coalesce(max(n), 0) FROM log l WHERE l.w = c.w)), " +
	"(SELECT count(*) FROM counter c FULL JOIN newest n ON n.w = c.w AND n.n = c.n WHERE c.n IS NULL OR n.n IS NULL)"

func whole(answer string) bool {
	parts := strings.Split(answer, "|")
	return len(parts) == 5 && parts[0] == "0" && parts[1] == "0" && parts[3] == "0" && parts[4] == "0"
}

// at judges one moment.
func (b *bank) at(t *testing.T, q querier, seq int64) {
	t.Helper()
	got := must(t, q, fmt.Sprintf("SET drift.as_of = 'seq:%d'; %s", seq, sums))
	must(t, q, "RESET drift.as_of")
	if parts := strings.Split(got, "|"); parts[2] != fmt.Sprint(seq-b.loaded) && !b.others || !whole(got) {
		t.Errorf("at commit %d the sums are %s, want 0|0|%d|0|0", seq, got, seq-b.loaded)
	}
	if before, ok := b.known[seq]; ok && got != before {
		t.Errorf("commit %d was %s and is %s", seq, before, got)
	}
	b.known[seq] = got
}

// load starts the writers and returns how to stop them and wait.
func (b *bank) load(t *testing.T, connect func() querier, broken func(error) bool) (stop func()) {
	var halt atomic.Bool
	var wg sync.WaitGroup
	for w := range b.acked {
		q := connect()
		wg.Go(func() { b.write(t, q, w, &halt, broken) })
	}
	return func() {
		halt.Store(true)
		wg.Wait()
	}
}

func never(error) bool { return false }

// connectionLost accepts the errors of a server that went away.
func connectionLost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "conn closed") ||
		strings.Contains(err.Error(), "connection reset") || strings.Contains(err.Error(), "broken pipe")
}
