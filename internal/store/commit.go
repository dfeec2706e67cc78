package store

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driftdb/driftdb/internal/clock"
)

// sequencer gives commits their place. Its lock is held while a batch gets its
// seq and time, enters the log and the memtable, and its View's snapshot is
// taken. No read takes it, and nothing waits for a sync under it.
type sequencer struct {
	mu sync.Mutex

	last  Seq  // last applied commit
	chain Hash // chain hash of last

	// dirty are the storages changed since the last checkpoint of the chain.
	dirty map[StorageID]struct{}

	// stamped is the newest seq whose time is being or was taken. It is raised
	// before the time is, so a reader that closed a time and then reads it
	// knows every commit that may carry a time up to there.
	stamped atomic.Uint64
}

// Commit makes a batch the next commit and returns its seq and time. It returns
// after the commit is durable (unless the batch is async) and visible to every
// later View. The batch is consumed whatever the outcome.
//
// It fails, without any effect, with ErrTooLarge, ErrDiskFull, ErrReadOnly,
// ErrClosed or the context's error. ErrFailed means that the outcome is unknown
// and the process is about to stop.
func (db *DB) Commit(ctx context.Context, b *Batch) (Seq, Time, error) {
	defer b.Close()
	release, err := db.beginWrite()
	if err != nil {
		return 0, 0, err
	}
	defer release()
	if b.load != nil {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		return db.commitLoad(b)
	}
	root := b.finish()
	if b.err != nil {
		return 0, 0, b.err
	}
	if !db.ballast.fits(int64(b.Len())) {
		return 0, 0, ErrDiskFull
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	b.loaded = db.loadedImages(b) // now: the engine takes a large batch over
	sync := !db.opts.NoSync && !b.async
	v, err := db.sequence(b, &root, sync)
	if err != nil {
		return 0, 0, err // nothing may be committed any more, nor is memory of use
	}
	if len(b.loaded) > 0 {
		db.install(b.loaded, v.seq)
	}
	// The View is in the publisher's hands now; keep only its numbers.
	seq, t := v.seq, v.time
	if sync {
		if err := db.syncWait(b.pb); err != nil {
			db.fail(err)
			return 0, 0, ErrFailed
		}
		if db.failed.Load() != nil {
			return 0, 0, ErrFailed
		}
		db.pub.durable(db, seq)
	} else if err := db.pub.wait(context.Background(), db, seq); err != nil {
		return 0, 0, ErrFailed
	}
	return seq, t, nil
}

// sequence applies the batch under the lock and queues its View.
func (db *DB) sequence(b *Batch, root *Hash, sync bool) (*View, error) {
	s := &db.seqr
	s.mu.Lock()
	defer s.mu.Unlock()
	if db.failed.Load() != nil {
		return nil, ErrFailed
	}
	seq := s.last + 1
	s.stamped.Store(uint64(seq))
	t := db.hlc.stamp()
	if b.async && !db.opts.NoSync {
		db.hlc.lossy.Store(int64(t))
	}
	wall := t
	if w, ok := db.opts.Clock.(clock.Waller); ok {
		wall = Time(w.Wall())
	}
	chain := chainNext(&s.chain, seq, t, root)
	db.appendCheckpoints(b, seq, t, &chain)
	b.patch(seq)
	repr := b.pb.Repr()
	binary.BigEndian.PutUint64(repr[b.timeOff:], uint64(t))
	binary.BigEndian.PutUint64(repr[b.timeOff+8:], uint64(wall))

	var err error
	if db.opts.Planted.TearBatches && sync {
		err = db.applyTorn(b.pb)
	} else if sync {
		err = db.eng.ApplyNoSyncWait(b.pb, pebble.Sync)
	} else {
		err = db.eng.Apply(b.pb, pebble.NoSync)
	}
	if err != nil || db.failed.Load() != nil {
		// The engine stops on every error of its log; one that comes back
		// here has left the batch in an unknown state.
		db.fail(err)
		return nil, ErrFailed
	}
	s.last, s.chain = seq, chain
	db.keepFirst(b.loaded)
	for _, id := range b.touched {
		db.states.ensure(id).changed(seq, len(b.hashes))
		s.dirty[id] = struct{}{}
	}
	for _, id := range b.frozen {
		db.states.ensure(id).frozenAt.Store(uint64(seq))
	}
	for _, h := range b.hashes {
		db.newest.raise(h, seq)
	}
	if len(b.hashes) <= rowCommitMax {
		db.rows.commit(repr, seq)
	} else {
		db.voidRows(b.touched, seq)
	}
	v := db.newView(seq, t, db.eng.NewSnapshot())
	db.pub.enqueue(v, sync && !db.opts.Planted.PublishEarly)
	return v, nil
}

// appendCheckpoints adds the sparse entries that some commits carry: the time
// map's and, every so many commits, the chain hash with the states of the
// storages changed since the last.
func (db *DB) appendCheckpoints(b *Batch, seq Seq, t Time, chain *Hash) {
	var scratch [32]byte
	if (seq-1)%db.timeMapEvery == 0 {
		_ = b.pb.Set(timeKey(scratch[:0], t, seq), nil, nil)
	}
	if seq%db.chainEvery != 0 {
		return
	}
	_ = b.pb.Set(chainKey(scratch[:0], seq), chain[:], nil)
	s := &db.seqr
	for _, id := range b.touched {
		s.dirty[id] = struct{}{}
	}
	frozen := make(map[StorageID]bool, len(b.frozen))
	for _, id := range b.frozen {
		frozen[id] = true
	}
	var val [16]byte
	for id := range s.dirty {
		st := db.states.ensure(id)
		state := appendState(val[:0], st)
		if slices.Contains(b.touched, id) {
			binary.BigEndian.PutUint64(state, uint64(seq))
		}
		if frozen[id] {
			binary.BigEndian.PutUint64(state[8:], uint64(seq))
		}
		_ = b.pb.Set(stateKey(scratch[:0], id), state, nil)
	}
	clear(s.dirty)
}

// publisher makes commits visible in order. A commit that must be durable waits
// for its sync; since the log is one sequence, its sync covers all before it.
type publisher struct {
	mu      sync.Mutex
	pending []pendingView // applied, in seq order, not visible yet
	head    int           // first of pending in use
	synced  Seq
	closed  bool
	waiters chan struct{} // closed at the next publication; nil without waiters
}

type pendingView struct {
	v    *View
	sync bool
}

// enqueue adds the View of a commit just applied. The sequencer's lock is held,
// which keeps the order.
func (p *publisher) enqueue(v *View, sync bool) {
	p.mu.Lock()
	p.pending = append(p.pending, pendingView{v, sync})
	if !sync {
		p.advance(v.db)
	}
	p.mu.Unlock()
}

// durable records that everything up to seq is on disk.
func (p *publisher) durable(db *DB, seq Seq) {
	p.mu.Lock()
	p.synced = max(p.synced, seq)
	p.advance(db)
	p.mu.Unlock()
}

// advance publishes the newest View with nothing undurable at or below it that
// had asked to be durable. p.mu is held.
func (p *publisher) advance(db *DB) {
	var newest *View
	for p.head < len(p.pending) {
		e := p.pending[p.head]
		if e.sync && e.v.seq > p.synced {
			break
		}
		p.pending[p.head] = pendingView{}
		p.head++
		if newest != nil {
			newest.Release()
		}
		newest = e.v
	}
	if p.head == len(p.pending) {
		p.pending, p.head = p.pending[:0], 0
	}
	if newest == nil {
		return
	}
	old := db.published.Swap(newest)
	if old != nil {
		old.Release()
	}
	if p.waiters != nil {
		close(p.waiters)
		p.waiters = nil
	}
}

// wait returns once the published View contains seq, or the load that had it has
// given it back.
func (p *publisher) wait(ctx context.Context, db *DB, seq Seq) error {
	for {
		if db.published.Load().seq >= seq {
			return nil
		}
		p.mu.Lock()
		if db.published.Load().seq >= seq || Seq(db.seqr.stamped.Load()) < seq {
			p.mu.Unlock()
			return nil
		}
		if p.closed {
			p.mu.Unlock()
			return ErrClosed
		}
		if p.waiters == nil {
			p.waiters = make(chan struct{})
		}
		ch := p.waiters
		p.mu.Unlock()
		select {
		case <-ch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// close wakes those who wait for a publication that will not come.
func (p *publisher) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.wake()
}

// wake lets those who wait look again.
func (p *publisher) wake() {
	p.mu.Lock()
	if p.waiters != nil {
		close(p.waiters)
		p.waiters = nil
	}
	p.mu.Unlock()
}

// LastSeq returns the newest published commit.
func (db *DB) LastSeq() Seq { return db.published.Load().seq }
