package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// OpenRebuilt opens, read-only, a database made anew from the tables and logs of a
// closed one whose list of tables or format file cannot be read. It is written into
// the directory to, which must not exist and stays; dir is not changed. What cannot
// be read is reported.
//
// Which table is newer, only the list knows. But versions need no order: an entry of
// the past is there or not, and of the present entries of a key the one with the
// greatest start counts, unless the past says that it ended. In storages without
// history deleted rows may come back.
func OpenRebuilt(ctx context.Context, dir, to string, opts Options, report func(Finding)) (*DB, error) {
	opts = opts.withDefaults()
	lock, err := pebble.LockDirectory(dir, opts.FS)
	if err != nil {
		return nil, fmt.Errorf("%w: %s (%v)", ErrInUse, dir, err)
	}
	err = rebuild(ctx, dir, to, opts, report)
	if err = errors.Join(err, lock.Close()); err != nil {
		return nil, err
	}
	opts.ReadOnly = true
	return Open(to, opts)
}

func rebuild(ctx context.Context, dir, to string, opts Options, report func(Finding)) error {
	fs := opts.FS
	if err := fs.MkdirAll(to, 0o700); err != nil {
		return err
	}
	var fatal error
	eo := opts.engineOptions(fs, &engineLogger{log: opts.Logger, fatal: func(err error) { fatal = err }})
	eo.DisableWAL, eo.ReadOnly, eo.ErrorIfExists = true, false, true
	eng, err := pebble.Open(to, eo)
	eo.Cache.Unref()
	if err != nil {
		return wrapErr(err)
	}
	r := &rebuilder{ctx: ctx, fs: fs, dir: dir, report: report, eng: eng, opts: opts, latest: map[string]latest{}}
	err = r.run()
	if err == nil {
		err = eng.Flush()
	}
	if err = errors.Join(err, eng.Close(), fatal); err != nil {
		return err
	}
	return writeFormat(fs, to, FormatVersion)
}

// rebuilder copies entries into a new engine.
type rebuilder struct {
	ctx    context.Context
	fs     vfs.FS
	dir    string
	opts   Options
	report func(Finding)
	eng    *pebble.DB
	b      *pebble.Batch // indexed: what it holds is looked up

	present bool // the second pass takes the present space, the first all others
	loads   loadTable
	latest  map[string]latest // of the few entries that are overwritten in place
}

// latest is the newest value seen of a key.
type latest struct {
	at    uint64 // the engine's number
	value []byte
}

