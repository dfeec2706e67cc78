package table

import (
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/vec"
)

// segmentBlocks is how many blocks of a segment a span must touch for the segment
// to be worth opening: a few rows are found sooner by their keys.
const segmentBlocks = 4

// SegmentMode says whether a scan of the past reads segments.
type SegmentMode uint8

// The modes: where it pays, never, and always, waiting for one to be made.
const (
	SegmentsAuto SegmentMode = iota
	SegmentsOff
	SegmentsForced
)

// segmentScan is a scan of the past that a segment answers.
type segmentScan struct {
	seg   *segment.Segment
	sc    *segment.Scan
	plans []segmentPlan // by the segment's layouts; made when the first row comes
	conv  []*vec.Vec    // of columns to be converted, by their place in the batch
}

// segmentPlan says where the columns of a projection are in a segment.
type segmentPlan struct {
	*layoutPlan
	columns []int // of each column of layoutPlan.tuple
}

// openSegment answers the scan from a segment, if it reads the past and there is
// one. If there is none the scan is reported to those who make them.
func (s *Scanner) openSegment() bool {
	m := s.t.set.Segments
	if m == nil || s.spec.Segments == SegmentsOff || s.spec.Reverse || !s.t.HasHistory() {
		return false
	}
	for _, att := range s.dec.p.cols {
		if att == AttSystemSeqEnd || att == AttSystemTimeEnd {
			return false // a segment does not know what ended after its range
		}
	}
	r, past := s.st.Past(s.t.shape.id)
	if !past {
		return false
	}
	forced := s.spec.Segments == SegmentsForced
	seg := m.Acquire(s.t.shape.id, r.Seq())
	if seg == nil && forced {
		err := m.Build(s.st.Context(), s.t.shape.source(s.t.Desc.OID)(), r.Seq())
		if s.err = err; err != nil {
			return true
		}
		seg = m.Acquire(s.t.shape.id, r.Seq())
	}
	if seg == nil {
		s.missed, s.at = true, r.Seq()
		return false
	}
	spec := segment.ScanSpec{At: r.Seq(), Lower: s.spec.Span.Lower, Upper: s.spec.Span.Upper}
	for _, att := range s.dec.p.cols {
		switch {
		case att > 0:
			spec.Columns = append(spec.Columns, att)
		case att == AttRowKey:
			spec.Keys = true
		case att == AttSystemSeqStart, att == AttSystemTimeStart:
			spec.Starts = true
		}
	}
	if s.spec.Zones != nil {
		spec.Zones, s.err = s.spec.Zones()
	}
	sc := seg.Scan(spec)
	if s.err != nil || !forced && (spec.Lower != nil || spec.Upper != nil) && sc.Spans() < segmentBlocks {
		seg.Release()
		return s.err != nil
	}
	s.segment = &segmentScan{seg: seg, sc: sc}
	return true
}

// fillSegment is fill for a scan of a segment. A segment that cannot be read is
// given up, and the scan goes on in the store.
func (s *Scanner) fillSegment(b *vec.Batch, limit int) (n int, err error) {
	g := s.segment
	for n < limit {
		k, err := g.sc.Next(limit - n)
		if err != nil {
			s.t.set.Segments.Damaged(g.seg, err)
			from := g.sc.Resume()
			s.closeSegment()
			s.it = s.st.Scan(s.t.shape.id, from, s.spec.Span.Upper, false)
			return s.fillRows(b, n, limit)
		}
		if k == 0 {
			s.closeSegment()
			return n, nil
		}
		if err := s.readSegment(b, n, k); err != nil {
			return 0, err
		}
		n += k
	}
	return n, nil
}

// readSegment reads the k versions at hand into b from row at on.
func (s *Scanner) readSegment(b *vec.Batch, at, k int) error {
	g := s.segment
	p, err := g.plan(s)
	if err != nil {
		return err
	}
	for i := range p.tuple {
		c := &p.tuple[i]
		if c.conv {
			err = s.convertSegment(c, p.columns[i], b.Cols[c.out], at, k)
		} else {
			err = g.sc.Read(p.columns[i], b.Cols[c.out], at)
		}
		if err != nil {
			return s.t.damaged(err)
		}
	}
	for _, c := range p.fixed {
		if c.err != nil {
			return c.err
		}
		for row := at; row < at+k; row++ {
			b.Cols[c.out].Set(row, c.value)
		}
	}
	for _, c := range p.system {
		for i := range k {
			var src source
			if c.att == AttRowKey {
				src.key = g.sc.Key(i)
			} else {
				src.start = g.sc.Start(i)
			}
			v, err := s.dec.systemValue(c.att, &src)
			if err != nil {
				return err
			}
			b.Cols[c.out].Set(at+i, v)
		}
	}
	return nil
}

