package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/clock"
)

// The model is the slow, obvious store: every version of every key in a list.
type model struct {
	storages map[StorageID]map[string][]modelVersion
	frozen   map[StorageID]Seq
	times    []Time // by seq; times[0] is not used
	live     []StorageID
	next     StorageID
}

type modelVersion struct {
	start, end Seq
	tuple      string
}

func newModel() *model {
	return &model{storages: map[StorageID]map[string][]modelVersion{}, frozen: map[StorageID]Seq{}, times: []Time{0}, live: []StorageID{100, 101, 2300}, next: 70_000}
}

func (m *model) seq() Seq { return Seq(len(m.times) - 1) }

// versions returns the versions of a key as a reader who knows the commits up to
// known sees them.
func (m *model) versions(id StorageID, key string, known Seq) []modelVersion {
	var out []modelVersion
	for _, v := range m.storages[id][key] {
		if v.start > known {
			continue
		}
		if f := m.frozen[id]; v.end == MaxSeq && f != 0 {
			v.end = f
		}
		if v.end > known {
			v.end = MaxSeq
		}
		out = append(out, v)
	}
	return out
}

// scan describes what a scan at a moment returns.
func (m *model) scan(id StorageID, lo, hi []byte, at, known Seq, reverse bool) string {
	var out []string
	for _, key := range m.keys(id, lo, hi) {
		for _, v := range m.versions(id, key, known) {
			if v.start <= at && v.end > at {
				out = append(out, v.describe(key))
			}
		}
	}
	if reverse {
		slices.Reverse(out)
	}
	return strings.Join(out, " ")
}

func (m *model) history(id StorageID, lo, hi []byte, from, to, known Seq) string {
	var out []string
	for _, key := range m.keys(id, lo, hi) {
		for _, v := range m.versions(id, key, known) {
			if v.start < to && v.end > from {
				out = append(out, v.describe(key))
			}
		}
	}
	return strings.Join(out, " ")
}

func (m *model) keys(id StorageID, lo, hi []byte) []string {
	keys := slices.Sorted(maps.Keys(m.storages[id]))
	return slices.DeleteFunc(keys, func(k string) bool {
		return lo != nil && k < string(lo) || hi != nil && k >= string(hi)
	})
}

func (v modelVersion) describe(key string) string {
	return fmt.Sprintf("%x=%s[%d,%d)", key, v.tuple, v.start, v.end)
}

func drain(it *Iter) (string, error) {
	var out []string
	for it.Next() {
		out = append(out, modelVersion{it.Start(), it.End(), string(it.Tuple())}.describe(string(it.Key())))
	}
	return strings.Join(out, " "), it.Close()
}

// step is one random action; its seed makes it repeatable on its own, so that a
// failing run can be shortened by leaving steps out.
type step struct {
	kind stepKind
	seed uint64
}

type stepKind int

const (
	stepCommit stepKind = iota
	stepRead
	stepFreeze
	stepFlush
	stepCompact
	stepRestart
	stepCrash
	stepClockBack
	stepRefresh
	stepKinds
)

func (k stepKind) String() string {
	return [...]string{"commit", "read", "freeze", "flush", "compact", "restart", "crash", "clock back", "refresh"}[k]
}

var stepWeights = [stepKinds]int{50, 60, 4, 4, 2, 3, 3, 3, 3}

func randomSteps(rng *rand.Rand, n int) []step {
	total := 0
	for _, w := range stepWeights {
		total += w
	}
	var steps []step
	for k := range stepKinds { // every kind happens in every run
		steps = append(steps, step{k, rng.Uint64()})
	}
	for len(steps) < n {
		x := rng.IntN(total)
		k := stepKind(0)
		for x >= stepWeights[k] {
			x -= stepWeights[k]
			k++
		}
		steps = append(steps, step{k, rng.Uint64()})
	}
	rng.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	return steps
}

// harness runs steps on a store and the model.
type harness struct {
	m     *model
	db    *DB
	fs    *vfs.MemFS
	clock *clock.Manual
	views []*View // held for a while, as slow statements do

	closed Time // the latest moment that was resolved
}

