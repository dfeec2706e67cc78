package store

import (
	"fmt"
	"path"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logFS stops the store at the first failed operation on a write-ahead log or sync
// of a directory. The engine itself answers some of them, those of beginning
// another log, with a panic in whatever goroutine commits at the time and with
// locks held: whoever recovers from that leaves a store in which every commit
// waits for ever.
type logFS struct {
	vfs.FS
	failed func(error) // only returns if the store goes on without its log, to Close
}

// guardLog wraps the engine's file system.
func (db *DB) guardLog(fs vfs.FS) vfs.FS {
	return &logFS{fs, func(err error) {
		if db.guarded.Load() {
			db.fail(err)
		}
	}}
}

func (l *logFS) check(op, name string, err error) error {
	if err != nil {
		l.failed(fmt.Errorf("%s %s: %w", op, name, err))
	}
	return err
}

// file wraps a new file if it is a log.
func (l *logFS) file(name string, f vfs.File, err error) (vfs.File, error) {
	if path.Ext(name) != ".log" {
		return f, err
	}
	if l.check("create", name, err) != nil {
		return nil, err
	}
	return &logFile{f, l, name}, nil
}

// Create implements vfs.FS.
func (l *logFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, c)
	return l.file(name, f, err)
}

// ReuseForWrite implements vfs.FS.
func (l *logFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(old, name, c)
	return l.file(name, f, err)
}

// OpenDir implements vfs.FS.
func (l *logFS) OpenDir(name string) (vfs.File, error) {
	f, err := l.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &logFile{f, l, name}, nil
}

// logFile is a log or a directory.
type logFile struct {
	vfs.File
	fs   *logFS
	name string
}

func (f *logFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.fs.check("write", f.name, err)
}

func (f *logFile) Sync() error     { return f.fs.check("sync", f.name, f.File.Sync()) }
func (f *logFile) SyncData() error { return f.fs.check("sync", f.name, f.File.SyncData()) }

func (f *logFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.fs.check("sync", f.name, err)
}

func (f *logFile) Close() error { return f.fs.check("close", f.name, f.File.Close()) }
