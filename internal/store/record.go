package store

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Layout of a commit record's fixed part; docs/formats/commit.md draws it.
const (
	recordFormat   = 1
	recordTimeOff  = 2
	recordWallOff  = 10
	recordRootOff  = 18
	recordSaltOff  = 50
	recordFixedLen = 66
)

// Commit is the record of one committed transaction.
type Commit struct {
	Seq      Seq
	Time     Time
	WallTime Time // what the wall clock said, for people; nothing reads it back
	Meta     Meta
	Tables   []CommitTable
	Frozen   []StorageID
	Storages []StorageID // every storage changed or frozen
	Root     Hash
	Salt     [16]byte
}

// CommitTable says how many entries a table has in a commit's change list.
type CommitTable struct {
	Table uint32
	Count uint32
}

// appendMeta appends the part of a record that its first leaf covers.
func appendMeta(dst []byte, m *Meta) []byte {
	dst = binary.AppendUvarint(dst, m.TxID)
	dst = appendBytes(dst, []byte(m.User))
	dst = appendBytes(dst, []byte(m.Application))
	dst = appendBytes(dst, []byte(m.ClientAddr))
	dst = appendBytes(dst, []byte(m.Reason))
	return appendBytes(dst, m.JSON)
}

// metaLeaf hashes the description of a commit with a salt of its own.
func metaLeaf(s salter, meta []byte) Hash {
	buf := make([]byte, 17, 17+len(meta))
	buf[0] = hashMeta
	s.salt((*[16]byte)(buf[1:]), 0, 0)
	return sha256.Sum256(append(buf, meta...))
}

// rootHash combines the description's leaf, the trees of the tables and the
// frozen storages.
func rootHash(meta Hash, tables []CommitTable, trees []Hash, frozen []StorageID) Hash {
	buf := make([]byte, 0, 33+len(tables)*40+len(frozen)*8)
	buf = append(buf, hashRoot)
	buf = append(buf, meta[:]...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(tables)))
	for i, t := range tables {
		buf = binary.BigEndian.AppendUint32(buf, t.Table)
		buf = binary.BigEndian.AppendUint32(buf, t.Count)
		buf = append(buf, trees[i][:]...)
	}
	for _, id := range frozen {
		buf = binary.BigEndian.AppendUint64(buf, uint64(id))
	}
	return sha256.Sum256(buf)
}

// finish writes the change lists' last chunks and the commit record.
func (b *Batch) finish() (root Hash) {
	tables := make([]CommitTable, len(b.tables))
	trees := make([]Hash, len(b.tables))
	for i, t := range b.tables {
		b.flushChanges(t)
		tables[i] = CommitTable{t.table, t.count}
		trees[i] = t.tree.root()
		if b.load != nil {
			b.listInLoad(t)
		}
	}
	if b.load != nil {
		b.listLoad()
	}
	slices.Sort(b.frozen)
	slices.Sort(b.touched)

	salts := b.salter()
	rec := append(b.record[:0], make([]byte, recordFixedLen)...)
	rec[0] = recordFormat
	copy(rec[recordSaltOff:], b.salt[:])
	rec = appendMeta(rec, &b.meta)
	root = rootHash(metaLeaf(salts, rec[recordFixedLen:]), tables, trees, b.frozen)
	copy(rec[recordRootOff:], root[:])

	rec = binary.AppendUvarint(rec, uint64(len(tables)))
	for _, t := range tables {
		rec = binary.AppendUvarint(rec, uint64(t.Table))
		rec = binary.AppendUvarint(rec, uint64(t.Count))
	}
	rec = appendIDs(rec, b.frozen)
	rec = appendIDs(rec, b.touched)
	b.record = rec

	if !b.room(len(rec)) {
		return root
	}
	var scratch [16]byte
	_ = b.pb.Set(commitKey(scratch[:0], 0), rec, nil)
	value := b.pb.Len() - len(rec)
	b.patches = append(b.patches, uint32(value-uvarintLen(len(rec))-9))
	b.timeOff = uint32(value + recordTimeOff)
	return root
}

func appendIDs(dst []byte, ids []StorageID) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ids)))
	for _, id := range ids {
		dst = binary.AppendUvarint(dst, uint64(id))
	}
	return dst
}

// recordTime reads only the time of a record.
func recordTime(rec []byte) (Time, bool) {
	if len(rec) < recordFixedLen || rec[0] != recordFormat {
		return 0, false
	}
	return Time(binary.BigEndian.Uint64(rec[recordTimeOff:])), true
}

// decodeRecord reads a whole commit record. The result shares no memory with rec.
func decodeRecord(seq Seq, rec []byte) (*Commit, error) {
	bad := func() (*Commit, error) { return nil, corruptf("commit record %d does not decode", seq) }
	if len(rec) < recordFixedLen || rec[0] != recordFormat {
		return bad()
	}
	c := &Commit{Seq: seq}
	c.Time = Time(binary.BigEndian.Uint64(rec[recordTimeOff:]))
	c.WallTime = Time(binary.BigEndian.Uint64(rec[recordWallOff:]))
	copy(c.Root[:], rec[recordRootOff:])
	copy(c.Salt[:], rec[recordSaltOff:])
	rest := rec[recordFixedLen:]
	var ok bool
	if c.Meta.TxID, rest, ok = takeUvarint(rest); !ok {
		return bad()
	}
	for _, dst := range []*string{&c.Meta.User, &c.Meta.Application, &c.Meta.ClientAddr, &c.Meta.Reason} {
		var v []byte
		if v, rest, ok = takeBytes(rest); !ok {
			return bad()
		}
		*dst = string(v)
	}
	var v []byte
	if v, rest, ok = takeBytes(rest); !ok {
		return bad()
	}
	if len(v) > 0 {
		c.Meta.JSON = slices.Clone(v)
	}
	n, rest, ok := takeUvarint(rest)
	if !ok || n > uint64(len(rest)) {
		return bad()
	}
	for range n {
		var table, count uint64
		if table, rest, ok = takeUvarint(rest); !ok {
			return bad()
		}
		if count, rest, ok = takeUvarint(rest); !ok {
			return bad()
		}
		c.Tables = append(c.Tables, CommitTable{uint32(table), uint32(count)})
	}
	if c.Frozen, rest, ok = takeIDs(rest); !ok {
		return bad()
	}
	if c.Storages, rest, ok = takeIDs(rest); !ok || len(rest) != 0 {
		return bad()
	}
	return c, nil
}

func takeIDs(b []byte) (ids []StorageID, rest []byte, ok bool) {
	n, rest, ok := takeUvarint(b)
	if !ok || n > uint64(len(rest)) {
		return nil, nil, false
	}
	for range n {
		var id uint64
		if id, rest, ok = takeUvarint(rest); !ok {
			return nil, nil, false
		}
		ids = append(ids, StorageID(id))
	}
	return ids, rest, true
}
