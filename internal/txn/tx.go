package txn

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn/ssi"
)

// Isolation is a transaction's isolation level.
type Isolation uint8

// The isolation levels.
const (
	ReadCommitted Isolation = iota
	RepeatableRead
	Serializable
)

// Options of a transaction.
type Options struct {
	Isolation Isolation
	ReadOnly  bool
	// Deferrable makes a SERIALIZABLE READ ONLY transaction wait at its first
	// statement for a snapshot that nothing can make it fail with.
	Deferrable bool
	// AsOf makes the whole transaction read the database as it was at a commit.
	// It implies ReadOnly.
	AsOf *store.Seq
	// PID is the number the session is known by, for deadlock reports, when there
	// is no Owner.
	PID int32
	// Owner is the session the transaction belongs to; nil for none.
	Owner *Owner
	// LockTimeout is lock_timeout; 0 waits for ever. DeadlockTimeout is
	// deadlock_timeout; 0 is the Manager's.
	LockTimeout     time.Duration
	DeadlockTimeout time.Duration
	// Async lets Commit return before the commit is durable (synchronous_commit
	// = off).
	Async bool
	// Meta describes the transaction in the commit log; TxID is filled in.
	Meta store.Meta
}

// Tx is a transaction. It must end with Commit or Rollback.
type Tx struct {
	m     *Manager
	id    atomic.Uint64 // 0 until it is needed
	local uint64        // place among the owner's transactions
	opts  Options
	owner *Owner // never nil

	view     *store.View // of REPEATABLE READ and AS OF, once taken
	viewTime time.Time   // when view was taken
	seq      store.Seq   // the snapshot of REPEATABLE READ and AS OF
	fixed    bool        // seq is set
	ssi      *ssi.Xact   // of SERIALIZABLE, from the first statement on; nil otherwise

	live   buffer
	snap   *buffer // copy of live that nothing was written after; nil if there is none
	arena  arena
	bytes  int64
	spaces map[store.StorageID]*Space
	made   map[store.StorageID]bool // storages made by this transaction
	values map[any]any
	gaps   []gap
	frozen []Frozen
	saves  []savepoint

	sequences map[uint64]*sequence // those restarted; replaced, never changed

	grants []grant // written by whoever grants while this transaction sleeps
	tables []*held // the table locks among them
	bulk   bool    // holds bulk locks besides

	// Room for the first few of each, which is all that most transactions need.
	grantRoom [4]grant
	tableRoom [2]*held
	ownerRoom Owner // of a transaction without a session

	preCommit []check
	onPublish []func(store.Seq, store.Time)
	onEnd     []func(committed bool)
	done      bool
}

// Space says what a storage is to the transaction that writes it. It is given
// once per storage and transaction, before the first write.
type Space struct {
	// Table is the table whose change list the storage's rows go to; 0 for
	// index entries and other storages without one.
	Table uint32
	// NoHistory: versions are overwritten, and no change list is kept.
	NoHistory bool
	// Diff compares two images of a row: the changed columns in the encoding of
	// the change list, and whether they are equal in all that counts. nil
	// compares bytes.
	Diff func(old, new []byte) (columns []byte, equal bool)
}

// Frozen is a storage that ends with the transaction.
type Frozen struct {
	ID    store.StorageID
	Table uint32   // table whose change list says so; 0 for none
	Op    store.Op // OpTruncate; anything else has no entry: the storage that follows says OpRewrite
}

type savepoint struct {
	live      *buffer
	bytes     int64
	frozen    int
	grants    int
	publish   int // of onPublish
	sequences map[uint64]*sequence
	preCommit []check
}

// Begin starts a transaction. It never waits.
func (m *Manager) Begin(opts Options) *Tx {
	if opts.AsOf != nil {
		opts.ReadOnly = true
	}
	tx := &Tx{m: m, opts: opts}
	tx.grants, tx.tables = tx.grantRoom[:0], tx.tableRoom[:0]
	if opts.AsOf != nil {
		tx.seq, tx.fixed = *opts.AsOf, true
	}
	if tx.owner = opts.Owner; tx.owner != nil {
		tx.owner.begin(tx)
	} else {
		tx.owner = &tx.ownerRoom
		tx.owner.pid = opts.PID
	}
	m.active.Add(1)
	return tx
}

// Manager returns the transaction's manager.
func (tx *Tx) Manager() *Manager { return tx.m }

// Options returns the options as they are now.
func (tx *Tx) Options() Options { return tx.opts }

