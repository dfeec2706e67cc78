package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/store"
)

// file is what a segment is read from.
type file interface {
	io.ReaderAt
	io.Closer
}

// Segment is an open segment. It is safe for concurrent use and valid until
// Release.
type Segment struct {
	*directory
	m    *Manager
	name string
	f    file
	size int64
	refs atomic.Int32 // the manager has one while the segment is in its list
}

// openSegment reads a file's directory. The file is the segment's if there is no
// error.
func openSegment(f file, size int64) (*Segment, error) {
	if size < int64(footerBytes) {
		return nil, errShort
	}
	var foot [footerBytes]byte
	if _, err := f.ReadAt(foot[:], size-int64(footerBytes)); err != nil {
		return nil, err
	}
	at, n := int64(binary.LittleEndian.Uint64(foot[:])), int64(binary.LittleEndian.Uint32(foot[8:]))
	if string(foot[16:]) != magic || at < 0 || at != size-int64(footerBytes)-n {
		return nil, fmt.Errorf("%w: its end is not a segment's", ErrDamaged)
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, at); err != nil {
		return nil, err
	}
	if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(foot[12:]) {
		return nil, fmt.Errorf("%w: the directory's checksum is wrong", ErrDamaged)
	}
	d, err := readDirectory(b, at)
	if err != nil {
		return nil, err
	}
	s := &Segment{directory: d, f: f, size: size}
	s.refs.Store(1)
	return s, nil
}

// Release gives the segment back. The last one to do so closes the file.
func (s *Segment) Release() {
	if s.refs.Add(-1) == 0 {
		_ = s.f.Close()
	}
}

// Range returns the commits the segment covers, to excluded.
func (s *Segment) Range() (from, to store.Seq) { return s.from, s.to }

// Storage returns the storage it is about.
func (s *Segment) Storage() store.StorageID { return s.id }

// Versions returns how many versions it has.
func (s *Segment) Versions() uint64 { return s.versions }

// Columns returns the columns, by which Scan.Read names them.
func (s *Segment) Columns() []Column { return s.columns }

// LayoutVersion returns the version of the layout that Scan.Layout numbers.
func (s *Segment) LayoutVersion(i int) uint16 { return s.layouts[i].version }

// readChunk reads a chunk into buf, which grows as needed.
func (s *Segment) readChunk(b *blockInfo, i int, buf []byte) ([]byte, error) {
	at := b.offset
	for _, n := range b.lens[:i] {
		at += int64(n)
	}
	n := int(b.lens[i])
	if cap(buf) < n {
		buf = make([]byte, n+n/4)
	}
	buf = buf[:n]
	if _, err := s.f.ReadAt(buf, at); err != nil {
		return buf, fmt.Errorf("%s: %w", s.name, err)
	}
	if crc32.Checksum(buf, castagnoli) != b.sums[i] {
		return buf, fmt.Errorf("%s: %w: the checksum of chunk %d at %d is wrong", s.name, ErrDamaged, i, at)
	}
	return buf, nil
}
