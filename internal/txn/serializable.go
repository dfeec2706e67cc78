package txn

import (
	"context"

	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn/ssi"
)

// beginTracking takes the snapshot of a SERIALIZABLE transaction and begins to
// track what it reads and writes. A DEFERRABLE one waits here until it has a
// snapshot that needs no tracking; it holds nothing meanwhile.
func (tx *Tx) beginTracking(ctx context.Context) error {
	if tx.fixed || tx.opts.Isolation != Serializable || tx.m.settings.Planted.Untracked {
		return nil
	}
	for {
		tx.ssi = tx.m.ssi.Begin(tx.opts.ReadOnly, tx, func() store.Seq {
			if tx.view != nil {
				tx.view.Release()
				tx.view = nil
			}
			v := tx.heldView()
			defer v.Release()
			tx.seq, tx.fixed = v.Seq(), true
			return tx.seq
		})
		if !tx.opts.ReadOnly || !tx.opts.Deferrable {
			return nil
		}
		if err := tx.awaitSafety(ctx); err != nil {
			return err
		}
		if tx.ssi.Safe() {
			return nil
		}
		tx.ssi.Abort() // another snapshot may have more luck
	}
}

// awaitSafety waits until it is known whether the snapshot is safe.
func (tx *Tx) awaitSafety(ctx context.Context) error {
	tx.owner.safety.Store(tx.ssi)
	defer tx.owner.safety.Store(nil)
	select {
	case <-tx.ssi.Settled():
		return nil
	case <-ctx.Done():
		tx.ssi.Abort()
		tx.fixed = false
		return ContextError(ctx)
	}
}

// trackWrite registers that a key is about to be written.
func (tx *Tx) trackWrite(id store.StorageID, key []byte) error {
	if tx.ssi == nil || tx.Fresh(id) {
		return nil
	}
	return tx.ssi.Write(id, key)
}

// trackRange registers that a range is about to be read.
func (s *Statement) trackRange(id store.StorageID, lower, upper []byte) error {
	if s.track == nil || s.tx.Fresh(id) {
		return nil
	}
	return s.track.ReadRange(id, lower, upper)
}

// Touch registers that a row was looked at which the statement did not read the
// usual way.
func (s *Statement) Touch(id store.StorageID, key []byte) error {
	if s.track == nil || s.tx.Fresh(id) {
		return nil
	}
	return s.track.Read(id, key)
}

// SafetyBlockers returns the numbers of the sessions whose end a READ ONLY
// DEFERRABLE transaction waits for; none when it does not.
func (m *Manager) SafetyBlockers(pid int32) []int32 {
	o := m.ownerOf(pid)
	if o == nil {
		return nil
	}
	x := o.safety.Load()
	if x == nil {
		return nil
	}
	var list []int32
	x.Blockers(func(label any) { list = append(list, label.(*Tx).owner.pid) })
	return list
}

// listReads appends what serializable transactions have read.
func (m *Manager) listReads(list []LockInfo) []LockInfo {
	m.ssi.List(func(label any, h ssi.Held) {
		info := LockInfo{Kind: LockPage, Storage: h.Storage, Holder: label.(*Tx).virtual(), Mode: "SIReadLock", Granted: true}
		switch {
		case h.Whole:
			info.Kind = LockRelation
		case h.Key != nil:
			info.Kind, info.Row = LockTuple, keyTag(spaceRow, uint64(h.Storage), h.Key).hash
		}
		list = append(list, info)
	})
	return list
}