// convertSegment reads a column whose type was another one when the rows were
// stored.
func (s *Scanner) convertSegment(c *tupleColumn, col int, out *vec.Vec, at, k int) error {
	g := s.segment
	for len(g.conv) <= c.out {
		g.conv = append(g.conv, nil)
	}
	if v := g.conv[c.out]; v == nil || v.Type.OID != c.from.OID {
		g.conv[c.out] = vec.New(c.from, vec.MaxRows)
	}
	v := g.conv[c.out]
	v.Nulls.Clear()
	if err := g.sc.Read(col, v, 0); err != nil {
		return err
	}
	for i := range k {
		d := v.Get(i)
		if !d.IsNull() {
			var err error
			if d, err = convert(d, c.from, c.to); err != nil {
				return err
			}
		}
		out.Set(at+i, d)
	}
	return nil
}

// plan returns how to read versions of the layout at hand.
func (g *segmentScan) plan(s *Scanner) (*segmentPlan, error) {
	i := g.sc.Layout()
	for len(g.plans) <= i {
		g.plans = append(g.plans, segmentPlan{})
	}
	p := &g.plans[i]
	if p.layoutPlan != nil {
		return p, nil
	}
	if p.layoutPlan = s.dec.p.plan(&s.t.shape, g.seg.LayoutVersion(i)); p.layoutPlan == nil {
		return nil, s.t.damaged(segment.ErrDamaged)
	}
	for k := range p.tuple {
		want := p.layout.column(p.tuple[k].at)
		p.columns = append(p.columns, -1)
		for at, c := range g.seg.Columns() {
			if c == want {
				p.columns[k] = at
			}
		}
		if p.columns[k] < 0 {
			return nil, s.t.damaged(segment.ErrDamaged)
		}
	}
	return p, nil
}

// closeSegment gives the segment back.
func (s *Scanner) closeSegment() {
	if s.segment != nil {
		st := s.segment.sc.Stats
		s.stats.Alive += st.Alive
		s.stats.Skipped += st.Skipped
		s.stats.Blocks += st.Blocks
		s.stats.Left += st.Left
		s.segment.seg.Release()
		s.segment, s.ended = nil, true
	}
}

// SegmentStats returns what segments did for the scan so far; ok is false when they
// had no part in it.
func (s *Scanner) SegmentStats() (st segment.Stats, ok bool) {
	if s.segment != nil {
		return s.segment.sc.Stats, true
	}
	return s.stats, s.ended
}

// report tells what the scan cost where a segment would have helped. It must be
// called before the iterator is closed; whole is whether it came to its end.
func (s *Scanner) report(whole bool) {
	c := s.it.Committed()
	if !s.missed || c == nil {
		return
	}
	s.missed = false
	rows := s.rows
	if !whole || s.spec.Span.Lower != nil || s.spec.Span.Upper != nil {
		rows = 0
	}
	s.t.set.Segments.Scanned(s.t.shape.id, s.at, c.PastSteps(), rows, s.t.shape.source(s.t.Desc.OID))
}

// column returns which of a storage's columns a layout has at a place.
func (l *rowLayout) column(at int) segment.Column {
	return segment.Column{Attnum: l.attnums[at], Type: l.types[at].OID}
}

// source returns what segments of a storage are made of.
func (s *shape) source(table uint32) func() *segment.Source {
	return func() *segment.Source {
		src := &segment.Source{ID: s.id, Table: table}
		for _, l := range s.layouts {
			out := segment.Layout{Layout: l.Layout}
			for at := range l.types {
				out.Columns = append(out.Columns, l.column(at))
			}
			src.Layouts = append(src.Layouts, out)
		}
		return src
	}
}

// Sources returns the storages the table's rows are and were in, for making
// segments of them; none for a table without history.
func (t *Table) Sources() []*segment.Source {
	if !t.HasHistory() {
		return nil
	}
	var list []*segment.Source
	for i := range t.past {
		list = append(list, t.past[i].source(t.Desc.OID)())
	}
	return append(list, t.shape.source(t.Desc.OID)())
}

// segmentFields are what a Scanner keeps for segments.
type segmentFields struct {
	segment *segmentScan
	ended   bool // a segment had a part in the scan
	stats   segment.Stats
	missed  bool // there was none for the moment
	at      store.Seq
	rows    int64 // read from the store
}
