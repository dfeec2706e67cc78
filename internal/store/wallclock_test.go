package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/clock"
)

// machineTime is a machine's two clocks as a test moves them.
type machineTime struct {
	mu   sync.Mutex // protects all
	mono time.Duration
	wall int64
	// most is what a clock may show that follows the monotonic clock and, forward
	// only, the wall clock.
	most  int64
	jumps []wallJump
}

type wallJump struct {
	mono          time.Duration
	before, after int64
}

func (m *machineTime) read() (time.Duration, int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mono, m.wall
}

// pass lets time go by.
func (m *machineTime) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mono += d
	m.wall += d.Microseconds()
	m.most = max(m.most+d.Microseconds(), m.wall)
}

// set moves the wall clock alone.
func (m *machineTime) set(by time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jumps = append(m.jumps, wallJump{m.mono, m.wall, m.wall + by.Microseconds()})
	m.wall += by.Microseconds()
	m.most = max(m.most, m.wall)
}

// boot returns the clock of a process that starts now.
func (m *machineTime) boot() *clock.System {
	m.mu.Lock()
	m.most, m.jumps = m.wall, nil
	m.mu.Unlock()
	return clock.NewSource(m.read)
}

// slack is how long the clock may take to notice that the wall clock was set.
const slack = 250 * time.Millisecond

// bounds returns the least and the most that the clock may show now.
func (m *machineTime) bounds() (least, most Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	low := m.wall
	for _, j := range m.jumps {
		if m.mono-j.mono <= slack {
			low = min(low, j.before, j.after)
		}
	}
	return Time(low - slack.Microseconds()), Time(m.most)
}

// timeline is a database under such clocks, with what its clients were told.
type timeline struct {
	*testing.T
	rng     *rand.Rand
	ctx     context.Context
	machine *machineTime
	fs      *vfs.MemFS
	db      *DB
	times   []Time // of commit 1, 2, ...
	durable int    // as many of them must survive
	taken   Time   // the newest time of a commit, or resolved
	answers map[Time]Seq
}

// Commit times and resolved moments under clocks that jump, stand still and are set
// between two lives of the process, with clean ends and power cuts:
//
//   - commit times increase, and each lies between the readings of now() around it,
//     not before the clock and not further ahead than what was resolved;
//   - a moment once resolved answers the same for ever, and nobody but the clock can
//     move time on by more than the second that a moment may lie ahead;
//   - an open under a clock more than five minutes behind is refused;
//   - when the clocks are left alone, time comes back to the wall clock.
func TestWallClockBounds(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for run := range uint64(25) {
		x := &timeline{
			T: t, rng: rand.New(rand.NewPCG(seed, run)), ctx: context.Background(), fs: vfs.NewCrashableMem(),
			machine: &machineTime{wall: 1_700_000_000_000_000}, answers: map[Time]Seq{},
		}
		x.open()
		for range 60 {
			x.step()
		}
		x.settle()
		must(t, x.db.Close())
		if t.Failed() {
			t.Fatalf("seed %d run %d", seed, run)
		}
	}
}

func (x *timeline) step() {
	switch n := x.rng.IntN(20); {
	case n < 6:
		x.commit()
	case n < 12:
		x.ask()
	case n < 15:
		x.machine.pass(x.span(10 * time.Second))
	case n < 17:
		x.machine.set(x.span(time.Hour) * time.Duration(1-2*x.rng.IntN(2)))
	case n < 18:
		x.storm()
	default:
		x.restart()
	}
}

// span returns a length up to a limit; small ones are as likely as large ones.
func (x *timeline) span(limit time.Duration) time.Duration {
	return time.Duration(x.rng.Int64N(max(2, limit.Microseconds()>>x.rng.IntN(30)))) * time.Microsecond
}

