package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
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
	return m.join.readRight()
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
	m.join.dropRight()
	return m.join.right.rewind()
}

func (m *loopMatcher) close() {}

// lateralMatcher runs the right side for each left row.
type lateralMatcher struct {
	join    *joinOp
	running bool       // the right side is being read for the row at pos
	held    *vec.Batch // a batch of it that did not fit with the pairs before
	rows    *rows.Buffer
}

func (m *lateralMatcher) begin(*vec.Batch) error {
	o := m.join
	m.running = false
	if m.rows == nil {
		m.rows = rows.NewBuffer(o.spec.rightTypes, o.r.account)
		o.kept = m.rows
	}
	return nil
}

func (m *lateralMatcher) fill() (bool, error) {
	o := m.join
	m.rows.Reset()
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
			base := m.rows.Len()
			if err := m.rows.Append(b); err != nil {
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

func (m *lateralMatcher) close() {
	if m.rows != nil {
		m.rows.Reset()
	}
}

// hashMatcher offers the right rows with equal keys, found by their hash.
type hashMatcher struct {
	join   *joinOp
	space  *spill.Space
	kept   *rows.Buffer // the right rows
	keys   *rows.Buffer // their keys
	all    []uint64     // and hashes
	held   mem.Holder   // of those
	table  *rows.Table  // nil until they are read
	cols   []int
	build  []*vec.Vec // keys of a right batch
	probe  []*vec.Vec // and of a left one
	hashes []uint64   // of either
	chain  int32      // the next candidate of the row at pos; -1 none, -2 not looked up
}

// start makes everything ready for right rows.
func (m *hashMatcher) start() {
	o := m.join
	m.space = o.r.space.Child()
	account := m.space.Memory()
	m.kept, m.keys = rows.NewBuffer(o.spec.rightTypes, account), rows.NewBuffer(o.spec.rightKeyTypes, account)
	m.table, m.held = rows.NewTable(account), mem.Holder{Account: account}
	o.kept = m.kept
	m.hashes = make([]uint64, vec.MaxRows)
	m.build, m.probe = make([]*vec.Vec, len(o.spec.rightKeys)), make([]*vec.Vec, len(o.spec.leftKeys))
	m.cols = m.cols[:0]
	for i := range o.spec.rightKeys {
		m.cols = append(m.cols, i)
	}
}

// read reads the right side: into memory, or when that is full to disk.
func (m *hashMatcher) read() error {
	o := m.join
	m.start()
	for {
		b, err := o.right.next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if o.grace != nil {
			if err = m.buildKeys(b); err == nil {
				err = o.grace.addRight(b)
			}
		} else if err = m.take(b); err == nil && m.full() {
			o.grace, err = m.startGrace(m.all)
		}
		if err != nil {
			return err
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
	if o.grace != nil {
		return nil
	}
	return m.index()
}

// buildKeys computes a right batch's keys and their hashes.
func (m *hashMatcher) buildKeys(b *vec.Batch) (err error) {
	for i, k := range m.join.spec.rightKeys {
		if m.build[i], err = k.Vec(m.join.r.ctx, b, b.Sel); err != nil {
			return err
		}
	}
	rows.HashVecs(m.build, b, m.hashes)
	return nil
}

// take keeps a right batch in memory.
func (m *hashMatcher) take(b *vec.Batch) error {
	if err := m.buildKeys(b); err != nil {
		return err
	}
	if err := m.held.Grow(8 * int64(b.Len())); err != nil {
		return err
	}
	m.all = append(m.all, m.hashes[:b.Len()]...)
	if err := m.keys.AppendCols(m.build, b); err != nil {
		return err
	}
	return m.kept.Append(b)
}

// full reports whether the right rows and their table take too much memory.
func (m *hashMatcher) full() bool {
	const tableBytes = 12 // a row, at most
	return m.space.HashFull(m.space.Memory().Used() + tableBytes*int64(len(m.all)))
}

// index makes the table of the right rows in memory.
func (m *hashMatcher) index() error {
	if err := m.table.Build(m.all); err != nil {
		return err
	}
	if o := m.join; o.r.stats != nil {
		s := &o.r.stats[o.spec.id].space
		s.Batches, s.Buckets = max(s.Batches, 1), max(s.Buckets, m.table.Buckets())
		s.Memory = max(s.Memory, m.space.Memory().Used())
		if o.grace != nil {
			s.Batches, s.Disk = o.grace.rounds, o.grace.queue.Disk()
		}
	}
	return nil
}

// forget drops the right rows in memory.
func (m *hashMatcher) forget() {
	m.kept.Clear()
	m.keys.Clear()
	m.table.Release()
	m.all = m.all[:0]
	m.held.Release()
}

// probeKeys computes a left batch's keys and their hashes.
func (m *hashMatcher) probeKeys(b *vec.Batch) error {
	for i, k := range m.join.spec.leftKeys {
		v, err := k.Vec(m.join.r.ctx, b, b.Sel)
		if err != nil {
			return err
		}
		m.probe[i] = v
	}
	rows.HashVecs(m.probe, b, m.hashes)
	return nil
}

func (m *hashMatcher) begin(b *vec.Batch) error {
	if m.table == nil {
		if err := m.read(); err != nil || m.join.grace != nil {
			return err
		}
	}
	m.chain = -2
	if b.Len() == 0 {
		return nil
	}
	return m.probeKeys(b)
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
	return m.join.right.rewind()
}

func (m *hashMatcher) close() {
	m.join.grace.close()
	m.join.grace = nil
	if m.table != nil {
		m.table.Release()
		m.keys.Reset()
		m.kept.Reset()
		m.held.Release()
		m.space.Memory().Close()
	}
	m.table, m.all = nil, nil
}

// mergeMatcher offers the right rows with equal keys: the left side comes in key
// order, so their range in the sorted right side only moves forward.
type mergeMatcher struct {
	join     *joinOp
	right    *rows.Store
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
	if err := m.join.readRight(); err != nil {
		return err
	}
	m.right = m.join.store
	return nil
}

func (m *mergeMatcher) fill() (bool, error) {
	o := m.join
	for n := o.batch.Len(); o.pos < n; o.pos, m.at = o.pos+1, -1 {
		if m.at < 0 {
			m.find()
			m.at = m.lo
			if err := m.right.Err(); err != nil {
				return false, err
			}
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
	for m.lo < m.right.Len() && m.compare(m.lo) < 0 {
		m.lo++
	}
	m.hi = m.lo
	for !null && m.hi < m.right.Len() && m.compare(m.hi) == 0 {
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
		if c := rows.CompareKey(key, m.right.Get(i, key.Col), m.row[k]); c != 0 {
			return c
		}
	}
	return 0
}

func (m *mergeMatcher) rewind() error {
	m.read, m.lo, m.hi, m.known = false, 0, 0, false
	m.join.dropRight()
	return m.join.right.rewind()
}

func (m *mergeMatcher) close() {}
