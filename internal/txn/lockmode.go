package txn

import "hash/maphash"

// Mode is a lock mode. Row and table locks have modes of their own.
type Mode uint8

// Modes of row locks, weakest first (FOR KEY SHARE to FOR UPDATE). A change of a
// row takes RowNoKeyUpdate, of a unique key or a deletion RowUpdate.
const (
	RowKeyShare Mode = iota
	RowShare
	RowNoKeyUpdate
	RowUpdate
)

// Modes of table locks, as in LOCK TABLE, weakest first.
const (
	AccessShare Mode = iota
	RowShareTable
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

// conflicts[kind][mode] is the set of modes, as bits, that exclude mode. From
// "Conflicting Lock Modes" and "Conflicting Row-Level Locks" in PostgreSQL's
// chapter on explicit locking.
var conflicts = [2][8]uint8{
	{ // rows
		RowKeyShare:    1 << RowUpdate,
		RowShare:       1<<RowNoKeyUpdate | 1<<RowUpdate,
		RowNoKeyUpdate: 1<<RowShare | 1<<RowNoKeyUpdate | 1<<RowUpdate,
		RowUpdate:      1<<RowKeyShare | 1<<RowShare | 1<<RowNoKeyUpdate | 1<<RowUpdate,
	},
	{ // tables
		AccessShare:          1 << AccessExclusive,
		RowShareTable:        1<<Exclusive | 1<<AccessExclusive,
		RowExclusive:         1<<Share | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
		ShareUpdateExclusive: 1<<ShareUpdateExclusive | 1<<Share | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
		Share:                1<<RowExclusive | 1<<ShareUpdateExclusive | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
		ShareRowExclusive:    0xff &^ (1<<AccessShare | 1<<RowShareTable),
		Exclusive:            0xff &^ (1 << AccessShare),
		AccessExclusive:      0xff,
	},
}

var tableModeNames = [8]string{"AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock",
	"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"}

// lockSpace tells the kinds of locked things apart.
type lockSpace uint8

const (
	spaceRow      lockSpace = iota // obj: storage, hash: of the key
	spaceUnique                    // the same, of a key that may not exist yet
	spaceTable                     // obj: table oid
	spaceAdvisory                  // obj: the number, hash: 1 for one bigint, 2 for two integers
)

// lockTag names a locked thing. Rows and unique keys go by a 64-bit hash: two
// keys that share one lock is harmless and does not happen in practice.
type lockTag struct {
	obj   uint64
	hash  uint64
	space lockSpace
}

// kind selects the conflict table. Advisory locks use two of the table modes.
func (t lockTag) kind() int {
	if t.space >= spaceTable {
		return 1
	}
	return 0
}

var tagSeed = maphash.MakeSeed()

func keyTag(space lockSpace, obj uint64, key []byte) lockTag {
	return lockTag{obj: obj, hash: maphash.Bytes(tagSeed, key), space: space}
}

// Policy says what to do when a lock is not free.
type Policy uint8

// Policies, as in SELECT ... FOR UPDATE [NOWAIT | SKIP LOCKED].
const (
	Wait Policy = iota
	NoWait
	SkipLocked
)
