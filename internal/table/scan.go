package table

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/keyenc"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/vec"
)

// ScanSpec chooses rows. The zero value is all rows in storage order.
type ScanSpec struct {
	// Index is the access path; nil or a clustering one reads the rows by key.
	Index *Index
	Span  Span
	// Reverse walks backwards.
	Reverse bool
	// History reads every committed version whose period meets [From, To),
	// through all storages the table had; Index and Reverse are then ignored,
	// and a Span of row keys only holds back what the present key allows: the
	// caller checks its condition on every row.
	History  bool
	From, To store.Seq
	// Zones, when set, gives conditions that the caller checks on every row
	// anyway: of a segment, blocks without a row that meets them are left out.
	Zones    func() ([]segment.Zone, error)
	Segments SegmentMode
}

// Scanner reads rows in batches. It belongs to one goroutine; Close it before
// its Statement.
type Scanner struct {
	st   *txn.Statement
	t    *Table
	spec ScanSpec
	it   *txn.Iter
	dec  decoder
	src  source

	index *Index      // nil: rows by key
	only  *indexPlan  // the index has every column
	buf   []byte      // a row fetched for an index entry
	made  []madeEntry // entries computed because the index is younger than the statement
	next  int         // History: the storage to read next, past ones first
	err   error

	segmentFields
}

// Scan starts reading the projected columns of the rows that the statement sees.
func (t *Table) Scan(st *txn.Statement, p *Projection, spec ScanSpec) *Scanner {
	s := &Scanner{st: st, t: t, spec: spec, src: source{shape: &t.shape}}
	s.dec = decoder{p: p, db: st.Tx().Manager().Store()}
	switch {
	case spec.History:
		s.nextStorage()
	case spec.Index != nil && !spec.Index.Clustering():
		s.index = spec.Index
		if !st.Covers(s.index.storage) {
			s.made, s.err = s.index.compute(st, spec.Span, spec.Reverse)
			return s
		}
		s.only = p.indexOnly(s.index)
		s.it = st.Scan(s.index.storage, spec.Span.Lower, spec.Span.Upper, spec.Reverse)
	case s.openSegment():
	default:
		s.it = st.Scan(t.shape.id, spec.Span.Lower, spec.Span.Upper, spec.Reverse)
	}
	return s
}

// nextStorage moves a history scan to its next storage.
func (s *Scanner) nextStorage() bool {
	for s.next <= len(s.t.past) {
		sh := &s.t.shape
		if s.next < len(s.t.past) {
			sh = &s.t.past[s.next]
		}
		s.next++
		var span Span
		if sameKey(sh, &s.t.shape) {
			span = s.spec.Span
		}
		if s.st.Tx().Fresh(sh.id) {
			continue
		}
		s.src.shape = sh
		s.it = s.st.History(sh.id, span.Lower, span.Upper, s.spec.From, s.spec.To)
		return true
	}
	return false
}

// sameKey reports whether keys of two storages compare with each other.
func sameKey(a, b *shape) bool {
	if len(a.pk) != len(b.pk) || len(a.pk) == 0 {
		return false
	}
	for i := range a.pk {
		if a.pk[i] != b.pk[i] || datum.KindOf(a.pkTypes[i]) != datum.KindOf(b.pkTypes[i]) {
			return false
		}
	}
	return true
}

// Next fills b, a batch of the projection, with the next rows, at most limit,
// and returns how many there are; 0 is the end. What was in b is overwritten,
// values taken from it stay valid.
func (s *Scanner) Next(b *vec.Batch, limit int) (int, error) {
	b.Sel, b.Rows = nil, 0
	for _, v := range b.Cols {
		v.Nulls.Clear()
		v.Grow(limit)
	}
	if s.err != nil || s.it == nil && s.made == nil && s.segment == nil {
		return 0, s.err
	}
	n, err := s.fill(b, limit)
	b.Rows = n
	if err != nil {
		s.err = err
		return 0, err
	}
	return n, nil
}

func (s *Scanner) fill(b *vec.Batch, limit int) (n int, err error) {
	switch {
	case s.index != nil:
		return s.fillIndex(b, limit)
	case s.segment != nil:
		return s.fillSegment(b, limit)
	}
	return s.fillRows(b, 0, limit)
}

