package txn

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn/ssi"
)

// Settings of a Manager. The zero value is ready.
type Settings struct {
	// DeadlockTimeout is how long a lock is waited for before a deadlock is
	// looked for; 0 is PostgreSQL's one second. A transaction may have its own.
	DeadlockTimeout time.Duration
	// SpillBytes is how much memory a transaction's writes take before they go to
	// a file; 0 is 64 MiB.
	SpillBytes int64
	// SnapshotHold is how long REPEATABLE READ keeps its View before it reads
	// through newer ones; 0 is 10 seconds.
	SnapshotHold time.Duration
	// Planted are faults, for tests of tests.
	Planted Planted

	bulkAfter int // bulkAfter; less in tests
}

// Planted are faults that tests put into a Manager to see that a check finds them.
// The zero value is none.
type Planted struct {
	LoseRecheck bool // a row granted after a wait counts as unchanged
	Untracked   bool // SERIALIZABLE is no more than REPEATABLE READ
}

// Manager starts transactions on a store and holds their locks. It is safe for
// concurrent use.
type Manager struct {
	db       *store.DB
	settings Settings
	locks    lockTable
	active   atomic.Int64
	ids      idBlock
	moves    moves
	ssi      ssi.Manager
	rowIDs   sync.Map // store.StorageID -> *idBlock
	born     sync.Map // store.StorageID -> store.Seq: commits that made storages in this process

	ownersMu sync.Mutex // protects owners
	owners   map[int32]*Owner
}

// NewManager returns a Manager on db.
func NewManager(db *store.DB, s Settings) *Manager {
	if s.DeadlockTimeout == 0 {
		s.DeadlockTimeout = time.Second
	}
	if s.SpillBytes == 0 {
		s.SpillBytes = 64 << 20
	}
	if s.bulkAfter == 0 {
		s.bulkAfter = bulkAfter
	}
	if s.SnapshotHold == 0 {
		s.SnapshotHold = 10 * time.Second
	}
	m := &Manager{db: db, settings: s}
	m.ids = idBlock{sequence: sequenceTxID, size: 1 << 16}
	return m
}

// Store returns the store below.
func (m *Manager) Store() *store.DB { return m.db }

// Active returns how many transactions are running.
func (m *Manager) Active() int { return int(m.active.Load()) }

// Locks returns how many locks exist, for tests and metrics.
func (m *Manager) Locks() int {
	n := 0
	for i := range m.locks.shards {
		s := &m.locks.shards[i]
		s.mu.Lock()
		n += len(s.locks)
		s.mu.Unlock()
	}
	return n
}

func (m *Manager) deadlockTimeout(tx *Tx) time.Duration {
	if tx.opts.DeadlockTimeout > 0 {
		return tx.opts.DeadlockTimeout
	}
	return m.settings.DeadlockTimeout
}

// Sequences of the store above those of users (whose ids are 32-bit OIDs).
const (
	sequenceTxID  uint64 = 1 << 32
	sequenceRowID uint64 = 1 << 33 // plus the storage id
)

// NextRowID returns a number for a row of a table without a primary key. It
// never comes again in that storage, in this process or a later one.
func (m *Manager) NextRowID(id store.StorageID) (uint64, error) {
	b, ok := m.rowIDs.Load(id)
	if !ok {
		b, _ = m.rowIDs.LoadOrStore(id, &idBlock{sequence: sequenceRowID + uint64(id), size: 1 << 12})
	}
	n, err := b.(*idBlock).take(m.db)
	return n, wrapStore(err)
}

// idBlock gives out numbers from blocks that the store reserves durably.
type idBlock struct {
	sequence uint64
	size     int64

	mu          sync.Mutex
	next, limit uint64
}

func (b *idBlock) take(db *store.DB) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == b.limit {
		n, err := db.SequenceNext(b.sequence, store.SequenceSpec{Start: b.size, Increment: b.size, Min: 0, Max: math.MaxInt64})
		if err != nil {
			return 0, err
		}
		b.limit = uint64(n)
		b.next = b.limit - uint64(b.size)
	}
	b.next++
	return b.next, nil
}

// moves remembers to which key a row went when its key was changed, so that a
// READ COMMITTED statement that waited for the row can follow it. It is bounded;
// a row that is not found any more counts as deleted.
type moves struct {
	mu   sync.Mutex
	to   map[movedKey]movedTo
	ring []movedKey
	at   int
}

type movedKey struct {
	id  store.StorageID
	key string
}

type movedTo struct {
	key string
	seq store.Seq
}

const movesMax = 1 << 14

func (m *moves) add(id store.StorageID, from, to string, seq store.Seq) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.to == nil {
		m.to = make(map[movedKey]movedTo)
	}
	k := movedKey{id, from}
	if len(m.ring) < movesMax {
		m.ring = append(m.ring, k)
	} else {
		delete(m.to, m.ring[m.at])
		m.ring[m.at] = k
		m.at = (m.at + 1) % movesMax
	}
	m.to[k] = movedTo{to, seq}
}

// find returns where a row went after seq.
func (m *moves) find(id store.StorageID, key []byte, seq store.Seq) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	to, ok := m.to[movedKey{id, string(key)}]
	if !ok || to.seq <= seq {
		return nil, false
	}
	return []byte(to.key), true
}
