package table

import (
	"errors"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/txn"
)

var errNoRow = errors.New("its row does not exist")

// Row is a row that is locked and about to be changed (I3). Values has a place
// per attnum, dropped columns NULL. It is read only.
type Row struct {
	Key    []byte
	Values []datum.Datum
	img    txn.Image
}

// LockRow locks the row of a key the statement has read and returns it as of
// now. The state says how it compares with what the statement saw:
//
//	RowSame     go on
//	RowChanged  READ COMMITTED: check the statement's condition again on
//	            row.Values; when it holds, change the row as it is now
//	RowGone, RowAbsent, RowOwn, RowSkipped   go on without the row (row is nil)
//	RowBusy     NOWAIT: 55P03, see ErrRowBusy
//
// REPEATABLE READ gives 40001 instead of RowChanged and RowGone.
func (t *Table) LockRow(st *txn.Statement, key []byte, mode txn.Mode, p txn.Policy) (*Row, txn.RowState, error) {
	var harmless func(seen, now []byte) bool
	if mode == txn.RowKeyShare {
		harmless = t.sameKeys // FOR KEY SHARE does not mind other changes
	}
	res, err := st.LockRow(t.shape.id, key, mode, p, harmless)
	if err != nil {
		return nil, res.State, err
	}
	if res.State != txn.RowSame && res.State != txn.RowChanged {
		return nil, res.State, nil
	}
	row, err := t.row(res.Key, res.Image)
	return row, res.State, err
}

// LockNewest locks a row and returns it as of now whatever the statement sees:
// for ON CONFLICT DO UPDATE and foreign keys. The row is nil when it is gone.
// changed tells that a commit after the statement's snapshot made it, which
// REPEATABLE READ answers with 40001 (ErrChanged).
func (t *Table) LockNewest(st *txn.Statement, key []byte, mode txn.Mode) (row *Row, changed bool, err error) {
	if err := st.Touch(t.shape.id, key); err != nil {
		return nil, false, err
	}
	img, found, err := st.Tx().LockNewest(st.Context(), t.shape.id, key, mode)
	if err != nil || !found {
		return nil, false, err
	}
	row, err = t.row(key, img)
	return row, !img.Own && img.Start > st.Seq(), err
}

func (t *Table) row(key []byte, img txn.Image) (*Row, error) {
	r := &Row{Key: key, Values: make([]datum.Datum, len(t.Desc.Columns)), img: img}
	return r, t.decode(img.Tuple, r.Values, nil)
}

// ErrRowBusy is the error of a NOWAIT lock that was not free.
func (t *Table) ErrRowBusy() error {
	return pgerr.New(pgcode.LockNotAvailable, "could not obtain lock on row in relation %q", t.Desc.Name)
}

// ErrChanged is REPEATABLE READ's answer to a row that others changed.
func ErrChanged() error {
	return pgerr.New(pgcode.TRSerializationFailure, "could not serialize access due to concurrent update")
}

// UpdateMode returns the row lock an UPDATE of these columns takes: FOR UPDATE
// when a unique key may change, else FOR NO KEY UPDATE.
func (t *Table) UpdateMode(changed []int16) txn.Mode {
	for _, att := range changed {
		for _, k := range t.Desc.PrimaryKey {
			if k == att {
				return txn.RowUpdate
			}
		}
	}
	for _, x := range t.Indexes {
		if x.Desc.Unique && !x.Desc.Deferrable && x.where == nil && x.uses != nil && x.keyed(changed) {
			return txn.RowUpdate
		}
	}
	return txn.RowNoKeyUpdate
}

// Seen returns the row of a key as the statement sees it, nil when it does not.
func (t *Table) Seen(st *txn.Statement, key []byte) (*Row, error) {
	img, found, err := st.Get(t.shape.id, key)
	if err != nil || !found {
		return nil, err
	}
	return t.row(key, img)
}

// NewMode is UpdateMode for new values of these columns: weaker when the row that
// the statement sees has the same values in its keys already.
func (t *Table) NewMode(st *txn.Statement, key []byte, columns []int16, value func(i int) datum.Datum) (txn.Mode, error) {
	mode := t.UpdateMode(columns)
	if mode != txn.RowUpdate {
		return mode, nil
	}
	row, err := t.Seen(st, key)
	if err != nil || row == nil {
		return mode, err
	}
	var changed []int16
	for i, att := range columns {
		if !rowenc.Identical(row.Values[att-1], value(i)) {
			changed = append(changed, att)
		}
	}
	return t.UpdateMode(changed), nil
}

// sameKeys reports whether two images of a row agree in the columns that other
// tables may refer to.
func (t *Table) sameKeys(a, b []byte) bool {
	columns, equal := t.diff(a, b)
	return equal || t.UpdateMode(ChangedColumns(columns)) != txn.RowUpdate
}

// keyed reports whether one of the columns is a key column.
func (x *Index) keyed(cols []int16) bool {
	for _, att := range cols {
		for i := range x.keys {
			if x.keys[i].attnum == att {
				return true
			}
		}
	}
	return false
}
