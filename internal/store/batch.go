package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// Batch collects the net effect of one transaction: at most one change for each
// key of each storage, computed by the caller from the committed image and the
// image at the transaction's end (I4). Everything is encoded at once; only the
// commit's seq and time are filled in later. NewBatch makes one that is kept in
// memory, NewLoad one of any size.
//
// A Batch belongs to one goroutine. Commit consumes it; Close drops one that
// will not be committed. Keys and tuples are copied, the caller may reuse them.
type Batch struct {
	db *DB
	pb *pebble.Batch
	*batchBufs

	lastID StorageID // most recent member of touched
	frozen []StorageID
	meta   Meta
	async  bool
	loaded map[StorageID]*scanImage // of the storages that Commit fills
	load   *load                    // nil: the batch is in memory
	err    error
	closed bool

	salt    [16]byte
	salts   salter // of salt, from its first use on
	timeOff uint32 // where the commit record's time and wall clock go
}

// batchBufs is the memory of a batch that the next one uses again.
type batchBufs struct {
	// patches are the offsets in the encoded batch where the commit's seq is
	// written, eight bytes big endian each.
	patches []uint32
	// hashes identify the keys changed, for the array of newest commits.
	hashes []uint32

	touched []StorageID     // changed or frozen, each once
	tables  []*tableChanges // in use
	idle    []*tableChanges
	record  []byte
}

var batchMemory = sync.Pool{New: func() any { return new(batchBufs) }}

// batchBufsKeep is the most entries and tables for which memory is kept.
const batchBufsKeep = 1024

// release gives the memory to the next batch.
func (m *batchBufs) release() {
	if cap(m.patches) > batchBufsKeep || cap(m.hashes) > batchBufsKeep || cap(m.touched) > batchBufsKeep || len(m.tables) > batchBufsKeep/64 {
		return
	}
	for _, t := range m.tables {
		if len(m.idle) < cap(m.tables) && cap(t.buf) <= batchBufsKeep && cap(t.scratch) <= batchBufsKeep {
			m.idle = append(m.idle, t)
		}
	}
	m.patches, m.hashes, m.touched, m.tables = m.patches[:0], m.hashes[:0], m.touched[:0], m.tables[:0]
	if cap(m.record) > batchBufsKeep {
		m.record = nil
	}
	batchMemory.Put(m)
}

// tableChanges returns an empty change list.
func (m *batchBufs) tableChanges(table uint32, id StorageID) *tableChanges {
	t := new(tableChanges)
	if n := len(m.idle); n > 0 {
		t, m.idle = m.idle[n-1], m.idle[:n-1]
		*t = tableChanges{buf: t.buf[:0], scratch: t.scratch, tree: merkle{stack: t.tree.stack[:0]}}
	}
	t.table, t.storage = table, id
	m.tables = append(m.tables, t)
	return t
}

// Meta describes a transaction in its commit record.
type Meta struct {
	TxID        uint64
	User        string
	Application string
	ClientAddr  string
	Reason      string
	JSON        []byte // drift.meta; nil when unset
}

// NewBatch returns an empty batch.
func (db *DB) NewBatch() *Batch {
	return &Batch{db: db, pb: db.eng.NewBatch(), batchBufs: batchMemory.Get().(*batchBufs)}
}

// SetMeta sets the description stored in the commit record. The strings are
// kept, not copied.
func (b *Batch) SetMeta(m Meta) { b.meta = m }

// SetAsync lets Commit return before the log is synced (synchronous_commit =
// off): a crash may lose the commit, never half of it and never the order.
func (b *Batch) SetAsync(async bool) { b.async = async }

// Len returns the size in memory in bytes.
func (b *Batch) Len() int { return b.pb.Len() }

// Empty reports whether the batch changes nothing.
func (b *Batch) Empty() bool {
	return b.pb.Empty() && len(b.tables) == 0 && len(b.touched) == 0
}

// Close drops the batch. It may be called again, also after Commit.
func (b *Batch) Close() {
	if !b.closed {
		b.closed = true
		if b.load != nil {
			b.load.discard()
		}
		_ = b.pb.Close()
		b.release()
		b.batchBufs = nil
	}
}

// Put stores a tuple under a key that had no version before this commit.
func (b *Batch) Put(id StorageID, key, tuple []byte) {
	b.touch(id, key)
	b.putPresent(id, key, tuple)
}

// Replace stores a tuple under a key whose committed version, given with its
// start and tuple, ends with this commit.
func (b *Batch) Replace(id StorageID, key []byte, oldStart Seq, oldTuple, tuple []byte) {
	b.touch(id, key)
	b.putPast(id, key, oldStart, oldTuple)
	b.putPresent(id, key, tuple)
}

