package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/vec"
)

// loopMatcher offers every row of the right side, which it keeps.
type loopMatcher struct {
	join *joinOp
	at   int
	read bool
}

func (m *loopMatcher) begin(*vec.Batch) error {
	m.at = 0
	if m.read {
		return nil
	}
	m.read = true
	return m.join.readRight(nil)
}

func (m *loopMatcher) fill() (bool, error) {
	o := m.join
	for ; o.pos < o.batch.Len(); o.pos, m.at = o.pos+1, 0 {
		for ; m.at < o.kept.Len() && !o.settled(o.pos); m.at++ {
			if o.full() {
				return false, nil
			}
			o.add(o.pos, int32(m.at))
		}
	}
	return true, nil
}

// rewind reads the right side again: it may depend on outer values of the whole
// join.
func (m *loopMatcher) rewind() error {
	m.read = false
	m.close()
	return m.join.right.rewind()
}

func (m *loopMatcher) close() {
	if m.join.kept != nil {
		m.join.kept.Reset()
	}
}

// lateralMatcher runs the right side for each left row.
type lateralMatcher struct {
	join    *joinOp
	running bool       // the right side is being read for the row at pos
	held    *vec.Batch // a batch of it that did not fit with the pairs before
}

func (m *lateralMatcher) begin(*vec.Batch) error {
	o := m.join
	m.running = false
	if o.kept == nil {
		o.kept = rows.NewBuffer(o.spec.rightTypes, o.r.account)
	}
	return nil
}

func (m *lateralMatcher) fill() (bool, error) {
	o := m.join
	o.kept.Reset()
	for ; o.pos < o.batch.Len(); o.pos++ {
		if !m.running {
			if err := m.start(); err != nil {
				return false, err
			}
		}
		for !m.first() {
			b, err := m.nextRight()
			if err != nil {
				return false, err
			}
			if b == nil {
				break
			}
			if len(o.pairLeft)+b.Len() > vec.MaxRows {
				m.held = b
				return false, nil
			}
			base := o.kept.Len()
			if err := o.kept.Append(b); err != nil {
				return false, err
			}
			for i := 0; i < b.Len(); i++ {
				o.add(o.pos, int32(base+i))
			}
		}
		m.running = false
	}
	return true, nil
}

// start sets the outer values from the row at pos.
func (m *lateralMatcher) start() error {
	o := m.join
	r := o.batch.Index(o.pos)
	for _, p := range o.spec.params {
		o.r.ctx.Outer[p.slot] = o.batch.Cols[p.ord].Get(r)
	}
	m.running, m.held = true, nil
	return o.right.rewind()
}

func (m *lateralMatcher) nextRight() (*vec.Batch, error) {
	if b := m.held; b != nil {
		m.held = nil
		return b, nil
	}
	return m.join.right.next()
}

// first reports whether the row at pos has what it needs: one match of a semi or
// anti join without further condition.
func (m *lateralMatcher) first() bool {
	o := m.join
	if o.spec.kind != plan.JoinSemi && o.spec.kind != plan.JoinAnti {
		return false
	}
	if o.settled(o.pos) {
		return true
	}
	n := len(o.pairPos)
	return o.spec.on == nil && n > 0 && o.pairPos[n-1] == int32(o.pos)
}

func (m *lateralMatcher) rewind() error { m.running = false; return nil }
func (m *lateralMatcher) close()        {}

// hashMatcher offers the right rows with equal keys, found by their hash.
type hashMatcher struct {
	join   *joinOp
	table  *rows.Table
	keys   *rows.Buffer // the right rows' keys
	cols   []int
	probe  []*vec.Vec
	hashes []uint64
	chain  int32 // the next candidate of the row at pos; -1 none, -2 not looked up
}

func (m *hashMatcher) build() error {
	o := m.join
	m.keys = rows.NewBuffer(o.spec.rightKeyTypes, o.r.account)
	m.table = rows.NewTable(o.r.account)
	m.hashes = make([]uint64, vec.MaxRows)
	var hashes []uint64
	for i := range o.spec.rightKeys {
		m.cols = append(m.cols, i)
	}
	vecs := make([]*vec.Vec, len(o.spec.rightKeys))
	err := o.readRight(func(b *vec.Batch) (err error) {
		for i, k := range o.spec.rightKeys {
			if vecs[i], err = k.Vec(o.r.ctx, b, b.Sel); err != nil {
				return err
			}
		}
		rows.HashVecs(vecs, b, m.hashes)
		hashes = append(hashes, m.hashes[:b.Len()]...)
		return m.keys.AppendCols(vecs, b)
	})
	if err != nil {
		return err
	}
	return m.table.Build(hashes)
}

