package spill

import (
	"errors"
	"io"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

// writeBytes is how much of a file is collected before it is written.
const writeBytes = 128 << 10

// File is a temporary file that grows at its end. It belongs to one goroutine.
type File struct {
	s       *Session
	f       store.TempFile
	name    string
	written int64  // bytes in the file
	pending []byte // bytes behind them
	counted int64  // bytes the session counts for it
	err     error  // of a write: nothing can be read any more
}

// Create makes a file. The caller must close it.
func (s *Session) Create() (*File, error) {
	f, name, err := s.create()
	if err != nil {
		return nil, err
	}
	return &File{s: s, f: f, name: name}, nil
}

// Size returns the file's bytes.
func (f *File) Size() int64 { return f.written + int64(len(f.pending)) }

// append adds bytes and returns where they begin.
func (f *File) append(b []byte) (int64, error) {
	if f.err != nil {
		return 0, f.err
	}
	if err := f.s.reserve(int64(len(b))); err != nil {
		return 0, err
	}
	f.counted += int64(len(b))
	at := f.Size()
	f.pending = append(f.pending, b...)
	if len(f.pending) >= writeBytes {
		return at, f.flush()
	}
	return at, nil
}

func (f *File) flush() error {
	if f.err != nil || len(f.pending) == 0 {
		return f.err
	}
	n, err := f.f.Write(f.pending)
	if err == nil && n < len(f.pending) {
		err = io.ErrShortWrite
	}
	if err != nil {
		f.err = ioError("write to temporary file", f.name, err)
		return f.err
	}
	f.written += int64(n)
	f.pending = f.pending[:0]
	return nil
}

// readAt fills b from an offset.
func (f *File) readAt(b []byte, at int64) error {
	if at+int64(len(b)) > f.written {
		if err := f.flush(); err != nil {
			return err
		}
	}
	n, err := f.f.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case err == nil, errors.Is(err, io.EOF):
		return f.damaged(at, "it ends too early")
	}
	return ioError("read from temporary file", f.name, err)
}

// damaged is the error for a file that is not what was written.
func (f *File) damaged(at int64, what string) error {
	return pgerr.New(pgcode.DataCorrupted, "temporary file \"%s\" is damaged at byte %d: %s", f.name, at, what)
}

// Done says that the file will not grow, so that it needs no memory for that.
func (f *File) Done() error {
	err := f.flush()
	f.pending = nil
	return err
}

// Close removes the file. It may be called twice, and of nil.
func (f *File) Close() {
	if f == nil || f.f == nil {
		return
	}
	size := f.Size()
	// Nothing is lost with an error here: what stays is removed at the next start.
	_ = f.f.Close()
	a := f.s.area
	path := a.fs.PathJoin(a.dir, f.name)
	_ = a.fs.Remove(path)
	f.s.release(f.counted)
	f.f, f.pending = nil, nil
	f.err = pgerr.Internal("temporary file %s was read after it was closed", f.name)
	if f.s.Log != nil {
		f.s.Log(dirName+"/"+f.name, size)
	}
}
