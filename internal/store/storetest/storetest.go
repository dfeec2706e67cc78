// Package storetest opens stores for the tests of other packages.
package storetest

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

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

// Crash returns what a power cut at this moment leaves of a file system that
// store.CrashableFS made: each write that was not synced is there or not, by chance.
func Crash(fs *vfs.MemFS, rng *rand.Rand) store.FS {
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
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
