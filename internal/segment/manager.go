package segment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/store"
)

const (
	dirName    = "seg" // in the database's directory
	finished   = ".seg"
	unfinished = ".tmp"

	// buildSteps is how many entries scans of a storage's past must have passed
	// since its last segment before the next is made; also, buildScans times what
	// the scan at hand passed. Making one costs about as much as such a scan.
	buildSteps = 200_000
	buildScans = 2
	// queueMax is how many requests may wait.
	queueMax = 64
	// directoryBytes is how much memory the directories of open segments may take.
	directoryBytes = 32 << 20
	// defaultSpace is how much disk segments may take until SetSpace says.
	defaultSpace = 4 << 30
)

// Options configure NewManager.
type Options struct {
	FS      store.FS
	Dir     string // of the database
	Reserve int64  // bytes of the disk that segments must leave free
	Limit   int64  // most bytes they may take, whatever SetSpace says; 0: none
	Log     *slog.Logger
}

// Manager has the segments of one database. It is safe for concurrent use; a nil
// one has none and makes none.
type Manager struct {
	db      *store.DB
	fs      store.FS
	dir     string
	reserve int64
	limit   int64
	log     *slog.Logger
	space   atomic.Int64
	built   atomic.Int64

	blockRows int   // less in tests
	steps     int64 // buildSteps, less in tests
	least     int   // leastChanges, less in tests

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex // protects the rest
	list    map[store.StorageID][]*entry
	used    int64  // bytes of all files
	open    int64  // bytes of the open directories
	tick    uint64 // counts uses
	demand  map[store.StorageID]int64
	queue   []request
	running bool
	closed  bool
}

// entry is one segment's file.
type entry struct {
	name     string
	id       store.StorageID
	from, to store.Seq
	changes  uint64 // 0 until it was opened
	size     int64
	lastUse  uint64
	seg      *Segment // nil: not open
}

type request struct {
	src  *Source
	at   store.Seq
	rows int64
}

