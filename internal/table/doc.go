// Package table reads and writes the rows of tables and the entries of their
// indexes in a transaction. It is the only place that knows how rows and index
// entries lie in storages, and keeps them, and foreign keys, in agreement. It
// must not know SQL text, plans or sessions; expressions of indexes come to it
// as functions (Evaluator).
//
//	set := table.NewSet(snapshot, evaluator)      // once per catalog snapshot
//	t, err := set.Table(oid)
//
//	p, err := t.Project([]int16{1, 3, table.AttRowKey})   // once per plan
//	sc, err := t.Scan(st, p, table.ScanSpec{})    // or Index: x, Span: x.Span(...)
//	b := p.NewBatch(1024)
//	for n, err := sc.Next(b, 1024); n > 0; n, err = sc.Next(b, 1024) { ... }
//	err = sc.Close()
//	found, err := p.Get(st, t.Key(nil, pk), row)  // one row by its key, no batch
//
//	w := set.Writer(st)                           // once per data-changing statement
//	key, err := w.Insert(t, values)               // values[attnum-1]
//	row, state, err := t.LockRow(st, key, t.UpdateMode(cols), txn.Wait)
//	err = w.Update(t, row, newValues); err = w.Delete(t, row)
//	err = w.Finish()                              // foreign keys, cascades
//
// # Where things lie
//
// Rows: storage Table.Storage, key = the clustering key's columns in key order
// (keyenc), or a hidden row id, which is never reused; tuple = every live column
// (rowenc), so that reading never needs the key.
//
// Index entries: storage Index.Storage. Entries of a unique index whose columns
// are all distinct-able (no NULL, or NULLS NOT DISTINCT) have the columns alone
// as key, all others, those of deferrable constraints too, the columns and then
// the row's key. The tuple of an entry of a unique index begins with the row's key;
// then, in both, come the columns that can be read from the index but not from its
// key: INCLUDE columns and key columns of types that a key does not give back
// exactly (numeric, char(n)...).
//
// # Invariants
//
//	I1. At every moment each row has exactly one entry in each index whose
//	    predicate holds for it, and no entry is without its row (Verify).
//	I2. Whoever writes or removes a row holds its row lock, or made the storage
//	    in the same transaction; whoever adds an entry to a unique index holds
//	    the lock of that unique key.
//	I3. A row read under a lock is complete: all columns, as of the newest commit.
package table