func (h *harness) open() error {
	var err error
	h.db, err = Open("db", Options{
		FS: h.fs, Clock: h.clock, AllowClockStep: true, BallastBytes: -1,
		MemTableBytes: 256 << 10, CacheBytes: 4 << 20,
		OnFatal: func(err error) { panic(err) },
	})
	if err == nil {
		// Histories here are short: make everything sparse dense.
		h.db.images.after = 3
		h.db.chainEvery, h.db.timeMapEvery = 7, 5
	}
	return err
}

func (h *harness) closeViews() {
	for _, v := range h.views {
		v.Release()
	}
	h.views = nil
}

func runSteps(steps []step) (err error) {
	h := &harness{m: newModel(), fs: vfs.NewCrashableMem(), clock: clock.NewManual(1_000_000_000)}
	if err := h.open(); err != nil {
		return err
	}
	defer func() {
		h.closeViews()
		if cerr := h.db.Close(); err == nil {
			err = cerr
		}
		if err == nil {
			err = h.doctor()
		}
	}()
	for i, s := range steps {
		rng := rand.New(rand.NewPCG(s.seed, 1))
		h.clock.Advance(time.Duration(rng.IntN(3)) * time.Microsecond)
		if err := h.do(s.kind, rng); err != nil {
			return fmt.Errorf("step %d (%s): %w", i, s.kind, err)
		}
	}
	return nil
}

// doctor checks the files a run left behind.
func (h *harness) doctor() (err error) {
	o := Options{FS: h.fs, Clock: h.clock, BallastBytes: -1, MemTableBytes: 256 << 10, CacheBytes: 4 << 20}
	return errors.Join(Doctor(context.Background(), "db", o, func(f Finding) {
		err = fmt.Errorf("the doctor finds %v", f)
	}, nil), err)
}

func (h *harness) do(kind stepKind, rng *rand.Rand) error {
	ctx := context.Background()
	switch kind {
	case stepCommit:
		return h.commit(rng)
	case stepFreeze:
		return h.freeze(rng)
	case stepRead:
		return h.read(rng)
	case stepFlush:
		return h.db.eng.Flush()
	case stepCompact:
		return h.db.Compact(ctx)
	case stepRefresh:
		h.db.refreshView()
		return nil
	case stepClockBack:
		h.clock.Advance(-time.Duration(rng.IntN(5_000_000)) * time.Microsecond)
		return nil
	case stepRestart:
		h.closeViews()
		if err := h.db.Close(); err != nil {
			return err
		}
		return h.open()
	default: // crash
		clone := h.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		h.closeViews()
		if err := h.db.Close(); err != nil {
			return err
		}
		h.fs = clone
		if err := h.open(); err != nil {
			return err
		}
		if got, want := h.db.LastSeq(), h.m.seq(); got != want {
			return fmt.Errorf("after the crash the last commit is %d, want %d", got, want)
		}
		return nil
	}
}

func randomKey(rng *rand.Rand) []byte {
	key := make([]byte, rng.IntN(4))
	for i := range key {
		key[i] = []byte{0, 1, 9, 17, 0xff}[rng.IntN(5)]
	}
	return key
}

// commit changes some keys of some storages in one batch, or load.
func (h *harness) commit(rng *rand.Rand) error {
	b := h.db.NewBatch()
	loaded := rng.IntN(3) == 0
	if loaded {
		b.Close()
		var err error
		if b, err = h.db.NewLoad(); err != nil {
			return err
		}
	}
	seq := h.m.seq() + 1
	type change struct {
		id  StorageID
		key string
	}
	done := map[change]bool{}
	var list []change
	for range 1 + rng.IntN(6) {
		c := change{h.m.live[rng.IntN(len(h.m.live))], string(randomKey(rng))}
		if !done[c] {
			done[c] = true
			list = append(list, c)
		}
	}
	if loaded {
		slices.SortFunc(list, func(x, y change) int { return cmp.Or(cmp.Compare(x.id, y.id), strings.Compare(x.key, y.key)) })
	}
	var apply []func()
	for _, c := range list {
		id, key := c.id, []byte(c.key)
		tuple := fmt.Sprintf("t%d", rng.IntN(1000))
		vs := h.m.storages[id][string(key)]
		var old *modelVersion
		if n := len(vs); n > 0 && vs[n-1].end == MaxSeq {
			old = &vs[n-1]
		}
		put := func() {
			keys := h.m.storages[id]
			if keys == nil {
				keys = map[string][]modelVersion{}
				h.m.storages[id] = keys
			}
			keys[string(key)] = append(keys[string(key)], modelVersion{seq, MaxSeq, tuple})
		}
		switch {
		case old == nil:
			b.Put(id, key, []byte(tuple))
			b.Change(uint32(id), id, OpInsert, key, nil, nil, []byte(tuple))
			apply = append(apply, put)
		case rng.IntN(3) == 0:
			b.Delete(id, key, old.start, []byte(old.tuple))
			b.Change(uint32(id), id, OpDelete, key, nil, nil, nil)
			apply = append(apply, func() { old.end = seq })
		default:
			b.Replace(id, key, old.start, []byte(old.tuple), []byte(tuple))
			b.Change(uint32(id), id, OpUpdate, key, nil, []byte{1}, []byte(tuple))
			apply = append(apply, func() { old.end = seq }, put)
		}
	}
	return h.apply(b, apply)
}

