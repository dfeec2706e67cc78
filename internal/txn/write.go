package txn

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
)

// entryOverhead is what a buffered entry costs beside its key and tuple.
const entryOverhead = 96

func entryBytes(k string, e *entry) int64 {
	n := int64(len(k)+len(e.tuple)) + entryOverhead
	if e.meta != nil {
		n += int64(len(e.meta.base.tuple)+len(e.meta.from)) + 64
	}
	return n
}

// Put sets the image of a key. base is what is committed under it; it is ignored
// when the transaction has written the key before. Key and tuple are copied.
func (tx *Tx) Put(id store.StorageID, key, tuple []byte, base Base) error {
	return tx.write(id, key, tuple, base, "", 0)
}

// PutCopied is Put for a row that DDL copies, under key, from an earlier storage
// of its table. A committed row's data stays the same by that, so the commit's
// change list has one entry for all such rows; what the transaction itself
// inserted or changed before keeps an entry of its own.
func (tx *Tx) PutCopied(id store.StorageID, key, tuple []byte, from store.StorageID, fromKey []byte) error {
	flags := entryRebuilt
	e, ok, err := lookup(&tx.live, from, fromKey)
	if err != nil {
		return err
	}
	if ok {
		switch {
		case e.flags&entryTouched != 0 || e.base().state != baseNone || e.from() != "":
			flags = entryTouched
		case e.flags&entryRebuilt == 0:
			flags = 0
		}
	}
	return tx.write(id, key, tuple, Base{}, "", flags)
}

// Move gives a row another key and a new image. base is what is committed under
// the new key, oldBase under the old one, both as for Put. The commit's change
// list has one update for it, from the key the row was committed under.
func (tx *Tx) Move(id store.StorageID, from, key, tuple []byte, base, oldBase Base) error {
	origin := string(from)
	e, ok, err := lookup(&tx.live, id, from)
	if err != nil {
		return err
	}
	if ok {
		switch {
		case e.from() != "":
			origin = e.from() // moved before
		case e.base().state == baseNone || e.flags&entryMoved != 0:
			origin = "" // new in this transaction
		}
	}
	shared := tx.live.share()
	if shared.moves++; shared.moves > rowMovesMax {
		return pgerr.New(pgcode.ProgramLimitExceeded, "cannot change the keys of more than %d rows in one transaction", rowMovesMax)
	}
	if err := tx.write(id, key, tuple, base, origin, 0); err != nil {
		return err
	}
	flags := entryDeleted
	if origin == string(from) {
		flags |= entryMoved
	}
	return tx.write(id, from, nil, oldBase, "", flags)
}

// Delete removes a key. base is as for Put; it says what the key held, unless
// the transaction wrote it itself.
func (tx *Tx) Delete(id store.StorageID, key []byte, base Base) error {
	return tx.write(id, key, nil, base, "", entryDeleted)
}

// write makes the one change of an entry that everything above comes down to.
func (tx *Tx) write(id store.StorageID, key, tuple []byte, base Base, from string, flags entryFlags) error {
	if err := tx.trackWrite(id, key); err != nil {
		return err
	}
	tx.snap = nil
	old, had, err := lookup(&tx.live, id, key)
	if err != nil {
		return err
	}
	e := entry{flags: flags}
	if had {
		base = old.base()
		if from == "" && flags&entryDeleted == 0 && !old.deleted() {
			from = old.from()
		}
		if old.flags&(entryRebuilt|entryTouched) != 0 {
			e.flags |= entryTouched
		}
		e.flags |= old.flags & entryMoved
	}
	if base.state != baseNone || from != "" {
		if had && old.meta != nil && old.meta.from == from && len(tx.live.runs) == 0 {
			e.meta = old.meta
		} else {
			// Copied also where it was read from a run, whose block would stay.
			base.tuple = tx.arena.copy(bytesOf(base.tuple))
			e.meta = &entryMeta{base: base, from: tx.arena.copy(bytesOf(from))}
		}
	}
	if flags&entryDeleted != 0 && base.state == baseNone && e.flags&entryTouched == 0 {
		if had { // never committed: nothing remains
			k := string(appendBufferKey(nil, id, key))
			if old, inMem := tx.live.remove(k); inMem {
				tx.bytes -= entryBytes(k, &old)
			}
		}
		return nil
	}
	e.tuple = tx.arena.copy(tuple)
	k := tx.arena.bufferKey(id, key)
	was, inMem := tx.live.set(k, &e)
	tx.bytes += entryBytes(k, &e)
	if inMem {
		tx.bytes -= entryBytes(k, &was)
	}
	if tx.bytes > tx.m.settings.SpillBytes {
		return tx.spill()
	}
	return nil
}
