// Package store is the only door to the storage engine (Pebble). It keeps, for
// every key of every storage, all versions it ever had, and the log of the
// commits that made them. It knows bytes, commit numbers and moments; it must
// not know tables' columns, types, SQL, sessions or locks.
//
// # Use
//
//	db, err := store.Open(dir, store.Options{})     // store.Options{InMemory: true} in tests
//	id, err := db.AllocStorageID()                  // a table's rows, or one index
//
//	b := db.NewBatch()                              // the net effect of one transaction
//	b.Put(id, key, tuple)                           // no committed version before
//	b.Replace(id, key, oldStart, oldTuple, tuple)   // ends the old version, starts one
//	b.Delete(id, key, oldStart, oldTuple)           // ends the old version
//	b.Freeze(oldID)                                 // ends a whole storage in O(1)
//	b.Change(table, id, store.OpUpdate, key, newKey, columns, tuple)  // the change list
//	b.SetMeta(store.Meta{TxID: 7, User: "ada"})
//	seq, at, err := db.Commit(ctx, b)               // durable and visible
//
//	v := db.View(); defer v.Release()               // commits 1..v.Seq(), shared, cheap
//	ver, ok, err := v.Get(id, key)                  // the present: compares nothing
//	it := v.At(seq).Scan(id, lo, hi, store.ScanOptions{})   // the past
//	for it.Next() { it.Key(); it.Tuple(); it.Start(); it.End() }
//	err = it.Close()
//	it = v.History(id, lo, hi, from, to)            // every version meeting [from, to)
//
//	b, err = db.NewLoad()                           // a batch of any size, keys in order
//
//	seq, err = db.SeqAt(ctx, t)                     // closes t, see below
//	t, err = db.TimeOf(seq)
//
// Index entries are ordinary keys of a storage of their own; they go through
// Put, Replace and Delete without a Change. Storages without history use
// Overwrite and Discard. Keys of one storage are any bytes and sort bytewise.
//
// A transaction that keeps its snapshot for long gives its View back and reads
// at the same seq through newer Views: v.Snapshot(seq) answers exactly as the
// old View did, including open ends; v.At(seq) shows the ends known by now.
// Reader.At serves "AS OF" inside such a transaction.
//
// # Invariants
//
// I1. Commits are numbered 1, 2, 3, ... without holes in format 1 (callers rely
// on increasing only), and their times strictly increase with the number.
//
// I2. A View at seq S holds exactly the commits 1..S. It is published only when
// all commits up to S that asked to be durable are on disk.
//
// I3. The present space has one entry for each live key: (start, tuple). The
// past space has one entry for each ended version, written by the commit that
// ended it, with start and end in the key. Periods of one key never overlap.
//
// I4. A batch holds at most one of Put, Replace, Delete for a key of a storage,
// so no version starts and ends in the same commit.
//
// I5. A time that SeqAt resolved is closed: no later commit gets a time up to
// there, in this process or after any restart.
//
// I6. Nothing is written to a storage from the commit that froze it on. Its live
// entries end there.
//
// I7. The chain hash of a commit is H(hash before, seq, time, root); the root
// covers the commit's description and, with a salt each, every change and the
// image it left. A stored chain hash never changes.
//
// I8. Sequence values and storage ids are outside history and never step back.
//
// I9. A load is in the engine whole, with its commit record and the commit of its
// id, or not at all: one ingestion brings everything, and the log up to the commit
// before is on disk by then.
//
// # Reading at a seq below the View's
//
// For a key k at moment S: the present entry if there is one and its start is at
// most S; otherwise the past entry of k with the greatest start at most S,
// provided that its end is above S; otherwise nothing. The present entry is
// consulted first because it decides alone in most cases; when it is absent or
// too new, the past decides. If the storage's last change is at most S, the
// present is the answer and the past is not opened.
//
// A Get asks two things before that, which hold copies of the present in memory:
// the row cache (see rowCache) and, for a storage that is read much and not
// changed, its image (see scanImage).
//
// Live entries of a storage frozen at F count as ending at F for every reader
// that knows of F; a reader at S >= F sees nothing in it.
package store
