package txn

import (
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
	if e, ok := lookup(&tx.live, from, fromKey); ok {
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
	if e, ok := lookup(&tx.live, id, from); ok {
		switch {
		case e.from() != "":
			origin = e.from() // moved before
		case e.base().state == baseNone || e.flags&entryMoved != 0:
			origin = "" // new in this transaction
		}
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
	old, had := lookup(&tx.live, id, key)
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
		if had && old.meta != nil && old.meta.from == from {
			e.meta = old.meta
		} else {
			base.tuple = tx.arena.copy(bytesOf(base.tuple))
			e.meta = &entryMeta{base: base, from: from}
		}
	}
	if flags&entryDeleted != 0 && base.state == baseNone && e.flags&entryTouched == 0 {
		if had { // never committed: nothing remains
			tx.live.Delete(string(appendBufferKey(nil, id, key)))
			tx.bytes -= entryBytes("", &old) + int64(bufferKeyLen+len(key))
		}
		return nil
	}
	e.tuple = tx.arena.copy(tuple)
	k := tx.arena.bufferKey(id, key)
	tx.live.Set(k, e)
	tx.bytes += entryBytes(k, &e)
	if had {
		tx.bytes -= entryBytes(k, &old)
	}
	if tx.bytes > tx.m.settings.MaxTxBytes {
		return errTooLarge()
	}
	return nil
}
