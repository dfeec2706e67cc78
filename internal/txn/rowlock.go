package txn

import (
	"context"
	"errors"

	"github.com/driftdb/driftdb/internal/store"
)

// RowState says how a row stands after LockRow, compared with what the statement
// saw.
type RowState uint8

// The states of a row.
const (
	// RowSame: it is as the statement saw it.
	RowSame RowState = iota
	// RowChanged: others changed it meanwhile. READ COMMITTED re-checks the
	// statement's condition on the image given.
	RowChanged
	// RowGone: others deleted it meanwhile. The statement goes on without it.
	RowGone
	// RowAbsent: the statement does not see such a row.
	RowAbsent
	// RowOwn: this very statement has changed or deleted it already. UPDATE and
	// DELETE go on without it, ON CONFLICT DO UPDATE gives 21000.
	RowOwn
	// RowSkipped: it was locked and the policy is SkipLocked.
	RowSkipped
	// RowBusy: it was locked and the policy is NoWait.
	RowBusy
)

// Locked is what LockRow found.
type Locked struct {
	State RowState
	Image Image  // the newest image; valid for RowSame and RowChanged
	Key   []byte // where the row is now: a concurrent change may have moved it
}

// LockRow locks a row that the statement sees and compares it with its newest
// version (I5). Under REPEATABLE READ a row that others changed is 40001. harmless
// says which changes do not count (nil: none): the row is then RowSame, with the
// image that the statement sees.
func (s *Statement) LockRow(id store.StorageID, key []byte, mode Mode, p Policy, harmless func(seen, now []byte) bool) (Locked, error) {
	own, wrote, err := lookup(&s.tx.live, id, key)
	if err != nil {
		return Locked{}, err
	}
	if wrote {
		before, had, err := lookup(s.buf, id, key)
		switch {
		case err != nil:
			return Locked{}, err
		case !had || !before.same(&own):
			return Locked{State: RowOwn, Key: key}, nil
		case own.deleted():
			return Locked{State: RowAbsent, Key: key}, nil
		}
		if !s.tx.Fresh(id) {
			// Written under a lock, maybe a weaker one than is wanted now.
			if res, err := s.tryLock(id, key, mode, p); err != nil || res.State != RowSame {
				return res, err
			}
		}
		return Locked{State: RowSame, Image: ownImage(&own), Key: key}, nil
	}
	if _, had, err := lookup(s.buf, id, key); had || err != nil {
		return Locked{State: RowOwn, Key: key}, err // a row of this transaction, deleted by this statement
	}
	seen, found, err := s.Get(id, key)
	if err != nil || !found {
		return Locked{State: RowAbsent, Key: key}, err
	}
	return s.lockSeen(id, key, seen, mode, p, harmless)
}

// tryLock takes a row's lock; the state is RowSame, RowSkipped or RowBusy.
func (s *Statement) tryLock(id store.StorageID, key []byte, mode Mode, p Policy) (Locked, error) {
	_, err := s.tx.lock(s.ctx, keyTag(spaceRow, uint64(id), key), mode, p)
	switch {
	case !errors.Is(err, errNotFree):
		return Locked{State: RowSame, Key: key}, err
	case p == SkipLocked:
		return Locked{State: RowSkipped, Key: key}, nil
	}
	return Locked{State: RowBusy, Key: key}, nil
}

func (s *Statement) lockSeen(id store.StorageID, key []byte, seen Image, mode Mode, p Policy, harmless func(seen, now []byte) bool) (Locked, error) {
	for {
		if res, err := s.tryLock(id, key, mode, p); err != nil || res.State != RowSame {
			return res, err
		}
		if s.tx.m.settings.Planted.LoseRecheck || !s.tx.m.db.MaybeChangedSince(id, key, s.reader.Seq()) {
			return Locked{State: RowSame, Image: seen, Key: key}, nil
		}
		now, found, err := s.tx.Newest(id, key)
		if err != nil {
			return Locked{}, err
		}
		if found && now.Start == seen.Start {
			return Locked{State: RowSame, Image: seen, Key: key}, nil
		}
		if found && harmless != nil && seen.Tuple != nil && harmless(seen.Tuple, now.Tuple) {
			return Locked{State: RowSame, Image: seen, Key: key}, nil
		}
		to, moved := []byte(nil), false
		if !found {
			to, moved = s.tx.m.moves.find(id, key, s.reader.Seq())
		}
		if s.tx.opts.Isolation >= RepeatableRead {
			if found || moved {
				return Locked{}, errSerialization("update")
			}
			return Locked{}, errSerialization("delete")
		}
		if found {
			return Locked{State: RowChanged, Image: now, Key: key}, nil
		}
		if !moved {
			return Locked{State: RowGone, Key: key}, nil
		}
		key, seen = to, Image{} // follow the row to its new key; it differs there
	}
}