// Delete ends the committed version of a key, given with its start and tuple.
func (b *Batch) Delete(id StorageID, key []byte, oldStart Seq, oldTuple []byte) {
	b.touch(id, key)
	b.putPast(id, key, oldStart, oldTuple)
	b.deletePresent(id, key)
}

// Overwrite stores a tuple without keeping what it replaces. Only for storages
// without history, which have no change-list entries either.
func (b *Batch) Overwrite(id StorageID, key, tuple []byte) {
	b.touch(id, key)
	b.putPresent(id, key, tuple)
}

// Discard removes a key without keeping its version. Only for storages without
// history.
func (b *Batch) Discard(id StorageID, key []byte) {
	b.touch(id, key)
	b.deletePresent(id, key)
}

// Freeze ends a storage at this commit: every live entry ends here, whatever its
// number. Nothing may be written to a frozen storage, in this batch or later.
func (b *Batch) Freeze(id StorageID) {
	b.frozen = append(b.frozen, id)
	b.touchID(id)
}

func (b *Batch) touch(id StorageID, key []byte) {
	if b.load != nil {
		b.load.touch(id, key)
	} else {
		b.hashes = append(b.hashes, hashKey(id, key))
	}
	b.touchID(id)
}

func (b *Batch) touchID(id StorageID) {
	if b.lastID == id && len(b.touched) > 0 {
		return
	}
	if !slices.Contains(b.touched, id) {
		b.touched = append(b.touched, id)
	}
	b.lastID = id
}

func storagePrefixLen(id StorageID) int {
	switch {
	case id <= 240:
		return 3
	case id <= 2287:
		return 4
	case id <= 67823:
		return 5
	}
	var scratch [12]byte
	return 2 + len(appendOrdered(scratch[:0], uint64(id)))
}

func (b *Batch) putPresent(id StorageID, key, tuple []byte) {
	if b.load != nil {
		b.note(b.load.putPresent(id, key, tuple))
		return
	}
	if !b.room(len(key) + len(tuple)) {
		return
	}
	vlen := 8 + len(tuple)
	op := b.pb.SetDeferred(storagePrefixLen(id)+len(key)+1, vlen)
	appendPresent(op.Key[:0], id, key)
	clear(op.Value[:8])
	copy(op.Value[8:], tuple)
	_ = op.Finish()
	b.patches = append(b.patches, uint32(b.pb.Len()-vlen))
}

func (b *Batch) putPast(id StorageID, key []byte, start Seq, tuple []byte) {
	if b.load != nil {
		b.note(b.load.putPast(id, key, start, tuple))
		return
	}
	if !b.room(len(key) + len(tuple)) {
		return
	}
	op := b.pb.SetDeferred(storagePrefixLen(id)+len(key)+18, len(tuple))
	appendPast(op.Key[:0], id, key, start, 0)
	copy(op.Value, tuple)
	_ = op.Finish()
	// The key ends with the end of the period and the suffix length; the
	// value's length and bytes follow.
	b.patches = append(b.patches, uint32(b.pb.Len()-len(tuple)-uvarintLen(len(tuple))-9))
}

func (b *Batch) deletePresent(id StorageID, key []byte) {
	if b.load != nil {
		b.note(b.load.deletePresent(id, key))
		return
	}
	if !b.room(len(key)) {
		return
	}
	op := b.pb.DeleteDeferred(storagePrefixLen(id) + len(key) + 1)
	appendPresent(op.Key[:0], id, key)
	_ = op.Finish()
}

// note keeps the first error of a load's files.
func (b *Batch) note(err error) {
	if b.err == nil {
		b.err = err
	}
}

// room checks the limit on the encoded size before n more bytes are added.
func (b *Batch) room(n int) bool {
	if b.err != nil {
		return false
	}
	if int64(b.pb.Len()+n+64) > b.db.opts.MaxBatchBytes {
		b.err = fmt.Errorf("%w: more than %d bytes of changes", ErrTooLarge, b.db.opts.MaxBatchBytes)
		return false
	}
	return true
}

// Err returns ErrTooLarge once the batch has passed the limit, and the error of a
// file that a load could not write. Commit returns the same error; a caller may
// ask earlier.
func (b *Batch) Err() error { return b.err }

func uvarintLen(n int) int {
	l := 1
	for n >= 0x80 {
		n >>= 7
		l++
	}
	return l
}

// patch writes the commit's seq wherever the batch left room for it.
func (b *Batch) patch(seq Seq) {
	repr := b.pb.Repr()
	for _, off := range b.patches {
		binary.BigEndian.PutUint64(repr[off:], uint64(seq))
	}
}
