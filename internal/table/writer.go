package table

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/txn"
)

// Writer makes the changes of one statement. Finish runs what is due at the
// statement's end; a statement that fails calls nothing more and its transaction
// goes back to a savepoint or ends. A Writer belongs to one goroutine.
type Writer struct {
	set *Set
	st  *txn.Statement
	tx  *txn.Tx

	old, new entry // scratch
	tuple    []byte
	key      []byte
	changed  []int16

	// What Finish does. Of each there may be one for every row, so that parts are in
	// queues: shared, gone and orphans are older than late, actions and checks.
	late    []lateKey
	shared  lateQueue
	actions []parentAction
	gone    fkQueue
	checks  []childCheck
	orphans fkQueue // checked already: without a parent then
	checked map[string]struct{}
}

// Writer returns a Writer for a statement. The transaction must be writable.
func (s *Set) Writer(st *txn.Statement) *Writer {
	return &Writer{set: s, st: st, tx: st.Tx(), tuple: make([]byte, 0, 128)}
}

// Insert adds a row; values has a place per attnum. It returns the row's key.
// Errors: 23502, 23505, 54000. CHECK constraints are the caller's, before this; foreign
// keys are checked by Finish.
func (w *Writer) Insert(t *Table, values []datum.Datum) (key []byte, err error) {
	if err := t.CheckNotNull(values); err != nil {
		return nil, err
	}
	t.prepare(w.tx)
	if w.key, err = t.newKey(w.key[:0], w.tx, values); err != nil {
		return nil, err
	}
	key = slices.Clone(w.key)
	if t.Clustered() {
		if err := w.freeKey(t, key, values); err != nil {
			return nil, err
		}
	}
	if w.tuple, err = t.encode(w.tuple[:0], values); err != nil {
		return nil, tooBig(err)
	}
	if err := w.tx.Put(t.shape.id, key, w.tuple, txn.None()); err != nil {
		return nil, err
	}
	for _, x := range t.Indexes {
		if !x.Clustering() {
			if err := w.addEntry(x, values, key); err != nil {
				return nil, err
			}
		}
	}
	return key, w.afterInsert(t, key, values)
}

// freeKey locks a clustering key for a new row and checks that nobody has it.
func (w *Writer) freeKey(t *Table, key []byte, values []datum.Datum) error {
	if err := w.tx.LockNewRow(w.st.Context(), t.shape.id, key); err != nil {
		return err
	}
	_, found, err := w.tx.Newest(t.shape.id, key)
	if err != nil || !found {
		return err
	}
	x, err := t.clustering()
	if err != nil {
		return err
	}
	return x.duplicate(t.pkValues(values))
}

func (t *Table) pkValues(values []datum.Datum) []datum.Datum {
	list := make([]datum.Datum, len(t.Desc.PrimaryKey))
	for i, att := range t.Desc.PrimaryKey {
		list[i] = values[att-1]
	}
	return list
}

// addEntry adds a row's entry to an index, checking uniqueness first.
func (w *Writer) addEntry(x *Index, values []datum.Datum, rowKey []byte) error {
	ok, err := x.build(&w.new, values, rowKey)
	if err != nil || !ok {
		return err
	}
	return w.putEntry(x, &w.new)
}

func (w *Writer) putEntry(x *Index, e *entry) error {
	if e.late > 0 {
		return w.putLate(x, e)
	}
	if e.unique != nil {
		taken, err := w.taken(x, e)
		if err != nil {
			return err
		}
		if taken != nil {
			return x.duplicate(e.values)
		}
	}
	return w.tx.Put(x.storage, e.key, e.tuple, txn.None())
}

// taken locks a unique key and returns the key of the row that has it, nil if
// none. It waits for transactions that are about to take or to free it.
func (w *Writer) taken(x *Index, e *entry) (rowKey []byte, err error) {
	if err := w.tx.LockUnique(w.st.Context(), x.storage, e.unique); err != nil {
		return nil, err
	}
	for {
		img, found, err := w.tx.Newest(x.storage, e.key)
		if err != nil || !found {
			return nil, err
		}
		rowKey, _, err := x.splitTuple(img.Tuple)
		if err != nil || img.Own {
			return rowKey, err
		}
		// Somebody may be deleting that row, or giving it another key.
		waited, err := w.tx.AwaitRow(w.st.Context(), x.t.shape.id, rowKey)
		if err != nil || !waited {
			return rowKey, err
		}
	}
}

// Update gives a locked row new values. A changed clustering key moves the row.
// Values equal to the old ones write nothing. Errors as for Insert.
func (w *Writer) Update(t *Table, row *Row, values []datum.Datum) error {
	if err := t.CheckNotNull(values); err != nil {
		return err
	}
	t.prepare(w.tx)
	w.changed = w.changed[:0]
	for i := range values {
		if !rowenc.Identical(row.Values[i], values[i]) {
			w.changed = append(w.changed, int16(i+1))
		}
	}
	if len(w.changed) == 0 {
		return nil
	}
	var err error
	if t.UpdateMode(w.changed) == txn.RowUpdate {
		// The caller may have thought that the keys stay as they are.
		if err := w.tx.LockNewRow(w.st.Context(), t.shape.id, row.Key); err != nil {
			return err
		}
	}
	if w.tuple, err = t.encode(w.tuple[:0], values); err != nil {
		return tooBig(err)
	}
	key := row.Key
	if t.Clustered() {
		if w.key = t.KeyOf(w.key[:0], values); string(w.key) != string(key) {
			if err := t.checkKeySize(len(w.key)); err != nil {
				return err
			}
			key = slices.Clone(w.key)
		}
	}
	if string(key) == string(row.Key) {
		err = w.tx.Put(t.shape.id, key, w.tuple, txn.Known(row.img))
	} else {
		err = w.move(t, row, key, values)
	}
	if err != nil {
		return err
	}
	for _, x := range t.Indexes {
		if x.Clustering() || len(key) == len(row.Key) && string(key) == string(row.Key) && !x.touches(w.changed) {
			continue
		}
		if err := w.updateEntry(x, row, values, key); err != nil {
			return err
		}
	}
	return w.afterUpdate(t, row, key, values, w.changed)
}