// fillRows reads rows by key into b from row n on.
func (s *Scanner) fillRows(b *vec.Batch, n, limit int) (int, error) {
	if c := s.it.Committed(); c != nil && !s.spec.History {
		return s.fillCommitted(c, b, n, limit)
	}
	for n < limit {
		if !s.it.Next() {
			err := s.it.Close()
			s.it = nil
			if err != nil || !s.spec.History || !s.nextStorage() {
				return n, err
			}
			continue
		}
		img := s.it.Image()
		s.src.key, s.src.tuple, s.src.start, s.src.end, s.src.own = s.it.Key(), img.Tuple, img.Start, img.End, img.Own
		if err := s.dec.batch(&s.src, b, n); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// fillCommitted is fill for a scan without own writes: the loop of every large
// read.
func (s *Scanner) fillCommitted(c *store.Iter, b *vec.Batch, n, limit int) (int, error) {
	system := len(s.dec.p.plans[0].system) > 0
	from := n
	for n < limit {
		if !c.Next() {
			s.rows += int64(n - from)
			s.report(c.Err() == nil)
			err := s.it.Close()
			s.it = nil
			return n, err
		}
		s.src.tuple = c.Tuple()
		if system {
			s.src.key, s.src.start, s.src.end = c.Key(), c.Start(), c.End()
		}
		if err := s.dec.batch(&s.src, b, n); err != nil {
			return 0, err
		}
		n++
	}
	s.rows += int64(n - from)
	return n, nil
}

func (s *Scanner) fillIndex(b *vec.Batch, limit int) (n int, err error) {
	if s.it == nil {
		for n < limit && len(s.made) > 0 {
			if err := s.fetch(s.made[0].row, b, n); err != nil {
				return 0, err
			}
			s.made = s.made[1:]
			n++
		}
		return n, nil
	}
	for n < limit {
		if !s.it.Next() {
			err := s.it.Close()
			s.it = nil
			return n, err
		}
		if s.only != nil {
			err = s.only.read(&s.dec, s.it.Key(), s.it.Image().Tuple, b, n)
		} else {
			var key []byte
			if key, err = s.index.rowKey(s.it.Key(), s.it.Image().Tuple); err == nil {
				err = s.fetch(key, b, n)
			}
		}
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// fetch reads the row that an index entry names.
func (s *Scanner) fetch(key []byte, b *vec.Batch, row int) error {
	img, found, err := s.st.GetInto(s.buf[:0], s.t.shape.id, key)
	if err != nil {
		return err
	}
	if !found {
		return s.index.damaged(errNoRow)
	}
	if !img.Own {
		s.buf = img.Tuple
	}
	s.src.key, s.src.tuple, s.src.start, s.src.end, s.src.own = key, img.Tuple, img.Start, img.End, img.Own
	return s.dec.batch(&s.src, b, row)
}

// Close ends the scan and returns the error that stopped it, if one did.
func (s *Scanner) Close() error {
	s.closeSegment()
	if s.it == nil {
		return s.err
	}
	s.report(false)
	err := s.it.Close()
	s.it = nil
	if s.err == nil {
		s.err = err
	}
	return s.err
}

// indexPlan says how columns are read from the entries of an index.
type indexPlan struct {
	x      *Index
	cols   []indexColumn
	keys   int // leading key columns that must be walked
	stored bool
}

type indexColumn struct {
	out    int
	key    int // -1: stored, or another kind
	stored int
	col    rowenc.Column
	att    int16
}

// indexOnly returns the plan for an index that has every column, else nil.
func (p *Projection) indexOnly(x *Index) *indexPlan {
	p.mu.Lock()
	defer p.mu.Unlock()
	if plan, ok := p.index[x]; ok {
		return plan
	}
	if p.index == nil {
		p.index = make(map[*Index]*indexPlan)
	}
	var plan *indexPlan
	if x.Covers(p.cols) {
		plan = &indexPlan{x: x}
		for out, att := range p.cols {
			c := indexColumn{out: out, key: -1, stored: -1, att: att}
			if att > 0 {
				c.key, c.stored, _ = x.find(att)
			}
			if c.key >= 0 {
				plan.keys = max(plan.keys, c.key+1)
			}
			if c.stored >= 0 {
				c.col = x.layout.Column(c.stored)
				plan.stored = true
			}
			plan.cols = append(plan.cols, c)
		}
	}
	p.index[x] = plan
	return plan
}

// read fills a row from an entry.
func (p *indexPlan) read(d *decoder, key, tuple []byte, b *vec.Batch, row int) error {
	x := p.x
	if p.stored {
		stored := tuple
		if x.Desc.Unique {
			var err error
			if _, stored, err = x.splitTuple(tuple); err != nil {
				return err
			}
		}
		if err := x.layout.Open(&d.tup, stored); err != nil {
			return x.damaged(err)
		}
	}
	var scratch [8][]byte
	parts := scratch[:0]
	for rest, i := key, 0; i < p.keys; i++ {
		n, err := keyenc.Len(rest, x.dirs[i])
		if err != nil {
			return x.damaged(err)
		}
		parts = append(parts, rest[:n])
		rest = rest[n:]
	}
	for i := range p.cols {
		if err := p.readColumn(&p.cols[i], d, key, tuple, parts, b, row); err != nil {
			return err
		}
	}
	return nil
}

func (p *indexPlan) readColumn(c *indexColumn, d *decoder, key, tuple []byte, parts [][]byte, b *vec.Batch, row int) error {
	x, v := p.x, b.Cols[c.out]
	switch {
	case c.key >= 0:
		k := &x.keys[c.key]
		value, _, err := keyenc.Decode(parts[c.key], k.typ.OID, x.dirs[c.key])
		if err != nil {
			return x.damaged(err)
		}
		v.Set(row, value)
	case c.stored >= 0:
		if err := c.col.Read(&d.tup, v, row, &d.arena); err != nil {
			return x.damaged(err)
		}
	case c.att == AttTableOID:
		v.Set(row, datum.NewInt(int64(x.t.Desc.OID)))
	default:
		rowKey, err := x.rowKey(key, tuple)
		if err != nil {
			return err
		}
		v.Set(row, datum.NewText(d.arena.String(rowKey)))
	}
	return nil
}

// Split cuts a span of rows, or of an index's entries, into up to n parts of
// similar size, for reading in parallel. The parts together are the span.
func (t *Table) Split(st *txn.Statement, x *Index, span Span, n int) ([]Span, error) {
	id := t.shape.id
	if x != nil && !x.Clustering() {
		id = x.storage
	}
	if n < 2 || st.Tx().Fresh(id) {
		return []Span{span}, nil
	}
	cuts, err := st.Reader().Split(id, span.Lower, span.Upper, n)
	if err != nil {
		return nil, err
	}
	parts := make([]Span, 0, len(cuts)+1)
	for _, cut := range cuts {
		parts = append(parts, Span{Lower: span.Lower, Upper: cut})
		span.Lower = cut
	}
	return append(parts, span), nil
}
