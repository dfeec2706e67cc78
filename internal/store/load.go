package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A load is a batch that is too large for memory and the log. What it changes
// goes into sorted table files at once; Commit hands them to the engine together
// with the commit record, in one step that is atomic and durable by itself. The
// files are written before the commit has its seq, so they carry the load's id
// where the seq would be, and readers translate it.

// loadDir holds what large transactions write before they commit. Whatever is in
// it at start is left over from a process that did not end in order.
const loadDir = "load"

const (
	loadFileBytes = 64 << 20 // of one file of a load
	maxLoadID     = 1 << 32  // far above what can be; a larger one is damage
)

// loadTable tells which commits the loads became. An entry is made before any
// View can hold the load's versions, and never changes.
type loadTable struct {
	seqs atomic.Pointer[[]atomic.Uint64] // by load id; 0: no commit
	last atomic.Uint64                   // the newest id given out
}

// resolve turns a stamp with the load bit into the seq that it stands for.
func (t *loadTable) resolve(stamp uint64) (Seq, bool) {
	id := stamp &^ loadIDBit
	seqs := t.seqs.Load()
	if seqs == nil || id >= uint64(len(*seqs)) {
		return 0, false
	}
	seq := Seq((*seqs)[id].Load())
	return seq, seq != 0
}

// set records a load's commit. One caller at a time.
func (t *loadTable) set(id uint64, seq Seq) {
	seqs := t.seqs.Load()
	if seqs == nil || id >= uint64(len(*seqs)) {
		grown := make([]atomic.Uint64, max(64, 2*(id+1)))
		if seqs != nil {
			for i := range *seqs {
				grown[i].Store((*seqs)[i].Load())
			}
		}
		seqs = &grown
		t.seqs.Store(seqs)
	}
	(*seqs)[id].Store(uint64(seq))
	if id > t.last.Load() {
		t.last.Store(id)
	}
}

// load is the part of a Batch that writes files.
type load struct {
	db    *DB
	id    uint64
	files []string
	bytes int64

	present, past, changes loadStream
	table                  uint32   // whose chunks are in the open file of changes
	slots                  []uint64 // bits: slots of the array of newest commits
	key, val               []byte

	rows   *rowsHasher // of the storage that Rewriting named
	rowsOf StorageID
}

// loadStream writes sorted entries to files of a bounded size.
type loadStream struct {
	l *load
	w *sstable.Writer
}

// loadMade numbers the files of all loads of a process.
var loadMade atomic.Uint64

// NewLoad returns a Batch for a transaction of any size. Its keys must come in
// order: by storage id, then by key, each once; its memory does not grow with
// them. Rewriting must be called before the first Put into a storage that
// Rewrite is for. Commit always syncs it.
func (db *DB) NewLoad() (*Batch, error) {
	release, err := db.beginWrite()
	if err != nil {
		return nil, err
	}
	defer release()
	if err := db.raiseFormat(formatLoads); err != nil {
		return nil, diskErr(err)
	}
	if err := db.opts.FS.MkdirAll(db.loadPath(""), 0o700); err != nil {
		return nil, diskErr(err)
	}
	b := db.NewBatch()
	l := &load{db: db, id: db.loads.last.Add(1), slots: make([]uint64, len(db.newest.slots)/64)}
	l.present.l, l.past.l, l.changes.l = l, l, l
	b.load = l
	return b, nil
}

// loadPath returns the path of a file for large transactions.
func (db *DB) loadPath(name string) string {
	if name == "" {
		return db.opts.FS.PathJoin(db.dir, loadDir)
	}
	return db.opts.FS.PathJoin(db.dir, loadDir, name)
}

// clearLoads removes what an earlier process left behind.
func (db *DB) clearLoads() error {
	names, err := db.opts.FS.List(db.loadPath(""))
	if err != nil {
		return nil // there is no such directory
	}
	for _, name := range names {
		if err := db.opts.FS.Remove(db.loadPath(name)); err != nil {
			return fmt.Errorf("remove left-over file: %w", err)
		}
	}
	return nil
}

// recoverLoads reads which commits the loads became.
func (db *DB) recoverLoads() error {
	lo, hi := spaceBounds(spaceLoad)
	it, err := db.eng.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return wrapErr(err)
	}
	defer it.Close()
	for it.First(); it.Valid(); it.Next() {
		val, err := it.ValueAndErr()
		if err != nil {
			return wrapErr(err)
		}
		k := it.Key()
		if len(k) != 11 || len(val) != 8 || binary.BigEndian.Uint64(k[2:]) > maxLoadID {
			return corruptf("%s: %d bytes", describeKey(k), len(val))
		}
		db.loads.set(binary.BigEndian.Uint64(k[2:]), seqOf(val))
	}
	return wrapErr(it.Error())
}

// touch notes a changed key for the array of newest commits.
func (l *load) touch(id StorageID, key []byte) {
	slot := hashKey(id, key) & uint32(len(l.db.newest.slots)-1)
	l.slots[slot/64] |= 1 << (slot % 64)
}

