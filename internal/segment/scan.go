package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/vec"
)

// ScanSpec chooses what a Scan reads.
type ScanSpec struct {
	At           store.Seq // within the segment's range
	Lower, Upper []byte    // keys, as of store.Reader.Scan
	Columns      []int16   // attnums that Read will be asked for
	Keys, Starts bool      // whether Key and Start will be
	Zones        []Zone
}

// Zone says that only rows matter whose column is within [Lo, Hi], and not NULL:
// blocks without any may be left out.
type Zone struct {
	Column Column
	Lo, Hi int64
}

// Stats counts what a Scan did.
type Stats struct {
	Alive   int64 // versions returned
	Skipped int64 // versions that were not alive, or in blocks left out
	Blocks  int64 // read
	Left    int64 // blocks left out by zones
}

// Scan walks the versions alive at one moment, in the order of their keys. It
// belongs to one goroutine and holds nothing but memory.
type Scan struct {
	Stats Stats

	seg  *Segment
	spec ScanSpec
	part int
	next int // the block to open next
	end  int

	block   *blockInfo
	alive   []int32 // its versions that are alive
	pos     int
	group   []int32 // what Next returned last
	layouts ints
	layout  int
	starts  ints
	keys    keyList
	wanted  []bool // by column
	columns []column
	arena   rowenc.Arena
	bufs    [chunkAlive + 1][]byte
}

// column is one of the scan's columns in the present block.
type column struct {
	chunk
	has  bool
	buf  []byte
	dict []datum.Datum // kept for its memory
}

// Scan begins a scan.
func (s *Segment) Scan(spec ScanSpec) *Scan {
	sc := &Scan{seg: s, spec: spec, part: s.part(spec.At), end: len(s.blocks)}
	sc.wanted, sc.columns = make([]bool, len(s.columns)), make([]column, len(s.columns))
	for i, c := range s.columns {
		for _, att := range spec.Columns {
			sc.wanted[i] = sc.wanted[i] || c.Attnum == att
		}
	}
	if spec.Lower != nil {
		sc.next = max(0, sort.Search(len(s.blocks), func(i int) bool { return bytes.Compare(s.blocks[i].first, spec.Lower) > 0 })-1)
	}
	if spec.Upper != nil {
		sc.end = sort.Search(len(s.blocks), func(i int) bool { return bytes.Compare(s.blocks[i].first, spec.Upper) >= 0 })
	}
	return sc
}

// Spans returns how many blocks the scan may read at most.
func (s *Scan) Spans() int { return max(0, s.end-s.next) }

// Next moves to the next versions, at most limit, all of one layout, and returns
// how many they are; 0 is the end. After an error Resume tells where to go on.
func (s *Scan) Next(limit int) (int, error) {
	for s.pos == len(s.alive) {
		if s.next >= s.end {
			return 0, nil
		}
		b := &s.seg.blocks[s.next]
		s.alive, s.pos = s.alive[:0], 0
		if !s.excluded(b) {
			if err := s.open(b); err != nil {
				s.alive = s.alive[:0]
				return 0, err
			}
			s.Stats.Blocks++
		} else {
			s.Stats.Left++
		}
		s.Stats.Alive += int64(len(s.alive))
		s.Stats.Skipped += int64(b.rows - len(s.alive))
		s.next++
	}
	n := min(limit, len(s.alive)-s.pos)
	s.group = s.alive[s.pos : s.pos+n]
	s.layout = s.block.layout
	if s.layout < 0 {
		s.layout = int(s.layouts.at(int(s.group[0])))
		for i, row := range s.group {
			if int(s.layouts.at(int(row))) != s.layout {
				s.group = s.group[:i]
				break
			}
		}
	}
	s.pos += len(s.group)
	return len(s.group), nil
}

// Resume returns the key from which on nothing was returned yet, after an error of
// Next.
func (s *Scan) Resume() []byte {
	first := s.seg.blocks[s.next].first
	if bytes.Compare(first, s.spec.Lower) < 0 {
		return s.spec.Lower
	}
	return first
}

// Layout returns which of the segment's layouts the versions have.
func (s *Scan) Layout() int { return s.layout }

// Read puts the values of one of the segment's columns into v from row at on. The
// column must belong to the versions' layout.
func (s *Scan) Read(col int, v *vec.Vec, at int) error {
	c := &s.columns[col]
	if !c.has {
		return fmt.Errorf("%w: column %d is not in block %d", ErrDamaged, col, s.next-1)
	}
	return c.read(v, at, s.group, &s.arena)
}

// Key returns the key of the i-th version, valid until Next.
func (s *Scan) Key(i int) []byte { return s.keys.at(s.group[i]) }

// Start returns the commit that made the i-th version.
func (s *Scan) Start(i int) store.Seq { return store.Seq(s.starts.at(int(s.group[i]))) }

// excluded reports whether no row of a block can be in every zone.
func (s *Scan) excluded(b *blockInfo) bool {
	for _, z := range s.spec.Zones {
		c := slices.Index(s.seg.columns, z.Column)
		if c >= 0 && (b.zones[c].hi < z.Lo || b.zones[c].lo > z.Hi) && s.everywhere(b, c) {
			return true
		}
	}
	return false
}

