package store

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"
)

// IsPast reports whether a scan of a storage has to look for versions of the
// past: the Reader's moment is before the View's, the storage changed after it
// and was not frozen by then. Only then its scans may be answered by what was
// derived from History before.
func (r Reader) IsPast(id StorageID) bool {
	return r.at < r.v.seq && r.changedSince(id) && r.frozen(id) > r.at
}

// PastSteps returns how many entries the walk has passed, versions that were not
// alive included; 0 for a walk that did not have to look at the past. It is valid
// until Close.
func (it *Iter) PastSteps() int64 {
	if it.past == nil {
		return 0
	}
	return it.past.passed
}

// ChangeCounts tells how many entries the change lists of a table have for one of
// its storages, commit by commit: from the Reader's moment down (back), or from
// the commit after it up to the View's. It ends when yield returns false. A commit
// may come in several parts. The cost is that of reading the lists, not the rows.
func (r Reader) ChangeCounts(table uint32, id StorageID, back bool, yield func(seq Seq, n int) bool) error {
	lo, hi := Seq(1), r.at
	if !back {
		lo, hi = r.at+1, r.v.seq
	}
	it, err := r.v.snap.NewIter(&pebble.IterOptions{
		LowerBound: changesKey(nil, table, lo, 0),
		UpperBound: changesKey(nil, table, hi+1, 0),
	})
	if err != nil {
		return wrapErr(err)
	}
	defer it.Close()
	step, ok := it.Next, false
	if back {
		step, ok = it.Prev, it.Last()
	} else {
		ok = it.First()
	}
	prefix := len(appendOrdered(nil, uint64(table))) + 2
	for ; ok; ok = step() {
		k := it.Key()
		val, err := it.ValueAndErr()
		if err != nil {
			return wrapErr(err)
		}
		if len(k) != prefix+13 || len(val) == 0 {
			return corruptf("%s does not decode", describeKey(k))
		}
		seq := Seq(binary.BigEndian.Uint64(k[prefix:]))
		n, err := r.chunkCount(table, id, seq, val)
		if err != nil {
			return err
		}
		if n > 0 && !yield(seq, n) {
			return nil
		}
	}
	return wrapErr(it.Error())
}

// chunkCount counts the entries of a chunk that are about a storage. The list of a
// load is counted by its commit's record, whatever storages it is about.
func (r Reader) chunkCount(table uint32, id StorageID, seq Seq, val []byte) (int, error) {
	if val[0] == changeFormatLoad {
		c, found, err := r.v.db.GetCommit(seq)
		if err != nil || !found {
			return 0, err
		}
		for _, t := range c.Tables {
			if t.Table == table {
				return int(t.Count), nil
			}
		}
		return 0, nil
	}
	of, rest, ok := takeUvarint(val[1:])
	if !ok {
		return 0, corruptf("change list of table %d in commit %d does not decode", table, seq)
	}
	if StorageID(of) != id {
		return 0, nil
	}
	_, rest, ok = takeUvarint(rest)
	c := Changes{rest: rest}
	n := 0
	for ; ok && len(c.rest) > 0; n++ {
		ok = c.decode()
	}
	if !ok {
		return 0, corruptf("change list of table %d in commit %d does not decode", table, seq)
	}
	return n, nil
}

// Place returns the file system and directory of the database, also of one opened
// for reading only: for checking files that others keep beside the store's own.
func (db *DB) Place() (fs FS, dir string) { return db.opts.FS, db.dir }
