package store

import (
	"github.com/cockroachdb/pebble/v2"
)

// Planted are faults that tests put into a store to see that a check finds them.
// The zero value is none.
type Planted struct {
	PublishEarly bool // commits become visible before they are durable
	TearBatches  bool // a batch enters the log in two parts
}

// applyTorn applies a batch as two, of which a power cut may keep the first only.
func (db *DB) applyTorn(b *pebble.Batch) error {
	halves := [2]*pebble.Batch{db.eng.NewBatch(), db.eng.NewBatch()}
	n, half := 0, int(b.Count())/2
	for r := b.Reader(); ; n++ {
		kind, key, value, ok, err := r.Next()
		if err != nil || !ok {
			break
		}
		part := halves[1]
		if n < half {
			part = halves[0]
		}
		switch kind {
		case pebble.InternalKeyKindSet:
			err = part.Set(key, value, nil)
		case pebble.InternalKeyKindDelete:
			err = part.Delete(key, nil)
		case pebble.InternalKeyKindSingleDelete:
			err = part.SingleDelete(key, nil)
		case pebble.InternalKeyKindRangeDelete:
			err = part.DeleteRange(key, value, nil)
		}
		if err != nil {
			return err
		}
	}
	if err := db.eng.Apply(halves[0], pebble.Sync); err != nil {
		return err
	}
	return db.eng.Apply(halves[1], pebble.Sync)
}

// syncWait waits for a batch's sync, which one in two parts has behind it.
func (db *DB) syncWait(b *pebble.Batch) error {
	if db.opts.Planted.TearBatches {
		return nil
	}
	return b.SyncWait()
}