// everywhere reports whether all rows of a block have a column: in others it has a
// value that the block does not know.
func (s *Scan) everywhere(b *blockInfo, c int) bool {
	if b.layout >= 0 {
		return slices.Contains(s.seg.layouts[b.layout].columns, c)
	}
	for i := range s.seg.layouts {
		if !slices.Contains(s.seg.layouts[i].columns, c) {
			return false
		}
	}
	return true
}

// open reads a block: everything that rows of it will need, so that an error comes
// before the first of them.
func (s *Scan) open(b *blockInfo) error {
	s.block = b
	lo, hi := 0, b.rows
	inside := s.inside()
	if s.spec.Keys || !inside {
		if err := s.openKeys(b); err != nil {
			return err
		}
		if !inside {
			lo = s.find(s.spec.Lower, 0)
			hi = s.find(s.spec.Upper, b.rows)
		}
	}
	var err error
	if s.spec.Starts || b.layout < 0 {
		if err = s.openInts(b, chunkStarts, &s.starts); err == nil && b.layout < 0 {
			err = s.openInts(b, chunkLayouts, &s.layouts)
		}
		if err != nil {
			return err
		}
	}
	if err := s.liveness(b, lo, hi); err != nil || len(s.alive) == 0 {
		return err
	}
	if b.layout < 0 {
		for _, row := range s.alive {
			if l := s.layouts.at(int(row)); l < 0 || l >= int64(len(s.seg.layouts)) {
				return fmt.Errorf("%w: layout %d", ErrDamaged, l)
			}
		}
	}
	for i := range s.columns {
		c := &s.columns[i]
		at := s.seg.column(i)
		if c.has = s.wanted[i] && b.lens[at] > 0; !c.has {
			continue
		}
		if c.buf, err = s.seg.readChunk(b, at, c.buf); err != nil {
			return err
		}
		if c.chunk, err = openChunk(c.buf, b.rows, datum.KindOf(s.seg.columns[i].Type), &s.arena, c.dict); err != nil {
			return err
		}
		if c.chunk.dict != nil {
			c.dict = c.chunk.dict
		}
	}
	return nil
}

// inside reports whether all keys of the block to open are within the bounds.
func (s *Scan) inside() bool {
	if s.spec.Lower != nil && bytes.Compare(s.seg.blocks[s.next].first, s.spec.Lower) < 0 {
		return false
	}
	return s.spec.Upper == nil || s.next+1 < len(s.seg.blocks) && bytes.Compare(s.seg.blocks[s.next+1].first, s.spec.Upper) <= 0
}

func (s *Scan) openKeys(b *blockInfo) (err error) {
	if s.bufs[chunkKeys], err = s.seg.readChunk(b, chunkKeys, s.bufs[chunkKeys]); err != nil {
		return err
	}
	return s.keys.open(s.bufs[chunkKeys], b.rows)
}

func (s *Scan) openInts(b *blockInfo, i int, into *ints) (err error) {
	if s.bufs[i], err = s.seg.readChunk(b, i, s.bufs[i]); err != nil {
		return err
	}
	*into, _, err = takeInts(s.bufs[i], b.rows)
	return err
}

// find returns the first version of the block whose key is at or above bound; open
// is the answer for no bound.
func (s *Scan) find(bound []byte, open int) int {
	if bound == nil {
		return open
	}
	return sort.Search(s.block.rows, func(i int) bool { return bytes.Compare(s.keys.at(int32(i)), bound) >= 0 })
}

// liveness lists the versions in [lo, hi) that are alive. The bitmaps decide for
// all but those that began or ended within the part.
func (s *Scan) liveness(b *blockInfo, lo, hi int) (err error) {
	const at = chunkAlive
	if s.bufs[at], err = s.seg.readChunk(b, chunkAlive+s.part, s.bufs[at]); err != nil {
		return err
	}
	n := (b.rows + 63) / 64
	data := s.bufs[at]
	if len(data) == 0 || data[0] > 1 || len(data) != 1+8*n*(2-int(data[0])) {
		return fmt.Errorf("%w: bitmap of %d bytes for %d versions", ErrDamaged, len(data), b.rows)
	}
	exact := data[0] == 1
	data = data[1:]
	var ends ints
	if !exact {
		if err := s.openInts(b, chunkStarts, &s.starts); err != nil {
			return err
		}
		if err := s.openInts(b, chunkEnds, &ends); err != nil {
			return err
		}
	}
	t := int64(s.spec.At)
	for w := lo >> 6; w<<6 < hi; w++ {
		all := binary.LittleEndian.Uint64(data[8*w:])
		if !exact {
			for x := binary.LittleEndian.Uint64(data[8*(n+w):]) &^ all; x != 0; x &= x - 1 {
				i := w<<6 + bits.TrailingZeros64(x)
				if i < b.rows && s.starts.at(i) <= t && ends.at(i) > t {
					all |= x & -x
				}
			}
		}
		if from := lo - w<<6; from > 0 {
			all &^= 1<<from - 1
		}
		if left := hi - w<<6; left < 64 {
			all &= 1<<left - 1
		}
		for base := int32(w << 6); all != 0; all &= all - 1 {
			s.alive = append(s.alive, base+int32(bits.TrailingZeros64(all)))
		}
	}
	return nil
}