// freeze ends a storage and puts another in its place, as TRUNCATE does.
func (h *harness) freeze(rng *rand.Rand) error {
	i := rng.IntN(len(h.m.live))
	id := h.m.live[i]
	b := h.db.NewBatch()
	b.Freeze(id)
	b.Change(uint32(id), id, OpTruncate, nil, nil, nil, nil)
	seq := h.m.seq() + 1
	return h.apply(b, []func(){func() {
		h.m.frozen[id] = seq
		h.m.live[i] = h.m.next
		h.m.next++
	}})
}

func (h *harness) apply(b *Batch, apply []func()) error {
	now := h.db.Now()
	seq, t, err := h.db.Commit(context.Background(), b)
	if err != nil {
		return err
	}
	if want := h.m.seq() + 1; seq != want {
		return fmt.Errorf("commit got seq %d, want %d", seq, want)
	}
	if last := h.m.times[len(h.m.times)-1]; t <= last || t < now || t <= h.closed {
		return fmt.Errorf("commit %d got time %d; the last was %d, now() had been %d, %d was closed", seq, t, last, now, h.closed)
	}
	for _, f := range apply {
		f()
	}
	h.m.times = append(h.m.times, t)
	return nil
}

// read compares every kind of read, at random moments and through new and old
// Views, with the model.
func (h *harness) read(rng *rand.Rand) error {
	var v *View
	if len(h.views) > 0 && rng.IntN(3) == 0 {
		v = h.views[rng.IntN(len(h.views))].Ref()
	} else {
		v = h.db.View()
	}
	if rng.IntN(8) == 0 && len(h.views) < 4 {
		h.views = append(h.views, v.Ref())
	}
	defer v.Release()
	ids := append(slices.Collect(maps.Keys(h.m.frozen)), h.m.live...)
	slices.Sort(ids)
	id := ids[rng.IntN(len(ids))]
	at := Seq(rng.Uint64N(uint64(v.Seq()) + 1))
	r := v.At(at)
	known := v.Seq()
	switch rng.IntN(3) {
	case 0:
		r, at = v.Reader, known
	case 1:
		r, known = v.Snapshot(at), at
		if rng.IntN(2) == 0 {
			at = Seq(rng.Uint64N(uint64(known) + 1))
			r = r.At(at)
		}
	}
	var lo, hi []byte
	if rng.IntN(2) == 0 {
		lo = randomKey(rng)
	}
	if rng.IntN(2) == 0 {
		hi = randomKey(rng)
	}
	reverse := rng.IntN(2) == 0
	if lo != nil && hi != nil && bytes.Compare(lo, hi) >= 0 {
		if got, err := drain(r.Scan(id, lo, hi, ScanOptions{Reverse: reverse})); err != nil || got != "" {
			return fmt.Errorf("scan of %d from %x up to %x: %s (%v)", id, lo, hi, got, err)
		}
	} else {
		got, err := drain(r.Scan(id, lo, hi, ScanOptions{Reverse: reverse}))
		if want := h.m.scan(id, lo, hi, at, known, reverse); err != nil || got != want {
			return fmt.Errorf("scan of %d [%x,%x) at %d known %d reverse %v:\n got %s (%v)\nwant %s", id, lo, hi, at, known, reverse, got, err, want)
		}
		from, to := Seq(rng.IntN(int(at)+2)), Seq(rng.IntN(int(at)+3))
		if rng.IntN(3) == 0 {
			from, to = 0, MaxSeq
		}
		got, err = drain(r.History(id, lo, hi, from, to))
		want := ""
		if from < min(to, at+1) {
			want = h.m.history(id, lo, hi, from, min(to, at+1), at)
		}
		if err != nil || got != want {
			return fmt.Errorf("history of %d [%x,%x) %d..%d at %d:\n got %s (%v)\nwant %s", id, lo, hi, from, to, at, got, err, want)
		}
	}
	if err := h.readKey(r, id, randomKey(rng), at, known); err != nil {
		return err
	}
	return h.readTime(rng)
}

