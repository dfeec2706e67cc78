package table

import (
	"bytes"
	"context"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/keyenc"
	"github.com/driftdb/driftdb/internal/txn"
)

// lateKey is a key of a deferrable index that several rows may share: whether they
// do is looked at when the statement or the transaction ends.
type lateKey struct {
	x      *Index
	key    []byte
	values []datum.Datum
}

// putLate adds an entry to a deferrable index. The key is locked, so that whoever
// else adds it waits, and what is found now stays all there is.
func (w *Writer) putLate(x *Index, e *entry) error {
	if err := w.tx.LockUnique(w.st.Context(), x.storage, e.key[:e.late]); err != nil {
		return err
	}
	if err := w.tx.Put(x.storage, e.key, e.tuple, txn.None()); err != nil {
		return err
	}
	k := lateKey{x: x, key: e.key[:e.late]}
	rows, err := w.sharing(&k)
	if err != nil || len(rows) < 2 {
		return err
	}
	k.key, k.values = slices.Clone(k.key), slices.Clone(e.values)
	if w.deferred(x.deferring) {
		return w.deferUnique(&k)
	}
	if w.late = append(w.late, k); len(w.late) < queueMax {
		return nil
	}
	for i := range w.late {
		if err := w.shared.add(w.tx, &w.late[i]); err != nil {
			return err
		}
	}
	clear(w.late)
	w.late = w.late[:0]
	return nil
}

// deferUnique looks at a key at commit.
func (w *Writer) deferUnique(k *lateKey) error {
	set, tx, x := w.set, w.tx, k.x
	return tx.QueueBeforeCommit(x.deferring.OID, deferredOwner{set, x}, k.append(nil), func(ctx context.Context, q *txn.Queue) error {
		return deferredCheck(ctx, set, tx, func(late *Writer) error {
			return q.Each(func(record []byte) error {
				k, err := x.readLate(record)
				if err != nil {
					return err
				}
				return late.checkUnique(&k)
			})
		})
	})
}

// checkLate checks the keys of deferrable indexes that several rows had.
func (w *Writer) checkLate() error {
	shared, late := w.shared, w.late
	defer shared.list.Close()
	w.shared, w.late = lateQueue{}, nil
	if err := shared.each(w.checkUnique); err != nil {
		return err
	}
	for i := range late {
		if err := w.checkUnique(&late[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkUnique gives 23505 when several rows have a key, unless another transaction
// is about to take it from all but one.
func (w *Writer) checkUnique(k *lateKey) error {
	for {
		rows, err := w.sharing(k)
		if err != nil || len(rows) < 2 {
			return err
		}
		waited := false
		for _, row := range rows {
			again, err := w.tx.AwaitRow(w.st.Context(), k.x.t.shape.id, row)
			if err != nil {
				return err
			}
			waited = waited || again
		}
		if !waited {
			return k.x.duplicate(k.values)
		}
	}
}

// sharing returns the keys of the rows that have a key now.
func (w *Writer) sharing(k *lateKey) ([][]byte, error) {
	now := w.tx.Latest(w.st.Context())
	defer now.Close()
	it := now.Scan(k.x.storage, k.key, keyenc.PrefixEnd(k.key), false)
	var rows [][]byte
	for it.Next() {
		row, err := k.x.rowKey(it.Key(), it.Image().Tuple)
		if err != nil {
			_ = it.Close()
			return nil, err
		}
		rows = append(rows, bytes.Clone(row))
	}
	return rows, it.Close()
}

// checkLoaded looks for rows that share a key in a deferrable index just filled:
// their entries are neighbours.
func (x *Index) checkLoaded(st *txn.Statement) error {
	if !x.Desc.Deferrable {
		return nil
	}
	now := st.Tx().Latest(st.Context())
	defer now.Close()
	it := now.Scan(x.storage, nil, nil, false)
	var before []byte
	for it.Next() {
		row, err := x.rowKey(it.Key(), it.Image().Tuple)
		columns := it.Key()[:len(it.Key())-len(row)]
		if err == nil && before != nil && bytes.Equal(columns, before) {
			err = x.duplicateRow(st, row)
		}
		if err != nil {
			_ = it.Close()
			return err
		}
		before = append(before[:0], columns...)
	}
	return it.Close()
}
