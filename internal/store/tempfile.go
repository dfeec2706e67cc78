package store

import (
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TempFile is a file for what a statement cannot keep in memory. It is written at
// its end only, never synced, and means nothing after a restart.
type TempFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// CreateTemp makes an empty file that is read and written, closed when the
// process starts another.
func CreateTemp(fs FS, name string) (TempFile, error) {
	return fs.Create(name, vfs.WriteCategoryUnspecified)
}

// FileSystem returns the file system and directory of the database for files
// beside its own; dir is "" for one in memory and for one opened for reading
// only, where there is no place for such files. reserve is how much space on the
// disk they must leave free for the database.
func (db *DB) FileSystem() (fs FS, dir string, reserve int64) {
	if db.opts.InMemory || db.opts.ReadOnly {
		return nil, "", 0
	}
	return db.opts.FS, db.dir, 2 * max(db.opts.BallastBytes, 0)
}

// MemoryLimit returns how many bytes this process may use: the least of Go's
// memory limit, the control group's and the machine's.
func MemoryLimit() int64 { return memoryLimit() }