// ID returns the transaction's number, given at its first call.
func (tx *Tx) ID() (uint64, error) {
	if tx.id.Load() == 0 {
		id, err := tx.m.ids.take(tx.m.db)
		if err != nil {
			return 0, wrapStore(err)
		}
		tx.id.Store(id)
	}
	return tx.id.Load(), nil
}

// IDIfAssigned is ID without giving one; 0 when there is none yet.
func (tx *Tx) IDIfAssigned() uint64 { return tx.id.Load() }

// SetMeta replaces the description stored with the commit.
func (tx *Tx) SetMeta(m store.Meta) { tx.opts.Meta = m }

// SetAsync sets Options.Async.
func (tx *Tx) SetAsync(async bool) { tx.opts.Async = async }

// SetReadOnly sets Options.ReadOnly (SET TRANSACTION READ ONLY).
func (tx *Tx) SetReadOnly(ro bool) { tx.opts.ReadOnly = ro || tx.opts.AsOf != nil }

// SetTimeouts sets lock_timeout and deadlock_timeout for what follows.
func (tx *Tx) SetTimeouts(lock, deadlock time.Duration) {
	tx.opts.LockTimeout, tx.opts.DeadlockTimeout = lock, deadlock
}

// SetDeferrable sets Options.Deferrable.
func (tx *Tx) SetDeferrable(on bool) { tx.opts.Deferrable = on }

// SetIsolation changes the level; ok is false after the first statement.
func (tx *Tx) SetIsolation(level Isolation) (ok bool) {
	if tx.fixed && tx.opts.Isolation != level {
		return false
	}
	tx.opts.Isolation = level
	return true
}

// SetAsOf moves the whole transaction to a past moment (SET TRANSACTION AS OF);
// ok is false after the first statement or write.
func (tx *Tx) SetAsOf(seq store.Seq) (ok bool) {
	if tx.fixed || tx.Wrote() {
		return false
	}
	tx.opts.AsOf, tx.opts.ReadOnly = &seq, true
	tx.seq, tx.fixed = seq, true
	return true
}

// Wrote reports whether anything was written (and not rolled back).
func (tx *Tx) Wrote() bool { return tx.live.Len() > 0 || len(tx.frozen) > 0 }

// Bytes returns the memory that buffered writes take.
func (tx *Tx) Bytes() int64 { return tx.bytes }

// Done reports whether the transaction has ended.
func (tx *Tx) Done() bool { return tx.done }

// check is a deferred check with the number of the constraint it belongs to.
type check struct {
	tag   uint32
	run   func(context.Context) error
	owner any    // of QueueBeforeCommit
	queue *Queue // the same
}

// BeforeCommit registers a check that runs at the start of Commit; an error
// rolls the transaction back. A rolled-back savepoint forgets those registered
// since. tag is for RunChecks.
func (tx *Tx) BeforeCommit(tag uint32, f func(context.Context) error) {
	tx.preCommit = append(tx.preCommit, check{tag: tag, run: f})
}

// RunChecks runs, and forgets, the registered checks whose tag is wanted (SET
// CONSTRAINTS ... IMMEDIATE). It stops at the first that fails.
func (tx *Tx) RunChecks(ctx context.Context, wanted func(tag uint32) bool) error {
	var rest []check
	for i := 0; i < len(tx.preCommit); i++ { // a check may register more
		if c := tx.preCommit[i]; !wanted(c.tag) {
			rest = append(rest, c)
		} else if err := c.run(ctx); err != nil {
			return err
		}
	}
	tx.preCommit = rest // a new slice: savepoints keep the old one
	return nil
}

// OnPublish registers a function that runs once the commit is visible, before
// locks are released; its commit is 0 when the transaction changed no rows. A
// rolled-back savepoint forgets those registered since.
func (tx *Tx) OnPublish(f func(store.Seq, store.Time)) { tx.onPublish = append(tx.onPublish, f) }

// OnEnd registers a function that runs after the transaction has ended, either
// way.
func (tx *Tx) OnEnd(f func(committed bool)) { tx.onEnd = append(tx.onEnd, f) }

// Writable returns nil, or 25006 for a read-only transaction.
func (tx *Tx) Writable(command string) error {
	if tx.opts.ReadOnly {
		return pgerr.New(pgcode.ReadOnlySqlTransaction, "cannot execute %s in a read-only transaction", command)
	}
	return nil
}

// SetSpace tells what a storage is; see Space. It keeps s.
func (tx *Tx) SetSpace(id store.StorageID, s *Space) {
	if tx.spaces == nil {
		tx.spaces = make(map[store.StorageID]*Space, 4)
	}
	tx.spaces[id] = s
}

