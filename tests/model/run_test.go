package model

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/clock"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// sessions is how many sessions interleave. Session i writes only rows and unique
// values whose number is i modulo sessions, so that none ever waits for another.
const sessions = 3

type stepKind int

const (
	stepWrite stepKind = iota
	stepBlock
	stepRead
	stepStable
	stepCreate
	stepAlter
	stepIndex
	stepView
	stepTruncate
	stepDrop
	stepCompact
	stepRestart
	stepCrash
	stepClock
	stepKinds
)

var stepNames = [stepKinds]string{
	"write", "block", "read", "stable", "create", "alter", "index", "view", "truncate", "drop", "compact", "restart", "crash", "clock",
}

var stepWeights = [stepKinds]int{60, 28, 70, 6, 4, 9, 5, 3, 2, 2, 2, 3, 4, 6}

// needed are the kinds that no run goes without.
var needed = []stepKind{stepAlter, stepDrop, stepRestart, stepCrash, stepCompact}

// step is one random action. Its seed makes it repeatable on its own.
type step struct {
	kind stepKind
	seed uint64
}

func randomSteps(rng *rand.Rand, n int) []step {
	total := 0
	for _, w := range stepWeights {
		total += w
	}
	steps := []step{{stepCreate, rng.Uint64()}, {stepCreate, rng.Uint64()}}
	for len(steps) < n {
		at := rng.IntN(total)
		for kind, w := range stepWeights {
			if at -= w; at < 0 {
				steps = append(steps, step{stepKind(kind), rng.Uint64()})
				break
			}
		}
	}
	for _, kind := range needed {
		if !slices.ContainsFunc(steps, func(s step) bool { return s.kind == kind }) {
			steps = slices.Insert(steps, 2+rng.IntN(len(steps)-2), step{kind, rng.Uint64()})
		}
	}
	return steps
}

// session is one client of the engine with what the model knows of it.
type session struct {
	i     int
	conn  *sqlconn.Conn
	async bool

	inTx, failed bool
	rr           bool   // REPEATABLE READ
	ddl          bool   // the transaction changed the schema
	known        int64  // REPEATABLE READ: the commit it reads
	base         *state // committed state under the transaction's own changes
	own          *state // what the transaction sees
	saves        []save
}

type save struct {
	name string
	own  *state
	ddl  bool
}

// failure is what a step panics with when engine and model disagree.
type failure struct{ text string }

// run is one engine and its model.
type run struct {
	rng    *rand.Rand // of the present step
	fs     *vfs.MemFS
	clock  *clock.Manual
	engine *engine.Engine
	fatal  error
	admin  *sqlconn.Conn
	all    []*session
	past   *past
	asked  []answer
	named  int64 // the latest time in the statement being made: it resolves it
	log    []string
	number int // for names that are never used again
	done   [stepKinds]int
}

// answer is an AS OF query and what it answered.
type answer struct {
	sql    string
	result string
	seq    int64
}

const start = 1_700_000_000_000_000

// execute runs the steps on a new database and returns the log and what went wrong.
func execute(steps []step) (log []string, done [stepKinds]int, err error) {
	r := &run{fs: store.CrashableFS(), clock: clock.NewManual(start), past: newPast(), rng: rand.New(rand.NewPCG(1, 1))}
	defer func() {
		log, done = r.log, r.done
		switch p := recover().(type) {
		case nil:
		case failure:
			err = errors.New(p.text)
			r.discard()
		default:
			panic(p)
		}
	}()
	r.open()
	for _, st := range steps {
		r.rng = rand.New(rand.NewPCG(st.seed, 7))
		r.log = append(r.log, fmt.Sprintf("-- %s", stepNames[st.kind]))
		r.named = 0
		r.step(st.kind)
		r.done[st.kind]++
		if r.rng.IntN(4) == 0 {
			r.clock.Advance(time.Duration(r.rng.IntN(3)) * time.Microsecond)
		}
		if r.fatal != nil {
			r.failf("the store failed: %v", r.fatal)
		}
	}
	r.settle()
	r.checkAll()
	r.close()
	r.doctor(r.fs)
	return
}

func (r *run) step(kind stepKind) {
	switch kind {
	case stepWrite:
		r.write()
	case stepBlock:
		r.block()
	case stepRead:
		r.read()
	case stepStable:
		r.settle()
		r.checkStable(5)
	case stepCreate:
		r.createTable(r.alone())
	case stepAlter:
		r.alter(r.alone())
	case stepIndex:
		r.index(r.alone())
	case stepView:
		r.view(r.alone())
	case stepTruncate:
		r.truncate(r.alone())
	case stepDrop:
		r.dropTable(r.alone())
	case stepCompact:
		r.settle()
		r.query(r.admin, "VACUUM")
		r.checkAll()
	case stepRestart:
		r.close()
		r.moveClock()
		r.open()
		r.past.durable = r.past.seq()
		r.checkAll()
	case stepCrash:
		r.crash()
	case stepClock:
		r.clock.Advance(time.Duration(r.rng.IntN(2_000_000)) * time.Microsecond)
	}
}

