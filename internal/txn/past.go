package txn

import "github.com/driftdb/driftdb/internal/store"

// Past returns the Reader that a scan of a storage goes through when the scan is a
// read of the past and nothing else has a part in it: the transaction wrote nothing
// the statement sees, and nobody keeps track of what it reads. Such a scan may be
// answered by what was derived from the storage's history before; ok is false for
// all others.
func (s *Statement) Past(id store.StorageID) (r store.Reader, ok bool) {
	if s.buf != nil || s.track != nil || s.tx.Fresh(id) {
		return store.Reader{}, false
	}
	return s.reader, s.reader.IsPast(id)
}
