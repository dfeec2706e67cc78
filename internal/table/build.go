package table

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

// eachRow calls yield for every row of the table as of now, own writes included.
// The slices are reused; strings in values stay valid.
func (t *Table) eachRow(st *txn.Statement, yield func(key []byte, values []datum.Datum) error) error {
	now := st.Tx().Latest(st.Context())
	defer now.Close()
	it := now.Scan(t.shape.id, nil, nil, false)
	values := make([]datum.Datum, len(t.Desc.Columns))
	var arena rowenc.Arena
	for rows := 0; it.Next(); rows++ {
		if rows%1024 == 0 && st.Context().Err() != nil {
			_ = it.Close()
			return txn.ContextError(st.Context())
		}
		err := t.decode(it.Image().Tuple, values, &arena)
		if err == nil {
			err = yield(it.Key(), values)
		}
		if err != nil {
			_ = it.Close()
			return err
		}
	}
	return it.Close()
}

// EachRow calls yield for every row of the table as of now, own writes included,
// for checking a new constraint. values has a place per attnum and is reused.
func (t *Table) EachRow(st *txn.Statement, yield func(values []datum.Datum) error) error {
	return t.eachRow(st, func(_ []byte, values []datum.Datum) error { return yield(values) })
}

// BuildIndex fills a new index from the table's rows as of now. The index's
// storage was made by the transaction, which keeps others from writing to the
// table. A duplicate is 23505.
func BuildIndex(st *txn.Statement, t *Table, x *Index) error {
	if x.Clustering() {
		return nil
	}
	t.prepare(st.Tx())
	st.Tx().SetSpace(x.storage, x.space)
	l := x.loader(st, 1)
	var e entry
	err := t.eachRow(st, func(key []byte, values []datum.Datum) error {
		ok, err := x.build(&e, values, key)
		if ok && err == nil {
			err = l.Add(e.key, e.tuple)
		}
		return err
	})
	if err == nil {
		err = l.Finish()
	}
	if err != nil {
		return err
	}
	return x.checkLoaded(st)
}

// loader returns what sorts the entries of a new index; share is the number of
// indexes that are filled together.
func (x *Index) loader(st *txn.Statement, share int) *txn.Loader {
	var duplicate func([]byte) error
	if x.Desc.Unique {
		duplicate = func(tuple []byte) error { return x.duplicateEntry(st, tuple) }
	}
	return st.Tx().NewLoader(x.storage, share, duplicate)
}

// duplicateEntry finds the values that two entries share, for the error.
func (x *Index) duplicateEntry(st *txn.Statement, tuple []byte) error {
	rowKey, _, err := x.splitTuple(tuple)
	if err != nil {
		return err
	}
	return x.duplicateRow(st, rowKey)
}

// duplicateRow returns the error for a row that shares its key, nil when the key
// has a NULL and may be shared.
func (x *Index) duplicateRow(st *txn.Statement, rowKey []byte) error {
	img, found, err := st.Tx().Newest(x.t.shape.id, rowKey)
	if err != nil || !found {
		return x.damaged(errNoRow)
	}
	row, err := x.t.row(rowKey, img)
	if err != nil {
		return err
	}
	var e entry
	if _, err := x.makeKey(&e, row.Values); err != nil || e.unique == nil && e.late == 0 {
		return err
	}
	return x.duplicated(e.values)
}

// Rewrite copies the rows of old, as of now, into the storage of t, which the
// same transaction made, and fills t's indexes whose storages are new. f turns
// the values of a row under old into those under t (a place per attnum each; it
// may change and return its argument). NOT NULL is checked, and a key that two
// rows have is 23505. The caller freezes old's storages.
func Rewrite(st *txn.Statement, old, t *Table, f func(values []datum.Datum) ([]datum.Datum, error)) error {
	tx := st.Tx()
	t.prepare(tx)
	built := t.newIndexes(tx)
	loaders := make([]*txn.Loader, len(built))
	for i, x := range built {
		loaders[i] = x.loader(st, len(built))
	}
	var e entry
	var key, tuple []byte
	wide := make([]datum.Datum, max(len(old.Desc.Columns), len(t.Desc.Columns)))
	err := old.eachRow(st, func(oldKey []byte, values []datum.Datum) error {
		copy(wide, values)
		clear(wide[len(values):])
		row, err := f(wide)
		if err != nil {
			return err
		}
		row = row[:len(t.Desc.Columns)]
		if err := t.CheckNotNull(row); err != nil {
			return err
		}
		if key, err = t.newKey(key[:0], tx, row); err != nil {
			return err
		}
		if t.Clustered() {
			if _, found, err := tx.Newest(t.shape.id, key); found || err != nil {
				return t.duplicateKey(row, err)
			}
		}
		if tuple, err = t.encode(tuple[:0], row); err != nil {
			return tooBig(err)
		}
		if err := tx.PutCopied(t.shape.id, key, tuple, old.shape.id, oldKey); err != nil {
			return err
		}
		for i, x := range built {
			ok, err := x.build(&e, row, key)
			if err != nil {
				return err
			}
			if ok {
				if err := loaders[i].Add(e.key, e.tuple); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, l := range loaders {
		if err := l.Finish(); err != nil {
			return err
		}
		if err := built[i].checkLoaded(st); err != nil {
			return err
		}
	}
	return nil
}

// newIndexes returns the indexes whose storage the transaction made.
func (t *Table) newIndexes(tx *txn.Tx) []*Index {
	var list []*Index
	for _, x := range t.Indexes {
		if !x.Clustering() && tx.Fresh(x.storage) {
			tx.SetSpace(x.storage, x.space)
			list = append(list, x)
		}
	}
	return list
}

func (t *Table) duplicateKey(row []datum.Datum, err error) error {
	if err != nil {
		return err
	}
	x, err := t.clustering()
	if err != nil {
		return err
	}
	return x.duplicated(t.pkValues(row))
}

// Truncate ends the storages of t's rows and indexes in O(1); the catalog gives
// the table new ones. The change list says that the table was truncated.
func Truncate(tx *txn.Tx, t *Table) {
	tx.Freeze(txn.Frozen{ID: t.shape.id, Table: t.Desc.OID, Op: store.OpTruncate})
	for _, x := range t.Indexes {
		if !x.Clustering() {
			tx.Freeze(txn.Frozen{ID: x.storage})
		}
	}
}

// Empty reports whether the table has no rows as of now.
func (t *Table) Empty(st *txn.Statement) (bool, error) {
	now := st.Tx().Latest(st.Context())
	defer now.Close()
	it := now.Scan(t.shape.id, nil, nil, false)
	found := it.Next()
	return !found, it.Close()
}

// ValidateForeignKey checks a foreign key over all rows of the child table:
// 23503 for a row without a parent.
func ValidateForeignKey(st *txn.Statement, t *Table, constraint string) error {
	w := t.set.Writer(st)
	for _, f := range t.foreign {
		if f.c.Name != constraint {
			continue
		}
		err := t.eachRow(st, func(key []byte, values []datum.Datum) error { return w.queueNow(t, f, values) })
		if err != nil {
			return err
		}
	}
	return w.Finish()
}
