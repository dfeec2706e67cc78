package store

import (
	"bytes"

	"github.com/cockroachdb/pebble/v2"
)

// pastMerge reads a span at a moment before the View's. It walks the present and
// the past entries side by side. For each key the present entry is the answer if
// it started early enough; else the past has it, or the key did not exist.
//
// Both cursors rest on the entry last returned and move on when asked for the
// next, so keys and tuples need no copies.
type pastMerge struct {
	r      Reader
	h      *pebble.Iterator
	prefix int // length of the storage prefix of a past key

	pOK, hOK     bool
	pMove, hMove bool // the cursor rests on a key that is done with

	hKey         []byte
	hStart, hEnd Seq

	// steps is how many versions of a key to walk before seeking; it follows
	// what recent keys needed.
	steps int
	seek  []byte // the key being handled, with its storage prefix and terminator
	buf   []byte

	passed int64 // entries either cursor came to
}

const (
	pastStepsMax  = 32
	pastStepsInit = 8
)

func (r Reader) newPastMerge(it *Iter, lower, upper []byte) (*pastMerge, error) {
	m := &pastMerge{r: r, prefix: it.prefix, steps: pastStepsInit}
	var lo, hi []byte
	var err error
	m.buf, lo, hi = storageBounds(nil, spacePast, it.id, lower, upper)
	m.h, err = r.v.scanIter(lo, hi)
	return m, err
}

func (m *pastMerge) close(v *View) {
	if m.h != nil {
		v.giveBack(poolScan, m.h)
	}
}

// read decodes the past cursor after it moved.
func (m *pastMerge) read(ok bool) error {
	m.hOK = ok
	m.passed++
	if !ok {
		return wrapErr(m.h.Error())
	}
	var err error
	m.hKey, m.hStart, m.hEnd, err = pastKey(m.h, m.prefix, &m.r.v.db.loads)
	return err
}

// start positions both cursors.
func (m *pastMerge) start(it *Iter) error {
	if it.reverse {
		m.pOK = it.present.Last()
		if err := m.read(m.h.Last()); err != nil {
			return err
		}
	} else {
		m.pOK = it.present.First()
		if err := m.read(m.h.First()); err != nil {
			return err
		}
	}
	return wrapErr(it.present.Error())
}

// advance moves the cursors off the keys that are done with.
func (m *pastMerge) advance(it *Iter) error {
	if m.pMove {
		m.pMove = false
		m.passed++
		if it.reverse {
			m.pOK = it.present.Prev()
		} else {
			m.pOK = it.present.Next()
		}
		if !m.pOK {
			if err := it.present.Error(); err != nil {
				return wrapErr(err)
			}
		}
	}
	if m.hMove {
		m.hMove = false
		if it.reverse {
			return m.skipBack()
		}
		return m.read(m.h.NextPrefix())
	}
	return nil
}

func (m *pastMerge) next(it *Iter) bool {
	if !it.started {
		it.started = true
		if err := m.start(it); err != nil {
			return it.stop(err)
		}
	} else if err := m.advance(it); err != nil {
		return it.stop(err)
	}
	for m.pOK || m.hOK {
		found, err := m.key(it)
		if err != nil {
			return it.stop(err)
		}
		if found {
			return true
		}
		if err := m.advance(it); err != nil {
			return it.stop(err)
		}
	}
	return it.stop(nil)
}

// key handles the key the cursors are at, and reports whether it was alive.
func (m *pastMerge) key(it *Iter) (bool, error) {
	cmp := 0 // below zero: the present cursor's key comes first
	var pKey []byte
	if m.pOK {
		k := it.present.Key()
		pKey = k[it.prefix : len(k)-1]
	}
	switch {
	case !m.hOK:
		cmp = -1
	case !m.pOK:
		cmp = 1
	default:
		cmp = bytes.Compare(pKey, m.hKey)
		if it.reverse {
			cmp = -cmp
		}
	}
	m.pMove, m.hMove = cmp <= 0, cmp >= 0
	if m.hMove {
		m.seek = append(m.seek[:0], m.h.Key()[:len(m.h.Key())-17]...)
	}
	if cmp <= 0 {
		start, tuple, err := presentValue(it.present, &it.v.db.loads)
		if err != nil {
			return false, err
		}
		if start <= m.r.at {
			it.key, it.start, it.end, it.tuple = pKey, start, it.liveUntil, tuple
			return true, nil
		}
		if cmp < 0 {
			return false, nil
		}
	}
	return m.findPast(it)
}

// findPast looks for the version alive at the moment among the past versions of
// the key under the past cursor. hMove is set: whatever it finds, the key is
// done with afterwards.
func (m *pastMerge) findPast(it *Iter) (bool, error) {
	n := len(m.seek)
	steps := 0
	for m.hOK && m.misses(it.reverse) {
		if steps == m.steps {
			m.steps = max(1, m.steps/2)
			m.seek = appendPeriod(m.seek, m.r.at, 0)
			if err := m.read(m.h.SeekGE(m.seek)); err != nil {
				return false, err
			}
			m.seek = m.seek[:n]
			break
		}
		steps++
		var ok bool
		if it.reverse {
			ok = m.h.Prev()
		} else {
			ok = m.h.Next()
		}
		if err := m.read(ok); err != nil {
			return false, err
		}
		if !m.sameKey(n) {
			// Every version was on the wrong side. The cursor already
			// rests on another key.
			m.hMove = false
			return false, nil
		}
	}
	if steps < m.steps && m.steps < pastStepsMax {
		m.steps++
	}
	if !m.hOK || !m.sameKey(n) {
		// Only a seek forward passes the key; backwards the key is left behind.
		m.hMove = it.reverse
		return false, nil
	}
	if m.hStart > m.r.at || m.hEnd <= m.r.at {
		return false, nil
	}
	val, err := m.h.ValueAndErr()
	if err != nil {
		return false, wrapErr(err)
	}
	it.key, it.start, it.end, it.tuple = m.hKey, m.hStart, m.r.end(m.hEnd), val
	return true, nil
}

// misses reports whether the walk must go on: forward the newest version comes
// first, backwards the oldest.
func (m *pastMerge) misses(reverse bool) bool {
	if reverse {
		return m.hEnd <= m.r.at
	}
	return m.hStart > m.r.at
}

// sameKey reports whether the past cursor is still at the key in m.seek[:n].
func (m *pastMerge) sameKey(n int) bool {
	return m.hOK && len(m.hKey)+m.prefix+1 == n && bytes.Equal(m.hKey, m.seek[m.prefix:n-1])
}

// skipBack moves the past cursor to the last entry of the key before the one it
// was at when the key was handled.
func (m *pastMerge) skipBack() error {
	return m.read(m.h.SeekLT(m.seek))
}
