package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Op is what a change did to a row.
type Op uint8

// The operations of a change list. OpRewrite stands for all rows of a storage
// that DDL built anew: their data did not change, so they have no entries of
// their own, yet the entry's leaf covers them.
const (
	OpInsert   Op = 1
	OpUpdate   Op = 2
	OpDelete   Op = 3
	OpTruncate Op = 4
	OpRewrite  Op = 5
)

func (op Op) String() string {
	switch op {
	case OpInsert:
		return "insert"
	case OpUpdate:
		return "update"
	case OpDelete:
		return "delete"
	case OpTruncate:
		return "truncate"
	case OpRewrite:
		return "rewrite"
	}
	return "unknown"
}

// Flags of a stored change, above the operation's bits. The last two are for
// lawful erasure: an entry then carries its own salt, or its leaf only.
const (
	changeOpMask     = 0x0f
	changeHasNewKey  = 0x10
	changeHasColumns = 0x20
	changeHasSalt    = 0x40
	changeHasLeaf    = 0x80
)

const (
	changeFormat     = 1
	changeFormatLoad = 2 // the list is a load's: its id follows
	changeChunkMax   = 32 << 10
)

// Change is one entry of a commit's change list.
type Change struct {
	Seq     Seq
	Table   uint32
	Storage StorageID // where the row's version is
	Ordinal uint32    // position in the table's list of this commit
	Op      Op
	Key     []byte // the row's key; of an update, the key before it
	NewKey  []byte // the key after an update that changed it, else nil
	Columns []byte // changed columns, in the caller's encoding; may be nil
}

// tableChanges builds the change list of one table.
type tableChanges struct {
	table   uint32
	storage StorageID
	count   uint32
	chunk   uint32
	buf     []byte
	tree    merkle
	salt    [16]byte // of the entry at hand
	scratch []byte
}

// Change adds an entry to the change list of a table whose rows are in the
// storage id. tuple is the row's image after the change, nil for OpDelete and
// OpTruncate. newKey is set only when an update changed the key; such an update
// is one entry here and a Delete and a Put (or Replace) of rows above.
func (b *Batch) Change(table uint32, id StorageID, op Op, key, newKey, columns, tuple []byte) {
	t := b.changesOf(table, id)
	if len(t.buf) == 0 {
		t.buf = append(t.buf, changeFormat)
		t.buf = binary.AppendUvarint(t.buf, uint64(id))
		t.buf = binary.AppendUvarint(t.buf, uint64(t.count))
	}
	tag := byte(op)
	if newKey != nil {
		tag |= changeHasNewKey
	}
	if columns != nil {
		tag |= changeHasColumns
	}
	from := len(t.buf)
	t.buf = append(t.buf, tag)
	t.buf = appendBytes(t.buf, key)
	if newKey != nil {
		t.buf = appendBytes(t.buf, newKey)
	}
	if columns != nil {
		t.buf = appendBytes(t.buf, columns)
	}
	t.tree.add(b.leaf(t, t.buf[from:], tuple))
	t.count++
	if len(t.buf) >= changeChunkMax {
		b.flushChanges(t)
	}
}

// changesOf returns the list of a table. A table whose storage changes in this
// commit has its entries under the storage that was given first, in order; the
// list is then split so that each chunk names one storage.
func (b *Batch) changesOf(table uint32, id StorageID) *tableChanges {
	for i := len(b.tables) - 1; i >= 0; i-- {
		if t := b.tables[i]; t.table == table {
			if t.storage != id {
				b.flushChanges(t)
				t.storage = id
			}
			return t
		}
	}
	return b.tableChanges(table, id)
}

// salter draws the commit's salt on first use.
func (b *Batch) salter() salter {
	if b.salts.block == nil {
		_, _ = rand.Read(b.salt[:]) // never fails, see crypto/rand
		b.salts = newSalter(&b.salt)
	}
	return b.salts
}

// leaf hashes the salt, the entry as it is stored (without salt or leaf) and the
// row's image.
func (b *Batch) leaf(t *tableChanges, entry, tuple []byte) Hash {
	b.salter().salt(&t.salt, t.table, t.count)
	t.scratch = appendLeafInput(t.scratch[:0], &t.salt, t.table, entry, tuple)
	return sha256.Sum256(t.scratch)
}

func appendLeafInput(dst []byte, salt *[16]byte, table uint32, entry, tuple []byte) []byte {
	dst = append(dst, hashLeaf)
	dst = append(dst, salt[:]...)
	dst = binary.BigEndian.AppendUint32(dst, table)
	dst = binary.AppendUvarint(dst, uint64(len(entry)))
	dst = append(dst, entry...)
	return append(dst, tuple...)
}