// move puts a row under another key.
func (w *Writer) move(t *Table, row *Row, key []byte, values []datum.Datum) error {
	if err := w.freeKey(t, key, values); err != nil {
		return err
	}
	return w.tx.Move(t.shape.id, row.Key, key, w.tuple, txn.None(), txn.Known(row.img))
}

// updateEntry replaces a row's entry in an index by the one for its new values.
func (w *Writer) updateEntry(x *Index, row *Row, values []datum.Datum, key []byte) error {
	had, err := x.build(&w.old, row.Values, row.Key)
	if err != nil {
		return err
	}
	has, err := x.build(&w.new, values, key)
	if err != nil {
		return err
	}
	if had && has && string(w.old.key) == string(w.new.key) {
		if string(w.old.tuple) == string(w.new.tuple) {
			return nil
		}
		return w.tx.Put(x.storage, w.new.key, w.new.tuple, txn.Unknown())
	}
	if had {
		if err := w.tx.Delete(x.storage, w.old.key, txn.Unknown()); err != nil {
			return err
		}
	}
	if has {
		return w.putEntry(x, &w.new)
	}
	return nil
}

// Delete removes a locked row.
func (w *Writer) Delete(t *Table, row *Row) error {
	t.prepare(w.tx)
	if err := w.tx.Delete(t.shape.id, row.Key, txn.Known(row.img)); err != nil {
		return err
	}
	for _, x := range t.Indexes {
		if x.Clustering() {
			continue
		}
		had, err := x.build(&w.old, row.Values, row.Key)
		if err != nil {
			return err
		}
		if had {
			if err := w.tx.Delete(x.storage, w.old.key, txn.Unknown()); err != nil {
				return err
			}
		}
	}
	return w.afterDelete(t, row)
}

// Conflict looks for the row that keeps values from being inserted, by one of
// the arbiter indexes (nil: by any unique index). It waits for transactions that
// are about to add or remove such a row. key is nil when there is none; the
// unique keys are then locked, and Insert will not fail on them.
func (w *Writer) Conflict(t *Table, values []datum.Datum, arbiters []*Index) (key []byte, x *Index, err error) {
	if arbiters == nil {
		arbiters = t.Indexes
	}
	t.prepare(w.tx)
	for _, x := range arbiters {
		if !x.Desc.Unique {
			continue
		}
		if x.Desc.Deferrable {
			return nil, nil, pgerr.New(pgcode.ObjectNotInPrerequisiteState, "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters").
				WithTable(t.schema, t.Desc.Name).WithConstraint(x.Desc.Name)
		}
		key, err := w.conflict(t, x, values)
		if err != nil || key != nil {
			return key, x, err
		}
	}
	return nil, nil, nil
}

func (w *Writer) conflict(t *Table, x *Index, values []datum.Datum) ([]byte, error) {
	if x.Clustering() {
		for _, att := range t.Desc.PrimaryKey {
			if values[att-1].IsNull() {
				return nil, nil // Insert gives 23502
			}
		}
		return w.keyConflict(t, t.KeyOf(nil, values))
	}
	ok, err := x.build(&w.new, values, nil)
	if err != nil || !ok || w.new.unique == nil {
		return nil, err
	}
	img, found, err := w.tx.Newest(x.storage, w.new.key)
	if err != nil {
		return nil, err
	}
	if found {
		key, _, err := x.splitTuple(img.Tuple)
		if err != nil {
			return nil, err
		}
		if waited, err := w.tx.AwaitRow(w.st.Context(), t.shape.id, key); err != nil || !waited {
			return key, err
		}
	}
	return w.taken(x, &w.new)
}

// keyConflict is conflict for the clustering key. A row that is there already is
// not locked, only waited for while somebody removes it; a key that is free is,
// and then looked at again.
func (w *Writer) keyConflict(t *Table, key []byte) ([]byte, error) {
	_, found, err := w.tx.Newest(t.shape.id, key)
	if err == nil && found {
		if _, err = w.tx.AwaitRow(w.st.Context(), t.shape.id, key); err == nil {
			_, found, err = w.tx.Newest(t.shape.id, key)
		}
	}
	if err == nil && !found {
		if err = w.tx.LockNewRow(w.st.Context(), t.shape.id, key); err == nil {
			_, found, err = w.tx.Newest(t.shape.id, key)
		}
	}
	if err != nil || !found {
		return nil, err
	}
	return key, nil
}

func tooBig(err error) error {
	return pgerr.New(pgcode.ProgramLimitExceeded, "%w", err)
}