func (l *load) putPresent(id StorageID, key, tuple []byte) error {
	l.key = appendPresent(l.key[:0], id, key)
	l.val = binary.BigEndian.AppendUint64(l.val[:0], l.id|loadIDBit)
	l.val = append(l.val, tuple...)
	if id == l.rowsOf && l.rows != nil {
		l.rows.add(key, tuple)
	}
	return l.present.set(l.key, l.val)
}

func (l *load) deletePresent(id StorageID, key []byte) error {
	l.key = appendPresent(l.key[:0], id, key)
	return l.present.delete(l.key)
}

func (l *load) putPast(id StorageID, key []byte, start Seq, tuple []byte) error {
	l.key = appendPast(l.key[:0], id, key, start, Seq(l.id|loadIDBit))
	return l.past.set(l.key, tuple)
}

// putChanges writes a chunk of a table's change list. The chunks of one table
// are in order; those of several tables take turns.
func (l *load) putChanges(table, chunk uint32, entries []byte) error {
	if l.table != table {
		if err := l.changes.finish(); err != nil {
			return err
		}
		l.table = table
	}
	l.key = loadChangesKey(l.key[:0], l.id, table, chunk)
	return l.changes.set(l.key, entries)
}

// open makes sure that the stream has a file to write to.
func (s *loadStream) open() error {
	db := s.l.db
	if s.w != nil {
		if s.w.Raw().EstimatedSize() < db.loadFile {
			return nil
		}
		if err := s.finish(); err != nil {
			return err
		}
	}
	if err := db.usable(); err != nil {
		return err
	}
	if !db.ballast.fits(int64(db.loadFile)) {
		return ErrDiskFull
	}
	var err error
	s.w, err = s.l.create()
	return err
}

// create starts a table file of the load.
func (l *load) create() (*sstable.Writer, error) {
	path := l.db.loadPath(fmt.Sprintf("%06d.sst", loadMade.Add(1)))
	f, err := l.db.opts.FS.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, diskErr(err)
	}
	l.files = append(l.files, path)
	return sstable.NewWriter(objstorageprovider.NewFileWritable(f), l.db.loadWriter), nil
}

func (s *loadStream) set(key, value []byte) error {
	if err := s.open(); err != nil {
		return err
	}
	return diskErr(s.w.Set(key, value))
}

func (s *loadStream) delete(key []byte) error {
	if err := s.open(); err != nil {
		return err
	}
	return diskErr(s.w.Delete(key))
}

// finish completes the open file, durably.
func (s *loadStream) finish() error {
	if s.w == nil {
		return nil
	}
	w := s.w
	s.w = nil
	if err := w.Close(); err != nil {
		return diskErr(err)
	}
	meta, err := w.Metadata()
	if err == nil {
		s.l.bytes += int64(meta.Size)
	}
	return diskErr(err)
}

func (l *load) finish() error {
	return errors.Join(l.present.finish(), l.past.finish(), l.changes.finish())
}

// discard removes the files. The engine has taken away those that it ingested.
func (l *load) discard() {
	for _, s := range []*loadStream{&l.present, &l.past, &l.changes} {
		if s.w != nil {
			_ = s.w.Close()
			s.w = nil
		}
	}
	for _, path := range l.files {
		if err := l.db.opts.FS.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			l.db.opts.Logger.Warn("a file of a large transaction could not be removed", "file", path, "error", err)
		}
	}
	l.files = nil
}

// diskErr tells a full disk from other errors of files.
func diskErr(err error) error {
	if err != nil && !errors.Is(err, ErrDiskFull) && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return wrapErr(err)
}

// Scratch is a file for what a transaction cannot keep in memory. It is deleted
// when it is closed, or else at the next start.
type Scratch struct {
	vfs.File
	fs   vfs.FS
	path string
}

// NewScratch makes an empty Scratch. Writes of it may fail with ErrDiskFull; they
// never use the reserve. size is about how much will be written.
func (db *DB) NewScratch(size int64) (*Scratch, error) {
	if err := db.usable(); err != nil {
		return nil, err
	}
	if !db.ballast.fits(size) {
		return nil, ErrDiskFull
	}
	fs := db.opts.FS
	if err := fs.MkdirAll(db.loadPath(""), 0o700); err != nil {
		return nil, diskErr(err)
	}
	path := db.loadPath(fmt.Sprintf("%06d.run", loadMade.Add(1)))
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, diskErr(err)
	}
	return &Scratch{f, fs, path}, nil
}

// Write appends to the file.
func (s *Scratch) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	return n, diskErr(err)
}

// Close closes and deletes the file.
func (s *Scratch) Close() error {
	return errors.Join(s.File.Close(), s.fs.Remove(s.path))
}

// formats keeps the version of the directory, which large loads raise.
type formats struct {
	mu      sync.Mutex
	version int
}

// raiseFormat makes older programs refuse the directory before something is
// written that they would not understand.
func (db *DB) raiseFormat(version int) error {
	db.format.mu.Lock()
	defer db.format.mu.Unlock()
	if db.format.version >= version {
		return nil
	}
	if err := writeFormat(db.opts.FS, db.dir, version); err != nil {
		return err
	}
	db.format.version = version
	return nil
}
