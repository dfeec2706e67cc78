package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// OpenDamaged opens a closed database read-only as far as it can be read: of a
// damaged log what stands before the damage, which is reported, and nothing of the
// logs after it. It fails as Open does when the format file, the list of tables or
// the store's own state cannot be read.
func OpenDamaged(dir string, opts Options, report func(Finding)) (*DB, error) {
	opts = opts.withDefaults()
	opts.ReadOnly = true
	db, err := Open(dir, opts)
	if err == nil || !errors.Is(err, ErrCorrupt) && !pebble.IsCorruptionError(err) {
		return db, err
	}
	var damage *logDamage
	if !errors.As(checkLogs(opts.FS, dir, ""), &damage) {
		return nil, err
	}
	report(Finding{What: "log", Where: opts.FS.PathJoin(dir, damage.name), Detail: fmt.Sprintf("damaged at offset %d; what was written from there on is lost", damage.at)})
	opts.FS = &cutFS{FS: opts.FS, log: damage.name, size: damage.at}
	return Open(dir, opts)
}

// cutFS is a file system on which a log ends early and the logs after it are not
// there.
type cutFS struct {
	vfs.FS
	log  string
	size int64
}

func (c *cutFS) List(dir string) ([]string, error) {
	names, err := c.FS.List(dir)
	return slices.DeleteFunc(names, func(n string) bool { return path.Ext(n) == ".log" && n > c.log }), err
}

func (c *cutFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := c.FS.Open(name, opts...)
	if err != nil || path.Base(name) != c.log {
		return f, err
	}
	return &cutFile{File: f, left: c.size}, nil
}

type cutFile struct {
	vfs.File
	left int64
}

func (f *cutFile) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, io.EOF
	}
	n, err := f.File.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	return n, err
}

// Salvage calls visit for every version of a storage that can be read: the current
// ones, or with past set those that have ended. lost is told of each stretch of
// keys that cannot; its bounds are the neighbours that can, nil where there is none.
// The error is that of visit or the context. A version's slices are valid until
// visit returns.
func (db *DB) Salvage(ctx context.Context, id StorageID, past bool, visit func(key []byte, v Version) error, lost func(after, before []byte, err error)) error {
	space := byte(spacePresent)
	if past {
		space = spacePast
	}
	_, lo, hi := storageBounds(nil, space, id, nil, nil)
	s := &salvage{db: db, id: id, past: past, visit: visit, hi: hi}
	for at := lo; at != nil; {
		damage, err := s.read(ctx, at)
		if err != nil || damage == nil {
			return err
		}
		if s.last == nil {
			s.last = lo
		}
		at = s.next(s.last)
		lost(s.inner(s.last), s.inner(at), damage)
	}
	return nil
}

// salvage reads one storage around its damage.
type salvage struct {
	db    *DB
	id    StorageID
	past  bool
	visit func(key []byte, v Version) error
	hi    []byte
	last  []byte // the last stored key read
	tail  []byte // where the last readable stretch begins, once it was looked for
}

// inner returns the table's part of a stored key.
func (s *salvage) inner(stored []byte) []byte {
	n := storagePrefixLen(s.id)
	if len(stored) <= n+1 {
		return nil
	}
	if !s.past {
		return stored[n : len(stored)-1]
	}
	key, _, _, _ := decodePeriod(stored[n:])
	return key
}

func (s *salvage) iter(lo []byte) (*pebble.Iterator, error) {
	return s.db.eng.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: s.hi})
}

// read visits what comes from a stored key on, up to the damage it returns.
func (s *salvage) read(ctx context.Context, at []byte) (damage, err error) {
	it, err := s.iter(at)
	if err != nil {
		return wrapErr(err), nil
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		key, v, bad := s.version(it)
		if bad != nil {
			if it.Error() != nil {
				return wrapErr(it.Error()), nil
			}
			s.last = append(s.last[:0:0], it.Key()...)
			return bad, nil
		}
		if err := s.visit(key, v); err != nil {
			return nil, err
		}
		s.last = append(s.last[:0], it.Key()...)
	}
	return wrapErr(it.Error()), nil
}

func (s *salvage) version(it *pebble.Iterator) (key []byte, v Version, err error) {
	if !s.past {
		v.End = MaxSeq
		v.Start, v.Tuple, err = presentValue(it, &s.db.loads)
		return s.inner(it.Key()), v, err
	}
	if key, v.Start, v.End, err = pastKey(it, storagePrefixLen(s.id), &s.db.loads); err == nil {
		v.Tuple, err = it.ValueAndErr()
	}
	return key, v, err
}

// salvageProbes is how many places between damage and the readable end are tried.
// Reading a damaged block costs the engine half a second: it looks which flipped
// bit would explain the checksum.
const salvageProbes = 6

// next returns a stored key from which reading works again, nil if none is found.
// The readable end of the storage is found from behind; between it and the damage
// some places are tried.
func (s *salvage) next(from []byte) []byte {
	if s.tail == nil || bytes.Compare(s.tail, from) <= 0 {
		s.tail = s.back(from, nil)
	}
	to := s.tail
	if to == nil {
		to = s.hi
	}
	for i := 1; i <= salvageProbes; i++ {
		probe := between(from, to, i)
		if bytes.Compare(probe, from) <= 0 || bytes.Compare(probe, to) >= 0 {
			continue
		}
		if found := s.back(from, probe); found != nil && bytes.Compare(found, to) < 0 {
			return found
		}
	}
	return s.tail
}

// back returns the start of the readable stretch that ends the storage, or that
// the first key from a probe on belongs to.
func (s *salvage) back(from, probe []byte) (start []byte) {
	it, err := s.iter(from)
	if err != nil {
		return nil
	}
	defer it.Close()
	ok := false
	if probe == nil {
		ok = it.Last()
	} else {
		ok = it.SeekGE(probe)
	}
	for ; ok && bytes.Compare(it.Key(), from) > 0; ok = it.Prev() {
		start = append(start[:0], it.Key()...)
	}
	return start
}

// between returns a key at the i-th of salvageProbes places from one to another.
func between(from, to []byte, i int) []byte {
	n := 0
	for n < len(from) && n < len(to) && from[n] == to[n] {
		n++
	}
	var a, b [8]byte
	copy(a[:], from[n:])
	copy(b[:], to[n:])
	x, y := binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])
	key := binary.BigEndian.AppendUint64(slices.Clone(from[:n]), x+(y-x)/(salvageProbes+1)*uint64(i))
	return append(key, keyTerminator)
}