func (m *hashMatcher) begin(b *vec.Batch) error {
	o := m.join
	if m.table == nil {
		if err := m.build(); err != nil {
			return err
		}
		m.probe = make([]*vec.Vec, len(o.spec.leftKeys))
	}
	m.chain = -2
	if b.Len() == 0 {
		return nil
	}
	for i, k := range o.spec.leftKeys {
		v, err := k.Vec(o.r.ctx, b, b.Sel)
		if err != nil {
			return err
		}
		m.probe[i] = v
	}
	rows.HashVecs(m.probe, b, m.hashes)
	return nil
}

func (m *hashMatcher) fill() (bool, error) {
	o := m.join
	single := (o.spec.kind == plan.JoinSemi || o.spec.kind == plan.JoinAnti) && o.spec.on == nil
	for n := o.batch.Len(); o.pos < n; o.pos++ {
		if m.chain == -2 {
			m.chain = m.table.First(m.hashes[o.pos])
		}
		r := o.batch.Index(o.pos)
		for m.chain >= 0 && !o.settled(o.pos) {
			if o.full() {
				return false, nil
			}
			row := m.chain
			m.chain = m.table.Next(row)
			if m.keys.EqualVec(m.cols, int(row), m.probe, r, false) {
				o.add(o.pos, row)
				if single {
					break
				}
			}
		}
		m.chain = -2
	}
	return true, nil
}

func (m *hashMatcher) rewind() error {
	m.close()
	m.table, m.cols = nil, nil
	if m.join.kept != nil {
		m.join.kept.Reset()
	}
	return m.join.right.rewind()
}

func (m *hashMatcher) close() {
	if m.table != nil {
		m.table.Release()
		m.keys.Reset()
	}
}

// mergeMatcher offers the right rows with equal keys: the left side comes in key
// order, so their range in the sorted right side only moves forward.
type mergeMatcher struct {
	join     *joinOp
	read     bool
	lo, hi   int // rows of kept equal to the last left row looked up
	at       int // next candidate; -1: the row at pos was not looked up
	row, old []datum.Datum
	known    bool // old holds the keys that lo..hi belong to
}

func (m *mergeMatcher) begin(*vec.Batch) error {
	m.at = -1
	if m.read {
		return nil
	}
	m.read = true
	m.row = make([]datum.Datum, len(m.join.spec.leftSort))
	m.old = make([]datum.Datum, len(m.row))
	return m.join.readRight(nil)
}

func (m *mergeMatcher) fill() (bool, error) {
	o := m.join
	for n := o.batch.Len(); o.pos < n; o.pos, m.at = o.pos+1, -1 {
		if m.at < 0 {
			m.find()
			m.at = m.lo
		}
		for ; m.at < m.hi && !o.settled(o.pos); m.at++ {
			if o.full() {
				return false, nil
			}
			o.add(o.pos, int32(m.at))
		}
	}
	return true, nil
}

// find moves lo..hi to the right rows equal to the left row at pos.
func (m *mergeMatcher) find() {
	o := m.join
	r := o.batch.Index(o.pos)
	null := false
	for i, k := range o.spec.leftSort {
		m.row[i] = o.batch.Cols[k.Col].Get(r)
		null = null || m.row[i].IsNull()
	}
	if m.known && m.compareOld() == 0 {
		return
	}
	m.known = true
	copy(m.old, m.row)
	m.lo = m.hi
	for m.lo < o.kept.Len() && m.compare(m.lo) < 0 {
		m.lo++
	}
	m.hi = m.lo
	for !null && m.hi < o.kept.Len() && m.compare(m.hi) == 0 {
		m.hi++
	}
}

func (m *mergeMatcher) compareOld() int {
	for i := range m.row {
		if c := datum.CompareNulls(m.row[i], m.old[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compare orders right row i against the left row looked up.
func (m *mergeMatcher) compare(i int) int {
	for k := range m.join.spec.rightSort {
		key := &m.join.spec.rightSort[k]
		if c := rows.CompareKey(key, m.join.kept.Get(i, key.Col), m.row[k]); c != 0 {
			return c
		}
	}
	return 0
}

func (m *mergeMatcher) rewind() error {
	m.read, m.lo, m.hi, m.known = false, 0, 0, false
	if m.join.kept != nil {
		m.join.kept.Reset()
	}
	return m.join.right.rewind()
}

func (m *mergeMatcher) close() {}
