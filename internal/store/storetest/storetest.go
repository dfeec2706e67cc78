// Package storetest opens stores for the tests of other packages.
package storetest

import (
	"testing"

	"github.com/driftdb/driftdb/internal/store"
)

// Mem returns an empty store in memory, closed when the test ends.
func Mem(t testing.TB) *store.DB {
	t.Helper()
	return open(t, "", store.Options{InMemory: true})
}

// Disk returns an empty store in a directory of the test, with small buffers and
// without syncs, closed when the test ends.
func Disk(t testing.TB) *store.DB {
	t.Helper()
	return open(t, t.TempDir()+"/db", store.Options{
		NoSync: true, BallastBytes: -1, MemTableBytes: 1 << 20, CacheBytes: 16 << 20,
	})
}

func open(t testing.TB, dir string, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return db
}
