package txn

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"slices"
	"sort"
	"sync"

	"github.com/driftdb/driftdb/internal/store"
)

// run is a part of a write buffer that was moved out of memory: entries in key
// order in a file, in checksummed blocks. What stays in memory is where the blocks
// begin and a filter of the keys. It is immutable and safe for concurrent use.
//
// A block is a number of entries and its CRC-32C. An entry is its flags (with
// runHasMeta), epoch, key and tuple, and with meta: the base's state, start and
// tuple, and from. Numbers are varints, strings have their length in front.
type run struct {
	file   *store.Scratch
	blocks []runBlock
	ranges []runRange // by storage
	last   string     // the highest key
	filter []uint64

	mu     sync.Mutex // protects the block read last
	cached int
	data   []byte
}

// runRange is the lowest and the highest key of one storage in a run. Rows are often
// written in the order of their keys: most runs are out of question by it.
type runRange struct {
	id          store.StorageID
	first, last string
}

type runBlock struct {
	first  string
	off    int64
	length int32
}

const (
	runBlockBytes = 16 << 10
	runHasMeta    = 0x80
	// runFilterBits is how many bits of the filter a key has; its words are in
	// lines of filterLine. A lookup may ask many runs, so a wrong answer must be
	// rare.
	runFilterBits = 16
	filterLine    = 8
	filterProbes  = 6
)

var (
	runSeed = maphash.MakeSeed()
	runCRC  = crc32.MakeTable(crc32.Castagnoli)
)

// runWriter makes a run from entries in key order.
type runWriter struct {
	r    *run
	buf  []byte // the block at hand
	off  int64
	last []byte
}

// newRunWriter starts a run of about so many keys and bytes.
func newRunWriter(db *store.DB, keys int, bytes int64) (*runWriter, error) {
	f, err := db.NewScratch(bytes)
	if err != nil {
		return nil, err
	}
	lines := max(1, (keys*runFilterBits+filterLine*64-1)/(filterLine*64))
	return &runWriter{r: &run{file: f, filter: make([]uint64, lines*filterLine), cached: -1}}, nil
}

func (w *runWriter) add(k string, e *entry) error {
	if len(w.buf) == 0 {
		w.r.blocks = append(w.r.blocks, runBlock{first: string(bytesOf(k)), off: w.off})
	}
	flags := byte(e.flags)
	if e.meta != nil {
		flags |= runHasMeta
	}
	b := append(w.buf, flags)
	b = binary.AppendUvarint(b, uint64(e.epoch))
	b = appendString(appendString(b, k), e.tuple)
	if e.meta != nil {
		b = append(b, byte(e.meta.base.state))
		b = binary.AppendUvarint(b, uint64(e.meta.base.start))
		b = appendString(appendString(b, e.meta.base.tuple), e.meta.from)
	}
	w.buf = b
	w.r.mark(k)
	if id, _ := splitBufferKey(k); len(w.r.ranges) == 0 || w.r.ranges[len(w.r.ranges)-1].id != id {
		w.endRange()
		w.r.ranges = append(w.r.ranges, runRange{id: id, first: string(bytesOf(k))})
	}
	if w.last = append(w.last[:0], k...); len(b) >= runBlockBytes {
		return w.flush()
	}
	return nil
}

func (w *runWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	w.buf = binary.LittleEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, runCRC))
	w.r.blocks[len(w.r.blocks)-1].length = int32(len(w.buf))
	n, err := w.r.file.Write(w.buf)
	w.off += int64(n)
	w.buf = w.buf[:0]
	return err
}

// finish completes the run, which has at least one entry.
func (w *runWriter) finish() error {
	w.endRange()
	w.r.last = string(w.last)
	return w.flush()
}

