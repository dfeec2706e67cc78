// Package segment keeps stretches of a storage's history as compressed columns, so
// that a scan of the past reads columns of the rows alive at its moment instead of
// walking all their versions. It knows tuples, their columns and versions' periods;
// it must not know tables' names, SQL, plans or sessions.
//
//	m, err := segment.NewManager(db, segment.Options{...})  // once per database
//	seg := m.Acquire(id, seq); defer seg.Release()          // nil: not covered
//	sc := seg.Scan(segment.ScanSpec{At: seq, Columns: atts})
//	for n, err := sc.Next(1024); n > 0; n, err = sc.Next(1024) {
//		sc.Layout(); sc.Read(column, vector, row)
//	}
//	m.Scanned(source, seq, steps)                           // a scan that found none
//
// A segment is one file about one storage and one range [from, to) of commits. It
// has every version alive at some commit of the range, sorted by key and start. The
// manager makes segments in the background where scans of the past have cost more
// than making one, and drops those used least when they take too much disk.
//
// # Invariants
//
//	I1. A segment says nothing that the store does not say: each can be deleted
//	    at any time, and no answer changes.
//	I2. What a segment says never becomes wrong: its range ends at or before the
//	    commit its View had, and commits do not change. The one exception, a crash
//	    that loses commits which had not asked to be durable, is found out by the
//	    anchor: the time and root of the last commit of the range.
//	I3. Nothing is taken from a file whose checksum is wrong; the file is removed,
//	    and the scan goes on in the store at the block it had reached.
//	I4. All versions of a key lie in one block.
//
// docs/formats/segments.md has the bytes, docs/decisions/0017-segments.md the why.
package segment
