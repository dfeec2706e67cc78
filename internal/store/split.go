package store

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"
)

// Split returns up to n-1 keys, increasing and strictly between lower and upper,
// that cut a span of a storage into parts of similar size on disk, for parallel
// scans. It may return fewer, also none: small spans are not worth cutting. The
// keys need not exist.
func (r Reader) Split(id StorageID, lower, upper []byte, n int) ([][]byte, error) {
	if n < 2 {
		return nil, nil
	}
	first, last, err := r.ends(id, lower, upper)
	if err != nil || first == nil {
		return nil, err
	}
	size := func(to []byte) uint64 {
		_, lo, hi := storageBounds(nil, spacePresent, id, first, to)
		used, err := r.v.db.eng.EstimateDiskUsage(lo, hi)
		if err != nil {
			return 0 // an estimate only: the cut is then by value
		}
		return used
	}
	// Between the ends, keys are taken as numbers: the eight bytes after what
	// both ends have in common. Cuts by size are searched for among them.
	common := 0
	for common < min(len(first), len(last)) && first[common] == last[common] {
		common++
	}
	from, to := eightBytes(first[common:]), eightBytes(last[common:])
	if to-from < uint64(n) {
		return nil, nil
	}
	keyAt := func(x uint64) []byte {
		return binary.BigEndian.AppendUint64(slices.Clone(first[:common]), x)
	}
	total := size(last)
	var cuts [][]byte
	at := from
	for i := 1; i < n; i++ {
		x := from + uint64(float64(to-from)/float64(n)*float64(i))
		if total > 0 {
			want := total / uint64(n) * uint64(i)
			lo, hi := at, to
			for hi-lo > 1 {
				mid := lo + (hi-lo)/2
				got := size(keyAt(mid))
				if got < want {
					lo = mid
				} else {
					hi = mid
				}
				if max(got, want)-min(got, want) < total/64 {
					hi = mid
					break
				}
			}
			x = hi
		}
		if x <= at || x >= to {
			continue
		}
		cuts = append(cuts, keyAt(x))
		at = x
	}
	return cuts, nil
}

// ends returns the lowest and the highest present key of a span, or nil.
func (r Reader) ends(id StorageID, lower, upper []byte) (first, last []byte, err error) {
	_, lo, hi := storageBounds(nil, spacePresent, id, lower, upper)
	it, err := r.v.scanIter(lo, hi)
	if err != nil {
		return nil, nil, err
	}
	defer r.v.giveBack(poolScan, it)
	p := storagePrefixLen(id)
	if it.First() {
		k := it.Key()
		first = bytes.Clone(k[p : len(k)-1])
	}
	if it.Last() {
		k := it.Key()
		last = bytes.Clone(k[p : len(k)-1])
	}
	return first, last, wrapErr(it.Error())
}

// eightBytes reads the first eight bytes of b as a number; missing ones are 0.
func eightBytes(b []byte) uint64 {
	var x [8]byte
	copy(x[:], b)
	return binary.BigEndian.Uint64(x[:])
}

// sizeAge is how long an estimate of StorageBytes is used.
const sizeAge = time.Second

// StorageBytes is EstimateBytes of a whole storage, up to a second old: planners
// ask it of each table of each statement.
func (db *DB) StorageBytes(id StorageID) (uint64, error) {
	st, now := db.states.ensure(id), time.Now().UnixNano()
	if at := st.sizedAt.Load(); at != 0 && now-at < int64(sizeAge) && now >= at {
		return st.size.Load(), nil
	}
	n, err := db.EstimateBytes(id, nil, nil)
	if err == nil {
		st.size.Store(n)
		st.sizedAt.Store(now)
	}
	return n, err
}

// EstimateBytes estimates how many bytes on disk a span of a storage's present
// takes. What is still in memory is not counted.
func (db *DB) EstimateBytes(id StorageID, lower, upper []byte) (uint64, error) {
	_, lo, hi := storageBounds(nil, spacePresent, id, lower, upper)
	n, err := db.eng.EstimateDiskUsage(lo, hi)
	return n, wrapErr(err)
}
