package spill

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

const (
	dirName = "tmp" // in the database's directory
	prefix  = "pgsql_tmp"
	// checkEvery is how many bytes are written between looks at the free space.
	checkEvery = 16 << 20
)

// Area is the directory for temporary files of one database. It is safe for
// concurrent use.
type Area struct {
	fs      store.FS
	dir     string
	reserve int64
	made    atomic.Bool
	bytes   atomic.Int64 // of all files that exist
	written atomic.Int64 // ever, to look at the free space now and then
	count   atomic.Int64 // of files ever made
}

// NewArea returns the area below a database's directory and removes the files
// that an earlier process left in it. reserve is how much space on the disk the
// area must leave free.
func NewArea(fs store.FS, dir string, reserve int64) (*Area, error) {
	a := &Area{fs: fs, dir: fs.PathJoin(dir, dirName), reserve: reserve}
	names, err := fs.List(a.dir)
	if errors.Is(err, os.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("temporary files: %w", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if err := fs.Remove(fs.PathJoin(a.dir, name)); err != nil {
			return nil, fmt.Errorf("temporary files: %w", err)
		}
	}
	return a, nil
}

// Bytes returns the size of all files that exist, Files how many were ever made.
func (a *Area) Bytes() int64 { return a.bytes.Load() }

// Files returns how many files were ever made.
func (a *Area) Files() int64 { return a.count.Load() }

// Session returns the share of a session with that process id.
func (a *Area) Session(pid int32) *Session {
	s := &Session{area: a, pid: pid}
	s.limit.Store(-1)
	return s
}

// Session is one session's share of an Area. Its methods may be called from
// several goroutines.
type Session struct {
	area  *Area
	pid   int32
	limit atomic.Int64
	used  atomic.Int64
	next  atomic.Int64
	// Log, when set, is told of each file as it is removed.
	Log func(path string, size int64)
}

// SetLimit sets how many bytes the session's files may have together; -1 is no
// limit.
func (s *Session) SetLimit(bytes int64) { s.limit.Store(bytes) }

// Used returns the bytes of the session's files.
func (s *Session) Used() int64 { return s.used.Load() }

// reserve counts bytes about to be written.
func (s *Session) reserve(n int64) error {
	used, limit := s.used.Add(n), s.limit.Load()
	if limit >= 0 && used > limit {
		s.used.Add(-n)
		return pgerr.New(pgcode.ConfigurationLimitExceeded, "temporary file size exceeds temp_file_limit (%dkB)", limit/1024)
	}
	a := s.area
	a.bytes.Add(n)
	if w := a.written.Add(n); a.reserve > 0 && w/checkEvery != (w-n)/checkEvery {
		if u, err := a.fs.GetDiskUsage(a.dir); err == nil && u.AvailBytes < uint64(a.reserve) {
			s.release(n)
			return pgerr.New(pgcode.DiskFull, "could not write temporary file: %v", syscall.ENOSPC).
				WithDetail("%d bytes are free; the database keeps %d for itself.", u.AvailBytes, a.reserve)
		}
	}
	return nil
}

func (s *Session) release(n int64) {
	s.used.Add(-n)
	s.area.bytes.Add(-n)
}

// create makes the session's next file.
func (s *Session) create() (store.TempFile, string, error) {
	a := s.area
	if !a.made.Load() {
		if err := a.fs.MkdirAll(a.dir, 0o700); err != nil {
			return nil, "", ioError("create directory", a.dir, err)
		}
		a.made.Store(true)
	}
	name := fmt.Sprintf("%s%d.%d", prefix, s.pid, s.next.Add(1)-1)
	f, err := store.CreateTemp(a.fs, a.fs.PathJoin(a.dir, name))
	if err != nil {
		return nil, "", ioError("create temporary file", name, err)
	}
	a.count.Add(1)
	return f, name, nil
}

// ioError gives an error of the file system its SQLSTATE.
func ioError(what, name string, err error) error {
	code := pgcode.IoError
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		code = pgcode.DiskFull
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		code = pgcode.InsufficientResources
	}
	return pgerr.New(code, "could not %s \"%s\": %v", what, name, err)
}