// endRange notes the last key of the storage at hand.
func (w *runWriter) endRange() {
	if n := len(w.r.ranges); n > 0 {
		w.r.ranges[n-1].last = string(w.last)
	}
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func (r *run) line(k string) (words []uint64, h uint64) {
	h = maphash.String(runSeed, k)
	at := int(h>>32) % (len(r.filter) / filterLine) * filterLine
	return r.filter[at : at+filterLine : at+filterLine], h
}

func (r *run) mark(k string) {
	words, h := r.line(k)
	for range filterProbes {
		words[h>>6&(filterLine-1)] |= 1 << (h & 63)
		h = h>>9 | h<<55
	}
}

// maybe reports whether the run may have a key; false is certain.
func (r *run) maybe(k string) bool {
	id, _ := splitBufferKey(k)
	at, found := slices.BinarySearchFunc(r.ranges, id, func(g runRange, id store.StorageID) int { return cmp.Compare(g.id, id) })
	if !found || k < r.ranges[at].first || k > r.ranges[at].last {
		return false
	}
	words, h := r.line(k)
	for range filterProbes {
		if words[h>>6&(filterLine-1)]&(1<<(h&63)) == 0 {
			return false
		}
		h = h>>9 | h<<55
	}
	return true
}

// block returns the entries of a block as they are stored. They are never
// written to again.
func (r *run) block(i int) ([]byte, error) {
	b := &r.blocks[i]
	data := make([]byte, b.length)
	if _, err := r.file.ReadAt(data, b.off); err != nil {
		return nil, fmt.Errorf("read a transaction's temporary file: %w", err)
	}
	n := len(data) - 4
	if crc32.Checksum(data[:n], runCRC) != binary.LittleEndian.Uint32(data[n:]) {
		return nil, fmt.Errorf("%w: a block of a transaction's temporary file", store.ErrCorrupt)
	}
	return data[:n], nil
}

// blockOf returns the block that has a key if any has.
func (r *run) blockOf(k string) int {
	return max(0, sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].first > k })-1)
}

// get finds the entry of a key.
func (r *run) get(k string) (entry, bool, error) {
	if !r.maybe(k) {
		return entry{}, false, nil
	}
	i := r.blockOf(k)
	r.mu.Lock()
	data := r.data
	if r.cached != i {
		data = nil
	}
	r.mu.Unlock()
	if data == nil {
		var err error
		if data, err = r.block(i); err != nil {
			return entry{}, false, err
		}
		r.mu.Lock()
		r.cached, r.data = i, data
		r.mu.Unlock()
	}
	for len(data) > 0 {
		var c runEntry
		if data = c.decode(data); c.key >= k {
			return c.e, c.key == k, nil
		}
	}
	return entry{}, false, nil
}

// runEntry is a decoded entry; its strings share the block's memory.
type runEntry struct {
	key string
	e   entry
}

// decode reads one entry and returns what follows. The checksum vouches for the
// bytes.
func (c *runEntry) decode(b []byte) []byte {
	flags := b[0]
	epoch, n := binary.Uvarint(b[1:])
	b = b[1+n:]
	c.e = entry{flags: entryFlags(flags &^ runHasMeta), epoch: uint32(epoch)}
	c.key, b = takeString(b)
	c.e.tuple, b = takeString(b)
	if flags&runHasMeta != 0 {
		m := &entryMeta{}
		m.base.state = baseState(b[0])
		start, n := binary.Uvarint(b[1:])
		m.base.start = store.Seq(start)
		b = b[1+n:]
		m.base.tuple, b = takeString(b)
		m.from, b = takeString(b)
		c.e.meta = m
	}
	return b
}

func takeString(b []byte) (string, []byte) {
	n, w := binary.Uvarint(b)
	b = b[w:]
	return view(b[:n]), b[n:]
}

// runCursor walks a run in either direction.
type runCursor struct {
	r       *run
	block   int
	entries []runEntry
	at      int
}

// seek places the cursor: forward on the first key at or above k, backward on the
// last below k; "" is either end. ok is false when there is none.
func (c *runCursor) seek(k string, reverse bool) (ok bool, err error) {
	switch {
	case k != "":
		if ok, err = c.load(c.r.blockOf(k)); !ok {
			return ok, err
		}
		c.at = sort.Search(len(c.entries), func(i int) bool { return c.entries[i].key >= k })
		if reverse {
			return c.step(true)
		}
		c.at--
		return c.step(false)
	case reverse:
		ok, err = c.load(len(c.r.blocks) - 1)
		c.at = len(c.entries) - 1
	default:
		ok, err = c.load(0)
		c.at = 0
	}
	return ok, err
}

// step moves the cursor on.
func (c *runCursor) step(reverse bool) (ok bool, err error) {
	if reverse {
		if c.at--; c.at >= 0 {
			return true, nil
		}
		ok, err = c.load(c.block - 1)
		c.at = len(c.entries) - 1
		return ok, err
	}
	if c.at++; c.at < len(c.entries) {
		return true, nil
	}
	ok, err = c.load(c.block + 1)
	c.at = 0
	return ok, err
}

func (c *runCursor) load(i int) (ok bool, err error) {
	c.block, c.entries = i, c.entries[:0]
	if i < 0 || i >= len(c.r.blocks) {
		return false, nil
	}
	data, err := c.r.block(i)
	if err != nil {
		return false, err
	}
	for len(data) > 0 {
		var e runEntry
		data = e.decode(data)
		c.entries = append(c.entries, e)
	}
	return true, nil
}
