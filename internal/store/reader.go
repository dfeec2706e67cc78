package store

import (
	"encoding/binary"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// Version is one version of a key. Its period is [Start, End); End is MaxSeq
// while the version is current.
type Version struct {
	Start Seq
	End   Seq
	Tuple []byte
}

// Reader reads the database at one seq. It is a small value to copy freely and
// is safe for concurrent use; it lives as long as its View.
type Reader struct {
	v     *View
	at    Seq // the moment read
	known Seq // ends after this commit are not known yet; at <= known <= v.seq
}

// Seq returns the moment the Reader reads at.
func (r Reader) Seq() Seq { return r.at }

// At returns a Reader of an earlier moment with the same knowledge: a version's
// end shows if the receiver could know it.
func (r Reader) At(seq Seq) Reader { return Reader{v: r.v, at: min(seq, r.known), known: r.known} }

// end hides the end of a version that had not ended as far as the Reader knows.
func (r Reader) end(end Seq) Seq {
	if end > r.known {
		return MaxSeq
	}
	return end
}

// frozen returns when a storage's live versions end, as far as the Reader knows.
func (r Reader) frozen(id StorageID) Seq { return r.v.db.states.frozen(id, r.known) }

// View returns the View the Reader reads through.
func (r Reader) View() *View { return r.v }

// keyBuf is scratch for building stored keys.
type keyBuf struct{ key []byte }

var keyBufs = sync.Pool{New: func() any { return &keyBuf{make([]byte, 0, 256)} }}

// Get returns the version of a key alive at the Reader's moment. The tuple is
// the caller's to keep.
func (r Reader) Get(id StorageID, key []byte) (Version, bool, error) {
	return r.GetInto(nil, id, key)
}

// GetInto is Get with the tuple appended to dst, which saves an allocation.
func (r Reader) GetInto(dst []byte, id StorageID, key []byte) (ver Version, found bool, err error) {
	frozen := r.frozen(id)
	if frozen <= r.at {
		return Version{}, false, nil
	}
	db, hash := r.v.db, hashKey(id, key)
	if ver, found = db.rows.get(dst, id, key, hash, r.at, db.states.replacedAt(id)); found {
		ver.End = frozen
		return ver, true, nil
	}
	if img := db.states.imageForKey(id, r.at, db.newest.newest(hash)); img != nil {
		start, tuple, found := img.get(key)
		return Version{Start: start, End: frozen, Tuple: append(dst, tuple...)}, found, nil
	}
	if ver, found = db.rows.getEnded(dst, id, key, hash, r.at); found {
		ver.End = min(r.end(ver.End), frozen)
		return ver, true, nil
	}
	buf := keyBufs.Get().(*keyBuf)
	switch {
	case r.at >= r.v.seq || !r.changedSince(id):
		ver, found, err = r.getPresent(buf, dst, id, key, hash)
		db.scanned(id, r.v, imagePointRows)
	case r.at < db.openedAt || db.newest.newest(hash) > r.at:
		// Most likely a past version is the answer. Where nothing is known of the
		// key, asking for a version that is not there is cheaper than reading one
		// that is no answer.
		if ver, found, err = r.getPast(buf, dst, id, key, hash); !found && err == nil {
			ver, found, err = r.getPresent(buf, dst, id, key, hash)
		}
	default:
		ver, found, err = r.getPresent(buf, dst, id, key, hash)
	}
	keyBufs.Put(buf)
	if found && ver.End > frozen {
		ver.End = frozen
	}
	return ver, found, err
}

// getPresent returns the present entry of a key if it had started by the
// Reader's moment. Of it and the past version that getPast finds at most one is
// alive then, so the order of looking is a matter of speed.
func (r Reader) getPresent(buf *keyBuf, dst []byte, id StorageID, key []byte, hash uint32) (Version, bool, error) {
	it, err := r.v.pointIter(poolPoint)
	if err != nil {
		return Version{}, false, err
	}
	defer r.v.giveBack(poolPoint, it)
	buf.key = appendPresent(buf.key[:0], id, key)
	if !it.SeekPrefixGE(buf.key) {
		return Version{}, false, wrapErr(it.Error())
	}
	start, tuple, err := presentValue(it, &r.v.db.loads)
	if err != nil || start > r.at {
		return Version{}, false, err
	}
	ver := Version{Start: start, End: MaxSeq, Tuple: tuple}
	r.v.db.rows.fill(id, key, hash, ver, r.v.seq, &r.v.db.newest)
	ver.Tuple = append(dst, tuple...)
	return ver, true, nil
}

// getPast returns the past version of a key with the greatest start up to the
// Reader's moment, if it had not ended by then.
func (r Reader) getPast(buf *keyBuf, dst []byte, id StorageID, key []byte, hash uint32) (Version, bool, error) {
	it, err := r.v.pointIter(poolPastPoint)
	if err != nil {
		return Version{}, false, err
	}
	defer r.v.giveBack(poolPastPoint, it)
	buf.key = appendPast(buf.key[:0], id, key, r.at, 0)
	if !it.SeekPrefixGE(buf.key) {
		return Version{}, false, wrapErr(it.Error())
	}
	_, start, end, err := pastKey(it, storagePrefixLen(id), &r.v.db.loads)
	if err != nil || start > r.at || end <= r.at {
		return Version{}, false, err
	}
	tuple, err := it.ValueAndErr()
	if err != nil {
		return Version{}, false, wrapErr(err)
	}
	r.v.db.rows.fillEnded(id, key, hash, Version{Start: start, End: end, Tuple: tuple})
	return Version{Start: start, End: r.end(end), Tuple: append(dst, tuple...)}, true, nil
}

// changedSince reports whether a storage may have changed after the Reader's
// moment. False means that the present is the answer.
func (r Reader) changedSince(id StorageID) bool {
	st := r.v.db.states.get(id)
	return st == nil || Seq(st.lastChange.Load()) > r.at
}

// presentValue splits the value of a present entry.
func presentValue(it *pebble.Iterator, loads *loadTable) (Seq, []byte, error) {
	val, err := it.ValueAndErr()
	if err != nil {
		return 0, nil, wrapErr(err)
	}
	if len(val) < 8 {
		return 0, nil, corruptf("%s: value of %d bytes", describeKey(it.Key()), len(val))
	}
	start := binary.BigEndian.Uint64(val)
	if start&loadIDBit != 0 {
		seq, ok := loads.resolve(start)
		if !ok {
			return 0, nil, corruptf("%s: load id %d is not known", describeKey(it.Key()), start&^loadIDBit)
		}
		return seq, val[8:], nil
	}
	return Seq(start), val[8:], nil
}

// pastKey splits the key of a past entry.
func pastKey(it *pebble.Iterator, prefix int, loads *loadTable) (key []byte, start, end Seq, err error) {
	k := it.Key()
	if len(k) > prefix {
		var ok bool
		key, start, end, ok = decodePeriod(k[prefix:])
		if ok && end&loadIDBit != 0 {
			if end, ok = loads.resolve(uint64(end)); !ok {
				return nil, 0, 0, corruptf("%s: the load is not known", describeKey(k))
			}
		}
		if ok && start&loadIDBit == 0 && start < end {
			return key, start, end, nil
		}
	}
	return nil, 0, 0, corruptf("%s: not a past entry", describeKey(k))
}

// NewestStart returns the start of the newest version of a key and whether the
// key has a current version. Transactions use it after a lock was granted.
func (r Reader) NewestStart(id StorageID, key []byte) (Seq, bool, error) {
	var scratch [512]byte
	ver, ok, err := r.GetInto(scratch[:0], id, key)
	return ver.Start, ok, err
}

// MaybeChangedSince reports whether a key may have changed after seq. False is
// certain, provided seq comes from a View of this DB; true means that the
// caller must read. It touches memory only.
func (db *DB) MaybeChangedSince(id StorageID, key []byte, seq Seq) bool {
	return db.newest.newest(hashKey(id, key)) > seq
}

// TableLastChange returns the last commit that changed or froze a storage, 0 if
// none did. It may be newer than the published View.
func (db *DB) TableLastChange(id StorageID) Seq {
	if st := db.states.get(id); st != nil {
		return Seq(st.lastChange.Load())
	}
	return 0
}

// FrozenAt returns the commit that froze a storage, 0 if none did.
func (db *DB) FrozenAt(id StorageID) Seq {
	if st := db.states.get(id); st != nil {
		return Seq(st.frozenAt.Load())
	}
	return 0
}