func (r *run) failf(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

func (r *run) options() store.Options {
	return store.Options{FS: r.fs, Clock: r.clock, BallastBytes: -1, CacheBytes: 8 << 20}
}

func (r *run) open() {
	e, err := engine.Open("db", engine.Options{FS: r.fs, Clock: r.clock, CacheBytes: 8 << 20, OnFatal: func(err error) { r.fatal = err }})
	if err != nil {
		r.failf("open: %v", err)
	}
	r.engine = e
	r.admin = r.connect()
	r.all = nil
	for i := range sessions {
		r.all = append(r.all, &session{i: i, conn: r.connect()})
	}
}

func (r *run) connect() *sqlconn.Conn {
	c, err := sqlconn.Connect(r.engine)
	if err != nil {
		r.failf("connect: %v", err)
	}
	r.query(c, "SET TimeZone = 'UTC'")
	return c
}

// close ends the sessions, which rolls their transactions back, and the engine.
func (r *run) close() {
	r.admin.Close()
	for _, s := range r.all {
		s.conn.Close()
	}
	if err := r.engine.Close(); err != nil {
		r.failf("close: %v", err)
	}
	r.engine = nil
}

// discard frees what a failed run has open.
func (r *run) discard() {
	defer func() { _ = recover() }()
	if r.engine != nil {
		r.close()
	}
}

// moveClock sets the clock forward or a little back, as between two starts.
func (r *run) moveClock() {
	if r.rng.IntN(2) == 0 {
		// Not too far behind the last commit: that is refused.
		latest := max(r.past.times[r.past.seq()], r.past.resolved, start)
		r.clock.Set(max(latest-60_000_000, r.clock.Now()-r.rng.Int64N(60_000_000)))
	} else {
		r.clock.Advance(time.Duration(r.rng.IntN(60_000_000)) * time.Microsecond)
	}
}

// crash cuts the power: what was not synced is lost at random. Commits that asked
// to be durable must be there, of the others the newest may be missing.
func (r *run) crash() {
	clone := r.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.rng.IntN(101), RNG: r.rng})
	r.close()
	r.fs = clone
	r.moveClock()
	r.doctor(clone)
	r.open()
	last := r.number64(r.query(r.admin, "SELECT drift.current_seq()").String())
	if last < r.past.durable || last > r.past.seq() {
		r.failf("after the power cut the last commit is %d, %d was durable and %d the last", last, r.past.durable, r.past.seq())
	}
	r.past.lose(last)
	r.past.durable = last
	r.asked = slices.DeleteFunc(r.asked, func(a answer) bool { return a.seq > last })
	r.checkAll()
}

// doctor checks a closed database.
func (r *run) doctor(fs *vfs.MemFS) {
	o := r.options()
	o.FS, o.AllowClockStep = fs, true
	found, err := sqlconn.Doctor(context.Background(), "db", o)
	if err != nil || found != "" {
		r.failf("doctor: %v\n%s", err, found)
	}
}

const patience = 10 * time.Second

// exec runs a statement and returns the database's error.
func (r *run) exec(c *sqlconn.Conn, sql string) (*sqlconn.Result, error) {
	who := "admin"
	for _, s := range r.all {
		if s.conn == c {
			who = fmt.Sprintf("s%d", s.i)
		}
	}
	r.log = append(r.log, fmt.Sprintf("%s: %s;", who, sql))
	r.past.resolved, r.named = max(r.past.resolved, r.named), 0
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res, err := c.Exec(ctx, sql)
	if ctx.Err() != nil {
		r.failf("a statement hangs: %s", sql)
	}
	if err != nil {
		r.log[len(r.log)-1] += fmt.Sprintf(" -- %s %v", sqlconn.Code(err), err)
	}
	return res, err
}

// query runs a statement that must work.
func (r *run) query(c *sqlconn.Conn, sql string) *sqlconn.Result {
	res, err := r.exec(c, sql)
	if err != nil {
		r.failf("%s: %s %v", sql, sqlconn.Code(err), err)
	}
	return res
}

func (r *run) number64(text string) int64 {
	var n int64
	if _, err := fmt.Sscan(text, &n); err != nil {
		r.failf("%q is not a number", text)
	}
	return n
}

// sees is the state that a session's next statement reads.
func (r *run) sees(s *session) *state {
	if s.inTx {
		return s.own
	}
	return r.past.present()
}

// change runs a statement that changes what the session sees by apply, which
// returns the SQLSTATE that the statement must fail with, "" for success.
func (r *run) change(s *session, sql string, ddl bool, apply func(*state) string) {
	next := r.sees(s).clone()
	want := apply(next)
	_, err := r.exec(s.conn, sql)
	if got := sqlconn.Code(err); got != want {
		r.failf("%s: SQLSTATE %q (%v), want %q", sql, got, err, want)
	}
	switch {
	case want != "":
		s.failed = s.inTx
	case s.inTx:
		s.own, s.ddl = next, s.ddl || ddl
	default:
		r.committed(s, next, ddl)
	}
}

