package table

import (
	"encoding/binary"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/txn"
)

// queueMax is how many checks and actions of each kind a Writer keeps in memory. A
// statement may have one for every row; those beyond go to a txn.Queue.
const queueMax = 4096

// fkQueue holds keys of foreign keys, in memory and then in a file. take empties it.
type fkQueue struct {
	keys []*foreignKey // those of the records, by number
	list *txn.Queue
}

func (q *fkQueue) len() int { return q.list.Len() }

// add appends an entry: a foreign key and one or two lists of values, the second
// absent when nil.
func (q *fkQueue) add(tx *txn.Tx, f *foreignKey, old, new []datum.Datum) error {
	if q.list == nil {
		q.list = tx.NewQueue()
	}
	n := slices.Index(q.keys, f)
	if n < 0 {
		n = len(q.keys)
		q.keys = append(q.keys, f)
	}
	return q.list.Add(appendAction(binary.AppendUvarint(nil, uint64(n)), old, new))
}

// each calls yield for every entry, oldest first.
func (q *fkQueue) each(w *Writer, child bool, yield func(a *parentAction) error) error {
	return q.list.Each(func(record []byte) error {
		n, size := binary.Uvarint(record)
		a := &parentAction{f: q.keys[n]}
		table, columns := a.f.parent, a.f.c.RefColumns
		if child {
			table, columns = a.f.child, a.f.c.Columns
		}
		t, err := w.set.Table(table)
		if err != nil {
			return err
		}
		if a.old, a.new, err = t.readAction(record[size:], columns); err != nil {
			return err
		}
		return yield(a)
	})
}

// appendAction appends the values of a key before and, unless it is nil, after.
func appendAction(b []byte, old, new []datum.Datum) []byte {
	for _, d := range old {
		b = rowenc.AppendItem(b, d)
	}
	for _, d := range new {
		b = rowenc.AppendItem(b, d)
	}
	return b
}

// readAction reads what appendAction wrote of these columns.
func (t *Table) readAction(b []byte, columns []int16) (old, new []datum.Datum, err error) {
	if old, b, err = t.readItems(b, columns); err != nil || len(b) == 0 {
		return old, nil, err
	}
	new, _, err = t.readItems(b, columns)
	return old, new, err
}

func (t *Table) readItems(b []byte, columns []int16) (list []datum.Datum, rest []byte, err error) {
	list = make([]datum.Datum, len(columns))
	for i, att := range columns {
		if list[i], b, err = rowenc.ReadItem(b, datum.KindOf(t.Desc.Columns[att-1].Type.OID), nil); err != nil {
			return nil, nil, t.damaged(err)
		}
	}
	return list, b, nil
}

// lateQueue holds keys of deferrable indexes, in memory and then in a file.
type lateQueue struct {
	indexes []*Index // those of the records, by number
	list    *txn.Queue
}

func (q *lateQueue) add(tx *txn.Tx, k *lateKey) error {
	if q.list == nil {
		q.list = tx.NewQueue()
	}
	n := slices.Index(q.indexes, k.x)
	if n < 0 {
		n = len(q.indexes)
		q.indexes = append(q.indexes, k.x)
	}
	return q.list.Add(k.append(binary.AppendUvarint(nil, uint64(n))))
}

func (q *lateQueue) each(yield func(k *lateKey) error) error {
	return q.list.Each(func(record []byte) error {
		n, size := binary.Uvarint(record)
		k, err := q.indexes[n].readLate(record[size:])
		if err != nil {
			return err
		}
		return yield(&k)
	})
}

// append appends the key's bytes and values.
func (k *lateKey) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(k.key)))
	b = append(b, k.key...)
	for _, d := range k.values {
		b = rowenc.AppendItem(b, d)
	}
	return b
}

// readLate reads what append wrote of a key of this index.
func (x *Index) readLate(b []byte) (lateKey, error) {
	n, size := binary.Uvarint(b)
	b = b[size:]
	k := lateKey{x: x, key: slices.Clone(b[:n]), values: make([]datum.Datum, len(x.keys))}
	b = b[n:]
	var err error
	for i := range k.values {
		if k.values[i], b, err = rowenc.ReadItem(b, datum.KindOf(x.keys[i].typ.OID), nil); err != nil {
			return k, x.damaged(err)
		}
	}
	return k, nil
}
