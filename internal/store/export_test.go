package store

// For the tests of package store_test, which damage databases that the whole
// product made.
var (
	FlipByte   = flip
	LargestOf  = fileOf
	NewestLog  = newestLog
	EditEngine = edit
	ChangesKey = changesKey
	ChainKey   = chainKey
	FormatFile = formatFile
)

// PresentKey and PastBounds find the entries of a storage.
func PresentKey(id StorageID, key []byte) []byte { return appendPresent(nil, id, key) }

func PastBounds(id StorageID) (lower, upper []byte) {
	return appendStorage(nil, spacePast, id), appendStorage(nil, spacePast, id+1)
}

func PresentBounds(id StorageID) (lower, upper []byte) {
	return appendStorage(nil, spacePresent, id), appendStorage(nil, spacePresent, id+1)
}