func (r *rebuilder) run() error {
	names, err := r.fs.List(r.dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	r.b = r.eng.NewIndexedBatch()
	for _, r.present = range []bool{false, true} {
		for _, name := range names {
			var number uint64
			read := r.table
			if n, _ := fmt.Sscanf(name, "%d.log", &number); fileKind(name) == "log" && n == 1 {
				read = r.log
			} else if fileKind(name) != "table file" {
				continue
			}
			if err := read(name, number); err != nil {
				return err
			}
		}
		if err := r.flush(); err != nil {
			return err
		}
	}
	return r.b.Close()
}

// lost reports what of a file cannot be read, in the first pass.
func (r *rebuilder) lost(name string, err error) {
	if !r.present {
		r.report(Finding{What: fileKind(name), Where: r.fs.PathJoin(r.dir, name), Detail: err.Error()})
	}
}

// table reads a table file, from behind too where damage ends the way forward.
func (r *rebuilder) table(name string, _ uint64) (err error) {
	f, err := r.fs.Open(r.fs.PathJoin(r.dir, name))
	if err != nil {
		r.lost(name, err)
		return nil
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		r.lost(name, err)
		return f.Close()
	}
	eo := r.opts.engineOptions(r.fs, nil)
	defer eo.Cache.Unref()
	table, err := sstable.NewReader(r.ctx, readable, eo.MakeReaderOptions())
	if err != nil {
		r.lost(name, err)
		return readable.Close()
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	it, err := table.NewIter(sstable.NoTransforms, nil, nil, sstable.AssertNoBlobHandles)
	if err != nil {
		r.lost(name, err)
		return nil
	}
	defer func() { _ = it.Close() }() // it repeats the damage
	var stopped []byte
	for kv := it.First(); kv != nil; kv = it.Next() {
		value, _, bad := kv.Value(nil)
		if bad != nil {
			break
		}
		if err := r.add(kv.K.UserKey, uint64(kv.SeqNum()), kv.Kind(), value); err != nil {
			return err
		}
		stopped = append(stopped[:0], kv.K.UserKey...)
	}
	if it.Error() == nil {
		return nil
	}
	r.lost(name, it.Error())
	for kv := it.Last(); kv != nil && compareKeys(kv.K.UserKey, stopped) > 0; kv = it.Prev() {
		value, _, bad := kv.Value(nil)
		if bad != nil {
			break
		}
		if err := r.add(kv.K.UserKey, uint64(kv.SeqNum()), kv.Kind(), value); err != nil {
			return err
		}
	}
	return nil
}

// log reads a log up to its end or damage.
func (r *rebuilder) log(name string, number uint64) error {
	f, err := r.fs.Open(r.fs.PathJoin(r.dir, name))
	if err != nil {
		r.lost(name, err)
		return nil
	}
	defer f.Close()
	var damage *logDamage
	if errors.As(checkLogs(r.fs, r.dir, name), &damage) {
		r.lost(name, damage)
	}
	records := newLogReader(record.NewReader, f, number)
	for {
		one, err := records.Next()
		if err != nil {
			return nil
		}
		repr, err := io.ReadAll(one)
		if err != nil || len(repr) < batchrepr.HeaderLen {
			return nil
		}
		at := uint64(batchrepr.ReadSeqNum(repr))
		for entries := batchrepr.Read(repr); ; at++ {
			kind, key, value, ok, err := entries.Next()
			if err != nil {
				r.lost(name, err)
				return nil
			}
			if !ok {
				break
			}
			if kind != pebble.InternalKeyKindSet && kind != pebble.InternalKeyKindDelete {
				continue // files that were taken in are there as tables
			}
			if err := r.add(key, at, kind, value); err != nil {
				return err
			}
		}
	}
}

// newLogReader calls record.NewReader, whose second parameter has a type without a
// public name.
func newLogReader[N ~uint64](open func(io.Reader, N) *record.Reader, r io.Reader, number uint64) *record.Reader {
	return open(r, N(number))
}

// add takes an entry unless a better one is there.
func (r *rebuilder) add(key []byte, at uint64, kind pebble.InternalKeyKind, value []byte) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if kind != pebble.InternalKeyKindSet && kind != pebble.InternalKeyKindSetWithDelete || len(key) < 3 || (key[1] == spacePresent) != r.present {
		return nil
	}
	switch key[1] {
	case spacePresent:
		if better, err := r.better(key, value); err != nil || !better {
			return err
		}
	case spaceMeta, spaceState, spaceSequence:
		old, ok := r.latest[string(key)]
		if ok && (at < old.at || at == old.at && key[1] != spaceSequence && bytes.Compare(value, old.value) <= 0) {
			return nil
		}
		r.latest[string(key)] = latest{at, slices.Clone(value)}
	case spaceLoad:
		if len(key) == 11 && len(value) == 8 && binary.BigEndian.Uint64(key[2:]) <= maxLoadID {
			r.loads.set(binary.BigEndian.Uint64(key[2:]), seqOf(value))
		}
	}
	if err := r.b.Set(key, value, nil); err != nil {
		return err
	}
	if r.b.Len() > 1<<20 {
		return r.flush()
	}
	return nil
}

func (r *rebuilder) flush() error {
	err := r.b.Commit(pebble.NoSync)
	r.b = r.eng.NewIndexedBatch()
	return err
}

// start is the commit that a present value began at, 0 if it cannot be told.
func (r *rebuilder) start(value []byte) Seq {
	if len(value) < 8 {
		return 0
	}
	start := binary.BigEndian.Uint64(value)
	if start&loadIDBit != 0 {
		seq, _ := r.loads.resolve(start)
		return seq
	}
	return Seq(start)
}

// better reports whether a present entry counts, by what is there already.
func (r *rebuilder) better(key, value []byte) (bool, error) {
	start := r.start(value)
	old, closer, err := r.b.Get(key)
	switch {
	case err == nil:
		known := r.start(old)
		if err := closer.Close(); err != nil || known >= start {
			return false, err
		}
	case !errors.Is(err, pebble.ErrNotFound):
		return false, err
	}
	id, inner, ok := presentKey(key)
	if !ok {
		return true, nil
	}
	from := appendPast(nil, id, inner, start, 0)
	it, err := r.b.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: appendPast(nil, id, inner, start, ^Seq(0))}) // with any end
	if err != nil {
		return false, err
	}
	ended := it.First()
	return !ended, errors.Join(it.Error(), it.Close())
}
