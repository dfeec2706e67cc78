package table

import (
	"encoding/binary"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/keyenc"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

// Index is an index prepared for use. The index of a clustering key has no
// storage: the rows are its entries. It is immutable.
type Index struct {
	Desc *catalog.Index

	t         *Table
	storage   store.StorageID
	keys      []indexKey
	dirs      []keyenc.Dir
	stored    []storedColumn
	layout    *rowenc.Layout      // of the stored columns
	where     RowFunc             // nil: every row has an entry
	deferring *catalog.Constraint // what says when a deferrable index must be unique
	uses      []int16             // attnums the entry is made from; nil: unknown, an expression is among them
	space     *txn.Space
}

// indexKey is one key column.
type indexKey struct {
	attnum int16
	expr   RowFunc // when attnum is 0
	typ    types.T
	exact  bool // the key gives the value back
	stored int  // place among the stored columns, -1
}

// storedColumn is a column kept in an entry's tuple: a key column (attnum 0) or
// one of the table's.
type storedColumn struct {
	key    int
	attnum int16
	typ    types.T
}

func (t *Table) openIndex(d *catalog.Index) (*Index, error) {
	x := &Index{Desc: d, t: t, storage: store.StorageID(d.Storage), space: &txn.Space{NoHistory: t.noHistory()}}
	computed := d.Where != ""
	for i, k := range d.Keys {
		key := indexKey{attnum: k.Attnum, typ: k.Type, exact: keyenc.Lossless(k.Type.OID), stored: -1}
		if k.Attnum == 0 {
			f, err := t.set.expr(t.Desc, k.Expr)
			if err != nil {
				return nil, err
			}
			key.expr, computed = f, true
		}
		if !key.exact {
			key.stored = len(x.stored)
			x.stored = append(x.stored, storedColumn{key: i, typ: k.Type})
		}
		var dir keyenc.Dir
		if k.Desc {
			dir |= keyenc.Desc
		}
		if k.NullsFirst {
			dir |= keyenc.NullsFirst
		}
		x.keys, x.dirs = append(x.keys, key), append(x.dirs, dir)
		x.uses = append(x.uses, k.Attnum)
	}
	for _, att := range d.Include {
		x.stored = append(x.stored, storedColumn{key: -1, attnum: att, typ: t.Desc.Columns[att-1].Type})
		x.uses = append(x.uses, att)
	}
	if d.Where != "" {
		f, err := t.set.expr(t.Desc, d.Where)
		if err != nil {
			return nil, err
		}
		x.where = f
	}
	if computed {
		x.uses = nil
	}
	list := make([]types.T, len(x.stored))
	for i, c := range x.stored {
		list[i] = c.typ
	}
	x.layout = rowenc.NewLayout(0, list)
	for i := range t.Desc.Constraints {
		if c := &t.Desc.Constraints[i]; d.Deferrable && c.Index == d.OID && c.Type != 'f' {
			x.deferring = c
		}
	}
	return x, nil
}

// Table returns the table the index is on.
func (x *Index) Table() *Table { return x.t }

// Index returns the table's index of that OID, or nil.
func (t *Table) Index(oid uint32) *Index {
	for _, x := range t.Indexes {
		if x.Desc.OID == oid {
			return x
		}
	}
	return nil
}

// Clustering reports whether the table's rows are the index's entries.
func (x *Index) Clustering() bool { return x.storage == 0 }

// touches reports whether an entry may change when these columns do.
func (x *Index) touches(changed []int16) bool {
	if x.uses == nil {
		return true
	}
	return slices.ContainsFunc(changed, func(att int16) bool { return slices.Contains(x.uses, att) })
}

// entry is an index entry of a row, with the buffers it is built in.
type entry struct {
	key    []byte
	tuple  []byte
	unique []byte        // the part of key that must be unique; nil: anything goes
	late   int           // length of the part that must be unique in the end; 0: anything goes
	values []datum.Datum // key columns
	stored []datum.Datum
}

// build makes the entry of a row; ok is false when the row has none. A key that
// is too long is 54000.
func (x *Index) build(e *entry, values []datum.Datum, rowKey []byte) (ok bool, err error) {
	if ok, err = x.makeKey(e, values); !ok || err != nil {
		return false, err
	}
	if err := x.checkSize(len(e.key)); err != nil {
		return false, err
	}
	if e.unique == nil {
		e.key = append(e.key, rowKey...)
	}
	e.tuple = e.tuple[:0]
	if x.Desc.Unique {
		e.tuple = binary.AppendUvarint(e.tuple, uint64(len(rowKey)))
		e.tuple = append(e.tuple, rowKey...)
	}
	e.stored = e.stored[:0]
	for _, c := range x.stored {
		if c.key >= 0 {
			e.stored = append(e.stored, e.values[c.key])
		} else {
			e.stored = append(e.stored, values[c.attnum-1])
		}
	}
	e.tuple, err = x.layout.Encode(e.tuple, e.stored)
	return true, err
}

// makeKey computes the key columns of a row and encodes them, without the row's
// key at the end.
func (x *Index) makeKey(e *entry, values []datum.Datum) (ok bool, err error) {
	if x.where != nil {
		v, err := x.where(values)
		if err != nil || v.IsNull() || !v.Bool() {
			return false, err
		}
	}
	e.key, e.values, e.unique, e.late = e.key[:0], e.values[:0], nil, 0
	unique := x.Desc.Unique
	for i := range x.keys {
		k := &x.keys[i]
		var v datum.Datum
		if k.expr != nil {
			if v, err = k.expr(values); err != nil {
				return false, err
			}
		} else {
			v = values[k.attnum-1]
		}
		if v.IsNull() && !x.Desc.NullsNotDistinct {
			unique = false
		}
		e.values = append(e.values, v)
		e.key = keyenc.Append(e.key, v, x.dirs[i])
	}
	switch {
	case unique && x.Desc.Deferrable:
		e.late = len(e.key)
	case unique:
		e.unique = e.key
	}
	return true, nil
}

// rowKey returns the key of the row an entry belongs to; it shares memory with
// the entry.
func (x *Index) rowKey(key, tuple []byte) ([]byte, error) {
	if x.Desc.Unique {
		k, _, err := x.splitTuple(tuple)
		return k, err
	}
	k, err := keyenc.SkipRow(key, len(x.keys), x.dirs)
	if err != nil {
		return nil, x.damaged(err)
	}
	return k, nil
}

// splitTuple separates the row's key from the stored columns of an entry of a
// unique index.
func (x *Index) splitTuple(tuple []byte) (rowKey, stored []byte, err error) {
	n, w := binary.Uvarint(tuple)
	if w <= 0 || n > uint64(len(tuple)-w) {
		return nil, nil, x.damaged(rowenc.ErrCorrupt)
	}
	return tuple[w : w+int(n)], tuple[w+int(n):], nil
}

// Covers reports whether every one of the columns can be read from the index
// alone.
func (x *Index) Covers(cols []int16) bool {
	if x.Clustering() {
		return true
	}
	for _, att := range cols {
		if att == AttTableOID || att == AttRowKey {
			continue
		}
		if _, _, ok := x.find(att); !ok {
			return false
		}
	}
	return true
}

// find says where a column is in an entry: a key column that can be read back,
// or a stored one.
func (x *Index) find(att int16) (key, stored int, ok bool) {
	if att <= 0 {
		return 0, 0, false
	}
	for i := range x.keys {
		if x.keys[i].attnum == att {
			if x.keys[i].exact {
				return i, -1, true
			}
			return -1, x.keys[i].stored, true
		}
	}
	for i, c := range x.stored {
		if c.key < 0 && c.attnum == att {
			return -1, i, true
		}
	}
	return 0, 0, false
}

// Span is a range of keys, Lower <= key < Upper; a nil side is open.
type Span struct{ Lower, Upper []byte }

// Bound is one end of a range of values.
type Bound struct {
	Value     datum.Datum // not NULL
	Inclusive bool
}

// Span returns the entries whose leading key columns equal eq (NULL there means
// IS NULL) and whose next column lies between lower and upper, both in the order
// of values whatever the column's direction; nil is open. A bound excludes NULLs.
// Values are of the key columns' own types.
func (x *Index) Span(eq []datum.Datum, lower, upper *Bound) Span {
	p := keyenc.AppendRow(nil, eq, x.dirs)
	if lower == nil && upper == nil {
		if len(eq) == 0 {
			return Span{}
		}
		return Span{Lower: p, Upper: keyenc.PrefixEnd(p)}
	}
	dir := x.dirs[len(eq)]
	if dir&keyenc.Desc != 0 {
		lower, upper = upper, lower
	}
	null := keyenc.Append(slices.Clip(p), datum.Datum{}, dir)
	s := Span{Lower: p, Upper: keyenc.PrefixEnd(p)}
	if dir&keyenc.NullsFirst != 0 {
		s.Lower = keyenc.PrefixEnd(null)
	} else {
		s.Upper = null
	}
	if lower != nil {
		s.Lower = keyenc.Append(slices.Clip(p), lower.Value, dir)
		if !lower.Inclusive {
			s.Lower = keyenc.PrefixEnd(s.Lower)
		}
	}
	if upper != nil {
		s.Upper = keyenc.Append(slices.Clip(p), upper.Value, dir)
		if upper.Inclusive {
			s.Upper = keyenc.PrefixEnd(s.Upper)
		}
	}
	return s
}
