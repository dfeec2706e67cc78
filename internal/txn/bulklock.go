package txn

// A transaction that locks very many rows keeps those after the first few
// thousands as hashes in a set, four bytes each, while nobody else asks for one of
// them: an ordinary lock takes two hundred. When somebody does, the lock in question
// is made an ordinary one, held by that transaction, and everything goes on as
// always. A set that has grown too large becomes a lock of every row that is not
// locked otherwise. Until the transaction ends such locks are kept, also when it
// returns to a savepoint.

const (
	// bulkAfter is how many locks of a transaction are ordinary ones.
	bulkAfter = 1 << 14
	// bulkMax is how many hashes a set of one shard may have; together that is 17
	// million, in 128 MiB.
	bulkMax = 1 << 18
)

// bulkLocks are what a transaction holds of the rows, or unique keys, of one
// storage, in one mode and shard.
type bulkLocks struct {
	tx     *Tx
	obj    uint64
	space  lockSpace
	mode   Mode
	all    bool
	hashes []uint32 // open addressing; 0 is free
	n      int
	made   []*held // those that others asked for
}

// bulkHash is the part of a tag that a set keeps. It shares no bits with what
// chooses the shard.
func bulkHash(tag lockTag) uint32 { return max(1, uint32(tag.hash>>16)) }

func (b *bulkLocks) slot(h uint32) int {
	i := int(h*0x9E3779B1) & (len(b.hashes) - 1)
	for b.hashes[i] != 0 && b.hashes[i] != h {
		i = (i + 1) & (len(b.hashes) - 1)
	}
	return i
}

func (b *bulkLocks) has(tag lockTag) bool {
	if b.obj != tag.obj || b.space != tag.space {
		return false
	}
	return b.all || b.n > 0 && b.hashes[b.slot(bulkHash(tag))] != 0
}

func (b *bulkLocks) add(tag lockTag) {
	if b.all {
		return
	}
	if b.n >= bulkMax {
		b.all, b.hashes = true, nil
		return
	}
	if 4*(b.n+1) > 3*len(b.hashes) {
		old := b.hashes
		b.hashes = make([]uint32, max(256, 2*len(old)))
		for _, h := range old {
			if h != 0 {
				b.hashes[b.slot(h)] = h
			}
		}
	}
	h := bulkHash(tag)
	if i := b.slot(h); b.hashes[i] == 0 {
		b.hashes[i] = h
		b.n++
	}
}

// takeBulk takes a lock that nobody has or wants for a transaction with very many,
// and reports whether it did. s.mu is held.
func (s *lockShard) takeBulk(tx *Tx, tag lockTag, mode Mode) bool {
	if len(tx.grants) < tx.m.settings.bulkAfter || tag.space >= spaceTable || s.locks[tag] != nil {
		return false
	}
	for _, b := range s.bulk {
		if b.tx == tx && b.mode == mode && b.obj == tag.obj && b.space == tag.space {
			b.add(tag)
			return true
		}
	}
	b := &bulkLocks{tx: tx, obj: tag.obj, space: tag.space, mode: mode}
	b.add(tag)
	s.bulk = append(s.bulk, b)
	tx.bulk = true
	return true
}

// unbulk makes others' bulk locks of a tag ordinary ones. A lock that is one
// already is not in any set, or only by chance. s.mu is held.
func (s *lockShard) unbulk(tx *Tx, tag lockTag) {
	if s.locks[tag] != nil {
		return
	}
	for _, b := range s.bulk {
		if b.tx == tx || !b.has(tag) {
			continue
		}
		l := s.find(tag)
		h := b.tx.holds(l)
		if h == nil {
			h = &held{tx: b.tx, l: l, next: l.holders}
			if l.holders != nil {
				l.holders.prev = h
			}
			l.holders = h
			b.made = append(b.made, h)
		}
		if h.modes&(1<<b.mode) == 0 {
			h.modes |= 1 << b.mode
			l.counts[b.mode]++
		}
	}
}

// releaseBulk gives back all bulk locks of a transaction. Those that it took more
// of in the ordinary way have been given back in that way before.
func (t *lockTable) releaseBulk(tx *Tx) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		keep := s.bulk[:0]
		for _, b := range s.bulk {
			if b.tx != tx {
				keep = append(keep, b)
				continue
			}
			for _, h := range b.made {
				s.releaseMade(h)
			}
		}
		clear(s.bulk[len(keep):])
		s.bulk = keep
		s.mu.Unlock()
	}
}

// releaseMade gives back what is left of a lock that unbulk made.
func (s *lockShard) releaseMade(h *held) {
	l := h.l
	if h.modes != 0 {
		for m := range l.counts {
			if h.modes&(1<<m) != 0 {
				l.counts[m]--
			}
		}
		h.modes = 0
		l.unlink(h)
	}
	l.wake()
	s.drop(l)
}
