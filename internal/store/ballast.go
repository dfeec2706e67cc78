package store

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ballastFile is space set aside: when the disk runs full it is deleted, so that
// what is under way can finish and the log never meets a failed write.
const ballastFile = "BALLAST"

// ballast watches the free space. Below its size, writes are refused with
// ErrDiskFull while reads go on; above twice its size, service resumes.
type ballast struct {
	db   *DB
	fs   vfs.FS // under the wrapper, so that deleting does not wait for it
	size int64
	full atomic.Bool

	// unchecked counts bytes committed since the free space was looked at.
	unchecked atomic.Int64

	mu sync.Mutex // serialises changes of the file
}

// wrap returns the file system for the engine, which calls back when a write
// meets a full disk and then tries that write again.
func (b *ballast) wrap(db *DB, fs vfs.FS) vfs.FS {
	b.db, b.fs, b.size = db, fs, max(0, db.opts.BallastBytes)
	if b.size == 0 || db.opts.ReadOnly {
		return fs
	}
	return vfs.OnDiskFull(fs, func() {
		b.full.Store(true)
		b.remove()
		db.opts.Logger.Error("the disk is full: the reserve is freed, writes are refused", "dir", db.dir)
	})
}

func (b *ballast) path() string { return b.fs.PathJoin(b.db.dir, ballastFile) }

// open makes the file if there is room.
func (b *ballast) open() error {
	if b.size == 0 || b.db.opts.ReadOnly {
		return nil
	}
	b.check()
	return nil
}

func (b *ballast) remove() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fs.Remove(b.path()); err != nil && !errors.Is(err, os.ErrNotExist) {
		b.db.opts.Logger.Warn("the reserve file could not be removed", "error", err)
	}
}

// check compares the free space with the limits.
func (b *ballast) check() {
	if b.size == 0 {
		return
	}
	use, err := b.fs.GetDiskUsage(b.db.dir)
	if err != nil {
		return // a file system without sizes
	}
	avail := int64(use.AvailBytes)
	switch {
	case avail < b.size:
		if !b.full.Swap(true) {
			b.db.opts.Logger.Error("the disk is nearly full: writes are refused", "free", avail, "limit", b.size)
		}
	case avail >= 2*b.size+b.missing():
		if err := b.create(); err != nil {
			b.db.opts.Logger.Warn("the reserve file could not be made", "error", err)
			return
		}
		if b.full.Swap(false) {
			b.db.opts.Logger.Info("there is space again: writes are accepted", "free", avail)
		}
	}
}

// fits reports whether a batch of n bytes surely finds room. A batch is written to
// the log and, later, to a table; small ones the reserve covers.
func (b *ballast) fits(n int64) bool {
	if b.full.Load() {
		return false
	}
	if b.size == 0 {
		return true
	}
	// Look at the disk at least once in an eighth of the reserve: fast writers
	// must meet the limit before they meet the end.
	if b.unchecked.Add(n) > b.size/8 {
		b.unchecked.Store(0)
		if b.check(); b.full.Load() {
			return false
		}
	}
	if n < b.size/4 {
		return true
	}
	use, err := b.fs.GetDiskUsage(b.db.dir)
	return err != nil || int64(use.AvailBytes) > b.size+2*n
}

// missing returns how many bytes making the file would take.
func (b *ballast) missing() int64 {
	if st, err := b.fs.Stat(b.path()); err == nil && st.Size() >= b.size {
		return 0
	}
	return b.size
}

// create writes the file unless it is there.
func (b *ballast) create() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.missing() == 0 {
		return nil
	}
	f, err := b.fs.Create(b.path(), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	// Preallocate reserves blocks where the file system can; elsewhere it does
	// nothing and the bytes are written.
	err = f.Preallocate(0, b.size)
	if err == nil {
		if st, serr := f.Stat(); serr != nil || st.Size() < b.size {
			err = writeZeros(f, b.size)
		}
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		_ = b.fs.Remove(b.path())
	}
	return err
}

func writeZeros(f vfs.File, n int64) error {
	buf := make([]byte, 1<<20)
	for n > 0 {
		w, err := f.Write(buf[:min(n, int64(len(buf)))])
		if err != nil {
			return err
		}
		n -= int64(w)
	}
	return nil
}
