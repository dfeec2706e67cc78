package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// DB is an open database directory. It is safe for concurrent use.
//
// Lock order: life, seqr.mu, then pub.mu, then a View's mu. timeMu and seqMu (of
// sequences) are never held together with them.
type DB struct {
	opts Options
	dir  string
	fs   vfs.FS // as the engine uses it
	eng  *pebble.DB
	log  *engineLogger

	seqr      sequencer
	pub       publisher
	published atomic.Pointer[View]
	hlc       hybridClock
	created   Time // time of seq 0

	states stateTable
	loads  loadTable
	format formats
	newest newestArray
	rows   *rowCache
	times  timeCache
	ids    idAllocator
	seqs   sequences
	images scanImages

	// How many commits lie between stored chain hashes and between entries
	// of the time map; tests lower them. Readers do not depend on them.
	chainEvery, timeMapEvery Seq
	ballast                  ballast
	loadWriter               sstable.WriterOptions
	loadFile                 uint64 // loadFileBytes, less in tests

	life     sync.RWMutex // held shared by writes, exclusively by Close
	closing  atomic.Bool
	failed   atomic.Pointer[failure]
	guarded  atomic.Bool // a failure of the log stops the store; neither at open nor at close
	stop     chan struct{}
	stopped  sync.WaitGroup
	dirLock  *pebble.Lock
	openedAt Seq
}

// failure holds the error that stopped the store.
type failure struct{ err error }

// Open opens the database in a directory and creates it there when the
// directory is missing or empty. It fails with ErrInUse, ErrNewerFormat,
// ErrNotADatabase, ErrCorrupt or ErrClockBehind, or an error of the system.
func Open(dir string, opts Options) (*DB, error) {
	opts = opts.withDefaults()
	db := &DB{opts: opts, dir: dir, stop: make(chan struct{})}
	if opts.InMemory {
		db.dir = "mem"
	}
	if err := db.open(); err != nil {
		db.abandon()
		return nil, err
	}
	if !opts.ReadOnly {
		db.stopped.Add(1)
		go db.background()
	}
	return db, nil
}

func (db *DB) open() error {
	fs := db.opts.FS
	if db.opts.ReadOnly {
		if _, err := fs.Stat(db.dir); err != nil {
			return err
		}
	} else if err := fs.MkdirAll(db.dir, 0o700); err != nil {
		return err
	}
	if err := db.lockDir(); err != nil {
		return err
	}
	version, fresh, err := checkFormat(fs, db.dir)
	if err != nil {
		return err
	}
	db.format.version = version
	if !db.opts.ReadOnly {
		if err := db.clearLoads(); err != nil {
			return err
		}
	}
	if fresh && db.opts.ReadOnly {
		return fmt.Errorf("%w: %s", ErrNotADatabase, db.dir)
	}
	db.log = &engineLogger{log: db.opts.Logger, fatal: db.fail}
	if !db.opts.NoSync {
		fs = zeroedLogs{fs}
	}
	db.fs = db.guardLog(db.ballast.wrap(db, fs))
	eo := db.opts.engineOptions(db.fs, db.log)
	eo.Lock = db.dirLock
	db.loadWriter = loadWriterOptions(eo)
	eo.ErrorIfNotExists = !fresh // the engine would begin anew, and delete what it does not know
	if !fresh {
		if err := checkDamage(fs, db.dir); err != nil {
			eo.Cache.Unref()
			return err
		}
	}
	db.eng, err = pebble.Open(db.dir, eo)
	if err == nil && fresh {
		// The log of a new database is begun in the engine's oldest format, which
		// does not tell damage from a torn end; the next one is not.
		if err = db.eng.Close(); err == nil {
			db.eng, err = pebble.Open(db.dir, eo)
		}
	}
	eo.Cache.Unref()
	if err != nil {
		db.eng = nil
		return openError(fs, db.dir, eo, err)
	}
	db.chainEvery, db.timeMapEvery = chainEvery, timeMapEvery
	db.loadFile = loadFileBytes
	db.images.after = imageAfterRows
	db.images.budget = max(0, db.opts.ScanImageBytes)
	db.newest = newNewestArray(newestSlots)
	db.rows = newRowCache(db.opts.RowCacheBytes)
	if fresh {
		if err := db.create(); err != nil {
			return err
		}
	}
	if err := db.recover(); err != nil {
		return err
	}
	db.guarded.Store(true)
	return db.ballast.open()
}

// checkDamage finds what the engine would take for the trace of a power cut.
func checkDamage(fs vfs.FS, dir string) error {
	err := checkManifest(fs, dir)
	if err == nil {
		err = checkLogs(fs, dir, lastLog(fs, dir))
	}
	var damage *logDamage
	switch {
	case errors.As(err, &damage):
		return fmt.Errorf("open %s: %w: %w", dir, ErrCorrupt, err)
	case err != nil:
		return fmt.Errorf("open %s: %w", dir, err)
	}
	return nil
}

var replayedLog = regexp.MustCompile(`replaying wal (\d+)`)