// NewManager finds the segments that a database has. Files that a crash left
// unfinished are removed; the others are opened, and judged, when first needed.
func NewManager(db *store.DB, o Options) (*Manager, error) {
	m := &Manager{
		db: db, fs: o.FS, dir: o.FS.PathJoin(o.Dir, dirName), reserve: o.Reserve, limit: o.Limit, log: o.Log, blockRows: blockRows, steps: buildSteps, least: leastChanges,
		list: map[store.StorageID][]*entry{}, demand: map[store.StorageID]int64{},
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	m.SetSpace(defaultSpace)
	m.ctx, m.cancel = context.WithCancel(context.Background())
	names, err := m.fs.List(m.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("segments: %w", err)
	}
	for _, name := range names {
		e, ok := parseName(name)
		info, err := m.fs.Stat(m.fs.PathJoin(m.dir, name))
		switch {
		case ok && err == nil:
			e.size = info.Size()
			m.list[e.id] = append(m.list[e.id], e)
			m.used += e.size
		case strings.HasSuffix(name, unfinished):
			_ = m.fs.Remove(m.fs.PathJoin(m.dir, name))
		}
	}
	return m, nil
}

func parseName(name string) (*entry, bool) {
	base, ok := strings.CutSuffix(name, finished)
	e := &entry{name: name}
	n, err := fmt.Sscanf(base, "%d-%d-%d", &e.id, &e.from, &e.to)
	return e, ok && n == 3 && err == nil && e.from < e.to
}

// Close ends what is being made, waits for it and closes the files. Scans must have
// ended. The database must be closed after it.
func (m *Manager) Close() {
	if m == nil {
		return
	}
	m.cancel()
	m.mu.Lock()
	m.closed = true
	m.queue = nil
	m.mu.Unlock()
	m.work.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, list := range m.list {
		for _, e := range list {
			m.shut(e)
		}
	}
	m.list = map[store.StorageID][]*entry{}
}

// SetSpace sets how many bytes of disk segments may take; 0 is none, and those
// there are will be removed.
func (m *Manager) SetSpace(bytes int64) {
	if m == nil {
		return
	}
	if m.limit > 0 {
		bytes = min(bytes, m.limit)
	}
	if m.space.Swap(bytes) == bytes {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.evict(nil)
}

// Usage tells how many segments there are, their bytes on disk, and how many were
// made since the start.
func (m *Manager) Usage() (segments int, bytes, built int64) {
	if m == nil {
		return 0, 0, 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, list := range m.list {
		segments += len(list)
	}
	return segments, m.used, m.built.Load()
}

// Acquire returns a segment of a storage that covers a commit, nil if there is
// none. The caller releases it.
func (m *Manager) Acquire(id store.StorageID, at store.Seq) *Segment {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		var best *entry
		for _, e := range m.list[id] {
			if e.from <= at && at < e.to && (best == nil || e.size < best.size) {
				best = e
			}
		}
		if best == nil {
			return nil
		}
		if m.opened(best) {
			m.tick++
			best.lastUse = m.tick
			best.seg.refs.Add(1)
			return best.seg
		}
	}
}

// opened opens a segment unless it is open. One that is damaged, or of another
// history than the database's, is removed.
func (m *Manager) opened(e *entry) bool {
	if e.seg != nil {
		return true
	}
	seg, err := m.openEntry(e)
	if err != nil {
		m.log.Warn("a segment is removed", "file", e.name, "error", err)
		m.remove(e)
		return false
	}
	e.seg, e.changes = seg, seg.changes
	m.open += seg.memory()
	m.closeIdle(e)
	return true
}

func (m *Manager) openEntry(e *entry) (*Segment, error) {
	path := m.fs.PathJoin(m.dir, e.name)
	f, err := m.fs.Open(path)
	if err != nil {
		return nil, err
	}
	seg, err := openSegment(f, e.size)
	if err == nil {
		seg.m, seg.name = m, e.name
		err = m.genuine(seg, e)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return seg, nil
}

// genuine checks that a segment is what its name says and of this history.
func (m *Manager) genuine(s *Segment, e *entry) error {
	if s.id != e.id || s.from != e.from || s.to != e.to {
		return fmt.Errorf("%w: it is about storage %d, commits %d to %d", ErrDamaged, s.id, s.from, s.to)
	}
	return s.directory.genuine(m.db)
}

// genuine checks that the last commit of the range is the database's.
func (d *directory) genuine(db *store.DB) error {
	c, found, err := db.GetCommit(d.to - 1)
	if err != nil {
		return err
	}
	if !found || c.Time != d.anchor.time || c.Root != d.anchor.root {
		return fmt.Errorf("%w: commit %d is not the one it was made of", ErrDamaged, d.to-1)
	}
	return nil
}

// closeIdle closes the directories used least while they take too much memory.
func (m *Manager) closeIdle(keep *entry) {
	for m.open > directoryBytes {
		var least *entry
		for _, list := range m.list {
			for _, e := range list {
				if e != keep && e.seg != nil && (least == nil || e.lastUse < least.lastUse) {
					least = e
				}
			}
		}
		if least == nil {
			return
		}
		m.shut(least)
	}
}

// shut closes an entry's file once its scans have ended.
func (m *Manager) shut(e *entry) {
	if e.seg != nil {
		m.open -= e.seg.memory()
		e.seg.Release()
		e.seg = nil
	}
}

// remove takes an entry out of the list and deletes its file.
func (m *Manager) remove(e *entry) {
	list := m.list[e.id]
	for i := range list {
		if list[i] == e {
			m.list[e.id] = append(list[:i:i], list[i+1:]...)
			m.used -= e.size
			break
		}
	}
	m.shut(e)
	if err := m.fs.Remove(m.fs.PathJoin(m.dir, e.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		m.log.Warn("a segment's file could not be removed", "file", e.name, "error", err)
	}
}

// Damaged removes a segment that a scan could not read.
func (m *Manager) Damaged(s *Segment, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.list[s.id] {
		if e.name == s.name && (e.seg == nil || e.seg == s) {
			m.log.Warn("a segment is removed", "file", e.name, "error", cause)
			m.remove(e)
			return
		}
	}
}

// add takes a new segment into the list; those within its range go.
func (m *Manager) add(e *entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, old := range append([]*entry(nil), m.list[e.id]...) {
		if old.from >= e.from && old.to <= e.to {
			if old.name == e.name { // the file is the new one's already
				m.used -= old.size
				m.shut(old)
				m.list[e.id] = without(m.list[e.id], old)
				continue
			}
			m.remove(old)
		}
	}
	m.tick++
	e.lastUse = m.tick
	m.list[e.id] = append(m.list[e.id], e)
	m.used += e.size
	m.evict(e)
}

func without(list []*entry, e *entry) []*entry {
	for i := range list {
		if list[i] == e {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}

// evict removes the segments used least while they take too much disk.
func (m *Manager) evict(keep *entry) {
	limit := m.space.Load()
	for m.used > limit {
		var least *entry
		for _, list := range m.list {
			for _, e := range list {
				if (e != keep || e.size > limit) && (least == nil || e.lastUse < least.lastUse) {
					least = e
				}
			}
		}
		if least == nil {
			return
		}
		m.remove(least)
	}
}

// gap returns the commits around a moment that no segment covers, [lo, hi), hi at
// most end, and the segment that ends at lo. When the moment is covered it is not
// in [lo, hi).
func (m *Manager) gap(id store.StorageID, at, end store.Seq) (lo, hi store.Seq, below *entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hi = end
	for _, e := range append([]*entry(nil), m.list[id]...) {
		if !m.opened(e) {
			continue
		}
		switch {
		case e.from > at:
			hi = min(hi, e.from)
		case e.to > at:
			return at + 1, at + 1, nil
		case e.to > lo:
			lo, below = e.to, e
		}
	}
	return lo, hi, below
}

// Scanned tells that a scan found no segment for a moment and passed that many
// entries in the store. Where that happens much, a segment is made. rows is how many
// rows were alive, 0 when the scan did not see all. source is called when one is
// made.
func (m *Manager) Scanned(id store.StorageID, at store.Seq, steps, rows int64, source func() *Source) {
	if m == nil || steps == 0 || m.space.Load() == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.demand[id] += steps
	if m.demand[id] < max(m.steps, buildScans*steps) || m.closed || len(m.queue) >= queueMax {
		return
	}
	m.demand[id] = 0
	m.queue = append(m.queue, request{source(), at, rows})
	if !m.running {
		m.running = true
		m.work.Add(1)
		go m.serve()
	}
}

// serve makes what was asked for until nothing is left.
func (m *Manager) serve() {
	defer m.work.Done()
	for {
		m.mu.Lock()
		if len(m.queue) == 0 || m.closed {
			m.running = false
			m.mu.Unlock()
			return
		}
		r := m.queue[0]
		m.queue = m.queue[1:]
		m.mu.Unlock()
		if err := m.build(m.ctx, r.src, r.at, r.rows, true); err != nil && m.ctx.Err() == nil {
			m.log.Warn("a segment could not be made", "storage", r.src.ID, "commit", r.at, "error", err)
			m.mu.Lock()
			m.demand[r.src.ID] = -16 * m.steps // not soon again
			m.mu.Unlock()
		}
	}
}

// Build makes the segment that covers a commit, unless there is one, and waits for
// it.
func (m *Manager) Build(ctx context.Context, src *Source, at store.Seq) error {
	if m == nil || m.space.Load() == 0 {
		return nil
	}
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return m.build(ctx, src, at, 0, false)
}

// begin lets Close wait for work of a caller's own, and end it.
func (m *Manager) begin(ctx context.Context) (in context.Context, end func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, nil, store.ErrClosed
	}
	m.work.Add(1)
	in, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(m.ctx, cancel)
	return in, func() { stop(); cancel(); m.work.Done() }, nil
}

// BuildAll makes segments for all of a storage's history that has none, and returns
// how many. It ends with ctx, and with an error when there is no space for more.
func (m *Manager) BuildAll(ctx context.Context, src *Source) (n int, err error) {
	if m == nil || m.space.Load() == 0 {
		return 0, nil
	}
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	for after := store.Seq(0); ; n++ {
		at, err := m.firstUncovered(src, after)
		if err != nil || at == 0 {
			return n, err
		}
		if err := m.build(ctx, src, at, 0, false); err != nil {
			return n, err
		}
		seg := m.Acquire(src.ID, at)
		if seg == nil {
			return n, ErrSpace
		}
		after = seg.to - 1
		seg.Release()
	}
}

// firstUncovered returns the first commit after a moment that changed the storage
// and is in no segment, 0 if there is none.
func (m *Manager) firstUncovered(src *Source, after store.Seq) (at store.Seq, err error) {
	v := m.db.View()
	defer v.Release()
	for {
		at = 0
		err = v.At(after).ChangeCounts(src.Table, src.ID, false, func(seq store.Seq, _ int) bool {
			at = seq
			return false
		})
		if err != nil || at == 0 {
			return at, err
		}
		seg := m.Acquire(src.ID, at)
		if seg == nil {
			return at, nil
		}
		after = seg.to - 1
		seg.Release()
	}
}
