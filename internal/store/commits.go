package store

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Commits walks the commit records with from <= seq <= to, oldest first.
type Commits struct {
	it      *pebble.Iterator
	view    *View
	cur     *Commit
	started bool
	err     error
}

// Commits returns the records of the published commits from..to. Close it.
func (db *DB) Commits(from, to Seq) *Commits {
	v := db.View()
	c := db.commitsIn(v.snap, from, min(to, v.seq))
	c.view = v
	return c
}

// engineReader is what both the engine and its snapshots offer.
type engineReader interface {
	NewIter(*pebble.IterOptions) (*pebble.Iterator, error)
}

func (db *DB) commitsIn(r engineReader, from, to Seq) *Commits {
	c := &Commits{}
	if from > to {
		return c
	}
	c.it, c.err = r.NewIter(&pebble.IterOptions{LowerBound: commitKey(nil, from), UpperBound: commitKey(nil, to+1)})
	return c
}

// Next moves to the next commit.
func (c *Commits) Next() bool {
	if c.it == nil || c.err != nil {
		return false
	}
	ok := false
	if c.started {
		ok = c.it.Next()
	} else {
		c.started, ok = true, c.it.First()
	}
	if !ok {
		c.err = wrapErr(c.it.Error())
		return false
	}
	rec, err := c.it.ValueAndErr()
	if err != nil {
		c.err = wrapErr(err)
		return false
	}
	k := c.it.Key()
	if len(k) != 11 {
		c.err = corruptf("%s in the commit log", describeKey(k))
		return false
	}
	c.cur, c.err = decodeRecord(Seq(binary.BigEndian.Uint64(k[2:])), rec)
	return c.err == nil
}

// Commit returns the record under the cursor; it is the caller's to keep.
func (c *Commits) Commit() *Commit { return c.cur }

// Err returns the error that ended the walk.
func (c *Commits) Err() error { return c.err }

// Close ends the walk and returns Err.
func (c *Commits) Close() error {
	if c.it != nil {
		_ = c.it.Close()
		c.it = nil
	}
	if c.view != nil {
		c.view.Release()
		c.view = nil
	}
	return c.err
}

// GetCommit returns the record of one published commit; found is false for seq 0
// and for commits not published yet.
func (db *DB) GetCommit(seq Seq) (c *Commit, found bool, err error) {
	cs := db.Commits(seq, seq)
	if cs.Next() {
		c, found = cs.Commit(), true
	}
	return c, found, cs.Close()
}

// Changes walks a table's change lists in commit order; its cost is that of the
// answer. The slices of a Change are valid until the next call of Next.
type Changes struct {
	it      *pebble.Iterator
	load    *pebble.Iterator // the list of a load that it stands on
	view    *View
	prefix  int
	started bool
	inLoad  bool // load is positioned
	cur     Change
	rest    []byte // entries of the chunk not yet returned
	table   uint32
	entry   []byte // the present entry as stored, for verification
	salt    []byte
	leaf    []byte
	err     error
}

// Changes returns the entries of a table with from <= seq <= to. Close it.
func (db *DB) Changes(table uint32, from, to Seq) *Changes {
	v := db.View()
	return v.changes(table, from, min(to, v.seq))
}

// changes takes over the caller's reference to the View.
func (v *View) changes(table uint32, from, to Seq) *Changes {
	c := &Changes{view: v, table: table}
	if from > to {
		return c
	}
	c.it, c.err = v.snap.NewIter(&pebble.IterOptions{
		LowerBound: changesKey(nil, table, from, 0),
		UpperBound: changesKey(nil, table, to+1, 0),
	})
	c.prefix = len(appendOrdered(nil, uint64(table))) + 2
	return c
}

// openLoad goes on in the list that a load has written.
func (c *Changes) openLoad(val []byte) error {
	id, rest, ok := takeUvarint(val)
	if !ok || len(rest) != 0 {
		return corruptf("%s does not decode", describeKey(c.it.Key()))
	}
	var err error
	c.load, err = c.view.snap.NewIter(&pebble.IterOptions{
		LowerBound: loadChangesKey(nil, id, c.table, 0),
		UpperBound: append(loadChangesKey(nil, id, c.table, math.MaxUint32), keyTerminator),
	})
	return wrapErr(err)
}

