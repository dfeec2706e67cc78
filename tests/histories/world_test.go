package histories

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// world is a database whose power can fail at any moment. Clients keep working
// through failures: a statement whose answer had not arrived before the power went
// has an unknown outcome.
type world struct {
	t     testing.TB
	o     engine.Options
	clock *jumpingClock
	seed  uint64
	born  time.Time
	sync  time.Duration // how long a sync of the log takes

	mu    sync.RWMutex // protects fs, e, epoch and users
	fs    *vfs.MemFS
	e     *engine.Engine
	epoch int
	users *sync.WaitGroup // the sessions of e

	stop atomic.Bool
	old  sync.WaitGroup // engines of before a power cut being closed

	failMu sync.Mutex
	fails  []string // what the checks found
}

// slowSync makes syncs of the log take as long as a disk's.
type slowSync struct{ d time.Duration }

func (slowSync) String() string { return "slow sync" }

func (s slowSync) MaybeError(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		if strings.HasSuffix(op.Path, ".log") {
			time.Sleep(s.d)
		}
	}
	return nil
}

// jumpingClock is the machine's clock, set forward and back.
type jumpingClock struct{ offset atomic.Int64 }

func (c *jumpingClock) Now() int64 { return time.Now().UnixMicro() + c.offset.Load() }

func newWorld(t testing.TB, planted engine.Planted) *world {
	t.Helper()
	w := &world{t: t, clock: &jumpingClock{}, seed: uint64(time.Now().UnixNano()), born: time.Now(), fs: store.CrashableFS(), users: &sync.WaitGroup{}}
	w.o = engine.Options{
		Clock: w.clock, AllowClockStep: true, CacheBytes: 8 << 20, Planted: planted,
		OnFatal: func(err error) { w.fail("the store failed: %v", err) },
	}
	w.sync = time.Millisecond
	if planted != (engine.Planted{}) {
		w.sync = 10 * time.Millisecond // faults around syncs get their chance
	}
	w.e = w.open()
	t.Logf("seed %d", w.seed)
	return w
}

func (w *world) open() *engine.Engine {
	o := w.o
	o.FS = errorfs.Wrap(w.fs, slowSync{w.sync})
	e, err := engine.Open("db", o)
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	return e
}

// fail records what a check found.
func (w *world) fail(format string, args ...any) {
	w.failMu.Lock()
	defer w.failMu.Unlock()
	if len(w.fails) < 20 {
		w.fails = append(w.fails, fmt.Sprintf(format, args...))
	}
}

// tooFew tells that a run did too little to judge anything by. A planted fault may
// be the cause.
func (w *world) tooFew(format string, args ...any) {
	if w.o.Planted == (engine.Planted{}) {
		w.fail(format, args...)
	}
}

// rng returns a source of random numbers for a client.
func (w *world) rng(client int) *rand.Rand { return rand.New(rand.NewPCG(w.seed, uint64(client))) }

// now is the time of a recorded event, in nanoseconds.
func (w *world) now() int64 { return int64(time.Since(w.born)) }

// cut fails the power: the database goes on with what was synced and a random
// part of what was not.
func (w *world) cut(rng *rand.Rand) {
	w.mu.Lock()
	before, users := w.e, w.users
	w.users = &sync.WaitGroup{}
	w.fs = w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
	w.epoch++
	w.clock.offset.Add((rng.Int64N(7) - 3) * int64(time.Second/time.Microsecond))
	w.e = w.open()
	w.mu.Unlock()
	w.old.Go(func() { // sessions of it end when their clients notice
		users.Wait()
		_ = before.Close()
	})
}

// outcome is how a statement ended.
type outcome int

const (
	done    outcome = iota
	refused         // an error answer: no effect
	unknown         // the power failed before the answer
)

// client is a session that reconnects after power cuts. It belongs to one
// goroutine.
type client struct {
	w     *world
	c     *sqlconn.Conn
	users *sync.WaitGroup // of the engine that c belongs to
	epoch int
	code  string // SQLSTATE of the last refusal
}

func (w *world) client() *client { return &client{w: w, epoch: -1} }

func (c *client) close() {
	if c.c != nil {
		c.c.Close()
		c.users.Done()
		c.c = nil
	}
}