func (h *harness) readKey(r Reader, id StorageID, key []byte, at, known Seq) error {
	ver, ok, err := r.Get(id, key)
	got := ""
	if ok {
		got = modelVersion{ver.Start, ver.End, string(ver.Tuple)}.describe(string(key))
	}
	want := h.m.scan(id, key, append(bytes.Clone(key), 0), at, known, false)
	if err != nil || got != want {
		return fmt.Errorf("get of %d %x at %d known %d: got %s (%v), want %s", id, key, at, known, got, err, want)
	}
	last := Seq(0)
	for _, vs := range h.m.storages[id] {
		for _, v := range vs {
			last = max(last, v.start)
			if v.end != MaxSeq {
				last = max(last, v.end)
			}
		}
	}
	last = max(last, h.m.frozen[id])
	if got := h.db.TableLastChange(id); got != last {
		return fmt.Errorf("last change of %d is %d, want %d", id, got, last)
	}
	if vs := h.m.storages[id][string(key)]; len(vs) > 0 {
		last := vs[len(vs)-1]
		changed := last.start
		if last.end != MaxSeq {
			changed = last.end
		}
		if changed > at && at >= h.db.openedAt && !h.db.MaybeChangedSince(id, key, at) {
			return fmt.Errorf("key %x of %d changed at %d, the array says not since %d", key, id, changed, at)
		}
	}
	return nil
}

// readTime checks seq -> time and time -> seq around a commit.
func (h *harness) readTime(rng *rand.Rand) error {
	if h.m.seq() == 0 {
		return nil
	}
	seq := Seq(1 + rng.IntN(int(h.m.seq())))
	want := h.m.times[seq]
	if got, err := h.db.TimeOf(seq); err != nil || got != want {
		return fmt.Errorf("time of %d: got %d (%v), want %d", seq, got, err, want)
	}
	t := want + Time(rng.IntN(5)-2)
	if rng.IntN(3) == 0 {
		t = Time(h.db.hlc.clock.Now()) + Time(rng.IntN(1_000_000))
	}
	if h.db.hlc.future(t) {
		t = h.db.Now()
	}
	h.closed = max(h.closed, t)
	expect := Seq(0)
	for s := h.m.seq(); s > 0; s-- {
		if h.m.times[s] <= t {
			expect = s
			break
		}
	}
	if got, err := h.db.SeqAt(context.Background(), t); err != nil || got != expect {
		return fmt.Errorf("seq at %d: got %d (%v), want %d", t, got, err, expect)
	}
	return nil
}

// shrink leaves steps out of a failing run as long as it still fails.
func shrink(steps []step) []step {
	for size := len(steps) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(steps); {
			shorter := append(slices.Clone(steps[:at]), steps[at+size:]...)
			if runSteps(shorter) != nil {
				steps = shorter
			} else {
				at += size
			}
		}
	}
	return steps
}

// TestModel compares the store with the model over random histories with
// restarts, compactions and power cuts. DRIFTDB_SEED repeats a run.
func TestModel(t *testing.T) {
	runs := 12
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("DRIFTDB_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed, runs = n, 1
	}
	for run := range runs {
		s := seed + uint64(run)
		if run == 0 && runs > 1 {
			s = 1 // one seed is always the same
		}
		steps := randomSteps(rand.New(rand.NewPCG(s, 0)), 400)
		if err := runSteps(steps); err != nil {
			short := shrink(steps)
			t.Fatalf("DRIFTDB_SEED=%d: %v\nshortened to %d steps: %v\n%+v", s, err, len(short), runSteps(short), short)
		}
	}
}