// nextOfLoad returns the next chunk of the load's list; at its end the list is
// closed and there is none.
func (c *Changes) nextOfLoad() ([]byte, error) {
	it := c.load
	var ok bool
	if c.inLoad {
		ok = it.Next()
	} else {
		c.inLoad, ok = true, it.First()
	}
	if ok {
		val, err := it.ValueAndErr()
		return val, wrapErr(err)
	}
	c.load, c.inLoad = nil, false
	return nil, wrapErr(errors.Join(it.Error(), it.Close()))
}

// Next moves to the next change.
func (c *Changes) Next() bool {
	for c.err == nil && len(c.rest) == 0 {
		if !c.nextChunk() {
			return false
		}
	}
	if c.err != nil {
		return false
	}
	if !c.decode() {
		c.err = corruptf("%s: entry %d does not decode", describeKey(c.it.Key()), c.cur.Ordinal)
		return false
	}
	return true
}

func (c *Changes) nextChunk() bool {
	if c.it == nil {
		return false
	}
	if c.load != nil {
		val, err := c.nextOfLoad()
		if val != nil || err != nil {
			return c.take(val, err)
		}
	}
	ok := false
	if c.started {
		ok = c.it.Next()
	} else {
		c.started, ok = true, c.it.First()
	}
	if !ok {
		c.err = wrapErr(c.it.Error())
		return false
	}
	val, err := c.it.ValueAndErr()
	if err == nil && len(val) > 0 && val[0] == changeFormatLoad {
		if c.err = c.openLoad(val[1:]); c.err != nil {
			return false
		}
		return c.nextChunk()
	}
	return c.take(val, wrapErr(err))
}

// take begins a chunk.
func (c *Changes) take(val []byte, err error) bool {
	if err != nil {
		c.err = err
		return false
	}
	k := c.it.Key()
	if len(k) != c.prefix+13 || len(val) < 1 || val[0] != changeFormat {
		c.err = corruptf("%s does not decode", describeKey(k))
		return false
	}
	c.cur = Change{Table: c.table, Seq: Seq(binary.BigEndian.Uint64(k[c.prefix:]))}
	id, rest, ok := takeUvarint(val[1:])
	if ok {
		c.cur.Storage = StorageID(id)
		var first uint64
		first, rest, ok = takeUvarint(rest)
		c.cur.Ordinal = uint32(first) - 1 // decode counts up
	}
	if !ok {
		c.err = corruptf("%s does not decode", describeKey(k))
		return false
	}
	c.rest = rest
	return true
}

func (c *Changes) decode() bool {
	b := c.rest
	tag := b[0]
	b = b[1:]
	ch := &c.cur
	ch.Op = Op(tag & changeOpMask)
	ch.Ordinal++
	ch.NewKey, ch.Columns, c.salt, c.leaf = nil, nil, nil, nil
	var ok bool
	if ch.Key, b, ok = takeBytes(b); !ok {
		return false
	}
	if tag&changeHasNewKey != 0 {
		if ch.NewKey, b, ok = takeBytes(b); !ok {
			return false
		}
	}
	if tag&changeHasColumns != 0 {
		if ch.Columns, b, ok = takeBytes(b); !ok {
			return false
		}
	}
	c.entry = c.rest[:len(c.rest)-len(b)]
	if tag&changeHasSalt != 0 {
		if len(b) < 16 {
			return false
		}
		c.salt, b = b[:16], b[16:]
	}
	if tag&changeHasLeaf != 0 {
		if len(b) < 32 {
			return false
		}
		c.leaf, b = b[:32], b[32:]
	}
	c.rest = b
	return ch.Op >= OpInsert && ch.Op <= OpRewrite
}

// Change returns the entry under the cursor; its slices are valid until Next.
func (c *Changes) Change() *Change { return &c.cur }

// Clone returns a copy that owns its slices.
func (ch *Change) Clone() *Change {
	n := *ch
	n.Key, n.NewKey, n.Columns = slices.Clone(ch.Key), slices.Clone(ch.NewKey), slices.Clone(ch.Columns)
	return &n
}

// Err returns the error that ended the walk.
func (c *Changes) Err() error { return c.err }

// Close ends the walk and returns Err.
func (c *Changes) Close() error {
	if c.load != nil {
		_ = c.load.Close()
		c.load = nil
	}
	if c.it != nil {
		_ = c.it.Close()
		c.it = nil
	}
	if c.view != nil {
		c.view.Release()
		c.view = nil
	}
	return c.err
}