// current connects to the database of now.
func (c *client) current() {
	c.w.mu.RLock()
	defer c.w.mu.RUnlock()
	if c.c != nil && c.epoch == c.w.epoch {
		return
	}
	c.close()
	conn, err := sqlconn.Connect(c.w.e)
	if err != nil {
		c.w.t.Errorf("connect: %v", err)
		return
	}
	c.c, c.epoch, c.users = conn, c.w.epoch, c.w.users
	c.users.Add(1)
	_, _ = conn.Exec(context.Background(), "SET deadlock_timeout = '5ms'")
}

// do runs statements and tells how they ended. A session that lost its server
// loses its open transaction too.
func (c *client) do(sql string) (*sqlconn.Result, outcome) {
	if c.c == nil || c.c.Status() == 'I' {
		c.current()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := c.c.Exec(ctx, sql)
	c.w.mu.RLock()
	same := c.epoch == c.w.epoch
	c.w.mu.RUnlock()
	switch {
	case !same:
		c.close()
		return nil, unknown
	case err == nil:
		return r, done
	}
	if c.code = sqlconn.Code(err); c.code != "40001" && c.code != "40P01" {
		c.w.fail("%s: %s %v", sql, c.code, err)
	}
	if s := c.c.Status(); s == 'E' {
		_, _ = c.c.Exec(context.Background(), "ROLLBACK")
	}
	return nil, refused
}

// must runs statements that have to succeed, again when the power failed; they
// change nothing, or may be done twice.
func (c *client) must(sql string) *sqlconn.Result {
	for {
		switch r, how := c.do(sql); how {
		case done:
			return r
		case refused:
			c.w.t.Fatalf("%s: %s, %v", sql, c.code, c.w.fails)
		}
	}
}

// number runs a query for one number.
func (c *client) number(sql string) int64 {
	n, err := strconv.ParseInt(c.must(sql).String(), 10, 64)
	if err != nil {
		c.w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// run lets clients work while faults happen, for as long as the settings say.
func (w *world) run(clients, cuts int, work func(c *client, id int, rng *rand.Rand)) {
	seconds := 0.6
	if text := os.Getenv("DRIFTDB_HISTORIES_SECONDS"); text != "" {
		var err error
		if seconds, err = strconv.ParseFloat(text, 64); err != nil {
			w.t.Fatalf("DRIFTDB_HISTORIES_SECONDS=%q is not a number", text)
		}
		cuts = max(cuts, int(seconds))
	}
	if w.o.Planted != (engine.Planted{}) {
		cuts *= 3 // most faults show in a cut
	}
	var wg sync.WaitGroup
	for id := range clients {
		wg.Go(func() {
			c := w.client()
			defer c.close()
			for rng := w.rng(id); !w.stop.Load(); {
				work(c, id, rng)
			}
		})
	}
	wg.Go(func() { w.faults(time.Duration(seconds*float64(time.Second)), cuts) })
	wg.Wait()
	w.old.Wait()
}

// faults cuts the power now and then, sets the clock and compacts, and ends the
// run.
func (w *world) faults(d time.Duration, cuts int) {
	rng := w.rng(-1)
	for i := range cuts + 1 {
		for end := time.Now().Add(d / time.Duration(cuts+1)); time.Now().Before(end); time.Sleep(time.Duration(5+rng.IntN(20)) * time.Millisecond) {
			switch rng.IntN(8) {
			case 0:
				w.mu.RLock()
				e := w.e
				w.mu.RUnlock()
				_ = e.Store().Compact(context.Background())
			case 1, 2:
				w.clock.offset.Add((rng.Int64N(2001) - 1000) * int64(time.Millisecond/time.Microsecond))
			}
		}
		if i < cuts {
			w.cut(rng)
		}
	}
	w.stop.Store(true)
}

// finish closes the database and lets the doctor look at it.
func (w *world) finish() {
	if err := w.e.Close(); err != nil {
		w.fail("close: %v", err)
	}
	found, err := sqlconn.Doctor(context.Background(), "db", store.Options{FS: w.fs, AllowClockStep: true, BallastBytes: -1, CacheBytes: 8 << 20})
	if err != nil || found != "" {
		w.fail("doctor: %v\n%s", err, found)
	}
}
