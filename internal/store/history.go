package store

import (
	"bytes"
	"slices"
)

// historyMerge walks every version of a span whose period meets [from, to),
// ordered by key, then start. The past space has the newest version of a key
// first, so one key's versions are collected and handed out from the end.
type historyMerge struct {
	pastMerge
	from, to Seq

	versions []heldVersion
	held     []byte // tuples of versions
	key      []byte
}

type heldVersion struct {
	start, end Seq
	off, len   int
}

// History walks every version with lower <= key < upper whose period meets
// [from, to), ordered by key, then by start. Nil bounds are open. Through a
// Reader of an earlier moment, versions that started later do not show and
// those that ended later have no end yet.
func (r Reader) History(id StorageID, lower, upper []byte, from, to Seq) *Iter {
	it := iters.Get().(*Iter)
	buf := it.buf
	r.known = r.at
	to = min(to, r.at+1)
	*it = Iter{v: r.v, id: id, buf: buf, prefix: storagePrefixLen(id), mode: modeHistory}
	it.liveUntil = r.frozen(id)
	if from >= to || emptySpan(lower, upper) {
		it.done = true
		return it
	}
	var lo, hi []byte
	it.buf, lo, hi = storageBounds(it.buf, spacePresent, id, lower, upper)
	if it.present, it.err = r.v.scanIter(lo, hi); it.err != nil {
		it.done = true
		return it
	}
	m, err := r.newPastMerge(it, lower, upper)
	it.history = &historyMerge{pastMerge: *m, from: from, to: to}
	it.err, it.done = err, err != nil
	return it
}

func (m *historyMerge) next(it *Iter) bool {
	if !it.started {
		it.started = true
		if err := m.start(it); err != nil {
			return it.stop(err)
		}
	}
	for len(m.versions) == 0 {
		if !m.pOK && !m.hOK {
			return it.stop(nil)
		}
		if err := m.collect(it); err != nil {
			return it.stop(err)
		}
	}
	v := m.versions[len(m.versions)-1]
	m.versions = m.versions[:len(m.versions)-1]
	it.key, it.start, it.end, it.tuple = m.key, v.start, v.end, m.held[v.off:v.off+v.len]
	return true
}

// collect gathers the versions of the lowest key under the cursors, newest
// first, and moves both cursors past it.
func (m *historyMerge) collect(it *Iter) error {
	m.held = m.held[:0]
	m.key = m.key[:0]
	var pKey []byte
	if m.pOK {
		k := it.present.Key()
		pKey = k[it.prefix : len(k)-1]
	}
	cmp := -1
	if m.hOK {
		cmp = 1
		if m.pOK {
			cmp = bytes.Compare(pKey, m.hKey)
		}
	}
	if cmp <= 0 {
		m.key = append(m.key, pKey...)
		start, tuple, err := presentValue(it.present, &it.v.db.loads)
		if err != nil {
			return err
		}
		if start < m.to && it.liveUntil > m.from {
			m.hold(start, it.liveUntil, tuple)
		}
		m.pMove = true
	} else {
		m.key = append(m.key, m.hKey...)
	}
	if cmp >= 0 {
		if err := m.collectPast(); err != nil {
			return err
		}
	}
	return m.advance(it)
}

func (m *historyMerge) collectPast() error {
	if m.hStart >= m.to {
		m.seek = append(m.seek[:0], m.h.Key()[:len(m.h.Key())-17]...)
		m.seek = appendPeriod(m.seek, m.to-1, 0)
		if err := m.read(m.h.SeekGE(m.seek)); err != nil {
			return err
		}
	}
	for m.hOK && bytes.Equal(m.hKey, m.key) {
		if m.hEnd <= m.from {
			m.hMove = true
			return nil
		}
		val, err := m.h.ValueAndErr()
		if err != nil {
			return wrapErr(err)
		}
		m.hold(m.hStart, m.r.end(m.hEnd), val)
		if err := m.read(m.h.Next()); err != nil {
			return err
		}
	}
	return nil
}

func (m *historyMerge) hold(start, end Seq, tuple []byte) {
	off := len(m.held)
	m.held = append(slices.Grow(m.held, len(tuple)), tuple...)
	m.versions = append(m.versions, heldVersion{start, end, off, len(tuple)})
}
