package store

import (
	"bytes"
	"errors"
	"io"
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
		size := writtenLen(t, fs, "db/"+log)
		at := rng.IntN(size)
		flip(t, fs, log, at)
		o := smallOptions
		o.FS = fs
		db, err := Open("db", o)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("byte %d: %v", at, err)
			}
			noticed++
			continue
		}
		v := db.View()
		if v.Seq() < commits-3 {
			t.Errorf("byte %d of %d was changed: opened with %d of %d commits", at, size, v.Seq(), commits)
		}
		v.Release()
		must(t, db.Close())
	}
	if noticed < 50 {
		t.Errorf("%d of 60 changed bytes were noticed", noticed)
	}
}

// writtenLen returns the length of a file without the zeros at its end.
func writtenLen(t *testing.T, fs vfs.FS, name string) int {
	t.Helper()
	f, err := fs.Open(name)
	must(t, err)
	data, err := io.ReadAll(f)
	must(t, err)
	must(t, f.Close())
	return len(bytes.TrimRight(data, "\x00"))
}

// What lies in the zeros ahead of a log's end is not part of it.
func TestLogBeyondItsEnd(t *testing.T) {
	fs := vfs.NewMem()
	db := openSmall(t, fs, nil)
	seq := commit(t, db, func(b *Batch) { b.Put(200, benchKey(nil, 1), nil) })
	must(t, db.Close())
	log := newestLog(t, fs)
	end := writtenLen(t, fs, "db/"+log)
	for _, ahead := range []int{1, 7, logHeader, logBlock, logAhead / 2} {
		flip(t, fs, log, end+ahead)
	}
	db = openSmall(t, fs, nil)
	if got := db.LastSeq(); got != seq {
		t.Fatalf("opened with %d of %d commits", got, seq)
	}
	must(t, db.Close())
}
