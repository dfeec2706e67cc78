package store

import (
	"bytes"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// scanImage is the present of one storage laid out for scanning: its rows in key
// order, side by side in memory. Walking it costs a few nanoseconds a row, where
// the engine's iterator merges levels and decodes blocks for about a hundred.
//
// An image holds the storage as of commit built. It is the present for every
// reader whose moment is at or after the storage's last change, as long as that
// change is at or before built; a commit to the storage therefore ends its use
// by raising lastChange, before the commit is published, with no further step.
// Images are made in the background for storages that are read much more than
// changed, and by a large load for the storage it fills; they may be dropped at
// any time. Reads by key use them too, and go on doing so for the keys that have
// not changed when others have.
type scanImage struct {
	built  Seq
	chunks []imageChunk
	rows   int64
	bytes  int64
}

// imageChunk holds some rows. Row i's key is data[offs[2i]:offs[2i+1]] and its
// tuple data[offs[2i+1]:offs[2i+2]].
type imageChunk struct {
	data   []byte
	offs   []uint32
	starts []Seq
}

const (
	imageChunkRows  = 4096
	imageChunkBytes = 1 << 20
	// imageAfterRows is how many rows must have been scanned since the
	// storage last changed before an image is made.
	imageAfterRows = 100_000
	// imageCountRows is the least scan that counts; a lower threshold lowers
	// it too.
	imageCountRows = 1000
	// imagePointRows is how many scanned rows a read by key counts for that went
	// through the engine.
	imagePointRows = 32
)

func (c *imageChunk) key(i int) []byte { return c.data[c.offs[2*i]:c.offs[2*i+1]] }

// scanImages accounts for all images of a DB.
type scanImages struct {
	budget int64 // bytes all images together may take
	after  int64 // imageAfterRows, less in tests
	used   atomic.Int64

	mu       sync.Mutex // protects what follows
	building map[StorageID]bool
	made     map[StorageID]*scanImage
}

// imageFor returns the usable image of a storage for a read at a moment, or nil.
func (s *storageState) imageFor(at Seq) *scanImage {
	img := s.image.Load()
	if img == nil {
		return nil
	}
	if last := Seq(s.lastChange.Load()); last > img.built || last > at {
		return nil
	}
	return img
}

// imageForKey is imageFor for a read of one key, of which newest is the newest commit
// that may have changed it.
func (s *storageState) imageForKey(at, newest Seq) *scanImage {
	img := s.image.Load()
	if img == nil {
		return nil
	}
	if last := Seq(s.lastChange.Load()); last <= img.built && last <= at {
		return img
	}
	if newest <= img.built && img.built <= at {
		return img
	}
	return nil
}

// find returns the position of the first row with a key at or above key.
func (m *scanImage) find(key []byte) (chunk, row int) {
	chunk = sort.Search(len(m.chunks), func(i int) bool { return bytes.Compare(m.chunks[i].key(0), key) > 0 }) - 1
	if chunk < 0 {
		return 0, 0
	}
	c := &m.chunks[chunk]
	row = sort.Search(len(c.starts), func(i int) bool { return bytes.Compare(c.key(i), key) >= 0 })
	if row == len(c.starts) {
		return chunk + 1, 0
	}
	return chunk, row
}

// get returns the row of a key.
func (m *scanImage) get(key []byte) (start Seq, tuple []byte, ok bool) {
	chunk, row := m.find(key)
	if chunk >= len(m.chunks) {
		return 0, nil, false
	}
	c := &m.chunks[chunk]
	if row >= len(c.starts) || !bytes.Equal(c.key(row), key) {
		return 0, nil, false
	}
	return c.starts[row], c.data[c.offs[2*row+1]:c.offs[2*row+2]], true
}

// imageCursor walks the rows of an image between two positions.
type imageCursor struct {
	img                *scanImage
	cur                *imageChunk
	row, last          int // next row and the end in cur, in the direction of the walk
	chunk              int
	endChunk, endRow   int // forward: one past the last row
	fromChunk, fromRow int // reverse: the first row
}

// open places the cursor before the first row of the span.
func (c *imageCursor) open(img *scanImage, lower, upper []byte, reverse bool) {
	*c = imageCursor{img: img, endChunk: len(img.chunks)}
	if lower != nil {
		c.fromChunk, c.fromRow = img.find(lower)
	}
	if upper != nil {
		c.endChunk, c.endRow = img.find(upper)
	}
	if reverse {
		c.chunk = c.endChunk
		if c.endRow > 0 {
			c.enterBack(c.endRow)
		}
		return
	}
	c.chunk = c.fromChunk
	c.enter(c.fromRow)
}

// enter makes chunk the current one of a forward walk, from a row on.
func (c *imageCursor) enter(row int) {
	c.cur, c.row, c.last = nil, 0, 0
	if c.chunk > c.endChunk || c.chunk >= len(c.img.chunks) {
		return
	}
	c.cur = &c.img.chunks[c.chunk]
	c.row, c.last = row, len(c.cur.starts)
	if c.chunk == c.endChunk {
		c.last = c.endRow
	}
}

// enterBack makes chunk the current one of a reverse walk, below a row.
func (c *imageCursor) enterBack(row int) {
	c.cur = &c.img.chunks[c.chunk]
	c.row, c.last = row, 0
	if c.chunk == c.fromChunk {
		c.last = c.fromRow
	}
}

// nextImage is Next over an image.
func (it *Iter) nextImage() bool {
	c := &it.img
	if it.reverse {
		for c.row <= c.last {
			if c.chunk <= c.fromChunk {
				return it.stop(nil)
			}
			c.chunk--
			c.enterBack(len(c.img.chunks[c.chunk].starts))
		}
		c.row--
		it.load(c.cur, c.row)
		return true
	}
	for c.row >= c.last {
		c.chunk++
		c.enter(0)
		if c.cur == nil {
			return it.stop(nil)
		}
	}
	it.load(c.cur, c.row)
	c.row++
	return true
}

func (it *Iter) load(c *imageChunk, row int) {
	o := c.offs[2*row : 2*row+3 : 2*row+3]
	it.key = c.data[o[0]:o[1]:o[1]]
	it.tuple = c.data[o[1]:o[2]:o[2]]
	it.start = c.starts[row]
	it.end = it.liveUntil
}

// scanned counts rows read through the engine and has an image made when a
// storage is read much without being changed: at least as much as it takes to make
// the image.
func (db *DB) scanned(id StorageID, v *View, rows int) {
	st := db.states.get(id)
	if st == nil || db.images.budget == 0 {
		return
	}
	last := st.lastChange.Load()
	if st.scannedSince.Swap(last) != last {
		st.scannedRows.Store(0)
	}
	if st.scannedRows.Add(int64(rows)) < max(db.images.after, st.imageRows.Load()) || Seq(last) > v.seq || st.imageFor(v.seq) != nil {
		return
	}
	im := &db.images
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.building == nil {
		im.building = make(map[StorageID]bool)
		im.made = make(map[StorageID]*scanImage)
	}
	if im.building[id] || !db.life.TryRLock() {
		return // it is being made, or the store is being closed
	}
	im.building[id] = true
	go func() {
		defer db.life.RUnlock()
		img, rows := db.buildImage(id)
		im.mu.Lock()
		defer im.mu.Unlock()
		delete(im.building, id)
		st.imageRows.Store(rows)
		if img == nil {
			st.scannedRows.Store(-8 * max(rows, imageAfterRows)) // not soon again
			return
		}
		if old := im.made[id]; old != nil {
			im.used.Add(-old.bytes)
		}
		im.made[id] = img
		st.imageChanges.Store(0)
		st.image.Store(img)
	}()
}

// imageBuilder lays rows out in the order they come.
type imageBuilder struct {
	img *scanImage
	c   imageChunk
}

func (b *imageBuilder) add(key, tuple []byte, start Seq) {
	c := &b.c
	c.offs = append(c.offs, uint32(len(c.data)))
	c.data = append(c.data, key...)
	c.offs = append(c.offs, uint32(len(c.data)))
	c.data = append(c.data, tuple...)
	c.starts = append(c.starts, start)
}

// full reports whether it is time to seal.
func (b *imageBuilder) full() bool {
	return len(b.c.starts) == imageChunkRows || len(b.c.data) >= imageChunkBytes
}

// seal ends a chunk and returns the memory it takes.
func (b *imageBuilder) seal() int64 {
	c := &b.c
	if len(c.starts) == 0 {
		return 0
	}
	c.offs = append(c.offs, uint32(len(c.data)))
	n := int64(cap(c.data) + 4*cap(c.offs) + 8*cap(c.starts))
	b.img.chunks = append(b.img.chunks, *c)
	b.img.rows += int64(len(c.starts))
	b.img.bytes += n
	*c = imageChunk{
		data:   make([]byte, 0, len(c.data)+len(c.data)/8),
		offs:   make([]uint32, 0, 2*imageChunkRows+1),
		starts: make([]Seq, 0, imageChunkRows),
	}
	return n
}

// buildImage reads a storage's present into an image and returns it with the number
// of rows read. It gives up when the budget is spent or the storage changes meanwhile.
func (db *DB) buildImage(id StorageID) (img *scanImage, rows int64) {
	v := db.View()
	defer v.Release()
	it := v.Scan(id, nil, nil, ScanOptions{})
	it.counted = true // this scan must not count as demand
	defer it.Close()
	st := db.states.ensure(id)
	b := imageBuilder{img: &scanImage{built: v.seq}}
	seal := func() bool {
		return db.images.used.Add(b.seal()) <= db.images.budget && Seq(st.lastChange.Load()) <= v.seq && !db.closing.Load()
	}
	good := true
	for good && it.Next() {
		rows++
		b.add(it.Key(), it.Tuple(), it.Start())
		if b.full() {
			good = seal()
		}
	}
	if !good || it.Err() != nil || !seal() {
		db.images.used.Add(-b.img.bytes)
		return nil, rows
	}
	return b.img, rows
}

// loadedImages lays out what a large load brings to storages that were empty, so
// that the first scan after it need not go through the engine while that is still
// busy with the load. The rows have no starts yet. Loads may take half of what
// images may have together.
func (db *DB) loadedImages(b *Batch) map[StorageID]*scanImage {
	if db.images.budget == 0 || int64(len(b.patches)) < db.images.after {
		return nil
	}
	builders := map[StorageID]*imageBuilder{} // nil: no image of that storage
	var at StorageID                          // of build; 0 before the first, which no storage has
	var last []byte
	var build *imageBuilder
	for r := b.pb.Reader(); ; {
		kind, key, value, ok, err := r.Next()
		if !ok || err != nil {
			break
		}
		id, rest, ok := presentKey(key)
		if !ok {
			continue
		}
		if id != at {
			if _, again := builders[id]; !again && db.TableLastChange(id) == 0 {
				builders[id] = &imageBuilder{img: &scanImage{}}
			} else {
				builders[id] = db.drop(builders[id])
			}
			at, last, build = id, nil, builders[id]
		}
		if build == nil {
			continue
		}
		good := kind == pebble.InternalKeyKindSet && len(value) >= 8 && (last == nil || bytes.Compare(last, rest) < 0)
		if last = rest; good {
			build.add(rest, value[8:], 0)
			good = !build.full() || db.images.used.Add(build.seal()) <= db.images.budget/2
		}
		if !good {
			builders[id] = db.drop(build)
			build = nil
		}
	}
	images := map[StorageID]*scanImage{}
	for id, build := range builders {
		if build == nil {
			continue
		}
		if db.images.used.Add(build.seal()) > db.images.budget/2 || int64(len(build.img.chunks)*imageChunkRows) < db.images.after {
			db.drop(build)
			continue
		}
		images[id] = build.img
	}
	return images
}

// keepFirst drops the images of storages that another commit changed first. The
// caller holds the sequencer's lock.
func (db *DB) keepFirst(images map[StorageID]*scanImage) {
	for id, img := range images {
		if db.TableLastChange(id) != 0 {
			db.images.used.Add(-img.bytes)
			delete(images, id)
		}
	}
}

// drop gives back the memory of an image that is not to be; it returns nil.
func (db *DB) drop(b *imageBuilder) *imageBuilder {
	if b != nil {
		db.images.used.Add(-b.img.bytes)
	}
	return nil
}

// install puts the images of a load in force; seq is its commit.
func (db *DB) install(images map[StorageID]*scanImage, seq Seq) {
	im := &db.images
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.building == nil {
		im.building = make(map[StorageID]bool)
		im.made = make(map[StorageID]*scanImage)
	}
	for id, img := range images {
		img.built = seq
		for i := range img.chunks {
			starts := img.chunks[i].starts
			for k := range starts {
				starts[k] = seq
			}
		}
		if old := im.made[id]; old != nil {
			im.used.Add(-old.bytes)
		}
		im.made[id] = img
		st := db.states.ensure(id)
		st.imageChanges.Store(0)
		st.image.Store(img)
	}
}

// sweepImages drops the images that changes have made useless: of storages that have
// ended or of which a good part has changed, and of all changed ones when memory is
// short; loads want some for theirs.
func (db *DB) sweepImages() {
	im := &db.images
	im.mu.Lock()
	defer im.mu.Unlock()
	for id, img := range im.made {
		st := db.states.ensure(id)
		if Seq(st.lastChange.Load()) <= img.built {
			continue
		}
		if st.frozenAt.Load() != 0 || st.imageChanges.Load() > img.rows/4 || im.used.Load() > im.budget/4 {
			st.image.CompareAndSwap(img, nil)
			im.used.Add(-img.bytes)
			delete(im.made, id)
		}
	}
}