// committed records what a session has committed, if the engine counts it.
func (r *run) committed(s *session, next *state, ddl bool) {
	seq := r.number64(r.query(r.admin, "SELECT drift.current_seq()").String())
	want := r.past.seq()
	if r.past.changes(next) {
		want++
	}
	if seq != want && !(ddl && seq == r.past.seq()+1) {
		r.failf("the commit's number is %d, want %d", seq, want)
	}
	if seq == r.past.seq() {
		return
	}
	at := r.number64(r.query(r.admin, fmt.Sprintf("SELECT (extract(epoch FROM drift.time_of(%d)) * 1000000)::bigint", seq)).String())
	if at <= r.past.times[seq-1] || at <= r.past.resolved || at < r.clock.Now() {
		r.failf("commit %d has time %d; the one before %d, resolved %d, the clock %d", seq, at, r.past.times[seq-1], r.past.resolved, r.clock.Now())
	}
	before := r.past.present()
	r.past.commit(next, at, !s.async)
	for _, o := range r.all {
		if o != s && o.inTx && !o.rr {
			merge(o.own, before, next)
			for i := range o.saves {
				merge(o.saves[i].own, before, next)
			}
			o.base = next
		}
	}
}

// merge brings the rows that differ between two states into a third.
func merge(into, from, to *state) {
	for id, t := range to.tables {
		f, n := from.tables[id], into.tables[id]
		if f == nil || n == nil {
			continue
		}
		for key, row := range t.rows {
			if old, ok := f.rows[key]; !ok || t.print(old) != t.print(row) {
				n.rows[key] = row
			}
		}
		for key := range f.rows {
			if _, ok := t.rows[key]; !ok {
				delete(n.rows, key)
			}
		}
	}
}

// pick returns a session that can run statements: while one has changed the
// schema and not committed, only that one.
func (r *run) pick() *session {
	for _, s := range r.all {
		if s.ddl {
			return s
		}
	}
	return r.all[r.rng.IntN(sessions)]
}

// alone returns a session for DDL: the others' transactions are ended.
func (r *run) alone() *session {
	s := r.pick()
	for _, o := range r.all {
		if o.inTx && (o != s || o.rr || o.failed) {
			r.end(o)
		}
	}
	if !s.inTx && r.rng.IntN(4) == 0 {
		r.begin(s, false)
	}
	return s
}

// settle ends a transaction whose locks on tables would stop other sessions.
func (r *run) settle() {
	for _, s := range r.all {
		if s.ddl {
			r.end(s)
		}
	}
}

// block begins, ends or divides a transaction.
func (r *run) block() {
	s := r.pick()
	if !s.inTx {
		if r.rng.IntN(5) == 0 {
			s.async = !s.async
			r.query(s.conn, fmt.Sprintf("SET synchronous_commit = %v", map[bool]string{true: "off", false: "on"}[s.async]))
		}
		r.begin(s, r.rng.IntN(3) == 0)
		return
	}
	switch n := r.rng.IntN(6); {
	case len(s.saves) > 0 && (s.failed && n < 4 || n == 0):
		i := r.rng.IntN(len(s.saves))
		r.query(s.conn, "ROLLBACK TO "+s.saves[i].name)
		s.own, s.ddl, s.failed = s.saves[i].own.clone(), s.saves[i].ddl, false
		s.saves = s.saves[:i+1]
	case s.failed || n < 3:
		r.end(s)
	case len(s.saves) > 0 && n == 3:
		i := r.rng.IntN(len(s.saves))
		r.query(s.conn, "RELEASE "+s.saves[i].name)
		s.saves = s.saves[:i]
	default:
		r.number++
		name := fmt.Sprintf("sp%d", r.number)
		r.query(s.conn, "SAVEPOINT "+name)
		s.saves = append(s.saves, save{name, s.own.clone(), s.ddl})
	}
}

func (r *run) begin(s *session, rr bool) {
	sql := "BEGIN"
	if rr {
		sql = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1"
	}
	r.query(s.conn, sql)
	s.inTx, s.failed, s.rr, s.ddl, s.saves = true, false, rr, false, nil
	s.known, s.base = r.past.seq(), r.past.present()
	s.own = s.base.clone()
}

// end commits or rolls back.
func (r *run) end(s *session) {
	s.inTx = false
	if s.failed || r.rng.IntN(4) == 0 {
		r.query(s.conn, []string{"ROLLBACK", "COMMIT"}[r.rng.IntN(2)*btoi(s.failed)])
		s.failed, s.ddl = false, false
		return
	}
	next := s.own
	if !s.ddl {
		next = r.past.present().clone()
		merge(next, s.base, s.own)
	}
	r.query(s.conn, "COMMIT")
	r.committed(s, next, s.ddl)
	s.ddl = false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// same compares what the engine answered with what the model expects.
func (r *run) same(what string, got, want []string) {
	if !slices.Equal(got, want) {
		r.failf("%s\ngot:\n  %s\nwant:\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
