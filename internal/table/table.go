package table

import (
	"encoding/binary"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/keyenc"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

// Numbers of the columns that every table has and no descriptor lists, as the
// planner numbers them. AttRowKey is the row's key, for finding it again.
const (
	AttRowKey          int16 = -1
	AttTableOID        int16 = -6
	AttSystemTimeStart int16 = -8
	AttSystemTimeEnd   int16 = -9
	AttSystemSeqStart  int16 = -10
	AttSystemSeqEnd    int16 = -11
)

// Table is a table prepared for reading and writing. It is immutable and safe
// for concurrent use.
type Table struct {
	Desc    *catalog.Table
	Indexes []*Index // in the descriptor's order, the clustering key's included

	set      *Set
	schema   string
	shape    shape
	past     []shape // earlier storages, oldest first
	defaults []missingValue
	space    *txn.Space

	foreign    []*foreignKey // constraints of this table
	referenced []*foreignKey // constraints of others that point here
}

// shape is one storage a table's rows are or were in.
type shape struct {
	id      store.StorageID
	pk      []int16
	pkTypes []types.OID
	layouts []*rowLayout // by version, ascending
}

// rowLayout is a tuple layout and where each attnum is in it.
type rowLayout struct {
	*rowenc.Layout
	at      []int16 // attnum-1 -> column of the layout, -1 if it is not there
	types   []types.T
	attnums []int16 // of the layout's columns
}

// missingValue is what rows hold that were stored before the column existed.
type missingValue struct {
	value datum.Datum
	err   error
}

// missing returns what rows of a storage show in a column that came later.
func (t *Table) missing(s *shape, att int16) missingValue {
	c := &t.Desc.Columns[att-1]
	if s == &t.shape || c.Earlier == nil {
		return t.defaults[att-1]
	}
	v, err := pgfmt.ParseText(c.Earlier.Missing, c.Earlier.Type, pgfmt.Default())
	if err == nil {
		v, err = convert(v, c.Earlier.Type, c.Type)
	}
	return missingValue{v, err}
}

// open prepares a table. s.mu is held.
func (s *Set) open(desc *catalog.Table) (*Table, error) {
	t := &Table{Desc: desc, set: s}
	if sc := s.cat.Schema(desc.Schema); sc != nil {
		t.schema = sc.Name
	}
	t.shape = newShape(store.StorageID(desc.Storage), desc.PrimaryKey, desc.Layouts, len(desc.Columns))
	if len(t.shape.layouts) == 0 {
		return nil, pgerr.Internal("table %q has no layout", desc.Name)
	}
	for _, p := range desc.Past {
		t.past = append(t.past, newShape(store.StorageID(p.Storage), p.PrimaryKey, p.Layouts, len(desc.Columns)))
	}
	t.defaults = make([]missingValue, len(desc.Columns))
	for i := range desc.Columns {
		c := &desc.Columns[i]
		if c.HasMissing && !c.Dropped {
			v, err := pgfmt.ParseText(c.Missing, c.Type, pgfmt.Default())
			if err != nil {
				return nil, err
			}
			t.defaults[i].value = v
		}
	}
	for _, oid := range desc.Indexes {
		if d := s.cat.Index(oid); d != nil {
			x, err := t.openIndex(d)
			if err != nil {
				return nil, err
			}
			t.Indexes = append(t.Indexes, x)
		}
	}
	t.openForeignKeys()
	t.space = &txn.Space{Table: desc.OID, NoHistory: t.noHistory(), Diff: t.diff}
	return t, nil
}

func newShape(id store.StorageID, pk []int16, layouts []catalog.Layout, columns int) shape {
	s := shape{id: id, pk: pk}
	for _, l := range layouts {
		list := make([]types.T, len(l.Columns))
		r := &rowLayout{at: slices.Repeat([]int16{-1}, columns), types: list}
		for i, c := range l.Columns {
			list[i] = c.Type
			r.attnums = append(r.attnums, c.Attnum)
			if int(c.Attnum) <= columns {
				r.at[c.Attnum-1] = int16(i)
			}
		}
		r.Layout = rowenc.NewLayout(l.Version, list)
		s.layouts = append(s.layouts, r)
	}
	if n := len(s.layouts); n > 0 {
		last := s.layouts[n-1]
		for _, att := range pk {
			oid := types.OID(0)
			if i := last.at[att-1]; i >= 0 {
				oid = last.types[i].OID
			}
			s.pkTypes = append(s.pkTypes, oid)
		}
	}
	return s
}

// layout returns the layout a tuple was written with.
func (s *shape) layout(version uint16) *rowLayout {
	for i := len(s.layouts) - 1; i >= 0; i-- {
		if s.layouts[i].Version() == version {
			return s.layouts[i]
		}
	}
	return nil
}

func (t *Table) noHistory() bool {
	return t.Desc.NoHistory || t.Desc.Persistence == 't' || t.Desc.Persistence == 'u'
}

// HasHistory reports whether past versions of the table's rows are kept.
func (t *Table) HasHistory() bool { return !t.noHistory() }

// OID returns the table's oid.
func (t *Table) OID() uint32 { return t.Desc.OID }

// Set returns the Set the table belongs to.
func (t *Table) Set() *Set { return t.set }

// Storage returns the storage of the table's rows.
func (t *Table) Storage() store.StorageID { return t.shape.id }

// Clustered reports whether rows are kept in the order of a primary key; if not,
// they have a hidden row id.
func (t *Table) Clustered() bool { return len(t.Desc.PrimaryKey) > 0 }

// Key appends the key of the row with these primary key values, given in the
// key's order and of the columns' own types, to dst.
func (t *Table) Key(dst []byte, pk []datum.Datum) []byte { return keyenc.AppendRow(dst, pk, nil) }

// KeyOf appends the key of a row from all its values; only for a clustered table.
func (t *Table) KeyOf(dst []byte, values []datum.Datum) []byte {
	for _, att := range t.Desc.PrimaryKey {
		dst = keyenc.Append(dst, values[att-1], 0)
	}
	return dst
}

// newKey appends the key for a row to be inserted. A clustering key that is too
// long is 54000.
func (t *Table) newKey(dst []byte, tx *txn.Tx, values []datum.Datum) ([]byte, error) {
	if t.Clustered() {
		key := t.KeyOf(dst, values)
		return key, t.checkKeySize(len(key) - len(dst))
	}
	id, err := tx.Manager().NextRowID(t.shape.id)
	return keyenc.AppendInt(dst, int64(id)), err
}

// encode appends the tuple of a row in the layout that is written now.
func (t *Table) encode(dst []byte, values []datum.Datum) ([]byte, error) {
	l := t.shape.layouts[len(t.shape.layouts)-1]
	var scratch [32]datum.Datum
	row := scratch[:0]
	if n := l.Len(); n > len(scratch) {
		row = make([]datum.Datum, 0, n)
	}
	for _, c := range t.Desc.Layout().Columns {
		row = append(row, values[c.Attnum-1])
	}
	return l.Encode(dst, row)
}

// decode reads all columns of a tuple of the current storage into values, which
// has one place per attnum.
func (t *Table) decode(tuple []byte, values []datum.Datum, arena *rowenc.Arena) error {
	l, err := t.open1(tuple)
	if err != nil {
		return err
	}
	var tup rowenc.Tuple
	if err := l.Open(&tup, tuple); err != nil {
		return t.damaged(err)
	}
	for i := range values {
		at := l.at[i]
		switch {
		case t.Desc.Columns[i].Dropped:
			values[i] = datum.Datum{}
		case at < 0:
			values[i] = t.defaults[i].value
		default:
			if values[i], err = tup.Column(int(at), arena); err != nil {
				return t.damaged(err)
			}
		}
	}
	return nil
}

// open1 finds the layout of a tuple of the current storage.
func (t *Table) open1(tuple []byte) (*rowLayout, error) {
	v, err := rowenc.VersionOf(tuple)
	if err != nil {
		return nil, t.damaged(err)
	}
	l := t.shape.layout(v)
	if l == nil {
		return nil, t.damaged(rowenc.ErrCorrupt)
	}
	return l, nil
}

// diff compares two images of a row for the net effect: the attnums that differ,
// as ascending varints, and whether there are none.
func (t *Table) diff(old, new []byte) (columns []byte, equal bool) {
	lo, err1 := t.open1(old)
	ln, err2 := t.open1(new)
	if err1 != nil || err2 != nil {
		return nil, false
	}
	var a, b rowenc.Tuple
	if lo.Open(&a, old) != nil || ln.Open(&b, new) != nil {
		return nil, false
	}
	for i := range t.Desc.Columns {
		if !t.Desc.Columns[i].Dropped && !t.sameColumn(i, lo, &a, ln, &b) {
			columns = binary.AppendUvarint(columns, uint64(i+1))
		}
	}
	return columns, len(columns) == 0
}

func (t *Table) sameColumn(i int, lo *rowLayout, a *rowenc.Tuple, ln *rowLayout, b *rowenc.Tuple) bool {
	x, y := lo.at[i], ln.at[i]
	if x >= 0 && y >= 0 {
		return a.SameColumn(int(x), b, int(y))
	}
	va, vb := t.defaults[i].value, t.defaults[i].value
	var err error
	if x >= 0 {
		va, err = a.Column(int(x), nil)
	}
	if y >= 0 && err == nil {
		vb, err = b.Column(int(y), nil)
	}
	return err == nil && rowenc.Identical(va, vb)
}

// ChangedColumns reads the column list of a change-list entry: attnums.
func ChangedColumns(b []byte) []int16 {
	var list []int16
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return list
		}
		list = append(list, int16(v))
		b = b[n:]
	}
	return list
}

// prepare tells the transaction what the table's storages are.
func (t *Table) prepare(tx *txn.Tx) {
	if tx.Space(t.shape.id) != t.space { // DDL of this transaction may have given it another shape
		tx.SetSpace(t.shape.id, t.space)
		for _, x := range t.Indexes {
			if x.storage != 0 {
				tx.SetSpace(x.storage, x.space)
			}
		}
	}
}
