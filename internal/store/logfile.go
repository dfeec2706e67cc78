package store

import (
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// zeroedLogs is a file system that writes zeros ahead in new log files. A sync of a
// file that does not grow costs a fifth to a quarter less, in time and in CPU: there
// is no new size to journal. The engine uses old logs again, which has the same
// effect, but only after the first write buffer is full.
//
// A log's end is where its chunks end: zeros are none, as the remains of an earlier
// use are none.
type zeroedLogs struct{ vfs.FS }

// logAhead is how much is written ahead at a time.
const logAhead = 1 << 20

// Create implements vfs.FS.
func (fs zeroedLogs) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, category)
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return &zeroedLog{File: f}, nil
}

// Unwrap implements vfs.FS.
func (fs zeroedLogs) Unwrap() vfs.FS { return fs.FS }

// zeroedLog is a log that is being written, from its begin to its end.
type zeroedLog struct {
	vfs.File
	size, zeroed int64 // written; of the file
	full         bool  // there was no room for zeros
}

// Write implements vfs.File.
func (f *zeroedLog) Write(p []byte) (int, error) {
	if end := f.size + int64(len(p)); end > f.zeroed && !f.full {
		from := max(end, f.zeroed)
		n, err := f.File.WriteAt(make([]byte, logAhead), from) // which may scribble on what it is given
		f.zeroed = from + int64(n)
		f.full = err != nil // the log itself may still find room
	}
	n, err := f.File.Write(p)
	f.size += int64(n)
	return n, err
}
