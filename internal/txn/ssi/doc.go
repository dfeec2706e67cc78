// Package ssi keeps serializable transactions serializable while they read one
// snapshot each and never wait for one another: serializable snapshot isolation.
// It knows storages and keys as bytes; it must not know how they are stored, nor
// locks that anybody waits for.
//
// The method is that of Cahill, Röhm and Fekete (Serializable Isolation for Snapshot
// Databases, SIGMOD 2008) with what Ports and Grittner found for PostgreSQL
// (Serializable Snapshot Isolation in PostgreSQL, VLDB 2012). Snapshot isolation
// lets a history through that no serial order explains only if it holds a dangerous
// structure,
//
//	T1 -rw-> T2 -rw-> T3
//
// where each reads something that the next, concurrent one overwrites, and T3
// commits first (T1 and T3 may be one). T2 is the pivot. Whoever completes such a
// structure makes one of the three fail with 40001, the pivot where that is
// possible: it succeeds when it is tried again.
//
//	x := m.Begin(readOnly, take)      // take returns the snapshot's commit number
//	err := x.Read(id, key)            // before the read
//	err := x.ReadRange(id, lo, hi)
//	err := x.Write(id, key)           // before the write
//	err := x.Prepare()                // before the commit is made durable
//	x.Commit(seq)                     // once others can see it; or x.Abort()
//
// # What is kept
//
// What a transaction read is kept as keys, ranges (which cover what is not there
// yet) and whole storages; past a limit a storage stands for its parts. What it
// wrote is kept as keys. Both stay after the commit for as long as a transaction
// runs that overlapped with it. When very many have to stay, the oldest are merged
// into one that stands for all: this costs needless failures, never a missed one.
//
// # Invariants
//
//	I1. Of a read and a write of the same thing by two concurrent transactions,
//	    whichever is registered later finds the other. So a read is registered
//	    before it is made, and a write before its transaction commits.
//	I2. A transaction is in the list of the active from before its snapshot is
//	    taken until its commit is visible to every later snapshot.
//	I3. A read-only transaction can be a part only as T1, and only if T3 committed
//	    before its snapshot. One for which this can no longer happen is safe: it is
//	    forgotten, and reads on untracked.
//
// A Manager and its transactions are safe for concurrent use.
package ssi