// LockNewest locks a key and returns its newest image, own writes included,
// whatever the statement sees: for constraints and ON CONFLICT. found is false
// when there is no such row once the lock is held.
func (tx *Tx) LockNewest(ctx context.Context, id store.StorageID, key []byte, mode Mode) (img Image, found bool, err error) {
	if e, ok, err := lookup(&tx.live, id, key); ok || err != nil {
		if err != nil || e.deleted() {
			return Image{}, false, err
		}
		return ownImage(&e), true, nil
	}
	if _, err := tx.lock(ctx, keyTag(spaceRow, uint64(id), key), mode, Wait); err != nil {
		return Image{}, false, err
	}
	return tx.Newest(id, key)
}

// LockUnique locks a unique key that is about to be written, so that no other
// transaction writes it before this one ends. The caller looks for the key's
// entry after that.
func (tx *Tx) LockUnique(ctx context.Context, id store.StorageID, key []byte) error {
	if tx.Fresh(id) {
		return nil
	}
	if _, err := tx.lock(ctx, keyTag(spaceUnique, uint64(id), key), RowUpdate, Wait); err != nil {
		return err
	}
	return tx.trackWrite(id, key) // a serialization failure comes before a duplicate
}

// LockNewRow locks the key of a row about to be inserted.
func (tx *Tx) LockNewRow(ctx context.Context, id store.StorageID, key []byte) error {
	if tx.Fresh(id) {
		return nil
	}
	if _, err := tx.lock(ctx, keyTag(spaceRow, uint64(id), key), RowUpdate, Wait); err != nil {
		return err
	}
	return tx.trackWrite(id, key)
}

// AwaitRow waits until no other transaction has a change of a row in progress,
// and keeps no lock. waited tells that the world may have changed meanwhile.
func (tx *Tx) AwaitRow(ctx context.Context, id store.StorageID, key []byte) (waited bool, err error) {
	if tx.Fresh(id) {
		return false, nil
	}
	return tx.m.locks.await(ctx, tx, keyTag(spaceRow, uint64(id), key), RowShare)
}

// LockTable takes a table lock. With NoWait it fails with busy set instead of
// waiting.
func (tx *Tx) LockTable(ctx context.Context, oid uint32, mode Mode, p Policy) (waited, busy bool, err error) {
	if tx.HoldsTable(oid, mode) {
		return false, false, nil
	}
	waited, err = tx.lock(ctx, lockTag{obj: uint64(oid), space: spaceTable}, mode, p)
	if errors.Is(err, errNotFree) {
		return false, true, nil
	}
	return waited, false, err
}

// HoldsTable reports whether the transaction holds a table lock at least as
// strong as mode.
func (tx *Tx) HoldsTable(oid uint32, mode Mode) bool {
	h := tx.tableLock(uint64(oid))
	return h != nil && covers(h.l.tag, h.modes, mode)
}

// Newest returns the newest committed or own image of a key, which no other
// transaction can be writing: the caller holds its lock, or will look again once
// it does.
func (tx *Tx) Newest(id store.StorageID, key []byte) (Image, bool, error) {
	if e, ok, err := lookup(&tx.live, id, key); ok || err != nil {
		if err != nil || e.deleted() {
			return Image{}, false, err
		}
		return ownImage(&e), true, nil
	}
	if tx.Fresh(id) {
		return Image{}, false, nil
	}
	g := tx.gapOf(id)
	if g != nil && g.holds(tx.m.db, key) {
		return Image{}, false, nil
	}
	v := tx.m.db.View()
	defer v.Release()
	ver, found, err := v.Get(id, key)
	if err == nil && !found && g != nil {
		err = g.missed(v, key)
	}
	return Image{Tuple: ver.Tuple, Start: ver.Start, End: ver.End}, found, wrapStore(err)
}

func (tx *Tx) lock(ctx context.Context, tag lockTag, mode Mode, p Policy) (waited bool, err error) {
	if tag.space < spaceTable && tx.id.Load() == 0 {
		if _, err := tx.ID(); err != nil { // others will wait for it by that number
			return false, err
		}
	}
	return tx.m.locks.acquire(ctx, tx, tag, mode, p)
}