// openError names the damaged file; the engine gives a log's only as a detail, and
// not that of its options.
func openError(fs vfs.FS, dir string, eo *pebble.Options, err error) error {
	if m := replayedLog.FindStringSubmatch(fmt.Sprintf("%+v", err)); m != nil && pebble.IsCorruptionError(err) {
		n, _ := strconv.Atoi(m[1])
		return fmt.Errorf("open %s: %w: log %06d.log: %w", dir, ErrCorrupt, n, err)
	}
	if name := newest(fs, dir, "OPTIONS-"); name != "" {
		eo = eo.Clone()
		eo.EnsureDefaults()
		if b, rerr := readAll(fs, fs.PathJoin(dir, name)); rerr == nil && eo.CheckCompatibility(dir, string(b)) != nil {
			return fmt.Errorf("open %s: %w: %s (the database needs no such file: move it away): %w", dir, ErrCorrupt, name, err)
		}
	}
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("open %s: %w: %w", dir, ErrCorrupt, err)
	}
	return fmt.Errorf("open %s: %w", dir, wrapErr(err))
}

// newest returns the file with the greatest number behind a prefix, "" if there is
// none.
func newest(fs vfs.FS, dir, prefix string) (name string) {
	names, _ := fs.List(dir)
	for _, n := range names {
		if strings.HasPrefix(n, prefix) && (len(n) > len(name) || len(n) == len(name) && n > name) {
			name = n
		}
	}
	return name
}

func readAll(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

// lockDir takes the directory's lock file.
func (db *DB) lockDir() error {
	lock, err := pebble.LockDirectory(db.dir, db.opts.FS)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return err
		}
		return fmt.Errorf("%w: %s (%v)", ErrInUse, db.dir, err)
	}
	db.dirLock = lock
	return nil
}

// abandon releases what a failed Open took.
func (db *DB) abandon() {
	if v := db.published.Load(); v != nil {
		v.Release()
	}
	if db.eng != nil {
		_ = db.eng.Close()
	}
	if db.dirLock != nil {
		_ = db.dirLock.Close()
	}
}

// Close waits for running commits, writes the clock's floor and closes the
// files. All Views must be released.
func (db *DB) Close() error {
	if db.closing.Swap(true) {
		return ErrClosed
	}
	close(db.stop)
	db.stopped.Wait()
	db.life.Lock()
	defer db.life.Unlock()
	var errs []error
	if !db.opts.ReadOnly && db.failed.Load() == nil {
		errs = append(errs, db.hlc.close(db))
	}
	db.pub.close()
	db.published.Load().Release()
	db.guarded.Store(false) // what fails now is returned
	errs = append(errs, wrapErr(db.eng.Close()), db.dirLock.Close())
	return errors.Join(errs...)
}

// fail records an error after which nothing may be written, and tells the
// process to stop. It returns only if Options.OnFatal does.
func (db *DB) fail(err error) {
	if db.failed.CompareAndSwap(nil, &failure{err}) {
		db.pub.close()
		db.opts.OnFatal(err)
	}
}

// Usable returns why the store cannot serve, nil when it can; it never waits. A
// store that is read-only by choice can.
func (db *DB) Usable() error {
	if err := db.usable(); err != nil && !errors.Is(err, ErrReadOnly) {
		return err
	}
	return nil
}

// usable returns why the store accepts no write, or nil.
func (db *DB) usable() error {
	if f := db.failed.Load(); f != nil {
		return fmt.Errorf("%w: %v", ErrFailed, f.err)
	}
	if db.closing.Load() {
		return ErrClosed
	}
	if db.opts.ReadOnly {
		return ErrReadOnly
	}
	return nil
}

// beginWrite lets a write begin, unless the store is closing, has failed, is
// read-only or has no space. The caller calls release when the write is done.
func (db *DB) beginWrite() (release func(), err error) {
	db.life.RLock()
	err = db.usable()
	if err == nil && db.ballast.full.Load() {
		err = ErrDiskFull
	}
	if err != nil {
		db.life.RUnlock()
		return nil, err
	}
	return db.life.RUnlock, nil
}

// background does the slow chores until Close.
func (db *DB) background() {
	defer db.stopped.Done()
	disk := time.NewTicker(diskCheckInterval)
	views := time.NewTicker(viewRefreshEvery)
	defer disk.Stop()
	defer views.Stop()
	for {
		select {
		case <-db.stop:
			return
		case <-disk.C:
			db.ballast.check()
			db.hlc.extend(db)
			db.sweepImages()
		case <-views.C:
			db.refreshView()
		}
	}
}

// refreshView replaces the published View by one of the same seq, so that a
// quiet database does not pin the files of the past through idle iterators.
func (db *DB) refreshView() {
	db.seqr.mu.Lock()
	defer db.seqr.mu.Unlock()
	old := db.published.Load()
	if old.seq != db.seqr.last || db.closing.Load() {
		return // newer commits are about to replace it
	}
	v := db.newView(old.seq, old.time, db.eng.NewSnapshot())
	if db.published.CompareAndSwap(old, v) {
		old.Release()
		old.closeIdle()
		return
	}
	v.Release()
}

// Dir returns the directory of the database.
func (db *DB) Dir() string { return db.dir }

// ReadOnly reports whether the store was opened read-only.
func (db *DB) ReadOnly() bool { return db.opts.ReadOnly }