func (x *timeline) commit() {
	async := x.rng.IntN(4) == 0
	b := x.db.NewBatch()
	b.SetAsync(async)
	b.Put(100, benchKey(nil, x.rng.Uint64()), nil)
	before := x.db.Now()
	seq, at, err := x.db.Commit(x.ctx, b)
	after := x.db.Now()
	if err != nil || int(seq) != len(x.times)+1 {
		x.Fatalf("commit %d is number %d (%v)", len(x.times)+1, seq, err)
	}
	least, most := x.machine.bounds()
	if at < before || at > after || at > before+1 {
		x.Errorf("commit %d has the time %d; now() was %d before and %d after it", seq, at, before, after)
	}
	if at <= x.taken || at < least || at > max(most, x.taken+1) {
		x.Errorf("commit %d has the time %d; up to %d was taken, the clock lies in [%d, %d]", seq, at, x.taken, least, most)
	}
	x.times, x.taken = append(x.times, at), at
	if !async {
		x.durable = len(x.times)
	}
	cs := x.db.Commits(seq, seq)
	defer cs.Close()
	if !cs.Next() || cs.Commit().Time != at || int64(cs.Commit().WallTime) != x.machine.wall {
		x.Errorf("commit %d at wall time %d is recorded as %+v (%v)", seq, x.machine.wall, cs.Commit(), cs.Err())
	}
}

// right returns what AS OF t must answer.
func (x *timeline) right(t Time) (seq Seq) {
	for i, at := range x.times {
		if at <= t {
			seq = Seq(i + 1)
		}
	}
	return seq
}

func (x *timeline) ask() {
	at := x.db.Now()
	switch n := x.rng.IntN(8); {
	case n < 2:
		at += Time(x.span(2 * time.Second).Microseconds())
	case n < 4:
		at -= Time(x.span(time.Hour).Microseconds())
	case n < 6 && len(x.times) > 0:
		at = x.times[x.rng.IntN(len(x.times))] + Time(x.rng.IntN(3)-1)
	case n < 7:
		at = Time(x.db.hlc.clock.Now()) + maxFuture + Time(x.rng.IntN(2))
	}
	future := at > x.taken && int64(at)-x.db.hlc.clock.Now() > time.Second.Microseconds()
	seq, err := x.db.SeqAt(x.ctx, at)
	if future {
		if !errors.Is(err, ErrFuture) {
			x.Errorf("AS OF %d, with a clock at %d, gave %d, %v", at, x.db.hlc.clock.Now(), seq, err)
		}
		return
	}
	if want := x.right(at); err != nil || seq != want {
		x.Errorf("AS OF %d gave %d (%v), want %d", at, seq, err, want)
	}
	x.answers[at], x.taken = seq, max(x.taken, at)
}

// again asks some moments a second time.
func (x *timeline) again() {
	n := 0
	for at, want := range x.answers {
		if n++; n > 40 {
			break
		}
		if seq, err := x.db.SeqAt(x.ctx, at); err != nil || seq != want || seq != x.right(at) {
			x.Errorf("AS OF %d was %d and is %d (%v); the times say %d", at, want, seq, err, x.right(at))
		}
	}
}

// storm commits and resolves moments from several goroutines while the clocks move.
func (x *timeline) storm() {
	type commit struct {
		seq               Seq
		before, at, after Time
	}
	type answer struct {
		at  Time
		seq Seq
	}
	const writers, readers, each = 4, 3, 12
	commits, answers := make([][]commit, writers), make([][]answer, readers)
	var work sync.WaitGroup
	for w := range commits {
		work.Go(func() {
			for i := range each {
				b := x.db.NewBatch()
				b.Put(101, []byte{byte(w), byte(i)}, nil)
				c := commit{before: x.db.Now()}
				var err error
				if c.seq, c.at, err = x.db.Commit(x.ctx, b); err != nil {
					x.Error(err)
					return
				}
				c.after = x.db.Now()
				commits[w] = append(commits[w], c)
			}
		})
	}
	for r := range answers {
		rng := rand.New(rand.NewPCG(x.rng.Uint64(), 0))
		work.Go(func() {
			for range 4 * each {
				a := answer{at: x.db.Now() + Time(rng.Int64N(3000)-1000)}
				var err error
				if a.seq, err = x.db.SeqAt(x.ctx, a.at); err == nil {
					answers[r] = append(answers[r], a)
				} else if !errors.Is(err, ErrFuture) {
					x.Error(err)
				}
			}
		})
	}
	for range 50 {
		x.machine.pass(x.span(100 * time.Millisecond))
		x.machine.set(x.span(time.Second) * time.Duration(1-2*x.rng.IntN(2)))
	}
	work.Wait()
	first := len(x.times)
	x.times = append(x.times, make([]Time, writers*each)...)
	for _, list := range commits {
		for _, c := range list {
			if c.at < c.before || c.at > c.after {
				x.Errorf("commit %d has the time %d; now() was %d before and %d after it", c.seq, c.at, c.before, c.after)
			}
			x.times[c.seq-1] = c.at
		}
	}
	for i := first; i < len(x.times); i++ {
		if x.times[i] <= x.taken {
			x.Errorf("commit %d has the time %d, not after %d", i+1, x.times[i], x.taken)
		}
		x.taken = x.times[i]
	}
	x.durable = len(x.times)
	for _, list := range answers {
		for _, a := range list {
			if want := x.right(a.at); a.seq != want {
				x.Errorf("AS OF %d among commits gave %d, their times say %d", a.at, a.seq, want)
			}
			x.answers[a.at], x.taken = a.seq, max(x.taken, a.at)
		}
	}
	if _, most := x.machine.bounds(); x.taken > max(most+maxFuture, x.times[len(x.times)-1]) {
		x.Errorf("time went on to %d, the clock is at most %d", x.taken, most)
	}
}

