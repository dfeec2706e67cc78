// Package txn runs transactions over the store: statement snapshots, buffered
// writes with savepoints, row and table locks, and the net effect that becomes
// a commit. It knows storages, keys and tuples as bytes; it must not know
// columns, types, SQL or sessions.
//
//	m := txn.NewManager(db, txn.Settings{})
//	tx := m.Begin(txn.Options{Isolation: txn.ReadCommitted})
//	defer tx.Rollback()                      // does nothing after Commit
//	st, err := tx.Statement(ctx)             // what this statement sees
//	defer st.Close()
//	img, found, err := st.Get(id, key)       // own writes of earlier statements over the View
//	res, err := st.LockRow(id, key, txn.RowUpdate, txn.Wait)   // then the row as it is now
//	tx.Put(id, key, tuple, txn.Known(res.Image))
//	seq, at, err := tx.Commit(ctx)
//
// # Invariants
//
//	I1. A Statement's snapshot is fixed at its start: one View and one copy of
//	    the write buffer. Nothing it, or anybody, writes later shows in it.
//	I2. At commit each key has at most one effect, computed from the committed
//	    image and the final one. Equal images have none.
//	I3. A committed image known to the buffer stays true until commit: whoever
//	    wrote the entry held the lock that keeps others from changing it.
//	I4. Locks are released after the commit is durable and published, so that
//	    whoever was waiting sees it in the newest View.
//	I5. After every lock grant, waited or not, the row is compared with what the
//	    statement saw. No caller gets a row under a lock that others have changed
//	    without being told.
//	I6. When a transaction has ended it holds nothing: no lock, no View, no file.
//	I7. What a SERIALIZABLE transaction reads and writes goes through package ssi
//	    first, but for what it made itself and what constraints look up, which
//	    locks protect.
//
// A Tx and its Statements belong to one goroutine, except that Statement.Get and
// Statement.Scan may be used by many, for parallel reading.
//
// # Large transactions
//
// Writes are kept in order in memory (buffer.go) up to Settings.SpillBytes, then
// moved to sorted files (run.go, spill.go), newest entry first to be found. Commit
// walks all of it once in key order and hands the net effect to a store.Batch, or
// to a load when it was not all in memory. Row locks beyond the first thousands
// take four bytes (bulklock.go).
package txn