// Space returns what SetSpace was told, nil if nothing.
func (tx *Tx) Space(id store.StorageID) *Space { return tx.spaces[id] }

// NewStorage makes a storage. Until the transaction ends nobody else can know it:
// nothing is committed in it and its rows need no locks.
func (tx *Tx) NewStorage() (store.StorageID, error) {
	id, err := tx.m.db.AllocStorageID()
	if err != nil {
		return 0, wrapStore(err)
	}
	if tx.made == nil {
		tx.made = make(map[store.StorageID]bool)
	}
	tx.made[id] = true
	return id, nil
}

// Fresh reports whether the transaction made the storage itself.
func (tx *Tx) Fresh(id store.StorageID) bool { return tx.made != nil && tx.made[id] }

// Value and SetValue keep what a layer above wants to remember with the
// transaction, under a key of a type of its own.
func (tx *Tx) Value(key any) any { return tx.values[key] }

// SetValue: see Value.
func (tx *Tx) SetValue(key, value any) {
	if tx.values == nil {
		tx.values = make(map[any]any)
	}
	tx.values[key] = value
}

// Freeze ends a storage with this transaction (DROP, TRUNCATE, a rewrite). What
// the transaction itself wrote to it is dropped. A storage that is fresh leaves
// no trace at all.
func (tx *Tx) Freeze(f Frozen) {
	tx.dropStorage(f.ID)
	if !tx.Fresh(f.ID) {
		if tx.ssi != nil {
			_ = tx.ssi.WriteAll(f.ID) // a failure shows at the next step, at the latest at Commit
		}
		tx.frozen = append(tx.frozen, f)
	}
}

// dropStorage forgets every buffered write of a storage.
func (tx *Tx) dropStorage(id store.StorageID) {
	if tx.live.Len() == 0 {
		return
	}
	tx.snap = nil
	tx.bytes -= tx.live.drop(id)
}

// Savepoint marks the present state and returns its number.
func (tx *Tx) Savepoint() int {
	tx.snap = nil
	tx.saves = append(tx.saves, savepoint{
		live: tx.live.Copy(), bytes: tx.bytes, frozen: len(tx.frozen), grants: len(tx.grants), publish: len(tx.onPublish), preCommit: slices.Clip(tx.preCommit),
		sequences: tx.sequences,
	})
	return len(tx.saves) - 1
}

// RollbackTo restores the state at savepoint n, which stays; later ones go. Locks
// taken since are released.
func (tx *Tx) RollbackTo(n int) {
	s := &tx.saves[n]
	tx.saves = tx.saves[:n+1]
	tx.live.restore(s.live)
	tx.snap = nil
	tx.bytes = s.bytes
	tx.frozen = slices.Clip(tx.frozen[:s.frozen])
	tx.preCommit, tx.sequences = s.preCommit, s.sequences
	tx.onPublish = slices.Clip(tx.onPublish[:s.publish])
	tx.releaseLocks(s.grants)
}

// Release forgets savepoint n and later ones, keeping what was done since.
func (tx *Tx) Release(n int) { tx.saves = tx.saves[:n] }

// Rollback ends the transaction without effect. It does nothing when the
// transaction has ended already.
func (tx *Tx) Rollback() {
	if !tx.done {
		tx.end(false)
	}
}

func (tx *Tx) end(committed bool) {
	tx.done = true
	if tx.ssi != nil {
		tx.ssi.Abort() // does nothing after Commit
	}
	tx.releaseLocks(0)
	tx.owner.end(tx)
	if tx.view != nil {
		tx.view.Release()
		tx.view = nil
	}
	tx.live = buffer{}
	tx.snap, tx.saves, tx.frozen, tx.spaces, tx.made, tx.values = nil, nil, nil, nil, nil, nil
	tx.m.active.Add(-1)
	for _, f := range tx.onEnd {
		f(committed)
	}
}

// releaseLocks gives back the locks taken after the first keep.
func (tx *Tx) releaseLocks(keep int) {
	for i := len(tx.grants) - 1; i >= keep; i-- {
		tx.m.locks.release(tx.grants[i])
	}
	clear(tx.grants[keep:])
	tx.grants = tx.grants[:keep]
	if keep == 0 && tx.bulk {
		tx.bulk = false
		tx.m.locks.releaseBulk(tx)
	}
	tx.tables = slices.DeleteFunc(tx.tables, func(h *held) bool { return h.modes == 0 })
}

// tableLock returns what the transaction holds of a table's lock, or nil.
func (tx *Tx) tableLock(oid uint64) *held {
	for _, h := range tx.tables {
		if h.l.tag.obj == oid {
			return h
		}
	}
	return nil
}