// flushChanges writes the collected entries as one chunk.
func (b *Batch) flushChanges(t *tableChanges) {
	switch {
	case len(t.buf) == 0:
		return
	case b.load != nil:
		b.note(b.load.putChanges(t.table, t.chunk, t.buf))
	default:
		b.setChunk(t.table, t.chunk, t.buf)
	}
	t.chunk++
	t.buf = t.buf[:0]
}

// setChunk puts a chunk of a table's list under the commit's seq.
func (b *Batch) setChunk(table, chunk uint32, value []byte) {
	if !b.room(len(value) + 32) {
		return
	}
	var scratch [40]byte
	_ = b.pb.Set(changesKey(scratch[:0], table, 0, chunk), value, nil)
	// Before the value come its length, the terminator, the chunk and the seq.
	b.patches = append(b.patches, uint32(b.pb.Len()-len(value)-uvarintLen(len(value))-13))
}

// listInLoad says where the chunks of a table's list are.
func (b *Batch) listInLoad(t *tableChanges) {
	b.setChunk(t.table, 0, binary.AppendUvarint([]byte{changeFormatLoad}, b.load.id))
}

// listLoad says which commit the load becomes.
func (b *Batch) listLoad() {
	var scratch [16]byte
	_ = b.pb.Set(loadKey(scratch[:0], b.load.id), make([]byte, 8), nil)
	b.patches = append(b.patches, uint32(b.pb.Len()-8))
}

func appendBytes(dst, b []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// takeBytes reads what appendBytes wrote.
func takeBytes(b []byte) (val, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || uint64(len(b)-w) < n {
		return nil, nil, false
	}
	return b[w : w+int(n) : w+int(n)], b[w+int(n):], true
}

func takeUvarint(b []byte) (v uint64, rest []byte, ok bool) {
	v, w := binary.Uvarint(b)
	if w <= 0 {
		return 0, nil, false
	}
	return v, b[w:], true
}

// Rewriting announces the Puts into a storage that Rewrite will be called for.
func (b *Batch) Rewriting(id StorageID) {
	if b.load != nil {
		b.load.rows, b.load.rowsOf = newRowsHasher(), id
	}
}

// Rewrite adds one OpRewrite entry for a storage that this batch filled anew
// with rows whose data is the table's as before. Call it after the last Put into
// that storage; its leaf covers all of them.
func (b *Batch) Rewrite(table uint32, id StorageID) {
	if b.err != nil {
		return
	}
	var rows Hash
	var err error
	switch {
	case b.load == nil:
		rows, err = b.rowsHash(id)
	case b.load.rows == nil || b.load.rowsOf != id:
		err = errors.New("store: Rewrite without Rewriting")
	default:
		rows, b.load.rows = b.load.rows.sum(), nil
	}
	if err != nil {
		b.err = err
		return
	}
	b.Change(table, id, OpRewrite, nil, nil, nil, rows[:])
}

// rowsHash hashes the present entries the batch puts into a storage, in key
// order.
func (b *Batch) rowsHash(id StorageID) (Hash, error) {
	prefix := appendStorage(nil, spacePresent, id)
	type row struct{ key, val []byte }
	var rows []row
	h := newRowsHasher()
	sorted := true
	var last []byte
	for pass := 0; pass < 2; pass++ {
		for r := b.pb.Reader(); ; {
			kind, key, val, ok, err := r.Next()
			if err != nil {
				return Hash{}, err
			}
			if !ok {
				break
			}
			if kind != pebble.InternalKeyKindSet || !bytes.HasPrefix(key, prefix) {
				continue
			}
			if pass == 1 {
				rows = append(rows, row{key, val})
				continue
			}
			if sorted = last == nil || compareKeys(last, key) < 0; !sorted {
				break
			}
			last = key
			h.add(key[len(prefix):len(key)-1], val[8:])
		}
		if sorted {
			return h.sum(), nil
		}
	}
	slices.SortFunc(rows, func(x, y row) int { return compareKeys(x.key, y.key) })
	h = newRowsHasher()
	for _, r := range rows {
		h.add(r.key[len(prefix):len(r.key)-1], r.val[8:])
	}
	return h.sum(), nil
}

// rowsHasher hashes rows given in key order.
type rowsHasher struct {
	h   hash.Hash
	buf []byte
}

func newRowsHasher() *rowsHasher {
	r := &rowsHasher{h: sha256.New()}
	r.h.Write([]byte{hashRows})
	return r
}

func (r *rowsHasher) add(key, tuple []byte) {
	r.buf = appendBytes(r.buf[:0], key)
	r.buf = appendBytes(r.buf, tuple)
	r.h.Write(r.buf)
}

func (r *rowsHasher) sum() (out Hash) {
	r.h.Sum(out[:0])
	return out
}
