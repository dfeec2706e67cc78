package store

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A byte changed anywhere in a log, also in the first log of a new database and in
// the last block, keeps the database from opening; only what nothing later vouches
// for may look like a torn end.
func TestDamagedLogIsNoTornEnd(t *testing.T) {
	const commits = 300
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	noticed := 0
	for range 60 {
		fs := vfs.NewMem()
		db := openSmall(t, fs, nil)
		for i := range uint64(commits) {
			commit(t, db, func(b *Batch) { b.Put(200, benchKey(nil, i), make([]byte, 96)) })
		}
		must(t, db.Close())
		log := newestLog(t, fs)
		st, err := fs.Stat("db/" + log)
		must(t, err)
		at := rng.IntN(int(st.Size()))
		flip(t, fs, log, at)
		o := smallOptions
		o.FS = fs
		db, err = Open("db", o)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("byte %d: %v", at, err)
			}
			noticed++
			continue
		}
		v := db.View()
		if v.Seq() < commits-3 {
			t.Errorf("byte %d of %d was changed: opened with %d of %d commits", at, st.Size(), v.Seq(), commits)
		}
		v.Release()
		must(t, db.Close())
	}
	if noticed < 50 {
		t.Errorf("%d of 60 changed bytes were noticed", noticed)
	}
}