// restart ends the process, in order or by a power cut, and starts it after a while.
func (x *timeline) restart() {
	cut := x.rng.IntN(3) > 0
	_, most := x.machine.bounds()
	taken := x.taken
	if cut {
		clone := x.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: x.rng.IntN(101), RNG: x.rng})
		must(x, x.db.Close())
		x.fs = clone
	} else {
		must(x, x.db.Close())
		x.durable = len(x.times)
	}
	x.machine.pass(x.span(time.Minute))
	x.machine.set(x.span(20*time.Minute) * time.Duration(1-2*x.rng.IntN(2)))
	x.open()
	n := int(x.db.LastSeq())
	if n < x.durable || n > len(x.times) {
		x.Fatalf("%d commits after the restart, there were %d, of which %d durable", n, len(x.times), x.durable)
	}
	x.times, x.durable = x.times[:n], n
	for at, seq := range x.answers {
		x.answers[at] = min(seq, Seq(n)) // commits that asked for no durability may be gone
	}
	floor := Time(x.db.hlc.last.Load())
	if limit := max(taken+Time(ceilingClose), most+Time(ceilingAhead)); floor > limit || !cut && floor != taken {
		x.Errorf("time begins at %d after the restart (power cut: %v); up to %d was taken, the limit is %d", floor, cut, taken, limit)
	}
	for at := range x.answers {
		if at > floor {
			x.Errorf("time begins at %d after the restart, %d was resolved", floor, at)
		}
	}
	x.taken = floor
	x.again()
}

func (x *timeline) open() {
	o := smallOptions
	o.FS, o.OnFatal = x.fs, func(err error) { x.Errorf("fatal: %v", err) }
	var err error
	refused := false
	for {
		o.Clock = x.machine.boot()
		if x.db, err = Open("db", o); !errors.Is(err, ErrClockBehind) || o.AllowClockStep {
			break
		}
		refused, o.AllowClockStep = true, true
	}
	must(x, err)
	if behind := x.db.hlc.last.Load() - x.machine.wall; refused != (behind > (5 * time.Minute).Microseconds()) {
		x.Errorf("a clock %d us behind was refused: %v", behind, refused)
	}
	x.taken = max(x.taken, Time(x.db.hlc.last.Load())) // a new database begins at its creation
}

// settle leaves the clocks alone until now() is the wall clock's time again.
func (x *timeline) settle() {
	for range 300 {
		ahead := int64(x.db.Now()) - x.machine.wall
		x.machine.pass(max(time.Duration(ahead/4)*time.Microsecond, time.Second))
	}
	if now := int64(x.db.Now()); now != x.machine.wall {
		x.Errorf("now() is %d, the wall clock %d", now, x.machine.wall)
	}
	x.commit()
	if at := int64(x.taken); at != x.machine.wall {
		x.Errorf("the last commit has the time %d, the wall clock %d", at, x.machine.wall)
	}
	x.again()
}
